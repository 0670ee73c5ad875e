//! One model on one system with one seed: trained, rolled out, held against the truth, and kept.

use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::discover::{self, Observations};
use crate::dynamics::{HamiltonianField, Method, VectorField, deviations, roll_out};
use crate::expr::Expr;
use crate::learn::{self, LearnedField};

use crate::progress::{CancelToken, Job, Silent};
use crate::runs::{Exact, Store, Summary, Trained, mean};

use super::ExperimentError;
use super::contenders::{Budget, Contender};
use super::tasks::Problem;

/// What became of a cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Outcome {
    /// Wall time of training, or of the recovery.
    pub seconds: f64,
    /// Weights of the networks.
    pub parameters: usize,
    /// [`Problem::test_loss`].
    pub test_loss: f64,
    /// Mean squared deviation of each predicted trajectory, and of its energy.
    pub trajectory: Vec<f64>,
    pub energy: Vec<f64>,
    /// Mean squared deviation of each known law.
    pub laws: Vec<(String, Vec<f64>)>,
    /// The recovered formula, and whether its coefficients are exact.
    pub formula: Option<(String, bool)>,
    /// The same errors with the accurate integrator, where it was run.
    pub accurate: Option<(Vec<f64>, Vec<f64>)>,
}

/// An [`Outcome`] on disk.
#[derive(Serialize, Deserialize)]
struct StoredOutcome {
    seconds: Exact,
    parameters: usize,
    test_loss: Exact,
    trajectory: Vec<Exact>,
    energy: Vec<Exact>,
    laws: Vec<(String, Vec<Exact>)>,
    formula: Option<(String, bool)>,
    accurate: Option<(Vec<Exact>, Vec<Exact>)>,
}

fn exact(values: &[f64]) -> Vec<Exact> {
    values.iter().copied().map(Exact).collect()
}

fn numbers(values: Vec<Exact>) -> Vec<f64> {
    values.into_iter().map(|value| value.0).collect()
}

impl From<&Outcome> for StoredOutcome {
    fn from(outcome: &Outcome) -> StoredOutcome {
        StoredOutcome {
            seconds: Exact(outcome.seconds),
            parameters: outcome.parameters,
            test_loss: Exact(outcome.test_loss),
            trajectory: exact(&outcome.trajectory),
            energy: exact(&outcome.energy),
            laws: outcome.laws.iter().map(|(name, values)| (name.clone(), exact(values))).collect(),
            formula: outcome.formula.clone(),
            accurate: outcome.accurate.as_ref().map(|(a, b)| (exact(a), exact(b))),
        }
    }
}

impl From<StoredOutcome> for Outcome {
    fn from(stored: StoredOutcome) -> Outcome {
        Outcome {
            seconds: stored.seconds.0,
            parameters: stored.parameters,
            test_loss: stored.test_loss.0,
            trajectory: numbers(stored.trajectory),
            energy: numbers(stored.energy),
            laws: stored.laws.into_iter().map(|(name, values)| (name, numbers(values))).collect(),
            formula: stored.formula,
            accurate: stored.accurate.map(|(a, b)| (numbers(a), numbers(b))),
        }
    }
}

/// Name of a run in the store.
pub(super) fn run_name(problem: &Problem, contender: &str) -> String {
    format!("{}-{contender}-{}", problem.task.name, problem.seed)
}

/// Trains a contender, or reads it; `None` where there is nothing to train.
pub(super) fn train(
    problem: &Problem,
    contender: Contender,
    budget: Budget,
    store: &Store,
    job: &Job<'_>,
) -> Result<Option<Trained>, ExperimentError> {
    let Some(config) = contender.config(problem, budget) else { return Ok(None) };
    let run = run_name(problem, contender.key());
    Ok(Some(store.train(&run, &problem.data, &config, None, job)?))
}

/// The outcome of a contender: from the store, or by training and rolling out. `None` where it does not apply.
pub(super) fn outcome(
    problem: &Problem,
    contender: Contender,
    budget: Budget,
    store: &Store,
    job: &Job<'_>,
) -> Result<Option<Outcome>, ExperimentError> {
    if let Some(config) = contender.config(problem, budget) {
        return trained_outcome(problem, contender.key(), &config, store, job).map(Some);
    }
    if contender != Contender::Recovered || !problem.is_simulated() {
        return Ok(None);
    }
    kept_or(problem, contender.key(), &format!("discover, {FINER} times finer"), store, job, || {
        recovered(problem, job.token())
    })
    .map(Some)
}

/// The outcome of a network with settings of its own, kept under the name `key`.
pub(super) fn trained_outcome(
    problem: &Problem,
    key: &str,
    config: &learn::Config,
    store: &Store,
    job: &Job<'_>,
) -> Result<Outcome, ExperimentError> {
    kept_or(problem, key, &format!("{config:?}"), store, job, || {
        let run = run_name(problem, key);
        let trained = store.train(&run, &problem.data, config, None, job)?;
        let parameters = config.parameters(problem.data.dof, &problem.data.angles);
        let outcome = Outcome { seconds: trained.seconds, parameters, ..Outcome::default() };
        errors(problem, &LearnedField(&trained.learned), outcome, false)
    })
}

fn kept_or(
    problem: &Problem,
    key: &str,
    settings: &str,
    store: &Store,
    job: &Job<'_>,
    make: impl FnOnce() -> Result<Outcome, ExperimentError>,
) -> Result<Outcome, ExperimentError> {
    if job.is_cancelled() {
        return Err(ExperimentError::Interrupted);
    }
    let run = run_name(problem, key);
    let extent = (problem.whole.trajectories.len(), problem.whole.points(), problem.predicted, problem.steps);
    let settings = format!("{extent:?} {settings}");
    let kept = store.cell::<StoredOutcome>(&run, &settings)?.map(Outcome::from);
    // What was not recovered may be by a later version.
    if let Some(kept) = kept
        && kept.formula.as_ref().is_none_or(|(_, exact)| *exact)
    {
        return Ok(kept);
    }
    let found = make()?;
    store.keep_cell(&run, &settings, &StoredOutcome::from(&found))?;
    let [trajectory, energy] = [&found.trajectory, &found.energy].map(|values| Summary::of(values).mean);
    job.note(&format!(
        "{run}: test loss {:.2e}, trajectory {trajectory:.2e}, energy {energy:.2e}, {:.0} s",
        found.test_loss, found.seconds
    ));
    Ok(found)
}

/// The Hamiltonian that `discover` finds in the same data, without networks.
fn recovered(problem: &Problem, token: &CancelToken) -> Result<Outcome, ExperimentError> {
    let observations = Observations { trajectories: problem.whole.clone(), train: problem.share };
    let config = discover::Config { network: None, ..discover::Config::default() };
    let begun = Instant::now();
    let discovery = discover::run(&observations, &config, None, &Job::new(&Silent, token.clone()))?;
    if token.is_cancelled() {
        return Err(ExperimentError::Interrupted);
    }
    let seconds = begun.elapsed().as_secs_f64();
    let nothing = Outcome { seconds, test_loss: f64::NAN, ..Outcome::default() };
    let Some(found) = discovery.hamiltonian else {
        return Ok(Outcome { formula: Some((String::new(), false)), ..nothing });
    };
    let formula = Some((found.formula.to_string(), found.exact && found.explains));
    if !found.explains {
        return Ok(Outcome { formula, ..nothing });
    }
    let field = HamiltonianField::new(&found.numeric, &problem.system.coordinates, &problem.system.momenta)?;
    errors(
        problem,
        &field,
        Outcome { formula, parameters: found.terms.len().max(found.constants.len()), ..nothing },
        true,
    )
}

/// How much finer the Runge–Kutta steps of a recovered law are than those of a network, whose error hides them.
const FINER: usize = 8;

/// Test loss and roll-out errors of a field; with `accurate`, those of the better integrator beside.
fn errors(
    problem: &Problem,
    field: &dyn VectorField,
    outcome: Outcome,
    accurate: bool,
) -> Result<Outcome, ExperimentError> {
    let test_loss = problem.test_loss(field)?;
    let Some(hamiltonian) = problem.hamiltonian.clone().filter(|_| problem.is_simulated()) else {
        return Ok(Outcome { test_loss, ..outcome });
    };
    let truth = &problem.test.trajectories[..problem.predicted.min(problem.test.trajectories.len())];
    let formulas: Vec<Expr> =
        std::iter::once(hamiltonian).chain(problem.laws.iter().map(|(_, law)| law.clone())).collect();
    let variables = problem.system.variables();
    let rolled = |method: Method| -> Result<(Vec<f64>, Vec<Vec<f64>>), ExperimentError> {
        let found = deviations(truth, &roll_out(field, truth, method), &formulas, &variables)?;
        let functions = (0..formulas.len()).map(|k| found.iter().map(|d| mean(&d.functions[k])).collect());
        Ok((found.iter().map(|d| mean(&d.state)).collect(), functions.collect()))
    };
    let steps = problem.steps * if accurate { FINER } else { 1 };
    let (trajectory, mut functions) = rolled(Method::RungeKutta4 { steps })?;
    let energy = functions.remove(0);
    let laws = problem.laws.iter().map(|(name, _)| name.clone()).zip(functions).collect();
    let accurate = if accurate {
        let (trajectory, mut functions) = rolled(Method::GaussLegendre)?;
        Some((trajectory, functions.remove(0)))
    } else {
        None
    };
    Ok(Outcome { test_loss, trajectory, energy, laws, accurate, ..outcome })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_survive_the_disk_to_the_bit() {
        let outcome = Outcome {
            seconds: 12.5,
            parameters: 7,
            test_loss: 0.1 + 0.2,
            trajectory: vec![1e-300, f64::INFINITY, 1.0 / 3.0],
            energy: vec![2.0, -0.0, 5e-324],
            laws: vec![("L".into(), vec![1.5]), ("P".into(), vec![])],
            formula: Some(("p^2 + q^2".into(), true)),
            accurate: Some((vec![1.0], vec![2.0])),
        };
        let text = serde_json::to_string(&StoredOutcome::from(&outcome)).unwrap();
        let stored: StoredOutcome = serde_json::from_str(&text).unwrap();
        assert_eq!(Outcome::from(stored), outcome);
    }
}

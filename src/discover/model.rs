//! The network as the model of the motion, where no formula explains it.
//!
//! ```text
//! Observations ──train──▶ Network: learned H and coordinates
//!                            ├─ rolled out from held-out states ──▶ Prediction: error over time
//!                            └─ rolled out from states off the data ──▶ what stays constant: laws, supported
//! ```

use crate::data::{Trajectory, TrajectorySet, scattered};
use crate::dynamics::{Method, VectorField, roll_out, runge_kutta_steps};
use crate::expr::{Expr, Symbol};
use crate::learn::{self, LearnedCoordinates, LearnedField, ModelKind};
use crate::mechanics::{ConservedQuantity, PhaseSpace};
use crate::progress::Job;

use crate::recover::first_order::{self, Observations, Prepared, laws};

use super::keeping::Trainings;
use super::{Cyclic, DiscoverError, Evidence, Law, Network, evidence, networks, separation};

/// The most runs that are predicted.
const MOST_RUNS: usize = 50;
/// The time of the runs is divided into so many parts.
const PARTS: usize = 10;
/// How far off the recorded runs those of the learned motion begin, in units of the spread of each column.
const OFF: f64 = 0.3;
/// A run of the learned motion that leaves the recorded range by more than this share of it is no motion that the
/// network has learned.
const BEYOND: f64 = 0.1;
/// The runs of the learned motion, and points of each.
const LEARNED: (usize, usize) = (60, 60);
/// The drift of a law along learned runs, in units of the relative error of the learned field: errors add up along runs.
const DRIFT: f64 = 3.0;
/// Of a field with a larger relative error than this no laws are read: functions that drift by as much are no laws.
const ACCURATE: f64 = 0.01;

/// A network that is the model is trained for so many times the usual steps.
const MORE_STEPS: usize = 3;

/// How long networks are trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Steps {
    /// As long as is usual.
    Usual,
    /// For a number of steps that the user asked for.
    Asked,
}

/// Settings of a network that is to predict, made of the usual ones: H is a deep network of its own beside the
/// coordinates, the rate falls from the first step, and the weights are averaged. With the paper's loss, where the
/// coordinates enter H, they stay.
pub fn for_prediction(usual: learn::Config, steps: Steps) -> learn::Config {
    if usual.loss != learn::Loss::Relaxed {
        return usual;
    }
    learn::Config {
        steps: if steps == Steps::Asked { usual.steps } else { MORE_STEPS * usual.steps },
        model: ModelKind::Beside,
        average: Some(0.99),
        learning_rate: 1e-2,
        ending: learn::Ending::AllSteps,
        ..usual
    }
}

/// These settings, with an H of positions and momenta apart where the data is of such a one.
///
/// # Errors
/// Data that is not finite.
pub(super) fn shaped(config: learn::Config, data: &Prepared) -> Result<learn::Config, DiscoverError> {
    match config.model {
        ModelKind::Beside if separation::is_separable(data)? => {
            Ok(learn::Config { model: ModelKind::Separable, ..config })
        }
        _ => Ok(config),
    }
}

/// How well the network predicts runs that it has not seen, each from its first state.
#[derive(Clone, PartialEq, Debug)]
pub struct Prediction {
    /// How many runs.
    pub runs: usize,
    /// The rms deviation of the states over all times, in units of the spread of each column.
    pub error: f64,
    /// The ends of the parts that the time of the longest run is divided into, from its beginning.
    pub times: Vec<f64>,
    /// The same deviation within each part.
    pub errors: Vec<f64>,
}

/// What a network says of a motion that no formula explains.
#[derive(Clone, Debug)]
pub struct LearnedMotion {
    /// The network, with the prediction of held-out runs.
    pub network: Network,
    /// What data and network say of the laws that were known before.
    pub known: Vec<Evidence>,
    /// Laws of the learned motion that are no functions of these; supported.
    pub laws: Vec<Law>,
}

/// Where networks come from.
pub enum Source<'a> {
    /// They are trained with these settings, and kept if there is a place.
    Trained(Cyclic, &'a learn::Config, Option<&'a dyn Trainings>),
    /// They were trained before.
    Saved(Vec<LearnedCoordinates>),
}

/// The network as the model of what was observed, and its laws besides those known, which are given by name and formula.
///
/// # Errors
/// Observations that cannot be used, or a training that was ended.
pub fn learned_motion(
    observed: &Observations,
    known: &[(Symbol, Expr)],
    source: Source<'_>,
    job: &Job<'_>,
) -> Result<Option<LearnedMotion>, DiscoverError> {
    let data = Prepared::new(observed, &first_order::Config::default())?;
    let network = match source {
        Source::Trained(cyclic, config, trainings) => {
            let config = shaped(config.clone(), &data)?;
            Some(networks::train(observed, &data, (cyclic, &config, trainings), job)?)
        }
        Source::Saved(trained) => networks::described(trained, &data)?,
    };
    let Some(mut network) = network else { return Ok(None) };
    let formulas: Vec<Expr> = known.iter().map(|(_, formula)| formula.clone()).collect();
    let space = PhaseSpace::new(data.variables.coordinates.clone(), data.variables.momenta.clone())?;
    let taken: Vec<Symbol> = known.iter().map(|(name, _)| name.clone()).collect();
    let of = |formula: &Expr| evidence::of(formula, &data, Some(&network.learned));
    let laws = laws_of(&network.learned, &formulas, &data, (&space, &taken))?;
    let with_evidence = |quantity: ConservedQuantity| Ok(Law { evidence: of(quantity.formula())?, quantity });
    let laws = laws.into_iter().map(with_evidence).collect::<Result<Vec<Law>, DiscoverError>>()?;
    let known_evidence = formulas.iter().map(of).collect::<Result<_, _>>()?;
    let named = laws.iter().map(|law| (Symbol::new(law.quantity.name()), law.quantity.formula().clone()));
    network.hold_against(&known.iter().cloned().chain(named).collect::<Vec<_>>(), &data)?;
    network.prediction = predicted(&network.learned, &data);
    Ok(Some(LearnedMotion { network, known: known_evidence, laws }))
}

/// Held-out runs by the learned field; none where there are none.
pub(super) fn predicted(learned: &LearnedCoordinates, data: &Prepared) -> Option<Prediction> {
    let stride = data.test_paths.len().div_ceil(MOST_RUNS).max(1);
    let runs: Vec<Trajectory> = data.test_paths.iter().step_by(stride).cloned().collect();
    let predictions = rolled(learned, &runs, data);
    Prediction::of(&runs, &predictions, &data.scales)
}

impl Prediction {
    /// How far predictions `[points, 2·dof]` are from runs, first states aside.
    fn of(runs: &[Trajectory], predictions: &[Vec<f64>], scales: &[f64]) -> Option<Prediction> {
        let since = |run: &Trajectory, at: usize| run.times[at] - run.times[0];
        let longest = runs.iter().map(|run| since(run, run.points() - 1)).fold(0.0, f64::max);
        let mut parts = [(0.0, 0usize); PARTS];
        for (run, prediction) in runs.iter().zip(predictions) {
            let width = scales.len();
            let rows = run.states.chunks_exact(width).zip(prediction.chunks_exact(width)).enumerate();
            for (at, (truth, state)) in rows.skip(1) {
                let off = truth.iter().zip(state).zip(scales).map(|((x, y), s)| ((x - y) / s).powi(2));
                let part = (since(run, at) / longest * PARTS as f64).ceil() as usize;
                let (sum, count) = &mut parts[part.clamp(1, PARTS) - 1];
                *sum += off.sum::<f64>();
                *count += width;
            }
        }
        let (mut times, mut errors) = (Vec::new(), Vec::new());
        for (k, (sum, count)) in parts.iter().enumerate().filter(|(_, (_, count))| *count > 0) {
            times.push(longest * (k + 1) as f64 / PARTS as f64);
            errors.push((sum / *count as f64).sqrt());
        }
        let (sum, count) = parts.iter().fold((0.0, 0), |(s, c), part| (s + part.0, c + part.1));
        let error = (sum / count as f64).sqrt();
        (count > 0).then_some(Prediction { runs: runs.len(), error, times, errors })
    }
}

/// The learned motion from the first state of each run, at its times.
fn rolled(learned: &LearnedCoordinates, runs: &[Trajectory], data: &Prepared) -> Vec<Vec<f64>> {
    let field = LearnedField(learned);
    let with_rates = |run: &Trajectory| {
        let mut rates = vec![0.0; run.states.len()];
        field.evaluate(&run.states, &mut rates);
        Trajectory { derivatives: Some(rates), ..run.clone() }
    };
    let set = TrajectorySet {
        coordinates: data.variables.coordinates.clone(),
        momenta: data.variables.momenta.clone(),
        angles: Vec::new(),
        trajectories: runs.iter().map(with_rates).collect(),
        notes: Vec::new(),
    };
    let steps = runge_kutta_steps(&set);
    roll_out(&field, runs, Method::RungeKutta4 { steps })
}

/// Laws of the learned motion that are no functions of those known, with names that none of these has.
pub(super) fn laws_of(
    learned: &LearnedCoordinates,
    known: &[Expr],
    data: &Prepared,
    (space, taken): (&PhaseSpace, &[Symbol]),
) -> Result<Vec<ConservedQuantity>, DiscoverError> {
    let error = relative_error(learned, data)?;
    let runs = if error < ACCURATE { learned_runs(learned, data) } else { Vec::new() };
    if runs.len() < LEARNED.0 / 4 {
        return Ok(Vec::new());
    }
    // As data without velocities whose noise is the error of the learned field.
    let along = Prepared {
        paths: runs,
        noise: data.scales.iter().map(|scale| DRIFT * error * scale).collect(),
        velocities_given: false,
        ..data.clone()
    };
    let found = laws::numerical(&along, known, None)?;
    let mut formulas = Vec::new();
    for law in &found {
        let formula = law.shown(space);
        // It must hold on recorded runs that the network has not seen, too.
        let drift = evidence::of(&formula, data, None)?.trajectory_drift;
        let limit = 2.0 * (DRIFT * error).max(data.relative_noise());
        if drift.is_some_and(|drift| drift <= limit) {
            formulas.push(formula);
        }
    }
    let names = crate::integrals::name_laws(&formulas, space, taken);
    Ok(names.into_iter().zip(formulas).map(|(name, f)| ConservedQuantity::supported(name, f)).collect())
}

/// The rms error of the learned velocities on held-out states, over their rms size, in units of the spread of each
/// column.
fn relative_error(learned: &LearnedCoordinates, data: &Prepared) -> Result<f64, DiscoverError> {
    let samples = if data.held_out.is_empty() { &data.samples } else { &data.held_out };
    let field = learned.vector_field(&samples.states)?;
    let scales = data.scales.iter().cycle();
    let squares = field.iter().zip(&samples.fields).zip(scales);
    let (off, size) = squares.fold((0.0, 0.0), |(off, size), ((found, given), scale)| {
        (off + ((found - given) / scale).powi(2), size + (given / scale).powi(2))
    });
    Ok((off / size).sqrt())
}

/// Runs of the learned motion from states off the recorded ones, as far as they stay within the recorded range.
fn learned_runs(learned: &LearnedCoordinates, data: &Prepared) -> Vec<Trajectory> {
    let width = data.scales.len();
    let stride = (data.samples.len() / LEARNED.0).max(1);
    let starts: Vec<f64> =
        data.samples.states.chunks_exact(width).step_by(stride).flatten().copied().collect();
    let spans = data.paths.iter().map(|run| run.times[run.points() - 1] - run.times[0]).collect();
    let span = crate::data::median(spans);
    let times: Vec<f64> = (0..LEARNED.1).map(|k| span * k as f64 / (LEARNED.1 - 1) as f64).collect();
    let run = |start: &[f64]| Trajectory {
        states: start.repeat(times.len()),
        times: times.clone(),
        derivatives: None,
    };
    let runs: Vec<Trajectory> =
        scattered(&starts, &data.scales, OFF).chunks_exact(width).take(LEARNED.0).map(run).collect();
    let ranges: Vec<(f64, f64)> = (0..width).map(|c| range(data, c)).collect();
    let is_within = |states: &Vec<f64>| {
        states.chunks_exact(width).all(|state| {
            state.iter().zip(&ranges).all(|(x, (low, high))| {
                let beyond = BEYOND * (high - low);
                (low - beyond..=high + beyond).contains(x)
            })
        })
    };
    let rolled = rolled(learned, &runs, data);
    let kept = runs.into_iter().zip(rolled).filter(|(_, states)| is_within(states));
    kept.map(|(run, states)| Trajectory { states, ..run }).collect()
}

/// The range of a column over the samples; an angle may go on.
fn range(data: &Prepared, column: usize) -> (f64, f64) {
    if data.variables.angles.contains(&data.inputs[column]) {
        return (f64::NEG_INFINITY, f64::INFINITY);
    }
    let values = data.samples.states.iter().skip(column).step_by(data.scales.len());
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &x| (low.min(x), high.max(x)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_grow_in_the_course_of_time() {
        let times: Vec<f64> = (0..=20).map(|k| 3.0 + 0.5 * f64::from(k)).collect();
        let run = Trajectory { states: vec![0.0; 42], times, derivatives: None };
        // Off by 0.01·t in the first column, whose spread is 2.
        let off = (0..=20).flat_map(|k| [0.005 * f64::from(k), 0.0]).collect();
        let found = Prediction::of(std::slice::from_ref(&run), &[off], &[2.0, 1.0]).unwrap();
        assert_eq!((found.runs, found.times.len()), (1, 10));
        assert!((found.times[0] - 1.0).abs() < 1e-12 && (found.times[9] - 10.0).abs() < 1e-12);
        let last = ((0.095f64.powi(2) + 0.1f64.powi(2)) / 2.0 / 8.0).sqrt();
        assert!(
            (found.errors[9] - last).abs() < 1e-12 && found.errors[0] < 0.1 * found.errors[9],
            "{found:?}"
        );
        assert!(found.error > found.errors[0] && found.error < found.errors[9]);
        let still = Trajectory { times: vec![0.0], states: vec![0.0; 2], derivatives: None };
        assert_eq!(Prediction::of(&[still], &[vec![0.0; 2]], &[1.0, 1.0]), None);
        assert_eq!(Prediction::of(&[], &[], &[1.0, 1.0]), None);
    }
}

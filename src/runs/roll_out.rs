//! Roll-outs of a saved run: the learned field and the recovered law, from states of its data.

use std::path::Path;

use serde::Serialize;

use crate::data::{Trajectory, TrajectorySet};
use crate::dynamics::{HamiltonianField, Method, VectorField, deviations, roll_out, runge_kutta_steps};
use crate::expr::{Expr, Symbol, Tape};
use crate::learn::LearnedField;

use super::starts::{SlowedField, Truth, formula, symbols};
use super::summary::{Summary, mean};
use super::{Motion, RunError, SavedRun};

/// How a saved run is rolled out.
#[derive(Clone, Debug)]
pub struct RollOutSettings {
    /// At most so many trajectories.
    pub trajectories: usize,
    /// Runge–Kutta steps between two samples; by default as many as keep its error far below the network's.
    pub steps: Option<usize>,
    /// Whether to integrate by the classical Runge–Kutta method, as the paper does.
    pub runge_kutta: bool,
    /// Whether to integrate by Gauss–Legendre collocation.
    pub gauss_legendre: bool,
}

/// What became of a roll-out.
#[derive(Clone, Debug, Serialize)]
pub struct SavedRollOut {
    /// Trajectories that were predicted.
    pub trajectories: usize,
    /// Whether the fit did not see them.
    pub held_out: bool,
    /// Points of the first of them, and the time it spans.
    pub points: usize,
    /// The time between its first point and its last.
    pub span: f64,
    /// The formulas whose drift is given, H first where it was recovered: names and formulas.
    pub functions: Vec<(String, String)>,
    /// One for each field and method.
    pub rows: Vec<RollOutRow>,
}

/// One field with one method.
#[derive(Clone, Debug, Serialize)]
pub struct RollOutRow {
    /// `learned field` or `recovered law`.
    pub field: String,
    /// `Runge-Kutta 4` with its steps, or `Gauss-Legendre`.
    pub method: String,
    /// Mean over trajectories of the mean squared deviation from the data.
    pub trajectory: f64,
    /// Its median over trajectories.
    pub trajectory_median: f64,
    /// Mean squared drift of each function from its value at the start.
    pub drift: Vec<f64>,
    /// Predictions that left every bound.
    pub lost: usize,
}

/// In formulas, fractions with more digits than this are shown as decimals, with so many digits.
const SHOWN: (usize, usize) = (2, 12);

/// Rolls a saved run out.
///
/// # Errors
/// A run that cannot be read, or that has nothing to follow.
pub fn roll_out_saved(folder: &Path, settings: &RollOutSettings) -> Result<SavedRollOut, RunError> {
    let saved = SavedRun::load(folder)?;
    let nothing = |why: String, hint: &str| RunError::NothingToFollow {
        folder: folder.to_owned(),
        why,
        hint: hint.to_owned(),
    };
    let longer = "save it again, with more time (`--time-limit`) or other terms (`--grammar`)";
    let motion =
        saved.motion.as_ref().ok_or_else(|| nothing("it found no law of motion".to_owned(), longer))?;
    let learned = saved.networks.last();
    if motion.hamiltonian.is_none() && learned.is_none() {
        return Err(nothing("it found no Hamiltonian and trained no networks".to_owned(), longer));
    }
    let damaged = |what: String| RunError::Damaged { path: folder.join("run.json"), what };
    let truth = Truth::of(&saved.inputs.data, motion)
        .map_err(|why| nothing(why, "give recordings with velocities, or longer ones"))?;
    let test = &truth.test[..settings.trajectories.max(1).min(truth.test.len())];
    let Some(first) = test.first() else {
        return Err(nothing(
            "its data has no trajectory to predict".to_owned(),
            "save it again with more data",
        ));
    };
    let functions = functions(motion).map_err(damaged)?;
    let formulas: Vec<Expr> = functions.iter().map(|(_, formula)| formula.clone()).collect();
    let variables: Vec<Symbol> =
        symbols(&motion.coordinates).into_iter().chain(symbols(&motion.momenta)).collect();
    let network = learned.map(LearnedField);
    let law = recovered(motion, &functions)?;
    let mut fields: Vec<(&str, &dyn VectorField)> = Vec::new();
    fields.extend(network.as_ref().map(|field| ("learned field", field as &dyn VectorField)));
    fields.extend(law.as_ref().map(|field| ("recovered law", field as &dyn VectorField)));
    let fitted = with_rates(&truth.fitted, fields.last().map(|(_, field)| *field));
    let steps = settings.steps.unwrap_or_else(|| runge_kutta_steps(&fitted)).max(1);
    let mut rows = Vec::new();
    for (name, field) in fields {
        for (method_name, method) in methods(settings, steps) {
            let predictions = roll_out(field, test, method);
            rows.push(row((name, &method_name), &predictions, test, &formulas, &variables)?);
        }
    }
    let shown = |(name, formula): &(String, Expr)| (name.clone(), formula.to_decimal_text(SHOWN.0, SHOWN.1));
    Ok(SavedRollOut {
        trajectories: test.len(),
        held_out: truth.held_out,
        points: first.points(),
        span: first.times.last().zip(first.times.first()).map_or(0.0, |(last, first)| last - first),
        functions: functions.iter().map(shown).collect(),
        rows,
    })
}

/// Trajectories without derivatives with those of a field: the steps of integration are chosen by them.
fn with_rates(set: &TrajectorySet, field: Option<&dyn VectorField>) -> TrajectorySet {
    let mut set = set.clone();
    let Some(field) = field else { return set };
    for trajectory in set.trajectories.iter_mut().filter(|trajectory| trajectory.derivatives.is_none()) {
        let mut rates = vec![0.0; trajectory.states.len()];
        field.evaluate(&trajectory.states, &mut rates);
        trajectory.derivatives = Some(rates);
    }
    set
}

/// H, where there is one, and the laws.
fn functions(motion: &Motion) -> Result<Vec<(String, Expr)>, String> {
    let hamiltonian = motion.hamiltonian.as_deref().map(|text| ("H", text));
    let laws = motion.laws.iter().map(|law| (law.name.as_str(), law.formula.as_str()));
    hamiltonian.into_iter().chain(laws).map(|(name, text)| Ok((name.to_owned(), formula(text)?))).collect()
}

/// The field of the recovered law.
fn recovered(motion: &Motion, functions: &[(String, Expr)]) -> Result<Option<SlowedField>, RunError> {
    let Some((_, h)) = functions.first().filter(|_| motion.hamiltonian.is_some()) else { return Ok(None) };
    let field = HamiltonianField::new(h, &symbols(&motion.coordinates), &symbols(&motion.momenta))?;
    Ok(Some(SlowedField { field, slowing: motion.slowing.clone() }))
}

fn methods(settings: &RollOutSettings, steps: usize) -> Vec<(String, Method)> {
    let mut methods = Vec::new();
    if settings.runge_kutta {
        methods.push((format!("Runge-Kutta 4, {steps} steps a sample"), Method::RungeKutta4 { steps }));
    }
    if settings.gauss_legendre {
        methods.push(("Gauss-Legendre".to_owned(), Method::GaussLegendre));
    }
    methods
}

fn row(
    (field, method): (&str, &str),
    predictions: &[Vec<f64>],
    truth: &[Trajectory],
    formulas: &[Expr],
    variables: &[Symbol],
) -> Result<RollOutRow, RunError> {
    let found = deviations(truth, predictions, &[], variables)?;
    let each: Vec<f64> = found.iter().map(|d| mean(&d.state)).collect();
    let summary = Summary::of(&each);
    let (tape, count) = (Tape::new(formulas, variables)?, formulas.len());
    let drift = |k: usize| {
        let one = |prediction: &Vec<f64>| {
            let values: Vec<f64> = tape.evaluate(prediction).into_iter().skip(k).step_by(count).collect();
            mean(&values.iter().map(|v| (v - values[0]).powi(2)).collect::<Vec<_>>())
        };
        Summary::of(&predictions.iter().map(one).collect::<Vec<_>>()).mean
    };
    Ok(RollOutRow {
        field: field.into(),
        method: method.into(),
        trajectory: summary.mean,
        trajectory_median: summary.median,
        drift: (0..count).map(drift).collect(),
        lost: found.iter().filter(|d| !d.is_finite()).count(),
    })
}

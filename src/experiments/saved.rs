//! Roll-outs of a saved run (`liouville discover --out DIR`): the learned field and the recovered law, from the
//! held-out states of its data.

use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use crate::data::Trajectory;
use crate::discover;
use crate::dynamics::{HamiltonianField, Method, VectorField, deviations, roll_out, runge_kutta_steps};
use crate::expr::{Expr, Symbol, Tape, parse};
use crate::learn::LearnedField;

use super::ExperimentError;
use super::summary::{Summary, mean};

/// How a saved run is rolled out.
#[derive(Clone, Debug)]
pub struct RollOutSettings {
    /// At most so many held-out trajectories.
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

/// The formulas of a saved record: names and expressions.
fn functions(folder: &Path) -> Result<Vec<(String, Expr)>, ExperimentError> {
    let path = folder.join("record.json");
    let fault = |what: String| ExperimentError::SavedRun { path: path.clone(), what };
    let text = std::fs::read_to_string(&path).map_err(|error| fault(error.to_string()))?;
    let record: Value = serde_json::from_str(&text).map_err(|error| fault(error.to_string()))?;
    let mut found = Vec::new();
    let hamiltonian = record["hamiltonian"]["formula"].as_str().map(|text| ("H", text));
    let laws = record["laws"].as_array().into_iter().flatten();
    let laws = laws.filter_map(|law| Some((law["name"].as_str()?, law["formula"].as_str()?)));
    for (name, text) in hamiltonian.into_iter().chain(laws.filter(|(name, _)| *name != "H")) {
        let formula = parse(text).map_err(|error| fault(format!("`{text}`: {}", error.message)))?;
        found.push((name.to_string(), formula));
    }
    Ok(found)
}

/// Rolls a saved run out.
///
/// # Errors
/// A folder without a saved run, or with a damaged one.
pub fn roll_out_saved(folder: &Path, settings: &RollOutSettings) -> Result<SavedRollOut, ExperimentError> {
    let (observations, learned) = discover::load(folder)?;
    let functions = functions(folder)?;
    let set = &observations.trajectories;
    let (train, test) = set.split(observations.train);
    let truth = &test.trajectories[..settings.trajectories.max(1).min(test.trajectories.len())];
    let Some(first) = truth.first() else {
        let what = "no trajectory is held out".to_string();
        return Err(ExperimentError::SavedRun { path: folder.into(), what });
    };
    let variables = set.variables();
    let steps = settings.steps.unwrap_or_else(|| runge_kutta_steps(&train)).max(1);
    let mut methods = Vec::new();
    if settings.runge_kutta {
        methods.push((format!("Runge-Kutta 4, {steps} steps a sample"), Method::RungeKutta4 { steps }));
    }
    if settings.gauss_legendre {
        methods.push(("Gauss-Legendre".to_string(), Method::GaussLegendre));
    }
    let formulas: Vec<Expr> = functions.iter().map(|(_, formula)| formula.clone()).collect();
    let law = functions.iter().find(|(name, _)| name == "H");
    let law = law.map(|(_, h)| HamiltonianField::new(h, &set.coordinates, &set.momenta)).transpose()?;
    let network = LearnedField(&learned);
    let mut fields: Vec<(&str, &dyn VectorField)> = vec![("learned field", &network)];
    fields.extend(law.as_ref().map(|field| ("recovered law", field as &dyn VectorField)));
    let mut rows = Vec::new();
    for (name, field) in fields {
        for (method_name, method) in &methods {
            rows.push(row(
                name,
                method_name,
                &roll_out(field, truth, *method),
                truth,
                &formulas,
                &variables,
            )?);
        }
    }
    let times = &first.times;
    Ok(SavedRollOut {
        trajectories: truth.len(),
        points: times.len(),
        span: times.last().zip(times.first()).map_or(0.0, |(last, first)| last - first),
        functions: functions.into_iter().map(|(name, formula)| (name, formula.to_string())).collect(),
        rows,
    })
}

fn row(
    field: &str,
    method: &str,
    predictions: &[Vec<f64>],
    truth: &[Trajectory],
    formulas: &[Expr],
    variables: &[Symbol],
) -> Result<RollOutRow, ExperimentError> {
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

//! A stage of the library by least squares on given velocities.

use crate::expr::Expr;
use crate::regression::elimination::eliminate;
use crate::terms::Stage;

use super::data::Prepared;
use super::fitted::{Fitted, StageReport};
use super::pointwise::{pointwise_system, usable_terms};
use super::{CLEAN, FLOOR, GROWTH, MOST_TERMS, RecoverError};

/// How many times more held-out velocities may leave.
const HELD_OUT: f64 = 100.0;

/// A stage by least squares on given velocities.
pub(super) fn fit_clean(
    data: &Prepared,
    stage: &Stage,
) -> Result<Option<(Fitted, StageReport)>, RecoverError> {
    let terms = usable(data, stage)?;
    if terms.is_empty()
        || terms.len() > MOST_TERMS
        || terms.len() * 3 > data.samples.len() * data.samples.width
    {
        return Ok(None);
    }
    let system = pointwise_system(&terms, &data.inputs, &data.samples)?;
    let all: Vec<usize> = (0..terms.len()).collect();
    let Ok(found) = eliminate(&system, &all, GROWTH, FLOOR) else { return Ok(None) };
    let report = StageReport {
        stage: stage.name.clone(),
        terms: terms.len(),
        kept: found.solution.columns.len(),
        residual: found.residual,
        chi: None,
    };
    let held_out = match pointwise_system(&terms, &data.inputs, &data.held_out) {
        Ok(system) if system.rows() > 0 => {
            let misfit = system.rms_of(&found.solution.columns, &found.solution.coefficients);
            misfit / system.target_rms().max(f64::MIN_POSITIVE)
        }
        // Terms that the held-out data leaves the domain of.
        _ if !data.held_out.is_empty() => f64::INFINITY,
        _ => 0.0,
    };
    let explains = found.residual < CLEAN && held_out < HELD_OUT * CLEAN;
    let rows = system.rows() as f64;
    let score = rows * found.residual.max(1e-12).ln() + found.solution.columns.len() as f64 * rows.ln() / 2.0;
    let fitted = Fitted {
        stage: stage.name.clone(),
        terms: found.solution.columns.iter().map(|&j| terms[j].clone()).collect(),
        errors: found.standard_errors(&system),
        coefficients: found.solution.coefficients,
        explains,
        exact_terms: true,
        chi: None,
        score,
    };
    Ok(Some((fitted, report)))
}

/// The terms of a stage that are finite on the data.
fn usable(data: &Prepared, stage: &Stage) -> Result<Vec<Expr>, RecoverError> {
    let terms: Vec<Expr> = stage.terms.iter().map(|t| t.formula.clone()).collect();
    let good = usable_terms(&terms, &data.inputs, &data.samples.states)?;
    Ok(terms.into_iter().zip(good).filter(|(_, g)| *g).map(|(t, _)| t).collect())
}

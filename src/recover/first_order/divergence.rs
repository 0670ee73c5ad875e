//! Whether any Hamiltonian can move the columns as they are.
//!
//! Hamilton's equations have no divergence: Σ ∂ẋ_i/∂x_i = 0. Where polynomials describe the velocities of the data well
//! and have a divergence far from 0, the columns are no canonical coordinates and momenta: populations in place of their
//! logarithms, velocities in place of momenta where friction acts.

use crate::expr::{Expr, Tape};
use crate::regression::RegressionError;

use super::data::Prepared;
use super::describing::{Terms, fields_of, variance};

/// The share of the variance of the velocities that a description may leave.
const DESCRIBED: f64 = 0.02;
/// The divergence, over the size of the derivatives of the velocities, from which no Hamiltonian is possible; well
/// described Hamiltonian motions stay below a fifth of it.
const CLEAR: f64 = 0.25;

/// The rms divergence of the velocities over the rms of their derivatives, if polynomials describe them and it is far
/// from 0.
///
/// # Errors
/// Values that are not finite.
pub fn divergence(data: &Prepared) -> Result<Option<f64>, RegressionError> {
    let width = data.inputs.len();
    let Some(terms) = Terms::describing(data)? else { return Ok(None) };
    let all: Vec<usize> = (0..terms.count()).collect();
    let mut described = Vec::new();
    for i in 0..width {
        let target = fields_of(data, i);
        let fit = terms.fit(&all, &target)?;
        if fit.error.is_nan() || fit.error > DESCRIBED * variance(&target[1]) {
            return Ok(None);
        }
        described.push(fit.whole_formula(&terms));
    }
    relative_divergence(&described, data)
}

fn relative_divergence(field: &[Expr], data: &Prepared) -> Result<Option<f64>, RegressionError> {
    let width = data.inputs.len();
    let (_, slopes) = Tape::new(field, &data.inputs)?.gradient(&data.samples.states);
    let (mut divergence, mut size) = (0.0, 0.0);
    for matrix in slopes.chunks_exact(width * width) {
        let diagonal: Vec<f64> = (0..width).map(|i| matrix[i * width + i]).collect();
        divergence += diagonal.iter().sum::<f64>().powi(2);
        // In units of the columns, so that all derivatives are rates.
        let entry = |i: usize, j: usize| matrix[i * width + j] * data.scales[j] / data.scales[i];
        let square: f64 =
            (0..width).flat_map(|i| (0..width).map(move |j| (i, j))).map(|(i, j)| entry(i, j).powi(2)).sum();
        size += square;
    }
    let relative = (divergence / size.max(f64::MIN_POSITIVE)).sqrt();
    Ok((relative > CLEAR).then_some(relative))
}

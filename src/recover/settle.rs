//! From measured constants to a law with rationals and letters.

use super::Model;
use super::constants::{self, Constants};
use super::formula;
use super::recovery::Law;
use crate::data::Recording;
use crate::terms::joint::Kind;

/// The law of a model whose constants θ have this covariance, `[p, p]`.
pub fn settle(recording: &Recording, model: &Model, covariance: &[f64], config: &constants::Config) -> Law {
    let (values, covariance) = measured(model, covariance);
    written(recording, model, &Constants::read(&values, &covariance, &classes(model), config))
}

/// The same where all constants are rationals, beside a number that was read by this chance.
pub fn settle_exactly(
    recording: &Recording,
    model: &Model,
    covariance: &[f64],
    beside: f64,
    config: &constants::Config,
) -> Option<Law> {
    let (values, covariance) = measured(model, covariance);
    let read = Constants::all_exact(&values, &covariance, beside, config)?;
    Some(written(recording, model, &read))
}

/// The constants with masses in place of ln μ, and their covariance.
fn measured(model: &Model, covariance: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let (values, slopes) = natural(model);
    let p = values.len();
    let covariance = covariance.iter().enumerate().map(|(e, c)| slopes[e / p] * c * slopes[e % p]).collect();
    (values, covariance)
}

/// The law of a model with constants as they were read.
fn written(recording: &Recording, model: &Model, read: &Constants) -> Law {
    let first = read.values.len() - model.masses();
    let theta: Vec<f64> =
        read.values.iter().enumerate().map(|(k, &x)| if k < first { x } else { -x.ln() }).collect();
    formula::law(recording, &model.with_constants(&theta), read)
}

/// The constants with masses in place of ln μ, and their derivatives with respect to θ.
fn natural(model: &Model) -> (Vec<f64>, Vec<f64>) {
    let theta = model.constants();
    let first = theta.len() - model.masses();
    let constant = |(k, &x): (usize, &f64)| if k < first { (x, 1.0) } else { ((-x).exp(), -(-x).exp()) };
    theta.iter().enumerate().map(constant).unzip()
}

/// Constants that may be multiples of each other: coefficients of one kind of force, parameters of one family,
/// masses.
fn classes(model: &Model) -> Vec<usize> {
    let kind = |kind: Kind<'_>| match kind {
        Kind::Potential => 0,
        Kind::Gyroscopic { .. } => 1,
        Kind::Friction { .. } => 2,
    };
    let coefficients = model.terms.iter().map(|term| kind(term.kind()));
    let free = model.free_terms();
    let parameters = free.iter().map(|&k| 4 + model.terms[k].family() as usize);
    coefficients.chain(parameters).chain((0..model.masses()).map(|_| 3)).collect()
}

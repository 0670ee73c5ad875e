//! Fits of integrated trajectories, from a first look to the precision that the data allows.

use serde::{Deserialize, Serialize};

use crate::dynamics::ParametricHamiltonian;
use crate::expr::{Expr, Symbol};
use crate::progress::CancelToken;
use crate::recover::snap::snap;
use crate::regression::shooting::{Shooter, Shooting, Shot, Stretch};
use crate::regression::{Elimination, RegressionError};

use super::RecoverError;
use super::data::Prepared;

/// How trajectories are fitted.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Config {
    /// Deviation, in units of the noise, up to which integrated trajectories count as explained.
    pub explained: f64,
    /// Chance of a rational at which no more precision is asked for.
    pub clear: f64,
}

impl Default for Config {
    fn default() -> Config {
        Config { explained: 1.1, clear: 0.005 }
    }
}

/// Most terms that trajectories are fitted with.
pub(super) const MOST_TERMS: usize = 36;

/// About how many points trajectories are fitted with, whole stretches of them: for a first look.
pub(super) const LOOK: usize = 1200;

/// The same for a fit.
const FIT: usize = 6000;

/// The same where a fit leaves coefficients unrecognised.
const SHARP: usize = 30_000;

/// Terms below so many standard errors are dropped.
const SIGNIFICANT: f64 = 4.0;

/// How much worse than shorter segments a longer one may fit.
const LENGTHENED: f64 = 1.2;

/// A fit of trajectories.
pub(super) struct Reached {
    pub terms: Vec<Expr>,
    pub shot: Shot,
    /// Points of its segments.
    points: usize,
    /// Relative accuracy of its integration.
    rtol: f64,
}

/// The fit itself, or one of finer integration and then more data, until all coefficients are justified rationals:
/// what explains the data deserves the precision that it allows.
pub(super) fn sharpened(
    data: &Prepared,
    mut reached: Reached,
    config: &Config,
    token: &CancelToken,
) -> Result<Reached, RecoverError> {
    let recognised = |shot: &Shot| {
        let mut pairs = shot.parameters.iter().zip(&shot.standard_errors);
        pairs.all(|(c, e)| snap(*c, 3.0 * e).is_some_and(|s| s.chance <= config.clear))
    };
    let mut used = 0;
    for amount in [FIT, SHARP] {
        if reached.shot.chi > config.explained || recognised(&reached.shot) || token.is_cancelled() {
            break;
        }
        let stretches = chosen(data, amount);
        if stretches.len() == used {
            break;
        }
        used = stretches.len();
        let rtol = (1e-3 * reached.rtol).max(1e-12);
        let how = Shooting { points: reached.points, iterations: 12, rtol, ..first_look(data, token) };
        let theta = &reached.shot.parameters;
        // Also where it speaks against the fit.
        let Some(shot) = fit_terms(data, &reached.terms, theta, &stretches, &how)? else { break };
        reached.shot = Shot { standard_errors: with_accuracy(&shot, rtol), ..shot };
    }
    Ok(reached)
}

/// Standard errors, no smaller than what the integration's accuracy allows.
fn with_accuracy(shot: &Shot, rtol: f64) -> Vec<f64> {
    let largest = shot.parameters.iter().fold(0.0f64, |m, c| m.max(c.abs()));
    shot.standard_errors.iter().map(|e| e.max(30.0 * rtol * largest)).collect()
}

/// Fits trajectories with the terms left by an elimination, drops those that are not significant, and
/// lengthens the segments as far as the model carries. `None` when no fit comes about.
pub(super) fn shoot(
    data: &Prepared,
    terms: &[Expr],
    start: &Elimination,
    config: &Config,
    token: &CancelToken,
) -> Result<Option<Reached>, RecoverError> {
    let mut terms = terms.to_vec();
    let mut theta = start.solution.coefficients.clone();
    let longest = longest(data);
    let Shooting { mut points, noise, mut rtol, .. } = first_look(data, token);
    // A first look decides with few points whether the model is worth more.
    let mut looked = false;
    let mut best: Option<Reached> = None;
    loop {
        let stretches = chosen(data, if looked { FIT } else { LOOK });
        let iterations = if looked { 12 } else { 6 };
        let how = Shooting { points, noise: noise.clone(), iterations, token: token.clone(), rtol };
        if token.is_cancelled() {
            return Ok(best);
        }
        let Some(mut shot) = fit_terms(data, &terms, &theta, &stretches, &how)? else { return Ok(best) };
        // Integration must be finer than what it is to resolve.
        let wanted = (shot.chi * data.relative_noise() * 1e-3).clamp(1e-12, 1e-5);
        if wanted < 0.1 * rtol {
            rtol = wanted;
            theta = shot.parameters;
            continue;
        }
        shot.standard_errors = with_accuracy(&shot, rtol);
        if !looked && shot.chi > 3.0 * config.explained {
            return Ok(Some(Reached { terms, shot, points, rtol }));
        }
        // A longer segment must not fit much worse than the shorter ones did.
        if best.as_ref().is_some_and(|b| shot.chi > LENGTHENED * b.shot.chi.max(0.05)) {
            return Ok(best);
        }
        let significance = |k: usize| shot.parameters[k].abs() / shot.standard_errors[k];
        let weakest = (0..terms.len()).min_by(|&a, &b| significance(a).total_cmp(&significance(b)));
        theta = shot.parameters.clone();
        match weakest {
            Some(k) if significance(k) < SIGNIFICANT && terms.len() > 1 => {
                terms.remove(k);
                theta.remove(k);
                continue;
            }
            _ => {}
        }
        if !looked {
            looked = true;
            continue;
        }
        best = Some(Reached { terms: terms.clone(), shot, points, rtol });
        if points >= longest {
            return Ok(best);
        }
        points = (points * 4).min(longest);
    }
}

fn longest(data: &Prepared) -> usize {
    data.stretches.iter().map(Stretch::points).max().unwrap_or(0)
}

/// Segments of half a period, the data's noise, an accuracy that resolves it, and few iterations.
pub(super) fn first_look(data: &Prepared, token: &CancelToken) -> Shooting {
    let longest = longest(data);
    let step = data.curves.iter().map(|curve| curve.step).fold(0.0, f64::max);
    let floor = |n: &f64, s: &f64| n.max(1e-10 * s);
    Shooting {
        points: ((0.5 * data.period / step) as usize).clamp(6, 40).min(longest),
        noise: data.noise.iter().zip(&data.scales).map(|(n, s)| floor(n, s)).collect(),
        iterations: 6,
        token: token.clone(),
        rtol: (data.relative_noise() * 1e-3).clamp(1e-12, 1e-5),
    }
}

/// Stretches with about `points` points in all, evenly chosen.
pub(super) fn chosen(data: &Prepared, points: usize) -> Vec<&Stretch> {
    let total: usize = data.stretches.iter().map(Stretch::points).sum();
    data.stretches.iter().step_by(total.div_ceil(points).max(1)).collect()
}

pub(super) fn fit_terms(
    data: &Prepared,
    terms: &[Expr],
    theta: &[f64],
    stretches: &[&Stretch],
    how: &Shooting,
) -> Result<Option<Shot>, RecoverError> {
    // Names that no variable of the system has.
    let long = data.inputs.iter().map(|s| s.name().len()).max().unwrap_or(0);
    let names: Vec<Symbol> =
        (0..terms.len()).map(|k| Symbol::new(format!("{}{k}", "c".repeat(long + 1)))).collect();
    let model =
        Expr::sum(terms.iter().zip(&names).map(|(t, n)| Expr::product([Expr::Symbol(n.clone()), t.clone()])));
    let shooter = Shooter::new(
        ParametricHamiltonian::new(&model, &data.inputs, &names).map_err(RegressionError::from)?,
    );
    Ok(shooter.fit(theta, stretches, how).ok())
}

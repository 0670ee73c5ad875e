//! Whether H is a sum V(q) + T(p): whether the forces depend on the positions alone, and the velocities on the momenta
//! alone.
//!
//! Both are fitted by polynomials, once in their own variables and once in all of them, on the first runs, and judged on
//! the last ones. If their own variables do as well, a network is built so: it then knows the motion wherever it knows
//! V and T apart, which fewer runs tell than an H of all variables.

use crate::regression::{Normal, RegressionError};
use crate::terms::monomials;

use super::Prepared;

/// The highest degree of the polynomials.
const DEGREE: u32 = 8;
/// The most terms of a polynomial.
const MOST_TERMS: usize = 200;
/// The share of the samples that is fitted; the others, of later runs, judge.
const FITTED: f64 = 0.75;
/// How many times the squared error with all variables that with its own may be.
const NEARLY: f64 = 1.1;
/// Squared errors below this share of the variance are all the same.
const NEGLIGIBLE: f64 = 1e-8;

/// Whether forces and velocities are functions of positions and momenta apart, as far as the samples tell.
///
/// # Errors
/// Samples that are not finite.
pub fn is_separable(data: &Prepared) -> Result<bool, RegressionError> {
    let dof = data.scales.len() / 2;
    let inputs = inputs(data);
    let velocities = columns(&data.samples.fields, 2 * dof, 0..dof);
    let forces = columns(&data.samples.fields, 2 * dof, dof..2 * dof);
    let all: Vec<Vec<f64>> = inputs.iter().flatten().cloned().collect();
    for (own, targets) in [(&inputs[0], &forces), (&inputs[1], &velocities)] {
        if least_error(own, targets)? > NEARLY * least_error(&all, targets)?.max(NEGLIGIBLE) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Positions and momenta about their means, in units of their spread; angles as cosine and sine.
fn inputs(data: &Prepared) -> [Vec<Vec<f64>>; 2] {
    let width = data.scales.len();
    let mut found = [Vec::new(), Vec::new()];
    for (k, scale) in data.scales.iter().enumerate() {
        let part = &mut found[usize::from(2 * k >= width)];
        for column in columns(&data.samples.states, width, k..k + 1) {
            if data.variables.angles.contains(&data.inputs[k]) {
                part.push(column.iter().map(|x| x.cos()).collect());
                part.push(column.iter().map(|x| x.sin()).collect());
            } else {
                let mean = column.iter().sum::<f64>() / column.len().max(1) as f64;
                part.push(column.iter().map(|x| (x - mean) / scale.max(f64::MIN_POSITIVE)).collect());
            }
        }
    }
    found
}

/// Some of the columns of rows of this width.
fn columns(rows: &[f64], width: usize, chosen: std::ops::Range<usize>) -> Vec<Vec<f64>> {
    chosen.map(|k| rows.iter().skip(k).step_by(width).copied().collect()).collect()
}

/// The least squared error over the degrees, on the samples that judge, in units of the targets' mean squares there.
fn least_error(inputs: &[Vec<f64>], targets: &[Vec<f64>]) -> Result<f64, RegressionError> {
    let samples = targets.first().map_or(0, Vec::len);
    let fitted = (FITTED * samples as f64) as usize;
    let (mut exponents, mut least) = (vec![vec![0; inputs.len()]], f64::INFINITY);
    for degree in 1..=DEGREE {
        exponents.extend(monomials(inputs.len(), degree));
        if exponents.len() > MOST_TERMS || 3 * exponents.len() > fitted {
            break;
        }
        least = least.min(error(inputs, targets, &exponents, fitted)?);
    }
    Ok(least)
}

/// The squared error of the polynomials with these exponents.
fn error(
    inputs: &[Vec<f64>],
    targets: &[Vec<f64>],
    exponents: &[Vec<u32>],
    fitted: usize,
) -> Result<f64, RegressionError> {
    let samples = targets.first().map_or(0, Vec::len);
    let terms = |s: usize| {
        let term = |e: &Vec<u32>| inputs.iter().zip(e).map(|(x, &e)| x[s].powi(e as i32)).product::<f64>();
        exponents.iter().map(term).collect::<Vec<f64>>()
    };
    let mut rows = Vec::new();
    for s in 0..fitted {
        rows.extend(terms(s));
        rows.extend(targets.iter().map(|target| target[s]));
        rows.push(0.0);
    }
    let mut system = Normal::new(exponents.len() + targets.len());
    system.add(&rows)?;
    let all: Vec<usize> = (0..exponents.len()).collect();
    let independent = system.independent_columns(&all, 1e-9);
    let (mut off, mut size) = (0.0, 0.0);
    for (i, target) in targets.iter().enumerate() {
        // The solution is the negative of the polynomial.
        let found = system.with_target(exponents.len() + i).solve(&independent)?;
        for (s, truth) in target.iter().enumerate().take(samples).skip(fitted) {
            let row = terms(s);
            let value: f64 = found.columns.iter().zip(&found.coefficients).map(|(&j, c)| -row[j] * c).sum();
            off += (value - truth).powi(2);
            size += truth.powi(2);
        }
    }
    Ok(off / size.max(f64::MIN_POSITIVE))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Positions, momenta and a force, at states that fill a box evenly.
    fn judged(force: impl Fn([f64; 4]) -> f64) -> [f64; 2] {
        let roots = [2.0f64, 3.0, 5.0, 7.0].map(f64::sqrt);
        let states: Vec<[f64; 4]> =
            (1..=1200).map(|k| roots.map(|root| 2.0 * (f64::from(k) * root).fract() - 1.0)).collect();
        let column = |k: usize| states.iter().map(|x| x[k]).collect::<Vec<f64>>();
        let all: Vec<Vec<f64>> = (0..4).map(column).collect();
        let target = [states.iter().map(|x| force(*x)).collect::<Vec<f64>>()];
        [&all[..2], &all[..]].map(|inputs| least_error(inputs, &target).unwrap())
    }

    #[test]
    fn a_force_of_the_positions_is_told_from_one_of_the_momenta_too() {
        let [own, all] = judged(|[x, y, ..]| -x / (0.3 + x * x + y * y).sqrt());
        assert!(own <= NEARLY * all, "{own} {all}");
        let [own, all] = judged(|[x, y, _, py]| -x / (0.3 + x * x + y * y).sqrt() + 0.3 * py);
        assert!(own > NEARLY * all, "{own} {all}");
    }
}

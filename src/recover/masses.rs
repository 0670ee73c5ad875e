//! Ratios of masses before any potential is known.

use super::Problem;
use crate::regression::gram::solve_with_ridge;

/// How the ratios of masses are started.
#[derive(Clone, Copy, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub struct MassConfig {
    /// Action = reaction is believed where it leaves less than this share of the first body's acceleration.
    pub recoil: f64,
    /// The values of each ratio that are scanned lie between 1/`widest` and `widest`.
    pub widest: f64,
}

impl Default for MassConfig {
    /// The values of the design note on recordings, section 4.
    fn default() -> MassConfig {
        MassConfig { recoil: 0.2, widest: 1e4 }
    }
}

/// The ridge of the fits of a scan, on columns of unit length.
const RIDGE: f64 = 1e-8;

/// With more coordinates than this, action = reaction alone is used where it is believed.
const SCANNED_DOF: usize = 4;

/// The most terms of the fits of a scan.
const TERMS: usize = 220;

/// The number of values that are scanned.
const VALUES: usize = 41;

/// Inverse masses of the bodies to start from, best first; that of the first body is 1. Action = reaction tells them
/// where the bodies are alone; otherwise each ratio is scanned with a fit of all plain terms. Equal masses are only
/// among them where nothing else is known.
pub fn start_masses(problem: &Problem, config: &MassConfig) -> Vec<Vec<f64>> {
    let bodies = problem.bodies().len();
    if bodies < 2 {
        return vec![vec![1.0; bodies]];
    }
    let recoil = recoil(problem, config);
    if let Some(recoil) = &recoil
        && problem.dof() > SCANNED_DOF
    {
        return vec![recoil.clone()];
    }
    let scanned = scan(problem, config);
    match recoil {
        Some(recoil) => vec![recoil, scanned],
        None if scanned.iter().all(|mu| (mu - 1.0).abs() < 0.05) => vec![scanned],
        None => vec![scanned, vec![1.0; bodies]],
    }
}

/// Inverse masses by action = reaction: ∫φ″q of the first body against those of the others, no potential needed.
/// `None` where they do not cancel or a mass would be negative.
fn recoil(problem: &Problem, config: &MassConfig) -> Option<Vec<f64>> {
    let bodies = problem.bodies();
    let size = bodies[0].len();
    if bodies.iter().any(|body| body.len() != size) {
        return None;
    }
    let left = problem.weak.left();
    let mut weights = vec![1.0; problem.weak.rows()];
    for (_, _, rows) in problem.weak.pieces() {
        let squares: f64 = left.iter().flat_map(|a| &a[rows.clone()]).map(|a| a * a).sum();
        let rms = (squares / (left.len() * rows.len()) as f64).sqrt();
        weights[rows].fill(1.0 / (rms + f64::MIN_POSITIVE));
    }
    let column = |body: &Vec<usize>| -> Vec<f64> {
        body.iter().flat_map(|&i| left[i].iter().zip(&weights).map(|(a, w)| a * w)).collect()
    };
    let columns: Vec<Vec<f64>> = bodies.iter().map(column).collect();
    let (masses, share) = balance(&columns[0], &columns[1..]);
    let believed = share < config.recoil && masses.iter().all(|&m| m > 0.0);
    believed.then(|| std::iter::once(1.0).chain(masses.iter().map(|m| 1.0 / m)).collect())
}

/// The factors with which the others best cancel the first, and the share of the first that is left.
fn balance(first: &[f64], others: &[Vec<f64>]) -> (Vec<f64>, f64) {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let matrix: Vec<f64> =
        others.iter().flat_map(|a| others.iter().map(|b| dot(a, b)).collect::<Vec<_>>()).collect();
    let right: Vec<f64> = others.iter().map(|a| -dot(a, first)).collect();
    let masses = solve_with_ridge(&matrix, &right, 1e-14);
    let mut rest = first.to_vec();
    for (other, mass) in others.iter().zip(&masses) {
        rest.iter_mut().zip(other).for_each(|(r, a)| *r += mass * a);
    }
    (masses, (dot(&rest, &rest) / dot(first, first)).sqrt())
}

/// Each ratio in turn over a wide grid, then over a fine one about the best.
fn scan(problem: &Problem, config: &MassConfig) -> Vec<f64> {
    let bodies = problem.bodies().len();
    let mut best = vec![1.0; bodies];
    let (Some(gram), mut terms) = (problem.gram(), problem.wide()) else { return best };
    terms.truncate(TERMS);
    let gram = gram.restricted(&terms);
    let last = (VALUES - 1) as f64;
    let wide = |k: usize| config.widest.powf(2.0 * k as f64 / last - 1.0);
    for round in 0..2 {
        for body in 1..bodies {
            let present = best[body];
            let fine = |k: usize| present * 0.7 * 2f64.powf(k as f64 / 14.0);
            let values: Vec<f64> =
                if round == 0 { (0..VALUES).map(wide).collect() } else { (0..15).map(fine).collect() };
            let mut least = f64::INFINITY;
            for value in values {
                let mut trial = best.clone();
                trial[body] = value;
                let chi = gram.chi_with_ridge(&trial, RIDGE);
                if chi < least {
                    least = chi;
                    best[body] = value;
                }
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masses_balance_forces() {
        let first: Vec<f64> = (0..50).map(|k| (k as f64).sin() + 0.3 * (0.7 * k as f64).cos()).collect();
        let second: Vec<f64> = (0..50).map(|k| -(k as f64).sin() / 2.5).collect();
        let third: Vec<f64> = (0..50).map(|k| -0.3 * (0.7 * k as f64).cos() / 0.1).collect();
        let (masses, share) = balance(&first, &[second, third]);
        assert!((masses[0] - 2.5).abs() < 1e-9 && (masses[1] - 0.1).abs() < 1e-9);
        assert!(share < 1e-9);
    }
}

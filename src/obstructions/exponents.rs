//! Weights that select two extreme exponentials.

use std::collections::BTreeSet;

use crate::expr::Rational;
use crate::mechanics::{Obstructions, Proposal};

/// With more exponentials their pairs are not tried.
const MAX_EXPONENTS: usize = 40;
/// Weights that are tried for each pair.
const TRIES: u64 = 60;

/// For pairs of exponents weights for which both are extreme, each pair once.
pub(super) fn proposals(obstructions: &Obstructions) -> Vec<Proposal> {
    let exponents = obstructions.exponents();
    if exponents.len() > MAX_EXPONENTS {
        return Vec::new();
    }
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for i in 0..exponents.len() {
        for j in i + 1..exponents.len() {
            let weights = candidates(exponents, i, j).into_iter().find(|w| extreme(exponents, w) == [i, j]);
            if let Some(weights) = weights.filter(|_| seen.insert((i, j))) {
                found.push(Proposal::Exponentials { weights });
            }
        }
    }
    found
}

/// The exponents that are greatest for these weights.
fn extreme(exponents: &[Vec<Rational>], weights: &[Rational]) -> Vec<usize> {
    let values: Vec<Rational> = exponents.iter().map(|a| dot(a, weights)).collect();
    let greatest = values.iter().max().cloned().unwrap_or(Rational::ZERO);
    (0..values.len()).filter(|&k| values[k] == greatest).collect()
}

/// Weights for which exponents i and j weigh the same: away from the mean of the others, then in all directions.
fn candidates(exponents: &[Vec<Rational>], i: usize, j: usize) -> Vec<Vec<Rational>> {
    let dof = exponents[i].len();
    let count = Rational::from(exponents.len());
    let mean = |k: usize| exponents.iter().fold(Rational::ZERO, |sum, a| sum + &a[k]) / &count;
    let outward = (0..dof)
        .map(|k| (&exponents[i][k] + &exponents[j][k]) / Rational::from(2) - mean(k))
        .collect::<Vec<_>>();
    // Whole numbers from −4 to 4 in a fixed sequence.
    let spread = |n: u64, k: usize| {
        let mixed = (n * 64 + k as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        &outward[k] * Rational::from(2) + Rational::from((mixed >> 40) as i64 % 9 - 4)
    };
    let directions =
        std::iter::once(outward.clone()).chain((0..TRIES).map(|n| (0..dof).map(|k| spread(n, k)).collect()));
    let difference: Vec<Rational> = exponents[i].iter().zip(&exponents[j]).map(|(a, b)| a - b).collect();
    let length = dot(&difference, &difference);
    let across = |direction: Vec<Rational>| {
        let part = dot(&direction, &difference) / &length;
        direction.iter().zip(&difference).map(|(x, d)| x - &part * d).collect::<Vec<_>>()
    };
    directions.map(across).collect()
}

fn dot(a: &[Rational], b: &[Rational]) -> Rational {
    a.iter().zip(b).fold(Rational::ZERO, |sum, (x, y)| sum + x * y)
}

//! Sets of functions that are dependent on a part of phase space: √(2)·p − 1 and its modulus are, where p > 1/√2.
//!
//! Exact algebra finds the branches of signs that it sees. Others hide in roots that are squares in disguise. Where
//! functions depend on each other on a part of phase space, their gradients do so at many points of it; where they are
//! independent, at hardly any. So gradients are looked at in floating point, at many points. This can only lower the
//! number of functions that count as independent.

use std::collections::BTreeSet;

use super::Hamiltonian;
use crate::expr::{Condition, Expr, Relation, Symbol, Tape};

/// Points at which gradients are looked at.
const POINTS: usize = 768;
/// The ranges of the variables, in turn.
const RANGES: [f64; 2] = [1.0, 3.0];
/// Fewer points in the common domain say nothing.
const ENOUGH: usize = 16;
/// Gradients count as dependent where what is left of one, beside its length, is less than this: a thousand roundings.
const DEPENDENT: f64 = 1e-13 * 1e3;
/// A gradient that is shorter than this, beside most gradients of its function, is rounding.
const ROUNDING: f64 = 1e-12;
/// The share of points at which independent functions may seem dependent by rounding.
const SHARE: f64 = 1.0 / 16.0;

/// The gradients of some functions at many points.
pub(super) struct Branches {
    /// For each point and function the gradient of length 1, or zero; `None` outside the domain of the function.
    gradients: Vec<Vec<Option<Vec<f64>>>>,
}

impl Branches {
    /// The gradients of functions with the conditions that restrict each, where H's own conditions hold.
    pub(super) fn of(hamiltonian: &Hamiltonian, functions: &[(&Expr, &[Condition])]) -> Branches {
        let variables = hamiltonian.space().variables();
        let groups: Vec<&[Condition]> =
            std::iter::once(hamiltonian.domain()).chain(functions.iter().map(|(_, own)| *own)).collect();
        let mut outputs: Vec<Expr> = functions.iter().map(|(formula, _)| (*formula).clone()).collect();
        outputs
            .extend(groups.iter().flat_map(|group| group.iter()).map(|condition| condition.function.clone()));
        let mut inputs = variables.to_vec();
        let symbols: BTreeSet<Symbol> = outputs.iter().flat_map(Expr::symbols).collect();
        inputs.extend(symbols.into_iter().filter(|symbol| !variables.contains(symbol)));
        let Ok(tape) = Tape::new(&outputs, &inputs) else { return Branches { gradients: Vec::new() } };
        let (values, slopes) = tape.gradient(&samples(inputs.len()));
        let point = |(values, slopes): (&[f64], &[f64])| {
            let (own, bounds) = values.split_at(functions.len());
            let holds = all_hold(&groups, bounds);
            let gradient = |(k, value): (usize, &f64)| {
                let slopes = &slopes[k * inputs.len()..][..variables.len()];
                let is_finite = value.is_finite() && slopes.iter().all(|slope| slope.is_finite());
                (holds[0] && holds[k + 1] && is_finite).then(|| slopes.to_vec())
            };
            own.iter().enumerate().map(gradient).collect()
        };
        let rows = values.chunks_exact(outputs.len()).zip(slopes.chunks_exact(outputs.len() * inputs.len()));
        let mut gradients: Vec<Vec<Option<Vec<f64>>>> = rows.map(point).collect();
        (0..functions.len()).for_each(|k| scale(&mut gradients, k));
        Branches { gradients }
    }

    /// Whether these functions are dependent on a part of phase space.
    pub(super) fn are_dependent_somewhere(&self, set: &[usize]) -> bool {
        let all_of = |point: &Vec<Option<Vec<f64>>>| -> Option<Vec<Vec<f64>>> {
            set.iter().map(|&k| point[k].clone()).collect()
        };
        let inside: Vec<Vec<Vec<f64>>> = self.gradients.iter().filter_map(all_of).collect();
        let dependent = inside.iter().filter(|rows| are_dependent(rows)).count();
        inside.len() >= ENOUGH && dependent as f64 > SHARE * inside.len() as f64
    }
}

/// Whether functions seem dependent on a part of phase space, by their gradients at many points in floating point.
pub fn are_dependent_somewhere(hamiltonian: &Hamiltonian, functions: &[Expr]) -> bool {
    let unrestricted: Vec<(&Expr, &[Condition])> = functions.iter().map(|f| (f, &[][..])).collect();
    let all: Vec<usize> = (0..functions.len()).collect();
    Branches::of(hamiltonian, &unrestricted).are_dependent_somewhere(&all)
}

/// Scales the gradients of a function to length 1, or to zero where they are nothing but rounding.
fn scale(gradients: &mut [Vec<Option<Vec<f64>>>], function: usize) {
    let mut lengths: Vec<f64> =
        gradients.iter().filter_map(|point| point[function].as_deref().map(length)).collect();
    lengths.sort_by(f64::total_cmp);
    let Some(usual) = lengths.get(3 * lengths.len() / 4).copied() else { return };
    for row in gradients.iter_mut().filter_map(|point| point[function].as_mut()) {
        *row = if length(row) > ROUNDING * usual { scaled_to_one(row) } else { vec![0.0; row.len()] };
    }
}

fn length(row: &[f64]) -> f64 {
    row.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// Of each group of conditions, whether all hold, from the values of their functions one after another.
fn all_hold(groups: &[&[Condition]], values: &[f64]) -> Vec<bool> {
    let mut rest = values;
    let mut of_group = |group: &&[Condition]| {
        let (own, others) = rest.split_at(group.len());
        rest = others;
        group.iter().zip(own).all(|(condition, value)| match condition.relation {
            Relation::Positive => *value > 0.0,
            Relation::NonZero => *value != 0.0,
        })
    };
    groups.iter().map(&mut of_group).collect()
}

/// Points spread evenly over the ranges: multiples of the square roots of primes, less their integer parts.
fn samples(inputs: usize) -> Vec<f64> {
    let is_prime = |n: &u32| (2..*n).take_while(|d| d * d <= *n).all(|d| !n.is_multiple_of(d));
    let steps: Vec<f64> = (2..).filter(is_prime).take(inputs).map(|prime| f64::from(prime).sqrt()).collect();
    let point = |k: usize| {
        let range = RANGES[k % RANGES.len()];
        steps
            .iter()
            .map(move |step| range * (2.0 * (step * (k + 1) as f64).fract() - 1.0))
            .collect::<Vec<_>>()
    };
    (0..POINTS).flat_map(point).collect()
}

fn scaled_to_one(row: &[f64]) -> Vec<f64> {
    let largest = row.iter().fold(0.0_f64, |a, b| a.max(b.abs()));
    if largest == 0.0 {
        return row.to_vec();
    }
    let row: Vec<f64> = row.iter().map(|x| x / largest).collect();
    let length = length(&row);
    row.into_iter().map(|x| x / length).collect()
}

/// Whether rows of length 1, or zero, are dependent: by Gram's and Schmidt's method, each projection twice.
fn are_dependent(rows: &[Vec<f64>]) -> bool {
    let mut basis: Vec<Vec<f64>> = Vec::new();
    for row in rows {
        let mut rest = row.clone();
        for direction in basis.iter().chain(&basis) {
            let part: f64 = rest.iter().zip(direction).map(|(a, b)| a * b).sum();
            rest.iter_mut().zip(direction).for_each(|(a, b)| *a -= part * b);
        }
        if length(&rest) < DEPENDENT {
            return true;
        }
        basis.push(scaled_to_one(&rest));
    }
    false
}

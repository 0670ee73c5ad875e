//! Directions with small whole numbers that look like Darboux directions.

use crate::expr::Rational;
use crate::mechanics::{HomogeneousPart, Obstructions, Proposal};

use super::points::Field;

/// The largest entry, by the number of coordinates; with more coordinates only the axes are tried.
const LARGEST: [i32; 6] = [0, 0, 3, 2, 1, 1];
/// The force may leave the direction by so much of its length.
const PARALLEL: f64 = 1e-9;

/// The directions along which floating point sees a force that does not vanish.
pub(super) fn proposals(obstructions: &Obstructions) -> Vec<Proposal> {
    let dof = obstructions.coordinates().len();
    let of = |part: &HomogeneousPart| {
        // All directions of a rational potential in the plane were looked at.
        if dof == 2 && part.is_rational() {
            return Vec::new();
        }
        let Some(field) = Field::of(obstructions, part) else { return Vec::new() };
        let is_close = |direction: &Vec<i32>| {
            let at: Vec<f64> = direction.iter().map(|&x| f64::from(x)).collect();
            field.force(&at).is_some_and(|force| is_parallel(&force, &at))
        };
        let found = directions(dof).into_iter().filter(is_close);
        let exact = |direction: Vec<i32>| direction.into_iter().map(Rational::from).collect();
        found.map(|d| Proposal::Direction { part: part.part(), direction: exact(d) }).collect()
    };
    obstructions.parts().iter().flat_map(of).collect()
}

fn is_parallel(force: &[f64], direction: &[f64]) -> bool {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let along = dot(force, direction) / dot(direction, direction);
    let length = dot(force, force).sqrt();
    let rest: f64 = force.iter().zip(direction).map(|(f, d)| (f - along * d).powi(2)).sum();
    length > PARALLEL && along.abs() > PARALLEL * length && rest.sqrt() <= PARALLEL * length
}

/// Vectors with small coprime entries of both signs, the short ones first.
fn directions(dof: usize) -> Vec<Vec<i32>> {
    let unit = |i: usize, sign: i32| (0..dof).map(|j| sign * i32::from(i == j)).collect::<Vec<_>>();
    let Some(&largest) = LARGEST.get(dof) else {
        return (0..dof).flat_map(|i| [unit(i, 1), unit(i, -1)]).collect();
    };
    let width = (2 * largest + 1) as usize;
    let entry = |code: usize, i: usize| (code / width.pow(i as u32) % width) as i32 - largest;
    let mut all: Vec<Vec<i32>> = (0..width.pow(dof as u32))
        .map(|code| (0..dof).map(|i| entry(code, i)).collect::<Vec<_>>())
        .filter(|vector| vector.iter().fold(0, |g, &x| gcd(g, x.abs())) == 1)
        .collect();
    all.sort_by_key(|vector| (vector.iter().map(|x| x * x).sum::<i32>(), std::cmp::Reverse(vector.clone())));
    all
}

fn gcd(a: i32, b: i32) -> i32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

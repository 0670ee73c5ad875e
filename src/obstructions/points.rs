//! Real Darboux points by Newton's method in floating point, in spaces that reflections leave fixed.

use crate::expr::{Expr, Tape};
use crate::mechanics::{HomogeneousPart, MechanicsError, NonIntegrability, Obstructions, Proposal};

/// With more coordinates no subspaces are tried.
const MAX_COORDINATES: usize = 16;
/// Starting points in each space, for each sign.
const STARTS: u64 = 24;
/// Points that are kept in each space.
const MAX_POINTS: usize = 4;
/// Spaces that are searched.
const MAX_SPACES: usize = 12;
/// Steps of Newton's method.
const STEPS: usize = 120;
/// Halvings of a step that does not come nearer.
const HALVINGS: usize = 30;
/// The defect at which a point counts as found.
const FOUND: f64 = 1e-11;
/// Points closer than this are the same.
const SAME: f64 = 1e-6;

/// A part of the potential in floating point.
pub(super) struct Field<'a> {
    masses: Vec<Vec<f64>>,
    potential: Tape,
    slopes: Tape,
    part: &'a HomogeneousPart,
}

impl<'a> Field<'a> {
    pub(super) fn of(obstructions: &Obstructions, part: &'a HomogeneousPart) -> Option<Field<'a>> {
        let coordinates = obstructions.coordinates();
        let slopes: Vec<Expr> = coordinates.iter().map(|q| part.potential().derivative(q)).collect();
        let number = |row: &Vec<_>| row.iter().map(|x: &crate::expr::Rational| x.to_f64().value()).collect();
        Some(Field {
            masses: obstructions.inverse_masses().iter().map(number).collect(),
            potential: Tape::new(std::slice::from_ref(part.potential()), coordinates).ok()?,
            slopes: Tape::new(&slopes, coordinates).ok()?,
            part,
        })
    }

    fn value(&self, at: &[f64]) -> f64 {
        self.potential.evaluate(at)[0]
    }

    /// A∇V; `None` where it is not finite.
    pub(super) fn force(&self, at: &[f64]) -> Option<Vec<f64>> {
        let slopes = self.slopes.evaluate(at);
        let force: Vec<f64> = self.masses.iter().map(|row| dot(row, &slopes)).collect();
        force.iter().all(|x| x.is_finite()).then_some(force)
    }

    /// A V″ by rows.
    fn variation(&self, at: &[f64]) -> Vec<Vec<f64>> {
        let dof = self.masses.len();
        let (_, second) = self.slopes.gradient(at);
        let column = |j: usize| (0..dof).map(|l| second[l * dof + j]).collect::<Vec<f64>>();
        let columns: Vec<Vec<f64>> = (0..dof).map(column).collect();
        self.masses.iter().map(|row| columns.iter().map(|column| dot(row, column)).collect()).collect()
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).filter(|(x, _)| **x != 0.0).map(|(x, y)| x * y).sum()
}

/// Looks at the points found in each space that reflections fix, with the blocks of A V″ there, until one proves that
/// the system is not integrable.
///
/// # Errors
/// The token ended the search.
pub(super) fn search(obstructions: &Obstructions) -> Result<Option<NonIntegrability>, MechanicsError> {
    let dof = obstructions.coordinates().len();
    for part in obstructions.parts().iter().filter(|part| dof > 2 || !part.is_rational()) {
        let Some(field) = Field::of(obstructions, part) else { continue };
        let reflections = reflections(&field, dof);
        let mut spaces: Vec<Vec<usize>> = reflections.clone();
        spaces.push(Vec::new());
        // The smallest spaces first: their points are the cheapest.
        spaces.sort_by_key(|vanishing| std::cmp::Reverse(vanishing.len()));
        for vanishing in spaces.iter().take(MAX_SPACES) {
            if let Some(proof) = in_space(obstructions, &field, &reflections, vanishing)? {
                return Ok(Some(proof));
            }
        }
    }
    Ok(None)
}

/// The search in the space where some coordinates vanish.
fn in_space(
    obstructions: &Obstructions,
    field: &Field<'_>,
    reflections: &[Vec<usize>],
    vanishing: &[usize],
) -> Result<Option<NonIntegrability>, MechanicsError> {
    let free: Vec<usize> = (0..field.masses.len()).filter(|i| !vanishing.contains(i)).collect();
    let inner = |set: &&Vec<usize>| set.iter().all(|i| vanishing.contains(i));
    let mut blocks: Vec<Vec<usize>> = reflections.iter().filter(inner).cloned().collect();
    blocks.sort_by_key(Vec::len);
    blocks.push(free.clone());
    for start in points(field, &free) {
        for block in &blocks {
            let proposal = Proposal::Point {
                part: field.part.part(),
                start: start.clone(),
                vanishing: vanishing.to_vec(),
                block: block.clone(),
            };
            if let Some(proof) = obstructions.prove(&proposal)? {
                return Ok(Some(proof));
            }
        }
    }
    Ok(None)
}

/// The proper sets of coordinates whose change of sign leaves V as it is.
fn reflections(field: &Field<'_>, dof: usize) -> Vec<Vec<usize>> {
    if dof > MAX_COORDINATES {
        return Vec::new();
    }
    let samples: Vec<Vec<f64>> = (0..3).map(|n| start(1_000 + n, dof)).collect();
    let values: Vec<f64> = samples.iter().map(|at| field.value(at)).collect();
    let leaves = |mask: usize| {
        samples.iter().zip(&values).all(|(at, value)| {
            let flipped: Vec<f64> =
                at.iter().enumerate().map(|(i, x)| if mask >> i & 1 == 1 { -x } else { *x }).collect();
            (field.value(&flipped) - value).abs() <= 1e-10 * (1.0 + value.abs())
        })
    };
    let masks = (1..(1usize << dof) - 1).filter(|&mask| leaves(mask));
    masks.map(|mask| (0..dof).filter(|i| mask >> i & 1 == 1).collect()).collect()
}

/// Numbers between −1 and 1 in a fixed sequence.
fn start(number: u64, dof: usize) -> Vec<f64> {
    let value = |i: usize| {
        let mut x = (number * 1_009 + i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        x ^= x >> 31;
        x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (x >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    (0..dof).map(value).collect()
}

/// Different solutions of A∇V(c) = ±c on the free coordinates.
fn points(field: &Field<'_>, free: &[usize]) -> Vec<Vec<f64>> {
    let dof = field.masses.len();
    let mut found: Vec<Vec<f64>> = Vec::new();
    for number in 0..STARTS {
        for sign in [1.0, -1.0] {
            let mut at = start(number, dof);
            (0..dof).filter(|i| !free.contains(i)).for_each(|i| at[i] = 0.0);
            let Some(point) = newton(field, free, sign, at) else { continue };
            let is_new = |other: &Vec<f64>| other.iter().zip(&point).any(|(a, b)| (a - b).abs() > SAME);
            if found.iter().all(is_new) {
                found.push(point);
            }
            if found.len() == MAX_POINTS {
                return found;
            }
        }
    }
    found
}

/// The defect A∇V(c) − σc on the free coordinates.
fn defect(field: &Field<'_>, free: &[usize], sign: f64, at: &[f64]) -> Option<Vec<f64>> {
    let force = field.force(at)?;
    Some(free.iter().map(|&i| force[i] - sign * at[i]).collect())
}

fn newton(field: &Field<'_>, free: &[usize], sign: f64, mut at: Vec<f64>) -> Option<Vec<f64>> {
    let length = |v: &[f64]| dot(v, v).sqrt();
    let mut now = defect(field, free, sign, &at)?;
    for _ in 0..STEPS {
        if length(&now) < FOUND {
            let size = length(&at);
            return (size > SAME && size < 1e6).then_some(at);
        }
        let matrix = field.variation(&at);
        let slope: Vec<Vec<f64>> = free
            .iter()
            .map(|&i| free.iter().map(|&j| matrix[i][j] - if i == j { sign } else { 0.0 }).collect())
            .collect();
        let step = solved(slope, &now)?;
        let mut scale = 1.0;
        let mut better = None;
        for _ in 0..HALVINGS {
            let mut next = at.clone();
            free.iter().zip(&step).for_each(|(&i, s)| next[i] -= scale * s);
            if let Some(own) = defect(field, free, sign, &next).filter(|own| length(own) < length(&now)) {
                better = Some((next, own));
                break;
            }
            scale /= 2.0;
        }
        (at, now) = better?;
    }
    None
}

/// The solution of a linear system by elimination with pivots; `None` of a singular one.
fn solved(mut matrix: Vec<Vec<f64>>, right: &[f64]) -> Option<Vec<f64>> {
    let n = right.len();
    let mut right = right.to_vec();
    for column in 0..n {
        let pivot =
            (column..n).max_by(|&a, &b| matrix[a][column].abs().total_cmp(&matrix[b][column].abs()))?;
        if matrix[pivot][column].abs() < 1e-14 || !matrix[pivot][column].is_finite() {
            return None;
        }
        matrix.swap(column, pivot);
        right.swap(column, pivot);
        for i in column + 1..n {
            let factor = matrix[i][column] / matrix[column][column];
            let own = matrix[column].clone();
            matrix[i].iter_mut().zip(&own).skip(column).for_each(|(x, y)| *x -= factor * y);
            right[i] -= factor * right[column];
        }
    }
    for i in (0..n).rev() {
        let rest: f64 = (i + 1..n).map(|j| matrix[i][j] * right[j]).sum();
        right[i] = (right[i] - rest) / matrix[i][i];
    }
    Some(right)
}

//! Functional independence: the rank of the Jacobian, bounded from below by interval arithmetic.

use super::{MechanicsError, PhaseSpace};
use crate::algebra::{Element, Interval, sample_point};
use crate::expr::Expr;

/// Points at which the Jacobian is tried.
const POINTS: u64 = 24;
/// Entries that are smaller relative to their column are no pivots: their enclosures decide nothing.
const SMALLEST_PIVOT: f64 = 1e-9;

/// How many of the functions are independent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rank {
    /// The rank of the Jacobian at some point is at least this: certified. Functions beyond it are
    /// dependent at every point tried, which is no proof.
    pub rank: usize,
    /// A subset of that many independent functions, the earliest first.
    pub independent: Vec<usize>,
}

/// The number of functionally independent functions among `functions`: a certified lower bound, reached
/// at rational points, and the indices of such functions (greedy from the first).
///
/// # Errors
/// Formulas that the algebra cannot represent, or that divide by zero.
pub fn functional_rank(functions: &[Expr], space: &PhaseSpace) -> Result<Rank, MechanicsError> {
    let (_, elements) = Element::all_from(space.variables(), functions)?;
    Ok(rank_of(&gradients(&elements, space)?, space))
}

/// ∂f/∂z for each function f and each variable z.
pub(super) fn gradients(
    elements: &[Element],
    space: &PhaseSpace,
) -> Result<Vec<Vec<Element>>, MechanicsError> {
    let gradient = |element: &Element| -> Result<Vec<Element>, MechanicsError> {
        Ok(space.variables().iter().map(|v| element.derivative(v)).collect::<Result<_, _>>()?)
    };
    elements.iter().map(gradient).collect()
}

/// The greedy rank of functions with these gradients.
pub(super) fn rank_of(gradients: &[Vec<Element>], space: &PhaseSpace) -> Rank {
    let mut best: Vec<usize> = Vec::new();
    let most = gradients.len().min(2 * space.dof());
    for point in 0..POINTS {
        if best.len() == most {
            break;
        }
        let Some(rows) = jacobian(gradients, point) else { continue };
        let independent = independent_rows(rows);
        // Longer is better; among equals the lexicographically first.
        let better =
            independent.len() > best.len() || (independent.len() == best.len() && independent < best);
        if better {
            best = independent;
        }
    }
    Rank { rank: best.len(), independent: best }
}

fn jacobian(gradients: &[Vec<Element>], point: u64) -> Option<Vec<Vec<Interval>>> {
    let field = gradients.first()?.first()?.field();
    let at = sample_point(point, field.variables().len() + field.parameters().len());
    let values = Element::enclosures(gradients.iter().flatten(), &at)?;
    Some(values.chunks(gradients[0].len()).map(<[Interval]>::to_vec).collect())
}

/// Rows, taken in order, that are certainly linearly independent of those before: elimination with
/// pivots whose enclosures exclude zero.
fn independent_rows(rows: Vec<Vec<Interval>>) -> Vec<usize> {
    let mut independent = Vec::new();
    let mut basis: Vec<(usize, Vec<Interval>)> = Vec::new();
    for (index, mut row) in rows.into_iter().enumerate() {
        let size = row.iter().map(|x| x.mignitude()).fold(0.0, f64::max);
        for (pivot, pivot_row) in &basis {
            let factor = row[*pivot].over(pivot_row[*pivot]);
            for (entry, by) in row.iter_mut().zip(pivot_row) {
                *entry = entry.minus(factor.times(*by));
            }
            row[*pivot] = Interval::ZERO;
        }
        let pivot = (0..row.len()).max_by(|&a, &b| row[a].mignitude().total_cmp(&row[b].mignitude()));
        if let Some(pivot) = pivot
            && row[pivot].mignitude() > SMALLEST_PIVOT * size
        {
            independent.push(index);
            basis.push((pivot, row));
        }
    }
    independent
}

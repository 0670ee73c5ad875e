//! Functional independence: the rank of the Jacobian, bounded from below at rational points.

use super::bracket::Gradient;
use super::{MechanicsError, PhaseSpace};
use crate::algebra::Element;
use crate::expr::Expr;

/// Points at which the Jacobian is tried.
const POINTS: u64 = 48;
/// Points without a better rank after which the search ends.
const ENOUGH: u32 = 6;
/// Points at which a rank that falls short is tried again by interval arithmetic.
const BY_INTERVALS: u64 = 3;

/// How many of the functions are independent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rank {
    /// The rank of the Jacobian at some point is at least this: certified. Functions beyond it are
    /// dependent at every point tried, which is no proof.
    pub rank: usize,
    /// A subset of that many independent functions; among equals the lexicographically first.
    pub independent: Vec<usize>,
}

/// The number of functionally independent functions among `functions`: a certified lower bound, reached
/// at rational points, and the indices of such functions. They are independent on every branch of the signs in them.
///
/// # Errors
/// Formulas that the algebra cannot represent, or that divide by zero.
///
/// ```
/// use liouville_kernel::expr::{Symbol, parse};
/// use liouville_kernel::mechanics::{PhaseSpace, functional_rank};
///
/// let space = PhaseSpace::new(vec![Symbol::new("q")], vec![Symbol::new("p")])?;
/// let found = functional_rank(&[parse("p^2 + q^2")?, parse("sin(p^2 + q^2)")?], &space)?;
/// assert_eq!((found.rank, found.independent), (1, vec![0]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn functional_rank(functions: &[Expr], space: &PhaseSpace) -> Result<Rank, MechanicsError> {
    let (_, elements) = Element::all_from(space.variables(), functions)?;
    let gradients: Vec<Gradient> =
        elements.iter().map(|e| Gradient::of(e, space)).collect::<Result<_, _>>()?;
    Ok(rank_of(&gradients.iter().collect::<Vec<_>>(), space))
}

/// Whether no point tried shows that the last function is independent of those before it, on whatever branch of the
/// signs in them.
///
/// # Errors
/// As [`functional_rank`].
pub(super) fn last_is_determined(functions: &[Expr], space: &PhaseSpace) -> Result<bool, MechanicsError> {
    let (_, elements) = Element::all_from(space.variables(), functions)?;
    let gradients: Vec<Gradient> =
        elements.iter().map(|e| Gradient::of(e, space)).collect::<Result<_, _>>()?;
    let gradients: Vec<&Gradient> = gradients.iter().collect();
    let rows: Vec<&[Element]> = gradients.iter().map(|gradient| gradient.entries()).collect();
    let raises = rank_of(&gradients, space).rank > rank_of(&gradients[..gradients.len() - 1], space).rank;
    Ok(!raises && !(0..POINTS).any(|point| Element::last_row_is_somewhere_independent(&rows, point)))
}

/// The rank of functions with these gradients.
pub(super) fn rank_of(gradients: &[&Gradient], space: &PhaseSpace) -> Rank {
    let rows: Vec<&[Element]> = gradients.iter().map(|gradient| gradient.entries()).collect();
    let mut best: Vec<usize> = Vec::new();
    let most = gradients.len().min(2 * space.dof());
    let mut unchanged = 0;
    for point in 0..POINTS {
        if best.len() == most || unchanged == ENOUGH {
            break;
        }
        let Some(independent) = Element::independent_rows(&rows, point) else { continue };
        unchanged = if improves(&independent, &best) { 0 } else { unchanged + 1 };
        if unchanged == 0 {
            best = independent;
        }
    }
    // Functions may have coefficients that are equal modulo the primes which were counted by.
    for point in 0..BY_INTERVALS {
        if best.len() == most {
            break;
        }
        if let Some(independent) = Element::independent_rows_by_intervals(&rows, point)
            && independent.len() > best.len()
        {
            best = independent;
        }
    }
    Rank { rank: best.len(), independent: best }
}

/// Longer is better; among equals the lexicographically first.
fn improves(independent: &[usize], best: &[usize]) -> bool {
    independent.len() > best.len() || (independent.len() == best.len() && independent < best)
}

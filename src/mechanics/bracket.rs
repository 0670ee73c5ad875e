//! The Poisson bracket.

use super::{MechanicsError, PhaseSpace};
use crate::algebra::{AlgebraError, Element, ZeroTest};
use crate::expr::Expr;

/// A bracket that was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bracket {
    /// Its value, from the canonical form.
    pub value: Expr,
    /// Whether it vanishes identically.
    pub test: ZeroTest,
}

/// {f, g} = Σ ∂f/∂q ∂g/∂p − ∂f/∂p ∂g/∂q, exactly.
///
/// # Errors
/// Elements of different fields, a field without some coordinate or momentum, sizes out of reach.
pub fn poisson_bracket(f: &Element, g: &Element, space: &PhaseSpace) -> Result<Element, AlgebraError> {
    let mut terms = Vec::with_capacity(2 * space.dof());
    for (q, p) in space.pairs() {
        let positive = product(f.derivative(q)?, || g.derivative(p))?;
        let negative = product(f.derivative(p)?, || g.derivative(q))?;
        terms.extend(positive);
        terms.extend(negative.map(|term| term.negated()));
    }
    match Element::sum(&terms)? {
        Some(sum) => Ok(sum),
        None => f.minus(f),
    }
}

/// The product of two derivatives; the second is not formed where the first is plainly zero.
fn product(
    first: Element,
    second: impl FnOnce() -> Result<Element, AlgebraError>,
) -> Result<Option<Element>, AlgebraError> {
    if first.is_plainly_zero() {
        return Ok(None);
    }
    Ok(Some(first.times(&second()?)?))
}

/// {f, g} of two formulas, in canonical form and tested for zero.
///
/// # Errors
/// Formulas that the algebra cannot represent, or that divide by zero.
pub fn bracket_of(f: &Expr, g: &Expr, space: &PhaseSpace) -> Result<Bracket, MechanicsError> {
    let (_, elements) = Element::all_from(space.variables(), [f, g])?;
    let value = poisson_bracket(&elements[0], &elements[1], space)?;
    Ok(Bracket::of(&value))
}

impl Bracket {
    /// The value with its test.
    pub(super) fn of(value: &Element) -> Bracket {
        let test = value.zero_test();
        let value = if test == ZeroTest::Zero { Expr::zero() } else { value.to_expr() };
        Bracket { value, test }
    }
}

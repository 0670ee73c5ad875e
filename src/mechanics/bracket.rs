//! The Poisson bracket.

use super::{MechanicsError, PhaseSpace};
use crate::algebra::{AlgebraError, Element, ZeroTest};
use crate::expr::Expr;

/// Products of two terms beyond which a bracket that does not vanish is not written out.
const MAX_TERMS: usize = 1_500;

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

/// A bracket among several laws.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BracketEntry {
    /// Its value, from the canonical form; absent where it does not vanish and is too long to be of use.
    pub value: Option<Expr>,
    /// Whether it vanishes identically.
    pub test: ZeroTest,
}

impl BracketEntry {
    /// The literal 0.
    pub(super) fn zero() -> BracketEntry {
        BracketEntry { value: Some(Expr::zero()), test: ZeroTest::Zero }
    }

    /// {f, g} and its negative from the gradients, formed only where it is short or may vanish.
    pub(super) fn from_gradients(
        f: &[Element],
        g: &[Element],
        dof: usize,
    ) -> Result<[BracketEntry; 2], AlgebraError> {
        let conjugate: Vec<Element> =
            g[dof..].iter().cloned().chain(g[..dof].iter().map(Element::negated)).collect();
        let pairs = || f.iter().zip(&conjugate).filter(|(a, b)| !a.is_plainly_zero() && !b.is_plainly_zero());
        let terms: usize = pairs().map(|(a, b)| a.terms_of_product(b)).sum();
        if terms > MAX_TERMS && Element::pairing_is_somewhere_nonzero(f, &conjugate) {
            let nonzero = BracketEntry { value: None, test: ZeroTest::NonZero };
            return Ok([nonzero.clone(), nonzero]);
        }
        let products: Vec<Element> = pairs().map(|(a, b)| a.times(b)).collect::<Result<_, _>>()?;
        let Some(value) = Element::sum(&products)? else {
            return Ok([BracketEntry::zero(), BracketEntry::zero()]);
        };
        let Bracket { value: written, test } = Bracket::of(&value);
        if test == ZeroTest::Zero {
            return Ok([BracketEntry::zero(), BracketEntry::zero()]);
        }
        let negative = written.clone().negated();
        let entry = |value| BracketEntry { value: Some(value), test };
        Ok([entry(written), entry(negative)])
    }
}

//! The Poisson bracket.

use super::{MechanicsError, PhaseSpace};
use crate::algebra::{AlgebraError, Element, ZeroTest};
use crate::expr::Expr;

/// Products of two terms beyond which a bracket is first evaluated at a point, and is not formed if it does not vanish
/// there. Below, forming it takes less time than evaluating it.
const MAX_TERMS: usize = 1_500;

/// What is known of a bracket {f, g}.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Bracket {
    /// It vanishes identically, proved.
    Zero,
    /// It does not vanish at some point, proved. Its canonical form is absent where it is too long to be of
    /// use.
    NonZero(Option<Expr>),
    /// Neither was proved.
    Unknown(Option<Expr>),
    /// The functions are real at no common point, so that there is no bracket.
    Disjoint,
}

impl Bracket {
    /// Whether it was proved to vanish.
    pub fn vanishes(&self) -> bool {
        matches!(self, Bracket::Zero)
    }

    /// The value in canonical form, where it was written out.
    pub fn value(&self) -> Option<Expr> {
        match self {
            Bracket::Zero => Some(Expr::zero()),
            Bracket::Disjoint => None,
            Bracket::NonZero(value) | Bracket::Unknown(value) => value.clone(),
        }
    }

    /// The same for {g, f}.
    pub(super) fn negated(&self) -> Bracket {
        let negative = |value: &Option<Expr>| value.clone().map(Expr::negated);
        match self {
            Bracket::Zero => Bracket::Zero,
            Bracket::Disjoint => Bracket::Disjoint,
            Bracket::NonZero(value) => Bracket::NonZero(negative(value)),
            Bracket::Unknown(value) => Bracket::Unknown(negative(value)),
        }
    }

    /// Tests a value for zero; it is written out only where it is not seen to vanish.
    fn of(value: &Element) -> Bracket {
        match value.zero_test() {
            ZeroTest::Zero => Bracket::Zero,
            ZeroTest::NonZero => Bracket::NonZero(Some(value.to_expr())),
            ZeroTest::Unknown => Bracket::Unknown(Some(value.to_expr())),
        }
    }
}

/// {f, g} = Σ ∂f/∂q ∂g/∂p − ∂f/∂p ∂g/∂q, exactly.
///
/// # Errors
/// Elements of different fields, a field without some coordinate or momentum, sizes out of reach.
pub fn poisson_bracket(f: &Element, g: &Element, space: &PhaseSpace) -> Result<Element, AlgebraError> {
    let zero = || f.minus(f);
    match value(&Gradient::of(f, space)?, &Gradient::of(g, space)?)? {
        Some(value) => Ok(value),
        None => zero(),
    }
}

/// {f, g} of two formulas, in canonical form and tested for zero.
///
/// # Errors
/// Formulas that the algebra cannot represent, or that divide by zero.
///
/// ```
/// use liouville_kernel::expr::{Symbol, parse};
/// use liouville_kernel::mechanics::{PhaseSpace, bracket_of};
///
/// let names = |list: [&str; 2]| list.map(Symbol::new).to_vec();
/// let space = PhaseSpace::new(names(["x", "y"]), names(["px", "py"]))?;
/// let turned = bracket_of(&parse("px")?, &parse("x*py - y*px")?, &space)?;
/// assert_eq!(turned.value().unwrap().to_string(), "-py");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn bracket_of(f: &Expr, g: &Expr, space: &PhaseSpace) -> Result<Bracket, MechanicsError> {
    let (_, elements) = Element::all_from(space.variables(), [f, g])?;
    let (f, g) = (Gradient::of(&elements[0], space)?, Gradient::of(&elements[1], space)?);
    Ok(value(&f, &g)?.map_or(Bracket::Zero, |value| Bracket::of(&value)))
}

/// ∂f/∂z for z = q then p.
#[derive(Clone, Debug)]
pub struct Gradient(Vec<Element>);

impl Gradient {
    /// The gradient of a function.
    ///
    /// # Errors
    /// A field without some coordinate or momentum, sizes out of reach.
    pub fn of(function: &Element, space: &PhaseSpace) -> Result<Gradient, AlgebraError> {
        space.variables().iter().map(|v| function.derivative(v)).collect::<Result<_, _>>().map(Gradient)
    }

    /// The partial derivatives.
    pub(super) fn entries(&self) -> &[Element] {
        &self.0
    }

    /// (∂g/∂p, −∂g/∂q): the bracket {f, g} is the sum of its products with ∇f.
    fn conjugate(&self) -> Vec<Element> {
        let (by_q, by_p) = self.0.split_at(self.0.len() / 2);
        by_p.iter().cloned().chain(by_q.iter().map(Element::negated)).collect()
    }

    /// {f, g}, written out unless it is long and does not vanish.
    ///
    /// # Errors
    /// Gradients in different fields, sizes out of reach.
    pub fn bracket(&self, other: &Gradient) -> Result<Bracket, AlgebraError> {
        let conjugate = other.conjugate();
        if self.is_long_and_nonzero(&conjugate) {
            return Ok(Bracket::NonZero(None));
        }
        Ok(paired(&self.0, &conjugate)?.map_or(Bracket::Zero, |value| Bracket::of(&value)))
    }

    /// Whether {f, g} is proved to vanish.
    ///
    /// # Errors
    /// As [`bracket`](Gradient::bracket).
    pub fn commutes(&self, other: &Gradient) -> Result<bool, AlgebraError> {
        let conjugate = other.conjugate();
        if self.is_long_and_nonzero(&conjugate) {
            return Ok(false);
        }
        Ok(paired(&self.0, &conjugate)?.is_none_or(|value| value.zero_test() == ZeroTest::Zero))
    }

    /// Whether the sum of products would be long, and does not vanish at some point.
    fn is_long_and_nonzero(&self, conjugate: &[Element]) -> bool {
        let pairs = self.0.iter().zip(conjugate);
        let terms: usize = pairs.map(|(a, b)| a.terms_of_product(b)).sum();
        terms > MAX_TERMS && Element::pairing_is_somewhere_nonzero(&self.0, conjugate)
    }
}

/// {f, g} from the gradients; `None` for an empty sum.
fn value(f: &Gradient, g: &Gradient) -> Result<Option<Element>, AlgebraError> {
    paired(&f.0, &g.conjugate())
}

/// Σ left·right; `None` for an empty sum.
fn paired(left: &[Element], right: &[Element]) -> Result<Option<Element>, AlgebraError> {
    let pairs = left.iter().zip(right).filter(|(a, b)| !a.is_plainly_zero() && !b.is_plainly_zero());
    let products: Vec<Element> = pairs.map(|(a, b)| a.times(b)).collect::<Result<_, _>>()?;
    Element::sum(&products)
}

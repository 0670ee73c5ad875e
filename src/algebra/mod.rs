//! Exact algebra. **Trusted.**

mod construct;
mod element;
mod field;
pub mod interval;
pub mod modular;
mod normal_form;
pub mod null_space;
pub mod polynomial;
mod present;
mod rational_polynomial;
mod tower;
mod witness;

pub use element::{Element, ZeroTest};
pub use field::{Field, GeneratorDescription};
pub use interval::Interval;
pub use polynomial::{MAX_EXPONENT, Polynomial};
pub use rational_polynomial::RationalPolynomial;

pub use witness::sample_point;

use crate::expr::Symbol;

/// What the exact algebra cannot do.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AlgebraError {
    /// An exponent above [`MAX_EXPONENT`], the index of a root or the denominator of a multiple out of
    /// bounds.
    #[error("an exponent is too large, or a fraction of one too fine, to be expanded exactly")]
    ExponentTooLarge,
    /// A result with too many terms or digits to be formed.
    #[error("the expression is too large to be expanded exactly")]
    TooLarge,
    /// A divisor that is identically zero.
    #[error("division by zero: `{divisor}` is identically zero")]
    DivisionByZero {
        /// The divisor as written.
        divisor: String,
    },
    /// A divisor that could be shown neither to vanish identically nor not to.
    #[error("division by `{divisor}`, which may be identically zero")]
    UndecidedDivisor {
        /// The divisor as written.
        divisor: String,
    },
    /// A name that is neither a variable nor a parameter of the field.
    #[error("`{0}` is not a variable of this field")]
    UnknownSymbol(Symbol),
    /// A function that the field was not built with.
    #[error("`{function}` is not in this field; build the field with every expression it is to hold")]
    NotInField {
        /// The function.
        function: String,
    },
    /// A function outside the class that this room represents.
    #[error("`{function}` is outside the class of functions the exact algebra represents: {reason}")]
    OutsideClass {
        /// The function.
        function: String,
        /// Why.
        reason: &'static str,
    },
    /// Elements of two different fields were combined.
    #[error("elements of two different fields cannot be combined")]
    DifferentFields,
}

#[cfg(test)]
mod tests;

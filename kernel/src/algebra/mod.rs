//! Exact algebra: canonical forms and a zero test that never errs. **Trusted.**
//!
//! ```text
//! Expr ──Field::for_expressions──▶ Field (symbols, generators, relations)
//!   └───Element::from_expr───▶ Element ──+ − · ∂──▶ Element ──zero_test──▶ Zero · NonZero · Unknown
//!                                                      └──to_expr──▶ Expr, canonical
//! ```
//!
//! There are three representations: [`Polynomial`] (sparse, with integer coefficients),
//! [`RationalPolynomial`] (such a polynomial over one positive integer) and [`Element`] (a rational
//! polynomial in the ring variables of its [`Field`], which are the symbols and the generators).
//!
//! # The class of functions
//!
//! The algebra represents everything that `+ − · /` and composition build from symbols, rational numbers
//! and
//!
//! | function | generators and relations |
//! | --- | --- |
//! | a reciprocal of a sum | `u` with `u·f = 1`, one for each of pairwise coprime factors `f`; roots and sines are first removed from a divisor by norms |
//! | `√b`, `b^(m/n)`, nested, of anything here | one root `s` per base with `s^n = b`, `n` the common index; rational factors leave through the roots of primes; `√(w²) = sign(w)·w` with `sign² = 1`; `√(ab) = √a √b`, and `√a √b = ±w` where `ab = w²` |
//! | `√b` of an algebraic number | without nesting where `√b` is a sum of square roots of rationals, or lies in the field of cos(π/N), of degree up to 8 |
//! | `sin`, `cos`, `tan` of a sum of terms | `C`, `S` with `S² = 1 − C²` for each term over its common denominator; sums and multiples by the addition theorems |
//! | the same of multiples of π | powers of one `d = 2cos(π/N)` below the degree of its minimal polynomial, up to degree 24; the square roots of primes in this field are written in `d` too; multiples of π/4 and π/6 by square roots |
//! | `exp` of a sum of terms | one `E` per term, integer powers of either sign; `exp(c·log b) = b^c` |
//! | `log` | one `L` per prime and per factor known to be positive; opaque for products of others |
//! | `b^e` with `e` not a number | one power per prime in `b` and term of `e` |
//! | π | a transcendental constant |
//!
//! # What the answers mean
//!
//! - **Zero**: the canonical form is 0. All relations used are identities wherever the functions that the
//!   field was built from are defined and real and its denominators do not vanish
//!   ([`Field::assumptions`]); there the function is 0. Powers `b^(m/n)` count as defined for `b > 0`.
//! - **NonZero**: at a rational point inside that domain, interval arithmetic with outward rounding
//!   ([`interval`]) encloses the value away from 0.
//! - **Unknown**: neither. The form is complete (Unknown does not occur for 0) for rational functions, for
//!   these with sines, cosines and exponentials of rationally independent terms, and with roots that stay
//!   of full degree over the rest. It is not complete where generators hide relations that are not among
//!   those above: `sin(√x)` beside `exp(log(x)/2 + …)`, roots of higher index of nested radicals,
//!   logarithms of products without known signs, cosines of π/N with N out of bounds, numbers such as e and
//!   π, whose independence nobody has proved (it is not assumed: then no witness is found).
//!
//! A divisor that is identically zero is an error, and so is one of which that cannot be excluded.
//! Exponents, numbers, products and norms have bounds; beyond them there is an error, not a long wait.

mod barriers;
mod construct;
mod cyclotomic;
mod element;
mod field;
pub mod interval;
mod jumps;
mod modulus;
mod normal_form;
mod poles;
pub mod polynomial;
mod present;
mod rank;
mod rational_polynomial;
mod tower;
mod witness;
pub(crate) mod work;

pub use element::{Element, ZeroTest};
pub use field::{Field, GeneratorDescription};
pub use interval::Interval;
pub use jumps::Jump;
pub use polynomial::{MAX_EXPONENT, Polynomial};
pub use rational_polynomial::RationalPolynomial;
pub use work::{MAX_WORK, measured};

pub use witness::sample_point;

use std::fmt;

use crate::expr::Symbol;

/// The deepest nesting of a formula that the exact algebra accepts.
pub const MAX_DEPTH: usize = 1000;

/// What the exact algebra cannot do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AlgebraError {
    /// An exponent exceeds [`MAX_EXPONENT`], or the index of a root or the denominator of a multiple
    /// exceeds its bound.
    ExponentTooLarge,
    /// The result would have too many terms or digits.
    TooLarge,
    /// The caller's [`CancelToken`](crate::CancelToken) stopped the computation.
    Cancelled,
    /// A formula that nests deeper than [`MAX_DEPTH`].
    TooDeep,
    /// A divisor that is identically zero.
    DivisionByZero {
        /// The divisor as written.
        divisor: String,
    },
    /// Neither was shown: that the divisor is identically zero, or that it is not.
    UndecidedDivisor {
        /// The divisor as written.
        divisor: String,
    },
    /// Conditions that no real point satisfies.
    EmptyDomain {
        /// A condition that contradicts the others or itself.
        condition: String,
    },
    /// A name that is neither a variable nor a parameter of the field.
    UnknownSymbol(Symbol),
    /// A function that the field was not built with.
    NotInField {
        /// The function.
        function: String,
    },
    /// A function outside the class that this module represents.
    OutsideClass {
        /// The function.
        function: String,
        /// Why.
        reason: &'static str,
    },
    /// Elements of two different fields were combined.
    DifferentFields,
}

impl fmt::Display for AlgebraError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AlgebraError::ExponentTooLarge => {
                f.write_str("an exponent is too large, or a fraction of one too fine, to be expanded exactly")
            }
            AlgebraError::TooLarge => f.write_str("the expression is too large to be expanded exactly"),
            AlgebraError::Cancelled => f.write_str("the computation was stopped before its end"),
            AlgebraError::TooDeep => write!(f, "the expression nests more than {MAX_DEPTH} levels deep"),
            AlgebraError::DivisionByZero { divisor } => {
                write!(f, "division by zero: `{divisor}` is identically zero")
            }
            AlgebraError::UndecidedDivisor { divisor } => {
                write!(f, "division by `{divisor}`, which may be identically zero")
            }
            AlgebraError::EmptyDomain { condition } => {
                write!(f, "no real point satisfies `{condition}`: the formula is nowhere defined")
            }
            AlgebraError::UnknownSymbol(symbol) => write!(f, "`{symbol}` is not a variable of this field"),
            AlgebraError::NotInField { function } => {
                write!(
                    f,
                    "`{function}` is not in this field; build the field with every expression it is to hold"
                )
            }
            AlgebraError::OutsideClass { function, reason } => {
                write!(
                    f,
                    "`{function}` is outside the class of functions the exact algebra represents: {reason}"
                )
            }
            AlgebraError::DifferentFields => {
                f.write_str("elements of two different fields cannot be combined")
            }
        }
    }
}

impl std::error::Error for AlgebraError {}

//! Functions that are seen to be continuous as they are written: nothing in them divides by what may vanish.
//!
//! Sums, products, roots, sines, cosines and exponentials of continuous functions are continuous wherever they are real.
//! A function can jump only where something is divided by zero, or a logarithm or a tangent is infinite.

use super::{Expr, Function};
use crate::expr::Rational;

impl Expr {
    /// Whether the function is seen to be continuous wherever it is real, and to extend continuously to the boundary of
    /// that set. No is no proof of a jump.
    pub fn is_plainly_continuous(&self) -> bool {
        match self {
            Expr::Number(_) | Expr::Pi | Expr::Symbol(_) => true,
            Expr::Sum(items) | Expr::Product(items) => items.iter().all(Expr::is_plainly_continuous),
            Expr::Negative(inner) => inner.is_plainly_continuous(),
            Expr::Quotient(above, below) => {
                above.is_plainly_continuous() && below.is_plainly_continuous() && below.is_plainly_positive()
            }
            Expr::Power(base, exponent) => {
                let harmless = match exponent.as_number() {
                    Some(number) => number > Rational::ZERO || base.is_plainly_positive(),
                    None => exponent.is_plainly_continuous() && base.is_plainly_positive(),
                };
                harmless && base.is_plainly_continuous()
            }
            Expr::Call(Function::Log, inner) => inner.is_plainly_continuous() && inner.is_plainly_positive(),
            Expr::Call(Function::Tan, _) => false,
            Expr::Call(Function::Sqrt | Function::Sin | Function::Cos | Function::Exp, inner) => {
                inner.is_plainly_continuous()
            }
        }
    }

    /// Whether the function is seen to be positive wherever it is real, with a positive lower bound near every point.
    fn is_plainly_positive(&self) -> bool {
        match self {
            Expr::Number(value) => *value > Rational::ZERO,
            Expr::Pi => true,
            Expr::Symbol(_) | Expr::Negative(_) => false,
            Expr::Sum(terms) => {
                terms.iter().all(Expr::is_plainly_nonnegative) && terms.iter().any(Expr::is_plainly_positive)
            }
            Expr::Product(factors) => factors.iter().all(Expr::is_plainly_positive),
            Expr::Quotient(above, below) => above.is_plainly_positive() && below.is_plainly_positive(),
            Expr::Power(base, _) => base.is_plainly_positive(),
            Expr::Call(Function::Sqrt, inner) => inner.is_plainly_positive(),
            Expr::Call(Function::Exp, _) => true,
            Expr::Call(..) => false,
        }
    }

    fn is_plainly_nonnegative(&self) -> bool {
        let is_even = |exponent: &Expr| {
            let number = exponent.as_number();
            number.is_some_and(|n| n.is_int() && n.numerator().is_multiple_of(&2.into()))
        };
        match self {
            Expr::Number(value) => *value >= Rational::ZERO,
            Expr::Sum(items) | Expr::Product(items) => items.iter().all(Expr::is_plainly_nonnegative),
            Expr::Quotient(above, below) => above.is_plainly_nonnegative() && below.is_plainly_nonnegative(),
            Expr::Power(base, exponent) => is_even(exponent) || base.is_plainly_nonnegative(),
            Expr::Call(Function::Sqrt, _) => true,
            _ => self.is_plainly_positive(),
        }
    }
}

//! Square roots of rationals.

use dashu_int::{IBig, UBig};

use crate::expr::Rational;

/// The non-negative square root of a rational, if it is rational: `square_root(4/9) = 2/3`, none of 2 and of −1.
pub fn square_root(value: &Rational) -> Option<Rational> {
    if *value < Rational::ZERO {
        return None;
    }
    // In lowest terms a fraction is a square if and only if numerator and denominator are.
    let (_, numerator) = value.numerator().clone().into_parts();
    Some(Rational::from_parts(IBig::from(exact_root(&numerator)?), exact_root(value.denominator())?))
}

fn exact_root(value: &UBig) -> Option<UBig> {
    let root = value.nth_root(2);
    (&root * &root == *value).then_some(root)
}

/// Whether the number is an odd integer.
pub fn is_odd_integer(value: &Rational) -> bool {
    value.is_int() && !(value.numerator() % IBig::from(2)).is_zero()
}

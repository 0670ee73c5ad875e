//! The one sparse Laurent polynomial under presentation and search.
//!
//! A [`Laurent`] is a sum of monomials with rational coefficients. What a monomial is, and in what order
//! monomials stand, is for the room that uses it to say by a [`PowerProduct`]: `simplify` has powers of
//! named atoms in the order of printing, `integrals` has exponents by the index of an atom. The arithmetic
//! is written here once; what needs to look into a monomial stays with it.
//!
//! Nothing here is trusted: `algebra` and `mechanics` check whatever is made of it.

#[cfg(test)]
pub mod identities;
mod polynomial;

use std::fmt::Debug;

use dashu_base::ring::Gcd;
use dashu_int::{IBig, UBig};

use crate::expr::Rational;

pub use polynomial::Laurent;

/// The end of the order that a polynomial leads with.
pub enum Lead {
    /// The least monomial leads.
    Least,
    /// The greatest monomial leads.
    Greatest,
}

/// What a division may take before it is given up.
pub struct Effort {
    /// Terms of quotient and remainder together.
    pub steps: usize,
    /// Terms of what is left to be divided.
    pub rest: usize,
}

/// A product of powers, as the monomials of a polynomial are.
///
/// Division relies on an order that multiplication keeps: the leading term of a product is the product of
/// the leading terms. It has to hold for monomials without negative exponents.
pub trait PowerProduct: Clone + Ord + Debug {
    /// The end of the order that polynomials lead with.
    const LEAD: Lead;
    /// What a division may take.
    const EFFORT: Effort;

    /// The empty product.
    fn one() -> Self;

    /// Whether it is the empty product.
    fn is_one(&self) -> bool;

    /// The product.
    fn times(&self, other: &Self) -> Self;

    /// The power.
    fn raised(&self, exponent: i32) -> Self;

    /// The greatest common divisor: least exponents, absent ones counted as zero.
    fn common(&self, other: &Self) -> Self;

    /// The quotient, where a division of polynomials may take `divisor` out of this monomial.
    fn quotient(&self, divisor: &Self) -> Option<Self>;

    /// 1 over this.
    fn inverse(&self) -> Self {
        self.raised(-1)
    }

    /// This over another, whatever the exponents.
    fn over(&self, other: &Self) -> Self {
        self.times(&other.inverse())
    }
}

/// Monomials whose polynomials are multiplied out only within bounds.
pub trait Bounded: PowerProduct {
    /// The most terms of a product.
    const TERMS: usize;
    /// The largest exponent, of either sign.
    const EXPONENT: u32;
    /// The largest power of a sum.
    const POWER: u32;

    /// The largest magnitude of an exponent.
    fn largest_exponent(&self) -> u32;
}

/// A product or power beyond the bounds of its monomials.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the polynomial is too large to be multiplied out")]
pub struct TooLarge;

/// The positive rational that the values are coprime integer multiples of; `None` where none is nonzero.
pub fn content<'a>(values: impl IntoIterator<Item = &'a Rational>) -> Option<Rational> {
    let (mut numerator, mut denominator) = (UBig::ZERO, UBig::ONE);
    for value in values.into_iter().filter(|value| !value.is_zero()) {
        let magnitude = value.numerator().clone().into_parts().1;
        numerator = if numerator.is_zero() { magnitude } else { numerator.gcd(magnitude) };
        let shared = (&denominator).gcd(value.denominator());
        denominator = denominator / shared * value.denominator();
    }
    (!numerator.is_zero()).then(|| Rational::from_parts(IBig::from(numerator), denominator))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_of_rationals() {
        let rational = |n: i32, d: u32| Rational::from_parts(n.into(), d.into());
        assert_eq!(content(&[rational(4, 3), Rational::ZERO, rational(-10, 9)]), Some(rational(2, 9)));
        assert_eq!(content(&[Rational::ZERO]), None);
    }
}

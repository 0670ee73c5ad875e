//! Roots of Laurent polynomials: extracts factors from a radicand, and makes the rest an atom.
//!
//! √(w²) is |w|. If the sign of w is not known, |w| is the root of the radicand w². Its value is w or −w at
//! random, so nothing is found that holds for one sign only.

use dashu_int::{IBig, UBig};

use super::IntegralsError;
use super::atoms::{Atom, Atoms, MAX_INDEX, outside};
use super::monomial::{Laurent, Monomial};
use crate::expr::{Expr, Rational};
use crate::laurent::PowerProduct;

/// The most terms of a root of a polynomial.
const MAX_ROOT_TERMS: usize = 200;

impl Atoms {
    /// radicand^(1/index), for an index of at least 2.
    pub(super) fn root(&mut self, radicand: &Laurent, index: u32) -> Result<Laurent, IntegralsError> {
        let Some((scale, monomial, primitive)) = radicand.factored() else { return Ok(Laurent::zero()) };
        let (drawn, rest) = self.draw_out(&monomial, index)?;
        let is_positive = scale > Rational::ZERO;
        if primitive.as_constant().is_none() {
            let reduced = self.as_monomial(&primitive);
            if let Some(reduced) = reduced {
                let whole = reduced.times_term(&rest, &scale);
                return Ok(drawn.try_times(&self.root(&whole, index)?)?);
            }
            if index.is_multiple_of(2)
                && is_positive
                && rest.is_one()
                && let Some(square_root) = square_root(&primitive)
            {
                let magnitude = self.magnitude(&square_root)?;
                let outer = self.constant_root(&scale, index)?;
                let root = if index == 2 { magnitude } else { self.root(&magnitude, index / 2)? };
                return Ok(drawn.try_times(&outer)?.try_times(&root)?);
            }
        } else if rest.is_one() {
            return Ok(drawn.try_times(&self.constant_root(&scale, index)?)?);
        }
        let magnitude = if is_positive { scale.clone() } else { -scale.clone() };
        let (outer, inner) = extract_power(&magnitude, index);
        if let Some((atom, exponent)) = single_power(&rest)
            && is_positive
            && inner == Rational::ONE
            && primitive.as_constant().is_some()
        {
            let root = self.root_of_power(atom, exponent, index)?;
            return Ok(drawn.try_times(&root.scaled(&outer))?);
        }
        let base = Laurent::term(rest, &inner * &scale / &magnitude).try_times(&primitive)?;
        Ok(drawn.try_times(&self.pure_root(&base, index)?.scaled(&outer))?)
    }

    /// The roots of those factors of a monomial that are never negative, and the other factors.
    fn draw_out(&mut self, monomial: &Monomial, index: u32) -> Result<(Laurent, Monomial), IntegralsError> {
        let (mut drawn, mut rest) = (Laurent::constant(Rational::ONE), monomial.clone());
        for (i, &exponent) in monomial.iter().enumerate().filter(|(_, e)| **e != 0) {
            let root = match self.list[i].clone() {
                Atom::Exponential(argument) => {
                    let part = Rational::from_parts(IBig::from(exponent), UBig::from(index));
                    let argument = self.to_expr(&argument.scaled(&part));
                    self.expand(&argument.call(crate::expr::Function::Exp))?
                }
                Atom::Root { base, index: inner } => {
                    let shared = gcd(exponent.unsigned_abs(), inner * index);
                    let root = self.pure_root(&base, inner * index / shared)?;
                    self.signed_power(&root, exponent / shared as i32)?
                }
                _ if index.is_multiple_of(2) && exponent % 2 == 0 => {
                    let magnitude = self.magnitude(&Laurent::atom(i, 1))?;
                    let shared = gcd(exponent.unsigned_abs(), index);
                    let (power, index) = (exponent / shared as i32, index / shared);
                    match (index, power % 2) {
                        (1, 0) => Laurent::atom(i, power),
                        (1, _) => self.signed_power(&magnitude, power)?,
                        _ => {
                            let root = self.root(&magnitude, index)?;
                            self.signed_power(&root, power)?
                        }
                    }
                }
                _ => continue,
            };
            drawn = drawn.try_times(&root)?;
            rest = rest.times(&Monomial::atom(i, -exponent));
        }
        Ok((drawn, rest))
    }

    /// (atom^exponent)^(1/index), where the atom is positive.
    fn root_of_power(&mut self, atom: usize, exponent: i32, index: u32) -> Result<Laurent, IntegralsError> {
        let shared = gcd(exponent.unsigned_abs(), index);
        let root = self.pure_root(&Laurent::atom(atom, 1), index / shared)?;
        self.signed_power(&root, exponent / shared as i32)
    }

    /// A power with an exponent of either sign.
    fn signed_power(&mut self, value: &Laurent, exponent: i32) -> Result<Laurent, IntegralsError> {
        let power = value.try_power(exponent.unsigned_abs())?;
        if exponent < 0 { self.inverse(&power) } else { Ok(power) }
    }

    /// |value|.
    fn magnitude(&mut self, value: &Laurent) -> Result<Laurent, IntegralsError> {
        if self.is_nonnegative(value) {
            return Ok(value.clone());
        }
        if self.is_nonnegative(&value.negated()) {
            return Ok(value.negated());
        }
        if value.len() > 1 && square_root(value).is_some() {
            return Ok(value.clone());
        }
        self.pure_root(&value.try_times(value)?, 2)
    }

    /// The index-th root of a rational constant.
    fn constant_root(&mut self, value: &Rational, index: u32) -> Result<Laurent, IntegralsError> {
        if *value < Rational::ZERO {
            return Err(outside(
                &Expr::number(value.clone()).to_power(Rational::from_parts(1.into(), index.into())),
            ));
        }
        let (outer, inner) = extract_power(value, index);
        if inner == Rational::ONE {
            return Ok(Laurent::constant(outer));
        }
        Ok(self.pure_root(&Laurent::constant(inner), index)?.scaled(&outer))
    }

    /// The root of a radicand that has no factor to extract, as a power of the root with the common index.
    fn pure_root(&mut self, base: &Laurent, index: u32) -> Result<Laurent, IntegralsError> {
        if index == 1 {
            return Ok(base.clone());
        }
        let key = self.to_expr(base);
        let before = self.units.roots.get(&key).copied();
        let common = before.map_or(index, |before| before / gcd(before, index) * index);
        if common > MAX_INDEX {
            return Err(IntegralsError::TooLarge);
        }
        if before != Some(common) {
            // This may be a root of an earlier divisor, which then must be expanded again.
            let divisors = || self.list.iter().any(|a| matches!(a, Atom::Divisor(_)));
            self.outgrown |= before.is_some() || divisors();
            self.units.roots.insert(key, common);
        }
        let root = self.index_of(Atom::Root { base: base.clone(), index: common });
        Ok(Laurent::atom(root, (common / index) as i32))
    }
}

/// The atom and exponent of a monomial in one atom.
fn single_power(monomial: &Monomial) -> Option<(usize, i32)> {
    let last = monomial.len().checked_sub(1)?;
    (*monomial == Monomial::atom(last, monomial[last])).then(|| (last, monomial[last]))
}

/// The polynomial w with w² = `polynomial` and a positive leading coefficient; `None` if there is none.
/// `polynomial` must not have negative exponents.
pub(super) fn square_root(polynomial: &Laurent) -> Option<Laurent> {
    let half =
        |m: &Monomial| m.iter().all(|e| e % 2 == 0).then(|| m.iter().map(|e| e / 2).collect::<Monomial>());
    let exact = |c: &Rational| {
        let (outer, inner) = extract_power(c, 2);
        (*c > Rational::ZERO && inner == Rational::ONE).then_some(outer)
    };
    let (lead, coefficient) = polynomial.leading()?;
    let mut root = Laurent::term(half(lead)?, exact(coefficient)?);
    let (first, scale) = root.leading().map(|(m, c)| (m.clone(), c * Rational::from(2)))?;
    let mut rest = polynomial.minus(&root.times(&root));
    while let Some((monomial, coefficient)) = rest.leading() {
        if root.len() > MAX_ROOT_TERMS {
            return None;
        }
        // The next term t of the root satisfies: 2·first·t is the leading term of the rest.
        let next = Laurent::term(monomial.quotient(&first)?, coefficient / &scale);
        let double = root.scaled(&Rational::from(2)).plus(&next);
        rest = rest.minus(&double.try_times(&next).ok()?);
        root = root.plus(&next);
    }
    Some(root)
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Returns a, b with value = aᵏ·b, where b is an integer without k-th powers of small primes and k is the
/// index.
pub(super) fn extract_power(value: &Rational, index: u32) -> (Rational, Rational) {
    let mut outer = Rational::from_parts(IBig::ONE, value.denominator().clone());
    let k = index as usize;
    let mut inner = value.numerator().clone().into_parts().1 * value.denominator().pow(k - 1);
    let mut prime = UBig::from(2u8);
    let limit = UBig::from(2000u32);
    while prime <= limit && inner > UBig::ONE {
        let power = prime.pow(k);
        while (&inner % &power).is_zero() {
            inner /= &power;
            outer *= Rational::from(prime.clone());
        }
        prime += UBig::ONE;
    }
    // Extract a large perfect power, if one is left.
    let root = inner.nth_root(k);
    if root > UBig::ONE && root.pow(k) == inner {
        outer *= Rational::from(root);
        inner = UBig::ONE;
    }
    (outer, Rational::from(inner))
}

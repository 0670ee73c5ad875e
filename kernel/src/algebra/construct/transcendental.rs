//! Sines and cosines, exponentials, logarithms, and powers with exponents that are no numbers.

use super::roots::powers_of_primes;
use super::{Built, Construction, DemandKind, Halt, small_fraction, terms_of};
use crate::algebra::tower::Generator;
use crate::algebra::{AlgebraError, Polynomial, RationalPolynomial};
use crate::expr::Rational;

/// The largest multiple of a base angle that is expanded.
const MAX_MULTIPLE: u32 = 128;

impl Construction<'_> {
    /// π, a transcendental constant.
    pub(super) fn pi(&mut self) -> Built {
        let known = self.tower.generators().find(|(_, g)| matches!(g, Generator::Pi)).map(|(v, _)| v);
        let variable = match known {
            Some(variable) => variable,
            None => self.adjoin(Generator::Pi)?,
        };
        Ok(RationalPolynomial::variable(variable))
    }

    /// The cosine; that of a multiple of π/N needs no sine.
    pub(super) fn cosine(&mut self, argument: &RationalPolynomial) -> Built {
        let argument = self.tower.canonical(argument)?;
        if let [(multiple, monomial)] = terms_of(&argument)?.as_slice()
            && let Some(cosine) = self.cosine_of_turns(multiple, monomial)?
        {
            return Ok(cosine);
        }
        Ok(self.cosine_and_sine(&argument)?.0)
    }

    /// (cos, sin) of a sum of terms, by the addition theorems from those of the base angles.
    pub(super) fn cosine_and_sine(
        &mut self,
        argument: &RationalPolynomial,
    ) -> Result<(RationalPolynomial, RationalPolynomial), Halt> {
        let argument = self.tower.canonical(argument)?;
        let mut sum = (RationalPolynomial::one(), RationalPolynomial::zero());
        let mut terms = terms_of(&argument)?;
        terms.reverse();
        for (multiple, monomial) in terms {
            let part = match self.turns(&multiple, &monomial)? {
                Some(values) => values,
                None => self.multiple_angle(&multiple, &monomial)?,
            };
            sum = self.rotate(&sum, &part)?;
        }
        Ok(sum)
    }

    /// (cos(a + b), sin(a + b)).
    fn rotate(
        &self,
        a: &(RationalPolynomial, RationalPolynomial),
        b: &(RationalPolynomial, RationalPolynomial),
    ) -> Result<(RationalPolynomial, RationalPolynomial), AlgebraError> {
        let times = |x, y| self.tower.times(x, y);
        let cosine = times(&a.0, &b.0)?.minus(&times(&a.1, &b.1)?);
        let sine = times(&a.1, &b.0)?.plus(&times(&a.0, &b.1)?);
        Ok((cosine, sine))
    }

    /// (cos, sin) of k·θ for the base angle θ of `monomial`.
    fn multiple_angle(
        &mut self,
        multiple: &Rational,
        monomial: &RationalPolynomial,
    ) -> Result<(RationalPolynomial, RationalPolynomial), Halt> {
        let (_, needed) = small_fraction(multiple)?;
        let (cosine, unit) = self.base_angle(monomial, needed)?;
        let (steps, _) = small_fraction(&(multiple * Rational::from(unit)))?;
        let count = u32::try_from(steps.unsigned_abs()).unwrap_or(u32::MAX);
        if count > MAX_MULTIPLE {
            return Err(AlgebraError::TooLarge.into());
        }
        let sine = RationalPolynomial::variable(cosine + 1);
        let single = (RationalPolynomial::variable(cosine), if steps < 0 { sine.negated() } else { sine });
        let mut result = (RationalPolynomial::one(), RationalPolynomial::zero());
        for bit in (0..32 - count.leading_zeros()).rev() {
            result = self.rotate(&result, &result)?;
            if count >> bit & 1 == 1 {
                result = self.rotate(&result, &single)?;
            }
        }
        Ok(result)
    }

    /// The cosine of `monomial / unit`, for a unit that `needed` divides.
    fn base_angle(&mut self, monomial: &RationalPolynomial, needed: u32) -> Result<(usize, u32), Halt> {
        for (variable, generator) in self.tower.generators() {
            if let Generator::Cosine { angle } = generator
                && angle.numerator() == monomial.numerator()
            {
                let unit = u32::try_from(angle.denominator()).map_err(|_| AlgebraError::ExponentTooLarge)?;
                if !unit.is_multiple_of(needed) {
                    return Err(self.refine(DemandKind::AngleUnit, monomial, unit, needed));
                }
                return Ok((variable, unit));
            }
        }
        let unit = self.multiple(DemandKind::AngleUnit, monomial, needed)?;
        let variable = self.adjoin(Generator::Cosine { angle: monomial.over_integer(unit) })?;
        Ok((variable, unit))
    }

    /// e to a sum of terms: one generator per monomial, its integer powers of either sign.
    pub(super) fn exponential(&mut self, argument: &RationalPolynomial) -> Built {
        let argument = self.tower.canonical(argument)?;
        let mut product = RationalPolynomial::one();
        let mut terms = terms_of(&argument)?;
        terms.reverse();
        for (multiple, monomial) in terms {
            let part = match self.logarithm_in(&monomial) {
                Some((inner, rest)) => self.symbolic_power(&inner, &rest.scaled(&multiple))?,
                None => self.exponential_power(None, &multiple, &monomial)?,
            };
            product = self.tower.times(&product, &part)?;
        }
        Ok(product)
    }

    /// The argument of a logarithm that is a factor of the monomial, and the other factors.
    fn logarithm_in(
        &self,
        monomial: &RationalPolynomial,
    ) -> Option<(RationalPolynomial, RationalPolynomial)> {
        monomial.numerator().factors(0).into_iter().find_map(|(variable, power)| {
            match self.tower.generator(variable) {
                Some(Generator::Logarithm { argument }) if power == 1 => {
                    let rest = monomial.numerator().exact_quotient(&Polynomial::variable(variable))?;
                    Some((argument.clone(), rest.into()))
                }
                _ => None,
            }
        })
    }

    /// `base` to a sum of terms, the primes in it apart: 6^x = 2^x 3^x.
    pub(super) fn symbolic_power(
        &mut self,
        base: &RationalPolynomial,
        exponent: &RationalPolynomial,
    ) -> Built {
        let (base, exponent) = (self.tower.canonical(base)?, self.tower.canonical(exponent)?);
        if base.is_zero() {
            let reason = "zero to a power that is no number";
            return Err(AlgebraError::OutsideClass { function: "0^x".into(), reason }.into());
        }
        if base.as_constant() == Some(Rational::ONE) {
            return Ok(base);
        }
        let (content, core) = base.split_content();
        let mut product = RationalPolynomial::one();
        for (multiple, monomial) in terms_of(&exponent)? {
            if monomial.as_constant().is_some() {
                let part = self.rational_power(&base, &multiple)?;
                product = self.tower.times(&product, &part)?;
                continue;
            }
            let mut bases = powers_of_primes(&content);
            bases.push((core.clone().into(), 1));
            for (base, power) in bases.into_iter().filter(|(b, _)| *b != RationalPolynomial::one()) {
                let multiple = &multiple * Rational::from(power);
                let part = self.exponential_power(Some(&base), &multiple, &monomial)?;
                product = self.tower.times(&product, &part)?;
            }
        }
        Ok(product)
    }

    /// base^(multiple·monomial) as an integer power of the generator of base^(monomial/unit).
    fn exponential_power(
        &mut self,
        base: Option<&RationalPolynomial>,
        multiple: &Rational,
        monomial: &RationalPolynomial,
    ) -> Built {
        let (_, needed) = small_fraction(multiple)?;
        let (variable, unit) = self.base_exponential(base, monomial, needed)?;
        let (steps, _) = small_fraction(&(multiple * Rational::from(unit)))?;
        let count = u32::try_from(steps.unsigned_abs()).map_err(|_| AlgebraError::ExponentTooLarge)?;
        if steps >= 0 {
            return Ok(Polynomial::monomial_of(variable, count).into());
        }
        let inverse = self.inverse(&RationalPolynomial::variable(variable))?;
        Ok(self.tower.to_power(&inverse, count)?)
    }

    fn base_exponential(
        &mut self,
        base: Option<&RationalPolynomial>,
        monomial: &RationalPolynomial,
        needed: u32,
    ) -> Result<(usize, u32), Halt> {
        for (variable, generator) in self.tower.generators() {
            if let Generator::Exponential { base: known, exponent } = generator
                && exponent.numerator() == monomial.numerator()
                && match (known, base) {
                    (None, None) => true,
                    (Some(a), Some(b)) => self.tower.agree(a, b)?,
                    _ => false,
                }
            {
                let unit =
                    u32::try_from(exponent.denominator()).map_err(|_| AlgebraError::ExponentTooLarge)?;
                if !unit.is_multiple_of(needed) {
                    return Err(self.refine(DemandKind::ExponentUnit, monomial, unit, needed));
                }
                return Ok((variable, unit));
            }
        }
        if let Some(base) = base {
            self.require_positive(base)?;
        }
        let unit = self.multiple(DemandKind::ExponentUnit, monomial, needed)?;
        let exponent = monomial.over_integer(unit);
        let variable = self.adjoin(Generator::Exponential { base: base.cloned(), exponent })?;
        // Positive, so that its reciprocal always exists.
        self.adjoin(Generator::Inverse { factor: Polynomial::variable(variable) })?;
        Ok((variable, unit))
    }
}

//! Sines and cosines, exponentials, logarithms, and powers with exponents that are no numbers.

use super::{Built, Construction, DemandKind, Halt, rational, small_fraction, terms_of};
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
            let part = match self.exact_values(&multiple, &monomial)? {
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

    /// (cos, sin) of a multiple of π/4 or π/6; `None` for other angles.
    fn exact_values(
        &mut self,
        multiple: &Rational,
        monomial: &RationalPolynomial,
    ) -> Result<Option<(RationalPolynomial, RationalPolynomial)>, Halt> {
        let single = monomial.numerator().factors(0);
        let of_pi =
            matches!(single.as_slice(), &[(v, 1)] if matches!(self.tower.generator(v), Some(Generator::Pi)));
        let twelfths = multiple * Rational::from(12);
        if !of_pi || !twelfths.is_int() {
            return Ok(None);
        }
        let turns = i64::try_from(twelfths.numerator()).map_err(|_| AlgebraError::ExponentTooLarge)?;
        let (quarters, rest) = (turns.rem_euclid(24) / 6, turns.rem_euclid(6));
        let half = rational(1, 2);
        let mut root = |n: i64| -> Built {
            let value = RationalPolynomial::constant(&rational(n, 1));
            Ok(self.rational_power(&value, &half)?.scaled(&half))
        };
        let (mut cosine, mut sine) = match rest {
            0 => (RationalPolynomial::one(), RationalPolynomial::zero()),
            2 => (root(3)?, RationalPolynomial::constant(&half)),
            3 => (root(2)?, root(2)?),
            4 => (RationalPolynomial::constant(&half), root(3)?),
            _ => return Ok(None),
        };
        for _ in 0..quarters {
            (cosine, sine) = (sine.negated(), cosine);
        }
        Ok(Some((cosine, sine)))
    }

    /// e to a sum of terms: one generator per monomial, its integer powers of either sign.
    pub(super) fn exponential(&mut self, argument: &RationalPolynomial) -> Built {
        let argument = self.tower.canonical(argument)?;
        let mut product = RationalPolynomial::one();
        let mut terms = terms_of(&argument)?;
        terms.reverse();
        for (multiple, monomial) in terms {
            let single = monomial.numerator().factors(0);
            let logarithm_of = match single.as_slice() {
                &[(v, 1)] => match self.tower.generator(v) {
                    Some(Generator::Logarithm { argument }) => Some(argument.clone()),
                    _ => None,
                },
                _ => None,
            };
            let part = match logarithm_of {
                Some(inner) => self.rational_power(&inner, &multiple)?,
                None => self.exponential_power(None, &multiple, &monomial)?,
            };
            product = self.tower.times(&product, &part)?;
        }
        Ok(product)
    }

    /// `base` to a sum of terms not all of which are numbers.
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
        let mut product = RationalPolynomial::one();
        for (multiple, monomial) in terms_of(&exponent)? {
            let part = match monomial.as_constant() {
                Some(_) => self.rational_power(&base, &multiple)?,
                None => self.exponential_power(Some(&base), &multiple, &monomial)?,
            };
            product = self.tower.times(&product, &part)?;
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

    /// The natural logarithm. log(e^a · s · b) = a + log s + log b for a positive root s.
    pub(super) fn logarithm(&mut self, argument: &RationalPolynomial) -> Built {
        let argument = self.tower.canonical(argument)?;
        if argument.is_zero() || argument.as_constant().is_some_and(|c| c < Rational::ZERO) {
            let function = format!("log({})", crate::algebra::present::express(&self.tower, &argument));
            let reason = "the logarithm of a number that is not positive";
            return Err(AlgebraError::OutsideClass { function, reason }.into());
        }
        let mut sum = Vec::new();
        let mut core = argument.numerator().clone();
        for (variable, degree) in core.monomial_content() {
            let part = match self.tower.generator(variable).cloned() {
                Some(Generator::Exponential { base: None, exponent }) => exponent,
                Some(Generator::Root { radicand, index }) => self.logarithm(&radicand)?.over_integer(index),
                Some(Generator::Inverse { factor }) => match factor.factors(0).as_slice() {
                    &[(of, 1)] if factor.len() == 1 => match self.tower.generator(of) {
                        Some(Generator::Exponential { base: None, exponent }) => exponent.negated(),
                        _ => continue,
                    },
                    _ => continue,
                },
                _ => continue,
            };
            core = core.exact_quotient(&Polynomial::monomial_of(variable, degree)).unwrap_or(core);
            sum.push(part.scaled(&Rational::from(degree)));
        }
        let rest = RationalPolynomial::new(core, argument.denominator().clone());
        if rest.as_constant() != Some(Rational::ONE) {
            let mut known = None;
            for (variable, generator) in self.tower.generators() {
                if let Generator::Logarithm { argument } = generator
                    && self.tower.agree(argument, &rest)?
                {
                    known = Some(variable);
                }
            }
            let variable = match known {
                Some(variable) => variable,
                None => {
                    self.require_positive(&rest)?;
                    self.adjoin(Generator::Logarithm { argument: rest })?
                }
            };
            sum.push(RationalPolynomial::variable(variable));
        }
        Ok(RationalPolynomial::sum(&sum))
    }
}

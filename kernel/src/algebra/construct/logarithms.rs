//! Logarithms: of products as sums, as far as the factors are known to be positive.

use super::roots::powers_of_primes;
use super::{Built, Construction, Halt};
use crate::algebra::tower::Generator;
use crate::algebra::{AlgebraError, Polynomial, RationalPolynomial};
use crate::expr::Rational;

impl Construction<'_> {
    /// The natural logarithm. log(e^a · s · b) = a + log s + log b for a positive root s.
    pub(super) fn logarithm(&mut self, argument: &RationalPolynomial) -> Built {
        let argument = self.tower.canonical(argument)?;
        if argument.is_zero() || argument.as_constant().is_some_and(|c| c < Rational::ZERO) {
            let function = format!("log({})", crate::algebra::present::express(&self.tower, &argument));
            let reason = "the logarithm of a number that is not positive";
            return Err(AlgebraError::OutsideClass { function, reason }.into());
        }
        let argument = self.on_live_branch(&argument, false)?;
        let (content, mut core) = argument.split_content();
        let mut sum = Vec::new();
        for (prime, power) in powers_of_primes(&content) {
            sum.push(self.single_logarithm(&prime)?.scaled(&Rational::from(power)));
        }
        for (variable, degree) in core.monomial_content() {
            let Some(part) = self.logarithm_of_positive(variable)? else { continue };
            core = core.exact_quotient(&Polynomial::monomial_of(variable, degree)).unwrap_or(core);
            sum.push(part.scaled(&Rational::from(degree)));
        }
        if !core.is_one() {
            sum.push(self.logarithm_of_core(&core)?);
        }
        Ok(RationalPolynomial::sum(&sum))
    }

    /// The logarithm of an exponential or a root; `None` for other generators.
    fn logarithm_of_positive(&mut self, variable: usize) -> Result<Option<RationalPolynomial>, Halt> {
        Ok(match self.tower.generator(variable).cloned() {
            Some(Generator::Exponential { base: None, exponent }) => Some(exponent),
            Some(Generator::Exponential { base: Some(base), exponent }) => {
                let logarithm = self.logarithm(&base)?;
                Some(self.tower.times(&exponent, &logarithm)?)
            }
            Some(Generator::Root { radicand, index }) => Some(self.logarithm(&radicand)?.over_integer(index)),
            Some(Generator::Inverse { factor }) => match factor.factors(0).as_slice() {
                &[(of, 1)] if factor.len() == 1 => {
                    let positive = matches!(self.tower.generator(of), Some(Generator::Exponential { .. }));
                    let inner = if positive { self.logarithm_of_positive(of)? } else { None };
                    inner.map(|value| value.negated())
                }
                _ => None,
            },
            _ => None,
        })
    }

    /// The logarithm of a primitive polynomial that is positive where it is defined.
    fn logarithm_of_core(&mut self, core: &Polynomial) -> Built {
        if let Some(known) = self.known_logarithm(&core.clone().into())? {
            return Ok(known);
        }
        let (sum, rest) = self.positive_factors(core)?;
        let mut sum = sum;
        match rest {
            Rest::Nothing => {}
            Rest::Power(base, power) => {
                sum.push(self.single_logarithm(&base)?.scaled(&Rational::from(power)));
            }
            Rest::Opaque => return self.single_logarithm(&core.clone().into()),
        }
        Ok(RationalPolynomial::sum(&sum))
    }

    /// The logarithms of the factors that are known to be positive, and what is left.
    fn positive_factors(&mut self, core: &Polynomial) -> Result<(Vec<RationalPolynomial>, Rest), Halt> {
        let mut factors = Vec::new();
        let mut inner = core.clone();
        for (variable, power) in core.monomial_content() {
            inner = inner.exact_quotient(&Polynomial::monomial_of(variable, power)).unwrap_or(inner);
            // log(1/f) = −log f, both where f > 0.
            match self.tower.generator(variable) {
                Some(Generator::Inverse { factor }) => factors.push((factor.clone(), -i64::from(power))),
                _ => factors.push((Polynomial::variable(variable), i64::from(power))),
            }
        }
        if !inner.is_constant() {
            let split = self.signless_factors(&inner)?;
            match split.is_empty() {
                true if core.variables() == inner.variables() && factors.is_empty() => {
                    return Ok((Vec::new(), Rest::Opaque));
                }
                true => factors.push((inner.primitive_part(), 1)),
                false => factors.extend(split.into_iter().map(|(f, e)| (f, i64::from(e)))),
            }
        }
        let mut conditions = self.tower.domain.clone();
        conditions.extend(self.tower.expected.iter().cloned());
        let mut negative = inner.leading_is_negative();
        let (mut sum, mut left) = (Vec::new(), Vec::new());
        for (factor, power) in factors {
            let value = RationalPolynomial::from(factor.clone());
            let positive = match self.is_positive_under(&value, &conditions)? {
                true => value,
                false if self.is_positive_under(&value.negated(), &conditions)? => {
                    negative ^= power % 2 != 0;
                    value.negated()
                }
                false => {
                    left.push((factor, power));
                    continue;
                }
            };
            sum.push(self.single_logarithm(&positive)?.scaled(&Rational::from(power)));
        }
        Ok((sum, rest_of(&left, negative)?))
    }

    /// The generator of a logarithm.
    fn single_logarithm(&mut self, argument: &RationalPolynomial) -> Built {
        if let Some(known) = self.known_logarithm(argument)? {
            return Ok(known);
        }
        self.require_positive(argument)?;
        let variable = self.adjoin(Generator::Logarithm { argument: argument.clone() })?;
        Ok(RationalPolynomial::variable(variable))
    }

    fn known_logarithm(&self, argument: &RationalPolynomial) -> Result<Option<RationalPolynomial>, Halt> {
        for (variable, generator) in self.tower.generators() {
            if let Generator::Logarithm { argument: known } = generator
                && self.tower.agree(known, argument)?
            {
                return Ok(Some(RationalPolynomial::variable(variable)));
            }
        }
        Ok(None)
    }
}

/// What is left of a product without the factors that are known to be positive.
enum Rest {
    Nothing,
    /// A power of what is positive where the product is.
    Power(RationalPolynomial, i64),
    /// Something that is not seen to be a product, or is not positive.
    Opaque,
}

/// The product as a power with as large an exponent as leaves it positive on the same domain.
fn rest_of(left: &[(Polynomial, i64)], negative: bool) -> Result<Rest, AlgebraError> {
    let shared = left.iter().fold(0, |shared, &(_, power)| gcd(shared, power.unsigned_abs()));
    if shared == 0 {
        return Ok(if negative { Rest::Opaque } else { Rest::Nothing });
    }
    let below = left.iter().filter(|(_, power)| *power < 0).count();
    if below > 0 && below < left.len() {
        return Ok(Rest::Opaque);
    }
    // The base of an even power has any sign: its square stays.
    let exponent = if shared % 2 == 0 { shared / 2 } else { shared };
    let mut product = Polynomial::constant(if negative { -1 } else { 1 });
    for (factor, power) in left {
        let times = u32::try_from(power.unsigned_abs() / exponent);
        product = product.times(&factor.to_power(times.map_err(|_| AlgebraError::ExponentTooLarge)?)?)?;
    }
    let exponent = i64::try_from(exponent).map_err(|_| AlgebraError::ExponentTooLarge)?;
    Ok(Rest::Power(product.into(), if below > 0 { -exponent } else { exponent }))
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

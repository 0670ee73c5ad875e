//! Logarithms of products, as sums over the factors.

use super::IntegralsError;
use super::atoms::{Atom, Atoms};
use super::monomial::{Laurent, Monomial};
use crate::expr::Rational;
use crate::laurent::PowerProduct;

/// A factor of an argument, and its exponent.
type Factor = (Laurent, Rational);

impl Atoms {
    /// The logarithm of a value. Powers of exponentials and of single factors leave it, and a product becomes
    /// a sum: log(x·y) is log(x²)/2 + log(y²)/2, because only the sign of the product is known.
    pub(super) fn logarithm_of(&mut self, argument: &Laurent) -> Result<Laurent, IntegralsError> {
        let Some((scale, monomial, primitive)) = argument.factored() else {
            return Ok(self.atom(Atom::Logarithm(argument.clone())));
        };
        let (mut sum, mut factors, mut constant) = (Laurent::zero(), Vec::new(), Monomial::one());
        let mut rest = argument.clone();
        for (i, &exponent) in monomial.iter().enumerate().filter(|(_, e)| **e != 0) {
            let power = Monomial::atom(i, exponent);
            let exponent = Rational::from(exponent);
            match self.list[i].clone() {
                Atom::Exponential(inner) => {
                    sum = sum.plus(&inner.scaled(&exponent));
                    rest = rest.times_term(&power.inverse(), &Rational::ONE);
                }
                _ if self.is_constant(i) => constant = constant.times(&power),
                Atom::Root { base, index } => factors.push((base, exponent / Rational::from(index))),
                Atom::Divisor(value) => factors.push((value, exponent)),
                _ => factors.push((Laurent::atom(i, 1), exponent)),
            }
        }
        if primitive.as_constant().is_none() {
            let linear = self.linear_factors(&primitive);
            factors.extend(linear.into_iter().map(|factor| (factor, Rational::ONE)));
        }
        let constant = Laurent::term(constant, scale);
        let split = match self.with_constant(factors, &constant)? {
            Some(factors) => self.sum_of_logarithms(factors)?,
            None if rest.as_constant() == Some(Rational::ONE) => Laurent::zero(),
            None => self.atom(Atom::Logarithm(rest)),
        };
        Ok(sum.plus(&split))
    }

    /// The factors, with the constant multiplied into one of them; `None` if that cannot be done.
    fn with_constant(
        &mut self,
        mut factors: Vec<Factor>,
        constant: &Laurent,
    ) -> Result<Option<Vec<Factor>>, IntegralsError> {
        if constant.as_constant() != Some(Rational::ONE) {
            let Some((factor, exponent)) =
                factors.iter_mut().find(|(_, e)| *e == Rational::ONE || *e == -Rational::ONE)
            else {
                return Ok(None);
            };
            let constant =
                if *exponent == Rational::ONE { constant.clone() } else { self.inverse(constant)? };
            *factor = factor.try_times(&constant)?;
        }
        Ok(Some(factors).filter(|factors| !factors.is_empty()))
    }

    /// Σ exponent·log(factor). If the signs of several factors are not known, or an exponent is even, this
    /// uses the square of the factor.
    fn sum_of_logarithms(&mut self, factors: Vec<Factor>) -> Result<Laurent, IntegralsError> {
        let half = Rational::from_parts(1.into(), 2u8.into());
        let is_even = |exponent: &Rational| (exponent * &half).is_int();
        let open = |(factor, exponent): &&Factor| !self.is_nonnegative(factor) && !is_even(exponent);
        let several = factors.iter().filter(open).count() > 1;
        let mut sum = Laurent::zero();
        for (factor, exponent) in factors {
            let squared = !self.is_nonnegative(&factor) && (several || is_even(&exponent));
            let (value, exponent) =
                if squared { (factor.try_times(&factor)?, exponent * &half) } else { (factor, exponent) };
            sum = sum.plus(&self.atom(Atom::Logarithm(value)).scaled(&exponent));
        }
        Ok(sum)
    }
}

//! Polynomials with rational coefficients: an integer polynomial over one positive integer.

use dashu_base::{Gcd, Signed};
use dashu_int::{IBig, UBig};

use super::polynomial::check_power_of_number;
use super::{AlgebraError, Polynomial};
use crate::expr::Rational;

/// `numerator / denominator` in lowest terms; the denominator is positive.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct RationalPolynomial {
    numerator: Polynomial,
    denominator: IBig,
}

impl From<Polynomial> for RationalPolynomial {
    fn from(numerator: Polynomial) -> RationalPolynomial {
        RationalPolynomial { numerator, denominator: IBig::ONE }
    }
}

impl RationalPolynomial {
    /// `numerator / denominator`. The denominator must not be 0.
    pub fn new(numerator: Polynomial, denominator: IBig) -> RationalPolynomial {
        if denominator.is_one() {
            return numerator.into();
        }
        if numerator.is_zero() {
            return RationalPolynomial::zero();
        }
        let mut shared: IBig = numerator.content().gcd(&denominator).into();
        if denominator.is_negative() {
            shared = -shared;
        }
        RationalPolynomial {
            numerator: numerator.divided_by_integer(&shared),
            denominator: denominator / shared,
        }
    }

    /// The constant 0.
    pub fn zero() -> RationalPolynomial {
        Polynomial::zero().into()
    }

    /// The constant 1.
    pub fn one() -> RationalPolynomial {
        Polynomial::one().into()
    }

    /// A constant.
    pub fn constant(value: &Rational) -> RationalPolynomial {
        RationalPolynomial {
            numerator: Polynomial::constant(value.numerator().clone()),
            denominator: value.denominator().clone().into(),
        }
    }

    /// A single variable.
    pub fn variable(variable: usize) -> RationalPolynomial {
        Polynomial::variable(variable).into()
    }

    /// The integer polynomial in the numerator.
    pub fn numerator(&self) -> &Polynomial {
        &self.numerator
    }

    /// The positive integer in the denominator.
    pub fn denominator(&self) -> &IBig {
        &self.denominator
    }

    /// Whether this is 0.
    pub fn is_zero(&self) -> bool {
        self.numerator.is_zero()
    }

    /// Its value, if it is a constant.
    pub fn as_constant(&self) -> Option<Rational> {
        if self.numerator.is_zero() {
            return Some(Rational::ZERO);
        }
        self.numerator
            .is_constant()
            .then(|| Rational::from_parts_signed(self.numerator.coefficient(0), self.denominator.clone()))
    }

    /// A positive rational and a primitive integer polynomial whose product is `self`.
    pub fn split_content(&self) -> (Rational, Polynomial) {
        if self.is_zero() {
            return (Rational::ONE, Polynomial::zero());
        }
        let content = self.numerator.content();
        let rest = self.numerator.divided_by_integer(&content);
        (Rational::from_parts_signed(content, self.denominator.clone()), rest)
    }

    /// The coefficient of term `index`: that of the numerator over the denominator.
    pub fn coefficient(&self, index: usize) -> Rational {
        Rational::from_parts_signed(self.numerator.coefficient(index), self.denominator.clone())
    }

    /// The sum.
    pub fn plus(&self, other: &RationalPolynomial) -> RationalPolynomial {
        RationalPolynomial::sum([self, other])
    }

    /// The difference.
    pub fn minus(&self, other: &RationalPolynomial) -> RationalPolynomial {
        self.plus(&other.negated())
    }

    /// The negative.
    pub fn negated(&self) -> RationalPolynomial {
        RationalPolynomial { numerator: self.numerator.negated(), denominator: self.denominator.clone() }
    }

    /// The sum of many.
    pub fn sum<'a>(summands: impl IntoIterator<Item = &'a RationalPolynomial>) -> RationalPolynomial {
        let summands: Vec<&RationalPolynomial> = summands.into_iter().filter(|s| !s.is_zero()).collect();
        let mut common = IBig::ONE;
        for summand in &summands {
            if !(&common % &summand.denominator).is_zero() {
                let shared: IBig = (&common).gcd(&summand.denominator).into();
                common = common / shared * &summand.denominator;
            }
        }
        if summands.iter().all(|s| s.denominator == common) {
            return RationalPolynomial::new(Polynomial::sum(summands.iter().map(|s| &s.numerator)), common);
        }
        let scaled: Vec<Polynomial> =
            summands.iter().map(|s| s.numerator.scaled(&(&common / &s.denominator))).collect();
        RationalPolynomial::new(Polynomial::sum(&scaled), common)
    }

    /// The product.
    ///
    /// # Errors
    /// As [`Polynomial::times`].
    pub fn times(&self, other: &RationalPolynomial) -> Result<RationalPolynomial, AlgebraError> {
        let numerator = self.numerator.times(&other.numerator)?;
        Ok(RationalPolynomial::new(numerator, &self.denominator * &other.denominator))
    }

    /// The product with a rational.
    pub fn scaled(&self, factor: &Rational) -> RationalPolynomial {
        let denominator = &self.denominator * IBig::from(factor.denominator().clone());
        RationalPolynomial::new(self.numerator.scaled(factor.numerator()), denominator)
    }

    /// `self` divided by a positive integer.
    pub fn over_integer(&self, divisor: u32) -> RationalPolynomial {
        RationalPolynomial::new(self.numerator.clone(), &self.denominator * IBig::from(divisor))
    }

    /// A non-negative integer power.
    ///
    /// # Errors
    /// As [`Polynomial::to_power`].
    pub fn to_power(&self, exponent: u32) -> Result<RationalPolynomial, AlgebraError> {
        check_power_of_number(&self.denominator, exponent)?;
        let numerator = self.numerator.to_power(exponent)?;
        let (_, denominator): (_, UBig) = self.denominator.clone().into_parts();
        Ok(RationalPolynomial { numerator, denominator: denominator.pow(exponent as usize).into() })
    }

    /// The partial derivative by one variable.
    pub fn derivative(&self, variable: usize) -> RationalPolynomial {
        RationalPolynomial::new(self.numerator.derivative(variable), self.denominator.clone())
    }
}

//! [`Fraction`]: rational functions of the coordinates, as two polynomials over the integers.

use dashu_int::IBig;

use crate::algebra::Polynomial;
use crate::expr::{Expr, Rational, Symbol};
use crate::galois::Univariate;

/// Formulas with more terms above or below are not read.
const MAX_TERMS: usize = 5_000;
/// The largest exponent that is multiplied out.
const MAX_POWER: u32 = 60;

/// A rational function in lowest terms; variable i is coordinate i.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Fraction {
    pub(super) above: Polynomial,
    pub(super) below: Polynomial,
}

impl Fraction {
    fn new(above: Polynomial, below: Polynomial) -> Option<Fraction> {
        if below.is_zero() || above.len() > MAX_TERMS || below.len() > MAX_TERMS {
            return None;
        }
        let shared = above.gcd(&below).ok()?;
        Some(Fraction { above: above.exact_quotient(&shared)?, below: below.exact_quotient(&shared)? })
    }

    /// The rational function that a formula of the coordinates is written as; `None` of another formula.
    pub(super) fn of_expr(expr: &Expr, coordinates: &[Symbol]) -> Option<Fraction> {
        let read = |expr: &Expr| Fraction::of_expr(expr, coordinates);
        match expr {
            Expr::Number(value) => {
                let below = IBig::from(value.denominator().clone());
                Fraction::new(Polynomial::constant(value.numerator().clone()), Polynomial::constant(below))
            }
            Expr::Symbol(symbol) => {
                let number = coordinates.iter().position(|own| own == symbol)?;
                Fraction::new(Polynomial::variable(number), Polynomial::one())
            }
            Expr::Sum(terms) => {
                let mut sum = Fraction { above: Polynomial::zero(), below: Polynomial::one() };
                for term in terms {
                    sum = sum.plus(&read(term)?)?;
                }
                Some(sum)
            }
            Expr::Product(factors) => {
                let mut product = Fraction { above: Polynomial::one(), below: Polynomial::one() };
                for factor in factors {
                    product = product.times(&read(factor)?)?;
                }
                Some(product)
            }
            Expr::Quotient(above, below) => read(above)?.times(&read(below)?.inverted()?),
            Expr::Power(base, exponent) => read(base)?.to_power(&exponent.as_number()?),
            Expr::Negative(inner) => {
                let inner = read(inner)?;
                Some(Fraction { above: inner.above.negated(), below: inner.below })
            }
            Expr::Pi | Expr::Call(..) => None,
        }
    }

    fn plus(&self, other: &Fraction) -> Option<Fraction> {
        if self.below == other.below {
            return Fraction::new(self.above.plus(&other.above), self.below.clone());
        }
        let above = self.above.times(&other.below).ok()?.plus(&other.above.times(&self.below).ok()?);
        Fraction::new(above, self.below.times(&other.below).ok()?)
    }

    fn times(&self, other: &Fraction) -> Option<Fraction> {
        Fraction::new(self.above.times(&other.above).ok()?, self.below.times(&other.below).ok()?)
    }

    fn inverted(&self) -> Option<Fraction> {
        Fraction::new(self.below.clone(), self.above.clone())
    }

    fn to_power(&self, exponent: &Rational) -> Option<Fraction> {
        let power = exponent.is_int().then(|| i32::try_from(exponent.numerator()).ok()).flatten()?;
        let size = Some(power.unsigned_abs()).filter(|size| *size <= MAX_POWER)?;
        let raised = Fraction::new(self.above.to_power(size).ok()?, self.below.to_power(size).ok()?)?;
        if power < 0 { raised.inverted() } else { Some(raised) }
    }

    pub(super) fn is_zero(&self) -> bool {
        self.above.is_zero()
    }

    /// Whether it has no denominator.
    pub(super) fn is_polynomial(&self) -> bool {
        self.below.is_constant()
    }

    /// The value of a constant.
    pub(super) fn as_constant(&self) -> Option<Rational> {
        if self.is_zero() {
            return Some(Rational::ZERO);
        }
        let constant = self.above.is_constant() && self.below.is_constant();
        constant
            .then(|| Rational::from(self.above.coefficient(0)) / Rational::from(self.below.coefficient(0)))
    }

    /// The degrees of the highest and the lowest homogeneous part, unless it is 0.
    pub(super) fn degrees(&self) -> Option<(i64, i64)> {
        let (above, below) = (total_degrees(&self.above)?, total_degrees(&self.below)?);
        Some((above.1 - below.1, above.0 - below.0))
    }

    /// The quotient of the highest (lowest) homogeneous parts above and below.
    pub(super) fn extreme(&self, highest: bool) -> Option<Fraction> {
        Fraction::new(homogeneous(&self.above, highest)?, homogeneous(&self.below, highest)?)
    }

    /// The function less a constant.
    pub(super) fn minus_constant(&self, value: &Rational) -> Option<Fraction> {
        let constant = Fraction::new(
            Polynomial::constant(-value.numerator().clone()),
            Polynomial::constant(IBig::from(value.denominator().clone())),
        )?;
        self.plus(&constant)
    }

    /// The same as a formula.
    pub(super) fn to_expr(&self, coordinates: &[Symbol]) -> Expr {
        let below = to_expr(&self.below, coordinates, &IBig::ONE);
        match self.below.is_constant() {
            true => to_expr(&self.above, coordinates, &self.below.coefficient(0)),
            false => to_expr(&self.above, coordinates, &IBig::ONE).over(below),
        }
    }
}

fn total_degree(polynomial: &Polynomial, index: usize) -> i64 {
    polynomial.factors(index).iter().map(|&(_, exponent)| i64::from(exponent)).sum()
}

/// The lowest and the highest total degree of the terms.
fn total_degrees(polynomial: &Polynomial) -> Option<(i64, i64)> {
    let degrees = || (0..polynomial.len()).map(|index| total_degree(polynomial, index));
    Some((degrees().min()?, degrees().max()?))
}

fn homogeneous(polynomial: &Polynomial, highest: bool) -> Option<Polynomial> {
    let (low, high) = total_degrees(polynomial)?;
    let wanted = if highest { high } else { low };
    let terms = (0..polynomial.len()).filter(|&index| total_degree(polynomial, index) == wanted);
    Polynomial::from_terms(terms.map(|i| (polynomial.factors(i), polynomial.coefficient(i)))).ok()
}

fn to_expr(polynomial: &Polynomial, coordinates: &[Symbol], divisor: &IBig) -> Expr {
    let term = |index: usize| {
        let coefficient = Rational::from(polynomial.coefficient(index)) / Rational::from(divisor.clone());
        let powers = polynomial.factors(index).into_iter().map(|(variable, exponent)| {
            Expr::Symbol(coordinates[variable].clone()).to_power(Rational::from(exponent))
        });
        Expr::product(std::iter::once(Expr::number(coefficient)).chain(powers))
    };
    Expr::sum((0..polynomial.len()).map(term))
}

/// The polynomial where coordinate i is uᵢ + m·vᵢ, in m.
pub(super) fn on_line(polynomial: &Polynomial, basis: &[Vec<Rational>; 2]) -> Univariate {
    let lines: Vec<Univariate> =
        basis[0].iter().zip(&basis[1]).map(|(u, v)| Univariate::linear(u.clone(), v.clone())).collect();
    let term = |index: usize| {
        let coefficient = Univariate::constant(Rational::from(polynomial.coefficient(index)));
        let powers = polynomial.factors(index);
        powers.into_iter().fold(coefficient, |product, (i, e)| product.times(&lines[i].to_power(e)))
    };
    (0..polynomial.len()).fold(Univariate::zero(), |sum, index| sum.plus(&term(index)))
}

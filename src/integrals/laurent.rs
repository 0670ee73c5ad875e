//! Laurent polynomials in the atoms of a Hamiltonian.

use std::collections::BTreeMap;

use dashu_base::Sign;
use dashu_base::ring::Gcd;
use dashu_int::{IBig, UBig};

use super::IntegralsError;
use crate::expr::Rational;

/// Exponents of the atoms, trailing zeros dropped.
pub type Monomial = Vec<i32>;

/// The most terms a formula may expand to.
const MAX_TERMS: usize = 20_000;
/// The largest exponent of an atom.
const MAX_EXPONENT: i32 = 4_000;

/// A sum of monomials with rational coefficients, none zero.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Laurent {
    /// Coefficients by monomial.
    pub terms: BTreeMap<Monomial, Rational>,
}

/// The product of two monomials.
pub fn monomial_product(a: &[i32], b: &[i32]) -> Monomial {
    let mut product: Monomial =
        (0..a.len().max(b.len())).map(|i| a.get(i).unwrap_or(&0) + b.get(i).unwrap_or(&0)).collect();
    trim(&mut product);
    product
}

/// The monomial to an integer power.
pub fn monomial_power(a: &[i32], n: i32) -> Monomial {
    let mut power: Monomial = a.iter().map(|&e| e * n).collect();
    trim(&mut power);
    power
}

fn trim(monomial: &mut Monomial) {
    while monomial.last() == Some(&0) {
        monomial.pop();
    }
}

impl Laurent {
    /// A constant.
    pub fn constant(value: Rational) -> Laurent {
        Laurent::term(Vec::new(), value)
    }

    /// One term.
    pub fn term(mut monomial: Monomial, coefficient: Rational) -> Laurent {
        trim(&mut monomial);
        let mut terms = BTreeMap::new();
        if !coefficient.is_zero() {
            terms.insert(monomial, coefficient);
        }
        Laurent { terms }
    }

    /// The atom of that index, to a power.
    pub fn atom(index: usize, exponent: i32) -> Laurent {
        let mut monomial = vec![0; index + 1];
        monomial[index] = exponent;
        Laurent::term(monomial, Rational::ONE)
    }

    /// Whether it has no terms.
    pub fn is_zero(&self) -> bool {
        self.terms.is_empty()
    }

    /// The one term, where there is exactly one.
    pub fn single(&self) -> Option<(&Monomial, &Rational)> {
        if self.terms.len() == 1 { self.terms.iter().next() } else { None }
    }

    /// The value, where it is a rational constant.
    pub fn as_constant(&self) -> Option<Rational> {
        if self.is_zero() {
            return Some(Rational::ZERO);
        }
        self.single().filter(|(m, _)| m.is_empty()).map(|(_, c)| c.clone())
    }

    /// Adds a term.
    pub fn add_term(&mut self, monomial: Monomial, coefficient: &Rational) {
        let sum = self.terms.get(&monomial).map_or_else(|| coefficient.clone(), |have| have + coefficient);
        if sum.is_zero() {
            self.terms.remove(&monomial);
        } else {
            self.terms.insert(monomial, sum);
        }
    }

    /// The sum.
    pub fn plus(&self, other: &Laurent) -> Laurent {
        let mut sum = self.clone();
        other.terms.iter().for_each(|(m, c)| sum.add_term(m.clone(), c));
        sum
    }

    /// The product.
    pub fn times(&self, other: &Laurent) -> Result<Laurent, IntegralsError> {
        let mut product = Laurent::default();
        for (m, c) in &self.terms {
            for (n, d) in &other.terms {
                let monomial = monomial_product(m, n);
                if monomial.iter().any(|e| e.abs() > MAX_EXPONENT) {
                    return Err(IntegralsError::TooLarge);
                }
                product.add_term(monomial, &(c * d));
            }
            if product.terms.len() > MAX_TERMS {
                return Err(IntegralsError::TooLarge);
            }
        }
        Ok(product)
    }

    /// The multiple by a rational.
    pub fn scaled(&self, factor: &Rational) -> Laurent {
        if factor.is_zero() {
            return Laurent::default();
        }
        Laurent { terms: self.terms.iter().map(|(m, c)| (m.clone(), c * factor)).collect() }
    }

    /// The power with an exponent ≥ 0.
    pub fn power(&self, exponent: u32) -> Result<Laurent, IntegralsError> {
        if let Some((m, c)) = self.single() {
            if exponent as i32 > MAX_EXPONENT
                || m.iter().any(|e| e.abs().saturating_mul(exponent as i32) > MAX_EXPONENT)
            {
                return Err(IntegralsError::TooLarge);
            }
            return Ok(Laurent::term(monomial_power(m, exponent as i32), c.pow(exponent as isize)));
        }
        if exponent > 64 {
            return Err(IntegralsError::TooLarge);
        }
        let mut result = Laurent::constant(Rational::ONE);
        for _ in 0..exponent {
            result = result.times(self)?;
        }
        Ok(result)
    }

    /// c, m, f with self = c·m·f, f with coprime integer coefficients, no common monomial factor, and
    /// a positive first coefficient. Zero gives `None`.
    pub fn content(&self) -> Option<(Rational, Monomial, Laurent)> {
        let (first, leading) = self.terms.iter().next_back()?;
        let mut common = first.clone();
        let (mut numerator, mut denominator) = (UBig::ZERO, UBig::ONE);
        for (m, c) in &self.terms {
            common.resize(common.len().max(m.len()), 0);
            for (i, e) in common.iter_mut().enumerate() {
                *e = (*e).min(*m.get(i).unwrap_or(&0));
            }
            let magnitude = c.numerator().clone().into_parts().1;
            numerator = if numerator.is_zero() { magnitude } else { numerator.gcd(magnitude) };
            let shared = (&denominator).gcd(c.denominator());
            denominator = denominator / shared * c.denominator();
        }
        trim(&mut common);
        let mut scale = Rational::from_parts(IBig::from(numerator), denominator);
        if leading.sign() == Sign::Negative {
            scale = -scale;
        }
        let inverse = monomial_power(&common, -1);
        let terms = self.terms.iter().map(|(m, c)| (monomial_product(m, &inverse), c / &scale)).collect();
        Some((scale, common, Laurent { terms }))
    }

    /// The quotient by `divisor` where it divides exactly (both without negative exponents).
    pub fn exact_quotient(&self, divisor: &Laurent) -> Option<Laurent> {
        let (lead, coefficient) = divisor.terms.iter().next_back()?;
        let (mut rest, mut quotient) = (self.clone(), Laurent::default());
        while let Some((m, c)) = rest.terms.iter().next_back() {
            let step = monomial_product(m, &monomial_power(lead, -1));
            if step.iter().any(|&e| e < 0) || quotient.terms.len() > 500 {
                return None;
            }
            let factor = c / coefficient;
            let minus = -&factor;
            quotient.add_term(step.clone(), &factor);
            for (n, d) in &divisor.terms {
                rest.add_term(monomial_product(&step, n), &(d * &minus));
            }
        }
        Some(quotient)
    }
}

//! Reciprocals: the algebraic generators are removed from a divisor by norms, the rest is split into
//! factors coprime to those known.

use super::{Built, Construction, Halt};
use crate::algebra::tower::{Factor, Generator};
use crate::algebra::{AlgebraError, Polynomial, RationalPolynomial, witness};

impl Construction<'_> {
    /// `1 / value`, for a value from outside the walk.
    pub(in crate::algebra) fn reciprocal(&mut self, value: &RationalPolynomial) -> Built {
        self.inverse(value)
    }

    /// `1 / value`.
    pub(super) fn inverse(&mut self, value: &RationalPolynomial) -> Built {
        let value = self.tower.canonical(value)?;
        if value.is_zero() {
            return Err(AlgebraError::DivisionByZero { divisor: "0".into() }.into());
        }
        // value = cleared · Π reciprocal^e / denominator, so its reciprocal is Π factor^e · denominator / cleared.
        let mut above = Polynomial::constant(value.denominator().clone());
        let factors: Vec<Factor> = self.tower.factors.clone();
        let (mut cleared, exponents) =
            self.tower.cleared(value.numerator(), &factors.iter().collect::<Vec<_>>())?;
        for (factor, exponent) in factors.iter().zip(exponents) {
            above = above.times(&factor.polynomial.to_power(exponent)?)?;
        }
        for (x, u) in self.tower.reciprocals.clone() {
            let power = cleared.degree(u);
            if power > 0 {
                cleared = self.tower.cleared_of_variable(&cleared, x, u, power)?;
                above = above.times(&Polynomial::monomial_of(x, power))?;
            }
        }
        let cleared = self.tower.reduce(cleared.into())?;
        let inverse = self.inverse_of_cleared(&cleared)?;
        Ok(self.tower.times(&above.into(), &inverse)?)
    }

    /// The reciprocal of a value without reciprocals in it.
    fn inverse_of_cleared(&mut self, value: &RationalPolynomial) -> Built {
        let (content, rest) = value.split_content();
        if rest.is_zero() {
            return Err(self.undecided(value));
        }
        let mut result = RationalPolynomial::constant(&(dashu_ratio::RBig::ONE / content));
        let monomial = rest.monomial_content();
        let mut core = rest;
        for (variable, exponent) in monomial {
            core = core.exact_quotient(&Polynomial::monomial_of(variable, exponent)).unwrap_or(core);
            let inverse = self.inverse_of_variable(variable)?;
            let power = self.tower.to_power(&inverse, exponent)?;
            result = self.tower.times(&result, &power)?;
        }
        if core.is_constant() {
            let sign = RationalPolynomial::from(core);
            return Ok(self.tower.times(&result, &sign)?);
        }
        let highest_root = core.variables().into_iter().filter(|&v| self.tower.is_algebraic(v)).max();
        let inverse = match highest_root {
            None => self.inverse_of_polynomial(&core)?,
            Some(root) => {
                let (cofactor, norm) = self.tower.norm(&core.clone().into(), root)?;
                if self.tower.canonical(&norm)?.is_zero() {
                    return Err(self.undecided(value));
                }
                let inverse = self.inverse(&norm)?;
                self.tower.times(&cofactor, &inverse)?
            }
        };
        Ok(self.tower.times(&result, &inverse)?)
    }

    fn undecided(&self, value: &RationalPolynomial) -> Halt {
        let divisor = crate::algebra::present::express(&self.tower, value).to_string();
        AlgebraError::UndecidedDivisor { divisor }.into()
    }

    fn inverse_of_variable(&mut self, variable: usize) -> Built {
        if let Some((_, inverse)) = self.tower.reciprocals.iter().find(|r| r.0 == variable) {
            return Ok(RationalPolynomial::variable(*inverse));
        }
        if let Some(Generator::TwiceCosine { .. }) = self.tower.generator(variable) {
            let (cofactor, norm) = self.tower.norm(&RationalPolynomial::variable(variable), variable)?;
            let inverse = self.inverse(&norm)?;
            return Ok(self.tower.times(&cofactor, &inverse)?);
        }
        if let Some((n, replacement)) = self.tower.relation(variable) {
            let inverse = self.inverse(&replacement)?;
            let power: RationalPolynomial = Polynomial::monomial_of(variable, n - 1).into();
            return Ok(self.tower.times(&power, &inverse)?);
        }
        self.new_inverse(Polynomial::variable(variable))
    }

    fn new_inverse(&mut self, factor: Polynomial) -> Built {
        // A polynomial in independent symbols does not vanish; other functions need a witness.
        let symbols_only = factor.variables().into_iter().all(|v| v < self.tower.symbols.len());
        let value = RationalPolynomial::from(factor.clone());
        if !symbols_only && !witness::is_somewhere_nonzero(&self.tower, &value, witness::POINTS) {
            return Err(self.undecided(&value));
        }
        Ok(RationalPolynomial::variable(self.adjoin(Generator::Inverse { factor })?))
    }

    /// The reciprocal of a primitive polynomial in symbols and transcendental generators.
    fn inverse_of_polynomial(&mut self, polynomial: &Polynomial) -> Built {
        let mut result = RationalPolynomial::from(Polynomial::constant(polynomial.leading_sign()));
        let positive = polynomial.primitive_part();
        if let Some(known) = self.tower.factors.iter().find(|f| f.polynomial == positive) {
            let inverse = RationalPolynomial::variable(known.inverse);
            return Ok(self.tower.times(&result, &inverse)?);
        }
        for (factor, multiplicity) in positive.split()? {
            let inverse = self.inverse_of_factor(&factor)?;
            let power = self.tower.to_power(&inverse, multiplicity)?;
            result = self.tower.times(&result, &power)?;
        }
        Ok(result)
    }

    /// The reciprocal of a factor, through the known factors it has something in common with.
    fn inverse_of_factor(&mut self, factor: &Polynomial) -> Built {
        if factor.is_constant() {
            return Ok(RationalPolynomial::from(factor.clone()));
        }
        if let (1, [variable]) = (factor.len(), factor.variables().as_slice()) {
            return self.inverse_of_variable(*variable);
        }
        for known in self.tower.factors.clone() {
            let inverse = RationalPolynomial::variable(known.inverse);
            if known.polynomial == *factor {
                return Ok(inverse);
            }
            let shared = known.polynomial.gcd(factor)?;
            if !shared.is_constant() {
                // 1/(shared·rest) = (known/shared) · 1/known · 1/rest.
                let quotient = |p: &Polynomial| p.exact_quotient(&shared).ok_or(AlgebraError::TooLarge);
                let (beside, rest) = (quotient(&known.polynomial)?, quotient(factor)?);
                let first = self.tower.times(&beside.into(), &inverse)?;
                let signed = RationalPolynomial::from(Polynomial::constant(rest.leading_sign()));
                let second = self.inverse_of_factor(&rest.primitive_part())?;
                return Ok(self.tower.times(&self.tower.times(&first, &signed)?, &second)?);
            }
        }
        self.new_inverse(factor.clone())
    }
}

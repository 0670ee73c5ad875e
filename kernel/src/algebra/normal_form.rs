//! Canonical forms, and the test whether a value vanishes.

use std::collections::BTreeMap;

use super::poles::Poles;
use super::polynomial::TermBuffer;
use super::tower::{Factor, Tower};
use super::{AlgebraError, Polynomial, RationalPolynomial};

/// The most terms of a numerator that is brought over a common denominator.
const MAX_NUMERATOR: usize = 50_000;

impl Tower {
    /// The canonical form: the relations are applied, and each group of terms that agree in all variables
    /// outside denominators gets one common denominator, with the lowest possible powers of its factors.
    ///
    /// The form is unique if the relations generate all polynomial relations between the generators: equal
    /// values with equal exponents in the denominators have the same numerator, and each exponent has a
    /// least value independent of the others because the factors are pairwise coprime.
    pub(super) fn canonical(&self, value: &RationalPolynomial) -> Result<RationalPolynomial, AlgebraError> {
        let value = self.reduce(value.clone())?;
        let degrees = value.numerator().degrees();
        if !self.factors.iter().any(|f| degrees.get(f.inverse).is_some_and(|&d| d > 0)) {
            return Ok(value);
        }
        let mut parts = Vec::new();
        for (outer, class) in self.classes(value.numerator()) {
            let fraction = self.least_fraction(class)?;
            let fraction = self.cancel(fraction.clone().into(), &fraction.degrees())?;
            parts.push(fraction.numerator().times_packed(&outer)?);
        }
        Ok(RationalPolynomial::new(Polynomial::sum(&parts), value.denominator().clone()))
    }

    /// Whether the canonical form is 0. Decides each group of terms separately, without a common
    /// denominator.
    ///
    /// Take the terms with the highest power of one reciprocal. If their sum is a multiple of its factor,
    /// that power falls by one. Otherwise the value has a pole along that factor and is not 0.
    pub(super) fn vanishes(&self, value: &RationalPolynomial) -> Result<bool, AlgebraError> {
        let value = self.reduce(value.clone())?;
        for (_, class) in self.classes(value.numerator()) {
            if !self.class_vanishes(class)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn class_vanishes(&self, class: Polynomial) -> Result<bool, AlgebraError> {
        if let Some(answer) = Poles::new(self).vanishes(class.clone())? {
            return Ok(answer);
        }
        let mut class = class;
        loop {
            let degrees = class.degrees();
            let power = |f: &Factor| degrees.get(f.inverse).copied().unwrap_or(0);
            let present: Vec<&Factor> = self.factors.iter().filter(|f| power(f) > 0).collect();
            if present.is_empty() {
                return Ok(class.is_zero());
            }
            // Take the reciprocal whose top terms are cheapest: few other reciprocals, few terms.
            let mut best: Option<(u64, &Factor, Polynomial)> = None;
            for factor in &present {
                let top = class.coefficients_in(factor.inverse).pop().unwrap_or_else(Polynomial::zero);
                let others = present.iter().filter(|f| f.inverse != factor.inverse);
                let growth = others.map(|f| u64::from(top.degree(f.inverse)) * f.polynomial.len() as u64);
                let cost = growth.fold(top.len() as u64, |cost, g| cost.saturating_mul(1 + g));
                if best.as_ref().is_none_or(|(least, ..)| cost < *least) {
                    best = Some((cost, factor, top));
                }
            }
            let Some((_, factor, top)) = best else { return Ok(class.is_zero()) };
            let Some(lowered) = self.lowered(&top, factor, &present)? else { return Ok(false) };
            let exponent = power(factor);
            let pole = Polynomial::monomial_of(factor.inverse, exponent);
            let instead = Polynomial::monomial_of(factor.inverse, exponent - 1);
            class = class.minus(&top.times(&pole)?).plus(&lowered.times(&instead)?);
            let degrees = class.degrees();
            class = self.cancel(class.into(), &degrees)?.numerator().clone();
        }
    }

    /// `top / factor`, still with the reciprocals of the other factors; `None` if the division is not
    /// exact.
    fn lowered(
        &self,
        top: &Polynomial,
        factor: &Factor,
        present: &[&Factor],
    ) -> Result<Option<Polynomial>, AlgebraError> {
        let others: Vec<&Factor> = present
            .iter()
            .copied()
            .filter(|f| f.inverse != factor.inverse && top.contains(f.inverse))
            .collect();
        let (mut numerator, exponents) = self.cleared(top, &others)?;
        let mut reciprocals = Polynomial::one();
        for (other, exponent) in others.iter().zip(exponents) {
            reciprocals = reciprocals.times(&Polynomial::monomial_of(other.inverse, exponent))?;
        }
        for &(x, u) in &self.reciprocals {
            let below = numerator.degree(u);
            if below > 0 {
                numerator = self.cleared_of_variable(&numerator, x, u, below)?;
                reciprocals = reciprocals.times(&Polynomial::monomial_of(u, below))?;
            }
        }
        if numerator.is_surely_not_divisible_by(&factor.polynomial, factor.main) {
            return Ok(None);
        }
        match numerator.exact_quotient(&factor.polynomial) {
            Some(quotient) => Ok(Some(quotient.times(&reciprocals)?)),
            None => Ok(None),
        }
    }

    /// Groups the terms by the variables that no denominator involves: the packed monomial in these
    /// variables, and the polynomial in the others.
    fn classes(&self, numerator: &Polynomial) -> BTreeMap<Vec<u64>, Polynomial> {
        let stride = numerator.stride();
        // The lanes of the variables that occur in denominators, and of all reciprocals.
        let mut involved = vec![0u64; stride];
        for factor in &self.factors {
            Polynomial::mark(&mut involved, factor.inverse);
            factor.polynomial.variables().into_iter().for_each(|v| Polynomial::mark(&mut involved, v));
        }
        for &(x, u) in &self.reciprocals {
            if Polynomial::is_marked(&involved, x) {
                Polynomial::mark(&mut involved, u);
            }
        }
        let mut classes: BTreeMap<Vec<u64>, TermBuffer> = BTreeMap::new();
        for index in 0..numerator.len() {
            let monomial = numerator.monomial(index);
            let outer: Vec<u64> = monomial.iter().zip(&involved).map(|(m, i)| m & !i).collect();
            let inner: Vec<u64> = monomial.iter().zip(&involved).map(|(m, i)| m & i).collect();
            let class = classes.entry(outer).or_insert_with(|| TermBuffer::new(stride));
            class.push_packed(&inner, numerator.coefficient(index));
        }
        classes.into_iter().map(|(outer, class)| (outer, class.finish())).collect()
    }

    /// Brings terms in the denominators' variables and reciprocals over their least common denominator,
    /// which the result contains as a product of reciprocals.
    fn least_fraction(&self, terms: Polynomial) -> Result<Polynomial, AlgebraError> {
        let present: Vec<&Factor> = self.factors.iter().filter(|f| terms.contains(f.inverse)).collect();
        if present.is_empty() {
            return Ok(terms);
        }
        let (mut numerator, exponents) = self.cleared(&terms, &present)?;
        // Powers of single variables in the denominator do not affect divisibility: multiply by them to
        // remove them.
        let mut laurent = Polynomial::one();
        for &(x, u) in &self.reciprocals {
            let below = numerator.degree(u);
            if below > 0 {
                numerator = self.cleared_of_variable(&numerator, x, u, below)?;
                laurent = laurent.times(&Polynomial::monomial_of(u, below))?;
            }
        }
        let mut reciprocals = laurent;
        for (factor, exponent) in present.into_iter().zip(exponents) {
            let mut left = exponent;
            while left > 0
                && !numerator.is_surely_not_divisible_by(&factor.polynomial, factor.main)
                && let Some(quotient) = numerator.exact_quotient(&factor.polynomial)
            {
                numerator = quotient;
                left -= 1;
            }
            reciprocals = reciprocals.times(&Polynomial::monomial_of(factor.inverse, left))?;
        }
        numerator.times(&reciprocals)
    }

    /// `terms` multiplied by the least powers of `factors` that remove their reciprocals; and these powers.
    pub(super) fn cleared(
        &self,
        terms: &Polynomial,
        factors: &[&Factor],
    ) -> Result<(Polynomial, Vec<u32>), AlgebraError> {
        let mut terms = terms.clone();
        let mut exponents = Vec::new();
        for factor in factors {
            let parts = terms.coefficients_in(factor.inverse);
            exponents.push(parts.len() as u32 - 1);
            terms = Polynomial::zero();
            for part in parts {
                if terms.len() > MAX_NUMERATOR {
                    return Err(AlgebraError::TooLarge);
                }
                terms = terms.times(&factor.polynomial)?.plus(&part);
            }
        }
        Ok((terms, exponents))
    }

    /// `terms · x^power` without the reciprocal `u` of `x`. `power` is at least the degree in `u`.
    pub(super) fn cleared_of_variable(
        &self,
        terms: &Polynomial,
        x: usize,
        u: usize,
        power: u32,
    ) -> Result<Polynomial, AlgebraError> {
        let mut sum = Vec::new();
        for (below, part) in terms.coefficients_in(u).into_iter().enumerate() {
            sum.push(part.times(&Polynomial::monomial_of(x, power - below as u32))?);
        }
        Ok(Polynomial::sum(&sum))
    }
}

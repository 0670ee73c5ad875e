//! Decides whether a sum over linear denominators vanishes, one pole at a time, without a common
//! denominator.
//!
//! Let f = ±x + g, where g does not contain x, and let P be the coefficient of the highest power of 1/f in
//! the sum. The sum has no pole of that order along f = 0 only if P vanishes where x = ∓g. At x = ∓g every
//! other denominator becomes a denominator without x, so the question about P is a smaller question of the
//! same kind. If P does vanish there, then P = f·Q, where Q is a sum over the same denominators, because
//! ```text
//! 1/h(x) − 1/h(∓g) = −f · (h(x) − h(∓g))/f · 1/h(x) · 1/h(∓g)
//! ```
//!
//! and the order of the pole falls by one. When no denominator contains x any more, all coefficients of the
//! powers of x must vanish, and each is tested in turn.

use std::collections::BTreeMap;
use std::rc::Rc;

use dashu_int::IBig;

use super::tower::{Factor, Tower};
use super::{AlgebraError, Element, Polynomial};

impl Element {
    /// Whether the function vanishes, decided by its poles alone, its other ring variables taken as independent; `None`
    /// where its denominators do not allow that.
    ///
    /// # Errors
    /// A computation too large to be carried out.
    pub fn vanishes_by_poles(&self) -> Result<Option<bool>, AlgebraError> {
        let tower = &self.field().tower;
        let value = tower.reduce(self.value.clone())?;
        Poles::new(tower).vanishes(value.numerator().clone())
    }
}

/// The value of a ring variable on f = 0, with its difference: `scale·variable − by = f·slope`.
struct Replacement {
    variable: usize,
    scale: IBig,
    by: Polynomial,
    slope: Polynomial,
}

/// Decides sums in one tower, and caches replacements.
pub(super) struct Poles<'t> {
    tower: &'t Tower,
    /// Keyed by the reciprocal of f and the variable x; `None` if f is not ±x + g.
    replacements: BTreeMap<(usize, usize), Option<Rc<Vec<Replacement>>>>,
}

impl<'t> Poles<'t> {
    pub(super) fn new(tower: &'t Tower) -> Poles<'t> {
        Poles { tower, replacements: BTreeMap::new() }
    }

    /// Whether `sum` is 0, if its variables are independent apart from the reciprocals among them. `None`
    /// if, on a pole, some denominator does not become a product of denominators of the tower.
    pub(super) fn vanishes(&mut self, sum: Polynomial) -> Result<Option<bool>, AlgebraError> {
        let degrees = sum.degrees();
        let occurs = |variable: usize| degrees.get(variable).is_some_and(|&d| d > 0);
        let present: Vec<&Factor> = self.tower.factors.iter().filter(|f| occurs(f.inverse)).collect();
        if present.is_empty() {
            return Ok(Some(sum.is_zero()));
        }
        let mut variables: Vec<usize> = present.iter().flat_map(|f| f.polynomial.variables()).collect();
        variables.sort_by_key(|&v| std::cmp::Reverse(v));
        variables.dedup();
        for x in variables {
            let poles: Vec<&Factor> = present.iter().copied().filter(|f| f.polynomial.contains(x)).collect();
            let Some(replacements) = self.all_replacements(&poles, x, &occurs)? else { continue };
            return self.vanishes_along(sum, x, poles.into_iter().zip(replacements));
        }
        Ok(None)
    }

    /// The replacements on each of the poles; `None` if a pole has no replacements.
    fn all_replacements(
        &mut self,
        poles: &[&Factor],
        x: usize,
        occurs: &impl Fn(usize) -> bool,
    ) -> Result<Option<Vec<Rc<Vec<Replacement>>>>, AlgebraError> {
        let own = self.tower.reciprocals.iter().filter(|&&(v, u)| v == x && occurs(u)).map(|&(_, u)| u);
        let needed: Vec<usize> = poles.iter().map(|f| f.inverse).chain(own).collect();
        let mut all = Vec::new();
        for factor in poles {
            let Some(replacements) = self.replacements(factor, x)? else { return Ok(None) };
            let served = |&u: &usize| u == factor.inverse || replacements.iter().any(|r| r.variable == u);
            if !needed.iter().all(served) {
                return Ok(None);
            }
            all.push(replacements);
        }
        Ok(Some(all))
    }

    /// Lowers the orders of all poles that depend on x, then tests the coefficients of the powers of x.
    fn vanishes_along<'f>(
        &mut self,
        sum: Polynomial,
        x: usize,
        poles: impl Iterator<Item = (&'f Factor, Rc<Vec<Replacement>>)>,
    ) -> Result<Option<bool>, AlgebraError> {
        let mut sum = sum;
        for (factor, replacements) in poles {
            loop {
                let order = sum.degree(factor.inverse);
                if order == 0 {
                    break;
                }
                let mut parts = sum.coefficients_in(factor.inverse);
                let mut residue = parts.swap_remove(order as usize);
                let pole = Polynomial::monomial_of(factor.inverse, order);
                let below = sum.minus(&residue.times(&pole)?);
                let (mut lowered, mut scale) = (Polynomial::zero(), IBig::ONE);
                for replacement in replacements.iter() {
                    let (value, quotient, power) = replacement.apply(&residue)?;
                    lowered = lowered.scaled(&power).plus(&quotient);
                    scale *= power;
                    residue = value;
                }
                match self.vanishes(self.cancelled(residue)?)? {
                    Some(true) => {}
                    other => return Ok(other),
                }
                let instead = Polynomial::monomial_of(factor.inverse, order - 1);
                sum = self.cancelled(below.scaled(&scale).plus(&lowered.times(&instead)?))?;
            }
        }
        let mut coefficients = sum.coefficients_in(x);
        if let Some(&(_, u)) = self.tower.reciprocals.iter().find(|&&(v, _)| v == x) {
            let constant = coefficients.swap_remove(0);
            coefficients.extend(constant.coefficients_in(u));
        }
        for coefficient in coefficients {
            match self.vanishes(coefficient)? {
                Some(true) => {}
                other => return Ok(other),
            }
        }
        Ok(Some(true))
    }

    fn cancelled(&self, sum: Polynomial) -> Result<Polynomial, AlgebraError> {
        let degrees = sum.degrees();
        Ok(self.tower.cancel(sum.into(), &degrees)?.numerator().clone())
    }

    /// The values on `factor` = 0 of x and of the reciprocals that depend on it, as far as the tower can
    /// express them.
    fn replacements(
        &mut self,
        factor: &Factor,
        x: usize,
    ) -> Result<Option<Rc<Vec<Replacement>>>, AlgebraError> {
        let key = (factor.inverse, x);
        if !self.replacements.contains_key(&key) {
            let made = self.make_replacements(factor, x)?.map(Rc::new);
            self.replacements.insert(key, made);
        }
        Ok(self.replacements[&key].clone())
    }

    fn make_replacements(&self, factor: &Factor, x: usize) -> Result<Option<Vec<Replacement>>, AlgebraError> {
        let [rest, sign] = &factor.polynomial.coefficients_in(x)[..] else { return Ok(None) };
        if !(sign.is_one() || sign.negated().is_one()) {
            return Ok(None);
        }
        // f = sign·x + rest, so that x − by = sign·f.
        let by = rest.times(sign)?.negated();
        let x_itself = Replacement { variable: x, scale: IBig::ONE, by, slope: sign.clone() };
        let variable = Polynomial::variable(x);
        let own = self.tower.reciprocals.iter().filter(|&&(v, _)| v == x).map(|&(_, u)| (u, &variable));
        let others = self.tower.factors.iter().filter(|f| f.inverse != factor.inverse);
        let others = others.filter(|f| f.polynomial.contains(x)).map(|f| (f.inverse, &f.polynomial));
        let mut replacements = Vec::new();
        for (reciprocal, denominator) in own.chain(others) {
            // denominator − value = f·quotient.
            let (value, quotient, _) = x_itself.apply(denominator)?;
            let Some((scale, by)) = self.reciprocal_of(&value, x)? else { continue };
            let slope = quotient.times(&by)?.times(&Polynomial::variable(reciprocal))?.negated();
            replacements.push(Replacement { variable: reciprocal, scale, by, slope });
        }
        replacements.push(x_itself);
        Ok(Some(replacements))
    }

    /// An integer n and a product p of reciprocals of the tower, free of `x`, with 1/value = p/n.
    fn reciprocal_of(
        &self,
        value: &Polynomial,
        x: usize,
    ) -> Result<Option<(IBig, Polynomial)>, AlgebraError> {
        let mut product = Polynomial::one();
        let mut rest = value.clone();
        for &(variable, reciprocal) in &self.tower.reciprocals {
            let power = rest.monomial_content().iter().find(|c| c.0 == variable).map_or(0, |c| c.1);
            if variable != x && power > 0 {
                product = product.times(&Polynomial::monomial_of(reciprocal, power))?;
                let Some(quotient) = rest.exact_quotient(&Polynomial::monomial_of(variable, power)) else {
                    return Ok(None);
                };
                rest = quotient;
            }
        }
        for factor in self.tower.factors.iter().filter(|f| !f.polynomial.contains(x)) {
            while !rest.is_constant()
                && let Some(quotient) = rest.exact_quotient(&factor.polynomial)
            {
                product = product.times(&Polynomial::variable(factor.inverse))?;
                rest = quotient;
            }
        }
        // A rest of 0 would mean that two factors are not coprime.
        Ok((rest.is_constant() && !rest.is_zero()).then(|| (rest.coefficient(0), product)))
    }
}

impl Replacement {
    /// Let d be the degree of `sum` in the variable. Returns `sum · scale^d` with the variable replaced,
    /// the quotient of the difference `(sum · scale^d − that) / f`, and `scale^d`. Uses Horner's rule,
    /// whose intermediate values are the coefficients of the quotient.
    fn apply(&self, sum: &Polynomial) -> Result<(Polynomial, Polynomial, IBig), AlgebraError> {
        let parts = sum.coefficients_in(self.variable);
        let (mut value, mut quotient) = (Polynomial::zero(), Polynomial::zero());
        let mut power = IBig::ONE;
        for (exponent, part) in parts.iter().enumerate().rev() {
            value = value.times(&self.by)?.plus(&part.scaled(&power));
            if exponent > 0 {
                let monomial = Polynomial::monomial_of(self.variable, exponent as u32 - 1);
                let scaled = value.times(&monomial)?.scaled(&self.scale.pow(exponent - 1));
                quotient = quotient.plus(&scaled);
                power *= &self.scale;
            }
        }
        Ok((value, quotient.times(&self.slope)?, power))
    }
}

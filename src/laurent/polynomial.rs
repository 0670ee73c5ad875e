//! The arithmetic of sparse Laurent polynomials.

use std::collections::BTreeMap;
use std::collections::btree_map::{Entry, Iter, Keys};
use std::convert::Infallible;

use super::{Bounded, Lead, PowerProduct, TooLarge, content};
use crate::expr::Rational;

/// A sum of monomials with rational coefficients, none of them zero, in the order of the monomials.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Laurent<M> {
    terms: BTreeMap<M, Rational>,
}

/// Refuses no monomial.
fn unbounded<M>(_: &M) -> Result<(), Infallible> {
    Ok(())
}

impl<M: PowerProduct> Laurent<M> {
    /// The sum of no terms.
    pub fn zero() -> Laurent<M> {
        Laurent { terms: BTreeMap::new() }
    }

    /// A constant.
    pub fn constant(value: Rational) -> Laurent<M> {
        Laurent::term(M::one(), value)
    }

    /// One term.
    pub fn term(monomial: M, coefficient: Rational) -> Laurent<M> {
        Laurent::from_terms([(monomial, coefficient)])
    }

    /// The sum of the terms.
    pub fn from_terms(terms: impl IntoIterator<Item = (M, Rational)>) -> Laurent<M> {
        let mut sum = Laurent::zero();
        terms.into_iter().for_each(|(m, c)| sum.add_term(m, c));
        sum
    }

    /// Adds a term.
    pub fn add_term(&mut self, monomial: M, coefficient: Rational) {
        if coefficient.is_zero() {
            return;
        }
        match self.terms.entry(monomial) {
            Entry::Vacant(entry) => {
                entry.insert(coefficient);
            }
            Entry::Occupied(mut entry) => {
                *entry.get_mut() += coefficient;
                if entry.get().is_zero() {
                    entry.remove();
                }
            }
        }
    }

    /// Adds another in place.
    pub fn absorb(&mut self, other: Laurent<M>) {
        other.terms.into_iter().for_each(|(m, c)| self.add_term(m, c));
    }

    /// The terms, in the order of the monomials.
    pub fn terms(&self) -> Iter<'_, M, Rational> {
        self.terms.iter()
    }

    /// The monomials, in order.
    pub fn monomials(&self) -> Keys<'_, M, Rational> {
        self.terms.keys()
    }

    /// Whether the monomial occurs.
    pub fn contains(&self, monomial: &M) -> bool {
        self.terms.contains_key(monomial)
    }

    /// The number of terms.
    pub fn len(&self) -> usize {
        self.terms.len()
    }

    /// Whether it has no terms.
    pub fn is_zero(&self) -> bool {
        self.terms.is_empty()
    }

    /// The leading term; zero has none.
    pub fn leading(&self) -> Option<(&M, &Rational)> {
        match M::LEAD {
            Lead::Least => self.terms.first_key_value(),
            Lead::Greatest => self.terms.last_key_value(),
        }
    }

    /// The terms but the leading one.
    fn tail(&self) -> Iter<'_, M, Rational> {
        let mut terms = self.terms.iter();
        match M::LEAD {
            Lead::Least => terms.next(),
            Lead::Greatest => terms.next_back(),
        };
        terms
    }

    fn pop_leading(&mut self) -> Option<(M, Rational)> {
        match M::LEAD {
            Lead::Least => self.terms.pop_first(),
            Lead::Greatest => self.terms.pop_last(),
        }
    }

    /// The one term, where there is exactly one.
    pub fn single(&self) -> Option<(&M, &Rational)> {
        self.leading().filter(|_| self.len() == 1)
    }

    /// The value, where it is a rational constant.
    pub fn as_constant(&self) -> Option<Rational> {
        if self.is_zero() {
            return Some(Rational::ZERO);
        }
        self.single().filter(|(m, _)| m.is_one()).map(|(_, c)| c.clone())
    }

    /// The sum.
    pub fn plus(&self, other: &Laurent<M>) -> Laurent<M> {
        let mut sum = self.clone();
        other.terms.iter().for_each(|(m, c)| sum.add_term(m.clone(), c.clone()));
        sum
    }

    /// The difference.
    pub fn minus(&self, other: &Laurent<M>) -> Laurent<M> {
        let mut difference = self.clone();
        other.terms.iter().for_each(|(m, c)| difference.add_term(m.clone(), -c.clone()));
        difference
    }

    /// The multiple by a rational.
    pub fn scaled(&self, factor: &Rational) -> Laurent<M> {
        if factor.is_zero() {
            return Laurent::zero();
        }
        Laurent { terms: self.terms.iter().map(|(m, c)| (m.clone(), c * factor)).collect() }
    }

    /// The same with all signs changed.
    pub fn negated(&self) -> Laurent<M> {
        Laurent { terms: self.terms.iter().map(|(m, c)| (m.clone(), -c.clone())).collect() }
    }

    /// The product with one term.
    pub fn times_term(&self, monomial: &M, coefficient: &Rational) -> Laurent<M> {
        if coefficient.is_zero() {
            return Laurent::zero();
        }
        Laurent { terms: self.terms.iter().map(|(m, c)| (m.times(monomial), c * coefficient)).collect() }
    }

    /// Adds one term times a sum of terms, up to a monomial that `admit` refuses.
    fn add_products<'t, E>(
        &mut self,
        (monomial, coefficient): (&M, &Rational),
        terms: impl Iterator<Item = (&'t M, &'t Rational)>,
        admit: impl Fn(&M) -> Result<(), E>,
    ) -> Result<(), E>
    where
        M: 't,
    {
        for (m, c) in terms {
            let product = monomial.times(m);
            admit(&product)?;
            self.add_term(product, coefficient * c);
        }
        Ok(())
    }

    /// The product.
    pub fn times(&self, other: &Laurent<M>) -> Laurent<M> {
        let mut product = Laurent::zero();
        for term in &self.terms {
            let Ok(()) = product.add_products(term, other.terms.iter(), unbounded);
        }
        product
    }

    /// The power. That of one term is had at once.
    pub fn power(&self, exponent: u32) -> Laurent<M> {
        match (self.single(), i32::try_from(exponent)) {
            (Some((m, c)), Ok(n)) => Laurent::term(m.raised(n), c.pow(n as isize)),
            _ => (0..exponent).fold(Laurent::constant(Rational::ONE), |product, _| product.times(self)),
        }
    }

    /// The rational `c` for which `self / c` has coprime integer coefficients and a positive leading one;
    /// 1 for zero.
    pub fn content(&self) -> Rational {
        let content = content(self.terms.values()).unwrap_or(Rational::ONE);
        match self.leading() {
            Some((_, c)) if *c < Rational::ZERO => -content,
            _ => content,
        }
    }

    /// `(c, self / c)` with `c` the [`content`](Laurent::content).
    pub fn primitive(&self) -> (Rational, Laurent<M>) {
        let content = self.content();
        let primitive = self.scaled(&(Rational::ONE / &content));
        (content, primitive)
    }

    /// The greatest common monomial of the terms.
    pub fn common_monomial(&self) -> M {
        let mut monomials = self.terms.keys();
        let Some(first) = monomials.next() else { return M::one() };
        monomials.fold(first.clone(), |common, m| common.common(m))
    }

    /// c, m, f with self = c·m·f: the content, the common monomial, and what is left. Zero gives `None`.
    pub fn factored(&self) -> Option<(Rational, M, Laurent<M>)> {
        if self.is_zero() {
            return None;
        }
        let (content, common) = (self.content(), self.common_monomial());
        let rest = self.times_term(&common.inverse(), &(Rational::ONE / &content));
        Some((content, common, rest))
    }

    /// The terms gathered by a key of their own, keys in order.
    pub fn group_by<K: Ord>(&self, key: impl Fn(&M, &Rational) -> K) -> Vec<(K, Laurent<M>)> {
        let mut groups: BTreeMap<K, Laurent<M>> = BTreeMap::new();
        for (m, c) in &self.terms {
            groups.entry(key(m, c)).or_insert_with(Laurent::zero).add_term(m.clone(), c.clone());
        }
        groups.into_iter().collect()
    }

    /// Quotient and remainder by a single divisor: its leading monomial can be taken out of no monomial of
    /// the remainder. `None` for a divisor of zero, or where it takes too much.
    pub fn divide(&self, divisor: &Laurent<M>) -> Option<(Laurent<M>, Laurent<M>)> {
        let mut remainder = Laurent::zero();
        let quotient = self.reduce(divisor, |m, c| {
            remainder.add_term(m, c);
            Some(remainder.len())
        })?;
        Some((quotient, remainder))
    }

    /// The quotient where `divisor` divides exactly.
    pub fn exact_quotient(&self, divisor: &Laurent<M>) -> Option<Laurent<M>> {
        self.reduce(divisor, |_, _| None)
    }

    /// The quotient. A term that cannot be divided goes to `leave`, which gives how many it has by then, or
    /// ends the division.
    fn reduce(
        &self,
        divisor: &Laurent<M>,
        mut leave: impl FnMut(M, Rational) -> Option<usize>,
    ) -> Option<Laurent<M>> {
        let (lead, lead_coefficient) = divisor.leading()?;
        let (mut rest, mut quotient, mut left) = (self.clone(), Laurent::zero(), 0);
        while let Some((m, c)) = rest.pop_leading() {
            if quotient.len() + left >= M::EFFORT.steps || rest.len() > M::EFFORT.rest {
                return None;
            }
            let Some(ratio) = m.quotient(lead) else {
                left = leave(m, c)?;
                continue;
            };
            let factor = c / lead_coefficient;
            // The leading terms cancel: the one has been taken off, the other is left out.
            let Ok(()) = rest.add_products((&ratio, &-&factor), divisor.tail(), unbounded);
            quotient.add_term(ratio, factor);
        }
        Some(quotient)
    }
}

impl<M: Bounded> Laurent<M> {
    /// The product, within the bounds of the monomials.
    pub fn try_times(&self, other: &Laurent<M>) -> Result<Laurent<M>, TooLarge> {
        let admit = |m: &M| if m.largest_exponent() > M::EXPONENT { Err(TooLarge) } else { Ok(()) };
        let mut product = Laurent::zero();
        for term in &self.terms {
            product.add_products(term, other.terms.iter(), admit)?;
            if product.len() > M::TERMS {
                return Err(TooLarge);
            }
        }
        Ok(product)
    }

    /// The power, within the bounds of the monomials.
    pub fn try_power(&self, exponent: u32) -> Result<Laurent<M>, TooLarge> {
        let single = self.single().map(|(m, _)| m.largest_exponent().max(1));
        if exponent > single.map_or(M::POWER, |largest| M::EXPONENT / largest) {
            return Err(TooLarge);
        }
        if single.is_some() {
            return Ok(self.power(exponent));
        }
        (0..exponent).try_fold(Laurent::constant(Rational::ONE), |product, _| product.try_times(self))
    }
}

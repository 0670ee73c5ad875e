//! Powers of 2cos(π/N) as what a reader knows: one cosine, one square root, or a sum of cosines.

use std::collections::BTreeMap;

use dashu_int::IBig;

use crate::algebra::cyclotomic::Cosines;
use crate::algebra::tower::{Generator, Tower};
use crate::algebra::{Polynomial, RationalPolynomial};
use crate::expr::Rational;

/// Primes whose square roots are looked for.
const PRIMES: [u32; 15] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47];

/// The value in cosines and roots, and a tower that holds these beyond its own ring variables; `None` where
/// no power of 2cos(π/N) occurs.
pub(super) fn spelled(tower: &Tower, value: &RationalPolynomial) -> Option<(Tower, RationalPolynomial)> {
    let (variable, field) = tower.cosines()?;
    let numerator = value.numerator();
    if !numerator.contains(variable) {
        return None;
    }
    let size = field.degree() as usize;
    let mut groups: BTreeMap<Vec<(usize, u32)>, Vec<IBig>> = BTreeMap::new();
    for (mut monomial, coefficient) in numerator.terms() {
        let power = monomial.iter().find(|(v, _)| *v == variable).map_or(0, |&(_, e)| e as usize);
        monomial.retain(|(v, _)| *v != variable);
        // Only reduced values have a place for every power.
        *groups.entry(monomial).or_insert_with(|| vec![IBig::ZERO; size]).get_mut(power)? += coefficient;
    }
    let mut spelling = Spelling { tower: tower.clone(), field: field.clone(), known: BTreeMap::new() };
    let mut sum = Vec::new();
    for (monomial, coordinates) in groups {
        let outer = RationalPolynomial::from(Polynomial::from_terms([(monomial, IBig::ONE)]).ok()?);
        for (factor, number) in spelling.number(&coordinates) {
            let term = match number {
                Some(number) => outer.times(&RationalPolynomial::variable(number)).ok()?,
                None => outer.clone(),
            };
            sum.push(term.scaled(&factor));
        }
    }
    let sum = RationalPolynomial::sum(&sum);
    let below = sum.denominator() * value.denominator();
    Some((spelling.tower, RationalPolynomial::new(sum.numerator().clone(), below)))
}

/// √prime, for a number with these coordinates that is one.
pub(in crate::algebra) fn prime_with_root(field: &Cosines, coordinates: &[IBig]) -> Option<u32> {
    PRIMES.into_iter().find(|&p| field.root_of_prime(p).is_some_and(|root| root == coordinates))
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Number {
    Root(u32),
    Cosine(u32),
}

struct Spelling {
    tower: Tower,
    field: Cosines,
    known: BTreeMap<Number, usize>,
}

impl Spelling {
    /// The number as a combination of ring variables and 1.
    fn number(&mut self, coordinates: &[IBig]) -> Vec<(Rational, Option<usize>)> {
        if coordinates[1..].iter().all(IBig::is_zero) {
            return vec![(Rational::from(coordinates[0].clone()), None)];
        }
        for prime in PRIMES {
            if let Some(factor) = self.field.root_of_prime(prime).and_then(|r| ratio(coordinates, &r)) {
                return vec![(factor, Some(self.variable(Number::Root(prime))))];
            }
        }
        for k in 1..=self.field.parts() / 2 {
            if let Some(factor) = ratio(coordinates, &self.field.twice_cosine(k.into())) {
                return vec![(factor * Rational::from(2), Some(self.variable(Number::Cosine(k))))];
            }
        }
        let constants: Vec<Polynomial> =
            coordinates.iter().map(|c| Polynomial::constant(c.clone())).collect();
        let parts = self.field.in_cosines(&constants);
        let parts = parts.into_iter().enumerate().filter(|(_, part)| !part.is_zero());
        parts
            .map(|(k, part)| {
                let variable = (k > 0).then(|| self.variable(Number::Cosine(k as u32)));
                (Rational::from(part.coefficient(0)), variable)
            })
            .collect()
    }

    fn variable(&mut self, number: Number) -> usize {
        if let Some(&known) = self.known.get(&number) {
            return known;
        }
        let generator = match number {
            Number::Root(prime) => Generator::Root { radicand: Polynomial::constant(prime).into(), index: 2 },
            Number::Cosine(multiple) => Generator::CosineOfPi { multiple, parts: self.field.parts() },
        };
        let variable = self.tower.push(generator);
        self.known.insert(number, variable);
        variable
    }
}

/// `a / b`, if that is a rational.
fn ratio(a: &[IBig], b: &[IBig]) -> Option<Rational> {
    let lead = b.iter().position(|c| !c.is_zero())?;
    if a[lead].is_zero() {
        return None;
    }
    let proportional = a.iter().zip(b).all(|(x, y)| x * &b[lead] == y * &a[lead]);
    proportional.then(|| Rational::from_parts_signed(a[lead].clone(), b[lead].clone()))
}

//! Identities of the arithmetic on random polynomials, for every kind of monomial to be held to.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Bounded, Laurent, PowerProduct, TooLarge};
use crate::expr::Rational;

const ROUNDS: usize = 60;

/// A random monomial with exponents from the one given.
pub trait Random<M>: Fn(&mut ChaCha8Rng, i32) -> M {}

impl<M, F: Fn(&mut ChaCha8Rng, i32) -> M> Random<M> for F {}

fn rational(random: &mut ChaCha8Rng) -> Rational {
    Rational::from_parts(random.random_range(-6..=6).into(), random.random_range(1u8..=4).into())
}

/// A few terms with exponents from `lowest`, perhaps none.
fn polynomial<M: PowerProduct>(
    random: &mut ChaCha8Rng,
    monomial: &impl Random<M>,
    lowest: i32,
) -> Laurent<M> {
    let count = random.random_range(0..=4);
    Laurent::from_terms((0..count).map(|_| (monomial(random, lowest), rational(random))))
}

/// Checks every identity. Monomials with exponents from zero must have an order that multiplication keeps.
pub fn hold<M: PowerProduct>(monomial: impl Random<M>) {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    for _ in 0..ROUNDS {
        let [a, b, c] = [(); 3].map(|()| polynomial(&mut random, &monomial, -2));
        ring(&a, &b, &c);
        let term = (monomial(&mut random, -2), rational(&mut random));
        multiples(&a, &term);
        powers(&a, &term);
        parts(&a);
        let [a, b, c] = [(); 3].map(|()| polynomial(&mut random, &monomial, 0));
        division(&a, &b, &c);
    }
}

fn ring<M: PowerProduct>(a: &Laurent<M>, b: &Laurent<M>, c: &Laurent<M>) {
    let (zero, one) = (Laurent::zero(), Laurent::constant(Rational::ONE));
    assert_eq!(a.plus(b), b.plus(a));
    assert_eq!(a.plus(b).plus(c), a.plus(&b.plus(c)));
    assert_eq!(a.plus(&zero), *a);
    assert_eq!(a.times(b), b.times(a));
    assert_eq!(a.times(b).times(c), a.times(&b.times(c)));
    assert_eq!(a.times(&b.plus(c)), a.times(b).plus(&a.times(c)));
    assert_eq!(a.times(&one), *a);
    assert_eq!(a.minus(b), a.plus(&b.negated()));
    assert!(a.minus(a).is_zero() && a.times(&zero).is_zero());
    let mut sum = a.clone();
    sum.absorb(b.clone());
    assert_eq!(sum, a.plus(b));
}

fn multiples<M: PowerProduct>(a: &Laurent<M>, (monomial, coefficient): &(M, Rational)) {
    let term = Laurent::term(monomial.clone(), coefficient.clone());
    assert_eq!(a.times_term(monomial, coefficient), a.times(&term));
    assert_eq!(a.scaled(coefficient), a.times(&Laurent::constant(coefficient.clone())));
    assert_eq!(a.negated(), a.scaled(&-Rational::ONE));
    assert_eq!(Laurent::<M>::constant(coefficient.clone()).as_constant(), Some(coefficient.clone()));
    assert!(monomial.times(&monomial.inverse()).is_one());
    assert_eq!(term.as_constant().is_some(), monomial.is_one() || coefficient.is_zero());
}

fn powers<M: PowerProduct>(a: &Laurent<M>, (monomial, coefficient): &(M, Rational)) {
    assert_eq!(a.power(0), Laurent::constant(Rational::ONE));
    assert_eq!(a.power(3), a.times(a).times(a));
    let term = Laurent::term(monomial.clone(), coefficient.clone());
    assert_eq!(term.power(3), term.times(&term).times(&term));
}

fn parts<M: PowerProduct>(a: &Laurent<M>) {
    let (content, primitive) = a.primitive();
    assert_eq!(primitive.scaled(&content), *a);
    assert_eq!(primitive.content(), Rational::ONE);
    assert!(primitive.leading().is_none_or(|(_, c)| *c > Rational::ZERO && c.is_int()));
    match a.factored() {
        None => assert!(a.is_zero()),
        Some((c, m, rest)) => {
            assert_eq!((c.clone(), &m), (content, &a.common_monomial()));
            assert_eq!(rest.times_term(&m, &c), *a);
            assert!(rest.common_monomial().is_one());
        }
    }
    let groups = a.group_by(|m, c| (m.is_one(), c.clone()));
    assert_eq!(groups.iter().fold(Laurent::zero(), |sum, (_, group)| sum.plus(group)), *a);
    assert!(groups.iter().all(|((_, c), group)| group.terms().all(|(_, own)| own == c)));
}

/// For polynomials without negative exponents.
fn division<M: PowerProduct>(a: &Laurent<M>, b: &Laurent<M>, c: &Laurent<M>) {
    let product = a.times(b);
    let Some((lead, coefficient)) = b.leading() else {
        assert_eq!((a.divide(b), a.exact_quotient(b)), (None, None));
        return;
    };
    assert_eq!(product.exact_quotient(b).as_ref(), Some(a));
    if let Some((m, c)) = a.leading() {
        assert_eq!(product.leading(), Some((&m.times(lead), &(c * coefficient))));
    }
    let (quotient, remainder) = c.divide(b).expect("a small division");
    assert_eq!(quotient.times(b).plus(&remainder), *c);
    assert!(remainder.monomials().all(|m| m.quotient(lead).is_none()));
    assert_eq!(c.exact_quotient(b), remainder.is_zero().then_some(quotient));
}

/// Checks that what stays within bounds is what it is without them, and what does not is refused.
pub fn hold_within_bounds<M: Bounded>(monomial: impl Random<M>) {
    let mut random = ChaCha8Rng::seed_from_u64(2);
    for _ in 0..ROUNDS {
        let [a, b] = [(); 2].map(|()| polynomial(&mut random, &monomial, -2));
        assert_eq!(a.try_times(&b), Ok(a.times(&b)));
        assert_eq!(a.try_power(3), Ok(a.power(3)));
        let term = |m: M| Laurent::term(m, Rational::ONE);
        let m = monomial(&mut random, 1);
        let large = term(m.raised((M::EXPONENT / m.largest_exponent()) as i32));
        assert_eq!(large.try_times(&term(m.clone())), Err(TooLarge));
        assert_eq!(term(m.clone()).try_power(M::EXPONENT + 1), Err(TooLarge));
        let sum = term(m).plus(&Laurent::constant(Rational::ONE));
        assert_eq!(sum.try_power(M::POWER + 1), Err(TooLarge));
    }
}

//! Polynomials alone: their ring, division, common divisors and roots.

use dashu_int::IBig;
use liouville_kernel::algebra::polynomial::by_remainders;
use liouville_kernel::algebra::{AlgebraError, MAX_EXPONENT, Polynomial};

use crate::random::Random;

/// A polynomial with up to `terms` terms in `variables`, exponents up to `degree`.
fn random(rng: &mut Random, variables: &[usize], terms: usize, degree: u32, height: i64) -> Polynomial {
    let count = rng.random_range(1..=terms);
    let mut list = Vec::new();
    for _ in 0..count {
        let monomial = variables.iter().map(|&v| (v, rng.random_range(0..=degree))).collect();
        list.push((monomial, IBig::from(rng.random_range(-height..=height))));
    }
    Polynomial::from_terms(list).expect("small exponents")
}

/// The value at small integers.
fn value(p: &Polynomial, at: &[i64]) -> IBig {
    p.terms()
        .map(|(m, c)| m.into_iter().fold(c, |product, (v, e)| product * IBig::from(at[v]).pow(e as usize)))
        .fold(IBig::ZERO, |a, b| a + b)
}

const SCATTERED: [usize; 4] = [0, 3, 5, 9];
const POINT: [i64; 10] = [2, 0, 0, -3, 0, 5, 0, 0, 0, 7];

#[test]
fn ring_identities_hold_and_agree_with_values() {
    let mut rng = Random::new(1);
    for round in 0..200 {
        let height = if round % 3 == 0 { i64::MAX / 2 } else { 9 };
        let [a, b, c] = std::array::from_fn(|_| random(&mut rng, &SCATTERED, 12, 3, height));
        let product = a.times(&b).unwrap();
        assert_eq!(product, b.times(&a).unwrap());
        assert_eq!(product.times(&c).unwrap(), a.times(&b.times(&c).unwrap()).unwrap());
        assert_eq!(a.plus(&b).times(&c).unwrap(), a.times(&c).unwrap().plus(&b.times(&c).unwrap()));
        assert_eq!(value(&product, &POINT), value(&a, &POINT) * value(&b, &POINT));
        assert_eq!(a.minus(&b).plus(&b), a);
        assert!(a.minus(&a).is_zero());
        assert_eq!(Polynomial::sum([&a, &b, &c]), a.plus(&b).plus(&c));
        assert_eq!(a.degrees(), (0..a.variable_bound()).map(|v| a.degree(v)).collect::<Vec<_>>());
        let leibniz = a.derivative(3).times(&b).unwrap().plus(&a.times(&b.derivative(3)).unwrap());
        assert_eq!(product.derivative(3), leibniz);
    }
}

#[test]
fn large_products_agree_whichever_way_they_are_gathered() {
    let mut rng = Random::new(2);
    let a = random(&mut rng, &[0, 1], 120, 40, 9);
    let b = random(&mut rng, &[0, 1], 120, 40, 9);
    let dense = a.times(&b).unwrap();
    // The same with exponents spread out, so that a box would be too large.
    let spread = |p: &Polynomial, k: u32| {
        let widen = |(m, c): (Vec<(usize, u32)>, IBig)| (m.into_iter().map(|(v, e)| (v, e * k)).collect(), c);
        Polynomial::from_terms(p.terms().map(widen)).unwrap()
    };
    assert_eq!(spread(&a, 300).times(&spread(&b, 300)).unwrap(), spread(&dense, 300));
    // And in so many variables that no machine number holds a monomial.
    let many = (0..60).map(|v| (vec![(v, 300)], IBig::ONE));
    let wide = Polynomial::from_terms(many).unwrap();
    let square = wide.times(&wide).unwrap();
    assert_eq!(square.len(), 60 * 61 / 2);
    assert_eq!(square.exact_quotient(&wide), Some(wide));
}

#[test]
fn exact_division_undoes_multiplication_and_refuses_otherwise() {
    let mut rng = Random::new(3);
    for round in 0..200 {
        let height = if round % 3 == 0 { i64::MAX / 2 } else { 9 };
        let a = random(&mut rng, &SCATTERED, 8, 3, height);
        let b = random(&mut rng, &SCATTERED, 8, 3, height);
        if b.is_zero() {
            continue;
        }
        let product = a.times(&b).unwrap();
        assert_eq!(product.exact_quotient(&b), Some(a.clone()));
        if !b.is_constant() {
            let off = product.plus(&Polynomial::one());
            if let Some(quotient) = off.exact_quotient(&b) {
                assert_eq!(quotient.times(&b).unwrap(), off);
            }
            let main = b.variables()[0];
            assert!(!product.is_surely_not_divisible_by(&b, main));
        }
    }
}

#[test]
fn gcd_finds_planted_factors() {
    let mut rng = Random::new(4);
    for round in 0..150 {
        let variables: &[usize] = if round % 2 == 0 { &SCATTERED } else { &[0, 1, 2, 3, 4, 5] };
        let [a, b, g] = std::array::from_fn(|_| random(&mut rng, variables, 5, 2, 9));
        if a.is_zero() || b.is_zero() || g.is_zero() {
            continue;
        }
        let (left, right) = (a.times(&g).unwrap(), b.times(&g).unwrap());
        let gcd = left.gcd(&right).unwrap();
        assert!(!gcd.leading_is_negative());
        let (l, r) = (left.exact_quotient(&gcd).unwrap(), right.exact_quotient(&gcd).unwrap());
        assert!(gcd.exact_quotient(&g).is_some(), "planted {g:?} in {gcd:?}");
        assert!(l.gcd(&r).unwrap().is_one());
        let main = gcd.variables().first().copied().unwrap_or(0);
        if !gcd.is_constant() {
            let slow = by_remainders(&left, &right, main).unwrap();
            assert_eq!(slow.primitive_part(), gcd.primitive_part());
        }
    }
}

#[test]
fn square_roots_and_splitting() {
    let mut rng = Random::new(5);
    for _ in 0..100 {
        let a = random(&mut rng, &SCATTERED, 6, 2, 9);
        let square = a.times(&a).unwrap();
        let root = square.square_root().unwrap();
        assert!(root == a || root == a.negated());
        assert!(square.plus(&Polynomial::variable(1)).square_root().is_none());
    }
    let (x, y, z) = (Polynomial::variable(0), Polynomial::variable(1), Polynomial::variable(2));
    let product = |list: &[&Polynomial]| list.iter().fold(Polynomial::one(), |p, q| p.times(q).unwrap());
    let (sum, difference) = (x.plus(&y), x.minus(&y));
    let circle = product(&[&x, &x]).plus(&product(&[&y, &y])).plus(&product(&[&z, &z]));
    let whole = product(&[&sum, &sum, &sum, &difference, &circle, &circle, &z, &x.plus(&Polynomial::one())]);
    let factors = whole.split().unwrap();
    assert_eq!(factors.len(), 5);
    let rebuilt =
        factors.iter().fold(Polynomial::one(), |p, (f, e)| p.times(&f.to_power(*e).unwrap()).unwrap());
    assert!(rebuilt == whole || rebuilt == whole.negated());
}

#[test]
fn sizes_out_of_reach_are_refused_at_once() {
    let (x, y) = (Polynomial::variable(0), Polynomial::variable(1));
    assert_eq!(x.to_power(1_000_000_000), Err(AlgebraError::ExponentTooLarge));
    assert_eq!(x.plus(&y).to_power(100_000), Err(AlgebraError::ExponentTooLarge));
    assert_eq!(x.plus(&y).to_power(30_000), Err(AlgebraError::TooLarge));
    let top = x.to_power(MAX_EXPONENT).unwrap();
    assert_eq!(top.times(&x), Err(AlgebraError::ExponentTooLarge));
    assert_eq!(top.plus(&y).times(&x.plus(&y)), Err(AlgebraError::ExponentTooLarge));
}

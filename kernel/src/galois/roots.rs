//! All rational roots of a polynomial, without factoring integers.
//!
//! Modulo a prime ℓ that neither divides the leading coefficient a nor makes roots coincide, each rational root is a
//! simple root; Newton's iteration lifts it to a root modulo a power of ℓ. With x = a·root, an integer of size at most
//! |a| + max |aᵢ| (Cauchy), the lift fixes x, and the root is checked exactly. So none is missed.

use dashu_base::Abs;
use dashu_int::IBig;
use dashu_int::ops::DivEuclid;
use dashu_int::ops::RemEuclid;

use super::Univariate;
use crate::expr::Rational;

/// The first prime that is tried.
const FIRST_PRIME: u32 = 101;

/// The rational roots, each once, by increasing value.
pub(super) fn rational_roots(polynomial: &Univariate) -> Vec<Rational> {
    let mut found = Vec::new();
    let mut rest = polynomial.square_free_part();
    if rest.is_zero() {
        return found;
    }
    if rest.at(&Rational::ZERO).is_zero() {
        found.push(Rational::ZERO);
        rest = rest.without_root(&Rational::ZERO);
    }
    if rest.has_roots() {
        found.extend(of_square_free(&rest));
    }
    found.sort();
    found
}

/// The rational roots of a square-free polynomial.
fn of_square_free(polynomial: &Univariate) -> Vec<Rational> {
    let integers = polynomial.primitive();
    let slopes: Vec<IBig> =
        integers.iter().enumerate().skip(1).map(|(power, c)| c * IBig::from(power)).collect();
    let leading = integers.last().cloned().unwrap_or(IBig::ONE);
    let largest = integers.iter().map(|c| c.clone().abs()).max().unwrap_or(IBig::ONE);
    let bound = IBig::from(4) * (largest + IBig::ONE);
    // Finitely many primes divide the leading coefficient or the discriminant: one of the others comes.
    let prime = (FIRST_PRIME..)
        .step_by(2)
        .filter(|&n| (3..).step_by(2).take_while(|d| d * d <= n).all(|d| n % d != 0))
        .map(IBig::from)
        .find(|prime| is_good(&integers, &slopes, &leading, prime));
    let Some(prime) = prime else { return Vec::new() };
    let mut found = Vec::new();
    for start in simple_roots(&integers, &prime) {
        let (lifted, modulus) = lifted(&integers, &slopes, start, &prime, &bound);
        let product = (&leading * lifted).rem_euclid(&modulus);
        let signed = if IBig::from(2) * IBig::from(product.clone()) > modulus {
            IBig::from(product) - &modulus
        } else {
            product.into()
        };
        let candidate = Rational::from(signed) / Rational::from(leading.clone());
        if polynomial.at(&candidate).is_zero() {
            found.push(candidate);
        }
    }
    found
}

/// Whether the degree stays and all roots modulo the prime are simple.
fn is_good(integers: &[IBig], slopes: &[IBig], leading: &IBig, prime: &IBig) -> bool {
    !(leading % prime).is_zero()
        && simple_roots(integers, prime).iter().all(|root| !at(slopes, root, prime).is_zero())
}

/// The roots modulo a small prime.
fn simple_roots(integers: &[IBig], prime: &IBig) -> Vec<IBig> {
    let mut all = Vec::new();
    let mut x = IBig::ZERO;
    while x < *prime {
        if at(integers, &x, prime).is_zero() {
            all.push(x.clone());
        }
        x += IBig::ONE;
    }
    all
}

/// The root modulo a power of the prime above the bound, and that power.
fn lifted(integers: &[IBig], slopes: &[IBig], start: IBig, prime: &IBig, bound: &IBig) -> (IBig, IBig) {
    let (mut root, mut modulus) = (start, prime.clone());
    let mut inverse = inverse_modulo(&at(slopes, &root, prime), prime);
    while modulus <= *bound {
        modulus = &modulus * &modulus;
        root = IBig::from((&root - at(integers, &root, &modulus) * &inverse).rem_euclid(&modulus));
        // The inverse of the slope is right to as many digits as the root: y ↦ y(2 − f′(x)y).
        let twice = IBig::from(2) - at(slopes, &root, &modulus) * &inverse;
        inverse = IBig::from((inverse * twice).rem_euclid(&modulus));
    }
    (root, modulus)
}

/// The value of the polynomial modulo m.
fn at(integers: &[IBig], x: &IBig, modulus: &IBig) -> IBig {
    integers.iter().rev().fold(IBig::ZERO, |sum, c| IBig::from((sum * x + c).rem_euclid(modulus)))
}

/// The inverse modulo a prime by Euclid's algorithm; 0 has none and gives 0.
fn inverse_modulo(value: &IBig, prime: &IBig) -> IBig {
    let (mut a, mut b) = (prime.clone(), value.clone());
    let (mut s, mut t) = (IBig::ZERO, IBig::ONE);
    while !b.is_zero() {
        let quotient = (&a).div_euclid(&b);
        let rest = &a - &quotient * &b;
        (a, b) = (b, rest);
        let next = &s - &quotient * &t;
        (s, t) = (t, next);
    }
    IBig::from(s.rem_euclid(prime))
}

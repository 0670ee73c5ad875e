//! Arithmetic in the prime fields F_p that exact linear algebra is done in.

use std::cmp::Ordering;

use dashu_int::{IBig, UBig};
use dashu_ratio::RBig;

/// The field F_p of a prime p below 2³¹; its elements are the numbers 0 … p−1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PrimeField {
    p: u32,
    /// ⌊2⁶⁴/p⌋, for reduction by multiplication (Barrett 1986).
    reciprocal: u64,
}

/// The primes used in turn, the first being 2147483579.
///
/// All are ≡ 11 mod 12 and none is 1 mod 5 or 7, so that square roots are single powers, cube, fifth
/// and seventh roots are unique, and every nonzero number has at most one square root that is itself
/// a square.
pub fn prime_fields() -> impl Iterator<Item = PrimeField> {
    (1..=2_147_483_579u32).rev().filter(|&p| suitable(p)).map(PrimeField::of_prime)
}

fn suitable(p: u32) -> bool {
    p % 12 == 11 && p % 5 != 1 && p % 7 != 1 && is_prime(p)
}

/// Deterministic Miller–Rabin test: the bases 2, 3, 5, 7 decide every number below 3.2·10⁹ (Jaeschke 1993).
fn is_prime(n: u32) -> bool {
    let small = [2u32, 3, 5, 7, 11, 13];
    if n < 2 {
        return false;
    }
    if let Some(&divisor) = small.iter().find(|&&d| n.is_multiple_of(d)) {
        return n == divisor;
    }
    let field = PrimeField::of_prime(n);
    let twos = (n - 1).trailing_zeros();
    small[..4].iter().all(|&base| {
        let mut power = field.power(base, u64::from((n - 1) >> twos));
        if power == 1 || power == n - 1 {
            return true;
        }
        (1..twos).any(|_| {
            power = field.multiply(power, power);
            power == n - 1
        })
    })
}

impl PrimeField {
    fn of_prime(p: u32) -> PrimeField {
        PrimeField { p, reciprocal: u64::MAX / u64::from(p) }
    }

    /// The prime p.
    pub fn modulus(self) -> u32 {
        self.p
    }

    /// x mod p.
    #[inline(always)]
    pub fn reduce(self, x: u64) -> u32 {
        let quotient = ((u128::from(x) * u128::from(self.reciprocal)) >> 64) as u64;
        let mut rest = x - quotient * u64::from(self.p);
        while rest >= u64::from(self.p) {
            rest -= u64::from(self.p);
        }
        rest as u32
    }

    /// a + b.
    #[inline(always)]
    pub fn add(self, a: u32, b: u32) -> u32 {
        let sum = a + b;
        if sum >= self.p { sum - self.p } else { sum }
    }

    /// a − b.
    #[inline(always)]
    pub fn subtract(self, a: u32, b: u32) -> u32 {
        if a >= b { a - b } else { a + (self.p - b) }
    }

    /// −a.
    #[inline(always)]
    pub fn negate(self, a: u32) -> u32 {
        if a == 0 { 0 } else { self.p - a }
    }

    /// a·b.
    #[inline(always)]
    pub fn multiply(self, a: u32, b: u32) -> u32 {
        self.reduce(u64::from(a) * u64::from(b))
    }

    /// aⁿ.
    pub fn power(self, a: u32, mut n: u64) -> u32 {
        let (mut base, mut result) = (a, 1);
        while n > 0 {
            if n & 1 == 1 {
                result = self.multiply(result, base);
            }
            base = self.multiply(base, base);
            n >>= 1;
        }
        result
    }

    /// 1/a; `None` for zero.
    pub fn inverse(self, a: u32) -> Option<u32> {
        (a != 0).then(|| self.power(a, u64::from(self.p) - 2))
    }

    /// The element of an integer.
    pub fn of_integer(self, value: &IBig) -> u32 {
        let rest = match i64::try_from(value) {
            Ok(small) => small,
            Err(_) => i64::try_from(value % IBig::from(self.p)).unwrap_or(0),
        };
        rest.rem_euclid(i64::from(self.p)) as u32
    }

    /// The element of a rational; `None` where p divides its denominator.
    pub fn of_rational(self, value: &RBig) -> Option<u32> {
        let numerator = self.of_integer(value.numerator());
        if value.is_int() {
            return Some(numerator);
        }
        let denominator = self.of_integer(&IBig::from(value.denominator().clone()));
        Some(self.multiply(numerator, self.inverse(denominator)?))
    }

    /// The square root of a that is itself a square; `None` where a is no square.
    pub fn square_root(self, a: u32) -> Option<u32> {
        let root = self.power(a, (u64::from(self.p) + 1) / 4);
        (self.multiply(root, root) == a).then_some(root)
    }

    /// A k-th root of a; `None` where there is none, or where k shares an odd factor with p − 1.
    pub fn root(self, a: u32, k: u32) -> Option<u32> {
        let twos = k.trailing_zeros();
        let odd = u64::from(k >> twos);
        let order = u64::from(self.p) - 1;
        let mut root = a;
        if odd > 1 {
            let exponent = (1..odd).map(|i| i * order + 1).find(|n| n % odd == 0)? / odd;
            root = self.power(root, exponent);
        }
        for _ in 0..twos {
            root = self.square_root(root)?;
        }
        Some(root)
    }
}

/// The rational n/d with |n|, d ≤ √(m/2) that is `residue` modulo `modulus`, if there is one
/// (Wang 1981: the extended Euclidean algorithm stopped half way).
pub fn rational_reconstruction(residue: &UBig, modulus: &UBig) -> Option<RBig> {
    let bound = IBig::from(dashu_base::SquareRoot::sqrt(&(modulus / UBig::from(2u8))));
    let (mut r0, mut r1) = (IBig::from(modulus.clone()), IBig::from(residue.clone()));
    let (mut t0, mut t1) = (IBig::ZERO, IBig::ONE);
    while r1 > bound {
        let quotient = &r0 / &r1;
        let r2 = &r0 - &quotient * &r1;
        let t2 = &t0 - &quotient * &t1;
        (r0, r1, t0, t1) = (r1, r2, t1, t2);
    }
    let (numerator, denominator) = match t1.cmp(&IBig::ZERO) {
        Ordering::Equal => return None,
        Ordering::Less => (-r1, -t1),
        Ordering::Greater => (r1, t1),
    };
    if denominator > bound {
        return None;
    }
    let denominator = UBig::try_from(denominator).ok()?;
    let value = RBig::from_parts(numerator, denominator.clone());
    (value.denominator() == &denominator).then_some(value)
}

/// A number known modulo a growing product of primes (Chinese remainder theorem).
#[derive(Clone, Debug)]
pub struct Residues {
    modulus: UBig,
    values: Vec<UBig>,
}

impl Residues {
    /// Numbers known modulo the first prime.
    pub fn new(field: PrimeField, values: &[u32]) -> Residues {
        Residues { modulus: UBig::from(field.p), values: values.iter().map(|&v| UBig::from(v)).collect() }
    }

    /// Adds their values modulo a further prime.
    pub fn extend(&mut self, field: PrimeField, values: &[u32]) {
        let modulus = field.of_integer(&IBig::from(self.modulus.clone()));
        let inverse = field.inverse(modulus).unwrap_or(0);
        for (value, &wanted) in self.values.iter_mut().zip(values) {
            let have = field.of_integer(&IBig::from(value.clone()));
            let step = field.multiply(field.subtract(wanted, have), inverse);
            *value += &self.modulus * UBig::from(step);
        }
        self.modulus *= UBig::from(field.p);
    }

    /// The rationals of smallest height with these residues, if there are any.
    pub fn rationals(&self) -> Option<Vec<RBig>> {
        self.values.iter().map(|value| rational_reconstruction(value, &self.modulus)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn primes_are_as_promised() {
        let primes: Vec<u32> = prime_fields().take(12).map(PrimeField::modulus).collect();
        assert_eq!(primes[0], 2_147_483_579);
        assert!(primes.iter().all(|p| p % 12 == 11 && p % 5 != 1 && p % 7 != 1));
        assert!(primes.windows(2).all(|w| w[0] > w[1]));
    }

    #[test]
    fn roots_and_inverses() {
        let field = prime_fields().next().expect("a prime");
        for a in [2u32, 3, 10, 12345, 2_000_000_011] {
            assert_eq!(field.multiply(a, field.inverse(a).expect("nonzero")), 1);
            for k in [2u32, 3, 4, 5, 6, 7, 12] {
                let power = field.power(a, u64::from(k));
                let root = field.root(power, k).expect("a power has a root");
                assert_eq!(field.power(root, u64::from(k)), power);
            }
        }
        assert_eq!(field.inverse(0), None);
    }

    #[test]
    fn rationals_come_back() {
        let fields: Vec<PrimeField> = prime_fields().take(3).collect();
        for (n, d) in [(1i64, 2u32), (-7, 3), (6_943_586_807, 317_520_000), (-22, 7), (0, 1)] {
            let value = RBig::from_parts(IBig::from(n), UBig::from(d));
            let image = |f: PrimeField| f.of_rational(&value).expect("small denominator");
            let mut residues = Residues::new(fields[0], &[image(fields[0])]);
            fields[1..].iter().for_each(|&f| residues.extend(f, &[image(f)]));
            assert_eq!(residues.rationals(), Some(vec![value]));
        }
    }
}

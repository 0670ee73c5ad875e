//! Counting modulo primes.

use dashu_int::IBig;

/// The prime 2^61 − 1.
pub(crate) const PRIME: u64 = (1 << 61) - 1;
/// The prime below it. What vanishes modulo one of the two by the chance of its coefficients does not do so
/// modulo the other.
const SECOND_PRIME: u64 = (1 << 61) - 31;

/// A prime to count by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Modulus(u64);

impl Modulus {
    /// The one that quick shortcuts go by.
    pub(crate) const FIRST: Modulus = Modulus(PRIME);

    /// Both primes in turn.
    pub(crate) fn in_turn(number: u64) -> Modulus {
        if number.is_multiple_of(2) { Modulus::FIRST } else { Modulus(SECOND_PRIME) }
    }

    /// The prime itself.
    pub(crate) fn prime(self) -> u64 {
        self.0
    }

    #[inline]
    pub(crate) fn multiply(self, a: u64, b: u64) -> u64 {
        let product = u128::from(a) * u128::from(b);
        if self != Modulus::FIRST {
            return (product % u128::from(self.0)) as u64;
        }
        let folded = (product as u64 & PRIME) + (product >> 61) as u64;
        if folded >= PRIME { folded - PRIME } else { folded }
    }

    #[inline]
    pub(crate) fn add(self, a: u64, b: u64) -> u64 {
        let sum = a + b;
        if sum >= self.0 { sum - self.0 } else { sum }
    }

    /// a − b·c.
    #[inline]
    pub(crate) fn subtract_product(self, a: u64, b: u64, c: u64) -> u64 {
        self.add(a, self.0 - self.multiply(b, c))
    }

    fn power(self, mut base: u64, mut exponent: u64) -> u64 {
        let mut result = 1;
        while exponent > 0 {
            if exponent & 1 == 1 {
                result = self.multiply(result, base);
            }
            base = self.multiply(base, base);
            exponent >>= 1;
        }
        result
    }

    /// 1/value, for a value that is not 0.
    pub(crate) fn inverse(self, value: u64) -> u64 {
        self.power(value, self.0 - 2)
    }

    /// The residue of an integer.
    pub(crate) fn residue_of(self, value: &IBig) -> u64 {
        let remainder = i64::try_from(value % IBig::from(self.0)).unwrap_or(0);
        remainder.rem_euclid(self.0 as i64) as u64
    }

    /// A residue of [`sample`].
    pub(crate) fn sample(self, salt: u64, variable: usize) -> u64 {
        sample(salt, variable) % self.0
    }
}

/// Fixed pseudo-random residues: the point number `salt`, coordinate `variable` (splitmix64).
pub(crate) fn sample(salt: u64, variable: usize) -> u64 {
    let mut z = (salt << 32 | variable as u64).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) % PRIME
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test of Miller and Rabin, which is a proof for numbers of 64 bits with these bases.
    fn is_prime(n: u64) -> bool {
        let power = |mut base: u64, mut exponent: u64| {
            let mut result = 1u64;
            while exponent > 0 {
                if exponent & 1 == 1 {
                    result = (u128::from(result) * u128::from(base) % u128::from(n)) as u64;
                }
                base = (u128::from(base) * u128::from(base) % u128::from(n)) as u64;
                exponent >>= 1;
            }
            result
        };
        let twos = (n - 1).trailing_zeros();
        [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37].into_iter().all(|base| {
            let odd = (n - 1) >> twos;
            power(base, odd) == 1 || (0..twos).any(|k| power(base, odd << k) == n - 1)
        })
    }

    #[test]
    fn both_moduli_are_prime() {
        assert!(is_prime(PRIME) && is_prime(SECOND_PRIME));
        assert!(!is_prime(PRIME - 2) && !is_prime(u64::from(u32::MAX) * 3));
    }

    #[test]
    fn both_moduli_make_fields() {
        for number in 0..2 {
            let modulus = Modulus::in_turn(number);
            for salt in 0..40 {
                let (a, b) = (modulus.sample(salt, 0), modulus.sample(salt, 1));
                let plain = (u128::from(a) * u128::from(b) % u128::from(modulus.0)) as u64;
                assert_eq!(modulus.multiply(a, b), plain);
                assert_eq!(modulus.multiply(a, modulus.inverse(a)), 1);
                assert_eq!(modulus.subtract_product(modulus.add(a, plain), a, b), a);
            }
            assert_eq!(modulus.residue_of(&IBig::from(-1)), modulus.0 - 1);
        }
    }
}

//! Images modulo a prime: quick, exact answers to "certainly coprime" and "certainly no divisor".

use dashu_int::IBig;

use super::Polynomial;
use super::coefficient::Coefficients;
use crate::algebra::work;

/// The prime 2^61 − 1.
pub(crate) const PRIME: u64 = (1 << 61) - 1;

pub(crate) fn multiply(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    let folded = (product as u64 & PRIME) + (product >> 61) as u64;
    if folded >= PRIME { folded - PRIME } else { folded }
}

fn add(a: u64, b: u64) -> u64 {
    let sum = a + b;
    if sum >= PRIME { sum - PRIME } else { sum }
}

fn power(mut base: u64, mut exponent: u64) -> u64 {
    let mut result = 1;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = multiply(result, base);
        }
        base = multiply(base, base);
        exponent >>= 1;
    }
    result
}

/// Fixed pseudo-random residues: the point number `salt`, coordinate `variable` (splitmix64).
pub(crate) fn sample(salt: u64, variable: usize) -> u64 {
    let mut z = (salt << 32 | variable as u64).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) % PRIME
}

impl Coefficients {
    fn residue(&self, index: usize) -> u64 {
        match self {
            Coefficients::Machine(values) => values[index].rem_euclid(PRIME as i64) as u64,
            Coefficients::Big(values) => residue_of(&values[index]),
        }
    }
}

impl Polynomial {
    /// The image modulo [`PRIME`] as a polynomial in `main`, the other variables at the point `salt`:
    /// coefficients by increasing power, without leading zeros.
    pub(super) fn image(&self, main: usize, salt: u64) -> Vec<u64> {
        let tables: Vec<(usize, Vec<u64>)> = (self.degrees().into_iter().enumerate())
            .filter(|&(v, degree)| degree > 0 && v != main)
            .map(|(v, degree)| (v, power_table(sample(salt, v), degree)))
            .collect();
        if work::spend(self.len() * (1 + tables.len())).is_err() {
            return Vec::new();
        }
        let mut image = Vec::new();
        for index in 0..self.len() {
            let mut value = self.coefficients.residue(index);
            for (variable, powers) in &tables {
                let exponent = self.exponent(index, *variable) as usize;
                if exponent > 0 {
                    value = multiply(value, powers[exponent]);
                }
            }
            let at = self.exponent(index, main) as usize;
            if at >= image.len() {
                image.resize(at + 1, 0);
            }
            image[at] = add(image[at], value);
        }
        trim(image)
    }
}

impl Polynomial {
    /// The value modulo [`PRIME`] at residues of the variables.
    pub(crate) fn residue_at(&self, values: &[u64]) -> u64 {
        let tables: Vec<(usize, Vec<u64>)> = (self.degrees().into_iter().enumerate())
            .filter(|&(_, degree)| degree > 0)
            .map(|(v, degree)| (v, power_table(values[v], degree)))
            .collect();
        let mut sum = 0;
        for index in 0..self.len() {
            let mut term = self.coefficients.residue(index);
            for (variable, powers) in &tables {
                let exponent = self.exponent(index, *variable) as usize;
                if exponent > 0 {
                    term = multiply(term, powers[exponent]);
                }
            }
            sum = add(sum, term);
        }
        sum
    }
}

fn power_table(value: u64, degree: u32) -> Vec<u64> {
    let mut powers = vec![1];
    (0..degree as usize).for_each(|k| powers.push(multiply(powers[k], value)));
    powers
}

/// 1/value modulo [`PRIME`], for a value that is not 0.
pub(crate) fn inverse(value: u64) -> u64 {
    power(value, PRIME - 2)
}

/// The residue of an integer.
pub(crate) fn residue_of(value: &IBig) -> u64 {
    let remainder = i64::try_from(value % IBig::from(PRIME)).unwrap_or(0);
    remainder.rem_euclid(PRIME as i64) as u64
}

/// a − b·c modulo [`PRIME`].
pub(crate) fn subtract_product(a: u64, b: u64, c: u64) -> u64 {
    add(a, PRIME - multiply(b, c))
}

fn trim(mut image: Vec<u64>) -> Vec<u64> {
    while image.last() == Some(&0) {
        image.pop();
    }
    image
}

/// The remainder of `a` by a non-zero `b`.
pub(super) fn remainder(mut a: Vec<u64>, b: &[u64]) -> Vec<u64> {
    let Some(&lead) = b.last() else { return a };
    let inverse = power(lead, PRIME - 2);
    while a.len() >= b.len() {
        let factor = multiply(a[a.len() - 1], inverse);
        let offset = a.len() - b.len();
        for (k, &value) in b.iter().enumerate() {
            let product = multiply(factor, value);
            a[offset + k] = add(a[offset + k], PRIME - product);
        }
        a.pop();
        a = trim(a);
    }
    a
}

/// The degree of the greatest common divisor of two non-zero images.
pub(super) fn gcd_degree(mut a: Vec<u64>, mut b: Vec<u64>) -> usize {
    while !b.is_empty() {
        (a, b) = (b.clone(), remainder(a, &b));
    }
    a.len().saturating_sub(1)
}

//! Images modulo a prime: quick, exact answers to "certainly coprime" and "certainly no divisor".

use super::Polynomial;
use super::coefficient::Coefficients;
use crate::algebra::modulus::{Modulus, PRIME, sample};
use crate::algebra::work;

fn multiply(a: u64, b: u64) -> u64 {
    Modulus::FIRST.multiply(a, b)
}

fn add(a: u64, b: u64) -> u64 {
    Modulus::FIRST.add(a, b)
}

impl Coefficients {
    fn residue(&self, index: usize, modulus: Modulus) -> u64 {
        match self {
            Coefficients::Machine(values) => values[index].rem_euclid(modulus.prime() as i64) as u64,
            Coefficients::Big(values) => modulus.residue_of(&values[index]),
        }
    }
}

impl Polynomial {
    /// The image modulo [`PRIME`] as a polynomial in `main`, the other variables at the point `salt`:
    /// coefficients by increasing power, without leading zeros.
    pub(super) fn image(&self, main: usize, salt: u64) -> Vec<u64> {
        let tables: Vec<(usize, Vec<u64>)> = (self.degrees().into_iter().enumerate())
            .filter(|&(v, degree)| degree > 0 && v != main)
            .map(|(v, degree)| (v, power_table(sample(salt, v), degree, Modulus::FIRST)))
            .collect();
        if work::spend(self.len() * (1 + tables.len())).is_err() {
            return Vec::new();
        }
        let mut image = Vec::new();
        for index in 0..self.len() {
            let mut value = self.coefficients.residue(index, Modulus::FIRST);
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
    /// The value modulo the prime at residues of the variables.
    pub(crate) fn residue_at(&self, values: &[u64], modulus: Modulus) -> u64 {
        let tables: Vec<(usize, Vec<u64>)> = (self.degrees().into_iter().enumerate())
            .filter(|&(_, degree)| degree > 0)
            .map(|(v, degree)| (v, power_table(values[v], degree, modulus)))
            .collect();
        let mut sum = 0;
        for index in 0..self.len() {
            let mut term = self.coefficients.residue(index, modulus);
            for (variable, powers) in &tables {
                let exponent = self.exponent(index, *variable) as usize;
                if exponent > 0 {
                    term = modulus.multiply(term, powers[exponent]);
                }
            }
            sum = modulus.add(sum, term);
        }
        sum
    }
}

fn power_table(value: u64, degree: u32, modulus: Modulus) -> Vec<u64> {
    let mut powers = vec![1];
    (0..degree as usize).for_each(|k| powers.push(modulus.multiply(powers[k], value)));
    powers
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
    let inverse = Modulus::FIRST.inverse(lead);
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

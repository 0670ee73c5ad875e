//! Products. Monomials are packed into one integer key (Kronecker substitution by the degrees of the
//! product), the products of the coefficients are gathered in a dense box where the keys are few, in a
//! hash table where the products are many, and by sorting otherwise.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};

use dashu_base::BitTest;
use dashu_int::IBig;

use super::coefficient::Coefficients;
use super::{GUARD, LANES, MAX_EXPONENT, Polynomial, exponent_in, lane};
use crate::algebra::{AlgebraError, work};

/// Products of two machine words that one multiplication may form.
const MAX_PRODUCTS: u128 = 150_000_000;
/// Terms, and bits of all coefficients together, of the largest power that is formed.
const MAX_POWER: (f64, f64) = (1e6, 6e7);
/// Bits of the largest power of a number that is formed.
const MAX_NUMBER: usize = 1 << 20;
/// The work that a term of a product stands for in what is done with it later.
const WRITING: usize = 20;
/// Cells of the largest dense box.
const MAX_BOX: u128 = 1 << 23;
/// Products up to which they are sorted rather than hashed.
const SORTED_PRODUCTS: usize = 4096;

/// A monomial as one number: mixed radix with one digit per variable that occurs.
pub(super) struct Kronecker {
    /// Variable, place value, radix; by increasing number of the variable.
    digits: Vec<(usize, u128, u128)>,
    /// One more than the largest key.
    pub(super) size: u128,
}

impl Kronecker {
    /// For monomials whose exponents are at most `degrees`; `None` where no 128-bit number holds them.
    pub(super) fn new(degrees: &[u32]) -> Option<Kronecker> {
        let mut size = 1u128;
        let mut digits = Vec::new();
        for (variable, &degree) in degrees.iter().enumerate().filter(|&(_, &d)| d > 0) {
            let radix = u128::from(degree) + 1;
            digits.push((variable, size, radix));
            size = size.checked_mul(radix)?;
        }
        Some(Kronecker { digits, size })
    }

    pub(super) fn key(&self, monomial: &[u64]) -> u128 {
        self.digits.iter().map(|&(v, place, _)| u128::from(exponent_in(monomial, v)) * place).sum()
    }

    /// Appends the words of the monomial with that key.
    pub(super) fn decode(&self, key: u128, stride: usize, words: &mut Vec<u64>) {
        let start = words.len();
        words.resize(start + stride, 0);
        let mut set = |variable: usize, exponent: u64| {
            if let Some((word, shift)) = lane(stride, variable) {
                words[start + word] |= exponent << shift;
            }
        };
        if let Ok(mut rest) = u64::try_from(key) {
            for &(variable, _, radix) in &self.digits {
                set(variable, rest % radix as u64);
                rest /= radix as u64;
            }
        } else {
            let mut rest = key;
            for &(variable, _, radix) in &self.digits {
                set(variable, (rest % radix) as u64);
                rest /= radix;
            }
        }
    }
}

/// A hash for keys that are already numbers.
#[derive(Default)]
struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&b| self.write_u64(u64::from(b)));
    }
    fn write_u64(&mut self, value: u64) {
        let mixed = (self.0 ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }
    fn write_u128(&mut self, value: u128) {
        self.write_u64(value as u64);
        self.write_u64((value >> 64) as u64);
    }
    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }
}

/// A monomial of the product as it is gathered.
trait Key: Clone + Ord + Hash {
    fn times(&self, other: &Self) -> Self;
}

impl Key for u64 {
    fn times(&self, other: &u64) -> u64 {
        self + other
    }
}

impl Key for u128 {
    fn times(&self, other: &u128) -> u128 {
        self + other
    }
}

impl Key for Vec<u64> {
    fn times(&self, other: &Vec<u64>) -> Vec<u64> {
        self.iter().zip(other).map(|(a, b)| a + b).collect()
    }
}

/// A sum of products of coefficients that cannot overflow.
trait Accumulator: Clone + Default {
    type Factor;
    fn add_product(&mut self, a: &Self::Factor, b: &Self::Factor);
    fn is_zero(&self) -> bool;
    fn push_to(self, coefficients: &mut Coefficients);
    fn add(&mut self, other: &Self);
}

impl Accumulator for i64 {
    type Factor = i64;
    fn add_product(&mut self, a: &i64, b: &i64) {
        *self += a * b;
    }
    fn is_zero(&self) -> bool {
        *self == 0
    }
    fn push_to(self, coefficients: &mut Coefficients) {
        coefficients.push_i128(self.into());
    }
    fn add(&mut self, other: &i64) {
        *self += other;
    }
}

impl Accumulator for i128 {
    type Factor = i64;
    fn add_product(&mut self, a: &i64, b: &i64) {
        *self += i128::from(*a) * i128::from(*b);
    }
    fn is_zero(&self) -> bool {
        *self == 0
    }
    fn push_to(self, coefficients: &mut Coefficients) {
        coefficients.push_i128(self);
    }
    fn add(&mut self, other: &i128) {
        *self += other;
    }
}

impl Accumulator for IBig {
    type Factor = IBig;
    fn add_product(&mut self, a: &IBig, b: &IBig) {
        *self += a * b;
    }
    fn is_zero(&self) -> bool {
        IBig::is_zero(self)
    }
    fn push_to(self, coefficients: &mut Coefficients) {
        coefficients.push(self);
    }
    fn add(&mut self, other: &IBig) {
        *self += other;
    }
}

impl Polynomial {
    /// `self · other`.
    ///
    /// # Errors
    /// An exponent above [`MAX_EXPONENT`], or a product too large to be formed.
    pub fn times(&self, other: &Polynomial) -> Result<Polynomial, AlgebraError> {
        if self.len() > other.len() {
            return other.times(self);
        }
        match self.len() {
            0 => return Ok(Polynomial::zero()),
            1 => return other.times_term(self.monomial(0), &self.coefficient(0)),
            _ => {}
        }
        let words = |p: &Polynomial| p.len() as u128 * (p.height().bit_len() as u128 / 64 + 1);
        let products = words(self) * words(other);
        if products > MAX_PRODUCTS {
            return Err(AlgebraError::TooLarge);
        }
        work::spend(products as usize * self.coefficients.cost().max(other.coefficients.cost()))?;
        let stride = self.stride.max(other.stride);
        let (mut degrees, more) = (self.degrees(), other.degrees());
        degrees.resize(stride * LANES, 0);
        degrees.iter_mut().zip(more).for_each(|(a, b)| *a += b);
        if degrees.iter().any(|&d| d > MAX_EXPONENT) {
            return Err(AlgebraError::ExponentTooLarge);
        }
        let frame = Frame { kronecker: Kronecker::new(&degrees), stride };
        Ok(match (&self.coefficients, &other.coefficients) {
            (Coefficients::Machine(a), Coefficients::Machine(b)) => {
                let bits = self.height().bit_len() + other.height().bit_len() + self.len().bit_len();
                match bits {
                    0..63 => frame.product::<i64>(self, a, other, b),
                    63..127 => frame.product::<i128>(self, a, other, b),
                    _ => frame.product::<IBig>(
                        self,
                        &self.coefficients.to_big(),
                        other,
                        &other.coefficients.to_big(),
                    ),
                }
            }
            (a, b) => frame.product::<IBig>(self, &a.to_big(), other, &b.to_big()),
        })
    }

    /// `self` times a single term given by its packed monomial.
    pub(crate) fn times_term(
        &self,
        monomial: &[u64],
        coefficient: &IBig,
    ) -> Result<Polynomial, AlgebraError> {
        work::spend(4 * self.len() * (1 + self.stride.max(monomial.len())))?;
        let scaled = self.scaled(coefficient);
        if monomial.is_empty() || scaled.is_zero() {
            return Ok(scaled);
        }
        let stride = self.stride.max(monomial.len());
        let mut words = scaled.widened(stride).into_owned();
        let skipped = stride - monomial.len();
        for term in words.chunks_exact_mut(stride) {
            for (word, factor) in term[skipped..].iter_mut().zip(monomial) {
                *word += factor;
                if *word & GUARD != 0 {
                    return Err(AlgebraError::ExponentTooLarge);
                }
            }
        }
        Ok(Polynomial { stride, words, coefficients: scaled.coefficients })
    }

    /// `self ^ exponent`.
    ///
    /// # Errors
    /// As [`times`](Self::times); and at once where the result is seen to be too large to be formed.
    pub fn to_power(&self, exponent: u32) -> Result<Polynomial, AlgebraError> {
        if exponent == 0 {
            return Ok(Polynomial::one());
        }
        if self.is_zero() || self.is_one() || exponent == 1 {
            return Ok(self.clone());
        }
        self.check_power(exponent)?;
        if self.len() == 1 {
            let coefficient = self.coefficient(0).pow(exponent as usize);
            let words = self.words.iter().map(|&w| w * u64::from(exponent)).collect();
            let mut power = Polynomial { stride: self.stride, words, coefficients: Coefficients::default() };
            power.coefficients.push(coefficient);
            return Ok(power);
        }
        let mut result = self.clone();
        for bit in (0..exponent.ilog2()).rev() {
            result = result.times(&result)?;
            if exponent >> bit & 1 == 1 {
                result = result.times(self)?;
            }
        }
        Ok(result)
    }

    /// Bounds terms and digits of a power before it is formed.
    fn check_power(&self, exponent: u32) -> Result<(), AlgebraError> {
        if self.degrees().iter().any(|&d| u64::from(d) * u64::from(exponent) > u64::from(MAX_EXPONENT)) {
            return Err(AlgebraError::ExponentTooLarge);
        }
        // Terms: at most the multisets of `exponent` of the `len` terms.
        let mut terms = 1f64;
        for k in 1..self.len() {
            terms *= (f64::from(exponent) + k as f64) / k as f64;
            if terms > 1e9 {
                break;
            }
        }
        let dense: f64 = self.degrees().iter().map(|&d| f64::from(d) * f64::from(exponent) + 1.0).product();
        let bits = (self.height().bit_len() + self.len().bit_len()) as f64 * f64::from(exponent);
        let number = if self.len() == 1 { self.height() } else { IBig::ONE };
        check_power_of_number(&number, exponent)?;
        if terms.min(dense) > MAX_POWER.0 || terms.min(dense) * bits > MAX_POWER.1 {
            return Err(AlgebraError::TooLarge);
        }
        Ok(())
    }
}

/// How the monomials of one product are packed.
struct Frame {
    kronecker: Option<Kronecker>,
    stride: usize,
}

impl Frame {
    fn product<A: Accumulator>(
        &self,
        a: &Polynomial,
        a_values: &[A::Factor],
        b: &Polynomial,
        b_values: &[A::Factor],
    ) -> Polynomial {
        let products = a.len() * b.len();
        match &self.kronecker {
            Some(kronecker) if kronecker.size <= u128::from(u64::MAX) => {
                let keys =
                    |p: &Polynomial| -> Vec<u64> { p.monomials().map(|m| kronecker.key(m) as u64).collect() };
                let (a_keys, b_keys) = (keys(a), keys(b));
                let cells = kronecker.size;
                if cells <= MAX_BOX && cells <= 8 * products as u128 + 64 {
                    return self.dense::<A>(kronecker, (&a_keys, a_values), (&b_keys, b_values));
                }
                let gathered = gather::<u64, A>((&a_keys, a_values), (&b_keys, b_values));
                self.assemble(gathered, |key, words| kronecker.decode(key.into(), self.stride, words))
            }
            Some(kronecker) => {
                let keys =
                    |p: &Polynomial| -> Vec<u128> { p.monomials().map(|m| kronecker.key(m)).collect() };
                let gathered = gather::<u128, A>((&keys(a), a_values), (&keys(b), b_values));
                self.assemble(gathered, |key, words| kronecker.decode(key, self.stride, words))
            }
            None => {
                let keys = |p: &Polynomial| -> Vec<Vec<u64>> {
                    p.widened(self.stride).chunks_exact(self.stride).map(<[u64]>::to_vec).collect()
                };
                let gathered = gather::<Vec<u64>, A>((&keys(a), a_values), (&keys(b), b_values));
                self.assemble(gathered, |key, words| words.extend_from_slice(&key))
            }
        }
    }

    fn dense<A: Accumulator>(
        &self,
        kronecker: &Kronecker,
        (a_keys, a_values): (&[u64], &[A::Factor]),
        (b_keys, b_values): (&[u64], &[A::Factor]),
    ) -> Polynomial {
        let mut cells = vec![A::default(); kronecker.size as usize];
        for (a_key, a) in a_keys.iter().zip(a_values) {
            for (b_key, b) in b_keys.iter().zip(b_values) {
                cells[(a_key + b_key) as usize].add_product(a, b);
            }
        }
        let filled = cells.into_iter().enumerate().rev().filter(|(_, sum)| !sum.is_zero());
        self.assemble(filled, |key, words| kronecker.decode(key as u128, self.stride, words))
    }

    fn assemble<K, A: Accumulator>(
        &self,
        terms: impl IntoIterator<Item = (K, A)>,
        mut decode: impl FnMut(K, &mut Vec<u64>),
    ) -> Polynomial {
        let mut words = Vec::new();
        let mut coefficients = Coefficients::default();
        for (key, sum) in terms {
            decode(key, &mut words);
            sum.push_to(&mut coefficients);
        }
        work::note(WRITING * coefficients.len() * (1 + self.stride));
        Polynomial { stride: self.stride, words, coefficients }.normalised()
    }
}

/// The non-zero sums by monomial, in decreasing order.
fn gather<K: Key, A: Accumulator>(
    (a_keys, a_values): (&[K], &[A::Factor]),
    (b_keys, b_values): (&[K], &[A::Factor]),
) -> Vec<(K, A)> {
    let pairs = || {
        a_keys.iter().zip(a_values).flat_map(|(a_key, a)| {
            b_keys.iter().zip(b_values).map(move |(b_key, b)| (a_key.times(b_key), a, b))
        })
    };
    let mut gathered: Vec<(K, A)>;
    if a_keys.len() * b_keys.len() <= SORTED_PRODUCTS {
        let mut products: Vec<(K, A)> = pairs()
            .map(|(key, a, b)| {
                let mut product = A::default();
                product.add_product(a, b);
                (key, product)
            })
            .collect();
        products.sort_by(|(a, _), (b, _)| b.cmp(a));
        gathered = Vec::with_capacity(products.len());
        for (key, product) in products {
            match gathered.last_mut() {
                Some((last, sum)) if *last == key => sum.add(&product),
                _ => gathered.push((key, product)),
            }
        }
    } else {
        let mut table: HashMap<K, A, BuildHasherDefault<KeyHasher>> = HashMap::default();
        table.reserve(a_keys.len() + b_keys.len());
        for (key, a, b) in pairs() {
            table.entry(key).or_default().add_product(a, b);
        }
        gathered = table.into_iter().collect();
        gathered.sort_unstable_by(|(a, _), (b, _)| b.cmp(a));
    }
    gathered.retain(|(_, sum)| !sum.is_zero());
    gathered
}

/// Bounds the digits of a power of a number before it is formed.
pub(in crate::algebra) fn check_power_of_number(number: &IBig, exponent: u32) -> Result<(), AlgebraError> {
    let bits = number.bit_len().saturating_sub(1).saturating_mul(exponent as usize);
    work::spend(bits / 64)?;
    if bits > MAX_NUMBER { Err(AlgebraError::TooLarge) } else { Ok(()) }
}

//! Sparse polynomials in many variables over the integers.
//!
//! Variables are numbered 0, 1, 2, …. Exponents are packed four to a machine word, the variable of the
//! highest number most significant, so that the lexicographic order of monomials is the order of
//! words, a product of monomials is a sum of words, and a polynomial keeps its words when further
//! variables are added. Coefficients are machine integers until one of them overflows.

mod coefficient;
mod division;
mod gcd;
mod multiply;
mod residue;

use std::fmt;

use dashu_int::IBig;

use super::{AlgebraError, work};
use coefficient::Coefficients;
pub(crate) use division::integer_root;
pub use gcd::by_remainders;
pub(in crate::algebra) use multiply::check_power_of_number;

/// The largest exponent of a variable.
pub const MAX_EXPONENT: u32 = 32_767;
/// Exponents to a word.
const LANES: usize = 4;
/// The guard bit of each lane: set only by an overflow or a borrow.
const GUARD: u64 = 0x8000_8000_8000_8000;

/// A polynomial over the integers: terms in decreasing lexicographic order, no zero coefficients.
///
/// Equal polynomials are equal as values, whatever operations led to them.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Polynomial {
    /// Words of a monomial: as few as the variables that occur allow.
    stride: usize,
    words: Vec<u64>,
    coefficients: Coefficients,
}

/// Where the exponent of `variable` stands in a monomial of `stride` words.
fn lane(stride: usize, variable: usize) -> Option<(usize, u32)> {
    let word = variable / LANES;
    (word < stride).then(|| (stride - 1 - word, 16 * (variable % LANES) as u32))
}

fn exponent_in(monomial: &[u64], variable: usize) -> u32 {
    lane(monomial.len(), variable).map_or(0, |(word, shift)| (monomial[word] >> shift) as u32 & 0xffff)
}

/// Terms in any order, to be sorted and gathered into a [`Polynomial`].
pub(crate) struct TermBuffer {
    stride: usize,
    words: Vec<u64>,
    coefficients: Coefficients,
}

impl TermBuffer {
    /// An empty buffer for monomials of `stride` words.
    pub(crate) fn new(stride: usize) -> TermBuffer {
        TermBuffer { stride, words: Vec::new(), coefficients: Coefficients::default() }
    }

    /// A buffer wide enough for monomials in variables `0..variables`.
    pub(crate) fn for_variables(variables: usize) -> TermBuffer {
        TermBuffer::new(variables.div_ceil(LANES))
    }

    /// The number of words a monomial takes here.
    pub(crate) fn stride(&self) -> usize {
        self.stride
    }

    /// Appends term `index` of `source`, its monomial multiplied by the packed `shift` (which must not
    /// overflow a lane; both are at most this buffer's stride long).
    fn push_shifted(&mut self, source: &Polynomial, index: usize, factor: &IBig) {
        self.push_words(source.monomial(index));
        let coefficient = source.coefficients.get(index);
        self.coefficients.push(if factor.is_one() { coefficient } else { coefficient * factor });
    }

    fn push_words(&mut self, monomial: &[u64]) {
        self.words.resize(self.words.len() + self.stride - monomial.len(), 0);
        self.words.extend_from_slice(monomial);
    }

    /// Appends every term of `source`, each multiplied by `factor`.
    pub(crate) fn push_all(&mut self, source: &Polynomial, factor: &IBig) {
        for index in 0..source.len() {
            self.push_shifted(source, index, factor);
        }
    }

    /// Appends a term given by packed words (exactly `stride` of them).
    pub(crate) fn push_packed(&mut self, monomial: &[u64], coefficient: IBig) {
        self.push_words(monomial);
        self.coefficients.push(coefficient);
    }

    /// Sorts the terms and adds those of one monomial.
    pub(crate) fn finish(self) -> Polynomial {
        let TermBuffer { stride, words, coefficients } = self;
        work::note(4 * coefficients.len() * (coefficients.cost() + stride));
        let at = |index: usize| &words[index * stride..(index + 1) * stride];
        let mut order: Vec<u32> = (0..coefficients.len() as u32).collect();
        match stride {
            1 => order.sort_by_key(|&i| std::cmp::Reverse(words[i as usize])),
            _ => order.sort_by(|&a, &b| at(b as usize).cmp(at(a as usize))),
        }
        let mut result = Polynomial {
            stride,
            words: Vec::with_capacity(words.len()),
            coefficients: Coefficients::default(),
        };
        let mut next = 0;
        while next < order.len() {
            let monomial = at(order[next] as usize);
            let first = next;
            next += 1;
            while next < order.len() && at(order[next] as usize) == monomial {
                next += 1;
            }
            if result.coefficients.push_sum(&coefficients, &order[first..next]) {
                result.words.extend_from_slice(monomial);
            }
        }
        result.normalised()
    }
}

impl Polynomial {
    /// The polynomial 0.
    pub fn zero() -> Polynomial {
        Polynomial { stride: 0, words: Vec::new(), coefficients: Coefficients::default() }
    }

    /// The polynomial 1.
    pub fn one() -> Polynomial {
        Polynomial::constant(IBig::ONE)
    }

    /// A constant.
    pub fn constant(value: impl Into<IBig>) -> Polynomial {
        let mut zero = Polynomial::zero();
        let value = value.into();
        if !value.is_zero() {
            zero.coefficients.push(value);
        }
        zero
    }

    /// The variable of that number.
    pub fn variable(variable: usize) -> Polynomial {
        Polynomial::monomial_of(variable, 1)
    }

    /// `variable ^ exponent`, for an exponent of at most [`MAX_EXPONENT`].
    pub fn monomial_of(variable: usize, exponent: u32) -> Polynomial {
        debug_assert!(exponent <= MAX_EXPONENT);
        if exponent == 0 {
            return Polynomial::one();
        }
        let stride = variable / LANES + 1;
        let mut words = vec![0; stride];
        words[0] = u64::from(exponent) << (16 * (variable % LANES));
        Polynomial { stride, words, coefficients: Coefficients::from_machine(vec![1]) }
    }

    /// The sum of the terms `coefficient · Π variable ^ exponent`, given in any order.
    ///
    /// # Errors
    /// An exponent above [`MAX_EXPONENT`].
    pub fn from_terms(
        terms: impl IntoIterator<Item = (Vec<(usize, u32)>, IBig)>,
    ) -> Result<Polynomial, AlgebraError> {
        let terms: Vec<_> = terms.into_iter().collect();
        let variables = terms.iter().flat_map(|(m, _)| m.iter().map(|&(v, _)| v + 1)).max().unwrap_or(0);
        let mut buffer = TermBuffer::for_variables(variables);
        let mut packed = vec![0; buffer.stride()];
        for (monomial, coefficient) in terms {
            packed.fill(0);
            for (variable, exponent) in monomial {
                let total = exponent_in(&packed, variable) + exponent;
                if exponent > MAX_EXPONENT || total > MAX_EXPONENT {
                    return Err(AlgebraError::ExponentTooLarge);
                }
                if let Some((word, shift)) = lane(packed.len(), variable) {
                    packed[word] += u64::from(exponent) << shift;
                }
            }
            buffer.push_packed(&packed, coefficient);
        }
        Ok(buffer.finish())
    }

    /// The number of terms.
    pub fn len(&self) -> usize {
        self.coefficients.len()
    }

    /// Whether there are no terms: the polynomial 0. The same as [`is_zero`](Self::is_zero).
    pub fn is_empty(&self) -> bool {
        self.is_zero()
    }

    /// Whether this is 0.
    pub fn is_zero(&self) -> bool {
        self.coefficients.len() == 0
    }

    /// Whether this is 1.
    pub fn is_one(&self) -> bool {
        self.stride == 0 && self.len() == 1 && self.coefficients.get(0).is_one()
    }

    /// Whether no variable occurs.
    pub fn is_constant(&self) -> bool {
        self.stride == 0
    }

    /// One more than the highest number that a variable that occurs may have.
    pub fn variable_bound(&self) -> usize {
        self.stride * LANES
    }

    /// The coefficient of term `index`.
    pub fn coefficient(&self, index: usize) -> IBig {
        self.coefficients.get(index)
    }

    /// The exponent of `variable` in term `index`.
    pub fn exponent(&self, index: usize, variable: usize) -> u32 {
        exponent_in(self.monomial(index), variable)
    }

    /// The variables of term `index` with their exponents, by increasing number.
    pub fn factors(&self, index: usize) -> Vec<(usize, u32)> {
        let monomial = self.monomial(index);
        (0..self.variable_bound()).map(|v| (v, exponent_in(monomial, v))).filter(|&(_, e)| e > 0).collect()
    }

    /// The terms, leading one first: variables with exponents, and the coefficient.
    pub fn terms(&self) -> impl Iterator<Item = (Vec<(usize, u32)>, IBig)> + '_ {
        (0..self.len()).map(|i| (self.factors(i), self.coefficient(i)))
    }

    /// The highest exponent of each variable; length [`variable_bound`](Self::variable_bound).
    pub fn degrees(&self) -> Vec<u32> {
        work::note(self.words.len());
        let mut lanes = vec![0u64; self.stride];
        let mut degrees = vec![0; self.variable_bound()];
        for monomial in self.monomials() {
            for (most, &word) in lanes.iter_mut().zip(monomial) {
                // Lanes in which the new exponent is larger keep their guard bit in the difference.
                let keep = ((*most | GUARD) - word) & GUARD;
                let mask = (keep >> 15).wrapping_mul(0x7fff);
                *most = (*most & mask) | (word & !(mask | GUARD));
            }
        }
        for (variable, degree) in degrees.iter_mut().enumerate() {
            *degree = exponent_in(&lanes, variable);
        }
        degrees
    }

    /// The highest exponent of `variable`.
    pub fn degree(&self, variable: usize) -> u32 {
        work::note(self.len());
        (0..self.len()).map(|i| self.exponent(i, variable)).max().unwrap_or(0)
    }

    /// Whether `variable` occurs.
    pub fn contains(&self, variable: usize) -> bool {
        (0..self.len()).any(|i| self.exponent(i, variable) > 0)
    }

    /// The variables that occur, by increasing number.
    pub fn variables(&self) -> Vec<usize> {
        let mut seen = vec![0u64; self.stride];
        for monomial in self.monomials() {
            seen.iter_mut().zip(monomial).for_each(|(s, m)| *s |= m);
        }
        (0..self.variable_bound()).filter(|&v| exponent_in(&seen, v) > 0).collect()
    }

    /// The words of term `index`.
    pub(crate) fn monomial(&self, index: usize) -> &[u64] {
        &self.words[index * self.stride..(index + 1) * self.stride]
    }

    pub(crate) fn stride(&self) -> usize {
        self.stride
    }

    fn monomials(&self) -> impl Iterator<Item = &[u64]> {
        (0..self.len()).map(|i| self.monomial(i))
    }

    /// Drops leading words that no term uses. The leading term has the largest first word.
    fn normalised(mut self) -> Polynomial {
        let spare = match self.len() {
            0 => self.stride,
            _ => self.monomial(0).iter().take_while(|&&word| word == 0).count(),
        };
        if spare > 0 {
            let stride = self.stride - spare;
            let mut words = Vec::with_capacity(stride * self.len());
            for index in 0..self.len() {
                words.extend_from_slice(&self.monomial(index)[spare..]);
            }
            self.words = words;
            self.stride = stride;
        }
        self
    }

    /// The monomial widened to `stride` words.
    fn widened(&self, stride: usize) -> std::borrow::Cow<'_, [u64]> {
        if stride == self.stride {
            return self.words.as_slice().into();
        }
        let mut words = Vec::with_capacity(stride * self.len());
        for monomial in self.monomials() {
            words.resize(words.len() + stride - self.stride, 0);
            words.extend_from_slice(monomial);
        }
        words.into()
    }

    /// `self + other`.
    pub fn plus(&self, other: &Polynomial) -> Polynomial {
        self.merge(other, false)
    }

    /// `self − other`.
    pub fn minus(&self, other: &Polynomial) -> Polynomial {
        self.merge(other, true)
    }

    fn merge(&self, other: &Polynomial, subtract: bool) -> Polynomial {
        if other.is_zero() {
            return self.clone();
        }
        if self.is_zero() {
            return if subtract { other.negated() } else { other.clone() };
        }
        let stride = self.stride.max(other.stride);
        let cost = self.coefficients.cost().max(other.coefficients.cost());
        work::note((self.len() + other.len()) * (cost + stride));
        let (left, right) = (self.widened(stride), other.widened(stride));
        let mut words = Vec::with_capacity(left.len() + right.len());
        let mut merged = coefficient::Merge::new(&self.coefficients, &other.coefficients, subtract);
        let (mut i, mut j) = (0, 0);
        let at = |k: usize| (k * stride, (k + 1) * stride);
        while i < self.len() && j < other.len() {
            let ((a, b), (c, d)) = (at(i), at(j));
            match left[a..b].cmp(&right[c..d]) {
                std::cmp::Ordering::Greater => {
                    words.extend_from_slice(&left[a..b]);
                    merged.left(i);
                    i += 1;
                }
                std::cmp::Ordering::Less => {
                    words.extend_from_slice(&right[c..d]);
                    merged.right(j);
                    j += 1;
                }
                std::cmp::Ordering::Equal => {
                    if merged.both(i, j) {
                        words.extend_from_slice(&left[a..b]);
                    }
                    i += 1;
                    j += 1;
                }
            }
        }
        words.extend_from_slice(&left[i * stride..]);
        words.extend_from_slice(&right[j * stride..]);
        (i..self.len()).for_each(|k| merged.left(k));
        (j..other.len()).for_each(|k| merged.right(k));
        Polynomial { stride, words, coefficients: merged.finish() }.normalised()
    }

    /// The sum of many, gathered at once.
    pub fn sum<'a>(summands: impl IntoIterator<Item = &'a Polynomial>) -> Polynomial {
        let summands: Vec<&Polynomial> = summands.into_iter().collect();
        match summands.as_slice() {
            [] => Polynomial::zero(),
            [one] => (*one).clone(),
            [a, b] => a.plus(b),
            many => {
                let mut buffer = TermBuffer::new(many.iter().map(|p| p.stride).max().unwrap_or(0));
                many.iter().for_each(|p| buffer.push_all(p, &IBig::ONE));
                buffer.finish()
            }
        }
    }

    /// `−self`.
    pub fn negated(&self) -> Polynomial {
        Polynomial {
            stride: self.stride,
            words: self.words.clone(),
            coefficients: self.coefficients.negated(),
        }
    }

    /// `self · factor`.
    pub fn scaled(&self, factor: &IBig) -> Polynomial {
        if factor.is_zero() {
            return Polynomial::zero();
        }
        if factor.is_one() {
            return self.clone();
        }
        Polynomial {
            stride: self.stride,
            words: self.words.clone(),
            coefficients: self.coefficients.scaled(factor),
        }
    }

    /// The greatest common divisor of the coefficients, positive; 0 for the zero polynomial.
    pub fn content(&self) -> IBig {
        self.coefficients.content()
    }

    /// `self` divided by its [`content`](Self::content) and by the sign of its leading coefficient.
    pub fn primitive_part(&self) -> Polynomial {
        if self.is_zero() {
            return Polynomial::zero();
        }
        let content = self.content();
        let signed = if self.leading_is_negative() { -content } else { content };
        self.divided_by_integer(&signed)
    }

    /// Whether the leading coefficient is negative.
    pub fn leading_is_negative(&self) -> bool {
        !self.is_zero() && self.coefficients.is_negative(0)
    }

    /// Every coefficient divided by `divisor`, which divides them all.
    pub(crate) fn divided_by_integer(&self, divisor: &IBig) -> Polynomial {
        if divisor.is_one() {
            return self.clone();
        }
        let coefficients = self.coefficients.divided(divisor);
        Polynomial { stride: self.stride, words: self.words.clone(), coefficients }
    }

    /// The largest absolute value of a coefficient.
    pub fn height(&self) -> IBig {
        self.coefficients.height()
    }

    /// The derivative by `variable`.
    pub fn derivative(&self, variable: usize) -> Polynomial {
        let Some((word, shift)) = lane(self.stride, variable) else { return Polynomial::zero() };
        let mut words = Vec::new();
        let mut coefficients = Coefficients::default();
        // Lowering one exponent by one keeps the order of the terms that stay.
        for index in 0..self.len() {
            let exponent = self.exponent(index, variable);
            if exponent > 0 {
                let start = words.len();
                words.extend_from_slice(self.monomial(index));
                words[start + word] -= 1 << shift;
                coefficients.push_product(&self.coefficients, index, i64::from(exponent));
            }
        }
        Polynomial { stride: self.stride, words, coefficients }.normalised()
    }

    /// The coefficients of the powers of `variable`: entry k belongs to `variable^k`.
    pub fn coefficients_in(&self, variable: usize) -> Vec<Polynomial> {
        work::note(4 * self.len() * (self.coefficients.cost() + self.stride));
        let degree = self.degree(variable) as usize;
        let Some((word, shift)) = lane(self.stride, variable) else { return vec![self.clone()] };
        let empty =
            Polynomial { stride: self.stride, words: Vec::new(), coefficients: Coefficients::default() };
        let mut parts = vec![empty; degree + 1];
        // Within one power of the variable the order of the terms is that of the remaining factors.
        for index in 0..self.len() {
            let exponent = self.exponent(index, variable);
            let part = &mut parts[exponent as usize];
            let start = part.words.len();
            part.words.extend_from_slice(self.monomial(index));
            part.words[start + word] -= u64::from(exponent) << shift;
            part.coefficients.push(self.coefficients.get(index));
        }
        parts.into_iter().map(Polynomial::normalised).collect()
    }

    /// The polynomial as Σ part_j · variable^(n·j) with the exponent of `variable` below `n` in each part.
    pub(crate) fn split_powers(&self, variable: usize, n: u32) -> Vec<Polynomial> {
        work::note(4 * self.len() * (self.coefficients.cost() + self.stride));
        let Some((word, shift)) = lane(self.stride, variable) else { return vec![self.clone()] };
        let empty =
            Polynomial { stride: self.stride, words: Vec::new(), coefficients: Coefficients::default() };
        let mut parts = vec![empty; (self.degree(variable) / n) as usize + 1];
        // Within one part all exponents fall by the same amount, so the order stays.
        for index in 0..self.len() {
            let multiple = self.exponent(index, variable) / n;
            let part = &mut parts[multiple as usize];
            let start = part.words.len();
            part.words.extend_from_slice(self.monomial(index));
            part.words[start + word] -= u64::from(multiple * n) << shift;
            part.coefficients.push(self.coefficients.get(index));
        }
        parts.into_iter().map(Polynomial::normalised).collect()
    }

    /// Takes `by` off the exponent of `variable`, which is at least that, in a packed monomial.
    pub(crate) fn lower(monomial: &mut [u64], variable: usize, by: u32) {
        if let Some((word, shift)) = lane(monomial.len(), variable) {
            monomial[word] -= u64::from(by) << shift;
        }
    }

    /// Sets all bits of the lane of `variable`.
    pub(crate) fn mark(lanes: &mut [u64], variable: usize) {
        if let Some((word, shift)) = lane(lanes.len(), variable) {
            lanes[word] |= 0xffff << shift;
        }
    }

    /// Whether the lane of `variable` is marked.
    pub(crate) fn is_marked(lanes: &[u64], variable: usize) -> bool {
        lane(lanes.len(), variable).is_some_and(|(word, shift)| lanes[word] >> shift & 1 == 1)
    }

    /// The product with a packed monomial.
    pub(crate) fn times_packed(&self, monomial: &[u64]) -> Result<Polynomial, AlgebraError> {
        let spare = monomial.iter().take_while(|&&word| word == 0).count();
        self.times_term(&monomial[spare..], &IBig::ONE)
    }

    /// The greatest monomial that divides every term: exponents by variable.
    pub fn monomial_content(&self) -> Vec<(usize, u32)> {
        work::note(self.len() * self.variable_bound());
        self.variables()
            .into_iter()
            .map(|v| (v, (0..self.len()).map(|i| self.exponent(i, v)).min().unwrap_or(0)))
            .filter(|&(_, e)| e > 0)
            .collect()
    }
}

impl fmt::Debug for Polynomial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_zero() {
            return f.write_str("0");
        }
        for (index, (monomial, coefficient)) in self.terms().enumerate() {
            write!(f, "{}{coefficient}", if index > 0 { " + " } else { "" })?;
            for (variable, exponent) in monomial {
                write!(f, "*v{variable}^{exponent}")?;
            }
        }
        Ok(())
    }
}

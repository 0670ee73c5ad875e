//! Exact division, divisibility, square roots and the splitting of a polynomial into factors.

use std::collections::BinaryHeap;

use dashu_base::{Signed, SquareRootRem};
use dashu_int::{IBig, UBig};

use super::coefficient::Coefficients;
use super::multiply::Kronecker;
use super::{GUARD, Polynomial, exponent_in, residue};
use crate::algebra::{AlgebraError, work};

/// Cells of the largest dense box.
const MAX_BOX: u128 = 1 << 22;

/// Integers that a division works with: `None` where they overflow.
trait Scalar: Clone {
    fn zero() -> Self;
    fn from_big(value: &IBig) -> Option<Self>;
    fn subtract_product(&mut self, a: &Self, b: &Self) -> Option<()>;
    /// The quotient and whether nothing remains.
    fn quotient(&self, divisor: &Self) -> (Self, bool);
    fn is_zero(&self) -> bool;
    fn into_big(self) -> IBig;
}

impl Scalar for i128 {
    fn zero() -> i128 {
        0
    }
    fn from_big(value: &IBig) -> Option<i128> {
        // Half the width, so that a single product always fits.
        i64::try_from(value).ok().map(i128::from)
    }
    fn subtract_product(&mut self, a: &i128, b: &i128) -> Option<()> {
        *self = self.checked_sub(a.checked_mul(*b)?)?;
        Some(())
    }
    fn quotient(&self, divisor: &i128) -> (i128, bool) {
        (self.wrapping_div(*divisor), self.wrapping_rem(*divisor) == 0)
    }
    fn is_zero(&self) -> bool {
        *self == 0
    }
    fn into_big(self) -> IBig {
        self.into()
    }
}

impl Scalar for IBig {
    fn zero() -> IBig {
        IBig::ZERO
    }
    fn from_big(value: &IBig) -> Option<IBig> {
        Some(value.clone())
    }
    fn subtract_product(&mut self, a: &IBig, b: &IBig) -> Option<()> {
        *self -= a * b;
        Some(())
    }
    fn quotient(&self, divisor: &IBig) -> (IBig, bool) {
        (self / divisor, (self % divisor).is_zero())
    }
    fn is_zero(&self) -> bool {
        IBig::is_zero(self)
    }
    fn into_big(self) -> IBig {
        self
    }
}

/// How a division ended.
enum Outcome {
    Exact(Polynomial),
    NotDivisible,
    Overflow,
}

impl Polynomial {
    /// `self / divisor` where the division is exact over the integers, else `None`.
    pub fn exact_quotient(&self, divisor: &Polynomial) -> Option<Polynomial> {
        if divisor.is_zero() {
            return None;
        }
        if self.is_zero() {
            return Some(Polynomial::zero());
        }
        if divisor.len() == 1 {
            return self.quotient_by_term(divisor);
        }
        if self == divisor {
            return Some(Polynomial::one());
        }
        let (above, below) = (self.degrees(), divisor.degrees());
        let room: Vec<u32> = (0..above.len().max(below.len()))
            .map(|v| above.get(v).unwrap_or(&0).checked_sub(*below.get(v).unwrap_or(&0)))
            .collect::<Option<_>>()?;
        let Some(kronecker) = Kronecker::new(&above) else { return self.quotient_by_steps(divisor) };
        if matches!(
            (&self.coefficients, &divisor.coefficients),
            (Coefficients::Machine(_), Coefficients::Machine(_))
        ) {
            let dense = kronecker.size <= MAX_BOX && kronecker.size <= 64 * self.len() as u128;
            let outcome = match dense {
                true => self.dense_division(divisor, &kronecker, &room),
                false => self.heap_division::<i128>(divisor, &kronecker, &room),
            };
            match outcome {
                Outcome::Exact(quotient) => return Some(quotient),
                Outcome::NotDivisible => return None,
                Outcome::Overflow => {}
            }
        }
        match self.heap_division::<IBig>(divisor, &kronecker, &room) {
            Outcome::Exact(quotient) => Some(quotient),
            Outcome::NotDivisible | Outcome::Overflow => None,
        }
    }

    fn quotient_by_term(&self, divisor: &Polynomial) -> Option<Polynomial> {
        let (monomial, coefficient) = (divisor.monomial(0), divisor.coefficient(0));
        let skipped = self.stride.checked_sub(monomial.len())?;
        let mut words = self.words.clone();
        if self.stride > 0 {
            for term in words.chunks_exact_mut(self.stride) {
                for (word, factor) in term[skipped..].iter_mut().zip(monomial) {
                    let difference = (*word | GUARD).wrapping_sub(*factor);
                    if difference & GUARD != GUARD {
                        return None;
                    }
                    *word = difference & !GUARD;
                }
            }
        }
        let coefficients = if coefficient.is_one() {
            self.coefficients.clone()
        } else if (self.content() % &coefficient).is_zero() {
            self.coefficients.divided(&coefficient)
        } else {
            return None;
        };
        Some(Polynomial { stride: self.stride, words, coefficients }.normalised())
    }

    /// Division in a box with a cell for every monomial.
    fn dense_division(&self, divisor: &Polynomial, kronecker: &Kronecker, room: &[u32]) -> Outcome {
        let (Coefficients::Machine(above), Coefficients::Machine(below)) =
            (&self.coefficients, &divisor.coefficients)
        else {
            return Outcome::Overflow;
        };
        let mut cells = vec![0i128; kronecker.size as usize];
        for (monomial, &value) in self.monomials().zip(above) {
            cells[kronecker.key(monomial) as usize] = value.into();
        }
        let keys: Vec<usize> = divisor.monomials().map(|m| kronecker.key(m) as usize).collect();
        let lead: Vec<u32> = (0..room.len()).map(|v| exponent_in(divisor.monomial(0), v)).collect();
        let (mut words, mut coefficients) = (Vec::new(), Coefficients::default());
        let mut scratch = Vec::new();
        for key in (0..cells.len()).rev() {
            let value = cells[key];
            if value == 0 {
                continue;
            }
            scratch.clear();
            kronecker.decode(key as u128, self.stride, &mut scratch);
            let fits = |v: usize| {
                exponent_in(&scratch, v).checked_sub(lead[v]).is_some_and(|difference| difference <= room[v])
            };
            let leading = i128::from(below[0]);
            if value % leading != 0 || !(0..room.len()).all(fits) {
                return Outcome::NotDivisible;
            }
            let Ok(quotient) = i64::try_from(value / leading) else { return Outcome::Overflow };
            let shift = key - keys[0];
            for (&at, &coefficient) in keys.iter().zip(below) {
                let cell = &mut cells[shift + at];
                // A product of two machine words is below 2^126: the difference is checked.
                match cell.checked_sub(i128::from(quotient) * i128::from(coefficient)) {
                    Some(difference) => *cell = difference,
                    None => return Outcome::Overflow,
                }
            }
            kronecker.decode(shift as u128, self.stride, &mut words);
            coefficients.push(quotient.into());
        }
        Outcome::Exact(Polynomial { stride: self.stride, words, coefficients }.normalised())
    }

    /// Division with a heap of pending products (Johnson 1974; Monagan and Pearce 2007).
    fn heap_division<S: Scalar>(&self, divisor: &Polynomial, kronecker: &Kronecker, room: &[u32]) -> Outcome {
        let scalars = |p: &Polynomial| -> Option<Vec<S>> {
            (0..p.len()).map(|i| S::from_big(&p.coefficient(i))).collect()
        };
        let (Some(above), Some(below)) = (scalars(self), scalars(divisor)) else { return Outcome::Overflow };
        let divisor_keys: Vec<u128> = divisor.monomials().map(|m| kronecker.key(m)).collect();
        let lead: Vec<u32> = (0..room.len()).map(|v| exponent_in(divisor.monomial(0), v)).collect();

        let mut pending: BinaryHeap<(u128, usize, usize)> = BinaryHeap::new();
        let mut quotient: Vec<(u128, S)> = Vec::new();
        let (mut words, mut coefficients) = (Vec::new(), Coefficients::default());
        let mut scratch = Vec::new();
        let mut next = 0;
        loop {
            let own = (next < self.len()).then(|| kronecker.key(self.monomial(next)));
            let Some(key) = own.max(pending.peek().map(|top| top.0)) else { break };
            if work::is_spent() {
                // The question fails, whatever is made of this.
                return Outcome::NotDivisible;
            }
            work::note(1);
            let mut rest = S::zero();
            if own == Some(key) {
                rest = above[next].clone();
                next += 1;
            }
            while let Some(&(top, i, j)) = pending.peek().filter(|top| top.0 == key) {
                debug_assert_eq!(top, key);
                pending.pop();
                work::note(4);
                if rest.subtract_product(&quotient[i].1, &below[j]).is_none() {
                    return Outcome::Overflow;
                }
                if j + 1 < below.len() {
                    pending.push((quotient[i].0 + divisor_keys[j + 1], i, j + 1));
                }
            }
            if rest.is_zero() {
                continue;
            }
            scratch.clear();
            kronecker.decode(key, self.stride, &mut scratch);
            let fits = |v: usize| {
                exponent_in(&scratch, v).checked_sub(lead[v]).is_some_and(|difference| difference <= room[v])
            };
            let (value, exact) = rest.quotient(&below[0]);
            if !exact || !(0..room.len()).all(fits) {
                return Outcome::NotDivisible;
            }
            let quotient_key = key - divisor_keys[0];
            kronecker.decode(quotient_key, self.stride, &mut words);
            coefficients.push(value.clone().into_big());
            pending.push((quotient_key + divisor_keys[1], quotient.len(), 1));
            quotient.push((quotient_key, value));
        }
        Outcome::Exact(Polynomial { stride: self.stride, words, coefficients }.normalised())
    }

    /// Division by removing leading terms one by one, for monomials too wide for a key.
    fn quotient_by_steps(&self, divisor: &Polynomial) -> Option<Polynomial> {
        let lead = divisor.leading_term();
        let mut rest = self.clone();
        let mut quotient = Polynomial::zero();
        while !rest.is_zero() {
            if work::is_spent() {
                return None;
            }
            let term = rest.leading_term().quotient_by_term(&lead)?;
            rest = rest.minus(&divisor.times(&term).ok()?);
            quotient = quotient.plus(&term);
        }
        Some(quotient)
    }

    /// The leading term as a polynomial.
    pub fn leading_term(&self) -> Polynomial {
        if self.is_zero() {
            return Polynomial::zero();
        }
        let mut coefficients = Coefficients::default();
        coefficients.push(self.coefficient(0));
        Polynomial { stride: self.stride, words: self.monomial(0).to_vec(), coefficients }
    }

    /// Whether `factor`, primitive and with `main` occurring in it, certainly does not divide `self`:
    /// shown by an image modulo a prime. `false` leaves it open.
    pub fn is_surely_not_divisible_by(&self, factor: &Polynomial, main: usize) -> bool {
        let below = factor.image(main, 0);
        // A quotient over the integers has an image; so a remainder of the images excludes it.
        !below.is_empty() && !residue::remainder(self.image(main, 0), &below).is_empty()
    }

    /// The polynomial with square `self` and positive leading coefficient, if there is one.
    pub fn square_root(&self) -> Option<Polynomial> {
        if self.is_zero() {
            return Some(Polynomial::zero());
        }
        if self.leading_is_negative() || self.degrees().iter().any(|d| d % 2 == 1) {
            return None;
        }
        let (_, magnitude) = self.coefficient(0).into_parts();
        let (root, remainder) = magnitude.sqrt_rem();
        if remainder != UBig::ZERO || self.factors(0).iter().any(|&(_, e)| e % 2 == 1) {
            return None;
        }
        let halved = self.factors(0).into_iter().map(|(v, e)| (v, e / 2)).collect();
        let lead = Polynomial::from_terms([(halved, IBig::from(root))]).ok()?;
        let twice = lead.scaled(&IBig::from(2));
        let mut result = lead.clone();
        let mut rest = self.minus(&lead.times(&lead).ok()?);
        // Each step removes the leading term of the rest; a square root has at most as many terms.
        for _ in 0..=self.len() {
            if rest.is_zero() {
                return Some(result);
            }
            let term = rest.leading_term().quotient_by_term(&twice)?;
            let change = result.scaled(&IBig::from(2)).plus(&term).times(&term).ok()?;
            rest = rest.minus(&change);
            result = result.plus(&term);
        }
        None
    }

    /// Factors of a primitive polynomial, with multiplicities: squarefree, and irreducible wherever some
    /// variable occurs to a degree of at most two. Each is primitive with positive leading coefficient,
    /// and their product is `self` up to sign.
    ///
    /// # Errors
    /// A greatest common divisor too large to be formed.
    pub fn split(&self) -> Result<Vec<(Polynomial, u32)>, AlgebraError> {
        let mut found: Vec<(Polynomial, u32)> = Vec::new();
        let mut note =
            |factor: Polynomial, multiplicity: u32| match found.iter_mut().find(|(f, _)| *f == factor) {
                Some((_, count)) => *count += multiplicity,
                None => found.push((factor, multiplicity)),
            };
        let content = self.monomial_content();
        let mut core = self.primitive_part();
        if !content.is_empty() {
            let monomial = Polynomial::from_terms([(content.clone(), IBig::ONE)])?;
            core = core.exact_quotient(&monomial).unwrap_or(core);
            content.into_iter().for_each(|(v, e)| note(Polynomial::variable(v), e));
        }
        let mut pending = vec![core];
        while let Some(factor) = pending.pop() {
            if factor.is_constant() {
                continue;
            }
            match factor.proper_factor()? {
                Some(part) => {
                    if let Some(rest) = factor.exact_quotient(&part) {
                        pending.push(rest.primitive_part());
                    }
                    pending.push(part);
                }
                None => note(factor, 1),
            }
        }
        found.sort();
        Ok(found)
    }

    /// A proper factor of a primitive polynomial without monomial factor, if one is found.
    fn proper_factor(&self) -> Result<Option<Polynomial>, AlgebraError> {
        let variables = self.variables();
        let degrees = self.degrees();
        for &variable in &variables {
            let content = self.content_in(variable)?;
            if !content.is_constant() {
                return Ok(Some(content));
            }
        }
        let Some(&main) = variables.iter().min_by_key(|&&v| degrees[v]) else { return Ok(None) };
        if degrees[main] == 1 {
            return Ok(None);
        }
        let repeated = self.gcd(&self.derivative(main))?;
        if !repeated.is_constant() {
            return Ok(Some(repeated.primitive_part()));
        }
        if degrees[main] > 2 {
            return Ok(None);
        }
        // a x² + b x + c with content 1 in x splits exactly when b² − 4ac is a square.
        let parts = self.coefficients_in(main);
        let [c, b, a] = parts.as_slice() else { return Ok(None) };
        let discriminant = b.times(b)?.minus(&a.times(c)?.scaled(&IBig::from(4)));
        let Some(root) = discriminant.square_root() else { return Ok(None) };
        let linear = a
            .times(&Polynomial::variable(main))?
            .scaled(&IBig::from(2))
            .plus(b)
            .minus(&root)
            .primitive_part();
        let content = linear.content_in(main)?;
        Ok(linear.exact_quotient(&content).map(|f| f.primitive_part()))
    }

    /// The sign of the leading coefficient: 1 or −1 (1 for zero).
    pub(crate) fn leading_sign(&self) -> IBig {
        if self.leading_is_negative() { IBig::NEG_ONE } else { IBig::ONE }
    }
}

/// The exact root of index `n` of a non-negative integer, if it has one.
pub(crate) fn integer_root(value: &IBig, n: u32) -> Option<IBig> {
    if value.is_negative() || n == 0 {
        return None;
    }
    let (_, magnitude) = value.clone().into_parts();
    let root = magnitude.nth_root(n as usize);
    (root.pow(n as usize) == magnitude).then(|| root.into())
}

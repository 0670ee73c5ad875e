//! Greatest common divisors in many variables.
//!
//! Contents are split off, variables in which a common factor cannot have positive degree (seen from
//! images modulo a prime) are removed, coprime and dividing pairs are recognised; what is left goes to
//! the heuristic algorithm (Char, Geddes and Gonnet 1989) with a bound on the integers it forms, and,
//! where that gives up, to primitive remainder sequences.

use dashu_base::{BitTest, Gcd, Signed};
use dashu_int::IBig;

use super::{Polynomial, residue};
use crate::algebra::{AlgebraError, work};

/// Bits of the largest integer the heuristic algorithm may form.
const HEURISTIC_BITS: usize = 60_000;
/// Terms of the largest remainder in a remainder sequence.
const MAX_REMAINDER_TERMS: usize = 4_000;

impl Polynomial {
    /// The greatest common divisor over the integers, its leading coefficient positive.
    ///
    /// # Errors
    /// A computation too large to be carried out.
    pub fn gcd(&self, other: &Polynomial) -> Result<Polynomial, AlgebraError> {
        if self.is_zero() || other.is_zero() {
            let sum = self.plus(other);
            return Ok(if sum.leading_is_negative() { sum.negated() } else { sum });
        }
        let integer: IBig = self.content().gcd(other.content()).into();
        let shared: Vec<(usize, u32)> = {
            let right = other.monomial_content();
            let common = |(v, e): (usize, u32)| right.iter().find(|r| r.0 == v).map(|r| (v, e.min(r.1)));
            self.monomial_content().into_iter().filter_map(common).collect()
        };
        let monomial = Polynomial::from_terms([(shared, integer)])?;
        let (a, b) = (self.without_monomial()?, other.without_monomial()?);
        gcd_of_primitive(&a, &b)?.times(&monomial)
    }

    /// The greatest common divisor of the coefficients of the powers of `variable`, primitive.
    pub fn content_in(&self, variable: usize) -> Result<Polynomial, AlgebraError> {
        let mut parts: Vec<Polynomial> =
            self.coefficients_in(variable).into_iter().filter(|p| !p.is_zero()).collect();
        parts.sort_by_key(Polynomial::len);
        let mut content = match parts.first() {
            None => return Ok(Polynomial::zero()),
            Some(first) => first.primitive_part(),
        };
        for part in &parts[1..] {
            if content.is_constant() {
                break;
            }
            content = content.gcd(part)?.primitive_part();
        }
        Ok(content)
    }

    /// The primitive part without monomial factors.
    fn without_monomial(&self) -> Result<Polynomial, AlgebraError> {
        let primitive = self.primitive_part();
        let content = primitive.monomial_content();
        if content.is_empty() {
            return Ok(primitive);
        }
        let monomial = Polynomial::from_terms([(content, IBig::ONE)])?;
        Ok(primitive.exact_quotient(&monomial).unwrap_or(primitive))
    }
}

/// The degree in `variable` that a common divisor has at most; `None` where the images say nothing.
fn degree_bound(a: &Polynomial, b: &Polynomial, variable: usize) -> Option<usize> {
    (0..3).find_map(|salt| {
        let (left, right) = (a.image(variable, salt), b.image(variable, salt));
        // A factor keeps its degree where a polynomial it divides keeps its own.
        let kept =
            left.len() == a.degree(variable) as usize + 1 || right.len() == b.degree(variable) as usize + 1;
        (kept && !left.is_empty() && !right.is_empty()).then(|| residue::gcd_degree(left, right))
    })
}

/// The primitive gcd of two primitive polynomials without monomial factors.
fn gcd_of_primitive(a: &Polynomial, b: &Polynomial) -> Result<Polynomial, AlgebraError> {
    work::spend(a.len() + b.len())?;
    if a.is_constant() || b.is_constant() {
        return Ok(Polynomial::one());
    }
    if a == b {
        return Ok(a.clone());
    }
    let (in_a, in_b) = (a.variables(), b.variables());
    if let Some(&v) = in_a.iter().find(|v| !in_b.contains(v)) {
        return gcd_of_primitive(&a.content_in(v)?, b);
    }
    if let Some(&v) = in_b.iter().find(|v| !in_a.contains(v)) {
        return gcd_of_primitive(a, &b.content_in(v)?);
    }
    let bounds: Vec<(usize, Option<usize>)> = in_a.iter().map(|&v| (v, degree_bound(a, b, v))).collect();
    if bounds.iter().all(|&(_, bound)| bound == Some(0)) {
        return Ok(Polynomial::one());
    }
    if let Some(&(v, _)) = bounds.iter().find(|&&(_, bound)| bound == Some(0)) {
        return gcd_of_primitive(&a.content_in(v)?, &b.content_in(v)?);
    }
    for (whole, part) in [(a, b), (b, a)] {
        let may_divide = bounds.iter().all(|&(v, bound)| bound.is_none_or(|d| d == part.degree(v) as usize));
        if may_divide && whole.exact_quotient(part).is_some() {
            return Ok(part.clone());
        }
    }
    if let Some(gcd) = heuristic(a, b) {
        return Ok(gcd);
    }
    let main =
        bounds.iter().min_by_key(|&&(v, bound)| (bound.unwrap_or(usize::MAX), v)).map_or(0, |&(v, _)| v);
    by_remainders(a, b, main)
}

/// The heuristic algorithm: evaluate one variable at a large integer, take the gcd, and read the
/// coefficients off its digits. A result is returned only after both divisions have come out even.
fn heuristic(a: &Polynomial, b: &Polynomial) -> Option<Polynomial> {
    if a.is_constant() && b.is_constant() {
        let gcd =
            if a.is_zero() { b.coefficient(0) } else { IBig::from(a.coefficient(0).gcd(b.coefficient(0))) };
        return Some(Polynomial::constant(gcd));
    }
    let main = a.variables().into_iter().chain(b.variables()).max()?;
    let height = a.height().min(b.height());
    let mut point: IBig = height * 2 + 29;
    let degree = a.degree(main).max(b.degree(main)) as usize;
    for _ in 0..4 {
        if work::is_spent() {
            return None;
        }
        if point.bit_len() * (degree + 1) + a.height().bit_len().max(b.height().bit_len()) > HEURISTIC_BITS {
            return None;
        }
        let (left, right) = (a.at_integer(main, &point)?, b.at_integer(main, &point)?);
        if !left.is_zero() && !right.is_zero() {
            let (left_content, right_content) = (left.content(), right.content());
            let integer: IBig = left_content.clone().gcd(&right_content).into();
            let (l, r) = (left.divided_by_integer(&left_content), right.divided_by_integer(&right_content));
            let image = heuristic(&l, &r)?.scaled(&integer);
            let candidate = image.digits_in(main, &point).primitive_part();
            if !candidate.is_zero()
                && a.exact_quotient(&candidate).is_some()
                && b.exact_quotient(&candidate).is_some()
            {
                return Some(candidate);
            }
        }
        point = point * 73_794 / 27_011;
    }
    None
}

impl Polynomial {
    /// The polynomial with `variable` replaced by an integer.
    fn at_integer(&self, variable: usize, value: &IBig) -> Option<Polynomial> {
        let mut sum = Polynomial::zero();
        for part in self.coefficients_in(variable).iter().rev() {
            sum = sum.scaled(value).plus(part);
        }
        Some(sum)
    }

    /// The polynomial in `variable` whose coefficients are the symmetric digits of `self` to the base
    /// `point`.
    fn digits_in(&self, variable: usize, point: &IBig) -> Polynomial {
        let half: IBig = point / 2;
        let mut rest = self.clone();
        let mut result = Polynomial::zero();
        let mut exponent = 0;
        while !rest.is_zero() && exponent <= super::MAX_EXPONENT {
            let digits = (0..rest.len()).map(|i| {
                let mut digit: IBig = rest.coefficient(i) % point;
                if digit.is_negative() {
                    digit += point;
                }
                if digit > half {
                    digit -= point;
                }
                (rest.factors(i), digit)
            });
            let Ok(digit) = Polynomial::from_terms(digits) else { return Polynomial::zero() };
            let Ok(term) = digit.times(&Polynomial::monomial_of(variable, exponent)) else {
                return Polynomial::zero();
            };
            result = result.plus(&term);
            rest = rest.minus(&digit).divided_by_integer(point);
            exponent += 1;
        }
        result
    }
}

/// The greatest common divisor, primitive and up to its sign, of two polynomials in which `main` occurs: by their
/// primitive remainder sequence. Slower than [`Polynomial::gcd`], which comes to it last.
///
/// # Errors
/// A computation too large to be carried out.
pub fn by_remainders(a: &Polynomial, b: &Polynomial, main: usize) -> Result<Polynomial, AlgebraError> {
    let (content_a, content_b) = (a.content_in(main)?, b.content_in(main)?);
    let content = content_a.gcd(&content_b)?;
    let strip = |p: &Polynomial, c: &Polynomial| p.exact_quotient(c).ok_or(AlgebraError::TooLarge);
    let (mut left, mut right) = (strip(a, &content_a)?, strip(b, &content_b)?);
    if left.degree(main) < right.degree(main) {
        std::mem::swap(&mut left, &mut right);
    }
    while !right.is_zero() {
        if right.degree(main) == 0 {
            return Ok(content.primitive_part());
        }
        let mut rest = pseudo_remainder(&left, &right, main)?;
        if !rest.is_zero() {
            let content = rest.content_in(main)?;
            rest = strip(&rest, &content)?.primitive_part();
        }
        (left, right) = (right, rest);
    }
    Ok(left.times(&content)?.primitive_part())
}

fn pseudo_remainder(a: &Polynomial, b: &Polynomial, main: usize) -> Result<Polynomial, AlgebraError> {
    let degree = b.degree(main);
    let lead = b.coefficients_in(main).pop().unwrap_or_else(Polynomial::zero);
    let mut rest = a.clone();
    while !rest.is_zero() && rest.degree(main) >= degree {
        if rest.len() > MAX_REMAINDER_TERMS {
            return Err(AlgebraError::TooLarge);
        }
        let top = rest.coefficients_in(main).pop().unwrap_or_else(Polynomial::zero);
        let shift = Polynomial::monomial_of(main, rest.degree(main) - degree);
        rest = rest.times(&lead)?.minus(&b.times(&top)?.times(&shift)?);
    }
    Ok(rest)
}

//! The numbers cos(kπ/N): their field over the rationals, in powers of the one number d = 2cos(π/N).
//!
//! Every 2cos(kπ/N) is a polynomial in d with integer coefficients, and d has a monic minimal polynomial of
//! degree φ(2N)/2. So the powers of d below that degree are a basis, and equal numbers have equal
//! coordinates. The square roots of some integers lie in the field too (Gauss sums).

use dashu_int::IBig;

use super::{AlgebraError, Polynomial};

/// The largest degree that a field of cosines may have.
pub(super) const MAX_DEGREE: u32 = 24;

/// The field of cos(π/N).
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Cosines {
    parts: u32,
    /// Coordinates of the first power of d that is not in the basis.
    relation: Vec<IBig>,
}

impl Cosines {
    /// The field of cos(π/parts); `None` where its degree is out of bounds.
    pub(super) fn new(parts: u32) -> Option<Cosines> {
        if parts < 4 || totient(2 * parts) / 2 > MAX_DEGREE {
            return None;
        }
        Some(Cosines { parts, relation: minimal_polynomial(2 * parts) })
    }

    /// N.
    pub(super) fn parts(&self) -> u32 {
        self.parts
    }

    /// The degree over the rationals.
    pub(super) fn degree(&self) -> u32 {
        self.relation.len() as u32
    }

    /// What the power of d equals that is not in the basis, d being a ring variable.
    pub(super) fn replacement(&self, variable: usize) -> Polynomial {
        polynomial(&self.relation, variable)
    }

    /// The coordinates of d^k for all k up to `most`.
    fn powers(&self, most: usize) -> Vec<Vec<IBig>> {
        let mut power = vec![IBig::ZERO; self.relation.len()];
        power[0] = IBig::ONE;
        let mut powers = vec![power];
        for k in 0..most {
            powers.push(self.raised(&powers[k]));
        }
        powers
    }

    /// d times the number with these coordinates.
    fn raised(&self, coordinates: &[IBig]) -> Vec<IBig> {
        let Some((top, below)) = coordinates.split_last() else { return Vec::new() };
        let zero = IBig::ZERO;
        let shifted = std::iter::once(&zero).chain(below);
        shifted.zip(&self.relation).map(|(low, relation)| low + top * relation).collect()
    }

    /// The value with the powers of d reduced to those of the basis.
    pub(super) fn reduce(&self, value: &Polynomial, variable: usize) -> Result<Polynomial, AlgebraError> {
        let parts = value.coefficients_in(variable);
        let mut sums = vec![Vec::new(); self.relation.len()];
        for (part, power) in parts.iter().zip(self.powers(parts.len().saturating_sub(1))) {
            for (sum, factor) in sums.iter_mut().zip(&power) {
                if !factor.is_zero() {
                    sum.push(part.scaled(factor));
                }
            }
        }
        let mut terms = Vec::new();
        for (k, sum) in sums.iter().enumerate() {
            terms.push(Polynomial::sum(sum).times(&Polynomial::monomial_of(variable, k as u32))?);
        }
        Ok(Polynomial::sum(&terms))
    }

    /// The traces of d^k over the rationals, for k below the degree (Newton's identities).
    pub(super) fn traces(&self) -> Vec<IBig> {
        let n = self.relation.len();
        let mut traces = vec![IBig::from(n)];
        for k in 1..n {
            // With x^n = Σ r_j x^j: p_k = r_(n−1) p_(k−1) + … + r_(n−k+1) p_1 + k r_(n−k).
            let mut sum = IBig::from(k) * &self.relation[n - k];
            for i in 1..k {
                sum += &self.relation[n - i] * &traces[k - i];
            }
            traces.push(sum);
        }
        traces
    }

    /// The coordinates of 2cos(kπ/N).
    pub(super) fn twice_cosine(&self, k: i64) -> Vec<IBig> {
        let turn = 2 * i64::from(self.parts);
        let k = k.rem_euclid(turn);
        let k = k.min(turn - k) as usize;
        let n = self.relation.len();
        let mut before = vec![IBig::ZERO; n];
        before[0] = IBig::from(2);
        let mut one = vec![IBig::ZERO; n];
        one[0] = IBig::ONE;
        let mut current = self.raised(&one);
        if k == 0 {
            return before;
        }
        for _ in 1..k {
            let next = self.raised(&current).iter().zip(&before).map(|(a, b)| a - b).collect();
            before = std::mem::replace(&mut current, next);
        }
        current
    }

    /// 2cos(kπ/N) as a polynomial in d.
    pub(super) fn twice_cosine_in(&self, k: i64, variable: usize) -> Polynomial {
        polynomial(&self.twice_cosine(k), variable)
    }

    /// The coordinates of √p for a prime p that lies in the field.
    pub(super) fn root_of_prime(&self, prime: u32) -> Option<Vec<IBig>> {
        if !self.parts.is_multiple_of(parts_for_root(prime)) {
            return None;
        }
        let parts = i64::from(self.parts);
        if prime == 2 {
            return Some(self.twice_cosine(parts / 4));
        }
        // √p = Σ (k/p) cos(2πk/p) for p = 1 mod 4 and Σ (k/p) sin(2πk/p) for p = 3 mod 4.
        let p = i64::from(prime);
        let mut sum = vec![IBig::ZERO; self.relation.len()];
        for k in 1..=(p - 1) / 2 {
            let angle = if p % 4 == 1 { 2 * k * (parts / p) } else { parts / 2 - 2 * k * (parts / p) };
            for (total, part) in sum.iter_mut().zip(self.twice_cosine(angle)) {
                if legendre(k, p) { *total += part } else { *total -= part }
            }
        }
        Some(sum)
    }

    /// √p as a polynomial in d, for a prime p for which that is possible.
    pub(super) fn root_of_prime_in(&self, prime: u32, variable: usize) -> Option<Polynomial> {
        self.root_of_prime(prime).map(|root| polynomial(&root, variable))
    }

    /// Σ c_k d^k as Σ q_k cos(kπ/N): d^j = Σ C(j, i) 2cos((j − 2i)π/N) over half of the i.
    pub(super) fn in_cosines(&self, coordinates: &[Polynomial]) -> Vec<Polynomial> {
        let mut sums = vec![Vec::new(); coordinates.len()];
        for (j, part) in coordinates.iter().enumerate() {
            let mut binomial = IBig::ONE;
            for i in 0..=j / 2 {
                let k = j - 2 * i;
                let factor = if k == 0 { binomial.clone() } else { &binomial * IBig::from(2) };
                sums[k].push(part.scaled(&factor));
                binomial = binomial * IBig::from(j - i) / IBig::from(i + 1);
            }
        }
        sums.iter().map(Polynomial::sum).collect()
    }

    /// Approximations of d in all embeddings of the field into the real numbers, the true one first.
    pub(super) fn conjugates(&self) -> Vec<f64> {
        let unit = std::f64::consts::PI / f64::from(self.parts);
        let coprime = (1..self.parts).filter(|&k| gcd(k, 2 * self.parts) == 1);
        coprime.map(|k| 2.0 * (f64::from(k) * unit).cos()).collect()
    }
}

/// The least N such that √p lies in the field of cos(π/N), for a prime p.
pub(super) fn parts_for_root(prime: u32) -> u32 {
    match prime % 4 {
        1 => prime,
        3 => 2 * prime,
        _ => 4,
    }
}

/// Whether k is a square modulo the odd prime p.
fn legendre(k: i64, p: i64) -> bool {
    (1..=(p - 1) / 2).any(|x| x * x % p == k)
}

fn polynomial(coordinates: &[IBig], variable: usize) -> Polynomial {
    let terms: Vec<Polynomial> = coordinates
        .iter()
        .enumerate()
        .filter(|(_, c)| !c.is_zero())
        .map(|(k, c)| Polynomial::monomial_of(variable, k as u32).scaled(c))
        .collect();
    Polynomial::sum(&terms)
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn totient(n: u32) -> u32 {
    (1..=n).filter(|&k| gcd(k, n) == 1).count() as u32
}

/// The coordinates of d^n for d = 2cos(2π/m), n its degree.
///
/// The cyclotomic polynomial reads the same from both ends, so that over x^n it is a polynomial in x + 1/x.
fn minimal_polynomial(m: u32) -> Vec<IBig> {
    let cyclotomic = cyclotomic_polynomial(m as usize);
    let n = cyclotomic.len() / 2;
    let mut sum = vec![IBig::ZERO; n + 1];
    sum[0] = cyclotomic[n].clone();
    // x^k + x^(−k) = V_k(x + 1/x) with V_(k+1) = t V_k − V_(k−1).
    let mut before = vec![IBig::from(2)];
    let mut current = vec![IBig::ZERO, IBig::ONE];
    for k in 1..=n {
        for (total, c) in sum.iter_mut().zip(&current) {
            *total += c * &cyclotomic[n + k];
        }
        let mut next = vec![IBig::ZERO];
        next.extend(current.iter().cloned());
        next.iter_mut().zip(&before).for_each(|(a, b)| *a -= b);
        before = std::mem::replace(&mut current, next);
    }
    sum.truncate(n);
    sum.into_iter().map(|c| -c).collect()
}

/// Coefficients from the constant up: x^m − 1 over the cyclotomic polynomials of the proper divisors.
fn cyclotomic_polynomial(m: usize) -> Vec<IBig> {
    let mut rest = vec![IBig::ZERO; m + 1];
    rest[0] = IBig::from(-1);
    rest[m] = IBig::ONE;
    for divisor in (1..m).filter(|d| m.is_multiple_of(*d)) {
        let by = cyclotomic_polynomial(divisor);
        let degree = by.len() - 1;
        let mut quotient = vec![IBig::ZERO; rest.len() - degree];
        for k in (0..quotient.len()).rev() {
            let lead = rest[k + degree].clone();
            by.iter().enumerate().for_each(|(j, b)| rest[k + j] -= &lead * b);
            quotient[k] = lead;
        }
        rest = quotient;
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(coordinates: &[IBig], d: f64) -> f64 {
        coordinates.iter().rev().fold(0.0, |sum, c| sum * d + c.to_f64().value())
    }

    #[test]
    fn minimal_polynomials_vanish_at_all_conjugates() {
        for parts in 4..=120 {
            let Some(field) = Cosines::new(parts) else { continue };
            let conjugates = field.conjugates();
            assert_eq!(conjugates.len(), field.degree() as usize, "{parts}");
            for &d in conjugates.iter().filter(|_| field.degree() <= 12) {
                let power = d.powi(field.degree() as i32);
                assert!((value(&field.relation, d) - power).abs() < 1e-6 * (1.0 + power.abs()), "{parts}");
            }
        }
        assert_eq!(Cosines::new(5).unwrap().relation, [1.into(), 1.into()]);
        assert_eq!(Cosines::new(7).unwrap().relation, [(-1).into(), 2.into(), 1.into()]);
        assert_eq!(Cosines::new(359), None);
    }

    #[test]
    fn multiples_roots_and_traces_have_their_values() {
        for parts in [5, 7, 8, 9, 10, 12, 14, 15, 20, 24, 26, 30, 34] {
            let field = Cosines::new(parts).unwrap();
            let unit = std::f64::consts::PI / f64::from(parts);
            let d = 2.0 * unit.cos();
            for k in -7..80 {
                let expected = 2.0 * (k as f64 * unit).cos();
                assert!((value(&field.twice_cosine(k), d) - expected).abs() < 1e-6, "{k}/{parts}");
            }
            for prime in [2u32, 3, 5, 7, 11, 13, 17] {
                let Some(root) = field.root_of_prime(prime) else { continue };
                assert!((value(&root, d) - f64::from(prime).sqrt()).abs() < 1e-6, "{prime} in {parts}");
            }
            for (k, trace) in field.traces().into_iter().enumerate() {
                let expected: f64 = field.conjugates().iter().map(|c| c.powi(k as i32)).sum();
                assert!((trace.to_f64().value() - expected).abs() < 1e-6 * (1.0 + expected.abs()));
            }
        }
    }
}

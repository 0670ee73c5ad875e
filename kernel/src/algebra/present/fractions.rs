//! Partial fractions, because `Σ 1/(x_i − x_j)²` is easier to read than one fraction over the product.

use crate::algebra::tower::{Generator, Tower};
use crate::algebra::{AlgebraError, Polynomial};

/// A numerator with more terms is not split.
const MAX_TERMS: usize = 600;

/// A numerator and the powers of reciprocals that multiply it: pairs of ring variable and exponent.
pub(super) type Piece = (Polynomial, Vec<(usize, u32)>);

/// Splits a sum into pieces with fewer factors in the denominators, as far as their numerators are
/// polynomials.
pub(super) fn partial_fractions(
    tower: &Tower,
    numerator: &Polynomial,
    below: &[(usize, u32)],
) -> Result<Vec<Piece>, AlgebraError> {
    if numerator.len() > MAX_TERMS {
        return Ok(vec![(numerator.clone(), below.to_vec())]);
    }
    let mut factors: Vec<(Polynomial, usize, u32)> = Vec::new();
    for &(inverse, exponent) in below {
        if let Some(Generator::Inverse { factor }) = tower.generator(inverse) {
            factors.push((factor.clone(), inverse, exponent));
        }
    }
    factors.sort();
    let mut pieces: Vec<Piece> = Vec::new();
    let mut rest = numerator.clone();
    for position in 0..factors.len() {
        let factor = factors[position].0.clone();
        let Some((main, root)) = linear_root(tower, &factor, &rest) else { continue };
        while factors[position].2 > 0 {
            let mut others = Polynomial::one();
            for (k, (other, _, exponent)) in factors.iter().enumerate() {
                if k != position {
                    others = others.times(&other.to_power(*exponent)?)?;
                }
            }
            let residue = at(&rest, main, &root)?;
            if !residue.is_zero() {
                // The coefficient of the highest power is the value at the root, divided by the other
                // factors.
                let Some(coefficient) = residue.exact_quotient(&at(&others, main, &root)?) else { break };
                rest = rest.minus(&coefficient.times(&others)?);
                pieces.push((coefficient, vec![(factors[position].1, factors[position].2)]));
            }
            let Some(quotient) = rest.exact_quotient(&factor) else {
                return Ok(vec![(numerator.clone(), below.to_vec())]);
            };
            rest = quotient;
            factors[position].2 -= 1;
        }
    }
    factors.retain(|f| f.2 > 0);
    if let [(factor, inverse, exponent)] = factors.as_slice() {
        for power in (1..=*exponent).rev() {
            let (quotient, remainder) = divided(&rest, factor)?;
            pieces.push((remainder, vec![(*inverse, power)]));
            rest = quotient;
        }
        pieces.push((rest, Vec::new()));
    } else {
        let mut denominator = Polynomial::one();
        for (factor, _, exponent) in &factors {
            denominator = denominator.times(&factor.to_power(*exponent)?)?;
        }
        let (quotient, remainder) = divided(&rest, &denominator)?;
        pieces.push((quotient, Vec::new()));
        pieces.push((remainder, factors.iter().map(|f| (f.1, f.2)).collect()));
    }
    pieces.retain(|(numerator, _)| !numerator.is_zero());
    for (_, below) in &mut pieces {
        below.sort_unstable();
    }
    Ok(pieces)
}

/// The first variable in which the factor is linear with leading coefficient ±1, and the root for it.
fn linear_root(tower: &Tower, factor: &Polynomial, numerator: &Polynomial) -> Option<(usize, Polynomial)> {
    factor.variables().into_iter().find_map(|variable| {
        let occurs_below = tower.reciprocals.iter().any(|&(x, u)| x == variable && numerator.contains(u));
        let parts = factor.coefficients_in(variable);
        let [constant, slope] = parts.as_slice() else { return None };
        if occurs_below || tower.generator(variable).is_some() {
            return None;
        }
        match (slope.is_one(), slope.negated().is_one()) {
            (true, _) => Some((variable, constant.negated())),
            (_, true) => Some((variable, constant.clone())),
            _ => None,
        }
    })
}

/// `polynomial` with `variable` replaced by `value`.
fn at(polynomial: &Polynomial, variable: usize, value: &Polynomial) -> Result<Polynomial, AlgebraError> {
    let mut sum = Polynomial::zero();
    for part in polynomial.coefficients_in(variable).iter().rev() {
        sum = sum.times(value)?.plus(part);
    }
    Ok(sum)
}

/// Quotient and remainder by leading terms: the divisor's leading term divides no term of the remainder.
fn divided(dividend: &Polynomial, divisor: &Polynomial) -> Result<(Polynomial, Polynomial), AlgebraError> {
    let lead = divisor.leading_term();
    let (mut quotient, mut remainder, mut rest) = (Polynomial::zero(), Polynomial::zero(), dividend.clone());
    while !rest.is_zero() {
        let term = rest.leading_term();
        match term.exact_quotient(&lead) {
            Some(factor) => {
                rest = rest.minus(&divisor.times(&factor)?);
                quotient = quotient.plus(&factor);
            }
            None => {
                rest = rest.minus(&term);
                remainder = remainder.plus(&term);
            }
        }
    }
    Ok((quotient, remainder))
}

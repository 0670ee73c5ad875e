//! Potentials that are sums of exponentials, V = Σ c_a e^(a·q).

use std::collections::BTreeMap;

use super::natural::Natural;
use crate::expr::{Expr, Function, Rational, Symbol};
use crate::galois::{RationalMatrix, inverse, kimura};

/// Sums of more exponentials are not read.
const MAX_TERMS: usize = 200;
/// The largest power that is multiplied out.
const MAX_POWER: u32 = 12;

/// Coefficients by exponents.
type Sum = BTreeMap<Vec<Rational>, Rational>;

/// The exponents of V other than 0; `None` where V is not a sum of exponentials of linear forms with rational
/// coefficients, or there are gyroscopic terms.
pub(super) fn exponents(natural: &Natural) -> Option<Vec<Vec<Rational>>> {
    if !natural.has_no_gyroscopic_terms() {
        return None;
    }
    let sum = read(&natural.potential, &natural.coordinates)?;
    let is_constant = |exponent: &Vec<Rational>| exponent.iter().all(Rational::is_zero);
    Some(sum.into_keys().filter(|exponent| !is_constant(exponent)).collect())
}

/// The two exponents whose product with the weights is greatest, and their eigenvalue, where Kimura's theorem excludes
/// it.
pub(super) fn excluded(
    exponents: &[Vec<Rational>],
    masses: &RationalMatrix,
    weights: &[Rational],
) -> Option<([Vec<Rational>; 2], Rational)> {
    if weights.len() != masses.len() {
        return None;
    }
    let weight = |exponent: &Vec<Rational>| dot(exponent, weights);
    let greatest = exponents.iter().map(weight).max()?;
    let extreme: Vec<&Vec<Rational>> = exponents.iter().filter(|a| weight(a) == greatest).collect();
    let &[first, second] = extreme.as_slice() else { return None };
    // G = aᵢᵀA aⱼ and G c = (1, 1): the solution q ∥ A(c₁a₁ + c₂a₂), up to a shift that needs both c ≠ 0.
    let times = |a: &Vec<Rational>, b: &Vec<Rational>| {
        a.iter().zip(masses).fold(Rational::ZERO, |sum, (x, row)| sum + x * dot(row, b))
    };
    let gram = vec![
        vec![times(first, first), times(first, second)],
        vec![times(second, first), times(second, second)],
    ];
    let back = inverse(&gram)?;
    let c = [&back[0][0] + &back[0][1], &back[1][0] + &back[1][1]];
    if c.iter().any(Rational::is_zero) {
        return None;
    }
    let eigenvalue = &c[0] * &gram[0][0] + &c[1] * &gram[1][1] - Rational::ONE;
    (!kimura::allows_exponential(&eigenvalue)).then(|| ([first.clone(), second.clone()], eigenvalue))
}

fn dot(a: &[Rational], b: &[Rational]) -> Rational {
    a.iter().zip(b).fold(Rational::ZERO, |sum, (x, y)| sum + x * y)
}

/// The formula as a sum of exponentials.
fn read(expr: &Expr, coordinates: &[Symbol]) -> Option<Sum> {
    let one = |exponent: Vec<Rational>, value: Rational| {
        let terms = [(exponent, value)].into_iter().filter(|(_, value)| !value.is_zero());
        Some(terms.collect::<Sum>())
    };
    let none = || vec![Rational::ZERO; coordinates.len()];
    match expr {
        Expr::Number(value) => one(none(), value.clone()),
        Expr::Call(Function::Exp, argument) => one(linear(argument, coordinates)?, Rational::ONE),
        Expr::Negative(inner) => Some(scaled(read(inner, coordinates)?, &Rational::NEG_ONE)),
        Expr::Sum(terms) => {
            let mut sum = Sum::new();
            for term in terms {
                for (exponent, value) in read(term, coordinates)? {
                    *sum.entry(exponent).or_insert(Rational::ZERO) += value;
                }
            }
            sum.retain(|_, value| !value.is_zero());
            Some(sum)
        }
        Expr::Product(factors) => {
            let start = one(none(), Rational::ONE)?;
            factors.iter().try_fold(start, |product, factor| times(&product, &read(factor, coordinates)?))
        }
        Expr::Quotient(above, below) => {
            times(&read(above, coordinates)?, &inverted(&read(below, coordinates)?)?)
        }
        Expr::Power(base, exponent) => {
            let base = read(base, coordinates)?;
            let power = exponent.as_number().filter(Rational::is_int)?;
            let base = if power < Rational::ZERO { inverted(&base)? } else { base };
            let (_, size) = power.numerator().clone().into_parts();
            let size = u32::try_from(&size).ok().filter(|size| *size <= MAX_POWER)?;
            (0..size).try_fold(one(none(), Rational::ONE)?, |product, _| times(&product, &base))
        }
        Expr::Pi | Expr::Symbol(_) | Expr::Call(..) => None,
    }
}

fn scaled(sum: Sum, factor: &Rational) -> Sum {
    sum.into_iter().map(|(exponent, value)| (exponent, value * factor)).collect()
}

fn times(a: &Sum, b: &Sum) -> Option<Sum> {
    if a.len() * b.len() > MAX_TERMS {
        return None;
    }
    let mut product = Sum::new();
    for (left, x) in a {
        for (right, y) in b {
            let exponent = left.iter().zip(right).map(|(a, b)| a + b).collect();
            *product.entry(exponent).or_insert(Rational::ZERO) += x * y;
        }
    }
    product.retain(|_, value| !value.is_zero());
    Some(product)
}

/// The reciprocal of a single exponential.
fn inverted(sum: &Sum) -> Option<Sum> {
    let (exponent, value) = sum.first_key_value().filter(|_| sum.len() == 1)?;
    Some([(exponent.iter().map(|x| -x).collect(), Rational::ONE / value)].into_iter().collect())
}

/// The coefficients of a linear form without constant term.
pub(super) fn linear(expr: &Expr, symbols: &[Symbol]) -> Option<Vec<Rational>> {
    let fraction = super::fraction::Fraction::of_expr(expr, symbols)?;
    let below = Some(&fraction.below).filter(|below| below.is_constant())?.coefficient(0);
    let mut form = vec![Rational::ZERO; symbols.len()];
    for index in 0..fraction.above.len() {
        let &[(variable, 1)] = fraction.above.factors(index).as_slice() else { return None };
        form[variable] = Rational::from(fraction.above.coefficient(index)) / Rational::from(below.clone());
    }
    Some(form)
}

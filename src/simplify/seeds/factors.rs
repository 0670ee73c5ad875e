//! Factors of a sum: perfect powers, linear forms of two variables, the formula's own denominators.

use super::Form;
use crate::expr::Rational;
use crate::laurent::PowerProduct;
use crate::simplify::monomial::{Atom, Exponent, Kind, Monomial, Poly};

/// `rᵏ` and, with content, `c·rᵏ`.
pub(super) fn perfect_power(sum: &Poly) -> Vec<Form> {
    let (content, mut root) = sum.primitive();
    let mut exponent = 1;
    while let Some((k, next)) = [2u32, 3, 5, 7].into_iter().find_map(|k| root.root(k).map(|r| (k, r))) {
        if next.len() < 2 {
            break;
        }
        (root, exponent) = (next, exponent * k);
    }
    if exponent == 1 {
        return Vec::new();
    }
    vec![Form::scaled(content, Form::Power(Box::new(Form::Part(root)), exponent))]
}

fn variables(sum: &Poly) -> Vec<Atom> {
    let integer = |a: &Atom| sum.terms().all(|(m, _)| m.exponent(a).as_integer().is_some());
    sum.atoms().into_iter().filter(|a| matches!(a.kind(), Kind::Symbol(..)) && integer(a)).collect()
}

/// `(x ± y)·Q`, `(x ± 1)·Q`; and `(x − y)·Q + R` with fewer terms in all.
pub(super) fn linear_factors(sum: &Poly) -> Vec<Form> {
    let variables = variables(sum);
    if !(2..=250).contains(&sum.len()) || variables.len() > 10 {
        return Vec::new();
    }
    let one = Monomial::one();
    let mut found = Vec::new();
    for (i, a) in variables.iter().enumerate() {
        let power = |m: &Monomial| m.exponent(a).as_integer().unwrap_or(0);
        let with: Vec<&Monomial> = sum.terms().map(|(m, _)| m).filter(|m| power(m) != 0).collect();
        let linear = with.iter().all(|m| power(m) == 1);
        let a = Monomial::of(a.clone(), Exponent::ONE);
        let partners = variables[i + 1..].iter().map(|b| Monomial::of(b.clone(), Exponent::ONE));
        for b in partners.chain([one.clone()]) {
            // The remainder is the sum with b for a: where few terms meet, nothing is gained.
            let exchange = b.over(&a);
            let meeting = with.iter().filter(|m| sum.contains(&m.times(&exchange))).count();
            if linear && 2 * meeting < with.len() {
                continue;
            }
            for sign in [-Rational::ONE, Rational::ONE] {
                let divisor = Poly::from_terms([(a.clone(), Rational::ONE), (b.clone(), sign)]);
                found.extend(by_divisor(sum, &divisor));
            }
        }
    }
    found
}

fn by_divisor(sum: &Poly, divisor: &Poly) -> Option<Form> {
    if *sum == *divisor {
        return None;
    }
    let (quotient, remainder) = sum.divide(divisor)?;
    if quotient.is_zero() {
        return None;
    }
    let gain = quotient.len() + remainder.len() + 1 < sum.len();
    if remainder.is_zero() {
        return Some(Form::product_of(divisor, &quotient));
    }
    gain.then(|| Form::Sum(vec![Form::product_of(divisor, &quotient), Form::Part(remainder)]))
}

/// Repeated sums, those under the roots and denominators of the formula, as variables of the rest.
pub(super) fn own_atoms(sum: &Poly) -> Vec<Form> {
    let mut found = Vec::new();
    for atom in sum.atoms() {
        let Kind::Base(inner) = atom.kind() else { continue };
        if inner.len() < 2 || inner.len() >= sum.len() {
            continue;
        }
        found.extend(by_own(sum, inner));
        // a·u^e + b·u^(e+1) over one denominator.
        let powers = sum.by_powers_of(&atom);
        let Some((lowest, _)) = powers.first_key_value() else { continue };
        if !lowest.is_negative() || powers.len() < 2 {
            continue;
        }
        let above = powers.iter().map(|(e, part)| {
            let shift = e.minus(*lowest);
            let power = match shift.as_integer() {
                Some(0) => return Form::Part(part.clone()),
                Some(1) => Form::Part(inner.clone()),
                Some(n) => Form::Power(Box::new(Form::Part(inner.clone())), n.unsigned_abs()),
                None => Form::Part(Poly::term(Monomial::of(atom.clone(), shift), Rational::ONE)),
            };
            Form::Product(vec![power, Form::Part(part.clone())])
        });
        let above = Form::Sum(above.collect());
        let below = Monomial::of(atom.clone(), lowest.negated());
        found.push(Form::Over(Box::new(above), below));
    }
    found
}

fn by_own(sum: &Poly, inner: &Poly) -> Option<Form> {
    let (quotient, remainder) = sum.divide(inner)?;
    let entire = quotient.terms().all(|(m, _)| m.factors().iter().all(|(_, e)| *e > Exponent::integer(-3)));
    let gain = !quotient.is_zero() && quotient.len() + remainder.len() < sum.len();
    (entire && gain).then(|| {
        let product = Form::product_of(inner, &quotient);
        if remainder.is_zero() { product } else { Form::Sum(vec![product, Form::Part(remainder)]) }
    })
}

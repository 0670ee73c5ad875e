//! Sines and cosines in the shorter of their writings.

use super::Form;
use crate::expr::{Function, Rational};
use crate::simplify::laurent::{Atom, Exponent, Kind, Monomial, Poly};

/// `sin² = 1 − cos²` where the normal form's choice of sines takes more terms.
pub(super) fn cosines_for_sines(sum: &Poly) -> Vec<Form> {
    let mut found = Vec::new();
    for atom in sum.atoms() {
        let Kind::Call(Function::Sin, angle) = atom.kind() else { continue };
        let cosine = Monomial::of(Atom::new(Kind::Call(Function::Cos, angle.clone())), Exponent::integer(2));
        let square = Poly::constant(Rational::ONE).minus(&Poly::term(cosine, Rational::ONE));
        let mut replaced = Poly::zero();
        for (m, c) in sum.terms() {
            let e = m.exponent(&atom);
            match e.as_integer() {
                Some(e @ 2..=8) => {
                    let half = (e / 2) as u32;
                    let rest = m.over(&Monomial::of(atom.clone(), Exponent::integer(2 * half as i32)));
                    replaced = replaced.plus(&square.to_power(half).times_term(&rest, c));
                }
                _ => replaced.add_term(m.clone(), c.clone()),
            }
        }
        if replaced.len() <= sum.len() && replaced != *sum {
            found.push(Form::Part(replaced));
        }
    }
    found
}

/// `cos a cos b ± sin a sin b` and `sin a cos b ± cos a sin b` gathered into one function.
pub(super) fn angle_sums(sum: &Poly) -> Vec<Form> {
    let angles: Vec<Poly> = sum
        .atoms()
        .iter()
        .filter_map(|atom| match atom.kind() {
            Kind::Call(Function::Sin, angle) => Some(angle.clone()),
            _ => None,
        })
        .collect();
    let mut gathered = sum.clone();
    for (i, a) in angles.iter().enumerate() {
        for b in &angles[i + 1..] {
            gathered = gather(&gathered, a, b);
        }
    }
    if gathered == *sum { Vec::new() } else { vec![Form::Part(gathered)] }
}

fn gather(sum: &Poly, a: &Poly, b: &Poly) -> Poly {
    let function =
        |f: Function, angle: &Poly| Monomial::of(Atom::new(Kind::Call(f, angle.clone())), Exponent::ONE);
    let (sin_a, cos_a) = (function(Function::Sin, a), function(Function::Cos, a));
    let (sin_b, cos_b) = (function(Function::Sin, b), function(Function::Cos, b));
    let is_own = |atom: &Atom| matches!(atom.kind(), Kind::Call(Function::Sin | Function::Cos, angle) if angle == a || angle == b);
    let mut gathered = Poly::zero();
    for (cofactor, group) in sum.group_by(|m, _| m.split(is_own).1) {
        let bare = group.times_term(&cofactor.power(Exponent::integer(-1)), &Rational::ONE);
        let at =
            |m: &Monomial| bare.terms().find(|(n, _)| *n == m).map_or(Rational::ZERO, |(_, c)| c.clone());
        let mut result = bare.clone();
        // (first product, second product, sign of the second, function, sign of b)
        let (cc, ss) = (cos_a.times(&cos_b), sin_a.times(&sin_b));
        let (sc, cs) = (sin_a.times(&cos_b), cos_a.times(&sin_b));
        for (first, second, f) in [(cc, ss, Function::Cos), (sc, cs, Function::Sin)] {
            let (c, d) = (at(&first), at(&second));
            if c.is_zero() || (c != d && c != -d.clone()) {
                continue;
            }
            let difference = (f == Function::Cos) == (c == d);
            let angle = if difference { a.minus(b) } else { a.plus(b) };
            let (content, direction) = angle.primitive();
            let negative = content < Rational::ZERO;
            let angle = direction.scaled(&crate::simplify::reading::abs(&content));
            let sign = if negative && f == Function::Sin { -c.clone() } else { c.clone() };
            result.add_term(first, -c);
            result.add_term(second, -d);
            result.add_term(function(f, &angle), sign);
        }
        gathered = gathered.plus(&result.times_term(&cofactor, &Rational::ONE));
    }
    gathered
}

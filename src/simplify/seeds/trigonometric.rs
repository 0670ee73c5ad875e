//! Sines and cosines in the shorter of their writings.

use super::Form;
use crate::expr::{Function, Rational};
use crate::laurent::PowerProduct;
use crate::simplify::monomial::{Atom, Exponent, Kind, Monomial, Poly};

/// `sin² = 1 − cos²` where the normal form's choice of sines takes more terms: everywhere, and for each
/// cofactor by itself, there over a common power of the sine too (`1/sin² − 1 = cos²/sin²`).
pub(super) fn cosines_for_sines(sum: &Poly) -> Vec<Form> {
    let mut everywhere = sum.clone();
    // Ties fall to what stands, or to the common power of the sine.
    let mut apart = [sum.clone(), sum.clone()];
    for atom in sum.atoms() {
        let Kind::Call(Function::Sin, angle) = atom.kind() else { continue };
        everywhere = replaced(&everywhere, &atom, angle);
        apart[0] = by_cofactor(&apart[0], &atom, angle, false);
        apart[1] = by_cofactor(&apart[1], &atom, angle, true);
    }
    let [first, second] = apart;
    let mut found: Vec<Poly> = Vec::new();
    for writing in [everywhere, first, second] {
        if writing.len() <= sum.len() && writing != *sum && !found.contains(&writing) {
            found.push(writing);
        }
    }
    found.into_iter().map(Form::Part).collect()
}

/// The shortest writing of the part of each cofactor.
fn by_cofactor(sum: &Poly, sine: &Atom, angle: &Poly, prefer_common: bool) -> Poly {
    let own = |a: &Atom| matches!(a.kind(), Kind::Call(Function::Sin | Function::Cos, b) if b == angle);
    let mut chosen = Poly::zero();
    for (_, group) in sum.group_by(|m, _| m.split(own).1) {
        let lowest = group.terms().map(|(m, _)| m.exponent(sine)).min().unwrap_or(Exponent::ZERO);
        let depth = if lowest.is_negative() { (1 - lowest.floor()) / 2 * 2 } else { 0 };
        let common = Monomial::of(sine.clone(), Exponent::integer(depth));
        let above = replaced(&group.times_term(&common, &Rational::ONE), sine, angle);
        let over = above.times_term(&common.inverse(), &Rational::ONE);
        let mut candidates = vec![group.clone(), replaced(&group, sine, angle), over];
        candidates.push(with_cotangents(&group, sine, angle));
        if prefer_common {
            candidates.reverse();
        }
        let shortest = candidates.into_iter().min_by_key(Poly::len);
        chosen = chosen.plus(&shortest.unwrap_or(group));
    }
    chosen
}

/// Even powers of the sine by those of the cosine.
fn replaced(sum: &Poly, sine: &Atom, angle: &Poly) -> Poly {
    let cosine = Atom::new(Kind::Call(Function::Cos, angle.clone()));
    let cosine = Monomial::of(cosine, Exponent::integer(2));
    let square = Poly::constant(Rational::ONE).minus(&Poly::term(cosine, Rational::ONE));
    let mut replaced = Poly::zero();
    for (m, c) in sum.terms() {
        match m.exponent(sine).as_integer() {
            Some(e @ 2..=8) => {
                let half = e / 2;
                let rest = m.over(&Monomial::of(sine.clone(), Exponent::integer(2 * half)));
                replaced = replaced.plus(&square.power(half.unsigned_abs()).times_term(&rest, c));
            }
            _ => replaced.add_term(m.clone(), c.clone()),
        }
    }
    replaced
}

/// `1/sin² = 1 + cos²/sin²`.
fn with_cotangents(sum: &Poly, sine: &Atom, angle: &Poly) -> Poly {
    let cosine = Atom::new(Kind::Call(Function::Cos, angle.clone()));
    let square = |atom: &Atom| Monomial::of(atom.clone(), Exponent::integer(2));
    let mut written = Poly::zero();
    for (m, c) in sum.terms() {
        if m.exponent(sine) == Exponent::integer(-2) {
            written.add_term(m.times(&square(sine)), c.clone());
            written.add_term(m.times(&square(&cosine)), c.clone());
        } else {
            written.add_term(m.clone(), c.clone());
        }
    }
    written
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
        let bare = group.times_term(&cofactor.inverse(), &Rational::ONE);
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

//! Seeds that deal the terms of a sum into groups: common factors, Horner, collection by powers.

use super::Form;
use crate::expr::Rational;
use crate::laurent::PowerProduct;
use crate::simplify::monomial::{Atom, Exponent, Kind, Monomial, Poly};
use crate::simplify::reading::abs;

/// The common monomial in front; and the common denominator alone below.
pub(super) fn common_monomial(sum: &Poly) -> Vec<Form> {
    let common = sum.common_monomial();
    let (below, above) = {
        let (negative, positive): (Vec<_>, Vec<_>) =
            common.factors().iter().cloned().partition(|(_, e)| e.is_negative());
        (Monomial::from_factors(negative), Monomial::from_factors(positive))
    };
    let mut forms: Vec<Form> = Vec::new();
    let mut pulled = vec![common];
    if !below.is_one() && !above.is_one() {
        pulled.extend([below, above]);
    }
    for monomial in pulled {
        if !monomial.is_one() {
            let rest = sum.times_term(&monomial.inverse(), &Rational::ONE);
            forms.push(Form::times(&monomial, rest));
        }
    }
    forms
}

fn parts<K: Ord>(sum: &Poly, key: impl Fn(&Monomial, &Rational) -> K) -> Option<Form> {
    let groups = sum.group_by(key);
    let proper = groups.len() > 1 && groups.len() < sum.len();
    proper.then(|| Form::Sum(groups.into_iter().map(|(_, group)| Form::Part(group)).collect()))
}

/// Is it a power below the line, or a root?
fn is_fraction(atom: &Atom, exponent: Exponent) -> bool {
    exponent.is_negative() || matches!(atom.kind(), Kind::Base(_))
}

/// The terms grouped by coefficient, denominator, roots and functions, degree, and by connection.
pub(super) fn groups(sum: &Poly) -> Vec<Form> {
    let fractions = |m: &Monomial| {
        Monomial::from_factors(m.factors().iter().filter(|(a, e)| is_fraction(a, *e)).cloned())
    };
    let functions = |m: &Monomial| m.split(|a| !matches!(a.kind(), Kind::Symbol(..))).0;
    let parameters = |m: &Monomial| m.split(Atom::is_parameter).0;
    let denominators = |m: &Monomial| fractions(m).times(&parameters(m));
    let components = components(sum);
    let component = |m: &Monomial| {
        m.factors().first().and_then(|(a, _)| components.binary_search_by(|(b, _)| b.cmp(a)).ok())
    };
    let component = |m: &Monomial| component(m).map(|at| components[at].1);
    let connected = parts(sum, |m, _| component(m)).into_iter();
    connected
        .chain(parts(sum, |_, c| abs(c)))
        .chain(parts(sum, |_, c| c.denominator().clone()))
        .chain(parts(sum, |m, _| fractions(m)))
        .chain(parts(sum, |m, c| (fractions(m), abs(c))))
        .chain(parts(sum, |m, c| (denominators(m), abs(c))))
        .chain(parts(sum, |m, _| functions(m)))
        .chain(parts(sum, |m, _| m.momentum_degree()))
        .chain(parts(sum, |m, c| (m.momentum_degree(), abs(c))))
        .chain(parts(sum, |m, _| m.degree()))
        .collect()
}

/// Each atom with the number of its connected component; two atoms are connected in a common term.
fn components(sum: &Poly) -> Vec<(Atom, usize)> {
    let mut atoms: Vec<(Atom, usize)> = sum.atoms().into_iter().zip(0..).collect();
    let mut changed = true;
    while changed {
        changed = false;
        for (m, _) in sum.terms() {
            let at: Vec<usize> = m
                .factors()
                .iter()
                .filter_map(|(a, _)| atoms.binary_search_by(|(b, _)| b.cmp(a)).ok())
                .collect();
            let Some(least) = at.iter().map(|&i| atoms[i].1).min() else { continue };
            for i in at {
                changed |= atoms[i].1 != least;
                atoms[i].1 = least;
            }
        }
    }
    atoms
}

/// `Σ m·C_m` with `m` over the momentum monomials, over the other ones, over powers of each function.
pub(super) fn collected(sum: &Poly) -> Vec<Form> {
    let by = |key: &dyn Fn(&Monomial) -> Monomial| -> Option<Form> {
        let groups = sum.group_by(|m, _| key(m));
        if groups.len() < 2 || groups.len() == sum.len() {
            return None;
        }
        let forms = groups.into_iter().map(|(m, group)| {
            let rest = group.times_term(&m.inverse(), &Rational::ONE);
            Form::times(&m, rest)
        });
        Some(Form::Sum(forms.collect()))
    };
    let momenta = |m: &Monomial| m.split(Atom::is_momentum).0;
    let others = |m: &Monomial| m.split(Atom::is_momentum).1;
    let functions = |m: &Monomial| m.split(|a| !matches!(a.kind(), Kind::Symbol(..))).0;
    let fractions = |m: &Monomial| {
        Monomial::from_factors(m.factors().iter().filter(|(a, e)| is_fraction(a, *e)).cloned())
    };
    [by(&momenta), by(&others), by(&functions), by(&fractions)].into_iter().flatten().collect()
}

/// One Horner step `a^k·Q + R` for each of the atoms met most often.
pub(super) fn horner(sum: &Poly) -> Vec<Form> {
    let width = match sum.len() {
        0..=8 => 4,
        9..=40 => 2,
        _ => 1,
    };
    let mut uses: Vec<(usize, Atom, Exponent)> = Vec::new();
    for atom in sum.atoms() {
        let exponents: Vec<Exponent> =
            sum.terms().map(|(m, _)| m.exponent(&atom)).filter(|e| !e.is_zero()).collect();
        for negative in [false, true] {
            let same: Vec<Exponent> =
                exponents.iter().copied().filter(|e| e.is_negative() == negative).collect();
            let nearest = if negative { same.iter().max() } else { same.iter().min() };
            if let (Some(nearest), true) = (nearest, same.len() > 1) {
                uses.push((same.len(), atom.clone(), *nearest));
            }
        }
    }
    uses.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
    let step = |(count, atom, exponent): (usize, Atom, Exponent)| {
        let power = Monomial::of(atom.clone(), exponent);
        let (with, rest): (Vec<_>, Vec<_>) = sum.terms().partition(|(m, _)| {
            let e = m.exponent(&atom);
            !e.is_zero() && e.is_negative() == exponent.is_negative()
        });
        let owned = |terms: Vec<(&Monomial, &Rational)>| {
            Poly::from_terms(terms.into_iter().map(|(m, c)| (m.clone(), c.clone())))
        };
        debug_assert_eq!(with.len(), count);
        let quotient = owned(with).times_term(&power.inverse(), &Rational::ONE);
        let rest = owned(rest);
        let (content, primitive) = quotient.primitive();
        let product = Form::scaled(content, Form::times(&power, primitive));
        if rest.is_zero() { product } else { Form::Sum(vec![product, Form::Part(rest)]) }
    };
    uses.into_iter().take(width).map(step).collect()
}

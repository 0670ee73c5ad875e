//! Monomials with rational exponents in the atoms of one formula, and the polynomials in them.
//!
//! This is the form in which seeds are found: exact, small, and ordered so that iteration meets the
//! terms as they are printed. It is untrusted: what is returned to a caller is compared by `algebra`.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::expr::{Expr, Function, Rational, Symbol};
use crate::laurent::{Effort, Laurent, Lead, PowerProduct};

/// A small exact exponent, in lowest terms.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub(super) struct Exponent {
    numerator: i32,
    denominator: i32,
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a.abs() } else { gcd(b, a % b) }
}

impl Exponent {
    pub(super) const ZERO: Exponent = Exponent { numerator: 0, denominator: 1 };
    pub(super) const ONE: Exponent = Exponent { numerator: 1, denominator: 1 };

    pub(super) fn integer(value: i32) -> Exponent {
        Exponent { numerator: value, denominator: 1 }
    }

    /// `None` where it does not fit.
    pub(super) fn new(numerator: i64, denominator: i64) -> Option<Exponent> {
        let divisor = gcd(numerator, denominator).max(1) * denominator.signum();
        if denominator == 0 {
            return None;
        }
        Some(Exponent {
            numerator: i32::try_from(numerator / divisor).ok()?,
            denominator: i32::try_from(denominator / divisor).ok()?,
        })
    }

    pub(super) fn of(value: &Rational) -> Option<Exponent> {
        let numerator = i64::try_from(value.numerator().clone()).ok()?;
        let denominator = i64::try_from(dashu_int::IBig::from(value.denominator().clone())).ok()?;
        Exponent::new(numerator, denominator)
    }

    pub(super) fn to_rational(self) -> Rational {
        Rational::from_parts(self.numerator.into(), self.denominator.unsigned_abs().into())
    }

    pub(super) fn plus(self, other: Exponent) -> Exponent {
        let (a, b) = (i64::from(self.numerator), i64::from(self.denominator));
        let (c, d) = (i64::from(other.numerator), i64::from(other.denominator));
        // Exponents are bounded where they enter, so that sums within one formula fit.
        Exponent::new(a * d + c * b, b * d).unwrap_or(Exponent::ZERO)
    }

    pub(super) fn times(self, other: Exponent) -> Exponent {
        let numerator = i64::from(self.numerator) * i64::from(other.numerator);
        let denominator = i64::from(self.denominator) * i64::from(other.denominator);
        Exponent::new(numerator, denominator).unwrap_or(Exponent::ZERO)
    }

    pub(super) fn negated(self) -> Exponent {
        Exponent { numerator: -self.numerator, denominator: self.denominator }
    }

    pub(super) fn minus(self, other: Exponent) -> Exponent {
        self.plus(other.negated())
    }

    pub(super) fn floor(self) -> i32 {
        self.numerator.div_euclid(self.denominator)
    }

    pub(super) fn as_integer(self) -> Option<i32> {
        (self.denominator == 1).then_some(self.numerator)
    }

    pub(super) fn is_zero(self) -> bool {
        self.numerator == 0
    }

    pub(super) fn is_negative(self) -> bool {
        self.numerator < 0
    }
}

impl PartialOrd for Exponent {
    fn partial_cmp(&self, other: &Exponent) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Exponent {
    fn cmp(&self, other: &Exponent) -> Ordering {
        let left = i64::from(self.numerator) * i64::from(other.denominator);
        left.cmp(&(i64::from(other.numerator) * i64::from(self.denominator)))
    }
}

/// What a monomial is a product of powers of.
#[derive(PartialEq, Eq, PartialOrd, Ord, Debug, Clone)]
pub(super) enum Kind {
    Pi,
    /// A variable with its class (parameter, coordinate, momentum) and rank.
    Symbol(u8, u32, Symbol),
    /// `exp` of that coefficient-free monomial.
    Exponential(Poly),
    /// A function of a canonical argument.
    Call(Function, Poly),
    /// A sum, met only with a negative or fractional exponent.
    Base(Poly),
    /// What this room does not look into.
    Opaque(Expr),
}

/// A shared [`Kind`], ordered by content.
#[derive(Clone, Debug)]
pub(super) struct Atom(Arc<AtomData>);

#[derive(Debug)]
struct AtomData {
    kind: Kind,
    momentum: Exponent,
    degree: Exponent,
}

impl Atom {
    pub(super) fn new(kind: Kind) -> Atom {
        let (momentum, degree) = match &kind {
            Kind::Symbol(class, ..) => (Exponent::integer(i32::from(*class == MOMENTUM)), Exponent::ONE),
            Kind::Base(sum) => {
                sum.leading().map_or((Exponent::ZERO, Exponent::ZERO), |(m, _)| (m.momentum, m.degree))
            }
            _ => (Exponent::ZERO, Exponent::ZERO),
        };
        Atom(Arc::new(AtomData { kind, momentum, degree }))
    }

    pub(super) fn kind(&self) -> &Kind {
        &self.0.kind
    }

    pub(super) fn is_momentum(&self) -> bool {
        matches!(self.kind(), Kind::Symbol(MOMENTUM, ..))
    }

    pub(super) fn is_parameter(&self) -> bool {
        matches!(self.kind(), Kind::Symbol(PARAMETER, ..) | Kind::Pi)
    }
}

pub(super) const PARAMETER: u8 = 0;
pub(super) const COORDINATE: u8 = 1;
pub(super) const MOMENTUM: u8 = 2;

impl PartialEq for Atom {
    fn eq(&self, other: &Atom) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Atom {}

impl PartialOrd for Atom {
    fn partial_cmp(&self, other: &Atom) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Atom {
    fn cmp(&self, other: &Atom) -> Ordering {
        if Arc::ptr_eq(&self.0, &other.0) { Ordering::Equal } else { self.0.kind.cmp(&other.0.kind) }
    }
}

/// A product of powers of atoms. The order is that of printing: higher momentum degree first, then
/// higher total degree, then the earlier atom with the higher exponent; it is compatible with
/// multiplication, so the first term of a product is the product of the first terms.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Monomial {
    momentum: Exponent,
    degree: Exponent,
    factors: Vec<(Atom, Exponent)>,
}

impl Monomial {
    pub(super) fn of(atom: Atom, exponent: Exponent) -> Monomial {
        Monomial::from_factors([(atom, exponent)])
    }

    /// The product of distinct atoms' powers, in any order.
    pub(super) fn from_factors(factors: impl IntoIterator<Item = (Atom, Exponent)>) -> Monomial {
        let mut factors: Vec<_> = factors.into_iter().filter(|(_, e)| !e.is_zero()).collect();
        factors.sort_by(|a, b| a.0.cmp(&b.0));
        let weight = |of: fn(&AtomData) -> Exponent| {
            factors.iter().fold(Exponent::ZERO, |sum, (atom, e)| sum.plus(of(&atom.0).times(*e)))
        };
        Monomial { momentum: weight(|a| a.momentum), degree: weight(|a| a.degree), factors }
    }

    pub(super) fn factors(&self) -> &[(Atom, Exponent)] {
        &self.factors
    }

    pub(super) fn momentum_degree(&self) -> Exponent {
        self.momentum
    }

    pub(super) fn degree(&self) -> Exponent {
        self.degree
    }

    pub(super) fn exponent(&self, atom: &Atom) -> Exponent {
        self.factors.iter().find(|(a, _)| a == atom).map_or(Exponent::ZERO, |(_, e)| *e)
    }

    pub(super) fn power(&self, exponent: Exponent) -> Monomial {
        if exponent.is_zero() {
            return Monomial::one();
        }
        Monomial {
            momentum: self.momentum.times(exponent),
            degree: self.degree.times(exponent),
            factors: self.factors.iter().map(|(a, e)| (a.clone(), e.times(exponent))).collect(),
        }
    }

    /// The part in the atoms that `keep` holds of, and the rest.
    pub(super) fn split(&self, keep: impl Fn(&Atom) -> bool) -> (Monomial, Monomial) {
        let (kept, rest): (Vec<_>, Vec<_>) = self.factors.iter().cloned().partition(|(a, _)| keep(a));
        (Monomial::from_factors(kept), Monomial::from_factors(rest))
    }

    /// Whether no exponent is negative.
    pub(super) fn is_entire(&self) -> bool {
        self.factors.iter().all(|(_, e)| !e.is_negative())
    }

    /// The square root, where every exponent is an even integer.
    pub(super) fn square_root(&self) -> Option<Monomial> {
        let half = |(atom, e): &(Atom, Exponent)| {
            let e = e.as_integer()?;
            (e % 2 == 0).then(|| (atom.clone(), Exponent::integer(e / 2)))
        };
        Some(Monomial::from_factors(self.factors.iter().map(half).collect::<Option<Vec<_>>>()?))
    }
}

impl PowerProduct for Monomial {
    const LEAD: Lead = Lead::Least;
    const EFFORT: Effort = Effort { steps: 4 * MAX_TERMS, rest: MAX_TERMS };

    fn one() -> Monomial {
        Monomial { momentum: Exponent::ZERO, degree: Exponent::ZERO, factors: Vec::new() }
    }

    fn is_one(&self) -> bool {
        self.factors.is_empty()
    }

    fn times(&self, other: &Monomial) -> Monomial {
        let mut factors = Vec::with_capacity(self.factors.len() + other.factors.len());
        let (mut left, mut right) = (self.factors.iter().peekable(), other.factors.iter().peekable());
        loop {
            let order = match (left.peek(), right.peek()) {
                (Some(a), Some(b)) => a.0.cmp(&b.0),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => break,
            };
            match order {
                Ordering::Less => factors.extend(left.next().cloned()),
                Ordering::Greater => factors.extend(right.next().cloned()),
                Ordering::Equal => {
                    if let (Some((atom, a)), Some((_, b))) = (left.next(), right.next()) {
                        let sum = a.plus(*b);
                        if !sum.is_zero() {
                            factors.push((atom.clone(), sum));
                        }
                    }
                }
            }
        }
        Monomial {
            momentum: self.momentum.plus(other.momentum),
            degree: self.degree.plus(other.degree),
            factors,
        }
    }

    fn raised(&self, exponent: i32) -> Monomial {
        self.power(Exponent::integer(exponent))
    }

    fn common(&self, other: &Monomial) -> Monomial {
        let least = |(atom, e): &(Atom, Exponent)| (atom.clone(), (*e).min(other.exponent(atom)));
        let missing = other
            .factors
            .iter()
            .filter(|(atom, e)| e.is_negative() && self.exponent(atom).is_zero())
            .cloned();
        Monomial::from_factors(self.factors.iter().map(least).chain(missing))
    }

    /// Exponents that the divisor does not meet may be anything.
    fn quotient(&self, divisor: &Monomial) -> Option<Monomial> {
        let ratio = self.over(divisor);
        let divides = |(a, e): &(Atom, Exponent)| !e.is_negative() || divisor.exponent(a).is_zero();
        ratio.factors.iter().all(divides).then_some(ratio)
    }
}

impl PartialOrd for Monomial {
    fn partial_cmp(&self, other: &Monomial) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Monomial {
    fn cmp(&self, other: &Monomial) -> Ordering {
        let graded = other.momentum.cmp(&self.momentum).then(other.degree.cmp(&self.degree));
        if graded != Ordering::Equal {
            return graded;
        }
        let (mut left, mut right) = (self.factors.iter(), other.factors.iter());
        loop {
            let (a, b) = match (left.next(), right.next()) {
                (Some(a), Some(b)) => (a, b),
                (Some(a), None) => return Exponent::ZERO.cmp(&a.1),
                (None, Some(b)) => return b.1.cmp(&Exponent::ZERO),
                (None, None) => return Ordering::Equal,
            };
            match a.0.cmp(&b.0) {
                Ordering::Less => return Exponent::ZERO.cmp(&a.1),
                Ordering::Greater => return b.1.cmp(&Exponent::ZERO),
                Ordering::Equal if a.1 != b.1 => return b.1.cmp(&a.1),
                Ordering::Equal => {}
            }
        }
    }
}

/// A sum of monomials in printing order.
pub(super) type Poly = Laurent<Monomial>;

impl Poly {
    pub(super) fn atom(atom: Atom) -> Poly {
        Poly::term(Monomial::of(atom, Exponent::ONE), Rational::ONE)
    }

    /// The atoms that occur, in order.
    pub(super) fn atoms(&self) -> Vec<Atom> {
        let mut atoms: Vec<Atom> =
            self.monomials().flat_map(|m| m.factors.iter().map(|(a, _)| a.clone())).collect();
        atoms.sort();
        atoms.dedup();
        atoms
    }

    /// The coefficients of the powers of `atom`, by exponent.
    pub(super) fn by_powers_of(&self, atom: &Atom) -> BTreeMap<Exponent, Poly> {
        let mut parts: BTreeMap<Exponent, Poly> = BTreeMap::new();
        for (m, c) in self.terms() {
            let e = m.exponent(atom);
            let rest = m.over(&Monomial::of(atom.clone(), e));
            parts.entry(e).or_insert_with(Poly::zero).add_term(rest, c.clone());
        }
        parts
    }

    /// `r` with a positive first coefficient and `rᵏ = self`, where there is one.
    pub(super) fn root(&self, k: u32) -> Option<Poly> {
        let (lead, coefficient) = self.leading()?;
        let exact = |m: &Monomial| m.factors.iter().all(|(_, e)| e.as_integer().is_some());
        let first_coefficient = rational_root(coefficient, k)?;
        let inverse = Exponent::new(1, i64::from(k))?;
        let first = lead.power(inverse);
        let last_is_power = self.terms().next_back().is_some_and(|(m, c)| {
            exact(&m.power(inverse)) && (k % 2 == 1 || *c > Rational::ZERO) && rational_root(c, k).is_some()
        });
        if !exact(&first) || !last_is_power || !self.monomials().all(exact) {
            return None;
        }
        // r = f + g: the next term of self - rᵏ is k f^(k-1) times the next term of r.
        let slope = first.raised(k as i32 - 1);
        let slope_coefficient = Rational::from(k) * first_coefficient.pow(k as isize - 1);
        let mut root = Poly::term(first, first_coefficient);
        let entire = self.monomials().all(Monomial::is_entire);
        // A k-th power has at least k (terms - 1) + 1 terms, unless many cancel.
        for _ in 0..=self.len() / k as usize {
            let rest = self.minus(&root.power(k));
            let Some((m, c)) = rest.leading() else { return Some(root) };
            let next = m.over(&slope);
            let fits = exact(&next) && (!entire || next.is_entire());
            if !fits || root.contains(&next) || rest.len() > 4 * self.len() + 16 {
                return None;
            }
            root.add_term(next, c / &slope_coefficient);
        }
        None
    }
}

/// More terms than this are not expanded, divided or seeded.
pub(super) const MAX_TERMS: usize = 1500;

/// The positive rational `k`-th root, where there is one (for odd `k` of negative values a negative one).
pub(super) fn rational_root(value: &Rational, k: u32) -> Option<Rational> {
    use dashu_int::{IBig, UBig};
    if *value < Rational::ZERO {
        return if k % 2 == 1 { rational_root(&-value.clone(), k).map(|r| -r) } else { None };
    }
    let root = |n: UBig| -> Option<UBig> {
        let r = n.nth_root(k as usize);
        (r.pow(k as usize) == n).then_some(r)
    };
    let numerator = root(dashu_base::UnsignedAbs::unsigned_abs(value.numerator().clone()))?;
    let denominator = root(value.denominator().clone())?;
    Some(Rational::from_parts(IBig::from(numerator), denominator))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::laurent::identities;
    use rand::RngExt;

    #[test]
    fn identities_hold_for_powers_of_named_atoms() {
        let atoms = [("a", PARAMETER), ("x", COORDINATE), ("p", MOMENTUM)]
            .map(|(name, class)| Atom::new(Kind::Symbol(class, 0, Symbol::new(name))));
        identities::hold(|random, lowest| {
            let mut half = || Exponent::new(random.random_range(2 * i64::from(lowest)..=6), 2);
            let powers = atoms.iter().map(|atom| (atom.clone(), half().expect("a small exponent")));
            Monomial::from_factors(powers)
        });
    }
}

//! Writes elements as formulas.
//!
//! Terms with the same roots and reciprocals share one denominator. A root divided by its own radicand
//! becomes one fractional power. Terms are ordered by total degree, then by the order of the symbols.
//! Fractions are split into partial fractions if that is shorter.

pub(super) mod cosines;
mod fractions;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use dashu_base::Signed;
use dashu_int::IBig;

use super::polynomial::TermBuffer;
use super::tower::{Generator, Tower};
use super::{Polynomial, RationalPolynomial};
use crate::expr::{Expr, Function, Rational};

/// The text of a generator in error messages.
pub(super) fn describe(tower: &Tower, generator: &Generator) -> String {
    generator_expr(tower, generator).to_string()
}

/// A generator as a formula.
pub(super) fn generator_expr(tower: &Tower, generator: &Generator) -> Expr {
    match generator {
        Generator::Pi => Expr::Pi,
        Generator::TwiceCosine { field } => Expr::number(2) * cosine_of_pi(1, field.parts()),
        Generator::CosineOfPi { multiple, parts } => cosine_of_pi(*multiple, *parts),
        Generator::Cosine { angle } => express(tower, angle).call(Function::Cos),
        Generator::Sine { angle } => express(tower, angle).call(Function::Sin),
        Generator::Exponential { base: None, exponent } => express(tower, exponent).call(Function::Exp),
        Generator::Exponential { base: Some(base), exponent } => {
            Expr::Power(express(tower, base).into(), express(tower, exponent).into())
        }
        Generator::Logarithm { argument } => express(tower, argument).call(Function::Log),
        Generator::Root { radicand, index } => {
            fractional(express(tower, radicand), &Rational::from_parts(IBig::ONE, (*index).into()))
        }
        // sign(w) = √(w²)/w.
        Generator::Sign { of } => {
            let of = express(tower, of);
            of.clone().to_power(2).call(Function::Sqrt).over(of)
        }
        Generator::Inverse { factor } => Expr::one().over(express(tower, &factor.clone().into())),
    }
}

/// cos(multiple·π/parts).
fn cosine_of_pi(multiple: u32, parts: u32) -> Expr {
    let fraction = Rational::from_parts(multiple.into(), parts.into());
    let above = Expr::number(Rational::from(fraction.numerator().clone())) * Expr::Pi;
    above.over(Expr::number(Rational::from(fraction.denominator().clone()))).call(Function::Cos)
}

/// base^exponent, a square root where the exponent is 1/2.
fn fractional(base: Expr, exponent: &Rational) -> Expr {
    if *exponent == Rational::from_parts(IBig::ONE, 2u8.into()) {
        base.call(Function::Sqrt)
    } else {
        base.to_power(exponent.clone())
    }
}

/// A value as a formula. Canonical values give canonical text.
pub(super) fn express(tower: &Tower, value: &RationalPolynomial) -> Expr {
    if let Some((tower, value)) = cosines::spelled(tower, value) {
        return express_spelled(&tower, &value);
    }
    express_spelled(tower, value)
}

/// A value without powers of 2cos(π/N) as a formula.
fn express_spelled(tower: &Tower, value: &RationalPolynomial) -> Expr {
    let groups = grouped(tower, value.numerator());
    let whole = write(tower, &groups, value.denominator());
    match split(tower, &groups) {
        Some(pieces) => {
            let split = write(tower, &pieces, value.denominator());
            if split.symbol_count() < whole.symbol_count() { split } else { whole }
        }
        None => whole,
    }
}

/// Maps each product of powers that is factored out of a sum to the polynomial that it multiplies.
type Groups = BTreeMap<Vec<(usize, u32)>, Polynomial>;

fn grouped(tower: &Tower, numerator: &Polynomial) -> Groups {
    let mut groups: BTreeMap<Vec<(usize, u32)>, TermBuffer> = BTreeMap::new();
    for index in 0..numerator.len() {
        let outer: Vec<(usize, u32)> =
            numerator.factors(index).into_iter().filter(|&(v, _)| is_outer(tower, v)).collect();
        let mut packed = numerator.monomial(index).to_vec();
        outer.iter().for_each(|&(v, e)| Polynomial::lower(&mut packed, v, e));
        let group = groups.entry(outer).or_insert_with(|| TermBuffer::new(numerator.stride()));
        group.push_packed(&packed, numerator.coefficient(index));
    }
    groups.into_iter().map(|(outer, buffer)| (outer, buffer.finish())).collect()
}

/// The groups in partial fractions; `None` if there is nothing to split.
fn split(tower: &Tower, groups: &Groups) -> Option<Groups> {
    let is_inverse = |v: usize| matches!(tower.generator(v), Some(Generator::Inverse { .. }));
    let mut pieces = Groups::new();
    let mut changed = false;
    for (outer, numerator) in groups {
        let below: Vec<(usize, u32)> = outer.iter().copied().filter(|&(v, _)| is_inverse(v)).collect();
        let above: Vec<(usize, u32)> = outer.iter().copied().filter(|&(v, _)| !is_inverse(v)).collect();
        for (piece, below) in fractions::partial_fractions(tower, numerator, &below).ok()? {
            let mut outer_of_piece = above.clone();
            outer_of_piece.extend(below);
            outer_of_piece.sort_unstable();
            changed |= outer_of_piece != *outer;
            let sum = pieces.entry(outer_of_piece).or_insert_with(Polynomial::zero);
            *sum = sum.plus(&piece);
        }
    }
    changed.then_some(pieces)
}

fn write(tower: &Tower, groups: &Groups, denominator: &IBig) -> Expr {
    let mut written: Vec<(SortKey, Expr)> = Vec::new();
    for (outer_factors, numerator) in groups {
        let value = RationalPolynomial::new(numerator.clone(), denominator.clone());
        let mut terms: Vec<Term> =
            (0..numerator.len()).map(|i| Term::new(tower, &value, i, outer_factors)).collect();
        terms.sort_by(|a, b| a.key.cmp(&b.key));
        let keys: Vec<SortKey> = terms.iter().map(|t| t.key.clone()).collect();
        let outer = Outer::new(tower, outer_factors);
        if outer.is_trivial() || terms.len() == 1 {
            for (term, key) in terms.into_iter().zip(keys) {
                written.push((key, term.times(tower, &outer)));
            }
        } else if let Some(key) = keys.into_iter().next() {
            written.push((key, together(tower, terms, &outer)));
        }
    }
    written.sort_by(|a, b| a.0.cmp(&b.0));
    // Write `y - x`, not `-x + y`.
    if let Some(first) = written.iter().position(|(_, expr)| !matches!(expr, Expr::Negative(_))) {
        written[..=first].rotate_right(1);
    }
    Expr::sum(written.into_iter().map(|(_, expr)| expr))
}

/// The ring variable and the index, if this generator is a root of a single ring variable.
fn root_of_variable(generator: &Generator) -> Option<(usize, u32)> {
    let Generator::Root { radicand, index } = generator else { return None };
    let numerator = radicand.numerator();
    match numerator.factors(0).as_slice() {
        &[(variable, 1)]
            if *numerator == Polynomial::variable(variable) && radicand.denominator().is_one() =>
        {
            Some((variable, *index))
        }
        _ => None,
    }
}

/// Ring variables that are factored out of sums: roots, signs, reciprocals of sums.
fn is_outer(tower: &Tower, variable: usize) -> bool {
    match tower.generator(variable) {
        Some(root @ Generator::Root { .. }) => root_of_variable(root).is_none(),
        Some(Generator::Sign { .. }) => true,
        Some(Generator::Inverse { factor }) => factor.len() > 1,
        _ => false,
    }
}

/// The order of terms: by decreasing total degree, then lexicographically by decreasing exponents, with
/// symbols before generators.
type SortKey = (Reverse<Rational>, Vec<(usize, Reverse<Rational>)>, Vec<(usize, u32)>);

/// Powers of ring variables; exponents may be any rational number.
type Powers = BTreeMap<usize, Rational>;

/// One term without what is factored out: a coefficient and powers.
struct Term {
    coefficient: Rational,
    exponents: Powers,
    key: SortKey,
}

impl Term {
    fn new(tower: &Tower, value: &RationalPolynomial, index: usize, outer: &[(usize, u32)]) -> Term {
        let mut exponents = Powers::new();
        for (variable, exponent) in value.numerator().factors(index) {
            let power = Rational::from(exponent);
            match tower.generator(variable) {
                Some(Generator::Inverse { factor }) => {
                    let of = factor.variables().first().copied().unwrap_or(variable);
                    *exponents.entry(of).or_default() -= power;
                }
                Some(generator) => match root_of_variable(generator) {
                    Some((of, n)) => *exponents.entry(of).or_default() += power / Rational::from(n),
                    None => *exponents.entry(variable).or_default() += power,
                },
                None => *exponents.entry(variable).or_default() += power,
            }
        }
        exponents.retain(|_, e| !e.is_zero());
        let total = exponents.values().fold(Rational::ZERO, |sum, e| sum + e);
        let lexicographic = exponents.iter().map(|(&v, e)| (v, Reverse(e.clone()))).collect();
        let key = (Reverse(total), lexicographic, outer.to_vec());
        Term { coefficient: value.coefficient(index), exponents, key }
    }

    fn times(self, tower: &Tower, outer: &Outer) -> Expr {
        let mut fraction = Written::new(self.coefficient * Rational::from(outer.sign));
        let mut exponents = self.exponents;
        for (&variable, exponent) in &outer.powers {
            *exponents.entry(variable).or_default() += exponent;
        }
        fraction.powers(tower, &exponents);
        fraction.above.extend(outer.above.iter().cloned());
        fraction.below.extend(outer.below.iter().cloned());
        fraction.finish()
    }
}

/// Writes several terms as one formula, with their common factors factored out.
fn together(tower: &Tower, mut terms: Vec<Term>, outer: &Outer) -> Expr {
    // Factor the common Laurent monomial and the common rational out of the sum.
    let variables: BTreeSet<usize> = terms.iter().flat_map(|t| t.exponents.keys().copied()).collect();
    let mut common = Powers::new();
    for variable in variables {
        let power = |term: &Term| term.exponents.get(&variable).cloned().unwrap_or(Rational::ZERO);
        common.insert(variable, terms.iter().map(power).min().unwrap_or(Rational::ZERO));
    }
    let content = content_of(&terms);
    for term in &mut terms {
        for (variable, least) in &common {
            *term.exponents.entry(*variable).or_default() -= least;
        }
        term.exponents.retain(|_, e| !e.is_zero());
        term.coefficient = &term.coefficient / &content;
    }
    let mut exponents = common;
    for (&variable, exponent) in &outer.powers {
        *exponents.entry(variable).or_default() += exponent;
    }
    let mut fraction = Written::new(content * Rational::from(outer.sign));
    let trivial = Outer::trivial();
    let sum = Expr::sum(terms.into_iter().map(|term| term.times(tower, &trivial)));
    fraction.powers(tower, &exponents);
    fraction.above.push(sum);
    fraction.above.extend(outer.above.iter().cloned());
    fraction.below.extend(outer.below.iter().cloned());
    fraction.finish()
}

/// The rational c, with the sign of the first coefficient, for which terms / c have coprime integer
/// coefficients.
fn content_of(terms: &[Term]) -> Rational {
    use dashu_base::Gcd;
    let mut numerator = IBig::ZERO;
    let mut denominator = IBig::ONE;
    for term in terms {
        numerator = match numerator.is_zero() {
            true => term.coefficient.numerator().clone(),
            false => numerator.gcd(term.coefficient.numerator()).into(),
        };
        let below = IBig::from(term.coefficient.denominator().clone());
        let shared: IBig = (&denominator).gcd(&below).into();
        denominator = denominator / shared * below;
    }
    let content = Rational::from_parts_signed(numerator, denominator);
    let negative = terms.first().is_some_and(|t| t.coefficient < Rational::ZERO);
    if (content < Rational::ZERO) == negative { content } else { -content }
}

/// Roots, signs and reciprocals of sums as factors of the numerator and the denominator.
struct Outer {
    sign: i64,
    above: Vec<Expr>,
    below: Vec<Expr>,
    /// Powers of ring variables, to be merged with the powers in the terms.
    powers: Powers,
}

impl Outer {
    fn trivial() -> Outer {
        Outer { sign: 1, above: Vec::new(), below: Vec::new(), powers: Powers::new() }
    }

    fn is_trivial(&self) -> bool {
        self.sign == 1 && self.above.is_empty() && self.below.is_empty() && self.powers.is_empty()
    }

    fn new(tower: &Tower, factors: &[(usize, u32)]) -> Outer {
        let mut outer = Outer::trivial();
        let mut below: BTreeMap<usize, i64> = BTreeMap::new();
        let mut roots = Vec::new();
        for &(variable, exponent) in factors {
            match tower.generator(variable) {
                Some(Generator::Inverse { .. }) => {
                    below.insert(variable, exponent.into());
                }
                Some(Generator::Root { radicand, index }) => roots.push((radicand, *index, exponent)),
                // sign(w) = |w|/w. The power of w joins the powers in the terms.
                Some(Generator::Sign { of }) if of.numerator().len() == 1 => {
                    outer.above.push(express(tower, of).to_power(2).call(Function::Sqrt));
                    for (variable, power) in of.numerator().factors(0) {
                        *outer.powers.entry(variable).or_default() -= Rational::from(power);
                    }
                }
                _ => outer.above.push(expr_of(tower, variable)),
            }
        }
        outer.sines(tower, &mut below);
        for (radicand, index, exponent) in roots {
            // Write a root divided by its own radicand as one power with a negative exponent.
            let mut total = Rational::from_parts(exponent.into(), index.into());
            if radicand.denominator().is_one()
                && let Some(known) = tower.factors.iter().find(|f| {
                    f.polynomial == *radicand.numerator() || f.polynomial == radicand.numerator().negated()
                })
                && let Some(count) = below.remove(&known.inverse)
            {
                total -= Rational::from(count);
                if known.polynomial != *radicand.numerator() && count % 2 != 0 {
                    outer.sign = -outer.sign;
                }
            }
            let base = express(tower, radicand);
            if total < Rational::ZERO {
                outer.below.push(fractional(base, &-total));
            } else {
                outer.above.push(fractional(base, &total));
            }
        }
        for (variable, count) in below {
            if let Some(Generator::Inverse { factor }) = tower.generator(variable) {
                let (sign, expr) = positive_first(tower, factor);
                if sign < 0 && count % 2 != 0 {
                    outer.sign = -outer.sign;
                }
                outer.below.push(expr.to_power(Rational::from(count)));
            }
        }
        outer
    }

    /// Applies 1/((cos θ − 1)(cos θ + 1)) = −1/sin²θ.
    fn sines(&mut self, tower: &Tower, below: &mut BTreeMap<usize, i64>) {
        for (cosine, generator) in tower.generators() {
            if !matches!(generator, Generator::Cosine { .. }) {
                continue;
            }
            let reciprocal = |shift: i64| {
                let factor = Polynomial::variable(cosine).plus(&Polynomial::constant(shift));
                tower.factors.iter().find(|f| f.polynomial == factor).map(|f| f.inverse)
            };
            let (Some(minus), Some(plus)) = (reciprocal(-1), reciprocal(1)) else { continue };
            let count = |v: usize, below: &BTreeMap<usize, i64>| below.get(&v).copied().unwrap_or(0);
            let both = count(minus, below).min(count(plus, below));
            if both == 0 {
                continue;
            }
            for variable in [minus, plus] {
                let left = count(variable, below) - both;
                below.insert(variable, left);
            }
            below.retain(|_, e| *e != 0);
            if both % 2 != 0 {
                self.sign = -self.sign;
            }
            *self.powers.entry(cosine + 1).or_default() -= Rational::from(2 * both);
        }
    }
}

/// A sign and a polynomial whose first written term is positive; their product is the given polynomial.
fn positive_first(tower: &Tower, polynomial: &Polynomial) -> (i64, Expr) {
    let value = RationalPolynomial::from(polynomial.clone());
    let first =
        (0..polynomial.len()).map(|i| Term::new(tower, &value, i, &[])).min_by(|a, b| a.key.cmp(&b.key));
    match first {
        Some(term) if term.coefficient < Rational::ZERO => (-1, express(tower, &value.negated())),
        _ => (1, express(tower, &value)),
    }
}

fn expr_of(tower: &Tower, variable: usize) -> Expr {
    match tower.generator(variable) {
        None => Expr::Symbol(tower.symbols[variable].clone()),
        Some(generator) => generator_expr(tower, generator),
    }
}

/// A quotient under construction.
struct Written {
    coefficient: Rational,
    above: Vec<Expr>,
    below: Vec<Expr>,
}

impl Written {
    fn new(coefficient: Rational) -> Written {
        Written { coefficient, above: Vec::new(), below: Vec::new() }
    }

    /// Multiplies by powers of ring variables. Exponentials with base e are merged into one.
    fn powers(&mut self, tower: &Tower, exponents: &Powers) {
        let mut exponential = Vec::new();
        for (&variable, exponent) in exponents {
            if exponent.is_zero() {
                continue;
            }
            let negative = *exponent < Rational::ZERO;
            let magnitude = if negative { -exponent.clone() } else { exponent.clone() };
            let power = match tower.generator(variable) {
                Some(Generator::Exponential { base: None, exponent: inner }) => {
                    exponential.push(inner.scaled(exponent));
                    continue;
                }
                Some(Generator::Exponential { base: Some(base), exponent: inner }) => {
                    let inner = express(tower, &inner.scaled(&magnitude));
                    Expr::Power(express(tower, base).into(), inner.into())
                }
                _ => fractional(expr_of(tower, variable), &magnitude),
            };
            if negative { self.below.push(power) } else { self.above.push(power) }
        }
        if !exponential.is_empty() {
            let exponent = express(tower, &RationalPolynomial::sum(&exponential));
            self.above.push(exponent.call(Function::Exp));
        }
    }

    fn finish(self) -> Expr {
        let negative = self.coefficient.numerator().is_negative();
        let (numerator, denominator) = self.coefficient.into_parts();
        let numerator = if negative { -numerator } else { numerator };
        if self.above.is_empty() && self.below.is_empty() {
            let number = Expr::number(Rational::from_parts(numerator, denominator));
            return if negative { number.negated() } else { number };
        }
        let above = Expr::product(std::iter::once(Expr::number(Rational::from(numerator))).chain(self.above));
        let denominator = Expr::number(Rational::from(denominator));
        let below = Expr::product(std::iter::once(denominator).chain(self.below));
        let quotient = above.over(below);
        if negative { quotient.negated() } else { quotient }
    }
}

//! The order in which the terms and factors of a formula are written.

use std::cmp::Ordering;

use super::monomial::{Atom, Exponent, Kind, Monomial};
use super::reading::{Order, abs};
use crate::expr::{Expr, Function, Rational};
use crate::laurent::PowerProduct;

/// A product as written: sign, coefficient, factors above and below the line.
struct Fraction {
    negative: bool,
    coefficient: Rational,
    above: Vec<Expr>,
    below: Vec<Expr>,
}

fn is_even(exponent: &Expr) -> bool {
    exponent.as_number().and_then(|e| Exponent::of(&e)?.as_integer()).is_some_and(|e| e % 2 == 0)
}

impl Order {
    /// The same tree up to the order of terms and factors, nested fractions and signs made flat. Sums
    /// among factors begin with their first term positive, where that takes no more symbols.
    pub(super) fn arrange(&self, expr: &Expr) -> Expr {
        let plain = self.arrange_signs(expr, false);
        let positive = self.arrange_signs(expr, true);
        if positive.symbol_count() <= plain.symbol_count() { positive } else { plain }
    }

    fn arrange_signs(&self, expr: &Expr, positive: bool) -> Expr {
        match expr {
            Expr::Number(_) | Expr::Pi | Expr::Symbol(_) => expr.clone(),
            Expr::Sum(_) => self.arrange_sum(expr, positive),
            Expr::Product(_) | Expr::Quotient(..) | Expr::Negative(_) => self.arrange_product(expr, positive),
            // (b - a)^2 is (a - b)^2.
            Expr::Power(base, exponent) if is_even(exponent) => {
                let base = self.arrange_signs(base, positive);
                let turned = if positive { self.turned(&base) } else { None };
                Expr::Power(turned.unwrap_or(base).into(), exponent.clone())
            }
            Expr::Power(..) | Expr::Call(..) => {
                expr.map_children(|child| self.arrange_signs(child, positive))
            }
        }
    }

    fn arrange_sum(&self, expr: &Expr, positive: bool) -> Expr {
        let mut terms: Vec<Expr> = Vec::new();
        self.collect_terms(expr, false, positive, &mut terms);
        let mut keyed: Vec<(Monomial, Expr)> = terms.into_iter().map(|t| (self.lead(&t), t)).collect();
        keyed.sort_by(|a, b| {
            let unsigned =
                |e: &Expr| if let Expr::Negative(inner) = e { (**inner).clone() } else { e.clone() };
            a.0.cmp(&b.0).then_with(|| unsigned(&a.1).cmp(&unsigned(&b.1)))
        });
        let mut terms: Vec<Expr> = keyed.into_iter().map(|(_, t)| t).collect();
        // "b - a" rather than "-a + b".
        if let Some(first) = terms.iter().position(|t| !matches!(t, Expr::Negative(_))) {
            let head = terms.remove(first);
            terms.insert(0, head);
        }
        Expr::sum(terms)
    }

    fn collect_terms(&self, expr: &Expr, negative: bool, positive: bool, into: &mut Vec<Expr>) {
        match expr {
            Expr::Sum(items) => {
                items.iter().for_each(|item| self.collect_terms(item, negative, positive, into));
            }
            Expr::Negative(inner) => self.collect_terms(inner, !negative, positive, into),
            other => {
                let term = self.arrange_signs(other, positive);
                match (&term, negative) {
                    // Signs found inside a product move out.
                    (Expr::Negative(inner), true) => into.push((**inner).clone()),
                    (Expr::Sum(_), _) => self.collect_terms(&term, negative, positive, into),
                    (_, true) => into.push(term.negated()),
                    (_, false) => into.push(term),
                }
            }
        }
    }

    fn arrange_product(&self, expr: &Expr, positive: bool) -> Expr {
        let mut fraction =
            Fraction { negative: false, coefficient: Rational::ONE, above: Vec::new(), below: Vec::new() };
        self.collect_factors(expr, false, positive, &mut fraction);
        let sorted = |mut factors: Vec<Expr>| {
            factors.sort_by(|a, b| self.compare_factors(a, b));
            factors
        };
        let (numerator, denominator) = fraction.coefficient.into_parts();
        let above = [Expr::number(numerator)].into_iter().chain(sorted(fraction.above));
        let below = [Expr::number(denominator)].into_iter().chain(sorted(fraction.below));
        let quotient = Expr::product(above).over(Expr::product(below));
        if fraction.negative { quotient.negated() } else { quotient }
    }

    fn collect_factors(&self, expr: &Expr, inverted: bool, positive: bool, into: &mut Fraction) {
        match expr {
            Expr::Number(value) if !value.is_zero() => {
                into.negative ^= *value < Rational::ZERO;
                let value = abs(value);
                if inverted { into.coefficient /= value } else { into.coefficient *= value }
            }
            Expr::Product(items) => {
                items.iter().for_each(|item| self.collect_factors(item, inverted, positive, into));
            }
            Expr::Quotient(n, d) => {
                self.collect_factors(n, inverted, positive, into);
                self.collect_factors(d, !inverted, positive, into);
            }
            Expr::Negative(inner) => {
                into.negative = !into.negative;
                self.collect_factors(inner, inverted, positive, into);
            }
            other => {
                let mut factor = self.arrange_signs(other, positive);
                if positive && let Some(turned) = self.turned(&factor) {
                    into.negative = !into.negative;
                    factor = turned;
                }
                if inverted { into.below.push(factor) } else { into.above.push(factor) }
            }
        }
    }

    /// The sum with all signs changed, where the term that leads it is negative.
    fn turned(&self, factor: &Expr) -> Option<Expr> {
        let Expr::Sum(terms) = factor else { return None };
        let leading = terms.iter().map(|t| (self.lead(t), t)).min_by(|a, b| a.0.cmp(&b.0))?.1;
        matches!(leading, Expr::Negative(_))
            .then(|| self.arrange_sum(&Expr::sum(terms.iter().map(|t| t.clone().negated())), true))
    }

    /// Variables first, in their order; then functions; then sums, those of coordinates before those of
    /// momenta.
    fn compare_factors(&self, a: &Expr, b: &Expr) -> Ordering {
        fn category(expr: &Expr) -> u8 {
            match expr {
                Expr::Number(_) | Expr::Pi => 0,
                Expr::Symbol(_) => 1,
                Expr::Power(base, _) => category(base),
                Expr::Call(..) => 2,
                _ => 3,
            }
        }
        let (x, y) = (self.lead(a), self.lead(b));
        let own_order = || match (x.factors().first(), y.factors().first()) {
            (Some(s), Some(t)) if category(a) == 1 => s.0.cmp(&t.0),
            _ => x.momentum_degree().cmp(&y.momentum_degree()).then_with(|| x.cmp(&y)),
        };
        category(a).cmp(&category(b)).then_with(own_order).then_with(|| a.cmp(b))
    }

    /// The first monomial of the formula multiplied out, as far as the tree shows it.
    fn lead(&self, expr: &Expr) -> Monomial {
        match expr {
            Expr::Number(_) | Expr::Pi => Monomial::one(),
            Expr::Symbol(symbol) => Monomial::of(self.atom(symbol), Exponent::ONE),
            Expr::Sum(items) => items.iter().map(|item| self.lead(item)).min().unwrap_or_else(Monomial::one),
            Expr::Product(items) => {
                items.iter().fold(Monomial::one(), |lead, item| lead.times(&self.lead(item)))
            }
            Expr::Quotient(n, d) => self.lead(n).over(&self.lead(d)),
            Expr::Negative(inner) => self.lead(inner),
            Expr::Power(base, exponent) => {
                match exponent.as_number().and_then(|value| Exponent::of(&value)) {
                    Some(exponent) => self.lead(base).power(exponent),
                    None => Monomial::one(),
                }
            }
            Expr::Call(Function::Sqrt, inner) => {
                Exponent::new(1, 2).map_or_else(Monomial::one, |half| self.lead(inner).power(half))
            }
            Expr::Call(..) => Monomial::of(Atom::new(Kind::Opaque(expr.clone())), Exponent::ONE),
        }
    }
}

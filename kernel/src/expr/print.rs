//! Writing formulas: as text that reads back to the same tree, and as SymPy.

use std::fmt::{self, Write};

use dashu_int::IBig;

use super::{Expr, Rational, python_name};

/// How tightly the outermost operator of a formula binds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Binding {
    Sum,
    Product,
    Power,
    Atom,
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Notation::Text.write(f, self)
    }
}

impl Expr {
    /// The formula as a Python expression for SymPy, with exact rationals: `Rational(1, 2)*px**2`.
    pub fn to_sympy(&self) -> String {
        Notation::SymPy.text(self)
    }

    /// The formula as text. A coefficient with more than `exact_digits` digits becomes a decimal number
    /// with `digits` significant digits, so the text parses back to a nearby formula, not to the same one.
    pub fn to_decimal_text(&self, exact_digits: usize, digits: usize) -> String {
        Notation::Decimal { exact_digits, digits }.text(self)
    }
}

/// The notations on one line, which differ in how they write numbers and powers.
#[derive(Clone, Copy)]
pub(super) enum Notation {
    Text,
    Decimal { exact_digits: usize, digits: usize },
    SymPy,
}

impl Notation {
    /// The formula in this notation.
    pub(super) fn text(self, expr: &Expr) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut text, expr);
        text
    }

    fn write(self, out: &mut dyn Write, expr: &Expr) -> fmt::Result {
        match expr {
            Expr::Number(value) => self.number(out, value),
            Expr::Pi => out.write_str("pi"),
            Expr::Symbol(symbol) => match self {
                Notation::SymPy => out.write_str(&python_name(symbol.name())),
                _ => out.write_str(symbol.name()),
            },
            Expr::Sum(terms) => self.sum(out, terms),
            Expr::Product(factors) => {
                for (index, factor) in factors.iter().enumerate() {
                    if index > 0 {
                        out.write_char('*')?;
                    }
                    self.bound(out, factor, if index == 0 { Binding::Product } else { Binding::Power })?;
                }
                Ok(())
            }
            Expr::Quotient(numerator, denominator) => {
                // Python divides two integers to a float.
                let numeric = matches!(self, Notation::SymPy) && numerator.symbols().is_empty();
                if numeric {
                    out.write_str("S(")?;
                    self.write(out, numerator)?;
                    out.write_char(')')?;
                } else {
                    self.bound(out, numerator, Binding::Product)?;
                }
                out.write_char('/')?;
                self.bound(out, denominator, Binding::Power)
            }
            Expr::Power(base, exponent) => {
                // Python raises integers to negative powers as floats.
                let numeric = is_of_integers(base) && is_of_integers(exponent) && !is_plain_integer(exponent);
                if numeric && matches!(self, Notation::SymPy) {
                    out.write_str("S(")?;
                    self.write(out, base)?;
                    out.write_char(')')?;
                } else {
                    self.bound(out, base, Binding::Atom)?;
                }
                out.write_str(if matches!(self, Notation::SymPy) { "**" } else { "^" })?;
                self.bound(out, exponent, Binding::Power)
            }
            Expr::Negative(inner) => {
                out.write_char('-')?;
                self.bound(out, inner, Binding::Product)
            }
            Expr::Call(function, argument) => {
                out.write_str(function.name())?;
                out.write_char('(')?;
                self.write(out, argument)?;
                out.write_char(')')
            }
        }
    }

    fn sum(self, out: &mut dyn Write, terms: &[Expr]) -> fmt::Result {
        for (index, term) in terms.iter().enumerate() {
            let (sign, term) = match term {
                Expr::Negative(inner) => (if index == 0 { "-" } else { " - " }, &**inner),
                _ => (if index == 0 { "" } else { " + " }, term),
            };
            out.write_str(sign)?;
            self.bound(out, term, Binding::Product)?;
        }
        Ok(())
    }

    /// `expr`, in brackets unless it binds at least as tightly as `least`.
    fn bound(self, out: &mut dyn Write, expr: &Expr, least: Binding) -> fmt::Result {
        if self.binding(expr) >= least {
            return self.write(out, expr);
        }
        out.write_char('(')?;
        self.write(out, expr)?;
        out.write_char(')')
    }

    pub(super) fn binding(self, expr: &Expr) -> Binding {
        match expr {
            Expr::Number(value) if *value < Rational::ZERO => Binding::Sum,
            Expr::Number(value) if value.is_int() || self.in_decimals(value) => Binding::Atom,
            Expr::Number(_) if matches!(self, Notation::SymPy) => Binding::Atom,
            Expr::Number(_) => Binding::Product,
            Expr::Sum(_) | Expr::Negative(_) => Binding::Sum,
            Expr::Product(_) | Expr::Quotient(..) => Binding::Product,
            Expr::Power(..) => Binding::Power,
            Expr::Pi | Expr::Symbol(_) | Expr::Call(..) => Binding::Atom,
        }
    }

    fn in_decimals(self, value: &Rational) -> bool {
        let Notation::Decimal { exact_digits, .. } = self else { return false };
        let digits = |n: IBig| n.to_string().trim_start_matches('-').len();
        digits(value.numerator().clone()) + digits(value.denominator().clone().into()) > exact_digits
    }

    fn number(self, out: &mut dyn Write, value: &Rational) -> fmt::Result {
        match self {
            Notation::SymPy if !value.is_int() => {
                write!(out, "Rational({}, {})", value.numerator(), value.denominator())
            }
            Notation::Decimal { digits, .. } if self.in_decimals(value) => {
                out.write_str(&significant(value.to_f64().value(), digits))
            }
            _ => write!(out, "{value}"),
        }
    }
}

/// `value` rounded to `digits` significant digits, in the shortest decimal notation.
fn significant(value: f64, digits: usize) -> String {
    let rounded: f64 = format!("{value:.*e}", digits.max(1) - 1).parse().unwrap_or(value);
    let plain = format!("{rounded}");
    if plain.len() <= digits + 6 { plain } else { format!("{rounded:e}") }
}

/// Whether Python would compute the formula with integers of its own.
fn is_of_integers(expr: &Expr) -> bool {
    match expr {
        Expr::Number(value) => value.is_int(),
        Expr::Pi | Expr::Symbol(_) | Expr::Call(..) | Expr::Quotient(..) => false,
        _ => expr.children().all(is_of_integers),
    }
}

fn is_plain_integer(expr: &Expr) -> bool {
    matches!(expr, Expr::Number(value) if value.is_int() && *value >= Rational::ZERO)
}

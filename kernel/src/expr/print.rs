//! Prints formulas: as text that parses back to the same tree, as LaTeX and as SymPy.

use std::fmt::{self, Write};

use dashu_int::IBig;

use super::{Expr, Function, Rational};

/// How tightly the outermost operator of a formula binds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
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
    /// The formula in LaTeX math: `\frac{p_{x}^{2}}{2}`.
    pub fn to_latex(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = latex(&mut text, self);
        text
    }

    /// The formula as a Python expression for SymPy, with exact rationals: `Rational(1, 2)*px**2`.
    pub fn to_sympy(&self) -> String {
        let mut text = String::new();
        let _ = Notation::SymPy.write(&mut text, self);
        text
    }

    /// The formula as text. A coefficient with more than `exact_digits` digits becomes a decimal number
    /// with `digits` significant digits, so the text parses back to a nearby formula, not to the same one.
    pub fn to_decimal_text(&self, exact_digits: usize, digits: usize) -> String {
        let mut text = String::new();
        let _ = Notation::Decimal { exact_digits, digits }.write(&mut text, self);
        text
    }
}

/// The notations on one line, which differ in how they write numbers and powers.
#[derive(Clone, Copy)]
enum Notation {
    Text,
    Decimal { exact_digits: usize, digits: usize },
    SymPy,
}

impl Notation {
    fn write(self, out: &mut dyn Write, expr: &Expr) -> fmt::Result {
        match expr {
            Expr::Number(value) => self.number(out, value),
            Expr::Pi => out.write_str("pi"),
            Expr::Symbol(symbol) => match self {
                // `lambda` is a name that physicists use and the grammar accepts, but Python reserves it.
                Notation::SymPy if symbol.name() == "lambda" => out.write_str("lambda_"),
                _ => out.write_str(symbol.name()),
            },
            Expr::Sum(terms) => {
                for (index, term) in terms.iter().enumerate() {
                    match term {
                        Expr::Negative(inner) => {
                            out.write_str(if index == 0 { "-" } else { " - " })?;
                            self.bound(out, inner, Binding::Product)?;
                        }
                        _ => {
                            out.write_str(if index == 0 { "" } else { " + " })?;
                            self.bound(out, term, Binding::Product)?;
                        }
                    }
                }
                Ok(())
            }
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
                self.bound(out, base, Binding::Atom)?;
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

    /// `expr`, in brackets if it binds less tightly than `least`.
    fn bound(self, out: &mut dyn Write, expr: &Expr, least: Binding) -> fmt::Result {
        if self.binding(expr) >= least {
            return self.write(out, expr);
        }
        out.write_char('(')?;
        self.write(out, expr)?;
        out.write_char(')')
    }

    fn binding(self, expr: &Expr) -> Binding {
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

fn latex(out: &mut String, expr: &Expr) -> fmt::Result {
    match expr {
        Expr::Number(value) if value.is_int() => write!(out, "{value}"),
        Expr::Number(value) => write!(out, "\\frac{{{}}}{{{}}}", value.numerator(), value.denominator()),
        Expr::Pi => out.write_str("\\pi"),
        Expr::Symbol(symbol) => out.write_str(&latex_name(symbol.name())),
        Expr::Sum(terms) => {
            for (index, term) in terms.iter().enumerate() {
                match term {
                    Expr::Negative(inner) => {
                        out.write_str(if index == 0 { "-" } else { " - " })?;
                        latex_bound(out, inner, Binding::Product)?;
                    }
                    _ => {
                        out.write_str(if index == 0 { "" } else { " + " })?;
                        latex_bound(out, term, Binding::Product)?;
                    }
                }
            }
            Ok(())
        }
        Expr::Product(factors) => {
            for (index, factor) in factors.iter().enumerate() {
                if index > 0 {
                    let dotted = matches!(factor, Expr::Number(_));
                    out.write_str(if dotted { " \\cdot " } else { " " })?;
                }
                latex_bound(out, factor, Binding::Product)?;
            }
            Ok(())
        }
        Expr::Quotient(numerator, denominator) => {
            out.write_str("\\frac{")?;
            latex(out, numerator)?;
            out.write_str("}{")?;
            latex(out, denominator)?;
            out.write_char('}')
        }
        Expr::Power(base, exponent) => {
            let fraction = matches!(&**base, Expr::Number(value) if !value.is_int());
            latex_bound(out, base, if fraction { Binding::Power } else { Binding::Atom })?;
            out.write_str("^{")?;
            latex(out, exponent)?;
            out.write_char('}')
        }
        Expr::Negative(inner) => {
            out.write_char('-')?;
            latex_bound(out, inner, Binding::Product)
        }
        Expr::Call(Function::Sqrt, argument) => {
            out.write_str("\\sqrt{")?;
            latex(out, argument)?;
            out.write_char('}')
        }
        Expr::Call(function, argument) => {
            write!(out, "\\{}\\left(", function.name())?;
            latex(out, argument)?;
            out.write_str("\\right)")
        }
    }
}

fn latex_bound(out: &mut String, expr: &Expr, least: Binding) -> fmt::Result {
    let bare = match expr {
        // A fraction needs no brackets as a factor, but needs them as the base of a power.
        Expr::Number(value) if !value.is_int() => least <= Binding::Product,
        Expr::Quotient(..) => least <= Binding::Product,
        _ => Notation::Text.binding(expr) >= least,
    };
    if bare {
        return latex(out, expr);
    }
    out.write_str("\\left(")?;
    latex(out, expr)?;
    out.write_str("\\right)")
}

const GREEK: [&str; 35] = [
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu",
    "nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega", "Gamma", "Delta",
    "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega", "ell",
];
const GREEK_LETTERS: &str = "αβγδεζηθικλμνξ\u{0}ρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ";

/// `px1` as `p_{x1}`, `theta2` and `θ2` as `\theta_{2}`, longer names in upright type.
fn latex_name(name: &str) -> String {
    let greek = |letter: char| GREEK_LETTERS.chars().position(|g| g == letter).map(|at| GREEK[at]);
    let stem = GREEK.iter().filter(|g| name.starts_with(**g)).max_by_key(|g| g.len());
    let first = name.chars().next().unwrap_or('_');
    let (head, rest) = if let Some(stem) = stem {
        (format!("\\{stem}"), &name[stem.len()..])
    } else if let Some(letter) = greek(first) {
        (format!("\\{letter}"), &name[first.len_utf8()..])
    } else if first != '_' && name.chars().count() <= 4 {
        (first.to_string(), &name[first.len_utf8()..])
    } else {
        return format!("\\mathrm{{{}}}", name.replace('_', "\\_"));
    };
    let rest = rest.trim_start_matches('_');
    let index: String = rest.chars().map(|c| greek(c).map_or(c.to_string(), |g| format!("\\{g} "))).collect();
    if index.is_empty() { head } else { format!("{head}_{{{}}}", index.replace('_', "\\_").trim_end()) }
}

#[cfg(test)]
mod tests {
    use crate::expr::{Expr, parse};

    #[test]
    fn latex_and_sympy() {
        let report: Vec<String> = [
            "((px + e*B*qy)^2 + (py - e*B*qx)^2)/(2*m) + k*(qx^2 + qy^2)",
            "(qx1 - qx2)*py1 - x^(2/3)/3",
            "cos(theta1 - θ2)/(2*(1 + sin(θ1)^2))",
            "-1/sqrt(x^2 + y^2)",
            "1/2*energy_total*a_1*2",
            "(1/2)^2*lambda^(-2)*pi",
            "2*3/4",
        ]
        .iter()
        .map(|text| {
            let expr: Expr = parse(text).unwrap();
            format!("{expr}\n  {}\n  {}", expr.to_latex(), expr.to_sympy())
        })
        .collect();
        insta::assert_snapshot!(report.join("\n"));
    }

    #[test]
    fn decimals_only_where_the_fraction_is_long() {
        let expr = parse("3/2*x + 0.341277*y - 12345678/1000003*z").unwrap();
        assert_eq!(expr.to_decimal_text(6, 4), "3/2*x + 0.3413*y - 12.35*z");
    }
}

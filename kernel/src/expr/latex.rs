//! Formulas in LaTeX's mathematics.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};

use super::print::{Binding, Notation};
use super::{Expr, Function, Symbol};

impl Expr {
    /// The formula in LaTeX's mathematics: `\frac{p_{x}^{2}}{2}`.
    pub fn to_latex(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = latex(&mut text, self, &latex_names(self));
        text
    }
}

fn latex(out: &mut String, expr: &Expr, names: &Names) -> fmt::Result {
    match expr {
        Expr::Number(value) if value.is_int() => write!(out, "{value}"),
        Expr::Number(value) => write!(out, "\\frac{{{}}}{{{}}}", value.numerator(), value.denominator()),
        Expr::Pi => out.write_str("\\pi"),
        Expr::Symbol(symbol) => out.write_str(names.get(symbol).map_or("", String::as_str)),
        Expr::Sum(terms) => {
            for (index, term) in terms.iter().enumerate() {
                match term {
                    Expr::Negative(inner) => {
                        out.write_str(if index == 0 { "-" } else { " - " })?;
                        latex_bound(out, inner, names, Binding::Product)?;
                    }
                    _ => {
                        out.write_str(if index == 0 { "" } else { " + " })?;
                        latex_bound(out, term, names, Binding::Product)?;
                    }
                }
            }
            Ok(())
        }
        Expr::Product(factors) => {
            for (index, factor) in factors.iter().enumerate() {
                if index > 0 {
                    // Two numbers side by side would be one, or a mixed fraction.
                    let dotted = starts_with_number(factor) && !is_bracketed(factor);
                    out.write_str(if dotted { " \\cdot " } else { " " })?;
                }
                latex_bound(out, factor, names, Binding::Product)?;
            }
            Ok(())
        }
        Expr::Quotient(numerator, denominator) => {
            out.write_str("\\frac{")?;
            latex(out, numerator, names)?;
            out.write_str("}{")?;
            latex(out, denominator, names)?;
            out.write_char('}')
        }
        Expr::Power(base, exponent) => {
            let fraction = matches!(&**base, Expr::Number(value) if !value.is_int());
            latex_bound(out, base, names, if fraction { Binding::Power } else { Binding::Atom })?;
            out.write_str("^{")?;
            latex(out, exponent, names)?;
            out.write_char('}')
        }
        Expr::Negative(inner) => {
            out.write_char('-')?;
            latex_bound(out, inner, names, Binding::Product)
        }
        Expr::Call(Function::Sqrt, argument) => {
            out.write_str("\\sqrt{")?;
            latex(out, argument, names)?;
            out.write_char('}')
        }
        Expr::Call(function, argument) => {
            write!(out, "\\{}\\left(", function.name())?;
            latex(out, argument, names)?;
            out.write_str("\\right)")
        }
    }
}

fn latex_bound(out: &mut String, expr: &Expr, names: &Names, least: Binding) -> fmt::Result {
    let bare = match expr {
        // A fraction needs no brackets among factors, but does under an exponent.
        Expr::Number(value) if !value.is_int() => least <= Binding::Product,
        Expr::Quotient(..) => least <= Binding::Product,
        _ => Notation::Text.binding(expr) >= least,
    };
    if bare {
        return latex(out, expr, names);
    }
    out.write_str("\\left(")?;
    latex(out, expr, names)?;
    out.write_str("\\right)")
}

/// Whether the formula's first sign is that of a number.
pub(super) fn starts_with_number(expr: &Expr) -> bool {
    match expr {
        Expr::Number(_) => true,
        Expr::Product(items) | Expr::Sum(items) => items.first().is_some_and(starts_with_number),
        Expr::Quotient(numerator, _) => starts_with_number(numerator),
        Expr::Power(base, _) => matches!(&**base, Expr::Number(value) if value.is_int()),
        Expr::Pi | Expr::Symbol(_) | Expr::Negative(_) | Expr::Call(..) => false,
    }
}

/// Whether the formula is put in brackets where it is a factor.
pub(super) fn is_bracketed(expr: &Expr) -> bool {
    Notation::Text.binding(expr) < Binding::Product
}

const GREEK: [&str; 35] = [
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu",
    "nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega", "Gamma", "Delta",
    "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega", "ell",
];
const GREEK_LETTERS: &str = "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩℓ";
/// Other forms of Greek letters.
const VARIANTS: [(char, &str); 7] = [
    ('ϵ', "varepsilon"),
    ('ϑ', "vartheta"),
    ('ϰ', "varkappa"),
    ('ϖ', "varpi"),
    ('ϱ', "varrho"),
    ('ς', "varsigma"),
    ('ϕ', "varphi"),
];

type Names = BTreeMap<Symbol, String>;

/// How a name is written.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Name {
    /// A letter with an index, possibly empty, Greek letters in both: `px1` as p with the index x1.
    Letter { head: char, index: String },
    /// A longer word, upright.
    Upright(String),
}

/// The names of the variables. Where `theta` stands beside `θ`, it is written out.
fn latex_names(expr: &Expr) -> Names {
    let symbols = expr.symbols();
    let letters: BTreeSet<Name> =
        symbols.iter().filter(|s| !s.name().is_ascii()).map(|s| named(s.name())).collect();
    let name = |symbol: Symbol| {
        let mut name = named(symbol.name());
        if symbol.name().is_ascii() && letters.contains(&name) {
            name = Name::Upright(symbol.name().to_owned());
        }
        (symbol, latex_name(&name))
    };
    symbols.into_iter().map(name).collect()
}

/// The command for a Greek letter.
fn greek(letter: char) -> Option<&'static str> {
    let at = GREEK_LETTERS.chars().position(|g| g == letter);
    let variant = || VARIANTS.into_iter().find(|(form, _)| *form == letter).map(|(_, name)| name);
    at.map(|at| GREEK[at]).or_else(variant)
}

/// `px1` as p with the index x1, `theta2` and `θ2` as θ with the index 2, longer words upright. `x_1` keeps its
/// underscore, since `x1` is another variable.
pub(super) fn named(name: &str) -> Name {
    let stem = GREEK.iter().enumerate().filter(|(_, g)| name.starts_with(**g)).max_by_key(|(_, g)| g.len());
    let first = name.chars().next().unwrap_or('_');
    if let Some((at, stem)) = stem {
        let head = GREEK_LETTERS.chars().nth(at).unwrap_or(first);
        Name::Letter { head, index: name[stem.len()..].to_owned() }
    } else if first != '_' && (greek(first).is_some() || name.chars().count() <= 4) {
        Name::Letter { head: first, index: name[first.len_utf8()..].to_owned() }
    } else {
        Name::Upright(name.to_owned())
    }
}

fn latex_name(name: &Name) -> String {
    let (head, index) = match name {
        Name::Upright(word) => return format!("\\mathrm{{{}}}", word.replace('_', "\\_")),
        Name::Letter { head, index } => (head, index),
    };
    let head = greek(*head).map_or(head.to_string(), |name| format!("\\{name}"));
    let index: String =
        index.chars().map(|c| greek(c).map_or(c.to_string(), |g| format!("\\{g} "))).collect();
    if index.is_empty() { head } else { format!("{head}_{{{}}}", index.replace('_', "\\_").trim_end()) }
}

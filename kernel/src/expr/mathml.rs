//! Formulas in presentation MathML, written as [`to_latex`](Expr::to_latex) writes them.

use std::collections::{BTreeMap, BTreeSet};

use super::latex::{Name, is_bracketed, named, starts_with_number};
use super::print::{Binding, Notation};
use super::{Expr, Function, Symbol};

/// U+2062, the product that is not seen, with a thin space: a long name is no product of letters.
const TIMES: &str = "<mo rspace=\"0.12em\">&#x2062;</mo>";
/// U+2061, between a function and its argument.
const APPLIED: &str = "<mo>&#x2061;</mo>";
const OPEN: &str = "<mo stretchy=\"true\">(</mo>";
const CLOSE: &str = "<mo stretchy=\"true\">)</mo>";

impl Expr {
    /// The formula in presentation MathML, without the `math` element around it: the terms of a sum, each with its sign,
    /// between which a long line may be broken; one part for other formulas.
    ///
    /// ```
    /// use liouville_kernel::expr::parse;
    ///
    /// let parts = parse("1/2 - p_x").unwrap().to_mathml_terms();
    /// assert_eq!(parts, ["<mfrac><mn>1</mn><mn>2</mn></mfrac>", "<mo form=\"infix\">−</mo><msub><mi>p</mi><mi>x</mi></msub>"]);
    /// ```
    pub fn to_mathml_terms(&self) -> Vec<String> {
        Writer::new(Notation::Text, self).terms(self)
    }

    /// The same with numbers as [`to_decimal_text`](Self::to_decimal_text) writes them.
    pub fn to_decimal_mathml_terms(&self, exact_digits: usize, digits: usize) -> Vec<String> {
        Writer::new(Notation::Decimal { exact_digits, digits }, self).terms(self)
    }
}

struct Writer {
    notation: Notation,
    /// Names that are written out: a letter with an index would be that of another variable too, as of `θ` beside
    /// `theta`, and of `px` beside `p_x`.
    written_out: BTreeSet<Symbol>,
}

impl Writer {
    fn new(notation: Notation, expr: &Expr) -> Writer {
        let mut same: BTreeMap<Name, Vec<Symbol>> = BTreeMap::new();
        for symbol in expr.symbols() {
            same.entry(shown(symbol.name())).or_default().push(symbol);
        }
        let written_out = same.into_values().filter(|names| names.len() > 1).flatten().collect();
        Writer { notation, written_out }
    }

    fn terms(&self, expr: &Expr) -> Vec<String> {
        let Expr::Sum(terms) = expr else { return vec![self.written(expr)] };
        let term = |(index, term): (usize, &Expr)| {
            let (sign, term) = match term {
                Expr::Negative(inner) if index == 0 => ("<mo>−</mo>", &**inner),
                // A part may stand at the beginning of a line, where a sign would be taken for a prefix.
                Expr::Negative(inner) => ("<mo form=\"infix\">−</mo>", &**inner),
                _ => (if index == 0 { "" } else { "<mo form=\"infix\">+</mo>" }, term),
            };
            format!("{sign}{}", self.bound(term, Binding::Product))
        };
        terms.iter().enumerate().map(term).collect()
    }

    fn written(&self, expr: &Expr) -> String {
        match expr {
            Expr::Number(_) => self.number(expr),
            Expr::Pi => "<mi>π</mi>".to_owned(),
            Expr::Symbol(symbol) => self.symbol(symbol),
            Expr::Sum(_) => self.terms(expr).concat(),
            Expr::Product(factors) => self.product(factors),
            Expr::Quotient(numerator, denominator) => {
                format!("<mfrac>{}{}</mfrac>", self.row(numerator), self.row(denominator))
            }
            Expr::Power(base, exponent) => {
                let exponent = self.exponent(exponent);
                if let Expr::Symbol(symbol) = &**base
                    && let Some((head, index)) = self.indexed(symbol)
                {
                    return format!("<msubsup><mi>{head}</mi><mi>{index}</mi>{exponent}</msubsup>");
                }
                let fraction = matches!(&**base, Expr::Number(value) if !value.is_int());
                let base = self.bound(base, if fraction { Binding::Power } else { Binding::Atom });
                format!("<msup>{}{exponent}</msup>", grouped(&base))
            }
            Expr::Negative(inner) => format!("<mo>−</mo>{}", self.bound(inner, Binding::Product)),
            Expr::Call(Function::Sqrt, argument) => format!("<msqrt>{}</msqrt>", self.written(argument)),
            Expr::Call(function, argument) => {
                let name = function.name();
                format!("<mi>{name}</mi>{APPLIED}<mrow>{OPEN}{}{CLOSE}</mrow>", self.written(argument))
            }
        }
    }

    fn product(&self, factors: &[Expr]) -> String {
        let mut text = String::new();
        for (index, factor) in factors.iter().enumerate() {
            if index > 0 {
                let dotted = starts_with_number(factor) && !is_bracketed(factor);
                text += if dotted { "<mo>·</mo>" } else { TIMES };
            }
            text += &self.bound(factor, Binding::Product);
        }
        text
    }

    /// A fraction in small letters stands on one line.
    fn exponent(&self, exponent: &Expr) -> String {
        let text = exponent.as_number().map(|_| self.notation.text(exponent).replace('-', "−"));
        match text.as_deref().and_then(|text| text.split_once('/')) {
            Some((above, below)) => grouped(&format!("<mn>{above}</mn><mo>/</mo><mn>{below}</mn>")),
            None => self.row(exponent),
        }
    }

    /// One element.
    fn row(&self, expr: &Expr) -> String {
        grouped(&self.written(expr))
    }

    fn bound(&self, expr: &Expr, least: Binding) -> String {
        let bare = match expr {
            // A fraction needs no brackets among factors, but does under an exponent.
            Expr::Quotient(..) => least <= Binding::Product,
            _ => self.notation.binding(expr) >= least,
        };
        if bare { self.written(expr) } else { format!("<mrow>{OPEN}{}{CLOSE}</mrow>", self.written(expr)) }
    }

    /// A number as its notation writes it: `3`, `1/2` as a fraction, `2.5`, `1.5e-7` with a power of ten.
    fn number(&self, expr: &Expr) -> String {
        let text = self.notation.text(expr);
        if let Some((above, below)) = text.split_once('/') {
            return format!("<mfrac><mn>{above}</mn><mn>{below}</mn></mfrac>");
        }
        match text.split_once('e') {
            Some((digits, exponent)) => {
                let exponent = exponent.replace('-', "−");
                format!("<mn>{digits}</mn><mo>·</mo><msup><mn>10</mn><mn>{exponent}</mn></msup>")
            }
            None => format!("<mn>{text}</mn>"),
        }
    }

    fn symbol(&self, symbol: &Symbol) -> String {
        if let Some((head, index)) = self.indexed(symbol) {
            return format!("<msub><mi>{head}</mi><mi>{index}</mi></msub>");
        }
        match shown(symbol.name()) {
            Name::Letter { head, index } if index.is_empty() && !self.written_out.contains(symbol) => {
                format!("<mi>{head}</mi>")
            }
            _ => upright(symbol.name()),
        }
    }

    /// The letter and the index of a symbol that has one.
    fn indexed(&self, symbol: &Symbol) -> Option<(char, String)> {
        match shown(symbol.name()) {
            Name::Letter { head, index } if !index.is_empty() && !self.written_out.contains(symbol) => {
                Some((head, index))
            }
            _ => None,
        }
    }
}

/// How a name is written, without the underscore before its index.
fn shown(name: &str) -> Name {
    match named(name) {
        Name::Letter { head, index } => {
            let bare = index.strip_prefix('_').filter(|bare| !bare.is_empty());
            Name::Letter { head, index: bare.map_or(index.clone(), greek_word) }
        }
        // `p_theta` as p with the index θ.
        Name::Upright(word) => match word.split_once('_') {
            Some((letter, index)) if letter.chars().count() == 1 && !index.is_empty() => {
                Name::Letter { head: letter.chars().next().unwrap_or('_'), index: greek_word(index) }
            }
            _ => Name::Upright(word),
        },
    }
}

/// A word that names a Greek letter as that letter.
fn greek_word(word: &str) -> String {
    match named(word) {
        Name::Letter { head, index } => format!("{head}{index}"),
        Name::Upright(word) => word,
    }
}

/// As one element. What consists of several is put in a row.
fn grouped(content: &str) -> String {
    format!("<mrow>{content}</mrow>")
}

fn upright(word: &str) -> String {
    format!("<mi mathvariant=\"normal\">{word}</mi>")
}

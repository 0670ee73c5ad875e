//! Formulas in programming languages, for numbers in double precision.
//!
//! Integers are written as such in Python, which has no largest one, and as floating-point numbers in Julia and Rust.
//! Integral exponents stay integers.

use std::collections::{BTreeMap, BTreeSet};

use crate::expr::{Expr, Function, Rational, Symbol};

/// A language of programs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Language {
    /// Python with NumPy as `np`.
    Python,
    /// Julia.
    Julia,
    /// Rust, with methods of `f64`.
    Rust,
}

impl Language {
    /// Words that no variable may be called: keywords, and the names that the programs use.
    fn reserved(self) -> &'static str {
        match self {
            Language::Python => {
                "False None True and as assert async await break class continue def del elif else except finally for \
                 from global if import in is lambda nonlocal not or pass raise return try while with yield found \
                 float hamiltonian np rates state t"
            }
            Language::Julia => {
                "baremodule begin break catch const continue do else elseif end export false finally for function \
                 global if import in isa let local macro module quote return struct true try using where while \
                 hamiltonian parameters rates state t"
            }
            Language::Rust => {
                "Self abstract as async await become box break const continue crate do dyn else enum extern false \
                 final fn for gen if impl in let loop macro match mod move mut override priv pub ref return self \
                 static struct super trait true try type typeof union unsafe unsized use virtual where while yield \
                 _ f64 hamiltonian rates state"
            }
        }
    }
}

/// The names of variables in a program. No two get the same, and none is a word of the language.
pub(super) struct Names {
    language: Language,
    names: BTreeMap<Symbol, String>,
}

impl Names {
    /// Most names stay as they are. A reserved one gets an underscore (`lambda_`). Letters other than those of ASCII and
    /// the Greek alphabet, which languages normalise in their own ways, are written by their numbers.
    pub(super) fn new<'a>(language: Language, symbols: impl Iterator<Item = &'a Symbol>) -> Names {
        let mut taken: BTreeSet<String> =
            language.reserved().split_ascii_whitespace().map(str::to_owned).collect();
        let symbols: Vec<&Symbol> = symbols.collect();
        let is_plain = |name: &str| plain(name) == name && !taken.contains(name);
        // Names that can stay do so, whatever the others become.
        let (stay, change): (Vec<&Symbol>, Vec<&Symbol>) =
            symbols.into_iter().partition(|symbol| is_plain(symbol.name()));
        let mut names = BTreeMap::new();
        for symbol in stay.into_iter().chain(change) {
            let mut name = plain(symbol.name());
            while taken.contains(&name) {
                name.push('_');
            }
            taken.insert(name.clone());
            names.insert(symbol.clone(), name);
        }
        Names { language, names }
    }

    /// The name of a variable.
    pub(super) fn of<'a>(&'a self, symbol: &'a Symbol) -> &'a str {
        self.names.get(symbol).map_or(symbol.name(), String::as_str)
    }

    /// A formula in the language.
    pub(super) fn write(&self, formula: &Expr) -> String {
        Writer { names: self, typed: false }.write(formula)
    }
}

fn plain(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii() || matches!(c, 'Α'..='Ω' | 'α'..='ω');
    let letter = |c: char| if is_plain(c) { c.to_string() } else { format!("u{:x}_", u32::from(c)) };
    name.chars().map(letter).collect()
}

/// How tightly the outermost operator of a formula binds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Sum,
    Product,
    Power,
    Atom,
}

struct Writer<'a> {
    names: &'a Names,
    /// Whether numbers carry their type, which Rust asks for where methods are called on them.
    typed: bool,
}

impl Writer<'_> {
    fn write(&self, formula: &Expr) -> String {
        match formula {
            Expr::Number(value) => self.number(value),
            Expr::Pi => match self.names.language {
                Language::Python => "np.pi".into(),
                Language::Julia => "pi".into(),
                Language::Rust => "std::f64::consts::PI".into(),
            },
            Expr::Symbol(symbol) => self.names.of(symbol).to_owned(),
            Expr::Sum(terms) => self.sum(terms),
            Expr::Product(factors) => {
                factors.iter().map(|factor| self.bound(factor, Binding::Power)).collect::<Vec<_>>().join("*")
            }
            Expr::Quotient(numerator, denominator) => {
                format!(
                    "{}/{}",
                    self.bound(numerator, Binding::Product),
                    self.bound(denominator, Binding::Power)
                )
            }
            Expr::Power(base, exponent) => self.power(base, exponent),
            Expr::Negative(inner) => format!("-{}", self.bound(inner, Binding::Product)),
            Expr::Call(function, argument) => self.call(*function, argument),
        }
    }

    fn sum(&self, terms: &[Expr]) -> String {
        let mut text = String::new();
        for (index, term) in terms.iter().enumerate() {
            let (sign, term) = match term {
                Expr::Negative(inner) => (if index == 0 { "-" } else { " - " }, &**inner),
                _ => (if index == 0 { "" } else { " + " }, term),
            };
            text += sign;
            text += &self.bound(term, Binding::Product);
        }
        text
    }

    fn number(&self, value: &Rational) -> String {
        let (numerator, denominator) = (value.numerator(), value.denominator());
        match (self.names.language, value.is_int()) {
            (Language::Python, true) => numerator.to_string(),
            (Language::Python, false) => format!("{numerator}/{denominator}"),
            (_, is_int) => {
                let suffix = if self.typed { "_f64" } else { "" };
                match is_int {
                    true => format!("{numerator}.0{suffix}"),
                    false => format!("{numerator}.0{suffix}/{denominator}.0"),
                }
            }
        }
    }

    fn power(&self, base: &Expr, exponent: &Expr) -> String {
        let integer = integer(exponent);
        match (self.names.language, integer) {
            (Language::Rust, Some(n)) => format!("{}.powi({n})", self.receiver(base)),
            (Language::Rust, None) => format!("{}.powf({})", self.receiver(base), self.write(exponent)),
            (language, _) => {
                let sign = if language == Language::Python { "**" } else { "^" };
                let exponent = match integer {
                    Some(n) if n >= 0 => n.to_string(),
                    Some(n) => format!("({n})"),
                    None => self.bound(exponent, Binding::Atom),
                };
                format!("{}{sign}{exponent}", self.bound(base, Binding::Atom))
            }
        }
    }

    fn call(&self, function: Function, argument: &Expr) -> String {
        let name = function.name();
        match self.names.language {
            Language::Python => format!("np.{name}({})", self.write(argument)),
            Language::Julia => format!("{name}({})", self.write(argument)),
            Language::Rust => {
                let method = if function == Function::Log { "ln" } else { name };
                format!("{}.{method}()", self.receiver(argument))
            }
        }
    }

    /// What a method is called on.
    fn receiver(&self, formula: &Expr) -> String {
        let typed = formula.symbols().is_empty();
        Writer { names: self.names, typed }.bound(formula, Binding::Atom)
    }

    /// `formula`, in brackets unless it binds at least as tightly as `least`.
    fn bound(&self, formula: &Expr, least: Binding) -> String {
        let text = self.write(formula);
        if self.binding(formula) >= least { text } else { format!("({text})") }
    }

    fn binding(&self, formula: &Expr) -> Binding {
        match formula {
            Expr::Number(value) if *value < Rational::ZERO => Binding::Sum,
            Expr::Number(value) if value.is_int() => Binding::Atom,
            Expr::Sum(_) | Expr::Negative(_) => Binding::Sum,
            Expr::Number(_) | Expr::Product(_) | Expr::Quotient(..) => Binding::Product,
            Expr::Power(..) if self.names.language == Language::Rust => Binding::Atom,
            Expr::Power(..) => Binding::Power,
            Expr::Pi | Expr::Symbol(_) | Expr::Call(..) => Binding::Atom,
        }
    }
}

/// The exponent as an integer, where it is one.
fn integer(exponent: &Expr) -> Option<i32> {
    let (sign, value) = match exponent {
        Expr::Negative(inner) => (-1, &**inner),
        other => (1, other),
    };
    match value {
        Expr::Number(value) if value.is_int() => {
            i32::try_from(value.numerator().clone()).ok().map(|n| sign * n)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::parse;

    fn written(language: Language, text: &str) -> String {
        let formula = parse(text).unwrap();
        let symbols = formula.symbols();
        Names::new(language, symbols.iter()).write(&formula)
    }

    #[test]
    fn formulas_keep_their_structure() {
        let text = "-(x - y)^2/2 + 3*sin(2)/x^(1/3) - (1/3)^2*2^x - x/(y*pi) + x^-2 + sqrt(x/2)";
        assert_eq!(
            written(Language::Python, text),
            "-(x - y)**2/2 + 3*np.sin(2)/x**(1/3) - (1/3)**2*2**x - x/(y*np.pi) + x**(-2) + np.sqrt(x/2)"
        );
        assert_eq!(
            written(Language::Julia, text),
            "-(x - y)^2/2.0 + 3.0*sin(2.0)/x^(1.0/3.0) - (1.0/3.0)^2*2.0^x - x/(y*pi) + x^(-2) + sqrt(x/2.0)"
        );
        assert_eq!(
            written(Language::Rust, text),
            "-(x - y).powi(2)/2.0 + 3.0*2.0_f64.sin()/x.powf(1.0/3.0) - (1.0_f64/3.0).powi(2)*2.0_f64.powf(x) \
             - x/(y*std::f64::consts::PI) + x.powi(-2) + (x/2.0).sqrt()"
        );
    }

    #[test]
    fn names_are_words_of_no_language_and_never_meet() {
        let symbols = ["lambda", "lambda_", "t", "ä", "θ1", "state", "end"].map(Symbol::new);
        let names = |language| {
            let names = Names::new(language, symbols.iter());
            symbols.iter().map(|symbol| names.of(symbol).to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names(Language::Python), ["lambda__", "lambda_", "t_", "ue4_", "θ1", "state_", "end"]);
        assert_eq!(names(Language::Julia), ["lambda", "lambda_", "t_", "ue4_", "θ1", "state_", "end_"]);
        assert_eq!(names(Language::Rust), ["lambda", "lambda_", "t", "ue4_", "θ1", "state_", "end"]);
    }
}

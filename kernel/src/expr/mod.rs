//! The language of formulas.
//!
//! An [`Expr`] is a formula *as written*: a tree that the parser reads, the printers write back unchanged,
//! and [`Expr::derivative`] differentiates. Two expressions are equal only if their trees are equal;
//! `algebra` decides whether two functions are equal. To evaluate a formula numerically, compile it to a
//! [`Tape`]:
//!
//! ```text
//! text ──parse──▶ Expr ──derivative──▶ Expr ──Tape::new──▶ Tape ──evaluate──▶ f64
//!                  └──▶ text · LaTeX · MathML · SymPy
//! ```

mod condition;
mod continuity;
mod derivative;
mod latex;
mod mathml;
mod parser;
mod print;
mod python;
mod size;
mod tape;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

pub use condition::{Condition, Relation};
pub use parser::{MAX_DEPTH, ParseError, is_function, is_name, parse};
pub use python::python_name;
pub use tape::{Tape, TapeError};

/// An exact rational number.
pub type Rational = dashu_ratio::RBig;

/// The name of a variable, cheap to clone, ordered by its text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(Arc<str>);

impl Symbol {
    /// A symbol with this name.
    pub fn new(name: impl AsRef<str>) -> Symbol {
        Symbol(name.as_ref().into())
    }

    /// The name of the symbol.
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The elementary functions of one argument, on their principal branches.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Function {
    /// Square root.
    Sqrt,
    /// Sine.
    Sin,
    /// Cosine.
    Cos,
    /// Tangent.
    Tan,
    /// Exponential.
    Exp,
    /// Natural logarithm.
    Log,
}

impl Function {
    /// All functions, in a fixed order.
    pub const ALL: [Function; 6] =
        [Function::Sqrt, Function::Sin, Function::Cos, Function::Tan, Function::Exp, Function::Log];

    /// The name used in formulas.
    pub fn name(self) -> &'static str {
        match self {
            Function::Sqrt => "sqrt",
            Function::Sin => "sin",
            Function::Cos => "cos",
            Function::Tan => "tan",
            Function::Exp => "exp",
            Function::Log => "log",
        }
    }

    /// The value at `x`.
    pub fn apply(self, x: f64) -> f64 {
        match self {
            Function::Sqrt => x.sqrt(),
            Function::Sin => x.sin(),
            Function::Cos => x.cos(),
            Function::Tan => x.tan(),
            Function::Exp => x.exp(),
            Function::Log => x.ln(),
        }
    }
}

/// A formula as written.
///
/// `a - b` is a [`Sum`](Expr::Sum) of `a` and the [`Negative`](Expr::Negative) of `b`. A quotient of two
/// integer literals is one [`Number`](Expr::Number). Sums and products are flat, so long ones do not nest
/// deeply. The parser, the operators `+ - * /` and the constructors below never make a negative `Number`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Expr {
    /// An exact rational constant.
    Number(Rational),
    /// The constant π.
    Pi,
    /// A variable.
    Symbol(Symbol),
    /// The sum of the terms (two or more).
    Sum(Vec<Expr>),
    /// The product of the factors (two or more).
    Product(Vec<Expr>),
    /// Numerator over denominator.
    Quotient(Arc<Expr>, Arc<Expr>),
    /// Base to the exponent.
    Power(Arc<Expr>, Arc<Expr>),
    /// Minus the operand.
    Negative(Arc<Expr>),
    /// A function of one argument.
    Call(Function, Arc<Expr>),
}

impl Expr {
    /// The constant 0.
    pub fn zero() -> Expr {
        Expr::Number(Rational::ZERO)
    }

    /// The constant 1.
    pub fn one() -> Expr {
        Expr::Number(Rational::ONE)
    }

    /// A constant. A negative one becomes the [`Negative`](Expr::Negative) of a positive one.
    pub fn number(value: impl Into<Rational>) -> Expr {
        let value = value.into();
        if value < Rational::ZERO {
            Expr::Negative(Arc::new(Expr::Number(-value)))
        } else {
            Expr::Number(value)
        }
    }

    /// A variable with this name.
    pub fn symbol(name: impl AsRef<str>) -> Expr {
        Expr::Symbol(Symbol::new(name))
    }

    /// The sum of the terms, flattened. Zeros are dropped; nothing else is simplified.
    pub fn sum(terms: impl IntoIterator<Item = Expr>) -> Expr {
        let mut flat = Vec::new();
        for term in terms {
            match term {
                Expr::Sum(inner) => flat.extend(inner),
                zero if zero.is_zero() => {}
                other => flat.push(other),
            }
        }
        match flat.len() {
            0 => Expr::zero(),
            1 => flat.remove(0),
            _ => Expr::Sum(flat),
        }
    }

    /// The product of the factors, flattened. Ones are dropped, signs move to the front, and a zero factor
    /// gives zero; nothing else is simplified.
    pub fn product(factors: impl IntoIterator<Item = Expr>) -> Expr {
        let mut flat = Vec::new();
        let mut negative = false;
        let mut pending: Vec<Expr> = factors.into_iter().collect();
        pending.reverse();
        while let Some(factor) = pending.pop() {
            match factor {
                Expr::Product(inner) => pending.extend(inner.into_iter().rev()),
                Expr::Negative(inner) => {
                    negative = !negative;
                    pending.push(Arc::unwrap_or_clone(inner));
                }
                zero if zero.is_zero() => return Expr::zero(),
                one if one.is_one() => {}
                other => flat.push(other),
            }
        }
        let product = match flat.len() {
            0 => Expr::one(),
            1 => flat.remove(0),
            _ => Expr::Product(flat),
        };
        if negative { product.negated() } else { product }
    }

    /// The product as it was written: as [`product`](Expr::product), but a zero that stands beside functions which are
    /// not defined everywhere stays there with them, in the first place. `0*log(x)` is 0 where x > 0 and nothing
    /// elsewhere.
    pub fn product_as_written(factors: impl IntoIterator<Item = Expr>) -> Expr {
        let factors: Vec<Expr> = factors.into_iter().collect();
        if !factors.iter().any(Expr::is_written_zero) || factors.iter().all(Expr::is_defined_everywhere) {
            return Expr::product(factors);
        }
        let mut kept = vec![Expr::zero()];
        let mut pending: Vec<Expr> = factors.into_iter().rev().collect();
        while let Some(factor) = pending.pop() {
            match factor {
                Expr::Product(inner) => pending.extend(inner.into_iter().rev()),
                Expr::Negative(inner) => pending.push(Arc::unwrap_or_clone(inner)),
                harmless if harmless.is_defined_everywhere() => {}
                partial => kept.push(partial),
            }
        }
        Expr::Product(kept)
    }

    /// `self ^ exponent` as it was written: as [`to_power`](Expr::to_power), but the exponent 0 stays on a function that
    /// is not defined everywhere.
    pub fn to_power_as_written(self, exponent: impl Into<Rational>) -> Expr {
        let exponent = exponent.into();
        if exponent.is_zero() && !self.is_defined_everywhere() {
            return Expr::Power(Arc::new(self), Arc::new(Expr::zero()));
        }
        self.to_power(exponent)
    }

    /// Whether this is the literal 0, or a product that was kept as one.
    fn is_written_zero(&self) -> bool {
        match self {
            Expr::Product(factors) => factors.first().is_some_and(Expr::is_zero),
            Expr::Negative(inner) => inner.is_written_zero(),
            other => other.is_zero(),
        }
    }

    /// Whether the formula is written without roots, logarithms, tangents, divisors and powers that could restrict its
    /// domain.
    fn is_defined_everywhere(&self) -> bool {
        let own = match self {
            Expr::Quotient(_, divisor) => divisor.as_number().is_some_and(|divisor| !divisor.is_zero()),
            Expr::Power(_, exponent) => {
                exponent.as_number().is_some_and(|power| power.is_int() && power >= Rational::ZERO)
            }
            Expr::Call(function, _) => matches!(function, Function::Sin | Function::Cos | Function::Exp),
            _ => true,
        };
        own && self.children().all(Expr::is_defined_everywhere)
    }

    /// `self / denominator`. A quotient of two numbers is one number, unless the denominator is 0.
    pub fn over(self, denominator: Expr) -> Expr {
        match (self, denominator) {
            (numerator, one) if one.is_one() => numerator,
            (Expr::Negative(n), d) => Arc::unwrap_or_clone(n).over(d).negated(),
            (n, Expr::Negative(d)) => n.over(Arc::unwrap_or_clone(d)).negated(),
            (Expr::Number(n), Expr::Number(d)) if !d.is_zero() => Expr::Number(n / d),
            (n, d) => Expr::Quotient(Arc::new(n), Arc::new(d)),
        }
    }

    /// `self ^ exponent`. The exponents 1 and 0 are simplified.
    pub fn to_power(self, exponent: impl Into<Rational>) -> Expr {
        let exponent = exponent.into();
        if exponent == Rational::ONE {
            self
        } else if exponent.is_zero() {
            Expr::one()
        } else {
            Expr::Power(Arc::new(self), Arc::new(Expr::number(exponent)))
        }
    }

    /// `-self`. Removes a double minus, and omits a minus before the literal 0 (`-0/x` is `0/x`).
    pub fn negated(self) -> Expr {
        match self {
            Expr::Negative(inner) => Arc::unwrap_or_clone(inner),
            zero if zero.starts_with_zero() => zero,
            other => Expr::Negative(Arc::new(other)),
        }
    }

    /// Whether the text starts with the literal 0, so that a minus sign would stand directly before it.
    fn starts_with_zero(&self) -> bool {
        match self {
            Expr::Quotient(numerator, _) => numerator.starts_with_zero(),
            Expr::Product(factors) => factors.first().is_some_and(Expr::starts_with_zero),
            other => other.is_zero(),
        }
    }

    /// `function(self)`.
    pub fn call(self, function: Function) -> Expr {
        Expr::Call(function, Arc::new(self))
    }

    /// Whether this is the literal 0.
    pub fn is_zero(&self) -> bool {
        matches!(self, Expr::Number(value) if value.is_zero())
    }

    /// Whether this is the literal 1.
    pub fn is_one(&self) -> bool {
        matches!(self, Expr::Number(value) if *value == Rational::ONE)
    }

    /// The value of a literal number, negative or not.
    pub fn as_number(&self) -> Option<Rational> {
        match self {
            Expr::Number(value) => Some(value.clone()),
            Expr::Negative(inner) => inner.as_number().map(|value| -value),
            _ => None,
        }
    }

    /// The operands, left to right.
    pub fn children(&self) -> impl Iterator<Item = &Expr> {
        let (many, one, two): (&[Expr], Option<&Expr>, Option<&Expr>) = match self {
            Expr::Number(_) | Expr::Pi | Expr::Symbol(_) => (&[], None, None),
            Expr::Sum(items) | Expr::Product(items) => (items, None, None),
            Expr::Quotient(a, b) | Expr::Power(a, b) => (&[], Some(&**a), Some(&**b)),
            Expr::Negative(a) | Expr::Call(_, a) => (&[], Some(&**a), None),
        };
        many.iter().chain(one).chain(two)
    }

    /// The same tree with each operand replaced by `f(operand)`, rebuilt with the constructors of [`Expr`].
    pub fn map_children(&self, mut f: impl FnMut(&Expr) -> Expr) -> Expr {
        match self {
            Expr::Number(_) | Expr::Pi | Expr::Symbol(_) => self.clone(),
            Expr::Sum(items) => Expr::sum(items.iter().map(f)),
            Expr::Product(items) => Expr::product_as_written(items.iter().map(f)),
            Expr::Quotient(a, b) => f(a).over(f(b)),
            Expr::Power(a, b) => {
                let (base, exponent) = (f(a), f(b));
                match exponent.as_number() {
                    Some(value) => base.to_power_as_written(value),
                    None => Expr::Power(Arc::new(base), Arc::new(exponent)),
                }
            }
            Expr::Negative(a) => f(a).negated(),
            Expr::Call(function, a) => f(a).call(*function),
        }
    }

    /// The variables that occur, ordered by name.
    pub fn symbols(&self) -> BTreeSet<Symbol> {
        fn collect(expr: &Expr, into: &mut BTreeSet<Symbol>) {
            if let Expr::Symbol(symbol) = expr {
                into.insert(symbol.clone());
            }
            expr.children().for_each(|child| collect(child, into));
        }
        let mut symbols = BTreeSet::new();
        collect(self, &mut symbols);
        symbols
    }

    /// The formula with every variable in `replacements` replaced, all at the same time.
    ///
    /// ```
    /// use liouville_kernel::expr::{Expr, Symbol, parse};
    ///
    /// let swapped = [("x", "y"), ("y", "x")].map(|(a, b)| (Symbol::new(a), Expr::symbol(b)));
    /// assert_eq!(parse("x - 2*y")?.substitute(&swapped.into()).to_string(), "y - 2*x");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn substitute(&self, replacements: &BTreeMap<Symbol, Expr>) -> Expr {
        match self {
            Expr::Symbol(symbol) => replacements.get(symbol).unwrap_or(self).clone(),
            _ => self.map_children(|child| child.substitute(replacements)),
        }
    }

    /// The degree in the given variables; `None` if the formula is not written as a polynomial in them.
    ///
    /// ```
    /// use liouville_kernel::expr::{Symbol, parse};
    ///
    /// let momenta = ["px", "py"].map(Symbol::new);
    /// assert_eq!(parse("px^2*x + sin(x)*py")?.degree_in(&momenta), Some(2));
    /// assert_eq!(parse("sin(px)")?.degree_in(&momenta), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn degree_in(&self, variables: &[Symbol]) -> Option<usize> {
        let all = |items: &[Expr]| -> Option<Vec<usize>> {
            items.iter().map(|item| item.degree_in(variables)).collect()
        };
        let free = |expr: &Expr| expr.symbols().iter().all(|symbol| !variables.contains(symbol));
        match self {
            _ if free(self) => Some(0),
            Expr::Number(_) | Expr::Pi => Some(0),
            Expr::Symbol(_) => Some(1),
            Expr::Sum(terms) => all(terms).and_then(|degrees| degrees.into_iter().max()),
            Expr::Product(factors) => all(factors).map(|degrees| degrees.into_iter().sum()),
            Expr::Quotient(numerator, denominator) if free(denominator) => numerator.degree_in(variables),
            Expr::Power(base, exponent) => {
                let power = exponent.as_number().filter(|power| power.is_int())?;
                Some(base.degree_in(variables)? * usize::try_from(power.numerator().clone()).ok()?)
            }
            Expr::Negative(inner) => inner.degree_in(variables),
            Expr::Quotient(..) | Expr::Call(..) => None,
        }
    }

    /// How many symbols a reader sees: variables, numbers, operators and functions.
    /// `qx*py - qy*px` counts 7.
    pub fn symbol_count(&self) -> usize {
        let own = match self {
            Expr::Number(value) => 1 + 2 * usize::from(!value.is_int()),
            Expr::Pi | Expr::Symbol(_) | Expr::Negative(_) | Expr::Call(..) => 1,
            Expr::Quotient(..) | Expr::Power(..) => 1,
            Expr::Product(items) => items.len() - 1,
            // A minus sign between two terms is itself the operator, so count it once.
            Expr::Sum(items) => {
                let minus = items[1..].iter().filter(|t| matches!(t, Expr::Negative(_))).count();
                items.len() - 1 - minus
            }
        };
        own + self.children().map(Expr::symbol_count).sum::<usize>()
    }
}

impl std::ops::Add for Expr {
    type Output = Expr;
    fn add(self, other: Expr) -> Expr {
        Expr::sum([self, other])
    }
}

impl std::ops::Sub for Expr {
    type Output = Expr;
    fn sub(self, other: Expr) -> Expr {
        Expr::sum([self, other.negated()])
    }
}

impl std::ops::Mul for Expr {
    type Output = Expr;
    fn mul(self, other: Expr) -> Expr {
        Expr::product([self, other])
    }
}

impl std::ops::Div for Expr {
    type Output = Expr;
    fn div(self, other: Expr) -> Expr {
        self.over(other)
    }
}

impl std::ops::Neg for Expr {
    type Output = Expr;
    fn neg(self) -> Expr {
        self.negated()
    }
}

impl std::str::FromStr for Expr {
    type Err = ParseError;
    fn from_str(text: &str) -> Result<Expr, ParseError> {
        parse(text)
    }
}

//! What the fuzz targets do with an input. `fuzz.rs` runs the same on a fixed stream.

use liouville_kernel::algebra::{Element, Interval, ZeroTest, sample_point};
use liouville_kernel::expr::{Expr, Function, Rational, Symbol, parse};
use liouville_kernel::mechanics::{Bracket, PhaseSpace, bracket_of, functional_rank};

const NAMES: [&str; 5] = ["x", "y", "px", "py", "a"];

/// Choices read from bytes; zeros after their end.
pub struct Source<'a> {
    bytes: &'a [u8],
    /// How many operators a formula may still have.
    left: u32,
}

impl<'a> Source<'a> {
    pub fn new(bytes: &'a [u8]) -> Source<'a> {
        Source { bytes, left: 0 }
    }

    fn below(&mut self, bound: u8) -> u8 {
        let Some((&first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        first % bound
    }

    /// A formula of at most `size` operators.
    pub fn formula(&mut self, size: u32) -> Expr {
        self.left = size;
        self.node(4)
    }

    fn node(&mut self, depth: u32) -> Expr {
        if depth == 0 || self.left == 0 {
            return self.leaf();
        }
        self.left -= 1;
        match self.below(18) {
            0..3 => self.node(depth - 1) + self.node(depth - 1),
            3 => self.node(depth - 1) - self.node(depth - 1),
            4..7 => self.node(depth - 1) * self.node(depth - 1),
            7 | 8 => self.node(depth - 1) / self.node(depth - 1),
            9 => {
                let exponent = i64::from(self.below(7)) - 3;
                self.node(depth - 1).to_power(exponent)
            }
            10 => {
                let exponent = self.fraction();
                self.node(depth - 1).to_power(exponent)
            }
            11 => self.node(depth - 1).call(Function::Sqrt),
            12 => (self.node(depth - 1).to_power(2) + self.node(depth - 1).to_power(2)).call(Function::Sqrt),
            13 => self.angle().call(Function::Sin),
            14 => self.angle().call(Function::Cos),
            15 => match self.below(3) {
                0 => self.angle().call(Function::Tan),
                1 => self.node(depth - 1).call(Function::Log),
                _ => {
                    let (base, exponent) = (self.leaf(), self.leaf());
                    match exponent.as_number() {
                        Some(value) => base.to_power(value),
                        None => Expr::Power(base.into(), exponent.into()),
                    }
                }
            },
            16 => self.node(1).call(Function::Exp),
            _ => self.node(depth - 1).negated(),
        }
    }

    fn leaf(&mut self) -> Expr {
        match self.below(16) {
            0 | 1 => Expr::number(Rational::from(i64::from(self.below(9)) - 3)),
            2 => Expr::number(self.fraction()),
            3 => Expr::number(Rational::from(i64::MAX - i64::from(self.below(4)))),
            k => Expr::symbol(NAMES[usize::from(k) % NAMES.len()]),
        }
    }

    fn fraction(&mut self) -> Rational {
        let numerator = i64::from(self.below(11)) - 5;
        Rational::from_parts(numerator.into(), (1 + self.below(4)).into())
    }

    /// A combination of coordinates and π.
    fn angle(&mut self) -> Expr {
        let mut term = |of: Expr| {
            Expr::number(Rational::from_parts(i64::from(self.below(5)).into(), 2u8.into()) - Rational::ONE)
                * of
        };
        let (x, y, pi) = (term(Expr::symbol("x")), term(Expr::symbol("y")), term(Expr::Pi));
        match self.below(8) {
            0 => x + y + pi,
            1 => x + pi / Expr::number(Rational::from([3, 5, 6, 7][usize::from(self.below(4))])),
            2 => pi / Expr::number(Rational::from([4, 5, 8, 12][usize::from(self.below(4))])),
            _ => x + y,
        }
    }

    /// The same function on the same domain (up to zeros of denominators), written otherwise.
    fn rewritten(&mut self, expr: &Expr) -> Expr {
        let inner = |s: &mut Source, e: &Expr| s.rewritten(e);
        let other = Expr::symbol(NAMES[usize::from(self.below(5))]) + Expr::one();
        match (expr, self.below(4)) {
            (Expr::Sum(terms), 0) => {
                Expr::sum(terms.iter().rev().map(|t| inner(self, t)).collect::<Vec<_>>())
            }
            (Expr::Product(factors), 0) => {
                Expr::product(factors.iter().rev().map(|t| inner(self, t)).collect::<Vec<_>>())
            }
            (Expr::Product(factors), 1) => {
                let (first, rest) = (inner(self, &factors[0]), Expr::product(factors[1..].to_vec()));
                (first.clone() + other.clone()) * rest.clone() - other * rest
            }
            (Expr::Quotient(a, b), 0 | 1) => inner(self, a) * inner(self, b).to_power(-1),
            (Expr::Quotient(a, b), 2) => (inner(self, a) * other.clone()) / (inner(self, b) * other),
            (Expr::Call(Function::Sqrt, a), 0 | 1) => {
                inner(self, a).to_power(Rational::from_parts(1.into(), 2u8.into()))
            }
            (Expr::Call(Function::Tan, a), 0 | 1) => {
                inner(self, a).call(Function::Sin) / (**a).clone().call(Function::Cos)
            }
            (Expr::Call(Function::Exp, a), 0 | 1) => {
                (inner(self, a) - other.clone()).call(Function::Exp) * other.call(Function::Exp)
            }
            (Expr::Call(Function::Sin, a), 0) => {
                (inner(self, a) - Expr::Pi / Expr::number(2)).call(Function::Cos)
            }
            (Expr::Call(Function::Cos, a), 0) => {
                let half = inner(self, a) / Expr::number(2);
                Expr::one() - Expr::number(2) * half.call(Function::Sin).to_power(2)
            }
            (Expr::Number(_) | Expr::Pi | Expr::Symbol(_), 0) => (expr.clone() + other.clone()) - other,
            (Expr::Number(_) | Expr::Pi | Expr::Symbol(_), 1) => expr.clone() * other.clone() / other,
            _ => expr.map_children(|child| self.rewritten(child)),
        }
    }
}

/// An enclosure straight from the tree; `None` where it is not seen to be defined.
fn enclosure(expr: &Expr, at: &[Interval]) -> Option<Interval> {
    let of = |e: &Expr| enclosure(e, at);
    match expr {
        Expr::Number(value) => Some(Interval::of_rational(value)),
        Expr::Pi => Some(Interval::pi()),
        Expr::Symbol(symbol) => NAMES.iter().position(|n| *n == symbol.name()).map(|k| at[k]),
        Expr::Sum(terms) => terms.iter().try_fold(Interval::ZERO, |sum, t| Some(sum.plus(of(t)?))),
        Expr::Product(factors) => {
            factors.iter().try_fold(Interval::ONE, |product, t| Some(product.times(of(t)?)))
        }
        Expr::Quotient(a, b) => {
            let (a, b) = (of(a)?, of(b)?);
            (!b.contains_zero()).then(|| a.over(b))
        }
        Expr::Power(base, exponent) => {
            let base = of(base)?;
            let Some(value) = exponent.as_number() else {
                return Some(of(exponent)?.times(base.log()?).exp());
            };
            let power = u32::try_from(value.numerator().clone().into_parts().1).ok()?;
            let root = match value.is_int() {
                true => base,
                false => base.root(u32::try_from(value.denominator()).ok()?)?,
            };
            let whole = root.power(power);
            match value < Rational::ZERO {
                false => Some(whole),
                true => (!whole.contains_zero()).then(|| Interval::ONE.over(whole)),
            }
        }
        Expr::Negative(a) => Some(of(a)?.negated()),
        Expr::Call(function, a) => {
            let a = of(a)?;
            match function {
                Function::Sqrt => a.root(2),
                Function::Sin => Some(a.sin()),
                Function::Cos => Some(a.cos()),
                Function::Tan => {
                    let cosine = a.cos();
                    (!cosine.contains_zero()).then(|| a.sin().over(cosine))
                }
                Function::Exp => Some(a.exp()),
                Function::Log => a.log(),
            }
        }
    }
}

/// What came of a case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Outcome {
    /// The text or formula was refused with an error.
    Refused,
    /// Everything asked was answered.
    Decided,
    /// An identity that holds was left open.
    Undecided,
}

/// Reading, printing and reading again gives the same tree.
pub fn read_and_print(text: &str) -> Outcome {
    let Ok(expr) = parse(text) else { return Outcome::Refused };
    let printed = expr.to_string();
    match parse(&printed) {
        Ok(again) => assert_eq!(again, expr, "{text} was printed {printed}"),
        Err(error) => assert!(error.message.contains("nested"), "{text} was printed {printed}: {error}"),
    }
    let _ = (expr.to_latex(), expr.to_sympy());
    Outcome::Decided
}

/// The value of a formula, of its canonical form and of that written out agree; what is said to vanish
/// does; what is equal is never said to differ; dependent functions are never said to be independent.
pub fn normal_form(source: &mut Source) -> Outcome {
    let variables: Vec<Symbol> = NAMES[..4].iter().map(Symbol::new).collect();
    let space = PhaseSpace::new(variables[..2].to_vec(), variables[2..].to_vec()).expect("a phase space");
    let (f, g) = (source.formula(7), source.formula(4));
    let printed = f.to_string();
    // A formula that was not read may hold numbers which are not read either.
    if parse(&printed).is_err_and(|error| error.message.contains("too large")) {
        return Outcome::Refused;
    }
    assert_eq!(parse(&printed).as_ref().map(Expr::to_string), Ok(printed.clone()), "{f:?}");
    let other = source.rewritten(&f);
    let Ok((_, elements)) = Element::all_from(&variables, [&f, &g, &other]) else { return Outcome::Refused };
    let written = elements[0].to_expr();
    let test = elements[0].zero_test();
    let parameter = elements[0].field().parameters().iter().any(|p| p.name() == "a");
    for point in 0..12 {
        let at = sample_point(point, 5);
        let Some(direct) = enclosure(&f, &at) else { continue };
        let seen = if parameter { &at[..] } else { &at[..4] };
        // What is said of an element is said on the domain of its field: where all three formulas are defined.
        let Some(own) = elements[0].enclosure(seen) else { continue };
        assert!(test != ZeroTest::Zero || direct.contains_zero(), "false zero: {f} at point {point}");
        for (name, found) in [("element", Some(own)), ("text", enclosure(&written, &at))] {
            let Some(found) = found else { continue };
            assert!(
                found.low() <= direct.high() && direct.low() <= found.high(),
                "{name} of {f}, written {written}: {found:?} is not {direct:?} at point {point}"
            );
        }
    }
    let Ok(difference) = elements[0].minus(&elements[2]) else { return Outcome::Refused };
    let equal = difference.zero_test();
    assert_ne!(equal, ZeroTest::NonZero, "{f} and {other} are said to differ");
    if equal == ZeroTest::Zero {
        let again = elements[2].to_expr();
        assert!(written == again || elements[0] != elements[2], "{f}: {written} and {again}");
    }
    brackets(&f, &g, &space);
    match equal {
        ZeroTest::Zero => Outcome::Decided,
        _ => Outcome::Undecided,
    }
}

/// Antisymmetry, the chain rule, and ranks of dependent functions.
fn brackets(f: &Expr, g: &Expr, space: &PhaseSpace) {
    let (Ok(one), Ok(two)) = (bracket_of(f, g, space), bracket_of(g, f, space)) else { return };
    let opposite =
        matches!((&one, &two), (Bracket::Zero, Bracket::NonZero(_)) | (Bracket::NonZero(_), Bracket::Zero));
    assert!(!opposite, "the brackets of {f} and {g}");
    let square = f.clone().to_power(2) + Expr::number(3) * f.clone();
    if let Ok(own) = bracket_of(f, &square, space) {
        assert!(!matches!(own, Bracket::NonZero(_)), "{f} with a function of itself");
    }
    let product = f.clone() * g.clone();
    let dependent = [f.clone(), g.clone(), product, f.clone() + g.clone()];
    if let Ok(rank) = functional_rank(&dependent, space) {
        assert!(rank.rank <= 2, "{f} and {g} make {rank:?}");
    }
    if let Ok(rank) = functional_rank(&[f.clone(), square], space) {
        assert!(rank.rank <= 1, "{f} makes {rank:?}");
    }
}

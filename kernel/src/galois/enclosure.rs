//! [`Enclosure`]: intervals whose ends are multiples of 2⁻³²⁰, and formulas on them.

use std::collections::BTreeMap;

use dashu_base::Abs;
use dashu_int::IBig;
use dashu_int::ops::DivEuclid;

use crate::expr::{Expr, Function, Rational, Symbol};

/// Binary digits after the point.
const BITS: usize = 320;
/// The largest numerator or denominator of an exponent.
const MAX_EXPONENT: u32 = 1_000;
/// Ends with more binary digits than this are not computed with.
const MAX_BITS: usize = 1 << 14;

/// A closed interval of real numbers with dyadic rational ends. Every operation encloses all values that the exact one
/// takes on its operands; it gives `None` where it is not defined on all of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Enclosure {
    /// In units of 2⁻³²⁰.
    low: IBig,
    high: IBig,
}

/// ⌊a/b⌋ for b > 0.
fn floor(a: &IBig, b: &IBig) -> IBig {
    a.div_euclid(b)
}

/// ⌈a/b⌉ for b > 0.
fn ceiling(a: &IBig, b: &IBig) -> IBig {
    -(-a).div_euclid(b)
}

fn unit() -> IBig {
    IBig::ONE << BITS
}

impl Enclosure {
    /// The interval between two rationals, rounded outward.
    pub fn between(low: &Rational, high: &Rational) -> Enclosure {
        let scaled = |value: &Rational| value.numerator() << BITS;
        let below = |value: &Rational| IBig::from(value.denominator().clone());
        Enclosure { low: floor(&scaled(low), &below(low)), high: ceiling(&scaled(high), &below(high)) }
    }

    /// A rational number.
    pub fn of(value: &Rational) -> Enclosure {
        Enclosure::between(value, value)
    }

    /// The number 0.
    pub fn zero() -> Enclosure {
        Enclosure { low: IBig::ZERO, high: IBig::ZERO }
    }

    /// The lower end.
    pub fn low(&self) -> Rational {
        Rational::from(self.low.clone()) / Rational::from(unit())
    }

    /// The upper end.
    pub fn high(&self) -> Rational {
        Rational::from(self.high.clone()) / Rational::from(unit())
    }

    /// The middle, rounded to a multiple of 2⁻³²⁰.
    pub fn middle(&self) -> Rational {
        Rational::from((&self.low + &self.high) >> 1) / Rational::from(unit())
    }

    /// The number in the middle alone.
    pub fn centre(&self) -> Enclosure {
        let middle = (&self.low + &self.high) >> 1;
        Enclosure { low: middle.clone(), high: middle }
    }

    /// The interval of this radius around the middle.
    pub fn widened(&self, radius: &Rational) -> Enclosure {
        let by = Enclosure::of(radius).high;
        Enclosure { low: &self.low - &by, high: &self.high + by }
    }

    /// Whether 0 lies inside.
    pub fn contains_zero(&self) -> bool {
        self.low <= IBig::ZERO && self.high >= IBig::ZERO
    }

    /// 1 where all of it is positive, −1 where all of it is negative, else `None`.
    pub fn sign(&self) -> Option<i8> {
        match () {
            () if self.low > IBig::ZERO => Some(1),
            () if self.high < IBig::ZERO => Some(-1),
            () => None,
        }
    }

    /// Whether it lies in the interior of the other interval.
    pub fn is_inside(&self, other: &Enclosure) -> bool {
        self.low > other.low && self.high < other.high
    }

    /// The largest absolute value.
    pub fn magnitude(&self) -> Rational {
        let most = self.low.clone().abs().max(self.high.clone().abs());
        Rational::from(most) / Rational::from(unit())
    }

    /// The sum.
    pub fn plus(&self, other: &Enclosure) -> Enclosure {
        Enclosure { low: &self.low + &other.low, high: &self.high + &other.high }
    }

    /// The negative.
    pub fn negated(&self) -> Enclosure {
        Enclosure { low: -&self.high, high: -&self.low }
    }

    /// The difference.
    pub fn minus(&self, other: &Enclosure) -> Enclosure {
        self.plus(&other.negated())
    }

    /// The product.
    pub fn times(&self, other: &Enclosure) -> Enclosure {
        let products = [
            &self.low * &other.low,
            &self.low * &other.high,
            &self.high * &other.low,
            &self.high * &other.high,
        ];
        let least = products.iter().min().cloned().unwrap_or(IBig::ZERO);
        let most = products.into_iter().max().unwrap_or(IBig::ZERO);
        Enclosure { low: floor(&least, &unit()), high: ceiling(&most, &unit()) }
    }

    /// The quotient; `None` where the divisor contains 0.
    pub fn over(&self, other: &Enclosure) -> Option<Enclosure> {
        other.sign()?;
        let quotients = |round: fn(&IBig, &IBig) -> IBig| {
            let mut all = Vec::new();
            for a in [&self.low, &self.high] {
                for b in [&other.low, &other.high] {
                    let (a, b) = if *b < IBig::ZERO { (-(a << BITS), -b) } else { (a << BITS, b.clone()) };
                    all.push(round(&a, &b));
                }
            }
            all
        };
        Some(Enclosure {
            low: quotients(floor).into_iter().min()?,
            high: quotients(ceiling).into_iter().max()?,
        })
    }

    /// The positive root of index n ≥ 1; `None` unless the whole interval is positive.
    pub fn root(&self, n: u32) -> Option<Enclosure> {
        if self.sign() != Some(1) || n == 0 {
            return None;
        }
        let root = |value: &IBig| -> IBig {
            let (_, magnitude) = (value << (BITS * (n as usize - 1))).into_parts();
            magnitude.nth_root(n as usize).into()
        };
        Some(Enclosure { low: root(&self.low), high: root(&self.high) + IBig::ONE })
    }

    /// A rational power; `None` for other than integer powers of what is not positive, and for large exponents.
    pub fn to_power(&self, exponent: &Rational) -> Option<Enclosure> {
        let index = u32::try_from(exponent.denominator()).ok().filter(|n| *n <= MAX_EXPONENT)?;
        let power = i32::try_from(exponent.numerator()).ok()?;
        if power.unsigned_abs() > MAX_EXPONENT {
            return None;
        }
        let base = if index == 1 { self.clone() } else { self.root(index)? };
        let mut product = Enclosure::of(&Rational::ONE);
        for _ in 0..power.unsigned_abs() {
            product = product.times(&base).bounded()?;
        }
        match power < 0 {
            true => Enclosure::of(&Rational::ONE).over(&product),
            false => Some(product),
        }
    }

    /// Itself, unless its ends are too long.
    fn bounded(self) -> Option<Enclosure> {
        use dashu_base::BitTest;
        (self.low.bit_len().max(self.high.bit_len()) < MAX_BITS).then_some(self)
    }

    /// The values of a formula where its symbols lie in these intervals. `None` where it may be undefined or not real,
    /// and for functions other than roots.
    pub fn of_expr(expr: &Expr, at: &BTreeMap<Symbol, Enclosure>) -> Option<Enclosure> {
        match expr {
            Expr::Number(value) => Enclosure::of(value).bounded(),
            Expr::Symbol(symbol) => at.get(symbol).cloned(),
            Expr::Sum(terms) => {
                let mut sum = Enclosure::zero();
                for term in terms {
                    sum = sum.plus(&Enclosure::of_expr(term, at)?);
                }
                Some(sum)
            }
            Expr::Product(factors) => {
                let mut product = Enclosure::of(&Rational::ONE);
                for factor in factors {
                    product = product.times(&Enclosure::of_expr(factor, at)?).bounded()?;
                }
                Some(product)
            }
            Expr::Quotient(above, below) => {
                Enclosure::of_expr(above, at)?.over(&Enclosure::of_expr(below, at)?)?.bounded()
            }
            Expr::Power(base, exponent) => Enclosure::of_expr(base, at)?.to_power(&exponent.as_number()?),
            Expr::Negative(inner) => Some(Enclosure::of_expr(inner, at)?.negated()),
            Expr::Call(Function::Sqrt, argument) => Enclosure::of_expr(argument, at)?.root(2),
            Expr::Pi | Expr::Call(..) => None,
        }
    }
}

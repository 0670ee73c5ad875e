//! From formulas to elements: [`Construction`] walks an [`Expr`] bottom-up and writes it in ring variables,
//! adjoining the generators it meets where the tower is still open.
//!
//! Powers of one base share one root, and multiples of one angle or exponent share one generator. Their
//! common index is not known before all formulas have been read; so where a later formula needs a finer
//! one, the walk stops with that demand and [`Field`](super::Field) starts again, knowing it.

mod constants;
mod inverse;
mod logarithms;
mod roots;
mod transcendental;

use std::borrow::Cow;

use dashu_int::IBig;

use super::tower::{Generator, Tower};
use super::{AlgebraError, Polynomial, RationalPolynomial};
use crate::expr::{Condition, Expr, Function, Rational, Relation, Symbol};

/// The largest index of a root and the largest common denominator of multiples of an angle.
const MAX_INDEX: u32 = 360;
/// The largest integer exponent in a formula.
const MAX_FORMULA_EXPONENT: u32 = 8192;

/// What several powers, angles or exponents have in common, under the text of that thing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Demand {
    kind: DemandKind,
    of: String,
    /// Least common multiple of the denominators met so far.
    pub(super) multiple: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum DemandKind {
    RootIndex,
    AngleUnit,
    ExponentUnit,
    /// The N of cos(π/N).
    TurnParts,
    /// That angles of π/N are treated like any others, because N is out of bounds.
    PlainTurns,
}

/// Why a walk stopped.
#[derive(Debug)]
pub(super) enum Halt {
    Error(AlgebraError),
    /// Start again with this demand.
    Refine(Demand),
}

impl From<AlgebraError> for Halt {
    fn from(error: AlgebraError) -> Halt {
        Halt::Error(error)
    }
}

type Built = Result<RationalPolynomial, Halt>;

/// A walk over formulas.
pub(super) struct Construction<'a> {
    pub(super) tower: Cow<'a, Tower>,
    /// Whether new generators may be adjoined.
    open: bool,
    demands: &'a [Demand],
}

impl<'a> Construction<'a> {
    /// A walk that adjoins what it meets.
    pub(super) fn open(tower: Tower, demands: &'a [Demand]) -> Construction<'a> {
        Construction { tower: Cow::Owned(tower), open: true, demands }
    }

    /// A walk in a finished tower.
    pub(super) fn within(tower: &'a Tower) -> Construction<'a> {
        Construction { tower: Cow::Borrowed(tower), open: false, demands: &[] }
    }

    /// `expr` in ring variables, reduced though not canonical.
    pub(super) fn convert(&mut self, expr: &Expr) -> Built {
        match expr {
            Expr::Number(value) => Ok(RationalPolynomial::constant(value)),
            Expr::Pi => self.pi(),
            Expr::Symbol(symbol) => Ok(RationalPolynomial::variable(self.symbol(symbol)?)),
            Expr::Sum(terms) => {
                let terms = terms.iter().map(|t| self.convert(t)).collect::<Result<Vec<_>, _>>()?;
                Ok(RationalPolynomial::sum(&terms))
            }
            Expr::Product(factors) => {
                let mut product = RationalPolynomial::one();
                for factor in factors {
                    let factor = self.convert(factor)?;
                    product = self.tower.times(&product, &factor)?;
                }
                Ok(product)
            }
            Expr::Quotient(numerator, denominator) => {
                let numerator = self.convert(numerator)?;
                let inverse = self.inverse_of_expr(denominator)?;
                Ok(self.tower.times(&numerator, &inverse)?)
            }
            Expr::Power(base, exponent) => self.power(base, exponent),
            Expr::Negative(inner) => Ok(self.convert(inner)?.negated()),
            Expr::Call(function, argument) => self.call(*function, argument),
        }
    }

    fn symbol(&self, symbol: &Symbol) -> Result<usize, AlgebraError> {
        let position = self.tower.symbols.iter().position(|s| s == symbol);
        position.ok_or_else(|| AlgebraError::UnknownSymbol(symbol.clone()))
    }

    fn power(&mut self, base: &Expr, exponent: &Expr) -> Built {
        let exponent = self.convert(exponent)?;
        let exponent = self.tower.canonical(&exponent)?;
        let Some(rational) = exponent.as_constant() else {
            let base = self.convert(base)?;
            return self.symbolic_power(&base, &exponent);
        };
        let numerator = i64::try_from(rational.numerator()).map_err(|_| AlgebraError::ExponentTooLarge)?;
        let magnitude = u32::try_from(numerator.unsigned_abs()).unwrap_or(u32::MAX);
        if magnitude > MAX_FORMULA_EXPONENT {
            return Err(AlgebraError::ExponentTooLarge.into());
        }
        if !rational.is_int() {
            let base = self.convert(base)?;
            return self.rational_power(&base, &rational);
        }
        let base = if numerator < 0 { self.inverse_of_expr(base)? } else { self.convert(base)? };
        Ok(self.tower.to_power(&base, magnitude)?)
    }

    fn call(&mut self, function: Function, argument: &Expr) -> Built {
        let argument = self.convert(argument)?;
        match function {
            Function::Sqrt => self.rational_power(&argument, &rational(1, 2)),
            Function::Cos => self.cosine(&argument),
            Function::Sin => Ok(self.cosine_and_sine(&argument)?.1),
            Function::Tan => {
                let (cosine, sine) = self.cosine_and_sine(&argument)?;
                let inverse = self.inverse(&cosine)?;
                Ok(self.tower.times(&sine, &inverse)?)
            }
            Function::Exp => self.exponential(&argument),
            Function::Log => self.logarithm(&argument),
        }
    }

    /// The reciprocal; a divisor that fails is named as it was written.
    fn inverse_of_expr(&mut self, divisor: &Expr) -> Built {
        let value = self.convert(divisor)?;
        self.inverse(&value).map_err(|halt| match halt {
            Halt::Error(AlgebraError::DivisionByZero { .. }) => {
                AlgebraError::DivisionByZero { divisor: divisor.to_string() }.into()
            }
            Halt::Error(AlgebraError::UndecidedDivisor { .. }) => {
                AlgebraError::UndecidedDivisor { divisor: divisor.to_string() }.into()
            }
            other => other,
        })
    }

    /// Adjoins a generator with its derivatives, if the tower is open.
    fn adjoin(&mut self, generator: Generator) -> Result<usize, Halt> {
        if !self.open {
            let function = super::present::describe(&self.tower, &generator);
            return Err(AlgebraError::NotInField { function }.into());
        }
        let variable = self.tower.to_mut().push(generator.clone());
        if let Generator::Cosine { angle } = &generator {
            self.tower.to_mut().push(Generator::Sine { angle: angle.clone() });
        }
        self.adjoin_derivatives(variable, &generator)?;
        Ok(variable)
    }

    /// Restricts the domain to where a condition holds.
    pub(super) fn restrict(&mut self, condition: &Condition) -> Result<(), Halt> {
        let value = self.convert(&condition.function)?;
        let value = self.tower.canonical(&value)?;
        let holds = |constant: Rational| match condition.relation {
            Relation::Positive => constant > Rational::ZERO,
            Relation::NonZero => !constant.is_zero(),
        };
        match (value.as_constant(), condition.relation) {
            (Some(constant), _) if holds(constant.clone()) => Ok(()),
            (Some(_), _) => Err(AlgebraError::EmptyDomain { condition: condition.to_string() }.into()),
            (None, Relation::Positive) => self.require_positive(&value),
            (None, Relation::NonZero) => {
                self.tower.to_mut().nonzero.push(value);
                Ok(())
            }
        }
    }

    /// What must be positive, on the only branch of a sign on which it can be: log(x + |x|) is log(2x), and its domain is
    /// x > 0. The root of 0 is real, so that a root may ask for no more than that its radicand is not negative.
    fn on_live_branch(&mut self, value: &RationalPolynomial, may_vanish: bool) -> Built {
        let mut value = value.clone();
        for variable in value.numerator().variables() {
            let Some(Generator::Sign { of }) = self.tower.generator(variable).cloned() else { continue };
            let mut parts = value.numerator().coefficients_in(variable);
            if parts.len() != 2 {
                continue;
            }
            let (jump, even) = (parts.remove(1), parts.remove(0));
            let on = |side: Polynomial| RationalPolynomial::new(side, value.denominator().clone());
            let sides = [on(even.plus(&jump)), on(even.minus(&jump))];
            let dead = |side: &RationalPolynomial| -> Result<bool, AlgebraError> {
                Ok(match self.tower.vanishes(side)? {
                    true => !may_vanish,
                    false => self.is_plainly_positive(&side.negated())?,
                })
            };
            let (above, below) = (dead(&sides[0])?, dead(&sides[1])?);
            if above == below {
                continue;
            }
            self.require_positive(&if below { of } else { of.negated() })?;
            let [positive, negative] = sides;
            value = if below { positive } else { negative };
        }
        Ok(self.tower.canonical(&value)?)
    }

    /// Notes that formulas are defined only where `value` is positive.
    fn require_positive(&mut self, value: &RationalPolynomial) -> Result<(), Halt> {
        let known = value.as_constant().is_some() || self.tower.domain.contains(value);
        if known || self.is_positive_number(value) {
            return Ok(());
        }
        if self.is_plainly_positive(&value.negated())? {
            let condition = format!("{} > 0", super::present::express(&self.tower, value));
            return Err(AlgebraError::EmptyDomain { condition }.into());
        }
        if !self.open {
            let domain = super::present::express(&self.tower, value);
            return Err(
                AlgebraError::NotInField { function: format!("a root or logarithm of {domain}") }.into()
            );
        }
        self.tower.to_mut().domain.push(value.clone());
        Ok(())
    }

    fn adjoin_derivatives(&mut self, variable: usize, generator: &Generator) -> Result<(), Halt> {
        let own = RationalPolynomial::variable(variable);
        match generator {
            Generator::Pi
            | Generator::TwiceCosine { .. }
            | Generator::CosineOfPi { .. }
            | Generator::Sign { .. }
            | Generator::Sine { .. } => {}
            Generator::Cosine { angle } => {
                let sine = RationalPolynomial::variable(variable + 1);
                self.chain(variable, angle, &sine.negated())?;
                self.chain(variable + 1, angle, &own)?;
            }
            Generator::Inverse { factor } => {
                let square = own.to_power(2)?.negated();
                self.chain(variable, &factor.clone().into(), &square)?;
            }
            Generator::Logarithm { argument } => {
                if !self.tower.is_constant(argument) {
                    let inverse = self.inverse(argument)?;
                    self.chain(variable, argument, &inverse)?;
                }
            }
            Generator::Root { radicand, index } => {
                if !self.tower.is_constant(radicand) {
                    let inverse = self.inverse(radicand)?;
                    let outer = self.tower.times(&own, &inverse)?.over_integer(*index);
                    self.chain(variable, radicand, &outer)?;
                }
            }
            Generator::Exponential { base: None, exponent } => self.chain(variable, exponent, &own)?,
            Generator::Exponential { base: Some(base), exponent } => {
                if !self.tower.is_constant(exponent) {
                    let log = self.logarithm(base)?;
                    let outer = self.tower.times(&own, &log)?;
                    self.chain(variable, exponent, &outer)?;
                }
                if !self.tower.is_constant(base) {
                    let inverse = self.inverse(base)?;
                    let outer = self.tower.times(&self.tower.times(&own, exponent)?, &inverse)?;
                    self.chain(variable, base, &outer)?;
                }
            }
        }
        Ok(())
    }

    /// Adds `outer · ∂inner/∂x` to the derivatives of a generator.
    fn chain(
        &mut self,
        generator: usize,
        inner: &RationalPolynomial,
        outer: &RationalPolynomial,
    ) -> Result<(), Halt> {
        let position = generator - self.tower.symbols.len();
        let variables = self.tower.variables;
        let mut derivatives = std::mem::take(&mut self.tower.to_mut().adjoined[position].derivatives);
        derivatives.resize(variables, None);
        for (by, slot) in derivatives.iter_mut().enumerate() {
            let slope = self.tower.derivative(inner, by)?;
            if slope.is_zero() {
                continue;
            }
            let mut change = self.tower.times(outer, &slope)?;
            if let Some(before) = slot {
                change = before.plus(&change);
            }
            *slot = (!change.is_zero()).then_some(change);
        }
        self.tower.to_mut().adjoined[position].derivatives = derivatives;
        Ok(())
    }

    /// The common multiple demanded for the thing with this text, starting from `needed`.
    fn multiple(&self, kind: DemandKind, of: &RationalPolynomial, needed: u32) -> Result<u32, Halt> {
        if self.demands.is_empty() {
            return Ok(needed);
        }
        let text = super::present::express(&self.tower, of).to_string();
        match self.demands.iter().find(|d| d.kind == kind && d.of == text) {
            Some(demand) => common_multiple(demand.multiple, needed),
            None => Ok(needed),
        }
    }

    /// The stop that asks for a finer common multiple.
    fn refine(&self, kind: DemandKind, of: &RationalPolynomial, present: u32, needed: u32) -> Halt {
        let expr = super::present::express(&self.tower, of);
        if !self.open {
            return AlgebraError::NotInField {
                function: format!("a fraction of a power or angle of {expr}"),
            }
            .into();
        }
        match common_multiple(present, needed) {
            Ok(multiple) => Halt::Refine(Demand { kind, of: expr.to_string(), multiple }),
            Err(halt) => halt,
        }
    }
}

impl Demand {
    /// Enters a demand into a list; the multiples of one thing are joined.
    pub(super) fn enter(self, demands: &mut Vec<Demand>) -> Result<(), Halt> {
        match demands.iter_mut().find(|d| d.kind == self.kind && d.of == self.of) {
            Some(before) => {
                let joined = common_multiple(before.multiple, self.multiple)?;
                if joined == before.multiple {
                    // Nothing new would be known: the walk would stop here for ever.
                    return Err(AlgebraError::TooLarge.into());
                }
                before.multiple = joined;
            }
            None => demands.push(self),
        }
        Ok(())
    }
}

fn common_multiple(a: u32, b: u32) -> Result<u32, Halt> {
    let mut x = (a, b);
    while x.1 != 0 {
        x = (x.1, x.0 % x.1);
    }
    let multiple = u64::from(a) / u64::from(x.0.max(1)) * u64::from(b);
    match u32::try_from(multiple) {
        Ok(multiple) if multiple <= MAX_INDEX => Ok(multiple),
        _ => Err(AlgebraError::ExponentTooLarge.into()),
    }
}

fn rational(numerator: i64, denominator: i64) -> Rational {
    Rational::from_parts_signed(numerator.into(), denominator.into())
}

/// The terms of a value, each as a rational times a monomial with coefficient 1.
fn terms_of(value: &RationalPolynomial) -> Result<Vec<(Rational, RationalPolynomial)>, AlgebraError> {
    (0..value.numerator().len())
        .map(|i| {
            let monomial = Polynomial::from_terms([(value.numerator().factors(i), IBig::ONE)])?;
            Ok((value.coefficient(i), monomial.into()))
        })
        .collect()
}

/// A non-zero rational as two machine integers, the denominator positive.
fn small_fraction(value: &Rational) -> Result<(i64, u32), AlgebraError> {
    let numerator = i64::try_from(value.numerator()).map_err(|_| AlgebraError::ExponentTooLarge)?;
    let denominator = u32::try_from(value.denominator()).map_err(|_| AlgebraError::ExponentTooLarge)?;
    if numerator.unsigned_abs() > u64::from(MAX_FORMULA_EXPONENT) || denominator > MAX_INDEX {
        return Err(AlgebraError::ExponentTooLarge);
    }
    Ok((numerator, denominator))
}

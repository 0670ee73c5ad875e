//! Takes a Hamiltonian apart into atoms, so that it is a Laurent polynomial in them.
//!
//! ```text
//! Expr ──Atoms::of──▶ atoms (coordinate, momentum, constant, sine, cosine, exponential, root, logarithm,
//!                     reciprocal) ──Atoms::expand──▶ Laurent ──Atoms::to_expr──▶ Expr
//! ```

use std::collections::{BTreeMap, HashMap};

use dashu_int::{IBig, UBig};

use super::IntegralsError;
use super::constants::in_roots;
use super::monomial::{Laurent, Monomial, occurs};
use super::roots::extract_power;
use crate::expr::{Expr, Function, Rational, Symbol};
use crate::laurent::PowerProduct;
use crate::mechanics::PhaseSpace;

/// The kinds of atoms. A definition refers only to atoms with smaller index.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Atom {
    /// A coordinate, by its index in phase space.
    Coordinate(usize),
    /// A momentum, by its index.
    Momentum(usize),
    /// A constant of unknown or transcendental value.
    Constant(Expr),
    /// The sine of the monomial. The next atom is its cosine.
    Sine(Laurent),
    /// The cosine of the monomial. The atom before it is its sine.
    Cosine(Laurent),
    /// The exponential of the monomial.
    Exponential(Laurent),
    /// base^(1/index).
    Root {
        /// The radicand.
        base: Laurent,
        /// The index, at least 2.
        index: u32,
    },
    /// The natural logarithm.
    Logarithm(Laurent),
    /// A polynomial that occurs as a factor of denominators.
    Divisor(Laurent),
}

/// The atoms of some formulas, in an order in which they can be evaluated.
#[derive(Clone, Debug)]
pub struct Atoms {
    /// The atoms: all coordinates, all momenta, then the rest.
    pub list: Vec<Atom>,
    /// The number of degrees of freedom.
    pub dof: usize,
    space: PhaseSpace,
    pub(super) units: Units,
    /// Whether earlier expansions no longer fit the units, so that another pass is needed.
    pub(super) outgrown: bool,
    /// Cached expansions of calls, powers and quotients.
    expansions: HashMap<Expr, Laurent>,
}

/// The common unit of some coefficients.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Unit {
    /// The common denominator.
    denominator: UBig,
    /// The greatest common divisor of the numerators.
    numerator: UBig,
    /// Whether the coefficients would be too large multiples of 1 over the common denominator.
    coarse: bool,
}

/// Common units. Repeated passes over the formulas refine them until they no longer change.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Units {
    /// For each monomial inside sines and cosines, the common unit of its coefficients.
    angles: BTreeMap<Expr, Unit>,
    /// The same for exponentials.
    exponentials: BTreeMap<Expr, Unit>,
    /// For each radicand, the common index of its roots.
    pub(super) roots: BTreeMap<Expr, u32>,
}

/// Give up if the denominators still grow after this many passes.
const MAX_PASSES: usize = 24;
/// The largest index of a root.
pub(super) const MAX_INDEX: u32 = 60;
/// The largest multiple of an angle that may be expanded.
const MAX_MULTIPLE: i32 = 48;

impl Atoms {
    /// Finds the atoms of the formulas over the phase space, and expands the formulas in them.
    ///
    /// # Errors
    /// [`IntegralsError::OutsideClass`] for a power with a variable exponent,
    /// [`IntegralsError::TooLarge`], [`IntegralsError::DivisionByZero`].
    pub fn of<'e>(
        space: &PhaseSpace,
        formulas: impl IntoIterator<Item = &'e Expr> + Clone,
    ) -> Result<(Atoms, Vec<Laurent>), IntegralsError> {
        let mut units = Units::default();
        for _ in 0..MAX_PASSES {
            let mut atoms = Atoms::bare(space, units);
            let expanded: Vec<Laurent> =
                formulas.clone().into_iter().map(|f| atoms.expand(f)).collect::<Result<_, _>>()?;
            if !atoms.outgrown {
                return Ok((atoms, expanded));
            }
            units = atoms.units;
        }
        Err(IntegralsError::TooLarge)
    }

    /// As [`of`](Self::of), with the sine and cosine of each named coordinate (divided by `division`)
    /// added.
    pub fn with_angles(
        space: &PhaseSpace,
        formula: &Expr,
        coordinates: &[usize],
        division: u32,
    ) -> Result<Atoms, IntegralsError> {
        let angle = |q: Expr| q.over(Expr::number(Rational::from(division))).call(Function::Sin);
        Atoms::with(space, formula, coordinates, angle)
    }

    /// As [`of`](Self::of), with the exponentials of the named coordinates added.
    pub fn with_exponentials(
        space: &PhaseSpace,
        formula: &Expr,
        coordinates: &[usize],
    ) -> Result<Atoms, IntegralsError> {
        Atoms::with(space, formula, coordinates, |q| q.call(Function::Exp))
    }

    fn with(
        space: &PhaseSpace,
        formula: &Expr,
        coordinates: &[usize],
        function: impl Fn(Expr) -> Expr,
    ) -> Result<Atoms, IntegralsError> {
        let extra: Vec<Expr> =
            coordinates.iter().map(|&i| function(Expr::Symbol(space.coordinates()[i].clone()))).collect();
        Ok(Atoms::of(space, std::iter::once(formula).chain(&extra))?.0)
    }

    fn bare(space: &PhaseSpace, units: Units) -> Atoms {
        let dof = space.dof();
        let list = (0..dof).map(Atom::Coordinate).chain((0..dof).map(Atom::Momentum)).collect();
        Atoms { list, dof, space: space.clone(), units, outgrown: false, expansions: HashMap::new() }
    }

    /// Expands a formula as a Laurent polynomial in the atoms. Adds new atoms as needed.
    pub fn expand(&mut self, expr: &Expr) -> Result<Laurent, IntegralsError> {
        match expr {
            Expr::Number(value) => Ok(Laurent::constant(value.clone())),
            Expr::Pi => Ok(self.atom(Atom::Constant(Expr::Pi))),
            Expr::Symbol(symbol) => Ok(self.symbol(symbol)),
            Expr::Sum(items) => {
                items.iter().try_fold(Laurent::zero(), |sum, item| Ok(sum.plus(&self.expand(item)?)))
            }
            Expr::Product(items) => {
                items.iter().try_fold(Laurent::constant(Rational::ONE), |product, item| {
                    Ok(product.try_times(&self.expand(item)?)?)
                })
            }
            Expr::Negative(inner) => Ok(self.expand(inner)?.negated()),
            Expr::Quotient(..) | Expr::Power(..) | Expr::Call(..) => {
                if let Some(known) = self.expansions.get(expr) {
                    return Ok(known.clone());
                }
                let expanded = self.expand_anew(expr)?;
                self.expansions.insert(expr.clone(), expanded.clone());
                Ok(expanded)
            }
        }
    }

    fn expand_anew(&mut self, expr: &Expr) -> Result<Laurent, IntegralsError> {
        match expr {
            Expr::Quotient(numerator, denominator) => {
                let numerator = self.expand(numerator)?;
                Ok(numerator.try_times(&self.reciprocal(denominator)?)?)
            }
            Expr::Power(base, exponent) => self.power(base, exponent),
            Expr::Call(Function::Sqrt, inner) => {
                self.rational_power(inner, &Rational::from_parts(1.into(), 2u8.into()))
            }
            Expr::Call(Function::Exp, inner) => self.exponential(inner),
            Expr::Call(Function::Log, inner) => {
                let argument = self.expand(inner)?;
                self.logarithm_of(&argument)
            }
            Expr::Call(Function::Sin, inner) => Ok(self.circular(inner)?.1),
            Expr::Call(Function::Cos, inner) => Ok(self.circular(inner)?.0),
            Expr::Call(Function::Tan, inner) => {
                let (cosine, sine) = self.circular(inner)?;
                Ok(sine.try_times(&self.inverse(&cosine)?)?)
            }
            _ => self.expand(expr),
        }
    }

    fn symbol(&mut self, symbol: &Symbol) -> Laurent {
        match self.space.variables().iter().position(|v| v == symbol) {
            Some(index) => Laurent::atom(index, 1),
            None => self.atom(Atom::Constant(Expr::Symbol(symbol.clone()))),
        }
    }

    pub(super) fn atom(&mut self, atom: Atom) -> Laurent {
        Laurent::atom(self.index_of(atom), 1)
    }

    pub(super) fn index_of(&mut self, atom: Atom) -> usize {
        match self.list.iter().position(|have| *have == atom) {
            Some(index) => index,
            None => {
                self.list.push(atom);
                self.list.len() - 1
            }
        }
    }

    /// 1/expr, taking each written factor separately.
    fn reciprocal(&mut self, expr: &Expr) -> Result<Laurent, IntegralsError> {
        match expr {
            Expr::Product(items) => {
                items.iter().try_fold(Laurent::constant(Rational::ONE), |product, item| {
                    Ok(product.try_times(&self.reciprocal(item)?)?)
                })
            }
            Expr::Negative(inner) => Ok(self.reciprocal(inner)?.negated()),
            Expr::Quotient(numerator, denominator) => {
                let denominator = self.expand(denominator)?;
                Ok(denominator.try_times(&self.reciprocal(numerator)?)?)
            }
            Expr::Power(base, exponent) => match exponent.as_number() {
                Some(value) => self.rational_power(base, &-value),
                None => Err(outside(expr)),
            },
            Expr::Call(Function::Sqrt, inner) => {
                self.rational_power(inner, &Rational::from_parts((-1).into(), 2u8.into()))
            }
            _ => {
                let value = self.expand(expr)?;
                self.inverse(&value)
            }
        }
    }

    fn power(&mut self, base: &Expr, exponent: &Expr) -> Result<Laurent, IntegralsError> {
        match constant_value(exponent) {
            Some(value) => self.rational_power(base, &value),
            None => Err(outside(&Expr::Power(base.clone().into(), exponent.clone().into()))),
        }
    }

    fn rational_power(&mut self, base: &Expr, exponent: &Rational) -> Result<Laurent, IntegralsError> {
        let numerator = i32::try_from(exponent.numerator().clone()).map_err(|_| IntegralsError::TooLarge)?;
        let index = u32::try_from(exponent.denominator().clone()).map_err(|_| IntegralsError::TooLarge)?;
        if let (1, ..0) = (index, numerator) {
            return Ok(self.reciprocal(base)?.try_power(numerator.unsigned_abs())?);
        }
        let base = self.expand(base)?;
        self.laurent_power(&base, (numerator, index))
    }

    /// base^(numerator/index).
    fn laurent_power(
        &mut self,
        base: &Laurent,
        (numerator, index): (i32, u32),
    ) -> Result<Laurent, IntegralsError> {
        let root = if index == 1 { base.clone() } else { self.root(base, index)? };
        let root = if numerator >= 0 { root } else { self.inverse(&root)? };
        Ok(root.try_power(numerator.unsigned_abs())?)
    }

    /// Whether the value is never negative, as its form shows.
    pub fn is_nonnegative(&self, value: &Laurent) -> bool {
        let positive = |i: usize| match &self.list[i] {
            Atom::Exponential(_) => true,
            Atom::Root { index, .. } => index % 2 == 0,
            Atom::Constant(constant) => *constant == Expr::Pi,
            _ => false,
        };
        let even = |m: &Monomial| m.iter().enumerate().all(|(i, &e)| e % 2 == 0 || positive(i));
        value.terms().all(|(m, c)| *c > Rational::ZERO && even(m))
    }

    /// 1/value. Monomials are inverted; other factors become atoms.
    pub(super) fn inverse(&mut self, value: &Laurent) -> Result<Laurent, IntegralsError> {
        let Some((scale, monomial, primitive)) = value.factored() else {
            return Err(IntegralsError::DivisionByZero { divisor: self.to_expr(value).to_string() });
        };
        let outer = Laurent::term(monomial.inverse(), Rational::ONE / scale);
        if primitive.as_constant().is_some() {
            return Ok(outer);
        }
        if let Some(reduced) = self.as_monomial(&primitive) {
            let inverse = self.inverse(&reduced)?;
            return Ok(outer.try_times(&inverse)?);
        }
        let mut rest = primitive;
        let mut factors = Monomial::one();
        // Try known factors first: radicands of roots, then divisors.
        let known: Vec<(Laurent, Monomial)> = (0..self.list.len())
            .filter_map(|i| match &self.list[i] {
                Atom::Root { base, index } => Some((base.clone(), Monomial::atom(i, -(*index as i32)))),
                Atom::Divisor(polynomial) => Some((polynomial.clone(), Monomial::atom(i, -1))),
                _ => None,
            })
            .filter(|(base, _)| base.len() > 1)
            .collect();
        for (base, power) in known {
            while let Some(quotient) = rest.exact_quotient(&base) {
                rest = quotient;
                factors = factors.times(&power);
            }
        }
        let Some((scale, monomial, rest)) = rest.factored() else { return Err(IntegralsError::TooLarge) };
        let outer = outer.try_times(&Laurent::term(factors.over(&monomial), Rational::ONE / scale))?;
        if rest.as_constant().is_some() {
            return Ok(outer);
        }
        let linear = self.linear_factors(&rest);
        let mut product = outer;
        for factor in linear {
            let key = self.to_expr(&factor);
            let atom = match self.units.roots.get(&key).copied() {
                Some(index) => {
                    Laurent::atom(self.index_of(Atom::Root { base: factor, index }), -(index as i32))
                }
                None => Laurent::atom(self.index_of(Atom::Divisor(factor)), -1),
            };
            product = product.try_times(&atom)?;
        }
        Ok(product)
    }

    /// Splits a difference of two squares of monomials into two factors. Returns any other value unchanged.
    pub(super) fn linear_factors(&self, value: &Laurent) -> Vec<Laurent> {
        let terms: Vec<(&Monomial, &Rational)> = value.terms().collect();
        let whole = || vec![value.clone()];
        let [(m, c), (n, d)] = terms[..] else { return whole() };
        let even = |m: &Monomial| m.iter().all(|e| e % 2 == 0);
        if !even(m) || !even(n) || (c < &Rational::ZERO) == (d < &Rational::ZERO) {
            return whole();
        }
        let magnitude = |c: &Rational| if *c < Rational::ZERO { -c.clone() } else { c.clone() };
        let ((a, one), (b, other)) = (extract_power(&magnitude(c), 2), extract_power(&magnitude(d), 2));
        if one != Rational::ONE || other != Rational::ONE {
            return whole();
        }
        let half = |m: &Monomial| m.iter().map(|e| e / 2).collect::<Monomial>();
        let first = Laurent::term(half(m), a);
        let second = Laurent::term(half(n), b);
        let factors = [first.plus(&second), first.minus(&second)];
        let exact = factors[0].try_times(&factors[1]).is_ok_and(|p| p == *value || p.negated() == *value);
        // Keep the sign: the value has a positive leading coefficient.
        let signed = factors[0].try_times(&factors[1]).is_ok_and(|p| p == *value);
        if !exact {
            return whole();
        }
        if signed { factors.to_vec() } else { vec![factors[0].clone(), factors[1].negated()] }
    }

    /// The value as one monomial, if sin² + cos² = 1 makes it one.
    pub(super) fn as_monomial(&self, value: &Laurent) -> Option<Laurent> {
        for (index, atom) in self.list.iter().enumerate() {
            let Atom::Sine(_) = atom else { continue };
            for (from, to) in [(index, index + 1), (index + 1, index)] {
                let mut reduced = Laurent::zero();
                for (m, c) in value.terms() {
                    let exponent = *m.get(from).unwrap_or(&0);
                    let pairs = exponent.max(0) / 2;
                    let rest = m.over(&Monomial::atom(from, 2 * pairs));
                    let square = Laurent::constant(Rational::ONE).minus(&Laurent::atom(to, 2));
                    let power = square.try_power(pairs as u32).ok()?;
                    reduced = reduced.plus(&power.try_times(&Laurent::term(rest, c.clone())).ok()?);
                }
                if reduced.single().is_some() {
                    return Some(reduced);
                }
                let Some((scale, common, rest)) = reduced.factored().filter(|(_, m, _)| !m.is_one()) else {
                    continue;
                };
                if let Some(rest) = self.as_monomial(&rest) {
                    return Some(rest.times_term(&common, &scale));
                }
            }
        }
        None
    }

    /// The exponential of a formula, as the product of the exponentials of its monomials.
    fn exponential(&mut self, argument: &Expr) -> Result<Laurent, IntegralsError> {
        if let Some((factor, inner)) = multiple_of_logarithm(argument)
            && let Some(power) = small_rational(&factor)
        {
            let inner = self.expand(inner)?;
            return self.laurent_power(&inner, power);
        }
        let argument = self.expand(argument)?;
        let mut product = Laurent::constant(Rational::ONE);
        for (monomial, coefficient) in argument.terms() {
            // exp(c·log f) is f^c.
            let power =
                match self.logarithm(monomial).and_then(|f| small_rational(coefficient).map(|c| (f, c))) {
                    Some((f, c)) => self.laurent_power(&f, c)?,
                    None => self.simple_exponential(monomial, coefficient)?,
                };
            product = product.try_times(&power)?;
        }
        Ok(product)
    }

    /// The exponential of one term.
    fn simple_exponential(
        &mut self,
        monomial: &Monomial,
        coefficient: &Rational,
    ) -> Result<Laurent, IntegralsError> {
        let plain = Laurent::term(monomial.clone(), Rational::ONE);
        let key = self.to_expr(&plain);
        let (unit, grown) = grown_unit(&mut self.units.exponentials, key, coefficient, MAX_MULTIPLE * 8);
        self.outgrown |= grown;
        let multiple = small_integer(&(coefficient / &unit), MAX_MULTIPLE * 8)?;
        let base = self.index_of(Atom::Exponential(plain.scaled(&unit)));
        Ok(Laurent::atom(base, multiple))
    }

    /// The argument of the logarithm, if the monomial is one logarithm.
    fn logarithm(&self, monomial: &Monomial) -> Option<Laurent> {
        let index = monomial.len().checked_sub(1).filter(|&last| *monomial == Monomial::atom(last, 1))?;
        match &self.list[index] {
            Atom::Logarithm(argument) => Some(argument.clone()),
            _ => None,
        }
    }

    /// Cosine and sine of a formula. Sums and multiples of angles are expanded.
    fn circular(&mut self, argument: &Expr) -> Result<(Laurent, Laurent), IntegralsError> {
        let argument = self.expand(argument)?;
        let mut result = (Laurent::constant(Rational::ONE), Laurent::zero());
        for (monomial, coefficient) in argument.terms() {
            let angle = match self.quarter_turns(monomial, coefficient) {
                Some(turns) => quarter(turns),
                None => match self.constant_angle(monomial, coefficient)? {
                    Some(angle) => angle,
                    None => self.multiple_angle(monomial, coefficient)?,
                },
            };
            result = rotate(&result, &angle)?;
        }
        Ok(result)
    }

    /// n, if the angle is nπ/2.
    fn quarter_turns(&self, monomial: &Monomial, coefficient: &Rational) -> Option<i32> {
        let turns = coefficient * Rational::from(2);
        if !self.is_pi(monomial) || !turns.is_int() {
            return None;
        }
        i32::try_from(turns.numerator() % IBig::from(4)).ok()
    }

    /// Cosine and sine of a multiple of π, if the kernel writes them in roots.
    fn constant_angle(
        &mut self,
        monomial: &Monomial,
        coefficient: &Rational,
    ) -> Result<Option<(Laurent, Laurent)>, IntegralsError> {
        if !self.is_pi(monomial) {
            return Ok(None);
        }
        let angle = self.term_to_expr(monomial, coefficient);
        match in_roots([angle.clone().call(Function::Cos), angle.call(Function::Sin)]) {
            Some([cosine, sine]) => Ok(Some((self.expand(&cosine)?, self.expand(&sine)?))),
            None => Ok(None),
        }
    }

    fn is_pi(&self, monomial: &Monomial) -> bool {
        let pi = self.list.iter().position(|a| *a == Atom::Constant(Expr::Pi));
        pi.is_some_and(|pi| *monomial == Monomial::atom(pi, 1))
    }

    fn multiple_angle(
        &mut self,
        monomial: &Monomial,
        coefficient: &Rational,
    ) -> Result<(Laurent, Laurent), IntegralsError> {
        let plain = Laurent::term(monomial.clone(), Rational::ONE);
        let key = self.to_expr(&plain);
        let (unit, grown) = grown_unit(&mut self.units.angles, key, coefficient, MAX_MULTIPLE);
        self.outgrown |= grown;
        let multiple = small_integer(&(coefficient / &unit), MAX_MULTIPLE)?;
        let base = plain.scaled(&unit);
        let sine = self.index_of(Atom::Sine(base.clone()));
        self.index_of(Atom::Cosine(base));
        let single = (Laurent::atom(sine + 1, 1), Laurent::atom(sine, 1));
        let mut angle = (Laurent::constant(Rational::ONE), Laurent::zero());
        for _ in 0..multiple.unsigned_abs() {
            angle = rotate(&angle, &single)?;
        }
        if multiple < 0 {
            angle.1 = angle.1.negated();
        }
        Ok(angle)
    }

    /// The Laurent polynomial as a formula.
    pub fn to_expr(&self, value: &Laurent) -> Expr {
        Expr::sum(value.terms().rev().map(|(monomial, coefficient)| self.term_to_expr(monomial, coefficient)))
    }

    /// One term as a formula.
    pub fn term_to_expr(&self, monomial: &[i32], coefficient: &Rational) -> Expr {
        let (mut above, mut below, mut exponents) = (Vec::new(), Vec::new(), Vec::new());
        for (atom, &exponent) in self.list.iter().zip(monomial) {
            if exponent == 0 {
                continue;
            }
            if let Atom::Exponential(argument) = atom {
                exponents.push(self.to_expr(&argument.scaled(&Rational::from(exponent))));
                continue;
            }
            let side = if exponent > 0 { &mut above } else { &mut below };
            side.push(self.atom_power(atom, exponent.unsigned_abs()));
        }
        if !exponents.is_empty() {
            above.push(Expr::sum(exponents).call(Function::Exp));
        }
        let numerator = Rational::from(coefficient.numerator().clone());
        let denominator = Rational::from(coefficient.denominator().clone());
        let above = Expr::product(std::iter::once(Expr::number(numerator)).chain(above));
        let below = Expr::product(std::iter::once(Expr::number(denominator)).chain(below));
        above.over(below)
    }

    fn atom_power(&self, atom: &Atom, exponent: u32) -> Expr {
        let power = Rational::from(exponent);
        match atom {
            Atom::Coordinate(i) => Expr::Symbol(self.space.coordinates()[*i].clone()).to_power(power),
            Atom::Momentum(i) => Expr::Symbol(self.space.momenta()[*i].clone()).to_power(power),
            Atom::Constant(expr) => expr.clone().to_power(power),
            Atom::Sine(argument) => self.to_expr(argument).call(Function::Sin).to_power(power),
            Atom::Cosine(argument) => self.to_expr(argument).call(Function::Cos).to_power(power),
            Atom::Exponential(argument) => self.to_expr(argument).call(Function::Exp).to_power(power),
            Atom::Logarithm(argument) => self.to_expr(argument).call(Function::Log).to_power(power),
            Atom::Divisor(polynomial) => self.to_expr(polynomial).to_power(power),
            Atom::Root { base, index: 2 } if exponent % 2 == 1 => {
                let root = self.to_expr(base).call(Function::Sqrt);
                root.to_power(power)
            }
            Atom::Root { base, index } => self.to_expr(base).to_power(power / Rational::from(*index)),
        }
    }

    /// Whether any sine or cosine occurs.
    pub fn has_angles(&self) -> bool {
        (0..self.list.len()).any(|i| matches!(self.list[i], Atom::Sine(_)) && !self.is_constant(i))
    }

    /// Whether the coordinate occurs in a sine or cosine.
    pub fn is_angle(&self, coordinate: usize) -> bool {
        self.list.iter().any(|a| matches!(a, Atom::Sine(argument) if occurs(argument, coordinate)))
    }

    /// The atom and all atoms that its definition uses, directly or indirectly.
    pub fn reach(&self, index: usize) -> Vec<usize> {
        let mut found = vec![index];
        let mut next = 0;
        while next < found.len() {
            if let Some(definition) = self.definition(found[next]) {
                for monomial in definition.monomials() {
                    for (i, &e) in monomial.iter().enumerate() {
                        if e != 0 && !found.contains(&i) {
                            found.push(i);
                        }
                    }
                }
            }
            next += 1;
        }
        found
    }

    /// The formula in earlier atoms that defines an atom.
    pub fn definition(&self, index: usize) -> Option<&Laurent> {
        match &self.list[index] {
            Atom::Coordinate(_) | Atom::Momentum(_) | Atom::Constant(_) => None,
            Atom::Sine(a)
            | Atom::Cosine(a)
            | Atom::Exponential(a)
            | Atom::Logarithm(a)
            | Atom::Divisor(a) => Some(a),
            Atom::Root { base, .. } => Some(base),
        }
    }

    /// Whether an atom depends on a momentum.
    pub fn has_momentum(&self, index: usize) -> bool {
        self.reach(index).iter().any(|&i| matches!(self.list[i], Atom::Momentum(_)))
    }

    /// Whether an atom is constant: it depends on no coordinate and no momentum.
    pub fn is_constant(&self, index: usize) -> bool {
        !self.reach(index).iter().any(|&i| matches!(self.list[i], Atom::Coordinate(_) | Atom::Momentum(_)))
    }
}

pub(super) fn outside(expr: &Expr) -> IntegralsError {
    IntegralsError::OutsideClass { formula: expr.to_string() }
}

/// Refines the unit stored under a key so that the coefficient is a multiple of it. Returns the unit, and
/// whether an existing one changed.
///
/// The unit is 1 over the common denominator, so sin 2x and sin 4x are both expressed by sin x. If multiples
/// of that would exceed `most`, the unit is the greatest common divisor.
fn grown_unit(
    units: &mut BTreeMap<Expr, Unit>,
    key: Expr,
    coefficient: &Rational,
    most: i32,
) -> (Rational, bool) {
    use dashu_base::ring::Gcd;
    let before = units.get(&key);
    let (numerator, denominator) =
        (coefficient.numerator().clone().into_parts().1, coefficient.denominator());
    let mut unit = match before {
        Some(unit) => Unit {
            denominator: &unit.denominator / (&unit.denominator).gcd(denominator) * denominator,
            numerator: (&unit.numerator).gcd(&numerator),
            coarse: unit.coarse,
        },
        None => Unit { denominator: denominator.clone(), numerator: numerator.clone(), coarse: false },
    };
    unit.coarse |= numerator * (&unit.denominator / denominator) > UBig::from(most.unsigned_abs());
    let grown = before.is_some_and(|before| *before != unit);
    let above = if unit.coarse { IBig::from(unit.numerator.clone()) } else { IBig::ONE };
    let value = Rational::from_parts(above, unit.denominator.clone());
    units.insert(key, unit);
    (value, grown)
}

/// The factor and the argument, if the formula is a rational multiple of one logarithm.
fn multiple_of_logarithm(formula: &Expr) -> Option<(Rational, &Expr)> {
    match formula {
        Expr::Call(Function::Log, inner) => Some((Rational::ONE, inner)),
        Expr::Negative(inner) => multiple_of_logarithm(inner).map(|(factor, inner)| (-factor, inner)),
        Expr::Quotient(above, below) => {
            let below = constant_value(below).filter(|below| !below.is_zero())?;
            multiple_of_logarithm(above).map(|(factor, inner)| (factor / below, inner))
        }
        Expr::Product(items) => {
            let at = items.iter().position(|item| constant_value(item).is_none())?;
            let rest = items.iter().enumerate().filter(|(k, _)| *k != at);
            let rest = rest.map(|(_, item)| constant_value(item)).collect::<Option<Vec<Rational>>>()?;
            let (factor, inner) = multiple_of_logarithm(&items[at])?;
            Some((rest.into_iter().fold(factor, |product, value| product * value), inner))
        }
        _ => None,
    }
}

/// Numerator and denominator of a rational that is small enough for an exponent.
fn small_rational(value: &Rational) -> Option<(i32, u32)> {
    let numerator = i32::try_from(value.numerator().clone()).ok()?;
    let denominator = u32::try_from(value.denominator().clone()).ok()?;
    (numerator.abs() <= MAX_MULTIPLE && denominator <= MAX_INDEX).then_some((numerator, denominator))
}

fn small_integer(value: &Rational, bound: i32) -> Result<i32, IntegralsError> {
    let small = i32::try_from(value.numerator().clone()).ok().filter(|n| value.is_int() && n.abs() <= bound);
    small.ok_or(IntegralsError::TooLarge)
}

/// The value of a formula without variables, roots or functions.
fn constant_value(expr: &Expr) -> Option<Rational> {
    match expr {
        Expr::Number(value) => Some(value.clone()),
        Expr::Negative(inner) => constant_value(inner).map(|v| -v),
        Expr::Quotient(a, b) => {
            let below = constant_value(b)?;
            (!below.is_zero()).then(|| constant_value(a).map(|v| v / below))?
        }
        Expr::Sum(items) => {
            items.iter().try_fold(Rational::ZERO, |sum, item| Some(sum + constant_value(item)?))
        }
        Expr::Product(items) => {
            items.iter().try_fold(Rational::ONE, |product, item| Some(product * constant_value(item)?))
        }
        _ => None,
    }
}

fn quarter(turns: i32) -> (Laurent, Laurent) {
    let value = |n: i32| Laurent::constant(Rational::from(n));
    match turns.rem_euclid(4) {
        0 => (value(1), value(0)),
        1 => (value(0), value(1)),
        2 => (value(-1), value(0)),
        _ => (value(0), value(-1)),
    }
}

/// The cosine and sine of the sum of two angles.
fn rotate(a: &(Laurent, Laurent), b: &(Laurent, Laurent)) -> Result<(Laurent, Laurent), IntegralsError> {
    let cosine = a.0.try_times(&b.0)?.minus(&a.1.try_times(&b.1)?);
    let sine = a.1.try_times(&b.0)?.plus(&a.0.try_times(&b.1)?);
    Ok((cosine, sine))
}

//! From a formula to its sum of monomials over atoms.

use std::collections::{BTreeMap, BTreeSet};

use dashu_base::UnsignedAbs;
use dashu_int::UBig;

use super::SimplifyError;
use super::monomial::{Atom, COORDINATE, Exponent, Kind, MAX_TERMS, MOMENTUM, Monomial, PARAMETER, Poly};
use crate::expr::{Expr, Function, Rational, Symbol};
use crate::laurent::{PowerProduct, content};

/// The order of the variables in what is printed: parameters, coordinates, momenta.
#[derive(Clone, Debug)]
pub(super) struct Order {
    /// One shared atom each, so that most comparisons are of pointers.
    known: BTreeMap<Symbol, Atom>,
}

fn ranked(class: u8, names: &[Symbol]) -> impl Iterator<Item = (Symbol, Atom)> {
    let atom = move |(name, rank): (&Symbol, u32)| {
        (name.clone(), Atom::new(Kind::Symbol(class, rank, name.clone())))
    };
    names.iter().zip(0..).map(atom)
}

impl Order {
    /// Coordinates and momenta in the order of a phase space; other names are parameters.
    pub(super) fn of_phase_space(coordinates: &[Symbol], momenta: &[Symbol]) -> Order {
        Order { known: ranked(COORDINATE, coordinates).chain(ranked(MOMENTUM, momenta)).collect() }
    }

    /// Without a phase space: names that begin with `p` (`p1`, `px`, but not `phi` and `psi`) are put
    /// after the others, as physicists write momenta.
    pub(super) fn of_names(symbols: &BTreeSet<Symbol>) -> Order {
        let is_momentum = |s: &Symbol| {
            let name = s.name();
            name.starts_with('p') && !["phi", "psi", "pi"].iter().any(|angle| name.starts_with(angle))
        };
        let (momenta, mut others): (Vec<Symbol>, Vec<Symbol>) =
            symbols.iter().cloned().partition(is_momentum);
        let mut momenta = momenta;
        others.sort_by_key(natural_key);
        momenta.sort_by_key(natural_key);
        Order::of_phase_space(&others, &momenta)
    }

    /// The same order with the symbols that it does not know ranked as parameters, by name.
    pub(super) fn completed(&self, symbols: &BTreeSet<Symbol>) -> Order {
        let mut unknown: Vec<Symbol> =
            symbols.iter().filter(|s| !self.known.contains_key(*s)).cloned().collect();
        unknown.sort_by_key(natural_key);
        let mut known = self.known.clone();
        known.extend(ranked(PARAMETER, &unknown));
        Order { known }
    }

    pub(super) fn atom(&self, symbol: &Symbol) -> Atom {
        let unknown = || Atom::new(Kind::Symbol(PARAMETER, u32::MAX, symbol.clone()));
        self.known.get(symbol).cloned().unwrap_or_else(unknown)
    }
}

/// Names with their numbers compared as numbers: `x2` before `x10`.
fn natural_key(symbol: &Symbol) -> Vec<(String, u64)> {
    let mut key: Vec<(String, u64)> = Vec::new();
    let mut digits = String::new();
    let mut word = String::new();
    for c in symbol.name().chars() {
        if c.is_ascii_digit() {
            digits.push(c);
        } else {
            if !digits.is_empty() {
                key.push((std::mem::take(&mut word), digits.parse().unwrap_or(u64::MAX)));
                digits.clear();
            }
            word.push(c);
        }
    }
    key.push((word, digits.parse().map_or(0, |n: u64| n.saturating_add(1))));
    key
}

/// Reads formulas of one task into sums over shared atoms.
pub(super) struct Reader {
    order: Order,
    /// For each direction of a trigonometric argument, the angle that all others are multiples of.
    angles: BTreeMap<Poly, Rational>,
    /// Irreducible denominators met so far, tried as factors of later ones.
    denominators: Vec<Poly>,
}

type Reading = Result<Poly, SimplifyError>;

/// Integer powers of sums beyond this are not multiplied out.
const MAX_POWER: i32 = 24;
/// Multiples of an angle beyond this are not written by powers of its sine and cosine.
const MAX_MULTIPLE: i64 = 6;

impl Reader {
    pub(super) fn new(order: &Order, formula: &Expr) -> Result<Reader, SimplifyError> {
        let order = order.completed(&formula.symbols());
        let mut reader = Reader { order, angles: BTreeMap::new(), denominators: Vec::new() };
        reader.find_angles(formula)?;
        Ok(reader)
    }

    fn find_angles(&mut self, expr: &Expr) -> Result<(), SimplifyError> {
        for child in expr.children() {
            self.find_angles(child)?;
        }
        if let Expr::Call(Function::Sin | Function::Cos | Function::Tan, argument) = expr {
            let (multiple, direction) = self.read(argument)?.primitive();
            let multiples = self.angles.get(&direction).into_iter().chain([&multiple]);
            let unit = content(multiples).unwrap_or(Rational::ONE);
            self.angles.insert(direction, unit);
        }
        Ok(())
    }

    /// The normal form of `expr`.
    pub(super) fn read(&mut self, expr: &Expr) -> Reading {
        let sum = self.read_unreduced(expr)?;
        reduce_fractions(sum)
    }

    fn read_unreduced(&mut self, expr: &Expr) -> Reading {
        match expr {
            Expr::Number(value) => Ok(Poly::constant(value.clone())),
            Expr::Pi => Ok(Poly::atom(Atom::new(Kind::Pi))),
            Expr::Symbol(symbol) => Ok(Poly::atom(self.order.atom(symbol))),
            Expr::Sum(terms) => {
                let mut sum = Poly::zero();
                for term in terms {
                    sum.absorb(self.read_unreduced(term)?);
                }
                bounded(sum)
            }
            Expr::Product(factors) => {
                let mut product = Poly::constant(Rational::ONE);
                for factor in factors {
                    let factor = self.read_unreduced(factor)?;
                    product = multiply(&product, &factor)?;
                }
                Ok(product)
            }
            Expr::Quotient(numerator, denominator) => {
                let numerator = self.read_unreduced(numerator)?;
                let inverse = self.raise(denominator, Exponent::integer(-1))?;
                multiply(&numerator, &inverse)
            }
            Expr::Power(base, exponent) => {
                match exponent.as_number().or_else(|| self.read(exponent).ok()?.as_constant()) {
                    Some(value) => match Exponent::of(&value) {
                        Some(exponent) => self.raise(base, exponent),
                        None => Err(SimplifyError::TooLarge { what: "an exponent" }),
                    },
                    None => Ok(Poly::atom(Atom::new(Kind::Opaque(expr.clone())))),
                }
            }
            Expr::Negative(inner) => Ok(self.read_unreduced(inner)?.negated()),
            Expr::Call(function, argument) => self.read_call(*function, argument),
        }
    }

    /// `base^exponent`, products and quotients factor by factor where the exponent is an integer.
    fn raise(&mut self, base: &Expr, exponent: Exponent) -> Reading {
        match (base, exponent.as_integer()) {
            (_, Some(0)) => Ok(Poly::constant(Rational::ONE)),
            (Expr::Product(factors), Some(_)) => {
                let mut product = Poly::constant(Rational::ONE);
                for factor in factors {
                    product = multiply(&product, &self.raise(factor, exponent)?)?;
                }
                Ok(product)
            }
            (Expr::Quotient(n, d), Some(_)) => {
                let (n, d) = (self.raise(n, exponent)?, self.raise(d, exponent.negated())?);
                multiply(&n, &d)
            }
            (Expr::Power(inner, e), Some(n)) => match e.as_number().and_then(|e| Exponent::of(&e)) {
                Some(e) => self.raise(inner, e.times(Exponent::integer(n))),
                None => self.power_of(base, exponent),
            },
            (Expr::Call(Function::Sqrt, inner), Some(n)) => {
                let half = Exponent::new(i64::from(n), 2).unwrap_or(Exponent::ONE);
                self.raise(inner, half)
            }
            _ => self.power_of(base, exponent),
        }
    }

    fn power_of(&mut self, base: &Expr, exponent: Exponent) -> Reading {
        let base = self.read(base)?;
        self.poly_power(&base, exponent)
    }

    fn poly_power(&mut self, base: &Poly, exponent: Exponent) -> Reading {
        let Some((lead, coefficient)) = base.leading() else {
            return if exponent.is_negative() {
                Err(SimplifyError::DivisionByZero)
            } else {
                Ok(Poly::zero())
            };
        };
        if let Some(n) = exponent.as_integer() {
            if base.len() == 1 {
                return settled(Poly::term(lead.raised(n), coefficient.pow(n as isize)));
            }
            if n > 0 {
                if n > MAX_POWER {
                    return Err(SimplifyError::TooLarge { what: "a power of a sum" });
                }
                let mut product = base.clone();
                for _ in 1..n {
                    product = multiply(&product, base)?;
                }
                return Ok(product);
            }
            return self.inverse_power(base, n);
        }
        self.fractional_power(base, exponent)
    }

    /// `base^n` for `n < 0` and several terms: content and monomial pulled out, factors apart.
    fn inverse_power(&mut self, base: &Poly, n: i32) -> Reading {
        let Some((content, common, rest)) = base.factored() else {
            return Err(SimplifyError::DivisionByZero);
        };
        let mut factors = vec![(common, n)];
        for (factor, multiplicity) in self.factors(&rest) {
            let base = Monomial::of(Atom::new(Kind::Base(factor)), Exponent::ONE);
            factors.push((base, n.saturating_mul(multiplicity as i32)));
        }
        let product = factors.iter().fold(Monomial::one(), |product, (m, e)| product.times(&m.raised(*e)));
        settled(Poly::term(product, content.pow(n as isize)))
    }

    /// `base^exponent` for a fraction: only positive numbers may leave a root, and only powers of one
    /// thing with an exponent in (−1, 1] combine, `(z^a)^b = z^(ab)`.
    fn fractional_power(&mut self, base: &Poly, exponent: Exponent) -> Reading {
        let content = abs(&base.content());
        let inner = base.scaled(&(Rational::ONE / content.clone()));
        let numeric = number_root(&content, exponent)?;
        let root = match inner.leading() {
            Some((m, c)) if inner.len() == 1 && *c == Rational::ONE => {
                let exponential = |a: &Atom| matches!(a.kind(), Kind::Exponential(_));
                let combines = match m.factors() {
                    [(_, e)] => *e <= Exponent::ONE && *e > Exponent::integer(-1),
                    many => many.iter().all(|(a, _)| exponential(a)),
                };
                if combines || m.factors().iter().all(|(a, _)| exponential(a)) {
                    return settled(numeric.times_term(&m.power(exponent), &Rational::ONE));
                }
                Atom::new(Kind::Base(inner))
            }
            _ => Atom::new(Kind::Base(inner)),
        };
        settled(numeric.times_term(&Monomial::of(root, exponent), &Rational::ONE))
    }

    /// Factors of a primitive sum with their multiplicities: perfect powers, denominators met before,
    /// and sums and differences of two variables.
    fn factors(&mut self, sum: &Poly) -> Vec<(Poly, u32)> {
        let mut found: Vec<(Poly, u32)> = Vec::new();
        let mut rest = sum.clone();
        let variables: Vec<Atom> =
            rest.atoms().into_iter().filter(|a| matches!(a.kind(), Kind::Symbol(..))).collect();
        let mut trials = self.denominators.clone();
        if variables.len() <= 12 {
            trials.extend(small_linear_forms(&variables));
        }
        for trial in trials {
            let mut multiplicity = 0;
            while rest.len() > 1 {
                let Some(quotient) = rest.exact_quotient(&trial) else { break };
                if !quotient.terms().all(|(m, _)| m.is_entire()) {
                    break;
                }
                (rest, multiplicity) = (quotient, multiplicity + 1);
            }
            if multiplicity > 0 {
                found.push((trial, multiplicity));
            }
        }
        if rest.len() > 1 || !rest.leading().is_some_and(|(m, _)| m.is_one()) {
            let (base, power) = match [2u32, 3].into_iter().find_map(|k| rest.root(k).map(|r| (r, k))) {
                Some((root, k)) => (root.primitive().1, k),
                None => (rest, 1),
            };
            found.push((base, power));
        }
        for (factor, _) in &found {
            if !self.denominators.contains(factor) {
                self.denominators.push(factor.clone());
            }
        }
        found
    }

    fn read_call(&mut self, function: Function, argument: &Expr) -> Reading {
        if function == Function::Sqrt {
            let half = Exponent::new(1, 2).unwrap_or(Exponent::ONE);
            return self.power_of(argument, half);
        }
        let argument = self.read(argument)?;
        match function {
            Function::Exp => {
                let mut product = Monomial::one();
                for (m, c) in argument.terms() {
                    let exponent = Exponent::of(c).ok_or(SimplifyError::TooLarge { what: "an exponent" })?;
                    let base = Atom::new(Kind::Exponential(Poly::term(m.clone(), Rational::ONE)));
                    product = product.times(&Monomial::of(base, exponent));
                }
                Ok(Poly::term(product, Rational::ONE))
            }
            Function::Sin => self.sine_and_cosine(&argument).map(|(sine, _)| sine),
            Function::Cos => self.sine_and_cosine(&argument).map(|(_, cosine)| cosine),
            Function::Tan => {
                let (sine, cosine) = self.sine_and_cosine(&argument)?;
                let inverse = self.poly_power(&cosine, Exponent::integer(-1))?;
                multiply(&sine, &inverse)
            }
            Function::Log | Function::Sqrt => match argument.as_constant() {
                Some(value) if value == Rational::ONE => Ok(Poly::zero()),
                _ => Ok(Poly::atom(Atom::new(Kind::Call(function, argument)))),
            },
        }
    }

    /// Sine and cosine of `argument`, by powers of those of the unit angle of its direction.
    fn sine_and_cosine(&mut self, argument: &Poly) -> Result<(Poly, Poly), SimplifyError> {
        if argument.is_zero() {
            return Ok((Poly::zero(), Poly::constant(Rational::ONE)));
        }
        let (content, direction) = argument.primitive();
        let unit = self.angles.get(&direction).cloned().unwrap_or_else(|| abs(&content));
        let multiple = content.clone() / unit.clone();
        let (unit, multiple) = match i64::try_from(multiple.numerator().clone()) {
            Ok(n) if multiple.is_int() && n.abs() <= MAX_MULTIPLE => (unit, n),
            _ => (abs(&content), if content < Rational::ZERO { -1 } else { 1 }),
        };
        let angle = direction.scaled(&unit);
        let sine = Poly::atom(Atom::new(Kind::Call(Function::Sin, angle.clone())));
        let cosine = Poly::atom(Atom::new(Kind::Call(Function::Cos, angle)));
        let (mut s, mut c) = (sine.clone(), cosine.clone());
        for _ in 1..multiple.abs() {
            (s, c) = (
                settled(s.times(&cosine).plus(&c.times(&sine)))?,
                settled(c.times(&cosine).minus(&s.times(&sine)))?,
            );
        }
        Ok((if multiple < 0 { s.negated() } else { s }, c))
    }
}

fn small_linear_forms(variables: &[Atom]) -> Vec<Poly> {
    let mut forms = Vec::new();
    for (i, a) in variables.iter().enumerate() {
        for b in &variables[i + 1..] {
            let (a, b) = (Poly::atom(a.clone()), Poly::atom(b.clone()));
            forms.push(a.minus(&b));
            forms.push(a.plus(&b));
        }
    }
    forms
}

fn bounded(sum: Poly) -> Reading {
    if sum.len() > MAX_TERMS {
        Err(SimplifyError::TooLarge { what: "the expanded formula" })
    } else {
        Ok(sum)
    }
}

fn multiply(a: &Poly, b: &Poly) -> Reading {
    if a.len() * b.len() > 40 * MAX_TERMS {
        return Err(SimplifyError::TooLarge { what: "a product of sums" });
    }
    settled(a.times(b))
}

/// Relations of single monomials applied: `u^(3/2) = u·u^(1/2)` and `cos² = 1 − sin²`.
pub(super) fn settled(sum: Poly) -> Reading {
    if sum.terms().all(|(m, _)| unsettled_factor(m).is_none()) {
        return bounded(sum);
    }
    let mut done = Poly::zero();
    let mut waiting = sum;
    let mut steps = 0;
    while !waiting.is_zero() {
        let mut next = Poly::zero();
        for (m, c) in waiting.terms() {
            match unsettled_factor(m) {
                None => done.add_term(m.clone(), c.clone()),
                Some((removed, replacement)) => {
                    next.absorb(replacement.times_term(&m.over(&removed), c));
                }
            }
        }
        steps += 1;
        if steps > 200 || done.len() + next.len() > MAX_TERMS {
            return Err(SimplifyError::TooLarge { what: "the expanded formula" });
        }
        waiting = next;
    }
    bounded(done)
}

/// A factor of the monomial that has a simpler value, and that value.
fn unsettled_factor(monomial: &Monomial) -> Option<(Monomial, Poly)> {
    monomial.factors().iter().find_map(|(atom, e)| match atom.kind() {
        Kind::Base(inner) => match inner.as_constant() {
            Some(value) if e.floor() != 0 => {
                let whole = Monomial::of(atom.clone(), Exponent::integer(e.floor()));
                Some((whole, Poly::constant(value.pow(e.floor() as isize))))
            }
            None if e.floor() >= 1 => Some((Monomial::of(atom.clone(), Exponent::ONE), inner.clone())),
            _ => None,
        },
        Kind::Call(Function::Cos, angle) if *e >= Exponent::integer(2) && e.as_integer().is_some() => {
            let sine =
                Monomial::of(Atom::new(Kind::Call(Function::Sin, angle.clone())), Exponent::integer(2));
            let square = Poly::constant(Rational::ONE).minus(&Poly::term(sine, Rational::ONE));
            Some((Monomial::of(atom.clone(), Exponent::integer(2)), square))
        }
        _ => None,
    })
}

/// For each denominator or root `u`: numerators over common powers of `u`, written by powers of `u`
/// wherever that takes fewer terms.
pub(super) fn reduce_fractions(sum: Poly) -> Reading {
    let mut sum = sum;
    for _ in 0..2 {
        let before = sum.clone();
        for base in sum.atoms() {
            if let Kind::Base(inner) = base.kind()
                && inner.len() > 1
            {
                sum = settled(reduce_by(&sum, &base, inner))?;
            }
        }
        if sum == before {
            break;
        }
    }
    Ok(sum)
}

fn reduce_by(sum: &Poly, base: &Atom, inner: &Poly) -> Poly {
    let own = inner.atoms();
    let groups = sum.group_by(|m, _| {
        let e = m.exponent(base);
        let fraction = e.minus(Exponent::integer(e.floor()));
        let (_, cofactor) = m.split(|a| a == base || own.contains(a));
        (fraction, cofactor)
    });
    let mut reduced = Poly::zero();
    for ((fraction, _), group) in groups {
        let best = by_powers(&group, base, inner, fraction);
        reduced.absorb(best.unwrap_or(group));
    }
    reduced
}

/// The best writing of `group` by powers of `base`; `None` to leave it.
fn by_powers(group: &Poly, base: &Atom, inner: &Poly, fraction: Exponent) -> Option<Poly> {
    let parts = group.by_powers_of(base);
    let (lowest, _) = parts.first_key_value()?;
    let depth = -lowest.floor();
    if depth <= 0 || group.len() < 2 || depth > 12 {
        return None;
    }
    let at = |digit: i32| Monomial::of(base.clone(), fraction.plus(Exponent::integer(digit - depth)));
    let mut numerator = Poly::zero();
    for (e, part) in &parts {
        let power = e.minus(*lowest).as_integer()?;
        if part.len() * inner.len().pow(power.min(3) as u32) > MAX_TERMS {
            return None;
        }
        numerator.absorb(part.times(&inner.power(power.try_into().ok()?)));
    }
    let (mut stripped, mut shift) = (numerator.clone(), 0);
    while shift < depth {
        let Some(quotient) = stripped.exact_quotient(inner) else { break };
        (stripped, shift) = (quotient, shift + 1);
    }
    let mut best = stripped.times_term(&at(shift), &Rational::ONE);
    let (mut digits, mut rest) = (Poly::zero(), numerator);
    for digit in 0..depth {
        let (quotient, remainder) = rest.divide(inner)?;
        digits.absorb(remainder.times_term(&at(digit), &Rational::ONE));
        rest = quotient;
    }
    digits.absorb(rest.times_term(&at(depth), &Rational::ONE));
    if digits.len() < best.len() {
        best = digits;
    }
    Some(best)
}

pub(super) fn abs(value: &Rational) -> Rational {
    if *value < Rational::ZERO { -value.clone() } else { value.clone() }
}

/// `value^exponent` for a positive rational: its whole part and roots of primes.
fn number_root(value: &Rational, exponent: Exponent) -> Reading {
    let mut product = Poly::constant(Rational::ONE);
    let numerator = UnsignedAbs::unsigned_abs(value.numerator().clone());
    for (part, sign) in [(numerator, 1), (value.denominator().clone(), -1)] {
        for (prime, multiplicity) in prime_factors(part) {
            let prime = Poly::constant(Rational::from(prime));
            let e = exponent.times(Exponent::integer(sign * multiplicity));
            let root = Monomial::of(Atom::new(Kind::Base(prime)), e);
            product = settled(product.times_term(&root, &Rational::ONE))?;
        }
    }
    Ok(product)
}

/// Prime factors by trial division up to 1000; what is left counts as one.
fn prime_factors(number: UBig) -> Vec<(UBig, i32)> {
    let mut factors = Vec::new();
    let mut rest = number;
    for candidate in 2u32..1000 {
        let mut multiplicity = 0;
        while rest > UBig::ONE && (&rest % candidate) == 0 {
            rest /= candidate;
            multiplicity += 1;
        }
        if multiplicity > 0 {
            factors.push((UBig::from(candidate), multiplicity));
        }
        if rest == UBig::ONE {
            break;
        }
    }
    if rest > UBig::ONE {
        factors.push((rest, 1));
    }
    factors
}

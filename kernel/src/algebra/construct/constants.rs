//! Numbers: cosines and sines of multiples of π, roots that lie in a field that is there, signs.

use std::collections::BTreeMap;

use dashu_int::IBig;

use super::{Built, Construction, Demand, DemandKind, Halt, common_multiple, rational};
use crate::algebra::cyclotomic::{Cosines, parts_for_root};
use crate::algebra::interval::Interval;
use crate::algebra::polynomial::integer_root;
use crate::algebra::tower::Generator;
use crate::algebra::witness::Evaluation;
use crate::algebra::{AlgebraError, Polynomial, RationalPolynomial};
use crate::expr::Rational;

/// Embeddings of the largest field of cosines in which square roots are looked for.
const MAX_EMBEDDINGS: usize = 8;
/// Square roots of rationals in one number under a root.
const MAX_ROOTS: usize = 4;

impl Demand {
    /// That angles of π/N are treated like any others.
    pub(in crate::algebra) fn plain_turns() -> Demand {
        Demand { kind: DemandKind::PlainTurns, of: String::new(), multiple: 1 }
    }

    /// Whether this is about cos(π/N).
    pub(in crate::algebra) fn is_of_turns(&self) -> bool {
        self.kind == DemandKind::TurnParts
    }
}

impl Construction<'_> {
    /// Adjoins what has to come first: cos(π/N), in which square roots are then written.
    pub(in crate::algebra) fn begin(&mut self) -> Result<(), Halt> {
        let parts = self.demands.iter().find(|d| d.kind == DemandKind::TurnParts).map(|d| d.multiple);
        if let Some(field) = parts.and_then(Cosines::new)
            && !self.is_plain()
        {
            self.adjoin(Generator::TwiceCosine { field })?;
        }
        Ok(())
    }

    fn is_plain(&self) -> bool {
        self.demands.iter().any(|d| d.kind == DemandKind::PlainTurns)
    }

    /// Whether the monomial of an angle is π.
    fn is_pi(&self, monomial: &RationalPolynomial) -> bool {
        let single = monomial.numerator().factors(0);
        matches!(single.as_slice(), &[(v, 1)] if matches!(self.tower.generator(v), Some(Generator::Pi)))
    }

    /// The cosine of a multiple of π; `None` for other angles and where N is out of bounds.
    pub(super) fn cosine_of_turns(
        &mut self,
        multiple: &Rational,
        monomial: &RationalPolynomial,
    ) -> Result<Option<RationalPolynomial>, Halt> {
        if !self.is_pi(monomial) {
            return Ok(None);
        }
        if let Some((cosine, _)) = self.short_values(multiple)? {
            return Ok(Some(cosine));
        }
        let needed = self.parts_of(multiple)?;
        Ok(match self.turn(needed)? {
            Some((variable, field)) => Some(cosine_in(&field, variable, multiple)?),
            None => None,
        })
    }

    /// (cos, sin) of a multiple of π; `None` for other angles and where N is out of bounds.
    pub(super) fn turns(
        &mut self,
        multiple: &Rational,
        monomial: &RationalPolynomial,
    ) -> Result<Option<(RationalPolynomial, RationalPolynomial)>, Halt> {
        if !self.is_pi(monomial) {
            return Ok(None);
        }
        if let Some(values) = self.short_values(multiple)? {
            return Ok(Some(values));
        }
        // sin a = cos(π/2 − a).
        let rest = rational(1, 2) - multiple;
        let needed = common_multiple(self.parts_of(multiple)?, self.parts_of(&rest)?);
        let Ok(needed) = needed else { return self.plainly().map(|()| None) };
        Ok(match self.turn(needed)? {
            Some((variable, field)) => {
                Some((cosine_in(&field, variable, multiple)?, cosine_in(&field, variable, &rest)?))
            }
            None => None,
        })
    }

    /// The N of the angle.
    fn parts_of(&self, multiple: &Rational) -> Result<u32, AlgebraError> {
        u32::try_from(multiple.denominator()).map_err(|_| AlgebraError::ExponentTooLarge)
    }

    /// The ring variable of 2cos(π/N) for an N that `needed` divides; `None` where N is out of bounds.
    fn turn(&mut self, needed: u32) -> Result<Option<(usize, Cosines)>, Halt> {
        let present = self.tower.cosines().map(|(variable, field)| (variable, field.clone()));
        if self.is_plain() {
            return Ok(None);
        }
        match present {
            Some((variable, field)) if field.parts().is_multiple_of(needed) => Ok(Some((variable, field))),
            None if !self.open => Ok(None),
            present => {
                let before = present.map_or(1, |(_, field)| field.parts());
                match common_multiple(before, needed) {
                    Ok(multiple) if Cosines::new(multiple).is_some() => {
                        let pi = self.pi()?;
                        Err(self.refine(DemandKind::TurnParts, &pi, before, needed))
                    }
                    _ => self.plainly().map(|()| None),
                }
            }
        }
    }

    /// Starts again without cos(π/N), whose N is out of bounds, if it is there.
    fn plainly(&self) -> Result<(), Halt> {
        match self.tower.cosines() {
            Some(_) if self.open => Err(Halt::Refine(Demand::plain_turns())),
            _ => Ok(()),
        }
    }

    /// (cos, sin) of a multiple of π/4 or π/6.
    fn short_values(
        &mut self,
        multiple: &Rational,
    ) -> Result<Option<(RationalPolynomial, RationalPolynomial)>, Halt> {
        let twelfths = multiple * Rational::from(12);
        if !twelfths.is_int() {
            return Ok(None);
        }
        let turns = twelfths.numerator() % IBig::from(24);
        let turns = i64::try_from(turns).map_err(|_| AlgebraError::ExponentTooLarge)?;
        let (quarters, rest) = (turns.rem_euclid(24) / 6, turns.rem_euclid(6));
        let half = rational(1, 2);
        let mut root = |n: i64| -> Built {
            let value = RationalPolynomial::constant(&rational(n, 1));
            Ok(self.rational_power(&value, &half)?.scaled(&half))
        };
        let (mut cosine, mut sine) = match rest {
            0 => (RationalPolynomial::one(), RationalPolynomial::zero()),
            2 => (root(3)?, RationalPolynomial::constant(&half)),
            3 => (root(2)?, root(2)?),
            4 => (RationalPolynomial::constant(&half), root(3)?),
            _ => return Ok(None),
        };
        for _ in 0..quarters {
            (cosine, sine) = (sine.negated(), cosine);
        }
        Ok(Some((cosine, sine)))
    }

    /// √base for a prime whose square root lies in the field of the cosines that are there.
    pub(super) fn root_in_cosines(
        &mut self,
        base: &RationalPolynomial,
    ) -> Result<Option<RationalPolynomial>, Halt> {
        let Some(prime) = base.as_constant().and_then(|c| u32::try_from(c.numerator().clone()).ok()) else {
            return Ok(None);
        };
        let Some((variable, field)) = self.tower.cosines() else { return Ok(None) };
        if prime > crate::algebra::cyclotomic::MAX_DEGREE * 4 {
            return Ok(None);
        }
        if let Some(root) = field.root_of_prime_in(prime, variable) {
            return Ok(Some(root.into()));
        }
        // √3 √7 lies in the field of cos(π/21), and neither root does: both do in that of cos(π/42).
        let (parts, needed) = (field.parts(), parts_for_root(prime));
        if prime % 4 == 3 && parts.is_multiple_of(prime) && self.open {
            return match Cosines::new(2 * parts) {
                Some(_) => Err(self.refine_turns(parts, needed)?),
                None => Err(Halt::Refine(Demand::plain_turns())),
            };
        }
        Ok(None)
    }

    fn refine_turns(&mut self, present: u32, needed: u32) -> Result<Halt, Halt> {
        let pi = self.pi()?;
        Ok(self.refine(DemandKind::TurnParts, &pi, present, needed))
    }

    /// The prime whose square root the value is, in the field of cosines that is there.
    pub(super) fn prime_with_root(&self, value: &Polynomial) -> Option<RationalPolynomial> {
        let (variable, field) = self.tower.cosines()?;
        if value.variables() != [variable] {
            return None;
        }
        let mut coordinates = vec![IBig::ZERO; field.degree() as usize];
        for index in 0..value.len() {
            *coordinates.get_mut(value.exponent(index, variable) as usize)? = value.coefficient(index);
        }
        let prime = crate::algebra::present::cosines::prime_with_root(field, &coordinates)?;
        Some(Polynomial::constant(prime).into())
    }

    /// An enclosure of a value in which no symbol occurs.
    fn number(&self, value: &RationalPolynomial) -> Option<Interval> {
        let tower = &self.tower;
        let mut constant = vec![false; tower.symbols.len()];
        let variables = value.numerator().variables();
        if variables.iter().any(|&v| v < constant.len()) {
            return None;
        }
        for (_, generator) in tower.generators() {
            let free = |p: &Polynomial| p.variables().into_iter().all(|v| constant[v]);
            let of = |value: &RationalPolynomial| free(value.numerator());
            let is_constant = match generator {
                Generator::Pi | Generator::TwiceCosine { .. } | Generator::CosineOfPi { .. } => true,
                Generator::Cosine { angle } | Generator::Sine { angle } => of(angle),
                Generator::Exponential { base, exponent } => base.as_ref().is_none_or(of) && of(exponent),
                Generator::Logarithm { argument } => of(argument),
                Generator::Root { radicand, .. } => of(radicand),
                Generator::Sign { of: value } => of(value),
                Generator::Inverse { factor } => free(factor),
            };
            constant.push(is_constant);
        }
        if !variables.into_iter().all(|v| constant[v]) {
            return None;
        }
        Evaluation::new(&self.tower, 0).value(value)
    }

    /// Whether no symbol occurs in the value, and it is seen to be positive.
    pub(super) fn is_positive_number(&self, value: &RationalPolynomial) -> bool {
        self.number(value).is_some_and(Interval::is_positive)
    }

    /// The positive square root of an algebraic number, where it lies in a field of square roots of
    /// rationals and cosines of π/N.
    pub(super) fn root_of_number(
        &mut self,
        value: &RationalPolynomial,
    ) -> Result<Option<RationalPolynomial>, Halt> {
        let variables = value.numerator().variables();
        let roots = variables.iter().filter(|&&v| self.is_root_of_rational(v)).count();
        let others = variables.len() - roots;
        let cosines = variables.iter().filter(|&&v| self.tower.cosines().is_some_and(|c| c.0 == v)).count();
        if variables.is_empty() || others != cosines || roots > MAX_ROOTS || !self.is_positive_number(value) {
            return Ok(None);
        }
        let before = self.open.then(|| self.tower.clone());
        let found = match self.square_root_among(value) {
            Err(Halt::Error(_)) => None,
            Err(demand) => return Err(demand),
            Ok(found) => found,
        };
        if found.is_none()
            && let Some(before) = before
        {
            self.tower = before;
        }
        Ok(found)
    }

    /// The value as a positive algebraic number times a polynomial with rational coefficients, both
    /// primitive; `None` where it is not one, or has no such number in it.
    pub(super) fn split_number(
        &self,
        value: &Polynomial,
    ) -> Result<Option<(Polynomial, Polynomial)>, AlgebraError> {
        let cosines = self.tower.cosines().map(|(variable, _)| variable);
        let in_number = |v: usize| Some(v) == cosines || self.is_root_of_rational(v);
        let variables = value.variables();
        if !variables.iter().any(|&v| in_number(v)) || variables.iter().all(|&v| in_number(v)) {
            return Ok(None);
        }
        let mut numbers: BTreeMap<Vec<(usize, u32)>, Vec<Polynomial>> = BTreeMap::new();
        for (monomial, coefficient) in value.terms() {
            let (number, rest): (Vec<_>, Vec<_>) = monomial.into_iter().partition(|&(v, _)| in_number(v));
            numbers.entry(rest).or_default().push(Polynomial::from_terms([(number, coefficient)])?);
        }
        let (mut shared, mut rest) = (None, Vec::new());
        for (monomial, parts) in numbers {
            let number = Polynomial::sum(&parts);
            let (primitive, sign) = (number.primitive_part(), number.leading_sign());
            if shared.get_or_insert_with(|| primitive.clone()) != &primitive {
                return Ok(None);
            }
            rest.push(Polynomial::from_terms([(monomial, number.content() * sign)])?);
        }
        let (Some(number), rest) = (shared, Polynomial::sum(&rest)) else { return Ok(None) };
        let negated = number.negated();
        Ok(match () {
            () if number.is_one() => None,
            () if self.is_positive_number(&number.clone().into()) => Some((number, rest)),
            () if self.is_positive_number(&negated.clone().into()) => Some((negated, rest.negated())),
            () => None,
        })
    }

    fn is_root_of_rational(&self, variable: usize) -> bool {
        matches!(
            self.tower.generator(variable),
            Some(Generator::Root { radicand, index: 2 }) if radicand.as_constant().is_some()
        )
    }

    /// √(a + b√r) = x + b√r/(2x) where x² = (a + √(a² − b²r))/2, if both roots are of the same kind.
    fn square_root_among(&mut self, value: &RationalPolynomial) -> Result<Option<RationalPolynomial>, Halt> {
        if value.is_zero() {
            return Ok(Some(value.clone()));
        }
        if let Some(constant) = value.as_constant() {
            if constant < Rational::ZERO {
                return Ok(None);
            }
            return Ok(Some(self.rational_power(value, &rational(1, 2))?));
        }
        if !self.is_positive_number(value) {
            return Ok(None);
        }
        let variables = value.numerator().variables();
        let Some(root) = variables.into_iter().rev().find(|&v| self.is_root_of_rational(v)) else {
            return Ok(self.square_root_in_cosines(value)?);
        };
        let part = |k: usize| {
            let parts = value.numerator().coefficients_in(root);
            let part = parts.get(k).cloned().unwrap_or_else(Polynomial::zero);
            RationalPolynomial::new(part, value.denominator().clone())
        };
        let (first, second) = (part(0), self.tower.times(&part(1), &RationalPolynomial::variable(root))?);
        let squares = (self.tower.times(&first, &first)?, self.tower.times(&second, &second)?);
        let Some(norm) = self.square_root_among(&squares.0.minus(&squares.1))? else { return Ok(None) };
        // Otherwise what follows is no smaller question.
        let smaller = |v: &usize| *v != root && value.numerator().contains(*v);
        if !norm.numerator().variables().iter().all(smaller) {
            return Ok(None);
        }
        for norm in [norm.clone(), norm.negated()] {
            let half = first.plus(&norm).over_integer(2);
            if half.is_zero() {
                continue;
            }
            let Some(x) = self.square_root_among(&half)? else { continue };
            let inverse = self.inverse(&x)?;
            let y = self.tower.times(&second, &inverse)?.over_integer(2);
            if let Some(root) = self.confirmed(x.plus(&y), value)? {
                return Ok(Some(root));
            }
        }
        Ok(None)
    }

    /// `root` or its negative, whichever is positive, if its square is the value.
    fn confirmed(
        &self,
        root: RationalPolynomial,
        value: &RationalPolynomial,
    ) -> Result<Option<RationalPolynomial>, AlgebraError> {
        if !self.tower.agree(&self.tower.times(&root, &root)?, value)? {
            return Ok(None);
        }
        Ok([root.negated(), root].into_iter().find(|r| self.is_positive_number(r)))
    }

    /// √value in the field of cos(π/N).
    ///
    /// The root of an algebraic integer has integer coordinates; they are read off approximations of its
    /// conjugates, of which the signs are unknown, and then confirmed.
    fn square_root_in_cosines(
        &self,
        value: &RationalPolynomial,
    ) -> Result<Option<RationalPolynomial>, AlgebraError> {
        let Some((variable, field)) = self.tower.cosines() else { return Ok(None) };
        let conjugates = field.conjugates();
        let size = conjugates.len();
        if size > MAX_EMBEDDINGS || value.numerator().variables() != [variable] {
            return Ok(None);
        }
        // value = integral/denominator².
        let denominator = value.denominator();
        let scale = integer_root(denominator, 2).unwrap_or_else(|| denominator.clone());
        let factor = (&scale * &scale) / denominator;
        let integral = value.numerator().scaled(&factor);
        let at = |d: f64| {
            integral
                .terms()
                .map(|(m, c)| c.to_f64().value() * m.iter().fold(1.0, |p, &(_, e)| p * d.powi(e as i32)))
                .sum::<f64>()
        };
        let values: Vec<f64> = conjugates.iter().map(|&d| at(d)).collect();
        if values.iter().any(|&v| v.is_nan() || v < 0.0) {
            return Ok(None);
        }
        let rows: Vec<Vec<f64>> =
            conjugates.iter().map(|&d| (0..size).map(|k| d.powi(k as i32)).collect()).collect();
        for signs in 0..1u32 << (size - 1) {
            let sign = |k: usize| if k > 0 && signs >> (k - 1) & 1 == 1 { -1.0 } else { 1.0 };
            let target: Vec<f64> = values.iter().enumerate().map(|(k, v)| sign(k) * v.sqrt()).collect();
            let Some(coordinates) = solved(rows.clone(), &target) else { return Ok(None) };
            if coordinates.iter().any(|c| (c - c.round()).abs() > 1e-4 || c.abs() > 1e9) {
                continue;
            }
            let terms: Vec<Polynomial> = coordinates
                .iter()
                .enumerate()
                .map(|(k, c)| Polynomial::monomial_of(variable, k as u32).scaled(&(c.round() as i64).into()))
                .collect();
            let root = RationalPolynomial::new(Polynomial::sum(&terms), scale.clone());
            if let Some(root) = self.confirmed(root, value)? {
                return Ok(Some(root));
            }
        }
        Ok(None)
    }
}

/// cos(multiple·π) in a field of cosines that holds it.
fn cosine_in(
    field: &Cosines,
    variable: usize,
    multiple: &Rational,
) -> Result<RationalPolynomial, AlgebraError> {
    let steps = multiple * Rational::from(field.parts());
    let steps = steps.numerator() % IBig::from(2 * field.parts());
    let steps = i64::try_from(steps).map_err(|_| AlgebraError::ExponentTooLarge)?;
    Ok(RationalPolynomial::from(field.twice_cosine_in(steps, variable)).over_integer(2))
}

/// The solution of a square system, by elimination with pivots.
fn solved(mut rows: Vec<Vec<f64>>, target: &[f64]) -> Option<Vec<f64>> {
    let size = rows.len();
    rows.iter_mut().zip(target).for_each(|(row, &value)| row.push(value));
    for column in 0..size {
        let pivot =
            (column..size).max_by(|&a, &b| rows[a][column].abs().total_cmp(&rows[b][column].abs()))?;
        rows.swap(column, pivot);
        let lead = rows[column].clone();
        if lead[column].abs() < 1e-12 {
            return None;
        }
        for (_, row) in rows.iter_mut().enumerate().filter(|(k, _)| *k != column) {
            let factor = row[column] / lead[column];
            row.iter_mut().zip(&lead).for_each(|(entry, by)| *entry -= factor * by);
        }
    }
    Some(rows.iter().enumerate().map(|(k, row)| row[size] / row[k]).collect())
}

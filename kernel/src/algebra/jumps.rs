//! Where a function jumps: the surfaces w = 0 across which a function with sign(w) in it does not extend continuously.
//!
//! A function is A + B·sign(w) in the canonical form. It extends continuously across w = 0 where B vanishes there, and
//! the same holds of all that stands inside its roots, logarithms, exponentials and angles.
//!
//! Signs also hide where no square is recognised: √(1 − cos² x)/sin x is the sign of sin x. A function that is made of
//! roots, logarithms, and functions without singularities is continuous; it can jump only where it is divided by
//! something that vanishes. So a pole is a possible jump wherever a root or a logarithm may change its branch there.
//!
//! A jump does no harm where nothing moves across: on a surface on which the energy is shown to be infinite, or which
//! the energy's own conditions exclude. That a law's own condition x ≠ 0 cuts a surface out changes nothing: the
//! motion goes on.

use std::collections::BTreeSet;

use dashu_base::Signed;
use dashu_int::IBig;

use super::barriers::{are_plain, is_finite_step, is_infinite_on};
use super::construct::Construction;
use super::tower::{Generator, Tower};
use super::{AlgebraError, Element, Polynomial, RationalPolynomial, present, work};
use crate::expr::{Condition, Expr, Relation};

/// A surface across which a function is not shown to extend continuously.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Jump {
    /// The function w; the surface is w = 0.
    pub surface: Expr,
}

impl Element {
    /// The surfaces w = 0 across which this function is not shown to extend continuously. Not among them are surfaces
    /// on which the other function is shown to be infinite, those that the other one's own conditions exclude, and the
    /// boundary of the common domain: with the energy as the other function, no motion crosses those.
    ///
    /// # Errors
    /// Elements of two fields; sizes out of reach.
    pub fn jumps_where_finite(
        &self,
        other: &Element,
        conditions: &[Condition],
    ) -> Result<Vec<Jump>, AlgebraError> {
        self.join(other)?;
        let tower = &self.field().tower;
        let signed = tower.generators().filter_map(|(variable, generator)| match generator {
            Generator::Sign { of } => Some(Surface { tower, variable, of }),
            _ => None,
        });
        let signed = signed.filter(Surface::is_in_phase_space);
        let surfaces: Vec<Surface> = signed.collect();
        if surfaces.is_empty()
            && !tower.generators().any(|(_, generator)| inside_branched(generator).is_some())
        {
            return Ok(Vec::new());
        }
        work::bounded(|| {
            let (own, other) = (tower.canonical(&self.value)?, tower.canonical(&other.value)?);
            let walls = walls(tower, conditions)?;
            let mut jumps: Vec<Jump> = hidden_sign(tower, &own, &other, &walls)?.into_iter().collect();
            let occurring = closure(tower, own.numerator().variables());
            for surface in surfaces {
                let Surface { variable, of, .. } = surface;
                if occurring.contains(&variable)
                    && !surface.is_excluded(&walls)?
                    && !surface.is_continuous(&own, &occurring)?
                    && !is_infinite_on(tower, of.numerator(), &other)?
                {
                    jumps.push(Jump { surface: present::express(tower, of) });
                }
            }
            Ok(jumps)
        })
    }
}

impl Element {
    /// The surfaces w = 0 at which this function is seen to have a step of finite size: sign(w) stands in it, what
    /// multiplies it is neither 0 nor infinite there, nor is the rest infinite. Surfaces that the conditions exclude are
    /// not among them.
    ///
    /// # Errors
    /// Sizes out of reach.
    pub fn steps(&self, conditions: &[Condition]) -> Result<Vec<Jump>, AlgebraError> {
        let tower = &self.field().tower;
        let mut steps = Vec::new();
        if !tower.generators().any(|(_, generator)| matches!(generator, Generator::Sign { .. })) {
            return Ok(steps);
        }
        work::bounded(|| {
            let own = tower.canonical(&self.value)?;
            let walls = walls(tower, conditions)?;
            let occurring = closure(tower, own.numerator().variables());
            for (variable, generator) in tower.generators() {
                let Generator::Sign { of } = generator else { continue };
                let surface = Surface { tower, variable, of };
                if occurring.contains(&variable)
                    && !surface.is_excluded(&walls)?
                    && surface.has_step(&own, &occurring)?
                    && !is_infinite_on(tower, of.numerator(), &own)?
                {
                    steps.push(Jump { surface: present::express(tower, of) });
                }
            }
            Ok(steps)
        })
    }
}

/// The functions that the conditions keep from vanishing.
fn walls(tower: &Tower, conditions: &[Condition]) -> Result<Vec<RationalPolynomial>, AlgebraError> {
    let mut walls = Vec::new();
    for condition in conditions.iter().filter(|condition| condition.relation == Relation::NonZero) {
        // A function that the field does not hold walls nothing in.
        if let Ok(value) = Construction::within(tower).convert(&condition.function) {
            walls.push(tower.canonical(&value)?);
        }
    }
    Ok(walls)
}

/// What stands inside a generator with several branches: a root, a logarithm, or a power with any exponent.
fn inside_branched(generator: &Generator) -> Option<&RationalPolynomial> {
    match generator {
        Generator::Root { radicand: inner, .. }
        | Generator::Logarithm { argument: inner }
        | Generator::Exponential { base: Some(inner), .. } => Some(inner),
        _ => None,
    }
}

/// The first pole of a canonical value at which a root or a logarithm in it may change its branch, so that the value
/// may jump there; poles on which the other value is infinite, or which a wall excludes, are left out.
fn hidden_sign(
    tower: &Tower,
    own: &RationalPolynomial,
    other: &RationalPolynomial,
    walls: &[RationalPolynomial],
) -> Result<Option<Jump>, AlgebraError> {
    let occurring = closure(tower, own.numerator().variables());
    let branched: Vec<&RationalPolynomial> = occurring
        .iter()
        .filter(|&&v| closure(tower, vec![v]).iter().any(|&u| u < tower.variables))
        .filter_map(|&v| inside_branched(tower.generator(v)?))
        .collect();
    let factors = tower.factors.iter().map(|f| (f.inverse, f.polynomial.clone()));
    let variables = tower.reciprocals.iter().map(|&(x, u)| (u, Polynomial::variable(x)));
    for (inverse, pole) in factors.chain(variables) {
        let varies = closure(tower, pole.variables()).iter().any(|&v| v < tower.variables);
        let walled = || walls.iter().any(|wall| wall.numerator().exact_quotient(&pole).is_some());
        if !varies || !occurring.contains(&inverse) || is_thin(tower, &pole) || walled() {
            continue;
        }
        for inner in &branched {
            if changes_branch(tower, inner.numerator(), &pole)? && !is_infinite_on(tower, &pole, other)? {
                return Ok(Some(Jump { surface: present::express(tower, &pole.into()) }));
            }
        }
    }
    Ok(None)
}

/// Whether a polynomial vanishes on no surface. A sum of squares and a positive number, such as 1 + log(x)², vanishes
/// nowhere. A sum of squares of monomials in symbols that have none in common, such as x² + y², vanishes on planes of
/// less dimension, which separate nothing.
fn is_thin(tower: &Tower, polynomial: &Polynomial) -> bool {
    let is_square = |(factors, coefficient): (Vec<(usize, u32)>, IBig)| {
        coefficient.is_positive() && factors.into_iter().all(|(_, exponent)| exponent % 2 == 0)
    };
    let has_number = polynomial.terms().any(|(factors, _)| factors.is_empty());
    let is_of_symbols = polynomial.variables().into_iter().all(|v| v < tower.symbols.len());
    polynomial.terms().all(is_square)
        && (has_number || is_of_symbols && polynomial.monomial_content().is_empty())
}

/// Whether what stands under a root may vanish at a pole with real values on both sides: not if the two have no factor
/// in common, or if it changes its sign there. Only polynomials in independent functions are looked at closely.
fn changes_branch(tower: &Tower, inner: &Polynomial, pole: &Polynomial) -> Result<bool, AlgebraError> {
    if !are_plain(tower, inner.variables().into_iter().chain(pole.variables()).collect()) {
        return Ok(true);
    }
    if inner.gcd(pole)?.is_constant() {
        return Ok(false);
    }
    Ok(divided_out(inner, pole).1.is_multiple_of(2))
}

/// A polynomial without the powers of another one that divide it, and how many these are.
fn divided_out(polynomial: &Polynomial, divisor: &Polynomial) -> (Polynomial, u32) {
    let (mut rest, mut order) = (polynomial.clone(), 0);
    while let Some(quotient) = rest.exact_quotient(divisor) {
        (rest, order) = (quotient, order + 1);
    }
    (rest, order)
}

/// The variables with those in the definitions of generators among them.
pub(super) fn closure(tower: &Tower, variables: Vec<usize>) -> BTreeSet<usize> {
    let (mut found, mut open) = (BTreeSet::new(), variables);
    while let Some(variable) = open.pop() {
        if found.insert(variable) {
            inside(tower, variable).iter().for_each(|value| open.extend(value.numerator().variables()));
        }
    }
    found
}

/// What stands in the definition of a generator.
fn inside(tower: &Tower, variable: usize) -> Vec<RationalPolynomial> {
    match tower.generator(variable) {
        Some(Generator::Cosine { angle } | Generator::Sine { angle }) => vec![angle.clone()],
        Some(Generator::Exponential { base, exponent }) => base.iter().chain([exponent]).cloned().collect(),
        Some(Generator::Logarithm { argument }) => vec![argument.clone()],
        Some(Generator::Root { radicand, .. }) => vec![radicand.clone()],
        Some(Generator::Sign { of }) => vec![of.clone()],
        Some(Generator::Inverse { factor }) => vec![factor.clone().into()],
        _ => Vec::new(),
    }
}

/// The surface on which the function of a sign vanishes.
struct Surface<'a> {
    tower: &'a Tower,
    /// The ring variable of the sign.
    variable: usize,
    /// The function.
    of: &'a RationalPolynomial,
}

impl Surface<'_> {
    /// Whether the function depends on the state. The sign of a parameter is a constant.
    fn is_in_phase_space(&self) -> bool {
        closure(self.tower, self.of.numerator().variables()).iter().any(|&v| v < self.tower.variables)
    }

    /// Whether no motion crosses the surface: a wall vanishes on it, or what is positive in the domain changes its sign
    /// there. That x² is positive makes a hole, which orbits pass if H has none.
    fn is_excluded(&self, walls: &[RationalPolynomial]) -> Result<bool, AlgebraError> {
        for wall in walls {
            if self.vanishes(wall)? {
                return Ok(true);
            }
        }
        Ok(self.tower.domain.iter().any(|condition| self.changes_sign(condition.numerator())))
    }

    /// Whether a polynomial is an odd power of the function times another that has no sign of it.
    fn changes_sign(&self, polynomial: &Polynomial) -> bool {
        let (rest, order) = divided_out(polynomial, self.of.numerator());
        order % 2 == 1 && !rest.contains(self.variable)
    }

    /// Whether a canonical value extends continuously across the surface: the coefficient of the sign vanishes there, in
    /// it and in all that stands inside of its generators.
    fn is_continuous(
        &self,
        value: &RationalPolynomial,
        generators: &BTreeSet<usize>,
    ) -> Result<bool, AlgebraError> {
        Ok(self.is_continuous_itself(value)? && self.is_continuous_inside(generators)?)
    }

    /// Whether a canonical value has a step of finite size at the surface, or something inside of it has a step.
    fn has_step(
        &self,
        value: &RationalPolynomial,
        generators: &BTreeSet<usize>,
    ) -> Result<bool, AlgebraError> {
        if !self.is_continuous_inside(generators)? {
            return Ok(true);
        }
        let coefficients = value.numerator().coefficients_in(self.variable);
        let Some(jump) = coefficients.get(1) else { return Ok(false) };
        let jump: RationalPolynomial = jump.clone().into();
        Ok(!self.vanishes(&jump)? && is_finite_step(self.tower, self.of.numerator(), &jump)?)
    }

    /// Whether the coefficient of the sign vanishes on the surface.
    fn is_continuous_itself(&self, value: &RationalPolynomial) -> Result<bool, AlgebraError> {
        let coefficients = value.numerator().coefficients_in(self.variable);
        match coefficients.get(1) {
            None => Ok(true),
            Some(jump) => self.vanishes(&jump.clone().into()),
        }
    }

    /// Whether all that stands inside of generators extends continuously across the surface. Then the generators do.
    fn is_continuous_inside(&self, generators: &BTreeSet<usize>) -> Result<bool, AlgebraError> {
        for &generator in generators.iter().filter(|&&generator| generator != self.variable) {
            for value in inside(self.tower, generator) {
                if value.numerator().contains(self.variable)
                    && !self.is_continuous_itself(&self.tower.canonical(&value)?)?
                {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Whether a value is shown to vanish on the surface, generically.
    fn vanishes(&self, value: &RationalPolynomial) -> Result<bool, AlgebraError> {
        let factors: Vec<_> = self.tower.factors.iter().collect();
        let (cleared, exponents) = self.tower.cleared(value.numerator(), &factors)?;
        let infinite = factors.iter().zip(exponents).any(|(f, e)| e > 0 && self.divides(&f.polynomial));
        let w = self.of.numerator();
        let poles = self.tower.reciprocals.iter();
        let infinite =
            infinite || poles.into_iter().any(|&(x, u)| cleared.contains(u) && self.divides_variable(x));
        if infinite {
            return Ok(false);
        }
        // Roots of what vanishes on the surface vanish there.
        let mut rest = cleared;
        for (variable, generator) in self.tower.generators() {
            if let Generator::Root { radicand, .. } = generator
                && rest.contains(variable)
                && self.divides(radicand.numerator())
            {
                rest = rest.coefficients_in(variable).swap_remove(0);
            }
        }
        if rest.is_zero() || rest.exact_quotient(w).is_some() {
            return Ok(true);
        }
        // w = v with a relation vⁿ = r: the part without v vanishes where r does.
        if let &[(v, 1)] = w.factors(0).as_slice()
            && w.len() == 1
            && let Some((_, relation)) = self.tower.relation(v)
        {
            let without = rest.coefficients_in(v).swap_remove(0);
            return Ok(without.exact_quotient(&relation.numerator().primitive_part()).is_some());
        }
        Ok(false)
    }

    /// Whether a polynomial is a multiple of the function, so that it vanishes on the surface.
    fn divides(&self, polynomial: &Polynomial) -> bool {
        polynomial.exact_quotient(self.of.numerator()).is_some()
    }

    fn divides_variable(&self, variable: usize) -> bool {
        self.divides(&Polynomial::variable(variable))
    }
}

//! Where a function jumps: the surfaces w = 0 across which a function with sign(w) in it does not extend continuously.
//!
//! A function is A + B·sign(w) in the canonical form. It extends continuously across w = 0 where B vanishes there.
//!
//! Signs also hide where no square is recognised: √(1 − cos² x)/sin x is the sign of sin x. A function that is made of
//! roots, logarithms, and functions without singularities is continuous; it can jump only where it is divided by
//! something that vanishes. So a pole is a possible jump wherever a root or a logarithm may change its branch there.

use std::collections::BTreeSet;

use super::tower::{Generator, Tower};
use super::{AlgebraError, Element, Polynomial, RationalPolynomial, present, work};
use crate::expr::Expr;

/// A surface across which a function is not shown to extend continuously.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Jump {
    /// The function w; the surface is w = 0.
    pub surface: Expr,
}

impl Element {
    /// The surfaces w = 0 across which this function is not shown to extend continuously. Not among them are surfaces
    /// that a stated condition excludes, and surfaces on which the other function is infinite: with the energy as the
    /// other function, no motion crosses those. Where roots, sines or other signs hide how the other function behaves
    /// on a surface, it counts as infinite.
    ///
    /// # Errors
    /// Elements of two fields; sizes out of reach.
    pub fn jumps_where_finite(&self, other: &Element) -> Result<Vec<Jump>, AlgebraError> {
        self.join(other)?;
        let tower = &self.field().tower;
        let signed = tower.generators().filter_map(|(variable, generator)| match generator {
            Generator::Sign { of } => Some(Surface { tower, variable, of }),
            _ => None,
        });
        let surfaces: Vec<Surface> = signed.collect();
        if surfaces.is_empty()
            && !tower.generators().any(|(_, generator)| inside_branched(generator).is_some())
        {
            return Ok(Vec::new());
        }
        work::bounded(|| {
            let (own, other) = (tower.canonical(&self.value)?, tower.canonical(&other.value)?);
            let mut jumps: Vec<Jump> = hidden_sign(tower, &own, &other)?.into_iter().collect();
            for surface in surfaces {
                let Surface { variable, of, .. } = surface;
                if own.numerator().contains(variable)
                    && !surface.is_excluded()?
                    && !surface.is_continuous(&own)?
                    && !surface.is_barrier(&other)?
                    && (surface.is_continuous(&other)? || surface.has_plain_jump(&other))
                {
                    jumps.push(Jump { surface: present::express(tower, of) });
                }
            }
            Ok(jumps)
        })
    }
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
/// may jump there; poles that stand in the other value too are left out: it counts as infinite there.
fn hidden_sign(
    tower: &Tower,
    own: &RationalPolynomial,
    other: &RationalPolynomial,
) -> Result<Option<Jump>, AlgebraError> {
    let occurring = closure(tower, own.numerator().variables());
    let branched: Vec<&RationalPolynomial> = occurring
        .iter()
        .filter(|&&v| closure(tower, vec![v]).iter().any(|&u| u < tower.variables))
        .filter_map(|&v| inside_branched(tower.generator(v)?))
        .collect();
    let elsewhere = other.numerator().variables();
    let factors = tower.factors.iter().map(|f| (f.inverse, f.polynomial.clone()));
    let variables = tower.reciprocals.iter().map(|&(x, u)| (u, Polynomial::variable(x)));
    for (inverse, pole) in factors.chain(variables) {
        let varies = closure(tower, pole.variables()).iter().any(|&v| v < tower.variables);
        if !varies || !occurring.contains(&inverse) || elsewhere.contains(&inverse) {
            continue;
        }
        for inner in &branched {
            if changes_branch(tower, inner.numerator(), &pole)? {
                return Ok(Some(Jump { surface: present::express(tower, &pole.into()) }));
            }
        }
    }
    Ok(None)
}

/// Whether what stands under a root may vanish at a pole with real values on both sides: not if the two have no factor
/// in common, or if it changes its sign there. Only polynomials in symbols are looked at closely.
fn changes_branch(tower: &Tower, inner: &Polynomial, pole: &Polynomial) -> Result<bool, AlgebraError> {
    let symbols = tower.symbols.len();
    if inner.variables().into_iter().chain(pole.variables()).any(|v| v >= symbols) {
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
fn closure(tower: &Tower, variables: Vec<usize>) -> BTreeSet<usize> {
    let (mut found, mut open) = (BTreeSet::new(), variables);
    while let Some(variable) = open.pop() {
        if !found.insert(variable) {
            continue;
        }
        let values: Vec<&RationalPolynomial> = match tower.generator(variable) {
            Some(Generator::Cosine { angle } | Generator::Sine { angle }) => vec![angle],
            Some(Generator::Exponential { base, exponent }) => base.iter().chain([exponent]).collect(),
            Some(Generator::Logarithm { argument }) => vec![argument],
            Some(Generator::Root { radicand, .. }) => vec![radicand],
            Some(Generator::Sign { of }) => vec![of],
            Some(Generator::Inverse { factor }) => {
                open.extend(factor.variables());
                continue;
            }
            _ => continue,
        };
        values.into_iter().for_each(|value| open.extend(value.numerator().variables()));
    }
    found
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
    /// Whether the domain excludes the surface: a stated function that vanishes nowhere vanishes on it, or what is
    /// positive changes its sign there. That x² is positive makes a hole, which orbits pass if H has none.
    fn is_excluded(&self) -> Result<bool, AlgebraError> {
        for condition in &self.tower.nonzero {
            if self.vanishes(condition)? {
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

    /// Whether a canonical value extends continuously across the surface: the coefficient of the sign vanishes there.
    fn is_continuous(&self, value: &RationalPolynomial) -> Result<bool, AlgebraError> {
        let coefficients = value.numerator().coefficients_in(self.variable);
        match coefficients.get(1) {
            None => Ok(true),
            Some(jump) => self.vanishes(&jump.clone().into()),
        }
    }

    /// Whether no roots, sines or other signs stand in the coefficient of the sign. Then a value that is not infinite on
    /// the surface is finite there.
    fn has_plain_jump(&self, value: &RationalPolynomial) -> bool {
        let coefficients = value.numerator().coefficients_in(self.variable);
        let jump = coefficients.get(1).map(Polynomial::variables).unwrap_or_default();
        let occurring = jump.into_iter().chain(self.of.numerator().variables());
        !occurring.into_iter().any(|v| self.tower.is_algebraic(v))
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

    /// Whether a value is infinite on a side of the surface: a denominator vanishes there and what stands above it does
    /// not. Values with roots, exponentials, sines or other signs are never called infinite: what stands above may
    /// vanish on the surface, as in (exp(x) − 1)/x, or on a part of it.
    fn is_barrier(&self, value: &RationalPolynomial) -> Result<bool, AlgebraError> {
        let factors: Vec<_> = self.tower.factors.iter().collect();
        let (mut cleared, exponents) = self.tower.cleared(value.numerator(), &factors)?;
        let mut pole = factors.iter().zip(exponents).any(|(f, e)| e > 0 && self.divides(&f.polynomial));
        for &(x, u) in &self.tower.reciprocals {
            let power = cleared.degree(u);
            if power > 0 {
                cleared = self.tower.cleared_of_variable(&cleared, x, u, power)?;
                pole |= self.divides_variable(x);
            }
        }
        let occurring = cleared.variables().into_iter().chain(self.of.numerator().variables());
        let symbols = self.tower.symbols.len();
        let plain = occurring.into_iter().all(|v| v == self.variable || v < symbols);
        if !pole || !plain {
            return Ok(false);
        }
        // The values on the two sides, where the sign is 1 and −1.
        let mut parts = cleared.coefficients_in(self.variable);
        let jump = if parts.len() > 1 { parts.swap_remove(1) } else { Polynomial::zero() };
        let even = parts.swap_remove(0);
        let sides = [even.plus(&jump), even.minus(&jump)];
        Ok(sides.iter().any(|side| !side.is_zero() && !self.divides(side)))
    }

    /// Whether a polynomial is a multiple of the function, so that it vanishes on the surface.
    fn divides(&self, polynomial: &Polynomial) -> bool {
        polynomial.exact_quotient(self.of.numerator()).is_some()
    }

    fn divides_variable(&self, variable: usize) -> bool {
        self.divides(&Polynomial::variable(variable))
    }
}

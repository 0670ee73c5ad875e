//! Where a function is infinite: the surfaces w = 0 that no motion crosses if the function is its energy.
//!
//! Near the surface a value behaves like a power of w. The *order* of a polynomial is that power, found term by term:
//! w itself has order 1, a root of index n has the n-th part of the order of its radicand, what does not vanish on the
//! surface has order 0. Terms of the same order may cancel, so the least order counts only where one group of terms has
//! it alone. A value is infinite where the order of its numerator is less than that of its denominator, and what
//! multiplies the power of w in the numerator vanishes at no real point of the surface: px²/x⁴ is no barrier, as orbits
//! arrive with px = 0. Whatever is not seen to be so counts as finite.

use std::collections::{BTreeMap, BTreeSet};

use dashu_int::IBig;

use super::jumps::closure;
use super::tower::{Factor, Generator, Tower};
use super::{AlgebraError, Polynomial, RationalPolynomial};
use crate::expr::Rational;

/// Whether a value is infinite at least on one side of the surface w = 0.
pub(super) fn is_infinite_on(
    tower: &Tower,
    w: &Polynomial,
    value: &RationalPolynomial,
) -> Result<bool, AlgebraError> {
    let mut occurring = value.numerator().variables();
    occurring.extend(w.variables());
    if !are_free(tower, occurring) {
        return Ok(false);
    }
    let w = w.primitive_part();
    let own_sign = tower.generators().find_map(|(variable, generator)| match generator {
        Generator::Sign { of } => (of.numerator().primitive_part() == w).then_some(variable),
        _ => None,
    });
    let conserved = conserved(tower, value);
    let sides: &[Option<bool>] = if own_sign.is_some() { &[Some(true), Some(false)] } else { &[None] };
    for &side in sides {
        let surface = Surface { tower, w: &w, side: own_sign.zip(side), conserved: &conserved };
        if surface.is_infinite(value)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The variables that are constant along the motion with this energy: their conjugate variables do not stand in it.
fn conserved(tower: &Tower, energy: &RationalPolynomial) -> BTreeSet<usize> {
    let occurring = closure(tower, energy.numerator().variables());
    let dof = tower.variables / 2;
    let conjugate = |v: usize| if v < dof { v + dof } else { v - dof };
    (0..tower.variables).filter(|&v| !occurring.contains(&conjugate(v))).collect()
}

/// Whether the coefficient of the sign of w is finite and not 0 at w = 0, generically, so that there is a step.
pub(super) fn is_finite_step(
    tower: &Tower,
    w: &Polynomial,
    coefficient: &RationalPolynomial,
) -> Result<bool, AlgebraError> {
    let mut occurring = coefficient.numerator().variables();
    occurring.extend(w.variables());
    if !are_free(tower, occurring) {
        return Ok(false);
    }
    let w = w.primitive_part();
    let surface = Surface { tower, w: &w, side: None, conserved: &BTreeSet::new() };
    let order = surface.order_of_value(coefficient, false)?;
    Ok(order == Some(Rational::ZERO))
}

/// Whether only symbols and exponentials stand in polynomials, and these can be taken for independent variables that
/// take all values near the ones they have. A cosine does not: it takes the value 1 and turns back.
pub(super) fn are_plain(tower: &Tower, variables: Vec<usize>) -> bool {
    let plain =
        |&v: &usize| matches!(tower.generator(v), None | Some(Generator::Exponential { base: None, .. }));
    variables.iter().all(plain) && are_free(tower, variables)
}

/// Whether the symbols, cosines and exponentials in the definition of these variables can be taken for independent
/// variables: no variable of an angle or an exponent stands elsewhere too.
fn are_free(tower: &Tower, variables: Vec<usize>) -> bool {
    let mut owners: BTreeMap<usize, &Polynomial> = BTreeMap::new();
    let mut plain: BTreeSet<usize> = BTreeSet::new();
    let (mut seen, mut open) = (BTreeSet::new(), variables);
    while let Some(variable) = open.pop() {
        if !seen.insert(variable) {
            continue;
        }
        let inner = match tower.generator(variable) {
            None => {
                plain.insert(variable);
                continue;
            }
            Some(Generator::Pi | Generator::TwiceCosine { .. } | Generator::CosineOfPi { .. }) => continue,
            Some(Generator::Root { radicand, .. }) => radicand.numerator(),
            Some(Generator::Sign { of }) => of.numerator(),
            Some(Generator::Inverse { factor }) => factor,
            Some(Generator::Cosine { angle: inner } | Generator::Sine { angle: inner })
            | Some(Generator::Exponential { base: None, exponent: inner }) => {
                let symbols = inner.numerator().variables();
                let owned: Vec<usize> = symbols.iter().copied().filter(|&v| v < tower.variables).collect();
                if owned.is_empty() || symbols.iter().any(|&v| v >= tower.symbols.len()) {
                    return false;
                }
                for v in owned {
                    if *owners.entry(v).or_insert(inner.numerator()) != inner.numerator() {
                        return false;
                    }
                }
                continue;
            }
            Some(Generator::Exponential { .. } | Generator::Logarithm { .. }) => return false,
        };
        open.extend(inner.variables());
    }
    // The exponential and the cosine of one argument are no independent variables either.
    let kinds = |v: &usize| match tower.generator(*v) {
        Some(Generator::Cosine { angle } | Generator::Sine { angle }) => Some((0, angle.numerator())),
        Some(Generator::Exponential { base: None, exponent }) => Some((1, exponent.numerator())),
        _ => None,
    };
    let arguments: Vec<(u8, &Polynomial)> = seen.iter().filter_map(kinds).collect();
    let twice = arguments.iter().any(|(kind, a)| arguments.iter().any(|(other, b)| kind != other && a == b));
    !twice && owners.keys().all(|v| !plain.contains(v))
}

/// Variables with their exponents.
type Monomial = Vec<(usize, u32)>;

/// One side of a surface.
struct Surface<'a> {
    tower: &'a Tower,
    w: &'a Polynomial,
    /// The sign of w, and whether it is positive here.
    side: Option<(usize, bool)>,
    /// Variables that are constant along the motion. They vanish on orbits of measure zero alone.
    conserved: &'a BTreeSet<usize>,
}

impl Surface<'_> {
    fn is_infinite(&self, value: &RationalPolynomial) -> Result<bool, AlgebraError> {
        Ok(self.order_of_value(value, true)?.is_some_and(|order| order < Rational::ZERO))
    }

    /// The order of a value: that of its numerator less that of its denominator. With `surely` as in
    /// [`order`](Self::order).
    fn order_of_value(
        &self,
        value: &RationalPolynomial,
        surely: bool,
    ) -> Result<Option<Rational>, AlgebraError> {
        let factors: Vec<&Factor> = self.tower.factors.iter().collect();
        let (mut cleared, exponents) = self.tower.cleared(value.numerator(), &factors)?;
        let mut denominators: Vec<(Polynomial, u32)> =
            factors.iter().map(|f| f.polynomial.clone()).zip(exponents).filter(|(_, e)| *e > 0).collect();
        for &(x, u) in &self.tower.reciprocals {
            let power = cleared.degree(u);
            if power > 0 {
                cleared = self.tower.cleared_of_variable(&cleared, x, u, power)?;
                denominators.push((Polynomial::variable(x), power));
            }
        }
        let mut below = Rational::ZERO;
        for (denominator, power) in denominators {
            let Some(order) = self.order(&denominator, false)? else { return Ok(None) };
            below += order * Rational::from(power);
        }
        Ok(self.order(&cleared, surely)?.map(|above| above - below))
    }

    /// The order of a polynomial without reciprocals; `None` where it is not certain. With `surely` what multiplies the
    /// power of w must vanish at no real point of the surface, for no values of the parameters either.
    fn order(&self, polynomial: &Polynomial, surely: bool) -> Result<Option<Rational>, AlgebraError> {
        let mut orders: Vec<(Rational, bool)> = Vec::new();
        let groups = self.groups(polynomial)?;
        // Beside roots only the parameters are looked at.
        let is_plain = groups.iter().all(|(monomial, _)| monomial.is_empty());
        for (monomial, coefficient) in groups {
            let Some((power, rest)) = self.order_of_coefficient(&coefficient)? else { return Ok(None) };
            let mut order = Rational::from(power);
            for (variable, exponent) in monomial {
                let Some(own) = self.order_of_generator(variable)? else { return Ok(None) };
                order += own * Rational::from(exponent);
            }
            let certain = match (surely, is_plain) {
                (false, _) => true,
                (true, true) => self.vanishes_nowhere(&self.on_surface(&rest)?),
                (true, false) => self.is_certain(&rest)?,
            };
            orders.push((order, certain));
        }
        orders.sort();
        Ok(match orders.as_slice() {
            [(least, _), (next, _), ..] if least == next => None,
            [(least, true), ..] => Some(least.clone()),
            _ => None,
        })
    }

    /// The polynomial by monomials of roots, sines and signs; the own sign has its value.
    fn groups(&self, polynomial: &Polynomial) -> Result<Vec<(Monomial, Polynomial)>, AlgebraError> {
        let mut groups: BTreeMap<Monomial, Vec<(Monomial, IBig)>> = BTreeMap::new();
        for (factors, coefficient) in polynomial.terms() {
            let (mut special, mut rest, mut coefficient) = (Vec::new(), Vec::new(), coefficient);
            for (variable, exponent) in factors {
                match self.side {
                    Some((sign, positive)) if sign == variable => {
                        if !positive && exponent % 2 == 1 {
                            coefficient = -coefficient;
                        }
                    }
                    _ if self.tower.is_algebraic(variable) => special.push((variable, exponent)),
                    _ => rest.push((variable, exponent)),
                }
            }
            groups.entry(special).or_default().push((rest, coefficient));
        }
        let mut found = Vec::new();
        for (special, terms) in groups {
            let mut sum = Vec::new();
            for term in terms {
                sum.push(Polynomial::from_terms([term])?);
            }
            let coefficient = Polynomial::sum(&sum);
            if !coefficient.is_zero() {
                found.push((special, coefficient));
            }
        }
        Ok(found)
    }

    /// The order of a root, a sine or another sign.
    fn order_of_generator(&self, variable: usize) -> Result<Option<Rational>, AlgebraError> {
        let (value, index) = match self.tower.generator(variable) {
            Some(Generator::Root { radicand, index }) => (radicand.numerator().clone(), *index),
            Some(Generator::Sine { .. }) => {
                (Polynomial::one().minus(&Polynomial::monomial_of(variable - 1, 2)), 2)
            }
            Some(Generator::Sign { .. } | Generator::TwiceCosine { .. }) => return Ok(Some(Rational::ZERO)),
            _ => return Ok(None),
        };
        if value
            .variables()
            .into_iter()
            .any(|v| matches!(self.tower.generator(v), Some(Generator::Inverse { .. })))
        {
            return Ok(None);
        }
        Ok(self.order(&value, false)?.map(|order| order / Rational::from(index)))
    }

    /// The power of w in a polynomial in independent variables, and what is left; `None` where that vanishes on a part
    /// of the surface, or may do so.
    fn order_of_coefficient(
        &self,
        coefficient: &Polynomial,
    ) -> Result<Option<(u32, Polynomial)>, AlgebraError> {
        let (mut rest, mut order) = (coefficient.primitive_part(), 0);
        while let Some(quotient) = rest.exact_quotient(self.w) {
            (rest, order) = (quotient, order + 1);
        }
        let w_is_plain = !self.w.variables().into_iter().any(|v| self.tower.is_algebraic(v));
        if !w_is_plain || !rest.gcd(self.w)?.is_constant() {
            return Ok(None);
        }
        Ok(Some((order, rest)))
    }

    /// The polynomial on the surface: the highest power of one variable is expressed by lower ones. Where w has no
    /// variable to solve for, the polynomial as it is.
    fn on_surface(&self, polynomial: &Polynomial) -> Result<Polynomial, AlgebraError> {
        let is_parameter = |v: usize| (self.tower.variables..self.tower.symbols.len()).contains(&v);
        let leading = |v: usize| self.w.coefficients_in(v).pop().unwrap_or_else(Polynomial::zero);
        let monic = |&v: &usize| leading(v).is_one() || leading(v).negated().is_one();
        let inner = self.w.variables().into_iter().filter(|&v| !is_parameter(v));
        let mut rest = polynomial.clone();
        let Some(main) = inner.into_iter().find(monic) else { return Ok(rest) };
        let degree = self.w.degree(main);
        while rest.degree(main) >= degree {
            let above = rest.degree(main) - degree;
            let Some(top) = rest.coefficients_in(main).pop() else { break };
            let multiple = top.times(&leading(main))?.times(&Polynomial::monomial_of(main, above))?;
            rest = rest.minus(&multiple.times(self.w)?);
        }
        Ok(rest)
    }

    /// Whether a polynomial vanishes on the surface for no values of the parameters: some monomial in the other variables
    /// has a constant coefficient.
    fn is_certain(&self, polynomial: &Polynomial) -> Result<bool, AlgebraError> {
        let known = self.nonzero_variables();
        let is_parameter = |v: usize| (self.tower.variables..self.tower.symbols.len()).contains(&v);
        let is_open = |v: usize| is_parameter(v) && !known.contains(&v);
        if !polynomial.variables().into_iter().any(is_open) {
            return Ok(true);
        }
        let mut constant: BTreeMap<Monomial, bool> = BTreeMap::new();
        for (factors, _) in self.on_surface(polynomial)?.terms() {
            let (inside, outside): (Vec<_>, Vec<_>) = factors.into_iter().partition(|&(v, _)| is_open(v));
            let first = !constant.contains_key(&outside);
            constant.insert(outside, first && inside.is_empty());
        }
        Ok(constant.into_values().any(|constant| constant))
    }

    /// The variables that a condition keeps from vanishing.
    fn nonzero_variables(&self) -> BTreeSet<usize> {
        let known = self.tower.nonzero.iter().chain(&self.tower.domain);
        let known: BTreeSet<Polynomial> = known.map(|c| c.numerator().primitive_part()).collect();
        (0..self.tower.symbols.len()).filter(|&v| known.contains(&Polynomial::variable(v))).collect()
    }

    /// Whether a polynomial is seen to vanish at no real point that orbits reach, for no values of the parameters: up to
    /// a factor that is not 0, it is a sum of squares and of exponentials with coefficients of one sign, and one term has no square.
    fn vanishes_nowhere(&self, polynomial: &Polynomial) -> bool {
        let known = self.nonzero_variables();
        let is_nonzero = |v: usize| known.contains(&v) || self.conserved.contains(&v);
        let is_positive =
            |v: usize| matches!(self.tower.generator(v), Some(Generator::Exponential { .. } | Generator::Pi));
        let common: Monomial = polynomial.monomial_content();
        let parity =
            |v: usize| common.iter().find(|(c, _)| *c == v && is_nonzero(v)).map_or(0, |(_, e)| e % 2);
        let (mut positive, mut negative, mut is_apart) = (false, false, false);
        for (factors, coefficient) in polynomial.terms() {
            if factors.iter().any(|&(v, e)| (e + parity(v)) % 2 != 0 && !is_positive(v)) {
                return false;
            }
            positive |= coefficient > IBig::ZERO;
            negative |= coefficient < IBig::ZERO;
            is_apart |= factors.iter().all(|&(v, _)| is_positive(v) || is_nonzero(v));
        }
        is_apart && positive != negative
    }
}

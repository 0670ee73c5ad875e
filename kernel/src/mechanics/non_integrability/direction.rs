//! One rational Darboux direction, exactly: for potentials with roots, and for more than two degrees of freedom.

use std::collections::BTreeMap;

use super::homogeneous::HomogeneousPart;
use super::{Eigenvalue, excludes_irrational, is_excluded};
use crate::algebra::{Element, ZeroTest};
use crate::expr::{Expr, Function, Rational, Symbol};
use crate::galois::{RationalMatrix, characteristic_polynomial};

/// An eigenvalue of A V″(d)/γ outside the list.
pub(super) fn excluded(
    part: &HomogeneousPart,
    masses: &RationalMatrix,
    coordinates: &[Symbol],
    direction: &[Rational],
) -> Option<Eigenvalue> {
    if direction.len() != masses.len() {
        return None;
    }
    let matrix = variation(part.potential(), masses, coordinates, direction)?;
    let polynomial = characteristic_polynomial(&matrix).square_free_part();
    let rational = polynomial.rational_roots();
    if let Some(value) = rational.iter().find(|value| is_excluded(part.degree(), value)) {
        return Some(Eigenvalue::Rational(value.clone()));
    }
    let rest = rational.iter().fold(polynomial, |rest, value| rest.without_root(value));
    (rest.has_roots() && excludes_irrational(part.degree())).then_some(Eigenvalue::Irrational(rest))
}

/// What stands under roots and fractional powers.
fn collect_radicands(expr: &Expr, into: &mut Vec<Expr>) {
    match expr {
        Expr::Call(Function::Sqrt, argument) => into.push((**argument).clone()),
        Expr::Power(base, exponent) if !exponent.as_number().is_some_and(|power| power.is_int()) => {
            into.push((**base).clone());
        }
        _ => {}
    }
    expr.children().for_each(|child| collect_radicands(child, into));
}

/// A V″(d)/γ, where A∇V(d) = γd with γ ≠ 0 and the matrix is rational.
fn variation(
    potential: &Expr,
    masses: &RationalMatrix,
    coordinates: &[Symbol],
    direction: &[Rational],
) -> Option<RationalMatrix> {
    let dof = masses.len();
    let at: BTreeMap<Symbol, Expr> =
        coordinates.iter().cloned().zip(direction.iter().map(|x| Expr::number(x.clone()))).collect();
    let slopes: Vec<Expr> = coordinates.iter().map(|q| potential.derivative(q)).collect();
    let second = slopes.iter().flat_map(|slope| coordinates.iter().map(|q| slope.derivative(q)));
    // The potential itself is there so that its domain is asked for. The theorem asks that no root vanishes (Combot 2013).
    let mut radicands = Vec::new();
    collect_radicands(potential, &mut radicands);
    let roots = radicands.len();
    let all = radicands.into_iter().chain([potential.clone()]).chain(slopes.iter().cloned()).chain(second);
    let values: Vec<Expr> = all.map(|expr| expr.substitute(&at)).collect();
    let (field, elements) = Element::all_within(&[], &[], values.iter()).ok()?;
    if !elements[..roots].iter().all(|radicand| radicand.zero_test() == ZeroTest::NonZero) {
        return None;
    }
    let (gradient, hessian) = elements[roots + 1..].split_at(dof);
    let sum = |row: &[Rational], of: &dyn Fn(usize) -> Element| -> Option<Element> {
        let mut sum = Element::constant(&field, &Rational::ZERO);
        for (l, mass) in row.iter().enumerate() {
            sum = sum.plus(&of(l).scale(mass)).ok()?;
        }
        Some(sum)
    };
    let force: Vec<Element> =
        masses.iter().map(|row| sum(row, &|l| gradient[l].clone())).collect::<Option<_>>()?;
    let main = direction.iter().position(|x| !x.is_zero())?;
    let strength = force[main].scale(&(Rational::ONE / &direction[main]));
    if strength.zero_test() != ZeroTest::NonZero {
        return None;
    }
    for (own, x) in force.iter().zip(direction) {
        if !own.minus(&strength.scale(x)).ok()?.is_zero_form() {
            return None;
        }
    }
    let entry = |i: usize, j: usize| {
        let value = sum(&masses[i], &|l| hessian[l * dof + j].clone())?;
        value.divide(&strength).ok()?.as_constant()
    };
    (0..dof).map(|i| (0..dof).map(|j| entry(i, j)).collect()).collect()
}

//! Constants: numbers that are not rational, and functions of parameters.
//!
//! The search is over the field K of the constants. Its linear systems are solved with random values of the
//! constants, so the dimension of a space of integrals is the one over K. A law is then lifted to coefficients
//! that are polynomials in the constants ([`lift_over_constants`]). For the dimension to be right, every
//! relation between the constants must hold between their values. [`are_decided`] says whether all relations
//! are known.

use std::collections::{BTreeMap, BTreeSet};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::IntegralsError;
use super::atoms::{Atom, Atoms};
use super::generators::{cost, short_vectors};
use super::grading::Degree;
use super::levels::null_space;
use super::modular::{PrimeField, prime_fields};
use super::monomial::{Laurent, Monomial};
use super::point::{Polynomial, image};
use super::solve::{Column, Problem, combination, independent_functions, supported};
use crate::algebra::Element;
use crate::expr::{Expr, Function, Rational};
use crate::laurent::PowerProduct;
use crate::mechanics::PhaseSpace;
use crate::progress::CancelToken;

/// The largest degree in the parameters of a coefficient. The Laplace–Runge–Lenz vector of two bodies has degree 5 in
/// their masses and the constant of gravity.
const MAX_DEGREE: u32 = 6;
/// The most products of constants in coefficients.
const MAX_PRODUCTS: usize = 600;
/// The number of primes over which a nested radicand is tested for being no square.
const NESTED_PRIMES: usize = 256;
/// How many values of parameters and signs to try over each of them.
const NESTED_TRIES: usize = 32;
/// The most unknowns of a system for one law.
const MAX_UNKNOWNS: usize = 800;

/// Brings each constant in the formula into the kernel's canonical form: 12·sin(π/6) becomes 6.
///
/// The kernel knows relations that the values modulo a prime do not satisfy by themselves: between cosines of
/// multiples of π, between logarithms of rationals, between nested roots.
pub fn with_canonical_constants(formula: &Expr, space: &PhaseSpace) -> Expr {
    let mut constants = Vec::new();
    gathered(formula, space, &mut |constant| {
        constants.push(constant.clone());
        constant.clone()
    });
    if constants.is_empty() {
        return formula.clone();
    }
    let Ok((_, elements)) = Element::all_from(&[], &constants) else { return formula.clone() };
    let known: BTreeMap<Expr, Expr> =
        constants.into_iter().zip(elements.iter().map(Element::to_expr)).collect();
    gathered(formula, space, &mut |constant| known.get(constant).unwrap_or(constant).clone())
}

/// The formula without its factors that are constants but not numbers; `None` if there are none.
pub fn without_constant_factors(formula: &Expr, space: &PhaseSpace) -> Option<Expr> {
    let Expr::Product(items) = formula else { return None };
    let varies =
        |e: &Expr| e.as_number().is_some() || e.symbols().iter().any(|s| space.variables().contains(s));
    let kept: Vec<Expr> = items.iter().filter(|item| varies(item)).cloned().collect();
    (kept.len() < items.len()).then(|| Expr::product(kept))
}

/// The constants in the kernel's canonical form, if that contains no sines and cosines.
pub fn in_roots<const N: usize>(constants: [Expr; N]) -> Option<[Expr; N]> {
    let (_, elements) = Element::all_from(&[], &constants).ok()?;
    let written: Vec<Expr> = elements.iter().map(Element::to_expr).collect();
    if written.iter().any(is_circular) { None } else { written.try_into().ok() }
}

/// Whether a sine, cosine or tangent occurs.
fn is_circular(formula: &Expr) -> bool {
    matches!(formula, Expr::Call(Function::Sin | Function::Cos | Function::Tan, _))
        || formula.children().any(is_circular)
}

/// Replaces the largest constant parts of the formula, except rational numbers and single symbols.
fn gathered(formula: &Expr, space: &PhaseSpace, replace: &mut impl FnMut(&Expr) -> Expr) -> Expr {
    let is_constant = |e: &Expr| e.symbols().iter().all(|s| !space.variables().contains(s));
    let is_plain = |e: &Expr| e.as_number().is_some() || matches!(e, Expr::Symbol(_) | Expr::Pi);
    if is_constant(formula) {
        return if is_plain(formula) { formula.clone() } else { replace(formula) };
    }
    match formula {
        Expr::Sum(items) | Expr::Product(items) => {
            let (constant, other): (Vec<&Expr>, Vec<&Expr>) = items.iter().partition(|e| is_constant(e));
            let sum = matches!(formula, Expr::Sum(_));
            let join = |parts: Vec<Expr>| if sum { Expr::sum(parts) } else { Expr::product(parts) };
            let mut parts: Vec<Expr> = Vec::new();
            if !constant.is_empty() {
                let joined = join(constant.into_iter().cloned().collect());
                parts.push(if is_plain(&joined) { joined } else { replace(&joined) });
            }
            parts.extend(other.into_iter().map(|e| gathered(e, space, replace)));
            join(parts)
        }
        _ => formula.map_children(|child| gathered(child, space, replace)),
    }
}

/// Whether the constants have no relations but those that their values over F_p satisfy.
///
/// Parameters are independent, and so are their logarithms, and the exponentials, sines and cosines of
/// different products of them. Roots of rationals have only the relations of their definitions and products.
/// In addition there may be one transcendental kind of number: π, or exponentials of rationals (Lindemann), or
/// one logarithm of a rational. Whether several of these have relations is not known.
pub fn are_decided(atoms: &Atoms) -> bool {
    let (mut kinds, mut nested) = (BTreeSet::new(), 0);
    let constants = (0..atoms.list.len()).filter(|&i| atoms.is_constant(i));
    let symbol = |i: usize| matches!(atoms.list[i], Atom::Constant(Expr::Symbol(_)));
    for index in constants {
        let reach = atoms.reach(index);
        let below = || reach.iter().copied().filter(|&i| i != index);
        match &atoms.list[index] {
            Atom::Constant(Expr::Pi) => {
                kinds.insert("pi".to_owned());
            }
            Atom::Constant(_) | Atom::Divisor(_) => {}
            Atom::Sine(_) | Atom::Cosine(_) | Atom::Exponential(_) if below().next().is_none() => {
                kinds.insert("exp".to_owned());
            }
            Atom::Sine(_) | Atom::Cosine(_) | Atom::Exponential(_) if below().all(symbol) => {}
            Atom::Logarithm(argument) if argument.as_constant().is_some() => {
                kinds.insert(format!("log {index}"));
            }
            Atom::Logarithm(argument)
                if below().all(symbol) && below().count() == 1 && is_one_atom(argument) => {}
            Atom::Root { base, .. } if base.as_constant().is_some() || is_one_atom(base) => {}
            Atom::Root { base, index: k } => {
                nested += 1;
                if k % 2 == 0 && !is_no_square(atoms, base) {
                    return false;
                }
            }
            _ => return false,
        }
    }
    kinds.len() <= 1 && nested <= 1
}

/// Whether a constant is proved to be no square of a constant: it is no square modulo some prime, for some
/// values of the parameters and some signs of the roots. (3 + 2√2 is the square of 1 + √2.)
fn is_no_square(atoms: &Atoms, value: &Laurent) -> bool {
    let mut random = ChaCha8Rng::seed_from_u64(value.len() as u64);
    prime_fields().take(NESTED_PRIMES).any(|field| {
        let Some(image) = image(field, value) else { return false };
        (0..NESTED_TRIES)
            .find_map(|_| constant_values(atoms, field, &image, &mut random))
            .is_some_and(|value| value != 0 && field.square_root(value).is_none())
    })
}

/// The value of a polynomial at random values of the constants; `None` if one of their other roots does not
/// exist, or the polynomial contains other constants than parameters and roots.
fn constant_values(
    atoms: &Atoms,
    field: PrimeField,
    polynomial: &Polynomial,
    random: &mut ChaCha8Rng,
) -> Option<u32> {
    let stands = |p: &Polynomial, i: usize| p.iter().any(|(m, _)| m.has(i));
    let mut values = vec![1u32; atoms.list.len()];
    for index in (0..atoms.list.len()).filter(|&i| atoms.is_constant(i)) {
        values[index] = match &atoms.list[index] {
            Atom::Constant(_) => random.random_range(1..field.modulus()),
            Atom::Root { base, .. } if image(field, base).as_ref() == Some(polynomial) => 1,
            // Roots that do not occur in the polynomial must exist too: it may be a square in their field.
            Atom::Root { base, index: k } => {
                let root = field.root(sum_at(field, &image(field, base)?, &values)?, *k)?;
                if k % 2 == 0 && random.random_range(0..2) == 1 { field.negate(root) } else { root }
            }
            _ if stands(polynomial, index) => return None,
            _ => 1,
        };
    }
    sum_at(field, polynomial, &values)
}

/// The value of a polynomial at values of the atoms.
fn sum_at(field: PrimeField, polynomial: &Polynomial, values: &[u32]) -> Option<u32> {
    polynomial.iter().try_fold(0, |sum, (monomial, coefficient)| {
        let product = monomial.iter().zip(values).try_fold(*coefficient, |product, (&e, &v)| {
            let base = if e < 0 { field.inverse(v)? } else { v };
            Some(field.multiply(product, field.power(base, u64::from(e.unsigned_abs()))))
        })?;
        Some(field.add(sum, product))
    })
}

/// Whether the value is one atom.
fn is_one_atom(value: &Laurent) -> bool {
    value.single().is_some_and(|(m, c)| *c == Rational::ONE && m.iter().sum::<i32>() == 1)
}

/// Whether there are any constants.
pub fn has_constants(atoms: &Atoms) -> bool {
    (0..atoms.list.len()).any(|i| atoms.is_constant(i))
}

/// The monomial without its constants.
pub fn without_constants(atoms: &Atoms, monomial: &Monomial) -> Monomial {
    monomial.iter().enumerate().map(|(i, &e)| if e != 0 && atoms.is_constant(i) { 0 } else { e }).collect()
}

/// The integral Σ c·column whose coefficients are polynomials in the constants. The columns must have only one
/// integral over K, up to a factor. `None` if the degree of the coefficients is too high, or the token was
/// cancelled.
pub fn lift_over_constants(
    problem: &Problem,
    columns: &[Column],
    token: &CancelToken,
) -> Result<Option<Laurent>, IntegralsError> {
    let points = problem.free_points(0)?;
    let dof = problem.atoms.dof;
    let mut tried: Vec<usize> = Vec::new();
    for degree in 0..=MAX_DEGREE {
        let Some(products) = products(&problem.atoms, degree) else { break };
        let Some(kept) = independent_functions(&points, &products, token)? else { return Ok(None) };
        if tried.contains(&kept.len()) {
            continue;
        }
        tried.push(kept.len());
        let mut groups: BTreeMap<Degree, Vec<(usize, Column)>> = BTreeMap::new();
        for (place, column) in columns.iter().enumerate() {
            for product in kept.iter().map(|&k| &products[k]) {
                let term = column.times_term(product, &Rational::ONE);
                let Some((monomial, _)) = term.leading() else { continue };
                groups.entry(problem.fine_grading().degree(monomial)).or_default().push((place, term));
            }
        }
        for group in groups.into_values() {
            let covers = (0..columns.len()).all(|k| group.iter().any(|(place, _)| *place == k));
            if !covers || group.len() > MAX_UNKNOWNS {
                continue;
            }
            let terms: Vec<Column> = group.into_iter().map(|(_, term)| term).collect();
            let Some(null) = null_space(&points, &terms, token)? else { return Ok(None) };
            let mut vectors =
                if null.is_empty() { Vec::new() } else { short_vectors(points.field(), &terms, &null, dof) };
            vectors.sort_by_cached_key(|v| cost(&terms, v, dof));
            for vector in vectors.iter().take(3) {
                if let Some(law) = lifted(problem, &terms, vector, token)? {
                    return Ok(Some(law));
                }
            }
        }
    }
    Ok(None)
}

/// The integral with rational coefficients that equals the vector modulo the first prime.
fn lifted(
    problem: &Problem,
    terms: &[Column],
    vector: &[u32],
    token: &CancelToken,
) -> Result<Option<Laurent>, IntegralsError> {
    let (_, chosen, image) = supported(terms, vector);
    let values = problem.lift(&chosen, &image, token)?;
    Ok(values.map(|values| combination(&chosen, &values)))
}

/// Products of constants up to a degree, simplest first; `None` if there are too many. Roots do not count
/// towards the degree.
fn products(atoms: &Atoms, degree: u32) -> Option<Vec<Monomial>> {
    let mut all: Vec<(Monomial, u32)> = vec![(Monomial::one(), 0)];
    for index in (0..atoms.list.len()).filter(|&i| atoms.is_constant(i)) {
        let (most, counts) = match &atoms.list[index] {
            Atom::Root { index, .. } => (index - 1, false),
            Atom::Sine(_) => (1, true),
            Atom::Divisor(_) => continue,
            _ => (degree, true),
        };
        let mut longer = Vec::new();
        for (monomial, used) in &all {
            for exponent in 0..=if counts { most.min(degree - used) } else { most } {
                let product = monomial.times(&Monomial::atom(index, exponent as i32));
                longer.push((product, used + if counts { exponent } else { 0 }));
            }
        }
        if longer.len() > MAX_PRODUCTS {
            return None;
        }
        all = longer;
    }
    let mut all: Vec<Monomial> = all.into_iter().map(|(m, _)| m).collect();
    all.sort_by_key(|m| (m.iter().sum::<i32>(), m.clone()));
    Some(all)
}

//! The linear systems {F, H} = 0: rows are random points over F_p, columns are terms.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::Instant;

use dashu_int::{IBig, UBig};
use rayon::prelude::*;

use super::IntegralsError;
use super::atoms::{Atom, Atoms};
use super::grading::{Degree, Grading};
use super::laurent::{Laurent, Monomial};
use super::point::{Point, Reduced};
use crate::algebra::modular::{PrimeField, Residues, prime_fields};
use crate::algebra::null_space::Echelon;
use crate::expr::Rational;

/// Points beyond the rank at which null vectors must hold.
const EXTRA_POINTS: usize = 12;
/// Rows that are formed and inserted together.
const CHUNK: usize = 64;
/// Points that are worth sharing out between threads.
const PARALLEL_POINTS: usize = 400;
/// The most primes that coefficients are lifted over.
const MAX_PRIMES: usize = 40;

/// A Hamiltonian taken apart: atoms, expansion, gradings, primes.
#[derive(Debug)]
pub struct Problem {
    /// The atoms.
    pub atoms: Atoms,
    /// H in the atoms.
    pub hamiltonian: Laurent,
    /// Degrees under which everything is homogeneous.
    pub grading: Grading,
    products: Vec<(usize, usize, Monomial)>,
    fields: Vec<PrimeField>,
}

impl Problem {
    /// Takes the expansion apart. The primes are those over which all constant roots exist.
    ///
    /// # Errors
    /// [`IntegralsError::NoPoint`] where there is no such prime.
    pub fn new(atoms: Atoms, hamiltonian: Laurent) -> Result<Problem, IntegralsError> {
        let products = root_products(&atoms);
        let grading = Grading::of(&atoms, &hamiltonian, &products);
        static PRIMES: OnceLock<Vec<PrimeField>> = OnceLock::new();
        let suitable = |field: &PrimeField| Reduced::new(*field, &atoms, &hamiltonian, &products).is_some();
        let first = PRIMES.get_or_init(|| prime_fields().take(MAX_PRIMES).collect());
        let mut fields: Vec<PrimeField> = first.iter().copied().filter(suitable).collect();
        if fields.len() < MAX_PRIMES / 2 {
            fields = prime_fields().take(2048).filter(suitable).take(MAX_PRIMES).collect();
        }
        if fields.is_empty() {
            return Err(IntegralsError::NoPoint);
        }
        Ok(Problem { atoms, hamiltonian, grading, products, fields })
    }

    /// H over one of the primes.
    pub fn reduced(&self, prime: usize) -> Result<Reduced<'_>, IntegralsError> {
        let field = *self.fields.get(prime).ok_or(IntegralsError::NoPoint)?;
        Reduced::new(field, &self.atoms, &self.hamiltonian, &self.products).ok_or(IntegralsError::NoPoint)
    }

    /// The rational coefficients, coprime integers, of the integral in the span of `columns` that is
    /// `vector` modulo the first prime; `None` where there is none or it is not unique up to a factor.
    pub fn lift(&self, columns: &[Column], vector: &[u32]) -> Result<Option<Vec<Rational>>, IntegralsError> {
        let first = *self.fields.first().ok_or(IntegralsError::NoPoint)?;
        let Some(scale) = vector.last().and_then(|&v| first.inverse(v)) else { return Ok(None) };
        let monic: Vec<u32> = vector.iter().map(|&v| first.multiply(v, scale)).collect();
        let mut residues = Residues::new(first, &monic);
        for prime in 1..self.fields.len() {
            if let Some(values) = residues.rationals()
                && self.holds(&values, columns, prime)?
            {
                return Ok(Some(coprime(values)));
            }
            let reduced = self.reduced(prime)?;
            let mut points = Points::new(&reduced);
            points.extend(points_needed(columns.len()))?;
            let Some(null) = null_space(reduced.field, &points.list, columns, None)? else { return Ok(None) };
            let [vector] = &null[..] else { return Ok(None) };
            // The echelon form makes the last entry 1 whenever no entry vanishes.
            let Some(scale) = vector.last().and_then(|&v| reduced.field.inverse(v)) else { return Ok(None) };
            let monic: Vec<u32> = vector.iter().map(|&v| reduced.field.multiply(v, scale)).collect();
            residues.extend(reduced.field, &monic);
        }
        Ok(None)
    }

    /// Whether the combination is conserved at some points over another prime.
    fn holds(&self, values: &[Rational], columns: &[Column], prime: usize) -> Result<bool, IntegralsError> {
        let reduced = self.reduced(prime)?;
        let field = reduced.field;
        let Some(images) = values.iter().map(|v| field.from_rational(v)).collect::<Option<Vec<u32>>>() else {
            return Ok(false);
        };
        let mut points = Points::new(&reduced);
        points.extend(2)?;
        let rows: Vec<Option<Vec<u32>>> =
            points.list.iter().map(|p| bracket_row(field, p, columns)).collect();
        Ok(rows.into_iter().all(|row| {
            row.is_some_and(|row| {
                row.iter().zip(&images).fold(0, |s, (&a, &b)| field.add(s, field.multiply(a, b))) == 0
            })
        }))
    }
}

/// A column: a term, or a sum of several.
pub type Column = Laurent;

/// Random points, made on demand and kept.
pub struct Points<'a, 'b> {
    reduced: &'a Reduced<'b>,
    /// The points so far.
    pub list: Vec<Point>,
}

impl<'a, 'b> Points<'a, 'b> {
    /// None yet.
    pub fn new(reduced: &'a Reduced<'b>) -> Points<'a, 'b> {
        Points { reduced, list: Vec::new() }
    }

    /// At least `count` points.
    pub fn extend(&mut self, count: usize) -> Result<(), IntegralsError> {
        let from = self.list.len() as u64;
        let more: Result<Vec<Point>, IntegralsError> = if count > self.list.len() + PARALLEL_POINTS {
            (from..count as u64).into_par_iter().map(|n| self.reduced.point(n)).collect()
        } else {
            (from..count as u64).map(|n| self.reduced.point(n)).collect()
        };
        self.list.extend(more?);
        Ok(())
    }
}

/// The brackets of the columns with H at a point; `None` where p divides a denominator.
fn bracket_row(field: PrimeField, point: &Point, columns: &[Column]) -> Option<Vec<u32>> {
    columns
        .iter()
        .map(|column| {
            column.terms.iter().try_fold(0, |sum, (monomial, coefficient)| {
                let bracket = point.bracket(field, monomial).1;
                let factor = if coefficient.is_one() { 1 } else { field.from_rational(coefficient)? };
                Some(field.add(sum, field.multiply(factor, bracket)))
            })
        })
        .collect()
}

/// Points that a system of so many columns may take.
pub fn points_needed(columns: usize) -> usize {
    columns + 2 * EXTRA_POINTS + CHUNK
}

/// A basis modulo p of the combinations of the columns that commute with H, each vector with a 1 at its
/// last entry. `None` where the deadline has passed. `points` holds at least [`points_needed`].
///
/// # Errors
/// [`IntegralsError::NoPoint`] where the points do not settle the rank.
pub fn null_space(
    field: PrimeField,
    points: &[Point],
    columns: &[Column],
    deadline: Option<Instant>,
) -> Result<Option<Vec<Vec<u32>>>, IntegralsError> {
    let mut echelon = Echelon::new(field, columns.len());
    let (mut used, mut idle) = (0, 0);
    while idle < EXTRA_POINTS && echelon.rank() < columns.len() {
        if deadline.is_some_and(|d| Instant::now() > d) {
            return Ok(None);
        }
        // First as many rows as there can be pivots, then a few that must bring nothing new.
        let wanted = CHUNK.min((columns.len() - echelon.rank()) + EXTRA_POINTS);
        let chunk = points.get(used..used + wanted).ok_or(IntegralsError::NoPoint)?;
        let row = |p: &Point| bracket_row(field, p, columns);
        let rows: Option<Vec<Vec<u32>>> = if columns.len() > 200 {
            chunk.par_iter().map(row).collect()
        } else {
            chunk.iter().map(row).collect()
        };
        let rows = rows.ok_or(IntegralsError::NoPoint)?;
        let gained = echelon.insert_all(&rows);
        idle = if gained == 0 { idle + rows.len() } else { rows.len() - gained };
        used += wanted;
    }
    Ok(Some(echelon.null_space()))
}

/// The functions that are linearly independent of those before them, as indices. `points` holds at
/// least [`points_needed`].
pub fn independent_functions(
    field: PrimeField,
    points: &[Point],
    functions: &[&Monomial],
) -> Result<Vec<usize>, IntegralsError> {
    let mut echelon = Echelon::new(field, functions.len());
    let (mut used, mut idle) = (0, 0);
    while idle < EXTRA_POINTS && echelon.rank() < functions.len() {
        let wanted = CHUNK.min((functions.len() - echelon.rank()) + EXTRA_POINTS);
        let chunk = points.get(used..used + wanted).ok_or(IntegralsError::NoPoint)?;
        let rows: Vec<Vec<u32>> =
            chunk.iter().map(|p| functions.iter().map(|f| p.value(field, f)).collect()).collect();
        let gained = echelon.insert_all(&rows);
        idle = if gained == 0 { idle + rows.len() } else { rows.len() - gained };
        used += wanted;
    }
    Ok(echelon.pivots().to_vec())
}

/// Columns by degree; those with terms of several degrees join these into one block. Blocks and the
/// columns in them are in order of first appearance.
pub fn blocks(grading: &Grading, columns: &[Column]) -> Vec<Vec<usize>> {
    let mut block_of: BTreeMap<Degree, usize> = BTreeMap::new();
    let mut blocks: Vec<Vec<usize>> = Vec::new();
    for (index, column) in columns.iter().enumerate() {
        let degrees: Vec<Degree> = column.terms.keys().map(|m| grading.degree(m)).collect();
        let mut targets: Vec<usize> = degrees.iter().filter_map(|d| block_of.get(d).copied()).collect();
        targets.sort();
        targets.dedup();
        let target = targets.first().copied().unwrap_or_else(|| {
            blocks.push(Vec::new());
            blocks.len() - 1
        });
        for &other in targets.iter().skip(1) {
            let moved = std::mem::take(&mut blocks[other]);
            blocks[target].extend(moved);
            block_of.values_mut().filter(|b| **b == other).for_each(|b| *b = target);
        }
        degrees.into_iter().for_each(|d| {
            block_of.insert(d, target);
        });
        blocks[target].push(index);
    }
    blocks.retain(|b| !b.is_empty());
    blocks.iter_mut().for_each(|b| b.sort());
    blocks
}

/// The same up to a factor, as coprime integers.
pub fn coprime(values: Vec<Rational>) -> Vec<Rational> {
    let common = values.iter().fold(UBig::ONE, |a, v| {
        let shared = dashu_base::ring::Gcd::gcd(&a, v.denominator());
        a / shared * v.denominator()
    });
    let shared = values.iter().fold(UBig::ZERO, |a, v| {
        let scaled = (v * Rational::from(common.clone())).numerator().clone().into_parts().1;
        if a.is_zero() {
            scaled
        } else if scaled.is_zero() {
            a
        } else {
            dashu_base::ring::Gcd::gcd(a, scaled)
        }
    });
    if shared.is_zero() {
        return values;
    }
    let factor = Rational::from_parts(IBig::from(common), shared);
    values.iter().map(|v| v * &factor).collect()
}

/// Pairs of square roots whose radicands multiply to the square of a monomial, which the product of
/// the roots then is (up to the choice of sign, made once).
fn root_products(atoms: &Atoms) -> Vec<(usize, usize, Monomial)> {
    let mut found: Vec<(usize, usize, Monomial)> = Vec::new();
    let square_roots: Vec<(usize, &Laurent)> = atoms
        .list
        .iter()
        .enumerate()
        .filter_map(|(i, a)| match a {
            Atom::Root { base, index: 2 } if base.terms.len() > 1 => Some((i, base)),
            _ => None,
        })
        .collect();
    for (k, &(j, second)) in square_roots.iter().enumerate() {
        for &(i, first) in &square_roots[..k] {
            let Ok(product) = first.times(second) else { continue };
            let Some(reduced) = reduce_roots(atoms, &product) else { continue };
            let Some((monomial, coefficient)) = reduced.single() else { continue };
            if coefficient.is_one() && monomial.iter().all(|e| e % 2 == 0) && !found.iter().any(|f| f.1 == j)
            {
                found.push((i, j, monomial.iter().map(|e| e / 2).collect()));
            }
        }
    }
    found
}

/// R² replaced by its radicand everywhere.
fn reduce_roots(atoms: &Atoms, value: &Laurent) -> Option<Laurent> {
    let mut value = value.clone();
    for (index, atom) in atoms.list.iter().enumerate().rev() {
        let Atom::Root { base, index: k } = atom else { continue };
        let mut reduced = Laurent::default();
        for (m, c) in &value.terms {
            let exponent = *m.get(index).unwrap_or(&0);
            if exponent < *k as i32 {
                reduced.add_term(m.clone(), c);
                continue;
            }
            let mut rest = m.clone();
            rest[index] = exponent % *k as i32;
            let power = base.power((exponent / *k as i32) as u32).ok()?;
            reduced = reduced.plus(&power.times(&Laurent::term(rest, c.clone())).ok()?);
        }
        value = reduced;
    }
    Some(value)
}

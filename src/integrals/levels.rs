//! The linear system {Σ c·column, H} = 0, solved level by level of the momentum degree.
//!
//! Let H_d be the part of H of momentum degree d, and t the largest of these degrees. The part of {F, H} of
//! momentum degree e is Σ_d {F_{e − d + 1}, H_d}, and it vanishes for every e. From the highest e downwards each
//! of these equations brings the columns of one further degree, m = e − t + 1. So a level has few unknowns: the
//! columns of degree m, and one coefficient for each solution of the levels above. The echelon forms of all levels
//! together cost a fraction of that of the whole system.
//!
//! Where momenta stand inside roots or divisors, or a column has terms of several degrees, there are no such degrees,
//! and everything is one level; so it is where columns are few.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use rayon::prelude::*;

use super::IntegralsError;
use super::echelon::{Echelon, add_multiples, subtract_multiple};
use super::modular::PrimeField;
use super::monomial::Monomial;
use super::point::{Point, Points, image};
use super::solve::Column;
use crate::laurent::PowerProduct;
use crate::progress::CancelToken;

/// Points beyond the rank at which null vectors must hold.
pub const EXTRA_POINTS: usize = 6;
/// Rows that are formed and inserted together.
const CHUNK: usize = 64;
/// Up to so many columns, one level takes less time than several: on the seven cases of `benches/integrals.rs` that are
/// compared with FLINT.
const FEW_COLUMNS: usize = 64;
/// Unknowns from which on the rows of a chunk are shared out between threads.
const PARALLEL_UNKNOWNS: usize = 200;
/// Entries of combined vectors from which on these are shared out between threads.
const PARALLEL_ENTRIES: usize = 40_000;

/// A basis modulo p of the combinations of the columns that commute with H, each vector with a 1 at its
/// last entry, where all others vanish. `None` where the token ended the work.
///
/// # Errors
/// [`IntegralsError::NoPoint`] where points cannot be had, or p divides a denominator.
pub fn null_space(
    points: &Points,
    columns: &[Column],
    token: &CancelToken,
) -> Result<Option<Vec<Vec<u32>>>, IntegralsError> {
    let system = System::of(points, columns)?;
    let mut solved = Solved { field: points.field(), vectors: Vec::new(), width: columns.len() };
    for &degree in system.equations.iter().rev() {
        let Some(next) = system.level(points, &solved, degree, token)? else { return Ok(None) };
        solved = next;
    }
    solved.reduce();
    Ok(Some(solved.vectors))
}

/// The columns taken apart for evaluation at points.
struct System {
    /// Products of momenta, and functions of the coordinates, that occur in columns.
    factors: Vec<Monomial>,
    columns: Vec<ColumnTerms>,
    /// Columns by momentum degree.
    by_degree: BTreeMap<i32, Vec<usize>>,
    /// Momentum degrees of the parts of H, in the order of the points.
    parts: Vec<i32>,
    /// Whether H is one part, and all is one level.
    undivided: bool,
    /// The momentum degrees of {F, H}.
    equations: BTreeSet<i32>,
    /// The values of the factors at the first points, as far as they were asked for: levels share them.
    values: Vec<OnceLock<FactorValues>>,
}

/// A column as a sum of coefficient · factor · factor.
struct ColumnTerms {
    degree: i32,
    terms: Vec<(u32, usize, usize)>,
}

/// The values of the factors at a point, and their rates {a, H_d}/a for each part H_d.
struct FactorValues {
    values: Vec<u32>,
    rates: Vec<Vec<u32>>,
}

/// A basis of the solutions of the equations so far, over all columns.
struct Solved {
    field: PrimeField,
    vectors: Vec<Vec<u32>>,
    width: usize,
}

impl System {
    fn of(points: &Points, columns: &[Column]) -> Result<System, IntegralsError> {
        let field = points.field();
        let dof = points.reduced.dof();
        let momentum_degree = |m: &Monomial| m.iter().skip(dof).take(dof).sum::<i32>();
        let homogeneous = |column: &Column| {
            let mut degrees = column.monomials().map(momentum_degree);
            let first = degrees.next();
            degrees.all(|degree| Some(degree) == first)
        };
        let undivided =
            columns.len() <= FEW_COLUMNS || !points.reduced.is_graded() || !columns.iter().all(homogeneous);
        let parts = if undivided { vec![1] } else { points.reduced.part_degrees() };
        let mut numbers: BTreeMap<Monomial, usize> = BTreeMap::new();
        let mut number = |monomial: Monomial| {
            let next = numbers.len();
            *numbers.entry(monomial).or_insert(next)
        };
        let mut taken = Vec::new();
        for column in columns {
            let terms = image(field, column).ok_or(IntegralsError::NoPoint)?;
            let degree = if undivided { 0 } else { terms.first().map_or(0, |(m, _)| momentum_degree(m)) };
            let terms = terms.into_iter().map(|(monomial, coefficient)| {
                let (momenta, function) = split(&monomial, dof);
                (coefficient, number(momenta), number(function))
            });
            taken.push(ColumnTerms { degree, terms: terms.collect() });
        }
        let mut factors = vec![Monomial::one(); numbers.len()];
        numbers.into_iter().for_each(|(monomial, at)| factors[at] = monomial);
        let mut by_degree: BTreeMap<i32, Vec<usize>> = BTreeMap::new();
        taken.iter().enumerate().for_each(|(k, c)| by_degree.entry(c.degree).or_default().push(k));
        let equations = by_degree.keys().flat_map(|m| parts.iter().map(move |d| m + d - 1)).collect();
        let values = std::iter::repeat_with(OnceLock::new).take(columns.len() + CHUNK).collect();
        Ok(System { factors, columns: taken, by_degree, parts, undivided, equations, values })
    }

    /// The solutions of the equation of that momentum degree among combinations of the solutions so far and
    /// the columns that it brings.
    fn level(
        &self,
        points: &Points,
        before: &Solved,
        equation: i32,
        token: &CancelToken,
    ) -> Result<Option<Solved>, IntegralsError> {
        let field = points.field();
        let highest = self.parts.iter().copied().max().unwrap_or(0);
        let leading = self.parts.iter().position(|&d| d == highest).unwrap_or(0);
        let none = Vec::new();
        let new = self.by_degree.get(&(equation - highest + 1)).unwrap_or(&none);
        // Columns that solutions so far contain and that stand in this equation, with the part of H that brings them.
        let known: Vec<(usize, usize, Vec<u32>)> = (0..self.columns.len())
            .filter_map(|k| {
                let part = self.parts.iter().position(|d| self.columns[k].degree + d - 1 == equation)?;
                let entries: Vec<u32> = before.vectors.iter().map(|v| v[k]).collect();
                entries.iter().any(|&e| e != 0).then_some((k, part, entries))
            })
            .collect();
        let unknowns = new.len() + before.vectors.len();
        let row = |number: usize, point: &Point| {
            let values = || FactorValues::of(field, self, point);
            let beyond;
            let at = match self.values.get(number) {
                Some(kept) => kept.get_or_init(values),
                None => {
                    beyond = values();
                    &beyond
                }
            };
            let mut row: Vec<u32> =
                new.iter().map(|&k| self.columns[k].bracket(field, at, leading)).collect();
            let brackets: Vec<(u32, &[u32])> = known
                .iter()
                .map(|(k, part, entries)| (self.columns[*k].bracket(field, at, *part), &entries[..]))
                .filter(|(value, _)| *value != 0)
                .collect();
            row.extend(add_multiples(field, before.vectors.len(), &brackets));
            row
        };
        let Some(echelon) = echelon_of_rows(points, unknowns, row, token)? else { return Ok(None) };
        Ok(Some(before.extended(new, &echelon.null_space())))
    }
}

impl ColumnTerms {
    /// The bracket with a part of H.
    fn bracket(&self, field: PrimeField, at: &FactorValues, part: usize) -> u32 {
        let rates = &at.rates[part];
        self.terms.iter().fold(0, |sum, &(coefficient, a, b)| {
            let value = field.multiply(at.values[a], at.values[b]);
            let value = if coefficient == 1 { value } else { field.multiply(coefficient, value) };
            field.add(sum, field.multiply(value, field.add(rates[a], rates[b])))
        })
    }
}

impl FactorValues {
    fn of(field: PrimeField, system: &System, point: &Point) -> FactorValues {
        let factors = &system.factors;
        let rates = |rates: &Vec<u32>| factors.iter().map(|m| point.rate(field, m, rates)).collect();
        let mut rates: Vec<Vec<u32>> = point.rates.iter().map(rates).collect();
        if system.undivided {
            let sum = |k: usize| rates.iter().fold(0, |sum, part| field.add(sum, part[k]));
            rates = vec![(0..factors.len()).map(sum).collect()];
        }
        FactorValues { values: factors.iter().map(|m| point.value(field, m)).collect(), rates }
    }
}

impl Solved {
    /// The combinations of new columns and solutions so far that null vectors stand for.
    fn extended(&self, new: &[usize], null: &[Vec<u32>]) -> Solved {
        let combine = |vector: &Vec<u32>| {
            let (own, old) = vector.split_at(new.len());
            let used: Vec<(u32, &[u32])> = old
                .iter()
                .zip(&self.vectors)
                .filter(|(factor, _)| **factor != 0)
                .map(|(&factor, vector)| (factor, &vector[..]))
                .collect();
            let mut combined = add_multiples(self.field, self.width, &used);
            new.iter().zip(own).for_each(|(&k, &value)| combined[k] = value);
            combined
        };
        let vectors = if null.len() * self.width > PARALLEL_ENTRIES {
            null.par_iter().map(combine).collect()
        } else {
            null.iter().map(combine).collect()
        };
        Solved { field: self.field, vectors, width: self.width }
    }

    /// Brings the basis to the form in which each vector has a 1 at its last entry, where all others vanish, in
    /// ascending order of these entries.
    fn reduce(&mut self) {
        let field = self.field;
        let mut done = 0;
        for column in (0..self.width).rev() {
            let Some(pivot) = (done..self.vectors.len()).find(|&r| self.vectors[r][column] != 0) else {
                continue;
            };
            self.vectors.swap(done, pivot);
            let inverse = field.inverse(self.vectors[done][column]).unwrap_or(0);
            self.vectors[done].iter_mut().for_each(|v| *v = field.multiply(*v, inverse));
            let pivot_row = self.vectors[done].clone();
            for (r, row) in self.vectors.iter_mut().enumerate() {
                let factor = row[column];
                if r != done && factor != 0 {
                    subtract_multiple(field, row, factor, &pivot_row);
                }
            }
            done += 1;
            if done == self.vectors.len() {
                break;
            }
        }
        self.vectors.reverse();
    }
}

/// The momenta of a monomial, and the rest.
fn split(monomial: &Monomial, dof: usize) -> (Monomial, Monomial) {
    let inside = |i: usize| (dof..2 * dof).contains(&i);
    let keep = |wanted: bool| {
        monomial.iter().enumerate().map(|(i, &e)| if inside(i) == wanted { e } else { 0 }).collect()
    };
    (keep(true), keep(false))
}

/// The echelon form of the rows at as many points as settle the rank, each made from a point and its number; `None`
/// where the token ended the work.
pub fn echelon_of_rows(
    points: &Points,
    columns: usize,
    row: impl Fn(usize, &Point) -> Vec<u32> + Sync,
    token: &CancelToken,
) -> Result<Option<Echelon>, IntegralsError> {
    let mut echelon = Echelon::new(points.field(), columns);
    let (mut used, mut idle) = (0, 0);
    while idle < EXTRA_POINTS && echelon.rank() < columns {
        if token.is_cancelled() {
            return Ok(None);
        }
        // First as many rows as there can be pivots, then a few that must bring nothing new.
        let wanted = CHUNK.min((columns - echelon.rank()) + EXTRA_POINTS);
        let numbered = |number| points.get(number).map(|point| row(number, point));
        let numbers = used..used + wanted;
        let rows: Vec<Vec<u32>> = if columns > PARALLEL_UNKNOWNS {
            numbers.into_par_iter().map(numbered).collect::<Result<_, _>>()?
        } else {
            numbers.map(numbered).collect::<Result<_, _>>()?
        };
        let gained = echelon.insert_all(&rows);
        idle = if gained == 0 { idle + rows.len() } else { rows.len() - gained };
        used += wanted;
    }
    Ok(Some(echelon))
}

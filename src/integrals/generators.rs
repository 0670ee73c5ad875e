//! The generating set: integrals that are not polynomials in the earlier ones, in the shortest form found.

use std::collections::BTreeSet;

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::IntegralsError;
use super::echelon::{Echelon, subtract_multiple};
use super::grading::Degree;
use super::modular::PrimeField;
use super::monomial::{Laurent, Monomial};
use super::point::{Point, Points, Polynomial, image};
use super::solve::{Column, Lifting, Problem};
use crate::progress::CancelToken;

/// The most products of earlier laws that are considered at once.
const MAX_PRODUCTS: usize = 4_000;
/// How many random column orders to try when looking for short vectors.
const MAX_ORDERS: usize = 40;

/// A law among the generators.
#[derive(Clone, Debug)]
pub struct Law {
    /// The formula in the atoms.
    pub polynomial: Laurent,
    /// The degree in the momenta of this formula.
    pub momentum_degree: u32,
    degree: Degree,
    image: Polynomial,
    values: Vec<u32>,
    gradient: Vec<u32>,
}

/// H and the laws found so far, with values over one prime.
#[derive(Clone, Debug)]
pub struct Generators {
    /// H first.
    pub laws: Vec<Law>,
}

/// The exponents of the laws in a product.
type Product = Vec<u32>;

/// A function is constant if its gradient vanishes at this many points.
const CONSTANCY_POINTS: usize = 3;
/// The largest power of a law of momentum degree 0 in a product.
const MAX_POWER: u32 = 3;

impl Generators {
    /// H and the given laws.
    pub fn new(
        problem: &Problem,
        points: &Points,
        known: Vec<Laurent>,
    ) -> Result<Generators, IntegralsError> {
        let mut generators = Generators { laws: Vec::new() };
        for polynomial in std::iter::once(problem.hamiltonian.clone()).chain(known) {
            generators.push(problem, points, polynomial)?;
        }
        Ok(generators)
    }

    /// Adds a law.
    pub fn push(
        &mut self,
        problem: &Problem,
        points: &Points,
        polynomial: Laurent,
    ) -> Result<(), IntegralsError> {
        let dof = problem.atoms.dof;
        let image = image(points.field(), &polynomial).ok_or(IntegralsError::NoPoint)?;
        let momentum = |m: &Monomial| m.iter().skip(dof).take(dof).map(|&e| e.max(0) as u32).sum::<u32>();
        let gradient = points.reduced.function(&image, points.get(0)?).1;
        let degree = polynomial.monomials().next().map(|m| problem.grading.degree(m)).unwrap_or_default();
        let momentum_degree = polynomial.monomials().map(momentum).max().unwrap_or(0);
        self.laws.push(Law { polynomial, momentum_degree, degree, image, values: Vec::new(), gradient });
        Ok(())
    }

    /// Whether a function is locally constant: its gradient vanishes at random points.
    pub fn is_constant(points: &Points, polynomial: &Laurent) -> Result<bool, IntegralsError> {
        let Some(image) = image(points.field(), polynomial) else { return Ok(false) };
        let vanishes = |point: &Point| points.reduced.function(&image, point).1.iter().all(|&g| g == 0);
        Ok(points.range(0..CONSTANCY_POINTS)?.into_iter().all(vanishes))
    }

    /// The rank of the Jacobian of all laws at a random point: the number of functionally independent laws.
    pub fn independent(&self, field: PrimeField) -> usize {
        let width = self.laws.first().map_or(0, |l| l.gradient.len());
        let mut echelon = Echelon::new(field, width);
        self.laws.iter().filter(|l| echelon.insert(&l.gradient).is_some()).count()
    }

    /// Products of the laws with momentum degree at most `bound`, restricted to one degree if it is given.
    /// The empty product is included, because constants are integrals.
    fn products(
        &self,
        problem: &Problem,
        bound: u32,
        degree: Option<&Degree>,
        without: Option<usize>,
    ) -> Vec<Product> {
        let mut found = Vec::new();
        let mut stack: Vec<(usize, u32, Vec<u32>, Degree)> =
            vec![(0, bound, Vec::new(), problem.grading.degree(&[]))];
        let mut steps = 0;
        while let Some((next, room, exponents, sum)) = stack.pop() {
            steps += 1;
            if steps > 50 * MAX_PRODUCTS || found.len() >= MAX_PRODUCTS {
                break;
            }
            let Some(law) = self.laws.get(next) else {
                if degree.is_none_or(|d| *d == sum) {
                    found.push(exponents);
                }
                continue;
            };
            let cost = law.momentum_degree;
            let most = match without {
                Some(index) if index == next => 0,
                _ if cost == 0 => bound.max(MAX_POWER),
                _ => room / cost,
            };
            let mut total = sum;
            for power in 0..=most {
                let mut longer = exponents.clone();
                longer.push(power);
                stack.push((next + 1, room - power * cost, longer, total.clone()));
                total = problem.grading.sum(&total, &law.degree);
            }
        }
        found.sort();
        found
    }

    fn extend_values(&mut self, field: PrimeField, points: &[&Point]) {
        for law in &mut self.laws {
            for point in &points[law.values.len().min(points.len())..] {
                law.values.push(value_of(field, &law.image, point));
            }
        }
    }

    fn product_values(&self, field: PrimeField, product: &Product, points: &[&Point]) -> Vec<u32> {
        let mut values = vec![1; points.len()];
        for (law, &exponent) in self.laws.iter().zip(product) {
            for _ in 0..exponent {
                values.iter_mut().zip(&law.values).for_each(|(v, &w)| *v = field.multiply(*v, w));
            }
        }
        values
    }

    /// Short integrals that, together with the earlier laws, generate a null space. Their coefficients are
    /// rational or polynomials in the constants. `degree` is the degree of all columns, if they share one.
    /// The second value says whether every integral was lifted before the token was cancelled.
    pub fn new_in(
        &mut self,
        problem: &Problem,
        points: &Points,
        columns: &[Column],
        null: &[Vec<u32>],
        bound: u32,
        token: &CancelToken,
    ) -> Result<(Vec<Laurent>, bool), IntegralsError> {
        let field = points.field();
        let degrees: BTreeSet<Degree> =
            columns.iter().flat_map(|c| c.monomials().map(|m| problem.grading.degree(m))).collect();
        let degree = if degrees.len() == 1 { degrees.first() } else { None };
        let products = self.products(problem, bound, degree, None);
        let count = products.len() + null.len() + 8;
        let points = points.range(0..count)?;
        self.extend_values(field, &points);

        let mut known = Echelon::new(field, count);
        for product in &products {
            if token.is_cancelled() {
                return Ok((Vec::new(), false));
            }
            known.insert(&self.product_values(field, product, &points));
        }
        let values = ColumnValues::of(field, columns, &points).ok_or(IntegralsError::NoPoint)?;
        let mut all = known.clone();
        let fresh = null.iter().filter(|v| all.insert(&values.combine(field, v)).is_some()).count();
        if fresh == 0 {
            return Ok((Vec::new(), true));
        }

        let mut candidates = short_vectors(field, columns, null, problem.atoms.dof);
        candidates.sort_by_cached_key(|v| cost(columns, v, problem.atoms.dof));
        let mut lifting = Lifting::new(problem, columns, token);
        let mut chosen = Vec::new();
        let mut complete = true;
        for vector in candidates {
            if chosen.len() == fresh || token.is_cancelled() {
                break;
            }
            let row = values.combine(field, &vector);
            let before = known.clone();
            if known.insert(&row).is_none() {
                continue;
            }
            match lifting.lift(&vector, fresh - chosen.len())? {
                Some(polynomial) => chosen.push(polynomial),
                None => known = before,
            }
        }
        complete &= chosen.len() == fresh;
        Ok((chosen, complete))
    }

    /// Whether the law with this index is a polynomial in the others.
    pub fn is_redundant(
        &mut self,
        problem: &Problem,
        points: &Points,
        index: usize,
    ) -> Result<bool, IntegralsError> {
        let law = self.laws[index].clone();
        let degrees: BTreeSet<Degree> =
            law.polynomial.monomials().map(|m| problem.grading.degree(m)).collect();
        let degree = if degrees.len() == 1 { degrees.first() } else { None };
        let products = self.products(problem, law.momentum_degree.max(1), degree, Some(index));
        let count = products.len() + 8;
        let field = points.field();
        let points = points.range(0..count)?;
        self.extend_values(field, &points);
        let mut known = Echelon::new(field, count);
        for product in &products {
            known.insert(&self.product_values(field, product, &points));
        }
        Ok(known.insert(&self.laws[index].values[..count]).is_none())
    }
}

/// The value of Σ coefficient·monomial.
pub fn value_of(field: PrimeField, image: &[(Monomial, u32)], point: &Point) -> u32 {
    image.iter().fold(0, |sum, (m, c)| field.add(sum, field.multiply(*c, point.value(field, m))))
}

/// Values of columns at points.
struct ColumnValues(Vec<Vec<u32>>);

impl ColumnValues {
    fn of(field: PrimeField, columns: &[Column], points: &[&Point]) -> Option<ColumnValues> {
        let images: Vec<Polynomial> = columns.iter().map(|c| image(field, c)).collect::<Option<_>>()?;
        Some(ColumnValues(
            points.iter().map(|p| images.iter().map(|i| value_of(field, i, p)).collect()).collect(),
        ))
    }

    fn combine(&self, field: PrimeField, vector: &[u32]) -> Vec<u32> {
        let support: Vec<usize> = (0..vector.len()).filter(|&k| vector[k] != 0).collect();
        let value = |row: &Vec<u32>| {
            support.iter().fold(0, |sum, &k| field.add(sum, field.multiply(vector[k], row[k])))
        };
        self.0.iter().map(value).collect()
    }
}

/// Vectors of the space with few nonzero entries, taken from its reduced echelon forms for many column
/// orders. Each is the only vector with its support, up to a factor.
pub fn short_vectors(field: PrimeField, columns: &[Column], null: &[Vec<u32>], dof: usize) -> Vec<Vec<u32>> {
    let width = columns.len();
    let mut found: BTreeSet<Vec<u32>> = BTreeSet::new();
    let weight: Vec<(i32, i32)> = columns
        .iter()
        .map(|c| {
            let momentum = |m: &Monomial| m.iter().skip(dof).take(dof).sum::<i32>();
            let size = |m: &Monomial| m.iter().map(|e| e.abs()).sum::<i32>();
            (c.monomials().map(momentum).max().unwrap_or(0), c.monomials().map(size).max().unwrap_or(0))
        })
        .collect();
    let mut order: Vec<usize> = (0..width).collect();
    order.sort_by_key(|&k| (std::cmp::Reverse(weight[k]), k));
    let work = null.len() * null.len() * width;
    let orders = if null.len() == 1 { 1 } else { (60_000_000 / work.max(1)).clamp(2, MAX_ORDERS) };
    let mut random = ChaCha8Rng::seed_from_u64(width as u64);
    for trial in 0..orders {
        match trial {
            0 => {}
            1 => order.reverse(),
            2 => order.sort_by_key(|&k| (std::cmp::Reverse(weight[k].0), weight[k].1, k)),
            _ if trial % 2 == 0 => order.shuffle(&mut random),
            _ => {
                let noise: Vec<i32> = (0..width).map(|_| random.random_range(0..4)).collect();
                order.sort_by_key(|&k| (std::cmp::Reverse(weight[k].0 + noise[k]), k));
            }
        }
        let mut echelon = null.to_vec();
        reduce_fully(field, &mut echelon, &order);
        found.extend(echelon.into_iter().filter(|v| v.iter().any(|&e| e != 0)));
        if trial == 1 {
            order.reverse();
        }
    }
    found.into_iter().collect()
}

/// Reduces to echelon form, looking for pivots in the given order of columns.
fn reduce_fully(field: PrimeField, rows: &mut [Vec<u32>], order: &[usize]) {
    let mut rank = 0;
    for &column in order {
        let Some(pivot) = (rank..rows.len()).find(|&r| rows[r][column] != 0) else { continue };
        rows.swap(rank, pivot);
        let inverse = field.inverse(rows[rank][column]).unwrap_or(0);
        rows[rank].iter_mut().for_each(|v| *v = field.multiply(*v, inverse));
        let pivot_row = rows[rank].clone();
        for (r, row) in rows.iter_mut().enumerate() {
            let factor = row[column];
            if r != rank && factor != 0 {
                subtract_multiple(field, row, factor, &pivot_row);
            }
        }
        rank += 1;
        if rank == rows.len() {
            break;
        }
    }
}

/// Orders laws by simplicity: low momentum degree, few terms, low degrees.
pub fn cost(columns: &[Column], vector: &[u32], dof: usize) -> (i32, usize, i32, Vec<usize>) {
    let support: Vec<usize> = (0..vector.len()).filter(|&k| vector[k] != 0).collect();
    let monomials = || support.iter().flat_map(|&k| columns[k].monomials());
    let momentum = monomials().map(|m| m.iter().skip(dof).take(dof).sum::<i32>()).max().unwrap_or(0);
    let size = monomials().map(|m| m.iter().map(|e| e.abs()).sum::<i32>()).sum();
    (momentum, monomials().count(), size, support)
}

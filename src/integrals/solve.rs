//! The linear systems {F, H} = 0: rows are random points over F_p, columns are terms.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::IntegralsError;
use super::atoms::{Atom, Atoms};
use super::constants::{has_constants, lift_over_constants};
use super::echelon::Echelon;
use super::grading::{Degree, Grading};
use super::levels::{echelon_of_rows, null_space};
use super::modular::{PrimeField, Residues, prime_fields};
use super::monomial::{Laurent, Monomial};
use super::point::{AtomProducts, Constants, Point, Points, Polynomial, Reduced, image};
use crate::expr::Rational;
use crate::laurent::{PowerProduct, content};
use crate::progress::CancelToken;

/// The most primes that coefficients are lifted over.
const MAX_PRIMES: usize = 40;
/// The most primes that are looked at for one over which all constant roots exist.
const MAX_CANDIDATES: usize = 2048;

/// A column: a term, or a sum of several.
pub type Column = Laurent;

/// A Hamiltonian taken apart: atoms, expansion, gradings, points over primes.
#[derive(Debug)]
pub struct Problem {
    /// The atoms.
    pub atoms: Arc<Atoms>,
    /// H in the atoms.
    pub hamiltonian: Laurent,
    /// Degrees under which everything is homogeneous, zero for constants.
    pub grading: Grading,
    /// The same with degrees for constants; absent where there are none.
    fine: Option<Grading>,
    products: AtomProducts,
    primes: Mutex<Primes>,
}

/// The primes in use, those over which all constant roots exist, each with its points.
#[derive(Debug, Default)]
struct Primes {
    found: Vec<Arc<Points>>,
    /// The same with constants that are not fixed, where there are constants.
    free: Vec<Arc<Points>>,
    /// Candidates looked at.
    tried: usize,
}

impl Problem {
    /// Takes the expansion apart.
    pub fn new(atoms: Atoms, hamiltonian: Laurent) -> Problem {
        Problem::from_prime(atoms, hamiltonian, 0)
    }

    /// The same, with the primes from that number on.
    pub fn from_prime(atoms: Atoms, hamiltonian: Laurent, first: usize) -> Problem {
        let products: AtomProducts = root_products(&atoms).into();
        let grading = |constants| Grading::of(&atoms, &hamiltonian, &products, constants);
        let fine = has_constants(&atoms).then(|| grading(true));
        let grading = grading(false);
        let primes = Mutex::new(Primes { tried: first, ..Primes::default() });
        Problem { atoms: Arc::new(atoms), hamiltonian, grading, fine, products, primes }
    }

    /// Degrees under which everything is homogeneous, those of constants among them.
    pub fn fine_grading(&self) -> &Grading {
        self.fine.as_ref().unwrap_or(&self.grading)
    }

    /// The points over the prime of that number, constants being the same at all of them.
    ///
    /// # Errors
    /// [`IntegralsError::NoPoint`] where there are not so many primes.
    pub fn points(&self, prime: usize) -> Result<Arc<Points>, IntegralsError> {
        Ok(self.up_to(prime)?.found[prime].clone())
    }

    /// The points over the prime of that number, constants being random at each.
    ///
    /// # Errors
    /// As [`points`](Problem::points).
    pub fn free_points(&self, prime: usize) -> Result<Arc<Points>, IntegralsError> {
        let primes = self.up_to(prime)?;
        Ok(if self.fine.is_some() { primes.free[prime].clone() } else { primes.found[prime].clone() })
    }

    /// The primes, up to that number at least.
    fn up_to(&self, prime: usize) -> Result<MutexGuard<'_, Primes>, IntegralsError> {
        let mut primes = self.primes.lock().unwrap_or_else(PoisonError::into_inner);
        let tried = primes.tried;
        let mut candidates = prime_fields().take(MAX_CANDIDATES).skip(tried);
        while primes.found.len() <= prime {
            let field = candidates.next().ok_or(IntegralsError::NoPoint)?;
            primes.tried += 1;
            if let Some(reduced) = Reduced::new(field, &self.atoms, &self.hamiltonian, &self.products) {
                if self.fine.is_some() {
                    primes.free.push(Arc::new(Points::new(reduced.clone(), Constants::Free)));
                }
                primes.found.push(Arc::new(Points::new(reduced, Constants::Fixed)));
            }
        }
        Ok(primes)
    }

    /// Other ways to write a function in which products of roots were taken for what they are up to sign:
    /// √(r + x)·√(r − x) is |y|, not y. In each, all terms have one parity under the reflection
    /// (y, p_y) → (−y, −p_y), so that the formula holds for both signs of y.
    pub fn sign_variants(&self, function: &Laurent) -> Vec<Laurent> {
        let dof = self.atoms.dof;
        let mut variants = vec![function.clone()];
        for (i, j, product) in self.products.iter() {
            let Some(y) = (0..dof).find(|&q| product.get(q).is_some_and(|e| e % 2 != 0)) else { continue };
            let exponent = |m: &Monomial, at: usize| m.get(at).copied().unwrap_or(0);
            let sign = product.over(&Monomial::atom(*i, 1).times(&Monomial::atom(*j, 1)));
            let with_parity = |variant: &Laurent, parity: i32| -> Option<Laurent> {
                let mut rewritten = Laurent::zero();
                for (m, c) in variant.terms() {
                    let has_root = exponent(m, *i) != 0 || exponent(m, *j) != 0;
                    match (exponent(m, y) + exponent(m, dof + y)).rem_euclid(2) == parity {
                        true => rewritten.add_term(m.clone(), c.clone()),
                        false if has_root => rewritten.add_term(m.times(&sign), c.clone()),
                        false => return None,
                    }
                }
                Some(rewritten)
            };
            let more: Vec<Laurent> =
                variants.iter().flat_map(|v| [0, 1].map(|parity| with_parity(v, parity))).flatten().collect();
            variants.extend(more);
        }
        variants.remove(0);
        variants
    }

    /// The rational coefficients, coprime integers, of the integral in the span of `columns` that is
    /// `vector` modulo the first prime; `None` where there is none or it is not unique up to a factor.
    pub fn lift(
        &self,
        columns: &[Column],
        vector: &[u32],
        token: &CancelToken,
    ) -> Result<Option<Vec<Rational>>, IntegralsError> {
        let Some(monic) = monic(self.free_points(0)?.field(), vector) else { return Ok(None) };
        Ok(self.lift_all(columns, &[monic], token)?.map(|mut all| all.swap_remove(0)))
    }

    /// The same for all integrals in the span of `columns`: `null` is the [`null_space`] over the first
    /// prime. `None` where they cannot all be lifted.
    pub fn lift_all(
        &self,
        columns: &[Column],
        null: &[Vec<u32>],
        token: &CancelToken,
    ) -> Result<Option<Vec<Vec<Rational>>>, IntegralsError> {
        let last = |space: &[Vec<u32>]| -> Vec<Option<usize>> {
            space.iter().map(|v| v.iter().rposition(|&e| e != 0)).collect()
        };
        let free = last(null);
        self.lift_vectors(columns, null, token, |points, _| {
            // The same echelon form over every prime but a few, which do not count.
            Ok(null_space(points, columns, token)?.filter(|again| last(again) == free))
        })
    }

    /// The rational combinations of the columns that are `vectors` modulo the first prime and what `over`
    /// gives modulo the prime of a number; primes for which it gives none do not count. `None` where some
    /// cannot be lifted before the token ends the work.
    fn lift_vectors(
        &self,
        columns: &[Column],
        vectors: &[Vec<u32>],
        token: &CancelToken,
        mut over: impl FnMut(&Points, usize) -> Result<Option<Vec<Vec<u32>>>, IntegralsError>,
    ) -> Result<Option<Vec<Vec<Rational>>>, IntegralsError> {
        let first = self.free_points(0)?.field();
        let mut residues: Vec<Residues> = vectors.iter().map(|v| Residues::new(first, v)).collect();
        let mut lifted: Vec<Option<Vec<Rational>>> = vec![None; vectors.len()];
        for prime in 1..MAX_PRIMES {
            if token.is_cancelled() {
                return Ok(None);
            }
            let points = self.free_points(prime)?;
            for (values, residues) in lifted.iter_mut().zip(&residues).filter(|(values, _)| values.is_none())
            {
                if let Some(rationals) = residues.rationals()
                    && holds(&points, &rationals, columns)?
                {
                    *values = Some(coprime(rationals));
                }
            }
            if lifted.iter().all(Option::is_some) {
                return Ok(lifted.into_iter().collect());
            }
            if let Some(again) = over(&points, prime)? {
                let all = residues.iter_mut().zip(&again);
                all.for_each(|(residues, vector)| residues.extend(points.field(), vector));
            }
        }
        Ok(None)
    }
}

/// The integrals in the span of some columns over one prime after another, from which short combinations
/// of them are lifted.
pub struct Lifting<'a> {
    problem: &'a Problem,
    columns: &'a [Column],
    token: CancelToken,
    /// The null space over each prime from the second on.
    spaces: Vec<Vec<Vec<u32>>>,
}

impl<'a> Lifting<'a> {
    /// Of the integrals in the span of the columns.
    pub fn new(problem: &'a Problem, columns: &'a [Column], token: &CancelToken) -> Lifting<'a> {
        Lifting { problem, columns, token: token.clone(), spaces: Vec::new() }
    }

    /// The rational combination that is `vector` modulo the first prime, the only integral with its
    /// support; `None` where it cannot be had, before the token ends the work. `expected` is how many are going to be
    /// asked for.
    pub fn lift(&mut self, vector: &[u32], expected: usize) -> Result<Option<Laurent>, IntegralsError> {
        let support: Vec<usize> = (0..vector.len()).filter(|&k| vector[k] != 0).collect();
        let chosen: Vec<Column> = support.iter().map(|&k| self.columns[k].clone()).collect();
        let image: Vec<u32> = support.iter().map(|&k| vector[k]).collect();
        if self.problem.fine.is_some() {
            return lift_over_constants(self.problem, &chosen, &self.token);
        }
        // Elimination is cubic: many long vectors are cheaper from the space they share.
        let cubed = |n: usize| (n as u64).pow(3);
        let values = if expected as u64 * cubed(support.len()) <= 2 * cubed(self.columns.len()) {
            self.problem.lift(&chosen, &image, &self.token)?
        } else {
            self.lift_shared(&support, &chosen, &image)?
        };
        let sum = |values: Vec<Rational>| {
            let scaled = chosen.iter().zip(&values).map(|(column, c)| column.scaled(c));
            scaled.fold(Laurent::zero(), |sum, term| sum.plus(&term))
        };
        Ok(values.map(sum))
    }

    /// The same from the null spaces of all columns, which are kept for the next.
    fn lift_shared(
        &mut self,
        support: &[usize],
        chosen: &[Column],
        image: &[u32],
    ) -> Result<Option<Vec<Rational>>, IntegralsError> {
        let Some(start) = monic(self.problem.points(0)?.field(), image) else { return Ok(None) };
        let (columns, token, spaces) = (self.columns, &self.token, &mut self.spaces);
        let lifted = self.problem.lift_vectors(chosen, &[start], token, |points, prime| {
            if spaces.len() < prime {
                spaces.push(null_space(points, columns, token)?.unwrap_or_default());
            }
            let field = points.field();
            let vector = supported_vector(field, &spaces[prime - 1], support);
            Ok(vector.and_then(|v| monic(field, &v)).map(|v| vec![v]))
        })?;
        Ok(lifted.map(|mut all| all.swap_remove(0)))
    }
}

/// The multiple of the vector that ends in 1; `None` where it ends in 0.
fn monic(field: PrimeField, vector: &[u32]) -> Option<Vec<u32>> {
    let scale = vector.last().and_then(|&v| field.inverse(v))?;
    Some(vector.iter().map(|&v| field.multiply(v, scale)).collect())
}

/// The entries on the support of the vector of the space that vanishes elsewhere; `None` where it is not
/// the only one up to a factor.
fn supported_vector(field: PrimeField, space: &[Vec<u32>], support: &[usize]) -> Option<Vec<u32>> {
    let width = space.first()?.len();
    let outside: Vec<usize> = (0..width).filter(|k| support.binary_search(k).is_err()).collect();
    // One row for each column outside: its entries in the vectors of the space.
    let mut echelon = Echelon::new(field, space.len());
    for &column in &outside {
        if echelon.rank() + 1 == space.len() {
            break;
        }
        echelon.insert(&space.iter().map(|v| v[column]).collect::<Vec<u32>>());
    }
    let [weights] = &echelon.null_space()[..] else { return None };
    let combine = |column: usize| {
        let products = space.iter().zip(weights).map(|(v, &w)| field.multiply(v[column], w));
        products.fold(0, |sum, product| field.add(sum, product))
    };
    outside.iter().all(|&k| combine(k) == 0).then(|| support.iter().map(|&k| combine(k)).collect())
}

/// Whether the combination of the columns is conserved at some points.
fn holds(points: &Points, values: &[Rational], columns: &[Column]) -> Result<bool, IntegralsError> {
    let field = points.field();
    let sum = values.iter().zip(columns).filter(|(v, _)| !v.is_zero());
    let Some(terms) = sum
        .map(|(v, column)| {
            let factor = field.of_rational(v)?;
            let scaled = |(m, c): (Monomial, u32)| (m, field.multiply(c, factor));
            Some(image(field, column)?.into_iter().map(scaled).collect::<Polynomial>())
        })
        .collect::<Option<Vec<Polynomial>>>()
    else {
        return Ok(false);
    };
    let conserved = |point: &Point| {
        terms.iter().fold(0, |sum, column| field.add(sum, bracket_of(field, point, column))) == 0
    };
    Ok(points.range(0..2)?.into_iter().all(conserved))
}

/// The bracket of a column with H at a point.
fn bracket_of(field: PrimeField, point: &Point, column: &Polynomial) -> u32 {
    column.iter().fold(0, |sum, (monomial, coefficient)| {
        let bracket = point.bracket(field, monomial);
        field.add(sum, if *coefficient == 1 { bracket } else { field.multiply(*coefficient, bracket) })
    })
}

/// The functions that are linearly independent of those before them, as indices; `None` where the token
/// ended the work.
pub fn independent_functions(
    points: &Points,
    functions: &[Monomial],
    token: &CancelToken,
) -> Result<Option<Vec<usize>>, IntegralsError> {
    let field = points.field();
    let row = |point: &Point| functions.iter().map(|f| point.value(field, f)).collect::<Vec<u32>>();
    let echelon = echelon_of_rows(points, functions.len(), row, token)?;
    Ok(echelon.map(|e| e.pivots().to_vec()))
}

/// Columns by degree; those with terms of several degrees join these into one block. Blocks and the
/// columns in them are in order of first appearance.
pub fn blocks(grading: &Grading, columns: &[Column]) -> Vec<Vec<usize>> {
    let mut block_of: BTreeMap<Degree, usize> = BTreeMap::new();
    let mut blocks: Vec<Vec<usize>> = Vec::new();
    for (index, column) in columns.iter().enumerate() {
        let degrees: Vec<Degree> = column.monomials().map(|m| grading.degree(m)).collect();
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
    match content(&values) {
        Some(content) => values.iter().map(|v| v / &content).collect(),
        None => values,
    }
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
            Atom::Root { base, index: 2 } if base.len() > 1 => Some((i, base)),
            _ => None,
        })
        .collect();
    for (k, &(j, second)) in square_roots.iter().enumerate() {
        for &(i, first) in &square_roots[..k] {
            let Ok(product) = first.try_times(second) else { continue };
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
        let mut reduced = Laurent::zero();
        for (m, c) in value.terms() {
            let exponent = *m.get(index).unwrap_or(&0);
            let whole = exponent / *k as i32;
            if whole < 1 {
                reduced.add_term(m.clone(), c.clone());
                continue;
            }
            let rest = m.over(&Monomial::atom(index, whole * *k as i32));
            let power = base.try_power(whole as u32).ok()?;
            reduced = reduced.plus(&power.try_times(&Laurent::term(rest, c.clone())).ok()?);
        }
        value = reduced;
    }
    Some(value)
}

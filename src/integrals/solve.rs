//! The linear systems {F, H} = 0. Each row is a random point over F_p, each column is a term.

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

/// The most primes that a lift to rational coefficients uses.
const MAX_PRIMES: usize = 40;
/// The most primes to try while looking for primes over which all constant roots exist.
const MAX_CANDIDATES: usize = 2048;

/// A column: a term, or a sum of several.
pub type Column = Laurent;

/// A Hamiltonian prepared for the search: its atoms, expansion, gradings, and points over primes.
#[derive(Debug)]
pub struct Problem {
    /// The atoms.
    pub atoms: Arc<Atoms>,
    /// H in the atoms.
    pub hamiltonian: Laurent,
    /// Degrees for which H and the bracket are homogeneous. Constants have degree 0.
    pub grading: Grading,
    /// Degrees of functions that are linearly independent at the points.
    pub values: Grading,
    /// The same as `grading` with degrees for constants; `None` if there are no constants.
    fine: Option<Grading>,
    products: AtomProducts,
    primes: Mutex<Primes>,
}

/// The primes found so far over which all constant roots exist, each with its points.
#[derive(Debug, Default)]
struct Primes {
    found: Vec<Arc<Points>>,
    /// The same points with constants that vary from point to point, if there are constants.
    free: Vec<Arc<Points>>,
    /// How many candidates were tried.
    tried: usize,
}

impl Problem {
    /// Prepares an expanded Hamiltonian.
    pub fn new(atoms: Atoms, hamiltonian: Laurent) -> Problem {
        Problem::from_prime(atoms, hamiltonian, 0)
    }

    /// As [`new`](Self::new), but starting with the prime of this number.
    pub fn from_prime(atoms: Atoms, hamiltonian: Laurent, first: usize) -> Problem {
        let products: AtomProducts = root_products(&atoms).into();
        let grading = |constants| Grading::of(&atoms, &hamiltonian, &products, constants);
        let fine = has_constants(&atoms).then(|| grading(true));
        let grading = grading(false);
        let values = Grading::of_values(&atoms, &products);
        let primes = Mutex::new(Primes { tried: first, ..Primes::default() });
        Problem { atoms: Arc::new(atoms), hamiltonian, grading, values, fine, products, primes }
    }

    /// Degrees for which H and the bracket are homogeneous. Constants have degrees of their own.
    pub fn fine_grading(&self) -> &Grading {
        self.fine.as_ref().unwrap_or(&self.grading)
    }

    /// The points over the prime with this number. The constants have the same values at all of them.
    ///
    /// # Errors
    /// [`IntegralsError::NoPoint`] if too few primes exist.
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

    /// Other forms of a function in which a product of roots was replaced by its value up to sign:
    /// √(r + x)·√(r − x) is |y|, not y. In each form all terms have the same parity under the reflection
    /// (y, p_y) → (−y, −p_y), so the formula holds for both signs of y.
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

    /// The integral in the span of `columns` that equals `vector` modulo the first prime, as coprime
    /// integer coefficients. `None` if none exists or it is not unique up to a factor.
    pub fn lift(
        &self,
        columns: &[Column],
        vector: &[u32],
        token: &CancelToken,
    ) -> Result<Option<Vec<Rational>>, IntegralsError> {
        let Some(monic) = monic(self.free_points(0)?.field(), vector) else { return Ok(None) };
        Ok(self.lift_all(columns, &[monic], token)?.map(|mut all| all.swap_remove(0)))
    }

    /// As [`lift`](Self::lift), for all integrals in the span of `columns`. `null` is the [`null_space`]
    /// over the first prime. `None` if some of them cannot be lifted.
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
            // The echelon form has the same shape over all primes but a few. Ignore those few.
            Ok(null_space(points, columns, token)?.filter(|again| last(again) == free))
        })
    }

    /// Rational combinations of the columns. They equal `vectors` modulo the first prime, and the vectors
    /// from `over` modulo each later prime; `over` may return `None` to skip a prime. `None` if some vector
    /// cannot be lifted before the token is cancelled.
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

/// Lifts short combinations of integrals in the span of some columns. The null space of all columns is
/// computed at most once for each prime.
pub struct Lifting<'a> {
    problem: &'a Problem,
    columns: &'a [Column],
    token: CancelToken,
    /// The null space over each prime, from the second prime on.
    spaces: Vec<Vec<Vec<u32>>>,
}

impl<'a> Lifting<'a> {
    /// Prepares to lift integrals in the span of the columns.
    pub fn new(problem: &'a Problem, columns: &'a [Column], token: &CancelToken) -> Lifting<'a> {
        Lifting { problem, columns, token: token.clone(), spaces: Vec::new() }
    }

    /// The rational combination that equals `vector` modulo the first prime. `vector` must be the only
    /// integral with its support, up to a factor. `None` if it cannot be lifted before the token is
    /// cancelled. `expected` is the number of lifts the caller will ask for.
    pub fn lift(&mut self, vector: &[u32], expected: usize) -> Result<Option<Laurent>, IntegralsError> {
        let (support, chosen, image) = supported(self.columns, vector);
        if self.problem.fine.is_some() {
            return lift_over_constants(self.problem, &chosen, &self.token);
        }
        // Elimination is cubic: for many long vectors it is cheaper to share one null space of all columns.
        let cubed = |n: usize| (n as u64).pow(3);
        let values = if expected as u64 * cubed(support.len()) <= 2 * cubed(self.columns.len()) {
            self.problem.lift(&chosen, &image, &self.token)?
        } else {
            self.lift_shared(&support, &chosen, &image)?
        };
        Ok(values.map(|values| combination(&chosen, &values)))
    }

    /// Lifts from the null spaces of all columns, and keeps these for the next call.
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

/// The indices of the entries of a vector that are not zero, with the columns that they belong to and the entries.
pub fn supported(columns: &[Column], vector: &[u32]) -> (Vec<usize>, Vec<Column>, Vec<u32>) {
    let support: Vec<usize> = (0..vector.len()).filter(|&k| vector[k] != 0).collect();
    let chosen = support.iter().map(|&k| columns[k].clone()).collect();
    let entries = support.iter().map(|&k| vector[k]).collect();
    (support, chosen, entries)
}

/// Σ value·column.
pub fn combination(columns: &[Column], values: &[Rational]) -> Laurent {
    let scaled = columns.iter().zip(values).map(|(column, value)| column.scaled(value));
    scaled.fold(Laurent::zero(), |sum, term| sum.plus(&term))
}

/// The multiple of the vector whose last entry is 1; `None` if the last entry is 0.
fn monic(field: PrimeField, vector: &[u32]) -> Option<Vec<u32>> {
    let scale = vector.last().and_then(|&v| field.inverse(v))?;
    Some(vector.iter().map(|&v| field.multiply(v, scale)).collect())
}

/// The vector of the space that vanishes outside the support, as its entries on the support; `None` if it
/// is not unique up to a factor.
fn supported_vector(field: PrimeField, space: &[Vec<u32>], support: &[usize]) -> Option<Vec<u32>> {
    let width = space.first()?.len();
    let outside: Vec<usize> = (0..width).filter(|k| support.binary_search(k).is_err()).collect();
    // One row for each column outside the support: the entries of the basis vectors in this column.
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

/// Whether the combination of the columns is conserved at test points.
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

/// The indices of the functions that are linearly independent of the functions before them; `None` if the
/// token was cancelled.
pub fn independent_functions(
    points: &Points,
    functions: &[Monomial],
    token: &CancelToken,
) -> Result<Option<Vec<usize>>, IntegralsError> {
    let field = points.field();
    let row = |_, point: &Point| functions.iter().map(|f| point.value(field, f)).collect::<Vec<u32>>();
    let echelon = echelon_of_rows(points, functions.len(), row, token)?;
    Ok(echelon.map(|e| e.pivots().to_vec()))
}

/// Groups columns by degree. A column with terms of several degrees joins these degrees into one block.
/// Blocks and their columns keep the order of first appearance.
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

/// The multiple of the values that consists of coprime integers.
pub fn coprime(values: Vec<Rational>) -> Vec<Rational> {
    match content(&values) {
        Some(content) => values.iter().map(|v| v / &content).collect(),
        None => values,
    }
}

/// Pairs of square roots whose radicands multiply to the square of a monomial. The product of the roots is
/// then this monomial up to sign; the sign is chosen once.
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

/// Replaces R² by its radicand everywhere.
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

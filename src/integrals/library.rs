//! Which functions of the coordinates may occur in the coefficients of an integral, level by level.
//!
//! Let H_d be the part of H of momentum degree d, d_H the largest such d, and T = H_{d_H}. Let F be an
//! integral of momentum degree D. Its part F_m has level λ = D − m. The equation
//! {T, F_m} = −Σ {H_d, F_{m'}} determines F_m from parts at levels λ − (d_H − d). Along a path of such
//! steps the singular factors of the terms of H_d multiply, so their exponents and weights add up. So the
//! library of a level is
//!
//! ```text
//! { s · polynomial :  s a sum of singular parts along a path to this level,
//!                     weight(s · polynomial) ≤ W + weights of the terms along the path }
//! ```
//!
//! with one weight for all Cartesian coordinates together, and one weight for each angle.

use std::collections::{BTreeMap, BTreeSet};

use super::atoms::{Atom, Atoms};
use super::constants::without_constants;
use super::monomial::{Laurent, Monomial, occurs};
use crate::expr::Rational;
use crate::laurent::PowerProduct;

/// How far a library reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reach {
    /// D, the momentum degree.
    pub momentum_degree: u32,
    /// W, the weight of the coefficients of highest momentum degree.
    pub weight: u32,
    /// Whether coordinates inside exponentials get polynomial factors.
    pub polynomial_exponentials: bool,
}

/// Spaces whose momentum degree and weight add up to at most this are searched even if the verdict is
/// complete.
const SMALL: u32 = 4;

impl Reach {
    /// Whether the space is small enough to search it for further laws of an integrable system.
    pub fn is_small(self) -> bool {
        self.momentum_degree == 1 || self.momentum_degree + self.weight <= SMALL
    }
}

/// The data from which the libraries of a Hamiltonian are built.
#[derive(Clone, Debug)]
pub struct Ingredients {
    dof: usize,
    /// All weights are multiplied by this number, so that the weights of roots are integers.
    scale: i64,
    /// The weight of each atom in each group: group 0 has all Cartesian coordinates, then one group for
    /// each angle.
    weights: Vec<Vec<i64>>,
    /// The sine atom of each angle group.
    angles: Vec<usize>,
    /// Coordinates with polynomial factors: for the first pass, and for the pass that adds those inside
    /// exponentials.
    cartesian: [Vec<usize>; 2],
    /// The terms of H by level: the singular part and the weight of the coefficient.
    levels: BTreeMap<u32, Vec<(Monomial, Vec<i64>)>>,
    /// The singular parts of the terms of highest momentum degree that are not constant.
    kinetic: Vec<Monomial>,
    /// The largest weight of a coefficient of highest momentum degree, over all groups.
    kinetic_weight: i64,
    /// Whether momenta occur inside roots or divisors.
    momenta_inside: bool,
    exponentials: Vec<bool>,
    /// Exponentials that H does not contain. Any function may have one of them as a factor.
    free_exponentials: Vec<usize>,
}

/// The most functions a level may have.
const MAX_FUNCTIONS: usize = 20_000;
/// The largest power of an exponential that H does not contain.
const MAX_FREE_POWER: i32 = 2;
/// The most singular parts a level may have.
const MAX_SINGULAR: usize = 4_000;

impl Ingredients {
    /// The ingredients of a Hamiltonian expanded in its atoms. Constants are numbers here.
    pub fn of(atoms: &Atoms, hamiltonian: &Laurent) -> Ingredients {
        let dof = atoms.dof;
        let variable: BTreeSet<Monomial> =
            hamiltonian.monomials().map(|m| without_constants(atoms, m)).collect();
        let hamiltonian = &Laurent::from_terms(variable.into_iter().map(|m| (m, Rational::ONE)));
        let angles: Vec<usize> = (0..atoms.list.len())
            .filter(|&i| matches!(atoms.list[i], Atom::Sine(_)) && !atoms.is_constant(i))
            .collect();
        let scale = root_scale(atoms);
        let weights = atom_weights(atoms, &angles, scale);
        let momenta_inside = (2 * dof..atoms.list.len()).any(|i| atoms.has_momentum(i));
        let split = |monomial: &Monomial| {
            let degree: i32 = (dof..2 * dof).map(|i| monomial.get(i).copied().unwrap_or(0).max(0)).sum();
            (degree as u32, without_momenta(monomial, dof))
        };
        let top = hamiltonian.monomials().map(|m| split(m).0).max().unwrap_or(0);
        let mut levels: BTreeMap<u32, BTreeMap<Monomial, Vec<i64>>> = BTreeMap::new();
        let (mut kinetic, mut kinetic_weight, mut constant_kinetic) = (BTreeSet::new(), 0, true);
        let mut pending = Vec::new();
        for monomial in hamiltonian.monomials() {
            let (degree, coefficient) = split(monomial);
            let singular = singular_part(atoms, &coefficient);
            let weight = monomial_weight(&weights, angles.len() + 1, &coefficient);
            if degree == top && !momenta_inside {
                constant_kinetic &= coefficient.is_empty();
                kinetic_weight = weight.iter().copied().fold(kinetic_weight, i64::max);
                kinetic.insert(singular);
            } else {
                pending.push((top - degree, singular, weight));
            }
        }
        for (level, singular, mut weight) in pending {
            for (group, w) in weight.iter_mut().enumerate() {
                if group > 0 || !constant_kinetic {
                    *w = (*w).max(0);
                }
            }
            let entry = levels.entry(level).or_default().entry(singular).or_insert_with(|| weight.clone());
            entry.iter_mut().zip(&weight).for_each(|(a, b)| *a = (*a).max(*b));
        }
        kinetic.remove(&Monomial::one());
        Ingredients {
            dof,
            scale,
            weights,
            cartesian: cartesian_coordinates(atoms, hamiltonian),
            angles,
            levels: levels.into_iter().map(|(l, t)| (l, t.into_iter().collect())).collect(),
            kinetic: if constant_kinetic { Vec::new() } else { kinetic.into_iter().collect() },
            kinetic_weight,
            momenta_inside,
            free_exponentials: free_exponentials(atoms, hamiltonian),
            exponentials: atoms.list.iter().map(|a| matches!(a, Atom::Exponential(_))).collect(),
        }
    }

    /// The largest useful W for a momentum degree: D·(1 + max(0, weight of T)/2).
    pub fn largest_weight(&self, momentum_degree: u32) -> u32 {
        let d = i64::from(momentum_degree);
        let bound = d + (d * self.kinetic_weight.max(0)) / (2 * self.scale);
        bound.clamp(0, 1_000) as u32
    }

    /// Coordinates inside exponentials that get polynomial factors only in the wider pass.
    pub fn exponential_coordinates(&self) -> Vec<usize> {
        self.cartesian[1].iter().copied().filter(|i| !self.cartesian[0].contains(i)).collect()
    }

    /// Coordinates that get no polynomial factors.
    pub fn without_powers(&self, polynomial_exponentials: bool) -> Vec<usize> {
        let with = &self.cartesian[usize::from(polynomial_exponentials)];
        (0..self.dof).filter(|i| !with.contains(i)).collect()
    }

    /// The functions of each level 0 … D, simplest first; `None` if there are too many.
    pub fn functions(&self, reach: Reach) -> Option<Vec<Vec<Monomial>>> {
        let groups = self.angles.len() + 1;
        let bound = vec![i64::from(reach.weight) * self.scale; groups];
        let depth = reach.momentum_degree;
        let start = self.start(depth, &bound)?;
        let mut levels: Vec<BTreeMap<Monomial, Vec<i64>>> = Vec::new();
        for level in 0..=depth {
            let mut here = start.clone();
            for (&step, terms) in &self.levels {
                // With momenta inside roots, levels are not well defined, so every term counts at each
                // level.
                let step = if self.momenta_inside { 1 } else { step };
                if step == 0 || step > level {
                    continue;
                }
                for (singular, bound) in &levels[(level - step) as usize] {
                    for (part, weight) in terms {
                        let sum = singular.times(part);
                        let new: Vec<i64> = bound.iter().zip(weight).map(|(a, b)| a + b).collect();
                        let entry = here.entry(sum).or_insert_with(|| new.clone());
                        entry.iter_mut().zip(&new).for_each(|(a, b)| *a = (*a).max(*b));
                    }
                }
                if here.len() > MAX_SINGULAR {
                    return None;
                }
            }
            levels.push(here);
        }
        if self.momenta_inside
            && let Some(last) = levels.last().cloned()
        {
            levels.iter_mut().for_each(|level| *level = last.clone());
        }
        levels.iter().map(|level| self.expand(level, reach.polynomial_exponentials)).collect()
    }

    /// The singular parts of level 0 with their weight bounds; `None` if there are too many.
    fn start(&self, depth: u32, bound: &[i64]) -> Option<BTreeMap<Monomial, Vec<i64>>> {
        let mut found: BTreeSet<Monomial> = BTreeSet::from([Monomial::one()]);
        for _ in 0..depth.div_ceil(2) {
            let sums: Vec<Monomial> =
                found.iter().flat_map(|s| self.kinetic.iter().map(|k| s.times(k))).collect();
            found.extend(sums);
            if found.len() > MAX_SINGULAR {
                return None;
            }
        }
        // Add one of these at a time: products of several would outnumber all other functions.
        let plain: Vec<Monomial> = found.iter().cloned().collect();
        for &atom in &self.free_exponentials {
            for exponent in (-MAX_FREE_POWER..=MAX_FREE_POWER).filter(|&e| e != 0) {
                let power = Monomial::atom(atom, exponent);
                found.extend(plain.iter().map(|s| s.times(&power)));
            }
        }
        // Add every smaller power of each exponential, too.
        let mut queue: Vec<Monomial> = found.iter().cloned().collect();
        while let Some(monomial) = queue.pop() {
            for (i, &e) in monomial.iter().enumerate() {
                if e != 0 && self.exponentials[i] {
                    let smaller = monomial.times(&Monomial::atom(i, -e.signum()));
                    if found.insert(smaller.clone()) {
                        queue.push(smaller);
                    }
                    if found.len() > MAX_SINGULAR {
                        return None;
                    }
                }
            }
        }
        Some(found.into_iter().map(|s| (s, bound.to_vec())).collect())
    }

    /// All products of singular parts and polynomials within the bounds.
    fn expand(&self, level: &BTreeMap<Monomial, Vec<i64>>, all: bool) -> Option<Vec<Monomial>> {
        let groups = self.angles.len() + 1;
        let mut functions = BTreeSet::new();
        for (singular, bound) in level {
            let weight = monomial_weight(&self.weights, groups, singular);
            let room: Vec<i64> =
                bound.iter().zip(&weight).map(|(b, w)| (b - w).div_euclid(self.scale)).collect();
            if room.iter().any(|&r| r < 0) {
                continue;
            }
            let mut partial = polynomials(&self.cartesian[usize::from(all)], room[0] as u32)?;
            for (angle, &degree) in self.angles.iter().zip(&room[1..]) {
                let mut modes = Vec::new();
                for sines in 0..=1i64.min(degree) {
                    for cosines in 0..=degree - sines {
                        let sine = Monomial::atom(*angle, sines as i32);
                        modes.push(sine.times(&Monomial::atom(angle + 1, cosines as i32)));
                    }
                }
                if partial.len() * modes.len() > MAX_FUNCTIONS {
                    return None;
                }
                partial = partial.iter().flat_map(|f| modes.iter().map(|m| f.times(m))).collect();
            }
            functions.extend(partial.iter().map(|f| f.times(singular)));
            if functions.len() > MAX_FUNCTIONS {
                return None;
            }
        }
        let mut functions: Vec<Monomial> = functions.into_iter().collect();
        functions.sort_by_key(|f| (f.iter().map(|e| e.abs()).sum::<i32>(), f.clone()));
        Some(functions)
    }

    /// All monomials of this degree in the momenta, as exponents of atoms.
    pub fn momentum_monomials(&self, degree: u32) -> Vec<Monomial> {
        let atoms: Vec<usize> = (self.dof..2 * self.dof).collect();
        let all = polynomials(&atoms, degree).unwrap_or_default();
        all.into_iter().filter(|m| m.iter().sum::<i32>() == degree as i32).collect()
    }
}

/// Exponentials that occur neither in H nor in another atom.
fn free_exponentials(atoms: &Atoms, hamiltonian: &Laurent) -> Vec<usize> {
    let used = |index: usize| {
        std::iter::once(hamiltonian)
            .chain((0..atoms.list.len()).filter_map(|k| atoms.definition(k)))
            .any(|polynomial| occurs(polynomial, index))
    };
    let all = 0..atoms.list.len();
    all.filter(|&i| matches!(atoms.list[i], Atom::Exponential(_)) && !atoms.is_constant(i) && !used(i))
        .collect()
}

fn without_momenta(monomial: &Monomial, dof: usize) -> Monomial {
    let momenta = dof..2 * dof;
    monomial.iter().enumerate().map(|(i, &e)| if momenta.contains(&i) { 0 } else { e }).collect()
}

/// The powers of roots, exponentials, divisors and logarithms, and the negative powers of other atoms.
fn singular_part(atoms: &Atoms, coefficient: &Monomial) -> Monomial {
    let singular = |(index, &exponent): (usize, &i32)| match atoms.list[index] {
        Atom::Coordinate(_) | Atom::Sine(_) | Atom::Cosine(_) => exponent.min(0),
        _ => exponent,
    };
    coefficient.iter().enumerate().map(singular).collect()
}

fn monomial_weight(weights: &[Vec<i64>], groups: usize, monomial: &[i32]) -> Vec<i64> {
    let mut sum = vec![0; groups];
    for (w, &e) in weights.iter().zip(monomial) {
        sum.iter_mut().zip(w).for_each(|(s, w)| *s += i64::from(e) * w);
    }
    sum
}

/// A common denominator of the weights. Roots may be nested two deep.
fn root_scale(atoms: &Atoms) -> i64 {
    let common = atoms.list.iter().fold(1i64, |common, atom| match atom {
        Atom::Root { index, .. } => common / greatest_divisor(common, i64::from(*index)) * i64::from(*index),
        _ => common,
    });
    common.saturating_mul(common).min(1 << 40)
}

fn greatest_divisor(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { greatest_divisor(b, a % b) }
}

fn atom_weights(atoms: &Atoms, angles: &[usize], scale: i64) -> Vec<Vec<i64>> {
    let groups = angles.len() + 1;
    let mut weights: Vec<Vec<i64>> = Vec::new();
    for (index, atom) in atoms.list.iter().enumerate() {
        let mut weight = vec![0; groups];
        let largest = |polynomial: &Laurent, weights: &[Vec<i64>]| {
            let all: Vec<Vec<i64>> =
                polynomial.monomials().map(|m| monomial_weight(weights, groups, m)).collect();
            (0..groups).map(|g| all.iter().map(|w| w[g]).max().unwrap_or(0)).collect::<Vec<i64>>()
        };
        match atom {
            Atom::Coordinate(_) => weight[0] = scale,
            Atom::Sine(_) | Atom::Cosine(_) => {
                let sine = if matches!(atom, Atom::Sine(_)) { index } else { index - 1 };
                if let Some(group) = angles.iter().position(|&a| a == sine) {
                    weight[group + 1] = scale;
                }
            }
            Atom::Root { base, index } => {
                weight = largest(base, &weights).iter().map(|w| w.div_euclid(i64::from(*index))).collect();
            }
            Atom::Divisor(polynomial) => weight = largest(polynomial, &weights),
            Atom::Momentum(_) | Atom::Constant(_) | Atom::Exponential(_) | Atom::Logarithm(_) => {}
        }
        weights.push(weight);
    }
    weights
}

/// Coordinates with polynomial factors. First those outside angles and exponentials, with those that occur
/// in H directly; then all that are not angles.
fn cartesian_coordinates(atoms: &Atoms, hamiltonian: &Laurent) -> [Vec<usize>; 2] {
    let plain = |i: usize| {
        occurs(hamiltonian, i)
            || atoms.list.iter().enumerate().any(|(k, atom)| match atom {
                Atom::Root { .. } | Atom::Divisor(_) | Atom::Logarithm(_) => {
                    atoms.definition(k).is_some_and(|d| occurs(d, i))
                }
                Atom::Exponential(argument) => {
                    argument.monomials().any(|m| m.has(i) && m.iter().map(|e| e.abs()).sum::<i32>() > 1)
                }
                _ => false,
            })
    };
    let inside = |i: usize, wanted: fn(&Atom) -> bool| {
        atoms
            .list
            .iter()
            .enumerate()
            .any(|(k, atom)| wanted(atom) && atoms.definition(k).is_some_and(|d| occurs(d, i)))
    };
    let angle = |i: usize| inside(i, |a| matches!(a, Atom::Sine(_)));
    let exponential = |i: usize| inside(i, |a| matches!(a, Atom::Exponential(_)));
    let first = (0..atoms.dof).filter(|&i| plain(i) || !(angle(i) || exponential(i))).collect();
    let second = (0..atoms.dof).filter(|&i| plain(i) || !angle(i)).collect();
    [first, second]
}

/// All monomials in the atoms up to a degree; `None` if there are too many.
fn polynomials(atoms: &[usize], degree: u32) -> Option<Vec<Monomial>> {
    let mut all = vec![(Monomial::one(), 0)];
    for &atom in atoms {
        let mut longer = Vec::new();
        for (monomial, used) in &all {
            for exponent in 0..=degree - used {
                longer.push((monomial.times(&Monomial::atom(atom, exponent as i32)), used + exponent));
            }
        }
        if longer.len() > MAX_FUNCTIONS {
            return None;
        }
        all = longer;
    }
    Some(all.into_iter().map(|(m, _)| m).collect())
}

//! One library's search problem together with the laws known so far: sorts its terms by degree, solves for
//! their null spaces, and keeps what is new in these.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::IntegralsError;
use super::constants::are_decided;
use super::generators::Generators;
use super::grading::Degree;
use super::involution::largest_involution;
use super::levels::null_space;
use super::library::{Ingredients, Reach};
use super::modes::{apart, free_angles, in_modes, orders};
use super::monomial::{Laurent, Monomial};
use super::point::Points;
use super::relations::are_known;
use super::search::Search;
use super::solve::{Column, Problem, independent_functions};
use crate::laurent::PowerProduct;
use crate::mechanics::Hamiltonian;
use crate::progress::CancelToken;

/// One library's search problem together with the laws known so far.
pub struct Stage<'p> {
    problem: &'p Problem,
    points: Arc<Points>,
    generators: Generators,
    /// Angles that H does not contain. Columns are written in their Fourier modes.
    angles: Vec<usize>,
    /// Groups of functions already examined, with the indices of the functions independent of simpler ones.
    independent: BTreeMap<Vec<Monomial>, Vec<usize>>,
    /// Whether no relation between the atoms is open, so that null spaces miss no integral.
    decided: bool,
    /// Whether some integral modulo the prime could not be lifted to one over the constants.
    pub unlifted: bool,
    too_large: bool,
    /// The results of the classes solved so far, keyed by their terms: wider spaces contain these classes
    /// again.
    solved: BTreeMap<Vec<Monomial>, Progress>,
}

/// The number of terms of a space, and its columns by degree and mode.
pub type Classes = (usize, Vec<Vec<Column>>);

/// The work of one elimination with this many unknowns: about n³/3 multiplications for the echelon form.
fn elimination(unknowns: usize) -> u64 {
    (unknowns as u64).pow(3) / 3
}

/// The result of searching one space, or one class of it.
#[derive(Clone, Copy)]
pub struct Progress {
    /// The dimension of the space of integrals.
    pub integrals: usize,
    /// Whether all of them are polynomials in the laws kept.
    pub exhaustive: bool,
}

impl Progress {
    /// Adds the result of another class.
    fn add(&mut self, part: Progress) {
        self.integrals += part.integrals;
        self.exhaustive &= part.exhaustive;
    }
}

impl<'p> Stage<'p> {
    pub fn new(
        problem: &'p Problem,
        known: Vec<Laurent>,
        hamiltonian: &Hamiltonian,
    ) -> Result<Stage<'p>, IntegralsError> {
        let points = problem.points(0)?;
        let generators = Generators::new(problem, &points, known)?;
        let angles = free_angles(&problem.atoms, &problem.hamiltonian);
        let decided = are_decided(&problem.atoms) && are_known(&problem.atoms, &points, hamiltonian)?;
        Ok(Stage {
            problem,
            decided,
            unlifted: false,
            too_large: false,
            points,
            generators,
            angles,
            independent: BTreeMap::new(),
            solved: BTreeMap::new(),
        })
    }

    pub fn settled(&self) -> bool {
        self.generators.independent(self.points.field()) + 1 >= 2 * self.problem.atoms.dof
    }

    /// Whether a space had classes with too many unknowns.
    pub fn is_too_large(&self) -> bool {
        self.too_large
    }

    /// Whether the laws, with their combinations, contain as many functions in involution as there are degrees of
    /// freedom.
    pub fn is_integrable(&self, token: &CancelToken) -> Result<bool, IntegralsError> {
        let dof = self.problem.atoms.dof;
        if self.generators.independent(self.points.field()) < dof {
            return Ok(false);
        }
        let laws: Vec<Laurent> = self.generators.laws[1..].iter().map(|law| law.polynomial.clone()).collect();
        Ok(largest_involution(self.problem, &laws, token)? >= dof)
    }

    /// The number of terms within reach, and the terms grouped by degree; `None` if there are too many or a
    /// limit was reached.
    pub fn classes(
        &mut self,
        search: &mut Search<'_>,
        ingredients: &Ingredients,
        reach: Reach,
    ) -> Result<Option<Classes>, IntegralsError> {
        let Some(levels) = ingredients.functions(reach) else { return Ok(None) };
        let depth = reach.momentum_degree;
        let mut terms = Vec::new();
        for (level, functions) in levels.iter().enumerate() {
            let Some(functions) = self.independent(search, functions)? else { return Ok(None) };
            for momenta in ingredients.momentum_monomials(depth - level as u32) {
                terms.extend(functions.iter().map(|f| momenta.times(f)));
            }
        }
        let constant =
            |m: &Monomial| m.iter().enumerate().all(|(i, &e)| e == 0 || self.problem.atoms.is_constant(i));
        terms.retain(|m| !constant(m));
        let count = terms.len();
        let classed = |term: &Monomial| {
            let class = (self.problem.grading.degree(term), orders(term, &self.angles));
            (class, in_modes(term, &self.angles))
        };
        let columns: Vec<_> = terms.par_iter().map(classed).collect();
        let mut classes: BTreeMap<(Degree, Vec<i32>), Vec<Column>> = Default::default();
        for (class, column) in columns {
            classes.entry(class).or_default().push(column);
        }
        Ok(Some((count, classes.into_values().collect())))
    }

    /// The functions without those that depend linearly on simpler ones; `None` if a limit was reached.
    ///
    /// Functions of different degree are independent, and so are functions with different powers of the
    /// sines and cosines of free angles. So each such group is examined separately, without these powers.
    fn independent(
        &mut self,
        search: &mut Search<'_>,
        functions: &[Monomial],
    ) -> Result<Option<Vec<Monomial>>, IntegralsError> {
        let dof = self.problem.atoms.dof;
        if functions.iter().all(|f| f.len() <= dof) {
            return Ok(Some(functions.to_vec()));
        }
        let mut groups: BTreeMap<(Degree, Monomial), Vec<Monomial>> = Default::default();
        for function in functions {
            let (powers, rest) = apart(function, &self.angles);
            groups.entry((self.problem.grading.degree(function), powers)).or_default().push(rest);
        }
        let mut fresh: Vec<Vec<Monomial>> = groups.values().cloned().collect();
        fresh.sort();
        fresh.dedup();
        fresh.retain(|group| !self.independent.contains_key(group));
        if !search.spend(fresh.iter().map(|group| elimination(group.len())).sum()) {
            return Ok(None);
        }
        let token = &search.token;
        let pick = |group: &Vec<Monomial>| self.independent_in(group, token);
        let kept: Option<Vec<Vec<usize>>> = fresh.par_iter().map(pick).collect::<Result<_, _>>()?;
        let Some(kept) = kept else { return Ok(None) };
        self.independent.extend(fresh.into_iter().zip(kept));
        let chosen = groups.iter().flat_map(|((_, powers), group)| {
            let kept = self.independent.get(group).into_iter().flatten();
            kept.map(move |&k| powers.times(&group[k]))
        });
        let mut chosen: Vec<Monomial> = chosen.collect();
        chosen.sort_by_key(|f| (f.iter().map(|e| e.abs()).sum::<i32>(), f.clone()));
        Ok(Some(chosen))
    }

    /// The indices of the functions that are linearly independent of those before them; `None` if the token was
    /// cancelled. Only functions of the same degree at the points are compared.
    fn independent_in(
        &self,
        functions: &[Monomial],
        token: &CancelToken,
    ) -> Result<Option<Vec<usize>>, IntegralsError> {
        let mut parts: BTreeMap<Degree, Vec<usize>> = BTreeMap::new();
        for (index, function) in functions.iter().enumerate() {
            parts.entry(self.problem.values.degree(function)).or_default().push(index);
        }
        let mut kept = Vec::new();
        for part in parts.into_values() {
            let functions: Vec<Monomial> = part.iter().map(|&k| functions[k].clone()).collect();
            let Some(independent) = independent_functions(&self.points, &functions, token)? else {
                return Ok(None);
            };
            kept.extend(independent.into_iter().map(|k| part[k]));
        }
        kept.sort_unstable();
        Ok(Some(kept))
    }

    /// Solves each class and keeps what is new.
    pub fn solve(
        &mut self,
        search: &mut Search<'_>,
        classes: Vec<Vec<Column>>,
        reach: Reach,
    ) -> Result<Progress, IntegralsError> {
        let (small, large): (Vec<_>, Vec<_>) =
            classes.into_iter().partition(|c| c.len() <= search.config.max_unknowns);
        self.too_large |= !large.is_empty();
        let mut progress = Progress { integrals: 0, exhaustive: large.is_empty() && self.decided };
        let terms = |class: &Vec<Column>| -> Vec<Monomial> {
            class.iter().flat_map(|c| c.monomials().cloned()).collect()
        };
        let (known, fresh): (Vec<_>, Vec<_>) =
            small.into_iter().partition(|class| self.solved.contains_key(&terms(class)));
        known.iter().filter_map(|class| self.solved.get(&terms(class))).for_each(|part| progress.add(*part));
        // Skip classes for which too little work remains.
        let (fresh, left_out): (Vec<_>, Vec<_>) =
            fresh.into_iter().partition(|class| search.spend(elimination(class.len())));
        progress.exhaustive &= left_out.is_empty();
        let token = &search.token;
        let solve = |class: &Vec<Column>| null_space(&self.points, class, token);
        let spaces: Vec<Option<Vec<Vec<u32>>>> = fresh.par_iter().map(solve).collect::<Result<_, _>>()?;
        for (class, null) in fresh.iter().zip(spaces) {
            let part = match null {
                None => Progress { integrals: 0, exhaustive: false },
                Some(null) => Progress {
                    integrals: null.len(),
                    exhaustive: null.is_empty() || self.take(search, class, &null, reach)?,
                },
            };
            self.solved.insert(terms(class), part);
            progress.add(part);
        }
        Ok(progress)
    }

    /// Adds the generators in a null space; returns whether they account for all of it.
    fn take(
        &mut self,
        search: &mut Search<'_>,
        class: &[Column],
        null: &[Vec<u32>],
        reach: Reach,
    ) -> Result<bool, IntegralsError> {
        let problem = self.problem;
        let bound = reach.momentum_degree;
        let (new, mut complete) =
            self.generators.new_in(problem, &self.points, class, null, bound, &search.token.clone())?;
        self.unlifted |= !complete && !search.token.is_cancelled();
        for polynomial in new {
            if search.token.is_cancelled() {
                return Ok(false);
            }
            if Generators::is_constant(&self.points, &polynomial)? {
                // No law, but its products with laws are accounted for.
                self.generators.push(problem, &self.points, polynomial)?;
                continue;
            }
            let mut kept = search.keep(&problem.atoms.to_expr(&polynomial));
            for variant in if kept { Vec::new() } else { problem.sign_variants(&polynomial) } {
                kept = kept || search.keep(&problem.atoms.to_expr(&variant));
            }
            if kept {
                self.generators.push(problem, &self.points, polynomial)?;
            } else {
                complete = false;
            }
        }
        Ok(complete)
    }
}

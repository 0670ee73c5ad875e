//! One library's problem with the laws known so far: its terms by degree, their null spaces, what is new in these.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use rayon::prelude::*;

use super::IntegralsError;
use super::generators::Generators;
use super::grading::Degree;
use super::laurent::{Laurent, Monomial, monomial_product};
use super::library::{Ingredients, Reach};
use super::point::Points;
use super::search::Search;
use super::solve::{Column, Problem, independent_functions, null_space};
use crate::expr::Rational;

/// One library's problem with the laws known so far.
pub struct Stage<'p> {
    problem: &'p Problem,
    points: Arc<Points>,
    generators: Generators,
}

/// The number of terms of a space, and the terms by degree.
pub type Classes = (usize, Vec<Vec<Column>>);

/// What a search of one space brought.
pub struct Progress {
    /// The dimension of the space of integrals.
    pub integrals: usize,
    /// Whether all of them are polynomials in the laws kept.
    pub exhaustive: bool,
}

impl<'p> Stage<'p> {
    pub fn new(problem: &'p Problem, known: Vec<Laurent>) -> Result<Stage<'p>, IntegralsError> {
        let points = problem.points(0)?;
        let mut generators = Generators::new(problem, &points)?;
        for polynomial in known {
            generators.push(problem, &points, polynomial)?;
        }
        Ok(Stage { problem, points, generators })
    }

    pub fn settled(&self) -> bool {
        self.generators.independent(self.points.field()) + 1 >= 2 * self.problem.atoms.dof
    }

    /// The number of terms within reach and the terms by degree; `None` where they are too many, or the
    /// deadline has passed.
    pub fn classes(
        &self,
        ingredients: &Ingredients,
        reach: Reach,
        deadline: Instant,
    ) -> Result<Option<Classes>, IntegralsError> {
        let Some(levels) = ingredients.functions(reach) else { return Ok(None) };
        let depth = reach.momentum_degree;
        let mut terms = Vec::new();
        for (level, functions) in levels.iter().enumerate() {
            let Some(functions) = self.independent(functions, deadline)? else { return Ok(None) };
            for momenta in ingredients.momentum_monomials(depth - level as u32) {
                terms.extend(functions.iter().map(|f| monomial_product(&momenta, f)));
            }
        }
        let constant =
            |m: &Monomial| m.iter().enumerate().all(|(i, &e)| e == 0 || self.problem.atoms.is_constant(i));
        terms.retain(|m| !constant(m));
        let count = terms.len();
        let mut by_degree: BTreeMap<Degree, Vec<Column>> = Default::default();
        for term in terms {
            let degree = self.problem.grading.degree(&term);
            by_degree.entry(degree).or_default().push(Laurent::term(term, Rational::ONE));
        }
        Ok(Some((count, by_degree.into_values().collect())))
    }

    /// The functions without those that depend linearly on simpler ones; `None` where the deadline has
    /// passed.
    fn independent(
        &self,
        functions: &[Monomial],
        deadline: Instant,
    ) -> Result<Option<Vec<Monomial>>, IntegralsError> {
        let dof = self.problem.atoms.dof;
        if functions.iter().all(|f| f.len() <= dof) {
            return Ok(Some(functions.to_vec()));
        }
        let mut by_degree: BTreeMap<Degree, Vec<&Monomial>> = Default::default();
        for function in functions {
            by_degree.entry(self.problem.grading.degree(function)).or_default().push(function);
        }
        let classes: Vec<Vec<&Monomial>> = by_degree.into_values().collect();
        let pick = |class: &Vec<&Monomial>| -> Result<Option<Vec<Monomial>>, IntegralsError> {
            let kept = independent_functions(&self.points, class, deadline)?;
            Ok(kept.map(|kept| kept.into_iter().map(|k| class[k].clone()).collect()))
        };
        let kept: Option<Vec<Vec<Monomial>>> = classes.par_iter().map(pick).collect::<Result<_, _>>()?;
        let Some(kept) = kept else { return Ok(None) };
        let mut kept: Vec<Monomial> = kept.into_iter().flatten().collect();
        kept.sort_by_key(|f| (f.iter().map(|e| e.abs()).sum::<i32>(), f.clone()));
        Ok(Some(kept))
    }

    /// Solves class by class and keeps what is new.
    pub fn solve(
        &mut self,
        search: &mut Search<'_>,
        classes: Vec<Vec<Column>>,
        reach: Reach,
        seen: &mut BTreeSet<Vec<Monomial>>,
    ) -> Result<Progress, IntegralsError> {
        let mut progress = Progress { integrals: 0, exhaustive: true };
        let (small, large): (Vec<_>, Vec<_>) =
            classes.into_iter().partition(|c| c.len() <= search.config.max_unknowns);
        progress.exhaustive &= large.is_empty();
        let fresh: Vec<Vec<Column>> = small
            .into_iter()
            .filter(|class| {
                let key: Vec<Monomial> = class.iter().flat_map(|c| c.terms.keys().cloned()).collect();
                seen.insert(key)
            })
            .collect();
        let deadline = search.deadline;
        let solve = |class: &Vec<Column>| null_space(&self.points, class, Some(deadline));
        let spaces: Vec<Option<Vec<Vec<u32>>>> = fresh.par_iter().map(solve).collect::<Result<_, _>>()?;
        for (class, null) in fresh.iter().zip(spaces) {
            let Some(null) = null else {
                progress.exhaustive = false;
                continue;
            };
            progress.integrals += null.len();
            if !null.is_empty() {
                progress.exhaustive &= self.take(search, class, &null, reach)?;
            }
        }
        Ok(progress)
    }

    /// Adds the generators in a null space; whether all of it is accounted for.
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
            self.generators.new_in(problem, &self.points, class, null, bound, search.deadline)?;
        for polynomial in new {
            if Instant::now() > search.deadline {
                return Ok(false);
            }
            let mut kept = search.keep(problem.atoms.to_expr(&polynomial))?;
            for variant in if kept { Vec::new() } else { problem.sign_variants(&polynomial) } {
                kept = kept || search.keep(problem.atoms.to_expr(&variant))?;
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

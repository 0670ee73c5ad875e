//! The ladder of searches, from the narrowest library to the widest.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::IntegralsError;
use super::atoms::Atoms;
use super::generators::Generators;
use super::involution::commuting_combinations;
use super::library::{Ingredients, Reach};
use super::monomial::Laurent;
use super::names::name_laws;
use super::solve::{Column, Problem, blocks};
use super::stage::{Progress, Stage};
use crate::expr::Expr;
use crate::mechanics::{Assessment, Certificate, ConservedQuantity, Hamiltonian, Prover, assess};
use crate::progress::{CancelToken, Ended, Event, Job, Limits};
use crate::simplify::canonical_law;

/// How far to search.
#[derive(Clone, Debug)]
pub struct SearchConfig {
    /// The largest degree in the momenta.
    pub momentum_degree: u32,
    /// A bound on the weight of the coefficients of highest momentum degree; by default none but that
    /// of the momentum degree itself.
    pub coefficient_degree: Option<u32>,
    /// When to stop and return what was found. The unit of work is a multiplication modulo a prime in the
    /// elimination of the linear systems.
    pub limits: Limits,
    /// The most unknowns of one linear system; larger ones are left out, and this is said.
    pub max_unknowns: usize,
    /// Threads; by default those of the pool in use.
    pub threads: Option<usize>,
    /// Terms to search in, in place of those derived from the Hamiltonian.
    pub library: Option<Vec<Expr>>,
}

impl Default for SearchConfig {
    fn default() -> SearchConfig {
        SearchConfig {
            momentum_degree: 4,
            coefficient_degree: None,
            limits: Limits { work: 1_000_000_000_000, seconds: 60.0 },
            max_unknowns: 3_000,
            threads: None,
            library: None,
        }
    }
}

/// Why a search ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StopReason {
    /// There are 2·dof − 1 independent laws: no more are possible.
    Settled,
    /// Every library up to the momentum degree was searched.
    LadderComplete,
    /// A limit was reached, or the user interrupted the search.
    Ended(Ended),
}

/// One space of functions that was searched.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SearchedSpace {
    /// The number of unknown coefficients.
    pub terms: usize,
    /// The degree in the momenta.
    pub momentum_degree: u32,
    /// The weight of the coefficients of highest momentum degree; those of lower momentum degree reach
    /// as far as the terms of H take them.
    pub coefficient_degree: u32,
    /// The dimension of the space of integrals in it, constants not counted.
    pub integrals: usize,
    /// Whether every integral in this space is a polynomial in the laws found.
    pub exhaustive: bool,
}

/// What a search found.
#[derive(Clone, Debug)]
pub struct SearchOutcome {
    /// Generators of all integrals found, H not among them, each proved.
    pub laws: Vec<ConservedQuantity>,
    /// Polynomials in H and the laws that complete a largest set in involution, where the laws
    /// themselves do not hold one; each proved.
    pub combinations: Vec<ConservedQuantity>,
    /// The spaces searched, in order.
    pub searched: Vec<SearchedSpace>,
    /// Why the search ended.
    pub stop: StopReason,
    /// The work that was done, in the unit of [`SearchConfig::limits`].
    pub work: u64,
    /// Brackets, independence, involution and verdict of H, `laws` and `combinations`, in this order.
    pub assessment: Assessment,
}

impl SearchOutcome {
    /// The widest space that was searched exhaustively: highest momentum degree first, then coefficients.
    pub fn widest(&self) -> Option<&SearchedSpace> {
        let exhaustive = self.searched.iter().filter(|s| s.exhaustive);
        exhaustive.max_by_key(|s| (s.momentum_degree, s.coefficient_degree, s.terms))
    }
}

/// All integrals polynomial in the momenta within a growing library, from the Hamiltonian alone.
///
/// The same Hamiltonian gives the same laws whatever the number of threads, unless the seconds run out. What is
/// returned is proved; what is not returned may still exist outside the spaces listed. The job hears of spaces
/// and laws.
///
/// # Errors
/// A Hamiltonian outside the class, or constant.
pub fn search(
    hamiltonian: &Hamiltonian,
    config: &SearchConfig,
    job: &Job<'_>,
) -> Result<SearchOutcome, IntegralsError> {
    match config.threads.and_then(|n| rayon::ThreadPoolBuilder::new().num_threads(n.max(1)).build().ok()) {
        Some(pool) => pool.install(|| Search::run(hamiltonian, config, job)),
        None => Search::run(hamiltonian, config, job),
    }
}

/// A search under way.
pub struct Search<'a> {
    hamiltonian: &'a Hamiltonian,
    /// How far to search.
    pub config: &'a SearchConfig,
    job: &'a Job<'a>,
    /// When to end the search for laws.
    pub token: CancelToken,
    /// When to end the work on the laws found.
    end: CancelToken,
    /// Work that may still be done.
    work: u64,
    prover: Prover,
    found: Vec<Certificate>,
    searched: Vec<SearchedSpace>,
    stop: StopReason,
}

/// The part of the seconds in which laws are sought; in the rest they are written out and compared.
const SEARCHING_PART: f64 = 7.0 / 8.0;

/// The libraries, in the order they are tried in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Pass {
    /// The Hamiltonian's own ingredients.
    Own,
    /// Cyclic coordinates as angles, or half angles where there are angles.
    Angles,
    /// Polynomial factors for coordinates inside exponentials.
    PolynomialExponentials,
    /// Exponentials of cyclic coordinates.
    CyclicExponentials,
}

/// The highest momentum degree at which exponentials of cyclic coordinates are tried.
const EXPONENTIALS_TO_DEGREE: u32 = 2;

impl<'a> Search<'a> {
    fn run(
        hamiltonian: &'a Hamiltonian,
        config: &'a SearchConfig,
        job: &'a Job<'a>,
    ) -> Result<SearchOutcome, IntegralsError> {
        let Limits { work, seconds } = config.limits;
        let end = config.limits.token(job.token());
        let searching = Limits { work, seconds: seconds * SEARCHING_PART };
        let mut search = Search {
            hamiltonian,
            config,
            job,
            token: searching.token(job.token()),
            // What the kernel cannot take cannot be proved: it names divisors that vanish and the like.
            prover: Prover::cancellable(hamiltonian, &end)?,
            end,
            work,
            found: Vec::new(),
            searched: Vec::new(),
            stop: StopReason::LadderComplete,
        };
        if let Some(terms) = &config.library {
            search.in_library(terms)?;
        } else {
            for pass in [Pass::Own, Pass::Angles, Pass::PolynomialExponentials, Pass::CyclicExponentials] {
                // A wider library that cannot be had is left out; what was found before stands.
                match search.pass(pass) {
                    Err(error) if pass == Pass::Own && !search.token.is_cancelled() => return Err(error),
                    _ => search.note_end(),
                }
                if search.stop != StopReason::LadderComplete {
                    break;
                }
            }
        }
        search.outcome()
    }

    /// Notes that the token has ended the search.
    fn note_end(&mut self) {
        if let Some(ended) = Ended::by(&self.token) {
            self.stop = StopReason::Ended(ended);
        }
    }

    /// Takes work from what is left; `false` where that is too little.
    pub fn spend(&mut self, work: u64) -> bool {
        match self.work.checked_sub(work) {
            Some(left) => self.work = left,
            None => self.stop = StopReason::Ended(Ended::Work),
        }
        self.stop != StopReason::Ended(Ended::Work)
    }

    /// The atoms of a pass; `None` where it adds nothing.
    fn atoms(&self, pass: Pass) -> Result<Option<Atoms>, IntegralsError> {
        let (space, formula) = (self.hamiltonian.space(), self.hamiltonian.formula());
        let own = Atoms::of(space, [formula])?.0;
        let symbols = formula.symbols();
        let cyclic: Vec<usize> =
            (0..space.dof()).filter(|&i| !symbols.contains(&space.coordinates()[i])).collect();
        let angular = own.has_angles();
        match pass {
            Pass::Own if angular && !cyclic.is_empty() => {
                Ok(Some(Atoms::with_angles(space, formula, &cyclic, 1)?))
            }
            Pass::Own => Ok(Some(own)),
            Pass::Angles if angular => {
                let angles: Vec<usize> =
                    (0..space.dof()).filter(|&i| cyclic.contains(&i) || own.is_angle(i)).collect();
                Ok(Some(Atoms::with_angles(space, formula, &angles, 2)?))
            }
            Pass::Angles if !cyclic.is_empty() => Ok(Some(Atoms::with_angles(space, formula, &cyclic, 1)?)),
            Pass::Angles => Ok(None),
            Pass::PolynomialExponentials => {
                let mut own = own;
                let energy = own.expand(formula)?;
                let wider = Ingredients::of(&own, &energy).has_exponential_coordinates();
                Ok(wider.then_some(own))
            }
            Pass::CyclicExponentials if cyclic.is_empty() => Ok(None),
            Pass::CyclicExponentials => Ok(Some(Atoms::with_exponentials(space, formula, &cyclic)?)),
        }
    }

    fn pass(&mut self, pass: Pass) -> Result<(), IntegralsError> {
        let Some(mut atoms) = self.atoms(pass)? else { return Ok(()) };
        let energy = atoms.expand(self.hamiltonian.formula())?;
        if energy.as_constant().is_some() {
            return Err(IntegralsError::ConstantHamiltonian);
        }
        let known: Vec<Laurent> =
            self.found.iter().map(|proof| atoms.expand(proof.law())).collect::<Result<_, _>>()?;
        let ingredients = Ingredients::of(&atoms, &energy);
        let problem = Problem::new(atoms, energy);
        let mut stage = Stage::new(&problem, known)?;
        if stage.settled() {
            self.stop = StopReason::Settled;
            return Ok(());
        }
        for reach in self.ladder(&ingredients, pass) {
            let Some((terms, classes)) = stage.classes(self, &ingredients, reach)? else {
                self.note_end();
                if self.stop != StopReason::LadderComplete {
                    break;
                }
                continue;
            };
            self.tell_space(reach, terms);
            let progress = stage.solve(self, classes, reach)?;
            self.add_space(reach, terms, progress);
            if stage.settled() {
                self.stop = StopReason::Settled;
                break;
            }
            self.note_end();
            if self.stop != StopReason::LadderComplete {
                break;
            }
        }
        Ok(())
    }

    fn tell_space(&self, reach: Reach, terms: usize) {
        let Reach { momentum_degree, weight, .. } = reach;
        let doing =
            format!("momentum degree {momentum_degree}, coefficients to degree {weight}: {terms} terms");
        self.job.tell(Event::Doing(&doing));
    }

    fn add_space(&mut self, reach: Reach, terms: usize, progress: Progress) {
        self.searched.push(SearchedSpace {
            terms,
            momentum_degree: reach.momentum_degree,
            coefficient_degree: reach.weight,
            integrals: progress.integrals,
            exhaustive: progress.exhaustive,
        });
    }

    /// Reaches in the order they are tried in: momentum degree 1 first, then by the sum of degree and weight.
    fn ladder(&self, ingredients: &Ingredients, pass: Pass) -> Vec<Reach> {
        let largest = |degree: u32| {
            let bound = ingredients.largest_weight(degree);
            self.config.coefficient_degree.map_or(bound, |most| bound.min(most))
        };
        let highest = match pass {
            Pass::CyclicExponentials => self.config.momentum_degree.min(EXPONENTIALS_TO_DEGREE),
            _ => self.config.momentum_degree,
        };
        let degrees = 1..=highest;
        let polynomial_exponentials = pass == Pass::PolynomialExponentials;
        let reach = |momentum_degree, weight| Reach { momentum_degree, weight, polynomial_exponentials };
        let mut ladder: Vec<Reach> = (0..=largest(1)).map(|weight| reach(1, weight)).collect();
        let most = degrees.clone().map(largest).max().unwrap_or(0);
        let mut rest: Vec<(u32, u32)> = degrees
            .skip(1)
            .flat_map(|degree| (0..=most.min(largest(degree))).map(move |weight| (degree, weight)))
            .collect();
        rest.sort_by_key(|&(degree, weight)| (degree + weight, degree));
        ladder.extend(rest.into_iter().map(|(degree, weight)| reach(degree, weight)));
        ladder
    }

    /// The search in given terms.
    fn in_library(&mut self, terms: &[Expr]) -> Result<(), IntegralsError> {
        let formulas = std::iter::once(self.hamiltonian.formula()).chain(terms);
        let (atoms, mut columns) = Atoms::of(self.hamiltonian.space(), formulas)?;
        let energy = columns.remove(0);
        let mut seen_columns = BTreeSet::new();
        columns.retain(|column| column.as_constant().is_none() && seen_columns.insert(column.clone()));
        let dof = atoms.dof;
        let degree = columns
            .iter()
            .flat_map(|c| c.monomials())
            .map(|m| m.iter().skip(dof).take(dof).map(|&e| e.max(0) as u32).sum())
            .max()
            .unwrap_or(0);
        let coefficient_degree = columns
            .iter()
            .flat_map(|c| c.monomials())
            .map(|m| m.iter().take(dof).map(|&e| e.max(0) as u32).sum())
            .max()
            .unwrap_or(0);
        let problem = Problem::new(atoms, energy);
        let mut stage = Stage::new(&problem, Vec::new())?;
        let classes: Vec<Vec<Column>> = blocks(&problem.grading, &columns)
            .into_iter()
            .map(|block| block.into_iter().map(|k| columns[k].clone()).collect())
            .collect();
        let reach =
            Reach { momentum_degree: degree, weight: coefficient_degree, polynomial_exponentials: false };
        let progress = stage.solve(self, classes, reach)?;
        self.add_space(reach, columns.len(), progress);
        self.note_end();
        if stage.settled() {
            self.stop = StopReason::Settled;
        }
        Ok(())
    }

    /// Proves a candidate and keeps it; whether it was proved. One that the kernel refuses is not, and what
    /// was found before stands.
    pub fn keep(&mut self, formula: &Expr) -> bool {
        let Ok(Some(certificate)) = self.prover.certify(formula) else { return false };
        self.job.tell(Event::Law(formula));
        self.found.push(certificate);
        true
    }

    fn outcome(mut self) -> Result<SearchOutcome, IntegralsError> {
        self.job.tell(Event::Doing("comparing the laws"));
        let space = self.hamiltonian.space();
        let proved: Vec<Certificate> =
            self.without_redundant()?.into_par_iter().map(|proof| self.presented(proof)).collect();
        let names = name_laws(&proved.iter().map(|proof| proof.law().clone()).collect::<Vec<_>>(), space);
        let named = names.into_iter().zip(proved);
        let laws: Vec<ConservedQuantity> =
            named.map(|(name, proof)| ConservedQuantity::proved(name, proof)).collect();
        let mut assessment = assess(&self.prover, &laws)?;
        let mut combinations = Vec::new();
        if assessment.involutive().len() < space.dof() {
            combinations = commuting_combinations(&self.prover, &laws, &assessment, &self.end)?;
            if !combinations.is_empty() {
                let all: Vec<ConservedQuantity> = laws.iter().chain(&combinations).cloned().collect();
                let wider = assess(&self.prover, &all)?;
                if wider.involutive().len() > assessment.involutive().len() {
                    assessment = wider;
                } else {
                    combinations.clear();
                }
            }
        }
        if let Some(ended) = Ended::by(&self.end) {
            self.stop = StopReason::Ended(ended);
        }
        let work = self.config.limits.work - self.work;
        Ok(SearchOutcome { laws, combinations, searched: self.searched, stop: self.stop, work, assessment })
    }

    /// The proof of the law in canonical form. Past the limit laws are given as they were found.
    fn presented(&self, proof: Certificate) -> Certificate {
        if self.end.is_cancelled() {
            return proof;
        }
        let short = canonical_law(proof.law(), self.hamiltonian.space()).ok();
        short.and_then(|short| proof.presented(&short).ok()?).unwrap_or(proof)
    }

    /// The laws found, less those that are polynomials in the others; simplest first.
    fn without_redundant(&self) -> Result<Vec<Certificate>, IntegralsError> {
        let formulas =
            std::iter::once(self.hamiltonian.formula()).chain(self.found.iter().map(Certificate::law));
        let (atoms, mut known) = Atoms::of(self.hamiltonian.space(), formulas)?;
        let energy = known.remove(0);
        let problem = Problem::new(atoms, energy);
        let points = problem.points(0)?;
        let mut generators = Generators::new(&problem, &points, known)?;
        let mut kept: Vec<usize> = (0..self.found.len()).collect();
        for index in (0..self.found.len()).rev() {
            let place = kept.iter().position(|&k| k == index).unwrap_or(0) + 1;
            if generators.is_redundant(&problem, &points, place)? {
                generators.laws.remove(place);
                kept.retain(|&k| k != index);
            }
        }
        let degrees = generators.laws[1..].iter().map(|law| law.momentum_degree);
        let mut laws: Vec<(u32, usize)> = degrees.zip(kept).collect();
        laws.sort();
        Ok(laws.into_iter().map(|(_, k)| self.found[k].clone()).collect())
    }
}

//! Searches a ladder of libraries, from the narrowest to the widest.

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
    /// A bound on the weight of the coefficients of highest momentum degree. By default the only bound is
    /// the one that the momentum degree implies.
    pub coefficient_degree: Option<u32>,
    /// When to stop and return what was found. The unit of work is one multiplication modulo a prime during
    /// the elimination of the linear systems.
    pub limits: Limits,
    /// The most unknowns of one linear system. Larger systems are skipped, and the outcome then says so.
    pub max_unknowns: usize,
    /// The number of threads; by default that of the current pool.
    pub threads: Option<usize>,
    /// The terms to search in, instead of those derived from the Hamiltonian.
    pub library: Option<Vec<Expr>>,
    /// The outcome lists the terms of a space only if it has at most this many.
    pub written_terms: Option<usize>,
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
            written_terms: None,
        }
    }
}

/// Why a search ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StopReason {
    /// There are 2·dof − 1 independent laws; more are impossible.
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
    /// The largest weight of the coefficients of highest momentum degree. The bounds for lower momentum
    /// degrees follow from it and the terms of H.
    pub coefficient_degree: u32,
    /// The dimension of the space of integrals in it, without the constants.
    pub integrals: usize,
    /// Whether every integral in this space is a polynomial in the laws found.
    pub exhaustive: bool,
}

/// A space that was searched exhaustively, together with its terms.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WrittenSpace {
    /// Functions that span it.
    pub terms: Vec<Expr>,
    /// The dimension of the space of integrals in it, without the constants.
    pub integrals: usize,
}

/// What a search found.
#[derive(Clone, Debug)]
pub struct SearchOutcome {
    /// Generators of all integrals found, without H; each is proved.
    pub laws: Vec<ConservedQuantity>,
    /// Polynomials in H and the laws that complete a largest set in involution, if the laws alone contain
    /// none. Each is proved.
    pub combinations: Vec<ConservedQuantity>,
    /// The spaces searched, in order.
    pub searched: Vec<SearchedSpace>,
    /// The exhaustive space with the most terms among those within [`SearchConfig::written_terms`].
    pub written: Option<WrittenSpace>,
    /// Why the search ended.
    pub stop: StopReason,
    /// The work done, in the unit of [`SearchConfig::limits`].
    pub work: u64,
    /// Brackets, independence, involution and verdict of H, `laws` and `combinations`, in this order.
    pub assessment: Assessment,
}

impl SearchOutcome {
    /// The widest exhaustive space: the highest momentum degree first, then the highest coefficient degree.
    pub fn widest(&self) -> Option<&SearchedSpace> {
        let exhaustive = self.searched.iter().filter(|s| s.exhaustive);
        exhaustive.max_by_key(|s| (s.momentum_degree, s.coefficient_degree, s.terms))
    }
}

/// Searches growing libraries, derived from the Hamiltonian alone, for all integrals polynomial in the
/// momenta.
///
/// The same Hamiltonian gives the same laws for any number of threads, unless the time limit ends the
/// search. Every law returned is proved. Other laws may exist outside the listed spaces. The job is told of
/// each space and law.
///
/// # Errors
/// The Hamiltonian is outside the class or constant.
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

/// A search in progress.
pub struct Search<'a> {
    hamiltonian: &'a Hamiltonian,
    /// How far to search.
    pub config: &'a SearchConfig,
    job: &'a Job<'a>,
    /// Cancelled when the search for laws must end.
    pub token: CancelToken,
    /// Cancelled when the work on the laws found must end.
    end: CancelToken,
    /// The work that may still be done.
    work: u64,
    prover: Prover,
    found: Vec<Certificate>,
    searched: Vec<SearchedSpace>,
    written: Option<WrittenSpace>,
    stop: StopReason,
}

/// The fraction of the time limit that the search for laws may use; the rest is for simplifying and
/// comparing the laws.
const SEARCHING_PART: f64 = 7.0 / 8.0;

/// The kinds of libraries, in the order in which they are tried.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Pass {
    /// The Hamiltonian's own ingredients.
    Own,
    /// Sines and cosines of cyclic coordinates, or of half angles if H already has angles.
    Angles,
    /// Polynomial factors in coordinates that occur inside exponentials.
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
            // Fail early if the kernel rejects H (a divisor that vanishes, for example): then nothing can
            // be proved.
            prover: Prover::cancellable(hamiltonian, &end)?,
            end,
            work,
            found: Vec::new(),
            searched: Vec::new(),
            written: None,
            stop: StopReason::LadderComplete,
        };
        if let Some(terms) = &config.library {
            search.in_library(terms)?;
        } else {
            for pass in [Pass::Own, Pass::Angles, Pass::PolynomialExponentials, Pass::CyclicExponentials] {
                // If a wider library fails, skip it and keep the laws found so far.
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

    /// Records that the token ended the search.
    fn note_end(&mut self) {
        if let Some(ended) = Ended::by(&self.token) {
            self.stop = StopReason::Ended(ended);
        }
    }

    /// Takes work from the remaining budget; `false` if too little remains.
    pub fn spend(&mut self, work: u64) -> bool {
        match self.work.checked_sub(work) {
            Some(left) => self.work = left,
            None => self.stop = StopReason::Ended(Ended::Work),
        }
        self.stop != StopReason::Ended(Ended::Work)
    }

    /// The atoms for a pass; `None` if the pass adds nothing.
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
            let space = self.space_to_write(&problem, terms, &classes);
            let progress = stage.solve(self, classes, reach)?;
            self.add_space(reach, terms, progress, space);
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

    /// The terms of a space, if the caller asked for them and this space is larger than the last one kept.
    fn space_to_write(&self, problem: &Problem, terms: usize, classes: &[Vec<Column>]) -> Option<Vec<Expr>> {
        let before = self.written.as_ref().map_or(0, |space| space.terms.len());
        let wanted = self.config.written_terms.is_some_and(|most| terms <= most) && terms > before;
        wanted.then(|| classes.iter().flatten().map(|column| problem.atoms.to_expr(column)).collect())
    }

    fn add_space(&mut self, reach: Reach, terms: usize, progress: Progress, written: Option<Vec<Expr>>) {
        if let Some(terms) = written.filter(|_| progress.exhaustive) {
            self.written = Some(WrittenSpace { terms, integrals: progress.integrals });
        }
        self.searched.push(SearchedSpace {
            terms,
            momentum_degree: reach.momentum_degree,
            coefficient_degree: reach.weight,
            integrals: progress.integrals,
            exhaustive: progress.exhaustive,
        });
    }

    /// The reaches in the order in which they are tried: momentum degree 1 first, then by the sum of degree
    /// and weight.
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

    /// Searches the span of the given terms.
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
        let space = self.space_to_write(&problem, columns.len(), &classes);
        let progress = stage.solve(self, classes, reach)?;
        self.add_space(reach, columns.len(), progress, space);
        self.note_end();
        if stage.settled() {
            self.stop = StopReason::Settled;
        }
        Ok(())
    }

    /// Tries to prove a candidate, keeps it if proved, and returns whether it was. A candidate that the
    /// kernel rejects counts as not proved; the laws found before remain.
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
        let Search { searched, written, stop, .. } = self;
        Ok(SearchOutcome { laws, combinations, searched, written, stop, work, assessment })
    }

    /// The proof of the law in canonical form. After the limit is reached, the law stays in the form in
    /// which it was found.
    fn presented(&self, proof: Certificate) -> Certificate {
        if self.end.is_cancelled() {
            return proof;
        }
        let short = canonical_law(proof.law(), self.hamiltonian.space()).ok();
        short.and_then(|short| proof.presented(&short).ok()?).unwrap_or(proof)
    }

    /// The laws found, without those that are polynomials in the others; simplest first.
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

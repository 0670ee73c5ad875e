//! Searches a ladder of libraries, from the narrowest to the widest.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use rayon::prelude::*;

use super::IntegralsError;
use super::atoms::Atoms;
use super::config::SearchConfig;
use super::constants::{with_canonical_constants, without_constant_factors};
use super::dress::{is_written_in, undressed};
use super::generators::Generators;
use super::involution::{Combination, largest_involution, with_combinations};
use super::library::{Ingredients, Reach};
use super::monomial::{Laurent, occurs};
use super::names::name_laws;
use super::signs::with_known_signs;
use super::solve::{Column, Problem, blocks};
use super::stage::{Progress, Stage};
use crate::expr::{Expr, Symbol};
use crate::mechanics::{
    Assessment, Certificate, ConservedQuantity, Hamiltonian, Prover, Verdict, assess, functional_rank,
};
use crate::progress::{CancelToken, Ended, Event, Job, Limits};
use crate::simplify::{canonical_hamiltonian, canonical_law};

/// Why a search ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StopReason {
    /// There are 2·dof − 1 independent laws; more are impossible.
    Settled,
    /// There are as many laws in involution as degrees of freedom, and the small spaces were searched.
    Complete,
    /// Every library up to the momentum degree was searched.
    LadderComplete,
    /// Every library up to the momentum degree was searched but those that are too large.
    LeftOut,
    /// A limit was reached, or the user interrupted the search.
    Ended(Ended),
}

impl StopReason {
    /// What ended the search before its end, if anything did.
    pub fn ended(self) -> Option<Ended> {
        match self {
            StopReason::Ended(ended) => Some(ended),
            StopReason::Settled | StopReason::Complete | StopReason::LadderComplete | StopReason::LeftOut => {
                None
            }
        }
    }
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
    /// What its terms are made of.
    pub library: String,
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
    pub combinations: Vec<Combination>,
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

impl SearchedSpace {
    /// The widest of the spaces that were searched exhaustively, or of all if none was: the highest momentum
    /// degree first, then the highest coefficient degree, then the most terms.
    pub fn widest(spaces: &[SearchedSpace]) -> Option<&SearchedSpace> {
        let width = |s: &&SearchedSpace| (s.exhaustive, s.momentum_degree, s.coefficient_degree, s.terms);
        spaces.iter().max_by_key(width)
    }
}

impl SearchOutcome {
    /// The widest space that was searched exhaustively.
    pub fn widest(&self) -> Option<&SearchedSpace> {
        SearchedSpace::widest(&self.searched).filter(|space| space.exhaustive)
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
    /// The formula of H, with known signs of roots, and constants in canonical form.
    formula: Expr,
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
    /// The number of the prime that linear systems are solved over first.
    first_prime: usize,
    /// Whether the laws found settle that the system is integrable.
    integrable: bool,
    /// Whether only the last law in involution is sought.
    seeks_last_law: bool,
    /// Whether spaces were skipped because of that.
    left_for_the_verdict: bool,
    /// Whether the verdict that ended the search was not confirmed. Then no space is skipped.
    doubtful: bool,
}

/// The laws found, compared with each other.
struct Compared {
    laws: Vec<ConservedQuantity>,
    combinations: Vec<Combination>,
    assessment: Assessment,
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

/// The most primes over which a library is searched, if integrals modulo a prime cannot be lifted.
const PRIMES_TRIED: usize = 3;
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
            formula: with_canonical_constants(
                &with_known_signs(hamiltonian.formula(), hamiltonian),
                hamiltonian.space(),
            ),
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
            first_prime: 0,
            integrable: false,
            seeks_last_law: false,
            left_for_the_verdict: false,
            doubtful: false,
        };
        if let Some(terms) = &config.library {
            search.in_library(terms)?;
        } else {
            search.climb()?;
        }
        search.outcome()
    }

    /// Searches all libraries up to the momentum degree, and for a last law in involution.
    fn climb(&mut self) -> Result<(), IntegralsError> {
        for pass in [Pass::Own, Pass::Angles, Pass::PolynomialExponentials, Pass::CyclicExponentials] {
            // If a wider library fails, skip it and keep the laws found so far.
            match self.pass(pass, 1..=self.highest(pass)) {
                Err(error) if pass == Pass::Own && !self.token.is_cancelled() => return Err(error),
                Err(_) => self.leave_out(),
                Ok(()) => {}
            }
            self.note_end();
            if !self.goes_on() {
                break;
            }
        }
        self.seek_last_law()?;
        if self.integrable && self.may_leave_out() && self.goes_on() && self.left_for_the_verdict {
            self.stop = StopReason::Complete;
        }
        Ok(())
    }

    /// Searches one degree more if only the last law in involution is missing. It may be a function of the laws
    /// found: then these settle how many are independent, but no set of them is in involution.
    fn seek_last_law(&mut self) -> Result<(), IntegralsError> {
        let ended = self.stop.ended().is_some();
        // With two degrees of freedom, H alone lacks only one law, so this says nothing.
        if ended || self.integrable || self.hamiltonian.space().dof() <= 2 || !self.lacks_one()? {
            return Ok(());
        }
        let more = self.config.momentum_degree + 1;
        let stop = std::mem::replace(&mut self.stop, StopReason::LadderComplete);
        self.seeks_last_law = true;
        // These spaces were not asked for, so it does not matter if they cannot be searched.
        let searched = self.pass(Pass::Own, more..=more);
        self.seeks_last_law = false;
        if searched.is_err() || self.stop.ended().is_none() {
            self.stop = stop;
        }
        self.note_end();
        Ok(())
    }

    /// Whether spaces may be skipped once the verdict is complete.
    fn may_leave_out(&self) -> bool {
        !self.config.exhaustive && !self.doubtful
    }

    /// Whether the search has not ended yet.
    fn goes_on(&self) -> bool {
        matches!(self.stop, StopReason::LadderComplete | StopReason::LeftOut)
    }

    /// Records that a space was too large.
    fn leave_out(&mut self) {
        if self.stop == StopReason::LadderComplete {
            self.stop = StopReason::LeftOut;
        }
    }

    /// The highest momentum degree of a pass.
    fn highest(&self, pass: Pass) -> u32 {
        match pass {
            Pass::CyclicExponentials => self.config.momentum_degree.min(EXPONENTIALS_TO_DEGREE),
            _ => self.config.momentum_degree,
        }
    }

    /// Whether the laws found, with their combinations, hold one less in involution than degrees of freedom.
    fn lacks_one(&self) -> Result<bool, IntegralsError> {
        let dof = self.hamiltonian.space().dof();
        let laws = self.found.iter().map(Certificate::law);
        let (atoms, mut polynomials) =
            Atoms::of(self.hamiltonian.space(), std::iter::once(&self.formula).chain(laws))?;
        let problem = Problem::new(atoms, polynomials.remove(0));
        Ok(largest_involution(&problem, &polynomials, &self.token)? + 1 == dof)
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
        let (space, formula) = (self.hamiltonian.space(), &self.formula);
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
                let wider = !Ingredients::of(&own, &energy).exponential_coordinates().is_empty();
                Ok(wider.then_some(own))
            }
            Pass::CyclicExponentials if cyclic.is_empty() => Ok(None),
            Pass::CyclicExponentials => Ok(Some(Atoms::with_exponentials(space, formula, &cyclic)?)),
        }
    }

    /// Searches a library for the momentum degrees. If some integral modulo the first prime does not exist over
    /// the rationals, searches again over the next prime.
    fn pass(&mut self, pass: Pass, degrees: RangeInclusive<u32>) -> Result<(), IntegralsError> {
        let searched = self.searched.len();
        for _ in 1..PRIMES_TRIED {
            if self.pass_over_prime(pass, degrees.clone())? {
                return Ok(());
            }
            self.first_prime += 1;
            self.searched.truncate(searched);
        }
        self.pass_over_prime(pass, degrees)?;
        Ok(())
    }

    /// Searches over one prime. Returns whether all integrals modulo the prime were lifted.
    fn pass_over_prime(&mut self, pass: Pass, degrees: RangeInclusive<u32>) -> Result<bool, IntegralsError> {
        let Some(mut atoms) = self.atoms(pass)? else { return Ok(true) };
        let energy = atoms.expand(&self.formula)?;
        if energy.as_constant().is_some() {
            return Err(IntegralsError::ConstantHamiltonian);
        }
        let known: Vec<Laurent> =
            self.found.iter().map(|proof| atoms.expand(proof.law())).collect::<Result<_, _>>()?;
        let ingredients = Ingredients::of(&atoms, &energy);
        let library = self.library(pass, &atoms, &ingredients);
        let problem = Problem::from_prime(atoms, energy, self.first_prime);
        let mut stage = Stage::new(&problem, known, self.hamiltonian)?;
        if stage.settled() && !self.seeks_last_law {
            self.stop = StopReason::Settled;
            return Ok(true);
        }
        for reach in self.ladder(&ingredients, pass, degrees) {
            if self.integrable && self.may_leave_out() && !reach.is_small() {
                self.left_for_the_verdict = true;
                continue;
            }
            let Some((terms, classes)) = stage.classes(self, &ingredients, reach)? else {
                self.note_end();
                if !self.goes_on() {
                    break;
                }
                self.leave_out();
                continue;
            };
            self.tell_space(reach, terms);
            let space = self.space_to_write(&problem, terms, &classes);
            let found = self.found.len();
            let progress = stage.solve(self, classes, reach)?;
            self.add_space(reach, terms, progress, &library, space);
            if self.found.len() > found && !self.integrable {
                self.integrable = stage.is_integrable(&self.token)?;
            }
            if stage.settled() && !self.seeks_last_law {
                self.stop = StopReason::Settled;
                break;
            }
            if stage.is_too_large() {
                self.leave_out();
            }
            self.note_end();
            if !self.goes_on() || (self.seeks_last_law && self.integrable) {
                break;
            }
        }
        Ok(!stage.unlifted || !self.goes_on())
    }

    /// What the terms of a library are made of, and what they leave out.
    fn library(&self, pass: Pass, atoms: &Atoms, ingredients: &Ingredients) -> String {
        let space = self.hamiltonian.space();
        let names = |coordinates: &[usize]| {
            let names: Vec<&str> = coordinates.iter().map(|&i| space.coordinates()[i].name()).collect();
            names.join(", ")
        };
        let symbols = self.formula.symbols();
        let cyclic: Vec<usize> =
            (0..space.dof()).filter(|&i| !symbols.contains(&space.coordinates()[i])).collect();
        let angles: Vec<usize> = (0..space.dof()).filter(|&i| atoms.is_angle(i)).collect();
        let free: Vec<usize> = cyclic.iter().copied().filter(|i| angles.contains(i)).collect();
        let mut text = "ingredients of H".to_owned();
        match pass {
            Pass::Angles if free.len() < angles.len() => {
                text += &format!(", half angles of {}", names(&angles));
            }
            Pass::Own | Pass::Angles if !free.is_empty() => {
                text += &format!(", sines and cosines of {}", names(&free));
            }
            Pass::CyclicExponentials => text += &format!(", exponentials of {}", names(&cyclic)),
            Pass::PolynomialExponentials => {
                text += &format!(", powers of {}", names(&ingredients.exponential_coordinates()));
            }
            _ => {}
        }
        let left_out = ingredients.without_powers(pass == Pass::PolynomialExponentials);
        if !left_out.is_empty() {
            text += &format!(", no powers of {}", names(&left_out));
        }
        text
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

    fn add_space(
        &mut self,
        reach: Reach,
        terms: usize,
        progress: Progress,
        library: &str,
        written: Option<Vec<Expr>>,
    ) {
        if let Some(terms) = written.filter(|_| progress.exhaustive) {
            self.written = Some(WrittenSpace { terms, integrals: progress.integrals });
        }
        self.searched.push(SearchedSpace {
            terms,
            library: library.to_owned(),
            momentum_degree: reach.momentum_degree,
            coefficient_degree: reach.weight,
            integrals: progress.integrals,
            exhaustive: progress.exhaustive,
        });
    }

    /// The reaches in the order in which they are tried: momentum degree 1 first, then by the sum of degree
    /// and weight.
    fn ladder(&self, ingredients: &Ingredients, pass: Pass, degrees: RangeInclusive<u32>) -> Vec<Reach> {
        let largest = |degree: u32| {
            let bound = ingredients.largest_weight(degree);
            self.config.coefficient_degree.map_or(bound, |most| bound.min(most))
        };
        let polynomial_exponentials = pass == Pass::PolynomialExponentials;
        let reach = |momentum_degree, weight| Reach { momentum_degree, weight, polynomial_exponentials };
        let mut ladder: Vec<(u32, u32)> =
            degrees.flat_map(|degree| (0..=largest(degree)).map(move |weight| (degree, weight))).collect();
        let sum = |degree: u32, weight: u32| if degree == 1 { 0 } else { degree + weight };
        ladder.sort_by_key(|&(degree, weight)| (sum(degree, weight), degree, weight));
        ladder.into_iter().map(|(degree, weight)| reach(degree, weight)).collect()
    }

    /// Searches the span of the given terms.
    fn in_library(&mut self, terms: &[Expr]) -> Result<(), IntegralsError> {
        let formulas = std::iter::once(&self.formula).chain(terms);
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
        let mut stage = Stage::new(&problem, Vec::new(), self.hamiltonian)?;
        let classes: Vec<Vec<Column>> = blocks(&problem.grading, &columns)
            .into_iter()
            .map(|block| block.into_iter().map(|k| columns[k].clone()).collect())
            .collect();
        let reach =
            Reach { momentum_degree: degree, weight: coefficient_degree, polynomial_exponentials: false };
        let space = self.space_to_write(&problem, columns.len(), &classes);
        let mut progress = stage.solve(self, classes, reach)?;
        let mut library = "the terms given".to_owned();
        let left_out = left_out(&problem, &columns);
        if !left_out.is_empty() {
            progress.exhaustive = false;
            library += &format!(", which leave out {} of H", left_out.join(", "));
        }
        self.add_space(reach, columns.len(), progress, &library, space);
        self.note_end();
        if stage.settled() {
            self.stop = StopReason::Settled;
        }
        Ok(())
    }

    /// Tries to prove a candidate, keeps it if proved, and returns whether it was. A candidate that the
    /// kernel rejects counts as not proved; the laws found before remain. What is not shown to vary is no law:
    /// roots of parameters may hide that it is zero.
    pub fn keep(&mut self, formula: &Expr) -> bool {
        let Ok(Some(certificate)) = self.prover.certify(formula) else { return false };
        let varies = functional_rank(std::slice::from_ref(formula), self.hamiltonian.space());
        if !varies.is_ok_and(|varies| varies.rank == 1) {
            return false;
        }
        self.job.tell(Event::Law(formula));
        self.found.push(certificate);
        true
    }

    /// Compares the laws found. If they do not give the verdict for which the search ended, searches on.
    fn outcome(mut self) -> Result<SearchOutcome, IntegralsError> {
        let mut compared = self.compared()?;
        if self.stop == StopReason::Complete && compared.assessment.verdict() == Verdict::Undecided {
            (self.stop, self.doubtful) = (StopReason::LadderComplete, true);
            self.searched.clear();
            self.written = None;
            self.climb()?;
            compared = self.compared()?;
        }
        if let Some(ended) = Ended::by(&self.end) {
            self.stop = StopReason::Ended(ended);
        }
        let work = self.config.limits.work - self.work;
        let Compared { laws, combinations, assessment } = compared;
        let Search { searched, written, stop, .. } = self;
        Ok(SearchOutcome { laws, combinations, searched, written, stop, work, assessment })
    }

    /// Generators of the laws found, with their names, brackets, combinations and verdict.
    fn compared(&self) -> Result<Compared, IntegralsError> {
        self.job.tell(Event::Doing("comparing the laws"));
        let space = self.hamiltonian.space();
        let mut found = self.found.clone();
        found.extend(self.momenta_behind(&found));
        let plain: Vec<&Expr> = found.iter().map(Certificate::law).filter(|law| is_symbol(law)).collect();
        let is_dressed = |proof: &Certificate| {
            !is_symbol(proof.law()) && is_written_in(proof.law(), &plain, space.variables())
        };
        let bare: Vec<Certificate> = found.iter().filter(|proof| !is_dressed(proof)).cloned().collect();
        let proved: Vec<Certificate> =
            self.without_redundant(bare)?.into_par_iter().map(|proof| self.presented(proof)).collect();
        let formulas: Vec<&Expr> = proved.iter().map(Certificate::law).collect();
        let energy = canonical_hamiltonian(self.hamiltonian.formula(), space).ok();
        let known: Vec<&Expr> = energy.iter().chain([self.hamiltonian.formula()]).collect();
        let kept = undressed(&formulas, &known, space.variables());
        let proved: Vec<Certificate> = kept.into_iter().map(|k| proved[k].clone()).collect();
        let formulas: Vec<Expr> = proved.iter().map(|proof| proof.law().clone()).collect();
        let of_energy = self.hamiltonian.formula().symbols();
        let reserved: Vec<Symbol> = self.config.reserved.iter().cloned().chain(of_energy).collect();
        let names = name_laws(&formulas, space, &reserved);
        let named = names.into_iter().zip(proved);
        let laws: Vec<ConservedQuantity> =
            named.map(|(name, proof)| ConservedQuantity::proved(name, proof)).collect();
        let assessment = assess(&self.prover, &laws)?;
        let wider = with_combinations(&self.prover, &self.formula, &laws, &assessment, &self.end)?;
        let (combinations, assessment) = wider.unwrap_or((Vec::new(), assessment));
        Ok(Compared { laws, combinations, assessment })
    }

    /// The momenta that are conserved and of which some law found is a function, where they are not found themselves: as
    /// sin(p) and p·cos(p) were found first, p was a polynomial in them.
    fn momenta_behind(&self, found: &[Certificate]) -> Vec<Certificate> {
        let space = self.hamiltonian.space();
        let of_one = |momentum: &Expr| {
            let is_function =
                |proof: &Certificate| is_written_in(proof.law(), &[momentum], space.variables());
            found.iter().any(is_function) && found.iter().all(|proof| proof.law() != momentum)
        };
        let momenta = space.momenta().iter().map(|p| Expr::Symbol(p.clone()));
        momenta.filter(of_one).filter_map(|p| self.prover.certify(&p).ok().flatten()).collect()
    }

    /// The proof of the law in canonical form, without constant factors. After the limit is reached, the law
    /// stays in the form in which it was found.
    fn presented(&self, proof: Certificate) -> Certificate {
        if self.end.is_cancelled() {
            return proof;
        }
        let space = self.hamiltonian.space();
        let Ok(short) = canonical_law(proof.law(), space) else { return proof };
        let bare = without_constant_factors(&short, space).and_then(|law| canonical_law(&law, space).ok());
        if let Some(proof) = bare.and_then(|bare| self.prover.certify(&bare).ok()?) {
            return proof;
        }
        proof.presented(&short).ok().flatten().unwrap_or(proof)
    }

    /// The laws found, without those that are polynomials in the others; simplest first.
    fn without_redundant(&self, found: Vec<Certificate>) -> Result<Vec<Certificate>, IntegralsError> {
        let space = self.hamiltonian.space();
        let formulas = || std::iter::once(&self.formula).chain(found.iter().map(Certificate::law));
        // Laws can be polynomials in 1/H too, where H is a fraction.
        let inverse = self.inverse_energy();
        let (atoms, mut known) = match Atoms::of(space, formulas().chain(&inverse)) {
            Err(_) if inverse.is_some() => Atoms::of(space, formulas())?,
            read => read?,
        };
        let energy = known.remove(0);
        let problem = Problem::new(atoms, energy);
        let points = problem.points(0)?;
        let mut generators = Generators::new(&problem, &points, known)?;
        let mut kept: Vec<usize> = (0..found.len()).collect();
        for index in (0..found.len()).rev() {
            let place = kept.iter().position(|&k| k == index).unwrap_or(0) + 1;
            if generators.is_redundant(&problem, &points, place)? {
                generators.laws.remove(place);
                kept.retain(|&k| k != index);
            }
        }
        let degrees = generators.laws[1..].iter().map(|law| law.momentum_degree);
        let mut laws: Vec<(u32, usize)> = degrees.zip(kept).collect();
        laws.sort();
        Ok(laws.into_iter().map(|(_, k)| found[k].clone()).collect())
    }

    /// 1/H, where H is divided by something that depends on the momenta.
    fn inverse_energy(&self) -> Option<Expr> {
        let momenta = self.hamiltonian.space().momenta();
        let depends = |expr: &Expr| expr.symbols().iter().any(|symbol| momenta.contains(symbol));
        // The sign of 1/H is of no interest.
        let formula = match &self.formula {
            Expr::Negative(inner) if matches!(**inner, Expr::Quotient(..)) => inner,
            other => other,
        };
        match formula {
            Expr::Quotient(above, below) if !depends(above) && depends(below) => {
                Some((**below).clone().over((**above).clone()))
            }
            Expr::Power(below, exponent) if depends(below) && exponent.as_number() == Some((-1).into()) => {
                Some((**below).clone())
            }
            _ => None,
        }
    }
}

/// Whether a law is a variable.
fn is_symbol(law: &Expr) -> bool {
    matches!(law, Expr::Symbol(_))
}

/// The functions in H, other than coordinates and momenta, that no column contains.
fn left_out(problem: &Problem, columns: &[Column]) -> Vec<String> {
    let atoms = &problem.atoms;
    (2 * atoms.dof..atoms.list.len())
        .filter(|&i| !atoms.is_constant(i) && occurs(&problem.hamiltonian, i))
        .filter(|&i| !columns.iter().any(|column| occurs(column, i)))
        .map(|i| atoms.to_expr(&Laurent::atom(i, 1)).to_string())
        .collect()
}

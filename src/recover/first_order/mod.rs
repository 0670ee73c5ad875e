//! The Hamiltonian H(q, p) of trajectories in coordinates and momenta, from first-order equations ẋ = J∇H.
//!
//! Given velocities decide by least squares, to rounding. Without them, or where they are noisy, the law of motion of
//! the room above goes first, if the momenta are functions of the velocities that it knows. Where it settles nothing, a
//! library of terms grows, stage by stage: the weak form proposes and whole trajectories decide.
//!
//! ```text
//! Observations ──Prepared──▶ states, velocities, splines, noise
//!      │                         ├─ 1. given velocities: stages of the library, least squares ─▶ RecoveredHamiltonian
//!      ├─ 2. law of motion, letters for constants ───────────────────────────────────────────▶ RecoveredHamiltonian
//!      │                         └─ 3. stages of the library, trajectories ────────────────────▶ RecoveredHamiltonian
//! ```

mod clean;
mod data;
mod denominator;
pub mod describing;
pub mod divergence;
mod fitted;
#[cfg(test)]
pub(crate) mod fixtures;
mod hamiltonian;
pub mod laws;
pub mod modes;
mod noisy;
pub mod pointwise;
mod quotient;
mod separation;
mod supported;
#[cfg(test)]
mod tests;
pub mod trajectories;
pub mod weak;

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use crate::data::TrajectorySet;
use crate::progress::Job;
use crate::terms::{Grammar, TermLibrary, Variables};

use super::{RecoverError, canonical};

pub use data::{Observations, Prepared};
pub use fitted::StageReport;
pub use hamiltonian::{RecoveredHamiltonian, RecoveredTerm};
pub use laws::law_terms;
pub use separation::is_separable;
pub use supported::supported;

use fitted::Fitted;

/// How the Hamiltonian is sought in coordinates and momenta.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Config {
    /// Relative noise above which states with given velocities are fitted as trajectories too.
    pub noisy: f64,
    /// How the weak form is made and thinned out.
    pub weak: weak::Config,
    /// How nearly collinear terms are folded into one.
    pub folding: Folding,
    /// How trajectories are fitted.
    pub trajectories: trajectories::Config,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            noisy: 1e-3,
            weak: weak::Config::default(),
            folding: Folding::default(),
            trajectories: trajectories::Config::default(),
        }
    }
}

/// Residual, relative to ẋ, below which given velocities count as explained without noise.
const CLEAN: f64 = 1e-7;

/// Most terms of a stage that is fitted.
const MOST_TERMS: usize = 700;

/// By how much the residual may grow while terms are left out of a fit of given velocities.
const GROWTH: f64 = 1.15;

/// The residual, relative to ẋ, below which terms are left out whatever it grows by.
const FLOOR: f64 = 1e-10;

/// How nearly collinear terms are folded into one.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Folding {
    /// Terms from which folding starts at most.
    pub most_terms: usize,
    /// How much worse in the weak form a folded fit may be: noise in the states blurs it, and many terms follow it.
    pub worse: f64,
}

impl Default for Folding {
    fn default() -> Folding {
        Folding { most_terms: 16, worse: 1.5 }
    }
}

/// What a search in coordinates and momenta came to.
pub struct Found {
    /// The Hamiltonian, if any term could be fitted.
    pub hamiltonian: Option<RecoveredHamiltonian>,
    /// Every stage that was fitted, in order.
    pub stages: Vec<StageReport>,
}

/// What a Hamiltonian is sought among.
#[derive(Clone, Debug, Default)]
pub enum Hypotheses {
    /// Laws of motion and terms of the built-in library.
    #[default]
    All,
    /// Terms of the built-in library alone: a law of motion was sought before, in vain.
    Library,
    /// Terms of a user's grammar alone.
    Grammar(Grammar),
}

impl Hypotheses {
    fn library(&self, variables: &Variables) -> Result<TermLibrary, RecoverError> {
        Ok(match self {
            Hypotheses::Grammar(grammar) => TermLibrary::new(grammar, variables)?,
            Hypotheses::All | Hypotheses::Library => {
                TermLibrary::new(&Grammar::default_grammar()?, variables)?
            }
        })
    }
}

/// The Hamiltonian of trajectories.
///
/// Given velocities without noise are fitted by least squares, which are exact. Otherwise the law of motion goes first:
/// it competes with all others of its joint library by description length, and its constants are letters where they are no
/// justified rationals. Where it is not settled, terms of the library follow; where it explains the data in several forms,
/// one of these with rational coefficients does not count as exact.
///
/// # Errors
/// A grammar that does not fit the variables, values that are not finite.
pub fn hamiltonian(
    observed: &Observations,
    data: &Prepared,
    hypotheses: &Hypotheses,
    config: &super::Config,
    job: &Job<'_>,
) -> Result<Found, RecoverError> {
    let library = hypotheses.library(&data.variables)?;
    let mut stages = Vec::new();
    let mut tell = |report: &StageReport| {
        job.note(&report.to_string());
        stages.push(report.clone());
        match job.is_cancelled() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    };
    let mut best = None;
    let mut is_open = false;
    for way in Way::of(data, &config.first_order) {
        if way == Way::Noisy && matches!(hypotheses, Hypotheses::All) && !job.is_cancelled() {
            match OfMotion::of(&observed.trajectories, data, config, job) {
                OfMotion::Settled(law) => return Ok(Found { hamiltonian: Some(*law), stages }),
                OfMotion::Several => is_open = true,
                OfMotion::Unexplained => {}
            }
        }
        let search = Grown { data, library: &library, config: &config.first_order, way };
        if search.run(&mut best, job, &mut tell)?.is_break() {
            break;
        }
    }
    let found = best.as_ref().map(|fitted| RecoveredHamiltonian::of_fit(fitted, data));
    let hamiltonian = found.map(|found| RecoveredHamiltonian { exact: found.exact && !is_open, ..found });
    Ok(Found { hamiltonian, stages })
}

/// What the law of motion says: velocities or positions, and the momenta's dependence on them.
enum OfMotion {
    /// One form explains the data.
    Settled(Box<RecoveredHamiltonian>),
    /// Several forms do.
    Several,
    /// No form does, or the momenta are no masses times velocities.
    Unexplained,
}

impl OfMotion {
    fn of(observed: &TrajectorySet, data: &Prepared, config: &super::Config, job: &Job<'_>) -> OfMotion {
        let Ok(Some(found)) = canonical::recover_canonical(&observed.to_recording(), config, job) else {
            return OfMotion::Unexplained;
        };
        match RecoveredHamiltonian::of_recovery(&found, data) {
            Some(law) => OfMotion::Settled(Box::new(law)),
            None if found.status.explains() => OfMotion::Several,
            None => OfMotion::Unexplained,
        }
    }
}

/// A search with terms of a library that grows until a stage of it settles the question, or the job is over.
struct Grown<'a> {
    data: &'a Prepared,
    library: &'a TermLibrary,
    config: &'a Config,
    way: Way,
}

impl Grown<'_> {
    /// Puts a fit that is better in the place of `best`, and tells whether the search is over with all ways: a stage
    /// explains the data exactly, or `tell` says to end.
    fn run(
        &self,
        best: &mut Option<Fitted>,
        job: &Job<'_>,
        tell: &mut dyn FnMut(&StageReport) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, RecoverError> {
        let Grown { data, library, config, way } = self;
        for stage in &library.stages {
            let enough = if *way == Way::Clean { CLEAN } else { 0.0 };
            let resolved = quotient::resolve(data, stage, enough)?;
            let is_exact = resolved.as_ref().is_none_or(|r| r.exact);
            let stages = [Some(stage), resolved.as_ref().map(|r| &r.stage)].into_iter().flatten();
            for (quotients, stage) in stages.enumerate() {
                let found = match way {
                    Way::Clean => clean::fit_clean(data, stage)?,
                    Way::Noisy => noisy::fit_noisy(data, stage, best.as_ref(), config, job.token())?,
                };
                let Some((mut fitted, report)) = found else { continue };
                fitted.exact_terms = quotients == 0 || is_exact;
                let is_ended = tell(&report).is_break();
                let is_settled = fitted.explains
                    && (*way == Way::Clean || RecoveredHamiltonian::of_fit(&fitted, data).exact);
                if is_settled || best.as_ref().is_none_or(|b| fitted.is_better(b)) {
                    *best = Some(fitted);
                }
                if is_settled || is_ended {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// How states are fitted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    /// Least squares on the velocities that came with them.
    Clean,
    /// The weak form, then trajectories.
    Noisy,
}

impl Way {
    /// Given velocities are fitted as they are, and where the states are noisy as trajectories too; without velocities
    /// there are trajectories alone.
    fn of(data: &Prepared, config: &Config) -> Vec<Way> {
        let is_noisy = !data.velocities_given || data.relative_noise() >= config.noisy;
        let ways = [(data.velocities_given, Way::Clean), (is_noisy, Way::Noisy)];
        ways.into_iter().filter(|(is_used, _)| *is_used).map(|(_, way)| way).collect()
    }
}

//! The Hamiltonian H(q, p) of trajectories in coordinates and momenta, from first-order equations ẋ = J∇H.
//!
//! A library of terms grows, stage by stage, as long as the evidence asks for more: given velocities decide by least
//! squares, to rounding; without them the weak form proposes and whole trajectories decide. Where the momenta are
//! functions of the velocities that the room above knows, its law of motion competes.
//!
//! ```text
//! Observations ──Prepared──▶ states, velocities, splines, noise
//!      │                         ├─ stages of the library: clean, or noisy ──▶ RecoveredHamiltonian
//!      └─ law of motion, letters for constants ──────────────────────────────▶ RecoveredHamiltonian
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
use crate::terms::{Grammar, TermLibrary};

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
    /// Residual, relative to ẋ, below which given velocities count as explained without noise.
    pub clean: f64,
    /// How many times more held-out velocities may leave.
    pub held_out: f64,
    /// Relative noise above which states with given velocities are fitted as trajectories too.
    pub noisy: f64,
    /// Most terms of a stage that is fitted.
    pub most_terms: usize,
    /// By how much the residual may grow while terms are left out of a fit of given velocities.
    pub growth: f64,
    /// The residual, relative to ẋ, below which terms are left out whatever it grows by.
    pub floor: f64,
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
            clean: 1e-7,
            held_out: 100.0,
            noisy: 1e-3,
            most_terms: 700,
            growth: 1.15,
            floor: 1e-10,
            weak: weak::Config::default(),
            folding: Folding::default(),
            trajectories: trajectories::Config::default(),
        }
    }
}

/// How nearly collinear terms are folded into one, and how many of the smaller fits trajectories are asked about.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Folding {
    /// Terms from which folding starts at most.
    pub most_terms: usize,
    /// Candidates at most.
    pub most_candidates: usize,
    /// How much worse in the weak form a folded fit may be: noise in the states blurs it, and many terms follow it.
    pub worse: f64,
    /// Sizes of fits that trajectories are asked about, from the smallest.
    pub sizes: usize,
    /// Fits of one size that trajectories are asked about.
    pub asked: usize,
}

impl Default for Folding {
    fn default() -> Folding {
        Folding { most_terms: 16, most_candidates: 250, worse: 1.5, sizes: 4, asked: 8 }
    }
}

/// What a search in coordinates and momenta came to.
pub struct Found {
    /// The Hamiltonian, if any term could be fitted.
    pub hamiltonian: Option<RecoveredHamiltonian>,
    /// Every stage that was fitted, in order.
    pub stages: Vec<StageReport>,
}

/// The Hamiltonian of trajectories, with terms of a user's grammar or of the library's own.
///
/// The law of motion goes first where masses depend on the position, and again where the stages come to no exact
/// Hamiltonian: coefficients that are no rationals are better as letters, for which laws can be proved. A user's own
/// terms replace it, and so do given velocities, for which least squares are exact.
///
/// # Errors
/// A grammar that does not fit the variables, values that are not finite.
pub fn hamiltonian(
    observed: &Observations,
    data: &Prepared,
    grammar: Option<&Grammar>,
    config: &super::Config,
    job: &Job<'_>,
) -> Result<Found, RecoverError> {
    let own = match grammar {
        Some(grammar) => grammar.clone(),
        None => Grammar::default_grammar()?,
    };
    let library = TermLibrary::new(&own, &data.variables)?;
    let mut stages = Vec::new();
    let mut tell = |report: &StageReport| {
        job.note(&report.to_string());
        stages.push(report.clone());
        match job.is_cancelled() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    };
    let is_open = grammar.is_none() && !data.velocities_given;
    let motion = || of_motion(&observed.trajectories, data, config, job);
    let is_of_motion = is_open && !has_constant_masses(&observed.trajectories, config);
    let found = match is_of_motion.then(motion).flatten() {
        Some(settled) => Some(settled),
        None => grown(data, &library, &config.first_order, job, &mut tell)?,
    };
    let is_left = is_open && !is_of_motion && !found.as_ref().is_some_and(|h| h.exact);
    Ok(Found { hamiltonian: is_left.then(motion).flatten().or(found), stages })
}

/// Whether the momenta are masses times velocities, but for terms linear in the coordinates.
fn has_constant_masses(observed: &TrajectorySet, config: &super::Config) -> bool {
    canonical::has_constant_masses(&observed.to_recording(), config)
}

/// The Hamiltonian from velocities or positions and the momenta's dependence on them, where the data gives no
/// derivatives; nothing where momenta are no masses times velocities, or the data leaves open which form is right.
fn of_motion(
    observed: &TrajectorySet,
    data: &Prepared,
    config: &super::Config,
    job: &Job<'_>,
) -> Option<RecoveredHamiltonian> {
    let found = canonical::recover_canonical(&observed.to_recording(), config, job);
    RecoveredHamiltonian::of_recovery(&found.ok()??, data)
}

/// The Hamiltonian with terms of a library that grows until a stage of it settles the question, or `tell` says to end;
/// the best of all where none does. `None` when no stage has a usable term.
fn grown(
    data: &Prepared,
    library: &TermLibrary,
    config: &Config,
    job: &Job<'_>,
    tell: &mut dyn FnMut(&StageReport) -> ControlFlow<()>,
) -> Result<Option<RecoveredHamiltonian>, RecoverError> {
    let of = |fitted: &Fitted| RecoveredHamiltonian::of_fit(fitted, data, config);
    let mut best: Option<Fitted> = None;
    for way in Way::of(data, config) {
        for stage in &library.stages {
            let enough = if way == Way::Clean { config.clean } else { 0.0 };
            let resolved = quotient::resolve(data, stage, enough, config)?;
            let is_exact = resolved.as_ref().is_none_or(|r| r.exact);
            let stages = [Some(stage), resolved.as_ref().map(|r| &r.stage)].into_iter().flatten();
            for (quotients, stage) in stages.enumerate() {
                let found = match way {
                    Way::Clean => clean::fit_clean(data, stage, config)?,
                    Way::Noisy => noisy::fit_noisy(data, stage, best.as_ref(), config, job.token())?,
                };
                let Some((mut fitted, report)) = found else { continue };
                fitted.exact_terms = quotients == 0 || is_exact;
                let is_ended = tell(&report).is_break();
                if fitted.explains && (way == Way::Clean || of(&fitted).exact) {
                    return Ok(Some(of(&fitted)));
                }
                if best.as_ref().is_none_or(|b| fitted.is_better(b)) {
                    best = Some(fitted);
                }
                if is_ended {
                    return Ok(best.as_ref().map(of));
                }
            }
        }
    }
    Ok(best.as_ref().map(of))
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

//! The law of motion from a recording: which form, with which constants, and how sure.
//!
//! ```text
//! Recording ──Smoother──▶ Smoothed ──Problem──▶ search ──▶ Search { models, best first } ──decide──▶ Recovery
//! ```
//!
//! The search works on whitened weak equations, where hundreds of forms cost little. The decision is made on whole
//! trajectories, which notice what a spline blurs. [`recover`](recover()) does all of it.

mod alternatives;
pub mod candidates;
mod canonical;
pub mod constants;
pub mod decide;
mod expansion;
pub mod first_order;
pub mod follow;
mod formula;
mod held_out;
mod interpolation;
mod invariants;
mod kept;
pub mod kinetic;
mod limits;
mod masses;
mod model;
mod momenta;
pub mod momentum_map;
mod motion;
mod names;
pub mod problem;
mod recovery;
mod refine;
pub mod resolved;
pub mod search;
mod settle;
#[cfg(test)]
mod simulated;
pub mod snap;
mod snap_parameters;
#[cfg(test)]
mod tests;
mod weak_errors;
mod writing;

use crate::data::{Recording, Smoothed, Smoother, SmootherConfig, SmoothingError};
use crate::progress::{Event, Job};
use crate::regression::RegressionError;
use crate::terms::GrammarError;
use crate::terms::joint::{self, Bodies};

pub use alternatives::common_laws;
pub use canonical::recover_canonical;
pub use decide::{Grounds, decide};
pub use held_out::{HeldOut, HeldOutConfig, Tested, held_out, shortest_form};
pub use invariants::{Invariant, Invariants};
pub use kept::Kept;
pub use masses::{MassConfig, start_masses};
pub use model::Model;
pub use problem::{Place, Problem, Terms};
pub use recovery::{Alternative, Constant, Equation, Evidence, Friction, Law, Mass, Recovery, Status};
pub use refine::{Form, Masses, refine};
pub use search::{Search, search};
pub use snap_parameters::snap_parameters;

/// How a law is recovered: the settings of every step.
#[derive(Clone, PartialEq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Config {
    /// How splines are laid through the runs.
    pub smoother: SmootherConfig,
    /// Which terms compete, and how equations are made of splines.
    pub problem: problem::Config,
    /// How forms are sought.
    pub search: search::Config,
    /// How trajectories decide.
    pub decide: decide::Config,
    /// How masses that depend on the position are sought.
    pub kinetic: kinetic::Config,
    /// How the Hamiltonian is sought in coordinates and momenta.
    pub first_order: first_order::Config,
}

/// Why no law was recovered.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum RecoverError {
    /// The recording cannot be smoothed.
    #[error(transparent)]
    Smoothing(#[from] SmoothingError),
    /// No equations can be made of it.
    #[error(transparent)]
    Regression(#[from] RegressionError),
    /// No coordinates and momenta in pairs.
    #[error("there are no pairs of coordinates and momenta")]
    NoVariables,
    /// Too little data.
    #[error("{points} points in trajectories of three or more are too few to find anything")]
    TooFewPoints {
        /// How many there are.
        points: usize,
    },
    /// A library of terms that does not fit the variables.
    #[error(transparent)]
    Grammar(#[from] GrammarError),
    /// No form was found: no term is usable, or the job ended too early.
    #[error("no form of a law of motion was found")]
    NoForm,
}

/// The law of motion of a recording.
///
/// Recorded momenta are not used: the momenta of the law are those of the positions alone, with the first mass 1.
/// Coordinates of one body share a mass; where that explains nothing, every coordinate gets a mass of its own, unless
/// there are so many that the library is not whole.
///
/// A job that is cancelled ends with the best form found so far, if there is one.
///
/// # Errors
/// If the recording cannot be smoothed, no stretch of it is long enough, or no form was found.
pub fn recover(recording: &Recording, config: &Config, job: &Job<'_>) -> Result<Recovery, RecoverError> {
    let smoothed = smoothed(recording, config, job)?;
    let mut found = on_the_best_resolved(recording, &smoothed, config, job)?;
    if config.kinetic.is_tried(found.status, recording.dof())
        && let Some(other) = kinetic::recover_kinetic(recording, &smoothed, config, job)
    {
        return Ok(other);
    }
    if let Status::Unexplained { .. } = found.status {
        job.tell(Event::Doing("looking for laws without a Hamiltonian"));
        found.invariants = invariants::invariants(recording, &smoothed, job);
    }
    Ok(found)
}

/// The law of motion where masses are known not to depend on the position; nothing else is sought where it explains
/// nothing.
fn recover_with_constant_masses(
    recording: &Recording,
    config: &Config,
    job: &Job<'_>,
) -> Result<Recovery, RecoverError> {
    let smoothed = smoothed(recording, config, job)?;
    on_the_best_resolved(recording, &smoothed, config, job)
}

fn smoothed(recording: &Recording, config: &Config, job: &Job<'_>) -> Result<Smoothed, RecoverError> {
    job.tell(Event::Doing("smoothing the recording"));
    Ok(Smoother { config: config.smoother.clone() }.smooth(recording)?)
}

/// The law of motion of the runs that the sampling resolves best, if they determine it and it holds on the others too;
/// else that of all.
fn on_the_best_resolved(
    recording: &Recording,
    smoothed: &Smoothed,
    config: &Config,
    job: &Job<'_>,
) -> Result<Recovery, RecoverError> {
    let Some(apart) = resolved::apart(smoothed, config.problem.equations) else {
        return with_every_mass(recording, smoothed, config, job);
    };
    let first = with_every_mass(recording, &apart.best, config, job);
    if let Ok(found) = &first {
        let is_settled = found.status.is_settled();
        let holds = |model| is_settled && resolved::holds_on(model, &apart.rest, &config.decide);
        if job.is_cancelled() || found.law.model.as_ref().is_some_and(holds) {
            return first;
        }
    }
    match with_every_mass(recording, smoothed, config, job) {
        // Time may be over before a form of all runs is found: one that explains nothing claims nothing.
        Err(_) if first.as_ref().is_ok_and(|found| !found.status.explains()) => first,
        found => found,
    }
}

/// The law of motion with the bodies that the names tell, or with a mass for each coordinate where these explain nothing.
fn with_every_mass(
    recording: &Recording,
    smoothed: &Smoothed,
    config: &Config,
    job: &Job<'_>,
) -> Result<Recovery, RecoverError> {
    let found = with_bodies(config.problem.library.bodies, recording, smoothed, config, job)?;
    let named = config.problem.library.bodies.of(&recording.coordinates);
    let is_open =
        named.iter().any(|body| body.len() > 1) && recording.coordinates.len() <= joint::MOST_FOR_ALL;
    if found.status.explains() || !is_open || job.is_cancelled() {
        return Ok(found);
    }
    job.tell(Event::Doing("giving every coordinate a mass of its own"));
    match with_bodies(Bodies::EachCoordinate, recording, smoothed, config, job) {
        Ok(other) if other.status.explains() => Ok(other),
        Ok(_) | Err(_) => Ok(found),
    }
}

/// The law of motion where coordinates share masses in this way.
fn with_bodies(
    bodies: Bodies,
    recording: &Recording,
    smoothed: &Smoothed,
    config: &Config,
    job: &Job<'_>,
) -> Result<Recovery, RecoverError> {
    let library = joint::Config { bodies, ..config.problem.library.clone() };
    let mut problem =
        Problem::new(recording, smoothed, &problem::Config { library, ..config.problem.clone() })?;
    let search = search(&mut problem, job, &config.search)?;
    job.tell(Event::Doing("following trajectories"));
    let grounds = Grounds { recording, smoothed, problem: &problem, search: &search };
    decide(&grounds, &config.decide, job).ok_or(RecoverError::NoForm)
}

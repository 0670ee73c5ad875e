//! From trajectories to laws and Hamiltonian.
//!
//! ```text
//! Observations ──prepare──▶ samples, splines, noise
//!      │                        ├─ stages of the library ──▶ RecoveredHamiltonian
//!      └──train──▶ Network      │                                  │ exact: null space of {F, H} = 0, proved
//!                     │         └─ eigenproblems, supported ◀──────┤ else
//!                     └── span, flow ──▶ Evidence ◀── direct, trajectory drift
//! ```
//!
//! The pipeline sees names, angles and trajectories only. What is *proved* is proved of the recovered
//! Hamiltonian, and only where that is exact: every coefficient a justified rational, the data explained
//! to its noise. Everything else is *supported*, with its numbers.

mod learned;
mod proved;
mod recorded;

use crate::dynamics::StabilityHint;
use crate::expr::{Expr, Symbol};
use crate::integrals::{Combination, SearchConfig, SearchedSpace, StopReason};
use crate::learn::readout::{Evidence, Law, Network, named};
use crate::learn::{self, Asked, Cyclic, LearnError, LearnedCoordinates, Trained, Trainings};
use crate::mechanics::{
    Assessment, ConservedQuantity, Hamiltonian, MechanicsError, PhaseSpace, Prover, Verdict, assess,
};
use crate::progress::{Ended, Job};
use crate::recover::first_order::{self, Found, Hypotheses, Prepared, RecoveredHamiltonian, StageReport};
use crate::recover::{self, RecoverError};

pub use crate::recover::first_order::Observations;
pub use learned::{LearnedMotion, Source, learned_motion};
pub use proved::Proved;
pub use recorded::{Alternative, RecordedConfig, RecordedDiscovery, of_recording};

/// Settings of a discovery.
#[derive(Clone, Debug)]
pub struct Config {
    /// How many cyclic coordinates.
    pub cyclic: Cyclic,
    /// How networks are trained; `None` goes without.
    pub network: Option<learn::Config>,
    /// How they are trained where no formula explains the motion, so that a network is the model; `None`: as elsewhere.
    pub model: Option<learn::Config>,
    /// What a Hamiltonian is sought among.
    pub hypotheses: Hypotheses,
    /// How far the exact search goes once the Hamiltonian is exact.
    pub search: SearchConfig,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            cyclic: Cyclic::Auto,
            network: Some(learn::Config::default()),
            model: None,
            hypotheses: Hypotheses::All,
            search: SearchConfig::default(),
        }
    }
}

/// What a discovery found.
#[derive(Clone, Debug)]
pub struct Discovery {
    /// The Hamiltonian, if any stage of the library came to one.
    pub hamiltonian: Option<RecoveredHamiltonian>,
    /// What data and networks say about the Hamiltonian as a law.
    pub energy: Option<Evidence>,
    /// Laws besides the Hamiltonian, none a function of the Hamiltonian and those before it.
    pub laws: Vec<Law>,
    /// Polynomials in the Hamiltonian and the laws that complete a largest set in involution.
    pub combinations: Vec<Combination>,
    /// What the networks learned; absent when none were trained.
    pub network: Option<Network>,
    /// Brackets, independence, involution, verdict; absent without a Hamiltonian.
    pub assessment: Option<Assessment>,
    /// The spaces that the exact search covered, given an exact Hamiltonian.
    pub searched: Vec<SearchedSpace>,
    /// Why the exact search ended, given an exact Hamiltonian.
    pub stop: Option<StopReason>,
    /// The work that the exact search did, given an exact Hamiltonian.
    pub work: Option<u64>,
    /// Whether the observed motion is regular or chaotic, where the laws leave the verdict open; never a proof.
    pub hint: Option<StabilityHint>,
    /// Every stage that was fitted, in order.
    pub stages: Vec<StageReport>,
    /// Measurement noise relative to the spread of the data.
    pub noise: f64,
    /// What a reader should know besides.
    pub notes: Vec<String>,
    /// Why the discovery ended early, if it did.
    pub ended: Option<Ended>,
    data: Prepared,
}

impl Discovery {
    /// What data and networks say about a function of the system's variables.
    ///
    /// # Errors
    /// Other variables in it.
    pub fn evidence(&self, function: &Expr) -> Result<Evidence, LearnError> {
        Evidence::of(function, &self.data, self.network.as_ref().map(|n| &n.learned))
    }
}

/// Why a discovery is impossible.
#[derive(Debug, thiserror::Error)]
pub enum DiscoverError {
    /// The recording cannot be used.
    #[error(transparent)]
    Recover(#[from] RecoverError),
    /// Training failed or was ended, or what was learned cannot be read.
    #[error(transparent)]
    Learn(#[from] LearnError),
    /// The recovered Hamiltonian or a law is beyond the exact algebra.
    #[error(transparent)]
    Mechanics(#[from] MechanicsError),
}

/// Finds the Hamiltonian and the laws of a system from its trajectories. Networks go on from `trainings` and are kept there.
///
/// # Errors
/// Data that is unusable, a grammar that does not fit, training that fails.
pub fn run(
    observations: &Observations,
    config: &Config,
    trainings: Option<&dyn Trainings>,
    job: &Job<'_>,
) -> Result<Discovery, DiscoverError> {
    let (data, found) = recover(observations, config, job)?;
    let explained = found.hamiltonian.as_ref().is_some_and(|h| h.explains);
    let of_model = config.model.as_ref().filter(|_| !explained);
    let settings = config.network.as_ref().map(|usual| of_model.unwrap_or(usual));
    let trained = |settings: &learn::Config| {
        let laws = if explained { Vec::new() } else { learn::laws_of_the_data(&data)? };
        let settings = &learn::shaped(settings.clone(), &data)?;
        job.note(&format!("training networks, at most {} steps", settings.steps));
        let asked = Asked { cyclic: config.cyclic, config: settings, trainings, laws: &laws };
        learn::train_cyclic(observations, &asked, job)
    };
    let trained = match settings.filter(|_| !job.is_cancelled()).map(trained) {
        // Where nothing is kept there is nothing to take up: what was found stands without networks.
        Some(Err(LearnError::Interrupted { .. }))
            if trainings.is_none() && Ended::by(job.token()) == Some(Ended::Seconds) =>
        {
            None
        }
        trained => trained.transpose()?,
    };
    conclude((data, found), trained, config, job)
}

/// The same from networks trained before, in that order, or without any: no training.
///
/// # Errors
/// As [`run`].
pub fn extract(
    observations: &Observations,
    trained: Vec<LearnedCoordinates>,
    config: &Config,
    job: &Job<'_>,
) -> Result<Discovery, DiscoverError> {
    conclude(recover(observations, config, job)?, Trained::before(trained), config, job)
}

/// What was observed, and what came of the search for the Hamiltonian.
fn recover(
    observed: &Observations,
    config: &Config,
    job: &Job<'_>,
) -> Result<(Prepared, Found), RecoverError> {
    let settings = recover::Config::default();
    let data = Prepared::new(observed, &settings.first_order)?;
    let found = first_order::hamiltonian(observed, &data, &config.hypotheses, &settings, job)?;
    match &found.hamiltonian {
        Some(found) => job.note(&format!("H = {}", found.formula)),
        None => job.note("no Hamiltonian in the library"),
    }
    Ok((data, found))
}

/// From the Hamiltonian to its laws, the evidence and the verdict.
fn conclude(
    (data, Found { hamiltonian, stages }): (Prepared, Found),
    trained: Option<Trained>,
    config: &Config,
    job: &Job<'_>,
) -> Result<Discovery, DiscoverError> {
    let mut network = trained.map(|trained| Network::of(trained, &data)).transpose()?;
    job.note("searching for laws");
    let space = PhaseSpace::new(data.variables.coordinates.clone(), data.variables.momenta.clone())?;
    let hamiltonian = hamiltonian.map(|found| found.presented(&space));
    let provable = hamiltonian.as_ref().filter(|h| h.is_provable());
    let exact = provable.map(|h| Hamiltonian::new(h.formula.clone(), space.clone()));
    let mut found = exact.as_ref().map(|h| proved::prove(h, &config.search, job)).unwrap_or_default();
    if found.stop.is_none() {
        let prover = exact.as_ref().map(Prover::new).transpose()?;
        if !job.is_cancelled() {
            let grounds = (hamiltonian.as_ref(), prover.as_ref());
            (found.laws, found.notes) = supported(grounds, network.as_mut(), &data, &space, found.notes)?;
        }
        found.assessment = prover.map(|prover| assess(&prover, &found.laws)).transpose()?;
    }
    let Proved { laws, combinations, assessment, searched, stop, work, notes } = found;
    let learned = network.as_ref().map(|n| &n.learned);
    let with_evidence = |quantity| Law::of(quantity, hamiltonian.as_ref(), &data, learned);
    let laws = laws.into_iter().map(with_evidence).collect::<Result<Vec<_>, LearnError>>()?;
    let energy = hamiltonian.as_ref().map(|h| Evidence::of(&h.numeric, &data, learned)).transpose()?;
    if let Some(network) = &mut network {
        network.hold_against(&named(hamiltonian.as_ref(), &laws), &data)?;
    }
    let shortened = network.as_ref().and_then(|network| network.ended);
    let undecided = assessment.as_ref().is_some_and(|a| a.verdict() == Verdict::Undecided);
    let hint = provable.filter(|_| undecided).and_then(|h| h.stability_hint(&data, job.token()));
    Ok(Discovery {
        energy,
        laws,
        combinations,
        assessment,
        searched,
        stop,
        work,
        hint,
        stages,
        noise: data.relative_noise(),
        notes,
        ended: stop.and_then(StopReason::ended).or(Ended::by(job.token())).or(shortened),
        hamiltonian,
        network,
        data,
    })
}

/// Laws without an exact search, and those of the learned motion where no H explains the data; with the notes.
fn supported(
    (hamiltonian, prover): (Option<&RecoveredHamiltonian>, Option<&Prover>),
    network: Option<&mut Network>,
    data: &Prepared,
    space: &PhaseSpace,
    mut notes: Vec<String>,
) -> Result<(Vec<ConservedQuantity>, Vec<String>), DiscoverError> {
    let mut laws = first_order::supported(data, hamiltonian, prover, space, &mut notes)?;
    if let Some(network) = network.filter(|_| hamiltonian.is_none_or(|h| !h.explains)) {
        let known = laws.iter().map(|law| (Symbol::new(law.name()), law.formula().clone()));
        laws.extend(network.as_the_model(&known.collect::<Vec<_>>(), data, space)?);
    }
    Ok((laws, notes))
}

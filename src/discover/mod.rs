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

mod divergence;
mod evidence;
mod further;
mod in_laws;
mod keeping;
mod model;
mod networks;
mod proved;
mod readout;
mod recorded;
mod separation;

use serde::{Deserialize, Serialize};

use crate::data::SmoothingError;
use crate::dynamics::{StabilityHint, stability_hint};
use crate::expr::{Expr, Symbol};
use crate::integrals::{Combination, SearchConfig, SearchedSpace, StopReason};
use crate::learn::{self, Checkpoint, LearnError, LearnedCoordinates};
use crate::mechanics::{
    Assessment, Conservation, ConservedQuantity, Hamiltonian, MechanicsError, PhaseSpace, Prover, Verdict,
    assess,
};
use crate::progress::{Ended, Job};
use crate::recover::first_order::{self, Found, Prepared, laws, modes};
use crate::recover::{self, RecoverError};
use crate::regression::RegressionError;
use crate::terms::Grammar;

pub use crate::recover::first_order::{
    Observations, RecoveredHamiltonian, RecoveredTerm, StageReport, law_terms,
};
pub use evidence::Evidence;
pub use further::{FurtherLaw, FurtherLaws, Ratio, WhyUnknown, further_laws};
pub use in_laws::{InLaws, momenta_in_laws};
pub use keeping::Trainings;
pub use model::{LearnedMotion, Prediction, Source, Steps, for_prediction, learned_motion};
pub use networks::{Network, POISSON_LIMIT, Trial};
pub use proved::Proved;
pub use readout::Multinomial;
pub use recorded::{Alternative, Kept, RecordedConfig, RecordedDiscovery, of_recording};

/// How many cyclic coordinates the networks are asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cyclic {
    /// As many as the data allows, by the relaxed Poisson term.
    #[default]
    Auto,
    /// This many.
    Number(usize),
}

/// Settings of a discovery.
#[derive(Clone, Debug)]
pub struct Config {
    /// How many cyclic coordinates.
    pub cyclic: Cyclic,
    /// How networks are trained; `None` goes without.
    pub network: Option<learn::Config>,
    /// How they are trained where no formula explains the motion, so that a network is the model; `None`: as elsewhere.
    pub model: Option<learn::Config>,
    /// The terms that a Hamiltonian may have; `None` is the built-in default grammar.
    pub grammar: Option<Grammar>,
    /// How far the exact search goes once the Hamiltonian is exact.
    pub search: SearchConfig,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            cyclic: Cyclic::Auto,
            network: Some(learn::Config::default()),
            model: None,
            grammar: None,
            search: SearchConfig::default(),
        }
    }
}

/// A law that was found.
#[derive(Clone, Debug)]
pub struct Law {
    /// Name, formula in canonical form, status.
    pub quantity: ConservedQuantity,
    /// What data and networks say about it.
    pub evidence: Evidence,
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
    /// Whether the motion of the observed initial states is regular or chaotic, where the laws do not settle the
    /// verdict; never a proof.
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
    pub fn evidence(&self, function: &Expr) -> Result<Evidence, DiscoverError> {
        evidence::of(function, &self.data, self.network.as_ref().map(|n| &n.learned))
    }
}

/// Why a discovery is impossible.
#[derive(Debug, thiserror::Error)]
pub enum DiscoverError {
    /// No velocities come with the data, and none can be had from it.
    #[error("velocities are not given, and cannot be estimated: {0}")]
    Smoothing(#[from] SmoothingError),
    /// A numerical fit failed.
    #[error(transparent)]
    Regression(#[from] RegressionError),
    /// The recording cannot be used.
    #[error(transparent)]
    Recover(#[from] RecoverError),
    /// Training failed.
    #[error(transparent)]
    Learn(#[from] LearnError),
    /// The recovered Hamiltonian or a law is beyond the exact algebra.
    #[error(transparent)]
    Mechanics(#[from] MechanicsError),
    /// The job was ended during training.
    #[error("interrupted at step {step} of {steps}")]
    Interrupted {
        /// Steps done of the training that was stopped.
        step: usize,
        /// Steps it was to have.
        steps: usize,
        /// The trainings so far, for a discovery that takes them up.
        kept: Vec<Checkpoint>,
    },
    /// A training that is kept was made with other settings.
    #[error("the training kept with {cyclic} cyclic coordinates was made with other settings")]
    OtherTraining {
        /// Its number of cyclic coordinates.
        cyclic: usize,
    },
}

/// Finds the Hamiltonian and the laws of a system from its trajectories. Networks go on from `trainings`, where there
/// are any, and are kept there.
///
/// # Errors
/// Data that is unusable, a grammar that does not fit, training that fails.
pub fn run(
    observations: &Observations,
    config: &Config,
    trainings: Option<&dyn Trainings>,
    job: &Job<'_>,
) -> Result<Discovery, DiscoverError> {
    let recovered = recover(observations, config, job)?;
    let explained = recovered.hamiltonian.as_ref().is_some_and(|h| h.explains);
    let of_model = config.model.as_ref().filter(|_| !explained);
    let settings = config.network.as_ref().map(|usual| of_model.unwrap_or(usual).clone());
    let network = match settings.filter(|_| !job.is_cancelled()) {
        Some(settings) => {
            let settings = model::shaped(settings, &recovered.data)?;
            job.note(&format!("training networks, at most {} steps", settings.steps));
            let settings = (config.cyclic, &settings, trainings);
            match networks::train(observations, &recovered.data, settings, job) {
                // Where nothing is kept there is nothing to take up: what was found stands without networks.
                Err(DiscoverError::Interrupted { .. })
                    if trainings.is_none() && Ended::by(job.token()) == Some(Ended::Seconds) =>
                {
                    None
                }
                trained => Some(trained?),
            }
        }
        None => None,
    };
    conclude(recovered, config, network, job)
}

/// The same from networks trained before, in the order in which they were: no training. Without any it goes without
/// networks.
///
/// # Errors
/// As [`run`].
pub fn extract(
    observations: &Observations,
    trained: Vec<LearnedCoordinates>,
    config: &Config,
    job: &Job<'_>,
) -> Result<Discovery, DiscoverError> {
    let recovered = recover(observations, config, job)?;
    let network = networks::described(trained, &recovered.data)?;
    conclude(recovered, config, network, job)
}

/// What came of the search for the Hamiltonian.
struct Recovered {
    data: Prepared,
    hamiltonian: Option<RecoveredHamiltonian>,
    stages: Vec<StageReport>,
}

fn recover(observed: &Observations, config: &Config, job: &Job<'_>) -> Result<Recovered, DiscoverError> {
    let settings = recover::Config::default();
    let data = Prepared::new(observed, &settings.first_order)?;
    let Found { hamiltonian, stages } =
        first_order::hamiltonian(observed, &data, config.grammar.as_ref(), &settings, job)?;
    match &hamiltonian {
        Some(found) => job.note(&format!("H = {}", found.formula)),
        None => job.note("no Hamiltonian in the library"),
    }
    Ok(Recovered { data, hamiltonian, stages })
}

/// From the Hamiltonian to its laws, the evidence and the verdict.
fn conclude(
    recovered: Recovered,
    config: &Config,
    mut network: Option<Network>,
    job: &Job<'_>,
) -> Result<Discovery, DiscoverError> {
    job.note("searching for laws");
    let Recovered { data: owned, mut hamiltonian, stages } = recovered;
    let data = &owned;
    let space = PhaseSpace::new(data.variables.coordinates.clone(), data.variables.momenta.clone())?;
    if let Some(found) = hamiltonian.as_mut().filter(|h| h.is_provable()) {
        let canonical = crate::simplify::canonical_hamiltonian(&found.formula, &space);
        found.formula = canonical.unwrap_or_else(|_| found.formula.clone());
        found.numeric = found.with_numbers(&found.formula);
    }
    let exact = hamiltonian
        .as_ref()
        .filter(|h| h.is_provable())
        .map(|h| Hamiltonian::new(h.formula.clone(), space.clone()));
    let mut proved =
        exact.as_ref().map(|h| proved::prove(h, &config.search, job)).unwrap_or_else(Proved::default);
    let mut notes = std::mem::take(&mut proved.notes);
    if proved.stop.is_none() {
        if !job.is_cancelled() {
            proved.laws = supported(data, hamiltonian.as_ref(), exact.as_ref(), &space, &mut notes)?;
            if let Some(network) =
                network.as_mut().filter(|_| hamiltonian.as_ref().is_none_or(|h| !h.explains))
            {
                proved.laws.extend(network.as_the_model(&proved.laws, data, &space)?);
            }
        }
        let assessed = |h: &Hamiltonian| assess(&Prover::new(h)?, &proved.laws);
        proved.assessment = exact.as_ref().map(assessed).transpose()?;
    }
    let Proved { laws: quantities, combinations, assessment, searched, stop, work, .. } = proved;
    let learned = network.as_ref().map(|n| &n.learned);
    let in_numbers = |formula: &Expr| match &hamiltonian {
        Some(found) => found.with_numbers(formula),
        None => formula.clone(),
    };
    let with_evidence = |quantity: ConservedQuantity| {
        Ok(Law { evidence: evidence::of(&in_numbers(quantity.formula()), data, learned)?, quantity })
    };
    let laws = quantities.into_iter().map(with_evidence).collect::<Result<Vec<_>, DiscoverError>>()?;
    let energy = hamiltonian.as_ref().map(|h| evidence::of(&h.numeric, data, learned)).transpose()?;
    if let Some(network) = &mut network {
        network.hold_against(&named(hamiltonian.as_ref(), &laws), data)?;
    }
    let undecided = assessment.as_ref().is_some_and(|a| a.verdict() == Verdict::Undecided);
    let provable = hamiltonian.as_ref().filter(|h| undecided && h.is_provable());
    let hint = provable.and_then(|h| motion(&Hamiltonian::new(h.numeric.clone(), space.clone()), data, job));
    if undecided && laws.is_empty() {
        notes.push(alone(network.as_ref()));
    }
    Ok(Discovery {
        hamiltonian,
        energy,
        laws,
        combinations,
        network,
        assessment,
        searched,
        stop,
        work,
        hint,
        stages,
        noise: data.relative_noise(),
        notes,
        ended: stop.and_then(StopReason::ended).or(Ended::by(job.token())),
        data: owned,
    })
}

/// The Hamiltonian, if it explains the data, and the laws, each with its name.
fn named(hamiltonian: Option<&RecoveredHamiltonian>, laws: &[Law]) -> Vec<(Symbol, Expr)> {
    let energy = hamiltonian.filter(|h| h.explains).map(|h| (Symbol::new("H"), h.numeric.clone()));
    let numbers = |formula: &Expr| hamiltonian.map_or_else(|| formula.clone(), |h| h.with_numbers(formula));
    let laws = laws.iter().map(|law| (Symbol::new(law.quantity.name()), numbers(law.quantity.formula())));
    energy.into_iter().chain(laws).collect()
}

/// Orbits that are followed for the hint.
const HINT_ORBITS: usize = 8;

/// Regular or chaotic, on the first observed states of some trajectories.
fn motion(hamiltonian: &Hamiltonian, data: &Prepared, job: &Job<'_>) -> Option<StabilityHint> {
    let width = data.inputs.len();
    let starts: Vec<f64> =
        data.paths.iter().take(HINT_ORBITS).flat_map(|p| p.states[..width].iter().copied()).collect();
    let space = hamiltonian.space();
    stability_hint(hamiltonian.formula(), space.coordinates(), space.momenta(), &starts, job.token()).ok()?
}

/// A share in whole per cent.
fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

/// What is said where H stands alone.
fn alone(network: Option<&Network>) -> String {
    let mut text = "one conserved quantity, H: no other was found (evidence, not a proof that there is none)"
        .to_string();
    let asked: Vec<&Trial> = network.iter().flat_map(|n| &n.trials).collect();
    if asked.len() > 1 {
        let trial = |t: &&Trial| format!("{:.2} with {} cyclic", t.poisson, t.cyclic);
        let list = asked.iter().map(trial).collect::<Vec<_>>().join(", ");
        text += &format!(
            "; the networks' Poisson term, at most {POISSON_LIMIT} where there are as many laws in involution, is {list}"
        );
    }
    text
}

fn named_energies(formulas: Vec<Expr>, space: &PhaseSpace) -> Vec<ConservedQuantity> {
    let is_taken = |name: &String| space.variables().iter().any(|variable| variable.name() == name);
    let names = (1..).map(|number| format!("E{number}")).filter(|name| !is_taken(name));
    names.zip(formulas).map(|(name, formula)| ConservedQuantity::supported(name, formula)).collect()
}

/// Laws without an exact search: energies of modes where H has them, else laws by numbers alone.
fn supported(
    data: &Prepared,
    hamiltonian: Option<&RecoveredHamiltonian>,
    exact: Option<&Hamiltonian>,
    space: &PhaseSpace,
    notes: &mut Vec<String>,
) -> Result<Vec<ConservedQuantity>, DiscoverError> {
    if hamiltonian.is_none_or(|h| !h.explains)
        && let Some(divergence) = divergence::divergence(data)?
    {
        notes.push(format!(
            "no H moves these columns: their velocities have a divergence ({} of the size of their derivatives), and \
             Hamilton's equations have none. Are they canonical coordinates and momenta?",
            percent(divergence)
        ));
    }
    if let Some(found) = hamiltonian.filter(|h| !h.is_provable()) {
        notes.push(if found.explains {
            "the coefficients of H are no small rationals: nothing is proved".to_string()
        } else {
            "no stage of the library explains the data to its noise: nothing is proved".to_string()
        });
    }
    let energies = match hamiltonian.filter(|h| !h.is_provable() && h.explains) {
        Some(found) => modes::energies(found, data)?,
        None => None,
    };
    match energies {
        Some(energies) => {
            notes.push(energies.note);
            Ok(named_energies(energies.formulas, space))
        }
        None => by_numbers(data, hamiltonian, exact, space),
    }
}

/// Laws by numbers alone, proved all the same where there is an exact Hamiltonian that they commute with.
fn by_numbers(
    data: &Prepared,
    hamiltonian: Option<&RecoveredHamiltonian>,
    exact: Option<&Hamiltonian>,
    space: &PhaseSpace,
) -> Result<Vec<ConservedQuantity>, DiscoverError> {
    let explained = hamiltonian.filter(|h| h.explains).map(|h| h.numeric.clone());
    let known: Vec<_> = explained.iter().cloned().collect();
    let found = laws::numerical(data, &known, explained.as_ref())?;
    let formulas: Vec<_> = found.iter().map(|law| law.shown(space)).collect();
    let names = crate::integrals::name_laws(&formulas, space, &[]);
    let prover = exact.map(Prover::new).transpose()?;
    let mut laws = Vec::new();
    for (name, formula) in names.into_iter().zip(formulas) {
        laws.push(match prover.as_ref().map(|prover| prover.prove(&formula)) {
            Some(Ok(Conservation::Proved(certificate))) => ConservedQuantity::proved(name, certificate),
            Some(Ok(Conservation::Refuted { .. })) => continue,
            _ => ConservedQuantity::supported(name, formula),
        });
    }
    Ok(laws)
}

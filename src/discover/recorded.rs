//! From a recording of positions, or of positions and velocities, to the law of motion and its laws.
//!
//! ```text
//! Recording ──recover──▶ Recovery: H with letters for the measured constants
//!                            └─ exact search, constants symbolic ──▶ laws proved for every value
//! ```

use crate::data::{Rates, Recording};
use crate::expr::Expr;
use crate::integrals::{SearchConfig, StopReason};
use crate::mechanics::{ConservedQuantity, Hamiltonian, PhaseSpace, Prover, Verdict, assess};
use crate::progress::{Ended, Job, Limits};
use crate::recover::{self, Kept, Law, Recovery, Status};

use super::DiscoverError;
use super::proved::{Proved, prove};

/// Settings of a discovery from a recording.
#[derive(Clone, Debug)]
pub struct RecordedConfig {
    /// How the law of motion is recovered.
    pub recover: recover::Config,
    /// How far the exact search for laws goes.
    pub search: SearchConfig,
}

impl Default for RecordedConfig {
    /// The search for laws is bounded so that it takes seconds: the laws of the literature's systems were found within
    /// a tenth of this work, and `liouville integrals` goes on from the printed Hamiltonian.
    fn default() -> RecordedConfig {
        let limits = Limits { work: 5_000_000_000, seconds: 30.0 };
        let search = SearchConfig { limits, ..SearchConfig::default() };
        RecordedConfig { recover: recover::Config::default(), search }
    }
}

/// What was found of a recording.
#[derive(Clone, Debug)]
pub struct RecordedDiscovery {
    /// The law of motion.
    pub recovery: Recovery,
    /// Its Hamiltonian in canonical form, as it is printed and searched.
    pub hamiltonian: Expr,
    /// The laws of the printed Hamiltonian; of every alternative where there are any.
    pub proved: Proved,
    /// The laws of each alternative.
    pub alternatives: Vec<Alternative>,
    /// Laws that the runs keep, in positions and velocities, where no Hamiltonian explains them.
    pub kept: Vec<Kept>,
    /// Why the discovery ended early, if it did.
    pub ended: Option<Ended>,
}

/// Another form of the Hamiltonian, with what is proved for it.
#[derive(Clone, Debug)]
pub struct Alternative {
    /// The form.
    pub law: Law,
    /// Its Hamiltonian in canonical form, as it is printed and searched.
    pub hamiltonian: Expr,
    /// How much worse its score is, in units of χ².
    pub difference: f64,
    /// Its laws.
    pub laws: Vec<ConservedQuantity>,
    /// What they say.
    pub verdict: Verdict,
}

/// Finds the law of motion of a recording, and proves the laws of its Hamiltonian. Of a recording of canonical
/// momenta, nothing where these are not linear in the velocities, no law explains it to its noise, or its runs are too
/// short for this: the search in coordinates and momenta asks for less.
///
/// # Errors
/// A recording that cannot be used: too few points, too many coordinates.
pub fn of_recording(
    recording: &Recording,
    config: &RecordedConfig,
    job: &Job<'_>,
) -> Result<Option<RecordedDiscovery>, DiscoverError> {
    let recovery = match recording.rates {
        Rates::Momenta(_) => recover::recover_canonical(recording, &config.recover, job).unwrap_or(None),
        Rates::Velocities(_) | Rates::None => Some(recover::recover(recording, &config.recover, job)?),
    };
    recovery.map(|recovery| laws_of(recovery, config, job)).transpose()
}

/// The laws of a recovered Hamiltonian.
fn laws_of(
    recovery: Recovery,
    config: &RecordedConfig,
    job: &Job<'_>,
) -> Result<RecordedDiscovery, DiscoverError> {
    let law = &recovery.law;
    let space = PhaseSpace::new(law.coordinates.clone(), law.momenta.clone())?;
    let hamiltonian = Hamiltonian::new(law.shown_hamiltonian(&space), space.clone());
    job.note(&format!("H = {}", hamiltonian.formula()));
    // Of a form that explains nothing, laws would say nothing about the motion.
    let mut proved = match recovery.status {
        Status::Unexplained { .. } => Proved::default(),
        _ => prove(&hamiltonian, &config.search, job),
    };
    let alternative = |other: &recover::Alternative| {
        let hamiltonian = Hamiltonian::new(other.law.shown_hamiltonian(&space), space.clone());
        let found = prove(&hamiltonian, &config.search, job);
        let verdict = found.assessment.as_ref().map_or(Verdict::Undecided, |found| found.verdict());
        let (law, difference) = (other.law.clone(), other.difference);
        Alternative { law, hamiltonian: hamiltonian.formula().clone(), difference, laws: found.laws, verdict }
    };
    let alternatives: Vec<Alternative> = recovery.alternatives.iter().map(alternative).collect();
    let apart = |other: &Alternative| law.apart(&other.law, &other.hamiltonian);
    let others: Vec<Hamiltonian> =
        alternatives.iter().map(|other| Hamiltonian::new(apart(other), space.clone())).collect();
    let common = recover::common_laws(&proved.laws, &others)?;
    if common.len() < proved.laws.len() {
        proved.laws = common;
        proved.combinations.clear();
        proved.assessment = Some(assess(&Prover::new(&hamiltonian)?, &proved.laws)?);
        proved.notes.push("laws of the printed H that not every alternative has are left out".to_owned());
    }
    let ended = Ended::by(job.token()).or(proved.stop.and_then(StopReason::ended));
    let kept = recovery.invariants.named(law)?;
    let hamiltonian = hamiltonian.formula().clone();
    Ok(RecordedDiscovery { hamiltonian, recovery, proved, alternatives, kept, ended })
}

//! From a recording of positions, or of positions and velocities, to the law of motion and its laws.
//!
//! ```text
//! Recording ──recover──▶ Recovery: H with letters for the measured constants
//!                            └─ exact search, constants symbolic ──▶ laws proved for every value
//! ```

use crate::data::{Rates, Recording};
use crate::expr::Expr;
use crate::integrals::SearchConfig;
use crate::mechanics::{Conservation, ConservedQuantity, Hamiltonian, PhaseSpace, Prover, Verdict, assess};
use crate::progress::{Ended, Job, Limits};
use crate::recover::{self, Law, Recovery, Status};

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
    /// The laws of the printed Hamiltonian; of every alternative where there are any.
    pub proved: Proved,
    /// The laws of each alternative.
    pub alternatives: Vec<Alternative>,
    /// Why the discovery ended early, if it did.
    pub ended: Option<Ended>,
}

/// Another form of the Hamiltonian, with what is proved for it.
#[derive(Clone, Debug)]
pub struct Alternative {
    /// The form.
    pub law: Law,
    /// How much worse its score is, in nats.
    pub difference: f64,
    /// Its laws.
    pub laws: Vec<ConservedQuantity>,
    /// What they say.
    pub verdict: Verdict,
}

/// Finds the law of motion of a recording, and proves the laws of its Hamiltonian. Of a recording of canonical
/// momenta, nothing where these are not linear in the velocities or no law explains it to its noise.
///
/// # Errors
/// A recording that cannot be used: too few points, too many coordinates.
pub fn of_recording(
    recording: &Recording,
    config: &RecordedConfig,
    job: &Job<'_>,
) -> Result<Option<RecordedDiscovery>, DiscoverError> {
    let recovery = match recording.rates {
        Rates::Momenta(_) => recover::recover_canonical(recording, &config.recover, job)?,
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
    job.note(&format!("H = {}", law.hamiltonian));
    let space = PhaseSpace::new(law.coordinates.clone(), law.momenta.clone())?;
    let of = |law: &Law| Hamiltonian::new(canonical(&law.hamiltonian, &space), space.clone());
    let mut proved = match is_a_law_of_motion(recovery.status) {
        true => prove(&of(law), &config.search, job),
        false => Proved::default(),
    };
    let alternative = |other: &recover::Alternative| {
        let found = prove(&of(&other.law), &config.search, job);
        let verdict = found.assessment.as_ref().map_or(Verdict::Undecided, |found| found.verdict());
        let (law, difference) = (other.law.clone(), other.difference);
        Alternative { law, difference, laws: found.laws, verdict }
    };
    let alternatives: Vec<Alternative> = recovery.alternatives.iter().map(alternative).collect();
    let others: Vec<Hamiltonian> = alternatives.iter().map(|other| of(&other.law)).collect();
    keep_common(&mut proved, &of(law), &others)?;
    let ended = Ended::by(job.token());
    Ok(RecordedDiscovery { recovery, proved, alternatives, ended })
}

/// Whether laws are sought: of a form that explains nothing they would say nothing about the motion.
fn is_a_law_of_motion(status: Status) -> bool {
    !matches!(status, Status::Unexplained { .. })
}

/// H in canonical form, as it is printed.
pub fn canonical(hamiltonian: &Expr, space: &PhaseSpace) -> Expr {
    crate::simplify::canonical_hamiltonian(hamiltonian, space).unwrap_or_else(|_| hamiltonian.clone())
}

/// Keeps the laws that hold for every alternative too.
fn keep_common(
    proved: &mut Proved,
    hamiltonian: &Hamiltonian,
    others: &[Hamiltonian],
) -> Result<(), DiscoverError> {
    if others.is_empty() {
        return Ok(());
    }
    let provers = others.iter().map(Prover::new).collect::<Result<Vec<_>, _>>()?;
    let before = proved.laws.len();
    proved.laws.retain(|law| {
        provers.iter().all(|prover| matches!(prover.prove(law.formula()), Ok(Conservation::Proved(_))))
    });
    if proved.laws.len() < before {
        proved.combinations.clear();
        proved.assessment = Some(assess(&Prover::new(hamiltonian)?, &proved.laws)?);
        proved.notes.push("laws of the printed H that not every alternative has are left out".to_owned());
    }
    Ok(())
}

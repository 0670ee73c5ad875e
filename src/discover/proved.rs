//! The laws of a Hamiltonian: exact search, proof, verdict; where the laws leave that open, obstructions.

use crate::integrals::{self, Combination, SearchConfig, SearchedSpace, StopReason};
use crate::mechanics::{Assessment, ConservedQuantity, Hamiltonian};
use crate::obstructions;
use crate::progress::{Ended, Job};

/// What the exact search found for a Hamiltonian.
#[derive(Clone, Debug, Default)]
pub struct Proved {
    /// Laws besides the Hamiltonian, none a function of the Hamiltonian and those before it.
    pub laws: Vec<ConservedQuantity>,
    /// Polynomials in the Hamiltonian and the laws that complete a largest set in involution.
    pub combinations: Vec<Combination>,
    /// Brackets, independence, involution, verdict; absent where the search was not possible.
    pub assessment: Option<Assessment>,
    /// The spaces that the search covered.
    pub searched: Vec<SearchedSpace>,
    /// Why the search ended; absent where it was not possible.
    pub stop: Option<StopReason>,
    /// The work that the search did.
    pub work: Option<u64>,
    /// What a reader should know besides.
    pub notes: Vec<String>,
}

/// Searches for the laws of a Hamiltonian and proves them. Symbols of the Hamiltonian besides its variables are
/// constants: the laws hold for every value of them.
pub(super) fn prove(hamiltonian: &Hamiltonian, search: &SearchConfig, job: &Job<'_>) -> Proved {
    let outcome = match integrals::search(hamiltonian, &search.bounded(hamiltonian.space().dof()), job) {
        Ok(outcome) => outcome,
        Err(_) if job.is_cancelled() => {
            let note = match Ended::by(job.token()) {
                Some(Ended::Seconds) => {
                    Some("the time limit was reached before laws were searched for".to_owned())
                }
                _ => None,
            };
            return Proved { notes: note.into_iter().collect(), ..Proved::default() };
        }
        Err(error) => {
            let note = format!("the exact search is not possible for this H: {error}");
            return Proved { notes: vec![note], ..Proved::default() };
        }
    };
    let note = match outcome.stop.ended() {
        Some(Ended::Seconds) => Some("the exact search ended at its time limit"),
        Some(Ended::Work) => Some("the exact search ended at its limit of work"),
        Some(Ended::Interrupted) | None => None,
    };
    let assessment = obstructions::decided(outcome.assessment, hamiltonian, &outcome.laws, job.token());
    Proved {
        laws: outcome.laws,
        combinations: outcome.combinations,
        assessment: Some(assessment),
        searched: outcome.searched,
        stop: Some(outcome.stop),
        work: Some(outcome.work),
        notes: note.map(str::to_owned).into_iter().collect(),
    }
}

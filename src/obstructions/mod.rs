//! The search for proofs that a system is not integrable.
//!
//! ```text
//! Hamiltonian ──mechanics::Obstructions──▶ parts of V, exponents
//!      └─ planes · weights · directions · points ──Proposal──▶ kernel: NonIntegrability? ──▶ Assessment
//! ```
//!
//! What is searched for here is where to look; the kernel computes the exclusion again from H and proves it, or does not.
//! The cheap proposals come first. That nothing is found says nothing.

mod directions;
mod exponents;
mod planes;
mod points;

use crate::mechanics::{
    Assessment, ConservedQuantity, Hamiltonian, MechanicsError, NonIntegrability, Obstructions, Proposal,
    Verdict,
};
use crate::progress::CancelToken;

/// The assessment with a proof of non-integrability, where the laws leave the verdict open and a proof is found before
/// the token ends the search.
pub fn decided(
    assessment: Assessment,
    hamiltonian: &Hamiltonian,
    laws: &[ConservedQuantity],
    token: &CancelToken,
) -> Assessment {
    if assessment.verdict() != Verdict::Undecided {
        return assessment;
    }
    match obstruction(hamiltonian, laws, token) {
        Ok(Some(proof)) => assessment.obstructed(proof),
        Ok(None) | Err(_) => assessment,
    }
}

/// A proof that the system is not integrable, if one is found; by proved linear momenta among the laws it speaks of the
/// motion relative to the centre of mass too.
///
/// # Errors
/// The token ended the search.
pub fn obstruction(
    hamiltonian: &Hamiltonian,
    laws: &[ConservedQuantity],
    token: &CancelToken,
) -> Result<Option<NonIntegrability>, MechanicsError> {
    let Some(obstructions) = Obstructions::of(hamiltonian, token)? else { return Ok(None) };
    let Some(proof) = searched(&obstructions)? else { return Ok(None) };
    obstructions.without_translations(proof, laws).map(Some)
}

/// The first proof that a proposal leads to.
fn searched(obstructions: &Obstructions) -> Result<Option<NonIntegrability>, MechanicsError> {
    let searches: [fn(&Obstructions) -> Vec<Proposal>; 3] =
        [planes::proposals, exponents::proposals, directions::proposals];
    for search in searches {
        for proposal in search(obstructions) {
            if let Some(proof) = obstructions.prove(&proposal)? {
                return Ok(Some(proof));
            }
        }
    }
    points::search(obstructions)
}

//! Are these laws?

use super::{Failure, claim, domain_note, hamiltonian, known_laws};
use crate::integrals::with_combinations;
use crate::mechanics::{self, Claim, ConservedQuantity, Hamiltonian, Prover, Status, Verification};
use crate::progress::CancelToken;
use crate::report::Record;
use crate::system::System;

/// What a verification came to.
#[derive(Clone, Debug)]
pub struct Verified {
    /// Each claim with its bracket, and the verdict where all are proved.
    pub record: Record,
    /// The weakest status of all claims.
    pub status: Status,
}

/// For each function of a system: is {F, H} = 0? Also their independence, involution and the verdict. Functions are
/// written as `qx*py - qy*px`, `L = …` or `… where x > 0`; without any, the laws that the system states are checked.
///
/// # Errors
/// A formula that cannot be read, with its place; a system without a Hamiltonian; nothing to verify.
pub fn verify(system: &System, formulas: &[String]) -> Result<Verified, Failure> {
    let hamiltonian = hamiltonian(system)?;
    let mut claims = Vec::new();
    for text in formulas {
        let taken: Vec<&str> = claims.iter().filter_map(|claim: &Claim| claim.name.as_deref()).collect();
        let claim = claim(text, system, &taken)?;
        claims.push(claim);
    }
    if formulas.is_empty() {
        claims = known_laws(system);
    }
    if claims.is_empty() {
        return Err(Failure::input(
            "there is nothing to verify",
            Some("give one or more functions, such as 'qx*py - qy*px'"),
        ));
    }
    let found = mechanics::verify(&hamiltonian, &claims).map_err(|error| Failure::input(error, None))?;
    let mut record = Record::of_verification(system, &hamiltonian, &found);
    add_combinations(&mut record, &hamiltonian, &found);
    record.notes.extend(domain_note(&hamiltonian));
    Ok(Verified { record, status: found.status() })
}

/// Adds combinations of the laws that complete a set in involution. The record stands as it is if the search
/// cannot take the formulas apart.
fn add_combinations(record: &mut Record, hamiltonian: &Hamiltonian, found: &Verification) {
    let Some(assessment) = found.assessment() else { return };
    if assessment.involutive().len() >= hamiltonian.space().dof() {
        return;
    }
    let proofs =
        found.claims().iter().filter_map(|claim| Some((claim.name(), claim.outcome().certificate()?)));
    let laws: Vec<ConservedQuantity> =
        proofs.map(|(name, proof)| ConservedQuantity::proved(name, proof.clone())).collect();
    let Ok(prover) = Prover::new(hamiltonian) else { return };
    let formula = hamiltonian.formula();
    if let Ok(Some((combinations, wider))) =
        with_combinations(&prover, formula, &laws, assessment, &CancelToken::new())
    {
        record.widen(&combinations, &wider, hamiltonian.space());
    }
}

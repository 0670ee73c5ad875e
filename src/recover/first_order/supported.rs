//! The laws of a Hamiltonian that has no exact search, or of data without a Hamiltonian: by numbers, with their names.

use crate::expr::Expr;
use crate::integrals::name_laws;
use crate::mechanics::{Conservation, ConservedQuantity, PhaseSpace, Prover};

use super::data::Prepared;
use super::hamiltonian::RecoveredHamiltonian;
use super::{RecoverError, divergence, laws, modes};

/// Laws without an exact search: energies of modes where H has them, else laws by numbers alone. `notes` gets what a
/// reader should know of H and of the columns.
///
/// # Errors
/// Values that are not finite.
pub fn supported(
    data: &Prepared,
    hamiltonian: Option<&RecoveredHamiltonian>,
    prover: Option<&Prover>,
    space: &PhaseSpace,
    notes: &mut Vec<String>,
) -> Result<Vec<ConservedQuantity>, RecoverError> {
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
        None => by_numbers(data, hamiltonian, prover, space),
    }
}

/// A share in whole per cent.
fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

fn named_energies(formulas: Vec<Expr>, space: &PhaseSpace) -> Vec<ConservedQuantity> {
    let is_taken = |name: &String| space.variables().iter().any(|variable| variable.name() == name);
    let names = (1..).map(|number| format!("E{number}")).filter(|name| !is_taken(name));
    names.zip(formulas).map(|(name, formula)| ConservedQuantity::supported(name, formula)).collect()
}

/// Laws by numbers alone, proved all the same where there is an exact Hamiltonian that they commute with.
fn by_numbers(
    data: &Prepared,
    hamiltonian: Option<&RecoveredHamiltonian>,
    prover: Option<&Prover>,
    space: &PhaseSpace,
) -> Result<Vec<ConservedQuantity>, RecoverError> {
    let explained = hamiltonian.filter(|h| h.explains).map(|h| h.numeric.clone());
    let known: Vec<_> = explained.iter().cloned().collect();
    let found = laws::numerical(data, &known, explained.as_ref())?;
    let formulas: Vec<_> = found.iter().map(|law| law.shown(space)).collect();
    let names = name_laws(&formulas, space, &[]);
    let mut laws = Vec::new();
    for (name, formula) in names.into_iter().zip(formulas) {
        laws.push(match prover.map(|prover| prover.prove(&formula)) {
            Some(Ok(Conservation::Proved(certificate))) => ConservedQuantity::proved(name, certificate),
            Some(Ok(Conservation::Refuted { .. })) => continue,
            _ => ConservedQuantity::supported(name, formula),
        });
    }
    Ok(laws)
}

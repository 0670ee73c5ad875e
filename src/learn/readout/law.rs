//! A law with what data and networks say about it.

use crate::expr::{Expr, Symbol};
use crate::learn::{LearnError, LearnedCoordinates};
use crate::mechanics::ConservedQuantity;
use crate::recover::first_order::{Prepared, RecoveredHamiltonian};

use super::Evidence;

/// A law that was found.
#[derive(Clone, Debug)]
pub struct Law {
    /// Name, formula in canonical form, status.
    pub quantity: ConservedQuantity,
    /// What data and networks say about it.
    pub evidence: Evidence,
}

impl Law {
    /// With the evidence of its formula, numbers in place of the letters of H.
    ///
    /// # Errors
    /// Other variables in it than in the data.
    pub fn of(
        quantity: ConservedQuantity,
        hamiltonian: Option<&RecoveredHamiltonian>,
        data: &Prepared,
        learned: Option<&LearnedCoordinates>,
    ) -> Result<Law, LearnError> {
        let evidence = Evidence::of(&in_numbers(quantity.formula(), hamiltonian), data, learned)?;
        Ok(Law { quantity, evidence })
    }
}

/// A formula with numbers in place of the letters of H.
fn in_numbers(formula: &Expr, hamiltonian: Option<&RecoveredHamiltonian>) -> Expr {
    hamiltonian.map_or_else(|| formula.clone(), |h| h.with_numbers(formula))
}

/// The Hamiltonian, if it explains the data, and the laws, each with its name.
pub fn named(hamiltonian: Option<&RecoveredHamiltonian>, laws: &[Law]) -> Vec<(Symbol, Expr)> {
    let energy = hamiltonian.filter(|h| h.explains).map(|h| (Symbol::new("H"), h.numeric.clone()));
    let numbers = |law: &Law| in_numbers(law.quantity.formula(), hamiltonian);
    let laws = laws.iter().map(|law| (Symbol::new(law.quantity.name()), numbers(law)));
    energy.into_iter().chain(laws).collect()
}

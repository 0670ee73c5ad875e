//! Hamilton's equations.

use rayon::prelude::*;

use super::{Failure, hamiltonian};
use crate::expr::{Expr, Symbol};
use crate::mechanics::PhaseSpace;
use crate::report::Equations;
use crate::simplify::{canonical_hamiltonian, canonical_value_in};
use crate::system::System;

/// Hamilton's equations of a system, q̇ = ∂H/∂p and ṗ = −∂H/∂q, each in canonical form. Parameters with a value are
/// replaced by it, the others stay letters.
///
/// # Errors
/// A system without a Hamiltonian.
pub fn equations(system: &System) -> Result<Equations, Failure> {
    let hamiltonian = hamiltonian(system)?;
    let (h, space) = (hamiltonian.formula(), hamiltonian.space());
    let with_signs: Vec<(&Symbol, bool)> = space
        .momenta()
        .iter()
        .map(|p| (p, false))
        .chain(space.coordinates().iter().map(|q| (q, true)))
        .collect();
    let rates = with_signs.par_iter().map(|&(variable, negated)| rate(h, variable, negated, space)).collect();
    let symbols = h.symbols();
    Ok(Equations {
        system: system.name.clone(),
        variables: space.variables().to_vec(),
        parameters: symbols.into_iter().filter(|symbol| !space.variables().contains(symbol)).collect(),
        values: system
            .parameters
            .iter()
            .filter_map(|parameter| Some((parameter.name.clone(), parameter.value.clone()?)))
            .collect(),
        hamiltonian: canonical_hamiltonian(h, space).unwrap_or_else(|_| h.clone()),
        rates,
        domain: hamiltonian.domain().to_vec(),
    })
}

/// ±∂H/∂x, as it was differentiated where the exact algebra cannot represent it.
fn rate(h: &Expr, variable: &Symbol, negated: bool, space: &PhaseSpace) -> Expr {
    let slope = h.derivative(variable);
    let slope = if negated { -slope } else { slope };
    canonical_value_in(&slope, space).unwrap_or(slope)
}

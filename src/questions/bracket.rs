//! The Poisson bracket of two functions.

use super::{Failure, FormulaAnswer, claim, hamiltonian, phase_space};
use crate::algebra::Field;
use crate::expr::Expr;
use crate::mechanics::{self, bracket_of};
use crate::simplify::canonical_value_in;
use crate::system::System;

/// The Poisson bracket {F, G} of two functions of a system, in canonical form. `H` is the Hamiltonian.
///
/// # Errors
/// A formula that cannot be read, with its place, or that the exact algebra cannot represent.
pub fn bracket(system: &System, first: &str, second: &str) -> Result<FormulaAnswer, Failure> {
    let space = phase_space(system)?;
    let read = |text: &str| match text.trim() {
        "H" if !system.variables().iter().any(|v| v.name() == "H") => {
            let hamiltonian = hamiltonian(system)?;
            Ok((hamiltonian.formula().clone(), hamiltonian.domain().to_vec()))
        }
        other => claim(other, system, &[]).map(|claim| (claim.formula, claim.domain)),
    };
    let ((f, mut conditions), (g, others)) = (read(first)?, read(second)?);
    conditions.extend(others);
    let bracket = bracket_of(&f, &g, &space).map_err(|error| Failure::input(error, None))?;
    let vanishes = match bracket {
        mechanics::Bracket::Zero => "yes",
        mechanics::Bracket::NonZero(_) => "no",
        mechanics::Bracket::Unknown(_) | mechanics::Bracket::Disjoint => "unknown",
    };
    let value = bracket.value().unwrap_or_else(Expr::zero);
    let value = canonical_value_in(&value, &space).unwrap_or(value);
    let both = Expr::Sum(vec![f.clone(), g.clone()]);
    // Where H is real is known of the system.
    let assumed = match hamiltonian(system) {
        Ok(h) => Field::for_expressions(space.variables(), h.domain(), [h.formula()])
            .map_or_else(|_| Vec::new(), |field| field.conditions()),
        Err(_) => Vec::new(),
    };
    let beside = mechanics::conditions_beside(space.variables(), (&both, &conditions), &value, &assumed);
    let beside: Vec<String> =
        beside.map_err(|error| Failure::input(error, None))?.iter().map(ToString::to_string).collect();
    let mut document = serde_json::json!({
        "f": f.to_string(), "g": g.to_string(),
        "bracket": value.to_string(), "latex": value.to_latex(), "vanishes": vanishes,
    });
    if !beside.is_empty() {
        document["domain"] = serde_json::json!(beside.join(", "));
    }
    Ok(FormulaAnswer { formula: value, conditions: beside, document })
}

//! What can go wrong between a system and its motion.

use crate::expr::TapeError;
use crate::system::{Diagnostic, SystemError, render_without_place};

use super::IntegrationError;

/// What can go wrong in simulating.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum SimulationError {
    /// The system is at fault.
    #[error(transparent)]
    System(#[from] SystemError),
    /// Trajectories are wanted of a system without a Hamiltonian.
    #[error("the system `{system}` has no Hamiltonian to simulate")]
    NoHamiltonian {
        /// Its name.
        system: String,
    },
    /// A formula with names that have no number.
    #[error("{0}")]
    Formula(#[from] TapeError),
    /// A setting out of its range.
    #[error("{0}")]
    Setting(String),
    /// A recipe that gave no admissible initial condition in a bounded number of tries.
    #[error("{0}")]
    ImpossibleRecipe(Box<Diagnostic>),
    /// Initial conditions whose solutions all end too early.
    #[error("no trajectory of `{system}` reaches the end of its time span in {tries} tries: {reason}")]
    NoSolution {
        /// The system's name.
        system: String,
        /// How many initial conditions were tried.
        tries: usize,
        /// How the last one ended.
        reason: IntegrationError,
    },
}

impl SimulationError {
    /// The place in a recipe, for errors that have one.
    pub fn diagnostic(&self) -> Option<&Diagnostic> {
        match self {
            SimulationError::System(error) => error.diagnostic(),
            SimulationError::ImpossibleRecipe(at) => Some(at),
            _ => None,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            SimulationError::System(error) => error.hint(),
            SimulationError::NoHamiltonian { .. } => {
                Some("`liouville discover` takes its recordings".to_string())
            }
            SimulationError::NoSolution { .. } => {
                Some("narrow the `sample` recipe, or shorten the `span`".to_string())
            }
            _ => self.diagnostic().and_then(|at| at.hint.clone()),
        }
    }

    /// The error in plain text, with the line at fault and a mark under the place where there is one.
    pub fn render(&self) -> String {
        match self.diagnostic() {
            Some(diagnostic) => diagnostic.render(),
            None => render_without_place(&self.to_string(), self.hint().as_deref()),
        }
    }
}

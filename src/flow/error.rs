//! What can go wrong between a system and its data.

use crate::expr::TapeError;
use crate::system::{Diagnostic, SystemError, render_without_place};

use super::IntegrationError;

/// What can go wrong in simulating or writing data.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum FlowError {
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
    /// A data file that cannot be written.
    #[error("cannot write `{path}`: {reason}")]
    Unwritable {
        /// The file as it was named.
        path: String,
        /// Why not.
        reason: String,
    },
}

impl FlowError {
    /// The place in a recipe, for errors that have one.
    pub fn diagnostic(&self) -> Option<&Diagnostic> {
        match self {
            FlowError::System(error) => error.diagnostic(),
            FlowError::ImpossibleRecipe(at) => Some(at),
            _ => None,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            FlowError::System(error) => error.hint(),
            FlowError::NoHamiltonian { .. } => Some("`liouville discover` takes its recordings".to_string()),
            FlowError::NoSolution { .. } => {
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

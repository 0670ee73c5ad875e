//! What can go wrong in an experiment.

use std::path::PathBuf;

use crate::data::{ReadError, SmoothingError};
use crate::discover::DiscoverError;
use crate::dynamics::SimulationError;
use crate::expr::TapeError;
use crate::learn::LearnError;
use crate::mechanics::MechanicsError;
use crate::regression::RegressionError;
use crate::runs::RunError;
use crate::system::SystemError;
use crate::terms::GrammarError;

/// An error of the room `experiments`.
#[derive(Debug, thiserror::Error)]
pub enum ExperimentError {
    /// A system of the catalogue cannot be read.
    #[error("{}", .0.render())]
    System(SystemError),
    /// Data cannot be simulated.
    #[error("{}", .0.render())]
    Simulation(SimulationError),
    /// A recording cannot be read.
    #[error("{}", .0.render())]
    Read(ReadError),
    /// No velocities can be had from a recording.
    #[error(transparent)]
    Smoothing(#[from] SmoothingError),
    /// Training failed.
    #[error(transparent)]
    Learn(#[from] LearnError),
    /// A discovery failed.
    #[error(transparent)]
    Discover(#[from] DiscoverError),
    /// A formula has no numerical value.
    #[error(transparent)]
    Formula(#[from] TapeError),
    /// A fit failed.
    #[error(transparent)]
    Regression(#[from] RegressionError),
    /// A term library cannot be built.
    #[error(transparent)]
    Grammar(#[from] GrammarError),
    /// A formula is beyond the exact algebra.
    #[error(transparent)]
    Mechanics(#[from] MechanicsError),
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A figure cannot be drawn.
    #[error("the figure cannot be drawn: {0}")]
    Figure(String),
    /// No such system in this experiment.
    #[error("`{name}` is not among the systems of this experiment: {}", .known.join(", "))]
    UnknownSystem {
        /// As it was asked for.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// What was kept cannot be read or written.
    #[error(transparent)]
    Run(RunError),
    /// The job was ended; what was finished, and the state of unfinished trainings, is saved.
    #[error("interrupted")]
    Interrupted,
}

impl From<RunError> for ExperimentError {
    fn from(error: RunError) -> ExperimentError {
        match error {
            RunError::Interrupted => ExperimentError::Interrupted,
            error => ExperimentError::Run(error),
        }
    }
}

impl From<SystemError> for ExperimentError {
    fn from(error: SystemError) -> Self {
        Self::System(error)
    }
}

impl From<ReadError> for ExperimentError {
    fn from(error: ReadError) -> ExperimentError {
        ExperimentError::Read(error)
    }
}

impl From<SimulationError> for ExperimentError {
    fn from(error: SimulationError) -> Self {
        Self::Simulation(error)
    }
}

//! What can go wrong while training, loading or evaluating networks.

use std::path::PathBuf;

use super::Checkpoint;
use crate::data::SmoothingError;
use crate::expr::TapeError;
use crate::recover::RecoverError;
use crate::regression::RegressionError;

/// An error of the room `learn`.
#[derive(Debug, thiserror::Error)]
pub enum LearnError {
    /// The training data does not have the shape that its degrees of freedom ask for.
    #[error(
        "the training data is inconsistent: {what} (hint: states and derivatives are [samples, 2·dof], q then p)"
    )]
    Shape {
        /// What does not fit.
        what: String,
    },
    /// There is nothing to train on.
    #[error("{set} holds {found} samples; at least {needed} are needed (hint: more or longer trajectories)")]
    TooFew {
        /// Which set of samples.
        set: &'static str,
        /// How many there are.
        found: usize,
        /// How many are needed.
        needed: usize,
    },
    /// A value of the data is not finite.
    #[error(
        "sample {sample}, column {column} of the {set} is {value} (hint: remove the row or repair the data)"
    )]
    NotFinite {
        /// Which array.
        set: &'static str,
        /// Row, from 0.
        sample: usize,
        /// Column, from 0.
        column: usize,
        /// The offending value.
        value: f64,
    },
    /// Every derivative is zero: nothing moves.
    #[error("every time derivative in the training data is zero (hint: all trajectories start at rest)")]
    NoMotion,
    /// A setting lies outside its range.
    #[error("setting {name} = {value} is out of range: {expected}")]
    Setting {
        /// Name of the setting.
        name: &'static str,
        /// Its value.
        value: String,
        /// What would be accepted.
        expected: &'static str,
    },
    /// The loss stopped being a finite number.
    #[error("training diverged at step {step}: the loss is not finite (hint: a smaller --learning-rate)")]
    Diverged {
        /// The step at which it was seen.
        step: usize,
    },
    /// The number of columns of the given states is not 2·dof.
    #[error("{found} numbers do not form states of {columns} columns")]
    States {
        /// Length of the given array.
        found: usize,
        /// Columns of a state.
        columns: usize,
    },
    /// A saved run does not fit the present data or settings.
    #[error("the saved run {path} cannot be used: {what}")]
    Checkpoint {
        /// File or folder.
        path: PathBuf,
        /// What does not fit.
        what: String,
    },
    /// Reading or writing a file failed.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// No velocities come with the data, and none can be had from it.
    #[error("velocities are not given, and cannot be estimated: {0}")]
    Smoothing(#[from] SmoothingError),
    /// The data cannot be prepared for reading what was learned.
    #[error(transparent)]
    Recover(#[from] RecoverError),
    /// A fit of what was learned failed.
    #[error(transparent)]
    Regression(#[from] RegressionError),
    /// A law has other variables than the data.
    #[error(transparent)]
    Formula(#[from] TapeError),
    /// The job was ended during training.
    #[error("interrupted at step {step} of {steps}")]
    Interrupted {
        /// Steps done of the training that was stopped.
        step: usize,
        /// Steps it was to have.
        steps: usize,
        /// The trainings so far, for a discovery that takes them up.
        kept: Vec<Checkpoint>,
    },
    /// A training that is kept was made with other settings.
    #[error("the training kept with {cyclic} cyclic coordinates was made with other settings")]
    OtherTraining {
        /// Its number of cyclic coordinates.
        cyclic: usize,
    },
    /// The tensor library reported an error.
    #[error("tensor operation failed: {0}")]
    Tensor(#[from] candle_core::Error),
    /// The worker threads could not be started.
    #[error("worker threads could not be started: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

//! Trainings that are kept while they go on, so that a discovery that ends early can be taken up.

use std::time::Instant;

use super::{Checkpoint, Keeper, LearnError, Signal};
use crate::progress::Step;

/// Where trainings are kept. A discovery with the same settings that finds them there ends with the same bytes as one
/// that was never ended.
pub trait Trainings: Sync {
    /// The training kept with that many cyclic coordinates, if there is one.
    ///
    /// # Errors
    /// One that cannot be read.
    fn kept(&self, cyclic: usize) -> Result<Option<Checkpoint>, LearnError>;

    /// Keeps a training in place of the one with as many cyclic coordinates.
    ///
    /// # Errors
    /// When it cannot be kept.
    fn keep(&self, checkpoint: &Checkpoint) -> Result<(), LearnError>;
}

/// Seconds between two checkpoints. What is kept does not change the result.
const KEEP_EVERY: f64 = 1.0;

/// Keeps a training from time to time.
pub(super) struct PeriodicKeeper<'a> {
    trainings: Option<&'a dyn Trainings>,
    kept: Instant,
    pub(super) last: Option<Checkpoint>,
}

impl<'a> PeriodicKeeper<'a> {
    pub(super) fn new(trainings: Option<&'a dyn Trainings>) -> PeriodicKeeper<'a> {
        PeriodicKeeper { trainings, kept: Instant::now(), last: None }
    }
}

impl Keeper for PeriodicKeeper<'_> {
    fn after(&mut self, _: &Step<'_>, cancelled: bool) -> Signal {
        match cancelled {
            true => Signal::Stop,
            false if self.trainings.is_some() && self.kept.elapsed().as_secs_f64() > KEEP_EVERY => {
                self.kept = Instant::now();
                Signal::Checkpoint
            }
            false => Signal::Continue,
        }
    }

    fn keep(&mut self, checkpoint: &Checkpoint) -> Result<(), LearnError> {
        if let Some(trainings) = self.trainings {
            trainings.keep(checkpoint)?;
        }
        self.last = Some(checkpoint.clone());
        Ok(())
    }
}

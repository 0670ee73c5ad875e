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

/// Steps after which, and then every so many, a training is held against the clock.
const TIMED_EVERY: usize = 100;

/// Keeps a training from time to time, or sees to it that one which is not kept ends in time.
pub(super) struct PeriodicKeeper<'a> {
    trainings: Option<&'a dyn Trainings>,
    /// Seconds that the training may take.
    seconds: Option<f64>,
    kept: Instant,
    pub(super) last: Option<Checkpoint>,
}

impl<'a> PeriodicKeeper<'a> {
    pub(super) fn new(trainings: Option<&'a dyn Trainings>, seconds: Option<f64>) -> PeriodicKeeper<'a> {
        PeriodicKeeper { trainings, seconds, kept: Instant::now(), last: None }
    }

    /// The steps that fit into the time, if that is fewer than there are to be. A training that is kept is not shortened:
    /// it can be taken up.
    fn fewer(&self, step: &Step<'_>) -> Option<usize> {
        let seconds = self.seconds.filter(|_| self.trainings.is_none())?;
        if !step.step.is_multiple_of(TIMED_EVERY) || step.seconds <= 0.0 {
            return None;
        }
        let fitting = (seconds * step.step as f64 / step.seconds) as usize;
        (fitting < step.steps).then_some(fitting.max(step.step + 1))
    }
}

impl Keeper for PeriodicKeeper<'_> {
    fn after(&mut self, step: &Step<'_>, cancelled: bool) -> Signal {
        if let Some(steps) = self.fewer(step).filter(|_| !cancelled) {
            return Signal::EndAt(steps);
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    struct Nowhere;

    impl Trainings for Nowhere {
        fn kept(&self, _: usize) -> Result<Option<Checkpoint>, LearnError> {
            Ok(None)
        }

        fn keep(&self, _: &Checkpoint) -> Result<(), LearnError> {
            Ok(())
        }
    }

    #[test]
    fn a_training_that_is_not_kept_is_shortened_to_end_in_time() {
        let at =
            |step, seconds| Step { training: "", step, steps: 12_000, losses: [0.0; 3], rate: 0.0, seconds };
        let mut keeper = PeriodicKeeper::new(None, Some(30.0));
        // 2 ms a step fit; 10 ms do not, and are looked at from time to time.
        assert_eq!(keeper.after(&at(200, 0.4), false), Signal::Continue);
        assert_eq!(keeper.after(&at(300, 3.0), false), Signal::EndAt(3000));
        assert_eq!(keeper.after(&at(301, 3.01), false), Signal::Continue);
        // The time is up.
        assert_eq!(keeper.after(&at(2000, 31.0), false), Signal::EndAt(2001));
        assert_eq!(keeper.after(&at(300, 3.0), true), Signal::Stop);
        assert_eq!(PeriodicKeeper::new(None, None).after(&at(300, 3.0), false), Signal::Continue);
        let mut kept = PeriodicKeeper::new(Some(&Nowhere), Some(30.0));
        assert_eq!(kept.after(&at(300, 3.0), false), Signal::Continue);
    }
}

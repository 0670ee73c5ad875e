//! How many cyclic coordinates: networks are trained with that many, until the Poisson term agrees.

use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::copies::with_copies;
use super::keeping::{PeriodicKeeper, Trainings};
use super::{Checkpoint, Config, LearnError, LearnedCoordinates, TrainingData, resume, train};
use crate::expr::Expr;
use crate::progress::{Ended, Job};
use crate::recover::first_order::Observations;

/// How many cyclic coordinates the networks are asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cyclic {
    /// As many as the data allows, by the relaxed Poisson term.
    #[default]
    Auto,
    /// This many.
    Number(usize),
}

/// One network that was trained.
#[derive(Clone, Copy, Debug)]
pub struct Trial {
    /// Number of cyclic coordinates asked for.
    pub cyclic: usize,
    /// The relaxed Poisson term where the laws are read: at most about 0.1 when there are that many.
    pub poisson: f64,
}

/// The networks of a discovery.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The one with the number of cyclic coordinates that was given or chosen.
    pub learned: LearnedCoordinates,
    /// The numbers of cyclic coordinates tried, in order.
    pub trials: Vec<Trial>,
    /// Wall time of all training, in seconds.
    pub seconds: f64,
    /// Why the last training has fewer steps than it was to have, if it has.
    pub ended: Option<Ended>,
}

/// How networks are asked for.
pub struct Asked<'a> {
    /// With how many cyclic coordinates.
    pub cyclic: Cyclic,
    /// How they are trained.
    pub config: &'a Config,
    /// Where they are kept.
    pub trainings: Option<&'a dyn Trainings>,
    /// Laws of the motion in the variables of the data, for copies of the samples along their flows.
    pub laws: &'a [Expr],
}

impl Trained {
    /// Networks that were trained before, in the order in which they were: the last is that of the discovery.
    pub fn before(trained: Vec<LearnedCoordinates>) -> Option<Trained> {
        let trials = trained.iter().map(trial).collect();
        trained.into_iter().last().map(|learned| Trained { learned, trials, seconds: 0.0, ended: None })
    }
}

/// Largest relaxed Poisson term that counts as "there are that many cyclic coordinates".
pub const POISSON_LIMIT: f64 = 0.3;

/// The share of the seconds left that all trainings together may take; what was learned is then read.
const SHARE: f64 = 0.8;

/// Trains on what was observed with the number of cyclic coordinates given, or from all of them downwards until the
/// Poisson term agrees. Trainings that are kept are taken up, and all are kept. Where nothing is kept, a training that would
/// not end in time is shortened.
///
/// # Errors
/// As [`train`], a training that was ended ([`LearnError::Interrupted`]), or one that is kept and was made with other
/// settings.
pub fn train_cyclic(
    observed: &Observations,
    asked: &Asked<'_>,
    job: &Job<'_>,
) -> Result<Trained, LearnError> {
    let &Asked { cyclic, config, trainings, laws } = asked;
    let training = TrainingData::of_trajectories(&observed.trajectories, observed.train)?;
    let training = with_copies(training, laws, &observed.trajectories.variables())?;
    let start = Instant::now();
    let mut trials = Vec::new();
    let mut kept = Vec::new();
    let mut next = match cyclic {
        Cyclic::Auto => training.dof,
        Cyclic::Number(n) => n,
    };
    let (learned, ended) = loop {
        let config = Config { cyclic: next, ..config.clone() };
        let before = trainings.map(|all| taken_up(all, &config)).transpose()?.flatten();
        // What is left is for this training and those that may follow.
        let more = if cyclic == Cyclic::Auto { next.max(1) } else { 1 };
        let seconds = job.token().remaining().map(|left| SHARE * left.as_secs_f64() / more as f64);
        let mut keeper = PeriodicKeeper::new(trainings, seconds);
        let learned = match &before {
            Some(checkpoint) => resume(&training, checkpoint, config.threads, job, &mut keeper)?,
            None => train(&training, &config, job, &mut keeper)?,
        };
        if !learned.checkpoint().is_complete() {
            kept.extend(keeper.last);
            return Err(LearnError::Interrupted { step: learned.steps(), steps: config.steps, kept });
        }
        if let Some(trainings) = trainings.filter(|_| !before.is_some_and(|kept| kept.is_complete())) {
            trainings.keep(learned.checkpoint())?;
        }
        kept.push(learned.checkpoint().clone());
        let found = trial(&learned);
        trials.push(found);
        if cyclic != Cyclic::Auto || next <= 1 || found.poisson <= POISSON_LIMIT {
            let is_shortened = learned.config().steps < config.steps;
            break (learned, is_shortened.then_some(Ended::Seconds));
        }
        next -= 1;
    };
    let seconds = start.elapsed().as_secs_f64();
    Ok(Trained { learned, trials, seconds, ended })
}

/// A training that is kept, if it was made with these settings; the number of threads does not matter.
fn taken_up(trainings: &dyn Trainings, config: &Config) -> Result<Option<Checkpoint>, LearnError> {
    let Some(checkpoint) = trainings.kept(config.cyclic)? else { return Ok(None) };
    let same = Config { threads: config.threads, ..checkpoint.config().clone() } == *config;
    match same {
        true => Ok(Some(checkpoint)),
        false => Err(LearnError::OtherTraining { cyclic: config.cyclic }),
    }
}

/// What a training says about the number of cyclic coordinates that it was asked for.
fn trial(learned: &LearnedCoordinates) -> Trial {
    let terms = learned.law_losses().or(learned.train_losses()).unwrap_or_default();
    Trial { cyclic: learned.config().cyclic, poisson: terms.poisson }
}

//! Networks: how many cyclic coordinates.

use std::time::Instant;

use crate::data::{Smoother, SmoothingError, TrajectorySet};
use crate::expr::{Expr, Symbol};
use crate::learn::{self, Checkpoint, LearnedCoordinates, LossTerms, Samples, TrainingData};
use crate::mechanics::{ConservedQuantity, PhaseSpace};

use crate::progress::Job;

use super::keeping::{Keeper, Trainings};
use super::readout::{Multinomial, multinomials};
use super::{Cyclic, DiscoverError, FurtherLaws, InLaws, Prediction, WhyUnknown, further, in_laws, model};
use crate::recover::first_order::{Observations, Prepared};

/// One network that was trained.
#[derive(Clone, Copy, Debug)]
pub struct Trial {
    /// Number of cyclic coordinates asked for.
    pub cyclic: usize,
    /// The relaxed Poisson term where the laws are read: at most about 0.1 when there are that many.
    pub poisson: f64,
}

/// What the networks learned.
#[derive(Clone, Debug)]
pub struct Network {
    /// Number of cyclic coordinates, given or chosen.
    pub cyclic: usize,
    /// Loss terms on the held-out data (on the training data where there is none).
    pub losses: LossTerms,
    /// Steps of training.
    pub steps: usize,
    /// Wall time of all training, in seconds.
    pub seconds: f64,
    /// The numbers of cyclic coordinates tried, in order.
    pub trials: Vec<Trial>,
    /// The learned momenta as polynomials.
    pub coordinates: Vec<Multinomial>,
    /// The learned momenta as functions of the laws; empty where there are none.
    pub in_laws: Vec<InLaws>,
    /// Whether they keep more than the laws say.
    pub further: FurtherLaws,
    /// How well the network predicts held-out runs, where it is the model: no formula explains the motion.
    pub prediction: Option<Prediction>,
    /// The trained networks.
    pub learned: LearnedCoordinates,
}

impl Network {
    /// Reads the learned momenta in the laws, H first where it explains the data, and judges whether there are more.
    ///
    /// # Errors
    /// Laws with other variables than the data.
    pub(super) fn hold_against(
        &mut self,
        laws: &[(Symbol, Expr)],
        data: &Prepared,
    ) -> Result<(), DiscoverError> {
        self.in_laws = in_laws::in_laws(&self.learned, laws, data)?;
        self.further = further::laws(&self.learned, laws, data)?;
        Ok(())
    }

    /// Makes the network the model of the motion, with its prediction of held-out runs. Returns laws of the learned motion
    /// that are no functions of those known.
    ///
    /// # Errors
    /// Laws with other variables than the data.
    pub(super) fn as_the_model(
        &mut self,
        known: &[ConservedQuantity],
        data: &Prepared,
        space: &PhaseSpace,
    ) -> Result<Vec<ConservedQuantity>, DiscoverError> {
        self.prediction = model::predicted(&self.learned, data);
        let formulas: Vec<Expr> = known.iter().map(|law| law.formula().clone()).collect();
        let taken: Vec<Symbol> = known.iter().map(|law| Symbol::new(law.name())).collect();
        model::laws_of(&self.learned, &formulas, data, (space, &taken))
    }
}

/// Largest relaxed Poisson term that counts as "there are that many cyclic coordinates".
pub const POISSON_LIMIT: f64 = 0.3;

/// What networks learn from: all points with velocities, given or estimated. Both parts are smoothed on their own, so
/// that nothing of the held-out points is seen in training.
pub(super) fn training_data(observations: &Observations) -> Result<TrainingData, DiscoverError> {
    let set = &observations.trajectories;
    let (train, test) = set.split(observations.train);
    let smoother = Smoother::default();
    let (train, test) = (train.with_derivatives(&smoother)?, test.with_derivatives(&smoother)?);
    if train.trajectories.is_empty() {
        return Err(SmoothingError::NothingLeft(Vec::new()).into());
    }
    let samples = |set: &TrajectorySet| Samples {
        states: set.states(),
        derivatives: set.derivatives().unwrap_or_default(),
        ..Samples::default()
    };
    let angles = set.angle_columns();
    Ok(TrainingData { dof: set.dof(), angles, train: samples(&train), test: samples(&test) })
}

/// Trains with the number of cyclic coordinates given, or from all of them downwards until the Poisson
/// term agrees. Trainings that are kept are taken up, and all are kept.
pub(super) fn train(
    observations: &Observations,
    data: &Prepared,
    settings: (Cyclic, &learn::Config, Option<&dyn Trainings>),
    job: &Job<'_>,
) -> Result<Network, DiscoverError> {
    let (cyclic, config, trainings) = settings;
    let training = training_data(observations)?;
    let start = Instant::now();
    let mut trials = Vec::new();
    let mut kept = Vec::new();
    let mut next = match cyclic {
        Cyclic::Auto => training.dof,
        Cyclic::Number(n) => n,
    };
    let learned = loop {
        let config = learn::Config { cyclic: next, ..config.clone() };
        let before = trainings.map(|all| taken_up(all, &config)).transpose()?.flatten();
        let mut keeper = Keeper::new(trainings);
        let learned = match &before {
            Some(checkpoint) => learn::resume(&training, checkpoint, config.threads, job, &mut keeper)?,
            None => learn::train(&training, &config, job, &mut keeper)?,
        };
        if !learned.checkpoint().is_complete() {
            kept.extend(keeper.last);
            return Err(DiscoverError::Interrupted { step: learned.steps(), steps: config.steps, kept });
        }
        if let Some(trainings) = trainings.filter(|_| !before.is_some_and(|kept| kept.is_complete())) {
            trainings.keep(learned.checkpoint())?;
        }
        kept.push(learned.checkpoint().clone());
        let asked = trial(&learned);
        trials.push(asked);
        if cyclic != Cyclic::Auto || next <= 1 || asked.poisson <= POISSON_LIMIT {
            break learned;
        }
        next -= 1;
    };
    let seconds = start.elapsed().as_secs_f64();
    describe(learned, data, trials, seconds)
}

/// A training that is kept, if it was made with these settings; the number of threads does not matter.
fn taken_up(trainings: &dyn Trainings, config: &learn::Config) -> Result<Option<Checkpoint>, DiscoverError> {
    let Some(checkpoint) = trainings.kept(config.cyclic)? else { return Ok(None) };
    let same = learn::Config { threads: config.threads, ..checkpoint.config().clone() } == *config;
    match same {
        true => Ok(Some(checkpoint)),
        false => Err(DiscoverError::OtherTraining { cyclic: config.cyclic }),
    }
}

/// What a training says about the number of cyclic coordinates that it was asked for.
pub(super) fn trial(learned: &LearnedCoordinates) -> Trial {
    let terms = learned.law_losses().or(learned.train_losses()).unwrap_or_default();
    Trial { cyclic: learned.config().cyclic, poisson: terms.poisson }
}

/// What a trained network says, for the record.
pub(super) fn describe(
    learned: LearnedCoordinates,
    data: &Prepared,
    trials: Vec<Trial>,
    seconds: f64,
) -> Result<Network, DiscoverError> {
    Ok(Network {
        cyclic: learned.cyclic(),
        losses: learned.test_losses().or(learned.train_losses()).unwrap_or_default(),
        steps: learned.steps(),
        seconds,
        trials,
        coordinates: multinomials(&learned, data)?,
        in_laws: Vec::new(),
        further: FurtherLaws::Unknown(WhyUnknown::NoMomenta),
        prediction: None,
        learned,
    })
}

/// What networks that were trained before say, in the order in which they were: the last is that of the discovery.
pub(super) fn described(
    trained: Vec<LearnedCoordinates>,
    data: &Prepared,
) -> Result<Option<Network>, DiscoverError> {
    let trials = trained.iter().map(trial).collect();
    trained.into_iter().last().map(|learned| describe(learned, data, trials, 0.0)).transpose()
}

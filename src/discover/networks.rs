//! Networks: how many cyclic coordinates, and the learned coordinates as polynomials.

use std::time::Instant;

use crate::data::{Smoother, SmoothingError, TrajectorySet};
use crate::expr::Expr;
use crate::fit::{FitError, Normal};
use crate::learn::{self, Checkpoint, LearnedCoordinates, LossTerms, Samples, TrainingData};
use crate::terms::decimal;
use crate::terms::{Grammar, TermLibrary};

use crate::progress::Job;

use super::keeping::{Keeper, Trainings};
use super::observations::{Observations, Prepared};
use super::{Cyclic, DiscoverError};

/// A learned momentum P_i fitted by polynomials, as in the paper's Fig. 5.
#[derive(Clone, Debug)]
pub struct Multinomial {
    /// The polynomial of degree [`degree`](Self::degree), in decimals; P is taken with zero mean and unit variance.
    pub formula: Expr,
    /// The lowest degree that does nearly as well as the best.
    pub degree: u32,
    /// Mean squared error on held-out states for the degrees 1, 2, …, in units of the variance of P.
    pub mse: Vec<f64>,
}

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
    /// The trained networks.
    pub learned: LearnedCoordinates,
}

/// Largest relaxed Poisson term that counts as "there are that many cyclic coordinates".
pub(super) const POISSON_LIMIT: f64 = 0.3;

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
        if learned.steps() < config.steps {
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
        learned,
    })
}

/// Each learned momentum fitted by polynomials of degrees 1 to 4.
fn multinomials(learned: &LearnedCoordinates, data: &Prepared) -> Result<Vec<Multinomial>, DiscoverError> {
    let test = if data.held_out.is_empty() { &data.samples } else { &data.held_out };
    let (fit, check) = (learned.evaluate(&data.samples.states)?, learned.evaluate(&test.states)?);
    let n = fit.count;
    let mut found = Vec::new();
    let mut evaluated = Vec::new();
    for degree in 1..=4u32 {
        let text = format!("grammar multinomial\nterms variables^1..{degree}\n");
        let grammar = Grammar::parse(&text, "multinomial", &mut |_| None)?;
        let library = TermLibrary::new(&grammar, &data.variables)?;
        let terms: Vec<Expr> = library.all_terms().into_iter().map(|t| t.formula).collect();
        if terms.len() > 300 || terms.len() * 3 > data.samples.len() {
            break;
        }
        let tape = crate::expr::Tape::new(&terms, &data.inputs).map_err(FitError::from)?;
        evaluated.push((terms, tape.evaluate(&data.samples.states), tape.evaluate(&test.states)));
    }
    for i in 0..n {
        let column = |values: &[f64]| values.iter().skip(i).step_by(n).copied().collect::<Vec<f64>>();
        let (target, truth) = (column(&fit.values), column(&check.values));
        let mean = target.iter().sum::<f64>() / target.len() as f64;
        let spread = (target.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / target.len() as f64).sqrt();
        let unit = |v: f64| (v - mean) / spread.max(f64::MIN_POSITIVE);
        let mut fits = Vec::new();
        for (terms, values, test_values) in &evaluated {
            let count = terms.len();
            let mut system = Normal::new(count + 1);
            let rows: Vec<f64> = values
                .chunks_exact(count)
                .zip(&target)
                .flat_map(|(row, t)| row.iter().copied().chain([1.0, unit(*t)]))
                .collect();
            system.add(&rows)?;
            let columns = system.independent_columns(&(0..=count).collect::<Vec<_>>(), 1e-9);
            let solution = system.solve(&columns)?;
            let error: f64 = test_values
                .chunks_exact(count)
                .zip(&truth)
                .map(|(row, t)| {
                    let value: f64 = solution
                        .columns
                        .iter()
                        .zip(&solution.coefficients)
                        .map(|(&j, c)| if j < count { row[j] * c } else { *c })
                        .sum();
                    (value - unit(*t)).powi(2)
                })
                .sum::<f64>()
                / truth.len().max(1) as f64;
            fits.push((solution, error));
        }
        let mse: Vec<f64> = fits.iter().map(|f| f.1).collect();
        let best = mse.iter().copied().fold(f64::INFINITY, f64::min);
        let Some(at) = mse.iter().position(|e| *e <= (1.5 * best).max(1e-6)) else { continue };
        let (solution, terms) = (&fits[at].0, &evaluated[at].0);
        let largest = solution.coefficients.iter().fold(0.0f64, |m, c| m.max(c.abs()));
        let formula = Expr::sum(
            solution
                .columns
                .iter()
                .zip(&solution.coefficients)
                .filter(|(j, c)| **j < terms.len() && c.abs() > 0.01 * largest)
                .map(|(&j, c)| Expr::product([Expr::number(decimal(*c, 3)), terms[j].clone()])),
        );
        found.push(Multinomial { formula, degree: at as u32 + 1, mse });
    }
    Ok(found)
}

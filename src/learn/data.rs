//! Training data, its scaling, and the order in which batches are drawn.

use super::error::LearnError;
use super::input::InputMap;
use crate::data::{Smoother, SmoothingError, TrajectorySet};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// States with their time derivatives.
///
/// # Shapes
/// Both `[samples, 2·dof]`, row by row, columns q then p.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Samples {
    /// x.
    pub states: Vec<f64>,
    /// ẋ.
    pub derivatives: Vec<f64>,
    /// ∂F/∂x of functions that a [`Constrained`](super::ModelKind::Constrained) model is to commute with:
    /// [samples, functions, 2·dof]. Empty without such functions; other models do not look at it.
    pub imposed: Vec<f64>,
}

/// What networks learn from.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingData {
    /// Degrees of freedom N.
    pub dof: usize,
    /// Indices of the coordinates (0 … N−1) that are angles.
    pub angles: Vec<usize>,
    /// What the weights are fitted to.
    pub train: Samples,
    /// What is held out; may be empty.
    pub test: Samples,
}

impl TrainingData {
    /// All points with velocities, given or estimated, of trajectories of which this share is for training. Both parts
    /// are smoothed on their own, so that nothing of the held-out points is seen in training.
    ///
    /// # Errors
    /// Trajectories whose velocities cannot be estimated.
    pub fn of_trajectories(set: &TrajectorySet, share: f64) -> Result<TrainingData, LearnError> {
        let (train, test) = set.split(share);
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

    /// How many functions a constrained model is to commute with.
    pub fn imposed(&self) -> usize {
        self.train.imposed.len() / self.train.states.len().max(1)
    }

    fn check(&self) -> Result<(), LearnError> {
        let shape = |what| Err(LearnError::Shape { what });
        let columns = 2 * self.dof;
        if self.dof == 0 {
            return shape("no degrees of freedom".into());
        }
        if let Some(angle) = self.angles.iter().find(|&&a| a >= self.dof) {
            return shape(format!("angle {angle} of {} coordinates", self.dof));
        }
        for (set, samples) in [("training set", &self.train), ("test set", &self.test)] {
            if samples.states.len() % columns != 0 || samples.states.len() != samples.derivatives.len() {
                let (states, derivatives) = (samples.states.len(), samples.derivatives.len());
                return shape(format!("{states} state entries and {derivatives} derivatives in the {set}"));
            }
            if samples.imposed.len() != samples.states.len() * self.imposed() {
                return shape(format!("{} entries of imposed gradients in the {set}", samples.imposed.len()));
            }
            for values in [&samples.states, &samples.derivatives] {
                if let Some(at) = values.iter().position(|x| !x.is_finite()) {
                    let (sample, column) = (at / columns, at % columns);
                    return Err(LearnError::NotFinite { set, sample, column, value: values[at] });
                }
            }
        }
        match self.train.states.len() / columns {
            found @ 0..2 => Err(LearnError::TooFew { set: "the training set", found, needed: 2 }),
            _ => Ok(()),
        }
    }
}

/// Units in which the networks see phase space: x = factor·x̂, and time in units of τ.
///
/// One factor serves all q and one all p, angles excepted, whose momenta take up the factor of q: every product
/// q_i p_i is scaled by the same `action`, so that brackets keep their form up to that one constant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scaling {
    /// Unit of every column of a state, [2·dof].
    pub factors: Vec<f64>,
    /// s_q s_p: H = H_φ · action / time.
    pub action: f64,
    /// τ = 1/rms of the scaled ẋ.
    pub time: f64,
    /// Whether samples are weighted by 1/(1 + |ẋ|²/(2N·0.3)), because a few fast ones would dominate.
    pub heavy_tailed: bool,
    /// rms length of the gradient of each imposed function in scaled coordinates.
    #[serde(default)]
    pub imposed: Vec<f64>,
}

/// |ẋ|⁴ averages to at most twice the square of the average |ẋ|² for normal numbers; beyond this factor, a few
/// samples dominate the loss.
const HEAVY_TAIL: f64 = 3.;

impl Scaling {
    /// Units from the training set.
    ///
    /// # Errors
    /// When the data is inconsistent, not finite, or nothing moves.
    pub fn of(data: &TrainingData) -> Result<Self, LearnError> {
        data.check()?;
        let (n, columns) = (data.dof, 2 * data.dof);
        let is_angle = |k: usize| data.angles.contains(&(k % n));
        let mean_square =
            |columns_of: &dyn Fn(usize) -> bool, factor: &dyn Fn(usize) -> f64, values: &[f64]| {
                let chosen = values.iter().enumerate().filter(|(at, _)| columns_of(at % columns));
                let (sum, count) =
                    chosen.fold((0., 0), |(s, c), (at, x)| (s + (x / factor(at % columns)).powi(2), c + 1));
                if count == 0 { 0. } else { sum / f64::from(count) }
            };
        let unit = |square: f64| if square > 0. { square.sqrt() } else { 1. };
        let states = &data.train.states;
        let length = unit(mean_square(&|k| k < n && !is_angle(k), &|_| 1., states));
        // The momentum of an angle carries the unit of a whole action.
        let turn = |k: usize| if is_angle(k) { length } else { 1. };
        let momentum = unit(mean_square(&|k| k >= n, &turn, states));
        let factor = |k: usize| match (k < n, is_angle(k)) {
            (true, true) => 1.,
            (true, false) => length,
            (false, angle) => momentum * if angle { length } else { 1. },
        };
        let factors: Vec<f64> = (0..columns).map(factor).collect();
        let speed = mean_square(&|_| true, &factor, &data.train.derivatives);
        if speed == 0. {
            return Err(LearnError::NoMotion);
        }
        let squares = data.train.derivatives.chunks_exact(columns).map(|v| {
            v.iter().zip(&factors).map(|(v, f)| (v / f).powi(2)).sum::<f64>() / (columns as f64 * speed)
        });
        let fourth = squares.map(|s| s * s).sum::<f64>() / (states.len() / columns) as f64;
        let (samples, count) = (states.len() / columns, data.imposed());
        let mut imposed = vec![0.; count];
        for (at, g) in data.train.imposed.iter().enumerate() {
            imposed[at / columns % count] += (g * factors[at % columns]).powi(2) / samples as f64;
        }
        if let Some(at) = imposed.iter().position(|x| !x.is_finite() || *x == 0.) {
            return Err(LearnError::Shape {
                what: format!("the gradient of imposed function {at} is no vector"),
            });
        }
        Ok(Self {
            imposed: imposed.into_iter().map(f64::sqrt).collect(),
            factors,
            action: length * momentum,
            time: 1. / speed.sqrt(),
            heavy_tailed: fourth > HEAVY_TAIL,
        })
    }

    /// Weight of a sample with the scaled derivative `flow`.
    fn weight(&self, flow: &[f64]) -> f64 {
        if !self.heavy_tailed {
            return 1.;
        }
        let square: f64 = flow.iter().map(|v| v * v).sum();
        1. / (1. + square / (flow.len() as f64 * 0.3))
    }
}

/// Samples in scaled form: features, ẋ and weight of each, row by row.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    columns: usize,
    rows: Vec<f32>,
}

impl Prepared {
    /// The samples, with the gradients of the first `imposed` imposed functions.
    pub(crate) fn new(samples: &Samples, scaling: &Scaling, input: &InputMap, imposed: usize) -> Self {
        let d = 2 * input.dof;
        let (mut row, mut rows, mut columns) = (Vec::new(), Vec::new(), 0);
        let pairs = samples.states.chunks_exact(d).zip(samples.derivatives.chunks_exact(d));
        for (at, (state, derivative)) in pairs.enumerate() {
            row.clear();
            input.push_features(state.iter().zip(&scaling.factors).map(|(x, f)| x / f), &mut row);
            let features = row.len();
            row.extend(derivative.iter().zip(&scaling.factors).map(|(v, f)| v / f * scaling.time));
            row.push(scaling.weight(&row[features..]));
            for (function, unit) in scaling.imposed.iter().take(imposed).enumerate() {
                let gradient = &samples.imposed[(at * scaling.imposed.len() + function) * d..][..d];
                row.extend(gradient.iter().zip(&scaling.factors).map(|(g, f)| g * f / unit));
            }
            columns = row.len();
            rows.extend(row.iter().map(|&x| x as f32));
        }
        Self { columns: columns.max(1), rows }
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len() / self.columns
    }

    /// The chosen samples, column by column: `[columns, chosen]`.
    pub(crate) fn gather(&self, chosen: &[usize]) -> Vec<f32> {
        let mut out = vec![0.; self.columns * chosen.len()];
        for (at, &sample) in chosen.iter().enumerate() {
            for (k, &x) in self.rows[sample * self.columns..][..self.columns].iter().enumerate() {
                out[k * chosen.len() + at] = x;
            }
        }
        out
    }
}

/// Batches by shuffling, epoch after epoch. The batch of a step depends on the seed and the step alone, so a run can
/// be taken up anywhere.
#[derive(Clone, Debug)]
pub(crate) struct Batches {
    samples: usize,
    batch: usize,
    seed: u64,
    epoch: Option<usize>,
    order: Vec<usize>,
}

impl Batches {
    pub(crate) fn new(samples: usize, batch: usize, seed: u64) -> Self {
        Self { samples, batch: batch.min(samples), seed, epoch: None, order: Vec::new() }
    }

    /// The samples of step `step`, counted from 0.
    pub(crate) fn at(&mut self, step: usize) -> &[usize] {
        let per_epoch = self.samples / self.batch;
        let (epoch, place) = (step / per_epoch, step % per_epoch);
        if self.epoch != Some(epoch) {
            let mut random = ChaCha8Rng::seed_from_u64(self.seed);
            random.set_stream(1 + epoch as u64);
            self.order = (0..self.samples).collect();
            self.order.shuffle(&mut random);
            self.epoch = Some(epoch);
        }
        &self.order[place * self.batch..][..self.batch]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(states: Vec<f64>, derivatives: Vec<f64>, angles: Vec<usize>) -> TrainingData {
        TrainingData {
            dof: 2,
            angles,
            train: Samples { states, derivatives, ..Samples::default() },
            test: Samples::default(),
        }
    }

    #[test]
    fn every_pair_has_the_same_unit_of_action() {
        let states = vec![3., 0.2, 1., 10., -4., 2., 2., 30.];
        let derivatives = vec![1., 1., 2., 5., 1., 0., 3., 7.];
        for angles in [vec![], vec![1], vec![0, 1]] {
            let scaling = Scaling::of(&data(states.clone(), derivatives.clone(), angles)).unwrap();
            for i in 0..2 {
                assert!((scaling.factors[i] * scaling.factors[2 + i] - scaling.action).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn bad_data_is_named() {
        let mut bad = data(vec![0.; 8], vec![1.; 8], vec![]);
        assert!(Scaling::of(&bad).is_ok());
        bad.train.states[5] = f64::NAN;
        assert!(matches!(Scaling::of(&bad), Err(LearnError::NotFinite { sample: 1, column: 1, .. })));
        assert!(matches!(Scaling::of(&data(vec![1.; 8], vec![0.; 8], vec![])), Err(LearnError::NoMotion)));
        assert!(matches!(
            Scaling::of(&data(vec![1.; 7], vec![0.; 7], vec![])),
            Err(LearnError::Shape { .. })
        ));
        assert!(matches!(
            Scaling::of(&data(vec![1.; 4], vec![1.; 4], vec![])),
            Err(LearnError::TooFew { .. })
        ));
    }

    #[test]
    fn a_batch_depends_on_seed_and_step_alone() {
        let mut forward = Batches::new(10, 3, 5);
        let all: Vec<Vec<usize>> = (0..9).map(|s| forward.at(s).to_vec()).collect();
        let mut fresh = Batches::new(10, 3, 5);
        assert_eq!(fresh.at(7), all[7]);
        assert_eq!(fresh.at(2), all[2]);
        let mut epoch = all[0..3].concat();
        epoch.sort_unstable();
        epoch.dedup();
        assert_eq!(epoch.len(), 9);
    }
}

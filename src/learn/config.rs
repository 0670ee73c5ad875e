//! The settings of a training, and the schedule of its rate.

use super::error::LearnError;
use super::input::InputMap;
use super::loss::Loss;
use super::model::{Layers, Model, ModelKind};
use super::network::Activation;
use super::optimiser::OptimiserKind;
use serde::{Deserialize, Serialize};

/// When a training lowers its rate, and when it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// The rate falls from the first step, and the training takes all its steps.
    AllSteps,
    /// The rate is held until the loss has settled (`settling`), at most for half of the steps, and then falls for as long
    /// as it was held.
    Settled,
}

/// Settings of a training run. Together with the data they determine every bit of its result; `threads` does not
/// matter to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    /// Which model learns.
    pub model: ModelKind,
    /// Number n of cyclic pairs (symmetry control only), at most N.
    pub cyclic: usize,
    /// Width of the hidden layers.
    pub width: usize,
    /// Number of hidden layers of each network; of those whose sum is H beside coordinates three times as many.
    pub depth: usize,
    /// Nonlinearity of the hidden layers.
    pub activation: Activation,
    /// What teaches the coordinates.
    pub loss: Loss,
    /// α1, the weight of the Poisson term. Smaller values give better laws, but from 4 degrees of freedom on the
    /// gradients of some momenta may shrink to nothing at 0.01; 0.1 costs accuracy.
    pub poisson_weight: f64,
    /// α2, the weight of the cyclic term; of the brackets with the imposed functions in a constrained model.
    pub cyclic_weight: f64,
    /// How weights are fitted.
    pub optimiser: OptimiserKind,
    /// Highest learning rate.
    pub learning_rate: f64,
    /// The last learning rate, as a part of the highest; a cosine leads there.
    pub final_rate: f64,
    /// When the rate falls, and when the training ends.
    pub ending: Ending,
    /// Steps of linear warm-up.
    pub warm_up: usize,
    /// Longest gradient that is not shortened.
    pub clip: f64,
    /// Samples in a step.
    pub batch: usize,
    /// Most steps.
    pub steps: usize,
    /// Part of the steps that the symmetry terms take part in; after it the Hamiltonian term is alone, with a cosine
    /// of its own, and the laws are those of the switch. None: always.
    pub symmetry_part: Option<f64>,
    /// Decay of a running mean of the weights, which then is the result. None: the last weights are.
    pub average: Option<f64>,
    /// Seed of initial weights and batches.
    pub seed: u64,
    /// Threads in use.
    pub threads: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            model: ModelKind::SymmetryControl,
            cyclic: 1,
            width: 64,
            depth: 2,
            activation: Activation::Tanh,
            loss: Loss::Relaxed,
            poisson_weight: 0.03,
            cyclic_weight: 1.,
            optimiser: OptimiserKind::Soap,
            learning_rate: 2e-2,
            final_rate: 1e-3,
            ending: Ending::Settled,
            warm_up: 200,
            clip: 10.,
            batch: 256,
            steps: 4000,
            symmetry_part: None,
            average: None,
            seed: 0,
            threads: 1,
        }
    }
}

impl Config {
    pub(crate) fn check(&self, dof: usize) -> Result<(), LearnError> {
        let bad = |name, value: &dyn ToString, expected| {
            Err(LearnError::Setting { name, value: value.to_string(), expected })
        };
        let positive = |x: f64| x > 0. && x.is_finite();
        match self {
            c if c.cyclic > dof => bad("cyclic", &c.cyclic, "at most the degrees of freedom"),
            c if c.width == 0 => bad("width", &c.width, "at least 1"),
            c if c.depth == 0 => bad("depth", &c.depth, "at least 1"),
            c if c.batch == 0 => bad("batch", &c.batch, "at least 1"),
            c if c.steps == 0 => bad("steps", &c.steps, "at least 1"),
            c if c.threads == 0 => bad("threads", &c.threads, "at least 1"),
            c if !positive(c.learning_rate) => bad("learning_rate", &c.learning_rate, "a positive number"),
            c if !(0. ..=1.).contains(&c.final_rate) => bad("final_rate", &c.final_rate, "between 0 and 1"),
            Self { model: ModelKind::Beside | ModelKind::Separable, loss: Loss::Paper { .. }, .. } => {
                bad("loss", &"paper", "relaxed where the coordinates do not enter H")
            }
            Self { ending: Ending::Settled, symmetry_part: Some(x), .. } => {
                bad("symmetry_part", x, "absent from a training that ends when its loss has settled")
            }
            c if !positive(c.clip) => bad("clip", &c.clip, "a positive number"),
            c if c.poisson_weight.is_nan() || c.poisson_weight < 0. => {
                bad("poisson_weight", &c.poisson_weight, "not negative")
            }
            c if c.cyclic_weight.is_nan() || c.cyclic_weight < 0. => {
                bad("cyclic_weight", &c.cyclic_weight, "not negative")
            }
            Self { symmetry_part: Some(x), .. } if !(0. ..=1.).contains(x) => {
                bad("symmetry_part", x, "between 0 and 1")
            }
            Self { average: Some(x), .. } if !(0. ..1.).contains(x) => {
                bad("average", x, "at least 0 and below 1")
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn model(&self, dof: usize, angles: &[usize]) -> Model {
        let layers = Layers { width: self.width, depth: self.depth, activation: self.activation };
        Model::new(self.model, InputMap::new(dof, angles), layers, self.loss, self.cyclic)
    }

    /// Number of weights of the networks.
    pub fn parameters(&self, dof: usize, angles: &[usize]) -> usize {
        self.model(dof, angles).weights()
    }

    /// First step without the symmetry terms.
    pub fn switch(&self) -> usize {
        self.symmetry_part.map_or(self.steps, |part| (part * self.steps as f64).round() as usize)
    }

    /// Step at which the rate begins to fall at the latest, where it waits for the loss to settle.
    pub(crate) fn latest_fall(&self) -> usize {
        self.steps / 2
    }

    /// Number of steps in all, as far as is known: the rate falls for as long as it was held, until `settled`.
    pub(crate) fn end(&self, settled: Option<usize>) -> usize {
        match settled {
            Some(settled) if settled < self.latest_fall() => 2 * settled,
            _ => self.steps,
        }
    }

    /// Learning rate of a step of a training whose loss settled at step `settled`, if it has: warm-up and cosine, anew
    /// after the switch.
    pub fn rate(&self, step: usize, settled: Option<usize>) -> f64 {
        let switch = self.switch();
        let (from, fall, to) = match self.ending {
            Ending::Settled => (0, settled.unwrap_or(self.latest_fall()), self.end(settled)),
            Ending::AllSteps if step < switch => (0, 0, switch),
            Ending::AllSteps => (switch, switch, self.steps),
        };
        let length = |from: usize, to: usize| to.saturating_sub(from) as f64;
        let warm_up = (self.warm_up as f64).min(length(from, to) / 2.).max(1.);
        let warm = ((length(from, step) + 1.) / warm_up).min(1.);
        let fallen = length(fall, step) / length(fall, to).max(1.);
        let cosine = 0.5 * (1. + (std::f64::consts::PI * fallen).cos());
        self.learning_rate * warm * (self.final_rate + (1. - self.final_rate) * cosine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_falls_and_starts_anew_at_the_switch() {
        let config = Config {
            steps: 1000,
            symmetry_part: Some(0.4),
            warm_up: 10,
            ending: Ending::AllSteps,
            ..Config::default()
        };
        let part = |step| config.rate(step, None) / config.learning_rate;
        assert!(part(0) < 0.2 && part(12) > 0.9 && part(399) < 0.01 && part(415) > 0.9 && part(999) < 0.01);
    }

    #[test]
    fn the_rate_is_held_until_the_loss_settles() {
        let config = Config { steps: 4000, warm_up: 10, ..Config::default() };
        let part = |step, settled| config.rate(step, settled) / config.learning_rate;
        assert!(part(0, None) < 0.2 && part(799, None) == 1. && part(1999, None) == 1.);
        assert_eq!(config.end(None), 4000);
        assert_eq!(config.end(Some(800)), 1600);
        assert!(part(800, Some(800)) == 1. && part(1200, Some(800)) < 0.6 && part(1599, Some(800)) < 0.01);
        // A loss that never settles.
        assert_eq!(config.end(Some(config.latest_fall())), 4000);
        assert!(part(3999, Some(2000)) < 0.01);
    }
}

//! When the loss of a training has settled.
//!
//! At a constant rate the loss falls until the noise of the batches holds it up. It has settled when the last hundred
//! steps are not significantly below the two hundred before them: the logarithms of the loss are averaged over blocks of
//! ten steps, because neighbours are correlated, and the two groups of blocks are compared by Welch's one-sided t test at
//! 5 %. On charged particle, two-body problem and double pendulum (three seeds each, n = N and n = 1) it is so after 700
//! to 950 steps.
//!
//! # References
//! Welch (1947), *The generalization of "Student's" problem when several different population variances are involved*.

/// Steps of a block.
const BLOCK: usize = 10;
/// Steps of the earlier group.
const BEFORE: usize = 200;
/// Steps of the later group.
const RECENT: usize = 100;
/// Steps between two tests.
const EVERY: usize = 50;
/// The 95 % point of Student's t for the 28 degrees of freedom of thirty blocks.
const SIGNIFICANT: f64 = 1.701;

/// The losses of late, and whether they have settled.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Settling {
    /// Logarithms of the last losses, the newest last; empty once they have settled.
    pub(crate) losses: Vec<f32>,
    /// The step at which the loss had settled, or was taken to have.
    pub(crate) at: Option<usize>,
}

impl Settling {
    /// Takes note of the loss of a step, which counts from 1; at step `latest` the loss is taken to have settled.
    pub(crate) fn hear(&mut self, loss: f64, step: usize, latest: usize) {
        if self.at.is_some() {
            return;
        }
        if self.losses.len() == BEFORE + RECENT {
            self.losses.remove(0);
        }
        self.losses.push(loss.ln() as f32);
        let is_full = self.losses.len() == BEFORE + RECENT;
        if step >= latest || (is_full && step.is_multiple_of(EVERY) && has_settled(&self.losses)) {
            *self = Self { losses: Vec::new(), at: Some(step) };
        }
    }
}

/// Whether the mean of the recent losses is not significantly below that of those before.
fn has_settled(losses: &[f32]) -> bool {
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
    let blocks: Vec<f64> = losses
        .chunks_exact(BLOCK)
        .map(|block| block.iter().map(|&x| f64::from(x)).sum::<f64>() / BLOCK as f64)
        .collect();
    let (before, recent) = blocks.split_at(BEFORE / BLOCK);
    let square_error = |x: &[f64]| {
        let squares: f64 = x.iter().map(|v| (v - mean(x)).powi(2)).sum();
        squares / ((x.len() - 1) * x.len()) as f64
    };
    let error = (square_error(before) + square_error(recent)).sqrt();
    mean(before) - mean(recent) <= SIGNIFICANT * error
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Distribution, StandardNormal};

    /// The step at which losses with 30 % noise settle.
    fn settles(seed: u64, level: impl Fn(f64) -> f64) -> usize {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut settling = Settling::default();
        for step in 1.. {
            let noise: f64 = StandardNormal.sample(&mut random);
            settling.hear(level(step as f64) * (0.3 * noise).exp(), step, 1600);
            if let Some(step) = settling.at {
                return step;
            }
        }
        0
    }

    #[test]
    fn a_level_loss_has_settled_and_a_falling_one_has_not() {
        for seed in 0..20 {
            assert!(settles(seed, |_| 1e-3) <= 500);
            assert_eq!(settles(seed, |step| (-step / 200.).exp()), 1600);
            let elbow = settles(seed, |step| (-step / 100.).exp().max(1e-3));
            assert!((700..=1100).contains(&elbow), "{elbow}");
        }
    }

    #[test]
    fn what_cannot_settle_falls_at_the_latest_step() {
        let mut settling = Settling::default();
        for step in 1..=20 {
            settling.hear(1., step, 20);
        }
        assert_eq!(settling, Settling { losses: Vec::new(), at: Some(20) });
    }
}

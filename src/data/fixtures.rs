//! Motions with known velocities, for tests.

use std::f64::consts::TAU;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::recording::{Coordinate, Rates, Recording, Run};
use crate::expr::Symbol;

/// A motion with one coordinate.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Motion {
    /// x = sin t.
    Sine,
    /// The first coordinate on an ellipse of eccentricity 0.6, in units where a year is 2π.
    Kepler,
    /// θ̈ = −sin θ, released at θ = 2.
    Pendulum,
}

/// When points are taken.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Sampling {
    /// At equal distances.
    Even,
    /// Up to 0.4 of the distance too early or too late.
    Jittered,
    /// At distances of 0.2 to 1.8 times the mean.
    Uneven,
}

impl Motion {
    /// Positions and velocities at increasing times.
    pub fn states(self, times: &[f64]) -> (Vec<f64>, Vec<f64>) {
        match self {
            Motion::Sine => times.iter().map(|t| (t.sin(), t.cos())).unzip(),
            Motion::Kepler => times.iter().map(|t| kepler(*t)).unzip(),
            Motion::Pendulum => pendulum(times).into_iter().unzip(),
        }
    }

    /// The acceleration of the pendulum and the sine at a position, with its derivative.
    pub fn acceleration(self, q: f64) -> (f64, f64) {
        match self {
            Motion::Sine => (-q, -1.0),
            _ => (-q.sin(), -q.cos()),
        }
    }
}

impl Sampling {
    /// `count` times from 0 on.
    pub fn times(self, count: usize, step: f64, random: &mut ChaCha8Rng) -> Vec<f64> {
        let mut t = 0.0;
        let mut next = |k: usize| match self {
            Sampling::Even => k as f64 * step,
            Sampling::Jittered => (k as f64 + 0.4 * (2.0 * random.random::<f64>() - 1.0)) * step,
            Sampling::Uneven => {
                t += step * (0.2 + 1.6 * random.random::<f64>());
                t
            }
        };
        let times: Vec<f64> = (0..count).map(&mut next).collect();
        times.iter().map(|t| t - times[0]).collect()
    }
}

pub(crate) fn random(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// Adds Gaussian noise.
pub(crate) fn add_noise(values: &mut [f64], sigma: f64, random: &mut impl rand::Rng) {
    values.iter_mut().for_each(|x| *x += sigma * random.sample::<f64, _>(StandardNormal));
}

/// Times, positions and velocities of a run.
pub(crate) type States = (Vec<f64>, Vec<Vec<f64>>, Vec<Vec<f64>>);

/// A recording of runs of one kind, without derivatives.
pub(crate) fn recording(runs: Vec<States>) -> Recording {
    let dof = runs[0].1.len();
    let names = |prefix: &str| (0..dof).map(|i| Symbol::new(format!("{prefix}{i}"))).collect::<Vec<_>>();
    let rates = if runs[0].2.is_empty() { Rates::None } else { Rates::Velocities(names("v")) };
    let run = |(k, (times, positions, rates)): (usize, States)| Run {
        name: k.to_string(),
        times,
        positions,
        rates,
        derivatives: None,
    };
    Recording {
        coordinates: names("q").into_iter().map(|name| Coordinate { name, is_angle: false }).collect(),
        rates,
        runs: runs.into_iter().enumerate().map(run).collect(),
    }
}

fn kepler(t: f64) -> (f64, f64) {
    let (e, mean) = (0.6f64, t.rem_euclid(TAU));
    let mut u = mean;
    for _ in 0..50 {
        u -= (u - e * u.sin() - mean) / (1.0 - e * u.cos());
    }
    (u.cos() - e, -u.sin() / (1.0 - e * u.cos()))
}

/// Runge–Kutta steps of order 4, short enough for an error near rounding.
fn pendulum(times: &[f64]) -> Vec<(f64, f64)> {
    let slope = |(q, v): (f64, f64)| (v, -q.sin());
    let moved = |s: (f64, f64), d: (f64, f64), h: f64| (s.0 + h * d.0, s.1 + h * d.1);
    let (mut state, mut now) = ((2.0, 0.0), 0.0);
    let mut reached = |t: f64| {
        let steps = ((t - now) / 2e-3).ceil();
        let h = (t - now) / steps.max(1.0);
        for _ in 0..steps as usize {
            let a = slope(state);
            let b = slope(moved(state, a, h / 2.0));
            let c = slope(moved(state, b, h / 2.0));
            let d = slope(moved(state, c, h));
            let sum = (a.0 + 2.0 * (b.0 + c.0) + d.0, a.1 + 2.0 * (b.1 + c.1) + d.1);
            state = moved(state, sum, h / 6.0);
        }
        now = t;
        state
    };
    times.iter().map(|t| reached(*t)).collect()
}

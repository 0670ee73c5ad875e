//! Simulated recordings for tests.

use crate::data::{Coordinate, Rates, Recording, Run, Smoother, fixtures};
use crate::expr::Symbol;

use super::{Problem, problem};

/// Accelerations at time, positions, velocities.
pub(super) type Law<'a> = &'a dyn Fn(f64, &[f64], &[f64]) -> Vec<f64>;

/// A motion to simulate.
pub(super) struct Simulated<'a> {
    /// Names of the coordinates; those that begin with `theta` are angles.
    pub names: &'a [&'a str],
    /// The accelerations at time, positions, velocities.
    pub law: Law<'a>,
    /// Positions, then velocities, at the beginning of each run.
    pub starts: &'a [&'a [f64]],
    /// The duration of each run.
    pub duration: f64,
    /// The time between points.
    pub step: f64,
    /// The standard deviation of the noise of all columns.
    pub noise: f64,
}

impl Simulated<'_> {
    /// Runs with positions and velocities.
    pub fn recording(&self) -> Recording {
        let symbol = |prefix: &str, name: &&str| Symbol::new(format!("{prefix}{name}"));
        let coordinate =
            |name: &&str| Coordinate { name: symbol("", name), is_angle: name.starts_with("theta") };
        let mut random = fixtures::random(7);
        let mut runs = Vec::new();
        for (k, start) in self.starts.iter().enumerate() {
            let times: Vec<f64> =
                (0..=(self.duration / self.step).round() as usize).map(|i| i as f64 * self.step).collect();
            let mut columns = self.columns(start, times.len());
            columns.iter_mut().for_each(|column| fixtures::add_noise(column, self.noise, &mut random));
            let rates = columns.split_off(self.names.len());
            runs.push(Run { name: k.to_string(), times, positions: columns, rates, derivatives: None });
        }
        Recording {
            coordinates: self.names.iter().map(coordinate).collect(),
            rates: Rates::Velocities(self.names.iter().map(|name| symbol("v", name)).collect()),
            runs,
        }
    }

    /// The equations of the recording, not whitened.
    pub fn problem(&self) -> Problem {
        let recording = self.recording();
        let smoothed = Smoother::default().smooth(&recording).unwrap();
        Problem::new(&recording, &smoothed, &problem::Config::default()).unwrap()
    }

    /// Positions and velocities by Runge–Kutta steps of order 4.
    fn columns(&self, start: &[f64], points: usize) -> Vec<Vec<f64>> {
        let n = self.names.len();
        let slope = |t: f64, s: &[f64]| [s[n..].to_vec(), (self.law)(t, &s[..n], &s[n..])].concat();
        let moved =
            |s: &[f64], d: &[f64], h: f64| s.iter().zip(d).map(|(s, d)| s + h * d).collect::<Vec<f64>>();
        let (mut state, h) = (start.to_vec(), self.step / 20.0);
        let mut columns = vec![Vec::with_capacity(points); 2 * n];
        for i in 0..points {
            columns.iter_mut().zip(&state).for_each(|(column, x)| column.push(*x));
            for k in 0..20 {
                let t = i as f64 * self.step + f64::from(k) * h;
                let a = slope(t, &state);
                let b = slope(t + h / 2.0, &moved(&state, &a, h / 2.0));
                let c = slope(t + h / 2.0, &moved(&state, &b, h / 2.0));
                let d = slope(t + h, &moved(&state, &c, h));
                let sum: Vec<f64> = (0..2 * n).map(|j| a[j] + 2.0 * (b[j] + c[j]) + d[j]).collect();
                state = moved(&state, &sum, h / 6.0);
            }
        }
        columns
    }
}

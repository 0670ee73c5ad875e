//! Time derivatives from states, by local polynomials (Savitzky and Golay 1964), for any spacing of times.
//!
//! Around each point a polynomial is fitted by least squares to a window of neighbours of the same
//! trajectory; its slope there is the estimate. One window serves a column throughout. Its size is read
//! from the data: the noise level from high differences, then the largest window whose polynomial still
//! fits to that noise. Data without noise get the smallest window, in which the polynomial of degree 6
//! passes through its seven points: the error is then (ω Δt)⁶/140 for a motion of frequency ω.

use super::trajectories::{Trajectory, TrajectorySet};

/// The degree of the local polynomials, where there are points enough.
const DEGREE: usize = 6;

/// Points on either side of the estimate, smallest first.
const HALF_WINDOWS: [usize; 12] = [3, 4, 5, 6, 8, 10, 13, 17, 22, 28, 36, 46];

/// How far above the noise level the misfit of a window may stand.
const MISFIT: f64 = 1.1;

/// How the derivatives of a column were estimated.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ColumnEstimate {
    /// The noise found in the column (standard deviation): rounding errors where there is none.
    pub noise: f64,
    /// The number of points of the window.
    pub window: usize,
    /// The degree of the polynomial, less one for every point that a short trajectory lacks.
    pub degree: usize,
}

/// Gives derivatives to every trajectory that has none, each from its own points alone, and says how, one
/// entry for each column of the states. Nothing happens where all trajectories have derivatives.
pub fn estimate_derivatives(set: &mut TrajectorySet) -> Vec<ColumnEstimate> {
    let width = 2 * set.dof();
    let mut missing: Vec<&mut Trajectory> =
        set.trajectories.iter_mut().filter(|trajectory| trajectory.derivatives.is_none()).collect();
    if missing.is_empty() {
        return Vec::new();
    }
    let mut rates: Vec<Vec<f64>> =
        missing.iter().map(|trajectory| vec![0.0; trajectory.states.len()]).collect();
    let mut estimates = Vec::with_capacity(width);
    for column in 0..width {
        let columns: Vec<Vec<f64>> = missing
            .iter()
            .map(|trajectory| trajectory.states.iter().skip(column).step_by(width).copied().collect())
            .collect();
        let pieces: Vec<Piece<'_>> = missing
            .iter()
            .zip(&columns)
            .map(|(trajectory, values)| Piece { times: &trajectory.times, values })
            .collect();
        let noise = noise_level(&pieces);
        let half = half_window(&pieces, noise);
        for (piece, rates) in pieces.iter().zip(&mut rates) {
            for (at, slope) in piece.slopes(half).into_iter().enumerate() {
                rates[at * width + column] = slope;
            }
        }
        estimates.push(ColumnEstimate { noise, window: 2 * half + 1, degree: DEGREE });
    }
    for (trajectory, rates) in missing.iter_mut().zip(rates) {
        trajectory.derivatives = Some(rates);
    }
    estimates
}

/// One column of one trajectory.
struct Piece<'a> {
    times: &'a [f64],
    values: &'a [f64],
}

/// The noise level: the smallest over the orders k of the root mean square of the k-th differences over
/// √C(2k, k), which for white noise is the noise and for a smooth motion falls with k.
fn noise_level(pieces: &[Piece<'_>]) -> f64 {
    let mut best = f64::INFINITY;
    let mut differences: Vec<Vec<f64>> = pieces.iter().map(|piece| piece.values.to_vec()).collect();
    let mut binomial = 1.0;
    for order in 1..=10 {
        // C(2k, k) from C(2k − 2, k − 1).
        binomial *= (2 * (2 * order - 1)) as f64 / order as f64;
        for values in &mut differences {
            *values = values.windows(2).map(|pair| pair[1] - pair[0]).collect();
        }
        let count: usize = differences.iter().map(Vec::len).sum();
        if count < 10 {
            break;
        }
        let square: f64 = differences.iter().flatten().map(|value| value * value).sum();
        best = best.min((square / count as f64 / binomial).sqrt());
    }
    if best.is_finite() { best } else { 0.0 }
}

/// The largest window whose polynomials miss the points by no more than the noise, or the smallest.
fn half_window(pieces: &[Piece<'_>], noise: f64) -> usize {
    let longest = pieces.iter().map(|piece| piece.times.len()).max().unwrap_or(0);
    let mut chosen = HALF_WINDOWS[0];
    for half in HALF_WINDOWS.into_iter().skip(1).take_while(|half| 2 * half < longest) {
        let (mut square, mut count) = (0.0, 0usize);
        for piece in pieces {
            let (misfit, points) = piece.misfit(half);
            square += misfit;
            count += points;
        }
        if count > 0 && (square / count as f64).sqrt() > MISFIT * noise {
            break;
        }
        chosen = half;
    }
    chosen
}

impl Piece<'_> {
    /// The slope at each point.
    fn slopes(&self, half: usize) -> Vec<f64> {
        let mut cache = Cache::default();
        (0..self.times.len())
            .map(|at| {
                let (from, to) = self.window(at, half);
                let weights = cache.weights(&self.times[from..to], self.times[at]);
                dot(&weights.slope, &self.values[from..to])
            })
            .collect()
    }

    /// The sum of squared misfits at the inner points, each divided by what white noise of unit variance
    /// would leave, and their number.
    fn misfit(&self, half: usize) -> (f64, usize) {
        let mut cache = Cache::default();
        let (mut sum, mut count) = (0.0, 0);
        for at in half..self.times.len().saturating_sub(half) {
            let (from, to) = self.window(at, half);
            let weights = cache.weights(&self.times[from..to], self.times[at]);
            let miss = self.values[at] - dot(&weights.value, &self.values[from..to]);
            let leverage = weights.value[at - from];
            if leverage < 1.0 - 1e-9 {
                sum += miss * miss / (1.0 - leverage);
                count += 1;
            }
        }
        (sum, count)
    }

    /// The points around `at`, as many on the inner side at an end as in the middle on both.
    fn window(&self, at: usize, half: usize) -> (usize, usize) {
        let size = (2 * half + 1).min(self.times.len());
        let from = at.saturating_sub(half).min(self.times.len() - size);
        (from, from + size)
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// The fitted polynomial's value and slope at a point, as weights of the window's values.
#[derive(Default)]
struct Weights {
    value: Vec<f64>,
    slope: Vec<f64>,
}

/// The last weights, which serve again where the times are spaced alike.
#[derive(Default)]
struct Cache {
    offsets: Vec<f64>,
    weights: Weights,
}

impl Cache {
    fn weights(&mut self, times: &[f64], at: f64) -> &Weights {
        let scale = times[times.len() - 1] - times[0];
        let same = self.offsets.len() == times.len()
            && times
                .iter()
                .zip(&self.offsets)
                .all(|(time, offset)| (time - at - offset).abs() < 1e-9 * scale);
        if !same {
            self.offsets = times.iter().map(|time| time - at).collect();
            self.weights = local_polynomial(&self.offsets);
        }
        &self.weights
    }
}

/// Least squares at offset 0 by polynomials orthogonal on the offsets (Forsythe 1957):
/// P_{k+1} = (x − α_k) P_k − β_k P_{k−1}.
fn local_polynomial(offsets: &[f64]) -> Weights {
    let scale = offsets.iter().fold(0.0f64, |scale, offset| scale.max(offset.abs())).max(f64::MIN_POSITIVE);
    let x: Vec<f64> = offsets.iter().map(|offset| offset / scale).collect();
    let count = x.len();
    let mut last = vec![0.0; count];
    let mut current = vec![1.0; count];
    // Values and slopes of the polynomials at 0.
    let (mut value, mut slope, mut last_value, mut last_slope) = (1.0, 0.0, 0.0, 0.0);
    let mut last_norm = 1.0;
    let mut weights = Weights { value: vec![0.0; count], slope: vec![0.0; count] };
    for degree in 0..=DEGREE.min(count - 1) {
        let norm = dot(&current, &current);
        for ((by_value, by_slope), p) in weights.value.iter_mut().zip(&mut weights.slope).zip(&current) {
            *by_value += value * p / norm;
            *by_slope += slope * p / norm / scale;
        }
        let alpha = current.iter().zip(&x).map(|(p, x)| p * p * x).sum::<f64>() / norm;
        let beta = if degree == 0 { 0.0 } else { norm / last_norm };
        let next: Vec<f64> = (0..count).map(|at| (x[at] - alpha) * current[at] - beta * last[at]).collect();
        let next_value = -alpha * value - beta * last_value;
        let next_slope = value - alpha * slope - beta * last_slope;
        last = std::mem::replace(&mut current, next);
        (last_value, value) = (value, next_value);
        (last_slope, slope) = (slope, next_slope);
        last_norm = norm;
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dynamics::{SimulationConfig, simulate};
    use crate::system::System;

    /// The rms error of estimated derivatives relative to the rms of the true ones, and the estimates.
    fn errors(noise: f64) -> (f64, Vec<ColumnEstimate>) {
        let system = System::load("charged-particle").unwrap();
        let config = SimulationConfig { seed: 1, noise, derivatives: Some(true), ..Default::default() };
        let mut set = simulate(&system, &config).unwrap();
        let truth = set.derivatives().unwrap();
        set.trajectories.iter_mut().for_each(|trajectory| trajectory.derivatives = None);
        let estimates = estimate_derivatives(&mut set);
        let found = set.derivatives().unwrap();
        let square = |values: &mut dyn Iterator<Item = f64>| values.map(|value| value * value).sum::<f64>();
        let error = square(&mut found.iter().zip(&truth).map(|(a, b)| a - b));
        ((error / square(&mut truth.iter().copied())).sqrt(), estimates)
    }

    #[test]
    fn clean_data() {
        let (error, estimates) = errors(0.0);
        assert!(error < 1e-8, "{error:e}");
        assert!(
            estimates.iter().all(|estimate| estimate.window <= 13 && estimate.noise < 1e-9),
            "{estimates:?}"
        );
    }

    #[test]
    fn noisy_data_are_smoothed() {
        let (error, estimates) = errors(0.01);
        let system = System::load("charged-particle").unwrap();
        let rms = simulate(&system, &SimulationConfig { seed: 1, ..Default::default() }).unwrap().rms();
        for (estimate, rms) in estimates.iter().zip(rms) {
            assert!((estimate.noise / (0.01 * rms) - 1.0).abs() < 0.05, "{estimate:?}");
            assert!(estimate.window > 25, "{estimate:?}");
        }
        assert!(error < 0.03, "{error:e}");
    }

    #[test]
    fn polynomials_are_exact_at_uneven_times() {
        let offsets = [-1.3, -0.9, -0.2, 0.0, 0.5, 0.6, 1.7, 2.0];
        let weights = local_polynomial(&offsets);
        for power in 0..=DEGREE as i32 {
            let values: Vec<f64> = offsets.iter().map(|x: &f64| (x + 0.5).powi(power)).collect();
            assert!((dot(&weights.value, &values) - 0.5f64.powi(power)).abs() < 1e-12);
            let slope = if power == 0 { 0.0 } else { f64::from(power) * 0.5f64.powi(power - 1) };
            assert!((dot(&weights.slope, &values) - slope).abs() < 1e-12);
        }
    }

    #[test]
    fn three_points_are_enough() {
        let mut set = TrajectorySet {
            coordinates: vec![crate::expr::Symbol::new("q")],
            momenta: vec![crate::expr::Symbol::new("p")],
            angles: Vec::new(),
            trajectories: vec![Trajectory {
                times: vec![0.0, 1.0, 3.0],
                states: vec![0.0, 1.0, 1.0, 1.0, 9.0, 1.0],
                derivatives: None,
            }],
            notes: Vec::new(),
        };
        estimate_derivatives(&mut set);
        let rates = set.derivatives().unwrap();
        for (rate, truth) in rates.iter().zip([0.0, 0.0, 2.0, 0.0, 6.0, 0.0]) {
            assert!((rate - truth).abs() < 1e-12);
        }
        assert!(estimate_derivatives(&mut set).is_empty());
    }
}

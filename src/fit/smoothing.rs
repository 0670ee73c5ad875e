//! Noise: how large it is, states and velocities with less of it, and the weak form of ẋ = J∇H.

use super::FitError;
use super::hamiltonian::{Samples, weight};
use super::linear::Normal;
use crate::data::column_rms;
use crate::dynamics::symplectic_gradient;
use crate::expr::{Expr, Symbol, Tape};

/// One trajectory as numbers: times and states `[points, width]`.
#[derive(Clone, Debug)]
pub struct Path {
    /// Strictly increasing times.
    pub times: Vec<f64>,
    /// States, coordinates then momenta.
    pub states: Vec<f64>,
}

impl Path {
    /// How many points.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }
}

/// Standard deviation of the measurement noise of each column, from divided differences.
///
/// A divided difference of order k over k + 1 neighbours, scaled to unit weight, has the variance of the
/// noise once the signal's k-th derivative does not show. The smallest over k = 2…10 is an upper bound
/// of the noise, close where the sampling is fine; smooth data without noise gives values near the
/// rounding error.
pub fn noise_levels(paths: &[Path], width: usize) -> Vec<f64> {
    let mut best = vec![f64::INFINITY; width];
    for order in 2..=10usize {
        let mut sums = vec![0.0; width];
        let mut count = 0usize;
        for path in paths {
            for start in 0..path.len().saturating_sub(order) {
                let weights = difference_weights(&path.times[start..=start + order]);
                for (c, sum) in sums.iter_mut().enumerate() {
                    let value: f64 = weights
                        .iter()
                        .enumerate()
                        .map(|(k, w)| w * path.states[(start + k) * width + c])
                        .sum();
                    *sum += value * value;
                }
                count += 1;
            }
        }
        if count > 0 {
            for (b, sum) in best.iter_mut().zip(&sums) {
                *b = b.min((sum / count as f64).sqrt());
            }
        }
    }
    best
}

/// Weights of the divided difference over these times, of unit Euclidean norm.
fn difference_weights(times: &[f64]) -> Vec<f64> {
    let span = (times[times.len() - 1] - times[0]).max(f64::MIN_POSITIVE);
    let mut weights: Vec<f64> = (0..times.len())
        .map(|i| {
            let others = (0..times.len()).filter(|j| *j != i);
            1.0 / others.map(|j| (times[i] - times[j]) / span * times.len() as f64).product::<f64>()
        })
        .collect();
    let norm = weights.iter().map(|w| w * w).sum::<f64>().sqrt();
    weights.iter_mut().for_each(|w| *w /= norm);
    weights
}

/// The least-squares polynomial of that degree on a window of times, by orthogonal polynomials on its points.
struct LocalPolynomial {
    /// Weights that give value and slope at `at`.
    values: Vec<f64>,
    slopes: Vec<f64>,
    /// Orthonormal polynomials on the points.
    basis: Vec<Vec<f64>>,
}

impl LocalPolynomial {
    fn new(times: &[f64], at: f64, degree: usize) -> LocalPolynomial {
        let n = times.len();
        let scale = ((times[n - 1] - times[0]) / 2.0).max(f64::MIN_POSITIVE);
        let x: Vec<f64> = times.iter().map(|t| (t - at) / scale).collect();
        let (mut values, mut slopes, mut basis) = (vec![0.0; n], vec![0.0; n], Vec::new());
        // Stieltjes' recursion: current and previous polynomial on the points, at 0, and its slope at 0.
        let (mut p, mut q) = (vec![1.0; n], vec![0.0; n]);
        let (mut p0, mut q0, mut d0, mut e0) = (1.0, 0.0, 0.0, 0.0);
        let mut previous = 1.0;
        for k in 0..=degree.min(n - 1) {
            let square: f64 = p.iter().map(|v| v * v).sum();
            for i in 0..n {
                values[i] += p0 * p[i] / square;
                slopes[i] += d0 * p[i] / square / scale;
            }
            let centre: f64 = p.iter().zip(&x).map(|(v, x)| v * v * x).sum::<f64>() / square;
            let ratio = if k == 0 { 0.0 } else { square / previous };
            let next: Vec<f64> = (0..n).map(|i| (x[i] - centre) * p[i] - ratio * q[i]).collect();
            let (next0, next_slope) = (-centre * p0 - ratio * q0, p0 - centre * d0 - ratio * e0);
            basis.push(p.iter().map(|v| v / square.sqrt()).collect());
            (q, p) = (p, next);
            (q0, p0, e0, d0) = (p0, next0, d0, next_slope);
            previous = square;
        }
        LocalPolynomial { values, slopes, basis }
    }

    /// Σ of squared residuals over its expectation, of all columns together, given the standard deviation of each;
    /// `None` where nothing is left over.
    fn chi_square(&self, states: &[f64], noise: &[f64]) -> Option<f64> {
        let (n, width) = (self.values.len(), noise.len());
        let free = n.checked_sub(self.basis.len()).filter(|free| *free > 0)?;
        let mut sum = 0.0;
        for (c, noise) in noise.iter().enumerate() {
            let mut left: Vec<f64> = states.iter().skip(c).step_by(width).copied().collect();
            for b in &self.basis {
                let dot: f64 = b.iter().zip(&left).map(|(b, x)| b * x).sum();
                left.iter_mut().zip(b).for_each(|(x, b)| *x -= dot * b);
            }
            sum += left.iter().map(|x| x * x).sum::<f64>() / (noise * noise).max(f64::MIN_POSITIVE);
        }
        Some(sum / (free * width) as f64)
    }
}

/// Degree of the local polynomials.
const DEGREE: usize = 5;

/// Standard deviations by which the misfit of a window may exceed that of noise.
const LOCAL_MISFIT: f64 = 4.0;

/// A path smoothed by local polynomials over `half` points to each side, with its velocities; over fewer where such
/// a window misses the points by more than their noise: the motion is fast there.
fn smooth(path: &Path, noise: &[f64], half: usize) -> Samples {
    let (n, width) = (path.len(), noise.len());
    let mut out = Samples { width, states: vec![0.0; n * width], fields: vec![0.0; n * width] };
    for i in 0..n {
        let narrower = HALF_WIDTHS.iter().rev().copied().filter(|h| *h < half);
        for half in [half].into_iter().chain(narrower) {
            let window = (2 * half + 1).min(n);
            let start = i.saturating_sub(half).min(n - window);
            let times = &path.times[start..start + window];
            let states = &path.states[start * width..(start + window) * width];
            let local = LocalPolynomial::new(times, path.times[i], DEGREE.min(window - 1));
            let misses = || local.chi_square(states, noise).is_some_and(|chi| chi > allowed(window, width));
            if half > HALF_WIDTHS[0] && misses() {
                continue;
            }
            for (k, state) in states.chunks_exact(width).enumerate() {
                for (c, x) in state.iter().enumerate() {
                    out.states[i * width + c] += local.values[k] * x;
                    out.fields[i * width + c] += local.slopes[k] * x;
                }
            }
            break;
        }
    }
    out
}

/// The largest relative chi-square of a window of so many points that noise is held to explain.
fn allowed(points: usize, width: usize) -> f64 {
    let free = (points.saturating_sub(DEGREE + 1) * width) as f64;
    1.0 + LOCAL_MISFIT * (2.0 / free).sqrt()
}

/// Half widths of smoothing windows, in points: the smallest has one point more than a polynomial has coefficients.
const HALF_WIDTHS: [usize; 12] = [DEGREE.div_ceil(2), 4, 5, 7, 9, 12, 15, 19, 24, 30, 38, 48];

/// Half width, in points, of the widest smoothing window that leaves no more than the noise behind.
///
/// `noise`: standard deviation of each column. Residuals are compared with what noise alone would
/// leave; a window is accepted while no column exceeds it by a tenth and the sampling error.
pub fn smoothing_half_width(paths: &[Path], width: usize, noise: &[f64]) -> usize {
    let sample: Vec<&Path> = paths.iter().step_by(paths.len().div_ceil(12).max(1)).collect();
    let mut best = HALF_WIDTHS[0];
    for half in HALF_WIDTHS.into_iter().skip(1) {
        let window = 2 * half + 1;
        if sample.iter().any(|p| p.len() < window + 2) {
            break;
        }
        let mut sums = vec![0.0; width];
        let (mut expected, mut windows) = (0.0, 0usize);
        for path in &sample {
            for start in (0..=path.len() - window).step_by(1 + half / 2) {
                let times = &path.times[start..start + window];
                let weights = LocalPolynomial::new(times, times[half], DEGREE).values;
                for (c, sum) in sums.iter_mut().enumerate() {
                    let x = |k: usize| path.states[(start + k) * width + c];
                    let fitted: f64 = weights.iter().enumerate().map(|(k, w)| w * x(k)).sum();
                    *sum += (x(half) - fitted).powi(2);
                }
                windows += 1;
                expected += 1.0 - 2.0 * weights[half] + weights.iter().map(|w| w * w).sum::<f64>();
            }
        }
        let allowed = 1.1 + 4.0 * (2.0 / windows.max(1) as f64).sqrt();
        if sums.iter().zip(noise).any(|(sum, s)| *sum > allowed * s * s * expected) {
            break;
        }
        best = half;
    }
    best
}

/// All paths smoothed, with velocities, over `half` points to each side and fewer where the motion is fast: one
/// [`Samples`] for each. `noise`: standard deviation of each column.
pub fn smoothed(paths: &[Path], noise: &[f64], half: usize) -> Vec<Samples> {
    paths.iter().map(|path| smooth(path, noise, half)).collect()
}

/// Fewest points on which a bump's slope is any good: on three even ones it vanishes.
const FEWEST_OF_WINDOW: usize = 5;

/// Most windows of one path.
const MOST_WINDOWS: usize = 1000;

/// The system Σ c_j ∫ w J∇φ_j dt = −∫ ẇ x dt with bump functions w = (1 − τ²)^p over windows of about
/// `window` in time, several to each trajectory; integrals by the trapezoidal rule, which is spectrally
/// accurate for such w on even grids. It needs no velocities and averages the noise.
///
/// `smoothed` gives the states for the left side, `paths` those for the right. Rows are in units of the rms of each
/// velocity, and a window counts as little as its fastest sample: smoothing blurs close encounters the most.
///
/// # Errors
/// Terms that cannot be compiled, values that are not finite.
pub fn weak_system(
    terms: &[Expr],
    inputs: &[Symbol],
    paths: &[Path],
    smoothed: &[Samples],
    window: f64,
) -> Result<Normal, FitError> {
    let tape = Tape::new(terms, inputs)?;
    let (width, count) = (inputs.len(), terms.len());
    let fields: Vec<f64> = smoothed.iter().flat_map(|s| s.fields.iter().copied()).collect();
    let scales = column_rms(&fields, width);
    let mut system = Normal::new(count);
    let mut rows: Vec<f64> = Vec::new();
    for (path, smooth) in paths.iter().zip(smoothed) {
        let n = path.len();
        if n < FEWEST_OF_WINDOW {
            continue;
        }
        let step = (path.times[n - 1] - path.times[0]) / (n - 1) as f64;
        let points = ((window / step).round() as usize + 1).clamp(7.min(n), n);
        let stride = (points / 4).max(n / MOST_WINDOWS).max(1);
        let (_, gradients) = tape.gradient(&smooth.states);
        for start in (0..=n - points).step_by(stride) {
            let mut bump = Bump::new(&path.times[start..start + points]);
            let fields = smooth.fields[start * width..(start + points) * width].chunks_exact(width);
            bump.scale(fields.map(|field| weight(field, &scales)).fold(1.0, f64::min));
            let base = rows.len();
            rows.resize(base + width * (count + 1), 0.0);
            let mut rotated = vec![0.0; width];
            for k in 0..points {
                for j in 0..count {
                    let at = ((start + k) * count + j) * width;
                    symplectic_gradient(&gradients[at..at + width], &mut rotated);
                    for c in 0..width {
                        rows[base + c * (count + 1) + j] += bump.weight[k] * rotated[c] / scales[c];
                    }
                }
                for c in 0..width {
                    rows[base + c * (count + 1) + count] -=
                        bump.slope[k] * path.states[(start + k) * width + c] / scales[c];
                }
            }
            if rows.len() > 4 * (count + 1) * (count + 1) {
                system.add(&rows)?;
                rows.clear();
            }
        }
    }
    system.add(&rows)?;
    Ok(system)
}

/// A test function with quadrature weights: ∫ w f dt ≈ Σ weight·f, ∫ ẇ f dt ≈ Σ slope·f, of unit mean.
pub(super) struct Bump {
    pub weight: Vec<f64>,
    pub slope: Vec<f64>,
}

impl Bump {
    pub fn new(times: &[f64]) -> Bump {
        const POWER: i32 = 6;
        let n = times.len();
        let (middle, half) = ((times[0] + times[n - 1]) / 2.0, (times[n - 1] - times[0]) / 2.0);
        let (mut weight, mut slope) = (vec![0.0; n], vec![0.0; n]);
        for i in 0..n {
            let tau = (times[i] - middle) / half;
            let dt = (times[(i + 1).min(n - 1)] - times[i.saturating_sub(1)]) / 2.0;
            let u = (1.0 - tau * tau).max(0.0);
            weight[i] = dt * u.powi(POWER);
            slope[i] = dt * -2.0 * tau * f64::from(POWER) * u.powi(POWER - 1) / half;
        }
        let total: f64 = weight.iter().sum();
        let mut bump = Bump { weight, slope };
        bump.scale(1.0 / total);
        bump
    }

    fn scale(&mut self, factor: f64) {
        self.weight.iter_mut().chain(&mut self.slope).for_each(|w| *w *= factor);
    }
}

/// Standard normal numbers from a simple generator, for the tests of this room.
#[cfg(test)]
pub(super) fn tests_normal(seed: &mut u64) -> f64 {
    let mut uniform = || {
        *seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((*seed >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    };
    let (a, b) = (uniform(), uniform());
    (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
}

/// Paths of the two oscillators H = (p1² + p2²)/2 + q1²/2 + 2 q2², for the tests of this room.
#[cfg(test)]
pub(super) fn tests_oscillators(count: usize, points: usize, step: f64, noise: f64) -> Vec<Path> {
    let mut seed = 7;
    (0..count)
        .map(|k| {
            let (a, b) = (1.0 + 0.3 * (k as f64).sin(), 0.8 + 0.4 * (2.0 * k as f64).cos());
            let times: Vec<f64> = (0..points).map(|i| i as f64 * step).collect();
            let mut states = Vec::new();
            for t in &times {
                let (s, u) = (t + k as f64, 2.0 * t + 0.3 * k as f64);
                states.extend([a * s.cos(), b * u.cos(), -a * s.sin(), -2.0 * b * u.sin()]);
            }
            states.iter_mut().for_each(|x| *x += noise * tests_normal(&mut seed));
            Path { times, states }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_measured() {
        for noise in [1e-2, 1e-4] {
            for level in noise_levels(&tests_oscillators(5, 200, 0.05, noise), 4) {
                assert!((level / noise - 1.0).abs() < 0.1, "{level}");
            }
        }
        assert!(noise_levels(&tests_oscillators(5, 200, 0.05, 0.0), 4).iter().all(|s| *s < 1e-9));
    }

    #[test]
    fn smoothing_reduces_noise_and_gives_velocities() {
        let (noisy, clean) = (tests_oscillators(4, 300, 0.05, 0.01), tests_oscillators(4, 300, 0.05, 0.0));
        let half = smoothing_half_width(&noisy, 4, &[0.01; 4]);
        assert!(half >= 9, "{half}");
        let after = smoothed(&noisy, &[0.01; 4], half);
        let rms = |f: &dyn Fn(usize, usize) -> f64| {
            let sum: f64 =
                (0..4).flat_map(|k| (0..1200).map(move |i| (k, i))).map(|(k, i)| f(k, i).powi(2)).sum();
            (sum / 4800.0).sqrt()
        };
        assert!(rms(&|k, i| after[k].states[i] - clean[k].states[i]) < 0.006);
        assert!(
            rms(&|k, i| if i % 4 == 0 { after[k].fields[i] - clean[k].states[i + 2] } else { 0.0 }) < 0.02
        );
        let exact = smoothed(&clean, &[0.0; 4], 3);
        let worst = (0..1200).step_by(4).map(|i| (exact[0].fields[i] - clean[0].states[i + 2]).abs());
        assert!(worst.fold(0.0, f64::max) < 1e-6);
    }

    #[test]
    fn a_kick_is_not_smoothed_away() {
        let mut path = tests_oscillators(1, 100, 0.05, 0.001).remove(0);
        path.states.iter_mut().skip(4 * 50 + 2).step_by(4).for_each(|p| *p += 0.5);
        let half = smoothing_half_width(std::slice::from_ref(&path), 4, &[0.001; 4]);
        let after = smoothed(std::slice::from_ref(&path), &[0.001; 4], half).remove(0);
        let kick = after.states[4 * 50 + 2] - after.states[4 * 49 + 2];
        assert!((kick - 0.5).abs() < 0.2, "{kick}");
    }

    #[test]
    fn the_weak_form_needs_no_velocities() {
        let names = ["q1", "q2", "p1", "p2"];
        let inputs: Vec<Symbol> = names.iter().map(Symbol::new).collect();
        let terms = super::super::library::tests_polynomials(&names, 2);
        let find = |noise: f64| {
            let paths = tests_oscillators(10, 300, 0.05, noise);
            let half = if noise > 0.0 { 12 } else { 3 };
            weak_system(&terms, &inputs, &paths, &smoothed(&paths, &[noise; 4], half), 3.0).unwrap()
        };
        let columns: Vec<usize> = ["q1^2", "q2^2", "p1^2", "p2^2"]
            .map(|t| terms.iter().position(|x| x.to_string() == t).unwrap())
            .into();
        let truth = [0.5, 2.0, 0.5, 0.5];
        let clean = find(0.0).solve(&columns).unwrap();
        assert!(clean.coefficients.iter().zip(truth).all(|(c, t)| (c / t - 1.0).abs() < 1e-6), "{clean:?}");
        let noisy = find(0.01).solve(&columns).unwrap();
        assert!(noisy.coefficients.iter().zip(truth).all(|(c, t)| (c / t - 1.0).abs() < 1e-2), "{noisy:?}");
    }
}

//! The weak form of ẋ = J∇H on splines: no velocity is differentiated out of noise.

use serde::{Deserialize, Serialize};

use super::pointwise::{Samples, weight};
use crate::data::{Piece, column_rms};
use crate::dynamics::symplectic_gradient;
use crate::expr::{Expr, Symbol, Tape};
use crate::regression::{Normal, RegressionError};

/// How the weak form is made and thinned out.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Config {
    /// Length of a window, in periods of the motion.
    pub periods: f64,
    /// The same at most, in shares of a curve: several windows fit on it.
    pub share: f64,
    /// By how much the residual may grow while terms are left out.
    pub growth: f64,
}

impl Default for Config {
    fn default() -> Config {
        Config { periods: 0.8, share: 0.4, growth: 1.1 }
    }
}

/// Curves that are used, or more where they have too few windows for the terms.
pub(super) const CURVES: usize = 40;

/// Equations for each term, at least.
pub(super) const ROWS: usize = 3;

/// Most windows of one curve.
const MOST_WINDOWS: usize = 1000;

/// Fewest points on which a bump's slope is any good: on three even ones it vanishes.
const FEWEST_OF_WINDOW: usize = 5;

/// The spline of a resolved stretch at even times, as many as the stretch has points: whatever the times of these,
/// sums over the curve are integrals.
#[derive(Clone, Debug)]
pub struct Curve {
    /// The time between two samples.
    pub step: f64,
    /// States and velocities.
    pub samples: Samples,
    /// For each sample, whether the spline follows the points there.
    pub resolved: Vec<bool>,
}

impl Curve {
    /// The curve of a piece of states, coordinates then momenta.
    pub fn new(piece: &Piece) -> Curve {
        let n = piece.points();
        let step = piece.times[n - 1] / (n - 1) as f64;
        let times: Vec<f64> = (0..n).map(|k| k as f64 * step).collect();
        let samples = Samples {
            width: piece.coefficients.len(),
            states: piece.rows(&times, 0),
            fields: piece.rows(&times, 1),
        };
        Curve { step, samples, resolved: times.iter().map(|t| piece.is_resolved(*t)).collect() }
    }

    /// From the first sample to the last.
    pub fn span(&self) -> f64 {
        self.step * (self.samples.len() - 1) as f64
    }
}

/// The system Σ c_j ∫ w J∇φ_j dt = −∫ ẇ x dt with bump functions w = (1 − τ²)⁶ over windows of about `window` in
/// time, several to each curve; integrals by the trapezoidal rule, which is spectrally accurate for such w at even
/// times. Windows in which the spline misses the points are left out.
///
/// Rows are in units of the rms of each velocity, and a window counts as little as its fastest sample: smoothing blurs
/// close encounters the most.
///
/// # Errors
/// Terms that cannot be compiled, values that are not finite.
pub fn weak_system(
    terms: &[Expr],
    inputs: &[Symbol],
    curves: &[&Curve],
    window: f64,
) -> Result<Normal, RegressionError> {
    let tape = Tape::new(terms, inputs)?;
    let (width, count) = (inputs.len(), terms.len());
    let fields: Vec<f64> = curves.iter().flat_map(|curve| curve.samples.fields.iter().copied()).collect();
    let scales = column_rms(&fields, width);
    let mut system = Normal::new(count);
    let mut rows: Vec<f64> = Vec::new();
    for curve in curves {
        let n = curve.samples.len();
        if n < FEWEST_OF_WINDOW {
            continue;
        }
        let points = ((window / curve.step).round() as usize + 1).clamp(7.min(n), n);
        let stride = (points / 4).max(n / MOST_WINDOWS).max(1);
        let bump = Bump::new(points, curve.step);
        let (_, gradients) = tape.gradient(&curve.samples.states);
        let starts = (0..=n - points).step_by(stride);
        for start in starts.filter(|&start| curve.resolved[start..start + points].iter().all(|r| *r)) {
            let at = start * width..(start + points) * width;
            let fields = curve.samples.fields[at.clone()].chunks_exact(width);
            let factor = fields.map(|field| weight(field, &scales)).fold(1.0, f64::min);
            let gradients = &gradients[start * count * width..(start + points) * count * width];
            rows.extend(bump.rows(gradients, &curve.samples.states[at], &scales, factor));
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
struct Bump {
    weight: Vec<f64>,
    slope: Vec<f64>,
}

impl Bump {
    fn new(points: usize, step: f64) -> Bump {
        const POWER: i32 = 6;
        let half = step * (points - 1) as f64 / 2.0;
        let tau = |i: usize| 2.0 * i as f64 / (points - 1) as f64 - 1.0;
        let u = |i: usize| (1.0 - tau(i).powi(2)).max(0.0);
        let weight: Vec<f64> = (0..points).map(|i| u(i).powi(POWER)).collect();
        let total: f64 = weight.iter().sum();
        let slope = |i: usize| -2.0 * tau(i) * f64::from(POWER) * u(i).powi(POWER - 1) / (half * total);
        Bump { slope: (0..points).map(slope).collect(), weight: weight.iter().map(|w| w / total).collect() }
    }

    /// The equations of a window, one for each variable: a column for each term, then the right side.
    ///
    /// # Shapes
    /// `gradients`: `[points, terms, variables]`; `states`: `[points, variables]`.
    fn rows(&self, gradients: &[f64], states: &[f64], scales: &[f64], factor: f64) -> Vec<f64> {
        let width = scales.len();
        let count = gradients.len() / states.len();
        let mut rows = vec![0.0; width * (count + 1)];
        let mut rotated = vec![0.0; width];
        for (k, gradients) in gradients.chunks_exact(count * width).enumerate() {
            let weight = factor * self.weight[k];
            for (j, gradient) in gradients.chunks_exact(width).enumerate() {
                symplectic_gradient(gradient, &mut rotated);
                for c in 0..width {
                    rows[c * (count + 1) + j] += weight * rotated[c] / scales[c];
                }
            }
        }
        for (slope, state) in self.slope.iter().zip(states.chunks_exact(width)) {
            for c in 0..width {
                rows[c * (count + 1) + count] -= factor * slope * state[c] / scales[c];
            }
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{oscillators, pieces};
    use super::*;

    fn found(noise: f64, even: bool) -> Vec<f64> {
        let names = ["q1", "q2", "p1", "p2"];
        let inputs: Vec<Symbol> = names.iter().map(Symbol::new).collect();
        let terms = crate::terms::polynomials(&names.map(Symbol::new), 2);
        let curves: Vec<Curve> =
            pieces(oscillators(10, 300, 0.05, noise, even)).iter().map(Curve::new).collect();
        let system = weak_system(&terms, &inputs, &curves.iter().collect::<Vec<_>>(), 3.0).unwrap();
        let column = |t: &str| terms.iter().position(|x| x.to_string() == t).unwrap();
        system.solve(&["q1^2", "q2^2", "p1^2", "p2^2"].map(column)).unwrap().coefficients
    }

    #[test]
    fn the_weak_form_needs_no_velocities() {
        for even in [true, false] {
            for (noise, bound) in [(0.0, 1e-6), (0.01, 1e-2)] {
                for (c, truth) in found(noise, even).iter().zip([0.5, 2.0, 0.5, 0.5]) {
                    assert!((c / truth - 1.0).abs() < bound, "{noise} {even}: {c}, not {truth}");
                }
            }
        }
    }

    #[test]
    fn windows_where_the_spline_misses_the_points_are_left_out() {
        let inputs: Vec<Symbol> = ["q1", "q2", "p1", "p2"].iter().map(Symbol::new).collect();
        let terms = [crate::expr::parse("p1^2").unwrap()];
        let mut curve = Curve::new(&pieces(oscillators(1, 300, 0.05, 0.0, true))[0]);
        let rows = |curve: &Curve| weak_system(&terms, &inputs, &[curve], 3.0).unwrap().rows();
        let all = rows(&curve);
        curve.resolved[150] = false;
        let left = rows(&curve);
        assert!(0 < left && left < all, "{left} of {all}");
        curve.resolved.fill(false);
        assert_eq!(rows(&curve), 0);
    }
}

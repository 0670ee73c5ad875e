//! Integrating ẋ = f(x).
//!
//! The accurate method is Gauss–Legendre collocation with s = 8 stages (order 16, symplectic for constant
//! steps), its stages by fixed-point iteration from the extrapolated collocation polynomial of the step
//! before, its sums compensated (Hairer, Lubich and Wanner 2006, sections II.1.3, VIII.6). A step is
//! accepted when the highest Legendre coefficients of f along the step are small against the largest:
//! the error of the quadrature is about their square, beyond double precision. Samples are hit exactly.
//! Classical Runge–Kutta with fixed steps serves roll-outs of learned fields.

use std::sync::LazyLock;

use super::field::VectorField;

/// Stages of the collocation.
const STAGES: usize = 8;

/// How exactly a step is made.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Accuracy {
    /// The accepted size of the last Legendre coefficients of f over a step, relative to the largest.
    tail: f64,
    /// The relative change of the increments at which the sweeps end.
    change: f64,
}

impl Accuracy {
    /// Only rounding errors remain.
    pub(super) const FULL: Accuracy = Accuracy { tail: 1e-7, change: f64::EPSILON / 8.0 };
    /// About ten digits a step: enough to tell growth from its absence.
    pub(super) const TEN_DIGITS: Accuracy = Accuracy { tail: 1e-5, change: 1e-10 };
}

/// Fixed-point sweeps before a step is tried again at half its length.
const MAX_SWEEPS: usize = 40;

/// Steps, accepted or not, between two samples before the integration is given up.
const MAX_STEPS: usize = 200_000;

/// The shortest step, relative to the time between two samples.
const SHORTEST: f64 = 1e-10;

/// Why a solution ends before the last sample.
#[derive(Clone, Copy, PartialEq, Debug, thiserror::Error)]
pub enum IntegrationError {
    /// The field is not finite at the initial state.
    #[error("the equations of motion are not defined at the initial state")]
    Undefined,
    /// The solution runs into a singularity or leaves the domain of the Hamiltonian: the step would have
    /// to shrink to nothing.
    #[error("the solution runs into a singularity, or leaves the domain, near t = {time}")]
    Singular {
        /// The time reached.
        time: f64,
    },
    /// More steps than can be waited for.
    #[error("the solution needs too many steps beyond t = {time}")]
    TooManySteps {
        /// The time reached.
        time: f64,
    },
}

/// A numerical method.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method {
    /// Gauss–Legendre collocation of order 16, steps chosen so that only rounding errors remain.
    GaussLegendre,
    /// Classical Runge–Kutta of order 4 with so many equal steps between two samples.
    RungeKutta4 {
        /// At least one.
        steps: usize,
    },
}

/// The solution through `start` at `times[0]`, at all `times`.
///
/// # Shapes
/// `start`: `[dimension]`; returned: `[times, dimension]`, the first row `start` itself.
///
/// # Errors
/// The solution ends before the last time.
pub fn integrate(
    field: &dyn VectorField,
    start: &[f64],
    times: &[f64],
    method: Method,
) -> Result<Vec<f64>, IntegrationError> {
    match method {
        Method::GaussLegendre => Collocation::new(field, start, Accuracy::FULL)?.through(times),
        Method::RungeKutta4 { steps } => {
            let rows = runge_kutta_4(field, start, times, steps);
            let width = start.len();
            match rows.chunks_exact(width).position(|row| row.iter().any(|x| !x.is_finite())) {
                Some(0) => Err(IntegrationError::Undefined),
                Some(at) => Err(IntegrationError::Singular { time: times[at - 1] }),
                None => Ok(rows),
            }
        }
    }
}

/// Classical Runge–Kutta of order 4 for many initial states together, with `steps` equal steps between
/// two samples. Beyond a singularity the values are not finite.
///
/// # Shapes
/// `starts`: `[samples, dimension]`; returned: `[times, samples, dimension]`.
pub fn runge_kutta_4(field: &dyn VectorField, starts: &[f64], times: &[f64], steps: usize) -> Vec<f64> {
    let steps = steps.max(1);
    let mut rows = starts.to_vec();
    let mut state = starts.to_vec();
    let mut slopes: [Vec<f64>; 4] = std::array::from_fn(|_| vec![0.0; starts.len()]);
    let mut probe = vec![0.0; starts.len()];
    for pair in times.windows(2) {
        let h = (pair[1] - pair[0]) / steps as f64;
        for _ in 0..steps {
            field.evaluate(&state, &mut slopes[0]);
            for (stage, reach) in [(1, h / 2.0), (2, h / 2.0), (3, h)] {
                for (at, value) in probe.iter_mut().enumerate() {
                    *value = state[at] + reach * slopes[stage - 1][at];
                }
                field.evaluate(&probe, &mut slopes[stage]);
            }
            for (at, value) in state.iter_mut().enumerate() {
                let [k1, k2, k3, k4] = [0, 1, 2, 3].map(|stage| slopes[stage][at]);
                *value += h / 6.0 * (k1 + 2.0 * (k2 + k3) + k4);
            }
        }
        rows.extend_from_slice(&state);
    }
    rows
}

/// Nodes, weights and integrals of Legendre's polynomials on [0, 1].
struct Tableau {
    /// Nodes c_i in [0, 1].
    nodes: [f64; STAGES],
    /// Weights b_i, their sum 1.
    weights: [f64; STAGES],
    /// a_ij = ∫₀^{c_i} ℓ_j.
    matrix: [[f64; STAGES]; STAGES],
    /// Coefficient k of a polynomial in (shifted) Legendre polynomials from its values at the nodes.
    analysis: [[f64; STAGES]; STAGES],
}

/// P_0(x) … P_s(x).
fn legendre(x: f64) -> [f64; STAGES + 1] {
    let mut p = [1.0; STAGES + 1];
    p[1] = x;
    for k in 1..STAGES {
        p[k + 1] = ((2 * k + 1) as f64 * x * p[k] - k as f64 * p[k - 1]) / (k + 1) as f64;
    }
    p
}

/// ∫ P_k from −1 to x, halved: the integrals over [0, (x + 1)/2] of the shifted polynomials.
fn legendre_integrals(x: f64) -> [f64; STAGES] {
    let p = legendre(x);
    std::array::from_fn(|k| match k {
        0 => (x + 1.0) / 2.0,
        k => (p[k + 1] - p[k - 1]) / (2.0 * (2 * k + 1) as f64),
    })
}

impl Tableau {
    fn new() -> Tableau {
        let mut nodes = [0.0; STAGES];
        let mut weights = [0.0; STAGES];
        for i in 0..STAGES {
            // Newton's iteration from Chebyshev's approximation of the i-th zero.
            let mut x = -((i as f64 + 0.75) / (STAGES as f64 + 0.5) * std::f64::consts::PI).cos();
            let slope = |x: f64| {
                let p = legendre(x);
                STAGES as f64 * (x * p[STAGES] - p[STAGES - 1]) / (x * x - 1.0)
            };
            for _ in 0..20 {
                x -= legendre(x)[STAGES] / slope(x);
            }
            nodes[i] = x;
            weights[i] = 2.0 / ((1.0 - x * x) * slope(x).powi(2));
        }
        let analysis = std::array::from_fn(|k| {
            std::array::from_fn(|j| (2 * k + 1) as f64 / 2.0 * weights[j] * legendre(nodes[j])[k])
        });
        let matrix = std::array::from_fn(|i| {
            let integrals = legendre_integrals(nodes[i]);
            std::array::from_fn(|j| (0..STAGES).map(|k| analysis[k][j] * integrals[k]).sum())
        });
        Tableau { nodes: nodes.map(|x| (x + 1.0) / 2.0), weights: weights.map(|w| w / 2.0), matrix, analysis }
    }
}

static TABLEAU: LazyLock<Tableau> = LazyLock::new(Tableau::new);

/// A solution under way.
pub(super) struct Collocation<'f> {
    field: &'f dyn VectorField,
    accuracy: Accuracy,
    tableau: &'static Tableau,
    state: Vec<f64>,
    /// What rounding took from the state (Kahan).
    carry: Vec<f64>,
    /// The length the next step should have, and that of the last one.
    proposal: Option<f64>,
    last_step: f64,
    /// f at the stages, `[STAGES, dimension]`, and its Legendre coefficients over the last step.
    slopes: Vec<f64>,
    coefficients: Vec<f64>,
    /// Those of the step being tried.
    trial: Vec<f64>,
    /// Increments of the stages over the state, the states there, and the sweep before's increments.
    increments: Vec<f64>,
    stages: Vec<f64>,
    previous: Vec<f64>,
}

/// What became of a step.
enum Attempt {
    /// Its tail relative to what is accepted.
    Converged(f64),
    Failed,
}

impl<'f> Collocation<'f> {
    /// # Errors
    /// The field is not finite at the start.
    pub(super) fn new(
        field: &'f dyn VectorField,
        start: &[f64],
        accuracy: Accuracy,
    ) -> Result<Self, IntegrationError> {
        let width = start.len();
        let mut slope = vec![0.0; width];
        field.evaluate(start, &mut slope);
        if start.iter().chain(&slope).any(|x| !x.is_finite()) {
            return Err(IntegrationError::Undefined);
        }
        let mut coefficients = vec![0.0; STAGES * width];
        coefficients[..width].copy_from_slice(&slope);
        Ok(Collocation {
            field,
            accuracy,
            tableau: &TABLEAU,
            state: start.to_vec(),
            carry: vec![0.0; width],
            proposal: None,
            last_step: 1.0,
            slopes: vec![0.0; STAGES * width],
            coefficients,
            trial: vec![0.0; STAGES * width],
            increments: vec![0.0; STAGES * width],
            stages: vec![0.0; STAGES * width],
            previous: vec![0.0; STAGES * width],
        })
    }

    fn through(mut self, times: &[f64]) -> Result<Vec<f64>, IntegrationError> {
        let mut rows = Vec::with_capacity(times.len() * self.state.len());
        rows.extend_from_slice(&self.state);
        for pair in times.windows(2) {
            self.advance(pair[0], pair[1] - pair[0])?;
            rows.extend_from_slice(&self.state);
        }
        Ok(rows)
    }

    /// The state reached.
    pub(super) fn state(&self) -> &[f64] {
        &self.state
    }

    /// Multiplies components in which the field is linear by a factor, without a new start.
    pub(super) fn rescale(&mut self, components: std::ops::Range<usize>, factor: f64) {
        let width = self.state.len();
        for component in components {
            self.state[component] *= factor;
            self.carry[component] *= factor;
            self.coefficients.iter_mut().skip(component).step_by(width).for_each(|c| *c *= factor);
        }
    }

    /// Goes on for exactly the time `length`; `time` is only for the message of an error.
    ///
    /// # Errors
    /// The solution ends before.
    pub(super) fn advance(&mut self, time: f64, length: f64) -> Result<(), IntegrationError> {
        let direction = length.signum();
        let length = length.abs();
        let mut done = 0.0;
        for _ in 0..MAX_STEPS {
            let remaining = length - done;
            let proposal = self.proposal.unwrap_or(remaining);
            // Two equal steps rather than a long one and a sliver.
            let (step, is_last) = match remaining / proposal {
                ratio if ratio <= 1.0 => (remaining, true),
                ratio if ratio < 2.0 => (remaining / 2.0, false),
                _ => (proposal, false),
            };
            let next = match self.attempt(direction * step) {
                Attempt::Converged(tail) if tail <= 1.0 => {
                    self.accept(direction * step);
                    done += step;
                    // A step cut short by a sample says little about the next one.
                    let kept = if step < proposal { proposal } else { 0.0 };
                    self.proposal = Some(kept.max(step * growth(tail)));
                    if is_last {
                        return Ok(());
                    }
                    continue;
                }
                Attempt::Converged(tail) => step * growth(tail),
                Attempt::Failed => step / 3.0,
            };
            if next < SHORTEST * length {
                return Err(IntegrationError::Singular { time: time + direction * done });
            }
            self.proposal = Some(next);
        }
        Err(IntegrationError::TooManySteps { time: time + direction * done })
    }

    /// Solves the stage equations of a step of that length.
    fn attempt(&mut self, step: f64) -> Attempt {
        let width = self.state.len();
        self.extrapolate(step);
        let mut last_change = f64::INFINITY;
        for sweep in 0..MAX_SWEEPS {
            let rows = self.stages.chunks_exact_mut(width).zip(self.increments.chunks_exact(width));
            for (stage, increments) in rows {
                let sums = self.state.iter().zip(increments).map(|(state, increment)| state + increment);
                stage.iter_mut().zip(sums).for_each(|(stage, sum)| *stage = sum);
            }
            self.field.evaluate(&self.stages, &mut self.slopes);
            std::mem::swap(&mut self.previous, &mut self.increments);
            self.sum_up(step);
            let change = self.relative_change();
            if !change.is_finite() {
                return Attempt::Failed;
            }
            // At the level of rounding errors the sweeps no longer contract.
            if change <= self.accuracy.change || (change < 1e-13 && change >= last_change / 2.0) {
                return Attempt::Converged(self.tail(step));
            }
            if sweep >= 3 && change > 0.7 * last_change && change > 1e-13 {
                return Attempt::Failed;
            }
            last_change = change;
        }
        Attempt::Failed
    }

    /// The increments of the stages from the last step's collocation polynomial, continued.
    fn extrapolate(&mut self, step: f64) {
        let width = self.state.len();
        let ratio = step / self.last_step;
        let whole = legendre_integrals(1.0);
        for (stage, node) in self.tableau.nodes.iter().enumerate() {
            // Beyond twice the last step the polynomial is worth no more than its mean.
            let reach = legendre_integrals(1.0 + 2.0 * node * ratio.min(2.0));
            for component in 0..width {
                let mut sum = 0.0;
                if ratio <= 2.0 {
                    for k in 0..STAGES {
                        sum += (reach[k] - whole[k]) * self.coefficients[k * width + component];
                    }
                    sum *= self.last_step;
                } else {
                    sum = node * step * self.coefficients[component];
                }
                self.increments[stage * width + component] = sum;
            }
        }
    }

    /// Increments h Σ_j a_ij f_j.
    fn sum_up(&mut self, step: f64) {
        let width = self.state.len();
        for (row, increments) in self.tableau.matrix.iter().zip(self.increments.chunks_exact_mut(width)) {
            increments.fill(0.0);
            for (a, slopes) in row.iter().zip(self.slopes.chunks_exact(width)) {
                increments.iter_mut().zip(slopes).for_each(|(sum, slope)| *sum += a * slope);
            }
            increments.iter_mut().for_each(|sum| *sum *= step);
        }
    }

    /// The largest change of an increment in the last sweep, relative to the coordinates or momenta.
    fn relative_change(&self) -> f64 {
        let width = self.state.len();
        let mut worst = 0.0f64;
        for block in blocks(width) {
            let mut scale = 0.0f64;
            let mut change = 0.0f64;
            for row in 0..STAGES {
                let part = row * width + block.start..row * width + block.end;
                let (new, old) = (&self.increments[part.clone()], &self.previous[part.clone()]);
                if new.iter().any(|increment| !increment.is_finite()) {
                    return f64::NAN;
                }
                scale = self.stages[part].iter().fold(scale, |scale, stage| scale.max(stage.abs()));
                change = new.iter().zip(old).fold(change, |change, (a, b)| change.max((a - b).abs()));
            }
            if change > 0.0 {
                worst = worst.max(change / scale.max(f64::MIN_POSITIVE));
            }
        }
        worst
    }

    /// The size of the last two Legendre coefficients of f over the step, in units of what is accepted.
    fn tail(&mut self, step: f64) -> f64 {
        let width = self.state.len();
        for (row, out) in self.tableau.analysis.iter().zip(self.trial.chunks_exact_mut(width)) {
            out.fill(0.0);
            for (a, slopes) in row.iter().zip(self.slopes.chunks_exact(width)) {
                out.iter_mut().zip(slopes).for_each(|(sum, slope)| *sum += a * slope);
            }
        }
        let mut worst = 0.0f64;
        for block in blocks(width) {
            let largest = |rows: std::ops::Range<usize>| {
                let entries = rows.flat_map(|k| block.clone().map(move |component| k * width + component));
                entries.map(|at| self.trial[at].abs()).fold(0.0, f64::max)
            };
            // A field that moves the block by less than rounding does not limit the step.
            let state = block.clone().map(|component| self.state[component].abs()).fold(0.0, f64::max);
            let scale = largest(0..STAGES).max(1e-8 * state / step.abs());
            let tail = largest(STAGES - 2..STAGES);
            if tail > 0.0 {
                worst = worst.max(tail / (self.accuracy.tail * scale));
            }
        }
        worst
    }

    fn accept(&mut self, step: f64) {
        let width = self.state.len();
        for component in 0..width {
            let mut sum = 0.0;
            for (weight, slopes) in self.tableau.weights.iter().zip(self.slopes.chunks_exact(width)) {
                sum += weight * slopes[component];
            }
            let increment = step * sum + self.carry[component];
            let moved = self.state[component] + increment;
            self.carry[component] = (self.state[component] - moved) + increment;
            self.state[component] = moved;
        }
        std::mem::swap(&mut self.coefficients, &mut self.trial);
        self.last_step = step;
    }
}

/// The coordinates and the momenta of a state, which may differ in scale.
fn blocks(width: usize) -> [std::ops::Range<usize>; 2] {
    [0..width / 2, width / 2..width]
}

/// By how much the step may change when the coefficients of degree 6 and 7 stand at `tail`.
fn growth(tail: f64) -> f64 {
    (0.9 * tail.max(1e-30).powf(-1.0 / 6.5)).clamp(0.2, 2.5)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dynamics::HamiltonianField;
    use crate::expr::{Symbol, parse};

    fn field(hamiltonian: &str, q: &[&str], p: &[&str]) -> HamiltonianField {
        let symbols = |names: &[&str]| names.iter().map(Symbol::new).collect::<Vec<_>>();
        HamiltonianField::new(&parse(hamiltonian).unwrap(), &symbols(q), &symbols(p)).unwrap()
    }

    fn kepler() -> HamiltonianField {
        field("(px^2 + py^2)/2 - 1/sqrt(x^2 + y^2)", &["x", "y"], &["px", "py"])
    }

    /// The Kepler orbit of semi-major axis 1 at time t from the pericentre.
    fn kepler_orbit(e: f64, t: f64) -> [f64; 4] {
        let mean = t.rem_euclid(2.0 * std::f64::consts::PI);
        let mut u = mean + e * mean.sin();
        for _ in 0..50 {
            u -= (u - e * u.sin() - mean) / (1.0 - e * u.cos());
        }
        let b = (1.0 - e * e).sqrt();
        let rate = 1.0 / (1.0 - e * u.cos());
        [u.cos() - e, b * u.sin(), -u.sin() * rate, b * u.cos() * rate]
    }

    #[test]
    fn the_tableau_integrates_polynomials_exactly() {
        let t = Tableau::new();
        for power in 0..2 * STAGES {
            let sum: f64 = (0..STAGES).map(|i| t.weights[i] * t.nodes[i].powi(power as i32)).sum();
            assert!((sum - 1.0 / (power + 1) as f64).abs() < 1e-15, "{power}");
        }
        for i in 0..STAGES {
            for power in 0..STAGES {
                let sum: f64 = (0..STAGES).map(|j| t.matrix[i][j] * t.nodes[j].powi(power as i32)).sum();
                assert!((sum - t.nodes[i].powi(power as i32 + 1) / (power + 1) as f64).abs() < 1e-15);
            }
        }
    }

    #[test]
    fn kepler_over_ten_periods() {
        let e = 0.6;
        let times: Vec<f64> = (0..=200).map(|k| k as f64 * std::f64::consts::PI / 10.0).collect();
        let rows = integrate(&kepler(), &kepler_orbit(e, 0.0), &times, Method::GaussLegendre).unwrap();
        let worst = rows
            .chunks_exact(4)
            .zip(&times)
            .flat_map(|(row, &t)| {
                row.iter().zip(kepler_orbit(e, t)).map(|(a, b)| (a - b).abs()).collect::<Vec<_>>()
            })
            .fold(0.0, f64::max);
        assert!(worst < 1e-11, "{worst:e}");
    }

    #[test]
    fn long_steps_and_short_ones_agree() {
        let start = kepler_orbit(0.9, 0.3);
        let end = |points: usize| {
            let times: Vec<f64> = (0..=points).map(|k| 7.0 * k as f64 / points as f64).collect();
            let rows = integrate(&kepler(), &start, &times, Method::GaussLegendre).unwrap();
            rows[rows.len() - 4..].to_vec()
        };
        for (a, b) in end(1).iter().zip(end(997)) {
            assert!((a - b).abs() < 1e-10, "{a} {b}");
        }
    }

    #[test]
    fn a_pendulum_keeps_its_energy_for_long() {
        let pendulum = field("p^2/2 - cos(q)", &["q"], &["p"]);
        let times: Vec<f64> = (0..=2000).map(f64::from).collect();
        let rows = integrate(&pendulum, &[2.0, 0.5], &times, Method::GaussLegendre).unwrap();
        let energies = pendulum.energy(&rows);
        let drift = energies.iter().map(|e| (e - energies[0]).abs()).fold(0.0, f64::max);
        assert!(drift < 2e-13, "{drift:e}");
    }

    #[test]
    fn time_reversal_brings_back_the_start() {
        let system = field("(p^2 + r^2)/2 + (q^2 + s^2)/2 + q^2*s - s^3/3", &["q", "s"], &["p", "r"]);
        let start = [0.3, 0.1, -0.2, 0.4];
        let there = integrate(&system, &start, &[0.0, 5.0, 20.0], Method::GaussLegendre).unwrap();
        let back = integrate(&system, &there[8..], &[20.0, 0.0], Method::GaussLegendre).unwrap();
        for (a, b) in start.iter().zip(&back[4..]) {
            assert!((a - b).abs() < 1e-11, "{a} {b}");
        }
    }

    #[test]
    fn free_motion_and_rest() {
        let free = field("p^2/2", &["q"], &["p"]);
        let rows = integrate(&free, &[1.0, 2.0], &[0.0, 3.0], Method::GaussLegendre).unwrap();
        assert!((rows[2] - 7.0).abs() < 1e-14 && rows[3] == 2.0);
        let rest = field("p^2/2 + q^2/2", &["q"], &["p"]);
        let rows = integrate(&rest, &[0.0, 0.0], &[0.0, 1e3], Method::GaussLegendre).unwrap();
        assert_eq!(rows[2..], [0.0, 0.0]);
    }

    #[test]
    fn solutions_that_end_are_errors() {
        let collision = field("p^2/2 - 1/sqrt(q^2)", &["q"], &["p"]);
        let outcome = integrate(&collision, &[1.0, 0.0], &[0.0, 5.0], Method::GaussLegendre);
        assert!(
            matches!(outcome, Err(IntegrationError::Singular { time }) if (1.0..1.2).contains(&time)),
            "{outcome:?}"
        );
        let wall = field("p^2/2 + sqrt(1 - q)", &["q"], &["p"]);
        let outcome = integrate(&wall, &[0.0, 2.0], &[0.0, 5.0], Method::GaussLegendre);
        assert!(matches!(outcome, Err(IntegrationError::Singular { .. })), "{outcome:?}");
        let outcome = integrate(&wall, &[2.0, 0.0], &[0.0, 5.0], Method::GaussLegendre);
        assert_eq!(outcome, Err(IntegrationError::Undefined));
        let blow_up = field("p*q^2", &["q"], &["p"]);
        let outcome = integrate(&blow_up, &[1.0, 1.0], &[0.0, 2.0], Method::GaussLegendre);
        assert!(matches!(outcome, Err(IntegrationError::Singular { .. })), "{outcome:?}");
    }

    #[test]
    fn runge_kutta_has_order_four() {
        let oscillator = field("p^2/2 + q^2/2", &["q"], &["p"]);
        let error = |steps| {
            let rows =
                integrate(&oscillator, &[1.0, 0.0], &[0.0, 2.0], Method::RungeKutta4 { steps }).unwrap();
            (rows[2] - 2f64.cos()).abs()
        };
        let ratio = error(20) / error(40);
        assert!((14.0..18.0).contains(&ratio), "{ratio}");
    }
}

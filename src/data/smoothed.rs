//! Runs as splines with the covariance of their coefficients.

use super::banded::BandedCholesky;
use super::resolve::LeftOut;
use super::spline::Spline;

/// How many intervals at each end of a spline lean on points of one side only: on uniform points the errors of the
/// velocity are there up to seven times those of the middle, those of the acceleration up to seventy times.
const ONE_SIDED_INTERVALS: usize = 2;

/// The resolved pieces of all runs, each with its spline.
#[derive(Clone, Debug)]
pub struct Smoothed {
    /// The number of coordinates.
    pub dof: usize,
    /// The pieces, in the order of the runs and of time.
    pub pieces: Vec<Piece>,
    /// The stretches without a spline.
    pub left_out: Vec<LeftOut>,
}

/// A stretch of a run whose motion the sampling resolves.
#[derive(Clone, Debug)]
pub struct Piece {
    /// The index of its run.
    pub run: usize,
    /// The index of its first point in the run.
    pub first: usize,
    /// The times of its points, counted from its first.
    pub times: Vec<f64>,
    /// For each coordinate its values as recorded, `[dof][points]`.
    pub positions: Vec<Vec<f64>>,
    /// For each coordinate its velocities as recorded, `[dof][points]`; empty where none are.
    pub velocities: Vec<Vec<f64>>,
    /// Standard deviation of the noise of each position.
    pub position_noise: Vec<f64>,
    /// Standard deviation of the noise of each velocity; empty where none are recorded.
    pub velocity_noise: Vec<f64>,
    /// The spline's knots: one for all coordinates.
    pub spline: Spline,
    /// For each coordinate the coefficients β of the spline, `[dof][functions]`.
    pub coefficients: Vec<Vec<f64>>,
    /// For each coordinate the factor L of the normal matrix S = L·Lᵀ; the covariance of β is S⁻¹.
    pub factors: Vec<BandedCholesky>,
    /// For each interval of the spline, whether it misses the points by more than their noise.
    pub unresolved: Vec<bool>,
}

impl Piece {
    /// The number of points.
    pub fn points(&self) -> usize {
        self.times.len()
    }

    /// Standard deviation of the noise of every recorded column: positions, then velocities.
    pub fn noise(&self) -> Vec<f64> {
        self.position_noise.iter().chain(&self.velocity_noise).copied().collect()
    }

    /// Whether velocities were recorded.
    pub fn has_velocities(&self) -> bool {
        !self.velocities.is_empty()
    }

    /// The position of coordinate i at a time counted from the piece's first point.
    pub fn position(&self, i: usize, t: f64) -> f64 {
        self.spline.value(&self.coefficients[i], t, 0)
    }

    /// The velocity of coordinate i at a time.
    pub fn velocity(&self, i: usize, t: f64) -> f64 {
        self.spline.value(&self.coefficients[i], t, 1)
    }

    /// The acceleration of coordinate i at a time.
    pub fn acceleration(&self, i: usize, t: f64) -> f64 {
        self.spline.value(&self.coefficients[i], t, 2)
    }

    /// The spline, or a derivative of it, at some times: `[times, dof]`.
    pub fn rows(&self, times: &[f64], derivative: usize) -> Vec<f64> {
        let row = |t: &f64| {
            let (first, values) = self.spline.basis(*t, derivative);
            let value =
                move |beta: &Vec<f64>| values.iter().zip(&beta[first..]).map(|(b, c)| b * c).sum::<f64>();
            self.coefficients.iter().map(value)
        };
        times.iter().flat_map(row).collect()
    }

    /// The covariance of position, velocity and acceleration of coordinate i at a time.
    ///
    /// C = B·S⁻¹·Bᵀ = (L⁻¹·Bᵀ)ᵀ·(L⁻¹·Bᵀ), where the rows of B are the B-splines and their first two derivatives.
    /// Errors of different coordinates are independent.
    pub fn covariance(&self, i: usize, t: f64) -> [[f64; 3]; 3] {
        let solved = [0, 1, 2].map(|derivative| {
            let (first, values) = self.spline.basis(t, derivative);
            self.factors[i].solve_lower_sparse(first, &values, 1e-12)
        });
        let product = |a: usize, b: usize| solved[a].iter().zip(&solved[b]).map(|(x, y)| x * y).sum();
        [0, 1, 2].map(|a| [0, 1, 2].map(|b| product(a, b)))
    }

    /// Whether the spline follows the points, to their noise, at a time.
    pub fn is_resolved(&self, t: f64) -> bool {
        !self.unresolved[self.spline.interval(t)]
    }

    /// For each point, whether its derivatives can be relied on: they lean on points of both sides, and the spline
    /// follows these.
    pub fn sound(&self) -> Vec<bool> {
        let points = self.times.iter().zip(self.one_sided());
        points.map(|(t, one_sided)| !one_sided && self.is_resolved(*t)).collect()
    }

    /// For each point, whether its derivatives lean on points of one side only: those are several times less sure.
    pub fn one_sided(&self) -> Vec<bool> {
        let intervals = self.spline.intervals();
        let at_end = |k: usize| k < ONE_SIDED_INTERVALS || k + ONE_SIDED_INTERVALS >= intervals;
        self.times.iter().map(|t| at_end(self.spline.interval(*t))).collect()
    }
}

//! Runs as splines with the covariance of their coefficients.

use super::banded::BandedCholesky;
use super::spline::Spline;

/// The resolved pieces of all runs, each with its spline.
#[derive(Clone, Debug)]
pub struct Smoothed {
    /// The number of coordinates.
    pub dof: usize,
    /// The pieces, in the order of the runs and of time.
    pub pieces: Vec<Piece>,
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

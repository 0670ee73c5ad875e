//! Weighted least squares of a spline on positions and velocities.

use super::banded::{Banded, BandedCholesky};
use super::spline::{ORDER, Spline};

/// The part of the mean diagonal entry that is added to the diagonal of a normal matrix, so that a spline with more
/// functions than a gap of the sampling determines still has a covariance.
const RIDGE: f64 = 1e-13;

/// How often the residual is fitted again: the second time removes rounding of the normal matrix and the ridge.
const REFINEMENTS: usize = 3;

/// The rows of the B-splines, or of a derivative of them, at some times.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    first: Vec<usize>,
    values: Vec<[f64; ORDER]>,
}

/// What one column, with its velocity where there is one, asks of its spline.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column<'a> {
    /// The values.
    pub position: &'a [f64],
    /// The standard deviation of their noise.
    pub position_noise: f64,
    /// The velocities.
    pub velocity: Option<&'a [f64]>,
    /// The standard deviation of their noise.
    pub velocity_noise: f64,
}

/// A spline's rows at the times of a piece, with their normal matrices for unit noise.
#[derive(Clone, Debug)]
pub(super) struct Design {
    /// The spline.
    pub spline: Spline,
    /// B₀: values at the times.
    pub values: Rows,
    /// B₁: slopes at the times, where velocities are recorded.
    pub slopes: Option<Rows>,
    value_normal: Banded,
    slope_normal: Option<Banded>,
}

impl Rows {
    fn new(spline: &Spline, times: &[f64], derivative: usize) -> Self {
        let (first, values) = times.iter().map(|t| spline.basis(*t, derivative)).unzip();
        Self { first, values }
    }

    /// The row of a point and the index of its first entry.
    fn iter(&self) -> impl Iterator<Item = (usize, &[f64; ORDER])> {
        self.first.iter().copied().zip(&self.values)
    }

    fn normal(&self, functions: usize) -> Banded {
        let mut out = Banded::zero(functions, ORDER - 1);
        self.iter().for_each(|(first, row)| out.add_outer(first, row, 1.0));
        out
    }

    /// What the coefficients leave of the data.
    pub fn residuals(&self, coefficients: &[f64], data: &[f64]) -> Vec<f64> {
        let fitted = |first: usize, row: &[f64; ORDER]| -> f64 {
            row.iter().zip(&coefficients[first..]).map(|(b, c)| b * c).sum()
        };
        self.iter().zip(data).map(|((first, row), y)| y - fitted(first, row)).collect()
    }

    /// Adds `weight`·Bᵀ·data.
    fn add_transposed(&self, data: &[f64], weight: f64, out: &mut [f64]) {
        for ((first, row), y) in self.iter().zip(data) {
            for (x, b) in out[first..].iter_mut().zip(row) {
                *x += weight * y * b;
            }
        }
    }

    /// Σ over the rows b of bᵀ·Z·b.
    fn trace(&self, inverse: &Banded) -> f64 {
        let form = |first: usize, row: &[f64; ORDER]| -> f64 {
            let entry = |a: usize, b: usize| row[a] * row[b] * inverse.get(first + a, first + b);
            (0..ORDER).map(|a| entry(a, a) + 2.0 * (0..a).map(|b| entry(a, b)).sum::<f64>()).sum()
        };
        self.iter().map(|(first, row)| form(first, row)).sum()
    }
}

impl Design {
    /// The rows of a spline at some times.
    pub fn new(spline: Spline, times: &[f64], with_velocities: bool) -> Self {
        let values = Rows::new(&spline, times, 0);
        let slopes = with_velocities.then(|| Rows::new(&spline, times, 1));
        let value_normal = values.normal(spline.functions());
        let slope_normal = slopes.as_ref().map(|rows| rows.normal(spline.functions()));
        Self { spline, values, slopes, value_normal, slope_normal }
    }

    /// The factor of S = B₀ᵀB₀/σ_q² + B₁ᵀB₁/σ_v², or nothing where its entries are not finite.
    pub fn factor(&self, column: &Column<'_>) -> Option<BandedCholesky> {
        let weight = column.position_noise.powi(-2);
        let normal = match (&self.slope_normal, column.velocity) {
            (Some(slopes), Some(_)) => {
                self.value_normal.combined(weight, slopes, column.velocity_noise.powi(-2))
            }
            _ => self.value_normal.scaled(weight),
        };
        let mean = normal.mean_diagonal();
        if !(mean > 0.0 && mean.is_finite()) {
            return None;
        }
        // A larger ridge is tried where rounding leaves the matrix indefinite.
        [1.0, 1e2, 1e4].iter().find_map(|growth| {
            let mut matrix = normal.clone();
            matrix.add_to_diagonal(growth * RIDGE * mean);
            BandedCholesky::new(&matrix)
        })
    }

    /// The coefficients that fit a column best.
    pub fn solve(&self, factor: &BandedCholesky, column: &Column<'_>) -> Vec<f64> {
        // B-splines add to one, so a constant is fitted exactly and only the rest is subject to rounding.
        let mean = column.position.iter().sum::<f64>() / column.position.len() as f64;
        let mut coefficients = vec![mean; self.spline.functions()];
        for _ in 0..REFINEMENTS {
            let mut step = vec![0.0; coefficients.len()];
            let rest = self.values.residuals(&coefficients, column.position);
            self.values.add_transposed(&rest, column.position_noise.powi(-2), &mut step);
            if let (Some(slopes), Some(velocity)) = (&self.slopes, column.velocity) {
                let rest = slopes.residuals(&coefficients, velocity);
                slopes.add_transposed(&rest, column.velocity_noise.powi(-2), &mut step);
            }
            factor.solve(&mut step);
            coefficients.iter_mut().zip(&step).for_each(|(c, s)| *c += s);
        }
        coefficients
    }

    /// Residuals of the positions and of the velocities (empty where there are none), in units of their noise.
    pub fn residuals(&self, coefficients: &[f64], column: &Column<'_>) -> (Vec<f64>, Vec<f64>) {
        let mut positions = self.values.residuals(coefficients, column.position);
        positions.iter_mut().for_each(|r| *r /= column.position_noise);
        let mut velocities = match (&self.slopes, column.velocity) {
            (Some(slopes), Some(velocity)) => slopes.residuals(coefficients, velocity),
            _ => Vec::new(),
        };
        velocities.iter_mut().for_each(|r| *r /= column.velocity_noise);
        (positions, velocities)
    }

    /// The numbers of degrees of freedom that the fit takes from the positions and from the velocities: the traces
    /// of B S⁻¹ Bᵀ/σ².
    pub fn freedom_used(&self, factor: &BandedCholesky, column: &Column<'_>) -> (f64, f64) {
        let inverse = factor.inverse_within_band();
        let positions = self.values.trace(&inverse) / column.position_noise.powi(2);
        let velocities = match (&self.slopes, column.velocity) {
            (Some(slopes), Some(_)) => slopes.trace(&inverse) / column.velocity_noise.powi(2),
            _ => 0.0,
        };
        (positions, velocities)
    }
}

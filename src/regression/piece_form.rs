//! The weak form of one piece and the covariance of its equations.

use std::ops::Range;

use faer::linalg::matmul::matmul;
use faer::linalg::solvers::Llt;
use faer::linalg::triangular_solve::solve_lower_triangular_in_place;
use faer::{Accum, Mat, Par, Side};

use super::test_functions::TestFunctions;
use super::weak::{Config, Slopes};
use crate::data::{BandedCholesky, ORDER, Piece};

/// Functions are integrated so many at a time: enough to read long stretches, few enough to stay in the cache.
const COLUMNS: usize = 64;

/// Products of equations are formed so many at a time: each needs only the B-splines from its first on.
const EQUATIONS: usize = 32;

/// Entries below this share of the largest of their row are left out: they add far less than the nugget.
const NEGLIGIBLE: f64 = 1e-14;

/// What the weak form keeps of a piece.
#[derive(Clone, Debug)]
pub(super) struct PieceForm {
    /// The index of the piece in the smoothed recording.
    pub piece: usize,
    /// Its quadrature points.
    pub points: Range<usize>,
    /// Its equations, for each coordinate.
    pub rows: Range<usize>,
    /// Its test functions, one for each equation.
    pub tests: TestFunctions,
    /// The mean time between two points of the piece.
    pub spacing: f64,
    /// For each coordinate the left sides ∫φ″q.
    pub left: Vec<Vec<f64>>,
    /// The equations that are whitened together, counted from the piece's first.
    blocks: Vec<Range<usize>>,
    /// Rows of the B-splines and of their slopes at the quadrature points.
    values: Vec<(usize, [f64; ORDER])>,
    slopes: Vec<(usize, [f64; ORDER])>,
    /// For each coordinate the factor of the spline's normal matrix.
    factors: Vec<BandedCholesky>,
}

impl PieceForm {
    /// The weak form of a piece, whose first quadrature point and first equation have these indices.
    pub fn new(
        index: usize,
        piece: &Piece,
        point: usize,
        row: usize,
        tests: TestFunctions,
        config: &Config,
    ) -> Self {
        let at = |derivative| tests.points().iter().map(|t| piece.spline.basis(*t, derivative)).collect();
        let (values, slopes): (Vec<_>, Vec<_>) = (at(0), at(1));
        let left = piece.coefficients.iter().map(|c| {
            let position: Vec<f64> = values.iter().map(|row| product(row, c)).collect();
            tests.second_integrals(&position)
        });
        let count = tests.count();
        let blocks = count.div_ceil(config.block.max(1));
        Self {
            piece: index,
            points: point..point + tests.points().len(),
            rows: row..row + count,
            spacing: piece.times[piece.points() - 1] / (piece.points() - 1).max(1) as f64,
            left: left.collect(),
            blocks: (0..blocks).map(|k| k * count / blocks..(k + 1) * count / blocks).collect(),
            factors: piece.factors.clone(),
            tests,
            values,
            slopes,
        }
    }

    /// Appends the positions and velocities at the quadrature points.
    pub fn add_states(&self, piece: &Piece, positions: &mut Vec<f64>, velocities: &mut Vec<f64>) {
        for (value, slope) in self.values.iter().zip(&self.slopes) {
            positions.extend(piece.coefficients.iter().map(|c| product(value, c)));
            velocities.extend(piece.coefficients.iter().map(|c| product(slope, c)));
        }
    }

    /// The integrals of some columns of functions, whose rows have `width` values at all quadrature points.
    ///
    /// Values that are not finite count as zero.
    pub fn integrals(
        &self,
        derivative: usize,
        functions: &[f64],
        width: usize,
        columns: Range<usize>,
    ) -> Mat<f64> {
        let mut out = Mat::zeros(self.tests.count(), columns.len());
        let mut values = Vec::new();
        for start in (0..columns.len()).step_by(COLUMNS) {
            let count = COLUMNS.min(columns.len() - start);
            let at = columns.start + start;
            values.resize(self.points.len() * count, 0.0);
            for (target, g) in values.chunks_exact_mut(count).zip(self.points.clone()) {
                let source = &functions[g * width + at..g * width + at + count];
                target.iter_mut().zip(source).for_each(|(x, y)| *x = finite(*y));
            }
            let integrals = self.tests.integrals(derivative, &values, count);
            for (r, row) in integrals.chunks_exact(count).enumerate() {
                for (c, x) in row.iter().enumerate() {
                    out.col_as_slice_mut(start + c)[r] = *x;
                }
            }
        }
        out
    }

    /// For each block of equations of coordinate i the lower factor of their covariance with floor and nugget, or
    /// nothing where it is not finite.
    pub fn factors(
        &self,
        i: usize,
        slopes: Option<&Slopes>,
        masked: &[bool],
        floor: f64,
        nugget: f64,
    ) -> Option<Vec<Mat<f64>>> {
        let squares: f64 = self.left[i].iter().map(|a| a * a).sum();
        let least = floor * floor * squares / self.rows.len() as f64;
        let block = |block: &Range<usize>| {
            factored(self.covariance(block, i, slopes), &masked[block.clone()], least, nugget)
        };
        self.blocks.iter().map(block).collect()
    }

    /// Overwrites the columns of `rows`, one row for each equation, with their whitened values.
    pub fn whiten(&self, factors: &[Mat<f64>], rows: &mut Mat<f64>) {
        for (block, factor) in self.blocks.iter().zip(factors) {
            let part = rows.as_mut().subrows_mut(block.start, block.len());
            solve_lower_triangular_in_place(factor.as_ref(), part, Par::Seq);
        }
    }

    /// The covariance C_i of a block of equations of coordinate i, of which the lower triangle is right.
    ///
    /// C = Σ_l Y_lᵀ·Y_l, where the columns of Y_l are L_l⁻¹ times the rows of X_l.
    fn covariance(&self, block: &Range<usize>, i: usize, slopes: Option<&Slopes>) -> Mat<f64> {
        let mut out = Mat::zeros(block.len(), block.len());
        for l in 0..self.factors.len() {
            if l != i && !slopes.is_some_and(|slopes| self.couples(i, l, slopes)) {
                continue;
            }
            let (solved, firsts) = self.solved(block, i, l, slopes);
            for start in (0..block.len()).step_by(EQUATIONS) {
                let (count, first) = (EQUATIONS.min(block.len() - start), firsts[start]);
                let below = solved.as_ref().subrows(first, solved.nrows() - first);
                matmul(
                    out.as_mut().submatrix_mut(start, 0, count, start + count),
                    Accum::Add,
                    below.subcols(start, count).transpose(),
                    below.subcols(0, start + count),
                    1.0,
                    Par::Seq,
                );
            }
        }
        out
    }

    /// The columns of Y_l from the block's first B-spline on, and for each the index of its first entry.
    fn solved(
        &self,
        block: &Range<usize>,
        i: usize,
        l: usize,
        slopes: Option<&Slopes>,
    ) -> (Mat<f64>, Vec<usize>) {
        let factor = &self.factors[l];
        let columns: Vec<(usize, Vec<f64>)> = block
            .clone()
            .map(|j| {
                let (first, row) = self.row(j, i, l, slopes);
                (first, factor.solve_lower_sparse(first, &row, NEGLIGIBLE))
            })
            .collect();
        let start = columns.iter().map(|(first, _)| *first).min().unwrap_or(0);
        let end = columns.iter().map(|(first, column)| first + column.len()).max().unwrap_or(0);
        let mut out = Mat::zeros(end - start, block.len());
        for (j, (first, column)) in columns.iter().enumerate() {
            out.col_as_slice_mut(j)[first - start..first - start + column.len()].copy_from_slice(column);
        }
        (out, columns.iter().map(|(first, _)| first - start).collect())
    }

    /// Whether the acceleration of coordinate i depends on coordinate l or its velocity.
    fn couples(&self, i: usize, l: usize, slopes: &Slopes) -> bool {
        let dof = self.factors.len();
        let set = |slopes: &[f64], g: usize| slopes[(g * dof + i) * dof + l] != 0.0;
        self.points.clone().any(|g| set(&slopes.by_position, g) || set(&slopes.by_velocity, g))
    }

    /// Row j of X_l, from the first entry that does not vanish.
    fn row(&self, j: usize, i: usize, l: usize, slopes: Option<&Slopes>) -> (usize, Vec<f64>) {
        let points = self.tests.range(j);
        let (phi, second) = (self.tests.row(0, j), self.tests.row(2, j));
        let first = self.values[points.start].0;
        let mut row = vec![0.0; self.values[points.end - 1].0 + ORDER - first];
        let dof = self.factors.len();
        for (k, g) in points.enumerate() {
            let (column, value) = &self.values[g];
            let slope = &self.slopes[g].1;
            let (mut by_value, mut by_slope) = (if l == i { second[k] } else { 0.0 }, 0.0);
            if let Some(slopes) = slopes {
                let entry = ((self.points.start + g) * dof + i) * dof + l;
                by_value -= phi[k] * finite(slopes.by_position[entry]);
                by_slope -= phi[k] * finite(slopes.by_velocity[entry]);
            }
            for ((x, b), d) in row[column - first..].iter_mut().zip(value).zip(slope) {
                *x += by_value * b + by_slope * d;
            }
        }
        (first, row)
    }
}

/// The variance of masked equations in units of the mean: their squares then add nothing to χ².
const INFINITE: f64 = 1e30;

/// The lower factor of a covariance with its floor and nugget, or nothing where it is not finite.
fn factored(mut covariance: Mat<f64>, masked: &[bool], least: f64, nugget: f64) -> Option<Mat<f64>> {
    let size = covariance.nrows();
    let mean = (0..size).map(|k| covariance[(k, k)]).sum::<f64>() / size as f64;
    if !(mean + least > 0.0 && (mean + least).is_finite()) {
        return None;
    }
    for k in (0..size).filter(|&k| masked[k]) {
        covariance[(k, k)] += INFINITE * (mean + least);
    }
    // Rounding may exceed the nugget where variances differ by many orders.
    [1.0, 1e1, 1e2, 1e3].iter().find_map(|growth| {
        let added = if *growth > 1.0 { growth * nugget * mean } else { least + nugget * mean };
        (0..size).for_each(|k| covariance[(k, k)] += added);
        Llt::new(covariance.as_ref(), Side::Lower).ok().map(|factor| factor.L().to_owned())
    })
}

fn product((first, row): &(usize, [f64; ORDER]), coefficients: &[f64]) -> f64 {
    row.iter().zip(&coefficients[*first..]).map(|(b, c)| b * c).sum()
}

fn finite(x: f64) -> f64 {
    if x.is_finite() { x } else { 0.0 }
}

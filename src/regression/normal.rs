//! Dense linear algebra: least squares held in triangular form, singular values, symmetric inverses.
//!
//! Everything runs on one thread (two are slower at these sizes), so that results do not depend on
//! the number of threads.

use faer::linalg::solvers::Svd;
use faer::{Mat, Par};

use super::{Matrix, RegressionError};

/// Fixes the number of threads of the linear algebra to one.
fn sequential() {
    faer::set_global_parallelism(Par::Seq);
}

/// The upper triangular factor R of A = QR, of shape `[min(rows, columns), columns]`.
pub(super) fn triangular_factor(a: &Matrix) -> Matrix {
    sequential();
    a.qr().thin_R().to_owned()
}

/// The thin singular value decomposition.
///
/// # Errors
/// [`RegressionError::NotFinite`] when `a` holds a NaN or an infinity.
pub(super) fn singular_values(a: &Matrix) -> Result<Svd<f64>, RegressionError> {
    sequential();
    a.thin_svd().map_err(|_| RegressionError::NotFinite)
}

/// Σ rows of the system A c ≈ b, reduced to the triangular factor of `[A | b]`: the least-squares
/// fit of any subset of the columns needs only this factor, whatever the number of rows was.
#[derive(Clone, Debug)]
pub struct Normal {
    /// R of `[A | b]`, of shape `[columns + 1, columns + 1]`.
    factor: Matrix,
    /// How many rows went in.
    rows: usize,
}

/// A least-squares solution.
#[derive(Clone, Debug)]
pub struct Solution {
    /// The columns used, in the order of `coefficients`.
    pub columns: Vec<usize>,
    /// One coefficient for each of `columns`.
    pub coefficients: Vec<f64>,
    /// Root mean square over the rows of A c − b.
    pub rms: f64,
    /// For each of `columns`, the square root of the diagonal of (AᵀA)⁻¹: times the noise of a row,
    /// it is the standard error of the coefficient.
    pub spread: Vec<f64>,
}

impl Normal {
    /// An empty system of so many unknowns.
    pub fn new(columns: usize) -> Normal {
        Normal { factor: Mat::zeros(0, columns + 1), rows: 0 }
    }

    /// The number of unknowns.
    pub fn columns(&self) -> usize {
        self.factor.ncols() - 1
    }

    /// The number of rows added.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Adds rows `[A | b]` (row major, `columns + 1` wide).
    ///
    /// # Errors
    /// [`RegressionError::NotFinite`] when a row holds a NaN or an infinity.
    pub fn add(&mut self, rows: &[f64]) -> Result<(), RegressionError> {
        let width = self.factor.ncols();
        if rows.iter().any(|v| !v.is_finite()) {
            return Err(RegressionError::NotFinite);
        }
        let count = rows.len() / width;
        let held = self.factor.nrows();
        let stacked = Mat::from_fn(held + count, width, |i, j| {
            if i < held { self.factor[(i, j)] } else { rows[(i - held) * width + j] }
        });
        self.factor = triangular_factor(&stacked);
        self.rows += count;
        Ok(())
    }

    /// The rows of the triangular factor of `[A | b]`, which stand for all rows added.
    pub fn factor_rows(&self) -> Vec<Vec<f64>> {
        (0..self.factor.nrows())
            .map(|i| (0..self.factor.ncols()).map(|j| self.factor[(i, j)]).collect())
            .collect()
    }

    /// The same rows with the negative of a column as right side: A c = 0 with that coefficient one.
    pub fn with_target(&self, column: usize) -> Normal {
        let last = self.columns();
        let factor = Mat::from_fn(self.factor.nrows(), last + 1, |i, j| {
            if j < last { self.factor[(i, j)] } else { -self.factor[(i, column)] }
        });
        Normal { factor, rows: self.rows }
    }

    /// Root mean square of b over the rows.
    pub fn target_rms(&self) -> f64 {
        let last = self.columns();
        let sum: f64 = (0..self.factor.nrows()).map(|i| self.factor[(i, last)].powi(2)).sum();
        (sum / self.rows.max(1) as f64).sqrt()
    }

    /// Euclidean norm of each column of A.
    pub fn column_norms(&self) -> Vec<f64> {
        (0..self.columns())
            .map(|j| (0..self.factor.nrows()).map(|i| self.factor[(i, j)].powi(2)).sum::<f64>().sqrt())
            .collect()
    }

    /// The columns that are linearly independent to relative accuracy `rtol`, chosen greedily from
    /// the left: a column whose part outside the span of those before it is below `rtol` is left out.
    pub fn independent_columns(&self, candidates: &[usize], rtol: f64) -> Vec<usize> {
        let norms = self.column_norms();
        let mut kept = Vec::new();
        let mut basis: Vec<Vec<f64>> = Vec::new();
        for &j in candidates {
            if norms[j] == 0.0 {
                continue;
            }
            let mut column: Vec<f64> =
                (0..self.factor.nrows()).map(|i| self.factor[(i, j)] / norms[j]).collect();
            // Twice is enough (Kahan, Parlett).
            for _ in 0..2 {
                for b in &basis {
                    let dot: f64 = b.iter().zip(&column).map(|(x, y)| x * y).sum();
                    column.iter_mut().zip(b).for_each(|(x, y)| *x -= dot * y);
                }
            }
            let left = column.iter().map(|v| v * v).sum::<f64>().sqrt();
            if left > rtol {
                column.iter_mut().for_each(|v| *v /= left);
                basis.push(column);
                kept.push(j);
            }
        }
        kept
    }

    /// The least-squares solution on the given columns. Columns are equilibrated first.
    ///
    /// # Errors
    /// [`RegressionError::Singular`] when the columns are dependent to working accuracy.
    pub fn solve(&self, columns: &[usize]) -> Result<Solution, RegressionError> {
        let k = columns.len();
        let last = self.columns();
        if k == 0 {
            return Ok(Solution {
                columns: vec![],
                coefficients: vec![],
                rms: self.target_rms(),
                spread: vec![],
            });
        }
        let norms = self.column_norms();
        if columns.iter().any(|&j| norms[j] == 0.0) || self.rows < k {
            return Err(RegressionError::Singular);
        }
        let part = Mat::from_fn(self.factor.nrows(), k + 1, |i, j| {
            if j < k { self.factor[(i, columns[j])] / norms[columns[j]] } else { self.factor[(i, last)] }
        });
        let r = triangular_factor(&part);
        if r.nrows() < k || (0..k).any(|j| r[(j, j)].abs() < 1e-15) {
            return Err(RegressionError::Singular);
        }
        let mut coefficients = vec![0.0; k];
        for i in (0..k).rev() {
            let dot: f64 = (i + 1..k).map(|j| r[(i, j)] * coefficients[j]).sum();
            coefficients[i] = (r[(i, k)] - dot) / r[(i, i)];
        }
        let inverse = inverse_upper(&r, k);
        let spread = (0..k)
            .map(|i| (i..k).map(|j| inverse[(i, j)].powi(2)).sum::<f64>().sqrt() / norms[columns[i]])
            .collect();
        for (c, &j) in coefficients.iter_mut().zip(columns) {
            *c /= norms[j];
        }
        let rest: f64 = (k..r.nrows()).map(|i| r[(i, k)].powi(2)).sum();
        Ok(Solution {
            columns: columns.to_vec(),
            coefficients,
            rms: (rest / self.rows as f64).sqrt(),
            spread,
        })
    }

    /// Root mean square over the rows of A c − b for given coefficients.
    pub fn rms_of(&self, columns: &[usize], coefficients: &[f64]) -> f64 {
        let last = self.columns();
        let sum: f64 = (0..self.factor.nrows())
            .map(|i| {
                let fitted: f64 =
                    columns.iter().zip(coefficients).map(|(&j, c)| self.factor[(i, j)] * c).sum();
                (fitted - self.factor[(i, last)]).powi(2)
            })
            .sum();
        (sum / self.rows.max(1) as f64).sqrt()
    }
}

/// The inverse of the leading `k` × `k` upper triangle.
fn inverse_upper(r: &Matrix, k: usize) -> Matrix {
    let mut inverse: Matrix = Mat::zeros(k, k);
    for j in 0..k {
        inverse[(j, j)] = 1.0 / r[(j, j)];
        for i in (0..j).rev() {
            let dot: f64 = (i + 1..=j).map(|l| r[(i, l)] * inverse[(l, j)]).sum();
            inverse[(i, j)] = -dot / r[(i, i)];
        }
    }
    inverse
}

/// Solves the symmetric positive definite system M x = b and returns (x, diagonal of M⁻¹).
///
/// # Errors
/// [`RegressionError::Singular`] when M is not positive definite to working accuracy.
pub(super) fn solve_symmetric(m: &Matrix, b: &[f64]) -> Result<(Vec<f64>, Vec<f64>), RegressionError> {
    sequential();
    let n = b.len();
    if n == 0 {
        return Ok((vec![], vec![]));
    }
    let scale: Vec<f64> = (0..n).map(|i| m[(i, i)].sqrt()).collect();
    if scale.iter().any(|s| !s.is_finite() || *s == 0.0) {
        return Err(RegressionError::Singular);
    }
    let scaled = Mat::from_fn(n, n, |i, j| m[(i, j)] / (scale[i] * scale[j]));
    let eigen = scaled.self_adjoint_eigen(faer::Side::Lower).map_err(|_| RegressionError::NotFinite)?;
    let (u, s) = (eigen.U(), eigen.S());
    let largest = s[n - 1];
    if s[0] <= largest * 1e-15 {
        return Err(RegressionError::Singular);
    }
    let mut x = vec![0.0; n];
    let mut diagonal = vec![0.0; n];
    for k in 0..n {
        let dot: f64 = (0..n).map(|i| u[(i, k)] * b[i] / scale[i]).sum::<f64>() / s[k];
        for i in 0..n {
            x[i] += u[(i, k)] * dot / scale[i];
            diagonal[i] += (u[(i, k)] / scale[i]).powi(2) / s[k];
        }
    }
    Ok((x, diagonal))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(i: usize) -> f64 {
        ((i * i) as f64 * 0.7 + i as f64).sin()
    }

    #[test]
    fn least_squares_in_blocks_is_least_squares() {
        let (rows, columns) = (60, 4);
        let truth = [1.5, -2.0, 0.0, 0.25];
        let mut normal = Normal::new(columns);
        for block in 0..3 {
            let mut data = Vec::new();
            for i in 0..rows / 3 {
                let a: Vec<f64> = (0..columns).map(|j| wave(1 + block * 100 + i * 7 + j * 13)).collect();
                let b: f64 = a.iter().zip(truth).map(|(x, c)| x * c).sum();
                data.extend(a);
                data.push(b);
            }
            normal.add(&data).unwrap();
        }
        let solution = normal.solve(&[0, 1, 2, 3]).unwrap();
        for (c, t) in solution.coefficients.iter().zip(truth) {
            assert!((c - t).abs() < 1e-13);
        }
        assert!(solution.rms < 1e-13);
        assert!(normal.rms_of(&[0, 1, 3], &[1.5, -2.0, 0.25]) < 1e-13);
        assert!(normal.solve(&[0, 1]).unwrap().rms > 1e-2);
    }

    #[test]
    fn nothing_to_solve_for_is_solved() {
        assert_eq!(solve_symmetric(&Mat::zeros(0, 0), &[]), Ok((vec![], vec![])));
    }

    #[test]
    fn dependent_columns_are_found() {
        let mut normal = Normal::new(3);
        for i in 0..20 {
            let (a, b) = (wave(i), wave(3 * i + 1));
            normal.add(&[a, b, a - 2.0 * b, 1.0]).unwrap();
        }
        assert_eq!(normal.independent_columns(&[0, 1, 2], 1e-10), [0, 1]);
        assert_eq!(normal.independent_columns(&[2, 1, 0], 1e-10), [2, 1]);
        assert!(normal.add(&[f64::NAN, 0.0, 0.0, 0.0]).is_err());
    }
}

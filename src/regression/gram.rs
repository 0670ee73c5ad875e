//! Least squares on Gram matrices: a support and all its children at once.
//!
//! The equations come in blocks g, one for each mass: |A_g − μ_g X_g c|² summed over the blocks. Everything here needs
//! the matrices X_gᵀX_g, the vectors X_gᵀA_g and the numbers |A_g|² only, so that its cost does not depend on the
//! number of equations.

use faer::linalg::matmul::triangular::{BlockStructure, matmul};
use faer::{Accum, Mat, Par};

use crate::data::dot;

/// Relative ridge on normal equations that are scaled to a unit diagonal. It bounds the condition number where columns
/// are nearly dependent; the fits on the equations themselves do without.
const RIDGE: f64 = 1e-10;

/// The normal equations of each block.
#[derive(Clone, Debug)]
pub struct Gram {
    matrices: Vec<Mat<f64>>,
    right: Vec<Vec<f64>>,
    squares: Vec<f64>,
}

/// A least-squares fit of a support.
#[derive(Clone, PartialEq, Debug)]
pub struct Fit {
    /// The sum of squares that is left.
    pub chi: f64,
    /// One coefficient for each column of the support.
    pub coefficients: Vec<f64>,
    /// μ_g of each block.
    pub scales: Vec<f64>,
}

impl Gram {
    /// The normal equations of no equations yet, with blocks for `columns` unknowns.
    pub fn new(blocks: usize, columns: usize) -> Gram {
        Gram {
            matrices: vec![Mat::zeros(columns, columns); blocks],
            right: vec![vec![0.0; columns]; blocks],
            squares: vec![0.0; blocks],
        }
    }

    /// Adds equations X c = A to a block.
    ///
    /// # Panics
    /// If the shapes differ.
    pub fn add(&mut self, block: usize, x: &Mat<f64>, a: &[f64]) {
        assert_eq!((x.nrows(), x.ncols()), (a.len(), self.right[block].len()), "shapes");
        let matrix = &mut self.matrices[block];
        let (lower, full) = (BlockStructure::TriangularLower, BlockStructure::Rectangular);
        matmul(matrix.as_mut(), lower, Accum::Add, x.transpose(), full, x.as_ref(), full, 1.0, Par::Seq);
        for j in 0..matrix.ncols() {
            (0..j).for_each(|i| matrix[(i, j)] = matrix[(j, i)]);
        }
        for (j, right) in self.right[block].iter_mut().enumerate() {
            *right += dot(x.col_as_slice(j), a);
        }
        self.squares[block] += dot(a, a);
    }

    /// The number of columns.
    pub fn columns(&self) -> usize {
        self.right[0].len()
    }

    /// The number of blocks.
    pub fn blocks(&self) -> usize {
        self.squares.len()
    }

    /// Σ_g |A_g|².
    pub fn square(&self) -> f64 {
        self.squares.iter().sum()
    }

    /// The squared length of a column in all blocks together, at μ = 1.
    pub fn length(&self, column: usize) -> f64 {
        self.matrices.iter().map(|matrix| matrix[(column, column)]).sum()
    }

    /// The normal equations of some of the columns.
    pub fn restricted(&self, columns: &[usize]) -> Gram {
        let n = columns.len();
        let matrix = |all: &Mat<f64>| Mat::from_fn(n, n, |i, j| all[(columns[i], columns[j])]);
        let right = |all: &Vec<f64>| columns.iter().map(|&j| all[j]).collect();
        Gram {
            matrices: self.matrices.iter().map(matrix).collect(),
            right: self.right.iter().map(right).collect(),
            squares: self.squares.clone(),
        }
    }

    /// χ² of all columns together, with a ridge on the columns scaled to unit length.
    pub fn chi_with_ridge(&self, scales: &[f64], ridge: f64) -> f64 {
        let at = self.at(scales);
        let matrix: Vec<f64> =
            (0..self.columns()).flat_map(|j| at.matrix.col_as_slice(j).iter().copied()).collect();
        let c = solve_with_ridge(&matrix, &at.right, ridge);
        at.square - 2.0 * dot(&at.right, &c) + quadratic(&matrix, &c)
    }

    /// The normal equations at given scales μ_g.
    pub fn at(&self, scales: &[f64]) -> GramAt {
        let n = self.columns();
        let (mut matrix, mut right) = (Mat::zeros(n, n), vec![0.0; n]);
        for (g, &scale) in scales.iter().enumerate() {
            for j in 0..n {
                let from = self.matrices[g].col_as_slice(j);
                add_scaled(matrix.col_as_slice_mut(j), scale * scale, from);
            }
            add_scaled(&mut right, scale, &self.right[g]);
        }
        let diagonal = (0..n).map(|j| matrix[(j, j)]).collect();
        GramAt { matrix, right, diagonal, square: self.square() }
    }

    /// Fits a support. With `rounds` > 1, coefficients and all scales but the first are fitted in turn; a scale keeps
    /// its value where the fit would make it negative.
    pub fn fit(&self, support: &[usize], scales: &[f64], rounds: usize) -> Fit {
        let k = support.len();
        let mut scales = scales.to_vec();
        let mut fit = Fit { chi: self.square(), coefficients: vec![0.0; k], scales: scales.clone() };
        for round in 0..rounds.max(1) {
            let mut matrix = vec![0.0; k * k];
            let mut right = vec![0.0; k];
            for (g, &scale) in scales.iter().enumerate() {
                for (a, &i) in support.iter().enumerate() {
                    right[a] += scale * self.right[g][i];
                    for (b, &j) in support.iter().enumerate() {
                        matrix[a * k + b] += scale * scale * self.matrices[g][(i, j)];
                    }
                }
            }
            let c = solve(&matrix, &right);
            let chi = self.square() - 2.0 * dot(&right, &c) + quadratic(&matrix, &c);
            fit = Fit { chi, coefficients: c, scales: scales.clone() };
            if round + 1 < rounds {
                self.update_scales(support, &fit.coefficients, &mut scales);
            }
        }
        fit
    }

    /// The best scale of each block but the first for given coefficients.
    fn update_scales(&self, support: &[usize], c: &[f64], scales: &mut [f64]) {
        for (g, scale) in scales.iter_mut().enumerate().skip(1) {
            let along: f64 = support.iter().zip(c).map(|(&i, c)| c * self.right[g][i]).sum();
            let mut length = 0.0;
            for (&i, a) in support.iter().zip(c) {
                length += support.iter().zip(c).map(|(&j, b)| a * b * self.matrices[g][(i, j)]).sum::<f64>();
            }
            if length > 0.0 && along > 0.0 {
                *scale = along / length;
            }
        }
    }
}

/// The normal equations at given scales.
#[derive(Clone, Debug)]
pub struct GramAt {
    matrix: Mat<f64>,
    right: Vec<f64>,
    diagonal: Vec<f64>,
    square: f64,
}

/// What may be added to a support.
#[derive(Clone, Copy, Debug)]
pub struct Choices<'a> {
    /// The number of terms; term k is column k.
    pub terms: usize,
    /// The terms with a nonlinear parameter and the column that holds its derivative.
    pub pairs: &'a [(usize, usize)],
    /// The greatest relative step |δκ/κ| for which the linearised parameter is trusted.
    pub step: f64,
}

/// What each term would do for a support.
#[derive(Clone, PartialEq, Debug)]
pub struct Children {
    /// χ² of the support itself.
    pub chi: f64,
    /// By how much χ² falls when the term is added: 0 where the term depends on the support.
    pub gains: Vec<f64>,
}

impl GramAt {
    /// χ² of a support, given by its columns, and how far every further term would lower it: one Schur complement for
    /// each term, 2 × 2 for a term with its derivative.
    pub fn children(&self, support: &[usize], choices: &Choices<'_>) -> Children {
        let reduced = self.reduce(support);
        let Reduced { chi, ref right, ref diagonal, .. } = reduced;
        let dependent = |j: usize| diagonal[j] <= 1e-9 * self.diagonal[j];
        let single = |j: usize| if dependent(j) { 0.0 } else { right[j] * right[j] / diagonal[j] };
        let mut gains: Vec<f64> = (0..choices.terms).map(single).collect();
        for &(k, d) in choices.pairs {
            if dependent(k) || dependent(d) {
                continue;
            }
            let (a, b, x) = (diagonal[k], diagonal[d], reduced.cross(self, k, d));
            let determinant = a * b - x * x;
            if determinant <= 1e-7 * a * b {
                continue;
            }
            let coefficient = (b * right[k] - x * right[d]) / determinant;
            let change = (a * right[d] - x * right[k]) / determinant;
            if change.abs() < choices.step * coefficient.abs() {
                gains[k] = gains[k].max(coefficient * right[k] + change * right[d]);
            }
        }
        Children { chi, gains }
    }

    /// The equations orthogonal to the support.
    fn reduce(&self, support: &[usize]) -> Reduced {
        let mut right = self.right.clone();
        let mut diagonal = self.diagonal.clone();
        let mut rows: Vec<Vec<f64>> = Vec::with_capacity(support.len());
        let mut chi = self.square;
        for &c in support {
            let mut row = self.matrix.col_as_slice(c).to_vec();
            for earlier in &rows {
                add_scaled(&mut row, -earlier[c], earlier);
            }
            let pivot = row[c] + RIDGE * self.diagonal[c];
            if pivot <= 1e-14 * self.diagonal[c] {
                continue;
            }
            let scale = 1.0 / pivot.sqrt();
            row.iter_mut().for_each(|x| *x *= scale);
            let along = right[c] * scale;
            add_scaled(&mut right, -along, &row);
            diagonal.iter_mut().zip(&row).for_each(|(d, x)| *d -= x * x);
            chi -= along * along;
            rows.push(row);
        }
        Reduced { chi, right, diagonal, rows }
    }
}

/// Right side and diagonal of the equations orthogonal to a support, and the rows of the eliminated columns.
struct Reduced {
    chi: f64,
    right: Vec<f64>,
    diagonal: Vec<f64>,
    rows: Vec<Vec<f64>>,
}

impl Reduced {
    /// An entry off the diagonal.
    fn cross(&self, at: &GramAt, i: usize, j: usize) -> f64 {
        at.matrix[(i, j)] - self.rows.iter().map(|row| row[i] * row[j]).sum::<f64>()
    }
}

/// A small symmetric positive system M c = b, row by row, scaled to a unit diagonal with [`RIDGE`].
pub fn solve(matrix: &[f64], right: &[f64]) -> Vec<f64> {
    solve_with_ridge(matrix, right, RIDGE)
}

/// The same with another ridge.
pub fn solve_with_ridge(matrix: &[f64], right: &[f64], ridge: f64) -> Vec<f64> {
    let n = right.len();
    let scale: Vec<f64> = (0..n).map(|i| 1.0 / (matrix[i * n + i].abs().sqrt() + 1e-300)).collect();
    let mut lower = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..=i {
            let (head, tail) = lower.split_at(i * n);
            let known = if i == j { &tail[..j] } else { &head[j * n..j * n + j] };
            let entry = matrix[i * n + j] * scale[i] * scale[j] + if i == j { ridge } else { 0.0 };
            let rest = entry - dot(&tail[..j], known);
            lower[i * n + j] = if i == j { rest.max(1e-15).sqrt() } else { rest / lower[j * n + j] };
        }
    }
    let mut c: Vec<f64> = right.iter().zip(&scale).map(|(b, s)| b * s).collect();
    for i in 0..n {
        c[i] = (c[i] - dot(&lower[i * n..i * n + i], &c[..i])) / lower[i * n + i];
    }
    for i in (0..n).rev() {
        let later: f64 = (i + 1..n).map(|j| lower[j * n + i] * c[j]).sum();
        c[i] = (c[i] - later) / lower[i * n + i];
    }
    c.iter_mut().zip(&scale).for_each(|(c, s)| *c *= s);
    c
}

/// cᵀ M c.
pub fn quadratic(matrix: &[f64], c: &[f64]) -> f64 {
    c.iter().zip(matrix.chunks_exact(c.len().max(1))).map(|(a, row)| a * dot(row, c)).sum()
}

/// Adds a multiple of a vector to another.
pub(super) fn add_scaled(to: &mut [f64], scale: f64, from: &[f64]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += scale * from);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Deterministic numbers that look random.
    fn noise(seed: usize, count: usize) -> Vec<f64> {
        (0..count).map(|k| ((seed * 31 + k) as f64 * 12.9898).sin() * 43758.5453 % 1.0).collect()
    }

    fn example() -> (Mat<f64>, Vec<f64>) {
        let columns: Vec<Vec<f64>> = (0..4).map(|j| noise(j + 1, 30)).collect();
        let x = Mat::from_fn(30, 4, |i, j| columns[j][i]);
        let a = (0..30).map(|i| 2.0 * columns[0][i] - columns[2][i] + 0.01 * (i as f64).sin()).collect();
        (x, a)
    }

    #[test]
    fn a_child_has_the_chi_of_its_fit() {
        let (x, a) = example();
        let mut gram = Gram::new(1, 4);
        gram.add(0, &x, &a);
        let choices = Choices { terms: 4, pairs: &[], step: 0.6 };
        let children = gram.at(&[1.0]).children(&[0, 3], &choices);
        for k in [1, 2] {
            let fit = gram.fit(&[0, 3, k], &[1.0], 1);
            assert!((children.chi - children.gains[k] - fit.chi).abs() < 1e-8 * gram.square());
        }
        assert_eq!(children.gains[0], 0.0);
        let fit = gram.fit(&[0, 2], &[1.0], 1);
        assert!((fit.coefficients[0] - 2.0).abs() < 0.01 && (fit.coefficients[1] + 1.0).abs() < 0.01);
    }

    #[test]
    fn a_pair_counts_only_for_small_steps() {
        let (x, a) = example();
        let mut gram = Gram::new(1, 4);
        gram.add(0, &x, &a);
        let gains = |step| {
            let choices = Choices { terms: 3, pairs: &[(0, 2)], step };
            gram.at(&[1.0]).children(&[], &choices).gains[0]
        };
        let both = gram.square() - gram.fit(&[0, 2], &[1.0], 1).chi;
        assert!((gains(0.6) - both).abs() < 1e-8 * both);
        assert!(gains(0.4) < 0.9 * both);
    }

    #[test]
    fn scales_of_blocks_are_fitted() {
        let (x, a) = example();
        let slow: Vec<f64> = a.iter().map(|a| 0.4 * a).collect();
        let mut gram = Gram::new(2, 4);
        gram.add(0, &x, &a);
        gram.add(1, &x, &slow);
        let fit = gram.fit(&[0, 2], &[1.0, 1.0], 20);
        assert!((fit.scales[1] - 0.4).abs() < 1e-3, "{:?}", fit.scales);
        assert_eq!(fit.scales[0], 1.0);
    }

    #[test]
    fn small_systems_are_solved() {
        let matrix = [4.0, 1.0, 1.0, 9.0];
        let c = solve_with_ridge(&matrix, &[5.0, 10.0], 0.0);
        assert!((c[0] - 1.0).abs() < 1e-12 && (c[1] - 1.0).abs() < 1e-12);
        assert!((quadratic(&matrix, &[1.0, 2.0]) - 44.0).abs() < 1e-12);
    }
}

//! Least squares on Gram matrices: a support and all its children at once.
//!
//! The equations come in blocks g, one for each mass: |A_g − μ_g X_g c|² summed over the blocks. Everything here needs
//! the matrices X_gᵀX_g, the vectors X_gᵀA_g and the numbers |A_g|² only, so that its cost does not depend on the
//! number of equations.

use faer::linalg::matmul::triangular::{BlockStructure, matmul};
use faer::{Accum, Mat, Par};

/// Relative ridge on normal equations that are scaled to a unit diagonal. It bounds the condition number where columns
/// are nearly dependent; the fits on the equations themselves do without.
const RIDGE: f64 = 1e-10;

/// A column whose part orthogonal to a support is below this share of its squared length depends on it.
const DEPENDENT: f64 = 1e-9;

/// The normal equations of each block.
#[derive(Clone, Debug)]
pub struct Gram {
    matrices: Vec<Mat<f64>>,
    right: Vec<Vec<f64>>,
    squares: Vec<f64>,
}

/// A term of a support: its column, and where it has a nonlinear parameter κ the column that holds its change per
/// relative change of κ with the greatest step |δκ/κ| for which that is trusted.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Member {
    /// The column.
    pub column: usize,
    /// The column of the change, and the greatest step.
    pub partner: Option<(usize, f64)>,
}

/// A column, or a column with a fixed multiple of its partner.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Direction {
    /// The column.
    pub column: usize,
    /// The partner and its multiple.
    pub along: Option<(usize, f64)>,
}

/// A least-squares fit of a support.
#[derive(Clone, PartialEq, Debug)]
pub struct Fit {
    /// The sum of squares that is left.
    pub chi: f64,
    /// The coefficients of the members, then of their partners.
    pub coefficients: Vec<f64>,
    /// μ_g of each block.
    pub scales: Vec<f64>,
    /// What was fitted: a step that would exceed its bound is held there.
    pub directions: Vec<Direction>,
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

    /// Normal equations that are known already, in one block: XᵀX, XᵀA and |A|².
    ///
    /// # Panics
    /// If the shapes differ.
    pub fn of_one_block(matrix: Mat<f64>, right: Vec<f64>, square: f64) -> Gram {
        assert_eq!((matrix.nrows(), matrix.ncols()), (right.len(), right.len()), "shapes");
        Gram { matrices: vec![matrix], right: vec![right], squares: vec![square] }
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

    /// Those of the first `count` columns that depend on a support of some of them and are not in it.
    pub fn dependent(&self, support: &[usize], count: usize) -> Vec<usize> {
        let first: Vec<usize> = (0..count).collect();
        let at = self.restricted(&first).at(&vec![1.0; self.blocks()]);
        let directions: Vec<Direction> =
            support.iter().map(|&column| Direction { column, along: None }).collect();
        let Reduced { diagonal, .. } = at.reduce(&directions);
        let depends = |&j: &usize| at.diagonal[j] > 0.0 && diagonal[j] <= DEPENDENT * at.diagonal[j];
        (0..count).filter(|j| depends(j) && !support.contains(j)).collect()
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
    pub fn fit(&self, support: &[Member], scales: &[f64], rounds: usize) -> Fit {
        let mut held = vec![None; support.len()];
        let mut fit = self.fit_directions(support, &held, scales);
        for _ in 0..support.len() {
            let mut exceeds = false;
            let changes = support.iter().zip(&mut held).zip(changes(support, &fit));
            for ((member, held), (coefficient, change)) in changes {
                if let (Some((_, step)), None) = (member.partner, &held)
                    && change.abs() > step * coefficient.abs()
                {
                    *held = Some(step.copysign(change * coefficient));
                    exceeds = true;
                }
            }
            if !exceeds {
                break;
            }
            fit = self.fit_directions(support, &held, scales);
        }
        for _ in 1..rounds {
            let scales = self.better_scales(&fit, support);
            fit = self.fit_directions(support, &held, &scales);
        }
        fit
    }

    /// Fits a support at given scales with some steps held.
    fn fit_directions(&self, support: &[Member], held: &[Option<f64>], scales: &[f64]) -> Fit {
        let mut directions = Vec::with_capacity(2 * support.len());
        for (member, held) in support.iter().zip(held) {
            let along = member.partner.and_then(|(partner, _)| Some((partner, (*held)?)));
            directions.push(Direction { column: member.column, along });
        }
        for (member, _) in support.iter().zip(held).filter(|(_, held)| held.is_none()) {
            directions.extend(member.partner.map(|(column, _)| Direction { column, along: None }));
        }
        let (matrix, right) = self.reduced_to(&directions, scales);
        let c = solve(&matrix, &right);
        let chi = self.square() - 2.0 * dot(&right, &c) + quadratic(&matrix, &c);
        let (own, mut free) = (&c[..support.len()], c[support.len()..].iter());
        let mut coefficients = own.to_vec();
        for ((member, held), own) in
            support.iter().zip(held).zip(own).filter(|((m, _), _)| m.partner.is_some())
        {
            let _ = member;
            coefficients.push(held.map_or_else(|| *free.next().unwrap_or(&0.0), |step| step * own));
        }
        Fit { chi, coefficients, scales: scales.to_vec(), directions }
    }

    /// The normal equations of directions at given scales, row by row.
    fn reduced_to(&self, directions: &[Direction], scales: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let k = directions.len();
        let (mut matrix, mut right) = (vec![0.0; k * k], vec![0.0; k]);
        for (g, &scale) in scales.iter().enumerate() {
            for (a, first) in directions.iter().enumerate() {
                right[a] += scale * first.of(&self.right[g]);
                for (b, second) in directions.iter().enumerate().take(a + 1) {
                    matrix[a * k + b] += scale * scale * self.entry(g, first, second);
                }
            }
        }
        for a in 0..k {
            (0..a).for_each(|b| matrix[b * k + a] = matrix[a * k + b]);
        }
        (matrix, right)
    }

    fn entry(&self, block: usize, first: &Direction, second: &Direction) -> f64 {
        let matrix = &self.matrices[block];
        let of_column = |j: usize| first.of(matrix.col_as_slice(j));
        of_column(second.column) + second.along.map_or(0.0, |(partner, ratio)| ratio * of_column(partner))
    }

    /// The best scale of each block but the first for given coefficients.
    fn better_scales(&self, fit: &Fit, support: &[Member]) -> Vec<f64> {
        let partners = support.iter().filter_map(|member| member.partner.map(|(partner, _)| partner));
        let columns: Vec<usize> = support.iter().map(|member| member.column).chain(partners).collect();
        let weighted = || columns.iter().zip(&fit.coefficients);
        let mut scales = fit.scales.clone();
        for (g, scale) in scales.iter_mut().enumerate().skip(1) {
            let along: f64 = weighted().map(|(&i, c)| c * self.right[g][i]).sum();
            let row = |i: usize| weighted().map(|(&j, b)| b * self.matrices[g][(i, j)]).sum::<f64>();
            let length: f64 = weighted().map(|(&i, a)| a * row(i)).sum();
            if length > 0.0 && along > 0.0 {
                *scale = along / length;
            }
        }
        scales
    }
}

impl Direction {
    /// The entry of a vector over the columns.
    fn of(&self, vector: &[f64]) -> f64 {
        vector[self.column] + self.along.map_or(0.0, |(partner, ratio)| ratio * vector[partner])
    }
}

/// The coefficient and the change of each member; a change of 0 where it has no partner.
fn changes<'a>(support: &'a [Member], fit: &'a Fit) -> impl Iterator<Item = (f64, f64)> + use<'a> {
    let (own, partners) = fit.coefficients.split_at(support.len());
    let mut partners = partners.iter();
    support.iter().zip(own).map(move |(member, &own)| {
        (own, member.partner.and_then(|_| partners.next().copied()).unwrap_or(0.0))
    })
}

/// The normal equations at given scales.
#[derive(Clone, Debug)]
pub struct GramAt {
    matrix: Mat<f64>,
    right: Vec<f64>,
    diagonal: Vec<f64>,
    square: f64,
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
    /// χ² of a support and how far each of the choices would lower it: one Schur complement for each, 2 × 2 for a term
    /// with its change, whose step is held at its bound where it would exceed it.
    pub fn children(&self, support: &[Direction], choices: &[Member]) -> Children {
        let reduced = self.reduce(support);
        let Reduced { chi, ref right, ref diagonal, .. } = reduced;
        let dependent = |j: usize| diagonal[j] <= DEPENDENT * self.diagonal[j];
        let gain = |choice: &Member| {
            let k = choice.column;
            if dependent(k) {
                return 0.0;
            }
            let single = right[k] * right[k] / diagonal[k];
            match choice.partner {
                Some((d, step)) if !dependent(d) => {
                    let (a, b, x) = (diagonal[k], diagonal[d], reduced.cross(self, k, d));
                    single.max(gain_of_pair([a, b, x], right[k], right[d], step))
                }
                _ => single,
            }
        };
        Children { chi, gains: choices.iter().map(gain).collect() }
    }

    /// The equations orthogonal to the support.
    fn reduce(&self, support: &[Direction]) -> Reduced {
        let mut right = self.right.clone();
        let mut diagonal = self.diagonal.clone();
        let mut rows: Vec<Vec<f64>> = Vec::with_capacity(support.len());
        let mut chi = self.square;
        for direction in support {
            let mut row = self.matrix.col_as_slice(direction.column).to_vec();
            if let Some((partner, ratio)) = direction.along {
                add_scaled(&mut row, ratio, self.matrix.col_as_slice(partner));
            }
            let length = direction.of(&row);
            for earlier in &rows {
                add_scaled(&mut row, -direction.of(earlier), earlier);
            }
            let pivot = direction.of(&row) + RIDGE * length;
            if pivot <= 1e-14 * length {
                continue;
            }
            let scale = 1.0 / pivot.sqrt();
            row.iter_mut().for_each(|x| *x *= scale);
            let along = direction.of(&right) * scale;
            add_scaled(&mut right, -along, &row);
            diagonal.iter_mut().zip(&row).for_each(|(d, x)| *d -= x * x);
            chi -= along * along;
            rows.push(row);
        }
        Reduced { chi, right, diagonal, rows }
    }
}

/// By how much a column and its partner lower χ² when their ratio stays within ±step. The matrix is [[a, x], [x, b]].
fn gain_of_pair([a, b, x]: [f64; 3], right: f64, partner: f64, step: f64) -> f64 {
    let determinant = a * b - x * x;
    if determinant <= 1e-7 * a * b {
        return 0.0;
    }
    let coefficient = (b * right - x * partner) / determinant;
    let change = (a * partner - x * right) / determinant;
    if change.abs() <= step * coefficient.abs() {
        return coefficient * right + change * partner;
    }
    let held = |s: f64| (right + s * partner).powi(2) / (a + 2.0 * s * x + s * s * b);
    held(step).max(held(-step))
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

/// A small symmetric positive system M c = b, row by row, scaled to a unit diagonal with `RIDGE`.
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

/// The scalar product, in four partial sums so that the compiler can use vector instructions.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (fours, rest) = a.as_chunks::<4>();
    let (others, other_rest) = b[..a.len()].as_chunks::<4>();
    let mut sums = [0.0; 4];
    for (x, y) in fours.iter().zip(others) {
        (0..4).for_each(|k| sums[k] += x[k] * y[k]);
    }
    let tail: f64 = rest.iter().zip(other_rest).map(|(x, y)| x * y).sum();
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + tail
}

/// Adds a multiple of a vector to another.
pub(super) fn add_scaled(to: &mut [f64], scale: f64, from: &[f64]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += scale * from);
}

#[cfg(test)]
mod tests;

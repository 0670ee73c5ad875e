//! The eigenbasis that SOAP works in: running means of GGᵀ and GᵀG of a weight matrix of gradient G, and their
//! eigenvectors, which follow by orthogonal iteration.

use super::linear::{Aligned, Work, vectorised, zeros};
use super::product::{Target, View, product, transpose};
use super::sums::Lanes;

/// The bases of a matrix `[rows, columns]`.
pub(super) struct Rotation {
    rows: usize,
    columns: usize,
    /// Of the means, symmetric, the lower triangle counts.
    left: Aligned<f32>,
    right: Aligned<f32>,
    /// Eigenvectors, one in each row.
    left_basis: Aligned<f32>,
    right_basis: Aligned<f32>,
    /// Room for a turned gradient and an intermediate product.
    turned: Aligned<f32>,
    half: Aligned<f32>,
    /// Room for a new basis.
    next: Aligned<f32>,
    /// For the copies that products make.
    room: Aligned<f32>,
}

impl Rotation {
    pub(super) fn new(rows: usize, columns: usize) -> Self {
        let identity = |n: usize| {
            let mut matrix = zeros(n * n);
            (0..n).for_each(|i| matrix[i * n + i] = 1.);
            matrix
        };
        Self {
            rows,
            columns,
            left: zeros(rows * rows),
            right: zeros(columns * columns),
            left_basis: identity(rows),
            right_basis: identity(columns),
            turned: zeros(rows * columns),
            half: zeros(rows * columns),
            next: zeros(rows.max(columns).pow(2)),
            room: zeros(0),
        }
    }

    /// What is saved, with names and shapes.
    pub(super) fn state(&self) -> [(&'static str, Vec<usize>, &[f32]); 4] {
        let (left, right) = (vec![self.rows; 2], vec![self.columns; 2]);
        [
            ("left", left.clone(), &self.left),
            ("right", right.clone(), &self.right),
            ("left_basis", left, &self.left_basis),
            ("right_basis", right, &self.right_basis),
        ]
    }

    pub(super) fn state_mut(&mut self) -> [(&'static str, &mut Aligned<f32>); 4] {
        [
            ("left", &mut self.left),
            ("right", &mut self.right),
            ("left_basis", &mut self.left_basis),
            ("right_basis", &mut self.right_basis),
        ]
    }

    /// mean ← keep·mean + take·GGᵀ, and the same with GᵀG.
    pub(super) fn accumulate(&mut self, gradient: &[f32], keep: f32, take: f32) {
        let (g, room) = (View::new(gradient, self.rows, self.columns), &mut self.room);
        let left = Target::mix(&mut self.left, self.rows, keep, take).lower();
        product(left, g, g.transposed(), room);
        let right = Target::mix(&mut self.right, self.columns, keep, take).lower();
        product(right, g.transposed(), g, room);
    }

    /// One step of orthogonal iteration on both bases; the first moment `m` turns with them.
    pub(super) fn turn(&mut self, m: &mut [f32]) {
        self.rotate_back(m);
        let Self { rows, columns, left, right, left_basis, right_basis, next, room, .. } = self;
        power_step(left_basis, left, &mut next[..*rows * *rows], room);
        power_step(right_basis, right, &mut next[..*columns * *columns], room);
        let turned = self.rotated(m);
        m.copy_from_slice(turned);
    }

    /// The gradient in the eigenbasis, L G Rᵀ.
    pub(super) fn rotated(&mut self, gradient: &[f32]) -> &[f32] {
        let Self { left_basis, right_basis, turned, half, room, .. } = self;
        let (r, c) = (self.rows, self.columns);
        let (left, right) = (View::new(left_basis, r, r), View::new(right_basis, c, c));
        product(Target::set(half, c), left, View::new(gradient, r, c), room);
        product(Target::set(turned, c), View::new(half, r, c), right.transposed(), room);
        turned
    }

    /// Replaces X by Lᵀ X R.
    pub(super) fn rotate_back(&mut self, matrix: &mut [f32]) {
        let Self { left_basis, right_basis, half, room, .. } = self;
        let (r, c) = (self.rows, self.columns);
        let (left, right) = (View::new(left_basis, r, r), View::new(right_basis, c, c));
        product(Target::set(half, c), left.transposed(), View::new(matrix, r, c), room);
        product(Target::set(matrix, c), View::new(half, r, c), right, room);
    }
}

/// Makes `basis` the rows of `basis·(mean + δ)`, made orthonormal; δ keeps directions without gradient where they are. Of
/// `mean` the lower triangle counts; the upper one is made equal to it.
fn power_step(basis: &mut [f32], mean: &mut [f32], next: &mut [f32], room: &mut Aligned<f32>) {
    let n = basis.len().isqrt();
    let trace: f32 = (0..n).map(|i| mean[i * n + i]).sum();
    if trace <= 0. || !trace.is_finite() {
        return;
    }
    transpose(next, n, View::new(mean, n, n));
    (0..n).for_each(|i| mean[i * n + i..][..n - i].copy_from_slice(&next[i * n + i..][..n - i]));
    let shift = 1e-4 * trace / n as f32;
    next.copy_from_slice(basis);
    product(Target::mix(next, n, shift, 1.), View::new(basis, n, n), View::new(mean, n, n), room);
    vectorised(Orthonormalisation { rows: next, n, room });
    basis.copy_from_slice(next);
}

struct Orthonormalisation<'a> {
    rows: &'a mut [f32],
    n: usize,
    room: &'a mut Aligned<f32>,
}

impl Work for Orthonormalisation<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        orthonormalise(self.rows, self.n, self.room);
    }
}

/// Rows that are made orthonormal together.
const BLOCK: usize = 16;

/// Gram–Schmidt of the rows of a square matrix, in blocks so that most of it is products. Two sweeps; in the first, rows may
/// be nearly parallel, so that each is made orthogonal to the rest of its block twice.
#[inline(always)]
fn orthonormalise(rows: &mut [f32], n: usize, room: &mut Aligned<f32>) {
    let mut overlaps = zeros(BLOCK * n);
    for start in (0..n).step_by(BLOCK) {
        let size = BLOCK.min(n - start);
        let (done, rest) = rows.split_at_mut(start * n);
        let block = &mut rest[..size * n];
        for sweep in 0..2 {
            if start > 0 {
                let before = View::new(done, start, n);
                // In this order, the few rows of the block are copied, not all that are done.
                let own = View::new(block, size, n).transposed();
                product(Target::set(&mut overlaps, size), before, own, room);
                let overlaps = View::new(&overlaps, start, size).transposed();
                product(Target::mix(block, n, 1., -1.), overlaps, before, room);
            }
            for i in 0..size {
                let (earlier, row) = block.split_at_mut(i * n);
                let row = &mut row[..n];
                for _ in sweep..2 {
                    subtract_overlaps(row, earlier);
                }
                let mut sum = Lanes::new();
                sum.add_products(row, row);
                let norm = sum.total().sqrt();
                let inverse = if norm > 0. { 1. / norm } else { 0. };
                for x in row {
                    *x *= inverse;
                }
            }
        }
    }
}

/// Makes a row orthogonal to at most fifteen others, which are orthonormal.
#[inline(always)]
fn subtract_overlaps(row: &mut [f32], others: &[f32]) {
    // All overlaps first: they do not wait for one another.
    let mut overlaps = [0.; BLOCK];
    for (overlap, other) in overlaps.iter_mut().zip(others.chunks_exact(row.len())) {
        let mut sum = Lanes::new();
        sum.add_products(row, other);
        *overlap = sum.total();
    }
    for (&overlap, other) in overlaps.iter().zip(others.chunks_exact(row.len())) {
        for (x, &o) in row.iter_mut().zip(other) {
            *x -= overlap * o;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Products by their definition.
    fn by_definition(a: &[f32], b: &[f32], (rows, depth, columns): (usize, usize, usize)) -> Vec<f32> {
        let entry =
            |at: usize| (0..depth).map(|k| a[at / columns * depth + k] * b[k * columns + at % columns]).sum();
        (0..rows * columns).map(entry).collect()
    }

    fn transposed(a: &[f32], rows: usize, columns: usize) -> Vec<f32> {
        (0..rows * columns).map(|at| a[at % rows * columns + at / rows]).collect()
    }

    #[test]
    fn the_means_are_of_the_gradient_and_the_way_back_undoes_the_way_in() {
        let (r, c) = (21, 35);
        let gradient: Vec<f32> = (0..r * c).map(|at| ((at * at + at) as f32).sin()).collect();
        let turned = transposed(&gradient, r, c);
        let mut rotation = Rotation::new(r, c);
        rotation.accumulate(&gradient, 0.5, 0.25);
        rotation.accumulate(&gradient, 0.5, 0.25);
        let left = by_definition(&gradient, &turned, (r, c, r));
        let right = by_definition(&turned, &gradient, (c, r, c));
        for (mean, expected, n) in [(&rotation.left, &left, r), (&rotation.right, &right, c)] {
            for at in (0..n * n).filter(|at| at % n <= at / n) {
                assert!((mean[at] - 0.375 * expected[at]).abs() < 1e-4, "{at}");
            }
        }
        let mut m = gradient.clone();
        rotation.turn(&mut m);
        let mut inside = rotation.rotated(&gradient).to_vec();
        // The moment has turned as the gradient has.
        assert!(inside.iter().zip(&m).all(|(a, b)| (a - b).abs() < 1e-4));
        rotation.rotate_back(&mut inside);
        assert!(inside.iter().zip(&gradient).all(|(a, b)| (a - b).abs() < 1e-4));
    }

    /// The largest entry of QQᵀ − 1, the rows of Q being those of the basis.
    fn off_orthonormal(basis: &[f32]) -> f32 {
        let n = basis.len().isqrt();
        let gram = by_definition(basis, &transposed(basis, n, n), (n, n, n));
        let off = |(at, x): (usize, &f32)| (x - if at / n == at % n { 1. } else { 0. }).abs();
        gram.iter().enumerate().map(off).fold(0., f32::max)
    }

    #[test]
    fn every_turn_is_orthonormal_whatever_the_rank() {
        for (n, rank) in [(37, 1), (100, 1), (100, 4), (200, 8)] {
            let vector = |k: usize| (0..n).map(move |i| ((i * i + 7 * k + 1) as f32 * (k + 1) as f32).sin());
            let mut mean = vec![0.; n * n];
            for k in 0..rank {
                let v: Vec<f32> = vector(k).collect();
                mean.iter_mut().enumerate().for_each(|(at, m)| *m += v[at / n] * v[at % n]);
            }
            let mut basis = Rotation::new(n, 1).left_basis;
            for _ in 0..4 {
                power_step(&mut basis, &mut mean, &mut vec![0.; n * n], &mut zeros(0));
                assert!(off_orthonormal(&basis) < 1e-5, "{n}, rank {rank}: {}", off_orthonormal(&basis));
            }
        }
    }

    #[test]
    fn orthogonal_iteration_finds_eigenvectors() {
        let n = 40;
        let v: Vec<f32> = (0..n).map(|i| ((i * i + 1) as f32).sin()).collect();
        let square: f32 = v.iter().map(|x| x * x).sum();
        let mut mean: Vec<f32> = (0..n * n).map(|at| v[at / n] * v[at % n]).collect();
        let mut basis = Rotation::new(n, 1).left_basis;
        for _ in 0..4 {
            power_step(&mut basis, &mut mean, &mut vec![0.; n * n], &mut zeros(0));
        }
        let overlap: f32 = basis[..n].iter().zip(&v).map(|(a, b)| a * b).sum();
        assert!((overlap.abs() - square.sqrt()).abs() < 1e-3);
    }
}

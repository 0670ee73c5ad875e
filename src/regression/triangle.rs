//! Triangular factors: least squares in which each piece's initial state is eliminated.

/// The triangular factor R of `[J_z, J_θ, r]`, row by row `[size, size]`, where z is the state of a piece at its
/// anchor, θ the common constants and r the residuals.
#[derive(Clone, Debug)]
pub(crate) struct Triangle {
    size: usize,
    rows: Vec<f64>,
}

/// A piece's state, eliminated: `R_zz·δz = r_z − R_zθ·δθ`.
pub(crate) struct Eliminated {
    states: usize,
    size: usize,
    rows: Vec<f64>,
}

impl Triangle {
    /// The factor of equations written row by row, `[equations, size]`, the right-hand side last.
    pub(crate) fn new(mut equations: Vec<f64>, size: usize) -> Triangle {
        reflect(&mut equations, size, size);
        equations.resize(size * size, 0.0);
        Triangle { size, rows: equations }
    }

    /// The sum of squares of the right-hand side.
    pub(crate) fn square(&self) -> f64 {
        self.column(self.size - 1)
    }

    fn column(&self, j: usize) -> f64 {
        self.rows.chunks_exact(self.size).map(|row| row[j] * row[j]).sum()
    }

    /// Eliminates the first `states` unknowns, damped: appends the equations √λ·‖column‖·δz = 0. What is left
    /// for the other unknowns is appended to `rest`.
    pub(crate) fn eliminate(&self, states: usize, damping: f64, rest: &mut Vec<f64>) -> Eliminated {
        let mut rows = self.rows.clone();
        append_damping(&mut rows, self, states, damping);
        reflect(&mut rows, self.size, states);
        for row in rows.chunks_exact(self.size).skip(states) {
            rest.extend_from_slice(&row[states..]);
        }
        rows.truncate(states * self.size);
        Eliminated { states, size: self.size, rows }
    }

    /// The unknowns, damped as in [`eliminate`](Self::eliminate). `None` where they are not determined.
    pub(crate) fn solve(&self, damping: f64) -> Option<Vec<f64>> {
        let unknowns = self.size - 1;
        let mut rows = self.rows.clone();
        append_damping(&mut rows, self, unknowns, damping);
        reflect(&mut rows, self.size, unknowns);
        let right = rows.chunks_exact(self.size).take(unknowns).map(|row| row[unknowns]).collect();
        back_substitute(&rows, self.size, right)
    }

    /// The covariance (JᵀJ)⁻¹ of the unknowns, row by row. `None` where they are not determined.
    pub(crate) fn covariance(&self) -> Option<Vec<f64>> {
        let n = self.size - 1;
        let scale: Vec<f64> = (0..n).map(|j| self.column(j).sqrt()).collect();
        if (0..n).any(|j| self.rows[j * self.size + j].abs() <= 1e-12 * scale[j]) {
            return None;
        }
        let unit = |j: usize| (0..n).map(|i| f64::from(u8::from(i == j))).collect::<Vec<f64>>();
        let inverse: Vec<Vec<f64>> =
            (0..n).map(|j| back_substitute(&self.rows, self.size, unit(j))).collect::<Option<_>>()?;
        let entry = |i: usize, j: usize| inverse.iter().map(|column| column[i] * column[j]).sum();
        Some((0..n * n).map(|k| entry(k / n, k % n)).collect())
    }
}

impl Eliminated {
    /// The change of the state, given that of the constants. `None` where it is not determined.
    pub(crate) fn state(&self, constants: &[f64]) -> Option<Vec<f64>> {
        let right = self.rows.chunks_exact(self.size).map(|row| {
            let known: f64 = row[self.states..].iter().zip(constants).map(|(r, d)| r * d).sum();
            row[self.size - 1] - known
        });
        back_substitute(&self.rows, self.size, right.collect())
    }
}

/// Appends the rows √λ·‖column j‖·e_j for the first `count` columns.
fn append_damping(rows: &mut Vec<f64>, of: &Triangle, count: usize, damping: f64) {
    for j in 0..count {
        let at = rows.len() + j;
        rows.resize(rows.len() + of.size, 0.0);
        rows[at] = (damping * of.column(j)).sqrt();
    }
}

/// Solves the triangular system of the first rows for a right-hand side.
fn back_substitute(rows: &[f64], size: usize, mut right: Vec<f64>) -> Option<Vec<f64>> {
    for i in (0..right.len()).rev() {
        let row = &rows[i * size..][..size];
        let known: f64 = (i + 1..right.len()).map(|j| row[j] * right[j]).sum();
        right[i] = (right[i] - known) / row[i];
    }
    right.iter().all(|x| x.is_finite()).then_some(right)
}

/// Householder reflections that make the first `columns` columns of rows of length `size` triangular.
fn reflect(rows: &mut [f64], size: usize, columns: usize) {
    let count = rows.len() / size;
    let mut products = vec![0.0; size];
    for j in 0..columns.min(count) {
        let norm = (j..count).map(|i| rows[i * size + j].powi(2)).sum::<f64>().sqrt();
        if norm == 0.0 {
            continue;
        }
        let pivot = rows[j * size + j];
        let head = pivot + norm.copysign(pivot);
        // v = (head, rows below); H = I − v·vᵀ/(norm·|head|).
        rows[j * size + j] = head;
        products[j..].fill(0.0);
        for row in rows.chunks_exact(size).skip(j) {
            let v = row[j];
            products[j + 1..].iter_mut().zip(&row[j + 1..]).for_each(|(y, x)| *y += v * x);
        }
        let scale = 1.0 / (norm * head.abs());
        for row in rows.chunks_exact_mut(size).skip(j) {
            let v = row[j] * scale;
            row[j + 1..].iter_mut().zip(&products[j + 1..]).for_each(|(y, x)| *y -= v * x);
            row[j] = 0.0;
        }
        rows[j * size + j] = -norm.copysign(pivot);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Six equations in three unknowns; the first is that of a piece.
    fn equations() -> Vec<f64> {
        let line = |k: f64| [1.0, k, k * k, 2.0 - k + 0.5 * k * k + if k == 3.0 { 0.1 } else { 0.0 }];
        (0..6).flat_map(|k| line(f64::from(k))).collect()
    }

    #[test]
    fn eliminating_the_state_gives_the_joint_solution() {
        let triangle = Triangle::new(equations(), 4);
        let joint = triangle.solve(0.0).unwrap();
        let mut rest = Vec::new();
        let eliminated = triangle.eliminate(1, 0.0, &mut rest);
        let constants = Triangle::new(rest, 3).solve(0.0).unwrap();
        let state = eliminated.state(&constants).unwrap();
        for (a, b) in [state, constants].concat().iter().zip(&joint) {
            assert!((a - b).abs() < 1e-12);
        }
        assert!((joint[1] + 1.0).abs() < 0.2 && (joint[2] - 0.5).abs() < 0.05);
    }

    #[test]
    fn covariance_is_the_inverse_of_the_normal_matrix() {
        let mut rest = Vec::new();
        Triangle::new(equations(), 4).eliminate(1, 0.0, &mut rest);
        let covariance = Triangle::new(rest, 3).covariance().unwrap();
        // The constant eliminated: the columns k and k² less their means, 2.5 and 55/6.
        let centred = |k: f64| [k - 2.5, k * k - 55.0 / 6.0];
        let mut normal = [[0.0; 2]; 2];
        for k in 0..6 {
            let row = centred(f64::from(k));
            (0..4).for_each(|e| normal[e / 2][e % 2] += row[e / 2] * row[e % 2]);
        }
        for (i, j) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let product: f64 = (0..2).map(|l| normal[i][l] * covariance[2 * l + j]).sum();
            assert!((product - f64::from(u8::from(i == j))).abs() < 1e-10);
        }
    }

    #[test]
    fn a_constant_without_influence_is_not_determined() {
        let equations = vec![1.0, 0.0, 1.0, 2.0, 0.0, 1.0, 3.0, 0.0, 0.5];
        assert!(Triangle::new(equations, 3).covariance().is_none());
    }
}

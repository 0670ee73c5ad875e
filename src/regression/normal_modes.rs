//! Normal modes of a quadratic Hamiltonian with a positive Hessian, in any canonical coordinates.
//!
//! With S = ∇²H and R = S^{1/2} the equations of motion for y = R(x − x₀) are ẏ = (R J R) y, J the
//! canonical matrix. R J R is antisymmetric: its square is symmetric with the eigenvalues −ω_k², and |y|²/2
//! = H − H(x₀) falls into the parts of y in its eigenspaces. These parts E_k are the mode energies,
//! conserved and in involution (Williamson's normal form; eq. 15 of the paper where H = p²/2m + q·Aq).

use faer::{Mat, Side};

use super::Matrix;
use super::RegressionError;

/// One mode, or several of the same frequency.
#[derive(Clone, Debug)]
pub struct Mode {
    /// ω.
    pub frequency: f64,
    /// E = ½ x·K x + l·x + constant: K, `[variables, variables]` by rows.
    pub matrix: Vec<f64>,
    /// l.
    pub linear: Vec<f64>,
}

/// Relative distance below which two squared frequencies are one.
const SAME: f64 = 1e-7;

/// The modes of H = ½ x·S x + b·x by rising frequency; variables are coordinates, then momenta. `None` when S is
/// not positive definite.
///
/// # Errors
/// [`RegressionError::NotFinite`] when a number is not finite.
pub fn modes(hessian: &[f64], linear: &[f64]) -> Result<Option<Vec<Mode>>, RegressionError> {
    let n = linear.len();
    if hessian.iter().chain(linear).any(|x| !x.is_finite()) {
        return Err(RegressionError::NotFinite);
    }
    let s = Mat::from_fn(n, n, |i, j| hessian[i * n + j]);
    let Some(root) = square_root(&s)? else { return Ok(None) };
    let half = n / 2;
    let rotated =
        Mat::from_fn(n, n, |i, j| if i < half { root[(i + half, j)] } else { -root[(i - half, j)] });
    let b = &root * &rotated;
    let square = b.transpose() * &b;
    let eigen = square.self_adjoint_eigen(Side::Lower).map_err(|_| RegressionError::NotFinite)?;
    let (u, values) = (eigen.U(), eigen.S());
    let largest = values[n - 1];
    let mut found = Vec::new();
    let mut from = 0;
    while from < n {
        let mut to = from + 2;
        while to + 1 < n && values[to] - values[from] < SAME * largest {
            to += 2;
        }
        let to = to.min(n);
        // K = R P R with P the projector on the eigenspace.
        let part =
            Mat::from_fn(n, to - from, |i, k| (0..n).map(|l| root[(i, l)] * u[(l, from + k)]).sum::<f64>());
        let k = &part * part.transpose();
        // ½ (x − x₀)·K (x − x₀) with S x₀ = −b: the linear part is −K x₀ = K S⁻¹ b.
        let minus_centre = solve(&root, linear)?;
        let matrix: Vec<f64> = (0..n * n).map(|at| k[(at / n, at % n)]).collect();
        let linear = (0..n).map(|i| (0..n).map(|j| k[(i, j)] * minus_centre[j]).sum()).collect();
        let mean = (from..to).map(|i| values[i].max(0.0).sqrt()).sum::<f64>() / (to - from) as f64;
        found.push(Mode { frequency: mean, matrix, linear });
        from = to;
    }
    Ok(Some(found))
}

/// The positive square root of a symmetric matrix; `None` when it is not positive definite.
fn square_root(s: &Matrix) -> Result<Option<Matrix>, RegressionError> {
    let n = s.nrows();
    let eigen = s.self_adjoint_eigen(Side::Lower).map_err(|_| RegressionError::NotFinite)?;
    let (u, values) = (eigen.U(), eigen.S());
    if values[0] <= 1e-9 * values[n - 1].abs() {
        return Ok(None);
    }
    Ok(Some(Mat::from_fn(n, n, |i, j| (0..n).map(|k| u[(i, k)] * values[k].sqrt() * u[(j, k)]).sum::<f64>())))
}

/// S⁻¹ b for S = R².
fn solve(root: &Matrix, b: &[f64]) -> Result<Vec<f64>, RegressionError> {
    let n = b.len();
    let eigen = root.self_adjoint_eigen(Side::Lower).map_err(|_| RegressionError::NotFinite)?;
    let (u, values) = (eigen.U(), eigen.S());
    let along: Vec<f64> =
        (0..n).map(|k| (0..n).map(|i| u[(i, k)] * b[i]).sum::<f64>() / values[k].powi(2)).collect();
    Ok((0..n).map(|i| (0..n).map(|k| u[(i, k)] * along[k]).sum()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// {E, H} = ∇E·J∇H of two quadratic forms vanishes when K J S is antisymmetric.
    fn commutes(k: &[f64], s: &[f64], n: usize) -> bool {
        let half = n / 2;
        let at = |m: &[f64], i: usize, j: usize| m[i * n + j];
        let kjs = |i: usize, j: usize| -> f64 {
            (0..half).map(|l| at(k, i, l) * at(s, l + half, j) - at(k, i, l + half) * at(s, l, j)).sum()
        };
        (0..n).all(|i| (0..n).all(|j| (kjs(i, j) + kjs(j, i)).abs() < 1e-12))
    }

    #[test]
    fn a_particle_in_a_magnetic_field_and_a_trap() {
        // H = (px + y)² + (py − x)² + x² + y² + x, Hessian over x, y, px, py.
        let s = [4.0, 0.0, 0.0, -2.0, 0.0, 4.0, 2.0, 0.0, 0.0, 2.0, 2.0, 0.0, -2.0, 0.0, 0.0, 2.0];
        let found = modes(&s, &[1.0, 0.0, 0.0, 0.0]).unwrap().unwrap();
        let frequencies: Vec<f64> = found.iter().map(|m| m.frequency).collect();
        // 2√2 ± 2: the trap's and half the cyclotron frequency.
        assert!((frequencies[0] - (8f64.sqrt() - 2.0)).abs() < 1e-12, "{frequencies:?}");
        assert!((frequencies[1] - (8f64.sqrt() + 2.0)).abs() < 1e-12);
        for mode in &found {
            assert!(commutes(&mode.matrix, &s, 4));
        }
        for (i, entry) in s.iter().enumerate() {
            let sum: f64 = found.iter().map(|m| m.matrix[i]).sum();
            assert!((sum - entry).abs() < 1e-12);
        }
        let linear: f64 = found.iter().map(|m| m.linear[0]).sum();
        assert!((linear - 1.0).abs() < 1e-12);
    }

    #[test]
    fn equal_frequencies_are_one_mode_and_free_motion_has_none() {
        let isotropic: Vec<f64> = (0..16).map(|i| if i % 5 == 0 { 1.0 } else { 0.0 }).collect();
        assert_eq!(modes(&isotropic, &[0.0; 4]).unwrap().unwrap().len(), 1);
        assert!(modes(&[0.0, 0.0, 0.0, 1.0], &[0.0; 2]).unwrap().is_none());
    }
}

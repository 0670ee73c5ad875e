//! Linear least squares with few unknowns, and the removal of unknowns that are not significant.

use faer::prelude::SolveLstsq;
use faer::{Mat, linalg::solvers::Qr};

/// A linear fit y ≈ X c.
#[derive(Clone, PartialEq, Debug)]
pub struct LeastSquares {
    /// One coefficient for each column of X; 0 for columns that were removed.
    pub coefficients: Vec<f64>,
    /// Their errors; 0 for columns that were removed. An error is at least the change that moves y by its residual: the
    /// residuals of smooth curves are biases rather than independent, and averaging does not make these smaller.
    pub errors: Vec<f64>,
    /// The rms of y − X c.
    pub residual: f64,
}

/// Fits y ≈ X c. Columns besides those that are kept in any case are removed one by one, the least significant
/// first, while its coefficient is below `significance` standard errors.
///
/// Returns nothing where there are fewer rows than columns, or a column that is kept vanishes.
///
/// # Shapes
/// `columns` are the columns of X, each as long as `y`.
pub fn backward_elimination(
    columns: &[Vec<f64>],
    y: &[f64],
    kept: &[bool],
    significance: f64,
) -> Option<LeastSquares> {
    let mut active: Vec<usize> =
        (0..columns.len()).filter(|&j| columns[j].iter().any(|x| *x != 0.0)).collect();
    loop {
        let chosen: Vec<&[f64]> = active.iter().map(|&j| columns[j].as_slice()).collect();
        let (coefficients, errors, residual) = fit(&chosen, y)?;
        let weakest = (0..active.len())
            .filter(|&k| !kept[active[k]])
            .map(|k| (k, coefficients[k].abs() / errors[k].max(f64::MIN_POSITIVE)))
            .min_by(|a, b| a.1.total_cmp(&b.1));
        match weakest {
            Some((k, significant)) if significant < significance => drop(active.remove(k)),
            _ => {
                let mut out = LeastSquares {
                    coefficients: vec![0.0; columns.len()],
                    errors: vec![0.0; columns.len()],
                    residual,
                };
                for (k, &j) in active.iter().enumerate() {
                    (out.coefficients[j], out.errors[j]) = (coefficients[k], errors[k]);
                }
                return kept.iter().zip(&out.coefficients).all(|(kept, c)| !kept || *c != 0.0).then_some(out);
            }
        }
    }
}

/// Coefficients, standard errors, rms residual. Columns are scaled to length 1 inside.
fn fit(columns: &[&[f64]], y: &[f64]) -> Option<(Vec<f64>, Vec<f64>, f64)> {
    let (rows, count) = (y.len(), columns.len());
    if rows <= count || count == 0 {
        return None;
    }
    let length = |column: &[f64]| column.iter().map(|x| x * x).sum::<f64>().sqrt();
    let scales: Vec<f64> = columns.iter().map(|column| length(column)).collect();
    let x = Mat::from_fn(rows, count, |i, j| columns[j][i] / scales[j]);
    let qr = Qr::new(x.as_ref());
    let right = Mat::from_fn(rows, 1, |i, _| y[i]);
    let solution = qr.solve_lstsq(&right);
    let residual = &right - &x * &solution;
    let variance = residual.col_as_slice(0).iter().map(|r| r * r).sum::<f64>() / (rows - count) as f64;
    // The rows of R⁻¹ give the covariance (XᵀX)⁻¹ = R⁻¹R⁻ᵀ.
    let r = qr.thin_R();
    let mut inverse = Mat::<f64>::identity(count, count);
    faer::linalg::triangular_solve::solve_upper_triangular_in_place(r, inverse.as_mut(), faer::Par::Seq);
    let error = |j: usize| {
        let square: f64 = (0..count).map(|k| inverse[(j, k)] * inverse[(j, k)]).sum();
        let independent = square * variance;
        // The change of c_j that moves y by the rms of its residual.
        let bias = rows as f64 * variance;
        independent.max(bias).sqrt() / scales[j]
    };
    let coefficients: Vec<f64> = (0..count).map(|j| solution[(j, 0)] / scales[j]).collect();
    let errors: Vec<f64> = (0..count).map(error).collect();
    let finite = coefficients.iter().chain(&errors).all(|x| x.is_finite());
    finite.then_some((coefficients, errors, variance.sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknowns_that_matter_stay() {
        let t: Vec<f64> = (0..50).map(f64::from).collect();
        let columns: Vec<Vec<f64>> =
            vec![t.clone(), t.iter().map(|t| (0.7 * t).sin()).collect(), vec![1.0; 50], vec![0.0; 50]];
        // A disturbance that none of the columns has.
        let y: Vec<f64> = t.iter().map(|t| 2.0 * t + 3.0 + 1e-3 * (2.9 * t).cos()).collect();
        let fit = backward_elimination(&columns, &y, &[true, false, false, false], 6.0).unwrap();
        assert!((fit.coefficients[0] - 2.0).abs() < 1e-4 && (fit.coefficients[2] - 3.0).abs() < 1e-3);
        assert_eq!((fit.coefficients[1], fit.coefficients[3]), (0.0, 0.0));
        assert!(fit.errors[0] > 0.0 && fit.residual < 1e-3);
    }

    #[test]
    fn too_few_rows_or_an_empty_column_that_must_stay() {
        assert_eq!(backward_elimination(&[vec![1.0]], &[1.0], &[true], 6.0), None);
        assert_eq!(backward_elimination(&[vec![0.0; 5], vec![1.0; 5]], &[1.0; 5], &[true, false], 6.0), None);
    }
}

//! Combinations of functions that stay constant along every run, though the runs differ in them.
//!
//! For functions φ let A = Σ (φ − mean of the run)(φ − mean of the run)ᵀ over all points, and N the same sum as the
//! errors of the points alone would make it. Along an eigenvector A c = λ N c the function cᵀφ varies by √λ times its
//! error: λ is about 1 for what is constant, and large for what is not.

use faer::{Mat, Side};

use super::{Matrix, RegressionError};

/// Functions are told apart from constants where they vary by this share of their spread at least: the arithmetic and
/// the splines of clean data are not better.
const FLOOR: f64 = 1e-7;

/// How functions vary along a run, and how much of it their errors make.
#[derive(Clone, Debug)]
pub struct Scatter {
    /// The number of points.
    pub points: f64,
    /// The mean of each function.
    pub mean: Vec<f64>,
    /// A: sums of products of deviations from the mean, `[functions, functions]`.
    pub within: Matrix,
    /// N: what is expected of these from the errors alone, `[functions, functions]`.
    pub noise: Matrix,
}

impl Scatter {
    /// The scatter of one run.
    ///
    /// # Shapes
    /// `values`: `[points, functions]`; `noise`: `[functions, functions]`, the sum over the points of the covariance of
    /// the functions.
    pub fn of_run(values: &Matrix, noise: Matrix) -> Scatter {
        let points = values.nrows() as f64;
        let mean: Vec<f64> =
            (0..values.ncols()).map(|j| values.col(j).iter().sum::<f64>() / points.max(1.0)).collect();
        let centred = Mat::from_fn(values.nrows(), values.ncols(), |i, j| values[(i, j)] - mean[j]);
        Scatter { points, mean, within: centred.transpose() * &centred, noise }
    }

    /// The scatter of several runs, each about its own mean.
    pub fn of_runs<'a>(runs: impl Iterator<Item = &'a Scatter>) -> Option<Scatter> {
        runs.fold(None, |sum: Option<Scatter>, run| match sum {
            None => Some(run.clone()),
            Some(sum) => {
                let points = sum.points + run.points;
                let mean = sum.mean.iter().zip(&run.mean);
                let mean = mean.map(|(a, b)| (a * sum.points + b * run.points) / points).collect();
                Some(Scatter {
                    points,
                    mean,
                    within: &sum.within + &run.within,
                    noise: &sum.noise + &run.noise,
                })
            }
        })
    }

    /// λ of a combination: its scatter over that of its errors.
    pub fn ratio(&self, coefficients: &[f64]) -> f64 {
        quadratic(&self.within, coefficients) / quadratic(&self.noise, coefficients).max(f64::MIN_POSITIVE)
    }

    /// The variance of a combination along its run.
    pub fn variance(&self, coefficients: &[f64]) -> f64 {
        quadratic(&self.within, coefficients) / self.points.max(1.0)
    }

    /// The scatter of some of the functions.
    fn of_functions(&self, columns: &[usize]) -> Scatter {
        let part =
            |m: &Matrix| Mat::from_fn(columns.len(), columns.len(), |i, j| m[(columns[i], columns[j])]);
        Scatter {
            points: self.points,
            mean: columns.iter().map(|&j| self.mean[j]).collect(),
            within: part(&self.within),
            noise: part(&self.noise),
        }
    }
}

/// Adds to the noise of each function the `FLOOR` of its spread over all runs, which is returned: the standard
/// deviation of each function about the mean of all.
pub fn with_floor(runs: &mut [Scatter]) -> Vec<f64> {
    let Some(all) = Scatter::of_runs(runs.iter()) else { return Vec::new() };
    let spread = |j: usize| {
        let between: f64 = runs.iter().map(|run| run.points * (run.mean[j] - all.mean[j]).powi(2)).sum();
        ((all.within[(j, j)] + between) / all.points).sqrt()
    };
    let spreads: Vec<f64> = (0..all.mean.len()).map(spread).collect();
    for run in runs {
        for (j, spread) in spreads.iter().enumerate() {
            run.noise[(j, j)] += run.points * (FLOOR * spread).powi(2);
        }
    }
    spreads
}

/// The combinations of some functions with λ below a limit, smallest first; each with a coefficient for every function.
///
/// # Errors
/// If the noise is not positive definite, as where a function is 0 on all points.
pub fn constant_combinations(
    scatter: &Scatter,
    columns: &[usize],
    limit: f64,
) -> Result<Vec<Vec<f64>>, RegressionError> {
    let part = scatter.of_functions(columns);
    let scale: Vec<f64> = (0..columns.len()).map(|j| part.noise[(j, j)].sqrt().recip()).collect();
    let scaled = |m: &Matrix| Mat::from_fn(m.nrows(), m.ncols(), |i, j| m[(i, j)] * scale[i] * scale[j]);
    let failed = RegressionError::Covariance { piece: 0, coordinate: 0 };
    let noise = scaled(&part.noise);
    let factor = noise.llt(Side::Lower).map_err(|_| failed.clone())?;
    let mut whitened = scaled(&part.within);
    let lower = factor.L();
    lower.solve_lower_triangular_in_place(whitened.as_mut());
    let mut whitened = whitened.transpose().to_owned();
    lower.solve_lower_triangular_in_place(whitened.as_mut());
    let eigen = whitened.self_adjoint_eigen(Side::Lower).map_err(|_| failed)?;
    let count = eigen.S().column_vector().iter().take_while(|value| **value <= limit).count();
    let mut vectors = Mat::from_fn(columns.len(), count, |i, k| eigen.U()[(i, k)]);
    lower.transpose().solve_upper_triangular_in_place(vectors.as_mut());
    let whole = |k: usize| {
        let mut coefficients = vec![0.0; scatter.mean.len()];
        columns.iter().enumerate().for_each(|(i, &column)| coefficients[column] = vectors[(i, k)] * scale[i]);
        coefficients
    };
    Ok((0..count).map(whole).collect())
}

/// The same space by rows in reduced echelon form, each with as few functions as that gives. The pivots are the largest
/// shares.
///
/// # Shapes
/// `rows`: `[combinations][functions]`; `spreads`: `[functions]`.
pub fn reduced(rows: Vec<Vec<f64>>, spreads: &[f64]) -> Vec<Vec<f64>> {
    let mut rows = rows;
    for done in 0..rows.len() {
        let unit = |row: &mut Vec<f64>| {
            let length = row.iter().zip(spreads).map(|(c, s)| (c * s).powi(2)).sum::<f64>().sqrt();
            row.iter_mut().for_each(|c| *c /= length.max(f64::MIN_POSITIVE));
        };
        rows[done..].iter_mut().for_each(unit);
        let places = (done..rows.len()).flat_map(|i| (0..spreads.len()).map(move |j| (i, j)));
        let share = |&(i, j): &(usize, usize)| (rows[i][j] * spreads[j]).abs();
        let Some((i, j)) = places.max_by(|a, b| share(a).total_cmp(&share(b))) else { break };
        rows.swap(done, i);
        let pivot = rows[done].clone();
        for (_, row) in rows.iter_mut().enumerate().filter(|(other, _)| *other != done) {
            let factor = row[j] / pivot[j];
            row.iter_mut().zip(&pivot).for_each(|(c, p)| *c -= factor * p);
            row[j] = 0.0;
        }
    }
    rows
}

/// Leaves out one function after the other, the least of them first, as long as λ of the best combination of the rest
/// stays below the limit. Returns that combination.
///
/// # Shapes
/// `spreads`: `[functions]`, by which the share of a function is judged.
pub fn thinned(
    scatter: &Scatter,
    coefficients: &[f64],
    spreads: &[f64],
    limit: f64,
) -> Result<Vec<f64>, RegressionError> {
    let mut best = coefficients.to_vec();
    loop {
        let mut used: Vec<usize> = (0..best.len()).filter(|&j| best[j] != 0.0).collect();
        used.sort_by(|&a, &b| (best[a] * spreads[a]).abs().total_cmp(&(best[b] * spreads[b]).abs()));
        let mut shorter = None;
        for left_out in 0..used.len().saturating_sub(1) {
            let kept: Vec<usize> =
                used.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, &j)| j).collect();
            shorter = constant_combinations(scatter, &kept, limit)?.into_iter().next();
            if shorter.is_some() {
                break;
            }
        }
        match shorter {
            Some(shorter) => best = shorter,
            None => return Ok(best),
        }
    }
}

/// The covariance of the coefficients of a combination, that of one function held: the errors of the points, seen
/// through the scatter of the functions.
///
/// # Shapes
/// Returned: `[free, free]` for the other functions of the combination, in order.
pub fn covariance(
    scatter: &Scatter,
    coefficients: &[f64],
    held: usize,
    independent: f64,
) -> Result<Matrix, RegressionError> {
    let free: Vec<usize> = (0..coefficients.len()).filter(|&j| coefficients[j] != 0.0 && j != held).collect();
    let part = scatter.of_functions(&free);
    let factor =
        part.within.llt(Side::Lower).map_err(|_| RegressionError::Covariance { piece: 0, coordinate: 0 })?;
    let mut inverse = Mat::<f64>::identity(free.len(), free.len());
    faer::linalg::solvers::SolveCore::solve_in_place_with_conj(&factor, faer::Conj::No, inverse.as_mut());
    // Each point's error, of which only so many are independent.
    let variance = quadratic(&scatter.within, coefficients) / scatter.points;
    let repeated = (scatter.points / independent.max(1.0)).max(1.0);
    Ok(Mat::from_fn(free.len(), free.len(), |i, j| inverse[(i, j)] * variance * repeated))
}

fn quadratic(matrix: &Matrix, vector: &[f64]) -> f64 {
    let used: Vec<usize> = (0..vector.len()).filter(|&j| vector[j] != 0.0).collect();
    let row = |&i: &usize| used.iter().map(|&j| matrix[(i, j)] * vector[j]).sum::<f64>() * vector[i];
    used.iter().map(row).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three functions on runs: a = cos t, b = r − cos t, and one that varies freely; a + b is constant along a run.
    fn runs(noise: f64) -> Vec<Scatter> {
        let run = |r: usize| {
            let values = Mat::from_fn(200, 3, |k, j| {
                let t = 0.05 * k as f64 + r as f64;
                let error = noise * (37.0 * (k as f64 + 1.3 * r as f64) * (1.0 + j as f64)).sin() * 1.414;
                error + [t.cos(), r as f64 - t.cos(), (1.7 * t).sin()][j]
            });
            let errors = Mat::from_fn(3, 3, |i, j| if i == j { 200.0 * noise * noise } else { 0.0 });
            Scatter::of_run(&values, errors)
        };
        (0..4).map(run).collect()
    }

    #[test]
    fn what_is_constant_is_found_and_thinned() {
        let mut runs = runs(1e-3);
        let spreads = with_floor(&mut runs);
        let all = Scatter::of_runs(runs.iter()).unwrap();
        let found = constant_combinations(&all, &[0, 1, 2], 3.0).unwrap();
        assert_eq!(found.len(), 1);
        let law = thinned(&all, &found[0], &spreads, 3.0).unwrap();
        assert_eq!(law[2], 0.0);
        assert!((law[0] / law[1] - 1.0).abs() < 1e-3, "{law:?}");
        assert!(all.ratio(&law) < 3.0 && all.ratio(&[1.0, 0.0, 0.0]) > 1e4);
        assert!(constant_combinations(&all, &[0, 2], 3.0).unwrap().is_empty());
    }

    #[test]
    fn the_error_of_a_coefficient_follows_from_the_noise() {
        let mut runs = runs(1e-3);
        with_floor(&mut runs);
        let all = Scatter::of_runs(runs.iter()).unwrap();
        let error = covariance(&all, &[1.0, 1.0, 0.0], 0, 800.0).unwrap()[(0, 0)].sqrt();
        // σ√2 over the scatter √(800/2) of b.
        assert!((3e-5..2e-4).contains(&error), "{error}");
    }

    #[test]
    fn clean_functions_are_compared_with_the_floor() {
        let mut runs = runs(0.0);
        with_floor(&mut runs);
        let all = Scatter::of_runs(runs.iter()).unwrap();
        assert_eq!(constant_combinations(&all, &[0, 1, 2], 3.0).unwrap().len(), 1);
    }
}

//! Backward elimination: which columns a right side needs.

use super::RegressionError;
use super::normal::{Normal, Solution};

/// A system thinned out.
#[derive(Clone, Debug)]
pub struct Elimination {
    /// The fit on the terms that are left.
    pub solution: Solution,
    /// Relative rms (to that of ẋ) with all terms.
    pub full_residual: f64,
    /// Relative rms with the terms that are left.
    pub residual: f64,
    /// Factor by which the rms would grow with the least important term gone.
    pub next_jump: f64,
}

/// Rounding of the data, over the rms of the right side: no fit of velocities leaves less.
const ROUNDING: f64 = 1e-11;
/// Rounding of the solution, over a coefficient.
const SOLUTION: f64 = 1e-10;

impl Elimination {
    /// The standard error of each coefficient that is left, of data that is exact to rounding.
    pub fn standard_errors(&self, system: &Normal) -> Vec<f64> {
        let target = system.target_rms();
        let rms = (self.residual * target).max(ROUNDING * target);
        let Solution { spread, coefficients, .. } = &self.solution;
        spread.iter().zip(coefficients).map(|(s, c)| s * rms + SOLUTION * c.abs()).collect()
    }
}

/// Backward elimination: removes the least important terms as long as the rms stays below
/// max(`growth` × that of all terms, `floor` × rms of ẋ).
///
/// A term's importance is |c_j| over the square root of the diagonal of (AᵀA)⁻¹: by its square the sum
/// of squares grows when the term goes. Terms go in batches, halved when one takes too much along.
///
/// # Errors
/// When even the independent terms cannot be solved for.
pub fn eliminate(
    system: &Normal,
    candidates: &[usize],
    growth: f64,
    floor: f64,
) -> Result<Elimination, RegressionError> {
    let target = system.target_rms();
    let columns = system.independent_columns(candidates, 1e-11);
    if system.rows() < columns.len() {
        return Err(RegressionError::TooFewSamples { samples: system.rows(), unknowns: columns.len() });
    }
    let mut solution = system.solve(&columns)?;
    let full = solution.rms;
    let limit = (growth * full).max(floor * target);
    let mut batch = columns.len() / 2;
    let mut next_jump = f64::INFINITY;
    while !solution.columns.is_empty() {
        batch = batch.clamp(1, solution.columns.len());
        let kept = without_least_important(&solution, batch);
        let trial = system.solve(&kept)?;
        if trial.rms <= limit {
            solution = trial;
        } else if batch > 1 {
            batch /= 2;
        } else {
            next_jump = trial.rms / solution.rms.max(1e-15 * target);
            break;
        }
    }
    let relative = |rms: f64| if target > 0.0 { rms / target } else { 0.0 };
    Ok(Elimination { full_residual: relative(full), residual: relative(solution.rms), next_jump, solution })
}

/// Backward elimination on to one term, from the fit with at most `most` terms, and the fit before the
/// sharpest jump of the rms: where the data says that a needed term went.
///
/// # Errors
/// As [`eliminate`].
pub fn sharpest(system: &Normal, start: &Elimination, most: usize) -> Result<Elimination, RegressionError> {
    let target = system.target_rms().max(f64::MIN_POSITIVE);
    let mut best = shrunk(system, start, most)?;
    let mut solution = best.solution.clone();
    while !solution.columns.is_empty() {
        let trial = system.solve(&without_least_important(&solution, 1))?;
        let jump = trial.rms / solution.rms.max(1e-13 * target);
        if jump > best.next_jump {
            best = Elimination { residual: solution.rms / target, next_jump: jump, solution, ..*start };
        }
        solution = trial;
    }
    Ok(best)
}

/// Backward elimination from `start` on to at most `most` terms, whatever the rms.
///
/// # Errors
/// As [`eliminate`].
pub fn shrunk(system: &Normal, start: &Elimination, most: usize) -> Result<Elimination, RegressionError> {
    let mut solution = start.solution.clone();
    while solution.columns.len() > most {
        let batch = (solution.columns.len() - most).min(solution.columns.len() / 8 + 1);
        solution = system.solve(&without_least_important(&solution, batch))?;
    }
    let target = system.target_rms().max(f64::MIN_POSITIVE);
    Ok(Elimination { residual: solution.rms / target, next_jump: 0.0, solution, ..*start })
}

fn without_least_important(solution: &Solution, count: usize) -> Vec<usize> {
    let importance = |k: usize| solution.coefficients[k].abs() / solution.spread[k];
    let mut order: Vec<usize> = (0..solution.columns.len()).collect();
    order.sort_by(|&a, &b| importance(a).total_cmp(&importance(b)).then(b.cmp(&a)));
    let mut kept: Vec<usize> = order[count..].iter().map(|&k| solution.columns[k]).collect();
    kept.sort_unstable();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 120 rows of six waves and their sum with the coefficients 2, 0, −1, 0, 0, 0 and a little noise.
    fn system() -> Normal {
        let mut system = Normal::new(6);
        let wave =
            |i: usize, j: usize| ((i * (j + 2)) as f64 * 0.37 + (i * i) as f64 * 0.11 * j as f64).sin();
        for i in 0..120 {
            let mut row: Vec<f64> = (0..6).map(|j| wave(i, j)).collect();
            row.push(2.0 * row[0] - row[2] + 1e-3 * wave(i, 9));
            system.add(&row).unwrap();
        }
        system
    }

    #[test]
    fn what_is_not_needed_goes_and_what_is_stays() {
        let found = eliminate(&system(), &[0, 1, 2, 3, 4, 5], 1.15, 0.0).unwrap();
        assert_eq!(found.solution.columns, [0, 2]);
        assert!(found.next_jump > 100.0 && found.residual < 1e-3, "{found:?}");
        let sharp = sharpest(&system(), &found, 6).unwrap();
        assert_eq!(sharp.solution.columns, [0, 2]);
        assert_eq!(shrunk(&system(), &found, 1).unwrap().solution.columns, [0]);
    }

    #[test]
    fn fewer_rows_than_unknowns_are_refused() {
        let mut system = Normal::new(3);
        system.add(&[1.0, 0.2, 0.3, 1.0, 0.1, 0.9, 0.4, 1.0]).unwrap();
        let few = eliminate(&system, &[0, 1, 2], 1.1, 0.0);
        assert!(few.is_ok_and(|found| found.solution.columns.len() <= 2));
    }
}

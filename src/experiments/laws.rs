//! Laws and Hamiltonians as combinations of given terms, fitted to a vector field before any coefficient is rounded,
//! and how far they are from the truth.

use crate::data::coordinate_scales;
use crate::expr::{Expr, Tape};
use crate::recover::first_order::pointwise::{Samples, pointwise_system};
use crate::regression::conserved::{Candidate, Evaluated, Measure, eigenvectors};
use crate::regression::elimination::eliminate;
use crate::regression::{Normal, RegressionError};
use crate::terms::{Grammar, TermLibrary, Variables};

use super::ExperimentError;
use super::tasks::Problem;

/// Most states that a fit uses.
const MOST_STATES: usize = 3000;

/// States of the training set, evenly chosen, with the velocities of the data.
pub(super) fn fitted_states(problem: &Problem) -> Samples {
    let (train, width) = (&problem.data.train, 2 * problem.data.dof);
    let stride = (train.states.len() / width).div_ceil(MOST_STATES).max(1);
    let every = |values: &[f64]| values.chunks_exact(width).step_by(stride).flatten().copied().collect();
    Samples { width, states: every(&train.states), fields: every(&train.derivatives) }
}

/// The terms that a line of a grammar stands for.
pub(super) fn terms(problem: &Problem, line: &str) -> Result<Vec<Expr>, ExperimentError> {
    let grammar = Grammar::parse(&format!("grammar terms\n{line}\n"), "terms", &mut |_| None)?;
    let system = &problem.system;
    let variables = Variables {
        coordinates: system.coordinates.clone(),
        momenta: system.momenta.clone(),
        angles: Vec::new(),
    };
    Ok(TermLibrary::new(&grammar, &variables)?.all_terms().into_iter().map(|t| t.formula).collect())
}

/// The `count` combinations of the terms that a field changes least, smallest residual first.
pub(super) fn conserved(
    problem: &Problem,
    samples: &Samples,
    terms: &[Expr],
    count: usize,
) -> Result<Vec<Candidate>, ExperimentError> {
    let scales = coordinate_scales(&samples.states, samples.width);
    let evaluated = Evaluated::new(terms, &problem.system.variables(), &samples.states, &scales)?;
    let field: Vec<f64> =
        samples.fields.iter().enumerate().map(|(at, v)| v / scales[at % samples.width]).collect();
    let columns: Vec<usize> = (0..terms.len()).collect();
    let mut found = eigenvectors(&evaluated, &columns, Measure::Flow(&field))?;
    found.truncate(count);
    Ok(found)
}

/// The coefficients of H = Σ c_j φ_j with the field ẋ = J∇H closest to that of the samples, terms that do not matter
/// left out as in `discover`: others than these would share the coefficients of nearly collinear ones.
pub(super) fn hamiltonian(
    problem: &Problem,
    samples: &Samples,
    terms: &[Expr],
) -> Result<Vec<f64>, ExperimentError> {
    let system = pointwise_system(terms, &problem.system.variables(), samples)?;
    let solution = eliminate(&system, &(0..terms.len()).collect::<Vec<_>>(), 1.15, 1e-10)?.solution;
    let mut coefficients = vec![0.0; terms.len()];
    for (&column, value) in solution.columns.iter().zip(solution.coefficients) {
        coefficients[column] = value;
    }
    Ok(coefficients)
}

/// The coefficients of a formula that is a combination of the terms.
pub(super) fn coefficients(
    problem: &Problem,
    states: &[f64],
    terms: &[Expr],
    formula: &Expr,
) -> Result<Vec<f64>, ExperimentError> {
    // By the gradients: values may vanish on all data, as the centre-of-mass angular momentum does where the centre
    // starts at the origin.
    let variables = problem.system.variables();
    let (_, gradients) = Tape::new(terms, &variables)?.gradient(states);
    let (_, target) = Tape::new(std::slice::from_ref(formula), &variables)?.gradient(states);
    let (width, count) = (variables.len(), terms.len());
    let mut rows = Vec::with_capacity(gradients.len() + target.len());
    for (sample, target) in gradients.chunks_exact(count * width).zip(target.chunks_exact(width)) {
        for (k, t) in target.iter().enumerate() {
            rows.extend(sample.iter().skip(k).step_by(width));
            rows.push(*t);
        }
    }
    let mut system = Normal::new(count);
    system.add(&rows)?;
    Ok(system.solve(&(0..count).collect::<Vec<_>>())?.coefficients)
}

/// The combination of `basis` closest to `target`, by least squares.
pub(super) fn closest(basis: &[Vec<f64>], target: &[f64]) -> Result<Vec<f64>, RegressionError> {
    let mut system = Normal::new(basis.len());
    let rows: Vec<f64> =
        target.iter().enumerate().flat_map(|(j, t)| basis.iter().map(move |b| b[j]).chain([*t])).collect();
    system.add(&rows)?;
    let weights = system.solve(&(0..basis.len()).collect::<Vec<_>>())?.coefficients;
    Ok((0..target.len()).map(|j| basis.iter().zip(&weights).map(|(b, w)| w * b[j]).sum()).collect())
}

/// Largest deviation of a coefficient, relative to the largest coefficient.
pub(super) fn relative_error(found: &[f64], truth: &[f64]) -> f64 {
    let largest = truth.iter().fold(0.0f64, |m, x| m.max(x.abs()));
    found.iter().zip(truth).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) / largest.max(f64::MIN_POSITIVE)
}

/// A combination of terms for readers: coefficients with three decimals, those below 5e-4 of the largest left out.
pub(super) fn shown(coefficients: &[f64], terms: &[Expr]) -> String {
    let largest = coefficients.iter().fold(0.0f64, |m, x| m.max(x.abs()));
    let mut text = String::new();
    for (c, term) in coefficients.iter().zip(terms).filter(|(c, _)| c.abs() > 5e-4 * largest) {
        let sign = match (text.is_empty(), *c < 0.0) {
            (true, true) => "-",
            (true, false) => "",
            (false, true) => " - ",
            (false, false) => " + ",
        };
        text.push_str(&format!("{sign}{:.4}*{term}", c.abs()));
    }
    text
}

/// Mean squared errors of polynomials of degrees 1, 2, … fitted to a function with zero mean and unit variance on
/// one set of states and measured on another.
pub(super) fn polynomial_errors(
    problem: &Problem,
    degrees: u32,
    (fit, fit_values): (&[f64], &[f64]),
    (check, check_values): (&[f64], &[f64]),
) -> Result<Vec<f64>, ExperimentError> {
    let count = fit_values.len() as f64;
    let average = fit_values.iter().sum::<f64>() / count;
    let spread = (fit_values.iter().map(|v| (v - average).powi(2)).sum::<f64>() / count).sqrt();
    let unit = |v: f64| (v - average) / spread.max(f64::MIN_POSITIVE);
    let mut errors = Vec::new();
    for degree in 1..=degrees {
        let terms = terms(problem, &format!("terms variables^1..{degree}"))?;
        let columns = terms.len();
        if 2 * columns > fit_values.len() {
            break;
        }
        let tape = Tape::new(&terms, &problem.system.variables())?;
        let rows = |states: &[f64], values: &[f64]| -> Vec<f64> {
            let pairs: Vec<f64> = tape.evaluate(states);
            pairs
                .chunks_exact(columns)
                .zip(values)
                .flat_map(|(row, v)| row.iter().copied().chain([1.0, unit(*v)]))
                .collect()
        };
        let mut system = Normal::new(columns + 1);
        system.add(&rows(fit, fit_values))?;
        let independent = system.independent_columns(&(0..=columns).collect::<Vec<_>>(), 1e-9);
        let solution = system.solve(&independent)?;
        let held_out = rows(check, check_values);
        let error: f64 = held_out
            .chunks_exact(columns + 2)
            .map(|row| {
                let fitted: f64 =
                    solution.columns.iter().zip(&solution.coefficients).map(|(&j, c)| c * row[j]).sum();
                (fitted - row[columns + 1]).powi(2)
            })
            .sum();
        errors.push(error / check_values.len().max(1) as f64);
    }
    Ok(errors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_combination_and_its_error() {
        let basis = [vec![1.0, 1.0, 0.0], vec![0.0, 0.0, 2.0]];
        let near = closest(&basis, &[1.0, 1.2, 4.0]).unwrap();
        assert!(relative_error(&near, &[1.1, 1.1, 4.0]) < 1e-12);
        assert!((relative_error(&[1.0, 2.0], &[1.0, 2.5]) - 0.2).abs() < 1e-12);
    }
}

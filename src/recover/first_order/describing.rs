//! Functions on the data described by polynomials in its variables: velocities, and momenta that a network learned.

use crate::expr::{Expr, Tape};
use crate::regression::{Normal, RegressionError, Solution};
use crate::terms::{decimal, polynomials};

use super::data::Prepared;

/// The highest degree of the polynomials.
pub const DEGREE: u32 = 4;
/// The most terms of a polynomial.
const MOST_TERMS: usize = 300;
/// A lower degree is preferred if its error is at most this many times the least.
pub const NEARLY: f64 = 1.5;
/// Significant digits of coefficients.
const DIGITS: usize = 3;

/// The states that are fitted, and those held out; the same where none are.
pub fn states(data: &Prepared) -> (&[f64], &[f64]) {
    let test = if data.held_out.is_empty() { &data.samples } else { &data.held_out };
    (&data.samples.states, &test.states)
}

/// Component i of the velocities on the samples that are fitted, and on those held out.
pub fn fields_of(data: &Prepared, i: usize) -> [Vec<f64>; 2] {
    let test = if data.held_out.is_empty() { &data.samples } else { &data.held_out };
    let column = |fields: &[f64]| fields.iter().skip(i).step_by(data.inputs.len()).copied().collect();
    [column(&data.samples.fields), column(&test.fields)]
}

/// Terms with their values `[states, terms]` on both sets.
pub struct Terms {
    formulas: Vec<Expr>,
    values: [Vec<f64>; 2],
}

/// A fit of a target by terms and a constant.
pub struct Fit {
    solution: Solution,
    /// The mean squared error on the held-out states.
    pub error: f64,
}

impl Terms {
    /// Monomials in the variables of the highest degree that the samples allow; none where they do not allow the first.
    ///
    /// # Errors
    /// Variables that are not those of the data.
    pub fn describing(data: &Prepared) -> Result<Option<Terms>, RegressionError> {
        let found = (1..=DEGREE).rev().find_map(|degree| Terms::up_to(degree, data).transpose());
        found.transpose()
    }

    /// Monomials in the variables up to this degree, if the samples allow so many.
    ///
    /// # Errors
    /// Variables that are not those of the data.
    pub fn up_to(degree: u32, data: &Prepared) -> Result<Option<Terms>, RegressionError> {
        let formulas = polynomials(&data.variables.all(), degree);
        if formulas.len() > MOST_TERMS || formulas.len() * 3 > data.samples.len() {
            return Ok(None);
        }
        let (fitted, held_out) = states(data);
        let tape = Tape::new(&formulas, &data.inputs)?;
        let values = [tape.evaluate(fitted), tape.evaluate(held_out)];
        Ok(Some(Terms { formulas, values }))
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.formulas.len()
    }

    /// The fit by some of the terms, of a target on both sets.
    ///
    /// # Errors
    /// Values that are not finite.
    pub fn fit(&self, columns: &[usize], target: &[Vec<f64>; 2]) -> Result<Fit, RegressionError> {
        let count = self.formulas.len();
        let mut system = Normal::new(columns.len() + 1);
        let row = |(row, target): (&[f64], &f64)| {
            let kept: Vec<f64> = columns.iter().map(|&j| row[j]).collect();
            kept.into_iter().chain([1.0, *target])
        };
        let rows: Vec<f64> = self.values[0].chunks_exact(count).zip(&target[0]).flat_map(row).collect();
        system.add(&rows)?;
        let free = system.independent_columns(&(0..=columns.len()).collect::<Vec<_>>(), 1e-9);
        let mut solution = system.solve(&free)?;
        // The constant is column `count`.
        solution.columns.iter_mut().for_each(|j| *j = columns.get(*j).copied().unwrap_or(count));
        let value = |row: &[f64]| -> f64 {
            let terms = solution.columns.iter().zip(&solution.coefficients);
            terms.map(|(&j, c)| if j < count { row[j] * c } else { *c }).sum()
        };
        let rows = self.values[1].chunks_exact(count).zip(&target[1]);
        let squares: f64 = rows.map(|(row, truth)| (value(row) - truth).powi(2)).sum();
        let error = squares / target[1].len().max(1) as f64;
        Ok(Fit { solution, error })
    }
}

/// The mean squared deviation from the mean.
pub fn variance(values: &[f64]) -> f64 {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count
}

impl Fit {
    /// The terms with their coefficients, without the constant.
    fn terms<'a>(&'a self, terms: &'a Terms) -> impl Iterator<Item = (usize, f64)> + 'a {
        let all = self.solution.columns.iter().copied().zip(self.solution.coefficients.iter().copied());
        all.filter(|(j, _)| *j < terms.formulas.len())
    }

    /// The sum of all terms, to the precision of numbers.
    pub fn whole_formula(&self, terms: &Terms) -> Expr {
        let term =
            |(j, c): (usize, f64)| Expr::product([Expr::number(decimal(c, 16)), terms.formulas[j].clone()]);
        Expr::sum(self.terms(terms).map(term))
    }

    /// The sum of the terms whose coefficients are not below `share` of the largest.
    pub fn formula(&self, terms: &Terms, share: f64) -> Expr {
        let largest = self.terms(terms).fold(0.0f64, |m, (_, c)| m.max(c.abs()));
        let kept = self.terms(terms).filter(|(_, c)| c.abs() > share * largest);
        let term = |(j, c): (usize, f64)| {
            Expr::product([Expr::number(decimal(c, DIGITS)), terms.formulas[j].clone()])
        };
        Expr::sum(kept.map(term))
    }
}

/// The first of the errors that is nearly as small as the least, or below a limit.
pub fn lowest(errors: &[f64], enough: f64) -> Option<usize> {
    let best = errors.iter().copied().fold(f64::INFINITY, f64::min);
    errors.iter().position(|error| *error <= (NEARLY * best).max(enough))
}

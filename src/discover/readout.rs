//! What the networks learned, as formulas: each learned momentum as a polynomial in the variables.

use crate::expr::{Expr, Tape};
use crate::learn::LearnedCoordinates;
use crate::regression::{Normal, RegressionError, Solution};
use crate::terms::{decimal, polynomials};

use super::DiscoverError;
use crate::recover::first_order::Prepared;

/// The highest degree of the polynomials.
const DEGREE: u32 = 4;
/// The most terms of a polynomial.
const MOST_TERMS: usize = 300;
/// A lower degree is preferred if its error is at most this many times the least.
pub(super) const NEARLY: f64 = 1.5;
/// Errors below this share of the variance are all the same.
const NEGLIGIBLE: f64 = 1e-6;
/// Significant digits of coefficients.
const DIGITS: usize = 3;

/// A learned momentum P_i fitted by polynomials, as in the paper's Fig. 5.
#[derive(Clone, Debug)]
pub struct Multinomial {
    /// The polynomial of degree [`degree`](Self::degree), in decimals; P is taken with zero mean and unit variance.
    pub formula: Expr,
    /// The lowest degree that does nearly as well as the best.
    pub degree: u32,
    /// Mean squared error on held-out states for the degrees 1, 2, …, in units of the variance of P.
    pub mse: Vec<f64>,
}

/// The learned momenta on the states that are fitted, and on those held out.
struct Momenta {
    count: usize,
    fitted: Vec<f64>,
    held_out: Vec<f64>,
}

impl Momenta {
    fn new(learned: &LearnedCoordinates, data: &Prepared) -> Result<Momenta, DiscoverError> {
        let (fitted, held_out) = states(data);
        let (fitted, held_out) = (learned.evaluate(fitted)?, learned.evaluate(held_out)?);
        Ok(Momenta { count: fitted.count, fitted: fitted.values, held_out: held_out.values })
    }

    /// Momentum i on both sets, with zero mean and unit variance on the first.
    fn of(&self, i: usize) -> [Vec<f64>; 2] {
        let column =
            |values: &[f64]| values.iter().skip(i).step_by(self.count).copied().collect::<Vec<f64>>();
        let mut both = [column(&self.fitted), column(&self.held_out)];
        let points = both[0].len().max(1) as f64;
        let mean = both[0].iter().sum::<f64>() / points;
        let spread = (both[0].iter().map(|v| (v - mean).powi(2)).sum::<f64>() / points).sqrt();
        both.iter_mut().flatten().for_each(|v| *v = (*v - mean) / spread.max(f64::MIN_POSITIVE));
        both
    }
}

/// The states that are fitted, and those held out; the same where none are.
pub(super) fn states(data: &Prepared) -> (&[f64], &[f64]) {
    let test = if data.held_out.is_empty() { &data.samples } else { &data.held_out };
    (&data.samples.states, &test.states)
}

/// Component i of the velocities on the samples that are fitted, and on those held out.
pub(super) fn fields_of(data: &Prepared, i: usize) -> [Vec<f64>; 2] {
    let test = if data.held_out.is_empty() { &data.samples } else { &data.held_out };
    let column = |fields: &[f64]| fields.iter().skip(i).step_by(data.inputs.len()).copied().collect();
    [column(&data.samples.fields), column(&test.fields)]
}

/// Terms with their values `[states, terms]` on both sets.
pub(super) struct Terms {
    formulas: Vec<Expr>,
    values: [Vec<f64>; 2],
}

/// A fit of a target by terms and a constant.
pub(super) struct Fit {
    solution: Solution,
    /// The mean squared error on the held-out states.
    pub error: f64,
}

impl Terms {
    /// Monomials in the variables of the highest degree that the samples allow.
    pub fn describing(data: &Prepared) -> Result<Option<Terms>, RegressionError> {
        let (fitted, held_out) = states(data);
        let symbols = data.variables.all();
        let degrees = (1..=DEGREE).rev().map(|degree| polynomials(&symbols, degree));
        let fits =
            |formulas: &Vec<Expr>| formulas.len() <= MOST_TERMS && formulas.len() * 3 <= data.samples.len();
        let Some(formulas) = degrees.into_iter().find(fits) else { return Ok(None) };
        let tape = Tape::new(&formulas, &data.inputs)?;
        let values = [tape.evaluate(fitted), tape.evaluate(held_out)];
        Ok(Some(Terms { formulas, values }))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.formulas.len()
    }

    /// The fit by some of the terms.
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
pub(super) fn variance(values: &[f64]) -> f64 {
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
    fn formula(&self, terms: &Terms, share: f64) -> Expr {
        let largest = self.terms(terms).fold(0.0f64, |m, (_, c)| m.max(c.abs()));
        let kept = self.terms(terms).filter(|(_, c)| c.abs() > share * largest);
        let term = |(j, c): (usize, f64)| {
            Expr::product([Expr::number(decimal(c, DIGITS)), terms.formulas[j].clone()])
        };
        Expr::sum(kept.map(term))
    }
}

/// The first of the errors that is nearly as small as the least, or below a limit.
pub(super) fn lowest(errors: &[f64], enough: f64) -> Option<usize> {
    let best = errors.iter().copied().fold(f64::INFINITY, f64::min);
    errors.iter().position(|error| *error <= (NEARLY * best).max(enough))
}

/// Each learned momentum fitted by polynomials of degrees 1 to 4 in the variables.
pub(super) fn multinomials(
    learned: &LearnedCoordinates,
    data: &Prepared,
) -> Result<Vec<Multinomial>, DiscoverError> {
    let momenta = Momenta::new(learned, data)?;
    let (fitted, held_out) = states(data);
    let mut by_degree = Vec::new();
    for degree in 1..=DEGREE {
        let formulas = polynomials(&data.variables.all(), degree);
        if formulas.len() > MOST_TERMS || formulas.len() * 3 > data.samples.len() {
            break;
        }
        let tape = Tape::new(&formulas, &data.inputs).map_err(RegressionError::from)?;
        let values = [tape.evaluate(fitted), tape.evaluate(held_out)];
        by_degree.push(Terms { formulas, values });
    }
    let mut found = Vec::new();
    for i in 0..momenta.count {
        let target = momenta.of(i);
        let mut fits = Vec::new();
        for terms in &by_degree {
            let all: Vec<usize> = (0..terms.formulas.len()).collect();
            fits.push(terms.fit(&all, &target)?);
        }
        let mse: Vec<f64> = fits.iter().map(|fit| fit.error).collect();
        let Some(at) = lowest(&mse, NEGLIGIBLE) else { continue };
        let formula = fits[at].formula(&by_degree[at], 0.01);
        found.push(Multinomial { formula, degree: at as u32 + 1, mse });
    }
    Ok(found)
}

//! What the networks learned, as formulas: each learned momentum as a polynomial in the variables, and in the laws.

use crate::expr::{Expr, Symbol, Tape};
use crate::learn::LearnedCoordinates;
use crate::regression::{Normal, RegressionError, Solution};
use crate::terms::{decimal, monomial, monomials, polynomials};

use super::DiscoverError;
use crate::recover::first_order::Prepared;

/// The highest degree of the polynomials.
const DEGREE: u32 = 4;
/// The most terms of a polynomial.
const MOST_TERMS: usize = 300;
/// A lower degree is preferred if its error is at most this many times the least.
const NEARLY: f64 = 1.5;
/// Errors below this share of the variance are all the same.
const NEGLIGIBLE: f64 = 1e-6;
/// In the laws a momentum is read no more closely than to this share of its variance: a reader wants to see which laws
/// it is made of.
const READABLE: f64 = 1e-3;
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

/// A learned momentum P_i as a polynomial in the laws.
#[derive(Clone, PartialEq, Debug)]
pub struct InLaws {
    /// The polynomial in the names of the laws, in decimals; P is taken with zero mean and unit variance, and the
    /// polynomial without its constant.
    pub formula: Expr,
    /// The lowest degree that does nearly as well as the best.
    pub degree: u32,
    /// 1 − (squared error)/(variance) on held-out states.
    pub r2: f64,
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
fn states(data: &Prepared) -> (&[f64], &[f64]) {
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

    /// The fit without the terms of least weight, while the error hardly grows.
    fn thinned(&self, fit: Fit, target: &[Vec<f64>; 2]) -> Result<Fit, RegressionError> {
        let limit = (NEARLY * fit.error).max(READABLE);
        let mut best = fit;
        loop {
            let mut weights: Vec<(f64, usize)> =
                best.terms(self).map(|(j, c)| (c.abs() * self.spread(j), j)).collect();
            weights.sort_by(|a, b| a.0.total_cmp(&b.0));
            if weights.len() <= 1 {
                return Ok(best);
            }
            let mut kept: Vec<usize> = weights[1..].iter().map(|(_, j)| *j).collect();
            kept.sort_unstable();
            match self.fit(&kept, target)? {
                shorter if shorter.error <= limit => best = shorter,
                _ => return Ok(best),
            }
        }
    }

    /// The standard deviation of a term on the fitted states.
    fn spread(&self, j: usize) -> f64 {
        let column = self.values[0].iter().skip(j).step_by(self.formulas.len()).copied();
        variance(&column.collect::<Vec<f64>>()).sqrt()
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
fn lowest(errors: &[f64], enough: f64) -> Option<usize> {
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

/// Each learned momentum as a polynomial in the laws, given by name and formula, H first; of the lowest degree that
/// does nearly as well as the best, or leaves a thousandth of its variance.
///
/// # Errors
/// Laws with other variables than the data.
pub(super) fn in_laws(
    learned: &LearnedCoordinates,
    laws: &[(Symbol, Expr)],
    data: &Prepared,
) -> Result<Vec<InLaws>, DiscoverError> {
    let momenta = Momenta::new(learned, data)?;
    let (fitted, held_out) = states(data);
    let formulas: Vec<Expr> = laws.iter().map(|(_, formula)| formula.clone()).collect();
    let tape = Tape::new(&formulas, &data.inputs).map_err(RegressionError::from)?;
    let values = [tape.evaluate(fitted), tape.evaluate(held_out)];
    if laws.is_empty() || values.iter().flatten().any(|value| !value.is_finite()) {
        return Ok(Vec::new());
    }
    let names: Vec<Symbol> = laws.iter().map(|(name, _)| name.clone()).collect();
    let targets: Vec<[Vec<f64>; 2]> = (0..momenta.count).map(|i| momenta.of(i)).collect();
    Ok(read_in(&names, &values, &targets)?)
}

/// Targets as polynomials in named functions with these values `[states, functions]` on the fitted and held-out states.
fn read_in(
    names: &[Symbol],
    values: &[Vec<f64>; 2],
    targets: &[[Vec<f64>; 2]],
) -> Result<Vec<InLaws>, RegressionError> {
    let samples = values[0].len() / names.len().max(1);
    let mut by_degree: Vec<Terms> = Vec::new();
    for degree in 1..=DEGREE {
        let exponents: Vec<Vec<u32>> = (1..=degree).flat_map(|d| monomials(names.len(), d)).collect();
        if exponents.len() > MOST_TERMS || exponents.len() * 3 > samples {
            break;
        }
        let product =
            |row: &[f64], e: &[u32]| row.iter().zip(e).map(|(x, &e)| x.powi(e as i32)).product::<f64>();
        let expand = |values: &Vec<f64>| {
            let rows = values.chunks_exact(names.len());
            rows.flat_map(|row| exponents.iter().map(move |e| product(row, e))).collect::<Vec<f64>>()
        };
        by_degree.push(Terms {
            values: [expand(&values[0]), expand(&values[1])],
            formulas: exponents.iter().map(|e| monomial(names, e)).collect(),
        });
    }
    let mut found = Vec::new();
    for target in targets {
        let mut fits = Vec::new();
        for terms in &by_degree {
            let all: Vec<usize> = (0..terms.formulas.len()).collect();
            fits.push(terms.fit(&all, target)?);
        }
        let errors: Vec<f64> = fits.iter().map(|fit| fit.error).collect();
        let Some(at) = lowest(&errors, READABLE) else { continue };
        let fit = by_degree[at].thinned(fits.swap_remove(at), target)?;
        let r2 = 1.0 - fit.error / variance(&target[1]).max(f64::MIN_POSITIVE);
        found.push(InLaws { formula: fit.formula(&by_degree[at], 0.0), degree: at as u32 + 1, r2 });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of two functions on some states.
    fn values(count: usize, phase: f64) -> Vec<f64> {
        (0..count)
            .flat_map(|k| {
                let t = k as f64 + phase;
                [1.5 + (1.3 * t).sin(), (0.7 * t * t).cos()]
            })
            .collect()
    }

    fn read(target: impl Fn(f64, f64) -> f64) -> InLaws {
        let names = ["H", "L"].map(Symbol::new);
        let values = [values(400, 0.0), values(100, 0.5)];
        let column =
            |values: &[f64]| values.chunks_exact(2).map(|v| target(v[0], v[1])).collect::<Vec<f64>>();
        let targets = [[column(&values[0]), column(&values[1])]];
        read_in(&names, &values, &targets).unwrap().remove(0)
    }

    #[test]
    fn a_polynomial_in_the_laws_is_read() {
        let found = read(|h, l| 0.62 * h - 1.93 * l + 0.11 * l * l + 5.0);
        assert_eq!(found.formula.to_decimal_text(0, 3), "0.62*H - 1.93*L + 0.11*L^2");
        assert!(found.degree == 2 && found.r2 > 1.0 - 1e-9, "{found:?}");
        let linear = read(|h, l| h - 2.0 * l);
        assert_eq!((linear.degree, linear.formula.to_decimal_text(0, 3).as_str()), (1, "H - 2*L"));
    }

    #[test]
    fn what_is_no_function_of_the_laws_is_seen() {
        let values = [values(400, 0.0), values(100, 0.5)];
        let other = |n: usize| (0..n).map(|k| (2.1 * (k * k) as f64).sin()).collect::<Vec<f64>>();
        let found = read_in(&["H", "L"].map(Symbol::new), &values, &[[other(400), other(100)]]).unwrap();
        assert!(found[0].r2 < 0.2, "{found:?}");
    }
}

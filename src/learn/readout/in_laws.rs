//! What the networks learned, in the laws: each learned momentum as a polynomial in H and the laws that were found.
//!
//! A learned momentum is the network's own choice of coordinate: any function of the laws will do. Its polynomial is
//! found by least squares, on recorded states and on states about these: along a few runs the laws take as few values as
//! there are runs, too few for a polynomial of the degree that the network's function asks for. Degree, terms and digits
//! are the fewest that serve on held-out states, and what is told of it is told of the polynomial as it is printed.

use std::ops::Range;

use crate::data::scattered;
use crate::expr::{Expr, Rational, Symbol, Tape};
use crate::learn::{LearnError, LearnedCoordinates};
use crate::recover::first_order::describing::{NEARLY, states, variance};
use crate::recover::first_order::{Config, Observations, Prepared};
use crate::regression::{Normal, RegressionError};
use crate::terms::{decimal, monomial, monomials};

/// The highest degree of the polynomials.
const DEGREE: u32 = 6;
/// The most terms of a polynomial before terms are left out.
const MOST_TERMS: usize = 300;
/// A momentum is read no more closely than to this share of its variance: a reader wants to see which laws it is made of.
const READABLE: f64 = 1e-3;
/// Fewer terms may cost this much of the variance at most, and fewer digits as much: where a momentum is read poorly,
/// every term counts.
const BREVITY: f64 = 5e-4;
/// Significant digits of coefficients: at least, and at most.
const DIGITS: Range<usize> = 3..12;
/// Rounding may add this much to the error, relative and as a share of the variance.
const ROUNDING: (f64, f64) = (0.1, 1e-4);
/// How far states are taken about the recorded ones, in units of the spread of each column.
const ABOUT: f64 = 0.3;

/// A learned momentum P_i as a polynomial in the laws. P_i is taken with zero mean and unit variance, and the polynomial
/// without its constant.
#[derive(Clone, PartialEq, Debug)]
pub struct InLaws {
    /// Coefficients, in decimals, and monomials in the names of the laws, by rising degree.
    pub terms: Vec<(Rational, Expr)>,
    /// The lowest degree that does nearly as well as the best.
    pub degree: u32,
    /// 1 − (squared error)/(variance) of the polynomial as it is printed, on held-out states.
    pub r2: f64,
    /// Its rms error on held-out states, in units of the spread of P_i.
    pub error: f64,
}

impl InLaws {
    /// The polynomial.
    pub fn formula(&self) -> Expr {
        let term = |(c, m): &(Rational, Expr)| Expr::product([Expr::number(c.clone()), m.clone()]);
        Expr::sum(self.terms.iter().map(term))
    }
}

/// Functions on the states that are fitted and on those held out, `[states, functions]` each.
struct Values {
    fitted: Vec<f64>,
    held_out: Vec<f64>,
}

/// Each learned momentum as a polynomial in the laws, given by name and formula, H first; none where a law has no value
/// on a recorded state.
///
/// # Errors
/// Laws with other variables than the data.
pub(super) fn in_laws(
    learned: &LearnedCoordinates,
    laws: &[(Symbol, Expr)],
    data: &Prepared,
) -> Result<Vec<InLaws>, LearnError> {
    let formulas: Vec<Expr> = laws.iter().map(|(_, formula)| formula.clone()).collect();
    let tape = Tape::new(&formulas, &data.inputs).map_err(RegressionError::from)?;
    let (recorded, held_out) = states(data);
    let mut values = Values { fitted: tape.evaluate(recorded), held_out: tape.evaluate(held_out) };
    let all_finite = |values: &[f64]| values.iter().all(|value| value.is_finite());
    if laws.is_empty() || !all_finite(&values.fitted) || !all_finite(&values.held_out) {
        return Ok(Vec::new());
    }
    let about = about(recorded, &tape, &mut values.fitted, data);
    let fitted: Vec<f64> = recorded.iter().chain(&about).copied().collect();
    let (fitted, held_out) = (learned.evaluate(&fitted)?, learned.evaluate(held_out)?);
    let momenta = Values { fitted: fitted.values, held_out: held_out.values };
    let recorded = recorded.len() / data.inputs.len();
    let targets: Vec<Target> =
        (0..fitted.count).map(|i| Target::new(&momenta, (i, fitted.count), recorded)).collect();
    let names: Vec<Symbol> = laws.iter().map(|(name, _)| name.clone()).collect();
    Ok(read_in(&names, &values, &targets)?)
}

/// Each momentum of a network as a polynomial in the laws, given by name and formula, on what was observed.
///
/// # Errors
/// Laws with other variables than the data, or data that cannot be used.
pub fn momenta_in_laws(
    learned: &LearnedCoordinates,
    laws: &[(Symbol, Expr)],
    observed: &Observations,
) -> Result<Vec<InLaws>, LearnError> {
    in_laws(learned, laws, &Prepared::new(observed, &Config::default())?)
}

/// States about the recorded ones at which no law leaves the range of its recorded values; those of the laws there are
/// appended.
fn about(recorded: &[f64], tape: &Tape, laws: &mut Vec<f64>, data: &Prepared) -> Vec<f64> {
    let (width, count) = (data.inputs.len(), tape.outputs());
    let ranges: Vec<(f64, f64)> = (0..count)
        .map(|k| {
            let own = laws.iter().skip(k).step_by(count);
            own.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &v| (low.min(v), high.max(v)))
        })
        .collect();
    let moved = scattered(recorded, &data.scales, ABOUT);
    let values = tape.evaluate(&moved);
    let mut kept = Vec::new();
    for (state, values) in moved.chunks_exact(width).zip(values.chunks_exact(count)) {
        if values.iter().zip(&ranges).all(|(value, (low, high))| (low..=high).contains(&value)) {
            kept.extend_from_slice(state);
            laws.extend_from_slice(values);
        }
    }
    kept
}

/// A learned momentum with zero mean and unit variance on the recorded states.
struct Target {
    fitted: Vec<f64>,
    held_out: Vec<f64>,
}

impl Target {
    /// Momentum i of so many; the first `recorded` of the fitted states are recorded ones.
    fn new(momenta: &Values, (i, count): (usize, usize), recorded: usize) -> Target {
        let column = |values: &[f64]| values.iter().skip(i).step_by(count).copied().collect::<Vec<f64>>();
        let (mut fitted, mut held_out) = (column(&momenta.fitted), column(&momenta.held_out));
        let own = &fitted[..recorded.min(fitted.len())];
        let mean = own.iter().sum::<f64>() / own.len().max(1) as f64;
        let spread = variance(own).sqrt().max(f64::MIN_POSITIVE);
        fitted.iter_mut().chain(&mut held_out).for_each(|value| *value = (*value - mean) / spread);
        Target { fitted, held_out }
    }
}

/// Monomials in the laws by rising degree, with their values `[states, monomials]`.
struct Monomials {
    formulas: Vec<Expr>,
    /// How many have at most the degree 1, 2, ….
    up_to: Vec<usize>,
    values: Values,
}

impl Monomials {
    /// As many degrees as the states can tell.
    fn new(names: &[Symbol], laws: &Values) -> Monomials {
        let samples = laws.fitted.len() / names.len();
        let (mut exponents, mut up_to) = (Vec::new(), Vec::new());
        for degree in 1..=DEGREE {
            let own = monomials(names.len(), degree);
            let count = exponents.len() + own.len();
            if count > MOST_TERMS || count * 3 > samples {
                break;
            }
            exponents.extend(own);
            up_to.push(count);
        }
        let power = |(x, &e): (&f64, &u32)| x.powi(e as i32);
        let product = |row: &[f64], e: &[u32]| row.iter().zip(e).map(power).product::<f64>();
        let expand = |values: &[f64]| {
            let rows = values.chunks_exact(names.len());
            rows.flat_map(|row| exponents.iter().map(move |e| product(row, e))).collect::<Vec<f64>>()
        };
        let values = Values { fitted: expand(&laws.fitted), held_out: expand(&laws.held_out) };
        Monomials { formulas: exponents.iter().map(|e| monomial(names, e)).collect(), up_to, values }
    }

    /// The least-squares system of all targets: monomials, a constant, the targets.
    fn system(&self, targets: &[Target]) -> Result<Normal, RegressionError> {
        let count = self.formulas.len();
        let mut rows = Vec::new();
        for (s, row) in self.values.fitted.chunks_exact(count).enumerate() {
            rows.extend_from_slice(row);
            rows.push(1.0);
            rows.extend(targets.iter().map(|target| target.fitted[s]));
            rows.push(0.0);
        }
        let mut system = Normal::new(count + 1 + targets.len());
        system.add(&rows)?;
        Ok(system)
    }

    /// How large each monomial is about its mean, on the fitted states.
    fn spreads(&self) -> Vec<f64> {
        let count = self.formulas.len();
        let column = |j| self.values.fitted.iter().skip(j).step_by(count).copied().collect::<Vec<f64>>();
        (0..count).map(|j| variance(&column(j)).sqrt()).collect()
    }
}

/// A polynomial: monomials with their coefficients, and the constant.
#[derive(Clone)]
struct Polynomial {
    terms: Vec<(usize, f64)>,
    constant: f64,
}

impl Polynomial {
    /// The value of the row of a state.
    fn value(&self, row: &[f64]) -> f64 {
        self.constant + self.terms.iter().map(|(j, c)| row[*j] * c).sum::<f64>()
    }

    /// The mean squared error on states.
    fn error(&self, values: &[f64], monomials: usize, target: &[f64]) -> f64 {
        let rows = values.chunks_exact(monomials).zip(target);
        let squares: f64 = rows.map(|(row, truth)| (self.value(row) - truth).powi(2)).sum();
        squares / target.len().max(1) as f64
    }

    /// With coefficients of so many digits, and the constant that fits these best.
    fn rounded(&self, digits: usize, values: &[f64], monomials: usize, target: &[f64]) -> Polynomial {
        let round = |c: f64| decimal(c, digits).to_f64().value();
        let mut rounded = self.clone();
        rounded.terms.iter_mut().for_each(|(_, c)| *c = round(*c));
        let left = values.chunks_exact(monomials).zip(target).map(|(row, truth)| truth - rounded.value(row));
        rounded.constant += left.sum::<f64>() / target.len().max(1) as f64;
        rounded
    }
}

/// Targets as polynomials in named functions with these values.
fn read_in(names: &[Symbol], laws: &Values, targets: &[Target]) -> Result<Vec<InLaws>, RegressionError> {
    let monomials = Monomials::new(names, laws);
    if monomials.up_to.is_empty() {
        return Ok(Vec::new());
    }
    let (system, spreads) = (monomials.system(targets)?, monomials.spreads());
    let reader = |(i, target)| Reader {
        monomials: &monomials,
        system: system.with_target(monomials.formulas.len() + 1 + i),
        spreads: &spreads,
        target,
    };
    let read = targets.iter().enumerate().map(reader).map(|reader| reader.read());
    Ok(read.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// The largest error of a shorter polynomial, where that of the best is this.
fn limit(best: f64) -> f64 {
    (NEARLY * best).min(best + BREVITY).max(READABLE)
}

/// Reads one learned momentum.
struct Reader<'a> {
    monomials: &'a Monomials,
    /// Its system, whose solution is the negative of the polynomial.
    system: Normal,
    spreads: &'a [f64],
    target: &'a Target,
}

impl Reader<'_> {
    fn read(&self) -> Result<Option<InLaws>, RegressionError> {
        let up_to = &self.monomials.up_to;
        let whole = |&count: &usize| self.fit(&(0..count).collect::<Vec<_>>());
        let mut fits = up_to.iter().map(whole).collect::<Result<Vec<_>, _>>()?;
        let errors: Vec<f64> = fits.iter().map(|fit| self.error(fit)).collect();
        let limit = limit(errors.iter().copied().fold(f64::INFINITY, f64::min));
        let Some(at) = errors.iter().position(|error| *error <= limit) else { return Ok(None) };
        let thinned = self.thinned(fits.swap_remove(at), limit)?;
        let (digits, rounded) = self.rounded(&thinned);
        let error = self.error(&rounded);
        let term = |&(j, c): &(usize, f64)| (decimal(c, digits), self.monomials.formulas[j].clone());
        Ok(Some(InLaws {
            terms: thinned.terms.iter().map(term).collect(),
            degree: at as u32 + 1,
            r2: 1.0 - error / variance(&self.target.held_out).max(f64::MIN_POSITIVE),
            error: error.sqrt(),
        }))
    }

    fn fit(&self, columns: &[usize]) -> Result<Polynomial, RegressionError> {
        let constant = self.monomials.formulas.len();
        let with_constant: Vec<usize> = columns.iter().copied().chain([constant]).collect();
        let solution = self.system.solve(&self.system.independent_columns(&with_constant, 1e-9))?;
        let found = || solution.columns.iter().copied().zip(solution.coefficients.iter().map(|c| -c));
        Ok(Polynomial {
            terms: found().filter(|(j, _)| *j < constant).collect(),
            constant: found().find(|(j, _)| *j == constant).map_or(0.0, |(_, c)| c),
        })
    }

    /// The mean squared error on held-out states.
    fn error(&self, fit: &Polynomial) -> f64 {
        fit.error(&self.monomials.values.held_out, self.monomials.formulas.len(), &self.target.held_out)
    }

    /// The fit without the terms of least weight, a fifteenth of them at a time, while the error is within the limit.
    fn thinned(&self, fit: Polynomial, limit: f64) -> Result<Polynomial, RegressionError> {
        let mut best = fit;
        loop {
            let mut weights: Vec<(f64, usize)> =
                best.terms.iter().map(|(j, c)| (c.abs() * self.spreads[*j], *j)).collect();
            weights.sort_by(|a, b| a.0.total_cmp(&b.0));
            let batches =
                [weights.len() / 15, 1].into_iter().filter(|batch| (1..weights.len()).contains(batch));
            let mut shorter = None;
            for batch in batches {
                let mut kept: Vec<usize> = weights[batch..].iter().map(|(_, j)| *j).collect();
                kept.sort_unstable();
                let trial = self.fit(&kept)?;
                if self.error(&trial) <= limit {
                    shorter = Some(trial);
                    break;
                }
            }
            match shorter {
                Some(shorter) => best = shorter,
                None => return Ok(best),
            }
        }
    }

    /// With the fewest digits that hardly add to the error.
    fn rounded(&self, fit: &Polynomial) -> (usize, Polynomial) {
        let error = self.error(fit);
        let limit = error + (ROUNDING.0 * error).min(BREVITY) + ROUNDING.1;
        let (values, count) = (&self.monomials.values.fitted, self.monomials.formulas.len());
        let mut rounded = DIGITS.map(|d| (d, fit.rounded(d, values, count, &self.target.fitted)));
        let serves = |(_, rounded): &(usize, Polynomial)| self.error(rounded) <= limit;
        rounded.find(serves).unwrap_or_else(|| (DIGITS.end, fit.clone()))
    }
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

    fn read_target(fitted: Vec<f64>, held_out: Vec<f64>) -> InLaws {
        let laws = Values { fitted: values(400, 0.0), held_out: values(100, 0.5) };
        let target = Target { fitted, held_out };
        read_in(&["H", "L"].map(Symbol::new), &laws, &[target]).unwrap().remove(0)
    }

    fn read(target: impl Fn(f64, f64) -> f64) -> InLaws {
        let column =
            |values: Vec<f64>| values.chunks_exact(2).map(|v| target(v[0], v[1])).collect::<Vec<f64>>();
        read_target(column(values(400, 0.0)), column(values(100, 0.5)))
    }

    #[test]
    fn a_polynomial_in_the_laws_is_read() {
        let found = read(|h, l| 0.62 * h - 1.93 * l + 0.11 * l * l + 5.0);
        assert_eq!(found.formula().to_decimal_text(0, 3), "0.62*H - 1.93*L + 0.11*L^2");
        assert!(found.degree == 2 && found.r2 > 1.0 - 1e-9 && found.error < 1e-4, "{found:?}");
        let linear = read(|h, l| h - 2.0 * l);
        assert_eq!((linear.degree, linear.formula().to_decimal_text(0, 3).as_str()), (1, "H - 2*L"));
    }

    #[test]
    fn a_function_that_is_no_polynomial_gets_the_degree_that_it_asks_for() {
        let found = read(|h, l| (3.0 * h + 1.0).sqrt() + (1.5 * l).sin());
        assert!(found.degree == 3 && found.r2 > 0.999, "{found:?}");
        // A polynomial whose terms cancel needs more digits than three.
        let chebyshev = read(|h, _| {
            let x = 2.0 * (h - 1.5);
            16.0 * x.powi(5) - 20.0 * x.powi(3) + 5.0 * x
        });
        assert!(chebyshev.degree == 5 && chebyshev.r2 > 0.9998, "{chebyshev:?}");
    }

    #[test]
    fn what_is_no_function_of_the_laws_is_seen() {
        let other = |n: usize| (0..n).map(|k| (2.1 * (k * k) as f64).sin()).collect::<Vec<f64>>();
        let found = read_target(other(400), other(100));
        assert!(found.r2 < 0.2, "{found:?}");
    }
}

//! Laws from the data alone, where no Hamiltonian explains it: combinations of positions and velocities that stay
//! constant along every run.
//!
//! What one orbit keeps need not be a law, and what hardly moves looks constant. So a combination counts only if
//! - it stays constant, to its noise, on every run that was left out when its coefficients were read;
//! - the runs differ in it, far beyond the noise;
//! - its terms vary by far more than their sum: one slow variable alone is no law.

use std::collections::BTreeMap;

use super::constants::{self, Constants, Reading};
use super::names::Names;
use crate::data::{Piece, Rates, Recording, Smoothed};
use crate::expr::{Expr, Rational, Symbol};
use crate::progress::Job;
use crate::regression::invariants::{
    Scatter, constant_combinations, covariance, reduced, thinned, with_floor,
};
use crate::regression::{Matrix, RegressionError};
use crate::terms::{decimal, monomial, monomials};

/// The highest degree of the polynomials: that of momenta and angular momenta.
const DEGREE: u32 = 2;
/// The most functions that are combined; of more coordinates, only the laws of degree 1 are sought.
const MOST_FUNCTIONS: usize = 200;
/// The most points that are used. They are at equal distances.
const MOST_POINTS: usize = 6000;
/// The largest scatter of a law, in units of that of its errors.
const LIMIT: f64 = 2.0;
/// The same on a run that was left out, where fewer errors are averaged.
const LEFT_OUT_LIMIT: f64 = 4.0;
/// By how many standard deviations of its scatter along runs the terms of a law vary, and the runs differ.
const CLEAR: f64 = 30.0;
/// Points whose errors are summed up at a time.
const CHUNK: usize = 200;
/// Runs are left out in so many groups at most.
const MOST_GROUPS: usize = 6;
/// Rationals are read more freely than those of a Hamiltonian: nothing is called proved here, and what is printed is
/// tested again as it is printed.
const CHANCE: f64 = 1e-2;

/// A law that the data keeps.
#[derive(Clone, PartialEq, Debug)]
pub struct Invariant {
    /// The law in positions and velocities.
    pub formula: Expr,
    /// Whether all its coefficients are justified rationals.
    pub is_rational: bool,
    /// Its standard deviation along runs, over that of the runs from each other.
    pub drift: f64,
}

/// The laws of a recording, with the names of the velocities in them.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Invariants {
    /// The name of the velocity of each coordinate.
    pub velocities: Vec<Symbol>,
    /// The laws, none a function of those before it.
    pub laws: Vec<Invariant>,
}

/// The polynomials in positions and velocities that are constant along every run. None of recordings with a single
/// run, or of too few points to tell.
pub fn invariants(recording: &Recording, smoothed: &Smoothed, job: &Job<'_>) -> Invariants {
    let velocities = velocity_names(recording);
    let positions = recording.coordinates.iter().map(|coordinate| coordinate.name.clone());
    let symbols: Vec<Symbol> = positions.chain(velocities.iter().cloned()).collect();
    let mut laws: Vec<Invariant> = Vec::new();
    for degree in 1..=DEGREE {
        if job.is_cancelled() || monomials(symbols.len() + 1, degree).len() > MOST_FUNCTIONS {
            break;
        }
        if let Some(search) = Sought::new(&symbols, degree, smoothed) {
            laws.extend(search.laws(&laws).unwrap_or_default());
        }
    }
    Invariants { velocities, laws }
}

/// The recorded names, or those of the coordinates with `v_` before.
fn velocity_names(recording: &Recording) -> Vec<Symbol> {
    match &recording.rates {
        Rates::Velocities(names) => names.clone(),
        Rates::Momenta(_) | Rates::None => {
            let mut names = Names::new(recording);
            recording.coordinates.iter().map(|coordinate| names.beside("v_", &coordinate.name)).collect()
        }
    }
}

/// Positions and velocities of some points of a run, with the covariance of each pair.
struct Points {
    states: Vec<Vec<f64>>,
    /// For each point and coordinate the variance of position, their covariance, the variance of the velocity.
    errors: Vec<Vec<[f64; 3]>>,
    /// How many of the points' errors are independent.
    independent: f64,
}

/// The functions among which laws are sought.
struct Sought<'a> {
    symbols: &'a [Symbol],
    /// The exponents of each function.
    functions: Vec<Vec<u32>>,
    formulas: Vec<Expr>,
    runs: Vec<Scatter>,
    all: Scatter,
    spreads: Vec<f64>,
    independent: f64,
    /// Some states, on which laws are told apart.
    states: Vec<Vec<f64>>,
}

impl<'a> Sought<'a> {
    fn new(symbols: &'a [Symbol], degree: u32, smoothed: &Smoothed) -> Option<Sought<'a>> {
        let functions: Vec<Vec<u32>> = (1..=degree).flat_map(|d| monomials(symbols.len(), d)).collect();
        let formulas = functions.iter().map(|exponents| monomial(symbols, exponents)).collect();
        let runs = points(smoothed);
        let independent: f64 = runs.iter().map(|run| run.independent).sum();
        if runs.len() < 2 || independent < 4.0 * functions.len() as f64 {
            return None;
        }
        let mut scatters: Vec<Scatter> = runs.iter().map(|run| scatter(run, &functions)).collect();
        let spreads = with_floor(&mut scatters);
        let all = Scatter::of_runs(scatters.iter())?;
        let every = runs.iter().flat_map(|run| &run.states);
        let step = (runs.iter().map(|run| run.states.len()).sum::<usize>() / 40).max(1);
        let states = every.step_by(step).cloned().collect();
        Some(Sought { symbols, functions, formulas, runs: scatters, all, spreads, independent, states })
    }

    /// The laws that are no functions of the earlier ones.
    fn laws(&self, earlier: &[Invariant]) -> Result<Vec<Invariant>, RegressionError> {
        let alive: Vec<usize> = (0..self.functions.len()).filter(|&j| self.spreads[j] > 0.0).collect();
        let rows = constant_combinations(&self.all, &alive, LIMIT)?;
        let mut sparse = Vec::new();
        for row in reduced(rows, &self.spreads) {
            sparse.push(thinned(&self.all, &row, &self.spreads, LIMIT)?);
        }
        sparse.sort_by_key(|row| row.iter().filter(|c| **c != 0.0).count());
        let mut laws: Vec<Invariant> = Vec::new();
        for row in sparse {
            let Some((row, is_rational)) = self.as_read(&row)? else { continue };
            let formula = self.formula(&row);
            let known: Vec<&Expr> = earlier.iter().chain(&laws).map(|law| &law.formula).collect();
            if self.is_clear(&row) && self.holds_where_left_out(&row)? && self.is_new(&formula, &known) {
                let drift = (self.all.variance(&row) / self.variance_between(&row)).sqrt();
                laws.push(Invariant { formula, is_rational, drift });
            }
        }
        Ok(laws)
    }

    /// Whether the terms vary, and the runs differ, by far more than the sum does along a run.
    fn is_clear(&self, row: &[f64]) -> bool {
        let apart: f64 = row.iter().enumerate().map(|(j, c)| c * c * self.all.within[(j, j)]).sum();
        let scatter = self.all.variance(row);
        apart / self.all.points > CLEAR * CLEAR * scatter
            && self.variance_between(row) > CLEAR * CLEAR * scatter
    }

    /// The variance of the means of the runs.
    fn variance_between(&self, row: &[f64]) -> f64 {
        let mean = |run: &Scatter| row.iter().zip(&run.mean).map(|(c, m)| c * m).sum::<f64>();
        let middle = mean(&self.all);
        let sum: f64 = self.runs.iter().map(|run| run.points * (mean(run) - middle).powi(2)).sum();
        sum / self.all.points
    }

    /// Whether the combination of these terms that the other runs choose is constant on the runs left out.
    fn holds_where_left_out(&self, row: &[f64]) -> Result<bool, RegressionError> {
        let support: Vec<usize> = (0..row.len()).filter(|&j| row[j] != 0.0).collect();
        let groups = self.runs.len().min(MOST_GROUPS);
        for group in 0..groups {
            let part = |own: bool| {
                let runs = self.runs.iter().enumerate().filter(|(r, _)| (r % groups == group) == own);
                Scatter::of_runs(runs.map(|(_, run)| run))
            };
            let (Some(rest), Some(left_out)) = (part(false), part(true)) else { return Ok(false) };
            let chosen = constant_combinations(&rest, &support, LEFT_OUT_LIMIT)?.into_iter().next();
            let holds = chosen.is_some_and(|chosen| left_out.ratio(&chosen) <= LEFT_OUT_LIMIT);
            if !holds || left_out.ratio(row) > LEFT_OUT_LIMIT {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The combination as it is printed: the first of the large terms has the coefficient 1, others are rationals where that is
    /// justified, and decimals of as many digits as they are known to; and whether all are rationals. None if that is not
    /// constant any more.
    fn as_read(&self, row: &[f64]) -> Result<Option<(Vec<f64>, bool)>, RegressionError> {
        let share = |j: &usize| (row[*j] * self.spreads[*j]).abs();
        let used: Vec<usize> = (0..row.len()).filter(|&j| row[j] != 0.0).collect();
        let largest = used.iter().map(share).fold(0.0, f64::max);
        let Some(&lead) = used.iter().find(|j| share(j) > largest / 2.0) else { return Ok(None) };
        let row: Vec<f64> = row.iter().map(|c| c / row[lead]).collect();
        let free: Vec<usize> = used.into_iter().filter(|&j| j != lead).collect();
        let errors = covariance(&self.all, &row, lead, self.independent)?;
        let flat: Vec<f64> =
            (0..free.len()).flat_map(|i| (0..free.len()).map(move |j| (i, j))).map(|at| errors[at]).collect();
        let values: Vec<f64> = free.iter().map(|&j| row[j]).collect();
        let config = constants::Config { chance: CHANCE, ..constants::Config::default() };
        let read = Constants::read(&values, &flat, &vec![0; free.len()], &config);
        let mut printed = vec![0.0; row.len()];
        printed[lead] = 1.0;
        for (k, &j) in free.iter().enumerate() {
            printed[j] = match read.readings[k] {
                Reading::Exact(_) => read.values[k],
                Reading::Multiple { .. } | Reading::Letter => {
                    rounded(read.values[k], errors[(k, k)].sqrt()).to_f64().value()
                }
            };
        }
        let is_rational = read.readings.iter().all(|reading| matches!(reading, Reading::Exact(_)));
        Ok((self.all.ratio(&printed) <= LIMIT).then_some((printed, is_rational)))
    }

    fn formula(&self, row: &[f64]) -> Expr {
        let used = row.iter().zip(&self.formulas).filter(|(c, _)| **c != 0.0);
        // What was read has few digits.
        Expr::sum(used.map(|(&c, formula)| Expr::product([Expr::number(decimal(c, 15)), formula.clone()])))
    }

    /// Whether the gradient of a law leaves the span of the gradients of the others.
    fn is_new(&self, formula: &Expr, known: &[&Expr]) -> bool {
        let formulas: Vec<Expr> = known.iter().copied().chain([formula]).cloned().collect();
        let Ok(tape) = crate::expr::Tape::new(&formulas, self.symbols) else { return false };
        let states: Vec<f64> = self.states.iter().flatten().copied().collect();
        let (_, gradients) = tape.gradient(&states);
        let width = self.symbols.len();
        let scales: Vec<f64> =
            (0..width).map(|i| root_mean_square(self.states.iter().map(|x| x[i]))).collect();
        let rests = gradients.chunks_exact(formulas.len() * width).map(|rows| {
            let rows = rows.chunks_exact(width).map(|g| g.iter().zip(&scales).map(|(g, s)| g * s).collect());
            share_outside(rows.collect())
        });
        root_mean_square(rests) > 0.03
    }
}

/// The digits of a number that its error leaves.
fn rounded(value: f64, error: f64) -> Rational {
    let digits = (value.abs() / error.max(1e-14 * value.abs())).log10().ceil().clamp(1.0, 12.0) + 1.0;
    decimal(value, digits as usize)
}

fn root_mean_square(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), x| (sum + x * x, count + 1.0));
    (sum / f64::max(count, 1.0)).sqrt()
}

/// Which share of the last vector is orthogonal to the others.
fn share_outside(mut rows: Vec<Vec<f64>>) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let Some(mut last) = rows.pop() else { return 0.0 };
    let length = dot(&last, &last).sqrt();
    let mut basis: Vec<Vec<f64>> = Vec::new();
    let away = |vector: &mut Vec<f64>, basis: &[Vec<f64>]| {
        for direction in basis.iter().chain(basis) {
            let along = dot(vector, direction);
            vector.iter_mut().zip(direction).for_each(|(x, d)| *x -= along * d);
        }
    };
    for mut row in rows {
        let before = dot(&row, &row).sqrt();
        away(&mut row, &basis);
        let rest = dot(&row, &row).sqrt();
        if rest > 1e-6 * before {
            row.iter_mut().for_each(|x| *x /= rest);
            basis.push(row);
        }
    }
    away(&mut last, &basis);
    if length > 0.0 { dot(&last, &last).sqrt() / length } else { 0.0 }
}

/// Points of each run at which the spline is sound, at equal distances.
fn points(smoothed: &Smoothed) -> Vec<Points> {
    let total: usize = smoothed.pieces.iter().map(Piece::points).sum();
    let step = total.div_ceil(MOST_POINTS).max(1);
    let mut runs: BTreeMap<usize, Points> = BTreeMap::new();
    for piece in &smoothed.pieces {
        let run = runs.entry(piece.run).or_insert(Points {
            states: Vec::new(),
            errors: Vec::new(),
            independent: 0.0,
        });
        let sound = piece.times.iter().zip(piece.sound()).filter(|(_, sound)| *sound).map(|(t, _)| *t);
        let times: Vec<f64> = sound.step_by(step).collect();
        let both =
            piece.rows(&times, 0).chunks_exact(smoothed.dof.max(1)).map(<[f64]>::to_vec).collect::<Vec<_>>();
        let rates = piece.rows(&times, 1);
        for ((t, position), rate) in times.iter().zip(both).zip(rates.chunks_exact(smoothed.dof.max(1))) {
            run.states.push([&position, rate].concat());
            let errors = (0..smoothed.dof).map(|i| {
                let c = piece.covariance(i, *t);
                [c[0][0], c[0][1], c[1][1]]
            });
            run.errors.push(errors.collect());
        }
        let functions = piece.coefficients.first().map_or(0, Vec::len);
        run.independent += functions.min(times.len()) as f64;
    }
    runs.into_values().filter(|run| run.states.len() > 1).collect()
}

/// The scatter of the functions along a run.
fn scatter(run: &Points, functions: &[Vec<u32>]) -> Scatter {
    let value = |x: &[f64], exponents: &[u32]| -> f64 {
        x.iter().zip(exponents).map(|(x, &e)| x.powi(e as i32)).product()
    };
    let values =
        Matrix::from_fn(run.states.len(), functions.len(), |k, j| value(&run.states[k], &functions[j]));
    let mut noise = Matrix::zeros(functions.len(), functions.len());
    for (states, errors) in run.states.chunks(CHUNK).zip(run.errors.chunks(CHUNK)) {
        let width = states[0].len();
        let rows = Matrix::from_fn(states.len() * width, functions.len(), |row, j| {
            let (x, errors) = (&states[row / width], &errors[row / width]);
            along_error(x, errors, &functions[j], row % width, &value)
        });
        noise += rows.transpose() * &rows;
    }
    Scatter::of_run(&values, noise)
}

/// The change of a monomial along an error of unit variance: for each coordinate one that moves position and velocity
/// together, and one of the velocity alone.
fn along_error(
    x: &[f64],
    errors: &[[f64; 3]],
    exponents: &[u32],
    error: usize,
    value: &dyn Fn(&[f64], &[u32]) -> f64,
) -> f64 {
    let dof = errors.len();
    let slope = |variable: usize| {
        let exponent = exponents[variable];
        if exponent == 0 {
            return 0.0;
        }
        let mut lower = exponents.to_vec();
        lower[variable] -= 1;
        f64::from(exponent) * value(x, &lower)
    };
    let coordinate = error % dof;
    let [position, mixed, velocity] = errors[coordinate];
    let first = position.sqrt().max(f64::MIN_POSITIVE);
    match error < dof {
        true => slope(coordinate) * first + slope(coordinate + dof) * mixed / first,
        false => slope(coordinate + dof) * (velocity - (mixed / first).powi(2)).max(0.0).sqrt(),
    }
}

#[cfg(test)]
mod tests;

//! Laws by numbers alone: the eigenproblems, degree by degree.

use std::collections::BTreeSet;

use crate::expr::{Expr, Function};
use crate::mechanics::PhaseSpace;
use crate::recover::snap::justified_snap;
use crate::regression::RegressionError;
use crate::regression::conserved::{Candidate, Evaluated, Measure, echelon, eigenvectors, prune, residual};
use crate::terms::{Variables, decimal, polynomials};

use super::data::Prepared;
use super::pointwise::usable_terms;

/// Monomials up to `degree`, alone and times one of the ingredients of `formula` with the degree one less.
pub fn law_terms(formula: &Expr, variables: &Variables, degree: u32) -> Vec<Expr> {
    let symbols = variables.all();
    let mut terms = polynomials(&symbols, degree);
    let ingredients = ingredients(formula);
    let mut factors = vec![Expr::one()];
    factors.extend(polynomials(&symbols, degree - 1));
    for ingredient in &ingredients {
        for factor in &factors {
            terms.push(Expr::product([factor.clone(), ingredient.clone()]));
        }
    }
    terms
}

/// The factors of a formula's terms that are no polynomials: roots, reciprocals, exponentials, modes.
fn ingredients(formula: &Expr) -> Vec<Expr> {
    fn collect(expr: &Expr, into: &mut BTreeSet<Expr>) {
        match expr {
            Expr::Quotient(top, bottom) if bottom.as_number().is_none() => {
                into.insert(Expr::one().over((**bottom).clone()));
                collect(top, into);
            }
            Expr::Call(Function::Sin | Function::Cos, argument) => {
                into.insert((**argument).clone().call(Function::Sin));
                into.insert((**argument).clone().call(Function::Cos));
            }
            Expr::Call(..) => {
                into.insert(expr.clone());
            }
            Expr::Power(base, exponent) => {
                let natural =
                    exponent.as_number().is_some_and(|e| e.is_int() && e > crate::expr::Rational::ZERO);
                if natural {
                    collect(base, into);
                } else {
                    into.insert(expr.clone());
                }
            }
            _ => expr.children().for_each(|child| collect(child, into)),
        }
    }
    let mut found = BTreeSet::new();
    collect(formula, &mut found);
    found.into_iter().collect()
}

/// A law found by numbers alone.
pub struct Numerical {
    /// The law.
    pub formula: Expr,
    /// Whether all its ratios of coefficients are justified rationals.
    pub snapped: bool,
}

impl Numerical {
    /// The law as it is printed: in canonical form where its coefficients are rationals.
    pub fn shown(&self, space: &PhaseSpace) -> Expr {
        match self.snapped {
            true => {
                crate::simplify::canonical_law(&self.formula, space).unwrap_or_else(|_| self.formula.clone())
            }
            false => self.formula.clone(),
        }
    }
}

/// Laws by the eigenproblems, degree by degree: along the data's velocities where they are given, by
/// constancy along trajectories where not. `known` are laws found before (the energy).
///
/// # Errors
/// Values that are not finite.
pub fn numerical(
    data: &Prepared,
    known: &[Expr],
    formula: Option<&Expr>,
) -> Result<Vec<Numerical>, RegressionError> {
    let width = data.inputs.len();
    let mut laws: Vec<Expr> = known.to_vec();
    let mut found = Vec::new();
    let noise = if data.velocities_given { 1e-8 } else { data.relative_noise().max(1e-8) };
    let (states, lengths) = states_of(data);
    for degree in 1..=3u32 {
        let terms = match formula {
            Some(formula) => law_terms(formula, &data.variables, degree),
            None => polynomials(&data.variables.all(), degree),
        };
        if terms.len() * 4 > states.len() || terms.len() > 400 {
            break;
        }
        let good = usable_terms(&terms, &data.inputs, &states)?;
        let terms: Vec<Expr> = terms.into_iter().zip(good).filter(|(_, g)| *g).map(|(t, _)| t).collect();
        let evaluated = Evaluated::new(&terms, &data.inputs, &states, &data.scales)?;
        let fields = scaled(&data.samples.fields, &data.scales);
        let measure =
            if data.velocities_given { Measure::Flow(&fields) } else { Measure::Trajectory(&lengths) };
        let columns: Vec<usize> = (0..terms.len()).collect();
        let vectors = eigenvectors(&evaluated, &columns, measure)?;
        // A law leaves what the noise leaves; the first that is none stands clear of the last that is.
        let limit = if data.velocities_given { 1e-6 } else { 1.6 * noise };
        let count = vectors.iter().take_while(|v| v.residual < limit).count();
        let clear = vectors.get(count).is_none_or(|v| v.residual > 2.0 * limit);
        if count == 0 || !clear {
            continue;
        }
        let sizes: Vec<f64> = (0..terms.len()).map(|j| column_size(&evaluated, j)).collect();
        let rows = echelon(vectors[..count].iter().map(|v| v.coefficients.clone()).collect(), &sizes, 1e-3);
        let mut rows: Vec<Vec<f64>> = rows;
        rows.sort_by_key(|r| r.iter().filter(|c| **c != 0.0).count());
        for row in rows {
            let start = Candidate { residual: residual(&evaluated, &row, measure), coefficients: row };
            let law = prune(&evaluated, &start, measure, limit)?;
            let Some(candidate) = assemble(&terms, &law.coefficients, noise) else { continue };
            let new = laws.is_empty() || {
                let earlier = Evaluated::new(&laws, &data.inputs, &states, &data.scales)?;
                let own = Evaluated::new(
                    std::slice::from_ref(&candidate.formula),
                    &data.inputs,
                    &states,
                    &data.scales,
                )?;
                residual(&own, &[1.0], Measure::Span(&earlier.gradients, laws.len()))
                    > (5.0 * noise).max(1e-3)
            };
            if new && laws.len() < width - 1 {
                laws.push(candidate.formula.clone());
                found.push(candidate);
            }
        }
    }
    Ok(found)
}

fn column_size(terms: &Evaluated, function: usize) -> f64 {
    let values = terms.gradients.chunks_exact(terms.width).skip(function).step_by(terms.functions);
    values.flatten().map(|g| g * g).sum::<f64>().sqrt()
}

/// States for the eigenproblems and how many belong to each trajectory.
fn states_of(data: &Prepared) -> (Vec<f64>, Vec<usize>) {
    if data.velocities_given {
        return (data.samples.states.clone(), vec![data.samples.len()]);
    }
    let width = data.inputs.len();
    let total: usize = data.paths.iter().map(|p| p.points()).sum();
    let stride = total.div_ceil(4000).max(1);
    let (mut states, mut lengths) = (Vec::new(), Vec::new());
    for path in &data.paths {
        let rows: Vec<&[f64]> =
            path.states.chunks_exact(width).step_by(stride.min(path.points() / 4 + 1)).collect();
        lengths.push(rows.len());
        rows.iter().for_each(|r| states.extend_from_slice(r));
    }
    (states, lengths)
}

/// Σ c φ with the ratios to the largest coefficient snapped where justified, decimals where not.
fn assemble(terms: &[Expr], coefficients: &[f64], noise: f64) -> Option<Numerical> {
    let largest = coefficients.iter().fold(0.0f64, |m, c| if c.abs() > m.abs() { *c } else { m });
    if largest == 0.0 {
        return None;
    }
    let mut snapped = true;
    let mut parts = Vec::new();
    for (term, c) in terms.iter().zip(coefficients).filter(|(_, c)| **c != 0.0) {
        let ratio = c / largest;
        let value = match justified_snap(ratio, (0.3 * noise).max(1e-7)) {
            Some(snap) => snap.value,
            None => {
                snapped = false;
                decimal(ratio, if noise < 1e-6 { 8 } else { 3 })
            }
        };
        parts.push(Expr::product([Expr::number(value), term.clone()]));
    }
    Some(Numerical { formula: Expr::sum(parts), snapped })
}

/// Rows `[samples, width]` in units of the scales.
pub fn scaled(rows: &[f64], scales: &[f64]) -> Vec<f64> {
    rows.iter().enumerate().map(|(i, v)| v / scales[i % scales.len()]).collect()
}

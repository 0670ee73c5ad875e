//! Denominators of rational Hamiltonians H = N/D, from the equations of motion.
//!
//! ẋ_c = ±∂H/∂x_c′ (c′ the partner of c) times D² is D² ẋ_c = ±(D ∂N − N ∂D). Where no term of D
//! depends on x_c′ one factor D drops out, D ẋ_c = ±∂N, and numerator and denominator enter linearly:
//! Σ_k b_k χ_k ẋ_c − Σ_j a_j (J∇φ_j)_c = 0. One term of D is given the coefficient one (some must have
//! one that does not vanish), which makes it a least-squares problem; backward elimination then chooses
//! the sparsest among the forms that a common factor makes equal.

use crate::dynamics::{conjugate, symplectic_gradient};
use crate::expr::{Expr, Symbol, Tape};
use crate::regression::elimination::{Elimination, eliminate, sharpest};
use crate::regression::{Normal, RegressionError};

use super::pointwise::Samples;
use super::{FLOOR, GROWTH};

/// A denominator D = χ_pivot + Σ b_k χ_k and the numerators that go with it in the equations used.
#[derive(Clone, Debug)]
pub struct Denominator {
    /// Which term has the coefficient one.
    pub pivot: usize,
    /// The other terms of D, their coefficients and standard errors.
    pub terms: Vec<(usize, f64, f64)>,
    /// The numerators left, with their coefficients.
    pub numerators: Vec<(usize, f64)>,
}

/// The equations that hold without H: columns χ_k ẋ_c, then −(J∇φ_j)_c; no right side. `None` when every
/// denominator term's partner variables leave none.
///
/// # Errors
/// Terms that cannot be compiled, values that are not finite.
fn homogeneous(
    numerators: &[Expr],
    denominators: &[Expr],
    inputs: &[Symbol],
    samples: &Samples,
) -> Result<Option<Normal>, RegressionError> {
    let width = inputs.len();
    let partner = |c: usize| &inputs[conjugate(c, width / 2).0];
    let free: Vec<usize> =
        (0..width).filter(|&c| denominators.iter().all(|d| !d.symbols().contains(partner(c)))).collect();
    if free.is_empty() {
        return Ok(None);
    }
    let (above, below) = (Tape::new(numerators, inputs)?, Tape::new(denominators, inputs)?);
    let (n, m) = (numerators.len(), denominators.len());
    let (scales, weights) = (samples.field_scales(), samples.weights());
    let mut system = Normal::new(m + n);
    let block = (2 * (m + n) / free.len()).clamp(128, 4096);
    let mut rotated = vec![0.0; width];
    for start in (0..samples.len()).step_by(block) {
        let end = (start + block).min(samples.len());
        let states = &samples.states[start * width..end * width];
        let (_, gradients) = above.gradient(states);
        let values = below.evaluate(states);
        let row = m + n + 1;
        let mut rows = vec![0.0; (end - start) * free.len() * row];
        for s in 0..end - start {
            let weight = weights[start + s];
            let field = &samples.fields[(start + s) * width..(start + s + 1) * width];
            let rows = &mut rows[s * free.len() * row..(s + 1) * free.len() * row];
            for (at, &c) in free.iter().enumerate() {
                for k in 0..m {
                    rows[at * row + k] = values[s * m + k] * field[c] * weight / scales[c];
                }
            }
            for j in 0..n {
                let from = (s * n + j) * width;
                symplectic_gradient(&gradients[from..from + width], &mut rotated);
                for (at, &c) in free.iter().enumerate() {
                    rows[at * row + m + j] = -rotated[c] * weight / scales[c];
                }
            }
        }
        system.add(&rows)?;
    }
    Ok(Some(system))
}

/// The denominator that the samples speak for: each of its terms is tried as the one of coefficient one,
/// and the first whose equations hold to `enough` is taken, else the best. Terms are left out as in other fits of given
/// velocities.
///
/// `None` when the equations say nothing of the denominator, or hold best with one of a single term.
///
/// # Errors
/// Terms that cannot be compiled, values that are not finite.
pub fn denominator(
    numerators: &[Expr],
    denominators: &[Expr],
    inputs: &[Symbol],
    samples: &Samples,
    enough: f64,
) -> Result<Option<Denominator>, RegressionError> {
    let Some(system) = homogeneous(numerators, denominators, inputs, samples)? else { return Ok(None) };
    let m = denominators.len();
    if system.rows() < 2 * system.columns() {
        return Ok(None);
    }
    let mut best: Option<(usize, Elimination, Normal)> = None;
    for pivot in 0..m {
        let system = system.with_target(pivot);
        let others: Vec<usize> = (0..system.columns()).filter(|j| *j != pivot).collect();
        let Ok(found) = eliminate(&system, &others, GROWTH, FLOOR) else { continue };
        // Noise makes many terms look useful; the sharpest jump of the residual tells those that are.
        let found = match found.residual > enough {
            true => sharpest(&system, &found, 40)?,
            false => found,
        };
        if best.as_ref().is_none_or(|(_, b, _)| found.residual < 0.5 * b.residual) {
            best = Some((pivot, found, system));
        }
        if best.as_ref().is_some_and(|(_, b, _)| b.residual < enough) {
            break;
        }
    }
    let Some((pivot, found, system)) = best else { return Ok(None) };
    let errors = found.standard_errors(&system);
    let solution = &found.solution;
    let of = |from: usize, to: usize| {
        (0..solution.columns.len()).filter(move |&k| (from..to).contains(&solution.columns[k]))
    };
    let terms: Vec<(usize, f64, f64)> =
        of(0, m).map(|k| (solution.columns[k], solution.coefficients[k], errors[k])).collect();
    if terms.is_empty() {
        return Ok(None);
    }
    let numerators = of(m, system.columns()).map(|k| (solution.columns[k] - m, solution.coefficients[k]));
    Ok(Some(Denominator { pivot, numerators: numerators.collect(), terms }))
}

#[cfg(test)]
mod tests {
    use super::super::pointwise::tests::{samples_of, symbols};
    use super::*;
    use crate::expr::parse;

    fn parsed(terms: &[&str]) -> Vec<Expr> {
        terms.iter().map(|t| parse(t).unwrap()).collect()
    }

    #[test]
    fn the_denominator_of_a_kinetic_energy() {
        let names = ["x", "y", "px", "py"];
        let h = "(px^2 + 3*px*py + 2*py^2*x)/(2 + x^2 - x*y) + x*y^2";
        let samples = samples_of(h, &names, &[(-1.0, 1.0); 4], 400);
        let mut above = crate::terms::polynomials(&names.map(Symbol::new), 4);
        above.push(parse("1").unwrap());
        let below = parsed(&["1", "x", "y", "x^2", "x*y", "y^2"]);
        let found = denominator(&above, &below, &symbols(&names), &samples, 1e-9).unwrap().unwrap();
        assert!(found.pivot == 0, "{found:?}");
        let terms: Vec<(usize, f64)> = found.terms.iter().map(|t| (t.0, t.1)).collect();
        assert!(terms.len() == 2 && terms[0].0 == 3 && terms[1].0 == 4, "{terms:?}");
        assert!((terms[0].1 - 0.5).abs() < 1e-9 && (terms[1].1 + 0.5).abs() < 1e-9);
    }

    #[test]
    fn a_denominator_without_constant_and_none_at_all() {
        let names = ["x", "p"];
        let above = parsed(&["p", "p^2", "p*x", "p^2*x"]);
        let below = parsed(&["1", "x", "x^2"]);
        let boxes = [(1.0, 2.0), (-1.0, 1.0)];
        let find = |h: &str| {
            let samples = samples_of(h, &names, &boxes, 200);
            denominator(&above, &below, &symbols(&names), &samples, 1e-9).unwrap()
        };
        let found = find("p^2/(x + 2*x^2) + x").unwrap();
        assert!(found.pivot == 1 && found.terms.len() == 1, "{found:?}");
        assert!((found.terms[0].1 - 2.0).abs() < 1e-9);
        assert!(find("p^2/2 + x^4").is_none());
    }
}

//! The equations Σ c_j J∇φ_j = ẋ of states and velocities, for least squares.

use crate::data::column_rms;
use crate::dynamics::symplectic_gradient;
use crate::expr::{Expr, Symbol, Tape};
use crate::regression::{Normal, RegressionError};

/// States with their velocities.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    /// Number of variables, 2·dof.
    pub width: usize,
    /// `[samples, width]`, coordinates then momenta.
    pub states: Vec<f64>,
    /// ẋ, of the same shape.
    pub fields: Vec<f64>,
}

impl Samples {
    /// How many samples.
    pub fn len(&self) -> usize {
        self.states.len() / self.width.max(1)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.states.is_empty()
    }

    /// Root mean square of each velocity component, 1 where it vanishes.
    pub fn field_scales(&self) -> Vec<f64> {
        column_rms(&self.fields, self.width)
    }

    /// [`weight`] of each sample, in units of the rms of each velocity component.
    pub fn weights(&self) -> Vec<f64> {
        let scales = self.field_scales();
        self.fields.chunks_exact(self.width).map(|field| weight(field, &scales)).collect()
    }
}

/// Weight of a sample with this velocity, 1/√(1 + |ẋ|²/(0.3·width)) with ẋ in units of `scales`: a few close
/// encounters must not decide alone.
pub(super) fn weight(field: &[f64], scales: &[f64]) -> f64 {
    let square: f64 = field.iter().zip(scales).map(|(f, s)| (f / s).powi(2)).sum();
    1.0 / (1.0 + square / (0.3 * field.len() as f64)).sqrt()
}

/// Which of the terms have finite values and gradients on all states, and vary there.
///
/// # Errors
/// A term with a variable that is not among `inputs`.
pub fn usable_terms(terms: &[Expr], inputs: &[Symbol], states: &[f64]) -> Result<Vec<bool>, RegressionError> {
    let tape = Tape::new(terms, inputs)?;
    let mut usable = vec![true; terms.len()];
    let mut largest = vec![0.0f64; terms.len()];
    let width = inputs.len();
    for block in states.chunks(64 * width) {
        let (values, gradients) = tape.gradient(block);
        for (at, value) in values.iter().enumerate() {
            usable[at % terms.len()] &= value.is_finite();
        }
        for (at, gradient) in gradients.chunks_exact(width).enumerate() {
            let term = at % terms.len();
            usable[term] &= gradient.iter().all(|g| g.is_finite() && g.abs() < 1e12);
            largest[term] = gradient.iter().fold(largest[term], |m, g| m.max(g.abs()));
        }
    }
    Ok(usable.iter().zip(&largest).map(|(u, l)| *u && *l > 1e-14).collect())
}

/// The system Σ c_j J∇φ_j = ẋ, one row for each component of each sample, in units of the rms of
/// the component and with the samples' weights.
///
/// # Errors
/// Terms that cannot be compiled, values that are not finite.
pub fn pointwise_system(
    terms: &[Expr],
    inputs: &[Symbol],
    samples: &Samples,
) -> Result<Normal, RegressionError> {
    let tape = Tape::new(terms, inputs)?;
    let (width, count) = (samples.width, terms.len());
    let scales = samples.field_scales();
    let weights = samples.weights();
    let mut system = Normal::new(count);
    // Blocks at least as tall as wide, so that the factorisation costs the same as one of all rows.
    let block = (2 * count / width).clamp(128, 4096);
    for start in (0..samples.len()).step_by(block) {
        let end = (start + block).min(samples.len());
        let (_, gradients) = tape.gradient(&samples.states[start * width..end * width]);
        let mut rows = vec![0.0; (end - start) * width * (count + 1)];
        let mut rotated = vec![0.0; width];
        for (s, weight) in (start..end).zip(&weights[start..end]) {
            let base = (s - start) * width * (count + 1);
            for j in 0..count {
                let at = ((s - start) * count + j) * width;
                symplectic_gradient(&gradients[at..at + width], &mut rotated);
                for c in 0..width {
                    rows[base + c * (count + 1) + j] = rotated[c] * weight / scales[c];
                }
            }
            for c in 0..width {
                rows[base + c * (count + 1) + count] = samples.fields[s * width + c] * weight / scales[c];
            }
        }
        system.add(&rows)?;
    }
    Ok(system)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::expr::parse;
    use crate::regression::elimination::eliminate;

    pub fn symbols(names: &[&str]) -> Vec<Symbol> {
        names.iter().map(Symbol::new).collect()
    }

    /// States spread over a box by a low-discrepancy sequence, and the field of `hamiltonian`.
    pub fn samples_of(hamiltonian: &str, names: &[&str], boxes: &[(f64, f64)], count: usize) -> Samples {
        let width = names.len();
        let steps: [f64; 6] =
            [0.7548776662, 0.5698402910, 0.8191725134, 0.6710436067, 0.4142135624, 0.7320508076];
        let mut states = Vec::new();
        for i in 0..count {
            for (c, (low, high)) in boxes.iter().enumerate() {
                states.push(low + (high - low) * ((i + 1) as f64 * steps[c]).fract());
            }
        }
        let tape = Tape::new(&[parse(hamiltonian).unwrap()], &symbols(names)).unwrap();
        let (_, gradients) = tape.gradient(&states);
        let mut fields = vec![0.0; gradients.len()];
        for (g, f) in gradients.chunks(width).zip(fields.chunks_mut(width)) {
            symplectic_gradient(g, f);
        }
        Samples { width, states, fields }
    }

    #[test]
    fn charged_particle_from_a_quartic_library() {
        let names = ["qx", "qy", "px", "py"];
        let h = "(px + qy)^2 + (py - qx)^2 + qx^2 + qy^2";
        let samples = samples_of(h, &names, &[(-1.0, 1.0); 4], 400);
        let terms = crate::terms::polynomials(&names.map(Symbol::new), 4);
        let system = pointwise_system(&terms, &symbols(&names), &samples).unwrap();
        let all: Vec<usize> = (0..terms.len()).collect();
        let found = eliminate(&system, &all, 1.15, 1e-10).unwrap();
        assert!(found.full_residual < 1e-12 && found.residual < 1e-12, "{found:?}");
        assert_eq!(found.solution.columns.len(), 6);
        assert!(found.next_jump > 1e6);
        for c in &found.solution.coefficients {
            assert!((c.abs() - 1.0).abs() < 1e-12 || (c.abs() - 2.0).abs() < 1e-12, "{c}");
        }
    }

    #[test]
    fn a_root_is_told_from_polynomials() {
        let names = ["x", "y", "px", "py"];
        let h = "px^2 + py^2 - sqrt(1 - x^2 - y^2)";
        let samples = samples_of(h, &names, &[(-0.5, 0.5), (-0.5, 0.5), (-1.0, 1.0), (-1.0, 1.0)], 600);
        let mut terms = crate::terms::polynomials(&names.map(Symbol::new), 4);
        terms.push(parse("sqrt(1 - x^2 - y^2)").unwrap());
        terms.push(parse("1/sqrt(1 - x^2 - y^2)").unwrap());
        let system = pointwise_system(&terms, &symbols(&names), &samples).unwrap();
        let all: Vec<usize> = (0..terms.len()).collect();
        let found = eliminate(&system, &all, 1.15, 1e-10).unwrap();
        let left: Vec<String> = found.solution.columns.iter().map(|&j| terms[j].to_string()).collect();
        assert_eq!(left, ["px^2", "py^2", "sqrt(1 - x^2 - y^2)"]);
        let without: Vec<usize> = (0..terms.len() - 2).collect();
        assert!(eliminate(&system, &without, 1.15, 1e-10).unwrap().full_residual > 1e-4);
    }

    #[test]
    fn terms_that_are_not_finite_are_left_out() {
        let terms = ["x", "1/x", "sqrt(x)", "p"].map(|t| parse(t).unwrap());
        let usable = usable_terms(&terms, &symbols(&["x", "p"]), &[-1.0, 0.5, 0.0, 1.0]).unwrap();
        assert_eq!(usable, [true, false, false, true]);
    }
}

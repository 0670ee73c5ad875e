//! Hamilton's equations with parameters, together with the sensitivities of their solutions.
//!
//! For H(x; θ) the derivatives S of a state by the initial state and by θ obey Ṡ = F S + J∂∇H/∂θ with F = J∇²H. They
//! are integrated along with the state by Gragg's midpoint rule with extrapolation, whose accuracy can be chosen: fits
//! ask for no more than the noise is worth. Rows that belong to different trajectories advance side by side, so that
//! one call evaluates H for all of them.
//!
//! Reference: E. Hairer, S. P. Nørsett, G. Wanner, *Solving Ordinary Differential Equations I*, 2nd ed., 1993,
//! section II.9.

use super::field::conjugate;
use crate::expr::{Expr, Symbol, Tape, TapeError};

/// Most steps in which an interval is integrated.
const MOST_STEPS: usize = 1 << 14;

/// A Hamiltonian with free parameters, ready to be integrated with sensitivities.
#[derive(Clone, Debug)]
pub struct ParametricHamiltonian {
    /// ∂H/∂x for every variable, of the inputs (variables, parameters).
    tape: Tape,
    width: usize,
    parameters: usize,
}

impl ParametricHamiltonian {
    /// A Hamiltonian in the variables `inputs`, coordinates then momenta, and `parameters`.
    ///
    /// # Errors
    /// Any other variable in it.
    pub fn new(hamiltonian: &Expr, inputs: &[Symbol], parameters: &[Symbol]) -> Result<Self, TapeError> {
        let gradient: Vec<Expr> = inputs.iter().map(|x| hamiltonian.derivative(x)).collect();
        let all: Vec<Symbol> = inputs.iter().chain(parameters).cloned().collect();
        let tape = Tape::new(&gradient, &all)?;
        Ok(ParametricHamiltonian { tape, width: inputs.len(), parameters: parameters.len() })
    }

    /// The number of variables, 2·dof.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The number of parameters.
    pub fn parameters(&self) -> usize {
        self.parameters
    }

    /// A state where its sensitivities begin: the state, then for each component its derivatives by the initial state
    /// (the identity) and by the parameters (zero).
    pub fn start(&self, state: &[f64]) -> Vec<f64> {
        let (w, m) = (self.width, self.parameters);
        let mut row = vec![0.0; w * (1 + w + m)];
        row[..w].copy_from_slice(state);
        (0..w).for_each(|i| row[w + i * (w + m) + i] = 1.0);
        row
    }

    /// Advances rows side by side, each by its own interval, in `splits` steps or more. Returns the number of steps
    /// that served, for the next interval; `None` where the motion needs too many. Outside the domain of H values are not
    /// finite.
    ///
    /// # Shapes
    /// `rows`: `[intervals, width·(1 + width + parameters)]`.
    pub fn advance(
        &self,
        rows: &mut Vec<f64>,
        theta: &[f64],
        intervals: &[f64],
        splits: usize,
        rtol: f64,
    ) -> Option<usize> {
        let mut splits = splits.max(1);
        loop {
            let mut trial = rows.clone();
            let steps: Vec<f64> = intervals.iter().map(|h| h / splits as f64).collect();
            let mut worst = 0.0f64;
            for _ in 0..splits {
                worst = worst.max(self.extrapolate(&mut trial, theta, &steps, rtol));
                if worst.is_nan() || worst > rtol {
                    break;
                }
            }
            if worst <= rtol {
                *rows = trial;
                let easy = worst < rtol * 1e-3 && splits > 1;
                return Some(if easy { splits / 2 } else { splits });
            }
            if splits >= MOST_STEPS {
                return None;
            }
            splits *= 2;
        }
    }

    /// One step of Gragg's midpoint rule with polynomial extrapolation; returns the relative error.
    fn extrapolate(&self, y: &mut [f64], theta: &[f64], steps: &[f64], rtol: f64) -> f64 {
        let columns = if rtol < 1e-8 { 7 } else { 4 };
        let lane = y.len() / steps.len();
        let mut first = vec![0.0; y.len()];
        self.field(y, theta, &mut first);
        let mut table: Vec<Vec<f64>> = Vec::new();
        let (mut slope, mut error) = (vec![0.0; y.len()], f64::INFINITY);
        for k in 0..columns {
            let n = 2 * (k + 1);
            let mut before = y.to_vec();
            let mut now: Vec<f64> =
                (0..y.len()).map(|i| y[i] + steps[i / lane] / n as f64 * first[i]).collect();
            for _ in 1..n {
                self.field(&now, theta, &mut slope);
                for i in 0..y.len() {
                    let next = before[i] + 2.0 * steps[i / lane] / n as f64 * slope[i];
                    before[i] = now[i];
                    now[i] = next;
                }
            }
            // Neville's scheme in (1/n)².
            let mut column = now;
            for (j, older) in table.iter_mut().enumerate().rev() {
                let ratio = (n as f64 / (2 * (j + 1)) as f64).powi(2) - 1.0;
                let next: Vec<f64> =
                    column.iter().zip(older.iter()).map(|(c, o)| c + (c - o) / ratio).collect();
                *older = std::mem::replace(&mut column, next);
            }
            // From the front the table holds the most extrapolated values.
            table.insert(0, column);
            if k > 0 {
                error = self.distance(&table, steps.len());
                if error <= rtol || error.is_nan() {
                    break;
                }
            }
        }
        y.copy_from_slice(best(&table));
        error
    }

    /// Difference of the two best extrapolations of the states, relative to 1 + |x|, the largest.
    fn distance(&self, table: &[Vec<f64>], lanes: usize) -> f64 {
        let (a, b) = (best(table), second_best(table));
        let lane = a.len() / lanes;
        let mut worst = 0.0f64;
        for l in 0..lanes {
            for c in 0..self.width {
                let (x, z) = (a[l * lane + c], b[l * lane + c]);
                let relative = (x - z).abs() / (1.0 + x.abs());
                worst = if relative.is_nan() { f64::NAN } else { worst.max(relative) };
                if worst.is_nan() {
                    return worst;
                }
            }
        }
        worst
    }

    /// Velocity of states and sensitivities, all lanes.
    fn field(&self, y: &[f64], theta: &[f64], out: &mut [f64]) {
        let (w, m) = (self.width, self.parameters);
        let lane = w * (1 + w + m);
        let lanes = y.len() / lane;
        let mut inputs = Vec::with_capacity(lanes * (w + m));
        for l in 0..lanes {
            inputs.extend_from_slice(&y[l * lane..l * lane + w]);
            inputs.extend_from_slice(theta);
        }
        let (values, gradients) = self.tape.gradient(&inputs);
        for l in 0..lanes {
            let y = &y[l * lane..(l + 1) * lane];
            let out = &mut out[l * lane..(l + 1) * lane];
            for c in 0..w {
                let (partner, is_negative) = conjugate(c, w / 2);
                let sign = if is_negative { -1.0 } else { 1.0 };
                out[c] = sign * values[l * w + partner];
                let row = &gradients[(l * w + partner) * (w + m)..(l * w + partner + 1) * (w + m)];
                let target = &mut out[w + c * (w + m)..w + (c + 1) * (w + m)];
                target.fill(0.0);
                for a in 0..w {
                    let f = sign * row[a];
                    if f != 0.0 {
                        let source = &y[w + a * (w + m)..w + (a + 1) * (w + m)];
                        target.iter_mut().zip(source).for_each(|(t, s)| *t += f * s);
                    }
                }
                for j in 0..m {
                    target[w + j] += sign * row[w + j];
                }
            }
        }
    }
}

fn best(table: &[Vec<f64>]) -> &[f64] {
    &table[0]
}

fn second_best(table: &[Vec<f64>]) -> &[f64] {
    &table[1.min(table.len() - 1)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::parse;

    /// x = cos(√k t) from (1, 0): the sensitivities are its derivatives.
    #[test]
    fn an_oscillator_has_the_sensitivities_of_its_closed_form() {
        let symbols = |names: &[&str]| names.iter().map(Symbol::new).collect::<Vec<_>>();
        let h = parse("p^2/2 + k*q^2/2").unwrap();
        let motion = ParametricHamiltonian::new(&h, &symbols(&["q", "p"]), &symbols(&["k"])).unwrap();
        let (k, t) = (2.0f64, 3.0);
        let mut row = motion.start(&[1.0, 0.0]);
        assert!(motion.advance(&mut row, &[k], &[t], 1, 1e-12).is_some());
        let w = k.sqrt();
        let (s, c) = (w * t).sin_cos();
        let truth = [c, -w * s, c, s / w, -t * s / (2.0 * w), -w * s, c, -(s + w * t * c) / (2.0 * w)];
        for (found, expected) in row.iter().zip(truth) {
            assert!((found - expected).abs() < 1e-10, "{row:?}, not {truth:?}");
        }
    }

    #[test]
    fn a_motion_that_ends_is_not_finite() {
        let symbols = |names: &[&str]| names.iter().map(Symbol::new).collect::<Vec<_>>();
        let h = parse("p^2/2 - 1/sqrt(q^2)").unwrap();
        let motion = ParametricHamiltonian::new(&h, &symbols(&["q", "p"]), &[]).unwrap();
        let mut row = motion.start(&[-1.0, 0.0]);
        let ended = motion.advance(&mut row, &[], &[5.0], 1, 1e-8).is_none();
        assert!(ended || row.iter().any(|x| !x.is_finite()), "{row:?}");
    }
}

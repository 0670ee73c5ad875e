//! Variable projection: least squares whose coefficients are linear and whose other parameters are not.
//!
//! The equations are A ≈ S(μ) X(κ) c, in blocks with scales μ_g (that of block 0 is 1). For given κ and μ the best c is
//! linear; only ln κ and ln μ are moved, by Gauss–Newton with Kaufman's Jacobian: the change of S X c, projected off the
//! columns S X.
//!
//! # References
//! L. Kaufman, *A variable projection method for solving separable nonlinear least squares problems*, BIT 15, 49 (1975).

use std::ops::Range;

use faer::Mat;

use super::gram::{add_scaled, dot, solve_with_ridge};

/// Columns at given nonlinear parameters.
#[derive(Clone, Debug)]
pub struct Evaluated {
    /// X, `[equations, columns]`.
    pub columns: Mat<f64>,
    /// κ ∂X/∂κ of single columns, `[equations, changes]`.
    pub changes: Mat<f64>,
    /// For each change its column of X and the index of its parameter. Several columns may share a parameter.
    pub owners: Vec<(usize, usize)>,
}

/// The equations without their columns.
#[derive(Clone, Copy, Debug)]
pub struct Blocks<'a> {
    /// A.
    pub left: &'a [f64],
    /// For each scale μ_g the rows that it multiplies. Together they are all rows.
    pub rows: &'a [Vec<Range<usize>>],
}

/// The limits of the iteration.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct VarproConfig {
    /// The most steps.
    pub rounds: usize,
    /// A fall of χ² below this ends the iteration; 1e-3 is far below what any decision needs.
    pub tolerance: f64,
    /// The same relative to χ².
    pub relative: f64,
    /// The greatest change of ln κ in a step.
    pub parameter_step: f64,
    /// The greatest change of ln μ in a step.
    pub scale_step: f64,
    /// A fit ends early where its χ² is not likely to fall to this: where it exceeds it by more than four times the
    /// fall that a whole Gauss–Newton step promises, after two steps.
    pub interesting: f64,
}

impl Default for VarproConfig {
    fn default() -> VarproConfig {
        VarproConfig {
            rounds: 12,
            tolerance: 1e-3,
            relative: 1e-6,
            parameter_step: 0.4,
            scale_step: 0.7,
            interesting: f64::INFINITY,
        }
    }
}

/// The constants at the least χ² that was found.
#[derive(Clone, PartialEq, Debug)]
pub struct VarproFit {
    /// χ².
    pub chi: f64,
    /// c.
    pub coefficients: Vec<f64>,
    /// κ.
    pub parameters: Vec<f64>,
    /// μ, one for each block.
    pub scales: Vec<f64>,
}

/// Fits c, κ and, with `fit_scales`, the scales of all blocks but the first, from a start. `evaluate` gives the
/// columns at κ; `None` where they are not finite, which is never entered. `None` where this is so at the start, or
/// where the columns are dependent.
pub fn variable_projection(
    evaluate: &dyn Fn(&[f64]) -> Option<Evaluated>,
    blocks: Blocks<'_>,
    parameters: &[f64],
    scales: &[f64],
    fit_scales: bool,
    config: &VarproConfig,
) -> Option<VarproFit> {
    let mut state = State::new(evaluate, blocks, parameters.to_vec(), scales.to_vec())?;
    let unknowns = parameters.len() + if fit_scales { scales.len() - 1 } else { 0 };
    let mut damping = 1e-4;
    for round in 0..if unknowns > 0 { config.rounds } else { 0 } {
        let before = state.chi;
        let (hessian, gradient) = state.normal_equations(blocks, unknowns);
        let promised = dot(&solve_with_ridge(&hessian, &gradient, 1e-4), &gradient);
        if round >= 2 && state.chi - 4.0 * promised > config.interesting {
            break;
        }
        let Some((next, used)) = try_steps(&state, evaluate, blocks, &hessian, &gradient, damping, config)
        else {
            break;
        };
        (state, damping) = (next, used);
        if before - state.chi < config.tolerance.max(config.relative * before) {
            break;
        }
    }
    let State { chi, coefficients, parameters, scales, .. } = state;
    Some(VarproFit { chi, coefficients, parameters, scales })
}

/// The first step of rising damping that lowers χ², and the damping for the next.
fn try_steps(
    state: &State,
    evaluate: &dyn Fn(&[f64]) -> Option<Evaluated>,
    blocks: Blocks<'_>,
    hessian: &[f64],
    gradient: &[f64],
    mut damping: f64,
    config: &VarproConfig,
) -> Option<(State, f64)> {
    let own = state.parameters.len();
    for _ in 0..9 {
        let step = solve_with_ridge(hessian, gradient, damping);
        let limited = |x: f64, most: f64| if x.is_finite() { x.clamp(-most, most).exp() } else { 1.0 };
        let mut parameters = state.parameters.clone();
        parameters.iter_mut().zip(&step).for_each(|(k, &x)| *k *= limited(x, config.parameter_step));
        let mut scales = state.scales.clone();
        scales[1..].iter_mut().zip(&step[own..]).for_each(|(mu, &x)| *mu *= limited(x, config.scale_step));
        if let Some(next) = State::new(evaluate, blocks, parameters, scales)
            && next.chi < state.chi
        {
            return Some((next, (damping / 10.0).max(1e-8)));
        }
        damping = (damping * 10.0).max(1e-4);
    }
    None
}

/// Constants, and the columns there.
struct State {
    parameters: Vec<f64>,
    scales: Vec<f64>,
    evaluated: Evaluated,
    /// Orthonormal columns of S X.
    basis: Vec<Vec<f64>>,
    coefficients: Vec<f64>,
    residual: Vec<f64>,
    chi: f64,
}

impl State {
    fn new(
        evaluate: &dyn Fn(&[f64]) -> Option<Evaluated>,
        blocks: Blocks<'_>,
        parameters: Vec<f64>,
        scales: Vec<f64>,
    ) -> Option<State> {
        let evaluated = evaluate(&parameters)?;
        let scaled = (0..evaluated.columns.ncols())
            .map(|j| scaled(evaluated.columns.col_as_slice(j), blocks.rows, &scales))
            .collect();
        let LeastSquares { basis, coefficients, residual } = least_squares(scaled, blocks.left)?;
        let chi = dot(&residual, &residual);
        chi.is_finite().then_some(State { parameters, scales, evaluated, basis, coefficients, residual, chi })
    }

    /// JᵀJ and Jᵀr for the changes by ln κ and ln μ, projected off the columns.
    fn normal_equations(&self, blocks: Blocks<'_>, unknowns: usize) -> (Vec<f64>, Vec<f64>) {
        let mut changes = vec![vec![0.0; blocks.left.len()]; unknowns];
        for (j, &(column, parameter)) in self.evaluated.owners.iter().enumerate() {
            let change = scaled(self.evaluated.changes.col_as_slice(j), blocks.rows, &self.scales);
            add_scaled(&mut changes[parameter], self.coefficients[column], &change);
        }
        for (g, change) in changes[self.parameters.len()..].iter_mut().enumerate() {
            for rows in &blocks.rows[g + 1] {
                for i in rows.clone() {
                    change[i] = blocks.left[i] - self.residual[i];
                }
            }
        }
        for change in &mut changes {
            project_off(&self.basis, change);
        }
        let mut hessian = vec![0.0; unknowns * unknowns];
        for (i, a) in changes.iter().enumerate() {
            changes.iter().enumerate().for_each(|(j, b)| hessian[i * unknowns + j] = dot(a, b));
        }
        let gradient = changes.iter().map(|change| dot(change, &self.residual)).collect();
        (hessian, gradient)
    }
}

/// Rows times the scale of their block.
fn scaled(column: &[f64], rows: &[Vec<Range<usize>>], scales: &[f64]) -> Vec<f64> {
    let mut out = column.to_vec();
    for (ranges, &scale) in rows.iter().zip(scales).filter(|&(_, &scale)| scale != 1.0) {
        for range in ranges {
            out[range.clone()].iter_mut().for_each(|x| *x *= scale);
        }
    }
    out
}

struct LeastSquares {
    basis: Vec<Vec<f64>>,
    coefficients: Vec<f64>,
    residual: Vec<f64>,
}

/// A column whose part orthogonal to the ones before is below this fraction of its length is dependent on them.
const DEPENDENT: f64 = 1e-9;

/// Least squares by Gram–Schmidt with a second pass; `None` where the columns are dependent or not finite.
fn least_squares(mut columns: Vec<Vec<f64>>, left: &[f64]) -> Option<LeastSquares> {
    let n = columns.len();
    let mut triangle = vec![0.0; n * n];
    for k in 0..n {
        let (done, rest) = columns.split_at_mut(k);
        let column = &mut rest[0];
        let length = dot(column, column).sqrt();
        for _ in 0..2 {
            for (j, earlier) in done.iter().enumerate() {
                let along = dot(earlier, column);
                triangle[j * n + k] += along;
                add_scaled(column, -along, earlier);
            }
        }
        let left_over = dot(column, column).sqrt();
        let independent = left_over > DEPENDENT * length;
        if !independent {
            return None;
        }
        triangle[k * n + k] = left_over;
        column.iter_mut().for_each(|x| *x /= left_over);
    }
    let mut residual = left.to_vec();
    let mut coefficients = vec![0.0; n];
    for (c, column) in coefficients.iter_mut().zip(&columns) {
        *c = dot(column, &residual);
        add_scaled(&mut residual, -*c, column);
    }
    for k in (0..n).rev() {
        let later: f64 = (k + 1..n).map(|j| triangle[k * n + j] * coefficients[j]).sum();
        coefficients[k] = (coefficients[k] - later) / triangle[k * n + k];
    }
    Some(LeastSquares { basis: columns, coefficients, residual })
}

fn project_off(basis: &[Vec<f64>], vector: &mut [f64]) {
    for column in basis {
        let along = dot(column, vector);
        add_scaled(vector, -along, column);
    }
}

#[cfg(test)]
mod tests {
    // A block has one range of rows here.
    #![allow(clippy::single_range_in_vec_init)]

    use super::*;

    /// Blocks of one range of rows each, between these ends.
    fn blocks_of(ends: &[usize]) -> Vec<Vec<Range<usize>>> {
        ends.windows(2).map(|pair| std::iter::once(pair[0]..pair[1]).collect()).collect()
    }

    /// c₀ e^{κ₀x} + c₁ e^{κ₁x} on two blocks.
    fn exponentials(parameters: &[f64]) -> Option<Evaluated> {
        let x = |i: usize| (i % 40) as f64 / 40.0;
        let value = |i, j: usize| (parameters[j] * x(i)).exp();
        let columns = Mat::from_fn(80, 2, value);
        let changes = Mat::from_fn(80, 2, |i, j| parameters[j] * x(i) * value(i, j));
        parameters.iter().all(|k| k.abs() < 50.0).then_some(Evaluated {
            columns,
            changes,
            owners: vec![(0, 0), (1, 1)],
        })
    }

    fn data(scale: f64) -> Vec<f64> {
        let truth = exponentials(&[-1.1, -2.2]).unwrap().columns;
        let value = |i: usize| 3.0 * truth[(i, 1)] - 5.0 * truth[(i, 0)];
        (0..80).map(|i| if i < 40 { value(i) } else { scale * value(i) }).collect()
    }

    #[test]
    fn two_rates_are_found_together() {
        let left = data(1.0);
        let rows = blocks_of(&[0, 40, 80]);
        let blocks = Blocks { left: &left, rows: &rows };
        let config = VarproConfig { rounds: 60, tolerance: 1e-20, relative: 1e-9, ..VarproConfig::default() };
        let fit =
            variable_projection(&exponentials, blocks, &[-0.8, -2.9], &[1.0, 1.0], false, &config).unwrap();
        assert!((fit.parameters[0] + 1.1).abs() < 1e-3 && (fit.parameters[1] + 2.2).abs() < 1e-3, "{fit:?}");
        assert!((fit.coefficients[0] + 5.0).abs() < 1e-2);
    }

    #[test]
    fn a_scale_is_found() {
        let left = data(0.3);
        let rows = blocks_of(&[0, 40, 80]);
        let blocks = Blocks { left: &left, rows: &rows };
        let config = VarproConfig { rounds: 60, tolerance: 1e-20, relative: 1e-9, ..VarproConfig::default() };
        let fit =
            variable_projection(&exponentials, blocks, &[-1.0, -2.4], &[1.0, 1.0], true, &config).unwrap();
        assert!((fit.scales[1] - 0.3).abs() < 1e-4, "{fit:?}");
        let fixed =
            variable_projection(&exponentials, blocks, &[-1.0, -2.4], &[1.0, 1.0], false, &config).unwrap();
        assert_eq!(fixed.scales, [1.0, 1.0]);
        assert!(fixed.chi > 10.0 * fit.chi);
    }

    #[test]
    fn dependent_columns_are_refused() {
        let left = data(1.0);
        let rows = blocks_of(&[0, 80]);
        let blocks = Blocks { left: &left, rows: &rows };
        assert!(
            variable_projection(
                &exponentials,
                blocks,
                &[-1.0, -1.0],
                &[1.0],
                false,
                &VarproConfig::default()
            )
            .is_none()
        );
        assert!(
            variable_projection(
                &exponentials,
                blocks,
                &[-1.0, 99.0],
                &[1.0],
                false,
                &VarproConfig::default()
            )
            .is_none()
        );
    }
}

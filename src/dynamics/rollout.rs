//! Roll-outs: trajectories predicted by a vector field, and how far they are from the truth.
//!
//! Trajectories that share their times are integrated together, one evaluation of the field for all. The
//! classical Runge–Kutta method is that of the paper; Gauss–Legendre collocation shows what of an error is the
//! integrator's and what the field's.

use super::field::VectorField;
use super::integrate::{Method, integrate, runge_kutta_4};
use crate::data::{Trajectory, TrajectorySet, coordinate_scales};
use crate::expr::{Expr, Symbol, Tape, TapeError};

/// Predictions for the trajectories of a set, each from its first state: `[points, 2·dof]` each, not finite from where a
/// solution ends.
pub fn roll_out(field: &dyn VectorField, truth: &[Trajectory], method: Method) -> Vec<Vec<f64>> {
    let mut predictions = vec![Vec::new(); truth.len()];
    match method {
        Method::GaussLegendre => {
            for (prediction, trajectory) in predictions.iter_mut().zip(truth) {
                let width = trajectory.width();
                *prediction = integrate(field, &trajectory.states[..width], &trajectory.times, method)
                    .unwrap_or_else(|_| vec![f64::NAN; trajectory.states.len()]);
            }
        }
        Method::RungeKutta4 { steps } => {
            let mut done = vec![false; truth.len()];
            for first in 0..truth.len() {
                if done[first] {
                    continue;
                }
                let together: Vec<usize> = (first..truth.len())
                    .filter(|&i| !done[i] && truth[i].times == truth[first].times)
                    .collect();
                let width = truth[first].width();
                let starts: Vec<f64> =
                    together.iter().flat_map(|&i| truth[i].states[..width].iter().copied()).collect();
                let rows = runge_kutta_4(field, &starts, &truth[first].times, steps);
                for (at, &i) in together.iter().enumerate() {
                    done[i] = true;
                    let points = rows.chunks_exact(starts.len());
                    predictions[i] = points.flat_map(|row| row[at * width..][..width].to_vec()).collect();
                }
            }
        }
    }
    predictions
}

/// So many Runge–Kutta steps between two samples that their error stays far below that of a learned field: a step
/// takes at most a twentieth of the time in which the motion turns by one radian, on the whole, and a fifth where it is
/// fastest.
pub fn runge_kutta_steps(set: &TrajectorySet) -> usize {
    const MOST: f64 = 100.0;
    let (states, Some(rates)) = (set.states(), set.derivatives()) else { return 10 };
    let width = 2 * set.dof();
    let scales = coordinate_scales(&states, width);
    let speeds: Vec<f64> = rates
        .chunks_exact(width)
        .map(|row| (row.iter().zip(&scales).map(|(v, s)| (v / s).powi(2)).sum::<f64>() / width as f64).sqrt())
        .collect();
    let mean = (speeds.iter().map(|v| v * v).sum::<f64>() / speeds.len().max(1) as f64).sqrt();
    let fastest = speeds.iter().copied().fold(0.0, f64::max);
    let step = (1.0 / (20.0 * mean)).min(1.0 / (5.0 * fastest));
    let gaps = set.trajectories.iter().flat_map(|t| t.times.windows(2).map(|w| w[1] - w[0]));
    let longest = gaps.fold(0.0, f64::max);
    (longest / step).ceil().clamp(1.0, MOST) as usize
}

/// Squared deviations of one prediction, a number for each point.
#[derive(Clone, Debug, PartialEq)]
pub struct Deviation {
    /// Of the state from the true one, a mean over its 2N components.
    pub state: Vec<f64>,
    /// Of each given function from its value on the true trajectory: `[functions][points]`.
    pub functions: Vec<Vec<f64>>,
}

impl Deviation {
    /// Whether the prediction stayed finite.
    pub fn is_finite(&self) -> bool {
        self.state.iter().all(|x| x.is_finite())
    }
}

/// Deviations of predictions from the truth, also in the functions of `formulas`.
///
/// # Errors
/// A formula with a name that is no coordinate or momentum.
pub fn deviations(
    truth: &[Trajectory],
    predictions: &[Vec<f64>],
    formulas: &[Expr],
    variables: &[Symbol],
) -> Result<Vec<Deviation>, TapeError> {
    let tape = Tape::new(formulas, variables)?;
    let (width, count) = (variables.len(), formulas.len());
    let one = |(trajectory, prediction): (&Trajectory, &Vec<f64>)| {
        let pairs = trajectory.states.chunks_exact(width).zip(prediction.chunks_exact(width));
        let state = pairs
            .map(|(x, y)| x.iter().zip(y).map(|(a, b)| (a - b).powi(2)).sum::<f64>() / width as f64)
            .collect();
        let (before, after) = (tape.evaluate(&trajectory.states), tape.evaluate(prediction));
        let function = |k: usize| {
            let pairs = before.iter().zip(&after).skip(k).step_by(count.max(1));
            pairs.map(|(a, b)| (a - b).powi(2)).collect()
        };
        Deviation { state, functions: (0..count).map(function).collect() }
    };
    Ok(truth.iter().zip(predictions).map(one).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dynamics::{HamiltonianField, SimulationConfig, simulate};
    use crate::expr::parse;
    use crate::system::System;

    fn set(system: &str, trajectories: usize) -> (System, TrajectorySet) {
        let system = System::load(system).unwrap();
        let config = SimulationConfig { trajectories: Some(trajectories), ..SimulationConfig::default() };
        let set = simulate(&system, &config).unwrap();
        (system, set)
    }

    #[test]
    fn the_true_hamiltonian_reproduces_its_trajectories_and_laws() {
        for name in ["charged-particle", "two-body", "double-pendulum"] {
            let (system, set) = set(name, 6);
            let h = system.hamiltonian_with_values().unwrap();
            let field = HamiltonianField::new(&h, &system.coordinates, &system.momenta).unwrap();
            let laws: Vec<Expr> = std::iter::once(h)
                .chain(system.known.iter().map(|law| system.with_values(&law.formula)))
                .collect();
            let steps = runge_kutta_steps(&set);
            for (method, bound) in [(Method::GaussLegendre, 1e-18), (Method::RungeKutta4 { steps }, 1e-6)] {
                let predictions = roll_out(&field, &set.trajectories, method);
                let found = deviations(&set.trajectories, &predictions, &laws, &system.variables()).unwrap();
                assert_eq!(found.len(), 6);
                for deviation in found {
                    assert!(deviation.is_finite());
                    assert_eq!(deviation.state[0], 0.0);
                    let worst = deviation.functions.iter().flatten().chain(&deviation.state);
                    let worst = worst.copied().fold(0.0, f64::max);
                    assert!(worst < bound, "{name} {method:?} {worst}");
                }
            }
        }
    }

    #[test]
    fn a_wrong_hamiltonian_keeps_its_own_energy_and_not_the_true_one() {
        let (system, set) = set("charged-particle", 3);
        let wrong = parse("px^2 + py^2 + qx^2 + qy^2").unwrap();
        let field = HamiltonianField::new(&wrong, &system.coordinates, &system.momenta).unwrap();
        let predictions = roll_out(&field, &set.trajectories, Method::GaussLegendre);
        let truth = system.hamiltonian_with_values().unwrap();
        let formulas = [wrong, truth];
        let tape = Tape::new(&formulas, &system.variables()).unwrap();
        for prediction in &predictions {
            let values = tape.evaluate(prediction);
            let drift = |k: usize| {
                let column: Vec<f64> = values.iter().skip(k).step_by(2).copied().collect();
                column.iter().map(|x| (x - column[0]).abs()).fold(0.0, f64::max)
            };
            assert!(drift(0) < 1e-12 && drift(1) > 1e-3, "{} {}", drift(0), drift(1));
        }
    }

    #[test]
    fn trajectories_with_times_of_their_own_are_integrated_one_by_one() {
        let (system, mut set) = set("charged-particle", 3);
        set.trajectories[1] = set.trajectories[1].part(10, 60);
        let h = system.hamiltonian_with_values().unwrap();
        let field = HamiltonianField::new(&h, &system.coordinates, &system.momenta).unwrap();
        let method = Method::RungeKutta4 { steps: 4 };
        let together = roll_out(&field, &set.trajectories, method);
        for (one, trajectory) in together.iter().zip(&set.trajectories) {
            assert_eq!(one.len(), trajectory.states.len());
            assert_eq!(*one, roll_out(&field, std::slice::from_ref(trajectory), method)[0]);
        }
    }
}

//! Copies of samples along the flows of laws.
//!
//! Where {F, H} = 0, the flow Φ_s of F, dx/ds = J∇F, carries motions to motions: with a sample (x, ẋ) also
//! (Φ_s(x), DΦ_s(x) ẋ) is a sample of the same motion. So a rotation tells of a force in all directions what one run tells
//! of it in one. What it does to the error on runs that a network has not seen is in `results/learned-model.md`.

use super::data::{Samples, TrainingData};
use crate::data::coordinate_scales;
use crate::dynamics::{ParametricHamiltonian, symplectic_gradient};
use crate::expr::{Expr, Symbol, Tape, TapeError};

/// The most copies of a sample. With 3 or 15 in place of 7 the error is the same, within what seeds make of it.
const COPIES: usize = 7;
/// The most samples with all copies.
const MOST_SAMPLES: usize = 200_000;
/// How far a copy is moved at most, in units of the spread of the columns. For a rotation it is half a turn.
const FARTHEST: f64 = std::f64::consts::PI;
/// A copy that leaves the recorded range by more than this share of it tells of states where no run goes.
const BEYOND: f64 = 0.1;
/// The accuracy of the flow, far below that of a network.
const RTOL: f64 = 1e-6;
/// Samples that are moved side by side.
const BLOCK: usize = 64;
/// Multiples of the golden ratio fill an interval evenly.
const GOLDEN: f64 = 0.618_033_988_749_894_8;

/// The data with copies of its training samples along the flows of the laws, given in its variables; as it is without
/// laws. The held-out samples stay alone.
///
/// # Errors
/// Other variables in a law than in the data.
pub(super) fn with_copies(
    data: TrainingData,
    laws: &[Expr],
    variables: &[Symbol],
) -> Result<TrainingData, TapeError> {
    if laws.is_empty() {
        return Ok(data);
    }
    let width = variables.len();
    let samples = data.train.states.len() / width;
    let copies = COPIES.min((MOST_SAMPLES / samples.max(1)).saturating_sub(1));
    let ranges = ranges(&data);
    let flows = laws.iter().map(|law| Flow::new(law, variables, &data.train.states));
    let flows = flows.collect::<Result<Vec<_>, TapeError>>()?;
    let mut train = data.train.clone();
    // Each copy is moved on from the one before, along one law after the other: so rotations about different axes mix.
    let mut last = data.train.clone();
    for copy in 0..copies {
        let moved = flows[copy % flows.len()].moved(&last, copy);
        let rows = last.states.chunks_exact_mut(width).zip(last.derivatives.chunks_exact_mut(width));
        for ((state, derivative), (new_state, new_derivative)) in rows.zip(moved) {
            let within = new_state.iter().zip(&ranges).all(|(x, (low, high))| (low..=high).contains(&x));
            if within && new_derivative.iter().all(|x| x.is_finite()) {
                state.copy_from_slice(&new_state);
                derivative.copy_from_slice(&new_derivative);
                train.states.extend(new_state);
                train.derivatives.extend(new_derivative);
            }
        }
    }
    Ok(TrainingData { train, ..data })
}

/// The range of each column that copies may have; an angle may go on.
fn ranges(data: &TrainingData) -> Vec<(f64, f64)> {
    let width = 2 * data.dof;
    let range = |column: usize| {
        if data.angles.contains(&column) {
            return (f64::NEG_INFINITY, f64::INFINITY);
        }
        let values = data.train.states.iter().skip(column).step_by(width);
        let (low, high) =
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &x| (low.min(x), high.max(x)));
        let beyond = BEYOND * (high - low);
        (low - beyond, high + beyond)
    };
    (0..width).map(range).collect()
}

/// The flow of a law.
struct Flow {
    law: ParametricHamiltonian,
    /// The value of s in which the columns move by their spread, on average.
    unit: f64,
}

impl Flow {
    fn new(law: &Expr, variables: &[Symbol], states: &[f64]) -> Result<Flow, TapeError> {
        let width = variables.len();
        let scales = coordinate_scales(states, width);
        let (_, gradients) = Tape::new(std::slice::from_ref(law), variables)?.gradient(states);
        let (mut sum, mut speed) = (0.0, vec![0.0; width]);
        for gradient in gradients.chunks_exact(width) {
            symplectic_gradient(gradient, &mut speed);
            sum += speed.iter().zip(&scales).map(|(v, scale)| (v / scale).powi(2)).sum::<f64>();
        }
        let unit = (states.len() as f64 / sum).sqrt();
        Ok(Flow { law: ParametricHamiltonian::new(law, variables, &[])?, unit })
    }

    /// Samples with each moved by an s of its own, whose values fill the allowed interval evenly. Where the flow cannot be
    /// followed, what is returned is not finite.
    fn moved(&self, samples: &Samples, copy: usize) -> Vec<(Vec<f64>, Vec<f64>)> {
        let width = self.law.width();
        let part =
            |at: usize| 2.0 * ((at + 1) as f64 * GOLDEN + (copy + 1) as f64 * 2f64.sqrt()).fract() - 1.0;
        let pairs = samples.states.chunks(BLOCK * width).zip(samples.derivatives.chunks(BLOCK * width));
        let mut moved = Vec::with_capacity(samples.states.len() / width);
        for (block, (states, derivatives)) in pairs.enumerate() {
            let mut rows: Vec<f64> = states.chunks_exact(width).flat_map(|x| self.law.start(x)).collect();
            let count = states.len() / width;
            let intervals: Vec<f64> =
                (0..count).map(|at| FARTHEST * self.unit * part(block * BLOCK + at)).collect();
            if self.law.advance(&mut rows, &[], &intervals, 1, RTOL).is_none() {
                rows.fill(f64::NAN);
            }
            let rows = rows.chunks_exact(width * (1 + width)).zip(derivatives.chunks_exact(width));
            moved.extend(rows.map(|(row, derivative)| {
                let (state, tangent) = row.split_at(width);
                let carried = |row: &[f64]| row.iter().zip(derivative).map(|(a, v)| a * v).sum();
                (state.to_vec(), tangent.chunks_exact(width).map(carried).collect())
            }));
        }
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables() -> Vec<Symbol> {
        ["x", "y", "px", "py"].map(Symbol::new).to_vec()
    }

    fn law(text: &str) -> Expr {
        text.parse().unwrap()
    }

    /// States that fill a box evenly, moved by H = p²/2 + V with a force of the positions.
    fn data(force: impl Fn(f64, f64) -> [f64; 2]) -> TrainingData {
        let roots = [2.0f64, 3.0, 5.0, 7.0].map(f64::sqrt);
        let states: Vec<[f64; 4]> =
            (1..=300).map(|k| roots.map(|root| 2.0 * (f64::from(k) * root).fract() - 1.0)).collect();
        let derivative = |&[x, y, px, py]: &[f64; 4]| {
            let [fx, fy] = force(x, y);
            [px, py, fx, fy]
        };
        let derivatives = states.iter().flat_map(derivative).collect();
        let train = Samples { derivatives, states: states.concat(), ..Samples::default() };
        TrainingData { dof: 2, angles: vec![], train, test: Samples::default() }
    }

    #[test]
    fn copies_along_a_law_are_samples_of_the_same_motion() {
        let central = |x: f64, y: f64| {
            let pull = -1.0 / (0.3 + x * x + y * y);
            [pull * x, pull * y]
        };
        let found = with_copies(data(central), &[law("x*py - y*px")], &variables()).unwrap().train;
        let rows: Vec<_> = found.states.chunks_exact(4).zip(found.derivatives.chunks_exact(4)).collect();
        // Some leave the box.
        assert!(rows.len() > 300 * 5 && rows.len() < 300 * 8, "{}", rows.len());
        for (state, derivative) in &rows {
            let [fx, fy] = central(state[0], state[1]);
            for (found, truth) in derivative.iter().zip([state[2], state[3], fx, fy]) {
                assert!((found - truth).abs() < 1e-5, "{found} {truth}");
            }
        }
        // The copies of one sample go all the way round.
        let angle = |state: &[f64]| state[1].atan2(state[0]);
        let shares = (0..8).map(|part| {
            let from = std::f64::consts::PI * (f64::from(part) / 4.0 - 1.0);
            rows.iter().filter(|(x, _)| (from..from + std::f64::consts::PI / 4.0).contains(&angle(x))).count()
        });
        assert!(shares.clone().min() > Some(rows.len() / 12), "{:?}", shares.collect::<Vec<_>>());
    }

    #[test]
    fn flows_that_are_not_linear_are_followed() {
        // The energy of a pendulum beside an oscillator; its flow is the motion of the pendulum alone.
        let force = |x: f64, y: f64| [-x.sin(), -y];
        let found = with_copies(data(force), &[law("px^2/2 - cos(x)")], &variables()).unwrap().train;
        assert!(found.states.len() > 4 * 300 * 4);
        for (state, derivative) in found.states.chunks_exact(4).zip(found.derivatives.chunks_exact(4)) {
            let [fx, fy] = force(state[0], state[1]);
            for (found, truth) in derivative.iter().zip([state[2], state[3], fx, fy]) {
                assert!((found - truth).abs() < 1e-4, "{found} {truth}");
            }
        }
    }

    #[test]
    fn without_laws_and_beyond_the_range_there_are_no_copies() {
        let original = data(|x, y| [-x, -y]);
        assert_eq!(with_copies(original.clone(), &[], &variables()).unwrap(), original);
        // The law moves y, which is the same in all samples.
        let mut still = original;
        still.train.states.iter_mut().skip(1).step_by(4).for_each(|y| *y = 0.5);
        assert_eq!(with_copies(still.clone(), &[law("py")], &variables()).unwrap(), still);
        assert!(with_copies(still, &[law("z")], &variables()).is_err());
    }
}

//! Regular or chaotic? Numerical hints from the growth of small deviations; evidence, never proof.
//!
//! Two deviation vectors are carried along each orbit by the variational equations v̇ = Df(x)·v. The
//! mean growth rate of the first is the (finite-time) largest Lyapunov exponent. The smaller alignment
//! index SALI = min(|v̂₁ + v̂₂|, |v̂₁ − v̂₂|) of the normalised vectors falls exponentially on chaotic
//! orbits, and not at all or by a power of time on regular ones (Skokos 2001, J. Phys. A 34, 10029).

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::field::{VectorField, symplectic_gradient};
use super::integrate::{Accuracy, Collocation};
use crate::expr::{Expr, Symbol, Tape, TapeError};
use crate::progress::CancelToken;

/// SALI below this is taken as chaotic motion.
const CHAOTIC: f64 = 1e-8;
/// SALI that stayed above this is taken as regular motion.
const REGULAR: f64 = 1e-6;
/// How many characteristic times an orbit is followed.
const SPAN: usize = 1500;
/// Evaluations of the field after which an orbit is no longer followed: close encounters would otherwise
/// take minutes.
const MAX_EVALUATIONS: usize = 500_000;
/// The same for long formulas, in instructions of the tape. Counts, so that every machine says the same.
const MAX_INSTRUCTIONS: usize = 150_000_000;

/// Orbits that are followed side by side.
const TOGETHER: usize = 2;

/// What an orbit looks like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Motion {
    /// No orbit showed exponential growth.
    Regular,
    /// Some orbit did.
    Chaotic,
    /// Neither could be said.
    Unclear,
}

impl Motion {
    /// `regular`, `chaotic` or `unclear`.
    pub fn name(self) -> &'static str {
        match self {
            Motion::Regular => "regular",
            Motion::Chaotic => "chaotic",
            Motion::Unclear => "unclear",
        }
    }
}

/// The hint from some orbits of a system.
#[derive(Clone, PartialEq, Debug)]
pub struct StabilityHint {
    /// Chaotic where any orbit is.
    pub motion: Motion,
    /// The largest finite-time Lyapunov exponent among the orbits, in inverse units of time.
    pub lyapunov_exponent: f64,
    /// The smallest alignment index reached.
    pub alignment_index: f64,
    /// How many orbits could be followed.
    pub orbits: usize,
}

/// Follows orbits from `starts` (`[orbits, 2·dof]`, q then p), until one is chaotic, and says whether they look regular.
/// None where no orbit could be followed at all, or where the token ended the work.
///
/// # Errors
/// H contains a name that is neither coordinate nor momentum.
pub fn stability_hint(
    hamiltonian: &Expr,
    coordinates: &[Symbol],
    momenta: &[Symbol],
    starts: &[f64],
    token: &CancelToken,
) -> Result<Option<StabilityHint>, TapeError> {
    let field = VariationalField::new(hamiltonian, coordinates, momenta)?;
    let width = 2 * coordinates.len();
    let mut orbits: Vec<Orbit> = Vec::new();
    for starts in starts.chunks(TOGETHER * width) {
        let followed = starts.par_chunks_exact(width).filter_map(|start| follow(&field, start, token));
        orbits.extend(followed.collect::<Vec<_>>());
        // One chaotic orbit answers the question.
        if orbits.iter().any(|orbit| orbit.alignment_index < CHAOTIC) {
            break;
        }
    }
    if orbits.is_empty() || token.is_cancelled() {
        return Ok(None);
    }
    let alignment_index = orbits.iter().map(|o| o.alignment_index).fold(f64::INFINITY, f64::min);
    let motion = if alignment_index < CHAOTIC {
        Motion::Chaotic
    } else if alignment_index > REGULAR && orbits.iter().any(|o| o.is_long) {
        Motion::Regular
    } else {
        Motion::Unclear
    };
    let lyapunov_exponent = orbits.iter().map(|o| o.exponent).fold(f64::NEG_INFINITY, f64::max);
    Ok(Some(StabilityHint { motion, lyapunov_exponent, alignment_index, orbits: orbits.len() }))
}

struct Orbit {
    /// Whether it was followed long enough to be called regular.
    is_long: bool,
    exponent: f64,
    alignment_index: f64,
}

/// One orbit; None where it runs into a singularity at once.
fn follow(field: &VariationalField, start: &[f64], token: &CancelToken) -> Option<Orbit> {
    let width = start.len();
    let unit = characteristic_time(field, start)?;
    let evaluations = (MAX_INSTRUCTIONS / field.cost()).min(MAX_EVALUATIONS);
    let field = &Bounded { field, left: AtomicUsize::new(evaluations) };
    let mut state = start.to_vec();
    state.extend(deviation(width, 0.0));
    state.extend(deviation(width, 1.0));
    let mut orbit = Collocation::new(field, &state, Accuracy::TEN_DIGITS).ok()?;
    let (mut growth, mut alignment_index) = (0.0, f64::INFINITY);
    let mut passed = 0;
    for step in 1..=SPAN {
        if token.is_cancelled() {
            return None;
        }
        if orbit.advance(0.0, unit).is_err() {
            break;
        }
        growth += normalise(&mut orbit, width..2 * width).ln();
        normalise(&mut orbit, 2 * width..3 * width);
        let (first, second) = orbit.state()[width..].split_at(width);
        let apart =
            |sign: f64| first.iter().zip(second).map(|(a, b)| (a + sign * b).powi(2)).sum::<f64>().sqrt();
        let index = apart(1.0).min(apart(-1.0));
        if !(index.is_finite() && growth.is_finite()) {
            break;
        }
        alignment_index = index.min(alignment_index);
        passed = step;
        if alignment_index < CHAOTIC / 100.0 {
            break;
        }
    }
    let exponent = growth / (passed as f64 * unit);
    (passed > 0).then_some(Orbit { is_long: passed >= SPAN / 10, exponent, alignment_index })
}

/// |x|/|f(x)|: about the time in which the state changes by its own size.
fn characteristic_time(field: &VariationalField, start: &[f64]) -> Option<f64> {
    let mut slopes = vec![0.0; start.len()];
    field.velocity(start, &mut slopes);
    let time = norm(start) / norm(&slopes);
    (time.is_finite() && time > 0.0).then_some(time)
}

/// A fixed unit vector without special directions.
fn deviation(width: usize, phase: f64) -> Vec<f64> {
    let mut vector: Vec<f64> =
        (0..width).map(|i| (1.0 + phase + 1.7 * i as f64 * (phase + 0.6)).sin()).collect();
    let length = norm(&vector);
    vector.iter_mut().for_each(|x| *x /= length);
    vector
}

/// Scales a deviation to length 1 and returns the length it had.
fn normalise(orbit: &mut Collocation, deviation: Range<usize>) -> f64 {
    let length = norm(&orbit.state()[deviation.clone()]);
    orbit.rescale(deviation, 1.0 / length);
    length
}

fn norm(vector: &[f64]) -> f64 {
    vector.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// Hamilton's equations together with their linearisation along two deviation vectors.
struct VariationalField {
    /// The components of ∇H.
    tape: Tape,
    width: usize,
}

impl VariationalField {
    fn new(hamiltonian: &Expr, coordinates: &[Symbol], momenta: &[Symbol]) -> Result<Self, TapeError> {
        let inputs: Vec<Symbol> = coordinates.iter().chain(momenta).cloned().collect();
        let gradient: Vec<Expr> = inputs.iter().map(|x| hamiltonian.derivative(x)).collect();
        let tape = Tape::new(&gradient, &inputs)?;
        Ok(VariationalField { tape, width: inputs.len() })
    }

    /// Instructions of one evaluation: f, and its derivative along two deviations.
    fn cost(&self) -> usize {
        3 * self.tape.cost().max(1)
    }

    fn velocity(&self, state: &[f64], out: &mut [f64]) {
        let mut gradient = vec![0.0; out.len()];
        self.tape.evaluate_one(state, &mut gradient, &mut Vec::new());
        symplectic_gradient(&gradient, out);
    }
}

impl VectorField for VariationalField {
    fn dimension(&self) -> usize {
        3 * self.width
    }

    fn evaluate(&self, states: &[f64], out: &mut [f64]) {
        let width = self.width;
        let points: Vec<f64> =
            states.chunks_exact(3 * width).flat_map(|row| &row[..width]).copied().collect();
        let deviations: Vec<f64> =
            states.chunks_exact(3 * width).flat_map(|row| &row[width..]).copied().collect();
        let (values, slopes) = self.tape.derivatives_along(&points, &deviations, 2);
        let rows = out.chunks_exact_mut(3 * width);
        for ((row, value), slope) in rows.zip(values.chunks_exact(width)).zip(slopes.chunks_exact(2 * width))
        {
            let gradients = std::iter::once(value).chain(slope.chunks_exact(width));
            row.chunks_exact_mut(width).zip(gradients).for_each(|(out, g)| symplectic_gradient(g, out));
        }
    }
}

/// The field as long as the evaluations last, undefined after that.
struct Bounded<'a> {
    field: &'a VariationalField,
    left: AtomicUsize,
}

impl VectorField for Bounded<'_> {
    fn dimension(&self) -> usize {
        self.field.dimension()
    }

    fn evaluate(&self, states: &[f64], out: &mut [f64]) {
        let samples = states.len() / self.dimension().max(1);
        let left = self.left.load(Ordering::Relaxed);
        self.left.store(left.saturating_sub(samples), Ordering::Relaxed);
        if left < samples {
            out.fill(f64::NAN);
        } else {
            self.field.evaluate(states, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::parse;

    fn hint(hamiltonian: &str, coordinates: &[&str], momenta: &[&str], starts: &[f64]) -> StabilityHint {
        let symbols = |names: &[&str]| names.iter().map(Symbol::new).collect::<Vec<_>>();
        stability_hint(
            &parse(hamiltonian).unwrap(),
            &symbols(coordinates),
            &symbols(momenta),
            starts,
            &CancelToken::new(),
        )
        .unwrap()
        .expect("orbits that can be followed")
    }

    #[test]
    fn henon_heiles_near_escape_is_chaotic() {
        let h = "(px^2 + py^2)/2 + (x^2 + y^2)/2 + x^2*y - y^3/3";
        // H = 0.1656, on the Poincaré section x = 0.
        let found = hint(h, &["x", "y"], &["px", "py"], &[0.0, -0.1, 0.4903, 0.28]);
        assert_eq!(found.motion, Motion::Chaotic);
        assert!((0.01..0.5).contains(&found.lyapunov_exponent), "{found:?}");
    }

    #[test]
    fn integrable_systems_are_regular() {
        let planar = (["x", "y"].as_slice(), ["px", "py"].as_slice());
        let chain = (["q1", "q2", "q3"].as_slice(), ["p1", "p2", "p3"].as_slice());
        let toda = "(p1^2 + p2^2 + p3^2)/2 + exp(q1 - q2) + exp(q2 - q3) + exp(q3 - q1)";
        let systems = [
            (toda, chain, 0.7),
            ("(px^2 + py^2)/2 - 1/sqrt(x^2 + y^2)", planar, 0.0),
            ("(px^2 + py^2)/2 + (x^2 + y^2)/2 + x^2*y + y^3/3", planar, 0.15),
            ("(px^2 + py^2)/2 + (x^2 + 16*y^2)/2 + x^2*y + 16*y^3/3", planar, 0.1),
            ("(px^2 + py^2)/2 + x^4 + 12*x^2*y^2 + 16*y^4", planar, 0.7),
            ("(px^2 + py^2)/2 + (x^2 + y^2)^2 - x^2", planar, 0.7),
        ];
        for (hamiltonian, (coordinates, momenta), size) in systems {
            let width = 2 * coordinates.len();
            let starts: Vec<f64> = (0..4 * width).map(|i| size * (1.0 + 2.7 * i as f64).sin()).collect();
            let kepler = [1.0, 0.1, 0.1, 0.9, 1.0, 0.0, 0.0, 0.7];
            let starts = if size == 0.0 { &kepler[..] } else { &starts };
            let found = hint(hamiltonian, coordinates, momenta, starts);
            assert_eq!(found.motion, Motion::Regular, "{hamiltonian}: {found:?}");
        }
    }
}

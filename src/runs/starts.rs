//! From saved data to true trajectories in the coordinates and canonical momenta of a motion.

use crate::data::{Piece, Rates, Recording, Run, Smoother, Trajectory, TrajectorySet};
use crate::dynamics::{HamiltonianField, VectorField};
use crate::expr::{Expr, Symbol, Tape, parse};

use super::Data;
use super::motion::{Canonical, Motion, Slowing};

/// The fewest points of a trajectory that is predicted.
const FEWEST_POINTS: usize = 3;

/// A formula of a saved run.
pub(super) fn formula(text: &str) -> Result<Expr, String> {
    parse(text).map_err(|error| format!("`{text}`: {}", error.message))
}

/// Symbols of names.
pub(super) fn symbols(names: &[String]) -> Vec<Symbol> {
    names.iter().map(Symbol::new).collect()
}

/// The trajectories of a run's data in coordinates and the canonical momenta of a motion.
///
/// # Errors
/// In words, why there are none.
pub fn in_canonical_momenta(data: &Data, motion: &Motion) -> Result<TrajectorySet, String> {
    match (data, &motion.canonical) {
        (Data::Recorded(reading), Some(canonical)) => {
            canonical_trajectories(&reading.recording, motion, canonical)
        }
        (data, _) => Ok(data.observations(1.0).trajectories),
    }
}

/// Trajectories of a recording in the canonical momenta p = m·v + A(q) of a motion. Without recorded velocities these
/// are of splines through the positions, where points of both sides carry them.
fn canonical_trajectories(
    recording: &Recording,
    motion: &Motion,
    canonical: &Canonical,
) -> Result<TrajectorySet, String> {
    let coordinates = symbols(&motion.coordinates);
    let inputs: Vec<Symbol> = coordinates.iter().cloned().chain(symbols(&canonical.velocities)).collect();
    let formulas = canonical.formulas.iter().map(|text| formula(text)).collect::<Result<Vec<Expr>, _>>()?;
    let momenta = Tape::new(&formulas, &inputs).map_err(|error| error.to_string())?;
    let trajectories = match &recording.rates {
        Rates::Velocities(_) => recording.runs.iter().map(of_run).collect(),
        Rates::None | Rates::Momenta(_) => {
            let smoothed = Smoother::default().smooth(recording).map_err(|error| error.to_string())?;
            smoothed.pieces.iter().filter_map(of_piece).collect()
        }
    };
    let angles = recording.coordinates.iter().filter(|c| c.is_angle).map(|c| c.name.clone()).collect();
    Ok(TrajectorySet {
        trajectories: in_momenta(trajectories, &momenta, coordinates.len()),
        momenta: symbols(&motion.momenta),
        coordinates,
        angles,
        notes: Vec::new(),
    })
}

/// Positions and velocities of a run, row by row.
fn of_run(run: &Run) -> Trajectory {
    let columns = || run.positions.iter().chain(&run.rates);
    let states = (0..run.points()).flat_map(|at| columns().map(move |column| column[at])).collect();
    Trajectory { times: run.times.clone(), states, derivatives: None }
}

/// Recorded positions and the spline's velocities of a piece, its one-sided ends left out.
fn of_piece(piece: &Piece) -> Option<Trajectory> {
    let one_sided = piece.one_sided();
    let inner: Vec<usize> = (0..piece.points()).filter(|&at| !one_sided[at]).collect();
    if inner.len() < FEWEST_POINTS {
        return None;
    }
    let dof = piece.positions.len();
    let row = |&at: &usize| {
        let positions = (0..dof).map(move |i| piece.positions[i][at]);
        positions.chain((0..dof).map(move |i| piece.velocity(i, piece.times[at])))
    };
    Some(Trajectory {
        times: inner.iter().map(|&at| piece.times[at]).collect(),
        states: inner.iter().flat_map(row).collect(),
        derivatives: None,
    })
}

/// The same trajectories with momenta in place of velocities.
fn in_momenta(mut trajectories: Vec<Trajectory>, momenta: &Tape, dof: usize) -> Vec<Trajectory> {
    for trajectory in &mut trajectories {
        let values = momenta.evaluate(&trajectory.states);
        let rows = trajectory.states.chunks_exact_mut(2 * dof).zip(values.chunks_exact(dof));
        rows.for_each(|(state, momenta)| state[dof..].copy_from_slice(momenta));
    }
    trajectories
}

/// Hamilton's equations with friction: ṗ_i = −∂H/∂q_i − f_i·v_i·|v_i|^power, v = ∂H/∂p.
pub(super) struct SlowedField {
    pub(super) field: HamiltonianField,
    pub(super) slowing: Vec<Slowing>,
}

impl VectorField for SlowedField {
    fn dimension(&self) -> usize {
        self.field.dimension()
    }

    fn evaluate(&self, states: &[f64], out: &mut [f64]) {
        self.field.evaluate(states, out);
        let width = self.dimension();
        for row in out.chunks_exact_mut(width) {
            for slowing in &self.slowing {
                let v = row[slowing.coordinate];
                row[width / 2 + slowing.coordinate] -= slowing.factor.0 * v * v.abs().powi(slowing.power);
            }
        }
    }
}

/// What of a run's data is predicted, and what the steps of integration are chosen by.
pub(super) struct Truth {
    /// What was fitted.
    pub(super) fitted: TrajectorySet,
    /// What is predicted.
    pub(super) test: Vec<Trajectory>,
    /// Whether the fit did not see what is predicted.
    pub(super) held_out: bool,
}

impl Truth {
    /// The true trajectories of a run, in the coordinates and momenta of its motion.
    ///
    /// # Errors
    /// In words, why there are none.
    pub(super) fn of(data: &Data, motion: &Motion) -> Result<Truth, String> {
        let set = in_canonical_momenta(data, motion)?;
        Ok(match motion.train {
            Some(train) => {
                let (fitted, test) = set.split(train.0);
                Truth { fitted, test: test.trajectories, held_out: true }
            }
            None => Truth { test: set.trajectories.clone(), fitted: set, held_out: false },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dynamics::{Method, integrate};
    use crate::runs::{Exact, NamedFormula};

    fn oscillator(slowing: Vec<Slowing>) -> Motion {
        Motion {
            coordinates: vec!["x".into()],
            momenta: vec!["p_x".into()],
            hamiltonian: Some("(p_x - 3*x)^2/(2*2) + x^2".into()),
            laws: vec![NamedFormula { name: "K".into(), formula: "p_x".into() }],
            canonical: Some(Canonical { velocities: vec!["v".into()], formulas: vec!["2*v + 3*x".into()] }),
            slowing,
            train: None,
        }
    }

    #[test]
    fn a_recording_with_velocities_starts_in_canonical_momenta() {
        let run = Run {
            name: "0".into(),
            times: vec![0.0, 1.0],
            positions: vec![vec![1.0, 2.0]],
            rates: vec![vec![5.0, 7.0]],
            derivatives: None,
        };
        let recording = Recording {
            coordinates: vec![crate::data::Coordinate { name: Symbol::new("x"), is_angle: false }],
            rates: Rates::Velocities(vec![Symbol::new("v")]),
            runs: vec![run],
        };
        let motion = oscillator(Vec::new());
        let set = canonical_trajectories(&recording, &motion, motion.canonical.as_ref().unwrap()).unwrap();
        assert_eq!(set.trajectories[0].states, [1.0, 13.0, 2.0, 20.0]);
        assert_eq!(set.momenta, [Symbol::new("p_x")]);
    }

    /// 2 x″ = −2 x − x′/2: x = e^(−t/8)·(cos wt + sin wt/(8 w)), w² = 1 − 1/64.
    #[test]
    fn friction_slows_a_roll_out() {
        let motion = oscillator(vec![Slowing { coordinate: 0, factor: Exact(0.5), power: 0 }]);
        let h = formula(motion.hamiltonian.as_ref().unwrap()).unwrap();
        let field =
            HamiltonianField::new(&h, &symbols(&motion.coordinates), &symbols(&motion.momenta)).unwrap();
        let slowed = SlowedField { field, slowing: motion.slowing };
        let times: Vec<f64> = (0..=40).map(|k| 0.25 * f64::from(k)).collect();
        let states = integrate(&slowed, &[1.0, 3.0], &times, Method::GaussLegendre).unwrap();
        let w = (1.0f64 - 1.0 / 64.0).sqrt();
        for (t, state) in times.iter().zip(states.chunks_exact(2)) {
            let x = (-t / 8.0).exp() * ((w * t).cos() + (w * t).sin() / (8.0 * w));
            assert!((state[0] - x).abs() < 1e-9, "{t}: {} {x}", state[0]);
        }
    }
}

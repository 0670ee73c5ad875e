//! The systems of the tables and their data.

use std::path::Path;

use crate::data::{Declared, ReadOptions, Smoother, TrajectorySet};
use crate::dynamics::{SimulationConfig, VectorField, runge_kutta_steps, simulate};
use crate::expr::{Expr, Tape};
use crate::learn::{Samples, Scaling, TrainingData};
use crate::regression::Normal;
use crate::system::System;

use super::ExperimentError;
use super::paper::{PAPER, Row};

/// Where the data of a task come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The recipe of a built-in system.
    Simulated,
    /// A file of measurements.
    Measured { file: &'static str, system: &'static str },
}

/// As in the paper, the velocities of the measured oscillator stand for momenta.
const MEASURED_OSCILLATOR: &str = "system real_oscillator\ncoordinates x1, x2\nmomenta v1, v2\ntrain 4/5\n";
/// The measured pendulum of the paper: two successive points make one of twice the degrees of freedom.
const MEASURED_PENDULUM: &str =
    "system real_pendulum\ncoordinates o1, o2\nmomenta v1, v2\nangle o1, o2\ntrain 4/5\n";

/// A system of Table 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Task {
    /// As in the catalogue.
    pub name: &'static str,
    pub source: Source,
    /// Number of cyclic pairs of the symmetry-control network.
    pub cyclic: usize,
    /// The known laws that the constrained network is given.
    pub imposed: &'static [&'static str],
}

/// All systems of Table 1.
pub(super) const TASKS: [Task; 8] = [
    Task { name: "two-body", source: Source::Simulated, cyclic: 4, imposed: &["Px", "Py", "L"] },
    Task { name: "three-body", source: Source::Simulated, cyclic: 6, imposed: &["Px", "Py", "L"] },
    Task { name: "coupled-oscillator", source: Source::Simulated, cyclic: 2, imposed: &["K1"] },
    Task { name: "charged-particle", source: Source::Simulated, cyclic: 2, imposed: &["L"] },
    Task { name: "spherical-pendulum", source: Source::Simulated, cyclic: 2, imposed: &["L"] },
    Task { name: "double-pendulum", source: Source::Simulated, cyclic: 1, imposed: &[] },
    Task {
        name: "real-pendulum",
        source: Source::Measured { file: "real_pend_h_1.txt", system: MEASURED_PENDULUM },
        cyclic: 2,
        imposed: &[],
    },
    Task {
        name: "real-oscillator",
        source: Source::Measured { file: "real_double_linear_h_1.txt", system: MEASURED_OSCILLATOR },
        cyclic: 2,
        imposed: &[],
    },
];

impl Task {
    /// What the paper reports of it.
    pub fn paper(&self) -> Option<Row> {
        PAPER.table1.get(self.name).copied()
    }
}

/// The task of that name.
pub(super) fn task(name: &str) -> Option<&'static Task> {
    TASKS.iter().find(|task| task.name == name.replace('_', "-"))
}

/// How much data there is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Extent {
    /// As many trajectories as the system says, or fewer.
    pub trajectories: Option<usize>,
    pub points: Option<usize>,
    /// Predicted trajectories.
    pub predicted: usize,
}

impl Extent {
    /// That of the paper, or little.
    pub fn of(quick: bool) -> Extent {
        if quick {
            Extent { trajectories: Some(20), points: Some(40), predicted: 4 }
        } else {
            Extent { trajectories: None, points: None, predicted: 50 }
        }
    }
}

/// A task with its data for one seed.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub task: &'static Task,
    pub system: System,
    pub seed: u64,
    /// All trajectories.
    pub whole: TrajectorySet,
    /// The share of them that is trained on.
    pub share: f64,
    pub test: TrajectorySet,
    pub data: TrainingData,
    /// The Hamiltonian that made the data, and the known laws: for comparison, and for the constrained network.
    pub hamiltonian: Option<Expr>,
    pub laws: Vec<(String, Expr)>,
    /// Runge–Kutta steps between two samples of a roll-out.
    pub steps: usize,
    pub predicted: usize,
}

impl Problem {
    /// Simulates or reads the data.
    pub fn new(
        task: &'static Task,
        seed: u64,
        extent: Extent,
        folder: Option<&Path>,
    ) -> Result<Problem, ExperimentError> {
        let system = match task.source {
            Source::Simulated => System::load(task.name)?,
            Source::Measured { system, .. } => System::parse(system, task.name)?,
        };
        let whole = match task.source {
            Source::Simulated => {
                let fewer = |wanted: Option<usize>, all: usize| wanted.map(|n| n.min(all));
                let config = SimulationConfig {
                    seed,
                    trajectories: fewer(extent.trajectories, system.trajectories),
                    points: fewer(extent.points, system.points),
                    ..SimulationConfig::default()
                };
                simulate(&system, &config)?
            }
            Source::Measured { file, .. } => measured(&system, folder, file)?,
        };
        let share = system.train.to_f64().value().clamp(0.0, 1.0);
        let (train, test) = whole.split(share);
        let laws: Vec<(String, Expr)> =
            system.known.iter().map(|law| (law.name.clone(), system.with_values(&law.formula))).collect();
        let imposed = imposed_formulas(&laws, task.imposed);
        let data = TrainingData {
            dof: whole.dof(),
            angles: whole.angle_columns(),
            train: samples(&train, &imposed)?,
            test: samples(&test, &imposed)?,
        };
        Ok(Problem {
            task,
            seed,
            share,
            data,
            hamiltonian: system.hamiltonian_with_values(),
            laws,
            steps: runge_kutta_steps(&train),
            predicted: extent.predicted,
            whole,
            test,
            system,
        })
    }

    /// The same problem with other laws imposed.
    pub fn imposing(&self, names: &[&str]) -> Result<Problem, ExperimentError> {
        let imposed = imposed_formulas(&self.laws, names);
        let (train, test) = self.whole.split(self.share);
        let data = TrainingData {
            train: samples(&train, &imposed)?,
            test: samples(&test, &imposed)?,
            ..self.data.clone()
        };
        Ok(Problem { data, ..self.clone() })
    }

    /// Whether trajectories can be predicted: measured ones that lose energy cannot by any of the models.
    pub fn is_simulated(&self) -> bool {
        self.task.source == Source::Simulated
    }

    /// L_HNN on the test set, the mean of |ẋ_field − ẋ|²: in the units of the data, or of measured data in the units in
    /// which q, p and ẋ have the rms 1 on the training set.
    pub fn test_loss(&self, field: &dyn VectorField) -> Result<f64, ExperimentError> {
        let width = 2 * self.data.dof;
        let units = match self.task.source {
            Source::Simulated => vec![1.0; width],
            Source::Measured { .. } => {
                let scaling = Scaling::of(&self.data)?;
                scaling.factors.iter().map(|factor| factor / scaling.time).collect()
            }
        };
        let mut rates = vec![0.0; self.data.test.states.len()];
        field.evaluate(&self.data.test.states, &mut rates);
        let pairs = rates.iter().zip(&self.data.test.derivatives).enumerate();
        let sum: f64 = pairs.map(|(at, (a, b))| ((a - b) / units[at % width]).powi(2)).sum();
        Ok(sum * width as f64 / rates.len().max(1) as f64)
    }
}

fn imposed_formulas(laws: &[(String, Expr)], names: &[&str]) -> Vec<Expr> {
    let named = |name: &&str| laws.iter().find(|(own, _)| own == name);
    names.iter().filter_map(named).map(|(_, law)| law.clone()).collect()
}

/// All states of a set with their velocities and the gradients of the imposed laws.
fn samples(set: &TrajectorySet, imposed: &[Expr]) -> Result<Samples, ExperimentError> {
    let states = set.states();
    let imposed = if imposed.is_empty() {
        Vec::new()
    } else {
        Tape::new(imposed, &set.variables())?.gradient(&states).1
    };
    Ok(Samples { derivatives: set.derivatives().unwrap_or_default(), states, imposed })
}

fn measured(system: &System, folder: Option<&Path>, file: &str) -> Result<TrajectorySet, ExperimentError> {
    let path = folder.unwrap_or(Path::new(".")).join(file);
    let path = path.to_string_lossy().into_owned();
    let read = |system: &System| -> Result<TrajectorySet, ExperimentError> {
        let options = ReadOptions { declared: Some(Declared::from(system)), ..ReadOptions::default() };
        let reading = crate::data::read(std::slice::from_ref(&path), &options)?;
        let set = TrajectorySet::of_recording(&reading.recording);
        Ok(set.with_derivatives(&Smoother::default())?)
    };
    if system.angles.is_empty() {
        let mut set = read(system)?;
        velocities_to_momenta(&mut set, system.train.to_f64().value())?;
        return Ok(set);
    }
    let single = System::parse("system pendulum\ncoordinates o\nmomenta v\nangle o\n", "pendulum")?;
    let set = read(&single)?;
    let names = |names: &[crate::expr::Symbol]| match names {
        [a, b] => Some([a.clone(), b.clone()]),
        _ => None,
    };
    let pairs = names(&system.coordinates).zip(names(&system.momenta));
    Ok(pairs.and_then(|(q, p)| set.paired_points(q, p)).unwrap_or(set))
}

/// Turns the measured velocities of two bodies into momenta p1 = v1, p2 = μ v2: forces between them are mutual, so the
/// ratio of masses μ is the pull of x2 on v1 over that of x1 on v2, both by least squares on the training part.
fn velocities_to_momenta(set: &mut TrajectorySet, share: f64) -> Result<(), ExperimentError> {
    const WIDTH: usize = 4;
    if set.dof() != 2 {
        return Ok(());
    }
    let (train, _) = set.split(share);
    let (states, rates) = (train.states(), train.derivatives().unwrap_or_default());
    let pull = |column: usize, on: usize| -> Result<f64, ExperimentError> {
        let mut system = Normal::new(WIDTH + 1);
        let pairs = states.chunks_exact(WIDTH).zip(rates.chunks_exact(WIDTH));
        // Positions, velocities (friction) and a constant.
        let rows: Vec<f64> =
            pairs.flat_map(|(x, v)| x.iter().copied().chain([1.0, v[column]]).collect::<Vec<_>>()).collect();
        system.add(&rows)?;
        Ok(system.solve(&(0..=WIDTH).collect::<Vec<_>>())?.coefficients[on])
    };
    let ratio = pull(2, 1)? / pull(3, 0)?;
    if !ratio.is_finite() || ratio <= 0.0 {
        return Ok(());
    }
    for trajectory in &mut set.trajectories {
        let columns = trajectory.derivatives.iter_mut().chain([&mut trajectory.states]);
        columns.for_each(|values| values.iter_mut().skip(3).step_by(WIDTH).for_each(|x| *x *= ratio));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Trajectory;
    use crate::expr::Symbol;

    /// x1″ = −3 x1 + x2, x2″ = x1/2 − 2 x2: masses 1 and 2.
    #[test]
    fn the_ratio_of_masses_is_read_from_the_forces() {
        let symbols = |names: [&str; 2]| names.map(Symbol::new).to_vec();
        // Four frequencies: columns of one would depend on each other.
        let state = |k: usize| [0, 1, 2, 3].map(|c| (k as f64 * (0.7 + 0.31 * f64::from(c)) + 1.0).sin());
        let rate = |x: [f64; 4]| [x[2], x[3], -3.0 * x[0] + x[1], 0.5 * x[0] - 2.0 * x[1]];
        let trajectory = Trajectory {
            times: (0..60).map(f64::from).collect(),
            states: (0..60).flat_map(state).collect(),
            derivatives: Some((0..60).flat_map(|k| rate(state(k))).collect()),
        };
        let mut set = TrajectorySet {
            coordinates: symbols(["x1", "x2"]),
            momenta: symbols(["v1", "v2"]),
            angles: Vec::new(),
            trajectories: vec![trajectory],
            notes: Vec::new(),
        };
        let before = set.states();
        velocities_to_momenta(&mut set, 0.8).unwrap();
        for (a, b) in before.chunks_exact(4).zip(set.states().chunks_exact(4)) {
            assert!((b[3] - 2.0 * a[3]).abs() < 1e-9 && b[..3] == a[..3]);
        }
    }
}

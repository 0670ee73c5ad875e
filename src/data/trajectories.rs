//! Trajectories in phase space.

use std::f64::consts::{PI, TAU};

use crate::expr::Symbol;

use super::recording::{Coordinate, Rates, Recording, Run};
use super::smoothed::Piece;
use super::smoother::{Smoother, SmoothingError};

/// The fewest points of a trajectory from which derivatives can be estimated.
pub const FEWEST_POINTS: usize = 3;

/// Trajectories of one system.
#[derive(Clone, PartialEq, Debug)]
pub struct TrajectorySet {
    /// The coordinates, in order.
    pub coordinates: Vec<Symbol>,
    /// The momenta, in the same order.
    pub momenta: Vec<Symbol>,
    /// Those of the coordinates that are periodic with 2π. Their values are continuous along a trajectory.
    pub angles: Vec<Symbol>,
    /// The trajectories.
    pub trajectories: Vec<Trajectory>,
    /// What a user should know about where they come from: a default box of initial conditions, columns
    /// that were ignored.
    pub notes: Vec<String>,
}

/// One trajectory.
#[derive(Clone, PartialEq, Debug)]
pub struct Trajectory {
    /// The times, increasing.
    pub times: Vec<f64>,
    /// `[points, 2·dof]` row by row, columns q then p.
    pub states: Vec<f64>,
    /// The time derivatives of the states, in the same shape, where they are known.
    pub derivatives: Option<Vec<f64>>,
}

impl Trajectory {
    /// The number of points.
    pub fn points(&self) -> usize {
        self.times.len()
    }

    /// The number of columns of [`states`](Self::states), 2·dof.
    pub fn width(&self) -> usize {
        self.states.len() / self.times.len().max(1)
    }

    /// The points `from..to`, as a trajectory.
    pub fn part(&self, from: usize, to: usize) -> Trajectory {
        let width = self.width();
        let rows = |values: &[f64]| values[from * width..to * width].to_vec();
        Trajectory {
            times: self.times[from..to].to_vec(),
            states: rows(&self.states),
            derivatives: self.derivatives.as_deref().map(rows),
        }
    }
}

impl TrajectorySet {
    /// The trajectories of a recording. What stands beside the positions is taken as momenta.
    pub fn of_recording(recording: &Recording) -> TrajectorySet {
        let rows = |columns: &[&[f64]], points: usize| -> Vec<f64> {
            (0..points).flat_map(|point| columns.iter().map(move |column| column[point])).collect()
        };
        let trajectory = |run: &Run| {
            let columns: Vec<&[f64]> = run.positions.iter().chain(&run.rates).map(Vec::as_slice).collect();
            let derivatives = run.derivatives.as_ref().map(|derivatives| {
                let columns: Vec<&[f64]> = derivatives.iter().map(Vec::as_slice).collect();
                rows(&columns, run.points())
            });
            Trajectory { times: run.times.clone(), states: rows(&columns, run.points()), derivatives }
        };
        let coordinates = recording.coordinates.iter();
        TrajectorySet {
            coordinates: coordinates.clone().map(|c| c.name.clone()).collect(),
            momenta: match &recording.rates {
                Rates::Momenta(names) | Rates::Velocities(names) => names.clone(),
                Rates::None => Vec::new(),
            },
            angles: coordinates.filter(|c| c.is_angle).map(|c| c.name.clone()).collect(),
            trajectories: recording.runs.iter().map(trajectory).collect(),
            notes: Vec::new(),
        }
    }

    /// The same as a recording of canonical momenta.
    pub fn to_recording(&self) -> Recording {
        let columns = |rows: &[f64]| -> Vec<Vec<f64>> {
            let width = 2 * self.dof();
            (0..width).map(|column| rows.iter().skip(column).step_by(width).copied().collect()).collect()
        };
        let run = |(index, trajectory): (usize, &Trajectory)| {
            let mut positions = columns(&trajectory.states);
            let rates = positions.split_off(self.dof());
            Run {
                name: index.to_string(),
                times: trajectory.times.clone(),
                positions,
                rates,
                derivatives: trajectory.derivatives.as_deref().map(columns),
            }
        };
        let coordinate =
            |name: &Symbol| Coordinate { name: name.clone(), is_angle: self.angles.contains(name) };
        Recording {
            coordinates: self.coordinates.iter().map(coordinate).collect(),
            rates: Rates::Momenta(self.momenta.clone()),
            runs: self.trajectories.iter().enumerate().map(run).collect(),
        }
    }

    /// The trajectories with their derivatives. Recorded ones stay as they are. Of a trajectory without, the stretches
    /// are kept on which the smoother's velocities can be relied on ([`Piece::sound`]), as trajectories of their own:
    /// none where it has no such stretch.
    ///
    /// # Errors
    /// A trajectory that is malformed: values that are not finite, times that do not increase.
    pub fn with_derivatives(&self, smoother: &Smoother) -> Result<TrajectorySet, SmoothingError> {
        let missing = |t: &&Trajectory| t.derivatives.is_none();
        let without: Vec<Trajectory> = self.trajectories.iter().filter(missing).cloned().collect();
        let without = TrajectorySet { trajectories: without, ..self.clone_frame() };
        let pieces = match smoother.smooth_states(&without.to_recording()) {
            Ok(smoothed) => smoothed.pieces,
            Err(SmoothingError::NothingLeft(_)) => Vec::new(),
            Err(error) => return Err(error),
        };
        let mut out = self.clone_frame();
        let mut index = 0;
        for trajectory in &self.trajectories {
            if trajectory.derivatives.is_some() {
                out.trajectories.push(trajectory.clone());
                continue;
            }
            let own = pieces.iter().filter(|piece| piece.run == index);
            out.trajectories.extend(own.flat_map(|piece| sound_stretches(trajectory, piece)));
            index += 1;
        }
        Ok(out)
    }

    /// The number of degrees of freedom.
    pub fn dof(&self) -> usize {
        self.coordinates.len()
    }

    /// Coordinates, then momenta.
    pub fn variables(&self) -> Vec<Symbol> {
        self.coordinates.iter().chain(&self.momenta).cloned().collect()
    }

    /// The number of points of all trajectories together.
    pub fn points(&self) -> usize {
        self.trajectories.iter().map(Trajectory::points).sum()
    }

    /// Whether every trajectory has derivatives.
    pub fn has_derivatives(&self) -> bool {
        self.trajectories.iter().all(|trajectory| trajectory.derivatives.is_some())
    }

    /// All states, `[points, 2·dof]`, one trajectory after the other.
    pub fn states(&self) -> Vec<f64> {
        self.trajectories.iter().flat_map(|trajectory| trajectory.states.iter().copied()).collect()
    }

    /// All derivatives, `[points, 2·dof]`, if every trajectory has them.
    pub fn derivatives(&self) -> Option<Vec<f64>> {
        let parts: Option<Vec<&[f64]>> =
            self.trajectories.iter().map(|trajectory| trajectory.derivatives.as_deref()).collect();
        Some(parts?.concat())
    }

    /// Which columns of the states are angles.
    pub fn angle_columns(&self) -> Vec<usize> {
        (0..self.dof()).filter(|&column| self.angles.contains(&self.coordinates[column])).collect()
    }

    /// The root mean square of each column of the states, angles taken in (−π, π].
    pub fn rms(&self) -> Vec<f64> {
        let width = 2 * self.dof();
        let angles = self.angle_columns();
        let mut sums = vec![0.0; width];
        for row in self.trajectories.iter().flat_map(|trajectory| trajectory.states.chunks_exact(width)) {
            for (column, sum) in sums.iter_mut().enumerate() {
                let value = if angles.contains(&column) { wrapped(row[column]) } else { row[column] };
                *sum += value * value;
            }
        }
        let count = self.points().max(1) as f64;
        sums.into_iter().map(|sum| (sum / count).sqrt()).collect()
    }

    /// The trajectories to train on and those to test on: the first `train` share (rounded, at least one on
    /// either side), or of a single trajectory its earlier and later part.
    pub fn split(&self, train: f64) -> (TrajectorySet, TrajectorySet) {
        let with = |trajectories: Vec<Trajectory>| TrajectorySet { trajectories, ..self.clone_frame() };
        if let [only] = self.trajectories.as_slice() {
            let cut = share(only.points(), train, FEWEST_POINTS);
            return (with(vec![only.part(0, cut)]), with(vec![only.part(cut, only.points())]));
        }
        let cut = share(self.trajectories.len(), train, 1);
        (with(self.trajectories[..cut].to_vec()), with(self.trajectories[cut..].to_vec()))
    }

    /// Each two successive points of a system of one degree of freedom as one point of two copies of it, the
    /// way the paper makes two degrees of freedom of a measured pendulum: rows (q_{2i}, q_{2i+1}, p_{2i},
    /// p_{2i+1}) at the time t_{2i}. None unless the set has one degree of freedom. Derivatives are to be estimated before.
    pub fn paired_points(&self, coordinates: [Symbol; 2], momenta: [Symbol; 2]) -> Option<TrajectorySet> {
        if self.dof() != 1 {
            return None;
        }
        let pairs = |rows: &[f64]| -> Vec<f64> {
            rows.chunks_exact(4).flat_map(|pair| [pair[0], pair[2], pair[1], pair[3]]).collect()
        };
        let trajectory = |one: &Trajectory| Trajectory {
            times: one.times.chunks_exact(2).map(|pair| pair[0]).collect(),
            states: pairs(&one.states),
            derivatives: one.derivatives.as_deref().map(pairs),
        };
        Some(TrajectorySet {
            angles: if self.angles.is_empty() { Vec::new() } else { coordinates.to_vec() },
            coordinates: coordinates.to_vec(),
            momenta: momenta.to_vec(),
            trajectories: self.trajectories.iter().map(trajectory).collect(),
            notes: self.notes.clone(),
        })
    }

    /// The names alone, without trajectories.
    fn clone_frame(&self) -> TrajectorySet {
        TrajectorySet {
            coordinates: self.coordinates.clone(),
            momenta: self.momenta.clone(),
            angles: self.angles.clone(),
            trajectories: Vec::new(),
            notes: self.notes.clone(),
        }
    }
}

/// The stretches of a trajectory at whose points the derivatives of its spline can be relied on, with these.
fn sound_stretches(trajectory: &Trajectory, piece: &Piece) -> Vec<Trajectory> {
    let mut out = Vec::new();
    let mut from = 0;
    for stretch in piece.sound().chunk_by(|a, b| a == b) {
        let to = from + stretch.len();
        if stretch[0] {
            let derivatives = Some(piece.rows(&piece.times[from..to], 1));
            out.push(Trajectory { derivatives, ..trajectory.part(piece.first + from, piece.first + to) });
        }
        from = to;
    }
    out
}

/// The angle in (−π, π].
fn wrapped(angle: f64) -> f64 {
    let turned = angle - TAU * (angle / TAU).round();
    if turned <= -PI { turned + TAU } else { turned }
}

/// `train` of `count`, rounded, leaving at least `least` on either side where there are as many.
fn share(count: usize, train: f64, least: usize) -> usize {
    let cut = (count as f64 * train).round() as usize;
    cut.clamp(least.min(count), count.saturating_sub(least).max(least.min(count)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(trajectories: Vec<Vec<f64>>) -> TrajectorySet {
        let trajectory = |states: Vec<f64>| Trajectory {
            times: (0..states.len() / 2).map(|t| t as f64).collect(),
            states,
            derivatives: None,
        };
        TrajectorySet {
            coordinates: vec![Symbol::new("q")],
            momenta: vec![Symbol::new("p")],
            angles: vec![Symbol::new("q")],
            trajectories: trajectories.into_iter().map(trajectory).collect(),
            notes: Vec::new(),
        }
    }

    #[test]
    fn an_angle_lies_between_minus_pi_and_pi() {
        assert_eq!(wrapped(PI), PI);
        assert_eq!(wrapped(-PI), PI);
        assert!((wrapped(7.0) - (7.0 - TAU)).abs() < 1e-12);
    }

    #[test]
    fn a_recording_of_momenta_and_back() {
        let mut one = set(vec![vec![1.0, 10.0, 2.0, 20.0, 3.0, 30.0], vec![4.0, 40.0]]);
        one.trajectories[0].derivatives = Some(vec![1.0, -1.0, 2.0, -2.0, 3.0, -3.0]);
        let recording = one.to_recording();
        assert_eq!(recording.runs[0].rates, [[10.0, 20.0, 30.0]]);
        assert_eq!(TrajectorySet::of_recording(&recording), one);
    }

    /// Points at the ends, where derivatives are one-sided, and a gap have none.
    #[test]
    fn derivatives_are_given_where_they_can_be_relied_on() {
        let times: Vec<f64> =
            (0..400).map(|k| 0.05 * f64::from(k)).filter(|t| !(8.0..9.5).contains(t)).collect();
        let rows = |f: &dyn Fn(f64) -> [f64; 2]| times.iter().flat_map(|t| f(*t)).collect::<Vec<f64>>();
        let states = rows(&|t| [t.sin(), t.cos()]);
        let with =
            Trajectory { times: times.clone(), states: states.clone(), derivatives: Some(states.clone()) };
        let without = Trajectory { derivatives: None, ..with.clone() };
        let all = TrajectorySet { trajectories: vec![with.clone(), without, with.part(0, 5)], ..set(vec![]) };
        let found = all.with_derivatives(&Smoother::default()).unwrap();
        assert_eq!((&found.trajectories[0], found.trajectories.last()), (&with, Some(&with.part(0, 5))));
        let estimated = &found.trajectories[1..found.trajectories.len() - 1];
        assert!(estimated.len() >= 2);
        for stretch in estimated {
            assert!(stretch.times[0] > 0.1 && stretch.times[stretch.points() - 1] < 19.85);
            assert!(
                stretch.times.windows(2).all(|pair| pair[1] - pair[0] < 0.06),
                "the gap is inside a stretch"
            );
            let rates = stretch.derivatives.as_ref().unwrap();
            for (t, rate) in stretch.times.iter().zip(rates.chunks_exact(2)) {
                assert!((rate[0] - t.cos()).abs() < 1e-6 && (rate[1] + t.sin()).abs() < 1e-6);
            }
        }
        let short = set(vec![vec![0.0; 8]]);
        assert!(short.with_derivatives(&Smoother::default()).unwrap().trajectories.is_empty());
    }

    #[test]
    fn points_pair_up() {
        let one = set(vec![vec![1.0, 10.0, 2.0, 20.0, 3.0, 30.0, 4.0, 40.0, 5.0, 50.0]]);
        let names = |prefix: &str| [1, 2].map(|index| Symbol::new(format!("{prefix}{index}")));
        let two = one.paired_points(names("q"), names("p")).unwrap();
        assert_eq!(two.trajectories[0].states, [1.0, 2.0, 10.0, 20.0, 3.0, 4.0, 30.0, 40.0]);
        assert_eq!(two.trajectories[0].times, [0.0, 2.0]);
        assert_eq!(two.angle_columns(), [0, 1]);
        assert!(two.paired_points(names("q"), names("p")).is_none());
    }

    #[test]
    fn splitting_by_trajectory_and_by_time() {
        let many = set((0..10).map(|_| vec![0.0; 8]).collect());
        let (train, test) = many.split(0.8);
        assert_eq!((train.trajectories.len(), test.trajectories.len()), (8, 2));
        let (train, test) = set(vec![vec![0.0; 8], vec![0.0; 8]]).split(0.99);
        assert_eq!((train.trajectories.len(), test.trajectories.len()), (1, 1));
        let (train, test) = set(vec![vec![0.0; 20]]).split(0.8);
        assert_eq!((train.points(), test.points()), (7, 3));
    }
}

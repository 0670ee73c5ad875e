//! What is observed, made ready for the fits.

use crate::data::{Trajectory, TrajectorySet, column_rms, coordinate_scales};
use crate::expr::Symbol;
use crate::fit::{Path, Samples, Variables, noise_levels, smoothed, smoothing_half_width};

use super::DiscoverError;

/// All that a discovery may look at: names, which coordinates are angles, and trajectories. The
/// Hamiltonian of a simulated system is not among them.
#[derive(Clone, Debug)]
pub struct Observations {
    /// The trajectories, with their names and angles.
    pub trajectories: TrajectorySet,
    /// The share of the trajectories that is fitted; laws are checked on the rest.
    pub train: f64,
}

/// Most samples with given velocities that a fit uses.
const MOST_SAMPLES: usize = 3000;

/// Observations in the shapes that the fits want.
#[derive(Clone, Debug)]
pub(super) struct Prepared {
    pub variables: Variables,
    pub inputs: Vec<Symbol>,
    /// States and velocities to fit, evenly chosen.
    pub samples: Samples,
    /// The same, held out.
    pub held_out: Samples,
    pub paths: Vec<Path>,
    pub test_paths: Vec<Path>,
    /// The fitted paths smoothed, with velocities.
    pub smooth: Vec<Samples>,
    /// Standard deviation of the noise of each column, an upper bound.
    pub noise: Vec<f64>,
    /// rms of each column about its mean.
    pub scales: Vec<f64>,
    /// Whether velocities came with the data.
    pub velocities_given: bool,
    /// A time in which the motion turns once, roughly.
    pub period: f64,
}

impl Prepared {
    pub fn new(observations: &Observations) -> Result<Prepared, DiscoverError> {
        let set = &observations.trajectories;
        let width = 2 * set.dof();
        if set.dof() == 0 || set.coordinates.len() != set.momenta.len() {
            return Err(DiscoverError::NoVariables);
        }
        if set.points() < 8 {
            return Err(DiscoverError::TooFewPoints { points: set.points() });
        }
        let (train, test) = set.split(observations.train);
        let paths =
            |set: &TrajectorySet| set.trajectories.iter().filter(|t| t.points() >= 3).map(path).collect();
        let (paths, test_paths): (Vec<Path>, Vec<Path>) = (paths(&train), paths(&test));
        if paths.is_empty() {
            return Err(DiscoverError::TooFewPoints { points: set.points() });
        }
        let noise = noise_levels(&paths, width);
        let half = smoothing_half_width(&paths, width, &noise);
        let smooth = smoothed(&paths, &noise, half);
        let velocities_given = set.has_derivatives();
        let choose = |set: &TrajectorySet, smooth: &[Samples]| {
            let mut all = Samples { width, states: vec![], fields: vec![] };
            if velocities_given {
                all.states = set.states();
                all.fields = set.derivatives().unwrap_or_default();
            } else {
                let inner = smooth.iter().map(|s| within(s, half));
                for (states, fields) in inner {
                    all.states.extend_from_slice(states);
                    all.fields.extend_from_slice(fields);
                }
            }
            thinned(&all, MOST_SAMPLES)
        };
        let samples = choose(&train, &smooth);
        let held_out = choose(&test, &smoothed(&test_paths, &noise, half));
        let scales = coordinate_scales(&samples.states, width);
        let speeds = column_rms(&samples.fields, width);
        // An angle that goes round and round turns in the time of a full circle, however far it gets.
        let circle = std::f64::consts::PI / 3f64.sqrt();
        let angles = set.angle_columns();
        let extent = |c: usize| if angles.contains(&c) { scales[c].min(circle) } else { scales[c] };
        let mut turns: Vec<f64> = (0..width).map(|c| extent(c) / speeds[c]).collect();
        turns.sort_by(f64::total_cmp);
        let period = std::f64::consts::TAU * turns[turns.len() / 2];
        let variables = Variables {
            coordinates: set.coordinates.clone(),
            momenta: set.momenta.clone(),
            angles: set.angles.clone(),
        };
        Ok(Prepared {
            inputs: variables.all(),
            variables,
            samples,
            held_out,
            paths,
            test_paths,
            smooth,
            noise,
            scales,
            velocities_given,
            period,
        })
    }

    /// Noise of the noisiest column, relative to its scale.
    pub fn relative_noise(&self) -> f64 {
        self.noise.iter().zip(&self.scales).map(|(n, s)| n / s).fold(0.0, f64::max)
    }
}

fn path(trajectory: &Trajectory) -> Path {
    Path { times: trajectory.times.clone(), states: trajectory.states.clone() }
}

/// States and velocities but for `half` points at either end, where estimates are one-sided and several times less
/// accurate; all where that leaves less than half.
fn within(samples: &Samples, half: usize) -> (&[f64], &[f64]) {
    let (n, width) = (samples.len(), samples.width);
    let range = if n >= 4 * half { half * width..(n - half) * width } else { 0..n * width };
    (&samples.states[range.clone()], &samples.fields[range])
}

/// At most `most` samples, evenly spaced with a stride that shares no rhythm with the trajectories.
fn thinned(samples: &Samples, most: usize) -> Samples {
    let (count, width) = (samples.len(), samples.width);
    if count <= most {
        return samples.clone();
    }
    let mut out = Samples { width, states: vec![], fields: vec![] };
    for k in 0..most {
        let at = (k as u128 * count as u128 / most as u128) as usize;
        // Within its stretch each sample is shifted by the golden ratio's sequence.
        let stretch = count / most;
        let shift = ((k as f64 * 0.618_033_988_749_894_9).fract() * stretch as f64) as usize;
        let at = (at + shift).min(count - 1);
        out.states.extend_from_slice(&samples.states[at * width..(at + 1) * width]);
        out.fields.extend_from_slice(&samples.fields[at * width..(at + 1) * width]);
    }
    out
}

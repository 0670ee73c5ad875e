//! What is observed, made ready for the fits.

use crate::data::{
    Piece, Smoother, SmoothingError, Trajectory, TrajectorySet, column_rms, coordinate_scales, median,
};
use crate::expr::Symbol;
use crate::regression::shooting::Stretch;
use crate::terms::Variables;

use super::pointwise::Samples;
use super::weak::Curve;
use super::{Config, RecoverError};

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

/// Trajectories that the noise is measured on where their velocities are given.
const NOISE_TRAJECTORIES: usize = 10;

/// Observations in the shapes that the fits want.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Names, and which coordinates are angles.
    pub variables: Variables,
    /// The variables, coordinates then momenta.
    pub inputs: Vec<Symbol>,
    /// States and velocities to fit, evenly chosen.
    pub samples: Samples,
    /// The same, held out.
    pub held_out: Samples,
    /// The fitted trajectories as recorded.
    pub paths: Vec<Trajectory>,
    /// The trajectories held out, as recorded.
    pub test_paths: Vec<Trajectory>,
    /// Of the fitted trajectories what the sampling resolves, for the fits of trajectories: one for a piece. Empty where velocities are given and there is no noise.
    pub stretches: Vec<Stretch>,
    /// The same for the weak form.
    pub curves: Vec<Curve>,
    /// Standard deviation of the noise of each column; zero where no stretch is long enough to measure it.
    pub noise: Vec<f64>,
    /// rms of each column about its mean.
    pub scales: Vec<f64>,
    /// Whether velocities came with the data.
    pub velocities_given: bool,
    /// A time in which the motion turns once, roughly.
    pub period: f64,
}

impl Prepared {
    /// Prepares observations.
    ///
    /// # Errors
    /// No pairs of coordinates and momenta, too few points, or nothing that can be smoothed.
    pub fn new(observations: &Observations, config: &Config) -> Result<Prepared, RecoverError> {
        let set = &observations.trajectories;
        if set.dof() == 0 || set.coordinates.len() != set.momenta.len() {
            return Err(RecoverError::NoVariables);
        }
        if set.points() < 8 {
            return Err(RecoverError::TooFewPoints { points: set.points() });
        }
        let (train, test) = set.split(observations.train);
        let paths = |set: &TrajectorySet| -> Vec<Trajectory> {
            set.trajectories.iter().filter(|t| t.points() >= 3).cloned().collect()
        };
        let (paths, test_paths) = (paths(&train), paths(&test));
        if paths.is_empty() {
            return Err(RecoverError::TooFewPoints { points: set.points() });
        }
        let velocities_given = set.has_derivatives();
        let (samples, held_out, mut pieces) = match velocities_given {
            true => (given(&train), given(&test), smoothed(&some(&train, NOISE_TRAJECTORIES))?),
            false => {
                let (pieces, others) = (smoothed(&train)?, smoothed(&test)?);
                (estimated(&pieces, set), estimated(&others, set), pieces)
            }
        };
        if samples.is_empty() {
            return Err(SmoothingError::NothingLeft(Vec::new()).into());
        }
        let noise = noise(&pieces, samples.width);
        let scales = coordinate_scales(&samples.states, samples.width);
        if velocities_given {
            pieces = if relative(&noise, &scales) < config.noisy { Vec::new() } else { smoothed(&train)? };
        }
        let variables = Variables {
            coordinates: set.coordinates.clone(),
            momenta: set.momenta.clone(),
            angles: set.angles.clone(),
        };
        Ok(Prepared {
            inputs: variables.all(),
            period: period(set, &samples, &scales),
            variables,
            samples,
            held_out,
            paths,
            test_paths,
            stretches: pieces.iter().map(Stretch::new).collect(),
            curves: pieces.iter().map(Curve::new).collect(),
            noise,
            scales,
            velocities_given,
        })
    }

    /// Noise of the noisiest column, relative to its scale.
    pub fn relative_noise(&self) -> f64 {
        relative(&self.noise, &self.scales)
    }
}

fn relative(noise: &[f64], scales: &[f64]) -> f64 {
    noise.iter().zip(scales).map(|(n, s)| n / s).fold(0.0, f64::max)
}

/// So many trajectories of a set, evenly chosen.
fn some(set: &TrajectorySet, most: usize) -> TrajectorySet {
    let stride = set.trajectories.len().div_ceil(most).max(1);
    let trajectories = set.trajectories.iter().step_by(stride).cloned().collect();
    TrajectorySet { trajectories, ..set.clone() }
}

/// The splines of all trajectories; none where no stretch is long enough.
fn smoothed(set: &TrajectorySet) -> Result<Vec<Piece>, SmoothingError> {
    match Smoother::default().smooth_states(&set.to_recording()) {
        Ok(smoothed) => Ok(smoothed.pieces),
        Err(SmoothingError::NothingLeft(_)) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The noise of each column: the median over the pieces.
fn noise(pieces: &[Piece], width: usize) -> Vec<f64> {
    (0..width).map(|c| median(pieces.iter().map(|piece| piece.position_noise[c]).collect())).collect()
}

/// A time in which the motion turns once, roughly.
fn period(set: &TrajectorySet, samples: &Samples, scales: &[f64]) -> f64 {
    let speeds = column_rms(&samples.fields, samples.width);
    // An angle that goes round and round turns in the time of a full circle, however far it gets.
    let circle = std::f64::consts::PI / 3f64.sqrt();
    let angles = set.angle_columns();
    let extent = |c: usize| if angles.contains(&c) { scales[c].min(circle) } else { scales[c] };
    let mut turns: Vec<f64> = (0..samples.width).map(|c| extent(c) / speeds[c]).collect();
    turns.sort_by(f64::total_cmp);
    std::f64::consts::TAU * turns[turns.len() / 2]
}

/// States with the velocities that came with them.
fn given(set: &TrajectorySet) -> Samples {
    let fields = set.derivatives().unwrap_or_default();
    thinned(&Samples { width: 2 * set.dof(), states: set.states(), fields }, MOST_SAMPLES)
}

/// States and velocities of splines at the recorded times where they are sound.
fn estimated(pieces: &[Piece], set: &TrajectorySet) -> Samples {
    let mut all = Samples { width: 2 * set.dof(), states: vec![], fields: vec![] };
    for piece in pieces {
        let sound = piece.sound();
        let times: Vec<f64> = piece.times.iter().zip(sound).filter(|(_, s)| *s).map(|(t, _)| *t).collect();
        all.states.extend(piece.rows(&times, 0));
        all.fields.extend(piece.rows(&times, 1));
    }
    thinned(&all, MOST_SAMPLES)
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

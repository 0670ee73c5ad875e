//! Fits of whole trajectories: constants of a motion and one initial state for each piece.
//!
//! Multiple shooting: pieces of the recording have initial states z of their own, given in the middle of the
//! piece, and constants θ in common. With the integrated trajectory y(t; z, θ) the fit minimises
//! χ² = Σ (recorded − y)²/σ² over positions and, where they are recorded, velocities, by damped Gauss–Newton
//! steps. Sensitivities ∂y/∂z, ∂y/∂θ come from the variational equations, integrated with the state; so they
//! are the exact derivatives of the numbers that are compared.
//!
//! Reference: H. G. Bock, *Recent advances in parameter identification techniques for O.D.E.*, 1983.

mod gauss_newton;
mod momenta;
mod path;
mod stepper;
#[cfg(test)]
mod tests;

use crate::data::Piece;
use crate::regression::motion::Motion;

/// How trajectories are fitted.
#[derive(Clone, PartialEq, Debug)]
pub struct Config {
    /// The most Gauss–Newton steps. From a smoothed state and constants of a weak form, two to four suffice; along
    /// the valley of two exponentials it takes more.
    pub rounds: usize,
    /// A fit has converged when a step lowers χ² by less than this. One hundredth is far below the unit in which
    /// evidence is counted.
    pub least_gain: f64,
    /// χ² for each degree of freedom above which pieces are cut into parts. Right forms reach 1.02 at most on all
    /// recordings tried.
    pub poor: f64,
    /// The numbers of parts tried one after the other. Chaotic motion is followed in parts only.
    pub parts: Vec<usize>,
    /// The fewest points of a part.
    pub part_points: usize,
    /// The rounds in which every fit may come down: right forms take two to four.
    pub first_rounds: usize,
    /// χ² for each degree of freedom above which a fit ends after these; infinite for never.
    pub hopeless: f64,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            rounds: 20,
            least_gain: 1e-2,
            poor: 3.0,
            parts: vec![3, 8],
            part_points: 25,
            first_rounds: 4,
            hopeless: f64::INFINITY,
        }
    }
}

/// A stretch of a run, as recorded.
#[derive(Clone, PartialEq, Debug)]
pub struct ObservedPiece {
    /// The times of its points, increasing.
    pub times: Vec<f64>,
    /// For each coordinate its values, `[dof][points]`.
    pub positions: Vec<Vec<f64>>,
    /// For each coordinate its velocities, `[dof][points]`; empty where none are recorded.
    pub velocities: Vec<Vec<f64>>,
    /// Standard deviation of the noise of each position.
    pub position_noise: Vec<f64>,
    /// Standard deviation of the noise of each velocity; empty where none are recorded.
    pub velocity_noise: Vec<f64>,
    /// Times between which the motion is smooth: the knots of a spline, say. They propose the steps.
    pub knots: Vec<f64>,
    /// Smoothed positions, then velocities, at every point, `[points, 2·dof]`. They propose initial states.
    pub states: Vec<f64>,
}

/// How a fit ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The steps came to rest.
    Converged,
    /// All rounds were used while χ² still fell.
    RoundsEnded,
    /// Most trajectories leave the domain of the motion: nothing was fitted.
    LeftDomain,
    /// The recording does not determine the constants.
    Undetermined,
}

/// Constants that fit whole trajectories.
#[derive(Clone, PartialEq, Debug)]
pub struct TrajectoryFit {
    /// The constants θ.
    pub constants: Vec<f64>,
    /// Their covariance (JᵀJ)⁻¹ at the stated noise, row by row. Standard errors take the factor
    /// [`inflation`](Self::inflation).
    pub covariance: Vec<f64>,
    /// χ².
    pub chi: f64,
    /// The part of χ² of each recorded column: positions, then velocities.
    pub columns: Vec<f64>,
    /// Recorded values that were fitted.
    pub values: usize,
    /// Recorded values less fitted unknowns, 1 at least.
    pub degrees_of_freedom: usize,
    /// Into how many parts the pieces were cut.
    pub parts: usize,
    /// For each part whether it was fitted. Those whose trajectories leave the domain at once are left out.
    pub kept: Vec<bool>,
    /// How the fit ended.
    pub outcome: Outcome,
}

impl ObservedPiece {
    /// A smoothed piece as recorded, with the states and knots of its spline.
    pub fn new(piece: &Piece) -> ObservedPiece {
        let dof = piece.positions.len();
        let state = |&t: &f64| {
            let position = (0..dof).map(move |i| piece.position(i, t));
            position.chain((0..dof).map(move |i| piece.velocity(i, t)))
        };
        ObservedPiece {
            times: piece.times.clone(),
            positions: piece.positions.clone(),
            velocities: piece.velocities.clone(),
            position_noise: piece.position_noise.clone(),
            velocity_noise: piece.velocity_noise.clone(),
            knots: piece.spline.breaks().to_vec(),
            states: piece.times.iter().flat_map(state).collect(),
        }
    }

    /// The number of coordinates.
    pub fn dof(&self) -> usize {
        self.positions.len()
    }

    /// The number of points.
    pub fn points(&self) -> usize {
        self.times.len()
    }

    /// The same piece with the noise of each recorded column, positions before velocities, times a factor.
    pub fn with_noise(&self, factors: &[f64]) -> ObservedPiece {
        let mut out = self.clone();
        let noise = out.position_noise.iter_mut().chain(&mut out.velocity_noise);
        noise.zip(factors).for_each(|(sigma, factor)| *sigma *= factor);
        out
    }

    /// The number of recorded values.
    pub fn values(&self) -> usize {
        self.points() * (self.positions.len() + self.velocities.len())
    }

    /// The point where the initial state is given. From the middle, errors grow over half the time.
    fn anchor(&self) -> usize {
        self.points() / 2
    }

    fn anchor_time(&self) -> f64 {
        self.times[self.anchor()]
    }

    fn anchor_state(&self) -> &[f64] {
        let width = 2 * self.dof();
        &self.states[self.anchor() * width..][..width]
    }

    /// Cuts the piece into parts of nearly equal numbers of points, none with fewer than `least`.
    fn parts(&self, parts: usize, least: usize) -> Vec<ObservedPiece> {
        let count = parts.min(self.points() / least.max(1)).max(1);
        let edge = |k: usize| k * self.points() / count;
        (0..count).map(|k| self.part(edge(k), edge(k + 1))).collect()
    }

    /// The points `from..to` of the piece.
    pub fn part(&self, from: usize, to: usize) -> ObservedPiece {
        let cut = |columns: &[Vec<f64>]| columns.iter().map(|column| column[from..to].to_vec()).collect();
        let width = 2 * self.dof();
        ObservedPiece {
            times: self.times[from..to].to_vec(),
            positions: cut(&self.positions),
            velocities: cut(&self.velocities),
            states: self.states[from * width..to * width].to_vec(),
            ..self.clone()
        }
    }
}

impl TrajectoryFit {
    /// Whether trajectories were followed.
    pub fn is_followed(&self) -> bool {
        matches!(self.outcome, Outcome::Converged | Outcome::RoundsEnded)
    }

    /// χ² for each degree of freedom.
    pub fn reduced(&self) -> f64 {
        self.chi / self.degrees_of_freedom as f64
    }

    /// The factor of the covariance that a χ² above its degrees of freedom asks for.
    pub fn inflation(&self) -> f64 {
        self.reduced().max(1.0)
    }

    /// For each recorded column the noise that the fit leaves, in units of the noise that was stated.
    pub fn noise(&self) -> Vec<f64> {
        let freedom = self.degrees_of_freedom as f64 / self.columns.len() as f64;
        self.columns.iter().map(|square| (square / freedom).sqrt()).collect()
    }

    /// The standard error of each constant.
    pub fn standard_errors(&self) -> Vec<f64> {
        let p = self.constants.len();
        (0..p).map(|k| (self.covariance[k * p + k] * self.inflation()).sqrt()).collect()
    }

    fn failed(constants: &[f64], outcome: Outcome) -> TrajectoryFit {
        TrajectoryFit {
            constants: constants.to_vec(),
            covariance: vec![0.0; constants.len() * constants.len()],
            chi: f64::INFINITY,
            columns: Vec::new(),
            values: 0,
            degrees_of_freedom: 1,
            parts: 1,
            kept: Vec::new(),
            outcome,
        }
    }
}

/// Fits constants, from `constants`, to the pieces, whole if that explains them, cut into parts if not.
///
/// A cut counts only if it halves χ² for each degree of freedom: many initial states explain much.
pub fn fit(
    motion: &dyn Motion,
    constants: &[f64],
    pieces: &[ObservedPiece],
    config: &Config,
) -> TrajectoryFit {
    let mut best = fit_in_parts(motion, constants, pieces, 1, config);
    for &parts in &config.parts {
        if best.is_followed() && best.reduced() <= config.poor {
            break;
        }
        let next = fit_in_parts(motion, constants, pieces, parts, config);
        if next.is_followed() && (!best.is_followed() || next.reduced() < 0.5 * best.reduced()) {
            best = next;
        }
    }
    best
}

/// Fits constants to the pieces, each cut into this number of parts.
pub fn fit_in_parts(
    motion: &dyn Motion,
    constants: &[f64],
    pieces: &[ObservedPiece],
    parts: usize,
    config: &Config,
) -> TrajectoryFit {
    TrajectoryFit { parts, ..fit_as_cut(motion, constants, &cut(pieces, parts, config), config) }
}

/// Cuts each piece into this number of parts, fewer where a part would be too short.
pub fn cut(pieces: &[ObservedPiece], parts: usize, config: &Config) -> Vec<ObservedPiece> {
    pieces.iter().flat_map(|piece| piece.parts(parts, config.part_points)).collect()
}

/// Fits constants to pieces as they are.
pub fn fit_as_cut(
    motion: &dyn Motion,
    constants: &[f64],
    pieces: &[ObservedPiece],
    config: &Config,
) -> TrajectoryFit {
    gauss_newton::run(motion, constants, pieces, config)
}

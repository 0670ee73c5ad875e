//! Damped Gauss–Newton steps on constants and initial states.

use rayon::prelude::*;

use super::momenta::Momenta;
use super::path::Mesh;
use super::stepper::Stepper;
use super::{Config, ObservedPiece, Outcome, TrajectoryFit};
use crate::regression::motion::Motion;
use crate::regression::triangle::{Eliminated, Triangle};

/// Trials of one step with growing damping.
const TRIALS: usize = 6;

/// The first damping, relative to the squared norm of each column; the least, and by what it changes.
const DAMPING: f64 = 1e-6;
const LEAST_DAMPING: f64 = 1e-10;
const DAMPING_FACTOR: f64 = 30.0;

/// A piece with the nodes of its integration and the present state at its anchor.
struct Shot<'a> {
    piece: &'a ObservedPiece,
    mesh: Mesh,
    state: Vec<f64>,
}

/// The fit of pieces as they are.
pub(super) fn run(
    motion: &dyn Motion,
    constants: &[f64],
    pieces: &[ObservedPiece],
    config: &Config,
) -> TrajectoryFit {
    let failed = |outcome| TrajectoryFit::failed(constants, outcome);
    let all: Vec<Option<Shot<'_>>> =
        pieces.par_iter().map(|piece| Shot::new(motion, constants, piece)).collect();
    let kept = all.iter().map(Option::is_some).collect();
    let mut shots: Vec<Shot<'_>> = all.into_iter().flatten().collect();
    if 2 * shots.len() < pieces.len() || shots.is_empty() {
        return failed(Outcome::LeftDomain);
    }
    let mut theta = constants.to_vec();
    let mut damping = DAMPING;
    let mut outcome = Outcome::RoundsEnded;
    let Some(mut triangles) = linearise(motion, &theta, &shots) else { return failed(Outcome::LeftDomain) };
    let mut chi: f64 = triangles.iter().map(Triangle::square).sum();
    let values: usize = shots.iter().map(|shot| shot.piece.values()).sum();
    let unknowns = theta.len() + 2 * motion.dof() * shots.len();
    let degrees_of_freedom = values.saturating_sub(unknowns).max(1);
    for round in 1..=config.rounds {
        let Some((next, states, lower)) = step(motion, &theta, &shots, &triangles, chi, &mut damping) else {
            outcome = Outcome::Converged;
            break;
        };
        theta = next;
        shots.iter_mut().zip(states).for_each(|(shot, state)| shot.state = state);
        damping = (damping / DAMPING_FACTOR).max(LEAST_DAMPING);
        match linearise(motion, &theta, &shots) {
            Some(new) => triangles = new,
            None => return failed(Outcome::LeftDomain),
        }
        let gain = chi - lower;
        chi = lower;
        if gain < config.least_gain + 1e-6 * chi {
            outcome = Outcome::Converged;
            break;
        }
        if round >= config.first_rounds && chi > config.hopeless * degrees_of_freedom as f64 {
            break;
        }
    }
    let Some(covariance) = constants_triangle(&triangles, motion, 0.0).0.covariance() else {
        return failed(Outcome::Undetermined);
    };
    let Some(columns) = columns(motion, &theta, &shots) else { return failed(Outcome::LeftDomain) };
    TrajectoryFit {
        constants: theta,
        covariance,
        chi,
        columns,
        values,
        degrees_of_freedom,
        parts: 1,
        kept,
        outcome,
    }
}

/// New constants, new states and the χ² they have, with as much damping as it takes to lower χ².
/// `None` where no step does.
fn step(
    motion: &dyn Motion,
    theta: &[f64],
    shots: &[Shot<'_>],
    triangles: &[Triangle],
    chi: f64,
    damping: &mut f64,
) -> Option<(Vec<f64>, Vec<Vec<f64>>, f64)> {
    for _ in 0..TRIALS {
        if let Some((shift, moves)) = solve(triangles, motion, *damping) {
            let next: Vec<f64> = theta.iter().zip(&shift).map(|(t, d)| t + d).collect();
            let moved = |(shot, by): (&Shot<'_>, &Vec<f64>)| -> Vec<f64> {
                shot.state.iter().zip(by).map(|(z, d)| z + d).collect()
            };
            let states: Vec<Vec<f64>> = shots.iter().zip(&moves).map(moved).collect();
            let squares: Option<Vec<f64>> = shots
                .par_iter()
                .zip(&states)
                .map(|(shot, state)| shot.residuals(motion, &next, state, false))
                .map(|residuals| residuals.map(|r| r.iter().map(|x| x * x).sum()))
                .collect();
            let new: f64 = squares.map_or(f64::INFINITY, |squares| squares.iter().sum());
            if new <= chi * (1.0 + 1e-9) {
                return Some((next, states, new));
            }
        }
        *damping = (*damping * DAMPING_FACTOR).max(1e-4);
    }
    None
}

/// The part of χ² of each recorded column.
fn columns(motion: &dyn Motion, theta: &[f64], shots: &[Shot<'_>]) -> Option<Vec<f64>> {
    let piece = shots.first()?.piece;
    let mut out = vec![0.0; piece.positions.len() + piece.velocities.len()];
    for shot in shots {
        let residuals = shot.residuals(motion, theta, &shot.state, false)?;
        for row in residuals.chunks_exact(out.len()) {
            out.iter_mut().zip(row).for_each(|(sum, r)| *sum += r * r);
        }
    }
    Some(out)
}

/// The damped Gauss–Newton step: changes of the constants, and of every state.
fn solve(triangles: &[Triangle], motion: &dyn Motion, damping: f64) -> Option<(Vec<f64>, Vec<Vec<f64>>)> {
    let (triangle, eliminated) = constants_triangle(triangles, motion, damping);
    let shift = triangle.solve(damping)?;
    let moves = eliminated.iter().map(|piece| piece.state(&shift)).collect::<Option<_>>()?;
    Some((shift, moves))
}

/// The triangle of the constants alone, and the eliminated states.
fn constants_triangle(
    triangles: &[Triangle],
    motion: &dyn Motion,
    damping: f64,
) -> (Triangle, Vec<Eliminated>) {
    let mut rest = Vec::new();
    let states = 2 * motion.dof();
    let eliminated =
        triangles.iter().map(|triangle| triangle.eliminate(states, damping, &mut rest)).collect();
    (Triangle::new(rest, motion.parameters() + 1), eliminated)
}

/// The triangle of every piece; `None` where a trajectory leaves the domain.
fn linearise(motion: &dyn Motion, theta: &[f64], shots: &[Shot<'_>]) -> Option<Vec<Triangle>> {
    let size = 1 + 2 * motion.dof() + motion.parameters();
    shots
        .par_iter()
        .map(|shot| {
            let rows = shot.residuals(motion, theta, &shot.state, true)?;
            Some(Triangle::new(rows, size))
        })
        .collect()
}

impl<'a> Shot<'a> {
    fn new(motion: &dyn Motion, theta: &[f64], piece: &'a ObservedPiece) -> Option<Shot<'a>> {
        let state = piece.anchor_state().to_vec();
        let mut stepper = Stepper::new(motion, theta, false);
        let mesh = Mesh::new(&mut stepper, piece, &state)?;
        Some(Shot { piece, mesh, state })
    }

    /// Rows in units of the noise: with derivatives `[∂y/∂z, ∂y/∂θ, recorded − y]`, without them the last entry
    /// alone. `None` where the trajectory leaves the domain.
    fn residuals(
        &self,
        motion: &dyn Motion,
        theta: &[f64],
        state: &[f64],
        derivatives: bool,
    ) -> Option<Vec<f64>> {
        let mut stepper = Stepper::new(motion, theta, derivatives);
        let path = self.mesh.path(&mut stepper, state)?;
        let width = stepper.width();
        let piece = self.piece;
        let mut rows = Vec::with_capacity(piece.values() * width);
        let mut row = vec![0.0; width];
        let mut momenta = motion.records_momenta().then(|| Momenta::new(motion, theta, width));
        let n = motion.dof();
        for (k, &time) in piece.times.iter().enumerate() {
            let (interval, position, velocity) = self.mesh.locate(time);
            if let Some(momenta) = &mut momenta {
                (0..n).for_each(|i| path.row(interval, &position, i, momenta.position(i)));
                (0..n).for_each(|i| path.row(interval, &velocity, i, momenta.velocity(i)));
                momenta.evaluate();
            }
            let columns = [
                (&piece.positions, &piece.position_noise, position),
                (&piece.velocities, &piece.velocity_noise, velocity),
            ];
            for (kind, (recorded, noise, weights)) in columns.into_iter().enumerate() {
                for (i, (values, sigma)) in recorded.iter().zip(noise).enumerate() {
                    match &momenta {
                        Some(momenta) if kind == 1 => momenta.row(i, &mut row),
                        _ => path.row(interval, &weights, i, &mut row),
                    }
                    rows.extend(row[1..].iter().map(|x| x / sigma));
                    rows.push((values[k] - row[0]) / sigma);
                }
            }
        }
        rows.iter().all(|x| x.is_finite()).then_some(rows)
    }
}

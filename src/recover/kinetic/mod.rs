//! Masses that depend on the position: L = ½ Σ M_ij(q) v_i v_j − V(q) from a recording.
//!
//! ```text
//! Smoothed ──Equations──▶ Selection ──▶ forms, best first ──Trial──▶ those that trajectories bear out ──▶ Recovery
//!     ▲      whitened with the best form │
//!     └──────────────────────────────────┘
//! ```
//!
//! The weak form of Lagrange's equations is linear in the coefficients of M and V together, and homogeneous. One
//! coefficient is 1 and sets the unit of mass: the constant part of the first entry on the diagonal of M that has one, as
//! elsewhere in this room; where none has one, the first term on the diagonal.
//!
//! [`recover`](super::recover()) does not call this yet: the search in the weak equations misses some right forms, and longer
//! forms have then been borne out in their place.
//!
//! A double pendulum, a pendulum on a cart, a point on a surface, polar coordinates are of this kind. Nothing is said that
//! whole trajectories do not bear out, also those that the constants were not fitted to.

mod equations;
mod library;
mod motion;
mod selection;
mod shape;
#[cfg(test)]
mod tests;
mod verify;
mod writing;

use super::decide::{explained, noise_left, scattered_states, stretches};
use super::problem::{thinned, used_positions};
use super::recovery::{Alternative, Evidence, Recovery, Status};
use super::{constants, problem};
use crate::data::{Recording, Smoothed};
use crate::progress::{Event, Job};
use crate::regression::WeakForm;
use crate::regression::trajectory::{self, ObservedPiece};
use crate::terms::joint;

use equations::Equations;
use library::Part;
use motion::Lagrangian;
use selection::{Selection, Support};
use verify::{Followed, Trial};

pub use shape::MOST;

/// How masses that depend on the position are sought. Differences of scores are in units of χ².
#[derive(Clone, PartialEq, Debug)]
pub struct Config {
    /// How forms are sought.
    pub selection: selection::Config,
    /// The floors of the passes, in units of the rms acceleration: every pass whitens with the best form of the one before.
    pub floors: Vec<f64>,
    /// s² of the last pass above which no form is followed.
    pub hopeless: f64,
    /// The most forms that are followed.
    pub followed: usize,
    /// A form is followed when its score in the weak equations is not worse than the best by more than this.
    pub far: f64,
    /// How trajectories are fitted.
    pub trajectory: trajectory::Config,
    /// The most points that are followed, and the fewest pieces.
    pub points: usize,
    /// The fewest pieces that are followed, where there are as many.
    pub pieces: usize,
    /// χ² for each degree of freedom up to which a form explains what is followed, also where it was not fitted. Right
    /// forms reach 1.1 at most; the noise itself is known to 7 %.
    pub explained: f64,
    /// The noise of a column is corrected where the best fit leaves less than this part of it.
    pub less_noise: f64,
    /// The least factor of such a correction.
    pub least_noise: f64,
    /// The most such corrections.
    pub noise_rounds: usize,
    /// Among forms whose scores differ from the best by less than this, the simplest is the answer.
    pub near: f64,
    /// Other forms that are no longer and differ from the answer by less than this are alternatives.
    pub tied: f64,
    /// A coefficient below so many standard errors is dropped.
    pub significance: f64,
    /// The parts into which the recording is cut at least, so that every second can be held out.
    pub stretches: usize,
    /// Where all coordinates but one are cyclic, the least spread of the energies of runs relative to their mean kinetic
    /// energy. At one energy every M(q) has a V(q) with the same motion.
    pub energies: f64,
    /// How constants are read.
    pub constants: constants::Config,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            selection: selection::Config::default(),
            floors: vec![1e-2, 1e-3, 1e-5, 1e-5],
            hopeless: 30.0,
            followed: 8,
            far: 60.0,
            trajectory: trajectory::Config::default(),
            points: 3000,
            pieces: 6,
            explained: 1.5,
            less_noise: 0.8,
            least_noise: 0.02,
            noise_rounds: 3,
            near: 6.0,
            tied: 10.0,
            significance: 4.0,
            stretches: 6,
            energies: 0.1,
            constants: constants::Config::default(),
        }
    }
}

/// The law of motion with masses that depend on the position; nothing where none explains the recording to its noise, where
/// there are more than [`MOST`] coordinates, or the job ended early.
pub fn recover_kinetic(
    recording: &Recording,
    smoothed: &Smoothed,
    problem: &problem::Config,
    config: &Config,
    job: &Job<'_>,
) -> Option<Recovery> {
    if recording.dof() > MOST {
        return None;
    }
    job.tell(Event::Doing("trying masses that depend on the position"));
    let thin = thinned(smoothed, problem.equations);
    let weak = WeakForm::new(&thin, &problem.weak);
    if weak.rows() == 0 {
        return None;
    }
    let joint = joint::library(&recording.coordinates, &used_positions(&weak), &problem.library);
    let parts = library::library(&recording.coordinates, &joint.terms);
    let search = Search { weak: &weak, parts: &parts, config, job };
    let laws = search.forms()?;
    let pieces: Vec<ObservedPiece> = smoothed.pieces.iter().map(ObservedPiece::new).collect();
    let pieces = stretches(&pieces, config.points, config.pieces).into_owned();
    let mut trial = Trial { pieces, config, job };
    job.tell(Event::Doing("following trajectories"));
    let found = trial.follow(&laws);
    let answer = trial.without_weak(choose(&found, config.near)?.clone());
    let bears_out = answer.fit.reduced() <= config.explained
        && trial.held_out(&answer).is_some_and(|reduced| reduced <= config.explained)
        && search.is_short(&answer.law)
        && is_significant(&answer, config)
        && determines_masses(&answer.law, &trial.pieces, recording.runs.len(), config);
    if !bears_out || job.is_cancelled() {
        return None;
    }
    Some(settled(recording, &weak, &trial, &found, &answer))
}

/// The answer with its alternatives.
fn settled(
    recording: &Recording,
    weak: &WeakForm,
    trial: &Trial<'_>,
    found: &[Followed],
    answer: &Followed,
) -> Recovery {
    let config = trial.config;
    let law = |followed: &Followed| {
        let factor = followed.fit.inflation();
        let covariance: Vec<f64> = followed.fit.covariance.iter().map(|c| c * factor).collect();
        writing::law(recording, &followed.law, &covariance, &config.constants)
    };
    let states = scattered_states(weak);
    let mut others: Vec<&Followed> = Vec::new();
    for other in found {
        let is_tied = other.score < answer.score + config.tied
            && other.law.parts.len() <= answer.law.parts.len()
            && !same_motion(&other.law, &answer.law, &states);
        if is_tied && !others.iter().any(|known| same_motion(&known.law, &other.law, &states)) {
            others.push(other);
        }
    }
    let alternatives: Vec<Alternative> = others
        .into_iter()
        .map(|other| Alternative { law: law(other), difference: other.score - answer.score })
        .collect();
    let chosen = law(answer);
    let status: Status = explained(&chosen, &alternatives);
    let evidence = Evidence::Trajectories {
        reduced: answer.fit.reduced(),
        degrees_of_freedom: answer.fit.degrees_of_freedom,
        parts: answer.fit.parts,
    };
    Recovery { status, law: chosen, alternatives, evidence, noise: noise_left(&trial.pieces, &answer.fit) }
}

/// The simplest of those whose score is nearly the best; of equally simple ones the best.
fn choose(found: &[Followed], near: f64) -> Option<&Followed> {
    let best = found.iter().map(|followed| followed.score).min_by(f64::total_cmp)?;
    let close = found.iter().filter(|followed| followed.score < best + near);
    close.min_by(|a, b| a.law.parts.len().cmp(&b.law.parts.len()).then_with(|| a.score.total_cmp(&b.score)))
}

/// Whether two laws have the same accelerations at these states, `[states, 2·dof]`, to the errors of their constants.
fn same_motion(a: &Lagrangian, b: &Lagrangian, states: &[f64]) -> bool {
    const SAME: f64 = 1e-4;
    let (mut difference, mut square) = (0.0, 0.0);
    for state in states.chunks_exact(2 * a.dof) {
        let (q, v) = state.split_at(a.dof);
        let (of_a, of_b) = (a.acceleration_at(q, v), b.acceleration_at(q, v));
        let apart = (0..a.dof).map(|i| (of_a[i] - of_b[i]).powi(2)).sum::<f64>();
        if apart.is_finite() {
            difference += apart;
            square += (0..a.dof).map(|i| of_a[i].powi(2)).sum::<f64>();
        }
    }
    difference <= SAME * SAME * square
}

/// Whether every constant stands clear of its error. Where the motion does not tell several forms apart, a long one has
/// constants with errors far beyond their values.
fn is_significant(answer: &Followed, config: &Config) -> bool {
    let errors = answer.fit.standard_errors();
    let mut all = answer.law.constants().into_iter().zip(errors);
    all.all(|(value, error)| value.abs() >= config.significance * error)
}

/// Whether the recording tells M(q) from V(q).
///
/// Where the motion is that of one coordinate x, the others being cyclic with momenta p, every run shows one function
/// x′² = 2 (E − V − p²/(2 M_φ))/M_x of x: for given E and p every M_x has a V with the same motion. Two runs determine M_x
/// up to E and p, and each cyclic coordinate asks for one more; their energies must differ.
fn determines_masses(law: &Lagrangian, pieces: &[ObservedPiece], runs: usize, config: &Config) -> bool {
    let cyclic = (0..law.dof).filter(|&i| law.is_cyclic(i)).count();
    if law.dof - cyclic > 1 {
        return true;
    }
    let (mut energies, mut kinetic, mut count) = (Vec::new(), 0.0, 0.0);
    for piece in pieces {
        let mut sum = 0.0;
        for state in piece.states.chunks_exact(2 * law.dof) {
            let (q, v) = state.split_at(law.dof);
            let of_motion = law.kinetic_energy(q, v);
            kinetic += of_motion;
            count += 1.0;
            sum += of_motion + law.potential(q);
        }
        energies.push(sum / piece.points() as f64);
    }
    let least = energies.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = energies.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    runs >= 2 + cyclic && greatest - least > config.energies * kinetic / f64::max(count, 1.0)
}

/// The search in the weak equations.
struct Search<'a> {
    weak: &'a WeakForm,
    parts: &'a [Part],
    config: &'a Config,
    job: &'a Job<'a>,
}

impl Search<'_> {
    /// The forms to follow, best first.
    fn forms(&self) -> Option<Vec<Lagrangian>> {
        let mut present: Option<Lagrangian> = None;
        let mut warm: Vec<Vec<usize>> = Vec::new();
        let mut out = Vec::new();
        let mut least = f64::INFINITY;
        for &floor in &self.config.floors {
            if self.job.is_cancelled() {
                return None;
            }
            let equations = Equations::new(self.weak, self.parts, present.as_ref(), floor).ok()?;
            let selection =
                Selection { equations: &equations, parts: self.parts, config: &self.config.selection };
            let masses = match &present {
                None => selection.start_masses(),
                Some(_) => vec![vec![1.0; equations.dof]],
            };
            let (supports, s2) = selection.run(&masses, &warm);
            warm = supports.iter().take(self.config.followed).map(|support| support.terms.clone()).collect();
            let best = supports.first()?.score;
            let near = supports.iter().filter(|support| support.score < best + self.config.far);
            out = near.filter_map(|support| self.lagrangian(support)).take(self.config.followed).collect();
            let next = supports.iter().find_map(|support| self.lagrangian(support));
            (present, least) = (Some(next?), s2);
        }
        (least <= self.config.hopeless && !out.is_empty()).then_some(out)
    }

    /// The form with coefficients in the unit of mass; nothing where M is not positive definite on the data.
    fn lagrangian(&self, support: &Support) -> Option<Lagrangian> {
        let parts: Vec<Part> = support.terms.iter().map(|&k| self.parts[k].clone()).collect();
        let law = Lagrangian::in_unit_of_mass(self.weak.dof(), parts, &support.coefficients)?;
        law.is_positive(&used_positions(self.weak)).then_some(law)
    }

    /// Whether the form is short enough not to interpolate.
    fn is_short(&self, law: &Lagrangian) -> bool {
        law.parts.len() < self.config.selection.terms[law.dof - 1]
    }
}

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
//! Recorded momenta p = M(q) v set the unit themselves, and tell M even where the motion alone does not.
//!
//! A double pendulum, a pendulum on a cart, a point on a surface, polar coordinates are of this kind. Nothing is said that
//! whole trajectories do not bear out, also those that the constants were not fitted to.

mod equations;
mod library;
mod linear;
mod motion;
mod recorded_momenta;
mod selection;
mod shape;
#[cfg(test)]
mod tests;
mod verify;
mod writing;

use super::decide::{NEAR, TIED, explained, noise_left, scattered_states, stretches};
use super::names::Names;
use super::problem::{thinned, used_positions};
use super::recovery::{Alternative, Evidence, Recovery, Status};
use super::{Invariants, RecoverError, constants, problem};
use crate::data::{Recording, Smoothed, Smoother};
use crate::progress::{Event, Job};
use crate::recover;
use crate::regression::WeakForm;
use crate::regression::trajectory::ObservedPiece;
use crate::terms::joint;

use equations::Table;
use library::Part;
use motion::Lagrangian;
use recorded_momenta::{MassMap, in_recorded_momenta, momentum_noise, with_momenta};
use selection::{Fitted, Selection};
use verify::{Followed, Trial};

pub use shape::MOST;

/// How masses that depend on the position are sought. Differences of scores are in units of χ².
#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Config {
    /// The most coordinates. With three the search takes minutes.
    pub coordinates: usize,
    /// The floors of the passes, in units of the rms acceleration: every pass whitens with the best form of the one before.
    pub floors: [f64; 4],
    /// s² of the last pass above which no form is followed.
    pub hopeless: f64,
    /// How much larger s² may be in the passes before the last: their whitening knows less of the form.
    pub patience: [f64; 3],
    /// The most forms that are followed.
    pub followed: usize,
    /// A form is followed when its score in the weak equations is not worse than the best by more than this.
    pub far: f64,
    /// χ² for each degree of freedom up to which a form explains what is followed, also where it was not fitted. Right
    /// forms reach 1.1 at most; the noise itself is known to 7 %.
    pub explained: f64,
    /// A coefficient below so many standard errors is dropped.
    pub significance: f64,
    /// The parts into which the recording is cut at least, so that every second can be held out.
    pub stretches: usize,
    /// Where all coordinates but one are cyclic, the least spread of the energies of runs relative to their mean kinetic
    /// energy. At one energy every M(q) has a V(q) with the same motion.
    pub energies: f64,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            coordinates: 2,
            floors: [1e-2, 1e-3, 1e-5, 1e-5],
            hopeless: 30.0,
            patience: [10.0, 10.0, 3.0],
            followed: 8,
            far: 60.0,
            explained: 1.5,
            significance: 4.0,
            stretches: 6,
            energies: 0.1,
        }
    }
}

/// The most points that are followed.
const POINTS: usize = 3000;

/// The fewest pieces that are followed, where there are as many.
const PIECES: usize = 6;

/// The most points of recorded momenta that are smoothed.
const RECORDED: usize = 20_000;

/// The least share of the points that a form must follow: next to a stretch that the sampling does not resolve, a piece may
/// begin with a wrong state.
const COMPLETE: f64 = 0.9;

/// The same for what is held out, where one part of a few may begin next to such a stretch.
const TESTED: f64 = 0.5;

/// The passes in which forms grow from single masses; the later ones improve what is known.
const GROWING: usize = 2;

impl Config {
    /// Whether masses that depend on the position are tried after a law with constant masses that stands so.
    pub fn is_tried(&self, status: Status, dof: usize) -> bool {
        !status.explains() && dof <= self.coordinates.min(MOST)
    }
}

/// The law of motion with masses that depend on the position; nothing where none explains the recording to its noise, where
/// there are too many coordinates, or the job ended early. Recorded momenta are not used.
pub fn recover_kinetic(
    recording: &Recording,
    smoothed: &Smoothed,
    config: &recover::Config,
    job: &Job<'_>,
) -> Option<Recovery> {
    if recording.dof() > config.kinetic.coordinates.min(MOST) {
        return None;
    }
    job.tell(Event::Doing("trying masses that depend on the position"));
    let grounds = Grounds::new(recording, smoothed, &config.problem)?;
    let laws = grounds.search(&config.kinetic, job).forms()?;
    let pieces: Vec<ObservedPiece> = smoothed.pieces.iter().map(ObservedPiece::new).collect();
    decide(recording, &grounds, laws, &pieces, config, job)
}

/// The law of motion of a recording of canonical momenta, p = M(q) v; nothing where momenta are not of this form, or none
/// such law explains the recording to its noise.
///
/// # Errors
/// A recording that cannot be smoothed.
pub fn recover_kinetic_canonical(
    recording: &Recording,
    smoother: &Smoother,
    config: &recover::Config,
    job: &Job<'_>,
) -> Result<Option<Recovery>, RecoverError> {
    if recording.dof() > config.kinetic.coordinates.min(MOST) {
        return Ok(None);
    }
    job.tell(Event::Doing("reading momenta with masses that depend on the position"));
    let recording = &recording.some_runs(RECORDED);
    let Some(map) = MassMap::of(recording, smoother)? else { return Ok(None) };
    let mut names = Names::new(recording);
    let velocities = recording.coordinates.iter().map(|q| names.beside("v_", &q.name)).collect();
    let with_velocities = map.with_velocities(recording, velocities);
    let smoothed = smoother.smooth(&with_velocities)?;
    let Some(grounds) = Grounds::new(&with_velocities, &smoothed, &config.problem) else { return Ok(None) };
    let Some(laws) = grounds.search(&config.kinetic, job).forms() else { return Ok(None) };
    let laws = laws.iter().filter_map(|law| in_recorded_momenta(law, &smoothed, &map)).collect();
    let few = recording.some_runs(POINTS);
    let noise = momentum_noise(&smoother.smooth_states(&few)?, recording.dof());
    let pieces: Vec<ObservedPiece> =
        smoothed.pieces.iter().map(|piece| with_momenta(ObservedPiece::new(piece), &map, &noise)).collect();
    Ok(decide(recording, &grounds, laws, &pieces, config, job))
}

/// What forms are sought in.
struct Grounds {
    weak: WeakForm,
    parts: Vec<Part>,
}

impl Grounds {
    /// Nothing where no stretch is long enough.
    fn new(recording: &Recording, smoothed: &Smoothed, problem: &problem::Config) -> Option<Grounds> {
        let weak = WeakForm::new(&thinned(smoothed, problem.equations), &problem.weak);
        let joint = joint::library(&recording.coordinates, &used_positions(&weak), &problem.library);
        let parts = library::library(&recording.coordinates, &joint.terms);
        (weak.rows() > 0).then_some(Grounds { weak, parts })
    }

    fn search<'a>(&'a self, config: &'a Config, job: &'a Job<'a>) -> Search<'a> {
        Search { weak: &self.weak, parts: &self.parts, config, job }
    }
}

/// The best form that whole trajectories bear out.
fn decide(
    recording: &Recording,
    grounds: &Grounds,
    laws: Vec<Lagrangian>,
    pieces: &[ObservedPiece],
    all: &recover::Config,
    job: &Job<'_>,
) -> Option<Recovery> {
    let config = &all.kinetic;
    let pieces = stretches(pieces, POINTS, PIECES).into_owned();
    let mut trial = Trial { pieces, config, job };
    job.tell(Event::Doing("following trajectories"));
    let found = trial.follow(&laws);
    let answer = trial.without_weak(choose(&found)?.clone());
    let has_masses = || {
        answer.law.unit.is_none()
            || determines_masses(&answer.law, &trial.pieces, recording.runs.len(), config)
    };
    let bears_out = answer.fit.reduced() <= config.explained
        && trial.held_out(&answer).is_some_and(|reduced| reduced <= config.explained)
        && grounds.search(config, job).is_short(&answer.law)
        && is_significant(&answer, config)
        && has_masses();
    if !bears_out || job.is_cancelled() {
        return None;
    }
    Some(settled((recording, &grounds.weak), &trial, &found, &answer, &all.decide.constants))
}

/// The answer with its alternatives.
fn settled(
    (recording, weak): (&Recording, &WeakForm),
    trial: &Trial<'_>,
    found: &[Followed],
    answer: &Followed,
    constants: &constants::Config,
) -> Recovery {
    let law = |followed: &Followed| {
        let factor = followed.fit.inflation();
        let covariance: Vec<f64> = followed.fit.covariance.iter().map(|c| c * factor).collect();
        writing::law(recording, &followed.law, &covariance, constants)
    };
    let states = scattered_states(weak);
    let mut others: Vec<&Followed> = Vec::new();
    for other in found {
        let is_tied = other.score < answer.score + TIED
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
    Recovery {
        status,
        law: chosen,
        alternatives,
        evidence,
        noise: noise_left(&trial.pieces, &answer.fit),
        invariants: Invariants::default(),
    }
}

/// The simplest of those whose score is nearly the best; of equally simple ones the best.
fn choose(found: &[Followed]) -> Option<&Followed> {
    let best = found.iter().map(|followed| followed.score).min_by(f64::total_cmp)?;
    let close = found.iter().filter(|followed| followed.score < best + NEAR);
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
        let table = Table::new(self.weak, self.parts);
        let mut known: Vec<Fitted> = Vec::new();
        let mut least = f64::INFINITY;
        for (pass, &floor) in self.config.floors.iter().enumerate() {
            if self.job.is_cancelled() {
                return None;
            }
            let slopes = known
                .first()
                .and_then(|best| self.lagrangian(best))
                .map(|law| law.slopes(self.weak.positions(), self.weak.velocities()));
            let whitened = self.weak.whiten(slopes.as_ref(), floor).ok()?;
            let (whitened, parts, job) = (&whitened, self.parts, self.job);
            let selection = Selection { table: &table, whitened, parts, job };
            // The first whitening knows nothing of the slopes: forms grow anew under the second.
            let again = if pass < GROWING { &[][..] } else { &known };
            let hopeless = self.config.hopeless * self.config.patience.get(pass).unwrap_or(&1.0);
            let (forms, s2) = selection.run(again, hopeless);
            if s2 > hopeless {
                return None;
            }
            let best = forms.first()?.score;
            let near = forms.into_iter().filter(|form| form.score < best + self.config.far);
            (known, least) = (near.take(self.config.followed).collect(), s2);
        }
        let laws: Vec<Lagrangian> = known.iter().filter_map(|form| self.lagrangian(form)).collect();
        (least <= self.config.hopeless && !laws.is_empty()).then_some(laws)
    }

    /// The form as a law; nothing where M is not positive definite on the data.
    fn lagrangian(&self, form: &Fitted) -> Option<Lagrangian> {
        let parts: Vec<Part> = form.terms.iter().map(|&k| self.parts[k].clone()).collect();
        let law = Lagrangian::in_unit_of_mass(self.weak.dof(), parts, &form.coefficients)?;
        law.is_positive(&used_positions(self.weak)).then_some(law)
    }

    /// Whether the form is short enough not to interpolate.
    fn is_short(&self, law: &Lagrangian) -> bool {
        law.parts.len() < selection::TERMS[law.dof - 1]
    }
}

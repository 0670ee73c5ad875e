//! The decision: whole trajectories judge the few best forms of the search.

use std::borrow::Cow;

use super::candidates::{candidates, without};
use super::expansion::same_law;
use super::follow::{Field, Followed, NOISE_ROUNDS, follow, less_noise};
use super::interpolation::interpolates;
use super::limits::at_limit;
use super::recovery::{Alternative, Evidence, Law, Recovery, Status};
use super::settle::settle;
use super::{HeldOut, Invariants, Model, Problem, Search, constants, weak_errors};
use crate::data::{Piece, Recording, Smoothed};
use crate::progress::Job;
use crate::regression::WeakForm;
use crate::regression::trajectory::{self, ObservedPiece, TrajectoryFit};
use crate::terms::joint::{Family, Form, Function, Parameter, Term};

/// How the decision is made. Differences of scores are in units of χ².
#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Config {
    /// How constants are read.
    pub constants: constants::Config,
    /// A form with more terms with nonlinear parameters than this can take the shape of anything: it interpolates.
    pub interpolating: usize,
    /// χ² for each degree of freedom up to which a form explains the recording. Right forms reach 1.02 at most; the
    /// noise itself is known to 7 %.
    pub explained: f64,
}

impl Default for Config {
    /// The values of the design note on recordings, section 5.
    fn default() -> Config {
        Config { constants: constants::Config::default(), interpolating: 2, explained: 2.0 }
    }
}

/// The most points that forms are compared on; of longer recordings stretches are taken. All sixteen recordings of
/// the design note are shorter.
pub(super) const POINTS: usize = 5000;

/// The fewest pieces that forms are compared on, where there are as many; of each a stretch is taken then.
pub(super) const PIECES: usize = 8;

/// The most points that the answer is fitted to. A fit to 50 000 points of clean data took 40 s.
pub(super) const ANSWER_POINTS: usize = 20_000;

/// The most rounds of that fit. It begins at the answer, and right forms take two to four rounds from the constants
/// of the weak form.
const ANSWER_ROUNDS: usize = 4;

/// A form whose score is worse than the best by this is not followed again when the noise turns out to be less: that
/// only adds to the difference.
const FAR: f64 = 100.0;

/// Among candidates whose scores differ from the best by less than this, the simplest is the answer.
pub(super) const NEAR: f64 = 6.0;

/// Other candidates that are no longer and differ from the answer by less than this are alternatives.
pub(super) const TIED: f64 = 10.0;

/// A constant below so many standard errors is dropped.
pub(super) const SIGNIFICANCE: f64 = 3.0;

/// A held-out error of less than this part of the acceleration leaves an approximation; more leaves the motion
/// unexplained. Planets about the Sun: 4e-3 at most; an oscillator driven by an unknown force: 0.2.
const APPROXIMATE: f64 = 0.03;

/// What the decision rests on.
pub struct Grounds<'a> {
    /// The recording.
    pub recording: &'a Recording,
    /// Its splines.
    pub smoothed: &'a Smoothed,
    /// Its equations.
    pub problem: &'a Problem,
    /// What the search found.
    pub search: &'a Search,
}

/// Decides between the forms of a search. `None` where it found none.
///
/// The three best forms that contain no better one, and each with one term less, are fitted to whole trajectories.
/// Among those whose χ²/s² and description length are nearly the best, the simplest is the answer. Its terms below
/// three standard errors are dropped. Where no trajectory can be followed, the weak form's own answer stands. A job that
/// ended early has not seen every form: its answer is an approximation at best.
pub fn decide(grounds: &Grounds<'_>, config: &Config, job: &Job<'_>) -> Option<Recovery> {
    if grounds.search.held_out.is_some() {
        return by_held_out_errors(grounds, config);
    }
    let models = candidates(grounds.problem, grounds.search);
    let mut all: Vec<ObservedPiece> = grounds.smoothed.pieces.iter().map(ObservedPiece::new).collect();
    let follow = |models: &[Model], all: &[ObservedPiece]| {
        let some = stretches(all, POINTS, PIECES);
        follow(grounds.problem, models, &some, job)
    };
    let Some(mut field) = follow(&models, &all) else { return by_weak_form(grounds, config, job) };
    for _ in 0..NOISE_ROUNDS {
        let Some(best) = field.followed.first() else { break };
        let Some(factors) = less_noise(&best.fit) else { break };
        all.iter_mut().for_each(|piece| *piece = piece.with_noise(&factors));
        let far = best.score + FAR;
        let near = field.followed.iter().filter(|followed| followed.score < far);
        let models: Vec<Model> = near.map(|followed| followed.model.clone()).collect();
        let Some(next) = follow(&models, &all) else { break };
        field = next;
    }
    by_trajectories(grounds, &field, &all, config, job)
}

/// Stretches of `fewest` pieces or more at equal distances, with at most `most` points together; all pieces where they
/// have no more.
pub(super) fn stretches(pieces: &[ObservedPiece], most: usize, fewest: usize) -> Cow<'_, [ObservedPiece]> {
    let total: usize = pieces.iter().map(ObservedPiece::points).sum();
    if total <= most {
        return Cow::Borrowed(pieces);
    }
    let count = (pieces.len() * most / total).max(fewest).min(pieces.len());
    let stretch = |k: usize| {
        let piece = &pieces[k * pieces.len() / count];
        piece.part(0, piece.points().min(most / count))
    };
    Cow::Owned((0..count).map(stretch).collect())
}

/// The answer fitted to more of a recording than forms were compared on; nothing where that was all.
fn on_more(answer: &Followed, field: &Field, all: &[ObservedPiece], job: &Job<'_>) -> Option<Followed> {
    let total: usize = all.iter().map(ObservedPiece::points).sum();
    if total <= POINTS || job.is_cancelled() {
        return None;
    }
    let settings = trajectory::Config { rounds: ANSWER_ROUNDS, ..trajectory::Config::default() };
    let parts = trajectory::cut(&stretches(all, ANSWER_POINTS, PIECES), field.cut, &settings);
    let fit = trajectory::fit_as_cut(&answer.model, &answer.model.constants(), &parts, &settings);
    let model = answer.model.with_constants(&fit.constants);
    fit.is_followed().then_some(Followed { model, fit, score: answer.score })
}

/// The answer of the trajectories.
fn by_trajectories(
    grounds: &Grounds<'_>,
    field: &Field,
    all: &[ObservedPiece],
    config: &Config,
    job: &Job<'_>,
) -> Option<Recovery> {
    let chosen = choose(&field.followed)?;
    let answer = drop_weak(grounds.problem, field, chosen.clone());
    let answer = loosen(grounds.problem, field, answer);
    let answer = on_more(&answer, field, all, job).unwrap_or(answer);
    let law = |followed: &Followed| {
        let factor = followed.fit.inflation();
        let covariance: Vec<f64> = followed.fit.covariance.iter().map(|c| c * factor).collect();
        settle(grounds.recording, &followed.model, &covariance, &config.constants)
    };
    let states = scattered_states(&grounds.problem.weak);
    let is_tied = |other: &&Followed| {
        other.score < answer.score + TIED
            && other.complexity() <= answer.complexity()
            && !same_law(&other.model, &answer.model, &states)
    };
    let mut others: Vec<Followed> = Vec::new();
    for other in field.followed.iter().filter(is_tied) {
        let other = drop_weak(grounds.problem, field, other.clone());
        let known = std::iter::once(&answer).chain(&others);
        if !known.into_iter().any(|known| same_law(&known.model, &other.model, &states)) {
            others.push(other);
        }
    }
    let chosen = law(&answer);
    let alternatives: Vec<Alternative> = others
        .iter()
        .map(|other| Alternative { law: law(other), difference: other.score - answer.score })
        .filter(|other| !other.law.is(&chosen))
        .collect();
    let reduced = answer.fit.reduced();
    let falls_short = reduced > config.explained || job.is_cancelled();
    let status = match falls_short || interpolates(&answer.model, config.interpolating) {
        true => approximate(grounds, &answer.model),
        false => explained(&chosen, &alternatives),
    };
    let evidence = Evidence::Trajectories {
        reduced,
        degrees_of_freedom: answer.fit.degrees_of_freedom,
        parts: field.cut,
    };
    Some(Recovery {
        status,
        law: chosen,
        alternatives,
        evidence,
        noise: noise_left(all, &answer.fit),
        invariants: Invariants::default(),
    })
}

/// The simplest of those whose score is nearly the best; of equally simple ones the best.
fn choose(followed: &[Followed]) -> Option<&Followed> {
    let best = followed.iter().map(|candidate| candidate.score).min_by(f64::total_cmp)?;
    followed
        .iter()
        .filter(|candidate| candidate.score < best + NEAR)
        .min_by(|a, b| a.complexity().cmp(&b.complexity()).then(a.score.total_cmp(&b.score)))
}

/// Drops the weakest coefficient as long as it is below its limit, and fits the rest again. A drop that raises χ² by
/// much more than the coefficient's own share says is undone. Then functions with a parameter within its error go to their
/// limit.
fn drop_weak(problem: &Problem, field: &Field, mut answer: Followed) -> Followed {
    loop {
        let errors = answer.fit.standard_errors();
        let size = |k: usize| (answer.model.coefficients[k] / errors[k]).abs();
        let weakest = (0..answer.model.terms.len()).min_by(|&a, &b| size(a).total_cmp(&size(b)));
        let Some(weakest) = weakest.filter(|&k| size(k) < SIGNIFICANCE) else { break };
        let Some(model) = without(problem, &answer.model, weakest) else { break };
        let Some(shorter) = field.follow(problem, &model) else { break };
        if shorter.fit.chi > answer.fit.chi + allowance(&answer.fit) {
            break;
        }
        answer = shorter;
    }
    while let Some(model) = at_limit(&answer.model, &answer.fit.standard_errors()) {
        let Some(plain) = field.follow(problem, &model) else { break };
        if plain.fit.chi > answer.fit.chi + allowance(&answer.fit) {
            break;
        }
        answer = plain;
    }
    answer
}

/// By how much χ² may rise where a constant below its limit is left out.
pub(super) fn allowance(fit: &TrajectoryFit) -> f64 {
    2.0 * SIGNIFICANCE.powi(2) * fit.inflation()
}

/// Frees rates and exponents that the search took for simple numbers, where trajectories say they are not.
fn loosen(problem: &Problem, field: &Field, mut answer: Followed) -> Followed {
    let angles = problem.coordinates.iter().any(|coordinate| coordinate.is_angle);
    for place in 0..answer.model.terms.len() {
        let Some(free) = freed(&answer.model.terms[place], angles) else { continue };
        let mut model = answer.model.clone();
        model.terms[place] = free;
        let freed = field.follow(problem, &model);
        if let Some(freed) = freed.filter(|freed| freed.score < answer.score - NEAR) {
            answer = freed;
        }
    }
    answer
}

/// The term with a rate or exponent free that is fixed. Functions of angles keep their whole periods.
fn freed(term: &Term, angles: bool) -> Option<Term> {
    let Form::Sum(function, _) = term.form() else { return None };
    let (Some(value), false) = (term.parameter(), term.is_free()) else { return None };
    let (family, cost) = match function {
        Function::Exponential => (Family::Exponential, 0.7),
        Function::Cosine | Function::Sine if !angles => (Family::FreeTrigonometric, 0.7),
        Function::RadialPower => (Family::FreePower, 1.0),
        _ => return None,
    };
    Some(Term::new(term.form().clone(), Parameter::Free(value), family, term.cost() + cost))
}

/// The status of a form that explains the recording.
pub(super) fn explained(law: &Law, alternatives: &[Alternative]) -> Status {
    match alternatives.is_empty() {
        false => Status::Ambiguous,
        true if law.is_exact() => Status::Exact,
        true => Status::Determined,
    }
}

/// The status of a form that leaves something unexplained, or interpolates.
fn approximate(grounds: &Grounds<'_>, model: &Model) -> Status {
    let unexplained = super::held_out(grounds.problem, model).error;
    status_of(unexplained)
}

fn status_of(unexplained: f64) -> Status {
    if unexplained < APPROXIMATE {
        Status::Approximate { unexplained }
    } else {
        Status::Unexplained { unexplained }
    }
}

/// The answer where no trajectory can be followed, at the edge of a domain for instance.
fn by_weak_form(grounds: &Grounds<'_>, config: &Config, job: &Job<'_>) -> Option<Recovery> {
    let Grounds { recording, problem, search, .. } = *grounds;
    let model = search.models.first()?;
    let law = |model: &Model| {
        let covariance = weak_errors::covariance(problem, model, search.s2);
        settle(recording, model, &covariance, &config.constants)
    };
    let states = scattered_states(&problem.weak);
    let is_tied = |other: &&Model| {
        other.score < model.score + TIED
            && other.complexity() <= model.complexity()
            && !same_law(other, model, &states)
    };
    let alternatives: Vec<Alternative> = search.models[1..]
        .iter()
        .take(3)
        .filter(is_tied)
        .map(|other| Alternative { law: law(other), difference: other.score - model.score })
        .collect();
    let chosen = law(model);
    let equations = problem.equations();
    let reduced = model.chi / equations as f64;
    let falls_short = reduced > config.explained || job.is_cancelled();
    let status = match falls_short || interpolates(model, config.interpolating) {
        true => approximate(grounds, model),
        false => explained(&chosen, &alternatives),
    };
    let evidence = Evidence::WeakForm { reduced, equations };
    Some(Recovery {
        status,
        law: chosen,
        alternatives,
        evidence,
        noise: noise(grounds.smoothed),
        invariants: Invariants::default(),
    })
}

/// The answer where no form reaches the noise.
fn by_held_out_errors(grounds: &Grounds<'_>, config: &Config) -> Option<Recovery> {
    let Grounds { recording, problem, search, .. } = *grounds;
    let (model, held_out) = (search.models.first()?, search.held_out.as_ref()?);
    let law = |model: &Model, held_out: &HeldOut| {
        settle(recording, model, &jackknife_covariance(problem, model, held_out), &config.constants)
    };
    let states = scattered_states(&problem.weak);
    let is_tied = |other: &&Model| {
        other.score < model.score + NEAR
            && other.complexity() <= model.complexity()
            && !same_law(other, model, &states)
    };
    let alternative = |other: &Model| {
        let errors = super::held_out(problem, other);
        Alternative { law: law(other, &errors), difference: other.score - model.score }
    };
    let others = search.models[1..].iter().filter(is_tied).take(3);
    Some(Recovery {
        status: status_of(held_out.error),
        law: law(model, held_out),
        alternatives: others.map(alternative).collect(),
        evidence: Evidence::HeldOut { error: held_out.error },
        noise: noise(grounds.smoothed),
        invariants: Invariants::default(),
    })
}

/// The covariance of the constants where the form leaves something unexplained: jackknife errors of the coefficients.
/// Parameters and masses have none; the weak form gives theirs, at the χ² that is left.
fn jackknife_covariance(problem: &Problem, model: &Model, held_out: &HeldOut) -> Vec<f64> {
    let p = model.constants().len();
    let left = (model.chi / problem.equations() as f64).max(1.0);
    let mut covariance = weak_errors::covariance(problem, model, left);
    for (k, error) in held_out.standard_errors.iter().enumerate() {
        (0..p).for_each(|l| (covariance[k * p + l], covariance[l * p + k]) = (0.0, 0.0));
        covariance[k * p + k] = error * error;
    }
    covariance
}

/// For each column the noise that a fit leaves, taken for the same in all pieces: positions, then velocities.
pub(super) fn noise_left(pieces: &[ObservedPiece], fit: &TrajectoryFit) -> Vec<f64> {
    let column = |(c, factor): (usize, f64)| {
        let stated = |piece: &ObservedPiece| {
            piece.position_noise.iter().chain(&piece.velocity_noise).nth(c).copied().unwrap_or(0.0)
        };
        let weights: f64 = pieces.iter().map(|piece| stated(piece).max(f64::MIN_POSITIVE).powi(-2)).sum();
        factor * (pieces.len() as f64 / weights).sqrt()
    };
    fit.noise().into_iter().enumerate().map(column).collect()
}

/// For each column the largest noise of all pieces: positions, then velocities.
fn noise(smoothed: &Smoothed) -> Vec<f64> {
    let larger = |a: Vec<f64>, b: Vec<f64>| a.iter().zip(&b).map(|(a, b)| a.max(*b)).collect();
    smoothed.pieces.iter().map(Piece::noise).reduce(larger).unwrap_or_default()
}

/// States off the recorded orbits: every column of the smoothed states taken at points of its own.
pub(super) fn scattered_states(weak: &WeakForm) -> Vec<f64> {
    const STATES: usize = 60;
    let (n, points) = (weak.dof(), weak.points());
    let columns = [weak.positions(), weak.velocities()];
    let value = |k: usize, c: usize| {
        // Strides without common structure spread each column over all points.
        let point = (k * (2 * c + 1) * 7919 + 104_729 * c) % points.max(1);
        columns[c / n][point * n + c % n]
    };
    (0..STATES).flat_map(|k| (0..2 * n).map(move |c| value(k, c))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::regression::trajectory::Outcome;

    fn followed(exponents: &[i32], score: f64) -> Followed {
        let monomial =
            |&e: &i32| Term::new(Form::Monomial(vec![(0, e)]), Parameter::None, Family::Polynomial, 0.0);
        let terms: Vec<Term> = exponents.iter().map(monomial).collect();
        let model = Model {
            ties: vec![None; terms.len()],
            coefficients: vec![1.0; terms.len()],
            terms,
            inverse_masses: vec![1.0],
            groups: vec![vec![0]],
            chi: 0.0,
            score: 0.0,
        };
        let fit = TrajectoryFit {
            constants: model.constants(),
            covariance: Vec::new(),
            chi: score,
            columns: vec![score],
            values: 100,
            degrees_of_freedom: 98,
            parts: 1,
            kept: vec![true],
            outcome: Outcome::Converged,
        };
        Followed { model, fit, score }
    }

    #[test]
    fn the_simplest_of_the_nearly_best_is_chosen() {
        let field = [followed(&[2, 3, 4], 100.0), followed(&[2, 4], 105.0), followed(&[2], 107.0)];
        assert_eq!(choose(&field).unwrap().score, 105.0);
        let apart = [followed(&[2, 3, 4], 100.0), followed(&[2], 100.0 + NEAR)];
        assert_eq!(choose(&apart).unwrap().score, 100.0);
        let shortest = [followed(&[2, 3, 4], 102.0), followed(&[2, 4], 100.0), followed(&[2], 104.0)];
        assert_eq!(choose(&shortest).unwrap().score, 104.0);
        assert!(choose(&[]).is_none());
    }

    fn piece(points: usize) -> ObservedPiece {
        ObservedPiece {
            times: (0..points).map(|k| k as f64).collect(),
            positions: vec![vec![0.0; points]],
            velocities: Vec::new(),
            position_noise: vec![1.0],
            velocity_noise: Vec::new(),
            knots: Vec::new(),
            states: vec![0.0; 2 * points],
        }
    }

    #[test]
    fn the_noise_that_a_fit_leaves() {
        let mut fit = followed(&[2], 98.0 * 4.0).fit;
        fit.degrees_of_freedom = 98;
        let wide = ObservedPiece { position_noise: vec![1e3], ..piece(10) };
        assert!((noise_left(&[piece(10)], &fit)[0] - 2.0).abs() < 1e-12);
        // A piece whose noise was stated much too large says little.
        assert!((noise_left(&[piece(10), wide], &fit)[0] - 2.0 * 2f64.sqrt()).abs() < 1e-5);
    }

    #[test]
    fn long_recordings_are_compared_on_stretches() {
        let points = |pieces: &[ObservedPiece], most: usize| -> Vec<usize> {
            stretches(pieces, most, 8).iter().map(ObservedPiece::points).collect()
        };
        assert_eq!(points(&[piece(300), piece(200)], 500), [300, 200]);
        assert_eq!(points(&vec![piece(100); 40], 1000), [100; 10]);
        assert_eq!(points(&[piece(5000), piece(400)], 1000), [500, 400]);
        assert_eq!(points(&[piece(5000)], 1000), [1000]);
    }

    #[test]
    fn rates_are_freed_but_not_periods() {
        use crate::terms::joint::Argument;
        let of = |function| {
            let form = Form::Sum(function, vec![Argument::coordinate(0)]);
            Term::new(form, Parameter::Fixed(2.0), Family::Trigonometric, 0.2)
        };
        assert!(freed(&of(Function::Exponential), true).is_some_and(|term| term.is_free()));
        assert!(freed(&of(Function::Cosine), false).is_some());
        assert!(freed(&of(Function::Cosine), true).is_none());
        assert!(freed(&of(Function::Power), false).is_none());
    }
}

//! The search for a form: all families compete in one Gram matrix, under a whitening that follows the best form.

mod pass;

use pass::Pass;

use super::held_out::{HeldOut, HeldOutConfig, shortest_form};
use super::interpolation::mixes_shapes;
use super::masses::{MassConfig, start_masses};
use super::refine::{Form, Masses, refine};
use super::{Model, Problem, Terms};
use crate::progress::{Event, Job};
use crate::regression::RegressionError;
use crate::regression::beam::{BeamConfig, Support, beam_search};
use crate::regression::varpro::VarproConfig;
use crate::terms::joint::{Argument, Family, Form as TermForm, Function, Term};

/// How forms are sought.
#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Config {
    /// The floor of the first pass, which knows no slopes: they would matter by about this much of the rms.
    pub first_floor: f64,
    /// The floor of the later passes: the bias of the splines where only rounding disturbs the data.
    pub floor: f64,
    /// Of these, at most so many with one multiset of families.
    pub of_families: usize,
    /// The models of a pass with which the next one begins.
    pub warm: usize,
    /// A fall of χ²/s² below this ends the refinement of a support.
    pub tolerance: f64,
    /// Start masses.
    pub masses: MassConfig,
    /// What is done then.
    pub held_out: HeldOutConfig,
}

impl Default for Config {
    /// The values of the design note on recordings, sections 2, 4 and 8.
    fn default() -> Config {
        Config {
            first_floor: 1e-2,
            floor: 1e-5,
            of_families: 3,
            warm: 6,
            tolerance: 0.02,
            masses: MassConfig::default(),
            held_out: HeldOutConfig::default(),
        }
    }
}

/// The greatest s² that a beam assumes, so that a poor whitening does not end it at one term.
const MOST_VARIANCE: f64 = 50.0;

/// Besides, so many of each size up to 3 with nonlinear parameters, whose coarse grid may hide them.
const OF_SIZE: usize = 8;

/// Of these, at most so many with one multiset of families.
const OF_SIZE_AND_FAMILIES: usize = 2;

/// The most passes after the first.
const PASSES: usize = 3;

/// The supports that are refined.
const REFINED: usize = 12;

/// χ² per equation below which a second pass ends the search.
const SETTLED: f64 = 1.6;

/// s² above which no form explains the data and held-out errors decide.
const UNEXPLAINED: f64 = 4.0;

/// The best models whose terms are dropped one at a time.
const DROPPED: usize = 5;

/// The rounds after which only the refinement of models near the best goes on.
const FIRST_ROUNDS: usize = 3;

/// The most coordinates with which the degree grows.
const GROWN_DOF: usize = 2;

/// While nothing reaches the noise, a higher degree of the library's monomials must lower s² by this factor for a
/// still higher one to be tried.
const GROWTH: f64 = 2.0;

/// The highest degree to which it grows.
const HIGHEST_DEGREE: u32 = 10;

/// s² above which further passes are in vain.
const HOPELESS: f64 = 1000.0;

/// The most rounds of a refinement.
const ROUNDS: usize = 8;

/// A refinement ends early where the score will not come this near to that of the best, in nats times 2.
const INTERESTING: f64 = 60.0;

/// The shares of points that are left out in turn beside the edge of a form's domain.
const LEFT_OUT: [f64; 3] = [0.03, 0.1, 0.25];

/// A form with more coefficients, nonlinear parameters and masses than this is long.
const LONG: usize = 4;

/// The forms that were found.
#[derive(Clone, Debug)]
pub struct Search {
    /// The models, best first; none where the search was cancelled early or no term is usable.
    pub models: Vec<Model>,
    /// s², at least 1: the least χ² per degree of freedom, of which χ² of a right form is a multiple. Infinite where
    /// the search was cancelled before a form was fitted to the noise.
    pub s2: f64,
    /// The held-out errors of the first model, where no form reaches the noise.
    pub held_out: Option<HeldOut>,
}

/// Searches for the law of motion. The job is polled between beams; a search that is cancelled returns what it has.
///
/// The degree of the library's monomials grows as long as this changes the best form, and that has one of the highest
/// degree, is long or adds up two shapes: all may stand for a monomial of a still higher degree. While nothing reaches the noise, growth
/// goes on only where it lowers s² by a factor of two.
///
/// # Errors
/// If the equations cannot be whitened.
pub fn search(problem: &mut Problem, job: &Job<'_>, config: &Config) -> Result<Search, RegressionError> {
    job.tell(Event::Doing("searching for a form"));
    let first = if problem.dof() == 1 { Terms::All } else { Terms::Plain };
    problem.whiten(None, config.first_floor, first)?;
    let starts = start_masses(problem, &config.masses);
    let nothing = Search { models: Vec::new(), s2: f64::INFINITY, held_out: None };
    let Some(start) = first_model(problem, &starts, job, config) else { return Ok(nothing) };
    let out = passes(problem, &[start], &starts, job, config)?;
    let mut out = away_from_edges(problem, out, &starts, job, config)?;
    while wants_degree(problem, &out) && !job.is_cancelled() {
        problem.set_degree(problem.degree() + 2);
        let before = out.clone();
        out = passes(problem, &out.models, &starts, job, config)?;
        let same = out.models.first().map(families) == before.models.first().map(families)
            && !out.models.first().is_some_and(mixes_shapes);
        if same || out.s2 > UNEXPLAINED.max(before.s2 / GROWTH) {
            break;
        }
    }
    if out.s2 > UNEXPLAINED && !job.is_cancelled() {
        let tested = shortest_form(problem, &starts, job, &config.held_out)?;
        out.held_out = tested.first().map(|tested| tested.held_out.clone());
        out.models = tested.into_iter().map(|tested| tested.model).collect();
    }
    Ok(out)
}

/// Whether the best form has a monomial of the highest degree, is long or adds up two shapes, and the library may have
/// higher ones.
fn wants_degree(problem: &Problem, found: &Search) -> bool {
    let highest = problem.degree();
    let degree = |term: &Term| match term.form() {
        TermForm::Monomial(factors) => factors.iter().map(|&(_, e)| e as u32).sum(),
        _ => 0,
    };
    let has_highest = |model: &Model| model.terms.iter().any(|term| degree(term) == highest);
    let stands_in = |model: &Model| model.complexity() > LONG || has_highest(model) || mixes_shapes(model);
    problem.dof() <= GROWN_DOF && highest < HIGHEST_DEGREE && found.models.first().is_some_and(stands_in)
}

/// Where the best form ends at a root √(κ − u), noise carries points near u = κ beyond the end, where the right form has
/// no value and others take its place. Passes with the points of greatest u left out, more and more of them, are
/// preferred as soon as their best form is shorter and reaches the noise.
fn away_from_edges(
    problem: &mut Problem,
    found: Search,
    starts: &[Vec<f64>],
    job: &Job<'_>,
    config: &Config,
) -> Result<Search, RegressionError> {
    let edge = found.models.first().and_then(|best| Some((best, edge(best)?)));
    let Some((best, edge)) = edge.filter(|_| found.s2 < HOPELESS) else { return Ok(found) };
    for share in LEFT_OUT {
        if job.is_cancelled() {
            break;
        }
        problem.leave_out_greatest(&edge, share);
        let inner = passes(problem, &found.models, starts, job, config)?;
        let shorter = inner.models.first().is_some_and(|inner| inner.complexity() < best.complexity());
        if shorter && inner.s2 < UNEXPLAINED {
            return Ok(inner);
        }
    }
    problem.leave_out_greatest(&edge, 0.0);
    problem.whiten(Some(best), config.floor, Terms::All)?;
    Ok(found)
}

/// The arguments of a root √(κ − u) in a model.
fn edge(model: &Model) -> Option<Vec<Argument>> {
    model.terms.iter().find_map(|term| match term.form() {
        TermForm::Sum(Function::RootBefore, arguments) => Some(arguments.clone()),
        _ => None,
    })
}

/// The passes after the first, from models to begin with, the best first.
fn passes(
    problem: &mut Problem,
    start: &[Model],
    starts: &[Vec<f64>],
    job: &Job<'_>,
    config: &Config,
) -> Result<Search, RegressionError> {
    let mut out = Search { models: start.to_vec(), s2: f64::INFINITY, held_out: None };
    let mut previous = None;
    for pass in 0..PASSES {
        let Some(best) = out.models.first().cloned() else { break };
        if job.is_cancelled() {
            break;
        }
        problem.whiten(Some(&best), config.floor, Terms::All)?;
        let masses = masses_to_try(&best, problem, starts, pass);
        let warm = &out.models[..out.models.len().min(config.warm)];
        (out.models, out.s2) = Pass { problem, job, config, masses }.run(warm);
        let Some(best) = out.models.first() else { break };
        let key = (families(best), best.masses());
        let settled = pass > 0 && best.chi < SETTLED * problem.equations() as f64;
        if previous.as_ref() == Some(&key) || settled || out.s2 > HOPELESS {
            break;
        }
        previous = Some(key);
    }
    Ok(out)
}

fn families(model: &Model) -> Vec<Family> {
    let mut families: Vec<Family> = model.terms.iter().map(|term| term.family()).collect();
    families.sort_unstable();
    families
}

/// The best form that the first whitening finds. With one coordinate all terms compete, otherwise the plain ones.
fn first_model(problem: &Problem, starts: &[Vec<f64>], job: &Job<'_>, config: &Config) -> Option<Model> {
    let masses = if problem.bodies().len() > 1 { Masses::Own } else { Masses::Equal };
    let mut found = Vec::new();
    for start in starts {
        for terms in [Terms::Plain, Terms::All] {
            if (terms == Terms::Plain || problem.dof() == 1) && !job.is_cancelled() {
                let beam = BeamConfig { width: 10, size: 6, ..BeamConfig::default() };
                found.extend(beams(problem, masses, start, terms, 1.0, &beam));
            }
        }
    }
    let score = |support: &Support| support.fit.chi + price(problem, &support.terms);
    found.sort_by(|a, b| score(a).total_cmp(&score(b)));
    let refinement = VarproConfig { rounds: ROUNDS, tolerance: config.tolerance, ..VarproConfig::default() };
    found.iter().find_map(|support| {
        let mut model = refine(problem, &Form::of_support(problem, support, masses), &refinement)?;
        model.score = problem.score(&model, 1.0);
        Some(model)
    })
}

fn price(problem: &Problem, terms: &[usize]) -> f64 {
    terms.iter().map(|&k| problem.candidates(Terms::All).costs[k]).sum()
}

/// A beam search under the present whitening.
fn beams(
    problem: &Problem,
    masses: Masses,
    start: &[f64],
    terms: Terms,
    s2: f64,
    config: &BeamConfig,
) -> Vec<Support> {
    let Some(gram) = problem.gram() else { return Vec::new() };
    let rounds = if masses == Masses::Own { 5 } else { 1 };
    let config = BeamConfig { rounds, ..*config };
    beam_search(gram, problem.candidates(terms), &problem.usable(terms), start, s2, &config)
}

/// Equal masses, and the inverse masses at which own masses are tried: those of the best model, and in the first pass
/// those of the start.
fn masses_to_try(
    best: &Model,
    problem: &Problem,
    starts: &[Vec<f64>],
    pass: usize,
) -> Vec<(Masses, Vec<f64>)> {
    let bodies = problem.bodies();
    let mut all = vec![(Masses::Equal, vec![1.0; bodies.len()])];
    if bodies.len() < 2 {
        return all;
    }
    let own: Vec<f64> = bodies.iter().map(|body| best.inverse_masses[body[0]]).collect();
    if best.masses() > 0 {
        all.push((Masses::Own, own.clone()));
    }
    let same = |start: &Vec<f64>| start.iter().zip(&own).all(|(a, b)| (a - b).abs() < 0.03 * b.abs());
    if let Some(start) = starts.first()
        && (best.masses() == 0 || pass == 0 && !same(start))
    {
        all.push((Masses::Own, start.clone()));
    }
    all
}

#[cfg(test)]
mod tests;

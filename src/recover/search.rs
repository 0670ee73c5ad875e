//! The search for a form: all families compete in one Gram matrix, under a whitening that follows the best form.

use std::collections::{BTreeMap, BTreeSet};

use super::held_out::{HeldOut, HeldOutConfig, shortest_form};
use super::masses::{MassConfig, start_masses};
use super::refine::{Form, Masses, refine};
use super::snap_parameters::{SnapConfig, snap_parameters};
use super::{Model, Problem, Terms};
use crate::progress::{Event, Job};
use crate::regression::RegressionError;
use crate::regression::beam::{BeamConfig, Support, beam_search};
use crate::regression::varpro::VarproConfig;
use crate::terms::joint::{Family, Form as TermForm, Term};

/// How forms are sought.
#[derive(Clone, PartialEq, Debug)]
pub struct Config {
    /// The floor of the first pass, which knows no slopes: they would matter by about this much of the rms.
    pub first_floor: f64,
    /// The floor of the later passes: the bias of the splines where only rounding disturbs the data.
    pub floor: f64,
    /// The beams of the first pass.
    pub first_beam: BeamConfig,
    /// The beams of the later passes over all terms; those over plain terms are half as wide.
    pub beam: BeamConfig,
    /// The most passes after the first.
    pub passes: usize,
    /// The greatest s² that a beam assumes, so that a poor whitening does not end it at one term.
    pub most_variance: f64,
    /// The supports that are refined.
    pub refined: usize,
    /// Of these, at most so many with one multiset of families.
    pub of_families: usize,
    /// Besides, so many of each size up to 3 with nonlinear parameters, whose coarse grid may hide them.
    pub of_size: usize,
    /// Of these, at most so many with one multiset of families.
    pub of_size_and_families: usize,
    /// The models of a pass with which the next one begins.
    pub warm: usize,
    /// The best models whose terms are dropped one at a time.
    pub dropped: usize,
    /// The refinement of a support; its tolerance is in units of s².
    pub refinement: VarproConfig,
    /// A refinement ends early where the score will not come this near to that of the best, in nats times 2.
    pub interesting: f64,
    /// Start masses.
    pub masses: MassConfig,
    /// Simple nonlinear parameters.
    pub snap: SnapConfig,
    /// χ² per equation below which a second pass ends the search.
    pub settled: f64,
    /// s² above which further passes are in vain.
    pub hopeless: f64,
    /// s² above which no form explains the data and held-out errors decide.
    pub unexplained: f64,
    /// While nothing reaches the noise, a higher degree of the library's monomials must lower s² by this factor for a
    /// still higher one to be tried.
    pub growth: f64,
    /// The most coordinates with which the degree grows.
    pub grown_dof: usize,
    /// The highest degree to which it grows.
    pub highest_degree: u32,
    /// What is done then.
    pub held_out: HeldOutConfig,
}

impl Default for Config {
    /// The values of the design note on recordings, sections 2, 4 and 8.
    fn default() -> Config {
        Config {
            first_floor: 1e-2,
            floor: 1e-5,
            first_beam: BeamConfig { width: 10, size: 6, ..BeamConfig::default() },
            beam: BeamConfig::default(),
            passes: 3,
            most_variance: 50.0,
            refined: 12,
            of_families: 3,
            of_size: 8,
            of_size_and_families: 2,
            warm: 6,
            dropped: 5,
            refinement: VarproConfig { rounds: 8, tolerance: 0.02, ..VarproConfig::default() },
            interesting: 60.0,
            masses: MassConfig::default(),
            snap: SnapConfig::default(),
            settled: 1.6,
            hopeless: 1000.0,
            unexplained: 4.0,
            growth: 2.0,
            grown_dof: 3,
            highest_degree: 10,
            held_out: HeldOutConfig::default(),
        }
    }
}

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
/// The degree of the library's monomials grows as long as the best form has one of the highest degree: it may stand
/// for a still higher one. While nothing reaches the noise, growth goes on only where it lowers s² by a factor of
/// [`Config::growth`].
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
    let mut out = passes(problem, &[start], &starts, job, config)?;
    while wants_degree(problem, &out, config) && !job.is_cancelled() {
        problem.set_degree(problem.degree() + 2);
        let before = out.s2;
        out = passes(problem, &out.models, &starts, job, config)?;
        if out.s2 > config.unexplained.max(before / config.growth) {
            break;
        }
    }
    if out.s2 > config.unexplained && !job.is_cancelled() {
        let tested = shortest_form(problem, &starts, job, &config.held_out)?;
        out.held_out = tested.first().map(|tested| tested.held_out.clone());
        out.models = tested.into_iter().map(|tested| tested.model).collect();
    }
    Ok(out)
}

/// Whether the best form has a monomial of the highest degree, and the library may have higher ones.
fn wants_degree(problem: &Problem, found: &Search, config: &Config) -> bool {
    let highest = problem.degree();
    let degree = |term: &Term| match term.form() {
        TermForm::Monomial(factors) => factors.iter().map(|&(_, e)| e as u32).sum(),
        _ => 0,
    };
    let used = found.models.first().is_some_and(|model| model.terms.iter().any(|t| degree(t) == highest));
    used && problem.dof() <= config.grown_dof && highest < config.highest_degree
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
    for pass in 0..config.passes {
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
        let settled = pass > 0 && best.chi < config.settled * problem.equations() as f64;
        if previous.as_ref() == Some(&key) || settled || out.s2 > config.hopeless {
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
                found.extend(beams(problem, masses, start, terms, 1.0, &config.first_beam));
            }
        }
    }
    let score = |support: &Support| support.fit.chi + price(problem, &support.terms);
    found.sort_by(|a, b| score(a).total_cmp(&score(b)));
    found.iter().find_map(|support| {
        let mut model = refine(problem, &Form::of_support(problem, support, masses), &config.refinement)?;
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

/// One pass under one whitening.
struct Pass<'a> {
    problem: &'a Problem,
    job: &'a Job<'a>,
    config: &'a Config,
    masses: Vec<(Masses, Vec<f64>)>,
}

/// A support with the masses under which it was found.
struct Found {
    support: Support,
    masses: Masses,
}

impl Pass<'_> {
    /// The models of this pass, best first, and s².
    fn run(&self, warm: &[Model]) -> (Vec<Model>, f64) {
        let n = self.problem.equations() as f64;
        let warm = warm.iter().map(|model| Form::of_model(self.problem, model));
        let mut models: Vec<Model> =
            warm.filter_map(|form| self.refined(&form, 1.0, f64::INFINITY)).collect();
        let least = models.iter().map(|model| model.chi / n).fold(1e9, f64::min).max(1.0);
        let mut found = self.beams(least.min(self.config.most_variance));
        let per_freedom = |f: &Found| f.support.fit.chi / (n - f.support.terms.len() as f64).max(1.0);
        let s2 = found.iter().map(per_freedom).fold(least, f64::min).max(1.0);
        found.sort_by(|a, b| self.score_of(a, s2).total_cmp(&self.score_of(b, s2)));
        let mut best = models.iter().map(|model| self.problem.score(model, s2)).fold(f64::INFINITY, f64::min);
        for found in self.selected(&found) {
            if self.job.is_cancelled() {
                break;
            }
            let form = Form::of_support(self.problem, &found.support, found.masses);
            let Some(model) = self.refined(&form, s2, best) else { continue };
            best = best.min(self.problem.score(&model, s2));
            models.push(model);
        }
        let per_freedom = |model: &Model| model.chi / (n - model.terms.len() as f64).max(1.0);
        let s2 = models.iter().map(per_freedom).fold(1e9, f64::min).max(1.0);
        models.iter_mut().for_each(|model| model.score = self.problem.score(model, s2));
        sort(&mut models);
        if s2 > self.config.hopeless {
            return (models, s2);
        }
        self.simplify(&mut models, s2);
        models.extend(self.with_a_term_less(&models, s2));
        sort(&mut models);
        self.simplify(&mut models, s2);
        (distinct(models, s2), s2)
    }

    /// Snaps the parameters of the best models.
    fn simplify(&self, models: &mut [Model], s2: f64) {
        let refinement = self.refinement(s2, f64::INFINITY);
        for model in models.iter_mut().take(self.config.warm) {
            *model = snap_parameters(self.problem, model.clone(), s2, &self.config.snap, &refinement);
        }
        sort(models);
    }

    fn refinement(&self, s2: f64, interesting: f64) -> VarproConfig {
        let tolerance = self.config.refinement.tolerance * s2;
        VarproConfig { tolerance, interesting, ..self.config.refinement }
    }

    /// Refines a form as long as its score may come near to `best`.
    fn refined(&self, form: &Form, s2: f64, best: f64) -> Option<Model> {
        let masses = if form.masses == Masses::Own { self.problem.bodies().len() - 1 } else { 0 };
        let length = self.problem.length(&form.terms, &form.ties, masses);
        let interesting = s2 * (best + self.config.interesting - length);
        refine(self.problem, form, &self.refinement(s2, interesting))
    }

    /// The supports of all beams: for all masses, over plain terms and over all.
    fn beams(&self, s2: f64) -> Vec<Found> {
        let mut all = Vec::new();
        for (masses, start) in &self.masses {
            for terms in [Terms::Plain, Terms::All] {
                if self.job.is_cancelled() {
                    return all;
                }
                let width = self.config.beam.width / if terms == Terms::Plain { 2 } else { 1 };
                let config = BeamConfig { width, ..self.config.beam };
                let found = beams(self.problem, *masses, start, terms, s2, &config);
                all.extend(found.into_iter().map(|support| Found { support, masses: *masses }));
            }
        }
        all
    }

    fn score_of(&self, found: &Found, s2: f64) -> f64 {
        let mass = (self.problem.equations() as f64).ln() + 2.0;
        let masses = if found.masses == Masses::Own { self.problem.bodies().len() - 1 } else { 0 };
        let Support { terms, fit } = &found.support;
        fit.chi / s2 + price(self.problem, terms) + mass * masses as f64
    }

    /// The supports to refine, from all in order.
    fn selected<'f>(&self, found: &'f [Found]) -> Vec<&'f Found> {
        let terms = &self.problem.library.terms;
        let mut of_families: BTreeMap<(Vec<Family>, Masses), usize> = BTreeMap::new();
        let mut seen: BTreeSet<(&[usize], Masses)> = BTreeSet::new();
        let mut out = Vec::new();
        for found in found {
            let count = of_families.entry((self.families(found), found.masses)).or_default();
            if *count < self.config.of_families && seen.insert((&found.support.terms, found.masses)) {
                *count += 1;
                out.push(found);
            }
            if out.len() == self.config.refined {
                break;
            }
        }
        for size in 1..=3 {
            let mut of_families: BTreeMap<Vec<Family>, usize> = BTreeMap::new();
            let mut left = self.config.of_size;
            for found in found.iter().filter(|f| f.support.terms.len() == size) {
                if left == 0 {
                    break;
                }
                let free = found.support.terms.iter().any(|&k| terms[k].is_free());
                let count = of_families.entry(self.families(found)).or_default();
                if free && *count < self.config.of_size_and_families {
                    *count += 1;
                    left -= 1;
                    if seen.insert((&found.support.terms, found.masses)) {
                        out.push(found);
                    }
                }
            }
        }
        out
    }

    fn families(&self, found: &Found) -> Vec<Family> {
        let family = |&k: &usize| self.problem.library.terms[k].family();
        let mut families: Vec<Family> = found.support.terms.iter().map(family).collect();
        families.sort_unstable();
        families
    }

    /// The best few models without each of their terms.
    fn with_a_term_less(&self, models: &[Model], s2: f64) -> Vec<Model> {
        let mut out = Vec::new();
        for model in models.iter().take(self.config.dropped).filter(|model| model.terms.len() > 1) {
            let form = Form::of_model(self.problem, model);
            for place in 0..model.terms.len() {
                let shorter = self.refined(&form.without(place), s2, models[0].score);
                let Some(mut shorter) = shorter else { continue };
                if shorter.chi < 5.0 * model.chi {
                    shorter.score = self.problem.score(&shorter, s2);
                    out.push(shorter);
                }
            }
        }
        out
    }
}

fn sort(models: &mut [Model]) {
    models.sort_by(|a, b| a.score.total_cmp(&b.score));
}

/// One of each form: models with the same families, masses and χ² are the same.
fn distinct(sorted: Vec<Model>, s2: f64) -> Vec<Model> {
    let mut out: Vec<Model> = Vec::new();
    for model in sorted {
        let same = |other: &Model| {
            (other.chi - model.chi).abs() < 0.1 * s2 + 1e-5 * other.chi
                && other.masses() == model.masses()
                && families(other) == families(&model)
        };
        if !out.iter().any(same) {
            out.push(model);
        }
    }
    out
}

#[cfg(test)]
mod tests;

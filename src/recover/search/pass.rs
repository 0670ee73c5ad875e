//! One pass of the search, under one whitening.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Config, DROPPED, FIRST_ROUNDS, HOPELESS, INTERESTING, MOST_VARIANCE, OF_SIZE, OF_SIZE_AND_FAMILIES,
    REFINED, ROUNDS, beams, families, price,
};
use crate::progress::Job;
use crate::recover::refine::{Form, Masses, refine};
use crate::recover::snap_parameters::snap_parameters;
use crate::recover::writing::plainest;
use crate::recover::{Model, Problem, Terms};
use crate::regression::beam::{BeamConfig, Support};
use crate::regression::varpro::VarproConfig;
use crate::terms::joint::Family;

/// One pass under one whitening.
pub(super) struct Pass<'a> {
    pub problem: &'a Problem,
    pub job: &'a Job<'a>,
    pub config: &'a Config,
    /// The masses to try, with the inverse masses of the bodies.
    pub masses: Vec<(Masses, Vec<f64>)>,
}

/// A support with the masses under which it was found.
struct Found {
    support: Support,
    masses: Masses,
}

impl Pass<'_> {
    /// The models of this pass, best first, and s².
    pub fn run(&self, warm: &[Model]) -> (Vec<Model>, f64) {
        let n = self.problem.equations() as f64;
        let warm = warm.iter().map(|model| Form::of_model(self.problem, model));
        let mut models: Vec<Model> =
            warm.filter_map(|form| self.refined(&form, ROUNDS, 1.0, f64::INFINITY)).collect();
        let least = models.iter().map(|model| model.chi / n).fold(1e9, f64::min).max(1.0);
        let mut found = self.beams(least.min(MOST_VARIANCE));
        let per_freedom = |f: &Found| f.support.fit.chi / (n - f.support.terms.len() as f64).max(1.0);
        let s2 = found.iter().map(per_freedom).fold(least, f64::min).max(1.0);
        found.sort_by(|a, b| self.score_of(a, s2).total_cmp(&self.score_of(b, s2)));
        let best = models.iter().map(|model| self.problem.score(model, s2)).fold(f64::INFINITY, f64::min);
        models.extend(self.promising(self.tried(&found, s2, best), s2, best));
        let per_freedom = |model: &Model| model.chi / (n - model.terms.len() as f64).max(1.0);
        let s2 = models.iter().map(per_freedom).fold(1e9, f64::min).max(1.0);
        models.iter_mut().for_each(|model| model.score = self.problem.score(model, s2));
        sort(&mut models);
        if s2 > HOPELESS {
            return (models, s2);
        }
        self.simplify(&mut models, s2);
        models.extend(self.with_a_term_less(&models, s2));
        sort(&mut models);
        self.simplify(&mut models, s2);
        (distinct(models, s2), s2)
    }

    /// The supports to refine after a few rounds of refinement.
    fn tried(&self, found: &[Found], s2: f64, mut best: f64) -> Vec<Model> {
        let mut out = Vec::new();
        for found in self.selected(found) {
            if self.job.is_cancelled() {
                break;
            }
            let form = Form::of_support(self.problem, &found.support, found.masses);
            let Some(mut model) = self.refined(&form, FIRST_ROUNDS, s2, best) else { continue };
            model.score = self.problem.score(&model, s2);
            best = best.min(model.score);
            out.push(model);
        }
        out
    }

    /// The models whose refinement goes on since they are near the best; `best` is the score of another that is known.
    fn promising(&self, tried: Vec<Model>, s2: f64, best: f64) -> Vec<Model> {
        let best = tried.iter().map(|model| model.score).fold(best, f64::min);
        let near = tried.into_iter().filter(|model| model.score < best + INTERESTING);
        near.map(|model| {
            let moves = model.masses() > 0 || !model.free_terms().is_empty();
            let form = Form::of_model(self.problem, &model);
            let further = moves.then(|| self.refined(&form, ROUNDS, s2, best));
            further.flatten().unwrap_or(model)
        })
        .collect()
    }

    /// Snaps the parameters of the best models, and writes them in their plainest terms.
    fn simplify(&self, models: &mut [Model], s2: f64) {
        let refinement = self.refinement(s2, f64::INFINITY);
        for model in models.iter_mut().take(self.config.warm) {
            let snapped = snap_parameters(self.problem, model.clone(), s2, &refinement);
            *model = plainest(self.problem, snapped, s2, &refinement);
        }
        sort(models);
    }

    fn refinement(&self, s2: f64, interesting: f64) -> VarproConfig {
        let tolerance = self.config.tolerance * s2;
        VarproConfig { tolerance, interesting, ..VarproConfig::default() }
    }

    /// Refines a form as long as its score may come near to `best`.
    fn refined(&self, form: &Form, rounds: usize, s2: f64, best: f64) -> Option<Model> {
        let masses = if form.masses == Masses::Own { self.problem.bodies().len() - 1 } else { 0 };
        let length = self.problem.length(&form.terms, &form.ties, masses);
        let interesting = s2 * (best + INTERESTING - length);
        refine(self.problem, form, &VarproConfig { rounds, ..self.refinement(s2, interesting) })
    }

    /// The supports of all beams: for all masses, over plain terms and over all.
    fn beams(&self, s2: f64) -> Vec<Found> {
        let mut all = Vec::new();
        for (masses, start) in &self.masses {
            for terms in [Terms::Plain, Terms::All] {
                if self.job.is_cancelled() {
                    return all;
                }
                let width = BeamConfig::default().width / if terms == Terms::Plain { 2 } else { 1 };
                let config = BeamConfig { width, ..BeamConfig::default() };
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
            if out.len() == REFINED {
                break;
            }
        }
        for size in 1..=3 {
            let mut of_families: BTreeMap<Vec<Family>, usize> = BTreeMap::new();
            let mut left = OF_SIZE;
            for found in found.iter().filter(|f| f.support.terms.len() == size) {
                if left == 0 {
                    break;
                }
                let free = found.support.terms.iter().any(|&k| terms[k].is_free());
                let count = of_families.entry(self.families(found)).or_default();
                if free && *count < OF_SIZE_AND_FAMILIES {
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
        for model in models.iter().take(DROPPED).filter(|model| model.terms.len() > 1) {
            let form = Form::of_model(self.problem, model);
            for place in 0..model.terms.len() {
                let shorter = self.refined(&form.without(place), ROUNDS, s2, models[0].score);
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

/// One of each form: models with the same families, masses and nearly the same χ² are the same, as are other
/// writings of one function, whose χ² is the same to rounding.
pub(super) fn distinct(sorted: Vec<Model>, s2: f64) -> Vec<Model> {
    let mut out: Vec<Model> = Vec::new();
    for model in sorted {
        let same = |other: &Model| {
            let difference = (other.chi - model.chi).abs();
            let near = difference < 0.1 * s2 + 1e-5 * other.chi && families(other) == families(&model);
            other.masses() == model.masses() && (near || difference < 1e-4 * s2 + 1e-9 * other.chi)
        };
        if !out.iter().any(same) {
            out.push(model);
        }
    }
    out
}

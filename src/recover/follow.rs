//! Candidates on whole trajectories.

use rayon::prelude::*;

use super::{Model, Problem};
use crate::progress::Job;
use crate::regression::trajectory::{self, ObservedPiece, TrajectoryFit};

/// A form fitted to whole trajectories.
#[derive(Clone, Debug)]
pub struct Followed {
    /// The form with the constants of the fit.
    pub model: Model,
    /// The fit.
    pub fit: TrajectoryFit,
    /// χ²/s² and the description length, in units of χ².
    pub score: f64,
}

/// Candidates that were followed over the same parts of the recording, best first.
#[derive(Clone, Debug)]
pub struct Field {
    /// The candidates.
    pub followed: Vec<Followed>,
    /// The parts that all were fitted to.
    pub parts: Vec<ObservedPiece>,
    /// Into how many parts pieces were cut.
    pub cut: usize,
    /// The least χ² for each degree of freedom, 1 at least: the unit of χ² in scores.
    pub s2: f64,
}

/// A fit counts as much better than another when its χ² for each degree of freedom is this many times less.
const MUCH_BETTER: f64 = 1.5;

/// A candidate that follows less than this share of what another follows is not compared.
const COVERAGE: f64 = 0.9;

/// Where one form explains the recording, the fits of others end at this many times its χ² for each degree of freedom. Of
/// 224 draws of noise on 28 recordings all had the same form with it as without it.
const HOPELESS: f64 = 1e3;

/// The noise of a column is corrected where the best fit leaves less than this part of it. Estimates of the smoother
/// are right to 7 % where the sampling is dense.
const LESS_NOISE: f64 = 0.8;

/// The least factor of such a correction.
const LEAST_NOISE: f64 = 0.02;

/// The most such corrections.
pub(super) const NOISE_ROUNDS: usize = 3;

/// For each recorded column the factor of its noise, where a fit leaves clearly less than was assumed in some column; then all
/// that leave less get one. Sparse sampling makes the smoother see noise in motion.
pub(super) fn less_noise(fit: &TrajectoryFit) -> Option<Vec<f64>> {
    let factor = |left: f64| if left > 0.0 && left < 1.0 { left.max(LEAST_NOISE) } else { 1.0 };
    let factors: Vec<f64> = fit.noise().into_iter().map(factor).collect();
    factors.iter().any(|factor| *factor < LESS_NOISE).then_some(factors)
}

/// Fits every model to the pieces, all cut in the same way, and compares them on what all of them follow. `None`
/// where none can be followed. The best model stands first: where it explains the pieces, others have to do so in as
/// many parts.
pub fn follow(problem: &Problem, models: &[Model], pieces: &[ObservedPiece], job: &Job<'_>) -> Option<Field> {
    let config = &trajectory::Config::default();
    let fits = first_fits(models, pieces, job)?;
    let least = fits.iter().map(|(_, fit)| fit.reduced()).min_by(f64::total_cmp)?;
    // As few parts as explain the recording; the forms that need more do not explain it.
    let good = fits.iter().filter(|(_, fit)| fit.reduced() <= MUCH_BETTER * least.max(1.0));
    let cut = good.map(|(_, fit)| fit.parts).min()?;
    let parts = trajectory::cut(pieces, cut, config);
    let mut fits: Vec<(&Model, TrajectoryFit)> = fits
        .into_par_iter()
        .filter(|(_, fit)| fit.parts <= cut)
        .map(|(model, fit)| match fit.parts == cut {
            true => (model, fit),
            false => (model, trajectory::fit_as_cut(model, &model.constants(), &parts, config)),
        })
        .filter(|(_, fit)| fit.is_followed())
        .collect();
    let most = fits.iter().map(|(_, fit)| fit.values).max()?;
    fits.retain(|(_, fit)| fit.values as f64 >= COVERAGE * most as f64);
    let common: Vec<bool> = (0..parts.len()).map(|k| fits.iter().all(|(_, fit)| fit.kept[k])).collect();
    let parts: Vec<ObservedPiece> =
        parts.into_iter().zip(&common).filter(|(_, kept)| **kept).map(|(part, _)| part).collect();
    let fits: Vec<(&Model, TrajectoryFit)> = fits
        .into_par_iter()
        .map(|(model, fit)| match fit.kept == common {
            true => (model, fit),
            false => (model, trajectory::fit_as_cut(model, &fit.constants, &parts, config)),
        })
        .filter(|(_, fit)| fit.is_followed())
        .collect();
    let s2 = fits.iter().map(|(_, fit)| fit.reduced()).min_by(f64::total_cmp)?.max(1.0);
    let followed = fits.into_iter().map(|(model, fit)| Followed::new(problem, model, fit, s2)).collect();
    let mut field = Field { followed, parts, cut, s2 };
    field.followed.sort_by(|a, b| a.score.total_cmp(&b.score));
    Some(field)
}

/// The fits that can be followed.
fn first_fits<'m>(
    models: &'m [Model],
    pieces: &[ObservedPiece],
    job: &Job<'_>,
) -> Option<Vec<(&'m Model, TrajectoryFit)>> {
    let (first, others) = models.split_first()?;
    let config = &trajectory::Config::default();
    let best = trajectory::fit(first, &first.constants(), pieces, config);
    let explains = best.is_followed() && best.reduced() <= MUCH_BETTER;
    let bounded = trajectory::Config { hopeless: HOPELESS * best.reduced().max(1.0), ..config.clone() };
    let fit = |model: &Model| match explains {
        true => trajectory::fit_in_parts(model, &model.constants(), pieces, best.parts, &bounded),
        false => trajectory::fit(model, &model.constants(), pieces, config),
    };
    let others: Vec<(&Model, TrajectoryFit)> =
        others.par_iter().filter(|_| !job.is_cancelled()).map(|model| (model, fit(model))).collect();
    let all = std::iter::once((first, best)).chain(others);
    Some(all.filter(|(_, fit)| fit.is_followed()).collect())
}

impl Followed {
    fn new(problem: &Problem, model: &Model, fit: TrajectoryFit, s2: f64) -> Followed {
        let model = model.with_constants(&fit.constants);
        let score = fit.chi / s2 + description_length(problem, &model, fit.values);
        Followed { model, fit, score }
    }

    /// That of its form.
    pub fn complexity(&self) -> usize {
        self.model.complexity()
    }
}

impl Field {
    /// Another form on the same parts. `None` where it cannot be followed on all of them.
    pub fn follow(&self, problem: &Problem, model: &Model) -> Option<Followed> {
        let config = &trajectory::Config::default();
        let fit = trajectory::fit_as_cut(model, &model.constants(), &self.parts, config);
        let complete = fit.is_followed() && fit.kept.iter().all(|kept| *kept);
        complete.then(|| Followed::new(problem, model, fit, self.s2))
    }
}

/// The description length of a model whose constants were fitted to N recorded values: ln N for each constant.
fn description_length(problem: &Problem, model: &Model, values: usize) -> f64 {
    let longer = (values as f64).ln() - (problem.equations() as f64).ln();
    problem.description_length(model) + model.complexity() as f64 * longer
}

//! A stage of the library by the weak form, then by fits of trajectories.

use crate::expr::Expr;
use crate::progress::CancelToken;
use crate::regression::Normal;
use crate::regression::elimination::{Elimination, eliminate, sharpest, shrunk};
use crate::regression::fold::{folded, grown};
use crate::terms::Stage;

use super::data::Prepared;
use super::fitted::{Fitted, StageReport, same};
use super::pointwise::usable_terms;
use super::trajectories::{Reached, chosen, first_look, fit_terms, sharpened, shoot};
use super::weak::{Curve, weak_system};
use super::{Config, FLOOR, MOST_TERMS, RecoverError, trajectories, weak};

/// The most terms of a stage with which small fits are sought by folding and growing.
const MOST_CANDIDATES: usize = 250;

/// Sizes of fits that trajectories are asked about, from the smallest.
const SIZES: usize = 4;

/// Fits of one size that trajectories are asked about.
const ASKED: usize = 8;

/// A stage by the weak form, then by shooting: with the smallest set of terms that explains a first look, with those
/// before the sharpest jump of the residual, and with all that the elimination leaves if these do not explain the
/// data. A fit with the terms of `known` is not made again.
pub(super) fn fit_noisy(
    data: &Prepared,
    stage: &Stage,
    known: Option<&Fitted>,
    config: &Config,
    token: &CancelToken,
) -> Result<Option<(Fitted, StageReport)>, RecoverError> {
    let Some((terms, data)) = usable_stretches(data, stage)? else { return Ok(None) };
    let data = &data;
    if terms.is_empty() || terms.len() > MOST_TERMS {
        return Ok(None);
    }
    let Some(system) = weak_form(data, &terms, config)? else { return Ok(None) };
    let all: Vec<usize> = (0..terms.len()).collect();
    let Ok(broad) = eliminate(&system, &all, config.weak.growth, FLOOR) else { return Ok(None) };
    let narrow = sharpest(&system, &broad, 2 * trajectories::MOST_TERMS)?;
    let small = smallest(data, &terms, (&system, &broad), config, token)?;
    let mut best: Option<(Fitted, StageReport)> = None;
    // A small fit must hold against a larger one by the trajectories: both are tried.
    let tries = [small.map(|s| (s, false)), Some((narrow, true)), Some((broad, true))];
    for (found, last) in tries.into_iter().flatten() {
        let kept: Vec<Expr> = found.solution.columns.iter().map(|&j| terms[j].clone()).collect();
        if kept.is_empty() || (best.is_some() && token.is_cancelled()) {
            continue;
        }
        let candidate = match known.filter(|known| known.chi.is_some() && same(&known.terms, &kept)) {
            Some(known) => known.found_again(stage, terms.len(), found.residual),
            None => {
                let shot = if kept.len() <= trajectories::MOST_TERMS {
                    shoot(data, &kept, &found, &config.trajectories, token)?
                } else {
                    None
                };
                let shot =
                    shot.map(|reached| sharpened(data, reached, &config.trajectories, token)).transpose()?;
                weigh((stage, terms.len()), &system, &found, (kept, shot), config)
            }
        };
        if best.as_ref().is_none_or(|(b, _)| candidate.0.score < b.score) {
            best = Some(candidate);
        }
        if last && best.as_ref().is_some_and(|(b, _)| b.explains) {
            break;
        }
    }
    Ok(best)
}

/// The weak form on windows of most of a period, but several to a curve; `None` where there are too few.
fn weak_form(data: &Prepared, terms: &[Expr], config: &Config) -> Result<Option<Normal>, RecoverError> {
    let mut spans: Vec<f64> = data.curves.iter().map(Curve::span).collect();
    if spans.is_empty() {
        return Ok(None);
    }
    spans.sort_by(f64::total_cmp);
    let window = (config.weak.periods * data.period).min(config.weak.share * spans[spans.len() / 2]);
    let mut count = weak::CURVES;
    loop {
        let stride = data.curves.len().div_ceil(count).max(1);
        let curves: Vec<&Curve> = data.curves.iter().step_by(stride).collect();
        match weak_system(terms, &data.inputs, &curves, window) {
            Ok(system) if system.rows() >= weak::ROWS * terms.len() => return Ok(Some(system)),
            Ok(_) if stride > 1 => count *= 2,
            _ => return Ok(None),
        }
    }
}

/// The smallest fit, of those that folding and growing give without great loss in the weak form, that explains
/// trajectories in a first look; the best there if none does. The weak form cannot tell nearly collinear terms
/// apart, trajectories can.
fn smallest(
    data: &Prepared,
    terms: &[Expr],
    (system, start): (&Normal, &Elimination),
    config: &Config,
    token: &CancelToken,
) -> Result<Option<Elimination>, RecoverError> {
    if terms.len() > MOST_CANDIDATES {
        return Ok(None);
    }
    let all: Vec<usize> = (0..terms.len()).collect();
    let few = shrunk(system, start, config.folding.most_terms)?;
    // The first steps may mend what shrinking spoiled.
    let mut models =
        folded(system, &few.solution.columns, &all, config.folding.worse * few.residual.max(start.residual))
            .concat();
    models.extend(grown(system, &all, config.folding.most_terms).concat());
    models.retain(|model| model.residual <= config.folding.worse * start.residual);
    models.sort_by(|a, b| {
        a.columns
            .len()
            .cmp(&b.columns.len())
            .then(a.residual.total_cmp(&b.residual))
            .then(a.columns.cmp(&b.columns))
    });
    models.dedup();
    let how = first_look(data, token);
    let stretches = chosen(data, trajectories::LOOK);
    let mut best: Option<(f64, Elimination)> = None;
    for level in models.chunk_by(|a, b| a.columns.len() == b.columns.len()).take(SIZES) {
        for model in level.iter().take(ASKED).take_while(|_| !token.is_cancelled()) {
            let Ok(solution) = system.solve(&model.columns) else { continue };
            let formulas: Vec<Expr> = model.columns.iter().map(|&j| terms[j].clone()).collect();
            let shot = fit_terms(data, &formulas, &solution.coefficients, &stretches, &how)?;
            let chi = shot.map_or(f64::INFINITY, |s| s.chi);
            if best.as_ref().is_none_or(|(b, _)| chi < *b) {
                best = Some((chi, Elimination { residual: model.residual, solution, ..*start }));
            }
        }
        let is_explained = best.as_ref().is_some_and(|(chi, _)| *chi <= config.trajectories.explained);
        if is_explained || token.is_cancelled() {
            break;
        }
    }
    Ok(best.map(|(_, found)| found))
}

/// Residuals that a score counts, whatever the fit had: else a fit to more data would compare as a worse one.
const NOMINAL: f64 = 3e4;

/// A fit with its score, by trajectories where these were fitted, else by the weak form.
fn weigh(
    (stage, count): (&Stage, usize),
    system: &Normal,
    found: &Elimination,
    (kept, shot): (Vec<Expr>, Option<Reached>),
    config: &Config,
) -> (Fitted, StageReport) {
    let mut report = StageReport {
        stage: stage.name.clone(),
        terms: count,
        kept: kept.len(),
        residual: found.residual,
        chi: None,
    };
    let fitted = match shot {
        Some(Reached { terms, shot, .. }) => {
            report.kept = terms.len();
            report.chi = Some(shot.chi);
            Fitted {
                stage: stage.name.clone(),
                coefficients: shot.parameters,
                errors: shot.standard_errors,
                explains: shot.chi <= config.trajectories.explained,
                exact_terms: true,
                chi: Some(shot.chi),
                score: NOMINAL * shot.chi.max(1e-12).ln() + terms.len() as f64 * NOMINAL.ln() / 2.0,
                terms,
            }
        }
        None => Fitted {
            stage: stage.name.clone(),
            errors: found.solution.spread.iter().map(|s| s * found.residual * system.target_rms()).collect(),
            coefficients: found.solution.coefficients.clone(),
            explains: false,
            exact_terms: true,
            chi: None,
            // Any fit of trajectories goes before.
            score: 1e9 + system.rows() as f64 * found.residual.max(1e-12).ln(),
            terms: kept,
        },
    };
    (fitted, report)
}

/// The terms of a stage that are finite on most splines, with the data cut down to those where they all are: noise may
/// carry a state across the edge of a term's domain.
fn usable_stretches(data: &Prepared, stage: &Stage) -> Result<Option<(Vec<Expr>, Prepared)>, RecoverError> {
    let terms: Vec<Expr> = stage.terms.iter().map(|t| t.formula.clone()).collect();
    if terms.is_empty() || terms.len() > MOST_TERMS {
        return Ok(None);
    }
    let finite: Vec<Vec<bool>> = data
        .curves
        .iter()
        .map(|curve| usable_terms(&terms, &data.inputs, &curve.samples.states))
        .collect::<Result<_, _>>()?;
    let count = finite.len();
    let share = |j: usize| finite.iter().filter(|f| f[j]).count() as f64 / count as f64;
    let always = |j: usize| share(j) == 1.0;
    let mostly: Vec<usize> = (0..terms.len()).filter(|&j| share(j) >= 0.5).collect();
    let good: Vec<usize> = (0..count).filter(|&k| mostly.iter().all(|&j| finite[k][j])).collect();
    let (columns, kept) = if good.len() * 5 >= count * 2 {
        (mostly, good)
    } else {
        ((0..terms.len()).filter(|&j| always(j)).collect(), (0..count).collect())
    };
    let mut part = data.clone();
    part.stretches = kept.iter().map(|&k| data.stretches[k].clone()).collect();
    part.curves = kept.iter().map(|&k| data.curves[k].clone()).collect();
    Ok(Some((columns.into_iter().map(|j| terms[j].clone()).collect(), part)))
}

//! The Hamiltonian, from the simplest stage of the library that explains the data to its noise.

use crate::expr::{Expr, Rational, Symbol};
use crate::fit::{
    Elimination, FitError, Normal, Path, Shooter, Shooting, Shot, Stage, TermLibrary, decimal, eliminate,
    folded, grown, justified_snap, pointwise_system, sharpest, shrunk, supported_digits, usable_terms,
    weak_system,
};

use super::measured::Mechanics;
use super::observations::Prepared;
use super::quotient;

/// One term of a recovered Hamiltonian.
#[derive(Clone, Debug)]
pub struct RecoveredTerm {
    /// The term, without its coefficient.
    pub term: Expr,
    /// The coefficient as measured.
    pub measured: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// The coefficient as it stands in the formula.
    pub value: Rational,
    /// Probability that a number without reason to be rational would lie as close to a rational as
    /// simple; `None` where no rational is justified and `value` is a decimal.
    pub chance: Option<f64>,
}

/// A Hamiltonian found in data.
#[derive(Clone, Debug)]
pub struct RecoveredHamiltonian {
    /// The formula: Σ coefficient · term.
    pub formula: Expr,
    /// Its terms.
    pub terms: Vec<RecoveredTerm>,
    /// Whether every coefficient is a justified rational and the data is explained: only then can
    /// statements about it be proved.
    pub exact: bool,
    /// Whether it explains the data to its noise.
    pub explains: bool,
    /// rms of ẋ − J∇H on held-out data relative to that of ẋ (of the smoothed data where no velocities are given).
    pub residual: f64,
    /// Deviation of integrated trajectories from the data in units of its noise, where it was fitted so.
    pub chi: Option<f64>,
    /// The stage of the library it came from.
    pub stage: String,
    /// Masses and losses, where the data's momenta are velocities.
    pub mechanics: Option<Mechanics>,
}

/// Residual (relative to ẋ) below which given velocities count as explained without noise.
const CLEAN: f64 = 1e-7;

/// Deviation, in units of the noise, up to which integrated trajectories count as explained.
const EXPLAINED: f64 = 1.1;

/// Relative noise above which states with given velocities are fitted as trajectories too.
const NOISY: f64 = 1e-3;

/// Most terms of a stage that is fitted.
const MOST_FITTED: usize = 700;

/// Most terms that trajectories are fitted with.
const MOST_SHOT: usize = 36;

/// What is known after all stages.
#[derive(Clone, Debug, Default)]
pub struct StageReport {
    /// Name of the stage.
    pub stage: String,
    /// Terms in it that could be used.
    pub terms: usize,
    /// Terms left.
    pub kept: usize,
    /// Relative residual with the terms left.
    pub residual: f64,
    /// Deviation of integrated trajectories in units of the noise, where it was tried.
    pub chi: Option<f64>,
}

struct Fitted {
    stage: String,
    terms: Vec<Expr>,
    coefficients: Vec<f64>,
    errors: Vec<f64>,
    explains: bool,
    /// Whether the terms themselves are exact: no measured number stands in them.
    exact_terms: bool,
    chi: Option<f64>,
    /// Smaller is better.
    score: f64,
}

/// Goes through the stages. `None` when no stage has a usable term.
pub(super) fn recover(
    data: &Prepared,
    library: &TermLibrary,
    tell: &mut dyn FnMut(&StageReport),
) -> Result<Option<RecoveredHamiltonian>, FitError> {
    let mut best: Option<Fitted> = None;
    for clean in [true, false] {
        // Given velocities are fitted as they are, unless the states are noisy.
        if clean != data.velocities_given && (clean || data.relative_noise() < NOISY) {
            continue;
        }
        let fit = |stage: &Stage| if clean { fit_clean(data, stage) } else { fit_noisy(data, stage) };
        for stage in &library.stages {
            let resolved = quotient::resolve(data, stage, if clean { CLEAN } else { 0.0 })?;
            let exact_terms = resolved.as_ref().is_none_or(|r| r.exact);
            let found = [Some(stage), resolved.as_ref().map(|r| &r.stage)].into_iter().flatten();
            for (quotients, stage) in found.enumerate() {
                let Some((mut fitted, report)) = fit(stage)? else { continue };
                fitted.exact_terms = quotients == 0 || exact_terms;
                tell(&report);
                let settled = fitted.explains && (clean || snapped(&fitted, data).exact);
                if best.as_ref().is_none_or(|b| fitted.score < b.score) {
                    best = Some(fitted);
                }
                if settled {
                    return Ok(best.map(|b| snapped(&b, data)));
                }
            }
        }
    }
    Ok(best.map(|b| snapped(&b, data)))
}

/// The terms of a stage that are finite on the data.
fn usable(data: &Prepared, stage: &Stage) -> Result<Vec<Expr>, FitError> {
    let terms: Vec<Expr> = stage.terms.iter().map(|t| t.formula.clone()).collect();
    let good = usable_terms(&terms, &data.inputs, &data.samples.states)?;
    Ok(terms.into_iter().zip(good).filter(|(_, g)| *g).map(|(t, _)| t).collect())
}

/// A stage by least squares on given velocities.
fn fit_clean(data: &Prepared, stage: &Stage) -> Result<Option<(Fitted, StageReport)>, FitError> {
    let terms = usable(data, stage)?;
    if terms.is_empty()
        || terms.len() > MOST_FITTED
        || terms.len() * 3 > data.samples.len() * data.samples.width
    {
        return Ok(None);
    }
    let system = pointwise_system(&terms, &data.inputs, &data.samples)?;
    let all: Vec<usize> = (0..terms.len()).collect();
    let Ok(found) = eliminate(&system, &all, 1.15, 1e-10) else { return Ok(None) };
    let report = StageReport {
        stage: stage.name.clone(),
        terms: terms.len(),
        kept: found.solution.columns.len(),
        residual: found.residual,
        chi: None,
    };
    let held_out = match pointwise_system(&terms, &data.inputs, &data.held_out) {
        Ok(system) if system.rows() > 0 => {
            let misfit = system.rms_of(&found.solution.columns, &found.solution.coefficients);
            misfit / system.target_rms().max(f64::MIN_POSITIVE)
        }
        // Terms that the held-out data leaves the domain of.
        _ if !data.held_out.is_empty() => f64::INFINITY,
        _ => 0.0,
    };
    let explains = found.residual < CLEAN && held_out < 100.0 * CLEAN;
    let rows = system.rows() as f64;
    let score = rows * found.residual.max(1e-12).ln() + found.solution.columns.len() as f64 * rows.ln() / 2.0;
    let rms = found.residual * system.target_rms();
    let fitted = Fitted {
        stage: stage.name.clone(),
        terms: found.solution.columns.iter().map(|&j| terms[j].clone()).collect(),
        errors: found
            .solution
            .spread
            .iter()
            .zip(&found.solution.coefficients)
            // Rounding in the data and in the solution.
            .map(|(s, c)| s * rms.max(1e-11 * system.target_rms()) + 1e-10 * c.abs())
            .collect(),
        coefficients: found.solution.coefficients,
        explains,
        exact_terms: true,
        chi: None,
        score,
    };
    Ok(Some((fitted, report)))
}

/// A stage by the weak form, then by shooting: with the terms before the sharpest jump of the residual,
/// and with all that the elimination leaves if those do not explain the data.
fn fit_noisy(data: &Prepared, stage: &Stage) -> Result<Option<(Fitted, StageReport)>, FitError> {
    let Some((terms, data)) = usable_paths(data, stage)? else { return Ok(None) };
    let data = &data;
    if terms.is_empty() || terms.len() > MOST_FITTED {
        return Ok(None);
    }
    let stride = data.paths.len().div_ceil(40).max(1);
    let paths: Vec<Path> = data.paths.iter().step_by(stride).cloned().collect();
    let smooth: Vec<_> = data.smooth.iter().step_by(stride).cloned().collect();
    let Ok(system) = weak_system(&terms, &data.inputs, &paths, &smooth, 0.8 * data.period) else {
        return Ok(None);
    };
    if system.rows() < 3 * terms.len() {
        return Ok(None);
    }
    let all: Vec<usize> = (0..terms.len()).collect();
    let Ok(broad) = eliminate(&system, &all, 1.1, 1e-10) else { return Ok(None) };
    let narrow = sharpest(&system, &broad, 2 * MOST_SHOT)?;
    let small = smallest(data, &terms, &system, &broad)?;
    let mut best: Option<(Fitted, StageReport)> = None;
    // A small fit must hold against a larger one by the trajectories: both are tried.
    let tries = [small.map(|s| (s, false)), Some((narrow, true)), Some((broad, true))];
    for (found, last) in tries.into_iter().flatten() {
        let kept: Vec<Expr> = found.solution.columns.iter().map(|&j| terms[j].clone()).collect();
        let shot = if kept.len() <= MOST_SHOT { shoot(data, &kept, &found)? } else { None };
        let candidate = weigh(stage, terms.len(), &system, &found, kept, shot);
        if best.as_ref().is_none_or(|(b, _)| candidate.0.score < b.score) {
            best = Some(candidate);
        }
        if last && best.as_ref().is_some_and(|(b, _)| b.explains) {
            break;
        }
    }
    Ok(best)
}

/// Terms from which folding starts at most, and most candidates for it.
const MOST_FOLDED: usize = 16;
const MOST_CANDIDATES: usize = 250;

/// How much worse in the weak form a folded fit may be: noise in the states blurs it, and many terms follow it.
const FOLD: f64 = 1.5;

/// Sizes of folded fits that trajectories are asked about, from the smallest.
const SIZES_ASKED: usize = 4;

/// Fits of one size that trajectories are asked about.
const ASKED: usize = 8;

/// The smallest fit, of those that folding and growing give without great loss in the weak form, that explains
/// trajectories in a first look; the best there if none does. The weak form cannot tell nearly collinear terms apart, trajectories
/// can.
fn smallest(
    data: &Prepared,
    terms: &[Expr],
    system: &Normal,
    start: &Elimination,
) -> Result<Option<Elimination>, FitError> {
    if terms.len() > MOST_CANDIDATES {
        return Ok(None);
    }
    let all: Vec<usize> = (0..terms.len()).collect();
    let few = shrunk(system, start, MOST_FOLDED)?;
    // The first steps may mend what shrinking spoiled.
    let mut models =
        folded(system, &few.solution.columns, &all, FOLD * few.residual.max(start.residual)).concat();
    models.extend(grown(system, &all, MOST_FOLDED).concat());
    models.retain(|model| model.residual <= FOLD * start.residual);
    models.sort_by(|a, b| {
        a.columns
            .len()
            .cmp(&b.columns.len())
            .then(a.residual.total_cmp(&b.residual))
            .then(a.columns.cmp(&b.columns))
    });
    models.dedup();
    let how = first_look(data);
    let (paths, starts) = chosen(data, 1200);
    let mut best: Option<(f64, Elimination)> = None;
    for level in models.chunk_by(|a, b| a.columns.len() == b.columns.len()).take(SIZES_ASKED) {
        for model in level.iter().take(ASKED) {
            let Ok(solution) = system.solve(&model.columns) else { continue };
            let formulas: Vec<Expr> = model.columns.iter().map(|&j| terms[j].clone()).collect();
            let shot = fit_terms(data, &formulas, &solution.coefficients, &paths, &starts, &how)?;
            let chi = shot.map_or(f64::INFINITY, |s| s.chi);
            if best.as_ref().is_none_or(|(b, _)| chi < *b) {
                best = Some((chi, Elimination { residual: model.residual, solution, ..*start }));
            }
        }
        if best.as_ref().is_some_and(|(chi, _)| *chi <= EXPLAINED) {
            break;
        }
    }
    Ok(best.map(|(_, found)| found))
}

/// A fit with its score, by trajectories where these were fitted, else by the weak form.
fn weigh(
    stage: &Stage,
    count: usize,
    system: &Normal,
    found: &Elimination,
    kept: Vec<Expr>,
    shot: Option<(Vec<Expr>, Shot)>,
) -> (Fitted, StageReport) {
    let mut report = StageReport {
        stage: stage.name.clone(),
        terms: count,
        kept: kept.len(),
        residual: found.residual,
        chi: None,
    };
    let fitted = match shot {
        Some((terms, shot)) => {
            report.kept = terms.len();
            report.chi = Some(shot.chi);
            let n = shot.residuals as f64;
            Fitted {
                stage: stage.name.clone(),
                coefficients: shot.parameters,
                errors: shot.standard_errors,
                explains: shot.chi <= EXPLAINED,
                exact_terms: true,
                chi: Some(shot.chi),
                score: n * shot.chi.max(1e-12).ln() + terms.len() as f64 * n.ln() / 2.0,
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

/// The terms of a stage that are finite on most smoothed paths, with the data cut down to the paths
/// where they all are: noise may carry a state across the edge of a term's domain.
fn usable_paths(data: &Prepared, stage: &Stage) -> Result<Option<(Vec<Expr>, Prepared)>, FitError> {
    let terms: Vec<Expr> = stage.terms.iter().map(|t| t.formula.clone()).collect();
    if terms.is_empty() || terms.len() > MOST_FITTED {
        return Ok(None);
    }
    let finite: Vec<Vec<bool>> = data
        .smooth
        .iter()
        .map(|path| usable_terms(&terms, &data.inputs, &path.states))
        .collect::<Result<_, _>>()?;
    let paths = finite.len();
    let share = |j: usize| finite.iter().filter(|f| f[j]).count() as f64 / paths as f64;
    let always = |j: usize| share(j) == 1.0;
    let mostly: Vec<usize> = (0..terms.len()).filter(|&j| share(j) >= 0.5).collect();
    let good: Vec<usize> = (0..paths).filter(|&k| mostly.iter().all(|&j| finite[k][j])).collect();
    let (columns, kept) = if good.len() * 5 >= paths * 2 {
        (mostly, good)
    } else {
        ((0..terms.len()).filter(|&j| always(j)).collect(), (0..paths).collect())
    };
    let mut part = data.clone();
    part.paths = kept.iter().map(|&k| data.paths[k].clone()).collect();
    part.smooth = kept.iter().map(|&k| data.smooth[k].clone()).collect();
    Ok(Some((columns.into_iter().map(|j| terms[j].clone()).collect(), part)))
}

/// Fits trajectories with the terms left by an elimination, drops those that are not significant, and
/// lengthens the segments as far as the model carries. `None` when no fit comes about.
fn shoot(
    data: &Prepared,
    terms: &[Expr],
    start: &Elimination,
) -> Result<Option<(Vec<Expr>, Shot)>, FitError> {
    let mut terms = terms.to_vec();
    let mut theta = start.solution.coefficients.clone();
    let longest = data.paths.iter().map(Path::len).max().unwrap_or(0);
    let Shooting { mut points, noise, mut rtol, .. } = first_look(data);
    // A first look decides with few points whether the model is worth more.
    let mut looked = false;
    let mut best: Option<(Vec<Expr>, Shot)> = None;
    loop {
        let (paths, starts) = chosen(data, if looked { 6000 } else { 1200 });
        let how = Shooting { points, noise: noise.clone(), iterations: if looked { 12 } else { 6 }, rtol };
        let Some(mut shot) = fit_terms(data, &terms, &theta, &paths, &starts, &how)? else { return Ok(best) };
        // Integration must be finer than what it is to resolve.
        let wanted = (shot.chi * data.relative_noise() * 1e-3).clamp(1e-12, 1e-5);
        if wanted < 0.1 * rtol {
            rtol = wanted;
            theta = shot.parameters;
            continue;
        }
        let accuracy = |k: usize| {
            30.0 * rtol * shot.parameters.iter().fold(shot.parameters[k].abs(), |m, c| m.max(c.abs()))
        };
        shot.standard_errors = (0..terms.len()).map(|k| shot.standard_errors[k].max(accuracy(k))).collect();
        if !looked && shot.chi > 3.0 * EXPLAINED {
            return Ok(Some((terms, shot)));
        }
        // A longer segment must not fit much worse than the shorter ones did.
        if best.as_ref().is_some_and(|(_, b)| shot.chi > 1.2 * b.chi.max(0.05)) {
            return Ok(best);
        }
        let significance = |k: usize| shot.parameters[k].abs() / shot.standard_errors[k];
        let weakest = (0..terms.len()).min_by(|&a, &b| significance(a).total_cmp(&significance(b)));
        theta = shot.parameters.clone();
        match weakest {
            Some(k) if significance(k) < 4.0 && terms.len() > 1 => {
                terms.remove(k);
                theta.remove(k);
                continue;
            }
            _ => {}
        }
        if !looked {
            looked = true;
            continue;
        }
        best = Some((terms.clone(), shot));
        if points >= longest {
            return Ok(best);
        }
        points = (points * 4).min(longest);
    }
}

/// Segments of half a period, the data's noise, an accuracy that resolves it, and few iterations.
fn first_look(data: &Prepared) -> Shooting {
    let longest = data.paths.iter().map(Path::len).max().unwrap_or(0);
    let span = data.paths.iter().map(|p| (p.times[p.len() - 1] - p.times[0]) / (p.len() - 1) as f64);
    let step = span.fold(0.0, f64::max);
    let floor = |n: &f64, s: &f64| n.max(1e-10 * s);
    Shooting {
        points: ((0.5 * data.period / step) as usize).clamp(6, 40).min(longest),
        noise: data.noise.iter().zip(&data.scales).map(|(n, s)| floor(n, s)).collect(),
        iterations: 6,
        rtol: (data.relative_noise() * 1e-3).clamp(1e-12, 1e-5),
    }
}

/// Paths with about `points` points in all, evenly chosen, and their smoothed states.
fn chosen(data: &Prepared, points: usize) -> (Vec<Path>, Vec<Vec<f64>>) {
    let total: usize = data.paths.iter().map(Path::len).sum();
    let stride = total.div_ceil(points).max(1);
    let paths = data.paths.iter().step_by(stride).cloned().collect();
    let starts = data.smooth.iter().step_by(stride).map(|s| s.states.clone()).collect();
    (paths, starts)
}

fn fit_terms(
    data: &Prepared,
    terms: &[Expr],
    theta: &[f64],
    paths: &[Path],
    starts: &[Vec<f64>],
    how: &Shooting,
) -> Result<Option<Shot>, FitError> {
    // Names that no variable of the system has.
    let longest = data.inputs.iter().map(|s| s.name().len()).max().unwrap_or(0);
    let names: Vec<Symbol> =
        (0..terms.len()).map(|k| Symbol::new(format!("{}{k}", "c".repeat(longest + 1)))).collect();
    let model =
        Expr::sum(terms.iter().zip(&names).map(|(t, n)| Expr::product([Expr::Symbol(n.clone()), t.clone()])));
    let shooter = Shooter::new(&model, &data.inputs, &names)?;
    Ok(shooter.fit(theta, paths, starts, how).ok())
}

/// The fit with its coefficients snapped where that is justified.
fn snapped(fitted: &Fitted, data: &Prepared) -> RecoveredHamiltonian {
    let mut terms = Vec::new();
    for ((term, &measured), &error) in fitted.terms.iter().zip(&fitted.coefficients).zip(&fitted.errors) {
        let snap = justified_snap(measured, 3.0 * error);
        let chance = snap.as_ref().map(|s| s.chance);
        let value = match snap {
            Some(snap) => snap.value,
            None => decimal(measured, supported_digits(measured, error)),
        };
        terms.push(RecoveredTerm { term: term.clone(), measured, standard_error: error, value, chance });
    }
    let formula =
        Expr::sum(terms.iter().map(|t| Expr::product([Expr::number(t.value.clone()), t.term.clone()])));
    let residual = relative_residual(&terms, data);
    let exact = fitted.explains
        && fitted.exact_terms
        && terms.iter().all(|t| t.chance.is_some())
        && (!data.velocities_given || fitted.chi.is_some() || residual < CLEAN);
    RecoveredHamiltonian {
        formula,
        exact,
        explains: fitted.explains,
        residual,
        chi: fitted.chi,
        stage: fitted.stage.clone(),
        mechanics: None,
        terms,
    }
}

/// rms of ẋ − J∇H relative to ẋ on the held-out samples, infinite where it cannot be evaluated.
fn relative_residual(terms: &[RecoveredTerm], data: &Prepared) -> f64 {
    let samples = if data.held_out.is_empty() { &data.samples } else { &data.held_out };
    let formulas: Vec<Expr> = terms.iter().map(|t| t.term.clone()).collect();
    let values: Vec<f64> = terms.iter().map(|t| t.value.to_f64().value()).collect();
    match pointwise_system(&formulas, &data.inputs, samples) {
        Ok(system) => {
            let columns: Vec<usize> = (0..formulas.len()).collect();
            system.rms_of(&columns, &values) / system.target_rms().max(f64::MIN_POSITIVE)
        }
        Err(_) => f64::INFINITY,
    }
}

//! The Hamiltonian, from the simplest stage of the library that explains the data to its noise.

use std::fmt;
use std::ops::ControlFlow;

use crate::data::TrajectorySet;
use crate::expr::{Expr, Rational};
use crate::fit::{
    Curve, Elimination, FitError, Normal, eliminate, folded, grown, justified_snap, pointwise_system,
    sharpest, shrunk, supported_digits, usable_terms, weak_system,
};
use crate::progress::Job;
use crate::recover::{self, Constant, Recovery, Status};
use crate::terms::{Stage, TermLibrary, decimal};

use super::observations::{NOISY, Prepared};
use super::quotient;
use super::trajectories::{EXPLAINED, LOOK, Reached, chosen, first_look, fit_terms, sharpened, shoot};

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
    /// The formula; measured constants that are letters stand in it as such.
    pub formula: Expr,
    /// The formula with numbers for the letters.
    pub numeric: Expr,
    /// The letters with their values and errors.
    pub constants: Vec<Constant>,
    /// Its terms, where the stages of the library found it.
    pub terms: Vec<RecoveredTerm>,
    /// Whether every coefficient is a justified rational and the data is explained.
    pub exact: bool,
    /// Whether it explains the data to its noise.
    pub explains: bool,
    /// rms of ẋ − J∇H on held-out data relative to that of ẋ (of the smoothed data where no velocities are given).
    pub residual: f64,
    /// Deviation of integrated trajectories from the data in units of its noise, where it was fitted so.
    pub chi: Option<f64>,
    /// The stage of the library it came from.
    pub stage: String,
}

impl RecoveredHamiltonian {
    /// Whether statements about it can be proved: all its constants are rationals, or letters for which any value may
    /// stand.
    pub fn is_provable(&self) -> bool {
        self.exact || (self.explains && !self.constants.is_empty())
    }

    /// A formula with numbers for the letters.
    pub fn with_numbers(&self, formula: &Expr) -> Expr {
        let value = |constant: &Constant| (constant.symbol.clone(), constant.decimal());
        formula.substitute(&self.constants.iter().map(value).collect())
    }

    /// The Hamiltonian of a law that whole trajectories bear out; nothing where the data does not tell several apart, or
    /// none explains it.
    fn of_recovery(recovery: &Recovery, data: &Prepared) -> Option<RecoveredHamiltonian> {
        let is_settled = matches!(recovery.status, Status::Exact | Status::Determined);
        if !is_settled || !recovery.law.friction.is_empty() {
            return None;
        }
        let law = &recovery.law;
        let numeric = RecoveredTerm {
            term: law.numeric.clone(),
            measured: 1.0,
            standard_error: 0.0,
            value: Rational::from(1),
            chance: None,
        };
        let chi = match recovery.evidence {
            recover::Evidence::Trajectories { reduced, .. } => Some(reduced.sqrt()),
            recover::Evidence::WeakForm { .. } | recover::Evidence::HeldOut { .. } => None,
        };
        Some(RecoveredHamiltonian {
            formula: law.hamiltonian.clone(),
            numeric: law.numeric.clone(),
            constants: law.letters.clone(),
            terms: Vec::new(),
            exact: recovery.status == Status::Exact,
            explains: true,
            residual: relative_residual(&[numeric], data),
            chi,
            stage: "trajectories".to_owned(),
        })
    }
}

/// Whether the momenta are masses times velocities, but for terms linear in the coordinates.
pub(super) fn has_constant_masses(observed: &TrajectorySet) -> bool {
    recover::has_constant_masses(&observed.to_recording(), &recover::Config::default())
}

/// The Hamiltonian from velocities or positions and the momenta's dependence on them, where the data gives no
/// derivatives; nothing where momenta are no masses times velocities, or the data leaves open which form is right.
pub(super) fn from_motion(
    observed: &TrajectorySet,
    data: &Prepared,
    job: &Job<'_>,
) -> Option<RecoveredHamiltonian> {
    let found = recover::recover_canonical(&observed.to_recording(), &recover::Config::default(), job);
    RecoveredHamiltonian::of_recovery(&found.ok()??, data)
}

/// Residual (relative to ẋ) below which given velocities count as explained without noise.
const CLEAN: f64 = 1e-7;

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

impl fmt::Display for StageReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let StageReport { stage, terms, kept, residual, chi } = self;
        write!(f, "library `{stage}`: {kept} of {terms} terms, residual {residual:.1e}")?;
        match chi {
            Some(chi) => write!(f, ", trajectories to {chi:.2} of the noise"),
            None => Ok(()),
        }
    }
}

#[derive(Clone)]
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

impl Fitted {
    fn is_better(&self, other: &Fitted) -> bool {
        match (self.explains, other.explains) {
            (true, false) => true,
            (false, true) => false,
            _ => self.score < other.score,
        }
    }

    /// The same fit, met in a later stage of so many terms.
    fn found_again(&self, stage: &Stage, terms: usize, residual: f64) -> (Fitted, StageReport) {
        let report =
            StageReport { stage: stage.name.clone(), terms, kept: self.terms.len(), residual, chi: self.chi };
        (self.clone(), report)
    }
}

fn same(some: &[Expr], others: &[Expr]) -> bool {
    some.len() == others.len() && some.iter().all(|term| others.contains(term))
}

/// Goes through the stages, until one settles the question or `tell` says to end. `None` when no stage has a usable term.
pub(super) fn recover(
    data: &Prepared,
    library: &TermLibrary,
    tell: &mut dyn FnMut(&StageReport) -> ControlFlow<()>,
) -> Result<Option<RecoveredHamiltonian>, FitError> {
    let mut best: Option<Fitted> = None;
    for clean in [true, false] {
        // Given velocities are fitted as they are, unless the states are noisy.
        if clean != data.velocities_given && (clean || data.relative_noise() < NOISY) {
            continue;
        }
        for stage in &library.stages {
            let resolved = quotient::resolve(data, stage, if clean { CLEAN } else { 0.0 })?;
            let exact_terms = resolved.as_ref().is_none_or(|r| r.exact);
            let found = [Some(stage), resolved.as_ref().map(|r| &r.stage)].into_iter().flatten();
            for (quotients, stage) in found.enumerate() {
                let found = match clean {
                    true => fit_clean(data, stage)?,
                    false => fit_noisy(data, stage, best.as_ref())?,
                };
                let Some((mut fitted, report)) = found else { continue };
                fitted.exact_terms = quotients == 0 || exact_terms;
                let ended = tell(&report).is_break();
                let settled = fitted.explains && (clean || snapped(&fitted, data).exact);
                if settled {
                    return Ok(Some(snapped(&fitted, data)));
                }
                if best.as_ref().is_none_or(|b| fitted.is_better(b)) {
                    best = Some(fitted);
                }
                if ended {
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

/// A stage by the weak form, then by shooting: with the smallest set of terms that explains a first look, with those
/// before the sharpest jump of the residual, and with all that the elimination leaves if these do not explain the
/// data. A fit with the terms of `known` is not made again.
fn fit_noisy(
    data: &Prepared,
    stage: &Stage,
    known: Option<&Fitted>,
) -> Result<Option<(Fitted, StageReport)>, FitError> {
    let Some((terms, data)) = usable_stretches(data, stage)? else { return Ok(None) };
    let data = &data;
    if terms.is_empty() || terms.len() > MOST_FITTED {
        return Ok(None);
    }
    let Some(system) = weak_form(data, &terms)? else { return Ok(None) };
    let all: Vec<usize> = (0..terms.len()).collect();
    let Ok(broad) = eliminate(&system, &all, 1.1, 1e-10) else { return Ok(None) };
    let narrow = sharpest(&system, &broad, 2 * MOST_SHOT)?;
    let small = smallest(data, &terms, &system, &broad)?;
    let mut best: Option<(Fitted, StageReport)> = None;
    // A small fit must hold against a larger one by the trajectories: both are tried.
    let tries = [small.map(|s| (s, false)), Some((narrow, true)), Some((broad, true))];
    for (found, last) in tries.into_iter().flatten() {
        let kept: Vec<Expr> = found.solution.columns.iter().map(|&j| terms[j].clone()).collect();
        if kept.is_empty() {
            continue;
        }
        let candidate = match known.filter(|known| known.chi.is_some() && same(&known.terms, &kept)) {
            Some(known) => known.found_again(stage, terms.len(), found.residual),
            None => {
                let shot = if kept.len() <= MOST_SHOT { shoot(data, &kept, &found)? } else { None };
                let shot = shot.map(|reached| sharpened(data, reached)).transpose()?;
                weigh(stage, terms.len(), &system, &found, kept, shot)
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

/// Curves that the weak form uses, or more where they have too few windows for the terms.
const WEAK_CURVES: usize = 40;

/// Equations of the weak form for each term, at least.
const WEAK_ROWS: usize = 3;

/// The weak form on windows of most of a period, but several to a curve; `None` where there are too few.
fn weak_form(data: &Prepared, terms: &[Expr]) -> Result<Option<Normal>, FitError> {
    let mut spans: Vec<f64> = data.curves.iter().map(Curve::span).collect();
    if spans.is_empty() {
        return Ok(None);
    }
    spans.sort_by(f64::total_cmp);
    let window = (0.8 * data.period).min(0.4 * spans[spans.len() / 2]);
    let mut count = WEAK_CURVES;
    loop {
        let stride = data.curves.len().div_ceil(count).max(1);
        let curves: Vec<&Curve> = data.curves.iter().step_by(stride).collect();
        match weak_system(terms, &data.inputs, &curves, window) {
            Ok(system) if system.rows() >= WEAK_ROWS * terms.len() => return Ok(Some(system)),
            Ok(_) if stride > 1 => count *= 2,
            _ => return Ok(None),
        }
    }
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
/// trajectories in a first look; the best there if none does. The weak form cannot tell nearly collinear terms
/// apart, trajectories can.
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
    let stretches = chosen(data, LOOK);
    let mut best: Option<(f64, Elimination)> = None;
    for level in models.chunk_by(|a, b| a.columns.len() == b.columns.len()).take(SIZES_ASKED) {
        for model in level.iter().take(ASKED) {
            let Ok(solution) = system.solve(&model.columns) else { continue };
            let formulas: Vec<Expr> = model.columns.iter().map(|&j| terms[j].clone()).collect();
            let shot = fit_terms(data, &formulas, &solution.coefficients, &stretches, &how)?;
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

/// Residuals that a score counts, whatever the fit had: else a fit to more data would compare as a worse one.
const NOMINAL: f64 = 3e4;

/// A fit with its score, by trajectories where these were fitted, else by the weak form.
fn weigh(
    stage: &Stage,
    count: usize,
    system: &Normal,
    found: &Elimination,
    kept: Vec<Expr>,
    shot: Option<Reached>,
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
                explains: shot.chi <= EXPLAINED,
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
fn usable_stretches(data: &Prepared, stage: &Stage) -> Result<Option<(Vec<Expr>, Prepared)>, FitError> {
    let terms: Vec<Expr> = stage.terms.iter().map(|t| t.formula.clone()).collect();
    if terms.is_empty() || terms.len() > MOST_FITTED {
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
        // That nothing moves is no Hamiltonian.
        && terms.iter().any(|t| !t.value.is_zero())
        && terms.iter().all(|t| t.chance.is_some())
        && (!data.velocities_given || fitted.chi.is_some() || residual < CLEAN);
    RecoveredHamiltonian {
        numeric: formula.clone(),
        formula,
        constants: Vec::new(),
        exact,
        explains: fitted.explains,
        residual,
        chi: fitted.chi,
        stage: fitted.stage.clone(),
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

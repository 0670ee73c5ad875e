//! Nonlinear parameters that may be simple numbers, or simple multiples of each other.

use super::refine::{Form, refine};
use super::{Model, Problem};
use crate::regression::varpro::VarproConfig;
use crate::terms::joint::{Family, Form as TermForm, Function, Term};

/// Greatest distance of an exponent from a multiple of 1/2.
const EXPONENT: f64 = 0.3;

/// Greatest distance of a rate from an integer.
const RATE: f64 = 0.05;

/// Greatest relative distance of the ratio of two rates from one of [`ratios`](Self::ratios).
const RATIO: f64 = 0.05;

/// The ratios of rates that are tried: those of the Morse potential and of the hyperbolic cosine.
const RATIOS: [f64; 2] = [2.0, -1.0];

/// The model with as many nonlinear parameters at simple values or tied to each other as improve its score.
pub fn snap_parameters(problem: &Problem, model: Model, s2: f64, refinement: &VarproConfig) -> Model {
    let mut best = model;
    for _ in 0..2 * best.terms.len() {
        let better = trials(problem, &best).into_iter().find_map(|form| {
            let mut trial = refine(problem, &form, refinement)?;
            trial.score = problem.score(&trial, s2);
            (trial.score < best.score).then_some(trial)
        });
        match better {
            Some(better) => best = better,
            None => break,
        }
    }
    best
}

/// The forms that are a step simpler.
fn trials(problem: &Problem, model: &Model) -> Vec<Form> {
    let form = Form::of_model(problem, model);
    let mut out = Vec::new();
    let is_master = |k: usize| model.ties.iter().flatten().any(|&(master, _)| master == k);
    for k in model.free_terms() {
        let Some(simple) = simple(problem, &model.terms[k]) else { continue };
        if !is_master(k) && !model.terms.iter().any(|other| other.same_form(&simple)) {
            let mut trial = form.clone();
            trial.terms[k] = simple;
            out.push(trial);
        }
    }
    for a in model.free_terms() {
        for b in model.free_terms() {
            let Some(ratio) = ratio(&model.terms[a], &model.terms[b]) else { continue };
            if a != b && !is_master(b) {
                let mut trial = form.clone();
                trial.ties[b] = Some((a, ratio));
                trial.terms[b] =
                    trial.terms[b].with_parameter(ratio * trial.terms[a].parameter().unwrap_or(1.0));
                out.push(trial);
            }
        }
    }
    out
}

fn function(term: &Term) -> Option<Function> {
    match term.form() {
        TermForm::Sum(function, _) => Some(*function),
        _ => None,
    }
}

/// The term with its parameter at the nearest simple value, if it is near one.
fn simple(problem: &Problem, term: &Term) -> Option<Term> {
    let k = term.parameter()?;
    let (value, family, saved) = match function(term)? {
        Function::RadialPower => {
            let value = (2.0 * k).round() / 2.0;
            let family = if value.fract() == 0.0 { Family::Radial } else { Family::FreePower };
            (((value - k).abs() < EXPONENT).then_some(value)?, family, 1.0)
        }
        Function::Exponential | Function::Cosine | Function::Sine => {
            (((k.round() - k).abs() < RATE).then_some(k.round())?, term.family(), 0.7)
        }
        _ => return None,
    };
    if value == 0.0 {
        return None;
    }
    let fixed = term.fixed_at(value, family, (term.cost() - saved).max(0.2) + 0.1 * value.abs());
    let known = problem.library.terms.iter().find(|known| known.same_form(&fixed));
    Some(known.cloned().unwrap_or(fixed))
}

/// The ratio κ_b/κ_a of two rates, if it is near a simple one.
fn ratio(a: &Term, b: &Term) -> Option<f64> {
    let rate = |f: Function| matches!(f, Function::Exponential | Function::RadialExponential);
    if function(a) != function(b) || !function(a).is_some_and(rate) {
        return None;
    }
    let ratio = b.parameter()? / a.parameter()?;
    RATIOS.iter().copied().find(|r| (ratio / r - 1.0).abs() < RATIO)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recover::Terms;
    use crate::recover::refine::Masses;
    use crate::recover::simulated::Simulated;
    use crate::terms::joint::{Argument, Parameter};

    #[test]
    fn an_exponent_near_a_simple_one_is_tried_there() {
        let mut problem = Simulated {
            names: &["x", "y"],
            law: &|_, q, _| {
                let cube = (q[0] * q[0] + q[1] * q[1]).powf(1.5);
                vec![-q[0] / cube, -q[1] / cube]
            },
            starts: &[&[1.0, 0.0, 0.0, 0.8], &[0.0, 1.2, 0.9, 0.1]],
            duration: 8.0,
            step: 0.04,
            noise: 1e-4,
        }
        .problem();
        problem.whiten(None, 1e-2, Terms::Plain).unwrap();
        let form = TermForm::Sum(Function::RadialPower, vec![Argument::squares(&[0, 1])]);
        let term = Term::new(form, Parameter::Free(-1.2), Family::FreePower, 2.0);
        let form =
            Form { terms: vec![term], ties: vec![None], inverse_masses: vec![1.0], masses: Masses::Equal };
        let refinement = VarproConfig::default();
        let mut model = refine(&problem, &form, &refinement).unwrap();
        model.score = problem.score(&model, 1.0);
        let snapped = snap_parameters(&problem, model, 1.0, &refinement);
        assert_eq!(snapped.terms[0].parameter(), Some(-1.0));
        assert!(!snapped.terms[0].is_free() && snapped.terms[0].family() == Family::Radial);
        assert!((snapped.coefficients[0] + 1.0).abs() < 1e-2);
    }

    #[test]
    fn only_rates_near_a_simple_ratio_are_tied() {
        let exponential = |k| {
            let form = TermForm::Sum(Function::Exponential, vec![Argument::coordinate(0)]);
            Term::new(form, Parameter::Free(k), Family::Exponential, 0.0)
        };
        let of = |a, b| ratio(&exponential(a), &exponential(b));
        assert_eq!(of(-1.1, -2.21), Some(2.0));
        assert_eq!(of(1.3, -1.31), Some(-1.0));
        assert_eq!(of(-1.1, -2.6), None);
    }
}

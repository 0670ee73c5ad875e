//! The few forms that trajectories decide between.

use super::{Form, Model, Problem, Search, refine};
use crate::regression::varpro::VarproConfig;
use crate::terms::joint::{Family, Term};

/// The most candidates. Most trajectory fits take less than a tenth of a second.
const MOST: usize = 18;

/// So many of the best forms, none a superset of a better one, are taken; then each with one term less. With 3,
/// forms that differ little (a logarithm, a root, a reciprocal with large cores) once left no place for the truth.
const BEST: usize = 6;

/// Models of the search that are worse than the best by more than this score are not looked at.
const WORSE: f64 = 40.0;

/// Two rates whose ratio is within this share of 2 or −1 are tried as tied.
const TIE: f64 = 0.05;

/// Two terms of one family whose parameters differ by less than this in the logarithm are tried as one.
const MERGE: f64 = 0.1;

/// With one term less, χ²/s² of the weak form may be worse by this, and by this share of the equations. The weak form is
/// biased where the spline is, so that its own verdict on a term is not final.
const LOSS: (f64, f64) = (150.0, 0.3);

/// The refinement of a form that is not from the search.
fn refinement() -> VarproConfig {
    VarproConfig { rounds: 6, ..VarproConfig::default() }
}

/// The candidates, the merged ones first, then by score of the weak form.
pub fn candidates(problem: &Problem, search: &Search) -> Vec<Model> {
    let Some(best) = search.models.first() else { return Vec::new() };
    let near = |model: &&Model| model.score < best.score + WORSE;
    let mut pool: Vec<Model> = search.models.iter().filter(near).take(2 * BEST).cloned().collect();
    let scored = |mut model: Model| {
        model.score = problem.score(&model, search.s2);
        model
    };
    let tied: Vec<Model> = pool.iter().take(BEST).flat_map(|model| tied(problem, model)).collect();
    pool.extend(tied.into_iter().map(scored));
    pool.sort_by(|a, b| a.score.total_cmp(&b.score));
    let mut kept: Vec<Model> = Vec::new();
    for model in pool {
        if kept.len() < BEST && !kept.iter().any(|better| is_superset(&model, better)) {
            kept.push(model);
        }
    }
    let merged: Vec<Model> = kept.iter().flat_map(merged).collect();
    let limit = best.chi / search.s2 + LOSS.0 + LOSS.1 * problem.equations() as f64;
    for place in 0..kept.len() {
        for model in shorter(problem, &kept[place].clone()) {
            if model.chi / search.s2 <= limit && !kept.iter().any(|other| same_terms(other, &model)) {
                kept.push(scored(model));
            }
        }
    }
    merged.into_iter().chain(kept).take(MOST).collect()
}

/// The model with one term less, in every way.
fn shorter(problem: &Problem, model: &Model) -> Vec<Model> {
    (0..model.terms.len()).filter_map(|place| without(problem, model, place)).collect()
}

/// The model without one term, refined.
pub(super) fn without(problem: &Problem, model: &Model, place: usize) -> Option<Model> {
    match model.terms.len() {
        0 => None,
        1 => Some(uniform_motion(problem)),
        _ => refine(problem, &Form::of_model(problem, model).without(place), &refinement()),
    }
}

/// The model without forces.
fn uniform_motion(problem: &Problem) -> Model {
    Model {
        terms: Vec::new(),
        ties: Vec::new(),
        coefficients: Vec::new(),
        inverse_masses: vec![1.0; problem.dof()],
        groups: vec![(0..problem.dof()).collect()],
        chi: problem.left().iter().map(|a| a * a).sum(),
        score: f64::INFINITY,
    }
}

/// The model with two rates of exponentials tied, where their ratio is nearly simple.
fn tied(problem: &Problem, model: &Model) -> Vec<Model> {
    let exponential = |k: &usize| {
        let family = model.terms[*k].family();
        matches!(family, Family::Exponential | Family::RadialExponential)
    };
    let free: Vec<usize> = model.free_terms().into_iter().filter(exponential).collect();
    let mut out = Vec::new();
    for (&master, &slave) in free.iter().flat_map(|a| free.iter().map(move |b| (a, b))) {
        let (Some(a), Some(b)) = (model.terms[master].parameter(), model.terms[slave].parameter()) else {
            continue;
        };
        let simple = [2.0, -1.0].into_iter().find(|ratio| (b / a / ratio - 1.0).abs() < TIE);
        // Of two opposite rates either may be the master.
        let twice = simple == Some(-1.0) && slave < master;
        if let Some(ratio) = simple.filter(|_| master != slave && !twice) {
            let mut form = Form::of_model(problem, model);
            form.terms[slave] = form.terms[slave].with_parameter(ratio * a);
            form.ties[slave] = Some((master, ratio));
            out.extend(refine(problem, &form, &refinement()));
        }
    }
    out
}

/// The model with two nearly equal members of a family in one: they may be a derivative in disguise, which only a
/// trajectory can tell.
fn merged(model: &Model) -> Vec<Model> {
    let free = model.free_terms();
    let mut out = Vec::new();
    for (&i, &j) in free.iter().flat_map(|i| free.iter().map(move |j| (i, j))).filter(|(i, j)| j < i) {
        let (Some(a), Some(b)) = (model.terms[i].parameter(), model.terms[j].parameter()) else { continue };
        let is_master = |k: usize| model.ties.iter().flatten().any(|(master, _)| *master == k);
        let near = a * b > 0.0 && (a / b).ln().abs() < MERGE;
        if !near || !model.terms[i].same_form(&model.terms[j]) || is_master(i) || is_master(j) {
            continue;
        }
        let sum = model.coefficients[i] + model.coefficients[j];
        let mean = (model.coefficients[i] * a + model.coefficients[j] * b) / sum;
        let middle = a.signum() * (a * b).sqrt();
        let parameters = [mean, a, b, middle].into_iter().filter(|k| k.is_finite() && k * a > 0.0);
        out.extend(parameters.map(|parameter| one_in_place_of_two(model, (j, i), sum, parameter)));
    }
    out
}

/// The model with the term at the second place gone, its coefficient and parameter given to the first.
fn one_in_place_of_two(model: &Model, places: (usize, usize), coefficient: f64, parameter: f64) -> Model {
    let (first, second) = places;
    let mut out = model.clone();
    out.terms[first] = out.terms[first].with_parameter(parameter);
    out.coefficients[first] = coefficient;
    out.terms.remove(second);
    out.ties.remove(second);
    out.coefficients.remove(second);
    for (master, _) in out.ties.iter_mut().flatten() {
        *master -= usize::from(*master > second);
    }
    out
}

/// Whether a model has all terms of a better one, and more.
fn is_superset(model: &Model, better: &Model) -> bool {
    model.terms.len() > better.terms.len()
        && model.masses() >= better.masses()
        && contains(&model.terms, &better.terms)
}

fn same_terms(a: &Model, b: &Model) -> bool {
    a.terms.len() == b.terms.len()
        && a.masses() == b.masses()
        && a.ties.iter().flatten().count() == b.ties.iter().flatten().count()
        && contains(&a.terms, &b.terms)
        && contains(&b.terms, &a.terms)
}

/// Whether each of `some` has a partner of its own among `all`.
fn contains(all: &[Term], some: &[Term]) -> bool {
    let count = |terms: &[Term], of: &Term| terms.iter().filter(|term| term.same_form(of)).count();
    some.iter().all(|term| count(all, term) >= count(some, term))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terms::joint::{self, Argument, Function, Parameter};

    fn model(terms: Vec<Term>, coefficients: &[f64]) -> Model {
        Model {
            ties: vec![None; terms.len()],
            coefficients: coefficients.to_vec(),
            terms,
            inverse_masses: vec![1.0],
            groups: vec![vec![0]],
            chi: 0.0,
            score: 0.0,
        }
    }

    fn rate(k: f64) -> Term {
        let form = joint::Form::Sum(Function::Exponential, vec![Argument::coordinate(0)]);
        Term::new(form, Parameter::Free(k), Family::Exponential, 0.0)
    }

    fn power(e: i32) -> Term {
        Term::new(joint::Form::Monomial(vec![(0, e)]), Parameter::None, Family::Polynomial, 0.0)
    }

    #[test]
    fn supersets_have_every_term_and_more() {
        let short = model(vec![power(2), rate(1.0)], &[1.0, 1.0]);
        let long = model(vec![rate(1.3), power(4), power(2)], &[1.0, 1.0, 1.0]);
        assert!(is_superset(&long, &short));
        assert!(!is_superset(&short, &long));
        assert!(!is_superset(&short, &short) && same_terms(&short, &short));
        // Two exponentials are more than one.
        let two = model(vec![rate(1.0), rate(2.0)], &[1.0, 1.0]);
        assert!(!is_superset(&long, &two));
    }

    #[test]
    fn nearly_equal_terms_are_merged() {
        let pair = model(vec![rate(1.0), power(2), rate(1.05)], &[3.0, 7.0, -1.0]);
        let merged = merged(&pair);
        assert_eq!(merged.len(), 4);
        for one in merged {
            assert_eq!(one.coefficients, [2.0, 7.0]);
            assert_eq!(one.terms.len(), 2);
        }
        let far = model(vec![rate(1.0), rate(1.5)], &[3.0, -1.0]);
        assert!(super::merged(&far).is_empty());
    }
}

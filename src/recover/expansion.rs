//! Whether two models are the same law, written in other terms.

use super::Model;
use crate::terms::joint::Term;

/// A force counts as a sum of others when less than this share of it is left.
const REST: f64 = 1e-7;

/// Whether the terms of both models, with any coefficients and masses, make the same laws: the same families with free
/// parameters, and otherwise forces that are linear combinations of each other at `states`, `[states, 2·dof]`.
pub fn same_law(a: &Model, b: &Model, states: &[f64]) -> bool {
    let free =
        |model: &Model| -> Vec<Term> { model.terms.iter().filter(|term| term.is_free()).cloned().collect() };
    let (free_a, free_b) = (free(a), free(b));
    let covers = |x: &[Term], y: &[Term]| y.iter().all(|t| x.iter().any(|s| s.same_form(t)));
    a.groups == b.groups
        && free_a.len() == free_b.len()
        && covers(&free_a, &free_b)
        && covers(&free_b, &free_a)
        && spans(a, b, states)
        && spans(b, a, states)
}

/// Whether the forces of the fixed terms of `b` are sums of those of `a`.
fn spans(a: &Model, b: &Model, states: &[f64]) -> bool {
    let columns = |model: &Model| -> Vec<Vec<f64>> {
        model.terms.iter().filter(|term| !term.is_free()).map(|term| forces(term, model, states)).collect()
    };
    let mut basis: Vec<Vec<f64>> = Vec::new();
    for column in columns(a) {
        let (rest, share) = without(column, &basis);
        if share > REST {
            basis.push(rest);
        }
    }
    columns(b).into_iter().all(|column| without(column, &basis).1 <= REST)
}

/// The forces of a term at all states; 0 where they are not finite.
fn forces(term: &Term, model: &Model, states: &[f64]) -> Vec<f64> {
    let n = model.inverse_masses.len();
    let force = |state: &[f64]| {
        let mut out = vec![0.0; n];
        term.force(&state[..n], &state[n..], &mut out);
        out
    };
    states.chunks_exact(2 * n).flat_map(force).map(|x| if x.is_finite() { x } else { 0.0 }).collect()
}

/// What is left of a column beside an orthonormal basis, of unit length, and its share of the column.
fn without(mut column: Vec<f64>, basis: &[Vec<f64>]) -> (Vec<f64>, f64) {
    let length = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>().sqrt();
    let before = length(&column);
    for _ in 0..2 {
        for unit in basis {
            let along: f64 = unit.iter().zip(&column).map(|(u, x)| u * x).sum();
            column.iter_mut().zip(unit).for_each(|(x, u)| *x -= along * u);
        }
    }
    let after = length(&column);
    if after > 0.0 {
        column.iter_mut().for_each(|x| *x /= after);
    }
    (column, if before > 0.0 { after / before } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terms::joint::{Argument, Family, Form, Function, Parameter};

    fn model(forms: Vec<(Form, Parameter)>) -> Model {
        let terms: Vec<Term> =
            forms.into_iter().map(|(form, k)| Term::new(form, k, Family::Polynomial, 0.0)).collect();
        Model {
            ties: vec![None; terms.len()],
            coefficients: vec![1.0; terms.len()],
            terms,
            inverse_masses: vec![1.0; 2],
            groups: vec![vec![0, 1]],
            chi: 0.0,
            score: 0.0,
        }
    }

    #[test]
    fn laws_are_compared_after_expansion() {
        let states: Vec<f64> = (0..80).map(|k| (1.0 + 7.3 * f64::from(k)).sin()).collect();
        let square = |i| (Form::Monomial(vec![(i, 2)]), Parameter::None);
        let radius = || (Form::Sum(Function::Power, vec![Argument::squares(&[0, 1])]), Parameter::Fixed(1.0));
        let rate = |k| (Form::Sum(Function::Exponential, vec![Argument::coordinate(0)]), Parameter::Free(k));
        let squares = model(vec![square(0), square(1)]);
        assert!(same_law(&squares, &model(vec![radius(), square(1)]), &states));
        // Masses are fitted to each form anew; which coordinates share one is part of the law.
        let heavier = Model { inverse_masses: vec![0.5; 2], ..squares.clone() };
        let apart = Model { groups: vec![vec![0], vec![1]], ..squares.clone() };
        assert!(same_law(&squares, &heavier, &states) && !same_law(&squares, &apart, &states));
        assert!(!same_law(&squares, &model(vec![radius()]), &states));
        assert!(same_law(&model(vec![rate(1.0)]), &model(vec![rate(1.1)]), &states));
        assert!(!same_law(&model(vec![rate(1.0), square(0)]), &model(vec![rate(1.1), square(1)]), &states));
    }
}

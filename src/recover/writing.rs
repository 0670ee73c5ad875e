//! Of several writings of one function, the plainest.

use super::refine::{Form, refine};
use super::{Model, Problem};
use crate::regression::varpro::VarproConfig;

/// The model with terms replaced by plainer ones that span the same functions, as x y and (x − y)² by x² and y². χ²
/// stays, and the score falls.
pub fn plainest(problem: &Problem, model: Model, s2: f64, refinement: &VarproConfig) -> Model {
    let mut best = model;
    for _ in 0..best.terms.len() {
        let plainer = plainer_forms(problem, &best).into_iter().find_map(|form| {
            let mut trial = refine(problem, &form, refinement)?;
            trial.score = problem.score(&trial, s2);
            (trial.score < best.score - 1e-6).then_some(trial)
        });
        match plainer {
            Some(plainer) => best = plainer,
            None => break,
        }
    }
    best
}

/// The forms with one term replaced by one of the library that depends on the form's terms, if they are shorter.
fn plainer_forms(problem: &Problem, model: &Model) -> Vec<Form> {
    let terms = &problem.library.terms[..problem.library.plain];
    let place = |k: usize| terms.iter().position(|term| *term == model.terms[k]);
    let places: Vec<Option<usize>> = (0..model.terms.len()).map(place).collect();
    let support: Vec<usize> = places.iter().flatten().copied().collect();
    let Some(gram) = problem.gram() else { return Vec::new() };
    let form = Form::of_model(problem, model);
    let present = problem.description_length(model);
    let mut out: Vec<(f64, Form)> = Vec::new();
    for k in gram.dependent(&support, problem.library.plain) {
        for j in (0..places.len()).filter(|&j| places[j].is_some()) {
            let mut trial = form.clone();
            trial.terms[j] = terms[k].clone();
            let length = problem.length(&trial.terms, &trial.ties, model.masses());
            if length < present - 1e-6 {
                out.push((length, trial));
            }
        }
    }
    out.sort_by(|a, b| a.0.total_cmp(&b.0));
    out.into_iter().map(|(_, form)| form).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recover::Terms;
    use crate::recover::refine::Masses;
    use crate::recover::simulated::Simulated;
    use crate::terms::joint::{Argument, Family, Form as TermForm, Function, Parameter, Term};

    #[test]
    fn squares_are_plainer_than_products() {
        let mut problem = Simulated {
            names: &["x1", "x2"],
            law: &|_, q, _| {
                let pull = 1.9 * (q[0] - q[1]);
                vec![-3.1 * q[0] - pull, -2.2 * q[1] + pull]
            },
            starts: &[&[1.0, 0.0, 0.0, 0.8], &[0.0, -1.2, 0.9, 0.1]],
            duration: 10.0,
            step: 0.05,
            noise: 1e-3,
        }
        .problem();
        problem.whiten(None, 1e-2, Terms::Plain).unwrap();
        let monomial =
            |factors| Term::new(TermForm::Monomial(factors), Parameter::None, Family::Polynomial, 0.6);
        let square = TermForm::Sum(Function::Power, vec![Argument::difference(0, 1)]);
        let square =
            problem.library.terms.iter().find(|term| *term.form() == square && term.parameter() == Some(2.0));
        let written = [monomial(vec![(0, 1), (1, 1)]), monomial(vec![(1, 2)])];
        let in_library = |term: &Term| problem.library.terms.iter().find(|own| own.same_form(term)).cloned();
        let mut terms: Vec<Term> = written.iter().filter_map(in_library).collect();
        terms.extend(square.cloned());
        assert_eq!(terms.len(), 3);
        let form = Form { ties: vec![None; 3], terms, inverse_masses: vec![1.0; 2], masses: Masses::Equal };
        let refinement = VarproConfig::default();
        let mut model = refine(&problem, &form, &refinement).unwrap();
        model.score = problem.score(&model, 1.0);
        let chi = model.chi;
        let plain = plainest(&problem, model, 1.0, &refinement);
        assert!((plain.chi - chi).abs() < 1e-3 * chi);
        let is_square = |i| plain.terms.iter().any(|term| term.form() == monomial(vec![(i, 2)]).form());
        assert!(is_square(0) && is_square(1), "{:?}", plain.terms);
    }
}

use super::*;
use crate::expr::Symbol;
use crate::recover::simulated::Simulated;
use crate::regression::varpro::VarproConfig;
use crate::terms::joint::{Argument, Function, Parameter};

fn found(simulated: &Simulated<'_>) -> (Problem, Search) {
    let mut problem = simulated.problem();
    let search = search(&mut problem, &Job::silent(), &Config::default()).unwrap();
    (problem, search)
}

/// The formulas of a model's potentials, and for other terms the family, with the coefficients.
fn parts(problem: &Problem, model: &Model) -> Vec<(String, f64)> {
    let names: Vec<Symbol> = problem.coordinates.iter().map(|c| c.name.clone()).collect();
    let text = |term: &Term| {
        term.formula(&names, None)
            .map_or_else(|| format!("{:?}", term.family()), |formula| formula.to_string())
    };
    model.terms.iter().map(text).zip(model.coefficients.iter().copied()).collect()
}

fn assert_parts(problem: &Problem, model: &Model, expected: &[(&str, f64)], tolerance: f64) {
    let got = parts(problem, model);
    assert_eq!(got.len(), expected.len(), "{got:?}");
    for (name, value) in expected {
        let part = got.iter().find(|(own, _)| own == name);
        assert!(part.is_some_and(|(_, c)| (c - value).abs() < tolerance * value.abs()), "{got:?}");
    }
}

fn exponential(k: f64) -> Term {
    let form = TermForm::Sum(Function::Exponential, vec![Argument::coordinate(0)]);
    Term::new(form, Parameter::Free(k), Family::Exponential, 1.2)
}

/// A particle in the Morse potential (1 − e^{−1.1 x})².
fn morse(noise: f64) -> Simulated<'static> {
    Simulated {
        names: &["x"],
        law: &|_, q, _| vec![-2.2 * ((-1.1 * q[0]).exp() - (-2.2 * q[0]).exp())],
        starts: &[&[0.9, 0.0], &[-0.3, 0.2], &[0.2, 0.7]],
        duration: 12.0,
        step: 0.05,
        noise,
    }
}

#[test]
fn a_spring_with_friction() {
    let (problem, search) = found(&Simulated {
        names: &["x"],
        law: &|_, q, v| vec![-2.3 * q[0] - 0.11 * v[0]],
        starts: &[&[1.0, 0.0], &[0.3, -1.2]],
        duration: 15.0,
        step: 0.04,
        noise: 1e-3,
    });
    assert_parts(&problem, &search.models[0], &[("x^2", 1.15), ("Friction", 0.11)], 1e-2);
    assert!(search.s2 < 1.5 && search.held_out.is_none());
}

#[test]
fn coupled_bodies_with_an_unknown_mass() {
    let (problem, search) = found(&Simulated {
        names: &["theta1", "theta2"],
        law: &|_, q, _| {
            let pull = 0.9 * (q[0] - q[1]).sin();
            vec![-1.7 * q[0].sin() - pull, (-1.3 * q[1].sin() + pull) / 2.5]
        },
        starts: &[&[1.0, 0.0, 0.0, 0.5], &[-0.4, 1.4, 0.3, 0.0]],
        duration: 15.0,
        step: 0.05,
        noise: 1e-3,
    });
    let model = &search.models[0];
    let expected = [("cos(theta1)", -1.7), ("cos(theta2)", -1.3), ("cos(theta1 - theta2)", -0.9)];
    assert_parts(&problem, model, &expected, 1e-2);
    assert!(model.masses() == 1 && (model.inverse_masses[1] - 0.4).abs() < 4e-3);
}

#[test]
fn rates_in_a_simple_ratio_are_tied() {
    let (_, search) = found(&morse(1e-3));
    let model = &search.models[0];
    assert_eq!(model.ties.iter().flatten().count(), 1);
    assert!(model.terms.iter().filter_map(Term::parameter).any(|k| (k + 1.1).abs() < 0.02), "{model:?}");
}

#[test]
fn a_rate_is_refined_from_afar() {
    let mut problem = morse(1e-3).problem();
    problem.whiten(None, 1e-2, Terms::All).unwrap();
    let form = Form {
        terms: vec![exponential(-0.8), exponential(-2.8)],
        ties: vec![None; 2],
        inverse_masses: vec![1.0],
        masses: Masses::Equal,
    };
    let config = VarproConfig { rounds: 40, ..VarproConfig::default() };
    let model = refine(&problem, &form, &config).unwrap();
    let rates: Vec<f64> = model.terms.iter().filter_map(Term::parameter).collect();
    assert!((rates[0] + 1.1).abs() < 0.05 && (rates[1] + 2.2).abs() < 0.1, "{rates:?}");
    let outside = Form { terms: vec![exponential(-400.0), exponential(-2.8)], ..form };
    assert!(refine(&problem, &outside, &config).is_none_or(|other| other.chi > model.chi));
}

#[test]
fn the_degree_grows_while_it_explains() {
    let (problem, search) = found(&Simulated {
        names: &["x"],
        law: &|_, q, _| vec![-q[0].powi(7) - 0.5 * q[0]],
        starts: &[&[1.1, 0.0], &[-0.5, 0.9], &[0.2, 0.4]],
        duration: 15.0,
        step: 0.03,
        noise: 1e-4,
    });
    assert_parts(&problem, &search.models[0], &[("x^2", 0.25), ("x^8", 0.125)], 1e-2);
}

#[test]
fn held_out_errors_decide_where_a_force_depends_on_time() {
    let (problem, search) = found(&Simulated {
        names: &["theta"],
        law: &|t, q, _| vec![-q[0].sin() + 0.2 * (1.3 * t).cos()],
        starts: &[&[1.0, 0.0], &[0.3, 0.8], &[-0.6, 0.3]],
        duration: 20.0,
        step: 0.05,
        noise: 1e-3,
    });
    assert!(search.s2 > 4.0);
    let error = search.held_out.as_ref().unwrap().error;
    assert!(error > 0.1 && error < 0.8, "{error}");
    assert_eq!(parts(&problem, &search.models[0])[0].0, "cos(theta)");
}

#[test]
fn a_cancelled_search_ends() {
    let job = Job::silent();
    job.token().cancel();
    let found = search(&mut morse(1e-3).problem(), &job, &Config::default()).unwrap();
    assert!(found.models.is_empty() && found.held_out.is_none());
}

#[test]
fn terms_that_share_a_summand_cost_more() {
    let problem = morse(1e-3).problem();
    let monomial = |e| Term::new(TermForm::Monomial(vec![(0, e)]), Parameter::None, Family::Polynomial, 0.0);
    let lengths = |terms: &[Term]| problem.length(terms, &vec![None; terms.len()], 0);
    let (apart, together) = (lengths(&[monomial(2), monomial(4)]), lengths(&[monomial(2), monomial(2)]));
    assert!(together > apart + 1.0);
    let rates = [exponential(-1.0), exponential(-2.0)];
    let tied = problem.length(&rates, &[None, Some((0, 2.0))], 0);
    assert!((lengths(&rates) - tied - (problem.equations() as f64).ln()).abs() < 1e-9);
}

#[test]
fn equal_forms_are_kept_once() {
    let model = |chi: f64| Model {
        terms: vec![exponential(1.0)],
        ties: vec![None],
        coefficients: vec![1.0],
        inverse_masses: vec![1.0],
        groups: vec![vec![0]],
        chi,
        score: chi,
    };
    assert_eq!(distinct(vec![model(100.0), model(100.01), model(103.0)], 1.0).len(), 2);
}

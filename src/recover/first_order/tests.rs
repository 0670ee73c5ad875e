//! The decisions on two oscillators, H = (p1² + p2²)/2 + q1²/2 + 2 q2².

use super::fixtures::oscillators;
use super::*;
use crate::data::{Rates, Recording, Trajectory};
use crate::expr::{Expr, Symbol, parse};
use crate::progress::{CancelToken, Silent};
use crate::recover::simulated::Simulated;
use crate::terms::{Stage, Term, polynomials};

/// Observations of the oscillators, with velocities or without.
fn observed(noise: f64, has_velocities: bool) -> Observations {
    let symbols = |names: [&str; 2]| names.map(Symbol::new).to_vec();
    let mut trajectories = oscillators(10, 200, 0.05, noise, true);
    for path in trajectories.iter_mut().filter(|_| has_velocities) {
        let velocities = path.states.chunks_exact(4).flat_map(|s| [s[2], s[3], -s[0], -4.0 * s[1]]);
        let velocities: Vec<f64> = velocities.collect();
        *path = Trajectory { derivatives: Some(velocities), ..path.clone() };
    }
    let set = TrajectorySet {
        coordinates: symbols(["q1", "q2"]),
        momenta: symbols(["p1", "p2"]),
        angles: vec![],
        trajectories,
        notes: vec![],
    };
    Observations { trajectories: set, train: 0.8 }
}

fn prepared(noise: f64, has_velocities: bool) -> Prepared {
    Prepared::new(&observed(noise, has_velocities), &Config::default()).unwrap()
}

fn stage(formulas: Vec<Expr>) -> Stage {
    let term = |formula: Expr| Term { formula, complexity: 1, momentum_degree: 0 };
    Stage { name: "stage".to_owned(), terms: formulas.into_iter().map(term).collect(), rational: None }
}

fn quadratic() -> Stage {
    stage(polynomials(&["q1", "q2", "p1", "p2"].map(Symbol::new), 2))
}

fn shown(terms: &[Expr]) -> Vec<String> {
    let mut names: Vec<String> = terms.iter().map(ToString::to_string).collect();
    names.sort();
    names
}

#[test]
fn given_velocities_are_fitted_as_they_are_unless_they_are_noisy() {
    let config = Config::default();
    assert_eq!(Way::of(&prepared(0.0, true), &config), [Way::Clean]);
    assert_eq!(Way::of(&prepared(0.01, true), &config), [Way::Clean, Way::Noisy]);
    assert_eq!(Way::of(&prepared(0.0, false), &config), [Way::Noisy]);
}

#[test]
fn clean_velocities_keep_the_terms_of_the_law_alone() {
    let data = prepared(0.0, true);
    let (fitted, report) = clean::fit_clean(&data, &quadratic()).unwrap().unwrap();
    assert_eq!(shown(&fitted.terms), ["p1^2", "p2^2", "q1^2", "q2^2"]);
    assert!(fitted.explains && report.kept == 4 && report.residual < 1e-10, "{report:?}");
    let found = RecoveredHamiltonian::of_fit(&fitted, &data);
    assert!(found.exact && found.explains, "{found:?}");
}

#[test]
fn a_library_without_a_term_of_the_law_explains_nothing() {
    let data = prepared(0.0, true);
    let without = quadratic().terms.into_iter().map(|term| term.formula);
    let without = stage(without.filter(|formula| formula.to_string() != "q2^2").collect());
    let (fitted, _) = clean::fit_clean(&data, &without).unwrap().unwrap();
    assert!(!fitted.explains);
    assert!(!RecoveredHamiltonian::of_fit(&fitted, &data).exact);
}

#[test]
fn held_out_velocities_may_contradict_a_fit() {
    let mut data = prepared(0.0, true);
    data.held_out.fields.iter_mut().for_each(|v| *v *= 1.001);
    let (fitted, _) = clean::fit_clean(&data, &quadratic()).unwrap().unwrap();
    assert!(!fitted.explains);
}

#[test]
fn noisy_states_are_explained_by_trajectories() {
    let (data, config) = (prepared(0.01, false), Config::default());
    let (fitted, report) =
        noisy::fit_noisy(&data, &quadratic(), None, &config, &CancelToken::new()).unwrap().unwrap();
    assert_eq!(shown(&fitted.terms), ["p1^2", "p2^2", "q1^2", "q2^2"]);
    assert!(fitted.explains && fitted.chi.is_some_and(|chi| (chi - 1.0).abs() < 0.1), "{report:?}");
    for (term, (c, e)) in fitted.terms.iter().zip(fitted.coefficients.iter().zip(&fitted.errors)) {
        let truth = if term.to_string() == "q2^2" { 2.0 } else { 0.5 };
        assert!((c - truth).abs() < 4.0 * e, "{term}: {c} ± {e}");
    }
}

/// A fit of one term with this coefficient.
fn of_one(term: &str, coefficient: f64, error: f64) -> Fitted {
    Fitted {
        stage: "stage".to_owned(),
        terms: vec![parse(term).unwrap()],
        coefficients: vec![coefficient],
        errors: vec![error],
        explains: true,
        exact_terms: true,
        chi: Some(1.0),
        score: 0.0,
    }
}

#[test]
fn coefficients_are_rationals_where_that_is_justified() {
    let data = prepared(0.01, false);
    let of = |coefficient, error| RecoveredHamiltonian::of_fit(&of_one("q1^2", coefficient, error), &data);
    let half = of(0.500001, 1e-5);
    assert!(half.exact && half.terms[0].value.to_f64().value() == 0.5, "{half:?}");
    // 0.4713 ± 0.0002 is no simple rational.
    let decimal = of(0.4713, 2e-4);
    assert!(!decimal.exact && decimal.terms[0].chance.is_none(), "{decimal:?}");
}

#[test]
fn that_nothing_moves_is_no_hamiltonian() {
    let data = prepared(0.01, false);
    let nothing = RecoveredHamiltonian::of_fit(&of_one("q1^2", 1e-7, 1e-6), &data);
    assert!(!nothing.exact, "{nothing:?}");
}

/// The Hamiltonian of observations, and the stages that were fitted.
fn found(observed: &Observations, hypotheses: &Hypotheses) -> (RecoveredHamiltonian, usize) {
    let config = crate::recover::Config::default();
    let data = Prepared::new(observed, &config.first_order).unwrap();
    let job = Job::new(&Silent, CancelToken::new());
    let found = hamiltonian(observed, &data, hypotheses, &config, &job).unwrap();
    (found.hamiltonian.unwrap(), found.stages.len())
}

#[test]
fn the_law_of_motion_goes_before_the_library_except_where_velocities_are_exact() {
    let (law, stages) = found(&observed(0.01, false), &Hypotheses::All);
    assert_eq!((law.stage.as_str(), stages), ("trajectories", 0));
    let (term, stages) = found(&observed(0.01, false), &Hypotheses::Library);
    assert_eq!((term.stage.as_str(), stages), ("quadratic", 1));
    let (term, stages) = found(&observed(0.0, true), &Hypotheses::All);
    assert_eq!((term.stage.as_str(), stages), ("quadratic", 1));
}

/// A Duffing oscillator whose amplitudes and noise leave open whether its wall is a fourth power.
#[test]
fn where_several_laws_explain_the_motion_none_is_exact() {
    let simulated = Simulated {
        names: &["q"],
        law: &|_, q, _| vec![-q[0] - q[0].powi(3)],
        starts: &[&[0.5, 0.0], &[0.7, 0.0], &[0.9, 0.0]],
        duration: 20.0,
        step: 0.1,
        noise: 0.01,
    };
    let recording = Recording { rates: Rates::Momenta(vec![Symbol::new("p")]), ..simulated.recording() };
    let observed = Observations { trajectories: TrajectorySet::of_recording(&recording), train: 0.8 };
    let config = crate::recover::Config::default();
    let data = Prepared::new(&observed, &config.first_order).unwrap();
    let job = Job::new(&Silent, CancelToken::new());
    let of = OfMotion::of(&observed.trajectories, &data, &config, &job);
    assert!(matches!(of, OfMotion::Several));
    assert!(!found(&observed, &Hypotheses::All).0.exact);
}

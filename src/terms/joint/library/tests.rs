use super::*;
use crate::expr::Symbol;

fn coordinates(names: &[&str], is_angle: bool) -> Vec<Coordinate> {
    names.iter().map(|name| Coordinate { name: Symbol::new(name), is_angle }).collect()
}

fn of(names: &[&str], positions: &[f64]) -> Library {
    library(&coordinates(names, false), positions, &Config::default())
}

fn formulas(library: &Library, names: &[&str]) -> Vec<String> {
    let names: Vec<Symbol> = names.iter().map(Symbol::new).collect();
    let plain = library.terms.iter().filter(|term| !term.is_free());
    plain.filter_map(|term| Some(term.formula(&names, None)?.to_string())).collect()
}

#[test]
fn an_angle_has_fourteen_terms() {
    let library = library(&coordinates(&["theta"], true), &[-1.0, 0.0, 1.5], &Config::default());
    assert_eq!(library.terms.len(), 14);
    assert!(library.terms.iter().all(|term| !term.is_free()));
}

#[test]
fn singular_terms_need_data_that_keeps_away() {
    let has = |positions: &[f64], formula: &str| {
        formulas(&of(&["x"], positions), &["x"]).contains(&formula.to_owned())
    };
    assert!(has(&[0.5, 2.0], "1/x"));
    assert!(has(&[0.5, 2.0], "log(x)"));
    assert!(has(&[-0.5, -2.0], "log(-x)"));
    assert!(!has(&[0.0, 2.0], "1/x"));
    assert!(!has(&[-1.0, -0.02, 0.02, 1.0], "1/sqrt(x^2)"));
    assert!(has(&[-1.0, 2.0], "1/sqrt(x^2)"));
    assert!(has(&[-1.0, 2.0], "log(x^2)"));
    let plane = |positions: &[f64]| formulas(&of(&["x", "y"], positions), &["x", "y"]);
    assert!(plane(&[1.0, 0.0, 0.0, 2.0]).contains(&"1/sqrt(x^2 + y^2)".to_owned()));
    assert!(!plane(&[0.0, 0.0, 0.0, 2.0]).contains(&"1/sqrt(x^2 + y^2)".to_owned()));
}

#[test]
fn a_root_ends_beyond_the_data() {
    let library = of(&["x", "y"], &[3.0, 4.0, 1.0, 0.0]);
    let ends = library.terms.iter().filter(|term| term.family() == Family::RootBefore);
    let ends: Vec<f64> = ends.filter_map(Term::parameter).collect();
    assert!(!ends.is_empty() && ends.iter().all(|&end| end > 25.0));
}

#[test]
fn symmetric_sums_are_single_terms() {
    let names = ["q1", "q2", "q3"];
    let library = of(&names, &[0.1, 0.5, -0.7, 1.0, -2.0, 0.3]);
    let ring = |term: &&Term| matches!(term.form(), Form::Sum(Function::Exponential, u) if u.len() == 3 && u[2] == Argument::difference(2, 0));
    assert_eq!(library.terms.iter().filter(ring).count(), 26);
    let stars = of(&["x1", "y1", "x2", "y2"], &[1.0, 0.0, 2.0, 0.5]);
    let pair = "1/sqrt((x1 - x2)^2 + (y1 - y2)^2)".to_owned();
    assert!(formulas(&stars, &["x1", "y1", "x2", "y2"]).contains(&pair));
}

#[test]
fn no_term_comes_twice() {
    for names in [&["x"][..], &["x", "y"], &["x1", "x2"], &["x1", "y1", "x2", "y2"], &["x", "y", "z"]] {
        let positions: Vec<f64> = (0..names.len() * 3).map(|k| 0.3 + (k * k % 7) as f64).collect();
        let library = of(names, &positions);
        for (k, term) in library.terms.iter().enumerate() {
            let again = |other: &Term| other.form() == term.form() && other.parameter() == term.parameter();
            assert!(!library.terms[..k].iter().any(again), "{term:?}");
        }
    }
}

#[test]
fn the_degree_can_be_given() {
    let degree = |degree| {
        let config = Config { degree: Some(degree), ..Config::default() };
        library(&coordinates(&["x", "y"], true), &[1.0, 2.0], &config).terms
    };
    let monomials = |terms: Vec<Term>| terms.iter().filter(|t| matches!(t.form(), Form::Monomial(_))).count();
    assert_eq!(monomials(degree(4)), 14);
    assert_eq!(monomials(degree(6)), 27);
    assert_eq!(
        monomials(library(&coordinates(&["x", "y"], true), &[1.0, 2.0], &Config::default()).terms),
        27
    );
}

#[test]
fn a_chain_between_walls_is_one_term() {
    let walls = chain_between_walls(3);
    assert_eq!(walls.len(), 4);
    let value = |q: &[f64]| walls.iter().map(|u| u.value(q)).collect::<Vec<f64>>();
    assert_eq!(value(&[1.0, 3.0, -2.0]), [1.0, 2.0, -5.0, 2.0]);
    // The extensions of all springs add up to nothing.
    assert_eq!(value(&[0.3, -1.1, 0.7]).iter().map(|x| (x * 10.0).round()).sum::<f64>(), 0.0);
}

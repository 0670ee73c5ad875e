//! The span of given terms.

use super::*;
use crate::expr::{Expr, Symbol, parse};
use crate::mechanics::{ConservedQuantity, Hamiltonian, PhaseSpace};
use crate::progress::Job;

fn hamiltonian(formula: &str, coordinates: &str, momenta: &str) -> Hamiltonian {
    let symbols = |s: &str| s.split_whitespace().map(Symbol::new).collect::<Vec<_>>();
    let space = PhaseSpace::new(symbols(coordinates), symbols(momenta)).expect("a phase space");
    Hamiltonian::new(parse(formula).expect("a formula"), space)
}

fn span(h: &Hamiltonian, terms: &[&str]) -> Vec<String> {
    let terms: Vec<Expr> = terms.iter().map(|t| parse(t).expect("a term")).collect();
    let found = null_space_in_library(h, &terms).expect("a search");
    found.iter().map(|proof| proof.law().to_string()).collect()
}

#[test]
fn angular_momentum_in_given_terms() {
    let h = hamiltonian("(px^2+py^2)/2 - 1/sqrt(x^2+y^2)", "x y", "px py");
    assert_eq!(span(&h, &["x*py", "y*px", "px", "py", "x*px"]).len(), 1);
    let terms = ["px*x*py", "px^2*y", "py^2*x", "px*py*y", "x/sqrt(x^2+y^2)", "y/sqrt(x^2+y^2)"];
    assert_eq!(span(&h, &terms).len(), 2);
}

#[test]
fn toda_exponentials_and_fractional_powers() {
    let toda = hamiltonian("(p1^2+p2^2)/2 + exp(q1-q2)", "q1 q2", "p1 p2");
    assert_eq!(span(&toda, &["p1", "p2", "p1*p2", "p1^2", "p2^2", "exp(q1-q2)"]).len(), 3);
    let holt = hamiltonian("(px^2+py^2)/2+(3/4)*x^(4/3)+(y^2+1)*x^(-2/3)", "x y", "px py");
    let terms =
        ["px^2*py", "px*x^(1/3)*y", "py^3", "py*x^(4/3)", "py*y^2/x^(2/3)", "py/x^(2/3)", "px", "px^3"];
    assert_eq!(span(&holt, &terms).len(), 1);
}

#[test]
fn large_coefficients_take_several_primes() {
    let h = hamiltonian(
        "p1^2/2 + 1234567*p2^2/7654321 + 31415926*q1^2/27182818 + q1*q2/99991 + q2^2",
        "q1 q2",
        "p1 p2",
    );
    let terms = ["p1^2", "p1*p2", "p2^2", "q1^2", "q1*q2", "q2^2"];
    assert_eq!(span(&h, &terms).len(), 2);
}

#[test]
fn angles_and_roots_of_constants() {
    let sphere = hamiltonian("pt^2/2 + pf^2/(2*sin(t)^2)", "t f", "pt pf");
    assert_eq!(span(&sphere, &["pf", "sin(f)*pt", "cos(t)*cos(f)*pf/sin(t)", "cos(f)*pt"]).len(), 2);
    let henon = hamiltonian(
        "(px^2+py^2)/2 + (exp(2*y+2*sqrt(3)*x)+exp(2*y-2*sqrt(3)*x)+exp(-4*y))/24",
        "x y",
        "px py",
    );
    assert_eq!(
        span(&henon, &["px^2", "py^2", "exp(2*y+2*sqrt(3)*x)", "exp(2*y-2*sqrt(3)*x)", "exp(-4*y)"]).len(),
        1
    );
}

fn laws(h: &Hamiltonian) -> SearchOutcome {
    let config = SearchConfig { momentum_degree: 2, ..SearchConfig::default() };
    let found = search(h, &config, &Job::silent()).expect("a search");
    assert!(found.laws.iter().all(ConservedQuantity::is_proved));
    found
}

#[test]
fn products_of_roots_have_either_sign() {
    let h = hamiltonian(
        "(px^2+py^2)/2 + (sqrt(sqrt(x^2+y^2)+x)/2 + 3*sqrt(sqrt(x^2+y^2)-x)/4 - 2)/sqrt(x^2+y^2)",
        "x y",
        "px py",
    );
    // The other component of the vector is of the same space, but jumps at y = 0: there y/sqrt(r - x) is a sign.
    assert_eq!(laws(&h).assessment.independent().rank, 2);
}

#[test]
fn exponentials_of_cyclic_coordinates() {
    let rindler = hamiltonian("(px^2 - pt^2/x^2)/2", "t x", "pt px");
    assert_eq!(laws(&rindler).assessment.independent().rank, 3);
}

#[test]
fn many_long_laws_are_lifted_from_one_space() {
    // Coprime stiffnesses and generic couplings: every law has large coefficients.
    let h = hamiltonian(
        "(p1^2+p2^2+p3^2+p4^2+p5^2)/2 + q1^2 + 3*q2^2/2 + 2*q3^2 + 5*q4^2/2 + 3*q5^2 \
         + q1*q2/3 + q2*q3/7 + q3*q4/11 + q4*q5/13 + q1*q5/17",
        "q1 q2 q3 q4 q5",
        "p1 p2 p3 p4 p5",
    );
    let found = laws(&h);
    assert_eq!(found.assessment.independent().rank, 5);
    assert_eq!(found.assessment.involutive().len(), 5);
}

#[test]
fn wider_spaces_count_what_narrower_ones_held() {
    let h = hamiltonian("(px^2+py^2)/2 + x^2 + 3*y^2/2 + x*y/3", "x y", "px py");
    let found = laws(&h);
    let counts: Vec<usize> =
        found.searched.iter().filter(|s| s.momentum_degree == 2).map(|s| s.integrals).collect();
    // H and the other law; their products have momentum degree 4.
    assert_eq!(counts, [2, 2, 2]);
}

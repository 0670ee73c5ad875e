//! Coefficients that vanish, or are equal, modulo the primes by which the algebra counts change no answer.

use liouville_kernel::algebra::{Element, ZeroTest};
use liouville_kernel::expr::{Expr, Symbol, parse};
use liouville_kernel::mechanics::{Bracket, PhaseSpace, bracket_of, functional_rank};

/// 2^61 − 1, 2^61 − 31, and their product.
const P: &str = "2305843009213693951";
const Q: &str = "2305843009213693921";
const PQ: &str = "(2305843009213693951*2305843009213693921)";

fn space() -> PhaseSpace {
    let symbols = |names: [&str; 3]| names.map(Symbol::new).to_vec();
    PhaseSpace::new(symbols(["x", "y", "z"]), symbols(["px", "py", "pz"])).expect("a phase space")
}

fn formula(text: &str) -> Expr {
    parse(text).unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn with_primes(text: &str) -> [String; 3] {
    [P, Q, PQ].map(|number| text.replace('P', number))
}

#[test]
fn ranks() {
    for (functions, rank) in [
        (vec!["(px^2 + py^2 + pz^2)/2", "px", "P*py"], 3),
        (vec!["px", "P*px + py"], 2),
        (vec!["px + py", "px + (P + 1)*py"], 2),
        (vec!["px + py", "px + py + P*x"], 2),
        (vec!["x*px", "x*px + P*y*py", "z"], 3),
        (vec!["px/P", "py/P", "pz"], 3),
        (vec!["1/(P*x + 1)", "y"], 2),
        (vec!["1/(x + P*y)", "x"], 2),
        (vec!["P*x", "x"], 1),
        (vec!["x + P*y", "(x + P*y)^2", "y"], 2),
        (vec!["sin(x)", "sin(x) + P*sin(y)"], 2),
    ] {
        for which in 0..3 {
            let functions: Vec<Expr> =
                functions.iter().map(|text| formula(&with_primes(text)[which])).collect();
            let found = functional_rank(&functions, &space()).expect("a rank");
            assert_eq!(found.rank, rank, "{functions:?}");
        }
    }
}

#[test]
fn zero_tests() {
    for text in [
        "P*x",
        "P*(x - y)",
        "(P + 1)*x - x",
        "P/(x + y)",
        "1/(P*x + y) - 1/y",
        "P*(x^2 - y^2)/(x + y)",
        "x/(x + P) - 1",
        "P*sqrt(x)",
        "(x + P*y)^2 - x^2",
        "P*(x - y)^3*(x + y)^3",
        "1/P",
        "x/P - y/P",
    ] {
        for text in with_primes(text) {
            let expr = formula(&text);
            let (_, elements) = Element::all_from(space().variables(), [&expr]).expect("a field");
            assert_eq!(elements[0].zero_test(), ZeroTest::NonZero, "{text}");
        }
    }
    for text in ["P*x - x*P", "(x + P*y)*(x - P*y) - x^2 + P^2*y^2", "(x^2 - P^2)/(x - P) - x - P"] {
        for text in with_primes(text) {
            let expr = formula(&text);
            let (_, elements) = Element::all_from(space().variables(), [&expr]).expect("a field");
            assert_eq!(elements[0].zero_test(), ZeroTest::Zero, "{text}");
        }
    }
}

#[test]
fn brackets() {
    for (f, g) in [("P*x", "px"), ("px^2 + P*x", "px"), ("x + y", "px - py + P*py"), ("P*x*py", "x + y")] {
        for (f, g) in with_primes(f).into_iter().zip(with_primes(g)) {
            let bracket = bracket_of(&formula(&f), &formula(&g), &space()).expect("a bracket");
            assert!(matches!(bracket, Bracket::NonZero(_)), "{f}, {g}");
        }
    }
}

/// Divisors and denominators with such coefficients.
#[test]
fn quotients() {
    for (a, b) in [
        ("(x^2 - P^2*y^2)/(x - P*y)", "x + P*y"),
        ("1/(x*(x + P)) ", "(1/x - 1/(x + P))/P"),
        ("(P*x + y)*(x + P*y)/((P*x + y)*(x + y))", "(x + P*y)/(x + y)"),
        ("(P*x^3 - P*y^3)/(x - y)", "P*(x^2 + x*y + y^2)"),
        ("sqrt(P^2*x^2 + 2*P*x*y + y^2)^2", "(P*x + y)^2"),
    ] {
        for (a, b) in with_primes(a).into_iter().zip(with_primes(b)) {
            let expr = formula(&format!("{a} - ({b})"));
            let (_, elements) = Element::all_from(space().variables(), [&expr]).expect("a field");
            assert_eq!(elements[0].zero_test(), ZeroTest::Zero, "{a}, {b}");
        }
    }
}

//! Defects that the exact kernel once had, each with its smallest example.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use liouville_kernel::algebra::{AlgebraError, Element, MAX_WORK, ZeroTest, measured};
use liouville_kernel::expr::{Expr, Function, Symbol, parse};
use liouville_kernel::mechanics::{Conservation, Hamiltonian, PhaseSpace, Prover};

fn variables() -> Vec<Symbol> {
    ["x", "y", "z", "px", "py", "pz"].map(Symbol::new).to_vec()
}

fn elements(texts: &[&str]) -> Result<Vec<Element>, AlgebraError> {
    let formulas: Vec<Expr> = texts.iter().map(|t| parse(t).unwrap_or_else(|e| panic!("{t}: {e}"))).collect();
    Element::all_from(&variables(), &formulas).map(|(_, elements)| elements)
}

fn difference(a: &str, b: &str) -> ZeroTest {
    let elements = elements(&[a, b]).unwrap_or_else(|e| panic!("{a}, {b}: {e}"));
    elements[0].minus(&elements[1]).expect("one field").zero_test()
}

fn prove(law: &Expr, hamiltonian: &Hamiltonian) -> Conservation {
    Prover::new(hamiltonian).and_then(|prover| prover.prove(law)).expect("an answer")
}

/// (x³)^(1/3) was x without x > 0, so that a point x < 0, where it is not defined, bore witness.
#[test]
fn a_root_that_disappears_keeps_its_domain() {
    assert_ne!(difference("(x^3)^(1/3)", "sqrt(x^2)"), ZeroTest::NonZero);
    assert_eq!(difference("(x^3)^(1/3)", "x"), ZeroTest::Zero);
    assert_ne!(difference("((x - y)^3)^(1/3)", "sqrt((x - y)^2)"), ZeroTest::NonZero);
    assert_ne!(difference("((-x)^3)^(1/3)", "sqrt(x^2)"), ZeroTest::NonZero);
    // Squares lose nothing.
    assert_eq!(difference("(x^6)^(1/3)", "x^2"), ZeroTest::Zero);
    assert_eq!(difference("(x^6)^(1/3)", "x*sqrt(x^2)"), ZeroTest::NonZero);

    let space = PhaseSpace::new(variables()[..1].to_vec(), variables()[3..4].to_vec()).expect("a space");
    let energy = parse("px^2/2 + (x^3)^(1/3)").expect("a formula");
    let law = parse("px^2/2 + sqrt(x^2)").expect("a formula");
    let outcome = prove(&law, &Hamiltonian::new(energy, space));
    assert!(!matches!(outcome, Conservation::Refuted { .. }), "{outcome:?}");
}

/// ((y/x)³)^(1/3) was read as x y, and so was proved to be conserved where y/x is not.
#[test]
fn an_odd_power_of_a_quotient_keeps_its_denominator() {
    assert_eq!(difference("((y/x)^3)^(1/3)", "y/x"), ZeroTest::Zero);
    assert_eq!(difference("((y/x)^3)^(1/3)", "x*y"), ZeroTest::NonZero);
    assert_ne!(difference("sqrt((y/x)^3)", "y/x*sqrt(y/x)"), ZeroTest::NonZero);
    let space = PhaseSpace::new(variables()[..3].to_vec(), variables()[3..].to_vec()).expect("a space");
    let energy = Hamiltonian::new(parse("px*x - py*y").expect("a formula"), space);
    let outcome = prove(&parse("((y/x)^3)^(1/3)").expect("a formula"), &energy);
    assert!(!outcome.is_proved(), "{outcome:?}");
}

/// The root of 1/(e^y + p) took out the root of e^(−y).
#[test]
fn the_reciprocal_of_a_sum_is_not_that_of_its_leading_term() {
    let text = "sqrt(1 + 1/(exp(y) + px)^2)";
    let roots = "sqrt((exp(y) + px)^2 + 1)/sqrt((exp(y) + px)^2)";
    assert_ne!(difference(text, roots), ZeroTest::NonZero);
    assert_eq!(difference(text, "exp(-y)*sqrt((exp(y) + px)^2 + 1)"), ZeroTest::NonZero);
}

/// |x − 1| was left with its sign where √(1 − x) makes it 1 − x.
#[test]
fn a_magnitude_that_the_domain_makes_negative_is_its_negative() {
    assert_eq!(difference("sqrt(1 - x^2)", "sqrt(1 - x)*sqrt(1 + x)"), ZeroTest::Zero);
    assert_eq!(difference("sqrt(1 - x)*sqrt(1 + x)", "sqrt(1 - x^2)"), ZeroTest::Zero);
}

/// Roots of parameters were taken to be independent.
#[test]
fn roots_of_parameters_multiply() {
    assert_eq!(difference("sqrt(k*m)", "sqrt(k)*sqrt(m)"), ZeroTest::Zero);
    assert_eq!(difference("sqrt(k/m)", "sqrt(k)/sqrt(m)"), ZeroTest::Zero);
}

/// The denominator underflowed and the witness was lost.
#[test]
fn tiny_functions_do_not_vanish() {
    assert_eq!(difference("10^(-400)*x + 10^(-400)*y", "0"), ZeroTest::NonZero);
    assert_eq!(difference("x", "1/10^4000"), ZeroTest::NonZero);
}

/// Each of these ran for minutes.
#[test]
fn what_is_out_of_reach_is_refused_with_bounded_work() {
    let nested = |levels: usize| (0..levels).fold("x".to_owned(), |inner, _| format!("sqrt({inner} + y)"));
    let angles = (0..8).fold("x".to_owned(), |inner, _| format!("sin({inner} + y)"));
    let names: Vec<String> = (0..120).map(|k| format!("x{k}")).collect();
    let texts = [
        format!("1/({})^2", names.join(" + ")),
        "sqrt(x^2 + y^2 + z^2)^8000".to_owned(),
        "sqrt(x^2 + y^2 + z^2)^801".to_owned(),
        "cos(128*x + 127*y + 126*z)".to_owned(),
        "cos(128*x)*cos(127*y)*cos(126*z)".to_owned(),
        "1/(1 + x^(1/3) + y^(1/5) + z^(1/7))".to_owned(),
        nested(10),
        format!("1/({} - 1)", nested(10)),
        angles,
        format!("({})^3", names[..100].join(" + ")),
        "(x + y + z)^500".to_owned(),
        "(x + y + z + px + py + pz)^30".to_owned(),
    ];
    let ask = |text: &String| {
        let (outcome, work) = measured(|| elements(&[text]).map(|e| e[0].zero_test()));
        assert!(work < 4 * MAX_WORK, "{text:.60} took {work}: {outcome:?}");
    };
    // Some take much longer than others: each thread takes the next.
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(text) = texts.get(next.fetch_add(1, Ordering::Relaxed)) {
            ask(text)
        }
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(work);
        work();
        other.join().expect("the other thread");
    });
}

/// Formulas built by the interface may nest deeper than those that are read.
#[test]
fn deep_formulas_are_refused_without_recursion() {
    let mut deep = Expr::symbol("x");
    for level in 0..20_000 {
        deep = match level % 3 {
            0 => deep.call(Function::Sin),
            1 => Expr::Negative(Arc::new(deep)),
            _ => Expr::one().over(deep),
        };
    }
    let outcome = Element::all_from(&variables(), [&deep]).map(|_| ());
    assert_eq!(outcome, Err(AlgebraError::TooDeep));
    // What the parser takes at its deepest is taken here.
    let text = (0..190).fold("x".to_owned(), |inner, _| format!("1/(1 + 2*({inner}))"));
    assert!(parse(&text).is_err() || elements(&[&text]).is_ok());
    let text = (0..95).fold("x".to_owned(), |inner, _| format!("-(1 + exp({inner}))"));
    assert!(elements(&[&text]).is_ok());
}

//! Sums over linear denominators, decided one pole at a time.

use liouville_kernel::algebra::Element;
use liouville_kernel::expr::{Expr, Symbol, parse};

use crate::random::Random;

fn element(text: &str) -> Element {
    let variables: Vec<Symbol> = ["w", "x", "y", "z"].map(Symbol::new).to_vec();
    let formula: Expr = parse(text).expect("a formula");
    Element::all_from(&variables, [&formula]).expect("an element").1.swap_remove(0)
}

fn by_poles(element: &Element) -> Option<bool> {
    element.vanishes_by_poles().expect("an answer")
}

#[test]
fn relations_between_reciprocals_are_seen() {
    for (text, zero) in [
        ("1/(x-y)/(y-z) + 1/(y-z)/(z-x) + 1/(z-x)/(x-y)", true),
        ("1/(x-y)/(y-z) + 1/(y-z)/(z-x) - 1/(z-x)/(x-y)", false),
        ("1/(x-y)^2/(y-z)^2 - (1/(x-y)/(x-z) + 1/(y-z)/(x-z))^2", true),
        ("1/(x-y)^2/(y-z)^3 - (1/(x-y)/(x-z) + 1/(y-z)/(x-z))^2", false),
        ("1/(x-y)/(x+y) - 1/(x-y)/(2*x) - 1/(x+y)/(2*x)", true),
        ("1/(x-y)/(x+y) - 1/(x-y)/(3*x) - 1/(x+y)/(2*x)", false),
        ("x/(x-y) - y/(x-y) - 1", true),
        ("(x-w)^2/(x-y)^2 - (y-w)^2/(x-y)^2 - (x+y-2*w)/(x-y)", true),
        ("1/(x+y+z) + 1/(x+y+w) - (2*x+2*y+z+w)/(x+y+z)/(x+y+w)", true),
    ] {
        assert_eq!(by_poles(&element(text)), Some(zero), "{text}");
        assert_eq!(element(text).is_zero_form(), zero, "{text}");
    }
}

#[test]
fn denominators_out_of_reach_are_left_to_others() {
    for text in ["1/(x^2+y^2) - 1/(x^2+z^2)", "1/(2*x-3*y) - 1/(5*x+7*y)"] {
        assert_eq!(by_poles(&element(text)), None, "{text}");
    }
}

#[test]
fn random_sums_agree_with_the_common_denominator() {
    let mut random = Random::new(7);
    let names = ["w", "x", "y", "z"];
    let mut pick = |count: usize| random.random_range(0..count);
    for case in 0..60 {
        let mut difference = || {
            let (i, k) = (pick(4), 1 + pick(3));
            (names[i], names[(i + k) % 4])
        };
        let mut term = || {
            let ((a, b), (c, d), (e, f)) = (difference(), difference(), difference());
            format!("({a} - 2*{d})/({a}-{b})/({c}-{d})^2/({e}-{f})")
        };
        let (first, second) = (term(), term());
        // (1/(w-x) + 1/(x-y))·(w-x)·(x-y) = w - y: the same function written in two ways.
        let relation = "(1/(w-x)/(x-y) - 1/(w-y)/(x-y) - 1/(w-x)/(w-y))";
        let zero = element(&format!("({first} + {second})*{relation}"));
        assert_ne!(by_poles(&zero), Some(false), "case {case}");
        let other = element(&format!("({first} + {second})*{relation} + {first}"));
        assert_ne!(by_poles(&other), Some(true), "case {case}");
        assert!(zero.is_zero_form() && !other.is_zero_form(), "case {case}");
    }
}

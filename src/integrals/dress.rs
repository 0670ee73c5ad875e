//! The same law in another dress: sin(p), cos(p) beside p, |L| beside L. A law whose formula is written in other laws alone
//! says nothing that these do not say.

use std::collections::BTreeSet;

use crate::expr::{Expr, Symbol};

/// The places of the laws that are not written in others, later ones being left out first. `known` are functions that
/// stand beside the laws, such as H.
pub fn undressed(laws: &[&Expr], known: &[&Expr], variables: &[Symbol]) -> Vec<usize> {
    let mut kept: Vec<usize> = (0..laws.len()).collect();
    for place in (0..laws.len()).rev() {
        let others: Vec<&Expr> =
            kept.iter().filter(|&&k| k != place).map(|&k| laws[k]).chain(known.iter().copied()).collect();
        if is_written_in(laws[place], &others, variables) {
            kept.retain(|&k| k != place);
        }
    }
    kept
}

/// Whether a formula has no variable left where others are put in for what equals them. Then it is a function of these.
pub fn is_written_in(formula: &Expr, others: &[&Expr], variables: &[Symbol]) -> bool {
    let negatives: Vec<Expr> = others.iter().map(|&other| other.clone().negated()).collect();
    let known: BTreeSet<&Expr> = others.iter().copied().chain(&negatives).collect();
    has_no_variable(formula, &known, variables)
}

fn has_no_variable(formula: &Expr, known: &BTreeSet<&Expr>, variables: &[Symbol]) -> bool {
    if known.contains(formula) {
        return true;
    }
    match formula {
        Expr::Symbol(symbol) => !variables.contains(symbol),
        _ => formula.children().all(|child| has_no_variable(child, known, variables)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::parse;

    #[test]
    fn functions_of_other_laws_are_seen() {
        let variables = ["x", "y", "px", "py"].map(Symbol::new);
        for (law, others, expected) in [
            ("sin(py)", &["py"][..], true),
            ("py*cos(py) + k", &["py"], true),
            ("sqrt((x*py - y*px)^2)", &["x*py - y*px"], true),
            ("exp(-(x*py - y*px))*py", &["x*py - y*px", "py"], true),
            ("log(px^2 + x^2)", &["px^2 + x^2", "py"], true),
            ("py", &["sin(py)"], false),
            ("x*py - y*px", &["sqrt((x*py - y*px)^2)"], false),
            ("sin(py)*x", &["py"], false),
        ] {
            let formula = |text: &str| parse(text).expect("a formula");
            let others: Vec<Expr> = others.iter().map(|other| formula(other)).collect();
            let others: Vec<&Expr> = others.iter().collect();
            assert_eq!(is_written_in(&formula(law), &others, &variables), expected, "{law}");
        }
        let laws = ["sin(py)", "py", "cos(py)"].map(|text| parse(text).expect("a formula"));
        assert_eq!(undressed(&laws.each_ref(), &[], &variables), [1]);
    }
}

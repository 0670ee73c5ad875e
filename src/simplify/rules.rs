//! The rewrite rules: named data, each an identity wherever both sides are defined.
//!
//! There is no associativity, which would multiply the sums of a formula by thousands; what it would
//! find is found by seeds. Nothing here needs a side condition: a rule that does would have to treat
//! "unknown" as "no".

use egg::{Pattern, Rewrite};

use super::language::Node;

/// Name, left side, right side.
pub(super) const RULES: &[(&str, &str, &str)] = &[
    // Common factors, in each orientation.
    ("factor-left", "(+ (* ?a ?b) (* ?a ?c))", "(* ?a (+ ?b ?c))"),
    ("factor-right", "(+ (* ?b ?a) (* ?c ?a))", "(* (+ ?b ?c) ?a)"),
    ("factor-crossed", "(+ (* ?a ?b) (* ?c ?a))", "(* ?a (+ ?b ?c))"),
    ("factor-crossed-back", "(+ (* ?b ?a) (* ?a ?c))", "(* ?a (+ ?b ?c))"),
    ("factor-left-minus", "(- (* ?a ?b) (* ?a ?c))", "(* ?a (- ?b ?c))"),
    ("factor-right-minus", "(- (* ?b ?a) (* ?c ?a))", "(* (- ?b ?c) ?a)"),
    ("factor-crossed-minus", "(- (* ?a ?b) (* ?c ?a))", "(* ?a (- ?b ?c))"),
    ("factor-crossed-back-minus", "(- (* ?b ?a) (* ?a ?c))", "(* ?a (- ?b ?c))"),
    ("factor-one", "(+ (* ?a ?b) ?a)", "(* ?a (+ ?b 1))"),
    ("factor-one-minus", "(- (* ?a ?b) ?a)", "(* ?a (- ?b 1))"),
    // Fractions.
    ("common-denominator", "(+ (/ ?a ?c) (/ ?b ?c))", "(/ (+ ?a ?b) ?c)"),
    ("common-denominator-minus", "(- (/ ?a ?c) (/ ?b ?c))", "(/ (- ?a ?b) ?c)"),
    ("quotient-of-product", "(* (/ ?a ?b) ?c)", "(/ (* ?a ?c) ?b)"),
    ("quotient-of-product-right", "(* ?c (/ ?a ?b))", "(/ (* ?c ?a) ?b)"),
    ("quotient-of-quotient", "(/ (/ ?a ?b) ?c)", "(/ ?a (* ?b ?c))"),
    ("reciprocal-times", "(/ (* 1 ?a) ?b)", "(/ ?a ?b)"),
    ("divide-by-root", "(/ ?a (sqrt ?a))", "(sqrt ?a)"),
    // Signs.
    ("add-negative", "(+ ?a (neg ?b))", "(- ?a ?b)"),
    ("negative-add", "(+ (neg ?a) ?b)", "(- ?b ?a)"),
    ("subtract-negative", "(- ?a (neg ?b))", "(+ ?a ?b)"),
    ("negative-difference", "(neg (- ?a ?b))", "(- ?b ?a)"),
    ("double-negative", "(neg (neg ?a))", "?a"),
    ("negative-factor", "(* (neg ?a) ?b)", "(neg (* ?a ?b))"),
    ("negative-factor-right", "(* ?a (neg ?b))", "(neg (* ?a ?b))"),
    ("negative-numerator", "(/ (neg ?a) ?b)", "(neg (/ ?a ?b))"),
    ("square-of-difference", "(^ (- ?a ?b) 2)", "(^ (- ?b ?a) 2)"),
    ("square-of-negative", "(^ (neg ?a) 2)", "(^ ?a 2)"),
    ("subtract-product", "(- ?x (* (- ?a ?b) ?c))", "(+ ?x (* (- ?b ?a) ?c))"),
    // Powers.
    ("square", "(* ?a ?a)", "(^ ?a 2)"),
    ("cube", "(* ?a (^ ?a 2))", "(^ ?a 3)"),
    ("square-of-root", "(^ (sqrt ?a) 2)", "?a"),
    ("root-twice", "(* (sqrt ?a) (sqrt ?a))", "?a"),
    ("product-of-squares", "(* (^ ?a 2) (^ ?b 2))", "(^ (* ?a ?b) 2)"),
    ("quotient-of-squares", "(/ (^ ?a 2) (^ ?b 2))", "(^ (/ ?a ?b) 2)"),
    ("difference-of-squares", "(- (^ ?a 2) (^ ?b 2))", "(* (- ?a ?b) (+ ?a ?b))"),
    ("twice", "(+ ?a ?a)", "(* 2 ?a)"),
    // Exponentials.
    ("exponentials", "(* (exp ?a) (exp ?b))", "(exp (+ ?a ?b))"),
    ("exponentials-over", "(/ (exp ?a) (exp ?b))", "(exp (- ?a ?b))"),
    // Trigonometry.
    ("pythagoras", "(+ (^ (sin ?a) 2) (^ (cos ?a) 2))", "1"),
    ("one-minus-sine-squared", "(- 1 (^ (sin ?a) 2))", "(^ (cos ?a) 2)"),
    ("one-minus-cosine-squared", "(- 1 (^ (cos ?a) 2))", "(^ (sin ?a) 2)"),
    ("tangent", "(/ (sin ?a) (cos ?a))", "(tan ?a)"),
    ("double-sine", "(* 2 (* (sin ?a) (cos ?a)))", "(sin (* 2 ?a))"),
    ("double-sine-flat", "(* (* 2 (cos ?a)) (sin ?a))", "(sin (* 2 ?a))"),
    ("double-sine-flat-2", "(* (* 2 (sin ?a)) (cos ?a))", "(sin (* 2 ?a))"),
    ("double-cosine", "(- 1 (* 2 (^ (sin ?a) 2)))", "(cos (* 2 ?a))"),
    ("sine-of-sum", "(+ (* (sin ?a) (cos ?b)) (* (cos ?a) (sin ?b)))", "(sin (+ ?a ?b))"),
    ("cosine-of-difference", "(+ (* (cos ?a) (cos ?b)) (* (sin ?a) (sin ?b)))", "(cos (- ?a ?b))"),
    ("cosine-of-sum", "(- (* (cos ?a) (cos ?b)) (* (sin ?a) (sin ?b)))", "(cos (+ ?a ?b))"),
];

/// The rules as egg takes them.
pub(super) fn rewrites() -> Vec<Rewrite<Node, ()>> {
    RULES
        .iter()
        .filter_map(|(name, left, right)| {
            let (left, right): (Pattern<Node>, Pattern<Node>) = (left.parse().ok()?, right.parse().ok()?);
            Rewrite::new(*name, left, right).ok()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::{Symbol, Tape};
    use egg::{Language, PatternAst, RecExpr};

    /// The formula of a pattern, its variables as names.
    fn formula(pattern: &str) -> crate::expr::Expr {
        let ast: PatternAst<Node> = pattern.parse().unwrap();
        let mut term = RecExpr::default();
        for node in &ast {
            term.add(match node {
                egg::ENodeOrVar::ENode(node) => node.clone().map_children(|id| id),
                egg::ENodeOrVar::Var(v) => {
                    Node::Variable(v.to_string().trim_start_matches('?').parse().unwrap())
                }
            });
        }
        super::super::language::to_expr(&term)
    }

    #[test]
    fn every_rule_holds_at_random_points() {
        assert_eq!(rewrites().len(), RULES.len());
        let names: Vec<Symbol> = ["a", "b", "c", "x"].map(Symbol::new).to_vec();
        let mut state = 0x9e37_79b9_7f4a_7c15u64;
        let mut uniform = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            0.2 + 1.3 * (state >> 11) as f64 / (1u64 << 53) as f64
        };
        let points: Vec<f64> = (0..4 * 50).map(|_| uniform()).collect();
        for (name, left, right) in RULES {
            let tape = Tape::new(&[formula(left), formula(right)], &names).unwrap();
            for values in tape.evaluate(&points).chunks(2) {
                let (l, r) = (values[0], values[1]);
                assert!((l - r).abs() <= 1e-10 * (1.0 + l.abs().max(r.abs())), "{name}: {l} and {r}");
            }
        }
    }
}

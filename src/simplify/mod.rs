//! Presentation: of the many writings of a function, the one with the fewest symbols.
//!
//! ```text
//! Expr ──read──▶ sum over atoms ──seeds──▶ e-graph ──rules──▶ cheapest term ──arrange──▶ Expr
//!                                                                                         │
//!                                             algebra: equal to the input? ◀──────────────┘
//! ```
//!
//! A formula is read as a sum of monomials in its variables and other *atoms* (roots and denominators
//! with sums inside, exponentials, sines). Each sum is a class of an e-graph (egg), and is united with
//! its *seeds*: Horner forms, groupings, sums of squares, bilinear and rank factorisations, perfect
//! powers, linear factors, each an identity of exact algebra (Willsey et al., *egg: Fast and extensible
//! equality saturation*, POPL 2021, for the e-graph). A light set of rules without associativity then
//! joins what the seeds bring. The cheapest term has the fewest symbols, then the least depth, then comes
//! first in a fixed order.
//!
//! None of this is trusted: what is returned was compared with the input by [`algebra`](crate::algebra),
//! and where that fails the canonical form of `algebra` is returned instead.
//!
//! # The canonical order
//!
//! Terms stand with higher momentum degree first, then higher total degree, then lexicographically:
//! parameters, coordinates, momenta, each in the order of the phase space (without one: names beginning
//! with `p` count as momenta, and names are ordered with their numbers read as numbers). In products the
//! number comes first, then variables in that order (coordinates before momenta), functions, sums of
//! coordinates, sums of momenta. A law is scaled so that its multiplied-out form has coprime integer
//! coefficients and a positive first one: `L = qx*py - qy*px`.

mod arrange;
mod graph;
mod language;
mod monomial;
mod reading;
mod rules;
mod seeds;

use std::collections::BTreeSet;

use crate::algebra::{AlgebraError, Element};
use crate::expr::{Condition, Expr, Rational, Symbol};
use crate::laurent::PowerProduct;
use crate::mechanics::{self, MechanicsError, PhaseSpace};

use graph::Graph;
use language::to_expr;
use monomial::{Monomial, Poly};
use reading::{Order, Reader};

/// Why a formula has no compact form.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SimplifyError {
    /// A denominator that is identically zero.
    #[error("a denominator of the formula is identically zero")]
    DivisionByZero,
    /// Too large to be multiplied out.
    #[error("{what} is too large to be multiplied out")]
    TooLarge {
        /// What is.
        what: &'static str,
    },
    /// The exact algebra cannot represent the formula.
    #[error(transparent)]
    Algebra(#[from] AlgebraError),
}

/// A formula in its compact form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Compact {
    /// The formula.
    pub expr: Expr,
    /// Whether exact algebra found it equal to the input. Where it could not be decided, [`expr`](Self::expr)
    /// is the input itself.
    pub proved_equal: bool,
}

/// Iterations of the rules after the seeds, and again after the formula as written.
const ITERATIONS: [usize; 2] = [4, 2];
/// Formulas with more symbols than this are only read and arranged.
const MAX_SYMBOLS: usize = 20_000;

/// The formula with the fewest symbols found that denotes the same function.
///
/// It never has more symbols than the input has once arranged. Constants stay exact.
///
/// # Errors
/// A denominator that is identically zero, or what the exact algebra cannot represent.
///
/// ```
/// use liouville::{expr::parse, simplify::compact};
/// let expanded = parse("qx1*py1 - qx1*py2 - qx2*py1 + qx2*py2").unwrap();
/// assert_eq!(compact(&expanded).unwrap().expr.to_string(), "(qx1 - qx2)*(py1 - py2)");
/// ```
pub fn compact(formula: &Expr) -> Result<Compact, SimplifyError> {
    let order = Order::of_names(&formula.symbols());
    let found = match choose(formula, &order, false) {
        Ok(choice) => choice.expr,
        Err(SimplifyError::TooLarge { .. }) => order.arrange(formula),
        Err(error) => return Err(error),
    };
    checked(formula, &found.clone(), found)
}

/// The conditions that must stand beside another writing of a formula, so that it has no larger domain.
///
/// # Errors
/// A formula that divides by zero or is real nowhere.
pub fn conditions_beside(formula: &Expr, written: &Expr) -> Result<Vec<Condition>, SimplifyError> {
    let symbols: BTreeSet<Symbol> = formula.symbols().union(&written.symbols()).cloned().collect();
    let variables: Vec<Symbol> = symbols.into_iter().collect();
    match mechanics::conditions_beside(&variables, (formula, &[]), written, &[]) {
        Ok(conditions) => Ok(conditions),
        Err(MechanicsError::Algebra(
            error @ (AlgebraError::DivisionByZero { .. }
            | AlgebraError::EmptyDomain { .. }
            | AlgebraError::OutsideClass { .. }),
        )) => Err(error.into()),
        // What is out of reach stands as it was written.
        Err(_) => Ok(Vec::new()),
    }
}

/// The steps from a formula to its compact form, one line each, with the rule or seed that makes it:
/// egg's proof of equality. The last line is what [`compact`] finds.
///
/// # Errors
/// As [`compact`].
pub fn explain(formula: &Expr) -> Result<Vec<String>, SimplifyError> {
    let order = Order::of_names(&formula.symbols());
    let mut choice = choose(formula, &order, true)?;
    let mut start = egg::RecExpr::default();
    language::add_tree(formula, &mut |node| start.add(node));
    let mut steps = Vec::new();
    let mut shown = String::new();
    for (rule, term) in choice.graph.explain(&start, &choice.term) {
        let written = to_expr(&term).to_string();
        match rule {
            None => steps.push(format!("  {written}")),
            // Some rules change how a term is built, not how it is written.
            Some(_) if written == shown => {}
            Some(rule) => steps.push(format!("= {written}    [{rule}]")),
        }
        shown = written;
    }
    let last = choice.expr.to_string();
    if last != shown {
        steps.push(format!("= {last}    [order of terms and factors]"));
    }
    Ok(steps)
}

/// The canonical form of a conserved quantity: the same text for `c·F + d` whatever `c`, `d` and the
/// writing of `F`. Coefficients are coprime integers as far as they are rational, the first term is
/// positive, additive constants and factors that are powers of parameters are dropped; among the
/// writings of that, the most compact.
///
/// # Errors
/// As [`compact`].
pub fn canonical_law(law: &Expr, space: &PhaseSpace) -> Result<Expr, SimplifyError> {
    let order = Order::of_phase_space(space.coordinates(), space.momenta());
    let sum = Reader::new(&order, law)?.read(law)?;
    let order = order.completed(&law.symbols());
    let (varying, constant) = split_constant(&sum);
    let (parameters, _) = varying.common_monomial().split(monomial::Atom::is_parameter);
    let bare = varying.times_term(&parameters.inverse(), &Rational::ONE);
    let (mut scale, canonical) = bare.primitive();
    let mut found = presented(&canonical, &order);
    // The first term as printed, where a compact form begins otherwise than the sum multiplied out.
    if let Expr::Negative(opposite) = found {
        found = (*opposite).clone();
        scale = -scale;
    }
    let factor = expanded(&Poly::term(parameters, scale), &order);
    let restored = factor * found.clone() + expanded(&constant, &order);
    Ok(checked(law, &restored, found)?.expr)
}

/// The canonical form of a quantity whose scale has a meaning, such as a bracket.
///
/// # Errors
/// As [`compact`].
pub fn canonical_value(value: &Expr) -> Result<Expr, SimplifyError> {
    in_order(value, &Order::of_names(&value.symbols()), false)
}

/// As [`canonical_value`], in the order of a phase space.
///
/// # Errors
/// As [`compact`].
pub fn canonical_value_in(value: &Expr, space: &PhaseSpace) -> Result<Expr, SimplifyError> {
    in_order(value, &Order::of_phase_space(space.coordinates(), space.momenta()), false)
}

/// The canonical form of a Hamiltonian: its scale is kept, its additive constant dropped.
///
/// # Errors
/// As [`compact`].
pub fn canonical_hamiltonian(hamiltonian: &Expr, space: &PhaseSpace) -> Result<Expr, SimplifyError> {
    in_order(hamiltonian, &Order::of_phase_space(space.coordinates(), space.momenta()), true)
}

fn in_order(value: &Expr, order: &Order, drop_constant: bool) -> Result<Expr, SimplifyError> {
    let sum = Reader::new(order, value)?.read(value)?;
    let order = order.completed(&value.symbols());
    let (kept, dropped) = if drop_constant { split_constant(&sum) } else { (sum, Poly::zero()) };
    let found = presented(&kept, &order);
    let restored = found.clone() + expanded(&dropped, &order);
    Ok(checked(value, &restored, found)?.expr)
}

/// The terms with variables in them, and those without.
fn split_constant(sum: &Poly) -> (Poly, Poly) {
    let is_constant = |m: &Monomial| m.factors().iter().all(|(atom, _)| atom.is_parameter());
    let owned = |(m, c): (&Monomial, &Rational)| (m.clone(), c.clone());
    let (constant, varying): (Vec<_>, Vec<_>) = sum.terms().partition(|(m, _)| is_constant(m));
    (Poly::from_terms(varying.into_iter().map(owned)), Poly::from_terms(constant.into_iter().map(owned)))
}

/// The sum with all its terms written out.
fn expanded(sum: &Poly, order: &Order) -> Expr {
    let mut graph = Graph::new(false);
    let root = graph.class_of(sum);
    order.arrange(&to_expr(&graph.cheapest(root)))
}

/// The most compact writing of a sum.
fn presented(sum: &Poly, order: &Order) -> Expr {
    let mut graph = Graph::new(false);
    let root = graph.class_of(sum);
    graph.seed();
    graph.rewrite(ITERATIONS[0]);
    order.arrange(&to_expr(&graph.cheapest(root)))
}

/// The writing chosen for a formula, as a term of its e-graph and arranged.
struct Choice {
    graph: Graph,
    term: egg::RecExpr<language::Node>,
    expr: Expr,
}

/// The most compact writing of a formula, its own among those to choose from.
fn choose(formula: &Expr, order: &Order, explained: bool) -> Result<Choice, SimplifyError> {
    if formula.symbol_count() > MAX_SYMBOLS {
        return Err(SimplifyError::TooLarge { what: "the formula" });
    }
    let mut reader = Reader::new(order, formula)?;
    let sum = reader.read(formula)?;
    let mut graph = Graph::new(explained);
    let root = graph.class_of(&sum);
    graph.seed();
    graph.rewrite(ITERATIONS[0]);
    let term = graph.cheapest(root);
    let expr = order.arrange(&to_expr(&term));
    let written = order.arrange(formula);
    let id = graph.tree(formula);
    graph.unite(root, id, "normal form");
    if written.symbol_count() > 2 * expr.symbol_count() {
        graph.rewrite(0);
        return Ok(Choice { graph, term, expr });
    }
    let id = graph.tree(&written);
    graph.unite(root, id, "order of terms and factors");
    for inner in nested(&written) {
        let class = graph.tree(inner);
        let sum = reader.read(inner)?;
        let known = graph.class_of(&sum);
        graph.unite(class, known, "normal form");
    }
    graph.seed();
    graph.rewrite(ITERATIONS[1]);
    let other = graph.cheapest(root);
    let other_expr = order.arrange(&to_expr(&other));
    // On a tie the canonical writing stands, whatever the formula looked like.
    if other_expr.symbol_count() < expr.symbol_count() {
        return Ok(Choice { graph, term: other, expr: other_expr });
    }
    Ok(Choice { graph, term, expr })
}

/// What stands under roots, in functions and denominators.
fn nested(formula: &Expr) -> Vec<&Expr> {
    fn collect<'a>(expr: &'a Expr, into: &mut Vec<&'a Expr>) {
        match expr {
            Expr::Call(_, inner) | Expr::Quotient(_, inner) | Expr::Power(inner, _)
                if matches!(**inner, Expr::Sum(_) | Expr::Product(_)) && into.len() < 24 =>
            {
                into.push(inner);
            }
            _ => {}
        }
        expr.children().for_each(|child| collect(child, into));
    }
    let mut found = Vec::new();
    collect(formula, &mut found);
    found
}

/// `found` where exact algebra shows `restored`, what `found` says the formula is, equal to it; else the
/// canonical form that `algebra` gives it or, where there is none, the formula.
fn checked(formula: &Expr, restored: &Expr, found: Expr) -> Result<Compact, SimplifyError> {
    if restored == formula {
        return Ok(Compact { expr: found, proved_equal: true });
    }
    let symbols: BTreeSet<Symbol> = formula.symbols().union(&restored.symbols()).cloned().collect();
    let variables: Vec<Symbol> = symbols.into_iter().collect();
    match Element::all_from(&variables, [formula, restored]) {
        Ok((_, elements)) => {
            let equal = match elements.as_slice() {
                [a, b] => a.minus(b)?.is_zero_form(),
                _ => false,
            };
            if elements.first().is_some_and(Element::is_zero_form) {
                return Ok(Compact { expr: Expr::zero(), proved_equal: true });
            }
            let canonical = || elements.first().map_or_else(|| formula.clone(), Element::to_expr);
            Ok(Compact { expr: if equal { found } else { canonical() }, proved_equal: true })
        }
        Err(AlgebraError::TooLarge | AlgebraError::ExponentTooLarge) => {
            Ok(Compact { expr: formula.clone(), proved_equal: false })
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests;

//! The language of the e-graph: binary operators, exact constants, subtraction as its own operator.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use egg::{Id, Language, RecExpr, define_language};

use crate::expr::{Expr, Function, Rational, Symbol};

/// A non-negative exact constant.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Constant(pub(super) Rational);

impl FromStr for Constant {
    type Err = ();
    fn from_str(text: &str) -> Result<Constant, ()> {
        text.parse::<Rational>().map(Constant).map_err(|_| ())
    }
}

impl fmt::Display for Constant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A variable.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Variable(pub(super) Symbol);

impl FromStr for Variable {
    type Err = ();
    fn from_str(text: &str) -> Result<Variable, ()> {
        if crate::expr::is_name(text) { Ok(Variable(Symbol::new(text))) } else { Err(()) }
    }
}

impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

define_language! {
    /// A node of the e-graph.
    pub(super) enum Node {
        Constant(Constant),
        "pi" = Pi,
        "+" = Add([Id; 2]),
        "-" = Subtract([Id; 2]),
        "neg" = Negate(Id),
        "*" = Multiply([Id; 2]),
        "/" = Divide([Id; 2]),
        "^" = Power([Id; 2]),
        "sqrt" = Sqrt(Id),
        "sin" = Sin(Id),
        "cos" = Cos(Id),
        "tan" = Tan(Id),
        "exp" = Exp(Id),
        "log" = Log(Id),
        Variable(Variable),
    }
}

impl Node {
    pub(super) fn call(function: Function, argument: Id) -> Node {
        match function {
            Function::Sqrt => Node::Sqrt(argument),
            Function::Sin => Node::Sin(argument),
            Function::Cos => Node::Cos(argument),
            Function::Tan => Node::Tan(argument),
            Function::Exp => Node::Exp(argument),
            Function::Log => Node::Log(argument),
        }
    }

    pub(super) fn number(value: impl Into<Rational>) -> Node {
        Node::Constant(Constant(value.into()))
    }
}

/// A sum or product, from the left; a negative term is subtracted.
fn add_all(items: &[Expr], product: bool, add: &mut dyn FnMut(Node) -> Id) -> Id {
    let Some((first, rest)) = items.split_first() else { return add(Node::number(u8::from(product))) };
    let mut all = add_tree(first, add);
    for item in rest {
        all = match item {
            Expr::Negative(inner) if !product => {
                let inner = add_tree(inner, add);
                add(Node::Subtract([all, inner]))
            }
            _ => {
                let item = add_tree(item, add);
                add(if product { Node::Multiply([all, item]) } else { Node::Add([all, item]) })
            }
        };
    }
    all
}

/// Adds the tree of `expr` node by node; `add` returns the identity of each.
pub(super) fn add_tree(expr: &Expr, add: &mut dyn FnMut(Node) -> Id) -> Id {
    match expr {
        Expr::Number(value) if *value < Rational::ZERO => {
            let value = add(Node::number(-value.clone()));
            add(Node::Negate(value))
        }
        Expr::Number(value) => add(Node::number(value.clone())),
        Expr::Pi => add(Node::Pi),
        Expr::Symbol(symbol) => add(Node::Variable(Variable(symbol.clone()))),
        Expr::Sum(items) => add_all(items, false, add),
        Expr::Product(items) => add_all(items, true, add),
        Expr::Quotient(n, d) => {
            let (n, d) = (add_tree(n, add), add_tree(d, add));
            add(Node::Divide([n, d]))
        }
        Expr::Power(base, exponent) => {
            let (base, exponent) = (add_tree(base, add), add_tree(exponent, add));
            add(Node::Power([base, exponent]))
        }
        Expr::Negative(inner) => {
            let inner = add_tree(inner, add);
            add(Node::Negate(inner))
        }
        Expr::Call(function, argument) => {
            let argument = add_tree(argument, add);
            add(Node::call(*function, argument))
        }
    }
}

/// The formula that a term of the language stands for.
pub(super) fn to_expr(term: &RecExpr<Node>) -> Expr {
    let mut built: Vec<Expr> = Vec::with_capacity(term.len());
    for node in term {
        let at = |id: &Id| built[usize::from(*id)].clone();
        built.push(match node {
            Node::Constant(Constant(value)) => Expr::number(value.clone()),
            Node::Pi => Expr::Pi,
            Node::Variable(Variable(symbol)) => Expr::Symbol(symbol.clone()),
            Node::Add([a, b]) => at(a) + at(b),
            Node::Subtract([a, b]) => at(a) - at(b),
            Node::Negate(a) => -at(a),
            Node::Multiply([a, b]) => at(a) * at(b),
            Node::Divide([a, b]) => at(a).over(at(b)),
            Node::Power([a, b]) => {
                let exponent = at(b);
                match exponent.as_number() {
                    Some(value) => at(a).to_power(value),
                    None => Expr::Power(Arc::new(at(a)), Arc::new(exponent)),
                }
            }
            Node::Sqrt(a) => at(a).call(Function::Sqrt),
            Node::Sin(a) => at(a).call(Function::Sin),
            Node::Cos(a) => at(a).call(Function::Cos),
            Node::Tan(a) => at(a).call(Function::Tan),
            Node::Exp(a) => at(a).call(Function::Exp),
            Node::Log(a) => at(a).call(Function::Log),
        });
    }
    built.pop().unwrap_or_else(Expr::zero)
}

/// What extraction minimises: symbols as [`Expr::symbol_count`] counts them, then depth, then the term
/// itself in a fixed order, so that ties break the same way everywhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Cost {
    symbols: usize,
    depth: usize,
    operator: Node,
    operands: Vec<Arc<Cost>>,
}

impl Ord for Cost {
    fn cmp(&self, other: &Cost) -> Ordering {
        self.symbols
            .cmp(&other.symbols)
            .then(self.depth.cmp(&other.depth))
            .then_with(|| self.operator.cmp(&other.operator))
            .then_with(|| {
                let pairs = self.operands.iter().zip(&other.operands);
                let unequal = pairs.filter(|(a, b)| !Arc::ptr_eq(a, b)).map(|(a, b)| a.cmp(b));
                unequal.into_iter().find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
            })
    }
}

impl PartialOrd for Cost {
    fn partial_cmp(&self, other: &Cost) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Cost {
    /// That of a node, from those of its operands.
    pub(super) fn of(node: &Node, operands: Vec<Arc<Cost>>) -> Cost {
        let own = match node {
            Node::Constant(Constant(value)) => 1 + 2 * usize::from(!value.is_int()),
            _ => 1,
        };
        let symbols = operands.iter().map(|c| c.symbols).fold(own, usize::saturating_add);
        let depth = 1 + operands.iter().map(|c| c.depth).max().unwrap_or(0);
        let operator = node.clone().map_children(|_| Id::from(0));
        Cost { symbols, depth, operator, operands }
    }
}

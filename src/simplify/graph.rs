//! The e-graph of one formula: sums as classes, seeds united with them, light rules, extraction.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use egg::{EGraph, FlatTerm, Id, Language, RecExpr, Runner};

use super::language::{Cost, Node, Variable, add_tree};
use super::monomial::{Atom, Exponent, Kind, Monomial, Poly};
use super::rules::rewrites;
use super::seeds::{Form, forms};
use crate::expr::{Expr, Function, Rational};

/// Terms of sums that are seeded, counted over all sums of a formula.
const SEEDED_TERMS: usize = 2000;
/// Nodes beyond which no further sum is seeded.
const SEEDED_NODES: usize = 6_000;
/// Nodes beyond which the rules stop.
const NODE_LIMIT: usize = 10_000;

/// An e-graph that knows which class each sum is.
pub(super) struct Graph {
    egraph: EGraph<Node, ()>,
    classes: BTreeMap<Poly, Id>,
    waiting: VecDeque<(Poly, Id)>,
    seeded_terms: usize,
}

impl Graph {
    pub(super) fn new(explained: bool) -> Graph {
        let egraph = EGraph::new(());
        let egraph = if explained { egraph.with_explanations_enabled() } else { egraph };
        Graph { egraph, classes: BTreeMap::new(), waiting: VecDeque::new(), seeded_terms: 0 }
    }

    fn add(&mut self, node: Node) -> Id {
        self.egraph.add(node)
    }

    /// The class of a sum; it waits for its seeds.
    pub(super) fn class_of(&mut self, sum: &Poly) -> Id {
        let Some((_, coefficient)) = sum.leading() else { return self.add(Node::number(0)) };
        if let Some(id) = self.classes.get(sum) {
            return *id;
        }
        if *coefficient < Rational::ZERO {
            let positive = self.class_of(&sum.negated());
            return self.add(Node::Negate(positive));
        }
        let id = if sum.len() == 1 {
            let terms: Vec<Id> = sum.terms().map(|(m, c)| self.monomial(m, c)).collect();
            terms[0]
        } else {
            let mut terms = Vec::with_capacity(sum.len());
            for (m, c) in sum.terms() {
                let negative = *c < Rational::ZERO;
                let size = super::reading::abs(c);
                terms.push((self.monomial(m, &size), negative));
            }
            let id = self.signed_sum(terms);
            self.waiting.push_back((sum.clone(), id));
            id
        };
        self.classes.insert(sum.clone(), id);
        id
    }

    /// The sum of classes with signs, a positive one first where there is one.
    fn signed_sum(&mut self, mut terms: Vec<(Id, bool)>) -> Id {
        let first = terms.iter().position(|(_, negative)| !negative).unwrap_or(0);
        if terms.is_empty() {
            return self.add(Node::number(0));
        }
        let (head, negative) = terms.remove(first);
        let mut sum = if negative { self.add(Node::Negate(head)) } else { head };
        for (term, negative) in terms {
            sum = self.add(if negative { Node::Subtract([sum, term]) } else { Node::Add([sum, term]) });
        }
        sum
    }

    fn product(&mut self, factors: Vec<Id>) -> Option<Id> {
        factors.into_iter().reduce(|product, factor| self.add(Node::Multiply([product, factor])))
    }

    /// `c·m` for positive `c`, negative powers below the line, one exponential for all.
    fn monomial(&mut self, monomial: &Monomial, coefficient: &Rational) -> Id {
        let (mut above, mut below) = (Vec::new(), Vec::new());
        if !coefficient.numerator().is_one() {
            above.push(self.add(Node::number(coefficient.numerator().clone())));
        }
        if !coefficient.is_int() {
            below.push(self.add(Node::number(coefficient.denominator().clone())));
        }
        let mut exponential = Poly::zero();
        for (atom, e) in monomial.factors() {
            if let Kind::Exponential(argument) = atom.kind() {
                exponential = exponential.plus(&argument.scaled(&e.to_rational()));
                continue;
            }
            let size = if e.is_negative() { e.negated() } else { *e };
            let power = self.power(atom, size);
            if e.is_negative() { below.push(power) } else { above.push(power) }
        }
        if !exponential.is_zero() {
            let argument = self.class_of(&exponential);
            above.push(self.add(Node::Exp(argument)));
        }
        let above = self.product(above).unwrap_or_else(|| self.add(Node::number(1)));
        match self.product(below) {
            None => above,
            Some(below) => self.add(Node::Divide([above, below])),
        }
    }

    /// `atom^exponent` for a positive exponent.
    fn power(&mut self, atom: &Atom, exponent: Exponent) -> Id {
        let base = match atom.kind() {
            Kind::Pi => self.add(Node::Pi),
            Kind::Symbol(_, _, symbol) => self.add(Node::Variable(Variable(symbol.clone()))),
            Kind::Exponential(argument) => {
                let argument = self.class_of(argument);
                self.add(Node::Exp(argument))
            }
            Kind::Call(function, argument) => {
                let argument = self.class_of(argument);
                self.add(Node::call(*function, argument))
            }
            Kind::Base(inner) => self.class_of(inner),
            Kind::Opaque(expr) => self.tree(expr),
        };
        self.raised(base, exponent)
    }

    fn raised(&mut self, base: Id, exponent: Exponent) -> Id {
        if exponent == Exponent::ONE {
            base
        } else if Exponent::new(1, 2) == Some(exponent) {
            self.add(Node::call(Function::Sqrt, base))
        } else {
            let exponent = self.add(Node::number(exponent.to_rational()));
            self.add(Node::Power([base, exponent]))
        }
    }

    fn form(&mut self, form: &Form) -> Id {
        match form {
            Form::Part(sum) => self.class_of(sum),
            Form::Sum(forms) => {
                let terms = forms.iter().map(|form| self.signed(form)).collect();
                self.signed_sum(terms)
            }
            Form::Product(forms) => {
                let factors: Vec<(Id, bool)> = forms.iter().map(|form| self.signed(form)).collect();
                let negative = factors.iter().filter(|(_, negative)| *negative).count() % 2 == 1;
                let factors = factors.into_iter().map(|(id, _)| id).collect();
                let product = self.product(factors).unwrap_or_else(|| self.add(Node::number(1)));
                if negative { self.add(Node::Negate(product)) } else { product }
            }
            Form::Power(base, exponent) => {
                let base = self.form(base);
                self.raised(base, Exponent::integer(*exponent as i32))
            }
            Form::Over(above, below) => {
                let (above, negative) = self.signed(above);
                let below = self.monomial(below, &Rational::ONE);
                let quotient = self.add(Node::Divide([above, below]));
                if negative { self.add(Node::Negate(quotient)) } else { quotient }
            }
            Form::Scaled(..) => {
                let (id, negative) = self.signed(form);
                if negative { self.add(Node::Negate(id)) } else { id }
            }
        }
    }

    /// The class of the form's size, and whether a minus sign stands before it.
    fn signed(&mut self, form: &Form) -> (Id, bool) {
        match form {
            Form::Part(sum) => {
                let negative = sum.leading().is_some_and(|(_, c)| *c < Rational::ZERO);
                (if negative { self.class_of(&sum.negated()) } else { self.class_of(sum) }, negative)
            }
            Form::Scaled(factor, inner) => {
                let (inner, negative) = self.signed(inner);
                let (numerator, denominator) = super::reading::abs(factor).into_parts();
                let mut scaled = inner;
                if !numerator.is_one() {
                    let number = self.add(Node::number(numerator));
                    scaled = self.add(Node::Multiply([number, scaled]));
                }
                if !denominator.is_one() {
                    let number = self.add(Node::number(denominator));
                    scaled = self.add(Node::Divide([scaled, number]));
                }
                (scaled, negative != (*factor < Rational::ZERO))
            }
            Form::Sum(_) => {
                // A sum within a form is itself a sum to be seeded.
                let sum = form.expand();
                let negative = sum.leading().is_some_and(|(_, c)| *c < Rational::ZERO);
                let class = self.class_of(&if negative { sum.negated() } else { sum });
                let written = self.form(form);
                let written = if negative { self.add(Node::Negate(written)) } else { written };
                self.unite(class, written, "seed: grouped");
                (class, negative)
            }
            _ => (self.form(form), false),
        }
    }

    /// The class of a formula as it is written.
    pub(super) fn tree(&mut self, expr: &Expr) -> Id {
        add_tree(expr, &mut |node| self.egraph.add(node))
    }

    pub(super) fn unite(&mut self, a: Id, b: Id, reason: &str) {
        self.egraph.union_trusted(a, b, reason);
    }

    /// Seeds every waiting sum, and the sums that the seeds bring, within the limits.
    pub(super) fn seed(&mut self) {
        while let Some((sum, id)) = self.waiting.pop_front() {
            if self.seeded_terms > SEEDED_TERMS || self.egraph.total_number_of_nodes() > SEEDED_NODES {
                break;
            }
            self.seeded_terms += sum.len();
            for (name, form) in forms(&sum) {
                let writing = self.form(&form);
                self.unite(id, writing, name);
            }
        }
        self.egraph.rebuild();
    }

    /// Applies the rules, bounded by iterations and nodes, never by time.
    pub(super) fn rewrite(&mut self, iterations: usize) {
        let egraph = std::mem::take(&mut self.egraph);
        let runner = Runner::<Node, (), ()>::new(())
            .with_egraph(egraph)
            .with_iter_limit(iterations)
            .with_node_limit(NODE_LIMIT)
            .with_time_limit(Duration::MAX)
            .run(&rewrites());
        self.egraph = runner.egraph;
    }

    /// The cheapest term of a class.
    pub(super) fn cheapest(&self, id: Id) -> RecExpr<Node> {
        // Classes in the order of their birth, operands mostly first, so that few passes settle all costs.
        let mut classes: Vec<Id> = self.egraph.classes().map(|class| class.id).collect();
        classes.sort_unstable();
        let mut best: Vec<Option<(Arc<Cost>, &Node)>> = vec![None; self.egraph.nodes().len()];
        // When each class was last looked through, and when its cost last fell: a node whose operands cost what they
        // did then is passed over.
        let (mut seen, mut fell, mut now) = (vec![0u64; best.len()], vec![0u64; best.len()], 0);
        let mut changed = true;
        while changed {
            changed = false;
            for &class in &classes {
                now += 1;
                let before = std::mem::replace(&mut seen[usize::from(class)], now);
                let is_fresh = |id: &Id| fell[usize::from(self.egraph.find(*id))] >= before;
                let nodes = self.egraph[class].nodes.iter();
                let nodes: Vec<&Node> =
                    nodes.filter(|node| before == 0 || node.children().iter().any(is_fresh)).collect();
                for node in nodes {
                    let known =
                        |id: &Id| best[usize::from(self.egraph.find(*id))].as_ref().map(|(c, _)| c.clone());
                    let Some(operands) = node.children().iter().map(known).collect() else { continue };
                    let cost = Arc::new(Cost::of(node, operands));
                    let slot = &mut best[usize::from(class)];
                    if slot.as_ref().is_none_or(|(known, _)| cost < *known) {
                        *slot = Some((cost, node));
                        fell[usize::from(class)] = now;
                        changed = true;
                    }
                }
            }
        }
        let mut term = RecExpr::default();
        let mut placed = BTreeMap::new();
        self.place(self.egraph.find(id), &best, &mut placed, &mut term);
        term
    }

    /// Appends the best term of a class, shared parts once.
    fn place(
        &self,
        class: Id,
        best: &[Option<(Arc<Cost>, &Node)>],
        placed: &mut BTreeMap<Id, Id>,
        term: &mut RecExpr<Node>,
    ) -> Id {
        if let Some(id) = placed.get(&class) {
            return *id;
        }
        let node = match &best[usize::from(class)] {
            Some((_, node)) => (*node).clone(),
            None => Node::number(0),
        };
        let node = node.map_children(|child| self.place(self.egraph.find(child), best, placed, term));
        let id = term.add(node);
        placed.insert(class, id);
        id
    }

    /// egg's proof that two terms are equal: each term with the rule that makes it from the one before.
    pub(super) fn explain(
        &mut self,
        from: &RecExpr<Node>,
        to: &RecExpr<Node>,
    ) -> Vec<(Option<String>, RecExpr<Node>)> {
        let mut explanation = self.egraph.explain_equivalence(from, to);
        let steps = explanation.make_flat_explanation().iter();
        steps
            .map(|step| {
                let mut term = RecExpr::default();
                flat_term(step, &mut term);
                (rule_of(step), term)
            })
            .collect()
    }
}

fn flat_term(term: &FlatTerm<Node>, into: &mut RecExpr<Node>) -> Id {
    let operands: Vec<Id> = term.children.iter().map(|child| flat_term(child, into)).collect();
    let mut operands = operands.into_iter();
    let node = term.node.clone().map_children(|id| operands.next().unwrap_or(id));
    into.add(node)
}

fn rule_of(term: &FlatTerm<Node>) -> Option<String> {
    let own = term.forward_rule.or(term.backward_rule).map(|name| name.to_string());
    own.or_else(|| term.children.iter().find_map(rule_of))
}

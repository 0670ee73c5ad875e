//! Term libraries: a grammar expanded for the variables of a system.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::grammar::{Degrees, Factor, Grammar, GrammarError, Group, Product, Set, Statement, StatementKind};
use super::monomials::{monomials, powers, trigonometric_modes};
use super::variables::{Variables, bodies, distance, norm};
use crate::expr::{Expr, Function, Rational, Symbol};

/// A function that a law or a Hamiltonian may be composed of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Term {
    /// The formula.
    pub formula: Expr,
    /// Degree in the momenta.
    pub momentum_degree: u32,
    /// How complex it is: its degree, where every factor that is no plain variable counts one.
    pub complexity: u32,
}

/// One stage of a library.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// The terms, the constant not among them: H = Σ c_j φ_j.
    pub terms: Vec<Term>,
    /// Numerators and denominators of the rational form H = Σ a_j φ_j / Σ b_k χ_k; empty where the
    /// stage has none. Here the constant is a term.
    pub rational: Option<(Vec<Term>, Vec<Term>)>,
}

/// Stages of terms, from simple to broad.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TermLibrary {
    /// The stages in the order in which they are tried.
    pub stages: Vec<Stage>,
}

/// A stage that expands to more terms than this is cut short: no fit could use it.
pub const MOST_TERMS: usize = 20_000;

/// The members of an indexed atom, each with the values of its indices.
type Family = Vec<(Vec<Symbol>, Expr)>;

/// A member of a family: the values of its indices, and what its names stand for.
type Member = (Vec<Symbol>, BTreeMap<Symbol, Expr>);

/// Degrees of one expanded factor or product.
#[derive(Clone)]
struct Piece {
    formula: Vec<Expr>,
    momentum_degree: u32,
    group_degree: u32,
    complexity: u32,
}

impl TermLibrary {
    /// The library of a grammar for these variables.
    ///
    /// Terms that occur twice in a stage are kept once; families over an empty set (no angles, one
    /// body) give nothing.
    ///
    /// # Errors
    /// Names that are neither variables nor atoms, exponents that are no degrees, stages that are
    /// not defined before they are used.
    pub fn new(grammar: &Grammar, variables: &Variables) -> Result<TermLibrary, GrammarError> {
        let mut expansion =
            Expansion { variables, atoms: BTreeMap::new(), families: BTreeMap::new(), stages: Vec::new() };
        expansion.atoms.insert(Symbol::new("radius"), norm(&variables.coordinates));
        expansion.statements(&grammar.statements)?;
        Ok(TermLibrary { stages: expansion.stages.into_iter().map(|s| s.finish(variables)).collect() })
    }

    /// The union of the terms of all stages, in order, each once.
    pub fn all_terms(&self) -> Vec<Term> {
        let mut seen = BTreeSet::new();
        let terms = self.stages.iter().flat_map(|stage| &stage.terms);
        terms.filter(|t| seen.insert(t.formula.clone())).cloned().collect()
    }
}

/// A stage under construction.
struct Draft {
    name: String,
    terms: Vec<Term>,
    rational: Option<(Vec<Term>, Vec<Term>)>,
}

impl Draft {
    fn finish(self, variables: &Variables) -> Stage {
        let inputs: BTreeSet<Symbol> = variables.all().into_iter().collect();
        let unique = |terms: Vec<Term>, constant: bool| {
            let mut seen = BTreeSet::new();
            terms
                .into_iter()
                .filter(|t| constant || t.formula.symbols().iter().any(|s| inputs.contains(s)))
                .filter(|t| seen.insert(t.formula.clone()))
                .collect()
        };
        Stage {
            name: self.name,
            terms: unique(self.terms, false),
            rational: self.rational.map(|(a, b)| (unique(a, true), unique(b, true))),
        }
    }
}

struct Expansion<'v> {
    variables: &'v Variables,
    atoms: BTreeMap<Symbol, Expr>,
    families: BTreeMap<Symbol, Family>,
    stages: Vec<Draft>,
}

fn fail<T>(statement: &Statement, message: String, hint: &str) -> Result<T, GrammarError> {
    Err(GrammarError {
        source_name: statement.source_name.clone(),
        message,
        span: Range { start: statement.span.start, end: statement.span.end },
        hint: (!hint.is_empty()).then(|| hint.to_string()),
    })
}

impl Expansion<'_> {
    fn statements(&mut self, statements: &[Statement]) -> Result<(), GrammarError> {
        for statement in statements {
            match &statement.kind {
                StatementKind::Stage(name, from) => self.open_stage(statement, name, from)?,
                StatementKind::For(indices, set, block) => self.family(statement, indices, set, block)?,
                StatementKind::Atom(name, formula) => {
                    let value = self.resolve(statement, formula, &BTreeMap::new())?;
                    self.atoms.insert(Symbol::new(name), value);
                }
                StatementKind::Terms(numerator, denominator) => {
                    self.terms(statement, numerator, denominator.as_deref(), &BTreeMap::new())?;
                }
            }
        }
        Ok(())
    }

    fn open_stage(&mut self, at: &Statement, name: &str, from: &[String]) -> Result<(), GrammarError> {
        let mut draft = Draft { name: name.to_string(), terms: Vec::new(), rational: None };
        for other in from {
            let Some(stage) = self.stages.iter().find(|s| &s.name == other) else {
                return fail(
                    at,
                    format!("no stage `{other}` before this one"),
                    "stages build on earlier ones",
                );
            };
            draft.terms.extend(stage.terms.iter().cloned());
        }
        self.stages.push(draft);
        Ok(())
    }

    /// The substitutions of a family's index names, one for each member.
    fn members(&self, at: &Statement, indices: &[String], set: &Set) -> Result<Vec<Member>, GrammarError> {
        let suffix = indices.concat();
        let choose = |count: usize| -> Vec<Vec<usize>> {
            match indices.len() {
                1 => (0..count).map(|i| vec![i]).collect(),
                _ => (0..count).flat_map(|i| (i + 1..count).map(move |j| vec![i, j])).collect(),
            }
        };
        if indices.len() > 2 {
            return fail(at, "a family has one index or a pair".into(), "");
        }
        let mut found = Vec::new();
        match set {
            Set::Group(group) => {
                let symbols = self.group(at, group)?;
                for choice in choose(symbols.len()) {
                    let mut map = BTreeMap::new();
                    for (index, &k) in indices.iter().zip(&choice) {
                        map.insert(Symbol::new(index), Expr::Symbol(symbols[k].clone()));
                        if let Some(q) = self.variables.coordinates.iter().position(|s| *s == symbols[k]) {
                            let momentum = Expr::Symbol(self.variables.momenta[q].clone());
                            map.insert(Symbol::new(format!("p_{index}")), momentum);
                        }
                    }
                    found.push((choice.iter().map(|&k| symbols[k].clone()).collect(), map));
                }
            }
            Set::Bodies(components) => {
                let all = bodies(self.variables);
                for choice in choose(all.len()) {
                    let mut map = BTreeMap::new();
                    for (index, &k) in indices.iter().zip(&choice) {
                        let (number, coordinates) = &all[k];
                        for component in components {
                            let name = format!("{component}{number}");
                            let Some(symbol) = coordinates.iter().find(|s| s.name() == name) else {
                                let hint = "bodies are numbered at the end of their coordinates' names";
                                return fail(at, format!("no coordinate `{name}`"), hint);
                            };
                            map.insert(
                                Symbol::new(format!("{component}_{index}")),
                                Expr::Symbol(symbol.clone()),
                            );
                        }
                        map.insert(Symbol::new(format!("radius_{index}")), norm(coordinates));
                    }
                    if let [a, b] = choice[..] {
                        let value = distance(&all[a].1, &all[b].1);
                        map.insert(Symbol::new(format!("distance_{suffix}")), value);
                    }
                    found.push((choice.iter().map(|&k| Symbol::new(&all[k].0)).collect(), map));
                }
            }
        }
        Ok(found)
    }

    fn family(
        &mut self,
        at: &Statement,
        indices: &[String],
        set: &Set,
        block: &[Statement],
    ) -> Result<(), GrammarError> {
        for statement in block {
            if let StatementKind::Atom(name, _) = &statement.kind {
                self.families.insert(Symbol::new(name), Vec::new());
            }
        }
        for (member, mut bound) in self.members(at, indices, set)? {
            for statement in block {
                match &statement.kind {
                    StatementKind::Atom(name, formula) => {
                        let value = self.resolve(statement, formula, &bound)?;
                        let family = self.families.entry(Symbol::new(name)).or_default();
                        family.push((member.clone(), value.clone()));
                        bound.insert(Symbol::new(name), value);
                    }
                    StatementKind::Terms(numerator, denominator) => {
                        self.terms(statement, numerator, denominator.as_deref(), &bound)?;
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn group(&self, at: &Statement, group: &Group) -> Result<Vec<Symbol>, GrammarError> {
        let v = self.variables;
        Ok(match group {
            Group::Coordinates => v.coordinates.clone(),
            Group::Momenta => v.momenta.clone(),
            Group::Variables => v.all(),
            Group::Angles => v.angles.clone(),
            Group::Names(names) => {
                let all = v.all();
                for name in names {
                    if !all.iter().any(|s| s.name() == name) {
                        return fail(at, format!("no variable `{name}` in this system"), "");
                    }
                }
                names.iter().map(Symbol::new).collect()
            }
        })
    }

    /// A formula with its index names and atoms replaced.
    fn resolve(
        &self,
        at: &Statement,
        formula: &Expr,
        bound: &BTreeMap<Symbol, Expr>,
    ) -> Result<Expr, GrammarError> {
        let mut map = self.atoms.clone();
        map.extend(bound.iter().map(|(k, v)| (k.clone(), v.clone())));
        let known = self.variables.all();
        for symbol in formula.symbols() {
            if !map.contains_key(&symbol) && !known.contains(&symbol) {
                let hint = "names are the system's variables, atoms defined above, and a family's indices";
                return fail(at, format!("`{symbol}` is neither a variable nor an atom"), hint);
            }
        }
        Ok(tidy(&formula.substitute(&map)))
    }

    fn terms(
        &mut self,
        at: &Statement,
        numerator: &Product,
        denominator: Option<&Product>,
        bound: &BTreeMap<Symbol, Expr>,
    ) -> Result<(), GrammarError> {
        let top = self.product(at, numerator, bound)?;
        let bottom = denominator.map(|product| self.product(at, product, bound)).transpose()?;
        if self.stages.is_empty() {
            self.stages.push(Draft { name: "all".into(), terms: Vec::new(), rational: None });
        }
        let Some(stage) = self.stages.last_mut() else { return Ok(()) };
        match bottom {
            None => stage.terms.extend(top),
            Some(bottom) => {
                let (a, b) = stage.rational.get_or_insert_with(Default::default);
                a.extend(top);
                b.extend(bottom);
            }
        }
        Ok(())
    }

    fn product(
        &self,
        at: &Statement,
        product: &Product,
        bound: &BTreeMap<Symbol, Expr>,
    ) -> Result<Vec<Term>, GrammarError> {
        let mut terms = Vec::new();
        for bound in self.family_choices(product, bound) {
            let mut pieces =
                vec![Piece { formula: vec![], momentum_degree: 0, group_degree: 0, complexity: 0 }];
            let most = match &product.total {
                Some(total) => whole(at, &total.last)?,
                None => u32::MAX,
            };
            for factor in &product.factors {
                let choices = self.factor(at, factor, &bound)?;
                let mut longer = Vec::new();
                for piece in &pieces {
                    for choice in &choices {
                        if longer.len() < MOST_TERMS && piece.group_degree + choice.group_degree <= most {
                            longer.push(Piece {
                                formula: piece.formula.iter().chain(&choice.formula).cloned().collect(),
                                momentum_degree: piece.momentum_degree + choice.momentum_degree,
                                group_degree: piece.group_degree + choice.group_degree,
                                complexity: piece.complexity + choice.complexity,
                            });
                        }
                    }
                }
                pieces = longer;
            }
            let least = match &product.total {
                Some(total) => whole(at, &total.first)?,
                None => 0,
            };
            terms.extend(pieces.into_iter().filter(|p| p.group_degree >= least).map(|p| Term {
                formula: Expr::product(p.formula),
                momentum_degree: p.momentum_degree,
                complexity: p.complexity,
            }));
        }
        Ok(terms)
    }

    /// One substitution for each choice of members of the families that the product names and that
    /// are not bound yet.
    fn family_choices(
        &self,
        product: &Product,
        bound: &BTreeMap<Symbol, Expr>,
    ) -> Vec<BTreeMap<Symbol, Expr>> {
        let mut free: Vec<&Family> = Vec::new();
        let mut names: Vec<Symbol> = Vec::new();
        for factor in &product.factors {
            if let Factor::Formula(formula, _) = factor {
                for symbol in formula.symbols() {
                    if let Some(family) = self.families.get(&symbol)
                        && !bound.contains_key(&symbol)
                        && !names.contains(&symbol)
                    {
                        names.push(symbol);
                        free.push(family);
                    }
                }
            }
        }
        let mut choices = vec![(bound.clone(), BTreeMap::<usize, Vec<Symbol>>::new())];
        for (name, family) in names.iter().zip(&free) {
            let mut longer = Vec::new();
            for (map, chosen) in &choices {
                for (member, value) in family.iter() {
                    // Atoms of families over the same members share them.
                    let arity = member.len();
                    if chosen.get(&arity).is_none_or(|m| m == member) {
                        let (mut map, mut chosen) = (map.clone(), chosen.clone());
                        map.insert(name.clone(), value.clone());
                        chosen.insert(arity, member.clone());
                        longer.push((map, chosen));
                    }
                }
            }
            choices = longer;
        }
        choices.into_iter().map(|(map, _)| map).collect()
    }

    fn monomials(
        &self,
        at: &Statement,
        group: &Group,
        degrees: &Degrees,
    ) -> Result<Vec<Piece>, GrammarError> {
        let symbols = self.group(at, group)?;
        let (first, last) = (whole(at, &degrees.first)?, whole(at, &degrees.last)?);
        let mut pieces = Vec::new();
        for degree in first..=last {
            for exponents in monomials(symbols.len(), degree) {
                let of_momenta =
                    symbols.iter().zip(&exponents).filter(|(s, _)| self.variables.momenta.contains(s));
                let momentum_degree = of_momenta.map(|(_, exponent)| *exponent).sum();
                let formula = powers(&symbols, &exponents);
                pieces.push(Piece { formula, momentum_degree, group_degree: degree, complexity: degree });
            }
        }
        Ok(pieces)
    }

    fn factor(
        &self,
        at: &Statement,
        factor: &Factor,
        bound: &BTreeMap<Symbol, Expr>,
    ) -> Result<Vec<Piece>, GrammarError> {
        Ok(match factor {
            Factor::Monomials(group, degrees) => self.monomials(at, group, degrees)?,
            Factor::Modes(group, order) => {
                let symbols = self.group(at, group)?;
                trigonometric_modes(&symbols, *order)
                    .into_iter()
                    .map(|(formula, complexity)| Piece {
                        formula,
                        momentum_degree: 0,
                        group_degree: 0,
                        complexity,
                    })
                    .collect()
            }
            Factor::Formula(formula, degrees) => {
                let base = self.resolve(at, formula, bound)?;
                let momenta = base.symbols().iter().any(|s| self.variables.momenta.contains(s));
                let constant = base.as_number().is_some();
                if degrees.step <= Rational::ZERO || degrees.last < degrees.first {
                    let hint = "write the smaller bound first, and a step above zero";
                    return fail(at, "an empty range of exponents".into(), hint);
                }
                let mut pieces = Vec::new();
                let mut exponent = degrees.first.clone();
                while exponent <= degrees.last && pieces.len() < MOST_TERMS {
                    let power = tidy(&base.clone().to_power(exponent.clone()));
                    let trivial = constant || exponent.is_zero();
                    pieces.push(Piece {
                        formula: if power.is_one() { vec![] } else { vec![power] },
                        momentum_degree: u32::from(momenta && !trivial),
                        group_degree: 0,
                        complexity: u32::from(!trivial),
                    });
                    exponent += &degrees.step;
                }
                pieces
            }
        })
    }
}

/// Even powers of square roots written without them, reciprocals as quotients.
fn tidy(expr: &Expr) -> Expr {
    let inner = expr.map_children(tidy);
    let Expr::Power(base, exponent) = &inner else { return inner };
    let Some(mut exponent) = exponent.as_number() else { return inner };
    let mut base = (**base).clone();
    if let Expr::Call(Function::Sqrt, radicand) = &base {
        let half = &exponent / Rational::from(2);
        if half.is_int() {
            (base, exponent) = ((**radicand).clone(), half);
        }
    }
    if let Expr::Power(inner_base, inner_exponent) = &base
        && let Some(inner_exponent) = inner_exponent.as_number()
        && !inner_exponent.is_int()
    {
        exponent *= inner_exponent;
        base = (**inner_base).clone();
    }
    if exponent < Rational::ZERO {
        Expr::one().over(base.to_power(-exponent))
    } else {
        base.to_power(exponent)
    }
}

/// A degree: a whole number from 0 to 64.
fn whole(at: &Statement, value: &Rational) -> Result<u32, GrammarError> {
    let number = u32::try_from(value.numerator().clone()).ok().filter(|n| value.is_int() && *n <= 64);
    match number {
        Some(number) => Ok(number),
        None => fail(at, format!("`{value}` is no degree"), "degrees are whole numbers from 0 to 64"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(coordinates: &[&str], angles: &[&str]) -> Variables {
        Variables {
            coordinates: coordinates.iter().map(Symbol::new).collect(),
            momenta: coordinates.iter().map(|c| Symbol::new(format!("p{c}"))).collect(),
            angles: angles.iter().map(Symbol::new).collect(),
        }
    }

    fn expand(text: &str, variables: &Variables) -> Result<Vec<Vec<String>>, GrammarError> {
        let grammar = Grammar::parse(text, "test", &mut |_| None)?;
        let library = TermLibrary::new(&grammar, variables)?;
        let show = |stage: &Stage| stage.terms.iter().map(|t| t.formula.to_string()).collect();
        Ok(library.stages.iter().map(show).collect())
    }

    #[test]
    fn monomials_with_bounds() {
        let v = variables(&["x"], &[]);
        let terms = expand("grammar g\nterms momenta^0..2 * coordinates^0..2 total 1..2\n", &v).unwrap();
        assert_eq!(terms, [["x", "x^2", "px", "px*x", "px^2"]]);
    }

    #[test]
    fn families_atoms_and_fractional_powers() {
        let v = variables(&["x1", "y1", "x2", "y2"], &[]);
        let text = "grammar gravity
for pairs (i, j) of bodies (x, y)   # one pair
  atom r_ij = sqrt((x_i - x_j)^2 + (y_i - y_j)^2)
terms 1/r_ij
terms r_ij^1/2..3/2 step 1/2 * (px1)^1
for pairs (i, j) of bodies
  terms 1/distance_ij
";
        let terms = expand(text, &v).unwrap();
        assert_eq!(
            terms,
            [[
                "1/sqrt((x1 - x2)^2 + (y1 - y2)^2)",
                "sqrt((x1 - x2)^2 + (y1 - y2)^2)^(1/2)*px1",
                "sqrt((x1 - x2)^2 + (y1 - y2)^2)*px1",
                "sqrt((x1 - x2)^2 + (y1 - y2)^2)^(3/2)*px1",
            ]]
        );
    }

    #[test]
    fn modes_stages_and_quotients() {
        let v = variables(&["a", "b"], &["a", "b"]);
        let text = "grammar modes
stage first
  terms modes(angles, 1)
stage second from first
  for each u of angles
    terms p_u * cos(2*u)
stage third
  terms momenta^2 * modes((a), 1) over modes((a), 1)
";
        let grammar = Grammar::parse(text, "test", &mut |_| None).unwrap();
        let library = TermLibrary::new(&grammar, &v).unwrap();
        let first: Vec<String> = library.stages[0].terms.iter().map(|t| t.formula.to_string()).collect();
        assert_eq!(
            first,
            ["cos(a)", "sin(a)", "cos(b)", "sin(b)", "cos(a + b)", "sin(a + b)", "cos(a - b)", "sin(a - b)"]
        );
        assert_eq!(library.stages[1].terms.len(), 10);
        let (top, bottom) = library.stages[2].rational.as_ref().unwrap();
        assert_eq!((top.len(), bottom.len()), (9, 3));
    }

    #[test]
    fn errors_say_where() {
        let v = variables(&["x"], &[]);
        for (text, at, message) in [
            ("", "", "empty"),
            ("terms x\n", "terms x", "expected `grammar NAME`"),
            ("grammar g\nterm x\n", "term", "`term` is no statement here"),
            ("grammar g\nterms z^1..2\n", "terms z^1..2", "`z` is neither a variable nor an atom"),
            ("grammar g\nterms sqrt(x\n", "(", "this bracket is never closed"),
            (
                "grammar g\nfor each u of coordinates\nterms x\n",
                "for each u of coordinates",
                "a family with nothing in it",
            ),
            ("grammar g\nstage a from b\n", "stage a from b", "no stage `b` before this one"),
            (
                "grammar g\ninclude nowhere.grammar\n",
                "include nowhere.grammar",
                "`nowhere.grammar` cannot be read",
            ),
            ("grammar g\nterms coordinates^-1..2\n", "terms coordinates^-1..2", "`-1` is no degree"),
            ("grammar g\nterms x total many\n", " many", "expected a range"),
        ] {
            let error = expand(text, &v).unwrap_err();
            assert!(error.message.contains(message), "{text:?}: {}", error.message);
            if !at.is_empty() {
                assert_eq!(&text[error.span.clone()], at);
            }
        }
    }

    #[test]
    fn built_in_grammars_expand_for_every_shape_of_system() {
        for names in [&["x"][..], &["q1", "q2", "q3"], &["x1", "y1", "x2", "y2"], &["x", "y", "z"]] {
            let v = variables(names, &[]);
            let library = TermLibrary::new(&Grammar::default_grammar().unwrap(), &v).unwrap();
            assert!(!library.stages.is_empty() && !library.stages[0].terms.is_empty());
        }
    }
}

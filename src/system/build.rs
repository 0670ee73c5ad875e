//! From the statements of a file to a [`System`]: definitions, values, the recipe.

use std::collections::{BTreeMap, BTreeSet};

use crate::expr::{Condition, Expr, MAX_DEPTH, Rational, Symbol};

use super::constant::{approximate, exact_value, replacements, settle_parameters, vanishing_denominator};
use super::file::{File, Source, collect, head_comment, symbol};
use super::names::{NameKind, Names};
use super::place::did_you_mean;
use super::recipe::read_recipe;
use super::statement::Spanned;
use super::{KnownLaw, Parameter, Recipe, System, SystemError};

/// The largest formula that `let` names may grow into, in nodes of its tree.
const MAX_NODES: usize = 200_000;

/// Reads a whole file.
pub fn build(text: &str, source_name: &str) -> Result<System, SystemError> {
    let source = Source::new(source_name, text);
    let file = collect(&source)?;
    let names = Names::check(&source, &file)?;
    let parameters = read_parameters(&source, &file)?;
    let lets = expand_lets(&source, &file, &names)?;
    let scope = Scope { names: &names, lets: &lets, hamiltonian: None };
    let hamiltonian = match &file.hamiltonian {
        Some(formula) => Some(scope.read(&source, formula)?),
        None => None,
    };
    let scope = Scope { hamiltonian: hamiltonian.as_ref(), ..scope };
    let mut known = Vec::new();
    for (name, formula, conditions) in &file.known {
        let domain = conditions.iter().map(|piece| scope.read_conditions(&source, piece));
        known.push(KnownLaw {
            name: name.text.clone(),
            formula: scope.read(&source, formula)?,
            domain: domain.collect::<Result<Vec<_>, _>>()?.concat(),
        });
    }
    let domain = file.domain.iter().map(|piece| scope.read_conditions(&source, piece));
    let domain = domain.collect::<Result<Vec<_>, _>>()?.concat();
    let formulas = file.hamiltonian.iter().zip(&hamiltonian);
    let laws = file.known.iter().map(|(_, text, _)| text).zip(known.iter().map(|law| &law.formula));
    check_denominators(&source, &file, &parameters, formulas.chain(laws))?;
    let sample = match &file.sample {
        Some((span, steps)) => Some(Recipe {
            steps: read_recipe(&source, &scope, span, steps)?,
            place: source.place(span.clone()),
        }),
        None => None,
    };
    Ok(System {
        name: file.system.as_ref().map_or(String::new(), |name| name.text.clone()),
        description: head_comment(text),
        coordinates: file.coordinates.iter().map(symbol).collect(),
        momenta: file.momenta.iter().map(symbol).collect(),
        velocities: file.velocities.iter().map(symbol).collect(),
        angles: file.angles.iter().map(symbol).collect(),
        parameters,
        hamiltonian,
        domain,
        known,
        sample,
        trajectories: count(&source, &file.trajectories, 100, 1)?,
        points: count(&source, &file.points, 500, 3)?,
        span: time_span(&source, &file.span)?,
        train: train_share(&source, &file.train)?,
    })
}

fn read_parameters(source: &Source, file: &File) -> Result<Vec<Parameter>, SystemError> {
    let names: BTreeSet<Symbol> = file.parameters.iter().map(|(name, _)| symbol(name)).collect();
    let mut parameters = Vec::new();
    for (name, value) in &file.parameters {
        let mut parameter = Parameter { name: symbol(name), value: None, definition: None };
        if let Some(piece) = value {
            let formula = source.formula(piece)?;
            let used = formula.symbols();
            if let Some(unknown) = used.iter().find(|used| !names.contains(used)) {
                let message = format!("unknown name `{unknown}` in the value of a parameter");
                let hint = did_you_mean(unknown.name(), names.iter().map(Symbol::name));
                let expected = Some("numbers and other parameters");
                let place = source.word_in(piece, unknown);
                return Err(source.error(SystemError::UnknownName, &place, message, expected, hint));
            }
            if used.is_empty() {
                parameter.value = Some(
                    exact_value(&formula, &BTreeMap::new())
                        .map_err(|reason| bad_parameter(source, name, piece, &reason))?,
                );
            } else {
                parameter.definition = Some(formula);
            }
        }
        parameters.push(parameter);
    }
    settle_parameters(&mut parameters).map_err(|(at, reason)| {
        let (name, value) = &file.parameters[at];
        bad_parameter(source, name, value.as_ref().unwrap_or(name), &reason)
    })?;
    Ok(parameters)
}

fn bad_parameter(source: &Source, name: &Spanned, piece: &Spanned, reason: &str) -> SystemError {
    let message = format!("the parameter `{}`: {reason}", name.text);
    if reason.contains("circle") {
        let expected = Some("numbers and parameters that do not depend on it");
        return source.error(SystemError::Cycle, &piece.span, message, expected, None);
    }
    let hint = reason
        .contains("not rational")
        .then(|| "parameters have exact rational values; leave it symbolic and use `--set`".to_string());
    source.error(SystemError::BadValue, &piece.span, message, Some("an exact rational value"), hint)
}

/// The `let` names of the top level, each with its formula in coordinates, momenta and parameters.
fn expand_lets(source: &Source, file: &File, names: &Names) -> Result<BTreeMap<Symbol, Expr>, SystemError> {
    let mut waiting = Vec::new();
    for (name, piece) in &file.lets {
        let formula = source.formula(piece)?;
        for used in formula.symbols() {
            if names.kind(&used).is_none() {
                return Err(unknown_name(source, names, piece, &used, false));
            }
        }
        waiting.push((symbol(name), formula, name, piece));
    }
    let mut lets: BTreeMap<Symbol, Expr> = BTreeMap::new();
    while !waiting.is_empty() {
        let is_ready = |formula: &Expr| {
            formula.symbols().iter().all(|n| names.kind(n) != Some(NameKind::Let) || lets.contains_key(n))
        };
        let Some(at) = waiting.iter().position(|(_, formula, ..)| is_ready(formula)) else {
            let (name, _, place, _) = &waiting[0];
            let message = format!("the definition of `{name}` goes round in a circle");
            let expected = Some("a definition by other names");
            return Err(source.error(SystemError::Cycle, &place.span, message, expected, None));
        };
        let (name, formula, _, piece) = waiting.remove(at);
        let formula = substitute_within_limits(source, piece, &formula, &lets)?;
        lets.insert(name, formula);
    }
    Ok(lets)
}

/// The names a formula may use, and what stands for those that are abbreviations.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    pub names: &'a Names,
    pub lets: &'a BTreeMap<Symbol, Expr>,
    /// What `H` stands for, where it may be used.
    pub hamiltonian: Option<&'a Expr>,
}

impl Scope<'_> {
    /// A formula in coordinates, momenta and parameters.
    fn read(&self, source: &Source, piece: &Spanned) -> Result<Expr, SystemError> {
        let formula = source.formula(piece)?;
        for used in formula.symbols() {
            let is_hamiltonian = used.name() == "H" && self.hamiltonian.is_some();
            if self.names.kind(&used).is_none() && !is_hamiltonian {
                return Err(unknown_name(source, self.names, piece, &used, self.hamiltonian.is_some()));
            }
        }
        self.expand(source, piece, &formula)
    }

    /// Conditions in coordinates, momenta and parameters.
    fn read_conditions(&self, source: &Source, piece: &Spanned) -> Result<Vec<Condition>, SystemError> {
        let mut conditions = source.conditions(piece)?;
        for condition in &mut conditions {
            for used in condition.function.symbols() {
                if self.names.kind(&used).is_none() {
                    return Err(unknown_name(source, self.names, piece, &used, true));
                }
            }
            condition.function = self.expand(source, piece, &condition.function)?;
        }
        Ok(conditions)
    }

    /// The formula with the abbreviations put in.
    pub fn expand(&self, source: &Source, piece: &Spanned, formula: &Expr) -> Result<Expr, SystemError> {
        let mut abbreviations = self.lets.clone();
        if let Some(hamiltonian) = self.hamiltonian {
            abbreviations.insert(Symbol::new("H"), hamiltonian.clone());
        }
        substitute_within_limits(source, piece, formula, &abbreviations)
    }
}

fn unknown_name(
    source: &Source,
    names: &Names,
    piece: &Spanned,
    unknown: &Symbol,
    knows_h: bool,
) -> SystemError {
    let hint = match (unknown.name(), knows_h) {
        ("H", false) => Some("the Hamiltonian cannot be used before it is defined".to_string()),
        (name, _) => did_you_mean(name, names.all().map(Symbol::name)),
    };
    let place = source.word_in(piece, unknown);
    let expected = Some("a coordinate, momentum, parameter or `let` name");
    source.error(SystemError::UnknownName, &place, format!("unknown name `{unknown}`"), expected, hint)
}

fn substitute_within_limits(
    source: &Source,
    piece: &Spanned,
    formula: &Expr,
    map: &BTreeMap<Symbol, Expr>,
) -> Result<Expr, SystemError> {
    let sizes: BTreeMap<&Symbol, (usize, usize)> =
        map.iter().map(|(name, expr)| (name, size(expr, &|_| (1, 1)))).collect();
    let (nodes, depth) = size(formula, &|name| sizes.get(name).copied().unwrap_or((1, 1)));
    if nodes > MAX_NODES || depth > 2 * MAX_DEPTH {
        let message = format!("the formula grows too large once its `let` names are put in ({nodes} parts)");
        return Err(source.error(SystemError::BadValue, &piece.span, message, None, None));
    }
    Ok(formula.substitute(map))
}

/// Nodes and depth of the tree of a formula in which the names have the given size.
fn size(formula: &Expr, of_name: &dyn Fn(&Symbol) -> (usize, usize)) -> (usize, usize) {
    if let Expr::Symbol(name) = formula {
        return of_name(name);
    }
    let (nodes, depth) = formula
        .children()
        .map(|child| size(child, of_name))
        .fold((0usize, 0), |sum, part| (sum.0.saturating_add(part.0), sum.1.max(part.1)));
    (nodes + 1, depth + 1)
}

/// No formula divides by a constant that is zero with the parameters' values.
fn check_denominators<'a>(
    source: &Source,
    file: &File,
    parameters: &[Parameter],
    formulas: impl Iterator<Item = (&'a Spanned, &'a Expr)>,
) -> Result<(), SystemError> {
    let values = replacements(parameters);
    for (piece, formula) in formulas {
        let Some(part) = vanishing_denominator(formula, &values) else { continue };
        let used = part.symbols();
        let at_fault =
            parameters.iter().position(|p| used.contains(&p.name) && p.value == Some(Rational::ZERO));
        let span = match at_fault.map(|at| &file.parameters[at]) {
            Some((name, value)) => value.as_ref().unwrap_or(name).span.clone(),
            None => source.part_of(piece, &part.to_string()),
        };
        let message = match at_fault {
            Some(at) => format!("division by zero: `{part}` with `{}` = 0", parameters[at].name),
            None => format!("division by zero: `{part}`"),
        };
        let expected =
            Some(if at_fault.is_some() { "a value other than 0" } else { "a denominator other than 0" });
        return Err(source.error(SystemError::BadValue, &span, message, expected, None));
    }
    Ok(())
}

fn constant_formula(source: &Source, piece: &Spanned) -> Result<Expr, SystemError> {
    let formula = source.formula(piece)?;
    match formula.symbols().first() {
        None => Ok(formula),
        Some(name) => {
            let place = source.word_in(piece, name);
            let message = format!("`{name}` is not a number");
            Err(source.error(SystemError::BadValue, &place, message, Some("a number"), None))
        }
    }
}

/// A whole number of at least `least`.
fn count(
    source: &Source,
    piece: &Option<Spanned>,
    default: usize,
    least: usize,
) -> Result<usize, SystemError> {
    let Some(piece) = piece else { return Ok(default) };
    let formula = constant_formula(source, piece)?;
    let value = exact_value(&formula, &BTreeMap::new()).ok().filter(Rational::is_int);
    let whole = value.and_then(|value| usize::try_from(value.numerator().clone()).ok());
    whole.filter(|n| (least..=10_000_000).contains(n)).ok_or_else(|| {
        let message = format!("`{}` is out of range", piece.text);
        let expected = format!("a whole number from {least} to 10000000");
        source.error(SystemError::BadValue, &piece.span, message, Some(&expected), None)
    })
}

fn time_span(source: &Source, piece: &Option<Spanned>) -> Result<f64, SystemError> {
    let Some(piece) = piece else { return Ok(10.0) };
    let value = approximate(&constant_formula(source, piece)?, &BTreeMap::new());
    if value.is_finite() && value > 0.0 {
        return Ok(value);
    }
    let message = format!("`{}` is no span of time", piece.text);
    Err(source.error(SystemError::BadValue, &piece.span, message, Some("a positive number"), None))
}

fn train_share(source: &Source, piece: &Option<Spanned>) -> Result<Rational, SystemError> {
    let Some(piece) = piece else { return Ok(Rational::from_parts(4.into(), 5u8.into())) };
    let value = exact_value(&constant_formula(source, piece)?, &BTreeMap::new()).ok();
    value.filter(|share| *share > Rational::ZERO && *share < Rational::ONE).ok_or_else(|| {
        let message = format!("`{}` is no share of the trajectories", piece.text);
        source.error(SystemError::BadValue, &piece.span, message, Some("a fraction between 0 and 1"), None)
    })
}

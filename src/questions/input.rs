//! Reads what the user names: systems and formulas.

use std::sync::Arc;

use super::Failure;
use crate::algebra::{Element, sample_point};
use crate::expr::{Condition, Expr, ParseError, Rational, Symbol, is_name, parse};
use crate::mechanics::{Claim, Hamiltonian, PhaseSpace};
use crate::system::{Diagnostic, KnownLaw, Place, System, did_you_mean, split_where};

/// A system with the parameters that the user set, as `NAME=VALUE`.
///
/// # Errors
/// A setting that cannot be read, or a parameter that the system does not have.
pub fn with_parameters(mut system: System, settings: &[String]) -> Result<System, Failure> {
    for setting in settings {
        let (name, value) = assignment(setting)?;
        system = system.with_parameter(name, value)?;
    }
    Ok(system)
}

fn assignment(setting: &str) -> Result<(&str, Rational), Failure> {
    let hint = "write NAME=VALUE with an exact value, such as --set m=3/2";
    let (name, text) = setting
        .split_once('=')
        .ok_or_else(|| Failure::input(format!("`--set {setting}` has no `=`"), Some(hint)))?;
    let value = parse(text).map_err(|error| formula_failure("--set", text, error))?;
    let value = value
        .as_number()
        .ok_or_else(|| Failure::input(format!("`{text}` is not a rational number"), Some(hint)))?;
    Ok((name.trim(), value))
}

/// The Hamiltonian of a system, with the values of the parameters inserted.
///
/// # Errors
/// A system for measured data, which has none.
pub fn hamiltonian(system: &System) -> Result<Hamiltonian, Failure> {
    let formula = system.hamiltonian_with_values().ok_or_else(|| {
        Failure::input(
            format!("the system `{}` has no Hamiltonian", system.name),
            Some("`liouville discover` finds one from data"),
        )
    })?;
    let space = phase_space(system)?;
    Ok(Hamiltonian::new(formula, space).restricted(system.conditions_with_values(&system.domain)))
}

/// How many points to try when checking whether a Hamiltonian is real anywhere.
const DOMAIN_POINTS: u64 = 600;

/// A remark if H is not shown to be real at any of many points: proofs about it may then be empty.
pub fn domain_note(hamiltonian: &Hamiltonian) -> Option<String> {
    let variables = hamiltonian.space().variables();
    let parameters = hamiltonian.formula().symbols().into_iter().filter(|s| !variables.contains(s)).count();
    let (_, elements) = Element::all_within(variables, hamiltonian.domain(), [hamiltonian.formula()]).ok()?;
    let is_real =
        |number| elements[0].enclosure(&sample_point(number, variables.len() + parameters)).is_some();
    (!(0..DOMAIN_POINTS).any(is_real)).then(|| {
        format!("H is not seen to be real at any of {DOMAIN_POINTS} points tried: its domain may be empty")
    })
}

/// The phase space of a system.
///
/// # Errors
/// Coordinates without momenta.
pub fn phase_space(system: &System) -> Result<PhaseSpace, Failure> {
    PhaseSpace::new(system.coordinates.clone(), system.momenta.clone())
        .map_err(|error| Failure::input(error, None))
}

/// Reads a claim: a formula of the system's coordinates, momenta and parameters. A name may come before it
/// (`L = qx*py - qy*px`) and conditions after it (`… where x > 0`). Parameters with a value are replaced by
/// the value. `taken` lists names that other claims use.
///
/// # Errors
/// A formula that cannot be read, a name that is taken or that the system does not have, with the place.
pub fn claim(text: &str, system: &System, taken: &[&str]) -> Result<Claim, Failure> {
    let (stated, conditions) = split_where(text).unwrap_or((text, ""));
    let start = |part: &str| part.as_ptr() as usize - text.as_ptr() as usize;
    let (name, body) = match stated.split_once('=') {
        Some((name, body)) if is_name(name.trim()) => (Some(name.trim()), body),
        _ => (None, stated),
    };
    if let Some(name) = name {
        check_free(text, start(name), name, system, taken)?;
    }
    let shifted = |mut error: ParseError, by: usize| {
        error.span = error.span.start + by..error.span.end + by;
        formula_failure("the formula", text, error)
    };
    let formula = parse(body).map_err(|error| shifted(error, start(body)))?;
    let domain = match conditions {
        "" => Vec::new(),
        text => Condition::parse_all(text).map_err(|error| shifted(error, start(text)))?,
    };
    let functions = std::iter::once(&formula).chain(domain.iter().map(|condition| &condition.function));
    check_names(text, start(body), functions, system)?;
    Ok(Claim {
        name: name.map(str::to_owned),
        formula: system.with_values(&formula),
        domain: system.conditions_with_values(&domain),
    })
}

/// Fails if the name of a law is already in use.
fn check_free(text: &str, at: usize, name: &str, system: &System, taken: &[&str]) -> Result<(), Failure> {
    let symbol = |symbols: &[Symbol]| symbols.iter().any(|symbol| symbol.name() == name);
    let what = match () {
        () if name == "H" => "the Hamiltonian",
        () if symbol(&system.coordinates) => "a coordinate",
        () if symbol(&system.momenta) => "a momentum",
        () if system.parameters.iter().any(|parameter| parameter.name.name() == name) => "a parameter",
        () if taken.contains(&name) => "another claim",
        () => return Ok(()),
    };
    Err(Failure::at(&Diagnostic {
        message: format!("the name `{name}` is taken: it is {what}"),
        place: Place::new("the formula".into(), text.into(), at..at + name.len()),
        expected: Some("a name that nothing else has".to_owned()),
        hint: None,
    }))
}

/// Fails if a symbol does not belong to the system.
fn check_names<'a>(
    text: &str,
    body: usize,
    functions: impl Iterator<Item = &'a Expr>,
    system: &System,
) -> Result<(), Failure> {
    let known: Vec<&Symbol> = system
        .coordinates
        .iter()
        .chain(&system.momenta)
        .chain(system.parameters.iter().map(|parameter| &parameter.name))
        .collect();
    let used: std::collections::BTreeSet<Symbol> = functions.flat_map(Expr::symbols).collect();
    let Some(unknown) = used.iter().find(|symbol| !known.contains(symbol)) else { return Ok(()) };
    let at = body + word_position(&text[body..], unknown.name());
    let near = did_you_mean(unknown.name(), known.iter().map(|symbol| symbol.name()));
    let names: Vec<&str> = known.iter().map(|symbol| symbol.name()).collect();
    Err(Failure::at(&Diagnostic {
        message: format!("unknown name `{unknown}`"),
        place: Place::new("the formula".into(), text.into(), at..at + unknown.name().len()),
        expected: Some(format!("a name of the system `{}`", system.name)),
        hint: near.or_else(|| Some(format!("its names are {}", names.join(", ")))),
    }))
}

/// The laws that the system file states.
pub fn known_laws(system: &System) -> Vec<Claim> {
    let claim = |law: &KnownLaw| Claim {
        name: Some(law.name.clone()),
        formula: system.with_values(&law.formula),
        domain: system.conditions_with_values(&law.domain),
    };
    system.known.iter().map(claim).collect()
}

/// Reads a formula that may contain any variables.
///
/// # Errors
/// A formula that cannot be read, with the place.
pub fn formula(text: &str) -> Result<Expr, Failure> {
    parse(text).map_err(|error| formula_failure("the formula", text, error))
}

/// The position of `word` as a whole word.
fn word_position(text: &str, word: &str) -> usize {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let whole = |at: &usize| {
        !text[..*at].chars().next_back().is_some_and(part)
            && !text[*at + word.len()..].chars().next().is_some_and(part)
    };
    text.match_indices(word).map(|(at, _)| at).find(whole).unwrap_or(0)
}

fn formula_failure(source_name: &str, text: &str, error: ParseError) -> Failure {
    let text: Arc<str> = text.into();
    Failure::at(&Diagnostic {
        message: error.message,
        place: Place::new(source_name.into(), text, error.span),
        expected: None,
        hint: error.hint,
    })
}

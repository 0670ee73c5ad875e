//! From the statements of a file to a [`System`]: names, definitions, values, the recipe.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use crate::expr::{Expr, Function, MAX_DEPTH, Rational, Symbol, parse};

use super::constant::{approximate, exact_value, replacements, settle_parameters, vanishing_denominator};
use super::place::{Diagnostic, Place, did_you_mean};
use super::recipe::read_recipe;
use super::statement::{KEYWORDS, Located, Spanned, Statement, logical_lines, read_statement};
use super::{KnownLaw, Parameter, Recipe, System, SystemError};

/// The largest formula that `let` names may grow into, in nodes of its tree.
const MAX_NODES: usize = 200_000;

/// Reads a whole file.
pub fn build(text: &str, source_name: &str) -> Result<System, SystemError> {
    let source = Source { name: source_name.into(), text: text.into() };
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
    for (name, formula) in &file.known {
        known.push(KnownLaw { name: name.text.clone(), formula: scope.read(&source, formula)? });
    }
    let formulas = file.hamiltonian.iter().zip(&hamiltonian);
    let laws = file.known.iter().map(|(_, text)| text).zip(known.iter().map(|law| &law.formula));
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
        angles: file.angles.iter().map(symbol).collect(),
        parameters,
        hamiltonian,
        known,
        sample,
        trajectories: count(&source, &file.trajectories, 100, 1)?,
        points: count(&source, &file.points, 500, 3)?,
        span: time_span(&source, &file.span)?,
        train: train_share(&source, &file.train)?,
    })
}

pub fn symbol(name: &Spanned) -> Symbol {
    Symbol::new(&name.text)
}

/// The text being read, and how errors in it are made.
pub struct Source {
    name: Arc<str>,
    text: Arc<str>,
}

type Kind = fn(Box<Diagnostic>) -> SystemError;

impl Source {
    pub fn place(&self, span: Range<usize>) -> Place {
        Place::new(self.name.clone(), self.text.clone(), span)
    }

    /// An error at a place, with what was expected there and a hint.
    pub fn error(
        &self,
        kind: Kind,
        span: &Range<usize>,
        message: impl Into<String>,
        expected: Option<&str>,
        hint: Option<String>,
    ) -> SystemError {
        let expected = expected.map(str::to_string);
        kind(Box::new(Diagnostic {
            message: message.into(),
            place: self.place(span.clone()),
            expected,
            hint,
        }))
    }

    /// The formula of a piece of the text.
    pub fn formula(&self, piece: &Spanned) -> Result<Expr, SystemError> {
        parse(&piece.text).map_err(|error| {
            let span = piece.span.start + error.span.start..piece.span.start + error.span.end;
            self.error(SystemError::Syntax, &span, error.message, None, error.hint)
        })
    }

    /// Where a part of a formula stands in its piece of the text, if it is written there word for word.
    fn part_of(&self, piece: &Spanned, part: &str) -> Range<usize> {
        let found = piece.text.find(part).map(|at| piece.span.start + at);
        found.map_or(piece.span.clone(), |at| at..at + part.len())
    }

    /// Where a name stands in a piece of the text, as a word of its own.
    pub fn word_in(&self, piece: &Spanned, name: &Symbol) -> Range<usize> {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let text = &piece.text;
        let found = text.match_indices(name.name()).find(|(at, word)| {
            !text[..*at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part)
        });
        match found {
            Some((at, word)) => piece.span.start + at..piece.span.start + at + word.len(),
            None => piece.span.clone(),
        }
    }
}

/// The statements of a file, sorted by kind.
#[derive(Default)]
struct File {
    system: Option<Spanned>,
    coordinates: Vec<Spanned>,
    momenta: Vec<Spanned>,
    angles: Vec<Spanned>,
    parameters: Vec<(Spanned, Option<Spanned>)>,
    lets: Vec<(Spanned, Spanned)>,
    hamiltonian: Option<Spanned>,
    known: Vec<(Spanned, Spanned)>,
    sample: Option<(Range<usize>, Vec<Located>)>,
    trajectories: Option<Spanned>,
    points: Option<Spanned>,
    span: Option<Spanned>,
    train: Option<Spanned>,
}

fn collect(source: &Source) -> Result<File, SystemError> {
    let mut file = File::default();
    // Inside `sample`: whether its lines are indented, once the first of them is known.
    let mut block: Option<Option<bool>> = None;
    let mut end = 0;
    for line in logical_lines(&source.text) {
        let located = read_statement(&line).map_err(|e| {
            source.error(SystemError::Syntax, &e.span, e.message, e.expected.as_deref(), e.hint)
        })?;
        end = located.span.end;
        let is_step = matches!(
            located.statement,
            Statement::Draw(..) | Statement::Assign(..) | Statement::Require(..) | Statement::Let(..)
        );
        if let Some(indented) = &mut block {
            let expected = *indented.get_or_insert(located.indented);
            if is_step && (located.indented || !expected) {
                if let Some((_, steps)) = &mut file.sample {
                    steps.push(located);
                }
                continue;
            }
            block = None;
        }
        if matches!(located.statement, Statement::Sample) {
            block = Some(None);
        }
        sort_in(source, &mut file, located)?;
    }
    check_complete(source, &file, end)?;
    Ok(file)
}

fn sort_in(source: &Source, file: &mut File, located: Located) -> Result<(), SystemError> {
    let span = located.span;
    let once = |slot: &mut Option<Spanned>, value: Spanned, word: &str| match slot {
        Some(first) => Err(stated_twice(source, &span, word, first.span.start)),
        None => {
            *slot = Some(value);
            Ok(())
        }
    };
    match located.statement {
        Statement::System(name) => once(&mut file.system, name, "system"),
        Statement::Hamiltonian(formula) => once(&mut file.hamiltonian, formula, "H"),
        Statement::Trajectories(value) => once(&mut file.trajectories, value, "trajectories"),
        Statement::Points(value) => once(&mut file.points, value, "points"),
        Statement::Span(value) => once(&mut file.span, value, "span"),
        Statement::Train(value) => once(&mut file.train, value, "train"),
        Statement::Sample => match &file.sample {
            Some((first, _)) => Err(stated_twice(source, &span, "sample", first.start)),
            None => {
                file.sample = Some((span, Vec::new()));
                Ok(())
            }
        },
        Statement::Coordinates(names) => {
            file.coordinates.extend(names);
            Ok(())
        }
        Statement::Momenta(names) => {
            file.momenta.extend(names);
            Ok(())
        }
        Statement::Angle(names) => {
            file.angles.extend(names);
            Ok(())
        }
        Statement::Parameters(items) => {
            file.parameters.extend(items);
            Ok(())
        }
        Statement::Let(name, formula) => {
            file.lets.push((name, formula));
            Ok(())
        }
        Statement::Known(name, formula) => {
            file.known.push((name, formula));
            Ok(())
        }
        Statement::Assign(name, _) => Err(stray_assignment(source, &name)),
        Statement::Draw(..) | Statement::Require(..) => Err(source.error(
            SystemError::Statement,
            &span,
            "a step of a recipe outside `sample`",
            None,
            Some("put it on an indented line below a line `sample`".to_string()),
        )),
    }
}

fn stated_twice(source: &Source, span: &Range<usize>, word: &str, first: usize) -> SystemError {
    let line = source.place(first..first).line();
    let message = format!("`{word}` is stated twice");
    source.error(
        SystemError::Statement,
        span,
        message,
        None,
        Some(format!("it is first stated on line {line}")),
    )
}

fn stray_assignment(source: &Source, name: &Spanned) -> SystemError {
    let word = name.text.as_str();
    let hint = match word.to_lowercase().as_str() {
        "h" | "hamiltonian" | "energy" => "the Hamiltonian is written `H = …`".to_string(),
        _ => format!("write `let {word} = …` for an abbreviation, or put it below `sample`"),
    };
    let message = format!("`{word} = …` is no statement here");
    source.error(SystemError::Statement, &name.span, message, None, Some(hint))
}

fn check_complete(source: &Source, file: &File, end: usize) -> Result<(), SystemError> {
    let missing = |message: &str, hint: &str| {
        Err(source.error(SystemError::Statement, &(end..end), message, None, Some(hint.to_string())))
    };
    if end == 0 {
        return missing("the file holds no statement", "a system begins with `system NAME`");
    }
    if file.system.is_none() {
        return missing("the system has no name", "begin with a line `system NAME`");
    }
    if file.coordinates.is_empty() {
        return missing("the system has no coordinates", "add a line such as `coordinates qx, qy`");
    }
    if file.momenta.is_empty() {
        return missing("the system has no momenta", "add a line such as `momenta px, py`");
    }
    let (q, p) = (file.coordinates.len(), file.momenta.len());
    if q == p {
        return Ok(());
    }
    let (extra, kind, other) = match q > p {
        true => (&file.coordinates[p], "coordinate", "momentum"),
        false => (&file.momenta[q], "momentum", "coordinate"),
    };
    let message = format!("the {kind} `{}` has no {other}", extra.text);
    let counts =
        |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
    let hint = format!(
        "coordinates and momenta pair up in order; there are {} and {}",
        counts(q, "coordinate", "coordinates"),
        counts(p, "momentum", "momenta")
    );
    Err(source.error(SystemError::Unpaired, &extra.span, message, None, Some(hint)))
}

/// The comment lines before the first statement, joined.
fn head_comment(text: &str) -> String {
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    let comments = lines.take_while(|line| line.is_empty() || line.starts_with('#'));
    let words: Vec<&str> =
        comments.map(|line| line.trim_start_matches('#').trim()).filter(|line| !line.is_empty()).collect();
    words.join("\n")
}

/// The names of a file, each with what it is.
pub struct Names {
    kinds: BTreeMap<Symbol, NameKind>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum NameKind {
    Coordinate,
    Momentum,
    Parameter,
    Let,
}

impl NameKind {
    fn described(self) -> &'static str {
        match self {
            NameKind::Coordinate => "a coordinate",
            NameKind::Momentum => "a momentum",
            NameKind::Parameter => "a parameter",
            NameKind::Let => "a `let` name",
        }
    }

    pub fn is_variable(self) -> bool {
        matches!(self, NameKind::Coordinate | NameKind::Momentum)
    }
}

impl Names {
    fn check(source: &Source, file: &File) -> Result<Names, SystemError> {
        let mut names = Names { kinds: BTreeMap::new() };
        let coordinates = file.coordinates.iter().map(|name| (name, NameKind::Coordinate));
        let momenta = file.momenta.iter().map(|name| (name, NameKind::Momentum));
        let parameters = file.parameters.iter().map(|(name, _)| (name, NameKind::Parameter));
        let lets = file.lets.iter().map(|(name, _)| (name, NameKind::Let));
        for (name, kind) in coordinates.chain(momenta).chain(parameters).chain(lets) {
            names.check_free(source, name)?;
            if kind.is_variable() && ["t", "trajectory"].contains(&name.text.as_str()) {
                let message = format!("`{}` cannot be {}", name.text, kind.described());
                let hint = "`trajectory` and `t` are the first columns of data files".to_string();
                return Err(source.error(SystemError::BadName, &name.span, message, None, Some(hint)));
            }
            names.kinds.insert(symbol(name), kind);
        }
        let mut laws = BTreeSet::new();
        for (name, _) in &file.known {
            if !laws.insert(&name.text) {
                let message = format!("there are two known laws `{}`", name.text);
                return Err(source.error(SystemError::BadName, &name.span, message, None, None));
            }
        }
        check_angles(source, file)?;
        Ok(names)
    }

    /// What a name is, if it is one.
    pub fn kind(&self, name: &Symbol) -> Option<NameKind> {
        self.kinds.get(name).copied()
    }

    /// All names.
    pub fn all(&self) -> impl Iterator<Item = &Symbol> {
        self.kinds.keys()
    }

    /// The coordinates and momenta.
    pub fn variables(&self) -> impl Iterator<Item = &Symbol> {
        self.kinds.iter().filter(|(_, kind)| kind.is_variable()).map(|(name, _)| name)
    }

    /// Whether a name may be given: no reserved word, not taken.
    pub fn check_free(&self, source: &Source, name: &Spanned) -> Result<(), SystemError> {
        let word = name.text.as_str();
        let reserved = match word {
            "H" => Some("the Hamiltonian"),
            "pi" | "π" => Some("the number 3.14159…"),
            "uniform" | "normal" => Some("a distribution"),
            _ if Function::ALL.iter().any(|function| function.name() == word) => Some("a function"),
            _ if KEYWORDS.contains(&word) => Some("a word of the language"),
            _ => None,
        };
        let message = match (reserved, self.kind(&symbol(name))) {
            (Some(what), _) => format!("`{word}` cannot be a name: it is {what}"),
            (None, Some(kind)) => format!("the name `{word}` is already taken: it is {}", kind.described()),
            (None, None) => return Ok(()),
        };
        Err(source.error(SystemError::BadName, &name.span, message, Some("another name"), None))
    }
}

fn check_angles(source: &Source, file: &File) -> Result<(), SystemError> {
    let mut seen = BTreeSet::new();
    for angle in &file.angles {
        let coordinates = || file.coordinates.iter().map(|name| name.text.as_str());
        if !coordinates().any(|name| name == angle.text) {
            let message = format!("the angle `{}` is not a coordinate", angle.text);
            let is_momentum = file.momenta.iter().any(|name| name.text == angle.text);
            let hint = did_you_mean(&angle.text, coordinates())
                .filter(|_| !is_momentum)
                .unwrap_or_else(|| "an angle is listed under `coordinates` as well".to_string());
            let expected = Some("one of the coordinates");
            return Err(source.error(SystemError::UnknownName, &angle.span, message, expected, Some(hint)));
        }
        if !seen.insert(&angle.text) {
            let message = format!("the angle `{}` is listed twice", angle.text);
            return Err(source.error(SystemError::BadName, &angle.span, message, None, None));
        }
    }
    Ok(())
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
        (name, _) => did_you_mean(name, names.kinds.keys().map(Symbol::name)),
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

//! The statements of a file, each kind in its place.

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

use crate::expr::{Condition, Expr, Symbol, parse};

use super::SystemError;
use super::place::{Diagnostic, Place};
use super::statement::{Located, Spanned, Statement, logical_lines, read_statement};

/// The symbol of a name in the text.
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
    pub fn new(name: &str, text: &str) -> Source {
        Source { name: name.into(), text: text.into() }
    }

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

    /// The conditions of a piece of the text.
    pub fn conditions(&self, piece: &Spanned) -> Result<Vec<Condition>, SystemError> {
        Condition::parse_all(&piece.text).map_err(|error| {
            let span = piece.span.start + error.span.start..piece.span.start + error.span.end;
            self.error(SystemError::Syntax, &span, error.message, None, error.hint)
        })
    }

    /// Where a part of a formula stands in its piece of the text, if it is written there word for word.
    pub fn part_of(&self, piece: &Spanned, part: &str) -> Range<usize> {
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
pub struct File {
    pub system: Option<Spanned>,
    pub coordinates: Vec<Spanned>,
    pub momenta: Vec<Spanned>,
    pub velocities: Vec<Spanned>,
    pub angles: Vec<Spanned>,
    pub parameters: Vec<(Spanned, Option<Spanned>)>,
    pub lets: Vec<(Spanned, Spanned)>,
    pub hamiltonian: Option<Spanned>,
    /// Conditions of `where` statements and beside the Hamiltonian.
    pub domain: Vec<Spanned>,
    /// Name, formula and conditions beside it.
    pub known: Vec<(Spanned, Spanned, Option<Spanned>)>,
    pub sample: Option<(Range<usize>, Vec<Located>)>,
    pub trajectories: Option<Spanned>,
    pub points: Option<Spanned>,
    pub span: Option<Spanned>,
    pub train: Option<Spanned>,
}

/// Reads all statements.
pub fn collect(source: &Source) -> Result<File, SystemError> {
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
        Statement::Hamiltonian(formula, conditions) => {
            file.domain.extend(conditions);
            once(&mut file.hamiltonian, formula, "H")
        }
        Statement::Where(conditions) => {
            file.domain.push(conditions);
            Ok(())
        }
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
        Statement::Velocities(names) => {
            file.velocities.extend(names);
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
        Statement::Known(name, formula, conditions) => {
            file.known.push((name, formula, conditions));
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
    // A system for measured data has no Hamiltonian, and perhaps no momenta.
    if file.momenta.is_empty() && (file.hamiltonian.is_some() || file.sample.is_some()) {
        return match file.velocities.first() {
            None => missing("the system has no momenta", "add a line such as `momenta px, py`"),
            Some(velocity) => {
                let hint = "a system with a Hamiltonian has `momenta`; `velocities` are for measured data";
                let message = "the system has velocities in place of momenta";
                Err(source.error(
                    SystemError::Statement,
                    &velocity.span,
                    message,
                    None,
                    Some(hint.to_string()),
                ))
            }
        };
    }
    if let (Some(velocity), false) = (file.velocities.first(), file.momenta.is_empty()) {
        let hint = "what is measured beside the coordinates are momenta or velocities".to_string();
        let message = "the system has momenta and velocities";
        return Err(source.error(SystemError::Statement, &velocity.span, message, None, Some(hint)));
    }
    match (file.momenta.is_empty(), file.velocities.is_empty()) {
        (true, true) => Ok(()),
        (false, _) => check_pairs(source, &file.coordinates, &file.momenta, ["momentum", "momenta"]),
        (true, false) => check_pairs(source, &file.coordinates, &file.velocities, ["velocity", "velocities"]),
    }
}

/// As many momenta or velocities as coordinates.
fn check_pairs(
    source: &Source,
    coordinates: &[Spanned],
    others: &[Spanned],
    [one, many]: [&str; 2],
) -> Result<(), SystemError> {
    let (q, p) = (coordinates.len(), others.len());
    let (extra, kind, other) = match q.cmp(&p) {
        Ordering::Equal => return Ok(()),
        Ordering::Greater => (&coordinates[p], "coordinate", one),
        Ordering::Less => (&others[q], one, "coordinate"),
    };
    let message = format!("the {kind} `{}` has no {other}", extra.text);
    let counts =
        |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
    let hint = format!(
        "coordinates and {many} pair up in order; there are {} and {}",
        counts(q, "coordinate", "coordinates"),
        counts(p, one, many)
    );
    Err(source.error(SystemError::Unpaired, &extra.span, message, None, Some(hint)))
}

/// The comment lines before the first statement, joined.
pub fn head_comment(text: &str) -> String {
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    let comments = lines.take_while(|line| line.is_empty() || line.starts_with('#'));
    let words: Vec<&str> =
        comments.map(|line| line.trim_start_matches('#').trim()).filter(|line| !line.is_empty()).collect();
    words.join("\n")
}

//! From files to a [`Recording`].
//!
//! ```text
//! file ──content──▶ text ──lines, top──▶ Table ──roles──▶ runs ──angles──▶ Recording
//!              └──▶ archive ──npz──────────▲
//! ```
//!
//! A [`Table`] has a column of numbers for each heading. [`roles`] says what the columns are to each other: from
//! their names alone, or from a system file. Nothing is left out in silence: each refusal names its place and the
//! way out, and everything else is noted.

mod agreement;
mod angles;
mod axes;
mod columns;
mod content;
mod declared;
mod degrees;
mod facts;
mod heading;
mod lines;
mod names;
mod npz;
mod number;
mod part;
mod rates;
mod recognised;
mod refusals;
mod roles;
mod runs;
mod schmidt_lipson;
mod sets;
mod table;
#[cfg(test)]
mod tests;
mod together;
mod top;
mod units;

use content::Content;
use facts::TableFacts;
use part::{Named, joined};
use roles::{RateColumns, Roles, assign, names_of};
use table::{Origin, Table, separator_in_words};
use together::Together;

pub use columns::ColumnMap;
pub use part::Part;

use super::{Array, Rates, ReadError, Recording, description};
use crate::expr::{Symbol, is_function};
use crate::system::System;

/// How recordings are read.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ReadOptions {
    /// What a system file says of the columns.
    pub declared: Option<Declared>,
    /// Other names for columns.
    pub columns: ColumnMap,
    /// Positions that are angles.
    pub angles: Vec<Symbol>,
    /// Positions that are angles in degrees: they and their rates are converted to radians.
    pub degrees: Vec<Symbol>,
    /// Whether rows without a number in a column that is used, and rows that repeat a time, are left out; they
    /// are refused otherwise.
    pub drop_incomplete: bool,
}

/// What a system file says of the columns.
#[derive(Clone, PartialEq, Debug)]
pub struct Declared {
    /// The positions.
    pub coordinates: Vec<Symbol>,
    /// What is recorded beside them.
    pub rates: Rates,
    /// Those of the positions that are angles.
    pub angles: Vec<Symbol>,
}

/// What was read.
#[derive(Clone, PartialEq, Debug)]
pub struct Reading {
    /// The recording. Its angles are in radians and continuous along each run.
    pub recording: Recording,
    /// What was understood, in a sentence without its full stop.
    pub understood: String,
    /// What a user should know: columns that are not used, rows that were sorted or left out.
    pub notes: Vec<String>,
}

/// Reads the files of one recording: several files are several runs.
///
/// # Errors
/// A file that cannot be read, or is not understood, with its place and the way out.
pub fn read(paths: &[String], options: &ReadOptions) -> Result<Reading, ReadError> {
    let parts: Result<Vec<Part>, ReadError> = paths.iter().map(|path| read_file(path, options)).collect();
    finished(parts?, options)
}

/// Reads the text of one file; `source_name` stands for its path.
///
/// # Errors
/// As [`read`].
pub fn read_text(text: &str, source_name: &str, options: &ReadOptions) -> Result<Reading, ReadError> {
    finished(vec![of_text(text, source_name, None, options)?], options)
}

/// Reads arrays that are at hand, as those of an archive: `q` with `p`, `v` or nothing, and `t`. Several sets of arrays
/// are several runs, as several files are; each stands beside the name that errors call it by.
///
/// # Shapes
/// `q`, `p`, `v`: `[runs, points, dof]` or `[points, dof]`; `t`: `[points]` or `[runs, points]`.
///
/// # Errors
/// As [`read`].
pub fn read_arrays(
    sets: Vec<(String, Vec<(String, Array)>)>,
    options: &ReadOptions,
) -> Result<Reading, ReadError> {
    let part = |(name, arrays): (String, Vec<(String, Array)>)| {
        of_arrays(npz::table_of(arrays, &name, options.declared.as_ref())?, &name, options)
    };
    finished(sets.into_iter().map(part).collect::<Result<Vec<Part>, ReadError>>()?, options)
}

fn read_file(path: &str, options: &ReadOptions) -> Result<Part, ReadError> {
    match content::load(path)? {
        Content::Text(text, note) => of_text(&text, path, note, options),
        Content::Archive(bytes) => of_archive(&bytes, path, options),
    }
}

fn of_text(
    text: &str,
    source_name: &str,
    note: Option<String>,
    options: &ReadOptions,
) -> Result<Part, ReadError> {
    let mut table = Table::of_text(text, source_name, options.columns.has_numbers())?;
    table.notes.splice(0..0, note);
    let left_out = options.columns.apply(&mut table, options.declared.as_ref())?;
    let sets = sets::side_by_side(&table);
    if !sets.is_empty() {
        return of_sets(sets, table.notes, &left_out, options);
    }
    let together = options.declared.as_ref().and_then(|declared| Together::of(&table.headings, declared));
    let Some(together) = together else {
        return of_table(table, options.declared.as_ref(), &left_out, options);
    };
    let mut part = of_table(table, Some(&together.narrow), &left_out, options)?;
    let Some((runs, note)) = together.widened(&part.runs) else {
        let reason = "its points do not follow each other in equal steps of time often enough".to_string();
        return Err(ReadError::File { path: source_name.to_string(), reason, hint: None });
    };
    part.notes.push(format!("{source_name}: {note}"));
    part.runs = runs;
    if let Some(declared) = &options.declared {
        let source = part.source.clone();
        let named =
            |name: &Symbol| Named { name: name.clone(), unit: None, place: None, source: source.clone() };
        part.coordinates = declared.coordinates.iter().map(named).collect();
        part.rates = names_of(&declared.rates).into_iter().map(|name| named(&Symbol::new(name))).collect();
        part.rate_kind = declared.rates.clone();
    }
    Ok(part)
}

/// The runs of tables that stand side by side.
fn of_sets(
    sets: Vec<(String, Table<'_>)>,
    notes: Vec<String>,
    left_out: &[usize],
    options: &ReadOptions,
) -> Result<Part, ReadError> {
    let mut parts: Vec<Part> = Vec::new();
    for (name, table) in sets {
        let left_out: Vec<usize> =
            (0..table.headings.len()).filter(|&column| table.is_any_of(column, left_out)).collect();
        let mut part = of_table(table, options.declared.as_ref(), &left_out, options)?;
        part.run_columns.clear();
        part.name_runs(&name);
        parts.push(part);
    }
    let mut whole = part::merged(parts)?;
    whole.notes.splice(0..0, notes);
    Ok(whole)
}

fn of_archive(bytes: &[u8], path: &str, options: &ReadOptions) -> Result<Part, ReadError> {
    of_arrays(npz::table(bytes, path, options.declared.as_ref())?, path, options)
}

fn of_arrays(
    (mut table, declared): (Table<'_>, Option<Declared>),
    path: &str,
    options: &ReadOptions,
) -> Result<Part, ReadError> {
    if declared.is_some() && !options.columns.is_empty() {
        let reason = "a column map does not apply to arrays with several columns".to_string();
        return Err(ReadError::File { path: path.to_string(), reason, hint: None });
    }
    let left_out = options.columns.apply(&mut table, options.declared.as_ref())?;
    of_table(table, declared.as_ref().or(options.declared.as_ref()), &left_out, options)
}

/// The runs of a table, in radians where it says degrees.
fn of_table(
    table: Table<'_>,
    declared: Option<&Declared>,
    left_out: &[usize],
    options: &ReadOptions,
) -> Result<Part, ReadError> {
    let facts = TableFacts::of(&table);
    let roles = assign(&table.headings, &facts, declared, left_out)
        .map_err(|problem| refusals::refusal(&table, problem))?;
    let groups = facts.groups(&roles.runs);
    let mut notes = table.notes.clone();
    notes.extend(refusals::note_on_ignored(&table, &roles));
    let runs = runs::gather(&table, &roles, &groups, options.drop_incomplete, &mut notes)?;
    notes.extend(refusals::note_on_bodies(&table, &roles, &runs));
    let mut part = part(&table, &roles, declared)?;
    part.runs = runs;
    part.notes = notes;
    angles::convert(&mut part, &options.degrees)?;
    Ok(part)
}

/// The names in a table, without runs.
fn part(table: &Table<'_>, roles: &Roles, declared: Option<&Declared>) -> Result<Part, ReadError> {
    let named = |columns: &[usize], declared: Option<Vec<&str>>| -> Result<Vec<Named>, ReadError> {
        let named = columns.iter().enumerate().map(|(at, &column)| {
            let heading = &table.headings[column];
            let declared = declared.as_ref().and_then(|names| names.get(at).copied());
            if declared.is_none() && !heading.is_legal() {
                return Err(illegal_name(table, column));
            }
            let name = Symbol::new(declared.unwrap_or(&heading.name));
            let source = table.source_name.clone();
            Ok(Named { name, unit: heading.unit, place: table.place(column), source })
        });
        named.collect()
    };
    let names =
        |declared: &Declared| declared.coordinates.iter().map(Symbol::name).map(str::to_string).collect();
    let own: Option<Vec<String>> = declared.map(names);
    let coordinates =
        named(&roles.positions, own.as_ref().map(|names| names.iter().map(String::as_str).collect()))?;
    let rates = named(roles.rates.columns(), declared.map(|declared| names_of(&declared.rates)))?;
    let symbols = rates.iter().map(|named| named.name.clone()).collect();
    let written = |column: usize| table.headings[column].name.clone();
    Ok(Part {
        source: table.source_name.clone(),
        time: written(roles.time),
        run_columns: roles.runs.iter().map(|&column| written(column)).collect(),
        coordinates,
        rate_kind: match roles.rates {
            RateColumns::None => Rates::None,
            RateColumns::Velocities(_) => Rates::Velocities(symbols),
            RateColumns::Momenta(_) => Rates::Momenta(symbols),
        },
        rates,
        writing: writing(table),
        runs: Vec::new(),
        notes: Vec::new(),
    })
}

/// How a file is written, where that is not plain CSV.
fn writing(table: &Table<'_>) -> Option<String> {
    let Origin::Text { format, .. } = &table.origin else { return None };
    let separator = separator_in_words(format.separator);
    match (format.decimal_comma, format.separator) {
        (true, _) => Some(format!("{separator} between columns, decimal commas")),
        (false, lines::Separator::Semicolon) if table.headings.len() > 1 => {
            Some(format!("{separator} between columns"))
        }
        (false, _) => None,
    }
}

fn illegal_name(table: &Table<'_>, column: usize) -> ReadError {
    let written = &table.headings[column].written;
    let message = format!("`{written}` cannot be the name of a variable");
    let hint = format!("give it another name: --columns \"{written}=x\"");
    let is_word = is_function(&table.headings[column].name) || ["H", "pi", "π"].contains(&written.as_str());
    let expected = match is_word {
        true => "a name that means nothing else in formulas",
        false => "a letter, then letters, digits or `_`",
    };
    let expected = Some(expected.to_string());
    table.error_in_header(Some(column), message, expected, Some(hint))
}

/// The recording of all parts, its angles continuous.
fn finished(mut parts: Vec<Part>, options: &ReadOptions) -> Result<Reading, ReadError> {
    let mut recording = joined(&mut parts)?;
    let mut notes: Vec<String> = parts.iter_mut().flat_map(|part| std::mem::take(&mut part.notes)).collect();
    let first = parts.first();
    let named = first.map_or((&[][..], &[][..]), |part| (part.coordinates.as_slice(), part.rates.as_slice()));
    angles::settle(&mut recording, named, options, &mut notes)?;
    let understood = description::sentence(&parts, &recording);
    Ok(Reading { recording, understood, notes })
}

impl From<&System> for Declared {
    fn from(system: &System) -> Declared {
        let rates = match (system.velocities.is_empty(), system.momenta.is_empty()) {
            (false, _) => Rates::Velocities(system.velocities.clone()),
            (true, false) => Rates::Momenta(system.momenta.clone()),
            (true, true) => Rates::None,
        };
        Declared { coordinates: system.coordinates.clone(), rates, angles: system.angles.clone() }
    }
}

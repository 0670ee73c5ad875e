//! Text files of numbers: CSV and the format of Schmidt and Lipson (2009).
//!
//! ```ebnf
//! csv      = { comment } names line-end { numbers line-end } ;          (* cells between commas *)
//! names    = name { "," name } ;      (* trajectory, t, the variables, optionally d + each variable *)
//! numbers  = number { "," number } ;
//! schmidt_lipson = [ "%" ] variable { variable } line-end { trial t number { number } line-end } ;
//!                                     (* cells between spaces; as many numbers as variables, or twice
//!                                        as many: then the second half are their time derivatives *)
//! comment  = "#" to the end of the line ;
//! ```

use std::ops::Range;
use std::sync::Arc;

use crate::system::{Diagnostic, Place};

use super::FlowError;

/// A table as it stands in a file: named columns, rows of cells with their places.
#[derive(Debug)]
pub struct Table<'a> {
    /// The file.
    pub source_name: Arc<str>,
    /// The names of the columns, where the file states them, and the header line.
    pub columns: Vec<Cell<'a>>,
    pub header: Row<'a>,
    /// The rows of numbers; each has as many cells as there are columns.
    pub rows: Vec<Row<'a>>,
}

/// A line of a file and its cells.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// Its number, from 1.
    pub number: usize,
    /// The whole line.
    pub line: &'a str,
    /// Its cells.
    pub cells: Vec<Cell<'a>>,
}

/// A cell.
#[derive(Clone, Debug)]
pub struct Cell<'a> {
    /// Its text without spaces and quotes. A derivative column that the file does not name has a name
    /// made up here.
    pub text: std::borrow::Cow<'a, str>,
    /// Its place in the line.
    pub span: Range<usize>,
}

impl Table<'_> {
    /// An error at a range of a row.
    pub fn error(
        &self,
        row: &Row<'_>,
        span: Range<usize>,
        message: String,
        expected: Option<String>,
        hint: Option<String>,
    ) -> FlowError {
        error_at(&self.source_name, row, span, message, expected, hint)
    }
}

fn error_at(
    source_name: &Arc<str>,
    row: &Row<'_>,
    span: Range<usize>,
    message: String,
    expected: Option<String>,
    hint: Option<String>,
) -> FlowError {
    let mut place = Place::new(source_name.clone(), row.line.into(), span);
    place.first_line = row.number;
    FlowError::Data(Box::new(Diagnostic { message, place, expected, hint }))
}

/// The lines that hold something, without comments.
fn rows<'a>(text: &'a str, cells: fn(&'a str) -> Vec<Cell<'a>>) -> impl Iterator<Item = Row<'a>> {
    let lines =
        text.trim_start_matches('\u{feff}').lines().map(|line| line.trim_end_matches('\r')).enumerate();
    lines
        .filter(|(_, line)| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
        .map(move |(at, line)| Row { number: at + 1, line, cells: cells(line) })
}

fn cell(line: &str, range: Range<usize>) -> Cell<'_> {
    let piece = &line[range.clone()];
    let start = range.start + (piece.len() - piece.trim_start().len());
    let trimmed = piece.trim();
    let text = trimmed.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(trimmed);
    Cell { text: text.into(), span: start..start + trimmed.len() }
}

fn comma_cells(line: &str) -> Vec<Cell<'_>> {
    let mut start = 0;
    line.split(',')
        .map(|piece| {
            let range = start..start + piece.len();
            start = range.end + 1;
            cell(line, range)
        })
        .collect()
}

fn spaced_cells(line: &str) -> Vec<Cell<'_>> {
    let offset = |piece: &str| piece.as_ptr() as usize - line.as_ptr() as usize;
    line.split_whitespace().map(|piece| cell(line, offset(piece)..offset(piece) + piece.len())).collect()
}

fn nothing_in(source_name: &Arc<str>, what: &str, number: usize, line: &str) -> FlowError {
    let row = Row { number, line, cells: Vec::new() };
    error_at(source_name, &row, line.len()..line.len(), what.to_string(), None, None)
}

/// Reads a CSV file.
pub fn read_csv<'a>(text: &'a str, source_name: &str) -> Result<Table<'a>, FlowError> {
    let source_name: Arc<str> = source_name.into();
    let mut rows = rows(text, comma_cells);
    let header = rows.next().ok_or_else(|| nothing_in(&source_name, "the file is empty", 1, ""))?;
    let table = Table { source_name, columns: header.cells.clone(), header, rows: rows.collect() };
    if table.columns.iter().all(|name| name.text.parse::<f64>().is_ok()) {
        let hint = "the first line names the columns: trajectory,t,…".to_string();
        let span = 0..table.header.line.len();
        return Err(table.error(
            &table.header,
            span,
            "there is no header line".to_string(),
            None,
            Some(hint),
        ));
    }
    if table.columns.len() == 1 && table.header.line.contains([';', '\t']) {
        let span = 0..table.header.line.len();
        let message = "the header is a single column".to_string();
        return Err(table.error(
            &table.header,
            span,
            message,
            Some("commas between columns".to_string()),
            None,
        ));
    }
    check_rectangle(table)
}

/// Reads the text format of Schmidt and Lipson; its columns are called `trajectory`, `t`, the names of the
/// header, and where there are derivatives `d` + each name.
pub fn read_schmidt_lipson<'a>(text: &'a str, source_name: &str) -> Result<Table<'a>, FlowError> {
    let source_name: Arc<str> = source_name.into();
    let mut rows = rows(text, spaced_cells);
    let mut header = rows.next().ok_or_else(|| nothing_in(&source_name, "the file is empty", 1, ""))?;
    strip_percent(&mut header);
    let rows: Vec<Row<'_>> = rows.collect();
    let mut names = header.cells.clone();
    // Some files name the first two columns as well.
    if names.len() > 2 && ["trial", "trajectory"].contains(&&*names[0].text) && names[1].text == "t" {
        names.drain(..2);
    }
    if names.is_empty() || names[0].text.parse::<f64>().is_ok() {
        let span = 0..header.line.len();
        let message = "there is no header line".to_string();
        let hint = Some("the first line names the columns, after an optional `%`".to_string());
        return Err(error_at(&source_name, &header, span, message, None, hint));
    }
    let whole = 0..header.line.len();
    let named = |text: &str| Cell { text: text.to_string().into(), span: whole.clone() };
    let mut columns = vec![named("trajectory"), named("t")];
    columns.extend(names.iter().cloned());
    if rows.first().is_some_and(|row| row.cells.len() == 2 + 2 * names.len()) {
        columns.extend(names.iter().map(|name| named(&format!("d{}", name.text))));
    }
    check_rectangle(Table { source_name, columns, header, rows })
}

/// Takes a `%` before the first name, with or without a space between, off the header.
fn strip_percent(header: &mut Row<'_>) {
    let Some(first) = header.cells.first_mut() else { return };
    let Some(rest) = first.text.strip_prefix('%') else { return };
    if rest.is_empty() {
        header.cells.remove(0);
    } else {
        first.text = rest.to_string().into();
        first.span.start += 1;
    }
}

/// Every row has a cell for every column, and there are rows.
fn check_rectangle(table: Table<'_>) -> Result<Table<'_>, FlowError> {
    let width = table.columns.len();
    if table.rows.is_empty() {
        return Err(nothing_in(
            &table.source_name,
            "the file holds no rows",
            table.header.number,
            table.header.line,
        ));
    }
    if let Some(row) = table.rows.iter().find(|row| row.cells.len() != width) {
        let span = match row.cells.get(width) {
            Some(extra) => extra.span.start..row.line.trim_end().len(),
            None => row.line.trim_end().len()..row.line.trim_end().len(),
        };
        let message = format!("this row has {} cells instead of {width}", row.cells.len());
        return Err(table.error(row, span, message, None, None));
    }
    Ok(table)
}

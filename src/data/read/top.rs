//! The lines above the numbers: titles, the header, a row of units.

use std::ops::Range;
use std::sync::Arc;

use super::heading::{Heading, is_row_of_units, unit_of};
use super::lines::{Format, Line, Lines, Separator};
use super::number::Cell;
use super::schmidt_lipson;
use super::table::at;
use crate::data::ReadError;

/// What stands above the numbers.
#[derive(Debug)]
pub struct Top<'a> {
    /// The header line.
    pub header: Line<'a>,
    /// What it says of each column; as many as the rows have cells.
    pub headings: Vec<Heading>,
    /// For each column its place in the header line.
    pub spans: Vec<Range<usize>>,
    /// The index of the first row of numbers.
    pub first_row: usize,
    /// What a user should know.
    pub notes: Vec<String>,
}

/// Finds the header of a table whose rows have `width` cells.
///
/// # Errors
/// There is no header, or it names another number of columns.
pub fn header<'a>(
    lines: &Lines<'a>,
    format: Format,
    width: usize,
    source_name: &Arc<str>,
    numbered: bool,
) -> Result<Top<'a>, ReadError> {
    let first_row = first_row(&lines.rows, format, width);
    let above = &lines.rows[..first_row];
    let Some(rows) = lines.rows.get(first_row..).filter(|rows| !rows.is_empty()) else {
        return Err(no_rows(source_name, above));
    };
    let ends_blank = ends_blank(rows, format, width);
    let fits = |line: &Line<'a>| names(*line, format.separator, width, ends_blank);
    let found = above.iter().enumerate().rev().find_map(|(at, line)| fits(line).map(|names| (at, names)));
    if let Some((mut index, mut spans)) = found {
        let mut notes = Vec::new();
        let mut units = None;
        let texts = |line: Line<'a>, spans: &[Range<usize>]| -> Vec<&'a str> {
            spans.iter().map(|span| &line.text[span.clone()]).collect()
        };
        let lowest = texts(above[index], &spans);
        let upper = above[..index].iter().enumerate().rev().find_map(|(at, line)| Some((at, fits(line)?)));
        if let Some((upper_index, upper_spans)) = upper.filter(|_| is_row_of_units(lowest.iter().copied())) {
            units = Some(lowest);
            (index, spans) = (upper_index, upper_spans);
        }
        let unread = above.len() - 1 - usize::from(units.is_some());
        if unread > 0 {
            notes.push(format!(
                "{unread} lines beside the header are not read (line {} is the header)",
                above[index].number
            ));
        }
        let mut headings: Vec<Heading> = texts(above[index], &spans).into_iter().map(Heading::of).collect();
        for (heading, unit) in headings.iter_mut().zip(units.into_iter().flatten()) {
            heading.unit = heading.unit.or(unit_of(unit));
        }
        return Ok(Top { header: above[index], headings, spans, first_row, notes });
    }
    in_comments(lines, format, width, ends_blank, first_row)
        .or_else(|| schmidt_lipson::header(lines, format, width, first_row))
        .or_else(|| numbered.then(|| numbers_for_names(rows[0], format, first_row)))
        .ok_or_else(|| no_header(lines, format, width, first_row, source_name))
}

/// The first line with `width` cells of which at least half are numbers.
fn first_row(rows: &[Line<'_>], format: Format, width: usize) -> usize {
    let mut cells = Vec::new();
    let numeric = numeric_columns(rows, format, width);
    let wanted = numeric.iter().filter(|is| **is).count();
    let is_row = |line: &Line<'_>| {
        format.separator.split(line.text, &mut cells);
        let is_number =
            |at: &usize| Cell::read(&line.text[cells[*at].clone()], format.decimal_comma).is_number();
        cells.len() == width
            && 2 * (0..width).filter(|at| numeric[*at]).filter(is_number).count() >= wanted.max(1)
    };
    rows.iter().position(is_row).unwrap_or(rows.len())
}

/// Which of the cells are numbers in most lines of `width` cells, seen from a sample.
fn numeric_columns(rows: &[Line<'_>], format: Format, width: usize) -> Vec<bool> {
    const SAMPLE: usize = 200;
    let mut cells = Vec::new();
    let (mut counts, mut lines) = (vec![0usize; width], 0usize);
    for line in rows.iter().step_by((rows.len() / SAMPLE).max(1)) {
        format.separator.split(line.text, &mut cells);
        let texts = || cells.iter().map(|range| Cell::read(&line.text[range.clone()], format.decimal_comma));
        if cells.len() != width || !texts().any(Cell::is_number) {
            continue;
        }
        lines += 1;
        counts.iter_mut().zip(texts()).for_each(|(count, cell)| *count += usize::from(cell.is_number()));
    }
    counts.into_iter().map(|count| 2 * count > lines).collect()
}

/// Whether the last cell of the rows is always empty: lines that end in a separator.
fn ends_blank(rows: &[Line<'_>], format: Format, width: usize) -> bool {
    let mut cells = Vec::new();
    width > 1
        && rows.iter().take(100).all(|line| {
            format.separator.split(line.text, &mut cells);
            cells.len() != width || cells[width - 1].is_empty()
        })
}

/// The names on a line, if there are as many as columns. Names may be separated otherwise than the rows.
fn names(line: Line<'_>, separator: Separator, width: usize, ends_blank: bool) -> Option<Vec<Range<usize>>> {
    let mut cells = Vec::new();
    let mut fitting = |separator: Separator| {
        separator.split(line.text, &mut cells);
        while cells.len() > width && cells.last().is_some_and(Range::is_empty) {
            cells.pop();
        }
        if separator == Separator::Blanks && cells.len() > width {
            join_brackets(line.text, &mut cells);
        }
        let end = line.text.trim_end().len();
        if ends_blank && cells.len() + 1 == width {
            cells.push(end..end);
        }
        let texts = || cells.iter().map(|cell| &line.text[cell.clone()]);
        let is_name = |text: &str| text.chars().any(|c| c.is_alphabetic() || "°#".contains(c));
        let blank = texts().filter(|text| text.is_empty()).count();
        // Columns without a name are counters of rows and the ends of lines.
        let are_names = texts().all(|text| text.is_empty() || is_name(text)) && blank <= 2 && blank < width;
        (cells.len() == width && are_names).then(|| cells.clone())
    };
    fitting(separator)
        .or_else(|| Separator::ALL.into_iter().filter(|other| *other != separator).find_map(fitting))
}

/// Joins a cell that begins with a bracket to the one before it: `x [m]` is one name.
fn join_brackets(line: &str, cells: &mut Vec<Range<usize>>) {
    let mut joined: Vec<Range<usize>> = Vec::new();
    for cell in cells.drain(..) {
        match joined.last_mut() {
            Some(last)
                if line[cell.clone()].starts_with(['[', '('])
                    || line[last.clone()].matches(['[', '(']).count()
                        > line[last.clone()].matches([']', ')']).count() =>
            {
                last.end = cell.end;
            }
            _ => joined.push(cell),
        }
    }
    *cells = joined;
}

/// The header in the last comment above the rows that names as many columns, as NumPy writes it.
fn in_comments<'a>(
    lines: &Lines<'a>,
    format: Format,
    width: usize,
    ends_blank: bool,
    first_row: usize,
) -> Option<Top<'a>> {
    let (header, spans) = lines
        .comments
        .iter()
        .rev()
        .find_map(|line| Some((*line, names(*line, format.separator, width, ends_blank)?)))?;
    let headings = spans.iter().map(|span| Heading::of(&header.text[span.clone()])).collect();
    Some(Top { header, headings, spans, first_row, notes: Vec::new() })
}

/// No names, where the user names columns by their numbers.
fn numbers_for_names(row: Line<'_>, format: Format, first_row: usize) -> Top<'_> {
    let mut spans = Vec::new();
    format.separator.split(row.text, &mut spans);
    let headings = vec![Heading::default(); spans.len()];
    Top { header: row, headings, spans, first_row, notes: Vec::new() }
}

fn no_rows(source_name: &Arc<str>, above: &[Line<'_>]) -> ReadError {
    let last = above.last().copied().unwrap_or(Line { number: 1, text: "" });
    let end = last.text.trim_end().len();
    let expected = Some("rows of numbers below it".to_string());
    at(source_name, last, end..end, "the file holds no rows of numbers".to_string(), expected, None)
}

fn no_header(
    lines: &Lines<'_>,
    format: Format,
    width: usize,
    first_row: usize,
    source_name: &Arc<str>,
) -> ReadError {
    let row = lines.rows[first_row];
    let Some(last) = first_row.checked_sub(1).map(|at| lines.rows[at]) else {
        let names: Vec<String> = (1..=width)
            .map(|n| format!("{n}={}", ["t", "x", "y", "vx", "vy"].get(n - 1).unwrap_or(&"…")))
            .collect();
        let hint = format!(
            "write a line with the names of the columns above it, such as t,x,vx; or name them by their \
             numbers: --columns {}",
            names[..names.len().min(3)].join(",")
        );
        let message = "there is no header line".to_string();
        let expected = Some("the names of the columns".to_string());
        return at(source_name, row, 0..row.text.trim_end().len(), message, expected, Some(hint));
    };
    let mut cells = Vec::new();
    format.separator.split(last.text, &mut cells);
    let count = cells.len();
    let message = format!("the header names {count} columns, and the rows have {width} cells");
    let looks_split =
        format.separator == Separator::Comma && count > 1 && width > count && width <= 2 * count;
    let hint = match looks_split {
        true => {
            "decimal commas cannot be told from commas between columns: write the numbers with points, or \
                 semicolons between the columns"
                .to_string()
        }
        false => format!("the first row of numbers is line {}", row.number),
    };
    let span = cells.first().map_or(0, |cell| cell.start)..last.text.trim_end().len();
    at(source_name, last, span, message, Some("a name for each column".to_string()), Some(hint))
}

//! The lines above the numbers: titles, the header, a row of units.

use std::ops::Range;
use std::sync::Arc;

use super::heading::Heading;
use super::lines::{Format, Line, Lines, Separator};
use super::names::is_time_name;
use super::number::Cell;
use super::rates::flat;
use super::schmidt_lipson;
use super::table::at;
use super::units::{is_row_of_units, unit_of};
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
    /// The number of the last line of the header: the header itself, or the units below it.
    pub last_line: usize,
    /// The index of the first row of numbers.
    pub first_row: usize,
    /// What a user should know.
    pub notes: Vec<String>,
}

impl Top<'_> {
    /// Whether a line is the header or the units below it.
    fn is_read(&self, line: &Line<'_>) -> bool {
        [self.header.number, self.last_line].contains(&line.number)
    }
}

/// What the header has to fit.
struct Shape {
    separator: Separator,
    /// The number of cells of a row.
    width: usize,
    /// How many cells at the end of every row are empty: lines that end in separators.
    tail: usize,
    /// Whether the first cells count the rows.
    are_numbered: bool,
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
    let shape = Shape::of(rows, format, width);
    let found = in_rows(above, &shape)
        .or_else(|| in_comments(lines, &shape, first_row))
        .or_else(|| schmidt_lipson::header(lines, format, width, first_row))
        .or_else(|| numbered.then(|| numbers_for_names(rows[0], format, first_row)));
    let mut top = found.ok_or_else(|| no_header(lines, format, width, first_row, source_name))?;
    // A damaged row is no title, even as the first.
    let has_number = |line: &Line<'_>| {
        let mut cells = Vec::new();
        format.separator.split(line.text, &mut cells);
        cells.into_iter().any(|cell| Cell::read(&line.text[cell], format.decimal_comma).is_number())
    };
    let is_below = |line: &Line<'_>| line.number > top.last_line;
    let damaged = above.iter().position(|line| is_below(line) && has_number(line));
    top.first_row = damaged.unwrap_or(first_row);
    let unread = above[..top.first_row].iter().filter(|line| !top.is_read(line)).count();
    if unread > 0 {
        let lines = if unread == 1 {
            "1 line beside the header is"
        } else {
            &format!("{unread} lines beside the header are")
        };
        top.notes.push(format!("{source_name}: {lines} not read (line {} is the header)", top.header.number));
    }
    Ok(top)
}

/// The header among the lines above the numbers: the lowest line with as many names as columns, or, where that
/// holds units, the next above it.
fn in_rows<'a>(above: &[Line<'a>], shape: &Shape) -> Option<Top<'a>> {
    let fitting: Vec<(Line<'a>, Vec<Range<usize>>)> =
        above.iter().rev().filter_map(|line| Some((*line, names(*line, shape)?))).take(3).collect();
    let texts = |(line, spans): &(Line<'a>, Vec<Range<usize>>)| -> Vec<&'a str> {
        spans.iter().map(|span| &line.text[span.clone()]).collect()
    };
    let lowest = texts(fitting.first()?);
    let has_units = fitting.len() > 1
        && (is_row_of_units(lowest.iter().copied()) || stands_below_time(&lowest, &texts(&fitting[1])));
    let mut at = usize::from(has_units);
    // Some programs write short names between the names and the units.
    let is_short = |text: &&str| text.chars().count() <= 2;
    if has_units && fitting.len() > 2 && texts(&fitting[1]).iter().all(is_short) {
        at = 2;
    }
    let (header, spans) = fitting.get(at)?.clone();
    let mut headings: Vec<Heading> = texts(&fitting[at]).into_iter().map(Heading::of).collect();
    if has_units {
        headings
            .iter_mut()
            .zip(lowest)
            .for_each(|(heading, unit)| heading.unit = heading.unit.or(unit_of(unit)));
    }
    let last_line = fitting[0].0.number;
    Some(Top { header, headings, spans, last_line, first_row: above.len(), notes: Vec::new() })
}

/// Whether a row holds a unit below the name of the time, and names no time itself: then the rest are units too,
/// known or not.
fn stands_below_time(row: &[&str], above: &[&str]) -> bool {
    let is_time = |cell: &str| is_time_name(&flat(&Heading::of(cell).name));
    let below = above.iter().zip(row).find(|(name, _)| is_time(name)).map(|(_, cell)| *cell);
    below.is_some_and(|cell| is_row_of_units(std::iter::once(cell))) && !row.iter().any(|cell| is_time(cell))
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

impl Shape {
    fn of(rows: &[Line<'_>], format: Format, width: usize) -> Shape {
        /// Rows that are looked at.
        const SAMPLE: usize = 100;
        let mut cells = Vec::new();
        let mut tail = width.saturating_sub(1);
        let mut are_numbered = rows.len() > 1;
        for (at, line) in rows.iter().take(SAMPLE).enumerate() {
            format.separator.split(line.text, &mut cells);
            if cells.len() == width {
                tail = tail.min(cells.iter().rev().take_while(|cell| cell.is_empty()).count());
            }
            let number = cells.first().and_then(|cell| line.text[cell.clone()].parse::<usize>().ok());
            are_numbered &= number.is_some_and(|number| number == at || number == at + 1);
        }
        Shape { separator: format.separator, width, tail, are_numbered }
    }
}

/// The names on a line behind the sign of a comment.
fn names_behind(line: Line<'_>, sign: usize, shape: &Shape) -> Option<Vec<Range<usize>>> {
    let spans = names(Line { text: &line.text[sign..], ..line }, shape)?;
    Some(spans.into_iter().map(|span| span.start + sign..span.end + sign).collect())
}

/// The names on a line, if there are as many as columns. Names may be separated otherwise than the rows.
fn names(line: Line<'_>, shape: &Shape) -> Option<Vec<Range<usize>>> {
    let others = Separator::ALL.into_iter().filter(|other| *other != shape.separator);
    std::iter::once(shape.separator).chain(others).find_map(|separator| names_between(line, shape, separator))
}

fn names_between(line: Line<'_>, shape: &Shape, separator: Separator) -> Option<Vec<Range<usize>>> {
    let width = shape.width;
    let mut cells = Vec::new();
    separator.split(line.text, &mut cells);
    while cells.len() > width - shape.tail && cells.last().is_some_and(Range::is_empty) {
        cells.pop();
    }
    if separator == Separator::Blanks && cells.len() > width {
        join_brackets(line.text, &mut cells);
    }
    let named = cells.len();
    if named + 1 == width && shape.tail == 0 && shape.are_numbered {
        cells.insert(0, 0..0);
    }
    let end = line.text.trim_end().len();
    while named + shape.tail >= width && cells.len() < width {
        cells.push(end..end);
    }
    let is_name = |text: &str| text.chars().any(|c| c.is_alphabetic() || "°#".contains(c));
    let texts = || cells[..named.min(cells.len())].iter().map(|cell| &line.text[cell.clone()]);
    // Columns without a name count the rows or are gaps between blocks of columns.
    let blank = texts().filter(|text| text.is_empty()).count();
    let are_names = texts().all(|text| text.is_empty() || is_name(text)) && 2 * blank <= named;
    (cells.len() == width && are_names && named > blank).then_some(cells)
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
fn in_comments<'a>(lines: &Lines<'a>, shape: &Shape, first_row: usize) -> Option<Top<'a>> {
    let (header, spans) = lines
        .comments
        .iter()
        .rev()
        .find_map(|(line, sign)| Some((*line, names_behind(*line, *sign, shape)?)))?;
    let headings = spans.iter().map(|span| Heading::of(&header.text[span.clone()])).collect();
    Some(Top { header, headings, spans, last_line: header.number, first_row, notes: Vec::new() })
}

/// No names, where the user names columns by their numbers.
fn numbers_for_names(row: Line<'_>, format: Format, first_row: usize) -> Top<'_> {
    let mut spans = Vec::new();
    format.separator.split(row.text, &mut spans);
    let headings = vec![Heading::default(); spans.len()];
    Top { header: row, headings, spans, last_line: 0, first_row, notes: Vec::new() }
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
    let message = match count == width {
        true => "this line names no columns".to_string(),
        false => format!("the header names {count} columns, and the rows have {width} cells"),
    };
    let hint = mismatch_hint(lines, format, width, first_row, count);
    let span = cells.first().map_or(0, |cell| cell.start)..last.text.trim_end().len();
    at(source_name, last, span, message, Some("a name for each column".to_string()), Some(hint))
}

/// Why a header may name another number of columns than the rows have.
fn mismatch_hint(lines: &Lines<'_>, format: Format, width: usize, first_row: usize, count: usize) -> String {
    let row = lines.rows[first_row];
    let mut cells = Vec::new();
    format.separator.split(row.text, &mut cells);
    let is_text =
        |cell: &Range<usize>| !Cell::read(&row.text[cell.clone()], format.decimal_comma).is_number();
    // Numbers cut at their decimal commas have no decimals.
    let is_whole = |cell: &Range<usize>| !row.text[cell.clone()].contains('.');
    if lines.rows[..first_row].iter().any(|line| line.text.trim() == "$$SOE") {
        return "JPL Horizons writes a table that can be read under `CSV format`".to_string();
    }
    match format.separator {
        Separator::Comma
            if count > 1 && width > count && width <= 2 * count && cells.iter().all(is_whole) =>
        {
            "decimal commas cannot be told from commas between columns: write the numbers with points, or \
             semicolons between the columns"
        }
        Separator::Blanks if cells.iter().any(is_text) => {
            "a text with blanks, such as a date, needs quotation marks, or the columns commas between them"
        }
        _ => return format!("the first row of numbers is line {}", row.number),
    }
    .to_string()
}

//! Tables of numbers: the cells of a text file, column by column.
//!
//! ```ebnf
//! table   = { title | comment } header [ units ] { row } ;
//! header  = name { separator name } [ separator ] ;            (* a comment where no other line is one *)
//! row     = cell { separator cell } [ separator ] ;
//! cell    = number | text | '"' { any } '"' | (* nothing *) ;
//! comment = ( "#" | "%" ) to the end of the line ;
//! ```
//!
//! The separator is `;`, a tab, `,` or blanks, whichever gives the most numbers.

use std::ops::Range;
use std::sync::Arc;

use super::heading::{Heading, tell_apart};
use super::lines::{Format, Line, Lines, Separator, recognise};
use super::number::Cell;
use super::top::{Top, header};
use crate::data::ReadError;
use crate::system::{Diagnostic, Place};

/// A table as it stands in a file.
#[derive(Debug)]
pub struct Table<'a> {
    /// The name of the file.
    pub source_name: Arc<str>,
    /// Where its numbers come from.
    pub origin: Origin<'a>,
    /// What the header says of each column.
    pub headings: Vec<Heading>,
    /// The numbers of each column.
    pub columns: Vec<Column>,
    /// What a user should know.
    pub notes: Vec<String>,
}

/// Where the numbers of a table come from.
#[derive(Debug)]
pub enum Origin<'a> {
    /// A text.
    Text {
        /// How it is written.
        format: Format,
        /// The header line.
        header: Line<'a>,
        /// For each column the place of its name in the header line.
        spans: Vec<Range<usize>>,
        /// For each column the number of its cell in a row.
        cells: Vec<usize>,
        /// The lines of the rows.
        rows: Vec<Line<'a>>,
        /// The rows that have another number of cells than the table, each with that number.
        ragged: Vec<(usize, usize)>,
    },
    /// Arrays of an archive with so many entries each.
    Arrays {
        /// The number of entries of each.
        rows: usize,
    },
}

/// A column of a table.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Column {
    /// A number for each row; not a number where the cell holds none.
    pub values: Vec<f64>,
    /// The rows without a finite number, in order.
    pub gaps: Vec<usize>,
    /// How many of these hold text.
    pub texts: usize,
}

impl Column {
    /// A column of numbers, some of which may not be finite.
    pub fn of_values(values: Vec<f64>) -> Column {
        let gaps = values.iter().enumerate().filter(|(_, value)| !value.is_finite()).map(|(row, _)| row);
        Column { gaps: gaps.collect(), texts: 0, values }
    }

    fn push(&mut self, cell: Cell) {
        let value = match cell {
            Cell::Number(value) => value,
            Cell::NotFinite | Cell::Missing | Cell::Text => {
                self.gaps.push(self.values.len());
                self.texts += usize::from(cell == Cell::Text);
                f64::NAN
            }
        };
        self.values.push(value);
    }

    /// Whether there are more numbers than texts.
    pub fn is_number(&self) -> bool {
        self.values.len() - self.gaps.len() > self.texts
    }

    /// Whether it holds neither numbers nor texts.
    pub fn is_blank(&self) -> bool {
        self.gaps.len() == self.values.len() && self.texts == 0
    }
}

impl<'a> Table<'a> {
    /// Reads the table of a text. `numbered` says that the user names columns by their numbers, so that a
    /// header may be missing.
    ///
    /// # Errors
    /// No rows, no header, a header that does not fit the rows.
    pub fn of_text(text: &'a str, source_name: &str, numbered: bool) -> Result<Table<'a>, ReadError> {
        let source_name: Arc<str> = source_name.into();
        let lines = Lines::of(text);
        let Some((format, width)) = recognise(&lines.rows) else {
            return Err(no_numbers(&source_name, &lines));
        };
        let top = header(&lines, format, width, &source_name, numbered)?;
        let rows = lines.rows[top.first_row..].to_vec();
        let Top { header, mut headings, spans, notes, .. } = top;
        tell_apart(&mut headings);
        let (columns, ragged) = columns(&rows, format, headings.len());
        let cells = (0..headings.len()).collect();
        let origin = Origin::Text { format, header, spans, cells, rows, ragged };
        let mut table = Table { source_name, origin, headings, columns, notes };
        table.forget_nameless_end();
        Ok(table)
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        match &self.origin {
            Origin::Text { rows, .. } => rows.len(),
            Origin::Arrays { rows } => *rows,
        }
    }

    /// The text of a cell, and its line with its place there; `None` where the table comes from arrays.
    pub fn cell(&self, row: usize, column: usize) -> Option<(&'a str, Line<'a>, Range<usize>)> {
        let Origin::Text { format, rows, cells, .. } = &self.origin else { return None };
        let line = *rows.get(row)?;
        let mut ranges = Vec::new();
        format.separator.split(line.text, &mut ranges);
        let end = line.text.trim_end().len();
        let range = cells.get(column).and_then(|cell| ranges.get(*cell)).cloned().unwrap_or(end..end);
        Some((&line.text[range.clone()], line, range))
    }

    /// The text of a cell of a table from a text; empty otherwise. `ranges` is room for the cells of the row.
    pub fn text(&self, row: usize, column: usize, ranges: &mut Vec<Range<usize>>) -> &'a str {
        let Origin::Text { format, rows, cells, .. } = &self.origin else { return "" };
        let line = rows[row].text;
        format.separator.split(line, ranges);
        ranges.get(cells[column]).map_or("", |range| &line[range.clone()])
    }

    /// Whether a column of a part is one of these columns of the whole table.
    pub fn is_any_of(&self, column: usize, of_whole: &[usize]) -> bool {
        match &self.origin {
            Origin::Text { cells, .. } => of_whole.contains(&cells[column]),
            Origin::Arrays { .. } => of_whole.contains(&column),
        }
    }

    /// Whether a row is the header once more.
    pub fn repeats_header(&self, row: usize) -> bool {
        match &self.origin {
            Origin::Text { header, rows, .. } => rows[row].text.trim() == header.text.trim(),
            Origin::Arrays { .. } => false,
        }
    }

    /// The text of a cell; of a table from arrays, its number.
    pub fn label(&self, row: usize, column: usize) -> String {
        match self.cell(row, column) {
            Some((text, ..)) => text.to_string(),
            None => self.columns[column].values[row].to_string(),
        }
    }

    /// An error at a cell.
    pub fn error_at(
        &self,
        row: usize,
        column: usize,
        message: String,
        expected: Option<String>,
        hint: Option<String>,
    ) -> ReadError {
        match self.cell(row, column) {
            Some((_, line, span)) => at(&self.source_name, line, span, message, expected, hint),
            None => {
                let reason = format!("{message} (entry {row} of `{}`)", self.headings[column].written);
                ReadError::File { path: self.source_name.to_string(), reason, hint }
            }
        }
    }

    /// An error at a row that has another number of cells than the table.
    pub fn error_in_row(&self, row: usize, count: usize, hint: Option<String>) -> ReadError {
        let width = self.headings.len();
        let message = format!("this row has {count} cells instead of {width}");
        let Origin::Text { format, rows, .. } = &self.origin else {
            return ReadError::File { path: self.source_name.to_string(), reason: message, hint };
        };
        let line = rows[row];
        let mut ranges = Vec::new();
        format.separator.split(line.text, &mut ranges);
        let end = line.text.trim_end().len();
        let start = ranges.get(width).map_or(end, |range| range.start);
        at(&self.source_name, line, start..end, message, None, hint)
    }

    /// An error at the name of a column, or at the end of the header.
    pub fn error_in_header(
        &self,
        column: Option<usize>,
        message: String,
        expected: Option<String>,
        hint: Option<String>,
    ) -> ReadError {
        match &self.origin {
            Origin::Text { header, spans, .. } => {
                let end = header.text.trim_end().len();
                let span = column.and_then(|column| spans.get(column).cloned()).unwrap_or(end..end);
                at(&self.source_name, *header, span, message, expected, hint)
            }
            Origin::Arrays { .. } => {
                ReadError::File { path: self.source_name.to_string(), reason: message, hint }
            }
        }
    }

    /// The place of the name of a column.
    pub fn place(&self, column: usize) -> Option<Place> {
        let Origin::Text { header, spans, .. } = &self.origin else { return None };
        let mut place = Place::new(self.source_name.clone(), header.text.into(), spans[column].clone());
        place.first_line = header.number;
        Some(place)
    }

    /// The part of a table with some of its columns and rows.
    pub fn part(&self, columns: &[usize], rows: &[usize]) -> Table<'a> {
        let pick = |column: &usize| {
            let whole = &self.columns[*column];
            Column {
                values: rows.iter().map(|&row| whole.values[row]).collect(),
                gaps: (0..rows.len()).filter(|&at| whole.gaps.binary_search(&rows[at]).is_ok()).collect(),
                texts: whole.texts,
            }
        };
        let origin = match &self.origin {
            Origin::Arrays { .. } => Origin::Arrays { rows: rows.len() },
            Origin::Text { format, header, spans, cells, rows: lines, ragged } => Origin::Text {
                format: *format,
                header: *header,
                spans: columns.iter().map(|&column| spans[column].clone()).collect(),
                cells: columns.iter().map(|&column| cells[column]).collect(),
                rows: rows.iter().map(|&row| lines[row]).collect(),
                ragged: ragged
                    .iter()
                    .filter_map(|&(row, count)| Some((rows.binary_search(&row).ok()?, count)))
                    .collect(),
            },
        };
        Table {
            source_name: self.source_name.clone(),
            origin,
            headings: columns.iter().map(|&column| self.headings[column].clone()).collect(),
            columns: columns.iter().map(pick).collect(),
            notes: Vec::new(),
        }
    }

    /// Forgets columns at the end that have neither a name nor a cell: lines that end in a separator.
    fn forget_nameless_end(&mut self) {
        while let (Some(heading), Some(column)) = (self.headings.last(), self.columns.last())
            && heading.written.is_empty()
            && column.is_blank()
        {
            self.headings.pop();
            self.columns.pop();
        }
    }
}

/// The columns of rows, and the rows that have another number of cells.
fn columns(rows: &[Line<'_>], format: Format, width: usize) -> (Vec<Column>, Vec<(usize, usize)>) {
    let mut columns = vec![Column::default(); width];
    columns.iter_mut().for_each(|column| column.values.reserve_exact(rows.len()));
    let mut ragged = Vec::new();
    let mut cells = Vec::new();
    for (row, line) in rows.iter().enumerate() {
        format.separator.split(line.text, &mut cells);
        while cells.len() > width && cells.last().is_some_and(Range::is_empty) {
            cells.pop();
        }
        // A line that ends in a separator where the others do not.
        let is_whole = cells.len() == width;
        if !is_whole {
            ragged.push((row, cells.len()));
        }
        for (at, column) in columns.iter_mut().enumerate() {
            match cells.get(at) {
                Some(range) if is_whole => {
                    column.push(Cell::read(&line.text[range.clone()], format.decimal_comma));
                }
                _ => column.push(Cell::Missing),
            }
        }
    }
    (columns, ragged)
}

/// An error at a place of a line.
pub fn at(
    source_name: &Arc<str>,
    line: Line<'_>,
    span: Range<usize>,
    message: String,
    expected: Option<String>,
    hint: Option<String>,
) -> ReadError {
    let mut place = Place::new(source_name.clone(), line.text.into(), span);
    place.first_line = line.number;
    ReadError::At(Box::new(Diagnostic { message, place, expected, hint }))
}

/// The error for a text in which no line holds a number.
fn no_numbers(source_name: &Arc<str>, lines: &Lines<'_>) -> ReadError {
    let Some(last) = lines.rows.last().or(lines.comments.last().map(|(line, _)| line)).copied() else {
        let line = Line { number: 1, text: "" };
        return at(source_name, line, 0..0, "the file is empty".to_string(), None, None);
    };
    let end = last.text.trim_end().len();
    let expected = Some("rows of numbers below it".to_string());
    at(source_name, last, end..end, "the file holds no rows of numbers".to_string(), expected, None)
}

/// The separator in words.
pub fn separator_in_words(separator: Separator) -> &'static str {
    match separator {
        Separator::Semicolon => "semicolons",
        Separator::Tab => "tabs",
        Separator::Comma => "commas",
        Separator::Bar => "bars",
        Separator::Blanks => "blanks",
    }
}

//! The text format of Schmidt and Lipson (2009): the header names the variables only.
//!
//! ```ebnf
//! file = [ "%" ] variable { variable } line-end { trial t number { number } line-end } ;
//! ```
//!
//! A row has a trial, a time, and as many numbers as variables, or twice as many: then the second half are
//! their time derivatives.
//!
//! M. Schmidt and H. Lipson, Distilling free-form natural laws from experimental data, Science 324 (2009).

use std::ops::Range;

use super::heading::Heading;
use super::lines::{Format, Line, Lines, Separator};
use super::names::{is_run_name, is_time_name};
use super::number::Cell;
use super::top::Top;

/// The header of a file in this format, if it is one: the last line or comment above the numbers.
pub fn header<'a>(lines: &Lines<'a>, format: Format, width: usize, first_row: usize) -> Option<Top<'a>> {
    if format.separator != Separator::Blanks {
        return None;
    }
    let (line, sign): (Line<'a>, usize) = match first_row.checked_sub(1) {
        Some(at) => (lines.rows[at], 0),
        None => *lines.comments.last()?,
    };
    let mut names: Vec<Range<usize>> = Vec::new();
    Separator::Blanks.split(&line.text[sign..], &mut names);
    names.iter_mut().for_each(|name| *name = name.start + sign..name.end + sign);
    // Some files name the first two columns as well.
    let is_first =
        |at: usize, test: fn(&str) -> bool| names.get(at).is_some_and(|span| test(&line.text[span.clone()]));
    if names.len() > 2 && is_first(0, is_run_name) && is_first(1, is_time_name) {
        names.drain(..2);
    }
    let is_doubled = width == 2 + 2 * names.len();
    if names.is_empty() || !(is_doubled || width == 2 + names.len()) {
        return None;
    }
    // The trial and the time are numbers.
    let row = lines.rows[first_row].text;
    let mut cells = Vec::new();
    format.separator.split(row, &mut cells);
    if !cells.iter().take(2).all(|cell| Cell::read(&row[cell.clone()], format.decimal_comma).is_number()) {
        return None;
    }
    let text = |span: &Range<usize>| &line.text[span.clone()];
    let end = line.text.trim_end().len();
    let mut headings = vec![Heading::of("trial"), Heading::of("t")];
    headings.extend(names.iter().map(|name| Heading::of(text(name))));
    let mut spans = vec![0..end, 0..end];
    spans.extend(names.iter().cloned());
    if is_doubled {
        headings.extend(names.iter().map(|name| Heading::of(&format!("d{}", text(name)))));
        spans.extend(names.iter().cloned());
    }
    Some(Top { header: line, headings, spans, last_line: line.number, first_row, notes: Vec::new() })
}

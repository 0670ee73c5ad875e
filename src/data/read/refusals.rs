//! Refusals of columns without roles: what is wrong, where, and the way out.

use super::heading::Heading;
use super::names::is_body_name;
use super::number::is_date;
use super::rates::{flat, stem};
use super::roles::{Problem, Reason, Roles};
use super::runs::FEWEST_POINTS;
use super::table::Table;
use crate::data::{ReadError, Run};
use crate::system::did_you_mean;

/// The error for a problem with the roles of the columns.
pub fn refusal(table: &Table<'_>, problem: Problem) -> ReadError {
    let name = |column: usize| table.headings[column].written.as_str();
    match problem {
        Problem::NoTime { text: Some(column), .. } => text_as_time(table, column),
        Problem::NoTime { text: None, open } => {
            let hint = match growing(table, &open) {
                Some(column) => format!("if `{0}` is the time: --columns \"{0}=t\"", name(column)),
                None => "name it: --columns COLUMN=t".to_string(),
            };
            let message = "there is no column of times".to_string();
            table.error_in_header(None, message, Some("a column `t` or `time`".to_string()), Some(hint))
        }
        Problem::NoPositions | Problem::NothingMoves { .. } if table.rows() < FEWEST_POINTS => {
            let message = format!("the run has only {}, fewer than {FEWEST_POINTS}", points(table.rows()));
            let last = table.rows().saturating_sub(1);
            table.error_at(last, 0, message, Some("more rows below it".to_string()), None)
        }
        Problem::NothingMoves { column } => {
            let message = format!("nothing moves: `{}` is constant", name(column));
            let expected = Some("numbers that change from row to row".to_string());
            table.error_in_header(Some(column), message, expected, None)
        }
        Problem::NoPositions => no_positions(table),
        Problem::RateMissing { position, like, like_rate } => {
            let message = format!(
                "`{}` has no column like `{}`, which belongs to `{}`",
                name(position),
                name(like_rate),
                name(like)
            );
            let hint = format!(
                "--columns \"COLUMN={}\" names it; --columns \"{}=-\" goes without",
                rate_like(table, position, like, like_rate),
                name(like_rate)
            );
            table.error_in_header(Some(position), message, None, Some(hint))
        }
        Problem::PositionMissing { rate } => {
            let lower = table.headings[rate].name.to_lowercase();
            let is_acceleration = lower.contains("acc");
            let what = if is_acceleration { "an acceleration" } else { "a velocity" };
            let message = format!("`{}` looks like {what}, and its position is missing", name(rate));
            let hint = format!(
                "positions are needed; if it is one, --columns \"{0}=x\" says so, and --columns \"{0}=-\" leaves it out",
                name(rate)
            );
            table.error_in_header(Some(rate), message, None, Some(hint))
        }
        Problem::Missing { name, what } => missing(table, &name, what),
        Problem::Twice { first, second } => {
            let message = format!("there are two columns `{}`", table.headings[second].name);
            let hint = format!(
                "--columns {}=NAME,{}=NAME names them by their numbers; NAME may be `-`, to leave one out",
                first + 1,
                second + 1
            );
            table.error_in_header(Some(second), message, None, Some(hint))
        }
        Problem::HalfDerivatives { missing } => {
            let message = format!("the derivative column `{missing}` is missing");
            let hint = "the derivatives of all variables are given, or none".to_string();
            table.error_in_header(None, message, None, Some(hint))
        }
    }
}

fn no_positions(table: &Table<'_>) -> ReadError {
    let name = |column: usize| table.headings[column].written.as_str();
    if let Some((row, column)) = text_in_numbers(table) {
        let message = format!("`{}` in column `{}` is no number", table.label(row, column), name(column));
        let hint = "numbers have a decimal point or comma and no signs between thousands".to_string();
        return table.error_at(row, column, message, Some("a number".to_string()), Some(hint));
    }
    let message = "there is no column of positions".to_string();
    let text = (0..table.headings.len())
        .find(|&column| table.columns[column].texts > 0 && !table.columns[column].is_number());
    let found = text.map_or(String::new(), |column| {
        let row = table.columns[column].gaps.first().copied().unwrap_or(0);
        format!(" (`{}` holds text: `{}`)", name(column), table.label(row, column))
    });
    let hint = format!("positions are columns of numbers that change{found}; --columns COLUMN=x names one");
    table.error_in_header(None, message, Some("a position, such as `x`".to_string()), Some(hint))
}

/// The name that the missing rate of a position would have.
fn rate_like(table: &Table<'_>, position: usize, like: usize, like_rate: usize) -> String {
    let heading = |column: usize| table.headings[column].name.clone();
    heading(like_rate).replacen(&heading(like), &heading(position), 1)
}

/// The first of some columns whose numbers grow from row to row.
fn growing(table: &Table<'_>, columns: &[usize]) -> Option<usize> {
    const POSITIONS: [&str; 7] = ["x", "y", "z", "q", "r", "theta", "phi"];
    let grows = |column: &usize| {
        if POSITIONS.contains(&stem(&flat(&table.headings[*column].name)).0) {
            return false;
        }
        let values = &table.columns[*column].values;
        table.columns[*column].is_number() && values.windows(2).all(|pair| pair[0] < pair[1])
    };
    columns.iter().copied().find(grows)
}

/// The first cell of a column of texts that begin like numbers and are none.
fn text_in_numbers(table: &Table<'_>) -> Option<(usize, usize)> {
    (0..table.headings.len()).find_map(|column| {
        let &row = table.columns[column].gaps.first()?;
        let text = table.label(row, column);
        let is_like_a_number = text.trim_start_matches(['+', '-']).starts_with(|c: char| c.is_ascii_digit());
        (table.columns[column].texts > 0 && is_like_a_number && !is_date(&text)).then_some((row, column))
    })
}

/// `1 point`, `2 points`.
pub fn points(count: usize) -> String {
    if count == 1 { "1 point".to_string() } else { format!("{count} points") }
}

/// A note where several bodies at the same times are read as runs of their own.
pub fn note_on_bodies(table: &Table<'_>, roles: &Roles, runs: &[Run]) -> Option<String> {
    let column = *roles.runs.iter().find(|&&column| is_body_name(&flat(&table.headings[column].name)))?;
    let [first, second, ..] = runs else { return None };
    let name = &table.headings[column].written;
    (first.times == second.times).then(|| {
        format!(
            "{}: each `{name}` is read as a run of its own; if they act on each other, write them side by side \
             (x1, y1, x2, y2, …), one row for each time",
            table.source_name
        )
    })
}

fn text_as_time(table: &Table<'_>, column: usize) -> ReadError {
    let row = table.columns[column].gaps.first().copied().unwrap_or(0);
    let text = table.label(row, column);
    let name = &table.headings[column].written;
    let (what, hint) = match is_date(&text) {
        true => (
            "a date or a time of day",
            "give the times as numbers, such as seconds from the start or Julian days",
        ),
        false => ("no number", "another column may be the time: --columns COLUMN=t"),
    };
    let message = format!("`{text}` in column `{name}` is {what}");
    table.error_at(row, column, message, Some("a time as a number".to_string()), Some(hint.to_string()))
}

fn missing(table: &Table<'_>, name: &str, what: &str) -> ReadError {
    let written = || table.headings.iter().map(|heading: &Heading| heading.name.as_str());
    let rename = format!("--columns FILE_COLUMN={name}");
    let hint = match did_you_mean(name, written()) {
        Some(near) => format!("{near} A column map renames: {rename}"),
        None => format!("a column map renames: {rename}"),
    };
    let message = format!("the column `{name}` is missing");
    table.error_in_header(None, message, Some(format!("the {what} `{name}` of the system file")), Some(hint))
}

/// A note on the columns that are not used, each with the reason.
pub fn note_on_ignored(table: &Table<'_>, roles: &Roles) -> Option<String> {
    let mut ignored = roles.ignored.clone();
    ignored
        .retain(|(column, reason)| *reason != Reason::LeftOut && !is_nameless_end(table, *column, *reason));
    ignored.sort_by_key(|&(column, reason)| (reason, column));
    let groups: Vec<String> = ignored
        .chunk_by(|a, b| a.1 == b.1)
        .map(|group| {
            let names: Vec<String> = group
                .iter()
                .map(|(column, _)| match table.headings[*column].written.as_str() {
                    "" => format!("number {}", column + 1),
                    written => format!("`{written}`"),
                })
                .collect();
            format!("{} ({})", names.join(", "), in_words(group[0].1))
        })
        .collect();
    (!groups.is_empty()).then(|| format!("{}: not used: {}", table.source_name, groups.join("; ")))
}

fn is_nameless_end(table: &Table<'_>, column: usize, reason: Reason) -> bool {
    reason == Reason::Blank && table.headings[column].written.is_empty()
}

fn in_words(reason: Reason) -> &'static str {
    match reason {
        Reason::LeftOut => "left out",
        Reason::Text => "text",
        Reason::Blank => "empty",
        Reason::NoName => "without a name",
        Reason::RowNumbers => "counts the rows",
        Reason::SecondTime => "a second time",
        Reason::Unchanging => "constant",
        Reason::Uncertainty => "errors",
        Reason::NoRate => "no velocity or momentum beside it",
        Reason::NoPosition => "no position",
        Reason::Polar => "follows from the positions",
        Reason::Spare => "no use for it",
        Reason::NotDeclared => "not in the system file",
    }
}

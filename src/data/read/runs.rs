//! From the rows of a table to runs: gaps, order, repeated times, length.

use std::collections::HashMap;

use super::refusals::points;
use super::roles::Roles;
use super::table::{Origin, Table};
use crate::data::{ReadError, Run};

/// The fewest points of a run that is used: the noise is measured on nine neighbouring points.
pub const FEWEST_POINTS: usize = 9;

/// For each row the number of its run, and for each run its name.
pub struct Groups {
    /// The run of each row.
    pub of_row: Vec<u32>,
    /// The names, in the order in which runs begin.
    pub names: Vec<String>,
    /// The rows that name no run.
    pub nameless: Vec<usize>,
}

impl Groups {
    /// The runs that columns tell apart. Numbers are compared as numbers, all else as text.
    pub fn of(table: &Table<'_>, columns: &[usize]) -> Groups {
        let rows = table.rows();
        if columns.is_empty() {
            return Groups { of_row: vec![0; rows], names: vec![String::new()], nameless: Vec::new() };
        }
        match columns.iter().all(|&column| table.columns[column].gaps.is_empty()) {
            true => Groups::of_numbers(table, columns),
            false => Groups::of_texts(table, columns),
        }
    }

    fn of_numbers(table: &Table<'_>, columns: &[usize]) -> Groups {
        let mut known: HashMap<Vec<u64>, u32> = HashMap::new();
        let mut groups = Groups::with_capacity(table.rows());
        let (mut key, mut last) = (Vec::new(), (Vec::new(), 0));
        for row in 0..table.rows() {
            key.clear();
            // −0 and 0 are one number.
            key.extend(columns.iter().map(|&column| (table.columns[column].values[row] + 0.0).to_bits()));
            if row == 0 || last.0 != key {
                let next = groups.names.len() as u32;
                last = (key.clone(), *known.entry(key.clone()).or_insert(next));
                if last.1 == next {
                    let label: Vec<String> = columns.iter().map(|&column| table.label(row, column)).collect();
                    groups.names.push(label.join(" "));
                }
            }
            groups.of_row.push(last.1);
        }
        groups
    }

    fn of_texts(table: &Table<'_>, columns: &[usize]) -> Groups {
        let mut known: HashMap<String, u32> = HashMap::new();
        let mut groups = Groups::with_capacity(table.rows());
        let (mut label, mut last) = (String::new(), (String::new(), 0));
        let mut ranges = Vec::new();
        for row in 0..table.rows() {
            label.clear();
            for (at, &column) in columns.iter().enumerate() {
                label.push_str(if at > 0 { " " } else { "" });
                label.push_str(table.text(row, column, &mut ranges));
            }
            if row == 0 || last.0 != label {
                let next = groups.names.len() as u32;
                last = (label.clone(), *known.entry(label.clone()).or_insert(next));
                if last.1 == next {
                    groups.names.push(label.clone());
                }
            }
            if label.trim().is_empty() {
                groups.nameless.push(row);
            }
            groups.of_row.push(last.1);
        }
        groups
    }

    fn with_capacity(rows: usize) -> Groups {
        Groups { of_row: Vec::with_capacity(rows), names: Vec::new(), nameless: Vec::new() }
    }
}

/// The runs of a table, with notes on rows that were sorted or left out.
///
/// # Errors
/// A cell without a number, a repeated time, or times that begin again, unless `drop_incomplete` allows to
/// leave the row out; no run is long enough.
pub fn gather(
    table: &Table<'_>,
    roles: &Roles,
    groups: &Groups,
    drop_incomplete: bool,
    notes: &mut Vec<String>,
) -> Result<Vec<Run>, ReadError> {
    let gaps = gaps(table, roles, groups);
    if let Some(&(row, column)) = gaps.first().filter(|_| !drop_incomplete) {
        return Err(gap(table, (row, column), rows_of(&gaps), &roles.runs));
    }
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); groups.names.len()];
    let mut at = 0;
    for (row, &group) in groups.of_row.iter().enumerate() {
        while gaps.get(at).is_some_and(|(gap, _)| *gap < row) {
            at += 1;
        }
        if gaps.get(at).is_none_or(|(gap, _)| *gap != row) {
            rows[group as usize].push(row);
        }
    }
    let mut sorted = 0;
    let mut repeated = 0;
    for rows in &mut rows {
        let moved = sort(table, roles, rows)?;
        sorted += usize::from(moved);
        repeated += without_repeats(table, roles, rows, drop_incomplete)?;
    }
    if sorted > 0 {
        let runs = match (rows.len(), sorted) {
            (1, _) => String::new(),
            (_, 1) => " in 1 run".to_string(),
            _ => format!(" in {sorted} runs"),
        };
        notes.push(format!("{}: rows out of order{runs} are sorted by time", table.source_name));
    }
    let dropped = rows_of(&gaps);
    if dropped + repeated > 0 {
        let reasons = [(dropped, "without a number in each column"), (repeated, "that repeat a time")];
        let parts: Vec<String> = reasons
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, why)| format!("{count} of {} rows {why}", table.rows()))
            .collect();
        notes.push(format!("{}: left out {}", table.source_name, parts.join(" and ")));
    }
    let runs = rows.iter().zip(&groups.names).map(|(rows, name)| run(table, roles, rows, name)).collect();
    long_enough(table, runs, notes)
}

/// The cells without a number that are needed, by rows; of a row with too few or too many cells, the first
/// column.
fn gaps(table: &Table<'_>, roles: &Roles, groups: &Groups) -> Vec<(usize, usize)> {
    let mut used = vec![roles.time];
    used.extend(roles.positions.iter().chain(roles.rates.columns()));
    used.extend(roles.derivatives.iter().flatten());
    let mut gaps: Vec<(usize, usize)> = used
        .iter()
        .flat_map(|&column| table.columns[column].gaps.iter().map(move |&row| (row, column)))
        .collect();
    if let Some(&column) = roles.runs.first() {
        gaps.extend(groups.nameless.iter().map(|&row| (row, column)));
    }
    gaps.sort_unstable();
    gaps
}

/// The number of rows among cells sorted by rows.
fn rows_of(gaps: &[(usize, usize)]) -> usize {
    gaps.chunk_by(|a, b| a.0 == b.0).count()
}

/// The error for a cell without a number.
fn gap(table: &Table<'_>, (row, column): (usize, usize), rows: usize, groups_by: &[usize]) -> ReadError {
    let count = if rows == 1 { "this row".to_string() } else { format!("the {rows} such rows") };
    let hint = Some(format!("`--drop-incomplete` leaves out {count}"));
    if let Origin::Text { ragged, .. } = &table.origin
        && let Some(&(_, cells)) = ragged.iter().find(|(ragged, _)| *ragged == row)
    {
        return table.error_in_row(row, cells, hint);
    }
    let name = &table.headings[column].written;
    let text = table.label(row, column);
    if table.repeats_header(row) {
        let message = "the header stands here again".to_string();
        let hint = Some("several files in one: read them as files of their own, one run each".to_string());
        return table.error_at(row, column, message, None, hint);
    }
    let is_number = text.parse::<f64>().is_ok() || table.cell(row, column).is_none();
    let is_run = groups_by.contains(&column);
    let expected = if is_run { "the name of a run" } else { "a finite number" };
    let message = match text.as_str() {
        "" => format!("an empty cell in column `{name}`"),
        _ if is_number => format!("`{text}` in column `{name}` is not finite"),
        _ => format!("`{text}` in column `{name}` is no number"),
    };
    table.error_at(row, column, message, Some(expected.to_string()), hint)
}

/// Sorts the rows of a run by time, and says whether they were not.
fn sort(table: &Table<'_>, roles: &Roles, rows: &mut [usize]) -> Result<bool, ReadError> {
    let times = &table.columns[roles.time].values;
    if rows.is_sorted_by(|&a, &b| times[a] <= times[b]) {
        return Ok(false);
    }
    if let Some(at) = begins_again(&rows.iter().map(|&row| times[row]).collect::<Vec<_>>()) {
        let (before, after) = (times[rows[at - 1]], times[rows[at]]);
        let message = format!("the times begin again: {after} after {before}");
        let hint = match roles.runs.first() {
            None => {
                "several runs need a column that tells them apart, such as `run`, or a file each".to_string()
            }
            Some(&run) => {
                format!("two runs seem to have the same `{}`; give each its own", table.headings[run].written)
            }
        };
        return Err(table.error_at(rows[at], roles.time, message, None, Some(hint)));
    }
    rows.sort_by(|&a, &b| times[a].total_cmp(&times[b]));
    Ok(true)
}

/// Where a second run seems to begin: the rows are a few stretches in which the times increase, and, sorted by
/// time, the rows come now from one stretch and now from another. Single rows that are late, blocks in another
/// order, and rows in complete disorder change between stretches about twice a stretch.
fn begins_again(times: &[f64]) -> Option<usize> {
    /// Changes per stretch above which there are several runs.
    const MANY: usize = 4;
    let starts: Vec<usize> = (1..times.len()).filter(|&at| times[at] < times[at - 1]).collect();
    let mut stretches: Vec<(f64, usize)> = Vec::with_capacity(times.len());
    let mut stretch = 0;
    for (at, &time) in times.iter().enumerate() {
        stretch += usize::from(starts.get(stretch) == Some(&at));
        stretches.push((time, stretch));
    }
    stretches.sort_by(|a, b| a.0.total_cmp(&b.0));
    let changes = stretches.windows(2).filter(|pair| pair[0].1 != pair[1].1).count();
    starts.first().copied().filter(|_| changes > MANY * (starts.len() + 1))
}

/// Takes rows out that repeat the time of the row before, or refuses them; says how many.
fn without_repeats(
    table: &Table<'_>,
    roles: &Roles,
    rows: &mut Vec<usize>,
    drop_incomplete: bool,
) -> Result<usize, ReadError> {
    let times = &table.columns[roles.time].values;
    let Some(at) = rows.windows(2).position(|pair| times[pair[0]] == times[pair[1]]) else { return Ok(0) };
    let before = rows.len();
    if !drop_incomplete {
        let count = rows.windows(2).filter(|pair| times[pair[0]] == times[pair[1]]).count();
        let (first, second) = (rows[at].min(rows[at + 1]), rows[at].max(rows[at + 1]));
        let message = format!("the time {} stands twice", table.label(second, roles.time));
        let line = table.cell(first, roles.time).map(|(_, line, _)| line.number);
        let there = line.map_or(String::new(), |line| format!(" (first on line {line})"));
        let what = if count == 1 { "this row".to_string() } else { format!("the {count} such rows") };
        let runs = match roles.runs.is_empty() && 2 * count >= before / 2 {
            true => "; rows of several runs need a column that tells them apart, such as `run`",
            false => "",
        };
        let hint = format!("`--drop-incomplete` leaves out {what}{runs}");
        return Err(table.error_at(second, roles.time, message + &there, None, Some(hint)));
    }
    rows.dedup_by(|next, last| times[*next] == times[*last]);
    Ok(before - rows.len())
}

fn run(table: &Table<'_>, roles: &Roles, rows: &[usize], name: &str) -> Run {
    let pick =
        |column: usize| -> Vec<f64> { rows.iter().map(|&row| table.columns[column].values[row]).collect() };
    let picked = |columns: &[usize]| columns.iter().map(|&column| pick(column)).collect();
    Run {
        name: name.to_string(),
        times: pick(roles.time),
        positions: picked(&roles.positions),
        rates: picked(roles.rates.columns()),
        derivatives: roles.derivatives.as_deref().map(picked),
    }
}

/// The runs that are long enough to be used.
fn long_enough(table: &Table<'_>, runs: Vec<Run>, notes: &mut Vec<String>) -> Result<Vec<Run>, ReadError> {
    let longest = runs.iter().map(Run::points).max().unwrap_or(0);
    let count = runs.len();
    let (long, short): (Vec<Run>, Vec<Run>) = runs.into_iter().partition(|run| run.points() >= FEWEST_POINTS);
    if long.is_empty() {
        let what =
            if count == 1 { "the run has".to_string() } else { format!("the longest of {count} runs has") };
        let points = points(longest);
        let message = format!("{what} only {points}, fewer than {FEWEST_POINTS}");
        let hint = (count > 1).then(|| "a run is what has one value in the column of runs".to_string());
        let last = table.rows().saturating_sub(1);
        return Err(table.error_at(last, 0, message, Some("more rows below it".to_string()), hint));
    }
    if !short.is_empty() {
        let names: Vec<&str> = short.iter().map(|run| run.name.as_str()).take(5).collect();
        let more = if short.len() > names.len() { ", …" } else { "" };
        notes.push(format!(
            "{}: left out {} of {count} runs with fewer than {FEWEST_POINTS} points ({}{more})",
            table.source_name,
            short.len(),
            names.join(", ")
        ));
    }
    Ok(long)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_that_begin_again_and_rows_in_disorder() {
        let run = |from: f64| (0..10).map(move |k| from + f64::from(k)).collect::<Vec<_>>();
        assert_eq!(begins_again(&[run(0.0), run(0.5)].concat()), Some(10));
        assert_eq!(begins_again(&[run(20.0), run(0.0)].concat()), None);
        let late = [run(0.0), vec![4.5]].concat();
        assert_eq!(begins_again(&late), None);
        assert_eq!(begins_again(&run(0.0).into_iter().rev().collect::<Vec<_>>()), None);
        let disorder: Vec<f64> = (0..40).map(|k| f64::from(k * 17 % 40)).collect();
        assert_eq!(begins_again(&disorder), None);
    }
}

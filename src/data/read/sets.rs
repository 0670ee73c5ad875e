//! Runs that stand side by side: `Run 1: t, Run 1: x, Run 2: t, Run 2: x`.

use super::names::is_time_name;
use super::rates::flat;
use super::table::Table;

/// The name of each run that stands beside others, and its part of the table; empty where there are no several.
/// Columns of no run, such as a common time, belong to all.
pub fn side_by_side<'a>(table: &Table<'a>) -> Vec<(String, Table<'a>)> {
    let runs: Vec<Option<&str>> = table.headings.iter().map(|heading| heading.run()).collect();
    let mut names: Vec<&str> = Vec::new();
    for run in runs.iter().flatten() {
        if !names.contains(run) {
            names.push(run);
        }
    }
    let is_time = |column: &usize| is_time_name(&flat(&table.headings[*column].name));
    let of_run = |name: &str| -> Vec<usize> {
        let belongs = |column: &usize| runs[*column].is_none_or(|run| run == name);
        let mut columns: Vec<usize> = (0..runs.len()).filter(belongs).collect();
        // Its own time is better than a common one.
        if columns.iter().any(|column| is_time(column) && runs[*column].is_some()) {
            columns.retain(|column| !is_time(column) || runs[*column].is_some());
        }
        columns
    };
    let have_times = names.iter().all(|name| of_run(name).iter().any(is_time));
    if names.len() < 2 || !have_times {
        return Vec::new();
    }
    let parts = names.iter().map(|name| {
        let columns = of_run(name);
        let own: Vec<usize> = columns.iter().copied().filter(|column| runs[*column].is_some()).collect();
        // Shorter runs end in empty cells.
        let is_blank =
            |row: &usize| own.iter().all(|&column| table.columns[column].gaps.binary_search(row).is_ok());
        let mut rows: Vec<usize> = (0..table.rows()).collect();
        while rows.last().is_some_and(is_blank) {
            rows.pop();
        }
        (name.to_string(), table.part(&columns, &rows))
    });
    parts.collect()
}

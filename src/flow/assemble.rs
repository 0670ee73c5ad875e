//! From a table of numbers to trajectories.

use std::ops::Range;

use crate::expr::Symbol;
use crate::system::{System, did_you_mean};

use super::table::{Row, Table};
use super::together::Together;
use super::trajectories::FEWEST_POINTS;
use super::{FlowError, Trajectory, TrajectorySet};

/// Renames columns of a data file: `file column = name in the system`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ColumnMap {
    pairs: Vec<(String, String)>,
}

impl ColumnMap {
    /// Reads `x1=q1,v1=p1`.
    ///
    /// # Errors
    /// A part that is not of the form `column=name`, a column or a name given twice.
    pub fn parse(text: &str) -> Result<ColumnMap, FlowError> {
        let mut map = ColumnMap::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let problem = |reason: &str| {
                Err(FlowError::Setting(format!("`{part}` in the column map: {reason} (write x1=q1,v1=p1)")))
            };
            let Some((column, name)) = part.split_once('=').map(|(a, b)| (a.trim(), b.trim())) else {
                return problem("there is no `=`");
            };
            if column.is_empty() || name.is_empty() || name.contains('=') {
                return problem("a column of the file and a name of the system are needed");
            }
            if map.pairs.iter().any(|(known, other)| known == column || other == name) {
                return problem("it is mapped twice");
            }
            map.pairs.push((column.to_string(), name.to_string()));
        }
        Ok(map)
    }

    /// What a column of the file is called in the system. A derivative column follows its variable.
    pub(super) fn renamed(&self, column: &str) -> String {
        let find = |text: &str| self.pairs.iter().find(|(from, _)| from == text).map(|(_, to)| to.clone());
        find(column)
            .or_else(|| column.strip_prefix('d').and_then(find).map(|name| format!("d{name}")))
            .unwrap_or_else(|| column.to_string())
    }
}

/// Where the numbers stand in each row.
struct Layout {
    trajectory: usize,
    time: usize,
    states: Vec<usize>,
    derivatives: Option<Vec<usize>>,
    ignored: Vec<String>,
}

/// The trajectories of a table whose columns carry the system's names, or these without their numbers: then
/// points that follow each other are taken together.
pub fn assemble(table: &Table<'_>, system: &System, map: &ColumnMap) -> Result<TrajectorySet, FlowError> {
    let variables = system.variables();
    if let Some(together) = Together::of(table, &variables, map) {
        let (trajectories, mut notes) = rows(table, &together.columns, map)?;
        let trajectories = together.widened(&trajectories, &table.source_name, &mut notes)?;
        return Ok(finished(system, trajectories, notes));
    }
    let (trajectories, notes) = rows(table, &variables, map)?;
    Ok(finished(system, trajectories, notes))
}

/// Trajectories with these variables, and notes on what was ignored.
fn rows(
    table: &Table<'_>,
    variables: &[Symbol],
    map: &ColumnMap,
) -> Result<(Vec<Trajectory>, Vec<String>), FlowError> {
    let layout = layout(table, variables, map)?;
    let mut notes = Vec::new();
    if !layout.ignored.is_empty() {
        notes.push(format!("{}: ignored the columns {}", table.source_name, layout.ignored.join(", ")));
    }
    let mut groups: Vec<Group> = Vec::new();
    for row in &table.rows {
        let number = |column: usize| number(table, row, column);
        let label = number(layout.trajectory)?;
        let time = number(layout.time)?;
        // Rows of one trajectory mostly follow each other.
        let group = match groups.iter().rposition(|group| group.label == label) {
            Some(at) => &mut groups[at],
            None => {
                groups.push(Group::new(label, layout.derivatives.is_some()));
                let last = groups.len() - 1;
                &mut groups[last]
            }
        };
        if let Some(last) = group.trajectory.times.last().filter(|last| time <= **last) {
            let span = row.cells[layout.time].span.clone();
            let message = format!("the times of trajectory {label} do not increase: {time} after {last}");
            let expected = Some(format!("a time after {last}"));
            return Err(table.error(row, span, message, expected, None));
        }
        group.trajectory.times.push(time);
        group.last_row = row.number;
        for &column in &layout.states {
            group.trajectory.states.push(number(column)?);
        }
        if let (Some(columns), Some(rates)) = (&layout.derivatives, &mut group.trajectory.derivatives) {
            for &column in columns {
                rates.push(number(column)?);
            }
        }
    }
    if let Some(group) = groups.iter().find(|group| group.trajectory.points() < FEWEST_POINTS) {
        let row = table.rows.iter().find(|row| row.number == group.last_row).unwrap_or(&table.header);
        let points = group.trajectory.points();
        let message =
            format!("trajectory {} has only {points} points, fewer than {FEWEST_POINTS}", group.label);
        let expected = Some(format!("{} more below it", if points == 1 { "two points" } else { "a point" }));
        return Err(table.error(row, 0..row.line.len(), message, expected, None));
    }
    Ok((groups.into_iter().map(|group| group.trajectory).collect(), notes))
}

/// A set with the system's names, angles made continuous.
pub fn finished(system: &System, trajectories: Vec<Trajectory>, notes: Vec<String>) -> TrajectorySet {
    let mut set = TrajectorySet {
        coordinates: system.coordinates.clone(),
        momenta: system.momenta.clone(),
        angles: system.angles.clone(),
        trajectories,
        notes,
    };
    set.unwrap_angles();
    set
}

/// The rows of one trajectory so far.
struct Group {
    label: f64,
    last_row: usize,
    trajectory: Trajectory,
}

impl Group {
    fn new(label: f64, derivatives: bool) -> Group {
        let trajectory =
            Trajectory { times: Vec::new(), states: Vec::new(), derivatives: derivatives.then(Vec::new) };
        Group { label, last_row: 0, trajectory }
    }
}

fn number(table: &Table<'_>, row: &Row<'_>, column: usize) -> Result<f64, FlowError> {
    let cell = &row.cells[column];
    let name = &table.columns[column].text;
    let at =
        |message: String| table.error(row, cell.span.clone(), message, Some("a finite number".into()), None);
    match cell.text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        Ok(_) => Err(at(format!("`{}` in column `{name}` is not finite", cell.text))),
        Err(_) if cell.text.is_empty() => Err(at(format!("an empty cell in column `{name}`"))),
        Err(_) => Err(at(format!("`{}` in column `{name}` is no number", cell.text))),
    }
}

fn layout(table: &Table<'_>, variables: &[Symbol], map: &ColumnMap) -> Result<Layout, FlowError> {
    let header_end = || table.header.line.trim_end().len();
    let header_error = |span: Range<usize>, message: String, hint: Option<String>| {
        let names: Vec<String> = variables.iter().map(Symbol::to_string).collect();
        let expected = Some(format!("the columns trajectory, t, {}", names.join(", ")));
        table.error(&table.header, span, message, expected, hint)
    };
    let originals: Vec<&str> = table.columns.iter().map(|column| &*column.text).collect();
    let names: Vec<String> = originals.iter().map(|name| map.renamed(name)).collect();
    for (column, target) in &map.pairs {
        if !originals.contains(&column.as_str()) {
            let hint = did_you_mean(column, originals.iter().copied());
            return Err(header_error(
                0..header_end(),
                format!("there is no column `{column}` to rename"),
                hint,
            ));
        }
        let targets = || variables.iter().map(Symbol::name).chain(["t", "trajectory"]);
        if !targets().any(|name| name == target) {
            let message = format!("the column map names `{target}`, which the system does not have");
            return Err(header_error(0..header_end(), message, did_you_mean(target, targets())));
        }
    }
    for (at, name) in names.iter().enumerate() {
        if names[..at].contains(name) {
            return Err(header_error(
                table.columns[at].span.clone(),
                format!("there are two columns `{name}`"),
                None,
            ));
        }
    }
    let find = |name: &str| names.iter().position(|known| known == name);
    let need = |name: &str| match find(name) {
        Some(at) => Ok(at),
        None => {
            let spare = names.iter().map(String::as_str).filter(|other| !is_used(variables, other));
            let hint = did_you_mean(name, spare.clone())
                .map(|near| format!("{near} A column map renames: --columns FILE_COLUMN={name}"))
                .or_else(|| Some(format!("a column map renames: --columns FILE_COLUMN={name}")));
            let span = header_end()..header_end();
            Err(header_error(span, format!("the column `{name}` is missing"), hint))
        }
    };
    let trajectory = need("trajectory")?;
    let time = need("t")?;
    let states = variables.iter().map(|name| need(name.name())).collect::<Result<Vec<_>, _>>()?;
    let rates: Vec<(String, Option<usize>)> = variables
        .iter()
        .map(|name| format!("d{name}"))
        .map(|name| {
            let at = find(&name).filter(|at| !states.contains(at));
            (name, at)
        })
        .collect();
    let given = rates.iter().filter(|(_, at)| at.is_some()).count();
    if let Some((missing, _)) = rates.iter().find(|(_, at)| at.is_none()).filter(|_| given > 0) {
        let hint = Some("the derivatives of all variables are given, or none".to_string());
        let span = header_end()..header_end();
        return Err(header_error(span, format!("the derivative column `{missing}` is missing"), hint));
    }
    let derivatives = rates.into_iter().map(|(_, at)| at).collect::<Option<Vec<usize>>>();
    let used = |at: &usize| {
        [trajectory, time].contains(at)
            || states.contains(at)
            || derivatives.as_ref().is_some_and(|d| d.contains(at))
    };
    let ignored = (0..names.len()).filter(|at| !used(at)).map(|at| format!("`{}`", originals[at])).collect();
    Ok(Layout { trajectory, time, states, derivatives, ignored })
}

/// The columns of a table before those of the system's variables.
pub const FIRST_COLUMNS: [&str; 2] = ["trajectory", "t"];

/// Whether a column of that name has its place in the system's data.
fn is_used(variables: &[Symbol], name: &str) -> bool {
    FIRST_COLUMNS.contains(&name) || variables.iter().any(|variable| variable.name() == name)
}

//! What the columns of a table are to each other: time, runs, positions, their rates, derivatives.
//!
//! Names decide; numbers are asked where a name alone does not say enough (`v` beside `u`), and whether a
//! column moves at all.

use super::Declared;
use super::heading::Heading;
use super::names::{RUN_NAMES, TIME_NAMES, is_run_name, is_time_name, rank};
use super::rates::flat;
use crate::data::Rates;

/// What is asked of the numbers.
pub trait Facts {
    /// Whether most cells of a column are numbers.
    fn is_number(&self, column: usize) -> bool;
    /// Whether every cell of a column is empty.
    fn is_blank(&self, column: usize) -> bool;
    /// Whether a column has another value in every row.
    fn names_rows(&self, column: usize) -> bool;
    /// Whether a column changes within some run.
    fn moves(&self, column: usize, runs: &[usize]) -> bool;
    /// Whether a column follows the time derivative of another.
    fn follows(&self, rate: usize, position: usize, time: usize, runs: &[usize]) -> bool;
    /// Whether a column is the distance from the origin or the direction of others.
    fn is_polar(&self, column: usize, axes: &[usize]) -> bool;
}

/// The columns with a role.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Roles {
    /// The time.
    pub time: usize,
    /// The columns that tell runs apart; none where the file is one run.
    pub runs: Vec<usize>,
    /// The positions.
    pub positions: Vec<usize>,
    /// What is recorded beside each position.
    pub rates: RateColumns,
    /// The time derivatives of the positions, then of their rates.
    pub derivatives: Option<Vec<usize>>,
    /// The columns that are not used.
    pub ignored: Vec<(usize, Reason)>,
}

/// The columns beside the positions, in their order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RateColumns {
    /// None.
    None,
    /// Their velocities.
    Velocities(Vec<usize>),
    /// Their momenta.
    Momenta(Vec<usize>),
}

impl RateColumns {
    /// The columns.
    pub fn columns(&self) -> &[usize] {
        match self {
            RateColumns::None => &[],
            RateColumns::Velocities(columns) | RateColumns::Momenta(columns) => columns,
        }
    }
}

/// Why a column is not used.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Reason {
    /// The user left it out.
    LeftOut,
    /// It holds text.
    Text,
    /// It holds nothing.
    Blank,
    /// It has no name.
    NoName,
    /// It counts the rows.
    RowNumbers,
    /// Another column is the time.
    SecondTime,
    /// It never changes within a run.
    Unchanging,
    /// It holds the errors of another column.
    Uncertainty,
    /// It has no velocity or momentum, unlike the positions.
    NoRate,
    /// Its name is that of an energy, a mass or the like.
    NoPosition,
    /// It is the distance or the direction of the positions.
    Polar,
    /// It is a velocity, momentum or derivative for which there is no use.
    Spare,
    /// The system file does not name it.
    NotDeclared,
}

/// Why columns have no roles.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Problem {
    /// No column is the time; one of the name of a time, if there is one, holds text. With the columns that have
    /// no other role.
    NoTime { text: Option<usize>, open: Vec<usize> },
    /// No column is a position.
    NoPositions,
    /// No column changes within a run; this one is a position by its name.
    NothingMoves { column: usize },
    /// A position has no rate, and another like it has.
    RateMissing { position: usize, like: usize, like_rate: usize },
    /// A velocity or acceleration has no position.
    PositionMissing { rate: usize },
    /// A column that the system file names is missing.
    Missing { name: String, what: &'static str },
    /// Two columns have one name.
    Twice { first: usize, second: usize },
    /// Some derivatives are there and others are not.
    HalfDerivatives { missing: String },
}

/// The roles of the columns; `left_out` are those that the user does not want.
pub fn assign(
    headings: &[Heading],
    facts: &dyn Facts,
    declared: Option<&Declared>,
    left_out: &[usize],
) -> Result<Roles, Problem> {
    let mut table = Columns { headings, facts, open: Vec::new(), ignored: Vec::new() };
    table.open = (0..headings.len()).filter(|column| !left_out.contains(column)).collect();
    table.ignored.extend(left_out.iter().map(|column| (*column, Reason::LeftOut)));
    let roles = match declared {
        Some(declared) => super::declared::assign(table, declared)?,
        None => super::recognised::assign(table)?,
    };
    check_names(headings, &roles)?;
    Ok(roles)
}

/// The columns that have no role yet.
pub struct Columns<'a> {
    pub headings: &'a [Heading],
    pub facts: &'a dyn Facts,
    pub open: Vec<usize>,
    pub ignored: Vec<(usize, Reason)>,
}

impl Columns<'_> {
    /// The name of a column without underscores.
    pub fn flat(&self, column: usize) -> String {
        flat(&self.headings[column].name)
    }

    /// Takes the column out of those without a role.
    pub fn take(&mut self, column: usize) {
        self.open.retain(|open| *open != column);
    }

    /// Takes columns out of those without a role, for a reason.
    pub fn ignore(&mut self, columns: &[usize], reason: Reason) {
        for &column in columns {
            self.take(column);
            self.ignored.push((column, reason));
        }
    }

    /// Ignores the open columns that a test picks.
    pub fn ignore_where(&mut self, reason: Reason, test: impl Fn(&Self, usize) -> bool) {
        let picked: Vec<usize> = self.open.iter().copied().filter(|&column| test(self, column)).collect();
        self.ignore(&picked, reason);
    }

    /// The column of times: of those with the name of a time, the one whose name is plainest.
    pub fn take_time(&mut self) -> Result<usize, Problem> {
        let named: Vec<usize> =
            self.open.iter().copied().filter(|&column| is_time_name(&self.flat(column))).collect();
        let plainest = |columns: &mut dyn Iterator<Item = usize>| {
            columns.min_by_key(|&column| rank(TIME_NAMES, &self.flat(column)))
        };
        let numbers = &mut named.iter().copied().filter(|&column| self.facts.is_number(column));
        let Some(time) = plainest(numbers) else {
            let text = plainest(&mut named.iter().copied());
            return Err(Problem::NoTime { text, open: self.open.clone() });
        };
        self.take(time);
        Ok(time)
    }

    /// The columns that tell runs apart.
    pub fn take_runs(&mut self) -> Vec<usize> {
        let mut runs: Vec<usize> = self
            .open
            .iter()
            .copied()
            .filter(|&column| is_run_name(&self.flat(column)) && !self.facts.is_blank(column))
            .collect();
        let counts: Vec<usize> =
            runs.iter().copied().filter(|&column| self.facts.names_rows(column)).collect();
        self.ignore(&counts, Reason::RowNumbers);
        runs.retain(|column| !counts.contains(column));
        runs.sort_by_key(|&column| rank(RUN_NAMES, &self.flat(column)));
        runs.iter().for_each(|&column| self.take(column));
        runs
    }
}

/// No two columns with a role have one name, and no name of a column with a role stands twice.
fn check_names(headings: &[Heading], roles: &Roles) -> Result<(), Problem> {
    let used = |column: &usize| {
        *column == roles.time
            || roles.runs.contains(column)
            || roles.positions.contains(column)
            || roles.rates.columns().contains(column)
    };
    for second in 0..headings.len() {
        let same = |first: &usize| headings[*first].name == headings[second].name;
        let Some(first) = (0..second).find(same) else { continue };
        let is_blank = headings[second].name.is_empty();
        if !is_blank && (used(&first) || used(&second)) && !is_left_out(roles, first, second) {
            return Err(Problem::Twice { first, second });
        }
    }
    Ok(())
}

/// Whether one of two columns was left out by the user or holds nothing.
fn is_left_out(roles: &Roles, first: usize, second: usize) -> bool {
    roles.ignored.iter().any(|(column, reason)| {
        [first, second].contains(column) && matches!(reason, Reason::LeftOut | Reason::Blank)
    })
}

/// What a system file says stands beside the positions.
pub fn names_of(rates: &Rates) -> Vec<&str> {
    match rates {
        Rates::None => Vec::new(),
        Rates::Velocities(names) | Rates::Momenta(names) => names.iter().map(|name| name.name()).collect(),
    }
}

#[cfg(test)]
mod tests;

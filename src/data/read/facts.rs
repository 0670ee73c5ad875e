//! What the numbers of a table say of its columns.

use std::cell::RefCell;
use std::f64::consts::TAU;
use std::rc::Rc;

use super::agreement::Agreement;
use super::angles::{jumps_by, unwrap};
use super::roles::Facts;
use super::runs::Groups;
use super::table::Table;

/// The facts of a table.
pub struct TableFacts<'a> {
    table: &'a Table<'a>,
    /// The runs that sets of columns tell apart, as far as they were asked for.
    groups: RefCell<Vec<(Vec<usize>, Rc<Groups>)>>,
}

impl<'a> TableFacts<'a> {
    pub fn of(table: &'a Table<'a>) -> TableFacts<'a> {
        TableFacts { table, groups: RefCell::new(Vec::new()) }
    }

    /// The runs that columns tell apart.
    pub fn groups(&self, columns: &[usize]) -> Rc<Groups> {
        let mut known = self.groups.borrow_mut();
        if let Some((_, groups)) = known.iter().find(|(of, _)| of == columns) {
            return groups.clone();
        }
        let groups = Rc::new(Groups::of(self.table, columns));
        known.push((columns.to_vec(), groups.clone()));
        groups
    }
}

impl Facts for TableFacts<'_> {
    fn is_number(&self, column: usize) -> bool {
        self.table.columns[column].is_number()
    }

    fn is_blank(&self, column: usize) -> bool {
        self.table.columns[column].is_blank()
    }

    fn names_rows(&self, column: usize) -> bool {
        let rows = self.table.rows();
        rows > 2 && self.groups(&[column]).names.len() == rows
    }

    fn moves(&self, column: usize, runs: &[usize]) -> bool {
        let groups = self.groups(runs);
        let mut first = vec![f64::NAN; groups.names.len()];
        self.table.columns[column].values.iter().zip(&groups.of_row).any(|(&value, &group)| {
            let first = &mut first[group as usize];
            if first.is_nan() {
                *first = value;
            }
            value.is_finite() && value != *first
        })
    }

    fn follows(&self, rate: usize, position: usize, time: usize, runs: &[usize]) -> bool {
        /// Rows that are looked at.
        const ENOUGH: usize = 20_000;
        let groups = self.groups(runs);
        let mut columns: Vec<[Vec<f64>; 3]> = vec![Default::default(); groups.names.len()];
        for (row, &group) in groups.of_row.iter().enumerate().take(ENOUGH) {
            let values = [time, position, rate].map(|column| self.table.columns[column].values[row]);
            let run = &mut columns[group as usize];
            let is_next = run[0].last().is_none_or(|last| values[0] > *last);
            if is_next && values.iter().all(|value| value.is_finite()) {
                run.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
            }
        }
        for run in &mut columns {
            for period in [TAU, 360.0] {
                if jumps_by(&[&run[1]], period) {
                    unwrap(&mut run[1], period);
                }
            }
        }
        let pairs = columns.iter().map(|[t, q, v]| (t.as_slice(), q.as_slice(), v.as_slice()));
        Agreement::of(pairs).is_some_and(Agreement::follows)
    }

    fn is_polar(&self, column: usize, axes: &[usize]) -> bool {
        /// Relative agreement: columns are rounded.
        const SAME: f64 = 1e-3;
        let values = |column: usize| &self.table.columns[column].values;
        let rows = || {
            (0..self.table.rows()).filter(|&row| {
                values(column)[row].is_finite() && axes.iter().all(|&axis| values(axis)[row].is_finite())
            })
        };
        let length = |row: usize| axes.iter().map(|&axis| values(axis)[row].powi(2)).sum::<f64>().sqrt();
        let is_length = rows().all(|row| (values(column)[row] - length(row)).abs() <= SAME * length(row));
        let &[x, y, ..] = axes else { return is_length };
        let is_angle = |turn: f64| {
            rows().all(|row| {
                let direction = values(y)[row].atan2(values(x)[row]) / TAU;
                let difference = values(column)[row] / turn - direction;
                (difference - difference.round()).abs() <= SAME
            })
        };
        is_length || is_angle(TAU) || is_angle(360.0)
    }
}

//! Points that follow each other taken as one state of more degrees of freedom.
//!
//! A system with the variables `o1, o2, v1, v2` reads a file with the columns `o, v` so: at each time, `o1, v1` are
//! that point and `o2, v2` the point one time step later. Two pendulums of one kind are had from one, as in the
//! paper's example of the measured pendulum.

use crate::expr::Symbol;

use super::assemble::ColumnMap;
use super::table::Table;
use super::trajectories::FEWEST_POINTS;
use super::{FlowError, Trajectory};

/// How the variables of a system are had from fewer columns.
pub struct Together {
    /// The columns that are read: the variables' names without numbers.
    pub columns: Vec<Symbol>,
    /// For each variable its column, and how many steps later it is read.
    places: Vec<(usize, usize)>,
    /// Points taken together.
    points: usize,
}

/// Relative tolerance on the time step.
const SAME_STEP: f64 = 0.02;

impl Together {
    /// `None` unless the file lacks every variable and has all their names without numbers, each name with the
    /// numbers 1 to N, N ≥ 2.
    pub fn of(table: &Table<'_>, variables: &[Symbol], map: &ColumnMap) -> Option<Together> {
        let names: Vec<String> = table.columns.iter().map(|column| map.renamed(&column.text)).collect();
        let mut columns: Vec<Symbol> = Vec::new();
        let mut places = Vec::new();
        for variable in variables {
            let stem = variable.name().trim_end_matches(|c: char| c.is_ascii_digit());
            let number: usize = variable.name()[stem.len()..].parse().ok()?;
            if number == 0 || names.iter().any(|n| n == variable.name()) || !names.iter().any(|n| n == stem) {
                return None;
            }
            let column = columns.iter().position(|c| c.name() == stem).unwrap_or_else(|| {
                columns.push(Symbol::new(stem));
                columns.len() - 1
            });
            places.push((column, number - 1));
        }
        let points = variables.len() / columns.len().max(1);
        let complete = (0..columns.len())
            .all(|column| (0..points).all(|k| places.iter().filter(|p| **p == (column, k)).count() == 1));
        (points >= 2 && complete && points * columns.len() == variables.len()).then_some(Together {
            columns,
            places,
            points,
        })
    }

    /// The trajectories with the points taken together. Rows that have no points the usual time step apart after
    /// them are left out, and it is said how many.
    pub fn widened(
        &self,
        narrow: &[Trajectory],
        source_name: &str,
        notes: &mut Vec<String>,
    ) -> Result<Vec<Trajectory>, FlowError> {
        let mut steps: Vec<f64> =
            narrow.iter().flat_map(|t| t.times.windows(2).map(|pair| pair[1] - pair[0])).collect();
        steps.sort_by(f64::total_cmp);
        let step = steps.get(steps.len() / 2).copied().unwrap_or(0.0);
        let (mut wide, mut dropped) = (Vec::new(), 0usize);
        for trajectory in narrow {
            let width = trajectory.width();
            let mut out = Trajectory {
                times: Vec::new(),
                states: Vec::new(),
                derivatives: trajectory.derivatives.as_ref().map(|_| Vec::new()),
            };
            for at in 0..trajectory.points() {
                let next = trajectory.times.get(at..at + self.points).unwrap_or_default();
                let even = next.windows(2).all(|p| ((p[1] - p[0]) / step - 1.0).abs() < SAME_STEP);
                if next.is_empty() || !even {
                    dropped += 1;
                    continue;
                }
                out.times.push(trajectory.times[at]);
                let pick = |values: &[f64], into: &mut Vec<f64>| {
                    into.extend(self.places.iter().map(|(column, k)| values[(at + k) * width + column]));
                };
                pick(&trajectory.states, &mut out.states);
                if let (Some(from), Some(into)) = (&trajectory.derivatives, &mut out.derivatives) {
                    pick(from, into);
                }
            }
            if out.points() >= FEWEST_POINTS {
                wide.push(out);
            } else {
                dropped += out.points();
            }
        }
        let names: Vec<String> = self.columns.iter().map(|c| format!("`{c}`")).collect();
        if wide.is_empty() {
            return Err(FlowError::Unreadable {
                path: source_name.to_string(),
                reason: format!(
                    "the columns {} do not hold {} points a time step of {step:.6} apart often enough",
                    names.join(", "),
                    self.points
                ),
                hint: None,
            });
        }
        notes.push(format!(
            "{source_name}: {} points that follow each other ({}, {step:.6} apart) are one state of the system; \
             {dropped} points with none that far after them begin no state",
            self.points,
            names.join(", ")
        ));
        Ok(wide)
    }
}

#[cfg(test)]
mod tests {
    use crate::flow::{ColumnMap, of_text};
    use crate::system::System;

    #[test]
    fn two_points_make_a_state() {
        let system = System::parse("system s\ncoordinates o1, o2\nmomenta v1, v2\n", "s.ham").unwrap();
        // A step is missing between 0.3 and 0.5.
        let text = "% o v\n0 0 1 2\n0 0.1 3 4\n0 0.2 5 6\n0 0.3 7 8\n0 0.5 9 10\n0 0.6 11 12\n";
        let set = of_text(text, "a.txt", &system, &ColumnMap::default()).unwrap();
        assert_eq!(set.trajectories.len(), 1);
        assert_eq!(set.trajectories[0].times, [0.0, 0.1, 0.2, 0.5]);
        assert_eq!(set.trajectories[0].states[..4], [1.0, 3.0, 2.0, 4.0]);
        assert_eq!(set.trajectories[0].states[12..], [9.0, 11.0, 10.0, 12.0]);
        assert!(set.notes[0].contains("2 points with none"), "{:?}", set.notes);
        // With the system's own names nothing is taken together.
        let text = "% o1 o2 v1 v2\n0 0 1 2 3 4\n0 1 1 2 3 4\n0 2 1 2 3 5\n";
        assert!(of_text(text, "a.txt", &system, &ColumnMap::default()).unwrap().notes.is_empty());
    }
}

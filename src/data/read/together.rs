//! Points that follow each other taken as one state of more degrees of freedom.
//!
//! A system file with the variables `o1, o2, v1, v2` reads a file with the columns `o, v` so: at each time, `o1, v1`
//! are that point and `o2, v2` the point one time step later. Two pendulums of one kind are had from one, as in the
//! paper's example of the measured pendulum.

use super::heading::Heading;
use super::runs::FEWEST_POINTS;
use super::{Declared, names_of};
use crate::data::{Rates, Run};
use crate::expr::Symbol;

/// How the variables of a system are had from fewer columns.
pub struct Together {
    /// The columns that are read: the variables' names without numbers.
    pub narrow: Declared,
    /// Where each coordinate is read.
    coordinates: Vec<Later>,
    /// Where each rate is read.
    rates: Vec<Later>,
    /// Points taken together.
    points: usize,
}

/// A column, and how many steps later it is read.
type Later = (usize, usize);

/// Relative tolerance on the time step.
const SAME_STEP: f64 = 0.02;

impl Together {
    /// `None` unless the file lacks every variable and has all their names without numbers, each name with the
    /// numbers 1 to N, N ≥ 2.
    pub fn of(headings: &[Heading], declared: &Declared) -> Option<Together> {
        let own: Vec<&str> = declared.coordinates.iter().map(Symbol::name).collect();
        let (coordinates, stems) = places(headings, &own)?;
        let (rates, rate_stems) = places(headings, &names_of(&declared.rates))?;
        let points = coordinates.len() / stems.len().max(1);
        let is_complete = |places: &[Later], stems: usize| {
            (0..stems)
                .all(|column| (0..points).all(|k| places.iter().filter(|p| **p == (column, k)).count() == 1))
                && places.len() == stems * points
        };
        if points < 2 || !is_complete(&coordinates, stems.len()) || !is_complete(&rates, rate_stems.len()) {
            return None;
        }
        let angles = stems.iter().enumerate().filter(|(column, _)| {
            let of_column = |at: &usize| coordinates[*at].0 == *column;
            let first = (0..coordinates.len()).find(of_column);
            first.is_some_and(|at| declared.angles.contains(&declared.coordinates[at]))
        });
        let narrow = Declared {
            angles: angles.map(|(_, stem)| stem.clone()).collect(),
            rates: match declared.rates {
                Rates::None => Rates::None,
                Rates::Velocities(_) => Rates::Velocities(rate_stems),
                Rates::Momenta(_) => Rates::Momenta(rate_stems),
            },
            coordinates: stems,
        };
        Some(Together { narrow, coordinates, rates, points })
    }

    /// The runs with the points taken together, and a note. Rows that have no points the usual time step apart
    /// after them are left out. `None` where no run remains.
    pub fn widened(&self, narrow: &[Run]) -> Option<(Vec<Run>, String)> {
        let mut steps: Vec<f64> =
            narrow.iter().flat_map(|run| run.times.windows(2).map(|pair| pair[1] - pair[0])).collect();
        steps.sort_by(f64::total_cmp);
        let step = steps.get(steps.len() / 2).copied().unwrap_or(0.0);
        let (mut wide, mut dropped) = (Vec::new(), 0usize);
        for run in narrow {
            let is_even = |at: &usize| {
                let next = run.times.get(*at..at + self.points).unwrap_or_default();
                !next.is_empty() && next.windows(2).all(|p| ((p[1] - p[0]) / step - 1.0).abs() < SAME_STEP)
            };
            let starts: Vec<usize> = (0..run.points()).filter(is_even).collect();
            if starts.len() < FEWEST_POINTS {
                dropped += run.points();
                continue;
            }
            dropped += run.points() - starts.len();
            wide.push(self.wide_run(run, &starts));
        }
        let names: Vec<String> = self.narrow.coordinates.iter().map(|name| format!("`{name}`")).collect();
        let note = format!(
            "{} points that follow each other ({}, {step:.6} apart) are one state of the system; {dropped} points \
             with none that far after them begin no state",
            self.points,
            names.join(", ")
        );
        (!wide.is_empty()).then_some((wide, note))
    }

    fn wide_run(&self, run: &Run, starts: &[usize]) -> Run {
        let pick = |columns: &[Vec<f64>], places: &[Later]| -> Vec<Vec<f64>> {
            let column = |&(column, later): &Later| {
                starts.iter().map(|start| columns[column][start + later]).collect()
            };
            places.iter().map(column).collect()
        };
        let derivatives = run.derivatives.as_ref().map(|columns| {
            let (positions, rates) = columns.split_at(self.narrow.coordinates.len());
            [pick(positions, &self.coordinates), pick(rates, &self.rates)].concat()
        });
        Run {
            name: run.name.clone(),
            times: starts.iter().map(|&start| run.times[start]).collect(),
            positions: pick(&run.positions, &self.coordinates),
            rates: pick(&run.rates, &self.rates),
            derivatives,
        }
    }
}

/// For each name its column among the names without numbers and its number less one; and these names.
fn places(headings: &[Heading], names: &[&str]) -> Option<(Vec<Later>, Vec<Symbol>)> {
    let is_there = |name: &str| headings.iter().any(|heading| heading.is_called(name));
    let mut stems: Vec<Symbol> = Vec::new();
    let mut places = Vec::new();
    for name in names {
        let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let number: usize = name[stem.len()..].parse().ok()?;
        if number == 0 || is_there(name) || !is_there(stem) {
            return None;
        }
        let column = stems.iter().position(|known| known.name() == stem).unwrap_or_else(|| {
            stems.push(Symbol::new(stem));
            stems.len() - 1
        });
        places.push((column, number - 1));
    }
    Some((places, stems))
}

//! Data on disk: numbers in an `.npz` archive, names and notes as typed JSON.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::data::{Array, Coordinate, Rates, Reading, Recording, Run, read_archive, write_archive};
use crate::data::{Trajectory, TrajectorySet};
use crate::expr::Symbol;

use super::{Data, RunError};

/// What stands beside the numbers of the archive.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct DataNames {
    coordinates: Vec<String>,
    angles: Vec<String>,
    rates: RateNames,
    runs: Vec<RunNames>,
    /// What was understood of a recording; absent for simulated data.
    understood: Option<String>,
    notes: Vec<String>,
}

/// What is recorded beside the positions.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RateNames {
    None,
    Velocities(Vec<String>),
    Momenta(Vec<String>),
}

/// One run.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct RunNames {
    name: String,
    points: usize,
    derivatives: bool,
}

impl DataNames {
    /// The number of degrees of freedom.
    pub(super) fn dof(&self) -> usize {
        self.coordinates.len()
    }
}

fn names(symbols: &[Symbol]) -> Vec<String> {
    symbols.iter().map(|symbol| symbol.name().to_owned()).collect()
}

fn symbols(names: &[String]) -> Vec<Symbol> {
    names.iter().map(Symbol::new).collect()
}

/// The arrays of all runs, one after the other.
#[derive(Default)]
struct Numbers {
    times: Vec<f64>,
    states: Vec<f64>,
    derivatives: Vec<f64>,
}

impl Data {
    /// The names, and the bytes of the archive. The same data gives the same bytes.
    pub(super) fn stored(&self, path: &Path) -> Result<(DataNames, Vec<u8>), RunError> {
        let (names, numbers) = match self {
            Data::Simulated(set) => of_trajectories(set),
            Data::Recorded(reading) => of_reading(reading),
        };
        let array = |values: Vec<f64>| Array { shape: vec![values.len()], values };
        let arrays =
            [("t", array(numbers.times)), ("x", array(numbers.states)), ("dx", array(numbers.derivatives))];
        let bytes = write_archive(&arrays).map_err(|what| {
            let source = std::io::Error::other(what);
            RunError::File { path: path.to_owned(), source }
        })?;
        Ok((names, bytes))
    }

    /// Reads what [`stored`](Self::stored) gave.
    pub(super) fn restored(path: &Path, names: &DataNames, bytes: &[u8]) -> Result<Data, RunError> {
        let fault = |what: String| RunError::Damaged { path: path.to_owned(), what };
        let arrays = read_archive(bytes).map_err(fault)?;
        let take = |name: &str| {
            let found = arrays.iter().find(|(own, _)| own == name).map(|(_, array)| array.values.as_slice());
            found.ok_or_else(|| fault(format!("the array `{name}` is missing")))
        };
        let columns = names.coordinates.len()
            + match &names.rates {
                RateNames::None => 0,
                RateNames::Velocities(rates) | RateNames::Momenta(rates) => rates.len(),
            };
        let (times, states, rates) = (take("t")?, take("x")?, take("dx")?);
        let points: usize = names.runs.iter().map(|run| run.points).sum();
        let with: usize = names.runs.iter().filter(|run| run.derivatives).map(|run| run.points).sum();
        // Derivatives are of positions and of rates, also where no rates are recorded.
        let wide = match names.rates {
            RateNames::None => 2 * columns,
            RateNames::Velocities(_) | RateNames::Momenta(_) => columns,
        };
        if times.len() != points || states.len() != points * columns || rates.len() != with * wide {
            return Err(fault("it has the wrong number of values".to_owned()));
        }
        let mut cursor = Cursor { times, states, rates };
        let parts: Vec<Part> =
            names.runs.iter().map(|run| cursor.take(run.points, columns, wide, run.derivatives)).collect();
        Ok(match &names.understood {
            Some(understood) => Data::Recorded(reading(names, understood, parts)),
            None => Data::Simulated(trajectories(names, parts)),
        })
    }
}

/// What is left to read.
struct Cursor<'a> {
    times: &'a [f64],
    states: &'a [f64],
    rates: &'a [f64],
}

/// The numbers of one run.
struct Part {
    times: Vec<f64>,
    states: Vec<f64>,
    derivatives: Option<Vec<f64>>,
}

impl Cursor<'_> {
    fn take(&mut self, points: usize, columns: usize, wide: usize, derivatives: bool) -> Part {
        let first = |values: &mut &[f64], count: usize| {
            let (head, tail) = values.split_at(count);
            *values = tail;
            head.to_vec()
        };
        Part {
            times: first(&mut self.times, points),
            states: first(&mut self.states, points * columns),
            derivatives: derivatives.then(|| first(&mut self.rates, points * wide)),
        }
    }
}

fn of_trajectories(set: &TrajectorySet) -> (DataNames, Numbers) {
    let mut numbers = Numbers::default();
    let mut runs = Vec::new();
    for (index, one) in set.trajectories.iter().enumerate() {
        numbers.times.extend_from_slice(&one.times);
        numbers.states.extend_from_slice(&one.states);
        numbers.derivatives.extend(one.derivatives.iter().flatten());
        let derivatives = one.derivatives.is_some();
        runs.push(RunNames { name: index.to_string(), points: one.points(), derivatives });
    }
    let names = DataNames {
        coordinates: names(&set.coordinates),
        angles: names(&set.angles),
        rates: RateNames::Momenta(names(&set.momenta)),
        runs,
        understood: None,
        notes: set.notes.clone(),
    };
    (names, numbers)
}

fn trajectories(names: &DataNames, parts: Vec<Part>) -> TrajectorySet {
    TrajectorySet {
        coordinates: symbols(&names.coordinates),
        momenta: match &names.rates {
            RateNames::None => Vec::new(),
            RateNames::Velocities(rates) | RateNames::Momenta(rates) => symbols(rates),
        },
        angles: symbols(&names.angles),
        trajectories: parts
            .into_iter()
            .map(|part| Trajectory { times: part.times, states: part.states, derivatives: part.derivatives })
            .collect(),
        notes: names.notes.clone(),
    }
}

fn of_reading(reading: &Reading) -> (DataNames, Numbers) {
    let recording = &reading.recording;
    let mut numbers = Numbers::default();
    let mut runs = Vec::new();
    for run in &recording.runs {
        numbers.times.extend_from_slice(&run.times);
        numbers.states.extend(run.positions.iter().chain(&run.rates).flatten());
        numbers.derivatives.extend(run.derivatives.iter().flatten().flatten());
        let derivatives = run.derivatives.is_some();
        runs.push(RunNames { name: run.name.clone(), points: run.points(), derivatives });
    }
    let angles = recording.coordinates.iter().filter(|c| c.is_angle).map(|c| c.name.clone());
    let names = DataNames {
        coordinates: recording.coordinates.iter().map(|c| c.name.name().to_owned()).collect(),
        angles: names(&angles.collect::<Vec<_>>()),
        rates: match &recording.rates {
            Rates::None => RateNames::None,
            Rates::Velocities(rates) => RateNames::Velocities(names(rates)),
            Rates::Momenta(rates) => RateNames::Momenta(names(rates)),
        },
        runs,
        understood: Some(reading.understood.clone()),
        notes: reading.notes.clone(),
    };
    (names, numbers)
}

fn reading(names: &DataNames, understood: &str, parts: Vec<Part>) -> Reading {
    let dof = names.coordinates.len();
    let run = |(named, part): (&RunNames, Part)| {
        let columns = |values: &[f64]| -> Vec<Vec<f64>> {
            values.chunks_exact(named.points.max(1)).map(<[f64]>::to_vec).collect()
        };
        let mut positions = columns(&part.states);
        let rates = positions.split_off(dof.min(positions.len()));
        let derivatives = part.derivatives.as_deref().map(columns);
        Run { name: named.name.clone(), times: part.times, positions, rates, derivatives }
    };
    let coordinate =
        |name: &String| Coordinate { name: Symbol::new(name), is_angle: names.angles.contains(name) };
    Reading {
        recording: Recording {
            coordinates: names.coordinates.iter().map(coordinate).collect(),
            rates: match &names.rates {
                RateNames::None => Rates::None,
                RateNames::Velocities(rates) => Rates::Velocities(symbols(rates)),
                RateNames::Momenta(rates) => Rates::Momenta(symbols(rates)),
            },
            runs: names.runs.iter().zip(parts).map(run).collect(),
        },
        understood: understood.to_owned(),
        notes: names.notes.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn back(data: &Data) {
        let path = Path::new("data.npz");
        let (names, bytes) = data.stored(path).unwrap();
        let text = serde_json::to_string(&names).unwrap();
        let names: DataNames = serde_json::from_str(&text).unwrap();
        assert_eq!(Data::restored(path, &names, &bytes).unwrap(), *data);
        let mut damaged = bytes.clone();
        damaged[100] ^= 1;
        for bytes in [&damaged[..], &bytes[..bytes.len() / 2], &[]] {
            assert!(matches!(Data::restored(path, &names, bytes), Err(RunError::Damaged { .. })));
        }
    }

    #[test]
    fn data_comes_back_to_the_bit() {
        let q = Symbol::new("q");
        let run = |name: &str, points: usize, rates: usize, derivatives: bool| {
            let column = |k: usize| (0..points).map(|i| (i + k) as f64 / 3.0).collect::<Vec<_>>();
            Run {
                name: name.into(),
                times: column(1),
                positions: vec![column(2)],
                rates: (0..rates).map(|_| column(3)).collect(),
                derivatives: derivatives.then(|| vec![column(4), column(5)]),
            }
        };
        let recorded = |rates: Rates, count: usize| {
            Data::Recorded(Reading {
                recording: Recording {
                    coordinates: vec![Coordinate { name: q.clone(), is_angle: true }],
                    rates,
                    runs: vec![run("a", 20, count, true), run("b", 30, count, false)],
                },
                understood: "read".into(),
                notes: vec!["a note".into()],
            })
        };
        back(&recorded(Rates::None, 0));
        back(&recorded(Rates::Velocities(vec![Symbol::new("v")]), 1));
        back(&recorded(Rates::Momenta(vec![Symbol::new("p")]), 1));
        let states: Vec<f64> = (0..60).map(|k| f64::from(k) / 7.0).collect();
        let trajectory = |derivatives| Trajectory {
            times: (0..30).map(f64::from).collect(),
            states: states.clone(),
            derivatives,
        };
        back(&Data::Simulated(TrajectorySet {
            coordinates: vec![q.clone()],
            momenta: vec![Symbol::new("p")],
            angles: vec![q],
            trajectories: vec![trajectory(None), trajectory(Some(states.clone()))],
            notes: Vec::new(),
        }));
    }
}

//! From recordings to laws.

use std::sync::Arc;

use liouville::data::{self, ColumnMap, Declared, Rates, ReadOptions};
use liouville::expr::{Symbol, is_name};
use liouville::learn::{Cyclic, Loss, Pairs};
use liouville::progress::{CancelToken, Ended, Job, Limits};
use liouville::questions::{self, End, Failure, Found, Networks, Recorded, Session, read_grammar};
use liouville::report::Question;
use liouville::runs::{Exact, Settings};
use numpy::PyReadonlyArrayDyn;
use pyo3::prelude::*;

use super::answer::{Answer, Learned, Shown};
use super::arrays::array;
use super::failure::{exception, input};
use super::job::{self, Interrupt};
use super::system::System;

/// A recording as it was read.
#[pyclass(frozen, module = "liouville._liouville")]
pub struct Reading {
    reading: data::Reading,
    name: String,
    source: String,
}

/// A name for messages, and arrays by their names.
type ArraySet<'py> = (String, Vec<(String, PyReadonlyArrayDyn<'py, f64>)>);

/// How a recording is read: a system, names of positions with the kind and the names of their rates, a map of columns,
/// angles, angles in degrees, whether incomplete rows are left out.
#[derive(FromPyObject)]
struct Options<'py> {
    #[pyo3(item)]
    system: Option<PyRef<'py, System>>,
    #[pyo3(item)]
    declared: Option<(Vec<String>, String, Vec<String>)>,
    #[pyo3(item)]
    columns: Option<String>,
    #[pyo3(item)]
    angles: Vec<String>,
    #[pyo3(item)]
    degrees: Vec<String>,
    #[pyo3(item)]
    drop_incomplete: bool,
}

impl Options<'_> {
    fn read_options(&self) -> Result<ReadOptions, Failure> {
        let declared = match (&self.system, &self.declared) {
            (Some(system), _) => Some(Declared::from(&system.named.0)),
            (None, Some((coordinates, kind, rates))) => {
                let (coordinates, rates) = (names(coordinates)?, names(rates)?);
                let rates = match kind.as_str() {
                    "p" => Rates::Momenta(rates),
                    "v" => Rates::Velocities(rates),
                    _ => Rates::None,
                };
                Some(Declared { coordinates, rates, angles: Vec::new() })
            }
            (None, None) => None,
        };
        Ok(ReadOptions {
            declared,
            columns: self.columns.as_deref().map_or(Ok(ColumnMap::default()), ColumnMap::parse)?,
            angles: names(&self.angles)?,
            degrees: names(&self.degrees)?,
            drop_incomplete: self.drop_incomplete,
        })
    }
}

fn names(names: &[String]) -> Result<Vec<Symbol>, Failure> {
    let symbol = |name: &String| match is_name(name) {
        true => Ok(Symbol::new(name)),
        false => Err(Failure::input(format!("`{name}` is no name"), None)),
    };
    names.iter().map(symbol).collect()
}

/// Reads without Python's lock.
fn read(
    py: Python<'_>,
    options: &Options<'_>,
    [name, source]: [String; 2],
    read: impl FnOnce(&ReadOptions) -> Result<data::Reading, data::ReadError> + Send,
) -> PyResult<Reading> {
    let options = options.read_options().map_err(|failure| exception(py, &failure))?;
    let reading = py.detach(|| read(&options)).map_err(|error| exception(py, &Failure::from(error)))?;
    Ok(Reading { reading, name, source })
}

#[pymethods]
impl Reading {
    /// Reads files; several are several runs.
    #[staticmethod]
    fn of_files(py: Python<'_>, files: Vec<String>, options: Options<'_>) -> PyResult<Reading> {
        let called = [questions::name_of(&files), files.join(", ")];
        read(py, &options, called, |options| data::read(&files, options))
    }

    /// Reads a table with a header.
    #[staticmethod]
    fn of_text(py: Python<'_>, text: String, source: String, options: Options<'_>) -> PyResult<Reading> {
        let called = ["recording".to_owned(), source.clone()];
        read(py, &options, called, |options| data::read_text(&text, &source, options))
    }

    /// Reads sets of arrays `q`, `p`, `v`, `t` … with their names; several sets are several runs.
    #[staticmethod]
    fn of_arrays(py: Python<'_>, sets: Vec<ArraySet<'_>>, options: Options<'_>) -> PyResult<Reading> {
        let arrays = |(name, set): &ArraySet<'_>| {
            (name.clone(), set.iter().map(|(name, values)| (name.clone(), array(values))).collect())
        };
        let sets: Vec<_> = sets.iter().map(arrays).collect();
        let called = ["recording".to_owned(), "arrays".to_owned()];
        read(py, &options, called, |options| data::read_arrays(sets, options))
    }

    /// What was understood.
    #[getter]
    fn understood(&self) -> &str {
        &self.reading.understood
    }

    /// What a user should know.
    #[getter]
    fn notes(&self) -> Vec<String> {
        self.reading.notes.clone()
    }
}

/// How laws are sought.
#[derive(FromPyObject)]
pub struct Asked {
    #[pyo3(item)]
    seed: u64,
    #[pyo3(item)]
    cyclic: Option<usize>,
    #[pyo3(item)]
    steps: Option<usize>,
    #[pyo3(item)]
    loss: String,
    #[pyo3(item)]
    noise: f64,
    #[pyo3(item)]
    grammar: Option<String>,
    #[pyo3(item)]
    time_limit: Option<f64>,
    #[pyo3(item)]
    threads: Option<u16>,
}

impl Asked {
    fn settings(&self) -> Result<Settings, Failure> {
        Ok(Settings {
            seed: self.seed,
            cyclic: self.cyclic.map_or(Cyclic::Auto, Cyclic::Number),
            steps: self.steps,
            loss: if self.loss == "paper" {
                Loss::Paper { beta: 1.0, pairs: Pairs::All }
            } else {
                Loss::Relaxed
            },
            noise: Exact(self.noise),
            grammar: self.grammar.as_deref().map(read_grammar).transpose()?,
            time_limit: self.time_limit.map(Exact),
        })
    }
}

/// Finds the Hamiltonian and the laws.
#[pyfunction]
#[pyo3(signature = (system, reading, asked, listener))]
pub fn discover(
    py: Python<'_>,
    system: Option<&System>,
    reading: Option<&Reading>,
    asked: Asked,
    listener: Option<&Bound<'_, PyAny>>,
) -> PyResult<Answer> {
    let settings = asked.settings().map_err(|failure| exception(py, &failure))?;
    let limits = Limits { seconds: settings.seconds(reading.is_some()), work: u64::MAX };
    let recorded = reading.map(|Reading { reading, name, source }| Recorded {
        reading: reading.clone(),
        name: name.clone(),
        source: source.clone(),
    });
    let named = system.map(|system| Arc::clone(&system.named));
    let threads = asked.threads;
    let end = job::run(py, listener, Interrupt::EndsIt, move |progress, token| {
        let named = named.map(|named| (*named).clone());
        let inputs = questions::inputs("liouville discover".to_owned(), settings, named, recorded)?;
        let session = |token| Session { job: Job::new(progress, limits.token(&token)), threads };
        let end = match questions::discover(&inputs, Networks::Trained(None), &session(token))? {
            // What was found before the training stands without networks.
            End::InTraining { ended: ended @ Some(Ended::Interrupted), .. } => {
                let end =
                    questions::discover(&inputs, Networks::Saved(Vec::new()), &session(CancelToken::new()))?;
                match end {
                    End::Found(found) => End::Found(Box::new(Found { ended, ..*found })),
                    end => end,
                }
            }
            end => end,
        };
        Ok((inputs, end))
    })?;
    let (inputs, end) = end.map_err(|failure| exception(py, &failure))?;
    match end {
        End::Found(found) => {
            let Found { record, motion, learned: network, losses, ended, .. } = *found;
            let (motion, shown) = (Some(motion), Shown::Data(Box::new(Learned { inputs, network, losses })));
            Ok(Answer { record, question: Question::Discover, motion, shown, ended })
        }
        End::InTraining { step, steps, ended, .. } => {
            let text = format!("the training ended at step {step} of {steps}");
            match ended {
                None => Err(input(py, text)),
                ended => Err(exception(py, &Failure::ended(text, ended))),
            }
        }
    }
}

//! What a question was answered with.

use std::sync::Arc;

use liouville::learn::LearnedCoordinates;
use liouville::progress::Ended;
use liouville::questions;
use liouville::report::{Figures, Format, Made, Question, Record, Training};
use liouville::runs::{self, Inputs, Motion, SystemText};
use liouville::system::System;
use numpy::{PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1};
use pyo3::prelude::*;

use super::failure::{input, word};
use super::job::{self, Interrupt};

/// What the pictures of a report show.
pub enum Shown {
    /// Orbits of this system.
    Orbits(Arc<(System, SystemText)>),
    /// What a discovery saw and learned.
    Data(Box<Learned>),
}

/// The data of a discovery, the network that is the model where no formula is, and the losses of its trainings.
pub struct Learned {
    pub inputs: Inputs,
    pub network: Option<LearnedCoordinates>,
    pub losses: Vec<Training>,
}

/// A record, and the motion that it describes.
#[pyclass(frozen, module = "liouville._liouville")]
pub struct Answer {
    pub record: Record,
    pub question: Question,
    pub motion: Option<Motion>,
    pub shown: Shown,
    pub ended: Option<Ended>,
}

impl Answer {
    fn figures(&self) -> Figures {
        match (&self.shown, &self.motion) {
            (Shown::Orbits(named), _) => questions::figures(&named.0, &self.record),
            (Shown::Data(data), Some(motion)) => {
                runs::figures(&data.inputs.data, motion, data.network.as_ref(), data.losses.clone())
            }
            (Shown::Data(data), None) => Figures { trainings: data.losses.clone(), ..Figures::default() },
        }
    }
}

#[pymethods]
impl Answer {
    /// Why the job ended early: `work limit`, `time limit`, `interrupted`, or `None`.
    #[getter]
    fn ended(&self) -> Option<&'static str> {
        self.ended.map(word)
    }

    /// The record as text, LaTeX, SymPy, JSON or Markdown.
    fn render(&self, py: Python<'_>, format: &str) -> PyResult<String> {
        let format = match format {
            "text" => Format::Text,
            "latex" => Format::Latex,
            "sympy" => Format::Sympy,
            "json" => Format::Json,
            "markdown" => Format::Markdown,
            other => return Err(input(py, format!("there is no format `{other}`"))),
        };
        Ok(py.detach(|| self.record.render(format)))
    }

    /// The report as one HTML page with pictures, which needs no other file.
    fn html(&self, py: Python<'_>) -> String {
        py.detach(|| self.record.to_html(&self.figures(), &Made { question: self.question, command: None }))
    }

    /// A document that proves the result and can be checked without liouville.
    fn certificate(&self, py: Python<'_>) -> String {
        py.detach(|| self.record.certificate())
    }

    /// What a state holds beside the coordinates: the momenta, or the velocities of the recording.
    #[getter]
    fn state_names(&self) -> Option<Vec<String>> {
        let motion = self.motion.as_ref()?;
        let beside = motion.canonical.as_ref().map_or(&motion.momenta, |canonical| &canonical.velocities);
        Some(motion.coordinates.iter().chain(beside).cloned().collect())
    }

    /// The states `[points, 2·dof]` at the times, from the state `[2·dof]` at the first of them.
    fn predict<'py>(
        &self,
        py: Python<'py>,
        start: PyReadonlyArray1<'py, f64>,
        times: PyReadonlyArray1<'py, f64>,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let motion = self
            .motion
            .clone()
            .ok_or_else(|| input(py, "no Hamiltonian was found that could be followed"))?;
        let network = match &self.shown {
            Shown::Data(data) => data.network.clone(),
            Shown::Orbits(_) => None,
        };
        let (width, points) = (2 * motion.coordinates.len(), times.len()?);
        let start: Vec<f64> = start.as_array().iter().copied().collect();
        let times: Vec<f64> = times.as_array().iter().copied().collect();
        if start.len() != width {
            return Err(input(
                py,
                format!("a state of {width} numbers is expected, and it has {}", start.len()),
            ));
        }
        let states = job::run(py, None, Interrupt::LeavesIt, move |_, _| {
            motion.predict(network.as_ref(), &start, &times)
        })?
        .map_err(|error| input(py, error))?;
        PyArray1::from_vec(py, states).reshape([points, width])
    }
}

//! Systems.

use std::sync::Arc;

use liouville::dynamics::{SimulationConfig, simulate};
use liouville::questions::{Failure, named_system, system_of};
use liouville::runs::SystemText;
use numpy::{PyArray1, PyArray3, PyArrayMethods};
use pyo3::prelude::*;

use super::failure::exception;
use super::job::{self, Interrupt};

/// A system, and its text.
#[pyclass(frozen, module = "liouville._liouville")]
pub struct System {
    pub named: Arc<(liouville::system::System, SystemText)>,
}

/// q, p `[runs, points, dof]`, their time derivatives or `None`, t `[points]`.
type Simulated<'py> = (
    Bound<'py, PyArray3<f64>>,
    Bound<'py, PyArray3<f64>>,
    Option<(Bound<'py, PyArray3<f64>>, Bound<'py, PyArray3<f64>>)>,
    Bound<'py, PyArray1<f64>>,
);

#[pymethods]
impl System {
    /// Reads the text of a system file.
    #[new]
    fn new(py: Python<'_>, text: String, source: String, set: Vec<String>) -> PyResult<System> {
        let text = SystemText { path: source, text, set };
        let system = system_of(&text).map_err(|failure| exception(py, &failure))?;
        Ok(System { named: Arc::new((system, text)) })
    }

    /// Loads a built-in system or a file.
    #[staticmethod]
    fn load(py: Python<'_>, name: &str, set: Vec<String>) -> PyResult<System> {
        let named = named_system(name, &set).map_err(|failure| exception(py, &failure))?;
        Ok(System { named: Arc::new(named) })
    }

    #[getter]
    fn name(&self) -> &str {
        &self.named.0.name
    }

    #[getter]
    fn description(&self) -> &str {
        &self.named.0.description
    }

    #[getter]
    fn text(&self) -> &str {
        &self.named.1.text
    }

    #[getter]
    fn source(&self) -> &str {
        &self.named.1.path
    }

    #[getter]
    fn set(&self) -> Vec<String> {
        self.named.1.set.clone()
    }

    #[getter]
    fn coordinates(&self) -> Vec<String> {
        self.named.0.coordinates.iter().map(ToString::to_string).collect()
    }

    #[getter]
    fn momenta(&self) -> Vec<String> {
        self.named.0.momenta.iter().map(ToString::to_string).collect()
    }

    #[getter]
    fn angles(&self) -> Vec<String> {
        self.named.0.angles.iter().map(ToString::to_string).collect()
    }

    /// Names of parameters with their values as text, `None` where they are symbolic.
    #[getter]
    fn parameters(&self) -> Vec<(String, Option<String>)> {
        let parameters = self.named.0.parameters.iter();
        parameters.map(|p| (p.name.to_string(), p.value.as_ref().map(ToString::to_string))).collect()
    }

    /// H as in the file.
    #[getter]
    fn hamiltonian(&self) -> Option<String> {
        self.named.0.hamiltonian.as_ref().map(ToString::to_string)
    }

    /// The laws that the file states.
    #[getter]
    fn known(&self) -> Vec<(String, String)> {
        self.named.0.known.iter().map(|law| (law.name.clone(), law.formula.to_string())).collect()
    }

    /// Draws initial states and integrates.
    #[allow(clippy::too_many_arguments)]
    #[pyo3(signature = (seed, noise, trajectories, points, span, derivatives))]
    fn simulate<'py>(
        &self,
        py: Python<'py>,
        seed: u64,
        noise: f64,
        trajectories: Option<usize>,
        points: Option<usize>,
        span: Option<f64>,
        derivatives: Option<bool>,
    ) -> PyResult<Simulated<'py>> {
        let config = SimulationConfig {
            seed,
            noise,
            trajectories,
            points,
            span,
            derivatives,
            ..SimulationConfig::default()
        };
        let named = Arc::clone(&self.named);
        let set = job::run(py, None, Interrupt::LeavesIt, move |_, _| simulate(&named.0, &config))?
            .map_err(|error| exception(py, &Failure::from(error)))?;
        let dof = set.dof();
        let shape = [set.trajectories.len(), set.trajectories.first().map_or(0, |first| first.points()), dof];
        let halves = |rows: Vec<f64>| -> PyResult<[Bound<'py, PyArray3<f64>>; 2]> {
            let half = |from: usize| {
                let each = rows.chunks_exact(2 * dof).flat_map(|row| row[from..from + dof].iter().copied());
                PyArray1::from_iter(py, each).reshape(shape)
            };
            Ok([half(0)?, half(dof)?])
        };
        let [q, p] = halves(set.states())?;
        let rates = match set.derivatives() {
            Some(rates) => {
                let [dq, dp] = halves(rates)?;
                Some((dq, dp))
            }
            None => None,
        };
        let times = set.trajectories.first().map(|first| first.times.clone()).unwrap_or_default();
        Ok((q, p, rates, PyArray1::from_vec(py, times)))
    }
}

/// Name, degrees of freedom and description of each built-in system.
#[pyfunction]
pub fn systems(py: Python<'_>) -> PyResult<Vec<(String, usize, String)>> {
    let row = |built_in: &liouville::system::BuiltIn| {
        let system = liouville::system::System::load(built_in.name)
            .map_err(|error| exception(py, &Failure::from(error)))?;
        Ok((built_in.name.to_owned(), system.dof(), system.description))
    };
    liouville::system::catalogue().iter().map(row).collect()
}

//! The extension module of the Python package `liouville`.
//!
//! It asks [`liouville::questions`], as the command line does, and gives records back as JSON; what Python users see is
//! in `python/liouville/`. Every question runs on a thread of its own without Python's lock, while the thread that asked
//! passes its progress on and looks for Ctrl-C (see `job`).

mod answer;
mod arrays;
mod discover;
mod failure;
mod formula;
mod job;
mod questions;
mod system;

use pyo3::prelude::*;

#[pymodule]
mod _liouville {
    #[pymodule_export]
    use super::answer::Answer;
    #[pymodule_export]
    use super::discover::{Reading, discover};
    #[pymodule_export]
    use super::formula::{Function, sympy_source};
    #[pymodule_export]
    use super::questions::{bracket, equations, integrals, simplify, verify};
    #[pymodule_export]
    use super::system::{System, systems};

    use super::*;

    /// Runs a command line, the name of the program first, and returns the exit status.
    #[pyfunction]
    fn command_line(py: Python<'_>, words: Vec<std::ffi::OsString>) -> u8 {
        py.detach(|| liouville::cli::run_with(words))
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}

//! Failures as exceptions.

use liouville::progress::Ended;
use liouville::questions::Failure;
use pyo3::exceptions::{PyKeyboardInterrupt, PyRuntimeError};
use pyo3::prelude::*;

/// How a job ended, as a word.
pub fn word(ended: Ended) -> &'static str {
    match ended {
        Ended::Work => "work limit",
        Ended::Seconds => "time limit",
        Ended::Interrupted => "interrupted",
    }
}

/// The exception that says what a failure says. Python's side chooses its class.
pub fn exception(py: Python<'_>, failure: &Failure) -> PyErr {
    if failure.ended == Some(Ended::Interrupted) {
        return PyKeyboardInterrupt::new_err(failure.text.trim_end().to_owned());
    }
    let place = failure.place.as_ref().map(|at| (at.source_name.to_string(), at.line(), at.column()));
    let made = py
        .import("liouville.errors")
        .and_then(|module| module.getattr("of_failure"))
        .and_then(|make| make.call1((failure.text.trim_end(), place, failure.ended.map(word))));
    match made {
        Ok(exception) => PyErr::from_value(exception),
        Err(error) => error,
    }
}

/// The exception for input that is at fault.
pub fn input(py: Python<'_>, message: impl std::fmt::Display) -> PyErr {
    exception(py, &Failure::input(message, None))
}

/// The exception for a fault of liouville itself.
pub fn internal(what: &str) -> PyErr {
    PyRuntimeError::new_err(format!("liouville failed: {what}; please report this"))
}

//! Why a question has no answer.

use crate::data::{ReadError, WriteError};
use crate::dynamics::SimulationError;
use crate::progress::Ended;
#[cfg(feature = "learn")]
use crate::runs::RunError;
use crate::system::{Diagnostic, Place, SystemError, render_without_place};

/// Why a question has no answer: the message, and where the input is at fault.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// The message, ready to print.
    pub text: String,
    /// Where the input is at fault, if the fault has a place.
    pub place: Option<Place>,
    /// What ended the job; `None` where the input is at fault.
    pub ended: Option<Ended>,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.text.trim_end())
    }
}

impl std::error::Error for Failure {}

impl Failure {
    /// An error in the input that has no position in a text.
    pub fn input(message: impl std::fmt::Display, hint: Option<&str>) -> Failure {
        Failure::said(render_without_place(&message.to_string(), hint), None)
    }

    /// An error at a position in the user's input.
    pub fn at(diagnostic: &Diagnostic) -> Failure {
        Failure::said(diagnostic.render(), Some(diagnostic))
    }

    /// A job that ended without a result.
    pub fn ended(text: String, ended: Option<Ended>) -> Failure {
        Failure { text, place: None, ended }
    }

    /// An error in the input as it is printed.
    fn said(text: String, diagnostic: Option<&Diagnostic>) -> Failure {
        Failure { text, place: diagnostic.map(|at| at.place.clone()), ended: None }
    }
}

impl From<SystemError> for Failure {
    fn from(error: SystemError) -> Failure {
        Failure::said(error.render(), error.diagnostic())
    }
}

impl From<SimulationError> for Failure {
    fn from(error: SimulationError) -> Failure {
        Failure::said(error.render(), error.diagnostic())
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Failure {
        Failure::said(error.render(), error.diagnostic())
    }
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Failure {
        Failure::said(error.render(), None)
    }
}

#[cfg(feature = "learn")]
impl From<RunError> for Failure {
    fn from(error: RunError) -> Failure {
        let hint = error.hint();
        Failure::input(error, hint.as_deref())
    }
}

//! Why a recording is refused, and why a file is not written.

use crate::system::{Diagnostic, render_without_place};

/// Why a recording is refused: what is wrong, where, and the way out.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum ReadError {
    /// Something is wrong at a line and column of a file.
    #[error("{0}")]
    At(Box<Diagnostic>),
    /// A file as a whole is wrong.
    #[error("cannot read `{path}`: {reason}")]
    File {
        /// The file as it was named.
        path: String,
        /// Why not.
        reason: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// An option is wrong.
    #[error("{message}")]
    Option {
        /// What is wrong with it.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
}

/// A data file that cannot be written.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("cannot write `{path}`: {reason}")]
pub struct WriteError {
    /// The file as it was named.
    pub path: String,
    /// Why not.
    pub reason: String,
}

impl WriteError {
    /// The error in plain text.
    pub fn render(&self) -> String {
        render_without_place(&self.to_string(), None)
    }
}

impl ReadError {
    /// The place, for an error that has one.
    pub fn diagnostic(&self) -> Option<&Diagnostic> {
        match self {
            ReadError::At(diagnostic) => Some(diagnostic),
            ReadError::File { .. } | ReadError::Option { .. } => None,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<&str> {
        match self {
            ReadError::At(diagnostic) => diagnostic.hint.as_deref(),
            ReadError::File { hint, .. } | ReadError::Option { hint, .. } => hint.as_deref(),
        }
    }

    /// The error in plain text, with the line at fault and a mark under the place where there is one
    /// (see [`Diagnostic::render`]).
    pub fn render(&self) -> String {
        match self.diagnostic() {
            Some(diagnostic) => diagnostic.render(),
            None => render_without_place(&self.to_string(), self.hint()),
        }
    }
}

//! What can be wrong with a system.

use super::place::Diagnostic;

/// What is wrong with a system or its file.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SystemError {
    /// A statement that cannot be read.
    #[error("{0}")]
    Syntax(Box<Diagnostic>),
    /// A name that stands for nothing at its place.
    #[error("{0}")]
    UnknownName(Box<Diagnostic>),
    /// A name that may not be given: a reserved word, or one that is taken.
    #[error("{0}")]
    BadName(Box<Diagnostic>),
    /// Coordinates and momenta that do not pair up.
    #[error("{0}")]
    Unpaired(Box<Diagnostic>),
    /// Definitions that go round in a circle.
    #[error("{0}")]
    Cycle(Box<Diagnostic>),
    /// A value that is not of the kind needed: division by zero, not rational, out of range.
    #[error("{0}")]
    BadValue(Box<Diagnostic>),
    /// A sampling recipe that is incomplete.
    #[error("{0}")]
    Recipe(Box<Diagnostic>),
    /// A statement that the file lacks, or gives twice.
    #[error("{0}")]
    Statement(Box<Diagnostic>),
    /// A file that cannot be read as text.
    #[error("cannot read `{path}`: {reason}")]
    Unreadable {
        /// The file as it was named.
        path: String,
        /// Why not.
        reason: String,
    },
    /// Neither a file nor the name of a built-in system.
    #[error("there is no built-in system and no file `{name}`")]
    UnknownSystem {
        /// The name as given.
        name: String,
        /// Systems of a similar name.
        hint: String,
    },
    /// A parameter to be set that the system does not have.
    #[error("the system `{system}` has no parameter `{name}`")]
    UnknownParameter {
        /// The system's name.
        system: String,
        /// The parameter as given.
        name: String,
        /// The parameters it has.
        hint: String,
    },
    /// A parameter without a value where numbers are needed.
    #[error("the parameter `{name}` of `{system}` has no value")]
    SymbolicParameter {
        /// The system's name.
        system: String,
        /// The parameter.
        name: String,
    },
    /// A parameter's value for which the system is not defined.
    #[error("{message}")]
    ParameterValue {
        /// What goes wrong.
        message: String,
    },
}

impl SystemError {
    /// The place in the source with what was expected there, for errors that have one.
    pub fn diagnostic(&self) -> Option<&Diagnostic> {
        match self {
            SystemError::Syntax(at)
            | SystemError::UnknownName(at)
            | SystemError::BadName(at)
            | SystemError::Unpaired(at)
            | SystemError::Cycle(at)
            | SystemError::BadValue(at)
            | SystemError::Recipe(at)
            | SystemError::Statement(at) => Some(at),
            _ => None,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            SystemError::UnknownSystem { hint, .. } | SystemError::UnknownParameter { hint, .. } => {
                Some(hint.clone())
            }
            SystemError::SymbolicParameter { name, .. } => Some(format!("give it one: --set {name}=3/2")),
            _ => self.diagnostic().and_then(|at| at.hint.clone()),
        }
    }

    /// The error in plain text, with the line at fault and a mark under the place where there is one
    /// (see [`Diagnostic::render`]).
    pub fn render(&self) -> String {
        match self.diagnostic() {
            Some(diagnostic) => diagnostic.render(),
            None => render_without_place(&self.to_string(), self.hint().as_deref()),
        }
    }
}

/// `error: message` and `help: hint`, for an error without a place.
pub fn render_without_place(message: &str, hint: Option<&str>) -> String {
    match hint {
        Some(hint) => format!("error: {message}\nhelp: {hint}\n"),
        None => format!("error: {message}\n"),
    }
}

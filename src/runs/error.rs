//! What can go wrong with a saved run.

use std::path::PathBuf;

use crate::expr::TapeError;
use crate::learn::LearnError;

use super::format::FORMAT;

/// An error of the room `runs`.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A file cannot be read or written.
    #[error("`{path}`: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The folder is not there.
    #[error("there is no folder `{folder}`")]
    NoFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder holds no saved run.
    #[error("`{folder}` holds no saved run")]
    NoRun {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder holds what another command saved.
    #[error("`{folder}` holds {found}, not {expected}")]
    OtherKind {
        /// The folder.
        folder: PathBuf,
        /// What it holds, in words.
        found: &'static str,
        /// What was expected, in words.
        expected: &'static str,
    },
    /// The run was saved in a format that this version does not read.
    #[error(
        "the run saved in `{folder}` has format {found}, and this version of liouville reads format {FORMAT}"
    )]
    Format {
        /// The folder.
        folder: PathBuf,
        /// The number of its format.
        found: u32,
    },
    /// A file is damaged.
    #[error("`{path}` is damaged: {what}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A file of the run is not there.
    #[error("`{path}`, a file of the run, is missing")]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The run has not ended.
    #[error("the run in `{folder}` has not ended")]
    Unfinished {
        /// The folder.
        folder: PathBuf,
        /// The command that began it, without `--out`.
        command: String,
    },
    /// The folder holds a run that was asked something else.
    #[error("`{folder}` holds another run: {difference}")]
    OtherRun {
        /// The folder.
        folder: PathBuf,
        /// What differs, in words.
        difference: String,
    },
    /// The run has nothing that a roll-out could follow.
    #[error("the run in `{folder}` cannot be rolled out: {why}")]
    NothingToFollow {
        /// The folder.
        folder: PathBuf,
        /// Why.
        why: String,
        /// What to do.
        hint: String,
    },
    /// A training cannot be used or made.
    #[error(transparent)]
    Learn(#[from] LearnError),
    /// A saved formula has no numerical value.
    #[error(transparent)]
    Formula(#[from] TapeError),
    /// The job was ended; what was done is saved.
    #[error("interrupted")]
    Interrupted,
}

impl RunError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            RunError::NoFolder { .. } | RunError::NoRun { .. } => {
                "save a run with `liouville discover SYSTEM --out DIR`".to_owned()
            }
            RunError::OtherKind { .. } => "name another folder".to_owned(),
            RunError::Format { found, .. } if *found > FORMAT => {
                "a newer version of liouville saved it: use that one, or save the run again into another folder"
                    .to_owned()
            }
            RunError::Format { .. } => {
                "an older version of liouville saved it: use that one, or save the run again into another folder"
                    .to_owned()
            }
            RunError::Damaged { .. } | RunError::Missing { .. } | RunError::Learn(LearnError::Checkpoint { .. }) => {
                "delete the folder and save the run again, or name another folder".to_owned()
            }
            RunError::Unfinished { folder, command } => {
                format!("go on with: {command} --out {}", folder.display())
            }
            RunError::OtherRun { .. } => "choose another folder, or delete this one".to_owned(),
            RunError::NothingToFollow { hint, .. } => hint.clone(),
            RunError::File { .. } | RunError::Learn(_) | RunError::Formula(_) | RunError::Interrupted => {
                return None;
            }
        })
    }
}

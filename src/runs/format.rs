//! The format of what is saved: a number and a kind at the head of `run.json`.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{RunError, files};

/// The format that this version writes and reads. Format 1 had no number.
pub const FORMAT: u32 = 2;

/// The file that makes a folder a saved run.
const FILE: &str = "run.json";

/// What a folder holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// A run of `discover`.
    Discovery,
    /// The trainings and cells of `reproduce`.
    Experiments,
}

impl Kind {
    fn in_words(self) -> &'static str {
        match self {
            Kind::Discovery => "a run of `discover`",
            Kind::Experiments => "cells of `reproduce`",
        }
    }
}

/// What every `run.json` says, whatever its format.
#[derive(Deserialize)]
struct Number {
    format: u32,
}

/// What every `run.json` of this format begins with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Head {
    format: u32,
    kind: Kind,
}

impl Head {
    /// The head of what this version saves.
    pub(super) fn of(kind: Kind) -> Head {
        Head { format: FORMAT, kind }
    }
}

/// Where the head of a folder stands.
pub(super) fn path(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// The bytes of a folder's `run.json`, if its format is ours; nothing where there is none.
///
/// # Errors
/// Another format or kind; a head that is damaged.
pub(super) fn read(folder: &Path, expected: Kind) -> Result<Option<Vec<u8>>, RunError> {
    let Some(bytes) = files::read(&path(folder))? else {
        return match is_first_format(folder) {
            true => Err(RunError::Format { folder: folder.to_owned(), found: 1 }),
            false => Ok(None),
        };
    };
    let Number { format } = parse(&path(folder), &bytes)?;
    if format != FORMAT {
        return Err(RunError::Format { folder: folder.to_owned(), found: format });
    }
    let Head { kind, .. } = parse(&path(folder), &bytes)?;
    match kind == expected {
        true => Ok(Some(bytes)),
        false => Err(RunError::OtherKind {
            folder: folder.to_owned(),
            found: kind.in_words(),
            expected: expected.in_words(),
        }),
    }
}

/// Reads a typed value from JSON.
pub(super) fn parse<T: serde::de::DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, RunError> {
    serde_json::from_slice(bytes)
        .map_err(|error| RunError::Damaged { path: path.to_owned(), what: error.to_string() })
}

/// A typed value as JSON, ending in a newline.
pub(super) fn text<T: Serialize>(path: &Path, value: &T) -> Result<Vec<u8>, RunError> {
    let mut bytes = serde_json::to_vec_pretty(value)
        .map_err(|error| RunError::Damaged { path: path.to_owned(), what: error.to_string() })?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Whether a folder without `run.json` holds what format 1 wrote: observations or a record of `discover`, or trainings
/// of `reproduce` in folders of their own.
fn is_first_format(folder: &Path) -> bool {
    let of_discover = ["observations.json", "record.json", "model.safetensors"];
    let of_experiments = ["outcome.txt", "model.safetensors", "checkpoint.safetensors"];
    let any = |folder: &Path, names: &[&str]| names.iter().any(|name| folder.join(name).exists());
    let inner = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    any(folder, &of_discover) || inner.filter(|path| path.is_dir()).any(|path| any(&path, &of_experiments))
}

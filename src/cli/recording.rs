//! Recordings on the command line: which arguments name them, and how they are read.

use std::path::Path;

use clap::Args;

use super::Failure;
use crate::data::{ColumnMap, Declared, ReadOptions, Reading, read};
use crate::expr::{Symbol, is_name};
use crate::system::System;

/// Extensions of files that hold recordings.
const EXTENSIONS: [&str; 5] = ["csv", "tsv", "txt", "dat", "npz"];

/// How recordings are read.
#[derive(Args, Clone, Debug)]
pub(super) struct ReadingArguments {
    /// Rename columns of the recording, file's name first: `alpha=theta,rate=omega`.
    #[arg(long, value_name = "MAP")]
    columns: Option<String>,

    /// Columns that are angles in radians, periodic with 2π.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    angle: Vec<String>,

    /// Columns that are angles in degrees; their velocities are converted too.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    degrees: Vec<String>,

    /// Leave out rows with missing or non-finite values, and say how many.
    #[arg(long)]
    drop_incomplete: bool,
}

/// Whether an argument names a recording, by its extension.
pub(super) fn is_recording(argument: &str) -> bool {
    let extension = Path::new(argument).extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension.to_lowercase().as_str()))
}

impl ReadingArguments {
    /// Reads recordings. A system says which columns are meant, if there is one.
    pub(super) fn read(&self, files: &[String], system: Option<&System>) -> Result<Reading, Failure> {
        let options = ReadOptions {
            declared: system.map(Declared::from),
            columns: self.columns.as_deref().map_or(Ok(ColumnMap::default()), ColumnMap::parse)?,
            angles: names("--angle", &self.angle)?,
            degrees: names("--degrees", &self.degrees)?,
            drop_incomplete: self.drop_incomplete,
        };
        Ok(read(files, &options)?)
    }

    /// Fails if an option is given although there is nothing to read.
    pub(super) fn check_unused(&self) -> Result<(), Failure> {
        let given = [
            (self.columns.is_some(), "--columns"),
            (!self.angle.is_empty(), "--angle"),
            (!self.degrees.is_empty(), "--degrees"),
            (self.drop_incomplete, "--drop-incomplete"),
        ];
        match given.iter().find(|(given, _)| *given) {
            Some((_, option)) => Err(Failure::input(
                format!("`{option}` says how a recording is read, and there is none"),
                Some("name a recording: liouville discover recording.csv"),
            )),
            None => Ok(()),
        }
    }
}

fn names(option: &str, names: &[String]) -> Result<Vec<Symbol>, Failure> {
    let symbol = |name: &String| match is_name(name) {
        true => Ok(Symbol::new(name)),
        false => Err(Failure::input(format!("`{option} {name}`: `{name}` is no name"), None)),
    };
    names.iter().map(symbol).collect()
}

/// Reads a positive number of seconds.
pub(super) fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 => Ok(seconds),
        _ => Err("expected a positive number of seconds".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recordings_are_told_by_their_extension() {
        for name in ["a.csv", "b/c.NPZ", "x.txt"] {
            assert!(is_recording(name), "{name}");
        }
        for name in ["charged-particle", "a.ham", "csv"] {
            assert!(!is_recording(name), "{name}");
        }
    }
}

//! The system that a command names, and files that it writes.

use clap::Args;

use super::Failure;
use crate::questions::with_parameters;
use crate::system::System;

/// A system named on the command line.
#[derive(Args, Clone, Debug)]
pub(super) struct SystemArguments {
    /// A `.ham` file or the name of a built-in system (see `liouville systems`).
    #[arg(value_name = "SYSTEM")]
    pub(super) system: String,

    /// Give a parameter another value, exactly: `--set m=3/2`.
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
}

impl SystemArguments {
    /// Loads the system and applies the parameters that the user set.
    pub(super) fn load(&self) -> Result<System, Failure> {
        with_parameters(System::load(&self.system)?, &self.set)
    }
}

/// Writes a file that the user requested.
pub(super) fn write(path: &str, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text)
        .map_err(|error| Failure::input(format!("cannot write `{path}`: {error}"), None))
}

//! `liouville bracket`

use clap::Args;

use super::input::SystemArguments;
use super::{Exit, Failure, output::Output};
use crate::questions;

/// The Poisson bracket {F, G} of two functions, in canonical form.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  liouville bracket spherical-pendulum 'qx*py - qy*px' 'qx^2 + qy^2'")]
pub(super) struct Bracket {
    #[command(flatten)]
    system: SystemArguments,

    /// The first function; `H` is the Hamiltonian.
    #[arg(value_name = "F")]
    first: String,

    /// The second function; `H` is the Hamiltonian.
    #[arg(value_name = "G")]
    second: String,
}

impl Bracket {
    pub(super) fn run(&self, output: &Output) -> Result<Exit, Failure> {
        let found = questions::bracket(&self.system.load()?, &self.first, &self.second)?;
        output.formula(&found);
        Ok(Exit::Done)
    }
}

//! `liouville equations`

use clap::Args;

use super::input::SystemArguments;
use super::{Exit, Failure, output::Output};
use crate::questions;

/// Hamilton's equations of a system, to read or as a program that computes them.
///
/// Formats: text, latex, json, sympy, and functions for numbers in python (NumPy), julia and rust. Parameters without
/// a value become arguments of these functions.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  liouville equations kepler\n  liouville equations double-pendulum --format python > pendulum.py\n  liouville equations charged-particle --set B=2 --format rust"
)]
pub(super) struct Equations {
    #[command(flatten)]
    system: SystemArguments,
}

impl Equations {
    pub(super) fn run(&self, output: &Output) -> Result<Exit, Failure> {
        let found = questions::equations(&self.system.load()?)?;
        output.print(&found.render(output.equations_format()));
        Ok(Exit::Done)
    }
}

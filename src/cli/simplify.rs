//! `liouville simplify`

use clap::Args;

use super::{Exit, Failure, output::Output};
use crate::questions;
use crate::report::Format;

/// Write a formula in its canonical and most compact form, with conditions where it would have a larger domain.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  liouville simplify 'x^2 - 2*x*y + y^2'\n  liouville simplify --explain 'sin(a)^2 + cos(a)^2'"
)]
pub(super) struct Simplify {
    /// The formula; its variables are free.
    #[arg(value_name = "F")]
    formula: String,

    /// Show the steps from the formula to its compact form.
    #[arg(long)]
    explain: bool,
}

impl Simplify {
    pub(super) fn run(&self, output: &Output) -> Result<Exit, Failure> {
        let found = questions::simplify(&self.formula, self.explain)?;
        if output.format() != Format::Json {
            for step in &found.steps {
                output.print(&format!("{step}\n"));
            }
        }
        output.formula(&found.answer);
        Ok(Exit::Done)
    }
}

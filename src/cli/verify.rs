//! `liouville verify`

use clap::Args;

use super::input::{self, SystemArguments};
use super::{Exit, Failure, output::Output};
use crate::mechanics::Status;
use crate::questions;
use crate::report::Question;

/// Check claimed laws: is {F, H} = 0? Also their independence, involution and the verdict.
///
/// Prints {F, H} in canonical form for each function. The exit status is 1 if some bracket does not vanish, and
/// 3 if that could not be decided of some.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  liouville verify spherical-pendulum 'qx*py - qy*px'\n  liouville verify two-body 'P = px1 + px2' 'L = (qx1 - qx2)*(py1 - py2) - (qy1 - qy2)*(px1 - px2)'\n  liouville verify kepler 'L = x*py - y*px where x > 0'"
)]
pub(super) struct Verify {
    #[command(flatten)]
    system: SystemArguments,

    /// Functions of the system's coordinates and momenta, each with or without a name (`L = …`) and conditions
    /// (`… where x > 0`).
    /// Without any, the `known` laws of the system are checked.
    #[arg(value_name = "F")]
    formulas: Vec<String>,

    /// Write a report with formulas and pictures, one HTML page that needs no other file.
    #[arg(long, value_name = "FILE.html")]
    report: Option<String>,

    /// Write a document that proves the result and can be re-checked without liouville (Python, SymPy).
    #[arg(long, value_name = "FILE")]
    certificate: Option<String>,
}

impl Verify {
    pub(super) fn run(&self, output: &Output) -> Result<Exit, Failure> {
        let system = self.system.load()?;
        let found = questions::verify(&system, &self.formulas)?;
        if let Some(path) = &self.certificate {
            input::write(path, &found.record.certificate())?;
        }
        output.record(&found.record);
        if let Some(path) = &self.report {
            output.report(
                path,
                &found.record,
                &questions::figures(&system, &found.record),
                Question::Verify,
            )?;
        }
        Ok(match found.status {
            Status::Refuted | Status::Piecewise => Exit::No,
            Status::Unknown => Exit::Limit,
            Status::Proved | Status::Supported => Exit::Done,
        })
    }
}

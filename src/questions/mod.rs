//! What users ask. Each question takes what they name (systems, formulas, recordings) and answers with a record.
//!
//! ```text
//! system, formulas, recording ──▶ verify · integrals · discover · bracket · simplify · equations ──▶ Record or Failure
//! ```
//!
//! The command line and the Python package ask here, and neither has a way of its own. Nothing here prints; a job tells
//! its [`Progress`](crate::progress::Progress) what it does.

mod bracket;
#[cfg(feature = "learn")]
mod discover;
mod equations;
mod failure;
mod figures;
#[cfg(feature = "learn")]
mod grammar;
mod input;
mod integrals;
mod simplify;
#[cfg(feature = "learn")]
mod unexplained;
mod verify;

use crate::expr::Expr;
use crate::progress::Ended;
use crate::report::Record;

pub use bracket::bracket;
#[cfg(feature = "learn")]
pub use discover::{
    End, Found, Networks, Recorded, Session, discover, inputs, name_of, named_system, system_of,
};
pub use equations::equations;
pub use failure::Failure;
pub use figures::figures;
#[cfg(feature = "learn")]
pub use grammar::{parsed_grammar, read_grammar};
pub use input::{claim, domain_note, formula, hamiltonian, known_laws, phase_space, with_parameters};
pub use integrals::{IntegralsConfig, integrals};
pub use simplify::{Simplified, simplify};
pub use verify::{Verified, verify};

/// A record, and why the job ended early if it did.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What was found.
    pub record: Record,
    /// Which limit ended the job, or that the user did.
    pub ended: Option<Ended>,
}

/// One formula as an answer.
#[derive(Clone, Debug)]
pub struct FormulaAnswer {
    /// The formula.
    pub formula: Expr,
    /// The conditions that belong to it, as text.
    pub conditions: Vec<String>,
    /// The JSON document of the answer.
    pub document: serde_json::Value,
}

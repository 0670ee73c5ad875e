//! The law of motion from a recording: which form, with which constants, and how sure.
//!
//! ```text
//! Smoothed ──Problem──▶ search ──▶ Search { models, best first }
//! ```

pub mod constants;
mod formula;
mod model;
mod motion;
mod names;
mod recovery;

pub use model::Model;
pub use recovery::{Alternative, Constant, Equation, Evidence, Friction, Law, Mass, Recovery, Status};

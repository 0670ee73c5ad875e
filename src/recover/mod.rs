//! The law of motion from a recording: which form, with which constants, and how sure.
//!
//! ```text
//! Smoothed ──Problem──▶ search ──▶ Search { models, best first }
//! ```

mod held_out;
mod masses;
mod model;
mod motion;
mod problem;
mod refine;
mod search;
mod snap_parameters;

pub use held_out::{HeldOut, HeldOutConfig, Tested, held_out, shortest_form};
pub use masses::{MassConfig, start_masses};
pub use model::Model;
pub use problem::{Place, Problem, Terms};
pub use refine::{Form, Masses, refine};
pub use search::{Config, Search, search};
pub use snap_parameters::{SnapConfig, snap_parameters};

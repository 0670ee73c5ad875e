//! The law of motion from a recording: which form, with which constants, and how sure.
//!
//! ```text
//! Smoothed ──Problem──▶ search ──▶ Search { models, best first }
//! ```

mod model;
mod motion;

pub use model::Model;

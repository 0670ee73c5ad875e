//! From a system to data, and from files to data.
//!
//! ```text
//! System ──recipe──▶ initial conditions ──integrate──▶ TrajectorySet ◀──read── .csv · .npz · .txt
//! ```
//!
//! Trajectories hold states with the coordinates first and the momenta after them. Every trajectory draws
//! from a random stream of its own, chosen by seed and index, so that the same seed gives the same bytes
//! on any number of threads.

mod assemble;
mod derivatives;
mod error;
mod field;
mod files;
mod integrate;
mod npz;
mod simulate;
mod stability;
mod table;
mod together;
mod trajectories;

pub use assemble::ColumnMap;
pub use derivatives::{ColumnEstimate, estimate_derivatives};
pub use error::FlowError;
pub use field::{HamiltonianField, VectorField};
pub use files::{of_text, read_data, write_csv, write_data};
pub use integrate::{IntegrationError, Method, integrate, runge_kutta_4};
pub use simulate::{SimulationConfig, simulate};
pub use stability::{Motion, StabilityHint, stability_hint};
pub use trajectories::{Trajectory, TrajectorySet};

//! From a system to data.
//!
//! ```text
//! System ──recipe──▶ initial conditions ──integrate──▶ TrajectorySet ──▶ .csv · .npz
//! ```
//!
//! Trajectories hold states with the coordinates first and the momenta after them. Every trajectory draws
//! from a random stream of its own, chosen by seed and index, so that the same seed gives the same bytes
//! on any number of threads.

mod derivatives;
mod error;
mod field;
mod files;
mod integrate;
mod simulate;
mod stability;
mod trajectories;

pub use derivatives::{ColumnEstimate, estimate_derivatives};
pub use error::FlowError;
pub use field::{HamiltonianField, VectorField};
pub use files::{write_csv, write_data};
pub use integrate::{IntegrationError, Method, integrate, runge_kutta_4};
pub use simulate::{SimulationConfig, simulate};
pub use stability::{Motion, StabilityHint, stability_hint};
pub use trajectories::{Trajectory, TrajectorySet};

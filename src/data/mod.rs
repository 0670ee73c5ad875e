//! Recordings: what was measured, as read from files.
//!
//! ```text
//! .csv · .txt · .npz ──read──▶ Recording (columns with their roles, runs, angles in radians)
//! ```

mod description;
mod error;
mod read;
mod recording;

pub use error::ReadError;
pub use read::{ColumnMap, Declared, ReadOptions, Reading, read, read_text};
pub use recording::{Coordinate, Rates, Recording, Run};

//! What was recorded, and the smooth curves through it.
//!
//! A [`Recording`] holds columns as they were read, with their roles. The [`Smoother`] turns it into [`Smoothed`]: for
//! every stretch of a run that the sampling resolves, one spline with the covariance of its coefficients. Positions,
//! velocities and accelerations, with their errors, come from there and from nowhere else.
//!
//! A [`TrajectorySet`] holds the same numbers as states (q, p) row by row, the form that simulation makes and that fits
//! and networks take.
//!
//! ```text
//! .csv · .txt · .npz ──read──▶ Recording ──noise──▶ σ ──resolve──▶ pieces ──Smoother──▶ Smoothed
//!                                  └──of_recording──▶ TrajectorySet ──write──▶ .csv · .npz
//! ```

mod archive;
mod banded;
mod description;
mod error;
mod noise;
mod piece_fit;
mod read;
mod recording;
mod resolve;
mod scales;
mod smoothed;
mod smoother;
mod spline;
mod spline_fit;
mod trajectories;
mod write;

#[cfg(test)]
pub(crate) mod fixtures;
#[cfg(test)]
mod tests;

pub use archive::{Array, read_archive, write_archive};
pub use banded::{Banded, BandedCholesky};
pub use error::{ReadError, WriteError};
pub use noise::{NoiseConfig, median, noise_level, rounding_noise};
pub use read::{ColumnMap, Declared, ReadOptions, Reading, read, read_arrays, read_text};
pub use recording::{Coordinate, Rates, Recording, Run};
pub use resolve::{LeftOut, WhyLeftOut};
pub use scales::{column_rms, coordinate_scales, scattered};
pub use smoothed::{Piece, Smoothed};
pub use smoother::{Density, Smoother, SmootherConfig, SmoothingError};
pub use spline::{DEGREE, ORDER, Spline};
pub use trajectories::{FEWEST_POINTS, Trajectory, TrajectorySet};
pub use write::{write_csv, write_data};

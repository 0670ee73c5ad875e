//! Numbers in, numbers out: linear and nonlinear least squares on what was recorded.
//!
//! [`WeakForm`] turns splines into equations for the accelerations that hold without differentiating twice, and
//! whitens them with the covariance of the splines. [`Motion`] is a law whose parameters a fit may change. [`Normal`]
//! holds linear equations in triangular form, from which [`elimination`] and [`fold`] choose columns, and [`conserved`]
//! solves the eigenproblem of constant combinations. This is the only room that uses the matrix library `faer`.
//!
//! ```text
//! Smoothed ──WeakForm──▶ ∫φ″q = ∫φ a(q, v) ──whiten──▶ equations with unit noise
//! ```

pub mod beam;
pub mod conserved;
pub mod elimination;
pub mod fold;
pub mod gram;
pub mod invariants;
pub mod least_squares;
pub mod motion;
pub mod normal;
pub mod normal_modes;
mod piece_form;
pub mod shooting;
mod test_functions;
pub mod trajectory;
pub(crate) mod triangle;
pub mod varpro;
pub mod weak;

#[cfg(test)]
mod weak_tests;

use crate::expr::TapeError;

pub use conserved::{Candidate, Evaluated, Measure};
pub use elimination::Elimination;
pub use motion::{Derivatives, Motion};
pub use normal::{Normal, Solution};
pub use trajectory::{ObservedPiece, TrajectoryFit};
pub use weak::{Slopes, WeakForm, Whitened};

/// A matrix, column by column.
pub type Matrix = faer::Mat<f64>;

/// Why a regression failed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RegressionError {
    /// An array has another length than its shape says.
    #[error("{what} has {found} numbers, not {expected}")]
    Shape {
        /// The array.
        what: &'static str,
        /// How many numbers it should have.
        expected: usize,
        /// How many it has.
        found: usize,
    },
    /// A covariance matrix is not positive definite.
    #[error("piece {piece}, coordinate {coordinate}: the covariance is not positive definite")]
    Covariance {
        /// The index of the piece.
        piece: usize,
        /// The index of the coordinate.
        coordinate: usize,
    },
    /// No piece is long enough for a test function.
    #[error("no piece is long enough for a test function")]
    NoTestFunctions,
    /// A NaN or an infinity among the numbers.
    #[error("a value is not finite")]
    NotFinite,
    /// Columns that the rows cannot tell apart.
    #[error("the columns are linearly dependent on these samples")]
    Singular,
    /// Too few rows for the number of unknowns.
    #[error("{samples} samples do not determine {unknowns} unknowns")]
    TooFewSamples {
        /// How many there are.
        samples: usize,
        /// How many unknowns.
        unknowns: usize,
    },
    /// A function that cannot be compiled for numbers.
    #[error(transparent)]
    Function(#[from] TapeError),
}

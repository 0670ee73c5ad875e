//! Numerical fits: from sampled states to formulas, with what is known about their errors.
//!
//! A library of terms φ_j ([`TermLibrary`](crate::terms::TermLibrary), expanded from a `.grammar`) is evaluated on samples with
//! its gradients; Hamiltonians come from linear least squares on ẋ = J∇H, laws from generalised
//! eigenproblems; both are thinned out and snapped to rationals where that is justified. Arrays go in,
//! numbers and formulas come out: this room knows neither networks nor files.
//!
//! ```text
//! Grammar ──expand──▶ TermLibrary ──evaluate on samples──▶ least squares · eigenproblems
//!                                        ──thin out──▶ coefficients ──snap──▶ Expr
//! ```

#[cfg(test)]
mod fixtures;
mod fold;
mod hamiltonian;
mod laws;
mod linear;
mod modes;
mod quotient;
mod shooting;
mod snap;
mod weak;

pub use fold::{folded, grown};
pub use hamiltonian::{Elimination, Samples, eliminate, pointwise_system, sharpest, shrunk, usable_terms};
pub use laws::{Candidate, Evaluated, Measure, echelon, eigenvectors, prune, residual};
pub use linear::{Matrix, Normal, Solution};
pub use modes::{Mode, modes};
pub use quotient::{Denominator, denominator};
pub use shooting::{Shooter, Shooting, Shot, Stretch};
pub use snap::{CHANCE_LIMIT, Snap, justified_snap, snap, supported_digits};
pub use weak::{Curve, weak_system};

/// Why a fit is impossible.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FitError {
    /// A NaN or an infinity among the numbers.
    #[error("a value is not finite")]
    NotFinite,
    /// Terms that the samples cannot tell apart.
    #[error("the terms are linearly dependent on these samples")]
    Singular,
    /// Too few samples for the number of unknowns.
    #[error("{samples} samples do not determine {unknowns} unknowns")]
    TooFewSamples {
        /// How many there are.
        samples: usize,
        /// How many unknowns.
        unknowns: usize,
    },
    /// A term cannot be compiled for numbers.
    #[error(transparent)]
    Term(#[from] crate::expr::TapeError),
}

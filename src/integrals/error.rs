//! What can go wrong in a search.

use crate::mechanics::MechanicsError;

/// Why a search could not be made.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum IntegralsError {
    /// A formula outside the class that the search takes apart.
    #[error(
        "`{formula}` is outside the class of functions the search takes apart: powers need constant exponents and roots non-negative radicands"
    )]
    OutsideClass {
        /// The formula.
        formula: String,
    },
    /// A divisor that is identically zero.
    #[error("division by zero: `{divisor}` is identically zero")]
    DivisionByZero {
        /// The divisor.
        divisor: String,
    },
    /// A formula that expands to too many terms.
    #[error("the formula is too large to be expanded into its ingredients")]
    TooLarge,
    /// No prime, or no point over a prime, at which the roots of the formula exist.
    #[error("no point over a finite field satisfies the relations between the roots of the formula")]
    NoPoint,
    /// The Hamiltonian depends on no variable.
    #[error("the Hamiltonian is constant: every function is conserved")]
    ConstantHamiltonian,
    /// The kernel refused a formula.
    #[error(transparent)]
    Mechanics(#[from] MechanicsError),
}

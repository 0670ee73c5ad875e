//! Hamiltonian mechanics on canonical coordinates. **Trusted.**
//!
//! One sign convention for the whole program:
//! $$ \\{f, g\\} = \sum_i \frac{\partial f}{\partial q_i}\frac{\partial g}{\partial p_i}
//!                - \frac{\partial f}{\partial p_i}\frac{\partial g}{\partial q_i}, \qquad
//!    \\{q_i, p_j\\} = \delta_{ij}, \qquad \dot f = \\{f, H\\}. $$
//!
//! ```text
//! Expr F, Hamiltonian ──Field──▶ Elements ──poisson_bracket──▶ {F, H} ──zero_test──▶ Conservation
//!                                                                        └─ Zero ──▶ Certificate
//! laws ──brackets, functional_rank, involution──▶ Assessment (Verdict)
//! ```
//!
//! A [`Certificate`] has private fields and no constructor outside this room, so whatever carries one was
//! proved here.

mod assessment;
mod bracket;
mod conservation;
mod phase_space;
mod rank;

pub use assessment::{Assessment, ConservedQuantity, Status, Verdict, assess};
pub use bracket::{Bracket, BracketEntry, bracket_of, poisson_bracket};
pub use conservation::{Certificate, Conservation, certificate_of, prove_all, prove_conserved};
pub use phase_space::{Hamiltonian, PhaseSpace};
pub use rank::{Rank, functional_rank};

use crate::algebra::AlgebraError;
use crate::expr::Symbol;

/// What is wrong with a question about mechanics.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MechanicsError {
    /// Coordinates and momenta do not pair up.
    #[error("{coordinates} coordinates but {momenta} momenta: they pair up in order")]
    Unpaired {
        /// Number of coordinates.
        coordinates: usize,
        /// Number of momenta.
        momenta: usize,
    },
    /// No degrees of freedom.
    #[error("a phase space needs at least one coordinate and its momentum")]
    Empty,
    /// A name that stands twice.
    #[error("`{0}` is named twice among coordinates and momenta")]
    Repeated(Symbol),
    /// The algebra could not carry out a step.
    #[error(transparent)]
    Algebra(#[from] AlgebraError),
}

#[cfg(test)]
mod tests;

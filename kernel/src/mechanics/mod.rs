//! Hamiltonian mechanics on canonical coordinates. **Trusted.**
//!
//! One sign convention for the whole program:
//! $$ \\{f, g\\} = \sum_i \frac{\partial f}{\partial q_i}\frac{\partial g}{\partial p_i}
//!                - \frac{\partial f}{\partial p_i}\frac{\partial g}{\partial q_i}, \qquad
//!    \\{q_i, p_j\\} = \delta_{ij}, \qquad \dot f = \\{f, H\\}. $$
//!
//! ```text
//! Hamiltonian ──Prover (field of H, ∇H)──▶ {F, H} ──zero test──▶ Conservation
//!                                                                   └─ Zero ──▶ Certificate (carries F)
//! Certificates ──▶ ConservedQuantity ──assess──▶ Assessment (brackets, independence, involution, Verdict)
//! Hamiltonian ──Obstructions──▶ NonIntegrability (carries H) ──▶ Assessment::obstructed
//! ```
//!
//! # What *proved* means
//!
//! A law F is proved where
//!
//! - {F, H} = 0 on the common domain on which F and H, as given, are real and smooth (with the conditions that were
//!   stated), and
//! - F extends continuously across every surface w = 0 that orbits can cross: with F = A + B·sign(w), B vanishes there.
//!   Otherwise F may jump along an orbit; it is then *piecewise*, and counts for nothing. No orbit crosses a surface
//!   that H's own conditions exclude, the boundary of the domain, or a surface at every point of which H is shown to be
//!   infinite. A claim that cuts out the surface itself (`F where x != 0`) cuts no orbit off.
//! - Where H itself has a step of finite size at w = 0, an orbit that passes it is given a push along ∇w: {F, w} = 0.
//!
//! Signs also hide in roots and logarithms whose argument is not seen to be a square. F can jump there only where it is
//! divided by something that vanishes, so a pole at which a root or a logarithm may change its branch makes F piecewise.
//!
//! Functions count as independent where they are so on every branch of the signs in them, on a common domain.
//! Another writing of a proved function is proved again, and where it is real on a larger domain, conditions stand
//! beside it.
//!
//! A [`Certificate`] has private fields and no constructor outside this room, and it carries the formula that
//! was proved. A [`ConservedQuantity`] is proved only if it was made from one; its formula is then that of the
//! certificate, and another writing of it is proved again ([`Certificate::presented`]).

mod assessment;
mod bracket;
mod branches;
mod functions;
mod law;
mod non_integrability;
mod phase_space;
mod prover;
mod rank;
mod verification;

pub use assessment::{Assessment, Verdict, assess};
pub use bracket::{Bracket, Gradient, bracket_of, poisson_bracket};
pub use branches::are_dependent_somewhere;
pub use law::{ConservedQuantity, Status};
pub use non_integrability::{
    DarbouxPoint, Eigenvalue, HomogeneousPart, IntegralClass, NonIntegrability, Obstructions, Part, Proposal,
    Reason,
};
pub use phase_space::{Hamiltonian, PhaseSpace, conditions_beside};
pub use prover::{Certificate, Conservation, Prover};
pub use rank::{Rank, functional_rank};
pub use verification::{Claim, Comparison, Verification, Verified, compare, verify};

use std::fmt;

use crate::algebra::AlgebraError;
use crate::expr::{Expr, Symbol};

/// What is wrong with a question about mechanics.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MechanicsError {
    /// Coordinates and momenta do not pair up.
    Unpaired {
        /// Number of coordinates.
        coordinates: usize,
        /// Number of momenta.
        momenta: usize,
    },
    /// No degrees of freedom.
    Empty,
    /// A name that stands twice.
    Repeated(Symbol),
    /// A Hamiltonian that depends on no variable.
    Constant(Expr),
    /// The algebra could not carry out a step.
    Algebra(AlgebraError),
}

impl fmt::Display for MechanicsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MechanicsError::Unpaired { coordinates, momenta } => {
                write!(f, "{coordinates} coordinates but {momenta} momenta: they pair up in order")
            }
            MechanicsError::Empty => {
                f.write_str("a phase space needs at least one coordinate and its momentum")
            }
            MechanicsError::Repeated(symbol) => {
                write!(f, "`{symbol}` is named twice among coordinates and momenta")
            }
            MechanicsError::Constant(formula) => {
                write!(
                    f,
                    "the Hamiltonian `{formula}` is constant: nothing moves, and every function is conserved"
                )
            }
            MechanicsError::Algebra(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for MechanicsError {}

impl From<AlgebraError> for MechanicsError {
    fn from(error: AlgebraError) -> MechanicsError {
        MechanicsError::Algebra(error)
    }
}

//! Exact search for integrals: every function in a library that commutes with H, proved.
//!
//! ```text
//! H ──Atoms──▶ Laurent polynomial ──Grading──▶ degrees ──Ingredients──▶ library per level of momentum degree
//!    └─ random points over F_p ──▶ rows {term, H} ──Echelon──▶ null space ──Generators──▶ short new vectors
//!       ──lift (CRT)──▶ rational coefficients ──Prover──▶ laws ──▶ Assessment
//! ```
//!
//! No symbolic product is formed until a null vector is proved: every atom (coordinate, momentum, root,
//! sine, exponential, divisor) gets a random value in F_p that satisfies its relations, so the bracket of
//! a term is a number. What the search proposes is proved by `mechanics`; what could not be proved is left
//! out, and the space it came from is then not called exhaustive.
//!
//! A space is called exhaustive only where its null space misses no integral and holds no other: where no relations
//! between atoms or between constants are open, and every null vector is accounted for by laws that are proved.
//! Constants (parameters, π, √3) are at the same random values at all points over a prime, so that dimensions are
//! those over the field of the constants.
//!
//! [`search`] climbs from narrow libraries to wide ones. Out of its class are integrals that are not
//! polynomial in the momenta, or only at a degree above the one asked for.

mod atoms;
mod constants;
mod echelon;
mod error;
mod generators;
mod grading;
mod involution;
mod levels;
mod library;
mod modes;
mod modular;
mod monomial;
mod names;
mod point;
mod relations;
mod roots;
mod search;
mod solve;
mod span;
mod stage;
#[cfg(test)]
mod tests;

pub use error::IntegralsError;
pub use involution::Combination;
pub use names::name_laws;
pub use search::{SearchConfig, SearchOutcome, SearchedSpace, StopReason, search};
pub use span::null_space_in_library;

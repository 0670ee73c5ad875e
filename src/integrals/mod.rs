//! Exact search for integrals: finds and proves every function in a library that commutes with H.
//!
//! ```text
//! H ──Atoms──▶ Laurent polynomial ──Grading──▶ degrees ──Ingredients──▶ library per level of momentum degree
//!    └─ random points over F_p ──▶ rows {term, H} ──Echelon──▶ null space ──Generators──▶ short new vectors
//!       ──lift (CRT)──▶ rational coefficients ──Prover──▶ laws ──▶ Assessment
//! ```
//!
//! No symbolic product is formed before a null vector is proved. Every atom (coordinate, momentum, root,
//! sine, exponential, divisor) gets a random value in F_p that satisfies its relations, so the bracket of a
//! term is a number. The search proposes integrals and `mechanics` proves them. A proposal without a proof
//! is dropped, and its space is then not called exhaustive.
//!
//! A space is called exhaustive only if its null space is exactly the space of integrals: no relation
//! between atoms or between constants is open, and laws that are proved account for every null vector.
//! Constants (parameters, π, √3) have the same random values at all points over a prime, so dimensions are
//! those over the field of the constants.
//!
//! [`search()`] starts with narrow libraries and goes on to wider ones. It cannot find integrals that are not
//! polynomial in the momenta, or whose degree in the momenta exceeds the requested one.

mod atoms;
mod config;
mod constants;
mod dress;
mod echelon;
mod error;
mod generators;
mod grading;
mod involution;
mod levels;
mod library;
mod logarithms;
mod modes;
mod modular;
mod monomial;
mod names;
mod point;
mod relations;
mod roots;
mod search;
mod signs;
mod solve;
mod span;
mod stage;
#[cfg(test)]
mod tests;

pub use config::SearchConfig;
pub use error::IntegralsError;
pub use involution::{Combination, with_combinations};
pub use names::name_laws;
pub use search::{SearchOutcome, SearchedSpace, StopReason, WrittenSpace, search};
pub use span::null_space_in_library;

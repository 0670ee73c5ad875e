//! The joint library: all the forces that compete when a law of motion is read from a recording.
//!
//! ```text
//! coordinates, positions ──library──▶ [Term]        Term = Σ over arguments u of f(u; κ)
//!                             │                     u ∈ {q_i, q_i − q_j, r² of a set}
//!                             └─▶ bodies: coordinates that share a mass
//! ```
//!
//! A symmetric sum (all pairs, a chain, a ring) is one term with one coefficient. Each term has a description
//! length, and its force has exact derivatives.

mod argument;
mod bodies;
mod evaluate;
mod function;
mod library;
mod multipole;
mod term;

pub use argument::Argument;
pub use bodies::Bodies;
pub use evaluate::{Column, evaluate};
pub use function::Function;
pub use library::{Config, Library, MOST_FOR_ALL, PARAMETER_COST, default_degree, library};
pub use term::{Family, Form, Kind, Parameter, Term};

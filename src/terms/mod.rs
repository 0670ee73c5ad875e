//! The language of term libraries: what a law may be made of. Symbolic; nothing here fits anything.
//!
//! ```text
//! .grammar ──read──▶ Grammar ──expand for Variables──▶ TermLibrary: stages of Terms, each with its complexity
//! coordinates, positions ──joint::library──▶ joint terms, each with its description length
//! ```

mod decimal;
mod grammar;
pub mod joint;
mod library;
mod monomials;
mod variables;

pub use decimal::decimal;
pub use grammar::{Grammar, GrammarError, built_in};
pub use library::{Stage, Term, TermLibrary};
pub use monomials::{monomial, monomials, polynomials};
pub use variables::{Variables, bodies};

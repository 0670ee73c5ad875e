//! Exact search for integrals: every function in a library that commutes with H, proved.

#![allow(dead_code)]

mod atoms;
mod error;
mod grading;
mod laurent;
mod library;
mod point;
mod solve;
mod span;
#[cfg(test)]
mod tests;

pub use error::IntegralsError;
pub use span::null_space_in_library;

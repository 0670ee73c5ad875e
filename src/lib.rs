//! liouville: finds the laws of a dynamical system and proves them.

pub mod expr;
pub mod algebra;
pub mod mechanics;
pub mod system;
pub mod flow;
pub mod simplify;
pub mod integrals;
#[cfg(feature = "learn")]
pub mod fit;
#[cfg(feature = "learn")]
pub mod learn;
#[cfg(feature = "learn")]
pub mod discover;
#[cfg(feature = "learn")]
pub mod experiments;
pub mod report;
#[cfg(feature = "cli")]
pub mod cli;

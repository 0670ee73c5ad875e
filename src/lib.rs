//! liouville: finds the laws of a dynamical system and proves them.

pub mod algebra;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "learn")]
pub mod discover;
#[cfg(feature = "learn")]
pub mod experiments;
pub mod expr;
#[cfg(feature = "learn")]
pub mod fit;
pub mod flow;
pub mod integrals;
#[cfg(feature = "learn")]
pub mod learn;
pub mod mechanics;
pub mod report;
pub mod simplify;
pub mod system;

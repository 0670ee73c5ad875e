//! liouville finds the laws of a dynamical system and proves them.
//!
//! A Hamiltonian system with $n$ degrees of freedom moves by $\dot q_i = \partial H/\partial p_i$,
//! $\dot p_i = -\partial H/\partial q_i$. A function $F(q, p)$ is conserved exactly when its Poisson
//! bracket $\{F, H\} = \sum_i \partial_{q_i} F\, \partial_{p_i} H - \partial_{p_i} F\, \partial_{q_i} H$
//! vanishes, and the system is integrable in the sense of Liouville when $n$ independent such functions
//! are in involution, $\{F_i, F_j\} = 0$. liouville finds such functions from trajectories or from $H$
//! itself, and proves the brackets by exact algebra.
//!
//! ```
#![doc = include_str!("../examples/verify.rs")]
//! ```
//!
//! | question | function |
//! | --- | --- |
//! | What is conserved in my data? | [`discover()`] a [`Recording`] |
//! | Is my system integrable? | [`integrals()`] of a [`System`] |
//! | Is F conserved? | [`verify`] |
//! | What is this formula in canonical form? | [`simplify()`] |
//!
//! Each answers with a [`Report`]: a [`report::Record`] with formulas, status, brackets and verdict, which can be
//! printed, written as JSON, LaTeX or SymPy, or as an HTML page with pictures. What is called *proved* was proved by
//! exact algebra in the package `liouville-kernel`, which can be used alone.
//!
//! The other modules are those of which the command line is made. They are public for the tests, the benchmarks and the
//! Python package, and may change.

pub use liouville_kernel::expr;
#[doc(hidden)]
pub use liouville_kernel::{algebra, mechanics};

#[doc(hidden)]
pub mod progress;

#[doc(hidden)]
pub mod data;
#[doc(hidden)]
pub mod dynamics;
mod front;
mod laurent;
#[doc(hidden)]
pub mod simplify;
#[doc(hidden)]
pub mod system;

#[cfg(feature = "learn")]
#[doc(hidden)]
pub mod discover;
#[cfg(feature = "learn")]
#[doc(hidden)]
pub mod experiments;
#[doc(hidden)]
pub mod integrals;
#[cfg(feature = "learn")]
#[doc(hidden)]
pub mod learn;
#[doc(hidden)]
pub mod obstructions;
#[cfg(feature = "learn")]
#[doc(hidden)]
pub mod recover;
#[cfg(feature = "learn")]
#[doc(hidden)]
pub mod regression;
#[cfg(feature = "learn")]
#[doc(hidden)]
pub mod runs;
#[cfg(feature = "learn")]
#[doc(hidden)]
pub mod terms;

#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
#[doc(hidden)]
pub mod questions;
pub mod report;

#[cfg(feature = "learn")]
pub use front::{Recording, discover};
pub use front::{Report, integrals, simplify, verify};
pub use questions::{Failure, IntegralsConfig};
pub use system::System;

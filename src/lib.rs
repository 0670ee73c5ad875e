//! liouville finds the laws of a dynamical system and proves them.
//!
//! A Hamiltonian system with $n$ degrees of freedom moves by $\dot q_i = \partial H/\partial p_i$,
//! $\dot p_i = -\partial H/\partial q_i$. A function $F(q, p)$ is conserved exactly when its Poisson
//! bracket $\{F, H\} = \sum_i \partial_{q_i} F\, \partial_{p_i} H - \partial_{p_i} F\, \partial_{q_i} H$
//! vanishes, and the system is integrable in the sense of Liouville when $n$ independent such functions
//! are in involution, $\{F_i, F_j\} = 0$. liouville finds such functions from trajectories or from $H$
//! itself, and proves the brackets by exact algebra.
//!
//! A formula has three representations: [`expr::Expr`], the tree as written; [`algebra::Element`], the
//! canonical form in which equality is decided; [`expr::Tape`], for numbers in double precision.
//!
//! ```
//! use liouville::{expr::parse, mechanics::{Hamiltonian, Prover}, system::System};
//!
//! let system = System::load("spherical-pendulum")?;
//! let formula = system.hamiltonian_with_values().expect("this system has one");
//! let prover = Prover::new(&Hamiltonian::new(formula, system.phase_space()?))?;
//!
//! assert!(prover.prove(&parse("qx*py - qy*px")?)?.is_proved());
//! assert!(!prover.prove(&parse("qx*py + qy*px")?)?.is_proved());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub use liouville_kernel::{algebra, expr, mechanics};

pub mod progress;

pub mod data;
pub mod dynamics;
mod laurent;
pub mod simplify;
pub mod system;

#[cfg(feature = "learn")]
pub mod discover;
#[cfg(feature = "learn")]
pub mod experiments;
#[cfg(feature = "learn")]
pub mod fit;
pub mod integrals;
#[cfg(feature = "learn")]
pub mod learn;
pub mod obstructions;
#[cfg(feature = "learn")]
pub mod recover;
#[cfg(feature = "learn")]
pub mod regression;
#[cfg(feature = "learn")]
pub mod runs;
#[cfg(feature = "learn")]
pub mod terms;

#[cfg(feature = "cli")]
pub mod cli;
pub mod questions;
pub mod report;

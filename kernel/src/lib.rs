//! The trusted kernel of liouville: it decides equality of functions and proves Poisson brackets, exactly.
//!
//! ```text
//! text ──expr::parse──▶ Expr ──algebra──▶ Element (canonical form, zero test)
//!                                            └──mechanics──▶ Certificate, ConservedQuantity, Verdict
//! ```
//!
//! Everything that liouville prints as *proved* was proved here. A [`mechanics::Certificate`] carries the
//! formula that was proved and has no public constructor, so no code outside this package can call a
//! formula proved that the kernel has not proved.
//!
//! ```
//! use liouville_kernel::expr::{Symbol, parse};
//! use liouville_kernel::mechanics::{Hamiltonian, PhaseSpace, Prover};
//!
//! let names = |list: [&str; 2]| list.map(Symbol::new).to_vec();
//! let space = PhaseSpace::new(names(["x", "y"]), names(["px", "py"]))?;
//! let kepler = Hamiltonian::new(parse("(px^2 + py^2)/2 - k/sqrt(x^2 + y^2)")?, space);
//!
//! let prover = Prover::new(&kepler)?;
//! assert!(prover.prove(&parse("x*py - y*px")?)?.is_proved());
//! assert!(!prover.prove(&parse("x*py + y*px")?)?.is_proved());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

pub mod algebra;
mod cancel;
pub mod expr;
pub mod galois;
pub mod mechanics;

pub use cancel::CancelToken;

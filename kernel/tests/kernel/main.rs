//! The kernel from outside, and some parts of it from inside. One program, so that the kernel is linked once and all
//! tests run side by side.

mod algebra;
mod constants;
mod defects;
mod domains;
mod fuzz;
mod fuzz_bodies;
mod galois;
mod mechanics;
mod non_integrability;
mod parser;
mod parts;
mod poles;
mod polynomials;
mod print;
mod random;
mod residues;
mod tape;
mod texts;

// The parts name these as the kernel does.
use liouville_kernel::{CancelToken, expr};

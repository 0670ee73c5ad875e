//! The kernel from outside. One program, so that the kernel is linked once and all tests run side by side.

mod constants;
mod defects;
mod domains;
mod fuzz;
mod fuzz_bodies;
mod residues;

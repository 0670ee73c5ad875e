//! The `liouville` program.
fn main() {}

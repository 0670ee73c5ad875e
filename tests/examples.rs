//! The programs of `examples/` run to their end: what they assert holds.

use liouville::Failure;

#[path = "../examples/discover_csv.rs"]
mod discover_csv;
#[path = "../examples/integrals.rs"]
mod integrals;
#[path = "../examples/own_terms.rs"]
mod own_terms;
#[path = "../examples/snapshot.rs"]
mod snapshot;
#[path = "../examples/verify.rs"]
mod verify;

#[test]
fn laws_are_verified() -> Result<(), Failure> {
    verify::main()
}

#[test]
fn integrals_are_found() -> Result<(), Failure> {
    integrals::main()
}

#[test]
fn a_recording_is_read() -> Result<(), Failure> {
    discover_csv::main()
}

#[test]
fn a_recovered_formula_is_as_before() -> Result<(), Failure> {
    snapshot::main()
}

#[test]
fn terms_are_ones_own() -> Result<(), Failure> {
    own_terms::main()
}

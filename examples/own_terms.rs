//! A term library of one's own: integrals are sought among the functions that a grammar names.
//! `cargo run --release --example own_terms`

#![allow(clippy::print_stdout)]

use liouville::{Failure, IntegralsConfig, System, integrals};

const GRAMMAR: &str = "grammar angular
terms momenta^1 * coordinates^1
";

/// Asks, and asserts what is answered.
pub fn main() -> Result<(), Failure> {
    let system = System::load("kepler")?;
    let config = IntegralsConfig::default().with_grammar(GRAMMAR)?;
    let report = integrals(&system, &config)?;

    // Among these eight functions the angular momentum is the only law; the axis of the orbit needs 1/r.
    let found: Vec<&str> = report.record.laws.iter().map(|law| law.formula.as_str()).collect();
    assert_eq!(found, ["x*py - y*px"]);
    println!("{report}");
    Ok(())
}

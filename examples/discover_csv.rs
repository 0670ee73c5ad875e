//! What is conserved in my data? `cargo run --release --example discover_csv`

#![allow(clippy::print_stdout)]

use liouville::{Failure, Recording, discover};

/// Asks, and asserts what is answered.
pub fn main() -> Result<(), Failure> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/comet.csv");
    let recording = Recording::read(&[file])?;
    println!("{}", recording.understood());

    let report = discover(&recording)?;
    let h = &report.record.hamiltonian;
    assert_eq!(h.formula.as_deref(), Some("(p_x^2 + p_y^2)/2 - mu/sqrt(x^2 + y^2)"));
    assert_eq!(h.status.as_deref(), Some("determined"));
    for constant in &h.constants {
        println!("{} = {} ± {}", constant.name, constant.value, constant.standard_error);
    }
    for law in &report.record.laws {
        println!("{} = {}: {} for every {}", law.name, law.formula, law.status, law.for_every.join(", "));
    }
    Ok(())
}

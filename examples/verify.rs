//! Is F conserved? `cargo run --release --example verify`

#![allow(clippy::print_stdout)]

use liouville::{Failure, System, report::Status, verify};

/// Asks, and asserts what is answered.
pub fn main() -> Result<(), Failure> {
    let system = System::parse(
        "system trap
         coordinates x, y
         momenta px, py
         parameters k
         H = (px^2 + py^2)/2 + k*(x^2 + y^2)^2",
        "trap.ham",
    )?;
    let report = verify(&system, &["L = x*py - y*px", "px*py"])?;
    let [angular, other] = &report.record.laws[..] else { panic!("two functions were given") };

    // Proved by exact algebra, for every k.
    assert_eq!(angular.status, Status::Proved);
    // The bracket of what is not conserved.
    assert_eq!(other.status, Status::Refuted);
    println!("{report}");
    Ok(())
}

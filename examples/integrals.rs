//! Is my system integrable? `cargo run --release --example integrals`

#![allow(clippy::print_stdout)]

use liouville::{Failure, IntegralsConfig, System, integrals, report::Verdict};

/// Asks, and asserts what is answered.
pub fn main() -> Result<(), Failure> {
    let quartic = |coupling: &str| {
        System::parse(
            &format!(
                "system quartic\ncoordinates x, y\nmomenta px, py\nH = (px^2 + py^2)/2 + x^4 + {coupling}*x^2*y^2 + y^4"
            ),
            "quartic.ham",
        )
    };
    let config = IntegralsConfig { momentum_degree: 2, ..IntegralsConfig::default() };

    let report = integrals(&quartic("6")?, &config)?;
    assert_eq!(report.record.verdict, Verdict::Integrable);
    assert_eq!(report.record.laws[0].formula, "px*py + 4*(x^3*y + x*y^3)");

    // With another coupling it is not, and the record says why.
    let report = integrals(&quartic("3")?, &config)?;
    assert_eq!(report.record.verdict, Verdict::NonIntegrable);
    let obstruction = report.record.obstruction.as_ref().expect("a reason");
    println!("{}", obstruction.statement);

    // The same as a page with pictures.
    assert!(report.html().contains("not integrable"));
    Ok(())
}

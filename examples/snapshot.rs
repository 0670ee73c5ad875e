//! A snapshot test of a recovered formula: when another recording, or another version, gives another law, the test shows
//! both. `cargo run --release --example snapshot`

use liouville::{Failure, Recording, discover};

/// A pendulum, measured with an error of 1e-4: θ by the leapfrog method.
fn recording() -> String {
    let (mut theta, mut omega, step) = (1.2f64, 0.0f64, 1e-3);
    let mut rows = "time,theta,omega\n".to_owned();
    for k in 0..20_000 {
        if k % 40 == 0 {
            let noise = 1e-4 * (f64::from(k) * 12.9898).sin();
            rows += &format!("{:.2},{:.5},{:.5}\n", f64::from(k) * step, theta + noise, omega - noise);
        }
        omega -= 0.5 * step * 9.81 * theta.sin();
        theta += step * omega;
        omega -= 0.5 * step * 9.81 * theta.sin();
    }
    rows
}

/// Asks, and asserts what is answered.
pub fn main() -> Result<(), Failure> {
    let report = discover(&Recording::parse(&recording(), "pendulum.csv")?)?;
    let formula = report.record.hamiltonian.formula.as_deref().unwrap_or("none");
    insta::assert_snapshot!(formula, @"p_theta^2/2 - a*cos(theta)");
    insta::assert_snapshot!(report.record.verdict, @"integrable");
    Ok(())
}

//! The fuzz targets on a fixed stream: some seconds, or `LIOUVILLE_FUZZ_SECONDS` of them.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::fuzz_bodies::{Outcome, Source, normal_form, read_and_print};
use liouville_kernel::algebra::{MAX_WORK, measured};

use crate::random::Random;

/// Cases without a time given.
const CASES: u64 = 160;
/// No case takes more work: each asks some dozens of questions, and few of them reach their bound.
const MOST_WORK: u64 = 40 * MAX_WORK;

/// Runs cases until the count, or the time given, is reached; reports every failure at the end.
fn run(name: &str, cases: u64, mut case: impl FnMut(&mut Random) -> Outcome) {
    let seconds =
        std::env::var("LIOUVILLE_FUZZ_SECONDS").ok().and_then(|s| s.parse().ok()).map(Duration::from_secs);
    let (start, mut number, mut worst) = (Instant::now(), 0, 0);
    let mut outcomes: BTreeMap<Outcome, u64> = BTreeMap::new();
    let mut failures = Vec::new();
    while seconds.map_or(number < cases, |limit| start.elapsed() < limit) {
        let mut rng = Random::new(number);
        let (result, work) = measured(|| catch_unwind(AssertUnwindSafe(|| case(&mut rng))));
        match result {
            Ok(outcome) => *outcomes.entry(outcome).or_default() += 1,
            Err(_) => failures.push(format!("case {number} failed, see above")),
        }
        if work > MOST_WORK {
            failures.push(format!("case {number} took the work {work}"));
        }
        worst = worst.max(work);
        number += 1;
    }
    let report = format!("{name}: {number} cases, {outcomes:?}, the most work {worst}");
    assert!(failures.is_empty(), "{report}\n{}", failures.join("\n"));
    assert!(outcomes.get(&Outcome::Decided).is_some_and(|&d| d * 4 > number), "{report}");
    if seconds.is_some() {
        use std::io::Write;
        // Not captured, unlike what is printed.
        let _ = writeln!(std::io::stderr(), "{report}");
    }
}

#[test]
fn normal_forms() {
    run("normal_form", CASES, |rng| {
        let bytes: [u8; 96] = std::array::from_fn(|_| rng.byte());
        normal_form(&mut Source::new(&bytes))
    });
}

#[test]
fn parsing() {
    const PIECES: [&str; 38] = [
        "x", "y", "px", "_a1", "θ", "pi", "2", "0", "1/3", "0.25", "1e-3", ".5", "+", "-", "*", "/", "^",
        "**", "(", ")", "(", ")", "sqrt(", "sin(", "cos(", "tan(", "exp(", "log(", " ", "--", "^-", "e",
        "1e5000", "·", "abs(", "sign(", "9^9", "^9",
    ];
    run("parse", 50 * CASES, |rng| {
        if rng.random_bool(0.5) {
            // A formula, printed.
            let bytes: [u8; 48] = std::array::from_fn(|_| rng.byte());
            return read_and_print(&Source::new(&bytes).formula(12).to_string());
        }
        let count = rng.random_range(0..24);
        let text: String = (0..count).map(|_| PIECES[rng.random_range(0..PIECES.len())]).collect();
        read_and_print(&text);
        Outcome::Decided
    });
}

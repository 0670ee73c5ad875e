//! The search on systems from the literature: every listed integral lies in the algebra of what is found.
//!
//! The systems stand outside the repository; where they are not at hand the test of the same kind on
//! `tests/systems` remains.

#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use liouville::expr::{Expr, Tape};
use liouville::integrals::{SearchConfig, SearchEvent, SearchOutcome, search_observed};
use liouville::mechanics::{Hamiltonian, PhaseSpace, prove_conserved};
use liouville::system::System;

/// Folders that may hold the systems.
fn folder() -> Option<PathBuf> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let given = std::env::var_os("LIOUVILLE_SUITE").map(PathBuf::from);
    let near = manifest.ancestors().skip(1).take(3).map(|up| up.join("shared/suite"));
    given.into_iter().chain(near).find(|p| p.join("expected.json").is_file())
}

/// Degree of a law in the momenta, from its values along scaled momenta.
fn momentum_degree(label: &str, expected: &serde_json::Value) -> u64 {
    let integrals = expected["integrals"].as_array().map(Vec::as_slice).unwrap_or_default();
    let found = integrals.iter().find(|i| i["label"] == label);
    found.and_then(|i| i["momentum_degree"].as_u64()).unwrap_or(1)
}

/// A point in a box where the systems are regular: all values positive and different.
fn point(number: usize, width: usize) -> Vec<f64> {
    let golden = 0.618_033_988_749_894_9_f64;
    (0..width).map(|i| 0.35 + ((number * 31 + i * 7 + 1) as f64 * golden).fract() * 0.9).collect()
}

/// The relative distance of the gradient of `law` from the span of those of `functions`: the median over
/// some points, since single points may be badly conditioned.
fn distance(law: &Expr, functions: &[Expr], space: &PhaseSpace) -> f64 {
    let outputs: Vec<Expr> = functions.iter().chain([law]).cloned().collect();
    let tape = Tape::new(&outputs, space.variables()).expect("formulas of the phase space");
    let width = space.variables().len();
    let mut distances = Vec::new();
    for number in 0..6 {
        let (values, gradients) = tape.gradient(&point(number, width));
        if values.iter().chain(&gradients).any(|v| !v.is_finite()) {
            continue;
        }
        let mut basis: Vec<Vec<f64>> = Vec::new();
        let mut last = 1.0;
        for row in gradients.chunks(width) {
            let norm = row.iter().map(|v| v * v).sum::<f64>().sqrt();
            let mut rest = row.to_vec();
            for _ in 0..2 {
                for unit in &basis {
                    let along: f64 = rest.iter().zip(unit).map(|(a, b)| a * b).sum();
                    rest.iter_mut().zip(unit).for_each(|(a, b)| *a -= along * b);
                }
            }
            let left = rest.iter().map(|v| v * v).sum::<f64>().sqrt();
            last = left / norm.max(1e-300);
            if last > 1e-9 {
                basis.push(rest.iter().map(|v| v / left).collect());
            }
        }
        distances.push(last);
    }
    distances.sort_by(f64::total_cmp);
    distances.get(distances.len() / 2).copied().unwrap_or(1.0)
}

struct Row {
    outcome: SearchOutcome,
    /// Of the whole search.
    seconds: f64,
    /// Until the last law was proved.
    last: f64,
    missing: Vec<String>,
}

fn run(system: &System, expected: Option<&serde_json::Value>, limit: Duration) -> Row {
    let hamiltonian = Hamiltonian::new(
        system.hamiltonian_with_values().expect("a Hamiltonian"),
        system.phase_space().expect("a phase space"),
    );
    let start = Instant::now();
    let config = SearchConfig { time_limit: limit, ..SearchConfig::default() };
    let mut last = 0.0;
    let mut observe = |event: SearchEvent<'_>| {
        if let SearchEvent::Law(_) = event {
            last = start.elapsed().as_secs_f64();
        }
    };
    let outcome = search_observed(&hamiltonian, &config, &mut observe).expect("a search");
    let seconds = start.elapsed().as_secs_f64();
    let mut functions = vec![hamiltonian.formula().clone()];
    for law in outcome.laws.iter().chain(&outcome.combinations) {
        assert!(prove_conserved(&law.formula, &hamiltonian).expect("a bracket").is_proved(), "{}", law.name);
        functions.push(law.formula.clone());
    }
    let missing = system
        .known
        .iter()
        .filter(|k| expected.is_none_or(|e| momentum_degree(&k.name, e) <= 4))
        .filter(|k| distance(&system.with_values(&k.formula), &functions, hamiltonian.space()) > 1e-6)
        .map(|k| k.name.clone())
        .collect();
    Row { outcome, seconds, last, missing }
}

fn report(name: &str, row: &Row) {
    let a = &row.outcome.assessment;
    println!(
        "{name:24} last law {:6.2} s, all {:6.2} s  {:?}  independent {}  involutive {:?}  {}",
        row.last, row.seconds, row.outcome.stop, a.independent.rank, a.involutive, a.verdict
    );
    for law in row.outcome.laws.iter().chain(&row.outcome.combinations) {
        println!("      {} = {}", law.name, law.formula);
    }
    if let Some(space) = row.outcome.widest() {
        println!("      searched {space:?}");
    }
    if !row.missing.is_empty() {
        println!("      MISSING {:?}", row.missing);
    }
}

#[test]
fn every_listed_integral_is_found() {
    let Some(folder) = folder() else { return };
    let text = std::fs::read_to_string(folder.join("expected.json")).expect("the list");
    let expected: BTreeMap<String, serde_json::Value> = serde_json::from_str(&text).expect("JSON");
    let only = std::env::var("LIOUVILLE_ONLY").ok();
    let limit = std::env::var("LIOUVILLE_LIMIT").ok().and_then(|s| s.parse().ok()).unwrap_or(10.0);
    let mut failures = Vec::new();
    for (name, entry) in &expected {
        if only.as_ref().is_some_and(|o| !name.contains(o.as_str())) {
            continue;
        }
        let path = folder.join(format!("{name}.ham"));
        let system = System::load(&path.to_string_lossy()).expect("a system");
        let row = run(&system, Some(entry), Duration::from_secs_f64(limit));
        report(name, &row);
        let independent =
            entry["independent_known"].as_u64().or(entry["independent_listed"].as_u64()).unwrap_or(1);
        let verdict = match entry["verdict"].as_str() {
            Some("non-integrable") | None => "undecided",
            Some(verdict) => verdict,
        };
        if !row.missing.is_empty() {
            failures.push(format!("{name}: missing {:?}", row.missing));
        }
        if (row.outcome.assessment.independent.rank as u64) < independent {
            failures.push(format!(
                "{name}: {} of {independent} independent",
                row.outcome.assessment.independent.rank
            ));
        }
        if row.outcome.assessment.verdict.as_str() != verdict {
            failures.push(format!("{name}: {} and not {verdict}", row.outcome.assessment.verdict));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

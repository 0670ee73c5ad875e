//! The search on thirty systems from the literature (`tests/systems`): every listed integral lies in the algebra
//! of what is found, and the verdict is as listed.

use std::collections::BTreeMap;
use std::path::Path;

use liouville::expr::{Expr, Tape};
use liouville::integrals::{SearchConfig, SearchOutcome, StopReason, search};
use liouville::mechanics::{ConservedQuantity, Hamiltonian, PhaseSpace};
use liouville::progress::{Job, Limits};
use liouville::system::System;

/// Work that no search of the thirty needs: a multiple of what the largest takes.
const WORK: u64 = 100_000_000_000;

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

/// The listed laws of momentum degree up to 4 that are no functions of H and the laws found.
fn missing(
    system: &System,
    expected: &serde_json::Value,
    outcome: &SearchOutcome,
    h: &Hamiltonian,
) -> Vec<String> {
    let found = outcome.laws.iter().chain(outcome.combinations.iter().map(|c| &c.quantity));
    let found = found.map(ConservedQuantity::formula);
    let functions: Vec<Expr> = std::iter::once(h.formula()).chain(found).cloned().collect();
    let listed = system.known.iter().filter(|law| momentum_degree(&law.name, expected) <= 4);
    listed
        .filter(|law| distance(&system.with_values(&law.formula), &functions, h.space()) > 1e-6)
        .map(|law| law.name.clone())
        .collect()
}

/// The independent laws and the verdict where constants are letters, if that is other than for the numbers of the
/// list: with letters no frequencies are commensurable.
const WITH_LETTERS: [(&str, usize, &str); 1] = [("fock_darwin", 2, "integrable")];

/// The search of a system in `folder`.
fn searched(folder: &str, name: &str) -> (System, Hamiltonian, SearchOutcome) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("{folder}/{name}.ham"));
    let system = System::load(&path.to_string_lossy()).expect("a system");
    let hamiltonian = Hamiltonian::new(
        system.hamiltonian_with_values().expect("a Hamiltonian"),
        system.phase_space().expect("a phase space"),
    );
    let limits = Limits { work: WORK, seconds: f64::INFINITY };
    let config = SearchConfig { limits, ..SearchConfig::default() };
    let outcome = search(&hamiltonian, &config, &Job::silent()).expect("a search");
    (system, hamiltonian, outcome)
}

/// The verdict that the list gives, as a search can reach it.
fn verdict(expected: &serde_json::Value) -> &str {
    match expected["verdict"].as_str() {
        Some("non-integrable") | None => "undecided",
        Some(verdict) => verdict,
    }
}

fn independent(expected: &serde_json::Value) -> usize {
    let listed = expected["independent_known"].as_u64().or(expected["independent_listed"].as_u64());
    listed.unwrap_or(1) as usize
}

/// What is wrong with the search of a system.
fn faults(name: &str, expected: &serde_json::Value) -> Vec<String> {
    let (system, hamiltonian, outcome) = searched("tests/systems", name);
    let mut faults = Vec::new();
    if let StopReason::Ended(ended) = outcome.stop {
        faults.push(format!("{name}: {ended:?} after the work {}", outcome.work));
    }
    if !outcome
        .laws
        .iter()
        .chain(outcome.combinations.iter().map(|c| &c.quantity))
        .all(ConservedQuantity::is_proved)
    {
        faults.push(format!("{name}: a law without proof"));
    }
    let missing = missing(&system, expected, &outcome, &hamiltonian);
    if !missing.is_empty() {
        faults.push(format!("{name}: missing {missing:?}"));
    }
    let rank = outcome.assessment.independent().rank;
    if rank < independent(expected) {
        faults.push(format!("{name}: {rank} of {} independent", independent(expected)));
    }
    if outcome.assessment.verdict().as_str() != verdict(expected) {
        faults.push(format!("{name}: {} and not {}", outcome.assessment.verdict(), verdict(expected)));
    }
    faults
}

fn list() -> BTreeMap<String, serde_json::Value> {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/systems/expected.json");
    let text = std::fs::read_to_string(list).expect("the list");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn every_listed_integral_is_found() {
    let expected = list();
    assert_eq!(expected.len(), 30);
    let faults: Vec<String> = expected.iter().flat_map(|(name, entry)| faults(name, entry)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The same systems with letters for couplings, masses and frequencies where the laws allow it: as many laws, each
/// proved for every value of the letters.
#[test]
fn laws_are_found_for_every_value_of_the_constants() {
    let mut faults = Vec::new();
    for (name, entry) in &list() {
        let (_, _, outcome) = searched("tests/systems/letters", name);
        let other = WITH_LETTERS.iter().find(|(other, ..)| other == name);
        let (laws, wanted) =
            other.map_or((independent(entry), verdict(entry)), |(_, laws, wanted)| (*laws, *wanted));
        let (rank, found) = (outcome.assessment.independent().rank, outcome.assessment.verdict());
        if rank < laws || found.as_str() != wanted || !outcome.laws.iter().all(ConservedQuantity::is_proved) {
            faults.push(format!("{name}: {rank} of {laws} independent, {found} and not {wanted}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

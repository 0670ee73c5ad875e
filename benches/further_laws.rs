//! What the networks are seen to know beyond the laws: the measurement that the limits of `learn/readout/further.rs`
//! rest on.
//!
//! `cargo bench --bench further_laws -- SYSTEM …` discovers each system with the seeds 0 to 4 and prints a table in
//! Markdown: of the learned momenta that are no functions of the laws, how far they drift and how much of their gradient
//! lies outside; judged against all laws found, and against H alone.

// A benchmark prints its table.
#![allow(clippy::print_stdout)]

use liouville::discover::{self, Config, Discovery, Observations};
use liouville::dynamics::{SimulationConfig, simulate};
use liouville::expr::{Expr, Symbol};
use liouville::learn;
use liouville::learn::readout::{FurtherLaw, FurtherLaws, further_laws};
use liouville::progress::{CancelToken, Job, Silent};
use liouville::system::System;

const SEEDS: u64 = 5;

fn main() {
    let systems: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    println!("| system | seed | cyclic | laws | said | drift² / outside of each combination |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for name in &systems {
        for seed in 0..SEEDS {
            for line in
                rows(name, seed).unwrap_or_else(|error| vec![format!("| {name} | {seed} | {error} |")])
            {
                println!("{line}");
            }
        }
    }
}

fn rows(name: &str, seed: u64) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let system = System::load(name).map_err(|error| error.render())?;
    let config = SimulationConfig { seed, ..SimulationConfig::default() };
    let trajectories = simulate(&system, &config).map_err(|error| error.render())?;
    let train = system.train.to_f64().value().clamp(0.0, 1.0);
    let observed = Observations { trajectories, train };
    let network = Some(learn::Config { seed, ..learn::Config::default() });
    let config = Config { network, ..Config::default() };
    let found = discover::run(&observed, &config, None, &Job::new(&Silent, CancelToken::new()))?;
    let Some(network) = &found.network else { return Ok(Vec::new()) };
    let (all, short) = (laws(&found), System::load(name).map_or(name.to_owned(), |system| system.name));
    let mut rows = Vec::new();
    for known in [&all[..], &all[..all.len().min(1)]] {
        let judged = further_laws(&network.learned, known, &observed)?;
        let names: Vec<&str> = known.iter().map(|(name, _)| name.name()).collect();
        let (names, cyclic) = (names.join(", "), network.cyclic);
        rows.push(format!("| {short} | {seed} | {cyclic} | {names} | {} |", told(&judged)));
    }
    rows.dedup();
    Ok(rows)
}

/// H, if it explains the data, and the laws.
fn laws(found: &Discovery) -> Vec<(Symbol, Expr)> {
    let hamiltonian = found.hamiltonian.iter().filter(|h| h.explains);
    let energy = hamiltonian.map(|h| (Symbol::new("H"), h.numeric.clone()));
    let laws = found.laws.iter().map(|law| {
        let formula = law.quantity.formula();
        let numeric = found.hamiltonian.as_ref().map_or(formula.clone(), |h| h.with_numbers(formula));
        (Symbol::new(law.quantity.name()), numeric)
    });
    energy.chain(laws).collect()
}

fn told(judged: &FurtherLaws) -> String {
    let shown = |law: &FurtherLaw| {
        let (drift, outside) = (law.square_drift, law.outside);
        format!("{:.1e} ± {:.0e} / {:.2} ± {:.2}", drift.value, drift.error, outside.value, outside.error)
    };
    match judged {
        FurtherLaws::Unknown(why) => format!("{why:?} | "),
        FurtherLaws::Judged { likely, unclear } => {
            let each: Vec<String> = likely.iter().chain(unclear).map(shown).collect();
            format!("{} | {}", likely.len(), each.join("; "))
        }
    }
}

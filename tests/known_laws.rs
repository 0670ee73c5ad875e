//! Every law stated in a system file is proved, slightly wrong ones are refuted, and every verdict agrees
//! with what is proved. Further files: `LIOUVILLE_SYSTEMS=folder`.

#![allow(clippy::print_stdout)] // The measurements print.

use std::path::PathBuf;
use std::time::Instant;

use liouville::expr::Expr;
use liouville::mechanics::{
    Assessment, Conservation, ConservedQuantity, Hamiltonian, PhaseSpace, Status, Verdict, assess,
    prove_conserved,
};
use liouville::system::{System, catalogue};

fn systems() -> Vec<System> {
    let mut systems: Vec<System> =
        catalogue().iter().map(|entry| entry.system().expect("a built-in system reads")).collect();
    if let Ok(folder) = std::env::var("LIOUVILLE_SYSTEMS") {
        let files = std::fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path());
        let mut files: Vec<PathBuf> = files.filter(|p| p.extension().is_some_and(|e| e == "ham")).collect();
        files.sort();
        let load = |p: PathBuf| {
            System::load(&p.to_string_lossy()).unwrap_or_else(|e| panic!("{}: {e}", p.display()))
        };
        systems.extend(files.into_iter().map(load));
    }
    systems
}

fn hamiltonian(system: &System) -> Option<Hamiltonian> {
    let space = PhaseSpace::new(system.coordinates.clone(), system.momenta.clone()).expect("a phase space");
    Some(Hamiltonian::new(system.hamiltonian_with_values()?, space))
}

fn assessment(system: &System, hamiltonian: &Hamiltonian) -> Assessment {
    let laws: Vec<ConservedQuantity> = system
        .known
        .iter()
        .map(|law| {
            let formula = system.with_values(&law.formula);
            let start = Instant::now();
            let answer = prove_conserved(&formula, hamiltonian);
            let elapsed = start.elapsed();
            assert!(elapsed.as_secs() < 5, "{}: {} took {elapsed:?}", system.name, law.name);
            match answer {
                Ok(Conservation::Proved(certificate)) => {
                    assert_eq!(certificate.bracket(), &Expr::zero());
                    ConservedQuantity { name: law.name.clone(), formula, status: Status::Proved(certificate) }
                }
                other => panic!("{}: {} is not proved: {other:?}", system.name, law.name),
            }
        })
        .collect();
    assess(hamiltonian, &laws).expect("an assessment")
}

#[test]
fn known_laws_are_proved_and_wrong_ones_refuted() {
    for system in systems() {
        let Some(hamiltonian) = hamiltonian(&system) else { continue };
        let assessment = assessment(&system, &hamiltonian);
        let dof = system.dof();
        assert!(assessment.involutive.len() <= dof, "{}", system.name);
        assert!(assessment.independent.rank < 2 * dof, "{}: {:?}", system.name, assessment.independent);
        assert_eq!(
            assessment.verdict == Verdict::Undecided,
            assessment.involutive.len() < dof,
            "{}",
            system.name
        );
        // Adding a coordinate to a law spoils it wherever that coordinate moves.
        for law in &system.known {
            let spoiled = system.with_values(&law.formula) + Expr::Symbol(system.coordinates[0].clone());
            match prove_conserved(&spoiled, &hamiltonian).expect("a bracket") {
                Conservation::Refuted { .. } => {}
                other => panic!("{}: {} plus a coordinate: {other:?}", system.name, law.name),
            }
        }
    }
}

#[test]
#[ignore = "a measurement: run with --ignored --nocapture"]
fn times_of_proofs() {
    for system in systems() {
        let Some(hamiltonian) = hamiltonian(&system) else { continue };
        for law in &system.known {
            let formula = system.with_values(&law.formula);
            let start = Instant::now();
            let proved = prove_conserved(&formula, &hamiltonian).is_ok_and(|c| c.is_proved());
            println!("{:28} {:12} {:5} {:?}", system.name, law.name, proved, start.elapsed());
        }
        let start = Instant::now();
        let assessment = assessment(&system, &hamiltonian);
        println!(
            "{:28} {} rank {} involutive {:?} in {:?}",
            system.name,
            assessment.verdict,
            assessment.independent.rank,
            assessment.involutive,
            start.elapsed()
        );
    }
}

//! Every law stated in a system file is proved, slightly wrong ones are refuted, and every verdict agrees with
//! what is proved: on the catalogue and on `tests/systems`.

use std::path::{Path, PathBuf};

use liouville::expr::Expr;
use liouville::mechanics::{
    Claim, Conservation, Hamiltonian, PhaseSpace, Prover, Status, Verdict, Verification, verify,
};
use liouville::system::{System, catalogue};

fn systems() -> Vec<System> {
    let built_in = catalogue().iter().map(|entry| entry.system().expect("a built-in system reads"));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/systems");
    let files = std::fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path());
    let mut files: Vec<PathBuf> = files.filter(|p| p.extension().is_some_and(|e| e == "ham")).collect();
    files.sort();
    let load =
        |p: PathBuf| System::load(&p.to_string_lossy()).unwrap_or_else(|e| panic!("{}: {e}", p.display()));
    built_in.chain(files.into_iter().map(load)).collect()
}

fn hamiltonian(system: &System) -> Option<Hamiltonian> {
    let formula = system.hamiltonian_with_values()?;
    let space = PhaseSpace::new(system.coordinates.clone(), system.momenta.clone()).expect("a phase space");
    Some(Hamiltonian::new(formula, space))
}

fn verification(system: &System, hamiltonian: &Hamiltonian) -> Verification {
    let claim = |law: &liouville::system::KnownLaw| Claim {
        name: Some(law.name.clone()),
        formula: system.with_values(&law.formula),
        domain: system.conditions_with_values(&law.domain),
    };
    let claims: Vec<Claim> = system.known.iter().map(claim).collect();
    let found = verify(hamiltonian, &claims).unwrap_or_else(|e| panic!("{}: {e}", system.name));
    for claim in found.claims() {
        let status = claim.outcome().status();
        assert_eq!(status, Status::Proved, "{}: {}", system.name, claim.name());
    }
    found
}

#[test]
fn known_laws_are_proved_and_wrong_ones_refuted() {
    for system in systems() {
        let Some(hamiltonian) = hamiltonian(&system) else { continue };
        let found = verification(&system, &hamiltonian);
        let assessment = found.assessment().expect("all are proved");
        let (dof, involutive) = (system.dof(), assessment.involutive().len());
        assert!(involutive <= dof, "{}", system.name);
        assert!(assessment.independent().rank < 2 * dof, "{}: {:?}", system.name, assessment.independent());
        assert_eq!(assessment.verdict() == Verdict::Undecided, involutive < dof, "{}", system.name);
        // Adding a coordinate to a law spoils it wherever that coordinate moves.
        let prover = Prover::new(&hamiltonian).expect("a prover");
        for law in &system.known {
            let spoiled = system.with_values(&law.formula) + Expr::Symbol(system.coordinates[0].clone());
            match prover.prove(&spoiled).expect("a bracket") {
                Conservation::Refuted { .. } => {}
                other => panic!("{}: {} plus a coordinate: {other:?}", system.name, law.name),
            }
        }
    }
}

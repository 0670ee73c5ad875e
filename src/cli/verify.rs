//! `liouville verify`

use clap::Args;

use super::input::{self, SystemArguments};
use super::{Exit, Failure, output::Output};
use crate::integrals::with_combinations;
use crate::mechanics::{Claim, ConservedQuantity, Hamiltonian, Prover, Status, Verification, verify};
use crate::progress::CancelToken;
use crate::report::{Question, Record};

/// Check claimed laws: is {F, H} = 0? Also their independence, involution and the verdict.
///
/// Prints {F, H} in canonical form for each function. The exit status is 1 if some bracket does not vanish, and
/// 3 if that could not be decided of some.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  liouville verify spherical-pendulum 'qx*py - qy*px'\n  liouville verify two-body 'P = px1 + px2' 'L = (qx1 - qx2)*(py1 - py2) - (qy1 - qy2)*(px1 - px2)'\n  liouville verify kepler 'L = x*py - y*px where x > 0'"
)]
pub(super) struct Verify {
    #[command(flatten)]
    system: SystemArguments,

    /// Functions of the system's coordinates and momenta, each with or without a name (`L = …`) and conditions
    /// (`… where x > 0`).
    /// Without any, the `known` laws of the system are checked.
    #[arg(value_name = "F")]
    formulas: Vec<String>,

    /// Write a report with formulas and pictures, one HTML page that needs no other file.
    #[arg(long, value_name = "FILE.html")]
    report: Option<String>,

    /// Write a document that proves the result and can be re-checked without liouville (Python, SymPy).
    #[arg(long, value_name = "FILE")]
    certificate: Option<String>,
}

impl Verify {
    pub(super) fn run(&self, output: &Output) -> Result<Exit, Failure> {
        let system = self.system.load()?;
        let hamiltonian = input::hamiltonian(&system)?;
        let mut claims = Vec::new();
        for text in &self.formulas {
            let taken: Vec<&str> = claims.iter().filter_map(|claim: &Claim| claim.name.as_deref()).collect();
            let claim = input::claim(text, &system, &taken)?;
            claims.push(claim);
        }
        if self.formulas.is_empty() {
            claims = input::known_laws(&system);
        }
        if claims.is_empty() {
            return Err(Failure::input(
                "there is nothing to verify",
                Some("give one or more functions, such as 'qx*py - qy*px'"),
            ));
        }
        let found = verify(&hamiltonian, &claims).map_err(|error| Failure::input(error, None))?;
        let mut record = Record::of_verification(&system, &hamiltonian, &found);
        add_combinations(&mut record, &hamiltonian, &found);
        record.notes.extend(input::domain_note(&hamiltonian));
        if let Some(path) = &self.certificate {
            input::write(path, &record.certificate())?;
        }
        output.record(&record);
        if let Some(path) = &self.report {
            output.report(path, &record, &super::output::figures_of(&system, &record), Question::Verify)?;
        }
        Ok(match found.status() {
            Status::Refuted | Status::Piecewise => Exit::No,
            Status::Unknown => Exit::Limit,
            Status::Proved | Status::Supported => Exit::Done,
        })
    }
}

/// Adds combinations of the laws that complete a set in involution. The record stands as it is if the search
/// cannot take the formulas apart.
fn add_combinations(record: &mut Record, hamiltonian: &Hamiltonian, found: &Verification) {
    let Some(assessment) = found.assessment() else { return };
    if assessment.involutive().len() >= hamiltonian.space().dof() {
        return;
    }
    let proofs =
        found.claims().iter().filter_map(|claim| Some((claim.name(), claim.outcome().certificate()?)));
    let laws: Vec<ConservedQuantity> =
        proofs.map(|(name, proof)| ConservedQuantity::proved(name, proof.clone())).collect();
    let Ok(prover) = Prover::new(hamiltonian) else { return };
    let formula = hamiltonian.formula();
    if let Ok(Some((combinations, wider))) =
        with_combinations(&prover, formula, &laws, assessment, &CancelToken::new())
    {
        record.widen(&combinations, &wider, hamiltonian.space());
    }
}

//! Records from the results of the other rooms.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::{EvidenceRecord, HamiltonianRecord, LawRecord, Record, SCHEMA, SystemRecord};
use crate::expr::{Expr, Symbol};
use crate::mechanics::{
    Assessment, Bracket, Certificate, ConservedQuantity, Hamiltonian, PhaseSpace, Status, Verdict,
    Verification, Verified,
};
use crate::simplify::{canonical_hamiltonian, canonical_value_in};
use crate::system::System;

/// What stands for a bracket that does not vanish and was not written out.
const NOT_ZERO: &str = "not 0 (too long to print)";
/// What stands for a bracket of which this could not be said either.
const UNKNOWN: &str = "undecided (too long to print)";
/// The most symbols of a bracket in the matrix that is written out.
const PRINTABLE: usize = 400;
/// The most symbols of a bracket that is brought into canonical form to see whether it is short.
const PRESENTABLE: usize = 4_000;

impl Record {
    /// A record of the system with a Hamiltonian, and nothing known yet.
    pub(super) fn open(system: SystemRecord, hamiltonian: HamiltonianRecord) -> Record {
        Record {
            schema: SCHEMA,
            system,
            hamiltonian,
            laws: Vec::new(),
            combinations: Vec::new(),
            brackets: Vec::new(),
            independent: None,
            involutive: Vec::new(),
            verdict: Verdict::Undecided,
            known: Vec::new(),
            searched: None,
            network: None,
            data: None,
            limits: None,
            hint: None,
            settings: BTreeMap::new(),
            seed: None,
            notes: Vec::new(),
            generators: Vec::new(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// What the kernel says of claims: each proved, refuted or unknown, with its bracket; where all are
    /// proved, brackets, independence, involution and verdict.
    pub fn of_verification(system: &System, hamiltonian: &Hamiltonian, found: &Verification) -> Record {
        let mut record = Record::open(SystemRecord::of(system), HamiltonianRecord::given(hamiltonian));
        for claim in found.claims() {
            if let Some(certificate) = claim.outcome().certificate() {
                record.add_generators(certificate);
            }
            record.laws.push(LawRecord::of_claim(claim, hamiltonian.space()));
        }
        match found.assessment() {
            Some(assessment) => record.set_assessment(assessment, hamiltonian.space()),
            None => record
                .notes
                .push("only conserved functions are compared; remove the others for a verdict".into()),
        }
        record
    }

    /// Notes the generators that a proof was made with.
    pub(super) fn add_generators(&mut self, certificate: &Certificate) {
        for generator in certificate.generators() {
            let mut line = format!("{} = {}", generator.name, generator.function);
            line += &generator.relation.map_or(String::new(), |relation| format!(", where {relation} = 0"));
            if !self.generators.contains(&line) {
                self.generators.push(line);
            }
        }
        for assumption in certificate.assumptions() {
            let line = format!("assuming {assumption}");
            if !self.generators.contains(&line) {
                self.generators.push(line);
            }
        }
    }

    /// Brackets, independence, involution and verdict.
    pub(super) fn set_assessment(&mut self, assessment: &Assessment, space: &PhaseSpace) {
        let presented = |value: &Expr| canonical_value_in(value, space).unwrap_or_else(|_| value.clone());
        let cell = |bracket: &Bracket| {
            let value = bracket.value().filter(|value| value.symbol_count() <= PRESENTABLE);
            let value = value.as_ref().map(presented).filter(|value| value.symbol_count() <= PRINTABLE);
            let instead = if matches!(bracket, Bracket::NonZero(_)) { NOT_ZERO } else { UNKNOWN };
            value.map_or(instead.to_owned(), |value| value.to_string())
        };
        // Combinations stand after the laws; their brackets follow from those of the laws.
        let shown = self.laws.len() + 1;
        let rows = assessment.brackets().par_iter().take(shown);
        self.brackets = rows.map(|row| row.par_iter().take(shown).map(&cell).collect()).collect();
        self.independent = Some(assessment.independent().rank);
        let names = self.compared_names();
        self.involutive = assessment.involutive().iter().map(|&index| names[index].to_owned()).collect();
        self.verdict = assessment.verdict();
    }
}

impl SystemRecord {
    /// What a record says of a system.
    pub fn of(system: &System) -> SystemRecord {
        let names = |symbols: &[Symbol]| symbols.iter().map(|s| s.name().to_owned()).collect();
        let valued = system
            .parameters
            .iter()
            .filter_map(|p| Some((p.name.name().to_owned(), p.value.as_ref()?.to_string())));
        SystemRecord {
            name: system.name.clone(),
            coordinates: names(&system.coordinates),
            momenta: names(&system.momenta),
            parameters: valued.collect(),
            symbolic: system
                .parameters
                .iter()
                .filter(|p| p.value.is_none())
                .map(|p| p.name.name().to_owned())
                .collect(),
        }
    }
}

impl HamiltonianRecord {
    /// One that the user gave.
    pub fn given(hamiltonian: &Hamiltonian) -> HamiltonianRecord {
        let shown = canonical_hamiltonian(hamiltonian.formula(), hamiltonian.space())
            .unwrap_or_else(|_| hamiltonian.formula().clone());
        HamiltonianRecord {
            formula: Some(shown.to_string()),
            latex: Some(shown.to_latex()),
            sympy: Some(shown.to_sympy()),
            source: "given".to_owned(),
            exact: None,
            residual: None,
            agrees_with_file: None,
            mechanics: None,
        }
    }
}

impl LawRecord {
    /// A law of that status, without evidence.
    pub(super) fn new(name: &str, formula: &Expr, space: &PhaseSpace, status: Status) -> LawRecord {
        LawRecord {
            name: name.to_owned(),
            formula: formula.to_string(),
            latex: formula.to_latex(),
            sympy: formula.to_sympy(),
            status,
            bracket_with_h: (status == Status::Proved).then(|| "0".to_owned()),
            momentum_degree: formula.degree_in(space.momenta()),
            degree: formula.degree_in(space.variables()),
            evidence: EvidenceRecord::default(),
        }
    }

    /// A law, without evidence.
    pub(super) fn of_law(law: &ConservedQuantity, space: &PhaseSpace) -> LawRecord {
        LawRecord::new(law.name(), law.formula(), space, law.status())
    }

    /// A claim with its bracket, without evidence.
    pub(super) fn of_claim(claim: &Verified, space: &PhaseSpace) -> LawRecord {
        let outcome = claim.outcome();
        let written = |value: Expr| canonical_value_in(&value, space).unwrap_or(value).to_string();
        let bracket = outcome.bracket().map_or(NOT_ZERO.to_owned(), written);
        LawRecord {
            bracket_with_h: Some(bracket),
            ..LawRecord::new(claim.name(), claim.formula(), space, outcome.status())
        }
    }
}

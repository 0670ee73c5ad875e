//! Builds records from the results of other modules.

use std::collections::BTreeMap;
use std::fmt;

use rayon::prelude::*;

use super::{EvidenceRecord, HamiltonianRecord, LawRecord, ObstructionRecord, Record, SCHEMA, SystemRecord};
use crate::expr::{Condition, Expr, Symbol};
use crate::mechanics::{
    Assessment, Bracket, Certificate, Conservation, ConservedQuantity, Hamiltonian, PhaseSpace, Status,
    Verdict, Verification, Verified,
};
use crate::simplify::{canonical_hamiltonian, canonical_value_in};
use crate::system::System;

/// Replaces a bracket that does not vanish and is too long to print.
pub(super) const NOT_ZERO: &str = "not 0 (too long to print)";
/// Replaces a bracket that is too long to print and may or may not vanish.
pub(super) const UNKNOWN: &str = "undecided (too long to print)";
/// Replaces the bracket of two functions that are not real at any common point.
pub(super) const DISJOINT: &str = "no common domain";
/// A bracket with more symbols is not printed in the matrix.
const PRINTABLE: usize = 200;
/// A bracket with more symbols is not brought into canonical form to see whether that is short.
const PRESENTABLE: usize = 1_000;

impl Record {
    /// A record of a system and a Hamiltonian, without results.
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
            obstruction: None,
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
            space: None,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// Builds the record of a verification: each claim with its bracket, as proved, refuted or unknown. If
    /// all claims are proved, adds brackets, independence, involution and verdict.
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

    /// Adds the generators that a proof used.
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

    /// Adds brackets, independence, involution and verdict.
    pub(super) fn set_assessment(&mut self, assessment: &Assessment, space: &PhaseSpace) {
        // The assessment lists combinations after the laws. Their brackets follow from those of the laws.
        let shown = assessment.brackets().len().min(self.laws.len() + 1);
        self.brackets = bracket_matrix(&assessment.brackets()[..shown], space);
        self.independent = Some(assessment.independent().rank);
        let names = self.compared_names();
        self.involutive = assessment.involutive().iter().map(|&index| names[index].to_owned()).collect();
        self.verdict = assessment.verdict();
        self.obstruction = assessment.obstruction().map(ObstructionRecord::of);
    }
}

/// What stands in the matrix of brackets for {A, B}.
enum Cell {
    Value(Expr),
    Instead(&'static str),
}

impl Cell {
    fn of(bracket: &Bracket, space: &PhaseSpace) -> Cell {
        let presented = |value: &Expr| canonical_value_in(value, space).unwrap_or_else(|_| value.clone());
        let value = bracket.value().filter(|value| value.symbol_count() <= PRESENTABLE);
        let value = value.as_ref().map(presented).filter(|value| value.symbol_count() <= PRINTABLE);
        value.map_or_else(|| Cell::Instead(instead_of(bracket)), Cell::Value)
    }

    /// The cell of {B, A} = -{A, B}: the same writing with the other sign.
    fn opposite(&self) -> Cell {
        match self {
            Cell::Value(Expr::Sum(terms)) => Cell::Value(Expr::sum(terms.iter().cloned().map(Expr::negated))),
            Cell::Value(value) => Cell::Value(value.clone().negated()),
            Cell::Instead(words) => Cell::Instead(words),
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cell::Value(value) => value.fmt(f),
            Cell::Instead(words) => f.write_str(words),
        }
    }
}

/// The words for a bracket that is not printed.
fn instead_of(bracket: &Bracket) -> &'static str {
    match bracket {
        Bracket::NonZero(_) => NOT_ZERO,
        Bracket::Disjoint => DISJOINT,
        Bracket::Zero | Bracket::Unknown(_) => UNKNOWN,
    }
}

/// The brackets of the first functions with each other, as printed. Finding the clearest writing of a bracket is
/// work, and the matrix is antisymmetric: only one half is written anew.
fn bracket_matrix(rows: &[Vec<Bracket>], space: &PhaseSpace) -> Vec<Vec<String>> {
    let upper = rows.par_iter().enumerate().map(|(i, row)| {
        let cells = row[i..rows.len()].par_iter().map(|bracket| Cell::of(bracket, space));
        cells.collect::<Vec<_>>()
    });
    let upper: Vec<Vec<Cell>> = upper.collect();
    let cell = |i: usize, j: usize| {
        if i <= j { upper[i][j - i].to_string() } else { upper[j][i - j].opposite().to_string() }
    };
    (0..rows.len()).map(|i| (0..rows.len()).map(|j| cell(i, j)).collect()).collect()
}

impl SystemRecord {
    /// The record of a system.
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
    /// The record of a Hamiltonian that the user gave: its canonical form, with conditions if the canonical
    /// form is real on a larger domain.
    pub fn given(hamiltonian: &Hamiltonian) -> HamiltonianRecord {
        let canonical = canonical_hamiltonian(hamiltonian.formula(), hamiltonian.space()).ok();
        let shown = canonical.and_then(|formula| hamiltonian.presented(&formula).ok()?);
        let shown = shown.as_ref().unwrap_or(hamiltonian);
        HamiltonianRecord {
            formula: Some(shown.formula().to_string()),
            latex: Some(shown.formula().to_latex()),
            sympy: Some(shown.formula().to_sympy()),
            domain: conditions(shown.domain()),
            source: "given".to_owned(),
            ..HamiltonianRecord::default()
        }
    }
}

/// The text of the conditions, which the parser can read; `None` if there are no conditions.
fn conditions(domain: &[Condition]) -> Option<String> {
    let texts: Vec<String> = domain.iter().map(Condition::to_string).collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

impl LawRecord {
    /// A law with this status, without evidence.
    pub(super) fn new(name: &str, formula: &Expr, space: &PhaseSpace, status: Status) -> LawRecord {
        LawRecord {
            name: name.to_owned(),
            formula: formula.to_string(),
            latex: formula.to_latex(),
            sympy: formula.to_sympy(),
            domain: None,
            surface: None,
            refused: None,
            status,
            for_every: Vec::new(),
            numeric: None,
            bracket_with_h: (status == Status::Proved).then(|| "0".to_owned()),
            momentum_degree: formula.degree_in(space.momenta()),
            degree: formula.degree_in(space.variables()),
            evidence: EvidenceRecord::default(),
        }
    }

    /// The record of a law, without evidence.
    pub(super) fn of_law(law: &ConservedQuantity, space: &PhaseSpace) -> LawRecord {
        LawRecord {
            domain: conditions(law.domain()),
            ..LawRecord::new(law.name(), law.formula(), space, law.status())
        }
    }

    /// The record of a claim with its bracket, without evidence.
    pub(super) fn of_claim(claim: &Verified, space: &PhaseSpace) -> LawRecord {
        let outcome = claim.outcome();
        let written = |value: Expr| canonical_value_in(&value, space).unwrap_or(value).to_string();
        let refused = match outcome {
            Conservation::Refused { reason } => Some(reason.to_string()),
            _ => None,
        };
        let bracket = outcome.bracket().map_or(NOT_ZERO.to_owned(), written);
        LawRecord {
            bracket_with_h: refused.is_none().then_some(bracket),
            refused,
            domain: conditions(claim.domain()),
            surface: match outcome {
                Conservation::Piecewise { surface } => Some(surface.to_string()),
                _ => None,
            },
            ..LawRecord::new(claim.name(), claim.formula(), space, outcome.status())
        }
    }
}

//! Builds records from a discovery.

use std::collections::BTreeMap;

use super::{
    ConstantRecord, DataRecord, EvidenceRecord, HamiltonianRecord, HintRecord, KnownRecord, LawRecord,
    NetworkRecord, Record, SearchedRecord, SystemRecord,
};
use crate::data::TrajectorySet;
use crate::discover::Discovery;
use crate::learn::readout::{Evidence, Network};
use crate::learn::{POISSON_LIMIT, Trial};
use crate::mechanics::{Comparison, ConservedQuantity, MechanicsError, PhaseSpace, Verdict};
use crate::recover::first_order::RecoveredHamiltonian;
use crate::system::System;

/// In formulas that are not exact, fractions with more digits than this are printed as decimals.
const EXACT_DIGITS: usize = 2;
/// The most significant digits of a measured number. The data supports no more.
const DIGITS: usize = 12;

/// Where the trajectories of a discovery came from.
#[derive(Clone, PartialEq, Debug)]
pub struct DiscoverySource {
    /// `simulated`, or the name of a file.
    pub data: String,
    /// For simulated data: whether the recovered Hamiltonian equals the one that was simulated, up to a
    /// constant. Absent for other data.
    pub agrees_with_file: Option<bool>,
}

impl Record {
    /// Builds the record of what `discover` found.
    ///
    /// # Errors
    /// The coordinates and momenta do not pair up.
    pub fn of_discovery(
        system: &System,
        data: &TrajectorySet,
        discovery: &Discovery,
        source: &DiscoverySource,
    ) -> Result<Record, MechanicsError> {
        let mut of = SystemRecord::of(system);
        if source.agrees_with_file.is_none() {
            // The file's parameters have no meaning without the file's Hamiltonian.
            of.parameters.clear();
        }
        Record::of_found(of, data, discovery, source)
    }

    /// Adds the laws that the literature states, compared with the recovered Hamiltonian. The search did
    /// not use them.
    pub fn add_known(&mut self, found: &[Comparison], discovery: &Discovery, space: &PhaseSpace) {
        self.known.extend(found.iter().map(|comparison| {
            KnownRecord {
                law: LawRecord {
                    evidence: discovery
                        .evidence(comparison.claim.formula())
                        .map(|e| evidence_record(&e))
                        .unwrap_or_default(),
                    ..LawRecord::of_claim(&comparison.claim, space)
                },
                determined: comparison.determined,
            }
        }));
    }

    fn of_found(
        system: SystemRecord,
        data: &TrajectorySet,
        discovery: &Discovery,
        source: &DiscoverySource,
    ) -> Result<Record, MechanicsError> {
        let space = PhaseSpace::new(data.coordinates.clone(), data.momenta.clone())?;
        let mut system = system;
        if let Some(found) = &discovery.hamiltonian {
            system.symbolic.extend(found.constants.iter().map(|c| c.symbol.name().to_owned()));
        }
        let mut record = Record::open(system, hamiltonian(discovery.hamiltonian.as_ref(), source));
        for law in &discovery.laws {
            let quantity = &law.quantity;
            quantity.certificate().into_iter().for_each(|certificate| record.add_generators(certificate));
            let mut row = match quantity.is_proved() {
                true => LawRecord::of_law(quantity, &space),
                false => supported_row(quantity, &space),
            };
            if let Some(found) = discovery.hamiltonian.as_ref().filter(|found| !found.constants.is_empty()) {
                row.for_every = found.constants.iter().map(|c| c.symbol.name().to_owned()).collect();
                row.numeric = Some(found.with_numbers(quantity.formula()).to_decimal_text(0, DIGITS));
            }
            record.laws.push(LawRecord { evidence: evidence_record(&law.evidence), ..row });
        }
        record.add_combinations(&discovery.combinations);
        if let Some(assessment) = &discovery.assessment {
            record.set_assessment(assessment, &space);
        }
        record.searched = SearchedRecord::of(&discovery.searched, discovery.stop);
        if let Some(searched) = record.searched.as_mut().filter(|_| record.verdict != Verdict::Undecided) {
            // If the laws settle the question, the searched spaces are of no interest.
            searched.spaces.clear();
        }
        record.hint = discovery.hint.as_ref().map(|found| HintRecord {
            motion: found.motion.name().to_owned(),
            lyapunov_exponent: Some(found.lyapunov_exponent),
            alignment_index: Some(found.alignment_index),
            orbits: found.orbits,
        });
        record.network = discovery.network.as_ref().map(NetworkRecord::of);
        record.data = Some(DataRecord {
            source: source.data.clone(),
            trajectories: data.trajectories.len(),
            points: data.points(),
            derivatives: if data.has_derivatives() { "given" } else { "estimated" }.to_owned(),
            read_as: None,
            column_noise: BTreeMap::new(),
            noise: Some(discovery.noise).filter(|noise| *noise > 1e-6 && !explained_as_given(discovery)),
        });
        record.notes.extend(discovery.notes.iter().cloned());
        let undecided = discovery.assessment.as_ref().is_some_and(|a| a.verdict() == Verdict::Undecided);
        if undecided && discovery.laws.is_empty() {
            record.notes.push(alone(discovery.network.as_ref()));
        }
        Ok(record)
    }
}

/// What is said where H stands alone.
fn alone(network: Option<&Network>) -> String {
    let mut text = "one conserved quantity, H: no other was found (evidence, not a proof that there is none)"
        .to_string();
    let asked: Vec<&Trial> = network.iter().flat_map(|n| &n.trials).collect();
    if asked.len() > 1 {
        let trial = |t: &&Trial| format!("{:.2} with {} cyclic", t.poisson, t.cyclic);
        let list = asked.iter().map(trial).collect::<Vec<_>>().join(", ");
        text += &format!(
            "; the networks' Poisson term, at most {POISSON_LIMIT} where there are as many laws in involution, is {list}"
        );
    }
    text
}

fn hamiltonian(found: Option<&RecoveredHamiltonian>, source: &DiscoverySource) -> HamiltonianRecord {
    let Some(found) = found else {
        return HamiltonianRecord { source: "none".to_owned(), ..HamiltonianRecord::default() };
    };
    let formula = &found.formula;
    let text = match found.is_provable() {
        true => formula.to_string(),
        false => formula.to_decimal_text(EXACT_DIGITS, DIGITS),
    };
    HamiltonianRecord {
        formula: Some(text),
        latex: Some(formula.to_latex()),
        sympy: Some(formula.to_sympy()),
        source: "recovered".to_owned(),
        exact: Some(found.exact),
        residual: found.residual.is_finite().then_some(found.residual),
        status: status(found).map(str::to_owned),
        constants: found.constants.iter().map(ConstantRecord::of).collect(),
        numeric: (!found.constants.is_empty()).then(|| found.numeric.to_decimal_text(0, DIGITS)),
        unexplained_fraction: (!found.explains && found.residual.is_finite()).then_some(found.residual),
        agrees_with_file: source.agrees_with_file,
        ..HamiltonianRecord::default()
    }
}

/// How H stands, where there is more to say than whether its coefficients are exact.
fn status(found: &RecoveredHamiltonian) -> Option<&'static str> {
    match (found.explains, found.constants.is_empty()) {
        (false, _) => Some("unexplained"),
        (true, false) => Some("determined"),
        (true, true) => None,
    }
}

/// Whether H explains the velocities as given. If so, the noise estimated from the states says nothing: it
/// is only an upper bound if the states are sampled coarsely.
fn explained_as_given(discovery: &Discovery) -> bool {
    discovery.hamiltonian.as_ref().is_some_and(|h| h.explains && h.chi.is_none())
}

/// The row of a law that is not proved, its numbers in decimals.
pub(super) fn supported_row(quantity: &ConservedQuantity, space: &PhaseSpace) -> LawRecord {
    let formula = quantity.formula().to_decimal_text(EXACT_DIGITS, DIGITS);
    LawRecord { formula, ..LawRecord::of_law(quantity, space) }
}

pub(super) fn evidence_record(found: &Evidence) -> EvidenceRecord {
    let finite = |value: Option<f64>| value.filter(|v| v.is_finite());
    EvidenceRecord {
        span_residual: finite(found.span_residual),
        flow_residual: finite(found.flow_residual),
        direct_residual: finite(found.direct),
        trajectory_drift: finite(found.trajectory_drift),
    }
}

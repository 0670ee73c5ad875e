//! Builds records from a recording's discovery.

use std::collections::BTreeMap;

use super::{
    AlternativeRecord, ConstantRecord, CoordinateValueRecord, DataRecord, EvidenceRecord, HamiltonianRecord,
    LawRecord, Record, SearchedRecord, SystemRecord,
};
use crate::data::{Rates, Reading};
use crate::discover::{Alternative, RecordedDiscovery};
use crate::expr::{Expr, Symbol};
use crate::mechanics::{MechanicsError, PhaseSpace, Verdict};
use crate::recover::{Constant, Equation, Evidence, Invariants, Kept, Law, Recovery, Status};
use crate::simplify::canonical_value;

/// The significant digits of numbers in formulas. A measured value carries fewer already.
const DIGITS: usize = 12;

impl Record {
    /// Builds the record of what `discover` found in a recording that holds no momenta. `name` is that of the
    /// system file, or of the recording.
    ///
    /// # Errors
    /// Names of coordinates and momenta that collide.
    pub fn of_recording(
        name: &str,
        source: &str,
        reading: &Reading,
        found: &RecordedDiscovery,
    ) -> Result<Record, MechanicsError> {
        let recovery = &found.recovery;
        let motion = &recovery.law;
        let space = PhaseSpace::new(motion.coordinates.clone(), motion.momenta.clone())?;
        let mut record = Record::open(system(name, motion), hamiltonian(found));
        for law in &found.proved.laws {
            law.certificate().into_iter().for_each(|certificate| record.add_generators(certificate));
            let row = LawRecord::of_law(law, &space);
            record.laws.push(match motion.letters.is_empty() {
                false => LawRecord {
                    for_every: letters(motion),
                    numeric: Some(with_values(law.formula(), motion)),
                    ..row
                },
                true => row,
            });
        }
        record.laws.extend(kept(found)?);
        record.add_combinations(&found.proved.combinations);
        if let Some(assessment) = &found.proved.assessment {
            record.set_assessment(assessment, &space);
        }
        record.searched = SearchedRecord::of(&found.proved.searched, found.proved.stop);
        if let Some(searched) = record.searched.as_mut().filter(|_| record.verdict != Verdict::Undecided) {
            // If the laws settle the question, the searched spaces are of no interest.
            searched.spaces.clear();
        }
        record.data = Some(data(source, reading, recovery));
        record.notes.extend(reading.notes.iter().cloned());
        record.notes.extend(remarks(recovery));
        record.notes.extend(found.proved.notes.iter().cloned());
        Ok(record)
    }
}

/// The laws that the runs keep, in positions and velocities.
fn kept(found: &RecordedDiscovery) -> Result<Vec<LawRecord>, MechanicsError> {
    if found.kept.is_empty() {
        return Ok(Vec::new());
    }
    let recovery = &found.recovery;
    let space = PhaseSpace::new(recovery.law.coordinates.clone(), recovery.invariants.velocities.clone())?;
    let row = |law: &Kept| {
        let evidence = EvidenceRecord { trajectory_drift: Some(law.drift), ..EvidenceRecord::default() };
        let formula = law.quantity.formula().to_decimal_text(0, DIGITS);
        LawRecord { evidence, formula, ..LawRecord::of_law(&law.quantity, &space) }
    };
    Ok(found.kept.iter().map(row).collect())
}

fn system(name: &str, motion: &Law) -> SystemRecord {
    let names = |symbols: &[Symbol]| symbols.iter().map(|symbol| symbol.name().to_owned()).collect();
    SystemRecord {
        name: name.to_owned(),
        coordinates: names(&motion.coordinates),
        momenta: names(&motion.momenta),
        parameters: BTreeMap::new(),
        symbolic: letters(motion),
    }
}

fn letters(motion: &Law) -> Vec<String> {
    motion.letters.iter().map(|constant| constant.symbol.name().to_owned()).collect()
}

/// The text of a formula with the values of the constants.
fn with_values(formula: &Expr, motion: &Law) -> String {
    let value = |constant: &Constant| (constant.symbol.clone(), constant.decimal());
    formula.substitute(&motion.letters.iter().map(value).collect()).to_decimal_text(0, DIGITS)
}

fn hamiltonian(found: &RecordedDiscovery) -> HamiltonianRecord {
    let RecordedDiscovery { recovery, hamiltonian: formula, .. } = found;
    let motion = &recovery.law;
    HamiltonianRecord {
        formula: Some(formula.to_string()),
        latex: Some(formula.to_latex()),
        sympy: Some(formula.to_sympy()),
        source: "recovered".to_owned(),
        exact: Some(recovery.status == Status::Exact),
        status: Some(status(recovery.status).to_owned()),
        unexplained_fraction: match recovery.status {
            Status::Approximate { unexplained } | Status::Unexplained { unexplained } => Some(unexplained),
            Status::Exact | Status::Determined | Status::Ambiguous => None,
        },
        constants: motion.letters.iter().map(ConstantRecord::of).collect(),
        numeric: Some(with_values(formula, motion)),
        alternatives: found.alternatives.iter().map(alternative).collect(),
        masses: masses(motion),
        friction: friction(motion),
        equations: equations(motion),
        ..HamiltonianRecord::default()
    }
}

impl ConstantRecord {
    /// A constant with its error.
    pub(super) fn of(constant: &Constant) -> ConstantRecord {
        ConstantRecord {
            name: constant.symbol.name().to_owned(),
            value: constant.value,
            standard_error: constant.standard_error,
        }
    }
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Exact => "exact",
        Status::Determined => "determined",
        Status::Ambiguous => "ambiguous",
        Status::Approximate { .. } => "approximate",
        Status::Unexplained { .. } => "unexplained",
    }
}

fn alternative(other: &Alternative) -> AlternativeRecord {
    AlternativeRecord {
        formula: other.hamiltonian.to_string(),
        numeric: with_values(&other.hamiltonian, &other.law),
        constants: other.law.letters.iter().map(ConstantRecord::of).collect(),
        delta_bic: other.difference,
        laws: other.laws.iter().map(|law| law.formula().to_string()).collect(),
        verdict: other.verdict,
    }
}

/// The mass of each coordinate.
fn masses(motion: &Law) -> Vec<CoordinateValueRecord> {
    let rows = motion.masses.iter().flat_map(|mass| {
        mass.coordinates.iter().map(|&i| (i, row(motion, i, mass.value, mass.standard_error)))
    });
    in_order(rows)
}

/// The friction of each coordinate that has any.
fn friction(motion: &Law) -> Vec<CoordinateValueRecord> {
    let rows = motion.friction.iter().flat_map(|friction| {
        friction.coordinates.iter().map(|&i| (i, row(motion, i, friction.value, friction.standard_error)))
    });
    in_order(rows)
}

fn row(motion: &Law, coordinate: usize, value: f64, standard_error: f64) -> CoordinateValueRecord {
    CoordinateValueRecord {
        coordinate: motion.coordinates[coordinate].name().to_owned(),
        value,
        standard_error,
    }
}

fn in_order(rows: impl Iterator<Item = (usize, CoordinateValueRecord)>) -> Vec<CoordinateValueRecord> {
    let mut rows: Vec<_> = rows.collect();
    rows.sort_by_key(|(coordinate, _)| *coordinate);
    rows.into_iter().map(|(_, row)| row).collect()
}

/// The equations of motion in the variables of the data.
fn equations(motion: &Law) -> Vec<String> {
    let line = |equation: &Equation| {
        let right = canonical_value(&equation.right).unwrap_or_else(|_| equation.right.clone());
        format!("{} = {right}", equation.left)
    };
    motion.equations.iter().map(line).collect()
}

fn data(source: &str, reading: &Reading, recovery: &Recovery) -> DataRecord {
    let recording = &reading.recording;
    let rates = match &recording.rates {
        Rates::None => &[][..],
        Rates::Velocities(names) | Rates::Momenta(names) => names,
    };
    let columns = recording.coordinates.iter().map(|coordinate| &coordinate.name).chain(rates);
    DataRecord {
        source: source.to_owned(),
        trajectories: recording.runs.len(),
        points: recording.points(),
        derivatives: "estimated".to_owned(),
        read_as: Some(reading.understood.clone()),
        noise: None,
        column_noise: columns
            .map(|name| name.name().to_owned())
            .zip(recovery.noise.iter().copied())
            .collect(),
    }
}

/// What a reader should know of the standing, beside the status.
fn remarks(recovery: &Recovery) -> Vec<String> {
    let mut remarks = Vec::new();
    if let Evidence::WeakForm { .. } = recovery.evidence {
        remarks.push(
            "no trajectory of this H could be followed: constants and errors are from averages over short times"
                .to_owned(),
        );
    }
    if !recovery.law.friction.is_empty() {
        remarks.push(
            "with friction H is conserved only up to it; laws are those of the frictionless part".to_owned(),
        );
    }
    match recovery.status {
        Status::Ambiguous => remarks.push(
            "laws are those that every form of H has; independence and verdict are of the first form"
                .to_owned(),
        ),
        Status::Approximate { .. } => remarks.push("laws and verdict are of the printed H".to_owned()),
        Status::Unexplained { .. } => {
            remarks.push(
                "H is the best approximation in the library, not the law: nothing is proved".to_owned(),
            );
            remarks.extend(of_kept(&recovery.invariants));
        }
        Status::Exact | Status::Determined => {}
    }
    remarks
}

/// How the laws that the runs keep are to be read.
fn of_kept(invariants: &Invariants) -> Option<String> {
    if invariants.laws.is_empty() {
        return None;
    }
    let velocities = invariants.velocities.iter().map(Symbol::name).collect::<Vec<_>>().join(", ");
    Some(format!(
        "the laws are of the runs alone, whatever H is: in positions and velocities ({velocities}) they are constant \
         along every run, also where it was left out when they were read"
    ))
}

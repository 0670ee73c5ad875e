//! Builds records from a recording's discovery.

use std::collections::BTreeMap;

use super::{
    AlternativeRecord, ConstantRecord, CoordinateValueRecord, DataRecord, HamiltonianRecord, LawRecord,
    Record, SearchedRecord, SystemRecord,
};
use crate::data::{Rates, Reading};
use crate::discover::{Alternative, RecordedDiscovery, canonical, with_values};
use crate::expr::{Expr, Symbol};
use crate::mechanics::{MechanicsError, PhaseSpace, Verdict};
use crate::recover::{Form, Measured, Note, Recovery, Standing};

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
        let space = PhaseSpace::new(recovery.coordinates.clone(), recovery.momenta.clone())?;
        let mut record = Record::open(system(name, recovery), hamiltonian(found, &space));
        let form = recovery.form.as_ref();
        for law in &found.proved.laws {
            law.certificate().into_iter().for_each(|certificate| record.add_generators(certificate));
            let row = LawRecord::of_law(law, &space);
            record.laws.push(match form.filter(|form| !form.constants.is_empty()) {
                Some(form) => LawRecord {
                    for_every: letters(form),
                    numeric: Some(decimal(&with_values(law.formula(), form))),
                    ..row
                },
                None => row,
            });
        }
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
        record.notes.extend(recovery.notes.iter().map(note));
        record.notes.extend(remarks(recovery));
        record.notes.extend(found.proved.notes.iter().cloned());
        Ok(record)
    }
}

fn system(name: &str, recovery: &Recovery) -> SystemRecord {
    let names = |symbols: &[Symbol]| symbols.iter().map(|symbol| symbol.name().to_owned()).collect();
    SystemRecord {
        name: name.to_owned(),
        coordinates: names(&recovery.coordinates),
        momenta: names(&recovery.momenta),
        parameters: BTreeMap::new(),
        symbolic: recovery.form.as_ref().map_or_else(Vec::new, letters),
    }
}

fn letters(form: &Form) -> Vec<String> {
    form.constants.iter().map(|constant| constant.letter.name().to_owned()).collect()
}

fn decimal(formula: &Expr) -> String {
    formula.to_decimal_text(0, DIGITS)
}

fn hamiltonian(found: &RecordedDiscovery, space: &PhaseSpace) -> HamiltonianRecord {
    let recovery = &found.recovery;
    let status = Some(status(recovery.standing).to_owned());
    let unexplained_fraction = match recovery.standing {
        Standing::Approximate { unexplained } | Standing::Unexplained { unexplained } => Some(unexplained),
        Standing::Exact | Standing::Determined | Standing::Ambiguous => None,
    };
    let Some(form) = &recovery.form else {
        let source = "none".to_owned();
        return HamiltonianRecord { status, unexplained_fraction, source, ..HamiltonianRecord::default() };
    };
    let formula = canonical(&form.hamiltonian, space);
    HamiltonianRecord {
        formula: Some(formula.to_string()),
        latex: Some(formula.to_latex()),
        sympy: Some(formula.to_sympy()),
        source: "recovered".to_owned(),
        exact: Some(recovery.standing == Standing::Exact),
        status,
        unexplained_fraction,
        constants: form
            .constants
            .iter()
            .map(|constant| ConstantRecord {
                name: constant.letter.name().to_owned(),
                value: constant.measured.value,
                standard_error: constant.measured.standard_error,
            })
            .collect(),
        numeric: Some(decimal(&with_values(&formula, form))),
        alternatives: found.alternatives.iter().map(|other| alternative(other, space)).collect(),
        masses: by_coordinate(&recovery.coordinates, &form.masses),
        friction: by_coordinate(&recovery.coordinates, &form.friction),
        equations: equations(recovery, form),
        ..HamiltonianRecord::default()
    }
}

fn status(standing: Standing) -> &'static str {
    match standing {
        Standing::Exact => "exact",
        Standing::Determined => "determined",
        Standing::Ambiguous => "ambiguous",
        Standing::Approximate { .. } => "approximate",
        Standing::Unexplained { .. } => "unexplained",
    }
}

fn alternative(other: &Alternative, space: &PhaseSpace) -> AlternativeRecord {
    let formula = canonical(&other.form.hamiltonian, space);
    AlternativeRecord {
        formula: decimal(&with_values(&formula, &other.form)),
        delta_bic: other.difference,
        laws: other.laws.iter().map(|law| law.formula().to_string()).collect(),
        verdict: other.verdict,
    }
}

fn by_coordinate(coordinates: &[Symbol], values: &[Measured]) -> Vec<CoordinateValueRecord> {
    let row = |(coordinate, measured): (&Symbol, &Measured)| CoordinateValueRecord {
        coordinate: coordinate.name().to_owned(),
        value: measured.value,
        standard_error: measured.standard_error,
    };
    coordinates.iter().zip(values).map(row).collect()
}

/// `x'' = …` for each coordinate, in the variables of the data.
fn equations(recovery: &Recovery, form: &Form) -> Vec<String> {
    let line = |(coordinate, acceleration): (&Symbol, &Expr)| format!("{coordinate}'' = {acceleration}");
    recovery.coordinates.iter().zip(&form.accelerations).map(line).collect()
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
        column_noise: columns.map(|name| name.name().to_owned()).zip(recovery.noise.iter().copied()).collect(),
    }
}

fn note(note: &Note) -> String {
    match note {
        Note::UnresolvedPoints(count) => {
            format!("the sampling does not resolve the motion at {count} points; they are left out")
        }
        Note::WeakFormAlone => {
            "no trajectory of this H could be followed: constants and errors are from averages over short times"
                .to_owned()
        }
        Note::MassesAreConventions => {
            "nothing couples the coordinates, so that their masses cannot be told apart; each is 1".to_owned()
        }
    }
}

/// What a reader should know of the standing, beside the status.
fn remarks(recovery: &Recovery) -> Vec<String> {
    let friction = recovery.form.as_ref().is_some_and(|form| !form.friction.is_empty());
    let mut remarks = Vec::new();
    if friction {
        remarks.push("with friction H is conserved only up to it; laws are those of the frictionless part".to_owned());
    }
    match recovery.standing {
        Standing::Approximate { .. } => remarks.push("laws and verdict are of the printed H".to_owned()),
        Standing::Unexplained { .. } => {
            remarks.push("H is the best approximation in the library, not the law: nothing is proved".to_owned());
        }
        Standing::Exact | Standing::Determined | Standing::Ambiguous => {}
    }
    remarks
}

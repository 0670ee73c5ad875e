//! Records from the results of the other rooms.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::{EvidenceRecord, HamiltonianRecord, LawRecord, Record, SCHEMA, SystemRecord};
use crate::algebra::ZeroTest;
use crate::expr::{Expr, Rational, Symbol};
use crate::mechanics::{
    Assessment, BracketEntry, Certificate, Conservation, ConservedQuantity, Hamiltonian, MechanicsError,
    PhaseSpace, Status, Verdict, assess, prove_conserved,
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

/// A function that the user says is conserved.
#[derive(Clone, PartialEq, Debug)]
pub struct Claim {
    /// The name the user gave it, if any.
    pub name: Option<String>,
    /// The function, parameters at their values.
    pub formula: Expr,
}

impl Record {
    /// A record of the system with a Hamiltonian, and nothing known yet.
    pub(super) fn open(system: SystemRecord, hamiltonian: HamiltonianRecord) -> Record {
        Record {
            schema: SCHEMA,
            system,
            hamiltonian,
            laws: Vec::new(),
            brackets: Vec::new(),
            independent: None,
            involutive: Vec::new(),
            verdict: Verdict::Undecided.to_string(),
            known: Vec::new(),
            searched: None,
            network: None,
            data: None,
            hint: None,
            settings: BTreeMap::new(),
            seed: None,
            notes: Vec::new(),
            generators: Vec::new(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// What the exact kernel says of claimed laws: each proved, refuted or unknown, with its bracket;
    /// brackets, independence, involution and verdict of the proved ones.
    ///
    /// # Errors
    /// Functions that the algebra cannot represent, or that divide by zero.
    pub fn of_claims(
        system: &System,
        hamiltonian: &Hamiltonian,
        claims: &[Claim],
    ) -> Result<Record, MechanicsError> {
        let mut record = Record::open(SystemRecord::of(system), HamiltonianRecord::given(hamiltonian));
        let taken: BTreeSet<&str> = claims.iter().filter_map(|claim| claim.name.as_deref()).collect();
        let mut free = (1..).map(|n| format!("F{n}")).filter(|name| !taken.contains(name.as_str()));
        let mut proved = Vec::new();
        for claim in claims {
            let name = claim.name.clone().or_else(|| free.next()).unwrap_or_default();
            let (status, bracket) = match prove_conserved(&claim.formula, hamiltonian)? {
                Conservation::Proved(certificate) => {
                    record.add_generators(&certificate);
                    proved.push(ConservedQuantity {
                        name: name.clone(),
                        formula: claim.formula.clone(),
                        status: Status::Proved(certificate),
                    });
                    ("proved", Expr::zero())
                }
                Conservation::Refuted { bracket } => ("refuted", bracket),
                Conservation::Unknown { bracket } => ("unknown", bracket),
            };
            let bracket = canonical_value_in(&bracket, hamiltonian.space()).unwrap_or(bracket);
            record.laws.push(LawRecord {
                bracket_with_h: Some(bracket.to_string()),
                ..LawRecord::new(&name, &claim.formula, hamiltonian.space(), status)
            });
        }
        if proved.len() == claims.len() {
            record.set_assessment(&assess(hamiltonian, &proved)?, hamiltonian.space());
        } else {
            record
                .notes
                .push("only conserved functions are compared; remove the others for a verdict".into());
        }
        Ok(record)
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
        let cell = |entry: &BracketEntry| {
            let value = entry.value.as_ref().filter(|value| value.symbol_count() <= PRESENTABLE);
            let value = value.map(presented).filter(|value| value.symbol_count() <= PRINTABLE);
            let instead = if entry.test == ZeroTest::NonZero { NOT_ZERO } else { UNKNOWN };
            value.map_or(instead.to_owned(), |value| value.to_string())
        };
        self.brackets =
            assessment.brackets.par_iter().map(|row| row.par_iter().map(&cell).collect()).collect();
        self.independent = Some(assessment.independent.rank);
        let names = self.bracket_names();
        self.involutive = assessment.involutive.iter().map(|&index| names[index].to_owned()).collect();
        self.verdict = assessment.verdict.to_string();
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
    pub(super) fn new(name: &str, formula: &Expr, space: &PhaseSpace, status: &str) -> LawRecord {
        LawRecord {
            name: name.to_owned(),
            formula: formula.to_string(),
            latex: formula.to_latex(),
            sympy: formula.to_sympy(),
            status: status.to_owned(),
            bracket_with_h: None,
            momentum_degree: degree(formula, space.momenta()),
            degree: degree(formula, space.variables()),
            evidence: EvidenceRecord::default(),
        }
    }
}

/// The degree of a formula in some variables, where it is written as a polynomial in them.
fn degree(formula: &Expr, variables: &[Symbol]) -> Option<usize> {
    let all = |items: &[Expr]| items.iter().map(|item| degree(item, variables)).collect::<Option<Vec<_>>>();
    let free = |expr: &Expr| expr.symbols().iter().all(|symbol| !variables.contains(symbol));
    match formula {
        Expr::Number(_) | Expr::Pi => Some(0),
        Expr::Symbol(symbol) => Some(usize::from(variables.contains(symbol))),
        Expr::Sum(terms) => all(terms)?.into_iter().max(),
        Expr::Product(factors) => Some(all(factors)?.into_iter().sum()),
        Expr::Quotient(numerator, denominator) => free(denominator).then(|| degree(numerator, variables))?,
        Expr::Power(base, exponent) => match exponent.as_number() {
            _ if free(formula) => Some(0),
            Some(power) if power.is_int() && power >= Rational::ZERO => {
                let power: usize = power.numerator().clone().try_into().ok()?;
                Some(degree(base, variables)? * power)
            }
            _ => None,
        },
        Expr::Negative(inner) => degree(inner, variables),
        Expr::Call(..) => free(formula).then_some(0),
    }
}

//! Builds the record of the networks of a discovery.

use std::collections::BTreeMap;

use super::discovery::{evidence_record, supported_row};
use super::{
    CoordinateRecord, EvidenceRecord, FurtherLawRecord, LawRecord, NetworkRecord, PredictionRecord, Record,
    TrialRecord,
};
use crate::discover::LearnedMotion;
use crate::expr::{Expr, Rational, Symbol};
use crate::learn::POISSON_LIMIT;
use crate::learn::readout::{FurtherLaw, FurtherLaws, InLaws, Multinomial, Network, WhyUnknown};
use crate::mechanics::{MechanicsError, PhaseSpace};

/// The digits of the coefficients of the paper's fits.
const DIGITS: usize = 4;
/// The most digits of coefficients in the laws, which have as many as they need.
const IN_LAWS_DIGITS: usize = 12;

impl NetworkRecord {
    /// What networks learned.
    pub(super) fn of(found: &Network) -> NetworkRecord {
        let losses = &found.losses;
        let read = |i: usize| found.in_laws.get(i);
        let coordinate = |(i, fit): (usize, &Multinomial)| CoordinateRecord {
            formula: fit.formula.to_decimal_text(0, DIGITS),
            degree: fit.degree as usize,
            mse: fit.mse.clone(),
            in_laws: read(i).map(|read| read.formula().to_decimal_text(0, IN_LAWS_DIGITS)),
            in_laws_latex: read(i).map(latex),
            in_laws_degree: read(i).map(|read| read.degree as usize),
            r2: read(i).map(|read| read.r2),
            held_out_error: read(i).map(|read| read.error),
        };
        let (further_law_likely, further_laws, further_law_unknown) = match &found.further {
            FurtherLaws::Unknown(why) => (None, Vec::new(), reason(*why)),
            FurtherLaws::Judged { likely, .. } => {
                (Some(likely.len()), likely.iter().map(evidence).collect(), None)
            }
        };
        NetworkRecord {
            cyclic: found.cyclic,
            losses: BTreeMap::from([
                ("hamiltonian".to_owned(), losses.hamiltonian),
                ("poisson".to_owned(), losses.poisson),
                ("cyclic".to_owned(), losses.cyclic),
            ]),
            steps: found.steps,
            seconds: Some(found.seconds),
            coordinates: found.coordinates.iter().enumerate().map(coordinate).collect(),
            further_law_likely,
            further_laws,
            further_law_unknown,
            prediction: found.prediction.as_ref().map(|found| PredictionRecord {
                runs: found.runs,
                error: found.error,
                times: found.times.clone(),
                errors: found.errors.clone(),
            }),
            trials: found
                .trials
                .iter()
                .map(|trial| TrialRecord { cyclic: trial.cyclic, poisson: trial.poisson })
                .collect(),
            poisson_limit: POISSON_LIMIT,
        }
    }
}

impl Record {
    /// Adds a network that is the model of a recording: what it says of the laws that the runs keep, and its own laws.
    ///
    /// # Errors
    /// The coordinates and momenta do not pair up.
    pub fn add_learned_motion(&mut self, found: &LearnedMotion) -> Result<(), MechanicsError> {
        let symbols = |names: &[String]| names.iter().map(Symbol::new).collect::<Vec<_>>();
        let space = PhaseSpace::new(symbols(&self.system.coordinates), symbols(&self.system.momenta))?;
        for (law, evidence) in self.laws.iter_mut().zip(&found.known) {
            let EvidenceRecord { span_residual, flow_residual, .. } = evidence_record(evidence);
            (law.evidence.span_residual, law.evidence.flow_residual) = (span_residual, flow_residual);
        }
        self.laws.extend(found.laws.iter().map(|law| LawRecord {
            evidence: evidence_record(&law.evidence),
            ..supported_row(&law.quantity, &space)
        }));
        self.network = Some(NetworkRecord::of(&found.network));
        Ok(())
    }
}

fn evidence(law: &FurtherLaw) -> FurtherLawRecord {
    FurtherLawRecord { outside: law.outside.value, drift: law.drift(), runs: law.runs }
}

/// Why it cannot be told whether there is a further law.
fn reason(why: WhyUnknown) -> Option<String> {
    let reason = match why {
        WhyUnknown::FewRuns => "there are fewer than two held-out runs",
        WhyUnknown::ShortRuns => "the motion does not turn once in the held-out runs",
        WhyUnknown::UndefinedLaw => "a law has no value on the held-out runs",
        WhyUnknown::NoMomenta => return None,
    };
    Some(reason.to_owned())
}

/// A polynomial in the laws in LaTeX, with decimals.
fn latex(read: &InLaws) -> String {
    let mut text = String::new();
    for (coefficient, monomial) in &read.terms {
        let negative = *coefficient < Rational::ZERO;
        let size = if negative { -coefficient.clone() } else { coefficient.clone() };
        text += match (text.is_empty(), negative) {
            (true, true) => "-",
            (true, false) => "",
            (false, true) => " - ",
            (false, false) => " + ",
        };
        let number = Expr::number(size.clone()).to_decimal_text(0, IN_LAWS_DIGITS);
        let number = match number.split_once('e') {
            Some((mantissa, exponent)) => format!("{mantissa} \\cdot 10^{{{exponent}}}"),
            None => number,
        };
        match size == Rational::ONE {
            true => text += &monomial.to_latex(),
            false => text += &format!("{number} {}", monomial.to_latex()),
        }
    }
    if text.is_empty() { "0".to_owned() } else { text }
}

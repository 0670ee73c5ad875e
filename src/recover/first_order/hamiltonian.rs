//! A Hamiltonian found in data, with what is known of its terms.

use crate::dynamics::{StabilityHint, stability_hint};
use crate::expr::{Expr, Rational};
use crate::mechanics::PhaseSpace;
use crate::progress::CancelToken;
use crate::recover::snap::{justified_snap, supported_digits};
use crate::recover::{self, Constant, Recovery, Status};
use crate::simplify::canonical_hamiltonian;
use crate::terms::{Variables, decimal};

use super::CLEAN;
use super::data::Prepared;
use super::fitted::Fitted;
use super::pointwise::pointwise_system;

/// Orbits that are followed for the hint.
const HINT_ORBITS: usize = 8;

/// One term of a recovered Hamiltonian.
#[derive(Clone, Debug)]
pub struct RecoveredTerm {
    /// The term, without its coefficient.
    pub term: Expr,
    /// The coefficient as measured.
    pub measured: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// The coefficient as it stands in the formula.
    pub value: Rational,
    /// Probability that a number without reason to be rational would lie as close to a rational as
    /// simple; `None` where no rational is justified and `value` is a decimal.
    pub chance: Option<f64>,
}

/// A Hamiltonian found in data.
#[derive(Clone, Debug)]
pub struct RecoveredHamiltonian {
    /// The formula; measured constants that are letters stand in it as such.
    pub formula: Expr,
    /// The formula with numbers for the letters.
    pub numeric: Expr,
    /// The letters with their values and errors.
    pub constants: Vec<Constant>,
    /// Its terms, where the stages of the library found it.
    pub terms: Vec<RecoveredTerm>,
    /// Whether every coefficient is a justified rational and the data is explained.
    pub exact: bool,
    /// Whether it explains the data to its noise.
    pub explains: bool,
    /// rms of ẋ − J∇H on held-out data relative to that of ẋ (of the smoothed data where no velocities are given).
    pub residual: f64,
    /// Deviation of integrated trajectories from the data in units of its noise, where it was fitted so.
    pub chi: Option<f64>,
    /// The stage of the library it came from.
    pub stage: String,
}

impl RecoveredHamiltonian {
    /// Whether statements about it can be proved: all its constants are rationals, or letters for which any value may
    /// stand.
    pub fn is_provable(&self) -> bool {
        self.exact || (self.explains && !self.constants.is_empty())
    }

    /// A formula with numbers for the letters.
    pub fn with_numbers(&self, formula: &Expr) -> Expr {
        let value = |constant: &Constant| (constant.symbol.clone(), constant.decimal());
        formula.substitute(&self.constants.iter().map(value).collect())
    }

    /// The same with its formula in canonical form, where it is provable.
    pub fn presented(self, space: &PhaseSpace) -> RecoveredHamiltonian {
        if !self.is_provable() {
            return self;
        }
        let formula = canonical_hamiltonian(&self.formula, space).unwrap_or_else(|_| self.formula.clone());
        RecoveredHamiltonian { numeric: self.with_numbers(&formula), formula, ..self }
    }

    /// Whether its motion is regular or chaotic, from the first observed states of some trajectories.
    pub fn stability_hint(&self, data: &Prepared, token: &CancelToken) -> Option<StabilityHint> {
        let width = data.inputs.len();
        let starts: Vec<f64> =
            data.paths.iter().take(HINT_ORBITS).flat_map(|p| p.states[..width].iter().copied()).collect();
        let Variables { coordinates, momenta, .. } = &data.variables;
        stability_hint(&self.numeric, coordinates, momenta, &starts, token).ok()?
    }

    /// The fit with its coefficients snapped where that is justified.
    pub(super) fn of_fit(fitted: &Fitted, data: &Prepared) -> RecoveredHamiltonian {
        let mut terms = Vec::new();
        for ((term, &measured), &error) in fitted.terms.iter().zip(&fitted.coefficients).zip(&fitted.errors) {
            let snap = justified_snap(measured, 3.0 * error);
            let chance = snap.as_ref().map(|s| s.chance);
            let value = match snap {
                Some(snap) => snap.value,
                None => decimal(measured, supported_digits(measured, error)),
            };
            terms.push(RecoveredTerm { term: term.clone(), measured, standard_error: error, value, chance });
        }
        let formula =
            Expr::sum(terms.iter().map(|t| Expr::product([Expr::number(t.value.clone()), t.term.clone()])));
        let residual = relative_residual(&terms, data);
        let exact = fitted.explains
            && fitted.exact_terms
            // That nothing moves is no Hamiltonian.
            && terms.iter().any(|t| !t.value.is_zero())
            && terms.iter().all(|t| t.chance.is_some())
            && (!data.velocities_given || fitted.chi.is_some() || residual < CLEAN);
        RecoveredHamiltonian {
            numeric: formula.clone(),
            formula,
            constants: Vec::new(),
            exact,
            explains: fitted.explains,
            residual,
            chi: fitted.chi,
            stage: fitted.stage.clone(),
            terms,
        }
    }

    /// The Hamiltonian of a law that whole trajectories bear out; nothing where the data does not tell several apart, or
    /// none explains it.
    pub(super) fn of_recovery(recovery: &Recovery, data: &Prepared) -> Option<RecoveredHamiltonian> {
        if !recovery.status.is_settled() || !recovery.law.friction.is_empty() {
            return None;
        }
        let law = &recovery.law;
        let numeric = RecoveredTerm {
            term: law.numeric.clone(),
            measured: 1.0,
            standard_error: 0.0,
            value: Rational::from(1),
            chance: None,
        };
        let chi = match recovery.evidence {
            recover::Evidence::Trajectories { reduced, .. } => Some(reduced.sqrt()),
            recover::Evidence::WeakForm { .. } | recover::Evidence::HeldOut { .. } => None,
        };
        Some(RecoveredHamiltonian {
            formula: law.hamiltonian.clone(),
            numeric: law.numeric.clone(),
            constants: law.letters.clone(),
            terms: Vec::new(),
            exact: recovery.status == Status::Exact,
            explains: true,
            residual: relative_residual(&[numeric], data),
            chi,
            stage: "trajectories".to_owned(),
        })
    }
}

/// rms of ẋ − J∇H relative to ẋ on the held-out samples, infinite where it cannot be evaluated.
fn relative_residual(terms: &[RecoveredTerm], data: &Prepared) -> f64 {
    let samples = if data.held_out.is_empty() { &data.samples } else { &data.held_out };
    let formulas: Vec<Expr> = terms.iter().map(|t| t.term.clone()).collect();
    let values: Vec<f64> = terms.iter().map(|t| t.value.to_f64().value()).collect();
    match pointwise_system(&formulas, &data.inputs, samples) {
        Ok(system) => {
            let columns: Vec<usize> = (0..formulas.len()).collect();
            system.rms_of(&columns, &values) / system.target_rms().max(f64::MIN_POSITIVE)
        }
        Err(_) => f64::INFINITY,
    }
}

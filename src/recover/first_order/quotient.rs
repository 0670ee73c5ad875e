//! Stages with quotients: the denominator first, then all that is linear once it is known.

use dashu_base::Gcd;
use dashu_int::UBig;

use crate::expr::{Expr, Rational};
use crate::recover::snap::{justified_snap, supported_digits};
use crate::regression::RegressionError;
use crate::terms::{Stage, Term, decimal};

use super::MOST_TERMS;
use super::data::Prepared;
use super::denominator::{Denominator, denominator};
use super::pointwise::{Samples, usable_terms};

/// Most denominators of a stage that is fitted.
const MOST_DENOMINATORS: usize = 100;

/// A stage whose denominator is known: its terms are quotients by it, and terms without.
pub(super) struct Resolved {
    pub stage: Stage,
    /// Whether every coefficient of the denominator is a justified rational.
    pub exact: bool,
}

/// Finds the denominator of a stage with quotients. `None` where the stage has none, is too large for the
/// data, or the data speaks for a denominator of a single term.
pub(super) fn resolve(
    data: &Prepared,
    stage: &Stage,
    enough: f64,
) -> Result<Option<Resolved>, RegressionError> {
    let Some((above, below)) = &stage.rational else { return Ok(None) };
    if above.len() > MOST_TERMS || below.len() > MOST_DENOMINATORS {
        return Ok(None);
    }
    let above = ascending(finite(data, &data.samples, above)?);
    let below = ascending(finite(data, &data.samples, below)?);
    let formulas = |terms: &[Term]| terms.iter().map(|t| t.formula.clone()).collect::<Vec<_>>();
    let (above_formulas, below_formulas) = (formulas(&above), formulas(&below));
    let found = denominator(&above_formulas, &below_formulas, &data.inputs, &data.samples, enough)?;
    let Some(found) = found else { return Ok(None) };
    let (divisor, exact) = assemble(&found, &below);
    let over = |term: &Term| Term { formula: term.formula.clone().over(divisor.clone()), ..term.clone() };
    let momenta_alone = |t: &&Term| {
        t.momentum_degree > 0 && t.formula.symbols().iter().all(|s| data.variables.momenta.contains(s))
    };
    let potentials = || above.iter().filter(|t| t.momentum_degree == 0);
    // Of terms that depend linearly on each other the earlier are kept: the plain ones.
    let mut terms: Vec<Term> = stage.terms.clone();
    terms.extend(above.iter().filter(momenta_alone).cloned());
    terms.extend(potentials().cloned());
    terms.extend(found.numerators.iter().map(|&(j, _)| over(&above[j])));
    terms.extend(potentials().map(over));
    let mut seen = std::collections::BTreeSet::new();
    terms.retain(|t| !t.formula.symbols().is_empty() && seen.insert(t.formula.clone()));
    Ok(Some(Resolved { stage: Stage { name: stage.name.clone(), terms, rational: None }, exact }))
}

/// The terms that are finite on the samples; constants among them.
fn finite(data: &Prepared, samples: &Samples, terms: &[Term]) -> Result<Vec<Term>, RegressionError> {
    let formulas: Vec<Expr> = terms.iter().map(|t| t.formula.clone()).collect();
    let good = usable_terms(&formulas, &data.inputs, &samples.states)?;
    let constant = |t: &Term| t.formula.symbols().is_empty();
    Ok(terms.iter().zip(good).filter(|(t, good)| *good || constant(t)).map(|(t, _)| t.clone()).collect())
}

fn ascending(mut terms: Vec<Term>) -> Vec<Term> {
    terms.sort_by_key(|t| t.complexity);
    terms
}

/// The denominator as a formula, with whole coefficients where all are justified rationals.
fn assemble(found: &Denominator, terms: &[Term]) -> (Expr, bool) {
    let snaps: Vec<Option<Rational>> = found
        .terms
        .iter()
        .map(|&(_, value, error)| justified_snap(value, 3.0 * error).map(|s| s.value))
        .collect();
    let exact = snaps.iter().all(Option::is_some);
    let values = found.terms.iter().zip(snaps).map(|(&(k, value, error), snap)| {
        (k, snap.unwrap_or_else(|| decimal(value, supported_digits(value, error))))
    });
    let mut parts: Vec<(usize, Rational)> =
        std::iter::once((found.pivot, Rational::from(1))).chain(values).collect();
    parts.sort_by_key(|p| p.0);
    if exact {
        let common = parts.iter().fold(UBig::ONE, |common, (_, value)| {
            let divisor = (&common).gcd(value.denominator());
            common / divisor * value.denominator()
        });
        parts.iter_mut().for_each(|(_, value)| *value *= Rational::from(common.clone()));
    }
    let sum = Expr::sum(
        parts.into_iter().map(|(k, value)| Expr::product([Expr::number(value), terms[k].formula.clone()])),
    );
    (sum, exact)
}

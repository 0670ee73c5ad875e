//! A fit of some terms, as it competes with others.

use std::fmt;

use crate::expr::Expr;
use crate::terms::Stage;

/// What a stage of the library came to.
#[derive(Clone, Debug, Default)]
pub struct StageReport {
    /// Name of the stage.
    pub stage: String,
    /// Terms in it that could be used.
    pub terms: usize,
    /// Terms left.
    pub kept: usize,
    /// Relative residual with the terms left.
    pub residual: f64,
    /// Deviation of integrated trajectories in units of the noise, where it was tried.
    pub chi: Option<f64>,
}

impl fmt::Display for StageReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let StageReport { stage, terms, kept, residual, chi } = self;
        write!(f, "library `{stage}`: {kept} of {terms} terms, residual {residual:.1e}")?;
        match chi {
            Some(chi) => write!(f, ", trajectories to {chi:.2} of the noise"),
            None => Ok(()),
        }
    }
}

/// A fit of some terms.
#[derive(Clone, Debug)]
pub(super) struct Fitted {
    pub stage: String,
    pub terms: Vec<Expr>,
    pub coefficients: Vec<f64>,
    pub errors: Vec<f64>,
    pub explains: bool,
    /// Whether the terms themselves are exact: no measured number stands in them.
    pub exact_terms: bool,
    pub chi: Option<f64>,
    /// Smaller is better.
    pub score: f64,
}

impl Fitted {
    /// Whether it goes before another: what explains the data first, then the smaller score.
    pub fn is_better(&self, other: &Fitted) -> bool {
        match (self.explains, other.explains) {
            (true, false) => true,
            (false, true) => false,
            _ => self.score < other.score,
        }
    }

    /// The same fit, met in a later stage of so many terms.
    pub fn found_again(&self, stage: &Stage, terms: usize, residual: f64) -> (Fitted, StageReport) {
        let report =
            StageReport { stage: stage.name.clone(), terms, kept: self.terms.len(), residual, chi: self.chi };
        (self.clone(), report)
    }
}

/// Whether two sets of terms are the same.
pub(super) fn same(some: &[Expr], others: &[Expr]) -> bool {
    some.len() == others.len() && some.iter().all(|term| others.contains(term))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitted(explains: bool, score: f64) -> Fitted {
        Fitted {
            stage: "stage".to_owned(),
            terms: vec![Expr::one()],
            coefficients: vec![1.0],
            errors: vec![0.1],
            explains,
            exact_terms: true,
            chi: None,
            score,
        }
    }

    #[test]
    fn what_explains_the_data_goes_first_then_the_smaller_score() {
        assert!(fitted(true, 5.0).is_better(&fitted(false, 1.0)));
        assert!(!fitted(false, 1.0).is_better(&fitted(true, 5.0)));
        assert!(fitted(true, 1.0).is_better(&fitted(true, 5.0)));
        assert!(!fitted(false, 5.0).is_better(&fitted(false, 5.0)));
    }

    #[test]
    fn the_order_of_terms_does_not_matter() {
        let terms = ["x", "y^2"].map(|text| crate::expr::parse(text).unwrap());
        let turned = [terms[1].clone(), terms[0].clone()];
        assert!(same(&terms, &turned) && !same(&terms, &terms[..1]));
    }
}

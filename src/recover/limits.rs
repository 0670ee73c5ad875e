//! Terms whose parameter is no more than its error: the plain function that it tends to takes their place.

use super::Model;
use super::decide::SIGNIFICANCE;
use crate::terms::joint::{Family, Form, Function, PARAMETER_COST, Parameter, Term};

/// The model with the first term whose parameter κ is not significant at its limit κ → 0; `errors` are those of the
/// model's constants. Nothing where all are significant, or have no such limit.
pub(super) fn at_limit(model: &Model, errors: &[f64]) -> Option<Model> {
    let free = model.free_terms();
    let first = model.coefficients.len();
    let is_tied = |place: usize| {
        model.ties[place].is_some() || model.ties.iter().flatten().any(|(master, _)| *master == place)
    };
    let weak = |(k, &place): (usize, &usize)| {
        let term = &model.terms[place];
        let is_weak = term.parameter()?.abs() < SIGNIFICANCE * errors.get(first + k)?;
        let plain = limit(term).filter(|_| is_weak && !is_tied(place))?;
        let mut model = model.clone();
        model.terms[place] = plain;
        Some(model)
    };
    free.iter().enumerate().find_map(weak)
}

/// The function that a term tends to with its parameter.
fn limit(term: &Term) -> Option<Term> {
    let Form::Sum(function, arguments) = term.form() else { return None };
    let (function, parameter) = match function {
        Function::Yukawa | Function::Plummer => (Function::RadialPower, Parameter::Fixed(-1.0)),
        Function::ShiftedReciprocal => (Function::RadialPower, Parameter::Fixed(-2.0)),
        Function::ShiftedRoot => (Function::RadialPower, Parameter::Fixed(1.0)),
        Function::ShiftedLogarithm => (Function::Logarithm, Parameter::None),
        _ => return None,
    };
    Some(Term::new(
        Form::Sum(function, arguments.clone()),
        parameter,
        Family::Radial,
        (term.cost() - PARAMETER_COST).max(0.0),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terms::joint::Argument;

    fn screened(kappa: f64) -> Model {
        let form = Form::Sum(Function::Yukawa, vec![Argument::squares(&[0, 1])]);
        Model {
            terms: vec![Term::new(form, Parameter::Free(kappa), Family::Yukawa, 2.0)],
            ties: vec![None],
            coefficients: vec![-1.0],
            inverse_masses: vec![1.0; 2],
            groups: vec![vec![0, 1]],
            chi: 0.0,
            score: 0.0,
        }
    }

    #[test]
    fn a_screening_within_its_error_is_none() {
        let plain = at_limit(&screened(0.001), &[1e-3, 0.1]).unwrap();
        let names = ["x", "y"].map(crate::expr::Symbol::new);
        assert_eq!(plain.terms[0].formula(&names, None).unwrap().to_string(), "1/sqrt(x^2 + y^2)");
        assert_eq!(plain.constants(), [-1.0]);
    }

    #[test]
    fn a_significant_screening_stays() {
        assert!(at_limit(&screened(0.4), &[1e-3, 0.1]).is_none());
    }
}

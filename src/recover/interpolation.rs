//! Forms that take the shape of whatever they are fitted to: none of them is called the law.

use super::Model;
use crate::terms::joint::{Family, Form, Function, Term};

/// A sum of more powers of one distance than this is a series, which interpolates too. The laws of the literature
/// have three at most: a harmonic trap, an attraction, a wall.
const SERIES: usize = 3;

/// Whether a form can take the shape of anything: it has more than `most` terms with nonlinear parameters, a long series
/// of powers, or functions of two shapes.
pub(super) fn interpolates(model: &Model, most: usize) -> bool {
    model.terms.iter().filter(|term| term.is_free()).count() > most
        || longest_series(&model.terms) > SERIES
        || mixes_shapes(model)
}

/// Whether functions of two shapes, a cosine and a Gaussian, say, are added up in one coordinate. Laws of the literature
/// add up functions of one shape, and polynomials and powers to them; two shapes with a width each follow a function
/// that the library lacks: 1/cosh²(q) to 1e-4 of its depth.
pub(super) fn mixes_shapes(model: &Model) -> bool {
    let (terms, dof) = (&model.terms, model.inverse_masses.len());
    let shaped: Vec<(&Term, Shape)> =
        terms.iter().filter_map(|term| Some((term, Shape::of(term.family())?))).collect();
    let meet = |a: &Term, b: &Term| (0..dof).any(|i| a.depends_on(i) && b.depends_on(i));
    shaped.iter().any(|(a, shape)| shaped.iter().any(|(b, other)| shape != other && meet(a, b)))
}

/// The shape of a function with a scale of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Wave,
    Exponential,
    Gaussian,
    Core,
}

impl Shape {
    fn of(family: Family) -> Option<Shape> {
        match family {
            Family::Trigonometric | Family::FreeTrigonometric => Some(Shape::Wave),
            Family::Exponential | Family::RadialExponential | Family::Yukawa => Some(Shape::Exponential),
            Family::Gaussian => Some(Shape::Gaussian),
            Family::ShiftedLogarithm
            | Family::ShiftedRoot
            | Family::ShiftedReciprocal
            | Family::Plummer
            | Family::RootBefore => Some(Shape::Core),
            Family::Polynomial
            | Family::RadialPolynomial
            | Family::Radial
            | Family::Multipole
            | Family::FreePower
            | Family::Reciprocal
            | Family::Gyroscopic
            | Family::Friction => None,
        }
    }
}

/// The largest number of powers of one distance.
fn longest_series(terms: &[Term]) -> usize {
    let distances = |term: &Term| match term.form() {
        Form::Sum(Function::RadialPower, arguments) => Some(arguments.clone()),
        _ => None,
    };
    let all: Vec<_> = terms.iter().filter_map(distances).collect();
    all.iter().map(|one| all.iter().filter(|other| *other == one).count()).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terms::joint::{Argument, Parameter};

    fn model(terms: Vec<Term>) -> Model {
        Model {
            ties: vec![None; terms.len()],
            coefficients: vec![1.0; terms.len()],
            terms,
            inverse_masses: vec![1.0; 4],
            groups: vec![vec![0, 1, 2, 3]],
            chi: 0.0,
            score: 0.0,
        }
    }

    #[test]
    fn a_series_of_powers_of_a_distance_interpolates() {
        let power = |place: usize, exponent: f64| {
            let form = Form::Sum(Function::RadialPower, vec![Argument::squares(&[place, place + 1])]);
            Term::new(form, Parameter::Fixed(exponent), Family::Radial, 0.0)
        };
        let mut terms: Vec<Term> = [-1.0, -2.0, 2.0].map(|exponent| power(0, exponent)).to_vec();
        terms.push(power(2, -1.0));
        assert!(!interpolates(&model(terms.clone()), 2));
        terms.push(power(0, -3.0));
        assert_eq!(longest_series(&terms), 4);
        assert!(interpolates(&model(terms), 2));
    }

    /// A function of a coordinate.
    fn of(function: Function, family: Family, i: usize) -> Term {
        Term::new(Form::Sum(function, vec![Argument::coordinate(i)]), Parameter::Free(2.0), family, 0.0)
    }

    #[test]
    fn functions_of_two_shapes_in_one_coordinate_interpolate() {
        let wave = |i| of(Function::Cosine, Family::FreeTrigonometric, i);
        let exponential = |i| of(Function::Exponential, Family::Exponential, i);
        assert!(interpolates(&model(vec![wave(0), exponential(0)]), 2));
        assert!(!interpolates(&model(vec![wave(0), exponential(1)]), 2));
        // Two exponentials are Morse's law.
        assert!(!interpolates(&model(vec![exponential(0), exponential(0)]), 2));
    }

    #[test]
    fn polynomials_and_powers_go_with_any_shape() {
        let monomial = Term::new(Form::Monomial(vec![(0, 2)]), Parameter::None, Family::Polynomial, 0.0);
        let wall = of(Function::Power, Family::Reciprocal, 0);
        let wave = of(Function::Cosine, Family::Trigonometric, 0);
        assert!(!interpolates(&model(vec![monomial, wall, wave]), 2));
    }

    #[test]
    fn many_terms_with_parameters_of_their_own_interpolate() {
        let terms: Vec<Term> = (0..3).map(|i| of(Function::Exponential, Family::Exponential, i)).collect();
        assert!(interpolates(&model(terms.clone()), 2));
        assert!(!interpolates(&model(terms), 3));
    }
}

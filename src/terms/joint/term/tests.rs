use super::*;

fn examples() -> Vec<Term> {
    let potential = |form, parameter| Term::new(form, parameter, Family::Polynomial, 0.0);
    let pair = || vec![Argument::distance(&[0, 1], &[2, 3]), Argument::squares(&[0, 1])];
    vec![
        potential(Form::Monomial(vec![(0, 3), (2, 1)]), Parameter::None),
        potential(Form::Monomial(vec![(1, 1)]), Parameter::None),
        potential(Form::Monomial(vec![(0, 1), (1, 2), (3, 2)]), Parameter::None),
        potential(Form::Sum(Function::RadialPower, pair()), Parameter::Fixed(-1.0)),
        potential(Form::Sum(Function::Yukawa, pair()), Parameter::Free(0.7)),
        potential(
            Form::Sum(Function::Exponential, vec![Argument::difference(0, 3), Argument::coordinate(1)]),
            Parameter::Free(-0.7),
        ),
        potential(
            Form::Multipole(Multipole {
                factors: vec![(0, 1), (1, 2)],
                radius: Argument::squares(&[0, 1]),
                power: -5,
            }),
            Parameter::None,
        ),
        potential(Form::Gyroscopic(vec![(0, 1), (2, 3)]), Parameter::None),
        potential(Form::Friction { coordinates: vec![0, 2], power: 1 }, Parameter::None),
        potential(Form::Friction { coordinates: vec![0, 2], power: 0 }, Parameter::None),
    ]
}

const Q: [f64; 4] = [0.7, -0.4, 1.9, 0.6];
const V: [f64; 4] = [0.3, 1.1, -0.8, 0.5];

fn force(term: &Term, q: &[f64; 4], v: &[f64; 4]) -> [f64; 4] {
    let mut out = [0.0; 4];
    term.force(q, v, &mut out);
    out
}

/// Central difference of fourth order along coordinate `l`.
fn difference(f: impl Fn(&[f64; 4]) -> [f64; 4], x: &[f64; 4], l: usize, i: usize) -> f64 {
    let at = |h: f64| {
        let mut y = *x;
        y[l] += h;
        f(&y)[i]
    };
    (8.0 * (at(1e-3) - at(-1e-3)) - (at(2e-3) - at(-2e-3))) / 12e-3
}

#[test]
fn a_force_is_minus_the_gradient_of_its_potential() {
    for term in examples().iter().filter(|term| term.potential(&Q).is_some()) {
        for i in 0..4 {
            let slope = difference(|q| [term.potential(q).unwrap(); 4], &Q, i, 0);
            assert!((force(term, &Q, &V)[i] + slope).abs() < 1e-8, "{term:?}");
        }
    }
}

#[test]
fn slopes_are_those_of_the_force() {
    for term in examples() {
        let (mut by_position, mut by_velocity) = ([0.0; 16], [0.0; 16]);
        term.slopes(&Q, &V, 2.0, &mut by_position, &mut by_velocity);
        for (i, l) in (0..16).map(|k| (k / 4, k % 4)) {
            let position = 2.0 * difference(|q| force(&term, q, &V), &Q, l, i);
            let velocity = 2.0 * difference(|v| force(&term, &Q, v), &V, l, i);
            assert!((by_position[i * 4 + l] - position).abs() < 1e-7, "{term:?}");
            assert!((by_velocity[i * 4 + l] - velocity).abs() < 1e-7, "{term:?}");
        }
    }
}

#[test]
fn the_change_by_the_parameter_is_relative() {
    for term in examples().iter().filter(|term| term.is_free()) {
        let k = term.parameter().unwrap();
        let mut change = [0.0; 4];
        term.force_by_parameter(&Q, &mut change);
        let at = |h: f64| force(&term.with_parameter(k * (1.0 + h)), &Q, &V);
        for (i, change) in change.iter().enumerate() {
            let slope = (at(1e-4)[i] - at(-1e-4)[i]) / 2e-4;
            assert!((change - slope).abs() < 1e-7, "{term:?}");
        }
    }
}

#[test]
fn terms_that_share_a_summand_overlap() {
    let sum = |f, u, k| Term::new(Form::Sum(f, u), Parameter::Fixed(k), Family::Polynomial, 0.0);
    let square = Term::new(Form::Monomial(vec![(0, 2)]), Parameter::None, Family::Polynomial, 0.0);
    let plane = sum(Function::Power, vec![Argument::squares(&[0, 1])], 1.0);
    let pairs = [Argument::distance(&[0], &[1]), Argument::distance(&[0], &[2])];
    let (one, both) = (
        sum(Function::RadialPower, pairs[..1].to_vec(), -1.0),
        sum(Function::RadialPower, pairs.to_vec(), -1.0),
    );
    assert!(square.overlaps(&plane) && plane.overlaps(&square) && one.overlaps(&both));
    assert!(!plane.overlaps(&sum(Function::Power, vec![Argument::squares(&[0, 1])], 2.0)));
    assert!(!one.overlaps(&sum(Function::RadialPower, pairs[1..].to_vec(), -1.0)));
}

#[test]
fn formulas_are_those_of_the_potential() {
    let names = ["x1", "y1", "x2", "y2"].map(Symbol::new);
    let texts: Vec<String> =
        examples().iter().filter_map(|term| Some(term.formula(&names, None)?.to_string())).collect();
    assert_eq!(texts[0], "x1^3*x2");
    assert_eq!(texts[3], "1/sqrt((x1 - x2)^2 + (y1 - y2)^2) + 1/sqrt(x1^2 + y1^2)");
    let rate = Expr::symbol("k");
    assert_eq!(
        examples()[5].formula(&names, Some(&rate)).unwrap().to_string(),
        "exp(k*(x1 - y2)) + exp(k*y1)"
    );
    for term in examples() {
        let Some(formula) = term.formula(&names, None) else { continue };
        let tape = crate::expr::Tape::new(&[formula], &names).unwrap();
        let (got, want) = (tape.evaluate(&Q)[0], term.potential(&Q).unwrap());
        assert!((got - want).abs() < 1e-9, "{term:?}: {got} {want}");
    }
}

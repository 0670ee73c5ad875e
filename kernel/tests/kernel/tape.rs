//! Formulas evaluated on a tape, their derivatives, and where they are plainly continuous.

use liouville_kernel::expr::{Expr, Symbol, Tape, TapeError, parse};

fn inputs() -> Vec<Symbol> {
    ["x", "y"].map(Symbol::new).to_vec()
}

#[test]
fn batches_agree_with_single_samples() {
    let formulas = ["x*y - 2", "sqrt(x^2 + y^2)", "x^(2/3)/y", "exp(x)^2"].map(|t| parse(t).unwrap());
    let tape = Tape::new(&formulas, &inputs()).unwrap();
    let samples: Vec<f64> = (0..74).map(|i| 0.3 + 0.1 * f64::from(i)).collect();
    let all = tape.evaluate(&samples);
    let (values, _) = tape.gradient(&samples);
    assert_eq!(all, values);
    let mut scratch = Vec::new();
    for (sample, expected) in samples.chunks(2).zip(all.chunks(4)) {
        let mut out = [0.0; 4];
        tape.evaluate_one(sample, &mut out, &mut scratch);
        assert_eq!(out, expected);
        assert_eq!(out[0], sample[0] * sample[1] - 2.0);
    }
}

#[test]
fn gradients_agree_with_differences() {
    let formulas = ["x*y^3 - y", "sin(x*y)/(1 + y^2)", "y^x", "7"].map(|t| parse(t).unwrap());
    let tape = Tape::new(&formulas, &inputs()).unwrap();
    let (point, step) = ([0.8, 1.7], 1e-6);
    let (_, gradient) = tape.gradient(&point);
    for input in 0..2 {
        let shifted = |sign: f64| {
            let mut p = point;
            p[input] += sign * step;
            tape.evaluate(&p)
        };
        let (up, down) = (shifted(1.0), shifted(-1.0));
        for output in 0..formulas.len() {
            let slope = (up[output] - down[output]) / (2.0 * step);
            assert!((gradient[output * 2 + input] - slope).abs() < 1e-8 * (1.0 + slope.abs()));
        }
    }
}

#[test]
fn derivatives_along_directions_agree_with_gradients() {
    let texts = ["x*y^3 - y", "sin(x*y)/(1 + y^2)", "y^x", "7", "sqrt(x)*tan(y) - log(x)*exp(-y)", "x^(2/3)"];
    let tape = Tape::new(&texts.map(|t| parse(t).unwrap()), &inputs()).unwrap();
    let samples: Vec<f64> = (0..38).map(|i| 0.3 + 0.03 * f64::from(i)).collect();
    let directions: Vec<f64> = (0..3 * samples.len()).map(|i| (i as f64).sin()).collect();
    let (values, slopes) = tape.derivatives_along(&samples, &directions, 3);
    let (expected, gradients) = tape.gradient(&samples);
    assert_eq!(values, expected);
    for (row, slope) in slopes.chunks_exact(texts.len()).enumerate() {
        let (direction, gradient) = (&directions[2 * row..][..2], &gradients[row / 3 * 2 * texts.len()..]);
        for (value, g) in slope.iter().zip(gradient.chunks_exact(2)) {
            let product = g[0] * direction[0] + g[1] * direction[1];
            assert!((value - product).abs() < 1e-12 * (1.0 + product.abs()), "{value} {product}");
        }
    }
}

#[test]
fn shared_subexpressions_are_computed_once() {
    let tape = |texts: &[&str]| {
        let formulas: Vec<Expr> = texts.iter().map(|t| parse(t).unwrap()).collect();
        Tape::new(&formulas, &inputs()).unwrap()
    };
    // x, y, their sum, its sine, 2 and the product; then nothing but 3 and a product.
    assert_eq!(tape(&["sin(x + y)*2"]).cost(), 6);
    assert_eq!(tape(&["sin(x + y)*2", "sin(x + y)*3"]).cost(), 8);
}

#[test]
fn unknown_variables_are_named() {
    let error = Tape::new(&[parse("x + mass").unwrap()], &inputs()).unwrap_err();
    assert_eq!(error, TapeError::UnknownSymbol(Symbol::new("mass")));
}

/// Compares symbolic derivatives with automatic differentiation on the tape: two independent methods.
#[test]
fn agrees_with_the_tape() {
    let inputs = [Symbol::new("x"), Symbol::new("y")];
    let point = [0.7, 1.3];
    for text in [
        "x^3*y - 2*x/y + 5",
        "sqrt(x^2 + y^2)/(1 + x)",
        "sin(2*x - y)*cos(x)^2 - tan(x*y)",
        "exp(-x^2)*log(y + x)",
        "x^y + y^(2/3) - (x*y)^(-2)",
        "((px + x)^2 + 3)/(2*y)",
    ] {
        let expr = parse(&text.replace("px", "y")).unwrap();
        let (_, slopes) = Tape::new(std::slice::from_ref(&expr), &inputs).unwrap().gradient(&point);
        for (index, input) in inputs.iter().enumerate() {
            let symbolic = Tape::new(&[expr.derivative(input)], &inputs).unwrap().evaluate(&point)[0];
            assert!((symbolic - slopes[index]).abs() <= 1e-12 * (1.0 + symbolic.abs()), "{text} d{input}");
        }
    }
}

#[test]
fn what_divides_by_nothing_that_vanishes_is_continuous() {
    for text in [
        "px^2/2 + exp(abs(x - 1))",
        "px^2/(1 + log(1 + x^2)^2)",
        "1/(exp(x) + y^2)",
        "log(1 + exp(px)) - px - log(1 + exp(-px))",
        "1/(1 + (px^2/2 + sqrt(abs(x)))^2)",
        "x^(1/3)*cos(abs(x)^3)",
        "2^x + (1 + x^2)^(-1/2)",
    ] {
        assert!(parse(text).unwrap().is_plainly_continuous(), "{text}");
    }
    for text in [
        "sign(x)",
        "abs(x)/x",
        "x*exp(-log(x^2)/2)",
        "tan(x)",
        "1/(x^2 + y^2)",
        "x^(-1)",
        "exp(1/x)",
        "1/exp(1/x)",
        "log(x)",
        "1/(x^3 + 1)",
        "abs(x)^y",
        "1/(1 + x)",
    ] {
        assert!(!parse(text).unwrap().is_plainly_continuous(), "{text}");
    }
}

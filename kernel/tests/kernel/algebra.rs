//! Random identities over the whole class of functions, and the canonical texts.

use dashu_base::UnsignedAbs;
use dashu_int::{IBig, UBig};
use liouville_kernel::algebra::{AlgebraError, Element, Interval, ZeroTest};
use liouville_kernel::expr::{Expr, Function, Rational, Symbol, parse};

use crate::random::Random;
use crate::texts::assert_is_recorded;

fn formula(text: &str) -> Expr {
    parse(text).unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn symbols(names: &str) -> Vec<Symbol> {
    names.split_whitespace().map(Symbol::new).collect()
}

const VARIABLES: &str = "x y px py";

fn element(text: &str) -> Element {
    let (_, mut elements) = Element::all_from(&symbols(VARIABLES), [&formula(text)])
        .unwrap_or_else(|error| panic!("{text}: {error}"));
    elements.pop().expect("one element")
}

fn text(of: &str) -> String {
    element(of).to_expr().to_string()
}

fn difference(a: &Expr, b: &Expr) -> Result<ZeroTest, AlgebraError> {
    let (_, elements) = Element::all_from(&symbols(VARIABLES), [a, b])?;
    Ok(elements[0].minus(&elements[1])?.zero_test())
}

#[track_caller]
fn equal(a: &str, b: &str) {
    assert_eq!(difference(&formula(a), &formula(b)), Ok(ZeroTest::Zero), "{a} and {b}");
}

#[track_caller]
fn differ(a: &str, b: &str) {
    assert_eq!(difference(&formula(a), &formula(b)), Ok(ZeroTest::NonZero), "{a} and {b}");
}

#[test]
fn identities_of_each_kind() {
    // Rational functions.
    equal("1/(x - y) - 1/(x + y)", "2*y/(x^2 - y^2)");
    equal("(x^3 - y^3)/(x - y)", "x^2 + x*y + y^2");
    equal("1/(1/x + 1/y)", "x*y/(x + y)");
    equal("1/(x*(x + 1))", "1/x - 1/(x + 1)");
    // Roots.
    equal("1/sqrt(x^2 + y^2)", "sqrt(x^2 + y^2)/(x^2 + y^2)");
    equal("sqrt(4*x^2 + 4*y^2)", "2*sqrt(x^2 + y^2)");
    equal("sqrt(x^2/9 + y^2/9)", "sqrt(x^2 + y^2)/3");
    equal("sqrt(x^2/2 + y^2/2)", "sqrt(2)*sqrt(x^2 + y^2)/2");
    equal("sqrt(8)*sqrt(2) + sqrt(3)/sqrt(12)", "9/2");
    equal("(sqrt(2) + sqrt(3))^2", "5 + 2*sqrt(6)");
    equal("1/(sqrt(2) + sqrt(3))", "sqrt(3) - sqrt(2)");
    equal("sqrt(x^2)*sqrt(x^2)", "x^2");
    equal("sqrt((x^2 + y^2)^3)", "(x^2 + y^2)^(3/2)");
    equal("sqrt((x + y)^2*x)", "sqrt((x + y)^2)*sqrt(x)");
    equal("x^(1/2)*x^(1/3)", "x^(5/6)");
    equal("x^(4/3)/x^(1/3)", "x");
    equal("(x^(1/3) + 1)*(x^(2/3) - x^(1/3) + 1)", "x + 1");
    equal("1/(1 + x^(1/3))", "(1 - x^(1/3) + x^(2/3))/(1 + x)");
    equal("sqrt(sqrt(x))", "x^(1/4)");
    equal("sqrt(1/x)", "1/sqrt(x)");
    equal("sqrt(x)*sqrt(y)", "sqrt(x*y)");
    equal("sqrt(x*y)", "sqrt(x)*sqrt(y)");
    equal("sqrt(x/y)", "sqrt(x)/sqrt(y)");
    equal("sqrt(sqrt(x^2 + y^2) + x)*sqrt(sqrt(x^2 + y^2) - x)", "sqrt(y^2)");
    equal("sqrt(x + 2*sqrt(x) + 1)^2", "(1 + sqrt(x))^2");
    equal("1/(sqrt(x^2 + y^2) - x)", "(sqrt(x^2 + y^2) + x)/y^2");
    equal("8^(1/3)", "2");
    equal("(x^2*y^2)^(1/2)", "sqrt(x^2)*sqrt(y^2)");
    equal("sqrt((x^2 - y^2)^2)", "sqrt((x + y)^2)*sqrt((y - x)^2)");
    equal("sqrt(x^2/y^2)", "sqrt(x^2)/sqrt(y^2)");
    equal("(x^2)^(1/4)", "sqrt(sqrt(x^2))");
    equal("sqrt(exp(2*x) + 2*exp(x) + 1)", "exp(x) + 1");
    equal("sqrt(1 - cos(x)^2)", "sqrt(sin(x)^2)");
    equal("sqrt((1 - cos(x))/2)", "sqrt(sin(x/2)^2)");
    // Angles.
    equal("sin(x)^2 + cos(x)^2", "1");
    equal("sin(2*x)", "2*sin(x)*cos(x)");
    equal("cos(x - y)", "cos(x)*cos(y) + sin(x)*sin(y)");
    equal("tan(x)^2 + 1", "1/cos(x)^2");
    equal("tan(x + y)", "(tan(x) + tan(y))/(1 - tan(x)*tan(y))");
    equal("cos(x/2)^2", "(1 + cos(x))/2");
    equal("sin(x + pi/2)", "cos(x)");
    equal("cos(pi/3 + x)", "cos(x)/2 - sqrt(3)*sin(x)/2");
    equal("sin(5*pi/4)", "-sqrt(2)/2");
    equal("sin(pi/7)^2 + cos(pi/7)^2", "1");
    equal("1/(1 - cos(x)) + 1/(1 + cos(x))", "2/sin(x)^2");
    equal("sin(x*y)*cos(x*y)", "sin(2*x*y)/2");
    equal("sin(3*x)", "3*sin(x) - 4*sin(x)^3");
    equal("1/(1 + sin(x - y)^2)", "2/(3 - cos(2*x - 2*y))");
    // Exponentials and logarithms.
    equal("exp(x - y)*exp(y)", "exp(x)");
    equal("exp(x/2)^2", "exp(x)");
    equal("exp(x + 1)/exp(1)", "exp(x)");
    equal("1/(1 + exp(x)) + 1/(1 + exp(-x))", "1");
    equal("(exp(x) - exp(-x))/(exp(x) + exp(-x))", "1 - 2/(1 + exp(2*x))");
    equal("exp(2*log(x))", "x^2");
    equal("log(exp(x)*y)", "x + log(y)");
    equal("sqrt(exp(x))", "exp(x/2)");
    equal("exp(x*y)*exp(-x*y)", "1");
    equal("log(sqrt(x))", "log(x)/2");
    // Powers with symbols.
    equal("x^(a + 2)", "x^a*x^2");
    equal("x^(2*a)", "(x^a)*(x^a)");
    equal("x^a*x^(-a)", "1");
    // On the domain where both are defined.
    equal("(x^3)^(1/3)", "sqrt(x^2)");
    equal("log(x^3)", "log(x^3)");
    // And what is not equal.
    differ("sqrt(x^2)", "x");
    differ("sqrt(x + y)", "sqrt(x) + sqrt(y)");
    differ("sin(x + y)", "sin(x) + sin(y)");
    differ("exp(x)^2", "exp(x^2)");
    differ("log(x*y)", "log(x)*log(y)");
    differ("(sqrt(x^2 + y^2) - x)*(sqrt(x^2 + y^2) + x)", "y^2 + 1/1000000");
    differ("pi", "31415926535897/10000000000000");
    differ("x^a", "x");
}

#[test]
fn derivatives_follow_the_chain_rule() {
    let derivative = |of: &str| {
        let value = element(of).derivative(&Symbol::new("x")).unwrap();
        value.to_expr().to_string()
    };
    assert_eq!(derivative("sqrt(x^2 + y^2)"), "x/sqrt(x^2 + y^2)");
    assert_eq!(derivative("1/sqrt(x^2 + y^2)"), "-x/(x^2 + y^2)^(3/2)");
    assert_eq!(derivative("x^(4/3)"), "4*x^(1/3)/3");
    assert_eq!(derivative("x^(-2/3)"), "-2/(3*x^(5/3))");
    assert_eq!(derivative("exp(x - y)"), "exp(x - y)");
    assert_eq!(derivative("log(x)"), "1/x");
    assert_eq!(derivative("x^a"), "a*x^a/x");
    assert_eq!(derivative("1/sin(x)^2"), "-2*cos(x)/sin(x)^3");
    assert_eq!(derivative("tan(x)"), "1/cos(x)^2");
}

#[test]
fn texts_are_written_as_physicists_write() {
    let cases = [("py*qx - qy*px", "px*(-qy) + py*qx"), ("1/(x^2 + y^2)", "1/(y^2 + x^2)")];
    for (a, b) in cases {
        assert_eq!(text(a), text(b));
    }
    let report = [
        "x*py - y*px",
        "(x + y)^2",
        "px^2/2 + py^2/2 - k/sqrt(x^2 + y^2)",
        "1/(x^2 + y^2)^2 + 3",
        "x/(x - y)^2",
        "(x + 1)/(y - x)",
        "x^(2/3) + 3*x^(-2/3)",
        "1/sqrt(1 + px^2 + py^2)",
        "py^2/sin(x)^2/2 - cos(x)",
        "px^2/(2*(1 + sin(x - y)^2))",
        "exp(x - y) + exp(y - x)*3/4",
        "sqrt(2)*x/3 - pi*y",
        "x*log(x + y)",
        "sqrt(x^2)",
        "-x - y",
        "x/2 - 3*y/4",
        "(x*py - y*px)^2/2 + (x^2 + y^2)*(1/(3*y^2) + 1/(2*x^2))",
        "1/(x - y)^2 + 1/(x + y)^2",
        "y/(x*sqrt(x^2 + y^2))",
        "a^x + x^a",
    ]
    .map(|t| format!("{t}  ->  {}", text(t)))
    .join("\n");
    assert_is_recorded(&report, include_str!("texts/canonical_forms.txt"));
}

#[test]
fn what_cannot_be_done_is_said() {
    let error = |text: &str| match Element::all_from(&symbols(VARIABLES), [&formula(text)]) {
        Err(error) => error.to_string(),
        Ok((_, elements)) => format!("{text} was read as {}", elements[0]),
    };
    let report = [
        "1/(x - x)",
        "y/((x + y)^2 - x^2 - 2*x*y - y^2)",
        "1/(sin(x)^2 + cos(x)^2 - 1)",
        "1/(sqrt(x)*sqrt(x) - x)",
        "x^1000000000",
        "(x + y)^100000",
        "(x + y)^8000*(x + y + px + py)^200",
        "(x + y + px + py + 1)^(500)",
        "(x/x + 1)^(10^9)",
        "x^(1/1000)",
        "sqrt(-2)",
        "log(-1)",
        "0^(-1/2)",
        "1/0",
        "cos(100000*x)",
    ]
    .map(|t| format!("{t}  ->  {}", error(t)))
    .join("\n");
    assert_is_recorded(&report, include_str!("texts/errors_of_the_algebra.txt"));
}

#[test]
fn elements_of_a_field_form_one() {
    let (field, elements) = Element::all_from(
        &symbols(VARIABLES),
        [&formula("1/sqrt(x^2 + y^2)"), &formula("x + y"), &formula("1/(x + y)")],
    )
    .unwrap();
    let [inverse, sum, reciprocal] = elements.as_slice() else { panic!("three elements") };
    let one = Element::constant(&field, &Rational::ONE);
    assert_eq!(&(sum * reciprocal), &one);
    assert_eq!(sum.divide(sum), Ok(one.clone()));
    assert_eq!(one.divide(sum).as_ref(), Ok(reciprocal));
    assert_eq!(inverse.power(-2).unwrap().to_expr().to_string(), "x^2 + y^2");
    assert_eq!(
        sum.divide(&(sum - sum)).map_err(|e| e.to_string()),
        Err("division by zero: `0` is identically zero".into())
    );
    let outside = Element::from_expr(&field, &formula("1/(x - y)"));
    assert!(matches!(outside, Err(AlgebraError::NotInField { .. })), "{outside:?}");
    assert_eq!(Element::from_expr(&field, &formula("z")), Err(AlgebraError::UnknownSymbol(Symbol::new("z"))));
    assert_eq!(
        Element::from_expr(&field, &formula("sqrt(4*x^2 + 4*y^2)/(x + y)")).unwrap().to_expr().to_string(),
        "2*sqrt(x^2 + y^2)/(x + y)"
    );
    let other = element("x");
    assert_eq!(sum.plus(&other), Err(AlgebraError::DifferentFields));
}

/// A random formula of the class; `depth` bounds its nesting.
fn random(rng: &mut Random, depth: u32) -> Expr {
    if depth == 0 {
        return match rng.random_range(0..8) {
            0 => Expr::number(Rational::from(rng.random_range(1..4))),
            1 => Expr::symbol("a"),
            2 | 3 => Expr::symbol("x"),
            4 | 5 => Expr::symbol("y"),
            6 => Expr::symbol("px"),
            _ => Expr::symbol("py"),
        };
    }
    let mut inner = || random(rng, depth - 1);
    let (a, b) = (inner(), inner());
    match rng.random_range(0..14) {
        0..3 => a + b,
        3 | 4 => a - b,
        5..8 => a * b,
        8 => a / b,
        9 => a.to_power(rng.random_range(2..4)),
        10 => (a.clone() * a + b.clone() * b + Expr::one()).call(Function::Sqrt),
        11 => linear(rng).call(if rng.random_bool(0.5) { Function::Sin } else { Function::Cos }),
        12 => linear(rng).call(Function::Exp),
        _ => {
            let exponent =
                Rational::from_parts(rng.random_range(-4i32..5).into(), rng.random_range(1u8..4).into());
            (Expr::symbol("x") + Expr::number(Rational::from(rng.random_range(0..3)))).to_power(exponent)
        }
    }
}

/// A combination of coordinates with small rational coefficients.
fn linear(rng: &mut Random) -> Expr {
    let mut term = |name: &str| {
        let factor = Rational::from_parts(rng.random_range(-2i32..3).into(), rng.random_range(1u8..3).into());
        Expr::symbol(name) * Expr::number(factor)
    };
    term("x") + term("y")
}

/// A plain evaluation in doubles, independent of the algebra.
fn value(expr: &Expr, at: &[(&str, f64)]) -> f64 {
    match expr {
        Expr::Number(number) => number.to_f64().value(),
        Expr::Pi => std::f64::consts::PI,
        Expr::Symbol(symbol) => at.iter().find(|(n, _)| *n == symbol.name()).map_or(f64::NAN, |(_, v)| *v),
        Expr::Sum(terms) => terms.iter().map(|t| value(t, at)).sum(),
        Expr::Product(factors) => factors.iter().map(|t| value(t, at)).product(),
        Expr::Quotient(a, b) => value(a, at) / value(b, at),
        Expr::Power(a, b) => value(a, at).powf(value(b, at)),
        Expr::Negative(a) => -value(a, at),
        Expr::Call(function, a) => function.apply(value(a, at)),
    }
}

/// Binary digits after the point in the evaluation to more than fifty decimals.
const DIGITS: usize = 260;

/// A value as an integer multiple of 2^−DIGITS, by series and integer roots alone; `None` where it is not
/// defined or of a size that would spoil the digits.
fn precise(expr: &Expr, at: &[(&str, IBig)]) -> Option<IBig> {
    let one = IBig::ONE << DIGITS;
    let bounded = |v: IBig| (v.clone().unsigned_abs() < UBig::ONE << (DIGITS + 40)).then_some(v);
    let times = |a: &IBig, b: &IBig| (a * b) >> DIGITS;
    let over = |a: IBig, b: &IBig| {
        (b.clone().unsigned_abs() > UBig::ONE << (DIGITS - 30)).then(|| (a << DIGITS) / b)
    };
    // Σ x^(start + step·k)/(start + step·k)! with signs alternating or not.
    let series = |x: &IBig, start: u32, step: u32, alternating: bool| {
        let (mut sum, mut power, mut k) = (IBig::ZERO, one.clone(), 0u32);
        let mut negative = false;
        while !power.is_zero() {
            if k >= start && (k - start).is_multiple_of(step) {
                if negative {
                    sum -= &power
                } else {
                    sum += &power
                }
                negative ^= alternating;
            }
            k += 1;
            power = times(&power, x) / IBig::from(k);
        }
        sum
    };
    let value = match expr {
        Expr::Number(number) => (number.numerator() << DIGITS) / IBig::from(number.denominator().clone()),
        Expr::Symbol(symbol) => at.iter().find(|(n, _)| *n == symbol.name())?.1.clone(),
        Expr::Pi => precise_pi(),
        Expr::Negative(a) => -precise(a, at)?,
        Expr::Sum(terms) => terms.iter().try_fold(IBig::ZERO, |sum, t| Some(sum + precise(t, at)?))?,
        Expr::Product(factors) => {
            factors.iter().try_fold(one, |product, f| bounded(times(&product, &precise(f, at)?)))?
        }
        Expr::Quotient(a, b) => over(precise(a, at)?, &precise(b, at)?)?,
        Expr::Power(base, exponent) => {
            let base = precise(base, at)?;
            let exponent = exponent.as_number()?;
            let index = usize::try_from(exponent.denominator()).ok()?;
            if index > 1 && base <= IBig::ZERO {
                return None;
            }
            let root = match index {
                1 => base,
                _ => (base << (DIGITS * (index - 1))).nth_root(index),
            };
            let count = i64::try_from(exponent.numerator()).ok()?;
            let mut power = one.clone();
            for _ in 0..count.unsigned_abs() {
                power = bounded(times(&power, &root))?;
            }
            if count < 0 { over(one, &power)? } else { power }
        }
        Expr::Call(function, argument) => {
            let argument = precise(argument, at)?;
            match function {
                Function::Sqrt if argument > IBig::ZERO => (argument << DIGITS).nth_root(2),
                Function::Sin => series(&argument, 1, 2, true),
                Function::Cos => series(&argument, 0, 2, true),
                Function::Exp => series(&argument, 0, 1, false),
                _ => return None,
            }
        }
    };
    bounded(value)
}

/// π by Machin's formula, 16 arctan(1/5) − 4 arctan(1/239).
fn precise_pi() -> IBig {
    let arctangent = |inverse: i64| {
        let (mut sum, mut power, mut k) = (IBig::ZERO, (IBig::ONE << DIGITS) / IBig::from(inverse), 0i64);
        while !power.is_zero() {
            let term = &power / IBig::from(2 * k + 1);
            sum += if k % 2 == 0 { term } else { -term };
            power /= IBig::from(inverse * inverse);
            k += 1;
        }
        sum
    };
    IBig::from(16) * arctangent(5) - IBig::from(4) * arctangent(239)
}

/// A random sum of products of sines and cosines of multiples of π/parts.
fn random_turns(rng: &mut Random, parts: i64) -> Expr {
    let mut turn = || {
        let angle = Expr::number(Rational::from(rng.random_range(0..2 * parts))) * Expr::Pi;
        let function = if rng.random_bool(0.5) { Function::Sin } else { Function::Cos };
        let factor = Rational::from_parts(rng.random_range(-4i32..5).into(), rng.random_range(1u8..4).into());
        Expr::number(factor) * angle.over(Expr::number(parts)).call(function)
    };
    Expr::sum([turn() * turn(), turn(), turn() * turn() * turn(), turn()])
}

#[test]
fn sums_of_cosines_agree_to_fifty_digits() {
    let mut rng = Random::new(11);
    let mut compared = 0;
    for _ in 0..150 {
        let parts = [5, 7, 8, 9, 10, 12, 14, 15, 16, 18, 20, 24][rng.random_range(0usize..12)];
        let (a, b) = (random_turns(&mut rng, parts), random_turns(&mut rng, parts));
        let quotient = a.clone() / (b.clone() * b.clone() + Expr::one());
        for expr in [a.clone(), a.clone() * b.clone() - b.clone() * a.clone() + quotient, a.to_power(3)] {
            let (_, elements) = Element::all_from(&[], [&expr]).unwrap_or_else(|e| panic!("{expr}: {e}"));
            let written = elements[0].to_expr();
            let (Some(before), Some(after)) = (precise(&expr, &[]), precise(&written, &[])) else { continue };
            compared += 1;
            let difference = (before.clone() - after).unsigned_abs();
            assert!(difference < UBig::ONE << (DIGITS - 170), "{expr} was written {written}");
            let vanishes = before.unsigned_abs() < UBig::ONE << (DIGITS - 170);
            let expected = if vanishes { ZeroTest::Zero } else { ZeroTest::NonZero };
            assert_eq!(elements[0].zero_test(), expected, "{expr}");
        }
    }
    assert!(compared > 300, "only {compared} values were compared");
}

#[test]
fn canonical_forms_agree_to_fifty_digits() {
    let mut compared = 0;
    for (expr, mut rng) in samples(5, 250, 3) {
        let Ok((_, elements)) = Element::all_from(&symbols(VARIABLES), [&expr]) else { continue };
        let written = elements[0].to_expr();
        if written.symbol_count() > 3000 {
            continue;
        }
        for _ in 0..2 {
            let at = ["x", "y", "px", "py", "a"]
                .map(|name| (name, (IBig::from(rng.random_range(200..1700)) << DIGITS) / IBig::from(1000)));
            let (Some(before), Some(after)) = (precise(&expr, &at), precise(&written, &at)) else { continue };
            compared += 1;
            let size = before.clone().unsigned_abs() + (UBig::ONE << DIGITS);
            let difference = (before - after).unsigned_abs();
            assert!(difference <= size >> 166, "{expr} was written {written}");
        }
    }
    assert!(compared > 250, "only {compared} values were compared");
}

/// Random formulas that the algebra takes.
fn samples(seed: u64, count: usize, depth: u32) -> impl Iterator<Item = (Expr, Random)> {
    (0..count as u64).map(move |k| {
        let mut rng = Random::new(seed * 1_000_003 + k);
        (random(&mut rng, depth), rng)
    })
}

#[test]
fn canonical_forms_keep_the_values() {
    let mut compared = 0;
    for (expr, mut rng) in samples(1, 400, 3) {
        let Ok((_, elements)) = Element::all_from(&symbols(VARIABLES), [&expr]) else { continue };
        let written = elements[0].to_expr();
        for _ in 0..4 {
            let at = ["x", "y", "px", "py", "a"].map(|name| (name, rng.random_range(0.2..1.7)));
            let (before, after) = (value(&expr, &at), value(&written, &at));
            let ends = at.map(|(_, v)| Interval::exact(v));
            if !before.is_finite() || before.abs() > 1e6 {
                continue;
            }
            compared += 1;
            let tolerance = 1e-6 * (1.0 + before.abs());
            if let Some(enclosure) = elements[0].enclosure(&ends)
                && enclosure.high() - enclosure.low() < tolerance
            {
                assert!(
                    enclosure.low() - tolerance < before && before < enclosure.high() + tolerance,
                    "{expr} is {before}, not in {enclosure:?}"
                );
                assert!((before - after).abs() < tolerance, "{expr} is {before}, {written} is {after}");
            }
        }
    }
    assert!(compared > 800, "only {compared} values were compared");
}

#[test]
fn canonical_forms_read_back_as_themselves() {
    for (expr, _) in samples(2, 250, 3) {
        let Ok((_, elements)) = Element::all_from(&symbols(VARIABLES), [&expr]) else { continue };
        let written = elements[0].to_expr();
        let reread = formula(&written.to_string());
        assert_eq!(difference(&expr, &reread), Ok(ZeroTest::Zero), "{expr} was written {written}");
    }
}

#[test]
fn rewriting_does_not_change_a_canonical_form() {
    for (expr, mut rng) in samples(3, 250, 2) {
        let other = random(&mut rng, 1);
        let rewritings = [
            expr.clone() + other.clone() - other.clone(),
            expr.clone() * other.clone() / other.clone(),
            (expr.clone() + other.clone()).to_power(2)
                - expr.clone().to_power(2)
                - Expr::number(2) * expr.clone() * other.clone()
                - other.clone().to_power(2)
                + expr.clone(),
            expr.clone()
                * (Expr::symbol("y").call(Function::Sin).to_power(2)
                    + Expr::symbol("y").call(Function::Cos).to_power(2)),
        ];
        for rewritten in rewritings {
            let Ok((_, elements)) = Element::all_from(&symbols(VARIABLES), [&expr, &rewritten]) else {
                continue;
            };
            assert_eq!(elements[0], elements[1], "{expr} and {rewritten}");
            assert!(elements[0].minus(&elements[1]).unwrap().is_zero_form());
        }
    }
}

#[test]
fn derivations_satisfy_their_identities() {
    let names = symbols(VARIABLES);
    let x = &names[0];
    let mut tried = 0;
    for (f, mut rng) in samples(4, 200, 2) {
        let g = random(&mut rng, 2);
        let derivative = f.derivative(x);
        let Ok((_, e)) = Element::all_from(&names, [&f, &g, &derivative]) else { continue };
        tried += 1;
        let d = |element: &Element| element.derivative(x).unwrap();
        // The derivative of the formula is that of the element.
        assert_eq!((&d(&e[0]) - &e[2]).zero_test(), ZeroTest::Zero, "d/dx {f}");
        // d(fg) = f dg + g df, and mixed derivatives commute.
        let product = &e[0] * &e[1];
        let leibniz = &(&e[0] * &d(&e[1])) + &(&d(&e[0]) * &e[1]);
        assert!((&d(&product) - &leibniz).is_zero_form(), "{f} and {g}");
        let dy = |element: &Element| element.derivative(&names[1]).unwrap();
        assert!((&dy(&d(&e[0])) - &d(&dy(&e[0]))).is_zero_form(), "{f}");
    }
    assert!(tried > 120, "only {tried} formulas were tried");
}

#[test]
fn parabolic_coordinates_in_a_plane() {
    // Two roots whose radicands multiply to y²; the law of the separation in ξ = √(r + x), η = y/ξ.
    let energy = "(px^2+py^2)/2 + (a + b*sqrt(r+x) + c*sqrt(r-x))/r";
    let law = format!("(px*sqrt(r+x) + py*y/sqrt(r+x))^2/2 + 2*b*sqrt(r+x) + a - ({energy})*(r+x)");
    let with_radius =
        |text: &str| formula(&text.replace('r', "sqrt(x^2 + y^2)").replace("sqsqrt(x^2 + y^2)t", "sqrt"));
    let (energy, law) = (with_radius(energy), with_radius(&law));
    let names = symbols(VARIABLES);
    let (_, e) = Element::all_from(&names, [&energy, &law]).unwrap();
    let d = |k: usize, v: usize| e[k].derivative(&names[v]).unwrap();
    let bracket = &(&(&(&d(1, 0) * &d(0, 2)) - &(&d(1, 2) * &d(0, 0))) + &(&d(1, 1) * &d(0, 3)))
        - &(&d(1, 3) * &d(0, 1));
    assert_eq!(bracket.zero_test(), ZeroTest::Zero);
    assert_eq!(d(1, 2).zero_test(), ZeroTest::NonZero);
}

/// Logarithms show how an integer was taken apart.
#[test]
fn integers_fall_into_primes() {
    for (logarithm, written) in [
        ("log(360)", "3*log(2) + 2*log(3) + log(5)"),
        ("log(1)", "0"),
        ("log(49)", "2*log(7)"),
        ("log(1/2)", "-log(2)"),
    ] {
        assert_eq!(text(logarithm), written, "{logarithm}");
    }
}

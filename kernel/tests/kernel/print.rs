//! Formulas written as text, as LaTeX and for SymPy.

use std::collections::BTreeSet;

use liouville_kernel::expr::{Expr, parse, python_name};

use crate::texts::assert_is_recorded;

#[test]
fn latex_and_sympy() {
    let report: Vec<String> = [
        "((px + e*B*qy)^2 + (py - e*B*qx)^2)/(2*m) + k*(qx^2 + qy^2)",
        "(qx1 - qx2)*py1 - x^(2/3)/3",
        "cos(theta1 - θ2)/(2*(1 + sin(θ1)^2))",
        "-1/sqrt(x^2 + y^2)",
        "1/2*energy_total*a_1*2",
        "(1/2)^2*lambda^(-2)*pi",
        "2*3/4",
        "2^(-1)*x + (-2)^(-3) + 2^(2 - 3) + 2^3 + (1/2)^(-1) + 2^(1/2)",
        "S*E + I*N - diff*in + θ*ϕ",
    ]
    .iter()
    .map(|text| {
        let expr: Expr = parse(text).unwrap();
        format!("{expr}\n  {}\n  {}", expr.to_latex(), expr.to_sympy())
    })
    .collect();
    assert_is_recorded(&report.join("\n"), include_str!("texts/latex_and_sympy.txt"));
}

#[test]
fn decimals_only_where_the_fraction_is_long() {
    let expr = parse("3/2*x + 0.341277*y - 12345678/1000003*z").unwrap();
    assert_eq!(expr.to_decimal_text(6, 4), "3/2*x + 0.3413*y - 12.35*z");
}

#[test]
fn numbers_side_by_side_are_dotted() {
    for (text, latex) in [
        ("2*3^(1/3)", r"2 \cdot 3^{\frac{1}{3}}"),
        ("2*3", r"2 \cdot 3"),
        ("x*3^(1/3)", r"x \cdot 3^{\frac{1}{3}}"),
        ("2*(3/4)", r"2 \cdot \frac{3}{4}"),
        ("2*(3*x/4)", r"2 \cdot \frac{3 x}{4}"),
        ("2*(3^x)^y", r"2 \left(3^{x}\right)^{y}"),
        ("2*(3 + x)", r"2 \left(3 + x\right)"),
        ("2*x^3", r"2 x^{3}"),
        ("2*sqrt(3)", r"2 \sqrt{3}"),
        ("2*(1/2)^x", r"2 \left(\frac{1}{2}\right)^{x}"),
        ("2*pi*3", r"2 \pi \cdot 3"),
    ] {
        assert_eq!(parse(text).unwrap().to_latex(), latex, "{text}");
    }
}

#[test]
fn distinct_variables_are_written_apart() {
    let names = [
        "x1", "x_1", "x__1", "px", "p_x", "theta1", "theta_1", "ϑ1", "φ", "ϕ", "ε", "ϵ", "xi", "x_i", "ell",
        "l", "x_", "x", "_x", "aθ", "a_θ", "mass", "masses", "m_asses",
    ];
    let written: BTreeSet<String> = names.into_iter().map(|name| Expr::symbol(name).to_latex()).collect();
    assert_eq!(written.len(), names.len(), "{written:?}");
    for (text, latex) in [
        ("theta1 - θ1", r"\mathrm{theta1} - \theta_{1}"),
        ("theta1 - θ2", r"\theta_{1} - \theta_{2}"),
        ("phi*φ*ϕ", r"\mathrm{phi} \phi \varphi"),
        ("x1*x_1", r"x_{1} x_{\_1}"),
        ("Ω*omega", r"\Omega \omega"),
    ] {
        assert_eq!(parse(text).unwrap().to_latex(), latex, "{text}");
    }
}

#[test]
fn names_stay_readable() {
    for name in ["x", "px1", "q_x", "energy_total", "θ", "φ2", "Ω", "p_u", "_a", "x_", "H"] {
        assert_eq!(python_name(name), name);
    }
}

#[test]
fn reserved_names_get_an_underscore() {
    for name in [
        "lambda", "in", "is", "None", "S", "E", "I", "N", "O", "Q", "pi", "diff", "zoo", "oo", "beta",
        "gamma", "zeta", "symbols", "sum", "print", "match", "Rational", "sqrt", "class", "nan",
    ] {
        assert_eq!(python_name(name), format!("{name}_"));
        assert_eq!(python_name(&format!("{name}_")), format!("{name}__"));
    }
}

#[test]
fn distinct_names_stay_distinct() {
    let names = [
        "lambda", "lambda_", "lambda__", "φ", "ϕ", "θ", "ϑ", "ε", "ϵ", "\u{b5}", "\u{3bc}", "_0u3d5_",
        "_0u3d5", "_0u5f_", "_0u3d5ϕ", "ϕ0u3d5_", "ϕu3d5_", "x₁", "x1", "x_1", "ªx", "ax", "é", "e\u{301}",
        "\u{212a}", "K", "ſ", "s", "_", "__", "\u{1f71}", "\u{3ac}", "\u{2126}", "\u{3a9}", "ℓ", "l", "x²",
        "x2", "S", "S_", "_0u", "_0U", "__0u",
    ];
    let mut seen = BTreeSet::new();
    for name in names {
        let python = python_name(name);
        assert!(
            python
                .chars()
                .all(|c| (c.is_ascii() || matches!(c, 'Α'..='Ω' | 'α'..='ω'))
                    && (c.is_alphanumeric() || c == '_')),
            "{python}"
        );
        assert!(!python.starts_with(|c: char| c.is_ascii_digit()), "{python}");
        assert!(seen.insert(python.clone()), "{name} is {python} like another");
    }
}

#[test]
fn mathml_is_written_as_latex_is() {
    let written = |text: &str| parse(text).unwrap().to_mathml_terms().concat();
    for (text, mathml) in [
        (
            "-1/sqrt(x)",
            "<mo>−</mo><mfrac><mrow><mn>1</mn></mrow><mrow><msqrt><mi>x</mi></msqrt></mrow></mfrac>",
        ),
        ("2*3", "<mn>2</mn><mo>·</mo><mn>3</mn>"),
        ("theta1", "<msub><mi>θ</mi><mi>1</mi></msub>"),
        (
            "px*p_x",
            "<mi mathvariant=\"normal\">px</mi><mo rspace=\"0.12em\">&#x2062;</mo><mi mathvariant=\"normal\">p_x</mi>",
        ),
        ("p_theta^2", "<msubsup><mi>p</mi><mi>θ</mi><mrow><mn>2</mn></mrow></msubsup>"),
        ("x^(-3/2)", "<msup><mrow><mi>x</mi></mrow><mrow><mn>−3</mn><mo>/</mo><mn>2</mn></mrow></msup>"),
        ("energy_total", "<mi mathvariant=\"normal\">energy_total</mi>"),
    ] {
        assert_eq!(written(text), mathml, "{text}");
    }
    let power = written("(x + 1)^2");
    assert!(power.starts_with("<msup><mrow><mrow><mo") && power.ends_with("<mrow><mn>2</mn></mrow></msup>"));
    let decimals = parse("1.234*x + 0.0000000000012*y + 1/2").unwrap().to_decimal_mathml_terms(2, 4).concat();
    assert!(
        decimals.contains("<mn>1.234</mn>")
            && decimals.contains("<mn>−12</mn>")
            && decimals.contains("<mfrac>"),
        "{decimals}"
    );
}

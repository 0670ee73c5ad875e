//! Formulas on the page: MathML, with the text that reads back beside it.

use super::escape;
use crate::expr::{Expr, parse};

/// In formulas that are not exact, fractions with more digits than this are written as decimals, with so many digits.
const DECIMALS: (usize, usize) = (2, 12);
/// A longer formula may be broken between the terms of its sum.
const ONE_LINE: usize = 40;

/// How numbers are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Numbers {
    /// As fractions.
    Exact,
    /// As decimals, but for the simplest fractions.
    Decimal,
}

/// `name = formula` in a block of its own. A text that is no formula stands as it is.
pub(super) fn block(name: &str, text: &str, domain: Option<&str>, numbers: Numbers) -> String {
    let beside = domain.map_or(String::new(), |domain| format!(" where {domain}"));
    let label = escape(&format!("{name} = {text}{beside}"));
    let Ok(formula) = parse(text) else {
        return format!("<div class=\"formula\"><code>{label}</code></div>\n");
    };
    let mut parts = terms(&formula, numbers);
    let head = format!("{}<mo>=</mo>", symbol(name));
    if text.chars().count() <= ONE_LINE {
        parts = vec![parts.concat()];
    }
    let shown: Vec<String> = parts
        .iter()
        .enumerate()
        .map(|(k, part)| if k == 0 { math(&format!("{head}{part}")) } else { math(part) })
        .collect();
    let domain = domain.map_or(String::new(), |domain| format!(" where {}", inline_conditions(domain)));
    // The parts stand for one formula: readers of screens get its text.
    format!(
        "<div class=\"formula\" role=\"math\" tabindex=\"0\" aria-label=\"{label}\">{}{domain}</div>\n",
        shown.join(" ")
    )
}

/// A formula within a line or a cell of a table. A text that is no formula stands as it is.
pub(super) fn inline(text: &str, numbers: Numbers) -> String {
    match parse(text) {
        Ok(formula) => math(&terms(&formula, numbers).concat()),
        Err(_) => escape(text),
    }
}

/// An equation `left = right`, `left` a symbol with primes.
pub(super) fn equation(text: &str, numbers: Numbers) -> String {
    let Some((left, right)) = text.split_once(" = ") else { return escape(text) };
    let Ok(right) = parse(right) else { return format!("<code>{}</code>", escape(text)) };
    let primes = left.chars().rev().take_while(|c| *c == '\'').count();
    let name = symbol(&left[..left.len() - primes]);
    // A derivative by the time is a dot.
    let left = match primes {
        0 => name,
        1 => format!("<mover accent=\"true\">{name}<mo>˙</mo></mover>"),
        _ => format!("<mover accent=\"true\">{name}<mo>¨</mo></mover>"),
    };
    math(&format!("{left}<mo>=</mo>{}", terms(&right, numbers).concat()))
}

/// The name of a variable or a law.
pub(super) fn name(name: &str) -> String {
    math(&symbol(name))
}

fn symbol(name: &str) -> String {
    Expr::symbol(name).to_mathml_terms().concat()
}

fn terms(formula: &Expr, numbers: Numbers) -> Vec<String> {
    match numbers {
        Numbers::Exact => formula.to_mathml_terms(),
        Numbers::Decimal => formula.to_decimal_mathml_terms(DECIMALS.0, DECIMALS.1),
    }
}

fn inline_conditions(domain: &str) -> String {
    format!("<code>{}</code>", escape(domain))
}

fn math(content: &str) -> String {
    format!("<math><mrow>{content}</mrow></math>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_sum_may_be_broken_and_has_its_text() {
        let html = block("H", "(px^2 + py^2)/2 + a*x^4 + b*x^2*y^2 + a*y^4", Some("x > 0"), Numbers::Exact);
        assert_eq!(html.matches("<math>").count(), 4);
        assert!(html.contains("aria-label=\"H = (px^2") && html.contains("where <code>x &gt; 0</code>"));
        assert_eq!(block("L", "x*py - y*px", None, Numbers::Exact).matches("<math>").count(), 1);
    }

    #[test]
    fn equations_have_dots() {
        let html = equation("theta'' = -g*sin(theta)", Numbers::Exact);
        assert!(
            html.contains("<mover accent=\"true\"><mi>θ</mi><mo>¨</mo></mover><mo>=</mo><mo>−</mo>"),
            "{html}"
        );
    }
}

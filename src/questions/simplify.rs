//! The canonical form of a formula.

use super::{Failure, FormulaAnswer, formula};
use crate::simplify::{self, SimplifyError};

/// A formula in its canonical form.
#[derive(Clone, Debug)]
pub struct Simplified {
    /// The formula, with conditions where it would have a larger domain.
    pub answer: FormulaAnswer,
    /// The steps that lead to it, where these were asked for.
    pub steps: Vec<String>,
}

/// Writes a formula in its canonical and most compact form, with the steps if `explain`.
///
/// # Errors
/// A formula that cannot be read, with its place, or that the exact algebra cannot represent.
pub fn simplify(text: &str, explain: bool) -> Result<Simplified, Failure> {
    let formula = formula(text)?;
    let fail = |error: SimplifyError| Failure::input(error, None);
    let compact = simplify::compact(&formula).map_err(fail)?;
    let domain = simplify::conditions_beside(&formula, &compact.expr).map_err(fail)?;
    let conditions: Vec<String> = domain.iter().map(ToString::to_string).collect();
    let mut document = serde_json::json!({
        "input": formula.to_string(),
        "formula": compact.expr.to_string(),
        "latex": compact.expr.to_latex(),
        "symbols": {"input": formula.symbol_count(), "formula": compact.expr.symbol_count()},
    });
    if !conditions.is_empty() {
        document["domain"] = serde_json::json!(conditions.join(", "));
    }
    let steps = match explain {
        true => simplify::explain(&formula).map_err(fail)?,
        false => Vec::new(),
    };
    if explain {
        document["steps"] = serde_json::json!(steps);
    }
    Ok(Simplified { answer: FormulaAnswer { formula: compact.expr, conditions, document }, steps })
}

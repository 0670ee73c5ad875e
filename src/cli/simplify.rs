//! `liouville simplify`

use clap::Args;

use super::{Exit, Failure, input, output::Output};
use crate::simplify;

/// Write a formula in its canonical and most compact form, with conditions where it would have a larger domain.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  liouville simplify 'x^2 - 2*x*y + y^2'\n  liouville simplify --explain 'sin(a)^2 + cos(a)^2'"
)]
pub(super) struct Simplify {
    /// The formula; its variables are free.
    #[arg(value_name = "F")]
    formula: String,

    /// Show the steps from the formula to its compact form.
    #[arg(long)]
    explain: bool,
}

impl Simplify {
    pub(super) fn run(&self, output: &Output) -> Result<Exit, Failure> {
        let formula = input::formula(&self.formula)?;
        let fail = |error| Failure::input(error, None);
        let compact = simplify::compact(&formula).map_err(fail)?;
        let domain = simplify::conditions_beside(&formula, &compact.expr).map_err(fail)?;
        let texts: Vec<String> = domain.iter().map(ToString::to_string).collect();
        let mut document = serde_json::json!({
            "input": formula.to_string(),
            "formula": compact.expr.to_string(),
            "latex": compact.expr.to_latex(),
            "symbols": {"input": formula.symbol_count(), "formula": compact.expr.symbol_count()},
        });
        if !texts.is_empty() {
            document["domain"] = serde_json::json!(texts.join(", "));
        }
        if self.explain {
            let steps = simplify::explain(&formula).map_err(fail)?;
            document["steps"] = serde_json::json!(steps);
            if output.format() != crate::report::Format::Json {
                for step in &steps {
                    output.print(&format!("{step}\n"));
                }
            }
        }
        output.formula(&compact.expr, &texts, document);
        Ok(Exit::Done)
    }
}

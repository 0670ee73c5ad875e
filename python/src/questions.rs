//! Questions about a system or a formula.

use std::sync::Arc;

use liouville::progress::{Ended, Job, Limits};
use liouville::questions::{self, FormulaAnswer, IntegralsConfig, read_grammar};
use liouville::report::{EquationsFormat, Language, Question};
use liouville::runs::Motion;
use pyo3::prelude::*;

use super::answer::{Answer, Shown};
use super::failure::{exception, input};
use super::job::{self, Interrupt};
use super::system::System;

/// The motion of a system whose parameters have values.
fn motion(system: &liouville::system::System) -> Option<Motion> {
    system.require_numeric().ok()?;
    let text = |symbols: &[liouville::expr::Symbol]| symbols.iter().map(ToString::to_string).collect();
    Some(Motion {
        coordinates: text(&system.coordinates),
        momenta: text(&system.momenta),
        hamiltonian: Some(system.hamiltonian_with_values()?.to_string()),
        laws: Vec::new(),
        canonical: None,
        slowing: Vec::new(),
        train: None,
    })
}

/// Are these laws? Also gives the weakest status.
#[pyfunction]
pub fn verify(py: Python<'_>, system: &System, formulas: Vec<String>) -> PyResult<(Answer, String)> {
    let named = Arc::clone(&system.named);
    let found = job::run(py, None, Interrupt::LeavesIt, move |_, _| {
        questions::verify(&named.0, &formulas).map(|found| (found, motion(&named.0)))
    })?;
    let (found, motion) = found.map_err(|failure| exception(py, &failure))?;
    let (record, shown) = (found.record, Shown::Orbits(Arc::clone(&system.named)));
    let answer = Answer { record, question: Question::Verify, motion, shown, ended: None };
    Ok((answer, found.status.to_string()))
}

/// What is conserved?
#[pyfunction]
#[allow(clippy::too_many_arguments)]
#[pyo3(signature = (system, momentum_degree, coefficient_degree, exhaustive, time_limit, work_limit, grammar, listener))]
pub fn integrals(
    py: Python<'_>,
    system: &System,
    momentum_degree: u32,
    coefficient_degree: Option<u32>,
    exhaustive: bool,
    time_limit: Option<f64>,
    work_limit: Option<u64>,
    grammar: Option<String>,
    listener: Option<&Bound<'_, PyAny>>,
) -> PyResult<Answer> {
    let default = IntegralsConfig::default();
    let limits = Limits {
        work: work_limit.unwrap_or(default.limits.work),
        seconds: time_limit.unwrap_or(default.limits.seconds),
    };
    let grammar =
        grammar.as_deref().map(read_grammar).transpose().map_err(|failure| exception(py, &failure))?;
    let config =
        IntegralsConfig { momentum_degree, coefficient_degree, exhaustive, limits, grammar, ..default };
    let named = Arc::clone(&system.named);
    let found = job::run(py, listener, Interrupt::EndsIt, move |progress, token| {
        let found = questions::integrals(&named.0, &config, &Job::new(progress, token.clone()));
        // What the search left undone after Ctrl-C was short enough to finish, or it says so itself.
        let interrupted = || token.was_called().then_some(Ended::Interrupted);
        found.map(|found| (found.record, found.ended.or_else(interrupted), motion(&named.0)))
    })?;
    let (record, ended, motion) = found.map_err(|failure| exception(py, &failure))?;
    let shown = Shown::Orbits(Arc::clone(&system.named));
    Ok(Answer { record, question: Question::Integrals, motion, shown, ended })
}

/// Formula, conditions, JSON document.
type FormulaParts = (String, Vec<String>, String);

fn parts(answer: &FormulaAnswer) -> FormulaParts {
    (answer.formula.to_string(), answer.conditions.clone(), answer.document.to_string())
}

/// The Poisson bracket of two functions.
#[pyfunction]
pub fn bracket(py: Python<'_>, system: &System, first: String, second: String) -> PyResult<FormulaParts> {
    let named = Arc::clone(&system.named);
    let found =
        job::run(py, None, Interrupt::LeavesIt, move |_, _| questions::bracket(&named.0, &first, &second))?;
    found.map(|answer| parts(&answer)).map_err(|failure| exception(py, &failure))
}

/// A formula in canonical form.
#[pyfunction]
pub fn simplify(py: Python<'_>, formula: String, explain: bool) -> PyResult<FormulaParts> {
    let found = job::run(py, None, Interrupt::LeavesIt, move |_, _| questions::simplify(&formula, explain))?;
    found.map(|found| parts(&found.answer)).map_err(|failure| exception(py, &failure))
}

/// Hamilton's equations in a format.
#[pyfunction]
pub fn equations(py: Python<'_>, system: &System, format: &str) -> PyResult<String> {
    let format = match format {
        "text" => EquationsFormat::Text,
        "latex" => EquationsFormat::Latex,
        "sympy" => EquationsFormat::Sympy,
        "json" => EquationsFormat::Json,
        "python" => EquationsFormat::Program(Language::Python),
        "julia" => EquationsFormat::Program(Language::Julia),
        "rust" => EquationsFormat::Program(Language::Rust),
        other => return Err(input(py, format!("there is no format `{other}`"))),
    };
    let named = Arc::clone(&system.named);
    let found = job::run(py, None, Interrupt::LeavesIt, move |_, _| questions::equations(&named.0))?;
    found.map(|found| found.render(format)).map_err(|failure| exception(py, &failure))
}

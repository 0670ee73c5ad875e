//! Prints results, notes and progress bars.

use std::io::Write;

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use super::Failure;
use super::input::write;
use super::interrupt::command_line;
use crate::data::TrajectorySet;
use crate::expr::Expr;
use crate::report::{Figures, Format, Made, Question, Record, Spectrum, orbits};
use crate::system::System;

/// The options on output, common to all commands.
#[derive(Args, Clone, Debug)]
pub(super) struct Output {
    /// Print one JSON document and nothing else on standard output.
    #[arg(long, global = true, conflicts_with = "format")]
    json: bool,

    /// How results are printed.
    #[arg(long, global = true, value_enum, default_value = "text")]
    format: FormatName,

    /// No progress and no notes on standard error.
    #[arg(long, short, global = true)]
    quiet: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum FormatName {
    Text,
    Latex,
    Sympy,
    Json,
    Markdown,
}

impl Output {
    /// The requested format.
    pub(super) fn format(&self) -> Format {
        if self.json {
            return Format::Json;
        }
        match self.format {
            FormatName::Text => Format::Text,
            FormatName::Latex => Format::Latex,
            FormatName::Sympy => Format::Sympy,
            FormatName::Json => Format::Json,
            FormatName::Markdown => Format::Markdown,
        }
    }

    /// Whether to draw a progress bar: standard error is a terminal, and the user did not ask for quiet.
    pub(super) fn terminal(&self) -> bool {
        !self.quiet && std::io::IsTerminal::is_terminal(&std::io::stderr())
    }

    /// A progress bar with this template, not yet drawn.
    pub(super) fn bar(template: &str) -> ProgressBar {
        let bar = ProgressBar::hidden();
        // Templates are constants, so they always parse.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar
    }

    /// Prints to standard output. Ignores a closed pipe: the reader needs no more.
    pub(super) fn print(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    /// Prints a line to standard error, unless quiet.
    pub(super) fn note(&self, line: &str) {
        if !self.quiet {
            let _ = writeln!(std::io::stderr(), "{line}");
        }
    }

    /// Prints a record in the requested format.
    pub(super) fn record(&self, record: &Record) {
        self.print(&record.render(self.format()));
    }

    /// Writes the report of a record with its pictures.
    pub(super) fn report(
        &self,
        path: &str,
        record: &Record,
        figures: &Figures,
        question: Question,
    ) -> Result<(), Failure> {
        let made = Made { question, command: Some(command_line()) };
        write(path, &record.to_html(figures, &made))?;
        self.note(&format!("report written to {path}"));
        Ok(())
    }

    /// Prints one formula with its conditions: as text, LaTeX or SymPy, inside `document` as JSON.
    pub(super) fn formula(&self, formula: &Expr, conditions: &[String], document: serde_json::Value) {
        let joined = conditions.join(", ");
        let beside = |text: String, word: &str| match conditions {
            [] => text,
            _ => format!("{text}{word}{joined}"),
        };
        let line = match self.format() {
            Format::Text | Format::Markdown => beside(formula.to_string(), " where "),
            Format::Latex => beside(formula.to_latex(), " % where "),
            Format::Sympy => beside(formula.to_sympy(), "  # where "),
            Format::Json => serde_json::to_string_pretty(&document).unwrap_or_default(),
        };
        self.print(&format!("{line}\n"));
    }
}

/// The figures of a record of a given Hamiltonian; none where it cannot be integrated.
pub(super) fn figures_of(system: &System, record: &Record) -> Figures {
    let Some(set) = orbits(system) else { return Figures::default() };
    Figures { spectrum: spectrum(system, &set), ..Figures::of_orbits(system, &set, record) }
}

#[cfg(feature = "learn")]
fn spectrum(system: &System, orbits: &TrajectorySet) -> Option<Spectrum> {
    crate::runs::spectrum(&system.hamiltonian_with_values()?, orbits)
}

#[cfg(not(feature = "learn"))]
fn spectrum(_: &System, _: &TrajectorySet) -> Option<Spectrum> {
    None
}

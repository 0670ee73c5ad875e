//! Prints results, notes and progress bars.

use std::io::Write;

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use super::Failure;
use super::input::write;
use super::interrupt::command_line;
use crate::questions::FormulaAnswer;
use crate::report::{EquationsFormat, Figures, Format, Language, Made, Question, Record};

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
    /// Of `equations` alone.
    Python,
    /// Of `equations` alone.
    Julia,
    /// Of `equations` alone.
    Rust,
}

impl Output {
    /// The format of equations.
    pub(super) fn equations_format(&self) -> EquationsFormat {
        match self.format {
            _ if self.json => EquationsFormat::Json,
            FormatName::Text | FormatName::Markdown => EquationsFormat::Text,
            FormatName::Latex => EquationsFormat::Latex,
            FormatName::Sympy => EquationsFormat::Sympy,
            FormatName::Json => EquationsFormat::Json,
            FormatName::Python => EquationsFormat::Program(Language::Python),
            FormatName::Julia => EquationsFormat::Program(Language::Julia),
            FormatName::Rust => EquationsFormat::Program(Language::Rust),
        }
    }

    /// Fails if the format is one of programs, which only `equations` writes.
    pub(super) fn check_is_record(&self) -> Result<(), Failure> {
        match self.format {
            FormatName::Python | FormatName::Julia | FormatName::Rust => Err(Failure::input(
                "`python`, `julia` and `rust` are formats of `liouville equations`",
                Some("this command has text, latex, sympy, json and markdown"),
            )),
            _ => Ok(()),
        }
    }

    /// The requested format of records.
    pub(super) fn format(&self) -> Format {
        if self.json {
            return Format::Json;
        }
        match self.format {
            FormatName::Text | FormatName::Python | FormatName::Julia | FormatName::Rust => Format::Text,
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

    /// Prints one formula with its conditions: as text, LaTeX or SymPy, or its document as JSON.
    pub(super) fn formula(&self, answer: &FormulaAnswer) {
        let FormulaAnswer { formula, conditions, document } = answer;
        let joined = conditions.join(", ");
        let beside = |text: String, word: &str| match conditions.as_slice() {
            [] => text,
            _ => format!("{text}{word}{joined}"),
        };
        let line = match self.format() {
            Format::Text | Format::Markdown => beside(formula.to_string(), " where "),
            Format::Latex => beside(formula.to_latex(), " % where "),
            Format::Sympy => beside(formula.to_sympy(), "  # where "),
            Format::Json => serde_json::to_string_pretty(document).unwrap_or_default(),
        };
        self.print(&format!("{line}\n"));
    }
}

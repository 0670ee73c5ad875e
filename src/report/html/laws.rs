//! The laws on the page: each with its formula, its status and its evidence; the matrix of brackets; known laws.

use super::super::{EvidenceRecord, KnownRecord, LawRecord, Question, Record, text};
use super::math::{self, Numbers};
use super::{escape, source, table};
use crate::mechanics::Status;

pub(super) fn section(record: &Record, question: Question) -> String {
    let mut body = String::new();
    if record.laws.is_empty() {
        body += "<p>None besides H was found.</p>\n";
    }
    body += &record.laws.iter().map(law).collect::<String>();
    if !record.combinations.is_empty() {
        body += "<h3>Combinations of the laws, in involution</h3>\n";
        for combination in &record.combinations {
            body += &math::block(&combination.name, &combination.of, None, Numbers::Exact);
        }
    }
    let heading = if question == Question::Verify { "The functions" } else { "Laws besides H" };
    format!("<section>\n<h2>{heading}</h2>\n{body}</section>\n")
}

fn law(law: &LawRecord) -> String {
    let numbers = if law.status == Status::Supported { Numbers::Decimal } else { Numbers::Exact };
    let (name, formula, domain) = (&law.name, &law.formula, law.domain.as_deref());
    let mut body = math::block(name, formula, domain, numbers);
    body += &format!("<p>{}{}</p>\n", badge(law.status), escape(&text::statement(law)));
    body += &source(name, formula, domain);
    if let Some(numeric) = law.numeric.as_ref().filter(|numeric| *numeric != formula) {
        body += &format!(
            "<p class=\"source\">with the measured constants: <code>{}</code></p>\n",
            escape(numeric)
        );
    }
    body += &evidence(&law.evidence);
    format!("<article class=\"law\">\n<h3>{}</h3>\n{body}</article>\n", math::name(name))
}

fn badge(status: Status) -> String {
    let class = match status {
        Status::Proved => " good",
        Status::Refuted => " bad",
        Status::Supported | Status::Piecewise | Status::Unknown => "",
    };
    format!("<span class=\"badge{class}\">{status}</span>")
}

/// What data and networks say of a law.
fn evidence(evidence: &EvidenceRecord) -> String {
    let rows = [
        ("rate along the velocities of held-out data", evidence.direct_residual),
        ("drift along held-out runs", evidence.trajectory_drift),
        ("rate along the learned field", evidence.flow_residual),
        ("part outside the learned coordinates", evidence.span_residual),
    ];
    let row =
        |(name, value): &(&str, Option<f64>)| Some(vec![(*name).to_owned(), escape(&text::short((*value)?))]);
    let rows: Vec<Vec<String>> = rows.iter().filter_map(row).collect();
    table("Evidence, relative; 0 for an exact law in exact data", &["measure", "value"], &rows)
}

/// The matrix of Poisson brackets.
pub(super) fn brackets(record: &Record) -> String {
    if record.laws.is_empty() || record.brackets.is_empty() {
        return String::new();
    }
    let names: Vec<String> = record.bracket_names().into_iter().map(math::name).collect();
    let row = |(name, cells): (&String, &Vec<String>)| {
        let cells = cells.iter().map(|cell| math::inline(cell, Numbers::Exact));
        std::iter::once(name.clone()).chain(cells).collect()
    };
    let rows: Vec<Vec<String>> = names.iter().zip(&record.brackets).map(row).collect();
    let mut head = vec!["<span aria-label=\"row, column\">{ , }</span>"];
    head.extend(names.iter().map(String::as_str));
    format!(
        "<section>\n<h2>Poisson brackets</h2>\n{}</section>\n",
        table("The bracket {row, column} of H and the laws with each other", &head, &rows)
    )
}

/// What the literature states, for comparison.
pub(super) fn known(record: &Record) -> String {
    let row = |known: &KnownRecord| {
        let determined = if known.determined { "a function of the laws above" } else { "not found above" };
        vec![
            math::name(&known.law.name),
            math::inline(&known.law.formula, Numbers::Exact),
            determined.to_owned(),
            badge(known.law.status),
        ]
    };
    let rows: Vec<Vec<String>> = record.known.iter().map(row).collect();
    if rows.is_empty() {
        return String::new();
    }
    format!(
        "<section>\n<h2>Known from the literature</h2>\n<p>For comparison alone: the search did not see them.</p>\n{}</section>\n",
        table("Known laws", &["law", "formula", "found here", "bracket with H"], &rows)
    )
}

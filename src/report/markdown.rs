//! Renders the record as a Markdown page.

use super::network::{further, prediction};
use super::{Record, text};

/// The whole record as Markdown with LaTeX formulas.
pub(super) fn page(record: &Record) -> String {
    let system = &record.system;
    let mut page = format!("# {}\n\n", system.name);
    page += &format!("Coordinates {}; momenta {}.", code(&system.coordinates), code(&system.momenta));
    for (name, value) in &system.parameters {
        page += &format!(" `{name} = {value}`.");
    }
    page += "\n\n## Hamiltonian\n\n";
    match &record.hamiltonian.latex {
        Some(latex) => {
            let domain = text::beside(&record.hamiltonian.domain);
            page += &format!("$$H = {latex}$${domain}\n\n{}", record.hamiltonian.source);
        }
        None => page += "No closed form was recovered",
    }
    if let Some(residual) = record.hamiltonian.residual {
        page += &format!(", residual {}", text::short(residual));
    }
    page += ".\n\n## Laws\n\n";
    if record.laws.is_empty() {
        page += "None besides H was found.\n\n";
    } else {
        page += "| law | formula | status | evidence |\n| --- | --- | --- | --- |\n";
        for law in &record.laws {
            let evidence = text::evidence(&law.evidence);
            let domain = text::beside(&law.domain);
            page += &format!("| {} | ${}${domain} | {} | {evidence} |\n", law.name, law.latex, law.status);
        }
        for combination in &record.combinations {
            page +=
                &format!("\n${} = {}$, a combination of the laws.\n", combination.name, combination.latex);
        }
        page += "\n## Poisson brackets\n\n";
        let names = record.bracket_names();
        page += &format!("| | {} |\n|{}\n", names.join(" | "), " --- |".repeat(names.len() + 1));
        for (name, row) in names.iter().zip(&record.brackets) {
            page += &format!("| **{name}** | {} |\n", row.join(" | "));
        }
        page.push('\n');
    }
    page += &format!("## Verdict\n\n{}", record.verdict);
    if let Some(independent) = record.independent {
        page += &format!("; {independent} independent");
    }
    if !record.involutive.is_empty() {
        page += &format!("; in involution: {}", record.involutive.join(", "));
    }
    page += ".\n";
    if let Some(obstruction) = &record.obstruction {
        page += &format!("\nProved: {} ({}).\n", obstruction.statement, text::OTHER_INTEGRALS);
        if let Some(relative) = &obstruction.relative {
            page += &format!("\nThe motion {}.\n", relative.statement);
        }
    }
    let generic = text::generic(record);
    if !generic.is_empty() {
        page += &format!("\n{generic}");
    }
    page += &networks(record);
    for note in &record.notes {
        page += &format!("\n> {note}\n");
    }
    page
}

/// The learned momenta in the laws, and what the networks know beyond these.
fn networks(record: &Record) -> String {
    let Some(network) = &record.network else { return String::new() };
    let mut text = format!("\n## Networks\n\n{} cyclic, {} steps.\n", network.cyclic, network.steps);
    for (i, coordinate) in network.coordinates.iter().enumerate() {
        if let (Some(latex), Some(r2)) = (&coordinate.in_laws_latex, coordinate.r2) {
            let r2 = text::share_explained(r2);
            text += &format!("\n$\\hat{{P}}_{{{}}} = {latex}$ (R² {r2})\n", i + 1);
        }
    }
    let more = prediction(record).into_iter().chain(further(record));
    text + &more.map(|line| format!("\n{line}\n")).collect::<String>()
}

fn code(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

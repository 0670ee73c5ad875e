//! Renders the record as text for a terminal.

use super::{CombinationRecord, EvidenceRecord, LawRecord, Record};
use crate::mechanics::Status;

/// The whole record as a page of plain text.
pub(super) fn page(record: &Record) -> String {
    let blocks = [
        heading(record),
        hamiltonian(record),
        laws(record),
        combinations(record),
        brackets(record),
        known(record),
        network(record),
        verdict(record),
        record.notes.iter().map(|note| format!("note: {note}\n")).collect(),
    ];
    let mut page = String::new();
    for block in blocks.iter().filter(|block| !block.is_empty()) {
        if !page.is_empty() {
            page.push('\n');
        }
        page.push_str(block);
    }
    page
}

fn heading(record: &Record) -> String {
    let system = &record.system;
    let dof = system.coordinates.len();
    let plural = if dof == 1 { "degree" } else { "degrees" };
    let mut line = format!("{} · {dof} {plural} of freedom", system.name);
    for (name, value) in &system.parameters {
        line += &format!(" · {name} = {value}");
    }
    line.push('\n');
    if let Some(data) = &record.data {
        line += &format!(
            "data: {}, {} trajectories, {} points, derivatives {}",
            data.source, data.trajectories, data.points, data.derivatives
        );
        if let Some(noise) = data.noise {
            line += &format!(", noise about {}", short(noise));
        }
        line.push('\n');
    }
    line
}

fn hamiltonian(record: &Record) -> String {
    let h = &record.hamiltonian;
    let Some(formula) = &h.formula else {
        return "H: no closed form was recovered\n".to_owned();
    };
    let mut text = format!("H = {formula}{}\n", beside(&h.domain));
    if h.source == "recovered" {
        let kind = if h.exact == Some(true) { "exact coefficients" } else { "coefficients in decimals" };
        text += &format!("    recovered from the data, {kind}");
        if let Some(residual) = h.residual {
            text += &format!(", residual {}", short(residual));
        }
        match h.agrees_with_file {
            Some(true) => text += "; equals the H that made the data, up to a constant",
            Some(false) => text += "; differs from the H that made the data",
            None => {}
        }
        text.push('\n');
    }
    text
}

fn laws(record: &Record) -> String {
    if record.laws.is_empty() {
        return "Laws besides H: none found\n".to_owned();
    }
    let mut text = "Laws besides H\n".to_owned();
    let name_width = record.laws.iter().map(|law| width(&law.name)).max().unwrap_or(0);
    for law in &record.laws {
        text += &format!("  {} = {}{}\n", padded(&law.name, name_width), law.formula, beside(&law.domain));
        text += &format!("  {}   {}\n", " ".repeat(name_width), status(law));
    }
    text
}

/// The conditions that follow a formula.
pub(super) fn beside(domain: &Option<String>) -> String {
    domain.as_ref().map_or(String::new(), |conditions| format!(" where {conditions}"))
}

/// The combinations of the laws, in their names.
fn combinations(record: &Record) -> String {
    if record.combinations.is_empty() {
        return String::new();
    }
    let line = |c: &CombinationRecord| format!("  {} = {}\n", c.name, c.of);
    let lines: String = record.combinations.iter().map(line).collect();
    format!("Combinations of the laws, in involution\n{lines}")
}

fn status(law: &LawRecord) -> String {
    let bracket = law.bracket_with_h.as_deref();
    let status = match law.status {
        Status::Proved => format!("proved: {{{}, H}} = 0", law.name),
        Status::Piecewise => format!(
            "piecewise: {{{}, H}} = 0 on each side of {} = 0, where it may jump: no law",
            law.name,
            law.surface.as_deref().unwrap_or("?")
        ),
        Status::Supported => "supported by the data, not proved".to_owned(),
        Status::Refuted => format!("not conserved: {{{}, H}} = {}", law.name, bracket.unwrap_or("?")),
        Status::Unknown => {
            format!("undecided: {{{}, H}} = {}, not shown to vanish", law.name, bracket.unwrap_or("?"))
        }
    };
    let evidence = evidence(&law.evidence);
    if evidence.is_empty() { status } else { format!("{status} · {evidence}") }
}

/// The available evidence, in one line.
pub(super) fn evidence(evidence: &EvidenceRecord) -> String {
    let parts = [
        ("network span", evidence.span_residual),
        ("learned flow", evidence.flow_residual),
        ("data flow", evidence.direct_residual),
        ("held-out drift", evidence.trajectory_drift),
    ];
    let shown = parts.iter().filter_map(|(name, value)| Some(format!("{name} {}", short((*value)?))));
    shown.collect::<Vec<_>>().join(", ")
}

fn brackets(record: &Record) -> String {
    if record.laws.is_empty() || record.brackets.is_empty() {
        return String::new();
    }
    let names = record.bracket_names();
    // A wide matrix is hard to read, so long entries are listed below it by pair.
    let entry = |text: &str| if width(text) <= 14 { text.to_owned() } else { "*".to_owned() };
    let widest = record.brackets.iter().flatten().map(|cell| width(&entry(cell)));
    let column = widest.chain(names.iter().map(|name| width(name))).max().unwrap_or(1);
    let first = names.iter().map(|name| width(name)).max().unwrap_or(1);
    let mut text = "Poisson brackets {row, column}\n".to_owned();
    text += &format!("  {}", " ".repeat(first));
    for name in &names {
        text += &format!("  {}", padded(name, column));
    }
    text = text.trim_end().to_owned() + "\n";
    for (name, row) in names.iter().zip(&record.brackets) {
        let cells: String = row.iter().map(|cell| format!("  {}", padded(&entry(cell), column))).collect();
        text += format!("  {}{cells}", padded(name, first)).trim_end();
        text.push('\n');
    }
    for (i, row) in record.brackets.iter().enumerate() {
        for (j, cell) in row.iter().enumerate().skip(i + 1) {
            if entry(cell) == "*" {
                text += &format!("  {{{}, {}}} = {cell}\n", names[i], names[j]);
            }
        }
    }
    text
}

fn known(record: &Record) -> String {
    if record.known.is_empty() {
        return String::new();
    }
    let mut text = "Known from the literature, for comparison\n".to_owned();
    let name_width = record.known.iter().map(|known| width(&known.law.name)).max().unwrap_or(0);
    for known in &record.known {
        let law = &known.law;
        let determined = if known.determined { "a function of the laws above" } else { "not found above" };
        text += &format!("  {} = {}\n", padded(&law.name, name_width), law.formula);
        text += &format!("  {}   {determined}; {}\n", " ".repeat(name_width), status(law));
    }
    text
}

fn network(record: &Record) -> String {
    let Some(network) = &record.network else { return String::new() };
    let losses: Vec<String> =
        network.losses.iter().map(|(name, value)| format!("{name} {}", short(*value))).collect();
    format!(
        "Networks: {} cyclic, {} steps; held-out losses: {}\n",
        network.cyclic,
        network.steps,
        losses.join(", ")
    )
}

fn verdict(record: &Record) -> String {
    let mut text = String::new();
    if let Some(independent) = record.independent {
        text += &format!("Independent: {independent}");
        if !record.involutive.is_empty() {
            text += &format!("; in involution: {}", record.involutive.join(", "));
        }
        text.push('\n');
    }
    text += &format!("Verdict: {}\n", record.verdict);
    if let Some(searched) = &record.searched {
        let kind = if searched.exhaustive { "exhaustively" } else { "in part" };
        text += &format!(
            "Searched {kind}: {} terms, degree {} in the momenta, coefficients to degree {}, {}\n",
            searched.terms, searched.momentum_degree, searched.coefficient_degree, searched.library
        );
        for space in &searched.spaces {
            text += &format!("  {space}\n");
        }
        if let Some(stopped) = &searched.stopped {
            text += &format!("  {stopped}\n");
        }
    }
    if let Some(hint) = &record.hint {
        text += &format!("Numerical hint (evidence, not proof): {} on {} orbits", hint.motion, hint.orbits);
        if let Some(exponent) = hint.lyapunov_exponent {
            text += &format!(", largest Lyapunov exponent {}", short(exponent));
        }
        if let Some(index) = hint.alignment_index {
            text += &format!(", smallest alignment index {}", short(index));
        }
        text.push('\n');
    }
    text
}

/// The value with two significant digits.
pub(super) fn short(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if (0.01..1000.0).contains(&value.abs()) {
        let digits = (1 - value.abs().log10().floor() as i32).max(0) as usize;
        format!("{value:.digits$}")
    } else {
        format!("{value:.1e}")
    }
}

fn width(text: &str) -> usize {
    text.chars().count()
}

fn padded(text: &str, to: usize) -> String {
    format!("{text}{}", " ".repeat(to.saturating_sub(width(text))))
}

//! Renders the record as text for a terminal.

use super::network::{further, prediction};
use super::{CombinationRecord, ConstantRecord, CoordinateValueRecord, EvidenceRecord, LawRecord, Record};
use crate::mechanics::Status;

/// What a proof of non-integrability leaves open.
pub(super) const OTHER_INTEGRALS: &str = "integrals of other kinds (smooth ones, or real-analytic ones that are \
     not meromorphic in the complex domain) are not excluded";

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
        if let Some(understood) = &data.read_as {
            return line + understood + "\n";
        }
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
    text += &standing(record).map_or(String::new(), |line| format!("    {line}\n"));
    if h.status.is_some() {
        text += &constants(record);
    }
    text
}

/// How a Hamiltonian that was recovered stands.
pub(super) fn standing(record: &Record) -> Option<String> {
    let h = &record.hamiltonian;
    match &h.status {
        Some(status) => Some(format!("{status}: {}", meaning(record, status))),
        None if h.source == "recovered" => {
            let kind = if h.exact == Some(true) { "exact coefficients" } else { "coefficients in decimals" };
            let residual = h.residual.map_or(String::new(), |r| format!(", residual {}", short(r)));
            let file = match h.agrees_with_file {
                Some(true) => "; equals the H that made the data, up to a constant",
                Some(false) => "; differs from the H that made the data",
                None => "",
            };
            Some(format!("recovered from the data, {kind}{residual}{file}"))
        }
        None => None,
    }
}

/// What the status of a recording's Hamiltonian means.
fn meaning(record: &Record, status: &str) -> String {
    let h = &record.hamiltonian;
    let unexplained =
        h.unexplained_fraction.map_or("a part".to_owned(), |part| format!("{} %", short(100.0 * part)));
    let of = if record.data.as_ref().is_some_and(|data| data.read_as.is_some()) {
        "accelerations"
    } else {
        "velocities in phase space"
    };
    match status {
        "exact" => "every constant is a justified rational; H explains the data to its noise".to_owned(),
        "determined" => "H explains the data to its noise".to_owned(),
        "ambiguous" => "other forms explain the data about as well".to_owned(),
        "approximate" => format!("{unexplained} of the {of} is not explained by H"),
        _ => format!("nothing in the library explains the data; {unexplained} of the {of} is left"),
    }
}

/// The constants of a recording's Hamiltonian, its masses and friction, its equations of motion and alternatives.
fn constants(record: &Record) -> String {
    let h = &record.hamiltonian;
    let mut text = String::new();
    let mut list = |title: &str, entries: Vec<String>| {
        if !entries.is_empty() {
            text += &format!("    {title}: {}\n", entries.join(", "));
        }
    };
    let constant = |c: &ConstantRecord| format!("{} = {}", c.name, with_error(c.value, c.standard_error));
    list("constants", h.constants.iter().map(constant).collect());
    // Masses of 1 are the unit and need no word.
    if h.masses.iter().any(|mass| mass.value != 1.0) {
        list("masses", by_value(&h.masses));
    }
    list("friction, beside H", by_value(&h.friction));
    for equation in &h.equations {
        text += &format!("    {equation}\n");
    }
    for other in &h.alternatives {
        text += &format!("    or H = {} (ΔBIC {})\n", other.formula, short(other.delta_bic));
        let mut about: Vec<String> = other.constants.iter().map(constant).collect();
        about.push(other.verdict.to_string());
        let is_new = |law: &&String| record.laws.iter().all(|common| common.formula != **law);
        about.extend(other.laws.iter().filter(is_new).cloned());
        text += &format!("      {}\n", about.join("; "));
    }
    text
}

/// Values with the coordinates that they belong to: `2.3(1) for x2 and y2`.
fn by_value(rows: &[CoordinateValueRecord]) -> Vec<String> {
    let same = |a: &CoordinateValueRecord, b: &CoordinateValueRecord| {
        (a.value, a.standard_error) == (b.value, b.standard_error)
    };
    let entry = |group: &[CoordinateValueRecord]| {
        let names: Vec<&str> = group.iter().map(|row| row.coordinate.as_str()).collect();
        format!("{} for {}", with_error(group[0].value, group[0].standard_error), names.join(" and "))
    };
    rows.chunk_by(same).map(entry).collect()
}

/// A value with its standard error in the last two digits: `1.3270(12)`.
pub(super) fn with_error(value: f64, error: f64) -> String {
    if !(error > 0.0 && error.is_finite() && value.is_finite()) {
        return format!("{value}");
    }
    // The error keeps two digits if they begin with 1, else one.
    let place = error.log10().floor() as i32;
    let leading = error / 10f64.powi(place);
    let place = if leading < 1.95 { place - 1 } else { place };
    let units = (error / 10f64.powi(place)).round();
    match place {
        _ if place > 0 || value.abs() >= 1e15 || (value != 0.0 && value.abs() < 1e-4) => {
            let exponent = value.abs().log10().floor() as i32;
            let digits = (exponent - place).max(0) as usize;
            format!("{:.digits$}({units})e{exponent}", value / 10f64.powi(exponent))
        }
        _ => format!("{value:.*}({units})", place.unsigned_abs() as usize),
    }
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
    let (statement, evidence) = (statement(law), evidence(&law.evidence));
    if evidence.is_empty() || law.refused.is_some() {
        statement
    } else {
        format!("{statement} · {evidence}")
    }
}

/// What was proved of a law, or why nothing was.
pub(super) fn statement(law: &LawRecord) -> String {
    if let Some(reason) = &law.refused {
        return format!("not judged: {reason}");
    }
    let bracket = law.bracket_with_h.as_deref();
    match law.status {
        Status::Proved if law.for_every.is_empty() => format!("proved: {{{}, H}} = 0", law.name),
        Status::Proved => format!("proved for every {}: {{{}, H}} = 0", law.for_every.join(", "), law.name),
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
    }
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
    let mut text = format!(
        "Networks: {} cyclic, {} steps; held-out losses: {}\n",
        network.cyclic,
        network.steps,
        losses.join(", ")
    );
    for (i, coordinate) in network.coordinates.iter().enumerate() {
        if let (Some(formula), Some(r2)) = (&coordinate.in_laws, coordinate.r2) {
            text += &format!("  learned P{} = {formula}   (R² {})\n", i + 1, share_explained(r2));
        }
    }
    let more = prediction(record).into_iter().chain(further(record));
    text + &more.map(|line| format!("  {line}\n")).collect::<String>()
}

/// R² with as many nines as it has.
pub(super) fn share_explained(r2: f64) -> String {
    let digits = (1.0 - (1.0 - r2).max(1e-7).log10()).ceil().clamp(2.0, 8.0) as usize;
    format!("{r2:.digits$}")
}

/// For which values of symbolic parameters the statements hold. A law is proved with the letters in it, so it holds for
/// every value; ranks and dimensions are those over the field of functions of the letters, and they can be others
/// where some polynomial in the letters vanishes.
pub(super) fn generic(record: &Record) -> String {
    let letters = &record.system.symbolic;
    if letters.is_empty() || record.independent.is_none() {
        return String::new();
    }
    format!(
        "Letters {}: each law holds wherever it is defined; counts, verdict and searches hold for all values but \
         exceptional ones, the zeros of a polynomial in them\n",
        letters.join(", ")
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
    if let Some(obstruction) = &record.obstruction {
        text += &format!("  proved: {}\n", obstruction.statement);
        if let Some(relative) = &obstruction.relative {
            text += &format!("  {}\n", relative.statement);
        }
        text += &format!("  {OTHER_INTEGRALS}\n");
    }
    text += &generic(record);
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

#[cfg(test)]
mod tests {
    use super::with_error;

    #[test]
    fn a_value_ends_where_its_error_begins() {
        assert_eq!(with_error(1.327_004_2, 3.1e-5), "1.32700(3)");
        assert_eq!(with_error(-9.807, 0.0123), "-9.807(12)");
        assert_eq!(with_error(0.5, 0.0), "0.5");
        assert_eq!(with_error(3.986_004e14, 2.6e8), "3.986004(3)e14");
        assert_eq!(with_error(2.961e-4, 1.2e-7), "0.00029610(12)");
        assert_eq!(with_error(2.961e-5, 1.2e-8), "2.9610(12)e-5");
    }
}

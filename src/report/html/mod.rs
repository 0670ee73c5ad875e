//! Renders record and figures as one HTML page that needs nothing else: style within, formulas in MathML, pictures in
//! SVG, no scripts.

mod laws;
mod math;
mod pictures;
mod plot;
mod words;

use super::network::{further, prediction};
use super::{ConstantRecord, CoordinateValueRecord, Figures, Made, Record, text};
use math::Numbers;

const STYLE: &str = include_str!("style.css");

/// The whole page.
pub(super) fn page(record: &Record, figures: &Figures, made: &Made) -> String {
    let body = [
        heading(record, made),
        hamiltonian(record),
        laws::section(record, made.question),
        laws::brackets(record),
        laws::known(record),
        pictures::section(record, figures),
        network(record),
        searched(record),
        notes(record),
        words::section(record),
        how(record, made),
    ];
    let title = escape(&format!("{}: {} — liouville", record.system.name, words::verdict(record, made)));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"generator\" content=\"liouville {}\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n\
         <body>\n<main>\n{}</main>\n</body>\n</html>\n",
        escape(&record.version),
        body.concat()
    )
}

/// Text within HTML, also within the quotes of an attribute.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// The question, the verdict, and what was asked about.
fn heading(record: &Record, made: &Made) -> String {
    let class = match words::tone(record) {
        words::Tone::Good => " good",
        words::Tone::Bad => " bad",
        words::Tone::Open => "",
    };
    let facts: String = facts(record).iter().map(|fact| format!("<li>{fact}</li>")).collect();
    let mut verdict = format!("<strong>{}</strong>", escape(&words::verdict(record, made)));
    for line in words::reasons(record, made) {
        verdict += &format!("<p>{}</p>", escape(&line));
    }
    format!(
        "<header>\n<p class=\"kicker\">liouville {}</p>\n<h1>{}</h1>\n<div class=\"verdict{class}\">{verdict}</div>\n\
         <ul class=\"facts\">{facts}</ul>\n</header>\n",
        made.question.command(),
        escape(&words::question(record, made))
    )
}

fn facts(record: &Record) -> Vec<String> {
    let system = &record.system;
    let dof = system.coordinates.len();
    let degrees = if dof == 1 { "degree" } else { "degrees" };
    let mut facts = vec![format!("{dof} {degrees} of freedom")];
    let names = |names: &[String]| names.iter().map(|name| math::name(name)).collect::<Vec<_>>().join(", ");
    facts.push(format!("coordinates {}", names(&system.coordinates)));
    facts.push(format!("momenta {}", names(&system.momenta)));
    let value = |(name, value): (&String, &String)| {
        format!("{} = {}", math::name(name), math::inline(value, Numbers::Exact))
    };
    facts.extend(system.parameters.iter().map(value));
    if let Some(data) = &record.data {
        facts.push(match &data.read_as {
            Some(understood) => escape(understood),
            None => format!(
                "data: {}, {} trajectories, {} points, derivatives {}",
                escape(&data.source),
                data.trajectories,
                data.points,
                escape(&data.derivatives)
            ),
        });
        facts.extend(data.noise.map(|noise| format!("noise about {}", text::short(noise))));
    }
    facts
}

/// How numbers in the Hamiltonian are written.
fn numbers(record: &Record) -> Numbers {
    let h = &record.hamiltonian;
    // With letters for the measured constants, what is written is exact whatever the status.
    let decimal = h.exact == Some(false) && h.constants.is_empty();
    if decimal { Numbers::Decimal } else { Numbers::Exact }
}

fn hamiltonian(record: &Record) -> String {
    let h = &record.hamiltonian;
    let mut body = String::new();
    match &h.formula {
        Some(formula) => {
            body += &math::block("H", formula, h.domain.as_deref(), numbers(record));
            body += &source("H", formula, h.domain.as_deref());
        }
        None => body += "<p>No closed form was recovered.</p>\n",
    }
    body += &text::standing(record).map_or(String::new(), |line| format!("<p>{}</p>\n", escape(&line)));
    body += &constants(&h.constants);
    // Masses of 1 are the unit and need no table.
    if h.masses.iter().any(|mass| mass.value != 1.0) {
        body += &by_coordinate("Masses; the first is the unit", "mass", &h.masses);
    }
    body += &by_coordinate("Friction, beside H: the rate γ of v′ = … − γ·v", "γ", &h.friction);
    if !h.equations.is_empty() {
        let line = |equation: &String| format!("<div>{}</div>", math::equation(equation, numbers(record)));
        let lines: String = h.equations.iter().map(line).collect();
        body += "<h3>Equations of motion, in the variables of the data</h3>\n";
        body += &format!(
            "<div class=\"formula\" tabindex=\"0\" role=\"group\" aria-label=\"Equations of motion\">{lines}</div>\n"
        );
    }
    body += &alternatives(record);
    format!("<section>\n<h2>Hamiltonian</h2>\n{body}</section>\n")
}

/// The formula as text, to be copied.
fn source(name: &str, formula: &str, domain: Option<&str>) -> String {
    let beside = domain.map_or(String::new(), |domain| format!(" where {domain}"));
    format!("<p class=\"source\"><code>{}</code></p>\n", escape(&format!("{name} = {formula}{beside}")))
}

/// A table with a caption, the first cell of each row its header. Cells are HTML.
fn table(caption: &str, head: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let head: String = head.iter().map(|cell| format!("<th scope=\"col\">{cell}</th>")).collect();
    let row = |cells: &Vec<String>| {
        let rest: String =
            cells[1..].iter().map(|cell| format!("<td class=\"number\">{cell}</td>")).collect();
        format!("<tr><th scope=\"row\">{}</th>{rest}</tr>\n", cells[0])
    };
    let rows: String = rows.iter().map(row).collect();
    format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{caption}\"><table>\n<caption>{caption}</caption>\n\
         <thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n",
        caption = escape(caption)
    )
}

fn constants(constants: &[ConstantRecord]) -> String {
    let row = |c: &ConstantRecord| {
        let relative = (c.value != 0.0).then(|| 100.0 * (c.standard_error / c.value).abs());
        vec![
            math::name(&c.name),
            escape(&text::with_error(c.value, c.standard_error)),
            escape(&format!("{:e}", rounded(c.standard_error))),
            relative.map_or("–".to_owned(), |share| format!("{} %", text::short(share))),
        ]
    };
    let rows: Vec<Vec<String>> = constants.iter().map(row).collect();
    table(
        "Measured constants",
        &["constant", "value (error in the last digits)", "standard error", "relative"],
        &rows,
    )
}

/// With two significant digits.
fn rounded(value: f64) -> f64 {
    format!("{value:.1e}").parse().unwrap_or(value)
}

fn by_coordinate(caption: &str, head: &str, rows: &[CoordinateValueRecord]) -> String {
    let row = |row: &CoordinateValueRecord| {
        vec![math::name(&row.coordinate), escape(&text::with_error(row.value, row.standard_error))]
    };
    table(caption, &["coordinate", head], &rows.iter().map(row).collect::<Vec<_>>())
}

/// Other forms that the data cannot tell from the printed one.
fn alternatives(record: &Record) -> String {
    let row = |other: &super::AlternativeRecord| {
        let constant = |c: &ConstantRecord| {
            format!("{} = {}", math::name(&c.name), escape(&text::with_error(c.value, c.standard_error)))
        };
        vec![
            math::inline(&other.formula, Numbers::Exact),
            escape(&text::short(other.delta_bic)),
            other.constants.iter().map(constant).collect::<Vec<_>>().join(", "),
            escape(&other.verdict.to_string()),
            other.laws.iter().map(|law| math::inline(law, Numbers::Exact)).collect::<Vec<_>>().join("; "),
        ]
    };
    let rows: Vec<Vec<String>> = record.hamiltonian.alternatives.iter().map(row).collect();
    let caption = "Other forms of H that the data cannot tell from this one. ΔBIC is how much worse each is; below about 10 \
                   the data hardly decides";
    table(caption, &["H", "ΔBIC", "constants", "verdict", "laws"], &rows)
}

fn network(record: &Record) -> String {
    let Some(network) = &record.network else { return String::new() };
    let losses: Vec<Vec<String>> =
        network.losses.iter().map(|(name, loss)| vec![escape(name), escape(&text::short(*loss))]).collect();
    let learned = |(i, coordinate): (usize, &super::CoordinateRecord)| {
        let of_laws = coordinate.in_laws.as_ref().map(|formula| math::inline(formula, Numbers::Decimal));
        vec![
            math::name(&format!("P{}", i + 1)),
            of_laws.unwrap_or("–".to_owned()),
            coordinate.r2.map_or("–".to_owned(), text::share_explained),
            coordinate.held_out_error.map_or("–".to_owned(), text::short),
            coordinate.degree.to_string(),
        ]
    };
    let coordinates: Vec<Vec<String>> = network.coordinates.iter().enumerate().map(learned).collect();
    let more = prediction(record).into_iter().chain(further(record));
    let further: String = more.map(|line| format!("<li>{}</li>\n", escape(&line))).collect();
    let further = if further.is_empty() {
        further
    } else {
        format!("<h3>Beyond the laws</h3>\n<ul>\n{further}</ul>\n")
    };
    format!(
        "<section>\n<h2>What the networks learned</h2>\n<p>{} cyclic {}, {} steps of training. Networks propose; \
         nothing is proved by them.</p>\n{}{}{further}</section>\n",
        network.cyclic,
        if network.cyclic == 1 { "coordinate" } else { "coordinates" },
        network.steps,
        table("Terms of the loss on held-out data", &["term", "loss"], &losses),
        table(
            "The learned momenta, in units of their spread and up to a constant, as polynomials in the laws; R² and rms error \
             on held-out states, and the degree of the polynomial in the variables that does nearly as well as the best",
            &["momentum", "in the laws", "R²", "error", "degree"],
            &coordinates
        )
    )
}

fn searched(record: &Record) -> String {
    let Some(searched) = &record.searched else { return String::new() };
    let kind = if searched.exhaustive { "exhaustively" } else { "in part" };
    let mut body = format!(
        "<p>Searched {kind}: {} terms, degree {} in the momenta, coefficients to degree {}, {}.</p>\n",
        searched.terms,
        searched.momentum_degree,
        searched.coefficient_degree,
        escape(&searched.library)
    );
    if !searched.spaces.is_empty() {
        let line = |space: &String| format!("<li>{}</li>\n", escape(space));
        let list = format!("<ul>\n{}</ul>\n", searched.spaces.iter().map(line).collect::<String>());
        let count = searched.spaces.len();
        body += &format!(
            "<details><summary>The {count} spaces, one after the other</summary>\n{list}</details>\n"
        );
    }
    body += &searched.stopped.as_ref().map_or(String::new(), |why| format!("<p>{}.</p>\n", escape(why)));
    format!("<section>\n<h2>Where laws were sought</h2>\n{body}</section>\n")
}

fn notes(record: &Record) -> String {
    if record.notes.is_empty() {
        return String::new();
    }
    let notes: String = record.notes.iter().map(|note| format!("<li>{}</li>\n", escape(note))).collect();
    format!("<section>\n<h2>Remarks</h2>\n<ul>\n{notes}</ul>\n</section>\n")
}

/// How the report was made: what it takes to make it again.
fn how(record: &Record, made: &Made) -> String {
    let mut rows = Vec::new();
    if let Some(command) = &made.command {
        rows.push(("command", format!("<code>{}</code>", escape(command))));
    }
    rows.push(("version", format!("liouville {}", escape(&record.version))));
    rows.extend(record.seed.map(|seed| ("seed", seed.to_string())));
    if let Some(data) = &record.data {
        rows.push(("data", format!("{}, {} points", escape(&data.source), data.points)));
    }
    let setting = |(name, value): (&String, &serde_json::Value)| escape(&format!("{name} = {value}"));
    let settings: Vec<String> = record.settings.iter().map(setting).collect();
    if !settings.is_empty() {
        rows.push(("settings", settings.join(", ")));
    }
    if let Some(limits) = &record.limits {
        let seconds = limits.seconds.map_or(String::new(), |seconds| format!(", {seconds} s at most"));
        let reached = if limits.reached { "; a limit was reached" } else { "" };
        rows.push(("limits", format!("work {} of {}{seconds}{reached}", limits.work_done, limits.work)));
    }
    let rows: String =
        rows.iter().map(|(name, value)| format!("<dt>{name}</dt><dd>{value}</dd>\n")).collect();
    format!("<section>\n<h2>How this was made</h2>\n<dl>\n{rows}</dl>\n</section>\n")
}

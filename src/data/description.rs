//! What was understood of a recording, in a sentence.

use super::read::Part;
use super::{Rates, Recording, Run};

/// The sentence, without its full stop: `read kepler.csv: 1 run of 1500 points; time t; positions x, y; their
/// velocities vx, vy`.
pub fn sentence(parts: &[Part], recording: &Recording) -> String {
    let mut pieces = vec![format!("read {}: {}", files(parts), runs(parts, &recording.runs))];
    let mut times: Vec<&str> = parts.iter().map(|part| part.time.as_str()).collect();
    times.dedup();
    pieces.push(format!("time {}", times.join(", ")));
    let names: Vec<&str> = recording.coordinates.iter().map(|c| c.name.name()).collect();
    let positions = if names.len() == 1 { "position" } else { "positions" };
    let alone = if recording.rates == Rates::None { " alone" } else { "" };
    pieces.push(format!("{positions} {}{alone}", names.join(", ")));
    let owner = if names.len() == 1 { "its" } else { "their" };
    match &recording.rates {
        Rates::None => {}
        Rates::Velocities(names) => pieces.push(rates(owner, ["velocity", "velocities"], names)),
        Rates::Momenta(names) => pieces.push(rates(owner, ["momentum", "momenta"], names)),
    }
    if recording.runs.iter().all(|run| run.derivatives.is_some()) {
        let what = match recording.rates {
            Rates::Velocities(_) if names.len() == 1 => "its acceleration",
            Rates::Velocities(_) => "their accelerations",
            _ => "the time derivatives of all",
        };
        pieces.push(what.to_string());
    }
    let angles: Vec<&str> =
        recording.coordinates.iter().filter(|c| c.is_angle).map(|c| c.name.name()).collect();
    if !angles.is_empty() {
        let word = if angles.len() == 1 { "angle" } else { "angles" };
        pieces.push(format!("{word} {} in radians", angles.join(", ")));
    }
    pieces.extend(parts.first().and_then(|part| part.writing.clone()));
    pieces.join("; ")
}

fn rates(owner: &str, [one, many]: [&str; 2], names: &[crate::expr::Symbol]) -> String {
    let names: Vec<&str> = names.iter().map(|name| name.name()).collect();
    let word = if names.len() == 1 { one } else { many };
    format!("{owner} {word} {}", names.join(", "))
}

/// The files, at most four of them by name.
fn files(parts: &[Part]) -> String {
    let names: Vec<&str> = parts.iter().map(|part| &*part.source).collect();
    match names.as_slice() {
        [first, .., last] if names.len() > 4 => format!("{} files ({first} … {last})", names.len()),
        _ => names.join(", "),
    }
}

fn runs(parts: &[Part], runs: &[Run]) -> String {
    let lengths = runs.iter().map(Run::points);
    let (shortest, longest) = (lengths.clone().min().unwrap_or(0), lengths.clone().max().unwrap_or(0));
    let column = match parts {
        [only] if !only.run_columns.is_empty() => format!(" (by {})", only.run_columns.join(", ")),
        _ => String::new(),
    };
    match runs.len() {
        1 => format!("1 run of {longest} points{column}"),
        count if shortest == longest => format!("{count} runs of {longest} points{column}"),
        count => {
            let all: usize = lengths.sum();
            format!("{count} runs of {shortest} to {longest} points{column}, {all} in all")
        }
    }
}

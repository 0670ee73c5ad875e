//! How much each setting of the recovery matters: every number among the settings is doubled and halved, and the
//! recordings that are named are read again.
//!
//! `cargo bench --bench sensitivity -- FILE.csv …` prints a table in Markdown: for each setting its value, and for how
//! many recordings the law (its form, its status, or a constant by more than three errors) changes when the setting is
//! halved or doubled. Recordings are read side by side on all cores.

// A benchmark prints its table.
#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use liouville::data::{ReadOptions, Recording, read};
use liouville::progress::{CancelToken, Job, Limits, Silent};
use liouville::recover::{self, Recovery};
use rayon::prelude::*;
use serde_json::Value;

/// Seconds after which a recovery is given up.
const SECONDS: f64 = 60.0;

/// A setting: its place in the settings, as keys and indices.
type Path = Vec<String>;

fn main() {
    let files: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if files.is_empty() {
        println!("name recordings: cargo bench --bench sensitivity -- recording.csv");
        return;
    }
    let recordings: Vec<Recording> = files.iter().filter_map(recording).collect();
    let settings = serde_json::to_value(recover::Config::default()).unwrap_or_default();
    let mut paths = Vec::new();
    numbers(&settings, &mut Vec::new(), &mut paths);
    let base: Vec<Option<Law>> =
        recordings.par_iter().map(|recording| law(recording, &recover::Config::default())).collect();
    let tasks: Vec<(&Path, f64, usize)> = paths
        .iter()
        .flat_map(|path| [0.5, 2.0].map(|factor| (path, factor)))
        .flat_map(|(path, factor)| (0..recordings.len()).map(move |k| (path, factor, k)))
        .collect();
    let differs = |&(path, factor, k): &(&Path, f64, usize)| {
        let config = scaled(&settings, path, factor)?;
        Some(!same(&base[k], &law(&recordings[k], &config)))
    };
    let changed: Vec<Option<bool>> = tasks.par_iter().map(differs).collect();
    let mut counts: BTreeMap<&Path, [Option<usize>; 2]> = BTreeMap::new();
    for ((path, factor, _), changed) in tasks.iter().zip(changed) {
        let counts = counts.entry(path).or_insert([Some(0), Some(0)]);
        let count = &mut counts[usize::from(*factor > 1.0)];
        *count = count.zip(changed).map(|(count, changed)| count + usize::from(changed));
    }
    println!("| setting | value | halved | doubled |\n| --- | --- | --- | --- |");
    for (path, [halved, doubled]) in counts {
        let shown = |count: Option<usize>| count.map_or("not possible".to_owned(), |count| count.to_string());
        let value = settings.pointer(&pointer(path)).map(Value::to_string).unwrap_or_default();
        println!("| {} | {value} | {} | {} |", path.join("."), shown(halved), shown(doubled));
    }
}

fn recording(file: &String) -> Option<Recording> {
    match read(std::slice::from_ref(file), &ReadOptions::default()) {
        Ok(reading) => Some(reading.recording),
        Err(error) => {
            println!("{file} is left out: {error}");
            None
        }
    }
}

/// The places of all numbers.
fn numbers(value: &Value, path: &mut Path, found: &mut Vec<Path>) {
    let mut inside = |key: String, value: &Value| {
        path.push(key);
        numbers(value, path, found);
        path.pop();
    };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| inside(key.clone(), value)),
        Value::Array(items) => items.iter().enumerate().for_each(|(k, value)| inside(k.to_string(), value)),
        Value::Number(_) => found.push(path.clone()),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

fn pointer(path: &Path) -> String {
    path.iter().map(|key| format!("/{key}")).collect()
}

/// The settings with one number times a factor; nothing where it cannot have that value.
fn scaled(settings: &Value, path: &Path, factor: f64) -> Option<recover::Config> {
    let mut settings = settings.clone();
    let number = settings.pointer_mut(&pointer(path))?;
    let value = number.as_f64()? * factor;
    *number = match number.is_f64() {
        true => Value::from(value),
        false if value < 0.0 => Value::from(value.round() as i64),
        false => Value::from(value.round() as u64),
    };
    serde_json::from_value(settings).ok()
}

/// What is compared of a recovery.
struct Law {
    status: std::mem::Discriminant<recover::Status>,
    form: String,
    constants: Vec<(f64, f64)>,
}

fn law(recording: &Recording, config: &recover::Config) -> Option<Law> {
    let token = Limits { seconds: SECONDS, work: u64::MAX }.token(&CancelToken::new());
    let job = Job::new(&Silent, token);
    // Settings out of their range may break what is taken for granted.
    let recovered = AssertUnwindSafe(|| recover::recover(recording, config, &job).ok());
    let found: Recovery = catch_unwind(recovered).ok()??;
    Some(Law {
        status: std::mem::discriminant(&found.status),
        form: found.law.hamiltonian.to_string(),
        constants: found.law.letters.iter().map(|letter| (letter.value, letter.standard_error)).collect(),
    })
}

fn same(a: &Option<Law>, b: &Option<Law>) -> bool {
    let (Some(a), Some(b)) = (a, b) else { return a.is_none() && b.is_none() };
    let near = |((x, s), (y, t)): (&(f64, f64), &(f64, f64))| (x - y).abs() <= 3.0 * s.hypot(*t);
    a.status == b.status && a.form == b.form && a.constants.iter().zip(&b.constants).all(near)
}

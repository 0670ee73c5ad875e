//! How much each setting of the recovery matters: every number among the settings is doubled and halved, and what is
//! named is read again: recordings, and built-in systems, simulated without noise and with one per cent of it.
//!
//! `cargo bench --bench sensitivity -- FILE.csv … SYSTEM …` prints a table in Markdown: for each setting its value, and
//! for how many of the subjects the law (its form, its status, or a constant by more than three errors) changes when the
//! setting is halved or doubled. Subjects are read side by side on all cores; `--kinetic` and the like choose settings.
//! Settings of `first_order` are those of terms in coordinates and momenta: for them these terms alone are sought, and
//! recordings are not read again. `benches/sensitivity/` holds systems whose masses depend on the position.

// A benchmark prints its table.
#![allow(clippy::print_stdout)]

use std::panic::{AssertUnwindSafe, catch_unwind};

use liouville::data::{ReadOptions, Recording, read};
use liouville::dynamics::{SimulationConfig, simulate};
use liouville::progress::{CancelToken, Job, Limits, Silent};
use liouville::recover;
use liouville::recover::first_order::{self, Hypotheses, Observations, Prepared};
use liouville::system::System;
use rayon::prelude::*;
use serde_json::Value;

/// Seconds after which a recovery is given up.
const SECONDS: f64 = 60.0;

/// A setting: its place in the settings, as keys and indices.
type Path = Vec<String>;

/// What is read again and again.
enum Subject {
    Recording(Recording),
    Trajectories(Observations),
}

fn main() {
    let arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let (chosen, names): (Vec<String>, Vec<String>) =
        arguments.partition(|argument| argument.starts_with("--"));
    if names.is_empty() {
        println!("name recordings and systems: cargo bench --bench sensitivity -- recording.csv kepler");
        return;
    }
    let subjects: Vec<Subject> = names.iter().flat_map(subjects).collect();
    let settings = serde_json::to_value(recover::Config::default()).unwrap_or_default();
    let mut paths = Vec::new();
    numbers(&settings, &mut Vec::new(), &mut paths);
    let is_chosen = |path: &Path| chosen.is_empty() || chosen.iter().any(|name| name[2..] == path[0]);
    paths.retain(is_chosen);
    let usual = recover::Config::default();
    let base = |hypotheses: &Hypotheses| -> Vec<Option<Law>> {
        subjects.par_iter().map(|subject| law(subject, &usual, hypotheses)).collect()
    };
    let (of_all, of_library) = (base(&Hypotheses::All), base(&Hypotheses::Library));
    println!("| setting | value | halved | doubled |\n| --- | --- | --- | --- |");
    for path in &paths {
        let [halved, doubled] = [0.5, 2.0].map(|factor| match scaled(&settings, path, factor) {
            Some(config) if path[0] == "first_order" => {
                changed(&subjects, &of_library, &config, &Hypotheses::Library).to_string()
            }
            Some(config) => changed(&subjects, &of_all, &config, &Hypotheses::All).to_string(),
            None => "not possible".to_owned(),
        });
        let value = settings.pointer(&pointer(path)).map(Value::to_string).unwrap_or_default();
        println!("| {} | {value} | {halved} | {doubled} |", path.join("."));
    }
}

/// For how many of the subjects the law is another with these settings; recordings have no terms in coordinates and
/// momenta, and are left out where these alone are sought.
fn changed(
    subjects: &[Subject],
    base: &[Option<Law>],
    config: &recover::Config,
    hypotheses: &Hypotheses,
) -> usize {
    let is_asked = |subject: &Subject| match (hypotheses, subject) {
        (Hypotheses::All, _) | (_, Subject::Trajectories(_)) => true,
        (Hypotheses::Library | Hypotheses::Grammar(_), Subject::Recording(_)) => false,
    };
    let differs = |(subject, base): (&Subject, &Option<Law>)| {
        is_asked(subject) && !same(base, &law(subject, config, hypotheses))
    };
    subjects.par_iter().zip(base).filter(|&pair| differs(pair)).count()
}

/// The recording in a file, or the simulations of a system, built in or in a file `.ham`.
fn subjects(name: &String) -> Vec<Subject> {
    let simulated = |noise: f64| {
        let system = System::load(name).ok()?;
        let config = SimulationConfig { noise, ..SimulationConfig::default() };
        let trajectories = simulate(&system, &config).ok()?;
        let train = system.train.to_f64().value();
        Some(Subject::Trajectories(Observations { trajectories, train }))
    };
    let is_system = !std::path::Path::new(name).exists() || name.ends_with(".ham");
    let found: Vec<Subject> = match is_system {
        true => [0.0, 0.01].into_iter().filter_map(simulated).collect(),
        false => {
            let reading = read(std::slice::from_ref(name), &ReadOptions::default());
            reading.ok().map(|reading| Subject::Recording(reading.recording)).into_iter().collect()
        }
    };
    if found.is_empty() {
        println!("{name} is left out: neither a recording nor a system that can be simulated");
    }
    found
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
    status: String,
    form: String,
    constants: Vec<(f64, f64)>,
}

fn law(subject: &Subject, config: &recover::Config, hypotheses: &Hypotheses) -> Option<Law> {
    let token = Limits { seconds: SECONDS, work: u64::MAX }.token(&CancelToken::new());
    let job = Job::new(&Silent, token);
    // Settings out of their range may break what is taken for granted.
    let found = AssertUnwindSafe(|| match subject {
        Subject::Recording(recording) => of_recording(recording, config, &job),
        Subject::Trajectories(observed) => of_trajectories(observed, hypotheses, config, &job),
    });
    catch_unwind(found).ok()?
}

fn constants(letters: &[recover::Constant]) -> Vec<(f64, f64)> {
    letters.iter().map(|letter| (letter.value, letter.standard_error)).collect()
}

fn of_recording(recording: &Recording, config: &recover::Config, job: &Job<'_>) -> Option<Law> {
    let found = recover::recover(recording, config, job).ok()?;
    let status = format!("{:?}", std::mem::discriminant(&found.status));
    let form = found.law.hamiltonian.to_string();
    Some(Law { status, form, constants: constants(&found.law.letters) })
}

fn of_trajectories(
    observed: &Observations,
    hypotheses: &Hypotheses,
    config: &recover::Config,
    job: &Job<'_>,
) -> Option<Law> {
    let data = Prepared::new(observed, &config.first_order).ok()?;
    let found = first_order::hamiltonian(observed, &data, hypotheses, config, job).ok()?.hamiltonian?;
    let status = format!("{} {}", found.exact, found.explains);
    Some(Law { status, form: found.formula.to_string(), constants: constants(&found.constants) })
}

fn same(a: &Option<Law>, b: &Option<Law>) -> bool {
    let (Some(a), Some(b)) = (a, b) else { return a.is_none() && b.is_none() };
    let near = |((x, s), (y, t)): (&(f64, f64), &(f64, f64))| (x - y).abs() <= 3.0 * s.hypot(*t);
    a.status == b.status && a.form == b.form && a.constants.iter().zip(&b.constants).all(near)
}

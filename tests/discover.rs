//! From trajectories to proved laws, with real training on small budgets.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn liouville(arguments: &[&str]) -> (Vec<u8>, Option<i32>) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_liouville")).args(arguments).output().expect("the program runs");
    (output.stdout, output.status.code())
}

fn record(arguments: &[&str]) -> Value {
    let (json, status) = liouville(&[arguments, &["--json", "--quiet"]].concat());
    assert_eq!(status, Some(0), "{arguments:?}");
    serde_json::from_slice(&json).expect("one JSON document")
}

/// What matters of a record: H, the laws with their status, the verdict.
fn summary(record: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    let hamiltonian = &record["hamiltonian"];
    let mut lines = vec![format!("H = {} ({})", text(&hamiltonian["formula"]), text(&hamiltonian["source"]))];
    for law in record["laws"].as_array().expect("laws") {
        let (name, formula, status) = (text(&law["name"]), text(&law["formula"]), text(&law["status"]));
        lines.push(format!("{name} = {formula} ({status})"));
    }
    lines.push(format!("verdict: {}", text(&record["verdict"])));
    lines.join("\n")
}

fn scratch(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("liouville-discover-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a scratch folder");
    folder
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().expect("a path in UTF-8").to_owned()
}

#[test]
fn three_systems_from_their_trajectories() {
    let runs = ["charged-particle", "coupled-oscillator", "spherical-pendulum"].map(|system| {
        let record = record(&["discover", system, "--steps", "1000"]);
        assert_eq!(record["hamiltonian"]["agrees_with_file"], Value::Bool(true), "{system}");
        format!("{system}\n{}", summary(&record))
    });
    insta::assert_snapshot!(runs.join("\n\n"));
}

/// The extraction never reads the Hamiltonian: without it in the file the same data gives the same laws.
#[test]
fn a_file_without_hamiltonian_gives_the_same_laws() {
    let folder = scratch("without");
    for system in ["charged-particle", "coupled-oscillator", "spherical-pendulum"] {
        let with = record(&["discover", system, "--steps", "200"]);
        let names = |key: &str| {
            let list: Vec<&str> =
                with["system"][key].as_array().unwrap().iter().filter_map(Value::as_str).collect();
            list.join(", ")
        };
        let (file, data) = (path(&folder, "bare.ham"), path(&folder, "data.csv"));
        let text = format!(
            "system bare\ncoordinates {}\nmomenta {}\ntrain 4/5\n",
            names("coordinates"),
            names("momenta")
        );
        std::fs::write(&file, text).expect("the system file");
        assert_eq!(liouville(&["simulate", system, "-o", &data, "--quiet"]).1, Some(0));
        let without = record(&["discover", &file, "--data", &data, "--steps", "200"]);
        assert_eq!(summary(&with), summary(&without), "{system}");
    }
    std::fs::remove_dir_all(folder).expect("the scratch folder");
}

/// One per cent of noise and no derivatives: the laws are found, and nothing is called proved that the
/// data does not carry.
#[test]
fn noisy_measurements() {
    let runs = ["charged-particle", "coupled-oscillator"].map(|system| {
        let record = record(&["discover", system, "--noise", "0.01", "--steps", "500"]);
        format!("{system}\n{}", summary(&record))
    });
    insta::assert_snapshot!(runs.join("\n\n"));
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let run = |threads: &str| {
        let arguments =
            ["discover", "charged-particle", "--steps", "100", "--seed", "5", "--json", "--quiet"];
        liouville(&[&arguments[..], &["--threads", threads]].concat())
    };
    let first = run("1");
    assert_eq!(first.1, Some(0));
    assert!(first == run("1"), "two runs differ");
    assert!(first == run("2"), "one thread and two differ");
}

#[test]
fn a_saved_run_is_read_without_training() {
    let folder = scratch("saved");
    let run = path(&folder, "run");
    let trained = record(&["discover", "charged-particle", "--steps", "200", "--out", &run]);
    let extracted = record(&["extract", &run]);
    assert_eq!(summary(&trained), summary(&extracted));
    let (_, status) = liouville(&["extract", &path(&folder, "nothing")]);
    assert_eq!(status, Some(2));
    std::fs::remove_dir_all(folder).expect("the scratch folder");
}

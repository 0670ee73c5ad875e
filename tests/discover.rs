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

/// The laws known for a system: proved of the recovered Hamiltonian and functions of the laws found.
fn known_are_determined(record: &Value, names: &[&str]) {
    let known = record["known"].as_array().expect("known laws");
    let found: Vec<&str> = known.iter().filter_map(|law| law["name"].as_str()).collect();
    assert_eq!(found, names);
    for law in known {
        assert_eq!(law["status"], "proved", "{law}");
        assert_eq!(law["determined"], true, "{law}");
    }
}

#[test]
fn two_bodies() {
    let record = record(&["discover", "two-body", "--steps", "300"]);
    assert_eq!(record["hamiltonian"]["agrees_with_file"], true);
    assert_eq!(record["independent"], 6);
    known_are_determined(&record, &["Px", "Py", "L", "L_cm", "Ax", "Ay"]);
    for law in record["laws"].as_array().expect("laws") {
        assert_eq!(law["status"], "proved");
        assert!(law["evidence"]["span_residual"].is_f64());
    }
}

#[test]
fn three_bodies() {
    let record = record(&["discover", "three-body", "--steps", "60", "--cyclic", "6"]);
    assert_eq!(record["hamiltonian"]["agrees_with_file"], true);
    assert_eq!(record["independent"], 5);
    known_are_determined(&record, &["Px", "Py", "L", "L_cm"]);
}

/// The paper found no formula: here it is, and the answer that nothing else is conserved, with its evidence.
#[test]
fn the_double_pendulum() {
    let record = record(&["discover", "double-pendulum", "--steps", "1500"]);
    assert_eq!(record["hamiltonian"]["agrees_with_file"], true);
    assert_eq!(record["laws"].as_array().map(Vec::len), Some(0));
    assert_eq!(record["verdict"], "undecided");
    assert_eq!(record["searched"]["exhaustive"], true);
    assert_eq!(record["hint"]["motion"], "chaotic");
    let trials = record["network"]["trials"].as_array().expect("trials");
    let poisson = |k: usize| trials[k]["poisson"].as_f64().expect("a number");
    assert!(trials.len() == 2 && poisson(0) > 0.3 && poisson(1) < 0.1, "{trials:?}");
    assert!(record["notes"].to_string().contains("one conserved quantity, H"));
    insta::assert_snapshot!(summary(&record));
}

/// n quadratic laws, H among them, for every number of oscillators in the catalogue.
#[test]
fn chains_of_oscillators() {
    for n in 3..=6 {
        let system = format!("coupled-oscillator-{n}");
        let record = record(&["discover", &system, "--steps", "40", "--cyclic", "1"]);
        assert_eq!(record["hamiltonian"]["agrees_with_file"], true, "{system}");
        assert_eq!(record["independent"], n, "{system}");
        assert_eq!(record["involutive"].as_array().map(Vec::len), Some(n), "{system}");
        let names: Vec<String> = (1..n).map(|k| format!("K{k}")).collect();
        known_are_determined(&record, &names.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

/// A stiffness matrix that is not rational: mode energies in decimals, and nothing is called proved.
#[test]
fn irrational_oscillators() {
    let folder = scratch("irrational");
    let file = path(&folder, "irrational.ham");
    let text = "system irrational\ncoordinates q1, q2\nmomenta p1, p2\n\
                H = p1^2 + p2^2 + sqrt(2)*q1^2 + q1*q2 + pi*q2^2\ntrajectories 40\npoints 200\n";
    std::fs::write(&file, text).expect("the system file");
    let record = record(&["discover", &file, "--steps", "40", "--cyclic", "1"]);
    assert_eq!(record["hamiltonian"]["exact"], false);
    let laws = record["laws"].as_array().expect("laws");
    assert_eq!(laws.iter().map(|l| l["name"].as_str().unwrap()).collect::<Vec<_>>(), ["E1", "E2"]);
    for law in laws {
        assert_eq!(law["status"], "supported");
        assert!(law["evidence"]["trajectory_drift"].as_f64().expect("a drift") < 1e-6, "{law}");
    }
    insta::assert_snapshot!(summary(&record));
    std::fs::remove_dir_all(folder).expect("the scratch folder");
}

/// Velocities in place of momenta: masses are learned.
#[test]
fn velocities_for_momenta() {
    let folder = scratch("velocities");
    let (file, data, masses) =
        (path(&folder, "chain.ham"), path(&folder, "chain.csv"), path(&folder, "velocities.csv"));
    let text = "system chain\ncoordinates x1, x2\nmomenta u, v\n\
                H = u^2/2 + v^2/5 + 3*x1^2 - 2*x1*x2 + 5*x2^2/2 + x1^4\ntrajectories 12\npoints 200\n";
    std::fs::write(&file, text).expect("the system file");
    assert_eq!(liouville(&["simulate", &file, "-o", &data, "--quiet", "--no-derivatives"]).1, Some(0));
    // The second momentum divided by its mass 5/2.
    let momenta = std::fs::read_to_string(&data).expect("the data");
    let mut lines = momenta.lines();
    let header = lines.next().expect("a header");
    let columns: Vec<&str> = header.split(',').collect();
    let row = |line: &str| {
        let scaled = line.split(',').zip(&columns).map(|(cell, name)| match *name {
            "v" => format!("{:?}", cell.parse::<f64>().expect("a number") / 2.5),
            _ => cell.to_owned(),
        });
        scaled.collect::<Vec<_>>().join(",")
    };
    let text = std::iter::once(header.to_owned()).chain(lines.map(row)).collect::<Vec<_>>().join("\n");
    std::fs::write(&masses, text).expect("the velocities");
    let bare = path(&folder, "bare.ham");
    std::fs::write(&bare, "system bare\ncoordinates x1, x2\nvelocities u, v\n").expect("the system file");
    let record = record(&["discover", &bare, &masses]);
    let mass = record["hamiltonian"]["masses"][1]["value"].as_f64().expect("a mass");
    assert!((mass / 2.5 - 1.0).abs() < 1e-4, "{mass}");
    insta::assert_snapshot!(summary(&record));
    std::fs::remove_dir_all(folder).expect("the scratch folder");
}

/// Measured data, whose licence does not let it be copied into the repository.
fn measured(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/schmidt_lipson");
    let file = folder.join(name);
    assert!(file.exists(), "there is no {}", file.display());
    path(&folder, name)
}

#[test]
#[ignore = "needs ../shared/data/schmidt_lipson"]
fn the_measured_oscillator() {
    let data = measured("real_double_linear_h_1.txt");
    let record = record(&["discover", "real-oscillator", &data]);
    let hamiltonian = &record["hamiltonian"];
    assert_ne!(hamiltonian["status"], "exact");
    // Two masses between springs, the second between 2 and 2.6 times the first.
    let ratio = hamiltonian["masses"][1]["value"].as_f64().expect("a mass");
    assert!((1.9..2.7).contains(&ratio), "{hamiltonian}");
}

#[test]
#[ignore = "needs ../shared/data/schmidt_lipson"]
fn the_measured_pendulum() {
    let data = measured("real_pend_h_1.txt");
    let record = record(&["discover", "real-pendulum", &data]);
    let hamiltonian = &record["hamiltonian"];
    assert!(hamiltonian["formula"].as_str().expect("a formula").contains("cos(o)"), "{hamiltonian}");
    assert!(hamiltonian["friction"][0]["value"].as_f64().expect("friction") > 0.0, "{hamiltonian}");
}

/// A run that is interrupted is saved, says how it goes on, and ends with the bytes of one that was not.
#[cfg(unix)]
#[test]
fn an_interrupted_run_ends_with_the_same_bytes() {
    use std::io::{BufRead, BufReader};
    let folder = scratch("interrupted");
    let (whole, parts) = (path(&folder, "whole"), path(&folder, "parts"));
    let arguments = |out: &str| {
        ["discover", "charged-particle", "--steps", "3000", "--json", "--out", out].map(str::to_owned)
    };
    let run = |out: &str| {
        let arguments = arguments(out);
        liouville(&arguments.each_ref().map(String::as_str))
    };
    let expected = run(&whole);
    for signal in ["-INT", "-KILL"] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_liouville"))
            .args(arguments(&parts))
            .stderr(std::process::Stdio::piped())
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("the program runs");
        let mut lines = BufReader::new(child.stderr.take().expect("its messages")).lines();
        let under_way = |line: &str| line.trim_start().starts_with("step ") || line.contains("taken up");
        let reached = lines.by_ref().map_while(Result::ok).any(|line| under_way(&line));
        assert!(reached, "training was not seen");
        let status = Command::new("kill").args([signal, &child.id().to_string()]).status();
        assert!(status.expect("kill runs").success());
        let rest: Vec<String> = lines.map_while(Result::ok).collect();
        let status = child.wait().expect("an end");
        if signal == "-INT" {
            assert_eq!(status.code(), Some(130));
            let said = rest.join("\n");
            assert!(
                said.contains("the state is saved in") && said.contains("resume with: liouville"),
                "{said}"
            );
        }
    }
    assert!(run(&parts) == expected, "the resumed run prints something else");
    for file in ["record.json", "run.json", "data.npz", "network-2.safetensors"] {
        let read = |out: &str| std::fs::read(Path::new(out).join(file)).expect("a saved file");
        assert!(read(&whole) == read(&parts), "{file} differs");
    }
    let left = std::fs::read_dir(&parts).expect("the folder").count();
    assert_eq!(left, 4, "something was left behind");
    std::fs::remove_dir_all(folder).expect("the scratch folder");
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

/// A seed whose trajectories come close to each other's bodies: smoothing must not blur what it cannot resolve.
#[test]
fn two_bodies_from_noisy_measurements() {
    let record = record(&[
        "discover", "two-body", "--noise", "0.01", "--seed", "2", "--steps", "200", "--cyclic", "4",
    ]);
    assert_eq!(record["hamiltonian"]["agrees_with_file"], Value::Bool(true));
    known_are_determined(&record, &["Px", "Py", "L", "L_cm", "Ax", "Ay"]);
}

/// Three points to a trajectory, two radians apart: so sampled, nothing can be told from noise.
#[test]
fn too_few_points_to_see_the_motion_give_no_exact_hamiltonian() {
    let folder = scratch("three-points");
    let (system, data) = (path(&folder, "s.ham"), path(&folder, "s.csv"));
    std::fs::write(&system, "system s\ncoordinates q\nmomenta p\n").expect("a system file");
    let mut table = String::from("trajectory,t,q,p\n");
    for k in 0..100 {
        for point in 0..3 {
            let (t, phase) = (2.0 * f64::from(point), 2.4 * f64::from(k));
            table.push_str(&format!("{k},{t},{},{}\n", (t + phase).cos(), -(t + phase).sin()));
        }
    }
    std::fs::write(&data, table).expect("a table");
    // Runs of three points are refused.
    assert_eq!(liouville(&["discover", &system, &data, "--steps", "20", "--quiet"]).1, Some(2));
    std::fs::remove_dir_all(folder).expect("the scratch folder");
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

#[test]
fn a_time_limit_ends_a_discovery_with_what_was_found() {
    let arguments = ["discover", "charged-particle", "--time-limit", "1e-9", "--json", "--quiet"];
    let (out, status) = liouville(&arguments);
    assert_eq!(status, Some(3));
    let record: Value = serde_json::from_slice(&out).expect("a record");
    assert!(record["hamiltonian"].is_object());
    assert!(record.get("network").is_none());
}

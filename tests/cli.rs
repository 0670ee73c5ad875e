//! The program as a user meets it: output, exit status, and the examples of its help.

use std::path::PathBuf;
use std::process::{Command, Output};

fn liouville(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_liouville")).args(arguments).output().expect("the program runs")
}

/// Standard output, standard error and exit status as one text.
fn transcript(arguments: &[&str]) -> String {
    let output = liouville(arguments);
    let status = output.status.code().expect("an exit status");
    assert_ne!(status, 101, "a panic: {}", String::from_utf8_lossy(&output.stderr));
    format!(
        "$ liouville {}\n{}{}[exit status {status}]\n",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    )
}

fn scratch(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("liouville-cli-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a scratch folder");
    folder
}

#[test]
fn verify_answers_no_with_the_bracket() {
    insta::assert_snapshot!(transcript(&["verify", "spherical-pendulum", "qx*py + qy*px"]));
}

#[test]
fn verify_answers_yes_with_the_verdict() {
    insta::assert_snapshot!(transcript(&["verify", "spherical-pendulum", "L = qx*py - qy*px"]));
}

#[test]
fn verify_checks_the_known_laws() {
    for system in ["two-body", "three-body", "coupled-oscillator", "charged-particle"] {
        let output = liouville(&["verify", system, "--quiet"]);
        assert_eq!(output.status.code(), Some(0), "{system}: {}", String::from_utf8_lossy(&output.stdout));
    }
}

#[test]
fn brackets_and_simplified_formulas() {
    let runs: [&[&str]; 7] = [
        &["bracket", "spherical-pendulum", "qx*py - qy*px", "qx^2 + qy^2"],
        &["bracket", "two-body", "px1 + px2", "H"],
        &["simplify", "x^2 - 2*x*y + y^2"],
        &["simplify", "sin(a)^2 + cos(a)^2"],
        &["simplify", "x1^2 - 2*x1*x2 + x2^2 + y1^2 - 2*y1*y2 + y2^2"],
        &["simplify", "--format", "latex", "1/sqrt(x^2 + y^2)"],
        &["simplify", "px1*qy1 - px1*qy2 - px2*qy1 + px2*qy2 - py1*qx1 + py1*qx2 + py2*qx1 - py2*qx2"],
    ];
    insta::assert_snapshot!(runs.map(transcript).join("\n"));
}

#[test]
fn bad_input_is_said_clearly() {
    let runs: [&[&str]; 12] = [
        &["verify", "spherical-pendulum", "qx*py +"],
        &["verify", "spherical-pendulum", "qx*pz"],
        &["verify", "sphercal-pendulum", "qx"],
        &["verify", "real-oscillator", "p1"],
        &["verify", "charged-particle", "--set", "m=0", "qx"],
        &["verify", "charged-particle", "--set", "mass=1", "qx"],
        &["verify", "charged-particle", "--set", "m", "qx"],
        &["bracket", "charged-particle", "qx", "1/(qx - qx)"],
        &["simplify", "x/(sin(y)^2 + cos(y)^2 - 1)"],
        &["simplify", "x^1000000000000"],
        &["bracket", "charged-particle", "-qx*py", "1/(2 - 2)"],
        &["simulate", "real-pendulum", "-o", "data.csv"],
    ];
    insta::assert_snapshot!(runs.map(transcript).join("\n"));
}

/// A system file with that Hamiltonian of x, y, px, py.
fn plane(name: &str, hamiltonian: &str) -> String {
    let path = scratch("systems").join(format!("{name}.ham"));
    let text = format!("system {name}\ncoordinates x, y\nmomenta px, py\nH = {hamiltonian}\n");
    std::fs::write(&path, text).expect("a file");
    path.to_string_lossy().into_owned()
}

#[test]
fn searches_say_what_is_wrong_with_a_hamiltonian() {
    for (name, hamiltonian, said) in [
        ("divisor", "(px^2 + py^2)/(sin(x)^2 + cos(x)^2 - 1)", "is identically zero"),
        ("exponent", "px^2 + x^99999999999999999999", "too large"),
        ("power", "px^2 + py^2 + x^y", "outside the class"),
        ("constant", "3", "constant"),
        ("function", "px^2 + gamma(x)", "is not a function"),
    ] {
        let output = liouville(&["integrals", &plane(name, hamiltonian)]);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{name}: {text}");
        assert!(text.contains(said), "{name}: {text}");
    }
    let deep = plane("deep", &format!("px^2 + {}x{}", "(".repeat(10_000), ")".repeat(10_000)));
    let text = transcript(&["integrals", &deep]);
    assert!(text.contains("nested") && text.ends_with("[exit status 2]\n"), "{text}");
}

#[test]
fn an_empty_domain_is_remarked() {
    let nowhere = plane("nowhere", "px^2 + py^2 + sqrt(-1 - x^2)");
    for arguments in [vec!["integrals", &nowhere], vec!["verify", &nowhere, "py"]] {
        let output = liouville(&arguments);
        assert!(String::from_utf8_lossy(&output.stdout).contains("its domain may be empty"));
    }
    let output = liouville(&["integrals", "kepler"]);
    assert!(!String::from_utf8_lossy(&output.stdout).contains("domain"));
}

#[test]
fn a_limit_keeps_what_was_found() {
    let output =
        liouville(&["integrals", "lagrange-top", "--exhaustive", "--work-limit", "30000000", "--json"]);
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    let record: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a document");
    assert_eq!(record["verdict"], "integrable");
    assert_eq!(record["searched"]["stopped"], "the limit of work was reached");
    assert_eq!(record["limits"]["reached"], true);
    assert!(record["limits"]["work_done"].as_u64() <= Some(30_000_000));
    assert!(record["laws"].as_array().is_some_and(|laws| laws.iter().all(|l| l["bracket_with_H"] == "0")));
}

#[test]
fn one_json_document_on_standard_output() {
    for arguments in [
        vec!["verify", "charged-particle", "qx*py - qy*px", "--json"],
        vec!["systems", "--json"],
        vec!["bracket", "charged-particle", "qx", "px", "--json"],
        vec!["simplify", "x + x", "--json"],
    ] {
        let output = liouville(&arguments);
        assert_eq!(output.status.code(), Some(0));
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
        assert!(document.is_object() || document.is_array());
        assert!(!String::from_utf8_lossy(&output.stdout).contains("null"));
    }
}

#[test]
fn simulated_data_repeats_to_the_byte() {
    let folder = scratch("simulate");
    let write = |name: &str, threads: &str| {
        let path = folder.join(name);
        let text = path.to_str().expect("a path in UTF-8");
        let run =
            liouville(&["simulate", "charged-particle", "-o", text, "--seed", "7", "--threads", threads]);
        assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
        std::fs::read(path).expect("the file written")
    };
    assert_eq!(write("one.csv", "1"), write("two.csv", "2"));
    std::fs::remove_dir_all(folder).expect("the scratch folder");
}

/// The certificate is a program of its own, which SymPy checks.
#[test]
#[ignore = "needs `python3` with SymPy: `.ci/run` installs it"]
fn certificates_are_checked_by_sympy() {
    let folder = scratch("certificate");
    for system in ["two-body", "charged-particle", "lagrange-top", "toda-lattice", "coupled-oscillator"] {
        let path = folder.join(format!("{system}.py"));
        let text = path.to_str().expect("a path in UTF-8");
        assert_eq!(liouville(&["verify", system, "--certificate", text]).status.code(), Some(0), "{system}");
        let check = Command::new("python3").arg(&path).output().expect("Python runs");
        let said = String::from_utf8_lossy(&check.stdout);
        assert!(check.status.success() && said.contains("checked"), "{system}: {said}");
        assert!(!said.contains("FAILED"), "{system}: {said}");
    }
    std::fs::remove_dir_all(folder).expect("the scratch folder");
}

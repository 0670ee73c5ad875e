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
fn a_hamiltonian_without_real_values_or_motion_is_refused() {
    let nowhere = plane("nowhere", "px^2 + py^2 + sqrt(-1 - x^2)");
    let still = plane("still", "sin(x)^2 + cos(x)^2");
    for (system, said) in [(&nowhere, "no real point"), (&still, "constant")] {
        for arguments in [vec!["integrals", system], vec!["verify", system, "py"]] {
            let output = liouville(&arguments);
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(2), "{arguments:?}: {text}");
            assert!(text.contains(said), "{text}");
        }
    }
    let output = liouville(&["integrals", "kepler"]);
    assert!(!String::from_utf8_lossy(&output.stdout).contains("domain"));
}

#[test]
fn names_that_are_taken_are_errors() {
    let free = plane("free", "(px^2 + py^2)/2");
    let runs: [&[&str]; 4] = [&["L = px", "L = py"], &["H = px"], &["x = px"], &["K = px where x >= 0"]];
    let said = runs.map(|claims| {
        let output = liouville(&[&["verify", &free], claims].concat());
        assert_eq!(output.status.code(), Some(2), "{claims:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    });
    insta::assert_snapshot!(said.join("\n"));
}

/// Each printed H and law is proved again when it is fed back.
#[test]
fn what_is_printed_is_proved_again() {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let beside = |value: &serde_json::Value| match value["where"].as_str() {
        Some(conditions) => format!("{} where {conditions}", text(&value["formula"])),
        None => text(&value["formula"]),
    };
    for (number, hamiltonian) in [
        "(px^2+py^2)/2 + sqrt(x)^2",
        "(px^2+py^2)/2 + (sqrt(x)^2 + sqrt(x^2))/2",
        "(px^2+py^2)/2 + exp(2*log(x)) + y^2",
        "(px^2+py^2)/2 + x^(4/3)*x^(2/3) + sqrt(y)^4",
        "(px^2+py^2)/2 + sqrt(x - y)^2",
        "(px^2+py^2)/2 - 1/sqrt(x^2 + y^2)",
        "(px^2+py^2)/2 where x > 0",
        "(px^2+py^2)/2 + exp(log(x + y)) + x - y",
        "(px^2+py^2)/2 + 0*log(x)",
        "(px^2+py^2)/2 + 0*sqrt(x - y)*x",
        "sqrt(x)^0*(px^2+py^2)/2",
        "(px^2+py^2)/2 + log(x + abs(x)) - log(x)",
    ]
    .into_iter()
    .enumerate()
    {
        let given = plane(&format!("printed{number}"), hamiltonian);
        let output = liouville(&["integrals", &given, "--momentum-degree", "2", "--json", "--quiet"]);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let record: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a document");
        let again = plane(&format!("again{number}"), &beside(&record["hamiltonian"]));
        let laws: Vec<String> = record["laws"].as_array().expect("laws").iter().map(beside).collect();
        let mut arguments = vec!["verify", &again];
        arguments.extend(laws.iter().map(String::as_str));
        let output = liouville(&arguments);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{hamiltonian}: {}",
            String::from_utf8_lossy(&output.stdout)
        );
    }
}

#[test]
fn a_simplified_formula_has_no_larger_domain() {
    for (formula, simplified) in [
        ("sqrt(x)^2", "x where x > 0"),
        ("0*log(x)", "0 where x > 0"),
        ("sqrt(x)^0", "1 where x > 0"),
        ("log(x) - log(x) + y", "y where x > 0"),
        ("sqrt(x - y)^2 + y", "x where x - y > 0"),
        ("x/x", "1"),
        ("sqrt(x)*sqrt(x)^3", "x^2 where x > 0"),
    ] {
        let output = liouville(&["simplify", formula]);
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), simplified, "{formula}");
    }
    let output = liouville(&["simplify", "sqrt(x)^2", "--json"]);
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a document");
    assert_eq!(document["domain"], "x > 0");
    for nowhere in
        ["tan(pi/2)", "log(-1)", "sqrt(-1)", "1/sin(pi)", "log(0)", "sqrt(-1 - x^2)", "sqrt(x) + sqrt(-x)"]
    {
        let output = liouville(&["simplify", nowhere]);
        assert_eq!(output.status.code(), Some(2), "{nowhere}: {}", String::from_utf8_lossy(&output.stdout));
    }
    let free = plane("domain_of_a_bracket", "(px^2 + py^2)/2");
    let output = liouville(&["bracket", &free, "sqrt(px)^2", "x"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "-1 where px > 0\n");
}

#[test]
fn a_claim_without_an_answer_leaves_the_others_theirs() {
    let free = plane("beside", "(px^2 + py^2)/2");
    let output = liouville(&["verify", &free, "px", "log(-1 - y^2)", "x", "py where x > 0, x < 0", "--json"]);
    let record: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a document");
    let laws = record["laws"].as_array().expect("laws");
    let said: Vec<(&str, bool)> = laws
        .iter()
        .map(|law| (law["status"].as_str().unwrap_or_default(), law["refused"].is_string()))
        .collect();
    assert_eq!(said, [("proved", false), ("unknown", true), ("refuted", false), ("unknown", true)]);
    assert_eq!(output.status.code(), Some(1));
    let text = transcript(&["verify", &free, "px", "1/(y - y)"]);
    assert!(text.contains("not judged: division by zero") && text.ends_with("[exit status 3]\n"), "{text}");
    assert_eq!(liouville(&["verify", &free, "1/(y - y)"]).status.code(), Some(2));
}

#[test]
fn laws_have_names_that_no_variable_has() {
    for (coordinates, momenta, parameters, hamiltonian) in [
        ("x, y", "L, p", "", "(L^2 + p^2)/2 + x^2 + y^2"),
        ("Ex, y", "px, Ey", "", "(px^2 + Ey^2)/2 + Ex^2 + y^4"),
        ("x, K", "px, py", "", "(px^2 + py^2)/2 + x^2 + K^2"),
        ("x, y", "px, py", "parameters L, Ex = 3\n", "(px^2 + py^2)/2 + L*(x^2 + y^2)"),
        ("x, y", "Px, P", "", "(Px^2 + P^2)/2"),
        ("L, L1, L2", "p, p1, p2", "", "(p^2 + p1^2 + p2^2)/2 + (L^2 + L1^2 + L2^2)^2"),
        ("x, y, C", "px, py, L2", "", "(px^2 + py^2 + L2^2)/2 + (x^2 + y^2 + C^2)^2"),
    ] {
        let path = scratch("names").join("names.ham");
        let head = format!("system names\ncoordinates {coordinates}\nmomenta {momenta}\n{parameters}");
        std::fs::write(&path, format!("{head}H = {hamiltonian}\n")).expect("a file");
        let arguments = ["integrals", &path.to_string_lossy(), "--momentum-degree", "2", "--json", "--quiet"];
        let record: serde_json::Value =
            serde_json::from_slice(&liouville(&arguments).stdout).expect("a document");
        let combinations = record["combinations"].as_array().into_iter().flatten();
        let laws = record["laws"].as_array().expect("laws").iter().chain(combinations);
        let names: Vec<&str> = laws.filter_map(|law| law["name"].as_str()).collect();
        assert!(!names.is_empty(), "{head}");
        let taken: Vec<&str> = head.split([' ', ',', '\n', '=']).collect();
        for (k, name) in names.iter().enumerate() {
            assert!(!taken.contains(name) && !names[..k].contains(name), "{head}: {names:?}");
        }
    }
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

#[test]
fn verify_looks_for_combinations_in_involution() {
    let file = scratch("vortices").join("three.ham");
    let h = "log((x1-x2)^2 + (y1-y2)^2) + log((x1-x3)^2 + (y1-y3)^2) + log((x2-x3)^2 + (y2-y3)^2)";
    let text = format!("system three\ncoordinates x1, x2, x3\nmomenta y1, y2, y3\nH = {h}\n");
    std::fs::write(&file, text).expect("a file");
    let path = file.to_str().expect("a path");
    let laws = ["X = x1+x2+x3", "Y = y1+y2+y3", "I = x1^2+x2^2+x3^2+y1^2+y2^2+y3^2"];
    let output = liouville(&[&["verify", path, "--json"], &laws[..]].concat());
    let record: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a document");
    assert_eq!(record["combinations"], serde_json::json!([{"name": "C", "of": "X^2 + Y^2"}]));
    assert_eq!(record["involutive"], serde_json::json!(["H", "I", "C"]));
    assert_eq!(record["verdict"], "superintegrable");
}

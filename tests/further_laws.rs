//! What the networks know and the formulas do not: a further law is said to be likely where there is one, and not where
//! there is none.

use std::process::Command;

use serde_json::Value;

fn discovered(subject: &str, options: &[&str], seed: u32) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_liouville"))
        .args(["discover", subject, "--json", "--quiet", "--seed", &seed.to_string()])
        .args(options)
        .output()
        .expect("the program runs");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("one JSON document")
}

/// How many further laws are said to be likely. The evidence of each must be there.
fn said(record: &Value) -> u64 {
    let network = &record["network"];
    let count = network["further_law_likely"].as_u64().expect("a number");
    let evidence = network["further_laws"].as_array().map_or(0, Vec::len);
    assert_eq!(evidence as u64, count);
    for law in network["further_laws"].as_array().into_iter().flatten() {
        let number = |name: &str| law[name].as_f64().expect("a number");
        assert!(number("outside") > 0.1 && number("drift") < 0.06 && law["runs"] == 20, "{law}");
    }
    count
}

const SHEARED: &str = "tests/further_laws/sheared.ham";
const SEXTIC: &str = "tests/further_laws/sextic.grammar";
const NARROWED: &str = "grammars/polynomial.grammar";

/// H is found, the second law is of degree 6 in the momenta, and the search ends at degree 4.
fn outside_every_library(seed: u32) {
    let record = discovered(SHEARED, &["--grammar", SEXTIC], seed);
    assert_eq!(record["hamiltonian"]["agrees_with_file"], true);
    assert_eq!(record["laws"].as_array().map(Vec::len), Some(0));
    assert_eq!(said(&record), 1, "seed {seed}");
}

/// Polynomials hold L of the spherical pendulum, and not its H.
fn narrowed_library(seed: u32) {
    let record = discovered("spherical-pendulum", &["--grammar", NARROWED], seed);
    assert_eq!(record["hamiltonian"]["status"], "unexplained");
    assert_eq!(record["laws"].as_array().map(Vec::len), Some(1));
    assert_eq!(said(&record), 1, "seed {seed}");
}

#[test]
fn a_law_outside_every_library_is_likely() {
    outside_every_library(0);
}

#[test]
fn a_law_that_the_grammar_left_out_is_likely() {
    narrowed_library(0);
}

#[test]
fn nothing_is_said_where_all_laws_are_found() {
    assert_eq!(said(&discovered("charged-particle", &[], 0)), 0);
}

#[test]
fn the_sentence_stands_in_text_latex_and_html() {
    let page = std::env::temp_dir().join(format!("liouville-further-{}.html", std::process::id()));
    let run = |format: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_liouville"))
            .args([
                "discover",
                SHEARED,
                "--grammar",
                SEXTIC,
                "--quiet",
                "--steps",
                "1500",
                "--format",
                format,
            ])
            .arg("--report")
            .arg(&page)
            .output()
            .expect("the program runs");
        String::from_utf8(output.stdout).expect("text")
    };
    let sentence = "1 further law is likely: the networks keep a function that is none of those above";
    let (text, latex, markdown) = (run("text"), run("latex"), run("markdown"));
    assert!(text.contains(&format!("  {sentence}\n  it drifts by ")), "{text}");
    assert!(text.contains(" % of its gradient lies outside those of H\n"), "{text}");
    assert!(latex.contains("\\hat{P}_{1} = ") && latex.contains(&format!("% {sentence}\n")), "{latex}");
    assert!(markdown.contains(sentence), "{markdown}");
    let html = std::fs::read_to_string(&page).expect("a page");
    std::fs::remove_file(&page).expect("the page is removed");
    assert!(html.contains(&format!("<li>{sentence}</li>")));
}

/// In 5 of 5 seeds where there is a further law, and in 0 of 5 where there is none.
#[test]
#[ignore = "25 discoveries with full training take minutes"]
fn every_seed_says_the_same() {
    for seed in 0..5 {
        outside_every_library(seed);
        narrowed_library(seed);
        for system in ["charged-particle", "two-body", "double-pendulum"] {
            assert_eq!(said(&discovered(system, &[], seed)), 0, "{system}, seed {seed}");
        }
    }
}

/// Every learned momentum of these is read as a polynomial in the laws.
#[test]
#[ignore = "20 discoveries with full training take minutes"]
fn every_momentum_is_a_function_of_the_laws() {
    for system in ["charged-particle", "coupled-oscillator", "coupled-oscillator-3", "two-body"] {
        for seed in 0..5 {
            let record = discovered(system, &[], seed);
            let coordinates = record["network"]["coordinates"].as_array().expect("coordinates");
            let r2 = |coordinate: &Value| coordinate["r2"].as_f64().expect("R²");
            assert!(coordinates.iter().all(|c| r2(c) >= 0.99), "{system}, seed {seed}: {coordinates:?}");
        }
    }
}

//! What `liouville equations` writes: it runs, and agrees with the simulation.

use std::path::PathBuf;
use std::process::Command;

use liouville::dynamics::{SimulationConfig, simulate};
use liouville::questions::equations;
use liouville::report::{EquationsFormat, Language};
use liouville::system::System;

const SPRING: &str = "\
system spring
coordinates x
momenta lambda
parameters m, k = 2, unused
H = lambda^2/(2*m) + k*x^2/2
where m > 0
";

fn scratch(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("liouville-equations-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a scratch folder");
    folder
}

/// Output and errors of the program, and its exit status.
fn transcript(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_liouville")).args(arguments).output().expect("the program");
    let status = output.status.code().expect("an exit status");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(env!("CARGO_PKG_VERSION"), "VERSION");
    format!(
        "$ liouville {}\n{}{}[exit status {status}]\n",
        arguments.join(" "),
        text(&output.stdout),
        text(&output.stderr)
    )
}

#[test]
fn every_format_of_a_system_with_a_letter() {
    let folder = scratch("formats");
    let file = folder.join("spring.ham");
    std::fs::write(&file, SPRING).expect("a file");
    let file = file.to_str().expect("a path");
    let formats = ["text", "latex", "sympy", "json", "python", "julia", "rust"];
    let shown = formats.map(|format| transcript(&["equations", file, "--format", format]));
    insta::assert_snapshot!(shown.join("\n").replace(file, "spring.ham"));
    std::fs::remove_dir_all(folder).expect("the scratch folder");
}

#[test]
fn what_cannot_be_written_is_said() {
    let folder = scratch("refusals");
    let file = folder.join("measured.ham");
    std::fs::write(&file, "system measured\ncoordinates x\nvelocities v\n").expect("a file");
    let file = file.to_str().expect("a path");
    let shown = [
        transcript(&["equations", file]),
        transcript(&["equations", "kepler", "--set", "mass=2"]),
        transcript(&["verify", "kepler", "x*py - y*px", "--format", "rust"]),
    ];
    insta::assert_snapshot!(shown.join("\n").replace(file, "measured.ham"));
    std::fs::remove_dir_all(folder).expect("the scratch folder");
}

/// Systems of many kinds: roots, angles, fractions, `let`s.
const SYSTEMS: [&str; 5] = ["kepler", "double-pendulum", "charged-particle", "two-body", "toda-lattice"];

/// A program that includes the written modules and prints H and the rates at given states.
fn rust_program(cases: &[(String, String)]) -> String {
    let mut text = String::new();
    let mut main = String::from("fn main() {\n");
    for (at, (module, states)) in cases.iter().enumerate() {
        text += &format!("mod m{at} {{\n{module}}}\n");
        main += &format!(
            "    for state in [{states}] {{\n        print!(\"{{}}\", m{at}::hamiltonian(&state));\n        for rate in \
             m{at}::rates(&state) {{ print!(\" {{rate}}\"); }}\n        println!();\n    }}\n"
        );
    }
    format!("{text}{main}}}\n")
}

#[test]
fn rust_agrees_with_the_simulation() {
    let folder = scratch("rust");
    let (mut cases, mut expected) = (Vec::new(), Vec::new());
    for name in SYSTEMS {
        let system = System::load(name).unwrap();
        let config =
            SimulationConfig { trajectories: Some(3), points: Some(5), ..SimulationConfig::default() };
        let set = simulate(&system, &config).unwrap();
        let width = 2 * set.dof();
        let (states, rates) = (set.states(), set.derivatives().unwrap());
        let listed: Vec<String> = states.chunks(width).map(|row| format!("{row:?}")).collect();
        let program = equations(&system).unwrap().render(EquationsFormat::Program(Language::Rust));
        cases.push((program, listed.join(", ")));
        expected.extend(rates.chunks(width).map(<[f64]>::to_vec));
    }
    let source = folder.join("program.rs");
    std::fs::write(&source, rust_program(&cases)).expect("a file");
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let program = folder.join("program");
    let compiled = Command::new(rustc)
        // Greek letters that look like Latin ones are what the system calls its angles.
        .args(["--edition", "2024", "-D", "warnings", "-A", "mixed_script_confusables", "-o"])
        .args([&program, &source])
        .output()
        .expect("rustc");
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let said = String::from_utf8(Command::new(&program).output().expect("the program").stdout).unwrap();
    assert_eq!(said.lines().count(), expected.len());
    for (line, rates) in said.lines().zip(&expected) {
        let numbers: Vec<f64> = line.split(' ').map(|number| number.parse().unwrap()).collect();
        let size = rates.iter().fold(1.0, |size: f64, rate| size.max(rate.abs()));
        let close = numbers[1..].iter().zip(rates).all(|(found, rate)| (found - rate).abs() < 1e-10 * size);
        assert!(numbers[0].is_finite() && close, "{numbers:?} {rates:?}");
    }
    std::fs::remove_dir_all(folder).expect("the scratch folder");
}

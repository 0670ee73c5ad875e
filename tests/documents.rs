//! What README, the pages of `docs/` and the help show is what the program does: output blocks and examples are run and
//! compared.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn scratch(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("liouville-documents-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a scratch folder");
    folder
}

/// Runs a line as a user types it, with the program on the path.
fn run(line: &str, folder: &Path) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_liouville")).parent().expect("a folder").to_owned();
    let found = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(program).chain(std::env::split_paths(&found));
    let path = std::env::join_paths(folders).expect("a search path");
    Command::new("sh").args(["-c", line]).current_dir(folder).env("PATH", path).output().expect("a shell")
}

/// A text whose measured numbers are masked: they depend on the processor. Formulas are not: a number is masked
/// only where it follows a space and has a point or an exponent. What a network learned depends on the processor whole.
fn masked(text: &str) -> String {
    let number = |word: &str| {
        let bare = word.trim_end_matches([',', ';', ')', 's']);
        (bare.contains('.') || bare.contains("e-")) && bare.parse::<f64>().is_ok()
    };
    let word = |word: &str| if number(word) { "#".to_owned() } else { word.to_owned() };
    // When a loss settles is seen on numbers that depend on the processor.
    let steps = |line: &str| match line.strip_prefix("Networks: ").and_then(|rest| rest.split_once(" steps;"))
    {
        Some((rest, losses)) => {
            let cyclic = rest.rsplit_once(' ').map_or(rest, |(cyclic, _)| cyclic);
            format!("Networks: {cyclic} # steps;{losses}")
        }
        None => line.to_owned(),
    };
    let line = |line: &str| match line.split_once(" = ") {
        Some((learned, _)) if learned.trim_start().starts_with("learned P") => format!("{learned} = #"),
        _ => line.split(' ').map(word).collect::<Vec<_>>().join(" "),
    };
    text.lines().map(|text| line(&steps(text))).collect::<Vec<_>>().join("\n")
}

/// What matters of a record in JSON: H, the laws with their status, the verdict.
fn summary(json: &[u8]) -> String {
    let record: Value = serde_json::from_slice(json).expect("one JSON document");
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    let law = |law: &Value| {
        format!("{} = {} ({})", text(&law["name"]), text(&law["formula"]), text(&law["status"]))
    };
    let mut lines = vec![format!("H = {}", text(&record["hamiltonian"]["formula"]))];
    lines.extend(record["laws"].as_array().expect("laws").iter().map(law));
    lines.push(format!("verdict: {}", text(&record["verdict"])));
    lines.join("\n")
}

/// Whether the lines agree; `…` stands for any number of lines.
fn agree(shown: &[&str], said: &[&str]) -> bool {
    match shown {
        [] => said.is_empty(),
        ["…", rest @ ..] => (0..=said.len()).any(|skipped| agree(rest, &said[skipped..])),
        [first, rest @ ..] => said.first() == Some(first) && agree(rest, &said[1..]),
    }
}

/// The blocks of a page that begin with a command: the command and the output shown.
fn blocks(page: &str) -> Vec<(&str, &str)> {
    let fenced = page.split("```").skip(1).step_by(2);
    fenced.filter_map(|text| text.strip_prefix("\n$ ")?.split_once('\n')).collect()
}

/// The files that a page shows in blocks of their own, which begin with their name: `# quartic.ham`.
fn files(page: &str) -> Vec<(&str, &str)> {
    let fenced = page.split("```").skip(1).step_by(2).map(|text| text.trim_start_matches('\n'));
    let named = |text| {
        let name: &str = str::strip_prefix(text, "# ")?.lines().next()?;
        name.ends_with(".ham").then_some((name, text))
    };
    fenced.filter_map(named).collect()
}

/// Runs the output blocks of a page, one after the other, in a folder with its data and the files that it shows.
fn check_blocks(name: &str, path: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join(path)).expect("a page");
    let blocks = blocks(&page);
    assert!(!blocks.is_empty(), "{path} shows what the program says");
    let folder = scratch(name);
    let data = ["examples/measured", "docs"].map(|data| std::fs::read_dir(root.join(data)).expect("data"));
    for file in data.into_iter().flatten().flatten() {
        std::fs::copy(file.path(), folder.join(file.file_name())).expect("a copy");
    }
    for (file, text) in files(&page) {
        std::fs::write(folder.join(file), text).expect("a file of the page");
    }
    for (command, shown) in blocks {
        let output = run(command, &folder);
        let (said, notes) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(0), "{command}: {notes}");
        let (shown, said) = (masked(shown), masked(&said));
        let agreed = agree(&shown.lines().collect::<Vec<_>>(), &said.lines().collect::<Vec<_>>());
        assert!(agreed, "$ {command}\nshown:\n{shown}\nsaid:\n{said}");
    }
    std::fs::remove_dir_all(folder).expect("the scratch folder");
}

#[test]
fn output_blocks_of_the_readme() {
    check_blocks("readme", "README.md");
}

#[test]
fn output_blocks_of_the_tutorial() {
    check_blocks("tutorial", "docs/tutorial.md");
}

#[test]
fn output_blocks_of_the_questions() {
    for page in [
        "is-my-system-integrable",
        "what-is-conserved-in-my-data",
        "prove-that-f-is-conserved",
        "prove-that-there-is-no-further-law",
    ] {
        check_blocks(page, &format!("docs/{page}.md"));
    }
}

/// The other commands of the pages, in blocks without output, run too.
#[test]
fn commands_without_output() {
    let folder = scratch("commands");
    for command in [
        "liouville verify kepler 'A = px*(x*py - y*px) + y/sqrt(x^2 + y^2)' --certificate proof.py --report proof.html",
        "liouville integrals henon-heiles --exhaustive --momentum-degree 3 --certificate proof.py --certificate-exhaustive",
    ] {
        let output = run(command, &folder);
        assert_eq!(output.status.code(), Some(0), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(folder.join("proof.py").exists(), "{command}");
    }
    std::fs::remove_dir_all(folder).expect("the scratch folder");
}

/// Every link of a page to a file of the repository leads somewhere.
#[test]
fn links_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = std::fs::read_dir(root.join("docs")).expect("docs").flatten().map(|entry| entry.path());
    let pages =
        docs.filter(|path| path.extension().is_some_and(|e| e == "md")).chain([root.join("README.md")]);
    for page in pages {
        let text = std::fs::read_to_string(&page).expect("a page");
        let folder = page.parent().expect("a folder");
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap_or(link);
            let is_elsewhere = link.starts_with("http") || file.is_empty();
            assert!(is_elsewhere || folder.join(file).exists(), "{}: {link}", page.display());
        }
    }
}

/// The commands of the program, as its help lists them.
fn commands() -> Vec<String> {
    let help = String::from_utf8(run("liouville --help", Path::new(".")).stdout).expect("text");
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names = listed.take_while(|line| !line.is_empty());
    names
        .filter_map(|line| line.split_whitespace().next())
        .filter(|n| *n != "help")
        .map(str::to_owned)
        .collect()
}

/// The recordings that the examples name: a spring, and a pendulum in degrees.
fn recordings(folder: &Path) {
    let swing = |width: f64, rate: f64, k: i32| width * (rate * 0.05 * f64::from(k)).cos();
    let row = |width, rate| move |k| format!("{:.2},{:.5}\n", 0.05 * f64::from(k), swing(width, rate, k));
    let table = |name: &str, rows: String| format!("time,{name}\n{rows}");
    let spring = table("x", (0..300).map(row(1.0, 1.3)).collect());
    let pendulum = table("theta", (0..300).map(row(20.0, 2.1)).collect());
    std::fs::write(folder.join("recording.csv"), spring).expect("a recording");
    std::fs::write(folder.join("pendulum.csv"), pendulum).expect("a recording");
}

/// Every example in the help runs and says what it said before.
#[test]
fn examples_of_the_help() {
    let folder = scratch("help");
    recordings(&folder);
    let mut pictures = Vec::new();
    for command in commands() {
        let help = run(&format!("liouville {command} --help"), &folder).stdout;
        let help = String::from_utf8(help).expect("text");
        let examples = help.lines().map(str::trim).filter(|line| line.starts_with("liouville "));
        let examples: Vec<&str> = examples.collect();
        assert!(!examples.is_empty(), "{command} has no example");
        for example in examples {
            let output = run(example, &folder);
            let notes = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(0), "{example}: {notes}");
            let said = match example.contains("--json") {
                true => summary(&output.stdout),
                false => masked(&String::from_utf8_lossy(&output.stdout)),
            };
            pictures.push(format!("$ {example}\n{said}"));
        }
    }
    std::fs::remove_dir_all(folder).expect("the scratch folder");
    insta::assert_snapshot!(pictures.join("\n\n"));
}

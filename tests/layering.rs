//! What the compiler does not hold: rooms import only from rooms above them, some crates stay in one room, and
//! the published answers stay out of the search. That the kernel depends on nothing else, the compiler holds.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms, top to bottom: a room imports only from those before it.
const ROOMS: [&str; 17] = [
    "system",
    "data",
    "terms",
    "laurent",
    "simplify",
    "dynamics",
    "integrals",
    "obstructions",
    "regression",
    "recover",
    "learn",
    "discover",
    "report",
    "runs",
    "experiments",
    "questions",
    "cli",
];

/// Rooms that may use a crate that is kept to one place.
const KEPT: [(&str, &[&str]); 7] = [
    ("faer", &["regression"]),
    ("candle_core", &["learn"]),
    ("candle_nn", &["learn"]),
    ("egg", &["simplify"]),
    ("clap", &["cli"]),
    ("plotters", &["experiments", "report"]),
    ("nom", &["system", "terms"]),
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of the house") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn rooms() -> BTreeMap<&'static str, Vec<(PathBuf, String)>> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    ROOMS
        .iter()
        .map(|&room| {
            let files = sources(&src.join(room));
            assert!(!files.is_empty(), "the room {room} is empty");
            let read = |path: PathBuf| {
                let text = fs::read_to_string(&path).expect("a source file");
                (path, text)
            };
            (room, files.into_iter().map(read).collect())
        })
        .collect()
}

/// The lines of a file that are code, numbered.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().filter(|(_, l)| !l.trim_start().starts_with("//")).map(|(n, l)| (n + 1, l))
}

/// The part of a file before its unit tests, which may look anywhere.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests").next().unwrap_or(text)
}

/// The rooms named after `crate::` on a line, also in braces.
fn imports(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for after in line.split("crate::").skip(1) {
        let list = after.strip_prefix('{').and_then(|l| l.split('}').next()).unwrap_or(after);
        let names = if after.starts_with('{') { list.split(',').collect() } else { vec![list] };
        for name in names {
            let word = name.trim().split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("");
            found.extend(ROOMS.iter().find(|room| **room == word));
        }
    }
    found
}

#[test]
fn every_import_points_up() {
    let mut wrong = Vec::new();
    for (room, files) in rooms() {
        let own = ROOMS.iter().position(|r| *r == room).expect("a room");
        for (path, text) in &files {
            for (number, line) in code(without_tests(text)) {
                for imported in imports(line) {
                    let other = ROOMS.iter().position(|r| *r == imported).expect("a room");
                    if other > own {
                        wrong.push(format!("{}:{number}: {room} imports from {imported}", path.display()));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "imports that point down:\n{}", wrong.join("\n"));
}

#[test]
fn crates_stay_in_their_rooms() {
    let mut wrong = Vec::new();
    for (room, files) in rooms() {
        for (path, text) in &files {
            for (number, line) in code(text) {
                for (name, allowed) in KEPT {
                    if line.contains(&format!("{name}::")) && !allowed.contains(&room) {
                        wrong.push(format!("{}:{number}: {room} uses {name}", path.display()));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "crates outside their rooms:\n{}", wrong.join("\n"));
}

#[test]
fn published_answers_stay_out_of_the_search() {
    let mut wrong = Vec::new();
    for (room, files) in rooms() {
        if !["terms", "regression", "recover", "learn", "integrals", "obstructions", "discover"]
            .contains(&room)
        {
            continue;
        }
        for (path, text) in &files {
            for (number, line) in code(without_tests(text)) {
                if line.contains(".known") || line.contains("KnownLaw") {
                    wrong.push(format!("{}:{number}: {room} reads known laws", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "published answers in the search:\n{}", wrong.join("\n"));
}

/// Stages only: what computes stands in the rooms above.
#[test]
fn the_room_of_stages_is_short() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/discover");
    let lines = |path: &PathBuf| {
        let text = fs::read_to_string(path).expect("a source file");
        without_tests(&text).lines().count()
    };
    let all: usize = sources(&src).iter().map(lines).sum();
    assert!(all <= 500, "src/discover has {all} lines");
}

#[test]
fn no_file_is_over_800_lines() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut long = Vec::new();
    for folder in ["src", "kernel/src", "kernel/tests", "tests", "benches"] {
        for path in sources(&root.join(folder)) {
            let lines = fs::read_to_string(&path).expect("a source file").lines().count();
            if lines > 800 {
                long.push(format!("{}: {lines} lines", path.display()));
            }
        }
    }
    assert!(long.is_empty(), "files over 800 lines:\n{}", long.join("\n"));
}

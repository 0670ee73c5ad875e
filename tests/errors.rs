//! Every class of error has its picture: each `.ham` file and each `.csv` file under `tests/errors/` is at
//! fault, and its rendered message is a snapshot.

use std::path::{Path, PathBuf};

use liouville::data::{ColumnMap, Declared, ReadOptions, read, read_text};
use liouville::dynamics::{SimulationConfig, SimulationError, simulate};
use liouville::system::{System, SystemError};

/// The system that the data files of the corpus claim to belong to.
const OSCILLATOR: &str = "system oscillator\ncoordinates q\nmomenta p\nH = (p^2 + q^2)/2\n";

fn file_name(path: &Path) -> String {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_string()
}

/// The picture of the error in a system file, in reading it or in drawing from its recipe.
fn system_error(path: &Path) -> String {
    let name = file_name(path);
    let text = std::fs::read_to_string(path).unwrap();
    let system = match System::parse(&text, &name) {
        Ok(system) => system,
        Err(error) => return error.render(),
    };
    match simulate(&system, &SimulationConfig::default()) {
        Ok(_) => panic!("{name} is not at fault"),
        Err(error) => error.render(),
    }
}

/// How the recordings of a system are read.
fn options(system: &str) -> ReadOptions {
    let system = System::parse(system, "s.ham").unwrap();
    ReadOptions { declared: Some(Declared::from(&system)), ..ReadOptions::default() }
}

fn data_error(path: &Path) -> String {
    let name = file_name(path);
    let text = std::fs::read_to_string(path).unwrap();
    match read_text(&text, &name, &options(OSCILLATOR)) {
        Ok(_) => panic!("{name} is not at fault"),
        Err(error) => error.render(),
    }
}

/// The files of the corpus with that extension, in order.
fn corpus(extension: &str) -> Vec<PathBuf> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/errors");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|found| found == extension)).collect();
    found.sort();
    found
}

/// Compares what is said of each file with its snapshot.
fn compare(name: &str, extension: &str, error: fn(&Path) -> String) {
    for path in corpus(extension) {
        insta::with_settings!({snapshot_suffix => file_name(&path), input_file => &path}, {
            insta::assert_snapshot!(name, error(&path));
        });
    }
}

#[test]
fn system_files() {
    compare("system_files", "ham", system_error);
}

#[test]
fn data_files() {
    compare("data_files", "csv", data_error);
}

#[test]
fn the_corpus_is_as_large_as_it_should_be() {
    assert!(corpus("ham").len() >= 80 && corpus("csv").len() >= 20);
}

/// Files that are no text at all; their paths are left out of the pictures.
#[test]
fn files_that_are_no_text() {
    let folder = std::env::temp_dir().join(format!("liouville-errors-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let options = options(OSCILLATOR);
    let mut pictures = String::new();
    let contents: [(&str, &[u8]); 4] = [
        ("binary", b"\x7fELF\x02\x00\x00\x01"),
        ("latin1", b"# Poincar\xe9\nsystem s\n"),
        ("cut_archive", b"PK\x03\x04"),
        ("directory", b""),
    ];
    for (name, bytes) in contents {
        for extension in ["ham", "csv", "npz"] {
            let path = folder.join(format!("{name}.{extension}"));
            if name == "directory" {
                std::fs::create_dir_all(&path).unwrap();
            } else {
                std::fs::write(&path, bytes).unwrap();
            }
            let path = path.to_str().unwrap();
            let picture = match extension {
                "ham" => System::load(path).map_err(|error| error.render()).err(),
                _ => read(&[path.to_owned()], &options).map_err(|error| error.render()).err(),
            };
            pictures.push_str(&picture.unwrap().replace(folder.to_str().unwrap(), "…"));
        }
    }
    std::fs::remove_dir_all(&folder).unwrap();
    insta::assert_snapshot!(pictures);
}

#[test]
fn errors_of_names_and_settings() {
    let system = System::parse(OSCILLATOR, "oscillator.ham").unwrap();
    let symbolic =
        System::parse(&OSCILLATOR.replace("H =", "parameters k\nH = k +"), "oscillator.ham").unwrap();
    let system_errors: Vec<SystemError> = vec![
        System::load("keplr").unwrap_err(),
        System::load("no-such-thing").unwrap_err(),
        System::load("nowhere/at/all.ham").unwrap_err(),
        system.with_parameter("k", 1.into()).unwrap_err(),
        symbolic.with_parameter("kk", 1.into()).unwrap_err(),
    ];
    let config = SimulationConfig::default();
    let simulation_errors: Vec<SimulationError> = vec![
        simulate(&symbolic, &config).unwrap_err(),
        simulate(&System::load("real-oscillator").unwrap(), &config).unwrap_err(),
        simulate(&system, &SimulationConfig { noise: -1.0, ..config.clone() }).unwrap_err(),
        simulate(&system, &SimulationConfig { points: Some(1), ..config.clone() }).unwrap_err(),
        simulate(&system, &SimulationConfig { span: Some(f64::NAN), ..config }).unwrap_err(),
    ];
    let read_errors = [
        read(&["nowhere.csv".to_owned()], &options(OSCILLATOR)).unwrap_err(),
        ColumnMap::parse("x1:q1").unwrap_err(),
    ];
    let pictures = system_errors
        .iter()
        .map(SystemError::render)
        .chain(simulation_errors.iter().map(SimulationError::render));
    let pictures = pictures.chain(read_errors.iter().map(|error| error.render()));
    insta::assert_snapshot!(pictures.collect::<String>());
}

/// `t` is a fine coordinate until it has to share a table with the time.
#[test]
fn time_as_a_coordinate_has_no_place_in_a_table() {
    let text = "system s\ncoordinates t\nmomenta p\nH = p^2/2\n";
    let error = read_text("trajectory,t,p\n", "data.csv", &options(text)).expect_err("a clash");
    insta::assert_snapshot!(error.render());
}

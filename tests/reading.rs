//! Recordings as people bring them: read as they are meant, or refused with the way out.
//!
//! Each file under `tests/errors/recordings/` is refused, and the picture of its refusal is a snapshot.

use std::path::{Path, PathBuf};

use liouville::data::{ColumnMap, Declared, Rates, ReadError, ReadOptions, Reading, read, read_text};
use liouville::expr::Symbol;
use liouville::system::System;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn read_one(path: &Path, options: &ReadOptions) -> Result<Reading, ReadError> {
    read(&[path.to_str().expect("a path").to_string()], options)
}

/// What is understood of a file, its path cut down to its name.
fn understood(path: &Path, options: &ReadOptions) -> String {
    let reading = read_one(path, options).unwrap_or_else(|error| panic!("{}", error.render()));
    let folder = format!("{}/", path.parent().expect("a folder").display());
    reading.understood.replace(&folder, "")
}

fn degrees(name: &str) -> ReadOptions {
    ReadOptions { degrees: vec![Symbol::new(name)], ..ReadOptions::default() }
}

fn declared(text: &str) -> ReadOptions {
    let system = System::parse(text, "system.ham").expect("a system");
    ReadOptions { declared: Some(Declared::from(&system)), ..ReadOptions::default() }
}

#[test]
fn refusals() {
    let folder = Path::new(ROOT).join("tests/errors/recordings");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    assert!(files.len() >= 30);
    for path in files {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_string();
        let picture = match read_one(&path, &ReadOptions::default()) {
            Ok(reading) => panic!("{name} is not at fault: {}", reading.understood),
            Err(error) => error.render().replace(path.to_str().expect("a path"), &name),
        };
        insta::with_settings!({snapshot_suffix => &name, input_file => &path}, {
            insta::assert_snapshot!("refusals", picture);
        });
    }
}

#[test]
fn refusals_of_options() {
    let text =
        "t,theta,omega\n".to_string() + &(0..20).map(|k| format!("{k},{},1\n", k % 6)).collect::<String>();
    let name = |names: &str| names.split(' ').map(Symbol::new).collect::<Vec<_>>();
    let options = [
        ReadOptions { angles: name("thta"), ..ReadOptions::default() },
        ReadOptions { degrees: name("phi"), ..ReadOptions::default() },
        ReadOptions { columns: ColumnMap::parse("thet=q").expect("a map"), ..ReadOptions::default() },
        ReadOptions {
            columns: ColumnMap::parse("theta=r").expect("a map"),
            ..declared("system s\ncoordinates q\nvelocities w\n")
        },
    ];
    let errors =
        options.iter().map(|options| read_text(&text, "a.csv", options).expect_err("a refusal").render());
    let maps = ["x1:q1", "x1=", "a=b,a=c", "a=sin"]
        .map(|map| ColumnMap::parse(map).expect_err("a refusal").render());
    insta::assert_snapshot!(errors.chain(maps).collect::<String>());
}

/// Files that are no tables; their paths are left out of the pictures.
#[test]
fn files_of_other_kinds() {
    let folder = std::env::temp_dir().join(format!("liouville-reading-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let mut pictures = String::new();
    let contents: [(&str, &[u8]); 9] = [
        ("binary.csv", b"\x7fELF\x02\x00\x00\x01"),
        ("workbook.xlsx", b"PK\x03\x04\x14\x00xl/workbook.xml"),
        ("workbook.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        ("data.parquet", b"PAR1"),
        ("data.csv.gz", b"\x1f\x8b\x08\x00"),
        ("array.npy", b"\x93NUMPY\x01\x00"),
        ("cut.npz", b"PK\x03\x04"),
        ("latin1.csv", b"t,\xb0\n"),
        ("empty.csv", b""),
    ];
    for (name, bytes) in contents {
        std::fs::write(folder.join(name), bytes).expect("a file");
    }
    let names = contents.iter().map(|(name, _)| *name).chain(["nowhere.csv", "."]);
    for name in names {
        let error = read_one(&folder.join(name), &ReadOptions::default()).expect_err("a refusal");
        pictures.push_str(&error.render().replace(folder.to_str().expect("a path"), "…"));
    }
    std::fs::remove_dir_all(&folder).expect("removed");
    insta::assert_snapshot!(pictures);
}

#[test]
fn several_files_are_several_runs() {
    let folder = std::env::temp_dir().join(format!("liouville-runs-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let rows = |from: usize, order: [usize; 3]| -> String {
        let row = |k: usize| {
            let t = 0.1 * (from + k) as f64;
            let values = [t, t.cos(), -t.sin()];
            order.map(|at| values[at].to_string()).join(",") + "\n"
        };
        (0..20 + from).map(row).collect()
    };
    let path = |name: &str| folder.join(name).to_str().expect("a path").to_string();
    std::fs::write(path("run1.csv"), format!("t,x,vx\n{}", rows(0, [0, 1, 2]))).expect("a file");
    std::fs::write(path("run2.csv"), format!("vx,t,x\n{}", rows(5, [2, 0, 1]))).expect("a file");
    std::fs::write(path("other.csv"), format!("t,y,vy\n{}", rows(0, [0, 1, 2]))).expect("a file");
    let both = read(&[path("run1.csv"), path("run2.csv")], &ReadOptions::default()).expect("a recording");
    let runs = &both.recording.runs;
    assert_eq!(runs.iter().map(|run| run.name.as_str()).collect::<Vec<_>>(), ["run1", "run2"]);
    assert_eq!((runs[0].points(), runs[1].points()), (20, 25));
    assert_eq!(runs[1].positions[0][0], 0.5f64.cos());
    assert!(both.understood.contains("2 runs of 20 to 25 points, 45 in all"), "{}", both.understood);
    let error = read(&[path("run1.csv"), path("other.csv")], &ReadOptions::default()).expect_err("a refusal");
    assert!(error.to_string().contains("its variables are y, vy"), "{error}");
    std::fs::remove_dir_all(&folder).expect("removed");
}

/// An ephemeris as JPL Horizons writes it, in four ways, plain, with a row of units, and with a byte-order mark and
/// the line ends of Windows.
#[test]
fn an_ephemeris_in_every_dress() {
    let number = |k: usize| 0.01 * k as f64;
    let row = |k: usize| {
        let (sin, cos) = number(k).sin_cos();
        let states = [1.5 * cos, 1.5 * sin, 0.05 * sin, -0.015 * sin, 0.015 * cos, 0.0005 * cos];
        let states = states.map(|value| format!("{value:.15E}"));
        format!("{:.9};\"A.D. 2020-Jan-{k:02} 00:00:00.0000\";{}", 2_458_849.5 + k as f64, states.join(";"))
    };
    let rows: Vec<String> = (0..60).map(row).collect();
    let header = "JDTDB;Calendar_Date;X;Y;Z;VX;VY;VZ";
    let units = "d;-;AU;AU;AU;AU/d;AU/d;AU/d";
    for (separator, name) in [(",", ""), (";", "; semicolons between columns"), ("\t", ""), ("  ", "")] {
        for (top, mark, end) in [
            (vec![header], "", "\n"),
            (vec![header, units], "", "\n"),
            (vec![header], "\u{feff}", "\r\n"),
            (vec!["Ephemeris of a planet", header, "$$SOE"], "", "\n"),
        ] {
            let lines = top
                .into_iter()
                .chain(rows.iter().map(String::as_str))
                .map(|line| line.replace(';', separator));
            let text = mark.to_string() + &lines.map(|line| line + end).collect::<String>() + "$$EOE" + end;
            let reading = read_text(&text, "mars.txt", &ReadOptions::default());
            let reading = reading.unwrap_or_else(|error| panic!("{}", error.render()));
            let expected = "read mars.txt: 1 run of 60 points; time JDTDB; positions X, Y, Z; their velocities VX, VY, VZ";
            assert_eq!(reading.understood, format!("{expected}{name}"));
            assert!(
                reading.notes.iter().any(|note| note.contains("`Calendar_Date` (text)")),
                "{:?}",
                reading.notes
            );
        }
    }
}

/// A million rows in about two seconds, built with optimisation.
#[test]
#[ignore = "for its size"]
fn a_million_rows() {
    let mut text = String::from("planet;t;x;y;vx;vy\n");
    for k in 0..1_000_000u32 {
        let t = 1e-3 * f64::from(k);
        let (sin, cos) = t.sin_cos();
        text.push_str(&format!("p{};{t};{cos};{sin};{};{cos}\n", k / 1000, -sin));
    }
    let text = text.replace('.', ",");
    let start = std::time::Instant::now();
    let reading = read_text(&text, "big.csv", &ReadOptions::default()).expect("a recording");
    assert_eq!((reading.recording.runs.len(), reading.recording.points()), (1000, 1_000_000));
    assert!(start.elapsed().as_secs_f64() < 5.0, "{:?}", start.elapsed());
}

fn shared(path: &str) -> PathBuf {
    Path::new(ROOT).join("../shared").join(path)
}

#[test]
#[ignore = "needs ../shared"]
fn the_recordings() {
    for (file, expected) in [
        (
            "bead_on_ring",
            "4 runs of 401 points (by run); time time; position phi; its velocity vphi; angle phi in radians",
        ),
        (
            "damped_pendulum",
            "2 runs of 501 points (by run); time time; position theta; its velocity vtheta; angle theta in radians",
        ),
        ("duffing_double_well", "3 runs of 501 points (by run); time time; position x; its velocity vx"),
        (
            "elastic_pendulum",
            "6 runs of 501 points (by run); time time; positions x, y; their velocities vx, vy",
        ),
        (
            "henon_heiles_galaxy",
            "6 runs of 601 points (by run); time time; positions x, y; their velocities vx, vy",
        ),
        ("kepler_one_orbit", "1 run of 1501 points; time time; positions x, y; their velocities vx, vy"),
        (
            "kepler_positions_uneven",
            "4 runs of 749 to 751 points (by run), 3002 in all; time time; positions x, y alone",
        ),
        (
            "logarithmic_halo",
            "8 runs of 501 points (by run); time time; positions x, y; their velocities vx, vy",
        ),
        (
            "magnetic_trap",
            "6 runs of 401 points (by run); time time; positions x, y; their velocities vx, vy",
        ),
        ("morse_bond", "5 runs of 401 points (by run); time time; position r; its velocity vr"),
        (
            "pendulum_one_run",
            "1 run of 401 points; time time; position theta; its velocity vtheta; angle theta in radians",
        ),
        (
            "pendulum_positions",
            "6 runs of 401 points (by run); time time; position theta alone; angle theta in radians",
        ),
        (
            "planets_heliocentric",
            "5 runs of 400 points (by run); time time; positions x, y, z; their velocities vx, vy, vz",
        ),
        (
            "quartic_central",
            "5 runs of 401 points (by run); time time; positions x, y; their velocities vx, vy",
        ),
        (
            "springs_unequal_masses",
            "4 runs of 501 points (by run); time time; positions x1, x2; their velocities vx1, vx2; semicolons between \
             columns",
        ),
        (
            "sun_jupiter_saturn",
            "1 run of 900 points; time time; positions x1, y1, z1, x2, y2, z2, x3, y3, z3; their velocities vx1, vy1, \
             vz1, vx2, vy2, vz2, vx3, vy3, vz3",
        ),
        (
            "toda_three",
            "6 runs of 334 points (by run); time time; positions q1, q2, q3; their velocities vq1, vq2, vq3",
        ),
        (
            "two_stars",
            "5 runs of 801 points (by run); time time; positions x1, y1, x2, y2; their velocities vx1, vy1, vx2, vy2",
        ),
    ] {
        let path = shared(&format!("recordings/{file}.csv"));
        let reading =
            read_one(&path, &ReadOptions::default()).unwrap_or_else(|error| panic!("{}", error.render()));
        assert!(reading.notes.is_empty(), "{file}: {:?}", reading.notes);
        assert_eq!(understood(&path, &ReadOptions::default()), format!("read {file}.csv: {expected}"));
    }
    let system = std::fs::read_to_string(shared("recordings/bead_on_ring.ham")).expect("a system file");
    let said = understood(&shared("recordings/bead_on_ring.csv"), &declared(&system));
    assert!(said.ends_with("position phi; its velocity vphi; angle phi in radians"), "{said}");
}

/// Each recording as CSV, with semicolons, tabs and blanks, with decimal commas, with units, and with a byte-order
/// mark and the line ends of Windows: the same recording.
#[test]
#[ignore = "needs ../shared"]
fn the_recordings_in_every_dress() {
    let folder = shared("recordings");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "csv"))
        .collect();
    files.sort();
    assert_eq!(files.len(), 18);
    for path in files {
        // Some hundred rows are enough.
        let text = std::fs::read_to_string(&path).expect("a text").replace(';', ",");
        let text: String = text.lines().take(700).map(|line| line.to_string() + "\n").collect();
        let (header, rows) = text.split_once('\n').expect("a header");
        let unit = |name: &str| match name {
            "run" => "-",
            "time" => "s",
            name if name.starts_with('v') => "furlong/s",
            _ => "furlong",
        };
        let units = header.split(',').map(unit).collect::<Vec<_>>().join(",");
        let long: Vec<String> = header.split(',').map(|name| format!("{name} [{}]", unit(name))).collect();
        let plain = read_text(&text, "a.csv", &ReadOptions::default()).expect("a recording").recording;
        for separator in [",", ";", "\t", " "] {
            for top in [
                header.to_string(),
                format!("{header}\n{units}"),
                long.join(","),
                format!("A title\n{header}"),
            ] {
                let with_points = format!("{top}\n{rows}").replace(',', separator);
                let mut dresses =
                    vec![with_points.clone(), format!("\u{feff}{}", with_points.replace('\n', "\r\n"))];
                if separator != "," {
                    dresses.push(format!(
                        "{}\n{}",
                        top.replace(',', separator),
                        rows.replace(',', separator).replace('.', ",")
                    ));
                }
                for dress in dresses {
                    let reading = read_text(&dress, "a.csv", &ReadOptions::default());
                    let reading =
                        reading.unwrap_or_else(|error| panic!("{}: {}", path.display(), error.render()));
                    assert_eq!(reading.recording, plain, "{}: {top}", path.display());
                }
            }
        }
    }
}

/// The planets by their names, and in a table with one row for each time and planet.
#[test]
#[ignore = "needs ../shared"]
fn planets_by_name() {
    let text = std::fs::read_to_string(shared("recordings/planets_heliocentric.csv")).expect("a text");
    let names = ["Mercury", "Venus", "Mars", "Jupiter", "Saturn"];
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines().skip(1) {
        let (run, rest) = line.split_once(',').expect("a run");
        lines.push(format!("{rest},{}", names[run.parse::<usize>().expect("a number")]));
    }
    // By time, the planets between each other.
    lines.sort_by(|a, b| {
        let time = |line: &str| line.split(',').next().and_then(|t| t.parse::<f64>().ok()).expect("a time");
        time(a).total_cmp(&time(b))
    });
    let text =
        format!("JD,X (AU),Y (AU),Z (AU),VX (AU/day),VY (AU/day),VZ (AU/day),planet\n{}\n", lines.join("\n"));
    let reading = read_text(&text, "planets.csv", &ReadOptions::default()).expect("a recording");
    assert_eq!(
        reading.understood,
        "read planets.csv: 5 runs of 400 points (by planet); time JD; positions X, Y, Z; their velocities VX, VY, VZ"
    );
    let mut found: Vec<&str> = reading.recording.runs.iter().map(|run| run.name.as_str()).collect();
    found.sort_unstable();
    assert_eq!(found, ["Jupiter", "Mars", "Mercury", "Saturn", "Venus"]);
}

#[test]
#[ignore = "needs ../shared"]
fn the_cases() {
    let plain = ReadOptions::default();
    for (file, end) in [
        (
            "c14-lotka-volterra/log.csv",
            "12 runs of 601 points (by trajectory); time t; position q; its momentum p",
        ),
        (
            "c14-lotka-volterra/raw.csv",
            "12 runs of 601 points (by trajectory); time t; positions prey, predator alone",
        ),
        (
            "c15-degrees/radians.csv",
            "10 runs of 501 points (by trajectory); time t; position theta; its velocity omega; angle theta in radians",
        ),
        ("k2-quartic-few-runs/sim.csv", "time t; positions x, y; their momenta px, py"),
        ("k2-quartic-few-runs/full.csv", "positions x, y; their momenta px, py; the time derivatives of all"),
        (
            "k3-si-units/d.csv",
            "6 runs of 201 points (by trajectory); time t; positions x, y; their momenta px, py",
        ),
        ("k4-false-exact/o.csv", "time t; position x; its momentum p"),
        ("k5-decimal-laws/d.csv", "time t; positions x, y; their momenta px, py"),
    ] {
        let said = understood(&shared(&format!("cases/{file}")), &plain);
        assert!(said.ends_with(end), "{said}");
    }
    for (folder, system, data) in [
        ("c14-lotka-volterra", "log.ham", "log.csv"),
        ("c14-lotka-volterra", "raw.ham", "raw.csv"),
        ("c15-degrees", "system.ham", "radians.csv"),
        ("k2-quartic-few-runs", "s.ham", "full.csv"),
        ("k3-si-units", "system.ham", "d.csv"),
        ("k4-false-exact", "system.ham", "o.csv"),
        ("k5-decimal-laws", "system.ham", "d.csv"),
    ] {
        let text =
            std::fs::read_to_string(shared(&format!("cases/{folder}/{system}"))).expect("a system file");
        let reading =
            read_one(&shared(&format!("cases/{folder}/{data}")), &declared(&text)).expect("a recording");
        assert!(matches!(reading.recording.rates, Rates::Momenta(_)), "{folder}");
    }
}

/// Degrees are refused with the hint, and converted with the option: the velocity too.
#[test]
#[ignore = "needs ../shared"]
fn the_case_in_degrees() {
    let system = std::fs::read_to_string(shared("cases/c15-degrees/system.ham")).expect("a system file");
    let in_radians =
        read_one(&shared("cases/c15-degrees/radians.csv"), &ReadOptions::default()).expect("radians");
    for file in ["degrees", "euro"] {
        let path = shared(&format!("cases/c15-degrees/{file}.csv"));
        for options in [ReadOptions::default(), declared(&system)] {
            let error = read_one(&path, &options).expect_err("a refusal").render();
            assert!(error.contains("it jumps by 360") && error.contains("`--degrees theta`"), "{error}");
            let options = ReadOptions { degrees: degrees("theta").degrees, ..options };
            let recording = read_one(&path, &options).expect("a recording").recording;
            assert!(recording.coordinates[0].is_angle);
            for (run, same) in recording.runs.iter().zip(&in_radians.recording.runs) {
                let pairs = run.positions[0].iter().zip(&same.positions[0]);
                let rates = run.rates[0].iter().zip(&same.rates[0]);
                assert!(pairs.chain(rates).all(|(a, b)| (a - b).abs() < 1e-9));
            }
        }
    }
}

#[test]
#[ignore = "needs ../shared"]
fn the_measurements_of_schmidt_and_lipson() {
    for (file, end) in [
        ("real_pend_h_1", "1 run of 556 points (by trial); time t; position o; its velocity v"),
        ("real_linear_h_1", "1 run of 870 points (by trial); time t; position x; its velocity v"),
        (
            "real_double_linear_h_1",
            "1 run of 495 points (by trial); time t; positions x1, x2; their velocities v1, v2",
        ),
        (
            "real_double_pend_h_1",
            "2 runs of 701 to 819 points (by trial), 1520 in all; time t; positions o1, o2; their velocities w1, w2; \
             their accelerations",
        ),
        ("double_linear_h_1", "time t; positions x1, x2; their velocities v1, v2; their accelerations"),
        ("double_pend_h_1", "time t; positions o1, o2; their velocities w1, w2; their accelerations"),
    ] {
        let said = understood(&shared(&format!("data/schmidt_lipson/{file}.txt")), &ReadOptions::default());
        assert!(said.ends_with(end), "{said}");
    }
}

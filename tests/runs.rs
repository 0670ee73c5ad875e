//! Saved runs as a user has them: killed at random moments and taken up, read again, rolled out, damaged.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;

fn scratch(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("liouville-runs-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a scratch folder");
    folder
}

/// The program in a folder, so that the paths that it prints are short.
fn command(folder: &Path, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_liouville"));
    command.args(line.split(' ')).current_dir(folder).stdin(Stdio::null());
    command
}

fn liouville(folder: &Path, line: &str) -> Output {
    command(folder, line).output().expect("the program runs")
}

/// The program, which must succeed: its standard output.
fn done(folder: &Path, line: &str) -> Vec<u8> {
    let output = liouville(folder, line);
    assert_eq!(output.status.code(), Some(0), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// All files below a folder with their bytes, if `lasting` says that these depend on nothing but the settings.
fn files(folder: &Path, lasting: &dyn Fn(&str) -> bool) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.strip_prefix(folder).expect("a path inside").to_string_lossy().into_owned();
            match path.is_dir() {
                true => folders.push(path),
                false if lasting(&name) => found.push((name, fs::read(&path).expect("a file"))),
                false => {}
            }
        }
    }
    found.sort();
    found
}

/// A generator of moments (Numerical Recipes' 64-bit congruences). Its start is the clock: only the moments of the
/// kills depend on it.
struct Moments(u64);

impl Moments {
    fn new() -> Moments {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970");
        Moments(now.as_nanos() as u64 | 1)
    }

    /// A time below `whole`.
    fn below(&mut self, whole: Duration) -> Duration {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        whole.mul_f64((self.0 >> 11) as f64 / (1u64 << 53) as f64)
    }
}

/// Kills a command `kills` times in all, up to five times before it may end, and compares what it leaves with what it
/// leaves when nobody kills it.
fn killed_and_taken_up(line: &str, kills: usize, lasting: &dyn Fn(&str) -> bool) {
    let folder = scratch(&format!("killed-{}", line.split(' ').nth(1).expect("a subject")));
    let place = |name: &str| {
        let place = folder.join(name);
        fs::create_dir_all(&place).expect("a folder");
        place
    };
    let timed = |place: &Path| {
        let started = Instant::now();
        (done(place, line), started.elapsed())
    };
    let whole = place("whole");
    let (expected_text, first) = timed(&whole);
    // On a busy machine one run may be slow, and most kills would come after the end.
    let (again, second) = timed(&place("again"));
    assert!(again == expected_text, "two runs differ");
    let time = first.min(second);
    let expected = files(&whole, lasting);
    assert!(expected.len() > 2, "{expected:?}");
    let mut moments = Moments::new();
    for round in 0..kills.div_ceil(5) {
        let parts = place(&format!("round-{round}"));
        for _ in 0..5.min(kills - 5 * round) {
            let mut child = command(&parts, line)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("the program starts");
            std::thread::sleep(moments.below(time));
            // It may have ended before.
            let _ = child.kill();
            child.wait().expect("its end");
        }
        let text = done(&parts, line);
        assert!(text == expected_text, "round {round}: the resumed run prints something else");
        let found = files(&parts, lasting);
        let names = |files: &[(String, Vec<u8>)]| files.iter().map(|file| file.0.clone()).collect::<Vec<_>>();
        assert_eq!(names(&found), names(&expected), "round {round}");
        for (found, expected) in found.iter().zip(&expected) {
            assert!(found == expected, "round {round}: {} differs", found.0);
        }
        fs::remove_dir_all(parts).expect("the folder of the round");
    }
    fs::remove_dir_all(folder).expect("the scratch folder");
}

const DISCOVER: &str = "discover charged-particle --steps 600 --json --quiet --out run";
const REPRODUCE: &str = "reproduce table1 --quick --systems charged-particle --seeds 1 --steps 300 --quiet --results results --out cells";

/// Of cells and pages, what tells no wall times.
fn without_times(name: &str) -> bool {
    let is_table = name.ends_with(".csv") || name.ends_with(".svg") || name.ends_with(".safetensors");
    (is_table && !name.contains("-times")) || name.ends_with("run.json")
}

#[test]
fn a_killed_discovery_ends_with_the_same_bytes() {
    killed_and_taken_up(DISCOVER, 3, &|_| true);
}

#[test]
fn a_killed_experiment_ends_with_the_same_bytes() {
    killed_and_taken_up(REPRODUCE, 3, &without_times);
}

#[test]
#[ignore = "kills a discovery and an experiment at 50 moments each: some minutes"]
fn runs_killed_at_fifty_moments_end_with_the_same_bytes() {
    killed_and_taken_up(DISCOVER, 50, &|_| true);
    killed_and_taken_up(REPRODUCE, 50, &without_times);
}

/// Two runs of a charged particle in a magnetic field and a harmonic trap, from closed formulas:
/// x″ = b y′ − 2 x, y″ = −b x′ − 2 y, b = 3/2.
fn recording(folder: &Path, name: &str, velocities: bool) {
    let (b, k) = (1.5_f64, 2.0_f64);
    let root = (b * b / 4.0 + k).sqrt();
    let (w1, w2) = (b / 2.0 + root, b / 2.0 - root);
    let mut table = String::from(if velocities { "run,t,x,y,vx,vy\n" } else { "run,t,x,y\n" });
    for (run, (a1, a2, phase)) in [(1.0, 0.6, 0.3), (0.4, 1.1, 1.9)].into_iter().enumerate() {
        for i in 0..500 {
            let t = 0.03 * f64::from(i);
            let (p1, p2) = (w1 * t, w2 * t + phase);
            table.push_str(&format!(
                "{run},{t},{},{}",
                a1 * p1.cos() + a2 * p2.cos(),
                -a1 * p1.sin() - a2 * p2.sin()
            ));
            if velocities {
                let (vx, vy) =
                    (-a1 * w1 * p1.sin() - a2 * w2 * p2.sin(), -a1 * w1 * p1.cos() - a2 * w2 * p2.cos());
                table.push_str(&format!(",{vx},{vy}"));
            }
            table.push('\n');
        }
    }
    fs::write(folder.join(name), table).expect("a recording");
}

/// Text of a record that depends on where the data came from or on nothing.
#[test]
fn extraction_prints_the_record_of_the_run_byte_for_byte() {
    let folder = scratch("extracted");
    recording(&folder, "v.csv", true);
    fs::write(folder.join("own.grammar"), "grammar own\ninclude more.grammar\n").expect("a grammar");
    fs::write(folder.join("more.grammar"), "grammar more\nterms variables^1..2\n").expect("a grammar");
    for line in [
        "charged-particle --steps 100 --seed 3 --cyclic 2 --loss paper",
        "charged-particle --steps 0 --noise 0.01 --grammar own.grammar",
        "kepler --steps 60 --set k=2",
        "v.csv",
    ] {
        let trained = done(&folder, &format!("discover {line} --json --quiet --out run"));
        // The run has all that it needs.
        let _ = fs::rename(folder.join("more.grammar"), folder.join("gone.grammar"));
        let extracted = done(&folder, "extract run --json --quiet");
        let _ = fs::rename(folder.join("gone.grammar"), folder.join("more.grammar"));
        assert!(
            trained == extracted,
            "{line}\n{}\n{}",
            String::from_utf8_lossy(&trained),
            String::from_utf8_lossy(&extracted)
        );
        assert_eq!(fs::read(folder.join("run").join("record.json")).expect("a record"), trained);
        fs::remove_dir_all(folder.join("run")).expect("the run");
    }
    fs::remove_dir_all(folder).expect("the scratch folder");
}

/// Recordings start in the canonical momenta of the recovered H, which the magnetic field turns away from velocities.
#[test]
fn recordings_are_rolled_out_in_canonical_momenta() {
    let folder = scratch("canonical");
    for (name, velocities, bound) in [("v.csv", true, 1e-9), ("q.csv", false, 1e-6)] {
        recording(&folder, name, velocities);
        done(&folder, &format!("discover {name} --quiet --out {name}.run"));
        let text = done(&folder, &format!("rollout {name}.run --json"));
        let found: Value = serde_json::from_slice(&text).expect("one JSON document");
        assert_eq!((&found["trajectories"], &found["held_out"]), (&Value::from(2), &Value::from(false)));
        let h = found["functions"][0]["formula"].as_str().expect("H");
        assert!(h.contains("p_x") && h.contains("p_y"), "{h}");
        let rows = found["rows"].as_array().expect("rows");
        assert_eq!(rows.len(), 2, "the recovered law by two methods");
        for row in rows {
            assert!(row["trajectory"].as_f64().expect("a number") < bound, "{name}: {row}");
            let drifts = row["drift"].as_array().expect("drifts");
            assert!(
                drifts.len() >= 2 && drifts.iter().all(|x| x.as_f64().expect("a number") < bound),
                "{row}"
            );
        }
    }
    fs::remove_dir_all(folder).expect("the scratch folder");
}

/// What is said of folders that hold no run, or not this one.
#[test]
fn folders_that_are_no_run_are_said() {
    let folder = scratch("said");
    let at = |path: &str| folder.join(path);
    done(&folder, "discover kepler --steps 0 --quiet --out run");
    let text = fs::read_to_string(at("run/run.json")).expect("a run");
    let copy = |name: &str, from: &str, to: &str| {
        fs::create_dir_all(at(name)).expect("a folder");
        for file in ["data.npz", "record.json"] {
            fs::copy(at("run").join(file), at(name).join(file)).expect("a file");
        }
        assert!(text.contains(from), "{from} in {text}");
        fs::write(at(name).join("run.json"), text.replacen(from, to, 1)).expect("a run");
    };
    fs::create_dir_all(at("empty")).expect("a folder");
    fs::create_dir_all(at("old")).expect("a folder");
    fs::write(at("old/observations.json"), "{}").expect("a file");
    copy("newer", "\"format\": 2", "\"format\": 9");
    copy("begun", "\"state\": \"finished\"", "\"state\": \"begun\"");
    copy("cut", "\"format\": 2", "\"format\": 2");
    fs::write(at("cut/run.json"), "{\n  \"format\": 2,\n").expect("a run");
    copy("damaged", "\"format\": 2", "\"format\": 2");
    let mut data = fs::read(at("damaged/data.npz")).expect("data");
    data[1000] ^= 1;
    fs::write(at("damaged/data.npz"), data).expect("data");
    copy("without", "\"format\": 2", "\"format\": 2");
    fs::remove_file(at("without/data.npz")).expect("data");
    copy("nothing", "\"hamiltonian\": \"", "\"hamiltonian\": null, \"was\": \"");
    copy("formula", "\"hamiltonian\": \"", "\"hamiltonian\": \"(");
    let mut said = String::new();
    for line in [
        "extract missing",
        "extract empty",
        "extract old",
        "extract newer",
        "extract begun",
        "extract cut",
        "extract damaged",
        "extract without",
        "rollout missing",
        "rollout nothing",
        "rollout formula",
        "discover kepler --steps 0 --seed 4 --out run",
        "discover two-body --steps 0 --out run",
        "discover kepler --steps 0 --set k=2 --out run",
        "discover kepler --steps 0 --out old",
        "reproduce fig5 --quick --out run",
    ] {
        let output = liouville(&folder, line);
        assert_eq!(output.status.code(), Some(2), "{line}");
        assert!(output.stdout.is_empty(), "{line}");
        said += &format!("$ liouville {line}\n{}\n", String::from_utf8_lossy(&output.stderr));
    }
    insta::assert_snapshot!(said);
    fs::remove_dir_all(folder).expect("the scratch folder");
}

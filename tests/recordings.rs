//! Recordings from end to end: what `discover` says of files as people bring them.

use std::path::{Path, PathBuf};
use std::process::Command;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

/// An empty folder of this test.
fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("recordings-{name}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a scratch folder");
    folder
}

/// Standard output, standard error and exit status.
fn liouville(arguments: &[&str]) -> (String, String, Option<i32>) {
    let output = Command::new(env!("CARGO_BIN_EXE_liouville")).args(arguments).output().expect("the program");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (text(output.stdout), text(output.stderr), output.status.code())
}

fn record(file: &Path, options: &[&str]) -> Value {
    let file = file.to_string_lossy();
    let mut arguments = vec!["discover", &file, "--json", "--quiet", "--threads", "1"];
    arguments.extend(options);
    let (out, err, status) = liouville(&arguments);
    assert_eq!(status, Some(0), "{err}");
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}\n{out}"))
}

/// Gaussian noise from twelve uniform numbers.
fn gaussian(random: &mut ChaCha8Rng) -> f64 {
    (0..12).map(|_| random.random_range(0.0..1.0)).sum::<f64>() - 6.0
}

/// A motion by the classical Runge–Kutta method: the state (q, v) at each time.
fn motion(start: &[f64], times: &[f64], acceleration: &dyn Fn(&[f64]) -> Vec<f64>) -> Vec<Vec<f64>> {
    let n = start.len() / 2;
    let rate = |z: &[f64]| -> Vec<f64> { z[n..].iter().copied().chain(acceleration(z)).collect() };
    let moved =
        |z: &[f64], k: &[f64], h: f64| -> Vec<f64> { z.iter().zip(k).map(|(z, k)| z + h * k).collect() };
    let mut states = vec![start.to_vec()];
    for pair in times.windows(2) {
        let steps = 20;
        let h = (pair[1] - pair[0]) / f64::from(steps);
        let mut z = states[states.len() - 1].clone();
        for _ in 0..steps {
            let k1 = rate(&z);
            let k2 = rate(&moved(&z, &k1, h / 2.0));
            let k3 = rate(&moved(&z, &k2, h / 2.0));
            let k4 = rate(&moved(&z, &k3, h));
            for i in 0..z.len() {
                z[i] += h / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]);
            }
        }
        states.push(z);
    }
    states
}

/// Writes runs as CSV with noise relative to 1.
fn write(path: &Path, header: &str, columns: usize, noise: f64, runs: &[(Vec<f64>, Vec<Vec<f64>>)]) {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut text = format!("{header}\n");
    for (number, (times, states)) in runs.iter().enumerate() {
        for (t, state) in times.iter().zip(states) {
            let values = state[..columns].iter().map(|x| format!("{:.8}", x + noise * gaussian(&mut random)));
            text += &format!("{number},{t:.6},{}\n", values.collect::<Vec<_>>().join(","));
        }
    }
    std::fs::write(path, text).expect("the recording");
}

fn even(points: usize, step: f64) -> Vec<f64> {
    (0..points).map(|k| k as f64 * step).collect()
}

#[test]
fn a_noisy_pendulum_from_angles_alone() {
    let folder = scratch("pendulum");
    let times = even(400, 0.03);
    let pull = |z: &[f64]| vec![-7.3 * z[0].sin()];
    let runs: Vec<_> =
        [[1.3, 0.4], [0.5, -2.0], [2.4, 0.1]].map(|z| (times.clone(), motion(&z, &times, &pull))).into();
    let file = folder.join("pendulum.csv");
    write(&file, "run,time,theta", 1, 2e-3, &runs);
    let record = record(&file, &[]);
    assert_eq!(record["hamiltonian"]["formula"], "p_theta^2/2 - a*cos(theta)");
    assert_eq!(record["hamiltonian"]["status"], "determined");
    let constant = &record["hamiltonian"]["constants"][0];
    let (value, error) = (constant["value"].as_f64().unwrap(), constant["standard_error"].as_f64().unwrap());
    assert!((value - 7.3).abs() < 4.0 * error && error < 0.02, "{constant}");
    assert_eq!(record["verdict"], "integrable");
    assert!(
        record["data"]["read_as"].as_str().unwrap().contains("3 runs of 400 points"),
        "{}",
        record["data"]
    );
}

#[test]
fn keplers_laws_hold_for_every_constant() {
    let folder = scratch("kepler");
    // Uneven times.
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let times: Vec<f64> = even(700, 0.02).iter().map(|t| t + random.random_range(0.0..0.01)).collect();
    let pull = |z: &[f64]| {
        let cube = (z[0] * z[0] + z[1] * z[1]).powf(1.5);
        vec![-1.713 * z[0] / cube, -1.713 * z[1] / cube]
    };
    let runs: Vec<_> = [[1.0, 0.1, -0.1, 1.2], [0.2, -1.2, 1.0, 0.3]]
        .map(|z| (times.clone(), motion(&z, &times, &pull)))
        .into();
    let file = folder.join("kepler.csv");
    write(&file, "run,time,x,y", 2, 1e-4, &runs);
    let record = record(&file, &[]);
    assert_eq!(record["hamiltonian"]["formula"], "(p_x^2 + p_y^2)/2 - mu/sqrt(x^2 + y^2)");
    assert_eq!(record["verdict"], "maximally superintegrable");
    let laws = record["laws"].as_array().expect("laws");
    assert_eq!(laws.len(), 3);
    for law in laws {
        assert_eq!((&law["status"], &law["for_every"][0]), (&"proved".into(), &"mu".into()));
        assert!(!law["numeric"].as_str().unwrap().contains("mu"), "{law}");
    }
}

#[test]
fn a_magnetic_field_in_a_trap() {
    let folder = scratch("magnetic");
    let times = even(400, 0.03);
    let pull = |z: &[f64]| vec![1.37 * z[3] - 0.83 * z[0], -1.37 * z[2] - 0.83 * z[1]];
    let runs: Vec<_> = [[1.0, 0.3, -0.2, 0.8], [-0.5, 0.9, 0.7, 0.1], [0.2, -0.6, -0.9, 0.5]]
        .map(|z| (times.clone(), motion(&z, &times, &pull)))
        .into();
    let file = folder.join("magnetic.csv");
    write(&file, "run,time,x,y,vx,vy", 4, 1e-3, &runs);
    let record = record(&file, &[]);
    assert_eq!(
        record["hamiltonian"]["constants"].as_array().map(Vec::len),
        Some(2),
        "{}",
        record["hamiltonian"]
    );
    assert_eq!(record["laws"][0]["formula"], "x*p_y - y*p_x");
    assert_eq!(record["verdict"], "integrable");
}

#[test]
fn a_force_outside_the_library_is_no_law() {
    let folder = scratch("outside");
    let times = even(400, 0.04);
    // Driven: no autonomous law holds.
    let runs: Vec<_> = [[0.5, 0.2], [-0.8, 0.4], [1.1, -0.3]]
        .map(|start: [f64; 2]| {
            // The time is a second coordinate of velocity 1.
            let driven = |z: &[f64]| vec![z[0] - z[0].powi(3) + 0.6 * (1.3 * z[1]).cos(), 0.0];
            let states = motion(&[start[0], 0.0, start[1], 1.0], &times, &driven);
            (times.clone(), states.into_iter().map(|z| vec![z[0], z[2]]).collect())
        })
        .into();
    let file = folder.join("driven.csv");
    write(&file, "run,time,x,vx", 2, 1e-3, &runs);
    let record = record(&file, &[]);
    let status = record["hamiltonian"]["status"].as_str().expect("a status");
    assert!(["unexplained", "approximate"].contains(&status), "{}", record["hamiltonian"]);
    assert!(record["hamiltonian"]["unexplained_fraction"].as_f64().unwrap() > 0.05);
}

#[test]
#[ignore = "needs ../shared/recordings"]
fn the_sixteen_recordings() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/recordings");
    let truth = std::fs::read_to_string(folder.join("truth.json")).expect("the list of recordings");
    let truth: Value = serde_json::from_str(&truth).expect("JSON");
    let mut text = String::new();
    for name in truth.as_object().expect("an object").keys() {
        let mut arguments = vec![folder.join(format!("{name}.csv")).to_string_lossy().into_owned()];
        let system = folder.join(format!("{name}.ham"));
        if system.exists() {
            arguments.insert(0, system.to_string_lossy().into_owned());
        }
        let mut all = vec!["discover", "--json", "--quiet"];
        all.extend(arguments.iter().map(String::as_str));
        let (out, err, status) = liouville(&all);
        assert_eq!(status, Some(0), "{name}: {err}");
        let record: Value = serde_json::from_str(&out).expect("JSON");
        let of = |value: &Value| value.as_str().unwrap_or("?").to_owned();
        text += &format!("{name}: {}, {}\n", of(&record["hamiltonian"]["status"]), of(&record["verdict"]));
        text += &format!("  H = {}\n", of(&record["hamiltonian"]["formula"]));
        for law in record["laws"].as_array().into_iter().flatten() {
            text += &format!("  {} = {} ({})\n", of(&law["name"]), of(&law["formula"]), of(&law["status"]));
        }
    }
    insta::assert_snapshot!(text);
}

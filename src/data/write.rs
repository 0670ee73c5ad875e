//! Data files, written by their extension.

use std::io::Write;
use std::path::Path;

use crate::expr::Symbol;

use super::archive::{Array, write_archive};
use super::error::WriteError;
use super::trajectories::{Trajectory, TrajectorySet};

/// The columns that stand before the variables.
const FIRST_COLUMNS: [&str; 2] = ["trajectory", "t"];

/// Why variables with the names of the first columns cannot stand in a table.
fn clash_with_columns<'a>(mut names: impl Iterator<Item = &'a Symbol>) -> Option<String> {
    let clash = names.find(|name| FIRST_COLUMNS.contains(&name.name()))?;
    Some(format!("`{clash}` is a variable of the system and one of the first columns, `trajectory` and `t`"))
}

fn has_extension(path: &str, extensions: &[&str]) -> bool {
    let extension = Path::new(path).extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| extensions.contains(&extension.to_lowercase().as_str()))
}

/// Writes trajectories: `.npz` by extension, else CSV.
///
/// # Errors
/// A file that cannot be written; for NPZ, trajectories of different lengths.
pub fn write_data(path: &str, set: &TrajectorySet) -> Result<(), WriteError> {
    let unwritable = |reason: String| WriteError { path: path.to_string(), reason };
    let bytes = match has_extension(path, &["npz"]) {
        true => to_archive(set).map_err(unwritable)?,
        false => {
            if let Some(reason) = clash_with_columns(set.coordinates.iter().chain(&set.momenta)) {
                return Err(unwritable(reason));
            }
            let mut bytes = Vec::new();
            write_csv(set, &mut bytes).map_err(|error| unwritable(error.to_string()))?;
            bytes
        }
    };
    std::fs::write(path, bytes).map_err(|error| unwritable(error.to_string()))
}

/// Writes `trajectory,t,q…,p…` and, where every trajectory has them, `dq…,dp…`, each number with the
/// fewest digits that read back as the same number.
///
/// # Errors
/// Those of `out`.
pub fn write_csv(set: &TrajectorySet, out: &mut impl Write) -> std::io::Result<()> {
    let variables = set.variables();
    let derivatives = set.has_derivatives();
    let mut text = String::from("trajectory,t");
    variables.iter().for_each(|name| text.push_str(&format!(",{name}")));
    if derivatives {
        variables.iter().for_each(|name| text.push_str(&format!(",d{name}")));
    }
    text.push('\n');
    for (index, trajectory) in set.trajectories.iter().enumerate() {
        let width = variables.len();
        for (at, time) in trajectory.times.iter().enumerate() {
            text.push_str(&format!("{index},{time:?}"));
            let row = at * width..(at + 1) * width;
            let rates =
                trajectory.derivatives.as_ref().filter(|_| derivatives).map(|rates| &rates[row.clone()]);
            for value in trajectory.states[row].iter().chain(rates.into_iter().flatten()) {
                text.push_str(&format!(",{value:?}"));
            }
            text.push('\n');
        }
        out.write_all(text.as_bytes())?;
        text.clear();
    }
    out.write_all(text.as_bytes())
}

/// `q`, `p` `[trajectories, points, dof]` and `t` `[points]` (or `[trajectories, points]` where they
/// differ), with `dq`, `dp` where every trajectory has derivatives.
fn to_archive(set: &TrajectorySet) -> Result<Vec<u8>, String> {
    let points = set.trajectories.first().map_or(0, Trajectory::points);
    if set.trajectories.iter().any(|trajectory| trajectory.points() != points) {
        return Err("its trajectories differ in length; write a .csv file".to_string());
    }
    let (count, dof) = (set.trajectories.len(), set.dof());
    let halves = |rows: Vec<f64>| {
        let part = |from: usize| {
            let values = rows.chunks_exact(2 * dof).flat_map(|row| row[from..from + dof].to_vec()).collect();
            Array { shape: vec![count, points, dof], values }
        };
        (part(0), part(dof))
    };
    let (q, p) = halves(set.states());
    let first = set.trajectories.first().map_or(&[][..], |trajectory| &trajectory.times);
    let t = match set.trajectories.iter().all(|trajectory| trajectory.times == first) {
        true => Array { shape: vec![points], values: first.to_vec() },
        false => Array {
            shape: vec![count, points],
            values: set.trajectories.iter().flat_map(|trajectory| trajectory.times.clone()).collect(),
        },
    };
    let mut arrays = vec![("q", q), ("p", p), ("t", t)];
    if let Some(rates) = set.derivatives() {
        let (dq, dp) = halves(rates);
        arrays.extend([("dq", dq), ("dp", dp)]);
    }
    write_archive(&arrays)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Declared, ReadOptions, read, read_text};
    use crate::dynamics::{SimulationConfig, simulate};
    use crate::system::System;

    fn simulated(trajectories: usize) -> (ReadOptions, TrajectorySet) {
        let system = System::load("charged-particle").unwrap();
        let config = SimulationConfig { seed: 4, trajectories: Some(trajectories), ..Default::default() };
        let set = simulate(&system, &config).unwrap();
        (ReadOptions { declared: Some(Declared::from(&system)), ..ReadOptions::default() }, set)
    }

    #[test]
    fn csv_comes_back_bit_by_bit() {
        let (options, set) = simulated(3);
        let mut bytes = Vec::new();
        write_csv(&set, &mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.starts_with("trajectory,t,qx,qy,px,py,dqx,dqy,dpx,dpy\n0,0.0,"));
        let back = read_text(&text, "a.csv", &options).unwrap();
        assert_eq!(TrajectorySet::of_recording(&back.recording), set);
    }

    #[test]
    fn npz_comes_back_bit_by_bit() {
        let (options, set) = simulated(3);
        let path = std::env::temp_dir().join(format!("liouville-write-{}.npz", std::process::id()));
        let name = path.to_str().unwrap().to_owned();
        write_data(&name, &set).unwrap();
        let back = read(std::slice::from_ref(&name), &options).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(TrajectorySet::of_recording(&back.recording), set);
        assert_eq!(to_archive(&set).unwrap(), to_archive(&set).unwrap());
    }
}

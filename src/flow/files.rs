//! Data files, read and written by their extension.

use std::io::Write;
use std::path::Path;

use crate::expr::Symbol;
use crate::system::{System, text_of_bytes};

use super::assemble::{ColumnMap, FIRST_COLUMNS, assemble, finished};
use super::npz::{Array, read_archive, write_archive};
use super::table::{read_csv, read_schmidt_lipson};
use super::trajectories::FEWEST_POINTS;
use super::{FlowError, Trajectory, TrajectorySet};

/// Reads measured trajectories of a system: `.npz`, the text format of Schmidt and Lipson (`.txt`, `.dat`,
/// or a header that begins with `%`), else CSV. Angles come out continuous along each trajectory.
///
/// # Errors
/// A file that cannot be read; numbers that are not finite, times that do not increase, trajectories of
/// fewer than three points, missing or unknown columns, each with its place.
pub fn read_data(path: &str, system: &System, map: &ColumnMap) -> Result<TrajectorySet, FlowError> {
    let unreadable = |reason: String| FlowError::Unreadable { path: path.to_string(), reason, hint: None };
    if Path::new(path).is_dir() {
        return Err(unreadable("it is a directory, not a file".to_string()));
    }
    let bytes = std::fs::read(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => unreadable("there is no such file".to_string()),
        std::io::ErrorKind::PermissionDenied => unreadable("permission denied".to_string()),
        _ => unreadable(error.to_string()),
    })?;
    if has_extension(path, &["npz"]) || bytes.starts_with(b"PK\x03\x04") {
        return of_archive(&bytes, path, system, map);
    }
    let text = text_of_bytes(bytes).map_err(unreadable)?;
    of_text(&text, path, system, map)
}

/// Reads trajectories from the text of a CSV or Schmidt–Lipson file; `source_name` tells which, and stands
/// in errors.
///
/// # Errors
/// As [`read_data`].
pub fn of_text(
    text: &str,
    source_name: &str,
    system: &System,
    map: &ColumnMap,
) -> Result<TrajectorySet, FlowError> {
    if let Some(reason) = clash_with_columns(system.coordinates.iter().chain(&system.momenta)) {
        let hint = Some("rename it in the system file".to_string());
        return Err(FlowError::Unreadable { path: source_name.to_string(), reason, hint });
    }
    let has_percent = text.trim_start_matches('\u{feff}').trim_start().starts_with('%');
    let table = match has_percent || has_extension(source_name, &["txt", "dat"]) {
        true => read_schmidt_lipson(text, source_name)?,
        false => read_csv(text, source_name)?,
    };
    assemble(&table, system, map)
}

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
pub fn write_data(path: &str, set: &TrajectorySet) -> Result<(), FlowError> {
    let unwritable = |reason: String| FlowError::Unwritable { path: path.to_string(), reason };
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

/// `q`, `p`, `t` and optionally `dq`, `dp`; or `x` with `dx` or `t`, its last axis 2·dof, q then p, as in
/// the Hamiltonian Neural Networks repository.
fn of_archive(
    bytes: &[u8],
    path: &str,
    system: &System,
    map: &ColumnMap,
) -> Result<TrajectorySet, FlowError> {
    let fail = |reason: String, hint: &str| {
        let hint = (!hint.is_empty()).then(|| hint.to_string());
        Err(FlowError::Unreadable { path: path.to_string(), reason, hint })
    };
    if *map != ColumnMap::default() {
        return fail("a column map does not apply to .npz files".to_string(), "");
    }
    let arrays = match read_archive(bytes) {
        Ok(arrays) => arrays,
        Err(reason) => return fail(reason, ""),
    };
    let find = |name: &str| arrays.iter().find(|(known, _)| known == name).map(|(_, array)| array);
    for (name, array) in arrays.iter().filter(|(name, _)| is_read(name)) {
        if let Some(at) = array.values.iter().position(|value| !value.is_finite()) {
            let index = index_of(at, &array.shape);
            return fail(format!("`{name}`{index:?} is {}, not a finite number", array.values[at]), "");
        }
    }
    let ignored: Vec<String> =
        arrays.iter().filter(|(name, _)| !is_read(name)).map(|(name, _)| format!("`{name}`")).collect();
    let mut notes = Vec::new();
    if !ignored.is_empty() {
        notes.push(format!("{path}: ignored the arrays {}", ignored.join(", ")));
    }
    let joined = match (find("q"), find("p"), find("x")) {
        (Some(q), Some(p), _) => {
            let states = joined_halves(q, p, system.dof());
            let rates = find("dq").zip(find("dp")).map(|(dq, dp)| joined_halves(dq, dp, system.dof()));
            states.and_then(|states| Ok((states, rates.transpose()?)))
        }
        (None, None, Some(x)) => whole_rows(x, system.dof())
            .and_then(|states| Ok((states, find("dx").map(|dx| whole_rows(dx, system.dof())).transpose()?))),
        (Some(_), None, _) => Err("the array `p` is missing".to_string()),
        (None, Some(_), _) => Err("the array `q` is missing".to_string()),
        (None, None, None) => Err("it holds neither `q` and `p` nor `x`".to_string()),
    };
    let (states, rates) = match joined {
        Ok(joined) => joined,
        Err(reason) => return fail(reason, "q, p: [trajectories, points, dof]; x, dx: [.., 2*dof]"),
    };
    if rates.as_ref().is_some_and(|rates| rates.values.len() != states.values.len()) {
        return fail("the derivatives differ in shape from the states".to_string(), "");
    }
    let trajectories = match cut(&states, rates.as_ref(), find("t"), system.dof(), &mut notes) {
        Ok(trajectories) => trajectories,
        Err(reason) => return fail(reason, "t: [points] or [trajectories, points], increasing"),
    };
    Ok(finished(system, trajectories, notes))
}

fn is_read(name: &str) -> bool {
    ["q", "p", "t", "dq", "dp", "x", "dx"].contains(&name)
}

/// The index along each axis of the entry at `position`.
fn index_of(mut position: usize, shape: &[usize]) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    for (slot, &length) in index.iter_mut().zip(shape).rev() {
        *slot = position % length.max(1);
        position /= length.max(1);
    }
    index
}

/// Rows (q, p) of all points, `[.., 2·dof]`, from arrays `[.., dof]` of two or three axes.
fn joined_halves(q: &Array, p: &Array, dof: usize) -> Result<Array, String> {
    if q.shape != p.shape {
        return Err(format!("`q` has the shape {:?}, `p` {:?}", q.shape, p.shape));
    }
    let mut shape = axes(q, dof, "q")?;
    let rows = q.values.chunks_exact(dof).zip(p.values.chunks_exact(dof));
    let values = rows.flat_map(|(q, p)| [q, p].concat()).collect();
    shape.push(2 * dof);
    Ok(Array { shape, values })
}

fn whole_rows(x: &Array, dof: usize) -> Result<Array, String> {
    let mut shape = axes(x, 2 * dof, "x")?;
    shape.push(2 * dof);
    Ok(Array { shape, values: x.values.clone() })
}

/// The axes before the last one of length `width`: `[trajectories, points]`, or `[points]`.
fn axes(array: &Array, width: usize, name: &str) -> Result<Vec<usize>, String> {
    match array.shape.as_slice() {
        [outer @ .., last] if *last == width && (1..=2).contains(&outer.len()) => Ok(outer.to_vec()),
        shape => Err(format!("`{name}` has the shape {shape:?}; its last axis should be {width} long")),
    }
}

/// Cuts rows into trajectories. Where there is one axis of points and no trajectories, a new one begins
/// where the time does not increase, or, without times, where the step does not follow the derivatives.
fn cut(
    states: &Array,
    rates: Option<&Array>,
    times: Option<&Array>,
    dof: usize,
    notes: &mut Vec<String>,
) -> Result<Vec<Trajectory>, String> {
    let width = 2 * dof;
    let rows = states.values.len() / width;
    let (starts, times) = match (states.shape.as_slice(), times) {
        ([count, points, _], Some(t)) => {
            let times = match t.shape.as_slice() {
                shape if shape == [*points] => t.values.repeat(*count),
                shape if shape == [*count, *points] => t.values.clone(),
                shape => return Err(format!("`t` has the shape {shape:?}; [{points}] is expected")),
            };
            ((0..*count).map(|index| index * points).collect(), times)
        }
        ([_, points, _], None) => {
            return Err(format!("the array `t` with the {points} times is missing"));
        }
        (_, Some(t)) if t.values.len() == rows => {
            let starts = (0..rows).filter(|&at| at == 0 || t.values[at] <= t.values[at - 1]).collect();
            (starts, t.values.clone())
        }
        (_, Some(t)) => return Err(format!("`t` has the shape {:?}; [{rows}] is expected", t.shape)),
        (_, None) => match rates {
            Some(rates) => times_from_rates(&states.values, &rates.values, width, notes)?,
            None => {
                return Err(
                    "the array `t` is missing, and there is no `dx` to tell the time step".to_string()
                );
            }
        },
    };
    let mut trajectories = Vec::new();
    for (at, &from) in starts.iter().enumerate() {
        let to = starts.get(at + 1).copied().unwrap_or(rows);
        if to - from < FEWEST_POINTS {
            return Err(format!("trajectory {at} has only {} points, fewer than {FEWEST_POINTS}", to - from));
        }
        let times = times[from..to].to_vec();
        if let Some(pair) = times.windows(2).find(|pair| pair[1] <= pair[0]) {
            return Err(format!(
                "the times of trajectory {at} do not increase: {} after {}",
                pair[1], pair[0]
            ));
        }
        let part = |values: &[f64]| values[from * width..to * width].to_vec();
        let derivatives = rates.map(|rates| part(&rates.values));
        trajectories.push(Trajectory { times, states: part(&states.values), derivatives });
    }
    match trajectories.is_empty() {
        true => Err("it holds no trajectories".to_string()),
        false => Ok(trajectories),
    }
}

/// Where trajectories begin, and times, from states and derivatives alone: the median over the rows of the
/// step that the trapezoidal rule needs is the time step; a row that it misses by half begins a trajectory.
fn times_from_rates(
    states: &[f64],
    rates: &[f64],
    width: usize,
    notes: &mut Vec<String>,
) -> Result<(Vec<usize>, Vec<f64>), String> {
    let rows = states.len() / width;
    let pair = |at: usize| {
        let (mut along, mut speed, mut length) = (0.0, 0.0, 0.0);
        for column in at * width..(at + 1) * width {
            let step = states[column + width] - states[column];
            let rate = (rates[column + width] + rates[column]) / 2.0;
            along += step * rate;
            speed += rate * rate;
            length += step * step;
        }
        (along, speed, length)
    };
    let pairs: Vec<(f64, f64, f64)> = (0..rows.saturating_sub(1)).map(pair).collect();
    let mut steps: Vec<f64> =
        pairs.iter().map(|(along, speed, _)| along / speed).filter(|dt| *dt > 0.0).collect();
    steps.sort_by(f64::total_cmp);
    let Some(&step) = steps.get(steps.len() / 2) else {
        return Err("the array `t` is missing, and `dx` does not tell the time step".to_string());
    };
    let misses = |(along, speed, length): (f64, f64, f64)| {
        length - 2.0 * step * along + step * step * speed > 0.25 * step * step * speed
    };
    let starts: Vec<usize> = (0..rows).filter(|&at| at == 0 || misses(pairs[at - 1])).collect();
    if 4 * (starts.len() - 1) > rows {
        return Err("the array `t` is missing, and the states do not follow `dx`".to_string());
    }
    notes.push(format!(
        "no times are given: taken as {} trajectories with the time step {step:.6}",
        starts.len()
    ));
    let mut times = Vec::with_capacity(rows);
    for (index, &from) in starts.iter().enumerate() {
        let to = starts.get(index + 1).copied().unwrap_or(rows);
        times.extend((0..to - from).map(|at| at as f64 * step));
    }
    Ok((starts, times))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::{SimulationConfig, simulate};

    fn simulated(trajectories: usize) -> (System, TrajectorySet) {
        let system = System::load("charged-particle").unwrap();
        let config = SimulationConfig { seed: 4, trajectories: Some(trajectories), ..Default::default() };
        let set = simulate(&system, &config).unwrap();
        (system, set)
    }

    #[test]
    fn csv_comes_back_bit_by_bit() {
        let (system, set) = simulated(3);
        let mut bytes = Vec::new();
        write_csv(&set, &mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.starts_with("trajectory,t,qx,qy,px,py,dqx,dqy,dpx,dpy\n0,0.0,"));
        assert_eq!(of_text(&text, "a.csv", &system, &ColumnMap::default()).unwrap(), set);
    }

    #[test]
    fn npz_comes_back_bit_by_bit() {
        let (system, set) = simulated(3);
        let bytes = to_archive(&set).unwrap();
        assert_eq!(of_archive(&bytes, "a.npz", &system, &ColumnMap::default()).unwrap(), set);
        assert_eq!(bytes, to_archive(&set).unwrap());
    }

    #[test]
    fn states_and_derivatives_alone_tell_the_trajectories() {
        let (system, set) = simulated(5);
        let rows = set.states().len() / 4;
        let shape = vec![rows, 4];
        let x = Array { shape: shape.clone(), values: set.states() };
        let dx = Array { shape, values: set.derivatives().unwrap() };
        let bytes = write_archive(&[("x", x), ("dx", dx)]).unwrap();
        let back = of_archive(&bytes, "a.npz", &system, &ColumnMap::default()).unwrap();
        assert_eq!(back.trajectories.len(), 5);
        assert_eq!(back.states(), set.states());
        assert!((back.trajectories[0].times[499] - 10.0).abs() < 0.02);
        assert_eq!(back.notes.len(), 1);
    }

    #[test]
    fn schmidt_lipson_files() {
        let text = "%x1 x2 v1 v2\r\n 0.0e+000 0 1 2 3 4\r\n 0.0e+000 1.0e-001 1 2 3 4 \r\n0 0.2 1 2 3 5\r\n";
        let system = System::parse("system s\ncoordinates q1, x2\nmomenta p1, v2\n", "s.ham").unwrap();
        let map = ColumnMap::parse("x1=q1, v1=p1").unwrap();
        let set = of_text(text, "a.txt", &system, &map).unwrap();
        assert_eq!(set.trajectories[0].times, [0.0, 0.1, 0.2]);
        assert_eq!(set.trajectories[0].states[..4], [1.0, 2.0, 3.0, 4.0]);
        assert!(!set.has_derivatives());
        let doubled =
            "% x v\n0 0 1 2 2 -1\n0 1 1 2 2 -1\n0 2 1 2 2 -1\n1 0 1 2 2 -1\n1 1 1 2 2 -1\n1 2 1 2 2 -1\n";
        let system = System::parse("system s\ncoordinates x\nmomenta v\n", "s.ham").unwrap();
        let set = of_text(doubled, "a.txt", &system, &ColumnMap::default()).unwrap();
        assert_eq!(set.trajectories.len(), 2);
        assert_eq!(set.trajectories[1].derivatives.as_deref().unwrap()[..2], [2.0, -1.0]);
    }

    #[test]
    fn extra_columns_are_noted_and_interleaved_rows_sorted() {
        let system = System::parse("system s\ncoordinates x\nmomenta v\n", "s.ham").unwrap();
        let text =
            "t,trajectory,v,x,mass\n0,7,1,2,9\n0,8,3,4,9\n1,7,1,2,9\n1,8,3,4,9\n2,7,1,2,9\n2,8,3,4,9\n";
        let set = of_text(text, "a.csv", &system, &ColumnMap::default()).unwrap();
        assert_eq!(set.trajectories.len(), 2);
        assert_eq!(set.trajectories[1].states, [4.0, 3.0, 4.0, 3.0, 4.0, 3.0]);
        assert_eq!(set.notes, ["a.csv: ignored the columns `mass`"]);
    }

    #[test]
    fn column_maps() {
        assert!(ColumnMap::parse("").is_ok());
        for bad in ["x1", "x1=", "=q", "a=b,a=c", "a=b,c=b", "a=b=c"] {
            assert!(ColumnMap::parse(bad).is_err(), "{bad}");
        }
    }
}

//! What the arrays of a NumPy archive mean.
//!
//! - `q` with `p` or `v` or alone, and `t`: `[runs, points, dof]`, `[points, dof]` or, with one degree of freedom,
//!   `[runs, points]` or `[points]`; `dq` and `dp` or `dv` in the same shape, where they are known.
//! - `x` `[runs, points, 2·dof]` or `[points, 2·dof]`, positions first, with `t` or with `dx` in the same shape, as
//!   in the repository of Hamiltonian Neural Networks.
//! - arrays of one axis and one length: columns with their names.
//!
//! `t` is `[points]` or `[runs, points]`.

use super::Declared;
use super::axes::{Axes, times_from_rates};
use super::heading::Heading;
use super::names::is_time_name;
use super::table::{Column, Origin, Table};
use crate::data::archive::{Array, read_archive};
use crate::data::{Rates, ReadError};
use crate::expr::Symbol;

/// A table of the arrays, and the variables in it; none where the arrays are columns with names of their own.
pub fn table(
    bytes: &[u8],
    path: &str,
    declared: Option<&Declared>,
) -> Result<(Table<'static>, Option<Declared>), ReadError> {
    let arrays = read_archive(bytes).map_err(|reason| refused(path, reason, ""))?;
    table_of(arrays, path, declared)
}

fn refused(path: &str, reason: String, hint: &str) -> ReadError {
    ReadError::File { path: path.to_string(), reason, hint: (!hint.is_empty()).then(|| hint.to_string()) }
}

/// As [`table`], from arrays that are at hand.
pub fn table_of(
    mut arrays: Vec<(String, Array)>,
    path: &str,
    declared: Option<&Declared>,
) -> Result<(Table<'static>, Option<Declared>), ReadError> {
    if let Some(table) = columns(&arrays, path) {
        return Ok((table, None));
    }
    if arrays.iter().all(|(name, _)| name != "t")
        && let Some((name, _)) = arrays.iter_mut().find(|(name, _)| is_time_name(name))
    {
        *name = "t".to_string();
    }
    let states = States::of(&arrays, declared).map_err(|reason| refused(path, reason, SHAPES))?;
    states.table(&arrays, path).map_err(|reason| refused(path, reason, "t: [points] or [runs, points]"))
}

const SHAPES: &str = "q, p or v: [runs, points, dof] or [points, dof]; x, dx: [.., 2*dof]; t: [points]";

/// The arrays as columns, if all that have an axis have one, and one length, and one is the time.
fn columns(arrays: &[(String, Array)], path: &str) -> Option<Table<'static>> {
    let listed: Vec<&(String, Array)> = arrays.iter().filter(|(_, array)| !array.shape.is_empty()).collect();
    let rows = listed.first()?.1.values.len();
    let is_column = |(_, array): &&(String, Array)| array.shape.len() == 1 && array.values.len() == rows;
    if !listed.iter().all(is_column) || !listed.iter().any(|(name, _)| is_time_name(name)) {
        return None;
    }
    Some(new_table(path, rows, listed.iter().map(|(name, array)| (name.clone(), array.values.clone()))))
}

fn new_table(path: &str, rows: usize, columns: impl Iterator<Item = (String, Vec<f64>)>) -> Table<'static> {
    let mut table = Table {
        source_name: path.into(),
        origin: Origin::Arrays { rows },
        headings: Vec::new(),
        columns: Vec::new(),
        notes: Vec::new(),
    };
    for (name, values) in columns {
        table.headings.push(Heading {
            name: name.clone(),
            long_name: name.clone(),
            written: name,
            ..Heading::default()
        });
        table.columns.push(Column::of_values(values));
    }
    table
}

/// Positions and what stands beside them, each `[rows, width]`.
struct States {
    runs: Option<usize>,
    points: usize,
    /// Name of the array, the names of its columns, and its values.
    blocks: Vec<(Vec<String>, Vec<f64>)>,
    declared: Declared,
    /// Whether derivatives stand in the second half of the blocks.
    has_derivatives: bool,
    notes: Vec<String>,
}

impl States {
    fn of(arrays: &[(String, Array)], declared: Option<&Declared>) -> Result<States, String> {
        let find = |name: &str| arrays.iter().find(|(known, _)| known == name).map(|(_, array)| array);
        match (find("q"), find("x")) {
            (Some(q), _) => States::of_halves(q, arrays, declared),
            (None, Some(x)) => {
                let mut states = States::of_whole(x, find("dx"), find("t"), declared)?;
                states.notes.extend(unused(arrays, |name| ["x", "dx", "t"].contains(&name)));
                Ok(states)
            }
            (None, None) => Err("it holds neither `q` nor `x`".to_string()),
        }
    }

    /// From `q` and `p` or `v`.
    fn of_halves(
        q: &Array,
        arrays: &[(String, Array)],
        declared: Option<&Declared>,
    ) -> Result<States, String> {
        let find = |name: &str| arrays.iter().find(|(known, _)| known == name).map(|(_, array)| array);
        let axes = Axes::of(q, find("t"), declared.map(|declared| declared.coordinates.len()))?;
        let declared = match declared {
            Some(declared) if declared.coordinates.len() != axes.width => {
                return Err(format!(
                    "`q` has the shape {:?}; its last axis should be {} long",
                    q.shape,
                    declared.coordinates.len()
                ));
            }
            Some(declared) => declared.clone(),
            None => {
                let rates = match (find("p"), find("v")) {
                    (Some(_), _) => Rates::Momenta(numbered("p", axes.width)),
                    (None, Some(_)) => Rates::Velocities(numbered("v", axes.width)),
                    (None, None) => Rates::None,
                };
                Declared { coordinates: numbered("q", axes.width), rates, angles: Vec::new() }
            }
        };
        let letter = match declared.rates {
            Rates::None => None,
            Rates::Momenta(_) => Some("p"),
            Rates::Velocities(_) => Some("v"),
        };
        let mut blocks = vec![(strings(&declared.coordinates), q.values.clone())];
        let mut notes = Vec::new();
        if let Some(letter) = letter {
            let rates = find(letter).ok_or_else(|| format!("the array `{letter}` is missing"))?;
            same_shape(q, rates, "q", letter)?;
            blocks.push((
                super::names_of(&declared.rates).into_iter().map(str::to_string).collect(),
                rates.values.clone(),
            ));
        }
        let second = letter.map(|letter| format!("d{letter}"));
        let derivatives = find("dq").zip(second.as_deref().and_then(find));
        if let Some((dq, dp)) = derivatives {
            same_shape(q, dq, "q", "dq")?;
            same_shape(q, dp, "q", second.as_deref().unwrap_or("dp"))?;
            for (block, values) in [(0, dq), (1, dp)] {
                let names = blocks[block].0.iter().map(|name| format!("d{name}")).collect();
                blocks.push((names, values.values.clone()));
            }
        }
        let used = |name: &str| {
            ["q", "t"].contains(&name)
                || Some(name) == letter
                || (derivatives.is_some() && (name == "dq" || Some(name) == second.as_deref()))
        };
        notes.extend(unused(arrays, used));
        let has_derivatives = derivatives.is_some();
        Ok(States { runs: axes.runs, points: axes.points, blocks, declared, has_derivatives, notes })
    }

    /// From `x` and `dx`, whose last axis holds positions, then momenta or velocities.
    fn of_whole(
        x: &Array,
        dx: Option<&Array>,
        t: Option<&Array>,
        declared: Option<&Declared>,
    ) -> Result<States, String> {
        let axes = Axes::of(x, t, None)?;
        let dof = axes.width / 2;
        let wanted = declared.map_or(dof, |declared| declared.coordinates.len());
        if axes.width != 2 * wanted || wanted == 0 {
            let last = declared.map_or("even".to_string(), |_| format!("{} long", 2 * wanted));
            return Err(format!("`x` has the shape {:?}; its last axis should be {last}", x.shape));
        }
        let mut notes = Vec::new();
        let declared = declared.cloned().unwrap_or_else(|| {
            notes.push("`x` is read as positions, then momenta".to_string());
            Declared {
                coordinates: numbered("q", dof),
                rates: Rates::Momenta(numbered("p", dof)),
                angles: Vec::new(),
            }
        });
        let mut names = strings(&declared.coordinates);
        names.extend(super::names_of(&declared.rates).into_iter().map(str::to_string));
        if names.len() < axes.width {
            notes.push("the second half of `x` is not used".to_string());
            names.extend((names.len()..axes.width).map(|_| String::new()));
        }
        let mut blocks = vec![(names.clone(), x.values.clone())];
        if let Some(dx) = dx {
            same_shape(x, dx, "x", "dx")?;
            blocks.push((names.iter().map(|name| format!("d{name}")).collect(), dx.values.clone()));
        }
        let has_derivatives = dx.is_some();
        Ok(States { runs: axes.runs, points: axes.points, blocks, declared, has_derivatives, notes })
    }

    /// The columns run, time, and those of the blocks.
    fn table(
        mut self,
        arrays: &[(String, Array)],
        path: &str,
    ) -> Result<(Table<'static>, Option<Declared>), String> {
        let rows = self.runs.unwrap_or(1) * self.points;
        let t = arrays.iter().find(|(name, _)| name == "t").map(|(_, array)| array);
        let (run, times) = self.times(t, rows)?;
        let has_runs = run.last().is_some_and(|last| *last > 0.0);
        let mut columns = Vec::new();
        if has_runs {
            columns.push(("run".to_string(), run));
        }
        columns.push(("t".to_string(), times));
        for (names, values) in &self.blocks {
            let width = names.len();
            for (at, name) in names.iter().enumerate().filter(|(_, name)| !name.is_empty() && *name != "d") {
                columns.push((name.clone(), values.iter().skip(at).step_by(width).copied().collect()));
            }
        }
        let mut table = new_table(path, rows, columns.into_iter());
        table.notes = self.notes.into_iter().map(|note| format!("{path}: {note}")).collect();
        Ok((table, Some(self.declared)))
    }

    /// The number of its run and the time of each row. Where there is no axis of runs, a run begins where the
    /// time does not increase, or, without times, where a step does not follow the derivatives.
    fn times(&mut self, t: Option<&Array>, rows: usize) -> Result<(Vec<f64>, Vec<f64>), String> {
        let number = |starts: &[usize]| {
            let mut run = vec![0.0; rows];
            starts.iter().skip(1).for_each(|&start| run[start..].iter_mut().for_each(|run| *run += 1.0));
            run
        };
        if let Some(runs) = self.runs {
            let starts: Vec<usize> = (0..runs).map(|run| run * self.points).collect();
            let t = t.ok_or_else(|| format!("the array `t` with the {} times is missing", self.points))?;
            return match t.values.len() {
                length if length == self.points => Ok((number(&starts), t.values.repeat(runs))),
                length if length == rows => Ok((number(&starts), t.values.clone())),
                _ => Err(format!("`t` has the shape {:?}; [{}] is expected", t.shape, self.points)),
            };
        }
        if let Some(t) = t {
            if t.values.len() != rows {
                return Err(format!("`t` has the shape {:?}; [{rows}] is expected", t.shape));
            }
            let starts: Vec<usize> =
                (0..rows).filter(|&at| at == 0 || t.values[at] < t.values[at - 1]).collect();
            return Ok((number(&starts), t.values.clone()));
        }
        if !self.has_derivatives {
            return Err("the array `t` is missing, and there is no `dx` to tell the time step".to_string());
        }
        let half = self.blocks.len() / 2;
        let (starts, times) = times_from_rates(&self.blocks[..half], &self.blocks[half..], &mut self.notes)?;
        Ok((number(&starts), times))
    }
}

/// A note on arrays that are not used.
fn unused(arrays: &[(String, Array)], used: impl Fn(&str) -> bool) -> Option<String> {
    let names: Vec<String> =
        arrays.iter().filter(|(name, _)| !used(name)).map(|(name, _)| format!("`{name}`")).collect();
    (!names.is_empty()).then(|| format!("arrays that are not used: {}", names.join(", ")))
}

/// `q1, q2, …`, or `q` where there is one.
fn numbered(stem: &str, count: usize) -> Vec<Symbol> {
    let name = |k: usize| if count == 1 { stem.to_string() } else { format!("{stem}{k}") };
    (1..=count).map(|k| Symbol::new(name(k))).collect()
}

fn strings(symbols: &[Symbol]) -> Vec<String> {
    symbols.iter().map(Symbol::to_string).collect()
}

fn same_shape(a: &Array, b: &Array, of_a: &str, of_b: &str) -> Result<(), String> {
    match a.shape == b.shape {
        true => Ok(()),
        false => Err(format!("`{of_a}` has the shape {:?}, `{of_b}` {:?}", a.shape, b.shape)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::archive::write_archive;
    use crate::data::read::{ReadOptions, finished, of_archive};
    use crate::data::{Reading, Recording};

    const POINTS: usize = 20;

    fn times() -> Array {
        Array { shape: vec![POINTS], values: (0..POINTS).map(|k| 0.1 * k as f64).collect() }
    }

    /// `value(run, point, column)` in the given shape: `[runs, points, width]`, `[points, width]` or `[points]`.
    fn array(shape: &[usize], value: impl Fn(usize, usize, usize) -> f64) -> Array {
        let width = if shape.len() > 1 { shape[shape.len() - 1] } else { 1 };
        let count = shape.iter().product::<usize>();
        let values = (0..count).map(|at| value(at / width / POINTS, at / width % POINTS, at % width));
        Array { shape: shape.to_vec(), values: values.collect() }
    }

    fn read(arrays: &[(&str, Array)], options: &ReadOptions) -> Result<Reading, ReadError> {
        let part = of_archive(&write_archive(arrays).unwrap(), "a.npz", options)?;
        finished(vec![part], options)
    }

    fn plain(arrays: &[(&str, Array)]) -> Recording {
        read(arrays, &ReadOptions::default()).expect("a recording").recording
    }

    fn names(recording: &Recording) -> Vec<&str> {
        let rates = crate::data::read::names_of(&recording.rates);
        recording.coordinates.iter().map(|c| c.name.name()).chain(rates).collect()
    }

    #[test]
    fn positions_with_momenta_velocities_or_alone() {
        let q = |shape: &[usize]| {
            array(shape, |run, point, column| (run + column) as f64 + (0.1 * point as f64).sin())
        };
        let shapes: [&[usize]; 2] = [&[3, POINTS, 2], &[POINTS, 2]];
        for shape in shapes {
            let with_momenta = plain(&[("q", q(shape)), ("p", q(shape)), ("t", times())]);
            assert_eq!(names(&with_momenta), ["q1", "q2", "p1", "p2"]);
            let runs = if shape.len() == 3 { 3 } else { 1 };
            assert_eq!((with_momenta.runs.len(), with_momenta.points()), (runs, runs * POINTS));
            assert_eq!(with_momenta.runs[runs - 1].positions[1][0], runs as f64);
            assert_eq!(names(&plain(&[("q", q(shape)), ("t", times())])), ["q1", "q2"]);
        }
        let one = plain(&[
            ("q", q(&[POINTS])),
            ("v", array(&[POINTS], |_, k, _| (0.1 * k as f64).cos())),
            ("t", times()),
        ]);
        assert_eq!((names(&one), one.has_velocities()), (vec!["q", "v"], true));
        let runs = array(&[3, POINTS], |_, _, _| 0.0);
        let moving = Array { values: (0..3 * POINTS).map(|k| (k as f64).sin()).collect(), ..runs };
        assert_eq!(plain(&[("q", moving), ("t", times())]).runs.len(), 3);
    }

    #[test]
    fn whole_states_with_derivatives_or_times() {
        let state = |k: usize, column: usize| {
            let t = 0.1 * k as f64;
            if column == 0 { t.cos() } else { -t.sin() }
        };
        let rate = |k: usize, column: usize| if column == 0 { state(k, 1) } else { -state(k, 0) };
        let x = array(&[2 * POINTS, 2], |run, k, column| state(k + 7 * run, column));
        let dx = array(&[2 * POINTS, 2], |run, k, column| rate(k + 7 * run, column));
        let recording = plain(&[("x", x.clone()), ("dx", dx)]);
        assert_eq!((names(&recording), recording.runs.len()), (vec!["q", "p"], 2));
        assert!((recording.runs[1].times[10] - 1.0).abs() < 1e-2);
        assert_eq!(recording.runs[0].derivatives.as_ref().expect("derivatives")[1][0], -1.0);
        let t = Array { shape: vec![2 * POINTS], values: times().values.repeat(2) };
        assert_eq!(plain(&[("x", x), ("t", t)]).runs.len(), 2);
    }

    #[test]
    fn columns_of_one_axis_have_their_own_names() {
        let column = |f: fn(f64) -> f64| array(&[POINTS], |_, k, _| f(0.1 * k as f64));
        let g = Array { shape: Vec::new(), values: vec![9.81] };
        let arrays = [("t", times()), ("x", column(f64::cos)), ("vx", column(|t| -t.sin())), ("g", g)];
        let recording = plain(&arrays);
        assert_eq!((names(&recording), recording.has_velocities()), (vec!["x", "vx"], true));
    }

    #[test]
    fn arrays_that_do_not_fit_are_refused() {
        let q = |shape: &[usize]| array(shape, |_, point, _| (0.1 * point as f64).sin());
        let refused = |arrays: &[(&str, Array)], options: &ReadOptions| {
            read(arrays, options).expect_err("a refusal").render()
        };
        let options = ReadOptions::default();
        let error = refused(&[("q", q(&[POINTS, 2])), ("p", q(&[POINTS, 1])), ("t", times())], &options);
        assert!(error.contains("`q` has the shape [20, 2], `p` [20, 1]"), "{error}");
        let error = refused(&[("q", q(&[3, POINTS, 1]))], &options);
        assert!(error.contains("the array `t` with the 20 times is missing"), "{error}");
        assert!(refused(&[("z", q(&[POINTS, 1]))], &options).contains("neither `q` nor `x`"));
        let mut holes = q(&[POINTS, 1]);
        holes.values[5] = f64::NAN;
        let arrays = [("q", holes), ("t", times())];
        let error = refused(&arrays, &options);
        assert!(error.contains("(entry 5 of `q`)") && error.contains("--drop-incomplete"), "{error}");
        let reading = read(&arrays, &ReadOptions { drop_incomplete: true, ..options }).expect("a recording");
        assert_eq!(reading.recording.points(), POINTS - 1);
    }
}

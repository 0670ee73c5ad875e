//! The axes of arrays, and times that are not written.

use crate::data::archive::Array;

/// What the axes of an array mean.
pub struct Axes {
    /// The number of runs, where the array has an axis of them.
    pub runs: Option<usize>,
    /// The number of points of a run, or of all runs.
    pub points: usize,
    /// The number of variables.
    pub width: usize,
}

impl Axes {
    /// Two axes are points and variables, unless the times say that they are runs and points.
    pub fn of(array: &Array, t: Option<&Array>, dof: Option<usize>) -> Result<Axes, String> {
        let axes = |runs, points, width| Ok(Axes { runs, points, width });
        if array.values.is_empty() {
            return Err("an array is empty".to_string());
        }
        match *array.shape.as_slice() {
            [points] => axes(None, points, 1),
            [runs, points] => {
                let times = t.map(|t| t.shape.as_slice());
                let are_runs = times == Some(&[runs, points])
                    || times == Some(&[points]) && points != runs && dof.is_none_or(|dof| dof == 1);
                if are_runs { axes(Some(runs), points, 1) } else { axes(None, runs, points) }
            }
            [runs, points, width] => axes(Some(runs), points, width),
            ref shape => Err(format!("an array has the shape {shape:?}")),
        }
    }
}

/// Where runs begin, and times, from states and derivatives alone: the median over the rows of the step that
/// the trapezoidal rule needs is the time step; a row that it misses by half begins a run.
pub fn times_from_rates(
    states: &[(Vec<String>, Vec<f64>)],
    rates: &[(Vec<String>, Vec<f64>)],
    notes: &mut Vec<String>,
) -> Result<(Vec<usize>, Vec<f64>), String> {
    let rows = states.first().map_or(0, |(names, values)| values.len() / names.len().max(1));
    let pair = |at: usize| {
        let (mut along, mut speed, mut length) = (0.0, 0.0, 0.0);
        for ((names, states), (_, rates)) in states.iter().zip(rates) {
            let width = names.len();
            for column in at * width..(at + 1) * width {
                let step = states[column + width] - states[column];
                let rate = (rates[column + width] + rates[column]) / 2.0;
                along += step * rate;
                speed += rate * rate;
                length += step * step;
            }
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
    let runs = if starts.len() == 1 { "1 run".to_string() } else { format!("{} runs", starts.len()) };
    notes.push(format!("no times are given: taken as {runs} with the time step {step:.6}"));
    let mut times = Vec::with_capacity(rows);
    for (index, &from) in starts.iter().enumerate() {
        let to = starts.get(index + 1).copied().unwrap_or(rows);
        times.extend((0..to - from).map(|at| at as f64 * step));
    }
    Ok((starts, times))
}

//! How large the columns of states are, and states about them.

/// Root mean square of each column of `[rows, width]`, 1 where it vanishes.
pub fn column_rms(values: &[f64], width: usize) -> Vec<f64> {
    let rows = (values.len() / width.max(1)).max(1) as f64;
    (0..width)
        .map(|c| {
            let sum: f64 = values.iter().skip(c).step_by(width).map(|v| v * v).sum();
            if sum > 0.0 { (sum / rows).sqrt() } else { 1.0 }
        })
        .collect()
}

/// Scales of the coordinates: rms of each column about its mean, at least a millionth of the largest.
pub fn coordinate_scales(states: &[f64], width: usize) -> Vec<f64> {
    let rows = (states.len() / width.max(1)).max(1) as f64;
    let means: Vec<f64> =
        (0..width).map(|c| states.iter().skip(c).step_by(width).sum::<f64>() / rows).collect();
    let centred: Vec<f64> = states.iter().enumerate().map(|(i, x)| x - means[i % width]).collect();
    let rms = column_rms(&centred, width);
    let floor = rms.iter().fold(0.0f64, |m, r| m.max(*r)) * 1e-6;
    rms.into_iter().map(|r| r.max(floor)).collect()
}

/// Multiples of the roots of different primes fill a box evenly (Weyl).
const PRIMES: [f64; 16] =
    [2.0, 3.0, 5.0, 7.0, 11.0, 13.0, 17.0, 19.0, 23.0, 29.0, 31.0, 37.0, 41.0, 43.0, 47.0, 53.0];

/// States about the given ones, row by row, the same each time: every column is moved by up to `share` of its scale, the
/// moves of all rows filling the box evenly.
///
/// # Shapes
/// `states`: `[rows, scales.len()]`, as is what is returned.
pub fn scattered(states: &[f64], scales: &[f64], share: f64) -> Vec<f64> {
    let width = scales.len().max(1);
    let moved = |(at, x): (usize, &f64)| {
        let (row, column) = (at / width, at % width);
        let root = PRIMES[column % PRIMES.len()].sqrt();
        x + share * scales[column] * (2.0 * ((row + 1) as f64 * root).fract() - 1.0)
    };
    states.iter().enumerate().map(moved).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scattered_states_fill_the_box_about_a_state() {
        let states = [1.0, -5.0].repeat(400);
        let moved = scattered(&states, &[2.0, 0.1], 0.5);
        for (column, (centre, reach)) in [(1.0, 1.0), (-5.0, 0.05)].into_iter().enumerate() {
            let values: Vec<f64> =
                moved.iter().skip(column).step_by(2).map(|x| (x - centre) / reach).collect();
            assert!(values.iter().all(|x| x.abs() <= 1.0));
            for quarter in 0..4 {
                let from = -1.0 + 0.5 * f64::from(quarter);
                let inside = values.iter().filter(|x| (from..from + 0.5).contains(*x)).count();
                assert!((95..=105).contains(&inside), "column {column}, from {from}: {inside}");
            }
        }
        assert_eq!(moved, scattered(&states, &[2.0, 0.1], 0.5));
    }
}

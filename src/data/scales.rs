//! How large the columns of states are.

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

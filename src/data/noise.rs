//! The noise of a column, from how far neighbouring points lie off a polynomial.

/// How the noise is measured.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct NoiseConfig {
    /// The number of neighbouring points in a window.
    pub window: usize,
    /// The degree of the polynomial through a window.
    pub degree: usize,
    /// Window and degree for runs shorter than three windows.
    pub short: (usize, usize),
}

impl Default for NoiseConfig {
    /// Nine points and degree 5 are right to 7 % on all recordings that have noise.
    fn default() -> Self {
        Self { window: 9, degree: 5, short: (6, 3) }
    }
}

/// For every window of neighbouring points how far they lie off a polynomial.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct LocalMisfit {
    /// For each column and each window the rms distance per degree of freedom.
    pub rms: Vec<Vec<f64>>,
    /// The degrees of freedom of a window.
    pub freedom: usize,
    /// The number of points in a window.
    pub window: usize,
}

/// The standard deviation of the noise of a column.
///
/// σ = median over the windows of the rms distance from the window's polynomial, divided by (1 − 2/9ν)^{3/2}, where
/// ν is the number of degrees of freedom of a window (Wilson, Hilferty 1931: the median of χ²/ν is (1 − 2/9ν)³).
/// Times may be spaced in any way. It is zero for runs shorter than a window.
pub fn noise_level(times: &[f64], column: &[f64], config: &NoiseConfig) -> f64 {
    LocalMisfit::new(times, &[column], config).noise(0)
}

impl LocalMisfit {
    /// Measures every column of a run.
    pub fn new(times: &[f64], columns: &[&[f64]], config: &NoiseConfig) -> Self {
        let short = times.len() < 3 * config.window;
        let (window, degree) = if short { config.short } else { (config.window, config.degree) };
        let windows = (times.len() + 1).saturating_sub(window);
        let mut rms = vec![Vec::with_capacity(windows); columns.len()];
        let freedom = window - degree - 1;
        let mut polynomials = vec![vec![0.0; window]; degree + 1];
        for start in 0..windows {
            orthonormal(&times[start..start + window], &mut polynomials);
            for (column, out) in columns.iter().zip(&mut rms) {
                out.push((misfit(&column[start..start + window], &polynomials) / freedom as f64).sqrt());
            }
        }
        Self { rms, freedom, window }
    }

    /// The standard deviation of the noise of a column.
    pub fn noise(&self, column: usize) -> f64 {
        let share = (1.0 - 2.0 / (9.0 * self.freedom as f64)).powi(3).sqrt();
        median(self.rms[column].clone()) / share
    }
}

/// Writes polynomials of degree 0, 1, … that are orthonormal on the times.
fn orthonormal(times: &[f64], out: &mut [Vec<f64>]) {
    let (first, last) = (times[0], times[times.len() - 1]);
    let half = (last - first) / 2.0;
    let u = |t: f64| (t - first) / half - 1.0;
    for degree in 0..out.len() {
        let (lower, rest) = out.split_at_mut(degree);
        let new = &mut rest[0];
        match lower.last() {
            None => new.fill(1.0),
            Some(before) => {
                for ((x, p), t) in new.iter_mut().zip(before).zip(times) {
                    *x = u(*t) * p;
                }
            }
        }
        // Twice is enough: the second pass removes what rounding left of the first.
        for _ in 0..2 {
            lower.iter().for_each(|p| remove(new, p));
        }
        let norm = new.iter().map(|x| x * x).sum::<f64>().sqrt();
        new.iter_mut().for_each(|x| *x /= norm);
    }
}

/// The squared distance of values from the polynomials.
fn misfit(values: &[f64], polynomials: &[Vec<f64>]) -> f64 {
    // The mean goes first: it may be much larger than everything else.
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let mut rest: Vec<f64> = values.iter().map(|x| x - mean).collect();
    polynomials.iter().for_each(|p| remove(&mut rest, p));
    rest.iter().map(|x| x * x).sum()
}

fn remove(from: &mut [f64], p: &[f64]) {
    let share: f64 = from.iter().zip(p).map(|(x, y)| x * y).sum();
    from.iter_mut().zip(p).for_each(|(x, y)| *x -= share * y);
}

/// The median, zero of no values.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}

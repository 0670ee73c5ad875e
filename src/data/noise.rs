//! The noise of a column, from how far neighbouring points lie off a polynomial.

/// How the noise is measured.
#[derive(Clone, Copy, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub struct NoiseConfig {
    /// The number of neighbouring points in a window.
    pub window: usize,
    /// The degree of the polynomial through a window.
    pub degree: usize,
}

impl Default for NoiseConfig {
    /// Nine points and degree 5 are right to 7 % on all recordings that have noise.
    fn default() -> Self {
        Self { window: 9, degree: 5 }
    }
}

/// Window and degree for runs shorter than three windows.
const SHORT: (usize, usize) = (6, 3);

/// The noise of a column.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct ColumnNoise {
    /// The standard deviation that neighbouring points show.
    pub local: f64,
    /// The standard deviation of rounding.
    pub rounding: f64,
}

/// For every window of neighbouring points how far they lie off a polynomial.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct LocalMisfit {
    /// For each column and each window the rms distance per degree of freedom.
    pub rms: Vec<Vec<f64>>,
    /// The same for polynomials of one degree more.
    pub finer: Vec<Vec<f64>>,
    /// The degrees of freedom of a window.
    freedom: usize,
    /// The number of points in a window.
    pub window: usize,
}

/// The standard deviation of the noise of a column.
///
/// σ = median over the windows of the rms distance from the window's polynomial, divided by (1 − 2/9ν)^{3/2}, where
/// ν is the number of degrees of freedom of a window (Wilson, Hilferty 1931: the median of χ²/ν is (1 − 2/9ν)³). It
/// is at least [`rounding_noise`]. Times may be spaced in any way. Runs shorter than a window have rounding alone.
pub fn noise_level(times: &[f64], column: &[f64], config: &NoiseConfig) -> f64 {
    let noise = LocalMisfit::new(times, &[column], config).noise(0, column);
    noise.local.max(noise.rounding)
}

/// The standard deviation q/√12 of rounding to multiples of q; zero where no q is seen, or all values are equal.
///
/// q is the largest power of ten of which all values are multiples. Where many neighbours are equal, q is the least
/// step between neighbours if all steps are multiples of it: what a digital instrument writes.
pub fn rounding_noise(column: &[f64]) -> f64 {
    let largest = column.iter().fold(0.0f64, |most, x| most.max(x.abs()));
    if column.iter().all(|x| *x == column[0]) || !largest.is_finite() {
        return 0.0;
    }
    // Beyond twelve digits the rounding of the numbers themselves would be seen.
    let exponent = largest.log10().floor() as i32;
    let mut powers = (exponent - 12..=exponent).rev().map(|k| 10f64.powi(k));
    let decimal = powers.find(|q| column.iter().all(|x| is_multiple(*x, *q))).unwrap_or(0.0);
    decimal.max(digital_step(column, largest).unwrap_or(0.0)) / 12f64.sqrt()
}

/// The least step between neighbours, where a quarter of them are equal and all steps are multiples of it.
fn digital_step(column: &[f64], largest: f64) -> Option<f64> {
    let steps = column.windows(2).map(|pair| (pair[1] - pair[0]).abs());
    let steps: Vec<f64> = steps.filter(|step| *step > 1e-12 * largest).collect();
    let least = steps.iter().copied().fold(f64::INFINITY, f64::min);
    let equal = column.len() - 1 - steps.len();
    let often = 4 * equal >= column.len() && steps.len() > 1;
    (often && steps.iter().all(|step| is_multiple(*step, least))).then_some(least)
}

/// Whether x is a multiple of q, up to the rounding of numbers of twelve digits.
fn is_multiple(x: f64, q: f64) -> bool {
    let quotient = x / q;
    (quotient - quotient.round()).abs() < 1e-3
}

impl ColumnNoise {
    /// Whether the noise is nothing but rounding: neighbouring points then round alike and show too little.
    pub fn is_rounding(&self) -> bool {
        self.local < 0.7 * self.rounding
    }
}

impl LocalMisfit {
    /// Measures every column of a run.
    pub fn new(times: &[f64], columns: &[&[f64]], config: &NoiseConfig) -> Self {
        let short = times.len() < 3 * config.window;
        let (window, degree) = if short { SHORT } else { (config.window, config.degree) };
        let windows = (times.len() + 1).saturating_sub(window);
        let mut rms = vec![Vec::with_capacity(windows); columns.len()];
        let mut finer = rms.clone();
        let freedom = window - degree - 1;
        let mut polynomials = vec![vec![0.0; window]; degree + 2];
        for start in 0..windows {
            orthonormal(&times[start..start + window], &mut polynomials);
            for (k, column) in columns.iter().enumerate() {
                let (sum, less) = misfits(&column[start..start + window], &polynomials);
                rms[k].push((sum / freedom as f64).sqrt());
                finer[k].push((less / (freedom - 1) as f64).sqrt());
            }
        }
        Self { rms, finer, freedom, window }
    }

    /// The noise of a column, given its values.
    pub fn noise(&self, index: usize, column: &[f64]) -> ColumnNoise {
        let share = (1.0 - 2.0 / (9.0 * self.freedom as f64)).powi(3).sqrt();
        ColumnNoise { local: median(self.rms[index].clone()) / share, rounding: rounding_noise(column) }
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

/// The squared distance of values from all polynomials but the last, and from all.
fn misfits(values: &[f64], polynomials: &[Vec<f64>]) -> (f64, f64) {
    // The mean goes first: it may be much larger than everything else.
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let mut rest: Vec<f64> = values.iter().map(|x| x - mean).collect();
    let square_sum = |values: &[f64]| values.iter().map(|x| x * x).sum::<f64>();
    let (last, others) = polynomials.split_last().expect("there is a polynomial");
    others.iter().for_each(|p| remove(&mut rest, p));
    let sum = square_sum(&rest);
    remove(&mut rest, last);
    (sum, square_sum(&rest))
}

fn remove(from: &mut [f64], p: &[f64]) {
    let share: f64 = from.iter().zip(p).map(|(x, y)| x * y).sum();
    from.iter_mut().zip(p).for_each(|(x, y)| *x -= share * y);
}

/// The median, zero of no values.
pub fn median(mut values: Vec<f64>) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::fixtures::{Motion, Sampling, add_noise, random};

    #[test]
    fn neighbours_show_gaussian_noise() {
        let mut random = random(1);
        for sampling in [Sampling::Even, Sampling::Uneven] {
            for sigma in [1e-6, 1e-4, 1e-2, 1e-1] {
                let times = sampling.times(1500, 0.05, &mut random);
                let mut column = Motion::Sine.states(&times).0;
                add_noise(&mut column, sigma, &mut random);
                let found = noise_level(&times, &column, &NoiseConfig::default());
                assert!((found / sigma - 1.0).abs() < 0.1, "{sampling:?} {sigma}: {found}");
            }
        }
    }

    #[test]
    fn rounding_is_seen_in_the_digits() {
        let times: Vec<f64> = (0..400).map(|k| 0.03 * k as f64).collect();
        let exact = Motion::Pendulum.states(&times).0;
        for (digit, scale) in [(1e-2, 1.0), (1e-5, 1.0), (1e-8, 1.0), (1e-3, 1e14), (1e-5, 1e-9)] {
            let q = digit * scale;
            let rounded: Vec<f64> = exact.iter().map(|x| (x / digit).round() * digit * scale).collect();
            let found = rounding_noise(&rounded);
            assert!((found * 12f64.sqrt() / q - 1.0).abs() < 1e-3, "{q}: {found}");
        }
        assert_eq!(rounding_noise(&exact), 0.0);
    }

    #[test]
    fn digital_instruments_round_to_their_step() {
        let times: Vec<f64> = (0..4000).map(|k| 1e-3 * k as f64).collect();
        let step = 0.0048828125 / 3.0;
        let column: Vec<f64> = times.iter().map(|t| (t.sin() / step).round() * step).collect();
        assert!((rounding_noise(&column) - step / 12f64.sqrt()).abs() < 1e-6 * step);
    }

    #[test]
    fn free_motion_and_constants_are_not_rounded() {
        let free: Vec<f64> = (0..100).map(|k| 0.1 + k as f64 / 7.0).collect();
        assert_eq!(rounding_noise(&free), 0.0);
        assert_eq!(rounding_noise(&[5.0; 20]), 0.0);
        assert_eq!(rounding_noise(&[0.0; 20]), 0.0);
        assert_eq!(rounding_noise(&[]), 0.0);
    }

    #[test]
    fn short_columns_have_no_noise() {
        assert_eq!(noise_level(&[0.0, 1.0], &[0.3, 0.123456789012345], &NoiseConfig::default()), 0.0);
    }
}

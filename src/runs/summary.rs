//! Means and medians, as the pages print them.

/// Mean and quantiles of a list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// The mean.
    pub mean: f64,
    /// The standard deviation (of a sample).
    pub deviation: f64,
    /// The median.
    pub median: f64,
}

impl Summary {
    /// Of numbers, those that are not finite counting as infinite; NaN of none.
    pub fn of(values: &[f64]) -> Summary {
        let mut sorted: Vec<f64> =
            values.iter().map(|x| if x.is_finite() { *x } else { f64::INFINITY }).collect();
        sorted.sort_by(f64::total_cmp);
        let count = sorted.len();
        if count == 0 {
            return Summary { mean: f64::NAN, deviation: f64::NAN, median: f64::NAN };
        }
        let mean = sorted.iter().sum::<f64>() / count as f64;
        let spread = sorted.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
        let deviation = if count > 1 { (spread / (count - 1) as f64).sqrt() } else { 0.0 };
        Summary { mean, deviation, median: (sorted[(count - 1) / 2] + sorted[count / 2]) / 2.0 }
    }
}

/// The mean over the points of a prediction.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_count_what_is_not_finite_as_infinite() {
        let summary = Summary::of(&[3.0, f64::NAN, 1.0]);
        assert_eq!((summary.mean, summary.median), (f64::INFINITY, 3.0));
        let summary = Summary::of(&[1.0, 2.0, 3.0, 6.0]);
        assert_eq!((summary.mean, summary.median), (3.0, 2.5));
        assert!((summary.deviation - (14.0f64 / 3.0).sqrt()).abs() < 1e-12);
    }
}

//! Where the sampling of a run resolves the motion.

use std::ops::Range;

use super::noise::{ColumnNoise, LocalMisfit, NoiseConfig, median};

/// A window is unresolved if it misses a polynomial of one degree more than the noise is measured with by more
/// than this many standard deviations of the noise, and by more than [`SHARE`]. Measured on `two_stars`, whose bodies pass
/// each other with fifty times their mean speed.
const NOISE: f64 = 5.0;

/// The same in units of the column's median deviation from its median.
const SHARE: f64 = 4e-3;

/// How many points on each side of an unresolved window are left out with it.
const MARGIN: usize = 2;

/// The least number of points of a piece of a run that had to be cut.
const SHORTEST_PIECE: usize = 30;

/// The least number of points of a run that was not cut.
const SHORTEST_RUN: usize = 12;

/// A stretch of a run that no spline was laid through.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeftOut {
    /// The index of the run.
    pub run: usize,
    /// The indices of the points.
    pub points: Range<usize>,
    /// The reason.
    pub why: WhyLeftOut,
}

/// Why a stretch of a run was left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WhyLeftOut {
    /// The motion is faster than the sampling.
    Unresolved,
    /// The stretch has too few points.
    TooShort,
    /// The numbers are too large or too small to be squared.
    Degenerate,
}

/// What is left of a run.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Resolved {
    /// For each column its noise.
    pub noise: Vec<ColumnNoise>,
    /// The stretches that are resolved and long enough.
    pub pieces: Vec<Range<usize>>,
    /// The other stretches.
    pub left_out: Vec<(Range<usize>, WhyLeftOut)>,
}

/// Cuts a run where its sampling does not resolve the motion.
pub(super) fn resolve(times: &[f64], columns: &[&[f64]], noise: &NoiseConfig) -> Resolved {
    if times.len() < SHORTEST_RUN {
        let left_out = vec![(0..times.len(), WhyLeftOut::TooShort)];
        return Resolved { noise: Vec::new(), pieces: vec![], left_out };
    }
    let misfit = LocalMisfit::new(times, columns, noise);
    let levels: Vec<ColumnNoise> = columns.iter().enumerate().map(|(k, x)| misfit.noise(k, x)).collect();
    let mut bad = vec![false; times.len()];
    for ((column, level), rms) in columns.iter().zip(&levels).zip(&misfit.finer) {
        let limit = (NOISE * level.local.max(level.rounding)).max(SHARE * median_deviation(column));
        for start in (0..rms.len()).filter(|&start| rms[start] > limit) {
            let from = start.saturating_sub(MARGIN);
            let to = (start + misfit.window + MARGIN).min(times.len());
            bad[from..to].fill(true);
        }
    }
    let shortest = if bad.contains(&true) { SHORTEST_PIECE } else { SHORTEST_RUN };
    let mut out = Resolved { noise: levels, pieces: Vec::new(), left_out: Vec::new() };
    let mut start = 0;
    for stretch in bad.chunk_by(|a, b| a == b) {
        let points = start..start + stretch.len();
        start = points.end;
        match stretch[0] {
            true => out.left_out.push((points, WhyLeftOut::Unresolved)),
            false if stretch.len() < shortest => out.left_out.push((points, WhyLeftOut::TooShort)),
            false => out.pieces.push(points),
        }
    }
    out
}

/// The median distance of values from their median.
fn median_deviation(values: &[f64]) -> f64 {
    let centre = median(values.to_vec());
    median(values.iter().map(|x| (x - centre).abs()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::fixtures::{Motion, Sampling, random};

    fn resolved(times: &[f64], column: &[f64]) -> Resolved {
        resolve(times, &[column], &NoiseConfig::default())
    }

    #[test]
    fn smooth_motion_is_one_piece() {
        for sampling in [Sampling::Even, Sampling::Jittered, Sampling::Uneven] {
            let times = sampling.times(400, 0.25, &mut random(2));
            let found = resolved(&times, &Motion::Sine.states(&times).0);
            assert!(matches!(&found.pieces[..], [all] if *all == (0..400)), "{sampling:?}");
            assert!(found.left_out.is_empty());
        }
    }

    #[test]
    fn close_encounters_are_cut_out() {
        let times: Vec<f64> = (0..400).map(|k| 0.05 * k as f64).collect();
        // A step that takes a hundredth of the distance of two points.
        let column: Vec<f64> = times.iter().map(|t| t.sin() + ((t - 10.02) / 5e-4).tanh()).collect();
        let found = resolved(&times, &column);
        let [(cut, WhyLeftOut::Unresolved)] = &found.left_out[..] else { panic!("{found:?}") };
        assert!(cut.contains(&200) && cut.len() < 24, "{cut:?}");
        assert_eq!(found.pieces, [0..cut.start, cut.end..400]);
    }

    #[test]
    fn short_stretches_are_left_out() {
        let times: Vec<f64> = (0..11).map(f64::from).collect();
        let found = resolved(&times, &times);
        assert_eq!(found.left_out, [(0..11, WhyLeftOut::TooShort)]);
        assert!(found.pieces.is_empty() && found.noise.is_empty());
    }
}

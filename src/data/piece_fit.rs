//! The spline through one piece: how many knots, where, and how large the noise is.

use super::banded::BandedCholesky;
use super::smoothed::Piece;
use super::smoother::{Density, SmootherConfig};
use super::spline::{DEGREE, Spline};
use super::spline_fit::{Column, Design};

/// After so many rungs without progress the ladder ends.
const PATIENCE: usize = 3;

/// How often intervals may be halved.
const HALVINGS: usize = 4;

/// An interval is unresolved if its mean squared residual, in units of the noise and pooled with its neighbours,
/// exceeds 1 + `ALLOWANCE` + `SIGNIFICANCE`·√(2/m) for m points.
const ALLOWANCE: f64 = 1.0;

/// See [`ALLOWANCE`].
const SIGNIFICANCE: f64 = 4.5;

/// With so many degrees of freedom left, residuals may correct the noise downwards by any factor.
const SURE: f64 = 50.0;

/// How often the spline may be fitted again after the noise was corrected by more than `correction` downwards.
const REPETITIONS: usize = 2;

/// A gap of so many intervals without a point is bridged by the B-splines that reach over it; a longer one becomes one
/// interval, and nothing shows what happened in it.
const EMPTY: usize = 3;

/// Of the first and last intervals so many need more points to be halved.
const END_INTERVALS: usize = 4;

/// A piece while its spline is being fitted.
pub(super) struct PieceFit<'a> {
    pub config: &'a SmootherConfig,
    pub times: Vec<f64>,
    pub positions: Vec<Vec<f64>>,
    /// Empty where there are none.
    pub velocities: Vec<Vec<f64>>,
    /// The present standard deviations of the noise, and the least they may be.
    pub position_noise: Vec<f64>,
    pub velocity_noise: Vec<f64>,
    pub least_position: Vec<f64>,
    pub least_velocity: Vec<f64>,
    /// For positions and velocities, whether their noise is nothing but rounding.
    pub rounded: (Vec<bool>, Vec<bool>),
}

impl PieceFit<'_> {
    /// The piece with its spline, or nothing where its numbers are too large or small to square.
    pub fn piece(mut self, run: usize, first: usize) -> Option<Piece> {
        let mut repetitions = 0..REPETITIONS;
        let (design, unresolved) = loop {
            let intervals = self.cross_validated()?;
            let (design, unresolved) = self.halved(intervals)?;
            let lowered = self.correct_noise(&design, &unresolved)?;
            if !lowered || repetitions.next().is_none() {
                break (design, unresolved);
            }
        };
        let fitted: Vec<_> =
            (0..self.positions.len()).map(|i| self.fit(&design, i)).collect::<Option<_>>()?;
        let (factors, coefficients) = fitted.into_iter().unzip();
        Some(Piece {
            run,
            first,
            times: self.times,
            positions: self.positions,
            velocities: self.velocities,
            position_noise: self.position_noise,
            velocity_noise: self.velocity_noise,
            spline: design.spline,
            coefficients,
            factors,
            unresolved,
        })
    }

    fn column(&self, i: usize) -> Column<'_> {
        Column {
            position: &self.positions[i],
            position_noise: self.position_noise[i],
            velocity: self.velocities.get(i).map(Vec::as_slice),
            velocity_noise: self.velocity_noise.get(i).copied().unwrap_or(1.0),
        }
    }

    /// How many numbers are recorded of a coordinate.
    fn numbers(&self) -> usize {
        self.times.len() * if self.velocities.is_empty() { 1 } else { 2 }
    }

    fn most(&self, density: &Density) -> usize {
        let share = if self.velocities.is_empty() { density.positions } else { density.with_velocities };
        let functions = (self.config.fullest * self.numbers() as f64) as usize;
        let intervals = (share * self.times.len() as f64) as usize;
        intervals.min(functions.saturating_sub(DEGREE)).max(1)
    }

    fn design(&self, spline: Spline) -> Design {
        Design::new(spline, &self.times, !self.velocities.is_empty())
    }

    fn uniform(&self, intervals: usize) -> Design {
        self.design(Spline::new(uniform(&self.times, intervals)))
    }

    fn fit(&self, design: &Design, i: usize) -> Option<(BandedCholesky, Vec<f64>)> {
        let column = self.column(i);
        let factor = design.factor(&column)?;
        let coefficients = design.solve(&factor, &column);
        coefficients.iter().all(|c| c.is_finite()).then_some((factor, coefficients))
    }

    /// The number of intervals of least generalised cross-validation over all columns, undersmoothed.
    fn cross_validated(&self) -> Option<usize> {
        let config = self.config;
        let top = self.most(&config.tried).max(8);
        let (mut best, mut worse) = (None, 0);
        for intervals in ladder(config.least_intervals, top, config.rungs) {
            if worse > PATIENCE {
                break;
            }
            let Some(score) = self.cross_validation(intervals) else { continue };
            match best {
                Some((least, _)) if score >= least => worse += 1,
                _ => (best, worse) = (Some((score, intervals)), 0),
            }
        }
        let wanted = (config.undersmoothing * best?.1 as f64).ceil() as usize;
        Some(wanted.min(self.most(&config.used)))
    }

    /// Σ over the columns of N ln(χ²/N / (1 − M/N)²), where N numbers are fitted by M functions.
    fn cross_validation(&self, intervals: usize) -> Option<f64> {
        let design = self.uniform(intervals);
        let count = self.numbers() as f64;
        let left = 1.0 - (design.spline.functions() as f64 / count).min(0.95);
        let mut sum = 0.0;
        for i in 0..self.positions.len() {
            let (_, coefficients) = self.fit(&design, i)?;
            let (q, v) = design.residuals(&coefficients, &self.column(i));
            // The errors of rounded numbers are not independent: a spline that follows them is not better for it.
            let chi_q = square_sum(&q).max(if self.rounded.0[i] { left * q.len() as f64 } else { 0.0 });
            let rounded_v = self.rounded.1.get(i).is_some_and(|rounded| *rounded);
            let chi_v = square_sum(&v).max(if rounded_v { left * v.len() as f64 } else { 0.0 });
            // Residuals of 1e-10 of the noise are those of a constant.
            let chi = (chi_q + chi_v).max(1e-20 * count);
            sum += count * (chi / count / (left * left)).ln();
        }
        sum.is_finite().then_some(sum)
    }

    /// The rows of the spline after intervals that miss the points were halved, and which intervals still do.
    fn halved(&self, intervals: usize) -> Option<(Design, Vec<bool>)> {
        let most = (self.config.fullest * self.numbers() as f64) as usize;
        let mut design = self.uniform(intervals);
        for round in 0.. {
            let excess = self.excess(&design)?;
            let mut worst: Vec<usize> = (0..excess.len())
                .filter(|k| excess[*k] > 1.0 && self.can_halve(&design.spline, *k))
                .collect();
            worst.sort_by(|a, b| excess[*b].total_cmp(&excess[*a]));
            worst.truncate(most.saturating_sub(design.spline.functions()));
            if round == HALVINGS || worst.is_empty() {
                let gap = (EMPTY as f64 + 0.5) * self.times[self.times.len() - 1] / intervals as f64;
                let unresolved = |(k, x): (usize, &f64)| *x > 1.0 || self.is_gap(&design.spline, k, gap);
                let unresolved = excess.iter().enumerate().map(unresolved).collect();
                return Some((design, unresolved));
            }
            let mut breaks = design.spline.breaks().to_vec();
            breaks.extend(worst.iter().map(|k| middle(&design.spline, *k)));
            breaks.sort_by(f64::total_cmp);
            design = self.design(Spline::new(breaks));
        }
        None
    }

    /// Whether both halves of an interval have points enough: one, or two where positions alone are recorded and the
    /// interval is near an end, so that every B-spline leans on the points of one side.
    fn can_halve(&self, spline: &Spline, k: usize) -> bool {
        let near_end = k < END_INTERVALS || k + END_INTERVALS >= spline.intervals();
        let least = if near_end && self.velocities.is_empty() { 2 } else { 1 };
        let before = |t: f64| self.times.partition_point(|x| *x < t);
        let cuts = [spline.breaks()[k], middle(spline, k), spline.breaks()[k + 1]].map(before);
        cuts[1] - cuts[0] >= least && cuts[2] - cuts[1] >= least
    }

    /// Whether an interval has no point and is longer than `least`.
    fn is_gap(&self, spline: &Spline, k: usize, least: f64) -> bool {
        let before = |t: f64| self.times.partition_point(|x| *x < t);
        let (start, end) = (spline.breaks()[k], spline.breaks()[k + 1]);
        before(start) == before(end) && end - start > least
    }

    /// For each interval the mean squared residual, in units of the noise and pooled with both neighbours, of the
    /// worst column, relative to what noise alone may reach.
    fn excess(&self, design: &Design) -> Option<Vec<f64>> {
        let spline = &design.spline;
        let intervals: Vec<usize> = self.times.iter().map(|t| spline.interval(*t)).collect();
        let mut counts = vec![0.0; spline.intervals()];
        intervals.iter().for_each(|k| counts[*k] += 1.0);
        let counts = pool(&counts);
        let mut excess = vec![0.0f64; counts.len()];
        for i in 0..self.positions.len() {
            let (_, coefficients) = self.fit(design, i)?;
            let (q, v) = design.residuals(&coefficients, &self.column(i));
            for residuals in [q, v] {
                let mut sums = vec![0.0; counts.len()];
                residuals.iter().zip(&intervals).for_each(|(r, k)| sums[*k] += r * r);
                for ((excess, sum), m) in excess.iter_mut().zip(pool(&sums)).zip(&counts) {
                    let limit = 1.0 + ALLOWANCE + SIGNIFICANCE * (2.0 / m).sqrt();
                    *excess = excess.max(sum / m / limit);
                }
            }
        }
        Some(excess)
    }

    /// Corrects the noise by the residuals where the spline is good. Returns whether the noise was much too large,
    /// as it is where neighbouring points are too far apart for a polynomial.
    fn correct_noise(&mut self, design: &Design, unresolved: &[bool]) -> Option<bool> {
        let good: Vec<bool> = self.times.iter().map(|t| !unresolved[design.spline.interval(*t)]).collect();
        let count = good.iter().filter(|good| **good).count();
        if count <= 20 {
            return Some(false);
        }
        let (points, mut lowered) = (self.times.len() as f64, false);
        let corrected = |residuals: &[f64], used: f64, noise: &mut f64, least: f64| {
            let sum: f64 = residuals.iter().zip(&good).filter(|(_, good)| **good).map(|(r, _)| r * r).sum();
            let left = (1.0 - used / points).max(0.05) * count as f64;
            let (low, high) = self.config.correction;
            let low = if left >= SURE { 0.0 } else { low };
            let new = (*noise * (sum / left).sqrt().clamp(low, high)).max(least);
            let lowered = new < self.config.correction.0 * *noise;
            *noise = new;
            lowered
        };
        let mut noise = (self.position_noise.clone(), self.velocity_noise.clone());
        for i in 0..self.positions.len() {
            let (factor, coefficients) = self.fit(design, i)?;
            let column = self.column(i);
            let (q, v) = design.residuals(&coefficients, &column);
            let used = design.freedom_used(&factor, &column);
            lowered |= corrected(&q, used.0, &mut noise.0[i], self.least_position[i]);
            if let Some(noise) = noise.1.get_mut(i) {
                lowered |= corrected(&v, used.1, noise, self.least_velocity[i]);
            }
        }
        (self.position_noise, self.velocity_noise) = noise;
        Some(lowered)
    }
}

/// Numbers from `least` to about `most` in a constant ratio, none twice.
fn ladder(least: usize, most: usize, rungs: usize) -> Vec<usize> {
    let (least, most) = (least.min(most) as f64, most as f64);
    let last = (rungs.max(2) - 1) as f64;
    let rung = |k: usize| (least * (most / least).powf(k as f64 / last)).round() as usize;
    let mut out: Vec<usize> = (0..rungs.max(2)).map(rung).collect();
    out.dedup();
    out
}

fn middle(spline: &Spline, k: usize) -> f64 {
    (spline.breaks()[k] + spline.breaks()[k + 1]) / 2.0
}

/// Breaks of equal intervals, except that a gap of more than [`EMPTY`] intervals without a point is one interval.
fn uniform(times: &[f64], intervals: usize) -> Vec<f64> {
    let end = times[times.len() - 1];
    let at = |k: usize| if k == intervals { end } else { end * k as f64 / intervals as f64 };
    let all: Vec<f64> = (0..=intervals).map(at).collect();
    let before = |t: f64| times.partition_point(|x| *x <= t);
    let mut out = Vec::with_capacity(all.len());
    for gap in all.chunk_by(|a, b| before(*a) == before(*b)) {
        match gap {
            [first, .., last] if gap.len() > EMPTY + 1 => out.extend([*first, *last]),
            _ => out.extend(gap),
        }
    }
    out
}

/// The sum of every entry with its neighbours.
fn pool(values: &[f64]) -> Vec<f64> {
    let at = |k: Option<usize>| k.and_then(|k| values.get(k)).copied().unwrap_or(0.0);
    (0..values.len()).map(|k| at(k.checked_sub(1)) + values[k] + at(Some(k + 1))).collect()
}

fn square_sum(values: &[f64]) -> f64 {
    values.iter().map(|x| x * x).sum()
}

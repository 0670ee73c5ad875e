//! From recordings to splines: noise, cuts, the number of knots, coefficients with their covariance.

use std::ops::Range;

use super::banded::BandedCholesky;
use super::noise::NoiseConfig;
use super::recording::{Rates, Recording, Run};
use super::resolve::{LeftOut, ResolveConfig, WhyLeftOut, resolve};
use super::smoothed::{Piece, Smoothed};
use super::spline::{DEGREE, Spline};
use super::spline_fit::{Column, Design};

/// Lays splines through recordings.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Smoother {
    /// The settings.
    pub config: SmootherConfig,
}

/// How splines are laid through recordings.
#[derive(Clone, PartialEq, Debug)]
pub struct SmootherConfig {
    /// How the noise is measured.
    pub noise: NoiseConfig,
    /// Which stretches are left out.
    pub resolve: ResolveConfig,
    /// The least standard deviation of the noise, as a share of the range of its column.
    pub least_noise: f64,
    /// The least number of intervals tried. Fewer give edges with a bias far above the noise.
    pub least_intervals: usize,
    /// The number of rungs of the ladder of numbers of intervals.
    pub rungs: usize,
    /// The most intervals tried by cross-validation, for each point.
    pub tried: Density,
    /// The most intervals used, for each point.
    pub used: Density,
    /// The most functions used, for each number recorded.
    pub fullest: f64,
    /// The number of intervals is this many times that of least cross-validation: the bias must stay below the noise,
    /// and the weak form averages the extra noise out.
    pub undersmoothing: f64,
    /// After so many rungs without progress the ladder ends.
    pub patience: usize,
    /// How often intervals may be halved.
    pub halvings: usize,
    /// An interval is unresolved if its mean squared residual, in units of the noise and pooled with its neighbours,
    /// exceeds 1 + `allowance` + `significance`·√(2/m) for m points.
    pub allowance: f64,
    /// See [`allowance`](Self::allowance).
    pub significance: f64,
    /// The least and greatest factor by which residuals may correct the first estimate of the noise.
    pub correction: (f64, f64),
}

/// A density of intervals.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Density {
    /// For positions alone.
    pub positions: f64,
    /// For positions with velocities.
    pub with_velocities: f64,
}

/// Why a recording cannot be smoothed.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum SmoothingError {
    /// A value or time is not finite.
    #[error("run {run}: a value is not a finite number")]
    NotFinite {
        /// The index of the run.
        run: usize,
    },
    /// The times of a run do not increase.
    #[error("run {run}: times do not increase")]
    Times {
        /// The index of the run.
        run: usize,
    },
    /// The columns of a run differ in length or number.
    #[error("run {run}: columns do not fit together")]
    Shape {
        /// The index of the run.
        run: usize,
    },
    /// No stretch of any run is long enough and resolved.
    #[error("no stretch of the recording can be smoothed")]
    NothingLeft(Vec<LeftOut>),
}

/// The columns of a run that are smoothed, each with its velocity where there is one.
struct Columns<'a> {
    times: &'a [f64],
    positions: Vec<&'a [f64]>,
    /// Empty where there are none.
    velocities: Vec<&'a [f64]>,
}

impl Default for SmootherConfig {
    /// The values of the measured method (the design note on recordings, section 1).
    fn default() -> Self {
        Self {
            noise: NoiseConfig::default(),
            resolve: ResolveConfig::default(),
            least_noise: 1e-9,
            least_intervals: 7,
            rungs: 16,
            tried: Density { positions: 0.4, with_velocities: 0.6 },
            used: Density { positions: 0.5, with_velocities: 0.8 },
            fullest: 0.8,
            undersmoothing: 1.35,
            patience: 3,
            halvings: 4,
            allowance: 1.0,
            significance: 4.5,
            correction: (0.7, 1.5),
        }
    }
}

impl Smoother {
    /// The splines through the positions, and velocities where they are recorded.
    ///
    /// Momenta are left aside; [`smooth_states`](Self::smooth_states) smooths them too. Recorded derivatives of the
    /// positions count as velocities where no velocities are recorded.
    ///
    /// # Errors
    /// If a run is malformed, or no stretch of any run can be smoothed.
    pub fn smooth(&self, recording: &Recording) -> Result<Smoothed, SmoothingError> {
        let (dof, measured) = (recording.dof(), recording.has_velocities());
        self.smooth_columns(recording, dof, |run| {
            let derivatives = run.derivatives.as_ref().and_then(|all| all.get(..dof));
            let velocities = if measured { Some(run.rates.as_slice()) } else { derivatives };
            (run.positions.iter().collect(), velocities.into_iter().flatten().collect())
        })
    }

    /// The splines through positions and momenta, all as positions: first the coordinates, then the momenta, so
    /// that `dof` of the result is twice that of the recording. Recorded derivatives count as velocities.
    ///
    /// Without momenta this smooths velocities as positions, or positions alone.
    ///
    /// # Errors
    /// If a run is malformed, or no stretch of any run can be smoothed.
    pub fn smooth_states(&self, recording: &Recording) -> Result<Smoothed, SmoothingError> {
        let states = if recording.rates == Rates::None { recording.dof() } else { 2 * recording.dof() };
        self.smooth_columns(recording, states, |run| {
            let derivatives = run.derivatives.as_ref().and_then(|all| all.get(..states));
            let columns = run.positions.iter().chain(&run.rates).collect();
            (columns, derivatives.into_iter().flatten().collect())
        })
    }

    fn smooth_columns<'a>(
        &self,
        recording: &'a Recording,
        dof: usize,
        columns: impl Fn(&'a Run) -> (Vec<&'a Vec<f64>>, Vec<&'a Vec<f64>>),
    ) -> Result<Smoothed, SmoothingError> {
        let mut out = Smoothed { dof, pieces: Vec::new(), left_out: Vec::new() };
        for (index, run) in recording.runs.iter().enumerate() {
            let (positions, velocities) = columns(run);
            let slices = |all: Vec<&'a Vec<f64>>| all.into_iter().map(Vec::as_slice).collect();
            let columns =
                Columns { times: &run.times, positions: slices(positions), velocities: slices(velocities) };
            columns.check(index, dof)?;
            self.smooth_run(index, &columns, &mut out);
        }
        if out.pieces.is_empty() {
            return Err(SmoothingError::NothingLeft(out.left_out));
        }
        Ok(out)
    }

    fn smooth_run(&self, run: usize, columns: &Columns<'_>, out: &mut Smoothed) {
        let all: Vec<&[f64]> = columns.positions.iter().chain(&columns.velocities).copied().collect();
        let resolved = resolve(columns.times, &all, &self.config.resolve, &self.config.noise);
        let mut left_out = resolved.left_out;
        for points in resolved.pieces {
            match self.smooth_piece(run, columns, points.clone(), &resolved.noise) {
                Some(piece) => out.pieces.push(piece),
                None => left_out.push((points, WhyLeftOut::Degenerate)),
            }
        }
        left_out.sort_by_key(|(points, _)| points.start);
        out.left_out.extend(left_out.into_iter().map(|(points, why)| LeftOut { run, points, why }));
    }

    /// The spline through a stretch of a run, or nothing where its numbers are too large or small to square.
    fn smooth_piece(
        &self,
        run: usize,
        columns: &Columns<'_>,
        points: Range<usize>,
        noise: &[f64],
    ) -> Option<Piece> {
        let start = columns.times[points.start];
        let times: Vec<f64> = columns.times[points.clone()].iter().map(|t| t - start).collect();
        let cut =
            |all: &[&[f64]]| -> Vec<Vec<f64>> { all.iter().map(|x| x[points.clone()].to_vec()).collect() };
        let (positions, velocities) = (cut(&columns.positions), cut(&columns.velocities));
        let (position_noise, velocity_noise) = self.floored(&times, &positions, &velocities, noise);
        let mut fit =
            PieceFit { config: &self.config, times, positions, velocities, position_noise, velocity_noise };
        let intervals = fit.cross_validated()?;
        let (design, unresolved) = fit.halved(intervals)?;
        fit.correct_noise(&design, &unresolved)?;
        let fitted: Vec<_> = (0..fit.positions.len()).map(|i| fit.fit(&design, i)).collect::<Option<_>>()?;
        let (factors, coefficients) = fitted.into_iter().unzip();
        Some(Piece {
            run,
            first: points.start,
            times: fit.times,
            positions: fit.positions,
            velocities: fit.velocities,
            position_noise: fit.position_noise,
            velocity_noise: fit.velocity_noise,
            spline: design.spline,
            coefficients,
            factors,
            unresolved,
        })
    }

    /// The noise of positions and velocities, none below what rounding and the range of its column allow.
    fn floored(
        &self,
        times: &[f64],
        positions: &[Vec<f64>],
        velocities: &[Vec<f64>],
        noise: &[f64],
    ) -> (Vec<f64>, Vec<f64>) {
        let least = self.config.least_noise;
        let floor = |column: &[f64]| (least * range(column)).max(4.0 * f64::EPSILON * largest(column));
        let floors = |all: &[Vec<f64>]| -> Vec<f64> { all.iter().map(|x| floor(x)).collect() };
        let (mut q, mut v) = (floors(positions), floors(velocities));
        // A column of zeros takes its scale from its velocity, from another column, or is of order one.
        let span = times[times.len() - 1];
        let greatest = |all: &[f64]| all.iter().copied().fold(0.0, f64::max);
        let (mut spare_q, mut spare_v) = (greatest(&q), greatest(&v));
        spare_q = if spare_q > 0.0 {
            spare_q
        } else if spare_v > 0.0 {
            spare_v * span
        } else {
            least
        };
        spare_v = if spare_v > 0.0 { spare_v } else { spare_q / span };
        for i in 0..q.len() {
            let rate = v.get(i).copied().unwrap_or(0.0);
            q[i] = if q[i] > 0.0 {
                q[i]
            } else if rate > 0.0 {
                rate * span
            } else {
                spare_q
            };
        }
        v.iter_mut().filter(|x| **x <= 0.0).for_each(|x| *x = spare_v);
        let (noise_q, noise_v) = noise.split_at(q.len());
        q.iter_mut().zip(noise_q).for_each(|(x, s)| *x = x.max(*s));
        v.iter_mut().zip(noise_v).for_each(|(x, s)| *x = x.max(*s));
        (q, v)
    }
}

impl Columns<'_> {
    /// Checks that the columns fit together, are finite, and that times increase.
    fn check(&self, run: usize, dof: usize) -> Result<(), SmoothingError> {
        let all = || self.positions.iter().chain(&self.velocities);
        let numbers = self.positions.len() == dof && [0, dof].contains(&self.velocities.len());
        if !numbers || all().any(|column| column.len() != self.times.len()) {
            return Err(SmoothingError::Shape { run });
        }
        if all().copied().chain([self.times]).flatten().any(|x| !x.is_finite()) {
            return Err(SmoothingError::NotFinite { run });
        }
        if self.times.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(SmoothingError::Times { run });
        }
        Ok(())
    }
}

/// A piece while its spline is being fitted.
struct PieceFit<'a> {
    config: &'a SmootherConfig,
    times: Vec<f64>,
    positions: Vec<Vec<f64>>,
    velocities: Vec<Vec<f64>>,
    position_noise: Vec<f64>,
    velocity_noise: Vec<f64>,
}

impl PieceFit<'_> {
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
        self.design(Spline::uniform(self.times[self.times.len() - 1], intervals))
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
            if worse > config.patience {
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
            // The noise is never below rounding, so residuals of 1e-10 of it are those of a constant.
            let chi = q.iter().chain(&v).map(|r| r * r).sum::<f64>().max(1e-20 * count);
            sum += count * (chi / count / (left * left)).ln();
        }
        sum.is_finite().then_some(sum)
    }

    /// The rows of the spline after intervals that miss the points were halved, and which intervals still do.
    fn halved(&self, intervals: usize) -> Option<(Design, Vec<bool>)> {
        let most = (self.config.fullest * self.numbers() as f64) as usize;
        let mut design = self.uniform(intervals);
        for round in 0.. {
            let (counts, bad) = self.unresolved(&design)?;
            let split: Vec<bool> = bad.iter().zip(&counts).map(|(bad, count)| *bad && *count >= 2).collect();
            let more = split.iter().filter(|split| **split).count();
            if more == 0 || round == self.config.halvings || design.spline.functions() + more > most {
                return Some((design, bad));
            }
            let old = design.spline.breaks();
            let mut breaks = vec![old[0]];
            for (pair, split) in old.windows(2).zip(&split) {
                breaks.extend(split.then_some((pair[0] + pair[1]) / 2.0));
                breaks.push(pair[1]);
            }
            design = self.design(Spline::new(breaks));
        }
        None
    }

    /// For each interval the number of its points and whether it misses them by more than their noise.
    fn unresolved(&self, design: &Design) -> Option<(Vec<usize>, Vec<bool>)> {
        let spline = &design.spline;
        let intervals: Vec<usize> = self.times.iter().map(|t| spline.interval(*t)).collect();
        let mut counts = vec![0; spline.intervals()];
        intervals.iter().for_each(|k| counts[*k] += 1);
        let pooled = pool(&counts.iter().map(|count| *count as f64).collect::<Vec<_>>());
        let mut bad = vec![false; counts.len()];
        for i in 0..self.positions.len() {
            let (_, coefficients) = self.fit(design, i)?;
            let (q, v) = design.residuals(&coefficients, &self.column(i));
            for residuals in [q, v] {
                let mut sums = vec![0.0; counts.len()];
                residuals.iter().zip(&intervals).for_each(|(r, k)| sums[*k] += r * r);
                for ((bad, sum), m) in bad.iter_mut().zip(pool(&sums)).zip(&pooled) {
                    let m = m.max(1.0);
                    let limit = 1.0 + self.config.allowance + self.config.significance * (2.0 / m).sqrt();
                    *bad |= sum / m > limit;
                }
            }
        }
        Some((counts, bad))
    }

    /// Corrects the noise by the residuals where the spline is good.
    fn correct_noise(&mut self, design: &Design, unresolved: &[bool]) -> Option<()> {
        let good: Vec<bool> = self.times.iter().map(|t| !unresolved[design.spline.interval(*t)]).collect();
        let count = good.iter().filter(|good| **good).count();
        if count <= 20 {
            return Some(());
        }
        let (least, greatest) = self.config.correction;
        let points = self.times.len() as f64;
        for i in 0..self.positions.len() {
            let (factor, coefficients) = self.fit(design, i)?;
            let column = self.column(i);
            let (q, v) = design.residuals(&coefficients, &column);
            let used = design.freedom_used(&factor, &column);
            let factor = |residuals: &[f64], used: f64| {
                let sum: f64 =
                    residuals.iter().zip(&good).filter(|(_, good)| **good).map(|(r, _)| r * r).sum();
                let left = (1.0 - used / points).max(0.05);
                (sum / count as f64 / left).sqrt().clamp(least, greatest)
            };
            let (by_q, by_v) = (factor(&q, used.0), factor(&v, used.1));
            self.position_noise[i] *= by_q;
            if let Some(noise) = self.velocity_noise.get_mut(i) {
                *noise *= by_v;
            }
        }
        Some(())
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

/// The sum of every entry with its neighbours.
fn pool(values: &[f64]) -> Vec<f64> {
    let at = |k: Option<usize>| k.and_then(|k| values.get(k)).copied().unwrap_or(0.0);
    (0..values.len()).map(|k| at(k.checked_sub(1)) + values[k] + at(Some(k + 1))).collect()
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |most, x| most.max(x.abs()))
}

fn range(values: &[f64]) -> f64 {
    let (low, high) =
        values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(*x), high.max(*x)));
    if high > low { high - low } else { 0.0 }
}

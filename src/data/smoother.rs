//! From recordings to splines: noise, cuts, the number of knots, coefficients with their covariance.

use std::ops::Range;

use rayon::prelude::*;

use super::noise::{ColumnNoise, NoiseConfig};
use super::piece_fit::PieceFit;
use super::recording::{Rates, Recording, Run};
use super::resolve::{LeftOut, WhyLeftOut, resolve};
use super::smoothed::{Piece, Smoothed};

/// A piece that takes less time than this, or longer than the inverse, is left out: its velocities would overflow.
const LEAST_SPAN: f64 = 1e-140;

/// Lays splines through recordings.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Smoother {
    /// The settings.
    pub config: SmootherConfig,
}

/// How splines are laid through recordings.
#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub struct SmootherConfig {
    /// How the noise is measured.
    pub noise: NoiseConfig,
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
    /// The least and greatest factor by which the residuals of the spline correct the noise.
    pub correction: (f64, f64),
}

/// A density of intervals.
#[derive(Clone, Copy, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
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
            least_intervals: 7,
            rungs: 16,
            tried: Density { positions: 0.4, with_velocities: 0.6 },
            used: Density { positions: 0.5, with_velocities: 0.8 },
            fullest: 0.8,
            undersmoothing: 1.35,
            correction: (0.7, 1.5),
        }
    }
}

/// The least standard deviation of the noise, as a share of the range of its column.
const LEAST_NOISE: f64 = 1e-9;

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
        columns: impl Fn(&'a Run) -> (Vec<&'a Vec<f64>>, Vec<&'a Vec<f64>>) + Sync,
    ) -> Result<Smoothed, SmoothingError> {
        let empty = || Smoothed { dof, pieces: Vec::new(), left_out: Vec::new() };
        let of_run = |(index, run): (usize, &'a Run)| -> Result<Smoothed, SmoothingError> {
            let (positions, velocities) = columns(run);
            let slices = |all: Vec<&'a Vec<f64>>| all.into_iter().map(Vec::as_slice).collect();
            let columns =
                Columns { times: &run.times, positions: slices(positions), velocities: slices(velocities) };
            columns.check(index, dof)?;
            let mut out = empty();
            self.smooth_run(index, &columns, &mut out);
            Ok(out)
        };
        let parts: Vec<_> = recording.runs.par_iter().enumerate().map(of_run).collect();
        let mut out = empty();
        for part in parts {
            let part = part?;
            out.pieces.extend(part.pieces);
            out.left_out.extend(part.left_out);
        }
        if out.pieces.is_empty() {
            return Err(SmoothingError::NothingLeft(out.left_out));
        }
        Ok(out)
    }

    fn smooth_run(&self, run: usize, columns: &Columns<'_>, out: &mut Smoothed) {
        let all: Vec<&[f64]> = columns.positions.iter().chain(&columns.velocities).copied().collect();
        let resolved = resolve(columns.times, &all, &self.config.noise);
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
        noise: &[ColumnNoise],
    ) -> Option<Piece> {
        let start = columns.times[points.start];
        let times: Vec<f64> = columns.times[points.clone()].iter().map(|t| t - start).collect();
        if !(LEAST_SPAN..1.0 / LEAST_SPAN).contains(&times[times.len() - 1]) {
            return None;
        }
        let cut =
            |all: &[&[f64]]| -> Vec<Vec<f64>> { all.iter().map(|x| x[points.clone()].to_vec()).collect() };
        let (positions, velocities) = (cut(&columns.positions), cut(&columns.velocities));
        let (of_positions, of_velocities) = noise.split_at(positions.len());
        let (least_position, least_velocity) =
            self.least_noise(&times, (&positions, of_positions), (&velocities, of_velocities));
        let level = |noise: &[ColumnNoise], least: &[f64]| {
            noise.iter().zip(least).map(|(noise, least)| noise.local.max(*least)).collect()
        };
        let limited = |noise: &[ColumnNoise]| noise.iter().map(ColumnNoise::is_rounding).collect();
        let fit = PieceFit {
            config: &self.config,
            position_noise: level(of_positions, &least_position),
            velocity_noise: level(of_velocities, &least_velocity),
            rounded: (limited(of_positions), limited(of_velocities)),
            times,
            positions,
            velocities,
            least_position,
            least_velocity,
        };
        fit.piece(run, points.start)
    }

    /// The least noise of positions and velocities: what rounding and the range of a column allow.
    fn least_noise(
        &self,
        times: &[f64],
        (positions, position_noise): (&[Vec<f64>], &[ColumnNoise]),
        (velocities, velocity_noise): (&[Vec<f64>], &[ColumnNoise]),
    ) -> (Vec<f64>, Vec<f64>) {
        let share = LEAST_NOISE;
        let least = |(column, noise): (&Vec<f64>, &ColumnNoise)| {
            (share * range(column)).max(4.0 * f64::EPSILON * largest(column)).max(noise.rounding)
        };
        let mut q: Vec<f64> = positions.iter().zip(position_noise).map(least).collect();
        let mut v: Vec<f64> = velocities.iter().zip(velocity_noise).map(least).collect();
        // A column of zeros takes its scale from its velocity, from the other columns, or is of order one.
        let span = times[times.len() - 1];
        let or = |x: f64, spare: f64| if x > 0.0 { x } else { spare };
        let spare_q = or(largest(&q), or(largest(&v) * span, share));
        let spare_v = or(largest(&v), spare_q / span);
        for (i, x) in q.iter_mut().enumerate() {
            *x = or(*x, or(v.get(i).map_or(0.0, |rate| rate * span), spare_q));
        }
        v.iter_mut().for_each(|x| *x = or(*x, spare_v));
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

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |most, x| most.max(x.abs()))
}

fn range(values: &[f64]) -> f64 {
    let (low, high) =
        values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(*x), high.max(*x)));
    if high > low { high - low } else { 0.0 }
}

//! Which runs the sampling resolves best.
//!
//! One instrument has one noise. Where the smoother sees far more of it in some pieces of a recording, it is the motion
//! that is not resolved there: bodies that pass each other closely, bounces off a wall. Such errors are not spread like
//! noise, and a few of these pieces among many good ones spoil the equations of all. So the form is sought on the others,
//! and has to hold on these too: the motion there may know more.

use super::first_order::describing::variance;
use super::{Model, decide};
use crate::data::{Piece, Smoothed};
use crate::regression::trajectory::{self, ObservedPiece};

/// A piece is set apart if the noise of a column is more than this many times the lower quartile of all pieces.
/// Estimates of one noise differ by a fifth; in a hundred runs about a wall 1/y² they differ by 10⁴.
const NOISIER: f64 = 10.0;

/// Noise below this share of the spread of a column counts as none: the smoother sees no less than 1e-9 of its range.
const NONE: f64 = 1e-8;

/// How many standard errors the constants of the pieces that are set apart may differ from those of the others. The
/// true ones differ by as much once in a million; where they do, the law is sought on all pieces.
const AGREEMENT: f64 = 5.0;

/// The pieces of a recording, apart.
pub(super) struct Apart {
    /// Those whose noise is not far above that of others.
    pub best: Smoothed,
    /// The others.
    pub rest: Smoothed,
}

/// The pieces apart, if some have noise far above that of others, and the others together have `enough` intervals.
pub(super) fn apart(smoothed: &Smoothed, enough: usize) -> Option<Apart> {
    let all: Vec<Vec<f64>> = smoothed.pieces.iter().map(Piece::noise).collect();
    let columns = all.first().map_or(0, Vec::len);
    let limits: Vec<f64> = (0..columns)
        .map(|c| {
            let mut of_column: Vec<f64> = all.iter().map(|noise| noise[c]).collect();
            of_column.sort_by(f64::total_cmp);
            NOISIER * of_column[of_column.len() / 4].max(NONE * spread(&smoothed.pieces, c))
        })
        .collect();
    let is_good = |noise: &Vec<f64>| noise.iter().zip(&limits).all(|(noise, limit)| noise <= limit);
    let is_good: Vec<bool> = all.iter().map(is_good).collect();
    let part = |good: bool| smoothed.pieces.iter().zip(&is_good).filter(move |(_, is)| **is == good);
    let intervals: usize = part(true).map(|(piece, _)| piece.spline.intervals()).sum();
    if intervals < enough || part(false).next().is_none() {
        return None;
    }
    let cloned = |good| Smoothed {
        dof: smoothed.dof,
        pieces: part(good).map(|(piece, _)| piece.clone()).collect(),
        left_out: smoothed.left_out.clone(),
    };
    Some(Apart { best: cloned(true), rest: cloned(false) })
}

/// Whether a form explains these pieces too, to the noise that is seen in them, with the same constants.
pub(super) fn holds_on(model: &Model, rest: &Smoothed, config: &decide::Config) -> bool {
    let pieces: Vec<ObservedPiece> = rest.pieces.iter().map(ObservedPiece::new).collect();
    let some = decide::stretches(&pieces, decide::POINTS, decide::PIECES);
    let constants = model.constants();
    let fit = trajectory::fit(model, &constants, &some, &trajectory::Config::default());
    let mut differences = fit.constants.iter().zip(&constants).zip(fit.standard_errors());
    fit.is_followed()
        && fit.reduced() <= config.explained
        && differences.all(|((a, b), error)| (a - b).abs() <= AGREEMENT * error)
}

/// The standard deviation of a column over all pieces: positions first, then velocities.
fn spread(pieces: &[Piece], column: usize) -> f64 {
    let of_piece = |piece: &Piece| -> Vec<f64> {
        piece.positions.iter().chain(&piece.velocities).nth(column).cloned().unwrap_or_default()
    };
    variance(&pieces.iter().flat_map(of_piece).collect::<Vec<f64>>()).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Coordinate, Rates, Recording, Run, Smoother};
    use crate::expr::Symbol;

    /// Runs of sines, each with an error of its own that alternates from point to point.
    fn smoothed(errors: &[f64]) -> Smoothed {
        let run = |error: &f64| {
            let times: Vec<f64> = (0..120).map(|k| 0.1 * f64::from(k)).collect();
            let sign = |k: usize| if (k * 7919 / 13).is_multiple_of(2) { 1.0 } else { -1.0 };
            let x = times.iter().enumerate().map(|(k, t)| t.sin() + error * sign(k)).collect();
            Run { name: String::new(), times, positions: vec![x], rates: Vec::new(), derivatives: None }
        };
        let recording = Recording {
            coordinates: vec![Coordinate { name: Symbol::new("x"), is_angle: false }],
            rates: Rates::None,
            runs: errors.iter().map(run).collect(),
        };
        Smoother::default().smooth(&recording).unwrap()
    }

    fn kept(errors: &[f64], enough: usize) -> Vec<usize> {
        let smoothed = smoothed(errors);
        let best = apart(&smoothed, enough).map_or(smoothed, |apart| apart.best);
        best.pieces.iter().map(|piece| piece.run).collect()
    }

    #[test]
    fn pieces_with_far_more_noise_than_others_are_left_out() {
        assert_eq!(kept(&[1e-4, 1e-2, 1.1e-4, 0.9e-4, 2e-4], 20), [0, 2, 3, 4]);
        // Noise of one size is no reason.
        assert_eq!(kept(&[1e-2, 0.8e-2, 1.2e-2, 1e-2], 20), [0, 1, 2, 3]);
        // Neither are differences within rounding.
        assert_eq!(kept(&[1e-12, 1e-10, 1e-12, 1e-12], 20), [0, 1, 2, 3]);
    }

    #[test]
    fn all_pieces_stay_where_the_good_ones_are_few() {
        assert_eq!(kept(&[1e-4, 1e-2, 1e-2, 1e-4], 1500), [0, 1, 2, 3]);
    }
}

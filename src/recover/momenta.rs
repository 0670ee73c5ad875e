//! A law fitted to recorded momenta: p = λ (m v + A(q)), with λ among the constants.
//!
//! Momenta are read as velocities first, with masses that are known to the precision of short averages. Whole trajectories
//! of coordinates and momenta know them better, and their errors then belong to those of the other constants.

use super::model::Model;
use crate::data::Smoothed;
use crate::regression::motion::{Derivatives, Motion};
use crate::regression::trajectory::{self, ObservedPiece};
use crate::terms::joint::Kind;

use super::decide::allowance;
use super::limits::at_limit;
use super::momentum_map::MomentumMap;

/// A model whose momenta are recorded. The parameters are those of the model, then λ.
struct InMomenta<'a> {
    model: &'a Model,
}

/// The constants of a model from whole trajectories of coordinates and momenta.
#[derive(Clone, Debug)]
pub(super) struct Refitted {
    /// The model with its constants.
    pub model: Model,
    /// The covariance of its constants, row by row.
    pub covariance: Vec<f64>,
    /// λ.
    pub scale: f64,
    /// The standard error of λ.
    pub scale_error: f64,
}

/// Fits a model to recorded momenta, from the velocities that were read from them, with λ to begin with; nothing where no
/// such fit explains them. A function whose parameter is no more than its error here goes to its limit: a mass that is
/// slightly wrong makes a screened attraction of Kepler's.
pub(super) fn refitted(
    model: &Model,
    scale: f64,
    smoothed: &Smoothed,
    map: &MomentumMap,
    explained: f64,
) -> Option<Refitted> {
    let pieces: Vec<ObservedPiece> =
        smoothed.pieces.iter().map(|piece| with_momenta(ObservedPiece::new(piece), map)).collect();
    let fitted = |model: &Model| {
        let theta: Vec<f64> = model.constants().into_iter().chain([scale]).collect();
        let fit = trajectory::fit(&InMomenta { model }, &theta, &pieces, &trajectory::Config::default());
        let is_explained = fit.is_followed() && fit.reduced() <= explained;
        let p = theta.len() - 1;
        is_explained.then(|| (model.with_constants(&fit.constants[..p]), fit))
    };
    let (mut model, mut fit) = fitted(model)?;
    while let Some((plain, other)) = at_limit(&model, &fit.standard_errors()).and_then(|plain| fitted(&plain))
        && other.chi <= fit.chi + allowance(&fit)
    {
        (model, fit) = (plain, other);
    }
    let p = fit.constants.len() - 1;
    let factor = fit.inflation();
    let entry = |i: usize, j: usize| factor * fit.covariance[i * (p + 1) + j];
    let covariance = (0..p).flat_map(|i| (0..p).map(move |j| (i, j))).map(|(i, j)| entry(i, j)).collect();
    let (scale, scale_error) = (fit.constants[p], entry(p, p).sqrt());
    let is_finite = scale > 0.0 && scale_error.is_finite();
    is_finite.then_some(Refitted { model, covariance, scale, scale_error })
}

/// The piece with the recorded momenta in place of the velocities that were read from them.
fn with_momenta(mut piece: ObservedPiece, map: &MomentumMap) -> ObservedPiece {
    for point in 0..piece.points() {
        let q: Vec<f64> = piece.positions.iter().map(|column| column[point]).collect();
        for (i, column) in piece.velocities.iter_mut().enumerate() {
            column[point] = map.momentum(i, &q, column[point]);
        }
    }
    piece.velocity_noise.iter_mut().zip(&map.masses).for_each(|(sigma, mass)| *sigma *= mass);
    piece
}

impl InMomenta<'_> {
    /// The constants of the model, without λ.
    fn own<'b>(&self, theta: &'b [f64]) -> &'b [f64] {
        &theta[..theta.len() - 1]
    }

    /// The mass of each coordinate.
    fn masses(&self, theta: &[f64]) -> Vec<f64> {
        let own = self.own(theta);
        let mut masses = vec![1.0; self.model.inverse_masses.len()];
        let logarithms = &own[own.len() - self.model.masses()..];
        for (group, logarithm) in self.model.groups[1..].iter().zip(logarithms) {
            group.iter().for_each(|&i| masses[i] = (-logarithm).exp());
        }
        masses
    }
}

impl Motion for InMomenta<'_> {
    fn dof(&self) -> usize {
        self.model.dof()
    }

    fn parameters(&self) -> usize {
        self.model.parameters() + 1
    }

    fn acceleration(&self, q: &[f64], v: &[f64], theta: &[f64], out: &mut [f64]) {
        self.model.acceleration(q, v, self.own(theta), out);
    }

    fn derivatives(&self, q: &[f64], v: &[f64], theta: &[f64], out: Derivatives<'_>) {
        let (n, p) = (self.dof(), self.model.parameters());
        let mut own = vec![0.0; n * p];
        let Derivatives { value, by_position, by_velocity, by_parameter } = out;
        let inner = Derivatives { value, by_position, by_velocity, by_parameter: &mut own };
        self.model.derivatives(q, v, self.own(theta), inner);
        for (row, own) in by_parameter.chunks_exact_mut(p + 1).zip(own.chunks_exact(p.max(1))) {
            row[..p].copy_from_slice(&own[..p]);
            row[p] = 0.0;
        }
    }

    fn records_momenta(&self) -> bool {
        true
    }

    fn momenta(&self, q: &[f64], v: &[f64], theta: &[f64], out: Derivatives<'_>) {
        let (n, p, scale) = (self.dof(), self.model.parameters(), theta[theta.len() - 1]);
        let Derivatives { value, by_position, by_velocity, by_parameter } = out;
        [&mut *by_position, &mut *by_velocity, &mut *by_parameter].into_iter().for_each(|all| all.fill(0.0));
        let masses = self.masses(theta);
        for i in 0..n {
            value[i] = masses[i] * v[i];
            by_velocity[i * n + i] = scale * masses[i];
        }
        for (g, group) in self.model.groups[1..].iter().enumerate() {
            let place = p - self.model.masses() + g;
            // The constant is ln μ = −ln m.
            group.iter().for_each(|&i| by_parameter[i * (p + 1) + place] = -scale * masses[i] * v[i]);
        }
        for (k, term) in self.model.terms.iter().enumerate() {
            let Kind::Gyroscopic { pairs } = term.kind() else { continue };
            for &(i, j) in pairs {
                for (row, column, half) in [(i, j, -0.5), (j, i, 0.5)] {
                    value[row] += theta[k] * half * q[column];
                    by_position[row * n + column] += scale * theta[k] * half;
                    by_parameter[row * (p + 1) + k] += scale * half * q[column];
                }
            }
        }
        for i in 0..n {
            by_parameter[i * (p + 1) + p] = value[i];
            value[i] *= scale;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recover::canonical::tests::{recorded, turning};

    #[test]
    fn momenta_have_the_derivatives_that_are_stated() {
        let model = turning();
        let motion = InMomenta { model: &model };
        let mut theta = model.constants();
        theta.push(1.7);
        let (q, v, n, p) = ([0.7, -0.4], [0.3, 1.1], 2, theta.len());
        let of = |q: &[f64], v: &[f64], theta: &[f64]| {
            let (mut a, mut b, mut c, mut d) =
                (vec![0.0; n], vec![0.0; n * n], vec![0.0; n * n], vec![0.0; n * p]);
            let out =
                Derivatives { value: &mut a, by_position: &mut b, by_velocity: &mut c, by_parameter: &mut d };
            motion.momenta(q, v, theta, out);
            (a, b, c, d)
        };
        let (_, by_position, by_velocity, by_parameter) = of(&q, &v, &theta);
        let h = 1e-6;
        let moved = |x: &[f64], l: usize| {
            let mut x = x.to_vec();
            x[l] += h;
            x
        };
        let base = of(&q, &v, &theta).0;
        let close = |there: Vec<f64>, slopes: &[f64], l: usize, width: usize| {
            for i in 0..n {
                assert!(((there[i] - base[i]) / h - slopes[i * width + l]).abs() < 1e-5);
            }
        };
        for l in 0..n {
            close(of(&moved(&q, l), &v, &theta).0, &by_position, l, n);
            close(of(&q, &moved(&v, l), &theta).0, &by_velocity, l, n);
        }
        for l in 0..p {
            close(of(&q, &v, &moved(&theta, l)).0, &by_parameter, l, p);
        }
    }

    #[test]
    fn the_unit_of_momenta_comes_from_whole_trajectories() {
        let (smoothed, map) = recorded();
        let model = turning();
        let found = refitted(&model, 2.02, &smoothed, &map, 3.0).unwrap();
        assert!((found.scale - 2.0).abs() < 1e-6, "{found:?}");
    }
}

//! Velocities from recorded momenta: p = M(q) v is linear in the coefficients of M, and needs no form of it.

use super::library::{Part, library};
use super::motion::{Action, Lagrangian, inverse, product};
use super::shape::{Base, MOST};
use crate::data::{Rates, Recording, Smoothed, Smoother};
use crate::expr::Symbol;
use crate::recover::RecoverError;
use crate::recover::momentum_map::{MISFIT, RUNS, SIGNIFICANCE};
use crate::regression::WeakForm;
use crate::regression::least_squares::backward_elimination;
use crate::regression::trajectory::ObservedPiece;

/// A mass matrix as a sum of many functions.
pub struct MassMap {
    parts: Vec<Part>,
    coefficients: Vec<f64>,
}

impl MassMap {
    /// The mass matrix of a recording with momenta; nothing where momenta are not M(q) v with a positive M.
    ///
    /// # Errors
    /// A recording that cannot be smoothed.
    pub fn of(recording: &Recording, smoother: &Smoother) -> Result<Option<MassMap>, RecoverError> {
        let mut some = recording.clone();
        some.runs.truncate(RUNS);
        let weak = WeakForm::new(&smoother.smooth_states(&some)?, &Default::default());
        if weak.rows() == 0 {
            return Ok(None);
        }
        // With 1 and the square of a cosine, that of the sine says nothing new.
        let parts: Vec<Part> =
            library(&recording.coordinates, &[]).into_iter().filter(is_independent).collect();
        let Some(coefficients) = coefficients(&weak, &parts, recording.dof()) else {
            return Ok(None);
        };
        let map = MassMap { parts, coefficients };
        let positive = recording.runs.iter().all(|run| {
            let positions: Vec<&[f64]> = run.positions.iter().map(Vec::as_slice).collect();
            (0..run.times.len())
                .all(|point| map.action(&at(&positions, point)).inverse(positions.len()).is_some())
        });
        Ok(positive.then_some(map))
    }

    /// The terms at rest.
    fn action(&self, q: &[f64]) -> Action {
        let rest = [0.0; MOST];
        let mut out = Action::zero();
        let terms = self.parts.iter().zip(&self.coefficients).filter(|(_, c)| **c != 0.0);
        terms.for_each(|(part, c)| out.add(part, q, &rest[..q.len()], *c));
        out
    }

    /// M(q) v.
    pub fn momentum(&self, q: &[f64], v: &[f64]) -> Vec<f64> {
        let mass = self.action(q).mass;
        (0..q.len()).map(|i| (0..q.len()).map(|j| mass[i][j] * v[j]).sum()).collect()
    }

    /// The recording with velocities v = M(q)⁻¹ p in place of momenta. Recorded derivatives are left out.
    pub fn with_velocities(&self, recording: &Recording, names: Vec<Symbol>) -> Recording {
        let dof = recording.dof();
        let mut out = recording.clone();
        out.rates = Rates::Velocities(names);
        for run in &mut out.runs {
            run.derivatives = None;
            let positions: Vec<&[f64]> = run.positions.iter().map(Vec::as_slice).collect();
            for point in 0..run.times.len() {
                let mass = self.action(&at(&positions, point)).mass;
                let mut p = [0.0; MOST];
                (0..dof).for_each(|i| p[i] = run.rates[i][point]);
                let v = inverse(&mass, dof).map_or([f64::NAN; MOST], |turn| product(&turn, &p));
                (0..dof).for_each(|i| run.rates[i][point] = v[i]);
            }
        }
        out
    }
}

/// The positions at one point.
fn at(positions: &[&[f64]], point: usize) -> Vec<f64> {
    positions.iter().map(|column| column[point]).collect()
}

fn is_independent(part: &Part) -> bool {
    let Part::Mass { shape, .. } = part else { return false };
    !shape.factors.iter().any(|factor| factor.base == Base::Sine && factor.power == 2)
}

/// Least squares on ∫φ p_i = Σ c ∫φ ∂t/∂v_i, all i together, each in units of its rms.
fn coefficients(weak: &WeakForm, parts: &[Part], dof: usize) -> Option<Vec<f64>> {
    let count = parts.len();
    let mut functions = vec![Vec::with_capacity(weak.points() * (count + 1)); dof];
    let states = weak.positions().chunks_exact(2 * dof).zip(weak.velocities().chunks_exact(2 * dof));
    for (x, rate) in states {
        let (q, v) = (&x[..dof], &rate[..dof]);
        for part in parts {
            let mut one = Action::zero();
            one.add(part, q, v, 1.0);
            (0..dof).for_each(|i| functions[i].push(one.momentum[i]));
        }
        (0..dof).for_each(|i| functions[i].push(x[dof + i]));
    }
    let (mut columns, mut left) = (vec![Vec::new(); count], Vec::new());
    for functions in &functions {
        let integrals = weak.integrals(0, functions, count + 1);
        let momentum = integrals.col_as_slice(count);
        let rms = (momentum.iter().map(|p| p * p).sum::<f64>() / momentum.len() as f64).sqrt();
        if !(rms > 0.0 && rms.is_finite()) {
            return None;
        }
        left.extend(momentum.iter().map(|p| p / rms));
        for (k, column) in columns.iter_mut().enumerate() {
            column.extend(integrals.col_as_slice(k).iter().map(|x| x / rms));
        }
    }
    let fit = backward_elimination(&columns, &left, &vec![false; count], SIGNIFICANCE)?;
    (fit.residual <= MISFIT).then_some(fit.coefficients)
}

/// The form whose momenta are those of the recording, as far as it is proportional to them.
pub fn in_recorded_momenta(law: &Lagrangian, smoothed: &Smoothed, map: &MassMap) -> Option<Lagrangian> {
    let n = law.dof;
    let (mut along, mut square) = (0.0, 0.0);
    for piece in &smoothed.pieces {
        for point in 0..piece.points() {
            let q: Vec<f64> = piece.positions.iter().map(|column| column[point]).collect();
            let v: Vec<f64> = piece.velocities.iter().map(|column| column[point]).collect();
            let own = law.action(&q, &v).momentum;
            let recorded = map.momentum(&q, &v);
            (0..n).for_each(|i| along += own[i] * recorded[i]);
            (0..n).for_each(|i| square += own[i] * own[i]);
        }
    }
    let scale = along / square;
    (scale > 0.0 && scale.is_finite()).then(|| law.in_unit_of_momenta(scale))
}

/// The mean noise of each momentum.
pub fn momentum_noise(states: &Smoothed, dof: usize) -> Vec<f64> {
    let mean = |i: usize| {
        let squares = states.pieces.iter().map(|piece| piece.position_noise[dof + i].powi(2));
        (squares.sum::<f64>() / states.pieces.len().max(1) as f64).sqrt()
    };
    (0..dof).map(mean).collect()
}

/// The piece with the recorded momenta in place of the velocities that were read from them.
pub fn with_momenta(mut piece: ObservedPiece, map: &MassMap, noise: &[f64]) -> ObservedPiece {
    for point in 0..piece.points() {
        let q: Vec<f64> = piece.positions.iter().map(|column| column[point]).collect();
        let v: Vec<f64> = piece.velocities.iter().map(|column| column[point]).collect();
        let momenta = map.momentum(&q, &v);
        piece.velocities.iter_mut().zip(momenta).for_each(|(column, p)| column[point] = p);
    }
    piece.velocity_noise = noise.to_vec();
    piece
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recover::simulated::Simulated;

    #[test]
    fn velocities_come_back_from_momenta() {
        let mut recording = Simulated {
            names: &["r", "theta"],
            law: &|_, q, v| vec![q[0] * v[1] * v[1] - q[0], -2.0 * v[0] * v[1] / q[0]],
            starts: &[&[1.0, 0.0, -0.3, 0.8], &[1.3, 0.5, 0.2, 0.5]],
            duration: 6.0,
            step: 0.03,
            noise: 0.0,
        }
        .recording();
        let velocities: Vec<Vec<Vec<f64>>> = recording.runs.iter().map(|run| run.rates.clone()).collect();
        let names = match &recording.rates {
            Rates::Velocities(names) => names.clone(),
            _ => unreachable!("velocities are recorded"),
        };
        recording.rates = Rates::Momenta(vec![Symbol::new("pr"), Symbol::new("pt")]);
        for run in &mut recording.runs {
            for (p, r) in run.rates[1].iter_mut().zip(&run.positions[0]) {
                *p *= 3.0 * r * r;
            }
            run.rates[0].iter_mut().for_each(|p| *p *= 3.0);
        }
        let map = MassMap::of(&recording, &Smoother::default()).unwrap().unwrap();
        let back = map.with_velocities(&recording, names);
        for (run, velocities) in back.runs.iter().zip(&velocities) {
            for (found, truth) in run.rates.iter().flatten().zip(velocities.iter().flatten()) {
                assert!((found - truth).abs() < 1e-4, "{found} {truth}");
            }
        }
    }
}

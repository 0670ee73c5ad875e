//! What canonical momenta are: p_i = m_i v_i + Σ_j A_ij q_j + a_i, from the weak form of q and p.
//!
//! For a test function φ that vanishes at the ends of its support, ∫φp_i = −m_i ∫φ′q_i + Σ_j A_ij ∫φq_j + a_i ∫φ.

use crate::data::{Rates, Recording, Smoothed, Smoother};
use crate::expr::Symbol;
use crate::regression::least_squares::backward_elimination;
use crate::regression::weak::WeakForm;

use super::RecoverError;

/// The relative error of a mass is at least this: the integrals of q against φ′ and of p against φ agree to 1.4e-9 (the
/// same on four clean recordings of different motions).
const QUADRATURE: f64 = 1e-8;

/// Entries of A and a below so many standard errors are zero. Six, as errors of neighbouring equations are
/// correlated and come out too small by a factor of up to two.
pub(super) const SIGNIFICANCE: f64 = 6.0;

/// The rms misfit of p_i, as a share of its rms, up to which momenta are of this form whatever the noise. A momentum
/// whose mass depends on the position misses by tens of percent.
pub(super) const MISFIT: f64 = 0.03;

/// The rms misfit, over that which the noise makes, up to which momenta are of this form. With the true form it is at
/// most 1.3 (seven built-in systems, noise from none to 20 %); with masses that depend on the position at least 2.7 at
/// noise of 20 %, and 6 at 6 % (double pendulum, heavy top).
const EXPLAINED: f64 = 1.7;

/// The most runs that are used. More say nothing new of a linear relation with few unknowns.
pub(super) const RUNS: usize = 16;

/// Momenta as functions of positions and velocities.
#[derive(Clone, PartialEq, Debug)]
pub struct MomentumMap {
    /// m_i.
    pub masses: Vec<f64>,
    /// The standard errors of m_i.
    pub mass_errors: Vec<f64>,
    /// A, `[dof, dof]`.
    pub linear: Vec<f64>,
    /// a.
    pub constant: Vec<f64>,
    /// The largest rms misfit of a momentum, as a share of its rms.
    pub misfit: f64,
}

impl MomentumMap {
    /// Reads the momenta of a recording; nothing where they are not of this form.
    ///
    /// # Errors
    /// A recording that cannot be smoothed.
    pub fn of(recording: &Recording, smoother: &Smoother) -> Result<Option<MomentumMap>, RecoverError> {
        let mut some = recording.clone();
        some.runs.truncate(RUNS);
        let smoothed = smoother.smooth_states(&some)?;
        let weak = WeakForm::new(&smoothed, &Default::default());
        let (dof, points) = (recording.dof(), weak.points());
        if weak.rows() == 0 {
            return Ok(None);
        }
        // Columns q, p, 1 at the quadrature points.
        let mut functions = Vec::with_capacity(points * (2 * dof + 1));
        for row in weak.positions().chunks_exact(2 * dof) {
            functions.extend_from_slice(row);
            functions.push(1.0);
        }
        let values = weak.integrals(0, &functions, 2 * dof + 1);
        let slopes = weak.integrals(1, &functions, 2 * dof + 1);
        let column = |j: usize| values.col_as_slice(j).to_vec();
        let mut map = MomentumMap {
            masses: Vec::new(),
            mass_errors: Vec::new(),
            linear: Vec::new(),
            constant: Vec::new(),
            misfit: 0.0,
        };
        let mut kept = vec![false; dof + 2];
        kept[0] = true;
        let noise = Noise::of(&weak, &smoothed);
        let mut is_of_this_form = true;
        for i in 0..dof {
            let mut columns = vec![slopes.col_as_slice(i).iter().map(|x| -x).collect::<Vec<f64>>()];
            columns.extend((0..dof).chain([2 * dof]).map(column));
            let momentum = column(dof + i);
            let Some(fit) = backward_elimination(&columns, &momentum, &kept, SIGNIFICANCE) else {
                return Ok(None);
            };
            let square: f64 = momentum.iter().map(|p| p * p).sum();
            let rms = (square / momentum.len() as f64).sqrt();
            let misfit = fit.residual / rms.max(f64::MIN_POSITIVE);
            is_of_this_form &=
                misfit <= MISFIT || fit.residual <= EXPLAINED * noise.misfit(i, fit.coefficients[0]);
            map.misfit = map.misfit.max(misfit);
            map.masses.push(fit.coefficients[0]);
            map.mass_errors.push(fit.errors[0].max(QUADRATURE * fit.coefficients[0].abs()));
            map.linear.extend_from_slice(&fit.coefficients[1..=dof]);
            map.constant.push(fit.coefficients[dof + 1]);
        }
        Ok((is_of_this_form && map.masses.iter().all(|&mass| mass > 0.0)).then_some(map))
    }

    /// The momentum of coordinate i at a position and a velocity.
    pub fn momentum(&self, i: usize, q: &[f64], v: f64) -> f64 {
        let row = &self.linear[i * q.len()..(i + 1) * q.len()];
        self.masses[i] * v + row.iter().zip(q).map(|(a, q)| a * q).sum::<f64>() + self.constant[i]
    }

    /// The map with one mass for all coordinates whose masses differ by less than their errors.
    pub fn with_equal_masses(&self) -> MomentumMap {
        let mut out = self.clone();
        let mut order: Vec<usize> = (0..self.masses.len()).collect();
        order.sort_by(|&a, &b| self.masses[a].total_cmp(&self.masses[b]));
        let agree = |&a: &usize, &b: &usize| {
            self.masses[b] - self.masses[a] <= self.mass_errors[a].hypot(self.mass_errors[b])
        };
        for equal in order.chunk_by(agree) {
            let weight = |&i: &usize| 1.0 / self.mass_errors[i].max(f64::MIN_POSITIVE).powi(2);
            let total: f64 = equal.iter().map(weight).sum();
            let mean = equal.iter().map(|i| weight(i) * self.masses[*i]).sum::<f64>() / total;
            equal.iter().filter(|_| mean.is_finite()).for_each(|&i| out.masses[i] = mean);
        }
        out
    }

    /// The recording with velocities v = (p − A q − a)/m in place of momenta. Recorded derivatives are left out: of the
    /// positions they are these velocities.
    pub fn with_velocities(&self, recording: &Recording, names: Vec<Symbol>) -> Recording {
        let dof = recording.dof();
        let mut out = recording.clone();
        out.rates = Rates::Velocities(names);
        for run in &mut out.runs {
            run.derivatives = None;
            for i in 0..dof {
                let row = &self.linear[i * dof..(i + 1) * dof];
                for (point, p) in run.rates[i].iter_mut().enumerate() {
                    let shift: f64 = row.iter().zip(&run.positions).map(|(a, q)| a * q[point]).sum();
                    *p = (*p - shift - self.constant[i]) / self.masses[i];
                }
            }
        }
        out
    }
}

/// The mean squares of ∫φx and ∫φ′x over all equations, x the noise of each column: coordinates, then momenta.
struct Noise {
    values: Vec<f64>,
    slopes: Vec<f64>,
}

impl Noise {
    fn of(weak: &WeakForm, smoothed: &Smoothed) -> Noise {
        let mean = |derivative: usize| -> Vec<f64> {
            let units = weak.unit_variances(derivative);
            let of = |column: usize| {
                let squares = weak.pieces().map(|(piece, _, rows)| {
                    let noise = smoothed.pieces[piece].position_noise[column];
                    noise * noise * units[rows].iter().sum::<f64>()
                });
                squares.sum::<f64>() / units.len().max(1) as f64
            };
            (0..weak.dof()).map(of).collect()
        };
        Noise { values: mean(0), slopes: mean(1) }
    }

    /// The rms of ∫φp_i + m ∫φ′q_i that noise makes.
    fn misfit(&self, i: usize, mass: f64) -> f64 {
        (self.values[self.values.len() / 2 + i] + mass * mass * self.slopes[i]).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Coordinate, Run};

    /// Two oscillations with p_x = m(x) v_x − A y/2 + A, p_y = 3 v_y + A x/2, of 400 points.
    fn recording(mass_of: impl Fn(f64) -> f64, a: f64) -> Recording {
        let times: Vec<f64> = (0..400).map(|k| 0.04 * f64::from(k)).collect();
        let of = |f: &dyn Fn(f64) -> f64| times.iter().map(|&t| f(t)).collect::<Vec<f64>>();
        let (x, y) = (|t: f64| t.cos(), |t: f64| (1.7 * t).sin());
        let (vx, vy) = (|t: f64| -t.sin(), |t: f64| 1.7 * (1.7 * t).cos());
        let positions = vec![of(&x), of(&y)];
        let momenta =
            vec![of(&|t| mass_of(x(t)) * vx(t) - a * y(t) / 2.0 + a), of(&|t| 3.0 * vy(t) + a * x(t) / 2.0)];
        let coordinate = |name| Coordinate { name: Symbol::new(name), is_angle: false };
        Recording {
            coordinates: vec![coordinate("x"), coordinate("y")],
            rates: Rates::Momenta(vec![Symbol::new("px"), Symbol::new("py")]),
            runs: vec![Run { name: "0".into(), times, positions, rates: momenta, derivatives: None }],
        }
    }

    #[test]
    fn masses_and_the_vector_potential_are_read() {
        let recording = recording(|_| 2.0, 1.0);
        let map = MomentumMap::of(&recording, &Smoother::default()).unwrap().unwrap();
        let near = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5);
        assert!(near(&map.masses, &[2.0, 3.0]), "{map:?}");
        assert!(near(&map.linear, &[0.0, -0.5, 0.5, 0.0]) && near(&map.constant, &[1.0, 0.0]), "{map:?}");
        let velocities = map.with_velocities(&recording, vec![Symbol::new("u"), Symbol::new("v")]);
        assert!(velocities.has_velocities());
        let run = &velocities.runs[0];
        assert!(run.times.iter().zip(&run.rates[0]).all(|(t, v)| (v + t.sin()).abs() < 1e-4));
    }

    /// The recording with noise of this size, from a linear congruential generator.
    fn noisy(mut recording: Recording, size: f64) -> Recording {
        let mut seed = 5_u64;
        let mut noise = || {
            let mut uniform = || {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (seed >> 11) as f64 / (1_u64 << 53) as f64
            };
            // The sum of twelve uniform numbers is nearly normal.
            size * ((0..12).map(|_| uniform()).sum::<f64>() - 6.0)
        };
        let columns = |run: &mut Run| {
            run.positions.iter_mut().chain(&mut run.rates).for_each(|column| {
                column.iter_mut().for_each(|x| *x += noise());
            })
        };
        recording.runs.iter_mut().for_each(columns);
        recording
    }

    #[test]
    fn noise_may_hide_how_well_momenta_are_of_this_form_but_not_that_they_are_not() {
        let read = |recording: Recording| MomentumMap::of(&recording, &Smoother::default()).unwrap();
        let map = read(noisy(recording(|_| 2.0, 0.0), 0.12)).expect("masses");
        assert!(map.misfit > 0.03, "{map:?}");
        assert_eq!(read(noisy(recording(|x| 2.0 + 1.5 * x * x, 0.0), 0.12)), None);
    }

    #[test]
    fn masses_that_their_errors_allow_to_be_equal_are_equal() {
        let map = MomentumMap {
            masses: vec![1.0, 3.0, 1.01, 2.0],
            mass_errors: vec![0.01, 0.1, 0.01, 0.0],
            linear: vec![0.0; 16],
            constant: vec![0.0; 4],
            misfit: 0.0,
        };
        let masses = map.with_equal_masses().masses;
        assert!((masses[0] - 1.005).abs() < 1e-12 && masses[0] == masses[2]);
        assert_eq!((masses[1], masses[3]), (3.0, 2.0));
    }

    #[test]
    fn a_mass_that_depends_on_the_position_is_of_another_form() {
        let recording = recording(|x| 2.0 + 1.5 * x * x, 1.0);
        assert_eq!(MomentumMap::of(&recording, &Smoother::default()).unwrap(), None);
    }
}

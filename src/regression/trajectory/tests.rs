use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};

use super::path::Mesh;
use super::stepper::Stepper;
use super::*;
use crate::regression::motion::Derivatives;

/// x″ = −k·x − γ·v.
struct Oscillator;

impl Motion for Oscillator {
    fn dof(&self) -> usize {
        1
    }
    fn parameters(&self) -> usize {
        2
    }
    fn acceleration(&self, q: &[f64], v: &[f64], theta: &[f64], out: &mut [f64]) {
        out[0] = -theta[0] * q[0] - theta[1] * v[0];
    }
    fn derivatives(&self, q: &[f64], v: &[f64], theta: &[f64], out: Derivatives<'_>) {
        self.acceleration(q, v, theta, out.value);
        out.by_position[0] = -theta[0];
        out.by_velocity[0] = -theta[1];
        out.by_parameter.copy_from_slice(&[-q[0], -v[0]]);
    }
}

/// q″ = −μ·q/r³ in the plane.
struct Kepler;

impl Motion for Kepler {
    fn dof(&self) -> usize {
        2
    }
    fn parameters(&self) -> usize {
        1
    }
    fn acceleration(&self, q: &[f64], _: &[f64], theta: &[f64], out: &mut [f64]) {
        let r = q[0].hypot(q[1]);
        (0..2).for_each(|i| out[i] = -theta[0] * q[i] / r.powi(3));
    }
    fn derivatives(&self, q: &[f64], v: &[f64], theta: &[f64], out: Derivatives<'_>) {
        let r = q[0].hypot(q[1]);
        self.acceleration(q, v, theta, out.value);
        out.by_velocity.fill(0.0);
        for i in 0..2 {
            out.by_parameter[i] = -q[i] / r.powi(3);
            for j in 0..2 {
                let unit = f64::from(u8::from(i == j));
                out.by_position[2 * i + j] = -theta[0] * (unit / r.powi(3) - 3.0 * q[i] * q[j] / r.powi(5));
            }
        }
    }
}

/// A recording of a motion: `points` points at distance `spacing`, noise of this size on positions and velocities.
#[allow(clippy::too_many_arguments)]
fn record(
    motion: &dyn Motion,
    theta: &[f64],
    start: &[f64],
    spacing: f64,
    points: usize,
    noise: f64,
    velocities: bool,
    seed: u64,
) -> ObservedPiece {
    let n = motion.dof();
    let mut stepper = Stepper::new(motion, theta, false);
    let (mut state, mut rate, mut next) = (start.to_vec(), vec![0.0; 2 * n], vec![0.0; 2 * n]);
    let mut states = Vec::new();
    for _ in 0..points {
        states.extend_from_slice(&state);
        stepper.derivative(&state, &mut rate);
        stepper.step(&state, &rate, spacing, &mut next);
        std::mem::swap(&mut state, &mut next);
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let normal = Normal::new(0.0, noise).unwrap();
    let mut column = |c: usize| -> Vec<f64> {
        states.iter().skip(c).step_by(2 * n).map(|x| x + normal.sample(&mut random)).collect()
    };
    let positions = (0..n).map(&mut column).collect();
    let recorded: Vec<Vec<f64>> = (n..2 * n).map(&mut column).collect();
    // The smoothed states are off by a few standard deviations.
    let guess = states.iter().map(|x| x + 2.0 * noise).collect();
    ObservedPiece {
        times: (0..points).map(|k| k as f64 * spacing).collect(),
        positions,
        velocities: if velocities { recorded } else { Vec::new() },
        position_noise: vec![noise; n],
        velocity_noise: if velocities { vec![noise; n] } else { Vec::new() },
        knots: (0..=points / 4).map(|k| k as f64 * 4.0 * spacing).collect(),
        states: guess,
    }
}

fn oscillator(noise: f64, velocities: bool, seed: u64) -> ObservedPiece {
    record(&Oscillator, &[2.0, 0.1], &[1.0, 0.3], 0.05, 300, noise, velocities, seed)
}

#[test]
fn oscillator_and_its_friction_come_with_honest_errors() {
    for velocities in [true, false] {
        let pieces = [oscillator(1e-3, velocities, 1), oscillator(1e-3, velocities, 2)];
        let fit = fit(&Oscillator, &[1.7, 0.0], &pieces, &Config::default());
        assert_eq!(fit.outcome, Outcome::Converged);
        assert_eq!(fit.parts, 1);
        let errors = fit.standard_errors();
        assert!((fit.constants[0] - 2.0).abs() < 3.0 * errors[0] && errors[0] < 2e-3, "{fit:?}");
        assert!((fit.constants[1] - 0.1).abs() < 3.0 * errors[1] && errors[1] < 1e-3, "{fit:?}");
        assert!((fit.reduced() - 1.0).abs() < 0.15, "{}", fit.reduced());
    }
}

#[test]
fn standard_errors_are_the_scatter_over_recordings() {
    let runs: Vec<TrajectoryFit> = (0..60)
        .map(|seed| fit(&Oscillator, &[2.0, 0.1], &[oscillator(1e-2, false, seed)], &Config::default()))
        .collect();
    for k in 0..2 {
        let truth = [2.0, 0.1][k];
        let pulls: f64 =
            runs.iter().map(|fit| ((fit.constants[k] - truth) / fit.standard_errors()[k]).powi(2)).sum();
        assert!((pulls / 60.0 - 1.0).abs() < 0.5, "{}", pulls / 60.0);
    }
}

#[test]
fn kepler_orbit_is_followed_from_positions_alone() {
    let piece = record(&Kepler, &[1.327], &[1.0, 0.0, 0.0, 0.9], 0.02, 600, 1e-5, false, 3);
    let fit = fit(&Kepler, &[1.3], &[piece], &Config::default());
    assert_eq!(fit.outcome, Outcome::Converged);
    assert!((fit.constants[0] - 1.327).abs() < 3.0 * fit.standard_errors()[0], "{fit:?}");
    assert!(fit.standard_errors()[0] < 1e-5 && fit.reduced() < 1.2);
}

#[test]
fn a_wrong_form_is_not_explained_by_cutting() {
    let piece = record(&Kepler, &[1.327], &[1.0, 0.0, 0.0, 0.9], 0.02, 600, 1e-5, true, 3);
    let wrong = fit(
        &Oscillator,
        &[1.0, 0.0],
        &[ObservedPiece {
            positions: piece.positions[..1].to_vec(),
            velocities: piece.velocities[..1].to_vec(),
            position_noise: vec![1e-5],
            velocity_noise: vec![1e-5],
            states: piece.states.chunks(4).flat_map(|z| [z[0], z[2]]).collect(),
            ..piece
        }],
        &Config::default(),
    );
    assert!(wrong.reduced() > 100.0);
}

#[test]
fn the_noise_that_is_left_is_told_for_each_column() {
    let piece = oscillator(1e-3, true, 5).with_noise(&[3.0, 1.0]);
    let fit = fit(&Oscillator, &[2.0, 0.1], &[piece], &Config::default());
    let noise = fit.noise();
    assert!((noise[0] - 1.0 / 3.0).abs() < 0.05 && (noise[1] - 1.0).abs() < 0.1, "{noise:?}");
}

#[test]
fn trajectories_outside_the_domain_are_told() {
    let piece = oscillator(1e-3, true, 1);
    let fit = fit(&Oscillator, &[f64::NAN, 0.0], &[piece], &Config::default());
    assert_eq!(fit.outcome, Outcome::LeftDomain);
    assert!(!fit.is_followed());
}

#[test]
fn a_constant_without_influence_is_undetermined() {
    let mut piece = oscillator(1e-3, true, 1);
    piece.positions[0].fill(0.0);
    piece.velocities[0].fill(0.0);
    piece.states.fill(0.0);
    let fit = fit(&Oscillator, &[2.0, 0.1], &[piece], &Config::default());
    assert_eq!(fit.outcome, Outcome::Undetermined);
}

#[test]
fn sensitivities_are_the_derivatives_of_the_numbers() {
    let piece = record(&Kepler, &[1.327], &[1.0, 0.0, 0.0, 0.9], 0.02, 300, 1e-6, true, 3);
    let start = piece.anchor_state().to_vec();
    let theta = [1.327];
    let mesh = Mesh::new(&mut Stepper::new(&Kepler, &theta, false), &piece, &start).unwrap();
    let values = |theta: &[f64], start: &[f64], t: f64, i: usize| {
        let path = mesh.path(&mut Stepper::new(&Kepler, theta, false), start).unwrap();
        let (interval, position, velocity) = mesh.locate(t);
        let mut row = [0.0; 2];
        path.row(interval, &position, i, &mut row[..1]);
        path.row(interval, &velocity, i, &mut row[1..]);
        row
    };
    let path = mesh.path(&mut Stepper::new(&Kepler, &theta, true), &start).unwrap();
    for t in [0.0, 0.313, 2.0, 4.77, piece.times[299]] {
        let (interval, position, velocity) = mesh.locate(t);
        for i in 0..2 {
            let mut exact = [[0.0; 6]; 2];
            path.row(interval, &position, i, &mut exact[0]);
            path.row(interval, &velocity, i, &mut exact[1]);
            for c in 0..5 {
                let h = 1e-4;
                let at = |k: f64| {
                    let (mut theta, mut start) = (theta, start.clone());
                    if c < 4 {
                        start[c] += k * h
                    } else {
                        theta[0] += k * h
                    }
                    values(&theta, &start, t, i)
                };
                let (a, b, c2, d) = (at(-2.0), at(-1.0), at(1.0), at(2.0));
                for kind in 0..2 {
                    let difference = (a[kind] - d[kind] + 8.0 * (c2[kind] - b[kind])) / (12.0 * h);
                    let error = (difference - exact[kind][1 + c]).abs();
                    assert!(error < 1e-8 * (1.0 + difference.abs()), "{t} {i} {c} {kind}: {error}");
                }
            }
        }
    }
}

#[test]
fn integration_stays_below_the_noise() {
    let mut piece = record(&Kepler, &[1.0], &[1.0, 0.0, 0.0, 0.8], 0.02, 600, 1e-9, true, 3);
    // Knots far too coarse.
    piece.knots = vec![0.0, 3.0, 6.0, 9.0, 12.0];
    let start = piece.states[4 * 300..4 * 301].iter().map(|x| x - 2e-9).collect::<Vec<f64>>();
    let mut stepper = Stepper::new(&Kepler, &[1.0], false);
    let mesh = Mesh::new(&mut stepper, &piece, &start).unwrap();
    let path = mesh.path(&mut stepper, &start).unwrap();
    let mut value = [0.0];
    for (k, &t) in piece.times.iter().enumerate() {
        let (interval, position, _) = mesh.locate(t);
        for i in 0..2 {
            path.row(interval, &position, i, &mut value);
            let error = (value[0] - (piece.states[4 * k + i] - 2e-9)).abs();
            assert!(error < 2e-10, "{t} {i}: {error}");
        }
    }
}

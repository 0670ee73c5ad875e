//! Laws with masses that depend on the position, from small recordings made here.

use super::*;
use crate::data::Smoother;
use crate::recover::simulated::Simulated;

/// What the room finds in a simulated recording.
fn found(simulated: &Simulated<'_>) -> Option<Recovery> {
    let recording = simulated.recording();
    let smoothed = Smoother::default().smooth(&recording).unwrap();
    recover_kinetic(&recording, &smoothed, &recover::Config::default(), &Job::silent())
}

/// The share of the lower mass in both: no simple rational.
const MU: f64 = 0.3713;

/// Rods of length 1, weight 4.
fn double_pendulum(q: &[f64], v: &[f64]) -> Vec<f64> {
    let (mu, g) = (MU, 4.0);
    let (s, c) = (q[0] - q[1]).sin_cos();
    let force = [-mu * s * v[1] * v[1] - g * q[0].sin(), mu * s * v[0] * v[0] - mu * g * q[1].sin()];
    let determinant = mu - mu * mu * c * c;
    vec![(mu * force[0] - mu * c * force[1]) / determinant, (force[1] - mu * c * force[0]) / determinant]
}

#[test]
fn a_double_pendulum() {
    let found = found(&Simulated {
        names: &["theta1", "theta2"],
        law: &|_, q, v| double_pendulum(q, v),
        starts: &[&[0.9, -0.4, 0.0, 0.3], &[-0.5, 0.8, 0.4, 0.0], &[0.3, 0.6, -0.4, 0.7]],
        duration: 8.0,
        step: 0.02,
        noise: 1e-3,
    })
    .unwrap();
    assert_eq!(found.status, Status::Determined);
    let law = &found.law;
    assert_eq!(law.canonical[0].to_string(), "vtheta1 + a*cos(theta1 - theta2)*vtheta2");
    let value = |name: &str| law.letters.iter().find(|letter| letter.symbol.name() == name).unwrap();
    for (name, truth) in [("a", MU), ("b", MU)] {
        let letter = value(name);
        assert!((letter.value - truth).abs() < 4.0 * letter.standard_error, "{letter:?}");
    }
}

#[test]
fn polar_coordinates() {
    // An elastic pendulum: rest length 1, stiffness 12, weight 4.
    let found = found(&Simulated {
        names: &["r", "theta"],
        law: &|_, q, v| {
            let radial = q[0] * v[1] * v[1] - 12.0 * (q[0] - 1.0) + 4.0 * q[1].cos();
            vec![radial, (-2.0 * v[0] * v[1] - 4.0 * q[1].sin()) / q[0]]
        },
        starts: &[&[1.3, 0.5, 0.0, 0.3], &[1.5, -0.7, 0.3, 0.6]],
        duration: 8.0,
        step: 0.04,
        noise: 1e-7,
    })
    .unwrap();
    assert_eq!(found.status, Status::Exact, "{}", found.law.hamiltonian);
    assert_eq!(found.law.canonical[1].to_string(), "r^2*vtheta");
}

#[test]
fn a_drive_in_time_has_no_such_law() {
    let driven = found(&Simulated {
        names: &["theta1", "theta2"],
        law: &|t, q, v| {
            let mut a = double_pendulum(q, v);
            a[0] += (1.3 * t).cos();
            a
        },
        starts: &[&[0.9, -0.4, 0.0, 0.3], &[-0.5, 1.1, 0.4, 0.0]],
        duration: 10.0,
        step: 0.05,
        noise: 1e-3,
    });
    assert!(driven.is_none());
}

#[test]
fn one_energy_of_one_coordinate_does_not_tell_masses() {
    // x″ (1 + x²) + x x′² = −3 x.
    let wire = |_: f64, q: &[f64], v: &[f64]| vec![-(q[0] * v[0] * v[0] + 3.0 * q[0]) / (1.0 + q[0] * q[0])];
    let simulated =
        |starts| Simulated { names: &["x"], law: &wire, starts, duration: 12.0, step: 0.05, noise: 1e-4 };
    assert!(found(&simulated(&[&[1.4, 0.0]])).is_none());
    let several = found(&simulated(&[&[1.4, 0.0], &[0.7, 0.0]])).unwrap();
    assert_eq!(several.law.canonical[0].to_string(), "(1 + x^2)*vx");
}

#[test]
fn a_double_pendulum_in_its_momenta() {
    let mut recording = Simulated {
        names: &["theta1", "theta2"],
        law: &|_, q, v| double_pendulum(q, v),
        starts: &[&[0.9, -0.4, 0.0, 0.3], &[-0.5, 0.8, 0.4, 0.0], &[0.3, 0.6, -0.4, 0.7]],
        duration: 8.0,
        step: 0.02,
        noise: 0.0,
    }
    .recording();
    let mut random = crate::data::fixtures::random(3);
    for run in &mut recording.runs {
        for k in 0..run.times.len() {
            let (q, v) = ([run.positions[0][k], run.positions[1][k]], [run.rates[0][k], run.rates[1][k]]);
            let mixed = MU * (q[0] - q[1]).cos();
            run.rates[0][k] = 2.0 * (v[0] + mixed * v[1]);
            run.rates[1][k] = 2.0 * (mixed * v[0] + MU * v[1]);
        }
        let columns = run.positions.iter_mut().chain(&mut run.rates);
        columns.for_each(|column| crate::data::fixtures::add_noise(column, 3e-3, &mut random));
    }
    recording.rates = crate::data::Rates::Momenta(["p1", "p2"].map(crate::expr::Symbol::new).to_vec());
    let config = recover::Config::default();
    let found = recover_kinetic_canonical(&recording, &Smoother::default(), &config, &Job::silent());
    let law = found.unwrap().unwrap().law;
    assert_eq!(
        law.hamiltonian.to_string(),
        "(c*p1^2 - 2*b*cos(theta1 - theta2)*p1*p2 + a*p2^2)/(2*(a*c - (b*cos(theta1 - theta2))^2)) - f*cos(theta1) - g*cos(theta2)"
    );
    for (letter, truth) in law.letters.iter().zip([2.0, 2.0 * MU, 2.0 * MU, 8.0, 8.0 * MU]) {
        assert!((letter.value - truth).abs() < 4.0 * letter.standard_error, "{letter:?}");
        assert!(letter.standard_error < 0.01 * truth, "{letter:?}");
    }
}

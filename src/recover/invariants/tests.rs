//! Laws of simulated runs, and none where there is none.

use super::super::simulated::{Law, Simulated};
use super::*;
use crate::data::Smoother;
use crate::progress::{CancelToken, Silent};

const STARTS: [&[f64]; 4] =
    [&[1.0, 0.0, 0.1, 0.9], &[0.8, 0.3, -0.5, 0.4], &[1.2, -0.2, 0.2, -0.7], &[0.6, 0.1, 0.3, 1.2]];

fn found(law: Law<'_>, starts: &[&[f64]], noise: f64) -> Vec<String> {
    let names = ["x", "y"];
    let motion = Simulated { names: &names, law, starts, duration: 12.0, step: 0.02, noise };
    let recording = motion.recording();
    let smoothed = Smoother::default().smooth(&recording).unwrap();
    let job = Job::new(&Silent, CancelToken::new());
    let found = invariants(&recording, &smoothed, &job);
    found.laws.iter().map(|law| law.formula.to_string()).collect()
}

/// A central force that no library holds.
fn central(_: f64, q: &[f64], _: &[f64]) -> Vec<f64> {
    let r = q[0].hypot(q[1]);
    let force = -(1.0 + (3.0 * r * r).sin() / 2.0) * (1.0 + r).ln() / r;
    vec![force * q[0], force * q[1]]
}

#[test]
fn the_angular_momentum_of_a_central_force() {
    assert_eq!(found(&central, &STARTS, 1e-3), ["x*vy - y*vx"]);
    assert_eq!(found(&central, &STARTS, 0.0), ["x*vy - y*vx"]);
}

#[test]
fn one_run_shows_no_law() {
    assert!(found(&central, &STARTS[..1], 1e-3).is_empty());
}

#[test]
fn a_force_that_is_not_central_keeps_nothing() {
    let oblate = |t: f64, q: &[f64], v: &[f64]| {
        let mut force = central(t, q, v);
        force[1] *= 1.02;
        force
    };
    assert!(found(&oblate, &STARTS, 1e-3).is_empty());
    // Slow motion in one direction is no law.
    let slow = |_: f64, q: &[f64], _: &[f64]| vec![-q[0].sin(), -1e-6 * q[1]];
    assert!(found(&slow, &STARTS, 1e-3).is_empty());
}

#[test]
fn digits_are_those_that_the_error_leaves() {
    assert_eq!(rounded(1.23456, 1e-2).to_string(), "247/200");
    assert_eq!(rounded(-2.0, 0.0).to_string(), "-2");
}

//! Motions for tests.

use crate::data::{Piece, Smoother, Trajectory, TrajectorySet};
use crate::expr::Symbol;

/// Standard normal numbers from a simple generator.
pub(crate) fn normal(seed: &mut u64) -> f64 {
    let mut uniform = || {
        *seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((*seed >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    };
    let (a, b) = (uniform(), uniform());
    (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
}

/// Trajectories of the two oscillators H = (p1² + p2²)/2 + q1²/2 + 2 q2².
pub(crate) fn oscillators(count: usize, points: usize, step: f64, noise: f64, even: bool) -> Vec<Trajectory> {
    let mut seed = 7;
    let one = |k: usize| {
        let (a, b) = (1.0 + 0.3 * (k as f64).sin(), 0.8 + 0.4 * (2.0 * k as f64).cos());
        let shift = |i: usize| if even { 0.0 } else { 0.4 * (2.4 * i as f64).sin() };
        let times: Vec<f64> = (0..points).map(|i| (i as f64 + shift(i)) * step).collect();
        let mut states = Vec::new();
        for t in &times {
            let (s, u) = (t + k as f64, 2.0 * t + 0.3 * k as f64);
            states.extend([a * s.cos(), b * u.cos(), -a * s.sin(), -2.0 * b * u.sin()]);
        }
        states.iter_mut().for_each(|x| *x += noise * normal(&mut seed));
        Trajectory { times, states, derivatives: None }
    };
    (0..count).map(one).collect()
}

/// The splines of trajectories of two degrees of freedom.
pub(crate) fn pieces(trajectories: Vec<Trajectory>) -> Vec<Piece> {
    let names = |names: [&str; 2]| names.map(Symbol::new).to_vec();
    let (coordinates, momenta) = (names(["q1", "q2"]), names(["p1", "p2"]));
    let set = TrajectorySet { coordinates, momenta, angles: vec![], trajectories, notes: vec![] };
    Smoother::default().smooth_states(&set.to_recording()).unwrap().pieces
}

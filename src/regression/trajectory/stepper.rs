//! Steps of a law of motion for a state and its sensitivities together, by the method of Dormand and Prince.
//!
//! The variational equations of a [`Motion`] stand here and not in `dynamics`: its accelerations depend on velocities
//! (friction, magnetic forces), so they are no Hamilton's equations, and its derivatives by positions, velocities and
//! constants are exact and come as arrays, which costs a fraction of a formula's second derivatives.

use crate::dynamics::DormandPrince;
use crate::regression::motion::{Derivatives, Motion};

/// Integrates a motion with given constants.
///
/// A *state* holds one row for each position, then one for each velocity. A row is the value, followed by its
/// sensitivities: derivatives with respect to the state at the anchor (2n), then to the constants (p). Without
/// sensitivities a row is the value alone. Shape `[2n, width]`.
pub(super) struct Stepper<'a> {
    motion: &'a dyn Motion,
    theta: &'a [f64],
    dof: usize,
    width: usize,
    method: DormandPrince,
    q: Vec<f64>,
    v: Vec<f64>,
    value: Vec<f64>,
    by_position: Vec<f64>,
    by_velocity: Vec<f64>,
    by_parameter: Vec<f64>,
}

impl<'a> Stepper<'a> {
    /// A stepper that carries sensitivities along, or states alone.
    pub(super) fn new(motion: &'a dyn Motion, theta: &'a [f64], sensitivities: bool) -> Stepper<'a> {
        let (n, p) = (motion.dof(), motion.parameters());
        let width = if sensitivities { 1 + 2 * n + p } else { 1 };
        let size = 2 * n * width;
        Stepper {
            motion,
            theta,
            dof: n,
            width,
            method: DormandPrince::new(size),
            q: vec![0.0; n],
            v: vec![0.0; n],
            value: vec![0.0; n],
            by_position: vec![0.0; n * n],
            by_velocity: vec![0.0; n * n],
            by_parameter: vec![0.0; n * p],
        }
    }

    /// Values in a row of a state.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// The state with these positions and velocities, where the sensitivities begin: the identity with respect
    /// to the state itself, zero with respect to the constants.
    pub(super) fn start(&self, values: &[f64]) -> Vec<f64> {
        let mut state = vec![0.0; 2 * self.dof * self.width];
        for (i, row) in state.chunks_exact_mut(self.width).enumerate() {
            row[0] = values[i];
            if self.width > 1 {
                row[1 + i] = 1.0;
            }
        }
        state
    }

    /// Writes the time derivative of a state.
    pub(super) fn derivative(&mut self, state: &[f64], out: &mut [f64]) {
        let (n, width) = (self.dof, self.width);
        let half = n * width;
        for i in 0..n {
            self.q[i] = state[i * width];
            self.v[i] = state[half + i * width];
        }
        out[..half].copy_from_slice(&state[half..]);
        if width == 1 {
            self.motion.acceleration(&self.q, &self.v, self.theta, &mut out[half..]);
            return;
        }
        let derivatives = Derivatives {
            value: &mut self.value,
            by_position: &mut self.by_position,
            by_velocity: &mut self.by_velocity,
            by_parameter: &mut self.by_parameter,
        };
        self.motion.derivatives(&self.q, &self.v, self.theta, derivatives);
        for i in 0..n {
            self.vary(i, state, &mut out[half + i * width..][..width]);
        }
    }

    /// Writes the row of the acceleration of coordinate `i`: δa = ∂a/∂q·δq + ∂a/∂v·δv + ∂a/∂θ.
    fn vary(&self, i: usize, state: &[f64], out: &mut [f64]) {
        let (n, width) = (self.dof, self.width);
        out.fill(0.0);
        let slopes = self.by_position[i * n..][..n].iter().chain(&self.by_velocity[i * n..][..n]);
        for (&slope, row) in slopes.zip(state.chunks_exact(width)) {
            if slope != 0.0 {
                out[1..].iter_mut().zip(&row[1..]).for_each(|(y, x)| *y += slope * x);
            }
        }
        let own = &self.by_parameter[i * (width - 1 - 2 * n)..];
        out[1 + 2 * n..].iter_mut().zip(own).for_each(|(y, x)| *y += x);
        out[0] = self.value[i];
    }

    /// Writes the state after a step `h` from `state`, whose time derivative is `rate`.
    pub(super) fn step(&mut self, state: &[f64], rate: &[f64], h: f64, out: &mut [f64]) {
        let mut method = std::mem::take(&mut self.method);
        method.step(|point, rate| self.derivative(point, rate), state, rate, h, out);
        self.method = method;
    }
}

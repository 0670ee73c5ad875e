//! Recorded momenta as functions of the integrated state.

use crate::regression::motion::{Derivatives, Motion};

/// The momenta at one time, with their sensitivities.
pub(super) struct Momenta<'a> {
    motion: &'a dyn Motion,
    theta: &'a [f64],
    width: usize,
    /// Rows of the positions, then of the velocities, `[2n, width]`.
    state: Vec<f64>,
    q: Vec<f64>,
    v: Vec<f64>,
    value: Vec<f64>,
    by_position: Vec<f64>,
    by_velocity: Vec<f64>,
    by_parameter: Vec<f64>,
}

impl<'a> Momenta<'a> {
    /// Momenta of a motion, in rows of this width: the value, then sensitivities, if any.
    pub(super) fn new(motion: &'a dyn Motion, theta: &'a [f64], width: usize) -> Momenta<'a> {
        let (n, p) = (motion.dof(), motion.parameters());
        Momenta {
            motion,
            theta,
            width,
            state: vec![0.0; 2 * n * width],
            q: vec![0.0; n],
            v: vec![0.0; n],
            value: vec![0.0; n],
            by_position: vec![0.0; n * n],
            by_velocity: vec![0.0; n * n],
            by_parameter: vec![0.0; n * p],
        }
    }

    /// The row of a position, to be written.
    pub(super) fn position(&mut self, i: usize) -> &mut [f64] {
        &mut self.state[i * self.width..][..self.width]
    }

    /// The row of a velocity, to be written.
    pub(super) fn velocity(&mut self, i: usize) -> &mut [f64] {
        let n = self.q.len();
        self.position(n + i)
    }

    /// Evaluates the momenta at the rows that were written.
    pub(super) fn evaluate(&mut self) {
        let n = self.q.len();
        for i in 0..n {
            self.q[i] = self.state[i * self.width];
            self.v[i] = self.state[(n + i) * self.width];
        }
        let out = Derivatives {
            value: &mut self.value,
            by_position: &mut self.by_position,
            by_velocity: &mut self.by_velocity,
            by_parameter: &mut self.by_parameter,
        };
        self.motion.momenta(&self.q, &self.v, self.theta, out);
    }

    /// Writes the row of a momentum: δp = ∂p/∂q·δq + ∂p/∂v·δv + ∂p/∂θ.
    pub(super) fn row(&self, i: usize, out: &mut [f64]) {
        let n = self.q.len();
        out.fill(0.0);
        out[0] = self.value[i];
        if self.width == 1 {
            return;
        }
        let slopes = self.by_position[i * n..][..n].iter().chain(&self.by_velocity[i * n..][..n]);
        for (slope, row) in slopes.zip(self.state.chunks_exact(self.width)) {
            out[1..].iter_mut().zip(&row[1..]).for_each(|(y, x)| *y += slope * x);
        }
        let own = &self.by_parameter[i * (self.width - 1 - 2 * n)..];
        out[1 + 2 * n..].iter_mut().zip(own).for_each(|(y, x)| *y += x);
    }
}

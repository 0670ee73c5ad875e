//! A law of motion with parameters, as the fits see it.

/// Accelerations a(q, v; θ) with their exact derivatives. Arrays are row by row.
pub trait Motion: Sync {
    /// The number n of coordinates.
    fn dof(&self) -> usize;

    /// The number p of parameters θ.
    fn parameters(&self) -> usize;

    /// Writes a, `[n]`. Values outside the domain are not finite.
    fn acceleration(&self, q: &[f64], v: &[f64], theta: &[f64], out: &mut [f64]);

    /// Writes a `[n]`, ∂a/∂q `[n, n]`, ∂a/∂v `[n, n]` and ∂a/∂θ `[n, p]`.
    fn derivatives(&self, q: &[f64], v: &[f64], theta: &[f64], out: Derivatives<'_>);

    /// Whether momenta are recorded in place of velocities.
    fn records_momenta(&self) -> bool {
        false
    }

    /// Writes p(q, v; θ) and its derivatives, as [`derivatives`](Self::derivatives) does for a.
    fn momenta(&self, _q: &[f64], v: &[f64], _theta: &[f64], out: Derivatives<'_>) {
        out.value.copy_from_slice(v);
        out.by_position.fill(0.0);
        out.by_parameter.fill(0.0);
        out.by_velocity.fill(0.0);
        out.by_velocity.iter_mut().step_by(v.len() + 1).for_each(|x| *x = 1.0);
    }
}

/// Where [`Motion::derivatives`] and [`Motion::momenta`] write.
#[derive(Debug)]
pub struct Derivatives<'a> {
    /// a, `[n]`.
    pub value: &'a mut [f64],
    /// ∂a/∂q, `[n, n]`.
    pub by_position: &'a mut [f64],
    /// ∂a/∂v, `[n, n]`.
    pub by_velocity: &'a mut [f64],
    /// ∂a/∂θ, `[n, p]`.
    pub by_parameter: &'a mut [f64],
}

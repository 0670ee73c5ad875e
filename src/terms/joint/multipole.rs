//! A monomial times a power of a radius, Π q_i^{e_i} · u^{k/2}: dipoles, quadrupoles.

use super::argument::Argument;

/// The potential m(q)·u(q)^{k/2} with its monomial m and its sum of squares u.
#[derive(Clone, PartialEq, Debug)]
pub struct Multipole {
    /// The factors (i, e_i) of the monomial, e_i > 0.
    pub factors: Vec<(usize, i32)>,
    /// The sum of squares u = r².
    pub radius: Argument,
    /// The power k of r.
    pub power: i32,
}

impl Multipole {
    /// The potential.
    pub fn value(&self, q: &[f64]) -> f64 {
        self.monomial(q, &[]) * self.radial(q, 0)
    }

    /// Adds scale times the gradient to `out`, `[dof]`.
    pub fn add_gradient(&self, q: &[f64], scale: f64, out: &mut [f64]) {
        let radial = self.radial(q, 0);
        for &(i, _) in &self.factors {
            out[i] += scale * self.monomial(q, &[i]) * radial;
        }
        self.radius.add_gradient(q, scale * self.monomial(q, &[]) * self.radial(q, 1), out);
    }

    /// Adds scale times the second derivatives to `out`, `[dof, dof]`.
    pub fn add_hessian(&self, q: &[f64], scale: f64, out: &mut [f64]) {
        let n = q.len();
        let (radial, slope, curvature) = (self.radial(q, 0), self.radial(q, 1), self.radial(q, 2));
        let monomial = self.monomial(q, &[]);
        self.radius.add_hessian(q, scale * monomial * slope, scale * monomial * curvature, out);
        let mut gradient = vec![0.0; n];
        self.radius.add_gradient(q, 1.0, &mut gradient);
        for &(i, _) in &self.factors {
            for &(j, _) in &self.factors {
                out[i * n + j] += scale * self.monomial(q, &[i, j]) * radial;
            }
            let first = self.monomial(q, &[i]);
            for (j, slope_of_u) in gradient.iter().enumerate() {
                let mixed = scale * first * slope * slope_of_u;
                out[i * n + j] += mixed;
                out[j * n + i] += mixed;
            }
        }
    }

    /// The derivative of the monomial by these coordinates.
    fn monomial(&self, q: &[f64], by: &[usize]) -> f64 {
        let mut product = 1.0;
        for &(i, e) in &self.factors {
            let times = by.iter().filter(|&&l| l == i).count() as i32;
            let falling: i32 = (0..times).map(|t| e - t).product();
            product *= if falling == 0 { 0.0 } else { f64::from(falling) * q[i].powi(e - times) };
        }
        product
    }

    /// The derivative of u^{k/2} by u, so many times.
    fn radial(&self, q: &[f64], times: u32) -> f64 {
        let half = f64::from(self.power) / 2.0;
        let falling: f64 = (0..times).map(|t| half - f64::from(t)).product();
        falling * self.radius.value(q).powf(half - f64::from(times))
    }
}

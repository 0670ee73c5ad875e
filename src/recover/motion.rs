//! A model as a law of motion, for the trajectory fits.

use super::Model;
use crate::regression::motion::{Derivatives, Motion};

impl Model {
    /// Writes the accelerations a(q, v), `[dof]`, at the model's own constants.
    pub fn acceleration_at(&self, q: &[f64], v: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        for (term, &c) in self.terms.iter().zip(&self.coefficients) {
            term.add_force(q, v, term.parameter().unwrap_or(1.0), c, out);
        }
        out.iter_mut().zip(&self.inverse_masses).for_each(|(a, mu)| *a *= mu);
    }

    /// Writes ∂a/∂q and ∂a/∂v, `[dof, dof]` each, at the model's own constants.
    pub fn slopes_at(&self, q: &[f64], v: &[f64], by_position: &mut [f64], by_velocity: &mut [f64]) {
        by_position.fill(0.0);
        by_velocity.fill(0.0);
        for (term, &c) in self.terms.iter().zip(&self.coefficients) {
            term.slopes(q, v, c, by_position, by_velocity);
        }
        for rows in [by_position, by_velocity] {
            for (row, mu) in rows.chunks_exact_mut(q.len()).zip(&self.inverse_masses) {
                row.iter_mut().for_each(|slope| *slope *= mu);
            }
        }
    }

    /// Where the own parameter of term `k` stands in θ: after the coefficients and the parameters before it.
    fn place_of_parameter(&self, k: usize) -> Option<usize> {
        let own = |k: usize| self.terms[k].is_free() && self.ties[k].is_none();
        own(k).then(|| self.terms.len() + (0..k).filter(|&l| own(l)).count())
    }

    /// κ of term `k` at the constants θ.
    fn parameter_at(&self, k: usize, theta: &[f64]) -> f64 {
        match (self.ties[k], self.place_of_parameter(k)) {
            (Some((master, ratio)), _) => ratio * self.parameter_at(master, theta),
            (None, Some(place)) => theta[place],
            (None, None) => self.terms[k].parameter().unwrap_or(1.0),
        }
    }

    /// Multiplies the rows of each coordinate by its inverse mass at θ.
    fn divide_by_masses(&self, theta: &[f64], rows: &mut [f64], width: usize) {
        let logarithms = &theta[theta.len() - self.masses()..];
        for (group, logarithm) in self.groups[1..].iter().zip(logarithms) {
            let mu = logarithm.exp();
            for &i in group {
                rows[i * width..(i + 1) * width].iter_mut().for_each(|x| *x *= mu);
            }
        }
    }
}

impl Motion for Model {
    fn dof(&self) -> usize {
        self.inverse_masses.len()
    }

    fn parameters(&self) -> usize {
        let own = (0..self.terms.len()).filter(|&k| self.place_of_parameter(k).is_some());
        self.terms.len() + own.count() + self.masses()
    }

    fn acceleration(&self, q: &[f64], v: &[f64], theta: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        for (k, term) in self.terms.iter().enumerate() {
            term.add_force(q, v, self.parameter_at(k, theta), theta[k], out);
        }
        self.divide_by_masses(theta, out, 1);
    }

    fn derivatives(&self, q: &[f64], v: &[f64], theta: &[f64], out: Derivatives<'_>) {
        let (n, p) = (self.dof(), self.parameters());
        let Derivatives { value, by_position, by_velocity, by_parameter } = out;
        [&mut *by_position, &mut *by_velocity, &mut *by_parameter].into_iter().for_each(|all| all.fill(0.0));
        for (k, term) in self.terms.iter().enumerate() {
            let parameter = self.parameter_at(k, theta);
            term.add_slopes(q, v, parameter, theta[k], by_position, by_velocity);
            value.fill(0.0);
            term.add_force(q, v, parameter, 1.0, value);
            (0..n).for_each(|i| by_parameter[i * p + k] = value[i]);
            // A tied parameter moves with its master's, by the same relative change.
            let master = self.ties[k].map_or(k, |(master, _)| master);
            if let Some(place) = self.place_of_parameter(master) {
                value.fill(0.0);
                term.add_force_by_parameter(q, parameter, theta[k] / theta[place], value);
                (0..n).for_each(|i| by_parameter[i * p + place] += value[i]);
            }
        }
        for (i, value) in value.iter_mut().enumerate() {
            *value = (0..self.terms.len()).map(|k| theta[k] * by_parameter[i * p + k]).sum();
        }
        self.divide_by_masses(theta, value, 1);
        self.divide_by_masses(theta, by_position, n);
        self.divide_by_masses(theta, by_velocity, n);
        self.divide_by_masses(theta, by_parameter, p);
        for (g, group) in self.groups[1..].iter().enumerate() {
            group.iter().for_each(|&i| by_parameter[i * p + p - self.masses() + g] = value[i]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terms::joint::{Argument, Family, Form, Function, Parameter, Term};

    /// Two bodies on a plane with a tied pair of exponentials, a magnetic field, drag, and an unknown mass.
    fn model() -> Model {
        let exponential = |u, k| {
            let form = Form::Sum(Function::Exponential, vec![u]);
            Term::new(form, Parameter::Free(k), Family::Exponential, 0.0)
        };
        let plain = |form| Term::new(form, Parameter::None, Family::Polynomial, 0.0);
        Model {
            terms: vec![
                exponential(Argument::coordinate(0), 0.8),
                plain(Form::Gyroscopic(vec![(0, 1), (2, 3)])),
                exponential(Argument::difference(1, 2), 1.6),
                exponential(Argument::distance(&[0, 1], &[2, 3]), -0.3),
                plain(Form::Friction { coordinates: vec![0, 3], power: 1 }),
            ],
            ties: vec![None, None, Some((0, 2.0)), None, None],
            coefficients: vec![1.1, 0.7, -0.4, 2.0, 0.3],
            inverse_masses: vec![1.0, 1.0, 0.4, 0.4],
            groups: vec![vec![0, 1], vec![2, 3]],
            chi: 0.0,
            score: 0.0,
        }
    }

    const Q: [f64; 4] = [0.7, -0.4, 0.9, 0.6];
    const V: [f64; 4] = [0.3, 1.1, -0.8, 0.5];

    fn difference(f: impl Fn(&[f64]) -> [f64; 4], x: &[f64], l: usize) -> [f64; 4] {
        let at = |h: f64| {
            let mut y = x.to_vec();
            y[l] += h;
            f(&y)
        };
        let (a, b, c, d) = (at(-2e-3), at(-1e-3), at(1e-3), at(2e-3));
        std::array::from_fn(|i| (8.0 * (c[i] - b[i]) - (d[i] - a[i])) / 12e-3)
    }

    #[test]
    fn derivatives_are_those_of_the_acceleration() {
        let model = model();
        let theta = model.constants();
        let p = theta.len();
        assert_eq!(p, model.parameters());
        assert_eq!(p, 5 + 2 + 1);
        let acceleration = |q: &[f64], v: &[f64], theta: &[f64]| {
            let mut out = [0.0; 4];
            model.acceleration(q, v, theta, &mut out);
            out
        };
        let (mut value, mut q, mut v, mut t) = ([0.0; 4], [0.0; 16], [0.0; 16], vec![0.0; 4 * p]);
        let out =
            Derivatives { value: &mut value, by_position: &mut q, by_velocity: &mut v, by_parameter: &mut t };
        model.derivatives(&Q, &V, &theta, out);
        assert_eq!(value, acceleration(&Q, &V, &theta));
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-7, "{a} {b}");
        for l in 0..4 {
            let by_position = difference(|q| acceleration(q, &V, &theta), &Q, l);
            let by_velocity = difference(|v| acceleration(&Q, v, &theta), &V, l);
            (0..4).for_each(|i| close(q[i * 4 + l], by_position[i]));
            (0..4).for_each(|i| close(v[i * 4 + l], by_velocity[i]));
        }
        for l in 0..p {
            let by_parameter = difference(|theta| acceleration(&Q, &V, theta), &theta, l);
            (0..4).for_each(|i| close(t[i * p + l], by_parameter[i]));
        }
    }

    #[test]
    fn the_models_own_constants_give_the_same() {
        let model = model();
        let theta = model.constants();
        let (mut a, mut b) = ([0.0; 4], [0.0; 4]);
        model.acceleration_at(&Q, &V, &mut a);
        model.acceleration(&Q, &V, &theta, &mut b);
        (0..4).for_each(|i| assert!((a[i] - b[i]).abs() < 1e-12));
        let other = model.with_constants(&theta);
        assert_eq!(other.terms[2].parameter(), Some(1.6));
    }
}

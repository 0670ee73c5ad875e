//! A Lagrangian as a law of motion: M(q) a = F(q, v), F_i = ∂L/∂q_i − Σ_l v_l ∂²L/∂v_i∂q_l.

use super::library::Part;
use super::shape::{Jet, MOST, Shape};
use crate::regression::Slopes;
use crate::regression::motion::{Derivatives, Motion};

/// A vector and a matrix; entries beyond the number of coordinates are 0.
pub type Vector = [f64; MOST];
/// A matrix.
pub type Square = [[f64; MOST]; MOST];

/// A Lagrangian with its constants.
#[derive(Clone, PartialEq, Debug)]
pub struct Lagrangian {
    /// The number of coordinates.
    pub dof: usize,
    /// The terms.
    pub parts: Vec<Part>,
    /// Their coefficients.
    pub coefficients: Vec<f64>,
    /// The term whose coefficient is 1 and sets the unit of mass; nothing where recorded momenta set it.
    pub unit: Option<usize>,
}

/// What one term, or a sum of terms, does at a state.
#[derive(Clone, Copy, Debug)]
pub struct Action {
    /// M.
    pub mass: Square,
    /// F.
    pub force: Vector,
    /// ∂L/∂v.
    pub momentum: Vector,
    /// ∂L/∂q.
    pub by_position: Vector,
    /// ∂M/∂q_l.
    mass_slopes: [Square; MOST],
    /// ∂F_i/∂q_l.
    force_by_position: Square,
    /// ∂F_i/∂v_l.
    force_by_velocity: Square,
}

impl Action {
    /// Nothing.
    pub fn zero() -> Action {
        let square = [[0.0; MOST]; MOST];
        let vector = [0.0; MOST];
        Action {
            mass: square,
            force: vector,
            momentum: vector,
            by_position: vector,
            mass_slopes: [square; MOST],
            force_by_position: square,
            force_by_velocity: square,
        }
    }

    /// Adds a term with a coefficient.
    pub fn add(&mut self, part: &Part, q: &[f64], v: &[f64], c: f64) {
        match part {
            Part::Mass { i, j, shape } => self.add_mass(*i, *j, &shape.jet(q), v, c),
            Part::Potential(shape) => self.add_potential(shape, q, c),
            Part::Joint(term) => {
                let n = q.len();
                let (mut force, mut slopes, mut rates) =
                    ([0.0; MOST], [0.0; MOST * MOST], [0.0; MOST * MOST]);
                term.force(q, v, &mut force[..n]);
                term.slopes(q, v, 1.0, &mut slopes[..n * n], &mut rates[..n * n]);
                for m in 0..n {
                    self.force[m] += c * force[m];
                    self.by_position[m] += c * force[m];
                    (0..n).for_each(|l| self.force_by_position[m][l] += c * slopes[m * n + l]);
                }
            }
        }
    }

    fn add_potential(&mut self, shape: &Shape, q: &[f64], c: f64) {
        let jet = shape.jet(q);
        for m in 0..q.len() {
            self.force[m] -= c * jet.slope[m];
            self.by_position[m] -= c * jet.slope[m];
            (0..q.len()).for_each(|l| self.force_by_position[m][l] -= c * jet.curvature[m][l]);
        }
    }

    /// Adds c·½ f vᵀE v, where E has ones at (i, j) and (j, i).
    fn add_mass(&mut self, i: usize, j: usize, f: &Jet, v: &[f64], c: f64) {
        let n = v.len();
        let entries = if i == j { &[(i, j)][..] } else { &[(i, j), (j, i)][..] };
        let mut w = [0.0; MOST];
        entries.iter().for_each(|&(a, b)| w[a] += v[b]);
        let square: f64 = (0..n).map(|a| v[a] * w[a]).sum();
        let rate: f64 = (0..n).map(|a| v[a] * f.slope[a]).sum();
        for &(a, b) in entries {
            self.mass[a][b] += c * f.value;
            (0..n).for_each(|l| self.mass_slopes[l][a][b] += c * f.slope[l]);
            self.force_by_velocity[a][b] -= c * rate;
        }
        for m in 0..n {
            self.momentum[m] += c * f.value * w[m];
            self.by_position[m] += c * 0.5 * f.slope[m] * square;
            self.force[m] += c * (0.5 * f.slope[m] * square - rate * w[m]);
            for l in 0..n {
                let along: f64 = (0..n).map(|a| v[a] * f.curvature[a][l]).sum();
                self.force_by_position[m][l] += c * (0.5 * f.curvature[m][l] * square - along * w[m]);
                self.force_by_velocity[m][l] += c * (f.slope[m] * w[l] - f.slope[l] * w[m]);
            }
        }
    }

    /// dM/dt.
    pub fn mass_rate(&self, v: &[f64]) -> Square {
        let mut out = [[0.0; MOST]; MOST];
        for (l, rate) in v.iter().enumerate() {
            for (row, slopes) in out.iter_mut().zip(&self.mass_slopes[l]) {
                row.iter_mut().zip(slopes).for_each(|(x, slope)| *x += rate * slope);
            }
        }
        out
    }

    /// M⁻¹, where M is positive definite.
    pub fn inverse(&self, n: usize) -> Option<Square> {
        inverse(&self.mass, n)
    }
}

/// The inverse of a positive definite matrix.
pub fn inverse(matrix: &Square, n: usize) -> Option<Square> {
    let (mut a, mut out) = (*matrix, [[0.0; MOST]; MOST]);
    (0..n).for_each(|i| out[i][i] = 1.0);
    for k in 0..n {
        let pivot = a[k][k];
        // Without exchanges of rows all pivots of a positive definite matrix are positive, and of no other.
        if !(pivot > 1e-12 * matrix[k][k].abs() && pivot.is_finite()) {
            return None;
        }
        for j in 0..n {
            a[k][j] /= pivot;
            out[k][j] /= pivot;
        }
        for i in (0..n).filter(|i| *i != k) {
            let factor = a[i][k];
            for j in 0..n {
                a[i][j] -= factor * a[k][j];
                out[i][j] -= factor * out[k][j];
            }
        }
    }
    Some(out)
}

/// A matrix times a vector.
pub fn product(matrix: &Square, vector: &Vector) -> Vector {
    std::array::from_fn(|i| (0..MOST).map(|j| matrix[i][j] * vector[j]).sum())
}

/// The product of two matrices.
pub fn product_of(a: &Square, b: &Square) -> Square {
    std::array::from_fn(|i| std::array::from_fn(|j| (0..MOST).map(|k| a[i][k] * b[k][j]).sum()))
}

/// The place of the term that sets the unit of mass: the constant part of the first entry on the diagonal that has one, else
/// the first term on the diagonal.
pub fn unit_of(parts: &[&Part]) -> Option<usize> {
    let diagonal = |part: &&Part| matches!(part, Part::Mass { i, j, .. } if i == j);
    let constant =
        |part: &&Part| matches!(part, Part::Mass { i, j, shape } if i == j && shape.factors.is_empty());
    parts.iter().position(constant).or_else(|| parts.iter().position(diagonal))
}

impl Lagrangian {
    /// The form with coefficients divided by that of the term that sets the unit: the constant part of the first entry on
    /// the diagonal that has one, else the first term on the diagonal. Nothing where that is not positive.
    pub fn in_unit_of_mass(dof: usize, parts: Vec<Part>, coefficients: &[f64]) -> Option<Lagrangian> {
        let unit = unit_of(&parts.iter().collect::<Vec<_>>())?;
        let scale = coefficients[unit];
        let coefficients: Vec<f64> = coefficients.iter().map(|c| c / scale).collect();
        let usable = scale > 0.0 && coefficients.iter().all(|c| c.is_finite());
        usable.then_some(Lagrangian { dof, parts, coefficients, unit: Some(unit) })
    }

    /// The form in the unit of recorded momenta, which are `scale` times its own.
    pub fn in_unit_of_momenta(&self, scale: f64) -> Lagrangian {
        let coefficients = self.coefficients.iter().map(|c| scale * c).collect();
        Lagrangian { coefficients, unit: None, ..self.clone() }
    }

    /// The place of each constant among the terms.
    pub fn places(&self) -> impl Iterator<Item = usize> + use<> {
        let unit = self.unit;
        (0..self.parts.len()).filter(move |k| Some(*k) != unit)
    }

    /// The form without one term, which does not set the unit.
    pub fn without(&self, place: usize) -> Lagrangian {
        let mut out = self.clone();
        out.parts.remove(place);
        out.coefficients.remove(place);
        out.unit = self.unit.map(|unit| unit - usize::from(place < unit));
        out
    }

    /// Whether no term depends on coordinate i.
    pub fn is_cyclic(&self, i: usize) -> bool {
        let free = |part: &Part| match part {
            Part::Mass { shape, .. } | Part::Potential(shape) => !shape.depends_on(i),
            Part::Joint(term) => !term.depends_on(i),
        };
        self.parts.iter().all(free)
    }

    /// ½ vᵀ M(q) v.
    pub fn kinetic_energy(&self, q: &[f64], v: &[f64]) -> f64 {
        let momentum = self.action(q, v).momentum;
        v.iter().zip(momentum).map(|(v, p)| 0.5 * v * p).sum()
    }

    /// V(q).
    pub fn potential(&self, q: &[f64]) -> f64 {
        let value = |part: &Part| match part {
            Part::Mass { .. } => 0.0,
            Part::Potential(shape) => shape.jet(q).value,
            Part::Joint(term) => term.potential(q).unwrap_or(0.0),
        };
        self.parts.iter().zip(&self.coefficients).map(|(part, c)| c * value(part)).sum()
    }

    /// The whole Lagrangian at a state.
    pub fn action(&self, q: &[f64], v: &[f64]) -> Action {
        self.action_with(q, v, &self.coefficients)
    }

    fn action_with(&self, q: &[f64], v: &[f64], coefficients: &[f64]) -> Action {
        let mut out = Action::zero();
        self.parts.iter().zip(coefficients).for_each(|(part, c)| out.add(part, q, v, *c));
        out
    }

    /// The constants: all coefficients but that of the unit.
    pub fn constants(&self) -> Vec<f64> {
        self.places().map(|k| self.coefficients[k]).collect()
    }

    /// The same form with other constants.
    pub fn with_constants(&self, theta: &[f64]) -> Lagrangian {
        Lagrangian { coefficients: self.all(theta), ..self.clone() }
    }

    /// All coefficients: the constants and the unit.
    fn all(&self, theta: &[f64]) -> Vec<f64> {
        let mut out = theta.to_vec();
        if let Some(unit) = self.unit {
            out.insert(unit, 1.0);
        }
        out
    }

    /// The accelerations at a state; not finite where M is not positive definite.
    pub fn acceleration_at(&self, q: &[f64], v: &[f64]) -> Vector {
        let action = self.action(q, v);
        action.inverse(self.dof).map_or([f64::NAN; MOST], |inverse| product(&inverse, &action.force))
    }

    /// Whether M is positive definite at these positions, `[points, dof]`.
    pub fn is_positive(&self, positions: &[f64]) -> bool {
        let rest = [0.0; MOST];
        positions
            .chunks_exact(self.dof)
            .all(|q| self.action(q, &rest[..self.dof]).inverse(self.dof).is_some())
    }

    /// ∂a/∂q and ∂a/∂v at states.
    pub fn slopes(&self, positions: &[f64], velocities: &[f64]) -> Slopes {
        let n = self.dof;
        let mut slopes = Slopes {
            by_position: Vec::with_capacity(positions.len() * n),
            by_velocity: Vec::with_capacity(positions.len() * n),
        };
        for (q, v) in positions.chunks_exact(n).zip(velocities.chunks_exact(n)) {
            let (by_position, by_velocity) = accelerated(&self.action(q, v), n)
                .map_or(([[0.0; MOST]; MOST], [[0.0; MOST]; MOST]), |(_, _, q, v)| (q, v));
            for i in 0..n {
                slopes.by_position.extend_from_slice(&by_position[i][..n]);
                slopes.by_velocity.extend_from_slice(&by_velocity[i][..n]);
            }
        }
        slopes
    }
}

/// M⁻¹, a, ∂a/∂q, ∂a/∂v.
fn accelerated(action: &Action, n: usize) -> Option<(Square, Vector, Square, Square)> {
    let inverse = action.inverse(n)?;
    let a = product(&inverse, &action.force);
    let mut by_position = [[0.0; MOST]; MOST];
    for (l, slopes) in action.mass_slopes.iter().enumerate().take(n) {
        let turned = product(slopes, &a);
        let column = std::array::from_fn(|i| action.force_by_position[i][l] - turned[i]);
        let column = product(&inverse, &column);
        (0..n).for_each(|i| by_position[i][l] = column[i]);
    }
    Some((inverse, a, by_position, product_of(&inverse, &action.force_by_velocity)))
}

impl Motion for Lagrangian {
    fn dof(&self) -> usize {
        self.dof
    }

    fn parameters(&self) -> usize {
        self.parts.len() - usize::from(self.unit.is_some())
    }

    fn acceleration(&self, q: &[f64], v: &[f64], theta: &[f64], out: &mut [f64]) {
        let action = self.action_with(q, v, &self.all(theta));
        match action.inverse(self.dof) {
            Some(inverse) => out.copy_from_slice(&product(&inverse, &action.force)[..self.dof]),
            None => out.fill(f64::NAN),
        }
    }

    fn derivatives(&self, q: &[f64], v: &[f64], theta: &[f64], out: Derivatives<'_>) {
        let (n, p) = (self.dof, self.parameters());
        let action = self.action_with(q, v, &self.all(theta));
        let Some((inverse, a, by_position, by_velocity)) = accelerated(&action, n) else {
            out.value.fill(f64::NAN);
            return;
        };
        out.value.copy_from_slice(&a[..n]);
        for i in 0..n {
            out.by_position[i * n..(i + 1) * n].copy_from_slice(&by_position[i][..n]);
            out.by_velocity[i * n..(i + 1) * n].copy_from_slice(&by_velocity[i][..n]);
        }
        for (place, k) in self.places().enumerate() {
            let mut one = Action::zero();
            one.add(&self.parts[k], q, v, 1.0);
            let turned = product(&one.mass, &a);
            let change = product(&inverse, &std::array::from_fn(|i| one.force[i] - turned[i]));
            (0..n).for_each(|i| out.by_parameter[i * p + place] = change[i]);
        }
    }

    fn records_momenta(&self) -> bool {
        self.unit.is_none()
    }

    fn momenta(&self, q: &[f64], v: &[f64], theta: &[f64], out: Derivatives<'_>) {
        let (n, p) = (self.dof, self.parameters());
        let action = self.action_with(q, v, &self.all(theta));
        out.value.copy_from_slice(&action.momentum[..n]);
        for i in 0..n {
            for l in 0..n {
                out.by_velocity[i * n + l] = action.mass[i][l];
                out.by_position[i * n + l] = (0..n).map(|m| action.mass_slopes[l][i][m] * v[m]).sum();
            }
        }
        for (place, k) in self.places().enumerate() {
            let mut one = Action::zero();
            one.add(&self.parts[k], q, v, 1.0);
            (0..n).for_each(|i| out.by_parameter[i * p + place] = one.momentum[i]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::shape::{Base, Factor};
    use super::*;
    use crate::terms::joint::{Family, Form, Parameter, Term};

    /// r, θ, φ with a coupling, a spring and weight.
    fn lagrangian() -> Lagrangian {
        let length = |power| Factor::of(Base::Identity, 0, power);
        let mass = |i, j, factors: Vec<Factor>| Part::Mass { i, j, shape: Shape::new(factors) };
        Lagrangian {
            dof: 3,
            parts: vec![
                mass(0, 0, vec![]),
                mass(1, 1, vec![length(2)]),
                mass(2, 2, vec![length(2), Factor::of(Base::Sine, 1, 2)]),
                mass(0, 2, vec![Factor::of_two(Base::Cosine, 1, 2, -1)]),
                Part::Potential(Shape::new([length(1), Factor::of(Base::Cosine, 1, 1)])),
                Part::Joint(Term::new(
                    Form::Monomial(vec![(0, 2)]),
                    Parameter::None,
                    Family::Polynomial,
                    0.0,
                )),
            ],
            coefficients: vec![1.0, 1.1, 0.9, 0.2, -3.0, 4.0],
            unit: Some(0),
        }
    }

    const Q: [f64; 3] = [1.3, 0.8, 0.3];
    const V: [f64; 3] = [0.4, -0.7, 1.2];

    #[test]
    fn derivatives_are_those_of_the_acceleration() {
        let law = lagrangian();
        let theta = law.constants();
        let p = theta.len();
        let of = |q: &[f64], v: &[f64], theta: &[f64]| {
            let mut out = [0.0; 3];
            law.acceleration(q, v, theta, &mut out);
            out
        };
        let (mut value, mut q, mut v, mut t) = ([0.0; 3], [0.0; 9], [0.0; 9], vec![0.0; 3 * p]);
        let out =
            Derivatives { value: &mut value, by_position: &mut q, by_velocity: &mut v, by_parameter: &mut t };
        law.derivatives(&Q, &V, &theta, out);
        assert_eq!(value, of(&Q, &V, &theta));
        let h = 1e-5;
        let close = |up: [f64; 3], down: [f64; 3], slopes: &[f64], l: usize, width: usize| {
            for i in 0..3 {
                let slope = (up[i] - down[i]) / (2.0 * h);
                assert!((slope - slopes[i * width + l]).abs() < 1e-7, "{slope} {}", slopes[i * width + l]);
            }
        };
        let moved = |x: &[f64], l: usize, by: f64| {
            let mut x = x.to_vec();
            x[l] += by;
            x
        };
        for l in 0..3 {
            close(of(&moved(&Q, l, h), &V, &theta), of(&moved(&Q, l, -h), &V, &theta), &q, l, 3);
            close(of(&Q, &moved(&V, l, h), &theta), of(&Q, &moved(&V, l, -h), &theta), &v, l, 3);
        }
        for l in 0..p {
            close(of(&Q, &V, &moved(&theta, l, h)), of(&Q, &V, &moved(&theta, l, -h)), &t, l, p);
        }
    }

    #[test]
    fn polar_coordinates_have_the_centrifugal_force() {
        let mut law = lagrangian();
        law.coefficients = vec![1.0, 1.0, 1.0, 0.0, 0.0, 0.0];
        let a = law.acceleration_at(&Q, &[0.0, 0.5, 0.0]);
        assert!((a[0] - 1.3 * 0.25).abs() < 1e-12 && a[1].abs() < 1e-12);
    }

    #[test]
    fn a_mass_that_is_not_positive_has_no_motion() {
        let mut law = lagrangian();
        assert!(law.is_positive(&Q));
        law.coefficients[1] = -0.1;
        assert!(!law.is_positive(&Q) && law.acceleration_at(&Q, &V)[0].is_nan());
    }
}

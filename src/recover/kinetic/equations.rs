//! The weak form of Lagrange's equations, whitened: linear in the coefficients of all terms.
//!
//! For a test function φ, ∫ φ′ ∂L/∂v_i + φ ∂L/∂q_i dt = 0, because d/dt ∂L/∂v_i = ∂L/∂q_i. With a mass matrix M₀(q) near the
//! right one, φ M₀⁻¹ in place of φ makes equation i that of the acceleration of coordinate i: at the right law its error
//! is that of ∫φ″q_i − ∫φ a_i, whose covariance is known.

use std::ops::Range;

use super::library::Part;
use super::motion::{Action, Lagrangian, Square, product_of};
use super::shape::MOST;
use crate::regression::{Matrix, RegressionError, WeakForm};

/// A column whose squared length is not within these limits is dead: it vanishes on the data, or its squares leave the
/// range of numbers. There is no limit relative to other columns, whose lengths depend on the units.
const ALIVE: Range<f64> = 1e-140..1e140;

/// The normal equations of all terms. Columns are scaled to unit length.
#[derive(Clone, Debug)]
pub struct Equations {
    /// The number of coordinates.
    pub dof: usize,
    /// The number of equations of all coordinates together.
    pub count: usize,
    /// For each coordinate the matrix XᵀX of its equations, `[terms, terms]`.
    pub squares: Vec<Vec<f64>>,
    /// For each coordinate i the mean over the data of (M₀⁻¹M)_ii per unit coefficient of each term.
    pub weights: Vec<Vec<f64>>,
    /// By what the columns were divided.
    pub scales: Vec<f64>,
    /// Terms that vanish on the data or are not finite there.
    pub dead: Vec<bool>,
}

/// The functions at the points of the weak form: for each coordinate the factors of φ′ and of φ, `[points, terms]`.
struct Values {
    by_slope: Vec<Vec<f64>>,
    by_value: Vec<Vec<f64>>,
    weights: Vec<Vec<f64>>,
}

impl Equations {
    /// The equations of the terms, multiplied by the inverse mass matrix of a present law and whitened with its slopes;
    /// without one, M₀ = 1. `floor` is the least error in units of the rms of ∫φ″q.
    ///
    /// # Errors
    /// If a covariance is not finite.
    pub fn new(
        weak: &WeakForm,
        parts: &[Part],
        present: Option<&Lagrangian>,
        floor: f64,
    ) -> Result<Equations, RegressionError> {
        let slopes = present.map(|law| law.slopes(weak.positions(), weak.velocities()));
        let whitened = weak.whiten(slopes.as_ref(), floor)?;
        let values = Values::of(weak, parts, present);
        let (dof, terms) = (weak.dof(), parts.len());
        let integrals = |i: usize| {
            let mut out = weak.integrals(1, &values.by_slope[i], terms);
            out += weak.integrals(0, &values.by_value[i], terms);
            out
        };
        let columns = whitened.whiten(&(0..dof).map(integrals).collect::<Vec<_>>());
        let mut squares: Vec<Vec<f64>> = columns.iter().map(square).collect();
        let lengths: Vec<f64> =
            (0..terms).map(|k| squares.iter().map(|square| square[k * terms + k]).sum()).collect();
        let alive = |k: usize| ALIVE.contains(&lengths[k]) && values.is_finite(weak, k, terms);
        let dead: Vec<bool> = (0..terms).map(|k| !alive(k)).collect();
        let scales: Vec<f64> =
            lengths.iter().zip(&dead).map(|(x, dead)| if *dead { 1.0 } else { x.sqrt() }).collect();
        for square in &mut squares {
            for (e, x) in square.iter_mut().enumerate() {
                *x /= scales[e / terms] * scales[e % terms];
            }
        }
        let mut weights = values.weights;
        weights.iter_mut().for_each(|row| row.iter_mut().zip(&scales).for_each(|(w, scale)| *w /= scale));
        Ok(Equations { dof, count: weak.unmasked() * dof, squares, weights, scales, dead })
    }
}

impl Values {
    fn of(weak: &WeakForm, parts: &[Part], present: Option<&Lagrangian>) -> Values {
        let (n, size) = (weak.dof(), weak.points() * parts.len());
        let empty = || vec![Vec::with_capacity(size); n];
        let mut out =
            Values { by_slope: empty(), by_value: empty(), weights: vec![vec![0.0; parts.len()]; n] };
        let used = weak.in_use().iter().filter(|used| **used).count().max(1) as f64;
        let states = weak.positions().chunks_exact(n).zip(weak.velocities().chunks_exact(n));
        for ((q, v), in_use) in states.zip(weak.in_use()) {
            let (inverse, rate) = inverse_and_rate(present, q, v);
            for (k, part) in parts.iter().enumerate() {
                let mut one = Action::zero();
                one.add(part, q, v, 1.0);
                for i in 0..n {
                    let along =
                        |row: &[f64; MOST], x: &[f64; MOST]| (0..n).map(|m| row[m] * x[m]).sum::<f64>();
                    out.by_slope[i].push(along(&inverse[i], &one.momentum));
                    let value = along(&inverse[i], &one.by_position) + along(&rate[i], &one.momentum);
                    out.by_value[i].push(value);
                    if *in_use && part.is_mass() {
                        let column = std::array::from_fn(|m| one.mass[m][i]);
                        out.weights[i][k] += along(&inverse[i], &column) / used;
                    }
                }
            }
        }
        out
    }

    /// Whether a term is finite at all points that are used.
    fn is_finite(&self, weak: &WeakForm, k: usize, terms: usize) -> bool {
        let column = |all: &[f64]| {
            let rows = all.chunks_exact(terms).zip(weak.in_use());
            rows.filter(|(_, used)| **used).all(|(row, _)| row[k].is_finite())
        };
        self.by_slope.iter().chain(&self.by_value).all(|all| column(all))
    }
}

/// M₀⁻¹ and its derivative by time, −M₀⁻¹ M₀′ M₀⁻¹.
fn inverse_and_rate(present: Option<&Lagrangian>, q: &[f64], v: &[f64]) -> (Square, Square) {
    let mut one = [[0.0; MOST]; MOST];
    (0..q.len()).for_each(|i| one[i][i] = 1.0);
    let Some(action) = present.map(|law| law.action(q, v)) else { return (one, [[0.0; MOST]; MOST]) };
    let Some(inverse) = action.inverse(q.len()) else { return (one, [[0.0; MOST]; MOST]) };
    let rate = product_of(&product_of(&inverse, &action.mass_rate(v)), &inverse);
    (inverse, rate.map(|row| row.map(|x| -x)))
}

/// XᵀX.
fn square(x: &Matrix) -> Vec<f64> {
    let terms = x.ncols();
    let mut out = vec![0.0; terms * terms];
    for i in 0..terms {
        for j in 0..=i {
            let value: f64 = x.col_as_slice(i).iter().zip(x.col_as_slice(j)).map(|(a, b)| a * b).sum();
            (out[i * terms + j], out[j * terms + i]) = (value, value);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::library::library;
    use super::super::shape::{Base, Factor, Shape};
    use super::*;
    use crate::data::Smoother;
    use crate::recover::simulated::Simulated;

    #[test]
    fn the_right_law_solves_the_equations() {
        // Free motion in polar coordinates.
        let recording = Simulated {
            names: &["r", "theta"],
            law: &|_, q, v| vec![q[0] * v[1] * v[1], -2.0 * v[0] * v[1] / q[0]],
            starts: &[&[1.0, 0.0, -0.3, 0.8]],
            duration: 4.0,
            step: 0.04,
            noise: 0.0,
        }
        .recording();
        let smoothed = Smoother::default().smooth(&recording).unwrap();
        let weak = WeakForm::new(&smoothed, &Default::default());
        let parts = library(&recording.coordinates, &[]);
        let equations = Equations::new(&weak, &parts, None, 1e-2).unwrap();
        let place = |wanted: &Part| parts.iter().position(|part| part == wanted).unwrap();
        let one = place(&Part::Mass { i: 0, j: 0, shape: Shape::new([]) });
        let polar = Shape::new([Factor::of(Base::Identity, 0, 2)]);
        let square = place(&Part::Mass { i: 1, j: 1, shape: polar });
        let chi = |c: [f64; 2]| -> f64 {
            let scaled = [c[0] * equations.scales[one], c[1] * equations.scales[square]];
            let entry = |a: usize, b: usize| -> f64 {
                equations.squares.iter().map(|square| square[a * parts.len() + b]).sum()
            };
            let both = [one, square];
            let pairs = (0..2).flat_map(|a| (0..2).map(move |b| (a, b)));
            pairs.map(|(a, b)| scaled[a] * scaled[b] * entry(both[a], both[b])).sum()
        };
        assert!(chi([1.0, 1.0]) < 1e-6 * chi([1.0, 0.7]), "{} {}", chi([1.0, 1.0]), chi([1.0, 0.7]));
    }
}

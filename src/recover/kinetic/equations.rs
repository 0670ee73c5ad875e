//! The weak form of Lagrange's equations, whitened: linear in the coefficients of all terms.
//!
//! For a test function φ, ∫ φ′ ∂L/∂v_i + φ ∂L/∂q_i dt = 0, because d/dt ∂L/∂v_i = ∂L/∂q_i. With a mass matrix M₀(q) near the
//! right one, φ M₀⁻¹ in place of φ makes equation i that of the acceleration of coordinate i: at the right law its error
//! is that of ∫φ″q_i − ∫φ a_i, whose covariance is known.

use std::ops::Range;

use super::library::Part;
use super::motion::{Action, Square, Vector, inverse, product, product_of};
use super::shape::MOST;
use crate::regression::gram::Gram;
use crate::regression::weak::Whitened;
use crate::regression::{Matrix, WeakForm};

/// A column whose squared length is not within these limits is dead: it vanishes on the data, or its squares leave the
/// range of numbers. There is no limit relative to other columns, whose lengths depend on the units.
const ALIVE: Range<f64> = 1e-140..1e140;

/// What every term does at the points of a weak form, per unit coefficient.
pub struct Table<'a> {
    weak: &'a WeakForm,
    parts: &'a [Part],
    /// `[points, terms]`.
    values: Vec<One>,
    /// Terms that are not finite at a point that is used.
    dead: Vec<bool>,
}

/// One term at one state.
#[derive(Clone, Copy, Debug)]
struct One {
    momentum: Vector,
    by_position: Vector,
    force: Vector,
    /// f in M_ij = f, and its derivative by time.
    mass: f64,
    rate: f64,
}

/// M₀⁻¹ at every point, and its derivative by time.
type Inverses = Vec<(Square, Square)>;

/// The normal equations of all terms. Columns are scaled to unit length.
#[derive(Clone, Debug)]
pub struct Equations {
    /// The number of coordinates.
    pub dof: usize,
    /// For each coordinate the matrix XᵀX of its equations, `[terms, terms]`.
    pub squares: Vec<Vec<f64>>,
    /// For each coordinate i the mean over the data of (M₀⁻¹M)_ii per unit coefficient of each term.
    pub weights: Vec<Vec<f64>>,
    /// By what the columns were divided.
    pub scales: Vec<f64>,
    /// Terms that vanish on the data or are not finite there.
    pub dead: Vec<bool>,
}

/// The equations ∫φ″q = ∫φ a(q, v; c) of one form at its coefficients, whitened.
pub struct Residual {
    /// ∫φ″q − ∫φ a of all coordinates.
    pub rest: Vec<f64>,
    /// ∂(∫φ a)/∂c for each term, `[terms][equations]`; empty where they were not asked for.
    pub slopes: Vec<Vec<f64>>,
}

impl<'a> Table<'a> {
    /// The terms at the points of a weak form.
    pub fn new(weak: &'a WeakForm, parts: &'a [Part]) -> Table<'a> {
        let n = weak.dof();
        let mut values = Vec::with_capacity(weak.points() * parts.len());
        let mut dead = vec![false; parts.len()];
        let states = weak.positions().chunks_exact(n).zip(weak.velocities().chunks_exact(n));
        for ((q, v), in_use) in states.zip(weak.in_use()) {
            for (part, dead) in parts.iter().zip(&mut dead) {
                let one = One::of(part, q, v);
                *dead |= *in_use && !one.is_finite();
                values.push(one);
            }
        }
        Table { weak, parts, values, dead }
    }

    /// The number of coordinates.
    pub fn dof(&self) -> usize {
        self.weak.dof()
    }

    fn at(&self, point: usize) -> &[One] {
        &self.values[point * self.parts.len()..][..self.parts.len()]
    }

    /// The equations of all terms, multiplied by the inverse mass matrix of a form; nothing where that is not positive
    /// definite.
    pub fn equations(&self, whitened: &Whitened, terms: &[usize], c: &[f64]) -> Option<Equations> {
        let inverses = self.inverses(terms, c)?;
        let (dof, count) = (self.dof(), self.parts.len());
        let (mut by_slope, mut by_value) = (vec![Vec::new(); dof], vec![Vec::new(); dof]);
        let mut weights = vec![vec![0.0; count]; dof];
        let used = self.weak.in_use().iter().filter(|used| **used).count().max(1) as f64;
        for (point, ((turn, rate), in_use)) in inverses.iter().zip(self.weak.in_use()).enumerate() {
            for (k, (one, part)) in self.at(point).iter().zip(self.parts).enumerate() {
                for i in 0..dof {
                    by_slope[i].push(along(&turn[i], &one.momentum));
                    by_value[i].push(along(&turn[i], &one.by_position) + along(&rate[i], &one.momentum));
                    if let (true, Part::Mass { i: a, j: b, .. }) = (*in_use, part) {
                        let other = if *a == i {
                            Some(*b)
                        } else if *b == i {
                            Some(*a)
                        } else {
                            None
                        };
                        weights[i][k] += other.map_or(0.0, |m| turn[i][m] * one.mass / used);
                    }
                }
            }
        }
        let integrals = |i: usize| {
            let mut out = self.weak.integrals(1, &by_slope[i], count);
            out += self.weak.integrals(0, &by_value[i], count);
            out
        };
        let columns = whitened.whiten(&(0..dof).map(integrals).collect::<Vec<_>>());
        Some(self.normal(&columns, weights))
    }

    /// The normal equations with columns of unit length.
    fn normal(&self, columns: &[Matrix], mut weights: Vec<Vec<f64>>) -> Equations {
        let terms = self.parts.len();
        let mut squares: Vec<Vec<f64>> = columns.iter().map(square).collect();
        let lengths: Vec<f64> =
            (0..terms).map(|k| squares.iter().map(|square| square[k * terms + k]).sum()).collect();
        let dead: Vec<bool> = (0..terms).map(|k| self.dead[k] || !ALIVE.contains(&lengths[k])).collect();
        let scales: Vec<f64> =
            lengths.iter().zip(&dead).map(|(x, dead)| if *dead { 1.0 } else { x.sqrt() }).collect();
        for square in &mut squares {
            for (e, x) in square.iter_mut().enumerate() {
                *x /= scales[e / terms] * scales[e % terms];
            }
        }
        weights.iter_mut().for_each(|row| row.iter_mut().zip(&scales).for_each(|(w, scale)| *w /= scale));
        let dof = self.dof();
        Equations { dof, squares, weights, scales, dead }
    }

    /// M₀⁻¹ and −M₀⁻¹ M₀′ M₀⁻¹ at every point.
    fn inverses(&self, terms: &[usize], c: &[f64]) -> Option<Inverses> {
        let n = self.dof();
        let at = |(point, in_use): (usize, &bool)| {
            if !in_use {
                return Some(([[0.0; MOST]; MOST], [[0.0; MOST]; MOST]));
            }
            let (mut mass, mut rate) = ([[0.0; MOST]; MOST], [[0.0; MOST]; MOST]);
            let ones = self.at(point);
            for (&k, c) in terms.iter().zip(c) {
                if let Part::Mass { i, j, .. } = self.parts[k] {
                    mass[i][j] += c * ones[k].mass;
                    rate[i][j] += c * ones[k].rate;
                }
            }
            mirror(&mut mass, n);
            mirror(&mut rate, n);
            let turn = inverse(&mass, n)?;
            let turned = product_of(&product_of(&turn, &rate), &turn);
            Some((turn, turned.map(|row| row.map(|x| -x))))
        };
        self.weak.in_use().iter().enumerate().map(at).collect()
    }

    /// What a form leaves of the weak equations of the accelerations; nothing where M is not positive definite.
    pub fn residual(
        &self,
        whitened: &Whitened,
        terms: &[usize],
        c: &[f64],
        with_slopes: bool,
    ) -> Option<Residual> {
        let n = self.dof();
        let count = 1 + if with_slopes { terms.len() } else { 0 };
        let mut functions = vec![0.0; self.weak.points() * n * count];
        let rows = functions.chunks_exact_mut(n * count);
        for (point, (row, in_use)) in rows.zip(self.weak.in_use()).enumerate() {
            if *in_use {
                self.accelerate(point, terms, c, count, row)?;
            }
        }
        let columns = whitened.project(&functions, count);
        let left = whitened.left();
        let of = |column: usize| columns.iter().flat_map(move |m| m.col_as_slice(column).iter().copied());
        let rest: Vec<f64> = left.iter().flatten().zip(of(0)).map(|(a, b)| a - b).collect();
        let slopes = (1..count).map(|column| of(column).collect()).collect();
        rest.iter().all(|x| x.is_finite()).then_some(Residual { rest, slopes })
    }

    /// Writes a_i and ∂a_i/∂c at a point, `[dof, count]`: a = M⁻¹F, ∂a/∂c_k = M⁻¹(F_k − M_k a).
    fn accelerate(
        &self,
        point: usize,
        terms: &[usize],
        c: &[f64],
        count: usize,
        row: &mut [f64],
    ) -> Option<()> {
        let (n, ones) = (self.dof(), self.at(point));
        let (mut mass, mut force) = ([[0.0; MOST]; MOST], [0.0; MOST]);
        for (&k, c) in terms.iter().zip(c) {
            (0..n).for_each(|i| force[i] += c * ones[k].force[i]);
            if let Part::Mass { i, j, .. } = self.parts[k] {
                mass[i][j] += c * ones[k].mass;
            }
        }
        mirror(&mut mass, n);
        let turn = inverse(&mass, n)?;
        let a = product(&turn, &force);
        (0..n).for_each(|i| row[i * count] = a[i]);
        for (place, &k) in terms.iter().enumerate().take(count - 1) {
            let mut rest = ones[k].force;
            if let Part::Mass { i, j, .. } = self.parts[k] {
                rest[i] -= ones[k].mass * a[j];
                if i != j {
                    rest[j] -= ones[k].mass * a[i];
                }
            }
            let change = product(&turn, &rest);
            (0..n).for_each(|i| row[i * count + 1 + place] = change[i]);
        }
        Some(())
    }
}

impl Equations {
    /// The normal equations of some terms beside others whose coefficients are known: Σ_k c_k x_k ≈ −Σ known.
    pub fn of_some(&self, known: &[(usize, f64)], choices: &[usize]) -> Gram {
        let terms = self.scales.len();
        let entry = |a: usize, b: usize| -> f64 { self.squares.iter().map(|g| g[a * terms + b]).sum() };
        let scaled: Vec<(usize, f64)> = known.iter().map(|&(k, c)| (k, c * self.scales[k])).collect();
        let right = choices.iter().map(|&j| -scaled.iter().map(|&(k, c)| c * entry(j, k)).sum::<f64>());
        let pairs = scaled.iter().flat_map(|&(k, c)| scaled.iter().map(move |&(l, d)| (k, l, c * d)));
        let square = pairs.map(|(k, l, c)| c * entry(k, l)).sum();
        let matrix = Matrix::from_fn(choices.len(), choices.len(), |i, j| entry(choices[i], choices[j]));
        Gram::of_one_block(matrix, right.collect(), square)
    }
}

impl One {
    fn of(part: &Part, q: &[f64], v: &[f64]) -> One {
        let mut action = Action::zero();
        action.add(part, q, v, 1.0);
        let (mut mass, mut rate) = (0.0, 0.0);
        if let Part::Mass { i, j, .. } = part {
            mass = action.mass[*i][*j];
            rate = action.mass_rate(v)[*i][*j];
        }
        let Action { momentum, by_position, force, .. } = action;
        One { momentum, by_position, force, mass, rate }
    }

    fn is_finite(&self) -> bool {
        let all = self.momentum.iter().chain(&self.by_position).chain(&self.force);
        all.chain([&self.mass, &self.rate]).all(|x| x.is_finite())
    }
}

fn along(row: &Vector, x: &Vector) -> f64 {
    row.iter().zip(x).map(|(a, b)| a * b).sum()
}

/// Copies the upper half of a symmetric matrix to the lower.
fn mirror(matrix: &mut Square, n: usize) {
    let full: Square = std::array::from_fn(|i| std::array::from_fn(|j| matrix[i.min(j)][i.max(j)]));
    matrix[..n].copy_from_slice(&full[..n]);
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
        let place = |wanted: &Part| parts.iter().position(|part| part == wanted).unwrap();
        let of = |i: usize, shape| place(&Part::Mass { i, j: i, shape });
        let polar = Shape::new([Factor::of(Base::Identity, 0, 2)]);
        let both = [of(0, Shape::new([])), of(1, polar)];
        let table = Table::new(&weak, &parts);
        let whitened = weak.whiten(None, 1e-2).unwrap();
        let equations = table.equations(&whitened, &both, &[1.0, 1.0]).unwrap();
        let chi = |c: [f64; 2]| -> f64 {
            let scaled: Vec<f64> = both.iter().zip(c).map(|(&k, c)| c * equations.scales[k]).collect();
            let entry = |a: usize, b: usize| -> f64 {
                equations.squares.iter().map(|square| square[a * parts.len() + b]).sum()
            };
            let pairs = (0..2).flat_map(|a| (0..2).map(move |b| (a, b)));
            pairs.map(|(a, b)| scaled[a] * scaled[b] * entry(both[a], both[b])).sum()
        };
        assert!(chi([1.0, 1.0]) < 1e-6 * chi([1.0, 0.7]), "{} {}", chi([1.0, 1.0]), chi([1.0, 0.7]));
        let left = |c: [f64; 2]| -> f64 {
            let Residual { rest, .. } = table.residual(&whitened, &both, &c, false).unwrap();
            rest.iter().map(|x| x * x).sum()
        };
        assert!(left([1.0, 1.0]) < 1e-6 * left([1.0, 0.7]));
    }

    #[test]
    fn slopes_are_the_changes_of_the_residual() {
        let recording = Simulated {
            names: &["r", "theta"],
            law: &|_, q, v| vec![q[0] * v[1] * v[1] - q[0], -2.0 * v[0] * v[1] / q[0]],
            starts: &[&[1.0, 0.0, -0.3, 0.8]],
            duration: 4.0,
            step: 0.04,
            noise: 0.0,
        }
        .recording();
        let smoothed = Smoother::default().smooth(&recording).unwrap();
        let weak = WeakForm::new(&smoothed, &Default::default());
        let parts = library(&recording.coordinates, &[]);
        let table = Table::new(&weak, &parts);
        let whitened = weak.whiten(None, 1e-2).unwrap();
        let masses = |i, j| {
            parts.iter().position(|p| matches!(p, Part::Mass { i: a, j: b, .. } if (*a, *b) == (i, j)))
        };
        let terms = [masses(0, 0).unwrap(), masses(0, 1).unwrap(), masses(1, 1).unwrap()];
        let at = |c: &[f64]| table.residual(&whitened, &terms, c, true).unwrap();
        let c = [1.0, 0.2, 1.3];
        let here = at(&c);
        for k in 0..3 {
            let h = 1e-6;
            let mut moved = c;
            moved[k] += h;
            let there = at(&moved);
            for ((a, b), slope) in here.rest.iter().zip(&there.rest).zip(&here.slopes[k]) {
                assert!(((a - b) / h - slope).abs() < 1e-4 * (1.0 + slope.abs()), "{} {slope}", (a - b) / h);
            }
        }
    }
}

//! Adam and SOAP on a flat array of weights.
//!
//! SOAP is Adam in the slowly rotating eigenbasis of the running means of GGᵀ and GᵀG, for each weight matrix of
//! gradient G. Here the first moment is kept in the rotated basis and carried over when the basis turns. A basis turns
//! by one step of orthogonal iteration every few steps.
//!
//! # References
//! Kingma and Ba (2015), *Adam*; Vyas, Morwani, Zhao and others (2025), *SOAP: improving and stabilizing Shampoo using
//! Adam*.

use super::linear::{View, product, vectorised};
use super::network::{Block, Lanes};
use super::operation::Crew;
use serde::{Deserialize, Serialize};

/// Which optimiser fits the weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OptimiserKind {
    /// Adam with b1 = 0.9, b2 = 0.999.
    Adam,
    /// SOAP with b1 = b2 = 0.95: 20–80 times lower losses than Adam in equal steps.
    Soap,
}

/// Steps between two turns of a basis.
const TURN: usize = 20;
/// Until this step the bases turn at powers of two as well.
const EARLY: usize = 16;
const EPSILON: f32 = 1e-8;

/// Part of the weights with its own basis (a matrix) or without (a vector).
struct Part {
    name: String,
    start: usize,
    rows: usize,
    columns: usize,
    m: Vec<f32>,
    v: Vec<f32>,
    rotation: Option<Rotation>,
}

/// Running means of GGᵀ and GᵀG and their eigenvectors, one in each row.
struct Rotation {
    left: Vec<f32>,
    right: Vec<f32>,
    left_basis: Vec<f32>,
    right_basis: Vec<f32>,
    /// Room for a turned gradient and an intermediate product.
    turned: Vec<f32>,
    half: Vec<f32>,
}

/// An optimiser with its state.
pub(crate) struct Optimiser {
    kind: OptimiserKind,
    parts: Vec<Part>,
    steps: usize,
}

/// The constants of one step.
#[derive(Clone, Copy)]
struct Rates {
    rate: f32,
    b1: f32,
    b2: f32,
    /// 1/(1 − b1ᵗ), 1/(1 − b2ᵗ).
    m_correction: f32,
    v_correction: f32,
    clip: f32,
    step: usize,
}

impl Optimiser {
    pub(crate) fn new(kind: OptimiserKind, blocks: &[Block]) -> Self {
        let mut start = 0;
        let mut parts = Vec::new();
        for block in blocks {
            let (rows, columns) = (block.rows, block.columns);
            let matrix = kind == OptimiserKind::Soap && rows > 1 && columns > 1;
            parts.push(Part {
                name: block.name.clone(),
                start,
                rows,
                columns,
                m: vec![0.; block.len()],
                v: vec![0.; block.len()],
                rotation: matrix.then(|| Rotation::new(rows, columns)),
            });
            start += block.len();
        }
        Self { kind, parts, steps: 0 }
    }

    /// Moves `weights` against `gradient`, which is shortened to norm `clip` if it is longer.
    pub(crate) fn step(&mut self, weights: &mut [f32], gradient: &[f32], rate: f64, clip: f64, crew: &Crew) {
        let norm = vectorised(|| {
            let mut sum = Lanes::new();
            sum.add_products(gradient, gradient);
            f64::from(sum.total()).sqrt()
        });
        self.steps += 1;
        let (b1, b2): (f64, f64) = match self.kind {
            OptimiserKind::Adam => (0.9, 0.999),
            OptimiserKind::Soap => (0.95, 0.95),
        };
        let correction = |b: f64| (1. / (1. - b.powi(self.steps.min(100_000) as i32))) as f32;
        let rates = Rates {
            rate: rate as f32,
            b1: b1 as f32,
            b2: b2 as f32,
            m_correction: correction(b1),
            v_correction: correction(b2),
            clip: if norm > clip { (clip / norm) as f32 } else { 1. },
            step: self.steps,
        };
        let mut jobs = Vec::with_capacity(self.parts.len());
        let mut rest = weights;
        for part in &mut self.parts {
            let (own, others) = rest.split_at_mut(part.rows * part.columns);
            rest = others;
            let gradient = &gradient[part.start..][..part.rows * part.columns];
            jobs.push((part, own, gradient));
        }
        if self.kind == OptimiserKind::Adam || crew.threads() == 1 {
            vectorised(|| {
                jobs.iter_mut().for_each(|(part, weights, gradient)| part.step(weights, gradient, rates))
            });
        } else {
            // The large matrices of the two networks are about equal work: every other part to the other thread.
            jobs.sort_by_key(|(part, ..)| std::cmp::Reverse(part.rows * part.columns));
            let mut shares: Vec<Vec<_>> = (0..crew.threads()).map(|_| Vec::new()).collect();
            for (at, job) in jobs.into_iter().enumerate() {
                shares[at % crew.threads()].push(job);
            }
            crew.each(&mut shares, |share| {
                vectorised(|| {
                    share.iter_mut().for_each(|(part, weights, gradient)| part.step(weights, gradient, rates))
                });
            });
        }
    }

    /// The named arrays of its state.
    pub(crate) fn state(&self) -> Vec<(String, &[f32])> {
        let mut state = Vec::new();
        for part in &self.parts {
            let mut push =
                |what: &str, values| state.push((format!("optimiser.{}.{what}", part.name), values));
            push("m", part.m.as_slice());
            push("v", part.v.as_slice());
            if let Some(r) = &part.rotation {
                push("left", &r.left);
                push("right", &r.right);
                push("left_basis", &r.left_basis);
                push("right_basis", &r.right_basis);
            }
        }
        state
    }

    /// Takes up a saved state; names what is missing or has the wrong length.
    pub(crate) fn restore(
        &mut self,
        steps: usize,
        find: impl Fn(&str) -> Option<Vec<f32>>,
    ) -> Result<(), String> {
        let fetch = |name: &str, what: &str, into: &mut Vec<f32>| {
            let name = format!("optimiser.{name}.{what}");
            match find(&name) {
                Some(values) if values.len() == into.len() => *into = values,
                Some(values) => {
                    return Err(format!("{name} has {} entries, not {}", values.len(), into.len()));
                }
                None => return Err(format!("{name} is missing")),
            }
            Ok(())
        };
        for part in &mut self.parts {
            fetch(&part.name, "m", &mut part.m)?;
            fetch(&part.name, "v", &mut part.v)?;
            if let Some(r) = &mut part.rotation {
                fetch(&part.name, "left", &mut r.left)?;
                fetch(&part.name, "right", &mut r.right)?;
                fetch(&part.name, "left_basis", &mut r.left_basis)?;
                fetch(&part.name, "right_basis", &mut r.right_basis)?;
            }
        }
        self.steps = steps;
        Ok(())
    }
}

impl Part {
    #[inline(always)]
    fn step(&mut self, weights: &mut [f32], gradient: &[f32], rates: Rates) {
        let Some(rotation) = &mut self.rotation else {
            return adam(&mut self.m, &mut self.v, gradient, rates, weights);
        };
        let (r, c) = (self.rows, self.columns);
        rotation.accumulate(gradient, r, c, rates);
        if rates.step.is_multiple_of(TURN) || (rates.step <= EARLY && rates.step.is_power_of_two()) {
            rotation.turn(r, c, &mut self.m);
        }
        let Rotation { left_basis, right_basis, turned, half, .. } = rotation;
        let (left, right) = (View::new(left_basis, r, r), View::new(right_basis, c, c));
        product(half, left, View::new(gradient, r, c), false);
        product(turned, View::new(half, r, c), right.transposed(), false);
        adam_direction(&mut self.m, &mut self.v, turned, rates);
        product(half, left.transposed(), View::new(turned, r, c), false);
        product(turned, View::new(half, r, c), right, false);
        weights.iter_mut().zip(&*turned).for_each(|(w, d)| *w -= d);
    }
}

#[inline(always)]
fn adam(m: &mut [f32], v: &mut [f32], gradient: &[f32], rates: Rates, weights: &mut [f32]) {
    for (((m, v), &g), w) in m.iter_mut().zip(v).zip(gradient).zip(weights) {
        *w -= moments(m, v, g * rates.clip, rates);
    }
}

/// Replaces a gradient by the step to take.
#[inline(always)]
fn adam_direction(m: &mut [f32], v: &mut [f32], gradient: &mut [f32], rates: Rates) {
    for ((m, v), g) in m.iter_mut().zip(v).zip(gradient) {
        *g = moments(m, v, *g * rates.clip, rates);
    }
}

#[inline(always)]
fn moments(m: &mut f32, v: &mut f32, g: f32, rates: Rates) -> f32 {
    *m = rates.b1 * *m + (1. - rates.b1) * g;
    *v = rates.b2 * *v + (1. - rates.b2) * g * g;
    rates.rate * (*m * rates.m_correction) / ((*v * rates.v_correction).sqrt() + EPSILON)
}

impl Rotation {
    fn new(rows: usize, columns: usize) -> Self {
        let identity = |n: usize| (0..n * n).map(|at| if at / n == at % n { 1. } else { 0. }).collect();
        let zeros = || vec![0.; rows * columns];
        Self {
            left: vec![0.; rows * rows],
            right: vec![0.; columns * columns],
            left_basis: identity(rows),
            right_basis: identity(columns),
            turned: zeros(),
            half: zeros(),
        }
    }

    /// Running means of GGᵀ and GᵀG.
    #[inline(always)]
    fn accumulate(&mut self, gradient: &[f32], r: usize, c: usize, rates: Rates) {
        let g = View::new(gradient, r, c);
        let square = rates.clip * rates.clip * (1. - rates.b2) / rates.b2;
        // mean ← b2·(mean + square·GGᵀ), the factor folded into one of the two gradients.
        self.half.iter_mut().zip(gradient).for_each(|(h, g)| *h = square * g);
        let scaled = View::new(&self.half, r, c);
        product(&mut self.left, scaled, g.transposed(), true);
        product(&mut self.right, scaled.transposed(), g, true);
        self.left.iter_mut().chain(&mut self.right).for_each(|x| *x *= rates.b2);
    }

    /// One step of orthogonal iteration on both bases; the first moment `m` turns with them.
    fn turn(&mut self, r: usize, c: usize, m: &mut [f32]) {
        let left = power_step(&self.left_basis, &self.left, r);
        let right = power_step(&self.right_basis, &self.right, c);
        let between = |new: &[f32], old: &[f32], n: usize| {
            let mut out = vec![0.; n * n];
            product(&mut out, View::new(new, n, n), View::new(old, n, n).transposed(), false);
            out
        };
        let by_left = between(&left, &self.left_basis, r);
        let by_right = between(&right, &self.right_basis, c);
        product(&mut self.half, View::new(&by_left, r, r), View::new(m, r, c), false);
        product(m, View::new(&self.half, r, c), View::new(&by_right, c, c).transposed(), false);
        (self.left_basis, self.right_basis) = (left, right);
    }
}

/// Rows of `basis·(mean + δ)`, made orthonormal; δ keeps directions without gradient where they are.
fn power_step(basis: &[f32], mean: &[f32], n: usize) -> Vec<f32> {
    let trace: f32 = (0..n).map(|i| mean[i * n + i]).sum();
    if trace <= 0. || !trace.is_finite() {
        return basis.to_vec();
    }
    let shift = 1e-4 * trace / n as f32;
    let mut rows: Vec<f32> = basis.iter().map(|x| shift * x).collect();
    product(&mut rows, View::new(basis, n, n), View::new(mean, n, n), true);
    vectorised(|| orthonormalise(&mut rows, n));
    rows
}

/// Gram–Schmidt, twice, of the rows of a square matrix, in blocks so that most of it is products.
#[inline(always)]
fn orthonormalise(rows: &mut [f32], n: usize) {
    const BLOCK: usize = 16;
    let mut overlaps = vec![0.; BLOCK * n];
    for start in (0..n).step_by(BLOCK) {
        let size = BLOCK.min(n - start);
        let (done, rest) = rows.split_at_mut(start * n);
        let block = &mut rest[..size * n];
        for _ in 0..2 {
            if start > 0 {
                let before = View::new(done, start, n);
                product(&mut overlaps, View::new(block, size, n), before.transposed(), false);
                overlaps[..size * start].iter_mut().for_each(|x| *x = -*x);
                product(block, View::new(&overlaps, size, start), before, true);
            }
            for i in 0..size {
                let (earlier, row) = block.split_at_mut(i * n);
                let row = &mut row[..n];
                for other in earlier.chunks_exact(n) {
                    let mut sum = Lanes::new();
                    sum.add_products(row, other);
                    let overlap = sum.total();
                    row.iter_mut().zip(other).for_each(|(x, o)| *x -= overlap * o);
                }
                let mut sum = Lanes::new();
                sum.add_products(row, row);
                let norm = sum.total().sqrt();
                let inverse = if norm > 0. { 1. / norm } else { 0. };
                row.iter_mut().for_each(|x| *x *= inverse);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quadratic(kind: OptimiserKind) -> f32 {
        // f(W) = ½ ‖A W B − C‖² with badly scaled A, B.
        let n = 20;
        let blocks = [Block { name: "w".into(), rows: n, columns: n }];
        let mut optimiser = Optimiser::new(kind, &blocks);
        let crew = Crew::new(1).unwrap();
        let hilbert: Vec<f32> = (0..n * n).map(|at| 1. / (1 + at / n + at % n) as f32).collect();
        let mut weights = vec![0.; n * n];
        let mut loss = 0.;
        for step in 0..300 {
            let mut half = vec![0.; n * n];
            let mut residual = vec![0.; n * n];
            let a = View::new(&hilbert, n, n);
            product(&mut half, a, View::new(&weights, n, n), false);
            product(&mut residual, View::new(&half, n, n), a, false);
            (0..n).for_each(|i| residual[i * n + i] -= 1.);
            loss = residual.iter().map(|x| x * x).sum();
            let mut gradient = vec![0.; n * n];
            product(&mut half, a, View::new(&residual, n, n), false);
            product(&mut gradient, View::new(&half, n, n), a, false);
            optimiser.step(&mut weights, &gradient, 0.1 * (1. - f64::from(step) / 300.), 1e9, &crew);
        }
        loss
    }

    #[test]
    fn soap_is_ahead_of_adam_where_directions_differ() {
        let (adam, soap) = (quadratic(OptimiserKind::Adam), quadratic(OptimiserKind::Soap));
        assert!(soap < adam, "{soap} {adam}");
    }

    #[test]
    fn orthogonal_iteration_finds_eigenvectors_and_survives_rank_one() {
        let n = 40;
        let v: Vec<f32> = (0..n).map(|i| ((i * i + 1) as f32).sin()).collect();
        let square: f32 = v.iter().map(|x| x * x).sum();
        let mean: Vec<f32> = (0..n * n).map(|at| v[at / n] * v[at % n]).collect();
        let mut basis: Vec<f32> = (0..n * n).map(|at| if at / n == at % n { 1. } else { 0. }).collect();
        for _ in 0..4 {
            basis = power_step(&basis, &mean, n);
        }
        let overlap: f32 = basis[..n].iter().zip(&v).map(|(a, b)| a * b).sum();
        assert!((overlap.abs() - square.sqrt()).abs() < 1e-3);
        let mut gram = vec![0.; n * n];
        product(&mut gram, View::new(&basis, n, n), View::new(&basis, n, n).transposed(), false);
        for (at, x) in gram.iter().enumerate() {
            assert!((x - if at / n == at % n { 1. } else { 0. }).abs() < 1e-5, "{at} {x}");
        }
    }
}

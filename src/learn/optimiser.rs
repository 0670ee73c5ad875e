//! Adam and SOAP, as [`candle_nn::Optimizer`]s whose state can be saved and taken up again.
//!
//! SOAP is Adam in the slowly rotating eigenbasis of the running means of GGᵀ and GᵀG, for each weight matrix of
//! gradient G. Here the first moment is kept in the rotated basis and carried over when the basis turns. A basis turns
//! by one step of orthogonal iteration every few steps. [`candle_nn::AdamW`] keeps its moments to itself, so that a
//! training could not be taken up to the same bits; this Adam is tested to take the same steps.
//!
//! # References
//! Kingma and Ba (2015), *Adam*; Vyas, Morwani, Zhao and others (2025), *SOAP: improving and stabilizing Shampoo using
//! Adam*.

use super::linear::{Work, vectorised};
use super::operation::{Crew, contiguous};
use super::product::{Target, View, product};
use super::sums::Lanes;
use candle_core::backprop::GradStore;
use candle_core::{CpuStorage, InplaceOp1, Layout, Result, Storage, Var, bail};
use candle_nn::Optimizer;
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

/// What an optimiser is made with.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) kind: OptimiserKind,
    /// Longest gradient, over all variables together, that is not shortened.
    pub(crate) clip: f64,
    pub(crate) crew: Crew,
}

/// A variable with its own basis (a matrix) or without (a vector).
struct Part {
    variable: Var,
    rows: usize,
    columns: usize,
    m: Vec<f32>,
    v: Vec<f32>,
    /// What the last step subtracted.
    change: Vec<f32>,
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
    /// For the copies that products make.
    room: Vec<f32>,
}

/// An optimiser with its state.
pub(crate) struct Optimiser {
    settings: Settings,
    rate: f64,
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

impl Optimizer for Optimiser {
    type Config = Settings;

    fn new(variables: Vec<Var>, settings: Settings) -> Result<Self> {
        let part = |variable: Var| {
            let (rows, columns) = match *variable.dims() {
                [rows, columns] => (rows, columns),
                _ => (1, variable.elem_count()),
            };
            let is_turned = settings.kind == OptimiserKind::Soap && rows > 1 && columns > 1;
            let zeros = || vec![0.; rows * columns];
            let rotation = is_turned.then(|| Rotation::new(rows, columns));
            Part { variable, rows, columns, m: zeros(), v: zeros(), change: zeros(), rotation }
        };
        let parts = variables.into_iter().map(part).collect();
        Ok(Self { settings, rate: 0., parts, steps: 0 })
    }

    /// Moves the variables against their gradients.
    fn step(&mut self, gradients: &GradStore) -> Result<()> {
        let mut moved = Vec::with_capacity(self.parts.len());
        for part in &mut self.parts {
            let Some(gradient) = gradients.get(&part.variable) else { continue };
            moved.push((part, gradient.storage_and_layout()));
        }
        let mut jobs = Vec::with_capacity(moved.len());
        for (part, (storage, layout)) in &mut moved {
            let Storage::Cpu(storage) = &**storage else { bail!("gradients outside the CPU") };
            jobs.push((&mut **part, contiguous::<f32>(storage, layout)?));
        }
        self.steps += 1;
        let rates = Rates::of(&self.settings, self.rate, self.steps, &jobs);
        let crew = &self.settings.crew;
        if self.settings.kind == OptimiserKind::Adam || crew.threads() == 1 {
            jobs.iter_mut().for_each(|(part, gradient)| part.step(gradient, rates));
        } else {
            // The large matrices of the two networks are about equal work: every other part to the other thread.
            jobs.sort_by_key(|(part, _)| std::cmp::Reverse(part.rows * part.columns));
            let mut shares: Vec<Vec<_>> = (0..crew.threads()).map(|_| Vec::new()).collect();
            for (at, job) in jobs.into_iter().enumerate() {
                shares[at % crew.threads()].push(job);
            }
            crew.each(&mut shares, |share| {
                share.iter_mut().for_each(|(part, gradient)| part.step(gradient, rates));
            });
        }
        moved.iter().try_for_each(|(part, _)| part.variable.inplace_op1(&Subtract(&part.change)))
    }

    fn learning_rate(&self) -> f64 {
        self.rate
    }

    fn set_learning_rate(&mut self, rate: f64) {
        self.rate = rate;
    }
}

/// Subtracts a change from a variable.
struct Subtract<'a>(&'a [f32]);

impl InplaceOp1 for Subtract<'_> {
    fn name(&self) -> &'static str {
        "subtract"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> Result<()> {
        let (CpuStorage::F32(values), Some((from, to))) = (storage, layout.contiguous_offsets()) else {
            bail!("a variable that is no contiguous array of type f32");
        };
        values[from..to].iter_mut().zip(self.0).for_each(|(value, change)| *value -= change);
        Ok(())
    }
}

impl Optimiser {
    /// The arrays of its state, one list a variable, each array with its name and shape.
    pub(crate) fn state(&self) -> impl Iterator<Item = Vec<(&'static str, Vec<usize>, &[f32])>> {
        self.parts.iter().map(|part| {
            let (shape, r, c) = (part.variable.dims().to_vec(), part.rows, part.columns);
            let mut state = vec![("m", shape.clone(), part.m.as_slice()), ("v", shape, part.v.as_slice())];
            if let Some(rotation) = &part.rotation {
                state.push(("left", vec![r, r], &rotation.left));
                state.push(("right", vec![c, c], &rotation.right));
                state.push(("left_basis", vec![r, r], &rotation.left_basis));
                state.push(("right_basis", vec![c, c], &rotation.right_basis));
            }
            state
        })
    }

    /// Takes up a saved state: `find` gives the array of a variable, by its place and name, of the length asked for.
    ///
    /// # Errors
    /// Those of `find`.
    pub(crate) fn restore<E>(
        &mut self,
        steps: usize,
        find: impl Fn(usize, &'static str, usize) -> std::result::Result<Vec<f32>, E>,
    ) -> std::result::Result<(), E> {
        for (at, part) in self.parts.iter_mut().enumerate() {
            let mut arrays = vec![("m", &mut part.m), ("v", &mut part.v)];
            if let Some(rotation) = &mut part.rotation {
                arrays.push(("left", &mut rotation.left));
                arrays.push(("right", &mut rotation.right));
                arrays.push(("left_basis", &mut rotation.left_basis));
                arrays.push(("right_basis", &mut rotation.right_basis));
            }
            for (name, values) in arrays {
                *values = find(at, name, values.len())?;
            }
        }
        self.steps = steps;
        Ok(())
    }
}

impl Rates {
    fn of(settings: &Settings, rate: f64, step: usize, jobs: &[(&mut Part, &[f32])]) -> Self {
        let square = |gradient: &[f32]| f64::from(vectorised(SumOfSquares(gradient)));
        let norm = jobs.iter().map(|(_, gradient)| square(gradient)).sum::<f64>().sqrt();
        let (b1, b2): (f64, f64) = match settings.kind {
            OptimiserKind::Adam => (0.9, 0.999),
            OptimiserKind::Soap => (0.95, 0.95),
        };
        let correction = |b: f64| (1. / (1. - b.powi(step.min(100_000) as i32))) as f32;
        Self {
            rate: rate as f32,
            b1: b1 as f32,
            b2: b2 as f32,
            m_correction: correction(b1),
            v_correction: correction(b2),
            clip: if norm > settings.clip { (settings.clip / norm) as f32 } else { 1. },
            step,
        }
    }
}

struct SumOfSquares<'a>(&'a [f32]);

impl Work for SumOfSquares<'_> {
    type Output = f32;

    #[inline(always)]
    fn run(self) -> f32 {
        let mut sum = Lanes::new();
        sum.add_products(self.0, self.0);
        sum.total()
    }
}

impl Part {
    /// Sets `change` for this gradient.
    fn step(&mut self, gradient: &[f32], rates: Rates) {
        let (r, c) = (self.rows, self.columns);
        let Some(rotation) = &mut self.rotation else {
            self.change.copy_from_slice(gradient);
            return vectorised(Direction {
                m: &mut self.m,
                v: &mut self.v,
                gradient: &mut self.change,
                rates,
            });
        };
        rotation.accumulate(gradient, r, c, rates);
        if rates.step.is_multiple_of(TURN) || (rates.step <= EARLY && rates.step.is_power_of_two()) {
            rotation.turn(r, c, &mut self.m);
        }
        let Rotation { left_basis, right_basis, turned, half, room, .. } = rotation;
        let (left, right) = (View::new(left_basis, r, r), View::new(right_basis, c, c));
        product(Target::set(half, c), left, View::new(gradient, r, c), room);
        product(Target::set(turned, c), View::new(half, r, c), right.transposed(), room);
        vectorised(Direction { m: &mut self.m, v: &mut self.v, gradient: turned, rates });
        product(Target::set(half, c), left.transposed(), View::new(turned, r, c), room);
        product(Target::set(&mut self.change, c), View::new(half, r, c), right, room);
    }
}

/// Replaces a gradient by the step to take.
struct Direction<'a> {
    m: &'a mut [f32],
    v: &'a mut [f32],
    gradient: &'a mut [f32],
    rates: Rates,
}

impl Work for Direction<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for ((m, v), g) in self.m.iter_mut().zip(self.v).zip(self.gradient) {
            *g = moments(m, v, *g * self.rates.clip, self.rates);
        }
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
            room: Vec::new(),
        }
    }

    /// Running means of GGᵀ and GᵀG.
    fn accumulate(&mut self, gradient: &[f32], r: usize, c: usize, rates: Rates) {
        let g = View::new(gradient, r, c);
        let square = rates.clip * rates.clip * (1. - rates.b2) / rates.b2;
        // mean ← b2·(mean + square·GGᵀ), the factor folded into one of the two gradients.
        self.half.iter_mut().zip(gradient).for_each(|(h, g)| *h = square * g);
        let scaled = View::new(&self.half, r, c);
        product(Target::add(&mut self.left, r), scaled, g.transposed(), &mut self.room);
        product(Target::add(&mut self.right, c), scaled.transposed(), g, &mut self.room);
        self.left.iter_mut().chain(&mut self.right).for_each(|x| *x *= rates.b2);
    }

    /// One step of orthogonal iteration on both bases; the first moment `m` turns with them.
    fn turn(&mut self, r: usize, c: usize, m: &mut [f32]) {
        let room = &mut self.room;
        let left = power_step(&self.left_basis, &self.left, r, room);
        let right = power_step(&self.right_basis, &self.right, c, room);
        let mut between = |new: &[f32], old: &[f32], n: usize| {
            let mut out = vec![0.; n * n];
            product(Target::set(&mut out, n), View::new(new, n, n), View::new(old, n, n).transposed(), room);
            out
        };
        let by_left = between(&left, &self.left_basis, r);
        let by_right = between(&right, &self.right_basis, c);
        let (half, by_right) = (&mut self.half, View::new(&by_right, c, c).transposed());
        product(Target::set(half, c), View::new(&by_left, r, r), View::new(m, r, c), room);
        product(Target::set(m, c), View::new(half, r, c), by_right, room);
        (self.left_basis, self.right_basis) = (left, right);
    }
}

/// Rows of `basis·(mean + δ)`, made orthonormal; δ keeps directions without gradient where they are.
fn power_step(basis: &[f32], mean: &[f32], n: usize, room: &mut Vec<f32>) -> Vec<f32> {
    let trace: f32 = (0..n).map(|i| mean[i * n + i]).sum();
    if trace <= 0. || !trace.is_finite() {
        return basis.to_vec();
    }
    let shift = 1e-4 * trace / n as f32;
    let mut rows: Vec<f32> = basis.iter().map(|x| shift * x).collect();
    product(Target::add(&mut rows, n), View::new(basis, n, n), View::new(mean, n, n), room);
    vectorised(Orthonormalisation { rows: &mut rows, n, room });
    rows
}

struct Orthonormalisation<'a> {
    rows: &'a mut [f32],
    n: usize,
    room: &'a mut Vec<f32>,
}

impl Work for Orthonormalisation<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        orthonormalise(self.rows, self.n, self.room);
    }
}

/// Gram–Schmidt, twice, of the rows of a square matrix, in blocks so that most of it is products.
#[inline(always)]
fn orthonormalise(rows: &mut [f32], n: usize, room: &mut Vec<f32>) {
    const BLOCK: usize = 16;
    let mut overlaps = vec![0.; BLOCK * n];
    for start in (0..n).step_by(BLOCK) {
        let size = BLOCK.min(n - start);
        let (done, rest) = rows.split_at_mut(start * n);
        let block = &mut rest[..size * n];
        for _ in 0..2 {
            if start > 0 {
                let before = View::new(done, start, n);
                product(
                    Target::set(&mut overlaps, start),
                    View::new(block, size, n),
                    before.transposed(),
                    room,
                );
                overlaps[..size * start].iter_mut().for_each(|x| *x = -*x);
                product(Target::add(block, n), View::new(&overlaps, size, start), before, room);
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
    use candle_core::{DType, Device, Tensor};
    use candle_nn::{AdamW, ParamsAdamW};

    fn optimiser(kind: OptimiserKind, variables: Vec<Var>) -> Optimiser {
        let settings = Settings { kind, clip: 1e9, crew: Crew::new(1).unwrap() };
        Optimiser::new(variables, settings).unwrap()
    }

    /// f(W) = ‖A W A − 1‖² after 300 steps, with a badly scaled A.
    fn quadratic(kind: OptimiserKind) -> f32 {
        let n = 20;
        let hilbert: Vec<f32> = (0..n * n).map(|at| 1. / (1 + at / n + at % n) as f32).collect();
        let a = Tensor::from_vec(hilbert, (n, n), &Device::Cpu).unwrap();
        let identity = Tensor::eye(n, DType::F32, &Device::Cpu).unwrap();
        let weights = Var::zeros((n, n), DType::F32, &Device::Cpu).unwrap();
        let mut optimiser = optimiser(kind, vec![weights.clone()]);
        let loss = || (a.matmul(&weights)?.matmul(&a)? - &identity)?.sqr()?.sum_all();
        for step in 0..300 {
            optimiser.set_learning_rate(0.1 * (1. - f64::from(step) / 300.));
            optimiser.backward_step(&loss().unwrap()).unwrap();
        }
        loss().unwrap().to_scalar().unwrap()
    }

    #[test]
    fn adam_takes_the_steps_of_candle_nn() {
        let start = Tensor::new(&[[0.3_f32, -1.2, 0.7], [2., 0.1, -0.4]], &Device::Cpu).unwrap();
        let [ours, theirs] = [0; 2].map(|_| Var::from_tensor(&start).unwrap());
        let params = ParamsAdamW { lr: 0.05, weight_decay: 0., ..ParamsAdamW::default() };
        let mut reference = AdamW::new(vec![theirs.clone()], params).unwrap();
        let mut adam = optimiser(OptimiserKind::Adam, vec![ours.clone()]);
        adam.set_learning_rate(0.05);
        let loss = |w: &Var| (w.sqr()? * w.as_tensor())?.cos()?.sum_all();
        for _ in 0..30 {
            adam.backward_step(&loss(&ours).unwrap()).unwrap();
            reference.backward_step(&loss(&theirs).unwrap()).unwrap();
        }
        let [a, b] = [&ours, &theirs].map(|w| w.flatten_all().unwrap().to_vec1::<f32>().unwrap());
        assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-5), "{a:?} {b:?}");
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
            basis = power_step(&basis, &mean, n, &mut Vec::new());
        }
        let overlap: f32 = basis[..n].iter().zip(&v).map(|(a, b)| a * b).sum();
        assert!((overlap.abs() - square.sqrt()).abs() < 1e-3);
        let mut gram = vec![0.; n * n];
        let factor = View::new(&basis, n, n);
        product(Target::set(&mut gram, n), factor, factor.transposed(), &mut Vec::new());
        for (at, x) in gram.iter().enumerate() {
            assert!((x - if at / n == at % n { 1. } else { 0. }).abs() < 1e-5, "{at} {x}");
        }
    }
}

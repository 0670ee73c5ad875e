//! Samples on their way through a model, and the sums over them from which the loss follows.

use super::linear::{Aligned, Real};
use super::loss::CHUNK;
use super::network::Trace;
use super::summands::SumTrace;

/// A chunk of samples on its way through a model: data, results and the traces for the way back.
pub(crate) struct Chunk<T> {
    pub(crate) samples: usize,
    /// [features, samples].
    pub(crate) inputs: Aligned<T>,
    /// ẋ of the data: [2·dof, samples].
    pub(crate) flow: Aligned<T>,
    /// [samples].
    pub(crate) weights: Aligned<T>,
    /// Gradients of the functions that H is taught to commute with: [functions, 2·dof, samples].
    pub(super) imposed: Aligned<T>,
    /// ẋ of the model: [2·dof, samples].
    pub(crate) field: Aligned<T>,
    /// ∂y_i/∂x_k: [2·dof, outputs, samples].
    pub(crate) jacobian: Aligned<T>,
    pub(super) first: Trace<T>,
    pub(super) second: Option<Trace<T>>,
    pub(super) sum: SumTrace<T>,
    pub(super) field_bar: Aligned<T>,
    pub(super) jacobian_bar: Aligned<T>,
    pub(super) features_bar: Aligned<T>,
    pub(super) energy_bar: Aligned<T>,
    pub(super) values_bar: Aligned<T>,
    pub(crate) sums: Sums,
}

impl<T: Real> Chunk<T> {
    /// Copies the chunk's samples from a batch `[columns, samples]`, its columns from `from` on.
    #[inline(always)]
    pub(crate) fn fill(&mut self, batch: &[T], samples: usize, from: usize) {
        let r = self.samples;
        let mut column = 0;
        for part in [&mut self.inputs, &mut self.flow, &mut self.weights, &mut self.imposed] {
            for row in part.chunks_exact_mut(r) {
                row.copy_from_slice(&batch[column * samples + from..][..r]);
                column += 1;
            }
        }
    }

    /// Sets the derivative with respect to ẋ of the model: `scale` times the weighted deviation from the data, and `imposed`
    /// times the weighted rates of the imposed functions.
    #[inline(always)]
    pub(super) fn set_field_bar(&mut self, scale: T, imposed: T) {
        let r = self.samples;
        let rows = self.field.chunks_exact(r).zip(self.flow.chunks_exact(r));
        for (bar, (field, flow)) in self.field_bar.chunks_exact_mut(r).zip(rows) {
            for (((bar, &a), &b), &weight) in bar.iter_mut().zip(field).zip(flow).zip(self.weights.iter()) {
                *bar = scale * weight * (a - b);
            }
        }
        for gradient in self.imposed.chunks_exact(self.field.len().max(1)) {
            let mut rates = [T::ZERO; CHUNK];
            along(gradient, &self.field, &mut rates[..r]);
            for (rate, &weight) in rates.iter_mut().zip(self.weights.iter()) {
                *rate *= imposed * weight;
            }
            for (bar, gradient) in self.field_bar.chunks_exact_mut(r).zip(gradient.chunks_exact(r)) {
                for ((bar, &rate), &g) in bar.iter_mut().zip(&rates).zip(gradient) {
                    *bar += rate * g;
                }
            }
        }
    }
}

/// Sums over samples from which the loss terms follow.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sums {
    pub(crate) samples: usize,
    pub(crate) hamiltonian: f64,
    pub(crate) poisson: f64,
    pub(crate) cyclic: f64,
    /// Products of the gradients of the cyclic momenta, [n, n].
    pub(crate) products: Vec<f64>,
}

impl Sums {
    pub(crate) fn add(&mut self, other: &Self) {
        self.samples += other.samples;
        self.hamiltonian += other.hamiltonian;
        self.poisson += other.poisson;
        self.cyclic += other.cyclic;
        self.products.resize(other.products.len(), 0.);
        self.products.iter_mut().zip(&other.products).for_each(|(a, b)| *a += b);
    }

    /// mean(G Gᵀ) − 1.
    pub(super) fn gram_residual(&self) -> Vec<f64> {
        let n = self.products.len().isqrt();
        let mean = |at: usize| self.products[at] / self.samples as f64;
        (0..n * n).map(|at| mean(at) - if at / n == at % n { 1. } else { 0. }).collect()
    }

    /// hamiltonian, poisson, cyclic.
    pub(crate) fn terms(&self) -> [f64; 3] {
        let samples = self.samples as f64;
        let gram: f64 = self.gram_residual().iter().map(|x| x * x).sum();
        [self.hamiltonian / samples, self.poisson / samples + gram, self.cyclic / samples]
    }
}

/// ∇F·ẋ of one function: `gradient` and `field` are `[2·dof, samples]`.
#[inline(always)]
pub(super) fn along<T: Real>(gradient: &[T], field: &[T], rates: &mut [T]) {
    let r = rates.len();
    for (gradient, field) in gradient.chunks_exact(r).zip(field.chunks_exact(r)) {
        for ((rate, &g), &v) in rates.iter_mut().zip(gradient).zip(field) {
            *rate += g * v;
        }
    }
}

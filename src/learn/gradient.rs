//! The derivative of a loss with respect to the weights of a network.

use super::linear::{Aligned, Real, zeros};
use super::network::{Layer, Network};
use super::product::{Target, View, padded, product, transpose};
use super::sums::{RowSums, fold};

/// The derivative of a loss with respect to the weights, as products leave it: rows are padded, and the matrices of
/// all layers but the first are transposed.
pub(crate) struct Gradient<T> {
    network: Network,
    /// [width, inputs] of the first layer, [inputs, outputs] of the others.
    matrices: Vec<Aligned<T>>,
    biases: Vec<Aligned<T>>,
    /// Which matrices count as zero, whatever they hold: the next product replaces them.
    is_zero: Vec<bool>,
}

impl<T: Real> Gradient<T> {
    pub(crate) fn new(network: &Network) -> Self {
        let parts = |(at, layer): (usize, Layer)| {
            let (rows, columns) =
                if at == 0 { (layer.outputs, layer.inputs) } else { (layer.inputs, layer.outputs) };
            (zeros(rows * padded(columns)), zeros(layer.outputs))
        };
        let (matrices, biases): (Vec<_>, Vec<_>) =
            network.layers().into_iter().enumerate().map(parts).unzip();
        let is_zero = vec![false; matrices.len()];
        Self { network: *network, matrices, biases, is_zero }
    }

    /// Number of weights and biases.
    pub(crate) fn parameters(&self) -> usize {
        self.network.parameters()
    }

    /// Makes it zero. Every backward pass adds to the matrices of all hidden layers.
    pub(crate) fn clear(&mut self) {
        self.is_zero[..self.network.depth].fill(true);
        self.matrices[self.network.depth].fill(T::ZERO);
        self.biases.iter_mut().for_each(|part| part.fill(T::ZERO));
    }

    /// Where a product goes that is to be added to the matrix of a layer.
    #[inline(always)]
    pub(super) fn target(&mut self, layer: usize, stride: usize) -> Target<'_, T> {
        let matrix = &mut self.matrices[layer];
        if std::mem::replace(&mut self.is_zero[layer], false) {
            Target::set(matrix, stride)
        } else {
            Target::add(matrix, stride)
        }
    }

    /// Adds one number for each of its inputs to the weights of an output.
    #[inline(always)]
    pub(super) fn add_to_output(&mut self, output: usize, numbers: &[T]) {
        let Network { depth, outputs, .. } = self.network;
        for (weights, &number) in self.matrices[depth].chunks_exact_mut(padded(outputs)).zip(numbers) {
            weights[output] += number;
        }
    }

    /// Adds another of the same network.
    pub(crate) fn add(&mut self, other: &Self) {
        let own = self.matrices.iter_mut().chain(&mut self.biases);
        for (own, other) in own.zip(other.matrices.iter().chain(&other.biases)) {
            own.iter_mut().zip(other.iter()).for_each(|(sum, &part)| *sum += part);
        }
    }

    /// Writes it in the order of the weights.
    pub(crate) fn write(&self, flat: &mut [T]) {
        let network = &self.network;
        for (l, (matrix, biases)) in self.matrices.iter().zip(&self.biases).enumerate() {
            flat[network.bias_range(l)].copy_from_slice(biases);
            let rows = biases.len();
            let flat = &mut flat[network.matrix_range(l)];
            let columns = flat.len() / rows;
            if l == 0 {
                let from = matrix.chunks_exact(padded(columns));
                flat.chunks_exact_mut(columns)
                    .zip(from)
                    .for_each(|(to, from)| to.copy_from_slice(&from[..columns]));
            } else {
                transpose(flat, columns, View::apart(matrix, columns, rows, padded(rows)));
            }
        }
    }

    /// Adds left·rightᵀ to the matrix of a layer.
    #[inline(always)]
    pub(super) fn add_outer(
        &mut self,
        layer: usize,
        left: View<T>,
        right: View<T>,
        turned: &mut [T],
        room: &mut Aligned<T>,
    ) {
        let wide = padded(right.rows());
        transpose(turned, wide, right);
        let right = View::new(turned, right.columns(), wide);
        product(self.target(layer, wide), left, right, room);
    }

    /// Adds the sums of the rows to the biases of a layer.
    #[inline(always)]
    pub(super) fn add_to_biases(&mut self, layer: usize, rows: View<T>, sums: &mut RowSums<T>) {
        let biases = &mut self.biases[layer];
        for (i, folded) in sums.folded.iter_mut().enumerate().take(rows.rows()) {
            fold(folded, rows.row(i));
        }
        for (bias, &sum) in biases.iter_mut().zip(sums.totals(rows.rows())) {
            *bias += sum;
        }
    }
}

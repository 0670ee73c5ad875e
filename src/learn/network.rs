//! A network with hidden layers of equal width, its value and its Jacobian in one pass, with a hand-written backward
//! pass.
//!
//! All arrays of a batch are stored feature by feature, `[feature, sample]`, so that every loop runs over samples and
//! vectorises. What belongs to one output or to one layer is a panel `[width, samples]` of few samples
//! ([`CHUNK`](super::loss::CHUNK)): one lies in the first cache, all of a network in the second.
//!
//! For L hidden layers (two in most uses) and outputs y_i with i < m,
//!
//! z_1 = W_1 x + b_1,  h_l = φ(z_l),  z_{l+1} = W_{l+1} h_l + b_{l+1},  y = W_out h_L + b_out,
//! s_L = φ'(z_L) ⊙ W_out,i,  u_l = W_{l+1}ᵀ s_{l+1},  s_l = φ'(z_l) ⊙ u_l,  ∂y_i/∂x = W_1ᵀ s_1.
//!
//! The Jacobian is taken from the outputs backwards: m rows of width w where the forward direction needs one per
//! input. A relaxed coordinate network has N outputs and 2N inputs, which halves the work. It is a sequence of plain
//! products, so its own derivative is written out once more below; no differentiation of a differentiation occurs.
//!
//! What a network computes is said by its candle-nn modules ([`Perceptron`](super::perceptron::Perceptron)), against
//! which this one is tested.

use super::gradient::Gradient;
use super::linear::{Aligned, Real, zeros};
use super::product::{Target, View, padded, product, transpose};
use super::sums::{RowSums, fold_products};
use serde::{Deserialize, Serialize};

/// The nonlinearity φ of the hidden layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Activation {
    /// φ(z) = tanh z.
    Tanh,
    /// φ(z) = log(1 + eᶻ).
    Softplus,
}

impl Activation {
    /// Replaces z by φ(z) and writes φ'(z).
    #[inline(always)]
    fn apply<T: Real>(self, z: &mut [T], slope: &mut [T]) {
        match self {
            Self::Tanh => {
                for (z, s) in z.iter_mut().zip(slope) {
                    let h = z.hyperbolic_tangent();
                    *z = h;
                    *s = T::ONE - h * h;
                }
            }
            Self::Softplus => {
                let half = T::real(0.5);
                for (z, s) in z.iter_mut().zip(slope) {
                    *s = half + half * (half * *z).hyperbolic_tangent();
                    *z = z.softplus();
                }
            }
        }
    }

    /// φ''(z)/φ'(z) from φ(z) and φ'(z).
    #[inline(always)]
    fn relative_curvature<T: Real>(self, value: T, slope: T) -> T {
        match self {
            Self::Tanh => -(value + value),
            Self::Softplus => T::ONE - slope,
        }
    }
}

/// An affine layer h ↦ W h + b, with W: [outputs, inputs] and b: [outputs].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layer {
    /// `hidden1`, `hidden2`, …, `output`.
    pub(crate) name: String,
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
}

/// Shape of a network `inputs → width → … → width → outputs` with `depth` hidden layers; its weights live in a flat
/// array, in the order W_1 [width, inputs], b_1, W_2 [width, width], b_2, …, W_out [outputs, width], b_out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    pub(crate) inputs: usize,
    pub(crate) width: usize,
    pub(crate) depth: usize,
    pub(crate) outputs: usize,
    pub(crate) activation: Activation,
}

/// What a forward pass leaves for its backward pass, and its results.
pub(crate) struct Trace<T> {
    /// h_l, each [width, samples].
    h: Vec<Aligned<T>>,
    /// φ'(z_l).
    a: Vec<Aligned<T>>,
    /// s_l, each [outputs, width, samples], for all layers but the last.
    s: Vec<Aligned<T>>,
    /// y: [outputs, samples].
    pub(crate) values: Aligned<T>,
    /// ∂y_i/∂x_k: [inputs, outputs, samples].
    pub(crate) jacobian: Aligned<T>,
}

/// Room for intermediate results, shared by all networks that run on one thread.
pub(crate) struct Scratch<T> {
    /// Panels [width, samples]: s_L, ∂L/∂s_l on its way to ∂L/∂u_l, and ∂L/∂u_{l−1}.
    s: Aligned<T>,
    bar: Aligned<T>,
    before: Aligned<T>,
    /// ∂L/∂z_l for each hidden layer.
    bars: Vec<Aligned<T>>,
    /// Transposed panels [samples, width], rows padded: φ'(z_L), and what is to be multiplied.
    slopes: Aligned<T>,
    turned: Aligned<T>,
    sums: RowSums<T>,
    /// For the copies that products make.
    room: Aligned<T>,
}

impl<T: Real> Trace<T> {
    pub(crate) fn new(network: &Network, samples: usize) -> Self {
        let panel = |n: usize| zeros(n * samples);
        let (w, m, depth) = (network.width, network.outputs, network.depth);
        Self {
            h: (0..depth).map(|_| panel(w)).collect(),
            a: (0..depth).map(|_| panel(w)).collect(),
            s: (1..depth).map(|_| panel(w * m)).collect(),
            values: panel(m),
            jacobian: panel(network.inputs * m),
        }
    }
}

impl<T: Real> Scratch<T> {
    pub(crate) fn new(networks: &[&Network], samples: usize) -> Self {
        let most = |f: fn(&Network) -> usize| networks.iter().map(|n| f(n)).max().unwrap_or(0);
        let panel = || zeros(most(|n| n.width) * samples);
        let turned = || zeros(most(|n| padded(n.width.max(n.inputs).max(n.outputs))) * samples);
        Self {
            s: panel(),
            bar: panel(),
            before: panel(),
            bars: (0..most(|n| n.depth)).map(|_| panel()).collect(),
            slopes: turned(),
            turned: turned(),
            sums: RowSums::new(most(|n| n.width.max(n.outputs))),
            room: zeros(0),
        }
    }
}

impl Network {
    /// The affine layers, in the order of their weights; φ follows each but the last.
    pub(crate) fn layers(&self) -> Vec<Layer> {
        let inputs = |l: usize| if l == 0 { self.inputs } else { self.width };
        let hidden =
            |l: usize| Layer { name: format!("hidden{}", l + 1), inputs: inputs(l), outputs: self.width };
        let output = Layer { name: "output".into(), inputs: self.width, outputs: self.outputs };
        (0..self.depth).map(hidden).chain([output]).collect()
    }

    /// Number of weights and biases.
    pub(crate) fn parameters(&self) -> usize {
        self.layers().iter().map(|layer| (layer.inputs + 1) * layer.outputs).sum()
    }

    /// Where the matrix of a layer lies, the output being layer `depth`; its biases follow it.
    #[inline(always)]
    pub(super) fn matrix_range(&self, layer: usize) -> std::ops::Range<usize> {
        let (f, w) = (self.inputs, self.width);
        match layer {
            0 => 0..f * w,
            _ => {
                let start = f * w + w + (layer - 1) * (w * w + w);
                start..start + w * if layer == self.depth { self.outputs } else { w }
            }
        }
    }

    #[inline(always)]
    fn matrix<'a, T>(&self, weights: &'a [T], layer: usize) -> &'a [T] {
        &weights[self.matrix_range(layer)]
    }

    #[inline(always)]
    pub(super) fn bias_range(&self, layer: usize) -> std::ops::Range<usize> {
        let start = self.matrix_range(layer).end;
        start..start + if layer == self.depth { self.outputs } else { self.width }
    }

    /// Fills `trace.values` and, with `jacobian`, `trace.jacobian`.
    ///
    /// # Shapes
    /// `x: [inputs, samples]`.
    #[inline(always)]
    pub(crate) fn forward<T: Real>(
        &self,
        weights: &[T],
        x: &[T],
        samples: usize,
        trace: &mut Trace<T>,
        scratch: &mut Scratch<T>,
        jacobian: bool,
    ) {
        let (f, w, m, r) = (self.inputs, self.width, self.outputs, samples);
        for l in 0..self.depth {
            let (before, from) = trace.h.split_at_mut(l);
            let h = &mut from[0][..w * r];
            fill_rows(h, &weights[self.bias_range(l)], r);
            let (input, rows) = before.last().map_or((x, f), |h| (h, w));
            let matrix = View::new(self.matrix(weights, l), w, rows);
            product(Target::add(h, r), matrix, View::new(input, rows, r), &mut scratch.room);
            self.activation.apply(h, &mut trace.a[l][..w * r]);
        }
        let (last, out) = (self.depth - 1, self.matrix(weights, self.depth));
        let values = &mut trace.values[..m * r];
        fill_rows(values, &weights[self.bias_range(self.depth)], r);
        product(
            Target::add(values, r),
            View::new(out, m, w),
            View::new(&trace.h[last], w, r),
            &mut scratch.room,
        );
        if jacobian {
            for i in 0..m {
                self.forward_slopes(weights, r, i, trace, scratch);
            }
        }
    }

    /// ∂y_i/∂x, and s_l on the way there.
    #[inline(always)]
    fn forward_slopes<T: Real>(
        &self,
        weights: &[T],
        r: usize,
        i: usize,
        trace: &mut Trace<T>,
        scratch: &mut Scratch<T>,
    ) {
        let (f, w, m, last) = (self.inputs, self.width, self.outputs, self.depth - 1);
        let Scratch { s, room, .. } = scratch;
        let Trace { a, s: kept, jacobian, .. } = trace;
        let mut s = &mut s[..w * r];
        slopes_times_row(s, &a[last][..w * r], &self.matrix(weights, self.depth)[i * w..][..w], r);
        for (l, kept) in kept.iter_mut().enumerate().rev() {
            let next = View::new(self.matrix(weights, l + 1), w, w).transposed();
            let u = &mut kept[i * w * r..][..w * r];
            product(Target::set(u, r), next, View::new(s, w, r), room);
            for (s, &slope) in u.iter_mut().zip(&a[l][..w * r]) {
                *s *= slope;
            }
            s = u;
        }
        let first = View::new(self.matrix(weights, 0), w, f).transposed();
        product(Target::set(&mut jacobian[i * r..], m * r), first, View::new(s, w, r), room);
    }

    /// Adds to `gradient` the derivative of a scalar L with respect to the weights, given
    /// `values_bar` = ∂L/∂y (absent: zero) and `jacobian_bar` = ∂L/∂(∂y_i/∂x_k) (absent: zero); with `x_bar` it also
    /// writes ∂L/∂x. The trace must be the one that `forward` left for the same weights and inputs.
    ///
    /// # Shapes
    /// `values_bar: [outputs, samples]`, `jacobian_bar: [inputs, outputs, samples]`, `x_bar: [inputs, samples]`.
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn backward<T: Real>(
        &self,
        weights: &[T],
        x: &[T],
        samples: usize,
        trace: &Trace<T>,
        scratch: &mut Scratch<T>,
        values_bar: Option<&[T]>,
        jacobian_bar: Option<&[T]>,
        gradient: &mut Gradient<T>,
        x_bar: Option<&mut [T]>,
    ) {
        let (f, w, m, r) = (self.inputs, self.width, self.outputs, samples);
        let last = self.depth - 1;
        // The bars collect ∂L/∂z_l; first the parts through the slopes φ'.
        scratch.bars.iter_mut().for_each(|bar| bar[..w * r].fill(T::ZERO));
        if let Some(jacobian_bar) = jacobian_bar {
            transpose(&mut scratch.slopes, padded(w), View::new(&trace.a[last], w, r));
            for i in 0..m {
                self.backward_slopes(weights, r, i, trace, scratch, jacobian_bar, gradient);
            }
            for (bar, &slope) in scratch.bars[last][..w * r].iter_mut().zip(trace.a[last].iter()) {
                *bar *= slope;
            }
            for ((bars, slopes), values) in scratch.bars.iter_mut().zip(&trace.a).zip(&trace.h) {
                let panels = bars[..w * r].iter_mut().zip(slopes.iter()).zip(values.iter());
                for ((bar, &slope), &value) in panels {
                    *bar *= self.activation.relative_curvature(value, slope);
                }
            }
        }
        let Scratch { bar, bars, turned, sums, room, .. } = scratch;
        let bar = &mut bar[..w * r];
        if let Some(values_bar) = values_bar {
            let values_bar = View::new(values_bar, m, r);
            gradient.add_outer(self.depth, View::new(&trace.h[last], w, r), values_bar, turned, room);
            gradient.add_to_biases(self.depth, values_bar, sums);
            let out = View::new(self.matrix(weights, self.depth), m, w).transposed();
            product(Target::set(bar, r), out, values_bar, room);
            add_products(&mut bars[last], bar, &trace.a[last][..w * r]);
        }
        for l in (1..self.depth).rev() {
            let (before, from) = bars.split_at_mut(l);
            let d = View::new(&from[0], w, r);
            gradient.add_outer(l, View::new(&trace.h[l - 1], w, r), d, turned, room);
            gradient.add_to_biases(l, d, sums);
            let matrix = View::new(self.matrix(weights, l), w, w).transposed();
            product(Target::set(bar, r), matrix, d, room);
            add_products(&mut before[l - 1], bar, &trace.a[l - 1][..w * r]);
        }
        let e = View::new(&bars[0], w, r);
        gradient.add_outer(0, e, View::new(x, f, r), turned, room);
        gradient.add_to_biases(0, e, sums);
        if let Some(x_bar) = x_bar {
            product(Target::set(x_bar, r), View::new(self.matrix(weights, 0), w, f).transposed(), e, room);
        }
    }

    /// The part of [`backward`](Self::backward) that comes through ∂y_i/∂x: adds to `gradient`, and to `scratch.bars`
    /// φ'(z_l) ⊙ ∂L/∂φ'(z_l), but for the last layer ∂L/∂φ'(z_L). `scratch.slopes` holds φ'(z_L), transposed.
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    fn backward_slopes<T: Real>(
        &self,
        weights: &[T],
        r: usize,
        i: usize,
        trace: &Trace<T>,
        scratch: &mut Scratch<T>,
        jacobian_bar: &[T],
        gradient: &mut Gradient<T>,
    ) {
        let (f, w, m, last) = (self.inputs, self.width, self.outputs, self.depth - 1);
        let Scratch { s, bar, before, bars, slopes, turned, sums, room } = scratch;
        let [s, mut bar, mut before] = [s, bar, before].map(|panel| &mut panel[..w * r]);
        let row_bar = View::apart(&jacobian_bar[i * r..], f, r, m * r);
        product(Target::set(bar, r), View::new(self.matrix(weights, 0), w, f), row_bar, room);
        for (l, slope_bars) in bars.iter_mut().enumerate().take(last) {
            let s = &trace.s[l][i * w * r..][..w * r];
            let panels = bar.iter_mut().zip(slope_bars.iter_mut()).zip(s).zip(trace.a[l].iter());
            for (((bar, slope_bar), &s), &slope) in panels {
                *slope_bar += *bar * s;
                *bar *= slope;
            }
            let s = View::new(s, w, r);
            match l {
                0 => gradient.add_outer(0, s, row_bar, turned, room),
                _ => gradient.add_outer(l, View::new(before, w, r), s, turned, room),
            }
            std::mem::swap(&mut bar, &mut before);
            let next = View::new(self.matrix(weights, l + 1), w, w);
            product(Target::set(bar, r), next, View::new(before, w, r), room);
        }
        let row = &self.matrix(weights, self.depth)[i * w..][..w];
        let rows = bar.chunks_exact(r).zip(bars[last].chunks_exact_mut(r)).zip(trace.a[last].chunks_exact(r));
        for ((((bar, slope_bar), slope), folded), &weight) in rows.zip(sums.folded.iter_mut()).zip(row) {
            for (sum, &bar) in slope_bar.iter_mut().zip(bar) {
                *sum += weight * bar;
            }
            fold_products(folded, bar, slope);
        }
        gradient.add_to_output(i, sums.totals(w));
        if last == 0 {
            slopes_times_row(s, &trace.a[0][..w * r], row, r);
            gradient.add_outer(0, View::new(s, w, r), row_bar, turned, room);
        } else {
            // s_L is not transposed for each output: it is made of φ'(z_L), which has been.
            let wide = padded(w);
            for (turned, slopes) in turned.chunks_exact_mut(wide).zip(slopes.chunks_exact(wide)).take(r) {
                for ((s, &slope), &weight) in turned.iter_mut().zip(slopes).zip(row) {
                    *s = slope * weight;
                }
            }
            product(gradient.target(last, wide), View::new(before, w, r), View::new(turned, r, wide), room);
        }
    }
}

/// Every row of `out` gets its own constant.
#[inline(always)]
fn fill_rows<T: Real>(out: &mut [T], constants: &[T], r: usize) {
    for (row, &constant) in out.chunks_exact_mut(r).zip(constants) {
        row.fill(constant);
    }
}

/// `out += a ⊙ b`.
#[inline(always)]
fn add_products<T: Real>(out: &mut [T], a: &[T], b: &[T]) {
    for ((out, &a), &b) in out.iter_mut().zip(a).zip(b) {
        *out += a * b;
    }
}

/// `out[j, ·] = slopes[j, ·] · row[j]`.
#[inline(always)]
fn slopes_times_row<T: Real>(out: &mut [T], slopes: &[T], row: &[T], r: usize) {
    for ((out, slopes), &weight) in out.chunks_exact_mut(r).zip(slopes.chunks_exact(r)).zip(row) {
        for (out, &slope) in out.iter_mut().zip(slopes) {
            *out = slope * weight;
        }
    }
}

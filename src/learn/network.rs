//! A network with hidden layers of equal width, its value and its Jacobian in one pass, with a hand-written backward
//! pass.
//!
//! All arrays of a batch are stored feature by feature, `[feature, …, sample]`, so that every loop runs over
//! samples and vectorises, and every product is one call on a wide matrix.
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

use super::linear::{Real, View, product};
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

    /// φ''(z) from φ(z) and φ'(z).
    #[inline(always)]
    fn curvature<T: Real>(self, value: T, slope: T) -> T {
        match self {
            Self::Tanh => -(value + value) * slope,
            Self::Softplus => slope * (T::ONE - slope),
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
    h: Vec<Vec<T>>,
    /// φ'(z_l).
    a: Vec<Vec<T>>,
    /// u_l, each [width, outputs, samples], for all layers but the last.
    u: Vec<Vec<T>>,
    /// y: [outputs, samples].
    pub(crate) values: Vec<T>,
    /// ∂y_i/∂x_k: [inputs, outputs, samples].
    pub(crate) jacobian: Vec<T>,
}

/// Room for intermediate results, shared by all networks that run on one thread.
pub(crate) struct Scratch<T> {
    a: Vec<T>,
    b: Vec<T>,
    c: Vec<T>,
    /// ∂L/∂z_l for each hidden layer.
    bars: Vec<Vec<T>>,
}

impl<T: Real> Trace<T> {
    pub(crate) fn new(network: &Network, samples: usize) -> Self {
        let zeros = |n: usize| vec![T::ZERO; n * samples];
        let (w, m, depth) = (network.width, network.outputs, network.depth);
        Self {
            h: (0..depth).map(|_| zeros(w)).collect(),
            a: (0..depth).map(|_| zeros(w)).collect(),
            u: (1..depth).map(|_| zeros(w * m)).collect(),
            values: zeros(m),
            jacobian: zeros(network.inputs * m),
        }
    }
}

impl<T: Real> Scratch<T> {
    pub(crate) fn new(networks: &[&Network], samples: usize) -> Self {
        let most = |f: fn(&Network) -> usize| networks.iter().map(|n| f(n)).max().unwrap_or(0);
        let (wide, narrow) = (most(|n| n.width * n.outputs) * samples, most(|n| n.width) * samples);
        let zeros = |n: usize| vec![T::ZERO; n];
        let bars = (0..most(|n| n.depth)).map(|_| zeros(narrow)).collect();
        Self { a: zeros(wide), b: zeros(wide), c: zeros(wide), bars }
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
    fn matrix_range(&self, layer: usize) -> std::ops::Range<usize> {
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
    fn matrix_mut<'a, T>(&self, weights: &'a mut [T], layer: usize) -> &'a mut [T] {
        &mut weights[self.matrix_range(layer)]
    }

    #[inline(always)]
    fn bias_range(&self, layer: usize) -> std::ops::Range<usize> {
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
            product(h, View::new(self.matrix(weights, l), w, rows), View::new(input, rows, r), true);
            self.activation.apply(h, &mut trace.a[l][..w * r]);
        }
        let (last, out) = (self.depth - 1, self.matrix(weights, self.depth));
        let values = &mut trace.values[..m * r];
        fill_rows(values, &weights[self.bias_range(self.depth)], r);
        product(values, View::new(out, m, w), View::new(&trace.h[last], w, r), true);
        if jacobian {
            let s = &mut scratch.a[..w * m * r];
            slopes_times_rows(s, &trace.a[last][..w * r], out, m, r);
            for l in (0..last).rev() {
                let next = View::new(self.matrix(weights, l + 1), w, w).transposed();
                product(&mut trace.u[l], next, View::new(s, w, m * r), false);
                let slopes = trace.a[l][..w * r].chunks_exact(r);
                for ((s, u), a) in s.chunks_exact_mut(m * r).zip(trace.u[l].chunks_exact(m * r)).zip(slopes) {
                    for (s, u) in s.chunks_exact_mut(r).zip(u.chunks_exact(r)) {
                        for ((s, &u), &a) in s.iter_mut().zip(u).zip(a) {
                            *s = a * u;
                        }
                    }
                }
            }
            product(
                &mut trace.jacobian,
                View::new(self.matrix(weights, 0), w, f).transposed(),
                View::new(s, w, m * r),
                false,
            );
        }
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
        gradient: &mut [T],
        x_bar: Option<&mut [T]>,
    ) {
        let (f, w, m, r) = (self.inputs, self.width, self.outputs, samples);
        let last = self.depth - 1;
        // The bars collect ∂L/∂z_l; first the parts through the slopes φ'.
        scratch.bars.iter_mut().for_each(|bar| bar[..w * r].fill(T::ZERO));
        if let Some(jacobian_bar) = jacobian_bar {
            self.backward_slopes(weights, r, trace, scratch, jacobian_bar, gradient);
        }
        let Scratch { a: bar, bars, .. } = scratch;
        let bar = &mut bar[..w * r];
        if let Some(values_bar) = values_bar {
            let h = View::new(&trace.h[last], w, r).transposed();
            product(self.matrix_mut(gradient, self.depth), View::new(values_bar, m, r), h, true);
            add_row_sums(&mut gradient[self.bias_range(self.depth)], values_bar, r);
            let out = View::new(self.matrix(weights, self.depth), m, w).transposed();
            product(bar, out, View::new(values_bar, m, r), false);
            for ((d, &bar), &slope) in bars[last].iter_mut().zip(&*bar).zip(&trace.a[last][..w * r]) {
                *d += bar * slope;
            }
        }
        for l in (1..self.depth).rev() {
            let (before, from) = bars.split_at_mut(l);
            let (d, e) = (&from[0][..w * r], &mut before[l - 1][..w * r]);
            let h = View::new(&trace.h[l - 1], w, r).transposed();
            product(self.matrix_mut(gradient, l), View::new(d, w, r), h, true);
            add_row_sums(&mut gradient[self.bias_range(l)], d, r);
            let matrix = View::new(self.matrix(weights, l), w, w).transposed();
            product(bar, matrix, View::new(d, w, r), false);
            for ((e, &bar), &slope) in e.iter_mut().zip(&*bar).zip(&trace.a[l - 1][..w * r]) {
                *e += bar * slope;
            }
        }
        let e = &bars[0][..w * r];
        product(self.matrix_mut(gradient, 0), View::new(e, w, r), View::new(x, f, r).transposed(), true);
        add_row_sums(&mut gradient[self.bias_range(0)], e, r);
        if let Some(x_bar) = x_bar {
            product(x_bar, View::new(self.matrix(weights, 0), w, f).transposed(), View::new(e, w, r), false);
        }
    }

    /// The part of [`backward`](Self::backward) that comes through the Jacobian: adds to `gradient`, and leaves
    /// ∂L/∂z_l through the slopes φ'(z_l) in `scratch.bars`.
    #[inline(always)]
    fn backward_slopes<T: Real>(
        &self,
        weights: &[T],
        r: usize,
        trace: &Trace<T>,
        scratch: &mut Scratch<T>,
        jacobian_bar: &[T],
        gradient: &mut [T],
    ) {
        let (f, w, m) = (self.inputs, self.width, self.outputs);
        let last = self.depth - 1;
        let Scratch { a, b, c, bars } = scratch;
        let [mut a, b, mut c] = [a, b, c].map(|v| &mut v[..w * m * r]);
        let first = View::new(self.matrix(weights, 0), w, f);
        product(c, first, View::new(jacobian_bar, f, m * r), false);
        // At layer l, a is ∂L/∂u_{l−1}, c is ∂L/∂s_l on its way to ∂L/∂u_l, b becomes s_l.
        for l in 0..=last {
            let (slopes, bars) = (&trace.a[l][..w * r], &mut bars[l][..w * r]);
            let out = self.matrix_range(self.depth);
            for k in 0..w {
                let (slope, bar) = (&slopes[k * r..][..r], &mut bars[k * r..][..r]);
                for i in 0..m {
                    let at = (k * m + i) * r;
                    let c = &mut c[at..][..r];
                    if l < last {
                        let (b, u) = (&mut b[at..][..r], &trace.u[l][at..][..r]);
                        for ((((c, b), &u), &slope), bar) in
                            c.iter_mut().zip(b).zip(u).zip(slope).zip(bar.iter_mut())
                        {
                            *b = slope * u;
                            *bar += *c * u;
                            *c *= slope;
                        }
                    } else {
                        let weight = weights[out.start + i * w + k];
                        for (bar, &mut c) in bar.iter_mut().zip(&mut *c) {
                            *bar += weight * c;
                        }
                        let mut sum = Lanes::new();
                        sum.add_products(c, slope);
                        gradient[out.start + i * w + k] += sum.total();
                    }
                }
                let value = &trace.h[l][k * r..][..r];
                for ((bar, &slope), &value) in bar.iter_mut().zip(slope).zip(value) {
                    *bar *= self.activation.curvature(value, slope);
                }
            }
            if l == last {
                slopes_times_rows(b, slopes, self.matrix(weights, self.depth), m, r);
            }
            let right = if l == 0 { View::new(jacobian_bar, f, m * r) } else { View::new(a, w, m * r) };
            product(self.matrix_mut(gradient, l), View::new(b, w, m * r), right.transposed(), true);
            if l < last {
                std::mem::swap(&mut a, &mut c);
                let next = View::new(self.matrix(weights, l + 1), w, w);
                product(c, next, View::new(a, w, m * r), false);
            }
        }
    }
}

/// Sums in sixteen lanes, folded in a fixed order: vectorises, and gives the same bits everywhere.
pub(crate) struct Lanes<T>([T; 16]);

impl<T: Real> Lanes<T> {
    #[inline(always)]
    pub(crate) fn new() -> Self {
        Self([T::ZERO; 16])
    }

    #[inline(always)]
    pub(crate) fn add_products(&mut self, a: &[T], b: &[T]) {
        let (a, b) = (&a[..a.len().min(b.len())], &b[..a.len().min(b.len())]);
        let (heads, tails) = (a.chunks_exact(16).zip(b.chunks_exact(16)), a.len() / 16 * 16);
        for (a, b) in heads {
            for ((lane, &a), &b) in self.0.iter_mut().zip(a).zip(b) {
                *lane += a * b;
            }
        }
        for ((lane, &a), &b) in self.0.iter_mut().zip(&a[tails..]).zip(&b[tails..]) {
            *lane += a * b;
        }
    }

    #[inline(always)]
    pub(crate) fn add(&mut self, a: &[T]) {
        let chunks = a.chunks_exact(16);
        let rest = chunks.remainder();
        for a in chunks {
            for (lane, &a) in self.0.iter_mut().zip(a) {
                *lane += a;
            }
        }
        for (lane, &a) in self.0.iter_mut().zip(rest) {
            *lane += a;
        }
    }

    #[inline(always)]
    pub(crate) fn total(&self) -> T {
        let mut lanes = self.0;
        for half in [8, 4, 2, 1] {
            for i in 0..half {
                lanes[i] += lanes[i + half];
            }
        }
        lanes[0]
    }
}

/// Every row of `out` gets its own constant.
#[inline(always)]
fn fill_rows<T: Real>(out: &mut [T], constants: &[T], r: usize) {
    for (row, &constant) in out.chunks_exact_mut(r).zip(constants) {
        row.fill(constant);
    }
}

#[inline(always)]
fn add_row_sums<T: Real>(out: &mut [T], rows: &[T], r: usize) {
    for (out, row) in out.iter_mut().zip(rows.chunks_exact(r)) {
        let mut sum = Lanes::new();
        sum.add(row);
        *out += sum.total();
    }
}

/// `out[j, i, ·] = slopes[j, ·] · rows[i, j]`.
#[inline(always)]
fn slopes_times_rows<T: Real>(out: &mut [T], slopes: &[T], rows: &[T], m: usize, r: usize) {
    let w = slopes.len() / r;
    for (j, (out, slopes)) in out.chunks_exact_mut(m * r).zip(slopes.chunks_exact(r)).enumerate() {
        for (i, out) in out.chunks_exact_mut(r).enumerate() {
            let weight = rows[i * w + j];
            for (out, &slope) in out.iter_mut().zip(slopes) {
                *out = slope * weight;
            }
        }
    }
}

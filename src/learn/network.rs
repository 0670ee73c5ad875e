//! A network with two hidden layers, its value and its Jacobian in one pass, with a hand-written backward pass.
//!
//! All arrays of a batch are stored feature by feature, `[feature, …, sample]`, so that every loop runs over
//! samples and vectorises, and every product is one call on a wide matrix.
//!
//! For outputs y_i with i < m,
//!
//! z1 = W1ᵀx + b1,  h1 = φ(z1),  z2 = W2ᵀh1 + b2,  h2 = φ(z2),  y = W3 h2 + b3,
//! ∂y_i/∂x = W1 (φ'(z1) ⊙ W2 (φ'(z2) ⊙ W3_i)).
//!
//! The Jacobian is taken from the outputs backwards: m rows of width w where the forward direction needs one per
//! input. A relaxed coordinate network has N outputs and 2N inputs, which halves the work. It is a sequence of plain
//! products, so its own derivative is written out once more below; no differentiation of a differentiation occurs.

use super::linear::{Real, View, product};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};
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

/// A named matrix (or vector, with one row) inside the flat array of weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// Such as `coordinates.hidden.weight`.
    pub(crate) name: String,
    /// Rows; 1 for a vector.
    pub(crate) rows: usize,
    /// Columns.
    pub(crate) columns: usize,
}

impl Block {
    /// How many numbers it holds.
    pub(crate) fn len(&self) -> usize {
        self.rows * self.columns
    }
}

/// Shape of a network `inputs → width → width → outputs`; its weights live in a flat array, in the order
/// W1 [inputs, width], b1, W2 [width, width], b2, W3 [outputs, width], b3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    pub(crate) inputs: usize,
    pub(crate) width: usize,
    pub(crate) outputs: usize,
    pub(crate) activation: Activation,
}

struct Weights<'a, T> {
    w1: &'a [T],
    b1: &'a [T],
    w2: &'a [T],
    b2: &'a [T],
    w3: &'a [T],
    b3: &'a [T],
}

struct WeightsMut<'a, T> {
    w1: &'a mut [T],
    b1: &'a mut [T],
    w2: &'a mut [T],
    b2: &'a mut [T],
    w3: &'a mut [T],
    b3: &'a mut [T],
}

/// What a forward pass leaves for its backward pass, and its results.
pub(crate) struct Trace<T> {
    h1: Vec<T>,
    a1: Vec<T>,
    h2: Vec<T>,
    a2: Vec<T>,
    /// W2 (φ'(z2) ⊙ W3_i): [width, outputs, samples].
    u1: Vec<T>,
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
    d: Vec<T>,
    e: Vec<T>,
}

impl<T: Real> Trace<T> {
    pub(crate) fn new(network: &Network, samples: usize) -> Self {
        let zeros = |n: usize| vec![T::ZERO; n * samples];
        let (w, m) = (network.width, network.outputs);
        Self {
            h1: zeros(w),
            a1: zeros(w),
            h2: zeros(w),
            a2: zeros(w),
            u1: zeros(w * m),
            values: zeros(m),
            jacobian: zeros(network.inputs * m),
        }
    }
}

impl<T: Real> Scratch<T> {
    pub(crate) fn new(networks: &[&Network], samples: usize) -> Self {
        let most = |f: fn(&Network) -> usize| networks.iter().map(|n| f(n)).max().unwrap_or(0) * samples;
        let (wide, narrow) = (most(|n| n.width * n.outputs), most(|n| n.width));
        let zeros = |n: usize| vec![T::ZERO; n];
        Self { a: zeros(wide), b: zeros(wide), c: zeros(wide), d: zeros(narrow), e: zeros(narrow) }
    }
}

impl Network {
    pub(crate) fn parameters(&self) -> usize {
        self.blocks("").iter().map(Block::len).sum()
    }

    pub(crate) fn blocks(&self, prefix: &str) -> Vec<Block> {
        let (f, w, m) = (self.inputs, self.width, self.outputs);
        let block = |name: &str, rows, columns| Block { name: format!("{prefix}.{name}"), rows, columns };
        vec![
            block("input.weight", f, w),
            block("input.bias", 1, w),
            block("hidden.weight", w, w),
            block("hidden.bias", 1, w),
            block("output.weight", m, w),
            block("output.bias", 1, m),
        ]
    }

    /// Orthogonal matrices and zero biases.
    ///
    /// # References
    /// Saxe, McClelland and Ganguli (2014), *Exact solutions to the nonlinear dynamics of learning*.
    pub(crate) fn initial_weights(&self, random: &mut impl Rng) -> Vec<f32> {
        let (f, w, m) = (self.inputs, self.width, self.outputs);
        let mut weights = Vec::with_capacity(self.parameters());
        for (rows, columns, biases) in [(f, w, w), (w, w, w), (m, w, m)] {
            weights.extend(orthogonal(rows, columns, random).iter().map(|&x| x as f32));
            weights.extend(std::iter::repeat_n(0., biases));
        }
        weights
    }

    #[inline(always)]
    fn split<'a, T>(&self, weights: &'a [T]) -> Weights<'a, T> {
        let (f, w, m) = (self.inputs, self.width, self.outputs);
        let (w1, rest) = weights.split_at(f * w);
        let (b1, rest) = rest.split_at(w);
        let (w2, rest) = rest.split_at(w * w);
        let (b2, rest) = rest.split_at(w);
        let (w3, rest) = rest.split_at(m * w);
        Weights { w1, b1, w2, b2, w3, b3: &rest[..m] }
    }

    #[inline(always)]
    fn split_mut<'a, T>(&self, weights: &'a mut [T]) -> WeightsMut<'a, T> {
        let (f, w, m) = (self.inputs, self.width, self.outputs);
        let (w1, rest) = weights.split_at_mut(f * w);
        let (b1, rest) = rest.split_at_mut(w);
        let (w2, rest) = rest.split_at_mut(w * w);
        let (b2, rest) = rest.split_at_mut(w);
        let (w3, rest) = rest.split_at_mut(m * w);
        WeightsMut { w1, b1, w2, b2, w3, b3: &mut rest[..m] }
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
        let p = self.split(weights);
        let [h1, a1, h2, a2] =
            [&mut trace.h1, &mut trace.a1, &mut trace.h2, &mut trace.a2].map(|v| &mut v[..w * r]);
        fill_rows(h1, p.b1, r);
        product(h1, View::new(p.w1, f, w).transposed(), View::new(x, f, r), true);
        self.activation.apply(h1, a1);
        fill_rows(h2, p.b2, r);
        product(h2, View::new(p.w2, w, w).transposed(), View::new(h1, w, r), true);
        self.activation.apply(h2, a2);
        let values = &mut trace.values[..m * r];
        fill_rows(values, p.b3, r);
        product(values, View::new(p.w3, m, w), View::new(h2, w, r), true);
        if jacobian {
            let s = &mut scratch.a[..w * m * r];
            slopes_times_rows(s, a2, p.w3, m, r);
            product(&mut trace.u1, View::new(p.w2, w, w), View::new(s, w, m * r), false);
            for ((s, u), a) in
                s.chunks_exact_mut(m * r).zip(trace.u1.chunks_exact(m * r)).zip(a1.chunks_exact(r))
            {
                for (s, u) in s.chunks_exact_mut(r).zip(u.chunks_exact(r)) {
                    for ((s, &u), &a) in s.iter_mut().zip(u).zip(a) {
                        *s = a * u;
                    }
                }
            }
            product(&mut trace.jacobian, View::new(p.w1, f, w), View::new(s, w, m * r), false);
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
        let p = self.split(weights);
        let g = self.split_mut(gradient);
        let [h1, a1, h2, a2] = [&trace.h1, &trace.a1, &trace.h2, &trace.a2].map(|v| &v[..w * r]);
        // d collects ∂L/∂z2, e collects ∂L/∂z1; first the parts through the slopes φ'.
        let (d, e) = (&mut scratch.d[..w * r], &mut scratch.e[..w * r]);
        d.fill(T::ZERO);
        e.fill(T::ZERO);
        if let Some(jacobian_bar) = jacobian_bar {
            let [a, b, c] = [&mut scratch.a, &mut scratch.b, &mut scratch.c].map(|v| &mut v[..w * m * r]);
            let u1 = &trace.u1[..w * m * r];
            product(a, View::new(p.w1, f, w).transposed(), View::new(jacobian_bar, f, m * r), false);
            // a becomes ∂L/∂u1, b the outer slopes s1; ∂L/∂φ'(z1) goes through φ'' to z1.
            for k in 0..w {
                let (slope, bar) = (&a1[k * r..][..r], &mut e[k * r..][..r]);
                for i in 0..m {
                    let at = (k * m + i) * r;
                    let (a, b, u) = (&mut a[at..][..r], &mut b[at..][..r], &u1[at..][..r]);
                    for ((((a, b), &u), &slope), bar) in
                        a.iter_mut().zip(b).zip(u).zip(slope).zip(bar.iter_mut())
                    {
                        *b = slope * u;
                        *bar += *a * u;
                        *a *= slope;
                    }
                }
                let value = &h1[k * r..][..r];
                for ((bar, &slope), &value) in bar.iter_mut().zip(slope).zip(value) {
                    *bar *= self.activation.curvature(value, slope);
                }
            }
            product(g.w1, View::new(jacobian_bar, f, m * r), View::new(b, w, m * r).transposed(), true);
            product(c, View::new(p.w2, w, w).transposed(), View::new(a, w, m * r), false);
            for j in 0..w {
                let (slope, bar) = (&a2[j * r..][..r], &mut d[j * r..][..r]);
                for i in 0..m {
                    let (c, weight) = (&c[(j * m + i) * r..][..r], p.w3[i * w + j]);
                    for (bar, &c) in bar.iter_mut().zip(c) {
                        *bar += weight * c;
                    }
                    let mut sum = Lanes::new();
                    sum.add_products(c, slope);
                    g.w3[i * w + j] += sum.total();
                }
                let value = &h2[j * r..][..r];
                for ((bar, &slope), &value) in bar.iter_mut().zip(slope).zip(value) {
                    *bar *= self.activation.curvature(value, slope);
                }
            }
            slopes_times_rows(b, a2, p.w3, m, r);
            product(g.w2, View::new(a, w, m * r), View::new(b, w, m * r).transposed(), true);
        }
        let bar = &mut scratch.a[..w * r];
        if let Some(values_bar) = values_bar {
            product(g.w3, View::new(values_bar, m, r), View::new(h2, w, r).transposed(), true);
            add_row_sums(g.b3, values_bar, r);
            product(bar, View::new(p.w3, m, w).transposed(), View::new(values_bar, m, r), false);
            for ((d, &bar), &slope) in d.iter_mut().zip(&*bar).zip(a2) {
                *d += bar * slope;
            }
        }
        product(g.w2, View::new(h1, w, r), View::new(d, w, r).transposed(), true);
        add_row_sums(g.b2, d, r);
        product(bar, View::new(p.w2, w, w), View::new(d, w, r), false);
        for ((e, &bar), &slope) in e.iter_mut().zip(&*bar).zip(a1) {
            *e += bar * slope;
        }
        product(g.w1, View::new(x, f, r), View::new(e, w, r).transposed(), true);
        add_row_sums(g.b1, e, r);
        if let Some(x_bar) = x_bar {
            product(x_bar, View::new(p.w1, f, w), View::new(e, w, r), false);
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

/// A random matrix with orthonormal rows (`rows ≤ columns`) or columns, uniformly distributed (Gram–Schmidt, twice,
/// of normal numbers).
fn orthogonal(rows: usize, columns: usize, random: &mut impl Rng) -> Vec<f64> {
    let (short, long) = (rows.min(columns), rows.max(columns));
    let mut vectors: Vec<Vec<f64>> = Vec::with_capacity(short);
    while vectors.len() < short {
        let mut v: Vec<f64> = (0..long).map(|_| StandardNormal.sample(random)).collect();
        for _ in 0..2 {
            for u in &vectors {
                let overlap: f64 = u.iter().zip(&v).map(|(a, b)| a * b).sum();
                v.iter_mut().zip(u).for_each(|(v, u)| *v -= overlap * u);
            }
        }
        let norm = v.iter().map(|x| x * x).sum::<f64>().sqrt();
        if norm > 1e-6 {
            v.iter_mut().for_each(|x| *x /= norm);
            vectors.push(v);
        }
    }
    let entry = |i: usize, j: usize| if rows <= columns { vectors[i][j] } else { vectors[j][i] };
    (0..rows * columns).map(|at| entry(at / columns, at % columns)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn initial_matrices_are_orthogonal() {
        let mut random = ChaCha8Rng::seed_from_u64(3);
        for (rows, columns) in [(4, 30), (30, 4), (20, 20), (1, 7)] {
            let matrix = orthogonal(rows, columns, &mut random);
            let (short, long) = (rows.min(columns), rows.max(columns));
            let entry = |i: usize, k: usize| {
                if rows <= columns { matrix[i * columns + k] } else { matrix[k * columns + i] }
            };
            for i in 0..short {
                for j in 0..short {
                    let dot: f64 = (0..long).map(|k| entry(i, k) * entry(j, k)).sum();
                    assert!((dot - if i == j { 1. } else { 0. }).abs() < 1e-12);
                }
            }
        }
    }
}

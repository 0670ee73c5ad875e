//! The loss terms and their derivatives with respect to the Jacobian of the new coordinates and the gradient of H.
//!
//! Three terms are reported, each a mean over the batch (ω_s: weight of a sample):
//! - *hamiltonian*: ω |J∇H − ẋ|², eq. 6;
//! - *poisson*: the brackets of the new coordinates (relaxed: {P_i, P_j}² for i < j plus ‖mean(G Gᵀ) − 1‖²_F with
//!   G = ∂(P_1…P_n)/∂x; paper, eq. 7: all brackets of P and Q against their canonical values);
//! - *cyclic*: ω (∇P_i·ẋ)² for cyclic pairs (relaxed), or eq. 8 (paper).
//!
//! # References
//! *Symmetry Control Neural Networks* (under review, ICLR 2021), eq. 6–9. The relaxed form gives up {Q_i, P_j} = δ_ij,
//! which no single-valued Q can satisfy on a compact torus.

use super::linear::Real;
use super::sums::Lanes;
use serde::{Deserialize, Serialize};

/// Samples that go through the networks together: four vectors of AVX-512, and a panel `[width, CHUNK]` lies in the first
/// cache.
pub(crate) const CHUNK: usize = 64;

/// Which loss teaches the new coordinates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Loss {
    /// Involution, conservation and gradients that are orthonormal on average; no Q for cyclic pairs. The default.
    Relaxed,
    /// The canonical brackets and Hamilton's equations in the new coordinates (eq. 6–9).
    Paper {
        /// Weight β of Hamilton's equations for the pairs that are not cyclic.
        beta: f64,
        /// The pairs whose brackets are asked for.
        #[serde(default)]
        pairs: Pairs,
    },
}

/// The pairs of new coordinates whose brackets eq. 7 asks for; the paper has it both ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pairs {
    /// All N pairs.
    #[default]
    All,
    /// The n cyclic pairs: "in some practical applications we only enforce this loss on n cyclic coordinate pairs".
    Cyclic,
}

impl Pairs {
    /// How many there are of N pairs, n of them cyclic; these stand first.
    pub(crate) fn count(self, dof: usize, cyclic: usize) -> usize {
        match self {
            Self::All => dof,
            Self::Cyclic => cyclic,
        }
    }
}

/// The three terms of a loss, unweighted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LossTerms {
    /// How far the learned vector field is from the data, in scaled units.
    pub hamiltonian: f64,
    /// How far the brackets of the new coordinates are from what is asked.
    pub poisson: f64,
    /// How far the cyclic momenta are from being constant.
    pub cyclic: f64,
}

/// ∇y·ẋ + sign·∂H/∂y_partner, which ought to vanish.
#[derive(Clone, Debug)]
struct FlowEquation {
    output: usize,
    partner: Option<(usize, f64)>,
    weight: f64,
}

/// What is asked of the outputs P_1…P_N, Q_{n+1}…Q_N (, Q_1…Q_n) of a coordinate network.
#[derive(Clone, Debug)]
pub(crate) struct Conditions {
    /// {y_i, y_j} ought to be the third entry.
    brackets: Vec<(usize, usize, f64)>,
    flows: Vec<FlowEquation>,
    /// The first so many gradients are orthonormal on average.
    orthonormal: usize,
}

impl Conditions {
    /// Number of outputs that `loss` needs, of which the first 2N − n enter H.
    pub(crate) fn outputs(loss: Loss, dof: usize, cyclic: usize) -> usize {
        match loss {
            Loss::Relaxed => 2 * dof - cyclic,
            Loss::Paper { .. } => 2 * dof,
        }
    }

    pub(crate) fn new(loss: Loss, dof: usize, cyclic: usize) -> Self {
        // Output that carries Q_i.
        let position = |i: usize| if i >= cyclic { dof + i - cyclic } else { 2 * dof - cyclic + i };
        let pairs = |count: usize| (0..count).flat_map(move |j| (0..j).map(move |i| (i, j)));
        match loss {
            Loss::Relaxed => Self {
                brackets: pairs(cyclic).map(|(i, j)| (i, j, 0.)).collect(),
                flows: (0..cyclic).map(|output| FlowEquation { output, partner: None, weight: 1. }).collect(),
                orthonormal: cyclic,
            },
            Loss::Paper { beta, pairs: bracketed } => {
                let bracketed = bracketed.count(dof, cyclic);
                let asked = |output: usize| (0..bracketed).any(|i| output == i || output == position(i));
                let target = |i: usize, j: usize| if i < dof && j == position(i) { -1. } else { 0. };
                let momentum = |i: usize| FlowEquation {
                    output: i,
                    partner: (i >= cyclic).then(|| (position(i), 1.)),
                    weight: if i < cyclic { 1. } else { beta },
                };
                let coordinate = |i: usize| FlowEquation {
                    output: position(i),
                    partner: Some((i, -1.)),
                    weight: if i < cyclic { 1. } else { beta },
                };
                Self {
                    brackets: pairs(2 * dof)
                        .filter(|&(i, j)| asked(i) && asked(j))
                        .map(|(i, j)| (i, j, target(i, j)))
                        .collect(),
                    flows: (0..dof).flat_map(|i| [momentum(i), coordinate(i)]).collect(),
                    orthonormal: 0,
                }
            }
        }
    }

    pub(crate) fn orthonormal(&self) -> usize {
        self.orthonormal
    }
}

/// Jacobian and gradients of a chunk of samples: what the conditions are evaluated on.
#[derive(Clone, Copy)]
pub(crate) struct Derivatives<'a, T> {
    /// ∂y_i/∂x_k: [2·dof, outputs, samples].
    pub(crate) jacobian: &'a [T],
    /// ∂H/∂y_i: [inputs of H, samples].
    pub(crate) energy: &'a [T],
    /// ẋ: [2·dof, samples].
    pub(crate) flow: &'a [T],
    /// ω: [samples].
    pub(crate) weights: &'a [T],
    pub(crate) dof: usize,
    pub(crate) outputs: usize,
    pub(crate) samples: usize,
}

impl<'a, T: Real> Derivatives<'a, T> {
    #[inline(always)]
    fn row(&self, k: usize, i: usize) -> &'a [T] {
        &self.jacobian[(k * self.outputs + i) * self.samples..][..self.samples]
    }

    /// {y_i, y_j} − target, one number a sample.
    #[inline(always)]
    fn bracket(&self, (i, j, target): (usize, usize, f64), out: &mut [T]) {
        out.fill(-T::real(target));
        for a in 0..self.dof {
            let b = a + self.dof;
            let rows = self.row(a, i).iter().zip(self.row(b, j)).zip(self.row(b, i)).zip(self.row(a, j));
            for (out, (((&qi, &pj), &pi), &qj)) in out.iter_mut().zip(rows) {
                *out += qi * pj - pi * qj;
            }
        }
    }

    #[inline(always)]
    fn flow_residual(&self, equation: &FlowEquation, out: &mut [T]) {
        out.fill(T::ZERO);
        for (k, flow) in self.flow.chunks_exact(self.samples).enumerate() {
            for ((out, &g), &v) in out.iter_mut().zip(self.row(k, equation.output)).zip(flow) {
                *out += g * v;
            }
        }
        if let Some((partner, sign)) = equation.partner {
            let sign = T::real(sign);
            for (out, &g) in out.iter_mut().zip(&self.energy[partner * self.samples..]) {
                *out += sign * g;
            }
        }
    }
}

/// Sums over a chunk: brackets, flow equations, and the products of gradients, [orthonormal, orthonormal].
#[inline(always)]
pub(crate) fn condition_sums<T: Real>(
    conditions: &Conditions,
    at: Derivatives<T>,
    products: &mut [f64],
) -> (f64, f64) {
    let mut buffer = [T::ZERO; CHUNK];
    let row = &mut buffer[..at.samples];
    let (mut poisson, mut cyclic) = (0., 0.);
    for &bracket in &conditions.brackets {
        at.bracket(bracket, row);
        let mut sum = Lanes::new();
        sum.add_products(row, row);
        poisson += sum.total().to_f64();
    }
    for equation in &conditions.flows {
        at.flow_residual(equation, row);
        let mut squares = [T::ZERO; CHUNK];
        for ((square, &x), &weight) in squares.iter_mut().zip(&*row).zip(at.weights) {
            *square = weight * x * x;
        }
        let mut sum = Lanes::new();
        sum.add(&squares[..at.samples]);
        cyclic += equation.weight * sum.total().to_f64();
    }
    let n = conditions.orthonormal;
    for i in 0..n {
        for j in 0..=i {
            let mut sum = Lanes::new();
            for k in 0..2 * at.dof {
                sum.add_products(at.row(k, i), at.row(k, j));
            }
            products[i * n + j] = sum.total().to_f64();
            products[j * n + i] = products[i * n + j];
        }
    }
    (poisson, cyclic)
}

/// Adds the derivatives of `poisson·Σ brackets² + Σ_ij gram_ij (GGᵀ)_ij + cyclic·Σ flow²` to `jacobian_bar`
/// (shaped as the Jacobian) and `energy_bar` (as the gradient of H).
#[inline(always)]
pub(crate) fn condition_gradients<T: Real>(
    conditions: &Conditions,
    at: Derivatives<T>,
    (poisson, cyclic): (f64, f64),
    gram: &[f64],
    jacobian_bar: &mut [T],
    energy_bar: &mut [T],
) {
    let (r, m) = (at.samples, at.outputs);
    let mut buffer = [T::ZERO; CHUNK];
    let row = &mut buffer[..r];
    let mut add = |k: usize, i: usize, factor: &[T], other: &[T], sign: T| {
        let bars = &mut jacobian_bar[(k * m + i) * r..][..r];
        for ((bar, &f), &x) in bars.iter_mut().zip(factor).zip(other) {
            *bar += sign * f * x;
        }
    };
    if poisson != 0. {
        let scale = T::real(2. * poisson);
        for &(i, j, target) in &conditions.brackets {
            at.bracket((i, j, target), row);
            for a in 0..at.dof {
                let b = a + at.dof;
                add(a, i, row, at.row(b, j), scale);
                add(b, j, row, at.row(a, i), scale);
                add(b, i, row, at.row(a, j), -scale);
                add(a, j, row, at.row(b, i), -scale);
            }
        }
        let n = conditions.orthonormal;
        for i in 0..n {
            for j in 0..n {
                row.fill(T::real(2. * gram[i * n + j]));
                for k in 0..2 * at.dof {
                    add(k, i, row, at.row(k, j), T::ONE);
                }
            }
        }
    }
    if cyclic != 0. {
        for equation in &conditions.flows {
            at.flow_residual(equation, row);
            let scale = T::real(2. * cyclic * equation.weight);
            for (x, &weight) in row.iter_mut().zip(at.weights) {
                *x *= scale * weight;
            }
            for k in 0..2 * at.dof {
                add(k, equation.output, row, &at.flow[k * r..][..r], T::ONE);
            }
            if let Some((partner, sign)) = equation.partner {
                let sign = T::real(sign);
                for (bar, &x) in energy_bar[partner * r..][..r].iter_mut().zip(&*row) {
                    *bar += sign * x;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sums over one sample with the constant Jacobian `rows[i][k]` = ∂y_i/∂x_k.
    fn sums(
        loss: Loss,
        cyclic: usize,
        rows: &[[f64; 4]],
        energy: &[f64],
        flow: &[f64; 4],
    ) -> (f64, f64, Vec<f64>) {
        let jacobian: Vec<f64> = (0..4).flat_map(|k| rows.iter().map(move |row| row[k])).collect();
        let conditions = Conditions::new(loss, 2, cyclic);
        assert_eq!(rows.len(), Conditions::outputs(loss, 2, cyclic));
        let mut products = vec![0.; conditions.orthonormal().pow(2)];
        let at = Derivatives {
            jacobian: &jacobian,
            energy,
            flow,
            weights: &[1.],
            dof: 2,
            outputs: rows.len(),
            samples: 1,
        };
        let (poisson, cyclic) = condition_sums(&conditions, at, &mut products);
        (poisson, cyclic, products)
    }

    #[test]
    fn a_linear_canonical_map_satisfies_the_paper() {
        // A symplectic map: a rotation by (c, s) of both pairs at once, then a shear P1 += Q1, and q2 ↔ p2.
        let (c, s) = (0.6, 0.8);
        let q1 = [c, s, 0., 0.];
        let p1 = [c, s, c, s];
        let q2 = [0., 0., -s, c];
        let p2 = [s, -c, 0., 0.];
        // Hamilton's equations of H = P1, whose flow is Q̇1 = 1: ẋ = J∇P1.
        let flow = [c, s, -c, -s];
        for cyclic in 0..=2 {
            let (rows, energy) = match cyclic {
                0 => ([p1, p2, q1, q2], vec![1., 0., 0., 0.]),
                1 => ([p1, p2, q2, q1], vec![1., 0., 0.]),
                _ => ([p1, p2, q1, q2], vec![1., 0.]),
            };
            let (poisson, cyclic, _) =
                sums(Loss::Paper { beta: 0.5, pairs: Pairs::All }, cyclic, &rows, &energy, &flow);
            assert!(poisson < 1e-24 && cyclic < 1e-24, "{poisson} {cyclic}");
        }
        let (poisson, cyclic, products) = sums(Loss::Relaxed, 2, &[p1, p2], &[1., 0.], &flow);
        assert!(poisson < 1e-24 && cyclic < 1e-24);
        assert!(
            (products[0] - 2.).abs() < 1e-12 && products[1].abs() < 1e-12 && (products[3] - 1.).abs() < 1e-12
        );
    }

    #[test]
    fn what_is_not_canonical_is_seen() {
        let (q1, q2, p1, p2) = ([1., 0., 0., 0.], [0., 1., 0., 0.], [0., 0., 1., 0.], [0., 0., 0., 2.]);
        let flow = [0.3, 0.1, -0.2, 0.5];
        // {Q2, P2} = 2 instead of 1; Ṗ1 = −0.2, Ṗ2 = 1, Q̇1 − 1 = −0.7, Q̇2 − 2 = −1.9.
        let (poisson, cyclic, _) =
            sums(Loss::Paper { beta: 1., pairs: Pairs::All }, 2, &[p1, p2, q1, q2], &[1., 2.], &flow);
        assert!((poisson - 1.).abs() < 1e-12);
        assert!((cyclic - (0.04 + 1. + 0.49 + 3.61)).abs() < 1e-12);
        let (poisson, cyclic, _) = sums(Loss::Relaxed, 2, &[p1, q1], &[1., 2.], &flow);
        assert!((poisson - 1.).abs() < 1e-12 && (cyclic - 0.13).abs() < 1e-12);
    }
}

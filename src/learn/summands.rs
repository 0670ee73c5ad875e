//! H as a sum of networks, each of some of the features: of all of them, or of coordinates and momenta apart.

use super::gradient::Gradient;
use super::input::InputMap;
use super::linear::{Aligned, Real, zeros};
use super::model::{Layers, ModelKind};
use super::network::{Network, Scratch, Trace};
use crate::dynamics::symplectic_gradient;
use std::ops::Range;

/// How many times as many hidden layers as the coordinates they have. With six in place of four, an H = V(q) + T(p) with
/// as many weights is fitted as well in half of the steps (`results/learned-model.md`); the coordinates gain nothing.
const DEEPER: usize = 3;

/// One network of the sum.
#[derive(Clone, Debug)]
pub(crate) struct Summand {
    /// Its name among the parameters.
    pub(crate) name: &'static str,
    /// The features that it sees.
    pub(crate) features: Range<usize>,
    pub(crate) network: Network,
}

/// The networks whose sum is H; none for a model whose H is something else.
pub(crate) fn summands(kind: ModelKind, input: &InputMap, layers: Layers) -> Vec<Summand> {
    let Layers { width, depth, activation } = layers;
    let depth = DEEPER * depth;
    let summand = |name, features: Range<usize>| {
        let network = Network { inputs: features.len(), width, depth, outputs: 1, activation };
        Summand { name, features, network }
    };
    let (all, of_coordinates) = (input.features(), input.coordinate_features());
    match kind {
        ModelKind::Beside => vec![summand("hamiltonian", 0..all)],
        ModelKind::Separable => {
            vec![summand("potential", 0..of_coordinates), summand("kinetic", of_coordinates..all)]
        }
        _ => Vec::new(),
    }
}

/// What the networks of a sum leave of a chunk.
pub(crate) struct SumTrace<T> {
    traces: Vec<Trace<T>>,
    /// H: [samples].
    pub(crate) energy: Aligned<T>,
    /// ∂H/∂(features) on the way there, the derivative of the loss with respect to it on the way back:
    /// [features, samples].
    by_features: Aligned<T>,
    /// The same for ∂H/∂x: [2·dof, samples].
    by_state: Aligned<T>,
}

impl<T: Real> SumTrace<T> {
    pub(crate) fn new(summands: &[Summand], input: &InputMap, samples: usize) -> Self {
        let rows = |count: usize| zeros(if summands.is_empty() { 0 } else { count * samples });
        Self {
            traces: summands.iter().map(|summand| Trace::new(&summand.network, samples)).collect(),
            energy: rows(1),
            by_features: rows(input.features()),
            by_state: rows(2 * input.dof),
        }
    }

    /// Writes ẋ = J∇H, [2·dof, samples], of the features `x: [features, samples]`.
    #[inline(always)]
    pub(crate) fn forward(
        &mut self,
        summands: &[Summand],
        input: &InputMap,
        (weights, x): (&[T], &[T]),
        scratch: &mut Scratch<T>,
        field: &mut [T],
    ) {
        let r = self.energy.len();
        self.energy.fill(T::ZERO);
        let mut from = 0;
        for (summand, trace) in summands.iter().zip(&mut self.traces) {
            let Range { start, end } = summand.features;
            let own = &weights[from..][..summand.network.parameters()];
            summand.network.forward(own, &x[start * r..end * r], r, trace, scratch, true);
            self.by_features[start * r..end * r].copy_from_slice(&trace.jacobian);
            self.energy.iter_mut().zip(trace.values.iter()).for_each(|(sum, &h)| *sum += h);
            from += own.len();
        }
        input.to_states(x, &self.by_features, &mut self.by_state, r);
        symplectic_gradient(&self.by_state, field);
    }

    /// Adds the derivative of the loss with respect to the weights to `gradients`, given `field_bar`, that with respect to
    /// ẋ, `[2·dof, samples]`.
    #[inline(always)]
    pub(crate) fn backward(
        &mut self,
        summands: &[Summand],
        input: &InputMap,
        (weights, x, field_bar): (&[T], &[T], &[T]),
        scratch: &mut Scratch<T>,
        gradients: &mut [Gradient<T>],
    ) {
        let r = self.energy.len();
        // The transpose of J is −J.
        symplectic_gradient(field_bar, &mut self.by_state);
        self.by_state.iter_mut().for_each(|bar| *bar = -*bar);
        input.to_features(x, &self.by_state, &mut self.by_features, r);
        let mut from = 0;
        for ((summand, trace), gradient) in summands.iter().zip(&self.traces).zip(gradients) {
            let Range { start, end } = summand.features;
            let own = &weights[from..][..summand.network.parameters()];
            let (x, bar) = (&x[start * r..end * r], &self.by_features[start * r..end * r]);
            summand.network.backward(own, x, r, trace, scratch, None, Some(bar), gradient, None);
            from += own.len();
        }
    }
}

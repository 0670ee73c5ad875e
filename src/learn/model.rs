//! The models and their loss on a chunk of samples. A model is a closed set ([`ModelKind`]): each member says what
//! its networks are, how they give a vector field, and how a derivative flows back; the operation, the training loop
//! and the evaluation know only [`Model`].

use super::chunk::{Chunk, Sums, along};
use super::gradient::Gradient;
use super::input::InputMap;
use super::linear::{Real, Work, vectorised, zeros};
use super::loss::{CHUNK, Conditions, Derivatives, Loss, condition_gradients, condition_sums};
use super::network::{Activation, Network, Scratch, Trace};
use super::parameters::Parameter;
use super::perceptron::Perceptron;
use super::summands::{SumTrace, Summand, summands};
use super::sums::Lanes;
use crate::dynamics::{conjugate, symplectic_gradient};
use candle_nn::VarBuilder;
use serde::{Deserialize, Serialize};

/// Which network learns the dynamics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelKind {
    /// ẋ is the output of one network.
    Baseline,
    /// ẋ = J∇H with a network H(x) (Greydanus, Dzamba and Yosinski 2019).
    Hamiltonian,
    /// ẋ = J∇H with H a network of new coordinates, which are a network of x and are taught to be cyclic.
    SymmetryControl,
    /// ẋ = J∇H with a network H(x) that is taught to commute with given functions ([`Samples::imposed`]).
    ///
    /// [`Samples::imposed`]: super::Samples::imposed
    Constrained,
    /// ẋ = J∇H with a network H(x); beside it coordinates are taught to be cyclic, which do not enter H.
    Beside,
    /// As [`Beside`](Self::Beside), with H = V(q) + T(p), a network each.
    Separable,
}

impl ModelKind {
    /// Whether its first network gives coordinates that are taught to be cyclic.
    pub(crate) fn has_coordinates(self) -> bool {
        matches!(self, Self::SymmetryControl | Self::Beside | Self::Separable)
    }
}

/// Shape of the hidden layers, the same in every network of a model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layers {
    pub(crate) width: usize,
    pub(crate) depth: usize,
    pub(crate) activation: Activation,
}

/// The networks of a model as candle-nn modules.
#[derive(Clone, Debug)]
pub(crate) struct Modules {
    /// The network that sees the state.
    pub(crate) first: Perceptron,
    /// The Hamiltonian of the new coordinates (symmetry control).
    pub(crate) second: Option<Perceptron>,
    /// The networks whose sum is H (beside coordinates).
    pub(crate) summands: Vec<Perceptron>,
}

/// Networks of one kind for one phase space; the weights live elsewhere, in one flat array.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) kind: ModelKind,
    pub(crate) input: InputMap,
    /// What teaches the coordinates (symmetry control).
    pub(crate) loss: Loss,
    /// Number n of cyclic pairs (symmetry control).
    pub(crate) cyclic: usize,
    /// The network that sees the state.
    first: Network,
    /// The Hamiltonian of the new coordinates (symmetry control).
    second: Option<Network>,
    /// The networks whose sum is H (beside coordinates).
    pub(crate) summands: Vec<Summand>,
    conditions: Conditions,
    /// How many functions H is taught to commute with.
    imposed: usize,
}

impl Model {
    pub(crate) fn new(kind: ModelKind, input: InputMap, layers: Layers, loss: Loss, cyclic: usize) -> Self {
        let dof = input.dof;
        let Layers { width, depth, activation } = layers;
        let network = |inputs, outputs| Network { inputs, width, depth, outputs, activation };
        let features = input.features();
        let (first, second, conditions) = match kind {
            ModelKind::Baseline => (network(features, 2 * dof), None, Conditions::new(Loss::Relaxed, dof, 0)),
            ModelKind::Hamiltonian | ModelKind::Constrained => {
                (network(features, 1), None, Conditions::new(Loss::Relaxed, dof, 0))
            }
            ModelKind::SymmetryControl => (
                network(features, Conditions::outputs(loss, dof, cyclic)),
                Some(network(2 * dof - cyclic, 1)),
                Conditions::new(loss, dof, cyclic),
            ),
            ModelKind::Beside | ModelKind::Separable => {
                (network(features, cyclic.max(1)), None, Conditions::new(Loss::Relaxed, dof, cyclic))
            }
        };
        let summands = summands(kind, &input, layers);
        Self { kind, input, loss, cyclic, first, second, summands, conditions, imposed: 0 }
    }

    /// The model with batches that carry the gradients of `imposed` functions; only a constrained one looks at them.
    pub(crate) fn imposing(self, imposed: usize) -> Self {
        Self { imposed: if self.kind == ModelKind::Constrained { imposed } else { 0 }, ..self }
    }

    /// How many functions H is taught to commute with.
    pub(crate) fn imposed(&self) -> usize {
        self.imposed
    }

    /// The networks by name, in the order of their weights.
    fn networks(&self) -> Vec<(&'static str, Network)> {
        let first = match self.kind {
            ModelKind::Baseline => "field",
            ModelKind::Hamiltonian | ModelKind::Constrained => "hamiltonian",
            ModelKind::SymmetryControl | ModelKind::Beside | ModelKind::Separable => "coordinates",
        };
        let second = self.second.map(|network| ("hamiltonian", network));
        let summands = self.summands.iter().map(|summand| (summand.name, summand.network));
        std::iter::once((first, self.first)).chain(second).chain(summands).collect()
    }

    /// All parameters, in the order in which they stand in the flat array of weights.
    pub(crate) fn parameters(&self) -> Vec<Parameter> {
        let mut all = Vec::new();
        for (name, network) in self.networks() {
            for layer in network.layers() {
                let named = |what: &str| format!("{name}.{}.{what}", layer.name);
                all.push(Parameter { name: named("weight"), shape: vec![layer.outputs, layer.inputs] });
                all.push(Parameter { name: named("bias"), shape: vec![layer.outputs] });
            }
        }
        all
    }

    /// How many numbers the parameters are.
    pub(crate) fn weights(&self) -> usize {
        self.networks().iter().map(|(_, network)| network.parameters()).sum()
    }

    /// The networks as candle-nn modules, their parameters named as in [`parameters`](Self::parameters).
    ///
    /// # Errors
    /// Parameters of another shape.
    pub(crate) fn modules(&self, vb: &VarBuilder<'_>) -> candle_core::Result<Modules> {
        let mut networks = self.networks().into_iter();
        let mut next =
            || networks.next().map(|(name, shape)| Perceptron::new(shape, &vb.pp(name))).transpose();
        let Some(first) = next()? else { candle_core::bail!("a model without networks") };
        let second = if self.second.is_some() { next()? } else { None };
        let mut summands = Vec::new();
        while let Some(summand) = next()? {
            summands.push(summand);
        }
        Ok(Modules { first, second, summands })
    }

    /// Outputs of the network that sees the state.
    pub(crate) fn outputs(&self) -> usize {
        self.first.outputs
    }

    /// Values of those outputs, [outputs, samples], after [`forward`](Self::forward).
    pub(crate) fn values<'a, T>(&self, chunk: &'a Chunk<T>) -> &'a [T] {
        &chunk.first.values
    }

    /// Values of the network that is H, [samples], after [`forward`](Self::forward); None for the baseline.
    pub(crate) fn energy<'a, T>(&self, chunk: &'a Chunk<T>) -> Option<&'a [T]> {
        match self.kind {
            ModelKind::Baseline => None,
            ModelKind::Hamiltonian | ModelKind::Constrained => Some(&chunk.first.values),
            ModelKind::SymmetryControl => chunk.second.as_ref().map(|t| t.values.as_slice()),
            ModelKind::Beside | ModelKind::Separable => Some(&chunk.sum.energy),
        }
    }

    /// Columns of a batch: features, ẋ, weight of the sample, gradients of the imposed functions.
    pub(crate) fn columns(&self) -> usize {
        self.input.features() + 2 * self.input.dof * (1 + self.imposed) + 1
    }

    /// Room for the derivative of a loss, one part a network.
    pub(crate) fn gradients<T: Real>(&self) -> Vec<Gradient<T>> {
        self.networks().iter().map(|(_, network)| Gradient::new(network)).collect()
    }

    pub(crate) fn scratch<T: Real>(&self) -> Scratch<T> {
        let summands = self.summands.iter().map(|summand| &summand.network);
        let networks: Vec<&Network> =
            std::iter::once(&self.first).chain(&self.second).chain(summands).collect();
        Scratch::new(&networks, CHUNK)
    }

    pub(crate) fn chunk<T: Real>(&self, samples: usize) -> Chunk<T> {
        let rows = |n: usize| zeros(n * samples);
        let (d, f, m) = (2 * self.input.dof, self.input.features(), self.first.outputs);
        Chunk {
            samples,
            inputs: rows(f),
            flow: rows(d),
            weights: rows(1),
            imposed: rows(d * self.imposed),
            field: rows(d),
            jacobian: rows(d * m),
            first: Trace::new(&self.first, samples),
            second: self.second.map(|n| Trace::new(&n, samples)),
            sum: SumTrace::new(&self.summands, &self.input, samples),
            field_bar: rows(d),
            jacobian_bar: rows(d * m),
            features_bar: rows(f * m),
            energy_bar: rows(self.second.map_or(0, |n| n.inputs)),
            values_bar: rows(m),
            sums: Sums::default(),
        }
    }

    /// Vector field, Jacobian and loss sums of the chunk's samples.
    pub(crate) fn forward<T: Real>(&self, weights: &[T], chunk: &mut Chunk<T>, scratch: &mut Scratch<T>) {
        vectorised(Forward { model: self, weights, chunk, scratch });
    }

    #[inline(always)]
    fn inlined_forward<T: Real>(&self, weights: &[T], chunk: &mut Chunk<T>, scratch: &mut Scratch<T>) {
        let (r, dof, m) = (chunk.samples, self.input.dof, self.first.outputs);
        let (own, others) = weights.split_at(self.first.parameters());
        let differentiated = self.kind != ModelKind::Baseline;
        self.first.forward(own, &chunk.inputs, r, &mut chunk.first, scratch, differentiated);
        if differentiated {
            self.input.to_states(&chunk.inputs, &chunk.first.jacobian, &mut chunk.jacobian, r);
        }
        match self.kind {
            ModelKind::Baseline => chunk.field.copy_from_slice(&chunk.first.values),
            ModelKind::Hamiltonian | ModelKind::Constrained => {
                let size = 2 * dof * r;
                symplectic_gradient(&chunk.jacobian[..size], &mut chunk.field[..size]);
            }
            ModelKind::SymmetryControl => {
                let (Some(energy), Some(trace)) = (&self.second, &mut chunk.second) else { return };
                energy.forward(others, &chunk.first.values, r, trace, scratch, true);
                for (k, field) in chunk.field.chunks_exact_mut(r).enumerate() {
                    // Row k of the field is ∂H/∂p_k, or −∂H/∂q_k for the momenta.
                    let (row, is_negative) = conjugate(k, dof);
                    let sign = if is_negative { -T::ONE } else { T::ONE };
                    field.fill(T::ZERO);
                    let jacobian = chunk.jacobian[row * m * r..].chunks_exact(r);
                    for (gradient, jacobian) in trace.jacobian.chunks_exact(r).zip(jacobian) {
                        for ((field, &g), &j) in field.iter_mut().zip(gradient).zip(jacobian) {
                            *field += sign * g * j;
                        }
                    }
                }
            }
            ModelKind::Beside | ModelKind::Separable => {
                let x = (others, chunk.inputs.as_slice());
                chunk.sum.forward(&self.summands, &self.input, x, scratch, &mut chunk.field);
            }
        }
        self.sum_up(chunk);
    }

    #[inline(always)]
    fn sum_up<T: Real>(&self, chunk: &mut Chunk<T>) {
        let (r, n) = (chunk.samples, self.conditions.orthonormal());
        let mut buffer = [T::ZERO; CHUNK];
        let squares = &mut buffer[..r];
        for (field, flow) in chunk.field.chunks_exact(r).zip(chunk.flow.chunks_exact(r)) {
            for ((square, &a), &b) in squares.iter_mut().zip(field).zip(flow) {
                *square += (a - b) * (a - b);
            }
        }
        let mut sum = Lanes::new();
        sum.add_products(squares, &chunk.weights);
        chunk.sums.samples = r;
        chunk.sums.hamiltonian = sum.total().to_f64();
        chunk.sums.cyclic = 0.;
        for gradient in chunk.imposed.chunks_exact(chunk.field.len().max(1)) {
            let mut rates = [T::ZERO; CHUNK];
            along(gradient, &chunk.field, &mut rates[..r]);
            for (rate, &weight) in rates.iter_mut().zip(chunk.weights.iter()) {
                *rate = *rate * *rate * weight;
            }
            let mut sum = Lanes::new();
            sum.add(&rates[..r]);
            chunk.sums.cyclic += sum.total().to_f64();
        }
        let mut products = std::mem::take(&mut chunk.sums.products);
        products.resize(n * n, 0.);
        if self.kind.has_coordinates() {
            (chunk.sums.poisson, chunk.sums.cyclic) =
                condition_sums(&self.conditions, self.derivatives(chunk), &mut products);
        }
        chunk.sums.products = products;
    }

    #[inline(always)]
    fn derivatives<'a, T>(&self, chunk: &'a Chunk<T>) -> Derivatives<'a, T> {
        Derivatives {
            jacobian: &chunk.jacobian,
            energy: chunk.second.as_ref().map_or(&[], |t| &t.jacobian),
            flow: &chunk.flow,
            weights: &chunk.weights,
            dof: self.input.dof,
            outputs: self.first.outputs,
            samples: chunk.samples,
        }
    }

    /// Adds to `gradients`, one a network, the chunk's part of the derivative of Σ coefficients·terms, the terms being
    /// those of `total`, the sums over the whole batch. `forward` has gone before with the same weights.
    pub(crate) fn backward<T: Real>(
        &self,
        weights: &[T],
        chunk: &mut Chunk<T>,
        scratch: &mut Scratch<T>,
        targets: ([f64; 3], &Sums),
        gradients: &mut [Gradient<T>],
    ) {
        vectorised(Backward {
            forward: Forward { model: self, weights, chunk, scratch },
            targets,
            gradients,
        });
    }

    #[inline(always)]
    fn inlined_backward<T: Real>(
        &self,
        weights: &[T],
        chunk: &mut Chunk<T>,
        scratch: &mut Scratch<T>,
        (coefficients, total): ([f64; 3], &Sums),
        gradients: &mut [Gradient<T>],
    ) {
        let (r, dof) = (chunk.samples, self.input.dof);
        let [hamiltonian, poisson, cyclic] = coefficients.map(|c| c / total.samples as f64);
        let (own, others) = weights.split_at(self.first.parameters());
        let (own_gradient, other_gradients) = gradients.split_at_mut(1);
        chunk.set_field_bar(T::real(2. * hamiltonian), T::real(2. * cyclic));
        let (mut values_bar, mut jacobian_bar) = (None, None);
        match self.kind {
            ModelKind::Baseline => values_bar = Some(chunk.field_bar.as_slice()),
            ModelKind::Hamiltonian | ModelKind::Constrained => {
                // The transpose of J is −J.
                let size = 2 * dof * r;
                symplectic_gradient(&chunk.field_bar[..size], &mut chunk.jacobian_bar[..size]);
                chunk.jacobian_bar.iter_mut().for_each(|x| *x = -*x);
            }
            ModelKind::SymmetryControl => {
                let targets = ((poisson, cyclic), total);
                self.energy_backward(others, chunk, scratch, targets, other_gradients);
                values_bar = Some(chunk.values_bar.as_slice());
            }
            ModelKind::Beside | ModelKind::Separable => {
                let known = (others, chunk.inputs.as_slice(), chunk.field_bar.as_slice());
                chunk.sum.backward(&self.summands, &self.input, known, scratch, other_gradients);
                let mut jacobian_bar = std::mem::replace(&mut chunk.jacobian_bar, zeros(0));
                jacobian_bar.fill(T::ZERO);
                self.condition_bars(chunk, (poisson, cyclic), total, (&mut jacobian_bar, &mut []));
                chunk.jacobian_bar = jacobian_bar;
            }
        }
        if self.kind != ModelKind::Baseline {
            self.input.to_features(&chunk.inputs, &chunk.jacobian_bar, &mut chunk.features_bar, r);
            jacobian_bar = Some(chunk.features_bar.as_slice());
        }
        let (x, trace, gradient) = (&chunk.inputs, &chunk.first, &mut own_gradient[0]);
        self.first.backward(own, x, r, trace, scratch, values_bar, jacobian_bar, gradient, None);
    }

    /// The part of the network for H of the new coordinates: adds to its gradient, and sets the derivatives with respect to
    /// the coordinates and their Jacobian.
    #[inline(always)]
    fn energy_backward<T: Real>(
        &self,
        weights: &[T],
        chunk: &mut Chunk<T>,
        scratch: &mut Scratch<T>,
        (symmetry, total): ((f64, f64), &Sums),
        gradients: &mut [Gradient<T>],
    ) {
        let mut jacobian_bar = std::mem::replace(&mut chunk.jacobian_bar, zeros(0));
        let mut energy_bar = std::mem::replace(&mut chunk.energy_bar, zeros(0));
        self.field_gradients(chunk, &mut jacobian_bar, &mut energy_bar);
        self.condition_bars(chunk, symmetry, total, (&mut jacobian_bar, &mut energy_bar));
        let inputs = energy_bar.len();
        chunk.values_bar[inputs..].fill(T::ZERO);
        if let (Some(energy), Some(trace), Some(gradient)) =
            (&self.second, &chunk.second, gradients.first_mut())
        {
            let x_bar = Some(&mut chunk.values_bar[..inputs]);
            let (y, r) = (&chunk.first.values, chunk.samples);
            energy.backward(weights, y, r, trace, scratch, None, Some(&energy_bar), gradient, x_bar);
        }
        (chunk.jacobian_bar, chunk.energy_bar) = (jacobian_bar, energy_bar);
    }

    /// Adds the derivatives that come through the conditions on the coordinates, whose weights are given.
    #[inline(always)]
    fn condition_bars<T: Real>(
        &self,
        chunk: &Chunk<T>,
        (poisson, cyclic): (f64, f64),
        total: &Sums,
        (jacobian_bar, energy_bar): (&mut [T], &mut [T]),
    ) {
        let gram: Vec<f64> = total.gram_residual().iter().map(|x| 2. * poisson * x).collect();
        let at = self.derivatives(chunk);
        condition_gradients(&self.conditions, at, (poisson, cyclic), &gram, jacobian_bar, energy_bar);
    }

    /// Sets the derivatives that come through ẋ = J Σ_i ∂H/∂y_i ∇y_i.
    #[inline(always)]
    fn field_gradients<T: Real>(&self, chunk: &Chunk<T>, jacobian_bar: &mut [T], energy_bar: &mut [T]) {
        let (r, dof, m) = (chunk.samples, self.input.dof, self.first.outputs);
        let Some(trace) = &chunk.second else { return };
        jacobian_bar.fill(T::ZERO);
        energy_bar.fill(T::ZERO);
        for (k, bar) in chunk.field_bar.chunks_exact(r).enumerate() {
            let (row, is_negative) = conjugate(k, dof);
            let sign = if is_negative { -T::ONE } else { T::ONE };
            let start = row * m * r;
            let energy = trace.jacobian.chunks_exact(r).zip(energy_bar.chunks_exact_mut(r));
            let jacobian =
                chunk.jacobian[start..].chunks_exact(r).zip(jacobian_bar[start..].chunks_exact_mut(r));
            for ((g, g_bar), (j, j_bar)) in energy.zip(jacobian) {
                let rows = g.iter().zip(g_bar).zip(j).zip(j_bar).zip(bar);
                for ((((&g, g_bar), &j), j_bar), &bar) in rows {
                    *g_bar += sign * bar * j;
                    *j_bar += sign * bar * g;
                }
            }
        }
    }
}

struct Forward<'a, T> {
    model: &'a Model,
    weights: &'a [T],
    chunk: &'a mut Chunk<T>,
    scratch: &'a mut Scratch<T>,
}

impl<T: Real> Work for Forward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.model.inlined_forward(self.weights, self.chunk, self.scratch);
    }
}

struct Backward<'a, T> {
    forward: Forward<'a, T>,
    targets: ([f64; 3], &'a Sums),
    gradients: &'a mut [Gradient<T>],
}

impl<T: Real> Work for Backward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Forward { model, weights, chunk, scratch } = self.forward;
        model.inlined_backward(weights, chunk, scratch, self.targets, self.gradients);
    }
}

//! A whole loss as one tensor operation: (weights, batch) → (hamiltonian, poisson, cyclic), with its derivative.
//!
//! The batch is cut into groups of chunks of fixed size, whatever the number of threads, and everything is summed in the
//! order of the chunks and groups: the result has the same bits with one thread and with two.
//!
//! The derivative with respect to the weights does not go through candle's store of gradients. Candle would add it to
//! zeros, from 65 536 numbers on with threads of its own that wait by spinning, which take the core of another worker.

use super::chunk::{Chunk, Sums};
use super::crew::Crew;
use super::gradient::Gradient;
use super::linear::Real;
use super::loss::CHUNK;
use super::model::Model;
use super::network::Scratch;
use candle_core::{
    CpuStorage, CustomOp2, DType, Device, Layout, Result, Shape, Storage, Tensor, WithDType, bail,
};
use std::sync::{Arc, Mutex, PoisonError};

/// Chunks whose derivative is summed up in one place: the unit of work of a thread.
const GROUP: usize = 2;

/// Some samples on their way through the model, and the derivative that they leave, one part a network.
struct Group<T> {
    chunks: Vec<Chunk<T>>,
    gradients: Vec<Gradient<T>>,
}

/// The groups of one thread, and its room for intermediate results.
struct Worker<T> {
    first_sample: usize,
    groups: Vec<Group<T>>,
    scratch: Scratch<T>,
}

/// Everything that a step writes to, kept from step to step.
struct Workspace<T> {
    samples: usize,
    workers: Vec<Worker<T>>,
    total: Sums,
}

impl<T: Real> Workspace<T> {
    fn new(model: &Model, samples: usize, threads: usize) -> Self {
        const SAMPLES: usize = GROUP * CHUNK;
        let groups = samples.div_ceil(SAMPLES);
        let threads = threads.min(groups);
        let group = |at: usize| {
            let rest = samples - at * SAMPLES;
            let left = (0..GROUP).map(|chunk| rest.saturating_sub(chunk * CHUNK)).filter(|&left| left > 0);
            let chunks = left.map(|left| model.chunk(CHUNK.min(left))).collect();
            Group { chunks, gradients: model.gradients() }
        };
        let worker = |thread: usize| {
            let (from, to) = (groups * thread / threads, groups * (thread + 1) / threads);
            Worker {
                first_sample: from * SAMPLES,
                groups: (from..to).map(group).collect(),
                scratch: model.scratch(),
            }
        };
        Self { samples, workers: (0..threads).map(worker).collect(), total: Sums::default() }
    }

    fn groups(&self) -> impl Iterator<Item = &Group<T>> {
        self.workers.iter().flat_map(|w| &w.groups)
    }

    /// The sum over all groups, in the order of the weights.
    fn gradient(&mut self, weights: usize) -> Vec<T> {
        let mut flat = vec![T::ZERO; weights];
        let mut groups = self.workers.iter_mut().flat_map(|w| &mut w.groups);
        let Some(Group { gradients: sums, .. }) = groups.next() else { return flat };
        for group in groups {
            sums.iter_mut().zip(&group.gradients).for_each(|(sum, part)| sum.add(part));
        }
        let mut rest = flat.as_mut_slice();
        for sum in sums {
            let (own, others) = rest.split_at_mut(sum.parameters());
            sum.write(own);
            rest = others;
        }
        flat
    }

    fn chunks(&self) -> impl Iterator<Item = &Chunk<T>> {
        self.groups().flat_map(|group| &group.chunks)
    }
}

/// Computes the loss terms of a model and keeps its workspaces between steps.
pub(crate) struct LossFunction<T> {
    model: Arc<Model>,
    crew: Crew,
    idle: Arc<Mutex<Vec<Workspace<T>>>>,
    gradient: Arc<Mutex<Option<Tensor>>>,
}

impl<T: Real> LossFunction<T> {
    pub(crate) fn new(model: Arc<Model>, crew: Crew) -> Self {
        Self { model, crew, idle: Arc::default(), gradient: Arc::default() }
    }

    /// The three terms, a tensor `[3]`; when a `backward` has gone through it, [`gradient`](Self::gradient) gives the
    /// derivative with respect to the weights.
    ///
    /// # Shapes
    /// `weights: [parameters]`, `batch: [columns, samples]` (features, ẋ, weight of the sample), contiguous.
    pub(crate) fn terms(&self, weights: &Tensor, batch: &Tensor) -> Result<Tensor> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let operation = LossOperation {
            model: self.model.clone(),
            crew: self.crew.clone(),
            idle: self.idle.clone(),
            gradient: self.gradient.clone(),
            workspace: Mutex::new(idle),
        };
        weights.apply_op2(batch, operation)
    }

    /// What the last `backward` found, `[parameters]`; once.
    pub(crate) fn gradient(&self) -> Option<Tensor> {
        self.gradient.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// One application of a loss: what its forward pass left waits here for its backward pass.
struct LossOperation<T> {
    model: Arc<Model>,
    crew: Crew,
    idle: Arc<Mutex<Vec<Workspace<T>>>>,
    gradient: Arc<Mutex<Option<Tensor>>>,
    workspace: Mutex<Option<Workspace<T>>>,
}

impl<T> Drop for LossOperation<T> {
    fn drop(&mut self) {
        let workspace = self.workspace.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).extend(workspace);
    }
}

/// The numbers of a contiguous tensor.
pub(crate) fn contiguous<'a, T: WithDType>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [T]> {
    match layout.contiguous_offsets() {
        Some((from, to)) => Ok(&T::cpu_storage_as_slice(storage)?[from..to]),
        None => bail!("a tensor that is not contiguous"),
    }
}

impl<T: Real> CustomOp2 for LossOperation<T> {
    fn name(&self) -> &'static str {
        "loss"
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (weights, batch) = (contiguous::<T>(s1, l1)?, contiguous::<T>(s2, l2)?);
        let (columns, samples) = l2.shape().dims2()?;
        if weights.len() != self.model.weights() || columns != self.model.columns() || samples == 0 {
            bail!(
                "the loss got {} weights and a batch of {columns} columns, {samples} samples",
                weights.len()
            );
        }
        let mut slot = self.workspace.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = slot.take().filter(|w| w.samples == samples);
        let mut workspace = kept.unwrap_or_else(|| Workspace::new(&self.model, samples, self.crew.threads()));
        self.crew.each(&mut workspace.workers, |worker| {
            let mut from = worker.first_sample;
            for chunk in worker.groups.iter_mut().flat_map(|group| &mut group.chunks) {
                chunk.fill(batch, samples, from);
                from += chunk.samples;
                self.model.forward(weights, chunk, &mut worker.scratch);
            }
        });
        let mut total = Sums::default();
        workspace.chunks().for_each(|chunk| total.add(&chunk.sums));
        let terms = total.terms().map(T::real);
        workspace.total = total;
        *slot = Some(workspace);
        Ok((T::to_cpu_storage_owned(terms.to_vec()), Shape::from(3)))
    }

    fn bwd(
        &self,
        weights: &Tensor,
        _: &Tensor,
        _: &Tensor,
        bar: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let bar = bar.to_dtype(DType::F64)?.to_vec1::<f64>()?;
        let mut slot = self.workspace.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(workspace) = slot.as_mut() else { bail!("the derivative of a loss before its value") };
        let (storage, layout) = weights.storage_and_layout();
        let Storage::Cpu(storage) = &*storage else { bail!("the loss runs on the CPU only") };
        let weights = contiguous::<T>(storage, layout)?;
        let total = &workspace.total;
        self.crew.each(&mut workspace.workers, |worker| {
            let Worker { groups, scratch, .. } = worker;
            for Group { chunks, gradients } in groups {
                gradients.iter_mut().for_each(Gradient::clear);
                for chunk in chunks {
                    let known = ([bar[0], bar[1], bar[2]], total);
                    self.model.backward(weights, chunk, scratch, known, gradients);
                }
            }
        });
        let gradient = workspace.gradient(weights.len());
        let gradient = Tensor::from_vec(gradient, weights.len(), &Device::Cpu)?;
        *self.gradient.lock().unwrap_or_else(PoisonError::into_inner) = Some(gradient);
        Ok((None, None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::equations;
    use crate::learn::input::InputMap;
    use crate::learn::loss::{Loss, Pairs};
    use crate::learn::model::{Layers, ModelKind};
    use crate::learn::network::Activation;
    use crate::learn::parameters::Parameters;
    use candle_core::Var;
    use candle_core::backprop::GradStore;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    const SAMPLES: usize = 150;

    struct Case {
        model: Arc<Model>,
        parameters: Parameters,
        batch: Tensor,
    }

    /// A model with random weights and biases, on random data with one angle.
    fn case(kind: ModelKind, activation: Activation, loss: Loss, cyclic: usize) -> Case {
        case_of_depth(kind, activation, loss, cyclic, 2)
    }

    fn case_of_depth(
        kind: ModelKind,
        activation: Activation,
        loss: Loss,
        cyclic: usize,
        depth: usize,
    ) -> Case {
        let mut random = ChaCha8Rng::seed_from_u64(7);
        let input = InputMap::new(2, &[1]);
        let layers = Layers { width: 6, depth, activation };
        let model = Arc::new(Model::new(kind, input, layers, loss, cyclic).imposing(2));
        let parameters = Parameters::zero(&model, DType::F64).unwrap();
        let weights: Vec<f64> = (0..model.weights()).map(|_| random.random_range(-0.8..0.8)).collect();
        parameters.set(&Tensor::new(weights, &Device::Cpu).unwrap()).unwrap();
        let features = model.input.features();
        let mut rows = vec![0.; model.columns() * SAMPLES];
        for s in 0..SAMPLES {
            let state = [0; 4].map(|_| random.random_range(-1.5..1.5));
            let mut column = Vec::new();
            model.input.push_features(state.into_iter(), &mut column);
            assert_eq!(column.len(), features);
            column.extend([0; 4].map(|_| random.random_range(-1. ..1.)));
            column.push(random.random_range(0.3..1.));
            column.extend((0..4 * model.imposed()).map(|_| random.random_range(-1. ..1.)));
            column.iter().enumerate().for_each(|(k, &x)| rows[k * SAMPLES + s] = x);
        }
        let batch = Tensor::from_vec(rows, (model.columns(), SAMPLES), &Device::Cpu).unwrap();
        Case { model, parameters, batch }
    }

    /// The terms of the fused operation and, parameter by parameter, the gradient of a weighted sum of them.
    fn fused(case: &Case, threads: usize) -> (Vec<f64>, Vec<Vec<f64>>) {
        let function = LossFunction::<f64>::new(case.model.clone(), Crew::new(threads).unwrap());
        let packed = case.parameters.packed::<f64>().unwrap();
        let terms = function.terms(&packed, &case.batch).unwrap();
        let mut gradients = weighted(&terms).backward().unwrap();
        case.parameters.hand_out(&function.gradient().unwrap(), &mut gradients).unwrap();
        (terms.to_vec1().unwrap(), by_parameter(case, &gradients))
    }

    /// The same of the equations.
    fn plain(case: &Case) -> (Vec<f64>, Vec<Vec<f64>>) {
        let terms = equations::terms(&case.model, case.parameters.modules(), &case.batch).unwrap();
        let gradients = weighted(&terms).backward().unwrap();
        (terms.to_vec1().unwrap(), by_parameter(case, &gradients))
    }

    fn weighted(terms: &Tensor) -> Tensor {
        let coefficients = Tensor::new(&[1., 0.3, 0.7], &Device::Cpu).unwrap();
        (terms * coefficients).unwrap().sum_all().unwrap()
    }

    fn by_parameter(case: &Case, gradients: &GradStore) -> Vec<Vec<f64>> {
        let gradient = |v: &Var| match gradients.get(v) {
            Some(gradient) => gradient.flatten_all().unwrap().to_vec1().unwrap(),
            None => vec![0.; v.elem_count()],
        };
        case.parameters.variables().iter().map(gradient).collect()
    }

    fn cases() -> Vec<Case> {
        let paper = Loss::Paper { beta: 0.6, pairs: Pairs::All };
        let cyclic_pairs = Loss::Paper { beta: 0., pairs: Pairs::Cyclic };
        vec![
            case(ModelKind::Baseline, Activation::Tanh, Loss::Relaxed, 0),
            case(ModelKind::Hamiltonian, Activation::Tanh, Loss::Relaxed, 0),
            case(ModelKind::Hamiltonian, Activation::Softplus, Loss::Relaxed, 0),
            case(ModelKind::SymmetryControl, Activation::Tanh, Loss::Relaxed, 2),
            case(ModelKind::SymmetryControl, Activation::Softplus, Loss::Relaxed, 1),
            case(ModelKind::SymmetryControl, Activation::Tanh, paper, 2),
            case(ModelKind::SymmetryControl, Activation::Tanh, paper, 1),
            case(ModelKind::SymmetryControl, Activation::Softplus, paper, 0),
            case(ModelKind::SymmetryControl, Activation::Tanh, cyclic_pairs, 1),
            case(ModelKind::Constrained, Activation::Tanh, Loss::Relaxed, 0),
            case(ModelKind::Beside, Activation::Tanh, Loss::Relaxed, 2),
            case(ModelKind::Separable, Activation::Softplus, Loss::Relaxed, 1),
            case(ModelKind::Separable, Activation::Tanh, Loss::Relaxed, 0),
            case_of_depth(ModelKind::Baseline, Activation::Tanh, Loss::Relaxed, 0, 3),
            case_of_depth(ModelKind::Hamiltonian, Activation::Softplus, Loss::Relaxed, 0, 1),
            case_of_depth(ModelKind::Hamiltonian, Activation::Tanh, Loss::Relaxed, 0, 4),
            case_of_depth(ModelKind::SymmetryControl, Activation::Tanh, paper, 1, 3),
            case_of_depth(ModelKind::SymmetryControl, Activation::Tanh, Loss::Relaxed, 2, 4),
        ]
    }

    #[test]
    fn the_operation_computes_the_equations() {
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-10 * b.abs().max(1.);
        for (number, case) in cases().iter().enumerate() {
            let (expected, expected_gradients) = plain(case);
            let (terms, gradients) = fused(case, 1);
            for (term, expected) in terms.iter().zip(&expected) {
                assert!(close(*term, *expected), "case {number}: terms {terms:?}, not {expected:?}");
            }
            assert!(expected_gradients.iter().flatten().any(|g| g.abs() > 1e-3));
            let named = case.model.parameters().into_iter().zip(gradients.iter().zip(&expected_gradients));
            for (parameter, (gradient, expected)) in named {
                for (a, b) in gradient.iter().zip(expected) {
                    assert!(close(*a, *b), "case {number}, {}: {a}, not {b}", parameter.name);
                }
            }
        }
    }

    #[test]
    fn threads_do_not_change_a_bit() {
        for case in cases() {
            assert_eq!(fused(&case, 1), fused(&case, 2));
        }
    }

    #[test]
    fn jacobians_agree_with_finite_differences() {
        let case = case(ModelKind::SymmetryControl, Activation::Tanh, Loss::Relaxed, 2);
        let model = &case.model;
        let weights: Vec<f64> = case.parameters.values().unwrap();
        let run = |state: [f64; 4]| {
            let mut chunk = model.chunk::<f64>(1);
            let mut inputs = Vec::new();
            model.input.push_features(state.into_iter(), &mut inputs);
            chunk.inputs.copy_from_slice(&inputs);
            model.forward(&weights, &mut chunk, &mut model.scratch());
            (model.values(&chunk).to_vec(), chunk.jacobian)
        };
        let state = [0.3, -1.1, 0.8, 0.2];
        let (_, jacobian) = run(state);
        for k in 0..4 {
            let shifted = |h: f64| {
                let mut moved = state;
                moved[k] += h;
                run(moved).0
            };
            let (up, down) = (shifted(1e-5), shifted(-1e-5));
            for i in 0..2 {
                let difference = (up[i] - down[i]) / 2e-5;
                assert!((jacobian[k * 2 + i] - difference).abs() < 1e-8, "{k} {i}");
            }
        }
    }
}

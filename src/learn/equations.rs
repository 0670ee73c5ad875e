//! The losses as the paper writes them, in plain candle tensors: the specification of the fused operation
//! (`operation`), which computes the same numbers several times faster and is tested against this.
//!
//! Phase space is x = (q, p) with N degrees of freedom; a batch has S samples of weight ω. y are the new coordinates
//! P_1…P_N, Q_{n+1}…Q_N (, Q_1…Q_n), of which the first 2N − n enter H.
//!
//! # References
//! *Symmetry Control Neural Networks* (under review, ICLR 2021), eq. 6–9.

use super::config::Config;
use super::data::{Prepared, Scaling, TrainingData};
use super::error::LearnError;
use super::input::InputMap;
use super::loss::Loss;
use super::model::{Model, ModelKind, Modules};
use super::parameters::Parameters;
use super::train::model_for;
use candle_core::{DType, Device, Result, Tensor};
use candle_nn::Module;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// The loss of a training by its equations, on its first samples: what the fused operation is measured against.
pub struct PlainLoss {
    model: Model,
    parameters: Parameters,
    /// [columns, S].
    batch: Tensor,
    /// 1, α1, α2.
    coefficients: Tensor,
}

impl PlainLoss {
    /// The loss at the beginning of a training.
    ///
    /// # Errors
    /// When data or settings are unusable.
    pub fn new(data: &TrainingData, config: &Config) -> std::result::Result<Self, LearnError> {
        let scaling = Scaling::of(data)?;
        let model = model_for(config, data)?;
        let parameters = Parameters::initial(&model, &mut ChaCha8Rng::seed_from_u64(config.seed))?;
        let prepared = Prepared::new(&data.train, &scaling, &model.input, model.imposed());
        let chosen: Vec<usize> = (0..config.batch.min(prepared.len())).collect();
        let batch =
            Tensor::from_vec(prepared.gather(&chosen), (model.columns(), chosen.len()), &Device::Cpu)?;
        let coefficients = [1., config.poisson_weight as f32, config.cyclic_weight as f32];
        let coefficients = Tensor::new(&coefficients, &Device::Cpu)?;
        Ok(Self { model, parameters, batch, coefficients })
    }

    /// Its value (eq. 9); the derivative with respect to every parameter is taken on the way.
    ///
    /// # Errors
    /// Of the tensor library.
    pub fn differentiate(&self) -> std::result::Result<f32, LearnError> {
        let terms = terms(&self.model, self.parameters.modules(), &self.batch)?;
        let loss = (terms * &self.coefficients)?.sum_all()?;
        loss.backward()?;
        Ok(loss.to_scalar()?)
    }
}

/// Samples as the equations see them.
struct Batch {
    /// What the networks see: [S, features].
    features: Tensor,
    /// ẋ of the data: [S, 2N].
    flow: Tensor,
    /// ω: [S].
    weights: Tensor,
    /// ∇F of the functions that H is to commute with: [S, functions, 2N].
    imposed: Option<Tensor>,
}

impl Batch {
    /// From the columns of a batch, `[columns, S]`.
    fn of(model: &Model, columns: &Tensor) -> Result<Self> {
        let (features, width, functions) = (model.input.features(), 2 * model.input.dof, model.imposed());
        let rows = columns.t()?.contiguous()?;
        let samples = rows.dim(0)?;
        let imposed = rows.narrow(1, features + width + 1, functions * width);
        Ok(Self {
            features: rows.narrow(1, 0, features)?,
            flow: rows.narrow(1, features, width)?,
            weights: rows.narrow(1, features + width, 1)?.squeeze(1)?,
            imposed: match functions {
                0 => None,
                _ => Some(imposed?.contiguous()?.reshape((samples, functions, width))?),
            },
        })
    }

    /// The mean of ω times one number a sample, [S].
    fn mean(&self, values: &Tensor) -> Result<Tensor> {
        (values * &self.weights)?.mean_all()
    }

    /// ∇f·ẋ = ḟ of several functions, whose gradients are [S, functions, 2N]: [S, functions].
    fn rates(&self, gradients: &Tensor) -> Result<Tensor> {
        gradients.matmul(&self.flow.unsqueeze(2)?)?.squeeze(2)
    }
}

/// The terms hamiltonian, poisson, cyclic of the loss, [3]; the loss (eq. 9) is hamiltonian + α1·poisson + α2·cyclic.
///
/// # Errors
/// Of the tensor library.
pub(crate) fn terms(model: &Model, networks: &Modules, columns: &Tensor) -> Result<Tensor> {
    let batch = Batch::of(model, columns)?;
    let nothing = Tensor::zeros((), columns.dtype(), columns.device())?;
    let terms = match model.kind {
        ModelKind::Baseline => {
            let residual = (networks.first.forward(&batch.features)? - &batch.flow)?;
            [batch.mean(&residual.sqr()?.sum(1)?)?, nothing.clone(), nothing]
        }
        ModelKind::Hamiltonian | ModelKind::Constrained => {
            let (_, energy) = of_state(model, networks, &batch)?;
            let energy = energy.squeeze(1)?;
            let conservation = match &batch.imposed {
                // {F, H} = ∇F·J∇H.
                Some(gradients) => {
                    let field = symplectic(&energy)?.unsqueeze(2)?;
                    batch.mean(&gradients.matmul(&field)?.sqr()?.sum((1, 2))?)?
                }
                None => nothing.clone(),
            };
            [equation_6(&energy, &batch)?, nothing, conservation]
        }
        ModelKind::SymmetryControl => symmetry_control(model, networks, &batch)?,
        ModelKind::Beside | ModelKind::Separable => {
            let (_, dy) = of_state(model, networks, &batch)?;
            let (term_7, term_8) = relaxed(&dy, model.cyclic, &batch)?;
            [equation_6(&of_summands(model, networks, &batch)?, &batch)?, term_7, term_8]
        }
    };
    Tensor::stack(&terms, 0)
}

/// Values and gradients with respect to the state of the network that sees it: `[S, outputs]`, `[S, outputs, 2N]`.
fn of_state(model: &Model, networks: &Modules, batch: &Batch) -> Result<(Tensor, Tensor)> {
    let (values, by_features) = networks.first.value_and_jacobian(&batch.features)?;
    Ok((values, by_features.matmul(&feature_gradients(&model.input, &batch.features)?)?))
}

/// ∇H of an H that is a sum of networks: [S, 2N].
fn of_summands(model: &Model, networks: &Modules, batch: &Batch) -> Result<Tensor> {
    let by_features = model.summands.iter().zip(&networks.summands).map(|(summand, network)| {
        let own = batch.features.narrow(1, summand.features.start, summand.features.len())?;
        network.value_and_jacobian(&own.contiguous()?)?.1.squeeze(1)
    });
    let by_features = Tensor::cat(&by_features.collect::<Result<Vec<_>>>()?, 1)?;
    by_features.unsqueeze(1)?.matmul(&feature_gradients(&model.input, &batch.features)?)?.squeeze(1)
}

/// ∂(features)/∂x, [S, features, 2N]: an angle enters as its cosine and its sine, whose derivatives are −sine and
/// cosine.
fn feature_gradients(input: &InputMap, features: &Tensor) -> Result<Tensor> {
    let (mut rows, mut at) = (Vec::new(), 0);
    let unit_vectors = Tensor::eye(2 * input.dof, features.dtype(), features.device())?;
    for (k, &angle) in input.angles.iter().enumerate() {
        let unit = unit_vectors.narrow(0, k, 1)?;
        if angle {
            let (cosine, sine) = (features.narrow(1, at, 1)?, features.narrow(1, at + 1, 1)?);
            rows.extend([sine.neg()?.broadcast_mul(&unit)?, cosine.broadcast_mul(&unit)?]);
            at += 2;
        } else {
            rows.push(features.narrow(1, at, 1)?.ones_like()?.broadcast_mul(&unit)?);
            at += 1;
        }
    }
    Tensor::stack(&rows, 1)
}

/// J∇f = (∂f/∂p, −∂f/∂q) of a gradient `[S, 2N]`.
fn symplectic(gradient: &Tensor) -> Result<Tensor> {
    let dof = gradient.dim(1)? / 2;
    Tensor::cat(&[gradient.narrow(1, dof, dof)?, gradient.narrow(1, 0, dof)?.neg()?], 1)
}

/// {f_i, g_j} = Σ_a ∂f_i/∂q_a ∂g_j/∂p_a − ∂f_i/∂p_a ∂g_j/∂q_a, [S, f, g], of gradients `[S, f, 2N]`, `[S, g, 2N]`.
fn poisson_brackets(f: &Tensor, g: &Tensor) -> Result<Tensor> {
    let dof = f.dim(2)? / 2;
    let by_q = |x: &Tensor| x.narrow(2, 0, dof)?.contiguous();
    let by_p = |x: &Tensor| x.narrow(2, dof, dof)?.contiguous();
    by_q(f)?.matmul(&by_p(g)?.t()?)? - by_p(f)?.matmul(&by_q(g)?.t()?)?
}

/// L_HNN = Σ_i |∂H/∂p_i − q̇_i|² + |∂H/∂q_i + ṗ_i|², a weighted mean over the batch; `energy` is ∇H: [S, 2N].
fn equation_6(energy: &Tensor, batch: &Batch) -> Result<Tensor> {
    let residual = (symplectic(energy)? - &batch.flow)?;
    batch.mean(&residual.sqr()?.sum(1)?)
}

/// L_Poisson = Σ_ij |{Q_i, P_j} − δ_ij|² + Σ_{j>i} |{P_i, P_j}|² + |{Q_i, Q_j}|² over some of the pairs, a mean over the
/// batch; `q` and `p` are the gradients, [S, pairs, 2N].
fn equation_7(q: &Tensor, p: &Tensor) -> Result<Tensor> {
    let samples = q.dim(0)? as f64;
    let identity = Tensor::eye(q.dim(1)?, q.dtype(), q.device())?;
    let canonical = poisson_brackets(q, p)?.broadcast_sub(&identity)?.sqr()?.sum_all()?;
    // Each pair stands twice in the antisymmetric matrices of brackets.
    let pairs = |f: &Tensor| poisson_brackets(f, f)?.sqr()?.sum_all()? * 0.5;
    (canonical + pairs(p)? + pairs(q)?)? / samples
}

/// L_HQP = Σ_i β_i (|Ṗ_i + ∂H/∂Q_i|² + |Q̇_i − ∂H/∂P_i|²), β_i = 1 for the n cyclic pairs, where ∂H/∂Q_i = 0, and β for
/// the others; a weighted mean over the batch. `energy` is ∂H/∂(P_1…P_N, Q_{n+1}…Q_N): [S, 2N − n].
fn equation_8(q: &Tensor, p: &Tensor, energy: &Tensor, beta: f64, batch: &Batch) -> Result<Tensor> {
    let dof = p.dim(1)?;
    let cyclic = 2 * dof - energy.dim(1)?;
    let by_p = energy.narrow(1, 0, dof)?;
    let by_q = match dof - cyclic {
        0 => by_p.zeros_like()?,
        others => energy.narrow(1, dof, others)?.pad_with_zeros(1, cyclic, 0)?,
    };
    let pairs = ((batch.rates(p)? + by_q)?.sqr()? + (batch.rates(q)? - by_p)?.sqr()?)?;
    let betas: Vec<f64> = (0..dof).map(|i| if i < cyclic { 1. } else { beta }).collect();
    let betas = Tensor::new(betas, q.device())?.to_dtype(q.dtype())?;
    batch.mean(&pairs.broadcast_mul(&betas)?.sum(1)?)
}

/// Σ_{i<j} {P_i, P_j}² + ‖⟨G Gᵀ⟩ − 1‖²_F with G = ∇(P_1…P_n), the relaxed form of eq. 7; `p`: [S, n, 2N].
fn relaxed_7(p: &Tensor) -> Result<Tensor> {
    let involution = (poisson_brackets(p, p)?.sqr()?.sum((1, 2))?.mean_all()? * 0.5)?;
    let gram = p.matmul(&p.t()?.contiguous()?)?.mean(0)?;
    let identity = Tensor::eye(p.dim(1)?, p.dtype(), p.device())?;
    involution + (gram - identity)?.sqr()?.sum_all()?
}

/// Σ_{i≤n} Ṗ_i², the relaxed form of eq. 8, a weighted mean over the batch.
fn relaxed_8(p: &Tensor, batch: &Batch) -> Result<Tensor> {
    batch.mean(&batch.rates(p)?.sqr()?.sum(1)?)
}

/// The relaxed terms of the first n coordinates, `dy: [S, outputs, 2N]`.
fn relaxed(dy: &Tensor, n: usize, batch: &Batch) -> Result<(Tensor, Tensor)> {
    if n == 0 {
        let nothing = Tensor::zeros((), dy.dtype(), dy.device())?;
        return Ok((nothing.clone(), nothing));
    }
    let p = dy.narrow(1, 0, n)?.contiguous()?;
    Ok((relaxed_7(&p)?, relaxed_8(&p, batch)?))
}

/// The terms of the symmetry-control network.
fn symmetry_control(model: &Model, networks: &Modules, batch: &Batch) -> Result<[Tensor; 3]> {
    let Some(hamiltonian) = &networks.second else { candle_core::bail!("no network for the Hamiltonian") };
    let (dof, n) = (model.input.dof, model.cyclic);
    let (y, dy) = of_state(model, networks, batch)?;
    let entering = 2 * dof - n;
    let (_, energy) = hamiltonian.value_and_jacobian(&y.narrow(1, 0, entering)?)?;
    // ∇H = Σ_i ∂H/∂y_i ∇y_i.
    let gradient = energy.matmul(&dy.narrow(1, 0, entering)?.contiguous()?)?.squeeze(1)?;
    let term_6 = equation_6(&gradient, batch)?;
    let (term_7, term_8) = match model.loss {
        Loss::Relaxed => relaxed(&dy, n, batch)?,
        Loss::Paper { beta, pairs } => {
            let p = dy.narrow(1, 0, dof)?.contiguous()?;
            // Q_1…Q_n stand after Q_{n+1}…Q_N.
            let order: Vec<u32> = (2 * dof - n..2 * dof).chain(dof..2 * dof - n).map(|i| i as u32).collect();
            let q = dy.index_select(&Tensor::new(order, dy.device())?.to_dtype(DType::U32)?, 1)?;
            let bracketed = pairs.count(dof, n);
            let term_7 = match bracketed {
                0 => term_6.zeros_like()?,
                _ => equation_7(&q.narrow(1, 0, bracketed)?, &p.narrow(1, 0, bracketed)?)?,
            };
            (term_7, equation_8(&q, &p, &energy.squeeze(1)?, beta, batch)?)
        }
    };
    Ok([term_6, term_7, term_8])
}

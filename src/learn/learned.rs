//! What a training run has learned, in the original coordinates.

use super::checkpoint::{Checkpoint, LAWS, RESULT};
use super::chunk::Chunk;
use super::config::Config;
use super::data::Scaling;
use super::error::LearnError;
use super::loss::{CHUNK, LossTerms};
use super::model::{Model, ModelKind};
use crate::dynamics::{VectorField, symplectic_gradient};

/// Networks after training. Everything is evaluated in f64 and given in the units of the data.
#[derive(Clone, Debug)]
pub struct LearnedCoordinates {
    checkpoint: Checkpoint,
    model: Model,
    /// Final weights.
    weights: Vec<f64>,
    /// The weights that the laws are read from.
    laws: Vec<f64>,
}

/// The cyclic momenta P_1…P_n on a set of states.
#[derive(Clone, Debug, PartialEq)]
pub struct Momenta {
    /// n.
    pub count: usize,
    /// P_i, in units of the network: [samples, n].
    pub values: Vec<f64>,
    /// ∂P_i/∂x_k in the units of the data: [samples, n, 2·dof].
    pub gradients: Vec<f64>,
}

impl LearnedCoordinates {
    /// What a checkpoint holds so far.
    ///
    /// # Errors
    /// When its arrays do not fit its settings.
    pub fn from_checkpoint(checkpoint: Checkpoint) -> Result<Self, LearnError> {
        let header = &checkpoint.header;
        header.config.check(header.dof)?;
        let model = header.config.model(header.dof, &header.angles);
        if header.scaling.factors.len() != 2 * header.dof {
            let what =
                format!("{} units for {} degrees of freedom", header.scaling.factors.len(), header.dof);
            return Err(LearnError::Checkpoint { path: checkpoint.path.clone(), what });
        }
        let wide = |values: Vec<f32>| values.into_iter().map(f64::from).collect::<Vec<f64>>();
        let weights = wide(checkpoint.weights(RESULT, &model)?);
        let laws = match checkpoint.has(LAWS) {
            true => wide(checkpoint.weights(LAWS, &model)?),
            false => weights.clone(),
        };
        Ok(Self { model, weights, laws, checkpoint })
    }

    /// The state of the run that ended here.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The settings it was trained with.
    pub fn config(&self) -> &Config {
        &self.checkpoint.header.config
    }

    /// The units in which the networks see phase space.
    pub fn scaling(&self) -> &Scaling {
        &self.checkpoint.header.scaling
    }

    /// Degrees of freedom.
    pub fn dof(&self) -> usize {
        self.model.input.dof
    }

    /// Number of cyclic momenta; 0 for a model without coordinates.
    pub fn cyclic(&self) -> usize {
        if self.config().model.has_coordinates() { self.config().cyclic } else { 0 }
    }

    /// Steps done.
    pub fn steps(&self) -> usize {
        self.checkpoint.step()
    }

    /// Loss terms on the training set.
    pub fn train_losses(&self) -> Option<LossTerms> {
        self.checkpoint.header.train_losses
    }

    /// Loss terms on the test set, if there is one.
    pub fn test_losses(&self) -> Option<LossTerms> {
        self.checkpoint.header.test_losses
    }

    /// Loss terms on the training set where the laws are read: at the switch, if the run had one.
    ///
    /// They tell whether there are as many cyclic coordinates as were asked for. If there are, the Poisson term is far
    /// below 1 and the cyclic term no larger than the Hamiltonian one. If not, the gradient of a superfluous momentum
    /// shrinks to nothing, which adds 1 to the Poisson term, or the momentum is conserved approximately only, and the
    /// cyclic term stays several times above the Hamiltonian one.
    pub fn law_losses(&self) -> Option<LossTerms> {
        self.checkpoint.header.law_losses
    }

    /// The cyclic momenta and their gradients.
    ///
    /// # Shapes
    /// `states: [samples, 2·dof]`, columns q then p.
    ///
    /// # Errors
    /// When `states` is no whole number of states.
    pub fn evaluate(&self, states: &[f64]) -> Result<Momenta, LearnError> {
        let (n, d, m) = (self.cyclic(), 2 * self.dof(), self.model.outputs());
        let samples = states.len() / d;
        let (mut values, mut gradients) =
            (Vec::with_capacity(samples * n), Vec::with_capacity(samples * n * d));
        self.over_chunks(&self.laws, states, |chunk| {
            let r = chunk.samples;
            for s in 0..r {
                for i in 0..n {
                    values.push(self.model.values(chunk)[i * r + s]);
                    let factors = self.scaling().factors.iter().enumerate();
                    gradients.extend(factors.map(|(k, f)| chunk.jacobian[(k * m + i) * r + s] / f));
                }
            }
        })?;
        Ok(Momenta { count: n, values, gradients })
    }

    /// The learned ẋ, in the units of the data: [samples, 2·dof].
    ///
    /// # Errors
    /// When `states` is no whole number of states.
    pub fn vector_field(&self, states: &[f64]) -> Result<Vec<f64>, LearnError> {
        let mut field = Vec::with_capacity(states.len());
        let time = self.scaling().time;
        self.over_chunks(&self.weights, states, |chunk| {
            let r = chunk.samples;
            for s in 0..r {
                let factors = self.scaling().factors.iter().enumerate();
                field.extend(factors.map(|(k, f)| chunk.field[k * r + s] * f / time));
            }
        })?;
        Ok(field)
    }

    /// ∇H of the learned Hamiltonian, in the units of the data: [samples, 2·dof]; None for a model without one.
    ///
    /// # Errors
    /// When `states` is no whole number of states.
    pub fn hamiltonian_gradient(&self, states: &[f64]) -> Result<Option<Vec<f64>>, LearnError> {
        if self.config().model == ModelKind::Baseline {
            return Ok(None);
        }
        let width = 2 * self.dof();
        let field = self.vector_field(states)?;
        let mut gradient = vec![0.0; field.len()];
        // J² = −1, so ∇H = −J(J∇H).
        for (row, field) in gradient.chunks_exact_mut(width).zip(field.chunks_exact(width)) {
            symplectic_gradient(field, row);
            row.iter_mut().for_each(|x| *x = -*x);
        }
        Ok(Some(gradient))
    }

    /// H of the learned Hamiltonian, up to a constant, in the units of the data: [samples]; None for a model without
    /// one.
    ///
    /// # Errors
    /// When `states` is no whole number of states.
    pub fn hamiltonian(&self, states: &[f64]) -> Result<Option<Vec<f64>>, LearnError> {
        let unit = self.scaling().action / self.scaling().time;
        let (mut values, mut found) = (Vec::new(), true);
        self.over_chunks(&self.weights, states, |chunk| match self.model.energy(chunk) {
            Some(energy) => values.extend(energy.iter().map(|h| h * unit)),
            None => found = false,
        })?;
        Ok(found.then_some(values))
    }

    fn over_chunks(
        &self,
        weights: &[f64],
        states: &[f64],
        mut each: impl FnMut(&Chunk<f64>),
    ) -> Result<(), LearnError> {
        let (d, scaling) = (2 * self.dof(), self.scaling());
        if !states.len().is_multiple_of(d) {
            return Err(LearnError::States { found: states.len(), columns: d });
        }
        let mut scratch = self.model.scratch();
        let mut features = Vec::new();
        let mut kept: Option<Chunk<f64>> = None;
        for states in states.chunks(CHUNK * d) {
            let r = states.len() / d;
            let mut chunk = match kept.take() {
                Some(chunk) if chunk.samples == r => chunk,
                _ => self.model.chunk(r),
            };
            for (s, state) in states.chunks_exact(d).enumerate() {
                features.clear();
                self.model
                    .input
                    .push_features(state.iter().zip(&scaling.factors).map(|(x, f)| x / f), &mut features);
                features.iter().enumerate().for_each(|(k, &x)| chunk.inputs[k * r + s] = x);
            }
            self.model.forward(weights, &mut chunk, &mut scratch);
            each(&chunk);
            kept = Some(chunk);
        }
        Ok(())
    }
}

/// The learned vector field, in the units of the data.
#[derive(Clone, Copy, Debug)]
pub struct LearnedField<'a>(pub &'a LearnedCoordinates);

impl VectorField for LearnedField<'_> {
    fn dimension(&self) -> usize {
        2 * self.0.dof()
    }

    fn evaluate(&self, states: &[f64], out: &mut [f64]) {
        match self.0.vector_field(states) {
            Ok(field) => out.copy_from_slice(&field),
            Err(_) => out.fill(f64::NAN),
        }
    }
}

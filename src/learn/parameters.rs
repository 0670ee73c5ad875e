//! The parameters of a model: named variables of a candle-nn `VarMap`.
//!
//! A name says network, layer and kind: `coordinates.hidden1.weight`. The networks are
//!
//! | network | computes | in models |
//! | --- | --- | --- |
//! | `coordinates` | P_1…P_N, Q_{n+1}…Q_N (, Q_1…Q_n with the paper's loss) of the scaled state | symmetry control; P_1…P_n alone in those with an H beside them |
//! | `hamiltonian` | H of these coordinates (symmetry control) or of the scaled state | all with one network for H |
//! | `potential`, `kinetic` | V of the scaled coordinates, T of the scaled momenta, H = V + T | separable |
//! | `field` | ẋ of the scaled state | baseline |
//!
//! the layers `hidden1`, `hidden2`, …, `output`; each has a `weight` W: [outputs, inputs] and a `bias` b: [outputs],
//! as in [`candle_nn::Linear`]. These are the names in a [`Checkpoint`](super::Checkpoint) too.

use super::model::{Model, Modules};
use super::operation::contiguous;
use candle_core::backprop::GradStore;
use candle_core::{DType, Device, Result, Storage, Tensor, Var, WithDType, bail};
use candle_nn::{VarBuilder, VarMap};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};
use std::sync::PoisonError;

/// Name and shape of a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parameter {
    /// Such as `coordinates.hidden1.weight`.
    pub(crate) name: String,
    /// [outputs, inputs] or [outputs].
    pub(crate) shape: Vec<usize>,
}

impl Parameter {
    /// How many numbers it holds.
    pub(crate) fn len(&self) -> usize {
        self.shape.iter().product()
    }
}

/// The parameters of a model, in the order of [`Model::parameters`], and the modules made of them.
pub(crate) struct Parameters {
    variables: Vec<Var>,
    modules: Modules,
}

impl Parameters {
    /// Parameters that are zero, as [`candle_nn::Init`] makes them.
    ///
    /// # Errors
    /// Of the tensor library.
    pub(crate) fn zero(model: &Model, dtype: DType) -> Result<Self> {
        let map = VarMap::new();
        let modules = model.modules(&VarBuilder::from_varmap(&map, dtype, &Device::Cpu))?;
        let named = map.data().lock().unwrap_or_else(PoisonError::into_inner);
        let find = |p: Parameter| match named.get(&p.name) {
            Some(variable) => Ok(variable.clone()),
            None => bail!("no module has the parameter {}", p.name),
        };
        let variables = model.parameters().into_iter().map(find).collect::<Result<_>>()?;
        Ok(Self { variables, modules })
    }

    /// Orthogonal matrices and zero biases. [`candle_nn::Init`] has no orthogonal matrices, and its random ones cannot
    /// be seeded on a CPU.
    ///
    /// # Errors
    /// Of the tensor library.
    ///
    /// # References
    /// Saxe, McClelland and Ganguli (2014), *Exact solutions to the nonlinear dynamics of learning*.
    pub(crate) fn initial(model: &Model, random: &mut impl Rng) -> Result<Self> {
        let parameters = Self::zero(model, DType::F32)?;
        for variable in parameters.variables.iter().filter(|v| v.rank() == 2) {
            let (outputs, inputs) = variable.dims2()?;
            let matrix =
                Tensor::from_vec(orthogonal(outputs, inputs, random), (outputs, inputs), &Device::Cpu)?;
            variable.set(&matrix.to_dtype(variable.dtype())?)?;
        }
        Ok(parameters)
    }

    pub(crate) fn variables(&self) -> &[Var] {
        &self.variables
    }

    pub(crate) fn modules(&self) -> &Modules {
        &self.modules
    }

    /// All of them in one array.
    ///
    /// # Errors
    /// Another type than that of the parameters.
    pub(crate) fn values<T: WithDType>(&self) -> Result<Vec<T>> {
        let mut values = Vec::with_capacity(self.variables.iter().map(|v| v.elem_count()).sum());
        for variable in &self.variables {
            let (storage, layout) = variable.storage_and_layout();
            let Storage::Cpu(storage) = &*storage else { bail!("parameters outside the CPU") };
            values.extend_from_slice(contiguous::<T>(storage, layout)?);
        }
        Ok(values)
    }

    /// All of them in one variable, as the fused operation takes them.
    ///
    /// # Errors
    /// Another type than that of the parameters.
    pub(crate) fn packed<T: WithDType>(&self) -> Result<Var> {
        let values = self.values::<T>()?;
        let length = values.len();
        Var::from_vec(values, length, &Device::Cpu)
    }

    /// Gives each parameter its part of the derivative with respect to what [`packed`](Self::packed) made. Parts are views:
    /// concatenation, and its derivative, would take an eighth of a step of small networks.
    ///
    /// # Errors
    /// A gradient of another length.
    pub(crate) fn hand_out(&self, gradient: &Tensor, gradients: &mut GradStore) -> Result<()> {
        let mut start = 0;
        for variable in &self.variables {
            let length = variable.elem_count();
            gradients.insert(variable, gradient.narrow(0, start, length)?.reshape(variable.shape())?);
            start += length;
        }
        Ok(())
    }

    /// Sets all of them, in the order of [`values`](Self::values).
    ///
    /// # Errors
    /// Too few or too many numbers.
    pub(crate) fn set(&self, flat: &Tensor) -> Result<()> {
        let mut start = 0;
        for variable in &self.variables {
            let length = variable.elem_count();
            variable.set(&flat.narrow(0, start, length)?.reshape(variable.shape())?)?;
            start += length;
        }
        if start != flat.elem_count() {
            bail!("{} numbers for {start} parameters", flat.elem_count());
        }
        Ok(())
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

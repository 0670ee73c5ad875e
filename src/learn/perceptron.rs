//! A network as candle-nn modules: what it computes, and its derivative written forward in plain tensors.

use super::network::{Activation, Network};
use candle_core::{Result, Tensor};
use candle_nn::{Linear, Module, VarBuilder, init, ops};

impl Activation {
    /// φ(z) and φ'(z).
    fn value_and_slope(self, z: &Tensor) -> Result<(Tensor, Tensor)> {
        match self {
            Self::Tanh => {
                let value = z.tanh()?;
                let slope = (1. - value.sqr()?)?;
                Ok((value, slope))
            }
            Self::Softplus => {
                // log(1 + eᶻ) without overflow.
                let value = (z.relu()? + (z.abs()?.neg()?.exp()? + 1.)?.log()?)?;
                Ok((value, ops::sigmoid(z)?))
            }
        }
    }
}

/// x ↦ W_out φ(… φ(W_1 x + b_1) …) + b_out.
#[derive(Clone, Debug)]
pub(crate) struct Perceptron {
    hidden: Vec<Linear>,
    output: Linear,
    activation: Activation,
}

impl Perceptron {
    /// The network whose parameters `vb` gives, by the names of [`Network::layers`]; new ones are zero.
    ///
    /// # Errors
    /// Parameters of another shape.
    pub(crate) fn new(shape: Network, vb: &VarBuilder<'_>) -> Result<Self> {
        let linear = |inputs: usize, outputs: usize, vb: VarBuilder<'_>| {
            let weight = vb.get_with_hints((outputs, inputs), "weight", init::ZERO)?;
            let bias = vb.get_with_hints(outputs, "bias", init::ZERO)?;
            Ok(Linear::new(weight, Some(bias)))
        };
        let layers = shape.layers();
        let mut layers = layers
            .iter()
            .map(|layer| linear(layer.inputs, layer.outputs, vb.pp(&layer.name)))
            .collect::<Result<Vec<_>>>()?;
        let Some(output) = layers.pop() else { candle_core::bail!("a network without layers") };
        Ok(Self { hidden: layers, output, activation: shape.activation })
    }

    /// y_i and ∂y_i/∂x_k by the chain rule, ∂h_{l+1}/∂x = φ'(z_{l+1}) ⊙ W_{l+1} ∂h_l/∂x.
    ///
    /// # Shapes
    /// `x: [samples, inputs]`; returns `[samples, outputs]` and `[samples, outputs, inputs]`.
    pub(crate) fn value_and_jacobian(&self, x: &Tensor) -> Result<(Tensor, Tensor)> {
        let derivative = |layer: &Linear| Linear::new(layer.weight().clone(), None);
        // dh: [samples, inputs, width], as a layer takes it; ∂x/∂x is the same for all samples.
        let (mut h, mut dh) = (x.clone(), Tensor::eye(x.dim(1)?, x.dtype(), x.device())?.unsqueeze(0)?);
        for layer in &self.hidden {
            let (value, slope) = self.activation.value_and_slope(&layer.forward(&h)?)?;
            dh = slope.unsqueeze(1)?.broadcast_mul(&derivative(layer).forward(&dh)?)?;
            h = value;
        }
        let jacobian = derivative(&self.output).forward(&dh)?.transpose(1, 2)?.contiguous()?;
        Ok((self.output.forward(&h)?, jacobian))
    }
}

impl Module for Perceptron {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let mut h = x.clone();
        for layer in &self.hidden {
            h = self.activation.value_and_slope(&layer.forward(&h)?)?.0;
        }
        self.output.forward(&h)
    }
}

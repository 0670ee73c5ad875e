//! A training run as bytes, in the safetensors format.
//!
//! Settings, units, seed and step stand in the metadata, the arrays under these names (NAME is a parameter's name, see
//! `parameters`, such as `coordinates.hidden1.weight`; all are of type f32 and for scaled phase space):
//!
//! | name | what |
//! | --- | --- |
//! | NAME | the networks to use |
//! | `laws.`NAME | the networks that the laws are read from, where these are others: at the switch |
//! | `training.`NAME, `average.`NAME | with averaged weights: those that training goes on with, and their running mean, not corrected for its beginning |
//! | `losses` | the logarithms of the last losses, until they have settled |
//! | `optimiser.`NAME`.m`, `.v` | means of gradients and of their squares |
//! | `optimiser.`NAME`.left`, `.right`, `.left_basis`, `.right_basis` | SOAP: means of GGᵀ and GᵀG, and their eigenvectors |

use super::config::Config;
use super::data::Scaling;
use super::error::LearnError;
use super::loss::LossTerms;
use super::model::Model;
use super::parameters::Parameter;
use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Key of the settings in the file's metadata.
const HEADER: &str = "liouville";

/// Number of the format. Format 1 held all weights of a run in one unnamed array.
const FORMAT: u64 = 2;

/// Prefix of the networks to use.
pub(crate) const RESULT: &str = "";
/// Prefix of the networks that the laws are read from.
pub(crate) const LAWS: &str = "laws.";
/// Prefix of the weights that training goes on with.
pub(crate) const TRAINING: &str = "training.";
/// Logarithms of the last losses, while the training waits for them to settle.
pub(crate) const LOSSES: &str = "losses";
/// Prefix of the running mean of the weights.
pub(crate) const AVERAGE: &str = "average.";

/// Everything about a run but its numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Header {
    pub(crate) format: u64,
    pub(crate) version: String,
    pub(crate) config: Config,
    pub(crate) dof: usize,
    pub(crate) angles: Vec<usize>,
    pub(crate) scaling: Scaling,
    pub(crate) step: usize,
    /// The step at which the loss had settled.
    pub(crate) settled: Option<usize>,
    pub(crate) train_losses: Option<LossTerms>,
    pub(crate) test_losses: Option<LossTerms>,
    pub(crate) law_losses: Option<LossTerms>,
}

impl Header {
    /// The header of a run that was not yet measured.
    pub(crate) fn new(config: Config, dof: usize, angles: Vec<usize>, scaling: Scaling, step: usize) -> Self {
        let version = env!("CARGO_PKG_VERSION").into();
        let (settled, train_losses, test_losses, law_losses) = (None, None, None, None);
        let format = FORMAT;
        Self {
            format,
            version,
            config,
            dof,
            angles,
            scaling,
            step,
            settled,
            train_losses,
            test_losses,
            law_losses,
        }
    }
}

/// Reads a header; one of another format is refused.
fn header(text: &str) -> Result<Header, String> {
    let mut header: Value = serde_json::from_str(text).map_err(|e| e.to_string())?;
    match header.get("format").and_then(Value::as_u64).unwrap_or(1) {
        FORMAT => {}
        format => {
            let other = if format < FORMAT { "an earlier" } else { "a later" };
            return Err(format!(
                "{other} version of liouville wrote its networks, in format {format}; this one reads format {FORMAT} \
                 (hint: train again, into another folder)"
            ));
        }
    }
    read_numbers(&mut header);
    serde_json::from_value(header).map_err(|e| e.to_string())
}

/// A named array.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Array {
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
    pub(crate) values: Vec<f32>,
}

impl Array {
    /// Weights of a model, parameter by parameter, their names after `prefix`.
    pub(crate) fn of_weights(prefix: &str, model: &Model, weights: &[f32]) -> Vec<Self> {
        let mut rest = weights;
        let mut array = |parameter: Parameter| {
            let (own, others) = rest.split_at(parameter.len().min(rest.len()));
            rest = others;
            Self { name: format!("{prefix}{}", parameter.name), shape: parameter.shape, values: own.to_vec() }
        };
        model.parameters().into_iter().map(&mut array).collect()
    }
}

/// The state of a training run, from which it can be taken up again to the same bits.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    pub(crate) header: Header,
    pub(crate) arrays: Vec<Array>,
    /// Where it came from, for messages.
    pub(crate) path: PathBuf,
}

impl Checkpoint {
    /// The settings of the run.
    pub fn config(&self) -> &Config {
        &self.header.config
    }

    /// The units in which the networks see phase space.
    pub fn scaling(&self) -> &Scaling {
        &self.header.scaling
    }

    /// Steps done.
    pub fn step(&self) -> usize {
        self.header.step
    }

    /// Whether the training is done and its losses are measured.
    pub fn is_complete(&self) -> bool {
        let header = &self.header;
        header.step >= header.config.end(header.settled) && header.train_losses.is_some()
    }

    /// The numbers of an array, if there is one of that name.
    pub(crate) fn any(&self, name: &str) -> Option<Vec<f32>> {
        self.arrays.iter().find(|array| array.name == name).map(|array| array.values.clone())
    }

    /// The numbers of an array of that many.
    pub(crate) fn array(&self, name: &str, length: usize) -> Result<Vec<f32>, LearnError> {
        let unfit = |what| LearnError::Checkpoint { path: self.path.clone(), what };
        match self.any(name) {
            Some(values) if values.len() == length => Ok(values),
            Some(values) => Err(unfit(format!("{name} has {} entries, not {length}", values.len()))),
            None => Err(unfit(format!("{name} is missing"))),
        }
    }

    /// The weights of a model that stand under names with `prefix`, in the model's order.
    pub(crate) fn weights(&self, prefix: &str, model: &Model) -> Result<Vec<f32>, LearnError> {
        let mut weights = Vec::with_capacity(model.weights());
        for parameter in model.parameters() {
            weights.extend(self.array(&format!("{prefix}{}", parameter.name), parameter.len())?);
        }
        Ok(weights)
    }

    /// Whether weights stand under names with `prefix`, which is not empty.
    pub(crate) fn has(&self, prefix: &str) -> bool {
        self.arrays.iter().any(|array| array.name.starts_with(prefix))
    }

    /// The file's bytes; the same run gives the same bytes.
    ///
    /// # Errors
    /// When the tensor format refuses an array.
    pub fn to_bytes(&self) -> Result<Vec<u8>, LearnError> {
        let unfit = |what: String| LearnError::Checkpoint { path: self.path.clone(), what };
        let bytes: Vec<Vec<u8>> = self
            .arrays
            .iter()
            .map(|array| array.values.iter().flat_map(|x| x.to_le_bytes()).collect())
            .collect();
        let mut views = Vec::new();
        for (array, bytes) in self.arrays.iter().zip(&bytes) {
            let view =
                TensorView::new(Dtype::F32, array.shape.clone(), bytes).map_err(|e| unfit(e.to_string()))?;
            views.push((array.name.as_str(), view));
        }
        let mut header = serde_json::to_value(&self.header).map_err(|e| unfit(e.to_string()))?;
        spell_numbers(&mut header);
        let header = header.to_string();
        // One entry, because the order of several would differ from run to run.
        serialize(views, Some(HashMap::from([(HEADER.into(), header)]))).map_err(|e| unfit(e.to_string()))
    }

    /// Reads what [`to_bytes`](Self::to_bytes) gave; `path` stands in errors.
    ///
    /// # Errors
    /// Bytes that are no checkpoint, or one of another format.
    pub fn from_bytes(bytes: &[u8], path: &Path) -> Result<Self, LearnError> {
        let unfit = |what: String| LearnError::Checkpoint { path: path.into(), what };
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|e| unfit(e.to_string()))?;
        let text = metadata.metadata().as_ref().and_then(|m| m.get(HEADER));
        let header = header(text.ok_or_else(|| unfit("it holds no settings".into()))?).map_err(unfit)?;
        let tensors = SafeTensors::deserialize(bytes).map_err(|e| unfit(e.to_string()))?;
        let mut arrays = Vec::new();
        for (name, view) in tensors.tensors() {
            if view.dtype() != Dtype::F32 {
                return Err(unfit(format!("{name} is not of type f32")));
            }
            let (numbers, _) = view.data().as_chunks::<4>();
            let values = numbers.iter().map(|b| f32::from_le_bytes(*b)).collect();
            arrays.push(Array { name, shape: view.shape().to_vec(), values });
        }
        arrays.sort_by(|a: &Array, b| a.name.cmp(&b.name));
        Ok(Self { header, arrays, path: path.into() })
    }
}

/// Marks a number that is written as a string.
const MARK: &str = "f64:";

/// Writes floating-point numbers as strings: the JSON reader may miss their last bit, and a run that is taken up
/// again must not.
fn spell_numbers(value: &mut Value) {
    match value {
        Value::Number(n) if n.is_f64() => {
            if let Some(x) = n.as_f64() {
                *value = Value::String(format!("{MARK}{x:?}"));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(spell_numbers),
        Value::Object(entries) => entries.values_mut().for_each(spell_numbers),
        _ => {}
    }
}

/// Undoes [`spell_numbers`].
fn read_numbers(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some(x) = text.strip_prefix(MARK).and_then(|x| x.parse::<f64>().ok()) {
                *value = Value::from(x);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(read_numbers),
        Value::Object(entries) => entries.values_mut().for_each(read_numbers),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with one array and this header.
    fn file(header: &str) -> Vec<u8> {
        let view = TensorView::new(Dtype::F32, vec![1], &[0; 4]).unwrap();
        serialize([("weights", view)], Some(HashMap::from([(HEADER.into(), header.into())]))).unwrap()
    }

    #[test]
    fn other_formats_are_refused_with_the_way_out() {
        let message = |header: &str| {
            Checkpoint::from_bytes(&file(header), Path::new("network-2.safetensors")).unwrap_err().to_string()
        };
        insta::assert_snapshot!(
            message(r#"{"version":"0.1.0","dof":2,"step":4000}"#),
            @"the saved run network-2.safetensors cannot be used: an earlier version of liouville wrote its networks, in format 1; this one reads format 2 (hint: train again, into another folder)"
        );
        insta::assert_snapshot!(
            message(r#"{"format":3,"version":"0.9.0"}"#),
            @"the saved run network-2.safetensors cannot be used: a later version of liouville wrote its networks, in format 3; this one reads format 2 (hint: train again, into another folder)"
        );
    }
}

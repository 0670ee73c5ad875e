//! A training run as bytes: settings, scaling, seed, step, weights and the optimiser's state, in the safetensors format.

use super::data::Scaling;
use super::error::LearnError;
use super::loss::LossTerms;
use super::model::Model;
use super::train::Config;
use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Key of the settings in the file's metadata.
const HEADER: &str = "liouville";

/// Everything about a run but its numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Header {
    pub(crate) version: String,
    pub(crate) config: Config,
    pub(crate) dof: usize,
    pub(crate) angles: Vec<usize>,
    pub(crate) scaling: Scaling,
    pub(crate) step: usize,
    pub(crate) train_losses: Option<LossTerms>,
    pub(crate) test_losses: Option<LossTerms>,
    pub(crate) law_losses: Option<LossTerms>,
}

/// The state of a training run, from which it can be taken up again to the same bits.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    pub(crate) header: Header,
    pub(crate) arrays: Vec<(String, Vec<f32>)>,
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
        self.header.step >= self.header.config.steps && self.header.train_losses.is_some()
    }

    pub(crate) fn array(&self, name: &str) -> Option<Vec<f32>> {
        self.arrays.iter().find(|(n, _)| n == name).map(|(_, values)| values.clone())
    }

    pub(crate) fn weights(&self, model: &Model) -> Result<Vec<f32>, LearnError> {
        self.sized("weights", model)
    }

    /// An array with as many entries as the model has weights.
    pub(crate) fn sized(&self, name: &str, model: &Model) -> Result<Vec<f32>, LearnError> {
        let unfit = |what| LearnError::Checkpoint { path: self.path.clone(), what };
        match self.array(name) {
            Some(values) if values.len() == model.parameters() => Ok(values),
            Some(values) => {
                Err(unfit(format!("{name} has {} entries, not {}", values.len(), model.parameters())))
            }
            None => Err(unfit(format!("{name} is missing"))),
        }
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
            .map(|(_, values)| values.iter().flat_map(|x| x.to_le_bytes()).collect())
            .collect();
        let mut views = Vec::new();
        for ((name, values), bytes) in self.arrays.iter().zip(&bytes) {
            let view =
                TensorView::new(Dtype::F32, vec![values.len()], bytes).map_err(|e| unfit(e.to_string()))?;
            views.push((name.as_str(), view));
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
    /// Bytes that are no checkpoint.
    pub fn from_bytes(bytes: &[u8], path: &Path) -> Result<Self, LearnError> {
        let unfit = |what: String| LearnError::Checkpoint { path: path.into(), what };
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|e| unfit(e.to_string()))?;
        let header = metadata.metadata().as_ref().and_then(|m| m.get(HEADER));
        let header = header.ok_or_else(|| unfit("it holds no settings".into()))?;
        let mut header = serde_json::from_str(header).map_err(|e| unfit(e.to_string()))?;
        read_numbers(&mut header);
        let header: Header = serde_json::from_value(header).map_err(|e| unfit(e.to_string()))?;
        let tensors = SafeTensors::deserialize(bytes).map_err(|e| unfit(e.to_string()))?;
        let mut arrays = Vec::new();
        for (name, view) in tensors.tensors() {
            if view.dtype() != Dtype::F32 {
                return Err(unfit(format!("{name} is not of type f32")));
            }
            let (numbers, _) = view.data().as_chunks::<4>();
            arrays.push((name, numbers.iter().map(|b| f32::from_le_bytes(*b)).collect()));
        }
        arrays.sort_by(|a: &(String, Vec<f32>), b| a.0.cmp(&b.0));
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

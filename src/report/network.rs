//! The networks in the record, and what they know beyond the laws in words.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Record, text};

/// What the networks learned.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct NetworkRecord {
    /// The number of cyclic coordinates.
    pub cyclic: usize,
    /// The terms of the loss on held-out data.
    pub losses: BTreeMap<String, f64>,
    /// The number of training steps.
    pub steps: usize,
    /// The wall time of training in seconds. Not part of the JSON, so that the JSON is the same byte for
    /// byte each time.
    #[serde(skip)]
    pub seconds: Option<f64>,
    /// The learned coordinates as formulas.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub coordinates: Vec<CoordinateRecord>,
    /// How many laws are likely beside H and the laws that were found; absent where the data cannot tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub further_law_likely: Option<usize>,
    /// The evidence for each of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub further_laws: Vec<FurtherLawRecord>,
    /// Why the data cannot tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub further_law_unknown: Option<String>,
    /// How well the network predicts held-out runs, where it is the model: no formula explains the motion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prediction: Option<PredictionRecord>,
    /// The trainings, each with a different number of cyclic coordinates.
    pub trials: Vec<TrialRecord>,
    /// The largest Poisson term of a training that counts as room for its cyclic coordinates. Not part of the JSON.
    #[serde(skip)]
    pub poisson_limit: f64,
}

/// One training with a given number of cyclic coordinates.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct TrialRecord {
    /// How many cyclic coordinates were requested.
    pub cyclic: usize,
    /// The Poisson term of the loss after training. It is near zero if there are at least as many laws in
    /// involution.
    pub poisson: f64,
}

/// One learned coordinate: the paper's multinomial fit, and as a function of the laws.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct CoordinateRecord {
    /// The fitted formula, with decimal coefficients.
    pub formula: String,
    /// The degree that was chosen.
    pub degree: usize,
    /// Mean squared error by degree, from 1 up.
    pub mse: Vec<f64>,
    /// The coordinate as a polynomial in the names of the laws, with decimal coefficients: zero mean and unit variance
    /// on the fitted states, without its constant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_laws: Option<String>,
    /// Its LaTeX. Not part of the JSON.
    #[serde(skip)]
    pub in_laws_latex: Option<String>,
    /// The degree of that polynomial in the laws.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_laws_degree: Option<usize>,
    /// 1 − (squared error)/(variance) of that polynomial on held-out states.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r2: Option<f64>,
    /// Its rms error on held-out states, in units of the spread of the coordinate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_out_error: Option<f64>,
}

/// The evidence for a law that the networks keep and nobody has found.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct FurtherLawRecord {
    /// The share of its squared gradient that lies outside the span of those of H and the laws.
    pub outside: f64,
    /// Its rms deviation from the mean along held-out runs, relative to what it would be if the state moved as far as it
    /// does over all runs.
    pub drift: f64,
    /// The number of held-out runs.
    pub runs: usize,
}

/// The prediction of held-out runs by a network, each from its first state.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PredictionRecord {
    /// The number of runs.
    pub runs: usize,
    /// The rms deviation over all times, in units of the spread of each column.
    pub error: f64,
    /// The ends of parts of the time, from the beginning of a run.
    pub times: Vec<f64>,
    /// The same deviation within each part.
    pub errors: Vec<f64>,
}

/// The learned momenta in LaTeX, a line each, and what is likely beside the laws as a comment.
pub(super) fn latex(record: &Record) -> String {
    let Some(network) = &record.network else { return String::new() };
    let mut lines = String::new();
    for (i, coordinate) in network.coordinates.iter().enumerate() {
        if let (Some(formula), Some(r2)) = (&coordinate.in_laws_latex, coordinate.r2) {
            lines += &format!("\\hat{{P}}_{{{}}} = {formula} % R^2 {}\n", i + 1, text::share_explained(r2));
        }
    }
    let more = prediction(record).into_iter().chain(further(record));
    lines + &more.map(|line| format!("% {line}\n")).collect::<String>()
}

/// How well the network predicts where it is the model, a sentence each.
pub(super) fn prediction(record: &Record) -> Vec<String> {
    let Some(found) = record.network.as_ref().and_then(|network| network.prediction.as_ref()) else {
        return Vec::new();
    };
    let percent = |share: f64| format!("{} %", text::short(100.0 * share));
    let parts = found.times.iter().zip(&found.errors);
    let parts: Vec<String> =
        parts.map(|(time, error)| format!("{} up to {}", percent(*error), text::short(*time))).collect();
    let some = [0, parts.len() / 2, parts.len().saturating_sub(1)];
    let mut shown: Vec<&str> = some.iter().filter_map(|&k| parts.get(k)).map(String::as_str).collect();
    shown.dedup();
    vec![
        format!(
            "no formula explains the motion: the learned H is the model, and predicts {} held-out {} from the first state",
            found.runs,
            if found.runs == 1 { "run" } else { "runs" }
        ),
        format!(
            "rms error {} of the spread; in the course of time {}",
            percent(found.error),
            shown.join(", ")
        ),
    ]
}

/// What the networks know and the laws do not say, a sentence each.
pub(super) fn further(record: &Record) -> Vec<String> {
    let Some(network) = &record.network else { return Vec::new() };
    if let Some(why) = &network.further_law_unknown {
        return vec![format!("whether there is a further law cannot be told from the networks: {why}")];
    }
    let laws = &network.further_laws;
    if laws.is_empty() {
        return Vec::new();
    }
    let is_explained =
        record.hamiltonian.formula.is_some() && record.hamiltonian.status.as_deref() != Some("unexplained");
    let mut lines = vec![match laws.len() {
        1 => "1 further law is likely: the networks keep a function that is none of those above".to_owned(),
        count => {
            format!(
                "{count} further laws are likely: the networks keep functions that are none of those above"
            )
        }
    }];
    if !is_explained {
        lines[0] += "; H, of which no formula was found, may be one of them";
    }
    let names: Vec<&str> = is_explained
        .then_some("H")
        .into_iter()
        .chain(record.laws.iter().map(|law| law.name.as_str()))
        .collect();
    lines.extend(laws.iter().map(|law| {
        let drift =
            format!("it drifts by {} % along {} held-out runs", text::short(100.0 * law.drift), law.runs);
        match names.is_empty() {
            true => drift,
            false => {
                let share = text::short(100.0 * law.outside);
                format!("{drift}, and {share} % of its gradient lies outside those of {}", names.join(", "))
            }
        }
    }));
    lines
}

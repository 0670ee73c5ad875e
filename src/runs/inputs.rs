//! What a run of `discover` was asked: its settings, its subject, its data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::data::Reading;
use crate::data::TrajectorySet;
use crate::discover::Observations;
use crate::learn::{self, Cyclic};
use crate::terms::{Grammar, GrammarError};

use super::Exact;

/// All that a run begins with: the same inputs give the same bytes.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// The command that began the run, without `--out`; for messages.
    pub command: String,
    /// The settings.
    pub settings: Settings,
    /// What the data is of.
    pub subject: Subject,
    /// The data as used.
    pub data: Data,
}

/// The settings of a discovery.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// Seed of initial states, noise and networks.
    pub seed: u64,
    /// How many cyclic coordinates the networks learn.
    pub cyclic: Cyclic,
    /// Training steps as asked for; 0 goes without networks, nothing is the default.
    pub steps: Option<usize>,
    /// The loss the networks are trained with.
    pub loss: learn::Loss,
    /// Noise of the simulated measurements, relative to the rms of each column.
    pub noise: Exact,
    /// The terms that may be used in place of the built-in default grammar.
    pub grammar: Option<GrammarText>,
    /// Seconds after which the discovery ends, as asked for. A run may be taken up with another limit.
    pub time_limit: Option<Exact>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            seed: 0,
            cyclic: Cyclic::Auto,
            steps: None,
            loss: learn::Loss::Relaxed,
            noise: Exact(0.0),
            grammar: None,
            time_limit: None,
        }
    }
}

/// The default limit in seconds of a recording's discovery without networks.
const RECORDING_SECONDS: f64 = 120.0;

impl Settings {
    /// Whether networks are asked for, where they are not trained otherwise.
    pub fn asks_networks(&self) -> bool {
        self.steps.is_some_and(|steps| steps > 0) || matches!(self.cyclic, Cyclic::Number(_))
    }

    /// The limit in seconds; infinite where there is none.
    pub fn seconds(&self, is_recording: bool) -> f64 {
        let default = if is_recording && !self.asks_networks() { RECORDING_SECONDS } else { f64::INFINITY };
        self.time_limit.map_or(default, |limit| limit.0)
    }

    /// How networks are trained; nothing where there are to be none.
    pub fn networks(&self, threads: Option<u16>) -> Option<learn::Config> {
        let default = learn::Config::default();
        let steps = self.steps.unwrap_or(default.steps);
        // Networks of this size gain little from a second thread, and a busy machine makes them much slower.
        let threads = threads.map_or(1, usize::from);
        let config = learn::Config { steps, loss: self.loss, threads, seed: self.seed, ..default };
        (steps > 0).then_some(config)
    }

    /// What differs from other settings, the time limit excepted; nothing where they agree.
    pub(super) fn difference(&self, other: &Settings) -> Option<&'static str> {
        match () {
            () if self.seed != other.seed => Some("another --seed"),
            () if self.cyclic != other.cyclic => Some("another --cyclic"),
            () if self.steps != other.steps => Some("another number of --steps"),
            () if self.loss != other.loss => Some("another --loss"),
            () if self.noise != other.noise => Some("another --noise"),
            () if self.grammar != other.grammar => Some("another --grammar"),
            () => None,
        }
    }
}

/// A grammar with the files that it includes: it reads the same where these files are gone.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct GrammarText {
    /// The path of the grammar, for messages and the record.
    pub path: String,
    /// The text.
    pub text: String,
    /// The texts of included files by their names, the built-in ones excepted.
    pub included: BTreeMap<String, String>,
}

impl GrammarText {
    /// The grammar of this text.
    ///
    /// # Errors
    /// The first thing that is not as the language wants it.
    pub fn parse(&self) -> Result<Grammar, GrammarError> {
        Grammar::parse(&self.text, &self.path, &mut |name| self.included.get(name).cloned())
    }
}

/// What the data is of.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Subject {
    /// The name of the system, or of the recording where there is no system file.
    pub name: String,
    /// The files of the recording; nothing for simulated data.
    pub source: Option<String>,
    /// The system file, where there is one.
    pub system: Option<SystemText>,
}

/// A system file as it was read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SystemText {
    /// Its path, or the name of a built-in system.
    pub path: String,
    /// The text.
    pub text: String,
    /// The parameters that were set, as `NAME=VALUE`.
    pub set: Vec<String>,
}

/// The data of a run.
#[derive(Clone, PartialEq, Debug)]
pub enum Data {
    /// Trajectories of a system that was simulated.
    Simulated(TrajectorySet),
    /// A recording, as it was read.
    Recorded(Reading),
}

impl Data {
    /// Whether it was recorded.
    pub fn is_recorded(&self) -> bool {
        matches!(self, Data::Recorded(_))
    }

    /// The data as trajectories in coordinates and momenta; `train` is the share that is fitted. What a recording has
    /// beside the positions is taken as momenta.
    pub fn observations(&self, train: f64) -> Observations {
        let trajectories = match self {
            Data::Simulated(set) => set.clone(),
            Data::Recorded(reading) => TrajectorySet {
                notes: reading.notes.clone(),
                ..TrajectorySet::of_recording(&reading.recording)
            },
        };
        Observations { trajectories, train }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grammar_carries_the_files_that_it_includes() {
        let grammar = GrammarText {
            path: "folder/own.grammar".into(),
            text: "grammar own\ninclude other.grammar\nterms variables^1..2\n".into(),
            included: BTreeMap::from([(
                "other.grammar".to_owned(),
                "grammar other\nterms coordinates^0..3\n".to_owned(),
            )]),
        };
        assert!(grammar.parse().is_ok());
        assert!(GrammarText { included: BTreeMap::new(), ..grammar }.parse().is_err());
    }
}

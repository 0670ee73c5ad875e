//! From the inputs of a run to its record, with networks trained now or before: `discover` and `extract` differ in
//! nothing else.

use std::path::Path;

use super::{Failure, grammar, input, unexplained};
use crate::data::{Rates, Reading, Recording};
use crate::discover::{self, Config, DiscoverError, Discovery, Observations, RecordedConfig};
use crate::dynamics::{SimulationConfig, simulate};
use crate::expr::{Expr, Symbol};
use crate::learn::{self, Checkpoint, Cyclic, LearnError, LearnedCoordinates, Steps, Trainings};
use crate::mechanics::{Hamiltonian, compare};
use crate::progress::{Ended, Job, Limits};
use crate::recover::Status;
use crate::recover::first_order::Hypotheses;
use crate::report::{DiscoverySource, Figures, LimitsRecord, Record, Training};
use crate::runs::{self, Data, Inputs, LossHistory, Motion, Outcome, Settings, Subject, SystemText};
use crate::system::System;

/// The networks of a discovery.
pub enum Networks<'a> {
    /// They are trained, and kept if there is a place.
    Trained(Option<&'a dyn Trainings>),
    /// They were trained before.
    Saved(Vec<LearnedCoordinates>),
}

/// What a discovery runs with.
pub struct Session<'a> {
    /// Hears what is done, and ends the discovery: the limit of seconds is in its token.
    pub job: Job<'a>,
    /// Threads for training.
    pub threads: Option<u16>,
}

/// What a discovery came to.
pub struct Found {
    /// What was found, for the user.
    pub record: Record,
    /// What moves by it.
    pub motion: Motion,
    /// The network that moves by what it learned, where no formula does.
    pub learned: Option<LearnedCoordinates>,
    /// The numbers of cyclic coordinates of the networks, in order.
    pub trainings: Vec<usize>,
    /// The losses of what was trained now.
    pub losses: Vec<Training>,
    /// Why the discovery ended early, if it did.
    pub ended: Option<Ended>,
}

impl Found {
    /// What is saved of it, with the record as JSON.
    pub fn outcome<'a>(&'a self, record: &'a str) -> Outcome<'a> {
        let Found { motion, trainings, ended, .. } = self;
        Outcome { trainings, motion: Some(motion), record, ended: *ended }
    }

    /// The pictures of its report: runs with what is predicted of them, the drift of the laws, losses.
    pub fn figures(&self, inputs: &Inputs) -> Figures {
        runs::figures(&inputs.data, &self.motion, self.learned.as_ref(), self.losses.clone())
    }
}

/// How a discovery ended.
pub enum End {
    /// With what was found.
    Found(Box<Found>),
    /// In the middle of a training.
    InTraining {
        /// Steps done.
        step: usize,
        /// Steps in all.
        steps: usize,
        /// The trainings so far.
        kept: Vec<Checkpoint>,
        /// What ended it.
        ended: Option<Ended>,
    },
}

/// A recording as it was read, with what it is called.
pub struct Recorded {
    /// The recording.
    pub reading: Reading,
    /// Its name, for a discovery without a system.
    pub name: String,
    /// Where it comes from, as it stands in the record.
    pub source: String,
}

/// The inputs of a discovery from a recording. Without one the system is simulated.
///
/// # Errors
/// Neither a recording nor a system, or a system that cannot be simulated.
pub fn inputs(
    command: String,
    settings: Settings,
    system: Option<(System, SystemText)>,
    recorded: Option<Recorded>,
) -> Result<Inputs, Failure> {
    let (system, text) = system.unzip();
    let named = system.as_ref().map(|system| system.name.clone());
    let (data, name, source) = match recorded {
        Some(Recorded { reading, name, source }) => (Data::Recorded(reading), name, Some(source)),
        None => {
            let nothing = || {
                Failure::input(
                    "there is no system and no recording",
                    Some("liouville discover recording.csv"),
                )
            };
            let (seed, noise) = (settings.seed, settings.noise.0);
            let config = SimulationConfig { seed, noise, ..SimulationConfig::default() };
            (Data::Simulated(simulate(system.as_ref().ok_or_else(nothing)?, &config)?), String::new(), None)
        }
    };
    let subject = Subject { name: named.unwrap_or(name), source, system: text };
    Ok(Inputs { command, settings, subject, data })
}

/// Does what the inputs ask for.
///
/// # Errors
/// Settings or data that cannot be used, or a job that was ended before anything was found.
pub fn discover(inputs: &Inputs, networks: Networks<'_>, session: &Session<'_>) -> Result<End, Failure> {
    let system = inputs.subject.system.as_ref().map(system_of).transpose()?;
    let reading = match &inputs.data {
        Data::Recorded(reading) => reading,
        Data::Simulated(_) => {
            let nothing = || Failure::input("the run names no system, and its data is simulated", None);
            let system = system.ok_or_else(nothing)?;
            return canonical(&system, inputs, Hypotheses::All, networks, session);
        }
    };
    let (networks, hypotheses) = match recorded(reading, inputs, networks, session)? {
        OfRecording::Found(found) => return Ok(End::Found(found)),
        OfRecording::Left(networks, hypotheses) => (networks, hypotheses),
    };
    let of_recording = || system_of_recording(&reading.recording, &inputs.subject.name);
    canonical(&system.map_or_else(of_recording, Ok)?, inputs, hypotheses, networks, session)
}

/// A system that a user names, and its text to be saved.
///
/// # Errors
/// A system that cannot be read, with the place.
pub fn named_system(name: &str, set: &[String]) -> Result<(System, SystemText), Failure> {
    let text = SystemText { path: name.to_owned(), text: System::text(name)?, set: set.to_vec() };
    Ok((system_of(&text)?, text))
}

/// The system of a saved text.
///
/// # Errors
/// A text that is no system, with the place.
pub fn system_of(saved: &SystemText) -> Result<System, Failure> {
    input::with_parameters(System::parse(&saved.text, &saved.path)?, &saved.set)
}

/// The name of a discovery without a system file: that of its first recording.
pub fn name_of(files: &[String]) -> String {
    let stem = files.first().and_then(|file| Path::new(file).file_stem());
    stem.map_or_else(|| "recording".to_owned(), |stem| stem.to_string_lossy().into_owned())
}

/// A system with the names of a recording that holds momenta.
fn system_of_recording(recording: &Recording, name: &str) -> Result<System, Failure> {
    let list = |names: Vec<&str>| names.join(", ");
    let coordinates = list(recording.coordinates.iter().map(|coordinate| coordinate.name.name()).collect());
    let momenta = match &recording.rates {
        Rates::Momenta(names) => list(names.iter().map(Symbol::name).collect()),
        Rates::Velocities(_) | Rates::None => String::new(),
    };
    let angles: Vec<&str> =
        recording.coordinates.iter().filter(|c| c.is_angle).map(|c| c.name.name()).collect();
    let mut text = format!("system recording\ncoordinates {coordinates}\nmomenta {momenta}\n");
    if !angles.is_empty() {
        text += &format!("angle {}\n", angles.join(", "));
    }
    let system = System::parse(&text, "the recording")?;
    Ok(System { name: name.to_owned(), ..system })
}

/// What came of the law of motion of a recording.
enum OfRecording<'a> {
    /// The law, and its laws.
    Found(Box<Found>),
    /// It is left to the search in coordinates and momenta, among these hypotheses, with the networks for it.
    Left(Networks<'a>, Hypotheses),
}

/// Recovers the law of motion from a recording, and its laws. A recording of momenta is left to the search in coordinates
/// and momenta where these are no velocities times masses, or networks or a grammar are asked for.
fn recorded<'a>(
    reading: &Reading,
    inputs: &Inputs,
    networks: Networks<'a>,
    session: &Session<'_>,
) -> Result<OfRecording<'a>, Failure> {
    let (job, settings) = (&session.job, &inputs.settings);
    let has_momenta = matches!(reading.recording.rates, Rates::Momenta(_));
    if has_momenta && (settings.asks_networks() || settings.grammar.is_some()) {
        return Ok(OfRecording::Left(networks, Hypotheses::All));
    }
    check_recorded(settings)?;
    let config = RecordedConfig::default();
    let found = discover::of_recording(&reading.recording, &config, job);
    let found = found.map_err(|error| match Ended::by(job.token()) {
        None => Failure::input(error, None),
        ended => Failure::ended(
            "the discovery ended before a form of the law of motion was found\n".to_owned(),
            ended,
        ),
    })?;
    let Some(found) = found else { return Ok(OfRecording::Left(networks, Hypotheses::Library)) };
    let source = inputs.subject.source.clone().unwrap_or_default();
    let mut record = Record::of_recording(&inputs.subject.name, &source, reading, &found)
        .map_err(|error| Failure::input(error, None))?;
    let limits = Limits { seconds: settings.seconds(true), ..config.search.limits };
    record.limits = found.proved.work.map(|work| LimitsRecord::of(limits, work, found.ended));
    let motion = Motion::of_recording(&found, has_momenta);
    let mut answer = Found {
        record,
        motion,
        learned: None,
        trainings: Vec::new(),
        losses: Vec::new(),
        ended: found.ended,
    };
    match has_momenta || !matches!(found.recovery.status, Status::Unexplained { .. }) {
        true if settings.asks_networks() => {
            job.note("no networks are trained: the law of motion is recovered from the recording itself");
        }
        true => {}
        false => unexplained::add_network(&mut answer, &found, inputs, networks, session)?,
    }
    Ok(OfRecording::Found(Box::new(answer)))
}

/// Options that say nothing to a recording without momenta.
fn check_recorded(settings: &Settings) -> Result<(), Failure> {
    if settings.grammar.is_some() {
        return Err(Failure::input(
            "`--grammar` names terms in coordinates and momenta, and the recording has no momenta",
            Some("leave it out: positions and velocities have a library of their own"),
        ));
    }
    Ok(())
}

/// How long networks are trained.
pub(super) fn steps(settings: &Settings) -> Steps {
    if settings.steps.is_some() { Steps::Asked } else { Steps::Usual }
}

/// Finds H and the laws from trajectories in coordinates and momenta.
fn canonical(
    system: &System,
    inputs: &Inputs,
    hypotheses: Hypotheses,
    networks: Networks<'_>,
    session: &Session<'_>,
) -> Result<End, Failure> {
    let (job, settings) = (&session.job, &inputs.settings);
    let network = settings.networks(session.threads);
    let hypotheses = match &settings.grammar {
        Some(grammar) => Hypotheses::Grammar(grammar::parsed_grammar(grammar)?),
        None => hypotheses,
    };
    let model = network.clone().map(|usual| learn::for_prediction(usual, steps(settings)));
    let config = Config { cyclic: settings.cyclic, network, model, hypotheses, ..Config::default() };
    check_cyclic(settings.cyclic, system)?;
    let observations = inputs.data.observations(system.train.to_f64().value().clamp(0.0, 1.0));
    observations.trajectories.notes.iter().for_each(|note| job.note(note));
    let history = LossHistory::new(job);
    let job = &Job::new(&history, job.token().clone());
    let discovery = match networks {
        Networks::Trained(trainings) => discover::run(&observations, &config, trainings, job),
        Networks::Saved(trained) => discover::extract(&observations, trained, &config, job),
    };
    let discovery = match discovery {
        Err(DiscoverError::Learn(LearnError::Interrupted { step, steps, kept })) => {
            return Ok(End::InTraining { step, steps, kept, ended: Ended::by(job.token()) });
        }
        other => other.map_err(failure)?,
    };
    let trials = discovery.network.iter().flat_map(|network| &network.trials);
    Ok(End::Found(Box::new(Found {
        record: record(system, inputs, &observations, &discovery, &config)?,
        motion: Motion::of_discovery(&discovery, &observations),
        learned: discovery.network.as_ref().filter(|n| n.prediction.is_some()).map(|n| n.learned.clone()),
        trainings: trials.map(|trial| trial.cyclic).collect(),
        losses: history.into_trainings(),
        ended: discovery.ended,
    })))
}

/// A failure, with the way out where a folder holds trainings that cannot be taken up.
pub(super) fn failure(error: DiscoverError) -> Failure {
    let is_of_the_folder = matches!(
        error,
        DiscoverError::Learn(LearnError::OtherTraining { .. } | LearnError::Checkpoint { .. })
    );
    Failure::input(error, is_of_the_folder.then_some("choose another folder, or delete this one"))
}

fn check_cyclic(cyclic: Cyclic, system: &System) -> Result<(), Failure> {
    match cyclic {
        Cyclic::Number(n) if n == 0 || n > system.dof() => Err(Failure::input(
            format!("`--cyclic {n}`: the system has {} degrees of freedom", system.dof()),
            Some("give a number from 1 to that, or `auto`"),
        )),
        _ => Ok(()),
    }
}

/// The record of a discovery in coordinates and momenta.
fn record(
    system: &System,
    inputs: &Inputs,
    observations: &Observations,
    discovery: &Discovery,
    config: &Config,
) -> Result<Record, Failure> {
    let space = input::phase_space(system)?;
    let recovered = discovery.hamiltonian.as_ref().filter(|h| h.exact);
    let recovered = recovered.map(|h| Hamiltonian::new(h.formula.clone(), space.clone()));
    let is_simulated = !inputs.data.is_recorded();
    let file = if is_simulated { system.hamiltonian_with_values() } else { None };
    let agrees = |file: Expr| {
        let file = Hamiltonian::new(file, space.clone());
        recovered.as_ref().is_some_and(|h| h.equals_up_to_a_constant(&file))
    };
    let source = DiscoverySource {
        data: inputs.subject.source.clone().unwrap_or_else(|| "simulated".to_owned()),
        agrees_with_file: file.map(agrees),
    };
    let mut record = Record::of_discovery(system, &observations.trajectories, discovery, &source)
        .map_err(|error| Failure::input(error, None))?;
    if let Some(hamiltonian) = recovered.as_ref().filter(|_| is_simulated) {
        let laws: Vec<_> = discovery.laws.iter().map(|law| law.quantity.clone()).collect();
        let known = compare(hamiltonian, &laws, &input::known_laws(system))
            .map_err(|error| Failure::input(error, None))?;
        record.add_known(&known, discovery, &space);
    }
    record.seed = Some(inputs.settings.seed);
    record.settings = shown(&inputs.settings, config);
    record.limits = discovery.work.map(|work| LimitsRecord::of(config.search.limits, work, discovery.ended));
    Ok(record)
}

/// The settings as they stand in the record.
fn shown(settings: &Settings, config: &Config) -> std::collections::BTreeMap<String, serde_json::Value> {
    let cyclic = match settings.cyclic {
        Cyclic::Auto => serde_json::json!("auto"),
        Cyclic::Number(n) => serde_json::json!(n),
    };
    let steps = config.network.as_ref().map_or(0, |network| network.steps);
    let loss = match settings.loss {
        learn::Loss::Relaxed => "relaxed",
        learn::Loss::Paper { .. } => "paper",
    };
    let grammar = settings.grammar.as_ref().map_or("default", |grammar| &grammar.path);
    [
        ("cyclic", cyclic),
        ("grammar", serde_json::json!(grammar)),
        ("loss", serde_json::json!(loss)),
        ("noise", serde_json::json!(settings.noise.0)),
        ("steps", serde_json::json!(steps)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

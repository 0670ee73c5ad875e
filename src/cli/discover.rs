//! `liouville discover`

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, ValueEnum};

use super::input;
use super::interrupt::{command_with_out, watched};
use super::progress::Reporter;
use super::recording::{self, ReadingArguments};
use super::{Exit, Failure, output::Output};
use crate::data::{Rates, Reading, TrajectorySet};
use crate::discover::{self, Config, Cyclic, DiscoverError, Discovery, Observations, RecordedConfig};
use crate::dynamics::{SimulationConfig, simulate};
use crate::expr::Expr;
use crate::fit::{self, Grammar};
use crate::learn::{self, Checkpoint};
use crate::mechanics::{Hamiltonian, compare};
use crate::progress::{CancelToken, Ended, Job, Limits};
use crate::report::{DiscoverySource, Format, LimitsRecord, Record};
use crate::system::{Diagnostic, Place, System};

/// Find the Hamiltonian and the conserved quantities from trajectories, and prove them.
///
/// A recording needs no system file: the roles of its columns are read from their names, and what was
/// understood is printed first. Several recordings are several runs. A system file names the columns
/// otherwise. Without a recording the system is simulated; its Hamiltonian is then used for nothing else,
/// and the report says whether the recovered one equals it.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  liouville discover charged-particle\n  liouville discover recording.csv\n  liouville discover pendulum.csv --degrees theta\n  liouville discover spherical-pendulum --seed 3 --json\n  liouville discover coupled-oscillator --out run --steps 2000"
)]
pub(super) struct Discover {
    /// A system (a `.ham` file or the name of a built-in one), recordings (`.csv`, `.tsv`, `.txt`, `.dat`,
    /// `.npz`), or both.
    #[arg(value_name = "SYSTEM|RECORDING", required = true)]
    subjects: Vec<String>,

    /// Give a parameter another value, exactly: `--set m=3/2`.
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,

    /// A recording of the system, as if it stood beside it.
    #[arg(long, value_name = "FILE")]
    data: Vec<String>,

    #[command(flatten)]
    reading: ReadingArguments,

    /// The terms that may be used, in place of the built-in default grammar.
    #[arg(long, value_name = "FILE")]
    grammar: Option<String>,

    /// Print the term library in use and end.
    #[arg(long)]
    show_grammar: bool,

    /// How many cyclic coordinates the networks learn: a number, or `auto`.
    #[arg(long, value_name = "N|auto", default_value = "auto", value_parser = cyclic)]
    cyclic: Cyclic,

    /// Seed of initial states, noise and networks.
    #[arg(long, default_value_t = 0)]
    seed: u64,

    /// Training steps; 0 goes without networks.
    #[arg(long, value_name = "K")]
    steps: Option<usize>,

    /// The loss the networks are trained with.
    #[arg(long, value_enum, default_value = "relaxed")]
    loss: LossName,

    /// Noise of the simulated measurements, relative to the rms of each column.
    #[arg(long, value_name = "SIGMA", default_value_t = 0.0, conflicts_with = "data")]
    noise: f64,

    /// Seconds after which the discovery ends and prints what it has found [default: 120 for a recording
    /// unless networks are asked for, else none].
    #[arg(long, value_name = "SECONDS", value_parser = recording::seconds)]
    time_limit: Option<f64>,

    /// Save observations, networks and report here, for `liouville extract`; a run that was interrupted
    /// goes on from here when the same command is given again.
    #[arg(long, value_name = "DIR")]
    out: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum LossName {
    Relaxed,
    Paper,
}

/// What the parts of a run share.
struct Session<'a> {
    output: &'a Output,
    /// Ctrl-C and the time limit cancel it.
    token: &'a CancelToken,
    threads: Option<u16>,
}

fn no_subject() -> Failure {
    Failure::input("there is no system and no recording", Some("liouville discover recording.csv"))
}

fn cyclic(text: &str) -> Result<Cyclic, String> {
    match text {
        "auto" => Ok(Cyclic::Auto),
        _ => text.parse().map(Cyclic::Number).map_err(|_| "expected a number or `auto`".to_owned()),
    }
}

impl Discover {
    pub(super) fn run(&self, output: &Output, threads: Option<u16>) -> Result<Exit, Failure> {
        if self.show_grammar {
            return self.print_grammar(output);
        }
        let started = Instant::now();
        let (system, files) = self.subjects()?;
        // One limit for all: a canonical recording may go both ways, one after the other.
        let limits = Limits { seconds: self.seconds(!files.is_empty()), work: u64::MAX };
        let token = limits.token(&watched(self.farewell()));
        let session = Session { output, token: &token, threads };
        let exit = match files.is_empty() {
            true => self.of_system(&system.ok_or_else(no_subject)?, &session)?,
            false => self.of_files(system, &files, &session)?,
        };
        output.note(&format!("{:.1} s", started.elapsed().as_secs_f64()));
        Ok(exit)
    }

    fn of_system(&self, system: &System, session: &Session<'_>) -> Result<Exit, Failure> {
        self.reading.check_unused()?;
        let config = SimulationConfig { seed: self.seed, noise: self.noise, ..SimulationConfig::default() };
        self.canonical(system, simulate(system, &config)?, None, session)
    }

    fn of_files(
        &self,
        system: Option<System>,
        files: &[String],
        session: &Session<'_>,
    ) -> Result<Exit, Failure> {
        let reading = self.reading.read(files, system.as_ref())?;
        session.output.note(&reading.understood);
        if let Some(exit) = self.recorded(system.as_ref(), files, &reading, session)? {
            return Ok(exit);
        }
        let system = system.map_or_else(|| recording::system_of(&reading.recording, files), Ok)?;
        let mut data = TrajectorySet::of_recording(&reading.recording);
        data.notes.clone_from(&reading.notes);
        self.canonical(&system, data, Some(files.join(", ")), session)
    }

    /// The last words of a run that Ctrl-C ends twice.
    fn farewell(&self) -> String {
        match &self.out {
            Some(folder) => format!("interrupted; resume with: {}", command_with_out(folder)),
            None => "interrupted".to_owned(),
        }
    }

    /// The system, if one is named, and the recordings.
    fn subjects(&self) -> Result<(Option<System>, Vec<String>), Failure> {
        let (mut files, names): (Vec<String>, Vec<String>) =
            self.subjects.iter().cloned().partition(|subject| recording::is_recording(subject));
        files.extend(self.data.iter().cloned());
        if self.noise != 0.0 && !files.is_empty() {
            return Err(Failure::input(
                "`--noise` is that of simulated measurements, and there is a recording",
                Some("leave it out: the noise of a recording is measured"),
            ));
        }
        let system = match names.as_slice() {
            [] => None,
            [name] => Some(input::load(name, &self.set)?),
            [first, second, ..] => {
                return Err(Failure::input(
                    format!("`{first}` and `{second}` are two systems"),
                    Some(
                        "name one system, or recordings alone; recordings end in .csv, .tsv, .txt, .dat or .npz",
                    ),
                ));
            }
        };
        Ok((system, files))
    }

    /// Recovers the law of motion from a recording, and its laws. Nothing where the recording is left to the search in
    /// coordinates and momenta: it has momenta, and they are no velocities times masses, or networks are asked for.
    fn recorded(
        &self,
        system: Option<&System>,
        files: &[String],
        reading: &Reading,
        session: &Session<'_>,
    ) -> Result<Option<Exit>, Failure> {
        let output = session.output;
        let has_momenta = matches!(reading.recording.rates, Rates::Momenta(_));
        if has_momenta && (self.asks_networks() || self.grammar.is_some() || self.out.is_some()) {
            return Ok(None);
        }
        self.check_recorded(output)?;
        let name = system.map_or_else(|| recording::name_of(files), |system| system.name.clone());
        let reporter = Reporter::new(output);
        let config = RecordedConfig::default();
        let job = Job::new(&reporter, session.token.clone());
        let found = discover::of_recording(&reading.recording, &config, &job);
        reporter.finish();
        let found = found.map_err(|error| match Ended::by(job.token()) {
            None => Failure::input(error, None),
            ended => Failure {
                text: "the discovery ended before a form of the law of motion was found\n".to_owned(),
                exit: Exit::of(ended),
            },
        })?;
        let Some(found) = found else { return Ok(None) };
        let mut record = Record::of_recording(&name, &files.join(", "), reading, &found)
            .map_err(|error| Failure::input(error, None))?;
        let limits = Limits { seconds: self.seconds(true), ..config.search.limits };
        record.limits = found.proved.work.map(|work| LimitsRecord::of(limits, work, found.ended));
        if let Some(folder) = self.folder()? {
            save_record(folder, &record)?;
            output.note(&format!("the record is saved in {folder}"));
        }
        output.record(&record);
        Ok(Some(Exit::of(found.ended)))
    }

    /// The limit in seconds.
    fn seconds(&self, is_recording: bool) -> f64 {
        let default =
            if is_recording && !self.asks_networks() && self.out.is_none() { 120.0 } else { f64::INFINITY };
        self.time_limit.unwrap_or(default)
    }

    fn asks_networks(&self) -> bool {
        self.steps.is_some_and(|steps| steps > 0) || self.asks_cyclic()
    }

    fn asks_cyclic(&self) -> bool {
        !matches!(self.cyclic, Cyclic::Auto)
    }

    /// Options that say nothing to a recording without momenta.
    fn check_recorded(&self, output: &Output) -> Result<(), Failure> {
        if self.grammar.is_some() {
            return Err(Failure::input(
                "`--grammar` names terms in coordinates and momenta, and the recording has no momenta",
                Some("leave it out: positions and velocities have a library of their own"),
            ));
        }
        if self.asks_networks() {
            output.note("no networks are trained: the law of motion is recovered from the recording itself");
        }
        Ok(())
    }

    /// Finds H and the laws from trajectories in coordinates and momenta.
    fn canonical(
        &self,
        system: &System,
        data: TrajectorySet,
        source: Option<String>,
        session: &Session<'_>,
    ) -> Result<Exit, Failure> {
        let output = session.output;
        let config = self.config(session.threads)?;
        self.check_cyclic(system)?;
        data.notes.iter().for_each(|note| output.note(note));
        let observations =
            Observations { trajectories: data, train: system.train.to_f64().value().clamp(0.0, 1.0) };
        let folder = self.folder()?;
        let reporter = Reporter::new(output);
        let job = Job::new(&reporter, session.token.clone());
        let discovery = match discover::run(&observations, &config, &job) {
            Err(DiscoverError::Interrupted { step, steps, kept }) => {
                return Err(self.interrupted(system, step, steps, &kept, Ended::by(job.token())));
            }
            other => other.map_err(|error| Failure::input(error, None))?,
        };
        reporter.finish();
        let record = self.record(system, &observations.trajectories, &discovery, source, &config)?;
        if let Some(folder) = folder {
            let learned = discovery.network.as_ref().map(|network| &network.learned);
            discover::save(Path::new(folder), &observations, learned)
                .map_err(|error| Failure::input(error, None))?;
            save_record(folder, &record)?;
            output.note(&format!(
                "saved in {folder}; read the formulas again with `liouville extract {folder}`"
            ));
        }
        output.record(&record);
        Ok(Exit::of(discovery.ended))
    }

    /// The folder of `--out`, made if it is missing.
    fn folder(&self) -> Result<Option<&str>, Failure> {
        let Some(folder) = self.out.as_deref() else { return Ok(None) };
        std::fs::create_dir_all(folder)
            .map_err(|error| Failure::input(format!("cannot write `{folder}`: {error}"), None))?;
        Ok(Some(folder))
    }

    /// Keeps the state of a training that was interrupted, and says how to go on.
    fn interrupted(
        &self,
        system: &System,
        step: usize,
        steps: usize,
        kept: &[Checkpoint],
        ended: Option<Ended>,
    ) -> Failure {
        let folder = self.out.clone().unwrap_or_else(|| format!("{}-seed{}.run", system.name, self.seed));
        if let Err(error) = discover::keep(Path::new(&folder), kept) {
            return Failure::input(error, None);
        }
        let again = command_with_out(&folder);
        let why = if ended == Some(Ended::Seconds) { "the time limit was reached" } else { "interrupted" };
        let text = format!(
            "{why} at step {step} of {steps}; the state is saved in {folder}\nresume with: {again}\n"
        );
        Failure { text, exit: Exit::of(ended) }
    }

    fn config(&self, threads: Option<u16>) -> Result<Config, Failure> {
        Ok(Config {
            cyclic: self.cyclic,
            network: self.networks(threads),
            grammar: self.grammar.as_deref().map(read_grammar).transpose()?,
            folder: self.out.as_ref().map(PathBuf::from),
            ..Config::default()
        })
    }

    /// The record of a discovery; `source` names the recordings, if there are any.
    fn record(
        &self,
        system: &System,
        data: &TrajectorySet,
        discovery: &Discovery,
        source: Option<String>,
        config: &Config,
    ) -> Result<Record, Failure> {
        let space = input::phase_space(system)?;
        let recovered = discovery.hamiltonian.as_ref().filter(|h| h.exact);
        let recovered = recovered.map(|h| Hamiltonian::new(h.formula.clone(), space.clone()));
        let is_simulated = source.is_none();
        let file = if is_simulated { system.hamiltonian_with_values() } else { None };
        let agrees = |file: Expr| {
            let file = Hamiltonian::new(file, space.clone());
            recovered.as_ref().is_some_and(|h| h.equals_up_to_a_constant(&file))
        };
        let source = DiscoverySource {
            data: source.unwrap_or_else(|| "simulated".to_owned()),
            agrees_with_file: file.map(agrees),
        };
        let mut record = Record::of_discovery(system, data, discovery, &source)
            .map_err(|error| Failure::input(error, None))?;
        if let Some(hamiltonian) = recovered.as_ref().filter(|_| is_simulated) {
            let laws: Vec<_> = discovery.laws.iter().map(|law| law.quantity.clone()).collect();
            let known = compare(hamiltonian, &laws, &input::known_laws(system))
                .map_err(|error| Failure::input(error, None))?;
            record.add_known(&known, discovery, &space);
        }
        record.seed = Some(self.seed);
        record.settings = self.settings(config);
        record.limits =
            discovery.work.map(|work| LimitsRecord::of(config.search.limits, work, discovery.ended));
        Ok(record)
    }

    fn check_cyclic(&self, system: &System) -> Result<(), Failure> {
        match self.cyclic {
            Cyclic::Number(n) if n == 0 || n > system.dof() => Err(Failure::input(
                format!("`--cyclic {n}`: the system has {} degrees of freedom", system.dof()),
                Some("give a number from 1 to that, or `auto`"),
            )),
            _ => Ok(()),
        }
    }

    fn networks(&self, threads: Option<u16>) -> Option<learn::Config> {
        let default = learn::Config::default();
        let steps = self.steps.unwrap_or(default.steps);
        let loss = match self.loss {
            LossName::Relaxed => learn::Loss::Relaxed,
            LossName::Paper => learn::Loss::Paper { beta: 1.0 },
        };
        // Networks of this size gain little from a second thread, and a busy machine makes them much
        // slower.
        let threads = threads.map_or(1, usize::from);
        (steps > 0).then_some(learn::Config { steps, loss, threads, seed: self.seed, ..default })
    }

    fn settings(&self, config: &Config) -> std::collections::BTreeMap<String, serde_json::Value> {
        let cyclic = match self.cyclic {
            Cyclic::Auto => serde_json::json!("auto"),
            Cyclic::Number(n) => serde_json::json!(n),
        };
        let steps = config.network.as_ref().map_or(0, |network| network.steps);
        let loss = match self.loss {
            LossName::Relaxed => "relaxed",
            LossName::Paper => "paper",
        };
        [
            ("cyclic", cyclic),
            ("grammar", serde_json::json!(self.grammar.as_deref().unwrap_or("default"))),
            ("loss", serde_json::json!(loss)),
            ("noise", serde_json::json!(self.noise)),
            ("steps", serde_json::json!(steps)),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    fn print_grammar(&self, output: &Output) -> Result<Exit, Failure> {
        match &self.grammar {
            Some(path) => {
                read_grammar(path)?;
                output.print(&read_text(path)?);
            }
            None => output.print(fit::built_in("default.grammar").unwrap_or_default()),
        }
        Ok(Exit::Done)
    }
}

fn save_record(folder: &str, record: &Record) -> Result<(), Failure> {
    input::write(&format!("{folder}/record.json"), &record.render(Format::Json))
}

/// Reads a grammar. Files that it includes are looked up in the same folder.
pub(super) fn read_grammar(path: &str) -> Result<Grammar, Failure> {
    let text = read_text(path)?;
    let folder = Path::new(path).parent().unwrap_or(Path::new("")).to_owned();
    let mut load = |name: &str| std::fs::read_to_string(folder.join(name)).ok();
    Grammar::parse(&text, path, &mut load).map_err(|error| {
        let included =
            if error.source_name == path { text } else { load(&error.source_name).unwrap_or_default() };
        input::failure_at(Diagnostic {
            message: error.message,
            place: Place::new(error.source_name.into(), included.into(), error.span),
            expected: None,
            hint: error.hint,
        })
    })
}

fn read_text(path: &str) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map_err(|error| Failure::input(format!("cannot read `{path}`: {error}"), None))
}

//! `liouville discover`

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, ValueEnum};

use super::input;
use super::interrupt::{command_with_out, watched};
use super::progress::Reporter;
use super::recording::{self, ReadingArguments};
use super::{Exit, Failure, output::Output};
use crate::data::{Rates, Reading};
use crate::discover::{self, Config, Cyclic, DiscoverError, Observations, RecordedConfig};
use crate::expr::Expr;
use crate::fit::{self, Grammar};
use crate::flow::{SimulationConfig, TrajectorySet, simulate};
use crate::learn;
use crate::mechanics::{Hamiltonian, compare};
use crate::progress::{Ended, Job, Limits};
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

    /// Seconds after which the discovery ends and prints what it has found.
    #[arg(long, value_name = "SECONDS", default_value_t = 120.0, value_parser = recording::seconds)]
    time_limit: f64,

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
        let exit = if files.is_empty() {
            self.reading.check_unused()?;
            let system = system.ok_or_else(no_subject)?;
            let data = self.simulated(&system)?;
            self.canonical(&system, data, None, output, threads)?
        } else {
            let reading = self.reading.read(&files, system.as_ref())?;
            output.note(&reading.understood);
            match self.recorded(system.as_ref(), &files, &reading, output)? {
                Some(exit) => exit,
                None => {
                    let system = match system {
                        Some(system) => system,
                        None => recording::system_of(&reading.recording, &files)?,
                    };
                    let mut data = TrajectorySet::of_recording(&reading.recording);
                    data.notes.clone_from(&reading.notes);
                    self.canonical(&system, data, Some(files.join(", ")), output, threads)?
                }
            }
        };
        output.note(&format!("{:.1} s", started.elapsed().as_secs_f64()));
        Ok(exit)
    }

    /// The system, if one is named, and the recordings.
    fn subjects(&self) -> Result<(Option<System>, Vec<String>), Failure> {
        let (mut files, names): (Vec<String>, Vec<String>) =
            self.subjects.iter().cloned().partition(|subject| recording::is_recording(subject));
        files.extend(self.data.iter().cloned());
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
        output: &Output,
    ) -> Result<Option<Exit>, Failure> {
        let has_momenta = matches!(reading.recording.rates, Rates::Momenta(_));
        let asked =
            self.steps.is_some() || self.grammar.is_some() || self.out.is_some() || self.asks_cyclic();
        if has_momenta && asked {
            return Ok(None);
        }
        self.check_recorded(output)?;
        let name = system.map_or_else(|| recording::name_of(files), |system| system.name.clone());
        let reporter = Reporter::new(output);
        let config = RecordedConfig::default();
        let limits = Limits { seconds: self.time_limit, ..config.search.limits };
        let job = Job::new(&reporter, limits.token(&watched("interrupted".into())));
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
        record.limits = found.proved.work.map(|work| LimitsRecord::of(limits, work, found.ended));
        if let Some(folder) = &self.out {
            std::fs::create_dir_all(folder)
                .map_err(|error| Failure::input(format!("cannot write `{folder}`: {error}"), None))?;
            input::write(&format!("{folder}/record.json"), &record.render(Format::Json))?;
            output.note(&format!("the record is saved in {folder}"));
        }
        output.record(&record);
        Ok(Some(Exit::of(found.ended)))
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
        if self.steps.is_some_and(|steps| steps > 0) || self.asks_cyclic() {
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
        output: &Output,
        threads: Option<u16>,
    ) -> Result<Exit, Failure> {
        let grammar = self.grammar.as_deref().map(read_grammar).transpose()?;
        self.check_cyclic(system)?;
        for note in &data.notes {
            output.note(note);
        }
        let observations =
            Observations { trajectories: data, train: system.train.to_f64().value().clamp(0.0, 1.0) };
        let folder = self.out.clone().unwrap_or_else(|| format!("{}-seed{}.run", system.name, self.seed));
        let again = format!("resume with: {}", command_with_out(&folder));
        let farewell =
            if self.out.is_some() { format!("interrupted; {again}") } else { "interrupted".into() };
        let reporter = Reporter::new(output);
        let job = Job::new(&reporter, watched(farewell));
        if let Some(folder) = &self.out {
            std::fs::create_dir_all(folder)
                .map_err(|error| Failure::input(format!("cannot write `{folder}`: {error}"), None))?;
        }
        let config = Config {
            cyclic: self.cyclic,
            network: self.networks(threads),
            grammar,
            folder: self.out.as_ref().map(PathBuf::from),
            ..Config::default()
        };
        let discovery = match discover::run(&observations, &config, &job) {
            Ok(discovery) => discovery,
            Err(DiscoverError::Interrupted { step, steps, kept }) => {
                discover::keep(Path::new(&folder), &kept).map_err(|error| Failure::input(error, None))?;
                let text = format!(
                    "interrupted at step {step} of {steps}; the state is saved in {folder}\n{again}\n"
                );
                return Err(Failure { text, exit: Exit::Interrupted });
            }
            Err(error) => return Err(Failure::input(error, None)),
        };
        reporter.finish();
        let recovered = discovery.hamiltonian.as_ref().filter(|h| h.exact);
        let space = input::phase_space(system)?;
        let recovered = recovered.map(|h| Hamiltonian::new(h.formula.clone(), space.clone()));
        let made_by = if source.is_none() { system.hamiltonian_with_values() } else { None };
        let agrees = |file: Expr| {
            let file = Hamiltonian::new(file, space.clone());
            recovered.as_ref().is_some_and(|h| h.equals_up_to_a_constant(&file))
        };
        let simulated = source.is_none();
        let source = DiscoverySource {
            data: source.clone().unwrap_or_else(|| "simulated".to_owned()),
            agrees_with_file: made_by.map(agrees),
        };
        let mut record = Record::of_discovery(system, &observations.trajectories, &discovery, &source)
            .map_err(|error| Failure::input(error, None))?;
        if let Some(hamiltonian) = recovered.as_ref().filter(|_| simulated) {
            let laws: Vec<_> = discovery.laws.iter().map(|law| law.quantity.clone()).collect();
            let known = compare(hamiltonian, &laws, &input::known_laws(system));
            let known = known.map_err(|error| Failure::input(error, None))?;
            record.add_known(&known, &discovery, &space);
        }
        record.seed = Some(self.seed);
        record.settings = self.settings(&config);
        record.limits =
            discovery.work.map(|work| LimitsRecord::of(config.search.limits, work, discovery.ended));
        if let Some(folder) = &self.out {
            let learned = discovery.network.as_ref().map(|network| &network.learned);
            discover::save(Path::new(folder), &observations, learned)
                .map_err(|error| Failure::input(error, None))?;
            input::write(&format!("{folder}/record.json"), &record.render(Format::Json))?;
            output.note(&format!(
                "saved in {folder}; read the formulas again with `liouville extract {folder}`"
            ));
        }
        output.record(&record);
        Ok(Exit::of(discovery.ended))
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

    fn simulated(&self, system: &System) -> Result<TrajectorySet, Failure> {
        let config = SimulationConfig { seed: self.seed, noise: self.noise, ..SimulationConfig::default() };
        Ok(simulate(system, &config)?)
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

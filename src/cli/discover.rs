//! `liouville discover`

use std::path::Path;
use std::time::Instant;

use clap::{Args, ValueEnum};

use super::interrupt::{command_without_out, watched, with_out};
use super::progress::Reporter;
use super::recording::{self, ReadingArguments};
use super::{Exit, Failure, output::Output};
use crate::learn::{self, Checkpoint, Cyclic, Trainings};
use crate::progress::{Ended, Job, Limits};
use crate::questions::{self, End, Networks, Recorded, Session, named_system, read_grammar};
use crate::report::{Format, Question};
use crate::runs::{Exact, Inputs, RunError, RunFolder, Settings, SystemText};
use crate::system::System;
use crate::terms;

/// A system, and its text to be saved.
type NamedSystem = (System, SystemText);

/// Find the Hamiltonian and the conserved quantities from trajectories, and prove them.
///
/// A recording needs no system file: the roles of its columns are read from their names, and what was
/// understood is printed first. Several recordings are several runs. A system file names the columns
/// otherwise. Without a recording the system is simulated; its Hamiltonian is then used for nothing else,
/// and the report says whether the recovered one equals it.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  liouville discover charged-particle\n  liouville discover recording.csv\n  liouville discover pendulum.csv --degrees theta\n  liouville discover spherical-pendulum --seed 3 --json\n  liouville discover coupled-oscillator --out oscillator --steps 2000"
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

    /// Most training steps [default: 4000]; 0 goes without networks.
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

    /// Write a report with formulas and pictures, one HTML page that needs no other file.
    #[arg(long, value_name = "FILE.html")]
    report: Option<String>,

    /// Save settings, data, networks and report here, for `liouville extract` and `liouville rollout`; a run
    /// that was interrupted or killed goes on from here when the same command is given again.
    #[arg(long, value_name = "DIR")]
    out: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum LossName {
    Relaxed,
    Paper,
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
        let settings = self.settings()?;
        // One limit for all: a canonical recording may go both ways, one after the other.
        let limits = Limits { seconds: settings.seconds(!files.is_empty()), work: u64::MAX };
        let token = limits.token(&watched(self.farewell()));
        let inputs = self.inputs(settings, system, &files, output)?;
        let reporter = Reporter::new(output);
        let session = Session { job: Job::new(&reporter, token), threads };
        let exit = self.discover(&inputs, &session, &reporter, output)?;
        output.note(&format!("{:.1} s", started.elapsed().as_secs_f64()));
        Ok(exit)
    }

    /// Does the work, in a folder that is begun or taken up where one is named.
    fn discover(
        &self,
        inputs: &Inputs,
        session: &Session<'_>,
        reporter: &Reporter<'_>,
        output: &Output,
    ) -> Result<Exit, Failure> {
        let begin = |folder: &String| RunFolder::begin(Path::new(folder), inputs);
        let folder = self.out.as_ref().map(begin).transpose()?;
        if let Some(folder) = folder.as_ref().filter(|folder| folder.is_taken_up()) {
            output.note(&format!("taking up the run in {}", folder.path().display()));
        }
        let trainings = folder.as_ref().map(|folder| folder as &dyn Trainings);
        let end = questions::discover(inputs, Networks::Trained(trainings), session);
        reporter.finish();
        let found = match end {
            Ok(End::Found(found)) => found,
            Err(failure) => return Err(self.with_way_on(failure, inputs)),
            Ok(End::InTraining { step, steps, kept, ended }) => {
                return Err(self.interrupted(inputs, (step, steps), &kept, ended));
            }
        };
        if let Some(folder) = folder {
            let name = folder.path().display().to_string();
            folder.finish(&inputs.settings, &found.outcome(&found.record.render(Format::Json)))?;
            output.note(&format!("saved in {name}; read the formulas again with `liouville extract {name}`"));
            if found.ended.is_some() {
                output.note(&format!("go on with: {}", with_out(&inputs.command, &name)));
            }
        }
        output.record(&found.record);
        if let Some(path) = &self.report {
            output.report(path, &found.record, &found.figures(inputs), Question::Discover)?;
        }
        Ok(Exit::of(found.ended))
    }

    fn settings(&self) -> Result<Settings, Failure> {
        Ok(Settings {
            seed: self.seed,
            cyclic: self.cyclic,
            steps: self.steps,
            loss: match self.loss {
                LossName::Relaxed => learn::Loss::Relaxed,
                LossName::Paper => learn::Loss::Paper { beta: 1.0, pairs: learn::Pairs::All },
            },
            noise: Exact(self.noise),
            grammar: self.grammar.as_deref().map(read_grammar).transpose()?,
            time_limit: self.time_limit.map(Exact),
        })
    }

    /// Simulates or reads the data.
    fn inputs(
        &self,
        settings: Settings,
        system: Option<(System, SystemText)>,
        files: &[String],
        output: &Output,
    ) -> Result<Inputs, Failure> {
        let recorded = match files {
            [] => {
                self.reading.check_unused()?;
                None
            }
            files => {
                let reading = self.reading.read(files, system.as_ref().map(|(system, _)| system))?;
                output.note(&reading.understood);
                Some(Recorded { reading, name: questions::name_of(files), source: files.join(", ") })
            }
        };
        questions::inputs(command_without_out(), settings, system, recorded)
    }

    /// The last words of a run that Ctrl-C ends twice.
    fn farewell(&self) -> String {
        match &self.out {
            Some(folder) => format!("interrupted; resume with: {}", with_out(&command_without_out(), folder)),
            None => "interrupted".to_owned(),
        }
    }

    /// The system, if one is named, and the recordings.
    fn subjects(&self) -> Result<(Option<NamedSystem>, Vec<String>), Failure> {
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
            [name] => Some(named_system(name, &self.set)?),
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

    /// Adds to a failure by a limit or an interruption how to go on, where the run has a folder.
    fn with_way_on(&self, failure: Failure, inputs: &Inputs) -> Failure {
        match (&self.out, failure.ended) {
            (Some(folder), Some(_)) => {
                let again = with_out(&inputs.command, folder);
                Failure { text: format!("{}go on with: {again}\n", failure.text), ..failure }
            }
            _ => failure,
        }
    }

    /// Keeps the state of a training that was interrupted, and says how to go on.
    fn interrupted(
        &self,
        inputs: &Inputs,
        (step, steps): (usize, usize),
        kept: &[Checkpoint],
        ended: Option<Ended>,
    ) -> Failure {
        let folder =
            self.out.clone().unwrap_or_else(|| format!("{}-seed{}.run", inputs.subject.name, self.seed));
        if self.out.is_none()
            && let Err(error) = keep(Path::new(&folder), inputs, kept)
        {
            return error.into();
        }
        let why = if ended == Some(Ended::Seconds) { "the time limit was reached" } else { "interrupted" };
        let text = format!(
            "{why} at step {step} of {steps}; the state is saved in {folder}\nresume with: {}\n",
            with_out(&inputs.command, &folder)
        );
        Failure::ended(text, ended)
    }

    fn print_grammar(&self, output: &Output) -> Result<Exit, Failure> {
        match &self.grammar {
            Some(path) => output.print(&read_grammar(path)?.text),
            None => output.print(terms::built_in("default.grammar").unwrap_or_default()),
        }
        Ok(Exit::Done)
    }
}

/// Keeps the trainings of a run that had no folder.
fn keep(folder: &Path, inputs: &Inputs, trainings: &[Checkpoint]) -> Result<(), RunError> {
    let run = RunFolder::begin(folder, inputs)?;
    trainings.iter().try_for_each(|training| run.keep(training))?;
    Ok(())
}

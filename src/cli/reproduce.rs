//! `liouville reproduce`

use std::path::PathBuf;

use clap::Args;

use super::progress::Reporter;
use super::{Exit, Failure, interrupt, output::Output};
use crate::experiments::{self, Experiment, ExperimentError, Settings};
use crate::progress::Job;

/// Regenerate a table or figure of the paper into `results/`.
///
/// Every network is trained anew, several side by side with `--threads`; the result does not depend on it. With
/// `--out`, finished runs and checkpoints of unfinished ones are kept: the same command goes on where it ended,
/// to the same results.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  liouville reproduce table1 --quick --systems charged-particle\n  liouville reproduce fig1\n\nExperiments:\n  table1           every model on every system: test loss, trajectory and energy error\n  table2 … table4  the weights of the paper's loss, scanned (one set of runs, shared with --out)\n  fig1             loss contours over the two masses, with the bracket's exact factor\n  fig3             predicted trajectories, their deviation, the drift of what is conserved\n  fig4             the number of cyclic coordinates of the double pendulum\n  fig5             the learned momenta as polynomials, by degree\n  formulas         the formulas that the paper prints, ours, the truth"
)]
pub(super) struct Reproduce {
    /// Which table or figure.
    #[arg(value_name = "EXPERIMENT", value_parser = experiment)]
    experiment: Experiment,

    /// Little data, small networks, few steps: a minute at most, to see that it works.
    #[arg(long)]
    quick: bool,

    /// Number of seeds [default: 3; 2 with --quick].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    seeds: Option<u16>,

    /// Training steps [default: 4000; 60 with --quick].
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..))]
    steps: Option<u32>,

    /// Keep finished runs and checkpoints here, and go on from what is there.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Where pages, data and figures go.
    #[arg(long, value_name = "DIR", default_value = "results")]
    results: PathBuf,

    /// The folder of the measured data of Schmidt and Lipson; without it, measured systems are left out.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// Systems to run, separated by commas [default: all of the experiment].
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    systems: Vec<String>,
}

fn experiment(text: &str) -> Result<Experiment, String> {
    Experiment::named(text).ok_or_else(|| {
        let names: Vec<&str> = Experiment::ALL.iter().map(|e| e.name()).collect();
        format!("the experiments are {}", names.join(", "))
    })
}

impl Reproduce {
    pub(super) fn run(&self, output: &Output, threads: Option<u16>) -> Result<Exit, Failure> {
        let settings = Settings {
            quick: self.quick,
            seeds: self.seeds.map(usize::from),
            steps: self.steps.map(|steps| steps as usize),
            threads: threads.map_or(1, usize::from),
            out: self.out.clone(),
            data: self.data.clone(),
            systems: self.systems.clone(),
        };
        let reporter = Reporter::new(output);
        let job = Job::new(&reporter, interrupt::watched("interrupted".to_owned()));
        let written = match experiments::reproduce(self.experiment, &settings, &self.results, &job) {
            Ok(written) => written,
            Err(ExperimentError::Interrupted) => {
                reporter.finish();
                if self.out.is_some() {
                    output
                        .note("interrupted; what was done is saved. To go on, give the same command again:");
                    output.note(&format!("  {}", interrupt::command_line()));
                } else {
                    output.note("interrupted; with `--out DIR` what was done would have been saved");
                }
                return Ok(Exit::Interrupted);
            }
            Err(error) => return Err(failure(&error)),
        };
        reporter.finish();
        let paths: Vec<String> =
            written.iter().map(|file| self.results.join(file).to_string_lossy().into_owned()).collect();
        match output.format() {
            crate::report::Format::Json => {
                let document = serde_json::json!({"experiment": self.experiment.name(), "files": paths});
                output.print(&format!("{}\n", serde_json::to_string_pretty(&document).unwrap_or_default()));
            }
            _ => paths.iter().for_each(|path| output.print(&format!("{path}\n"))),
        }
        Ok(Exit::Done)
    }
}

fn failure(error: &ExperimentError) -> Failure {
    match error {
        // These errors know their position in the user's input.
        ExperimentError::System(error) => error.clone().into(),
        ExperimentError::Simulation(error) => error.clone().into(),
        ExperimentError::Run(error) => Failure::input(error, error.hint().as_deref()),
        other => Failure::input(other, None),
    }
}

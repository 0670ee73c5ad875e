//! `liouville extract`

use std::path::Path;

use clap::Args;

use super::progress::Reporter;
use super::{Exit, Failure, interrupt, output::Output, recording};
use crate::progress::{Job, Limits};
use crate::questions::{End, Networks, Session, discover, read_grammar};
use crate::runs::{Exact, SavedRun};

/// Read the formulas again from a saved run (`discover --out DIR`), without training.
///
/// The run's own settings, terms and time limit hold, unless they are given anew here.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  liouville discover charged-particle --out particle && liouville extract particle\n  liouville discover recording.csv --out spring && liouville extract spring --format latex"
)]
pub(super) struct Extract {
    /// The folder of the run.
    #[arg(value_name = "DIR")]
    folder: String,

    /// The terms that may be used, in place of the run's own.
    #[arg(long, value_name = "FILE")]
    grammar: Option<String>,

    /// Seconds after which the extraction ends and prints what it has found [default: the run's own].
    #[arg(long, value_name = "SECONDS", value_parser = recording::seconds)]
    time_limit: Option<f64>,
}

impl Extract {
    pub(super) fn run(&self, output: &Output, threads: Option<u16>) -> Result<Exit, Failure> {
        let SavedRun { mut inputs, networks, ended_early, .. } = SavedRun::load(Path::new(&self.folder))?;
        let settings = &mut inputs.settings;
        if let Some(path) = &self.grammar {
            settings.grammar = Some(read_grammar(path)?);
        }
        settings.time_limit = self.time_limit.map(Exact).or(settings.time_limit);
        if ended_early {
            output.note("the run was ended before its end; give its command again to go on");
        }
        let limits = Limits { seconds: inputs.settings.seconds(inputs.data.is_recorded()), work: u64::MAX };
        let token = limits.token(&interrupt::watched("interrupted".to_owned()));
        let reporter = Reporter::new(output);
        let session = Session { job: Job::new(&reporter, token), threads };
        let end = discover(&inputs, Networks::Saved(networks), &session)?;
        reporter.finish();
        match end {
            End::Found(found) => {
                output.record(&found.record);
                Ok(Exit::of(found.ended))
            }
            // There is no training.
            End::InTraining { ended, .. } => Ok(Exit::of(ended)),
        }
    }
}

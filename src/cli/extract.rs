//! `liouville extract`

use std::path::Path;

use clap::Args;

use super::found::{End, Networks, Session, find};
use super::{Exit, Failure, grammar, interrupt, output::Output, recording};
use crate::progress::Limits;
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
            settings.grammar = Some(grammar::read(path)?);
        }
        settings.time_limit = self.time_limit.map(Exact).or(settings.time_limit);
        if ended_early {
            output.note("the run was ended before its end; give its command again to go on");
        }
        let limits = Limits { seconds: inputs.settings.seconds(inputs.data.is_recorded()), work: u64::MAX };
        let token = limits.token(&interrupt::watched("interrupted".to_owned()));
        let session = Session { output, token: &token, threads };
        match find(&inputs, Networks::Saved(networks), &session)? {
            End::Found(found) => {
                output.record(&found.record);
                Ok(Exit::of(found.ended))
            }
            // There is no training.
            End::InTraining { ended, .. } => Ok(Exit::of(ended)),
        }
    }
}

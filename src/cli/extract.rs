//! `liouville extract`

use std::path::Path;

use clap::Args;

use super::progress::Reporter;
use super::{Exit, Failure, interrupt, output::Output};
use crate::discover::{self, Config};
use crate::progress::Job;
use crate::report::Record;

/// Read the formulas again from a saved run (`discover --out DIR`), without training.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  liouville discover charged-particle --out run && liouville extract run")]
pub(super) struct Extract {
    /// The folder of the run.
    #[arg(value_name = "DIR")]
    folder: String,
}

impl Extract {
    pub(super) fn run(&self, output: &Output) -> Result<Exit, Failure> {
        let hint = "save a run with `liouville discover SYSTEM --out DIR`";
        let fail = |error: discover::DiscoverError| Failure::input(error, Some(hint));
        let (observations, learned) = discover::load(Path::new(&self.folder)).map_err(fail)?;
        let reporter = Reporter::new(output);
        let job = Job::new(&reporter, interrupt::watched("interrupted".to_owned()));
        let discovery = discover::extract(&observations, learned, &Config::default(), &job).map_err(fail)?;
        reporter.finish();
        let record = Record::of_extraction(&self.folder, &observations.trajectories, &discovery)
            .map_err(|error| Failure::input(error, None))?;
        output.record(&record);
        Ok(Exit::of(discovery.ended))
    }
}

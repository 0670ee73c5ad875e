//! `liouville simulate`

use clap::Args;

use super::input::SystemArguments;
use super::{Exit, Failure, output::Output};
use crate::data::write_data;
use crate::dynamics::{SimulationConfig, simulate};

/// Sample initial states of a system and integrate its equations of motion.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  liouville simulate two-body -o two-body.csv\n  liouville simulate charged-particle -o noisy.npz --noise 0.01 --seed 3"
)]
pub(super) struct Simulate {
    #[command(flatten)]
    system: SystemArguments,

    /// The file to write: `.csv` or `.npz`.
    #[arg(short, long, value_name = "FILE")]
    output: String,

    /// Seed of the initial states and the noise.
    #[arg(long, default_value_t = 0)]
    seed: u64,

    /// Gaussian noise on q and p, relative to the rms of each; derivatives are then left out.
    #[arg(long, value_name = "SIGMA", default_value_t = 0.0)]
    noise: f64,

    /// Leave the time derivatives out.
    #[arg(long)]
    no_derivatives: bool,
}

impl Simulate {
    pub(super) fn run(&self, output: &Output) -> Result<Exit, Failure> {
        let system = self.system.load()?;
        let config = SimulationConfig {
            seed: self.seed,
            noise: self.noise,
            derivatives: self.no_derivatives.then_some(false),
            ..SimulationConfig::default()
        };
        let data = simulate(&system, &config)?;
        for note in &data.notes {
            output.note(note);
        }
        write_data(&self.output, &data)?;
        output.note(&format!(
            "wrote {} trajectories, {} points to {}",
            data.trajectories.len(),
            data.points(),
            self.output
        ));
        Ok(Exit::Done)
    }
}

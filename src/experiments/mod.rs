//! The tables and figures of *Symmetry Control Neural Networks*, regenerated into `results/`.
//!
//! ```text
//! Task ──simulate or read──▶ Problem ──train each Contender──▶ LearnedField ─┐
//!                               └──discover──▶ recovered formula ────────────┴─roll out──▶ Outcome ──▶ Page
//! ```
//!
//! An [`Experiment`] is run by [`reproduce`]: it trains what it needs (side by side on several threads; the results
//! do not depend on how many), keeps every finished cell and the state of every unfinished training under
//! [`Settings::out`], and writes a page with data and figures. Known laws of the systems serve here, for the
//! constrained network and for comparison; the search never sees them.

mod cells;
mod contenders;
mod each;
mod error;
mod fig1;
mod fig3;
mod fig4;
mod fig5;
mod figure;
mod formulas;
mod laws;
mod learned_momenta;
mod page;
mod paper;
mod scan;
mod table1;
mod tasks;

use crate::progress::Job;
use crate::runs::Store;
use std::path::{Path, PathBuf};

pub use error::ExperimentError;

use contenders::Budget;
use scan::Quantity;
use tasks::Extent;

/// A table or figure of the paper.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Experiment {
    /// Test loss, trajectory and energy errors of all models on all systems.
    Table1,
    /// Trajectory error against the weights of the loss.
    Table2,
    /// Energy error against the weights of the loss.
    Table3,
    /// Deviation of the angular momentum against the weights of the loss.
    Table4,
    /// Loss contours over two parameters of the model.
    Fig1,
    /// Predicted trajectories and their deviations over time.
    Fig3,
    /// The number of cyclic coordinates of the double pendulum.
    Fig4,
    /// The learned momenta as polynomials, by degree.
    Fig5,
    /// The printed formulas, ours and the truth.
    Formulas,
}

impl Experiment {
    /// All of them, in the order of the index.
    pub const ALL: [Experiment; 9] = [
        Self::Table1,
        Self::Table2,
        Self::Table3,
        Self::Table4,
        Self::Fig1,
        Self::Fig3,
        Self::Fig4,
        Self::Fig5,
        Self::Formulas,
    ];

    /// Name on the command line and of its page.
    pub fn name(self) -> &'static str {
        match self {
            Self::Table1 => "table1",
            Self::Table2 => "table2",
            Self::Table3 => "table3",
            Self::Table4 => "table4",
            Self::Fig1 => "fig1",
            Self::Fig3 => "fig3",
            Self::Fig4 => "fig4",
            Self::Fig5 => "fig5",
            Self::Formulas => "formulas",
        }
    }

    /// The experiment of that name.
    pub fn named(name: &str) -> Option<Experiment> {
        Self::ALL.into_iter().find(|e| e.name() == name)
    }
}

/// How an experiment is run.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Little data, small networks, few steps: a minute at most.
    pub quick: bool,
    /// Seeds 0, 1, … of data and networks; by default three, two when quick.
    pub seeds: Option<usize>,
    /// Training steps; by default 4000, 60 when quick.
    pub steps: Option<usize>,
    /// Trainings side by side; 0 counts as one.
    pub threads: usize,
    /// Where finished cells and unfinished trainings are kept.
    pub out: Option<PathBuf>,
    /// The folder of the measured data; without it measured systems are left out.
    pub data: Option<PathBuf>,
    /// The systems to run, where an experiment has several; empty means all.
    pub systems: Vec<String>,
}

impl Settings {
    fn seed_numbers(&self) -> Vec<u64> {
        let count = self.seeds.unwrap_or(if self.quick { 2 } else { 3 }).max(1);
        (0..count as u64).collect()
    }

    fn budget(&self) -> Budget {
        Budget::of(self.quick, self.steps)
    }

    fn extent(&self) -> Extent {
        Extent::of(self.quick)
    }

    fn store(&self) -> Result<Store, ExperimentError> {
        Ok(Store::open(self.out.as_deref())?)
    }

    /// The command that repeats the experiment; folders are left out.
    fn command(&self, experiment: Experiment) -> String {
        let mut command = format!("liouville reproduce {}", experiment.name());
        if self.quick {
            command.push_str(" --quick");
        }
        let mut option = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                command.push_str(&format!(" --{name} {value}"));
            }
        };
        option("seeds", self.seeds.map(|n| n.to_string()));
        option("steps", self.steps.map(|n| n.to_string()));
        option("systems", (!self.systems.is_empty()).then(|| self.systems.join(",")));
        option("data", self.data.as_ref().map(|_| "DIR".to_string()));
        command
    }
}

/// Runs an experiment and writes its page into `results`; returns the names of the files written.
///
/// # Errors
/// Data, training or files that fail; [`ExperimentError::Interrupted`] when the job was ended.
pub fn reproduce(
    experiment: Experiment,
    settings: &Settings,
    results: &Path,
    job: &Job<'_>,
) -> Result<Vec<String>, ExperimentError> {
    let page = match experiment {
        Experiment::Table1 => table1::run(settings, job)?,
        Experiment::Table2 => scan::run(Quantity::Trajectory, settings, job)?,
        Experiment::Table3 => scan::run(Quantity::Energy, settings, job)?,
        Experiment::Table4 => scan::run(Quantity::AngularMomentum, settings, job)?,
        Experiment::Fig1 => fig1::run(settings, job)?,
        Experiment::Fig3 => fig3::run(settings, job)?,
        Experiment::Fig4 => fig4::run(settings, job)?,
        Experiment::Fig5 => fig5::run(settings, job)?,
        Experiment::Formulas => formulas::run(settings, job)?,
    };
    page.write(experiment, settings, results)
}

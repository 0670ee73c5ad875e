//! `liouville integrals`

use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget};

use super::input::{self, SystemArguments};
use super::{Exit, Failure, output::Output};
use crate::flow::{SimulationConfig, simulate, stability_hint};
use crate::integrals::{IntegralsError, SearchConfig, SearchEvent, StopReason, search_observed};
use crate::mechanics::{Hamiltonian, Verdict};
use crate::report::{HintRecord, Record};
use crate::system::System;

/// Laws with more symbols are not written out while the search goes on.
const LONG: usize = 60;
/// Orbits that are followed for a numerical hint.
const HINT_ORBITS: usize = 8;

/// Find all integrals that are polynomial in the momenta, from the Hamiltonian alone, and prove them.
///
/// The search climbs in the degree of the momenta and of the coefficients until the verdict is settled,
/// the ladder is complete, or the time limit is reached. It says which spaces it went through.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  liouville integrals kepler\n  liouville integrals toda-lattice --momentum-degree 3\n  liouville integrals henon-heiles --time-limit 10 --json"
)]
pub(super) struct Integrals {
    #[command(flatten)]
    system: SystemArguments,

    /// Highest degree in the momenta.
    #[arg(long, value_name = "D", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=12))]
    momentum_degree: u32,

    /// Highest weight of the coefficients of the highest momentum degree [default: the momentum degree].
    #[arg(long, value_name = "K")]
    coefficient_degree: Option<u32>,

    /// Stop after so many seconds with what was found.
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0)]
    time_limit: f64,

    /// The terms to search in, in place of those derived from the Hamiltonian.
    #[cfg(feature = "learn")]
    #[arg(long, value_name = "FILE")]
    grammar: Option<String>,

    /// Write a document that proves the result and can be re-checked without liouville (Python, SymPy).
    #[arg(long, value_name = "FILE")]
    certificate: Option<String>,
}

impl Integrals {
    pub(super) fn run(&self, output: &Output) -> Result<Exit, Failure> {
        let system = self.system.load()?;
        let hamiltonian = input::hamiltonian(&system)?;
        let config = SearchConfig {
            momentum_degree: self.momentum_degree,
            coefficient_degree: self.coefficient_degree,
            time_limit: self.limit()?,
            library: self.library(&system)?,
            ..SearchConfig::default()
        };
        let mut follower = Follower::new(output);
        let found = search_observed(&hamiltonian, &config, &mut |event| follower.event(event));
        follower.bar.finish_and_clear();
        let found = found.map_err(failure)?;
        let mut record =
            Record::of_search(&system, &hamiltonian, &found).map_err(|error| Failure::input(error, None))?;
        if found.assessment.verdict == Verdict::Undecided {
            record.hint = hint(&system, &hamiltonian);
        }
        record.notes.extend(input::domain_note(&hamiltonian));
        record.settings = self.settings();
        if let Some(path) = &self.certificate {
            input::write(path, &record.certificate())?;
        }
        output.record(&record);
        Ok(if found.stop == StopReason::TimeLimit { Exit::Limit } else { Exit::Done })
    }

    fn limit(&self) -> Result<Duration, Failure> {
        Duration::try_from_secs_f64(self.time_limit)
            .ok()
            .filter(|limit| !limit.is_zero())
            .ok_or_else(|| Failure::input("`--time-limit` must be a positive number of seconds", None))
    }

    #[cfg(feature = "learn")]
    fn library(&self, system: &System) -> Result<Option<Vec<crate::expr::Expr>>, Failure> {
        let Some(path) = &self.grammar else { return Ok(None) };
        let grammar = super::discover::read_grammar(path)?;
        let variables = crate::fit::Variables {
            coordinates: system.coordinates.clone(),
            momenta: system.momenta.clone(),
            angles: system.angles.clone(),
        };
        let library = crate::fit::TermLibrary::new(&grammar, &variables)
            .map_err(|error| Failure::input(error, None))?;
        Ok(Some(library.all_terms().into_iter().map(|term| term.formula).collect()))
    }

    #[cfg(not(feature = "learn"))]
    fn library(&self, _: &System) -> Result<Option<Vec<crate::expr::Expr>>, Failure> {
        Ok(None)
    }

    fn settings(&self) -> std::collections::BTreeMap<String, serde_json::Value> {
        let mut settings = std::collections::BTreeMap::from([
            ("momentum_degree".to_owned(), serde_json::json!(self.momentum_degree)),
            ("time_limit".to_owned(), serde_json::json!(self.time_limit)),
        ]);
        if let Some(degree) = self.coefficient_degree {
            settings.insert("coefficient_degree".to_owned(), serde_json::json!(degree));
        }
        settings
    }
}

/// Follows a search for the user: on a terminal the space that is being searched; elsewhere a line for each
/// that comes after the first second.
struct Follower<'a> {
    output: &'a Output,
    bar: ProgressBar,
    start: Instant,
}

impl<'a> Follower<'a> {
    fn new(output: &'a Output) -> Follower<'a> {
        let bar = Output::bar("{elapsed} {msg}");
        if output.terminal() {
            bar.set_draw_target(ProgressDrawTarget::stderr());
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        Follower { output, bar, start: Instant::now() }
    }

    fn event(&mut self, event: SearchEvent<'_>) {
        let passed = self.start.elapsed().as_secs_f64();
        let doing = match event {
            SearchEvent::Space { terms, momentum_degree, coefficient_degree } => format!(
                "momentum degree {momentum_degree}, coefficients to degree {coefficient_degree}: {terms} terms"
            ),
            SearchEvent::Presenting => "comparing the laws".to_owned(),
            SearchEvent::Law(law) => {
                let law = if law.symbol_count() > LONG { "a long one".to_owned() } else { law.to_string() };
                self.bar.suspend(|| self.output.note(&format!("{passed:.2} s: law {law}")));
                return;
            }
        };
        if !self.output.terminal() && passed > 1.0 {
            self.output.note(&format!("{passed:.2} s: {doing}"));
        }
        self.bar.set_message(doing);
    }
}

fn failure(error: IntegralsError) -> Failure {
    Failure::input(error, None)
}

/// Regular or chaotic on orbits from the system's recipe; absent where the system has symbolic
/// parameters or no orbit can be followed.
fn hint(system: &System, hamiltonian: &Hamiltonian) -> Option<HintRecord> {
    let config = SimulationConfig {
        trajectories: Some(HINT_ORBITS),
        points: Some(3),
        span: Some(1e-3),
        ..SimulationConfig::default()
    };
    let data = simulate(system, &config).ok()?;
    let starts: Vec<f64> =
        data.trajectories.iter().flat_map(|orbit| &orbit.states[..orbit.width()]).copied().collect();
    let space = hamiltonian.space();
    let found =
        stability_hint(hamiltonian.formula(), space.coordinates(), space.momenta(), &starts).ok()??;
    Some(HintRecord {
        motion: found.motion.name().to_owned(),
        lyapunov_exponent: Some(found.lyapunov_exponent),
        alignment_index: Some(found.alignment_index),
        orbits: found.orbits,
    })
}

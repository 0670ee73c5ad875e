//! `liouville integrals`

use std::time::Duration;

use clap::Args;

use super::input::{self, SystemArguments};
use super::progress::Reporter;
use super::{Exit, Failure, interrupt, output::Output};
use crate::dynamics::{SimulationConfig, simulate, stability_hint};
use crate::integrals::{SearchConfig, search};
use crate::mechanics::{Hamiltonian, Verdict};
use crate::obstructions;
use crate::progress::{CancelToken, Ended, Job, Limits};
use crate::report::{HintRecord, LimitsRecord, Question, Record};
use crate::system::System;

/// The certificate counts integrals again only in spaces with at most this many terms.
const CERTIFIED_TERMS: usize = 400;

/// The search for a proof of non-integrability, which comes after that for laws, ends after so many seconds.
const OBSTRUCTION_SECONDS: Duration = Duration::from_secs(5);

/// The number of orbits to integrate for a numerical hint.
const HINT_ORBITS: usize = 8;

/// Find all integrals that are polynomial in the momenta, from the Hamiltonian alone, and prove them.
///
/// The search climbs in the degree of the momenta and of the coefficients until the laws settle the verdict and the
/// small spaces are searched (with --exhaustive it searches on), every space up to the momentum degree is searched,
/// or a limit is reached. It says which spaces it went through. Where the laws leave the verdict open, it tries to
/// prove that the system is not integrable, and says which integrals are excluded and why.
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

    /// Search every space up to these degrees, also where the laws found settle the verdict.
    #[arg(long)]
    exhaustive: bool,

    /// Stop after so many seconds with what was found, with exit status 3.
    #[arg(long, value_name = "SECONDS", default_value_t = SearchConfig::default().limits.seconds)]
    time_limit: f64,

    /// Stop after so much work with what was found, with exit status 3: so many multiplications modulo a prime.
    /// Unlike a time, it gives the same result on every machine.
    #[arg(long, value_name = "N", default_value_t = SearchConfig::default().limits.work)]
    work_limit: u64,

    /// The terms to search in, in place of those derived from the Hamiltonian.
    #[cfg(feature = "learn")]
    #[arg(long, value_name = "FILE")]
    grammar: Option<String>,

    /// Write a report with formulas and pictures, one HTML page that needs no other file.
    #[arg(long, value_name = "FILE.html")]
    report: Option<String>,

    /// Write a document that proves the result and can be re-checked without liouville (Python, SymPy).
    #[arg(long, value_name = "FILE")]
    certificate: Option<String>,

    /// Let the certificate count the integrals again in the largest space of up to 400 terms that was searched
    /// exhaustively. It then takes longer to check.
    #[arg(long, requires = "certificate")]
    certificate_exhaustive: bool,
}

impl Integrals {
    pub(super) fn run(&self, output: &Output) -> Result<Exit, Failure> {
        let system = self.system.load()?;
        let hamiltonian = input::hamiltonian(&system)?;
        let limits = self.limits()?;
        let config = SearchConfig {
            momentum_degree: self.momentum_degree,
            coefficient_degree: self.coefficient_degree,
            limits,
            exhaustive: self.exhaustive,
            library: self.library(&system)?,
            written_terms: self.certificate_exhaustive.then_some(CERTIFIED_TERMS),
            reserved: system.parameters.iter().map(|parameter| parameter.name.clone()).collect(),
            ..SearchConfig::default()
        };
        let reporter = Reporter::new(output);
        let interrupted = interrupt::watched("interrupted".to_owned());
        let token = limits.token(&interrupted);
        let job = Job::new(&reporter, token.clone());
        let mut found = search(&hamiltonian, &config, &job).map_err(|error| Failure::input(error, None))?;
        let deciding = interrupted.within(OBSTRUCTION_SECONDS);
        found.assessment = obstructions::decided(found.assessment, &hamiltonian, &deciding);
        let mut record = Record::of_search(&system, &hamiltonian, &found);
        let mut ended = found.stop.ended();
        if found.assessment.verdict() == Verdict::Undecided {
            record.hint = hint(&system, &hamiltonian, &token);
            ended = ended.or_else(|| Ended::by(&token));
        }
        reporter.finish();
        record.notes.extend(input::domain_note(&hamiltonian));
        record.settings = self.settings();
        record.limits = Some(LimitsRecord::of(limits, found.work, ended));
        if let Some(path) = &self.certificate {
            input::write(path, &record.certificate())?;
        }
        output.record(&record);
        if let Some(path) = &self.report {
            output.report(
                path,
                &record,
                &super::output::figures_of(&system, &record),
                Question::Integrals,
            )?;
        }
        Ok(Exit::of(ended))
    }

    fn limits(&self) -> Result<Limits, Failure> {
        if self.time_limit.is_nan() || self.time_limit <= 0.0 {
            return Err(Failure::input("`--time-limit` must be a positive number of seconds", None));
        }
        Ok(Limits { work: self.work_limit, seconds: self.time_limit })
    }

    #[cfg(feature = "learn")]
    fn library(&self, system: &System) -> Result<Option<Vec<crate::expr::Expr>>, Failure> {
        let Some(path) = &self.grammar else { return Ok(None) };
        let grammar = super::grammar::parsed(&super::grammar::read(path)?)?;
        let variables = crate::terms::Variables {
            coordinates: system.coordinates.clone(),
            momenta: system.momenta.clone(),
            angles: system.angles.clone(),
        };
        let library = crate::terms::TermLibrary::new(&grammar, &variables)
            .map_err(|error| Failure::input(error, None))?;
        Ok(Some(library.all_terms().into_iter().map(|term| term.formula).collect()))
    }

    #[cfg(not(feature = "learn"))]
    fn library(&self, _: &System) -> Result<Option<Vec<crate::expr::Expr>>, Failure> {
        Ok(None)
    }

    fn settings(&self) -> std::collections::BTreeMap<String, serde_json::Value> {
        let mut settings = std::collections::BTreeMap::from([(
            "momentum_degree".to_owned(),
            serde_json::json!(self.momentum_degree),
        )]);
        if let Some(degree) = self.coefficient_degree {
            settings.insert("coefficient_degree".to_owned(), serde_json::json!(degree));
        }
        settings
    }
}

/// Whether the motion is regular or chaotic, on orbits from the system's recipe. `None` if the system has
/// symbolic parameters, no orbit can be integrated, or the token was cancelled.
fn hint(system: &System, hamiltonian: &Hamiltonian, token: &CancelToken) -> Option<HintRecord> {
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
    let found = stability_hint(hamiltonian.formula(), space.coordinates(), space.momenta(), &starts, token)
        .ok()??;
    Some(HintRecord {
        motion: found.motion.name().to_owned(),
        lyapunov_exponent: Some(found.lyapunov_exponent),
        alignment_index: Some(found.alignment_index),
        orbits: found.orbits,
    })
}

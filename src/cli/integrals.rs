//! `liouville integrals`

use clap::Args;

use super::input::{self, SystemArguments};
use super::progress::Reporter;
use super::{Exit, Failure, interrupt, output::Output};
use crate::integrals::SearchConfig;
use crate::progress::{Job, Limits};
use crate::questions::{self, IntegralsConfig};
use crate::report::Question;

/// Find all integrals that are polynomial in the momenta, from the Hamiltonian alone, and prove them.
///
/// The search climbs in the degree of the momenta and of the coefficients until the laws settle the verdict and the
/// small spaces are searched (with --exhaustive it searches on), every space up to the momentum degree is searched,
/// or a limit is reached. It says which spaces it went through. Where the laws leave the verdict open, it tries to
/// prove that the system is not integrable, and says which integrals are excluded and why.
///
/// Such a proof needs constant masses (of any signs) and a potential that is homogeneous, or has a leading or lowest
/// homogeneous part, or is a sum of exponentials. In planes that forces do not leave all Darboux directions are looked
/// at, complex ones too; elsewhere rational directions and real points, and at these only real eigenvalues of odd
/// multiplicity. That no proof is found says nothing.
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
        let config = self.config()?;
        let reporter = Reporter::new(output);
        let job = Job::new(&reporter, interrupt::watched("interrupted".to_owned()));
        let found = questions::integrals(&system, &config, &job)?;
        reporter.finish();
        if let Some(path) = &self.certificate {
            input::write(path, &found.record.certificate())?;
        }
        output.record(&found.record);
        if let Some(path) = &self.report {
            output.report(
                path,
                &found.record,
                &questions::figures(&system, &found.record),
                Question::Integrals,
            )?;
        }
        Ok(Exit::of(found.ended))
    }

    fn config(&self) -> Result<IntegralsConfig, Failure> {
        if self.time_limit.is_nan() || self.time_limit <= 0.0 {
            return Err(Failure::input("`--time-limit` must be a positive number of seconds", None));
        }
        Ok(IntegralsConfig {
            momentum_degree: self.momentum_degree,
            coefficient_degree: self.coefficient_degree,
            exhaustive: self.exhaustive,
            limits: Limits { work: self.work_limit, seconds: self.time_limit },
            #[cfg(feature = "learn")]
            grammar: self.grammar.as_deref().map(questions::read_grammar).transpose()?,
            certificate_exhaustive: self.certificate_exhaustive,
        })
    }
}

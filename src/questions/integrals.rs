//! What is conserved, and is the system integrable?

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Answer, Failure, domain_note, hamiltonian};
use crate::dynamics::{SimulationConfig, simulate, stability_hint};
use crate::expr::Expr;
use crate::integrals::{SearchConfig, search};
use crate::mechanics::{Hamiltonian, Verdict};
use crate::obstructions;
use crate::progress::{CancelToken, Ended, Job, Limits};
use crate::report::{HintRecord, LimitsRecord, Record};
#[cfg(feature = "learn")]
use crate::runs::GrammarText;
use crate::system::System;

/// The certificate counts integrals again only in spaces with at most this many terms.
const CERTIFIED_TERMS: usize = 400;

/// The search for a proof of non-integrability, which comes after that for laws, ends after so many seconds.
const OBSTRUCTION_SECONDS: Duration = Duration::from_secs(5);

/// The number of orbits to integrate for a numerical hint.
const HINT_ORBITS: usize = 8;

/// How far the search for integrals goes.
#[derive(Clone, Debug)]
pub struct IntegralsConfig {
    /// Highest degree in the momenta.
    pub momentum_degree: u32,
    /// Highest weight of the coefficients of the highest momentum degree; the momentum degree where nothing is said.
    pub coefficient_degree: Option<u32>,
    /// Whether every space up to these degrees is searched, also where the laws found settle the verdict.
    pub exhaustive: bool,
    /// The most work and the most seconds.
    pub limits: Limits,
    /// The terms to search in, in place of those derived from the Hamiltonian.
    #[cfg(feature = "learn")]
    pub grammar: Option<GrammarText>,
    /// Whether the certificate counts the integrals again.
    pub certificate_exhaustive: bool,
}

impl Default for IntegralsConfig {
    fn default() -> IntegralsConfig {
        IntegralsConfig {
            momentum_degree: 4,
            coefficient_degree: None,
            exhaustive: false,
            limits: SearchConfig::default().limits,
            #[cfg(feature = "learn")]
            grammar: None,
            certificate_exhaustive: false,
        }
    }
}

/// Finds and proves all integrals of a system that are polynomial in the momenta, from the Hamiltonian alone. Where
/// the laws leave the verdict open, tries to prove that the system is not integrable, and follows orbits for a hint.
/// The job's token ends it at once, with what was found.
///
/// # Errors
/// A system without a Hamiltonian, or one that the exact algebra cannot represent; a grammar that does not fit.
pub fn integrals(system: &System, config: &IntegralsConfig, job: &Job<'_>) -> Result<Answer, Failure> {
    let hamiltonian = hamiltonian(system)?;
    let search_config = config.search(system)?;
    let token = config.limits.token(job.token());
    let mut found = search(&hamiltonian, &search_config, &job.with_token(token.clone()))
        .map_err(|error| Failure::input(error, None))?;
    let deciding = job.token().within(OBSTRUCTION_SECONDS);
    found.assessment = obstructions::decided(found.assessment, &hamiltonian, &found.laws, &deciding);
    let mut record = Record::of_search(system, &hamiltonian, &found);
    let mut ended = found.stop.ended();
    if found.assessment.verdict() == Verdict::Undecided {
        record.hint = hint(system, &hamiltonian, &token);
        ended = ended.or_else(|| Ended::by(&token));
    }
    record.notes.extend(domain_note(&hamiltonian));
    record.settings = config.shown();
    record.limits = Some(LimitsRecord::of(config.limits, found.work, ended));
    Ok(Answer { record, ended })
}

impl IntegralsConfig {
    fn search(&self, system: &System) -> Result<SearchConfig, Failure> {
        Ok(SearchConfig {
            momentum_degree: self.momentum_degree,
            coefficient_degree: self.coefficient_degree,
            limits: self.limits,
            exhaustive: self.exhaustive,
            library: self.library(system)?,
            written_terms: self.certificate_exhaustive.then_some(CERTIFIED_TERMS),
            reserved: system.parameters.iter().map(|parameter| parameter.name.clone()).collect(),
            ..SearchConfig::default()
        })
    }

    #[cfg(feature = "learn")]
    fn library(&self, system: &System) -> Result<Option<Vec<Expr>>, Failure> {
        let Some(grammar) = &self.grammar else { return Ok(None) };
        let grammar = super::parsed_grammar(grammar)?;
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
    fn library(&self, _: &System) -> Result<Option<Vec<Expr>>, Failure> {
        Ok(None)
    }

    /// The settings as they stand in the record.
    fn shown(&self) -> BTreeMap<String, serde_json::Value> {
        let mut settings =
            BTreeMap::from([("momentum_degree".to_owned(), serde_json::json!(self.momentum_degree))]);
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

//! The network as the model of the motion, where no formula explains it.
//!
//! ```text
//! Observations ──train──▶ Network: learned H and coordinates ──▶ Prediction, laws of the learned motion, Evidence
//! ```

use crate::expr::{Expr, Symbol};
use crate::learn::readout::{Evidence, Law, Network, named};
use crate::learn::{self, Asked, Cyclic, LearnError, LearnedCoordinates, Trained, Trainings, train_cyclic};
use crate::mechanics::PhaseSpace;
use crate::progress::Job;
use crate::recover::first_order::{Config, Observations, Prepared};

use super::DiscoverError;

/// What a network says of a motion that no formula explains.
#[derive(Clone, Debug)]
pub struct LearnedMotion {
    /// The network, with the prediction of held-out runs.
    pub network: Network,
    /// What data and network say of the laws that were known before.
    pub known: Vec<Evidence>,
    /// Laws of the learned motion that are no functions of these; supported.
    pub laws: Vec<Law>,
}

/// Where networks come from.
pub enum Source<'a> {
    /// They are trained with these settings, and kept if there is a place.
    Trained(Cyclic, &'a learn::Config, Option<&'a dyn Trainings>),
    /// They were trained before.
    Saved(Vec<LearnedCoordinates>),
}

/// The network as the model of what was observed, and its laws besides those known, which are given by name and formula.
///
/// # Errors
/// Observations that cannot be used, or a training that was ended.
pub fn learned_motion(
    observed: &Observations,
    known: &[(Symbol, Expr)],
    source: Source<'_>,
    job: &Job<'_>,
) -> Result<Option<LearnedMotion>, DiscoverError> {
    let data = Prepared::new(observed, &Config::default())?;
    let trained = match source {
        Source::Trained(cyclic, config, trainings) => {
            let config = &learn::shaped(config.clone(), &data)?;
            let laws: Vec<Expr> = known.iter().map(|(_, formula)| formula.clone()).collect();
            Some(train_cyclic(observed, &Asked { cyclic, config, trainings, laws: &laws }, job)?)
        }
        Source::Saved(trained) => Trained::before(trained),
    };
    let Some(trained) = trained else { return Ok(None) };
    let mut network = Network::of(trained, &data)?;
    let space = PhaseSpace::new(data.variables.coordinates.clone(), data.variables.momenta.clone())?;
    let laws = network.as_the_model(known, &data, &space)?;
    let with_evidence = |quantity| Law::of(quantity, None, &data, Some(&network.learned));
    let laws = laws.into_iter().map(with_evidence).collect::<Result<Vec<_>, LearnError>>()?;
    let of = |(_, formula): &(Symbol, Expr)| Evidence::of(formula, &data, Some(&network.learned));
    let evidence = known.iter().map(of).collect::<Result<_, LearnError>>()?;
    let all: Vec<(Symbol, Expr)> = known.iter().cloned().chain(named(None, &laws)).collect();
    network.hold_against(&all, &data)?;
    Ok(Some(LearnedMotion { network, known: evidence, laws }))
}

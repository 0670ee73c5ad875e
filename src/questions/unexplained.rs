//! A recording that no formula explains: a network learns its H, and is the model.

use super::Failure;
use super::discover::{Found, Networks, Session, failure, steps};
use crate::discover::{self, DiscoverError, LearnedMotion, Observations, RecordedDiscovery, Source};
use crate::expr::{Expr, Symbol};
use crate::learn::{self, LearnError};
use crate::progress::{Ended, Job};
use crate::recover::Kept;
use crate::runs::{self, Exact, Inputs, LossHistory, Motion, NamedFormula};
use crate::system::System;

/// The share of the runs that is fitted where no system file says another.
const TRAIN: f64 = 0.8;

/// Trains networks in the canonical momenta of the best approximation, and adds what they say to the answer. Without
/// networks, or where their training is ended, the answer stands as it is.
///
/// # Errors
/// Settings of networks that cannot be used, or a folder with trainings that cannot be taken up.
pub(super) fn add_network(
    answer: &mut Found,
    found: &RecordedDiscovery,
    inputs: &Inputs,
    networks: Networks<'_>,
    session: &Session<'_>,
) -> Result<(), Failure> {
    let (job, settings) = (&session.job, &inputs.settings);
    let Some(config) = settings.networks(session.threads).filter(|_| !job.is_cancelled()) else {
        return Ok(());
    };
    let config = learn::for_prediction(config, steps(settings));
    let system = inputs.subject.system.as_ref().map(super::system_of).transpose()?;
    let train = system.map_or(TRAIN, |System { train, .. }| train.to_f64().value().clamp(0.0, 1.0));
    let motion = Motion { hamiltonian: None, train: Some(Exact(train)), ..answer.motion.clone() };
    let trajectories = match runs::in_canonical_momenta(&inputs.data, &motion) {
        Ok(trajectories) => trajectories,
        Err(why) => {
            job.note(&format!("no networks are trained: {why}"));
            return Ok(());
        }
    };
    job.note(&format!("no formula explains the recording: training networks, {} steps", config.steps));
    let history = LossHistory::new(job);
    let training = Job::new(&history, job.token().clone());
    let source = match networks {
        Networks::Trained(trainings) => Source::Trained(settings.cyclic, &config, trainings),
        Networks::Saved(trained) => Source::Saved(trained),
    };
    let known = in_momenta(found, &motion);
    let observed = Observations { trajectories, train };
    match discover::learned_motion(&observed, &known, source, &training) {
        Ok(Some(learned)) => add(answer, motion, (&known, &learned))?,
        Ok(None) => {}
        Err(DiscoverError::Learn(LearnError::Interrupted { .. })) => answer.ended = Ended::by(job.token()),
        Err(error) => return Err(failure(error)),
    }
    answer.record.seed = Some(settings.seed);
    answer.losses = history.into_trainings();
    Ok(())
}

/// The laws that the runs keep, in canonical momenta; none where these are not linear in single velocities.
fn in_momenta(found: &RecordedDiscovery, motion: &Motion) -> Vec<(Symbol, Expr)> {
    let Some(velocities) = motion.velocities() else { return Vec::new() };
    let law =
        |kept: &Kept| (Symbol::new(kept.quantity.name()), kept.quantity.formula().substitute(&velocities));
    found.kept.iter().map(law).collect()
}

/// Adds the network to the answer, as the model.
fn add(
    answer: &mut Found,
    motion: Motion,
    (known, learned): (&[(Symbol, Expr)], &LearnedMotion),
) -> Result<(), Failure> {
    answer.record.add_learned_motion(learned).map_err(|error| Failure::input(error, None))?;
    let named =
        |name: &str, formula: &Expr| NamedFormula { name: name.to_owned(), formula: formula.to_string() };
    let known = known.iter().map(|(name, formula)| named(name.name(), formula));
    let laws = learned.laws.iter().map(|law| named(law.quantity.name(), law.quantity.formula()));
    answer.motion = Motion { laws: known.chain(laws).collect(), ..motion };
    answer.ended = answer.ended.or(learned.network.ended);
    answer.trainings = learned.network.trials.iter().map(|trial| trial.cyclic).collect();
    answer.learned = Some(learned.network.learned.clone());
    Ok(())
}

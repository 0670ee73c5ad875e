//! Runs on disk: what was observed and what was trained, so that formulas can be read again without training.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::data::{Trajectory, TrajectorySet};
use crate::expr::Symbol;
use crate::learn::{Checkpoint, LearnedCoordinates};

use super::networks::training_file;
use super::{DiscoverError, Observations};

/// File of the observations in the folder of a saved run; the networks are beside it.
const FILE: &str = "observations.json";

#[derive(Serialize, Deserialize)]
struct Stored {
    coordinates: Vec<String>,
    momenta: Vec<String>,
    angles: Vec<String>,
    train: f64,
    trajectories: Vec<StoredTrajectory>,
    notes: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct StoredTrajectory {
    times: Vec<f64>,
    states: Vec<f64>,
    derivatives: Option<Vec<f64>>,
}

/// Saves the observations, and the networks where there are any, in `folder`.
///
/// # Errors
/// When the folder cannot be written.
pub fn save(
    folder: &Path,
    observations: &Observations,
    learned: Option<&LearnedCoordinates>,
) -> Result<(), DiscoverError> {
    let path = folder.join(FILE);
    let fault = |what: String| DiscoverError::Saved { path: path.clone(), what };
    std::fs::create_dir_all(folder).map_err(|e| fault(e.to_string()))?;
    let set = &observations.trajectories;
    let names = |symbols: &[Symbol]| symbols.iter().map(|s| s.name().to_string()).collect();
    let stored = Stored {
        coordinates: names(&set.coordinates),
        momenta: names(&set.momenta),
        angles: names(&set.angles),
        train: observations.train,
        trajectories: set
            .trajectories
            .iter()
            .map(|t| StoredTrajectory {
                times: t.times.clone(),
                states: t.states.clone(),
                derivatives: t.derivatives.clone(),
            })
            .collect(),
        notes: set.notes.clone(),
    };
    let text = serde_json::to_vec(&stored).map_err(|e| fault(e.to_string()))?;
    std::fs::write(&path, text).map_err(|e| fault(e.to_string()))?;
    if let Some(learned) = learned {
        learned.save(folder)?;
        // What was kept to take the run up again has served.
        for cyclic in 0..=learned.dof() {
            let file = training_file(folder, cyclic);
            // A run that was killed may have left a file half written beside its place.
            for file in [file.with_extension("safetensors.new"), file] {
                if file.exists() {
                    std::fs::remove_file(&file).map_err(|e| fault(e.to_string()))?;
                }
            }
        }
    }
    Ok(())
}

/// Keeps the trainings of a run that was interrupted, to be taken up by a run with
/// [`Config::folder`](super::Config::folder).
///
/// # Errors
/// When the folder cannot be written.
pub fn keep(folder: &Path, trainings: &[Checkpoint]) -> Result<(), DiscoverError> {
    std::fs::create_dir_all(folder)
        .map_err(|e| DiscoverError::Saved { path: folder.to_owned(), what: e.to_string() })?;
    for training in trainings {
        training.save(&training_file(folder, training.config().cyclic))?;
    }
    Ok(())
}

/// Reads a saved run: observations and networks.
///
/// # Errors
/// When the folder holds none, or a damaged one.
pub fn load(folder: &Path) -> Result<(Observations, LearnedCoordinates), DiscoverError> {
    let path = folder.join(FILE);
    let fault = |what: String| DiscoverError::Saved { path: path.clone(), what };
    let text = std::fs::read(&path).map_err(|e| fault(e.to_string()))?;
    let stored: Stored = serde_json::from_slice(&text).map_err(|e| fault(e.to_string()))?;
    let symbols = |names: &[String]| names.iter().map(Symbol::new).collect::<Vec<_>>();
    let width = stored.coordinates.len() + stored.momenta.len();
    for trajectory in &stored.trajectories {
        let points = trajectory.times.len() * width;
        if trajectory.states.len() != points
            || trajectory.derivatives.as_ref().is_some_and(|d| d.len() != points)
        {
            return Err(fault("a trajectory with the wrong number of values".into()));
        }
    }
    let trajectories = TrajectorySet {
        coordinates: symbols(&stored.coordinates),
        momenta: symbols(&stored.momenta),
        angles: symbols(&stored.angles),
        trajectories: stored
            .trajectories
            .into_iter()
            .map(|t| Trajectory { times: t.times, states: t.states, derivatives: t.derivatives })
            .collect(),
        notes: stored.notes,
    };
    Ok((Observations { trajectories, train: stored.train }, LearnedCoordinates::load(folder)?))
}

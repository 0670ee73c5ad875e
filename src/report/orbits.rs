//! Orbits of a given Hamiltonian, for the pictures of its report.

use super::figures::MOST_RUNS;
use super::{Figures, Origin, Record, Runs};
use crate::data::TrajectorySet;
use crate::dynamics::{SimulationConfig, simulate};
use crate::expr::{Expr, parse};
use crate::system::System;

/// Points of an orbit.
const POINTS: usize = 500;

/// Orbits from initial states of the system's recipe. `None` where there is nothing to integrate: a parameter has no
/// value, or solutions end at once.
pub fn orbits(system: &System) -> Option<TrajectorySet> {
    let config = SimulationConfig {
        trajectories: Some(MOST_RUNS),
        points: Some(POINTS),
        derivatives: Some(false),
        ..SimulationConfig::default()
    };
    simulate(system, &config).ok()
}

impl Figures {
    /// Orbits with the drift of H and the laws of a record along them.
    pub fn of_orbits(system: &System, orbits: &TrajectorySet, record: &Record) -> Figures {
        let h = system.hamiltonian_with_values().map(|formula| ("H".to_owned(), formula));
        let law = |name: &str, formula: &str| Some((name.to_owned(), parse(formula).ok()?));
        let laws = record.laws.iter().filter_map(|found| law(&found.name, &found.formula));
        let laws: Vec<(String, Expr)> = h.into_iter().chain(laws).collect();
        Figures { runs: Runs::new(Origin::Orbits, orbits, &laws).ok(), ..Figures::default() }
    }
}

//! The pictures of an answer.

use crate::report::{Figures, Record, orbits};
use crate::system::System;

/// The figures of an answer about a system with a given Hamiltonian: some of its orbits, the drift of the laws along
/// them, and the spectrum that counts laws. None where no orbit can be integrated: a parameter has no value, say.
pub fn figures(system: &System, record: &Record) -> Figures {
    let Some(set) = orbits(system) else { return Figures::default() };
    let figures = Figures::of_orbits(system, &set, record);
    #[cfg(feature = "learn")]
    let figures = Figures {
        spectrum: system.hamiltonian_with_values().and_then(|h| crate::runs::spectrum(&h, &set)),
        ..figures
    };
    figures
}

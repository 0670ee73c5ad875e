//! From trajectories to laws and Hamiltonian.
mod hamiltonian;
mod observations;
pub use hamiltonian::{RecoveredHamiltonian, RecoveredTerm, StageReport};
pub use observations::Observations;

/// Why a discovery is impossible.
#[derive(Debug, thiserror::Error)]
pub enum DiscoverError {
    /// No coordinates and momenta in pairs.
    #[error("there are no pairs of coordinates and momenta")]
    NoVariables,
    /// Too little data.
    #[error("{points} points are too few to find anything")]
    TooFewPoints {
        /// How many there are.
        points: usize,
    },
    /// A numerical fit failed.
    #[error(transparent)]
    Fit(#[from] crate::fit::FitError),
}
/// Scratch.
pub fn scratch(o: &Observations, tell: &mut dyn FnMut(&StageReport)) -> Result<Option<RecoveredHamiltonian>, DiscoverError> {
    let p = observations::Prepared::new(o)?;
    let g = crate::fit::Grammar::default_grammar().map_err(|_| DiscoverError::NoVariables)?;
    let l = crate::fit::TermLibrary::new(&g, &p.variables).map_err(|_| DiscoverError::NoVariables)?;
    tell(&StageReport { stage: format!("noise {:?} period {}", p.relative_noise(), p.period), ..Default::default() });
    Ok(hamiltonian::recover(&p, &l, tell)?)
}

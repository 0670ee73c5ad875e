//! Vector fields on phase space.

use crate::expr::{Expr, Symbol, Tape, TapeError};

/// An autonomous vector field ẋ = f(x) that is evaluated at many states at once.
pub trait VectorField: Sync {
    /// The number of components of a state.
    fn dimension(&self) -> usize;

    /// Writes f at each state.
    ///
    /// # Shapes
    /// `states`, `out`: `[samples, dimension]` row by row. Outside the domain a component is not finite.
    fn evaluate(&self, states: &[f64], out: &mut [f64]);
}

/// Hamilton's equations q̇ = ∂H/∂p, ṗ = −∂H/∂q, the gradient by reverse differentiation of the formula.
#[derive(Clone, Debug)]
pub struct HamiltonianField {
    tape: Tape,
    dof: usize,
}

impl HamiltonianField {
    /// The field of a Hamiltonian in which only coordinates and momenta occur.
    ///
    /// # Errors
    /// Another name occurs.
    pub fn new(hamiltonian: &Expr, coordinates: &[Symbol], momenta: &[Symbol]) -> Result<Self, TapeError> {
        let inputs: Vec<Symbol> = coordinates.iter().chain(momenta).cloned().collect();
        let tape = Tape::new(std::slice::from_ref(hamiltonian), &inputs)?;
        Ok(HamiltonianField { tape, dof: coordinates.len() })
    }

    /// H at each state: `states` `[samples, 2·dof]`, returned `[samples]`.
    pub fn energy(&self, states: &[f64]) -> Vec<f64> {
        self.tape.evaluate(states)
    }
}

impl VectorField for HamiltonianField {
    fn dimension(&self) -> usize {
        2 * self.dof
    }

    fn evaluate(&self, states: &[f64], out: &mut [f64]) {
        let (_, gradients) = self.tape.gradient(states);
        let width = 2 * self.dof;
        for (field, gradient) in out.chunks_exact_mut(width).zip(gradients.chunks_exact(width)) {
            let (by_q, by_p) = gradient.split_at(self.dof);
            field[..self.dof].copy_from_slice(by_p);
            for (momentum_rate, slope) in field[self.dof..].iter_mut().zip(by_q) {
                *momentum_rate = -slope;
            }
        }
    }
}

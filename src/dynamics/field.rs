//! Vector fields on phase space.

use std::ops::Neg;

use crate::expr::{Expr, Symbol, Tape, TapeError};

/// Writes J∇f = (∂f/∂p, −∂f/∂q), the one place where J is applied to numbers.
///
/// # Shapes
/// `gradient`, `out`: the half by coordinates, then the half by momenta: `[2·dof]` of one state, or
/// `[2·dof, samples]`.
#[inline(always)]
pub fn symplectic_gradient<T: Copy + Neg<Output = T>>(gradient: &[T], out: &mut [T]) {
    let (by_q, by_p) = gradient.split_at(gradient.len() / 2);
    let (first, second) = out.split_at_mut(by_p.len());
    first.copy_from_slice(by_p);
    second.iter_mut().zip(by_q).for_each(|(rate, slope)| *rate = -*slope);
}

/// Where row `component` of J has its entry, and whether that is negative: ẋ_c = ±∂H/∂x_c′.
#[inline(always)]
pub fn conjugate(component: usize, dof: usize) -> (usize, bool) {
    if component < dof { (component + dof, false) } else { (component - dof, true) }
}

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
            symplectic_gradient(gradient, field);
        }
    }
}

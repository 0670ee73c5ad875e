//! Phase spaces and Hamiltonians.

use super::MechanicsError;
use crate::algebra::{Element, ZeroTest};
use crate::expr::{Expr, Symbol};

/// Canonical coordinates q and momenta p, paired in order.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PhaseSpace {
    /// q then p.
    variables: Vec<Symbol>,
}

impl PhaseSpace {
    /// The phase space with these coordinates and momenta.
    ///
    /// # Errors
    /// None at all, different numbers of them, or a name that stands twice.
    pub fn new(coordinates: Vec<Symbol>, momenta: Vec<Symbol>) -> Result<PhaseSpace, MechanicsError> {
        if coordinates.len() != momenta.len() {
            return Err(MechanicsError::Unpaired { coordinates: coordinates.len(), momenta: momenta.len() });
        }
        if coordinates.is_empty() {
            return Err(MechanicsError::Empty);
        }
        let mut variables = coordinates;
        variables.extend(momenta);
        for (k, symbol) in variables.iter().enumerate() {
            if variables[..k].contains(symbol) {
                return Err(MechanicsError::Repeated(symbol.clone()));
            }
        }
        Ok(PhaseSpace { variables })
    }

    /// The number of degrees of freedom.
    pub fn dof(&self) -> usize {
        self.variables.len() / 2
    }

    /// q.
    pub fn coordinates(&self) -> &[Symbol] {
        &self.variables[..self.dof()]
    }

    /// p, in the order of the coordinates.
    pub fn momenta(&self) -> &[Symbol] {
        &self.variables[self.dof()..]
    }

    /// q then p: the columns of every state.
    pub fn variables(&self) -> &[Symbol] {
        &self.variables
    }

    /// The pairs (q, p).
    pub fn pairs(&self) -> impl Iterator<Item = (&Symbol, &Symbol)> {
        self.coordinates().iter().zip(self.momenta())
    }
}

/// A Hamiltonian on its phase space. Symbols that are neither coordinates nor momenta are parameters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hamiltonian {
    formula: Expr,
    space: PhaseSpace,
}

impl Hamiltonian {
    /// The Hamiltonian given by a formula.
    pub fn new(formula: Expr, space: PhaseSpace) -> Hamiltonian {
        Hamiltonian { formula, space }
    }

    /// Its formula.
    pub fn formula(&self) -> &Expr {
        &self.formula
    }

    /// Whether the other Hamiltonian is proved to differ by a constant alone: all partial derivatives of the
    /// difference vanish.
    pub fn equals_up_to_a_constant(&self, other: &Hamiltonian) -> bool {
        let difference = self.formula.clone() - other.formula.clone();
        let variables = self.space.variables();
        let Ok((_, elements)) = Element::all_from(variables, [&difference]) else { return false };
        let vanishes = |variable: &Symbol| {
            elements[0].derivative(variable).is_ok_and(|slope| slope.zero_test() == ZeroTest::Zero)
        };
        self.space == other.space && variables.iter().all(vanishes)
    }

    /// Its phase space.
    pub fn space(&self) -> &PhaseSpace {
        &self.space
    }
}

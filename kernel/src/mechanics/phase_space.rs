//! Phase spaces and Hamiltonians.

use super::MechanicsError;
use crate::algebra::{AlgebraError, Element, ZeroTest};
use crate::expr::{Condition, Expr, Symbol};

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
    ///
    /// ```
    /// use liouville_kernel::expr::Symbol;
    /// use liouville_kernel::mechanics::PhaseSpace;
    ///
    /// let names = |list: &[&str]| list.iter().map(Symbol::new).collect::<Vec<_>>();
    /// assert_eq!(PhaseSpace::new(names(&["x", "y"]), names(&["px", "py"]))?.dof(), 2);
    /// assert!(PhaseSpace::new(names(&["x", "y"]), names(&["px"])).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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

/// A Hamiltonian on its phase space, on the domain where it is real and conditions hold. Symbols that are neither
/// coordinates nor momenta are parameters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hamiltonian {
    formula: Expr,
    space: PhaseSpace,
    domain: Vec<Condition>,
}

impl Hamiltonian {
    /// The Hamiltonian given by a formula, wherever that is real.
    pub fn new(formula: Expr, space: PhaseSpace) -> Hamiltonian {
        Hamiltonian { formula, space, domain: Vec::new() }
    }

    /// The same where these conditions hold too.
    pub fn restricted(mut self, conditions: impl IntoIterator<Item = Condition>) -> Hamiltonian {
        self.domain.extend(conditions);
        self
    }

    /// Its formula.
    pub fn formula(&self) -> &Expr {
        &self.formula
    }

    /// The conditions that restrict it beyond where the formula is real.
    pub fn domain(&self) -> &[Condition] {
        &self.domain
    }

    /// Whether the other Hamiltonian is proved to differ by a constant alone: all partial derivatives of the
    /// difference vanish.
    ///
    /// ```
    /// use liouville_kernel::expr::{Symbol, parse};
    /// use liouville_kernel::mechanics::{Hamiltonian, PhaseSpace};
    ///
    /// let space = PhaseSpace::new(vec![Symbol::new("q")], vec![Symbol::new("p")])?;
    /// let of = |text: &str| parse(text).map(|formula| Hamiltonian::new(formula, space.clone()));
    /// assert!(of("p^2/2 - cos(q)")?.equals_up_to_a_constant(&of("p^2/2 + 2*sin(q/2)^2 + 5")?));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn equals_up_to_a_constant(&self, other: &Hamiltonian) -> bool {
        let difference = self.formula.clone() - other.formula.clone();
        let variables = self.space.variables();
        let conditions: Vec<Condition> = self.domain.iter().chain(&other.domain).cloned().collect();
        let Ok((_, elements)) = Element::all_within(variables, &conditions, [&difference]) else {
            return false;
        };
        let vanishes = |variable: &Symbol| {
            elements[0].derivative(variable).is_ok_and(|slope| slope.zero_test() == ZeroTest::Zero)
        };
        self.space == other.space && variables.iter().all(vanishes)
    }

    /// The same Hamiltonian with another writing of its formula, which may be real on a larger domain: what was
    /// real and is no longer asked for by the formula becomes a condition. `None` where the two are not proved to
    /// differ by a constant alone.
    ///
    /// # Errors
    /// Formulas that the algebra cannot represent.
    pub fn presented(&self, presentation: &Expr) -> Result<Option<Hamiltonian>, MechanicsError> {
        let domain =
            conditions_beside(self.space.variables(), (&self.formula, &self.domain), presentation, &[])?;
        let presented = Hamiltonian { formula: presentation.clone(), space: self.space.clone(), domain };
        Ok(self.equals_up_to_a_constant(&presented).then_some(presented))
    }

    /// Its phase space.
    pub fn space(&self) -> &PhaseSpace {
        &self.space
    }
}

/// The conditions that must stand beside another writing of a function, so that it has no larger domain than the
/// function with its own conditions. What `assumed` says is known besides.
///
/// # Errors
/// Formulas that the algebra cannot represent.
pub fn conditions_beside(
    variables: &[Symbol],
    (function, conditions): (&Expr, &[Condition]),
    presentation: &Expr,
    assumed: &[Condition],
) -> Result<Vec<Condition>, MechanicsError> {
    let (given, _) = Element::all_within(variables, conditions, [function])?;
    let mut beside: Vec<Condition> = Vec::new();
    for condition in given.conditions() {
        let known: Vec<Condition> = assumed.iter().chain(&beside).cloned().collect();
        // The presentation with what is known: does it ask for the condition?
        let (printed, _) = Element::all_within(variables, &known, [presentation])?;
        let implied = match printed.implies(&condition) {
            Err(AlgebraError::NotInField { .. } | AlgebraError::UnknownSymbol(_)) => false,
            answer => answer?,
        };
        if !implied {
            beside.push(condition);
        }
    }
    Ok(beside)
}

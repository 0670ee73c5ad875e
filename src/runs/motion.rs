//! What moves by what a run found: H with its numbers, friction, the laws, the momenta as functions of the data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::discover::{Discovery, Observations, RecordedDiscovery};
use crate::expr::{Expr, Rational, Symbol};
use crate::mechanics::ConservedQuantity;
use crate::recover::Law;

use super::Exact;
use super::starts::{formula, symbols};

/// A law of motion in numbers, as a roll-out follows it. Formulas are texts that read back as the same expressions.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Motion {
    /// The coordinates.
    pub coordinates: Vec<String>,
    /// The canonical momenta.
    pub momenta: Vec<String>,
    /// H, constants put in; nothing where none was found, or a network is the model.
    pub hamiltonian: Option<String>,
    /// The laws besides H, constants put in.
    pub laws: Vec<NamedFormula>,
    /// Each canonical momentum as a function of the coordinates and their velocities; nothing where the data has the
    /// momenta themselves.
    pub canonical: Option<Canonical>,
    /// What slows the motion.
    pub slowing: Vec<Slowing>,
    /// The share of the trajectories that was fitted; nothing where all were.
    pub train: Option<Exact>,
}

/// A name and a formula.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NamedFormula {
    /// The name.
    pub name: String,
    /// The formula.
    pub formula: String,
}

/// Canonical momenta p = m·v + A(q).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Canonical {
    /// The names of the velocities in the formulas.
    pub velocities: Vec<String>,
    /// One formula for each momentum.
    pub formulas: Vec<String>,
}

/// A force −f·v·|v|^power on the momentum of one coordinate.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Slowing {
    /// The index of the coordinate.
    pub coordinate: usize,
    /// f.
    pub factor: Exact,
    /// 0 for linear friction, 1 for drag.
    pub power: i32,
}

fn names(symbols: &[Symbol]) -> Vec<String> {
    symbols.iter().map(|symbol| symbol.name().to_owned()).collect()
}

impl Motion {
    /// The motion found in coordinates and momenta.
    pub fn of_discovery(discovery: &Discovery, observed: &Observations) -> Motion {
        let set = &observed.trajectories;
        let numeric = |formula: &Expr| match &discovery.hamiltonian {
            Some(found) => found.with_numbers(formula).to_string(),
            None => formula.to_string(),
        };
        let law = |law: &crate::learn::readout::Law| NamedFormula {
            name: law.quantity.name().to_owned(),
            formula: numeric(law.quantity.formula()),
        };
        Motion {
            coordinates: names(&set.coordinates),
            momenta: names(&set.momenta),
            // Where the network is the model, an H that explains nothing moves nothing.
            hamiltonian: discovery
                .hamiltonian
                .as_ref()
                .filter(|_| discovery.network.as_ref().is_none_or(|network| network.prediction.is_none()))
                .map(|found| found.numeric.to_string()),
            laws: discovery.laws.iter().map(law).collect(),
            canonical: None,
            slowing: Vec::new(),
            train: Some(Exact(observed.train)),
        }
    }

    /// The motion found in a recording, which has momenta of its own or not.
    pub fn of_recording(found: &RecordedDiscovery, has_momenta: bool) -> Motion {
        let law = &found.recovery.law;
        let numeric = |formula: &Expr| formula.substitute(&values(law)).to_string();
        let named = |quantity: &ConservedQuantity| NamedFormula {
            name: quantity.name().to_owned(),
            formula: numeric(quantity.formula()),
        };
        let canonical = || Canonical {
            velocities: names(&velocities(law)),
            formulas: law.canonical.iter().map(numeric).collect(),
        };
        Motion {
            coordinates: names(&law.coordinates),
            momenta: names(&law.momenta),
            hamiltonian: Some(numeric(&found.hamiltonian)),
            laws: found.proved.laws.iter().map(named).collect(),
            canonical: (!has_momenta).then(canonical),
            slowing: slowing(law),
            train: None,
        }
    }
}

impl Motion {
    /// Each velocity as a function of coordinates and canonical momenta: v = (p − A(q))/m where p = m·v + A(q). Nothing
    /// where momenta are recorded, or are not of this form.
    pub fn velocities(&self) -> Option<BTreeMap<Symbol, Expr>> {
        let canonical = self.canonical.as_ref()?;
        let velocities = symbols(&canonical.velocities);
        let formulas: Vec<Expr> =
            canonical.formulas.iter().map(|text| formula(text)).collect::<Result<_, _>>().ok()?;
        let at_rest: BTreeMap<Symbol, Expr> = velocities.iter().cloned().map(|v| (v, Expr::zero())).collect();
        let mut found = BTreeMap::new();
        for (i, (momentum, name)) in formulas.iter().zip(&self.momenta).enumerate() {
            let potential = momentum.substitute(&at_rest);
            let mut slopes = velocities.iter().map(|v| momentum.derivative(v).as_number());
            let mass = slopes.clone().nth(i)??;
            let others = slopes.by_ref().enumerate().filter(|(j, _)| *j != i);
            if mass == Rational::ZERO || !others.map(|(_, slope)| slope).all(|s| s == Some(Rational::ZERO)) {
                return None;
            }
            let momentum = Expr::symbol(name) - potential;
            let velocity = if mass == Rational::ONE { momentum } else { momentum.over(Expr::number(mass)) };
            found.insert(velocities[i].clone(), velocity);
        }
        Some(found)
    }
}

/// The values of the letters.
fn values(law: &Law) -> BTreeMap<Symbol, Expr> {
    law.letters.iter().map(|letter| (letter.symbol.clone(), letter.decimal())).collect()
}

/// The names of the velocities: what is no coordinate and no letter in p_i = m_i·v_i + A_i(q).
fn velocities(law: &Law) -> Vec<Symbol> {
    let values = values(law);
    let is_other = |symbol: &Symbol| !law.coordinates.contains(symbol) && !values.contains_key(symbol);
    law.canonical.iter().filter_map(|momentum| momentum.symbols().into_iter().find(is_other)).collect()
}

/// Friction as forces on the momenta. Momenta are in units of the first mass, which is 1 but where the recording has
/// momenta of its own.
fn slowing(law: &Law) -> Vec<Slowing> {
    let unit = law.masses.first().map_or(1.0, |mass| mass.value);
    let each = law.friction.iter().flat_map(|friction| {
        friction.coordinates.iter().map(|&coordinate| Slowing {
            coordinate,
            factor: Exact(unit * friction.value),
            power: friction.power,
        })
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn velocities(formulas: [&str; 2]) -> Option<Vec<String>> {
        let names = |names: [&str; 2]| names.map(str::to_owned).to_vec();
        let motion = Motion {
            coordinates: names(["x", "y"]),
            momenta: names(["p_x", "p_y"]),
            hamiltonian: None,
            laws: Vec::new(),
            canonical: Some(Canonical { velocities: names(["u", "w"]), formulas: names(formulas) }),
            slowing: Vec::new(),
            train: None,
        };
        motion.velocities().map(|found| found.values().map(Expr::to_string).collect())
    }

    #[test]
    fn velocities_come_back_from_momenta() {
        assert_eq!(velocities(["u", "w"]).unwrap(), ["p_x", "p_y"]);
        assert_eq!(velocities(["u - 3*y", "2*w + x"]).unwrap(), ["p_x + 3*y", "(p_y - x)/2"]);
        assert_eq!(velocities(["x^2*u", "w"]), None);
        assert_eq!(velocities(["u + w", "w"]), None);
    }
}

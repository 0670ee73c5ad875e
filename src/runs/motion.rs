//! What moves by what a run found: H with its numbers, friction, the laws, the momenta as functions of the data.

use serde::{Deserialize, Serialize};

use crate::discover::{Discovery, Observations, RecordedDiscovery};
use crate::expr::{Expr, Symbol};
use crate::mechanics::ConservedQuantity;
use crate::recover::Law;

use super::Exact;

/// A law of motion in numbers, as a roll-out follows it. Formulas are texts that read back as the same expressions.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Motion {
    /// The coordinates.
    pub coordinates: Vec<String>,
    /// The canonical momenta.
    pub momenta: Vec<String>,
    /// H, constants put in; nothing where none was found.
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
        let law = |law: &crate::discover::Law| NamedFormula {
            name: law.quantity.name().to_owned(),
            formula: numeric(law.quantity.formula()),
        };
        Motion {
            coordinates: names(&set.coordinates),
            momenta: names(&set.momenta),
            hamiltonian: discovery.hamiltonian.as_ref().map(|found| found.numeric.to_string()),
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

/// The values of the letters.
fn values(law: &Law) -> std::collections::BTreeMap<Symbol, Expr> {
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

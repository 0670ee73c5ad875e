//! Names laws by their type.

use std::collections::{BTreeMap, BTreeSet};

use super::atoms::{Atom, Atoms};
use super::monomial::{Laurent, Monomial};
use crate::expr::{Expr, Symbol};
use crate::mechanics::PhaseSpace;

/// Gives each law a different name: `P…` for linear momenta, `L…` for angular momenta, `E…` for energies of
/// subsystems, `A…` for Laplace–Runge–Lenz components, `K…` for the rest. The axis follows if it is clear
/// (`Px`, `Lz`), and a number if several laws would share a name. No law is named as a coordinate, a momentum, a symbol
/// in a law, H, or a symbol in `reserved` is.
pub fn name_laws(laws: &[Expr], space: &PhaseSpace, reserved: &[Symbol]) -> Vec<String> {
    let taken: BTreeSet<Symbol> = space
        .variables()
        .iter()
        .chain(reserved)
        .cloned()
        .chain(laws.iter().flat_map(Expr::symbols))
        .chain([Symbol::new("H")])
        .collect();
    let is_taken = |name: &str| taken.contains(&Symbol::new(name));
    let wanted: Vec<(char, String)> = laws.iter().map(|law| kind(law, space)).collect();
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for (letter, axis) in &wanted {
        *count.entry(format!("{letter}{axis}")).or_insert(0) += 1;
    }
    let mut used: BTreeMap<String, usize> = BTreeMap::new();
    let mut names: Vec<String> = Vec::new();
    for (letter, axis) in &wanted {
        let base = format!("{letter}{axis}");
        let mut name = base.clone();
        if count[&base] > 1 || names.contains(&name) || is_taken(&name) {
            let number = used.entry(base.clone()).or_insert(0);
            loop {
                *number += 1;
                name = format!("{base}{number}");
                if !names.contains(&name) && !count.contains_key(&name) && !is_taken(&name) {
                    break;
                }
            }
        }
        names.push(name);
    }
    names
}

fn kind(law: &Expr, space: &PhaseSpace) -> (char, String) {
    let rest = ('K', String::new());
    let Ok((atoms, mut expanded)) = Atoms::of(space, [law]) else { return rest };
    let polynomial = expanded.remove(0);
    let form = Form { atoms: &atoms, polynomial: &polynomial, space };
    form.linear_momentum()
        .map(|axis| ('P', axis))
        .or_else(|| form.angular_momentum().map(|axis| ('L', axis)))
        .or_else(|| form.partial_energy().map(|axis| ('E', axis)))
        .or_else(|| form.runge_lenz().map(|axis| ('A', axis)))
        .unwrap_or(rest)
}

struct Form<'a> {
    atoms: &'a Atoms,
    polynomial: &'a Laurent,
    space: &'a PhaseSpace,
}

impl Form<'_> {
    fn momentum_degree(&self, monomial: &Monomial) -> i32 {
        monomial.iter().skip(self.space.dof()).take(self.space.dof()).sum()
    }

    /// The momenta that occur in a monomial.
    fn momenta(&self, monomial: &Monomial) -> Vec<usize> {
        let dof = self.space.dof();
        (0..dof).filter(|&i| monomial.has(dof + i)).collect()
    }

    /// The degrees of freedom that a monomial depends on.
    fn touched(&self, monomial: &Monomial) -> BTreeSet<usize> {
        let reach = (0..monomial.len()).filter(|&i| monomial[i] != 0).flat_map(|i| self.atoms.reach(i));
        reach
            .filter_map(|i| match self.atoms.list[i] {
                Atom::Coordinate(k) | Atom::Momentum(k) => Some(k),
                _ => None,
            })
            .collect()
    }

    fn only_momenta(&self, monomial: &Monomial) -> bool {
        let dof = self.space.dof();
        monomial
            .iter()
            .enumerate()
            .all(|(i, &e)| e == 0 || (dof..2 * dof).contains(&i) || self.atoms.is_constant(i))
    }

    /// Matches Σ c·p.
    fn linear_momentum(&self) -> Option<String> {
        let all = self.polynomial.monomials();
        if !all.clone().all(|m| self.momentum_degree(m) == 1 && self.only_momenta(m)) {
            return None;
        }
        let names: Vec<&Symbol> =
            all.flat_map(|m| self.momenta(m)).map(|i| &self.space.momenta()[i]).collect();
        let stems: BTreeSet<&str> = match names[..] {
            [one] => BTreeSet::from([one.name()]),
            _ => names.iter().map(|n| stem(n.name())).collect(),
        };
        let mut stems = stems.into_iter();
        let axis = stems.next().map(|s| s.strip_prefix('p').unwrap_or(s).trim_start_matches('_').to_string());
        Some(if stems.next().is_some() { String::new() } else { axis.unwrap_or_default() })
    }

    /// Matches Σ c·q·p with q and p of different axes, or a rotation in angles.
    fn angular_momentum(&self) -> Option<String> {
        let dof = self.space.dof();
        let mut axes: BTreeSet<&str> = BTreeSet::new();
        let mut angular = false;
        for monomial in self.polynomial.monomials() {
            if self.momentum_degree(monomial) != 1 {
                return None;
            }
            let momentum = *self.momenta(monomial).first()?;
            let coordinates: Vec<usize> = (0..dof).filter(|&i| monomial.has(i)).collect();
            let functions = monomial.iter().skip(2 * dof).any(|&e| e != 0);
            match (coordinates.as_slice(), functions) {
                ([q], false) if monomial[*q] == 1 && *q != momentum => {
                    axes.insert(stem(self.space.coordinates()[*q].name()));
                    axes.insert(stem(self.space.coordinates()[momentum].name()));
                }
                ([], true) if self.atoms.has_angles() => angular = true,
                ([], false) if self.atoms.has_angles() => {}
                _ => return None,
            }
        }
        if angular {
            return axes.is_empty().then(String::new);
        }
        let all: BTreeSet<&str> = self.space.coordinates().iter().map(|c| stem(c.name())).collect();
        let missing: Vec<&&str> = all.difference(&axes).collect();
        match (all.len(), axes.len(), missing.as_slice()) {
            (_, 0 | 1, _) => None,
            (3, 2, [axis]) => Some(axis.trim_start_matches('q').to_string()),
            _ => Some(String::new()),
        }
    }

    /// Matches squares of some momenta plus a potential that depends only on their coordinates.
    fn partial_energy(&self) -> Option<String> {
        let mut own: BTreeSet<usize> = BTreeSet::new();
        let mut touched: BTreeSet<usize> = BTreeSet::new();
        for monomial in self.polynomial.monomials() {
            let momenta = self.momenta(monomial);
            match (self.momentum_degree(monomial), &momenta[..]) {
                (2, [one]) if self.only_momenta(monomial) => {
                    own.insert(*one);
                }
                (0, _) => touched.extend(self.touched(monomial)),
                _ => return None,
            }
        }
        let partial = !own.is_empty() && own.len() < self.space.dof() && touched.is_subset(&own);
        let axis = || match own.iter().collect::<Vec<_>>()[..] {
            [one] => self.space.coordinates()[*one].name().trim_start_matches('q').to_string(),
            _ => String::new(),
        };
        partial.then(axis)
    }

    /// Matches a law quadratic in the momenta, with coefficients linear in the coordinates and a potential
    /// with a root.
    fn runge_lenz(&self) -> Option<String> {
        let dof = self.space.dof();
        let mut axes: BTreeSet<usize> = BTreeSet::new();
        let (mut quadratic, mut root) = (false, false);
        for monomial in self.polynomial.monomials() {
            let coordinates = monomial.iter().take(dof).map(|e| e.abs()).sum::<i32>();
            let functions: Vec<usize> = (2 * dof..monomial.len()).filter(|&i| monomial[i] != 0).collect();
            match self.momentum_degree(monomial) {
                2 if coordinates == 1 && functions.is_empty() => quadratic = true,
                0 if functions.iter().any(|&i| matches!(self.atoms.list[i], Atom::Root { .. })) => {
                    root = true;
                    axes.extend((0..dof).filter(|&i| monomial.get(i).is_some_and(|&e| e == 1)));
                }
                0 => {}
                _ => return None,
            }
        }
        let stems: BTreeSet<&str> = axes.iter().map(|&i| stem(self.space.coordinates()[i].name())).collect();
        let axis = match stems.into_iter().collect::<Vec<_>>()[..] {
            [one] => one.trim_start_matches('q').to_string(),
            _ => String::new(),
        };
        (quadratic && root).then_some(axis)
    }
}

/// A name without the number at its end.
fn stem(name: &str) -> &str {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    if stem.is_empty() { name } else { stem.trim_end_matches('_') }
}

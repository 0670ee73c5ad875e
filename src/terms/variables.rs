//! The variables of a system, the bodies they describe, and the distances between these.

use crate::expr::{Expr, Function, Symbol};

/// The variables a library is made for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Variables {
    /// Coordinates.
    pub coordinates: Vec<Symbol>,
    /// Momenta, paired with the coordinates in order.
    pub momenta: Vec<Symbol>,
    /// Those of the coordinates that are periodic with 2π.
    pub angles: Vec<Symbol>,
}

impl Variables {
    /// Coordinates, then momenta.
    pub fn all(&self) -> Vec<Symbol> {
        self.coordinates.iter().chain(&self.momenta).cloned().collect()
    }
}

/// The variables grouped to bodies by the numbers at the end of their names: for each body its index
/// (empty where the names have none) and its coordinates. Coordinates that do not fall into equal
/// groups are one body.
pub fn bodies(variables: &Variables) -> Vec<(String, Vec<Symbol>)> {
    let mut groups: Vec<(String, Vec<(String, Symbol)>)> = Vec::new();
    for symbol in &variables.coordinates {
        let name = symbol.name();
        let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let index = &name[stem.len()..];
        let component = (stem.to_string(), symbol.clone());
        match groups.iter_mut().find(|(i, _)| i == index) {
            Some((_, members)) => members.push(component),
            None => groups.push((index.to_string(), vec![component])),
        }
    }
    let stems = |members: &[(String, Symbol)]| members.iter().map(|(s, _)| s.clone()).collect::<Vec<_>>();
    let alike = groups.windows(2).all(|pair| stems(&pair[0].1) == stems(&pair[1].1));
    if alike {
        groups.into_iter().map(|(i, m)| (i, m.into_iter().map(|(_, s)| s).collect())).collect()
    } else {
        vec![(String::new(), variables.coordinates.clone())]
    }
}

fn square_sum(terms: impl IntoIterator<Item = Expr>) -> Expr {
    Expr::sum(terms.into_iter().map(|t| t.to_power(2)))
}

/// The distance from the origin.
pub(super) fn norm(symbols: &[Symbol]) -> Expr {
    square_sum(symbols.iter().cloned().map(Expr::Symbol)).call(Function::Sqrt)
}

/// The Euclidean distance; in one dimension the difference.
pub(super) fn distance(a: &[Symbol], b: &[Symbol]) -> Expr {
    let mut differences =
        a.iter().zip(b).map(|(x, y)| Expr::Symbol(x.clone()) - Expr::Symbol(y.clone())).collect::<Vec<_>>();
    if differences.len() == 1 { differences.remove(0) } else { square_sum(differences).call(Function::Sqrt) }
}

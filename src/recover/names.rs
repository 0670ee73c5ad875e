//! Names for constants and momenta that clash with no others.

use std::collections::BTreeSet;

use crate::data::{Rates, Recording};
use crate::expr::{Symbol, is_function, is_name};

/// Letters of coefficients, in the order in which they are given out. Letters that readers take for something
/// else are left out: d, e, i, l, o, t.
const LETTERS: [&str; 12] = ["a", "b", "c", "f", "g", "h", "k", "n", "s", "u", "w", "z"];

/// Names that mean something else.
const RESERVED: [&str; 9] = ["pi", "e", "i", "t", "time", "d", "where", "H", "L"];

/// The names taken so far.
pub struct Names {
    taken: BTreeSet<String>,
}

impl Names {
    /// The names that a recording takes.
    pub fn new(recording: &Recording) -> Names {
        let mut taken: BTreeSet<String> = RESERVED.iter().map(|name| (*name).to_owned()).collect();
        taken.extend(recording.coordinates.iter().map(|c| c.name.name().to_owned()));
        if let Rates::Velocities(names) | Rates::Momenta(names) = &recording.rates {
            taken.extend(names.iter().map(|name| name.name().to_owned()));
        }
        Names { taken }
    }

    /// The name of a quantity beside a coordinate: `p_x` for the momentum of `x`.
    pub fn beside(&mut self, prefix: &str, coordinate: &Symbol) -> Symbol {
        let mut name = format!("{prefix}{coordinate}");
        while self.is_taken(&name) {
            name.insert(prefix.len(), '_');
        }
        self.take(name)
    }

    /// The next free letter of a coefficient: a, b, c, …, then a1, a2, ….
    pub fn letter(&mut self) -> Symbol {
        match LETTERS.iter().find(|name| !self.is_taken(name)) {
            Some(name) => self.take((*name).to_owned()),
            None => self.numbered("a", 1),
        }
    }

    /// The name itself if it is free, else with a number: k, k2, k3, ….
    pub fn role(&mut self, name: &str) -> Symbol {
        if self.is_taken(name) { self.numbered(name, 2) } else { self.take(name.to_owned()) }
    }

    /// The mass of the body of a coordinate: m2 for `x2`; with this number where the name has none.
    pub fn mass(&mut self, coordinate: &Symbol, number: usize) -> Symbol {
        let name = coordinate.name();
        let digits = name.trim_start_matches(|c: char| !c.is_ascii_digit());
        match digits.parse::<usize>() {
            Ok(body) if !self.is_taken(&format!("m{body}")) => self.take(format!("m{body}")),
            _ => self.numbered("m", number),
        }
    }

    fn numbered(&mut self, stem: &str, first: usize) -> Symbol {
        let free = (first..).map(|k| format!("{stem}{k}")).find(|name| !self.is_taken(name));
        self.take(free.unwrap_or_else(|| stem.to_owned()))
    }

    fn is_taken(&self, name: &str) -> bool {
        self.taken.contains(name) || is_function(name) || !is_name(name)
    }

    fn take(&mut self, name: String) -> Symbol {
        self.taken.insert(name.clone());
        Symbol::new(name)
    }
}

//! The names of a file: none twice, none reserved.

use std::collections::{BTreeMap, BTreeSet};

use crate::expr::{Symbol, is_function};

use super::SystemError;
use super::file::{File, Source, symbol};
use super::place::did_you_mean;
use super::statement::{KEYWORDS, Spanned};

/// The names of a file, each with what it is.
pub struct Names {
    kinds: BTreeMap<Symbol, NameKind>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum NameKind {
    Coordinate,
    Momentum,
    Velocity,
    Parameter,
    Let,
}

impl NameKind {
    fn described(self) -> &'static str {
        match self {
            NameKind::Coordinate => "a coordinate",
            NameKind::Momentum => "a momentum",
            NameKind::Velocity => "a velocity",
            NameKind::Parameter => "a parameter",
            NameKind::Let => "a `let` name",
        }
    }

    pub fn is_variable(self) -> bool {
        matches!(self, NameKind::Coordinate | NameKind::Momentum)
    }
}

impl Names {
    pub fn check(source: &Source, file: &File) -> Result<Names, SystemError> {
        let mut names = Names { kinds: BTreeMap::new() };
        let coordinates = file.coordinates.iter().map(|name| (name, NameKind::Coordinate));
        let momenta = file.momenta.iter().map(|name| (name, NameKind::Momentum));
        let velocities = file.velocities.iter().map(|name| (name, NameKind::Velocity));
        let parameters = file.parameters.iter().map(|(name, _)| (name, NameKind::Parameter));
        let lets = file.lets.iter().map(|(name, _)| (name, NameKind::Let));
        for (name, kind) in coordinates.chain(momenta).chain(velocities).chain(parameters).chain(lets) {
            names.check_free(source, name)?;
            names.kinds.insert(symbol(name), kind);
        }
        let mut laws = BTreeSet::new();
        for (name, ..) in &file.known {
            if !laws.insert(&name.text) {
                let message = format!("there are two known laws `{}`", name.text);
                return Err(source.error(SystemError::BadName, &name.span, message, None, None));
            }
        }
        check_angles(source, file)?;
        Ok(names)
    }

    /// What a name is, if it is one.
    pub fn kind(&self, name: &Symbol) -> Option<NameKind> {
        self.kinds.get(name).copied()
    }

    /// All names.
    pub fn all(&self) -> impl Iterator<Item = &Symbol> {
        self.kinds.keys()
    }

    /// The coordinates and momenta.
    pub fn variables(&self) -> impl Iterator<Item = &Symbol> {
        self.kinds.iter().filter(|(_, kind)| kind.is_variable()).map(|(name, _)| name)
    }

    /// Whether a name may be given: no reserved word, not taken.
    pub fn check_free(&self, source: &Source, name: &Spanned) -> Result<(), SystemError> {
        let word = name.text.as_str();
        let reserved = match word {
            "H" => Some("the Hamiltonian"),
            "pi" | "π" => Some("the number 3.14159…"),
            "uniform" | "normal" => Some("a distribution"),
            _ if is_function(word) => Some("a function"),
            _ if KEYWORDS.contains(&word) => Some("a word of the language"),
            _ => None,
        };
        let message = match (reserved, self.kind(&symbol(name))) {
            (Some(what), _) => format!("`{word}` cannot be a name: it is {what}"),
            (None, Some(kind)) => format!("the name `{word}` is already taken: it is {}", kind.described()),
            (None, None) => return Ok(()),
        };
        Err(source.error(SystemError::BadName, &name.span, message, Some("another name"), None))
    }
}

fn check_angles(source: &Source, file: &File) -> Result<(), SystemError> {
    let mut seen = BTreeSet::new();
    for angle in &file.angles {
        let coordinates = || file.coordinates.iter().map(|name| name.text.as_str());
        if !coordinates().any(|name| name == angle.text) {
            let message = format!("the angle `{}` is not a coordinate", angle.text);
            let is_momentum = file.momenta.iter().any(|name| name.text == angle.text);
            let hint = did_you_mean(&angle.text, coordinates())
                .filter(|_| !is_momentum)
                .unwrap_or_else(|| "an angle is listed under `coordinates` as well".to_string());
            let expected = Some("one of the coordinates");
            return Err(source.error(SystemError::UnknownName, &angle.span, message, expected, Some(hint)));
        }
        if !seen.insert(&angle.text) {
            let message = format!("the angle `{}` is listed twice", angle.text);
            return Err(source.error(SystemError::BadName, &angle.span, message, None, None));
        }
    }
    Ok(())
}

//! Systems: what a `.ham` file says.
//!
//! ```text
//! .ham text ──statement──▶ Statement ──build──▶ System
//! ```
//!
//! A [`System`] holds the names of the phase space, the Hamiltonian, exact values of the parameters, the
//! recipe for initial conditions, and the laws known from the literature. The grammar stands at the head
//! of [`statement`](self) and in `grammars/README.md`; [`catalogue()`] holds the systems of `examples/`.

mod build;
mod catalogue;
mod constant;
mod error;
mod file;
mod names;
mod place;
mod recipe;
mod statement;

use std::collections::BTreeMap;
use std::path::Path;

use crate::expr::{Condition, Expr, Rational, Symbol};
use crate::mechanics::{MechanicsError, PhaseSpace};

pub use catalogue::{BuiltIn, catalogue};
pub use constant::approximate;
pub use error::{SystemError, render_without_place};
pub use place::{Diagnostic, Place, did_you_mean, near};
pub use statement::{Relation, split_where};

/// What a `.ham` file says.
#[derive(Clone, PartialEq, Debug)]
pub struct System {
    /// Its name, as in the file.
    pub name: String,
    /// The comment at the head of the file.
    pub description: String,
    /// The coordinates, in order.
    pub coordinates: Vec<Symbol>,
    /// Their conjugate momenta, in the same order. A system of measured data may have none.
    pub momenta: Vec<Symbol>,
    /// The velocities of the coordinates, in the same order, for measured data that has these in place of
    /// momenta; else none.
    pub velocities: Vec<Symbol>,
    /// Those of the coordinates that are periodic with 2π.
    pub angles: Vec<Symbol>,
    /// The parameters, in order.
    pub parameters: Vec<Parameter>,
    /// The Hamiltonian in terms of coordinates, momenta and parameters; none for measured data.
    pub hamiltonian: Option<Expr>,
    /// The conditions that restrict the domain, of parameters too.
    pub domain: Vec<Condition>,
    /// Laws stated in the file. **Not for the search**: only reports, comparisons and `verify` read them.
    pub known: Vec<KnownLaw>,
    /// How initial conditions are drawn.
    pub sample: Option<Recipe>,
    /// How many trajectories a data set has.
    pub trajectories: usize,
    /// How many points a trajectory has, its first included.
    pub points: usize,
    /// The time between a trajectory's first point and its last.
    pub span: f64,
    /// The share of the trajectories that is trained on.
    pub train: Rational,
}

/// A parameter.
#[derive(Clone, PartialEq, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: Symbol,
    /// Its exact value; none while it, or a parameter it depends on, is symbolic.
    pub value: Option<Rational>,
    /// The formula it was given in terms of other parameters, if any.
    pub definition: Option<Expr>,
}

/// A law from the literature.
#[derive(Clone, PartialEq, Debug)]
pub struct KnownLaw {
    /// Its name, in a namespace of laws.
    pub name: String,
    /// In terms of coordinates, momenta and parameters.
    pub formula: Expr,
    /// The conditions under which it is stated.
    pub domain: Vec<Condition>,
}

/// How an initial condition is drawn: the steps run in order, and a condition that fails starts over.
#[derive(Clone, PartialEq, Debug)]
pub struct Recipe {
    /// The steps; each formula uses parameters, names of earlier steps, and nothing else.
    pub steps: Vec<RecipeStep>,
    /// The `sample` statement.
    pub place: Place,
}

/// A step of a recipe.
#[derive(Clone, PartialEq, Debug)]
pub enum RecipeStep {
    /// `name ~ distribution`.
    Draw {
        /// What is drawn: a coordinate, a momentum, or a name for later steps.
        name: Symbol,
        /// From what.
        distribution: Distribution,
        /// The statement.
        place: Place,
    },
    /// `let name = formula`, or `name = formula` for a coordinate or momentum.
    Define {
        /// What is defined.
        name: Symbol,
        /// As what.
        formula: Expr,
    },
    /// `require a < b < …`.
    Require {
        /// The sides of the relations, one more than relations.
        sides: Vec<Expr>,
        /// The relations between neighbouring sides, all of which must hold.
        relations: Vec<Relation>,
        /// The statement.
        place: Place,
    },
}

/// A distribution of one variable.
#[derive(Clone, PartialEq, Debug)]
pub enum Distribution {
    /// Uniform between two bounds.
    Uniform(Expr, Expr),
    /// Normal with mean and standard deviation.
    Normal(Expr, Expr),
}

impl System {
    /// Reads the text of a `.ham` file; `source_name` stands in errors.
    ///
    /// # Errors
    /// The first statement that is wrong, with its place.
    ///
    /// ```
    /// use liouville::System;
    ///
    /// let text = "system quartic\ncoordinates x\nmomenta p\nH = p^2/2 + x^4\n";
    /// let system = System::parse(text, "quartic.ham")?;
    /// assert_eq!(system.dof(), 1);
    ///
    /// let error = System::parse("system quartic\ncoordinates x\nmomentum p\n", "quartic.ham").unwrap_err();
    /// assert!(error.to_string().contains("momentum"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn parse(text: &str, source_name: &str) -> Result<System, SystemError> {
        build::build(text, source_name)
    }

    /// The built-in system of that name (with `-` or `_`), or the file of that path.
    ///
    /// # Errors
    /// Neither is there; the file cannot be read, or is wrong.
    ///
    /// ```
    /// let system = liouville::System::load("two-body")?;
    /// assert_eq!(system.dof(), 4);
    /// assert!(liouville::System::load("two-bodies").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn load(name_or_path: &str) -> Result<System, SystemError> {
        System::parse(&System::text(name_or_path)?, name_or_path)
    }

    /// The text of the built-in system of that name (with `-` or `_`), or of the file of that path.
    ///
    /// # Errors
    /// Neither is there; the file cannot be read.
    pub fn text(name_or_path: &str) -> Result<String, SystemError> {
        let looks_like_path = name_or_path.contains(['/', '\\']) || name_or_path.ends_with(".ham");
        if let Some(built_in) = BuiltIn::named(name_or_path) {
            return Ok(built_in.text.to_owned());
        }
        if looks_like_path || Path::new(name_or_path).exists() {
            return read_text(name_or_path);
        }
        let hint = did_you_mean(&name_or_path.replace('_', "-"), catalogue().iter().map(|entry| entry.name));
        Err(SystemError::UnknownSystem {
            name: name_or_path.to_string(),
            hint: hint.unwrap_or_else(|| "`liouville systems` lists the built-in ones".to_string()),
        })
    }

    /// The number of degrees of freedom.
    pub fn dof(&self) -> usize {
        self.coordinates.len()
    }

    /// Coordinates, then momenta where there are any.
    pub fn variables(&self) -> Vec<Symbol> {
        self.coordinates.iter().chain(&self.momenta).cloned().collect()
    }

    /// Its phase space.
    ///
    /// # Errors
    /// None for a system that has momenta: its names pair up and differ. A system of measured data without
    /// momenta has no phase space.
    pub fn phase_space(&self) -> Result<PhaseSpace, MechanicsError> {
        PhaseSpace::new(self.coordinates.clone(), self.momenta.clone())
    }

    /// The system with a parameter set to a value; parameters defined by it follow.
    ///
    /// # Errors
    /// No such parameter; a value for which another parameter or the Hamiltonian is not defined.
    ///
    /// ```
    /// use liouville::System;
    ///
    /// let heavier = System::load("kepler")?.with_parameter("k", 3.into())?;
    /// assert_eq!(heavier.hamiltonian_with_values().unwrap().to_string(), "(px^2 + py^2)/2 - 3/sqrt(x^2 + y^2)");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_parameter(&self, name: &str, value: Rational) -> Result<System, SystemError> {
        let mut system = self.clone();
        let Some(parameter) = system.parameters.iter_mut().find(|p| p.name.name() == name) else {
            return Err(self.unknown_parameter(name));
        };
        parameter.value = Some(value.clone());
        parameter.definition = None;
        constant::settle_parameters(&mut system.parameters).map_err(|(at, reason)| {
            let message = format!("the parameter `{}`: {reason}", system.parameters[at].name);
            SystemError::ParameterValue { message }
        })?;
        for formula in system.hamiltonian.iter().chain(system.known.iter().map(|law| &law.formula)) {
            if let Some(bad) = constant::vanishing_denominator(formula, &system.values()) {
                let message = format!("with `{name}` = {value} there is a division by zero: `{bad}`");
                return Err(SystemError::ParameterValue { message });
            }
        }
        Ok(system)
    }

    /// The Hamiltonian with the values of the parameters put in; symbolic parameters remain.
    pub fn hamiltonian_with_values(&self) -> Option<Expr> {
        self.hamiltonian.as_ref().map(|hamiltonian| self.with_values(hamiltonian))
    }

    /// A formula with the values of the parameters put in; symbolic parameters remain.
    pub fn with_values(&self, formula: &Expr) -> Expr {
        formula.substitute(&self.values())
    }

    /// Conditions with the values of the parameters put in.
    pub fn conditions_with_values(&self, conditions: &[Condition]) -> Vec<Condition> {
        let values = self.values();
        conditions.iter().map(|condition| condition.substitute(&values)).collect()
    }

    /// The first parameter without a value, as an error, for commands that need numbers.
    ///
    /// # Errors
    /// [`SystemError::SymbolicParameter`].
    pub fn require_numeric(&self) -> Result<(), SystemError> {
        match self.parameters.iter().find(|p| p.value.is_none() && p.definition.is_none()) {
            None => Ok(()),
            Some(p) => {
                Err(SystemError::SymbolicParameter { system: self.name.clone(), name: p.name.to_string() })
            }
        }
    }

    /// What stands for each parameter in a formula: its value, or its definition by symbolic ones.
    fn values(&self) -> BTreeMap<Symbol, Expr> {
        constant::replacements(&self.parameters)
    }

    fn unknown_parameter(&self, name: &str) -> SystemError {
        let names: Vec<&str> = self.parameters.iter().map(|p| p.name.name()).collect();
        let hint = did_you_mean(name, names.iter().copied()).unwrap_or_else(|| match names.is_empty() {
            true => "it has no parameters".to_string(),
            false => format!("its parameters are {}", names.join(", ")),
        });
        SystemError::UnknownParameter { system: self.name.clone(), name: name.to_string(), hint }
    }
}

/// The text of a file.
///
/// # Errors
/// A directory, a file that is not there or may not be read, bytes that are not UTF-8, NUL bytes.
fn read_text(path: &str) -> Result<String, SystemError> {
    let unreadable = |reason: String| SystemError::Unreadable { path: path.to_string(), reason };
    if Path::new(path).is_dir() {
        return Err(unreadable("it is a directory, not a file".to_string()));
    }
    let bytes = std::fs::read(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => unreadable("there is no such file".to_string()),
        std::io::ErrorKind::PermissionDenied => unreadable("permission denied".to_string()),
        _ => unreadable(error.to_string()),
    })?;
    text_of_bytes(bytes).map_err(unreadable)
}

/// The text of the bytes of a file, or why they are none.
pub fn text_of_bytes(bytes: Vec<u8>) -> Result<String, String> {
    let is_text = |byte: u8| byte >= b' ' || byte.is_ascii_whitespace();
    if let Some(at) = bytes.iter().position(|&byte| !is_text(byte)) {
        return Err(format!("it is a binary file, not text (byte {at} is {:#04x})", bytes[at]));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..valid].iter().filter(|&&byte| byte == b'\n').count() + 1;
        format!("it is not UTF-8 text (line {line}, byte {valid})")
    })
}

#[cfg(test)]
mod tests;

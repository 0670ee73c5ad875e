//! What was recovered from a recording.

use super::{Invariants, Model};
use crate::expr::{Expr, Symbol};

/// A law of motion, and how it stands.
#[derive(Clone, Debug)]
pub struct Recovery {
    /// How the Hamiltonian stands.
    pub status: Status,
    /// The law that was chosen.
    pub law: Law,
    /// Other laws that the recording does not exclude, best first.
    pub alternatives: Vec<Alternative>,
    /// How well the law explains the recording.
    pub evidence: Evidence,
    /// For each recorded column its noise: positions, then velocities. The largest standard deviation of all runs.
    pub noise: Vec<f64>,
    /// What stays constant along every run, where the law explains nothing.
    pub invariants: Invariants,
}

/// How a Hamiltonian stands.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Status {
    /// Every constant is a justified rational; the recording is explained to its noise.
    Exact,
    /// The form is settled, constants have errors; the recording is explained to its noise.
    Determined,
    /// The recording does not tell this form from the alternatives.
    Ambiguous,
    /// The form is the best on what was held out, but does not explain everything, or it interpolates.
    Approximate {
        /// What is not explained: the held-out error over the rms acceleration.
        unexplained: f64,
    },
    /// Nothing in the library explains the recording.
    Unexplained {
        /// What is not explained: the held-out error over the rms acceleration.
        unexplained: f64,
    },
}

impl Status {
    /// Whether the recording is explained to its noise by one form alone.
    pub fn is_settled(self) -> bool {
        matches!(self, Status::Exact | Status::Determined)
    }

    /// Whether the recording is explained to its noise.
    pub fn explains(self) -> bool {
        matches!(self, Status::Exact | Status::Determined | Status::Ambiguous)
    }
}

/// Another law that is nearly as good.
#[derive(Clone, Debug)]
pub struct Alternative {
    /// The law.
    pub law: Law,
    /// By how much its score, χ² + 2·(description length in nats), is worse than that of the chosen law. Negative where
    /// the chosen law is shorter and hardly worse.
    pub difference: f64,
}

/// How well a law explains a recording.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Evidence {
    /// Whole trajectories were followed.
    Trajectories {
        /// χ² for each degree of freedom.
        reduced: f64,
        /// Recorded values less fitted unknowns.
        degrees_of_freedom: usize,
        /// Into how many parts pieces of runs were cut.
        parts: usize,
    },
    /// The weak form of the equations of motion alone; no trajectory could be followed.
    WeakForm {
        /// χ² for each equation.
        reduced: f64,
        /// The number of equations.
        equations: usize,
    },
    /// The law does not reach the noise; it was judged on held-out runs or times.
    HeldOut {
        /// The error there, over the rms acceleration.
        error: f64,
    },
}

/// A law of motion, with its constants as rationals and letters.
#[derive(Clone, Debug)]
pub struct Law {
    /// The coordinates.
    pub coordinates: Vec<Symbol>,
    /// The canonical momenta.
    pub momenta: Vec<Symbol>,
    /// The Hamiltonian of the frictionless part, in coordinates and canonical momenta. Letters are symbols.
    pub hamiltonian: Expr,
    /// The Hamiltonian with the constants put in.
    pub numeric: Expr,
    /// The constants that are letters, those of friction excepted. All are positive.
    pub letters: Vec<Constant>,
    /// The mass of each group of coordinates; that of the first is 1, and sets the unit. None where masses depend on the
    /// position.
    pub masses: Vec<Mass>,
    /// What slows the motion.
    pub friction: Vec<Friction>,
    /// Each canonical momentum in the data's own variables: p = m·v + A(q), or p = M(q)·v.
    pub canonical: Vec<Expr>,
    /// The equations of motion in the data's own variables.
    pub equations: Vec<Equation>,
    /// The law as numbers, with the constants as read; nothing where masses depend on the position.
    pub model: Option<Model>,
}

/// A constant with its error.
#[derive(Clone, PartialEq, Debug)]
pub struct Constant {
    /// Its letter.
    pub symbol: Symbol,
    /// Its value.
    pub value: f64,
    /// Its standard error.
    pub standard_error: f64,
}

/// The mass of some coordinates.
#[derive(Clone, PartialEq, Debug)]
pub struct Mass {
    /// The indices of the coordinates.
    pub coordinates: Vec<usize>,
    /// The mass in the Hamiltonian: a rational or a letter.
    pub formula: Expr,
    /// Its value.
    pub value: f64,
    /// Its standard error; 0 where it is exact.
    pub standard_error: f64,
}

/// The force −γ·v·|v|^power on some coordinates.
#[derive(Clone, PartialEq, Debug)]
pub struct Friction {
    /// The indices of the coordinates.
    pub coordinates: Vec<usize>,
    /// 0 for linear friction, 1 for drag.
    pub power: i32,
    /// γ in the equations of motion: a rational or a letter.
    pub formula: Expr,
    /// The value of γ.
    pub value: f64,
    /// Its standard error; 0 where it is exact.
    pub standard_error: f64,
}

/// An equation of motion.
#[derive(Clone, PartialEq, Debug)]
pub struct Equation {
    /// The left side, such as `x'` or `x''`.
    pub left: String,
    /// The right side.
    pub right: Expr,
}

impl Constant {
    /// Its value in a formula.
    pub fn decimal(&self) -> Expr {
        super::formula::number(self.value)
    }
}

impl Law {
    /// Whether every constant is a rational.
    pub fn is_exact(&self) -> bool {
        self.letters.is_empty() && self.friction.iter().all(|friction| friction.standard_error == 0.0)
    }
}

//! What was recorded, as read from files: names, roles of the columns, runs.

use crate::expr::Symbol;

/// One or several runs of one system.
#[derive(Clone, PartialEq, Debug)]
pub struct Recording {
    /// The positions, in the order of the columns.
    pub coordinates: Vec<Coordinate>,
    /// What is recorded beside the positions.
    pub rates: Rates,
    /// The runs, none empty.
    pub runs: Vec<Run>,
}

/// A position that was recorded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Coordinate {
    /// Its name.
    pub name: Symbol,
    /// Whether it is an angle in radians. Its values are continuous along a run (unwrapped).
    pub is_angle: bool,
}

/// What is recorded beside the positions, with the names of these columns: one for each coordinate, in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Rates {
    /// Nothing: positions alone.
    None,
    /// The velocity of each coordinate.
    Velocities(Vec<Symbol>),
    /// The canonical momentum of each coordinate.
    Momenta(Vec<Symbol>),
}

/// One run.
#[derive(Clone, PartialEq, Debug)]
pub struct Run {
    /// The name of the run: its value in the column of runs, or the name of its file.
    pub name: String,
    /// The times, strictly increasing.
    pub times: Vec<f64>,
    /// For each coordinate its values, `[dof][points]`.
    pub positions: Vec<Vec<f64>>,
    /// For each coordinate its velocities or momenta, `[dof][points]`; empty for [`Rates::None`].
    pub rates: Vec<Vec<f64>>,
    /// Time derivatives of positions, then of rates, `[2·dof][points]`, where they were recorded.
    pub derivatives: Option<Vec<Vec<f64>>>,
}

impl Recording {
    /// The number of degrees of freedom.
    pub fn dof(&self) -> usize {
        self.coordinates.len()
    }

    /// The number of points of all runs together.
    pub fn points(&self) -> usize {
        self.runs.iter().map(Run::points).sum()
    }

    /// The recording with runs at equal distances that have about this many points together; one run at least, all where
    /// they have no more.
    pub fn some_runs(&self, points: usize) -> Recording {
        let stride = self.points().div_ceil(points.max(1)).max(1);
        let runs = self.runs.iter().step_by(stride).cloned().collect();
        Recording { runs, coordinates: self.coordinates.clone(), rates: self.rates.clone() }
    }

    /// Whether velocities are recorded.
    pub fn has_velocities(&self) -> bool {
        matches!(self.rates, Rates::Velocities(_))
    }
}

impl Run {
    /// The number of points.
    pub fn points(&self) -> usize {
        self.times.len()
    }
}

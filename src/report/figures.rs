//! The numbers of a report's pictures. They stand beside the record: what is absent here is not drawn.

use crate::data::{Trajectory, TrajectorySet, coordinate_scales};
use crate::expr::{Expr, Symbol, Tape, TapeError};

/// What a report draws.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct Figures {
    /// Some runs, with what is predicted of them and how far the laws drift along them.
    pub runs: Option<Runs>,
    /// Residuals of the combinations of many terms, least first: as many vanish as there are conserved ones.
    pub spectrum: Option<Spectrum>,
    /// The losses of each training of a network, in order.
    pub trainings: Vec<Training>,
}

/// Where runs come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// Simulated measurements that no fit saw.
    HeldOut,
    /// Recorded or simulated measurements.
    Fitted,
    /// Orbits of the given Hamiltonian.
    Orbits,
}

/// Runs in the coordinates and momenta of the record.
#[derive(Clone, PartialEq, Debug)]
pub struct Runs {
    /// Where they come from.
    pub origin: Origin,
    /// How many there are, also those that are not shown.
    pub total: usize,
    /// The coordinates, in order.
    pub coordinates: Vec<String>,
    /// Their momenta.
    pub momenta: Vec<String>,
    /// How many of the columns were recorded as they stand here: the coordinates, or the momenta too.
    pub recorded: usize,
    /// Names of H, where there is one, and the laws.
    pub laws: Vec<String>,
    /// The runs that are shown.
    pub shown: Vec<Shown>,
}

/// One run.
#[derive(Clone, PartialEq, Debug)]
pub struct Shown {
    /// Times and states `[points, 2·dof]`, coordinates first.
    pub run: Trajectory,
    /// The states that the law of motion predicts for the first points, `[points, 2·dof]`; empty where nothing predicts.
    pub predicted: Vec<f64>,
    /// For each law F its change (F − mean F)/s along the run, with s the change of F if the state moved as far as it
    /// does over all runs: s² = mean of |∇F|² in units of the spread of each column. `[laws][points]`.
    pub drifts: Vec<Vec<f64>>,
}

/// The spectrum of a linear space of functions: √λ of the eigenproblem min Σ(∇F·ẋ)²/Σ|∇F|².
#[derive(Clone, PartialEq, Debug)]
pub struct Spectrum {
    /// The residuals, least first.
    pub residuals: Vec<f64>,
    /// How many functions span the space.
    pub terms: usize,
    /// The highest degree of the polynomials among them.
    pub degree: u32,
    /// How many states the functions were evaluated on.
    pub states: usize,
}

/// The losses of one training.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct Training {
    /// Steps, and the terms of the loss before each: Hamiltonian, Poisson, cyclic.
    pub losses: Vec<(usize, [f64; 3])>,
}

/// The most runs that are shown.
pub(crate) const MOST_RUNS: usize = 4;

impl Runs {
    /// Some of the runs, evenly chosen, with the drift of each law, without predictions.
    ///
    /// # Errors
    /// A law with a name that is no coordinate or momentum.
    pub fn new(origin: Origin, set: &TrajectorySet, laws: &[(String, Expr)]) -> Result<Runs, TapeError> {
        let names = |symbols: &[Symbol]| symbols.iter().map(|s| s.name().to_owned()).collect();
        let scales = coordinate_scales(&set.states(), 2 * set.dof());
        let stride = set.trajectories.len().div_ceil(MOST_RUNS).max(1);
        let formulas: Vec<Expr> = laws.iter().map(|(_, formula)| formula.clone()).collect();
        let tape = Tape::new(&formulas, &set.variables())?;
        let shown = |run: &Trajectory| Shown {
            run: run.clone(),
            predicted: Vec::new(),
            drifts: drifts(&tape, formulas.len(), run, &scales),
        };
        Ok(Runs {
            origin,
            total: set.trajectories.len(),
            coordinates: names(&set.coordinates),
            momenta: names(&set.momenta),
            recorded: 2 * set.dof(),
            laws: laws.iter().map(|(name, _)| name.clone()).collect(),
            shown: set.trajectories.iter().step_by(stride).map(shown).collect(),
        })
    }

    /// The number of coordinates.
    pub fn dof(&self) -> usize {
        self.coordinates.len()
    }

    /// The name of a column of the states.
    pub fn column(&self, at: usize) -> &str {
        let names = if at < self.dof() { &self.coordinates } else { &self.momenta };
        &names[at % self.dof()]
    }
}

impl Shown {
    /// One column of the states with the times, over the points that are finite.
    pub(super) fn series(&self, states: &[f64], column: usize) -> Vec<(f64, f64)> {
        let values = states.iter().skip(column).step_by(self.run.width().max(1));
        self.run.times.iter().copied().zip(values.copied()).filter(|(_, v)| v.is_finite()).collect()
    }
}

/// The changes of the laws along a run, `[laws][points]`.
fn drifts(tape: &Tape, laws: usize, run: &Trajectory, scales: &[f64]) -> Vec<Vec<f64>> {
    if laws == 0 {
        return Vec::new();
    }
    let (values, gradients) = tape.gradient(&run.states);
    let width = scales.len();
    let one = |law: usize| {
        let own: Vec<f64> = values.iter().skip(law).step_by(laws).copied().collect();
        let rows = gradients.chunks_exact(width).skip(law).step_by(laws);
        let squares = rows.map(|row| row.iter().zip(scales).map(|(g, s)| (g * s).powi(2)).sum::<f64>());
        let points = own.len().max(1) as f64;
        let scale = (squares.sum::<f64>() / points).sqrt().max(f64::MIN_POSITIVE);
        let mean = own.iter().sum::<f64>() / points;
        own.iter().map(|value| (value - mean) / scale).collect()
    };
    (0..laws).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::parse;

    #[test]
    fn a_law_does_not_drift_and_a_coordinate_does() {
        let times: Vec<f64> = (0..100).map(|k| 0.1 * f64::from(k)).collect();
        let states = times.iter().flat_map(|t| [t.cos(), -t.sin()]).collect();
        let set = TrajectorySet {
            coordinates: vec![Symbol::new("q")],
            momenta: vec![Symbol::new("p")],
            angles: vec![],
            trajectories: vec![Trajectory { times, states, derivatives: None }; 9],
            notes: vec![],
        };
        let laws = [("H", "p^2/2 + q^2/2"), ("q", "q")].map(|(n, f)| (n.to_owned(), parse(f).unwrap()));
        let runs = Runs::new(Origin::HeldOut, &set, &laws).unwrap();
        assert_eq!((runs.total, runs.shown.len(), runs.column(1)), (9, 3, "p"));
        let largest = |law: usize| runs.shown[0].drifts[law].iter().fold(0.0f64, |m, d| m.max(d.abs()));
        assert!(largest(0) < 1e-14 && largest(1) > 0.9, "{} {}", largest(0), largest(1));
    }
}

//! The numbers of a report's pictures, from a run's data and what moves by what it found.

use std::sync::{Mutex, PoisonError};

use crate::data::{Banded, BandedCholesky, Trajectory, TrajectorySet, coordinate_scales, scattered};
use crate::dynamics::{HamiltonianField, Method, VectorField, integrate, runge_kutta_4, runge_kutta_steps};
use crate::expr::{Expr, Symbol};
use crate::learn::{LearnedCoordinates, LearnedField};
use crate::progress::{Event, Job, Progress};
use crate::recover::first_order::law_terms;
use crate::recover::first_order::pointwise::usable_terms;
use crate::regression::RegressionError;
use crate::regression::conserved::{Evaluated, Measure, eigenvectors};
use crate::report::{Figures, Origin, Runs, Spectrum, Training};
use crate::terms::Variables;

use super::starts::{SlowedField, Truth, formula};
use super::{Data, Motion};

/// Points of a run that are predicted at most.
const MOST_POINTS: usize = 600;
/// The steps of a training that are kept for its picture.
const KEPT_STEPS: usize = 300;
/// The most functions of a spectrum, and the states that they are evaluated on.
const MOST_TERMS: usize = 120;
const STATES: usize = 1200;
/// How far the states of a spectrum lie off the runs, in units of the spread of each column: on a single orbit more
/// functions are constant than there are laws.
const OFF_THE_RUNS: f64 = 0.3;

/// The figures of a discovery, as far as its data and what it found allow.
///
/// Where a network is the model, it predicts.
pub fn figures(
    data: &Data,
    motion: &Motion,
    learned: Option<&LearnedCoordinates>,
    trainings: Vec<Training>,
) -> Figures {
    let nothing = Figures { trainings: trainings.clone(), ..Figures::default() };
    let Ok(truth) = Truth::of(data, motion) else { return nothing };
    let Some(laws) = laws(motion) else { return nothing };
    let held_out = truth.held_out && !truth.test.is_empty();
    let trajectories = if held_out { truth.test } else { truth.fitted.trajectories.clone() };
    let set = TrajectorySet { trajectories, ..truth.fitted };
    let origin = if held_out { Origin::HeldOut } else { Origin::Fitted };
    let Ok(mut runs) = Runs::new(origin, &set, &laws) else { return nothing };
    if motion.canonical.is_some() {
        runs.recorded = runs.dof();
    }
    let mut spectrum = None;
    if let Some(network) = learned.filter(|_| motion.hamiltonian.is_none())
        && let Some(first) = runs.shown.first_mut()
    {
        first.predicted = predicted(&LearnedField(network), &first.run, runs.recorded);
    }
    if let Some((_, h)) = laws.first().filter(|_| motion.hamiltonian.is_some())
        && let Ok(field) = HamiltonianField::new(h, &set.coordinates, &set.momenta)
    {
        spectrum = conserved(h, &field, &set).ok().flatten();
        let slowed = SlowedField { field, slowing: motion.slowing.clone() };
        let recorded = runs.recorded;
        if let Some(first) = runs.shown.first_mut() {
            first.predicted = predicted(&slowed, &first.run, recorded);
        }
    }
    Figures { runs: Some(runs), spectrum, trainings }
}

/// The spectrum of conserved functions of a given Hamiltonian, on states about these runs.
pub fn spectrum(hamiltonian: &Expr, set: &TrajectorySet) -> Option<Spectrum> {
    let field = HamiltonianField::new(hamiltonian, &set.coordinates, &set.momenta).ok()?;
    conserved(hamiltonian, &field, set).ok().flatten()
}

/// H, where there is one, and the laws. Nothing where a formula does not read back.
fn laws(motion: &Motion) -> Option<Vec<(String, Expr)>> {
    let hamiltonian = motion.hamiltonian.as_deref().map(|text| ("H", text));
    let laws = motion.laws.iter().map(|law| (law.name.as_str(), law.formula.as_str()));
    let read = |(name, text): (&str, &str)| Some((name.to_owned(), formula(text).ok()?));
    hamiltonian.into_iter().chain(laws).map(read).collect()
}

/// The residuals of combinations of many functions along the field of H.
fn conserved(
    hamiltonian: &Expr,
    field: &HamiltonianField,
    set: &TrajectorySet,
) -> Result<Option<Spectrum>, RegressionError> {
    let variables = Variables {
        coordinates: set.coordinates.clone(),
        momenta: set.momenta.clone(),
        angles: set.angles.clone(),
    };
    let inputs: Vec<Symbol> = set.variables();
    let scales = coordinate_scales(&set.states(), inputs.len());
    let states = about_the_runs(set, field, &scales);
    // H itself is among the functions also where it is no sum of the others.
    let with_h = |degree| {
        let terms = law_terms(hamiltonian, &variables, degree);
        (degree, terms.into_iter().chain([hamiltonian.clone()]).collect::<Vec<Expr>>())
    };
    let all = (1..=3).rev().map(with_h);
    let Some((degree, terms)) = all.into_iter().find(|(_, terms)| terms.len() <= MOST_TERMS) else {
        return Ok(None);
    };
    let good = usable_terms(&terms, &inputs, &states)?;
    let terms: Vec<Expr> = terms.into_iter().zip(good).filter(|(_, g)| *g).map(|(t, _)| t).collect();
    let count = states.len() / inputs.len();
    if terms.is_empty() || count < 4 * terms.len() {
        return Ok(None);
    }
    let evaluated = Evaluated::new(&terms, &inputs, &states, &scales)?;
    let mut rates = vec![0.0; states.len()];
    field.evaluate(&states, &mut rates);
    rates.iter_mut().zip(scales.iter().cycle()).for_each(|(rate, scale)| *rate /= scale);
    let columns: Vec<usize> = (0..terms.len()).collect();
    let found = eigenvectors(&evaluated, &columns, Measure::Flow(&rates))?;
    let mut residuals: Vec<f64> = found.iter().map(|vector| vector.residual).collect();
    residuals.sort_by(f64::total_cmp);
    Ok(Some(Spectrum { residuals, terms: terms.len(), degree, states: count }))
}

/// States about the runs at which the field is defined, row by row.
fn about_the_runs(set: &TrajectorySet, field: &dyn VectorField, scales: &[f64]) -> Vec<f64> {
    let width = scales.len();
    let states = set.states();
    let stride = (states.len() / width).div_ceil(STATES).max(1);
    let some: Vec<f64> = states.chunks_exact(width).step_by(stride).flatten().copied().collect();
    let moved = scattered(&some, scales, OFF_THE_RUNS);
    let mut rates = vec![0.0; moved.len()];
    field.evaluate(&moved, &mut rates);
    let rows = moved.chunks_exact(width).zip(rates.chunks_exact(width));
    rows.filter(|(_, rates)| rates.iter().all(|x| x.is_finite())).flat_map(|(row, _)| row.to_vec()).collect()
}

/// A prediction counts as exact below this share of the spread.
const EXACT: f64 = 1e-6;
/// A fit of the initial state that leaves more than this share of the spread is not shown.
const LOST: f64 = 0.2;
/// The first points that an initial state is fitted to; then twice as many again and again.
const FIRST_WINDOW: usize = 16;

/// The states that a field predicts for the first points of a run, from the first state; or, where measured states are
/// not exact enough for that, from the initial state that fits these points best, as far as there is one.
fn predicted(field: &dyn VectorField, run: &Trajectory, recorded: usize) -> Vec<f64> {
    let run = run.part(0, run.points().min(MOST_POINTS));
    let width = run.width();
    let scales = coordinate_scales(&run.states, width);
    if let Ok(states) = integrate(field, &run.states[..width], &run.times, Method::GaussLegendre)
        && deviation(&run, &states, recorded, &scales) < EXACT
    {
        return states;
    }
    let mut rated = run.clone();
    let mut rates = vec![0.0; run.states.len()];
    field.evaluate(&run.states, &mut rates);
    rated.derivatives = Some(rates);
    let names = |count: usize| (0..count).map(|i| Symbol::new(format!("x{i}"))).collect::<Vec<_>>();
    let steps = runge_kutta_steps(&TrajectorySet {
        coordinates: names(width / 2),
        momenta: names(width / 2),
        angles: vec![],
        trajectories: vec![rated],
        notes: vec![],
    });
    let shooter = Shooter { field, run: &run, recorded, scales: &scales, steps };
    let mut start = run.states[..width].to_vec();
    let mut best = Vec::new();
    let mut points = FIRST_WINDOW.min(run.points());
    while let Some((fitted, states)) = shooter.fitted(&start, points) {
        if deviation(&run.part(0, points), &states, recorded, &scales) > LOST {
            break;
        }
        (start, best) = (fitted, states);
        if points == run.points() {
            break;
        }
        points = (2 * points).min(run.points());
    }
    best
}

/// The rms deviation of predicted from measured states, in units of the spread.
fn deviation(run: &Trajectory, states: &[f64], recorded: usize, scales: &[f64]) -> f64 {
    let width = scales.len();
    let rows = run.states.chunks_exact(width).zip(states.chunks_exact(width));
    let squares = rows.flat_map(|(x, y)| (0..recorded).map(move |i| ((x[i] - y[i]) / scales[i]).powi(2)));
    let (sum, count) = squares.fold((0.0, 0), |(sum, count), square| (sum + square, count + 1));
    (sum / f64::from(count.max(1))).sqrt()
}

/// Fits the initial state of a run.
struct Shooter<'a> {
    field: &'a dyn VectorField,
    run: &'a Trajectory,
    recorded: usize,
    scales: &'a [f64],
    steps: usize,
}

impl Shooter<'_> {
    /// Gauss–Newton steps from an initial state, derivatives by differences: the state and the trajectory through it.
    fn fitted(&self, start: &[f64], points: usize) -> Option<(Vec<f64>, Vec<f64>)> {
        const ROUNDS: usize = 6;
        let width = start.len();
        let mut state = start.to_vec();
        let mut best: Option<(f64, Vec<f64>, Vec<f64>)> = None;
        for _ in 0..ROUNDS {
            let rows = self.about(&state, points);
            let trajectory: Vec<f64> =
                rows.chunks_exact(width * (width + 1)).flat_map(|row| row[..width].to_vec()).collect();
            let cost = deviation(&self.run.part(0, points), &trajectory, self.recorded, self.scales);
            if !cost.is_finite() || best.as_ref().is_some_and(|(least, ..)| cost >= 0.999 * least) {
                break;
            }
            best = Some((cost, state.clone(), trajectory));
            let Some(step) = self.step(&rows) else { break };
            state.iter_mut().zip(step).for_each(|(x, by)| *x += by);
        }
        best.map(|(_, state, trajectory)| (state, trajectory))
    }

    fn nudge(&self, i: usize) -> f64 {
        1e-6 * self.scales[i]
    }

    /// The trajectories through a state and through states beside it, `[points, 1 + 2·dof, 2·dof]`.
    fn about(&self, state: &[f64], points: usize) -> Vec<f64> {
        let mut starts = state.to_vec();
        for i in 0..state.len() {
            let mut beside = state.to_vec();
            beside[i] += self.nudge(i);
            starts.extend(beside);
        }
        runge_kutta_4(self.field, &starts, &self.run.times[..points], self.steps)
    }

    /// The Gauss–Newton step.
    fn step(&self, rows: &[f64]) -> Option<Vec<f64>> {
        let width = self.scales.len();
        let mut normal = Banded::zero(width, width - 1);
        let mut right = vec![0.0; width];
        let measured = self.run.states.chunks_exact(width);
        for (row, measured) in rows.chunks_exact(width * (width + 1)).zip(measured) {
            for c in 0..self.recorded {
                let slope = |i: usize| (row[(i + 1) * width + c] - row[c]) / self.nudge(i) / self.scales[c];
                let slopes: Vec<f64> = (0..width).map(slope).collect();
                let left = (measured[c] - row[c]) / self.scales[c];
                normal.add_outer(0, &slopes, 1.0);
                right.iter_mut().zip(&slopes).for_each(|(r, s)| *r += s * left);
            }
        }
        normal.add_to_diagonal(1e-9 * normal.mean_diagonal());
        BandedCholesky::new(&normal)?.solve(&mut right);
        right.iter().all(|x| x.is_finite()).then_some(right)
    }
}

/// Hears a job, keeps the losses of its trainings, and passes everything on.
pub struct LossHistory<'a> {
    next: Job<'a>,
    trainings: Mutex<Vec<Training>>,
}

impl<'a> LossHistory<'a> {
    /// A history before any training.
    pub fn new(next: &Job<'a>) -> LossHistory<'a> {
        LossHistory { next: next.clone(), trainings: Mutex::new(Vec::new()) }
    }

    /// The trainings that were heard.
    pub fn into_trainings(self) -> Vec<Training> {
        self.trainings.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress for LossHistory<'_> {
    fn hear(&self, event: Event<'_>) {
        self.next.tell(event);
        let Event::Step(step) = event else { return };
        let mut trainings = self.trainings.lock().unwrap_or_else(PoisonError::into_inner);
        let goes_on = |training: &Training| training.losses.last().is_some_and(|(last, _)| *last < step.step);
        if !trainings.last().is_some_and(goes_on) {
            trainings.push(Training::default());
        }
        let stride = step.steps.div_ceil(KEPT_STEPS).max(1);
        if (step.step % stride == 1 || stride == 1 || step.step == step.steps)
            && let Some(training) = trainings.last_mut()
        {
            training.losses.push((step.step, step.losses));
        }
    }
}

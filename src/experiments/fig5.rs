//! Figure 5: how well polynomials of each degree describe the learned momenta of the two-body problem.

use crate::learn::{Config, LearnedCoordinates};
use crate::progress::Job;
use crate::runs::Store;

use super::cells::run_name;
use super::contenders::Contender;
use super::each::each;
use super::figure::{Corner, Line, Panel, draw};
use super::laws::polynomial_errors;
use super::page::{Entry, Page, scientific};
use super::tasks::{Problem, task};
use super::{ExperimentError, Settings};

/// Highest degree of the polynomials.
const DEGREES: u32 = 4;
/// Most states that polynomials are fitted to, and checked on.
const MOST_STATES: usize = 2500;
/// An error below this part of the variance counts as "described".
const DESCRIBED: f64 = 0.01;

/// The network that laws are read from: the settings of `discover`, with all pairs cyclic.
pub(super) fn law_network(
    problem: &Problem,
    settings: &Settings,
    store: &Store,
    job: &Job<'_>,
) -> Result<LearnedCoordinates, ExperimentError> {
    let budget = settings.budget();
    let default = Config::default();
    let config = Config {
        cyclic: problem.data.dof,
        seed: problem.seed,
        steps: budget.steps,
        warm_up: (budget.steps / 20).max(1),
        width: default.width.min(budget.width),
        ..default
    };
    let trained = store.train(&run_name(problem, "laws"), &problem.data, &config, None, job)?;
    Ok(trained.learned)
}

/// At most so many rows, evenly chosen.
fn thinned(values: &[f64], width: usize) -> Vec<f64> {
    let stride = (values.len() / width).div_ceil(MOST_STATES).max(1);
    values.chunks_exact(width).step_by(stride).flatten().copied().collect()
}

pub(super) fn run(settings: &Settings, job: &Job<'_>) -> Result<Page, ExperimentError> {
    let unknown = || ExperimentError::UnknownSystem { name: "two-body".into(), known: Vec::new() };
    let two_body = task("two-body").ok_or_else(unknown)?;
    let (seeds, store) = (settings.seed_numbers(), settings.store()?);
    // For each seed, for each momentum: the errors, and the part of the Hamiltonian network.
    let found = each(settings.threads, &seeds, |&seed| {
        let problem = Problem::new(two_body, seed, settings.extent(), None)?;
        let learned = law_network(&problem, settings, &store, job)?;
        job.note(&format!("seed {seed}: law losses {:?}", learned.law_losses()));
        let width = 2 * problem.data.dof;
        let (fit, check) =
            (thinned(&problem.data.train.states, width), thinned(&problem.data.test.states, width));
        let (fit_values, check_values) = (learned.evaluate(&fit)?, learned.evaluate(&check)?);
        (0..fit_values.count)
            .map(|i| {
                let column = |values: &[f64]| {
                    values.iter().skip(i).step_by(fit_values.count).copied().collect::<Vec<_>>()
                };
                let (a, b) = (column(&fit_values.values), column(&check_values.values));
                polynomial_errors(&problem, DEGREES, (&fit, &a), (&check, &b))
            })
            .collect::<Result<Vec<Vec<f64>>, _>>()
    })?;
    page(&seeds, &found, settings)
}

fn page(seeds: &[u64], found: &[Vec<Vec<f64>>], settings: &Settings) -> Result<Page, ExperimentError> {
    let mut csv = String::from("seed,coordinate,degree,mse\n");
    let mut panels = Vec::new();
    let mut rows = String::new();
    let mut described = 0;
    let mut best = f64::INFINITY;
    for (seed, coordinates) in seeds.iter().zip(found) {
        let mut lines = Vec::new();
        for (number, errors) in coordinates.iter().enumerate() {
            let points: Vec<(f64, f64)> =
                errors.iter().enumerate().map(|(d, e)| (d as f64 + 1.0, *e)).collect();
            for (degree, error) in &points {
                csv.push_str(&format!("{seed},{},{degree},{error:e}\n", number + 1));
            }
            let degree = errors.iter().position(|e| *e < DESCRIBED);
            described += usize::from(degree.is_some());
            best = errors.iter().copied().fold(best, f64::min);
            let degree = degree.map_or("none".to_string(), |d| (d + 1).to_string());
            let cells: Vec<String> = errors.iter().map(|e| scientific(*e)).collect();
            rows.push_str(&format!("| {seed} | P{} | {} | {degree} |\n", number + 1, cells.join(" | ")));
            lines.push(Line::new(&format!("P{}", number + 1), number + 1, points));
        }
        panels.push(Panel {
            title: format!("seed {seed}"),
            x: "degree".into(),
            y: "MSE".into(),
            logarithmic: true,
            lines,
            legend: Some(Corner::UpperRight),
            ..Panel::default()
        });
    }
    let fitted = found.iter().flatten().map(Vec::len).max().unwrap_or(0);
    let head: String = (1..=fitted).map(|d| format!(" degree {d} |")).collect();
    let body = format!(
        "The momenta P_i of a symmetry-control network with four cyclic pairs on the two-body problem (relaxed loss, the \
         settings of `discover`), each with zero mean and unit variance, fitted by polynomials in the coordinates and \
         momenta of each degree on training states; mean squared error on held-out states. (The paper fits and measures \
         on the same states.)\n\n| seed | momentum |{head} described by degree (MSE < {DESCRIBED}) |\n| --- | --- |{} --- |\n{rows}\n\
         A P_i is any function of the conserved quantities, not one of them: a momentum that no low degree describes \
         may still lie exactly in their span, and that, not this figure, is what the span residual of `discover` tests.\n",
        " --- |".repeat(fitted),
    );
    Ok(Page {
        title: "Figure 5: the learned momenta as polynomials, by degree".into(),
        body,
        files: vec![("fig5.csv".into(), csv), ("fig5.svg".into(), draw(&panels, seeds.len().min(3))?)],
        entries: vec![
            Entry {
                what: "smallest MSE of a learned momentum, of unit variance (the paper's, 0.03, are in units of their own)"
                    .into(),
                paper: None,
                ours: best,
            },
            Entry {
                what: format!("learned momenta described by degree ≤ {fitted}, of {}", 4 * seeds.len()),
                paper: None,
                ours: described as f64,
            },
        ],
        made_with: vec![
            ("seeds".into(), format!("0 … {}, of data and networks", seeds.len() - 1)),
            ("training".into(), format!("{} steps of SOAP", settings.budget().steps)),
        ],
    })
}

/// The Hamiltonian network of table 1, from which H is read.
pub(super) fn hamiltonian_network(
    problem: &Problem,
    settings: &Settings,
    store: &Store,
    job: &Job<'_>,
) -> Result<Option<LearnedCoordinates>, ExperimentError> {
    let trained = super::cells::train(problem, Contender::SymmetryControl, settings.budget(), store, job)?;
    Ok(trained.map(|t| t.learned))
}

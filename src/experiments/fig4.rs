//! Figure 4: how many cyclic coordinates the double pendulum has, by the test loss as in the paper, with the paper's own
//! settings, and by the relaxed Poisson term.

use std::f64::consts::TAU;

use crate::learn::{
    Config, Ending, LearnError, LearnedCoordinates, Loss, ModelKind, OptimiserKind, Pairs, Scaling,
    TrainingData,
};
use crate::progress::Job;
use crate::runs::{Curve, Measurements, Summary};

use super::cells::run_name;
use super::each::each;
use super::figure::{Corner, Line, Panel, draw};
use super::page::{Entry, Page, scientific};
use super::tasks::{Problem, Task, task};
use super::{ExperimentError, Settings};

/// Points of a curve.
const POINTS: usize = 40;
/// Most test states of a measurement along the way.
const MOST_STATES: usize = 2000;
/// Steps of the paper's training.
const PAPER_STEPS: usize = 50_000;

/// How a curve is made.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    /// As the paper says, or the code that it builds on where it is silent.
    Paper(Pairs),
    /// As `discover` decides.
    Relaxed,
}

/// A curve of the figure.
#[derive(Clone, Copy)]
struct Series {
    system: &'static str,
    cyclic: usize,
    manner: Manner,
    label: &'static str,
}

const fn series(system: &'static str, cyclic: usize, manner: Manner, label: &'static str) -> Series {
    Series { system, cyclic, manner, label }
}

const HNN: usize = 0;
const PAPER_1: usize = 1;
const PAPER_2: usize = 2;
const RELAXED_1: usize = 4;
const RELAXED_2: usize = 5;
const RELAXED_INTEGRABLE: usize = 6;
const SERIES: [Series; 7] = [
    series("double-pendulum", 0, Manner::Paper(Pairs::Cyclic), "HNN"),
    series("double-pendulum", 1, Manner::Paper(Pairs::Cyclic), "SCNN, 1 cyclic"),
    series("double-pendulum", 2, Manner::Paper(Pairs::Cyclic), "SCNN, 2 cyclic"),
    series("double-pendulum", 1, Manner::Paper(Pairs::All), "SCNN, 1 cyclic, all brackets"),
    series("double-pendulum", 1, Manner::Relaxed, "double pendulum, 1 cyclic"),
    series("double-pendulum", 2, Manner::Relaxed, "double pendulum, 2 cyclic"),
    series("charged-particle", 2, Manner::Relaxed, "charged particle, 2 cyclic"),
];

impl Series {
    fn key(self) -> String {
        let manner = match self.manner {
            Manner::Paper(Pairs::Cyclic) => "paper",
            Manner::Paper(Pairs::All) => "paper-all",
            Manner::Relaxed => "relaxed",
        };
        format!("fig4-{manner}-{}", self.cyclic)
    }

    fn data(self, problem: &Problem) -> TrainingData {
        match self.manner {
            Manner::Paper(_) => with_plain_angles(&problem.data),
            Manner::Relaxed => problem.data.clone(),
        }
    }

    fn config(
        self,
        problem: &Problem,
        data: &TrainingData,
        settings: &Settings,
    ) -> Result<Config, LearnError> {
        let budget = settings.budget();
        let default =
            Config { cyclic: self.cyclic, seed: problem.seed, ending: Ending::AllSteps, ..Config::default() };
        let Manner::Paper(pairs) = self.manner else {
            let warm_up = (budget.steps / 20).max(1);
            let width = default.width.min(budget.width);
            return Ok(Config { steps: budget.steps, warm_up, width, ..default });
        };
        let (poisson_weight, cyclic_weight) = unit_weights(data)?;
        Ok(Config {
            model: if self.cyclic == 0 { ModelKind::Hamiltonian } else { ModelKind::SymmetryControl },
            width: budget.width,
            loss: Loss::Paper { beta: 0.0, pairs },
            poisson_weight,
            cyclic_weight,
            // Those of the Hamiltonian Neural Networks repository, on which the paper builds.
            optimiser: OptimiserKind::Adam,
            learning_rate: 1e-3,
            final_rate: 1.0,
            warm_up: 1,
            clip: f64::MAX,
            steps: paper_steps(settings),
            ..default
        })
    }
}

fn paper_steps(settings: &Settings) -> usize {
    if settings.quick { settings.budget().steps } else { settings.steps.unwrap_or(PAPER_STEPS) }
}

/// Angles as numbers in [0, 2π), as the paper's networks see them.
fn with_plain_angles(data: &TrainingData) -> TrainingData {
    let mut plain = TrainingData { angles: Vec::new(), ..data.clone() };
    for states in [&mut plain.train.states, &mut plain.test.states] {
        for state in states.chunks_exact_mut(2 * data.dof) {
            data.angles.iter().for_each(|&k| state[k] = state[k].rem_euclid(TAU));
        }
    }
    plain
}

/// Weights of the Poisson and the cyclic term that are α1 = α2 = 1 in the units of the data, relative to the
/// Hamiltonian term: that one is divided by the mean square of ẋ, the cyclic one by that of the time.
fn unit_weights(data: &TrainingData) -> Result<(f64, f64), LearnError> {
    let rates = &data.train.derivatives;
    let square = rates.iter().map(|v| v * v).sum::<f64>() / rates.len().max(1) as f64;
    Ok((1.0 / square, 1.0 / (square * Scaling::of(data)?.time.powi(2))))
}

pub(super) fn run(settings: &Settings, job: &Job<'_>) -> Result<Page, ExperimentError> {
    let (seeds, store) = (settings.seed_numbers(), settings.store()?);
    let jobs: Vec<(Series, u64)> =
        SERIES.iter().flat_map(|&s| seeds.iter().map(move |&seed| (s, seed))).collect();
    let curves = each(settings.threads, &jobs, |&(series, seed)| {
        let unknown = || ExperimentError::UnknownSystem { name: series.system.into(), known: Vec::new() };
        let problem = Problem::new(task(series.system).ok_or_else(unknown)?, seed, settings.extent(), None)?;
        let data = series.data(&problem);
        let config = series.config(&problem, &data, settings)?;
        let (states, rates) = test_states(&data);
        let width = 2 * data.dof;
        let measure = |learned: &LearnedCoordinates, batch: [f64; 3]| -> Result<Vec<f64>, LearnError> {
            let field = learned.vector_field(&states)?;
            let sum: f64 = field.iter().zip(&rates).map(|(a, b)| (a - b).powi(2)).sum();
            Ok(vec![sum * width as f64 / states.len() as f64, batch[1]])
        };
        let measurements = Measurements { every: (config.steps / POINTS).max(1), measure: &measure };
        let run = run_name(&problem, &series.key());
        let trained = store.train(&run, &data, &config, Some(&measurements), job)?;
        job.note(&format!("{run}: {:.0} s", trained.seconds));
        Ok(trained.curve)
    })?;
    page(&curves, seeds.len(), settings)
}

fn test_states(data: &TrainingData) -> (Vec<f64>, Vec<f64>) {
    let (test, width) = (&data.test, 2 * data.dof);
    let stride = (test.states.len() / width).div_ceil(MOST_STATES).max(1);
    let every = |values: &[f64]| values.chunks_exact(width).step_by(stride).flatten().copied().collect();
    (every(&test.states), every(&test.derivatives))
}

/// Mean and deviation over seeds of the number `which` at each point of the curves.
fn over_seeds(curves: &[Curve], which: usize) -> Vec<(f64, Summary)> {
    let Some(first) = curves.first() else { return Vec::new() };
    let at = |(k, (step, _)): (usize, &(usize, Vec<f64>))| {
        let values: Vec<f64> = curves.iter().filter_map(|c| c.points.get(k)?.1.get(which).copied()).collect();
        (*step as f64, Summary::of(&values))
    };
    first.points.iter().enumerate().map(at).collect()
}

fn page(curves: &[Curve], seeds: usize, settings: &Settings) -> Result<Page, ExperimentError> {
    let mut csv = String::from("model,loss,step,test_loss,test_loss_deviation,poisson,poisson_deviation\n");
    let (mut left, mut right) = (Vec::new(), Vec::new());
    let mut last = Vec::new();
    for (series, curves) in SERIES.iter().zip(curves.chunks_exact(seeds)) {
        let (test, poisson) = (over_seeds(curves, 0), over_seeds(curves, 1));
        let kind = if series.manner == Manner::Relaxed { "relaxed" } else { "paper" };
        for ((step, t), (_, p)) in test.iter().zip(&poisson) {
            let label = series.label.replace(", ", " ");
            csv.push_str(&format!(
                "{label},{kind},{step},{:e},{:e},{:e},{:e}\n",
                t.mean, t.deviation, p.mean, p.deviation
            ));
        }
        let (panel, values) =
            if series.manner == Manner::Relaxed { (&mut right, &poisson) } else { (&mut left, &test) };
        let band = values.iter().map(|(x, s)| (*x, (s.mean - s.deviation).max(0.0), s.mean + s.deviation));
        panel.push(Line {
            band: band.collect(),
            ..Line::new(series.label, panel.len() + 1, values.iter().map(|(x, s)| (*x, s.mean)).collect())
        });
        let end = |values: &[(f64, Summary)]| values.last().map_or(f64::NAN, |(_, s)| s.mean);
        last.push((end(&test), end(&poisson)));
    }
    let panel = |title: &str, y: &str, lines: Vec<Line>| Panel {
        title: title.into(),
        x: "training step".into(),
        y: y.into(),
        logarithmic: true,
        lines,
        legend: Some(Corner::UpperRight),
        ..Panel::default()
    };
    let panels = [
        panel("Test loss, the paper's settings", "test loss", left),
        panel("Relaxed Poisson term", "Poisson term", right),
    ];
    let ratio = |series: usize| last[series].0 / last[HNN].0;
    let body = text(&last);
    let entry = |what: &str, paper: Option<f64>, ours: f64| Entry { what: what.into(), paper, ours };
    Ok(Page {
        title: "Figure 4: the number of cyclic coordinates of the double pendulum".into(),
        body,
        files: vec![("fig4.csv".into(), csv), ("fig4.svg".into(), draw(&panels, 2)?)],
        entries: vec![
            entry("test loss of 2 cyclic coordinates over that of the HNN", Some(3.0), ratio(PAPER_2)),
            entry("test loss of 1 cyclic coordinate over that of the HNN", Some(1.0), ratio(PAPER_1)),
            entry("relaxed Poisson term, double pendulum, 2 cyclic", None, last[RELAXED_2].1),
            entry("relaxed Poisson term, charged particle, 2 cyclic", None, last[RELAXED_INTEGRABLE].1),
        ],
        made_with: vec![
            ("seeds".into(), format!("0 … {}, of data and networks", seeds - 1)),
            ("training, left".into(), format!("{} steps of Adam", paper_steps(settings))),
            ("training, right".into(), format!("{} steps of SOAP", settings.budget().steps)),
        ],
    })
}

/// The losses of the two HNNs that the ratios are taken against, and the ratio to the paper's.
fn against_the_paper(last: &[(f64, f64)]) -> String {
    let Some(paper) = task("double-pendulum").and_then(Task::paper) else { return String::new() };
    let (_, hnn) = paper.test_loss;
    format!(
        "The paper's HNN has {} in its Table 1, ours {} here; the test loss with 2 cyclic coordinates is {} times the \
         former. ",
        scientific(hnn),
        scientific(last[HNN].0),
        scientific(last[PAPER_2].0 / hnn)
    )
}

/// What the figure shows; `last` are test loss and Poisson term at the end of every series.
fn text(last: &[(f64, f64)]) -> String {
    let row = |(series, (test, poisson)): (&Series, &(f64, f64))| {
        let poisson = if series.manner == Manner::Relaxed { scientific(*poisson) } else { "–".into() };
        format!("| {} | {} | {poisson} |\n", series.label, scientific(*test))
    };
    let rows: String = SERIES.iter().zip(last).map(row).collect();
    let ratio = |series: usize| scientific(last[series].0 / last[HNN].0);
    format!(
        "Left, as in the paper: the test loss (eq. 6, in the units of the data, on up to {MOST_STATES} held-out states) \
         of the double pendulum for 0, 1 and 2 cyclic coordinates, with the paper's loss at α1 = α2 = 1 and β = 0 in the \
         units of the data, and with what else is known of its settings: two hidden layers of 200 tanh units, angles \
         as numbers in [0, 2π), eq. 7 on the cyclic pairs; Adam at the rate 1e-3 without a schedule, as in the \
         repository of Hamiltonian Neural Networks, on which the paper builds (the paper names neither). *All brackets* \
         is with eq. 7 on both pairs. Right, the criterion that `discover` uses: the relaxed Poisson term, a mean over \
         the batches between two points. It stays near 0 as long as there are as many conserved momenta in involution \
         as were asked for, and near 1 where the gradient of a superfluous one has shrunk to nothing. Means over seeds, \
         bands of one standard deviation.\n\n| at the end | test loss | Poisson term |\n| --- | --- | --- |\n{rows}\nThe \
         test loss with 2 cyclic coordinates is {} times that of the HNN (the paper: about 3 after 50 000 steps), with 1 \
         it is {} times (the paper: about 1). {}The Poisson term of 2 against 1 cyclic coordinate on the double pendulum: \
         {} to {}; on an integrable system with 2: {}.\n",
        ratio(PAPER_2),
        ratio(PAPER_1),
        against_the_paper(last),
        scientific(last[RELAXED_2].1),
        scientific(last[RELAXED_1].1),
        scientific(last[RELAXED_INTEGRABLE].1),
    )
}

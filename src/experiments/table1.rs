//! Table 1: every model on every system.

use crate::progress::Job;
use crate::runs::Summary;

use super::cells::{self, Outcome};
use super::contenders::{CONTENDERS, Contender, PASSES};
use super::each::each;
use super::page::{Entry, Page, scientific};
use super::tasks::{Problem, Source, TASKS, Task, task};
use super::{ExperimentError, Settings};

/// What is compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    TestLoss,
    Trajectory,
    Energy,
}

const COLUMNS: [Column; 3] = [Column::TestLoss, Column::Trajectory, Column::Energy];

impl Column {
    fn name(self) -> &'static str {
        match self {
            Self::TestLoss => "test loss",
            Self::Trajectory => "trajectory",
            Self::Energy => "energy",
        }
    }

    /// The numbers of one run: one of the whole test set, or one for each trajectory.
    fn values(self, outcome: &Outcome) -> Vec<f64> {
        match self {
            Self::TestLoss => vec![outcome.test_loss],
            Self::Trajectory => outcome.trajectory.clone(),
            Self::Energy => outcome.energy.clone(),
        }
    }
}

/// One model on one system: an outcome for each seed.
struct Row {
    contender: Contender,
    label: String,
    outcomes: Vec<Outcome>,
}

impl Row {
    /// Mean and deviation over seeds of the mean over trajectories; median over all trajectories of all seeds.
    fn summary(&self, column: Column) -> Option<Summary> {
        let runs: Vec<Vec<f64>> = self.outcomes.iter().map(|o| column.values(o)).collect();
        let means: Vec<f64> = runs.iter().map(|values| Summary::of(values).mean).collect();
        let all = runs.concat();
        if all.is_empty() || all.iter().all(|x| x.is_nan()) {
            return None;
        }
        Some(Summary { median: Summary::of(&all).median, ..Summary::of(&means) })
    }

    fn seconds(&self) -> f64 {
        Summary::of(&self.outcomes.iter().map(|o| o.seconds).collect::<Vec<_>>()).mean
    }

    /// Trajectories that left every bound.
    fn lost(&self) -> (usize, usize) {
        let all: Vec<f64> = self.outcomes.iter().flat_map(|o| o.trajectory.iter().copied()).collect();
        (all.iter().filter(|x| !x.is_finite()).count(), all.len())
    }
}

/// The tasks asked for.
pub(super) fn chosen(settings: &Settings) -> Result<Vec<&'static Task>, ExperimentError> {
    let measured = |task: &Task| task.source != Source::Simulated;
    if settings.systems.is_empty() {
        return Ok(TASKS.iter().filter(|t| !measured(t) || settings.data.is_some()).collect());
    }
    settings
        .systems
        .iter()
        .map(|name| {
            let known = || TASKS.iter().map(|t| t.name.to_string()).collect();
            task(name).ok_or_else(|| ExperimentError::UnknownSystem { name: name.clone(), known: known() })
        })
        .collect()
}

pub(super) fn run(settings: &Settings, job: &Job<'_>) -> Result<Page, ExperimentError> {
    let tasks = chosen(settings)?;
    let (seeds, budget, store) = (settings.seed_numbers(), settings.budget(), settings.store()?);
    let jobs: Vec<(&'static Task, u64)> =
        tasks.iter().flat_map(|&task| seeds.iter().map(move |&seed| (task, seed))).collect();
    let cells = each(settings.threads, &jobs, |&(task, seed)| {
        let problem = Problem::new(task, seed, settings.extent(), settings.data.as_deref())?;
        let mut found = Vec::new();
        for contender in CONTENDERS {
            let label = contender.label(contender.config(&problem, budget).as_ref());
            found.push((label, cells::outcome(&problem, contender, budget, &store, job)?));
        }
        Ok(found)
    })?;
    let mut page = Page {
        title: "Table 1: every model on every system".into(),
        body: PREFACE.into(),
        made_with: vec![
            ("seeds".into(), format!("0 … {}, of data and networks", seeds.len() - 1)),
            (
                "training".into(),
                format!(
                    "{} steps of SOAP for every network (no more than {PASSES} passes over the data, which limits the measured systems), batch 256, averaged weights (0.99); learning rate 1e-2, of the SCNNs in two phases 5e-3, with a cosine to a thousandth",
                    budget.steps
                ),
            ),
        ],
        ..Page::default()
    };
    let mut csv = String::from("system,model,seed,trajectory,test_loss,trajectory_error,energy_error\n");
    let mut times = String::from("system,model,seed,seconds\n");
    for (number, task) in tasks.iter().enumerate() {
        let mut rows: Vec<Row> = Vec::new();
        for (at, contender) in CONTENDERS.into_iter().enumerate() {
            let own = &cells[number * seeds.len()..][..seeds.len()];
            let outcomes: Vec<Outcome> = own.iter().filter_map(|found| found[at].1.clone()).collect();
            for (seed, outcome) in seeds.iter().zip(&outcomes) {
                let head = format!("{},{},{seed}", task.name, contender.key());
                times.push_str(&format!("{head},{:.1}\n", outcome.seconds));
                if outcome.trajectory.is_empty() {
                    csv.push_str(&format!("{head},,{:e},,\n", outcome.test_loss));
                }
                for (k, (trajectory, energy)) in outcome.trajectory.iter().zip(&outcome.energy).enumerate() {
                    csv.push_str(&format!("{head},{k},{:e},{trajectory:e},{energy:e}\n", outcome.test_loss));
                }
            }
            rows.push(Row { contender, label: own[0][at].0.clone(), outcomes });
        }
        page.body.push_str(&section(task, &rows));
        page.entries.extend(entries(task, &rows));
    }
    page.files = vec![("table1.csv".into(), csv), ("table1-times.csv".into(), times)];
    Ok(page)
}

const PREFACE: &str = "\
Test loss: the mean over held-out samples of |ẋ − J∇H|², summed over components, in the units of the data (of measured \
data: in units in which q, p and ẋ have the rms 1 on the training set; the paper does not say its own. The measured \
oscillator's velocities are turned into momenta by the ratio of masses that the training data gives. Derivatives are \
estimated by smoothing splines; points where these are not to be relied on, as at the ends of the trajectory, are left \
out before it is split). Trajectory and energy: up to 50 held-out \
trajectories predicted from their first state over the whole span by the classical Runge–Kutta method (as in the \
paper, with steps so small that they do not matter to a network, and eight times smaller for the recovered law); the squared deviation of the state, a mean over its \
components, and of the true energy, means over time and trajectories. Mean ± standard deviation over seeds; in \
brackets the median over all trajectories. Every seed draws its own data, the same for all models. Wall times are those of one thread on a machine that others use too.\n\n";

fn section(task: &Task, rows: &[Row]) -> String {
    let mut text = format!(
        "## {}\n\n| model | parameters | test loss | trajectory | energy | wall time |\n| --- | --- | --- | --- | --- | --- |\n",
        task.name
    );
    for row in rows {
        let Some(first) = row.outcomes.first() else {
            let reason = match row.contender {
                Contender::Constrained => "no known law besides H to impose",
                _ => "energy is lost: `discover` tells masses, H and friction",
            };
            text.push_str(&format!("| {} | | {reason} | | | |\n", row.label));
            continue;
        };
        if row.contender == Contender::Recovered {
            text.push_str(&recovered(row));
            continue;
        }
        let cells: Vec<String> =
            COLUMNS.iter().map(|&c| row.summary(c).map_or("–".into(), |s| shown(&s, c))).collect();
        let (lost, all) = row.lost();
        let lost = if lost > 0 {
            format!(", {lost} of {all} trajectories leave every bound")
        } else {
            String::new()
        };
        text.push_str(&format!(
            "| {} | {} | {} | {:.0} s{lost} |\n",
            row.label,
            first.parameters,
            cells.join(" | "),
            row.seconds()
        ));
    }
    text.push('\n');
    text.push_str(&verdict(task, rows));
    text
}

/// The rows of the recovered law: with the integrator of the paper, and with the better one.
fn recovered(row: &Row) -> String {
    let exact = row.outcomes.iter().filter(|o| o.formula.as_ref().is_some_and(|(_, exact)| *exact)).count();
    let all = row.outcomes.len();
    let rolled: Vec<Outcome> = row.outcomes.iter().filter(|o| !o.trajectory.is_empty()).cloned().collect();
    if rolled.is_empty() {
        return format!(
            "| {} | | not recovered from this data ({all} seeds) | | | {:.0} s |\n",
            row.label,
            row.seconds()
        );
    }
    let formula =
        rolled.iter().find_map(|o| o.formula.as_ref().map(|(text, _)| text.clone())).unwrap_or_default();
    let line = |label: String, outcomes: Vec<Outcome>| {
        let row = Row { contender: row.contender, label, outcomes };
        let cells: Vec<String> =
            COLUMNS.iter().map(|&c| row.summary(c).map_or("–".into(), |s| shown(&s, c))).collect();
        let parameters = row.outcomes[0].parameters;
        format!("| {} | {parameters} terms | {} | {:.0} s |\n", row.label, cells.join(" | "), row.seconds())
    };
    let accurate = rolled.iter().cloned().filter_map(|mut o| {
        (o.trajectory, o.energy) = o.accurate.take()?;
        Some(o)
    });
    let head = format!("{}, exact for {exact} of {all} seeds: `{formula}`", row.label);
    line(head, rolled.clone()) + &line("the same, Gauss–Legendre".into(), accurate.collect())
}

fn shown(summary: &Summary, column: Column) -> String {
    let (mean, deviation) = (scientific(summary.mean), scientific(summary.deviation));
    let median = match column {
        Column::TestLoss => String::new(),
        _ => format!(" ({})", scientific(summary.median)),
    };
    format!("{mean} ± {deviation}{median}")
}

fn row_of(rows: &[Row], contender: Contender) -> Option<&Row> {
    rows.iter().find(|row| row.contender == contender)
}

/// The ratio of means, or of medians where a mean is infinite: a predicted state has left the domain of H.
fn compared(ours: &Summary, theirs: &Summary) -> (f64, &'static str) {
    match ours.mean.is_finite() && theirs.mean.is_finite() {
        true => (ours.mean / theirs.mean, ""),
        false => (ours.median / theirs.median, " by medians, as a state leaves the domain of H"),
    }
}

/// In words: where the symmetry-control networks are ahead of the Hamiltonian ones.
fn against_hamiltonian(rows: &[Row]) -> String {
    const PAIRS: [(Contender, &str, Contender, &str); 3] = [
        (Contender::SymmetryControl, "SCNN", Contender::Hamiltonian, "the HNN"),
        (Contender::SymmetryControl, "SCNN", Contender::DeepHamiltonian, "the HNN with as many parameters"),
        (
            Contender::DeepSymmetryControl,
            "Deep SCNN",
            Contender::DeepHamiltonian,
            "the HNN with as many parameters",
        ),
    ];
    let mut text = String::new();
    for (first, first_name, other, name) in PAIRS {
        let mut parts = Vec::new();
        for column in COLUMNS {
            let summary = |contender| row_of(rows, contender).and_then(|row| row.summary(column));
            if let Some((ours, theirs)) = summary(first).zip(summary(other)) {
                let (ratio, remark) = compared(&ours, &theirs);
                let won = if ratio < 1.0 { "ahead" } else { "**behind**" };
                parts.push(format!("{} {won} ({}{remark})", column.name(), scientific(ratio)));
            }
        }
        if !parts.is_empty() {
            text.push_str(&format!(
                "- {first_name} against {name} (ratio of means): {}.\n",
                parts.join(", ")
            ));
        }
    }
    text
}

/// In words: where the symmetry-control network is ahead of the Hamiltonian ones, and how far the recovered law is.
fn verdict(task: &Task, rows: &[Row]) -> String {
    let own = row_of(rows, Contender::SymmetryControl);
    let mut text = against_hamiltonian(rows);
    let law = row_of(rows, Contender::Recovered);
    for column in [Column::Trajectory, Column::Energy] {
        let Some(law) = law.and_then(|r| r.summary(column)) else { continue };
        let networks = rows.iter().filter(|r| r.contender != Contender::Recovered);
        let networks = networks.filter_map(|r| r.summary(column));
        // Where the law has a mean, a network without one is not the best.
        let ratios = networks
            .filter(|network| network.mean.is_finite() || !law.mean.is_finite())
            .map(|network| compared(&law, &network));
        if let Some((ratio, remark)) = ratios.max_by(|a, b| a.0.total_cmp(&b.0)) {
            text.push_str(&format!(
                "- The recovered law is {:.1} orders of magnitude ahead of the best network in {}{remark}.\n",
                -ratio.log10(),
                column.name()
            ));
        }
    }
    if let (Some(paper), Some(own)) = (task.paper(), own) {
        let mut parts = Vec::new();
        for (column, figures) in
            COLUMNS.into_iter().zip([Some(paper.test_loss), paper.trajectory, paper.energy])
        {
            if let (Some((scnn, hnn)), Some(ours)) = (figures, own.summary(column)) {
                let (scnn, hnn, ours) = (scientific(scnn), scientific(hnn), scientific(ours.mean));
                parts.push(format!("{} {scnn} (HNN {hnn}), ours {ours}", column.name()));
            }
        }
        text.push_str(&format!("- The paper's SCNN: {}.\n", parts.join("; ")));
        if let (Some(components), Some(ours)) = (mean_components(task), own.summary(Column::TestLoss)) {
            text.push_str(&format!(
                "- As a mean over the {components} components, which the code of Greydanus et al. (2019) takes and the paper calls its loss: ours {}.\n",
                scientific(ours.mean / components as f64)
            ));
        }
    }
    text.push('\n');
    text
}

/// Components of a measured state, two pairs: the paper's test loss is a mean over them there, as in the code of
/// Greydanus et al. (2019) from whom it takes data and loss.
fn mean_components(task: &Task) -> Option<usize> {
    const COMPONENTS: usize = 4;
    (task.source != Source::Simulated).then_some(COMPONENTS)
}

fn entries(task: &Task, rows: &[Row]) -> Vec<Entry> {
    let Some(own) = row_of(rows, Contender::SymmetryControl) else { return Vec::new() };
    let paper = task.paper();
    let figures =
        [paper.map(|p| p.test_loss), paper.and_then(|p| p.trajectory), paper.and_then(|p| p.energy)];
    let own_column = |(column, figure): (Column, Option<(f64, f64)>)| {
        let what = format!("{}, {}, SCNN", task.name, column.name());
        Some(Entry { what, paper: figure.map(|f| f.0), ours: own.summary(column)?.mean })
    };
    let as_mean = mean_components(task).zip(own.summary(Column::TestLoss)).map(|(components, ours)| Entry {
        what: format!("{}, test loss as a mean over components, SCNN", task.name),
        paper: paper.map(|p| p.test_loss.0),
        ours: ours.mean / components as f64,
    });
    COLUMNS.into_iter().zip(figures).filter_map(own_column).chain(as_mean).collect()
}

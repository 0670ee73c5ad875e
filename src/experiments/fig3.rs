//! Figure 3: predicted trajectories of two and three bodies, their deviation from the truth and the drift of what is
//! conserved, over time.

use crate::dynamics::{Deviation, Method, deviations, roll_out};
use crate::expr::Expr;

use crate::learn::LearnedField;
use crate::progress::Job;
use crate::runs::Summary;

use super::cells::run_name;
use super::contenders::Contender;
use super::each::each;
use super::figure::{Corner, Line, Panel, draw};
use super::page::{Entry, Page, scientific};
use super::tasks::{Problem, task};
use super::{ExperimentError, Settings};

/// The models of the figure: their place in the store, their names, and the laws that are imposed.
const MODELS: [(Contender, &str, &[&str]); 5] = [
    (Contender::Baseline, "baseline", &[]),
    (Contender::Hamiltonian, "HNN", &[]),
    (Contender::SymmetryControl, "SCNN", &[]),
    (Contender::Constrained, "SCNN-constraint (Px, Py)", &["Px", "Py"]),
    (Contender::Constrained, "SCNN-constraint (Px, Py, L)", &["Px", "Py", "L"]),
];

const SYSTEMS: [&str; 2] = ["two-body", "three-body"];

/// What a model predicts for one system.
struct Prediction {
    name: &'static str,
    /// The states of the first trajectory.
    first: Vec<f64>,
    /// Of each trajectory.
    deviations: Vec<Deviation>,
}

/// A system with all predictions, the true first trajectory, its times, and the names of the functions.
struct Scene {
    system: String,
    dof: usize,
    times: Vec<f64>,
    truth: Vec<f64>,
    functions: Vec<String>,
    predictions: Vec<Prediction>,
}

pub(super) fn run(settings: &Settings, job: &Job<'_>) -> Result<Page, ExperimentError> {
    let known = || SYSTEMS.map(String::from).to_vec();
    if let Some(name) = settings.systems.iter().find(|name| !SYSTEMS.contains(&name.as_str())) {
        return Err(ExperimentError::UnknownSystem { name: name.clone(), known: known() });
    }
    let wanted = |name: &&str| settings.systems.is_empty() || settings.systems.iter().any(|s| s == name);
    let systems: Vec<&str> = SYSTEMS.into_iter().filter(wanted).collect();
    let scenes = each(settings.threads, &systems, |name| scene(name, settings, job))?;
    let mut page = Page {
        title: "Figure 3: predicted trajectories, their deviation and the drift of what is conserved".into(),
        body: "Held-out trajectories predicted from their first state by the classical Runge–Kutta method. Lines: the \
               mean over the trajectories of the squared deviation, at each time; bands: one standard deviation (cut \
               off at the axis). The first panel of each system shows one trajectory. Seed 0; the networks are \
               those of table 1.\n\n"
            .into(),
        made_with: vec![
            ("seed".into(), "0, of data and networks".into()),
            ("training".into(), format!("{} steps of SOAP", settings.budget().steps)),
        ],
        ..Page::default()
    };
    let mut csv = String::from("system,model,quantity,t,mean,standard_deviation\n");
    let mut panels = Vec::new();
    for scene in &scenes {
        scene.add_to(&mut page, &mut csv, &mut panels);
    }
    page.files = vec![("fig3.csv".into(), csv), ("fig3.svg".into(), draw(&panels, 4)?)];
    Ok(page)
}

fn scene(name: &str, settings: &Settings, job: &Job<'_>) -> Result<Scene, ExperimentError> {
    let unknown =
        || ExperimentError::UnknownSystem { name: name.into(), known: SYSTEMS.map(String::from).to_vec() };
    let task = task(name).ok_or_else(unknown)?;
    let whole = Problem::new(task, 0, settings.extent(), None)?;
    let (budget, store) = (settings.budget(), settings.store()?);
    let truth = &whole.test.trajectories[..whole.predicted.min(whole.test.trajectories.len())];
    let variables = whole.system.variables();
    let shown = ["Px", "L"];
    let laws = whole.laws.iter().filter(|(name, _)| shown.contains(&name.as_str()));
    let (names, formulas): (Vec<String>, Vec<Expr>) = whole
        .hamiltonian
        .iter()
        .map(|h| ("energy".to_string(), h.clone()))
        .chain(laws.map(|(name, law)| (name.clone(), law.clone())))
        .unzip();
    let mut predictions = Vec::new();
    for (contender, label, laws) in MODELS {
        let fewer = laws.len() < task.imposed.len() && !laws.is_empty();
        let problem = if fewer { whole.imposing(laws)? } else { whole.clone() };
        let Some(config) = contender.config(&problem, budget) else { continue };
        let key =
            if fewer { format!("{}-{}", contender.key(), laws.join("-")) } else { contender.key().into() };
        let trained = store.train(&run_name(&problem, &key), &problem.data, &config, None, job)?;
        let method = Method::RungeKutta4 { steps: whole.steps };
        let rolled = roll_out(&LearnedField(&trained.learned), truth, method);
        let deviations = deviations(truth, &rolled, &formulas, &variables)?;
        predictions.push(Prediction { name: label, first: rolled[0].clone(), deviations });
    }
    Ok(Scene {
        system: name.to_string(),
        dof: whole.data.dof,
        times: truth[0].times.clone(),
        truth: truth[0].states.clone(),
        functions: names,
        predictions,
    })
}

impl Scene {
    /// Of each time: mean and deviation over trajectories. Number 0 is the state, then the functions.
    fn band(&self, prediction: &Prediction, quantity: usize) -> Vec<Summary> {
        let at = |k: usize| {
            let values: Vec<f64> = prediction
                .deviations
                .iter()
                .map(|d| if quantity == 0 { d.state[k] } else { d.functions[quantity - 1][k] })
                .collect();
            Summary::of(&values)
        };
        (0..self.times.len()).map(at).collect()
    }

    /// The paths of all bodies in the plane.
    fn paths(&self, states: &[f64]) -> Vec<Vec<(f64, f64)>> {
        let width = 2 * self.dof;
        let body = |b: usize| states.chunks_exact(width).map(|x| (x[2 * b], x[2 * b + 1])).collect();
        (0..self.dof / 2).map(body).collect()
    }

    fn add_to(&self, page: &mut Page, csv: &mut String, panels: &mut Vec<Panel>) {
        let quantities: Vec<String> =
            std::iter::once("trajectory".to_string()).chain(self.functions.iter().cloned()).collect();
        let path = |label: &str, colour: usize, states: &[f64]| Line {
            label: label.into(),
            colour,
            pieces: self.paths(states),
            band: Vec::new(),
        };
        let mut first = vec![path("truth", 0, &self.truth)];
        first.extend(self.predictions.iter().enumerate().map(|(k, p)| path(p.name, k + 1, &p.first)));
        panels.push(Panel {
            title: format!("{}: one trajectory", self.system),
            x: "x".into(),
            y: "y".into(),
            lines: first,
            ..Panel::default()
        });
        let head: String = self.predictions.iter().map(|p| format!(" {} |", p.name)).collect();
        let rule = " --- |".repeat(self.predictions.len());
        page.body.push_str(&format!("## {}\n\n| mean over time |{head}\n| --- |{rule}\n", self.system));
        for (number, quantity) in quantities.iter().enumerate() {
            let mut lines = Vec::new();
            page.body.push_str(&format!("| {quantity} |"));
            for (k, prediction) in self.predictions.iter().enumerate() {
                let band = self.band(prediction, number);
                for (t, s) in self.times.iter().zip(&band) {
                    let (system, model) = (&self.system, prediction.name.replace(", ", " "));
                    csv.push_str(&format!(
                        "{system},{model},{quantity},{t},{:e},{:e}\n",
                        s.mean, s.deviation
                    ));
                }
                // At the first time all deviations are 0.
                let later = || self.times.iter().zip(&band).skip(1);
                lines.push(Line {
                    band: later()
                        .map(|(t, s)| (*t, (s.mean - s.deviation).max(0.0), s.mean + s.deviation))
                        .collect(),
                    ..Line::new(prediction.name, k + 1, later().map(|(t, s)| (*t, s.mean)).collect())
                });
                let mean = band.iter().map(|s| s.mean).sum::<f64>() / band.len().max(1) as f64;
                page.body.push_str(&format!(" {} |", scientific(mean)));
                if prediction.name == "SCNN" {
                    let what = format!("{}, {quantity}, mean over time, SCNN", self.system);
                    page.entries.push(Entry { what, paper: None, ours: mean });
                }
            }
            page.body.push('\n');
            if quantity != "Px" {
                panels.push(Panel {
                    title: format!("{}: squared deviation, {quantity}", self.system),
                    x: "t".into(),
                    y: quantity.clone(),
                    logarithmic: true,
                    legend: (number == 0).then_some(Corner::LowerRight),
                    lines,
                    ..Panel::default()
                });
            }
        }
        page.body.push('\n');
    }
}

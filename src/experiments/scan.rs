//! Tables 2–4: the weights α1 and α2 of the paper's loss, scanned on the two-body problem. One set of runs serves all
//! three.

use crate::learn::Config;
use crate::progress::Job;
use crate::runs::Summary;

use super::cells::{self, Outcome};
use super::contenders::Contender;
use super::each::each;
use super::page::{Entry, Page, scientific};
use super::paper::{PAPER, Scan};
use super::tasks::{Problem, task};
use super::{ExperimentError, Settings};

/// What a table shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Quantity {
    /// Table 2.
    Trajectory,
    /// Table 3.
    Energy,
    /// Table 4.
    AngularMomentum,
}

/// The weights that are scanned, for both.
const WEIGHTS: [f64; 4] = [1.0, 0.1, 0.01, 0.001];

impl Quantity {
    fn name(self) -> &'static str {
        match self {
            Self::Trajectory => "trajectory",
            Self::Energy => "energy",
            Self::AngularMomentum => "angular momentum",
        }
    }

    fn file(self) -> &'static str {
        match self {
            Self::Trajectory => "table2.csv",
            Self::Energy => "table3.csv",
            Self::AngularMomentum => "table4.csv",
        }
    }

    /// The paper's figures.
    fn paper(self) -> &'static Scan {
        match self {
            Self::Trajectory => &PAPER.table2,
            Self::Energy => &PAPER.table3,
            Self::AngularMomentum => &PAPER.table4,
        }
    }

    fn values(self, outcome: &Outcome) -> Vec<f64> {
        match self {
            Self::Trajectory => outcome.trajectory.clone(),
            Self::Energy => outcome.energy.clone(),
            Self::AngularMomentum => {
                let law = outcome.laws.iter().find(|(name, _)| name == "L");
                law.map(|(_, values)| values.clone()).unwrap_or_default()
            }
        }
    }

    fn summary(self, outcomes: &[&Outcome]) -> Summary {
        let runs: Vec<f64> = outcomes.iter().map(|o| Summary::of(&self.values(o)).mean).collect();
        Summary::of(&runs)
    }
}

pub(super) fn run(quantity: Quantity, settings: &Settings, job: &Job<'_>) -> Result<Page, ExperimentError> {
    let unknown = || ExperimentError::UnknownSystem { name: "two-body".into(), known: Vec::new() };
    let two_body = task("two-body").ok_or_else(unknown)?;
    let (seeds, budget, store) = (settings.seed_numbers(), settings.budget(), settings.store()?);
    let grid: Vec<(f64, f64)> = WEIGHTS.iter().flat_map(|&a1| WEIGHTS.map(|a2| (a1, a2))).collect();
    // One job for each seed and row of the table, and one for the two networks to compare with.
    let jobs: Vec<(u64, usize)> =
        seeds.iter().flat_map(|&seed| (0..=WEIGHTS.len()).map(move |row| (seed, row))).collect();
    let found = each(settings.threads, &jobs, |&(seed, row)| {
        let problem = Problem::new(two_body, seed, settings.extent(), None)?;
        let mut outcomes = Vec::new();
        if row == WEIGHTS.len() {
            for contender in [Contender::Hamiltonian, Contender::SymmetryControl] {
                outcomes.extend(cells::outcome(&problem, contender, budget, &store, job)?);
            }
        } else {
            for &(poisson_weight, cyclic_weight) in &grid[row * WEIGHTS.len()..][..WEIGHTS.len()] {
                let Some(common) = Contender::PaperLoss.config(&problem, budget) else { continue };
                let config = Config { poisson_weight, cyclic_weight, ..common };
                let key = format!("scan-{poisson_weight}-{cyclic_weight}");
                outcomes.push(cells::trained_outcome(&problem, &key, &config, &store, job)?);
            }
        }
        Ok(outcomes)
    })?;
    let of = |row: usize, column: usize| -> Vec<&Outcome> {
        let own = jobs.iter().zip(&found).filter(|((_, r), _)| *r == row);
        own.filter_map(|(_, outcomes)| outcomes.get(column)).collect()
    };
    Ok(page(quantity, &of, seeds.len(), budget.steps))
}

fn page<'a>(
    quantity: Quantity,
    of: &dyn Fn(usize, usize) -> Vec<&'a Outcome>,
    seeds: usize,
    steps: usize,
) -> Page {
    let Scan { scnn: paper, hnn: paper_hnn } = quantity.paper();
    let mut csv = String::from("alpha1,alpha2,mean,standard_deviation,paper\n");
    let mut ours = String::new();
    let mut theirs = String::new();
    let (mut best, mut paper_best) = (f64::INFINITY, f64::INFINITY);
    for (i, a1) in WEIGHTS.iter().enumerate() {
        ours.push_str(&format!("| **{a1}** |"));
        theirs.push_str(&format!("| **{a1}** |"));
        for (j, a2) in WEIGHTS.iter().enumerate() {
            let summary = quantity.summary(&of(i, j));
            best = best.min(summary.mean);
            paper_best = paper_best.min(paper[i][j]);
            csv.push_str(&format!(
                "{a1},{a2},{:e},{:e},{:e}\n",
                summary.mean, summary.deviation, paper[i][j]
            ));
            ours.push_str(&format!(" {} ± {} |", scientific(summary.mean), scientific(summary.deviation)));
            theirs.push_str(&format!(" {} |", scientific(paper[i][j])));
        }
        ours.push('\n');
        theirs.push('\n');
    }
    let [hnn, scnn] = [0, 1].map(|k| quantity.summary(&of(WEIGHTS.len(), k)));
    let head = "| α1 \\ α2 | 1 | 0.1 | 0.01 | 0.001 |\n| --- | --- | --- | --- | --- |\n";
    let body = format!(
        "The squared deviation of the {} on the two-body problem, a mean over time and 50 held-out trajectories, for \
         networks trained with the paper's loss (eq. 9, four cyclic pairs) to the end. Mean ± standard deviation over \
         seeds. The three tables are read from one set of runs.\n\n## Ours\n\n{head}{ours}\nBeside: HNN 2×200 {} ± {}; SCNN \
         2×200 in two phases (table 1) {} ± {}.\n\n## The paper's\n\n{head}{theirs}\nIts HNN: {}. The paper's \
         deviations are integrated in a way that it does not define; compare within each table. (Rows are read as α1, \
         columns as α2.)\n",
        quantity.name(),
        scientific(hnn.mean),
        scientific(hnn.deviation),
        scientific(scnn.mean),
        scientific(scnn.deviation),
        scientific(*paper_hnn),
    );
    let entry = |what: &str, paper: f64, ours: f64| Entry {
        what: format!("two-body, {}, {what}", quantity.name()),
        paper: Some(paper),
        ours,
    };
    Page {
        title: match quantity {
            Quantity::Trajectory => "Table 2: trajectory error against the weights of the loss".into(),
            Quantity::Energy => "Table 3: energy error against the weights of the loss".into(),
            Quantity::AngularMomentum => "Table 4: angular momentum against the weights of the loss".into(),
        },
        body,
        files: vec![(quantity.file().into(), csv)],
        entries: vec![
            entry("best of the scan", paper_best, best),
            entry("HNN", *paper_hnn, hnn.mean),
            entry("SCNN in two phases against the paper's best", paper_best, scnn.mean),
        ],
        made_with: vec![
            ("seeds".into(), format!("0 … {}, of data and networks", seeds - 1)),
            (
                "training".into(),
                format!("{steps} steps of SOAP, learning rate 1e-2 with a cosine to 1e-5, batch 256"),
            ),
        ],
    }
}

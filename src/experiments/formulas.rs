//! The formulas that the paper prints (eq. 16–18, 21, 22, 25), ours before any coefficient is rounded, and the truth.

use crate::expr::{Expr, parse};
use crate::progress::Job;
use crate::recover::first_order::pointwise::Samples;
use crate::runs::Summary;

use super::each::each;
use super::fig5::hamiltonian_network;
use super::laws::{
    closest, coefficients, conserved, fitted_states, hamiltonian, relative_error, shown, terms,
};
use super::learned_momenta::{self, LearnedMomenta};
use super::page::{Entry, Page, scientific};
use super::paper::{Formula, PAPER};
use super::tasks::{Problem, task};
use super::{ExperimentError, Settings};

/// Ours for one formula: as text, with the errors from the data's velocities and from the network's.
struct Found {
    text: String,
    truth: String,
    from_data: f64,
    from_network: f64,
}

/// Ours for one system and seed.
struct Cell {
    /// One entry for each formula.
    found: Vec<Found>,
    /// The network's momenta in the laws.
    momenta: LearnedMomenta,
}

pub(super) fn run(settings: &Settings, job: &Job<'_>) -> Result<Page, ExperimentError> {
    let (seeds, store) = (settings.seed_numbers(), settings.store()?);
    let all = &PAPER.formulas;
    let mut systems: Vec<&str> = all.iter().map(|f| f.system.as_str()).collect();
    systems.dedup();
    let jobs: Vec<(&str, u64)> =
        systems.iter().flat_map(|&s| seeds.iter().map(move |&seed| (s, seed))).collect();
    let found = each(settings.threads, &jobs, |&(system, seed)| {
        let unknown = || ExperimentError::UnknownSystem { name: system.into(), known: Vec::new() };
        let problem = Problem::new(task(system).ok_or_else(unknown)?, seed, settings.extent(), None)?;
        let given = fitted_states(&problem);
        let (mut learned, mut momenta) = (given.clone(), LearnedMomenta::default());
        if let Some(network) = hamiltonian_network(&problem, settings, &store, job)? {
            learned.fields = network.vector_field(&given.states)?;
            momenta = LearnedMomenta::of(&problem, &network)?;
        }
        let own = all.iter().filter(|f| f.system == system);
        let found = own.map(|f| fitted(f, &problem, &given, &learned)).collect::<Result<Vec<Found>, _>>()?;
        Ok(Cell { found, momenta })
    })?;
    page(all, &jobs, &found, settings)
}

fn fitted(
    formula: &Formula,
    problem: &Problem,
    given: &Samples,
    learned: &Samples,
) -> Result<Found, ExperimentError> {
    let read = |text: &String| parse(text).map_err(|error| ExperimentError::Figure(error.message));
    let mut library: Vec<Expr> = terms(problem, &formula.library)?;
    library.extend(formula.besides.iter().map(read).collect::<Result<Vec<_>, _>>()?);
    match formula.laws.as_slice() {
        [] => {
            let hamiltonian_formula = problem.hamiltonian.clone().unwrap_or_else(Expr::zero);
            let truth = coefficients(problem, &given.states, &library, &hamiltonian_formula)?;
            let (ours, network) =
                (hamiltonian(problem, given, &library)?, hamiltonian(problem, learned, &library)?);
            Ok(Found {
                text: shown(&network, &library),
                truth: shown(&truth, &library),
                from_data: relative_error(&ours, &truth),
                from_network: relative_error(&network, &truth),
            })
        }
        laws => {
            let formulas = laws.iter().map(read).collect::<Result<Vec<_>, _>>()?;
            let truths = formulas
                .iter()
                .map(|law| coefficients(problem, &given.states, &library, law))
                .collect::<Result<Vec<_>, _>>()?;
            let span = |samples: &Samples| -> Result<Vec<Vec<f64>>, ExperimentError> {
                let found = conserved(problem, samples, &library, laws.len())?;
                Ok(found.into_iter().map(|c| c.coefficients).collect())
            };
            let (ours, network) = (span(given)?, span(learned)?);
            let worst = |basis: &[Vec<f64>]| -> Result<f64, ExperimentError> {
                let mut worst = 0.0f64;
                for truth in &truths {
                    worst = worst.max(relative_error(&closest(basis, truth)?, truth));
                }
                Ok(worst)
            };
            let near = truths.iter().map(|t| closest(&network, t)).collect::<Result<Vec<_>, _>>()?;
            Ok(Found {
                text: near.iter().map(|c| shown(c, &library)).collect::<Vec<_>>().join("`; `"),
                truth: laws.join("`; `"),
                from_data: worst(&ours)?,
                from_network: worst(&network)?,
            })
        }
    }
}

/// Largest error of the paper's rows against what spans the truth.
fn printed_error(formula: &Formula) -> Result<f64, ExperimentError> {
    let mut worst = 0.0f64;
    for row in &formula.printed {
        let near = match formula.laws.is_empty() {
            true => formula.truth[0].clone(),
            false => closest(&formula.truth, row)?,
        };
        worst = worst.max(relative_error(row, &near));
    }
    Ok(worst)
}

fn printed_text(formula: &Formula) -> String {
    let row = |row: &Vec<f64>| {
        let terms = row.iter().zip(&formula.terms);
        terms.map(|(c, t)| format!("{c}*{t}")).collect::<Vec<_>>().join(" + ").replace("+ -", "- ")
    };
    formula.printed.iter().map(row).collect::<Vec<_>>().join("`; `")
}

/// The texts of one formula: the paper's, ours of the first seed, the truth.
fn texts(formula: &Formula, ours: &Found, momenta: &LearnedMomenta) -> String {
    let note = if formula.note.is_empty() { String::new() } else { format!("- {}\n", formula.note) };
    let learned = if formula.laws.is_empty() { String::new() } else { momenta.text() };
    format!(
        "### eq. {}, {}\n\n- paper: `{}`\n- ours, from the network, seed 0: `{}`\n{learned}- truth: `{}`\n{note}\n",
        formula.equation,
        formula.system,
        printed_text(formula),
        ours.text,
        ours.truth,
    )
}

/// The errors of one formula over the seeds.
struct Errors {
    paper: f64,
    network: Summary,
    data: Summary,
}

impl Errors {
    fn row(&self, formula: &Formula) -> String {
        let Errors { paper, network, data } = self;
        format!(
            "| {} | {} | {} | {} ± {} | {} ± {} | {} | {} |\n",
            formula.equation,
            formula.system,
            scientific(*paper),
            scientific(network.mean),
            scientific(network.deviation),
            scientific(data.mean),
            scientific(data.deviation),
            scientific(paper / network.mean),
            scientific(paper / data.mean),
        )
    }

    fn entries(&self, formula: &Formula) -> impl Iterator<Item = Entry> {
        let (paper, equation, system) = (self.paper, formula.equation.clone(), formula.system.clone());
        [("network", self.network.mean), ("data", self.data.mean)].into_iter().map(move |(route, ours)| {
            let what = format!("coefficient error, eq. {equation} ({system}), from the {route}");
            Entry { what, paper: Some(paper), ours }
        })
    }
}

fn page(
    all: &[Formula],
    jobs: &[(&str, u64)],
    cells: &[Cell],
    settings: &Settings,
) -> Result<Page, ExperimentError> {
    let seeds = settings.seed_numbers().len();
    let mut csv = String::from("equation,system,seed,error_from_data,error_from_network,paper_error\n");
    let mut table = String::from(
        "| eq. | system | paper | ours, from the network | ours, from the data | paper / network | paper / data |\n| --- | --- | --- | --- | --- | --- | --- |\n",
    );
    let (mut shown, mut entries) = (String::new(), Vec::new());
    for formula in all {
        let place =
            all.iter().filter(|f| f.system == formula.system).position(|f| f.equation == formula.equation);
        let of_system = jobs.iter().zip(cells).filter(|((system, _), _)| *system == formula.system);
        let own: Vec<(u64, &Found, &LearnedMomenta)> = of_system
            .filter_map(|((_, seed), cell)| Some((*seed, cell.found.get(place?)?, &cell.momenta)))
            .collect();
        let paper = printed_error(formula)?;
        for (seed, f, _) in &own {
            let (data, network) = (f.from_data, f.from_network);
            csv.push_str(&format!(
                "\"{}\",{},{seed},{data:e},{network:e},{paper:e}\n",
                formula.equation, formula.system
            ));
        }
        let over =
            |of: fn(&Found) -> f64| Summary::of(&own.iter().map(|(_, f, _)| of(f)).collect::<Vec<_>>());
        let errors = Errors { paper, network: over(|f| f.from_network), data: over(|f| f.from_data) };
        table.push_str(&errors.row(formula));
        shown += &own.first().map_or(String::new(), |(_, f, momenta)| texts(formula, f, momenta));
        entries.extend(errors.entries(formula));
    }
    let learned: Vec<(&str, u64, &LearnedMomenta)> =
        jobs.iter().zip(cells).map(|((system, seed), cell)| (*system, *seed, &cell.momenta)).collect();
    let body = format!(
        "Coefficients before any is rounded: largest error relative to the largest coefficient, each law held against \
         the nearest combination of the true ones. Ours are fitted on the same terms twice: to the vector field of the \
         symmetry-control network of table 1, and to the velocities of the data themselves, which is what `discover` \
         does where the data are clean (they are exact up to rounding). Terms of H that do not matter are left out first, \
         as `discover` does. Mean ± standard deviation over {seeds} seeds.\n\n\
         {table}\nWhat `discover` prints after snapping is exact (see [discover.md](discover.md)).\n\n{}\
         ## The formulas\n\n{shown}",
        learned_momenta::section(&learned)
    );
    Ok(Page {
        title: "The paper's formulas, and ours".into(),
        body,
        files: vec![
            ("formulas.csv".into(), csv),
            ("learned-momenta.csv".into(), learned_momenta::csv(&learned)),
        ],
        entries,
        made_with: vec![
            ("seeds".into(), format!("0 … {}, of data and networks", seeds - 1)),
            ("training".into(), format!("{} steps of SOAP", settings.budget().steps)),
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_papers_own_errors() {
        let error = |equation: &str| {
            let formula = PAPER.formulas.iter().find(|f| f.equation == equation).unwrap();
            printed_error(formula).unwrap()
        };
        // 0.015 of 4.21; 0.05 of 1.07; 0.03 of 1; 0.01 of 2.
        assert!((error("16, momenta") - 0.015 / 4.21).abs() < 1e-3);
        assert!((0.03..0.06).contains(&error("16, angular momentum")));
        assert!((error("18") - 0.03).abs() < 1e-9 && (error("25, H") - 0.005).abs() < 1e-9);
        assert!(error("17") < 0.1 && error("25, momenta") < 0.01);
    }
}

//! `liouville rollout`

use std::path::Path;

use clap::{Args, ValueEnum};

use super::{Exit, Failure, output::Output};
use crate::report::Format;
use crate::runs::{RollOutSettings, SavedRollOut, roll_out_saved};

/// Predict trajectories with a saved run: the learned field, and the recovered law.
///
/// Each held-out trajectory is integrated from its first state, by the classical Runge–Kutta method as in the
/// paper and by Gauss–Legendre collocation, and held against the data; the drift of the recovered Hamiltonian
/// and laws along the predictions is given beside. Of a recording whose runs were all fitted, these are
/// predicted; they start in the canonical momenta of the recovered H, with friction where it was found. Of
/// positions alone, the velocities are those of a spline. Where no formula explained the motion, the learned field
/// alone predicts. All figures are means of squares.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  liouville discover charged-particle --out short --steps 500 && liouville rollout short --trajectories 5\n  liouville discover recording.csv --out spring && liouville rollout spring"
)]
pub(super) struct Rollout {
    /// The folder of the run (`liouville discover … --out DIR`).
    #[arg(value_name = "DIR")]
    folder: String,

    /// At most so many trajectories.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    trajectories: u32,

    /// The method of integration.
    #[arg(long, value_enum, default_value = "both")]
    integrator: Integrator,

    /// Runge–Kutta steps between two samples [default: so many that a network's error dominates].
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u16).range(1..))]
    steps: Option<u16>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Integrator {
    Both,
    RungeKutta,
    GaussLegendre,
}

impl Rollout {
    pub(super) fn run(&self, output: &Output) -> Result<Exit, Failure> {
        let settings = RollOutSettings {
            trajectories: self.trajectories as usize,
            steps: self.steps.map(usize::from),
            runge_kutta: self.integrator != Integrator::GaussLegendre,
            gauss_legendre: self.integrator != Integrator::RungeKutta,
        };
        let found = roll_out_saved(Path::new(&self.folder), &settings)?;
        output.print(&match output.format() {
            Format::Json => {
                format!("{}\n", serde_json::to_string_pretty(&document(&found)).unwrap_or_default())
            }
            Format::Markdown => table(&found, true),
            _ => table(&found, false),
        });
        Ok(Exit::Done)
    }
}

/// JSON cannot represent numbers that are not finite, so they are omitted.
fn document(found: &SavedRollOut) -> serde_json::Value {
    let mut document = serde_json::json!(found);
    if let Some(rows) = document["rows"].as_array_mut() {
        for row in rows.iter_mut().filter_map(|row| row.as_object_mut()) {
            row.retain(|_, value| !value.is_null());
        }
    }
    let names =
        found.functions.iter().map(|(name, formula)| serde_json::json!({"name": name, "formula": formula}));
    document["functions"] = names.collect();
    document
}

fn table(found: &SavedRollOut, markdown: bool) -> String {
    let mut head = vec!["field".to_string(), "method".into(), "deviation".into(), "median".into()];
    head.extend(found.functions.iter().map(|(name, _)| format!("drift of {name}")));
    let mut lines = vec![head];
    for row in &found.rows {
        let mut cells = vec![row.field.clone(), row.method.clone()];
        cells.extend(
            [row.trajectory, row.trajectory_median].iter().chain(&row.drift).map(|x| format!("{x:.2e}")),
        );
        if row.lost > 0 {
            cells[2].push_str(&format!(" ({} leave every bound)", row.lost));
        }
        lines.push(cells);
    }
    let which = match (found.held_out, found.trajectories) {
        (true, 1) => "held-out trajectory",
        (true, _) => "held-out trajectories",
        (false, 1) => "trajectory, which was fitted",
        (false, _) => "trajectories, all of them fitted",
    };
    let mut text = format!(
        "{} {which}, {} points over a time of {}; means of squares\n\n",
        found.trajectories,
        found.points,
        (found.span * 1e9).round() / 1e9
    );
    for (name, formula) in &found.functions {
        let tick = if markdown { "`" } else { "" };
        text.push_str(&format!("{tick}{name} = {formula}{tick}{}\n", if markdown { "  " } else { "" }));
    }
    text.push('\n');
    if markdown {
        for (number, cells) in lines.iter().enumerate() {
            text.push_str(&format!("| {} |\n", cells.join(" | ")));
            if number == 0 {
                text.push_str(&format!("|{}\n", " --- |".repeat(cells.len())));
            }
        }
        return text;
    }
    let columns = lines[0].len();
    let widths: Vec<usize> =
        (0..columns).map(|c| lines.iter().map(|cells| cells[c].chars().count()).max().unwrap_or(0)).collect();
    for cells in &lines {
        let padded: Vec<String> =
            cells.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}")).collect();
        text.push_str(padded.join("  ").trim_end());
        text.push('\n');
    }
    text
}

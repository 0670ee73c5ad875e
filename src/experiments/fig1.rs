//! Figure 1: what a known law adds to Hamilton's equations, as contours over two parameters of the model.

use std::collections::BTreeMap;

use crate::expr::{Expr, Symbol, Tape};
use crate::mechanics::bracket_of;

use crate::progress::Job;

use super::figure::{Corner, Line, Panel, contour, draw};
use super::page::{Entry, Page, scientific};
use super::tasks::{Problem, task};
use super::{ExperimentError, Settings};

/// Most training states that the losses are averaged over.
const MOST_STATES: usize = 4000;

pub(super) fn run(settings: &Settings, _: &Job<'_>) -> Result<Page, ExperimentError> {
    let unknown = || ExperimentError::UnknownSystem { name: "two-body".into(), known: Vec::new() };
    let two_body = task("two-body").ok_or_else(unknown)?;
    let problem = Problem::new(two_body, 0, settings.extent(), None)?;
    let system = &problem.system;
    // Everything but the two masses at its value.
    let masses = ["m1", "m2"].map(Symbol::new);
    let values: BTreeMap<Symbol, Expr> = system
        .parameters
        .iter()
        .filter(|p| !masses.contains(&p.name))
        .filter_map(|p| Some((p.name.clone(), Expr::number(p.value.clone()?))))
        .collect();
    let hamiltonian = system.hamiltonian.as_ref().ok_or_else(unknown)?.substitute(&values);
    let law =
        system.known.iter().find(|law| law.name == "L").ok_or_else(unknown)?.formula.substitute(&values);
    let bracket = bracket_of(&law, &hamiltonian, &system.phase_space()?)?.value().ok_or_else(unknown)?;

    let inputs: Vec<Symbol> = system.variables().into_iter().chain(masses).collect();
    let (states, rates) = thinned(&problem);
    let points = if settings.quick { 21 } else { 81 };
    let axis: Vec<f64> = (0..points).map(|k| 0.5 + k as f64 / (points - 1) as f64).collect();
    let (h, l) = (Tape::new(&[hamiltonian], &inputs)?, Tape::new(std::slice::from_ref(&bracket), &inputs)?);
    let width = 2 * system.dof();
    let mut equations = Vec::new();
    let mut brackets = Vec::new();
    for m2 in &axis {
        for m1 in &axis {
            let samples: Vec<f64> =
                states.chunks_exact(width).flat_map(|x| x.iter().copied().chain([*m1, *m2])).collect();
            let (_, gradients) = h.gradient(&samples);
            let mut sum = 0.0;
            for (gradient, rate) in gradients.chunks_exact(width + 2).zip(rates.chunks_exact(width)) {
                let (by_q, by_p) = gradient[..width].split_at(width / 2);
                let (q_rate, p_rate) = rate.split_at(width / 2);
                sum += by_p.iter().zip(q_rate).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
                sum += by_q.iter().zip(p_rate).map(|(a, b)| (a + b).powi(2)).sum::<f64>();
            }
            let count = (states.len() / width) as f64;
            equations.push(sum / count);
            brackets.push(l.evaluate(&samples).iter().map(|x| x * x).sum::<f64>() / count);
        }
    }
    page(&bracket, &axis, &equations, &brackets, states.len() / width)
}

/// Training states and their velocities, evenly chosen.
fn thinned(problem: &Problem) -> (Vec<f64>, Vec<f64>) {
    let (train, width) = (&problem.data.train, 2 * problem.data.dof);
    let stride = (train.states.len() / width).div_ceil(MOST_STATES).max(1);
    let every = |values: &[f64]| values.chunks_exact(width).step_by(stride).flatten().copied().collect();
    (every(&train.states), every(&train.derivatives))
}

fn page(
    bracket: &Expr,
    axis: &[f64],
    equations: &[f64],
    brackets: &[f64],
    states: usize,
) -> Result<Page, ExperimentError> {
    let mut csv = String::from("m1,m2,hnn_loss,poisson_loss\n");
    for (at, (equation, bracket)) in equations.iter().zip(brackets).enumerate() {
        let (m1, m2) = (axis[at % axis.len()], axis[at / axis.len()]);
        csv.push_str(&format!("{m1:.6},{m2:.6},{equation:e},{bracket:e}\n"));
    }
    let contours = |label: &str, colour: usize, values: &[f64]| {
        let largest = values.iter().copied().fold(0.0, f64::max);
        let levels = (0..7).map(|k| largest * 10f64.powf(-0.5 * f64::from(k) - 0.3));
        let pieces = levels.flat_map(|level| contour(axis, axis, values, level)).collect();
        Line { label: label.into(), colour, pieces, band: Vec::new() }
    };
    let panel = Panel {
        title: "Contours of the HNN loss and of {L, H}², two bodies".into(),
        x: "m1".into(),
        y: "m2".into(),
        lines: vec![
            contours("HNN loss (eq. 6)", 7, equations),
            contours("Poisson loss {L, H}²", 3, brackets),
        ],
        marks: vec![(1.0, 1.0)],
        legend: Some(Corner::UpperRight),
        ..Panel::default()
    };
    // Along the diagonal m1 = m2 the law says nothing, Hamilton's equations do.
    let diagonal: f64 = (0..axis.len()).map(|k| brackets[k * axis.len() + k]).fold(0.0, f64::max);
    let corner = brackets[axis.len() - 1];
    let body = format!(
        "Two bodies with the masses m1 and m2 in the model, 1 and 1 in the data (triangle): the loss of Hamilton's \
         equations (eq. 6) and the Poisson loss of the angular momentum, mean over {states} training states.\n\n\
         The paper prints {{L, H}} ~ (m1 − m2). The exact bracket, from the kernel, is\n\n\
         `{{L, H}} = {bracket}`\n\n\
         that is (m2 − m1)/(m1 m2) times the cross product p1 × p2: the factor is 1/m1 − 1/m2, not the \
         difference of the masses, though the line m1 = m2 on which it vanishes is the same. Largest Poisson loss on \
         that line: {}; at (1.5, 0.5): {}.\n",
        scientific(diagonal),
        scientific(corner),
    );
    Ok(Page {
        title: "Figure 1: what a conserved quantity adds to Hamilton's equations".into(),
        body,
        files: vec![("fig1.csv".into(), csv), ("fig1.svg".into(), draw(&[panel], 1)?)],
        entries: vec![Entry {
            what: "Poisson loss on m1 = m2 (exactly 0 by the bracket)".into(),
            paper: None,
            ours: diagonal,
        }],
        made_with: vec![("seed".into(), "0, of the data".into())],
    })
}

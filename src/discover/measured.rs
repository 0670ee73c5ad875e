//! Measured motion: what stands for momenta may be velocities, and energy may be lost.

use std::ops::ControlFlow;

use crate::expr::{Expr, Rational, Symbol, Tape};
use crate::fit::{
    FitError, Measured, Mechanical, Samples, TermLibrary, decimal, justified_snap, mechanical,
    momenta_are_velocities, supported_digits, usable_terms,
};
use crate::flow::TrajectorySet;

use super::hamiltonian::{RecoveredHamiltonian, RecoveredTerm, StageReport};
use super::observations::{Observations, Prepared};

/// What was learned besides the Hamiltonian where the data's momenta are velocities.
#[derive(Clone, PartialEq, Debug)]
pub struct Mechanics {
    /// m_i for each coordinate: its momentum is m_i times what the data has in its place.
    pub masses: Vec<Measured>,
    /// Whether nothing couples the coordinates, which makes their masses a convention.
    pub uncoupled: bool,
    /// γ_i of v̇_i = … − γ_i v_i.
    pub friction: Vec<Measured>,
    /// Misfit of the accelerations relative to their rms, of averages over windows of the fitted data.
    pub residual: f64,
    /// Mean kinetic energy of the last fifth of the time over that of the first.
    pub kinetic_ratio: f64,
}

/// A Hamiltonian with its masses.
pub(super) struct Found {
    pub hamiltonian: RecoveredHamiltonian,
    /// The masses, as they are used.
    pub masses: Vec<f64>,
    /// Whether they are justified rationals and friction does not show: the data may then be exact.
    pub conservative: bool,
}

/// Most terms of a potential that is fitted.
const MOST_POTENTIALS: usize = 150;

/// Share of the held-out misfit by which a larger potential must do better than a smaller one.
const BETTER: f64 = 0.8;

/// The Hamiltonian of data whose momenta are velocities, with masses and friction: from the simplest stage that
/// does about as well as any on the held-out data. `None` when the momenta are no velocities, or it fails.
pub(super) fn recover(
    data: &Prepared,
    library: &TermLibrary,
    tell: &mut dyn FnMut(&StageReport) -> ControlFlow<()>,
) -> Result<Option<Found>, FitError> {
    if !momenta_are_velocities(&data.samples) {
        return Ok(None);
    }
    let held_out = if data.held_out.is_empty() { &data.samples } else { &data.held_out };
    let mut tried: Vec<(f64, Mechanical, Vec<Expr>, String)> = Vec::new();
    'stages: for stage in &library.stages {
        let potentials: Vec<Expr> =
            stage.terms.iter().filter(|t| t.momentum_degree == 0).map(|t| t.formula.clone()).collect();
        let fitted = usable_terms(&potentials, &data.inputs, &data.samples.states)?;
        let checked = usable_terms(&potentials, &data.inputs, &held_out.states)?;
        let periodic = periodic(&potentials, data)?;
        let good = fitted.into_iter().zip(checked).zip(periodic).map(|((a, b), c)| a && b && c);
        let potentials: Vec<Expr> =
            potentials.into_iter().zip(good).filter(|(_, good)| *good).map(|p| p.0).collect();
        let coordinates = |term: &Expr| {
            let symbols = term.symbols();
            data.variables.coordinates.iter().filter(|q| symbols.contains(q)).count()
        };
        let apart: Vec<Expr> = potentials.iter().filter(|t| coordinates(t) < 2).cloned().collect();
        // Without coupling first: data of one motion only may not tell a coupling from none.
        let mut sets = vec![apart];
        if sets[0].len() < potentials.len() {
            sets.push(potentials);
        }
        for potentials in sets.into_iter().filter(|p| !p.is_empty() && p.len() <= MOST_POTENTIALS) {
            let window = window(data);
            let Ok(found) = mechanical(&potentials, &data.inputs, &data.paths, &data.smooth, window) else {
                continue;
            };
            let misfit = misfit(&found, &potentials, data, held_out)?;
            let told = tell(&StageReport {
                stage: format!("{}, {}", stage.name, if found.uncoupled { "apart" } else { "coupled" }),
                terms: potentials.len(),
                kept: found.potential.len(),
                residual: misfit,
                chi: None,
            });
            if misfit.is_finite() {
                tried.push((misfit, found, potentials, stage.name.clone()));
            }
            if told.is_break() {
                break 'stages;
            }
        }
    }
    let least = |coupled: bool| {
        let some = tried.iter().filter(|t| coupled || t.1.uncoupled);
        some.map(|t| t.0).fold(f64::INFINITY, f64::min)
    };
    // A coupling must pay, and then each further term.
    let coupled = least(true) < BETTER * least(false);
    let limit = least(coupled) / BETTER;
    let fits = tried.into_iter().filter(|t| (coupled || t.1.uncoupled) && t.0 <= limit);
    let simplest = fits.min_by_key(|t| t.1.potential.len());
    Ok(simplest.map(|(misfit, found, potentials, stage)| describe(&found, &potentials, data, misfit, stage)))
}

/// How much worse on held-out data kinetic and potential energy with fewer terms may be than a Hamiltonian of any form
/// that does not explain the data either.
const PLAINER: f64 = 2.0;

/// Whether kinetic and potential energy, with friction beside, say more than what was found without them.
pub(super) fn is_better(found: &RecoveredHamiltonian, other: Option<&RecoveredHamiltonian>) -> bool {
    other.is_none_or(|other| {
        let fewer = found.terms.len() < other.terms.len();
        found.residual < if fewer { PLAINER * other.residual } else { other.residual }
    })
}

/// Which terms take no notice of full turns of the declared angles.
fn periodic(terms: &[Expr], data: &Prepared) -> Result<Vec<bool>, FitError> {
    let tape = Tape::new(terms, &data.inputs)?;
    let width = data.inputs.len();
    let states = &data.samples.states[..width * data.samples.len().min(20)];
    let values = tape.evaluate(states);
    let mut same = vec![true; terms.len()];
    for (c, _) in data.inputs.iter().enumerate().filter(|(_, x)| data.variables.angles.contains(x)) {
        let mut turned = states.to_vec();
        turned.iter_mut().skip(c).step_by(width).for_each(|x| *x += std::f64::consts::TAU);
        for (at, (a, b)) in tape.evaluate(&turned).iter().zip(&values).enumerate() {
            // A value that is not finite is no reason to keep or drop a term here.
            same[at % terms.len()] &= (a - b).abs() <= 1e-9 * (1.0 + b.abs()) || !b.is_finite();
        }
    }
    Ok(same)
}

/// Windows of half the shortest time in which a velocity turns: longer ones average the fast motion away.
fn window(data: &Prepared) -> f64 {
    let half = data.inputs.len() / 2;
    let rms = |values: &[f64], c: usize| {
        values.iter().skip(c).step_by(2 * half).map(|x| x * x).sum::<f64>().sqrt().max(f64::MIN_POSITIVE)
    };
    let turn = |i: usize| {
        let states: f64 = rms(&data.samples.states, half + i);
        states / rms(&data.samples.fields, half + i)
    };
    0.5 * std::f64::consts::TAU * (0..half).map(turn).fold(f64::INFINITY, f64::min)
}

/// rms misfit of all velocities and accelerations, each in units of its rms.
fn misfit(
    found: &Mechanical,
    potentials: &[Expr],
    data: &Prepared,
    samples: &Samples,
) -> Result<f64, FitError> {
    let (width, half) = (samples.width, samples.width / 2);
    let terms: Vec<Expr> = found.potential.iter().map(|(j, _)| potentials[*j].clone()).collect();
    let (_, gradients) = Tape::new(&terms, &data.inputs)?.gradient(&samples.states);
    let scales = samples.field_scales();
    let mut sum = 0.0;
    for s in 0..samples.len() {
        let (state, field) = (&samples.states[s * width..], &samples.fields[s * width..]);
        for i in 0..half {
            let slope: f64 = found
                .potential
                .iter()
                .enumerate()
                .map(|(k, (_, c))| c.value * gradients[(s * terms.len() + k) * width + i])
                .sum();
            let force = -slope / found.masses[i].value - found.friction[i].value * state[half + i];
            sum += ((field[half + i] - force) / scales[half + i]).powi(2);
            sum += ((field[i] - state[half + i]) / scales[i]).powi(2);
        }
    }
    Ok((sum / (samples.len() * width).max(1) as f64).sqrt())
}

fn describe(found: &Mechanical, potentials: &[Expr], data: &Prepared, misfit: f64, stage: String) -> Found {
    // A rational mass is tried only: what follows must then explain the data to its noise.
    let snapped =
        |m: &Measured| justified_snap(m.value, (3.0 * m.error).max(1e-4 * m.value)).map(|s| s.value);
    let conservative = found.masses.iter().all(|m| m.error == 0.0 || snapped(m).is_some())
        && found.friction.iter().all(|g| g.value.abs() <= (3.0 * g.error).max(1e-4 / data.period));
    let number = |m: &Measured| match snapped(m) {
        Some(value) if conservative => value,
        _ => decimal(m.value, supported_digits(m.value, m.error).max(2)),
    };
    let masses: Vec<Rational> = found.masses.iter().map(number).collect();
    let mut terms = Vec::new();
    for (momentum, (mass, value)) in data.variables.momenta.iter().zip(found.masses.iter().zip(&masses)) {
        let measured = 0.5 / mass.value;
        let error = measured * mass.error / mass.value;
        terms.push(RecoveredTerm {
            term: Expr::Symbol(momentum.clone()).to_power(2),
            measured,
            standard_error: error,
            value: match mass.error == 0.0 {
                true => Rational::from(1) / (Rational::from(2) * value.clone()),
                false => decimal(measured, supported_digits(measured, error).max(2)),
            },
            chance: None,
        });
    }
    for (j, c) in &found.potential {
        terms.push(RecoveredTerm {
            term: potentials[*j].clone(),
            measured: c.value,
            standard_error: c.error,
            value: decimal(c.value, supported_digits(c.value, c.error).max(2)),
            chance: None,
        });
    }
    let formula =
        Expr::sum(terms.iter().map(|t| Expr::product([Expr::number(t.value.clone()), t.term.clone()])));
    let mechanics = Mechanics {
        masses: found.masses.clone(),
        uncoupled: found.uncoupled,
        friction: found.friction.clone(),
        residual: found.residual,
        kinetic_ratio: kinetic_ratio(data, found),
    };
    Found {
        hamiltonian: RecoveredHamiltonian {
            formula,
            terms,
            exact: false,
            explains: false,
            residual: misfit,
            chi: None,
            stage,
            mechanics: Some(mechanics),
        },
        masses: masses.iter().map(|m| m.to_f64().value()).collect(),
        conservative,
    }
}

/// Mean kinetic energy in the last fifth of each trajectory's time over that in the first, all data together.
fn kinetic_ratio(data: &Prepared, found: &Mechanical) -> f64 {
    let half = data.inputs.len() / 2;
    let (mut first, mut last) = ((0.0, 0usize), (0.0, 0usize));
    // A single trajectory was cut in two: it is one again here.
    let whole: Vec<Vec<&[f64]>> = match (data.paths.as_slice(), data.test_paths.as_slice()) {
        ([a], [b]) => vec![[&a.states, &b.states].iter().flat_map(|s| s.chunks_exact(2 * half)).collect()],
        _ => data
            .paths
            .iter()
            .chain(&data.test_paths)
            .map(|p| p.states.chunks_exact(2 * half).collect())
            .collect(),
    };
    for rows in whole {
        for (at, row) in rows.iter().enumerate() {
            let energy: f64 = (0..half).map(|i| found.masses[i].value * row[half + i].powi(2)).sum();
            let side = match 5 * at / rows.len() {
                0 => &mut first,
                4 => &mut last,
                _ => continue,
            };
            side.0 += energy;
            side.1 += 1;
        }
    }
    (last.0 / last.1.max(1) as f64) / (first.0 / first.1.max(1) as f64).max(f64::MIN_POSITIVE)
}

/// The observations with momenta in place of velocities.
pub(super) fn with_momenta(observations: &Observations, masses: &[f64]) -> Observations {
    let mut converted = observations.clone();
    let half = masses.len();
    for trajectory in &mut converted.trajectories.trajectories {
        let rows = trajectory.states.chunks_exact_mut(2 * half);
        let rates = trajectory.derivatives.iter_mut().flat_map(|d| d.chunks_exact_mut(2 * half));
        for row in rows.chain(rates) {
            row[half..].iter_mut().zip(masses).for_each(|(p, m)| *p *= m);
        }
    }
    converted
}

/// What a reader should know of masses and losses, a sentence each.
pub(super) fn notes(mechanics: &Mechanics, set: &TrajectorySet) -> Vec<String> {
    let list = |values: &[Measured]| {
        let one = |(symbol, m): (&Symbol, &Measured)| format!("{} ({symbol})", plus_minus(m));
        set.coordinates.iter().zip(values).map(one).collect::<Vec<_>>().join(", ")
    };
    let names = set.momenta.iter().map(Symbol::to_string).collect::<Vec<_>>().join(", ");
    let mut notes = vec![if mechanics.uncoupled {
        format!(
            "{names} in the data are velocities; nothing couples the coordinates, so that their masses \
             cannot be told apart and are set to 1"
        )
    } else {
        format!(
            "{names} in the data are velocities; in H they stand for momenta, mass times velocity, with \
             masses learned from the forces: {}",
            list(&mechanics.masses)
        )
    }];
    let change = 100.0 * (mechanics.kinetic_ratio - 1.0);
    notes.push(format!(
        "friction beside H: {} per unit of time; from the first to the last fifth of the time the mean kinetic \
         energy changes by {change:.0} %, and H is conserved only up to this",
        list(&mechanics.friction)
    ));
    notes.push(format!(
        "H and friction leave {:.1} % (rms) of the accelerations unexplained, averaged over windows of the \
         fitted data",
        100.0 * mechanics.residual
    ));
    notes
}

/// `2.27 ± 0.03`, or the bare value where it is exact.
fn plus_minus(m: &Measured) -> String {
    if m.error == 0.0 {
        return format!("{}", m.value);
    }
    let digits = (1 - m.error.abs().log10().floor() as i32).clamp(0, 12) as usize;
    format!("{:.digits$} ± {:.digits$}", m.value, m.error)
}

//! What the networks keep and the printed laws do not say.
//!
//! Where learned momenta are conserved but are no functions of H and the laws that were found, there is likely a further
//! law. Both are judged on held-out runs, run by run:
//!
//! ```text
//! outside(F) = Σ|∇F off the span of the laws' gradients|² / Σ|∇F|²      no function of the laws, whatever its form
//! drift(F)²  = Σ(F − its mean along the run)² / Σ|∇F|²                  as the evidence of every law
//! ```
//!
//! with F a combination of the learned momenta and gradients in units of the spread of each column. F counts as a
//! further law if drift² ≤ 0.003·outside and outside ≥ 0.1, each with three standard errors of the mean over runs to
//! spare.
//!
//! The limits come from trainings of 23 systems with up to five seeds (results/further-laws.md), each judged with all of
//! its laws and with H alone. With laws left out, drift²/outside is 8e-4 or less but for three trainings that had not
//! converged (up to 0.014: no further law is said of them); of momenta that are conserved only nearly, as on chaotic
//! systems, it is 0.018 or more. Momenta that are functions of the laws have at most 0.03 outside.
//!
//! Any motion has 2n − 1 functions that are constant for a while: runs in which the motion does not turn once say nothing
//! of conservation.

use crate::data::Trajectory;
use crate::expr::{Expr, Symbol};
use crate::learn::{LearnError, LearnedCoordinates, Momenta};
use crate::recover::first_order::{Config, Observations, Prepared};
use crate::regression::RegressionError;
use crate::regression::conserved::{Candidate, Evaluated, Measure, eigenvectors, residual};

/// The largest drift² of a further law, as a share of its part outside.
const DRIFT: f64 = 3e-3;
/// The least part outside of a further law.
const OUTSIDE: f64 = 0.1;
/// Standard errors to spare.
const ERRORS: f64 = 3.0;
/// The most runs that are judged, and points of each.
const MOST: (usize, usize) = (100, 200);

/// Whether there are likely laws beside those that were found.
#[derive(Clone, PartialEq, Debug)]
pub enum FurtherLaws {
    /// The data cannot tell.
    Unknown(WhyUnknown),
    /// The combinations of learned momenta that are no functions of the laws found.
    Judged {
        /// Those that are conserved: as many further laws are likely.
        likely: Vec<FurtherLaw>,
        /// Those of which that is not clear.
        unclear: Vec<FurtherLaw>,
    },
}

/// Why nothing is said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WhyUnknown {
    /// There are fewer than two held-out runs.
    FewRuns,
    /// Some learned momenta are no functions of the laws, but in the held-out runs the motion does not turn once.
    ShortRuns,
    /// A law has no value on a held-out state.
    UndefinedLaw,
    /// The network has no cyclic momenta.
    NoMomenta,
}

/// The evidence for one further law F.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct FurtherLaw {
    /// The part of ∇F outside the span of the laws' gradients: a share of its square.
    pub outside: Ratio,
    /// The square of the rms deviation of F from its mean along each run, relative to what it would be if the state moved
    /// as far as it does over all runs.
    pub square_drift: Ratio,
    /// How many held-out runs say so.
    pub runs: usize,
}

/// A ratio of sums over runs, with the standard error that the runs give it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Ratio {
    /// The ratio.
    pub value: f64,
    /// Its standard error.
    pub error: f64,
}

/// Judges the momenta of a network against laws, given by name and formula, on what was observed.
///
/// # Errors
/// Laws with other variables than the data, or data that cannot be used.
pub fn further_laws(
    learned: &LearnedCoordinates,
    known: &[(Symbol, Expr)],
    observed: &Observations,
) -> Result<FurtherLaws, LearnError> {
    laws(learned, known, &Prepared::new(observed, &Config::default())?)
}

/// Judges the learned momenta against the laws, H among them where it explains the data.
///
/// # Errors
/// Laws with other variables than the data.
pub(super) fn laws(
    learned: &LearnedCoordinates,
    known: &[(Symbol, Expr)],
    data: &Prepared,
) -> Result<FurtherLaws, LearnError> {
    let runs = Runs::of(&data.test_paths);
    match () {
        () if learned.cyclic() == 0 => return Ok(FurtherLaws::Unknown(WhyUnknown::NoMomenta)),
        () if runs.lengths.len() < 2 => return Ok(FurtherLaws::Unknown(WhyUnknown::FewRuns)),
        () => {}
    }
    let formulas: Vec<Expr> = known.iter().map(|(_, formula)| formula.clone()).collect();
    let laws = Evaluated::new(&formulas, &data.inputs, &runs.states, &data.scales)?;
    if laws.gradients.iter().any(|slope| !slope.is_finite()) {
        return Ok(FurtherLaws::Unknown(WhyUnknown::UndefinedLaw));
    }
    let others = no_functions_of(&evaluated(learned.evaluate(&runs.states)?, &data.scales), &laws)?;
    match others {
        Some(_) if runs.span < data.period => Ok(FurtherLaws::Unknown(WhyUnknown::ShortRuns)),
        Some(others) => {
            let tested = tested(&others, &laws, &runs.lengths)?;
            let (likely, unclear) = tested.into_iter().partition(FurtherLaw::is_likely);
            Ok(FurtherLaws::Judged { likely, unclear })
        }
        None => Ok(FurtherLaws::Judged { likely: Vec::new(), unclear: Vec::new() }),
    }
}

/// Held-out runs, thinned.
struct Runs {
    states: Vec<f64>,
    lengths: Vec<usize>,
    /// The median time that a run lasts.
    span: f64,
}

impl Runs {
    fn of(paths: &[Trajectory]) -> Runs {
        let stride = paths.len().div_ceil(MOST.0).max(1);
        let (mut states, mut lengths, mut spans) = (Vec::new(), Vec::new(), Vec::new());
        for path in paths.iter().step_by(stride) {
            let stride = path.points().div_ceil(MOST.1).max(1);
            let rows: Vec<&[f64]> = path.states.chunks_exact(path.width()).step_by(stride).collect();
            lengths.push(rows.len());
            rows.iter().for_each(|row| states.extend_from_slice(row));
            spans.push(path.times.last().zip(path.times.first()).map_or(0.0, |(last, first)| last - first));
        }
        let span = if spans.is_empty() { 0.0 } else { crate::data::median(spans) };
        Runs { states, lengths, span }
    }
}

/// The learned momenta as functions, their gradients in units of the spread of each column.
fn evaluated(momenta: Momenta, scales: &[f64]) -> Evaluated {
    let mut gradients = momenta.gradients;
    gradients.iter_mut().zip(scales.iter().cycle()).for_each(|(slope, scale)| *slope *= scale);
    Evaluated { functions: momenta.count, width: scales.len(), values: momenta.values, gradients }
}

/// The combinations of functions that are no functions of the laws, if there are any.
fn no_functions_of(functions: &Evaluated, laws: &Evaluated) -> Result<Option<Evaluated>, RegressionError> {
    let all: Vec<usize> = (0..functions.functions).collect();
    let found = eigenvectors(functions, &all, Measure::Span(&laws.gradients, laws.functions))?;
    let others: Vec<Candidate> = found.into_iter().filter(|f| f.residual.powi(2) >= OUTSIDE).collect();
    Ok((!others.is_empty()).then(|| combined(functions, &others)))
}

/// The combinations of these functions that change least along runs of these lengths, least first. Each is judged against
/// the laws and the further laws before it, and left out where it is a function of these.
fn tested(
    others: &Evaluated,
    laws: &Evaluated,
    lengths: &[usize],
) -> Result<Vec<FurtherLaw>, RegressionError> {
    let all: Vec<usize> = (0..others.functions).collect();
    let mut known = laws.clone();
    let mut found = Vec::new();
    for one in eigenvectors(others, &all, Measure::Trajectory(lengths))? {
        let function = combined(others, std::slice::from_ref(&one));
        let law = FurtherLaw::of(&function, &known, lengths);
        if law.is_likely() {
            known = joined(&known, &function);
        } else if law.outside.value < OUTSIDE {
            continue;
        }
        found.push(law);
    }
    Ok(found)
}

/// The functions of both, on the same states.
fn joined(first: &Evaluated, second: &Evaluated) -> Evaluated {
    let side_by_side = |a: &[f64], b: &[f64], widths: [usize; 2]| -> Vec<f64> {
        let rows = b.chunks_exact(widths[1]).enumerate();
        rows.flat_map(|(k, row)| a[k * widths[0]..(k + 1) * widths[0]].iter().chain(row).copied()).collect()
    };
    let counts = [first.functions, second.functions];
    let widths = counts.map(|count| count * second.width);
    Evaluated {
        functions: counts.iter().sum(),
        width: second.width,
        values: side_by_side(&first.values, &second.values, counts),
        gradients: side_by_side(&first.gradients, &second.gradients, widths),
    }
}

/// Combinations of functions as functions.
fn combined(functions: &Evaluated, combinations: &[Candidate]) -> Evaluated {
    let (count, width) = (functions.functions, functions.width);
    let (mut values, mut gradients) = (Vec::new(), Vec::new());
    let rows = functions.values.chunks_exact(count).zip(functions.gradients.chunks_exact(count * width));
    for (own, slopes) in rows {
        for combination in combinations {
            let coefficients = &combination.coefficients;
            values.push(own.iter().zip(coefficients).map(|(v, c)| v * c).sum());
            gradients.extend((0..width).map(|k| {
                let column = slopes.iter().skip(k).step_by(width);
                column.zip(coefficients).map(|(slope, c)| slope * c).sum::<f64>()
            }));
        }
    }
    Evaluated { functions: combinations.len(), width, values, gradients }
}

impl Ratio {
    fn of(parts: &[(f64, f64)]) -> Ratio {
        let runs = parts.len() as f64;
        let (above, below) = parts.iter().fold((0.0, 0.0), |(a, b), part| (a + part.0, b + part.1));
        let value = above / below.max(f64::MIN_POSITIVE);
        let squares: f64 = parts.iter().map(|(a, b)| (a - value * b).powi(2)).sum();
        let error = (squares * runs / (runs - 1.0)).sqrt() / below.max(f64::MIN_POSITIVE);
        Ratio { value, error }
    }
}

impl FurtherLaw {
    /// The rms deviation of F from its mean along each run, relative.
    pub fn drift(&self) -> f64 {
        self.square_drift.value.sqrt()
    }

    /// A function on held-out runs.
    fn of(function: &Evaluated, laws: &Evaluated, lengths: &[usize]) -> FurtherLaw {
        let (mut drift, mut outside) = (Vec::new(), Vec::new());
        let mut start = 0;
        for &length in lengths {
            let (own, others) = (run_of(function, start, length), run_of(laws, start, length));
            let size: f64 = own.gradients.iter().map(|slope| slope * slope).sum();
            let part = |measure: Measure<'_>| (size * residual(&own, &[1.0], measure).powi(2), size);
            drift.push(part(Measure::Trajectory(&[length])));
            outside.push(part(Measure::Span(&others.gradients, laws.functions)));
            start += length;
        }
        FurtherLaw { outside: Ratio::of(&outside), square_drift: Ratio::of(&drift), runs: lengths.len() }
    }

    fn is_likely(&self) -> bool {
        let most = self.square_drift.value + ERRORS * self.square_drift.error;
        let least = self.outside.value - ERRORS * self.outside.error;
        least >= OUTSIDE && most <= DRIFT * least
    }
}

/// Functions on the states of one run.
fn run_of(functions: &Evaluated, start: usize, length: usize) -> Evaluated {
    let part = |values: &[f64], each: usize| values[start * each..(start + length) * each].to_vec();
    let Evaluated { functions: count, width, .. } = *functions;
    Evaluated {
        functions: count,
        width,
        values: part(&functions.values, count),
        gradients: part(&functions.gradients, count * width),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{TrajectorySet, coordinate_scales};
    use crate::dynamics::{SimulationConfig, simulate};
    use crate::expr::parse;
    use crate::system::System;

    /// What is said of functions that stand for learned momenta, given these laws, on runs of the charged particle; `H`
    /// and `L` stand for its laws.
    fn said(momenta: [&str; 2], laws: &[&str]) -> Vec<FurtherLaw> {
        let system = System::load("charged-particle").unwrap();
        let config = SimulationConfig { trajectories: Some(12), ..SimulationConfig::default() };
        let set: TrajectorySet = simulate(&system, &config).unwrap();
        let runs = Runs::of(&set.trajectories);
        let scales = coordinate_scales(&runs.states, 2 * set.dof());
        let functions = |texts: &[&str]| {
            let written = |text: &str| parse(&text.replace('H', H).replace('L', L)).unwrap();
            let formulas: Vec<Expr> = texts.iter().map(|text| written(text)).collect();
            Evaluated::new(&formulas, &system.variables(), &runs.states, &scales).unwrap()
        };
        let laws = functions(laws);
        let others = no_functions_of(&functions(&momenta), &laws).unwrap();
        let tested = others.map_or_else(Vec::new, |others| tested(&others, &laws, &runs.lengths).unwrap());
        tested.into_iter().filter(FurtherLaw::is_likely).collect()
    }

    const H: &str = "((px + qy)^2 + (py - qx)^2 + qx^2 + qy^2)";
    const L: &str = "(qx*py - qy*px)";

    #[test]
    fn a_law_that_was_not_found_is_likely() {
        let found = said(["H + 3*L", "exp(L) - 0.2*H^2"], &["H"]);
        assert!(found.len() == 1 && found[0].drift() < 1e-6 && found[0].outside.value > 0.5, "{found:?}");
        assert_eq!(found[0].runs, 12);
        assert_eq!(said(["H + 3*L", "exp(L) - 0.2*H^2"], &[]).len(), 2);
    }

    #[test]
    fn functions_of_each_other_are_one_further_law() {
        assert_eq!(said(["L + H", "L^2 - 3*L*H"], &["H"]).len(), 1);
        assert_eq!(said(["L", "exp(3*L) - L^2"], &[]).len(), 1);
    }

    #[test]
    fn functions_of_the_laws_are_none_whatever_their_form() {
        assert_eq!(said(["1/(0.05 + H)", "exp(-20*L^2)"], &["H", "L"]), []);
    }

    #[test]
    fn what_is_not_conserved_is_none() {
        assert_eq!(said(["L + 0.1*qx", "H"], &["H"]), []);
        // The error of a network.
        assert_eq!(said(["L + 0.003*qx", "H"], &["H"]).len(), 1);
    }

    #[test]
    fn one_run_that_differs_counts_in_the_error() {
        let even = Ratio::of(&[(1.0, 2.0), (1.0, 2.0), (1.0, 2.0)]);
        assert_eq!((even.value, even.error), (0.5, 0.0));
        let uneven = Ratio::of(&[(0.0, 1.0), (0.0, 1.0), (3.0, 1.0)]);
        assert!((uneven.value - 1.0).abs() < 1e-12 && (uneven.error - 1.0).abs() < 1e-12, "{uneven:?}");
    }
}

//! What is done when no form reaches the noise: N equations are then not N facts, and the shortest form that predicts
//! the runs left out about as well as any is the answer.

use std::collections::BTreeMap;

use super::problem::{OVERLAP, overlaps};
use super::refine::{Form, Masses, refine};
use super::{Model, Problem, Terms};
use crate::progress::Job;
use crate::regression::RegressionError;
use crate::regression::beam::{BeamConfig, Support, beam_search};
use crate::regression::gram::solve_with_ridge;
use crate::regression::varpro::VarproConfig;

/// How forms are compared on what was left out.
#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub struct HeldOutConfig {
    /// The floors of the whitening, in units of the rms acceleration: a form is found at the floor that hides what the
    /// library cannot explain.
    pub floors: [f64; 6],
    /// The largest form.
    pub size: usize,
}

impl Default for HeldOutConfig {
    /// The values of the design note on recordings, section 8.
    fn default() -> HeldOutConfig {
        HeldOutConfig { floors: [1e-1, 3e-2, 1e-2, 3e-3, 1e-3, 1e-4], size: 5 }
    }
}

/// The refinement of a support.
fn refinement() -> VarproConfig {
    VarproConfig { rounds: 6, ..VarproConfig::default() }
}

/// The supports of each size that are refined.
const OF_SIZE: usize = 3;

/// A mean logarithmic excess of the error below this is no difference.
const NEGLIGIBLE: f64 = 0.02;

/// A term must exceed this many jackknife errors.
const SIGNIFICANCE: f64 = 3.0;

/// How well a form predicts what its constants were not fitted to.
#[derive(Clone, PartialEq, Debug)]
pub struct HeldOut {
    /// The geometric mean of [`blocks`](Self::blocks).
    pub error: f64,
    /// For each run or stretch that was left out, the rms error of the accelerations in units of their rms.
    pub blocks: Vec<f64>,
    /// Jackknife standard errors of the coefficients.
    pub standard_errors: Vec<f64>,
}

/// The equations of a form with unit rms acceleration in each piece, by blocks that are left out in turn.
struct Blocked {
    /// For each equation its block.
    blocks: Vec<usize>,
    count: usize,
    left: Vec<f64>,
    /// For each equation its row of coefficients, `[equations, terms]`.
    rows: Vec<f64>,
}

/// Refits the coefficients with each run left out, or each stretch of time where there are fewer than three runs
/// ([`Config::stretches`](super::problem::Config::stretches)), and tests them there. Masses and nonlinear parameters stay. Blocks of fewer than four equations count
/// for the fits alone.
pub fn held_out(problem: &Problem, model: &Model) -> HeldOut {
    let blocked = blocked(problem, model);
    let k = model.terms.len();
    let mut blocks = Vec::new();
    let mut coefficients = Vec::new();
    for block in 0..blocked.count {
        let c = blocked.fit_without(block, k);
        let (mut square, mut count) = (0.0, 0);
        for (row, a, _) in blocked.equations(k).filter(|(_, _, own)| *own == block) {
            let fitted: f64 = row.iter().zip(&c).map(|(x, c)| x * c).sum();
            square += (a - fitted).powi(2);
            count += 1;
        }
        if count >= 4 {
            blocks.push((square / f64::from(count)).sqrt());
        }
        coefficients.push(c);
    }
    let mean_log = blocks.iter().map(|e| (e + 1e-12).ln()).sum::<f64>() / blocks.len().max(1) as f64;
    let standard_errors = (0..k).map(|j| jackknife(coefficients.iter().map(|c| c[j]))).collect();
    HeldOut { error: mean_log.exp(), blocks, standard_errors }
}

/// √((B − 1)/B Σ (c_b − mean)²).
fn jackknife(values: impl ExactSizeIterator<Item = f64> + Clone) -> f64 {
    let count = values.len() as f64;
    let mean = values.clone().sum::<f64>() / count;
    ((count - 1.0) / count * values.map(|c| (c - mean).powi(2)).sum::<f64>()).sqrt()
}

fn blocked(problem: &Problem, model: &Model) -> Blocked {
    let k = model.terms.len();
    let integrals = problem.integrals(&model.terms);
    let left = problem.weak.left();
    let mut scales = vec![1.0; problem.weak.rows()];
    for (_, _, rows) in problem.weak.pieces() {
        let squares: f64 = left.iter().flat_map(|a| &a[rows.clone()]).map(|a| a * a).sum();
        scales[rows.clone()].fill(((left.len() * rows.len()) as f64 / (squares + f64::MIN_POSITIVE)).sqrt());
    }
    let (of_rows, count) = numbered(problem);
    let mut out = Blocked { blocks: Vec::new(), count, left: Vec::new(), rows: Vec::new() };
    for (i, integrals) in integrals.iter().enumerate() {
        for (r, scale) in scales.iter().enumerate().filter(|(r, _)| !problem.weak.masked()[*r]) {
            out.blocks.push(of_rows[r]);
            out.left.push(left[i][r] * scale);
            out.rows.extend((0..k).map(|j| model.inverse_masses[i] * integrals[(r, j)] * scale));
        }
    }
    out
}

/// The block of each equation of a coordinate, numbered from 0, and their number.
fn numbered(problem: &Problem) -> (Vec<usize>, usize) {
    let mut runs: Vec<usize> = problem.places.iter().map(|place| place.run).collect();
    runs.dedup();
    runs.sort_unstable();
    runs.dedup();
    let stretches = problem.stretches;
    let key = |place: &super::Place| match runs.len() {
        0..3 => ((place.time * stretches as f64) as usize).min(stretches - 1),
        _ => place.run,
    };
    let mut numbers = BTreeMap::new();
    problem.places.iter().for_each(|place| {
        numbers.insert(key(place), 0);
    });
    numbers.values_mut().enumerate().for_each(|(number, value)| *value = number);
    (problem.places.iter().map(|place| numbers[&key(place)]).collect(), numbers.len())
}

impl Blocked {
    fn equations(&self, k: usize) -> impl Iterator<Item = (&[f64], f64, usize)> {
        let rows = self.rows.chunks_exact(k.max(1)).zip(&self.left).zip(&self.blocks);
        rows.map(|((row, a), block)| (row, *a, *block))
    }

    /// Least squares over all blocks but one.
    fn fit_without(&self, block: usize, k: usize) -> Vec<f64> {
        let (mut matrix, mut right) = (vec![0.0; k * k], vec![0.0; k]);
        for (row, a, _) in self.equations(k).filter(|(_, _, own)| *own != block) {
            for (i, x) in row.iter().enumerate() {
                right[i] += x * a;
                row.iter().zip(&mut matrix[i * k..]).for_each(|(y, m)| *m += x * y);
            }
        }
        solve_with_ridge(&matrix, &right, 1e-13)
    }
}

/// A model with its errors on what was left out.
#[derive(Clone, Debug)]
pub struct Tested {
    /// The model; its score orders the models.
    pub model: Model,
    /// Its errors.
    pub held_out: HeldOut,
}

/// The forms found at several floors, best first: the shortest whose held-out error is within one standard error of
/// the least, its insignificant terms dropped; then the others. `starts` are the inverse masses of the bodies to try.
///
/// # Errors
/// If the equations cannot be whitened.
pub fn shortest_form(
    problem: &mut Problem,
    starts: &[Vec<f64>],
    job: &Job<'_>,
    config: &HeldOutConfig,
) -> Result<Vec<Tested>, RegressionError> {
    let mut all: Vec<Tested> = Vec::new();
    for &floor in &config.floors {
        if job.is_cancelled() {
            break;
        }
        problem.whiten(None, floor, Terms::Plain)?;
        let bodies = problem.bodies().len();
        let equal = std::iter::once((Masses::Equal, vec![1.0; bodies]));
        let own = starts.iter().filter(|_| bodies > 1).map(|start| (Masses::Own, start.clone()));
        for (masses, start) in equal.chain(own) {
            for support in supports(problem, masses, &start, config) {
                let form = Form::of_support(problem, &support, masses);
                let Some(model) = refine(problem, &form, &refinement()) else { continue };
                let held_out = held_out(problem, &model);
                all.push(Tested { model, held_out });
            }
        }
    }
    all.sort_by(|a, b| a.held_out.error.total_cmp(&b.held_out.error));
    let mut ranked = ranked(distinct(all));
    if let Some(best) = ranked.first_mut() {
        drop_insignificant(problem, best);
    }
    Ok(ranked)
}

/// The best supports of each size.
fn supports(problem: &Problem, masses: Masses, start: &[f64], config: &HeldOutConfig) -> Vec<Support> {
    let Some(gram) = problem.gram() else { return Vec::new() };
    let rounds = if masses == Masses::Own { 5 } else { 1 };
    let beam = BeamConfig { width: 10, size: config.size, rounds, ..BeamConfig::default() };
    let mut found =
        beam_search(gram, problem.candidates(Terms::Plain), &problem.usable(Terms::Plain), start, 1.0, &beam);
    let mut of_size = BTreeMap::<usize, usize>::new();
    found.retain(|support| {
        let count = of_size.entry(support.terms.len()).or_default();
        *count += 1;
        *count <= OF_SIZE
    });
    found
}

/// One of each form: the best.
fn distinct(sorted: Vec<Tested>) -> Vec<Tested> {
    let mut out: Vec<Tested> = Vec::new();
    for tested in sorted {
        let same = |other: &Tested| {
            let (a, b) = (&other.model, &tested.model);
            a.masses() == b.masses()
                && a.terms.len() == b.terms.len()
                && a.terms.iter().all(|term| b.terms.iter().any(|own| own.same_form(term)))
        };
        if !out.iter().any(same) {
            out.push(tested);
        }
    }
    out
}

/// Orders models by length among those within one standard error of the first, the others after them by error.
fn ranked(mut sorted: Vec<Tested>) -> Vec<Tested> {
    let Some(best) = sorted.first().map(|tested| tested.held_out.blocks.clone()) else { return sorted };
    for Tested { model, held_out } in &mut sorted {
        let (excess, error) = excess(&held_out.blocks, &best);
        let length: f64 = model.terms.iter().map(|term| 3.0 + 2.0 * term.cost()).sum();
        let length = length + OVERLAP * overlaps(&model.terms) as f64;
        let worse = if excess <= error.max(NEGLIGIBLE) { 0.0 } else { 1000.0 + 1000.0 * excess };
        model.score = worse + length + 4.0 * model.masses() as f64;
    }
    sorted.sort_by(|a, b| a.model.score.total_cmp(&b.model.score));
    sorted
}

/// Mean and standard error of the logarithmic ratios of two models' errors over the blocks.
fn excess(blocks: &[f64], best: &[f64]) -> (f64, f64) {
    let logs: Vec<f64> = blocks.iter().zip(best).map(|(a, b)| ((a + 1e-15) / (b + 1e-15)).ln()).collect();
    let count = logs.len() as f64;
    let mean = logs.iter().sum::<f64>() / count;
    let variance = logs.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (count - 1.0).max(1.0);
    (mean, (variance / count).sqrt())
}

/// Drops the least significant term as long as one stays below the limit.
fn drop_insignificant(problem: &Problem, tested: &mut Tested) {
    while tested.model.terms.len() > 1 {
        let ratio = |(c, s): (&f64, &f64)| c.abs() / s;
        let ratios: Vec<f64> =
            tested.model.coefficients.iter().zip(&tested.held_out.standard_errors).map(ratio).collect();
        let Some(weakest) = (0..ratios.len()).min_by(|&a, &b| ratios[a].total_cmp(&ratios[b])) else { break };
        if ratios[weakest] >= SIGNIFICANCE {
            break;
        }
        let form = Form::of_model(problem, &tested.model).without(weakest);
        let Some(mut model) = refine(problem, &form, &refinement()) else { break };
        model.score = tested.model.score;
        tested.held_out = held_out(problem, &model);
        tested.model = model;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_compared_block_by_block() {
        let (mean, error) = excess(&[2.0, 4.0, 8.0], &[1.0, 2.0, 4.0]);
        assert!((mean - 2f64.ln()).abs() < 1e-9 && error < 1e-9);
        let (mean, error) = excess(&[2.0, 1.0], &[1.0, 2.0]);
        assert!(mean.abs() < 1e-9 && (error - 2f64.ln()).abs() < 1e-9);
    }

    #[test]
    fn the_jackknife_of_a_mean_is_its_standard_error() {
        let values = [1.0, 2.0, 4.0, 7.0];
        let without = |k: usize| (14.0 - values[k]) / 3.0;
        let variance = values.iter().map(|x| (x - 3.5f64).powi(2)).sum::<f64>() / 3.0;
        let got = jackknife([0, 1, 2, 3].map(without).into_iter());
        assert!((got - (variance / 4.0).sqrt()).abs() < 1e-12);
    }
}

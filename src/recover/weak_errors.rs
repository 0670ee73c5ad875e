//! Errors of constants from the weak form alone.

use super::{Model, Problem};
use crate::regression::triangle::Triangle;
use crate::terms::joint::Column;

/// The covariance s²·(JᵀJ)⁻¹ of the constants θ of a model, row by row `[p, p]`, where J holds the derivatives of the
/// whitened equations. Infinite variances where they are not determined.
pub fn covariance(problem: &Problem, model: &Model, s2: f64) -> Vec<f64> {
    let p = model.constants().len();
    let Some(rows) = jacobian(problem, model) else { return unknown(p) };
    match Triangle::new(rows, p + 1).covariance() {
        Some(covariance) => covariance.into_iter().map(|c| c * s2).collect(),
        None => unknown(p),
    }
}

fn unknown(p: usize) -> Vec<f64> {
    (0..p * p).map(|e| if e % (p + 1) == 0 { f64::INFINITY } else { 0.0 }).collect()
}

/// The rows of J, each followed by a 0 for the right side, `[equations, p + 1]`.
fn jacobian(problem: &Problem, model: &Model) -> Option<Vec<f64>> {
    let (count, free) = (model.terms.len(), model.free_terms());
    let width = count + free.len() + model.masses() + 1;
    let forces: Vec<Column<'_>> = model.terms.iter().map(Column::Force).collect();
    let forces = problem.columns(&forces)?;
    let moved: Vec<(usize, usize)> = (0..count)
        .filter_map(|k| {
            let owner = model.ties[k].map_or(k, |(master, _)| master);
            Some((k, free.iter().position(|&f| f == owner)?))
        })
        .collect();
    let changes: Vec<Column<'_>> = moved.iter().map(|(k, _)| Column::ByParameter(&model.terms[*k])).collect();
    let changes = if changes.is_empty() { None } else { Some(problem.columns(&changes)?) };
    let equations = problem.equations();
    let each = equations / problem.dof();
    let mut out = vec![0.0; equations * width];
    for (r, row) in out.chunks_exact_mut(width).enumerate() {
        let coordinate = r / each;
        let mu = model.inverse_masses[coordinate];
        let mut force = 0.0;
        for (k, c) in model.coefficients.iter().enumerate() {
            row[k] = mu * forces[(r, k)];
            force += c * row[k];
        }
        for (j, &(k, place)) in moved.iter().enumerate() {
            // Derivatives of the library are by relative changes.
            let parameter = model.terms[free[place]].parameter()?;
            let change = changes.as_ref().map_or(0.0, |changes| changes[(r, j)]);
            row[count + place] += mu * model.coefficients[k] * change / parameter;
        }
        let group = model.groups.iter().position(|group| group.contains(&coordinate))?;
        if group > 0 {
            row[count + free.len() + group - 1] = force;
        }
    }
    Some(out)
}

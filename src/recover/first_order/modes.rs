//! Energies of modes and of parts, of a Hamiltonian with measured coefficients.

use crate::expr::{Expr, Tape};
use crate::recover::snap::supported_digits;
use crate::regression::RegressionError;
use crate::regression::normal_modes::{Mode, modes};
use crate::terms::decimal;

use super::data::Prepared;
use super::hamiltonian::RecoveredHamiltonian;

/// Energies whose sum is the Hamiltonian.
pub struct Energies {
    /// The energies.
    pub formulas: Vec<Expr>,
    /// What they are, for the reader.
    pub note: String,
}

/// The mode energies of a quadratic Hamiltonian; else the energies of the parts that nothing couples. `None`
/// where there is but one.
///
/// # Errors
/// Values that are not finite.
pub fn energies(
    hamiltonian: &RecoveredHamiltonian,
    data: &Prepared,
) -> Result<Option<Energies>, RegressionError> {
    match mode_energies(hamiltonian, data)? {
        Some(found) => Ok(Some(found)),
        None => Ok(parts(hamiltonian, data)),
    }
}

/// Hessian and gradient of a term at the origin.
type Quadratic = (Vec<f64>, Vec<f64>);

/// Hessian and gradient at the origin of each term; `None` unless all terms are of degree two at most.
fn quadratic(
    hamiltonian: &RecoveredHamiltonian,
    data: &Prepared,
) -> Result<Option<Vec<Quadratic>>, RegressionError> {
    let n = data.inputs.len();
    let mut found = Vec::new();
    for term in &hamiltonian.terms {
        let slopes: Vec<Expr> = data.inputs.iter().map(|x| term.term.derivative(x)).collect();
        let tape = Tape::new(&slopes, &data.inputs)?;
        let mut points = vec![0.0; 3 * n];
        points.iter_mut().enumerate().skip(n).for_each(|(i, x)| *x = (i as f64 * 0.618_033_98).fract() + 0.1);
        let (values, hessians) = tape.gradient(&points);
        let (origin, others) = hessians.split_at(n * n);
        let constant = others
            .chunks_exact(n * n)
            .all(|other| other.iter().zip(origin).all(|(a, b)| (a - b).abs() <= 1e-12 * (1.0 + b.abs())));
        if !constant {
            return Ok(None);
        }
        found.push((origin.to_vec(), values[..n].to_vec()));
    }
    Ok(Some(found))
}

fn mode_energies(
    hamiltonian: &RecoveredHamiltonian,
    data: &Prepared,
) -> Result<Option<Energies>, RegressionError> {
    let n = data.inputs.len();
    let Some(parts) = quadratic(hamiltonian, data)? else { return Ok(None) };
    let solve = |coefficients: &[f64]| -> Result<Option<Vec<Mode>>, RegressionError> {
        let (mut hessian, mut linear) = (vec![0.0; n * n], vec![0.0; n]);
        for (c, (h, l)) in coefficients.iter().zip(&parts) {
            hessian.iter_mut().zip(h).for_each(|(x, y)| *x += c * y);
            linear.iter_mut().zip(l).for_each(|(x, y)| *x += c * y);
        }
        modes(&hessian, &linear)
    };
    let central: Vec<f64> = hamiltonian.terms.iter().map(|t| t.measured).collect();
    let Some(found) = solve(&central)?.filter(|m| m.len() > 1) else { return Ok(None) };
    // Errors of the coefficients of H carried over, one at a time.
    let mut squares: Vec<(Vec<f64>, Vec<f64>)> =
        found.iter().map(|m| (vec![0.0; m.matrix.len()], vec![0.0; n])).collect();
    for (k, term) in hamiltonian.terms.iter().enumerate().filter(|(_, t)| t.standard_error > 0.0) {
        let mut shifted = central.clone();
        shifted[k] += term.standard_error;
        let Some(other) = solve(&shifted)?.filter(|m| m.len() == found.len()) else { continue };
        for ((square, mode), other) in squares.iter_mut().zip(&found).zip(&other) {
            let add = |into: &mut Vec<f64>, a: &[f64], b: &[f64]| {
                into.iter_mut().zip(a.iter().zip(b)).for_each(|(s, (x, y))| *s += (x - y).powi(2));
            };
            add(&mut square.0, &mode.matrix, &other.matrix);
            add(&mut square.1, &mode.linear, &other.linear);
        }
    }
    let mut worst = 0.0f64;
    let mut formulas = Vec::new();
    for (mode, (matrix, linear)) in found.iter().zip(&squares) {
        let largest = mode.matrix.iter().fold(0.0f64, |m, x| m.max(x.abs()));
        let sizes = matrix.iter().map(|square| square.sqrt() / largest);
        worst = sizes.fold(worst, f64::max);
        let mut terms = Vec::new();
        let mut push = |factors: Vec<Expr>, value: f64, square: f64| {
            let error = square.sqrt().max(1e-12 * largest);
            if value.abs() > 3.0 * error {
                let number = Expr::number(decimal(value, supported_digits(value, error)));
                terms.push(Expr::product(std::iter::once(number).chain(factors)));
            }
        };
        let variable = |i: usize| Expr::Symbol(data.inputs[i].clone());
        // Momenta first, as in kinetic energies.
        let order: Vec<usize> = (n / 2..n).chain(0..n / 2).collect();
        for (a, &i) in order.iter().enumerate() {
            for &j in &order[a..] {
                let at = i * n + j;
                match i == j {
                    true => push(vec![variable(i).to_power(2)], mode.matrix[at] / 2.0, matrix[at] / 4.0),
                    false => push(vec![variable(i), variable(j)], mode.matrix[at], matrix[at]),
                }
            }
        }
        for &i in &order {
            push(vec![variable(i)], mode.linear[i], linear[i]);
        }
        formulas.push(Expr::sum(terms));
    }
    let frequencies: Vec<String> = found.iter().map(|m| format!("{:.6}", m.frequency)).collect();
    let note = format!(
        "E1 … E{} are the energies of the normal modes of H, which is their sum; angular frequencies {}; \
         quadratic coefficients are accurate to about {:.0e} of the largest",
        found.len(),
        frequencies.join(", "),
        worst.max(1e-12)
    );
    Ok(Some(Energies { formulas, note }))
}

/// H falls into sums over sets of degrees of freedom that no term joins.
fn parts(hamiltonian: &RecoveredHamiltonian, data: &Prepared) -> Option<Energies> {
    let half = data.inputs.len() / 2;
    let mut set: Vec<usize> = (0..half).collect();
    let members = |term: &Expr| -> Vec<usize> {
        let symbols = term.symbols();
        (0..half)
            .filter(|&i| symbols.contains(&data.inputs[i]) || symbols.contains(&data.inputs[half + i]))
            .collect()
    };
    for term in &hamiltonian.terms {
        for pair in members(&term.term).windows(2) {
            let (a, b) = (set[pair[0]].min(set[pair[1]]), set[pair[0]].max(set[pair[1]]));
            set.iter_mut().filter(|s| **s == b).for_each(|s| *s = a);
        }
    }
    let mut names: Vec<usize> = set.clone();
    names.dedup();
    names.sort_unstable();
    names.dedup();
    if names.len() < 2 {
        return None;
    }
    let energy = |name: usize| {
        let own =
            hamiltonian.terms.iter().filter(|t| members(&t.term).first().is_some_and(|&i| set[i] == name));
        Expr::sum(own.map(|t| Expr::product([Expr::number(t.value.clone()), t.term.clone()])))
    };
    let note = format!("E1 … E{} are the energies of parts of H that nothing couples", names.len());
    Some(Energies { formulas: names.into_iter().map(energy).collect(), note })
}

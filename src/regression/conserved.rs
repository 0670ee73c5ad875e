//! Laws as generalised eigenproblems A c = λ B c over a term library, B = Σ ∇Φᵀ∇Φ in scaled coordinates.
//!
//! √λ is the relative residual of F = Σ c_j φ_j:
//! - *flow*: A = Σ (∇F·f)², f the unit vector along a vector field (the data's ẋ, or a learned one);
//! - *span*: A = Σ |(1 − QQᵀ)∇F|², Q an orthonormal basis of given gradients: F depends on x through those
//!   functions alone exactly when it vanishes;
//! - *trajectory*: A = Σ (F − mean over its trajectory)² T/(T − 1): needs no velocities, and measurement noise
//!   of relative size σ lets √λ of a law be σ.
//!
//! Both matrices are held in factored form (A = MᵀM, B = RᵀR), so that residuals resolve to 1e-12 and not
//! to the square root of the rounding error.

use faer::Mat;

use super::Matrix;
use super::RegressionError;
use super::normal::{singular_values, triangular_factor};
use crate::expr::{Expr, Symbol, Tape};

/// Values and scaled gradients of functions on states.
#[derive(Clone, Debug)]
pub struct Evaluated {
    /// Number of functions.
    pub functions: usize,
    /// Number of variables.
    pub width: usize,
    /// `[samples, functions]`.
    pub values: Vec<f64>,
    /// ∂φ/∂(x/scale), `[samples, functions, width]`.
    pub gradients: Vec<f64>,
}

impl Evaluated {
    /// The functions on the states, gradients in units of `scales`.
    ///
    /// # Errors
    /// Formulas that cannot be compiled.
    pub fn new(
        terms: &[Expr],
        inputs: &[Symbol],
        states: &[f64],
        scales: &[f64],
    ) -> Result<Evaluated, RegressionError> {
        let (values, mut gradients) = Tape::new(terms, inputs)?.gradient(states);
        for row in gradients.chunks_exact_mut(inputs.len()) {
            row.iter_mut().zip(scales).for_each(|(g, s)| *g *= s);
        }
        Ok(Evaluated { functions: terms.len(), width: inputs.len(), values, gradients })
    }

    fn samples(&self) -> usize {
        self.values.len() / self.functions.max(1)
    }

    fn gradient(&self, sample: usize, function: usize) -> &[f64] {
        let at = (sample * self.functions + function) * self.width;
        &self.gradients[at..at + self.width]
    }
}

/// What a law is held against.
#[derive(Clone, Copy, Debug)]
pub enum Measure<'a> {
    /// Velocities `[samples, width]` in the same scaled coordinates as the gradients.
    Flow(&'a [f64]),
    /// Gradients `[samples, n, width]` of n functions, in the same scaled coordinates.
    Span(&'a [f64], usize),
    /// How many consecutive samples belong to each trajectory.
    Trajectory(&'a [usize]),
}

/// One eigenvector.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// One coefficient for each term.
    pub coefficients: Vec<f64>,
    /// √λ.
    pub residual: f64,
}

/// The rows M with A = MᵀM, for the given columns: `[rows, columns]`.
fn measure_rows(terms: &Evaluated, columns: &[usize], measure: Measure) -> Matrix {
    let (samples, width) = (terms.samples(), terms.width);
    match measure {
        Measure::Flow(field) => {
            let unit: Vec<f64> = field
                .chunks_exact(width)
                .flat_map(|f| {
                    let norm = f.iter().map(|v| v * v).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
                    f.iter().map(move |v| v / norm)
                })
                .collect();
            Mat::from_fn(samples, columns.len(), |s, j| {
                let f = &unit[s * width..(s + 1) * width];
                terms.gradient(s, columns[j]).iter().zip(f).map(|(g, f)| g * f).sum()
            })
        }
        Measure::Span(others, count) => {
            let mut rows = Mat::zeros(samples * width, columns.len());
            for s in 0..samples {
                let basis = orthonormal(&others[s * count * width..(s + 1) * count * width], width);
                for (j, &column) in columns.iter().enumerate() {
                    let mut left = terms.gradient(s, column).to_vec();
                    for b in &basis {
                        let dot: f64 = b.iter().zip(&left).map(|(x, y)| x * y).sum();
                        left.iter_mut().zip(b).for_each(|(x, y)| *x -= dot * y);
                    }
                    for (c, value) in left.iter().enumerate() {
                        rows[(s * width + c, j)] = *value;
                    }
                }
            }
            rows
        }
        Measure::Trajectory(lengths) => {
            let mut rows = Mat::zeros(samples, columns.len());
            let mut start = 0;
            for &length in lengths {
                let weight = (length as f64 / (length.max(2) - 1) as f64).sqrt();
                for (j, &column) in columns.iter().enumerate() {
                    let value = |s: usize| terms.values[s * terms.functions + column];
                    let mean = (start..start + length).map(value).sum::<f64>() / length.max(1) as f64;
                    for s in start..start + length {
                        rows[(s, j)] = weight * (value(s) - mean);
                    }
                }
                start += length;
            }
            rows
        }
    }
}

/// An orthonormal basis of the rows of `[n, width]`, by Gram–Schmidt done twice.
fn orthonormal(rows: &[f64], width: usize) -> Vec<Vec<f64>> {
    let mut basis: Vec<Vec<f64>> = Vec::new();
    for row in rows.chunks_exact(width) {
        let norm = row.iter().map(|v| v * v).sum::<f64>().sqrt();
        if norm == 0.0 {
            continue;
        }
        let mut left: Vec<f64> = row.iter().map(|v| v / norm).collect();
        for _ in 0..2 {
            for b in &basis {
                let dot: f64 = b.iter().zip(&left).map(|(x, y)| x * y).sum();
                left.iter_mut().zip(b).for_each(|(x, y)| *x -= dot * y);
            }
        }
        let rest = left.iter().map(|v| v * v).sum::<f64>().sqrt();
        if rest > 1e-10 {
            left.iter_mut().for_each(|v| *v /= rest);
            basis.push(left);
        }
    }
    basis
}

/// ∇Φ as a matrix `[samples · width, columns]`.
fn gradient_rows(terms: &Evaluated, columns: &[usize]) -> Matrix {
    Mat::from_fn(terms.samples() * terms.width, columns.len(), |row, j| {
        terms.gradient(row / terms.width, columns[j])[row % terms.width]
    })
}

/// Eigenvectors on the given terms, smallest residual first.
///
/// The gradients are whitened through the singular values of R, cut at 1e-13 of the largest square:
/// combinations of terms that vanish on the data are no laws.
///
/// # Errors
/// [`RegressionError::NotFinite`] when a value is not finite.
pub fn eigenvectors(
    terms: &Evaluated,
    columns: &[usize],
    measure: Measure,
) -> Result<Vec<Candidate>, RegressionError> {
    if columns.is_empty() {
        return Ok(vec![]);
    }
    let mut factor = triangular_factor(&gradient_rows(terms, columns));
    let k = columns.len();
    let norms: Vec<f64> = (0..k)
        .map(|j| {
            (0..factor.nrows()).map(|i| factor[(i, j)].powi(2)).sum::<f64>().sqrt().max(f64::MIN_POSITIVE)
        })
        .collect();
    for j in 0..k {
        for i in 0..factor.nrows() {
            factor[(i, j)] /= norms[j];
        }
    }
    let svd = singular_values(&factor)?;
    let (s, v) = (svd.S(), svd.V());
    let kept = (0..factor.nrows().min(k)).take_while(|&i| s[i] > s[0] * 3e-7).count();
    let whiten = Mat::from_fn(k, kept, |j, i| v[(j, i)] / (s[i] * norms[j]));
    let rows = measure_rows(terms, columns, measure);
    let small = triangular_factor(&(&rows * &whiten));
    let svd = singular_values(&small)?;
    let (s, v) = (svd.S(), svd.V());
    let rank = small.nrows().min(kept);
    let mut found = Vec::new();
    for i in (0..kept).rev() {
        let direction: Vec<f64> = (0..kept).map(|l| v[(l, i)]).collect();
        let mut coefficients = vec![0.0; terms.functions];
        for (j, &column) in columns.iter().enumerate() {
            coefficients[column] = (0..kept).map(|l| whiten[(j, l)] * direction[l]).sum();
        }
        found.push(Candidate { coefficients, residual: if i < rank { s[i] } else { 0.0 } });
    }
    Ok(found)
}

/// √(A/B) of one function, given as a combination of the terms.
pub fn residual(terms: &Evaluated, coefficients: &[f64], measure: Measure) -> f64 {
    let columns: Vec<usize> = (0..terms.functions).filter(|&j| coefficients[j] != 0.0).collect();
    let norm = |rows: &Matrix| {
        (0..rows.nrows())
            .map(|i| {
                columns.iter().enumerate().map(|(j, &c)| rows[(i, j)] * coefficients[c]).sum::<f64>().powi(2)
            })
            .sum::<f64>()
            .sqrt()
    };
    norm(&measure_rows(terms, &columns, measure))
        / norm(&gradient_rows(terms, &columns)).max(f64::MIN_POSITIVE)
}

/// Reduced row echelon form with full pivoting of vectors that span a space: sparse where the space has
/// a sparse basis. Entries below `rtol` of a row's largest are cleared. Rows come by falling pivot.
pub fn echelon(mut rows: Vec<Vec<f64>>, scales: &[f64], rtol: f64) -> Vec<Vec<f64>> {
    for row in &mut rows {
        row.iter_mut().zip(scales).for_each(|(x, s)| *x *= s);
        let largest = row.iter().fold(0.0f64, |m, x| m.max(x.abs())).max(f64::MIN_POSITIVE);
        row.iter_mut().for_each(|x| *x /= largest);
    }
    let width = rows.first().map_or(0, Vec::len);
    for done in 0..rows.len() {
        let mut pivot = (done, 0);
        for i in done..rows.len() {
            for j in 0..width {
                // Later terms are the more involved: on equal size the earlier row and later column.
                if rows[i][j].abs() > rows[pivot.0][pivot.1].abs() * 1.000001 {
                    pivot = (i, j);
                }
            }
        }
        rows.swap(done, pivot.0);
        let value = rows[done][pivot.1];
        if value.abs() < 1e-9 {
            rows.truncate(done);
            break;
        }
        rows[done].iter_mut().for_each(|x| *x /= value);
        let lead = rows[done].clone();
        for (i, row) in rows.iter_mut().enumerate() {
            let factor = row[pivot.1];
            if i != done && factor != 0.0 {
                row.iter_mut().zip(&lead).for_each(|(x, l)| *x -= factor * l);
            }
        }
    }
    for row in &mut rows {
        let largest = row.iter().fold(0.0f64, |m, x| m.max(x.abs()));
        row.iter_mut().for_each(|x| *x = if x.abs() <= rtol * largest { 0.0 } else { *x });
        row.iter_mut().zip(scales).for_each(|(x, s)| *x /= s);
    }
    rows
}

/// Thins a law out: the least important fifteenth of its terms (by |c_j|·|∇φ_j|) goes while the residual
/// grows no more than 1.5 times, or stays below `floor`. Returns the law refitted on what is left.
///
/// # Errors
/// [`RegressionError::NotFinite`] when a value is not finite.
pub fn prune(
    terms: &Evaluated,
    start: &Candidate,
    measure: Measure,
    floor: f64,
) -> Result<Candidate, RegressionError> {
    let mut best = start.clone();
    loop {
        let mut used: Vec<usize> = (0..terms.functions).filter(|&j| best.coefficients[j] != 0.0).collect();
        if used.len() <= 1 {
            return Ok(best);
        }
        let weight = |j: usize| {
            let square: f64 = (0..terms.samples()).flat_map(|s| terms.gradient(s, j)).map(|g| g * g).sum();
            best.coefficients[j].abs() * square.sqrt()
        };
        let weights: Vec<f64> =
            (0..terms.functions).map(|j| if best.coefficients[j] != 0.0 { weight(j) } else { 0.0 }).collect();
        used.sort_by(|&a, &b| weights[a].total_cmp(&weights[b]).then(b.cmp(&a)));
        let mut batch = (used.len() / 15).max(1);
        loop {
            let mut kept = used[batch..].to_vec();
            kept.sort_unstable();
            let trial = eigenvectors(terms, &kept, measure)?.into_iter().next();
            match trial {
                Some(trial) if trial.residual <= (1.5 * start.residual).max(floor) => {
                    best = trial;
                    break;
                }
                _ if batch > 1 => batch = 1,
                _ => return Ok(best),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::coordinate_scales;
    use crate::recover::first_order::pointwise::tests::{samples_of, symbols};
    use crate::terms::polynomials;

    const NAMES: [&str; 4] = ["x", "y", "px", "py"];

    fn setting(degree: u32) -> (Vec<Expr>, Evaluated, Vec<f64>, Vec<f64>, Vec<f64>) {
        let samples = samples_of("(px^2 + py^2)/2 + (x^2 + y^2)^2", &NAMES, &[(-1.0, 1.0); 4], 200);
        let scales = coordinate_scales(&samples.states, 4);
        let terms = polynomials(&NAMES.map(Symbol::new), degree);
        let evaluated = Evaluated::new(&terms, &symbols(&NAMES), &samples.states, &scales).unwrap();
        let fields = samples.fields.iter().enumerate().map(|(i, f)| f / scales[i % 4]).collect();
        (terms, evaluated, fields, samples.states, scales)
    }

    #[test]
    fn flow_finds_angular_momentum_and_energy() {
        let (terms, evaluated, fields, states, scales) = setting(4);
        let quadratic: Vec<usize> = (0..14).collect();
        let found = eigenvectors(&evaluated, &quadratic, Measure::Flow(&fields)).unwrap();
        assert!(found[0].residual < 1e-12 && found[1].residual > 1e-2, "{:?}", found[1]);
        let law = prune(&evaluated, &found[0], Measure::Flow(&fields), 1e-10).unwrap();
        let used: Vec<String> =
            (0..terms.len()).filter(|&j| law.coefficients[j] != 0.0).map(|j| terms[j].to_string()).collect();
        assert_eq!(used, ["x*py", "y*px"]);
        let all: Vec<usize> = (0..terms.len()).collect();
        // H, L and L² among the polynomials of degree 4.
        let found = eigenvectors(&evaluated, &all, Measure::Flow(&fields)).unwrap();
        assert!(found[2].residual < 1e-11 && found[3].residual > 1e-3);
        // L² is a function of L, H is not.
        let l =
            Evaluated::new(&[crate::expr::parse("x*py - y*px").unwrap()], &symbols(&NAMES), &states, &scales);
        let gradients = l.unwrap().gradients;
        let two = crate::expr::parse("(x*py - y*px)^2").unwrap();
        let h = crate::expr::parse("(px^2 + py^2)/2 + (x^2 + y^2)^2").unwrap();
        let pair = Evaluated::new(&[two, h], &symbols(&NAMES), &states, &scales).unwrap();
        assert!(residual(&pair, &[1.0, 0.0], Measure::Span(&gradients, 1)) < 1e-12);
        assert!(residual(&pair, &[0.0, 1.0], Measure::Span(&gradients, 1)) > 0.1);
    }

    #[test]
    fn trajectory_residual_of_a_law_is_the_noise() {
        let noise = 0.01;
        let paths = crate::recover::first_order::fixtures::oscillators(20, 200, 0.05, noise, true);
        let states: Vec<f64> = paths.iter().flat_map(|p| p.states.iter().copied()).collect();
        let names = ["q1", "q2", "p1", "p2"];
        let scales = coordinate_scales(&states, 4);
        let terms = polynomials(&names.map(Symbol::new), 2);
        let evaluated = Evaluated::new(&terms, &symbols(&names), &states, &scales).unwrap();
        let lengths = vec![200; 20];
        let all: Vec<usize> = (0..terms.len()).collect();
        let found = eigenvectors(&evaluated, &all, Measure::Trajectory(&lengths)).unwrap();
        assert!(
            found[1].residual < 0.02 && found[2].residual > 0.1,
            "{:?}",
            (found[1].residual, found[2].residual)
        );
    }

    #[test]
    fn echelon_finds_the_sparse_basis() {
        let rows = vec![vec![1.0, 2.0, 0.0, -1.0], vec![1.0, -2.0, 0.0, 1.0]];
        let basis = echelon(rows, &[1.0; 4], 1e-9);
        assert_eq!(basis.len(), 2);
        assert!(basis.contains(&vec![1.0, 0.0, 0.0, 0.0]));
        assert!(basis.contains(&vec![0.0, 1.0, 0.0, -0.5]));
    }
}

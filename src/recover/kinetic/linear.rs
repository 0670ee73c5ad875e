//! The normal equations of Lagrange's equations: which further term would help a form, and with which coefficients.
//!
//! The equations are homogeneous: the sum of squares cᵀGc is lowest under the condition that the mean of (M₀⁻¹M)_ii is a given
//! μ_i for every coordinate. Without such a condition for each coordinate, a form would explain it by no mass at all.
//! The ratios of the μ_i are fitted.

use super::equations::Equations;

/// A column whose part orthogonal to a support is below this share of its squared length depends on it.
const DEPENDENT: f64 = 1e-10;

/// Steps of the search for a ratio of masses.
const RATIO_STEPS: usize = 14;

/// The ratios of masses that are tried before any form is known lie between its inverse and this, in equal steps of their
/// logarithm; and their number.
const WIDEST: f64 = 1e3;
const RATIOS: usize = 25;

/// A form with the coefficients of the linear equations.
#[derive(Clone, PartialEq, Debug)]
pub struct Support {
    /// The indices of its terms, increasing.
    pub terms: Vec<usize>,
    /// Their coefficients.
    pub coefficients: Vec<f64>,
    /// μ_i of each coordinate.
    pub masses: Vec<f64>,
    /// χ² of the whitened equations.
    pub chi: f64,
}

/// The normal equations of a support at given μ: the factor of G, L⁻¹Wᵀ and (W G⁻¹ Wᵀ)⁻¹ μ.
struct Solved {
    factor: Vec<Vec<f64>>,
    turned: Vec<Vec<f64>>,
    inner: Vec<f64>,
    chi: f64,
}

/// Least squares on the normal equations.
pub struct Linear<'a> {
    /// The equations.
    pub equations: &'a Equations,
}

impl Linear<'_> {
    /// Ratios of masses that explain best with all terms at once, the best first.
    pub fn start_masses(&self) -> Vec<Vec<f64>> {
        let n = self.equations.dof;
        let last = (RATIOS - 1) as f64;
        let value = |k: usize| WIDEST.powf(2.0 * k as f64 / last - 1.0);
        let alive: Vec<usize> =
            (0..self.equations.scales.len()).filter(|&k| !self.equations.dead[k]).collect();
        let mut best = vec![1.0; n];
        let mut others = Vec::new();
        for round in 0..if n > 2 { 2 } else { 1 } {
            for i in 1..n {
                let trials = (0..RATIOS).map(|k| {
                    let mut masses = best.clone();
                    masses[i] = value(k);
                    (self.solve(&alive, &masses, 1e-9).map_or(f64::INFINITY, |solved| solved.chi), masses)
                });
                let mut trials: Vec<(f64, Vec<f64>)> = trials.collect();
                trials.sort_by(|a, b| a.0.total_cmp(&b.0));
                best = trials[0].1.clone();
                if round == 0 {
                    others.extend(trials.into_iter().skip(1).take(2).map(|(_, masses)| masses));
                }
            }
        }
        let mut out = vec![best, vec![1.0; n]];
        if n == 2 {
            out.extend(others.into_iter().take(1));
        }
        out.dedup();
        out
    }

    /// For each further term the χ² that it leaves at these μ; the best few.
    pub fn extensions(&self, terms: &[usize], masses: &[f64], count: usize) -> Vec<(f64, usize)> {
        let Some(solved) = self.solve(terms, masses, 0.0) else { return Vec::new() };
        let mut out = Vec::new();
        for k in (0..self.equations.scales.len()).filter(|&k| !self.equations.dead[k] && !terms.contains(&k))
        {
            let row: Vec<f64> = terms.iter().map(|&j| self.entry(j, k, masses)).collect();
            let y = forward(&solved.factor, &row);
            let own = self.entry(k, k, masses);
            let rest = own - dot(&y, &y);
            if rest <= DEPENDENT * own {
                continue;
            }
            let u: Vec<f64> = (0..self.equations.dof)
                .map(|i| self.equations.weights[i][k] - dot(&solved.turned[i], &y))
                .collect();
            let along = dot(&solved.inner, &u);
            // The inverse of Λ + u uᵀ/rest in the direction of μ.
            let spread = self.quadratic(&solved, &u);
            out.push((solved.chi - along * along / (rest + spread), k));
        }
        out.sort_by(|a, b| a.0.total_cmp(&b.0));
        out.truncate(count);
        out
    }

    /// uᵀ Λ⁻¹ u.
    fn quadratic(&self, solved: &Solved, u: &[f64]) -> f64 {
        let lambda = inner_matrix(&solved.turned);
        cholesky(&lambda, 0.0).map_or(f64::INFINITY, |factor| {
            let y = forward(&factor, u);
            dot(&y, &y)
        })
    }

    /// An entry of G at given μ.
    fn entry(&self, j: usize, k: usize, masses: &[f64]) -> f64 {
        let terms = self.equations.scales.len();
        let squares = self.equations.squares.iter().zip(masses);
        squares.map(|(square, mu)| square[j * terms + k] / (mu * mu)).sum()
    }

    fn solve(&self, terms: &[usize], masses: &[f64], ridge: f64) -> Option<Solved> {
        let matrix: Vec<Vec<f64>> =
            terms.iter().map(|&j| terms.iter().map(|&k| self.entry(j, k, masses)).collect()).collect();
        let factor = cholesky(&matrix, ridge)?;
        let turned: Vec<Vec<f64>> = (0..self.equations.dof)
            .map(|i| {
                let row: Vec<f64> = terms.iter().map(|&k| self.equations.weights[i][k]).collect();
                forward(&factor, &row)
            })
            .collect();
        let lambda = inner_matrix(&turned);
        let outer = cholesky(&lambda, 0.0)?;
        let inner = backward(&outer, &forward(&outer, masses));
        let chi = dot(&inner, masses);
        Some(Solved { factor, turned, inner, chi })
    }

    /// A form with the ratios of masses that explain best, beginning with these.
    pub fn fitted(&self, terms: Vec<usize>, masses: &[f64]) -> Option<Support> {
        let chi = |masses: &[f64]| self.solve(&terms, masses, 0.0).map_or(f64::INFINITY, |solved| solved.chi);
        let mut best = masses.to_vec();
        let mut least = chi(&best);
        for i in 1..best.len() {
            let mut step = 0.5_f64;
            for _ in 0..RATIO_STEPS {
                let trial = |sign: f64| {
                    let mut masses = best.clone();
                    masses[i] *= (sign * step).exp();
                    (chi(&masses), masses)
                };
                let (up, down) = (trial(1.0), trial(-1.0));
                let (value, moved) = if up.0 < down.0 { up } else { down };
                if value < least {
                    (least, best) = (value, moved);
                } else {
                    step *= 0.4;
                }
            }
        }
        let solved = self.solve(&terms, &best, 0.0)?;
        let right: Vec<f64> = (0..terms.len())
            .map(|k| solved.turned.iter().zip(&solved.inner).map(|(row, x)| row[k] * x).sum())
            .collect();
        let scaled = backward(&solved.factor, &right);
        let coefficients = scaled.iter().zip(&terms).map(|(c, &k)| c / self.equations.scales[k]).collect();
        let finite = solved.chi.is_finite() && solved.chi >= 0.0;
        finite.then_some(Support { terms, coefficients, masses: best, chi: solved.chi })
    }
}

pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// The products of all pairs of rows.
fn inner_matrix(rows: &[Vec<f64>]) -> Vec<Vec<f64>> {
    rows.iter().map(|a| rows.iter().map(|b| dot(a, b)).collect()).collect()
}

/// The lower factor of a positive definite matrix, with a ridge relative to its diagonal; `None` where it is singular.
pub fn cholesky(matrix: &[Vec<f64>], ridge: f64) -> Option<Vec<Vec<f64>>> {
    let n = matrix.len();
    let mut factor = vec![vec![0.0; n]; n];
    for i in 0..n {
        for j in 0..=i {
            let rest = matrix[i][j] - dot(&factor[i][..j], &factor[j][..j]);
            factor[i][j] = match i == j {
                true => {
                    let rest = rest + ridge * matrix[i][i];
                    if rest.is_nan() || rest <= (1e-13 * matrix[i][i]).max(0.0) {
                        return None;
                    }
                    rest.sqrt()
                }
                false => rest / factor[j][j],
            };
        }
    }
    Some(factor)
}

/// L⁻¹ x.
pub fn forward(factor: &[Vec<f64>], x: &[f64]) -> Vec<f64> {
    let mut out = Vec::with_capacity(x.len());
    for (row, x) in factor.iter().zip(x) {
        let k = out.len();
        out.push((x - dot(&row[..k], &out)) / row[k]);
    }
    out
}

/// L⁻ᵀ x.
pub fn backward(factor: &[Vec<f64>], x: &[f64]) -> Vec<f64> {
    let mut out = x.to_vec();
    for k in (0..x.len()).rev() {
        out[k] /= factor[k][k];
        let value = out[k];
        (0..k).for_each(|j| out[j] -= factor[k][j] * value);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Equations of one coordinate with these columns, the first two of which are masses.
    fn equations(columns: [&[f64]; 4]) -> Equations {
        let square = columns.iter().flat_map(|a| columns.map(|b| dot(a, b))).collect();
        Equations {
            dof: 1,
            squares: vec![square],
            weights: vec![vec![1.0, 0.5, 0.0, 0.0]],
            scales: vec![1.0; 4],
            dead: vec![false; 4],
        }
    }

    #[test]
    fn a_child_is_rated_as_it_is_fitted() {
        let wave = |f: f64| -> Vec<f64> { (0..100).map(|k| (f * f64::from(k)).sin()).collect() };
        let equations = equations([&wave(0.1), &wave(0.12), &wave(0.3), &wave(0.11)]);
        let linear = Linear { equations: &equations };
        let parent = linear.fitted(vec![0], &[1.0]).unwrap();
        for (chi, k) in linear.extensions(&[0], &[1.0], 3) {
            let child = linear.fitted(vec![0, k], &[1.0]).unwrap();
            assert!((child.chi - chi).abs() < 1e-9 * parent.chi, "{k}");
        }
    }

    #[test]
    fn factors_solve() {
        let matrix = vec![vec![4.0, 1.0], vec![1.0, 3.0]];
        let factor = cholesky(&matrix, 0.0).unwrap();
        let x = backward(&factor, &forward(&factor, &[1.0, 2.0]));
        assert!((4.0 * x[0] + x[1] - 1.0).abs() < 1e-12 && (x[0] + 3.0 * x[1] - 2.0).abs() < 1e-12);
        assert!(cholesky(&[vec![1.0, 1.0], vec![1.0, 1.0]], 0.0).is_none());
    }
}

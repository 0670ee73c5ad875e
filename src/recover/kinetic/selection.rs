//! The search for the few terms of a Lagrangian.
//!
//! The equations are homogeneous: the sum of squares cᵀGc is lowest under the condition that the mean of (M₀⁻¹M)_ii is a given
//! μ_i for every coordinate. Without such a condition for each coordinate, a form would explain it by no mass at all.
//! The ratios of the μ_i are fitted.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::equations::Equations;
use super::library::Part;

/// A column whose part orthogonal to a support is below this share of its squared length depends on it.
const DEPENDENT: f64 = 1e-10;

/// Steps of the search for a ratio of masses.
const RATIO_STEPS: usize = 14;

/// How forms are sought.
#[derive(Clone, PartialEq, Debug)]
pub struct Config {
    /// The forms kept of each size and each choice of masses to begin with, for one, two and three coordinates. With three
    /// there are hundreds of such choices.
    pub width: [usize; 3],
    /// The most terms of a form, for one, two and three coordinates: two more than those of mechanics have (a point on a
    /// surface, a double pendulum on a cart). Longer forms interpolate.
    pub terms: [usize; 3],
    /// The forms that are improved by single changes.
    pub improved: usize,
    /// The ratios of masses that are tried before any form is known, between its inverse and this, in equal steps of their
    /// logarithm.
    pub widest: f64,
    /// Their number.
    pub ratios: usize,
}

impl Default for Config {
    fn default() -> Config {
        Config { width: [12, 12, 2], terms: [5, 9, 11], improved: 12, widest: 1e3, ratios: 25 }
    }
}

/// A form with the coefficients of the weak equations.
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
    /// χ²/s² and the description length, in units of χ².
    pub score: f64,
}

/// The normal equations of a support at given μ: the factor of G, L⁻¹Wᵀ and (W G⁻¹ Wᵀ)⁻¹ μ.
struct Solved {
    factor: Vec<Vec<f64>>,
    turned: Vec<Vec<f64>>,
    inner: Vec<f64>,
    chi: f64,
}

/// The search under one whitening.
pub struct Selection<'a> {
    /// The equations.
    pub equations: &'a Equations,
    /// The terms.
    pub parts: &'a [Part],
    /// How forms are sought.
    pub config: &'a Config,
}

impl Selection<'_> {
    /// The forms found, best first, and s², the least χ² for each degree of freedom, at least 1. `masses` are the μ to
    /// begin with; where forms are known already, only their entries on the diagonal are begun with.
    pub fn run(&self, masses: &[Vec<f64>], warm: &[Vec<usize>]) -> (Vec<Support>, f64) {
        let mut starts = self.starts();
        if !warm.is_empty() {
            starts.retain(|start| warm.iter().any(|terms| start.iter().all(|k| terms.contains(k))));
        }
        let tasks: Vec<(&Vec<f64>, &Vec<usize>)> =
            masses.iter().flat_map(|masses| starts.iter().map(move |start| (masses, start))).collect();
        let mut all: Vec<Support> =
            tasks.par_iter().flat_map(|(masses, start)| self.beam(start, masses)).collect();
        for masses in masses {
            all.extend(warm.iter().filter_map(|terms| self.fitted(terms.clone(), masses)));
        }
        let s2 = self.variance(&all);
        self.order(&mut all, s2);
        let best: Vec<Support> = all.iter().take(self.config.improved).cloned().collect();
        all.truncate(4 * self.config.improved);
        all.extend(best.into_par_iter().map(|support| self.improved(support, s2)).collect::<Vec<_>>());
        let s2 = self.variance(&all);
        self.order(&mut all, s2);
        let mut seen = BTreeSet::new();
        all.retain(|support| seen.insert(support.terms.clone()));
        (all, s2)
    }

    /// Ratios of masses that explain best with all terms at once, the best first.
    pub fn start_masses(&self) -> Vec<Vec<f64>> {
        let n = self.equations.dof;
        let last = (self.config.ratios - 1) as f64;
        let value = |k: usize| self.config.widest.powf(2.0 * k as f64 / last - 1.0);
        let alive: Vec<usize> = (0..self.parts.len()).filter(|&k| !self.equations.dead[k]).collect();
        let mut best = vec![1.0; n];
        let mut others = Vec::new();
        for round in 0..if n > 2 { 2 } else { 1 } {
            for i in 1..n {
                let trials = (0..self.config.ratios).map(|k| {
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

    fn price(&self, k: usize) -> f64 {
        (self.equations.count as f64).ln() + 2.0 * (2.0 + self.parts[k].cost())
    }

    fn most(&self) -> usize {
        self.config.terms[self.equations.dof - 1]
    }

    fn variance(&self, all: &[Support]) -> f64 {
        let freedom = |support: &Support| (self.equations.count - support.terms.len()).max(1) as f64;
        let least = all.iter().map(|support| support.chi / freedom(support)).fold(f64::INFINITY, f64::min);
        least.max(1.0)
    }

    fn order(&self, all: &mut [Support], s2: f64) {
        for support in all.iter_mut() {
            support.score = self.score(support, s2);
        }
        all.sort_by(|a, b| a.score.total_cmp(&b.score).then_with(|| a.terms.cmp(&b.terms)));
    }

    fn score(&self, support: &Support, s2: f64) -> f64 {
        support.chi / s2 + support.terms.iter().map(|&k| self.price(k)).sum::<f64>()
    }

    /// All choices of one entry on the diagonal for each coordinate.
    fn starts(&self) -> Vec<Vec<usize>> {
        let mut out = vec![Vec::new()];
        for row in 0..self.equations.dof {
            let own: Vec<usize> = (0..self.parts.len())
                .filter(|&k| self.parts[k].begins(row) && !self.equations.dead[k])
                .collect();
            out =
                out.iter().flat_map(|start| own.iter().map(move |&k| [&start[..], &[k]].concat())).collect();
        }
        out
    }

    /// The best forms of every size that contain a start.
    fn beam(&self, start: &[usize], masses: &[f64]) -> Vec<Support> {
        let width = self.config.width[self.equations.dof - 1];
        let Some(first) = self.fitted(start.to_vec(), masses) else { return Vec::new() };
        let mut out = vec![first.clone()];
        let mut present = vec![first];
        while present.first().is_some_and(|support| support.terms.len() < self.most()) {
            let mut children: Vec<(f64, Vec<usize>, &Support)> = Vec::new();
            for parent in &present {
                let grown = self.extensions(parent, 2 * width).into_iter().map(|(chi, k)| {
                    let mut terms = parent.terms.clone();
                    terms.push(k);
                    terms.sort_unstable();
                    (chi, terms, parent)
                });
                children.extend(grown);
            }
            children.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(&b.1)));
            children.dedup_by(|a, b| a.1 == b.1);
            let mut next: Vec<Support> = Vec::new();
            for (_, terms, parent) in children {
                if next.len() == width {
                    break;
                }
                next.extend(self.fitted(terms, &parent.masses));
            }
            next.sort_by(|a, b| a.chi.total_cmp(&b.chi));
            out.extend(next.iter().cloned());
            present = next;
        }
        out
    }

    /// For each further term the χ² that it leaves at the same μ; the best few.
    fn extensions(&self, parent: &Support, count: usize) -> Vec<(f64, usize)> {
        let Some(solved) = self.solve(&parent.terms, &parent.masses, 0.0) else { return Vec::new() };
        let mut out = Vec::new();
        for k in (0..self.parts.len()).filter(|&k| !self.equations.dead[k] && !parent.terms.contains(&k)) {
            let row: Vec<f64> = parent.terms.iter().map(|&j| self.entry(j, k, &parent.masses)).collect();
            let y = forward(&solved.factor, &row);
            let own = self.entry(k, k, &parent.masses);
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
        let terms = self.parts.len();
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
    fn fitted(&self, terms: Vec<usize>, masses: &[f64]) -> Option<Support> {
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
        finite.then_some(Support { terms, coefficients, masses: best, chi: solved.chi, score: f64::INFINITY })
    }

    /// A form improved by dropping up to two terms and adding up to two, while the score falls. Functions that look alike
    /// on the data stand in for each other in pairs.
    fn improved(&self, mut best: Support, s2: f64) -> Support {
        best.score = self.score(&best, s2);
        for _ in 0..2 * self.most() {
            let mut trials = self.grown(&best.terms, &best.masses, 6);
            for terms in self.shorter(&best.terms) {
                let grown = self.grown(&terms, &best.masses, 4);
                for terms in self.shorter(&terms) {
                    trials.extend(self.grown(&terms, &best.masses, 4));
                }
                for terms in grown.iter().take(2) {
                    trials.extend(self.grown(terms, &best.masses, 2));
                }
                trials.extend(grown);
                trials.push(terms);
            }
            trials.sort();
            trials.dedup();
            let scored = |terms: Vec<usize>| {
                let mut support = self.fitted(terms, &best.masses)?;
                support.score = self.score(&support, s2);
                Some(support)
            };
            let next = trials.into_iter().filter_map(scored).min_by(|a, b| a.score.total_cmp(&b.score));
            match next {
                Some(next) if next.score < best.score - 1e-6 => best = next,
                _ => break,
            }
        }
        best
    }

    /// The terms with one dropped, as long as every coordinate keeps a mass.
    fn shorter(&self, terms: &[usize]) -> Vec<Vec<usize>> {
        let without = |place: usize| {
            let mut terms = terms.to_vec();
            terms.remove(place);
            terms
        };
        (0..terms.len()).map(without).filter(|terms| self.has_all_masses(terms)).collect()
    }

    /// The terms with one more, the best few.
    fn grown(&self, terms: &[usize], masses: &[f64], count: usize) -> Vec<Vec<usize>> {
        if terms.len() >= self.most() {
            return Vec::new();
        }
        let parent = Support {
            terms: terms.to_vec(),
            coefficients: Vec::new(),
            masses: masses.to_vec(),
            chi: f64::INFINITY,
            score: f64::INFINITY,
        };
        let with = |(_, k): (f64, usize)| {
            let mut terms = terms.to_vec();
            terms.push(k);
            terms.sort_unstable();
            terms
        };
        self.extensions(&parent, count).into_iter().map(with).collect()
    }

    /// Whether every coordinate has an entry on the diagonal.
    fn has_all_masses(&self, terms: &[usize]) -> bool {
        let has = |row: usize| {
            terms.iter().any(|&k| matches!(&self.parts[k], Part::Mass { i, j, .. } if *i == row && *j == row))
        };
        (0..self.equations.dof).all(has)
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// The products of all pairs of rows.
fn inner_matrix(rows: &[Vec<f64>]) -> Vec<Vec<f64>> {
    rows.iter().map(|a| rows.iter().map(|b| dot(a, b)).collect()).collect()
}

/// The lower factor of a positive definite matrix, with a ridge relative to its diagonal; `None` where it is singular.
fn cholesky(matrix: &[Vec<f64>], ridge: f64) -> Option<Vec<Vec<f64>>> {
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
fn forward(factor: &[Vec<f64>], x: &[f64]) -> Vec<f64> {
    let mut out = Vec::with_capacity(x.len());
    for (row, x) in factor.iter().zip(x) {
        let k = out.len();
        out.push((x - dot(&row[..k], &out)) / row[k]);
    }
    out
}

/// L⁻ᵀ x.
fn backward(factor: &[Vec<f64>], x: &[f64]) -> Vec<f64> {
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
    use super::super::shape::{Base, Factor, Shape};
    use super::*;

    /// Equations of one coordinate with these columns: M = 1, M = x², V = x, V = x².
    fn equations(columns: [&[f64]; 4]) -> (Equations, Vec<Part>) {
        let x = |power| Shape::new([Factor::of(Base::Identity, 0, power)]);
        let parts = vec![
            Part::Mass { i: 0, j: 0, shape: Shape::new([]) },
            Part::Mass { i: 0, j: 0, shape: x(2) },
            Part::Potential(x(1)),
            Part::Potential(x(2)),
        ];
        let square = columns.iter().flat_map(|a| columns.map(|b| dot(a, b))).collect();
        let equations = Equations {
            dof: 1,
            count: columns[0].len(),
            squares: vec![square],
            weights: vec![vec![1.0, 0.5, 0.0, 0.0]],
            scales: vec![1.0; 4],
            dead: vec![false; 4],
        };
        (equations, parts)
    }

    #[test]
    fn the_terms_that_cancel_are_found() {
        let wave = |f: f64| -> Vec<f64> { (0..200).map(|k| 50.0 * (f * f64::from(k)).sin()).collect() };
        let (one, square, noise) = (wave(0.1), wave(0.17), wave(1.7));
        // 1·one + 0.8·square − 3·last is noise of unit size.
        let last: Vec<f64> = (0..200).map(|k| (one[k] + 0.8 * square[k] + 0.02 * noise[k]) / 3.0).collect();
        let (equations, parts) = equations([&one, &square, &wave(0.3), &last]);
        let config = Config::default();
        let selection = Selection { equations: &equations, parts: &parts, config: &config };
        let (found, s2) = selection.run(&[vec![1.0]], &[]);
        assert_eq!(found[0].terms, [0, 1, 3]);
        let c = &found[0].coefficients;
        assert!((c[1] / c[0] - 0.8).abs() < 1e-2 && (c[2] / c[0] + 3.0).abs() < 3e-2, "{c:?}");
        assert!(s2 < 2.0);
    }

    #[test]
    fn a_child_is_rated_as_it_is_fitted() {
        let wave = |f: f64| -> Vec<f64> { (0..100).map(|k| (f * f64::from(k)).sin()).collect() };
        let (equations, parts) = equations([&wave(0.1), &wave(0.12), &wave(0.3), &wave(0.11)]);
        let config = Config::default();
        let selection = Selection { equations: &equations, parts: &parts, config: &config };
        let parent = selection.fitted(vec![0], &[1.0]).unwrap();
        for (chi, k) in selection.extensions(&parent, 3) {
            let child = selection.fitted(vec![0, k], &[1.0]).unwrap();
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

//! Smaller models of noisy data: terms that stand in for each other folded into one.
//!
//! Where noise hides the difference between nearly collinear terms (1/r, 1/r², log r on nearly circular orbits),
//! backward elimination may keep several of them in place of the true one, which it can no longer take in. Here
//! models shrink by a term that goes, or by two that a single one from the whole library replaces; or they grow from
//! nothing, a term at a time. A few of the best of each size are followed.

use super::normal::Normal;

/// A model: its columns and its residual relative to the right side.
#[derive(Clone, PartialEq, Debug)]
pub struct Folded {
    /// Columns, ascending.
    pub columns: Vec<usize>,
    /// Relative rms.
    pub residual: f64,
}

/// Models followed of each size.
const BEAM: usize = 6;

/// Columns in units of their norms: Gram matrix and right side.
struct Gram {
    size: usize,
    matrix: Vec<f64>,
    right: Vec<f64>,
}

impl Gram {
    fn of(system: &Normal) -> Gram {
        let rows = system.factor_rows();
        let size = system.columns();
        let norm = |j: usize| rows.iter().map(|r| r[j] * r[j]).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
        let norms: Vec<f64> = (0..=size).map(norm).collect();
        let dot = |i: usize, j: usize| rows.iter().map(|r| r[i] * r[j]).sum::<f64>() / (norms[i] * norms[j]);
        let mut matrix = vec![0.0; size * size];
        for i in 0..size {
            for j in 0..=i {
                matrix[i * size + j] = dot(i, j);
                matrix[j * size + i] = matrix[i * size + j];
            }
        }
        Gram { size, matrix, right: (0..size).map(|i| dot(i, size)).collect() }
    }

    /// The candidates without multiples of earlier ones, such as x²·(1/x) beside x.
    fn distinct(&self, candidates: &[usize]) -> Vec<usize> {
        let mut kept: Vec<usize> = Vec::new();
        for &c in candidates {
            if kept.iter().all(|&j| self.matrix[c * self.size + j].abs() < 1.0 - 1e-10) {
                kept.push(c);
            }
        }
        kept
    }

    /// Relative residual of the least-squares fit on the columns, by Cholesky; `None` for dependent ones.
    fn residual(&self, columns: &[usize]) -> Option<f64> {
        let k = columns.len();
        let mut lower = vec![0.0; k * k];
        let mut explained = 0.0;
        let mut y = vec![0.0; k];
        for i in 0..k {
            for j in 0..=i {
                let dot: f64 = (0..j).map(|l| lower[i * k + l] * lower[j * k + l]).sum();
                let value = self.matrix[columns[i] * self.size + columns[j]] - dot;
                if i == j {
                    if value.is_nan() || value < 1e-12 {
                        return None;
                    }
                    lower[i * k + i] = value.sqrt();
                } else {
                    lower[i * k + j] = value / lower[j * k + j];
                }
            }
            let dot: f64 = (0..i).map(|l| lower[i * k + l] * y[l]).sum();
            y[i] = (self.right[columns[i]] - dot) / lower[i * k + i];
            explained += y[i] * y[i];
        }
        Some((1.0 - explained).max(0.0).sqrt())
    }
}

/// The best models of one size so far, best first.
#[derive(Default)]
struct Level(Vec<Folded>);

impl Level {
    fn offer(&mut self, gram: &Gram, mut columns: Vec<usize>) {
        columns.sort_unstable();
        if self.0.iter().any(|f| f.columns == columns) {
            return;
        }
        if let Some(residual) = gram.residual(&columns)
            && (self.0.len() < BEAM || self.0.last().is_some_and(|l| residual < l.residual))
        {
            let at = self.0.partition_point(|f| f.residual <= residual);
            self.0.insert(at, Folded { columns, residual });
            self.0.truncate(BEAM);
        }
    }
}

/// The best models of each size below that of `start`, largest first, best first within a size; down to the size
/// at which no model's residual is below `worst`.
pub fn folded(system: &Normal, start: &[usize], candidates: &[usize], worst: f64) -> Vec<Vec<Folded>> {
    let gram = Gram::of(system);
    let mut start = start.to_vec();
    start.sort_unstable();
    let Some(residual) = gram.residual(&start) else { return vec![] };
    let candidates = gram.distinct(candidates);
    let mut beam = vec![Folded { columns: start, residual }];
    let mut levels = Vec::new();
    while beam[0].columns.len() > 1 {
        let mut next = Level::default();
        for model in &beam {
            let k = model.columns.len();
            for a in 0..k {
                let mut without = model.columns.clone();
                without.remove(a);
                next.offer(&gram, without.clone());
                for b in a..k - 1 {
                    let mut without = without.clone();
                    without.remove(b);
                    for &c in candidates.iter().filter(|c| !model.columns.contains(c)) {
                        next.offer(&gram, without.iter().copied().chain([c]).collect());
                    }
                }
            }
        }
        let Level(next) = next;
        if next.first().is_none_or(|best| best.residual > worst) {
            break;
        }
        levels.push(next.clone());
        beam = next;
    }
    levels
}

/// The best models of 1, 2, … `most` terms that growing by one term at a time finds, best first within a size.
pub fn grown(system: &Normal, candidates: &[usize], most: usize) -> Vec<Vec<Folded>> {
    let gram = Gram::of(system);
    let candidates = gram.distinct(candidates);
    let mut levels: Vec<Vec<Folded>> = Vec::new();
    let mut beam = vec![Folded { columns: vec![], residual: 1.0 }];
    for _ in 0..most {
        let mut next = Level::default();
        for model in &beam {
            for &c in candidates.iter().filter(|c| !model.columns.contains(c)) {
                next.offer(&gram, model.columns.iter().copied().chain([c]).collect());
            }
        }
        if next.0.is_empty() {
            break;
        }
        levels.push(next.0.clone());
        beam = next.0;
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_stand_ins_give_way_to_the_true_term() {
        // Columns u, v, w = u·v-like mixtures: the right side is column 3 alone plus column 0.
        let mut system = Normal::new(4);
        for i in 0..80 {
            let x = 0.9 + 0.2 * (f64::from(i) * 0.618_034).fract();
            let y = (f64::from(i) * 1.7).sin();
            system.add(&[y, x, x.powi(3), 1.0 / x, 1.0 / x + 0.5 * y]).unwrap();
        }
        let levels = folded(&system, &[0, 1, 2], &[0, 1, 2, 3], 0.5);
        assert_eq!(levels[0][0].columns, [0, 3]);
        assert!(levels[0][0].residual < 1e-6);
        let levels = grown(&system, &[0, 1, 2, 3], 3);
        assert_eq!(levels[1][0].columns, [0, 3]);
    }
}

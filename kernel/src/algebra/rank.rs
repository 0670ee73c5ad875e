//! Rows of a matrix of values that are certainly linearly independent.

use super::interval::Interval;
use super::modulus::Modulus;

/// Entries that are smaller relative to their row before elimination are no pivots.
const SMALLEST_PIVOT: f64 = 1e-9;

/// Rows that are certainly independent, brought to echelon form as they come.
pub(super) trait Basis {
    /// The values in a row.
    type Value;

    /// What is left of a row beside the basis, with its pivot; `None` where it is not seen to be independent.
    fn beside(&self, row: &[Self::Value]) -> Option<(usize, Vec<Self::Value>)>;

    /// Adds what was left of a row.
    fn push(&mut self, pivot: usize, rest: Vec<Self::Value>);
}

/// The most sets of rows that are looked at.
const MAX_SETS: usize = 20_000;

/// A largest set of rows that are independent in every one of several evaluations; among equals the lexicographically
/// first. Each evaluation comes with its empty basis and holds the values of all rows, `width` to a row.
///
/// A greedy choice falls short of it: with (1, 0) and (0, 1) in one evaluation, any row that agrees with one of them in
/// one evaluation and with the other in the next one keeps both out. So sets are searched, up to [`MAX_SETS`].
pub(super) fn independent_rows<B: Basis + Clone>(
    evaluations: Vec<(B, Vec<B::Value>)>,
    width: usize,
) -> Vec<usize> {
    let rows = evaluations.first().map_or(0, |(_, values)| values.len() / width);
    let (bases, values): (Vec<B>, Vec<Vec<B::Value>>) = evaluations.into_iter().unzip();
    let mut search = Search { values, width, rows, most: rows, best: Vec::new(), sets: 0 };
    let alone = |which: usize| search.rank_in(which, &bases[which]);
    search.most = (0..bases.len()).map(alone).min().unwrap_or(0);
    search.extend(&[], &bases, 0);
    search.best
}

/// A search for the largest set of rows.
struct Search<B: Basis> {
    /// The values of all rows, for each evaluation.
    values: Vec<Vec<B::Value>>,
    width: usize,
    rows: usize,
    /// No set is larger: the least rank of all rows in one evaluation.
    most: usize,
    best: Vec<usize>,
    sets: usize,
}

impl<B: Basis + Clone> Search<B> {
    fn row(&self, which: usize, row: usize) -> &[B::Value] {
        &self.values[which][row * self.width..(row + 1) * self.width]
    }

    /// The rank of all rows in one evaluation.
    fn rank_in(&self, which: usize, empty: &B) -> usize {
        let (mut basis, mut rank) = (empty.clone(), 0);
        for row in 0..self.rows {
            if let Some((pivot, rest)) = basis.beside(self.row(which, row)) {
                basis.push(pivot, rest);
                rank += 1;
            }
        }
        rank
    }

    /// Extends a set, which spans the bases, by rows from `from` on.
    fn extend(&mut self, chosen: &[usize], bases: &[B], from: usize) {
        self.sets += 1;
        if chosen.len() > self.best.len() {
            self.best = chosen.to_vec();
        }
        for row in from..self.rows {
            let most = self.most.min(chosen.len() + self.rows - row);
            if most <= self.best.len() || self.sets > MAX_SETS {
                return;
            }
            let beside = |(which, basis): (usize, &B)| {
                let (pivot, rest) = basis.beside(self.row(which, row))?;
                let mut larger = basis.clone();
                larger.push(pivot, rest);
                Some(larger)
            };
            let larger: Option<Vec<B>> = bases.iter().enumerate().map(beside).collect();
            if let Some(larger) = larger {
                self.extend(&[chosen, &[row]].concat(), &larger, row + 1);
            }
        }
    }
}

/// Elimination modulo a prime: pivot columns, and rows divided by their pivots.
#[derive(Clone)]
pub(super) struct Residues {
    modulus: Modulus,
    rows: Vec<(usize, Vec<u64>)>,
}

impl Residues {
    pub(super) fn new(modulus: Modulus) -> Residues {
        Residues { modulus, rows: Vec::new() }
    }
}

impl Basis for Residues {
    type Value = u64;

    fn beside(&self, row: &[u64]) -> Option<(usize, Vec<u64>)> {
        let mut row = row.to_vec();
        for (pivot, pivot_row) in &self.rows {
            let factor = row[*pivot];
            if factor != 0 {
                for (entry, &by) in row.iter_mut().zip(pivot_row) {
                    *entry = self.modulus.subtract_product(*entry, factor, by);
                }
            }
        }
        row.iter().position(|&entry| entry != 0).map(|pivot| (pivot, row))
    }

    fn push(&mut self, pivot: usize, mut rest: Vec<u64>) {
        let inverse = self.modulus.inverse(rest[pivot]);
        rest.iter_mut().for_each(|entry| *entry = self.modulus.multiply(*entry, inverse));
        self.rows.push((pivot, rest));
    }
}

/// Elimination with pivots whose enclosures exclude zero.
#[derive(Clone, Default)]
pub(super) struct Intervals(Vec<(usize, Vec<Interval>)>);

impl Basis for Intervals {
    type Value = Interval;

    fn beside(&self, row: &[Interval]) -> Option<(usize, Vec<Interval>)> {
        let mut row = row.to_vec();
        let size = row.iter().map(|x| x.mignitude()).fold(0.0, f64::max);
        for (pivot, pivot_row) in &self.0 {
            let factor = row[*pivot].over(pivot_row[*pivot]);
            for (entry, by) in row.iter_mut().zip(pivot_row) {
                *entry = entry.minus(factor.times(*by));
            }
            row[*pivot] = Interval::ZERO;
        }
        let pivot = (0..row.len()).max_by(|&a, &b| row[a].mignitude().total_cmp(&row[b].mignitude()))?;
        (row[pivot].mignitude() > SMALLEST_PIVOT * size).then_some((pivot, row))
    }

    fn push(&mut self, pivot: usize, rest: Vec<Interval>) {
        self.0.push((pivot, rest));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn residues(values: &[u64]) -> (Residues, Vec<u64>) {
        (Residues::new(Modulus::FIRST), values.to_vec())
    }

    #[test]
    fn dependent_rows_are_left_out() {
        let rows: [u64; 12] = [1, 2, 3, 2, 4, 6, 0, 1, 1, 1, 3, 4];
        assert_eq!(independent_rows(vec![residues(&rows)], 3), [0, 2]);
        let intervals = rows.map(|x| Interval::exact(x as f64)).to_vec();
        assert_eq!(independent_rows(vec![(Intervals::default(), intervals)], 3), [0, 2]);
    }

    #[test]
    fn rows_count_that_are_independent_in_every_evaluation() {
        let (one, other) = ([1, 0, 0, 1, 1, 1], [1, 0, 2, 0, 1, 1]);
        assert_eq!(independent_rows(vec![residues(&one)], 2), [0, 1]);
        assert_eq!(independent_rows(vec![residues(&one), residues(&other)], 2), [0, 2]);
    }

    #[test]
    fn a_row_that_keeps_two_out_is_not_chosen() {
        // The last row is the first one in one evaluation and the second one in the other.
        let (one, other) = ([1, 0, 0, 1, 1, 0], [1, 0, 0, 1, 0, 1]);
        for turn in 0..3 {
            let turned = |rows: &[u64; 6]| {
                let mut rows = *rows;
                rows.rotate_left(2 * turn);
                residues(&rows)
            };
            assert_eq!(independent_rows(vec![turned(&one), turned(&other)], 2).len(), 2, "{turn}");
        }
        let alone = independent_rows(vec![residues(&one), residues(&[0; 6])], 2);
        assert!(alone.is_empty(), "{alone:?}");
    }
}

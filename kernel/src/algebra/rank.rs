//! Rows of a matrix of values that are certainly linearly independent.

use super::interval::Interval;
use super::polynomial::residue::Modulus;

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

/// The rows that are independent of those chosen before them in every one of several evaluations: a greedy choice.
/// Each evaluation comes with its empty basis and holds the values of all rows, `width` to a row.
pub(super) fn independent_rows<B: Basis>(
    mut evaluations: Vec<(B, Vec<B::Value>)>,
    width: usize,
) -> Vec<usize> {
    let rows = evaluations.first().map_or(0, |(_, values)| values.len() / width);
    let mut independent = Vec::new();
    for row in 0..rows {
        let beside =
            |(basis, values): &(B, Vec<B::Value>)| basis.beside(&values[row * width..(row + 1) * width]);
        let rests: Option<Vec<_>> = evaluations.iter().map(beside).collect();
        let Some(rests) = rests else { continue };
        evaluations.iter_mut().zip(rests).for_each(|((basis, _), (pivot, rest))| basis.push(pivot, rest));
        independent.push(row);
    }
    independent
}

/// Elimination modulo a prime: pivot columns, and rows divided by their pivots.
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
#[derive(Default)]
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
}

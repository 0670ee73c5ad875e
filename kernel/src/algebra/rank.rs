//! Rows of a matrix of values that are certainly linearly independent.

use super::interval::Interval;
use super::polynomial::residue;

/// Entries that are smaller relative to their row before elimination are no pivots.
const SMALLEST_PIVOT: f64 = 1e-9;

/// Rows that are certainly independent, brought to echelon form as they come.
pub(super) trait Basis: Default {
    /// The values in a row.
    type Value;

    /// What is left of a row beside the basis, with its pivot; `None` where it is not seen to be independent.
    fn beside(&self, row: &[Self::Value]) -> Option<(usize, Vec<Self::Value>)>;

    /// Adds what was left of a row.
    fn push(&mut self, pivot: usize, rest: Vec<Self::Value>);
}

/// The rows that are independent of those chosen before them in every one of several evaluations: a greedy choice.
/// Each evaluation holds the values of all rows, `width` to a row.
pub(super) fn independent_rows<B: Basis>(evaluations: &[Vec<B::Value>], width: usize) -> Vec<usize> {
    let mut bases: Vec<B> = evaluations.iter().map(|_| B::default()).collect();
    let rows = evaluations.first().map_or(0, |values| values.len() / width);
    let mut independent = Vec::new();
    for row in 0..rows {
        let values = evaluations.iter().map(|values| &values[row * width..(row + 1) * width]);
        let rests: Option<Vec<_>> = bases.iter().zip(values).map(|(basis, row)| basis.beside(row)).collect();
        let Some(rests) = rests else { continue };
        bases.iter_mut().zip(rests).for_each(|(basis, (pivot, rest))| basis.push(pivot, rest));
        independent.push(row);
    }
    independent
}

/// Elimination modulo the prime: pivot columns, and rows divided by their pivots.
#[derive(Default)]
pub(super) struct Residues(Vec<(usize, Vec<u64>)>);

impl Basis for Residues {
    type Value = u64;

    fn beside(&self, row: &[u64]) -> Option<(usize, Vec<u64>)> {
        let mut row = row.to_vec();
        for (pivot, pivot_row) in &self.0 {
            let factor = row[*pivot];
            if factor != 0 {
                for (entry, &by) in row.iter_mut().zip(pivot_row) {
                    *entry = residue::subtract_product(*entry, factor, by);
                }
            }
        }
        row.iter().position(|&entry| entry != 0).map(|pivot| (pivot, row))
    }

    fn push(&mut self, pivot: usize, mut rest: Vec<u64>) {
        let inverse = residue::inverse(rest[pivot]);
        rest.iter_mut().for_each(|entry| *entry = residue::multiply(*entry, inverse));
        self.0.push((pivot, rest));
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

    #[test]
    fn dependent_rows_are_left_out() {
        let rows: [u64; 12] = [1, 2, 3, 2, 4, 6, 0, 1, 1, 1, 3, 4];
        assert_eq!(independent_rows::<Residues>(&[rows.to_vec()], 3), [0, 2]);
        let intervals = rows.map(|x| Interval::exact(x as f64)).to_vec();
        assert_eq!(independent_rows::<Intervals>(&[intervals], 3), [0, 2]);
    }

    #[test]
    fn rows_count_that_are_independent_in_every_evaluation() {
        let (one, other) = (vec![1, 0, 0, 1, 1, 1], vec![1, 0, 2, 0, 1, 1]);
        assert_eq!(independent_rows::<Residues>(&[one.clone()], 2), [0, 1]);
        assert_eq!(independent_rows::<Residues>(&[one, other], 2), [0, 2]);
    }
}

//! Rows of a matrix of values that are certainly linearly independent.

use super::interval::Interval;
use super::polynomial::residue::Modulus;

/// Entries that are smaller relative to their row before elimination are no pivots.
const SMALLEST_PIVOT: f64 = 1e-9;

/// Greedy elimination modulo the prime: rows that are not combinations of the rows chosen before.
pub(super) fn rows_of_residues<'a>(rows: impl Iterator<Item = &'a [u64]>, modulus: Modulus) -> Vec<usize> {
    let mut independent = Vec::new();
    // Pivot column, and the row divided by its pivot.
    let mut basis: Vec<(usize, Vec<u64>)> = Vec::new();
    for (index, row) in rows.enumerate() {
        let mut row = row.to_vec();
        for (pivot, pivot_row) in &basis {
            let factor = row[*pivot];
            if factor != 0 {
                for (entry, &by) in row.iter_mut().zip(pivot_row) {
                    *entry = modulus.subtract_product(*entry, factor, by);
                }
            }
        }
        if let Some(pivot) = row.iter().position(|&entry| entry != 0) {
            let inverse = modulus.inverse(row[pivot]);
            row.iter_mut().for_each(|entry| *entry = modulus.multiply(*entry, inverse));
            independent.push(index);
            basis.push((pivot, row));
        }
    }
    independent
}

/// Greedy elimination with pivots whose enclosures exclude zero.
pub(super) fn rows_of_intervals<'a>(rows: impl Iterator<Item = &'a [Interval]>) -> Vec<usize> {
    let mut independent = Vec::new();
    let mut basis: Vec<(usize, Vec<Interval>)> = Vec::new();
    for (index, row) in rows.enumerate() {
        let mut row = row.to_vec();
        let size = row.iter().map(|x| x.mignitude()).fold(0.0, f64::max);
        for (pivot, pivot_row) in &basis {
            let factor = row[*pivot].over(pivot_row[*pivot]);
            for (entry, by) in row.iter_mut().zip(pivot_row) {
                *entry = entry.minus(factor.times(*by));
            }
            row[*pivot] = Interval::ZERO;
        }
        let pivot = (0..row.len()).max_by(|&a, &b| row[a].mignitude().total_cmp(&row[b].mignitude()));
        if let Some(pivot) = pivot
            && row[pivot].mignitude() > SMALLEST_PIVOT * size
        {
            independent.push(index);
            basis.push((pivot, row));
        }
    }
    independent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependent_rows_are_left_out() {
        let rows: [&[u64]; 4] = [&[1, 2, 3], &[2, 4, 6], &[0, 1, 1], &[1, 3, 4]];
        assert_eq!(rows_of_residues(rows.into_iter(), Modulus::FIRST), [0, 2]);
        let intervals = rows.map(|r| r.iter().map(|&x| Interval::exact(x as f64)).collect::<Vec<_>>());
        assert_eq!(rows_of_intervals(intervals.iter().map(Vec::as_slice)), [0, 2]);
    }
}

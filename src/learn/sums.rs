//! Sums of rows of numbers, vectorised, in an order that is the same everywhere.

use super::linear::{Aligned, Real, zeros};
use super::loss::CHUNK;
use super::product::{View, padded, transpose};

const LANES: usize = 16;

/// Sums in sixteen lanes, folded in a fixed order: vectorises, and gives the same bits everywhere.
pub(crate) struct Lanes<T>([T; LANES]);

/// Numbers that are added at once: so many that the loop over lanes stays a loop, which becomes vectors.
const STRETCH: usize = 4 * LANES;

impl<T: Real> Lanes<T> {
    #[inline(always)]
    pub(crate) fn new() -> Self {
        Self([T::ZERO; LANES])
    }

    #[inline(always)]
    pub(crate) fn add_products(&mut self, a: &[T], b: &[T]) {
        let (a, b) = (&a[..a.len().min(b.len())], &b[..a.len().min(b.len())]);
        let (stretches, rest) =
            (a.chunks_exact(STRETCH).zip(b.chunks_exact(STRETCH)), a.len() / STRETCH * STRETCH);
        for (a, b) in stretches {
            for (lane, sum) in self.0.iter_mut().enumerate() {
                let product = |part: usize| a[part * LANES + lane] * b[part * LANES + lane];
                *sum += (product(0) + product(1)) + (product(2) + product(3));
            }
        }
        for (a, b) in a[rest..].chunks(LANES).zip(b[rest..].chunks(LANES)) {
            for ((lane, &a), &b) in self.0.iter_mut().zip(a).zip(b) {
                *lane += a * b;
            }
        }
    }

    #[inline(always)]
    pub(crate) fn add(&mut self, a: &[T]) {
        let stretches = a.chunks_exact(STRETCH);
        let rest = stretches.remainder();
        for a in stretches {
            for (lane, sum) in self.0.iter_mut().enumerate() {
                let number = |part: usize| a[part * LANES + lane];
                *sum += (number(0) + number(1)) + (number(2) + number(3));
            }
        }
        for a in rest.chunks(LANES) {
            for (lane, &a) in self.0.iter_mut().zip(a) {
                *lane += a;
            }
        }
    }

    #[inline(always)]
    pub(crate) fn total(&self) -> T {
        let l = &self.0;
        let a: [T; 8] = std::array::from_fn(|i| l[i] + l[i + 8]);
        let b: [T; 4] = std::array::from_fn(|i| a[i] + a[i + 4]);
        (b[0] + b[2]) + (b[1] + b[3])
    }
}

/// The sums of many rows at once: each is folded to sixteen lanes, and these are added once they are transposed.
pub(super) struct RowSums<T> {
    pub(super) folded: Vec<[T; LANES]>,
    turned: Aligned<T>,
    totals: Aligned<T>,
}

impl<T: Real> RowSums<T> {
    pub(super) fn new(rows: usize) -> Self {
        let folded = vec![[T::ZERO; LANES]; rows];
        Self { folded, turned: zeros(LANES * padded(rows)), totals: zeros(rows) }
    }

    /// The sums of the first rows.
    #[inline(always)]
    pub(super) fn totals(&mut self, rows: usize) -> &[T] {
        let (stride, totals) = (padded(rows), &mut self.totals[..rows]);
        transpose(&mut self.turned, stride, View::new(self.folded[..rows].as_flattened(), rows, LANES));
        totals.copy_from_slice(&self.turned[..rows]);
        for lane in self.turned.chunks_exact(stride).take(LANES).skip(1) {
            for (sum, &x) in totals.iter_mut().zip(lane) {
                *sum += x;
            }
        }
        totals
    }
}

/// Sets lane l to the sum of the numbers l, l + 16, l + 32, ….
#[inline(always)]
pub(super) fn fold<T: Real>(lanes: &mut [T; LANES], row: &[T]) {
    if let Ok(row) = <&[T; CHUNK]>::try_from(row) {
        for (l, lane) in lanes.iter_mut().enumerate() {
            *lane = (row[l] + row[l + LANES]) + (row[l + 2 * LANES] + row[l + 3 * LANES]);
        }
    } else {
        *lanes = [T::ZERO; LANES];
        for part in row.chunks(LANES) {
            lanes.iter_mut().zip(part).for_each(|(lane, &x)| *lane += x);
        }
    }
}

/// The same of the products of two rows.
#[inline(always)]
pub(super) fn fold_products<T: Real>(lanes: &mut [T; LANES], a: &[T], b: &[T]) {
    if let (Ok(a), Ok(b)) = (<&[T; CHUNK]>::try_from(a), <&[T; CHUNK]>::try_from(b)) {
        for (l, lane) in lanes.iter_mut().enumerate() {
            let product = |part: usize| a[l + part * LANES] * b[l + part * LANES];
            *lane = (product(0) + product(1)) + (product(2) + product(3));
        }
    } else {
        *lanes = [T::ZERO; LANES];
        for (a, b) in a.chunks(LANES).zip(b.chunks(LANES)) {
            lanes.iter_mut().zip(a).zip(b).for_each(|((lane, &a), &b)| *lane += a * b);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_rows_of_any_length() {
        for length in [1, 15, 16, 33, CHUNK, 100] {
            let rows: Vec<Vec<f32>> =
                (0..21).map(|k| (0..length).map(|r| ((k * k + 5 * r) % 13) as f32 - 4.).collect()).collect();
            let mut sums = RowSums::new(rows.len());
            for (folded, row) in sums.folded.iter_mut().zip(&rows) {
                fold_products(folded, row, row);
            }
            let squares: Vec<f32> = rows.iter().map(|row| row.iter().map(|x| x * x).sum()).collect();
            assert_eq!(sums.totals(rows.len()), squares);
            for (row, &squares) in rows.iter().zip(&squares) {
                let [mut lanes, mut products] = [Lanes::new(), Lanes::new()];
                lanes.add(row);
                products.add_products(row, row);
                assert_eq!((lanes.total(), products.total()), (row.iter().sum::<f32>(), squares));
            }
            for (folded, row) in sums.folded.iter_mut().zip(&rows) {
                fold(folded, row);
            }
            let expected: Vec<f32> = rows.iter().map(|row| row.iter().sum()).collect();
            assert_eq!(sums.totals(rows.len()), expected);
        }
    }
}

//! Exact null spaces: elimination over F_p, from which rational null vectors are reconstructed.
//!
//! Rows are reduced one by one against the pivot rows found so far. A row under reduction is kept in
//! 64-bit accumulators below p², so that three products are added before one reduction.

use rayon::prelude::*;

use super::modular::PrimeField;

/// Rows reduced side by side before they are inserted in turn.
const BATCH: usize = 48;
/// Rows of a batch that one thread reduces together: each part of the pivot rows is then read once for all of them.
const TOGETHER: usize = 6;
/// Pivot rows whose multiples are added to a part of the columns in one go, and the width of such a part: the rows
/// under reduction stay in the nearest cache meanwhile.
const PIVOTS: usize = 24;
const TILE: usize = 512;

/// A matrix over F_p in row echelon form, grown row by row.
#[derive(Clone, Debug)]
pub struct Echelon {
    field: PrimeField,
    columns: usize,
    /// Pivot rows from their pivots on, where each has a 1: what stands before is zero.
    rows: Vec<Vec<u32>>,
    /// For each column the row whose pivot it is.
    row_of_pivot: Vec<Option<u32>>,
    /// Columns with a pivot, ascending.
    pivots: Vec<usize>,
}

impl Echelon {
    /// No rows yet.
    pub fn new(field: PrimeField, columns: usize) -> Echelon {
        Echelon { field, columns, rows: Vec::new(), row_of_pivot: vec![None; columns], pivots: Vec::new() }
    }

    /// The number of independent rows so far.
    pub fn rank(&self) -> usize {
        self.rows.len()
    }

    /// The pivot columns, ascending.
    pub fn pivots(&self) -> &[usize] {
        &self.pivots
    }

    /// Adds a row; returns its pivot column, or `None` where it depends on the rows before it.
    pub fn insert(&mut self, row: &[u32]) -> Option<usize> {
        let mut sum: Vec<u64> = row.iter().map(|&v| u64::from(v)).collect();
        self.reduce(&mut sum);
        self.insert_reduced(&sum)
    }

    /// Adds rows, reducing them in parallel where they are many and long; the result is that of
    /// [`insert`](Echelon::insert) in turn. Returns how many were independent.
    pub fn insert_all(&mut self, rows: &[Vec<u32>]) -> usize {
        let before = self.rank();
        if self.rank() * self.columns < 160_000 {
            rows.iter().for_each(|row| {
                self.insert(row);
            });
            return self.rank() - before;
        }
        for batch in rows.chunks(BATCH) {
            let wide = |row: &Vec<u32>| row.iter().map(|&v| u64::from(v)).collect();
            let mut sums: Vec<Vec<u64>> = batch.iter().map(wide).collect();
            sums.par_chunks_mut(TOGETHER).for_each(|sums| self.reduce_together(sums));
            for mut sum in sums {
                self.reduce(&mut sum);
                self.insert_reduced(&sum);
            }
        }
        self.rank() - before
    }

    fn insert_reduced(&mut self, sum: &[u64]) -> Option<usize> {
        let field = self.field;
        let pivot = sum.iter().position(|&v| field.reduce(v) != 0)?;
        let inverse = field.inverse(field.reduce(sum[pivot]))?;
        let row = sum[pivot..].iter().map(|&v| field.multiply(field.reduce(v), inverse)).collect();
        self.row_of_pivot[pivot] = Some(self.rows.len() as u32);
        let place = self.pivots.partition_point(|&c| c < pivot);
        self.pivots.insert(place, pivot);
        self.rows.push(row);
        Some(pivot)
    }

    /// Makes every pivot column of `sum` zero.
    fn reduce(&self, sum: &mut [u64]) {
        let field = self.field;
        let square = u64::from(field.modulus()) * u64::from(field.modulus());
        let mut pending: Vec<Multiple> = Vec::with_capacity(3);
        for &pivot in &self.pivots {
            let Some(index) = self.row_of_pivot[pivot] else { continue };
            let mut value = field.reduce(sum[pivot]);
            for &(start, factor, row) in &pending {
                value = field.add(value, field.multiply(factor, row[pivot - start]));
            }
            if value == 0 {
                continue;
            }
            pending.push((pivot, field.negate(value), &self.rows[index as usize]));
            if pending.len() == 3 {
                flush_from_pivots(sum, &pending, square);
                pending.clear();
            }
        }
        flush_from_pivots(sum, &pending, square);
    }

    /// As [`reduce`](Echelon::reduce) for several rows.
    fn reduce_together(&self, sums: &mut [Vec<u64>]) {
        let square = u64::from(self.field.modulus()) * u64::from(self.field.modulus());
        for pivots in self.pivots.chunks(PIVOTS) {
            let row = |&pivot: &usize| Some((pivot, &self.rows[self.row_of_pivot[pivot]? as usize][..]));
            let rows: Vec<(usize, &[u32])> = pivots.iter().filter_map(row).collect();
            let Some(&(last, _)) = rows.last() else { continue };
            let multiples: Vec<Vec<Multiple>> = sums.iter().map(|sum| self.multiples(sum, &rows)).collect();
            for (sum, multiples) in sums.iter_mut().zip(&multiples) {
                multiples.chunks(3).for_each(|three| flush_from_pivots(&mut sum[..=last], three, square));
            }
            for start in (last + 1..self.columns).step_by(TILE) {
                let end = self.columns.min(start + TILE);
                for (sum, multiples) in sums.iter_mut().zip(&multiples) {
                    for three in multiples.chunks(3) {
                        flush_part(&mut sum[start..end], start, three, square);
                    }
                }
            }
        }
    }

    /// The multiples of these pivot rows, in ascending order of the pivots, that make the pivot columns zero.
    fn multiples<'r>(&self, sum: &[u64], rows: &[(usize, &'r [u32])]) -> Vec<Multiple<'r>> {
        let field = self.field;
        let mut multiples: Vec<Multiple> = Vec::with_capacity(rows.len());
        for &(pivot, row) in rows {
            let value = multiples.chunks(3).fold(sum[pivot], |value, three| {
                let product =
                    |&(start, factor, row): &Multiple| u64::from(factor) * u64::from(row[pivot - start]);
                u64::from(field.reduce(value + three.iter().map(product).sum::<u64>()))
            });
            let value = field.reduce(value);
            if value != 0 {
                multiples.push((pivot, field.negate(value), row));
            }
        }
        multiples
    }

    /// A basis of the null space: for each column f without pivot the null vector with a 1 at f and
    /// zeros at the other columns without pivot. Ascending in f.
    pub fn null_space(&self) -> Vec<Vec<u32>> {
        let field = self.field;
        let free: Vec<usize> = (0..self.columns).filter(|&c| self.row_of_pivot[c].is_none()).collect();
        // solution[i][f]: the entry of null vector f at the i-th pivot, from the last pivot upwards.
        let mut solution = vec![vec![0u32; free.len()]; self.pivots.len()];
        let square = u64::from(field.modulus()) * u64::from(field.modulus());
        for i in (0..self.pivots.len()).rev() {
            let Some(index) = self.row_of_pivot[self.pivots[i]] else { continue };
            let (row, start) = (&self.rows[index as usize], self.pivots[i]);
            let entry = |column: usize| column.checked_sub(start).map_or(0, |place| row[place]);
            let mut sum: Vec<u64> = free.iter().map(|&f| u64::from(entry(f))).collect();
            let later = solution[i + 1..].iter().zip(&self.pivots[i + 1..]);
            let used: Vec<(u32, &[u32])> = later
                .map(|(solved, &pivot)| (entry(pivot), &solved[..]))
                .filter(|(factor, _)| *factor != 0)
                .collect();
            used.chunks(3).for_each(|rows| flush(&mut sum, rows, square));
            solution[i] = sum.iter().map(|&v| field.negate(field.reduce(v))).collect();
        }
        free.iter()
            .enumerate()
            .map(|(k, &f)| {
                let mut vector = vec![0; self.columns];
                vector[f] = 1;
                for (i, &pivot) in self.pivots.iter().enumerate() {
                    vector[pivot] = solution[i][k];
                }
                vector
            })
            .collect()
    }
}

/// Σ factor·row over rows of that length.
pub fn add_multiples(field: PrimeField, length: usize, rows: &[(u32, &[u32])]) -> Vec<u32> {
    let square = u64::from(field.modulus()) * u64::from(field.modulus());
    let mut sum = vec![0u64; length];
    rows.chunks(3).for_each(|rows| flush(&mut sum, rows, square));
    sum.into_iter().map(|v| field.reduce(v)).collect()
}

/// A pivot, a factor, and the pivot row from the pivot on.
type Multiple<'r> = (usize, u32, &'r [u32]);

/// As [`flush`] for at most three multiples in ascending order of the pivots.
fn flush_from_pivots(sum: &mut [u64], multiples: &[Multiple], square: u64) {
    for (count, &(start, ..)) in multiples.iter().enumerate() {
        let end = multiples.get(count + 1).map_or(sum.len(), |next| next.0);
        flush_part(&mut sum[start..end], start, &multiples[..=count], square);
    }
}

/// As [`flush`] for at most three multiples, on a part of the columns that begins beyond their pivots.
fn flush_part(part: &mut [u64], start: usize, multiples: &[Multiple], square: u64) {
    let mut rows: [(u32, &[u32]); 3] = [(0, &[]); 3];
    for (slot, &(pivot, factor, row)) in rows.iter_mut().zip(multiples) {
        *slot = (factor, &row[start - pivot..][..part.len()]);
    }
    flush(part, &rows[..multiples.len()], square);
}

/// row ← row − factor·by, all below p.
pub fn subtract_multiple(field: PrimeField, row: &mut [u32], factor: u32, by: &[u32]) {
    let factor = Multiplier::new(field, field.negate(factor));
    #[cfg(target_arch = "x86_64")]
    if row.len() >= 16 && wide::add_multiple(row, factor, by) {
        return;
    }
    add_multiple(row, factor, by);
}

/// A factor with its quotient by p, so that products with it need no division (Shoup).
#[derive(Clone, Copy)]
struct Multiplier {
    p: u32,
    factor: u32,
    /// ⌊2³²·factor/p⌋.
    quotient: u32,
}

impl Multiplier {
    fn new(field: PrimeField, factor: u32) -> Multiplier {
        let p = field.modulus();
        Multiplier { p, factor, quotient: ((u64::from(factor) << 32) / u64::from(p)) as u32 }
    }
}

#[inline(always)]
fn add_multiple(row: &mut [u32], Multiplier { p, factor, quotient }: Multiplier, by: &[u32]) {
    for (value, &x) in row.iter_mut().zip(by) {
        let whole = ((u64::from(quotient) * u64::from(x)) >> 32) as u32;
        // The product is below 2p here, and 2p below 2³².
        let product = factor.wrapping_mul(x).wrapping_sub(whole.wrapping_mul(p));
        let sum = *value + product.min(product.wrapping_sub(p));
        *value = sum.min(sum.wrapping_sub(p));
    }
}

/// sum ← sum + Σ factor·row over at most three rows, entries kept below p² (`square`).
fn flush(sum: &mut [u64], rows: &[(u32, &[u32])], square: u64) {
    #[cfg(target_arch = "x86_64")]
    if sum.len() >= 16 && wide::add_rows(sum, rows, square) {
        return;
    }
    add_rows(sum, rows, |v| by_signs(v, square));
}

/// v below 4·square brought below `square`, by unsigned minima.
#[cfg(any(test, target_arch = "x86_64"))]
#[inline(always)]
fn by_minima(v: u64, square: u64) -> u64 {
    let v = v.min(v.wrapping_sub(2 * square));
    v.min(v.wrapping_sub(square))
}

/// The same by the signs of differences, for processors without unsigned minima of 64 bits.
#[inline(always)]
fn by_signs(v: u64, square: u64) -> u64 {
    // p is below 2^31, so that differences are within ±2^63.
    let restored = |difference: i64, by: u64| difference.wrapping_add((difference >> 63) & by as i64);
    let v = restored(v.wrapping_sub(2 * square) as i64, 2 * square);
    restored(v.wrapping_sub(square as i64), square) as u64
}

#[inline(always)]
fn add_rows(sum: &mut [u64], rows: &[(u32, &[u32])], fold: impl Fn(u64) -> u64) {
    match *rows {
        [] => {}
        [(a, x)] => {
            for (s, &x) in sum.iter_mut().zip(x) {
                *s = fold(*s + u64::from(a) * u64::from(x));
            }
        }
        [(a, x), (b, y)] => {
            for ((s, &x), &y) in sum.iter_mut().zip(x).zip(y) {
                *s = fold(*s + u64::from(a) * u64::from(x) + u64::from(b) * u64::from(y));
            }
        }
        [(a, x), (b, y), (c, z), ..] => {
            for (((s, &x), &y), &z) in sum.iter_mut().zip(x).zip(y).zip(z) {
                let products = u64::from(a) * u64::from(x) + u64::from(b) * u64::from(y);
                *s = fold(*s + products + u64::from(c) * u64::from(z));
            }
        }
    }
}

/// The same loop compiled for wide vectors, chosen at run time (measured: 3× on long rows with 512 bits).
#[cfg(target_arch = "x86_64")]
mod wide {
    use super::{Multiplier, by_minima, by_signs};

    #[target_feature(enable = "avx512f,avx512vl")]
    fn with_512_bits(sum: &mut [u64], rows: &[(u32, &[u32])], square: u64) {
        super::add_rows(sum, rows, |v| by_minima(v, square));
    }

    #[target_feature(enable = "avx2")]
    fn with_256_bits(sum: &mut [u64], rows: &[(u32, &[u32])], square: u64) {
        super::add_rows(sum, rows, |v| by_signs(v, square));
    }

    #[target_feature(enable = "avx512f,avx512vl")]
    fn multiple_with_512_bits(row: &mut [u32], factor: Multiplier, by: &[u32]) {
        super::add_multiple(row, factor, by);
    }

    #[target_feature(enable = "avx2")]
    fn multiple_with_256_bits(row: &mut [u32], factor: Multiplier, by: &[u32]) {
        super::add_multiple(row, factor, by);
    }

    /// The widest instructions that the processor has.
    enum Found {
        Bits512,
        Bits256,
        None,
    }

    fn found() -> Found {
        match () {
            () if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl") => {
                Found::Bits512
            }
            () if is_x86_feature_detected!("avx2") => Found::Bits256,
            () => Found::None,
        }
    }

    /// As [`add_rows`] for one multiple.
    pub fn add_multiple(row: &mut [u32], factor: Multiplier, by: &[u32]) -> bool {
        match found() {
            // SAFETY: the features were found.
            Found::Bits512 => unsafe { multiple_with_512_bits(row, factor, by) },
            // SAFETY: the feature was found.
            Found::Bits256 => unsafe { multiple_with_256_bits(row, factor, by) },
            Found::None => return false,
        }
        true
    }

    /// False where the processor has none of the instructions; then nothing was done.
    pub fn add_rows(sum: &mut [u64], rows: &[(u32, &[u32])], square: u64) -> bool {
        match found() {
            // SAFETY: the features were found.
            Found::Bits512 => unsafe { with_512_bits(sum, rows, square) },
            // SAFETY: the feature was found.
            Found::Bits256 => unsafe { with_256_bits(sum, rows, square) },
            Found::None => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::modular::prime_fields;
    use super::*;

    fn noise(state: &mut u64) -> u32 {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((*state >> 33) % 2_147_483_579) as u32
    }

    /// A random matrix of rank 40 with 64 columns, in 70 rows.
    fn matrix(field: PrimeField) -> Vec<Vec<u32>> {
        let mut state = 7;
        let factors: Vec<Vec<u32>> = (0..40).map(|_| (0..64).map(|_| noise(&mut state)).collect()).collect();
        (0..70)
            .map(|_| {
                let weights: Vec<u32> = (0..40).map(|_| noise(&mut state)).collect();
                (0..64)
                    .map(|c| {
                        let products = weights.iter().zip(&factors).map(|(&w, f)| field.multiply(w, f[c]));
                        products.fold(0, |a, b| field.add(a, b))
                    })
                    .collect()
            })
            .collect()
    }

    #[test]
    fn both_folds_reduce_alike() {
        let square = 2_147_483_629_u64.pow(2);
        for v in
            [0, 1, square - 1, square, square + 1, 2 * square - 1, 2 * square, 3 * square, 4 * square - 1]
        {
            assert_eq!(by_minima(v, square), v % square);
            assert_eq!(by_signs(v, square), v % square);
        }
    }

    #[test]
    fn null_vectors_annihilate_every_row() {
        let field = prime_fields().next().expect("a prime");
        let rows = matrix(field);
        let mut echelon = Echelon::new(field, 64);
        rows.iter().for_each(|row| {
            echelon.insert(row);
        });
        assert_eq!(echelon.rank(), 40);
        let null = echelon.null_space();
        assert_eq!(null.len(), 24);
        for row in &rows {
            for vector in &null {
                let products = row.iter().zip(vector).map(|(&a, &b)| field.multiply(a, b));
                assert_eq!(products.fold(0, |a, b| field.add(a, b)), 0);
            }
        }
        let mut batched = Echelon::new(field, 64);
        batched.insert_all(&rows);
        assert_eq!(batched.null_space(), null);
    }

    #[test]
    fn rows_reduced_together_give_the_same_echelon_form() {
        let field = prime_fields().next().expect("a prime");
        let mut state = 3;
        // Longer than a tile, sparse at first, and with rows that depend on others.
        let mut rows: Vec<Vec<u32>> = (0..320)
            .map(|r| (0..700).map(|c| if (r * c) % 7 < 3 { noise(&mut state) } else { 0 }).collect())
            .collect();
        (0..40).for_each(|k| rows.push(add_multiples(field, 700, &[(5, &rows[k]), (7, &rows[2 * k + 1])])));
        let (mut single, mut batched) = (Echelon::new(field, 700), Echelon::new(field, 700));
        rows.iter().for_each(|row| {
            single.insert(row);
        });
        rows.chunks(64).for_each(|rows| {
            batched.insert_all(rows);
        });
        assert_eq!(single.pivots(), batched.pivots());
        assert_eq!(single.rank(), 320);
        assert_eq!(single.null_space(), batched.null_space());
    }

    #[test]
    fn multiples_are_subtracted_entry_by_entry() {
        let field = prime_fields().next().expect("a prime");
        let mut state = 11;
        for factor in [0, 1, noise(&mut state), field.modulus() - 1] {
            let mut by: Vec<u32> = (0..37).map(|_| noise(&mut state)).collect();
            by[..2].copy_from_slice(&[0, field.modulus() - 1]);
            let row: Vec<u32> = (0..37).map(|_| noise(&mut state)).collect();
            let entry = |(&v, &x): (&u32, &u32)| field.subtract(v, field.multiply(factor, x));
            let expected: Vec<u32> = row.iter().zip(&by).map(entry).collect();
            let (mut wide, mut plain) = (row.clone(), row);
            subtract_multiple(field, &mut wide, factor, &by);
            plain.iter_mut().zip(&by).for_each(|(v, &x)| {
                subtract_multiple(field, std::slice::from_mut(v), factor, &[x]);
            });
            assert_eq!(wide, expected);
            assert_eq!(plain, expected);
        }
    }
}

//! Matrix products, made for the shapes of a training step, in safe code.
//!
//! A product is computed in tiles of 4 rows and at most 4 vectors, which stay in registers: a row of the right factor is
//! loaded as vectors, each number of the left one is spread over a vector. Factors are read where they lie. A right factor
//! is copied, a panel at a time, if its columns are contiguous, if it ends within a vector, or if its rows lie so that
//! they would displace one another from the cache.
//!
//! # References
//! Goto and van de Geijn (2008), *Anatomy of high-performance matrix multiplication*: tiles in registers, panels in
//! caches.

use super::linear::{Aligned, Real};
use pulp::Simd;
use std::ops::Range;

/// Rows of a panel at most: it fits into the first cache.
const DEPTH: usize = 128;
/// Columns of a panel at most: 4 vectors of at most 16 numbers.
const PANEL: usize = 64;
/// Rows that lie a multiple of so many bytes apart share an eighth of the first cache or less.
const APART: usize = 512;

/// The length of a row that ends with a vector.
pub(crate) fn padded(columns: usize) -> usize {
    columns.next_multiple_of(16)
}

/// Which neighbours of a matrix are adjacent in memory.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Rows,
    Columns,
}

/// A matrix in a slice, its rows (or its columns, once transposed) `stride` apart.
#[derive(Clone, Copy)]
pub(crate) struct View<'a, T> {
    data: &'a [T],
    rows: usize,
    columns: usize,
    stride: usize,
    order: Order,
}

impl<'a, T> View<'a, T> {
    /// The leading `rows × columns` numbers of `data`, row by row.
    #[inline(always)]
    pub(crate) fn new(data: &'a [T], rows: usize, columns: usize) -> Self {
        Self::apart(data, rows, columns, columns)
    }

    /// A matrix whose rows begin `stride` numbers apart.
    #[inline(always)]
    pub(crate) fn apart(data: &'a [T], rows: usize, columns: usize, stride: usize) -> Self {
        assert!(
            stride >= columns && data.len() >= extent(rows, columns, stride),
            "a matrix larger than its slice"
        );
        Self { data, rows, columns, stride, order: Order::Rows }
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    /// A row of a matrix that is not transposed.
    #[inline(always)]
    pub(crate) fn row(&self, i: usize) -> &'a [T] {
        &self.data[i * self.stride..][..self.columns]
    }

    #[inline(always)]
    pub(crate) fn transposed(self) -> Self {
        let order = match self.order {
            Order::Rows => Order::Columns,
            Order::Columns => Order::Rows,
        };
        Self { rows: self.columns, columns: self.rows, order, ..self }
    }
}

/// Where a product goes: row by row, rows `stride` apart.
pub(crate) struct Target<'a, T> {
    data: &'a mut [T],
    stride: usize,
    onto: Onto<T>,
    part: Part,
}

/// What becomes of the numbers that stand where a product goes.
#[derive(Clone, Copy)]
enum Onto<T> {
    Replaced,
    /// keep·number + take·product.
    Mixed {
        keep: T,
        take: T,
    },
}

/// Which part of a product is wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    All,
    /// The lower triangle; of the upper one, some may be written too.
    Lower,
}

impl<'a, T: Real> Target<'a, T> {
    /// The product replaces what is there.
    #[inline(always)]
    pub(crate) fn set(data: &'a mut [T], stride: usize) -> Self {
        Self { data, stride, onto: Onto::Replaced, part: Part::All }
    }

    /// The product is added to what is there.
    #[inline(always)]
    pub(crate) fn add(data: &'a mut [T], stride: usize) -> Self {
        Self::mix(data, stride, T::ONE, T::ONE)
    }

    /// keep·(what is there) + take·product.
    #[inline(always)]
    pub(crate) fn mix(data: &'a mut [T], stride: usize, keep: T, take: T) -> Self {
        Self { data, stride, onto: Onto::Mixed { keep, take }, part: Part::All }
    }

    /// Of a symmetric product the lower triangle only; what the upper one then holds is not said.
    #[inline(always)]
    pub(crate) fn lower(self) -> Self {
        Self { part: Part::Lower, ..self }
    }
}

fn extent(rows: usize, columns: usize, stride: usize) -> usize {
    if rows == 0 { 0 } else { (rows - 1) * stride + columns }
}

/// Sets `out` to a·b, or adds it, or mixes it in. `room` is for copies of the right factor, and grows as needed.
pub(crate) fn product<T: Real>(out: Target<T>, a: View<T>, b: View<T>, room: &mut Aligned<T>) {
    assert_eq!(a.columns, b.rows, "inner dimensions of a product");
    assert!(
        out.stride >= b.columns && out.data.len() >= extent(a.rows, b.columns, out.stride),
        "a product larger than its slice"
    );
    pulp::Arch::new().dispatch(Product { out, a, b, room });
}

struct Product<'a, T> {
    out: Target<'a, T>,
    a: View<'a, T>,
    b: View<'a, T>,
    room: &'a mut Aligned<T>,
}

impl<T: Real> pulp::WithSimd for Product<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { out, a, b, room } = self;
        let lanes = T::lanes::<S>();
        let vectors = b.columns.div_ceil(lanes);
        let panels = vectors.div_ceil(if S::REGISTER_COUNT >= 32 { 4 } else { 2 });
        if a.columns == 0 {
            (0..a.rows).for_each(|i| out.onto.without(&mut out.data[i * out.stride..][..b.columns]));
        }
        let depths = a.columns.div_ceil(DEPTH);
        for part in 0..depths {
            let (start, end) = (a.columns * part / depths, a.columns * (part + 1) / depths);
            let depth = end - start;
            for panel in 0..panels {
                let (from, to) = (vectors * panel / panels, vectors * (panel + 1) / panels);
                let (column, width) = (from * lanes, (to * lanes).min(b.columns) - from * lanes);
                let is_near = b.stride <= PANEL || !(b.stride * size_of::<T>()).is_multiple_of(APART);
                let (data, stride) = match b.order {
                    Order::Rows if is_near && width == (to - from) * lanes => {
                        (&b.data[start * b.stride + column..], b.stride)
                    }
                    _ => {
                        let stride = (to - from) * lanes;
                        copy(room, stride, b, start..start + depth, column..column + width);
                        (&**room, stride)
                    }
                };
                let onto = if start == 0 { out.onto } else { out.onto.further() };
                let first_row = if out.part == Part::Lower { column.min(a.rows) } else { 0 };
                let out = &mut Target { data: &mut out.data[column..], onto, ..out };
                let rows = Strip { a, first_row, start, depth, data, stride, width };
                match to - from {
                    4 => rows.run::<S, 4>(simd, out),
                    3 => rows.run::<S, 3>(simd, out),
                    2 => rows.run::<S, 2>(simd, out),
                    _ => rows.run::<S, 1>(simd, out),
                }
            }
        }
    }
}

impl<T: Real> Onto<T> {
    /// For the rest of a product whose beginning has been done.
    #[inline(always)]
    fn further(self) -> Self {
        match self {
            Self::Replaced => Self::Mixed { keep: T::ONE, take: T::ONE },
            Self::Mixed { take, .. } => Self::Mixed { keep: T::ONE, take },
        }
    }

    /// For a product of no terms.
    fn without(self, row: &mut [T]) {
        match self {
            Self::Replaced => row.fill(T::ZERO),
            Self::Mixed { keep, .. } => row.iter_mut().for_each(|number| *number = keep * *number),
        }
    }
}

/// Rows of the left factor against one panel of the right one.
struct Strip<'a, T> {
    a: View<'a, T>,
    /// The rows from here on.
    first_row: usize,
    /// The columns of `a` that are meant.
    start: usize,
    depth: usize,
    /// The panel: `depth` rows, `stride` apart.
    data: &'a [T],
    stride: usize,
    /// Columns of the panel that are wanted.
    width: usize,
}

impl<T: Real> Strip<'_, T> {
    /// A loop for each kind of target: with a choice in its midst, the compiler keeps the sums of a tile in memory.
    #[inline(always)]
    fn run<S: Simd, const VECTORS: usize>(&self, simd: S, out: &mut Target<T>) {
        match out.onto {
            Onto::Replaced => self.tiles::<S, VECTORS, false>(simd, out, (T::ZERO, T::ONE)),
            Onto::Mixed { keep, take } => self.tiles::<S, VECTORS, true>(simd, out, (keep, take)),
        }
    }

    #[inline(always)]
    fn tiles<S: Simd, const VECTORS: usize, const MIXES: bool>(
        &self,
        simd: S,
        out: &mut Target<T>,
        mix: (T, T),
    ) {
        let mut row = self.first_row;
        while row < self.a.rows {
            row += match self.a.rows - row {
                // Six rows of 4 vectors would fit too, but the compiler keeps them in memory, at a third of the rate. With
                // one vector, sums wait for themselves unless there are eight.
                8.. if VECTORS == 1 => self.tile::<S, 8, VECTORS, MIXES>(simd, row, out, mix),
                4.. => self.tile::<S, 4, VECTORS, MIXES>(simd, row, out, mix),
                _ => self.tile::<S, 1, VECTORS, MIXES>(simd, row, out, mix),
            };
        }
    }

    /// Some rows of the product; returns how many.
    #[inline(always)]
    fn tile<S: Simd, const ROWS: usize, const VECTORS: usize, const MIXES: bool>(
        &self,
        simd: S,
        row: usize,
        out: &mut Target<T>,
        mix: (T, T),
    ) -> usize {
        let zero = T::splat(simd, T::ZERO);
        let mut sums = [[zero; VECTORS]; ROWS];
        let Self { a, start, depth, .. } = *self;
        match a.order {
            Order::Rows => {
                let rows: [&[T]; ROWS] =
                    std::array::from_fn(|i| &a.data[(row + i) * a.stride + start..][..depth]);
                for (k, panel) in self.data.chunks(self.stride).take(depth).enumerate() {
                    self.add_row(simd, panel, |i| rows[i][k], &mut sums);
                }
            }
            Order::Columns => {
                let columns = a.data[start * a.stride + row..].chunks(a.stride);
                for (column, panel) in columns.zip(self.data.chunks(self.stride)).take(depth) {
                    self.add_row(simd, panel, |i| column[i], &mut sums);
                }
            }
        }
        for (i, sums) in sums.iter().enumerate() {
            let out_row = &mut out.data[(row + i) * out.stride..][..self.width];
            self.finish::<S, VECTORS, MIXES>(simd, sums, out_row, mix);
        }
        ROWS
    }

    /// Adds the products of one row of the panel.
    #[inline(always)]
    fn add_row<S: Simd, const ROWS: usize, const VECTORS: usize>(
        &self,
        simd: S,
        panel: &[T],
        factor: impl Fn(usize) -> T,
        sums: &mut [[T::Vector<S>; VECTORS]; ROWS],
    ) {
        let row = T::vectors::<S>(&panel[..VECTORS * T::lanes::<S>()]);
        let row: [T::Vector<S>; VECTORS] = std::array::from_fn(|v| row[v]);
        for (i, sums) in sums.iter_mut().enumerate() {
            let factor = T::splat(simd, factor(i));
            for (sum, &x) in sums.iter_mut().zip(&row) {
                *sum = T::multiply_add(simd, factor, x, *sum);
            }
        }
    }

    #[inline(always)]
    fn finish<S: Simd, const VECTORS: usize, const MIXES: bool>(
        &self,
        simd: S,
        sums: &[T::Vector<S>; VECTORS],
        out: &mut [T],
        (keep, take): (T, T),
    ) {
        let lanes = T::lanes::<S>();
        if self.width == VECTORS * lanes {
            let rows = T::vectors_mut::<S>(out).iter_mut().zip(sums);
            if MIXES {
                let (keep, take) = (T::splat(simd, keep), T::splat(simd, take));
                for (out, &sum) in rows {
                    *out = T::multiply_add(simd, take, sum, T::times(simd, keep, *out));
                }
            } else {
                for (out, &sum) in rows {
                    *out = sum;
                }
            }
        } else {
            let mut numbers = [T::ZERO; PANEL];
            T::vectors_mut::<S>(&mut numbers).iter_mut().zip(sums).for_each(|(n, &sum)| *n = sum);
            for (out, &number) in out.iter_mut().zip(&numbers) {
                *out = if MIXES { keep * *out + take * number } else { number };
            }
        }
    }
}

/// Copies a part of `b` into `room`, row by row, `stride` apart.
#[inline(always)]
fn copy<T: Real>(
    room: &mut Aligned<T>,
    stride: usize,
    b: View<T>,
    rows: Range<usize>,
    columns: Range<usize>,
) {
    if room.len() < rows.len() * stride {
        room.resize(rows.len() * stride, T::ZERO);
    }
    match b.order {
        Order::Rows => {
            for (k, room) in rows.zip(room.chunks_exact_mut(stride)) {
                room[..columns.len()].copy_from_slice(&b.data[k * b.stride..][columns.clone()]);
            }
        }
        Order::Columns => {
            let (from, to) = (columns.start, columns.end);
            let part = View::apart(&b.data[from * b.stride + rows.start..], to - from, rows.len(), b.stride);
            transpose(room, stride, part);
        }
    }
}

/// Writes the transpose of a matrix that is not transposed itself, its rows `stride` apart. Between these, zeros may be
/// written.
pub(crate) fn transpose<T: Real>(out: &mut [T], stride: usize, from: View<T>) {
    assert!(
        stride >= from.rows && out.len() >= extent(from.columns, from.rows, stride),
        "a transpose larger than its slice"
    );
    pulp::Arch::new().dispatch(Transposition { out, stride, from });
}

struct Transposition<'a, T> {
    out: &'a mut [T],
    stride: usize,
    from: View<'a, T>,
}

impl<T: Real> pulp::WithSimd for Transposition<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { out, stride, from } = self;
        let lanes = T::lanes::<S>();
        for i in (0..from.rows).step_by(lanes) {
            for j in (0..from.columns).step_by(lanes) {
                let (high, wide) = (lanes.min(from.rows - i), lanes.min(from.columns - j));
                let (out, data) = (&mut out[j * stride + i..], &from.data[i * from.stride + j..]);
                if wide == lanes && i + lanes <= stride && out.len() >= extent(lanes, lanes, stride) {
                    let mut rows = [T::splat(simd, T::ZERO); 16];
                    for (i, row) in rows[..lanes].iter_mut().enumerate().take(high) {
                        *row = T::vectors::<S>(&data[i * from.stride..][..lanes])[0];
                    }
                    exchange::<S, T, 8>(simd, &mut rows);
                    exchange::<S, T, 4>(simd, &mut rows);
                    exchange::<S, T, 2>(simd, &mut rows);
                    exchange::<S, T, 1>(simd, &mut rows);
                    for (j, &row) in rows[..lanes].iter().enumerate() {
                        T::vectors_mut::<S>(&mut out[j * stride..][..lanes])[0] = row;
                    }
                } else {
                    for (i, row) in data.chunks(from.stride).take(high).enumerate() {
                        row[..wide].iter().enumerate().for_each(|(j, &x)| out[j * stride + i] = x);
                    }
                }
            }
        }
    }
}

/// Transposes every square of 2·SIDE rows as if it were a matrix of four: the second quarter and the third change places.
///
/// # References
/// Eklundh (1972), *A fast computer method for matrix transposing*.
#[inline(always)]
fn exchange<S: Simd, T: Real, const SIDE: usize>(simd: S, rows: &mut [T::Vector<S>; 16]) {
    let lanes = T::lanes::<S>();
    if SIDE >= lanes {
        return;
    }
    let mut is_left = [T::ZERO; 16];
    (0..16).filter(|lane| lane & SIDE == 0).for_each(|lane| is_left[lane] = T::ONE);
    let is_left = T::vectors::<S>(&is_left)[0];
    for i in 0..lanes {
        if i & SIDE == 0 {
            let (upper, lower) = (rows[i], rows[i + SIDE]);
            rows[i] = T::choose(simd, is_left, upper, T::rotate(simd, lower, SIDE));
            rows[i + SIDE] = T::choose(simd, is_left, T::rotate(simd, upper, lanes - SIDE), lower);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::linear::zeros;
    use super::*;

    /// Small whole numbers, so that sums are exact in any order.
    fn numbers(count: usize) -> Vec<f32> {
        (0..count).map(|at| ((at * at + 3 * at) % 11) as f32 - 5.).collect()
    }

    fn entry(of: View<f32>, i: usize, j: usize) -> f32 {
        match of.order {
            Order::Rows => of.data[i * of.stride + j],
            Order::Columns => of.data[j * of.stride + i],
        }
    }

    fn check(a: View<f32>, b: View<f32>, stride: usize) {
        let before = numbers(a.rows * stride);
        let [mut set, mut added, mut mixed, mut lower] = [0; 4].map(|_| before.clone());
        let mut room = zeros(0);
        product(Target::set(&mut set, stride), a, b, &mut room);
        product(Target::add(&mut added, stride), a, b, &mut room);
        product(Target::mix(&mut mixed, stride, 3., 2.), a, b, &mut room);
        product(Target::mix(&mut lower, stride, 3., 2.).lower(), a, b, &mut room);
        for (at, &before) in before.iter().enumerate() {
            let (i, j) = (at / stride, at % stride);
            let inner = |i, j| (0..a.columns).map(|k| entry(a, i, k) * entry(b, k, j)).sum::<f32>();
            // What lies beside the product stays as it is.
            let expected = match j < b.columns {
                true => [inner(i, j), before + inner(i, j), 3. * before + 2. * inner(i, j)],
                false => [before; 3],
            };
            assert_eq!([set[at], added[at], mixed[at]], expected, "{i} {j}");
            assert!(lower[at] == mixed[at] || (j > i && lower[at] == before), "{i} {j}");
        }
    }

    #[test]
    fn products_of_all_shapes_and_orders() {
        for (rows, depth, columns) in [
            (1, 1, 1),
            (4, 7, 16),
            (9, 3, 33),
            (3, 300, 64),
            (17, 20, 100),
            (8, 5, 128),
            (5, 600, 9),
            (2, 0, 3),
        ] {
            let data = numbers((rows + columns + 1) * (depth + columns + 7));
            for wider in [0, 5] {
                let a = View::apart(&data, rows, depth, depth + wider);
                let turned_a = View::apart(&data, depth, rows, rows + wider).transposed();
                let b = View::apart(&data, depth, columns, columns + wider);
                let turned_b = View::apart(&data, columns, depth, depth + wider).transposed();
                for (a, b) in [(a, b), (turned_a, b), (a, turned_b), (turned_a, turned_b)] {
                    check(a, b, columns + wider);
                }
            }
        }
    }

    #[test]
    fn transposes_of_whole_blocks_and_of_parts() {
        for (rows, columns) in [(8, 8), (16, 24), (13, 9), (1, 20), (20, 1)] {
            let data = numbers(rows * (columns + 3));
            let mut out = vec![0.; columns * (rows + 2)];
            transpose(&mut out, rows + 2, View::apart(&data, rows, columns, columns + 3));
            for i in 0..rows {
                for j in 0..columns {
                    assert_eq!(out[j * (rows + 2) + i], data[i * (columns + 3) + j]);
                }
            }
        }
    }
}

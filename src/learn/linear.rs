//! Matrix products on slices: the only unsafe code of the room, a bounds-checked door to the `gemm` crate.
//!
//! The kernel (AVX-512, AVX2 or portable) is chosen at run time by `gemm`; [`vectorised`] does the same for loops.

use candle_core::WithDType;
use std::ops::{AddAssign, Div, Neg, SubAssign};

/// f32 or f64: what networks are evaluated in.
pub(crate) trait Real:
    WithDType + Default + AddAssign + SubAssign + Div<Output = Self> + Neg<Output = Self> + Send + Sync
{
    const ZERO: Self;
    const ONE: Self;
    fn real(value: f64) -> Self;
    fn hyperbolic_tangent(self) -> Self;
    fn softplus(self) -> Self;
}

impl Real for f32 {
    const ZERO: Self = 0.;
    const ONE: Self = 1.;

    #[inline(always)]
    fn real(value: f64) -> Self {
        value as f32
    }

    /// tanh as a quotient of polynomials of degree 13 and 6 on |x| ≤ 7.9 (the coefficients of Eigen's `ptanh`),
    /// within 4 units in the last place; without branches, so that loops over it vectorise.
    #[inline(always)]
    fn hyperbolic_tangent(self) -> Self {
        const BOUND: f32 = 7.905_311;
        let x = if self > BOUND { BOUND } else { self };
        let x = if x < -BOUND { -BOUND } else { x };
        let s = x * x;
        let odd = ((((((-2.760_768_5e-16 * s + 2.000_188e-13) * s - 8.604_672e-11) * s + 5.122_297_3e-8)
            * s
            + 1.485_722_4e-5)
            * s
            + 6.372_619_5e-4)
            * s
            + 4.893_524_6e-3)
            * x;
        let even = ((1.198_258_4e-6 * s + 1.185_347_1e-4) * s + 2.268_434_7e-3) * s + 4.893_525e-3;
        odd / even
    }

    #[inline(always)]
    fn softplus(self) -> Self {
        self.max(0.) + (-self.abs()).exp().ln_1p()
    }
}

impl Real for f64 {
    const ZERO: Self = 0.;
    const ONE: Self = 1.;

    #[inline(always)]
    fn real(value: f64) -> Self {
        value
    }

    #[inline(always)]
    fn hyperbolic_tangent(self) -> Self {
        self.tanh()
    }

    #[inline(always)]
    fn softplus(self) -> Self {
        self.max(0.) + (-self.abs()).exp().ln_1p()
    }
}

/// Runs `work` compiled for the widest vectors of this machine; loops in it must be inlined to profit.
pub(crate) fn vectorised<O>(work: impl FnOnce() -> O) -> O {
    struct Closure<W>(W);
    impl<O, W: FnOnce() -> O> pulp::WithSimd for Closure<W> {
        type Output = O;

        #[inline(always)]
        fn with_simd<S: pulp::Simd>(self, _: S) -> O {
            (self.0)()
        }
    }
    pulp::Arch::new().dispatch(Closure(work))
}

/// A matrix in a slice: entry (i, j) lies at `i·row_stride + j·column_stride`.
#[derive(Clone, Copy)]
pub(crate) struct View<'a, T> {
    data: &'a [T],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a, T> View<'a, T> {
    /// The leading `rows × columns` numbers of `data`, row by row.
    #[inline(always)]
    pub(crate) fn new(data: &'a [T], rows: usize, columns: usize) -> Self {
        assert!(data.len() >= rows * columns, "a matrix larger than its slice");
        Self { data, rows, columns, row_stride: columns, column_stride: 1 }
    }

    #[inline(always)]
    pub(crate) fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }
}

/// `out = a·b`, or `out += a·b` with `accumulate`; `out` is `[a.rows, b.columns]`, row by row.
pub(crate) fn product<T: Real>(out: &mut [T], a: View<T>, b: View<T>, accumulate: bool) {
    assert_eq!(a.columns, b.rows, "inner dimensions of a product");
    assert!(out.len() >= a.rows * b.columns, "a product larger than its slice");
    // SAFETY: the assertions here and in `View::new` keep every access inside the three slices; `out` is
    // borrowed mutably, so it overlaps neither factor.
    unsafe {
        gemm::gemm(
            a.rows,
            b.columns,
            a.columns,
            out.as_mut_ptr(),
            1,
            b.columns as isize,
            accumulate,
            a.data.as_ptr(),
            a.column_stride as isize,
            a.row_stride as isize,
            b.data.as_ptr(),
            b.column_stride as isize,
            b.row_stride as isize,
            T::ONE,
            T::ONE,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fast_tangent_is_accurate_to_single_precision() {
        for i in -200_000..=200_000 {
            let x = i as f32 * 1e-4;
            let (fast, exact) = (x.hyperbolic_tangent(), f64::from(x).tanh());
            let error = (f64::from(fast) - exact).abs();
            assert!(error <= 4e-7 * exact.abs() + 1e-30, "tanh({x}) = {fast}, not {exact}");
        }
    }

    #[test]
    fn products_with_transposes() {
        let a = [1., 2., 3., 4., 5., 6.];
        let mut out = [0.; 4];
        product(&mut out, View::new(&a, 2, 3), View::new(&a, 2, 3).transposed(), false);
        assert_eq!(out, [14., 32., 32., 77.]);
        let mut out = [1.; 9];
        product(&mut out, View::new(&a, 2, 3).transposed(), View::new(&a, 2, 3), true);
        assert_eq!(out, [18., 23., 28., 23., 30., 37., 28., 37., 46.]);
    }
}

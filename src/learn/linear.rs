//! Numbers, vectors of them, and loops compiled for the vectors of this machine.

use aligned_vec::{AVec, ConstAlign};
use candle_core::WithDType;
use pulp::Simd;
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

    /// As many numbers as a register holds.
    type Vector<S: Simd>: Copy;
    fn lanes<S: Simd>() -> usize;
    /// The whole vectors at the beginning of a slice.
    fn vectors<S: Simd>(numbers: &[Self]) -> &[Self::Vector<S>];
    fn vectors_mut<S: Simd>(numbers: &mut [Self]) -> &mut [Self::Vector<S>];
    fn splat<S: Simd>(simd: S, number: Self) -> Self::Vector<S>;
    fn times<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S>;
    /// a·b + c.
    fn multiply_add<S: Simd>(
        simd: S,
        a: Self::Vector<S>,
        b: Self::Vector<S>,
        c: Self::Vector<S>,
    ) -> Self::Vector<S>;
    /// Every number moves up by `lanes`, the last ones to the beginning.
    fn rotate<S: Simd>(simd: S, a: Self::Vector<S>, lanes: usize) -> Self::Vector<S>;
    /// The numbers of `a` where `chosen` is positive, those of `b` elsewhere.
    fn choose<S: Simd>(
        simd: S,
        chosen: Self::Vector<S>,
        a: Self::Vector<S>,
        b: Self::Vector<S>,
    ) -> Self::Vector<S>;
}

/// The vector operations of a type, by those of pulp.
macro_rules! vector_operations {
    ($vector:ident, $lanes:ident, $all:ident, $all_mut:ident, $splat:ident, $times:ident,
     $multiply_add:ident, $rotate:ident, $less:ident, $select:ident) => {
        type Vector<S: Simd> = S::$vector;

        #[inline(always)]
        fn lanes<S: Simd>() -> usize {
            S::$lanes
        }

        #[inline(always)]
        fn vectors<S: Simd>(numbers: &[Self]) -> &[S::$vector] {
            S::$all(numbers).0
        }

        #[inline(always)]
        fn vectors_mut<S: Simd>(numbers: &mut [Self]) -> &mut [S::$vector] {
            S::$all_mut(numbers).0
        }

        #[inline(always)]
        fn splat<S: Simd>(simd: S, number: Self) -> S::$vector {
            simd.$splat(number)
        }

        #[inline(always)]
        fn times<S: Simd>(simd: S, a: S::$vector, b: S::$vector) -> S::$vector {
            simd.$times(a, b)
        }

        #[inline(always)]
        fn multiply_add<S: Simd>(simd: S, a: S::$vector, b: S::$vector, c: S::$vector) -> S::$vector {
            simd.$multiply_add(a, b, c)
        }

        #[inline(always)]
        fn rotate<S: Simd>(simd: S, a: S::$vector, lanes: usize) -> S::$vector {
            simd.$rotate(a, lanes)
        }

        #[inline(always)]
        fn choose<S: Simd>(simd: S, chosen: S::$vector, a: S::$vector, b: S::$vector) -> S::$vector {
            simd.$select(simd.$less(simd.$splat(0.), chosen), a, b)
        }
    };
}

impl Real for f32 {
    const ZERO: Self = 0.;
    const ONE: Self = 1.;

    vector_operations!(
        f32s,
        F32_LANES,
        as_simd_f32s,
        as_mut_simd_f32s,
        splat_f32s,
        mul_f32s,
        mul_add_e_f32s,
        rotate_right_f32s,
        less_than_f32s,
        select_f32s
    );

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

    vector_operations!(
        f64s,
        F64_LANES,
        as_simd_f64s,
        as_mut_simd_f64s,
        splat_f64s,
        mul_f64s,
        mul_add_e_f64s,
        rotate_right_f64s,
        less_than_f64s,
        select_f64s
    );

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

/// Numbers that begin where a line of the cache does: a vector in two lines takes two loads.
pub(crate) type Aligned<T> = AVec<T, ConstAlign<64>>;

pub(crate) fn zeros<T: Real>(count: usize) -> Aligned<T> {
    let mut numbers = Aligned::with_capacity(0, count);
    numbers.resize(count, T::ZERO);
    numbers
}

/// Work for [`vectorised`].
pub(crate) trait Work {
    type Output;

    /// Does it. This and what its loops stand in must be marked `#[inline(always)]`: the compiler leaves closures and other
    /// functions of some length as they are, compiled for all machines, and loops are then three times as slow.
    fn run(self) -> Self::Output;
}

/// Does `work` compiled for the widest vectors of this machine.
pub(crate) fn vectorised<W: Work>(work: W) -> W::Output {
    struct Dispatched<W>(W);
    impl<W: Work> pulp::WithSimd for Dispatched<W> {
        type Output = W::Output;

        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) -> W::Output {
            self.0.run()
        }
    }
    pulp::Arch::new().dispatch(Dispatched(work))
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
}

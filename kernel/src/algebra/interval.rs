//! Interval arithmetic in double precision with outward rounding, and the elementary functions on it.
//!
//! Every result encloses all values that the exact operation takes on its operands. Nothing here relies
//! on the accuracy of a system library: sums, products, quotients and square roots are those of IEEE
//! 754, widened by one unit in the last place; exponentials, sines and cosines are Taylor sums with a
//! bound on the rest; logarithms and roots are guessed and then checked through their inverses.

use dashu_int::IBig;

use crate::expr::Rational;

/// A closed interval of real numbers; the ends may be infinite.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Interval {
    low: f64,
    high: f64,
}

const HALVINGS_OF_EXPONENT: f64 = 0.5;

impl Interval {
    /// All real numbers.
    pub const ENTIRE: Interval = Interval { low: f64::NEG_INFINITY, high: f64::INFINITY };
    /// The number 0.
    pub const ZERO: Interval = Interval { low: 0.0, high: 0.0 };
    /// The number 1.
    pub const ONE: Interval = Interval { low: 1.0, high: 1.0 };

    /// A single double.
    pub fn exact(value: f64) -> Interval {
        Interval::checked(value, value)
    }

    fn checked(low: f64, high: f64) -> Interval {
        if low.is_nan() || high.is_nan() || low > high { Interval::ENTIRE } else { Interval { low, high } }
    }

    fn outward(low: f64, high: f64) -> Interval {
        Interval::checked(low.next_down(), high.next_up())
    }

    /// An enclosure of an integer.
    pub fn of_integer(value: &IBig) -> Interval {
        let nearest = value.to_f64().value();
        match IBig::try_from(nearest) {
            Ok(back) if back == *value => Interval::exact(nearest),
            _ => Interval::outward(nearest, nearest),
        }
    }

    /// An enclosure of a rational.
    pub fn of_rational(value: &Rational) -> Interval {
        Interval::of_integer(value.numerator())
            .over(Interval::of_integer(&IBig::from(value.denominator().clone())))
    }

    /// An enclosure of π.
    pub fn pi() -> Interval {
        Interval { low: std::f64::consts::PI, high: std::f64::consts::PI.next_up() }
    }

    /// The lower end.
    pub fn low(self) -> f64 {
        self.low
    }

    /// The upper end.
    pub fn high(self) -> f64 {
        self.high
    }

    /// Half the sum of the ends.
    pub fn midpoint(self) -> f64 {
        self.low / 2.0 + self.high / 2.0
    }

    /// Whether 0 lies inside.
    pub fn contains_zero(self) -> bool {
        self.low <= 0.0 && self.high >= 0.0
    }

    /// Whether all of it is positive.
    pub fn is_positive(self) -> bool {
        self.low > 0.0
    }

    /// The smallest absolute value inside.
    pub fn mignitude(self) -> f64 {
        if self.contains_zero() { 0.0 } else { self.low.abs().min(self.high.abs()) }
    }

    /// The sum.
    pub fn plus(self, other: Interval) -> Interval {
        if self == Interval::ZERO {
            return other;
        }
        if other == Interval::ZERO {
            return self;
        }
        Interval::outward(self.low + other.low, self.high + other.high)
    }

    /// The negative.
    pub fn negated(self) -> Interval {
        Interval { low: -self.high, high: -self.low }
    }

    /// The difference.
    pub fn minus(self, other: Interval) -> Interval {
        self.plus(other.negated())
    }

    /// The product.
    pub fn times(self, other: Interval) -> Interval {
        if self == Interval::ONE {
            return other;
        }
        if other == Interval::ONE {
            return self;
        }
        if self == Interval::ZERO || other == Interval::ZERO {
            return Interval::ZERO;
        }
        let ends =
            [self.low * other.low, self.low * other.high, self.high * other.low, self.high * other.high];
        if ends.iter().any(|end| end.is_nan()) {
            return Interval::ENTIRE;
        }
        let low = ends.into_iter().fold(f64::INFINITY, f64::min);
        let high = ends.into_iter().fold(f64::NEG_INFINITY, f64::max);
        Interval::outward(low, high)
    }

    /// The quotient; everything where the divisor contains 0.
    pub fn over(self, other: Interval) -> Interval {
        if other.contains_zero() {
            return Interval::ENTIRE;
        }
        self.times(Interval::outward(1.0 / other.high, 1.0 / other.low))
    }

    /// A non-negative integer power.
    pub fn power(self, exponent: u32) -> Interval {
        let mut result = Interval::ONE;
        let mut square = self;
        let mut rest = exponent;
        while rest > 0 {
            if rest & 1 == 1 {
                result = result.times(square);
            }
            rest >>= 1;
            if rest > 0 {
                square = square.times(square);
            }
        }
        if exponent > 0 && exponent.is_multiple_of(2) && result.low < 0.0 {
            result.low = 0.0;
        }
        result
    }

    /// The positive root of index `n ≥ 1`; `None` unless the whole interval is positive.
    pub fn root(self, n: u32) -> Option<Interval> {
        if !self.is_positive() || !self.high.is_finite() {
            return None;
        }
        if n == 1 {
            return Some(self);
        }
        if n == 2 {
            return Some(Interval::outward(self.low.sqrt(), self.high.sqrt()));
        }
        let guess = |x: f64| x.powf(1.0 / f64::from(n));
        let mut slack = 4.0 * f64::EPSILON;
        for _ in 0..40 {
            let (low, high) = (guess(self.low) * (1.0 - slack), guess(self.high) * (1.0 + slack));
            let below = Interval::exact(low).power(n).high <= self.low;
            let above = Interval::exact(high).power(n).low >= self.high;
            if below && above && low > 0.0 {
                return Some(Interval { low, high });
            }
            slack *= 2.0;
        }
        None
    }

    /// The exponential.
    pub fn exp(self) -> Interval {
        let (low, high) = (exp_of(self.low), exp_of(self.high));
        Interval::checked(low.low.max(0.0), high.high)
    }

    /// The natural logarithm; `None` unless the whole interval is positive.
    pub fn log(self) -> Option<Interval> {
        if !self.is_positive() || !self.high.is_finite() {
            return None;
        }
        let mut slack = 1e-15;
        for _ in 0..40 {
            let widen = |x: f64| slack * (1.0 + x.abs());
            let (low, high) = (self.low.ln(), self.high.ln());
            let (low, high) = (low - widen(low), high + widen(high));
            if exp_of(low).high <= self.low && exp_of(high).low >= self.high {
                return Some(Interval { low, high });
            }
            slack *= 2.0;
        }
        None
    }

    /// The sine.
    pub fn sin(self) -> Interval {
        self.taylor(1)
    }

    /// The cosine.
    pub fn cos(self) -> Interval {
        self.taylor(0)
    }

    /// Σ (−1)^k x^(2k+offset)/(2k+offset)!: the cosine for offset 0, the sine for 1. On a wide interval
    /// the value at the midpoint is widened by the radius, since both have slope at most 1.
    fn taylor(self, offset: u32) -> Interval {
        let full = Interval { low: -1.0, high: 1.0 };
        let middle = self.midpoint();
        if middle.is_nan() || middle.abs() > 40.0 {
            return full;
        }
        let x = Interval::exact(middle);
        let square = x.times(x);
        let mut term = if offset == 0 { Interval::ONE } else { x };
        let mut sum = term;
        let mut k = offset;
        // The rest of an alternating sum with falling terms is at most its first term.
        loop {
            let divisor = f64::from((k + 1) * (k + 2));
            term = term.times(square).over(Interval::exact(divisor)).negated();
            k += 2;
            sum = sum.plus(term);
            if f64::from(k) > 2.0 * middle.abs() + 4.0 && term.low.abs().max(term.high.abs()) < 1e-25 {
                break;
            }
        }
        let radius = (self.high - middle).max(middle - self.low).next_up();
        let widened = sum.plus(Interval { low: -radius - 1e-24, high: radius + 1e-24 });
        Interval::checked(widened.low.max(-1.0), widened.high.min(1.0))
    }
}

/// The exponential of one double.
fn exp_of(x: f64) -> Interval {
    if x == f64::NEG_INFINITY || x < -700.0 {
        return Interval { low: 0.0, high: 1e-300 };
    }
    if x.is_nan() || x > 700.0 {
        return Interval { low: 1e300, high: f64::INFINITY };
    }
    let mut halvings = 0u32;
    let mut reduced = x;
    // Halving a double is exact.
    while reduced.abs() > HALVINGS_OF_EXPONENT {
        reduced /= 2.0;
        halvings += 1;
    }
    let argument = Interval::exact(reduced);
    let mut term = Interval::ONE;
    let mut sum = Interval::ONE;
    for k in 1..=22u32 {
        term = term.times(argument).over(Interval::exact(f64::from(k)));
        sum = sum.plus(term);
    }
    // The rest is below twice the next term: 2·0.5^23/23! < 1e-29.
    sum = sum.plus(Interval { low: -1e-28, high: 1e-28 });
    for _ in 0..halvings {
        sum = sum.times(sum);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encloses(interval: Interval, value: f64, width: f64) {
        assert!(interval.low <= value && value <= interval.high, "{interval:?} misses {value}");
        assert!(interval.high - interval.low <= width * (1.0 + value.abs()), "{interval:?} is too wide");
    }

    #[test]
    fn functions_enclose_their_values_closely() {
        for k in -200..200 {
            let x = f64::from(k) * 0.0937;
            let at = Interval::exact(x);
            encloses(at.sin(), x.sin(), 1e-6);
            encloses(at.cos(), x.cos(), 1e-6);
            if x.abs() < 4.0 {
                encloses(at.sin(), x.sin(), 1e-13);
                encloses(at.exp(), x.exp(), 1e-13);
            }
            encloses(at.exp(), x.exp(), 1e-11);
            if x > 0.0 {
                encloses(at.log().unwrap(), x.ln(), 1e-12);
                encloses(at.root(2).unwrap(), x.sqrt(), 1e-15);
                encloses(at.root(3).unwrap(), x.cbrt(), 1e-14);
                encloses(at.root(7).unwrap(), x.powf(1.0 / 7.0), 1e-14);
            }
        }
        encloses(Interval::exact(3.0).over(Interval::exact(7.0)), 3.0 / 7.0, 1e-15);
    }

    #[test]
    fn what_is_undefined_is_not_invented() {
        assert_eq!(Interval::ONE.over(Interval { low: -1.0, high: 1.0 }), Interval::ENTIRE);
        assert_eq!(Interval::exact(-1.0).root(2), None);
        assert_eq!(Interval::exact(0.0).log(), None);
        assert_eq!(Interval::exact(f64::NAN), Interval::ENTIRE);
        assert!(Interval::exact(1e200).times(Interval::exact(1e200)).high.is_infinite());
    }

    #[test]
    fn wide_integers_are_enclosed() {
        let big = IBig::from(3).pow(80);
        let interval = Interval::of_integer(&big);
        assert!(interval.low < interval.high);
        encloses(interval, 3f64.powi(80), 1e-15);
        assert_eq!(Interval::of_integer(&IBig::from(-5)), Interval::exact(-5.0));
    }
}

//! Decimals to rationals, only where the data justifies it.

use dashu_int::IBig;

use crate::expr::Rational;

/// A rational that stands for a measured number.
#[derive(Clone, PartialEq, Debug)]
pub struct Snap {
    /// The rational.
    pub value: Rational,
    /// Probability that a number with no reason to be rational lies as close to a rational with a
    /// denominator as small: the smaller, the better justified.
    pub chance: f64,
}

/// Largest [`Snap::chance`] at which a snap counts as justified.
pub const CHANCE_LIMIT: f64 = 0.02;

/// The rational of smallest denominator within `tolerance` of `value`.
///
/// There are about 3/π² d² rationals of denominators up to d in a unit interval, so that an arbitrary
/// number lies within `tolerance` of one of them with probability min(1, 2·tolerance·(3/π² d² + 1)).
/// `None` when `value` or `tolerance` is not finite, or no denominator up to 10⁶ serves.
pub fn snap(value: f64, tolerance: f64) -> Option<Snap> {
    if !value.is_finite() || !tolerance.is_finite() || value.abs() > 1e15 {
        return None;
    }
    let (numerator, denominator) = smallest_denominator(value, tolerance.abs())?;
    let d = denominator as f64;
    let chance = (2.0 * tolerance.abs() * (0.304 * d * d + 1.0)).min(1.0);
    Some(Snap { value: Rational::from_parts(IBig::from(numerator), (denominator as u64).into()), chance })
}

/// [`snap`], only if justified: [`Snap::chance`] at most [`CHANCE_LIMIT`].
pub fn justified_snap(value: f64, tolerance: f64) -> Option<Snap> {
    snap(value, tolerance).filter(|s| s.chance <= CHANCE_LIMIT)
}

/// Simplest fraction in [value − tolerance, value + tolerance], by the Stern–Brocot tree walked
/// through continued fractions.
fn smallest_denominator(value: f64, tolerance: f64) -> Option<(i128, i128)> {
    let (low, high) = (value - tolerance, value + tolerance);
    if low <= 0.0 && high >= 0.0 {
        return Some((0, 1));
    }
    let negative = high < 0.0;
    let (mut low, mut high) = if negative { (-high, -low) } else { (low, high) };
    // Convergents h/k of the common part of the two continued fractions.
    let (mut h0, mut k0, mut h1, mut k1) = (0i128, 1i128, 1i128, 0i128);
    for _ in 0..64 {
        let whole = low.floor();
        let (a, last) = if whole == low {
            (whole as i128, true)
        } else if whole + 1.0 <= high {
            (whole as i128 + 1, true)
        } else {
            (whole as i128, false)
        };
        (h0, k0, h1, k1) = (h1, k1, a.checked_mul(h1)?.checked_add(h0)?, a.checked_mul(k1)?.checked_add(k0)?);
        if k1 > 1_000_000 {
            return None;
        }
        if last {
            return Some((if negative { -h1 } else { h1 }, k1));
        }
        (low, high) = (1.0 / (high - whole), 1.0 / (low - whole));
    }
    None
}

/// How many significant decimal digits a value with that standard error supports, 1 to 12.
pub fn supported_digits(value: f64, standard_error: f64) -> usize {
    if value == 0.0 || standard_error <= 0.0 {
        return 12;
    }
    ((value.abs() / standard_error).log10().floor() + 1.0).clamp(1.0, 12.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rational(n: i64, d: u64) -> Rational {
        Rational::from_parts(n.into(), d.into())
    }

    #[test]
    fn simplest_rational_in_the_interval() {
        assert_eq!(snap(0.333334, 1e-5).unwrap().value, rational(1, 3));
        assert_eq!(snap(-1.50001, 1e-4).unwrap().value, rational(-3, 2));
        assert_eq!(snap(1e-7, 1e-6).unwrap().value, rational(0, 1));
        assert_eq!(snap(2.0, 1e-9).unwrap().value, rational(2, 1));
        assert_eq!(snap(1.999999999, 1e-6).unwrap().value, rational(2, 1));
        assert_eq!(snap(std::f64::consts::PI, 1e-2).unwrap().value, rational(22, 7));
        assert!(snap(f64::NAN, 1e-3).is_none());
    }

    #[test]
    fn snaps_are_justified_or_refused() {
        assert!(justified_snap(0.75 + 1e-7, 1e-6).is_some());
        // √2 to nine digits is no rational, nor is anything known to one digit only.
        assert!(justified_snap(std::f64::consts::SQRT_2, 1e-9).is_none());
        assert!(justified_snap(0.34, 0.05).is_none());
    }

    #[test]
    fn errors_say_how_many_digits_count() {
        assert_eq!(supported_digits(1.234, 0.001), 4);
    }
}

//! Floating numbers in formulas.

use dashu_int::{IBig, UBig};

use crate::expr::Rational;

/// A floating number as an exact rational of `digits` significant decimal digits; 0 for what is not finite.
pub fn decimal(value: f64, digits: usize) -> Rational {
    let text = format!("{:.*e}", digits.saturating_sub(1), value);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text.as_str(), "0"));
    let exponent: i64 = exponent.parse().unwrap_or(0);
    let places = mantissa.split_once('.').map_or(0, |(_, tail)| tail.len()) as i64;
    let whole: String = mantissa.chars().filter(|c| *c != '.').collect();
    let whole: IBig = whole.parse().unwrap_or_default();
    let power = exponent - places;
    let ten = UBig::from(10u32);
    if power >= 0 {
        Rational::from(whole * IBig::from(ten.pow(power as usize)))
    } else {
        Rational::from_parts(whole, ten.pow((-power) as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_their_digits() {
        let rational = |n: i64, d: u64| Rational::from_parts(n.into(), d.into());
        assert_eq!(decimal(1.23456, 3), rational(123, 100));
        assert_eq!(decimal(-0.0012345, 2), rational(-12, 10000));
        assert_eq!(decimal(1234.5, 2), rational(1200, 1));
        assert_eq!(decimal(f64::NAN, 2), Rational::ZERO);
    }
}

//! The size of numbers: `9^9^9` has more digits than could be formed, and `1e-4000/1e4000` more than are read back.

use dashu_base::BitTest;

use super::parser::MAX_DIGITS;
use super::{Expr, Rational};

/// Bits of a number with [`MAX_DIGITS`] digits.
const MAX_BITS: f64 = MAX_DIGITS as f64 * std::f64::consts::LOG2_10;

/// A number with more digits than any formula may have.
struct TooLarge;

/// Whether `base ^ exponent` is a number, and one with more than [`MAX_DIGITS`] digits. No such number is
/// formed to find out.
pub(super) fn is_too_large(base: &Expr, exponent: &Expr) -> bool {
    power(base, exponent).is_err()
}

/// Whether the numerator or the denominator has more than [`MAX_DIGITS`] digits, so that the number would not be
/// read as it is printed.
pub(super) fn is_too_long(number: &Rational) -> bool {
    let longest = number.numerator().bit_len().max(number.denominator().bit_len()) as f64;
    // Within one bit of the limit the digits are counted.
    if longest < MAX_BITS.floor() {
        return false;
    }
    let digits = |integer: String| integer.trim_start_matches('-').len();
    longest > MAX_BITS.ceil()
        || digits(number.numerator().to_string()).max(digits(number.denominator().to_string())) > MAX_DIGITS
}

/// The exact value; `None` where the formula is not made of numbers alone or the value is not rational.
fn value(expr: &Expr) -> Result<Option<Rational>, TooLarge> {
    let all = |items: &[Expr], start: Rational, join: fn(Rational, Rational) -> Rational| {
        let mut joined = start;
        for item in items {
            let Some(value) = value(item)? else { return Ok(None) };
            joined = join(joined, value);
            // Sums and products grow slowly, and what is too large for an operand of a power shows.
            if bits(&joined) > 4.0 * MAX_BITS {
                return Err(TooLarge);
            }
        }
        Ok(Some(joined))
    };
    match expr {
        Expr::Number(value) => Ok(Some(value.clone())),
        Expr::Pi | Expr::Symbol(_) | Expr::Call(..) => Ok(None),
        Expr::Sum(terms) => all(terms, Rational::ZERO, |a, b| a + b),
        Expr::Product(factors) => all(factors, Rational::ONE, |a, b| a * b),
        Expr::Quotient(a, b) => Ok(match (value(a)?, value(b)?) {
            (Some(a), Some(b)) if !b.is_zero() => Some(a / b),
            _ => None,
        }),
        Expr::Negative(inner) => Ok(value(inner)?.map(|value| -value)),
        Expr::Power(base, exponent) => power(base, exponent),
    }
}

fn power(base: &Expr, exponent: &Expr) -> Result<Option<Rational>, TooLarge> {
    let (Some(base), Some(exponent)) = (value(base)?, value(exponent)?) else { return Ok(None) };
    if bits(&base) * exponent.to_f64().value().abs() > MAX_BITS {
        return Err(TooLarge);
    }
    let Ok(times) = i64::try_from(exponent.numerator().clone()) else { return Ok(None) };
    if !exponent.is_int() || (base.is_zero() && times < 0) {
        return Ok(None);
    }
    // Only 0 and ±1 have powers as high as they please.
    let steps = if bits(&base) == 0.0 { 2 - times.unsigned_abs() % 2 } else { times.unsigned_abs() };
    let raised = base.pow(steps as isize);
    Ok(Some(if times == 0 {
        Rational::ONE
    } else if times < 0 {
        Rational::ONE / raised
    } else {
        raised
    }))
}

/// The logarithm to base 2 of the larger of numerator and denominator.
fn bits(value: &Rational) -> f64 {
    let above = value.numerator().bit_len();
    let below = value.denominator().bit_len();
    if above.max(below) > 900 {
        return above.max(below) as f64;
    }
    let size = |x: f64| x.abs().max(1.0).log2();
    size(value.numerator().to_f64().value()).max(size(value.denominator().to_f64().value()))
}

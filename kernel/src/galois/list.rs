//! The Morales–Ramis list: the eigenvalues that an integrable homogeneous potential of degree k can have.
//!
//! For k ∉ {0, ±2}, p any integer (Morales-Ruiz and Ramis, Methods Appl. Anal. 8 (2001) 97, theorem 3; the parts to which
//! its table comes down):
//!
//! | k | λ |
//! | --- | --- |
//! | any | p + k p(p−1)/2 |
//! | any | ((k−1)/k + k p(p+1))/2 |
//! | 3 | −1/24 + (a + 6p)²/24 for a = 2, 3/2, 6/5, 12/5 |
//! | −3 | 25/24 − (a + 6p)²/24 for the same a |
//! | 4 | −1/8 + (4/3 + 4p)²/8 |
//! | −4 | 9/8 − (4/3 + 4p)²/8 |
//! | 5 | −9/40 + (a + 10p)²/40 for a = 10/3, 4 |
//! | −5 | 49/40 − (a + 10p)²/40 for the same a |
//!
//! Degrees 0 and ±2 exclude nothing here.

use dashu_base::Abs;

use super::rational::{is_odd_integer, square_root};
use crate::expr::Rational;

/// λ = constant + scale·(offset + step·p)².
struct Squares {
    constant: Rational,
    scale: Rational,
    step: Rational,
    offsets: Vec<Rational>,
}

fn fraction(numerator: i64, denominator: i64) -> Rational {
    Rational::from(numerator) / Rational::from(denominator)
}

/// The rows of single degrees.
fn squares(degree: i64) -> Option<Squares> {
    let of = |constant, scale, step: i64, offsets: &[(i64, i64)]| {
        let offsets = offsets.iter().map(|&(n, d)| fraction(n, d)).collect();
        Some(Squares { constant, scale, step: Rational::from(step), offsets })
    };
    let cubic = [(2, 1), (3, 2), (6, 5), (12, 5)];
    let quintic = [(10, 3), (4, 1)];
    match degree {
        3 => of(fraction(-1, 24), fraction(1, 24), 6, &cubic),
        -3 => of(fraction(25, 24), fraction(-1, 24), 6, &cubic),
        4 => of(fraction(-1, 8), fraction(1, 8), 4, &[(4, 3)]),
        -4 => of(fraction(9, 8), fraction(-1, 8), 4, &[(4, 3)]),
        5 => of(fraction(-9, 40), fraction(1, 40), 10, &quintic),
        -5 => of(fraction(49, 40), fraction(-1, 40), 10, &quintic),
        _ => None,
    }
}

/// Whether nothing is excluded for this degree.
pub fn excludes_nothing(degree: i64) -> bool {
    matches!(degree, -2 | 0 | 2)
}

/// Whether the list holds λ for degree k.
pub fn holds(degree: i64, eigenvalue: &Rational) -> bool {
    if excludes_nothing(degree) {
        return true;
    }
    let k = Rational::from(degree);
    // Both general rows ask for D = (k−2)² + 8kλ to be a square s².
    let shifted = &k - Rational::from(2);
    let discriminant = &shifted * &shifted + Rational::from(8) * &k * eigenvalue;
    let Some(s) = square_root(&discriminant) else { return false };
    let twice = Rational::from(2) * &k;
    let first = [&shifted + &s, &shifted - &s].iter().any(|sum| (sum / &twice).is_int());
    let second = is_odd_integer(&(&s / &k));
    first || second || in_squares(degree, eigenvalue)
}

fn in_squares(degree: i64, eigenvalue: &Rational) -> bool {
    let Some(row) = squares(degree) else { return false };
    let Some(t) = square_root(&((eigenvalue - &row.constant) / &row.scale)) else { return false };
    let reaches = |offset: &Rational| {
        [&t - offset, -&t - offset].iter().any(|difference| (difference / &row.step).is_int())
    };
    row.offsets.iter().any(reaches)
}

/// All values of the list for degree k in a closed interval, by increasing value. `None` where nothing is excluded.
pub fn between(degree: i64, low: &Rational, high: &Rational) -> Option<Vec<Rational>> {
    if excludes_nothing(degree) {
        return None;
    }
    let k = Rational::from(degree);
    let half = fraction(1, 2);
    let mut found: Vec<Rational> = Vec::new();
    // |λ| ≥ |k| p²/2 − (|k|/2 + 1)|p| − 1 in the general rows, and all others grow faster in p.
    let size = low.clone().abs().max(high.clone().abs());
    let bound = 6 + i64::try_from((size * Rational::from(4)).ceil()).unwrap_or(i64::MAX / 4).isqrt();
    for p in -bound..=bound {
        let p = Rational::from(p);
        found.push(&p + &half * &k * &p * (&p - Rational::ONE));
        found.push(&half * ((&k - Rational::ONE) / &k + &k * &p * (&p + Rational::ONE)));
        if let Some(row) = squares(degree) {
            for offset in &row.offsets {
                let root = offset + &row.step * &p;
                found.push(&row.constant + &row.scale * &root * &root);
            }
        }
    }
    found.retain(|value| low <= value && value <= high);
    found.sort();
    found.dedup();
    Some(found)
}

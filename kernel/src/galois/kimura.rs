//! Kimura's theorem: when the hypergeometric equation with given exponent differences has Liouvillian solutions.
//!
//! With differences δ₁, δ₂, δ₃ at 0, 1, ∞ the identity component of the differential Galois group is solvable if and
//! only if one of ±δ₁±δ₂±δ₃ is an odd integer, or, up to order, signs and integers ℓ, m, n, the differences are those
//! of one of fifteen families (Kimura, Funkcial. Ekvac. 12 (1969) 269).
//!
//! The variational equation of a homogeneous potential of degree k along a Darboux point, for an eigenvalue λ, has the
//! differences 1/k, 1/2, √((k−2)² + 8kλ)/(2k). In time e^φ (exponential potentials) they are 0, 1/2, √(1 + 8λ)/2.

use dashu_base::Abs;

use super::{Surd, is_odd_integer};
use crate::expr::Rational;

/// Three differences modulo integers, as twelfths would be too coarse: numerator and denominator; `None` is any number.
/// The flag: ℓ + m + n must be even.
type Family = ([Option<(i64, i64)>; 3], bool);

const FAMILIES: [Family; 15] = [
    ([Some((1, 2)), Some((1, 2)), None], false),
    ([Some((1, 2)), Some((1, 3)), Some((1, 3))], false),
    ([Some((2, 3)), Some((1, 3)), Some((1, 3))], true),
    ([Some((1, 2)), Some((1, 3)), Some((1, 4))], false),
    ([Some((2, 3)), Some((1, 4)), Some((1, 4))], true),
    ([Some((1, 2)), Some((1, 3)), Some((1, 5))], false),
    ([Some((2, 5)), Some((1, 3)), Some((1, 3))], true),
    ([Some((2, 3)), Some((1, 5)), Some((1, 5))], true),
    ([Some((1, 2)), Some((2, 5)), Some((1, 5))], true),
    ([Some((3, 5)), Some((1, 3)), Some((1, 5))], true),
    ([Some((2, 5)), Some((2, 5)), Some((2, 5))], true),
    ([Some((2, 3)), Some((1, 3)), Some((1, 5))], true),
    ([Some((4, 5)), Some((1, 5)), Some((1, 5))], true),
    ([Some((1, 2)), Some((2, 5)), Some((1, 3))], true),
    ([Some((3, 5)), Some((2, 5)), Some((1, 3))], true),
];

/// Intervals that reach further have too many eigenvalues to be written down.
const MAX_SQUARE: i64 = 1_000_000;

const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

/// Whether the equation is solvable, from the squares of the three exponent differences.
pub fn is_solvable(squares: &[Rational; 3]) -> bool {
    is_reducible(squares) || is_in_a_family(squares)
}

/// Whether one of ±δ₁±δ₂±δ₃ is an odd integer.
fn is_reducible(squares: &[Rational; 3]) -> bool {
    let signs = [Rational::ONE, Rational::NEG_ONE];
    signs.iter().any(|second| {
        signs.iter().any(|third| {
            let sum = Surd::root_of(&squares[0]).plus(second, &squares[1]).plus(third, &squares[2]);
            sum.as_rational().is_some_and(|sum| is_odd_integer(&sum))
        })
    })
}

fn is_in_a_family(squares: &[Rational; 3]) -> bool {
    let differences: Vec<Option<Rational>> =
        squares.iter().map(|square| Surd::root_of(square).as_rational()).collect();
    ORDERS.iter().any(|order| {
        let ordered = order.map(|at| differences[at].as_ref());
        FAMILIES.iter().any(|family| belongs(ordered, family))
    })
}

/// Whether the differences are ±aᵢ + nᵢ, with n₁ + n₂ + n₃ even where the family asks for it.
fn belongs(differences: [Option<&Rational>; 3], (values, even): &Family) -> bool {
    // The parities that the sum of the integers can have.
    let mut parities = [true, false];
    for (difference, value) in differences.iter().zip(values) {
        let Some((numerator, denominator)) = value else {
            continue;
        };
        let Some(difference) = difference else { return false };
        let value = Rational::from(*numerator) / Rational::from(*denominator);
        let shifts = [*difference - &value, -(*difference) - &value];
        let (mut with_even, mut with_odd) = (false, false);
        for shift in shifts.iter().filter(|shift| shift.is_int()) {
            match is_odd_integer(shift) {
                true => with_odd = true,
                false => with_even = true,
            }
        }
        parities = [
            (parities[0] && with_even) || (parities[1] && with_odd),
            (parities[1] && with_even) || (parities[0] && with_odd),
        ];
    }
    if *even { parities[0] } else { parities[0] || parities[1] }
}

/// The squares of the exponent differences of a homogeneous potential of degree k ≠ 0 for the eigenvalue λ.
pub fn differences_of_homogeneous(degree: &Rational, eigenvalue: &Rational) -> [Rational; 3] {
    let square = degree * degree;
    let shifted = degree - Rational::from(2);
    let third =
        (&shifted * &shifted + Rational::from(8) * degree * eigenvalue) / (Rational::from(4) * &square);
    [Rational::ONE / square, Rational::ONE / Rational::from(4), third]
}

/// Whether an eigenvalue of a homogeneous potential of degree k ≠ 0 is compatible with integrability.
pub fn allows(degree: &Rational, eigenvalue: &Rational) -> bool {
    degree.is_zero() || is_solvable(&differences_of_homogeneous(degree, eigenvalue))
}

/// Whether every eigenvalue is allowed for degree k: 0, and where 1/k is an integer and a half.
pub fn excludes_nothing(degree: &Rational) -> bool {
    degree.is_zero() || (Rational::ONE / degree - Rational::ONE / Rational::from(2)).is_int()
}

/// All eigenvalues in a closed interval that are allowed for degree k, by increasing value. `None` where all are.
///
/// With the third difference δ the eigenvalue is λ = ((2kδ)² − (k − 2)²)/(8k); δ is ±1/k ± 1/2 or a number of halves,
/// thirds, quarters or fifths, up to an integer.
pub fn between(degree: &Rational, low: &Rational, high: &Rational) -> Option<Vec<Rational>> {
    if excludes_nothing(degree) {
        return None;
    }
    let (shifted, eight) = (degree - Rational::from(2), Rational::from(8) * degree);
    // (2kδ)² = 8kλ + (k − 2)².
    let size = low.clone().abs().max(high.clone().abs());
    let square = (eight.clone().abs() * size + &shifted * &shifted) / (Rational::from(4) * degree * degree);
    let bound = 2 + i64::try_from(square.ceil()).ok().filter(|bound| *bound < MAX_SQUARE)?.isqrt();
    let sum = Rational::ONE / degree + Rational::ONE / Rational::from(2);
    let parts = [(1, 2), (1, 3), (2, 3), (1, 4), (3, 4), (1, 5), (2, 5), (3, 5), (4, 5)];
    let starts = parts.map(|(n, d)| Rational::from(n) / Rational::from(d)).into_iter();
    let fractional = |value: &Rational| value - Rational::from(value.floor());
    let starts: Vec<Rational> = starts.chain([fractional(&sum), fractional(&-&sum)]).collect();
    let mut found: Vec<Rational> = Vec::new();
    for whole in 0..=bound {
        for start in &starts {
            let root = Rational::from(2) * degree * (start + Rational::from(whole));
            found.push((&root * &root - &shifted * &shifted) / &eight);
        }
    }
    found.retain(|value| low <= value && value <= high && allows(degree, value));
    found.sort();
    found.dedup();
    Some(found)
}

/// The same for two exponentials: differences 0, 1/2, √(1 + 8λ)/2.
pub fn allows_exponential(eigenvalue: &Rational) -> bool {
    let quarter = Rational::ONE / Rational::from(4);
    let third = (Rational::ONE + Rational::from(8) * eigenvalue) * &quarter;
    is_solvable(&[Rational::ZERO, quarter, third])
}

//! Matrices over Q and of enclosures.

use super::{Enclosure, Univariate};
use crate::expr::Rational;

/// A square matrix over Q, by rows.
pub type RationalMatrix = Vec<Vec<Rational>>;

/// The characteristic polynomial det(x − M), monic (Faddeev and Le Verrier).
pub fn characteristic_polynomial(matrix: &RationalMatrix) -> Univariate {
    let n = matrix.len();
    // M₁ = 1, Mₖ = A Mₖ₋₁ + cₙ₋ₖ₊₁, cₙ₋ₖ = −tr(A Mₖ)/k.
    let mut coefficients = vec![Rational::ZERO; n + 1];
    coefficients[n] = Rational::ONE;
    let mut power: RationalMatrix = identity(n);
    for k in 1..=n {
        let product = times(matrix, &power);
        let trace = (0..n).fold(Rational::ZERO, |sum, i| sum + &product[i][i]);
        coefficients[n - k] = -trace / Rational::from(k);
        power = product;
        for (i, row) in power.iter_mut().enumerate() {
            row[i] += &coefficients[n - k];
        }
    }
    Univariate::new(coefficients)
}

/// The determinant, by the characteristic polynomial at 0.
pub fn rational_determinant(matrix: &RationalMatrix) -> Rational {
    let constant = characteristic_polynomial(matrix).at(&Rational::ZERO);
    if matrix.len() % 2 == 1 { -constant } else { constant }
}

/// Whether the determinant vanishes.
pub(crate) fn is_singular(matrix: &RationalMatrix) -> bool {
    rational_determinant(matrix).is_zero()
}

/// The unit matrix of n rows.
pub fn identity(n: usize) -> RationalMatrix {
    let entry = |i: usize, j: usize| if i == j { Rational::ONE } else { Rational::ZERO };
    (0..n).map(|i| (0..n).map(|j| entry(i, j)).collect()).collect()
}

/// The product of an m×n with an n×l matrix.
pub fn times(a: &RationalMatrix, b: &RationalMatrix) -> RationalMatrix {
    let columns = b.first().map_or(0, Vec::len);
    let entry = |row: &Vec<Rational>, j: usize| {
        row.iter().zip(b).fold(Rational::ZERO, |sum, (x, other)| sum + x * &other[j])
    };
    a.iter().map(|row| (0..columns).map(|j| entry(row, j)).collect()).collect()
}

/// The inverse, by Gauss's elimination; `None` of a singular matrix.
pub fn inverse(matrix: &RationalMatrix) -> Option<RationalMatrix> {
    let n = matrix.len();
    let mut rows: RationalMatrix =
        matrix.iter().zip(identity(n)).map(|(row, unit)| [row.clone(), unit].concat()).collect();
    for column in 0..n {
        let pivot = (column..n).find(|&i| !rows[i][column].is_zero())?;
        rows.swap(column, pivot);
        let leading = rows[column][column].clone();
        rows[column].iter_mut().for_each(|x| *x /= &leading);
        for i in (0..n).filter(|&i| i != column) {
            let factor = rows[i][column].clone();
            if factor.is_zero() {
                continue;
            }
            let own = rows[column].clone();
            rows[i].iter_mut().zip(&own).for_each(|(x, y)| *x -= &factor * y);
        }
    }
    Some(rows.into_iter().map(|row| row[n..].to_vec()).collect())
}

/// An enclosure of the determinants of all matrices with entries in these intervals, by Gauss's elimination; `None`
/// where a pivot may vanish.
pub fn determinant(matrix: &[Vec<Enclosure>]) -> Option<Enclosure> {
    let n = matrix.len();
    let mut rows = matrix.to_vec();
    let mut product = Enclosure::of(&Rational::ONE);
    for column in 0..n {
        let largest = |i: &usize| {
            let entry = &rows[*i][column];
            entry.sign().map_or(Rational::ZERO, |_| entry.centre().magnitude())
        };
        let pivot = (column..n).max_by_key(largest)?;
        rows[column..=pivot].reverse();
        // Reversing k + 1 rows is a permutation of sign (−1)^(k(k+1)/2).
        let moved = pivot - column;
        if (moved * (moved + 1) / 2) % 2 == 1 {
            product = product.negated();
        }
        let (above, below) = rows.split_at_mut(column + 1);
        let own = &above[column];
        own[column].sign()?;
        product = product.times(&own[column]);
        for row in below {
            let factor = row[column].over(&own[column])?;
            for j in column..n {
                row[j] = row[j].minus(&factor.times(&own[j]));
            }
        }
    }
    Some(product)
}

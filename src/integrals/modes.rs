//! Fourier modes of angles that H does not contain.
//!
//! Where H does not depend on an angle φ, the bracket with p_φ commutes with that with H, so an integral is a sum of
//! integrals that are each of one mode: a combination of r·cos(kφ) and r·sin(kφ). Columns that are written in modes
//! fall into classes of one k, each solved by itself; powers of sin φ and cos φ would mix them.

use super::atoms::{Atom, Atoms};
use super::monomial::{Laurent, Monomial, occurs};
use crate::expr::Rational;

/// The angles that H does not contain, by the index of the sine; the cosine is the next atom.
pub fn free_angles(atoms: &Atoms, hamiltonian: &Laurent) -> Vec<usize> {
    let is_free = |sine: usize| {
        let Atom::Sine(argument) = &atoms.list[sine] else { return false };
        let Some((argument, _)) = argument.single() else { return false };
        let coordinates: Vec<usize> = (0..argument.len()).filter(|&i| argument[i] != 0).collect();
        let [coordinate] = coordinates[..] else { return false };
        // Neither H nor any other atom contains the angle or its coordinate.
        let elsewhere = (0..atoms.list.len()).filter(|k| !(sine..=sine + 1).contains(k));
        let definitions = elsewhere.filter_map(|k| atoms.definition(k));
        coordinate < atoms.dof
            && std::iter::once(hamiltonian)
                .chain(definitions)
                .all(|polynomial| [coordinate, sine, sine + 1].iter().all(|&i| !occurs(polynomial, i)))
    };
    (0..atoms.list.len()).filter(|&i| is_free(i)).collect()
}

/// The orders of the monomial in sines and cosines of these angles: that of its highest mode in each.
pub fn orders(monomial: &[i32], angles: &[usize]) -> Vec<i32> {
    let exponent = |i: usize| monomial.get(i).copied().unwrap_or(0);
    angles.iter().map(|&sine| exponent(sine) + exponent(sine + 1)).collect()
}

/// The powers of the sines and cosines of these angles in a monomial, and the rest of it.
pub fn apart(monomial: &[i32], angles: &[usize]) -> (Monomial, Monomial) {
    let part = |inside: bool| -> Monomial {
        let angular = |i: usize| angles.iter().any(|&sine| i == sine || i == sine + 1);
        monomial.iter().enumerate().map(|(i, &e)| if angular(i) == inside { e } else { 0 }).collect()
    };
    (part(true), part(false))
}

/// The monomial with sin φ·cosʲ φ replaced by sin(kφ) and cosᵏ φ by cos(kφ), k being the order in each angle:
/// a polynomial whose other terms are of lower order.
pub fn in_modes(monomial: &Monomial, angles: &[usize]) -> Laurent {
    let mut column = Laurent::term(monomial.clone(), Rational::ONE);
    for (&sine, k) in angles.iter().zip(orders(monomial, angles)) {
        let is_sine = monomial.get(sine).is_some_and(|&e| e != 0);
        // What T_k has beside cosᵏ, and U_{k−1} beside cosᵏ⁻¹, relative to the leading coefficient.
        let degree = if is_sine { k - 1 } else { k };
        let polynomial = if is_sine { chebyshev(degree, 2) } else { chebyshev(degree, 1) };
        let mut mode = Laurent::zero();
        for (power, coefficient) in polynomial.iter().enumerate().filter(|(_, c)| **c != 0) {
            let lower = Monomial::atom(sine + 1, power as i32 - degree);
            let part = column.times_term(&lower, &Rational::from(*coefficient));
            mode.absorb(part);
        }
        column = mode;
    }
    column
}

/// Chebyshev's polynomials by their coefficients: T_n for `first` = 1, U_n for `first` = 2.
fn chebyshev(n: i32, first: i64) -> Vec<i64> {
    let (mut before, mut last) = (vec![1], vec![0, first]);
    if n == 0 {
        return before;
    }
    for _ in 1..n {
        let mut next = vec![0; last.len() + 1];
        last.iter().enumerate().for_each(|(i, c)| next[i + 1] += 2 * c);
        before.iter().enumerate().for_each(|(i, c)| next[i] -= c);
        (before, last) = (last, next);
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_multiples_of_the_angle() {
        // r = x³ at index 0, the sine at 1, the cosine at 2.
        let phi = 0.7_f64;
        for k in 0..7 {
            for is_sine in [false, true] {
                if is_sine && k == 0 {
                    continue;
                }
                let monomial = Monomial::from(vec![3, i32::from(is_sine), k - i32::from(is_sine)]);
                assert_eq!(orders(&monomial, &[1]), [k]);
                let column = in_modes(&monomial, &[1]);
                let value: f64 = column
                    .terms()
                    .map(|(m, c)| {
                        let e = |i: usize| m.get(i).copied().unwrap_or(0);
                        assert_eq!(e(0), 3);
                        c.to_f64().value() * phi.sin().powi(e(1)) * phi.cos().powi(e(2))
                    })
                    .sum();
                let angle = f64::from(k) * phi;
                let expected = if is_sine { angle.sin() } else { angle.cos() };
                assert!((value - expected).abs() < 1e-12, "{k} {is_sine}: {value} {expected}");
            }
        }
    }
}

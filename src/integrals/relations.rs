//! Whether the atoms have no relations but those that their values over F_p satisfy.
//!
//! A space of functions is searched exhaustively only if every relation between the atoms holds at the random
//! points. Otherwise the points ask too much, and integrals are missed. Three tests exclude other relations:
//!
//! - Logarithms, exponentials, sines and cosines are independent if the gradients of their arguments are
//!   independent over the constants (Ax).
//! - Square roots are independent if no product of radicands is a constant times a square. Then their
//!   quadratic characters over F_p are independent.
//! - A root |w| has either sign of w at the random points. This misses nothing if the functions w have all
//!   combinations of signs where H is real.

use super::IntegralsError;
use super::atoms::{Atom, Atoms};
use super::echelon::Echelon;
use super::point::Points;
use super::roots::square_root;
use super::signs::all_signs_occur;
use crate::mechanics::Hamiltonian;

/// The number of points, beyond the number of roots, at which quadratic characters are taken.
const EXTRA_POINTS: usize = 24;

/// Whether the atoms have no relations but those of their definitions and of known products of two roots.
pub fn are_known(atoms: &Atoms, points: &Points, hamiltonian: &Hamiltonian) -> Result<bool, IntegralsError> {
    Ok(transcendentals_are_independent(atoms, points)? && roots_are_independent(atoms, points, hamiltonian))
}

/// Whether the gradients of logarithms and of the arguments of exponentials are independent over the constants,
/// and so are those of the arguments of sines. The two kinds do not mix, because sines are exponentials of
/// imaginary arguments.
fn transcendentals_are_independent(atoms: &Atoms, points: &Points) -> Result<bool, IntegralsError> {
    let all = (0..atoms.list.len()).filter(|&i| !atoms.is_constant(i));
    let (mut real, mut imaginary) = (Vec::new(), Vec::new());
    for index in all {
        match atoms.list[index] {
            Atom::Exponential(_) | Atom::Logarithm(_) => real.push(index),
            Atom::Sine(_) => imaginary.push(index),
            _ => {}
        }
    }
    Ok(gradients_are_independent(atoms, points, &real)?
        && gradients_are_independent(atoms, points, &imaginary)?)
}

/// Whether no combination, with constant coefficients, of these logarithms and of the arguments of these other
/// atoms is constant.
fn gradients_are_independent(
    atoms: &Atoms,
    points: &Points,
    wanted: &[usize],
) -> Result<bool, IntegralsError> {
    let field = points.field();
    let mut echelon = Echelon::new(field, wanted.len());
    for point in points.range(0..if wanted.is_empty() { 0 } else { wanted.len() + 4 })? {
        let gradient = |&i: &usize| -> Vec<u32> {
            let factor = match atoms.list[i] {
                Atom::Exponential(_) => 1,
                Atom::Logarithm(_) => point.values[i],
                // d(sin a)/sin a = cot a·da.
                _ => field.multiply(point.values[i], point.inverses[i + 1]),
            };
            point.logarithmic_gradient(i, atoms.dof).iter().map(|&g| field.multiply(g, factor)).collect()
        };
        let gradients: Vec<Vec<u32>> = wanted.iter().map(gradient).collect();
        for component in 0..2 * atoms.dof {
            echelon.insert(&gradients.iter().map(|g| g[component]).collect::<Vec<u32>>());
        }
    }
    Ok(echelon.rank() == wanted.len())
}

/// Whether no product of radicands of square roots is a constant times a square, apart from known products. A
/// root |w| counts with w, whose sign is unknown.
fn roots_are_independent(atoms: &Atoms, points: &Points, hamiltonian: &Hamiltonian) -> bool {
    let dependent = points.reduced.dependent_roots();
    let (mut radicands, mut signed) = (Vec::new(), Vec::new());
    for index in (0..atoms.list.len()).filter(|&i| !atoms.is_constant(i) && !dependent.contains(&i)) {
        let Atom::Root { base, index: k } = &atoms.list[index] else { continue };
        match square_root(base) {
            _ if k % 2 == 1 => {}
            Some(value) => {
                signed.push(atoms.to_expr(&value));
                radicands.push(value);
            }
            None => radicands.push(base.clone()),
        }
    }
    if !all_signs_occur(&signed, hamiltonian) {
        return false;
    }
    if radicands.is_empty() {
        return true;
    }
    let Some(rows) = points.reduced.characters(&radicands, radicands.len() + EXTRA_POINTS) else {
        return false;
    };
    // Over F_2, with the constants in the last place.
    let mut basis: Vec<u128> = Vec::new();
    for row in rows {
        let start = 1u128 << 127;
        let mut bits = row.iter().enumerate().fold(start, |bits, (i, &odd)| bits | u128::from(odd) << i);
        for &have in &basis {
            bits = bits.min(bits ^ have);
        }
        if bits != 0 {
            basis.push(bits);
            basis.sort_by(|a, b| b.cmp(a));
        }
    }
    radicands.len() < 127 && basis.len() == radicands.len() + 1
}

//! Whether the atoms have no relations but those that their values over F_p satisfy.
//!
//! A space of functions is searched exhaustively only if every relation that holds between the atoms holds at the
//! random points: otherwise the points ask too much, and integrals are missed. Two tests prove that there are no
//! others. Logarithms, exponentials, sines and cosines are independent where the gradients of what they are functions of
//! are, over constant coefficients (Ax). Square roots are where no product of radicands is a square times a
//! constant: then their quadratic characters over F_p are independent.

use super::IntegralsError;
use super::atoms::{Atom, Atoms};
use super::echelon::Echelon;
use super::monomial::{Laurent, Monomial};
use super::point::Points;
use super::roots::square_root;
use crate::expr::Expr;

/// Points at which quadratic characters are taken, beyond the number of roots.
const EXTRA_POINTS: usize = 24;

/// Whether there are no relations between the atoms but those of their definitions and of `products` of two roots.
pub fn are_known(atoms: &Atoms, points: &Points) -> Result<bool, IntegralsError> {
    Ok(transcendentals_are_independent(atoms, points)? && roots_are_independent(atoms, points))
}

/// The gradients of what exponentials are of, and of logarithms, are independent over the constants; and so are those
/// of what sines and cosines are of. The two do not mix, as the latter are exponentials of imaginary multiples.
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

/// Whether no combination with constant coefficients of what these atoms are of, or of these logarithms, is constant.
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

/// No product of some radicands of square roots is a constant times a square, those apart that are taken for what
/// they are. Of a root |w| it is w that counts, whose sign is what is not known; and w must take both.
fn roots_are_independent(atoms: &Atoms, points: &Points) -> bool {
    let dependent = points.reduced.dependent_roots();
    let mut radicands: Vec<Laurent> = Vec::new();
    for index in (0..atoms.list.len()).filter(|&i| !atoms.is_constant(i) && !dependent.contains(&i)) {
        let Atom::Root { base, index: k } = &atoms.list[index] else { continue };
        match square_root(base) {
            _ if k % 2 == 1 => {}
            Some(value) if !takes_both_signs(atoms, &value) => return false,
            Some(value) => radicands.push(value),
            None => radicands.push(base.clone()),
        }
    }
    if radicands.is_empty() {
        return true;
    }
    let Some(rows) = points.reduced.characters(&radicands, radicands.len() + EXTRA_POINTS) else {
        return false;
    };
    // Over F_2, the constants in the last place.
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

/// Whether a function is seen to be positive somewhere and negative elsewhere: odd in a variable, or linear.
fn takes_both_signs(atoms: &Atoms, value: &Laurent) -> bool {
    let is_variable = |i: usize| match &atoms.list[i] {
        Atom::Coordinate(_) | Atom::Momentum(_) => true,
        Atom::Constant(constant) => matches!(constant, Expr::Symbol(_)),
        _ => false,
    };
    let linear = |m: &Monomial| m.iter().enumerate().all(|(i, &e)| e == 0 || e == 1 && is_variable(i));
    match value.single() {
        Some((m, _)) => m.iter().enumerate().any(|(i, e)| e % 2 != 0 && is_variable(i)),
        None => value.monomials().all(|m| linear(m) && m.iter().sum::<i32>() == 1),
    }
}

//! Planes in which all directions are looked at exactly.

use crate::expr::Rational;
use crate::mechanics::{HomogeneousPart, Obstructions, Proposal};

/// With more coordinates their pairs are not tried.
const MAX_COORDINATES: usize = 12;

/// The planes of two coordinates; with three coordinates also the plane in which the centre of mass rests. The kernel
/// refuses a plane that forces leave.
pub(super) fn proposals(obstructions: &Obstructions) -> Vec<Proposal> {
    let dof = obstructions.coordinates().len();
    if dof > MAX_COORDINATES {
        return Vec::new();
    }
    let unit = |i: usize| (0..dof).map(|j| Rational::from(i32::from(i == j))).collect::<Vec<_>>();
    let mut planes: Vec<[Vec<Rational>; 2]> =
        (0..dof).flat_map(|i| (i + 1..dof).map(move |j| (i, j))).map(|(i, j)| [unit(i), unit(j)]).collect();
    if dof == 3 {
        planes.extend(relative_motion(obstructions));
    }
    let of = |part: &HomogeneousPart| {
        let part = part.part();
        planes.iter().map(move |basis| Proposal::Plane { part, basis: basis.clone() }).collect::<Vec<_>>()
    };
    obstructions.parts().iter().filter(|part| part.is_rational()).flat_map(of).collect()
}

/// The plane Σ mᵢqᵢ = 0 for diagonal masses.
fn relative_motion(obstructions: &Obstructions) -> Option<[Vec<Rational>; 2]> {
    let inverse = obstructions.inverse_masses();
    let is_diagonal = (0..3).all(|i| (0..3).all(|j| i == j || inverse[i][j].is_zero()));
    if !is_diagonal {
        return None;
    }
    // The forces on the three sum to 0, so that A∇V = (f₁/m₁, f₂/m₂, f₃/m₃) lies in the plane.
    let basis = |i: usize, j: usize| {
        let mut vector = vec![Rational::ZERO; 3];
        vector[i] = inverse[i][i].clone();
        vector[j] = -inverse[j][j].clone();
        vector
    };
    Some([basis(0, 1), basis(1, 2)])
}

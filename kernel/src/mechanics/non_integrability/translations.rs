//! Translations that leave H as it is, and the motion that remains without them.
//!
//! A law t·p says that V does not change along t. Let T be spanned by such t, with G = (tᵢᵀA⁻¹tⱼ) regular, and no terms
//! linear in p. Then q = r + Σ sᵢtᵢ with r orthogonal to T in A⁻¹ gives H = ½PᵀG⁻¹P + H′, P = (tᵢ·p), where H′ is the
//! Hamiltonian of r alone: for bodies, of the motion relative to their centre of mass. Were H′ integrable, so were H, by
//! the same integrals and P. So what has no complete set of integrals has none without the translations either, and with
//! two degrees of freedom left, H′ has no integral of the class that is independent of it.

use super::exponential::linear;
use super::natural::Natural;
use crate::expr::Rational;
use crate::galois::{RationalMatrix, inverse, is_singular};
use crate::mechanics::{ConservedQuantity, Hamiltonian};

/// Independent translations t with laws t·p; none where the motion does not split.
pub(super) fn of(
    natural: &Natural,
    hamiltonian: &Hamiltonian,
    laws: &[ConservedQuantity],
) -> Vec<Vec<Rational>> {
    let momenta = hamiltonian.space().momenta();
    let is_proved = |law: &&ConservedQuantity| {
        law.is_proved() && law.certificate().is_some_and(|proof| proof.hamiltonian() == hamiltonian)
    };
    let mut found: Vec<Vec<Rational>> = Vec::new();
    for translation in laws.iter().filter(is_proved).filter_map(|law| linear(law.formula(), momenta)) {
        found.push(translation);
        if is_singular(&products(&found, &found)) {
            found.pop();
        }
    }
    let splits = !found.is_empty()
        && found.len() < momenta.len()
        && natural.has_no_gyroscopic_terms()
        && inverse(&natural.inverse_masses).is_some_and(|masses| {
            let weighted: RationalMatrix = crate::galois::times(&found, &masses);
            !is_singular(&products(&weighted, &found))
        });
    if splits { found } else { Vec::new() }
}

/// The matrix of aᵢ·bⱼ.
fn products(a: &[Vec<Rational>], b: &[Vec<Rational>]) -> RationalMatrix {
    let dot = |x: &Vec<Rational>, y: &Vec<Rational>| {
        x.iter().zip(y).fold(Rational::ZERO, |sum, (x, y)| sum + x * y)
    };
    a.iter().map(|x| b.iter().map(|y| dot(x, y)).collect()).collect()
}

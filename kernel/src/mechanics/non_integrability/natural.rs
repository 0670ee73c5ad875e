//! [`Natural`]: a Hamiltonian as ½pᵀAp + b(q)·p + V(q).

use std::collections::BTreeMap;

use crate::algebra::Element;
use crate::expr::{Expr, Rational, Symbol};
use crate::galois::RationalMatrix;
use crate::mechanics::Hamiltonian;

/// H = ½pᵀAp + b(q)·p + V(q) with a constant, rational, regular A.
#[derive(Clone, Debug)]
pub(super) struct Natural {
    pub(super) coordinates: Vec<Symbol>,
    /// A.
    pub(super) inverse_masses: RationalMatrix,
    /// b.
    pub(super) gyroscopic: Vec<Expr>,
    /// V.
    pub(super) potential: Expr,
}

impl Natural {
    /// Reads H. `None` where it is not of this form.
    pub(super) fn of(hamiltonian: &Hamiltonian) -> Option<Natural> {
        let space = hamiltonian.space();
        let (formula, momenta) = (hamiltonian.formula(), space.momenta());
        let slopes: Vec<Expr> = momenta.iter().map(|p| formula.derivative(p)).collect();
        let second: Vec<Expr> =
            slopes.iter().flat_map(|slope| momenta.iter().map(|p| slope.derivative(p))).collect();
        // Where all second derivatives by the momenta are constants, H is its Taylor polynomial at p = 0.
        let inverse_masses = constants(hamiltonian, &second)?;
        if crate::galois::is_singular(&inverse_masses) {
            return None;
        }
        let at_rest: BTreeMap<Symbol, Expr> = momenta.iter().map(|p| (p.clone(), Expr::zero())).collect();
        Some(Natural {
            coordinates: space.coordinates().to_vec(),
            inverse_masses,
            gyroscopic: slopes.iter().map(|slope| slope.substitute(&at_rest)).collect(),
            potential: formula.substitute(&at_rest),
        })
    }

    /// Whether there are no terms linear in the momenta, as seen from their formulas or their canonical form.
    pub(super) fn has_no_gyroscopic_terms(&self) -> bool {
        let vanishes = |expr: &Expr| {
            let elements = || Element::all_within(&self.coordinates, &[], [expr]).ok();
            is_plainly_zero(expr) || elements().is_some_and(|(_, all)| all[0].is_zero_form())
        };
        self.gyroscopic.iter().all(vanishes)
    }
}

/// The values of formulas that are rational constants, as the rows of a square matrix.
fn constants(hamiltonian: &Hamiltonian, formulas: &[Expr]) -> Option<RationalMatrix> {
    let space = hamiltonian.space();
    let (_, elements) = Element::all_within(space.variables(), hamiltonian.domain(), formulas.iter()).ok()?;
    let values: Vec<Rational> = elements.iter().map(Element::as_constant).collect::<Option<_>>()?;
    Some(values.chunks(space.dof()).map(<[Rational]>::to_vec).collect())
}

/// Whether a formula is 0 as it is written, wherever it is defined.
pub(super) fn is_plainly_zero(expr: &Expr) -> bool {
    match expr {
        Expr::Number(value) => value.is_zero(),
        Expr::Sum(terms) => terms.iter().all(is_plainly_zero),
        Expr::Product(factors) => factors.iter().any(is_plainly_zero),
        Expr::Quotient(above, _) => is_plainly_zero(above),
        Expr::Negative(inner) => is_plainly_zero(inner),
        Expr::Power(base, exponent) => {
            is_plainly_zero(base) && exponent.as_number().is_some_and(|power| power > Rational::ZERO)
        }
        Expr::Pi | Expr::Symbol(_) | Expr::Call(..) => false,
    }
}

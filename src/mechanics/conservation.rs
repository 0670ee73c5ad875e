//! Proofs that a quantity is conserved.

use std::sync::Arc;

use super::bracket::{Bracket, poisson_bracket};
use super::{Hamiltonian, MechanicsError, PhaseSpace};
use crate::algebra::{Element, Field, GeneratorDescription, ZeroTest};
use crate::expr::Expr;

/// The proof that {F, H} = 0. Only this room can make one: it exists because the canonical form of the
/// bracket in the field described came out as 0.
#[derive(Clone, Debug)]
pub struct Certificate {
    law: Expr,
    hamiltonian: Hamiltonian,
    bracket: Expr,
    field: Arc<Field>,
}

impl Certificate {
    /// The conserved quantity F as it was given.
    pub fn law(&self) -> &Expr {
        &self.law
    }

    /// The Hamiltonian H with its phase space.
    pub fn hamiltonian(&self) -> &Hamiltonian {
        &self.hamiltonian
    }

    /// The canonical form of {F, H}: the literal 0.
    pub fn bracket(&self) -> &Expr {
        &self.bracket
    }

    /// The generators of the field in which the bracket was formed, with their relations.
    pub fn generators(&self) -> Vec<GeneratorDescription> {
        self.field.generators()
    }

    /// What is assumed of a point for F to be conserved there: domains of roots and logarithms,
    /// denominators that do not vanish.
    pub fn assumptions(&self) -> Vec<String> {
        self.field.assumptions()
    }
}

/// Whether a function is conserved.
#[derive(Clone, Debug)]
pub enum Conservation {
    /// {F, H} = 0, proved.
    Proved(Certificate),
    /// {F, H} ≠ 0 at some point, proved.
    Refuted {
        /// The bracket in canonical form.
        bracket: Expr,
    },
    /// Neither was proved.
    Unknown {
        /// The bracket in canonical form.
        bracket: Expr,
    },
}

impl Conservation {
    /// Whether it is proved.
    pub fn is_proved(&self) -> bool {
        matches!(self, Conservation::Proved(_))
    }

    /// The certificate, if there is one.
    pub fn certificate(&self) -> Option<&Certificate> {
        match self {
            Conservation::Proved(certificate) => Some(certificate),
            _ => None,
        }
    }
}

/// Decides {F, H} = 0 exactly.
///
/// # Errors
/// Formulas that the algebra cannot represent, or that divide by zero.
pub fn prove_conserved(law: &Expr, hamiltonian: &Hamiltonian) -> Result<Conservation, MechanicsError> {
    let (_, elements) = Element::all_from(hamiltonian.space().variables(), [hamiltonian.formula(), law])?;
    decide(law, &elements[1], &elements[0], hamiltonian)
}

/// The proof that {F, H} = 0, if there is one; a bracket that is not seen to vanish is not written out.
///
/// # Errors
/// As [`prove_conserved`].
pub fn certificate_of(law: &Expr, hamiltonian: &Hamiltonian) -> Result<Option<Certificate>, MechanicsError> {
    let (_, elements) = Element::all_from(hamiltonian.space().variables(), [hamiltonian.formula(), law])?;
    let value = poisson_bracket(&elements[1], &elements[0], hamiltonian.space())?;
    Ok((value.zero_test() == ZeroTest::Zero).then(|| certificate(law, &elements[1], hamiltonian)))
}

/// Called where the bracket came out as 0.
fn certificate(law: &Expr, element: &Element, hamiltonian: &Hamiltonian) -> Certificate {
    Certificate {
        law: law.clone(),
        hamiltonian: hamiltonian.clone(),
        bracket: Expr::zero(),
        field: element.field().clone(),
    }
}

/// [`prove_conserved`] for many functions in one field, which is built once.
///
/// # Errors
/// As [`prove_conserved`]: the first of them.
pub fn prove_all(laws: &[Expr], hamiltonian: &Hamiltonian) -> Result<Vec<Conservation>, MechanicsError> {
    let expressions = std::iter::once(hamiltonian.formula()).chain(laws);
    let (_, elements) = Element::all_from(hamiltonian.space().variables(), expressions)?;
    let decide = |(law, element): (&Expr, &Element)| decide(law, element, &elements[0], hamiltonian);
    laws.iter().zip(&elements[1..]).map(decide).collect()
}

fn decide(
    law: &Expr,
    element: &Element,
    energy: &Element,
    hamiltonian: &Hamiltonian,
) -> Result<Conservation, MechanicsError> {
    let space: &PhaseSpace = hamiltonian.space();
    let value = poisson_bracket(element, energy, space)?;
    let Bracket { value: bracket, test } = Bracket::of(&value);
    Ok(match test {
        ZeroTest::Zero => Conservation::Proved(certificate(law, element, hamiltonian)),
        ZeroTest::NonZero => Conservation::Refuted { bracket },
        ZeroTest::Unknown => Conservation::Unknown { bracket },
    })
}

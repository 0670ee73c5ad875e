//! [`Prover`]: proofs that quantities are conserved, for one Hamiltonian.

use std::sync::Arc;

use super::bracket::{Bracket, Gradient};
use super::{Hamiltonian, MechanicsError, Status};
use crate::CancelToken;
use crate::algebra::{AlgebraError, Element, Field, GeneratorDescription, work};
use crate::expr::Expr;

/// Proves {F, H} = 0 for one Hamiltonian. It keeps the field of H and ∇H in it, so that H is brought into
/// canonical form once and not for every question.
#[derive(Clone, Debug)]
pub struct Prover {
    hamiltonian: Arc<Hamiltonian>,
    /// The field of H alone.
    frame: Arc<Frame>,
    token: CancelToken,
}

/// A field that holds H.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) field: Arc<Field>,
    /// ∇H in it.
    pub(super) gradient: Gradient,
}

/// A function in a frame.
#[derive(Clone, Debug)]
pub(super) struct Framed {
    pub(super) frame: Arc<Frame>,
    pub(super) gradient: Gradient,
}

/// The proof that {F, H} = 0. It carries F and H. Only this room makes one, where the canonical form of the
/// bracket came out as 0, so that a certificate cannot stand beside another formula:
///
/// ```compile_fail
/// use liouville_kernel::expr::Expr;
/// use liouville_kernel::mechanics::{Certificate, ConservedQuantity};
///
/// fn forged(proof: Certificate, other: Expr) -> ConservedQuantity {
///     let mut law = ConservedQuantity::proved("L", proof);
///     law.formula = other; // no such access: the formula is that of the certificate
///     law
/// }
/// ```
///
/// ```compile_fail
/// use liouville_kernel::expr::Expr;
/// use liouville_kernel::mechanics::Certificate;
///
/// fn forged(proof: Certificate, other: Expr) -> Certificate {
///     Certificate { law: other, ..proof } // private fields
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Certificate {
    law: Expr,
    prover: Prover,
    pub(super) framed: Framed,
}

/// Whether a function is conserved.
#[derive(Clone, Debug)]
pub enum Conservation {
    /// {F, H} = 0, proved.
    Proved(Certificate),
    /// {F, H} ≠ 0 at some point, proved.
    Refuted {
        /// The bracket in canonical form; absent where it is too long to be of use.
        bracket: Option<Expr>,
    },
    /// Neither was proved.
    Unknown {
        /// The bracket in canonical form; absent where it is too long to be of use.
        bracket: Option<Expr>,
    },
}

impl Prover {
    /// A prover for a Hamiltonian.
    ///
    /// # Errors
    /// A formula that the algebra cannot represent, or that divides by zero.
    pub fn new(hamiltonian: &Hamiltonian) -> Result<Prover, MechanicsError> {
        Prover::cancellable(hamiltonian, &CancelToken::new())
    }

    /// The same, whose questions end with [`AlgebraError::Cancelled`] when the token says so.
    ///
    /// # Errors
    /// As [`new`](Prover::new).
    pub fn cancellable(hamiltonian: &Hamiltonian, token: &CancelToken) -> Result<Prover, MechanicsError> {
        let (frame, _) = work::cancellable(token, || Frame::new(hamiltonian, []))?;
        Ok(Prover { hamiltonian: Arc::new(hamiltonian.clone()), frame, token: token.clone() })
    }

    /// The same prover with another token.
    pub fn with_token(&self, token: &CancelToken) -> Prover {
        Prover { token: token.clone(), ..self.clone() }
    }

    /// The Hamiltonian.
    pub fn hamiltonian(&self) -> &Hamiltonian {
        &self.hamiltonian
    }

    /// Decides {F, H} = 0 exactly.
    ///
    /// # Errors
    /// Formulas that the algebra cannot represent, or that divide by zero.
    pub fn prove(&self, law: &Expr) -> Result<Conservation, MechanicsError> {
        self.ask(|| {
            let framed = self.framed(law)?;
            Ok(match framed.gradient.bracket(&framed.frame.gradient)? {
                Bracket::Zero => Conservation::Proved(self.certificate(law, framed)),
                Bracket::NonZero(bracket) => Conservation::Refuted { bracket },
                Bracket::Unknown(bracket) => Conservation::Unknown { bracket },
            })
        })
    }

    /// The proof that {F, H} = 0, if there is one; a bracket that does not vanish is not formed.
    ///
    /// # Errors
    /// As [`prove`](Prover::prove).
    pub fn certify(&self, law: &Expr) -> Result<Option<Certificate>, MechanicsError> {
        self.ask(|| {
            let framed = self.framed(law)?;
            let conserved = framed.gradient.commutes(&framed.frame.gradient)?;
            Ok(conserved.then(|| self.certificate(law, framed)))
        })
    }

    /// [`certify`](Prover::certify) for many functions in one field, which is built once.
    ///
    /// # Errors
    /// As [`prove`](Prover::prove): the first of them.
    pub fn certify_all(&self, laws: &[Expr]) -> Result<Vec<Option<Certificate>>, MechanicsError> {
        self.ask(|| {
            let (frame, elements) = Frame::new(&self.hamiltonian, laws)?;
            let certify = |(law, element): (&Expr, &Element)| -> Result<_, MechanicsError> {
                let gradient = Gradient::of(element, self.hamiltonian().space())?;
                let conserved = gradient.commutes(&frame.gradient)?;
                let framed = Framed { frame: frame.clone(), gradient };
                Ok(conserved.then(|| self.certificate(law, framed)))
            };
            laws.iter().zip(&elements).map(certify).collect()
        })
    }

    /// Asks questions of the algebra that end when the token says so.
    pub(super) fn ask<T>(&self, questions: impl FnOnce() -> T) -> T {
        work::cancellable(&self.token, questions)
    }

    fn certificate(&self, law: &Expr, framed: Framed) -> Certificate {
        Certificate { law: law.clone(), prover: self.clone(), framed }
    }

    /// The field of H alone.
    pub(super) fn frame(&self) -> &Arc<Frame> {
        &self.frame
    }

    /// A function in the field of H, or in a new one where that does not hold it.
    fn framed(&self, function: &Expr) -> Result<Framed, MechanicsError> {
        let space = self.hamiltonian.space();
        let (frame, element) = match Element::from_expr(&self.frame.field, function) {
            Ok(element) => (self.frame.clone(), element),
            Err(AlgebraError::Cancelled) => return Err(AlgebraError::Cancelled.into()),
            Err(_) => {
                let (frame, mut elements) = Frame::new(&self.hamiltonian, [function])?;
                (frame, elements.remove(0))
            }
        };
        Ok(Framed { gradient: Gradient::of(&element, space)?, frame })
    }
}

impl Frame {
    /// A field that holds H and the functions, with the functions in it.
    pub(super) fn new<'a>(
        hamiltonian: &'a Hamiltonian,
        functions: impl IntoIterator<Item = &'a Expr>,
    ) -> Result<(Arc<Frame>, Vec<Element>), MechanicsError> {
        let space = hamiltonian.space();
        let all = std::iter::once(hamiltonian.formula()).chain(functions);
        let (field, mut elements) = Element::all_from(space.variables(), all)?;
        let gradient = Gradient::of(&elements.remove(0), space)?;
        Ok((Arc::new(Frame { field, gradient }), elements))
    }
}

impl Certificate {
    /// The conserved quantity F that was proved.
    pub fn law(&self) -> &Expr {
        &self.law
    }

    /// The Hamiltonian H with its phase space.
    pub fn hamiltonian(&self) -> &Hamiltonian {
        self.prover.hamiltonian()
    }

    /// The same for another writing of the law, such as its canonical form: {F', H} = 0 is proved again for
    /// the formula as it is going to be printed. `None` where that is not proved.
    ///
    /// # Errors
    /// As [`Prover::prove`].
    pub fn presented(&self, presentation: &Expr) -> Result<Option<Certificate>, MechanicsError> {
        if *presentation == self.law {
            return Ok(Some(self.clone()));
        }
        self.prover.certify(presentation)
    }

    /// The generators of the field in which the bracket was formed, with their relations.
    pub fn generators(&self) -> Vec<GeneratorDescription> {
        self.framed.frame.field.generators()
    }

    /// What is assumed of a point for F to be conserved there: domains of roots and logarithms,
    /// denominators that do not vanish.
    pub fn assumptions(&self) -> Vec<String> {
        self.framed.frame.field.assumptions()
    }
}

impl Conservation {
    /// Whether it is proved.
    pub fn is_proved(&self) -> bool {
        matches!(self, Conservation::Proved(_))
    }

    /// [`Status::Proved`], [`Status::Refuted`] or [`Status::Unknown`].
    pub fn status(&self) -> Status {
        match self {
            Conservation::Proved(_) => Status::Proved,
            Conservation::Refuted { .. } => Status::Refuted,
            Conservation::Unknown { .. } => Status::Unknown,
        }
    }

    /// {F, H} in canonical form; absent where it is too long to be of use.
    pub fn bracket(&self) -> Option<Expr> {
        match self {
            Conservation::Proved(_) => Some(Expr::zero()),
            Conservation::Refuted { bracket } | Conservation::Unknown { bracket } => bracket.clone(),
        }
    }

    /// The certificate, if there is one.
    pub fn certificate(&self) -> Option<&Certificate> {
        match self {
            Conservation::Proved(certificate) => Some(certificate),
            _ => None,
        }
    }
}

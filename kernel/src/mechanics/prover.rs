//! [`Prover`]: proofs that quantities are conserved, for one Hamiltonian.

use std::sync::Arc;

use super::bracket::{Bracket, Gradient};
use super::phase_space::conditions_beside;
use super::{Hamiltonian, MechanicsError, PhaseSpace, Status};
use crate::CancelToken;
use crate::algebra::{AlgebraError, Element, Field, GeneratorDescription, Jump, ZeroTest, work};
use crate::expr::{Condition, Expr};

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
    /// H in it.
    energy: Element,
    /// ∇H in it.
    pub(super) gradient: Gradient,
}

/// A function in a frame.
#[derive(Clone, Debug)]
pub(super) struct Framed {
    pub(super) frame: Arc<Frame>,
    element: Element,
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
    domain: Vec<Condition>,
    prover: Prover,
    pub(super) framed: Box<Framed>,
}

/// Whether a function is conserved.
#[derive(Clone, Debug)]
pub enum Conservation {
    /// {F, H} = 0, proved.
    Proved(Certificate),
    /// {F, H} = 0 on each side of a surface, proved; but F is not shown to extend continuously across it, and H is
    /// not shown to be infinite there. So F may jump along an orbit.
    Piecewise {
        /// The function w of the first such surface, w = 0.
        surface: Expr,
    },
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
    /// The question has no answer: F is real nowhere together with H, or the algebra cannot represent it.
    Refused {
        /// Why.
        reason: Box<MechanicsError>,
    },
}

impl Prover {
    /// A prover for a Hamiltonian.
    ///
    /// # Errors
    /// A formula that the algebra cannot represent, that divides by zero, that is real nowhere, or that is constant.
    pub fn new(hamiltonian: &Hamiltonian) -> Result<Prover, MechanicsError> {
        Prover::cancellable(hamiltonian, &CancelToken::new())
    }

    /// The same, whose questions end with [`AlgebraError::Cancelled`] when the token says so.
    ///
    /// # Errors
    /// As [`new`](Prover::new).
    pub fn cancellable(hamiltonian: &Hamiltonian, token: &CancelToken) -> Result<Prover, MechanicsError> {
        work::cancellable(token, || {
            let (frame, _) = Frame::new(hamiltonian, &[], [])?;
            if frame.gradient.entries().iter().all(|slope| slope.zero_test() == ZeroTest::Zero) {
                return Err(MechanicsError::Constant(hamiltonian.formula().clone()));
            }
            Ok(Prover { hamiltonian: Arc::new(hamiltonian.clone()), frame, token: token.clone() })
        })
    }

    /// The same prover with another token.
    pub fn with_token(&self, token: &CancelToken) -> Prover {
        Prover { token: token.clone(), ..self.clone() }
    }

    /// The Hamiltonian.
    pub fn hamiltonian(&self) -> &Hamiltonian {
        &self.hamiltonian
    }

    /// Decides {F, H} = 0 exactly, wherever F and H are real.
    ///
    /// # Errors
    /// Formulas that the algebra cannot represent, or that divide by zero; F and H without a common domain.
    pub fn prove(&self, law: &Expr) -> Result<Conservation, MechanicsError> {
        self.prove_where(law, &[])
    }

    /// The same where conditions hold.
    ///
    /// # Errors
    /// As [`prove`](Prover::prove).
    pub fn prove_where(&self, law: &Expr, domain: &[Condition]) -> Result<Conservation, MechanicsError> {
        self.ask(|| {
            let framed = self.framed(law, domain)?;
            Ok(match framed.gradient.bracket(&framed.frame.gradient)? {
                Bracket::Zero => match framed.jump(law, self.hamiltonian())? {
                    None => Conservation::Proved(self.certificate(law, domain, framed)),
                    Some(Jump { surface }) => Conservation::Piecewise { surface },
                },
                Bracket::NonZero(bracket) => Conservation::Refuted { bracket },
                Bracket::Unknown(bracket) => Conservation::Unknown { bracket },
                Bracket::Disjoint => Conservation::Unknown { bracket: None },
            })
        })
    }

    /// The proof that F is conserved, if there is one; a bracket that does not vanish is not formed.
    ///
    /// # Errors
    /// As [`prove`](Prover::prove).
    pub fn certify(&self, law: &Expr) -> Result<Option<Certificate>, MechanicsError> {
        self.certify_where(law, &[])
    }

    /// The same where conditions hold.
    ///
    /// # Errors
    /// As [`prove`](Prover::prove).
    pub fn certify_where(
        &self,
        law: &Expr,
        domain: &[Condition],
    ) -> Result<Option<Certificate>, MechanicsError> {
        self.ask(|| {
            let framed = self.framed(law, domain)?;
            let conserved = framed.is_conserved(law, self.hamiltonian())?;
            Ok(conserved.then(|| self.certificate(law, domain, framed)))
        })
    }

    /// [`certify`](Prover::certify) for many functions in one field, which is built once: the field of the domain on
    /// which all are real.
    ///
    /// # Errors
    /// As [`prove`](Prover::prove): the first of them.
    pub fn certify_all(&self, laws: &[Expr]) -> Result<Vec<Option<Certificate>>, MechanicsError> {
        self.ask(|| {
            let (frame, elements) = self.all_framed(laws)?;
            if frame.field.conditions() != self.frame.field.conditions() {
                // Some law restricts the domain of the others: each is proved by itself.
                return laws.iter().map(|law| self.certify(law)).collect();
            }
            let certify = |(law, element): (&Expr, Element)| -> Result<_, MechanicsError> {
                let framed = Framed::new(&frame, element, self.hamiltonian().space())?;
                let conserved = framed.is_conserved(law, self.hamiltonian())?;
                Ok(conserved.then(|| self.certificate(law, &[], framed)))
            };
            laws.iter().zip(elements).map(certify).collect()
        })
    }

    /// Asks questions of the algebra that end when the token says so.
    pub(super) fn ask<T>(&self, questions: impl FnOnce() -> T) -> T {
        work::cancellable(&self.token, questions)
    }

    fn certificate(&self, law: &Expr, domain: &[Condition], framed: Framed) -> Certificate {
        Certificate {
            law: law.clone(),
            domain: domain.to_vec(),
            prover: self.clone(),
            framed: Box::new(framed),
        }
    }

    /// The functions in the field of H, or in a new one where that does not hold them all.
    fn all_framed(&self, functions: &[Expr]) -> Result<(Arc<Frame>, Vec<Element>), MechanicsError> {
        let own = functions.iter().map(|function| Element::from_expr(&self.frame.field, function));
        match own.collect() {
            Ok(elements) => Ok((self.frame.clone(), elements)),
            Err(AlgebraError::Cancelled) => Err(AlgebraError::Cancelled.into()),
            Err(_) => Frame::new(&self.hamiltonian, &[], functions),
        }
    }

    /// The field of H alone.
    pub(super) fn frame(&self) -> &Arc<Frame> {
        &self.frame
    }

    /// ∇F in the field of H; `None` where that does not hold F.
    pub(super) fn own_gradient(&self, function: &Expr) -> Result<Option<Gradient>, MechanicsError> {
        self.ask(|| match Element::from_expr(&self.frame.field, function) {
            Ok(element) => Ok(Some(Gradient::of(&element, self.hamiltonian.space())?)),
            Err(AlgebraError::Cancelled) => Err(AlgebraError::Cancelled.into()),
            Err(_) => Ok(None),
        })
    }

    /// A function in the field of H, or in a new one where that does not hold it or conditions restrict it.
    fn framed(&self, function: &Expr, domain: &[Condition]) -> Result<Framed, MechanicsError> {
        let space = self.hamiltonian.space();
        if domain.is_empty() {
            match Element::from_expr(&self.frame.field, function) {
                Ok(element) => return Framed::new(&self.frame, element, space),
                Err(AlgebraError::Cancelled) => return Err(AlgebraError::Cancelled.into()),
                Err(_) => {}
            }
        }
        let (frame, mut elements) = Frame::new(&self.hamiltonian, domain, [function])?;
        Framed::new(&frame, elements.remove(0), space)
    }
}

impl Frame {
    /// A field that holds H and the functions, on the common domain, with the functions in it.
    pub(super) fn new<'a>(
        hamiltonian: &'a Hamiltonian,
        domain: &[Condition],
        functions: impl IntoIterator<Item = &'a Expr>,
    ) -> Result<(Arc<Frame>, Vec<Element>), MechanicsError> {
        let space = hamiltonian.space();
        let conditions: Vec<Condition> = hamiltonian.domain().iter().chain(domain).cloned().collect();
        let all = std::iter::once(hamiltonian.formula()).chain(functions);
        let (field, mut elements) = Element::all_within(space.variables(), &conditions, all)?;
        let energy = elements.remove(0);
        let gradient = Gradient::of(&energy, space)?;
        Ok((Arc::new(Frame { field, energy, gradient }), elements))
    }
}

impl Framed {
    fn new(frame: &Arc<Frame>, element: Element, space: &PhaseSpace) -> Result<Framed, MechanicsError> {
        Ok(Framed { gradient: Gradient::of(&element, space)?, frame: frame.clone(), element })
    }

    /// Whether the function is shown to be conserved: its bracket with H is zero, and it does not jump.
    fn is_conserved(&self, law: &Expr, hamiltonian: &Hamiltonian) -> Result<bool, MechanicsError> {
        Ok(self.gradient.commutes(&self.frame.gradient)? && self.jump(law, hamiltonian)?.is_none())
    }

    /// The first surface across which the function may jump although an orbit may cross it: the function is not seen to
    /// be continuous, H is not shown to be infinite there, nor do its own conditions exclude it.
    fn jump(&self, law: &Expr, hamiltonian: &Hamiltonian) -> Result<Option<Jump>, MechanicsError> {
        if !law.is_plainly_continuous() {
            let jumps = self.element.jumps_where_finite(&self.frame.energy, hamiltonian.domain())?;
            if let Some(jump) = jumps.into_iter().next() {
                return Ok(Some(jump));
            }
        }
        self.changed_by_a_step(hamiltonian)
    }

    /// The first surface w = 0 at which H has a step that changes the function. An orbit that passes a step is given a
    /// push along ∇w, so F stays the same only where {F, w} = 0.
    fn changed_by_a_step(&self, hamiltonian: &Hamiltonian) -> Result<Option<Jump>, MechanicsError> {
        if hamiltonian.formula().is_plainly_continuous() {
            return Ok(None);
        }
        for step in self.frame.energy.steps(hamiltonian.domain())? {
            let Ok(w) = Element::from_expr(&self.frame.field, &step.surface) else { return Ok(Some(step)) };
            let w = Gradient::of(&w, hamiltonian.space())?;
            if !self.gradient.commutes(&w)? {
                return Ok(Some(step));
            }
        }
        Ok(None)
    }
}

impl Certificate {
    /// The conserved quantity F that was proved.
    pub fn law(&self) -> &Expr {
        &self.law
    }

    /// The conditions under which it was proved, beyond those that its own formula and H make.
    pub fn domain(&self) -> &[Condition] {
        &self.domain
    }

    /// The Hamiltonian H with its phase space.
    pub fn hamiltonian(&self) -> &Hamiltonian {
        self.prover.hamiltonian()
    }

    /// The same for another writing of the law, such as its canonical form: {F', H} = 0 is proved again for
    /// the formula as it is going to be printed. Where F' is real on a larger domain than F, conditions stand
    /// beside it. `None` where it is not proved.
    ///
    /// # Errors
    /// As [`Prover::prove`].
    pub fn presented(&self, presentation: &Expr) -> Result<Option<Certificate>, MechanicsError> {
        if *presentation == self.law {
            return Ok(Some(self.clone()));
        }
        let space = self.hamiltonian().space();
        let assumed = self.prover.frame.field.conditions();
        let given = (&self.law, &self.domain[..]);
        let domain =
            self.prover.ask(|| conditions_beside(space.variables(), given, presentation, &assumed))?;
        self.prover.certify_where(presentation, &domain)
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

    /// [`Status::Proved`], [`Status::Piecewise`], [`Status::Refuted`] or [`Status::Unknown`].
    pub fn status(&self) -> Status {
        match self {
            Conservation::Proved(_) => Status::Proved,
            Conservation::Piecewise { .. } => Status::Piecewise,
            Conservation::Refuted { .. } => Status::Refuted,
            Conservation::Unknown { .. } | Conservation::Refused { .. } => Status::Unknown,
        }
    }

    /// {F, H} in canonical form; absent where it is too long to be of use.
    pub fn bracket(&self) -> Option<Expr> {
        match self {
            Conservation::Proved(_) | Conservation::Piecewise { .. } => Some(Expr::zero()),
            Conservation::Refuted { bracket } | Conservation::Unknown { bracket } => bracket.clone(),
            Conservation::Refused { .. } => None,
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

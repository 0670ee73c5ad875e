//! Proofs that a Hamiltonian system is *not* integrable. **Trusted.**
//!
//! ```text
//! Hamiltonian ──Obstructions::of──▶ ½pᵀAp + b(q)·p + V(q), homogeneous parts of V, exponentials
//!      Proposal (a plane, a direction, a point, weights) ──prove──▶ NonIntegrability (carries H, class, reason)
//! ```
//!
//! # What is proved
//!
//! If a complex Hamiltonian system has as many independent integrals in involution as degrees of freedom, meromorphic
//! near a solution Γ, the identity component of the differential Galois group of the variational equation along Γ is
//! abelian (Morales-Ruiz and Ramis, Methods Appl. Anal. 8 (2001) 33). Along the ray of a Darboux direction of a
//! homogeneous potential, A∇V(d) = γd with γ ≠ 0, the variational equation splits by the eigenvalues of A V″(d)/γ into
//! hypergeometric ones. It is not solvable, so not abelian, unless every eigenvalue lies in the list of
//! [`galois::list`](crate::galois::list); that is asked of two implementations.
//!
//! - **The whole potential** is homogeneous: meromorphic integrals are excluded.
//! - **Its leading or lowest part** V_k is (coordinates of weight 1, momenta of weight k/2): leading forms of commuting
//!   rational integrals commute, and independent ones can be made of them (Ziglin's lemma). So integrability with rational
//!   integrals passes to ½pᵀAp + V_k. Gyroscopic terms must have lower (higher) weight than k.
//! - **Exponentials**: the same with V = Σ c_a e^(a·q), the weight of e^(a·q) being w·a. Two extreme exponents a, b with
//!   regular Gram matrix G of A leave a solution on a line, and the eigenvalue λ = c·diag(G) − 1, G c = (1, 1).
//!
//! Nothing of a proposal is believed but where to look. What follows for two degrees of freedom: no integral of the class
//! that is independent of H. For more: not as many independent ones in involution as degrees of freedom. Where proved
//! linear momenta split off a centre of mass, both are said of the motion relative to it too
//! ([`Obstructions::without_translations`]).

mod direction;
mod enclosed;
mod exponential;
mod fraction;
mod homogeneous;
mod natural;
mod plane;
mod translations;

use dashu_int::IBig;

use super::{ConservedQuantity, Hamiltonian, MechanicsError};
use crate::CancelToken;
use crate::algebra::{AlgebraError, work};
use crate::expr::{Expr, Rational, Symbol};
use crate::galois::{RationalMatrix, Univariate, kimura, list};
pub use homogeneous::{HomogeneousPart, Part};
use natural::Natural;

/// Integrals of this kind are excluded.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum IntegralClass {
    /// Meromorphic functions on the complex phase space.
    Meromorphic,
    /// Meromorphic functions of q, p and the roots that H contains.
    MeromorphicWithRoots,
    /// Functions that are meromorphic near the origin q = p = 0.
    MeromorphicAtOrigin,
    /// Rational functions of q and p.
    Rational,
    /// Rational functions of q, p and the roots that H contains.
    RationalWithRoots,
    /// Rational functions of p and the exponentials that H contains.
    RationalWithExponentials,
}

/// Where to look for an obstruction.
#[derive(Clone, PartialEq, Debug)]
pub enum Proposal {
    /// All Darboux directions in a plane of configurations that forces do not leave.
    Plane {
        /// Which part of the potential.
        part: Part,
        /// Two vectors that span the plane.
        basis: [Vec<Rational>; 2],
    },
    /// One Darboux direction.
    Direction {
        /// Which part of the potential.
        part: Part,
        /// The direction.
        direction: Vec<Rational>,
    },
    /// A Darboux point near given numbers, A∇V(c) = ±c.
    Point {
        /// Which part of the potential.
        part: Part,
        /// An approximation of the point.
        start: Vec<f64>,
        /// The coordinates that are 0 there and that no force drives away from 0.
        vanishing: Vec<usize>,
        /// The coordinates that span an invariant space of A V″.
        block: Vec<usize>,
    },
    /// The two exponentials whose exponents have the greatest product with these weights.
    Exponentials {
        /// The weights of the coordinates.
        weights: Vec<Rational>,
    },
}

/// Where the eigenvalue was found.
#[derive(Clone, PartialEq, Debug)]
pub enum DarbouxPoint {
    /// In a rational direction.
    Direction(Vec<Rational>),
    /// In the directions u + m·v for the roots m of a polynomial.
    Plane {
        /// u and v.
        basis: [Vec<Rational>; 2],
        /// The polynomial in m.
        slope: Univariate,
    },
    /// In the one point of a box with A∇V(c) = sign·c.
    Enclosed {
        /// The middle of the box.
        centre: Vec<Rational>,
        /// Half its width.
        radius: Rational,
        /// The coordinates that are 0.
        vanishing: Vec<usize>,
        /// The coordinates whose block of A V″ has the eigenvalue.
        block: Vec<usize>,
        /// 1 or −1.
        sign: i8,
    },
}

/// An eigenvalue of A V″(d)/γ.
#[derive(Clone, PartialEq, Debug)]
pub enum Eigenvalue {
    /// A rational number outside the list.
    Rational(Rational),
    /// A root of this polynomial over Q, which has no rational root: the list is rational.
    Irrational(Univariate),
    /// A real number between these two, and the list has none there.
    Between(Rational, Rational),
}

/// Why a system is not integrable.
#[expect(clippy::large_enum_variant, reason = "there is at most one for a system")]
#[derive(Clone, PartialEq, Debug)]
pub enum Reason {
    /// An eigenvalue of a homogeneous potential.
    Darboux {
        /// Which part of V the potential is.
        part: Part,
        /// The potential.
        potential: Expr,
        /// Its degree k.
        degree: Rational,
        /// The Darboux point.
        point: DarbouxPoint,
        /// The eigenvalue outside the list.
        eigenvalue: Eigenvalue,
    },
    /// An eigenvalue of two exponentials.
    Exponential {
        /// The weights that select them.
        weights: Vec<Rational>,
        /// Their exponents.
        exponents: [Vec<Rational>; 2],
        /// λ, which is not m(m+1)/2 for an integer m.
        eigenvalue: Rational,
    },
}

/// The proof that a system has no complete set of integrals of a class. It carries H. Only this room makes one, where
/// the exclusion was computed again from H:
///
/// ```compile_fail
/// use liouville_kernel::mechanics::{Hamiltonian, NonIntegrability};
///
/// fn forged(proof: NonIntegrability, other: Hamiltonian) -> NonIntegrability {
///     NonIntegrability { hamiltonian: other, ..proof } // private fields
/// }
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct NonIntegrability {
    hamiltonian: Hamiltonian,
    inverse_masses: RationalMatrix,
    class: IntegralClass,
    reason: Reason,
    translations: Vec<Vec<Rational>>,
}

impl NonIntegrability {
    /// The Hamiltonian that it speaks of.
    pub fn hamiltonian(&self) -> &Hamiltonian {
        &self.hamiltonian
    }

    /// The integrals that are excluded.
    pub fn class(&self) -> IntegralClass {
        self.class
    }

    /// What excludes them.
    pub fn reason(&self) -> &Reason {
        &self.reason
    }

    /// The matrix A of the kinetic energy ½pᵀAp.
    pub fn inverse_masses(&self) -> &RationalMatrix {
        &self.inverse_masses
    }

    /// Whether every further single integral is excluded, and not only a complete set of them: with two degrees of
    /// freedom.
    pub fn excludes_single_integrals(&self) -> bool {
        self.hamiltonian.space().dof() == 2
    }

    /// Independent translations t with laws t·p that split off; none where none were given or found.
    pub fn translations(&self) -> &[Vec<Rational>] {
        &self.translations
    }

    /// The degrees of freedom that remain without the translations: of this motion too no complete set of integrals
    /// exists, and with two of them none that is independent of its Hamiltonian. `None` where nothing splits off.
    pub fn relative_degrees_of_freedom(&self) -> Option<usize> {
        (!self.translations.is_empty()).then(|| self.hamiltonian.space().dof() - self.translations.len())
    }
}

/// What can obstruct the integrability of one Hamiltonian.
#[derive(Clone, Debug)]
pub struct Obstructions {
    hamiltonian: Hamiltonian,
    natural: Natural,
    parts: Vec<HomogeneousPart>,
    exponentials: Vec<Vec<Rational>>,
    token: CancelToken,
}

impl Obstructions {
    /// The parts of a Hamiltonian for which there is a theorem. `None` where there is none: one degree of freedom,
    /// symbolic parameters, a kinetic energy that is not constant, a potential without homogeneous parts.
    ///
    /// # Errors
    /// The token ended the work.
    pub fn of(
        hamiltonian: &Hamiltonian,
        token: &CancelToken,
    ) -> Result<Option<Obstructions>, MechanicsError> {
        work::cancellable(token, || {
            let space = hamiltonian.space();
            let only_variables =
                hamiltonian.formula().symbols().iter().all(|symbol| space.variables().contains(symbol));
            if space.dof() < 2 || !only_variables {
                return Ok(None);
            }
            let Some(natural) = Natural::of(hamiltonian) else { return ended(token, None) };
            let parts = homogeneous::parts(&natural, hamiltonian);
            let exponentials = exponential::exponents(&natural).unwrap_or_default();
            if parts.is_empty() && exponentials.is_empty() {
                return ended(token, None);
            }
            let hamiltonian = hamiltonian.clone();
            ended(
                token,
                Some(Obstructions { hamiltonian, natural, parts, exponentials, token: token.clone() }),
            )
        })
    }

    /// The matrix A of the kinetic energy ½pᵀAp.
    pub fn inverse_masses(&self) -> &RationalMatrix {
        &self.natural.inverse_masses
    }

    /// The coordinates.
    pub fn coordinates(&self) -> &[Symbol] {
        self.hamiltonian.space().coordinates()
    }

    /// The homogeneous parts of V of degrees other than 0 and ±2.
    pub fn parts(&self) -> &[HomogeneousPart] {
        &self.parts
    }

    /// The exponents of a potential that is a sum of exponentials; none of another one.
    pub fn exponents(&self) -> &[Vec<Rational>] {
        &self.exponentials
    }

    /// The proof that a proposal leads to, if it leads to one.
    ///
    /// # Errors
    /// The token ended the work.
    pub fn prove(&self, proposal: &Proposal) -> Result<Option<NonIntegrability>, MechanicsError> {
        work::cancellable(&self.token, || ended(&self.token, self.proof(proposal)))
    }

    fn proof(&self, proposal: &Proposal) -> Option<NonIntegrability> {
        let masses = &self.natural.inverse_masses;
        let part = |wanted: Part| self.parts.iter().find(|part| part.part() == wanted);
        match proposal {
            Proposal::Plane { part: wanted, basis } => {
                let part = part(*wanted)?;
                let (point, eigenvalue) = plane::excluded(part, masses, basis)?;
                Some(self.of_part(part, point, eigenvalue))
            }
            Proposal::Direction { part: wanted, direction } => {
                let part = part(*wanted)?;
                // The direction must lie where H is defined; conditions are not looked at here.
                if !part.is_rational() && !self.hamiltonian.domain().is_empty() {
                    return None;
                }
                let eigenvalue = direction::excluded(part, masses, self.coordinates(), direction)?;
                Some(self.of_part(part, DarbouxPoint::Direction(direction.clone()), eigenvalue))
            }
            Proposal::Point { part: wanted, start, vanishing, block } => {
                let part = part(*wanted)?;
                let place = enclosed::Place { start, vanishing, block };
                let (point, eigenvalue) =
                    enclosed::excluded(part, masses, &self.hamiltonian, &place, &self.token)?;
                Some(self.of_part(part, point, eigenvalue))
            }
            Proposal::Exponentials { weights } => {
                let (exponents, eigenvalue) = exponential::excluded(&self.exponentials, masses, weights)?;
                let reason = Reason::Exponential { weights: weights.clone(), exponents, eigenvalue };
                Some(self.certificate(IntegralClass::RationalWithExponentials, reason))
            }
        }
    }

    fn of_part(
        &self,
        part: &HomogeneousPart,
        point: DarbouxPoint,
        eigenvalue: Eigenvalue,
    ) -> NonIntegrability {
        let reason = Reason::Darboux {
            part: part.part(),
            potential: part.potential().clone(),
            degree: part.degree().clone(),
            point,
            eigenvalue,
        };
        self.certificate(part.class(), reason)
    }

    fn certificate(&self, class: IntegralClass, reason: Reason) -> NonIntegrability {
        NonIntegrability {
            hamiltonian: self.hamiltonian.clone(),
            inverse_masses: self.natural.inverse_masses.clone(),
            class,
            reason,
            translations: Vec::new(),
        }
    }

    /// The same proof for the motion without the translations t of proved laws t·p, where it splits off: for bodies, for
    /// the motion relative to their centre of mass.
    ///
    /// # Errors
    /// The token ended the work.
    pub fn without_translations(
        &self,
        proof: NonIntegrability,
        laws: &[ConservedQuantity],
    ) -> Result<NonIntegrability, MechanicsError> {
        if proof.hamiltonian != self.hamiltonian {
            return Ok(proof);
        }
        work::cancellable(&self.token, || {
            let translations = translations::of(&self.natural, &self.hamiltonian, laws);
            ended(&self.token, NonIntegrability { translations, ..proof })
        })
    }
}

/// The answer, unless the token ended the work on the way.
fn ended<T>(token: &CancelToken, answer: T) -> Result<T, MechanicsError> {
    if token.is_cancelled() { Err(AlgebraError::Cancelled.into()) } else { Ok(answer) }
}

/// Whether integrability excludes the rational eigenvalue λ of a potential of degree k: both tables must say so.
fn is_excluded(degree: &Rational, eigenvalue: &Rational) -> bool {
    match integer(degree) {
        Some(k) => !list::holds(k, eigenvalue) && !kimura::allows(degree, eigenvalue),
        None => !kimura::allows(degree, eigenvalue),
    }
}

/// Whether every irrational eigenvalue of a potential of degree k is excluded: then the third exponent difference is
/// irrational too, which Kimura's theorem allows only beside two halves.
fn excludes_irrational(degree: &Rational) -> bool {
    match integer(degree) {
        Some(k) => !list::excludes_nothing(k),
        None => !kimura::excludes_nothing(degree),
    }
}

/// All eigenvalues in a closed interval that a potential of degree k can have and be integrable, by increasing value.
/// `None` where it can have all.
fn allowed_between(degree: &Rational, low: &Rational, high: &Rational) -> Option<Vec<Rational>> {
    match integer(degree) {
        Some(k) => list::between(k, low, high),
        None => kimura::between(degree, low, high),
    }
}

fn integer(value: &Rational) -> Option<i64> {
    value.is_int().then(|| i64::try_from(value.numerator()).ok()).flatten()
}

/// The multiple of a vector with coprime integers, the first of them positive; zero stays.
fn primitive(vector: &[Rational]) -> Vec<Rational> {
    let scaled: Vec<Rational> = {
        // The polynomial with these coefficients has the same primitive multiple, up to the sign.
        let integers = Univariate::new(vector.to_vec()).primitive();
        let padded = integers.into_iter().chain(std::iter::repeat(IBig::ZERO));
        padded.take(vector.len()).map(Rational::from).collect()
    };
    let negative = scaled.iter().find(|x| !x.is_zero()).is_some_and(|x| *x < Rational::ZERO);
    if negative { scaled.into_iter().map(|x| -x).collect() } else { scaled }
}

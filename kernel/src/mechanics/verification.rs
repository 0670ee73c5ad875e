//! [`verify`]: what the kernel says of functions that someone claims are conserved.

use std::collections::BTreeSet;

use super::rank::last_is_determined;
use super::{
    Assessment, Conservation, ConservedQuantity, Hamiltonian, MechanicsError, Prover, Status, assess,
};
use crate::algebra::AlgebraError;
use crate::expr::{Condition, Expr};

/// A function that someone says is conserved.
#[derive(Clone, PartialEq, Debug)]
pub struct Claim {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// The function, parameters at their values.
    pub formula: Expr,
    /// The conditions under which it is claimed.
    pub domain: Vec<Condition>,
}

/// A claim and what was proved of it.
#[derive(Clone, Debug)]
pub struct Verified {
    name: String,
    formula: Expr,
    domain: Vec<Condition>,
    outcome: Conservation,
}

impl Verified {
    fn new(prover: &Prover, claim: &Claim, name: String) -> Result<Verified, MechanicsError> {
        let outcome = match prover.prove_where(&claim.formula, &claim.domain) {
            Err(error @ MechanicsError::Algebra(AlgebraError::Cancelled)) => return Err(error),
            // The other claims are judged all the same.
            Err(error) => Conservation::Refused { reason: Box::new(error) },
            Ok(outcome) => outcome,
        };
        Ok(Verified { name, formula: claim.formula.clone(), domain: claim.domain.clone(), outcome })
    }

    /// The claim's own name, or `F1`, `F2`, ….
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The function as it was claimed.
    pub fn formula(&self) -> &Expr {
        &self.formula
    }

    /// The conditions under which it was claimed.
    pub fn domain(&self) -> &[Condition] {
        &self.domain
    }

    /// What was proved of it.
    pub fn outcome(&self) -> &Conservation {
        &self.outcome
    }
}

/// The outcome of [`verify`].
#[derive(Clone, Debug)]
pub struct Verification {
    claims: Vec<Verified>,
    assessment: Option<Assessment>,
}

impl Verification {
    /// The claims in their order.
    pub fn claims(&self) -> &[Verified] {
        &self.claims
    }

    /// Brackets, independence, involution and verdict; absent where some claim is not proved.
    pub fn assessment(&self) -> Option<&Assessment> {
        self.assessment.as_ref()
    }

    /// The worst that was found of a claim: `Refuted` before `Piecewise` before `Unknown` before `Proved`.
    pub fn status(&self) -> Status {
        let any = |status| self.claims.iter().any(|claim| claim.outcome.status() == status);
        [Status::Refuted, Status::Piecewise, Status::Unknown]
            .into_iter()
            .find(|&s| any(s))
            .unwrap_or(Status::Proved)
    }
}

/// For each claim: is {F, H} = 0? Where all are proved also their brackets, independence, involution and the
/// verdict.
///
/// Each claim is judged on its own: one that is refused, because it is real nowhere or the algebra cannot represent it,
/// is [`Conservation::Refused`] beside the others.
///
/// # Errors
/// What is wrong with H; what is wrong with the first claim, where all are refused.
///
/// ```
/// use liouville_kernel::expr::{Symbol, parse};
/// use liouville_kernel::mechanics::{Claim, Hamiltonian, PhaseSpace, Status, verify};
///
/// let space = PhaseSpace::new(vec![Symbol::new("q")], vec![Symbol::new("p")])?;
/// let pendulum = Hamiltonian::new(parse("p^2/2 - cos(q)")?, space);
/// let claim = |text: &str| parse(text).map(|formula| Claim { name: None, formula, domain: Vec::new() });
/// assert_eq!(verify(&pendulum, &[claim("p^2 - 2*cos(q)")?])?.status(), Status::Proved);
/// assert_eq!(verify(&pendulum, &[claim("p")?])?.status(), Status::Refuted);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn verify(hamiltonian: &Hamiltonian, claims: &[Claim]) -> Result<Verification, MechanicsError> {
    let prover = Prover::new(hamiltonian)?;
    let taken: BTreeSet<&str> = claims.iter().filter_map(|claim| claim.name.as_deref()).collect();
    let mut free = (1..).map(|n| format!("F{n}")).filter(|name| !taken.contains(name.as_str()));
    let mut verified = Vec::new();
    for claim in claims {
        let name = claim.name.clone().or_else(|| free.next()).unwrap_or_default();
        verified.push(Verified::new(&prover, claim, name)?);
    }
    let refused = |v: &Verified| match &v.outcome {
        Conservation::Refused { reason } => Some((**reason).clone()),
        _ => None,
    };
    let reasons: Option<Vec<MechanicsError>> = verified.iter().map(refused).collect();
    if let Some(first) = reasons.and_then(|reasons| reasons.into_iter().next()) {
        return Err(first);
    }
    let law =
        |v: &Verified| v.outcome.certificate().map(|proof| ConservedQuantity::proved(&v.name, proof.clone()));
    let laws: Option<Vec<ConservedQuantity>> = verified.iter().map(law).collect();
    let assessment = laws.map(|laws| assess(&prover, &laws)).transpose()?;
    Ok(Verification { claims: verified, assessment })
}

/// A claim held against the laws that were found.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The claim and what was proved of it.
    pub claim: Verified,
    /// Whether the claim is a function of H and the laws: it raises the number of independent ones on no branch of signs.
    pub determined: bool,
}

/// For each claim: is it conserved, and do H and the laws determine it?
///
/// # Errors
/// As [`verify`].
pub fn compare(
    hamiltonian: &Hamiltonian,
    laws: &[ConservedQuantity],
    claims: &[Claim],
) -> Result<Vec<Comparison>, MechanicsError> {
    let prover = Prover::new(hamiltonian)?;
    let space = hamiltonian.space();
    let mut functions = vec![hamiltonian.formula().clone()];
    functions.extend(laws.iter().map(|law| law.formula().clone()));
    let compare = |claim: &Claim| {
        let claim = Verified::new(&prover, claim, claim.name.clone().unwrap_or_default())?;
        let with: Vec<Expr> = functions.iter().chain([claim.formula()]).cloned().collect();
        let determined = match claim.outcome {
            Conservation::Refused { .. } => false,
            _ => last_is_determined(&with, space)?,
        };
        Ok(Comparison { claim, determined })
    };
    claims.iter().map(compare).collect()
}

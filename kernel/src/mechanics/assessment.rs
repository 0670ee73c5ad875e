//! What a set of laws says about a system: brackets, independence, involution, the verdict.

use std::sync::Arc;

use rayon::prelude::*;

use super::bracket::{Bracket, Gradient};
use super::prover::Frame;
use super::rank::{Rank, rank_of};
use super::{ConservedQuantity, MechanicsError, Prover};
use crate::algebra::AlgebraError;

/// Steps of the search for a largest involutive subset.
const MAX_STEPS: usize = 200_000;

/// What the proved laws say about integrability in the sense of Liouville.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Verdict {
    /// As many independent laws in involution as degrees of freedom.
    Integrable,
    /// Integrable, with further independent laws.
    Superintegrable,
    /// Integrable, with 2·dof − 1 independent laws: as many as there can be.
    MaximallySuperintegrable,
    /// Not settled by these laws.
    Undecided,
}

impl Verdict {
    /// What follows from so many independent laws (H included), of which so many are in involution.
    fn of(dof: usize, independent: usize, involutive: usize) -> Verdict {
        match () {
            () if involutive < dof => Verdict::Undecided,
            () if independent <= dof => Verdict::Integrable,
            () if independent >= 2 * dof - 1 => Verdict::MaximallySuperintegrable,
            () => Verdict::Superintegrable,
        }
    }

    /// The word in reports: `integrable`, `superintegrable`, `maximally superintegrable`, `undecided`.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Integrable => "integrable",
            Verdict::Superintegrable => "superintegrable",
            Verdict::MaximallySuperintegrable => "maximally superintegrable",
            Verdict::Undecided => "undecided",
        }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The outcome of [`assess`]. Index 0 is H, index k + 1 is law k.
#[derive(Clone, Debug)]
pub struct Assessment {
    brackets: Vec<Vec<Bracket>>,
    independent: Rank,
    involutive: Vec<usize>,
    verdict: Verdict,
}

impl Assessment {
    /// All brackets {row, column}, H first.
    pub fn brackets(&self) -> &[Vec<Bracket>] {
        &self.brackets
    }

    /// Functionally independent functions among H and the proved laws: how many, and which.
    pub fn independent(&self) -> &Rank {
        &self.independent
    }

    /// A largest set of independent proved functions in involution, H among them unless H is constant.
    pub fn involutive(&self) -> &[usize] {
        &self.involutive
    }

    /// What follows from the proved laws.
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }
}

/// Brackets, independence and involution of H and the laws, all exact, and the verdict.
///
/// Only laws that were proved for this Hamiltonian count towards independence, involution and the verdict. A
/// law that is a constant multiple of H or depends on earlier ones does no harm. Brackets for which the
/// prover's token leaves no time are unknown.
///
/// # Errors
/// Formulas that the algebra cannot represent together.
pub fn assess(prover: &Prover, laws: &[ConservedQuantity]) -> Result<Assessment, MechanicsError> {
    let hamiltonian = prover.hamiltonian();
    let space = hamiltonian.space();
    let gradients = prover.ask(|| common_gradients(prover, laws))?;
    let brackets = bracket_matrix(prover, &gradients)?;

    let counts = |law: &ConservedQuantity| law.certificate().is_some_and(|c| c.hamiltonian() == hamiltonian);
    let proved: Vec<usize> = (0..gradients.len())
        .filter(|&k| k == 0 || (counts(&laws[k - 1]) && brackets[k][0].vanishes()))
        .collect();
    let rank_among = |indices: &[usize]| {
        let rows: Vec<&Gradient> = indices.iter().map(|&k| &gradients[k]).collect();
        let rank = prover.ask(|| rank_of(&rows, space));
        let independent = rank.independent.iter().map(|&k| indices[k]).collect();
        Rank { rank: rank.rank, independent }
    };
    let independent = rank_among(&proved);
    let commute = |a: usize, b: usize| brackets[a][b].vanishes();
    let involutive = largest_involutive(&proved, space.dof(), commute, |set| rank_among(set).independent);
    let verdict = Verdict::of(space.dof(), independent.rank, involutive.len());
    Ok(Assessment { brackets, independent, involutive, verdict })
}

/// The gradients of H and the laws in one field. Where the proofs were all made in the field of H, its
/// gradients serve.
fn common_gradients(prover: &Prover, laws: &[ConservedQuantity]) -> Result<Vec<Gradient>, MechanicsError> {
    let own = |law: &ConservedQuantity| {
        let framed = &law.certificate()?.framed;
        Arc::ptr_eq(&framed.frame, prover.frame()).then(|| framed.gradient.clone())
    };
    let energy = |frame: &Frame| frame.gradient.clone();
    if let Some(gradients) = laws.iter().map(own).collect::<Option<Vec<_>>>() {
        return Ok(std::iter::once(energy(prover.frame())).chain(gradients).collect());
    }
    let hamiltonian = prover.hamiltonian();
    let (frame, elements) = Frame::new(hamiltonian, laws.iter().map(ConservedQuantity::formula))?;
    let gradients = elements.iter().map(|e| Gradient::of(e, hamiltonian.space()));
    Ok(std::iter::once(Ok(energy(&frame))).chain(gradients).collect::<Result<_, _>>()?)
}

/// {row, column} from the gradients; the lower triangle is the negative of the upper.
fn bracket_matrix(prover: &Prover, gradients: &[Gradient]) -> Result<Vec<Vec<Bracket>>, MechanicsError> {
    let count = gradients.len();
    let pairs: Vec<(usize, usize)> =
        (0..count).flat_map(|row| (row + 1..count).map(move |column| (row, column))).collect();
    let bracket =
        |&(row, column): &(usize, usize)| match prover.ask(|| gradients[row].bracket(&gradients[column])) {
            Err(AlgebraError::Cancelled) => Ok(Bracket::Unknown(None)),
            answer => answer,
        };
    let entries: Vec<Bracket> = pairs.par_iter().map(bracket).collect::<Result<_, _>>()?;
    let mut matrix = vec![vec![Bracket::Zero; count]; count];
    for ((row, column), entry) in pairs.into_iter().zip(entries) {
        matrix[column][row] = entry.negated();
        matrix[row][column] = entry;
    }
    Ok(matrix)
}

/// The largest independent subset that commutes pairwise, H (index 0) included where it is independent;
/// ties go to the earliest.
fn largest_involutive(
    candidates: &[usize],
    dof: usize,
    commute: impl Fn(usize, usize) -> bool,
    independent: impl Fn(&[usize]) -> Vec<usize>,
) -> Vec<usize> {
    struct Search<'a> {
        dof: usize,
        commute: &'a dyn Fn(usize, usize) -> bool,
        independent: &'a dyn Fn(&[usize]) -> Vec<usize>,
        best: Vec<usize>,
        steps: usize,
    }
    impl Search<'_> {
        /// Extends an independent commuting set by candidates that commute with all of it.
        fn extend(&mut self, chosen: &[usize], candidates: &[usize]) {
            self.steps += 1;
            if chosen.len() > self.best.len() {
                self.best = chosen.to_vec();
            }
            for (k, &candidate) in candidates.iter().enumerate() {
                let full = self.best.len() >= self.dof;
                if full || self.steps > MAX_STEPS || chosen.len() + candidates.len() - k <= self.best.len() {
                    return;
                }
                let mut larger = chosen.to_vec();
                larger.push(candidate);
                if (self.independent)(&larger).len() < larger.len() {
                    continue;
                }
                let rest: Vec<usize> =
                    candidates[k + 1..].iter().copied().filter(|&c| (self.commute)(candidate, c)).collect();
                self.extend(&larger, &rest);
            }
        }
    }
    let start = if independent(&[0]).is_empty() { Vec::new() } else { vec![0] };
    let rest: Vec<usize> = candidates.iter().copied().filter(|&c| c != 0).collect();
    let mut search =
        Search { dof, commute: &commute, independent: &independent, best: start.clone(), steps: 0 };
    search.extend(&start, &rest);
    search.best
}

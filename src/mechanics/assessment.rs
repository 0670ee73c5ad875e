//! What a set of laws says about a system: brackets, independence, involution, the verdict.

use rayon::prelude::*;

use super::bracket::BracketEntry;
use super::conservation::Certificate;
use super::rank::{Rank, gradients, rank_of};
use super::{Hamiltonian, MechanicsError};
use crate::algebra::{Element, ZeroTest};
use crate::expr::Expr;

/// Steps of the search for a largest involutive subset.
const MAX_STEPS: usize = 200_000;

/// How well a law is established.
#[derive(Clone, Debug)]
pub enum Status {
    /// By exact algebra.
    Proved(Certificate),
    /// By numerical evidence alone.
    Supported,
}

/// A conserved quantity.
#[derive(Clone, Debug)]
pub struct ConservedQuantity {
    /// Its name: `L`, `Px`, ….
    pub name: String,
    /// Its formula.
    pub formula: Expr,
    /// How well it is established.
    pub status: Status,
}

impl ConservedQuantity {
    /// Whether it is proved.
    pub fn is_proved(&self) -> bool {
        matches!(self.status, Status::Proved(_))
    }
}

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
    /// All brackets {row, column}, H first.
    pub brackets: Vec<Vec<BracketEntry>>,
    /// Functionally independent functions among H and the proved laws: how many, and which.
    pub independent: Rank,
    /// A largest set of independent proved functions in involution, H among them unless H is constant.
    pub involutive: Vec<usize>,
    /// What follows.
    pub verdict: Verdict,
}

/// Brackets, independence and involution of H and the laws, all exact, and the verdict.
///
/// Only proved laws count towards independence, involution and the verdict. A law that is a constant
/// multiple of H or depends on earlier ones does no harm.
///
/// # Errors
/// Formulas that the algebra cannot represent together.
pub fn assess(hamiltonian: &Hamiltonian, laws: &[ConservedQuantity]) -> Result<Assessment, MechanicsError> {
    let space = hamiltonian.space();
    let expressions = std::iter::once(hamiltonian.formula()).chain(laws.iter().map(|l| &l.formula));
    let (_, elements) = Element::all_from(space.variables(), expressions)?;
    let gradients = gradients(&elements, space)?;
    let brackets = bracket_matrix(&gradients, space.dof())?;

    // A certificate may be of another law or system than the one it is attached to: the bracket decides.
    let proved: Vec<usize> = (0..elements.len())
        .filter(|&k| k == 0 || (laws[k - 1].is_proved() && brackets[k][0].test == ZeroTest::Zero))
        .collect();
    let rank_among = |indices: &[usize]| {
        let rows: Vec<Vec<Element>> = indices.iter().map(|&k| gradients[k].clone()).collect();
        let rank = rank_of(&rows, space);
        let independent = rank.independent.iter().map(|&k| indices[k]).collect();
        Rank { rank: rank.rank, independent }
    };
    let independent = rank_among(&proved);
    let commute = |a: usize, b: usize| brackets[a][b].test == ZeroTest::Zero;
    let involutive = largest_involutive(&proved, space.dof(), commute, |set| rank_among(set).independent);

    let verdict = if involutive.len() < space.dof() {
        Verdict::Undecided
    } else if independent.rank >= 2 * space.dof() - 1 && independent.rank > space.dof() {
        Verdict::MaximallySuperintegrable
    } else if independent.rank > space.dof() {
        Verdict::Superintegrable
    } else {
        Verdict::Integrable
    };
    Ok(Assessment { brackets, independent, involutive, verdict })
}

/// {row, column} from the gradients; the lower triangle is the negative of the upper.
fn bracket_matrix(gradients: &[Vec<Element>], dof: usize) -> Result<Vec<Vec<BracketEntry>>, MechanicsError> {
    let count = gradients.len();
    let pairs: Vec<(usize, usize)> =
        (0..count).flat_map(|row| (row + 1..count).map(move |column| (row, column))).collect();
    let bracket = |&(row, column): &(usize, usize)| {
        BracketEntry::from_gradients(&gradients[row], &gradients[column], dof)
    };
    let entries: Vec<[BracketEntry; 2]> = pairs.par_iter().map(bracket).collect::<Result<_, _>>()?;
    let mut matrix = vec![vec![BracketEntry::zero(); count]; count];
    for ((row, column), [entry, negative]) in pairs.into_iter().zip(entries) {
        (matrix[row][column], matrix[column][row]) = (entry, negative);
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

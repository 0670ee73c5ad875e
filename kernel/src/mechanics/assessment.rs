//! What a set of laws says about a system: brackets, independence, involution, the verdict.

use super::bracket::Bracket;
use super::functions::Functions;
use super::rank::Rank;
use super::{ConservedQuantity, Hamiltonian, MechanicsError, NonIntegrability, Prover};

/// Steps of the search for a largest involutive subset.
const MAX_STEPS: usize = 200_000;

/// What is proved about integrability in the sense of Liouville.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Verdict {
    /// As many independent laws in involution as degrees of freedom.
    Integrable,
    /// Integrable, with further independent laws.
    Superintegrable,
    /// Integrable, with 2·dof − 1 independent laws: as many as there can be.
    MaximallySuperintegrable,
    /// Not integrable with integrals of a class that stands beside it ([`NonIntegrability::class`]).
    NonIntegrable,
    /// Not settled.
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

    /// The word in reports: `integrable`, `superintegrable`, `maximally superintegrable`, `non-integrable`, `undecided`.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Integrable => "integrable",
            Verdict::Superintegrable => "superintegrable",
            Verdict::MaximallySuperintegrable => "maximally superintegrable",
            Verdict::NonIntegrable => "non-integrable",
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
    hamiltonian: Hamiltonian,
    obstruction: Option<Box<NonIntegrability>>,
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

    /// What follows from the proved laws, and from a proof of non-integrability.
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// The proof that the system is not integrable, if there is one.
    pub fn obstruction(&self) -> Option<&NonIntegrability> {
        self.obstruction.as_deref()
    }

    /// The same with a proof of non-integrability, which decides what the laws left open. A proof about another
    /// Hamiltonian changes nothing, and neither does one beside laws that settle the verdict.
    pub fn obstructed(self, proof: NonIntegrability) -> Assessment {
        if self.verdict != Verdict::Undecided || proof.hamiltonian() != &self.hamiltonian {
            return self;
        }
        Assessment { verdict: Verdict::NonIntegrable, obstruction: Some(Box::new(proof)), ..self }
    }
}

/// Brackets, independence and involution of H and the laws, all exact, and the verdict.
///
/// Only laws that were proved for this Hamiltonian count towards independence, involution and the verdict. Each
/// bracket is formed on the common domain of its two functions and H, whatever other laws stand beside them; a set
/// of functions is independent where it is so on its common domain, on every branch of the signs in it. A law that
/// depends on earlier ones does no harm. Brackets for which the prover's token leaves no time are unknown.
///
/// # Errors
/// Formulas that the algebra cannot represent.
///
/// ```
/// use liouville_kernel::expr::{Symbol, parse};
/// use liouville_kernel::mechanics::{Conservation, ConservedQuantity, Hamiltonian, PhaseSpace};
/// use liouville_kernel::mechanics::{Prover, Verdict, assess};
///
/// let names = |list: [&str; 2]| list.map(Symbol::new).to_vec();
/// let space = PhaseSpace::new(names(["x", "y"]), names(["px", "py"]))?;
/// let central = Hamiltonian::new(parse("(px^2 + py^2)/2 + log(x^2 + y^2)")?, space);
/// let prover = Prover::new(&central)?;
/// assert_eq!(assess(&prover, &[])?.verdict(), Verdict::Undecided);
/// let Conservation::Proved(certificate) = prover.prove(&parse("x*py - y*px")?)? else { panic!("L is conserved") };
/// let law = ConservedQuantity::proved("L".to_owned(), certificate);
/// assert_eq!(assess(&prover, &[law])?.verdict(), Verdict::Integrable);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn assess(prover: &Prover, laws: &[ConservedQuantity]) -> Result<Assessment, MechanicsError> {
    let functions = Functions::new(prover, laws)?;
    let brackets = functions.brackets()?;
    let hamiltonian = prover.hamiltonian();
    let counts = |law: &ConservedQuantity| law.certificate().is_some_and(|c| c.hamiltonian() == hamiltonian);
    let proved: Vec<usize> =
        (0..=laws.len()).filter(|&k| k == 0 || (counts(&laws[k - 1]) && brackets[k][0].vanishes())).collect();
    let independent = functions.independent_among(&proved);
    let commute = |a: usize, b: usize| brackets[a][b].vanishes();
    let dof = hamiltonian.space().dof();
    let independence = Independence {
        of: &|set: &[usize]| functions.are_independent(set),
        of_parts: functions.parts_are_independent(&proved),
    };
    let involutive = largest_involutive(&proved, dof, &commute, &independence);
    let verdict = Verdict::of(dof, independent.rank, involutive.len());
    let hamiltonian = hamiltonian.clone();
    Ok(Assessment { brackets, independent, involutive, verdict, hamiltonian, obstruction: None })
}

/// Which sets are independent.
struct Independence<'a> {
    of: &'a dyn Fn(&[usize]) -> bool,
    /// Whether parts of independent sets are.
    of_parts: bool,
}

/// The search of [`largest_involutive`].
struct Search<'a> {
    dof: usize,
    commute: &'a dyn Fn(usize, usize) -> bool,
    independence: &'a Independence<'a>,
    best: Vec<usize>,
    steps: usize,
}

impl Search<'_> {
    /// Extends a commuting set by candidates that commute with all of it.
    fn extend(&mut self, chosen: &[usize], candidates: &[usize]) {
        self.steps += 1;
        for (k, &candidate) in candidates.iter().enumerate() {
            let full = self.best.len() >= self.dof;
            if full || self.steps > MAX_STEPS || chosen.len() + candidates.len() - k <= self.best.len() {
                return;
            }
            let larger = [chosen, &[candidate]].concat();
            // Parts of a set that could be better are looked at only where they may rule it out.
            if (self.independence.of_parts || larger.len() > self.best.len()) && larger.len() <= self.dof {
                match (self.independence.of)(&larger) {
                    true if larger.len() > self.best.len() => self.best = larger.clone(),
                    false if self.independence.of_parts => continue,
                    _ => {}
                }
            }
            let rest: Vec<usize> =
                candidates[k + 1..].iter().copied().filter(|&c| (self.commute)(candidate, c)).collect();
            self.extend(&larger, &rest);
        }
    }
}

/// The largest independent subset that commutes pairwise, H (index 0) included where it is independent;
/// ties go to the earliest.
fn largest_involutive(
    candidates: &[usize],
    dof: usize,
    commute: &dyn Fn(usize, usize) -> bool,
    independence: &Independence,
) -> Vec<usize> {
    let start = if (independence.of)(&[0]) { vec![0] } else { Vec::new() };
    let rest: Vec<usize> = candidates.iter().copied().filter(|&c| c != 0).collect();
    let mut search = Search { dof, commute, independence, best: start.clone(), steps: 0 };
    search.extend(&start, &rest);
    search.best
}

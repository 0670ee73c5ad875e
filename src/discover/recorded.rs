//! From a recording of positions, or of positions and velocities, to the law of motion and its laws.
//!
//! ```text
//! Recording ──recover──▶ Recovery: H with letters for the measured constants
//!                            └─ exact search, constants symbolic ──▶ laws proved for every value
//! ```

use std::collections::BTreeMap;

use crate::data::{Rates, Recording};
use crate::expr::{Expr, Symbol};
use crate::integrals::{SearchConfig, StopReason};
use crate::mechanics::{Conservation, ConservedQuantity, Hamiltonian, PhaseSpace, Prover, Verdict, assess};
use crate::progress::{Ended, Job, Limits};
use crate::recover::{self, Invariant, Invariants, Law, Recovery, Status};

use super::DiscoverError;
use super::proved::{Proved, prove};

/// Settings of a discovery from a recording.
#[derive(Clone, Debug)]
pub struct RecordedConfig {
    /// How the law of motion is recovered.
    pub recover: recover::Config,
    /// How far the exact search for laws goes.
    pub search: SearchConfig,
}

impl Default for RecordedConfig {
    /// The search for laws is bounded so that it takes seconds: the laws of the literature's systems were found within
    /// a tenth of this work, and `liouville integrals` goes on from the printed Hamiltonian.
    fn default() -> RecordedConfig {
        let limits = Limits { work: 5_000_000_000, seconds: 30.0 };
        let search = SearchConfig { limits, ..SearchConfig::default() };
        RecordedConfig { recover: recover::Config::default(), search }
    }
}

/// What was found of a recording.
#[derive(Clone, Debug)]
pub struct RecordedDiscovery {
    /// The law of motion.
    pub recovery: Recovery,
    /// Its Hamiltonian in canonical form, as it is printed and searched.
    pub hamiltonian: Expr,
    /// The laws of the printed Hamiltonian; of every alternative where there are any.
    pub proved: Proved,
    /// The laws of each alternative.
    pub alternatives: Vec<Alternative>,
    /// Laws that the runs keep, in positions and velocities, where no Hamiltonian explains them.
    pub kept: Vec<Kept>,
    /// Why the discovery ended early, if it did.
    pub ended: Option<Ended>,
}

/// A law that the runs keep.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Its name and formula; supported by the data.
    pub quantity: ConservedQuantity,
    /// Its standard deviation along runs, over that of the runs from each other.
    pub drift: f64,
}

/// Another form of the Hamiltonian, with what is proved for it.
#[derive(Clone, Debug)]
pub struct Alternative {
    /// The form.
    pub law: Law,
    /// Its Hamiltonian in canonical form, as it is printed and searched.
    pub hamiltonian: Expr,
    /// How much worse its score is, in units of χ².
    pub difference: f64,
    /// Its laws.
    pub laws: Vec<ConservedQuantity>,
    /// What they say.
    pub verdict: Verdict,
}

/// Finds the law of motion of a recording, and proves the laws of its Hamiltonian. Of a recording of canonical
/// momenta, nothing where these are not linear in the velocities, no law explains it to its noise, or its runs are too
/// short for this: the search in coordinates and momenta asks for less.
///
/// # Errors
/// A recording that cannot be used: too few points, too many coordinates.
pub fn of_recording(
    recording: &Recording,
    config: &RecordedConfig,
    job: &Job<'_>,
) -> Result<Option<RecordedDiscovery>, DiscoverError> {
    let recovery = match recording.rates {
        Rates::Momenta(_) => recover::recover_canonical(recording, &config.recover, job).unwrap_or(None),
        Rates::Velocities(_) | Rates::None => Some(recover::recover(recording, &config.recover, job)?),
    };
    recovery.map(|recovery| laws_of(recovery, config, job)).transpose()
}

/// The laws of a recovered Hamiltonian.
fn laws_of(
    recovery: Recovery,
    config: &RecordedConfig,
    job: &Job<'_>,
) -> Result<RecordedDiscovery, DiscoverError> {
    let law = &recovery.law;
    let space = PhaseSpace::new(law.coordinates.clone(), law.momenta.clone())?;
    let of = |law: &Law| Hamiltonian::new(canonical(&law.hamiltonian, &space), space.clone());
    let hamiltonian = of(law);
    job.note(&format!("H = {}", hamiltonian.formula()));
    let mut proved = match is_a_law_of_motion(recovery.status) {
        true => prove(&hamiltonian, &config.search, job),
        false => Proved::default(),
    };
    let alternative = |other: &recover::Alternative| {
        let hamiltonian = of(&other.law);
        let found = prove(&hamiltonian, &config.search, job);
        let verdict = found.assessment.as_ref().map_or(Verdict::Undecided, |found| found.verdict());
        let (law, difference) = (other.law.clone(), other.difference);
        Alternative { law, hamiltonian: hamiltonian.formula().clone(), difference, laws: found.laws, verdict }
    };
    let alternatives: Vec<Alternative> = recovery.alternatives.iter().map(alternative).collect();
    let letters = |law: &Law| law.letters.iter().map(|letter| letter.symbol.clone()).collect::<Vec<_>>();
    let taken: Vec<Symbol> = space.variables().iter().cloned().chain(letters(law)).collect();
    let apart = |other: &Alternative| {
        let own: Vec<Symbol> = letters(&other.law)
            .into_iter()
            .filter(|letter| !is_common_mass(letter, law, &other.law))
            .collect();
        letters_apart(&other.hamiltonian, &own, &taken)
    };
    let others: Vec<Hamiltonian> =
        alternatives.iter().map(|other| Hamiltonian::new(apart(other), space.clone())).collect();
    keep_common(&mut proved, &hamiltonian, &others)?;
    let ended = Ended::by(job.token()).or(proved.stop.and_then(StopReason::ended));
    let kept = kept(&recovery)?;
    Ok(RecordedDiscovery {
        hamiltonian: hamiltonian.formula().clone(),
        recovery,
        proved,
        alternatives,
        kept,
        ended,
    })
}

/// The laws that the runs keep, named.
fn kept(recovery: &Recovery) -> Result<Vec<Kept>, DiscoverError> {
    let Invariants { velocities, laws } = &recovery.invariants;
    if laws.is_empty() {
        return Ok(Vec::new());
    }
    let space = PhaseSpace::new(recovery.law.coordinates.clone(), velocities.clone())?;
    let shown = |law: &Invariant| match law.is_rational {
        true => crate::simplify::canonical_law(&law.formula, &space).unwrap_or_else(|_| law.formula.clone()),
        false => law.formula.clone(),
    };
    let formulas: Vec<Expr> = laws.iter().map(shown).collect();
    // Named as if the velocities were momenta: `Px`, not `Pvx`.
    let momenta = &recovery.law.momenta;
    let as_momenta: BTreeMap<Symbol, Expr> =
        velocities.iter().cloned().zip(momenta.iter().cloned().map(Expr::Symbol)).collect();
    let canonical: Vec<Expr> = formulas.iter().map(|formula| formula.substitute(&as_momenta)).collect();
    let canonical_space = PhaseSpace::new(recovery.law.coordinates.clone(), momenta.clone())?;
    let names = crate::integrals::name_laws(&canonical, &canonical_space, velocities);
    let named = names.into_iter().zip(formulas).zip(laws);
    let kept = named.map(|((name, formula), law)| Kept {
        quantity: ConservedQuantity::supported(name, formula),
        drift: law.drift,
    });
    Ok(kept.collect())
}

/// Whether a letter is the mass of the same coordinates in both laws: one constant, whatever the form of H.
fn is_common_mass(letter: &Symbol, law: &Law, other: &Law) -> bool {
    let of = |law: &Law| {
        let mass = law.masses.iter().find(|mass| mass.formula == Expr::Symbol(letter.clone()));
        mass.map(|mass| mass.coordinates.clone())
    };
    of(law).is_some_and(|coordinates| of(other) == Some(coordinates))
}

/// The Hamiltonian of an alternative with letters that are not those of the chosen law: the same letter stands for
/// another constant there.
fn letters_apart(hamiltonian: &Expr, letters: &[Symbol], taken: &[Symbol]) -> Expr {
    let apart = |letter: &Symbol| {
        let mut name = Symbol::new(format!("{}_other", letter.name()));
        while taken.contains(&name) || letters.contains(&name) {
            name = Symbol::new(format!("{}_", name.name()));
        }
        (letter.clone(), Expr::Symbol(name))
    };
    hamiltonian.substitute(&letters.iter().map(apart).collect::<BTreeMap<_, _>>())
}

/// Whether laws are sought: of a form that explains nothing they would say nothing about the motion.
fn is_a_law_of_motion(status: Status) -> bool {
    !matches!(status, Status::Unexplained { .. })
}

/// H as it is printed: in canonical form, or as it was recovered where that is shorter, as sums of like functions are.
fn canonical(hamiltonian: &Expr, space: &PhaseSpace) -> Expr {
    match crate::simplify::canonical_hamiltonian(hamiltonian, space) {
        Ok(canonical) if canonical.symbol_count() <= hamiltonian.symbol_count() => canonical,
        Ok(_) | Err(_) => hamiltonian.clone(),
    }
}

/// Keeps the laws that hold for every alternative too.
fn keep_common(
    proved: &mut Proved,
    hamiltonian: &Hamiltonian,
    others: &[Hamiltonian],
) -> Result<(), DiscoverError> {
    if others.is_empty() {
        return Ok(());
    }
    let provers = others.iter().map(Prover::new).collect::<Result<Vec<_>, _>>()?;
    let before = proved.laws.len();
    proved.laws.retain(|law| {
        provers.iter().all(|prover| matches!(prover.prove(law.formula()), Ok(Conservation::Proved(_))))
    });
    if proved.laws.len() < before {
        proved.combinations.clear();
        proved.assessment = Some(assess(&Prover::new(hamiltonian)?, &proved.laws)?);
        proved.notes.push("laws of the printed H that not every alternative has are left out".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::parse;
    use crate::progress::{CancelToken, Silent};

    #[test]
    fn laws_with_letters_are_no_laws_of_an_alternative() {
        let symbols = |names: [&str; 2]| names.map(Symbol::new).to_vec();
        let space = PhaseSpace::new(symbols(["x", "y"]), symbols(["px", "py"])).unwrap();
        let of = |text: &str| Hamiltonian::new(parse(text).unwrap(), space.clone());
        let chosen = of("(px^2 + py^2)/2 + a*(x^2 + y^2)");
        let job = Job::new(&Silent, CancelToken::new());
        let mut proved = prove(&chosen, &SearchConfig::default(), &job);
        assert!(proved.laws.len() > 1);
        // The letter of the other form is another constant.
        let letters = [Symbol::new("a")];
        let other = letters_apart(chosen.formula(), &letters, &letters);
        assert_eq!(other.to_string(), "(px^2 + py^2)/2 + a_other*(x^2 + y^2)");
        keep_common(&mut proved, &chosen, &[Hamiltonian::new(other, space.clone())]).unwrap();
        let kept: Vec<String> = proved.laws.iter().map(|law| law.formula().to_string()).collect();
        assert_eq!(kept, ["x*py - y*px"]);
        assert_eq!(proved.notes.len(), 1);
    }
}

//! What the forms have in common that a recording does not tell apart.

use std::collections::BTreeMap;

use super::Law;
use crate::expr::{Expr, Symbol};
use crate::mechanics::{Conservation, ConservedQuantity, Hamiltonian, MechanicsError, PhaseSpace, Prover};
use crate::simplify::canonical_hamiltonian;

impl Law {
    /// H as it is printed: in canonical form, or as it was recovered where that is shorter, as sums of like functions are.
    pub fn shown_hamiltonian(&self, space: &PhaseSpace) -> Expr {
        let hamiltonian = &self.hamiltonian;
        match canonical_hamiltonian(hamiltonian, space) {
            Ok(canonical) if canonical.symbol_count() <= hamiltonian.symbol_count() => canonical,
            Ok(_) | Err(_) => hamiltonian.clone(),
        }
    }

    /// Whether another law, written in another way, is proved to be this one: without letters and friction, H differs by a
    /// constant.
    pub(super) fn is(&self, other: &Law) -> bool {
        let is_plain = |law: &Law| law.letters.is_empty() && law.friction.is_empty();
        let same_space = (&self.coordinates, &self.momenta) == (&other.coordinates, &other.momenta);
        let Ok(space) = PhaseSpace::new(self.coordinates.clone(), self.momenta.clone()) else { return false };
        let of = |law: &Law| Hamiltonian::new(law.hamiltonian.clone(), space.clone());
        is_plain(self) && is_plain(other) && same_space && of(self).equals_up_to_a_constant(&of(other))
    }

    /// The Hamiltonian of an alternative with letters that are not those of this law, but for masses of the same
    /// coordinates: the same letter stands for another constant there.
    pub fn apart(&self, other: &Law, hamiltonian: &Expr) -> Expr {
        let letters = |law: &Law| law.letters.iter().map(|letter| letter.symbol.clone()).collect::<Vec<_>>();
        let variables = self.coordinates.iter().chain(&self.momenta).cloned();
        let taken: Vec<Symbol> = variables.chain(letters(self)).collect();
        let own: Vec<Symbol> =
            letters(other).into_iter().filter(|letter| !is_common_mass(letter, self, other)).collect();
        letters_apart(hamiltonian, &own, &taken)
    }
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

/// Those of proved laws that hold for every other Hamiltonian too.
///
/// # Errors
/// A Hamiltonian that is beyond the exact algebra.
pub fn common_laws(
    laws: &[ConservedQuantity],
    others: &[Hamiltonian],
) -> Result<Vec<ConservedQuantity>, MechanicsError> {
    let provers = others.iter().map(Prover::new).collect::<Result<Vec<_>, _>>()?;
    let holds = |law: &&ConservedQuantity| {
        provers.iter().all(|prover| matches!(prover.prove(law.formula()), Ok(Conservation::Proved(_))))
    };
    Ok(laws.iter().filter(holds).cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::parse;
    use crate::integrals::{self, SearchConfig};
    use crate::progress::{CancelToken, Job, Silent};

    #[test]
    fn laws_with_letters_are_no_laws_of_an_alternative() {
        let symbols = |names: [&str; 2]| names.map(Symbol::new).to_vec();
        let space = PhaseSpace::new(symbols(["x", "y"]), symbols(["px", "py"])).unwrap();
        let of = |text: &str| Hamiltonian::new(parse(text).unwrap(), space.clone());
        let chosen = of("(px^2 + py^2)/2 + a*(x^2 + y^2)");
        let job = Job::new(&Silent, CancelToken::new());
        let laws = integrals::search(&chosen, &SearchConfig::default(), &job).unwrap().laws;
        assert!(laws.len() > 1);
        // The letter of the other form is another constant.
        let letters = [Symbol::new("a")];
        let other = letters_apart(chosen.formula(), &letters, &letters);
        assert_eq!(other.to_string(), "(px^2 + py^2)/2 + a_other*(x^2 + y^2)");
        let common = common_laws(&laws, &[Hamiltonian::new(other, space.clone())]).unwrap();
        let kept: Vec<String> = common.iter().map(|law| law.formula().to_string()).collect();
        assert_eq!(kept, ["x*py - y*px"]);
    }
}

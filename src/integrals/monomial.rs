//! Monomials in the atoms of a Hamiltonian: exponents by the index of the atom.

use std::ops::Deref;

use smallvec::SmallVec;

use super::IntegralsError;
use crate::expr::Rational;
use crate::laurent::{self, Bounded, Effort, Lead, PowerProduct, TooLarge};

/// Exponents of the atoms, trailing zeros dropped. It is read as a slice.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Monomial(Exponents);

/// Most monomials have few atoms, and a search makes millions of them: so many exponents need no allocation.
type Exponents = SmallVec<[i32; 12]>;

/// A Laurent polynomial in the atoms of a Hamiltonian.
pub type Laurent = laurent::Laurent<Monomial>;

impl Monomial {
    /// The atom of that index, to a power.
    pub fn atom(index: usize, exponent: i32) -> Monomial {
        (0..=index).map(|k| if k == index { exponent } else { 0 }).collect()
    }

    fn trimmed(mut exponents: Exponents) -> Monomial {
        while exponents.last() == Some(&0) {
            exponents.pop();
        }
        Monomial(exponents)
    }

    /// Whether the atom of that index stands in it, to any power.
    pub fn has(&self, index: usize) -> bool {
        self.get(index).is_some_and(|&exponent| exponent != 0)
    }
}

/// Whether the atom of that index stands in a polynomial.
pub fn occurs(polynomial: &Laurent, index: usize) -> bool {
    polynomial.monomials().any(|monomial| monomial.has(index))
}

impl From<Vec<i32>> for Monomial {
    fn from(exponents: Vec<i32>) -> Monomial {
        Monomial::trimmed(Exponents::from_vec(exponents))
    }
}

impl FromIterator<i32> for Monomial {
    fn from_iter<I: IntoIterator<Item = i32>>(exponents: I) -> Monomial {
        Monomial::trimmed(exponents.into_iter().collect())
    }
}

impl Deref for Monomial {
    type Target = [i32];

    fn deref(&self) -> &[i32] {
        &self.0
    }
}

/// Two monomials, the longer one first.
fn by_length<'a>(a: &'a Monomial, b: &'a Monomial) -> (&'a Monomial, &'a Monomial) {
    if a.len() >= b.len() { (a, b) } else { (b, a) }
}

impl PowerProduct for Monomial {
    const LEAD: Lead = Lead::Greatest;
    // The divisor bounds what is left.
    const EFFORT: Effort = Effort { steps: 501, rest: usize::MAX };

    fn one() -> Monomial {
        Monomial(Exponents::new())
    }

    fn is_one(&self) -> bool {
        self.is_empty()
    }

    fn times(&self, other: &Monomial) -> Monomial {
        let (long, short) = by_length(self, other);
        let mut product = long.0.clone();
        product.iter_mut().zip(&short.0).for_each(|(a, b)| *a += b);
        Monomial::trimmed(product)
    }

    fn raised(&self, exponent: i32) -> Monomial {
        self.iter().map(|&e| e * exponent).collect()
    }

    fn common(&self, other: &Monomial) -> Monomial {
        let (long, short) = by_length(self, other);
        let padded = short.iter().copied().chain(std::iter::repeat(0));
        long.iter().zip(padded).map(|(&a, b)| a.min(b)).collect()
    }

    /// Nothing negative may be left.
    fn quotient(&self, divisor: &Monomial) -> Option<Monomial> {
        Some(self.over(divisor)).filter(|ratio| ratio.iter().all(|&e| e >= 0))
    }
}

impl Bounded for Monomial {
    const TERMS: usize = 20_000;
    const EXPONENT: u32 = 4_000;
    const POWER: u32 = 64;

    fn largest_exponent(&self) -> u32 {
        self.iter().map(|e| e.unsigned_abs()).max().unwrap_or(0)
    }
}

impl Laurent {
    /// The atom of that index, to a power.
    pub fn atom(index: usize, exponent: i32) -> Laurent {
        Laurent::term(Monomial::atom(index, exponent), Rational::ONE)
    }
}

impl From<TooLarge> for IntegralsError {
    fn from(_: TooLarge) -> IntegralsError {
        IntegralsError::TooLarge
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::laurent::identities;
    use rand::RngExt;
    use rand_chacha::ChaCha8Rng;

    fn monomial(random: &mut ChaCha8Rng, lowest: i32) -> Monomial {
        (0..3).map(|_| random.random_range(lowest..=3)).collect()
    }

    #[test]
    fn identities_hold_for_exponents_by_index() {
        identities::hold(monomial);
        identities::hold_within_bounds(monomial);
    }

    #[test]
    fn trailing_zeros_are_dropped() {
        assert!(Monomial::from(vec![0, 0]).is_one());
        assert_eq!(Monomial::atom(1, 2).times(&Monomial::atom(1, -2)), Monomial::one());
        assert_eq!(*Monomial::from(vec![0, 3, 0]), [0, 3]);
    }
}

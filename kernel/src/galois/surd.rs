//! [`Surd`]: sums of square roots of rationals, compared exactly and without factoring.

use super::rational::square_root;
use crate::expr::Rational;

/// A sum Σ cᵢ √Dᵢ with rational c and D, D of any sign: the quotient of two of the D is never a square.
///
/// Square roots of rationals whose quotients are no squares are linearly independent over Q (Besicovitch 1940), √−1
/// among them. So the sum is rational if and only if no D other than a square is left.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Surd {
    terms: Vec<(Rational, Rational)>,
}

impl Surd {
    /// √D.
    pub fn root_of(value: &Rational) -> Surd {
        Surd::default().plus(&Rational::ONE, value)
    }

    /// The sum with c·√D.
    pub fn plus(mut self, factor: &Rational, value: &Rational) -> Surd {
        if factor.is_zero() || value.is_zero() {
            return self;
        }
        for (own, root) in &mut self.terms {
            // √D = √(D/D′) √D′, up to the sign that both roots of a negative D share.
            if let Some(ratio) = square_root(&(value / &*root)) {
                *own += factor * ratio;
                self.terms.retain(|(own, _)| !own.is_zero());
                return self;
            }
        }
        self.terms.push((factor.clone(), value.clone()));
        self
    }

    /// The value, if it is rational.
    pub fn as_rational(&self) -> Option<Rational> {
        let mut sum = Rational::ZERO;
        for (factor, value) in &self.terms {
            sum += factor * square_root(value)?;
        }
        Some(sum)
    }
}

//! What makes a certificate of non-integrability: exact arithmetic and two tables. **Trusted.**
//!
//! A homogeneous potential that is integrable has, at every proper Darboux point, eigenvalues that lie in a discrete
//! table (Morales-Ruiz and Ramis, Methods Appl. Anal. 8 (2001) 33 and 97). So an exclusion is a finite computation:
//!
//! ```text
//! potential ──▶ Univariate: direction factor g(m), eigenvalue λ(m) ──resultant──▶ R(λ) ──rational_roots──▶ list, Kimura
//!           └──▶ Enclosure: a Darboux point by Krawczyk's test, det(M − x) of one sign ─▶ no value of the list between
//! ```
//!
//! | module | what |
//! | --- | --- |
//! | `rational` | the square root of a rational, if it is one |
//! | [`Univariate`] | polynomials in one variable over Q: remainder, gcd, square-free part, resultant, rational roots |
//! | [`Surd`] | sums of square roots of rationals, compared exactly without factoring |
//! | [`list`] | the Morales–Ramis list |
//! | [`kimura`] | Kimura's theorem on the three exponent differences: the same question by another way |
//! | [`Enclosure`] | intervals with dyadic ends, and formulas on them |
//!
//! The two tables share no code, and a certificate needs both.

mod enclosure;
pub mod kimura;
pub mod list;
mod matrix;
mod rational;
mod roots;
mod surd;
mod univariate;

pub use enclosure::Enclosure;
pub(crate) use matrix::is_singular;
pub use matrix::{
    RationalMatrix, characteristic_polynomial, determinant, identity, inverse, rational_determinant, times,
};
pub use rational::{is_odd_integer, square_root};
pub use surd::Surd;
pub use univariate::Univariate;

//! All Darboux directions of a rational potential in an invariant plane, exactly and over Q.
//!
//! With q = u·z₁ + v·z₂ and a plane that A∇V does not leave, A∇V(q) = u·f₁ + v·f₂. Directions z = (1, m) are the roots
//! of g(m) = f₂(1, m) − m f₁(1, m), with γ = f₁(1, m), and the eigenvalue in the plane besides k − 1 is
//! λ = div f/γ − (k − 1). The resultant R(λ) of g and that has all λ as roots; no factoring, no number fields.

use super::fraction::on_line;
use super::homogeneous::HomogeneousPart;
use super::{DarbouxPoint, Eigenvalue, excludes_irrational, is_excluded, primitive};
use crate::algebra::Polynomial;
use crate::expr::Rational;
use crate::galois::{RationalMatrix, Univariate, inverse, times};

/// The potential N/D in the plane at z = (1, m).
struct InPlane {
    /// f₁·D² and f₂·D².
    field: [Univariate; 2],
    /// (div f)·D³.
    divergence: Univariate,
    /// D.
    denominator: Univariate,
}

/// An eigenvalue in the plane outside the list, and its directions.
pub(super) fn excluded(
    part: &HomogeneousPart,
    masses: &RationalMatrix,
    basis: &[Vec<Rational>; 2],
) -> Option<(DarbouxPoint, Eigenvalue)> {
    let dof = masses.len();
    if basis.iter().any(|vector| vector.len() != dof) {
        return None;
    }
    let projection = left_inverse(basis)?;
    let plane = InPlane::of(part, masses, basis, &projection)?;
    let degree = part.degree();
    let found = at_infinity(part, masses, basis, &projection).or_else(|| plane.excluded(degree, basis))?;
    excludes_irrational(degree).then_some(found)
}

/// L with L·(u v) = 1; `None` where u and v are parallel.
fn left_inverse(basis: &[Vec<Rational>; 2]) -> Option<RationalMatrix> {
    let rows = basis.to_vec();
    let columns: RationalMatrix =
        basis[0].iter().zip(&basis[1]).map(|(u, v)| vec![u.clone(), v.clone()]).collect();
    Some(times(&inverse(&times(&rows, &columns))?, &rows))
}

/// A root at m = ∞, z = (0, 1): the same plane with its vectors exchanged, at m = 0.
fn at_infinity(
    part: &HomogeneousPart,
    masses: &RationalMatrix,
    basis: &[Vec<Rational>; 2],
    projection: &RationalMatrix,
) -> Option<(DarbouxPoint, Eigenvalue)> {
    let exchanged = [basis[1].clone(), basis[0].clone()];
    let rows = vec![projection[1].clone(), projection[0].clone()];
    let plane = InPlane::of(part, masses, &exchanged, &rows)?;
    let at = |polynomial: &Univariate| polynomial.at(&Rational::ZERO);
    let (along, across) = (at(&plane.field[0]), at(&plane.field[1]));
    let denominator = at(&plane.denominator);
    // All directions of a round potential are Darboux directions; these say nothing.
    let is_proper = across.is_zero() && !along.is_zero() && !denominator.is_zero();
    if !is_proper || plane.direction_factor().is_zero() {
        return None;
    }
    let eigenvalue = at(&plane.divergence) / (denominator * along) - (part.degree() - Rational::ONE);
    is_excluded(part.degree(), &eigenvalue)
        .then(|| (DarbouxPoint::Direction(primitive(&basis[1])), Eigenvalue::Rational(eigenvalue)))
}

impl InPlane {
    /// `None` where the plane is not invariant, or the potential has a pole all over it.
    fn of(
        part: &HomogeneousPart,
        masses: &RationalMatrix,
        basis: &[Vec<Rational>; 2],
        projection: &RationalMatrix,
    ) -> Option<InPlane> {
        let fraction = part.fraction.as_ref()?;
        let (above, below) = (&fraction.above, &fraction.below);
        let dof = masses.len();
        // ∂V/∂qⱼ = Pⱼ/D², ∂²V/∂qⱼ∂qₗ = (∂Pⱼ/∂qₗ D − 2 Pⱼ ∂D/∂qₗ)/D³.
        let slope = |j: usize| {
            let first = above.derivative(j).times(below).ok()?;
            Some(first.minus(&above.times(&below.derivative(j)).ok()?))
        };
        let slopes: Vec<Polynomial> = (0..dof).map(slope).collect::<Option<_>>()?;
        let on_plane = |polynomial: &Polynomial| on_line(polynomial, basis);
        let denominator = on_plane(below);
        let at: Vec<Univariate> = slopes.iter().map(on_plane).collect();
        let force = combined(masses, &at);
        let field = combined(projection, &force);
        let leaves = |i: usize| {
            let within = field[0].scaled(&basis[0][i]).plus(&field[1].scaled(&basis[1][i]));
            force[i] != within
        };
        if denominator.is_zero() || (0..dof).any(leaves) {
            return None;
        }
        let weights = times(projection, masses);
        let mut divergence = Univariate::zero();
        for (j, slope) in slopes.iter().enumerate() {
            for (l, (u, v)) in basis[0].iter().zip(&basis[1]).enumerate() {
                let weight = &weights[0][j] * u + &weights[1][j] * v;
                if weight.is_zero() {
                    continue;
                }
                let first = on_plane(&slope.derivative(l)).times(&denominator);
                let second = at[j].times(&on_plane(&below.derivative(l))).scaled(&Rational::from(2));
                divergence = divergence.plus(&first.minus(&second).scaled(&weight));
            }
        }
        let [first, second] = <[Univariate; 2]>::try_from(field).ok()?;
        Some(InPlane { field: [first, second], divergence, denominator })
    }

    /// g(m), up to the factor D².
    fn direction_factor(&self) -> Univariate {
        self.field[1].minus(&self.field[0].times(&Univariate::linear(Rational::ZERO, Rational::ONE)))
    }

    fn excluded(&self, degree: &Rational, basis: &[Vec<Rational>; 2]) -> Option<(DarbouxPoint, Eigenvalue)> {
        let factor = self.direction_factor();
        if factor.is_zero() {
            return None;
        }
        // λ = b/a with a = D·f₁; where a vanishes the direction is improper or on a pole.
        let below = self.denominator.times(&self.field[0]);
        let above = self.divergence.minus(&below.scaled(&(degree - Rational::ONE)));
        let directions = factor.square_free_part_coprime_to(&below);
        let eigenvalues = directions.values_of_fraction(&above, &below)?.square_free_part();
        let rational = eigenvalues.rational_roots();
        let with = |value: &Rational| directions.gcd(&above.minus(&below.scaled(value)));
        let outside = rational.iter().filter(|value| is_excluded(degree, value));
        let mut found: Vec<(Univariate, Rational)> =
            outside.map(|value| (with(value), value.clone())).collect();
        // The simplest direction is the easiest to check.
        found.sort_by_key(|(slope, _)| slope.degree());
        if let Some((slope, value)) = found.into_iter().next() {
            return Some((point(basis, slope), Eigenvalue::Rational(value)));
        }
        let rest = rational.iter().fold(eigenvalues, |rest, value| rest.without_root(value));
        let others = rational
            .iter()
            .fold(directions.clone(), |rest, value| rest.square_free_part_coprime_to(&with(value)));
        rest.has_roots().then(|| (point(basis, others), Eigenvalue::Irrational(rest)))
    }
}

/// The directions u + m·v for the roots of the slope, or one of them that is rational: all have the same eigenvalue.
fn point(basis: &[Vec<Rational>; 2], slope: Univariate) -> DarbouxPoint {
    if let Some(root) = slope.rational_roots().last() {
        let direction: Vec<Rational> = basis[0].iter().zip(&basis[1]).map(|(u, v)| u + root * v).collect();
        return DarbouxPoint::Direction(primitive(&direction));
    }
    DarbouxPoint::Plane { basis: basis.clone(), slope }
}

/// The product of a matrix with a vector of polynomials.
fn combined(matrix: &RationalMatrix, vector: &[Univariate]) -> Vec<Univariate> {
    let entry = |row: &Vec<Rational>| {
        row.iter().zip(vector).fold(Univariate::zero(), |sum, (c, p)| sum.plus(&p.scaled(c)))
    };
    matrix.iter().map(entry).collect()
}

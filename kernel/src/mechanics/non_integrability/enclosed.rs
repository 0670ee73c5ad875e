//! A Darboux point enclosed by Krawczyk's test, and an eigenvalue between two numbers.
//!
//! F(c) = A∇V(c) − σc, σ = ±1, on the coordinates that need not vanish. With Y ≈ F′(c)⁻¹ and a box B around c,
//! K = c − Y F(c) + (1 − Y F′(B))(B − c) ⊂ int B proves one zero in B (Krawczyk 1969). At it, a block of M = σ A V″ that
//! M does not leave has a real eigenvalue between x and y if det(M − x) and det(M − y) have opposite signs. The list is
//! discrete: it has no value in [x, y] if x and y lie between two neighbours of it. So points that are not real, and
//! eigenvalues that are not real or of even multiplicity in every block, prove nothing here.

use std::collections::BTreeMap;

use super::homogeneous::{HomogeneousPart, Part};
use super::natural::is_plainly_zero;
use super::{DarbouxPoint, Eigenvalue, allowed_between};
use crate::CancelToken;
use crate::algebra::Element;
use crate::expr::{Expr, Rational, Relation, Symbol};
use crate::galois::{Enclosure, RationalMatrix, determinant, inverse};
use crate::mechanics::Hamiltonian;

/// The radius of the box is 2 to this power, with the other sign.
const RADIUS_BITS: isize = 180;
/// Steps of Newton's method with a fixed inverse: each gains about fifty binary digits.
const NEWTON_STEPS: usize = 16;
/// Points between two neighbours of the list at which the sign of the determinant is looked at.
const SAMPLES: i64 = 24;
/// Halvings of the interval around an eigenvalue.
const HALVINGS: usize = 44;
/// More coordinates are not tried.
const MAX_COORDINATES: usize = 64;

/// A matrix whose entries are sums of masses times second derivatives of V.
type Entries = Vec<Vec<Vec<(Rational, Expr)>>>;

/// Where to look.
pub(super) struct Place<'a> {
    pub(super) start: &'a [f64],
    pub(super) vanishing: &'a [usize],
    pub(super) block: &'a [usize],
}

/// The potential with what is looked at.
struct Problem<'a> {
    potential: &'a Expr,
    masses: &'a RationalMatrix,
    coordinates: &'a [Symbol],
    /// The coordinates that do not vanish.
    free: Vec<usize>,
    /// ∂V/∂qᵢ for the free coordinates.
    slopes: Vec<Expr>,
    sign: i8,
}

/// An enclosed Darboux point with an eigenvalue outside the list.
pub(super) fn excluded(
    part: &HomogeneousPart,
    masses: &RationalMatrix,
    hamiltonian: &Hamiltonian,
    place: &Place<'_>,
    token: &CancelToken,
) -> Option<(DarbouxPoint, Eigenvalue)> {
    let coordinates = hamiltonian.space().coordinates();
    let problem = Problem::new(part, masses, coordinates, place)?;
    let block: Vec<usize> = place.block.to_vec();
    if !problem.is_invariant(place.vanishing, &block) {
        return None;
    }
    let radius = Rational::ONE / (Rational::from(2).pow(RADIUS_BITS));
    let centre = problem.refined(place.start, token)?;
    let jacobian = problem.entries(&problem.free)?;
    let inside = problem.is_proved(&centre, &jacobian, &radius)?;
    let at = problem.boxed(&centre, &radius);
    if !inside || token.is_cancelled() || !holds(part, hamiltonian, &at) {
        return None;
    }
    let matrix = problem.values(&problem.entries(&block)?, &at)?;
    let (low, high) = eigenvalue_outside(part.degree(), &matrix, token)?;
    let middle = |i: usize| centre.get(&i).cloned().unwrap_or(Rational::ZERO);
    let point = DarbouxPoint::Enclosed {
        centre: (0..coordinates.len()).map(middle).collect(),
        radius,
        vanishing: place.vanishing.to_vec(),
        block,
        sign: problem.sign,
    };
    Some((point, Eigenvalue::Between(low, high)))
}

/// Whether H's own conditions hold at the point. Of a part of H they are not known there.
fn holds(part: &HomogeneousPart, hamiltonian: &Hamiltonian, at: &BTreeMap<Symbol, Enclosure>) -> bool {
    let domain = hamiltonian.domain();
    if domain.is_empty() || part.is_rational() {
        return true;
    }
    part.part() == Part::Whole
        && domain.iter().all(|condition| {
            let sign = Enclosure::of_expr(&condition.function, at).and_then(|value| value.sign());
            match condition.relation {
                Relation::Positive => sign == Some(1),
                Relation::NonZero => sign.is_some(),
            }
        })
}

impl<'a> Problem<'a> {
    fn new(
        part: &'a HomogeneousPart,
        masses: &'a RationalMatrix,
        coordinates: &'a [Symbol],
        place: &Place<'_>,
    ) -> Option<Problem<'a>> {
        let dof = coordinates.len();
        let in_range = |list: &[usize]| list.iter().all(|&i| i < dof);
        if dof > MAX_COORDINATES
            || place.start.len() != dof
            || !in_range(place.vanishing)
            || !in_range(place.block)
        {
            return None;
        }
        let free: Vec<usize> = (0..dof).filter(|i| !place.vanishing.contains(i)).collect();
        let slopes = coordinates.iter().map(|q| part.potential().derivative(q)).collect();
        let mut problem = Problem { potential: part.potential(), masses, coordinates, free, slopes, sign: 1 };
        // The sign of γ at the start: of the force along the largest coordinate.
        let start = problem.started(place.start)?;
        let main =
            *problem.free.iter().max_by(|&&a, &&b| place.start[a].abs().total_cmp(&place.start[b].abs()))?;
        let force = problem.force(main, &problem.boxed(&start, &Rational::ZERO))?;
        let along = force.times(&Enclosure::of(start.get(&main)?));
        problem.sign = along.sign()?;
        Some(problem)
    }

    fn started(&self, start: &[f64]) -> Option<BTreeMap<usize, Rational>> {
        self.free.iter().map(|&i| Some((i, Rational::try_from(start[i]).ok()?))).collect()
    }

    /// All coordinates in a box around a point.
    fn boxed(&self, centre: &BTreeMap<usize, Rational>, radius: &Rational) -> BTreeMap<Symbol, Enclosure> {
        let of = |(i, symbol): (usize, &Symbol)| {
            let value = centre.get(&i).map_or(Enclosure::zero(), |x| Enclosure::of(x).widened(radius));
            (symbol.clone(), value)
        };
        self.coordinates.iter().enumerate().map(of).collect()
    }

    /// (A∇V)ᵢ.
    fn force(&self, i: usize, at: &BTreeMap<Symbol, Enclosure>) -> Option<Enclosure> {
        let mut sum = Enclosure::zero();
        for &j in self.free.iter().filter(|&&j| !self.masses[i][j].is_zero()) {
            let slope = Enclosure::of_expr(&self.slopes[j], at)?;
            sum = sum.plus(&slope.times(&Enclosure::of(&self.masses[i][j])));
        }
        Some(sum)
    }

    /// Whether the space where coordinates vanish, and the block of A V″ on it, are invariant: masses do not couple them
    /// with others, and neither do the derivatives of V there, identically.
    fn is_invariant(&self, vanishing: &[usize], block: &[usize]) -> bool {
        let uncoupled = |set: &[usize]| {
            let others = || (0..self.coordinates.len()).filter(|j| !set.contains(j));
            set.iter().all(|&i| others().all(|j| self.masses[i][j].is_zero() && self.masses[j][i].is_zero()))
        };
        let free = block.iter().all(|i| self.free.contains(i)) && block.len() == self.free.len();
        let transverse = block.iter().all(|i| vanishing.contains(i));
        if !uncoupled(vanishing) || !uncoupled(block) || !(free || transverse) || block.is_empty() {
            return false;
        }
        let zeros: BTreeMap<Symbol, Expr> =
            vanishing.iter().map(|&i| (self.coordinates[i].clone(), Expr::zero())).collect();
        let vanishes = |expr: Expr| {
            let there = expr.substitute(&zeros);
            let element = || Element::all_within(self.coordinates, &[], [&there]).ok();
            is_plainly_zero(&there) || element().is_some_and(|(_, all)| all[0].is_zero_form())
        };
        // The derivatives of V by the vanishing coordinates are 0 there; so are the mixed ones with the free ones.
        let no_force = vanishing.iter().all(|&i| vanishes(self.slopes[i].clone()));
        let rest = || vanishing.iter().filter(|j| !block.contains(j));
        no_force
            && (free
                || block
                    .iter()
                    .all(|&i| rest().all(|&j| vanishes(self.slopes[i].derivative(&self.coordinates[j])))))
    }

    /// The formulas of (A V″)ᵢⱼ on a block, as lists of masses and second derivatives.
    fn entries(&self, block: &[usize]) -> Option<Entries> {
        let second: BTreeMap<(usize, usize), Expr> = block
            .iter()
            .flat_map(|&l| block.iter().map(move |&j| (l, j)))
            .filter(|(l, j)| l <= j)
            .map(|(l, j)| ((l, j), self.slopes[l].derivative(&self.coordinates[j])))
            .collect();
        let entry = |i: usize, j: usize| -> Option<Vec<(Rational, Expr)>> {
            let coupled = block.iter().filter(|&&l| !self.masses[i][l].is_zero());
            coupled
                .map(|&l| Some((self.masses[i][l].clone(), second.get(&(l.min(j), l.max(j)))?.clone())))
                .collect()
        };
        block.iter().map(|&i| block.iter().map(|&j| entry(i, j)).collect()).collect()
    }

    /// σ A V″ on a block.
    fn values(&self, entries: &Entries, at: &BTreeMap<Symbol, Enclosure>) -> Option<Vec<Vec<Enclosure>>> {
        let value = |terms: &Vec<(Rational, Expr)>| {
            let mut sum = Enclosure::zero();
            for (mass, expr) in terms {
                sum = sum.plus(&Enclosure::of_expr(expr, at)?.times(&Enclosure::of(mass)));
            }
            Some(if self.sign < 0 { sum.negated() } else { sum })
        };
        entries.iter().map(|row| row.iter().map(value).collect()).collect()
    }

    /// σF on the free coordinates.
    fn defect(&self, centre: &BTreeMap<usize, Rational>) -> Option<Vec<Enclosure>> {
        let at = self.boxed(centre, &Rational::ZERO);
        let of = |&i: &usize| {
            let force = self.force(i, &at)?;
            let force = if self.sign < 0 { force.negated() } else { force };
            Some(force.minus(&Enclosure::of(centre.get(&i)?)))
        };
        self.free.iter().map(of).collect()
    }

    /// σF′, the matrix σ A V″ − 1.
    fn slope(&self, mut matrix: Vec<Vec<Enclosure>>) -> Vec<Vec<Enclosure>> {
        let one = Enclosure::of(&Rational::ONE);
        matrix.iter_mut().enumerate().for_each(|(i, row)| row[i] = row[i].minus(&one));
        matrix
    }

    /// The approximate inverse of σF′ at a point, with entries of some fifty binary digits.
    fn approximate_inverse(
        &self,
        centre: &BTreeMap<usize, Rational>,
        entries: &Entries,
    ) -> Option<Vec<Vec<Enclosure>>> {
        let slope = self.slope(self.values(entries, &self.boxed(centre, &Rational::ZERO))?);
        let rounded = |x: &Enclosure| Rational::try_from(x.middle().to_f64().value()).ok();
        let matrix: RationalMatrix =
            slope.iter().map(|row| row.iter().map(rounded).collect()).collect::<Option<_>>()?;
        let back = inverse(&matrix)?;
        let short = |x: &Rational| Some(Enclosure::of(&Rational::try_from(x.to_f64().value()).ok()?));
        back.iter().map(|row| row.iter().map(short).collect()).collect()
    }

    /// A point near which F vanishes, by Newton's method.
    fn refined(&self, start: &[f64], token: &CancelToken) -> Option<BTreeMap<usize, Rational>> {
        let mut centre = self.started(start)?;
        let entries = self.entries(&self.free)?;
        let back = self.approximate_inverse(&centre, &entries)?;
        for _ in 0..NEWTON_STEPS {
            if token.is_cancelled() {
                return None;
            }
            let defect = self.defect(&centre)?;
            for (row, i) in back.iter().zip(&self.free) {
                let step = product(row, &defect).middle();
                *centre.get_mut(i)? -= step;
            }
        }
        Some(centre)
    }

    /// Krawczyk's test.
    fn is_proved(
        &self,
        centre: &BTreeMap<usize, Rational>,
        entries: &Entries,
        radius: &Rational,
    ) -> Option<bool> {
        let back = self.approximate_inverse(centre, entries)?;
        let slope = self.slope(self.values(entries, &self.boxed(centre, radius))?);
        let defect = self.defect(centre)?;
        let around = Enclosure::zero().widened(radius);
        let columns: Vec<Vec<Enclosure>> =
            (0..slope.len()).map(|j| slope.iter().map(|row| row[j].clone()).collect()).collect();
        let one = Enclosure::of(&Rational::ONE);
        let is_inside = |(i, row): (usize, &Vec<Enclosure>)| {
            // K − c = −Y F(c) + (1 − Y F′(B))(B − c).
            let mut shift = product(row, &defect).negated();
            for (j, column) in columns.iter().enumerate() {
                let entry = product(row, column).negated();
                let entry = if i == j { entry.plus(&one) } else { entry };
                shift = shift.plus(&entry.times(&around));
            }
            shift.is_inside(&around)
        };
        // The formula of V itself must be defined in the box.
        Enclosure::of_expr(self.potential, &self.boxed(centre, radius))?;
        Some(back.iter().enumerate().all(is_inside))
    }
}

fn product(row: &[Enclosure], column: &[Enclosure]) -> Enclosure {
    row.iter().zip(column).fold(Enclosure::zero(), |sum, (a, b)| sum.plus(&a.times(b)))
}

/// Two numbers with a real eigenvalue and no value of the list between them.
fn eigenvalue_outside(
    degree: &Rational,
    matrix: &[Vec<Enclosure>],
    token: &CancelToken,
) -> Option<(Rational, Rational)> {
    let bound = matrix
        .iter()
        .map(|row| row.iter().fold(Rational::ONE, |sum, x| sum + x.magnitude()).ceil())
        .max()
        .map(Rational::from)?;
    let mut ends = allowed_between(degree, &-&bound, &bound)?;
    ends.insert(0, -&bound);
    ends.push(bound);
    // The largest eigenvalues first: of attracting potentials they are the ones that are excluded.
    for gap in ends.windows(2).rev() {
        let width = &gap[1] - &gap[0];
        if width.is_zero() || token.is_cancelled() {
            continue;
        }
        if let Some(found) = sign_change(matrix, &gap[0], &width) {
            return Some(found);
        }
    }
    None
}

/// Two numbers inside the gap at which the determinant has opposite signs.
fn sign_change(
    matrix: &[Vec<Enclosure>],
    start: &Rational,
    width: &Rational,
) -> Option<(Rational, Rational)> {
    let whole = Rational::from(SAMPLES);
    let close = Rational::ONE / Rational::from(4_096);
    let mut parts: Vec<Rational> = (1..SAMPLES).map(|j| Rational::from(j) / &whole).collect();
    parts.insert(0, close.clone());
    parts.push(Rational::ONE - close);
    let points: Vec<(Rational, i8)> = parts
        .into_iter()
        .map(|part| start + width * part)
        .filter_map(|x| sign_at(matrix, &x).map(|sign| (x, sign)))
        .collect();
    let pair = points.windows(2).find(|pair| pair[0].1 != pair[1].1)?;
    let ((mut low, sign), (mut high, _)) = (pair[0].clone(), pair[1].clone());
    for _ in 0..HALVINGS {
        let middle = (&low + &high) / Rational::from(2);
        match sign_at(matrix, &middle) {
            Some(own) if own == sign => low = middle,
            Some(_) => high = middle,
            None => break,
        }
    }
    Some((low, high))
}

/// The sign of det(M − x), where it is one.
fn sign_at(matrix: &[Vec<Enclosure>], x: &Rational) -> Option<i8> {
    let shift = Enclosure::of(x);
    let mut shifted = matrix.to_vec();
    shifted.iter_mut().enumerate().for_each(|(i, row)| row[i] = row[i].minus(&shift));
    determinant(&shifted)?.sign()
}

//! [`HomogeneousPart`]: the parts of a potential to which the Morales–Ramis list applies.

use super::fraction::Fraction;
use super::natural::Natural;
use super::{IntegralClass, excludes_irrational, integer};
use crate::expr::{Expr, Function, Rational, Symbol};
use crate::mechanics::Hamiltonian;

/// Products of sums are multiplied out to so many terms.
const MAX_TERMS: usize = 400;
/// The largest power of a sum that is multiplied out.
const MAX_POWER: i64 = 8;

/// Which part of the potential V.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Part {
    /// All of it, without its constant.
    Whole,
    /// The part of the highest degree.
    Leading,
    /// The part of the lowest degree.
    Lowest,
}

/// A homogeneous part of the potential, of a degree other than 0 and ±2.
#[derive(Clone, Debug)]
pub struct HomogeneousPart {
    part: Part,
    degree: Rational,
    potential: Expr,
    pub(super) fraction: Option<Fraction>,
    class: IntegralClass,
}

impl HomogeneousPart {
    /// Which part it is.
    pub fn part(&self) -> Part {
        self.part
    }

    /// Its degree k.
    pub fn degree(&self) -> &Rational {
        &self.degree
    }

    /// Its formula.
    pub fn potential(&self) -> &Expr {
        &self.potential
    }

    /// Whether it is a rational function over Q of the coordinates.
    pub fn is_rational(&self) -> bool {
        self.fraction.is_some()
    }

    /// The integrals that it can exclude.
    pub(super) fn class(&self) -> IntegralClass {
        self.class
    }
}

/// The parts of V for which there is a theorem: all of V where it is homogeneous and there are no gyroscopic terms, else
/// its leading and its lowest part where these dominate the gyroscopic terms.
pub(super) fn parts(natural: &Natural, hamiltonian: &Hamiltonian) -> Vec<HomogeneousPart> {
    let rational = Fraction::of_expr(&natural.potential, &natural.coordinates);
    let found = match rational {
        Some(potential) => rational_parts(natural, hamiltonian, potential),
        None => algebraic_parts(natural),
    };
    let degree_counts = |part: &HomogeneousPart| excludes_irrational(&part.degree);
    found.unwrap_or_default().into_iter().filter(degree_counts).collect()
}

/// The parts of a rational potential.
fn rational_parts(
    natural: &Natural,
    hamiltonian: &Hamiltonian,
    potential: Fraction,
) -> Option<Vec<HomogeneousPart>> {
    let read = |expr: &Expr| Fraction::of_expr(expr, &natural.coordinates);
    let gyroscopic: Vec<Fraction> = natural.gyroscopic.iter().map(read).collect::<Option<_>>()?;
    let turning: Vec<(i64, i64)> = gyroscopic.iter().filter_map(Fraction::degrees).collect();
    let unrestricted = hamiltonian.domain().is_empty();
    let is_analytic = potential.is_polynomial() && gyroscopic.iter().all(Fraction::is_polynomial);
    let of = |part: Part, fraction: Fraction, class: IntegralClass| {
        let degree = Rational::from(fraction.degrees()?.0);
        let potential = fraction.to_expr(&natural.coordinates);
        Some(HomogeneousPart { part, degree, potential, fraction: Some(fraction), class })
    };
    let (leading, lowest) = (without_constant(&potential, true)?, without_constant(&potential, false)?);
    let is_homogeneous = |part: &&Fraction| part.degrees().is_some_and(|(high, low)| high == low);
    if let Some(whole) = [&leading, &lowest].into_iter().find(is_homogeneous)
        && turning.is_empty()
    {
        let class = if unrestricted { IntegralClass::Meromorphic } else { IntegralClass::Rational };
        return Some(vec![of(Part::Whole, whole.clone(), class)?]);
    }
    let mut found = Vec::new();
    let (highest, _) = leading.degrees()?;
    if turning.iter().all(|(high, _)| 2 * high < highest) {
        found.extend(of(Part::Leading, leading.extreme(true)?, IntegralClass::Rational));
    }
    let (_, least) = lowest.degrees()?;
    if turning.iter().all(|(_, low)| 2 * low > least) {
        let near_origin = is_analytic && least > 0 && unrestricted;
        let class = if near_origin { IntegralClass::MeromorphicAtOrigin } else { IntegralClass::Rational };
        found.extend(of(Part::Lowest, lowest.extreme(false)?, class));
    }
    Some(found)
}

/// V less its constant: as seen from its highest (lowest) part.
fn without_constant(potential: &Fraction, highest: bool) -> Option<Fraction> {
    let constant = potential.extreme(highest)?.as_constant();
    match constant {
        Some(value) => potential.minus_constant(&value).filter(|rest| !rest.is_zero()),
        None => Some(potential.clone()),
    }
}

/// The parts of a potential with roots, which is a sum of terms that are homogeneous as they are written: so are all
/// roots in it.
fn algebraic_parts(natural: &Natural) -> Option<Vec<HomogeneousPart>> {
    let coordinates = &natural.coordinates;
    let terms = homogeneous_terms(&natural.potential, coordinates)?;
    // What no coordinate occurs in is a constant.
    let varies = |(_, term): &(Rational, Expr)| term.symbols().iter().any(|s| coordinates.contains(s));
    let terms: Vec<(Rational, Expr)> = terms.into_iter().filter(varies).collect();
    let high = terms.iter().map(|(degree, _)| degree.clone()).max()?;
    let low = terms.iter().map(|(degree, _)| degree.clone()).min()?;
    let sum = |degree: &Rational| {
        Expr::sum(terms.iter().filter(|(own, _)| own == degree).map(|(_, term)| term.clone()))
    };
    let of = |part: Part, degree: &Rational, class: IntegralClass| HomogeneousPart {
        part,
        degree: degree.clone(),
        potential: sum(degree),
        fraction: None,
        class,
    };
    if high == low && natural.has_no_gyroscopic_terms() {
        return Some(vec![of(Part::Whole, &high, IntegralClass::MeromorphicWithRoots)]);
    }
    let mut turning = Vec::new();
    for term in &natural.gyroscopic {
        turning.extend(homogeneous_terms(term, coordinates)?);
    }
    let two = Rational::from(2);
    let mut found = Vec::new();
    if turning.iter().all(|(degree, _)| &two * degree < high) {
        found.push(of(Part::Leading, &high, IntegralClass::RationalWithRoots));
    }
    if turning.iter().all(|(degree, _)| &two * degree > low) {
        found.push(of(Part::Lowest, &low, IntegralClass::RationalWithRoots));
    }
    Some(found)
}

/// The degree of a formula that is homogeneous in the coordinates as it is written.
fn degree_of(expr: &Expr, coordinates: &[Symbol]) -> Option<Rational> {
    let degree = |expr: &Expr| degree_of(expr, coordinates);
    match expr {
        Expr::Number(_) | Expr::Pi => Some(Rational::ZERO),
        Expr::Symbol(symbol) => coordinates.contains(symbol).then_some(Rational::ONE),
        Expr::Sum(terms) => {
            let mut own = terms.iter().filter(|term| !term.is_zero()).map(degree);
            let first = own.next()??;
            own.all(|other| other.as_ref() == Some(&first)).then_some(first)
        }
        Expr::Product(factors) => {
            factors.iter().try_fold(Rational::ZERO, |sum, factor| Some(sum + degree(factor)?))
        }
        Expr::Quotient(above, below) => Some(degree(above)? - degree(below)?),
        Expr::Power(base, exponent) => Some(degree(base)? * exponent.as_number()?),
        Expr::Negative(inner) => degree(inner),
        Expr::Call(Function::Sqrt, argument) => Some(degree(argument)? / Rational::from(2)),
        Expr::Call(_, argument) => argument.symbols().is_empty().then_some(Rational::ZERO),
    }
}

/// The formula as a sum of terms that are homogeneous as they are written.
fn homogeneous_terms(expr: &Expr, coordinates: &[Symbol]) -> Option<Vec<(Rational, Expr)>> {
    if expr.is_zero() {
        return Some(Vec::new());
    }
    if let Some(degree) = degree_of(expr, coordinates) {
        return Some(vec![(degree, expr.clone())]);
    }
    let split = |expr: &Expr| homogeneous_terms(expr, coordinates);
    match expr {
        Expr::Sum(terms) => {
            let parts: Vec<_> = terms.iter().map(split).collect::<Option<_>>()?;
            Some(parts.into_iter().flatten().collect()).filter(|all: &Vec<_>| all.len() <= MAX_TERMS)
        }
        Expr::Negative(inner) => {
            Some(split(inner)?.into_iter().map(|(degree, term)| (degree, term.negated())).collect())
        }
        Expr::Product(factors) => {
            let parts: Vec<_> = factors.iter().map(split).collect::<Option<_>>()?;
            multiplied(&parts)
        }
        Expr::Quotient(above, below) => {
            let least = degree_of(below, coordinates)?;
            let over = |(degree, term): (Rational, Expr)| (degree - &least, term.over((**below).clone()));
            Some(split(above)?.into_iter().map(over).collect())
        }
        Expr::Power(base, exponent) => {
            let power = integer(&exponent.as_number()?).filter(|power| (2..=MAX_POWER).contains(power))?;
            let parts = split(base)?;
            multiplied(&vec![parts; usize::try_from(power).ok()?])
        }
        Expr::Number(_) | Expr::Pi | Expr::Symbol(_) | Expr::Call(..) => None,
    }
}

/// The product of sums.
fn multiplied(sums: &[Vec<(Rational, Expr)>]) -> Option<Vec<(Rational, Expr)>> {
    let mut product = vec![(Rational::ZERO, Expr::one())];
    for sum in sums {
        if product.len() * sum.len() > MAX_TERMS {
            return None;
        }
        let times = |(a, x): &(Rational, Expr)| {
            sum.iter().map(|(b, y)| (a + b, Expr::product([x.clone(), y.clone()]))).collect::<Vec<_>>()
        };
        product = product.iter().flat_map(times).collect();
    }
    Some(product)
}

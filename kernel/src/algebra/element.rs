//! [`Element`]: a function in a [`Field`].

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

use super::construct::{Construction, Halt};
use super::field::{Field, is_deep};
use super::interval::Interval;
use super::jumps::closure;
use super::modulus::Modulus;
use super::tower::{Generator, Tower};
use super::{AlgebraError, RationalPolynomial, present, rank, witness, work};
use crate::expr::{Condition, Expr, Rational, Symbol};

/// How many points to evaluate a function at before computing its canonical form.
const FIRST_POINTS: u64 = 6;

/// The answer to "is this function identically zero?".
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ZeroTest {
    /// The function vanishes at every real point where all functions involved are defined.
    Zero,
    /// The function does not vanish at a real point that was found.
    NonZero,
    /// Neither was shown.
    Unknown,
}

/// A function: a polynomial in the ring variables of its field, brought into canonical form on demand.
///
/// Equality and hashing compare canonical forms. Equal elements are equal functions. Two different elements
/// can be equal functions only if [`zero_test`](Self::zero_test) of their difference is `Unknown`.
#[derive(Clone)]
pub struct Element {
    field: Arc<Field>,
    /// The relations are applied; the denominators need not be the least ones.
    pub(super) value: RationalPolynomial,
    canonical: OnceLock<Result<RationalPolynomial, AlgebraError>>,
}

impl Element {
    fn new(field: &Arc<Field>, value: RationalPolynomial) -> Element {
        Element { field: field.clone(), value, canonical: OnceLock::new() }
    }

    /// The function that a formula denotes.
    ///
    /// # Errors
    /// The field lacks a generator of the formula, the formula divides by zero, or a result is too large.
    pub fn from_expr(field: &Arc<Field>, expr: &Expr) -> Result<Element, AlgebraError> {
        if is_deep(expr) {
            return Err(AlgebraError::TooDeep);
        }
        let value = work::bounded(|| Construction::within(&field.tower).convert(expr));
        let value = value.map_err(|halt| match halt {
            Halt::Error(error) => error,
            Halt::Refine(_) => AlgebraError::NotInField { function: expr.to_string() },
        })?;
        Ok(Element::new(field, value))
    }

    /// Builds a field for the expressions, and returns the field with the elements of the expressions.
    ///
    /// # Errors
    /// As [`Field::for_expressions`].
    ///
    /// ```
    /// use liouville_kernel::algebra::{Element, ZeroTest};
    /// use liouville_kernel::expr::{Symbol, parse};
    ///
    /// let formula = parse("sqrt(x^2 + 2*x + 1)^2 - (x + 1)^2")?;
    /// let (_, elements) = Element::all_from(&[Symbol::new("x")], [&formula])?;
    /// assert_eq!(elements[0].zero_test(), ZeroTest::Zero);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn all_from<'a>(
        variables: &[Symbol],
        expressions: impl IntoIterator<Item = &'a Expr>,
    ) -> Result<(Arc<Field>, Vec<Element>), AlgebraError> {
        Element::all_within(variables, &[], expressions)
    }

    /// As [`all_from`](Self::all_from), on the domain where the conditions hold.
    ///
    /// # Errors
    /// As [`Field::for_expressions`].
    pub fn all_within<'a>(
        variables: &[Symbol],
        conditions: &[Condition],
        expressions: impl IntoIterator<Item = &'a Expr>,
    ) -> Result<(Arc<Field>, Vec<Element>), AlgebraError> {
        let (field, values) = Field::with_elements(variables, conditions, expressions)?;
        let elements = values.into_iter().map(|value| Element::new(&field, value)).collect();
        Ok((field, elements))
    }

    /// A constant.
    pub fn constant(field: &Arc<Field>, value: &Rational) -> Element {
        Element::new(field, RationalPolynomial::constant(value))
    }

    /// The field of this element.
    pub fn field(&self) -> &Arc<Field> {
        &self.field
    }

    pub(super) fn join(&self, other: &Element) -> Result<(), AlgebraError> {
        if Arc::ptr_eq(&self.field, &other.field) { Ok(()) } else { Err(AlgebraError::DifferentFields) }
    }

    /// The sum.
    ///
    /// # Errors
    /// The elements belong to different fields.
    pub fn plus(&self, other: &Element) -> Result<Element, AlgebraError> {
        self.join(other)?;
        Ok(Element::new(&self.field, self.value.plus(&other.value)))
    }

    /// The difference.
    ///
    /// # Errors
    /// The elements belong to different fields.
    pub fn minus(&self, other: &Element) -> Result<Element, AlgebraError> {
        self.join(other)?;
        Ok(Element::new(&self.field, self.value.minus(&other.value)))
    }

    /// The product.
    ///
    /// # Errors
    /// The elements belong to different fields, or the product is too large.
    pub fn times(&self, other: &Element) -> Result<Element, AlgebraError> {
        self.join(other)?;
        let value = work::bounded(|| self.field.tower.times(&self.value, &other.value))?;
        Ok(Element::new(&self.field, value))
    }

    /// The sum of many elements of one field; `None` for an empty sum.
    ///
    /// # Errors
    /// The elements belong to different fields.
    pub fn sum<'a>(elements: impl IntoIterator<Item = &'a Element>) -> Result<Option<Element>, AlgebraError> {
        let elements: Vec<&Element> = elements.into_iter().collect();
        let Some(first) = elements.first() else { return Ok(None) };
        elements.iter().try_for_each(|e| first.join(e))?;
        let value = RationalPolynomial::sum(elements.iter().map(|e| &e.value));
        Ok(Some(Element::new(&first.field, value)))
    }

    /// The quotient.
    ///
    /// # Errors
    /// The divisor is zero or may be zero, or the field lacks its reciprocal. To have the reciprocal, build
    /// the field from a formula that contains the quotient.
    pub fn divide(&self, other: &Element) -> Result<Element, AlgebraError> {
        self.join(other)?;
        let mut construction = Construction::within(&self.field.tower);
        let inverse = work::bounded(|| construction.reciprocal(&other.value)).map_err(|halt| match halt {
            Halt::Error(AlgebraError::DivisionByZero { .. }) => {
                AlgebraError::DivisionByZero { divisor: other.to_expr().to_string() }
            }
            Halt::Error(error) => error,
            Halt::Refine(_) => AlgebraError::NotInField { function: other.to_expr().to_string() },
        })?;
        let value = work::bounded(|| self.field.tower.times(&self.value, &inverse))?;
        Ok(Element::new(&self.field, value))
    }

    /// An integer power.
    ///
    /// # Errors
    /// As [`times`](Self::times), and as [`divide`](Self::divide) for negative exponents.
    pub fn power(&self, exponent: i32) -> Result<Element, AlgebraError> {
        if exponent < 0 {
            let one = Element::constant(&self.field, &Rational::ONE);
            return one.divide(self)?.power(exponent.checked_neg().ok_or(AlgebraError::ExponentTooLarge)?);
        }
        let value = work::bounded(|| self.field.tower.to_power(&self.value, exponent.unsigned_abs()))?;
        Ok(Element::new(&self.field, value))
    }

    /// The product with a rational.
    pub fn scale(&self, factor: &Rational) -> Element {
        Element::new(&self.field, self.value.scaled(factor))
    }

    /// The negative.
    pub fn negated(&self) -> Element {
        Element::new(&self.field, self.value.negated())
    }

    /// The partial derivative by one of the field's variables.
    ///
    /// # Errors
    /// The symbol is not a variable of the field, or a result is too large.
    pub fn derivative(&self, by: &Symbol) -> Result<Element, AlgebraError> {
        let by = self.field.variable(by)?;
        let value = work::bounded(|| self.field.tower.derivative(&self.value, by))?;
        Ok(Element::new(&self.field, value))
    }

    /// The canonical form. It is unique if the field knows all relations between its generators.
    ///
    /// # Errors
    /// The common denominator is too large.
    pub fn canonical(&self) -> Result<&RationalPolynomial, AlgebraError> {
        let canonical = || work::bounded(|| self.field.tower.canonical(&self.value));
        self.canonical.get_or_init(canonical).as_ref().map_err(Clone::clone)
    }

    /// Whether the canonical form is 0. That proves that the function vanishes identically.
    pub fn is_zero_form(&self) -> bool {
        self.value.is_zero() || work::bounded(|| self.field.tower.vanishes(&self.value)).unwrap_or(false)
    }

    /// Whether no term is left even without computing the canonical form.
    pub fn is_plainly_zero(&self) -> bool {
        self.value.is_zero()
    }

    /// The value, if the canonical form is a rational constant.
    pub fn as_constant(&self) -> Option<Rational> {
        self.canonical().ok().and_then(RationalPolynomial::as_constant)
    }

    /// Whether the function is identically zero.
    ///
    /// `Zero` if the canonical form is 0: then the function vanishes wherever all functions it was built
    /// from are defined and real. `NonZero` if interval arithmetic at a rational point excludes 0.
    /// `Unknown` otherwise.
    pub fn zero_test(&self) -> ZeroTest {
        let tower = &self.field.tower;
        if self.value.is_zero() {
            return ZeroTest::Zero;
        }
        if witness::is_somewhere_nonzero(tower, &self.value, FIRST_POINTS) {
            return ZeroTest::NonZero;
        }
        if self.is_zero_form() {
            return ZeroTest::Zero;
        }
        let form = self.canonical().unwrap_or(&self.value);
        match witness::is_somewhere_nonzero(tower, form, witness::POINTS) {
            true => ZeroTest::NonZero,
            false => ZeroTest::Unknown,
        }
    }

    /// An interval that contains the value when each variable and parameter, in the field's order, lies in
    /// its given interval. `None` if interval arithmetic cannot show that all formulas of the field are
    /// defined there.
    pub fn enclosure(&self, at: &[Interval]) -> Option<Interval> {
        Element::enclosures([self], at)?.pop()
    }

    /// [`enclosure`](Self::enclosure) of many elements of one field.
    pub fn enclosures<'a>(
        elements: impl IntoIterator<Item = &'a Element>,
        at: &[Interval],
    ) -> Option<Vec<Interval>> {
        let mut elements = elements.into_iter().peekable();
        let Some(first) = elements.peek() else { return Some(Vec::new()) };
        let field = first.field.clone();
        let mut evaluation = witness::Evaluation::at(&field.tower, at);
        if !evaluation.is_in_domain() {
            return None;
        }
        let value = |e: &Element| Arc::ptr_eq(&e.field, &field).then(|| evaluation.value(&e.value)).flatten();
        elements.map(value).collect()
    }

    /// A largest set of rows of a matrix of elements that are linearly independent over the functions of the field
    /// on every branch of the signs in them, as far as this is certain from one point: their independence is proved.
    /// Rational functions are evaluated modulo one of two primes, by the number
    /// of the point, others by interval arithmetic; `None` where the functions are not seen to be defined at that
    /// point, or have too many signs.
    pub fn independent_rows(rows: &[&[Element]], point: u64) -> Option<Vec<usize>> {
        let (field, width) = Element::matrix(rows)?;
        let values = || rows.iter().copied().flatten().map(|e| &e.value);
        let modulus = Modulus::in_turn(point);
        let residues = |signs: &Vec<(usize, bool)>| {
            let values = witness::residues(&field.tower, values(), point, modulus, signs)?;
            Some((rank::Residues::new(modulus), values))
        };
        match branches(&field.tower, values())?.iter().map(residues).collect() {
            Some(evaluations) => Some(rank::independent_rows(evaluations, width)),
            None => Element::independent_rows_by_intervals(rows, point),
        }
    }

    /// The field and the width of a matrix; `None` where rows differ in either or there is no entry.
    fn matrix<'a>(rows: &[&'a [Element]]) -> Option<(&'a Arc<Field>, usize)> {
        let width = rows.iter().map(|row| row.len()).max()?.max(1);
        let field = &rows.iter().copied().flatten().next()?.field;
        let fits = |row: &&[Element]| row.len() == width && row.iter().all(|e| Arc::ptr_eq(&e.field, field));
        rows.iter().all(fits).then_some((field, width))
    }

    /// [`independent_rows`](Self::independent_rows) by interval arithmetic alone, which no coefficient
    /// misleads as multiples of the primes do.
    pub fn independent_rows_by_intervals(rows: &[&[Element]], point: u64) -> Option<Vec<usize>> {
        let (field, width) = Element::matrix(rows)?;
        let values = || rows.iter().copied().flatten().map(|e| &e.value);
        // Roots of functions of a sign are real only where it has its value.
        let on_branch = |signs: &[(usize, bool)]| {
            let numbers = (0..TRIES_ON_A_BRANCH).map(|k| point ^ (k << 40));
            let mut points = numbers.map(|n| witness::sample_point(n, field.tower.symbols.len()));
            points.find(|at| witness::Evaluation::at(&field.tower, at).has_signs(signs))
        };
        let intervals = |signs: &Vec<(usize, bool)>| -> Option<(rank::Intervals, Vec<Interval>)> {
            let any = || witness::sample_point(point, field.tower.symbols.len());
            let at = on_branch(signs).unwrap_or_else(any);
            let mut evaluation = witness::Evaluation::at(&field.tower, &at).with_signs(signs);
            evaluation.is_in_domain().then_some(())?;
            let values = values().map(|value| evaluation.value(value)).collect::<Option<_>>()?;
            Some((rank::Intervals::default(), values))
        };
        let evaluations = branches(&field.tower, values())?.iter().map(intervals).collect::<Option<_>>()?;
        Some(rank::independent_rows(evaluations, width))
    }

    /// Whether a point shows that the last row is independent of those before it on some branch of the signs in them:
    /// on the branch on which the point lies.
    pub fn last_row_is_somewhere_independent(rows: &[&[Element]], point: u64) -> bool {
        let Some((field, width)) = Element::matrix(rows) else { return false };
        let values = || rows.iter().copied().flatten().map(|e| &e.value);
        if branches(&field.tower, values()).is_some_and(|all| all.len() == 1) {
            return false;
        }
        let at = witness::sample_point(point, field.tower.symbols.len());
        let mut evaluation = witness::Evaluation::at(&field.tower, &at);
        if !evaluation.is_in_domain() {
            return false;
        }
        let Some(values) = values().map(|v| evaluation.value(v)).collect::<Option<Vec<_>>>() else {
            return false;
        };
        let before = rank::independent_rows(
            vec![(rank::Intervals::default(), values[..values.len() - width].to_vec())],
            width,
        );
        rank::independent_rows(vec![(rank::Intervals::default(), values)], width).len() > before.len()
    }

    /// Whether evaluation at some point shows that Σ left·right does not vanish. The sum itself is never
    /// formed. `true` is a proof; `false` says nothing.
    pub fn pairing_is_somewhere_nonzero(left: &[Element], right: &[Element]) -> bool {
        const POINTS: u64 = 6;
        let Some(field) = left.first().map(|e| &e.field) else { return false };
        let all = || left.iter().chain(right);
        if left.len() != right.len() || all().any(|e| !Arc::ptr_eq(&e.field, field)) {
            return false;
        }
        (0..POINTS).any(|point| {
            let modulus = Modulus::in_turn(point);
            let values = all().map(|e| &e.value);
            if let Some(residues) = witness::residues(&field.tower, values, point, modulus, &[]) {
                let (left, right) = residues.split_at(left.len());
                let pairs = left.iter().zip(right);
                return pairs.fold(0, |sum, (&a, &b)| modulus.subtract_product(sum, a, b)) != 0;
            }
            let at = witness::sample_point(point, field.tower.symbols.len());
            Element::enclosures(all(), &at).is_some_and(|values| {
                let (left, right) = values.split_at(left.len());
                let products = left.iter().zip(right).map(|(a, b)| a.times(*b));
                !products.fold(Interval::ZERO, |sum, product| sum.plus(product)).contains_zero()
            })
        })
    }

    /// An upper bound on the number of terms of the product.
    pub fn terms_of_product(&self, other: &Element) -> usize {
        self.value.numerator().len().saturating_mul(other.value.numerator().len())
    }

    /// The function as a formula, written from its canonical form.
    pub fn to_expr(&self) -> Expr {
        present::express(&self.field.tower, self.canonical().unwrap_or(&self.value))
    }
}

/// Points at which a branch of the signs is looked for: twice as many as [`MAX_SIGNS`] signs have choices. Where none is
/// met, the signs are put in at any point.
const TRIES_ON_A_BRANCH: u64 = 512;
/// With more signs than this, the branches are not enumerated.
const MAX_SIGNS: usize = 8;

/// All choices of the signs that occur in some values; `None` where these are too many.
fn branches<'a>(
    tower: &Tower,
    values: impl Iterator<Item = &'a RationalPolynomial>,
) -> Option<Vec<Vec<(usize, bool)>>> {
    let occurring = closure(tower, values.flat_map(|value| value.numerator().variables()).collect());
    let signs: Vec<usize> = tower
        .generators()
        .filter(|(_, generator)| matches!(generator, Generator::Sign { .. }))
        .map(|(variable, _)| variable)
        .filter(|variable| occurring.contains(variable))
        .collect();
    if signs.len() > MAX_SIGNS {
        return None;
    }
    let branch = |choice: usize| signs.iter().enumerate().map(|(k, &v)| (v, choice >> k & 1 == 1)).collect();
    Some((0..1 << signs.len()).map(branch).collect())
}

/// The canonical form, or the value as it is if the canonical form cannot be computed.
fn comparable(element: &Element) -> &RationalPolynomial {
    element.canonical().unwrap_or(&element.value)
}

impl PartialEq for Element {
    fn eq(&self, other: &Element) -> bool {
        Arc::ptr_eq(&self.field, &other.field)
            && (self.value == other.value || comparable(self) == comparable(other))
    }
}

impl Eq for Element {}

impl Hash for Element {
    fn hash<H: Hasher>(&self, state: &mut H) {
        comparable(self).hash(state);
    }
}

impl fmt::Debug for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.to_expr())
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.to_expr())
    }
}

macro_rules! operator {
    ($trait:ident, $method:ident, $checked:ident) => {
        impl std::ops::$trait for &Element {
            type Output = Element;
            /// # Panics
            /// If the elements belong to different fields or the result is too large. The named method of
            /// [`Element`] returns an error instead.
            fn $method(self, other: &Element) -> Element {
                self.$checked(other).expect("elements of one field, a result within reach")
            }
        }
    };
}

operator!(Add, add, plus);
operator!(Sub, sub, minus);
operator!(Mul, mul, times);

impl std::ops::Neg for &Element {
    type Output = Element;
    fn neg(self) -> Element {
        self.negated()
    }
}

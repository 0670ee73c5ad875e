//! Seeds: other writings of a sum, found by exact algebra, for the e-graph to choose from.
//!
//! Associativity and commutativity as rewrite rules blow up (an n-term sum saturates at 3ⁿ nodes);
//! instead each sum is given a few [`Form`]s over smaller sums, which are seeded in turn. A form that
//! does not multiply out to the sum it was proposed for is dropped.

mod bilinear;
mod factors;
mod split;
mod squares;
mod trigonometric;

use super::monomial::{Atom, Exponent, Monomial, Poly};
use super::reading::{abs, settled};
use crate::expr::Rational;
use crate::laurent::PowerProduct;

/// A writing of a sum in terms of smaller ones.
#[derive(Clone, Debug)]
pub(super) enum Form {
    /// A sum to be seeded in turn.
    Part(Poly),
    Sum(Vec<Form>),
    Product(Vec<Form>),
    Power(Box<Form>, u32),
    /// A form over a monomial.
    Over(Box<Form>, Monomial),
    /// A rational multiple.
    Scaled(Rational, Box<Form>),
}

impl Form {
    /// The sum it multiplies out to, atoms taken as independent.
    pub(super) fn expand(&self) -> Poly {
        match self {
            Form::Part(poly) => poly.clone(),
            Form::Sum(forms) => forms.iter().fold(Poly::zero(), |sum, form| sum.plus(&form.expand())),
            Form::Product(forms) => {
                let one = Poly::constant(Rational::ONE);
                forms.iter().fold(one, |product, form| product.times(&form.expand()))
            }
            Form::Power(form, exponent) => form.expand().power(*exponent),
            Form::Over(form, monomial) => form.expand().times_term(&monomial.inverse(), &Rational::ONE),
            Form::Scaled(factor, form) => form.expand().scaled(factor),
        }
    }

    /// `c·form`, the factor dropped where it is 1.
    fn scaled(factor: Rational, form: Form) -> Form {
        if factor == Rational::ONE { form } else { Form::Scaled(factor, Box::new(form)) }
    }

    /// `m·part` with `m` a monomial; negative powers below the line.
    fn times(monomial: &Monomial, part: Poly) -> Form {
        let negative: Vec<(Atom, Exponent)> =
            monomial.factors().iter().filter(|(_, e)| e.is_negative()).cloned().collect();
        let below = Monomial::from_factors(negative).inverse();
        let above = monomial.times(&below);
        let product = match (above.is_one(), part.as_constant().is_some_and(|c| c == Rational::ONE)) {
            (true, _) => Form::Part(part),
            (false, true) => Form::Part(Poly::term(above, Rational::ONE)),
            _ => Form::Product(vec![Form::Part(Poly::term(above, Rational::ONE)), Form::Part(part)]),
        };
        if below.is_one() { product } else { Form::Over(Box::new(product), below) }
    }

    /// The product of two sums with their contents in front.
    fn product_of(a: &Poly, b: &Poly) -> Form {
        let ((c, a), (d, b)) = (a.primitive(), b.primitive());
        Form::scaled(c * d, Form::Product(vec![Form::Part(a), Form::Part(b)]))
    }

    /// `factor·(sum)²`.
    fn square_of(factor: &Rational, sum: &Poly) -> Form {
        let (c, sum) = sum.primitive();
        Form::scaled(factor * c.clone() * c, Form::Power(Box::new(Form::Part(sum)), 2))
    }
}

/// Names as they appear in explanations.
type Seed = (&'static str, fn(&Poly) -> Vec<Form>);

/// Those that write a sum as one product.
const PRODUCTS: &[Seed] = &[
    ("seed: content", content),
    ("seed: perfect power", factors::perfect_power),
    ("seed: common monomial", split::common_monomial),
    ("seed: factors", factors::linear_factors),
];

const SPLITS: &[Seed] = &[
    ("seed: terms grouped", split::groups),
    ("seed: collected", split::collected),
    ("seed: Horner", split::horner),
];

const THOROUGH: &[Seed] = &[
    ("seed: own atoms", factors::own_atoms),
    ("seed: squares", squares::sums_of_squares),
    ("seed: pair differences", squares::pair_differences),
    ("seed: bilinear", bilinear::bilinear),
    ("seed: Pythagoras", trigonometric::cosines_for_sines),
];

/// Forms that are equal by an identity which [`equals`] does not know.
const BY_IDENTITY: &[Seed] = &[("seed: sum of angles", trigonometric::angle_sums)];

/// Sums longer than this get [`PRODUCTS`] and [`SPLITS`] only.
const THOROUGH_TERMS: usize = 60;
/// Sums longer than this are only factored, where they factor.
const FACTORED_TERMS: usize = 24;

/// Every form found for the sum, each checked to equal it, with the name of its seed.
pub(super) fn forms(sum: &Poly) -> Vec<(&'static str, Form)> {
    let mut found = Vec::new();
    let mut collect = |seeds: &[Seed]| {
        for (name, seed) in seeds {
            let equal = seed(sum).into_iter().filter(|form| equals(form, sum));
            found.extend(equal.map(|form| (*name, form)));
        }
        !found.is_empty()
    };
    if collect(PRODUCTS) && sum.len() > FACTORED_TERMS {
        return found;
    }
    collect(SPLITS);
    if sum.len() <= THOROUGH_TERMS {
        collect(THOROUGH);
        for (name, seed) in BY_IDENTITY {
            found.extend(seed(sum).into_iter().map(|form| (*name, form)));
        }
    }
    found
}

/// Whether the form multiplies out to the sum, relations of sine and cosine included.
fn equals(form: &Form, sum: &Poly) -> bool {
    let expanded = form.expand();
    expanded == *sum || settled(expanded.minus(sum)).is_ok_and(|difference| difference.is_zero())
}

fn content(sum: &Poly) -> Vec<Form> {
    let (content, primitive) = sum.primitive();
    if abs(&content) == Rational::ONE {
        return Vec::new();
    }
    vec![Form::scaled(content, Form::Part(primitive))]
}

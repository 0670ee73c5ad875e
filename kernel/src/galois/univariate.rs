//! [`Univariate`]: polynomials in one variable over the rationals.

use dashu_int::IBig;

use super::roots;
use crate::expr::{Expr, Rational};

/// A polynomial Σ cᵢ mⁱ over Q: coefficients by increasing power, the last one not zero. Equal polynomials are equal as
/// values.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Univariate {
    coefficients: Vec<Rational>,
}

impl Univariate {
    /// The polynomial with these coefficients, by increasing power.
    pub fn new(mut coefficients: Vec<Rational>) -> Univariate {
        while coefficients.last().is_some_and(Rational::is_zero) {
            coefficients.pop();
        }
        Univariate { coefficients }
    }

    /// The polynomial 0.
    pub fn zero() -> Univariate {
        Univariate { coefficients: Vec::new() }
    }

    /// A constant.
    pub fn constant(value: Rational) -> Univariate {
        Univariate::new(vec![value])
    }

    /// a + b·m.
    pub fn linear(a: Rational, b: Rational) -> Univariate {
        Univariate::new(vec![a, b])
    }

    /// The coefficients by increasing power.
    pub fn coefficients(&self) -> &[Rational] {
        &self.coefficients
    }

    /// Whether this is 0.
    pub fn is_zero(&self) -> bool {
        self.coefficients.is_empty()
    }

    /// The degree; `None` for 0.
    pub fn degree(&self) -> Option<usize> {
        self.coefficients.len().checked_sub(1)
    }

    /// Whether the degree is positive.
    pub fn has_roots(&self) -> bool {
        self.coefficients.len() > 1
    }

    /// The coefficient of the highest power; 0 for 0.
    pub fn leading(&self) -> Rational {
        self.coefficients.last().cloned().unwrap_or(Rational::ZERO)
    }

    /// The value at a rational number.
    pub fn at(&self, point: &Rational) -> Rational {
        self.coefficients.iter().rev().fold(Rational::ZERO, |sum, c| sum * point + c)
    }

    /// The sum.
    pub fn plus(&self, other: &Univariate) -> Univariate {
        let length = self.coefficients.len().max(other.coefficients.len());
        let of = |p: &Univariate, i: usize| p.coefficients.get(i).cloned().unwrap_or(Rational::ZERO);
        Univariate::new((0..length).map(|i| of(self, i) + of(other, i)).collect())
    }

    /// The difference.
    pub fn minus(&self, other: &Univariate) -> Univariate {
        self.plus(&other.scaled(&Rational::NEG_ONE))
    }

    /// The product with a rational.
    pub fn scaled(&self, factor: &Rational) -> Univariate {
        Univariate::new(self.coefficients.iter().map(|c| c * factor).collect())
    }

    /// The product.
    pub fn times(&self, other: &Univariate) -> Univariate {
        if self.is_zero() || other.is_zero() {
            return Univariate::zero();
        }
        let length = self.coefficients.len() + other.coefficients.len() - 1;
        let mut product = vec![Rational::ZERO; length];
        for (i, a) in self.coefficients.iter().enumerate() {
            for (j, b) in other.coefficients.iter().enumerate() {
                product[i + j] += a * b;
            }
        }
        Univariate::new(product)
    }

    /// A power.
    pub fn to_power(&self, exponent: u32) -> Univariate {
        (0..exponent).fold(Univariate::constant(Rational::ONE), |product, _| product.times(self))
    }

    /// The derivative.
    pub fn derivative(&self) -> Univariate {
        let powers = self.coefficients.iter().enumerate().skip(1);
        Univariate::new(powers.map(|(i, c)| c * Rational::from(i)).collect())
    }

    /// The same with leading coefficient 1; 0 stays.
    pub fn monic(&self) -> Univariate {
        match self.is_zero() {
            true => self.clone(),
            false => self.scaled(&(Rational::ONE / self.leading())),
        }
    }

    /// Quotient and remainder; `None` if the divisor is 0.
    pub fn divide(&self, divisor: &Univariate) -> Option<(Univariate, Univariate)> {
        let below = divisor.degree()?;
        let leading = divisor.leading();
        let mut rest = self.coefficients.clone();
        let mut quotient = vec![Rational::ZERO; rest.len().saturating_sub(below)];
        for at in (0..quotient.len()).rev() {
            let factor = &rest[at + below] / &leading;
            for (i, c) in divisor.coefficients.iter().enumerate() {
                rest[at + i] -= &factor * c;
            }
            quotient[at] = factor;
        }
        rest.truncate(below);
        Some((Univariate::new(quotient), Univariate::new(rest)))
    }

    /// The remainder; 0 by a divisor 0.
    fn remainder(&self, divisor: &Univariate) -> Univariate {
        self.divide(divisor).map_or(Univariate::zero(), |(_, rest)| rest)
    }

    /// The monic greatest common divisor; 0 of twice 0.
    pub fn gcd(&self, other: &Univariate) -> Univariate {
        let (mut a, mut b) = (self.clone(), other.clone());
        while !b.is_zero() {
            (a, b) = (b.clone(), a.remainder(&b).monic());
        }
        a.monic()
    }

    /// The monic polynomial with the same roots, each simple.
    pub fn square_free_part(&self) -> Univariate {
        self.without_roots_of(&self.derivative()).unwrap_or_else(|| self.clone())
    }

    /// `self / gcd(self, other)`, monic; `None` where both are 0.
    fn without_roots_of(&self, other: &Univariate) -> Option<Univariate> {
        self.divide(&self.gcd(other)).map(|(quotient, _)| quotient.monic())
    }

    /// The square-free part without the roots that `other` has too.
    pub fn square_free_part_coprime_to(&self, other: &Univariate) -> Univariate {
        let simple = self.square_free_part();
        simple.without_roots_of(other).unwrap_or(simple)
    }

    /// The resultant: lc(a)^deg(b) · Π b(α) over the roots α of a, with multiplicity. 0 where one of them is 0.
    ///
    /// By Euclid's remainders: Res(a, b) = (−1)^(deg a · deg b) lc(b)^(deg a − deg r) Res(b, r), r = a mod b.
    pub fn resultant(&self, other: &Univariate) -> Rational {
        let (mut a, mut b) = (self.clone(), other.clone());
        let mut factor = Rational::ONE;
        loop {
            let (Some(of_a), Some(of_b)) = (a.degree(), b.degree()) else { return Rational::ZERO };
            if of_b == 0 {
                return factor * b.leading().pow(of_a as isize);
            }
            let rest = a.remainder(&b);
            let Some(of_rest) = rest.degree() else { return Rational::ZERO };
            if of_a % 2 == 1 && of_b % 2 == 1 {
                factor = -factor;
            }
            // Below the degree of b nothing is divided, and the exponent is 0.
            factor *= b.leading().pow((of_a - of_rest) as isize);
            (a, b) = (b, rest);
        }
    }

    /// The monic polynomial in λ whose roots are b(α)/a(α) for the roots α of `self`, with multiplicity.
    ///
    /// R(λ) = Res(self, λ·a − b) up to a factor, by interpolation. `None` where a vanishes at a root of `self`, or
    /// `self` has none.
    pub fn values_of_fraction(&self, b: &Univariate, a: &Univariate) -> Option<Univariate> {
        let degree = self.degree().filter(|&degree| degree > 0)?;
        if self.gcd(a).has_roots() {
            return None;
        }
        // For a monic polynomial the resultant is Π (λ·a(α) − b(α)), whatever the degree in m.
        let (direction, a, b) = (self.monic(), a.remainder(self), b.remainder(self));
        let nodes: Vec<Rational> = (0..=degree).map(Rational::from).collect();
        let values: Vec<Rational> =
            nodes.iter().map(|node| direction.resultant(&a.scaled(node).minus(&b))).collect();
        Some(interpolated(&nodes, &values).monic())
    }

    /// All rational roots, each once, by increasing value.
    pub fn rational_roots(&self) -> Vec<Rational> {
        roots::rational_roots(self)
    }

    /// The polynomial divided by m − root as often as it can be.
    pub fn without_root(&self, root: &Rational) -> Univariate {
        let factor = Univariate::linear(-root.clone(), Rational::ONE);
        let mut rest = self.clone();
        while let Some((quotient, remainder)) = rest.divide(&factor)
            && remainder.is_zero()
            && !rest.is_zero()
        {
            rest = quotient;
        }
        rest
    }

    /// The multiple with coprime integer coefficients, the leading one positive.
    pub fn primitive(&self) -> Vec<IBig> {
        use dashu_base::Gcd;
        let mut common = IBig::ONE;
        for c in &self.coefficients {
            let below = IBig::from(c.denominator().clone());
            let shared: IBig = (&common).gcd(&below).into();
            common = common / shared * below;
        }
        let scale = Rational::from(common);
        let integers: Vec<IBig> =
            self.coefficients.iter().map(|c| (c * &scale).numerator().clone()).collect();
        let content = integers.iter().fold(IBig::ZERO, |content, c| match (content.is_zero(), c.is_zero()) {
            (true, _) => c.clone(),
            (_, true) => content,
            _ => content.gcd(c).into(),
        });
        if content.is_zero() {
            return integers;
        }
        let negative = integers.last().is_some_and(|c| *c < IBig::ZERO) != (content < IBig::ZERO);
        let content = if negative { -content } else { content };
        integers.into_iter().map(|c| c / &content).collect()
    }

    /// The multiple with coprime integer coefficients as a formula in a variable.
    pub fn to_expr(&self, variable: &Expr) -> Expr {
        let terms = self.primitive().into_iter().enumerate().rev().filter(|(_, c)| !c.is_zero());
        Expr::sum(terms.map(|(power, c)| {
            Expr::product([Expr::number(Rational::from(c)), variable.clone().to_power(Rational::from(power))])
        }))
    }
}

/// The polynomial of least degree with these values, by Newton's divided differences.
fn interpolated(nodes: &[Rational], values: &[Rational]) -> Univariate {
    let mut differences = values.to_vec();
    for level in 1..nodes.len() {
        for i in (level..nodes.len()).rev() {
            differences[i] = (&differences[i] - &differences[i - 1]) / (&nodes[i] - &nodes[i - level]);
        }
    }
    let mut result = Univariate::zero();
    for (node, difference) in nodes.iter().zip(&differences).rev() {
        let factor = Univariate::linear(-node.clone(), Rational::ONE);
        result = result.times(&factor).plus(&Univariate::constant(difference.clone()));
    }
    result
}

//! The tower of generators over the variables: relations, derivatives and normal forms.
//!
//! A value is a polynomial over the rationals in the ring variables: first the symbols, then the generators
//! in the order in which they were added. A reciprocal is a ring variable of its own, so sums and products
//! need no common denominator. Only the canonical form (`normal_form`) has common denominators, one for
//! each group of terms that agree in all variables that no denominator involves.

use dashu_int::IBig;

use super::cyclotomic::Cosines;
use super::polynomial::TermBuffer;
use super::{AlgebraError, Polynomial, RationalPolynomial};
use crate::expr::Symbol;

/// A function added to the tower. Its arguments are written in earlier ring variables.
#[derive(Clone, Debug)]
pub(super) enum Generator {
    /// The constant π.
    Pi,
    /// 2cos(π/N), from which all cosines and sines of multiples of π/N are made.
    TwiceCosine { field: Cosines },
    /// cos(multiple·π/parts): stands in what is written out alone.
    CosineOfPi { multiple: u32, parts: u32 },
    /// cos(angle); the sine is the next ring variable.
    Cosine { angle: RationalPolynomial },
    /// sin(angle). The ring variable before it is its cosine. Its square is 1 − cosine².
    Sine { angle: RationalPolynomial },
    /// base^exponent, or e^exponent if there is no base.
    Exponential { base: Option<RationalPolynomial>, exponent: RationalPolynomial },
    /// The natural logarithm.
    Logarithm { argument: RationalPolynomial },
    /// The positive root: its power with exponent `index` is the radicand.
    Root { radicand: RationalPolynomial, index: u32 },
    /// The sign (1 or −1) of a function. Its square is 1.
    Sign { of: RationalPolynomial },
    /// The reciprocal of a polynomial in symbols and transcendental generators.
    Inverse { factor: Polynomial },
}

/// A generator with its derivatives.
#[derive(Clone, Debug)]
pub(super) struct Adjoined {
    pub(super) generator: Generator,
    /// One for each variable; `None` means 0.
    pub(super) derivatives: Vec<Option<RationalPolynomial>>,
}

/// A denominator with several terms.
#[derive(Clone, Debug)]
pub(super) struct Factor {
    /// The ring variable of the reciprocal.
    pub(super) inverse: usize,
    pub(super) polynomial: Polynomial,
    /// A variable of the polynomial with the lowest degree in it.
    pub(super) main: usize,
}

/// Symbols and generators. The symbols come first; one can differentiate by the first `variables` of them.
#[derive(Clone, Debug)]
pub(super) struct Tower {
    pub(super) symbols: Vec<Symbol>,
    pub(super) variables: usize,
    pub(super) adjoined: Vec<Adjoined>,
    /// The denominators with several terms, pairwise coprime.
    pub(super) factors: Vec<Factor>,
    /// Pairs of a ring variable and the ring variable of its reciprocal.
    pub(super) reciprocals: Vec<(usize, usize)>,
    /// Functions that are positive wherever the formulas are defined: radicands, arguments of logarithms.
    pub(super) domain: Vec<RationalPolynomial>,
    /// Functions that vanish nowhere in the domain, because a stated condition says so.
    pub(super) nonzero: Vec<RationalPolynomial>,
    /// What an earlier walk found to be in the domain: it decides which logarithms are sums.
    pub(super) expected: Vec<RationalPolynomial>,
}

impl Tower {
    pub(super) fn new(symbols: Vec<Symbol>, variables: usize) -> Tower {
        Tower {
            symbols,
            variables,
            adjoined: Vec::new(),
            factors: Vec::new(),
            reciprocals: Vec::new(),
            domain: Vec::new(),
            nonzero: Vec::new(),
            expected: Vec::new(),
        }
    }

    /// The number of ring variables.
    pub(super) fn size(&self) -> usize {
        self.symbols.len() + self.adjoined.len()
    }

    pub(super) fn generator(&self, variable: usize) -> Option<&Generator> {
        variable.checked_sub(self.symbols.len()).and_then(|k| self.adjoined.get(k)).map(|a| &a.generator)
    }

    /// The generators with their ring variables.
    pub(super) fn generators(&self) -> impl Iterator<Item = (usize, &Generator)> {
        self.adjoined.iter().enumerate().map(|(k, a)| (self.symbols.len() + k, &a.generator))
    }

    /// Adds a generator without derivatives; returns its ring variable.
    pub(super) fn push(&mut self, generator: Generator) -> usize {
        let variable = self.size();
        if let Generator::Inverse { factor } = &generator {
            let occurring = factor.variables();
            match (factor.len(), occurring.as_slice()) {
                (1, &[single]) => self.reciprocals.push((single, variable)),
                _ => {
                    let degrees = factor.degrees();
                    let main = occurring.into_iter().min_by_key(|&v| degrees[v]).unwrap_or(0);
                    self.factors.push(Factor { inverse: variable, polynomial: factor.clone(), main });
                }
            }
        }
        self.adjoined.push(Adjoined { generator, derivatives: Vec::new() });
        variable
    }

    /// The power of this ring variable that is expressed by earlier ones and lower powers, and what it
    /// equals.
    pub(super) fn relation(&self, variable: usize) -> Option<(u32, RationalPolynomial)> {
        match self.generator(variable)? {
            Generator::Sine { .. } => {
                let cosine = Polynomial::monomial_of(variable - 1, 2);
                Some((2, Polynomial::one().minus(&cosine).into()))
            }
            Generator::Root { radicand, index } => Some((*index, radicand.clone())),
            Generator::Sign { .. } => Some((2, RationalPolynomial::one())),
            Generator::TwiceCosine { field } => Some((field.degree(), field.replacement(variable).into())),
            _ => None,
        }
    }

    /// The degree of this ring variable's relation, if it has one.
    fn relation_degree(&self, variable: usize) -> Option<u32> {
        match self.generator(variable)? {
            Generator::Sine { .. } | Generator::Sign { .. } => Some(2),
            Generator::Root { index, .. } => Some(*index),
            Generator::TwiceCosine { field } => Some(field.degree()),
            _ => None,
        }
    }

    pub(super) fn is_algebraic(&self, variable: usize) -> bool {
        self.relation_degree(variable).is_some()
    }

    /// The ring variable of 2cos(π/N), and the field that it spans.
    pub(super) fn cosines(&self) -> Option<(usize, &Cosines)> {
        self.generators().find_map(|(variable, generator)| match generator {
            Generator::TwiceCosine { field } => Some((variable, field)),
            _ => None,
        })
    }

    /// Applies the relations of roots, sines, signs and cosines of π/N and cancels variables against their reciprocals.
    pub(super) fn reduce(&self, value: RationalPolynomial) -> Result<RationalPolynomial, AlgebraError> {
        let mut value = value;
        let mut degrees = value.numerator().degrees();
        for variable in (self.symbols.len()..self.size()).rev() {
            let degree = degrees.get(variable).copied().unwrap_or(0);
            if degree < 2 || self.relation_degree(variable).is_none_or(|n| degree < n) {
                continue;
            }
            if let Some(Generator::TwiceCosine { field }) = self.generator(variable) {
                let reduced = field.reduce(value.numerator(), variable)?;
                value = RationalPolynomial::new(reduced, value.denominator().clone());
                degrees = value.numerator().degrees();
                continue;
            }
            let Some((n, replacement)) = self.relation(variable) else { continue };
            let parts = value.numerator().split_powers(variable, n);
            let denominator = value.denominator().clone();
            let mut sum = RationalPolynomial::zero();
            for part in parts.into_iter().rev() {
                sum = sum.times(&replacement)?.plus(&part.into());
            }
            value = RationalPolynomial::new(sum.numerator().clone(), sum.denominator() * denominator);
            degrees = value.numerator().degrees();
        }
        self.cancel(value, &degrees)
    }

    /// x · (1/x) = 1, term by term.
    pub(super) fn cancel(
        &self,
        value: RationalPolynomial,
        degrees: &[u32],
    ) -> Result<RationalPolynomial, AlgebraError> {
        let occurs = |v: usize| degrees.get(v).is_some_and(|&d| d > 0);
        let pairs: Vec<(usize, usize)> =
            self.reciprocals.iter().copied().filter(|&(x, u)| occurs(x) && occurs(u)).collect();
        let numerator = value.numerator();
        let meets = |i: usize| {
            pairs.iter().any(|&(x, u)| numerator.exponent(i, x) > 0 && numerator.exponent(i, u) > 0)
        };
        if pairs.is_empty() || !(0..numerator.len()).any(meets) {
            return Ok(value);
        }
        let mut buffer = TermBuffer::new(numerator.stride());
        let mut packed = vec![0; numerator.stride()];
        for index in 0..numerator.len() {
            packed.copy_from_slice(numerator.monomial(index));
            for &(x, u) in &pairs {
                let shared = numerator.exponent(index, x).min(numerator.exponent(index, u));
                Polynomial::lower(&mut packed, x, shared);
                Polynomial::lower(&mut packed, u, shared);
            }
            buffer.push_packed(&packed, numerator.coefficient(index));
        }
        Ok(RationalPolynomial::new(buffer.finish(), value.denominator().clone()))
    }

    /// The derivative by the variable with index `by`.
    pub(super) fn derivative(
        &self,
        value: &RationalPolynomial,
        by: usize,
    ) -> Result<RationalPolynomial, AlgebraError> {
        let mut sum = Vec::new();
        for variable in value.numerator().variables() {
            if variable == by {
                sum.push(value.derivative(variable));
            } else if let Some(inner) = self.derivative_of(variable, by) {
                sum.push(value.derivative(variable).times(inner)?);
            }
        }
        self.reduce(RationalPolynomial::sum(&sum))
    }

    fn derivative_of(&self, variable: usize, by: usize) -> Option<&RationalPolynomial> {
        let adjoined = &self.adjoined[variable.checked_sub(self.symbols.len())?];
        adjoined.derivatives.get(by)?.as_ref()
    }

    /// Whether no ring variable in `value` depends on a symbol that one differentiates by.
    pub(super) fn is_constant(&self, value: &RationalPolynomial) -> bool {
        value.numerator().variables().into_iter().all(|v| match v.checked_sub(self.symbols.len()) {
            None => v >= self.variables,
            Some(k) => self.adjoined[k].derivatives.iter().all(Option::is_none),
        })
    }

    /// What the domain says about symbols alone.
    pub(super) fn conditions_on_symbols(&self) -> Vec<RationalPolynomial> {
        let count = self.symbols.len();
        let plain = |value: &&RationalPolynomial| value.numerator().variables().iter().all(|&v| v < count);
        self.domain.iter().filter(|value| plain(value)).cloned().collect()
    }

    /// Whether there are logarithms of products, which more knowledge of the domain may split.
    pub(super) fn has_open_logarithms(&self) -> bool {
        self.generators().any(|(_, generator)| match generator {
            // A single variable, or a number, is no product.
            Generator::Logarithm { argument } => argument.numerator().degrees().iter().sum::<u32>() > 1,
            _ => false,
        })
    }

    /// The product, reduced.
    pub(super) fn times(
        &self,
        a: &RationalPolynomial,
        b: &RationalPolynomial,
    ) -> Result<RationalPolynomial, AlgebraError> {
        self.reduce(a.times(b)?)
    }

    /// The power, reduced at each step.
    pub(super) fn to_power(
        &self,
        value: &RationalPolynomial,
        exponent: u32,
    ) -> Result<RationalPolynomial, AlgebraError> {
        let plain = value.numerator().variables().into_iter().all(|v| v < self.symbols.len());
        if plain || value.numerator().len() <= 1 {
            return self.reduce(value.to_power(exponent)?);
        }
        let mut result = RationalPolynomial::one();
        for bit in (0..32 - exponent.leading_zeros()).rev() {
            result = self.times(&result, &result)?;
            if exponent >> bit & 1 == 1 {
                result = self.times(&result, value)?;
            }
        }
        Ok(result)
    }

    /// Whether two values have the same canonical form.
    pub(super) fn agree(&self, a: &RationalPolynomial, b: &RationalPolynomial) -> Result<bool, AlgebraError> {
        Ok(a == b || self.vanishes(&a.minus(b))?)
    }

    /// A cofactor and the norm of `value`: `value · cofactor = norm`, and the norm does not contain
    /// `variable`. Requires that `variable` is the highest ring variable in `value` and has a relation.
    ///
    /// Newton's identities yield both from the traces of the powers of `value` (Cayley and Hamilton).
    pub(super) fn norm(
        &self,
        value: &RationalPolynomial,
        variable: usize,
    ) -> Result<(RationalPolynomial, RationalPolynomial), AlgebraError> {
        let n = self.relation_degree(variable).unwrap_or(1);
        if n > 24 {
            return Err(AlgebraError::TooLarge);
        }
        // The traces of the powers of the variable: of a root all but the first are 0.
        let of_powers = match self.generator(variable) {
            Some(Generator::TwiceCosine { field }) => field.traces(),
            _ => vec![IBig::from(n)],
        };
        let mut powers = vec![RationalPolynomial::one()];
        let mut traces = vec![RationalPolynomial::zero()];
        for k in 1..=n as usize {
            powers.push(self.times(&powers[k - 1], value)?);
            let parts = powers[k].numerator().coefficients_in(variable);
            let parts: Vec<Polynomial> = parts.iter().zip(&of_powers).map(|(p, t)| p.scaled(t)).collect();
            traces.push(RationalPolynomial::new(Polynomial::sum(&parts), powers[k].denominator().clone()));
        }
        let mut symmetric = vec![RationalPolynomial::one()];
        for k in 1..=n as usize {
            let mut sum = Vec::new();
            for i in 1..=k {
                let term = self.times(&symmetric[k - i], &traces[i])?;
                sum.push(if i % 2 == 1 { term } else { term.negated() });
            }
            symmetric.push(RationalPolynomial::sum(&sum).over_integer(k as u32));
        }
        let mut cofactor = Vec::new();
        for k in 0..n as usize {
            let term = self.times(&symmetric[k], &powers[n as usize - 1 - k])?;
            cofactor.push(if k % 2 == 0 { term } else { term.negated() });
        }
        let cofactor = RationalPolynomial::sum(&cofactor);
        let norm = symmetric.swap_remove(n as usize);
        Ok((cofactor, if n % 2 == 1 { norm } else { norm.negated() }))
    }
}

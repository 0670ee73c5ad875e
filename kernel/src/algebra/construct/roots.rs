//! Rational powers.
//!
//! The radicand is written without rational content, powers of what is known to be positive are taken
//! out, and what remains is one base with one root of the least common index. A square under an even
//! root leaves with its sign, a generator of square 1, because √(w²) = sign(w)·w. Everything here is an
//! identity wherever all roots involved are real.

use dashu_base::Signed;
use dashu_int::IBig;

use super::{Built, Construction, DemandKind, Halt, MAX_INDEX, small_fraction};
use crate::algebra::polynomial::integer_root;
use crate::algebra::tower::Generator;
use crate::algebra::{AlgebraError, Polynomial, RationalPolynomial};
use crate::expr::Rational;

/// Primes up to this are taken out of integers under a root.
const TRIAL_DIVISION: u64 = 10_000;

impl Construction<'_> {
    /// `base ^ exponent` for an exponent that is no integer, or an integer one of any sign.
    pub(super) fn rational_power(&mut self, base: &RationalPolynomial, exponent: &Rational) -> Built {
        let base = self.tower.canonical(base)?;
        let (power, index) = small_fraction(exponent)?;
        if index == 1 {
            return self.integer_power(&base, power);
        }
        if base.is_zero() {
            return match power > 0 {
                true => Ok(base),
                false => Err(AlgebraError::DivisionByZero { divisor: "0".into() }.into()),
            };
        }
        let base = self.on_live_branch(&base, power > 0)?;
        let (content, rest) = base.split_content();
        let mut result = self.power_of_rational(&content, exponent)?;
        let mut core = rest;
        for (variable, degree) in core.monomial_content() {
            if let Some(part) = self.power_of_positive(variable, degree, exponent)? {
                core = core.exact_quotient(&Polynomial::monomial_of(variable, degree)).unwrap_or(core);
                result = self.tower.times(&result, &part)?;
            }
        }
        if let Some((number, rest)) = self.split_number(&core)? {
            let part = self.power_of_core(&number, exponent)?;
            result = self.tower.times(&result, &part)?;
            core = rest;
        }
        let rest = self.power_of_core(&core, exponent)?;
        Ok(self.tower.times(&result, &rest)?)
    }

    fn integer_power(&mut self, base: &RationalPolynomial, power: i64) -> Built {
        let magnitude = u32::try_from(power.unsigned_abs()).map_err(|_| AlgebraError::ExponentTooLarge)?;
        let base = if power < 0 { self.inverse(base)? } else { base.clone() };
        Ok(self.tower.to_power(&base, magnitude)?)
    }

    /// A power of a positive rational through the roots of the primes in it.
    fn power_of_rational(&mut self, value: &Rational, exponent: &Rational) -> Built {
        let mut result = RationalPolynomial::one();
        for (base, multiplicity) in powers_of_primes(value) {
            let total = exponent * Rational::from(multiplicity);
            let whole = total.floor();
            let part = &total - Rational::from(whole.clone());
            let whole = i64::try_from(whole).map_err(|_| AlgebraError::ExponentTooLarge)?;
            let integral = self.integer_power(&base, whole)?;
            result = self.tower.times(&result, &integral)?;
            if !part.is_zero() {
                let root = self.root_power(&base, &part)?;
                result = self.tower.times(&result, &root)?;
            }
        }
        Ok(result)
    }

    /// A power of a generator that is positive wherever it is defined; `None` for others.
    fn power_of_positive(
        &mut self,
        variable: usize,
        degree: u32,
        exponent: &Rational,
    ) -> Result<Option<RationalPolynomial>, Halt> {
        let total = exponent * Rational::from(degree);
        let generator = match self.tower.generator(variable) {
            Some(Generator::Inverse { factor }) => {
                // The reciprocal of a sum is not that of its leading term.
                if factor.len() != 1 {
                    return Ok(None);
                }
                let &[(of, 1)] = factor.factors(0).as_slice() else { return Ok(None) };
                return match self.tower.generator(of) {
                    Some(Generator::Exponential { .. }) => {
                        self.power_of_positive(of, degree, &-exponent.clone())
                    }
                    _ => Ok(None),
                };
            }
            Some(generator) => generator.clone(),
            None => return Ok(None),
        };
        Ok(match generator {
            Generator::Exponential { base, exponent: inner } => {
                let inner = inner.scaled(&total);
                Some(match base {
                    None => self.exponential(&inner)?,
                    Some(base) => self.symbolic_power(&base, &inner)?,
                })
            }
            Generator::Root { radicand, index } => {
                Some(self.rational_power(&radicand, &(total / Rational::from(index)))?)
            }
            Generator::Pi => {
                let base = RationalPolynomial::variable(variable);
                Some(match total.is_int() {
                    true => self.integer_power(&base, small_fraction(&total)?.0)?,
                    false => self.root_power(&base, &total)?,
                })
            }
            _ => None,
        })
    }

    /// A power of a primitive polynomial that keeps its sign.
    fn power_of_core(&mut self, core: &Polynomial, exponent: &Rational) -> Built {
        if core.is_one() {
            return Ok(RationalPolynomial::one());
        }
        let base = RationalPolynomial::from(core.clone());
        if core.is_constant() {
            let function = format!("({})^({exponent})", core.coefficient(0));
            let reason = "a root of a negative number is not real";
            return Err(AlgebraError::OutsideClass { function, reason }.into());
        }
        if let Some((inner, multiplicity)) = self.odd_power(core)? {
            if !exponent.denominator().is_one() {
                self.require_positive(&inner)?;
            }
            return self.rational_power(&inner, &(exponent * Rational::from(multiplicity)));
        }
        if exponent.denominator().is_one() {
            return self.integer_power(&base, small_fraction(exponent)?.0);
        }
        let even = (exponent.denominator() % dashu_int::UBig::from(2u8)).is_zero();
        if let Some(prime) = self.prime_with_root(core) {
            return self.rational_power(&prime, &(exponent / Rational::from(2)));
        }
        if even && let Some(root) = self.root_of_number(&base)? {
            return self.rational_power(&root, &(exponent * Rational::from(2)));
        }
        if even && let Some(root) = self.square_root_of(&base)? {
            let magnitude = self.magnitude(&root)?;
            return self.rational_power(&magnitude, &(exponent * Rational::from(2)));
        }
        if exponent.denominator() == &dashu_int::UBig::from(2u8)
            && let Some((square, rest)) = self.square_factor(core)?
        {
            let magnitude = self.magnitude(&square.into())?;
            let outer = self.integer_power(&magnitude, small_fraction(exponent)?.0)?;
            let inner = self.rational_power(&rest.into(), exponent)?;
            return Ok(self.tower.times(&outer, &inner)?);
        }
        self.root_power(&base, exponent)
    }

    /// `core = inner ^ m` with `m` odd or negative and not 1: then a power of it is one of `inner`, on the
    /// same domain.
    fn odd_power(&mut self, core: &Polynomial) -> Result<Option<(RationalPolynomial, i64)>, Halt> {
        let mut multiplicity = 0;
        let mut inverted = true;
        let mut bases = Vec::new();
        for (factor, degree) in self.signless_factors(core)? {
            let single = factor.factors(0);
            let inverse_of = match single.as_slice() {
                &[(variable, 1)] if factor.len() == 1 => match self.tower.generator(variable) {
                    Some(Generator::Inverse { factor }) => Some(factor.clone()),
                    _ => None,
                },
                _ => None,
            };
            inverted &= inverse_of.is_some();
            bases.push((factor, inverse_of, degree));
            multiplicity = gcd(multiplicity, degree);
        }
        let odd = multiplicity >> multiplicity.trailing_zeros().min(31);
        if bases.is_empty() || (odd == 1 && !inverted) {
            return Ok(None);
        }
        let mut inner = Polynomial::constant(core.leading_sign());
        for (factor, inverse_of, degree) in bases {
            // Denominators stand in for reciprocals only where nothing stands above them.
            let base = inverse_of.filter(|_| inverted).unwrap_or(factor);
            inner = inner.times(&base.to_power(degree / odd)?)?;
        }
        let power = if inverted { -i64::from(odd) } else { i64::from(odd) };
        Ok(Some((inner.into(), power)))
    }

    /// The factors of a polynomial up to sign; none where algebraic generators or sums of reciprocals
    /// make a factorisation meaningless.
    pub(super) fn signless_factors(&self, core: &Polynomial) -> Result<Vec<(Polynomial, u32)>, AlgebraError> {
        let opaque = |v: usize| {
            self.tower.is_algebraic(v)
                || (core.len() > 1 && matches!(self.tower.generator(v), Some(Generator::Inverse { .. })))
        };
        if core.variables().into_iter().any(opaque) {
            return Ok(Vec::new());
        }
        core.split()
    }

    /// The largest square dividing `core`, as (root, rest), where there is one.
    fn square_factor(&self, core: &Polynomial) -> Result<Option<(Polynomial, Polynomial)>, AlgebraError> {
        let mut square = Polynomial::one();
        for (factor, degree) in self.signless_factors(core)? {
            square = square.times(&factor.to_power(degree / 2)?)?;
        }
        let rest = core.exact_quotient(&square.times(&square)?);
        Ok(rest.filter(|_| !square.is_constant()).map(|rest| (square, rest)))
    }

    /// w with `value = w²`, as far as it is free of algebraic generators.
    fn square_root_of(&self, value: &RationalPolynomial) -> Result<Option<RationalPolynomial>, AlgebraError> {
        let mut numerator = value.numerator().clone();
        if numerator.variables().into_iter().any(|v| self.tower.is_algebraic(v)) {
            return Ok(None);
        }
        let mut below = Polynomial::one();
        for factor in &self.tower.factors {
            let (cleared, exponents) = self.tower.cleared(&numerator, &[factor])?;
            let exponent = exponents.first().copied().unwrap_or(0);
            numerator = if exponent % 2 == 1 { cleared.times(&factor.polynomial)? } else { cleared };
            below = below.times(&Polynomial::monomial_of(factor.inverse, exponent.div_ceil(2)))?;
        }
        for &(x, u) in &self.tower.reciprocals {
            let exponent = numerator.degree(u).next_multiple_of(2);
            if exponent > 0 {
                numerator = self.tower.cleared_of_variable(&numerator, x, u, exponent)?;
                below = below.times(&Polynomial::monomial_of(u, exponent / 2))?;
            }
        }
        let denominator = integer_root(value.denominator(), 2);
        match (numerator.square_root(), denominator) {
            (Some(root), Some(denominator)) => {
                let root = RationalPolynomial::new(root.times(&below)?, denominator);
                Ok(Some(self.tower.reduce(root)?))
            }
            _ => Ok(None),
        }
    }

    /// |value|, factor by factor: one that is plainly positive is itself, any other has its sign.
    fn magnitude(&mut self, value: &RationalPolynomial) -> Built {
        let (content, mut core) = value.split_content();
        let mut result = RationalPolynomial::constant(&content);
        let mut factors = Vec::new();
        for (variable, exponent) in core.monomial_content() {
            core = core.exact_quotient(&Polynomial::monomial_of(variable, exponent)).unwrap_or(core);
            factors.push((Polynomial::variable(variable), exponent));
        }
        let single = self.signless_factors(&core)?;
        factors.extend(if single.is_empty() { vec![(core.primitive_part(), 1)] } else { single });
        for (factor, exponent) in factors {
            let value = RationalPolynomial::from(factor);
            let known = match exponent % 2 == 0 || self.is_plainly_positive(&value)? {
                true => Some(value.clone()),
                false if self.is_plainly_positive(&value.negated())? => Some(value.negated()),
                false => None,
            };
            let power = self.tower.to_power(known.as_ref().unwrap_or(&value), exponent)?;
            result = self.tower.times(&result, &power)?;
            if known.is_none() {
                let sign = self.sign(&value)?;
                result = self.tower.times(&result, &RationalPolynomial::variable(sign))?;
            }
        }
        Ok(result)
    }

    /// The ring variable of the sign of a primitive polynomial; a reciprocal has that of its denominator.
    fn sign(&mut self, value: &RationalPolynomial) -> Result<usize, Halt> {
        let mut of = value.clone();
        if let &[(variable, 1)] = value.numerator().factors(0).as_slice()
            && value.numerator().len() == 1
            && let Some(Generator::Inverse { factor }) = self.tower.generator(variable)
        {
            of = factor.clone().into();
        }
        for (variable, generator) in self.tower.generators() {
            if let Generator::Sign { of: known } = generator
                && self.tower.agree(known, &of)?
            {
                return Ok(variable);
            }
        }
        self.adjoin(Generator::Sign { of })
    }

    /// Whether the value is a product of what the domain of the formulas makes positive, and of a sum of
    /// squares and of products of positive generators.
    pub(in crate::algebra) fn is_plainly_positive(
        &self,
        value: &RationalPolynomial,
    ) -> Result<bool, AlgebraError> {
        self.is_positive_under(value, &self.tower.domain)
    }

    /// [`is_plainly_positive`](Self::is_plainly_positive), where these conditions hold.
    pub(super) fn is_positive_under(
        &self,
        value: &RationalPolynomial,
        conditions: &[RationalPolynomial],
    ) -> Result<bool, AlgebraError> {
        if self.is_positive_number(value) {
            return Ok(true);
        }
        let mut rest = value.numerator().clone();
        for condition in conditions.iter().map(RationalPolynomial::numerator) {
            if let Some(quotient) = rest.exact_quotient(&condition.primitive_part()) {
                rest = if condition.leading_is_negative() { quotient.negated() } else { quotient };
            }
        }
        let positive = |v: usize| {
            let generator = self.tower.generator(v);
            matches!(
                generator,
                Some(
                    Generator::Exponential { .. }
                        | Generator::Root { .. }
                        | Generator::Pi
                        | Generator::TwiceCosine { .. }
                )
            )
        };
        Ok((0..rest.len()).all(|i| {
            rest.coefficient(i).is_positive()
                && rest.factors(i).into_iter().all(|(v, e)| e % 2 == 0 || positive(v))
        }))
    }

    /// A power of the root of `base`, which is primitive, with its sign, and nothing simpler.
    fn root_power(&mut self, base: &RationalPolynomial, exponent: &Rational) -> Built {
        let (_, needed) = small_fraction(exponent)?;
        let square_root = self.root_in_cosines(base)?;
        let found = self.known_root(base, square_root.as_ref())?;
        let (variable, index) = match found {
            Some((_, index)) if !index.is_multiple_of(needed) => {
                return Err(self.refine(DemandKind::RootIndex, base, index, needed));
            }
            Some(known) => known,
            None => {
                self.require_positive(base)?;
                let index = self.multiple(DemandKind::RootIndex, base, needed)?;
                if index > MAX_INDEX {
                    return Err(AlgebraError::ExponentTooLarge.into());
                }
                if index == 2
                    && let Some(root) = self.root_through_others(base)?
                {
                    let (power, _) = small_fraction(exponent)?;
                    return self.integer_power(&root, power);
                }
                let generator = match square_root {
                    Some(root) if index == 2 => {
                        return self.integer_power(&root, small_fraction(exponent)?.0);
                    }
                    // The root of a root that is there is one of half the index.
                    Some(radicand) if index % 2 == 0 => Generator::Root { radicand, index: index / 2 },
                    _ => Generator::Root { radicand: base.clone(), index },
                };
                (self.adjoin(generator)?, index)
            }
        };
        let (steps, _) = small_fraction(&(exponent * Rational::from(index)))?;
        let (whole, rest) = (steps.div_euclid(i64::from(index)), steps.rem_euclid(i64::from(index)));
        let outer = self.integer_power(base, whole)?;
        let inner: RationalPolynomial = Polynomial::monomial_of(variable, rest as u32).into();
        Ok(self.tower.times(&outer, &inner)?)
    }

    /// The ring variable of a root of `base`, whose square root may be known, with its index.
    fn known_root(
        &self,
        base: &RationalPolynomial,
        square_root: Option<&RationalPolynomial>,
    ) -> Result<Option<(usize, u32)>, AlgebraError> {
        for (variable, generator) in self.tower.generators() {
            let Generator::Root { radicand, index } = generator else { continue };
            if self.tower.agree(radicand, base)? {
                return Ok(Some((variable, *index)));
            }
            if let Some(root) = square_root
                && self.tower.agree(radicand, root)?
            {
                return Ok(Some((variable, 2 * index)));
            }
        }
        Ok(None)
    }

    /// √base through square roots already there: √(ab) = √a √b, and √base = sign(w) w / √a where
    /// base · a = w² (as for √(r − x) beside √(r + x)); likewise with two roots.
    fn root_through_others(&mut self, base: &RationalPolynomial) -> Result<Option<RationalPolynomial>, Halt> {
        let roots: Vec<(usize, RationalPolynomial)> = self
            .tower
            .generators()
            .filter_map(|(variable, generator)| match generator {
                Generator::Root { radicand, index: 2 } if radicand.as_constant().is_none() => {
                    Some((variable, radicand.clone()))
                }
                _ => None,
            })
            .collect();
        let mut products: Vec<(Vec<usize>, RationalPolynomial)> = Vec::new();
        for (k, (variable, radicand)) in roots.iter().enumerate() {
            products.push((vec![*variable], radicand.clone()));
            for (other, second) in &roots[..k] {
                products.push((vec![*variable, *other], self.tower.times(radicand, second)?));
            }
        }
        products.sort_by_key(|(variables, _)| variables.len());
        for (variables, product) in products {
            let mut root = RationalPolynomial::one();
            for &variable in &variables {
                root = self.tower.times(&root, &RationalPolynomial::variable(variable))?;
            }
            if self.tower.agree(&product, base)? {
                return Ok(Some(root));
            }
            let whole = self.tower.canonical(&product.times(base)?)?;
            if let Some(w) = self.square_root_of(&whole)? {
                let magnitude = self.magnitude(&w)?;
                let inverse = self.inverse(&root)?;
                return Ok(Some(self.tower.times(&magnitude, &inverse)?));
            }
        }
        Ok(None)
    }
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// A positive rational as powers of primes, as [`prime_powers`] finds them.
pub(super) fn powers_of_primes(value: &Rational) -> Vec<(RationalPolynomial, i64)> {
    let parts = [(value.numerator().clone(), 1), (IBig::from(value.denominator().clone()), -1)];
    let mut powers = Vec::new();
    for (integer, sign) in parts {
        for (prime, multiplicity) in prime_powers(integer) {
            powers.push((Polynomial::constant(prime).into(), sign * i64::from(multiplicity)));
        }
    }
    powers
}

/// A positive integer as powers of primes; a large cofactor without small primes counts as one.
fn prime_powers(mut value: IBig) -> Vec<(IBig, u32)> {
    let mut found = Vec::new();
    let mut divisor = 2u64;
    while divisor <= TRIAL_DIVISION && value > IBig::from(divisor) * IBig::from(divisor) - 1 {
        let prime = IBig::from(divisor);
        let mut count = 0;
        while (&value % &prime).is_zero() {
            value /= &prime;
            count += 1;
        }
        if count > 0 {
            found.push((prime, count));
        }
        divisor += if divisor == 2 { 1 } else { 2 };
    }
    if !value.is_one() {
        let perfect = (2..=64u32).rev().find_map(|n| integer_root(&value, n).map(|root| (root, n)));
        found.push(perfect.unwrap_or((value, 1)));
    }
    found
}

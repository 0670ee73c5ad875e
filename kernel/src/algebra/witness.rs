//! Rigorous evaluation at rational points, which proves that a function does not vanish.

use super::interval::Interval;
use super::modulus::Modulus;
use super::tower::{Generator, Tower};
use super::{AlgebraError, Polynomial, RationalPolynomial, work};

/// How many points to try before the answer is "undecided".
pub(super) const POINTS: u64 = 72;
/// Points, modulo one prime and another, after which a rational function is no longer expected to be other than 0.
const RESIDUES: u64 = 2;

/// Scales of the points, used in turn, so that some points lie in common domains (|q| < 1, x > 0, x > y).
const SCALES: [f64; 8] = [1.0, 0.5, 2.0, 0.25, 4.0, 0.125, 0.0625, 8.0];

/// Intervals that contain the values of the ring variables at one point, computed on demand.
pub(super) struct Evaluation<'a> {
    tower: &'a Tower,
    point: u64,
    /// Outer `None`: not computed yet. Inner `None`: not shown to be defined there.
    values: Vec<Option<Option<Interval>>>,
}

impl<'a> Evaluation<'a> {
    /// At the sample point with this number.
    pub(super) fn new(tower: &'a Tower, point: u64) -> Evaluation<'a> {
        Evaluation { tower, point, values: vec![None; tower.size()] }
    }

    /// At the given values of the symbols.
    pub(super) fn at(tower: &'a Tower, symbols: &[Interval]) -> Evaluation<'a> {
        let mut evaluation = Evaluation::new(tower, 0);
        let count = tower.symbols.len();
        evaluation.values[..count]
            .iter_mut()
            .zip(symbols)
            .for_each(|(slot, &value)| *slot = Some(Some(value)));
        evaluation
    }

    /// Fixes the signs, whatever their values at the point: evaluates the function on one branch of its
    /// signs.
    pub(super) fn with_signs(mut self, signs: &[(usize, bool)]) -> Evaluation<'a> {
        for &(variable, positive) in signs {
            self.values[variable] = Some(Some(Interval::exact(if positive { 1.0 } else { -1.0 })));
        }
        self
    }

    /// Whether the signs have these values at the point.
    pub(super) fn has_signs(&mut self, signs: &[(usize, bool)]) -> bool {
        signs.iter().all(|&(variable, positive)| {
            let toward = Interval::exact(if positive { 1.0 } else { -1.0 });
            self.variable(variable).is_some_and(|value| value.times(toward).is_positive())
        })
    }

    /// Whether intervals prove that all formulas of the field are defined at the point.
    pub(super) fn is_in_domain(&mut self) -> bool {
        let tower = self.tower;
        tower.domain.iter().all(|condition| self.value(condition).is_some_and(Interval::is_positive))
    }

    /// An interval that contains the value; `None` if the value is not shown to be defined.
    pub(super) fn value(&mut self, value: &RationalPolynomial) -> Option<Interval> {
        let numerator = self.polynomial(value.numerator())?;
        Some(numerator.over(Interval::of_integer(value.denominator())))
    }

    fn polynomial(&mut self, polynomial: &Polynomial) -> Option<Interval> {
        let mut tables = Vec::new();
        for (variable, degree) in polynomial.degrees().into_iter().enumerate().filter(|&(_, d)| d > 0) {
            let value = self.variable(variable)?;
            let mut powers = vec![Interval::ONE];
            for k in 1..=degree {
                powers.push(if k < 64 { powers[k as usize - 1].times(value) } else { value.power(k) });
            }
            tables.push((variable, powers));
        }
        work::note(polynomial.len() * (8 + 2 * tables.len()));
        let mut sum = Interval::ZERO;
        for index in 0..polynomial.len() {
            let mut term = Interval::of_integer(&polynomial.coefficient(index));
            for (variable, powers) in &tables {
                let exponent = polynomial.exponent(index, *variable) as usize;
                if exponent > 0 {
                    term = term.times(powers[exponent]);
                }
            }
            sum = sum.plus(term);
        }
        Some(sum)
    }

    fn variable(&mut self, variable: usize) -> Option<Interval> {
        if let Some(known) = self.values[variable] {
            return known;
        }
        let value = match self.tower.generator(variable) {
            None => Some(Interval::exact(coordinate(self.point, variable))),
            Some(generator) => self.generator(variable, generator),
        };
        self.values[variable] = Some(value);
        value
    }

    fn generator(&mut self, variable: usize, generator: &Generator) -> Option<Interval> {
        match generator {
            Generator::Pi => Some(Interval::pi()),
            Generator::TwiceCosine { field } => {
                Some(cosine_of_pi(1, field.parts()).times(Interval::exact(2.0)))
            }
            Generator::CosineOfPi { multiple, parts } => Some(cosine_of_pi(*multiple, *parts)),
            Generator::Cosine { angle } => Some(self.value(angle)?.cos()),
            Generator::Sine { angle } => Some(self.value(angle)?.sin()),
            Generator::Exponential { base: None, exponent } => Some(self.value(exponent)?.exp()),
            Generator::Exponential { base: Some(base), exponent } => {
                let log = self.value(base)?.log()?;
                Some(self.value(exponent)?.times(log).exp())
            }
            Generator::Logarithm { argument } => self.value(argument)?.log(),
            Generator::Root { radicand, index } => self.value(radicand)?.root(*index),
            Generator::Sign { of } => {
                let value = self.value(of)?;
                (!value.contains_zero())
                    .then(|| Interval::exact(if value.is_positive() { 1.0 } else { -1.0 }))
            }
            Generator::Inverse { factor } => {
                let value = self.polynomial(factor)?;
                debug_assert!(variable > 0);
                (!value.contains_zero()).then(|| Interval::ONE.over(value))
            }
        }
    }
}

/// cos(multiple·π/parts).
fn cosine_of_pi(multiple: u32, parts: u32) -> Interval {
    let fraction = Interval::exact(f64::from(multiple)).over(Interval::exact(f64::from(parts)));
    Interval::pi().times(fraction).cos()
}

/// A dyadic rational, fixed by the numbers of point and symbol (splitmix64).
fn coordinate(point: u64, symbol: usize) -> f64 {
    let mut z = (point << 24 ^ symbol as u64).wrapping_add(0x5bf0_3635).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^= z >> 31;
    let magnitude = 0.125 + (z % 1024) as f64 / 1024.0;
    let negative = !point.is_multiple_of(3) && z >> 40 & 1 == 1;
    let scale = SCALES[(point / 3) as usize % SCALES.len()];
    if negative { -magnitude * scale } else { magnitude * scale }
}

/// The rational point with this number in `symbols` dimensions, from a fixed sequence with several scales.
/// At every third point all coordinates are positive; at the others they have both signs.
pub fn sample_point(number: u64, symbols: usize) -> Vec<Interval> {
    (0..symbols).map(|symbol| Interval::exact(coordinate(number, symbol))).collect()
}

/// Values modulo a prime at the pseudo-random point of that number, for values that are
/// rational functions of the symbols; `None` where other functions occur or a denominator vanishes.
///
/// Signs are taken as given. This is a ring homomorphism on such functions, so a determinant that does not
/// vanish in it does not vanish identically.
pub(super) fn residues<'a>(
    tower: &Tower,
    values: impl IntoIterator<Item = &'a RationalPolynomial>,
    point: u64,
    modulus: Modulus,
    signs: &[(usize, bool)],
) -> Option<Vec<u64>> {
    let count = tower.symbols.len();
    let mut at: Vec<u64> = (0..count).map(|symbol| modulus.sample(point + 7, symbol)).collect();
    let mut rational = vec![true; count];
    for (variable, generator) in tower.generators() {
        let (mut value, mut known) = (0, false);
        if let Generator::Inverse { factor } = generator
            && factor.variables().into_iter().all(|v| v < count)
        {
            value = factor.residue_at(&at, modulus);
            if value == 0 {
                return None;
            }
            (value, known) = (modulus.inverse(value), true);
        }
        if let Some((_, positive)) = signs.iter().find(|(sign, _)| *sign == variable) {
            (value, known) = (if *positive { 1 } else { modulus.subtract_product(0, 1, 1) }, true);
        }
        debug_assert_eq!(variable, at.len());
        at.push(value);
        rational.push(known);
    }
    let value = |value: &RationalPolynomial| {
        let denominator = modulus.residue_of(value.denominator());
        let plain = value.numerator().variables().into_iter().all(|v| rational[v]);
        (plain && denominator != 0).then(|| {
            modulus.multiply(value.numerator().residue_at(&at, modulus), modulus.inverse(denominator))
        })
    };
    values.into_iter().map(value).collect()
}

/// Whether at least one of the first `points` points proves that the function does not vanish. `true` is a
/// proof; `false` says nothing.
pub(super) fn is_somewhere_nonzero(tower: &Tower, value: &RationalPolynomial, points: u64) -> bool {
    // Rational functions, if no other function restricts the domain: evaluate modulo a prime.
    let mut points = points;
    if tower.domain.is_empty() {
        work::note(RESIDUES as usize * value.numerator().len());
        let at = |point| residues(tower, [value], point, Modulus::in_turn(point), &[]);
        let seen: Vec<u64> = (0..RESIDUES).filter_map(at).flatten().collect();
        if seen.iter().any(|&residue| residue != 0) {
            return true;
        }
        // Still its coefficients may make it vanish modulo both primes: few points, unless it is the last word.
        points = if seen.is_empty() || points >= POINTS { points } else { 1 };
    }
    let is_witness = |point: u64| {
        let mut evaluation = Evaluation::new(tower, point);
        // Leave out the positive denominator: the numerator alone does not underflow.
        evaluation.is_in_domain()
            && evaluation.polynomial(value.numerator()).is_some_and(|enclosure| !enclosure.contains_zero())
    };
    let found = || Ok((0..points).take_while(|_| !work::is_spent()).any(is_witness));
    work::bounded::<_, AlgebraError>(found).unwrap_or(false)
}

//! Which measured constants are rationals, which are multiples of others, and which stay letters.
//!
//! A rational p/d is *justified* when it lies within the error of the measured value **and** so simple a rational
//! would hardly ever lie there by chance. The window has the width 5 s (2.5 standard errors s on each side), and
//! a unit interval holds Φ(d) = φ(1) + … + φ(d) rationals with denominators up to d, about 0.3 d². The expected
//! number by chance is therefore 5 s·Φ(d), summed over all denominators up to d; times the number of trials, when
//! ratios to other constants are tried as well.
//!
//! Constants are judged together first: that all of a law are near simple rationals by chance is as unlikely as the product
//! of their numbers. Then each is judged by itself.

use super::snap::CHANCE_LIMIT;
use crate::expr::Rational;

/// How constants are read.
#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Config {
    /// Half the width of the window about a measured value, in standard errors. 2.5 misses one true rational
    /// in 80.
    pub window: f64,
    /// The most rationals expected in the window by chance, over all denominators and ratios tried.
    pub chance: f64,
}

impl Default for Config {
    fn default() -> Config {
        Config { window: 2.5, chance: 1e-4 }
    }
}

/// The largest denominator of a constant.
const DENOMINATOR: u32 = 12;

/// The largest denominator of a ratio to an earlier constant.
const RATIO_DENOMINATOR: u32 = 4;

/// What a constant is.
#[derive(Clone, PartialEq, Debug)]
pub enum Reading {
    /// A justified rational.
    Exact(Rational),
    /// A justified rational multiple of an earlier constant that is a letter.
    Multiple {
        /// The index of that constant.
        of: usize,
        /// The ratio.
        ratio: Rational,
    },
    /// A number with an error, written as a letter.
    Letter,
}

/// Constants as read. The values obey the readings exactly; they and their covariance are those of the
/// measurement, given the readings.
#[derive(Clone, PartialEq, Debug)]
pub struct Constants {
    /// The values.
    pub values: Vec<f64>,
    /// Their covariance, row by row.
    pub covariance: Vec<f64>,
    /// The reading of each.
    pub readings: Vec<Reading>,
}

impl Constants {
    /// Reads measured values, in order. Constants of one class may be multiples of each other.
    ///
    /// # Shapes
    /// `values`, `classes`: `[n]`; `covariance`: `[n, n]`.
    pub fn read(values: &[f64], covariance: &[f64], classes: &[usize], config: &Config) -> Constants {
        if let Some(exact) = Constants::all_exact(values, covariance, 1.0, config) {
            return exact;
        }
        let mut out = Constants::measured(values, covariance);
        for k in 0..values.len() {
            let reading = out.reading(k, classes, config);
            match &reading {
                Reading::Exact(value) => out.impose(k, value.to_f64().value(), None),
                Reading::Multiple { of, ratio } => out.impose(k, 0.0, Some((*of, ratio.to_f64().value()))),
                Reading::Letter => {}
            }
            out.readings.push(reading);
        }
        out
    }

    /// The constants as measured, none read yet.
    fn measured(values: &[f64], covariance: &[f64]) -> Constants {
        Constants { values: values.to_vec(), covariance: covariance.to_vec(), readings: Vec::new() }
    }

    /// The constants with a rational for every one of them, where the chance that all lie so near to rationals as simple is
    /// small enough: it is the product of the chances of each, given those before, and of `beside` for what else is read
    /// with them.
    pub fn all_exact(values: &[f64], covariance: &[f64], beside: f64, config: &Config) -> Option<Constants> {
        let mut out = Constants::measured(values, covariance);
        let mut together = beside;
        for k in 0..values.len() {
            let (value, chance) = simple(out.values[k], out.standard_error(k), config)?;
            together *= chance;
            out.impose(k, value.to_f64().value(), None);
            out.readings.push(Reading::Exact(value));
        }
        (together <= config.chance).then_some(out)
    }

    /// The standard error of a constant.
    pub fn standard_error(&self, k: usize) -> f64 {
        self.entry(k, k).max(0.0).sqrt()
    }

    /// The constants that are letters, in order.
    pub fn letters(&self) -> impl Iterator<Item = usize> {
        (0..self.readings.len()).filter(|&k| self.readings[k] == Reading::Letter)
    }

    fn reading(&self, k: usize, classes: &[usize], config: &Config) -> Reading {
        let earlier: Vec<usize> = self.letters().filter(|&l| classes[l] == classes[k]).collect();
        let chance = config.chance / (1 + earlier.len()) as f64;
        let value = self.values[k];
        if let Some((rational, _)) = justified(value, self.standard_error(k), DENOMINATOR, chance, config) {
            return Reading::Exact(rational);
        }
        let ratio = |&l: &usize| {
            let (ratio, error) = self.ratio(k, l);
            let (ratio, _) = justified(ratio, error, RATIO_DENOMINATOR, chance, config)?;
            Some(Reading::Multiple { of: l, ratio })
        };
        earlier.iter().find_map(ratio).unwrap_or(Reading::Letter)
    }

    /// The ratio of two constants with its standard error.
    fn ratio(&self, k: usize, l: usize) -> (f64, f64) {
        let ratio = self.values[k] / self.values[l];
        let variance = self.entry(k, k) - 2.0 * ratio * self.entry(k, l) + ratio * ratio * self.entry(l, l);
        (ratio, variance.max(0.0).sqrt() / self.values[l].abs())
    }

    fn entry(&self, i: usize, j: usize) -> f64 {
        self.covariance[i * self.values.len() + j]
    }

    /// Conditions the normal distribution of the constants on c_k = value, or on c_k = ratio·c_l.
    fn impose(&mut self, k: usize, value: f64, multiple: Option<(usize, f64)>) {
        let n = self.values.len();
        let mut direction = vec![0.0; n];
        direction[k] = 1.0;
        if let Some((l, ratio)) = multiple {
            direction[l] = -ratio;
        }
        let product = |row: &[f64]| row.iter().zip(&direction).map(|(a, b)| a * b).sum::<f64>();
        let along: Vec<f64> = self.covariance.chunks_exact(n).map(product).collect();
        let variance = product(&along);
        let miss = product(&self.values) - value;
        if variance > 0.0 {
            for i in 0..n {
                self.values[i] -= along[i] * miss / variance;
                (0..n).for_each(|j| self.covariance[i * n + j] -= along[i] * along[j] / variance);
            }
        }
        self.values[k] = multiple.map_or(value, |(l, ratio)| ratio * self.values[l]);
    }
}

/// The rational near a measured value that counts beside others, with the chance of one so near and as simple.
pub(super) fn simple(value: f64, error: f64, config: &Config) -> Option<(Rational, f64)> {
    justified(value, error, DENOMINATOR, CHANCE_LIMIT, config)
}

/// The rational with the least denominator that is justified for a measured value, with the number expected by chance.
fn justified(
    value: f64,
    error: f64,
    denominator: u32,
    chance: f64,
    config: &Config,
) -> Option<(Rational, f64)> {
    // The arithmetic of a fit is not better than this.
    let error = error.max(1e-12 * value.abs());
    let mut count = 0;
    for d in 1..=denominator {
        count += totient(d);
        let expected = 2.0 * config.window * error * f64::from(count);
        if expected.is_nan() || expected > chance * (1.0 + 1e-9) {
            return None;
        }
        let numerator = (value * f64::from(d)).round();
        let near = (numerator / f64::from(d) - value).abs() <= config.window * error;
        if near && numerator != 0.0 && numerator.abs() < 1e15 {
            return Some((Rational::from_parts((numerator as i64).into(), d.into()), expected));
        }
    }
    None
}

/// Euler's φ: how many numbers up to `d` share no factor with it.
fn totient(d: u32) -> u32 {
    let divisor = |mut a: u32, mut b: u32| {
        while b != 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    (1..=d).filter(|&k| divisor(k, d) == 1).count() as u32
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn constants_that_are_all_simple_speak_for_each_other() {
        let read = |values: [f64; 2]| {
            let covariance = [1e-8, 0.0, 0.0, 1e-8];
            Constants::read(&values, &covariance, &[0, 1], &Config::default()).readings
        };
        // By itself 1.0001 ± 0.0001 is no 1: 5 in 10⁴ numbers are as near to a whole one.
        assert_eq!(alone(1.000_1, 1e-4), Reading::Letter);
        assert_eq!(read([1.000_1, 1.499_9]), [exact(1, 1), exact(3, 2)]);
        assert_eq!(read([1.000_1, 1.443_1]), [Reading::Letter, Reading::Letter]);
    }

    #[test]
    fn what_is_read_beside_counts() {
        let (covariance, config) = ([1e-8], Config::default());
        assert!(Constants::all_exact(&[1.000_1], &covariance, 1.0, &config).is_none());
        assert!(Constants::all_exact(&[1.000_1], &covariance, 1e-3, &config).is_some());
    }

    fn alone(value: f64, error: f64) -> Reading {
        Constants::read(&[value], &[error * error], &[0], &Config::default()).readings.remove(0)
    }

    fn exact(numerator: i64, denominator: u32) -> Reading {
        Reading::Exact(Rational::from_parts(numerator.into(), denominator.into()))
    }

    #[test]
    fn simple_rationals_need_small_errors() {
        assert_eq!(alone(0.500_01, 1e-5), exact(1, 2));
        assert_eq!(alone(-0.5, 1e-5), exact(-1, 2));
        assert_eq!(alone(0.5, 1e-3), Reading::Letter);
        assert_eq!(alone(9.807, 5e-3), Reading::Letter);
        assert_eq!(alone(1.7, 1e-7), exact(17, 10));
        assert_eq!(alone(1.7, 1e-5), Reading::Letter);
        assert_eq!(alone(1.327, 1e-9), Reading::Letter);
        assert_eq!(alone(0.0, 1e-9), Reading::Letter);
        assert_eq!(alone(f64::NAN, 1e-9), Reading::Letter);
    }

    #[test]
    fn random_reals_are_not_read_as_rationals() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut passed = |error: f64, count: usize| {
            let mut draw = || alone(random.random_range(0.1..10.0), error) != Reading::Letter;
            (0..count).filter(|_| draw()).count()
        };
        assert_eq!(passed(1e-3, 100), 0);
        // Where rationals are justified at all, one in ten thousand passes by chance.
        for error in [1e-5, 1e-6, 4e-7] {
            assert!(passed(error, 20_000) <= 8, "{error}");
        }
    }

    #[test]
    fn of_a_hundred_thousand_random_reals_hardly_one_is_called_exact() {
        let mut random = ChaCha8Rng::seed_from_u64(2);
        let mut exact = 0;
        for _ in 0..100_000 {
            let error = 10f64.powf(random.random_range(-12.0..-3.0));
            let size = 10f64.powf(random.random_range(-2.0..2.0));
            exact +=
                usize::from(alone(size * random.random_range(1.0..10.0), error * size) != Reading::Letter);
        }
        assert!(exact <= 20, "{exact}");
    }

    #[test]
    fn equal_constants_share_a_letter_and_gain_precision() {
        let (s, c) = (2e-6_f64, 0.93);
        let covariance = [s * s, 0.0, 0.0, s * s];
        let read = Constants::read(&[c, -c / 3.0 + 1e-6], &covariance, &[0, 0], &Config::default());
        let third = Rational::from_parts((-1).into(), 3_u8.into());
        assert_eq!(read.readings, [Reading::Letter, Reading::Multiple { of: 0, ratio: third }]);
        assert_eq!(read.values[1], -1.0 / 3.0 * read.values[0]);
        assert!(read.standard_error(0) < s);
        let apart = Constants::read(&[c, -c / 3.0], &covariance, &[0, 1], &Config::default());
        assert_eq!(apart.readings, [Reading::Letter, Reading::Letter]);
    }

    #[test]
    fn an_exact_constant_moves_those_that_depend_on_it() {
        // The sum of the two is known to 1e-8, each alone to 1e-6.
        let covariance = [1e-12, -1e-12 + 1e-16, -1e-12 + 1e-16, 1e-12];
        let read = Constants::read(&[2.000_001, 1.236_999], &covariance, &[0, 0], &Config::default());
        assert_eq!(read.readings, [exact(2, 1), Reading::Letter]);
        assert!((read.values[1] - 1.237).abs() < 1e-8);
        assert!(read.standard_error(1) < 2e-8);
    }

    #[test]
    fn totients() {
        assert_eq!([1, 2, 3, 4, 5, 6, 12].map(totient), [1, 1, 2, 2, 4, 2, 4]);
    }
}

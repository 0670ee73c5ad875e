//! Fixed pseudo-random numbers.

use std::ops::{Range, RangeInclusive};

/// The generator splitmix64: a counter that is scrambled.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The stream of this number.
    pub fn new(seed: u64) -> Random {
        let mut start = Random(seed);
        // Streams of numbers that follow each other are to have nothing in common.
        Random(start.next().rotate_left(32) ^ start.next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number between 0 and 1.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A byte.
    pub fn byte(&mut self) -> u8 {
        (self.next() >> 56) as u8
    }

    /// A number in the range.
    pub fn random_range<T, R: Choice<T>>(&mut self, range: R) -> T {
        range.choose(self)
    }

    /// Yes with this probability.
    pub fn random_bool(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }
}

/// A range to choose from.
pub trait Choice<T> {
    fn choose(self, random: &mut Random) -> T;
}

macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl Choice<$integer> for Range<$integer> {
            fn choose(self, random: &mut Random) -> $integer {
                random.random_range(self.start..=self.end - 1)
            }
        }

        impl Choice<$integer> for RangeInclusive<$integer> {
            fn choose(self, random: &mut Random) -> $integer {
                let (low, high) = (i128::from(*self.start() as i64), i128::from(*self.end() as i64));
                assert!(low <= high, "an empty range");
                (low + (i128::from(random.next()) * (high - low + 1) >> 64)) as $integer
            }
        }
    )*};
}

integers!(u8, i32, u32, i64, usize);

impl Choice<f64> for Range<f64> {
    fn choose(self, random: &mut Random) -> f64 {
        self.start + (self.end - self.start) * random.unit()
    }
}

//! Numbers in JSON that come back to the last bit.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number that is written as text with the fewest digits that read back as the same number. The JSON reader may miss
/// the last bit of a number, and JSON has no infinity.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Exact(pub f64);

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:?}", self.0))
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Exact, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Exact).map_err(|_| D::Error::custom(format!("`{text}` is not a number")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_to_the_bit() {
        for x in
            [0.1 + 0.2, -0.0, 5e-324, 1e-300, 1.0 / 3.0, f64::INFINITY, f64::NAN, 9.007_199_254_740_993e15]
        {
            let text = serde_json::to_string(&Exact(x)).unwrap();
            let back: Exact = serde_json::from_str(&text).unwrap();
            assert!(back.0.to_bits() == x.to_bits() || (x.is_nan() && back.0.is_nan()), "{text}");
        }
    }
}

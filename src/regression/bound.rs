//! A bound that may be infinite, as JSON: nothing where there is none.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Writes a bound.
///
/// # Errors
/// Those of the writer.
pub fn serialize<S: Serializer>(bound: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    bound.is_finite().then_some(*bound).serialize(serializer)
}

/// Reads a bound.
///
/// # Errors
/// Those of the reader.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(deserializer)?.unwrap_or(f64::INFINITY))
}

//! Room `simplify`.

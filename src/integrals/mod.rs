//! Room `integrals`.

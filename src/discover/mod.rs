//! Room `discover`.

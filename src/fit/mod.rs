//! Room `fit`.

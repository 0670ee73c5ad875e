//! Room `learn`.

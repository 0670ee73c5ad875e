//! Room `algebra`.

//! Room `mechanics`.

//! Room `experiments`.

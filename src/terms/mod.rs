//! The language of term libraries: what a law may be made of. Symbolic; nothing here fits anything.

mod decimal;
pub mod joint;

pub use decimal::decimal;

//! The language of term libraries: what a law may be made of. Symbolic; nothing here fits anything.

pub mod joint;

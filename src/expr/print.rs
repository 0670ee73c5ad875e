//! Writing formulas.

//! Numbers.
/// A compiled formula.
#[derive(Clone, Debug)]
pub struct Tape;
/// What cannot be compiled.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TapeError {
    /// A variable that is not among the inputs.
    #[error("unknown variable `{0}`")]
    UnknownSymbol(super::Symbol),
}

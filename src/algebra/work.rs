//! A bound on the work of one question, counted in terms and never in time, so that it is the same on
//! every machine.

use std::cell::Cell;

use super::AlgebraError;

/// Products of two terms, or the like, that one question may form: about a second or two of one core.
const MAX_WORK: u64 = 100_000_000;

thread_local! {
    /// What is left; `None` outside of a question.
    static LEFT: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Answers a question within the bound; a question asked inside another one shares its bound.
///
/// # Errors
/// [`AlgebraError::TooLarge`] where the bound is reached, whatever `question` made of that.
pub(crate) fn bounded<T, E: From<AlgebraError>>(question: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    struct Close;
    impl Drop for Close {
        fn drop(&mut self) {
            LEFT.set(None);
        }
    }
    if LEFT.get().is_some() {
        return question();
    }
    LEFT.set(Some(MAX_WORK));
    let _close = Close;
    let answer = question();
    // What was cut short may have been taken for an answer on the way.
    if is_spent() { Err(AlgebraError::TooLarge.into()) } else { answer }
}

/// Notes `units` of work.
pub(super) fn note(units: usize) {
    if let Some(left) = LEFT.get() {
        LEFT.set(Some(left.saturating_sub(units as u64)));
    }
}

/// Whether the bound is reached.
pub(super) fn is_spent() -> bool {
    LEFT.get() == Some(0)
}

/// Notes `units` of work.
///
/// # Errors
/// [`AlgebraError::TooLarge`] where the bound is reached.
pub(super) fn spend(units: usize) -> Result<(), AlgebraError> {
    note(units);
    if is_spent() { Err(AlgebraError::TooLarge) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_bounded_apart_and_nested_ones_together() {
        let spend_all = || bounded(|| spend(MAX_WORK as usize + 1));
        assert_eq!(spend_all(), Err(AlgebraError::TooLarge));
        assert_eq!(bounded(|| spend(5)), Ok(()));
        let half = || bounded(|| spend(MAX_WORK as usize / 2 + 1));
        assert_eq!(half().and(half()), Ok(()));
        assert_eq!(bounded(|| half().and_then(|()| half())), Err(AlgebraError::TooLarge));
        // An error on the way that was overlooked is still one.
        let overlooked = bounded(|| Ok::<_, AlgebraError>(spend(MAX_WORK as usize).is_err()));
        assert_eq!(overlooked, Err(AlgebraError::TooLarge));
        assert_eq!(spend(usize::MAX), Ok(()));
    }
}

//! A bound on the work of one question. Work is counted in terms, so that the same question ends in the
//! same way on every machine; a [`CancelToken`] may end it earlier.

use std::cell::{Cell, RefCell};

use super::AlgebraError;
use crate::CancelToken;

/// How many products of two terms (or steps that cost as much) one question may form: about a second or two
/// of one core.
pub const MAX_WORK: u64 = 100_000_000;
/// The token is asked each time this much work was done: about once a millisecond.
const POLL: u64 = 1 << 16;

thread_local! {
    /// What is left; `None` outside of a question.
    static LEFT: Cell<Option<u64>> = const { Cell::new(None) };
    /// What all questions of this thread have taken.
    static TOTAL: Cell<u64> = const { Cell::new(0) };
    /// What tells the questions of this thread to end.
    static TOKEN: RefCell<Option<CancelToken>> = const { RefCell::new(None) };
    /// Whether it did.
    static CANCELLED: Cell<bool> = const { Cell::new(false) };
}

/// Asks questions that end when the token says so; with the error [`AlgebraError::Cancelled`].
pub(crate) fn cancellable<T>(token: &CancelToken, questions: impl FnOnce() -> T) -> T {
    struct Restore(Option<CancelToken>);
    impl Drop for Restore {
        fn drop(&mut self) {
            TOKEN.replace(self.0.take());
        }
    }
    let _restore = Restore(TOKEN.replace(Some(token.clone())));
    questions()
}

/// What the questions return, and the work that they took on this thread, in products of two terms (or steps
/// that cost as much). The same questions take the same work on every machine.
pub fn measured<T>(questions: impl FnOnce() -> T) -> (T, u64) {
    let before = TOTAL.get();
    let answer = questions();
    (answer, TOTAL.get() - before)
}

/// Answers a question within the bound; a question asked inside another one shares its bound.
///
/// # Errors
/// [`AlgebraError::TooLarge`] where the bound is reached and [`AlgebraError::Cancelled`] where the token
/// ends the question, whatever `question` made of that.
pub(crate) fn bounded<T, E: From<AlgebraError>>(question: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    struct Close;
    impl Drop for Close {
        fn drop(&mut self) {
            LEFT.set(None);
            CANCELLED.set(false);
        }
    }
    if LEFT.get().is_some() {
        return question();
    }
    LEFT.set(Some(if poll() { 0 } else { MAX_WORK }));
    let _close = Close;
    let answer = question();
    // What was cut short may have been taken for an answer on the way.
    if is_spent() { Err(exhausted().into()) } else { answer }
}

/// Notes `units` of work.
pub(super) fn note(units: usize) {
    if let Some(left) = LEFT.get() {
        let rest = left.saturating_sub(units as u64);
        TOTAL.set(TOTAL.get() + (left - rest));
        let cancelled = left / POLL != rest / POLL && poll();
        LEFT.set(Some(if cancelled { 0 } else { rest }));
    }
}

/// Asks the token, and remembers a yes until the question ends.
fn poll() -> bool {
    let cancelled = TOKEN.with_borrow(|token| token.as_ref().is_some_and(CancelToken::is_cancelled));
    CANCELLED.set(CANCELLED.get() || cancelled);
    cancelled
}

/// Whether the bound is reached or the token has ended the question.
pub(super) fn is_spent() -> bool {
    LEFT.get() == Some(0)
}

/// Notes `units` of work.
///
/// # Errors
/// As [`bounded`].
pub(super) fn spend(units: usize) -> Result<(), AlgebraError> {
    note(units);
    if is_spent() { Err(exhausted()) } else { Ok(()) }
}

/// Why a question that is spent was ended.
fn exhausted() -> AlgebraError {
    if CANCELLED.get() { AlgebraError::Cancelled } else { AlgebraError::TooLarge }
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

    #[test]
    fn a_token_ends_questions_of_its_scope_alone() {
        let token = CancelToken::new();
        let question = || bounded(|| spend(2 * POLL as usize));
        cancellable(&token, || {
            assert_eq!(question(), Ok(()));
            let within = bounded(|| {
                token.cancel();
                spend(2 * POLL as usize)
            });
            assert_eq!(within, Err(AlgebraError::Cancelled));
            // Small questions end too.
            assert_eq!(bounded(|| spend(1)), Err(AlgebraError::Cancelled));
        });
        assert_eq!(question(), Ok(()));
    }
}

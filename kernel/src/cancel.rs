//! [`CancelToken`]: how long work is told to end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Tells long work to end: when someone calls [`cancel`](CancelToken::cancel), or when a deadline passes.
///
/// Clones share the call, and each keeps its own deadline. Work polls the token and returns what it has.
#[derive(Clone, Debug, Default)]
pub struct CancelToken {
    called: Arc<AtomicBool>,
    deadline: Option<Instant>,
}

impl CancelToken {
    /// A token that nobody has cancelled and that has no deadline.
    pub fn new() -> CancelToken {
        CancelToken::default()
    }

    /// The same token with a deadline that is `limit` from now, unless its own comes earlier.
    pub fn within(&self, limit: Duration) -> CancelToken {
        match Instant::now().checked_add(limit) {
            Some(deadline) => self.until(deadline),
            None => self.clone(),
        }
    }

    /// The same token with this deadline, unless its own comes earlier.
    pub fn until(&self, deadline: Instant) -> CancelToken {
        let earlier = self.deadline.map_or(deadline, |own| own.min(deadline));
        CancelToken { called: self.called.clone(), deadline: Some(earlier) }
    }

    /// The time until its deadline, if it has one; nothing is left after it.
    pub fn remaining(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// Tells all clones to end.
    pub fn cancel(&self) {
        self.called.store(true, Ordering::Relaxed);
    }

    /// Whether someone called [`cancel`](CancelToken::cancel).
    pub fn was_called(&self) -> bool {
        self.called.load(Ordering::Relaxed)
    }

    /// Whether work is to end now.
    pub fn is_cancelled(&self) -> bool {
        self.was_called() || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}

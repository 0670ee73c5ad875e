//! How long jobs are run: what they tell on their way, and when they end.
//!
//! A job gets a [`Job`]: a [`Progress`] to tell, and a [`CancelToken`] to poll. Its settings hold its
//! [`Limits`]. Work comes first: within the limits a result depends on the work done and never on the clock. A
//! job that ends early says why ([`Ended`]).

use std::time::Duration;

use crate::expr::Expr;

pub use liouville_kernel::CancelToken;

/// What a job tells.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A line for the user.
    Note(&'a str),
    /// What the job does now, in a few words.
    Doing(&'a str),
    /// A law was proved; as it was found, not yet in canonical form.
    Law(&'a Expr),
    /// A step of a training.
    Step(&'a Step<'a>),
}

/// A step of a training.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// The name of the training; empty where a job has only one.
    pub training: &'a str,
    /// Steps done.
    pub step: usize,
    /// Steps in all.
    pub steps: usize,
    /// The terms of the loss on the last batch, before its step: Hamiltonian, Poisson, cyclic.
    pub losses: [f64; 3],
    /// Learning rate of the last step.
    pub rate: f64,
    /// Seconds since this training began or was taken up.
    pub seconds: f64,
}

/// Hears what a job tells.
pub trait Progress: Sync {
    /// Called at every event, also from several threads.
    fn hear(&self, event: Event<'_>);
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn hear(&self, _: Event<'_>) {}
}

/// What a long job is run with.
#[derive(Clone)]
pub struct Job<'a> {
    progress: &'a dyn Progress,
    token: CancelToken,
}

impl<'a> Job<'a> {
    /// A job that tells `progress` and ends when the token says so.
    pub fn new(progress: &'a dyn Progress, token: CancelToken) -> Job<'a> {
        Job { progress, token }
    }

    /// A job that nobody follows and nobody ends.
    pub fn silent() -> Job<'static> {
        Job { progress: &Silent, token: CancelToken::new() }
    }

    /// The same job with an earlier end.
    pub fn with_token(&self, token: CancelToken) -> Job<'a> {
        Job { progress: self.progress, token }
    }

    /// What tells the job to end.
    pub fn token(&self) -> &CancelToken {
        &self.token
    }

    /// Whether the job is to end now.
    pub fn is_cancelled(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Tells an event.
    pub fn tell(&self, event: Event<'_>) {
        self.progress.hear(event);
    }

    /// Tells a line for the user.
    pub fn note(&self, line: &str) {
        self.tell(Event::Note(line));
    }
}

/// How far a job may go.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Limits {
    /// The most work, in the unit that the job's settings name. The same work is done on every machine.
    pub work: u64,
    /// The most seconds. Where they run out before the work does, the result depends on the machine, and the
    /// job says so.
    pub seconds: f64,
}

impl Limits {
    /// The token of a job that begins now.
    pub fn token(&self, parent: &CancelToken) -> CancelToken {
        match Duration::try_from_secs_f64(self.seconds) {
            Ok(limit) => parent.within(limit),
            Err(_) => parent.clone(),
        }
    }
}

/// Which limit ended a job.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// [`Limits::work`] was done.
    Work,
    /// [`Limits::seconds`] have passed.
    Seconds,
    /// The user interrupted it.
    Interrupted,
}

impl Ended {
    /// Why a token that is cancelled has ended a job.
    pub fn by(token: &CancelToken) -> Option<Ended> {
        match () {
            () if token.was_called() => Some(Ended::Interrupted),
            () if token.is_cancelled() => Some(Ended::Seconds),
            () => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_tells_why_a_job_ended() {
        let token = CancelToken::new();
        let limits = |seconds| Limits { work: 1, seconds };
        assert_eq!(Ended::by(&limits(3600.0).token(&token)), None);
        assert_eq!(Ended::by(&limits(0.0).token(&token)), Some(Ended::Seconds));
        assert_eq!(Ended::by(&limits(f64::INFINITY).token(&token)), None);
        token.cancel();
        assert_eq!(Ended::by(&limits(0.0).token(&token)), Some(Ended::Interrupted));
    }
}

//! Shows progress on standard error: a bar on a terminal, plain lines otherwise.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget};

use super::output::Output;
use crate::progress::{Event, Progress, Step};

/// A law with more symbols is not printed while the search runs.
const LONG: usize = 60;
/// Without a bar, what the job does is printed only after this time.
const QUIET_START: Duration = Duration::from_secs(1);
/// The time between two lines about trainings that run in parallel.
const BETWEEN_LINES: Duration = Duration::from_secs(30);

/// Shows the progress of a job to the user.
pub(super) struct Reporter<'a> {
    output: &'a Output,
    bar: ProgressBar,
    start: Instant,
    training: Mutex<Training>,
}

/// What was already printed about the current training.
struct Training {
    /// The first step that this process made, once it is known.
    first: Option<usize>,
    /// Without a bar: the last quarter that was printed.
    quarter: usize,
    /// When a line about parallel trainings was last printed.
    told: Instant,
}

impl<'a> Reporter<'a> {
    pub(super) fn new(output: &'a Output) -> Reporter<'a> {
        let bar = Output::bar("{elapsed} {msg}");
        if output.terminal() {
            bar.set_draw_target(ProgressDrawTarget::stderr());
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        let now = Instant::now();
        let training = Mutex::new(Training { first: None, quarter: 0, told: now });
        Reporter { output, bar, start: now, training }
    }

    /// Removes the bar before results are printed.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn line(&self, text: &str) {
        self.bar.suspend(|| self.output.note(text));
    }

    /// Handles a step of one of several trainings.
    fn step_of_many(&self, step: &Step<'_>) {
        let Ok(mut training) = self.training.try_lock() else { return };
        if training.told.elapsed() < BETWEEN_LINES {
            return;
        }
        training.told = Instant::now();
        let Step { training: name, step: done, steps, rate, .. } = step;
        self.line(&format!("  {name}: step {done}/{steps}, {}, rate {rate:.1e}", losses(step)));
    }

    /// Handles a step of the only training.
    fn step(&self, step: &Step<'_>) {
        let mut training = self.training.lock().unwrap_or_else(PoisonError::into_inner);
        if training.first.is_none() && step.step > 1 {
            self.line(&format!("  taken up after step {}", step.step - 1));
        }
        let first = *training.first.get_or_insert(step.step - 1);
        if self.output.terminal() {
            if step.step.is_multiple_of(10) {
                self.bar.set_message(format!(
                    "training, step {}/{}: {}",
                    step.step,
                    step.steps,
                    state(step, first)
                ));
            }
        } else {
            let quarter = 4 * step.step / step.steps.max(1);
            if quarter != training.quarter {
                training.quarter = quarter;
                self.line(&format!("  step {}/{}: {}", step.step, step.steps, state(step, first)));
            }
        }
        if step.step == step.steps {
            // Another training may follow.
            training.first = None;
            training.quarter = 0;
        }
    }
}

fn losses(step: &Step<'_>) -> String {
    let [hamiltonian, poisson, cyclic] = step.losses;
    format!("hamiltonian {hamiltonian:.1e} poisson {poisson:.1e} cyclic {cyclic:.1e}")
}

/// Losses, steps per second and the remaining time, in one line. An earlier run made the steps before
/// `first`.
fn state(step: &Step<'_>, first: usize) -> String {
    let rate = (step.step - first) as f64 / step.seconds.max(1e-9);
    let left = (step.steps - step.step) as f64 / rate.max(1e-9);
    format!("{}, {rate:.0} steps/s, {left:.0} s left", losses(step))
}

impl Progress for Reporter<'_> {
    fn hear(&self, event: Event<'_>) {
        match event {
            Event::Note(line) => self.line(line),
            Event::Doing(doing) => {
                if !self.output.terminal() && self.start.elapsed() > QUIET_START {
                    self.output.note(&format!("{:.2} s: {doing}", self.start.elapsed().as_secs_f64()));
                }
                self.bar.set_message(doing.to_owned());
            }
            Event::Law(law) => {
                let law = if law.symbol_count() > LONG { "a long one".to_owned() } else { law.to_string() };
                self.line(&format!("{:.2} s: law {law}", self.start.elapsed().as_secs_f64()));
            }
            Event::Step(step) if step.training.is_empty() => self.step(step),
            Event::Step(step) => self.step_of_many(step),
        }
    }
}

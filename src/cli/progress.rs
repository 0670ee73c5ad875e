//! Progress of a discovery on standard error: a bar on a terminal, plain lines otherwise.

use indicatif::{ProgressBar, ProgressDrawTarget};

use super::interrupt::Interrupt;
use super::output::Output;
use crate::discover::{self, Event};
use crate::learn::{self, Progress, Signal};

/// Follows a discovery for the user.
pub(super) struct Reporter<'a> {
    output: &'a Output,
    bar: ProgressBar,
    /// The quarter of the training that was last announced, where there is no bar.
    quarter: usize,
    /// The step that this process began the training with, once it is known.
    first: Option<usize>,
    interrupt: Interrupt,
}

impl<'a> Reporter<'a> {
    pub(super) fn new(output: &'a Output, interrupt: Interrupt) -> Reporter<'a> {
        let bar = Output::bar("training {bar:30} {pos}/{len} {msg}");
        Reporter { output, bar, quarter: 0, first: None, interrupt }
    }

    fn line(&self, text: &str) {
        self.bar.suspend(|| self.output.note(text));
    }
}

/// Losses, steps a second and the time that is left, in one line; steps before `first` were made by an earlier run.
fn state(progress: &Progress, first: usize) -> String {
    let losses = &progress.losses;
    let rate = (progress.step - first) as f64 / progress.seconds.max(1e-9);
    let left = (progress.steps - progress.step) as f64 / rate.max(1e-9);
    format!(
        "hamiltonian {:.1e} poisson {:.1e} cyclic {:.1e}, {rate:.0} steps/s, {left:.0} s left",
        losses.hamiltonian, losses.poisson, losses.cyclic
    )
}

impl learn::Observer for Reporter<'_> {
    fn step(&mut self, progress: &Progress) -> Signal {
        if self.first.is_none() && progress.step > 1 {
            self.line(&format!("  taken up after step {}", progress.step - 1));
        }
        let first = *self.first.get_or_insert(progress.step - 1);
        if self.output.terminal() {
            if progress.step.is_multiple_of(10) || progress.step == progress.steps {
                self.bar.set_length(progress.steps as u64);
                self.bar.set_position(progress.step as u64);
                self.bar.set_message(state(progress, first));
            }
            if progress.step == progress.steps {
                self.bar.finish_and_clear();
            }
        } else {
            let quarter = 4 * progress.step / progress.steps.max(1);
            if quarter != self.quarter {
                self.quarter = quarter;
                self.line(&format!(
                    "  step {}/{}: {}",
                    progress.step,
                    progress.steps,
                    state(progress, first)
                ));
            }
        }
        if progress.step == progress.steps {
            // Another training may follow.
            self.first = None;
            self.quarter = 0;
        }
        if self.interrupt.asked() { Signal::Stop } else { Signal::Continue }
    }
}

impl discover::Observer for Reporter<'_> {
    fn event(&mut self, event: Event) {
        match event {
            Event::Stage(report) => {
                let kept = format!("{} of {} terms", report.kept, report.terms);
                let trajectories = report
                    .chi
                    .map_or(String::new(), |chi| format!(", trajectories to {chi:.2} of the noise"));
                self.line(&format!(
                    "library `{}`: {kept}, residual {:.1e}{trajectories}",
                    report.stage, report.residual
                ));
            }
            Event::Hamiltonian(Some(found)) => self.line(&format!("H = {}", found.formula)),
            Event::Hamiltonian(None) => self.line("no Hamiltonian in the library"),
            Event::Training { steps } => {
                self.line(&format!("training networks, {steps} steps"));
                self.quarter = 0;
                self.first = None;
                self.interrupt.training(true);
                if self.output.terminal() {
                    self.bar.reset();
                    self.bar.set_draw_target(ProgressDrawTarget::stderr());
                }
            }
            Event::Laws => {
                self.interrupt.training(false);
                self.line("searching for laws");
            }
        }
    }
}

//! Progress of a discovery on standard error: a bar on a terminal, plain lines otherwise.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::Output;
use crate::discover::{self, Event};
use crate::learn::{self, Progress, Signal};

/// Follows a discovery for the user.
pub(super) struct Reporter<'a> {
    output: &'a Output,
    bar: ProgressBar,
    /// The quarter of the training that was last announced, where there is no bar.
    quarter: usize,
}

impl<'a> Reporter<'a> {
    pub(super) fn new(output: &'a Output) -> Reporter<'a> {
        let bar = ProgressBar::hidden();
        // The template is a constant: it cannot fail to parse.
        if let Ok(style) = ProgressStyle::with_template("training {bar:30} {pos}/{len} {msg} {eta}") {
            bar.set_style(style);
        }
        Reporter { output, bar, quarter: 0 }
    }

    fn line(&self, text: &str) {
        self.bar.suspend(|| self.output.note(text));
    }
}

impl learn::Observer for Reporter<'_> {
    fn step(&mut self, progress: &Progress) -> Signal {
        let losses = format!(
            "hamiltonian {:.1e} poisson {:.1e} cyclic {:.1e}",
            progress.losses.hamiltonian, progress.losses.poisson, progress.losses.cyclic
        );
        if self.output.terminal() {
            if progress.step.is_multiple_of(10) || progress.step == progress.steps {
                self.bar.set_length(progress.steps as u64);
                self.bar.set_position(progress.step as u64);
                self.bar.set_message(losses);
            }
            if progress.step == progress.steps {
                self.bar.finish_and_clear();
            }
            return Signal::Continue;
        }
        let quarter = 4 * progress.step / progress.steps.max(1);
        if quarter != self.quarter {
            self.quarter = quarter;
            self.line(&format!("  step {}/{}: {losses}", progress.step, progress.steps));
        }
        Signal::Continue
    }
}

impl discover::Observer for Reporter<'_> {
    fn event(&mut self, event: Event) {
        match event {
            Event::Stage(report) => {
                let kept = format!("{} of {} terms", report.kept, report.terms);
                self.line(&format!("library `{}`: {kept}, residual {:.1e}", report.stage, report.residual));
            }
            Event::Hamiltonian(Some(found)) => self.line(&format!("H = {}", found.formula)),
            Event::Hamiltonian(None) => self.line("no Hamiltonian in the library"),
            Event::Training { steps } => {
                self.line(&format!("training networks, {steps} steps"));
                self.quarter = 0;
                if self.output.terminal() {
                    self.bar.reset();
                    self.bar.set_draw_target(ProgressDrawTarget::stderr());
                }
            }
            Event::Laws => self.line("searching for laws"),
        }
    }
}

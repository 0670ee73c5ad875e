//! Work on a thread of its own, while the thread that asked for it serves Python.

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use liouville::progress::{CancelToken, Event, Progress};
use pyo3::prelude::*;

use super::failure::internal;

/// How often Python is asked whether the user pressed Ctrl-C.
const BETWEEN_SIGNALS: Duration = Duration::from_millis(50);
/// The least time between two messages about where a job is.
const BETWEEN_MESSAGES: Duration = Duration::from_millis(100);
/// Formulas are trees, and some walks over them are recursive.
const STACK: usize = 64 << 20;

/// What a job tells on its way.
pub struct Message {
    /// `note`, `doing`, `law` or `step`.
    kind: &'static str,
    text: String,
    done: usize,
    total: usize,
}

enum Mail<T> {
    Told(Message),
    Done(T),
}

/// Passes on what a job tells.
struct Teller<T> {
    mail: Sender<Mail<T>>,
    last: Mutex<Instant>,
}

impl<T> Teller<T> {
    fn send(&self, kind: &'static str, text: String, [done, total]: [usize; 2]) {
        // Nobody listens any more after an interruption.
        let _ = self.mail.send(Mail::Told(Message { kind, text, done, total }));
    }

    /// Whether a message about where the job is may be sent now.
    fn is_due(&self) -> bool {
        let Ok(mut last) = self.last.try_lock() else { return false };
        let due = last.elapsed() >= BETWEEN_MESSAGES;
        if due {
            *last = Instant::now();
        }
        due
    }
}

impl<T: Send> Progress for Teller<T> {
    fn hear(&self, event: Event<'_>) {
        match event {
            Event::Note(line) => self.send("note", line.to_owned(), [0, 0]),
            Event::Law(law) => self.send("law", law.to_string(), [0, 0]),
            Event::Doing(doing) if self.is_due() => self.send("doing", doing.to_owned(), [0, 0]),
            Event::Step(step) if self.is_due() => {
                let [hamiltonian, poisson, cyclic] = step.losses;
                let losses =
                    format!("hamiltonian {hamiltonian:.1e} poisson {poisson:.1e} cyclic {cyclic:.1e}");
                self.send("step", losses, [step.step, step.steps]);
            }
            Event::Doing(_) | Event::Step(_) => {}
        }
    }
}

/// How a job answers Ctrl-C.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Interrupt {
    /// It ends with what it has found. A second Ctrl-C leaves it.
    EndsIt,
    /// It is left: it cannot be told to end, and its thread ends by itself.
    LeavesIt,
}

/// Runs `work` without Python's lock, with a token that Ctrl-C cancels. `listener` is called with the kind of a message,
/// its text, and the steps done and in all.
///
/// # Errors
/// `KeyboardInterrupt` where the job is left; what the listener raises.
pub fn run<T: Send + 'static>(
    py: Python<'_>,
    listener: Option<&Bound<'_, PyAny>>,
    interrupt: Interrupt,
    work: impl FnOnce(&dyn Progress, CancelToken) -> T + Send + 'static,
) -> PyResult<T> {
    let token = CancelToken::new();
    let (sender, mut mail) = channel();
    let own = token.clone();
    let body = move || {
        let teller = Teller { mail: sender, last: Mutex::new(Instant::now()) };
        let done = work(&teller, own);
        let _ = teller.mail.send(Mail::Done(done));
    };
    let worker = thread::Builder::new().name("liouville".into()).stack_size(STACK).spawn(body)?;
    loop {
        let (received, back) = py.detach(|| receive(mail));
        mail = back;
        match received {
            Ok(Mail::Done(done)) => return Ok(done),
            Ok(Mail::Told(message)) => {
                if let Some(listener) = listener {
                    let told = (message.kind, message.text, message.done, message.total);
                    listener.call1(told).inspect_err(|_| token.cancel())?;
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                let panic = py.detach(|| worker.join()).err();
                let said = panic.as_ref().and_then(|panic| panic.downcast_ref::<String>().cloned());
                return Err(internal(&said.unwrap_or_else(|| "a thread ended".to_owned())));
            }
        }
        if let Err(signal) = py.check_signals() {
            let is_second = token.was_called();
            token.cancel();
            if is_second || interrupt == Interrupt::LeavesIt {
                return Err(signal);
            }
        }
    }
}

/// What came, and the receiver, which no two threads may hold.
type Received<T> = (Result<Mail<T>, RecvTimeoutError>, Receiver<Mail<T>>);

fn receive<T>(mail: Receiver<Mail<T>>) -> Received<T> {
    (mail.recv_timeout(BETWEEN_SIGNALS), mail)
}

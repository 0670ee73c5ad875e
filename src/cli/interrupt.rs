//! Ctrl-C: a training stops at its next step and is saved; anything else ends at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// Nothing that could be saved is under way.
const IDLE: u8 = 0;
/// A training is under way.
const TRAINING: u8 = 1;
/// The user asked for it to stop.
const ASKED: u8 = 2;

/// Whether the user pressed Ctrl-C.
#[derive(Clone, Default)]
pub(super) struct Interrupt {
    state: Arc<AtomicU8>,
}

impl Interrupt {
    /// Watches for Ctrl-C (and a request to terminate). Outside of a training, or the second time, the program ends
    /// at once after `farewell` is printed.
    pub(super) fn watch(farewell: String) -> Interrupt {
        let interrupt = Interrupt::default();
        let state = interrupt.state.clone();
        // Fails only where a handler is set already: then that one serves.
        let _ = ctrlc::set_handler(move || {
            if state.compare_exchange(TRAINING, ASKED, Ordering::SeqCst, Ordering::SeqCst).is_err() {
                eprintln!("\n{farewell}");
                std::process::exit(130);
            }
        });
        interrupt
    }

    /// A training begins or has ended.
    pub(super) fn training(&self, under_way: bool) {
        self.state.store(if under_way { TRAINING } else { IDLE }, Ordering::SeqCst);
    }

    /// Whether the training is to stop.
    pub(super) fn asked(&self) -> bool {
        self.state.load(Ordering::SeqCst) == ASKED
    }
}

/// The command line of this process with `--out folder`, as it may be typed into a shell.
pub(super) fn command_with_out(folder: &str) -> String {
    let mut arguments: Vec<String> =
        std::env::args_os().skip(1).map(|a| a.to_string_lossy().into_owned()).collect();
    let given = arguments.iter().any(|a| a == "--out" || a.starts_with("--out="));
    if !given {
        arguments.extend(["--out".to_owned(), folder.to_owned()]);
    }
    let quoted = |argument: &String| {
        let plain = |c: char| c.is_alphanumeric() || "-_=./,:+".contains(c);
        match !argument.is_empty() && argument.chars().all(plain) {
            true => argument.clone(),
            false => format!("'{}'", argument.replace('\'', "'\\''")),
        }
    };
    let words: Vec<String> = arguments.iter().map(quoted).collect();
    format!("liouville {}", words.join(" "))
}

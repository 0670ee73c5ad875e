//! Ctrl-C and termination requests: the first asks the job to end, the second ends the process.

use std::ffi::OsString;
use std::sync::OnceLock;

use super::Exit;
use crate::progress::CancelToken;

/// The token of the only job of this process. Ctrl-C cancels it; the job then ends at its next step, and
/// the results so far are printed. A second Ctrl-C prints `farewell` and ends the process at once.
pub(super) fn watched(farewell: String) -> CancelToken {
    let token = CancelToken::new();
    let watched = token.clone();
    // This fails only if a handler is already set, and no command sets one twice.
    let _ = ctrlc::set_handler(move || {
        if watched.was_called() {
            eprintln!("\n{farewell}");
            std::process::exit(i32::from(Exit::Interrupted.status()));
        }
        watched.cancel();
        eprintln!("\ninterrupted: ending; press Ctrl-C again to end at once");
    });
    token
}

/// The command line of this process without `--out`, ready to type into a shell.
#[cfg(feature = "learn")]
pub(super) fn command_without_out() -> String {
    let mut kept = Vec::new();
    let mut arguments = arguments().into_iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--out" => drop(arguments.next()),
            joined if joined.starts_with("--out=") => {}
            _ => kept.push(argument),
        }
    }
    typed(&kept)
}

/// A command line with `--out folder`, ready to type into a shell.
#[cfg(feature = "learn")]
pub(super) fn with_out(command: &str, folder: &str) -> String {
    format!("{command} --out {}", quoted(folder))
}

/// The command line of this process, ready to type into a shell.
pub(super) fn command_line() -> String {
    typed(&arguments())
}

/// The arguments of the command line, without the name of the program.
static ARGUMENTS: OnceLock<Vec<String>> = OnceLock::new();

/// Keeps the command line for messages on how to go on.
pub(super) fn remember(words: &[OsString]) {
    let arguments = words.iter().skip(1).map(|word| word.to_string_lossy().into_owned());
    // A second command line in one process keeps the first: only messages depend on it.
    let _ = ARGUMENTS.set(arguments.collect());
}

fn arguments() -> Vec<String> {
    ARGUMENTS.get().cloned().unwrap_or_default()
}

fn typed(arguments: &[String]) -> String {
    let words: Vec<String> = arguments.iter().map(|argument| quoted(argument)).collect();
    format!("liouville {}", words.join(" "))
}

/// An argument as a shell reads it.
fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_=./,:+".contains(c);
    match !argument.is_empty() && argument.chars().all(plain) {
        true => argument.to_owned(),
        false => format!("'{}'", argument.replace('\'', "'\\''")),
    }
}

//! Ctrl-C and termination requests: the first asks the job to end, the second ends the process.

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

/// The command line of this process with `--out folder`, ready to type into a shell.
#[cfg(feature = "learn")]
pub(super) fn command_with_out(folder: &str) -> String {
    let mut arguments = arguments();
    let given = arguments.iter().any(|a| a == "--out" || a.starts_with("--out="));
    if !given {
        arguments.extend(["--out".to_owned(), folder.to_owned()]);
    }
    typed(&arguments)
}

/// The command line of this process, ready to type into a shell.
#[cfg(feature = "learn")]
pub(super) fn command_line() -> String {
    typed(&arguments())
}

#[cfg(feature = "learn")]
fn arguments() -> Vec<String> {
    std::env::args_os().skip(1).map(|a| a.to_string_lossy().into_owned()).collect()
}

#[cfg(feature = "learn")]
fn typed(arguments: &[String]) -> String {
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

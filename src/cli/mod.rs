//! The command line: its definitions, with one file per command. Only this module prints.
//!
//! Results go to standard output; progress, notes and errors go to standard error. A command returns an
//! [`Exit`] or a [`Failure`]. No other module prints or ends the process.

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod bracket;
#[cfg(feature = "learn")]
mod discover;
mod equations;
#[cfg(feature = "learn")]
mod extract;
mod input;
mod integrals;
mod interrupt;
mod output;
mod progress;
#[cfg(feature = "learn")]
mod recording;
#[cfg(feature = "learn")]
mod reproduce;
#[cfg(feature = "learn")]
mod rollout;
mod simplify;
mod simulate;
mod systems;
mod verify;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::progress::Ended;
pub use crate::questions::Failure;
use output::Output;

/// How a run ended. This is the only table of exit statuses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// Done.
    Done,
    /// A question was answered "no".
    No,
    /// The user's input has an error.
    BadInput,
    /// A limit ended the run early, or `verify` could not decide.
    Limit,
    /// The user pressed Ctrl-C.
    Interrupted,
}

impl Exit {
    /// The exit status of the process. Shells report 130 for Ctrl-C; a panic would give 101.
    pub fn status(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::No => 1,
            Exit::BadInput => 2,
            Exit::Limit => 3,
            Exit::Interrupted => 130,
        }
    }

    /// The exit that corresponds to the end of a job.
    fn of(ended: Option<Ended>) -> Exit {
        match ended {
            None => Exit::Done,
            Some(Ended::Work | Ended::Seconds) => Exit::Limit,
            Some(Ended::Interrupted) => Exit::Interrupted,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.status())
    }
}

/// Finds the laws of a dynamical system, from trajectories or a Hamiltonian, and proves them.
#[derive(Parser, Debug)]
#[command(
    name = "liouville",
    version,
    propagate_version = true,
    arg_required_else_help = true,
    after_help = "Examples:\n  liouville discover charged-particle\n  liouville verify spherical-pendulum 'qx*py - qy*px'\n  liouville systems\n\nExit status: 0 done; 1 the answer is no; 2 the input is at fault; 3 a limit was reached, or verify could not decide; 130 interrupted."
)]
struct Arguments {
    #[command(flatten)]
    output: Output,

    /// Threads to use [default: all, one for training]. The result does not depend on it.
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    #[cfg(feature = "learn")]
    Discover(Box<discover::Discover>),
    Integrals(integrals::Integrals),
    Verify(verify::Verify),
    Bracket(bracket::Bracket),
    Equations(equations::Equations),
    Simplify(simplify::Simplify),
    Simulate(simulate::Simulate),
    #[cfg(feature = "learn")]
    Extract(extract::Extract),
    #[cfg(feature = "learn")]
    Rollout(rollout::Rollout),
    #[cfg(feature = "learn")]
    Reproduce(reproduce::Reproduce),
    Systems(systems::Systems),
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    ExitCode::from(run_with(std::env::args_os().collect()))
}

/// Runs a command line, the name of the program first, and returns the exit status. Help and faults of the command line
/// itself end the process. Meant to be called once in a process.
pub fn run_with(words: Vec<OsString>) -> u8 {
    interrupt::remember(&words);
    let arguments = Arguments::parse_from(words.into_iter().map(formula_or_flag));
    if let Some(threads) = arguments.threads {
        // This fails only if a pool already exists, and nothing before this line makes one.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(usize::from(threads)).build_global();
    }
    let output = arguments.output;
    let result = run_command(arguments.command, arguments.threads, &output);
    let exit = result.unwrap_or_else(|failure| {
        eprint!("{}", failure.text);
        failure.ended.map_or(Exit::BadInput, |ended| Exit::of(Some(ended)))
    });
    exit.status()
}

fn run_command(command: Command, threads: Option<u16>, output: &Output) -> Result<Exit, Failure> {
    if !matches!(command, Command::Equations(_)) {
        output.check_is_record()?;
    }
    match command {
        #[cfg(feature = "learn")]
        Command::Discover(command) => command.run(output, threads),
        Command::Integrals(command) => command.run(output),
        Command::Verify(command) => command.run(output),
        Command::Bracket(command) => command.run(output),
        Command::Simplify(command) => command.run(output),
        Command::Equations(command) => command.run(output),
        Command::Simulate(command) => command.run(output),
        #[cfg(feature = "learn")]
        Command::Extract(command) => command.run(output, threads),
        #[cfg(feature = "learn")]
        Command::Rollout(command) => command.run(output),
        #[cfg(feature = "learn")]
        Command::Reproduce(command) => command.run(output, threads),
        Command::Systems(command) => command.run(output),
    }
}

/// A formula may begin with a minus sign. A space before it keeps clap from reading it as flags.
fn formula_or_flag(argument: OsString) -> OsString {
    let is_formula = argument.to_str().is_some_and(|text| {
        text.starts_with('-') && !text.starts_with("--") && text.contains(['*', '^', '+', '/', '(', ' '])
    });
    if !is_formula {
        return argument;
    }
    let mut spaced = OsString::from(" ");
    spaced.push(argument);
    spaced
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn definitions_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_shows_an_example() {
        for command in Arguments::command().get_subcommands() {
            let help = command.clone().render_long_help().to_string();
            assert!(help.contains("Example"), "{} has no example:\n{help}", command.get_name());
        }
    }
}

//! The `liouville` program.

fn main() -> std::process::ExitCode {
    liouville::cli::run()
}

//! The program: parse, one command, one exit code.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    tempalias::cli::run()
}

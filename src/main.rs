//! The program: parse, one command, one exit code.
#![forbid(unsafe_code)]

#[global_allocator]
static ALLOCATOR: tempalias::sys::memory::Forgetful = tempalias::sys::memory::Forgetful;

fn main() -> std::process::ExitCode {
    tempalias::cli::run()
}

//! The program: parse, one command, one exit code.
#![forbid(unsafe_code)]

#[global_allocator]
static ALLOCATOR: tempalias::Allocator = tempalias::Allocator;

fn main() -> std::process::ExitCode {
    tempalias::run()
}

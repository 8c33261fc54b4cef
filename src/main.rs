//! The program: parse, one command, one exit code.
#![forbid(unsafe_code)]

#[global_allocator]
static ALLOCATOR: tempalias::ZeroingAllocator = tempalias::ZeroingAllocator;

fn main() -> std::process::ExitCode {
    tempalias::run()
}

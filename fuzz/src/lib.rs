//! What must hold of everything that reads octets of strangers, whatever the octets are: a module a target.
//!
//! `fuzz/run` has libFuzzer look for octets with which it does not hold; `tests/it/fuzz_targets.rs` tries the seeds,
//! and what was found, with every run of the tests.

pub mod command;
pub mod config;
pub mod content;
pub mod form;
pub mod forwarded;
pub mod frame;
pub mod header;
mod input;
pub mod json;
pub mod line;
pub mod proxy;
pub mod reply;
pub mod srs;

/// Reads what the fuzzer thinks of, and panics if a promise is broken.
pub type Check = fn(&[u8]);

/// Every target by its name, which is also that of its seeds and its dictionary.
pub const TARGETS: &[(&str, Check)] = &[
    ("command", command::check),
    ("config", config::check),
    ("content", content::check),
    ("form", form::check),
    ("forwarded", forwarded::check),
    ("frame", frame::check),
    ("header", header::check),
    ("json", json::check),
    ("line", line::check),
    ("proxy", proxy::check),
    ("reply", reply::check),
    ("srs", srs::check),
];

//! tempalias: self-destructing e-mail aliases as one privilege-separated daemon.
//!
//! This library is the program's rooms; it is no public interface and may change at any time.
//!
//! ```text
//! main, cli ─▶ monitor ─▶ roles: smtp, relay, web, vault ─▶ door ─▶ wire ─▶ alias
//!                 │                      └─▶ proto ─▶ alias
//!                 └─▶ role, sys, config
//! ```

pub mod alias;
pub mod door;
pub mod wire;

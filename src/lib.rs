//! tempalias: self-destructing e-mail aliases as one privilege-separated daemon.
//!
//! This library is the program's rooms; it is no public interface and may change at any time.
//!
//! ```text
//! main ─▶ cli ─▶ monitor ─▶ roles: smtp, relay, web, vault ─▶ channel ─▶ wire ─▶ alias
//!                   │              │  └─▶ proto ─▶ alias
//!                   └──────────────┴─▶ runtime ─▶ config, sys
//! ```

pub mod alias;
pub mod channel;
pub mod cli;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod monitor;
pub mod proto;
pub mod relay;
pub mod runtime;
pub mod smtp;
pub mod sys;
pub mod vault;
pub mod web;
pub mod wire;
pub mod words;

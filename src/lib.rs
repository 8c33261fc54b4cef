//! tempalias: self-destructing e-mail aliases as one privilege-separated daemon.
//!
//! This library is the program's rooms; it is no public interface and may change at any time.
//!
//! ```text
//! main ─▶ cli ─▶ monitor ─▶ roles: smtp, relay, web, vault ─▶ door ─▶ wire ─▶ alias
//!                   │              │  └─▶ proto ─▶ alias
//!                   └──────────────┴─▶ role ─▶ config, sys
//! ```

pub mod alias;
pub mod cli;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod door;
pub mod monitor;
pub mod proto;
pub mod relay;
pub mod role;
pub mod smtp;
pub mod sys;
pub mod vault;
pub mod web;
pub mod wire;
pub mod words;

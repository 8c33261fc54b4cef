//! tempalias: self-destructing e-mail aliases as one privilege-separated daemon.
//!
//! This library is the program's rooms; it is no public interface and may change at any time. The rooms are private, so
//! that the compiler finds what nobody uses: the program takes [`run`] and [`ZeroingAllocator`], everything else
//! [`testing`].
//!
//! ```text
//! main ─▶ cli ─▶ monitor ─▶ roles: smtp, relay, web, vault ─▶ runtime ─▶ channel ─▶ wire ─▶ alias
//!           ├──▶ doctor          ├─▶ net ─▶ proto, alias, sys
//!           └──▶ demo            ├─▶ proto ─▶ alias
//!                                ├─▶ config ─▶ alias
//!                                └─▶ words ─▶ alias
//! ```

mod alias;
mod channel;
mod cli;
mod config;
mod demo;
mod doctor;
mod monitor;
mod net;
mod proto;
mod relay;
mod runtime;
mod smtp;
mod sys;
#[doc(hidden)]
pub mod testing;
mod vault;
mod web;
mod wire;
mod words;

pub use cli::run;
pub use sys::zeroing_allocator::ZeroingAllocator;

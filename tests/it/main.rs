//! Conversations with the real daemon: five processes, real sockets, real tools.
//!
//! Each module is one promise of the design or one feature; its header lists what it proves.

#![allow(unreachable_pub)] // a test binary has no outside
#![allow(clippy::unwrap_used)] // helpers of tests are tests

mod accounting;
mod address_table;
mod addresses;
mod ancestor;
mod api;
mod blocklists;
mod commands;
mod consent;
mod creations;
mod discipline;
mod doctor;
mod encoding;
mod fixture;
mod forwarders;
mod fuzz_targets;
mod journal;
mod layering;
mod life;
mod limits;
mod manual;
mod next_host;
mod outage;
mod proxies;
mod regressions;
mod site;
mod sockets;
mod standing;
mod storage;
mod table_files;
mod tools;
mod upgrade;
mod walls;

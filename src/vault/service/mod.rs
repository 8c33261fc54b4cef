//! What the vault does for its callers: functions over [`super::context::VaultContext`].
//!
//! One module for each door ([`smtp`], [`relay`], [`web`], [`admin`]), which answers its requests, and one for each
//! service behind the doors.

pub(super) mod admin;
mod aliases;
mod consent;
mod notifications;
mod orders;
pub(super) mod relay;
pub(super) mod smtp;
mod targets;
mod tokens;
pub(super) mod web;

#[cfg(test)]
pub(super) mod tests;

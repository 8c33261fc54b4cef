//! `[metrics]`: where Prometheus may ask.

use crate::config::section::Section;
use crate::config::values::{list, socket_address};
use std::net::SocketAddr;

/// Where to listen; nowhere by default.
pub(super) fn read(mut section: Section<'_, '_>) -> Vec<SocketAddr> {
    section.take("listen", list(socket_address)).unwrap_or_default()
}

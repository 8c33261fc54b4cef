//! What all connections of the role share.

use super::files::Files;
use super::limiter::RateLimiter;
use super::visitor::LoggedOnce;
use crate::channel::RpcClient;
use crate::config::settings::web::{Fixed, Live};
use crate::runtime::{ConnectionLimits, MetricRecorder};
use crate::wire::relay_web::RelayWeb;
use crate::wire::vault_web::VaultWeb;
use std::rc::Rc;

/// What connections share. New settings make a new one, for the connections that come from then on.
#[derive(Clone)]
pub(super) struct WebContext {
    pub(super) fixed: Fixed,
    pub(super) settings: Live,
    pub(super) vault: RpcClient<VaultWeb>,
    pub(super) relay: RpcClient<RelayWeb>,
    pub(super) files: Rc<Files>,
    pub(super) connection_limits: Rc<ConnectionLimits>,
    pub(super) recorder: Rc<MetricRecorder>,
    pub(super) rate_limiter: Rc<RateLimiter>,
    pub(super) logged_once: Rc<LoggedOnce>,
}

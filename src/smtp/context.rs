//! What the sessions of one process share.

use super::link::Links;
use crate::alias::Domain;
use crate::channel::RpcClient;
use crate::config::settings::smtp::{Fixed, Live};
use crate::proto::session::{Policy, SessionId};
use crate::runtime::{ConnectionLimits, MetricRecorder};
use crate::wire::vault_smtp::VaultSmtp;
use ipnet::IpNet;
use std::cell::Cell;
use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::Instant;

/// What sessions share. New settings make a new one, for the sessions that begin from then on.
#[derive(Clone)]
pub(super) struct SmtpContext {
    pub(super) fixed: Fixed,
    pub(super) policy: Rc<Policy>,
    /// Of clients that may send in our name.
    pub(super) own_networks: Rc<[IpNet]>,
    pub(super) greeting_delay: Duration,
    /// Sessions count their time from here.
    pub(super) started: Instant,
    pub(super) vault: RpcClient<VaultSmtp>,
    pub(super) links: Rc<Links>,
    pub(super) connection_limits: Rc<ConnectionLimits>,
    pub(super) recorder: Rc<MetricRecorder>,
    pub(super) session_ids: Rc<SessionIds>,
}

impl SmtpContext {
    /// Whether a client may send in our name: from one of our networks, or from the address at which it has reached us.
    /// That is this host itself, whose MTA comes by our MX record. A proxy on this host comes from loopback, and that
    /// is in `own_networks` or not.
    pub(super) fn is_own(&self, peer: IpAddr, local: Option<IpAddr>) -> bool {
        let peer = peer.to_canonical();
        let is_this_host = local.is_some_and(|local| local.to_canonical() == peer) && !peer.is_loopback();
        is_this_host || self.own_networks.iter().any(|network| network.contains(&peer))
    }
}

/// What a session is told of the settings.
pub(super) fn policy(fixed: &Fixed, settings: Live) -> Policy {
    let own_names = settings.domains.iter().cloned().chain(Domain::parse(&settings.hostname).ok());
    Policy {
        own_names: own_names.collect(),
        hostname: settings.hostname,
        domains: settings.domains,
        max_message_size: settings.max_message_size,
        max_recipients: settings.max_recipients,
        max_commands: settings.max_commands,
        max_errors: settings.max_errors,
        max_unknown: settings.max_unknown,
        command_timeout: settings.command_timeout,
        data_timeout: settings.data_timeout,
        transaction_timeout: fixed.transaction_timeout,
        after_final_dot: fixed.after_final_dot,
    }
}

/// Identifiers of sessions. Recipients see them, so that they tell neither how many sessions there were nor since when:
/// each is a number of this process under a keyed hash, whose key is the process's own and random.
#[derive(Default)]
pub(super) struct SessionIds {
    key: RandomState,
    sessions: Cell<u64>,
}

impl SessionIds {
    pub(super) fn next(&self) -> SessionId {
        let number = self.sessions.get();
        self.sessions.set(number + 1);
        SessionId(self.key.hash_one(number))
    }
}

//! The counted uses of one message: spent before its final dot, settled or given back after.

use super::verdict::{NO_USE, NO_VAULT};
use crate::channel::RpcClient;
use crate::wire::Ticket;
use crate::wire::relay_smtp::Verdict;
use crate::wire::vault_relay::{Refund, Settle, Spend, SpendAnswer, VaultRelay};

type Vault = RpcClient<VaultRelay>;

/// Tickets of accepted recipients whose use must be spent; each is redeemed.
#[derive(Default, PartialEq, Eq)]
pub(super) struct Uses(Vec<Ticket>);

impl Uses {
    /// The uses of these tickets.
    pub(super) fn new(tickets: Vec<Ticket>) -> Self {
        Self(tickets)
    }

    /// Counts every use, durably; or none.
    pub(super) async fn spend(&self, vault: &Vault) -> Result<(), Verdict> {
        let calls: Vec<_> = self.0.iter().map(|&ticket| (ticket, vault.call(Spend { ticket }))).collect();
        let (mut spent, mut verdict) = (Self::default(), Ok(()));
        for (ticket, answer) in calls {
            match answer.await {
                Ok(SpendAnswer::Done) => spent.0.push(ticket),
                Ok(SpendAnswer::No) => verdict = Err(NO_USE),
                // It may have been counted or not: only what is certain is given back.
                Ok(SpendAnswer::Unavailable) | Err(_) => verdict = Err(NO_VAULT),
            }
        }
        if verdict.is_err() {
            spent.refund(vault).await;
        }
        verdict
    }

    /// The message is delivered, or may be.
    pub(super) fn settle(&self, vault: &Vault) {
        for &ticket in &self.0 {
            vault.send_buffered(Settle { ticket });
        }
    }

    /// The message is not delivered after all.
    pub(super) async fn refund(&self, vault: &Vault) {
        let calls: Vec<_> = self.0.iter().map(|&ticket| vault.call(Refund { ticket })).collect();
        for answer in calls {
            // A vault that is gone keeps the use: in doubt, it counts.
            let _ = answer.await;
        }
    }
}

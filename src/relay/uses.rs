//! The uses of one message: spent before its final dot, settled or given back after.

use super::verdict::{BUSY, DEAD, NO_VAULT};
use crate::channel::RpcClient;
use crate::wire::Ticket;
use crate::wire::relay_smtp::Verdict;
use crate::wire::vault_relay::{Refund, Settle, SettleLast, Spend, SpendAnswer, VaultRelay};
use std::time::Duration;
use tokio::time::timeout;

/// How long the client waits at the most, after the next host has its message, until an alias that has no use left is
/// dead for all.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(2);

type Vault = RpcClient<VaultRelay>;

/// Tickets of accepted recipients, whose uses are not spent yet; each is redeemed.
#[derive(Default, PartialEq, Eq)]
pub(super) struct Uses(Vec<Ticket>);

impl Uses {
    /// The uses of these tickets.
    pub(super) fn new(tickets: Vec<Ticket>) -> Self {
        Self(tickets)
    }

    /// Has every alias judged as it is now, and every use that is counted spent, durably; or none.
    ///
    /// # Errors
    /// The verdict on the message. One recipient of several does not decide for the others: the client is to send the
    /// message again, and learns at RCPT who does not get it.
    pub(super) async fn spend(&self, vault: &Vault) -> Result<SpentUses, Verdict> {
        let calls: Vec<_> = self.0.iter().map(|&ticket| (ticket, vault.call(Spend { ticket }))).collect();
        let (mut spent, mut refusal) = (SpentUses::default(), None);
        for (ticket, answer) in calls {
            match answer.await {
                Ok(SpendAnswer::Done { counted: false, .. }) => {}
                Ok(SpendAnswer::Done { last: false, .. }) => spent.others.push(ticket),
                Ok(SpendAnswer::Done { last: true, .. }) => spent.last.push(ticket),
                Ok(SpendAnswer::Busy) => refusal = Some(BUSY),
                Ok(SpendAnswer::No) => refusal = Some(DEAD),
                // The vault itself takes back what it may have counted.
                Ok(SpendAnswer::Unavailable) | Err(_) => refusal = Some(NO_VAULT),
            }
        }
        match refusal {
            None => Ok(spent),
            Some(verdict) => {
                spent.refund(vault).await;
                Err(if self.0.len() == 1 { verdict } else { NO_VAULT })
            }
        }
    }
}

/// The tickets of one message whose uses are spent.
#[derive(Default)]
pub(super) struct SpentUses {
    /// Each was the last use of its alias.
    last: Vec<Ticket>,
    others: Vec<Ticket>,
}

impl SpentUses {
    /// The message is delivered, or may be. When the client is told so, an alias that has no use left is dead, and not
    /// busy.
    pub(super) async fn settle(&self, vault: &Vault) {
        for &ticket in &self.others {
            vault.send(Settle { ticket });
        }
        let calls: Vec<_> = self.last.iter().map(|&ticket| vault.call(SettleLast { ticket })).collect();
        if !calls.is_empty() {
            let settled = async {
                for answer in calls {
                    let _ = answer.await;
                }
            };
            // If it takes longer, others are put off for longer: the message is delivered all the same.
            let _ = timeout(SETTLE_TIMEOUT, settled).await;
        }
    }

    /// The message is not delivered after all.
    pub(super) async fn refund(&self, vault: &Vault) {
        let tickets = self.last.iter().chain(&self.others);
        let calls: Vec<_> = tickets.map(|&ticket| vault.call(Refund { ticket })).collect();
        for answer in calls {
            // The vault repeats what fails. One that is gone keeps the use: in doubt, it counts.
            let _ = answer.await;
        }
    }
}

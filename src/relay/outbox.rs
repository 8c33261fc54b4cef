//! Notifications: e-mail that tempalias itself sends. The vault writes them; here they are sent like all other mail.
//!
//! 1. So many tasks each ask the vault for a notification, and wait until there is one. It gives out only a few to one
//!    domain at a time.
//! 2. It is one transaction with one recipient, from the null reverse-path: if it cannot be delivered after all, no
//!    bounce comes back (RFC 5321 §4.5.5).
//! 3. The vault is told the verdict. The visitor who waits for it decides what to do; nothing is sent twice.

use super::context::RelayContext;
use super::delivery::Delivery;
use super::verdict::{CONNECTION_LOST, NO_VAULT};
use crate::alias::RealAddress;
use crate::proto::client::MailFrom;
use crate::runtime::Drain;
use crate::wire::relay_smtp::Verdict;
use crate::wire::vault_relay::{NOTIFICATION_TIMEOUT, NextNotification, Notification, NotificationSent};
use std::rc::Rc;
use std::time::Duration;
use tokio::time::timeout;

/// Notifications under way at the same time.
const MAX_CONCURRENT_NOTIFICATIONS: usize = 16;

/// How long not to ask the vault again when it has not answered.
const VAULT_RETRY_AFTER: Duration = Duration::from_secs(1);

/// Sends notifications for as long as the role lives. Needs a local runtime.
pub(super) fn serve(context: &Rc<RelayContext>, drain: &Rc<Drain>) {
    for _ in 0..MAX_CONCURRENT_NOTIFICATIONS {
        let (context, drain) = (Rc::clone(context), Rc::clone(drain));
        tokio::task::spawn_local(async move {
            loop {
                match context.vault.call(NextNotification).await {
                    Ok(Notification { number, target, message }) => {
                        let _guard = drain.enter();
                        // The vault waits no longer. The connection is then closed, and nothing is delivered.
                        let verdict = timeout(NOTIFICATION_TIMEOUT, send(target, &message, &context)).await;
                        let verdict = verdict.unwrap_or(CONNECTION_LOST);
                        context.vault.send(NotificationSent { number, verdict });
                    }
                    Err(_) => tokio::time::sleep(VAULT_RETRY_AFTER).await,
                }
            }
        });
    }
}

async fn send(target: RealAddress, message: &[u8], context: &RelayContext) -> Verdict {
    let size = u64::try_from(message.len()).ok();
    let mail = MailFrom { reverse_path: String::new(), size, eight_bit: false, utf8: false };
    let mut delivery = Delivery::new(mail, None);
    let verdict = delivery.add_uncounted(target, context).await;
    if !verdict.is_positive() {
        return verdict;
    }
    match delivery.add_content(message, context).await {
        Some(verdict) => verdict,
        None => delivery.end(context).await.unwrap_or(NO_VAULT),
    }
}

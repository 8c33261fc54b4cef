//! Letters of ours: the vault writes them, and here they go the way of all mail.

use super::RelayContext;
use super::transaction::{Envelope, Transaction};
use super::verdict::{CONNECTION_LOST, NO_VAULT};
use crate::alias::RealAddress;
use crate::runtime::Drain;
use crate::wire::relay_smtp::Verdict;
use crate::wire::vault_relay::{NextNotification, Notification, NotificationSent};
use std::rc::Rc;
use std::time::Duration;
use tokio::time::timeout;

/// Letters under way at the same time.
const POSTMEN: usize = 16;

/// Nobody waits longer for one; a connection on which it is under way is then hung up, and the letter not delivered.
const PATIENCE: Duration = Duration::from_secs(20);

/// After an answer that is none.
const PAUSE: Duration = Duration::from_secs(1);

/// Sends what there is, for as long as the role lives. Needs a local runtime.
pub(super) fn serve(context: &Rc<RelayContext>, draining: &Rc<Drain>) {
    for _ in 0..POSTMEN {
        let (context, draining) = (Rc::clone(context), Rc::clone(draining));
        tokio::task::spawn_local(async move {
            loop {
                match context.vault.call(NextNotification).await {
                    Ok(Notification { number, target, message }) => {
                        let _under_way = draining.enter();
                        let sent = timeout(PATIENCE, send(target, &message, &context)).await;
                        let verdict = sent.unwrap_or(CONNECTION_LOST);
                        context.vault.notify(NotificationSent { number, verdict });
                    }
                    _ => tokio::time::sleep(PAUSE).await,
                }
            }
        });
    }
}

/// From the null reverse-path: a letter that cannot be delivered after all comes back to nobody (RFC 5321 §4.5.5).
async fn send(target: RealAddress, message: &[u8], context: &RelayContext) -> Verdict {
    let size = u64::try_from(message.len()).ok();
    let envelope = Envelope { reverse_path: String::new(), size, eight_bit: false, utf8: false };
    let mut transaction = Transaction::new(envelope);
    let verdict = transaction.address(target, context).await;
    if !verdict.is_positive() {
        return verdict;
    }
    match transaction.content(message, context).await {
        Some(failed) => failed,
        None => transaction.end(context).await.unwrap_or(NO_VAULT),
    }
}

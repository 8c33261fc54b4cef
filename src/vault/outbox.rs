//! Notifications on their way: whoever wants one sent waits until the next host has replied to it.
//!
//! `relay` asks for the next one and reports later what became of it. Nothing is queued for longer than somebody waits.

use crate::alias::RealAddress;
use crate::wire::relay_smtp::{Origin, Verdict};
use crate::wire::vault_relay::{NOTIFICATION_TIMEOUT, Notification};
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use tokio::sync::{Notify, oneshot};
use tokio::time::timeout;

/// Notifications that wait for `relay` at the same time.
const MAX_QUEUED_NOTIFICATIONS: usize = 100;

/// Why a notification is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotificationError {
    /// The next host refuses it: now, and if it is sent again.
    Refused,
    /// Not now.
    Deferred,
}

/// A notification that no `relay` has taken yet.
struct Queued {
    target: RealAddress,
    message: Vec<u8>,
    verdict: oneshot::Sender<Verdict>,
}

/// All that are on their way.
#[derive(Default)]
pub(super) struct Outbox {
    queue: RefCell<VecDeque<Queued>>,
    pushed: Notify,
    /// Those that a `relay` has taken, by number.
    taken: RefCell<HashMap<u32, oneshot::Sender<Verdict>>>,
    next_number: Cell<u32>,
}

impl Outbox {
    /// Sends `message`, header and body with CRLF line ends, and waits for the next host's reply.
    pub(super) async fn send(&self, target: RealAddress, message: Vec<u8>) -> Result<(), NotificationError> {
        let (sender, verdict) = oneshot::channel();
        {
            let mut queue = self.queue.borrow_mut();
            queue.retain(|queued| !queued.verdict.is_closed());
            if queue.len() >= MAX_QUEUED_NOTIFICATIONS {
                return Err(NotificationError::Deferred);
            }
            queue.push_back(Queued { target, message, verdict: sender });
        }
        self.pushed.notify_one();
        match timeout(NOTIFICATION_TIMEOUT, verdict).await {
            Ok(Ok(verdict)) if verdict.is_positive() => Ok(()),
            Ok(Ok(verdict)) if verdict.code >= 500 && verdict.origin != Origin::NoNextHost => {
                Err(NotificationError::Refused)
            }
            _ => Err(NotificationError::Deferred),
        }
    }

    /// The next notification for which somebody still waits. Cancel safe.
    pub(super) async fn next(&self) -> Notification {
        loop {
            let next = self.queue.borrow_mut().pop_front();
            match next {
                Some(queued) if queued.verdict.is_closed() => {}
                Some(Queued { target, message, verdict }) => {
                    let number = self.next_number.replace(self.next_number.get().wrapping_add(1));
                    let mut taken = self.taken.borrow_mut();
                    taken.retain(|_, verdict| !verdict.is_closed());
                    taken.insert(number, verdict);
                    if !self.queue.borrow().is_empty() {
                        self.pushed.notify_one();
                    }
                    return Notification { number, target, message };
                }
                None => self.pushed.notified().await,
            }
        }
    }

    /// Takes the next host's reply to the notification of this number.
    pub(super) fn report(&self, number: u32, verdict: Verdict) {
        if let Some(sender) = self.taken.borrow_mut().remove(&number) {
            // An error means that its sender has waited long enough and was answered.
            let _ = sender.send(verdict);
        }
    }
}

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

/// Notifications to one domain that `relay` has at the same time: a domain whose server is slow does not keep all tasks
/// of `relay` waiting.
const MAX_TAKEN_PER_DOMAIN: usize = 4;

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

/// A notification that a `relay` has.
struct Taken {
    domain: String,
    verdict: oneshot::Sender<Verdict>,
}

/// All that are on their way.
#[derive(Default)]
pub(super) struct Outbox {
    queue: RefCell<VecDeque<Queued>>,
    changed: Notify,
    /// Those that a `relay` has taken, by number.
    taken: RefCell<HashMap<u32, Taken>>,
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
        self.changed.notify_one();
        match timeout(NOTIFICATION_TIMEOUT, verdict).await {
            Ok(Ok(verdict)) if verdict.is_positive() => Ok(()),
            Ok(Ok(verdict)) if verdict.code >= 500 && verdict.origin != Origin::NoNextHost => {
                Err(NotificationError::Refused)
            }
            _ => Err(NotificationError::Deferred),
        }
    }

    /// The next notification for which somebody still waits, and whose domain has not got enough of them under way.
    /// Cancel safe.
    pub(super) async fn next(&self) -> Notification {
        loop {
            if let Some(next) = self.take() {
                if !self.queue.borrow().is_empty() {
                    self.changed.notify_one();
                }
                return next;
            }
            self.changed.notified().await;
        }
    }

    fn take(&self) -> Option<Notification> {
        let (mut queue, mut taken) = (self.queue.borrow_mut(), self.taken.borrow_mut());
        queue.retain(|queued| !queued.verdict.is_closed());
        taken.retain(|_, taken| !taken.verdict.is_closed());
        let may_be_taken = |queued: &Queued| {
            let domain = queued.target.domain();
            taken.values().filter(|taken| taken.domain == domain).count() < MAX_TAKEN_PER_DOMAIN
        };
        let at = queue.iter().position(may_be_taken)?;
        let Queued { target, message, verdict } = queue.remove(at)?;
        let number = self.next_number.replace(self.next_number.get().wrapping_add(1));
        taken.insert(number, Taken { domain: target.domain(), verdict });
        Some(Notification { number, target, message })
    }

    /// Takes the next host's reply to the notification of this number.
    pub(super) fn report(&self, number: u32, verdict: Verdict) {
        if let Some(taken) = self.taken.borrow_mut().remove(&number) {
            // An error means that its sender has waited long enough and was answered.
            let _ = taken.verdict.send(verdict);
        }
        // Others to the same domain may have waited for this.
        self.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;
    use std::time::Duration;

    /// M8: notifications to a slow domain do not keep those to another waiting.
    #[test]
    fn a_domain_has_a_share_of_the_notifications_under_way() {
        tokio::runtime::LocalRuntime::new().unwrap().block_on(async {
            let outbox = Rc::new(Outbox::default());
            let send = |target: String| {
                let (outbox, target) = (Rc::clone(&outbox), RealAddress::parse_new(&target).unwrap());
                tokio::task::spawn_local(async move { outbox.send(target, Vec::new()).await })
            };
            let slow: Vec<_> = (0..6).map(|number| send(format!("{number}@slow.example"))).collect();
            let other = send("a@other.example".to_owned());
            let mut taken = Vec::new();
            for expected in ["slow.example"; 4].into_iter().chain(["other.example"]) {
                let next = outbox.next().await;
                assert_eq!(next.target.domain(), expected);
                taken.push(next.number);
            }
            let next = || timeout(Duration::from_millis(20), outbox.next());
            assert!(next().await.is_err(), "four to the slow domain are under way");
            let delivered = Verdict { code: 250, enhanced: (2, 0, 0), origin: Origin::NextHost };
            outbox.report(taken[4], delivered);
            assert_eq!(other.await.unwrap(), Ok(()));
            assert!(next().await.is_err());
            let waiting = next();
            let (next_one, ()) = tokio::join!(waiting, async { outbox.report(taken[0], delivered) });
            assert!(next_one.is_ok_and(|next| next.target.domain() == "slow.example"));
            assert!(next().await.is_err());
            drop(slow);
        });
    }
}

//! Letters of ours on their way: who wants one sent waits until the next host has said what it thinks of it.
//!
//! The relay asks for the next letter and says later what became of it. Nothing is queued for longer than somebody
//! waits.

use crate::alias::RealAddress;
use crate::wire::relay_smtp::{Origin, Verdict};
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};
use tokio::time::timeout;

/// Letters that wait for the relay at the most.
const MOST: usize = 100;

/// How long a visitor waits for a letter to be taken.
const PATIENCE: Duration = Duration::from_secs(20);

/// One letter.
pub(super) struct Letter {
    /// To whom.
    pub(super) target: RealAddress,
    /// Header and body, CRLF line ends.
    pub(super) message: Vec<u8>,
}

/// Why a letter is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unsent {
    /// The target's mail server does not take it, now or later.
    Refused,
    /// Not now.
    Later,
}

type Told = oneshot::Sender<Verdict>;

/// All that are on their way.
#[derive(Default)]
pub(super) struct Letters {
    waiting: RefCell<VecDeque<(Letter, Told)>>,
    more: Notify,
    /// Taken by a relay, by number.
    taken: RefCell<HashMap<u32, Told>>,
    next: Cell<u32>,
}

impl Letters {
    /// Sends a letter.
    pub(super) async fn send(&self, letter: Letter) -> Result<(), Unsent> {
        let (told, verdict) = oneshot::channel();
        {
            let mut waiting = self.waiting.borrow_mut();
            waiting.retain(|(_, told)| !told.is_closed());
            if waiting.len() >= MOST {
                return Err(Unsent::Later);
            }
            waiting.push_back((letter, told));
        }
        self.more.notify_one();
        match timeout(PATIENCE, verdict).await {
            Ok(Ok(verdict)) if verdict.is_positive() => Ok(()),
            Ok(Ok(verdict)) if verdict.code >= 500 && verdict.origin != Origin::NoNextHost => Err(Unsent::Refused),
            _ => Err(Unsent::Later),
        }
    }

    /// The next letter for which somebody still waits, and its number. Cancel safe.
    pub(super) async fn take(&self) -> (u32, Letter) {
        loop {
            let next = self.waiting.borrow_mut().pop_front();
            match next {
                Some((_, told)) if told.is_closed() => {}
                Some((letter, told)) => {
                    let number = self.next.replace(self.next.get().wrapping_add(1));
                    let mut taken = self.taken.borrow_mut();
                    taken.retain(|_, told| !told.is_closed());
                    taken.insert(number, told);
                    if !self.waiting.borrow().is_empty() {
                        self.more.notify_one();
                    }
                    return (number, letter);
                }
                None => self.more.notified().await,
            }
        }
    }

    /// What the next host has said to the letter of this number.
    pub(super) fn sent(&self, number: u32, verdict: Verdict) {
        if let Some(told) = self.taken.borrow_mut().remove(&number) {
            // Who no longer waits has been told to try later.
            let _ = told.send(verdict);
        }
    }
}

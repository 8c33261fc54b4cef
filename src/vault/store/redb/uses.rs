//! Uses of aliases: whether there is one, spending it, giving it back.
//!
//! Whether a use is unsettled is known to the event loop only. It is noted before its spend is committed, and forgotten
//! after its refund is: whoever reads the record first, and then asks whether a use of it is unsettled, never takes one
//! that comes back for one that is gone.

use super::Redb;
use super::changes::{ChangeOutcome, TableChange};
use crate::alias::Standing;
use crate::channel::MaybeReady;
use crate::vault::clock;
use crate::vault::store::{AdmitOutcome, Key, Record, SpendOutcome, Step, StoreError};
use crate::wire::Ticket;
use std::rc::Rc;
use std::time::{Duration, Instant};

impl Redb {
    fn has_unsettled(&self, key: Key) -> bool {
        self.unsettled.borrow().has_any(key, Instant::now())
    }

    /// As [`Engine::admit`](crate::vault::store::Engine::admit).
    pub(super) fn admit_now(&self, key: Key) -> Result<AdmitOutcome, StoreError> {
        let Some(Record { state, sealed, .. }) = self.find(key)? else { return Ok(AdmitOutcome::No) };
        Ok(match state.standing(self.has_unsettled(key), clock::now()) {
            Standing::Alive => AdmitOutcome::Admitted { sealed, remaining: state.remaining() },
            Standing::Busy => AdmitOutcome::Busy,
            Standing::Dead => AdmitOutcome::No,
        })
    }

    /// As [`Engine::spend`](crate::vault::store::Engine::spend).
    pub(super) fn spend_use(&self, key: Key, ticket: Ticket, lifetime: Duration) -> Step<SpendOutcome> {
        if let Some(cause) = self.broken.get() {
            return MaybeReady::Ready(Err(cause.clone()));
        }
        // If the table cannot be read, the writer knows why.
        if let Ok(Some(outcome)) = self.spend_without_writing(key) {
            return MaybeReady::Ready(Ok(outcome));
        }
        let (this, contested) = (self.clone(), self.has_unsettled(key));
        self.unsettled.borrow_mut().note(key, ticket, Instant::now() + lifetime);
        self.change(TableChange::Spend(key)).map(move |answer| this.spent(key, ticket, contested, answer))
    }

    /// What a spend comes to if it writes nothing: what an owner has changed and was answered is committed, so that
    /// reading is as good as asking the writer.
    fn spend_without_writing(&self, key: Key) -> Result<Option<SpendOutcome>, StoreError> {
        let Some(Record { state, .. }) = self.find(key)? else { return Ok(Some(SpendOutcome::No)) };
        Ok(match (state.standing(self.has_unsettled(key), clock::now()), state.remaining()) {
            (Standing::Alive, None) => Some(SpendOutcome::Done { counted: false, last: false }),
            (Standing::Alive, Some(_)) => None,
            (Standing::Busy, _) => Some(SpendOutcome::Busy),
            (Standing::Dead, _) => Some(SpendOutcome::No),
        })
    }

    /// What the writer has answered to a spend; `contested` if another use was unsettled when it was submitted.
    fn spent(
        &self,
        key: Key,
        ticket: Ticket,
        contested: bool,
        answer: Result<ChangeOutcome, StoreError>,
    ) -> Result<SpendOutcome, StoreError> {
        if let Ok(ChangeOutcome::Spent { last }) = answer {
            return Ok(SpendOutcome::Done { counted: true, last });
        }
        self.unsettled.borrow_mut().remove(key, ticket);
        Ok(match answer? {
            ChangeOutcome::NotCounted => SpendOutcome::Done { counted: false, last: false },
            // The use that was missing may have been given back since.
            ChangeOutcome::UsedUp if contested || self.admit_now(key)? != AdmitOutcome::No => SpendOutcome::Busy,
            _ => SpendOutcome::No,
        })
    }

    /// As [`Engine::refund`](crate::vault::store::Engine::refund).
    pub(super) fn refund_use(&self, key: Key, ticket: Ticket) -> Step<()> {
        if !self.unsettled.borrow_mut().begin_refund(key, ticket, Instant::now()) {
            return MaybeReady::Ready(Ok(()));
        }
        let unsettled = Rc::clone(&self.unsettled);
        self.change(TableChange::Refund(key)).map(move |outcome| {
            match outcome {
                Ok(_) => unsettled.borrow_mut().remove(key, ticket),
                Err(_) => unsettled.borrow_mut().fail_refund(key, ticket),
            }
            outcome.map(drop)
        })
    }
}

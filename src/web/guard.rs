//! Who may create: the block lists and the limits, the same on every way to make something.
//!
//! 1. When it is known what is wanted, [`Knock::grant`]: who has used up its hour is refused, and who is listed too.
//! 2. On every answer, [`WebContext::announce`]: how the client stands.

use super::WebContext;
use super::answer::Answer;
use super::error::Refusal;
use super::visitor::{Client, Visitor};
use crate::wire::relay_web::{IsListed, Listing};
use hyper::Request;

/// One who wants to create.
pub(super) struct Knock<'a> {
    context: &'a WebContext,
    client: Client,
}

impl WebContext {
    /// Who sends this, and wants to create.
    pub(super) fn knock<B>(&self, request: &Request<B>) -> Knock<'_> {
        Knock { context: self, client: self.visitor(request).client }
    }

    /// Says on an answer how its visitor stands, if it is limited.
    pub(super) fn announce(&self, visitor: Visitor, answer: &mut Answer) {
        if let Some(allowance) = self.limiter.look(visitor.client) {
            allowance.announce(answer);
        }
    }
}

impl Knock<'_> {
    /// Lets it create `count`, and counts them. What a client may ask the DNS through us is bounded thereby, too.
    async fn admit(&self, count: u32) -> Result<(), Refusal> {
        self.context.limiter.take(self.client, count).map_err(Refusal::TooMany)?;
        if !self.context.fixed.asks_blocklists {
            return Ok(());
        }
        let ask = |address| self.context.relay.call(IsListed { address });
        for answer in self.client.public_addresses().map(ask).collect::<Vec<_>>() {
            // Silence is no listing.
            if answer.await == Ok(Listing::Yes) {
                return Err(Refusal::Listed);
            }
        }
        Ok(())
    }

    /// Does the `work` that creates `count`, if the visitor is let.
    ///
    /// # Errors
    /// [`Refusal::Listed`], [`Refusal::TooMany`], and those of the work. What comes to nothing by our fault does not
    /// count.
    pub(super) async fn grant<T>(
        self,
        count: u32,
        work: impl Future<Output = Result<T, Refusal>>,
    ) -> Result<T, Refusal> {
        self.admit(count).await?;
        let done = work.await;
        if matches!(done, Err(Refusal::Unavailable)) {
            self.context.limiter.give_back(self.client, count);
        }
        done
    }
}

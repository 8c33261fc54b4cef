//! Who may create: the block lists and the limits, the same on every way to make something.
//!
//! 1. Before the body is read, [`House::knock`]: the block lists are asked meanwhile.
//! 2. When it is known what is wanted, [`Knock::grant`]: who is listed is refused, who has used up its hour too.
//! 3. On every answer, [`House::announce`]: how the client stands.

use super::House;
use super::answer::Answer;
use super::refusal::Refusal;
use super::visitor::{Client, Visitor};
use crate::wire::listed;
use hyper::Request;
use std::pin::Pin;

/// One who wants to create.
pub(super) struct Knock<'a> {
    house: &'a House,
    client: Client,
    listed: Option<Pin<Box<dyn Future<Output = bool>>>>,
}

impl House {
    /// Begins to find out whether who sends this may create.
    pub(super) fn knock<B>(&self, request: &Request<B>) -> Knock<'_> {
        let client = self.visitor(request).client;
        // Who will be refused anyway is nobody's question.
        let spent = self.limiter.look(client).is_some_and(|allowance| allowance.remaining == 0);
        let address = client.public_address().filter(|_| self.settings.dnsbl && !spent);
        let listed = address.map(|address| {
            let answer = self.relay.ask(listed::Request::Listed { address });
            // Silence is no listing.
            let listed = async { answer.await == Ok(listed::Answer::Yes) };
            Box::pin(listed) as Pin<Box<dyn Future<Output = bool>>>
        });
        Knock { house: self, client, listed }
    }

    /// Says on an answer how its visitor stands, if it is limited.
    pub(super) fn announce(&self, visitor: Visitor, answer: &mut Answer) {
        if let Some(allowance) = self.limiter.look(visitor.client) {
            allowance.announce(answer);
        }
    }
}

impl Knock<'_> {
    /// Lets it create `count`, and counts them.
    ///
    /// # Errors
    /// [`Refusal::Listed`], [`Refusal::TooMany`].
    async fn admit(&mut self, count: u32) -> Result<(), Refusal> {
        if let Some(listed) = self.listed.take()
            && listed.await
        {
            return Err(Refusal::Listed);
        }
        self.house.limiter.take(self.client, count).map_err(Refusal::TooMany)
    }

    /// Does the `work` that creates `count`, if the visitor is let.
    ///
    /// # Errors
    /// [`Refusal::Listed`], [`Refusal::TooMany`], and those of the work. What comes to nothing by our fault does not
    /// count.
    pub(super) async fn grant<T>(
        mut self,
        count: u32,
        work: impl Future<Output = Result<T, Refusal>>,
    ) -> Result<T, Refusal> {
        self.admit(count).await?;
        let done = work.await;
        if matches!(done, Err(Refusal::Unavailable)) {
            self.house.limiter.give_back(self.client, count);
        }
        done
    }
}

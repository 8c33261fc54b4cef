//! Who may create: block lists and the rate limit, the same on every way to create something.
//!
//! 1. When it is known what is wanted, [`CreationGuard::grant`]: a client that has reached its rate limit is refused,
//!    and so is one that is on a block list.
//! 2. On every answer, the rate limit's header fields: how the client stands.

use super::answer::Answer;
use super::context::WebContext;
use super::error::WebError;
use super::request::RequestContext;
use super::visitor::{ClientAddress, Visitor};
use crate::wire::relay_web::{IsListed, Listing};

/// Stands before everything that creates.
pub(super) struct CreationGuard<'a> {
    context: &'a WebContext,
    client: ClientAddress,
}

impl WebContext {
    /// For a request that wants to create.
    pub(super) fn creation_guard(&self, request: &RequestContext) -> CreationGuard<'_> {
        CreationGuard { context: self, client: request.visitor.client }
    }

    /// Says on an answer how its visitor stands, if it is limited.
    pub(super) fn set_rate_limit_headers(&self, visitor: Visitor, answer: &mut Answer) {
        if let Some(allowance) = self.rate_limiter.allowance(visitor.client) {
            allowance.set_headers(answer);
        }
    }
}

impl CreationGuard<'_> {
    /// Lets the client create `count`, and counts them. This also bounds what a client can ask the DNS through us.
    async fn take(&self, count: u32) -> Result<(), WebError> {
        self.context.rate_limiter.take(self.client, count).map_err(WebError::RateLimited)?;
        if !self.context.fixed.asks_blocklists {
            return Ok(());
        }
        let ask = |address| self.context.relay.call(IsListed { address });
        for answer in self.client.public_addresses().map(ask).collect::<Vec<_>>() {
            // No answer counts as not listed, so that a DNS outage blocks nobody.
            if answer.await == Ok(Listing::Yes) {
                return Err(WebError::Listed);
            }
        }
        Ok(())
    }

    /// Does the `work` that creates `count`, if the client is let.
    ///
    /// # Errors
    /// [`WebError::Listed`], [`WebError::RateLimited`], and those of the work. What comes to nothing because the store
    /// is away does not count.
    pub(super) async fn grant<T>(
        self,
        count: u32,
        work: impl Future<Output = Result<T, WebError>>,
    ) -> Result<T, WebError> {
        self.take(count).await?;
        let done = work.await;
        if matches!(done, Err(WebError::Unavailable)) {
            self.context.rate_limiter.give_back(self.client, count);
        }
        done
    }
}

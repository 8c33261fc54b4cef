//! The content of a message on its way to the next host, from DATA to the reply to the final dot, and with it the uses.

use super::context::RelayContext;
use super::envelope::Envelope;
use super::pooled::PooledConnection;
use super::reopening::begin_again;
use super::uses::{SpentUses, Uses};
use super::verdict::{self, connection_lost};
use crate::net::smtp_client::ConnectionLost;
use crate::proto::status::Status;
use crate::wire::relay_smtp::Verdict;

/// As much content is kept before it is sent on, in octets; less goes out together with the final dot.
pub(super) const CONTENT_BLOCK_OCTETS: usize = 64 * 1024;

/// DATA, and the content that was `kept`, which is the first to go out. Else the verdict on the message.
pub(super) async fn begin_content(
    mut pooled: Box<PooledConnection>,
    kept: &[u8],
    envelope: &Envelope,
    context: &RelayContext,
) -> Result<Box<PooledConnection>, Verdict> {
    let mut reply = pooled.data().await;
    if reply.is_err() && pooled.reused {
        pooled = begin_again(envelope, *pooled, &[], context).await?.0;
        reply = pooled.data().await;
    }
    match reply {
        Ok(Ok(())) => {
            pooled.connection.content(kept).map(|()| pooled).map_err(|loss| connection_lost("content", &loss))
        }
        Ok(Err(refusal)) => {
            context.pool.reset_and_put(*pooled).await;
            Err(verdict::from_status(refusal))
        }
        Err(loss) => Err(connection_lost("DATA", &loss)),
    }
}

/// Spends first, so that a refusal leaves the connection as it is.
pub(super) async fn spend_and_begin_content(
    pooled: Box<PooledConnection>,
    kept: &[u8],
    envelope: &Envelope,
    uses: &Uses,
    context: &RelayContext,
) -> Result<(Box<PooledConnection>, SpentUses), Verdict> {
    let spent = match uses.spend(&context.vault).await {
        Ok(spent) => spent,
        Err(verdict) => {
            context.pool.reset_and_put(*pooled).await;
            return Err(verdict);
        }
    };
    match begin_content(pooled, kept, envelope, context).await {
        Ok(pooled) => Ok((pooled, spent)),
        Err(verdict) => {
            spent.refund(&context.vault).await;
            Err(verdict)
        }
    }
}

/// Both at once, so that it takes no longer than the slower of them.
pub(super) async fn begin_content_and_spend(
    pooled: Box<PooledConnection>,
    kept: &[u8],
    envelope: &Envelope,
    uses: &Uses,
    context: &RelayContext,
) -> Result<(Box<PooledConnection>, SpentUses), Verdict> {
    match tokio::join!(begin_content(pooled, kept, envelope, context), uses.spend(&context.vault)) {
        (Ok(pooled), Ok(spent)) => Ok((pooled, spent)),
        (Err(verdict), Ok(spent)) => {
            spent.refund(&context.vault).await;
            Err(verdict)
        }
        // Closed without its final dot, the message does not exist (RFC 5321 §4.1.1.4).
        (Ok(_), Err(verdict)) | (Err(verdict), Err(_)) => Err(verdict),
    }
}

/// Sends content on. The host's refusal if it takes no more.
pub(super) async fn stream(pooled: &mut PooledConnection, content: &[u8]) -> Result<Option<Status>, ConnectionLost> {
    if let Some(stream) = pooled.permit.stream() {
        stream.add(content.len());
    }
    pooled.connection.content(content)?;
    if pooled.connection.unflushed() >= CONTENT_BLOCK_OCTETS {
        pooled.connection.flush_content().await
    } else {
        Ok(None)
    }
}

/// The final dot, and what the next host says to it. Once the dot is out the message may be the host's: unless the host
/// refuses, the `spent` uses count.
pub(super) async fn end_content(mut pooled: PooledConnection, spent: &SpentUses, context: &RelayContext) -> Verdict {
    match pooled.end().await {
        Ok(status) => {
            if pooled.connection.is_ready() {
                context.pool.put(pooled);
            }
            if status.is_positive() {
                spent.settle(&context.vault).await;
            } else {
                spent.refund(&context.vault).await;
            }
            verdict::from_status(status)
        }
        Err(loss) if loss.dot_flushed => {
            spent.settle(&context.vault).await;
            connection_lost("reply to the final dot", &loss)
        }
        Err(loss) => {
            spent.refund(&context.vault).await;
            connection_lost("final dot", &loss)
        }
    }
}

//! A transaction that begins again on a new connection: the next host may close the connection that it has, or refuse to
//! go on with it, at any time before the content.

use super::context::RelayContext;
use super::envelope::{Envelope, mail_for, missing_extension};
use super::pool::ConnectError;
use super::pooled::PooledConnection;
use super::verdict::{self, CONNECTION_LOST, REFUSES_US, UNREACHABLE, connection_lost};
use crate::alias::RealAddress;
use crate::proto::status::Status;
use crate::wire::relay_smtp::Verdict;

/// Says the envelope, with `more` recipients, on a new connection in place of one that was lost before the content. The
/// statuses of those that are new. The client was told that the others are accepted, so that the transaction has failed
/// unless they are accepted again.
pub(super) async fn begin_again(
    envelope: &Envelope,
    lost: PooledConnection,
    more: &[&RealAddress],
    context: &RelayContext,
) -> Result<(Box<PooledConnection>, Vec<Status>), Verdict> {
    let accepted = &envelope.recipients;
    let mut pooled = context.pool.replace(lost).await.map(Box::new).map_err(|ConnectError| UNREACHABLE)?;
    let extensions = pooled.connection.extensions();
    let mut mail = mail_for(&envelope.client_mail, accepted, extensions);
    mail.reverse_path.clone_from(&envelope.mail.reverse_path);
    if mail.utf8 != envelope.mail.utf8 || missing_extension(&mail, extensions).is_some() {
        // Another host than before, behind the same name.
        context.pool.put(*pooled);
        return Err(CONNECTION_LOST);
    }
    let targets: Vec<_> = accepted.iter().map(|recipient| &recipient.target).chain(more.iter().copied()).collect();
    let refusal = match pooled.mail(&mail, envelope.names_us(), &targets).await {
        Ok(Ok(mut statuses)) => {
            let more = statuses.split_off(accepted.len());
            match statuses.into_iter().find(|status| !status.is_positive()) {
                Some(refusal) => refusal,
                None => return Ok((pooled, more)),
            }
        }
        Ok(Err(refusal)) if verdict::refuses_mail_of_us(refusal, envelope.names_us()) => {
            context.pool.reset_and_put(*pooled).await;
            return Err(REFUSES_US);
        }
        Ok(Err(refusal)) => refusal,
        Err(loss) => return Err(connection_lost("MAIL", &loss)),
    };
    context.pool.reset_and_put(*pooled).await;
    // A refusal of one recipient is nothing to tell the others.
    Err(if targets.len() == 1 { verdict::from_status(refusal) } else { CONNECTION_LOST })
}

//! One connection from `smtp`: transactions one after the other.
//!
//! 1. Recipients that came in one piece are redeemed and offered together, so that they can be pipelined.
//! 2. Content goes to the transaction as it comes. As long as the next host does not take it, nothing is read here:
//!    `smtp` waits, and with it the client (backpressure).
//! 3. When `smtp` closes the connection, the transaction that is under way is aborted.

use super::context::RelayContext;
use super::delivery::Delivery;
use crate::channel::Stream;
use crate::proto::client::MailFrom;
use crate::runtime::consume;
use crate::wire::Ticket;
use crate::wire::frame;
use crate::wire::relay_smtp::{ToRelay, ToSmtp};
use std::io;

/// Serves the connection until `smtp` closes it.
///
/// # Errors
/// Frames that no honest process sends: then this process ends.
pub(super) async fn serve(stream: Stream, context: &RelayContext) -> io::Result<()> {
    let mut input = Vec::new();
    let mut output = Vec::new();
    let mut delivery: Option<Box<Delivery>> = None;
    loop {
        let mut taken = 0;
        let mut tickets = Vec::new();
        while let Some((message, length)) = frame::decode::<ToRelay<'_>>(&input[taken..]).map_err(io::Error::other)? {
            // Recipients that came together are offered together.
            if let ToRelay::Recipient { ticket } = message {
                tickets.push(ticket);
                taken += length;
                continue;
            }
            add_recipients(&mut delivery, &mut tickets, context, &mut output).await?;
            taken += length;
            match (message, &mut delivery) {
                (ToRelay::Begin { reverse_path, size, eight_bit, utf8, client }, None) => {
                    let mail = MailFrom { reverse_path: reverse_path.to_owned(), size, eight_bit, utf8 };
                    delivery = Some(Box::new(Delivery::new(mail, Some(client))));
                }
                (ToRelay::Chunk(content), Some(under_way)) => {
                    if let Some(verdict) = under_way.add_content(content, context).await {
                        push(&ToSmtp::Verdict(verdict), &mut output)?;
                    }
                }
                (ToRelay::End, Some(under_way)) => {
                    if let Some(verdict) = under_way.end(context).await {
                        push(&ToSmtp::Verdict(verdict), &mut output)?;
                    }
                    delivery = None;
                }
                (ToRelay::Abort, _) => {
                    if let Some(aborted) = delivery.take() {
                        aborted.abort(context).await;
                    }
                    push(&ToSmtp::Aborted, &mut output)?;
                }
                _ => return Err(io::Error::other(frame::DecodeError)),
            }
        }
        add_recipients(&mut delivery, &mut tickets, context, &mut output).await?;
        consume(&mut input, taken);
        // If `smtp` has gone and the verdict cannot be written, that is the same as if it had closed the connection.
        let written = if output.is_empty() { Ok(()) } else { stream.write_all(&output).await };
        output.clear();
        if input.is_empty() {
            input = Vec::new();
        }
        let more = match (written, &mut delivery) {
            (Err(cause), _) => Err(cause),
            (Ok(()), None) => stream.read(&mut input).await,
            (Ok(()), Some(under_way)) => tokio::select! {
                biased;
                more = stream.read(&mut input) => more,
                verdict = under_way.cut() => {
                    push(&ToSmtp::Verdict(verdict), &mut output)?;
                    continue;
                }
            },
        };
        if !more.is_ok_and(|octets| octets > 0) {
            if let Some(abandoned) = delivery.take() {
                abandoned.abort(context).await;
            }
            return Ok(());
        }
    }
}

async fn add_recipients(
    delivery: &mut Option<Box<Delivery>>,
    tickets: &mut Vec<Ticket>,
    context: &RelayContext,
    output: &mut Vec<u8>,
) -> io::Result<()> {
    if tickets.is_empty() {
        return Ok(());
    }
    let Some(delivery) = delivery else { return Err(io::Error::other(frame::DecodeError)) };
    for verdict in delivery.add_recipients(&std::mem::take(tickets), context).await {
        push(&ToSmtp::Verdict(verdict), output)?;
    }
    Ok(())
}

fn push(message: &ToSmtp, output: &mut Vec<u8>) -> io::Result<()> {
    frame::encode(message, output).map_err(io::Error::other)
}

//! One delivery: a mail transaction with the next host, and the counting of its uses.
//!
//! 1. Recipients: tickets become real addresses, each with its route. The first ones take a connection of their route
//!    from the pool. MAIL and RCPT go out in one piece (PIPELINING).
//! 2. Content is kept until there is a block of it. Then DATA is said, and content is streamed: whoever has content for
//!    us waits until the host has taken what there was before (backpressure).
//! 3. The end: the vault judges every alias once more, and spends the uses that are counted, durably; only then does the
//!    final dot go out. Spending takes as long as a disk does, so that a short message's DATA is said meanwhile. Where
//!    few uses are left it is said afterwards: there is no way out of DATA but to close the connection.
//! 4. `2xx`: done. `4xx`, `5xx`: the uses are given back. No reply: the message is in doubt, and they stay spent.
//!
//! A reused connection that is lost before the content, or on which the host takes no MAIL for now, is replaced by a new
//! one, once: the host may only not have wanted to keep it for longer.

use super::content::{
    CONTENT_BLOCK_OCTETS, begin_content, begin_content_and_spend, end_content, spend_and_begin_content, stream,
};
use super::context::RelayContext;
use super::envelope::{Envelope, EnvelopeRecipient, mail_for, missing_extension};
use super::permits::Requester;
use super::pool::ConnectError;
use super::pooled::PooledConnection;
use super::reopening::begin_again;
use super::verdict::{
    self, CONNECTION_LOST, DEAD, FORGED, NO_VAULT, TICKET_EXPIRED, TOO_SLOW, UNREACHABLE, connection_lost,
};
use crate::alias::RealAddress;
use crate::proto::client::MailFrom;
use crate::wire::Ticket;
use crate::wire::metrics::Metric;
use crate::wire::relay_smtp::{ClientNetwork, Origin, Verdict};
use crate::wire::vault_relay::{Redeem, RedeemAnswer};
use std::mem;
use tracing::info;

/// How far it has come.
enum Stage {
    /// The next host has accepted no recipient.
    Empty,
    /// The next host has accepted recipients; what there is of the content.
    Open(Box<PooledConnection>, Vec<u8>),
    /// DATA was accepted, content is on its way.
    Streaming(Box<PooledConnection>),
    /// It cannot succeed any more; whoever asks gets this verdict.
    Failed(Verdict),
    /// The verdict on the message has been given, before its end.
    Ended,
}

/// The relay's side of a mail transaction.
pub(super) struct Delivery {
    /// Where the client is; `None` for a notification of our own.
    client: Option<ClientNetwork>,
    envelope: Envelope,
    stage: Stage,
}

impl Delivery {
    /// Begun by the client's MAIL.
    pub(super) fn new(client_mail: MailFrom, client: Option<ClientNetwork>) -> Self {
        let envelope = Envelope { client_mail, ..Envelope::default() };
        Self { client, envelope, stage: Stage::Empty }
    }

    /// Offers the recipients behind `tickets` to the next host: a verdict for each, in order.
    pub(super) async fn add_recipients(&mut self, tickets: &[Ticket], context: &RelayContext) -> Vec<Verdict> {
        let mut offered = Vec::with_capacity(tickets.len());
        let mut refused = Vec::with_capacity(tickets.len());
        for redeemed in self.redeem(tickets, context).await {
            refused.push(redeemed.map(|recipient| offered.push(recipient)).err());
        }
        let verdicts = if offered.is_empty() { Vec::new() } else { self.offer(offered, context).await };
        fill_in(refused, verdicts)
    }

    /// Offers one recipient whose mail is not counted: a verdict.
    pub(super) async fn add_uncounted(&mut self, target: RealAddress, context: &RelayContext) -> Verdict {
        let route = context.routes.route_of(&target);
        let recipient = EnvelopeRecipient { target, route, reverse_path: String::new(), ticket: None, scarce: false };
        self.offer(vec![recipient], context).await.pop().unwrap_or(NO_VAULT)
    }

    async fn redeem(&self, tickets: &[Ticket], context: &RelayContext) -> Vec<Result<EnvelopeRecipient, Verdict>> {
        let call = |&ticket: &Ticket| {
            let reverse_path = self.envelope.client_mail.reverse_path.clone();
            (ticket, context.vault.call(Redeem { ticket, reverse_path }))
        };
        // All are requested before the first answer is awaited.
        let calls: Vec<_> = tickets.iter().map(call).collect();
        let mut redeemed = Vec::with_capacity(calls.len());
        for (ticket, answer) in calls {
            redeemed.push(match answer.await {
                Ok(RedeemAnswer::Redeemed { target, reverse_path, scarce }) => {
                    let route = context.routes.route_of(&target);
                    Ok(EnvelopeRecipient { target, route, reverse_path, ticket: Some(ticket), scarce })
                }
                Ok(RedeemAnswer::No) => Err(TICKET_EXPIRED),
                Ok(RedeemAnswer::Dead) => Err(DEAD),
                Ok(RedeemAnswer::Forged) => Err(FORGED),
                Ok(RedeemAnswer::Unavailable) | Err(_) => Err(NO_VAULT),
            });
        }
        redeemed
    }

    /// Offers recipients, of which there is at least one: a verdict for each, in order.
    async fn offer(&mut self, offered: Vec<EnvelopeRecipient>, context: &RelayContext) -> Vec<Verdict> {
        match mem::replace(&mut self.stage, Stage::Ended) {
            Stage::Empty => self.open(offered, context).await,
            Stage::Open(mut pooled, content) => {
                let obstacles = self.obstacles(&offered, &pooled);
                let more = targets(&offered, &obstacles);
                let replied = match pooled.rcpt(&more).await {
                    Ok(statuses) if !pooled.is_given_up(&statuses) => Ok((pooled, statuses)),
                    Ok(_) | Err(_) if pooled.reused => begin_again(&self.envelope, *pooled, &more, context).await,
                    Ok(_) => Err(CONNECTION_LOST),
                    Err(loss) => Err(connection_lost("RCPT", &loss)),
                };
                match replied {
                    Ok((pooled, statuses)) => {
                        self.stage = Stage::Open(pooled, content);
                        let verdicts = statuses.into_iter().map(verdict::from_status).collect();
                        self.accept(offered, fill_in(obstacles, verdicts))
                    }
                    Err(verdict) => self.fail(verdict, offered.len()),
                }
            }
            Stage::Failed(verdict) => self.fail(verdict, offered.len()),
            // `smtp` never names a recipient after content.
            Stage::Streaming(_) | Stage::Ended => self.fail(CONNECTION_LOST, offered.len()),
        }
    }

    /// The first recipients: with MAIL, on a connection from the pool.
    async fn open(&mut self, offered: Vec<EnvelopeRecipient>, context: &RelayContext) -> Vec<Verdict> {
        let Some(first) = offered.first() else { return Vec::new() };
        let requester = Requester { client: self.client, domain: context.domains.domain_of(&first.target) };
        let mut pooled = match context.pool.get(&first.route, requester).await {
            Ok(pooled) => Box::new(pooled),
            Err(ConnectError) => return self.fail(UNREACHABLE, offered.len()),
        };
        loop {
            self.envelope.mail = mail_for(&self.envelope.client_mail, &offered, pooled.connection.extensions());
            if let Some(verdict) = missing_extension(&self.envelope.mail, pooled.connection.extensions()) {
                context.pool.put(*pooled);
                return self.fail(verdict, offered.len());
            }
            let obstacles = self.obstacles(&offered, &pooled);
            let targets = targets(&offered, &obstacles);
            let Some(first) = without_obstacle(&offered, &obstacles).next() else {
                context.pool.put(*pooled);
                self.stage = Stage::Empty;
                return fill_in(obstacles, Vec::new());
            };
            self.envelope.mail.reverse_path.clone_from(&first.reverse_path);
            let refusal = match pooled.mail(&self.envelope.mail, self.envelope.names_us(), &targets).await {
                Ok(Ok(statuses)) if !pooled.is_given_up(&statuses) => {
                    if statuses.iter().any(|status| status.is_positive()) {
                        self.stage = Stage::Open(pooled, Vec::new());
                    } else {
                        // Without recipients, the connection goes back to the pool.
                        context.pool.reset_and_put(*pooled).await;
                        self.stage = Stage::Empty;
                    }
                    let verdicts = statuses.into_iter().map(verdict::from_status).collect();
                    return self.accept(offered, fill_in(obstacles, verdicts));
                }
                // Only a reused connection is given up.
                Ok(Ok(_)) => UNREACHABLE,
                Ok(Err(refusal)) if pooled.reused && refusal.is_transient() => verdict::from_status(refusal),
                Ok(Err(refusal)) => {
                    context.pool.reset_and_put(*pooled).await;
                    return self.fail(verdict::from_mail_status(refusal, self.envelope.names_us()), offered.len());
                }
                Err(_) if pooled.reused => UNREACHABLE,
                Err(loss) => return self.fail(connection_lost("MAIL", &loss), offered.len()),
            };
            // The host may have closed the connection just when it was wanted, or may take no more mail on it. No
            // recipient was answered, so all can be repeated.
            match context.pool.replace(*pooled).await {
                Ok(new) => pooled = Box::new(new),
                Err(ConnectError) => return self.fail(refusal, offered.len()),
            }
        }
    }

    fn obstacles(&self, offered: &[EnvelopeRecipient], pooled: &PooledConnection) -> Vec<Option<Verdict>> {
        let (route, extensions) = (pooled.route(), pooled.connection.extensions());
        offered.iter().map(|recipient| recipient.obstacle(&self.envelope.mail, route, extensions)).collect()
    }

    /// Keeps the recipients that were accepted; `verdicts` has one for each of `offered`.
    fn accept(&mut self, offered: Vec<EnvelopeRecipient>, verdicts: Vec<Verdict>) -> Vec<Verdict> {
        let accepted = offered.into_iter().zip(&verdicts).filter(|(_, verdict)| verdict.is_positive());
        self.envelope.recipients.extend(accepted.map(|(recipient, _)| recipient));
        verdicts
    }

    fn fail(&mut self, verdict: Verdict, recipients: usize) -> Vec<Verdict> {
        self.stage = Stage::Failed(verdict);
        vec![verdict; recipients]
    }

    /// Takes content, and sends on what is more than a block. A verdict if the message has failed before its end.
    pub(super) async fn add_content(&mut self, content: &[u8], context: &RelayContext) -> Option<Verdict> {
        let mut pooled = match mem::replace(&mut self.stage, Stage::Ended) {
            Stage::Open(pooled, mut kept) if kept.len() + content.len() < CONTENT_BLOCK_OCTETS => {
                kept.extend_from_slice(content);
                self.stage = Stage::Open(pooled, kept);
                return None;
            }
            Stage::Open(pooled, kept) => match begin_content(pooled, &kept, &self.envelope, context).await {
                Ok(mut pooled) => {
                    pooled.permit.begin_stream();
                    pooled
                }
                Err(verdict) => return Some(verdict),
            },
            Stage::Streaming(pooled) => pooled,
            Stage::Failed(verdict) => return Some(verdict),
            Stage::Empty => return Some(NO_VAULT),
            Stage::Ended => return None,
        };
        match stream(&mut pooled, content).await {
            Ok(None) => {
                self.stage = Stage::Streaming(pooled);
                None
            }
            Ok(Some(refusal)) => Some(verdict::from_status(refusal)),
            Err(loss) => Some(connection_lost("content", &loss)),
        }
    }

    /// The message is complete: have it counted, then end it. The verdict, unless it was given before.
    pub(super) async fn end(&mut self, context: &RelayContext) -> Option<Verdict> {
        let uses = self.envelope.uses();
        let ready = match mem::replace(&mut self.stage, Stage::Ended) {
            Stage::Open(pooled, kept) if self.envelope.is_scarce() => {
                spend_and_begin_content(pooled, &kept, &self.envelope, &uses, context).await
            }
            Stage::Open(pooled, kept) => begin_content_and_spend(pooled, &kept, &self.envelope, &uses, context).await,
            Stage::Streaming(pooled) => uses.spend(&context.vault).await.map(|spent| (pooled, spent)),
            Stage::Failed(verdict) => Err(verdict),
            Stage::Empty => Err(NO_VAULT),
            Stage::Ended => return None,
        };
        let (pooled, spent) = match ready {
            Ok(ready) => ready,
            Err(verdict) => return Some(verdict),
        };
        let verdict = end_content(*pooled, &spent, context).await;
        context.recorder.increment(match verdict.code {
            _ if verdict.origin != Origin::NextHost => Metric::RelayRepliesLost,
            200..300 => Metric::RelayReplies2xx,
            400..500 => Metric::RelayReplies4xx,
            _ => Metric::RelayReplies5xx,
        });
        Some(verdict)
    }

    /// Waits until its connection is wanted for others because the client is slow: the verdict on the message. Cancel
    /// safe, and to be awaited only together with more of the client's.
    pub(super) async fn cut(&mut self) -> Verdict {
        match &self.stage {
            Stage::Streaming(pooled) => match pooled.permit.stream() {
                Some(stream) => stream.cut().await,
                None => std::future::pending().await,
            },
            _ => std::future::pending().await,
        }
        // Closed without its final dot, the message does not exist (RFC 5321 §4.1.1.4).
        self.stage = Stage::Ended;
        info!("a slow stream is cut, its connection to the next host is wanted for others");
        TOO_SLOW
    }

    /// Ends it without delivery. Nothing was spent.
    pub(super) async fn abort(self, context: &RelayContext) {
        match self.stage {
            Stage::Open(pooled, _) => context.pool.reset_and_put(*pooled).await,
            // There is no way out of DATA but to hang up.
            Stage::Streaming(_) | Stage::Empty | Stage::Failed(_) | Stage::Ended => {}
        }
    }
}

/// Those of `offered` that can be named.
fn without_obstacle<'r>(
    offered: &'r [EnvelopeRecipient],
    obstacles: &[Option<Verdict>],
) -> impl Iterator<Item = &'r EnvelopeRecipient> {
    offered.iter().zip(obstacles).filter(|(_, obstacle)| obstacle.is_none()).map(|(recipient, _)| recipient)
}

fn targets<'r>(offered: &'r [EnvelopeRecipient], obstacles: &[Option<Verdict>]) -> Vec<&'r RealAddress> {
    without_obstacle(offered, obstacles).map(|recipient| &recipient.target).collect()
}

/// `known` with the gaps filled by `verdicts`, in order.
fn fill_in(known: Vec<Option<Verdict>>, verdicts: Vec<Verdict>) -> Vec<Verdict> {
    let mut verdicts = verdicts.into_iter();
    known.into_iter().filter_map(|known| known.or_else(|| verdicts.next())).collect()
}

//! One mail transaction with the next host, and the counting of its uses.
//!
//! 1. Recipients: tickets become real addresses; MAIL and RCPT go out in one piece.
//! 2. DATA, when more content has come than is kept, or all of it.
//! 3. The end: every counted use is spent, durably; only then does the final dot go out. Spending takes
//!    as long as a disk does, so a short message's DATA is said meanwhile.
//! 4. `2xx`: done. `4xx`, `5xx`: the uses are given back. No answer: in doubt, they stay spent.

use super::RelayContext;
use super::pool::Unreachable;
use super::upstream::{Lost, Upstream};
use super::uses::Uses;
use super::verdict::{
    CONNECTION_LOST, NEEDS_8BITMIME, NEEDS_SMTPUTF8, NO_VAULT, SEPARATELY, TICKET_RAN_OUT, UNREACHABLE, is_refusal,
    judge,
};
use crate::alias::RealAddress;
use crate::proto::dot_stuffing::DotStuffer;
use crate::proto::status::Status;
use crate::wire::Ticket;
use crate::wire::metrics::Metric;
use crate::wire::relay_smtp::{Origin, Verdict};
use crate::wire::vault_relay::{Redeem, RedeemAnswer};
use std::mem;

/// As much content is kept before it is sent on; less goes out together with the final dot.
const BLOCK: usize = 64 * 1024;

/// What our trace headers add to a message, for SIZE.
const TRACE: u64 = 1024;

/// MAIL as the client gave it.
pub(super) struct Envelope {
    pub(super) reverse_path: String,
    pub(super) size: Option<u64>,
    pub(super) eight_bit: bool,
    pub(super) utf8: bool,
}

/// How far it has come.
enum Stage {
    /// Nothing was said to the next host.
    Fresh,
    /// MAIL was accepted; what there is of the content.
    Open(Box<Upstream>, Vec<u8>),
    /// DATA was accepted, content is on its way.
    Sending(Box<Upstream>, DotStuffer),
    /// It cannot succeed any more; whoever asks gets this verdict.
    Failed(Verdict),
    /// The verdict on the message has been given, before its end.
    Told,
}

/// The transaction.
pub(super) struct Transaction {
    envelope: Envelope,
    stage: Stage,
    /// Whether MAIL said SMTPUTF8.
    utf8: bool,
    uses: Uses,
}

/// A ticket that was redeemed, or whom a letter of ours is for.
struct Redeemed {
    target: RealAddress,
    reverse_path: String,
    /// The ticket whose use must be spent.
    counted: Option<Ticket>,
}

impl Transaction {
    pub(super) fn new(envelope: Envelope) -> Self {
        Self { envelope, stage: Stage::Fresh, utf8: false, uses: Uses::default() }
    }

    /// Offers recipients to the next host: a verdict for each, in order.
    pub(super) async fn recipients(&mut self, tickets: &[Ticket], context: &RelayContext) -> Vec<Verdict> {
        let redeemed = self.redeem(tickets, context).await;
        let offered: Vec<&Redeemed> = redeemed.iter().filter_map(|r| r.as_ref().ok()).collect();
        let verdicts = if offered.is_empty() { Vec::new() } else { self.offer(&offered, context).await };
        for (recipient, verdict) in offered.iter().zip(&verdicts) {
            if let Some(ticket) = recipient.counted.filter(|_| verdict.is_positive()) {
                self.uses.add(ticket);
            }
        }
        let mut verdicts = verdicts.into_iter();
        redeemed.iter().filter_map(|r| r.as_ref().err().copied().or_else(|| verdicts.next())).collect()
    }

    async fn redeem(&self, tickets: &[Ticket], context: &RelayContext) -> Vec<Result<Redeemed, Verdict>> {
        let ask = |&ticket: &Ticket| {
            let reverse_path = self.envelope.reverse_path.clone();
            (ticket, context.vault.call(Redeem { ticket, reverse_path }))
        };
        // All are asked before the first answer is awaited.
        let asked: Vec<_> = tickets.iter().map(ask).collect();
        let mut redeemed = Vec::with_capacity(asked.len());
        for (ticket, answer) in asked {
            redeemed.push(match answer.await {
                Ok(RedeemAnswer::Redeemed { target, reverse_path, counted }) => {
                    Ok(Redeemed { target, reverse_path, counted: counted.then_some(ticket) })
                }
                Ok(RedeemAnswer::No) => Err(TICKET_RAN_OUT),
                Ok(RedeemAnswer::Unavailable) | Err(_) => Err(NO_VAULT),
            });
        }
        redeemed
    }

    /// Names whom a letter of ours is for.
    pub(super) async fn address(&mut self, target: RealAddress, context: &RelayContext) -> Verdict {
        let addressee = Redeemed { target, reverse_path: String::new(), counted: None };
        self.offer(&[&addressee], context).await.pop().unwrap_or(NO_VAULT)
    }

    async fn offer(&mut self, offered: &[&Redeemed], context: &RelayContext) -> Vec<Verdict> {
        match mem::replace(&mut self.stage, Stage::Told) {
            Stage::Fresh => self.open(offered, context).await,
            Stage::Open(mut upstream, content) => {
                let fit = self.fit(offered, &upstream);
                match self.say_rcpt(&mut upstream, &fit, context).await {
                    Ok(verdicts) => {
                        let verdicts = self.with_unfit(offered, &upstream, verdicts);
                        self.stage = Stage::Open(upstream, content);
                        verdicts
                    }
                    Err(Lost) => self.fail(CONNECTION_LOST, offered.len()),
                }
            }
            Stage::Failed(verdict) => self.fail(verdict, offered.len()),
            // `smtp` never names a recipient after content.
            Stage::Sending(..) | Stage::Told => self.fail(CONNECTION_LOST, offered.len()),
        }
    }

    fn fail(&mut self, verdict: Verdict, recipients: usize) -> Vec<Verdict> {
        self.stage = Stage::Failed(verdict);
        vec![verdict; recipients]
    }

    /// The first recipients: with MAIL, on a connection from the pool.
    async fn open(&mut self, offered: &[&Redeemed], context: &RelayContext) -> Vec<Verdict> {
        let mut upstream = match context.pool.get().await {
            Ok(upstream) => Box::new(upstream),
            Err(Unreachable) => return self.fail(UNREACHABLE, offered.len()),
        };
        let needed = self.envelope.utf8 || offered.first().is_some_and(|r| !r.reverse_path.is_ascii());
        let wanted = offered.iter().any(|r| !r.target.is_ascii());
        loop {
            self.utf8 = needed || wanted && upstream.extensions.smtp_utf8;
            if let Some(lacking) = self.lacking(&upstream) {
                context.pool.put(*upstream);
                return self.fail(lacking, offered.len());
            }
            let fit = self.fit(offered, &upstream);
            if fit.is_empty() {
                let verdicts = self.with_unfit(offered, &upstream, Vec::new());
                context.pool.put(*upstream);
                self.stage = Stage::Fresh;
                return verdicts;
            }
            match self.say_mail(&mut upstream, &fit, context).await {
                Ok(Ok(verdicts)) => {
                    let accepted = verdicts.iter().any(Verdict::is_positive);
                    let verdicts = self.with_unfit(offered, &upstream, verdicts);
                    if accepted {
                        self.stage = Stage::Open(upstream, Vec::new());
                    } else {
                        // Nobody is kept from the connection by a transaction without recipients.
                        context.pool.release(*upstream).await;
                        self.stage = Stage::Fresh;
                    }
                    return verdicts;
                }
                Ok(Err(refused)) => {
                    context.pool.release(*upstream).await;
                    return self.fail(refused, offered.len());
                }
                // The host may have closed it just when it was wanted: nothing was lost but time.
                Err(Lost) if upstream.reused => match context.pool.replace(*upstream).await {
                    Ok(new) => upstream = Box::new(new),
                    Err(Unreachable) => return self.fail(UNREACHABLE, offered.len()),
                },
                Err(Lost) => return self.fail(CONNECTION_LOST, offered.len()),
            }
        }
    }

    /// The recipients that can be named in this transaction on this connection.
    fn fit<'r>(&self, offered: &[&'r Redeemed], upstream: &Upstream) -> Vec<&'r Redeemed> {
        offered.iter().copied().filter(|r| self.unfit(r, upstream).is_none()).collect()
    }

    /// Why a recipient cannot be named, if it cannot.
    fn unfit(&self, recipient: &Redeemed, upstream: &Upstream) -> Option<Verdict> {
        match (recipient.target.is_ascii() || self.utf8, upstream.extensions.smtp_utf8) {
            (true, _) => None,
            (false, true) => Some(SEPARATELY),
            (false, false) => Some(NEEDS_SMTPUTF8),
        }
    }

    /// The verdicts on those that fit, with those on the others between them.
    fn with_unfit(&self, offered: &[&Redeemed], upstream: &Upstream, verdicts: Vec<Verdict>) -> Vec<Verdict> {
        let mut verdicts = verdicts.into_iter();
        offered.iter().filter_map(|r| self.unfit(r, upstream).or_else(|| verdicts.next())).collect()
    }

    fn lacking(&self, upstream: &Upstream) -> Option<Verdict> {
        let has = upstream.extensions;
        if self.utf8 && !has.smtp_utf8 {
            Some(NEEDS_SMTPUTF8)
        } else if self.envelope.eight_bit && !has.eight_bit_mime {
            Some(NEEDS_8BITMIME)
        } else {
            None
        }
    }

    /// MAIL and RCPTs. The outer result is the connection's, the inner one MAIL's.
    async fn say_mail(
        &mut self,
        upstream: &mut Upstream,
        offered: &[&Redeemed],
        context: &RelayContext,
    ) -> Result<Result<Vec<Verdict>, Verdict>, Lost> {
        let patience = context.settings.command_timeout;
        let reverse_path = offered.first().map_or("", |r| r.reverse_path.as_str());
        let mut line = format!("MAIL FROM:<{reverse_path}>");
        if let Some(size) = self.envelope.size.filter(|_| upstream.extensions.size) {
            line += &format!(" SIZE={}", size.saturating_add(TRACE));
        }
        if self.envelope.eight_bit {
            line += " BODY=8BITMIME";
        }
        if self.utf8 {
            line += " SMTPUTF8";
        }
        upstream.output.extend_from_slice(line.as_bytes());
        upstream.output.extend_from_slice(b"\r\n");
        let pipelining = upstream.extensions.pipelining;
        if pipelining {
            offered.iter().for_each(|r| push_rcpt(upstream, r));
        }
        upstream.flush(patience).await?;
        let status = upstream.reply(patience).await?;
        if !status.is_positive() {
            // The host closes the connection after 421; after a reply that fits nothing we do.
            if !is_refusal(status) {
                return Err(Lost);
            }
            if pipelining {
                // The replies to RCPT tell nothing now, but they are due.
                for _ in offered {
                    upstream.reply(patience).await?;
                }
            }
            return Ok(Err(judge(status)));
        }
        if pipelining {
            self.hear_rcpt(upstream, offered.len(), context).await.map(Ok)
        } else {
            self.say_rcpt(upstream, offered, context).await.map(Ok)
        }
    }

    async fn say_rcpt(
        &mut self,
        upstream: &mut Upstream,
        offered: &[&Redeemed],
        context: &RelayContext,
    ) -> Result<Vec<Verdict>, Lost> {
        let patience = context.settings.command_timeout;
        let mut verdicts = Vec::with_capacity(offered.len());
        // Without PIPELINING (RFC 2920) one at a time.
        let at_once = if upstream.extensions.pipelining { offered.len() } else { 1 };
        for some in offered.chunks(at_once.max(1)) {
            some.iter().for_each(|r| push_rcpt(upstream, r));
            upstream.flush(patience).await?;
            verdicts.extend(self.hear_rcpt(upstream, some.len(), context).await?);
        }
        Ok(verdicts)
    }

    async fn hear_rcpt(
        &self,
        upstream: &mut Upstream,
        count: usize,
        context: &RelayContext,
    ) -> Result<Vec<Verdict>, Lost> {
        let mut verdicts = Vec::with_capacity(count);
        for _ in 0..count {
            let status = upstream.reply(context.settings.command_timeout).await?;
            if !status.is_positive() && !is_refusal(status) {
                return Err(Lost);
            }
            verdicts.push(judge(status));
        }
        Ok(verdicts)
    }

    /// Takes content, and sends on what is more than a block. A verdict when the message has failed before its end.
    pub(super) async fn content(&mut self, content: &[u8], context: &RelayContext) -> Option<Verdict> {
        let (mut upstream, mut stuffer) = match mem::replace(&mut self.stage, Stage::Told) {
            Stage::Open(upstream, mut kept) if kept.len() + content.len() < BLOCK => {
                kept.extend_from_slice(content);
                self.stage = Stage::Open(upstream, kept);
                return None;
            }
            Stage::Open(mut upstream, kept) => match say_data(&mut upstream, context).await {
                Ok(()) => begin(upstream, &kept),
                Err(refused) => return Some(give_up(*upstream, refused, context).await),
            },
            Stage::Sending(upstream, stuffer) => (upstream, stuffer),
            Stage::Failed(verdict) => return Some(verdict),
            Stage::Fresh => return Some(NO_VAULT),
            Stage::Told => return None,
        };
        stuffer.feed(content, &mut upstream.output);
        if upstream.output.len() >= BLOCK && upstream.flush(context.settings.data_block_timeout).await.is_err() {
            return Some(CONNECTION_LOST);
        }
        self.stage = Stage::Sending(upstream, stuffer);
        None
    }

    /// The message is complete: count it, then end it. The verdict, unless it was given before.
    pub(super) async fn end(&mut self, context: &RelayContext) -> Option<Verdict> {
        let (mut upstream, stuffer) = match mem::replace(&mut self.stage, Stage::Told) {
            Stage::Open(mut upstream, kept) => {
                let (ready, spent) = tokio::join!(say_data(&mut upstream, context), self.uses.spend(&context.vault));
                if let Err(refused) = ready {
                    if spent.is_ok() {
                        self.uses.refund(&context.vault).await;
                    }
                    return Some(give_up(*upstream, refused, context).await);
                }
                // Closed without its final dot, the message does not exist (RFC 5321 §4.1.1.4).
                if let Err(verdict) = spent {
                    return Some(verdict);
                }
                begin(upstream, &kept)
            }
            Stage::Sending(upstream, stuffer) => {
                if let Err(verdict) = self.uses.spend(&context.vault).await {
                    return Some(verdict);
                }
                (upstream, stuffer)
            }
            Stage::Failed(verdict) => return Some(verdict),
            Stage::Fresh => return Some(NO_VAULT),
            Stage::Told => return None,
        };
        stuffer.end(&mut upstream.output);
        let verdict = self.finish(*upstream, context).await;
        context.recorder.increment(match verdict.code {
            _ if verdict.origin != Origin::NextHost => Metric::RelayRepliesLost,
            200..300 => Metric::RelayReplies2xx,
            400..500 => Metric::RelayReplies4xx,
            _ => Metric::RelayReplies5xx,
        });
        Some(verdict)
    }

    /// The final dot, and what the next host says to it. Once the dot is out the message may be its: unless it says no, it counts.
    async fn finish(&mut self, mut upstream: Upstream, context: &RelayContext) -> Verdict {
        let settings = &context.settings;
        if upstream.flush(settings.data_block_timeout).await.is_err() {
            // Not even the kernel has the dot: the host has no message.
            self.uses.refund(&context.vault).await;
            return CONNECTION_LOST;
        }
        let Ok(status) = upstream.reply(settings.data_end_timeout).await else {
            self.uses.settle(&context.vault);
            return CONNECTION_LOST;
        };
        if status.is_positive() || is_refusal(status) {
            context.pool.put(upstream);
        }
        if status.is_positive() {
            self.uses.settle(&context.vault);
        } else {
            self.uses.refund(&context.vault).await;
        }
        judge(status)
    }

    /// Ends it without delivery. Nothing was spent.
    pub(super) async fn abort(self, context: &RelayContext) {
        match self.stage {
            Stage::Open(upstream, _) => context.pool.release(*upstream).await,
            // There is no way out of DATA but to hang up.
            Stage::Sending(..) | Stage::Fresh | Stage::Failed(_) | Stage::Told => {}
        }
    }
}

/// Says DATA; the host's refusal, or `None` if the connection is lost.
async fn say_data(upstream: &mut Upstream, context: &RelayContext) -> Result<(), Option<Status>> {
    upstream.output.extend_from_slice(b"DATA\r\n");
    upstream.flush(context.settings.command_timeout).await.map_err(|Lost| None)?;
    let status = upstream.reply(context.settings.data_init_timeout).await.map_err(|Lost| None)?;
    match status.code {
        354 => Ok(()),
        _ if is_refusal(status) => Err(Some(status)),
        // 421, or neither go ahead nor refusal: it is out of step.
        _ => Err(None),
    }
}

/// The content that was kept is the first to go out.
fn begin(mut upstream: Box<Upstream>, kept: &[u8]) -> (Box<Upstream>, DotStuffer) {
    let mut stuffer = DotStuffer::default();
    stuffer.feed(kept, &mut upstream.output);
    (upstream, stuffer)
}

/// After a refusal of DATA: the connection is good for other messages.
async fn give_up(upstream: Upstream, refused: Option<Status>, context: &RelayContext) -> Verdict {
    match refused {
        Some(status) => {
            context.pool.release(upstream).await;
            judge(status)
        }
        None => CONNECTION_LOST,
    }
}

fn push_rcpt(upstream: &mut Upstream, recipient: &Redeemed) {
    upstream.output.extend_from_slice(b"RCPT TO:<");
    upstream.output.extend_from_slice(recipient.target.expose().as_bytes());
    upstream.output.extend_from_slice(b">\r\n");
}

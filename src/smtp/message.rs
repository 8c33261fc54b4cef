//! DATA: a message on its way through.

use super::session::{End, Session};
use super::trace::{self, Hop};
use super::transaction::refusal;
use crate::proto::content::Content;
use crate::proto::header::Watch;
use crate::proto::reply::{self, Reply};
use crate::wire::metrics::Metric;
use crate::wire::relay_smtp::{MAX_CHUNK, ToRelay, Verdict};
use jiff::Timestamp;
use std::io;
use tokio::time::Instant;
use tracing::{debug, info};

/// A message between DATA and its verdict.
struct Passage {
    content: Content,
    watch: Watch,
    /// What goes to the relay next.
    out: Vec<u8>,
    /// Why it is refused although the client has not finished: what still comes is thrown away.
    refused: Option<Reply>,
    /// When it must be over, refused or not.
    deadline: Instant,
}

impl Session {
    pub(super) async fn data(&mut self) -> Result<(), End> {
        let (Some(hello), Some(transaction)) = (&self.hello, &self.transaction) else {
            return self.fault(&reply::BAD_SEQUENCE);
        };
        if transaction.accepted() == 0 {
            return self.fault(&reply::NO_RECIPIENTS);
        }
        if self.link.is_none() {
            self.transaction = None;
            self.client.say(&reply::LOCAL_TROUBLE);
            return Ok(());
        }
        self.messages += 1;
        let id = format!("{:x}.{}", self.number, self.messages);
        let hop = Hop {
            helo: &hello.name,
            peer: self.peer,
            hostname: &self.context.settings.hostname,
            protocol: match (transaction.mail.utf8, hello.extended) {
                (true, _) => "UTF8SMTP",
                (false, true) => "ESMTP",
                (false, false) => "SMTP",
            },
            id: &id,
        };
        let mut out = Vec::new();
        trace::write(&hop, transaction.only(), Timestamp::now(), &mut out);
        let recipients = transaction.accepted();
        let deadline = transaction.deadline();
        let aliases = transaction.aliases();
        for alias in &aliases {
            debug!(id, alias, "recipient");
        }
        let watch = Watch::new(aliases);
        self.client.say(&reply::GO_AHEAD);
        self.tell().await?;
        let mut passage = Passage { content: Content::default(), watch, out, refused: None, deadline };
        let reply = self.pass(&mut passage, &id).await?;
        self.context.recorder.increment(match reply.code {
            200..300 => Metric::MessagesDelivered,
            400..500 => Metric::MessagesDeferred,
            _ => Metric::MessagesRejected,
        });
        self.client.say(&reply);
        let told = self.tell().await;
        info!(id, peer = %self.peer, size = passage.content.size(), recipients, code = reply.code, "message");
        told
    }

    /// Takes the message to its end; the reply to it.
    async fn pass(&mut self, passage: &mut Passage, id: &str) -> Result<Reply, End> {
        let most = self.context.settings.max_message_size;
        loop {
            let from = passage.out.len();
            let (taken, ended) = passage.content.feed(self.client.pending(), &mut passage.out);
            self.client.consume(taken);
            passage.watch.feed(&passage.out[from..]);
            let flaw = if passage.content.is_flawed() {
                Some(reply::BAD_CONTENT)
            } else if passage.content.size() > most {
                Some(reply::TOO_LARGE)
            } else if passage.watch.is_loop() {
                Some(reply::LOOP)
            } else {
                None
            };
            if let Some(flaw) = flaw
                && passage.refused.is_none()
            {
                self.reset().await;
                passage.refused = Some(flaw);
            }
            if passage.refused.is_some() {
                passage.out.clear();
            }
            if ended {
                return Ok(match passage.refused.take() {
                    Some(refused) => refused,
                    None => self.finish(&passage.out, id).await,
                });
            }
            if passage.out.len() >= MAX_CHUNK {
                if self.forward(&passage.out).await.is_err() {
                    self.lose_relay();
                    passage.refused = Some(reply::LOCAL_TROUBLE);
                }
                passage.out.clear();
            }
            let left = passage.deadline.saturating_duration_since(Instant::now());
            let limit = self.context.settings.data_timeout.min(left);
            match self.timer.timeout(limit, self.client.listen()).await {
                Some(Ok(0) | Err(_)) => return Err(End::Gone),
                Some(Ok(_)) => {}
                None => return Err(End::Said(reply::TIMED_OUT)),
            }
        }
    }

    async fn forward(&mut self, content: &[u8]) -> io::Result<()> {
        let link = self.link.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        link.push_content(content)?;
        link.flush().await
    }

    /// The final dot has come: the tail goes out with the end, and the verdict is awaited.
    async fn finish(&mut self, tail: &[u8], id: &str) -> Reply {
        let verdict = self.conclude(tail).await;
        let Some(mut transaction) = self.transaction.take() else { return reply::LOCAL_TROUBLE };
        match verdict {
            Ok(verdict) if verdict.is_positive() => {
                self.give_link_back();
                transaction.keep_spent();
                Reply::new(250, format!("2.0.0 Message {id} taken by the next host"))
            }
            Ok(verdict) => {
                self.give_link_back();
                refusal(verdict)
            }
            Err(_) => {
                // It may have been delivered: its use stays spent if it is, held until its deadline if not.
                transaction.keep_spent();
                self.link = None;
                reply::LOCAL_TROUBLE
            }
        }
    }

    async fn conclude(&mut self, tail: &[u8]) -> io::Result<Verdict> {
        let link = self.link.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        link.push_content(tail)?;
        link.push(&ToRelay::End)?;
        link.flush().await?;
        link.verdict().await
    }

    /// The relay has given its verdict: the link is free for any session's next transaction.
    fn give_link_back(&mut self) {
        if let Some(link) = self.link.take() {
            self.context.links.put(*link);
        }
    }

    fn lose_relay(&mut self) {
        self.transaction = None;
        self.link = None;
    }
}

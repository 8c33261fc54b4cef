//! One mail transaction: its envelope, and the uses that are held for it.

use super::link::{Link, Links};
use crate::alias::AliasAddress;
use crate::channel::{Disconnected, RpcClient};
use crate::proto::command::Mail;
use crate::proto::reply::{self, Reply};
use crate::wire::Ticket;
use crate::wire::relay_smtp::{Origin, ToRelay, Verdict};
use crate::wire::vault_smtp::{Hold, HoldAnswer, Release, VaultSmtp};
use std::io;
use std::pin::Pin;
use std::time::Duration;
use tokio::time::Instant;

/// A recipient whose reply is due. All that a client pipelines are asked about at once.
pub(super) enum Due {
    /// The reply is known.
    Told(Reply),
    /// The vault has been asked.
    Asked(AliasAddress, Pin<Box<dyn Future<Output = Result<HoldAnswer, Disconnected>>>>),
}

/// From MAIL to the verdict. When dropped, every use that is still held is given back.
pub(super) struct Transaction {
    pub(super) mail: Mail,
    pub(super) due: Vec<Due>,
    recipients: Vec<Recipient>,
    /// Whether the relay knows of it.
    pub(super) begun: bool,
    deadline: Instant,
    vault: RpcClient<VaultSmtp>,
}

struct Recipient {
    alias: AliasAddress,
    ticket: Ticket,
}

impl Transaction {
    pub(super) fn new(mail: Mail, lifetime: Duration, vault: RpcClient<VaultSmtp>) -> Self {
        let deadline = Instant::now() + lifetime;
        Self { mail, due: Vec::new(), recipients: Vec::new(), begun: false, deadline, vault }
    }

    /// When it must be over.
    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Recipients that are accepted.
    pub(super) fn accepted(&self) -> usize {
        self.recipients.len()
    }

    /// Recipients that are accepted or may be.
    pub(super) fn possible(&self) -> usize {
        self.recipients.len() + self.due.len()
    }

    pub(super) fn has(&self, alias: &AliasAddress) -> bool {
        self.recipients.iter().any(|r| r.alias == *alias)
    }

    pub(super) fn awaits(&self, alias: &AliasAddress) -> bool {
        self.due.iter().any(|due| matches!(due, Due::Asked(asked, _) if asked == alias))
    }

    pub(super) fn ask(&mut self, alias: AliasAddress) {
        let answer = self.vault.call(Hold { recipient: alias.clone() });
        self.due.push(Due::Asked(alias, Box::pin(answer)));
    }

    /// Whose message it is, when there is one recipient only.
    pub(super) fn only(&self) -> Option<&AliasAddress> {
        match &self.recipients[..] {
            [one] => Some(&one.alias),
            _ => None,
        }
    }

    /// The recipients' aliases.
    pub(super) fn aliases(&self) -> Vec<Box<str>> {
        self.recipients.iter().map(|r| r.alias.as_str().into()).collect()
    }

    /// Waits for all that is due: the replies, in order. What is held has gone to the relay, all in
    /// one piece, and its verdict is the reply.
    pub(super) async fn resolve(&mut self, link: &mut Option<Box<Link>>, links: &Links) -> Vec<Reply> {
        let mut replies = Vec::with_capacity(self.due.len());
        let first = self.recipients.len();
        for due in std::mem::take(&mut self.due) {
            replies.push(match due {
                Due::Told(reply) => Some(reply),
                Due::Asked(alias, answer) => match answer.await {
                    Ok(HoldAnswer::Held { ticket }) => {
                        self.recipients.push(Recipient { alias, ticket });
                        None
                    }
                    Ok(HoldAnswer::No) if alias.is_role() => Some(reply::NO_POSTMASTER),
                    Ok(HoldAnswer::No) => Some(reply::UNKNOWN_USER),
                    Ok(HoldAnswer::Busy) => Some(reply::BUSY),
                    Ok(HoldAnswer::Unavailable) | Err(Disconnected) => Some(reply::LOCAL_TROUBLE),
                },
            });
        }
        let verdicts = match self.recipients.len() - first {
            0 => Vec::new(),
            held => self.relay(first, held, link, links).await.unwrap_or_else(|_| {
                // Without the relay every recipient is void, the earlier ones too.
                *link = None;
                vec![reply::LOCAL_TROUBLE; held]
            }),
        };
        let mut at = first;
        for verdict in &verdicts {
            if verdict.is_positive() {
                at += 1;
            } else {
                let refused = self.recipients.remove(at);
                self.vault.notify(Release { ticket: refused.ticket });
            }
        }
        let mut verdicts = verdicts.into_iter();
        replies.into_iter().filter_map(|reply| reply.or_else(|| verdicts.next())).collect()
    }

    async fn relay(
        &mut self,
        first: usize,
        held: usize,
        link: &mut Option<Box<Link>>,
        links: &Links,
    ) -> io::Result<Vec<Reply>> {
        let link = match link {
            Some(link) => link,
            // A transaction the relay knew of is lost with its link.
            None if self.begun => return Err(io::ErrorKind::NotConnected.into()),
            None => link.insert(Box::new(links.get().await?)),
        };
        if !self.begun {
            let Mail { reverse_path, size, eight_bit, utf8 } = &self.mail;
            let reverse_path = reverse_path.as_ref().map_or("", |path| path.as_str());
            link.push(&ToRelay::Begin { reverse_path, size: *size, eight_bit: *eight_bit, utf8: *utf8 })?;
            self.begun = true;
        }
        for recipient in &self.recipients[first..] {
            link.push(&ToRelay::Recipient { ticket: recipient.ticket })?;
        }
        link.flush().await?;
        let mut replies = Vec::with_capacity(held);
        for _ in 0..held {
            let verdict = link.verdict().await?;
            replies.push(if verdict.is_positive() { reply::RECIPIENT_OK } else { refusal(verdict) });
        }
        Ok(replies)
    }

    /// The message is delivered, or may be: nothing is to be given back.
    pub(super) fn keep_spent(&mut self) {
        self.recipients.clear();
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        for recipient in &self.recipients {
            self.vault.notify(Release { ticket: recipient.ticket });
        }
        // What was asked for may still be granted.
        for due in std::mem::take(&mut self.due) {
            let vault = self.vault.clone();
            if let Due::Asked(_, answer) = due {
                tokio::task::spawn_local(async move {
                    if let Ok(HoldAnswer::Held { ticket }) = answer.await {
                        vault.notify(Release { ticket });
                    }
                });
            }
        }
    }
}

/// A negative verdict in our own words.
pub(super) fn refusal(verdict: Verdict) -> Reply {
    let (class, subject, detail) = verdict.enhanced;
    let temporary = verdict.code < 500;
    let words = match verdict.origin {
        Origin::NextHost if temporary => "The next host does not take it now, try again later",
        Origin::NextHost => "The next host does not take it",
        Origin::NoNextHost => "The next host does not answer, try again later",
        Origin::Unsupported if temporary => "Send this recipient's copy separately",
        Origin::Unsupported => "The next host lacks an extension that this message needs",
        Origin::NoUse => "Mailbox busy, try again later",
        Origin::NoVault => "Temporary local trouble, try again later",
    };
    Reply::new(verdict.code, format!("{class}.{subject}.{detail} {words}"))
}

//! vault ← web: letters to targets, and the links in them.

use super::Desk;
use super::tokens::seconds;
use super::web::MAX_RACES;
use crate::alias::{Account, AliasAddress, CONFIRM_WITHIN, Domain, OrderError, RealAddress, Time};
use crate::vault::capability::{Capability, Seed};
use crate::vault::notification::compose;
use crate::vault::outbox::{Letter, Unsent};
use crate::vault::seal::Noted;
use crate::vault::store::{Mark, Owner};
use crate::wire::metrics::Metric;
use crate::wire::vault_web::{Followed, LinkPurpose, RequestError};
use crate::words::{Language, Words};
use tracing::warn;

/// How often somebody opts out in a day.
const OPT_OUTS: u32 = 10;

impl Desk {
    /// Writes to who reads mail to `target`, who may then refuse aliases for ever, or allow them again.
    pub(super) async fn opt_out(&self, target: &str, language: Language) -> Result<(), RequestError> {
        let target = self.person(target)?;
        let owner = self.seal.owner(&target);
        let made = seconds(self.now().await?);
        match self.wants_any(&owner).await {
            Ok(()) => {
                self.send(&target, &owner, |words, site, never| words.letter_refuse(site, never), language).await?;
            }
            Err(RequestError::Rejected(OrderError::OptedOut)) => {
                // Who wants to hear nothing hears of it once a day, not as often as strangers ask.
                self.bounded(self.seal.mark(Noted::LettersToOptIn, &owner), 1).await?;
                let link = self.spell(&Capability::OptIn { owner, made })?;
                self.send(&target, &owner, |words, site, _| words.letter_allow(site, &link), language).await?;
            }
            Err(miss) => return Err(miss),
        }
        Ok(())
    }

    /// What a link would do. Whoever looks changes nothing.
    pub(super) async fn look(&self, link: &str) -> Result<LinkPurpose, RequestError> {
        let now = self.now().await?;
        Ok(match self.link(link, now).await? {
            Capability::Activate { seed, domain, count, .. } => {
                let ordered = self.ordered(&seed, &domain, count);
                if self.unconfirmed(&ordered).await?.is_empty() && !self.are_alive(&ordered).await? {
                    return Err(RequestError::NotFound);
                }
                LinkPurpose::Activate(ordered)
            }
            Capability::HandOut(token) => LinkPurpose::HandOut { days: token.days, max_usage: token.max_usage },
            Capability::OptOut(_) => LinkPurpose::OptOut,
            Capability::OptIn { .. } => LinkPurpose::OptIn,
            Capability::Token(_) => return Err(RequestError::NotFound),
        })
    }

    /// Does what a link is for. Done twice, it is done once.
    pub(super) async fn follow(&self, link: &str) -> Result<Followed, RequestError> {
        let now = self.now().await?;
        match self.link(link, now).await? {
            Capability::Activate { seed, domain, count, .. } => self.activate(&seed, &domain, count).await,
            Capability::HandOut(token) => self.told(token, now).map(Followed::Token),
            Capability::OptOut(owner) => {
                let _alone = self.opting.lock().await;
                let [opted_out, emptied] = self.opt_out_marks(&owner);
                let mut done = true;
                for mark in [opted_out, emptied] {
                    done &= self.read(self.engine.marked(mark).get().await)?.is_some();
                }
                if !done {
                    // To empty a table of what somebody has takes reading all of it.
                    self.bounded(self.seal.mark(Noted::OptOuts, &owner), OPT_OUTS).await?;
                    // In this order: what is being made meanwhile is either refused or found.
                    self.written(self.engine.mark(opted_out, None).get().await)?;
                    self.void_tokens(&owner).await?;
                    self.written(self.engine.forget(owner).get().await)?;
                    self.written(self.engine.mark(emptied, None).get().await)?;
                }
                Ok(Followed::Done)
            }
            Capability::OptIn { owner, .. } => {
                let _alone = self.opting.lock().await;
                let [opted_out, emptied] = self.opt_out_marks(&owner);
                for mark in [emptied, opted_out] {
                    self.written(self.engine.unmark(mark).get().await)?;
                }
                Ok(Followed::Done)
            }
            Capability::Token(_) => Err(RequestError::NotFound),
        }
    }

    /// Counts one more of what somebody has at most so often in a day.
    async fn bounded(&self, counted: Mark, most: u32) -> Result<(), RequestError> {
        match self.written(self.engine.count(counted, most, 1).get().await)? {
            true => Ok(()),
            false => Err(OrderError::TooManyEmails.into()),
        }
    }

    fn opt_out_marks(&self, owner: &Owner) -> [Mark; 2] {
        [Noted::OptedOut, Noted::Emptied].map(|noted| self.seal.mark(noted, owner))
    }

    /// What a link of a letter spells, if it is good at `now`.
    async fn link(&self, link: &str, now: Time) -> Result<Capability, RequestError> {
        let capability = self.seal.read(link).ok_or(RequestError::NotFound)?;
        let good = match &capability {
            Capability::Activate { made, .. } | Capability::OptIn { made, .. } => is_fresh(*made, now),
            Capability::HandOut(token) => is_fresh(token.made, now) && self.is_good(token, now).await?,
            // Whoever has had a letter of ours may refuse more at any time.
            Capability::OptOut(_) => true,
            Capability::Token(_) => false,
        };
        if good { Ok(capability) } else { Err(RequestError::NotFound) }
    }

    fn ordered(&self, seed: &Seed, domain: &Domain, count: u8) -> Vec<AliasAddress> {
        (0..count).map(|at| self.seal.name(seed, at).at(domain)).collect()
    }

    async fn activate(&self, seed: &Seed, domain: &Domain, count: u8) -> Result<Followed, RequestError> {
        let ordered = self.ordered(seed, domain, count);
        for _ in 0..MAX_RACES {
            let mut raced = false;
            for (address, seen) in self.unconfirmed(&ordered).await? {
                let new = Account { pending: false, ..seen };
                let step = self.engine.amend(self.seal.key(&address), seen, new);
                // Its owner may be changing it just now: then it is looked at again.
                raced |= !self.written(step.get().await)?;
            }
            if !raced {
                let are_alive = self.are_alive(&ordered).await?;
                return if are_alive { Ok(Followed::Activated(ordered)) } else { Err(RequestError::NotFound) };
            }
        }
        Err(RequestError::Unavailable)
    }

    /// Those that wait to be confirmed, as they are.
    async fn unconfirmed(&self, ordered: &[AliasAddress]) -> Result<Vec<(AliasAddress, Account)>, RequestError> {
        let mut waiting = Vec::new();
        for address in ordered {
            match self.read(self.engine.read(self.seal.key(address)).get().await)? {
                Some(record) if record.account.pending => waiting.push((address.clone(), record.account)),
                _ => {}
            }
        }
        Ok(waiting)
    }

    /// Whether at least one is there and confirmed.
    async fn are_alive(&self, ordered: &[AliasAddress]) -> Result<bool, RequestError> {
        for address in ordered {
            let found = self.read(self.engine.read(self.seal.key(address)).get().await)?;
            if found.is_some_and(|record| !record.account.pending) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The path of a link, or the text of a token.
    pub(super) fn spell(&self, capability: &Capability) -> Result<String, RequestError> {
        let spelled = self.seal.spell(capability).ok_or(RequestError::Unavailable)?;
        Ok(match capability {
            Capability::Token(_) => spelled,
            _ => format!("{}/confirm/{spelled}", self.settings().site),
        })
    }

    /// Sends a letter, and waits until the next host has it. `write` is given the site's name and the link with which
    /// the target refuses all of this for ever.
    pub(super) async fn send(
        &self,
        target: &RealAddress,
        owner: &Owner,
        write: impl FnOnce(&Words, &str, &str) -> (String, String),
        language: Language,
    ) -> Result<(), RequestError> {
        let settings = self.settings();
        // Whoever has taken over the process that hears visitors, or commands many of them, is bounded here.
        let all = self.seal.mark(Noted::AllLetters, &[]);
        if settings.emails_per_day > 0
            && !self.written(self.engine.count(all, settings.emails_per_day, 1).get().await)?
        {
            warn!("as many e-mails were sent as may be sent in a day; see limits.emails_per_day");
            return Err(RequestError::EmailNotSent);
        }
        let counted = self.seal.mark(Noted::Letters, owner);
        self.bounded(counted, settings.emails_per_address).await?;
        let never = self.spell(&Capability::OptOut(*owner))?;
        let domain = self.chosen(None)?;
        let text = write(language.words(), domain.as_str(), &never);
        let now = self.now().await?;
        let message =
            compose(target, &domain, text, language.tag(), now, &self.seal).ok_or(RequestError::Unavailable)?;
        match self.letters.send(Letter { target: target.clone(), message }).await {
            Ok(()) => {
                self.recorder.increment(Metric::NotificationsSent);
                Ok(())
            }
            Err(unsent) => {
                self.recorder.increment(Metric::NotificationsFailed);
                match unsent {
                    Unsent::Refused => Err(OrderError::Undeliverable.into()),
                    Unsent::Later => {
                        // None has come: it does not count.
                        self.written(self.engine.uncount(counted, 1).get().await)?;
                        Err(RequestError::EmailNotSent)
                    }
                }
            }
        }
    }
}

fn is_fresh(made: u32, now: Time) -> bool {
    now < Time::from(made) + CONFIRM_WITHIN
}

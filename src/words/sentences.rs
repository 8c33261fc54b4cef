//! Texts with parts, which each language puts together in its own way.

use super::Words;
use crate::alias::{OrderError, Time};

/// One function for each.
#[allow(missing_docs)]
pub struct Sentences {
    pub date: fn(Time) -> String,
    pub days: fn(u32) -> String,
    pub messages: fn(u32) -> String,
    pub messages_left: fn(u32, u32) -> String,
    pub time_left: fn(Time) -> String,
    pub limits_hint: fn(u32, u32) -> String,
    pub up_to_days: fn(u32) -> String,
    pub usage_hint: fn(u32, u32) -> String,
    pub too_many_here: fn(u64) -> String,
    pub pending: fn(&str) -> String,
    pub token_pending: fn(&str) -> String,
    pub order_error: fn(OrderError) -> String,
    pub activate: fn(&str, &str, &str) -> (String, String),
    pub token: fn(&str, &str, &str) -> (String, String),
    pub refuse: fn(&str, &str) -> (String, String),
    pub allow: fn(&str, &str) -> (String, String),
}

impl Words {
    /// A day and time in UTC.
    pub fn date(&self, time: Time) -> String {
        (self.sentences.date)(time)
    }

    /// "3 days".
    pub fn days(&self, days: u32) -> String {
        (self.sentences.days)(days)
    }

    /// "5 messages".
    pub fn messages(&self, messages: u32) -> String {
        (self.sentences.messages)(messages)
    }

    /// "3 of 5".
    pub fn messages_left(&self, left: u32, of: u32) -> String {
        (self.sentences.messages_left)(left, of)
    }

    /// "in 3 days", for so many seconds.
    pub fn time_left(&self, seconds: Time) -> String {
        (self.sentences.time_left)(seconds)
    }

    /// What the form allows at the most.
    pub fn limits_hint(&self, max_days: u32, max_usage: u32) -> String {
        (self.sentences.limits_hint)(max_days, max_usage)
    }

    /// "Up to 60 days."
    pub fn up_to_days(&self, max: u32) -> String {
        (self.sentences.up_to_days)(max)
    }

    /// How many messages came so far, and how many there may be.
    pub fn usage_hint(&self, spent: u32, max: u32) -> String {
        (self.sentences.usage_hint)(spent, max)
    }

    /// That as much was made from the visitor's network as may be for so many minutes.
    pub fn too_many_here(&self, minutes: u64) -> String {
        (self.sentences.too_many_here)(minutes)
    }

    /// That a notification went to the target, which has to confirm.
    pub fn pending(&self, target: &str) -> String {
        (self.sentences.pending)(target)
    }

    /// The same of a token.
    pub fn token_pending(&self, target: &str) -> String {
        (self.sentences.token_pending)(target)
    }

    /// What is wrong with the requested limits, for the person who filled in the form.
    pub fn order_error(&self, error: OrderError) -> String {
        (self.sentences.order_error)(error)
    }

    /// Subject and body of the notification that asks a target whether an alias may live.
    ///
    /// `site` is the site's name; `link` confirms, `never_link` refuses forever.
    pub fn notification_activate(&self, site: &str, link: &str, never_link: &str) -> (String, String) {
        (self.sentences.activate)(site, link, never_link)
    }

    /// Subject and body of the notification that asks a target whether a token may be handed out.
    pub fn notification_token(&self, site: &str, link: &str, never_link: &str) -> (String, String) {
        (self.sentences.token)(site, link, never_link)
    }

    /// Subject and body of the notification with the link that refuses aliases forever.
    pub fn notification_refuse(&self, site: &str, link: &str) -> (String, String) {
        (self.sentences.refuse)(site, link)
    }

    /// Subject and body of the notification to a target that refuses aliases already: its link allows them again.
    pub fn notification_allow(&self, site: &str, link: &str) -> (String, String) {
        (self.sentences.allow)(site, link)
    }
}

//! Sentences with parts, letters and faults, in English.

use crate::alias::{DAY, Fault, Time};
use crate::words::Sentences;
use jiff::Timestamp;

pub(in crate::words) const SENTENCES: Sentences = Sentences {
    date,
    days,
    messages,
    messages_left: |left, of| format!("{left} of {of}"),
    time_left,
    limits_hint: |max_days, max_usage| {
        format!("Up to {max_days} days, up to {max_usage} messages, or both: whichever comes first.")
    },
    up_to_days: |max| format!("From 1 to {max}."),
    usage_hint: |spent, max| format!("{spent} so far. From 1 to {max}."),
    too_many_here: |minutes| {
        format!(
            "As many have been made from your network as we make for one within an hour. Please try again in {minutes} minutes."
        )
    },
    pending: |target| {
        format!(
            "We have written to {target}. The alias lives once you have followed the link in that letter; it is good for a day."
        )
    },
    token_pending: |target| {
        format!("We have written to {target}. The token is on the page behind the link in that letter, for a day.")
    },
    fault,
    activate: |site, link, never| {
        let subject = format!("Confirm your alias at {site}");
        let body = format!(
            "Somebody, probably you, asked {site} for an e-mail alias\nthat leads to this address.\n\nTo let it live, open this link within a day:\n\n{link}\n\n{}\n{}",
            if_not_you(),
            never_again(never)
        );
        (subject, body)
    },
    token: |site, link, never| {
        let subject = format!("Your token for {site}");
        let body = format!(
            "Somebody, probably you, asked {site} for a token with which\nprograms make e-mail aliases that lead to this address.\n\nThe token is on the page behind this link, for a day:\n\n{link}\n\n{}\n{}",
            if_not_you(),
            never_again(never)
        );
        (subject, body)
    },
    refuse: |site, link| {
        let subject = format!("No aliases from {site}");
        let body = format!(
            "Somebody, probably you, wants {site} never again to make\ne-mail aliases that lead to this address.\n\nTo end those there are, and to refuse more for ever, open this link:\n\n{link}\n\n{}",
            if_not_you()
        );
        (subject, body)
    },
    allow: |site, link| {
        let subject = format!("You refuse aliases from {site}");
        let body = format!(
            "Somebody, probably you, wants {site} never again to make\ne-mail aliases that lead to this address. That is so already.\n\nIf you want to allow them again, open this link within a day:\n\n{link}\n\n{}",
            if_not_you()
        );
        (subject, body)
    },
};

fn if_not_you() -> &'static str {
    "If this was not you, do nothing: then nothing happens.\n"
}

fn never_again(link: &str) -> String {
    format!("If you never want to hear of this again:\n\n{link}\n")
}

fn date(time: Time) -> String {
    let time = i64::try_from(time).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.unwrap_or(Timestamp::MAX).strftime("%-d %B %Y, %H:%M UTC").to_string()
}

fn days(days: u32) -> String {
    match days {
        1 => "1 day".to_owned(),
        7 => "1 week".to_owned(),
        _ => format!("{days} days"),
    }
}

fn messages(messages: u32) -> String {
    match messages {
        1 => "1 message".to_owned(),
        _ => format!("{messages} messages"),
    }
}

fn time_left(seconds: Time) -> String {
    match seconds {
        ..=90 => "in a minute".to_owned(),
        91..=5400 => format!("in {} minutes", (seconds + 30) / 60),
        5401..=129_600 => format!("in {} hours", (seconds + 1800) / 3600),
        _ => format!("in {} days", (seconds + DAY / 2) / DAY),
    }
}

fn fault(fault: Fault) -> String {
    match fault {
        Fault::Target => "Enter an e-mail address like name@example.org.".to_owned(),
        Fault::TargetIsOurs => "This is an address of ours. Enter your real address.".to_owned(),
        Fault::Domain => "Choose one of the domains that we make aliases in.".to_owned(),
        Fault::Days { max } => format!("Days must be a whole number from 1 to {max}."),
        Fault::MaxUsage { max } => format!("Messages must be a whole number from 1 to {max}."),
        Fault::NoLimit => "Enter days, messages, or both: without a limit the alias would never end.".to_owned(),
        Fault::TwoEnds => "Enter either days or an end, not both.".to_owned(),
        Fault::ValidFrom => "The beginning must be a time that lies less than a hundred years ahead.".to_owned(),
        Fault::ValidUntil { max } => {
            format!("The end must lie in the future, after the beginning, and at most {max} days after it.")
        }
        Fault::TooManyAlive => {
            "This address has as many aliases as it may have. End some, or wait until they end.".to_owned()
        }
        Fault::TooManyLetters => {
            "This address got as many letters from us as it gets in a day. Try again tomorrow.".to_owned()
        }
        Fault::Reserved => "This is a mailbox of an office, not of a person. Enter your own address.".to_owned(),
        Fault::OptedOut => "Who reads mail to this address asked us to make no aliases for it.".to_owned(),
        Fault::Undeliverable => {
            "The mail server of this address does not take our letter. Check the address.".to_owned()
        }
        Fault::Count { max } => format!("The number must be a whole number from 1 to {max}."),
        Fault::Ended => "This request was answered before, and what it made has ended.".to_owned(),
        Fault::KeyReused => "This Idempotency-Key was used for a different request.".to_owned(),
        Fault::TooManyForTarget => {
            "This address has as many aliases as it gets in a day. Try again tomorrow.".to_owned()
        }
    }
}

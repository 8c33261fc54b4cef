//! Sentences with parts, e-mails and errors, in English.

use crate::alias::{DAY, OrderError, RefusedShape, Time};
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
    up_to_days: |max| format!("Enter a number from 1 to {max}."),
    usage_hint: |spent, max| format!("{spent} used so far. Enter a number from 1 to {max}."),
    too_many_here: |minutes| {
        format!(
            "Your network has reached our limit for creations within an hour. Please try again in {minutes} minutes."
        )
    },
    pending: |target| {
        format!(
            "We have sent an e-mail to {target}. Open the link in it within a day and confirm. The alias is then active."
        )
    },
    token_pending: |target| {
        format!("We have sent an e-mail to {target}. Open the link in it within a day to get the token.")
    },
    order_error,
    activate: |site, link, never| {
        let subject = format!("Confirm your alias at {site}");
        let body = format!(
            "Somebody, probably you, asked {site} for an e-mail alias\nthat forwards to this address.\n\nTo activate it, open this link within a day and confirm:\n\n{link}\n\n{}\n{}",
            if_not_you(),
            never_again(never)
        );
        (subject, body)
    },
    token: |site, link, never| {
        let subject = format!("Your token for {site}");
        let body = format!(
            "Somebody, probably you, asked {site} for a token with which\nprograms can create e-mail aliases that forward to this address.\n\nTo get the token, open this link within a day:\n\n{link}\n\n{}\n{}",
            if_not_you(),
            never_again(never)
        );
        (subject, body)
    },
    refuse: |site, link| {
        let subject = format!("No aliases from {site}");
        let body = format!(
            "Somebody, probably you, wants {site} to create no more\ne-mail aliases that forward to this address.\n\nTo end all existing ones and to refuse new ones, open this link:\n\n{link}\n\n{}",
            if_not_you()
        );
        (subject, body)
    },
    allow: |site, link| {
        let subject = format!("Aliases from {site} are already refused");
        let body = format!(
            "Somebody, probably you, wants {site} to create no more\ne-mail aliases that forward to this address. This is already the case.\n\nTo allow aliases again, open this link within a day:\n\n{link}\n\n{}",
            if_not_you()
        );
        (subject, body)
    },
};

fn if_not_you() -> &'static str {
    "If this was not you, ignore this e-mail. Nothing will happen.\n"
}

fn never_again(link: &str) -> String {
    format!("To refuse all aliases for this address, open this link:\n\n{link}\n")
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

fn order_error(error: OrderError) -> String {
    match error {
        OrderError::Target => "Enter an e-mail address like name@example.org.".to_owned(),
        OrderError::TargetShape(shape) => target_shape(shape).to_owned(),
        OrderError::TargetCharacter => {
            "The part before the @ contains a character that is in nobody’s address, perhaps an invisible one. Type the address instead of pasting it.".to_owned()
        }
        OrderError::TargetIsOurs => "This is one of our own addresses. Enter your real address.".to_owned(),
        OrderError::Domain => "Choose one of our domains.".to_owned(),
        OrderError::Days { max } => format!("Days must be a whole number from 1 to {max}."),
        OrderError::MaxUsage { max } => format!("Messages must be a whole number from 1 to {max}."),
        OrderError::NoLimit => "Enter days, messages, or both. Without a limit, the alias would never end.".to_owned(),
        OrderError::TwoEnds => "Enter either days or an end, not both.".to_owned(),
        OrderError::ValidFrom => "The start must be less than a hundred years from now.".to_owned(),
        OrderError::ValidUntil { max } => {
            format!("The end must be in the future, after the start, and at most {max} days after it.")
        }
        OrderError::TooManyAlive => {
            "This address has the maximum number of aliases. End some of them, or wait until they end.".to_owned()
        }
        OrderError::TooManyEmails => {
            "We have sent this address the maximum number of e-mails for a day. Try again tomorrow.".to_owned()
        }
        OrderError::Reserved => {
            "This is a role address, not the address of a person. Enter your own address.".to_owned()
        }
        OrderError::OptedOut => "The owner of this address has asked us to create no aliases for it.".to_owned(),
        OrderError::Undeliverable => {
            "The mail server of this address does not accept our e-mail. Check the address.".to_owned()
        }
        OrderError::Count { max } => format!("The number must be a whole number from 1 to {max}."),
        OrderError::Ended => "This request was answered before, and its aliases have ended.".to_owned(),
        OrderError::KeyReused => "This Idempotency-Key was used for a different request.".to_owned(),
        OrderError::TooManyForTarget => {
            "This address has received the maximum number of aliases for a day. Try again tomorrow.".to_owned()
        }
    }
}

fn target_shape(shape: RefusedShape) -> &'static str {
    match shape {
        RefusedShape::Route => {
            "Mail servers may read this address as a route to another mailbox. Enter an address without %, ! or : and with one @."
        }
        RefusedShape::Option => "An address must not begin with a hyphen here: some mail servers read it as an option.",
        RefusedShape::File => {
            "An address must not begin with / or | nor contain /../: some mail servers read it as a file or a command."
        }
        RefusedShape::Quoted => "Enter the address without quotation marks.",
        RefusedShape::Literal => {
            "Enter an address with a domain name after the @, like name@example.org, not with an IP address."
        }
        RefusedShape::Local => {
            "Mail servers take this domain for their own. Enter an address on the Internet, like name@example.org."
        }
    }
}

//! English.

use super::{
    Api, Confirm, Entry, Frame, Home, Made, Manage, OptOut, Pop, Problem, Problems, Section, Sentences, Token, Tools,
    Words,
};
use crate::alias::{DAY, Fault, Time};
use jiff::Timestamp;

const fn entry(name: &'static str, text: &'static str) -> Entry {
    Entry { name, text }
}

pub(super) const WORDS: Words = Words {
    frame: Frame {
        description: "E-mail aliases that self-destruct: after so many days, after so many messages, or both. No account.",
        skip: "Skip to the content",
        pages: "Pages",
        tools: "Tools",
        api: "API",
        about: "About",
        privacy: "Privacy",
        opt_out: "No aliases for my address",
        languages: "Language",
        motto: "No account, no mailbox, no copy of your mail.",
    },
    home: Home {
        title: "tempalias: e-mail addresses that self-destruct",
        heading: "An e-mail address that self-destructs",
        lead: "Mail to the alias reaches you until its limit. Then it never existed.",
        target: "Your real address",
        target_hint: "Mail to the alias arrives here. Senders never see it.",
        ends: "The alias ends after",
        days: "Days",
        messages: "Messages",
        domain: "Domain",
        lives_at: "The alias will be at",
        make: "Make an alias",
        remember: "Remember these settings in this browser",
        problem: "Please look at this again",
        facts: [
            Section {
                title: "Straight through",
                text: &[
                    "Each message goes on to your mail server while its sender is still on the line. No copy stays here.",
                ],
            },
            Section {
                title: "Then silence",
                text: &["After the last day or the last message the alias answers like an address that never existed."],
            },
            Section {
                title: "In your hand",
                text: &[
                    "A private link extends, pauses or ends the alias. There is no account, and nothing to remember.",
                ],
            },
        ],
    },
    made: Made {
        heading: "Your alias is alive",
        heading_pending: "One more step",
        address: "Your alias",
        copy: "Copy",
        copied: "Copied.",
        not_copied: "Your browser does not let us copy. The text is selected now.",
        reaches: "Reaches",
        starts: "Begins",
        ends: "Ends",
        messages: "Carries",
        manage: "Your private link",
        manage_text: "Extend, pause or end the alias with it. We show it only now, so keep it.",
        copy_link: "Copy the link",
        bookmarklet: "The next one with one click",
        bookmarklet_text: "A bookmarklet makes an alias with these settings and writes it into the form that you are filling in. It carries a token, never your address.",
        make_bookmarklet: "Make a bookmarklet",
        bookmarklet_name: "New alias",
        bookmarklet_drag: "Drag this to your bookmarks bar. On any site: click into the field for the address, then on the bookmark.",
        bookmarklet_sent: "We have written to your address. The token is behind the link in that letter.",
        bookmarklet_failed: "That did not work. Please try again in a while.",
        bookmarklet_prompt: "Your new alias:",
        again: "Make another",
    },
    manage: Manage {
        title: "Manage an alias",
        alive: "Alive. Mail to it reaches you.",
        paused: "Paused. Mail to it is refused until you resume.",
        early: "Not yet valid. Mail to it is refused until it begins.",
        used_up: "Used up. Allow more messages to wake it.",
        over: "Over. Set a new end to wake it.",
        unconfirmed: "Waiting. It lives once the link in our letter has been followed.",
        saved: "Saved.",
        state: "State",
        ends: "Ends",
        starts: "Begins",
        left: "Messages left",
        extend: "More, or less",
        days: "Days from now on",
        set_days: "Set the end",
        usage: "Messages in all",
        set_usage: "Set the number",
        rest: "A rest",
        pause: "Pause",
        pause_text: "While it rests, the alias answers like an address that never existed.",
        resume: "Resume",
        resume_text: "Mail to it reaches you again at once.",
        end: "The end",
        revoke: "End it for good",
        revoke_text: "Nothing of the alias remains, and nobody can bring it back.",
        revoke_sure: "Yes, end it",
        gone: "It never existed",
        gone_text: "The alias is gone for good. Mail to it is refused like mail to any address that does not exist.",
    },
    about: Section {
        title: "About tempalias",
        text: &[
            "A shop wants your address for one delivery, a forum for one letter. Afterwards they keep it for years, sell it, or lose it. An alias from here reaches you for as long as you want, and no longer.",
        ],
    },
    about_parts: [
        Section {
            title: "How it works",
            text: &[
                "You give your real address and a limit: so many days, so many messages, or both. You get an alias, and give that away.",
                "When mail for the alias comes, we open a connection to your mail server while the sender is still waiting, and pass the message on as it comes in. The sender hears that it was delivered only after your mail server has said so.",
                "After the limit the alias is refused. Unknown, ended, used up or paused: from outside they all look the same.",
            ],
        },
        Section {
            title: "What you can count on",
            text: &[
                "An alias for five messages delivers five, not six. A message that was not delivered costs nothing.",
                "Mail is not lost. If your mail server is away, the sender is told to try again later.",
                "Your address stays hidden: no reply of ours and no bounce shows it to the sender.",
            ],
        },
        Section {
            title: "What it is not",
            text: &[
                "You cannot reply from an alias: your answer goes out from your own address, as ever.",
                "It is no mailbox. What comes is passed on as it is, spam included; your own mail server sorts it.",
                "For something that you want to keep for years, an alias service with an account suits you better.",
            ],
        },
        Section {
            title: "Run your own",
            text: &[
                "tempalias is free software: one daemon, no database, no queue. Whoever has a domain and a mail server can offer the same.",
            ],
        },
    ],
    privacy: Section {
        title: "Privacy",
        text: &[
            "The best way to keep your address is not to be able to read it. Here is what we hold, and for how long.",
        ],
    },
    privacy_parts: [
        Section {
            title: "What an alias leaves here",
            text: &[
                "A keyed hash of the alias, in place of the alias itself.",
                "Your address, sealed: the key to it is made of our server key and the alias. Only mail to the alias, or your private link, brings that key back.",
                "Its limits, and how many messages it has delivered.",
                "A hash of the key in your private link, and a keyed hash of your address, so that we can count and bound the aliases of one address without knowing it.",
            ],
        },
        Section {
            title: "For how long",
            text: &[
                "Until the alias ends; then all of it is erased. An alias that has used up its messages stays for at most a week longer, so that you can still extend it.",
                "If you end it yourself, it is erased at once.",
            ],
        },
        Section {
            title: "Why we cannot list aliases",
            text: &[
                "What we store holds neither aliases nor addresses in the clear. Whoever took it away, with or without our help, could not say whose aliases exist or where they lead. We could not tell either.",
                "The process that hears the Internet never holds the address of mail in flight, and no process has a way to ask for all of them.",
            ],
        },
        Section {
            title: "Your mail",
            text: &[
                "No part of a message is ever written to disk. It passes through memory, a piece at a time, to your mail server.",
            ],
        },
        Section {
            title: "What the log holds",
            text: &[
                "For each message: the time, the network address of the mail server that sent it, its size, the number of recipients and whether it was taken. Never an alias, never an address, never a subject.",
                "What visitors do on this site is counted, not logged. So that nobody floods us, how many aliases come from one network address is remembered for a short while.",
            ],
        },
        Section {
            title: "This site",
            text: &[
                "No cookies, nothing from other sites, nobody who counts along. Settings are kept in your browser only if you tick the box for it.",
                "Tokens, as password managers use them, are not stored here at all: your address and the limits are sealed within the token itself. Only if you revoke a token do we keep its number, until it would have run out.",
            ],
        },
        Section {
            title: "If you want none of this",
            text: &[
                "Anyone can type in your address. If you want no aliases for it, [say so](/opt-out): we then keep a keyed hash of it, for nothing but to refuse, until you change your mind.",
            ],
        },
    ],
    tools: Tools {
        title: "Tools",
        lead: "Aliases where you need them: in your password manager, in the bookmarks bar, in the shell. All it takes is a token.",
        ends: "Each alias ends after",
        token: "Make a token",
        token_text: "A token holds your address and your limits, sealed. Whoever has it can make aliases that lead to you, and cannot read your address from it.",
        make: "Make a token",
        uses: "What it is good for",
        bookmarklet: Section {
            title: "Bookmarklet",
            text: &[
                "A bookmark that makes an alias and writes it into the field that you are filling in, on any site.",
                "Make a token above and drag the bookmark to your bookmarks bar. Where a site does not let it through, a small window of ours opens and hands the alias over.",
            ],
        },
        managers: Section {
            title: "Bitwarden",
            text: &[
                "Bitwarden makes aliases for new logins by itself. Choose “Forwarded email alias” in its generator, then the service addy.io or SimpleLogin, and give this site as the self-hosted server. The page with your token shows what goes where.",
            ],
        },
        shell: Section {
            title: "curl",
            text: &["An alias needs no token, only one call. The [API](/api) has the rest."],
        },
        revoke: "Revoke a token",
        revoke_text: "A token that was revoked makes no more aliases. Those that it has made live on until their limits.",
        revoke_field: "Token",
        revoke_button: "Revoke",
        revoked: "The token is void",
        revoked_text: "It makes no more aliases. Those that it has made live on until their limits.",
    },
    token: Token {
        title: "Your token",
        heading: "Your token is ready",
        token: "Your token",
        keep: "We show it only now, and store nothing of it. Keep it like a password.",
        each: "Each alias",
        domain: "At",
        good_until: "Good until",
        bitwarden: "In Bitwarden",
        bitwarden_text: "Open the generator, choose “Username”, then “Forwarded email alias”, and one of these two services. Both do the same.",
        service: "Service",
        server: "Self-host server URL",
        addy_key: "API access token",
        simplelogin_key: "API key",
        addy_domain: "Email domain",
        bookmarklet: "In the bookmarks bar",
        shell: "In the shell",
        another: "Back to the tools",
    },
    api: Api {
        title: "API",
        lead: "One call makes an alias. No account and no key is needed for it.",
        contents: "On this page",
        request: "Request",
        answer: "Answer",
        fields: "Fields",
        headers: "Headers",
        members: "Members of the answer",
        errors_table: "Errors",
        start: Section {
            title: "Basics",
            text: &[
                "Requests carry JSON or a form; answers are JSON in UTF-8. Times are RFC 3339 in UTC in answers; in requests Unix seconds do as well.",
                "A body has at most 1024 octets (of password managers: 16 KiB). A machine-readable description is at [/openapi.json](/openapi.json).",
            ],
        },
        make: Section {
            title: "Make an alias",
            text: &["At least one limit is needed: an end or a number of messages. With both, whichever comes first."],
        },
        make_fields: [
            entry("target", "Your real address. Required unless a token is presented."),
            entry("days", "Whole days that the alias lives, from now or from `valid-from` on."),
            entry("max-usage", "Messages that it delivers at the most. `max_usage` does as well."),
            entry("valid-from", "When it begins."),
            entry("valid-until", "When it ends; in place of `days`."),
            entry("domain", "In which of our domains. The first, if absent."),
            entry("count", "How many aliases, from 1 to 20. The answer then is a list."),
        ],
        make_headers: [
            entry(
                "Authorization",
                "`Bearer TOKEN` in place of `target`. The limits are the token's, and the body may be empty.",
            ),
            entry(
                "Idempotency-Key",
                "16 to 255 printable ASCII characters that you made up for this request. The same request with the same key gets the same answer for at least a day. Keep the key secret.",
            ),
        ],
        make_members: [
            entry("aid", "Names the alias in the calls below."),
            entry("address", "The alias itself."),
            entry("target", "As you gave it; `null` if a token was presented."),
            entry("valid_from", "When it begins, or `null`."),
            entry("valid_until", "When it ends, or `null`."),
            entry("expires_at", "The same as `valid_until`."),
            entry("max_usage", "Messages at the most, or `null`."),
            entry("used", "Messages delivered so far."),
            entry("remaining", "Messages left, or `null`."),
            entry("paused", "Whether it rests."),
            entry(
                "confirmed",
                "`false` until the target has followed the link in our letter, where this site asks for that.",
            ),
            entry("days", "As you gave it, or `null`."),
            entry("currentDate", "Our clock."),
            entry("manage_url", "The private link, for people."),
            entry("updatekey", "The manage key, for programs. Shown only now."),
        ],
        many: Section {
            title: "Many at once",
            text: &[
                "With `count` the answer is a list, also for one. Either all are made or none; there is no `Location`.",
            ],
        },
        inspect: Section {
            title: "Look at an alias",
            text: &[
                "Everything from here on takes the manage key as bearer token. A GET never changes anything. The answer has the members above but `target`, `days`, `manage_url` and `updatekey`.",
            ],
        },
        change: Section {
            title: "Change an alias",
            text: &["What you leave out stays as it is. The answer is the alias as it is now."],
        },
        change_fields: [
            entry("days", "A new end, so many days from now on."),
            entry("valid-until", "A new end, as a time."),
            entry("max-usage", "Messages in all, those delivered included."),
            entry("paused", "`true` or `false`."),
        ],
        end: Section { title: "End an alias", text: &["At once and for good. `204` without content."] },
        token: Section {
            title: "Make a token",
            text: &[
                "A token holds a target and limits, sealed. With it a program makes aliases and never sees the address. We store nothing of it.",
                "Where this site asks targets to confirm, the answer is `202`, `token` is `null`, and the token is behind the link in our letter.",
            ],
        },
        token_fields: [
            entry("target", "Your real address. Required."),
            entry("days", "Limit of each alias."),
            entry("max-usage", "Limit of each alias."),
            entry("domain", "Where its aliases live."),
        ],
        token_use: Section { title: "Use a token", text: &["The body may be empty."] },
        token_end: Section {
            title: "Revoke a token",
            text: &["It makes no more aliases. Those that it has made live on. `204` without content."],
        },
        managers: Section {
            title: "Password managers",
            text: &[
                "Programs that know addy.io or SimpleLogin in their self-hosted form work unchanged, with a token for a key. A slash at the end of the path or two at its beginning do no harm, and we never redirect.",
                "`domain` and `hostname` may be absent. `403` says that the domain is not one of ours; errors carry both `error` and `message`.",
            ],
        },
        consent: Section {
            title: "Links in letters",
            text: &[
                "Who gets a letter from us finds a link in it. GET tells its purpose: `activate`, `token`, `refuse` or `allow`. Only POST does it.",
            ],
        },
        opt_out: Section {
            title: "No aliases for an address",
            text: &[
                "Sends a letter with a link to that address; whoever follows it gets no more aliases from here. The answer is `202`, whatever we know about the address.",
            ],
        },
        errors: Section { title: "Errors", text: &["Every error that has a body has the same shape."] },
        error_members: [
            entry("error", "A word for programs, from the list below."),
            entry("description", "The reason phrase of the status."),
            entry("message", "A sentence for people, in English."),
            entry("field", "The field at fault, or `null`."),
        ],
        error_words: [
            entry("400 malformed", "The body is neither JSON nor a form."),
            entry("400 invalid", "A field has a value that we cannot grant; `field` names it."),
            entry("401 unauthorized", "No key or token, or a bad one."),
            entry("403 refused", "The target wants no aliases."),
            entry("403 forbidden", "The domain is not one of ours (password managers)."),
            entry("403 listed", "Your network address is on a block list."),
            entry("404 not_found", "No such alias, or not its key: one answer for both."),
            entry("404 no_link", "A link of no letter, or its day is over."),
            entry("404 no_page", "There is nothing at this path."),
            entry("405 not_allowed", "The method does not fit the path; `Allow` names those that do."),
            entry("408 timeout", "The body did not come in time."),
            entry("410 ended", "This Idempotency-Key was answered before, and what it made has ended."),
            entry("413 too_large", "The body is too long."),
            entry("422 key_reused", "The Idempotency-Key was used for a different request."),
            entry("422 undeliverable", "The target's mail server refuses our letter."),
            entry("429 too_many", "Too many for this address or from yours; `Retry-After` says when to ask again."),
            entry(
                "503 unavailable",
                "The store does not answer, or no letter can be sent now; ask again after `Retry-After`.",
            ),
        ],
        limits: Section {
            title: "Rate limits",
            text: &[
                "Whatever makes something is counted for each network address (IPv6: for each /64). Every such answer tells where you stand, as the Internet-Draft `draft-ietf-httpapi-ratelimit-headers` spells it.",
            ],
        },
        limit_headers: [
            entry("RateLimit-Policy", "`\"creations\";q=100;w=3600`: so many in so many seconds."),
            entry("RateLimit", "`\"creations\";r=99;t=3600`: how many are left, and for how many seconds."),
            entry("Retry-After", "With 429 and 503: seconds after which to ask again."),
        ],
        scripts: Section {
            title: "From scripts on other sites",
            text: &[
                "Every JSON answer carries `Access-Control-Allow-Origin: *` and exposes `Location`, `RateLimit`, `RateLimit-Policy` and `Retry-After`. There are no credentials to abuse: no cookies, only what you send.",
            ],
        },
        health: Section {
            title: "Health",
            text: &[
                "[/healthz](/healthz) says whether the site lives, [/readyz](/readyz) whether aliases can be made now.",
            ],
        },
    },
    opt_out: OptOut {
        title: "No aliases for my address",
        lead: "Did somebody make an alias that leads to you, without asking? You can refuse, for ever.",
        what: "We write to the address once, with a link that refuses all further aliases for it.",
        target: "Your address",
        target_hint: "Only who reads its mail can refuse for it.",
        send: "Send me the link",
        sent: "A letter is on its way",
        sent_text: "Follow the link in it to refuse aliases for the address. You can follow it at any time.",
    },
    confirm: Confirm {
        activate: "Let the alias live?",
        activate_text: "Somebody, probably you, made an alias that leads to your address. Mail to it reaches you once you agree.",
        activate_button: "Yes, let it live",
        activated: "The alias is alive",
        activated_text: "Mail to it reaches you from now on.",
        token: "Hand out the token?",
        token_text: "Somebody, probably you, asked for a token that makes aliases for your address. It is shown on the next page, to you alone.",
        token_button: "Yes, show the token",
        refuse: "No aliases for your address?",
        refuse_text: "All aliases that lead to you end now, and we make no more, whoever asks. You can change your mind later.",
        refuse_button: "Refuse for ever",
        refused: "No more aliases",
        refused_text: "We keep a keyed hash of your address for nothing but to refuse.",
        allow: "Allow aliases again?",
        allow_text: "Your address refuses aliases from here. If you allow them again, we forget that it did.",
        allow_button: "Allow them again",
        allowed: "Aliases are allowed again",
        allowed_text: "We have forgotten that your address refused.",
        nothing: "If you do not know what this is about, close the page: nothing happens.",
    },
    pop: Pop {
        title: "New alias",
        wait: "Your alias is being made…",
        done: "Your new alias",
        paste: "Copy it and paste it into the form.",
        failed: "That did not work",
        no_token: "This window belongs to a bookmarklet, and has to be opened by it.",
        needs_script: "This window needs JavaScript. The front page does without.",
    },
    problems: Problems {
        home: "To the front page",
        nothing_changes: "Fill in a number first.",
        malformed: Problem {
            title: "That was not readable",
            text: "What your browser sent makes no sense to us. Go back and try again.",
        },
        unauthorized: Problem {
            title: "This needs a key",
            text: "The key or token is missing, or it is not valid any more.",
        },
        refused: Problem {
            title: "This address wants no aliases",
            text: "Its owner has refused aliases from here. Please use another address.",
        },
        forbidden: Problem { title: "Not our domain", text: "We make no aliases in this domain." },
        not_found: Problem {
            title: "There is nothing here",
            text: "There is no such alias or link any more, or there never was. From outside, both look the same.",
        },
        no_link: Problem {
            title: "This link leads nowhere",
            text: "Or it does no longer: most links in our letters are good for a day. Ask for a new one.",
        },
        listed: Problem {
            title: "Not from there",
            text: "The network address you come from is on a block list. Ask whose network it is, or come another way.",
        },
        no_page: Problem { title: "There is nothing here", text: "The page has vanished, or it never existed." },
        not_allowed: Problem {
            title: "Not like this",
            text: "This page is the answer to a form. Start from the form again.",
        },
        timeout: Problem {
            title: "That took too long",
            text: "What your browser sent did not arrive in time. Please try again.",
        },
        too_large: Problem {
            title: "That is too much",
            text: "The form is longer than we read. Please shorten what you typed.",
        },
        key_reused: Problem {
            title: "This was sent before",
            text: "The same key was used for a different request. Go back and try again.",
        },
        undeliverable: Problem {
            title: "Our letter is refused",
            text: "The mail server of this address does not take our letter. Is the address spelled right?",
        },
        too_many: Problem {
            title: "Not so fast",
            text: "That is as many as we make from one place for now. Please come back later.",
        },
        unavailable: Problem {
            title: "Not at the moment",
            text: "We cannot do that right now, and nothing was changed. Please try again in half a minute.",
        },
        other: Problem { title: "That did not work", text: "Something is wrong on our side. Please try again later." },
    },
    sentences: Sentences {
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

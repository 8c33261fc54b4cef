//! The documentation of the API in English.

use crate::words::texts::entry;
use crate::words::{Api, Section};

pub(in crate::words) const API: Api = Api {
    title: "API",
    lead: "One call creates an alias. You need no account and no key.",
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
            "Requests contain JSON or a form; answers are JSON in UTF-8. Times are in UTC. Answers use RFC 3339; requests may use RFC 3339, a date such as `2027-01-31`, or Unix seconds. A date stands for the whole day.",
            "The body of a request has at most 1024 octets (16 KiB for password managers). A machine-readable description is at [/openapi.json](/openapi.json).",
        ],
    },
    make: Section {
        title: "Create an alias",
        text: &[
            "At least one limit is required: an end or a number of messages. If you give both, the alias ends with whichever comes first.",
            "A name that is not listed here is refused with `400`: a misspelt limit would be no limit.",
        ],
    },
    make_fields: [
        entry("target", "Your real address. Required unless you present a token."),
        entry("days", "How many days the alias is valid, from now or from `valid-from` on. A whole number."),
        entry("max-usage", "The maximum number of messages. You may also write `max_usage`."),
        entry("valid-from", "When the alias becomes valid."),
        entry("valid-until", "When the alias ends; instead of `days`."),
        entry("domain", "One of our domains. By default the first."),
        entry("count", "How many aliases, from 1 to 20. The answer is then a list."),
    ],
    make_headers: [
        entry(
            "Authorization",
            "`Bearer TOKEN` instead of `target`. The limits of the token apply, and the body may be empty.",
        ),
        entry(
            "Idempotency-Key",
            "16 to 255 printable ASCII characters that you choose for this request. For at least a day, the same request with the same key gets the same answer. Keep the key secret.",
        ),
    ],
    make_members: [
        entry("aid", "Identifies the alias in the calls below."),
        entry("address", "The alias itself."),
        entry("target", "As you gave it; `null` if you presented a token."),
        entry("valid_from", "When the alias becomes valid, or `null`."),
        entry("valid_until", "When the alias ends, or `null`."),
        entry("expires_at", "The same as `valid_until`."),
        entry("max_usage", "The maximum number of messages, or `null`."),
        entry("used", "Messages delivered so far."),
        entry("remaining", "Messages left, or `null`."),
        entry("paused", "Whether the alias is paused."),
        entry(
            "confirmed",
            "`false` until the target has confirmed with the link in our e-mail, if this site requires that.",
        ),
        entry("days", "As you gave it, or `null`."),
        entry("currentDate", "The time by our clock."),
        entry("manage_url", "The private link, for people."),
        entry("updatekey", "The manage key, for programs. Shown only once."),
    ],
    many: Section {
        title: "Several at once",
        text: &[
            "With `count`, the answer is a list, even for a count of 1. Either all aliases are created or none. There is no `Location`.",
        ],
    },
    inspect: Section {
        title: "Inspect an alias",
        text: &[
            "The calls from here on need the manage key as bearer token. GET never changes anything. The answer has the members above, without `target`, `days`, `manage_url` and `updatekey`.",
        ],
    },
    change: Section {
        title: "Change an alias",
        text: &["Fields that you leave out stay unchanged. The answer is the alias after the change."],
    },
    change_fields: [
        entry("days", "A new end, as a number of days from now."),
        entry("valid-until", "A new end, as a time."),
        entry("max-usage", "The new total number of messages, including those already delivered."),
        entry("paused", "`true` or `false`."),
    ],
    end: Section { title: "End an alias", text: &["At once and permanently. The answer is `204` without content."] },
    token: Section {
        title: "Create a token",
        text: &[
            "A token contains a target and limits, sealed. With it, a program can create aliases without seeing the address. We do not store it.",
            "If this site asks targets to confirm, the answer is `202` and `token` is `null`. The link in our e-mail then leads to the token.",
        ],
    },
    token_fields: [
        entry("target", "Your real address. Required."),
        entry("days", "Limit for each alias."),
        entry("max-usage", "Limit for each alias."),
        entry("domain", "The domain of its aliases."),
    ],
    token_use: Section { title: "Use a token", text: &["The body may be empty."] },
    token_end: Section {
        title: "Revoke a token",
        text: &["It creates no more aliases. Existing aliases continue to work. The answer is `204` without content."],
    },
    managers: Section {
        title: "Password managers",
        text: &[
            "Programs that support self-hosted addy.io or SimpleLogin work unchanged, with a token as their key. A slash at the end of the path, or two at its beginning, make no difference. We never redirect.",
            "`domain` and `hostname` are optional. `403` means that the domain is not one of ours. Errors contain both `error` and `message`.",
        ],
    },
    consent: Section {
        title: "Links in e-mails",
        text: &[
            "Our e-mails contain a link. GET tells its purpose: `activate`, `token`, `refuse` or `allow`. Only POST carries it out.",
        ],
    },
    opt_out: Section {
        title: "No aliases for an address",
        text: &[
            "Sends an e-mail to that address with a link to refuse all aliases for it. The answer is `202`, whatever we know about the address.",
        ],
    },
    errors: Section { title: "Errors", text: &["Every error that has a body has the same shape."] },
    error_members: [
        entry("error", "A code for programs, from the list below."),
        entry("description", "The reason phrase of the status."),
        entry("message", "A sentence for people, in English."),
        entry("field", "The field at fault, or `null`."),
    ],
    error_words: [
        entry("400 malformed", "The body is neither JSON nor a form."),
        entry("400 invalid", "A field has a value that we do not accept; `field` names it."),
        entry("401 unauthorized", "The key or token is missing or not valid."),
        entry("403 refused", "The target has refused aliases."),
        entry("403 forbidden", "The domain is not one of ours (password managers)."),
        entry("403 listed", "Your network address is on a block list."),
        entry("404 not_found", "There is no such alias, or the key is not its key. We do not tell which."),
        entry("404 no_link", "The link is not valid, or no longer valid."),
        entry("404 no_page", "There is nothing at this path."),
        entry("405 not_allowed", "The method does not fit the path; `Allow` names those that do."),
        entry("408 timeout", "The body did not arrive in time."),
        entry("410 ended", "A request with this Idempotency-Key was answered before, and its aliases have ended."),
        entry("413 too_large", "The body is too long."),
        entry("422 key_reused", "The Idempotency-Key was used for a different request."),
        entry("422 undeliverable", "The target's mail server refuses our e-mail."),
        entry(
            "429 too_many",
            "Too many for this address, or from your network. `Retry-After` tells when to try again.",
        ),
        entry(
            "503 unavailable",
            "The store does not answer, or we cannot send e-mail now. Try again after `Retry-After`.",
        ),
    ],
    limits: Section {
        title: "Rate limits",
        text: &[
            "Every call that creates something is counted for each network address (IPv6: for each /64). Its answer tells how much is left, in the form of the Internet-Draft `draft-ietf-httpapi-ratelimit-headers`.",
        ],
    },
    limit_headers: [
        entry("RateLimit-Policy", "`\"creations\";q=100;w=3600`: 100 creations in 3600 seconds."),
        entry("RateLimit", "`\"creations\";r=99;t=3600`: 99 creations are left for the next 3600 seconds."),
        entry("Retry-After", "With 429 and 503: after how many seconds to try again."),
    ],
    scripts: Section {
        title: "From scripts on other sites",
        text: &[
            "Every JSON answer has `Access-Control-Allow-Origin: *` and exposes `Location`, `RateLimit`, `RateLimit-Policy` and `Retry-After`. There are no cookies, so other sites cannot act in your name.",
        ],
    },
    health: Section {
        title: "Health",
        text: &[
            "[/healthz](/healthz) tells whether the site is up, [/readyz](/readyz) whether aliases can be created now.",
        ],
    },
};

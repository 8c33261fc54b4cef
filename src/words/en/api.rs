//! The documentation of the API in English.

use crate::words::texts::entry;
use crate::words::{Api, Section};

pub(in crate::words) const API: Api = Api {
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
};

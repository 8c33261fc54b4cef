//! About us and about privacy, in English.

use crate::words::Section;

pub(in crate::words) const ABOUT: Section = Section {
    title: "About tempalias",
    text: &[
        "A shop wants your address for one delivery, a forum for one e-mail. Afterwards they keep it for years, sell it, or lose it. An alias from this site reaches you for as long as you want, and no longer.",
    ],
};

pub(in crate::words) const ABOUT_PARTS: [Section; 4] = [
    Section {
        title: "How it works",
        text: &[
            "You enter your real address and a limit: a number of days, a number of messages, or both. You get an alias, and give the alias to others.",
            "When mail for the alias arrives, we connect to the next mail server while the sender is still waiting, and pass the message on piece by piece. We tell the sender that the message was accepted only after that server has accepted it.",
            "After the limit, we refuse mail to the alias. From outside, aliases that are unknown, expired, used up or paused all look the same.",
        ],
    },
    Section {
        title: "What you can count on",
        text: &[
            "An alias for five messages passes on five, not six. A message that was refused does not count.",
            "No mail is lost here. If the next mail server is not available, we tell the sender to try again later.",
            "Your address stays hidden. We never tell it to the sender.",
        ],
    },
    Section {
        title: "What it is not",
        text: &[
            "You cannot reply from an alias. Your reply is sent from your own address.",
            "It is not a mailbox. We pass on all mail unchanged, including spam. Your own mail server has to filter it.",
            "It is not for addresses that you want to keep for years. An alias service with an account is better for that.",
        ],
    },
    Section {
        title: "Run your own",
        text: &[
            "tempalias is free software: one daemon, no database, no queue. Anybody who has a domain and a mail server can run it.",
        ],
    },
];

pub(in crate::words) const PRIVACY: Section = Section {
    title: "Privacy",
    text: &[
        "The best way to protect your address is not to be able to read it. This page lists what we store, and for how long.",
    ],
};

pub(in crate::words) const PRIVACY_PARTS: [Section; 7] = [
    Section {
        title: "What we store for an alias",
        text: &[
            "A keyed hash of the alias, instead of the alias itself.",
            "Your address, encrypted. Its key is derived from our server key and the alias. We can only decrypt it when mail to the alias arrives, or when you use your private link.",
            "Its limits, and how many messages were delivered through it.",
            "A hash of the key in your private link, and a keyed hash of your address. With the latter, we count and limit the aliases of one address without knowing the address.",
        ],
    },
    Section {
        title: "For how long",
        text: &[
            "Until the alias ends; then we delete all of it. If an alias has used up its messages, we keep it for at most another week, so that you can still extend it.",
            "If you end the alias yourself, we delete it at once.",
            "For one day, we keep keyed hashes to count the aliases for one address and our e-mails to it, and to recognize a request that a program sends twice.",
        ],
    },
    Section {
        title: "Why we cannot list aliases",
        text: &[
            "We store neither aliases nor addresses in readable form. Anybody who copies our data, with or without our help, cannot find out which aliases exist or where they lead. Neither can we.",
            "The process that receives mail from the Internet never has the address behind an alias, and no process can ask for a list of addresses.",
        ],
    },
    Section {
        title: "Your mail",
        text: &[
            "We never write any part of a message to disk. It passes through memory, piece by piece, to the next mail server.",
            "That is the server that the operator of this site has chosen for outgoing mail. If it queues mail before it delivers it, it stores the message for that time, and its log contains your address.",
        ],
    },
    Section {
        title: "What our log contains",
        text: &[
            "For each message: the time, the network address of the mail server that sent it, its size, the number of recipients, and whether it was accepted. It contains no alias, no e-mail address and no subject.",
            "We count what visitors do on this site, but do not log it. To prevent abuse, we remember for about an hour how many aliases one network address has created.",
        ],
    },
    Section {
        title: "This site",
        text: &[
            "This site uses no cookies, loads nothing from other sites, and contains no trackers. It stores settings in your browser only if you tick the box for that.",
            "We do not store tokens, which password managers use. Your address and the limits are encrypted in the token itself. If you revoke a token, we keep a keyed hash of its number until the token would have expired.",
        ],
    },
    Section {
        title: "If you do not want this",
        text: &[
            "Anybody can enter your address. If you do not want aliases for it, [tell us](/opt-out). We then keep a keyed hash of it, only to refuse aliases, until you change your mind.",
        ],
    },
];

//! About us and about privacy, in English.

use crate::words::Section;

pub(in crate::words) const ABOUT: Section = Section {
    title: "About tempalias",
    text: &[
        "A shop wants your address for one delivery, a forum for one letter. Afterwards they keep it for years, sell it, or lose it. An alias from here reaches you for as long as you want, and no longer.",
    ],
};

pub(in crate::words) const ABOUT_PARTS: [Section; 4] = [
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
];

pub(in crate::words) const PRIVACY: Section = Section {
    title: "Privacy",
    text: &["The best way to keep your address is not to be able to read it. Here is what we hold, and for how long."],
};

pub(in crate::words) const PRIVACY_PARTS: [Section; 7] = [
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
            "For a day: keyed hashes under which we count the aliases and letters of one address, and know a request that a program sends twice.",
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
];

//! Every state and every verb, every state and every event: what is replied, what is done, where the session then
//! stands.

use super::rig::{Rig, STATES, refusal};
use crate::proto::session::{AdmitOutcome, Event, Wait};

/// Each verb well formed; two verbs badly formed.
const LINES: &[&str] = &[
    "EHLO x",
    "HELO x",
    "MAIL FROM:<a@b.c>",
    "RCPT TO:<ok3@example.org>",
    "DATA",
    "RSET",
    "NOOP",
    "VRFY x",
    "HELP",
    "QUIT",
    "EXPN x",
    "AUTH PLAIN",
    "STARTTLS",
    "BDAT 1",
    "ETRN x",
    "TURN",
    "BOGUS",
    "MAIL x",
    "RCPT x",
];

fn check(table: &str, expected: &str) {
    println!("{table}");
    assert!(table.lines().map(str::trim).eq(expected.trim().lines().map(str::trim)), "the table has changed");
}

fn table(corner: &str, columns: &[&str], rows: impl Iterator<Item = (String, Vec<String>)>) -> String {
    let head = (corner.to_owned(), columns.iter().map(|&column| column.to_owned()).collect());
    let rows: Vec<(String, Vec<String>)> = std::iter::once(head).chain(rows).collect();
    let first = rows.iter().map(|row| row.0.len()).max().unwrap_or(0);
    let widths: Vec<_> =
        (0..columns.len()).map(|at| rows.iter().map(|row| row.1[at].len()).max().unwrap_or(0)).collect();
    let line = |(name, cells): &(String, Vec<String>)| {
        let cells: Vec<_> = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        format!("{name:first$} | {}", cells.join(" | ")).trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Where commands are taken. In `asked` one recipient waits for the vault, which then admits it.
#[test]
fn every_verb_in_every_state() {
    let states = ["greeted", "ready", "mail", "asked", "rcpt", "lost"];
    let rows = LINES.iter().map(|line| {
        let cell = |state: &&str| Rig::in_state(state).ask(format!("{line}\r\n"));
        ((*line).to_owned(), states.iter().map(cell).collect())
    });
    check(&table("verb", &states, rows), VERBS);
}

/// Within a message lines are content; while others are waited for, and at the end, no octet is taken.
#[test]
fn no_verb_where_no_command_is_taken() {
    for line in LINES {
        for state in ["content", "discarding"] {
            assert_eq!(Rig::in_state(state).ask(format!("{line}\r\n")), state, "{line}");
        }
        for state in ["connected", "asked", "offered", "forwarding", "verdict", "closed"] {
            let mut rig = Rig::in_state(state);
            rig.input.extend_from_slice(line.as_bytes());
            rig.receive();
            assert_eq!((rig.report(), rig.input.len()), (state.to_owned(), line.len()), "{line}");
        }
    }
}

/// A named event.
type Row = (&'static str, fn() -> Event<usize>);

fn events(events: &[Row]) -> String {
    let columns: Vec<_> = events.iter().map(|(name, _)| *name).collect();
    let rows = STATES.iter().map(|state| {
        let cell = |(_, event): &Row| {
            let mut rig = Rig::in_state(state);
            rig.step(event());
            let report = rig.report();
            if report == *state { String::new() } else { report }
        };
        ((*state).to_owned(), events.iter().map(cell).collect())
    });
    table("state", &columns, rows)
}

/// Of the client, of time, and of the daemon. An empty cell: nothing changes.
#[test]
fn every_event_from_outside_in_every_state() {
    let rows: &[Row] = &[
        ("GreetingDue", || Event::GreetingDue),
        ("EarlyTalk", || Event::EarlyTalk),
        ("ClientClosed", || Event::ClientClosed),
        ("TimedOut", || Event::TimedOut),
        ("Drain", || Event::Drain),
        ("DrainExpired", || Event::DrainExpired),
    ];
    check(&events(rows), OUTSIDE_EVENTS);
}

/// Of the vault and the relay. Where they were not asked, nothing changes; but a use is given back.
#[test]
fn every_event_from_vault_and_relay_in_every_state() {
    let rows: &[Row] = &[
        ("Admitted", || Event::AdmitsAnswered(vec![AdmitOutcome::Admitted(99)])),
        ("No", || Event::AdmitsAnswered(vec![AdmitOutcome::No])),
        ("Verdicts", || Event::RecipientVerdicts(vec![Ok(())])),
        ("Unavailable", || Event::RelayUnavailable),
        ("RelayLost", || Event::RelayLost),
        ("Forwarded", || Event::Forwarded),
        ("Refused", || Event::MessageVerdict(Err(refusal()))),
    ];
    check(&events(rows), INSIDE_EVENTS);
}

/// What a session waits for, and how long from its last reply or content on.
#[test]
fn every_wait_and_its_deadline() {
    let rows = STATES.iter().map(|state| {
        let rig = Rig::in_state(state);
        let wait = format!("{:?}", rig.session.wait());
        // What there is to offer or to forward is not the table's concern.
        let wait = wait.split('(').next().unwrap_or_default().to_owned();
        let deadline = if matches!(rig.session.wait(), Wait::Greeting | Wait::Closed) {
            String::new()
        } else {
            format!("{} s", rig.session.deadline().as_secs())
        };
        ((*state).to_owned(), vec![wait, deadline])
    });
    check(&table("state", &["wait", "deadline"], rows), WAITS);
}

const VERBS: &str = "
verb                      | greeted     | ready      | mail            | asked                       | rcpt                    | lost
EHLO x                    | 250 ready   | 250 ready  | 250 ready       | 250 250 abort release ready | 250 abort release ready | 250 release ready
HELO x                    | 250 ready   | 250 ready  | 250 ready       | 250 250 abort release ready | 250 abort release ready | 250 release ready
MAIL FROM:<a@b.c>         | 503 greeted | 250 mail   | 503 mail        | 250 503 rcpt                | 503 rcpt                | 503 lost
RCPT TO:<ok3@example.org> | 503 greeted | 503 ready  | 250 admit rcpt  | 250 250 admit rcpt          | 250 admit rcpt          | 451 admit release lost
DATA                      | 503 greeted | 503 ready  | 554 mail        | 250 354 content             | 354 content             | 451 release ready
RSET                      | 250 greeted | 250 ready  | 250 ready       | 250 250 abort release ready | 250 abort release ready | 250 release ready
NOOP                      | 250 greeted | 250 ready  | 250 mail        | 250 250 rcpt                | 250 rcpt                | 250 lost
VRFY x                    | 252 greeted | 252 ready  | 252 mail        | 250 252 rcpt                | 252 rcpt                | 252 lost
HELP                      | 214 greeted | 214 ready  | 214 mail        | 250 214 rcpt                | 214 rcpt                | 214 lost
QUIT                      | 221 closed  | 221 closed | 221 drop closed | 250 221 drop release closed | 221 drop release closed | 221 release closed
EXPN x                    | 502 greeted | 502 ready  | 502 mail        | 250 502 rcpt                | 502 rcpt                | 502 lost
AUTH PLAIN                | 502 greeted | 502 ready  | 502 mail        | 250 502 rcpt                | 502 rcpt                | 502 lost
STARTTLS                  | 502 greeted | 502 ready  | 502 mail        | 250 502 rcpt                | 502 rcpt                | 502 lost
BDAT 1                    | 502 greeted | 502 ready  | 502 mail        | 250 502 rcpt                | 502 rcpt                | 502 lost
ETRN x                    | 502 greeted | 502 ready  | 502 mail        | 250 502 rcpt                | 502 rcpt                | 502 lost
TURN                      | 502 greeted | 502 ready  | 502 mail        | 250 502 rcpt                | 502 rcpt                | 502 lost
BOGUS                     | 500 greeted | 500 ready  | 500 mail        | 250 500 rcpt                | 500 rcpt                | 500 lost
MAIL x                    | 501 greeted | 501 ready  | 501 mail        | 250 501 rcpt                | 501 rcpt                | 501 lost
RCPT x                    | 501 greeted | 501 ready  | 501 mail        | 250 501 rcpt                | 501 rcpt                | 501 lost
";

const OUTSIDE_EVENTS: &str = "
state      | GreetingDue | EarlyTalk  | ClientClosed        | TimedOut                | Drain      | DrainExpired
connected  | 220 greeted | 554 closed | closed              |                         |            | 421 closed
greeted    |             |            | closed              | 421 closed              | 421 closed | 421 closed
ready      |             |            | closed              | 421 closed              | 421 closed | 421 closed
mail       |             |            | drop closed         | 421 drop closed         |            | 421 drop closed
asked      |             |            | drop cancel closed  | 451 cancel mail         |            | 421 drop cancel closed
offered    |             |            | drop release closed | 451 drop release lost   |            | 421 drop release closed
rcpt       |             |            | drop release closed | 421 drop release closed |            | 421 drop release closed
lost       |             |            | release closed      | 421 release closed      |            | 421 release closed
content    |             |            | drop release closed | 421 drop release closed |            | 421 drop release closed
forwarding |             |            | drop release closed | drop release discarding |            | 421 drop release closed
verdict    |             |            | drop release closed | 451 drop ready          |            | 421 drop release closed
discarding |             |            | closed              | 421 closed              |            | 421 closed
closed     |             |            |                     |                         |            |
";

const INSIDE_EVENTS: &str = "
state      | Admitted           | No       | Verdicts | Unavailable      | RelayLost               | Forwarded | Refused
connected  | release connected  |          |          |                  |                         |           |
greeted    | release greeted    |          |          |                  |                         |           |
ready      | release ready      |          |          |                  |                         |           |
mail       | release mail       |          |          |                  |                         |           |
asked      | offered            | 550 mail |          |                  |                         |           |
offered    | release offered    |          | 250 rcpt | 451 release mail | 451 drop release lost   |           |
rcpt       | release rcpt       |          |          |                  |                         |           |
lost       | release lost       |          |          |                  |                         |           |
content    | release content    |          |          |                  |                         |           |
forwarding | release forwarding |          |          |                  | drop release discarding | content   |
verdict    | release verdict    |          |          |                  | 451 drop ready          |           | 450 free release ready
discarding | release discarding |          |          |                  |                         |           |
closed     | release closed     |          |          |                  |                         |           |
";

const WAITS: &str = "
state      | wait                        | deadline
connected  | Greeting                    |
greeted    | Client { drainable: true }  | 300 s
ready      | Client { drainable: true }  | 300 s
mail       | Client { drainable: false } | 300 s
asked      | Vault                       | 900 s
offered    | Offer                       | 900 s
rcpt       | Client { drainable: false } | 60 s
lost       | Client { drainable: false } | 60 s
content    | Client { drainable: false } | 180 s
forwarding | Forward                     | 900 s
verdict    | End                         | 1200 s
discarding | Client { drainable: false } | 180 s
closed     | Closed                      |
";

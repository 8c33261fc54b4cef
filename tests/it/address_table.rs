//! docs/addresses.md: what is taken as an address and what is refused, and why. The tables are written by this test from
//! what the code does, and held by it.
//!
//! `TEMPALIAS_WRITE_DOCS=1 cargo test --test it address_table` writes the page anew.

use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use tempalias::testing::{domain_in_unicode, read_target};

/// A shape that is refused: an example, as what, and who reads it as what.
struct Row {
    example: &'static str,
    shape: &'static str,
    reason: &'static str,
}

const fn row(example: &'static str, shape: &'static str, reason: &'static str) -> Row {
    Row { example, shape, reason }
}

const SHAPES: &[Row] = &[
    row(
        "user%b.example@a.example",
        "Route",
        "the percent hack: Postfix (allow_percent_hack), sendmail and qmail rewrite it to user@b.example if a.example is \
         theirs",
    ),
    row(
        "b.example!user@a.example",
        "Route",
        "a bang path (UUCP): Postfix (swap_bangpath) and sendmail rewrite it to user@b.example",
    ),
    row("@a.example:user@b.example", "Route", "a source route (RFC 5321 Appendix C)"),
    row("user@b.example@a.example", "Route", "two hosts: some servers go by the first, some by the last"),
    row("user:b.example@a.example", "Route", "a colon ends a source route, and a list in sendmail"),
    row("\"user@b.example\"@a.example", "Quoted", "the percent hack in quotes"),
    row("\"user\"@a.example", "Quoted", "quotes and backslashes spell one mailbox in many ways"),
    row(
        "-user@a.example",
        "Option",
        "an option to whatever program it is handed to; Postfix refuses it, too (allow_min_user)",
    ),
    row("/user@a.example", "File", "a file to sendmail's and Exim's local delivery; an X.400 address"),
    row("|user@a.example", "File", "a command to sendmail's and Exim's local delivery"),
    row("a/../user@a.example", "File", "leaves the directory in which mailboxes lie; Exim refuses it, too"),
    row("user@[192.0.2.1]", "Literal", "an address literal is no mailbox of the Internet's but a host"),
    row("user@192.0.2.1", "Literal", "an IP address without brackets, which some servers take for one"),
    row("user@localhost", "Local", "a name without a dot is the next host's own, or is completed by it"),
    row("user@localhost.a.example", "Local", "Postfix's mydestination has localhost in its own domain"),
    row("user@a.localdomain", "Local", "what distributions call the host itself"),
    row("user@a.invalid", "Local", "nobody's name (RFC 6761 §6.4)"),
];

const SINGLE: &[(char, &str)] = &[
    ('\u{ad}', "soft hyphen"),
    ('\u{df}', "sharp s"),
    ('\u{130}', "capital I with a dot"),
    ('\u{301}', "combining acute accent"),
    ('\u{34f}', "combining grapheme joiner"),
    ('\u{430}', "Cyrillic a"),
    ('\u{61c}', "Arabic letter mark"),
    ('\u{200b}', "zero width space"),
    ('\u{200c}', "zero width non-joiner"),
    ('\u{200d}', "zero width joiner"),
    ('\u{200e}', "left-to-right mark"),
    ('\u{202e}', "right-to-left override"),
    ('\u{2028}', "line separator"),
    ('\u{2044}', "fraction slash"),
    ('\u{2060}', "word joiner"),
    ('\u{2069}', "pop directional isolate"),
    ('\u{2100}', "account of, a/c"),
    ('\u{2764}', "heart"),
    ('\u{3002}', "ideographic full stop"),
    ('\u{3164}', "Hangul filler"),
    ('\u{e000}', "first of the private use area"),
    ('\u{fe0f}', "variation selector 16"),
    ('\u{fdd0}', "noncharacter"),
    ('\u{feff}', "byte order mark"),
    ('\u{ff01}', "fullwidth !"),
    ('\u{ff05}', "fullwidth %"),
    ('\u{ff0e}', "fullwidth full stop"),
    ('\u{ff20}', "fullwidth @"),
    ('\u{ff41}', "fullwidth a"),
    ('\u{fffc}', "object replacement character"),
    ('\u{fffd}', "replacement character"),
    ('\u{ffff}', "noncharacter"),
    ('\u{1d41a}', "mathematical bold a"),
    ('\u{1f600}', "grinning face"),
    ('\u{e0041}', "tag A"),
    ('\u{10ffff}', "noncharacter"),
];

const INTRODUCTION: &str = "\
# Addresses

What tempalias takes as the real address of an alias (the *target*), and what it refuses. This page is written by a test \
from what the code does (`tests/it/address_table.rs`); it is not edited by hand.

- The **domain** is compared, hashed and sent in one form: A-labels in lower case, by UTS 46 (non-transitional). U-labels \
are for showing only. A dot at its end is taken off.
- The **local part** is put in Unicode's normalization form NFC. For limits and opt-outs its case and what follows a `+` \
make no difference, nor do full-width letters.
- A target needs SMTPUTF8 only if its local part is not ASCII.
- A target is refused with `400` when it is typed. One that an older version has taken is refused with `550 5.1.1` when \
mail comes for it.
- No target is at `hostname`, in one of `domains`, or under one of them.
- A body that is not UTF-8 is refused with `400`, and a command line that is not UTF-8 with `501`: the octets 80 to FF mean \
something in UTF-8 only.

A sender's address (`MAIL FROM`) is judged less strictly, because others have made it: quotes, address literals, long \
local parts, and dots anywhere in the local part are taken. `a..b@docomo.example` goes out as `\"a..b\"@docomo.example`, as \
Postfix sends it. As a target it is refused: it needs quotes, which spell one mailbox in many ways.

## Shapes

| target | read as |
|---|---|
";

/// A target with `c` in the middle of its local part or of a label.
fn verdict(part: Part, c: char) -> &'static str {
    let (target, kept) = match part {
        Part::Local => (format!("a{c}b@example.net"), format!("a{c}b@").to_ascii_lowercase()),
        Part::Domain => (format!("ab@c{c}d.example.net"), format!("@c{}d.", c.to_ascii_lowercase())),
    };
    let is_kept = |address: &str| {
        let domain = address.rsplit('@').next().unwrap();
        address.to_ascii_lowercase().contains(&kept)
            || (part == Part::Domain && domain_in_unicode(domain).is_some_and(|shown| shown.contains(c)))
    };
    match read_target(&target).as_deref().map_err(String::as_str) {
        Ok(address) if is_kept(address) => "taken",
        Ok(_) => "mapped",
        Err("CodePoint(Control)") => "control",
        Err("CodePoint(Bidi)") => "changes direction",
        Err("CodePoint(Invisible)") => "invisible",
        Err("CodePoint(Format)") => "format",
        Err("CodePoint(Space)") => "space",
        Err("CodePoint(PrivateUse)") => "private use",
        Err("CodePoint(Noncharacter)") => "noncharacter",
        Err("CodePoint(Unassigned)") => "unassigned",
        Err("CodePoint(Replacement)") => "stands for lost octets",
        Err("Shape(Route)") => "route",
        Err("Local") => "needs quotes",
        Err("Domain") => "in no host name",
        Err("Incomplete") => "ends the address",
        Err(other) => panic!("{target}: {other}"),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Local,
    Domain,
}

fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    for Row { example, shape, reason } in SHAPES {
        assert_eq!(read_target(example), Err(format!("Shape({shape})")), "{example}");
        let example = example.replace('|', "\\|");
        writeln!(page, "| `{example}` | {reason} |").unwrap();
    }
    page += "\n## Octets\n\nEach octet of ASCII within a local part, and within a label.\n\n";
    page += "| octet | local part | domain |\n|---|---|---|\n";
    let verdicts = |c: char| (verdict(Part::Local, c), verdict(Part::Domain, c));
    let mut first = '\0';
    for c in '\0'..='\x7f' {
        let next = char::from(c as u8 + 1);
        if c == '\x7f' || verdicts(next) != verdicts(c) {
            let ((local, domain), range) = (verdicts(c), shown(first, c));
            writeln!(page, "| {range} | {local} | {domain} |").unwrap();
            first = next;
        }
    }
    page += "\n## Single code points\n\nWhat people paste, and what somebody may try.\n\n";
    page += "| code point | local part | domain |\n|---|---|---|\n";
    for (c, name) in SINGLE {
        let (local, domain) = verdicts(*c);
        writeln!(page, "| U+{:04X} {name} | {local} | {domain} |", u32::from(*c)).unwrap();
    }
    page += "\n## Code points\n\nEach general category of Unicode beyond ASCII, with the first code point that fares so. \
             *Mapped* is taken as another one.\n\n";
    page += "| category | local part | domain |\n|---|---|---|\n";
    for (category, members) in categories() {
        let of = |part| {
            let mut firsts: Vec<(&str, char)> = Vec::new();
            for &c in &members {
                let verdict = verdict(part, c);
                if !firsts.iter().any(|(seen, _)| *seen == verdict) {
                    firsts.push((verdict, c));
                }
            }
            let cells: Vec<String> =
                firsts.iter().map(|(verdict, c)| format!("{verdict} (U+{:04X})", u32::from(*c))).collect();
            cells.join(", ")
        };
        writeln!(page, "| {category} | {} | {} |", of(Part::Local), of(Part::Domain)).unwrap();
    }
    page
}

/// One octet or a range, as a cell of a table.
fn shown(first: char, last: char) -> String {
    let one = |c: char| match c {
        '`' => "`` ` ``".to_owned(),
        '|' => "`\\|`".to_owned(),
        '!'..='~' => format!("`{c}`"),
        _ => format!("{:02X}", u32::from(c)),
    };
    if first == last { one(first) } else { format!("{} to {}", one(first), one(last)) }
}

/// The code points beyond ASCII by category: all of small categories, some of large ones.
fn categories() -> BTreeMap<String, Vec<char>> {
    let map = CodePointMapData::<GeneralCategory>::new();
    let mut categories: BTreeMap<String, Vec<char>> = BTreeMap::new();
    for c in '\u{80}'..=char::MAX {
        categories.entry(format!("{:?}", map.get(c))).or_default().push(c);
    }
    for members in categories.values_mut() {
        let step = members.len().div_ceil(500);
        *members = members.iter().copied().step_by(step).collect();
    }
    categories
}

#[test]
fn addresses_md_says_what_the_code_does() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/addresses.md");
    let page = page();
    if std::env::var_os("TEMPALIAS_WRITE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), page, "TEMPALIAS_WRITE_DOCS=1 writes it anew");
}

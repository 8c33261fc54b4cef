//! The domains that the `From` fields of a header section name (RFC 5322 §3.6.2), found as the octets come in.
//!
//! Every `@` with a domain behind it counts, outside of quoted strings and comments: in each address of each field, and
//! where an address has no place. If an address ends in angle brackets, only what is in them counts: programs put the
//! alias of their customer into the name before them without quoting it, and DMARC looks into the brackets as well. If
//! there are several pairs, or there is something behind them, all counts. A quoted string or comment that is never
//! closed is none, so what is in it counts as well. Nothing is decoded: an encoded word (RFC 2047) is no address. Kept
//! are two domains.

/// Octets of a domain that are kept: a U-label takes more of them than its A-label.
const MAX_KEPT_DOMAIN_OCTETS: usize = 1024;

/// Where in the header section the octets are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In a field's name, of which so many octets are those of `From`.
    Name(usize),
    /// Behind `From`, before the colon, where older messages may have blanks.
    BeforeColon,
    /// In the body of a `From` field.
    Body,
    /// At the beginning of a line behind such a body.
    NextLine,
    /// In another field.
    Other,
}

/// The machine.
#[derive(Debug)]
pub(super) struct FromFields {
    place: Place,
    comments: u32,
    is_quoted: bool,
    is_escaped: bool,
    /// Of what is outside of quoted strings and comments.
    outside: Domains,
    brackets: Brackets,
    /// Of what is in one that is still open.
    inside: Domains,
    /// A field has named what was looked for.
    has_named: bool,
}

/// The angle brackets of one address, and which parts of it have named what was looked for.
#[derive(Clone, Copy, Debug, Default)]
struct Brackets {
    opened: u32,
    is_open: bool,
    /// There is an `@` in them.
    is_filled: bool,
    /// Something has come behind them.
    has_more: bool,
    named_within: bool,
    named_around: bool,
}

impl Brackets {
    fn has_named(self) -> bool {
        let is_ordinary = self.opened == 1 && self.is_filled && !self.is_open && !self.has_more;
        self.named_within || self.named_around && !is_ordinary
    }
}

/// Finds domains in text.
#[derive(Debug, Default)]
struct Domains {
    /// What has come of a domain behind its `@`.
    domain: Option<Vec<u8>>,
    /// Blanks or a comment have come behind it.
    has_gap: bool,
    /// One of those that were looked for has come.
    has_named: bool,
}

impl Default for FromFields {
    fn default() -> Self {
        Self {
            place: Place::Name(0),
            comments: 0,
            is_quoted: false,
            is_escaped: false,
            outside: Domains::default(),
            brackets: Brackets::default(),
            inside: Domains::default(),
            has_named: false,
        }
    }
}

impl FromFields {
    /// Whether an address has named a domain that was looked for. Those that are not complete tell at [`Self::end`].
    pub(super) fn has_named(&self) -> bool {
        self.has_named
    }

    /// Takes octets of one line, without its LF; `is_wanted` tells which domains are looked for.
    pub(super) fn feed(&mut self, line: &[u8], is_wanted: &impl Fn(&[u8]) -> bool) {
        for &octet in line {
            self.place = match self.place {
                Place::Other => return,
                Place::Name(matched) if octet.eq_ignore_ascii_case(&b"from"[matched]) => match matched {
                    3 => Place::BeforeColon,
                    _ => Place::Name(matched + 1),
                },
                Place::BeforeColon if octet == b':' => Place::Body,
                Place::BeforeColon if is_blank(octet) => Place::BeforeColon,
                Place::NextLine if !is_blank(octet) => {
                    self.end(is_wanted);
                    if octet.eq_ignore_ascii_case(&b'f') { Place::Name(1) } else { Place::Other }
                }
                // Or folded (RFC 5322 §2.2.3).
                Place::Body | Place::NextLine => {
                    self.take(octet, is_wanted);
                    Place::Body
                }
                Place::Name(_) | Place::BeforeColon => Place::Other,
            };
        }
    }

    /// The line has ended.
    pub(super) fn end_of_line(&mut self) {
        self.place = match self.place {
            Place::Body | Place::NextLine => Place::NextLine,
            Place::Name(_) | Place::BeforeColon | Place::Other => Place::Name(0),
        };
    }

    /// The field has ended, or the header section.
    pub(super) fn end(&mut self, is_wanted: &impl Fn(&[u8]) -> bool) {
        self.end_of_address(is_wanted);
        self.inside.end_of_domain(is_wanted);
        let is_open = self.is_quoted || self.comments > 0;
        *self = Self { has_named: self.has_named || is_open && self.inside.has_named, ..Self::default() };
    }

    /// An address has ended, or a part of it that has a meaning of its own.
    fn end_of_part(&mut self, is_wanted: &impl Fn(&[u8]) -> bool) {
        self.outside.end_of_domain(is_wanted);
        let has_named = std::mem::take(&mut self.outside.has_named);
        let part =
            if self.brackets.is_open { &mut self.brackets.named_within } else { &mut self.brackets.named_around };
        *part |= has_named;
    }

    fn end_of_address(&mut self, is_wanted: &impl Fn(&[u8]) -> bool) {
        self.end_of_part(is_wanted);
        self.has_named |= std::mem::take(&mut self.brackets).has_named();
    }

    fn take_outside(&mut self, octet: u8, is_wanted: &impl Fn(&[u8]) -> bool) {
        match octet {
            b'<' => {
                self.end_of_part(is_wanted);
                self.brackets.opened = self.brackets.opened.saturating_add(1);
                self.brackets.is_open = true;
            }
            b'>' => {
                self.end_of_part(is_wanted);
                self.brackets.is_open = false;
            }
            // In brackets it separates the hosts of a route.
            b',' | b';' if !self.brackets.is_open => self.end_of_address(is_wanted),
            _ => {
                self.brackets.is_filled |= self.brackets.is_open && octet == b'@';
                self.brackets.has_more |= self.brackets.opened > 0 && !self.brackets.is_open && !is_blank(octet);
                self.outside.take(octet, is_wanted);
            }
        }
    }

    fn take(&mut self, octet: u8, is_wanted: &impl Fn(&[u8]) -> bool) {
        let is_inside = self.is_quoted || self.comments > 0;
        if is_inside {
            self.inside.take(octet, is_wanted);
        }
        match octet {
            _ if self.is_escaped => self.is_escaped = false,
            b'\\' if is_inside => self.is_escaped = true,
            b'"' if self.comments == 0 => {
                self.is_quoted = !self.is_quoted;
                self.inside = Domains::default();
                self.take_outside(octet, is_wanted);
            }
            b'(' if !self.is_quoted => {
                self.comments = self.comments.saturating_add(1);
                if self.comments == 1 {
                    self.inside = Domains::default();
                    self.outside.has_gap = true;
                }
            }
            b')' if self.comments > 0 => self.comments -= 1,
            _ if is_inside => {}
            _ => self.take_outside(octet, is_wanted),
        }
    }
}

impl Domains {
    fn take(&mut self, octet: u8, is_wanted: &impl Fn(&[u8]) -> bool) {
        match octet {
            _ if is_blank(octet) => self.has_gap = true,
            b'@' => {
                self.end_of_domain(is_wanted);
                self.domain = Some(Vec::new());
            }
            b'.' | b'-' | b'_' | 0x80.. | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                // RFC 5322 §4.4: blanks and comments may stand around the dots of a domain.
                let is_next_word = self.has_gap
                    && octet != b'.'
                    && self.domain.as_ref().is_some_and(|domain| !domain.is_empty() && !domain.ends_with(b"."));
                if is_next_word {
                    self.end_of_domain(is_wanted);
                }
                self.has_gap = false;
                if let Some(domain) = self.domain.as_mut().filter(|domain| domain.len() < MAX_KEPT_DOMAIN_OCTETS) {
                    domain.push(octet);
                }
            }
            _ => self.end_of_domain(is_wanted),
        }
    }

    fn end_of_domain(&mut self, is_wanted: &impl Fn(&[u8]) -> bool) {
        let domain = self.domain.take();
        self.has_named |= domain.is_some_and(|domain| !domain.is_empty() && is_wanted(&domain));
        self.has_gap = false;
    }
}

fn is_blank(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\r')
}
